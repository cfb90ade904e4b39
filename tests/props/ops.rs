//! Every scalar operator in every place where its operands and its result can be: what the compiler folds, fuses, spills and
//! aliases must compute what wasmi computes.
//!
//! Each case is a function `(i64, i64) -> i64` of one big module. It puts its parameters, converted to the operator's type, into
//! `$x` and `$y` and into memory, computes, and returns the bits of the result.

use std::fmt::Write;

use crate::oracle::{OracleRunner, OursRunner, Outcome, Runner, engines, is_allowed_nan};
use crate::table::{Operator, Ty, operators};

/// Where an operand comes from.
#[derive(Clone, Copy, Debug)]
enum Source {
    /// The local.
    Local,
    /// A load.
    Load,
    /// A call's result.
    Call,
    /// These bits.
    Const(u64),
}

/// What lies between operands and operator.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Pressure {
    None,
    /// More live values than registers, behind the first operand.
    First,
    /// The same, behind all operands.
    All,
    /// A call behind all operands.
    Call,
}

/// What happens to the result.
#[derive(Clone, Copy, Debug)]
enum Consumer {
    Value,
    /// It is stored, and loaded again.
    Store,
    /// It is written to the local that an operand came from.
    SetX,
    SetY,
    /// The same, while an alias of the local is on the stack.
    SetAliased,
    /// i32 only, from here on.
    BrIf,
    If,
    Select,
    SelectFloat,
    Eqz,
    EqzBrIf,
    EqzEqzIf,
    /// i64 only, from here on.
    WideEqzIf,
    WrapBrIf,
}

/// Which operands a case takes from its parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Inputs {
    Both,
    First,
    Second,
    Neither,
}

/// One function.
struct Case {
    what: String,
    body: String,
    inputs: Inputs,
    full: bool,
    /// Width of the float whose NaNs are free.
    nan: Option<u32>,
    consts: Vec<u64>,
    from: Ty,
}

/// A case before it is text.
#[derive(Clone, Copy)]
struct Shape<'a> {
    op: &'a Operator,
    sources: &'a [Source],
    pressure: Pressure,
    /// Other locals are used more, so that `$x` and `$y` get no register.
    crowd: bool,
    consumer: Consumer,
    /// Run with all pairs of values.
    full: bool,
}

impl Shape<'_> {
    fn case(self) -> Case {
        let operands = self.operands(&[0, 1]);
        let consts = self.sources.iter().filter_map(|source| match source {
            Source::Const(bits) => Some(*bits),
            _ => None,
        });
        let is_const = |n: usize| matches!(self.sources.get(n), Some(Source::Const(_)) | None);
        Case {
            what: format!(
                "{} of {:?}, pressure {:?}, crowd {}, to {:?}",
                self.op.name, self.sources, self.pressure, self.crowd, self.consumer
            ),
            body: self.function(&operands),
            inputs: match (is_const(0), is_const(1)) {
                (false, false) => Inputs::Both,
                (false, true) => Inputs::First,
                (true, false) => Inputs::Second,
                (true, true) => Inputs::Neither,
            },
            full: self.full,
            nan: self.op.makes_nans().then(|| self.op.to.bits()),
            consts: consts.collect(),
            from: self.op.from,
        }
    }

    /// Both operands are the first.
    fn same(self) -> Case {
        let operands = self.operands(&[0, 0]);
        Case {
            what: format!("{} with itself", self.case().what),
            body: self.function(&operands),
            inputs: Inputs::First,
            ..self.case()
        }
    }

    /// The operands and the operator; operand `n` takes the place of `which[n]`.
    fn operands(self, which: &[usize]) -> String {
        let ty = self.op.from.text();
        let mut text = String::new();
        for (n, source) in self.sources.iter().enumerate() {
            let (name, address) = [("$x", 8), ("$y", 16)][which[n]];
            match source {
                Source::Local => write!(text, " local.get {name}"),
                Source::Load => write!(text, " i32.const {address} {ty}.load"),
                Source::Call => write!(text, " local.get {name} call $id_{ty}"),
                Source::Const(bits) => write!(text, " {}", self.op.from.constant(*bits)),
            }
            .unwrap();
            if n == 0 && self.pressure == Pressure::First {
                text += &pressure();
            }
        }
        match self.pressure {
            Pressure::All => text += &pressure(),
            Pressure::Call => text += " call $nothing",
            Pressure::None | Pressure::First => {}
        }
        text + " " + &self.op.name
    }

    fn function(self, compute: &str) -> String {
        let ty = self.op.from;
        let (name, from) = (ty.text(), ty.bits_from_i64());
        let crowd = if self.crowd { CROWD } else { "" };
        format!(
            "(func (type $t) (local $x {name}) (local $y {name}) (local $r {to}) {crowd_locals}
             local.get 0 {from} local.set $x local.get 1 {from} local.set $y
             i32.const 8 local.get $x {name}.store i32.const 16 local.get $y {name}.store {crowd}
             {consumed})\n",
            to = self.op.to.text(),
            crowd_locals = if self.crowd { CROWD_LOCALS } else { "" },
            consumed = self.consume(compute),
        )
    }

    fn consume(self, compute: &str) -> String {
        let (from, to) = (self.op.from, self.op.to);
        let (text, bits) = (to.text(), to.to_i64());
        let from_bits = from.to_i64();
        match self.consumer {
            Consumer::Value => format!("{compute} {bits}"),
            Consumer::Store => format!("i32.const 24 {compute} {text}.store i32.const 24 {text}.load {bits}"),
            Consumer::SetX => format!("{compute} local.set $x local.get $x {bits}"),
            Consumer::SetY => format!("{compute} local.set $y local.get $y {bits}"),
            Consumer::SetAliased => {
                let canonical = if self.op.makes_nans() {
                    format!("{text}.const nan local.get $x local.get $x local.get $x {text}.ne select")
                } else {
                    "local.get $x".into()
                };
                format!(
                    "local.get $x {compute} local.set $x {from_bits} i64.const 1 i64.rotl {canonical} {bits} i64.xor"
                )
            }
            Consumer::BrIf => format!("block {compute} br_if 0 i64.const 7 return end i64.const 9"),
            Consumer::If => format!("{compute} if (result i64) i64.const 7 else i64.const 9 end"),
            Consumer::Select => format!("local.get 0 local.get 1 {compute} select"),
            Consumer::SelectFloat => format!(
                "local.get 0 f64.reinterpret_i64 local.get 1 f64.reinterpret_i64 {compute} select i64.reinterpret_f64"
            ),
            Consumer::Eqz => format!("{compute} i32.eqz i64.extend_i32_u"),
            Consumer::EqzBrIf => {
                format!("block {compute} i32.eqz br_if 0 i64.const 7 return end i64.const 9")
            }
            Consumer::EqzEqzIf => {
                format!("{compute} i32.eqz i32.eqz if (result i64) i64.const 7 else i64.const 9 end")
            }
            Consumer::WideEqzIf => {
                format!("{compute} i64.eqz if (result i64) i64.const 7 else i64.const 9 end")
            }
            Consumer::WrapBrIf => {
                format!("block {compute} i32.wrap_i64 br_if 0 i64.const 7 return end i64.const 9")
            }
        }
    }
}

const PRESSURE_VALUES: usize = 18;

/// More live values of both classes than there are registers.
fn pressure() -> String {
    let mut text = String::new();
    for class in ["i64", "f64"] {
        text += &format!(" i32.const 32 {class}.load").repeat(PRESSURE_VALUES);
        text += &format!(" {class}.add").repeat(PRESSURE_VALUES - 1);
        text += " drop";
    }
    text
}

const CROWD_LOCALS: &str = "(local i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64)
    (local f64 f64 f64 f64 f64 f64 f64 f64 f64 f64 f64 f64 f64 f64)";

/// A loop that is never entered and makes the other locals look important. They are locals 5 to 32.
const CROWD: &str = "local.get 0 i64.const 0x123456789abcdef i64.eq if loop loop
    local.get 5 local.set 6 local.get 7 local.set 8 local.get 9 local.set 10 local.get 11 local.set 12
    local.get 13 local.set 14 local.get 15 local.set 16 local.get 17 local.set 18
    local.get 19 local.set 20 local.get 21 local.set 22 local.get 23 local.set 24 local.get 25 local.set 26
    local.get 27 local.set 28 local.get 29 local.set 30 local.get 31 local.set 32
    br 0 end end end";

/// Consumers that make sense for an operator.
fn consumers(op: &Operator) -> Vec<Consumer> {
    let mut all = vec![Consumer::Store];
    if op.to == op.from {
        all.extend([Consumer::SetX, Consumer::SetAliased]);
        all.extend((op.arity == 2).then_some(Consumer::SetY));
    }
    match op.to {
        Ty::I32 => all.extend([
            Consumer::BrIf,
            Consumer::If,
            Consumer::Select,
            Consumer::SelectFloat,
            Consumer::Eqz,
            Consumer::EqzBrIf,
            Consumer::EqzEqzIf,
        ]),
        Ty::I64 => all.extend([Consumer::WideEqzIf, Consumer::WrapBrIf]),
        Ty::F32 | Ty::F64 => {}
    }
    all
}

const SOURCES: [Source; 3] = [Source::Local, Source::Load, Source::Call];
const PRESSURES: [Pressure; 4] = [Pressure::None, Pressure::First, Pressure::All, Pressure::Call];

fn binary_cases(op: &Operator) -> Vec<Case> {
    let shape = Shape {
        op,
        sources: &[],
        pressure: Pressure::None,
        crowd: false,
        consumer: Consumer::Value,
        full: false,
    };
    let values = op.from.values();
    let (first, last) = (Source::Const(values[1]), Source::Const(*values.last().unwrap()));
    let mut cases = vec![Shape { sources: &[Source::Local, Source::Local], full: true, ..shape }.case()];
    for crowd in [false, true] {
        let shape = Shape { crowd, ..shape };
        for pressure in PRESSURES {
            let shape = Shape { pressure, ..shape };
            for left in SOURCES.into_iter().chain([first, last]) {
                for right in SOURCES.into_iter().chain([first, last]) {
                    cases.push(Shape { sources: &[left, right], ..shape }.case());
                }
                cases.push(Shape { sources: &[left, left], ..shape }.same());
            }
        }
        for consumer in consumers(op) {
            let shape = Shape { consumer, ..shape };
            for pair in [
                [Source::Local, Source::Local],
                [Source::Local, first],
                [last, Source::Local],
                [Source::Load, Source::Local],
                [Source::Local, Source::Load],
                [Source::Call, Source::Load],
            ] {
                cases.push(Shape { sources: &pair, ..shape }.case());
            }
            cases.push(Shape { sources: &[Source::Local, Source::Local], ..shape }.same());
        }
    }
    for &value in &values {
        let value = Source::Const(value);
        let fused = if op.to == Ty::I32 { Consumer::BrIf } else { Consumer::SetX };
        cases.push(Shape { sources: &[Source::Local, value], full: true, ..shape }.case());
        cases.push(Shape { sources: &[value, Source::Local], full: true, ..shape }.case());
        cases.push(Shape { sources: &[Source::Load, value], full: true, ..shape }.case());
        if op.to == Ty::I32 || op.to == op.from {
            cases.push(
                Shape { sources: &[Source::Local, value], full: true, consumer: fused, ..shape }.case(),
            );
        }
    }
    for (left, right) in pairs(&values) {
        cases.push(Shape { sources: &[Source::Const(left), Source::Const(right)], ..shape }.case());
    }
    cases
}

fn unary_cases(op: &Operator) -> Vec<Case> {
    let shape = Shape {
        op,
        sources: &[],
        pressure: Pressure::None,
        crowd: false,
        consumer: Consumer::Value,
        full: true,
    };
    let mut cases = Vec::new();
    for crowd in [false, true] {
        for source in SOURCES {
            let shape = Shape { crowd, sources: &[source], ..shape };
            cases.extend(PRESSURES.iter().map(|&pressure| Shape { pressure, ..shape }.case()));
            cases.extend(consumers(op).into_iter().map(|consumer| Shape { consumer, ..shape }.case()));
        }
    }
    cases.extend(
        op.from.values().into_iter().map(|value| Shape { sources: &[Source::Const(value)], ..shape }.case()),
    );
    cases
}

/// A spread of pairs: each value with itself, its neighbour, one far away and the last.
fn pairs(values: &[u64]) -> Vec<(u64, u64)> {
    let at = |n: usize| values[n % values.len()];
    let each = |n: usize| {
        [(at(n), at(n)), (at(n), at(n + 1)), (at(n), at(3 * n + 5)), (at(n), at(values.len() - 1))]
    };
    (0..values.len()).flat_map(each).collect()
}

/// One module with a case for each function.
fn module(cases: &[Case]) -> Vec<u8> {
    let mut text = String::from(
        r#"(module (memory 1) (type $t (func (param i64 i64) (result i64)))
        (func (export "run") (param i32 i64 i64) (result i64)
            (call_indirect (type $t) (local.get 1) (local.get 2) (local.get 0)))
        (func $nothing)
        (func $id_i32 (param i32) (result i32) local.get 0) (func $id_i64 (param i64) (result i64) local.get 0)
        (func $id_f32 (param f32) (result f32) local.get 0) (func $id_f64 (param f64) (result f64) local.get 0)
        "#,
    );
    cases.iter().for_each(|case| text += &case.body);
    write!(text, "(table {} funcref) (elem (i32.const 0) func", cases.len()).unwrap();
    (0..cases.len()).for_each(|n| write!(text, " {}", n + 6).unwrap());
    wat::parse_str(text + "))").unwrap()
}

/// Inputs of a case. Upper halves of narrow ones are dirty.
fn inputs(case: &Case) -> Vec<(u64, u64)> {
    let values = case.from.values();
    let dirt = if case.from.bits() == 32 { 0xA5A5_5A5A_0000_0000 } else { 0 };
    let fixed = 0x1234 | dirt;
    let list = match case.inputs {
        Inputs::Both if case.full => {
            values.iter().flat_map(|&a| values.iter().map(move |&b| (a, b))).collect()
        }
        Inputs::Both => pairs(&values),
        Inputs::First => values.iter().map(|&value| (value, fixed)).collect(),
        Inputs::Second => values.iter().map(|&value| (fixed, value)).collect(),
        Inputs::Neither => vec![(fixed, fixed)],
    };
    list.into_iter().map(|(a, b)| (a | dirt, b | dirt)).collect()
}

/// Whether an outcome may stand where the oracle has another.
fn agrees(case: &Case, found: Outcome, expected: Outcome, (a, b): (u64, u64)) -> bool {
    let (Ok(found), Ok(expected)) = (found, expected) else { return found == expected };
    let mask = u64::MAX >> (64 - case.from.bits());
    let operands: Vec<u64> = case.consts.iter().copied().chain([a & mask, b & mask]).collect();
    found == expected || case.nan.is_some_and(|width| is_allowed_nan(width, found, expected, &operands))
}

/// Runs all cases of the operators over one type, in all engines.
fn check(from: Ty, arity: usize) {
    let cases: Vec<Case> = operators(from)
        .iter()
        .filter(|op| op.arity == arity)
        .flat_map(|op| if arity == 2 { binary_cases(op) } else { unary_cases(op) })
        .collect();
    let wasm = module(&cases);
    let mut oracle = OracleRunner::new(&wasm);
    let expected: Vec<Vec<Outcome>> = (0u32..)
        .zip(&cases)
        .map(|(func, case)| inputs(case).into_iter().map(|(a, b)| oracle.run(func, a, b)).collect())
        .collect();
    let mut wrong = Vec::new();
    let mut count = 0;
    for (name, engine) in engines() {
        let mut ours = OursRunner::new(&engine, &wasm);
        for ((func, case), expected) in (0u32..).zip(&cases).zip(&expected) {
            for ((a, b), &expected) in inputs(case).into_iter().zip(expected) {
                let found = ours.run(func, a, b);
                count += 1;
                if !agrees(case, found, expected, (a, b)) {
                    wrong.push(format!(
                        "{name}: {}: {a:#x} {b:#x} gives {found:x?}, not {expected:x?}",
                        case.what
                    ));
                }
            }
        }
    }
    assert!(count > 1_000);
    assert!(
        wrong.is_empty(),
        "{} of {count} wrong:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(20)].join("\n")
    );
}

#[test]
fn binary_i32() {
    check(Ty::I32, 2);
}

#[test]
fn binary_i64() {
    check(Ty::I64, 2);
}

#[test]
fn binary_f32() {
    check(Ty::F32, 2);
}

#[test]
fn binary_f64() {
    check(Ty::F64, 2);
}

#[test]
fn unary() {
    Ty::ALL.into_iter().for_each(|ty| check(ty, 1));
}
