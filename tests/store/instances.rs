//! S16 to S24: the rows of an instance, its exports, the phases of its beginning and what each leaves when it fails.

#[cfg(target_os = "linux")]
use crate::alone::alone;
use crate::common::resident_bytes;
use crate::common::{World, both, probe, text};
use skep::{
    Config, Engine, Error, Extern, ExternKind, Free, Freed, Global, GlobalType, Linker, Memory, MemoryType,
    RefType, Store, Table, TableType, Val, ValType,
};

/// Something of each kind.
const ALL: &str = r#"(module (func $f (export "f") (result i32) (i32.const 5)) (table (export "t") 3 funcref)
    (memory (export "m") 1) (global (export "g") (mut i32) (i32.const 0)) (global i64 (i64.const 1)) (elem (i32.const 0) $f))"#;

#[test]
fn s16_freed_instances_leave_the_store_as_it_was() {
    both(|mut world| {
        let importer = r#"(module (import "a" "m" (memory 1)) (import "a" "t" (table 3 funcref))
            (import "a" "g" (global (mut i32))) (import "a" "f" (func (result i32))) (table 2 externref))"#;
        world.one("a", ALL);
        let (alone, importing) = (world.template(ALL).unwrap(), world.template(importer).unwrap());
        let mut baseline = None;
        for count in [1, 10, 200] {
            let many: Vec<_> = (0..count)
                .flat_map(|n| [&alone, &importing].map(|template| world.store.spawn(template, n).unwrap()))
                .collect();
            // The importers' own tables are fixed: parts of their template.
            assert_eq!(world.store.stats().tables, 1 + count as usize);
            for instance in many {
                assert_eq!(world.store.free(instance, Free::WhenUnreachable).unwrap(), Freed::Done);
            }
            let stats = world.store.stats();
            assert_eq!(*baseline.get_or_insert(stats), stats, "after {count}");
        }
    });
}

#[test]
fn s17_exports_are_found_by_name_and_kind() {
    let mut world = World::new();
    let instance = world.one("mod", ALL);
    let kinds = [ExternKind::Func, ExternKind::Table, ExternKind::Memory, ExternKind::Global];
    let names = ["f", "t", "m", "g"];
    for (name, found) in names.into_iter().zip(kinds) {
        for wanted in kinds {
            let result = match wanted {
                ExternKind::Func => instance.func(&world.store, name).map(Extern::from),
                ExternKind::Table => instance.table(&world.store, name).map(Extern::from),
                ExternKind::Memory => instance.memory(&world.store, name).map(Extern::from),
                _ => instance.global(&world.store, name).map(Extern::from),
            };
            if wanted == found {
                assert_eq!(Some(result.unwrap()), instance.export(&world.store, name).unwrap());
            } else {
                let expected = format!(r#"export "{name}" in module "mod" is a {found}, not a {wanted}"#);
                assert_eq!(text(result), expected);
            }
        }
    }
    assert_eq!(instance.export(&world.store, "none").unwrap(), None);
    assert_eq!(text(instance.table(&world.store, "none")), r#""none" is not exported in module "mod""#);
    let listed = instance.exports(&world.store).unwrap();
    let listed: Vec<_> = listed.into_iter().map(|(name, item)| (name, item.kind())).collect();
    assert_eq!(listed, names.into_iter().zip(kinds).collect::<Vec<_>>(), "in the order of declaration");
}

#[test]
fn s18_handles_print_noun_slot_generation_and_store() {
    let mut world = World::new();
    let gone = world.one("", ALL);
    world.store.free(gone, Free::Now).unwrap();
    let one = world.one("", ALL);
    let id = world.store.id();
    let printed = [
        one.to_string(),
        one.func(&world.store, "f").unwrap().to_string(),
        one.table(&world.store, "t").unwrap().to_string(),
        one.memory(&world.store, "m").unwrap().to_string(),
        one.global(&world.store, "g").unwrap().to_string(),
    ];
    let expected = ["instance#1v2", "func#1v2", "table#1v2", "memory#1v2", "global#1v2"]
        .map(|name| format!("{name}@{id}"));
    assert_eq!(printed[0], expected[0]);
    assert_eq!(printed[1], format!("{}:0", expected[1]));
    assert_eq!(printed[2..4], expected[2..4]);
    assert!(printed[4].starts_with("global#") && printed[4].ends_with(&format!("v2@{id}")), "{}", printed[4]);
    assert_eq!(format!("{one:?}"), one.to_string());
}

#[cfg(target_os = "linux")]
#[test]
fn s19_a_failed_start_closes_what_its_data_held() {
    if !alone("instances::s19_a_failed_start_closes_what_its_data_held") {
        return;
    }
    let open = || std::fs::read_dir("/proc/self/fd").unwrap().count();
    let engine = Engine::new(&Config::new()).unwrap();
    let linker = Linker::<std::fs::File>::new(&engine);
    let failing = [
        "(module (func $s unreachable) (start $s))",
        r#"(module (memory 1) (data (i32.const 65536) "x"))"#,
        "(module (table 1 funcref) (func $f) (elem (i32.const 1) $f))",
    ];
    let mut store = Store::new(&engine);
    let ended = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
    let count = std::sync::Arc::clone(&ended);
    store.on_end(move |_, file: &mut std::fs::File, why| {
        assert_eq!(why, skep::EndReason::StartFailed);
        assert!(file.metadata().is_ok(), "open until the hook has seen it");
        count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Ok(())
    });
    let before = open();
    for module in failing {
        let template = linker.template(&skep::Module::new(&engine, module).unwrap()).unwrap();
        for _ in 0..10 {
            let file = std::fs::File::open("/proc/self/status").unwrap();
            assert!(store.spawn(&template, file).is_err());
            assert_eq!(open(), before, "{module}");
        }
    }
    assert_eq!(ended.load(std::sync::atomic::Ordering::Relaxed), 30);
}

#[test]
fn s20_the_host_makes_memories_tables_and_globals() {
    both(|mut world| {
        let memory = Memory::new(&mut world.store, MemoryType::new(1, Some(2))).unwrap();
        let table =
            Table::new(&mut world.store, TableType::new(RefType::Func, 2, None), Val::FuncRef(None)).unwrap();
        let global = GlobalType { content: ValType::I64, mutable: true };
        let global = Global::new(&mut world.store, global, Val::I64(1)).unwrap();
        world.linker.define("env", "m", memory).define("env", "t", table).define("env", "g", global);
        let guest = r#"(module (import "env" "m" (memory 1 2)) (import "env" "t" (table 2 funcref))
            (import "env" "g" (global $g (mut i64))) (type $t (func (result i32)))
            (func $f (result i32) (i32.const 8)) (elem declare func $f)
            (func (export "load") (result i32) (i32.load8_u (i32.const 70000)))
            (func (export "store") (i32.store8 (i32.const 5) (i32.const 6)) (global.set $g (i64.const 7))
                (table.set 0 (i32.const 1) (ref.func $f)))
            (func (export "get") (result i64) (global.get $g))
            (func (export "call") (result i32) (call_indirect (type $t) (i32.const 0))))"#;
        let [a, b] = ["", ""].map(|name| world.one(name, guest));
        world.call::<(), ()>(a, "store", ()).unwrap();
        assert_eq!(memory.data(&world.store).unwrap()[5], 6);
        assert_eq!(global.get(&world.store).unwrap(), Val::I64(7));
        assert_eq!(world.call::<(), i64>(b, "get", ()).unwrap(), 7);
        let entry = table.get(&world.store, 1).unwrap();
        table.set(&mut world.store, 0, entry).unwrap();
        assert_eq!(world.call::<(), i32>(b, "call", ()).unwrap(), 8);
        global.set(&mut world.store, Val::I64(-1)).unwrap();
        assert_eq!(world.call::<(), i64>(a, "get", ()).unwrap(), -1);
        memory.grow(&mut world.store, 1).unwrap();
        memory.write(&mut world.store, 70_000, &[9]).unwrap();
        assert_eq!(world.call::<(), i32>(b, "load", ()).unwrap(), 9);
    });
}

#[test]
fn s21_globals_then_elements_then_data_then_start() {
    both(|mut world| {
        let exporter = world.one("p", probe("order/exp"));
        assert_eq!(text(world.spawn("", probe("order/imp"))), "data[1]: out of bounds memory access");
        assert_eq!(world.call::<(), i32>(exporter, "call0", ()).unwrap(), 9);
        // The start function sees all that comes before it.
        let module = r#"(module (global $base (import "h" "base") i32) (global $at i32 (global.get $base))
            (table 4 funcref) (memory (export "m") 1) (func $f (result i32) (i32.const 40))
            (elem (global.get $base) $f) (data (global.get $base) "\02")
            (func $s (i32.store8 (i32.const 0) (i32.add (call_indirect (result i32) (global.get $at))
                (i32.load8_u (global.get $at))))) (start $s))"#;
        let base = GlobalType { content: ValType::I32, mutable: false };
        let base = Global::new(&mut world.store, base, Val::I32(3)).unwrap();
        world.linker.define("h", "base", base);
        let instance = world.one("", module);
        assert_eq!(world.byte(instance, "m", 0), 42);
    });
}

#[cfg(target_os = "linux")]
#[test]
fn s22_a_hundred_thousand_failing_links_leave_no_trace() {
    const ALLOWED_BYTES: usize = 1 << 20;
    if !alone("instances::s22_a_hundred_thousand_failing_links_leave_no_trace") {
        return;
    }
    let mut world = World::new();
    let a = world.one("a", ALL);
    let failing = [
        r#"(module (import "a" "m" (memory 1)) (import "none" "f" (func)))"#,
        r#"(module (import "a" "m" (memory 1)) (import "a" "nothing" (func)) (table 100 funcref))"#,
        r#"(module (import "a" "g" (global i32)) (import "a" "f" (func (param i32))) (global i32 (i32.const 1)))"#,
    ];
    let failing = failing.map(|module| world.module(module));
    let gone = world.one("gone", ALL);
    let memory = gone.memory(&world.store, "m").unwrap();
    world.linker.define("env", "m", memory);
    let stale = world.template(r#"(module (import "env" "m" (memory 1)) (table 9 funcref))"#).unwrap();
    world.store.free(gone, Free::Now).unwrap();
    let before = world.store.stats();
    let mut bytes = 0;
    // Each but the last has an import that fails; the last names a memory that is gone when it is spawned.
    for n in 0..100_000 {
        if n == 10_000 {
            bytes = resident_bytes();
        }
        let result = match failing.get(n % 4) {
            Some(module) => world.linker.template_in(&world.store, module).map(drop),
            None => world.store.spawn_named("x", &stale, 0).map(drop),
        };
        assert!(matches!(result, Err(Error::Link(_))), "{result:?}");
    }
    assert!(resident_bytes() < bytes + ALLOWED_BYTES, "{bytes} to {} bytes", resident_bytes());
    assert_eq!(world.store.stats(), before);
    assert_eq!(a.memory(&world.store, "m").unwrap().data(&world.store).unwrap()[0], 0);
}

#[test]
fn s23_a_trap_while_beginning_leaves_writes_and_functions_that_escaped() {
    let head = r#"(module (import "p" "m" (memory 1)) (import "p" "t" (table 2 funcref)) (func $f (result i32) (i32.const 9))
        (elem (i32.const 0) $f)"#;
    let ends = [
        ("(elem (i32.const 2) $f))", "element[1]: out of bounds table access", 0),
        (
            r#"(data (i32.const 0) "a") (data (i32.const 65536) "d"))"#,
            "data[1]: out of bounds memory access",
            b'a',
        ),
        (
            r#"(data (i32.const 0) "a") (func $s (i32.store8 (i32.const 0) (i32.const 98)) unreachable) (start $s))"#,
            "start function[1] failed: unreachable",
            b'b',
        ),
    ];
    for (end, error, byte) in ends {
        both(|mut world| {
            let exporter = world.one("p", probe("order/exp"));
            let before = world.store.stats();
            assert_eq!(text(world.spawn("x", &format!("{head}{end}"))), error);
            assert_eq!(world.store.instance("x").unwrap(), None);
            assert_eq!(world.store.instances().count(), 1, "no handle leads to it");
            assert_eq!(world.byte(exporter, "m", 0), byte);
            assert_eq!(world.store.stats().zombies, 1);
            assert_eq!(world.call::<(), i32>(exporter, "call0", ()).unwrap(), 9);
            world.store.collect();
            assert_eq!(
                world.call::<(), i32>(exporter, "call0", ()).unwrap(),
                9,
                "its function is still there"
            );
            let table = exporter.table(&world.store, "t").unwrap();
            table.set(&mut world.store, 0, Val::FuncRef(None)).unwrap();
            world.store.collect();
            let after = world.store.stats();
            assert_eq!((after.zombies, after.instances, after.tables), (0, 1, 1));
            assert_eq!(after.memory_bytes, before.memory_bytes);
        });
    }
}
