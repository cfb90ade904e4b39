//! References to functions: they work while their origin is there, and trap when it is gone, however they travelled.

use crate::world::{World, engines, text};
use skep::{Free, Freed, Func, Instance, Trap, Val};

const TABLE: &str = r#"(module (table (export "t") 1 funcref) (type $t (func (result i32)))
    (func (export "set") (param funcref) (table.set 0 (i32.const 0) (local.get 0)))
    (func (export "call") (result i32) (call_indirect (type $t) (i32.const 0))))"#;
const PUT_BY_PARAM: &str = r#"(module (import "a" "set" (func $set (param funcref))) (func $b (result i32) (i32.const 42))
    (elem declare func $b) (func (export "put") (call $set (ref.func $b))))"#;
const GLOBAL: &str = r#"(module (table 1 funcref) (type $t (func (result i32)))
    (global $g (export "g") (mut funcref) (ref.null func))
    (func (export "call") (result i32) (table.set 0 (i32.const 0) (global.get $g)) (call_indirect (type $t) (i32.const 0))))"#;
const PUT_BY_GLOBAL: &str = r#"(module (import "a" "g" (global $g (mut funcref))) (func $b (result i32) (i32.const 42))
    (elem declare func $b) (func (export "put") (global.set $g (ref.func $b))))"#;

fn call(world: &mut World, instance: Instance) -> String {
    let func = instance.typed_func::<(), i32>(&world.store, "call").unwrap();
    func.call(&mut world.store, ()).map_or_else(|error| error.to_string(), |value| value.to_string())
}

fn put(world: &mut World, instance: Instance) {
    instance.typed_func::<(), ()>(&world.store, "put").unwrap().call(&mut world.store, ()).unwrap();
}

#[test]
fn a_reference_to_a_freed_function_traps_however_it_travelled() {
    for engine in engines() {
        for (holder, putter) in [(TABLE, PUT_BY_PARAM), (GLOBAL, PUT_BY_GLOBAL)] {
            let mut world = World::of(&engine);
            let a = world.one("a", holder);
            let b = world.one("b", putter);
            assert_eq!(call(&mut world, a), "uninitialized element");
            put(&mut world, b);
            assert_eq!(call(&mut world, a), "42");
            assert_eq!(world.store.free(b, Free::WhenUnreachable).unwrap(), Freed::Waiting);
            assert_eq!(call(&mut world, a), "42", "kept by the reference");
            assert_eq!(world.store.free(b, Free::Now).unwrap(), Freed::Done);
            assert_eq!(call(&mut world, a), "function of a freed instance");
            let template =
                world.template("(module (func (export \"f\") (result i32) (i32.const 7)))").unwrap();
            for _ in 0..1000 {
                let other = world.store.spawn(&template, 0).unwrap();
                world.store.free(other, Free::Now).unwrap();
            }
            world.store.spawn(&template, 0).unwrap();
            assert_eq!(call(&mut world, a), "function of a freed instance");
        }
    }
}

#[test]
fn freeing_an_exporter_is_seen_by_importers_as_the_host_chose() {
    let exporter = r#"(module (func (export "f") (result i32) (i32.const 5)))"#;
    let importer =
        r#"(module (import "b" "f" (func $f (result i32))) (func (export "call") (result i32) (call $f)))"#;
    for (how, expected) in [(Free::WhenUnreachable, "5"), (Free::Now, "function of a freed instance")] {
        let mut world = World::new();
        let b = world.one("b", exporter);
        let c = world.one("c", importer);
        assert_eq!(call(&mut world, c), "5");
        world.store.free(b, how).unwrap();
        assert_eq!(call(&mut world, c), expected);
    }
}

#[test]
fn what_exited_is_not_entered_by_the_host_but_by_others() {
    let exporter = r#"(module (memory (export "m") 1) (func (export "call") (result i32)
        (i32.store8 (i32.const 0) (i32.const 0x77)) (i32.const 5)))"#;
    let importer = r#"(module (import "b" "call" (func $f (result i32))) (func (export "call") (result i32) (call $f)))"#;
    let mut world = World::new();
    let b = world.one("b", exporter);
    let c = world.one("c", importer);
    let func: Func = b.func(&world.store, "call").unwrap();
    world.store.exit(b, 3).unwrap();
    assert_eq!(call(&mut world, b), "module closed with exit_code(3)");
    assert_eq!(text(func.call(&mut world.store, &[])), "module closed with exit_code(3)");
    assert_eq!(b.memory(&world.store, "m").unwrap().data(&world.store).unwrap()[0], 0);
    assert_eq!(call(&mut world, c), "5");
    assert_eq!(b.memory(&world.store, "m").unwrap().data(&world.store).unwrap()[0], 0x77);
}

#[test]
fn a_function_handle_works_while_its_origin_is_not_gone() {
    let mut world = World::new();
    let a = world.one("a", TABLE);
    let b = world.one("b", PUT_BY_PARAM);
    put(&mut world, b);
    let Val::FuncRef(Some(func)) = a.table(&world.store, "t").unwrap().get(&world.store, 0).unwrap() else {
        panic!("a function was put there")
    };
    world.store.free(b, Free::WhenUnreachable).unwrap();
    assert_eq!(func.call(&mut world.store, &[]).unwrap(), [Val::I32(42)]);
    assert!(text(b.func(&world.store, "put")).ends_with("freed, kept only by references"));
    world.store.free(b, Free::Now).unwrap();
    assert!(text(func.call(&mut world.store, &[])).starts_with("stale handle func#"));
}

#[test]
fn a_lone_instance_whose_function_the_host_hands_on_waits() {
    let mut world = World::new();
    let a = world.one(
        "a",
        r#"(module (table (export "t") 1 funcref) (func (export "f") (result i32) (i32.const 1)))"#,
    );
    let b = world.one(
        "b",
        r#"(module (table (export "t") 1 funcref) (type $t (func (result i32)))
        (func (export "call") (result i32) (call_indirect (type $t) (i32.const 0))))"#,
    );
    let f = a.func(&world.store, "f").unwrap();
    b.table(&world.store, "t").unwrap().set(&mut world.store, 0, f.into()).unwrap();
    assert_eq!(world.store.stats().islands, 1);
    assert_eq!(world.store.free(a, Free::WhenUnreachable).unwrap(), Freed::Waiting);
    assert_eq!(call(&mut world, b), "1");
}

#[test]
fn equal_references_are_equal_through_re_exports() {
    let mut world = World::new();
    let a = world.one("a", r#"(module (func $f (export "f") (result i32) (i32.const 9)))"#);
    let b = world.one(
        "b",
        r#"(module (import "a" "f" (func $f (result i32))) (table (export "t") 1 funcref)
        (elem declare func $f) (func (export "put") (table.set 0 (i32.const 0) (ref.func $f))))"#,
    );
    put(&mut world, b);
    let found = b.table(&world.store, "t").unwrap().get(&world.store, 0).unwrap();
    assert_eq!(found, Val::from(a.func(&world.store, "f").unwrap()));
}

#[test]
fn growth_is_seen_by_every_user_of_a_memory() {
    for engine in engines() {
        let mut world = World::of(&engine);
        world.one(
            "a",
            r#"(module (memory (export "m") 1 9) (func (export "size") (result i32) (memory.size)))"#,
        );
        let grower = world.one(
            "b",
            r#"(module (import "a" "m" (memory 1 9)) (import "a" "size" (func $size (result i32)))
            (func (export "call") (result i32) (drop (memory.grow (i32.const 2)))
                (i32.store (i32.const 196604) (i32.const 1))
                (i32.add (i32.mul (call $size) (i32.const 10)) (memory.size))))"#,
        );
        assert_eq!(call(&mut world, grower), "33");
        let c = world.one(
            "c",
            r#"(module (import "a" "m" (memory 1 9)) (func (export "call") (result i32) (memory.size)))"#,
        );
        assert_eq!(call(&mut world, c), "3");
        let a = world.store.instance("a").unwrap().unwrap();
        a.memory(&world.store, "m").unwrap().grow(&mut world.store, 1).unwrap();
        assert_eq!(call(&mut world, c), "4");
    }
}

#[test]
fn a_failing_start_says_which_function_and_leaves_its_effects() {
    let mut world = World::new();
    let a = world.one("a", r#"(module (memory (export "m") 1))"#);
    let bad = r#"(module (import "a" "m" (memory 1)) (func $s (export "go") (export "b")
        (i32.store8 (i32.const 3) (i32.const 9)) (unreachable)) (start $s))"#;
    let error = world.spawn("x", bad).unwrap_err();
    assert_eq!(error.to_string(), r#"start function[0] export["b","go"] failed: unreachable"#);
    assert_eq!(error.trap(), Some(Trap::Unreachable));
    assert_eq!(a.memory(&world.store, "m").unwrap().data(&world.store).unwrap()[3], 9);
    assert_eq!((world.store.stats().instances, world.store.stats().names), (1, 1));
}

#[test]
fn the_loser_of_a_name_runs_no_start() {
    let start = r#"(module (import "a" "m" (memory 1 4)) (func $s (i32.store8 (i32.const 8)
        (i32.add (i32.load8_u (i32.const 8)) (i32.const 1)))) (start $s))"#;
    let mut world = World::new();
    let a = world.one("a", r#"(module (memory (export "m") 1 4))"#);
    world.one("x", start);
    assert_eq!(text(world.spawn("x", start)), "module[x] has already been instantiated");
    assert_eq!(a.memory(&world.store, "m").unwrap().data(&world.store).unwrap()[8], 1);
}

#[test]
fn its_own_name_is_not_found_while_an_instance_starts() {
    let mut world = World::new();
    world
        .linker
        .func("env", "look", |caller: skep::Caller<'_, u32>| i32::from(caller.lookup("me").is_some()))
        .unwrap();
    let me = world.one("me", r#"(module (import "env" "look" (func $look (result i32))) (global $g (export "g") (mut i32) (i32.const 9))
        (func $s (global.set $g (call $look))) (start $s) (func (export "call") (result i32) (call $look)))"#);
    assert_eq!(me.global(&world.store, "g").unwrap().get(&world.store).unwrap(), Val::I32(0));
    assert_eq!(call(&mut world, me), "1");
}

#[test]
fn an_exit_in_a_start_is_an_exit() {
    for code in [0, 2] {
        let mut world = World::new();
        world
            .linker
            .func("env", "exit", |caller: skep::Caller<'_, u32>, code: u32| -> Result<(), skep::Error> {
                Err(caller.exit(code))
            })
            .unwrap();
        let module = format!(
            r#"(module (import "env" "exit" (func $e (param i32))) (func $s (call $e (i32.const {code}))) (start $s))"#
        );
        let error = world.spawn("x", &module).unwrap_err();
        assert_eq!(error.exit_code(), Some(code));
        assert_eq!(world.store.stats().instances, 0);
    }
}

#[test]
fn a_panic_in_a_start_leaves_the_store_usable() {
    let mut world = World::new();
    world.linker.func("env", "f", || -> () { panic!("in a host function") }).unwrap();
    let template = world.template(r#"(module (import "env" "f" (func $f)) (start $f))"#).unwrap();
    let spawned =
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| world.store.spawn_named("x", &template, 0)));
    assert!(spawned.is_err());
    let stats = world.store.stats();
    assert_eq!((stats.instances, stats.zombies, stats.names), (0, 0, 0));
    world.one("x", "(module)");
}
