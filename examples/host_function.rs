//! Functions of the host as guests see them: what they may take, return and do.
//!
//! `cargo run --example host_function`

#![expect(clippy::print_stdout, reason = "this is a program for a terminal")]

use skep::{Caller, Config, Engine, Error, Linker, Module, Store};

/// What the host keeps with each instance. A host function reaches the one of its caller without a lock.
#[derive(Debug)]
struct Player {
    name: &'static str,
    score: i64,
}

const MODULE: &str = r#"
(module
  (import "host" "say" (func $say (param i32 i32)))
  (import "host" "win" (func $win (param i64) (result i64)))
  (import "host" "split" (func $split (param f64) (result f64 f64)))
  (import "host" "open" (func $open (param i32) (result i32)))
  (import "host" "twice" (func $twice (param i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "I begin!")

  (func (export "play") (result i64)
    (call $say (i32.const 0) (i32.const 8))
    (drop (call $win (i64.const 10)))
    ;; Both results: the whole part is won, the rest is dropped.
    (call $split (f64.const 7.25))
    (drop)
    (i64.trunc_sat_f64_s)
    (call $win))
  (func (export "open_door") (param i32) (result i32) (call $open (local.get 0)))
  (func (export "inc") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
  (func (export "add_two") (param i32) (result i32) (call $twice (local.get 0))))
"#;

fn main() -> Result<(), Error> {
    let engine = Engine::new(&Config::default())?;
    let mut linker = Linker::<Player>::new(&engine);
    link(&mut linker)?;
    let template = linker.template(&Module::new(&engine, MODULE)?)?;

    let mut store = Store::new(&engine);
    let ann = store.spawn(&template, Player { name: "Ann", score: 0 })?;
    let bob = store.spawn(&template, Player { name: "Bob", score: 100 })?;
    for player in [ann, bob] {
        let score = player.typed_func::<(), i64>(&store, "play")?.call(&mut store, ())?;
        println!("the guest was told {score}, the host knows {:?}", store.data(player)?);
    }

    // An error of a host function ends the guest's call, and comes back as it was.
    let open = ann.typed_func::<u32, u32>(&store, "open_door")?;
    println!("door 3: {}", open.call(&mut store, 3)?);
    match open.call(&mut store, 9) {
        Err(error) => println!("door 9: {error}"),
        Ok(result) => println!("door 9 opened: {result}"),
    }

    let add_two = bob.typed_func::<i32, i32>(&store, "add_two")?;
    println!("40 + 1 + 1 = {}", add_two.call(&mut store, 40)?);
    Ok(())
}

fn link(linker: &mut Linker<Player>) -> Result<(), Error> {
    // Reads the caller's memory. Addresses that a guest makes up are checked: then this is an error.
    linker.func(
        "host",
        "say",
        |caller: Caller<'_, Player>, address: u32, len: u32| -> Result<(), Error> {
            let mut text = vec![0; len.min(1024) as usize];
            caller.memory("memory")?.read(&caller, address.into(), &mut text)?;
            println!("{}: {}", caller.data().name, String::from_utf8_lossy(&text));
            Ok(())
        },
    )?;
    // Changes what the host keeps with the caller.
    linker.func("host", "win", |mut caller: Caller<'_, Player>, points: i64| {
        let player = caller.data_mut();
        player.score += points;
        player.score
    })?;
    // Needs no caller, and returns two values.
    linker.func("host", "split", |value: f64| (value.trunc(), value.fract()))?;
    // Fails with an error of any kind.
    linker.func(
        "host",
        "open",
        |door: u32| {
            if door < 5 { Ok(door) } else { Err(format!("there is no door {door}")) }
        },
    )?;
    // Calls the guest that called it.
    linker.func("host", "twice", |mut caller: Caller<'_, Player>, value: i32| -> Result<i32, Error> {
        let inc = caller.func("inc")?.typed::<i32, i32>(&caller)?;
        let once = inc.call(&mut caller, value)?;
        inc.call(&mut caller, once)
    })?;
    Ok(())
}
