//! Where another runtime left the standard (`w…`) or failed beside it (`d…`): ours does not.
//!
//! The modules that told them apart are in `probes.wat`.

use crate::common::{World, both, probe, text};
use skep::{Config, Error, Features, Memory, MemoryType, Module, Trap};

#[test]
fn w1_an_element_segment_out_of_bounds_traps() {
    both(|mut world| {
        let error = world.spawn("", probe("elem_oob")).unwrap_err();
        assert_eq!(error.to_string(), "element[0]: out of bounds table access");
        assert_eq!(error.trap(), Some(Trap::OutOfBoundsTableAccess));
        assert_eq!(world.store.stats().instances, 0);
    });
}

#[test]
fn w2_elements_are_written_before_data() {
    both(|mut world| {
        let exporter = world.one("p", probe("order/exp"));
        assert_eq!(text(world.spawn("", probe("order/imp"))), "data[1]: out of bounds memory access");
        assert_eq!(world.byte(exporter, "m", 0), b'a', "the segment before it was written");
        assert_eq!(world.call::<(), i32>(exporter, "call0", ()).unwrap(), 9, "and so were the elements");
    });
}

#[test]
fn w3_w4_segments_are_dropped_after_use_and_passive_ones_are_not() {
    both(|mut world| {
        let active = world.one("", probe("active_data"));
        let error = world.call::<(), ()>(active, "f", ()).unwrap_err();
        assert_eq!(error.trap(), Some(Trap::OutOfBoundsMemoryAccess), "an active data segment is dropped");
        let [passive, other] = ["", ""].map(|name| world.one(name, probe("passive_extern")));
        world.call::<(), ()>(passive, "f", ()).unwrap();
        world.call::<(), ()>(passive, "drop", ()).unwrap();
        world.call::<(i32,), ()>(passive, "init", (0,)).unwrap();
        let error = world.call::<(i32,), ()>(passive, "init", (1,)).unwrap_err();
        assert_eq!(error.trap(), Some(Trap::OutOfBoundsTableAccess));
        world.call::<(), ()>(other, "f", ()).expect("dropped in one instance is not dropped in another");
    });
}

#[test]
fn w5_null_items_are_written() {
    both(|mut world| {
        let exporter = world.one("a", probe("null/exp"));
        world.one("", probe("null/imp"));
        let error = world.call::<(i32,), i32>(exporter, "call", (0,)).unwrap_err();
        assert_eq!(error.to_string(), "uninitialized element");
        assert_eq!(world.call::<(i32,), i32>(exporter, "call", (1,)).unwrap(), 4);
    });
}

#[test]
fn w6_offsets_are_unsigned() {
    both(|mut world| {
        let instance = world.one("", probe("high_data"));
        assert_eq!(world.byte(instance, "m", 0x8000_0000), b'x');
    });
}

#[test]
fn w7_a_memory_without_maximum_does_not_count_as_having_the_greatest() {
    both(|mut world| {
        world.one("a", probe("nomax/exp"));
        let error = "import memory[a.m]: maximum size mismatch: 65536, but actual has no max";
        assert_eq!(text(world.spawn("", probe("nomax/imp"))), error);
    });
}

/// Modules with shared memories come with a later feature; the host can make one that says it is.
#[test]
fn w8_shared_must_agree() {
    both(|mut world| {
        let ty = MemoryType { shared: true, ..MemoryType::new(1, Some(2)) };
        let memory = Memory::new(&mut world.store, ty).unwrap();
        world.linker.define("a", "m", memory);
        let error = world.template(r#"(module (import "a" "m" (memory 1 2)))"#).unwrap_err();
        assert_eq!(error.to_string(), "import memory[a.m]: shared mismatch: false != true");
    });
}

#[test]
fn w9_the_current_size_of_a_table_counts() {
    both(|mut world| {
        let exporter = world.one("a", probe("grown/exp"));
        assert_eq!(
            text(world.spawn("", probe("grown/imp"))),
            "import table[a.t]: minimum size mismatch: 2 > 1"
        );
        world.call::<(), ()>(exporter, "grow", ()).unwrap();
        assert_eq!(text(world.spawn("", probe("grown/imp"))), "ok");
    });
}

#[test]
fn w10_w11_constants_are_constant_and_typed() {
    for name in ["mutable_const", "elem_type", "elem_type/imported"] {
        both(|mut world| {
            world.one("a", r#"(module (global (export "g") (mut i32) (i32.const 7)))"#);
            let error = Module::new(&world.engine, probe(name)).unwrap_err();
            assert!(matches!(error, Error::Invalid(_)), "{name}: {error}");
        });
    }
}

#[test]
fn w12_an_empty_module_name_is_a_name() {
    both(|mut world| {
        world.linker.func("", "f", || {}).unwrap();
        assert_eq!(text(world.spawn("", probe("blank"))), "ok");
    });
}

#[test]
fn w13_earlier_segments_persist_also_without_later_features() {
    both(|world| {
        let old =
            Config::new().features(Features::wasm_v1()).memory_mode(world.engine.memory_mode().unwrap());
        for mut world in [world, World::with(&old)] {
            let exporter = world.one("p", probe("order/exp"));
            assert_eq!(text(world.spawn("", probe("order/imp"))), "data[1]: out of bounds memory access");
            assert_eq!(world.byte(exporter, "m", 0), b'a');
            assert_eq!(world.call::<(), i32>(exporter, "call0", ()).unwrap(), 9);
        }
    });
}

#[test]
fn d1_d2_the_loser_of_a_name_runs_nothing_and_takes_nothing() {
    both(|mut world| {
        let memory = world.one("a", probe("memexp"));
        let winner = world.one("x", probe("start_inc"));
        for _ in 0..2 {
            let lost = text(world.spawn("x", probe("start_inc")));
            assert_eq!(lost, "module[x] has already been instantiated");
            assert_eq!(world.store.instance("x").unwrap(), Some(winner));
        }
        assert_eq!(world.byte(memory, "m", 8), 1, "one start ran");
    });
}

#[test]
fn d14_a_memory_of_4_gib_has_its_size() {
    both(|mut world| {
        let instance = world.one("", r#"(module (memory (export "m") 65536))"#);
        let memory = instance.memory(&world.store, "m").unwrap();
        assert_eq!(memory.size(&world.store).unwrap(), 65_536);
        assert_eq!(memory.size_bytes(&world.store).unwrap(), 4_294_967_296);
        assert_eq!(world.byte(instance, "m", 4_294_967_295), 0);
    });
}

/// What one spawn was told (its name, its data) is in no other, and templates may be used by many at once.
#[test]
fn d18_spawning_changes_nothing_that_is_shared() {
    both(|world| {
        let module = r#"(module (memory (export "m") 1) (data "passive") (data (i32.const 0) "x")
            (func (export "drop") (data.drop 0)) (func (export "init") (memory.init 0 (i32.const 8) (i32.const 0) (i32.const 7))))"#;
        let template = world.linker.template(&world.module(module)).unwrap();
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let (template, engine) = (&template, &world.engine);
                scope.spawn(move || {
                    let mut world = World::of(engine);
                    for n in 0..50 {
                        let instance = world.store.spawn_named(&n.to_string(), template, thread).unwrap();
                        world.call::<(), ()>(instance, "init", ()).expect("dropped in other instances only");
                        world.call::<(), ()>(instance, "drop", ()).unwrap();
                        assert!(world.call::<(), ()>(instance, "init", ()).is_err());
                        assert_eq!(*world.store.data(instance).unwrap(), thread);
                    }
                    assert_eq!(world.store.stats().names, 50);
                });
            }
        });
    });
}

/// A store that is closed has no rows: what it answers is an error, and a lookup that finds nothing is `None`.
#[test]
fn d18_after_closing_nothing_is_half_there() {
    let mut world = World::new();
    let instance = world.one("x", probe("expfn"));
    assert_eq!(instance.export(&world.store, "none").unwrap(), None);
    assert_eq!(world.store.instance("none").unwrap(), None);
    let func = world.func::<(), i32>(instance, "f");
    world.store.close(4).unwrap();
    let closed = "runtime closed with exit_code(4)";
    assert_eq!(text(instance.export(&world.store, "f")), closed);
    assert_eq!(text(world.store.instance("x")), closed);
    assert_eq!(text(func.call(&mut world.store, ())), closed);
}

/// Two modules of one engine with the same types in opposite order, in two stores: see `s3_…` for all pairs.
#[test]
fn d19_types_of_shared_modules_are_compared_engine_wide() {
    both(|world| {
        let first = "(type $a (func (result i32))) (type $b (func (param i32) (result i32)))";
        let second = "(type $b (func (param i32) (result i32))) (type $a (func (result i32)))";
        let module = |types: &str| {
            let text = format!(
                r#"(module {types} (table (export "t") 1 funcref) (func (export "f") (type $a) (i32.const 1))
                (func (export "g") (type $b) (local.get 0))
                (func (export "call") (result i32) (call_indirect (type $b) (i32.const 6) (i32.const 0))))"#
            );
            world.module(&text)
        };
        for order in [[module(first), module(second)], [module(second), module(first)]] {
            let mut other = World::of(&world.engine);
            let [a, b] = order.map(|module| other.linker.spawn(&mut other.store, &module, 0).unwrap());
            let table = a.table(&other.store, "t").unwrap();
            for (name, expected) in [("g", "6"), ("f", "indirect call type mismatch")] {
                let func = b.func(&other.store, name).unwrap();
                table.set(&mut other.store, 0, func.into()).unwrap();
                let result = other.call::<(), i32>(a, "call", ());
                assert_eq!(
                    result.map_or_else(|error| error.to_string(), |value| value.to_string()),
                    expected
                );
            }
        }
    });
}
