//! S1 to S7: what belongs to a store, features, function types.

use crate::common::{World, both, text};
use skep::{Config, Engine, Error, Feature, Features, Instance, Linker, Module, Store};
use std::cell::Cell;

#[test]
fn s1_a_store_changes_threads() {
    both(|mut world| {
        let counter = r#"(module (global $n (mut i32) (i32.const 0)) (func (export "next") (result i32)
            (global.set $n (i32.add (global.get $n) (i32.const 1))) (global.get $n)))"#;
        let instance = world.one("", counter);
        let next = world.func::<(), i32>(instance, "next");
        for n in 1..5 {
            let thread = std::thread::spawn(move || {
                assert_eq!(next.call(&mut world.store, ()).unwrap(), n);
                world
            });
            world = thread.join().unwrap();
        }
    });
}

#[test]
fn s1_data_need_not_be_shareable() {
    let engine = Engine::new(&Config::new()).unwrap();
    let module = Module::new(&engine, "(module)").unwrap();
    let mut store = Store::<Cell<u8>>::new(&engine);
    let instance = Linker::new(&engine).spawn(&mut store, &module, Cell::new(1)).unwrap();
    let thread = std::thread::spawn(move || store.data(instance).unwrap().get());
    assert_eq!(thread.join().unwrap(), 1);
}

#[test]
fn s2_features_are_the_engines() {
    let engine = |features| World::with(&Config::new().features(features));
    let (old, new) = (Features::wasm_v1(), Features::default());
    for (feature, module) in [
        (Feature::SignExtension, "(module (func (drop (i32.extend8_s (i32.const 1)))))"),
        (Feature::MultiValue, "(module (func (result i32 i32) (i32.const 1) (i32.const 2)))"),
        (Feature::BulkMemory, r#"(module (memory 1) (data "x"))"#),
        (Feature::ReferenceTypes, "(module (table 1 externref))"),
    ] {
        for features in [old, new, old.with(feature), new.without(feature)] {
            let made = Module::new(&engine(features).engine, module);
            assert_eq!(made.is_ok(), features.contains(feature), "{module} with {features:?}: {made:?}");
        }
    }
    // Whatever is on, segments follow each other, and what the earlier ones wrote stays.
    for features in [old, new] {
        let mut world = engine(features);
        let a = world.one("a", r#"(module (memory (export "m") 1))"#);
        let importer =
            r#"(module (import "a" "m" (memory 1)) (data (i32.const 0) "a") (data (i32.const 65536) "b"))"#;
        assert_eq!(text(world.spawn("", importer)), "data[1]: out of bounds memory access");
        assert_eq!(world.byte(a, "m", 0), b'a');
    }
}

/// A module that lists its types forwards or backwards, with a function of each and a table to call them by.
fn typed_module(backwards: bool) -> String {
    let types = [
        "(param i32) (result i32)",
        "(param i64) (result i32)",
        "(result i32)",
        "(param f32 f64) (result i32)",
    ];
    let constants = ["(i32.const 0)", "(i64.const 0)", "", "(f32.const 0) (f64.const 0)"];
    let order: Vec<usize> = if backwards { (0..4).rev().collect() } else { (0..4).collect() };
    let list = |item: &dyn Fn(usize) -> String| order.iter().map(|&n| item(n)).collect::<String>();
    let types = list(&|n| format!("(type $t{n} (func {}))", types[n]));
    let funcs = list(&|n| format!(r#"(func (export "f{n}") (type $t{n}) (i32.const {n}))"#));
    let calls = list(&|n| {
        format!(
            r#"(func (export "call{n}") (param i32) (result i32) (call_indirect (type $t{n}) {} (local.get 0)))"#,
            constants[n]
        )
    });
    format!("(module {types} (table (export \"t\") 4 funcref) {funcs} {calls})")
}

#[test]
fn s3_type_ids_are_equal_for_equal_types_whatever_the_order() {
    both(|mut world| {
        // The second store meets the types in the opposite order.
        let mut other = World::of(&world.engine);
        for first in [false, true] {
            let world = if first { &mut other } else { &mut world };
            let [a, b] = [first, !first].map(|backwards| world.one("", &typed_module(backwards)));
            check_calls(world, a, b);
            check_calls(world, b, a);
        }
    });
}

/// Calls of each type through `caller`'s table find those functions of `owner` that are of this type, and no others.
fn check_calls(world: &mut World, caller: Instance, owner: Instance) {
    let table = caller.table(&world.store, "t").unwrap();
    for n in 0..4_u64 {
        let func = owner.func(&world.store, &format!("f{n}")).unwrap();
        table.set(&mut world.store, n, func.into()).unwrap();
    }
    for n in 0..4 {
        for at in 0..4 {
            let result = world.call::<(i32,), i32>(caller, &format!("call{n}"), (at,));
            match result {
                Ok(value) => assert_eq!((value, at), (n, n)),
                Err(error) => {
                    assert_ne!(n, at);
                    assert_eq!(error.to_string(), "indirect call type mismatch");
                }
            }
        }
    }
}

/// A module that declares `types` function types, the `n`th with `n` parameters.
fn with_types(types: std::ops::Range<usize>) -> String {
    let types: String = types.map(|n| format!("(type (func (param {})))", "i32 ".repeat(n))).collect();
    format!("(module {types})")
}

#[test]
fn s4_ten_types_of_ten_are_taken_and_known_ones_stay_known() {
    let world = World::with(&Config::new().max_types(10));
    for n in 0..10 {
        world.module(&with_types(n..n + 1));
    }
    let eleventh = Module::new(&world.engine, with_types(10..11));
    assert_eq!(text(eleventh), "too many function types in a store");
    world.module(&with_types(0..10));
    let mut linker = Linker::<u32>::new(&world.engine);
    linker.func("env", "f", |_: i32, _: i32| {}).unwrap();
    assert!(matches!(linker.func("env", "f", |_: f32| {}), Err(Error::Limit(_))), "a host's type counts too");
}

#[test]
fn s7_types_outlive_the_modules_and_stores_that_brought_them() {
    let world = World::with(&Config::new().max_types(3));
    for _ in 0..100 {
        let mut passing = World::of(&world.engine);
        let instance = passing.one("", &with_types(0..3));
        passing.store.close(0).unwrap();
        drop(passing);
        let mut next = World::of(&world.engine);
        next.one("", &with_types(0..3));
        assert!(matches!(next.store.data(instance), Err(Error::WrongStore(_))));
    }
    assert_eq!(text(Module::new(&world.engine, with_types(3..4))), "too many function types in a store");
}
