//! Stores: names, order, hooks, freeing, closing.

use crate::alone::alone;
use crate::world::{World, engines, text};
use skep::{EndReason, Error, Free, Freed, Stats, Store};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

const ALL: &str = r#"(module (memory (export "m") 1) (table (export "t") 3 funcref) (global (export "g") (mut i32) (i32.const 0))
    (global i64 (i64.const 1)) (func $f (export "f")) (elem (i32.const 0) $f))"#;

#[test]
fn spawning_and_freeing_leaves_nothing() {
    for engine in engines() {
        let mut world = World::of(&engine);
        let template = world.template(ALL).unwrap();
        let instance = world.store.spawn(&template, 0).unwrap();
        world.store.free(instance, Free::WhenUnreachable).unwrap();
        let baseline = world.store.stats();
        for _ in 0..100 {
            let many: Vec<_> = (0..20).map(|n| world.store.spawn(&template, n).unwrap()).collect();
            let data: Vec<_> = many.iter().map(|one| *world.store.data(*one).unwrap()).collect();
            assert_eq!(data, (0..20).collect::<Vec<_>>());
            for instance in many {
                assert_eq!(world.store.free(instance, Free::WhenUnreachable).unwrap(), Freed::Done);
            }
        }
        assert_eq!(world.store.stats(), baseline);
    }
}

#[test]
fn freeing_twice_changes_nothing() {
    let mut world = World::new();
    let a = world.one("", ALL);
    let b = world.one("", ALL);
    world.store.free(a, Free::WhenUnreachable).unwrap();
    let stats = world.store.stats();
    assert!(matches!(world.store.free(a, Free::WhenUnreachable), Err(Error::Stale(_))));
    assert!(matches!(world.store.free(a, Free::Now), Err(Error::Stale(_))));
    assert_eq!(world.store.stats(), stats);
    assert!(world.store.data(b).is_ok());
}

#[test]
fn a_name_has_one_owner() {
    let mut world = World::new();
    let a = world.one("x", ALL);
    assert_eq!(text(world.spawn("x", ALL)), "module[x] has already been instantiated");
    assert_eq!(world.store.instance("x").unwrap(), Some(a));
    assert_eq!(text(world.spawn("x", ALL)), "module[x] has already been instantiated");
    world.store.register("alias", a).unwrap();
    assert_eq!(world.store.instance("alias").unwrap(), Some(a));
    assert_eq!(text(world.store.register("x", a)), "module[x] has already been instantiated");
    assert!(world.store.unregister("alias").unwrap());
    assert!(!world.store.unregister("alias").unwrap());
    world.store.free(a, Free::WhenUnreachable).unwrap();
    assert_eq!(world.store.instance("x").unwrap(), None);
    let b = world.one("x", ALL);
    assert_eq!(world.store.instance("x").unwrap(), Some(b));
    assert_eq!(world.store.stats().names, 1);
}

#[test]
fn anonymous_instances_are_never_found() {
    let mut world = World::new();
    for _ in 0..10 {
        world.one("", ALL);
    }
    assert_eq!(world.store.instance("").unwrap(), None);
    assert_eq!(world.store.stats().names, 0);
    assert_eq!(world.store.instances().count(), 10);
}

#[test]
fn a_failed_spawn_gives_its_name_back_and_tells_the_hook() {
    let mut world = World::new();
    let log = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&log);
    world.store.on_end(move |_, data, why| {
        seen.lock().unwrap().push((*data, why));
        Ok(())
    });
    let baseline = world.store.stats();
    let bad = world.template(r#"(module (memory 1) (data (i32.const 0x7fffffff) "x"))"#).unwrap();
    assert_eq!(text(world.store.spawn_named("x", &bad, 7)), "data[0]: out of bounds memory access");
    assert_eq!(*log.lock().unwrap(), [(7, EndReason::StartFailed)]);
    assert_eq!(Stats { code_bytes: 0, ..world.store.stats() }, baseline);
    let good = world.one("x", ALL);
    world.store.free(good, Free::WhenUnreachable).unwrap();
    assert_eq!(log.lock().unwrap()[1], (0, EndReason::Freed));
}

#[test]
fn a_store_ends_its_instances_newest_first() {
    let mut world = World::new();
    let log = Arc::new(Mutex::new(Vec::new()));
    let template = world.template(ALL).unwrap();
    let [_, b, _] = [1, 2, 3].map(|n| world.store.spawn(&template, n).unwrap());
    let seen = Arc::clone(&log);
    world.store.on_end(move |_, data, why| {
        seen.lock().unwrap().push(*data);
        if *data == 3 && why == EndReason::StoreClosed(9) { Err(Error::host("three")) } else { Ok(()) }
    });
    world.store.free(b, Free::WhenUnreachable).unwrap();
    // A slot used again does not change the order.
    world.store.spawn(&template, 4).unwrap();
    let errors = world.store.close(9).unwrap_err();
    assert_eq!(*log.lock().unwrap(), [2, 4, 3, 1]);
    assert_eq!(errors.len(), 1);
    assert_eq!(errors[0].error.to_string(), "three");
    assert_eq!(world.store.stats(), Stats::default());
}

/// Notes its number when it is dropped; the one that says so panics.
struct Noting(u32, Arc<Mutex<Vec<u32>>>, bool);

impl Drop for Noting {
    fn drop(&mut self) {
        self.1.lock().unwrap().push(self.0);
        assert!(!self.2, "dropping {}", self.0);
    }
}

#[test]
fn data_is_dropped_newest_first_and_a_panic_stops_nothing() {
    let world = World::new();
    let template = skep::Linker::<Noting>::new(&world.engine).template(&world.module(ALL)).unwrap();
    let mut store = Store::<Noting>::new(&world.engine);
    let log = Arc::new(Mutex::new(Vec::new()));
    for n in 0..4 {
        store.spawn(&template, Noting(n, Arc::clone(&log), n == 2)).unwrap();
    }
    assert!(catch_unwind(AssertUnwindSafe(|| store.close(0))).is_err());
    assert_eq!(*log.lock().unwrap(), [3, 2, 1, 0]);
    assert_eq!(store.stats(), Stats::default());
}

#[test]
fn dropping_a_store_drops_all_data() {
    let world = World::new();
    let template = skep::Linker::<Arc<()>>::new(&world.engine).template(&world.module(ALL)).unwrap();
    let mut store = Store::<Arc<()>>::new(&world.engine);
    let counted = Arc::new(());
    for _ in 0..5 {
        store.spawn(&template, Arc::clone(&counted)).unwrap();
    }
    skep::ExternRef::new(&mut store, Arc::clone(&counted)).unwrap();
    assert_eq!(Arc::strong_count(&counted), 7);
    drop(store);
    assert_eq!(Arc::strong_count(&counted), 1);
}

const EXPORTED: &str = r#"(module (func (export "f") (result i32) (i32.const 5)))"#;
const IMPORTING: &str =
    r#"(module (import "b" "f" (func $f (result i32))) (func (export "g") (result i32) (call $f)))"#;

#[test]
fn an_imported_instance_waits_for_its_last_importer() {
    let mut world = World::new();
    let b = world.one("b", EXPORTED);
    let importers = [world.one("", IMPORTING), world.one("", IMPORTING)];
    assert_eq!(world.store.free(b, Free::WhenUnreachable).unwrap(), Freed::Waiting);
    assert!(text(world.store.data(b)).ends_with("freed, kept only by references"));
    assert_eq!(world.store.instance("b").unwrap(), None);
    for (n, importer) in importers.into_iter().enumerate() {
        assert_eq!(world.store.stats().zombies, 1, "importer {n} is there");
        assert_eq!(world.store.free(importer, Free::WhenUnreachable).unwrap(), Freed::Done);
    }
    assert_eq!((world.store.stats().zombies, world.store.stats().instances), (0, 0));
}

#[test]
fn free_now_takes_an_imported_instance_and_a_waiting_one() {
    let mut world = World::new();
    let b = world.one("b", EXPORTED);
    let importer = world.one("", IMPORTING);
    assert_eq!(world.store.free(b, Free::WhenUnreachable).unwrap(), Freed::Waiting);
    assert_eq!(world.store.free(b, Free::Now).unwrap(), Freed::Done);
    assert_eq!(world.store.stats().zombies, 0);
    assert_eq!(world.store.free(importer, Free::WhenUnreachable).unwrap(), Freed::Done);
    assert_eq!(world.store.stats().islands, 0);
}

#[test]
fn a_chain_of_importers_goes_without_recursion() {
    let mut world = World::new();
    let link =
        r#"(module (import "LAST" "f" (func $f (result i32))) (func (export "f") (result i32) (call $f)))"#;
    world.one("n0", EXPORTED);
    let length = 300;
    for n in 1..length {
        world.one(&format!("n{n}"), &link.replace("LAST", &format!("n{}", n - 1)));
    }
    for n in 0..length {
        let instance = world.store.instance(&format!("n{n}")).unwrap().unwrap();
        let expected = if n + 1 < length { Freed::Waiting } else { Freed::Done };
        assert_eq!(world.store.free(instance, Free::WhenUnreachable).unwrap(), expected);
    }
    assert_eq!((world.store.stats().zombies, world.store.stats().instances), (0, 0));
}

#[test]
fn the_first_exit_counts_and_what_exited_can_be_read() {
    let mut world = World::new();
    let a = world.one("", ALL);
    assert_eq!(a.exit_code(&world.store).unwrap(), None);
    world.store.exit(a, 0).unwrap();
    world.store.exit(a, 2).unwrap();
    assert_eq!(a.exit_code(&world.store).unwrap(), Some(0));
    assert_eq!(a.memory(&world.store, "m").unwrap().size(&world.store).unwrap(), 1);
    world.store.free(a, Free::WhenUnreachable).unwrap();
}

#[test]
fn looking_up_an_export_says_what_is_wrong() {
    let mut world = World::new();
    let a = world.one("mod", ALL);
    assert_eq!(text(a.func(&world.store, "x")), r#""x" is not exported in module "mod""#);
    assert_eq!(text(a.func(&world.store, "m")), r#"export "m" in module "mod" is a memory, not a func"#);
    let names: Vec<_> =
        a.exports(&world.store).unwrap().into_iter().map(|(name, item)| (name, item.kind().name())).collect();
    assert_eq!(names, [("m", "memory"), ("t", "table"), ("g", "global"), ("f", "func")]);
}

#[test]
fn stores_and_templates_cross_threads() {
    let world = World::new();
    let template = skep::Linker::<u32>::new(&world.engine).template(&world.module(ALL)).unwrap();
    let stores: Vec<Store<u32>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|n| {
                let (template, engine) = (&template, &world.engine);
                scope.spawn(move || {
                    let mut store = Store::new(engine);
                    for _ in 0..100 {
                        store.spawn(template, n).unwrap();
                    }
                    store
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(stores.iter().all(|store| store.stats().instances == 100));
}

#[test]
fn sharing_a_table_with_an_importer_keeps_the_exporter() {
    let mut world = World::new();
    let exporter = r#"(module (table (export "t") 2 funcref) (func $f) (elem (i32.const 0) $f))"#;
    let a = world.one("a", exporter);
    let b = world.one("b", r#"(module (import "a" "t" (table 2 funcref)))"#);
    assert_eq!(world.store.stats().islands, 1);
    assert_eq!(world.store.free(b, Free::WhenUnreachable).unwrap(), Freed::Done, "it makes no references");
    assert_eq!(world.store.free(a, Free::WhenUnreachable).unwrap(), Freed::Waiting, "a copy may be anywhere");
    assert_eq!(world.store.free(a, Free::Now).unwrap(), Freed::Done);
    let stats = world.store.stats();
    assert_eq!((stats.instances, stats.zombies, stats.tables, stats.islands), (0, 0, 0, 0));
}

/// Bytes of this process that are resident.
fn resident_bytes() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    let resident: usize = pages.split(' ').nth(1).unwrap().parse().unwrap();
    resident * 4096
}

#[test]
fn a_hundred_thousand_lives_leave_no_trace_in_memory() {
    const NAME: &str = "store::a_hundred_thousand_lives_leave_no_trace_in_memory";
    const ALLOWED_BYTES: usize = 1 << 20;
    // In a process of its own: other tests take memory meanwhile.
    if !alone(NAME) {
        return;
    }
    for engine in engines() {
        let mut world = World::of(&engine);
        let template = world.template(ALL).unwrap();
        let mut spawn = |count: u32| {
            for n in 0..count {
                let instance = world.store.spawn(&template, n).unwrap();
                instance.memory(&world.store, "m").unwrap().write(&mut world.store, 5, b"dirty").unwrap();
                world.store.free(instance, Free::WhenUnreachable).unwrap();
            }
        };
        spawn(1_000);
        let before = resident_bytes();
        spawn(50_000);
        let after = resident_bytes();
        assert!(after < before + ALLOWED_BYTES, "{before} to {after} bytes");
    }
}

#[test]
fn templates_that_nobody_holds_are_forgotten() {
    let mut world = World::new();
    let held: Vec<_> = (0..50).map(|_| world.template(ALL).unwrap()).collect();
    for template in &held {
        let instance = world.store.spawn(template, 0).unwrap();
        world.store.free(instance, Free::WhenUnreachable).unwrap();
    }
    let one = world.store.stats().code_bytes / 50;
    assert_ne!(one, 0);
    drop(held);
    for spawned in 0..40 {
        let instance = world.one("", ALL);
        world.store.free(instance, Free::WhenUnreachable).unwrap();
        assert!(world.store.stats().code_bytes <= one * 50_usize.saturating_sub(spawned).max(1));
    }
    world.store.collect();
    assert_eq!(world.store.stats().code_bytes, 0);
}
