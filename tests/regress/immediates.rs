//! B2: constants at the limits of what one instruction holds, for every operator of integers that has two operands.
//!
//! CVE-2022-31169 was one of them: the sign of a constant divisor. The oracle is an unrelated interpreter.

use std::fmt::Write;

use crate::{configs, spawn};

const OPERATORS: &str = "add sub mul and or xor shl shr_s shr_u rotl rotr div_s div_u rem_s rem_u \
    eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u";

/// Sums of 12 bits with and without a shift, patterns of bits that repeat and that do not, halves, and what has no inverse.
const CONSTANTS: [i64; 40] = [
    0,
    1,
    2,
    3,
    -1,
    -2,
    -3,
    7,
    8,
    10,
    31,
    32,
    63,
    64,
    127,
    128,
    -128,
    -129,
    255,
    256,
    4_095,
    4_096,
    4_097,
    -4_095,
    -4_096,
    -4_097,
    0xFF_F000,
    0x100_0000,
    -0xFF_F000,
    0x5555_5555,
    0xF0F0_F0F0,
    0x00FF_FF00,
    0x1234_5678,
    0x7FFF_FFFF,
    0x8000_0000,
    0xFFFF_FFFF,
    -0x8000_0000,
    -0x8000_0001,
    0x7FFF_FFFF_FFFF_FFFF,
    -0x8000_0000_0000_0000,
];

const PARAMS: [i64; 9] = [0, 1, -1, 5, -7, 0x1234_5678_9ABC_DEF0, 4_096, 0x8000_0000, i64::MIN];

/// What becomes of the result, which `@` stands for; the operands are of the first type, the result of the second.
fn functions(ty: &str, operator: &str, constant: i64) -> Vec<String> {
    let (param, narrow) = match ty {
        "i32" => ("(i32.wrap_i64 (local.get 0))", constant & 0xFFFF_FFFF),
        _ => ("(local.get 0)", constant),
    };
    let constant = format!("({ty}.const {narrow})");
    let compares = matches!(&operator[..2], "eq" | "ne" | "lt" | "gt" | "le" | "ge");
    let widen = if compares || ty == "i32" { "i64.extend_i32_u" } else { "" };
    let mut all = Vec::new();
    for operands in [format!("{param} {constant}"), format!("{constant} {param}")] {
        let value = format!("{operands} {ty}.{operator}");
        all.push(format!("{value} {widen}"));
        if compares {
            all.push(format!("{value} (if (result i64) (then (i64.const 3)) (else (i64.const 4)))"));
            all.push(format!("(i64.const 3) (i64.const 4) {value} (select)"));
        } else {
            all.push(format!("{value} {ty}.eqz (if (result i64) (then (i64.const 3)) (else (i64.const 4)))"));
            all.push(format!(
                "{value} (local.set ${ty}) (local.get ${ty}) (local.get ${ty}) {ty}.sub {ty}.eqz {widen}",
                widen = "i64.extend_i32_u"
            ));
        }
    }
    all
}

/// What the functions of a module give for all parameters: a number, or nothing for a trap.
type Answers = Vec<Option<i64>>;

fn expected(module: &[u8], count: usize) -> Answers {
    let engine = wasmi::Engine::default();
    let module = wasmi::Module::new(&engine, module).unwrap();
    let mut store = wasmi::Store::new(&engine, ());
    let instance = wasmi::Linker::new(&engine).instantiate_and_start(&mut store, &module).unwrap();
    let mut answers = Answers::new();
    for name in 0..count {
        let func = instance.get_typed_func::<i64, i64>(&store, &name.to_string()).unwrap();
        answers.extend(PARAMS.map(|param| func.call(&mut store, param).ok()));
    }
    answers
}

#[test]
fn b2_any_constant_is_its_own_value() {
    for ty in ["i32", "i64"] {
        let mut bodies = Vec::new();
        for operator in OPERATORS.split_whitespace() {
            for constant in CONSTANTS {
                bodies.extend(functions(ty, operator, constant));
            }
        }
        let mut module = String::from("(module");
        for (name, body) in bodies.iter().enumerate() {
            let head = format!(
                "(func (export \"{name}\") (param i64) (result i64) (local $i32 i32) (local $i64 i64)"
            );
            write!(module, "{head} {body})").unwrap();
        }
        module.push(')');
        let module = wat::parse_str(module).unwrap();
        let expected = expected(&module, bodies.len());
        assert!(expected.iter().any(Option::is_none) && expected.contains(&Some(3)));
        for (what, config) in configs() {
            let (mut store, instance) = spawn(&config, &module);
            for (name, (body, answers)) in bodies.iter().zip(expected.chunks(PARAMS.len())).enumerate() {
                let func = instance.typed_func::<i64, i64>(&store, &name.to_string()).unwrap();
                let found = PARAMS.map(|param| func.call(&mut store, param).ok());
                assert_eq!(found, *answers, "{what}: {body} of {PARAMS:x?}");
            }
        }
    }
}
