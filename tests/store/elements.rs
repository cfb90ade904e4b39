//! Tables and element segments: what is written, when it traps, when a segment is dropped, growth. S45 to S51.

use crate::common::{World, both, probe, text};
use skep::{Config, Error, Features, Instance, Module, StoreLimits, Trap, TrapDetail, Val};

/// The trap of a call without results.
#[track_caller]
fn trap<P: skep::WasmParams>(world: &mut World, of: Instance, name: &str, params: P) -> Option<Trap> {
    world.call::<P, ()>(of, name, params).err().and_then(|error| error.trap())
}

/// A segment of externrefs and one of funcrefs, each with instructions to copy its first items and to drop it.
const PASSIVE: &str = r#"(module (table $e (export "e") 4 externref) (table $f (export "f") 4 funcref)
    (elem $externs externref (ref.null extern) (ref.null extern)) (elem $funcs funcref (ref.func $n) (ref.null func)) (func $n)
    (func (export "init_extern") (param i32) (table.init $e $externs (i32.const 0) (i32.const 0) (local.get 0)))
    (func (export "init_func") (param i32) (table.init $f $funcs (i32.const 0) (i32.const 0) (local.get 0)))
    (func (export "drop_extern") (elem.drop $externs)) (func (export "drop_func") (elem.drop $funcs)))"#;

#[test]
fn s45_passive_segments_are_usable_until_dropped_per_instance() {
    both(|mut world| {
        let probe = world.one("", probe("passive_extern"));
        world.call::<(), ()>(probe, "f", ()).unwrap();
        let [one, other] = [world.one("", PASSIVE), world.one("", PASSIVE)];
        for kind in ["extern", "func"] {
            let (init, drop) = (format!("init_{kind}"), format!("drop_{kind}"));
            for count in [2, 0, 2] {
                world.call::<i32, ()>(one, &init, count).unwrap();
            }
            assert_eq!(trap(&mut world, one, &init, 3), Some(Trap::OutOfBoundsTableAccess));
            world.call::<(), ()>(one, &drop, ()).unwrap();
            world.call::<(), ()>(one, &drop, ()).expect("dropping twice is fine");
            world.call::<i32, ()>(one, &init, 0).expect("nothing is copied from a dropped segment");
            assert_eq!(trap(&mut world, one, &init, 1), Some(Trap::OutOfBoundsTableAccess));
            world.call::<i32, ()>(other, &init, 2).expect("another instance's segment is its own");
        }
        let table = other.table(&world.store, "f").unwrap();
        assert!(matches!(table.get(&world.store, 0).unwrap(), Val::FuncRef(Some(_))));
    });
}

#[test]
fn s46_an_element_segment_out_of_bounds_traps_and_earlier_ones_persist() {
    both(|mut world| {
        let error = world.spawn("", probe("elem_oob")).unwrap_err();
        assert_eq!(error.to_string(), "element[0]: out of bounds table access");
        assert_eq!(error.trap(), Some(Trap::OutOfBoundsTableAccess));
        // An empty one past the end as well; at the end it fits.
        for (offset, expected) in [(0, "ok"), (1, "element[0]: out of bounds table access")] {
            let module = format!("(module (table 0 funcref) (elem (i32.const {offset})))");
            assert_eq!(text(world.spawn("", &module)), expected);
        }
        // The first segment stays; of the second, which only half fits, nothing is written; the third is not reached.
        let a = world.one("a", probe("null/exp"));
        let failing = r#"(module (import "a" "t" (table 4 funcref)) (func $g (result i32) (i32.const 8))
            (elem (i32.const 0) $g) (elem (i32.const 3) $g $g) (elem (i32.const 1) $g))"#;
        assert_eq!(text(world.spawn("", failing)), "element[1]: out of bounds table access");
        assert_eq!(world.call::<i32, i32>(a, "call", 0).unwrap(), 8);
        assert_eq!(world.call::<i32, i32>(a, "call", 1).unwrap(), 3);
        assert_eq!(text(world.call::<i32, i32>(a, "call", 3)), "uninitialized element");
    });
}

#[test]
fn s47_null_and_externref_items_are_written() {
    both(|mut world| {
        let a = world.one("a", probe("null/exp"));
        assert_eq!(world.call::<i32, i32>(a, "call", 0).unwrap(), 3);
        world.one("", probe("null/imp"));
        assert_eq!(text(world.call::<i32, i32>(a, "call", 0)), "uninitialized element");
        assert_eq!(world.call::<i32, i32>(a, "call", 1).unwrap(), 4);
        // Items that read imported globals: a host value, and null over it.
        let value = skep::ExternRef::new(&mut world.store, "value").unwrap();
        let ty = skep::GlobalType { content: skep::ValType::ExternRef, mutable: false };
        let global = skep::Global::new(&mut world.store, ty, value.into()).unwrap();
        world.linker.define("host", "g", global);
        let b = world.one(
            "b",
            r#"(module (import "host" "g" (global $g externref)) (table (export "t") 3 externref)
                (elem (table 0) (i32.const 0) externref (global.get $g) (global.get $g))
                (elem (table 0) (i32.const 1) externref (ref.null extern)))"#,
        );
        let table = b.table(&world.store, "t").unwrap();
        let all = [0, 1, 2].map(|index| table.get(&world.store, index).unwrap());
        assert_eq!(all, [Val::from(value), Val::ExternRef(None), Val::ExternRef(None)]);
    });
}

#[test]
fn s48_s57_active_and_declarative_segments_are_dropped() {
    let module = r#"(module (memory 1) (table 4 funcref) (func $f) (elem $active (i32.const 0) $f) (elem $declared declare func $f)
        (data $bytes (i32.const 0) "hello")
        (func (export "active") (param i32) (table.init $active (i32.const 0) (i32.const 0) (local.get 0)))
        (func (export "declared") (param i32) (table.init $declared (i32.const 0) (i32.const 0) (local.get 0)))
        (func (export "bytes") (param i32) (memory.init $bytes (i32.const 9) (i32.const 0) (local.get 0))))"#;
    both(|mut world| {
        let instance = world.one("", module);
        for (name, code) in [
            ("active", Trap::OutOfBoundsTableAccess),
            ("declared", Trap::OutOfBoundsTableAccess),
            ("bytes", Trap::OutOfBoundsMemoryAccess),
        ] {
            world.call::<i32, ()>(instance, name, 0).unwrap();
            assert_eq!(trap(&mut world, instance, name, 1), Some(code), "{name}");
        }
        let probe = world.one("", probe("active_data"));
        assert_eq!(trap(&mut world, probe, "f", ()), Some(Trap::OutOfBoundsMemoryAccess));
    });
}

#[test]
fn s49_s50_items_are_declared_and_typed() {
    let world = World::new();
    for (module, complaint) in [
        (r#"(module (func $f) (func (drop (ref.func $f))))"#, "undeclared function reference"),
        (probe("elem_type"), "constant expression required"),
        (probe("elem_type/imported"), "type mismatch"),
        (
            r#"(module (table 1 funcref) (elem (table 0) (i32.const 0) externref (ref.null extern)))"#,
            "type mismatch",
        ),
        (
            r#"(module (table 1 funcref) (elem (table 0) (i64.const 0) funcref (ref.null func)))"#,
            "type mismatch",
        ),
        (r#"(module (table 1 externref) (func $f) (elem (i32.const 0) func $f))"#, "type mismatch"),
        (
            r#"(module (table 1 funcref) (elem (table 0) (i32.const 0) funcref (ref.func 7)))"#,
            "unknown function",
        ),
    ] {
        let error = Module::new(&world.engine, module).unwrap_err();
        assert!(matches!(error, Error::Invalid(_)), "{module}: {error}");
        assert!(error.to_string().contains(complaint), "{module}: {error}");
    }
    // What makes the first one right: an export, a segment of any kind, a global.
    for declared in [r#"(export "f" (func $f))"#, "(elem declare func $f)", "(global funcref (ref.func $f))"]
    {
        world.module(&format!("(module (func $f) {declared} (func (drop (ref.func $f))))"));
    }
}

#[test]
fn s51_grow_gives_the_old_size_or_minus_one_and_fills() {
    let module = r#"(module (table $t (export "t") 1 5 funcref) (table $open (export "open") 0 externref) (func $f (result i32) (i32.const 6)) (elem declare func $f)
        (type $t (func (result i32)))
        (func (export "grow") (param i32) (result i32) (table.grow $t (ref.func $f) (local.get 0)))
        (func (export "grow_open") (param i32) (result i32) (table.grow $open (ref.null extern) (local.get 0)))
        (func (export "call") (param i32) (result i32) (call_indirect $t (type $t) (local.get 0))))"#;
    both(|mut world| {
        let instance = world.one("", module);
        let results = [0, 2, 3, 2, 0, 1, -1].map(|n| world.call::<i32, i32>(instance, "grow", n).unwrap());
        assert_eq!(results, [1, 1, -1, 3, 5, -1, -1], "nothing more at the maximum, but 0");
        assert_eq!(text(world.call::<i32, i32>(instance, "call", 0)), "uninitialized element");
        for index in 1..5 {
            assert_eq!(world.call::<i32, i32>(instance, "call", index).unwrap(), 6);
        }
        assert_eq!(text(world.call::<i32, i32>(instance, "call", 5)), "undefined element");
        // Without a maximum the limit of implementation counts, before memory is asked for.
        for n in [10_000_001, 520_000_000, -1] {
            assert_eq!(world.call::<i32, i32>(instance, "grow_open", n).unwrap(), -1);
        }
        assert_eq!(world.call::<i32, i32>(instance, "grow_open", 10).unwrap(), 0);
        let table = instance.table(&world.store, "open").unwrap();
        let error = table.grow(&mut world.store, u64::MAX, Val::ExternRef(None)).unwrap_err();
        assert!(error.to_string().ends_with("exceeds the limit 10000000"), "{error}");
        assert_eq!(table.size(&world.store).unwrap(), 10);
    });
}

#[test]
fn d20_s51_a_table_does_not_grow_to_gigabytes() {
    both(|mut world| {
        let instance = world.one("", probe("grow_big"));
        assert_eq!(world.call::<(), i32>(instance, "g", ()).unwrap(), -1);
    });
}

/// The host's limits hold at n and fail at n + 1, for what is declared and for growth.
#[test]
fn s79_limits_of_a_store_hold_at_n_and_at_n_plus_1() {
    type Ask = (&'static str, fn(u64) -> String, &'static str);
    const LIMIT: u64 = 3;
    const ASKS: [Ask; 4] = [
        ("table elements", |n| format!("(module (table {n} funcref))"), ""),
        ("table elements", |_| r#"(module (table (export "t") 1 externref))"#.into(), "t"),
        ("memory pages", |n| format!("(module (memory {n}))"), ""),
        ("memory pages", |_| r#"(module (memory (export "m") 1))"#.into(), "m"),
    ];
    for (what, module, grown) in ASKS {
        for (asked, fits) in [(LIMIT, true), (LIMIT + 1, false)] {
            let limits = StoreLimits { memory_pages: LIMIT, table_elements: LIMIT, ..StoreLimits::default() };
            let mut world = World::with(&Config::new().store_limits(limits));
            let spawned = world.spawn("", &module(asked));
            let result = match grown {
                "" => spawned.map(drop),
                "t" => {
                    let table = spawned.unwrap().table(&world.store, "t").unwrap();
                    table.grow(&mut world.store, asked - 1, Val::ExternRef(None)).map(drop)
                }
                _ => {
                    let memory = spawned.unwrap().memory(&world.store, "m").unwrap();
                    memory.grow(&mut world.store, asked - 1).map(drop)
                }
            };
            let expected =
                if fits { "ok".into() } else { format!("{what} {asked} exceeds the limit {LIMIT}") };
            assert_eq!(text(result), expected, "{what} {grown}");
        }
    }
    let limits = StoreLimits { instances: 3, externs: 3, ..StoreLimits::default() };
    let mut world = World::with(&Config::new().store_limits(limits));
    for n in 1..=4_u64 {
        let exceeded = |what| if n <= 3 { "ok".into() } else { format!("{what} {n} exceeds the limit 3") };
        assert_eq!(text(world.spawn("", "(module)")), exceeded("instances"));
        assert_eq!(text(skep::ExternRef::new(&mut world.store, n)), exceeded("externs"));
    }
}

/// There is one rule of segments, whatever features are on: in order, what was written stays.
#[test]
fn s44_s55_w13_segments_are_not_all_checked_first() {
    let exporter = r#"(module (memory (export "m") 1) (table (export "t") 2 funcref) (func $f (result i32) (i32.const 3))
        (type $t (func (result i32))) (func (export "call") (result i32) (call_indirect (type $t) (i32.const 0))))"#;
    let element = r#"(module (import "a" "t" (table 2 funcref)) (func $g (result i32) (i32.const 4))
        (elem (i32.const 0) $g) (elem (i32.const 2) $g))"#;
    let data =
        r#"(module (import "a" "m" (memory 1)) (data (i32.const 7) "x") (data (i32.const 65536) "y"))"#;
    for features in [Features::wasm_v1(), Features::wasm_v2_scalar()] {
        let mut world = World::with(&Config::new().features(features));
        let a = world.one("a", exporter);
        assert_eq!(text(world.spawn("", element)), "element[1]: out of bounds table access");
        assert_eq!(world.call::<(), i32>(a, "call", ()).unwrap(), 4);
        assert_eq!(text(world.spawn("", data)), "data[1]: out of bounds memory access");
        assert_eq!(world.byte(a, "m", 7), b'x');
    }
}

/// A table that nothing can change: own functions, one of another instance, one of the host, and nothing. Called by index.
const FIXED: &str = r#"(module (type $t (func (result i32))) (import "lib" "seven" (func $seven (result i32)))
    (import "host" "eight" (func $eight (result i32))) (import "lib" "of" (func $of (param i32) (result i32)))
    (global $id (export "id") (mut i32) (i32.const 0)) (func $own (result i32) (global.get $id)) (func $other (result i64) (i64.const 9))
    (table 8 funcref) (elem (i32.const 0) $own $seven $eight $other) (elem (i32.const 5) funcref (ref.func $own) (ref.null func))
    (elem (i32.const 6) $own) MORE
    (func (export "call") (param i32) (result i32) (call_indirect (type $t) (local.get 0)))
    (func (export "size") (result i32) (table.size 0)))"#;

#[test]
fn tables_that_nothing_can_change_are_shared_by_instances_and_behave_as_own_ones() {
    let more = [
        ("", true),
        (r#"(export "t" (table 0))"#, false),
        ("(func (drop (table.get 0 (i32.const 0))))", false),
        ("(func (table.set 0 (i32.const 7) (ref.null func)))", false),
        ("(func (drop (table.grow 0 (ref.null func) (i32.const 0))))", false),
        ("(func (table.fill 0 (i32.const 7) (ref.null func) (i32.const 0)))", false),
        ("(func (table.copy (i32.const 7) (i32.const 7) (i32.const 0)))", false),
        ("(elem funcref) (func (table.init 3 (i32.const 7) (i32.const 0) (i32.const 0)))", false),
        ("(elem (i32.const 8) func)", true),
        ("(elem declare func $own) (func (export \"ref\") (result funcref) (ref.func $own))", true),
    ];
    both(|mut world| {
        world.one(
            "lib",
            r#"(module (func (export "seven") (result i32) (i32.const 7))
            (func (export "of") (param i32) (result i32) (local.get 0)))"#,
        );
        world.linker.func("host", "eight", || 8_i32).unwrap();
        for (more, is_fixed) in more {
            let template = world.template(&FIXED.replace("MORE", more)).unwrap();
            let many = world.store.spawn_batch(&template, 0..3).unwrap();
            let tables = world.store.stats().tables;
            assert_eq!(
                (tables, world.store.tables().count()),
                if is_fixed { (0, 0) } else { (3, 3) },
                "{more}"
            );
            for (id, &one) in (100..).zip(&many) {
                one.global(&world.store, "id").unwrap().set(&mut world.store, Val::I32(id)).unwrap();
            }
            for (id, &one) in (100..).zip(&many) {
                for (index, result) in [(0, id), (1, 7), (2, 8), (5, id), (6, id)] {
                    assert_eq!(
                        world.call::<i32, i32>(one, "call", index).unwrap(),
                        result,
                        "{more}: {index}"
                    );
                }
                let traps = [
                    (3, "indirect call type mismatch"),
                    (4, "uninitialized element"),
                    (7, "uninitialized element"),
                    (8, "undefined element"),
                    (-1, "undefined element"),
                ];
                for (index, trap) in traps {
                    let index: i32 = index;
                    let error = world.call::<i32, i32>(one, "call", index).unwrap_err();
                    assert_eq!(error.trap().unwrap().to_string(), trap, "{more}: {index}");
                    let Error::Trap(error) = error else { panic!("{error}") };
                    let beyond = TrapDetail::Table { index: u64::from(index.cast_unsigned()), size: 8 };
                    assert_eq!(trap == "undefined element", error.detail == beyond, "{:?}", error.detail);
                }
                assert_eq!(world.call::<(), i32>(one, "size", ()).unwrap(), 8);
            }
            world.store.check_invariants().unwrap();
            world.store.collect();
            world.store.check_invariants().unwrap();
            assert_eq!(world.call::<i32, i32>(many[1], "call", 5).unwrap(), 101, "{more}");
            // References to them may be held elsewhere, so otherwise some would wait.
            many.into_iter().for_each(|one| _ = world.store.free(one, skep::Free::Now).unwrap());
        }
    });
}
