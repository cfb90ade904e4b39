//! D1: stacks that run out, in every way that leaves machine code.

use skep::{Caller, Config, Engine, Error, FuncType, Linker, Module, Store, Trap, Val, ValType};

use crate::{configs, spawn};

/// Recursion without end through one expression that `{}` in the body stands for.
const SHAPES: [(&str, &str); 12] = [
    ("plainly", "(drop (call $f (i64.const 1)))"),
    ("a host function", "(call $host) (drop (call $f (i64.const 1)))"),
    ("an untyped host function", "(drop (call $untyped (i32.const 1))) (drop (call $f (i64.const 1)))"),
    (
        "a host function by table",
        "(drop (call_indirect (param i32) (result i32) (i32.const 1) (i32.const 1))) (drop (call $f (i64.const 1)))",
    ),
    (
        "memory.copy",
        "(memory.copy (i32.const 1) (i32.const 0) (i32.const 70000)) (drop (call $f (i64.const 1)))",
    ),
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
        r#"(module (import "h" "f" (func $host)) (import "h" "u" (func $untyped (param i32) (result i32)))
        (memory 2) (table 2 funcref) (elem (i32.const 0) $f $untyped)
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
            linker
                .func_new("h", "u", FuncType::new([ValType::I32], [ValType::I32]), |_, params, results| {
                    results[0] = Val::I32(params[0].as_i32().unwrap() * i32::from(use_stack()));
                    Ok(())
                })
                .unwrap();
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

/// A trap deep in the stack, just before there is no more of it, leaves all of it; and so does each of many.
#[test]
fn d1_a_trap_at_any_depth_leaves_the_whole_stack() {
    let text = r#"(module (func $f (export "f") (param i32) (result i32)
        (if (i32.eqz (local.get 0)) (then (unreachable)))
        (i32.add (call $f (i32.sub (local.get 0) (i32.const 1))) (local.get 0))))"#;
    for (what, config) in configs() {
        let (mut store, instance) = spawn(&config, text);
        let func = instance.typed_func::<i32, i32>(&store, "f").unwrap();
        let mut deepest = 1;
        let mut ends = |depth: i32| func.call(&mut store, depth).map_err(|error| error.trap().unwrap());
        while ends(deepest) == Err(Trap::Unreachable) {
            deepest += 1 + deepest / 16;
            assert!(deepest < 100_000_000, "{what}: no end");
        }
        assert!(deepest > 1_000, "{what}: {deepest} levels");
        for depth in [deepest, i32::MAX, deepest * 2] {
            assert_eq!(ends(depth), Err(Trap::CallStackExhausted), "{what}: {depth}");
        }
        for depth in [0, 1, deepest / 2, deepest - deepest / 8] {
            assert_eq!(ends(depth), Err(Trap::Unreachable), "{what}: {depth}");
        }
    }
}

/// A frame of 50 000 locals is checked whole, at each depth at which it may not fit, and so is what a start function recurses.
#[test]
fn d1_frames_of_every_size_are_checked() {
    for (what, config) in configs() {
        for locals in [0, 20, 31, 32, 33, 500, 511, 512, 4_000, 49_999] {
            let text = format!(
                r#"(module (global $n (mut i32) (i32.const 0))
                (func $small (param i32) (result i64) (global.set $n (i32.add (global.get $n) (i32.const 1)))
                    (if (result i64) (local.get 0) (then (call $small (i32.sub (local.get 0) (i32.const 1))))
                        (else (call $large (i64.const 3)))))
                (func $large (param i64) (result i64) (local{}) (i64.add (local.get 0) (local.get {locals})))
                (func (export "f") (param i32) (result i64) (call $small (local.get 0))))"#,
                " i64".repeat(locals)
            );
            let (mut store, instance) = spawn(&config.clone().max_stack_bytes(512 << 10), &text);
            let func = instance.typed_func::<i32, i64>(&store, "f").unwrap();
            // The first depth that is too much, by bisection: below it all is well.
            let mut ends = |depth: i32| func.call(&mut store, depth).map_err(|error| error.trap());
            let wanted = if locals == 0 { 6 } else { 3 };
            let (mut well, mut over) = (0, 1 << 20);
            if ends(0) == Err(Some(Trap::CallStackExhausted)) {
                assert!(locals == 49_999, "{what}: {locals} locals");
                continue;
            }
            while over - well > 1 {
                let depth = i32::midpoint(well, over);
                match ends(depth) {
                    Ok(found) => {
                        assert_eq!(found, wanted, "{what}: {locals} locals");
                        well = depth;
                    }
                    Err(trap) => {
                        assert_eq!(trap, Some(Trap::CallStackExhausted), "{what}: {locals} locals");
                        over = depth;
                    }
                }
            }
            assert!((100..1 << 17).contains(&well), "{what}: {well} levels above {locals} locals");
        }
    }
}

#[test]
fn d1_a_start_function_without_end() {
    let text = "(module (func $f (drop (memory.grow (i32.const 0))) (call $f)) (memory 1) (start $f))";
    for (what, config) in configs() {
        let engine = Engine::new(&config).unwrap();
        let module = Module::new(&engine, text).unwrap();
        let mut store = Store::new(&engine);
        let template = Linker::new(&engine).template(&module).unwrap();
        for _ in 0..2 {
            let error = store.spawn(&template, ()).unwrap_err();
            assert_eq!(error.trap(), Some(Trap::CallStackExhausted), "{what}");
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
