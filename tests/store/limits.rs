//! S42 and S79: each limit that a host may lower, at its value and one over.

use crate::common::{World, text};
use skep::{
    Config, ExternRef, Instance, Memory, MemoryType, Module, ModuleLimits, RefType, StoreLimits, Table,
    TableType, Val,
};

/// A limit on modules: its name in messages, the settings that make it `n`, and a module that has `n` of what it limits.
type OfModules = (&'static str, fn(usize) -> ModuleLimits, fn(usize) -> String);

fn with(set: impl FnOnce(&mut ModuleLimits)) -> ModuleLimits {
    let mut limits = ModuleLimits::default();
    set(&mut limits);
    limits
}

fn narrow(n: usize) -> u32 {
    u32::try_from(n).unwrap()
}

/// A module with `n` items; each is `item` with `#` replaced by its number.
fn repeat(item: &str, n: usize) -> String {
    (0..n).map(|k| item.replace('#', &k.to_string())).collect::<String>()
}

const OF_MODULES: &[OfModules] = &[
    (
        "types",
        |n| with(|limits| limits.types = narrow(n)),
        |n| (0..n).map(|k| format!("(type (func (param {})))", "i32 ".repeat(k))).collect(),
    ),
    (
        "functions",
        |n| with(|limits| limits.functions = narrow(n)),
        |n| format!(r#"(import "" "" (func)) {}"#, repeat("(func)", n - 1)),
    ),
    (
        "imports",
        |n| with(|limits| limits.imports = narrow(n)),
        |n| repeat(r##"(import "" "#" (global i32))"##, n),
    ),
    (
        "exports",
        |n| with(|limits| limits.exports = narrow(n)),
        |n| format!("(func $f) {}", repeat(r##"(export "#" (func $f))"##, n)),
    ),
    ("globals", |n| with(|limits| limits.globals = narrow(n)), |n| repeat("(global i32 (i32.const #))", n)),
    ("tables", |n| with(|limits| limits.tables = narrow(n)), |n| repeat("(table # funcref)", n)),
    ("memories", |n| with(|limits| limits.memories = narrow(n)), |n| repeat("(memory #)", n)),
    ("element segments", |n| with(|limits| limits.elem_segments = narrow(n)), |n| repeat("(elem func)", n)),
    ("data segments", |n| with(|limits| limits.data_segments = narrow(n)), |n| repeat(r##"(data "#")"##, n)),
    (
        "function body bytes",
        |n| with(|limits| limits.body_bytes = n),
        |n| {
            // A body is the number of its locals, its operators and an end.
            format!("(func {})", repeat("nop ", n - 2))
        },
    ),
    (
        "module bytes",
        |n| with(|limits| limits.module_bytes = n),
        |n| {
            // Eight bytes of header and a section of six.
            assert!(n >= 14);
            format!(r#"(@custom "xyz" "{}")"#, "y".repeat(n - 14))
        },
    ),
];

#[test]
fn s42_s79_limits_of_modules_hold_at_each_number_and_not_one_over() {
    for &(name, limits, build) in OF_MODULES {
        let numbers: &[usize] = match name {
            // More than one needs a later feature.
            "memories" => &[0],
            "module bytes" => &[14, 50],
            "function body bytes" => &[2, 60],
            _ => &[1, 4],
        };
        for &n in numbers {
            let world = World::with(&Config::new().module_limits(limits(n)));
            let module = |n: usize| Module::new(&world.engine, format!("(module {})", build(n)));
            assert_eq!(text(module(n)), "ok", "{name}");
            assert_eq!(text(module(n + 1)), format!("{name} {} exceeds the limit {n}", n + 1));
        }
    }
}

/// A limit on stores: its name, the settings that make it `n`, and how to come to have `n` of what it limits.
type OfStores = (&'static str, fn(u32) -> StoreLimits, fn(&mut World, u32) -> Result<(), skep::Error>);

const OF_STORES: &[OfStores] = &[
    (
        "instances",
        |n| StoreLimits { instances: n, ..StoreLimits::default() },
        |world, n| {
            let have = narrow(world.store.instances().count());
            (have..n).try_for_each(|_| world.spawn("", "(module)").map(drop))
        },
    ),
    (
        "memory pages",
        |n| StoreLimits { memory_pages: n.into(), ..StoreLimits::default() },
        |world, n| world.spawn("", &format!("(module (memory {n}))")).map(drop),
    ),
    (
        "memory pages",
        |n| StoreLimits { memory_pages: n.into(), ..StoreLimits::default() },
        |world, n| {
            let memory = Memory::new(&mut world.store, MemoryType::new(0, None))?;
            memory.grow(&mut world.store, n.into()).map(drop)
        },
    ),
    (
        "table elements",
        |n| StoreLimits { table_elements: n.into(), ..StoreLimits::default() },
        |world, n| world.spawn("", &format!("(module (table {n} externref))")).map(drop),
    ),
    (
        "table elements",
        |n| StoreLimits { table_elements: n.into(), ..StoreLimits::default() },
        |world, n| {
            let table =
                Table::new(&mut world.store, TableType::new(RefType::Func, 0, None), Val::FuncRef(None))?;
            table.grow(&mut world.store, n.into(), Val::FuncRef(None)).map(drop)
        },
    ),
    (
        "externs",
        |n| StoreLimits { externs: n, ..StoreLimits::default() },
        |world, n| {
            let have = narrow(world.store.stats().externs);
            (have..n).try_for_each(|_| ExternRef::new(&mut world.store, ()).map(drop))
        },
    ),
];

#[test]
fn s42_s79_limits_of_stores_hold_at_each_number_and_not_one_over() {
    for &(name, limits, fill) in OF_STORES {
        for n in [1, 3] {
            let mut world = World::with(&Config::new().store_limits(limits(n)));
            assert_eq!(text(fill(&mut world, n)), "ok", "{name}");
            let full = world.store.stats();
            let over = format!("{name} {} exceeds the limit {n}", n + 1);
            assert_eq!(text(fill(&mut world, n + 1)), over);
            let after = world.store.stats();
            assert_eq!((after.instances, after.externs), (full.instances, full.externs));
        }
    }
}

#[test]
fn s42_s79_growth_in_wasm_stops_at_the_limits_of_the_store() {
    let limits = StoreLimits { memory_pages: 3, table_elements: 5, ..StoreLimits::default() };
    let mut world = World::with(&Config::new().store_limits(limits));
    let module = r#"(module (memory 1) (table 1 funcref) (func (export "m") (param i32) (result i32) (memory.grow (local.get 0)))
        (func (export "t") (param i32) (result i32) (table.grow (ref.null func) (local.get 0))))"#;
    let instance = world.one("", module);
    for (name, max) in [("m", 3), ("t", 5)] {
        let mut grow = |by: i32| world.call::<(i32,), i32>(instance, name, (by,)).unwrap();
        assert_eq!([grow(max), grow(max - 1), grow(1), grow(0)], [-1, 1, -1, max], "{name}");
    }
}

#[test]
fn s79_freed_instances_that_are_kept_count_and_the_error_says_so() {
    let limits = StoreLimits { instances: 3, ..StoreLimits::default() };
    let mut world = World::with(&Config::new().store_limits(limits));
    let exporters: [Instance; 2] = ["b", "c"].map(|name| world.one(name, crate::common::probe("expfn")));
    let importer = r#"(module (import "b" "f" (func (result i32))) (import "c" "f" (func (result i32))))"#;
    world.one("", importer);
    for exporter in exporters {
        world.store.free(exporter, skep::Free::WhenUnreachable).unwrap();
    }
    let over = "instances 4 exceeds the limit 3, 2 zombies await collect()";
    assert_eq!(text(world.spawn("", "(module)")), over);
}
