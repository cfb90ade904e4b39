//! D1: stacks that run out, in every way that leaves machine code.

use skep::{Caller, Config, Engine, Error, Linker, Module, Store, Trap};

use crate::configs;

/// Recursion without end through one expression that `{}` in the body stands for.
const SHAPES: [(&str, &str); 9] = [
    ("plainly", "(drop (call $f (i64.const 1)))"),
    ("a host function", "(call $host) (drop (call $f (i64.const 1)))"),
    ("memory.grow", "(drop (memory.grow (i32.const 0))) (drop (call $f (i64.const 1)))"),
    (
        "memory.fill",
        "(memory.fill (i32.const 0) (i32.const 0) (i32.const 70000)) (drop (call $f (i64.const 1)))",
    ),
    ("table.grow", "(drop (table.grow (ref.null func) (i32.const 0))) (drop (call $f (i64.const 1)))"),
    ("call_indirect", "(drop (call_indirect (param i64) (result i64) (i64.const 1) (i32.const 0)))"),
    ("division", "(drop (call $f (i64.div_s (i64.const 1) (local.get 0))))"),
    ("many locals", "(drop (call $g))"),
    ("many parameters", "(drop (call $h {zeros}))"),
];

fn module(call: &str) -> String {
    let call = call.replace("{zeros}", &"(i64.const 0)".repeat(1_000));
    format!(
        r#"(module (import "h" "f" (func $host)) (memory 2) (table 1 funcref) (elem (i32.const 0) $f)
        (func $f (export "f") (param i64) (result i64) {call} (i64.const 0))
        (func $g (result i64) (local {locals}) (drop (call $f (i64.const 1))) (local.get 49_000))
        (func $h (param {params}) (result i64) (drop (call $f (i64.const 1))) (local.get 999))
        (func (export "small") (result i32) (i32.const 42)))"#,
        locals = " i64".repeat(50_000),
        params = " i64".repeat(1_000),
    )
}

/// What a host function may need: it touches this much of the stack.
#[inline(never)]
fn use_stack() -> u8 {
    let space = std::hint::black_box([1u8; 48 << 10]);
    space[std::hint::black_box(1000)]
}

#[test]
fn d1_endless_recursion_traps_wherever_it_leaves() {
    for (what, config) in configs() {
        for (shape, call) in SHAPES {
            let engine = Engine::new(&config).unwrap();
            let module = Module::new(&engine, module(call)).unwrap();
            let mut linker = Linker::new(&engine);
            linker.func("h", "f", || assert_eq!(use_stack(), 1)).unwrap();
            let mut store = Store::new(&engine);
            let instance = store.spawn(&linker.template(&module).unwrap(), ()).unwrap();
            let endless = instance.typed_func::<i64, i64>(&store, "f").unwrap();
            for _ in 0..3 {
                let trap = endless.call(&mut store, 1).map_err(|error| error.trap());
                assert_eq!(trap, Err(Some(Trap::CallStackExhausted)), "{what}, {shape}");
            }
            let small = instance.typed_func::<(), i32>(&store, "small").unwrap();
            assert_eq!(
                small.call(&mut store, ()).unwrap(),
                42,
                "{what}, {shape}: the store is as usable as before"
            );
        }
    }
}

#[test]
fn d1_nesting_through_the_host_is_limited_as_a_whole() {
    let text = r#"(module (import "h" "again" (func $again (result i32)))
        (func (export "f") (result i32) (i32.add (call $again) (i32.const 1))))"#;
    let engine = Engine::new(&Config::default().max_stack_bytes(512 << 10)).unwrap();
    let module = Module::new(&engine, text).unwrap();
    let mut linker: Linker<u32> = Linker::new(&engine);
    linker
        .func("h", "again", |mut caller: Caller<'_, u32>| -> Result<i32, Error> {
            *caller.data_mut() += 1;
            if *caller.data() == 10_000 {
                return Ok(0);
            }
            let func = caller.instance().func(&caller, "f")?;
            let results = func.call(&mut caller, &[])?;
            Ok(results[0].as_i32().unwrap())
        })
        .unwrap();
    let mut store = Store::new(&engine);
    let instance = store.spawn(&linker.template(&module).unwrap(), 0).unwrap();
    let func = instance.typed_func::<(), i32>(&store, "f").unwrap();
    let found = func.call(&mut store, ()).map_err(|error| error.trap());
    assert_eq!(found, Err(Some(Trap::CallStackExhausted)));
    let reached = *store.data(instance).unwrap();
    assert!((10..10_000).contains(&reached), "{reached} levels in 512 KiB");
    *store.data_mut(instance).unwrap() = 9_998;
    assert_eq!(func.call(&mut store, ()).unwrap(), 2, "afterwards there is room again");
}
