//! Collecting: what only references keep goes, everything else stays.

use crate::world::{World, text};
use skep::{
    Collected, ExternRef, Free, Freed, Func, Global, GlobalType, Instance, RefType, Table, TableType, Val,
    ValType,
};

const HOLDER: &str = r#"(module (table (export "t") 2 funcref) (type $t (func (result i32)))
    (func (export "call") (result i32) (call_indirect (type $t) (i32.const 0))))"#;
const PUTTER: &str = r#"(module (import "a" "t" (table 2 funcref)) (func $f (result i32) (i32.const 42)) (elem (i32.const 0) $f))"#;

fn call(world: &mut World, instance: Instance) -> String {
    let func = instance.typed_func::<(), i32>(&world.store, "call").unwrap();
    func.call(&mut world.store, ()).map_or_else(|error| error.to_string(), |value| value.to_string())
}

fn instances(count: usize) -> Collected {
    Collected { instances: count, ..Collected::default() }
}

#[test]
fn a_freed_instance_runs_until_it_is_overwritten() {
    let mut world = World::new();
    let a = world.one("a", HOLDER);
    let b = world.one("b", PUTTER);
    assert_eq!(world.store.free(b, Free::WhenUnreachable).unwrap(), Freed::Waiting);
    assert_eq!(world.store.collect(), instances(0));
    assert_eq!(call(&mut world, a), "42");
    a.table(&world.store, "t").unwrap().set(&mut world.store, 0, Val::FuncRef(None)).unwrap();
    assert_eq!(world.store.collect(), instances(1));
    assert_eq!(world.store.collect(), instances(0), "twice is once");
    assert_eq!(call(&mut world, a), "uninitialized element");
    let stats = world.store.stats();
    assert_eq!((stats.instances, stats.zombies, stats.islands), (1, 0, 0));
}

#[test]
fn what_a_failed_start_left_in_a_table_goes_with_its_entry() {
    let mut world = World::new();
    let a = world.one("a", HOLDER);
    let bad = PUTTER.replace("(elem", "(memory 1) (data (i32.const 65536) \"x\") (elem");
    assert_eq!(text(world.spawn("b", &bad)), "data[0]: out of bounds memory access");
    assert_eq!(world.store.collect(), instances(0));
    assert_eq!(call(&mut world, a), "42");
    a.table(&world.store, "t").unwrap().set(&mut world.store, 0, Val::FuncRef(None)).unwrap();
    assert_eq!(world.store.collect(), instances(1));
    assert_eq!(world.store.stats().memories, 0);
}

#[test]
fn cycles_are_broken() {
    let text = r#"(module (table (export "t") 2 funcref) (func $f (export "f") (result i32) (i32.const 1)) (elem (i32.const 1) $f))"#;
    let mut world = World::new();
    let [a, b] = [world.one("a", text), world.one("b", text)];
    for (holder, held) in [(a, b), (b, a)] {
        let f = held.func(&world.store, "f").unwrap();
        holder.table(&world.store, "t").unwrap().set(&mut world.store, 0, f.into()).unwrap();
    }
    for instance in [a, b] {
        assert_eq!(world.store.free(instance, Free::WhenUnreachable).unwrap(), Freed::Waiting);
    }
    assert_eq!(world.store.collect(), instances(2));
    let stats = world.store.stats();
    assert_eq!((stats.zombies, stats.tables, stats.islands), (0, 0, 0));
}

#[test]
fn a_function_of_an_import_that_was_put_elsewhere_keeps_its_origin() {
    let mut world = World::new();
    let a = world.one("a", r#"(module (func (export "f") (result i32) (i32.const 8)))"#);
    let e = world.one("e", HOLDER);
    let d = world.one(
        "d",
        r#"(module (import "a" "f" (func $f (result i32))) (import "e" "t" (table 2 funcref)) (elem (i32.const 0) $f))"#,
    );
    assert_ne!(world.store.free(d, Free::WhenUnreachable).unwrap(), Freed::Done);
    world.store.free(a, Free::WhenUnreachable).unwrap();
    world.store.collect();
    assert_eq!(call(&mut world, e), "8");
    assert_eq!(world.store.stats().zombies, 1, "the origin, not who put it there");
}

#[test]
fn escapes_are_found_out_anew() {
    let mut world = World::new();
    let a = world.one(
        "a",
        &PUTTER.replace(r#"(import "a" "t" (table 2 funcref))"#, r#"(table (export "t") 2 funcref)"#),
    );
    let b = world.one("b", r#"(module (import "a" "t" (table 2 funcref)))"#);
    assert_eq!(world.store.free(b, Free::WhenUnreachable).unwrap(), Freed::Done);
    assert_eq!(world.store.stats().islands, 1);
    assert_eq!(world.store.collect(), instances(0));
    assert_eq!(world.store.stats().islands, 0);
    assert_eq!(world.store.free(a, Free::WhenUnreachable).unwrap(), Freed::Done, "alone again");
}

#[test]
fn words_keep_islands_together() {
    let mut world = World::new();
    let a = world.one("a", r#"(module (func (export "f") (result i32) (i32.const 1)))"#);
    let ty = TableType::new(RefType::Func, 1, None);
    let f = a.func(&world.store, "f").unwrap();
    let table = Table::new(&mut world.store, ty, f.into()).unwrap();
    world.linker.define("host", "t", table);
    world.one("b", r#"(module (import "host" "t" (table 1 funcref)))"#);
    assert_eq!(world.store.stats().islands, 1);
    world.store.collect();
    assert_eq!(world.store.stats().islands, 1);
    assert_eq!(world.store.free(a, Free::WhenUnreachable).unwrap(), Freed::Waiting);
    assert_eq!(world.store.collect(), instances(0));
    table.set(&mut world.store, 0, Val::FuncRef(None)).unwrap();
    assert_eq!(world.store.collect(), instances(1));
    assert_eq!(world.store.stats().islands, 0);
}

#[test]
fn a_private_reference_of_its_own_keeps_nothing() {
    let mut world = World::new();
    let a = world.one("a", r#"(module (table 1 funcref) (func $f (export "f")) (elem (i32.const 0) $f))"#);
    let b = world.one("b", r#"(module (import "a" "f" (func)))"#);
    assert_eq!(world.store.collect(), instances(0));
    assert_eq!(world.store.free(a, Free::WhenUnreachable).unwrap(), Freed::Waiting);
    assert_eq!(world.store.free(b, Free::WhenUnreachable).unwrap(), Freed::Done);
    assert_eq!(world.store.stats().zombies, 0);
}

#[test]
fn host_values_and_host_functions_live_as_long_as_a_reference() {
    let mut world = World::new();
    let kept = std::sync::Arc::new(());
    let value = ExternRef::new(&mut world.store, std::sync::Arc::clone(&kept)).unwrap();
    ExternRef::new(&mut world.store, 5_u8).unwrap();
    let ty = GlobalType { content: ValType::ExternRef, mutable: true };
    let global = Global::new(&mut world.store, ty, value.into()).unwrap();
    assert_eq!(world.store.collect(), Collected { externs: 1, ..instances(0) });
    assert!(value.data(&world.store).is_ok());
    global.set(&mut world.store, Val::ExternRef(None)).unwrap();
    assert_eq!(world.store.collect(), Collected { externs: 1, ..instances(0) });
    assert_eq!(std::sync::Arc::strong_count(&kept), 1);
    assert!(text(value.data(&world.store)).starts_with("stale handle extern#"));
    let func = Func::host(&mut world.store, || 3_i32).unwrap();
    assert_eq!(world.store.collect(), instances(0), "the host has a share");
    assert!(func.ty(&world.store).is_ok());
}

#[test]
fn host_functions_of_a_dropped_template_go_once_no_word_names_them() {
    let mut world = World::new();
    world.linker.func("env", "f", || 7_i32).unwrap();
    let a = world.one("a", HOLDER);
    let b = world.one("b", r#"(module (import "env" "f" (func $f (result i32))) (import "a" "t" (table 2 funcref)) (elem (i32.const 0) $f))"#);
    assert_eq!(call(&mut world, a), "7");
    world.store.free(b, Free::Now).unwrap();
    assert_eq!(world.store.collect(), instances(0));
    assert_eq!(call(&mut world, a), "7", "the word keeps it");
    a.table(&world.store, "t").unwrap().set(&mut world.store, 0, Val::FuncRef(None)).unwrap();
    assert_eq!(world.store.collect(), Collected { host_funcs: 1, ..instances(0) });
    assert_eq!(world.store.stats().host_funcs, 0);
}

#[test]
fn a_reference_made_in_a_body_only_is_known_to_escape() {
    let mut world = World::new();
    let a = world.one("a", HOLDER);
    let b = world.one(
        "b",
        r#"(module (import "a" "t" (table 2 funcref)) (func $f (export "f") (result i32) (i32.const 4))
            (func (export "put") (table.set 0 (i32.const 0) (ref.func $f))))"#,
    );
    b.typed_func::<(), ()>(&world.store, "put").unwrap().call(&mut world.store, ()).unwrap();
    assert_eq!(world.store.free(b, Free::WhenUnreachable).unwrap(), Freed::Waiting);
    assert_eq!(call(&mut world, a), "4");
}

#[test]
fn collecting_remembers_who_holds_a_constant_that_is_a_function() {
    let mut world = World::new();
    let exporter =
        r#"(module (func $f (result i32) (i32.const 6)) (global (export "g") funcref (ref.func $f)))"#;
    let importer = r#"(module (import "a" "g" (global $g funcref)) (table 1 funcref) (type $t (func (result i32)))
        (func (export "call") (result i32) (table.set 0 (i32.const 0) (global.get $g))
            (call_indirect (type $t) (i32.const 0))))"#;
    for collecting in [false, true] {
        let a = world.one("a", exporter);
        let call = world.one("", importer).typed_func::<(), i32>(&world.store, "call").unwrap();
        if collecting {
            world.store.collect();
        }
        assert_eq!(world.store.free(a, Free::WhenUnreachable).unwrap(), Freed::Waiting, "{collecting}");
        assert_eq!(call.call(&mut world.store, ()).unwrap(), 6);
    }
}
