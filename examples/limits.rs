//! What a host allows: sizes of modules, memories and stacks, and how many instances there may be.
//!
//! `cargo run --example limits`

#![expect(clippy::print_stdout, reason = "this is a program for a terminal")]

use skep::{Config, Engine, Error, Free, Instance, Linker, Module, ModuleLimits, Store, StoreLimits, Trap};

const GREEDY: &str = r#"
(module
  (memory (export "memory") 1)
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func $deep (export "deep") (param i32) (result i32)
    (if (result i32) (i32.eqz (local.get 0))
      (then (i32.const 0))
      (else (i32.add (i32.const 1) (call $deep (i32.sub (local.get 0) (i32.const 1))))))))
"#;

fn main() -> Result<(), Error> {
    let config = Config::new()
        .module_limits(ModuleLimits { functions: 100, ..ModuleLimits::default() })
        .store_limits(StoreLimits { instances: 2, memory_pages: 16, ..StoreLimits::default() })
        .max_stack_bytes(64 << 10);
    let engine = Engine::new(&config)?;
    let template = Linker::<()>::new(&engine).template(&Module::new(&engine, GREEDY)?)?;
    let mut store = Store::new(&engine);
    let guest = store.spawn(&template, ())?;
    memory(&mut store, guest)?;
    stack(&mut store, guest)?;

    println!("\ninstances: 2 in the store");
    let second = store.spawn(&template, ())?;
    refused("a third", store.spawn(&template, ()));
    store.free(second, Free::Now)?;
    store.spawn(&template, ())?;
    println!("  one freed, one spawned");

    println!("\nmodules: 100 functions");
    let text = format!("(module {})", "(func)".repeat(101));
    refused("a module of 101", Module::new(&engine, text));
    Ok(())
}

fn memory(store: &mut Store<()>, guest: Instance) -> Result<(), Error> {
    println!("memory: 16 pages");
    let grow = guest.typed_func::<i32, i32>(store, "grow")?;
    for pages in [15, 1] {
        // To the guest, a limit is a memory that does not grow.
        println!("  the guest asks for {pages} more: {}", grow.call(store, pages)?);
    }
    let memory = guest.memory(store, "memory")?;
    refused("the host asks for 1 more", memory.grow(store, 1));
    Ok(())
}

fn stack(store: &mut Store<()>, guest: Instance) -> Result<(), Error> {
    println!("\nstack: 64 KiB");
    let deep = guest.typed_func::<i32, i32>(store, "deep")?;
    println!("  a hundred calls deep: {}", deep.call(store, 100)?);
    match deep.call(store, 1_000_000) {
        Err(error) if error.trap() == Some(Trap::CallStackExhausted) => {
            println!("  a million calls deep: {error}");
        }
        other => println!("  a million calls deep: {other:?}"),
    }
    println!("  the guest is as it was: {}", deep.call(store, 100)?);
    Ok(())
}

/// Prints what the host was told.
fn refused<T>(what: &str, result: Result<T, Error>) {
    match result {
        Err(error) => println!("  {what}: {error}"),
        Ok(_) => println!("  {what}: allowed"),
    }
}
