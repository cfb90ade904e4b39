//! References to functions and host values: they work while their origin is there and never dangle. S73 to S76, S78.

use crate::common::{World, both, probe, text};
use skep::{
    Config, Error, ExternRef, Free, Freed, Func, Global, GlobalType, Instance, RefType, Table, TableType,
    Trap, Val, ValType,
};

const FREED: &str = "function of a freed instance";

/// `a` holds a function of `b`, which then goes; whoever comes into its slot is not called.
#[track_caller]
fn check_stale(holder: &'static str, putter: &'static str) {
    const REUSES: u32 = 10_000;
    both(|mut world| {
        let a = world.one("a", probe(holder));
        let b = world.one("b", probe(putter));
        assert_eq!(text(world.call::<(), i32>(a, "call", ())), "uninitialized element");
        world.call::<(), ()>(b, "put", ()).unwrap();
        assert_eq!(world.call::<(), i32>(a, "call", ()).unwrap(), 42);
        assert_eq!(world.store.free(b, Free::WhenUnreachable).unwrap(), Freed::Waiting);
        assert_eq!(world.call::<(), i32>(a, "call", ()).unwrap(), 42, "kept by the reference");
        assert_eq!(world.store.free(b, Free::Now).unwrap(), Freed::Done);
        let error = world.call::<(), i32>(a, "call", ()).unwrap_err();
        assert_eq!((&*error.to_string(), error.trap()), (FREED, Some(Trap::FunctionOfFreedInstance)));
        let newcomer = world.template(r#"(module (func (export "f") (result i32) (i32.const 7)))"#).unwrap();
        for n in 0..REUSES {
            let other = world.store.spawn(&newcomer, 0).unwrap();
            if n.is_power_of_two() {
                assert_eq!(text(world.call::<(), i32>(a, "call", ())), FREED);
            }
            world.store.free(other, Free::Now).unwrap();
        }
        // Also of the type that is wanted, in the same slot, now.
        world.store.spawn(&newcomer, 0).unwrap();
        assert_eq!(text(world.call::<(), i32>(a, "call", ())), FREED);
    });
}

#[test]
fn s73_d3_stale_by_param() {
    check_stale("stale/a", "stale/b");
}

#[test]
fn s73_d4_stale_by_global() {
    check_stale("stale/ga", "stale/gb");
}

/// The other ways: the host's hand into a table and a global, an element segment, a result, `table.copy`, `table.fill`.
#[test]
fn s73_stale_by_any_other_way() {
    type Way = fn(&mut World, Instance, Func);
    let ways: &[(&str, Way)] = &[
        ("set by the host", |world, a, f| {
            a.table(&world.store, "t").unwrap().set(&mut world.store, 0, f.into()).unwrap();
        }),
        ("grown by the host", |world, a, f| {
            a.table(&world.store, "t").unwrap().grow(&mut world.store, 1, f.into()).unwrap();
            world.call::<(i32, i32), ()>(a, "copy", (0, 2)).unwrap();
        }),
        ("filled", |world, a, f| world.call::<Option<Func>, ()>(a, "fill", Some(f)).unwrap()),
        ("through a global", |world, a, f| {
            a.global(&world.store, "g").unwrap().set(&mut world.store, f.into()).unwrap();
            world.call::<(), ()>(a, "from_global", ()).unwrap();
        }),
        ("given back", |world, a, f| {
            let back = world.call::<Option<Func>, Option<Func>>(a, "same", Some(f)).unwrap();
            assert_eq!(back, Some(f));
            world.call::<Option<Func>, ()>(a, "fill", back).unwrap();
        }),
    ];
    let holder = r#"(module (table (export "t") 2 8 funcref) (type $t (func (result i32))) (global $g (export "g") (mut funcref) (ref.null func))
        (func (export "fill") (param funcref) (table.fill 0 (i32.const 0) (local.get 0) (i32.const 2)))
        (func (export "copy") (param i32 i32) (table.copy (local.get 0) (local.get 1) (i32.const 1)))
        (func (export "from_global") (table.set 0 (i32.const 0) (global.get $g)))
        (func (export "same") (param funcref) (result funcref) (local.get 0))
        (func (export "is_null") (result i32) (ref.is_null (table.get 0 (i32.const 0))))
        (func (export "call") (result i32) (call_indirect (type $t) (i32.const 0))))"#;
    for (what, way) in ways {
        both(|mut world| {
            let a = world.one("a", holder);
            let b = world.one("b", probe("expfn"));
            let f = b.func(&world.store, "f").unwrap();
            way(&mut world, a, f);
            assert_eq!(world.call::<(), i32>(a, "call", ()).unwrap(), 5, "{what}");
            assert_eq!(world.store.free(b, Free::WhenUnreachable).unwrap(), Freed::Waiting, "{what}");
            world.store.free(b, Free::Now).unwrap();
            world.one("b", probe("expfn"));
            assert_eq!(text(world.call::<(), i32>(a, "call", ())), FREED, "{what}");
            // The word may be looked at and copied; it is not null, and stays when rows are collected.
            assert_eq!(world.call::<(), i32>(a, "is_null", ()).unwrap(), 0, "{what}");
            world.store.collect();
            let word = a.table(&world.store, "t").unwrap().get(&world.store, 0).unwrap();
            assert_eq!(word, Val::from(f), "{what}");
            assert!(matches!(f.call(&mut world.store, &[]), Err(Error::Stale(_))), "{what}");
            assert!(matches!(f.ty(&world.store), Err(Error::Stale(_))), "{what}");
        });
    }
}

/// A gone function has no type: that it is gone is said first.
#[test]
fn s73_stale_comes_before_type() {
    both(|mut world| {
        let a = world.one("a", probe("stale/a"));
        let b = world.one("b", r#"(module (func (export "f") (param i64)))"#);
        let f = b.func(&world.store, "f").unwrap();
        world.call::<Option<Func>, ()>(a, "set", Some(f)).unwrap();
        assert_eq!(text(world.call::<(), i32>(a, "call", ())), "indirect call type mismatch");
        world.store.free(b, Free::Now).unwrap();
        assert_eq!(text(world.call::<(), i32>(a, "call", ())), FREED);
    });
}

/// A word is the same whichever way it comes: from its own `ref.func`, through exporters of exporters, from the host.
#[test]
fn s74_identity_is_stable_through_re_exports() {
    let own = r#"(module (func $f (export "f") (result i32) (i32.const 9)) (func (export "ref") (result funcref) (ref.func $f)))"#;
    let through = r#"(module (import "LAST" "f" (func $f (result i32))) (export "f" (func $f)) (elem declare func $f)
        (func (export "ref") (result funcref) (ref.func $f)) (global (export "g") funcref (ref.func $f))
        (table (export "t") 1 funcref) (elem (i32.const 0) $f))"#;
    both(|mut world| {
        let first = world.one("n0", own);
        let f = first.func(&world.store, "f").unwrap();
        assert_eq!(world.call::<(), Option<Func>>(first, "ref", ()).unwrap(), Some(f));
        for n in 1..5 {
            let next = world.one(&format!("n{n}"), &through.replace("LAST", &format!("n{}", n - 1)));
            assert_eq!(next.func(&world.store, "f").unwrap(), f);
            assert_eq!(world.call::<(), Option<Func>>(next, "ref", ()).unwrap(), Some(f));
            assert_eq!(next.global(&world.store, "g").unwrap().get(&world.store).unwrap(), f.into());
            assert_eq!(next.table(&world.store, "t").unwrap().get(&world.store, 0).unwrap(), f.into());
        }
        // Another instance of the module has another function.
        let other = world.one("", own);
        assert_ne!(other.func(&world.store, "f").unwrap(), f);
    });
}

#[test]
fn s75_the_host_calls_entries_of_tables() {
    both(|mut world| {
        let a = world.one(
            "a",
            r#"(module (table (export "t") 4 funcref) (func $f (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
                (elem (i32.const 1) $f))"#,
        );
        let table = a.table(&world.store, "t").unwrap();
        let host = Func::host(&mut world.store, |n: i32| n * 2).unwrap();
        table.set(&mut world.store, 2, host.into()).unwrap();
        assert_eq!(table.get(&world.store, 0).unwrap(), Val::FuncRef(None));
        assert_eq!(text(table.get(&world.store, 4)), format!("4 exceeds {table} of 4"));
        assert!(text(table.get(&world.store, u64::MAX)).contains("exceeds"));
        let entry = |world: &World, index| match table.get(&world.store, index).unwrap() {
            Val::FuncRef(Some(func)) => func,
            other => panic!("{other:?}"),
        };
        let wasm = entry(&world, 1);
        assert_eq!(wasm.call(&mut world.store, &[Val::I32(4)]).unwrap(), [Val::I32(5)]);
        assert_eq!(wasm.typed::<i32, i32>(&world.store).unwrap().call(&mut world.store, 6).unwrap(), 7);
        assert_eq!(text(wasm.typed::<i64, i32>(&world.store)), "signature mismatch: i64_i32 != i32_i32");
        assert_eq!(text(wasm.call(&mut world.store, &[])), "expected 1 params, but passed 0");
        assert_eq!(
            text(wasm.call(&mut world.store, &[Val::I64(1)])),
            "expected 1 params, but passed 1: param 0 is i64, not i32"
        );
        // A host function stands for an instance.
        let host = entry(&world, 2);
        assert_eq!(host.call_as(&mut world.store, a, &[Val::I32(4)]).unwrap(), [Val::I32(8)]);
        let error = host.call(&mut world.store, &[Val::I32(4)]).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("{host} is a host function: name the instance it is called for")
        );
    });
}

/// Spawning without a start function, and all that the host does to rows, enters no machine code: it works where not a byte of stack
/// is left for any.
#[test]
fn s76_a_store_works_without_machine_code() {
    for mode in skep::MemoryMode::ALL {
        let mut world = World::with(&Config::new().memory_mode(mode).max_stack_bytes(0));
        let a = world.one(
            "a",
            r#"(module (memory (export "m") 1) (table (export "t") 2 funcref) (global (export "g") (mut i64) (i64.const 3))
                (func $f (export "f") (local i64 i64) (call $f)) (elem (i32.const 0) $f) (data (i32.const 2) "x"))"#,
        );
        let b = world.one("b", r#"(module (import "a" "m" (memory 1)) (import "a" "f" (func)) (import "a" "g" (global (mut i64))))"#);
        assert_eq!(world.byte(a, "m", 2), b'x');
        a.memory(&world.store, "m").unwrap().grow(&mut world.store, 1).unwrap();
        a.global(&world.store, "g").unwrap().set(&mut world.store, Val::I64(4)).unwrap();
        a.table(&world.store, "t").unwrap().grow(&mut world.store, 1, Val::FuncRef(None)).unwrap();
        assert_eq!(world.call::<(), ()>(a, "f", ()).unwrap_err().trap(), Some(Trap::CallStackExhausted));
        let starting = world.spawn("", "(module (func $s (call $s)) (start $s))").unwrap_err();
        assert_eq!(starting.trap(), Some(Trap::CallStackExhausted));
        world.store.free(a, Free::WhenUnreachable).unwrap();
        world.store.free(b, Free::WhenUnreachable).unwrap();
        world.store.collect();
        assert_eq!(world.store.stats(), skep::Stats::default());
    }
}

/// Of host values too: a reference to one that was collected names no newcomer.
#[test]
fn s73_a_stale_externref_names_nobody() {
    let mut world = World::new();
    let ty = GlobalType { content: ValType::ExternRef, mutable: true };
    let old = ExternRef::new(&mut world.store, 1_u8).unwrap();
    assert_eq!(world.store.collect().externs, 1);
    let new = ExternRef::new(&mut world.store, 2_u8).unwrap();
    assert!(matches!(old.downcast::<u8>(&world.store), Err(Error::Stale(_))));
    assert_eq!(new.downcast::<u8>(&world.store).unwrap(), Some(&2));
    assert!(matches!(Global::new(&mut world.store, ty, old.into()), Err(Error::Stale(_))));
    let table = Table::new(&mut world.store, TableType::new(RefType::Extern, 1, None), new.into()).unwrap();
    assert!(matches!(table.set(&mut world.store, 0, old.into()), Err(Error::Stale(_))));
    assert_eq!(world.store.collect().externs, 0, "the table names the new one");
}
