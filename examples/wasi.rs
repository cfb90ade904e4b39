//! A WASI program as a guest: it gets arguments and an output that is kept, and nothing else of the host.
//!
//! `cargo run --example wasi`, or `cargo run --example wasi -- program.wasm ARGS…` for one of yours.

#![expect(clippy::print_stdout, reason = "this is a program for a terminal")]

use std::error::Error as StdError;

use skep::{Config, Engine, Error, Linker, Module, Store};
use skep_wasi::{Captured, WasiCtx};

/// Writes its arguments, a line each, and exits with how many there are.
const ECHO: &str = r#"
(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)

  ;; Memory: 0 how many arguments, 4 their bytes; 8 address and 12 length of what is written, 16 how much was;
  ;; 32.. where each begins; 4096.. the texts, each with a zero at its end.
  (func (export "_start")
    (local $at i32)
    (drop (call $sizes (i32.const 0) (i32.const 4)))
    (drop (call $args (i32.const 32) (i32.const 4096)))
    ;; Zeros become ends of lines.
    (loop $bytes
      (if (i32.eqz (i32.load8_u offset=4096 (local.get $at)))
        (then (i32.store8 offset=4096 (local.get $at) (i32.const 10))))
      (br_if $bytes
        (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 1))) (i32.load (i32.const 4)))))
    (i32.store (i32.const 8) (i32.const 4096))
    (i32.store (i32.const 12) (i32.load (i32.const 4)))
    (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16)))
    (call $exit (i32.load (i32.const 0)))))
"#;

fn main() -> Result<(), Box<dyn StdError>> {
    let mut args: Vec<String> = std::env::args().skip(1).collect();
    let program = match args.first() {
        Some(path) => std::fs::read(path)?,
        None => {
            args = ["echo", "hello", "from a guest"].map(str::to_owned).into();
            ECHO.into()
        }
    };

    let engine = Engine::new(&Config::default())?;
    let mut linker = Linker::<WasiCtx>::new(&engine);
    skep_wasi::add_to_linker(&mut linker, |wasi| wasi)?;
    let template = linker.template(&Module::new(&engine, program)?)?;

    // Not asked for here: files, the environment, the host's clocks and random numbers.
    let output = Captured::new();
    let wasi = WasiCtx::builder().args(args).stdout_captured(&output).build()?;
    let mut store = Store::new(&engine);
    let instance = store.spawn(&template, wasi)?;

    let status = match instance.typed_func::<(), ()>(&store, "_start")?.call(&mut store, ()) {
        Ok(()) => 0,
        Err(Error::Exit(status)) => status,
        Err(error) => return Err(error.into()),
    };
    print!("{}", String::from_utf8_lossy(&output.contents()));
    println!("status {status}");
    Ok(())
}
