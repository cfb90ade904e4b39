//! Tables: elements, growth, segments, sharing.

use crate::world::{World, text};
use skep::{Free, Func, RefType, Table, TableType, Val};

#[test]
fn active_elements_are_written_nulls_too() {
    let mut world = World::new();
    let a = world.one("a", r#"(module (table (export "t") 4 funcref) (func $f) (export "f" (func $f)) (elem (i32.const 0) $f $f))"#);
    let b = world.one(
        "b",
        r#"(module (import "a" "t" (table 4 funcref)) (func $g) (export "g" (func $g))
            (elem (table 0) (i32.const 0) funcref (ref.null func) (ref.func $g)))"#,
    );
    let table = a.table(&world.store, "t").unwrap();
    let g = b.func(&world.store, "g").unwrap();
    let found: Vec<_> = (0..4).map(|index| table.get(&world.store, index).unwrap()).collect();
    let null = Val::FuncRef(None);
    assert_eq!(found, [null, Val::from(g), null, null]);
}

#[test]
fn an_element_segment_past_the_end_traps_and_earlier_ones_stay() {
    let mut world = World::new();
    let a = world.one("a", r#"(module (table (export "t") 2 funcref))"#);
    let importer = r#"(module (import "a" "t" (table 2 funcref)) (func $n)
        (elem (i32.const 1) $n) (elem (i32.const 100) $n) (elem (i32.const 0) $n))"#;
    assert_eq!(text(world.spawn("", importer)), "element[1]: out of bounds table access");
    let table = a.table(&world.store, "t").unwrap();
    assert_eq!(table.get(&world.store, 0).unwrap(), Val::FuncRef(None));
    assert_ne!(table.get(&world.store, 1).unwrap(), Val::FuncRef(None));
    assert_eq!(
        text(world.spawn("", "(module (table 0 funcref) (elem (i32.const 1)))")),
        "element[0]: out of bounds table access"
    );
}

#[test]
fn a_table_grows_to_its_maximum_with_the_given_value() {
    let mut world = World::new();
    let a = world.one("a", r#"(module (table (export "t") 1 3 funcref) (func (export "f")))"#);
    let table = a.table(&world.store, "t").unwrap();
    let f = Val::from(a.func(&world.store, "f").unwrap());
    assert_eq!(table.grow(&mut world.store, 2, f).unwrap(), 1);
    assert_eq!(table.get(&world.store, 2).unwrap(), f);
    assert_eq!(table.grow(&mut world.store, 0, f).unwrap(), 3);
    assert_eq!(text(table.grow(&mut world.store, 1, f)), "table elements 4 exceeds the limit 3");
    assert_eq!(text(table.get(&world.store, 3)), format!("3 exceeds {table} of 3"));
    assert_eq!(text(table.set(&mut world.store, 9, f)), format!("9 exceeds {table} of 3"));
}

#[test]
fn huge_tables_are_refused_before_memory_is_asked_for() {
    let mut world = World::new();
    assert_eq!(
        text(world.spawn("", "(module (table 0xffffffff funcref))")),
        "table elements 4294967295 exceeds the limit 10000000"
    );
    let table =
        Table::new(&mut world.store, TableType::new(RefType::Func, 1, None), Val::FuncRef(None)).unwrap();
    let grown = table.grow(&mut world.store, 520_000_000, Val::FuncRef(None));
    assert_eq!(text(grown), "table elements 520000001 exceeds the limit 10000000");
}

#[test]
fn elements_are_of_the_tables_type() {
    let mut world = World::new();
    let table =
        Table::new(&mut world.store, TableType::new(RefType::Extern, 1, None), Val::ExternRef(None)).unwrap();
    assert_eq!(text(table.set(&mut world.store, 0, Val::FuncRef(None))), "value is funcref, not externref");
    assert_eq!(text(table.set(&mut world.store, 0, Val::I32(1))), "value is i32, not externref");
    let value = skep::ExternRef::new(&mut world.store, "hello").unwrap();
    table.set(&mut world.store, 0, value.into()).unwrap();
    assert_eq!(table.get(&world.store, 0).unwrap(), Val::from(value));
    assert_eq!(value.downcast::<&str>(&world.store).unwrap(), Some(&"hello"));
    assert_eq!(value.downcast::<u8>(&world.store).unwrap(), None);
}

#[test]
fn references_name_the_origin_through_any_chain() {
    let mut world = World::new();
    let a = world.one("a", r#"(module (func (export "f") (result i32) (i32.const 1)))"#);
    let chain = r#"(module (import "a" "f" (func $f (result i32))) (export "f" (func $f))
        (table (export "t") 1 funcref) (elem (i32.const 0) $f))"#;
    world.one("b", chain);
    let chain = chain.replace("\"a\"", "\"b\"");
    let c = world.one("c", &chain);
    let f: Func = a.func(&world.store, "f").unwrap();
    assert_eq!(c.func(&world.store, "f").unwrap(), f);
    assert_eq!(c.table(&world.store, "t").unwrap().get(&world.store, 0).unwrap(), Val::from(f));
}

#[test]
fn a_lone_exporter_of_a_table_is_freed_at_once() {
    let mut world = World::new();
    let a = world.one("a", r#"(module (table (export "t") 2 funcref) (func $f) (elem (i32.const 0) $f))"#);
    assert_eq!(world.store.free(a, Free::WhenUnreachable).unwrap(), skep::Freed::Done);
    let stats = world.store.stats();
    assert_eq!((stats.instances, stats.zombies, stats.tables), (0, 0, 0));
}

#[test]
fn importers_of_a_table_are_freed_with_all_they_own() {
    let mut world = World::new();
    world.one("a", r#"(module (table (export "t") 4 funcref))"#);
    let before = world.store.stats();
    let good = world.template(r#"(module (import "a" "t" (table 4 funcref)) (memory 16))"#).unwrap();
    let bad = world
        .template(
            r#"(module (import "a" "t" (table 4 funcref)) (memory 16) (data (i32.const 0x7fffffff) "x"))"#,
        )
        .unwrap();
    for _ in 0..100 {
        let instance = world.store.spawn(&good, 0).unwrap();
        world.store.free(instance, Free::WhenUnreachable).unwrap();
        assert_eq!(text(world.store.spawn(&bad, 0)), "data[0]: out of bounds memory access");
    }
    let after = world.store.stats();
    assert_eq!((after.instances, after.zombies, after.memories, after.tables), (1, 0, 0, 1));
    assert_eq!(after.memory_bytes, before.memory_bytes);
}
