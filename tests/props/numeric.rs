//! Every scalar operator on random operands.

use crate::oracle::{OracleRunner, OursRunner, Runner, engines, is_allowed_nan};
use crate::random::Random;
use crate::table::{Operator, Ty, operators};

/// Operand pairs for each operator.
const PAIRS: usize = 1_500;

/// Bits that are often small, sparse, near a power of two, or a float of moderate size.
fn operand(random: &mut Random, ty: Ty) -> u64 {
    let bits = random.next();
    let shift = random.next() % 64;
    let shaped = match random.next() % 6 {
        0 => bits >> shift,
        1 => (1u64 << shift).wrapping_add(bits % 3).wrapping_sub(1),
        2 => !(bits >> shift),
        3 if ty == Ty::F32 => u64::from((bits.cast_signed() as f32 / (1u64 << shift) as f32).to_bits()),
        3 if ty == Ty::F64 => (bits.cast_signed() as f64 / (1u64 << shift) as f64).to_bits(),
        _ => bits,
    };
    shaped & (u64::MAX >> (64 - ty.bits()))
}

fn module(operators: &[Operator]) -> Vec<u8> {
    let mut text = String::from(
        r#"(module (type $t (func (param i64 i64) (result i64)))
        (func (export "run") (param i32 i64 i64) (result i64)
            (call_indirect (type $t) (local.get 1) (local.get 2) (local.get 0)))"#,
    );
    for op in operators {
        let from = op.from.bits_from_i64();
        let second = if op.arity == 2 { format!("local.get 1 {from}") } else { String::new() };
        text += &format!("(func (type $t) local.get 0 {from} {second} {} {})\n", op.name, op.to.to_i64());
    }
    text += &format!("(table {} funcref) (elem (i32.const 0) func", operators.len());
    (1..=operators.len()).for_each(|func| text += &format!(" {func}"));
    wat::parse_str(text + "))").unwrap()
}

#[test]
fn random_operands_give_what_the_oracle_gives() {
    let operators: Vec<Operator> = Ty::ALL.into_iter().flat_map(operators).collect();
    let wasm = module(&operators);
    let mut oracle = OracleRunner::new(&wasm);
    let mut ours: Vec<_> =
        engines().into_iter().map(|(name, engine)| (name, OursRunner::new(&engine, &wasm))).collect();
    let mut random = Random::new(1);
    for (func, op) in (0..).zip(&operators) {
        for _ in 0..PAIRS {
            let (a, b) = (operand(&mut random, op.from), operand(&mut random, op.from));
            let expected = oracle.run(func, a, b);
            for (name, ours) in &mut ours {
                let found = ours.run(func, a, b);
                let free = op.makes_nans()
                    && matches!((found, expected), (Ok(found), Ok(expected)) if is_allowed_nan(op.to.bits(), found, expected, &[a, b]));
                assert!(
                    found == expected || free,
                    "{name}: {} of {a:#x} {b:#x} gives {found:x?}, not {expected:x?}",
                    op.name
                );
            }
        }
    }
}
