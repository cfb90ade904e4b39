//! Which instances are one island: what joins two, and what does not.

use skep::{Caller, Free, Func, Instance, Memory, MemoryType, RefType, Table, TableType, Val};

use crate::common::{World, text};

/// Whether two instances are one island; both must see it alike.
#[track_caller]
fn joined(world: &World, a: Instance, b: Instance) -> bool {
    let island = |of: Instance, other: Instance| {
        let members = world.store.island(of).unwrap();
        assert!(members.contains(&of));
        members.contains(&other)
    };
    assert_eq!(island(a, b), island(b, a));
    world.store.check_invariants().unwrap();
    island(a, b)
}

const EXPORTER: &str = r#"(module
    (memory (export "m") 1) (table (export "t") 2 funcref) (table (export "e") 1 externref)
    (global (export "g") (mut i32) (i32.const 0)) (global (export "c") i32 (i32.const 4))
    (global (export "r") funcref (ref.func $f))
    (func $f (export "f") (result i32) (i32.const 5))
    (func (export "take") (param funcref)))"#;

#[test]
fn what_is_shared_joins() {
    let check = |import: &str, expected: bool| {
        let mut world = World::new();
        world.linker.func("host", "h", || 1_i32).unwrap();
        let a = world.one("a", EXPORTER);
        let b = world.one("b", &format!("(module (import {import}))"));
        assert_eq!(joined(&world, a, b), expected, "{import}");
        assert_eq!(world.store.stats().islands, usize::from(expected), "{import}");
    };
    check(r#""a" "m" (memory 1)"#, true);
    check(r#""a" "t" (table 1 funcref)"#, true);
    check(r#""a" "e" (table 1 externref)"#, true);
    check(r#""a" "g" (global (mut i32))"#, true);
    check(r#""a" "f" (func (result i32))"#, true);
    check(r#""a" "r" (global funcref)"#, true);
    check(r#""a" "c" (global i32)"#, false);
    check(r#""host" "h" (func (result i32))"#, false);
}

#[test]
fn re_exports_join_with_the_origin() {
    let mut world = World::new();
    let a = world.one("a", EXPORTER);
    let b = world.one("b", r#"(module (import "a" "f" (func (result i32))) (export "f" (func 0)))"#);
    assert_eq!(world.store.free(b, Free::WhenUnreachable).unwrap(), skep::Freed::Done);
    let b = world.one("", r#"(module (import "a" "f" (func (result i32))) (export "f" (func 0)))"#);
    world.store.register("again", b).unwrap();
    let c = world.one("c", r#"(module (import "again" "f" (func (result i32))))"#);
    assert!(joined(&world, a, c) && joined(&world, b, c));
}

#[test]
fn a_function_that_the_host_hands_on_joins() {
    let check = |what: &str, hand: fn(&mut World, Instance, Func)| {
        let mut world = World::new();
        let (a, b) = (world.one("", EXPORTER), world.one("", EXPORTER));
        assert!(!joined(&world, a, b), "{what}");
        let f = a.func(&world.store, "f").unwrap();
        hand(&mut world, b, f);
        assert!(joined(&world, a, b), "{what}");
    };
    check("set", |world, b, f| {
        b.table(&world.store, "t").unwrap().set(&mut world.store, 0, f.into()).unwrap();
    });
    check("grow", |world, b, f| {
        b.table(&world.store, "t").unwrap().grow(&mut world.store, 1, f.into()).unwrap();
    });
    check("fill", |world, b, f| {
        b.table(&world.store, "t").unwrap().fill(&mut world.store, 0, 2, f.into()).unwrap();
    });
    check("argument", |world, b, f| {
        b.func(&world.store, "take").unwrap().call(&mut world.store, &[f.into()]).unwrap();
    });
    check("typed argument", |world, b, f| {
        world.call::<(Option<Func>,), ()>(b, "take", (Some(f),)).unwrap();
    });
    check("join", |world, b, f| {
        let a = world
            .store
            .instances()
            .map(|(instance, _)| instance)
            .find(|&instance| instance != b && instance.func(&world.store, "f").unwrap() == f);
        world.store.join(a.unwrap(), b).unwrap();
    });
}

#[test]
fn a_function_that_a_host_function_returns_joins() {
    let mut world = World::new();
    let a = world.one("", EXPORTER);
    let f = a.func(&world.store, "f").unwrap();
    world.linker.func("host", "give", move |_: Caller<'_, u32>| Some(f)).unwrap();
    let b = world.one(
        "",
        r#"(module (import "host" "give" (func $give (result funcref))) (table 1 funcref) (type $t (func (result i32)))
            (func (export "run") (result i32) (table.set 0 (i32.const 0) (call $give))
                (call_indirect (type $t) (i32.const 0))))"#,
    );
    assert!(!joined(&world, a, b));
    assert_eq!(world.call::<(), i32>(b, "run", ()).unwrap(), 5);
    assert!(joined(&world, a, b));
}

#[test]
fn freeing_never_parts_and_collecting_does() {
    let mut world = World::new();
    let uses = r#"(module (import "a" "m" (memory 1)))"#;
    let a = world.one("a", EXPORTER);
    let (b, c) = (world.one("", uses), world.one("", uses));
    world.store.free(a, Free::Now).unwrap();
    assert!(joined(&world, b, c));
    world.store.collect();
    assert!(joined(&world, b, c), "they still share its memory");

    let mut world = World::new();
    let a = world.one("a", EXPORTER);
    let text = r#"(module (import "a" "f" (func (result i32))))"#;
    let (b, c) = (world.one("", text), world.one("", text));
    world.store.free(a, Free::Now).unwrap();
    assert!(joined(&world, b, c));
    world.store.collect();
    assert!(!joined(&world, b, c), "nothing leads from one to the other any more");
}

#[test]
fn what_the_host_made_joins_those_that_use_it() {
    let mut world = World::new();
    let memory = Memory::new(&mut world.store, MemoryType::new(1, None)).unwrap();
    let table =
        Table::new(&mut world.store, TableType::new(RefType::Func, 2, None), Val::FuncRef(None)).unwrap();
    world.linker.define("host", "m", memory).define("host", "t", table);
    let first = world.one("", r#"(module (import "host" "m" (memory 1)))"#);
    let second = world.one("", r#"(module (import "host" "t" (table 1 funcref)))"#);
    assert!(!joined(&world, first, second));
    let third =
        world.one("", r#"(module (import "host" "t" (table 1 funcref)) (import "host" "m" (memory 1)))"#);
    assert!(joined(&world, first, second) && joined(&world, second, third));
    for instance in [first, second, third] {
        world.store.free(instance, Free::Now).unwrap();
    }
    let (fourth, fifth) = (
        world.one("", r#"(module (import "host" "m" (memory 1)))"#),
        world.one("", r#"(module (import "host" "t" (table 1 funcref)))"#),
    );
    assert!(joined(&world, fourth, fifth), "once joined they stay so");
    world.store.collect();
    assert!(!joined(&world, fourth, fifth));
    memory.free(&mut world.store).unwrap();
    table.free(&mut world.store).unwrap();
    assert_eq!(world.store.free(fourth, Free::Now).unwrap(), skep::Freed::Done);
    assert_eq!(world.store.stats().memories, 0);
    world.store.check_invariants().unwrap();
}

#[test]
fn asking_and_joining_check_their_handles() {
    let mut world = World::new();
    let (a, b) = (world.one("", EXPORTER), World::new().one("", EXPORTER));
    assert!(text(world.store.join(a, b)).contains("belongs to store"));
    assert!(text(world.store.island(b)).contains("belongs to store"));
    world.store.free(a, Free::Now).unwrap();
    assert!(text(world.store.island(a)).starts_with("stale handle instance#"));
}
