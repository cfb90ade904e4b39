//! B3: flags that are gone when the branch comes. C1: jump tables and jumps that reach.

use std::fmt::Write;

use skep::Trap;

use crate::{configs, spawn};

/// Comparisons with what they give for -3 and 5, and for 5 and 5.
const COMPARES: [(&str, i32, i32); 9] = [
    ("(i32.lt_s (local.get $a) (local.get $b))", 1, 0),
    ("(i32.lt_u (local.get $a) (local.get $b))", 0, 0),
    ("(i32.eq (local.get $a) (local.get $b))", 0, 1),
    ("(i32.eqz (i32.ne (local.get $a) (i32.const 5)))", 0, 1),
    ("(i64.ge_s (i64.extend_i32_s (local.get $a)) (i64.extend_i32_s (local.get $b)))", 0, 1),
    ("(i64.eqz (i64.extend_i32_s (i32.sub (local.get $a) (local.get $b))))", 0, 1),
    ("(f64.lt (f64.convert_i32_s (local.get $a)) (f64.convert_i32_s (local.get $b)))", 1, 0),
    ("(f32.ne (f32.convert_i32_s (local.get $a)) (f32.convert_i32_s (local.get $b)))", 1, 0),
    ("(f64.eq (f64.convert_i32_s (local.get $a)) (f64.const nan))", 0, 0),
];

/// What stands between the comparison and its use, and leaves the stack as it was.
const BETWEEN: [&str; 14] = [
    "",
    "(nop)",
    "(local.set $a (i32.const 0))",
    "(local.set $b (i32.add (local.get $a) (local.get $b)))",
    "(local.set $n (i64.mul (local.get $n) (i64.const 77)))",
    "(local.set $n (i64.div_u (local.get $n) (i64.const 3)))",
    "(local.set $n (i64.shl (local.get $n) (local.get $n)))",
    "(memory.fill (i32.const 0) (i32.const 0) (i32.const 9))",
    "(global.set $g (i32.const 0))",
    "(i32.store (i32.const 0) (i32.xor (local.get $a) (local.get $b)))",
    "(call $nothing)",
    "(drop (f64.lt (f64.const 1) (f64.convert_i32_s (local.get $b))))",
    "(block (br_if 0 (i32.eqz (local.get $a))))",
    "(i64.load (i32.const 8)) (i64.load (i32.const 8)) (i64.load (i32.const 8)) (i64.load (i32.const 8))
     (i64.load (i32.const 8)) (i64.load (i32.const 8)) (i64.add) (i64.add) (i64.add) (i64.add) (i64.add) (drop)",
];

/// Uses of the truth that is on the stack: 10 if it holds and 20 if not.
const USES: [&str; 5] = [
    "(if (result i32) (then (i32.const 10)) (else (i32.const 20)))",
    "(local.set $t) (i32.const 10) (i32.const 20) (local.get $t) (select)",
    "(local.set $t) (block (br_if 0 (local.get $t)) (return (i32.const 20))) (i32.const 10)",
    "(if (then (return (i32.const 10)))) (i32.const 20)",
    "(i32.eqz) (if (result i32) (then (i32.const 20)) (else (i32.const 10)))",
];

#[test]
fn b3_a_comparison_lasts_until_it_is_used() {
    let mut text = String::from("(module (memory 1) (global $g (mut i32) (i32.const 1)) (func $nothing)");
    let mut expected = Vec::new();
    for (compare, less, same) in COMPARES {
        for between in BETWEEN {
            for used in USES {
                let body = format!("{compare} {between} {used}");
                writeln!(
                    text,
                    "(func (export \"{}\") (param $a i32) (param $b i32) (result i32) (local $n i64) (local $t i32) {body})",
                    expected.len()
                )
                .unwrap();
                expected.push((body, [less, same]));
            }
        }
    }
    text.push(')');
    for (what, config) in configs() {
        let (mut store, instance) = spawn(&config, &text);
        for (name, (body, truths)) in expected.iter().enumerate() {
            let func = instance.typed_func::<(i32, i32), i32>(&store, &name.to_string()).unwrap();
            for (a, truth) in [(-3, truths[0]), (5, truths[1])] {
                let wanted = if truth == 1 { 10 } else { 20 };
                assert_eq!(func.call(&mut store, (a, 5)).unwrap(), wanted, "{what}, {a} and 5: {body}");
            }
        }
    }
}

#[test]
fn c1_jump_tables_of_any_size() {
    for targets in [0usize, 1, 2, 16, 255, 256, 4_095, 65_520] {
        // Targets alternate between two blocks; the default is a third.
        let list = " 0 1".repeat(targets / 2) + if targets % 2 == 1 { " 0" } else { "" };
        let text = format!(
            "(module (func (export \"f\") (param i64) (result i32)
                (block (block (block (br_table{list} 2 (i32.wrap_i64 (local.get 0))))
                    (return (i32.const 100))) (return (i32.const 101))) (i32.const 102)))"
        );
        let text = wat::parse_str(text).unwrap();
        for (what, config) in configs() {
            let (mut store, instance) = spawn(&config, &text);
            let func = instance.typed_func::<i64, i32>(&store, "f").unwrap();
            let count = i64::try_from(targets).unwrap();
            let near = [0, 1, count / 2, count - 1, count, count + 1, count + 37_600];
            for index in near.into_iter().chain([0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF]) {
                let index = index & 0xFFFF_FFFF;
                let wanted = if index >= count { 102 } else { 100 + i32::from(index % 2 == 1) };
                // The upper half is dirt.
                for dirty in [index, index | 0x7654_3210_0000_0000, index - (1 << 32)] {
                    assert_eq!(
                        func.call(&mut store, dirty).unwrap(),
                        wanted,
                        "{what}: {dirty:#x} of {targets}"
                    );
                }
            }
        }
    }
}

/// Comparisons of comparisons, so deep that what follows them by recursion ends the process.
#[test]
fn b3_a_long_chain_of_comparisons() {
    const DEPTH: usize = 100_000;
    let text = |operator: &str| {
        format!(
            "(module (func (export \"f\") (param i32) (result i32) local.get 0 {}))",
            operator.repeat(DEPTH)
        )
    };
    // An even number of `eqz` gives back the truth, as any number of `ne` does.
    for operator in ["i32.eqz ", "i32.const 0 i32.ne "] {
        let text = wat::parse_str(text(operator)).unwrap();
        for (what, config) in configs() {
            let (mut store, instance) = spawn(&config, &text);
            let func = instance.typed_func::<i32, i32>(&store, "f").unwrap();
            let found = [0, 5].map(|param| func.call(&mut store, param).unwrap());
            assert_eq!(found, [0, 1], "{what}: {operator}");
        }
    }
}

#[test]
fn c1_jumps_over_bodies_of_any_length() {
    // 4 to 16 bytes of machine code each; together the jumps cross one byte, 32 KiB and a MiB.
    let short = "(local.set 1 (i32.add (local.get 1) (i32.const 1)))";
    let long = "(i32.store offset=0x1234 (i32.const 0) (local.get 1))";
    let sizes = (0..70).chain((8_100..8_200).step_by(9)).chain([70_000, 300_001]);
    for (n, size) in sizes.enumerate() {
        let filler = if n % 2 == 0 { short } else { long }.repeat(size);
        let text = format!(
            "(module (memory 1) (func (export \"f\") (param i32) (result i32) (local i32)
                (block (br_if 0 (local.get 0)) {filler} (local.set 0 (i32.const 7)))
                (if (i32.eqz (local.get 0)) (then {filler}) (else (local.set 0 (i32.add (local.get 0) (i32.const 1)))))
                (loop (local.set 0 (i32.add (local.get 0) (i32.const 1)))
                    {filler} (br_if 0 (i32.lt_s (local.get 0) (i32.const 20))))
                (local.get 0)))"
        );
        let text = wat::parse_str(text).unwrap();
        for (what, config) in configs() {
            let (mut store, instance) = spawn(&config, &text);
            let func = instance.typed_func::<i32, i32>(&store, "f").unwrap();
            let results = [0, 1, 30].map(|param| func.call(&mut store, param).unwrap());
            assert_eq!(results, [20, 20, 32], "{what}, {size} times");
        }
    }
}

/// Exits to traps, a jump table and calls, each with more than 1 MiB of code between its two ends, the least that jumps with a
/// condition and addresses in the neighborhood reach.
#[test]
fn c1_what_is_far_away_is_reached() {
    let filler = "(i32.store offset=0x1234 (local.get 1) (local.get 0))".repeat(120_000);
    let text = format!(
        r#"(module (memory 1) (table 2 funcref) (elem (i32.const 0) $near)
        (type $n (func (result i32)))
        (func $near (type $n) (i32.const 5))
        (func $f (export "f") (param i32) (result i32) (local i32)
            (if (i32.eq (local.get 0) (i32.const 10)) (then (return (i32.div_s (i32.const 1) (local.get 1)))))
            (if (i32.eq (local.get 0) (i32.const 11)) (then (return (i32.load offset=0xffff (local.get 0)))))
            (if (i32.eq (local.get 0) (i32.const 12)) (then (return (call_indirect (type $n) (i32.const 1)))))
            (if (i32.eq (local.get 0) (i32.const 13)) (then (return (call_indirect (type $n) (local.get 0)))))
            (if (i32.eq (local.get 0) (i32.const 14)) (then (return (call $last (i32.const 1)))))
            (if (i32.eq (local.get 0) (i32.const 15)) (then (return (i32.trunc_f64_s (f64.const nan)))))
            (if (i32.eq (local.get 0) (i32.const 16)) (then (return (call $f (i32.const 16)))))
            (block (block (block (br_table 0 1 2 (local.get 0)))
                {filler} (local.set 1 (i32.const 20)))
                (local.set 1 (i32.add (local.get 1) (i32.const 21))))
            (i32.add (local.get 1) (i32.const 1)))
        (func $last (param i32) (result i32) (i32.add (call $near) (call $f (local.get 0)))))"#
    );
    let text = wat::parse_str(text).unwrap();
    for (what, config) in configs() {
        let (mut store, instance) = spawn(&config, &text);
        let func = instance.typed_func::<i32, i32>(&store, "f").unwrap();
        let expected = [
            (0, Ok(42)),
            (1, Ok(22)),
            (2, Ok(1)),
            (9, Ok(1)),
            (10, Err(Trap::IntegerDivideByZero)),
            (11, Err(Trap::OutOfBoundsMemoryAccess)),
            (12, Err(Trap::UninitializedElement)),
            (13, Err(Trap::UndefinedElement)),
            (14, Ok(27)),
            (15, Err(Trap::InvalidConversionToInteger)),
            (16, Err(Trap::CallStackExhausted)),
        ];
        for (param, wanted) in expected {
            let found = func.call(&mut store, param).map_err(|error| error.trap().unwrap());
            assert_eq!(found, wanted, "{what}: {param}");
        }
    }
}

/// A body of at most 2 KiB whose code takes more than the 32 KiB that the shortest jumps of some machines reach.
#[test]
fn c1_a_short_body_of_much_code_is_jumped_over() {
    let filler = "(i64.trunc_f64_s) (f64.convert_i64_s)".repeat(1000);
    let text = format!(
        r#"(module (func (export "f") (param f64 i32) (result f64)
            (block (br_if 0 (i32.lt_s (local.get 1) (i32.const 0)))
                (local.set 0 (local.get 0) {filler}))
            (loop (local.set 1 (i32.sub (local.get 1) (i32.const 1)))
                (br_if 0 (i32.ge_s (local.get 1) (i32.const 0))))
            (local.get 0)))"#
    );
    let text = wat::parse_str(text).unwrap();
    for (what, config) in configs() {
        let (mut store, instance) = spawn(&config, &text);
        let func = instance.typed_func::<(f64, i32), f64>(&store, "f").unwrap();
        for (value, jump, wanted) in [
            (2.5, -1, Ok(2.5)),
            (2.5, 0, Ok(2.0)),
            (-7.75, 3, Ok(-7.0)),
            (f64::INFINITY, -5, Ok(f64::INFINITY)),
            (f64::INFINITY, 5, Err(Trap::IntegerOverflow)),
            (f64::NAN, 1, Err(Trap::InvalidConversionToInteger)),
        ] {
            let found = func.call(&mut store, (value, jump)).map_err(|error| error.trap().unwrap());
            assert_eq!(found, wanted, "{what}: {value} {jump}");
        }
    }
}

/// Globals, tables, imports and functions at numbers that no instruction holds, all reached through one block of fields.
#[test]
fn c1_what_has_a_great_number_is_found() {
    const COUNT: i64 = 5_001;
    let globals: String = (0..COUNT).map(|n| format!("(global (mut i64) (i64.const {n}))")).collect();
    let functions: String = (0..COUNT).map(|n| format!("(func (result i64) (i64.const {n}))")).collect();
    let last = COUNT - 1;
    let text = format!(
        r#"(module (type $n (func (result i64))) (table 3 funcref) {globals} {functions}
            (elem (i32.const 0) func {last} 4096)
            (func (export "call") (param i32) (result i64) (call_indirect (type $n) (local.get 0)))
            (func (export "direct") (result i64) (call {last}))
            (func (export "table") (param i32) (result i32)
                (table.set (i32.const 2) (table.get (local.get 0)))
                (i32.add (ref.is_null (table.get (i32.const 2))) (i32.mul (i32.const 2) (table.size))))
            (func (export "global") (param i64) (result i64)
                (global.set {last} (i64.add (global.get {last}) (local.get 0)))
                (i64.add (global.get {last}) (i64.mul (global.get 4095) (global.get 2047)))))"#
    );
    let text = wat::parse_str(text).unwrap();
    for (what, config) in configs() {
        let (mut store, instance) = spawn(&config, &text);
        let call = instance.typed_func::<i32, i64>(&store, "call").unwrap();
        let outcome = [0, 1, 2, 3].map(|n| call.call(&mut store, n).map_err(|error| error.trap().unwrap()));
        let traps = [Err(Trap::UninitializedElement), Err(Trap::UndefinedElement)];
        assert_eq!(outcome[..2], [Ok(last), Ok(4096)], "{what}");
        assert_eq!(outcome[2..], traps, "{what}");
        let direct = instance.typed_func::<(), i64>(&store, "direct").unwrap();
        assert_eq!(direct.call(&mut store, ()).unwrap(), last, "{what}");
        let table = instance.typed_func::<i32, i32>(&store, "table").unwrap();
        assert_eq!(table.call(&mut store, 1).unwrap(), 6, "{what}");
        assert_eq!(call.call(&mut store, 2).unwrap(), 4096, "{what}");
        let global = instance.typed_func::<i64, i64>(&store, "global").unwrap();
        assert_eq!(global.call(&mut store, 7).unwrap(), last + 7 + 4095 * 2047, "{what}");
    }
}
