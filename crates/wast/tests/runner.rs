//! That scripts pass when they are right, and fail in the right lines when they are not.
//!
//! Owns: what the runner promises. Does not know: the suite (`tests/spec` of `skep`).

use skep::{Config, MemoryMode};

/// Runs a script and compares the lines that fail, and the number of directives that pass and that are skipped.
#[track_caller]
fn check(script: &str, passed: usize, failed_lines: &[usize], skipped: usize) {
    for mode in MemoryMode::ALL {
        let report = skep_wast::run(&Config::new().memory_mode(mode), script, "script");
        let lines: Vec<_> = report.failed.iter().map(|failure| failure.line).collect();
        assert_eq!(lines, failed_lines, "{mode:?}: {:#?}", report.failed);
        assert_eq!((report.passed, report.skipped), (passed, skipped), "{mode:?}");
    }
}

#[test]
fn results_are_compared_by_bits_and_number() {
    let script = r#"(module
  (func (export "one") (result i32) (i32.const 1))
  (func (export "zero") (result f32) (f32.const -0))
  (func (export "nan") (result f64) (f64.const nan:0x123))
  (func (export "two") (result i32 i64) (i32.const 1) (i64.const 2))
  (func (export "null") (result funcref) (ref.null func))
  (func (export "same") (param externref) (result externref) (local.get 0))
  (global (export "g") i64 (i64.const 5)))
(assert_return (invoke "one") (i32.const 1))
(assert_return (invoke "one") (i32.const 2))
(assert_return (invoke "one") (i64.const 1))
(assert_return (invoke "one"))
(assert_return (invoke "zero") (f32.const -0))
(assert_return (invoke "zero") (f32.const 0))
(assert_return (invoke "nan") (f64.const nan:0x123))
(assert_return (invoke "nan") (f64.const nan:canonical))
(assert_return (invoke "nan") (f64.const nan:arithmetic))
(assert_return (invoke "two") (i32.const 1) (i64.const 2))
(assert_return (invoke "two") (i32.const 1) (i64.const 3))
(assert_return (invoke "null") (ref.null func))
(assert_return (invoke "null") (ref.null extern))
(assert_return (invoke "null") (ref.func))
(assert_return (invoke "same" (ref.extern 7)) (ref.extern 7))
(assert_return (invoke "same" (ref.extern 7)) (ref.extern 8))
(assert_return (invoke "same" (ref.null extern)) (ref.null extern))
(assert_return (invoke "one") (either (i32.const 0) (i32.const 1)))
(assert_return (invoke "one") (either (i32.const 0) (i32.const 2)))
(assert_return (get "g") (i64.const 5))
(assert_return (get "g") (i64.const 6))
(assert_return (invoke "nobody"))
(invoke "one")
(invoke "nobody")"#;
    check(script, 11, &[10, 11, 12, 14, 16, 17, 19, 21, 22, 24, 27, 29, 30, 32], 0);
}

#[test]
fn traps_are_compared_by_their_text() {
    let script = r#"(module
  (func (export "trap") unreachable)
  (func (export "fine"))
  (func $f (export "deep") (call $f)))
(assert_trap (invoke "trap") "unreachable")
(assert_trap (invoke "trap") "integer overflow")
(assert_trap (invoke "fine") "unreachable")
(assert_return (invoke "trap"))
(assert_exhaustion (invoke "deep") "call stack exhausted")
(assert_exhaustion (invoke "fine") "call stack exhausted")
(assert_trap (module (func $s unreachable) (start $s)) "unreachable")
(assert_trap (module (memory 1) (data (i32.const 65536) "x")) "out of bounds memory access")
(assert_trap (module) "unreachable")"#;
    check(script, 5, &[6, 7, 8, 10, 13], 0);
}

#[test]
fn modules_must_be_refused_for_the_right_kind_of_reason() {
    let script = r#"(assert_invalid (module (func (result i32))) "type mismatch")
(assert_invalid (module) "type mismatch")
(assert_malformed (module quote "(func") "unexpected token")
(assert_malformed (module quote "(func)") "unexpected token")
(assert_malformed (module binary "\00asm") "unexpected end")
(assert_unlinkable (module (import "spectest" "none" (func))) "unknown import")
(assert_unlinkable (module (import "spectest" "none" (func))) "incompatible import type")
(assert_unlinkable (module (import "spectest" "print" (func (param i64)))) "incompatible import type")
(assert_unlinkable (module (import "spectest" "print" (func (param i64)))) "unknown import")
(assert_unlinkable (module (import "spectest" "print" (func))) "unknown import")"#;
    check(script, 5, &[2, 4, 7, 9, 10], 0);
}

#[test]
fn modules_are_found_by_name_and_by_registration() {
    let script = r#"(module $a (func (export "f") (result i32) (i32.const 1)))
(module $b (func (export "f") (result i32) (i32.const 2)))
(register "one" $a)
(module (import "one" "f" (func $f (result i32))) (func (export "g") (result i32) (call $f)))
(assert_return (invoke "g") (i32.const 1))
(assert_return (invoke $a "f") (i32.const 1))
(assert_return (invoke $b "f") (i32.const 2))
(register "one" $b)
(module (import "one" "f" (func $f (result i32))) (export "f" (func $f)))
(assert_return (invoke "f") (i32.const 2))
(register "two" $c)
(module definition $d (global (export "g") (mut i32) (i32.const 3)))
(module instance $e $d)
(assert_return (get $e "g") (i32.const 3))
(module (import "none" "f" (func)))
(assert_return (invoke "f") (i32.const 2))
(assert_return (invoke $a "f") (i32.const 1))"#;
    check(script, 14, &[11, 15, 16], 0);
}

#[test]
fn the_hosts_module_is_there() {
    let script = r#"(module
  (import "spectest" "print_i32" (func $print (param i32)))
  (import "spectest" "print_f64_f64" (func (param f64 f64)))
  (import "spectest" "global_i32" (global $i i32))
  (import "spectest" "global_i64" (global i64))
  (import "spectest" "global_f32" (global $f f32))
  (import "spectest" "global_f64" (global f64))
  (import "spectest" "table" (table 10 20 funcref))
  (import "spectest" "memory" (memory 1 2))
  (func (export "i") (result i32) (call $print (i32.const 1)) (global.get $i))
  (func (export "f") (result f32) (global.get $f))
  (func (export "sizes") (result i32 i32) (table.size 0) (memory.size)))
(assert_return (invoke "i") (i32.const 666))
(assert_return (invoke "f") (f32.const 666.6))
(assert_return (invoke "sizes") (i32.const 10) (i32.const 1))"#;
    check(script, 4, &[], 0);
}

#[test]
fn what_is_not_core_webassembly_is_skipped_and_broken_scripts_fail_once() {
    check(r#"(assert_malformed_custom (module quote "(@custom)") "x") (module)"#, 1, &[], 1);
    check("(module)\n(assert_return (invoke", 0, &[2], 0);
    check("(module)\n(dance)", 0, &[2], 0);
}
