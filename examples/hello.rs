//! The least there is to do: compile a module, spawn an instance, call an export.
//!
//! `cargo run --example hello`

#![expect(clippy::print_stdout, reason = "this is a program for a terminal")]

use skep::{Config, Engine, Error, Linker, Module, Store};

const MODULE: &str = r#"
(module
  (func (export "add") (param i32 i32) (result i32)
    (i32.add (local.get 0) (local.get 1)))

  ;; Least n whose first n numbers add up to at least `sum`.
  (func (export "count_to") (param $sum i64) (result i64)
    (local $n i64)
    (loop $more
      (local.set $sum (i64.sub (local.get $sum) (local.tee $n (i64.add (local.get $n) (i64.const 1)))))
      (br_if $more (i64.gt_s (local.get $sum) (i64.const 0))))
    (local.get $n)))
"#;

fn main() -> Result<(), Error> {
    // What all modules and stores share: settings and machine code.
    let engine = Engine::new(&Config::default())?;
    // Bytes of a .wasm file are taken too.
    let module = Module::new(&engine, MODULE)?;

    // This module imports nothing, so the linker needs no definition, and instances carry nothing of the host: `()`.
    let template = Linker::<()>::new(&engine).template(&module)?;
    let mut store = Store::new(&engine);
    let instance = store.spawn(&template, ())?;

    // The type is checked here, once, and not at each call.
    let add = instance.typed_func::<(i32, i32), i32>(&store, "add")?;
    println!("2 + 40 = {}", add.call(&mut store, (2, 40))?);

    let count_to = instance.typed_func::<i64, i64>(&store, "count_to")?;
    println!("1 + 2 + … + {} is at least a million", count_to.call(&mut store, 1_000_000)?);

    // A mistake says what is wrong and does no harm.
    if let Err(error) = instance.typed_func::<(), f32>(&store, "add") {
        println!("as expected: {error}");
    }
    Ok(())
}
