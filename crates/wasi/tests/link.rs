//! Guests that import WASI, run on machine code.
//!
//! Owns: what linking promises. Does not know: how the calls work (tests inside the crate).

use skep::{Config, Engine, Error, Linker, Module, Store};
use skep_wasi::{Captured, WasiCtx};

/// A guest's data with its context somewhere inside.
struct Guest {
    calls: u32,
    wasi: WasiCtx,
}

/// Runs `_start` of a module and returns what it wrote and how it ended.
fn run(wat: &str) -> (String, Result<Vec<i32>, Error>) {
    let out = Captured::new();
    let result = run_into(wat, &out).expect("the guest links and has `_start`");
    (String::from_utf8_lossy(&out.take()).into_owned(), result)
}

fn run_into(wat: &str, out: &Captured) -> Result<Result<Vec<i32>, Error>, Error> {
    let engine = Engine::new(&Config::new())?;
    let mut linker = Linker::<Guest>::new(&engine);
    skep_wasi::add_to_linker(&mut linker, |guest| {
        guest.calls += 1;
        &mut guest.wasi
    })?;
    let module = Module::new(&engine, wat)?;
    let template = linker.template(&module)?;
    let wasi = WasiCtx::builder().stdout_captured(out).build()?;
    let mut store = Store::new(&engine);
    let instance = store.spawn(&template, Guest { calls: 0, wasi })?;
    let start = instance.func(&store, "_start")?;
    let result = start.call(&mut store, &[]);
    assert!(store.data(instance)?.calls > 0 || !wat.contains("fd_write"), "the data is asked at each call");
    Ok(result.map(|values| values.iter().filter_map(skep::Val::as_i32).collect()))
}

#[test]
fn output_arrives_under_both_names() {
    for module in ["wasi_snapshot_preview1", "wasi_unstable"] {
        let wat = format!(
            r#"(module
              (import "{module}" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
              (memory (export "memory") 1)
              (data (i32.const 0) "\08\00\00\00\05\00\00\00hello")
              (func (export "_start") (result i32)
                (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32))))"#
        );
        let (out, result) = run(&wat);
        assert_eq!((&*out, result.unwrap()), ("hello", vec![0]), "{module}");
    }
}

#[test]
fn an_exit_ends_the_call_with_its_code() {
    for code in [0, 1, 255, 0x8000_0000u32] {
        let wat = format!(
            r#"(module
              (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
              (memory (export "memory") 1)
              (func $deep (call $exit (i32.const {code})) unreachable)
              (func (export "_start") (call $deep) unreachable))"#
        );
        let error = run(&wat).1.unwrap_err();
        assert_eq!(error.exit_code(), Some(code), "{error:?}");
    }
}

#[test]
fn what_is_missing_says_so_and_what_is_outside_is_a_fault() {
    let (nosys, fault, badf, notsock) = (52, 21, 8, 57);
    let wat = r#"(module
      (import "wasi_snapshot_preview1" "sock_accept" (func $accept (param i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "sock_shutdown" (func $shutdown (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "proc_raise" (func $raise (param i32) (result i32)))
      (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
      (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
      (memory (export "memory") 1)
      (func (export "_start") (result i32 i32 i32 i32 i32 i32 i32)
        (call $accept (i32.const 0) (i32.const 0) (i32.const 0))
        (call $shutdown (i32.const 99) (i32.const 0))
        (call $raise (i32.const 0))
        (call $random (i32.const 65535) (i32.const 2))
        (call $random (i32.const 65535) (i32.const 1))
        (call $close (i32.const 99))
        (call $args (i32.const 65536) (i32.const 65536))))"#;
    assert_eq!(run(wat).1.unwrap(), [notsock, badf, nosys, fault, 0, badf, 0]);
}

#[test]
fn a_guest_without_memory_gets_faults() {
    let wat = r#"(module
      (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
      (func (export "_start") (result i32 i32)
        (call $random (i32.const 0) (i32.const 1))
        (call $yield)))"#;
    assert_eq!(run(wat).1.unwrap(), [21, 0]);
}

#[test]
fn memory_that_grew_is_seen() {
    let wat = r#"(module
      (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
      (memory (export "memory") 1)
      (func (export "_start") (result i32 i32)
        (call $random (i32.const 65536) (i32.const 65536))
        (drop (memory.grow (i32.const 1)))
        (call $random (i32.const 65536) (i32.const 65536))))"#;
    assert_eq!(run(wat).1.unwrap(), [21, 0]);
}
