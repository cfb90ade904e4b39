//! Each technique of the compiler changes machine code and no result, alone, with all others, and with none of them; nor does
//! a CPU feature change a result.

use skep::{Arch, Config, Cpu, Engine, MemoryMode, Module, Tuning};

use crate::oracle::{OracleRunner, Ours, OursRunner, Outcome, Runner};

/// Programs that between them give every technique something to do. Each exports `run`, whose first parameter chooses nothing.
const PROGRAMS: [(&str, &str); 9] = [
    (
        "calls",
        r#"(module
        (func $fib (param i32) (result i32)
            (if (result i32) (i32.lt_s (local.get 0) (i32.const 2)) (then (local.get 0))
                (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
                    (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
        (func $mix (param i64 f64 i32 i64) (result i64)
            (i64.add (i64.mul (local.get 0) (local.get 3))
                (i64.add (i64.trunc_sat_f64_s (local.get 1)) (i64.extend_i32_s (local.get 2)))))
        (func (export "run") (param i32 i64 i64) (result i64)
            (call $mix (local.get 1) (f64.convert_i64_s (local.get 2))
                (call $fib (i32.const 15)) (i64.extend_i32_u (call $fib (i32.const 9))))))"#,
    ),
    (
        "sieve",
        r#"(module (memory 1)
        (func (export "run") (param i32 i64 i64) (result i64)
            (local $i i32) (local $j i32) (local $n i64)
            (memory.fill (i32.const 0) (i32.const 0) (i32.const 4000))
            (local.set $i (i32.const 2))
            (loop $outer
                (if (i32.eqz (i32.load8_u (local.get $i)))
                    (then
                        (local.set $n (i64.add (local.get $n) (i64.const 1)))
                        (local.set $j (i32.shl (local.get $i) (i32.const 1)))
                        (block $done (loop $inner
                            (br_if $done (i32.ge_u (local.get $j) (i32.const 4000)))
                            (i32.store8 (local.get $j) (i32.const 1))
                            (local.set $j (i32.add (local.get $j) (local.get $i)))
                            (br $inner)))))
                (br_if $outer (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 4000))))
            (i64.add (local.get $n) (i64.and (local.get 1) (local.get 2)))))"#,
    ),
    (
        "constants",
        r#"(module
        (func (export "run") (param i32 i64 i64) (result i64)
            (local $a i32) (local $b i32) (local $r i64)
            (local.set $a (i32.wrap_i64 (local.get 1)))
            (local.set $b (i32.wrap_i64 (local.get 2)))
            (local.set $r (i64.extend_i32_u (i32.add
                (i32.mul (local.get $a) (i32.const 8)) (i32.div_u (local.get $b) (i32.const 16)))))
            (local.set $r (i64.add (local.get $r) (i64.rem_u (local.get 1) (i64.const 64))))
            (local.set $r (i64.xor (local.get $r) (i64.mul (local.get 2) (i64.const 5))))
            (local.set $r (i64.add (local.get $r) (i64.div_s (local.get 1) (i64.const 4))))
            (local.set $r (i64.add (local.get $r) (i64.mul (i64.const 6) (i64.const 7))))
            (local.set $r (i64.add (local.get $r) (i64.extend_i32_s (i32.div_s (local.get $a) (i32.const 10)))))
            (i64.add (local.get $r) (select (local.get 1) (local.get 2) (i32.lt_u (local.get $a) (local.get $b))))))"#,
    ),
    (
        "floats",
        r#"(module (memory 1)
        (func (export "run") (param i32 i64 i64) (result i64)
            (local $x f64) (local $sum f64) (local $i i32)
            (local.set $x (f64.convert_i64_s (i64.rem_s (local.get 1) (i64.const 1000))))
            (loop $next
                (f64.store (i32.shl (local.get $i) (i32.const 3)) (f64.div (local.get $x)
                    (f64.convert_i32_s (i32.add (local.get $i) (i32.const 1)))))
                (local.set $sum (f64.add (local.get $sum) (f64.mul (local.get $x) (f64.load (i32.shl (local.get $i) (i32.const 3))))))
                (local.set $sum (f64.max (local.get $sum) (f64.sqrt (f64.abs (local.get $sum)))))
                (br_if $next (i32.lt_s (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 100))))
            (i64.reinterpret_f64 (local.get $sum))))"#,
    ),
    (
        "accesses",
        r#"(module (memory 1)
        (func (export "run") (param i32 i64 i64) (result i64)
            (local $p i32) (local $r i64)
            (local.set $p (i32.and (i32.wrap_i64 (local.get 1)) (i32.const 0x7ff8)))
            (i64.store (local.get $p) (local.get 1))
            (i64.store offset=8 (local.get $p) (local.get 2))
            (i64.store offset=16 (local.get $p) (i64.const 77))
            (local.set $r (i64.add (i64.load (local.get $p)) (i64.load offset=8 (local.get $p))))
            (local.set $r (i64.add (local.get $r) (i64.load offset=16 (local.get $p))))
            (local.set $r (i64.add (i64.load offset=8 (local.get $p)) (local.get $r)))
            (i64.xor (local.get $r) (i64.load32_s offset=4 (local.get $p)))))"#,
    ),
    (
        "crowd",
        r#"(module (global $g (mut i64) (i64.const 3))
        (func $leaf (param i64) (result i64) (i64.rotl (local.get 0) (i64.const 9)))
        (func (export "run") (param i32 i64 i64) (result i64)
            (local $a i64) (local $b i64) (local $c i64) (local $d i64) (local $e i64) (local $f i64)
            (local $h i64) (local $i i64) (local $j i64) (local $k i64) (local $l i64) (local $m i64)
            (local $n i32)
            (local.set $a (local.get 1)) (local.set $b (local.get 2)) (local.set $c (i64.const 0x1234567))
            (loop $next
                (local.set $d (i64.xor (local.get $a) (local.get $k)))
                (local.set $e (i64.add (local.get $b) (local.get $d)))
                (local.set $f (i64.sub (local.get $e) (local.get $c)))
                (local.set $h (i64.shl (local.get $f) (i64.and (local.get $a) (i64.const 7))))
                (local.set $i (i64.or (local.get $h) (local.get $e)))
                (local.set $j (i64.mul (local.get $i) (local.get $d)))
                (local.set $k (i64.add (i64.add (local.get $j) (local.get $l)) (i64.add (local.get $m) (local.get $f))))
                (local.set $l (call $leaf (local.get $k)))
                (local.set $m (i64.add (global.get $g) (local.get $l)))
                (global.set $g (local.get $m))
                (local.set $a (i64.add (local.get $a) (i64.const 1)))
                (br_if $next (i32.ne (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 20))))
            (block $three (block $two (block $one
                (br_table $one $two $three (i32.wrap_i64 (i64.and (local.get $m) (i64.const 3)))))
                (return (i64.add (local.get $j) (i64.const 1))))
                (return (i64.add (local.get $k) (local.get $d))))
            (i64.add (local.get $l) (local.get $i))))"#,
    ),
    // Ways out of a function that are seldom taken, one of them by a trap; what is asked of an `and`; constants to be read.
    (
        "arms",
        r#"(module
        (func $arms (param i32) (result i32)
            (block $fine (br_if $fine (i32.lt_u (local.get 0) (i32.const 100))) (unreachable))
            (if (i32.eq (local.get 0) (i32.const 21)) (then (return (i32.const 50))))
            (if (i32.and (local.get 0) (i32.const 64))
                (then (return (i32.const 7)))
                (else (local.set 0 (i32.add (local.get 0) (i32.const 3)))))
            (block (br_if 0 (i32.and (local.get 0) (i32.const 0x4003))) (local.set 0 (i32.const 9)))
            (i32.add (local.get 0) (i32.eqz (i32.and (local.get 0) (local.get 0)))))
        (func (export "run") (param i32 i64 i64) (result i64)
            (local $x f64) (local $y f32)
            (local.set $x (f64.mul (f64.convert_i64_s (local.get 1)) (f64.const 3.7)))
            (local.set $y (f32.add (f32.demote_f64 (local.get $x)) (f32.const 1.3)))
            (i64.add
                (i64.add
                    (i64.trunc_sat_f64_s (f64.sub (local.get $x) (f64.promote_f32 (local.get $y))))
                    (i64.extend_i32_u (f64.gt (local.get $x) (f64.const 1234.567))))
                (i64.add
                    (select (local.get 1) (local.get 2) (i64.eqz (i64.and (local.get 1) (local.get 2))))
                    (i64.extend_i32_u (call $arms (i32.and (i32.wrap_i64 (local.get 1)) (i32.const 127))))))))"#,
    ),
    // More values at once than either machine has temporaries, and fewer than with what no local needs.
    (
        "deep",
        r#"(module
        (func (export "run") (param i32 i64 i64) (result i64)
            (i64.add (local.get 1) (local.get 2)) (i64.sub (local.get 1) (local.get 2)) (i64.mul (local.get 1) (local.get 2))
            (i64.xor (local.get 1) (local.get 2)) (i64.and (local.get 1) (local.get 2)) (i64.or (local.get 1) (local.get 2))
            (i64.shl (local.get 1) (local.get 2)) (i64.shr_u (local.get 1) (local.get 2)) (i64.rotl (local.get 1) (local.get 2))
            (i64.add (local.get 1) (local.get 2)) (i64.sub (local.get 1) (local.get 2)) (i64.mul (local.get 1) (local.get 2))
            (i64.xor (local.get 1) (local.get 2)) (i64.and (local.get 1) (local.get 2)) (i64.or (local.get 1) (local.get 2))
            (i64.shl (local.get 1) (local.get 2)) (i64.shr_u (local.get 1) (local.get 2)) (i64.rotl (local.get 1) (local.get 2))
            i64.sub i64.xor i64.add i64.mul i64.sub i64.xor i64.add i64.mul i64.sub
            i64.xor i64.add i64.mul i64.sub i64.xor i64.add i64.mul i64.sub))"#,
    ),
    (
        "indirect",
        r#"(module (table funcref (elem $double $negate))
        (func $double (param i64) (result i64) (i64.shl (local.get 0) (i64.const 1)))
        (func $negate (param i64) (result i64) (i64.sub (i64.const 0) (local.get 0)))
        (func (export "run") (param i32 i64 i64) (result i64)
            (call_indirect (param i64) (result i64) (i64.add (local.get 1) (local.get 2))
                (i32.and (i32.wrap_i64 (local.get 2)) (i32.const 1)))))"#,
    ),
];

const INPUTS: [(u64, u64); 5] = [
    (0, 0),
    (1, u64::MAX),
    (0x8000_0000_0000_0000, 7),
    (123_456_789, 987_654_321),
    (0xFFFF_FFFF, 0x1_0000_0000),
];

/// What a program gives for all inputs.
fn outcomes(runner: &mut impl Runner) -> Vec<Outcome> {
    INPUTS.iter().map(|&(a, b)| runner.run(0, a, b)).collect()
}

/// Machine code of all functions, as far as it does not depend on where it lies.
fn code(config: &Config, wasm: &[u8]) -> Vec<Vec<u8>> {
    let engine = Engine::new(config).unwrap();
    let module = Module::new(&engine, wasm).unwrap();
    module.func_codes().map(|code| code.bytes.to_vec()).collect()
}

/// Checks the results of all programs in each memory mode with these settings; whether code differs from the default's.
fn check(what: &str, set: impl Fn(Config) -> Config) -> bool {
    let mut differs = false;
    for (program, wat) in PROGRAMS {
        let wasm = wat::parse_str(wat).unwrap();
        let expected = outcomes(&mut OracleRunner::new(&wasm));
        for mode in MemoryMode::ALL {
            let plain = Config::default().memory_mode(mode);
            let config = set(plain.clone());
            let engine = Engine::new(&config).unwrap();
            let found = outcomes(&mut OursRunner::new(&engine, &wasm));
            assert_eq!(found, expected, "{program}, {mode:?}, {what}");
            differs |= code(&plain, &wasm) != code(&config, &wasm);
        }
    }
    differs
}

#[test]
fn code_of_equal_settings_is_equal() {
    assert!(!check("as it is", |config| config));
}

#[test]
fn each_technique_changes_code_and_no_result() {
    let idle: Vec<_> = Tuning::TABLE
        .iter()
        .filter(|&&(name, bit)| {
            !check(&format!("without {name}"), |config| config.tuning(Tuning::ALL.without(bit)))
        })
        .map(|&(name, _)| name)
        .collect();
    assert!(idle.is_empty(), "techniques that change no code: {idle:?}");
}

/// Also where it cannot run.
#[test]
fn each_technique_changes_code_of_every_architecture() {
    for arch in [Arch::X64, Arch::Aarch64] {
        for &(name, bit) in Tuning::TABLE {
            let changes = PROGRAMS.iter().any(|(_, wat)| {
                let wasm = wat::parse_str(wat).unwrap();
                let of = |tuning: Tuning| code(&Config::default().arch(arch).tuning(tuning), &wasm);
                of(Tuning::ALL) != of(Tuning::ALL.without(bit))
            });
            assert!(changes, "{arch:?}: {name} changes no code");
        }
    }
}

#[test]
fn each_technique_alone_changes_no_result() {
    for &(name, bit) in Tuning::TABLE {
        check(&format!("only {name}"), |config| config.tuning(bit));
    }
    assert!(check("none", |config| config.tuning(Tuning::NONE)));
}

#[test]
fn no_cpu_feature_changes_a_result() {
    for &(name, bit) in Cpu::TABLE {
        check(&format!("without {name}"), |config| config.cpu_mask(Cpu::ALL.without(bit)));
        check(&format!("only {name}"), |config| config.cpu_mask(bit));
    }
}

#[test]
fn verifying_code_is_longer_and_computes_the_same() {
    assert!(check("verifying", |config| config.verify(true)));
    // Padding in front of loops would take up the difference.
    let config = Config::default().tuning(Tuning::ALL.without(Tuning::ALIGN_LOOPS));
    let engine = Engine::new(&config).unwrap();
    let wasm = wat::parse_str(PROGRAMS[1].1).unwrap();
    let ours = Ours::new(&engine, &wasm);
    let plain = ours.instance.module(&ours.store).unwrap().machine_code_bytes();
    let engine = Engine::new(&config.verify(true)).unwrap();
    let verifying = Module::new(&engine, &wasm).unwrap().machine_code_bytes();
    assert!(verifying > plain, "{verifying} bytes against {plain}");
}
