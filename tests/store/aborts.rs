//! Batches that end badly in ways that only the host can cause: panics of what it was asked, panics of what is dropped. What
//! they tell when they cannot link.

use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};

use skep::{
    Caller, Config, Engine, Error, Linker, Memory, MemoryMode, MemoryType, Module, Store, StoreLimits, Trap,
};

use crate::common::{World, both, text};

const MEETS: &str = r#"(module (import "env" "meet" (func $meet)) (start $meet))"#;
const EXPORTS: &str = r#"(module (func (export "f") (result i32) (i32.const 5)))"#;
const IMPORTS: &str = r#"(module (import "b" "f" (func (result i32))))"#;

#[test]
fn s25_a_resolver_that_panics_leaves_no_names() {
    let mut world = World::new();
    world.linker.resolver(|_, _, _| panic!("asked"));
    let (exports, imports) = (world.module(EXPORTS), world.module(IMPORTS));
    let World { store, linker, .. } = &mut world;
    let before = store.stats();
    let spawned =
        catch_unwind(AssertUnwindSafe(|| store.spawn_all(linker, [("b", &exports, 1), ("a", &imports, 2)])));
    assert_eq!(spawned.unwrap_err().downcast_ref::<&str>(), Some(&"asked"));
    assert_eq!(store.stats(), before);
}

struct Bomb(bool);
impl Drop for Bomb {
    fn drop(&mut self) {
        if self.0 {
            panic!("dropped")
        }
    }
}

#[test]
fn s25_data_that_panics_when_it_is_dropped_leaves_no_level() {
    let limits = StoreLimits { instances: 1, ..StoreLimits::default() };
    let engine = Engine::new(&Config::new().memory_mode(MemoryMode::Checked).store_limits(limits)).unwrap();
    let module = |text| Module::new(&engine, text).unwrap();
    let (exports, imports) = (module(EXPORTS), module(IMPORTS));
    let linker = Linker::<Bomb>::new(&engine);
    let mut store = Store::new(&engine);
    let before = store.stats();
    let items = [("b", &exports, Bomb(false)), ("a", &imports, Bomb(true))];
    let spawned = catch_unwind(AssertUnwindSafe(|| store.spawn_all(&linker, items)));
    assert_eq!(spawned.unwrap_err().downcast_ref::<&str>(), Some(&"dropped"));
    assert_eq!(store.stats(), before);
    store.check_invariants().unwrap();
}

#[test]
fn s25_of_several_panics_that_of_the_lowest_goes_on() {
    for threads in [1, 2] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let mut world = World::new();
        let met = std::sync::Barrier::new(threads);
        world
            .linker
            .func("env", "meet", move |caller: Caller<'_, u32>| -> () {
                met.wait();
                if *caller.data() == 0 {
                    panic!("lowest")
                }
                panic_any(Bomb(true))
            })
            .unwrap();
        let template = world.template(MEETS).unwrap();
        let store = &mut world.store;
        let before = store.stats().instances;
        let spawned = catch_unwind(AssertUnwindSafe(|| pool.install(|| store.spawn_batch(&template, 0..2))));
        assert_eq!(spawned.unwrap_err().downcast_ref::<&str>(), Some(&"lowest"));
        assert_eq!(store.stats().instances, before);
        store.check_invariants().unwrap();
    }
}

#[test]
fn s25_the_panic_of_a_start_counts_more_than_the_hooks() {
    let mut world = World::new();
    world.linker.func("env", "meet", || -> () { panic!("start") }).unwrap();
    world.store.on_end(|_, _, _| panic!("hook"));
    let template = world.template(MEETS).unwrap();
    let module = world.module(MEETS);
    let World { store, linker, .. } = &mut world;
    let mut check = |spawn: &mut dyn FnMut(&mut Store<u32>)| {
        let panic = catch_unwind(AssertUnwindSafe(|| spawn(store))).unwrap_err();
        assert_eq!(panic.downcast_ref::<&str>(), Some(&"start"));
    };
    check(&mut |store| drop(store.spawn(&template, 0)));
    check(&mut |store| drop(store.spawn_batch(&template, 0..2)));
    check(&mut |store| drop(store.spawn_all(linker, [("a", &module, 0)])));
    assert_eq!((world.store.stats().instances, world.store.stats().names), (0, 0));
}

#[test]
fn s25_faults_of_starts_are_caught_on_every_thread() {
    for mode in MemoryMode::ALL {
        let mut world = World::with(&Config::new().memory_mode(mode));
        let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
        for (body, wanted) in [
            ("(drop (i32.load (i32.const 0x7fffffff)))", Trap::OutOfBoundsMemoryAccess),
            ("(call $s)", Trap::CallStackExhausted),
        ] {
            let template =
                world.template(&format!("(module (memory 1) (func $s {body}) (start $s))")).unwrap();
            for _ in 0..20 {
                let error = pool.install(|| world.store.spawn_batch(&template, 0..8)).unwrap_err();
                assert_eq!(error.trap(), Some(wanted), "{error}");
            }
        }
        assert_eq!(world.store.stats().instances, 0);
    }
}
#[test]
fn s28_hints_are_limited_in_batches_too() {
    let mut world = World::new();
    world.linker.func("env", "meet", || {}).unwrap();
    let many: String = (0..40).map(|_| r#"(import "env" "meat" (func))"#).collect();
    let module = world.module(&format!("(module {many})"));
    let hints = |error: Error| match error {
        Error::Link(found) => found.errors.iter().filter(|error| error.nearest.is_some()).count(),
        Error::Batch(batch) => match batch.cause {
            Error::Link(found) => found.errors.iter().filter(|error| error.nearest.is_some()).count(),
            other => panic!("{other}"),
        },
        other => panic!("{other}"),
    };
    let World { store, linker, .. } = &mut world;
    let one = hints(linker.template_in(store, &module).unwrap_err());
    let all = hints(store.spawn_all(linker, [("a", &module, 0)]).unwrap_err());
    assert_eq!(one, all);
}

#[test]
fn s25_a_cycle_tells_the_imports_that_close_it() {
    let mut world = World::new();
    world.linker.func("b", "host", || {}).unwrap();
    let a =
        world.module(r#"(module (import "b" "host" (func)) (import "b" "f" (func)) (func (export "g")))"#);
    let b = world.module(r#"(module (import "a" "g" (func)) (func (export "f")))"#);
    let World { store, linker, .. } = &mut world;
    let error = store.spawn_all(linker, [("a", &a, 0), ("b", &b, 0)]);
    assert_eq!(text(error), "batch item 0: import func[b.f]: import cycle: a -> b -> a");
}
#[test]
fn s25_what_the_store_has_may_grow_in_an_earlier_level() {
    let mut world = World::new();
    let memory = Memory::new(&mut world.store, MemoryType::new(1, Some(4))).unwrap();
    world.linker.define("host", "m", memory);
    let b = world.module(r#"(module (import "host" "m" (memory 1)) (func $s (drop (memory.grow (i32.const 1)))) (start $s) (func (export "f") (result i32) (i32.const 5)))"#);
    let a = world.module(r#"(module (import "host" "m" (memory 2)) (import "b" "f" (func (result i32))))"#);
    let c = world.module(r#"(module (import "host" "m" (memory 2)))"#);
    let World { store, linker, .. } = &mut world;
    let small = linker.template_in(store, &c).unwrap_err().to_string();
    let alone = text(store.spawn_all(linker, [("b", &b, 0), ("c", &c, 0)]));
    assert_eq!(alone, format!("batch item 1: {small}"), "what waits for nobody is told before anything runs");
    assert_eq!(memory.size(store).unwrap(), 1);
    assert_eq!(text(store.spawn_all(linker, [("a", &a, 0), ("b", &b, 0)])), "ok");
    assert_eq!(memory.size(store).unwrap(), 2);
}

#[test]
fn s25_what_only_the_batch_itself_could_reach_goes_with_it() {
    both(|mut world| {
        let lib = r#"(module (memory 1) (table (export "t") 1 funcref) (elem (i32.const 0) $f) (func $f (export "f")))"#;
        let fails = r#"(module (import "lib" "f" (func)) (import "lib" "t" (table 1 funcref))
            (func $s unreachable) (elem (i32.const 0) $s) (start $s))"#;
        let (lib, fails) = (world.module(lib), world.module(fails));
        let before = world.store.stats();
        for _ in 0..3 {
            let error =
                world.store.spawn_all(&world.linker, [("lib", &lib, 1), ("y", &fails, 2)]).unwrap_err();
            assert_eq!(error.trap(), Some(Trap::Unreachable));
            let more = format!("{error:#}");
            assert!(more.contains("unreachable in instance#") && more.contains("0:"), "{more}");
        }
        assert_eq!(world.store.stats(), before);
    });
}

#[test]
fn s25_what_others_can_reach_waits() {
    let mut world = World::new();
    let a = world.one(
        "a",
        r#"(module (table (export "t") 1 funcref) (type $t (func (result i32)))
        (func (export "call") (result i32) (call_indirect (type $t) (i32.const 0))))"#,
    );
    let puts = r#"(module (import "a" "t" (table 1 funcref)) (func $f (result i32) (i32.const 8))
        (elem (i32.const 0) $f) (func $s unreachable) (start $s))"#;
    let puts = world.module(puts);
    world.store.spawn_all(&world.linker, [("", &puts, 2)]).unwrap_err();
    assert_eq!(world.call::<(), i32>(a, "call", ()).unwrap(), 8);
    assert_eq!(world.store.stats().zombies, 1);
}

#[test]
fn s25_errors_of_items_are_seen_through() {
    #[derive(Debug)]
    struct Own;
    impl std::fmt::Display for Own {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("own")
        }
    }
    impl std::error::Error for Own {}
    let mut world = World::new();
    world.linker.func("env", "fail", || Err::<(), _>(Own)).unwrap();
    world.linker.func("env", "exit", |caller: Caller<'_, u32>| Err::<(), _>(caller.exit(3))).unwrap();
    for (name, code) in [("fail", None), ("exit", Some(3))] {
        let text = format!(r#"(module (import "env" "{name}" (func $f)) (start $f))"#);
        let template = world.template(&text).unwrap();
        let errors = [
            world.store.spawn(&template, 0).unwrap_err(),
            world.store.spawn_batch(&template, [0]).unwrap_err(),
        ];
        for error in errors {
            assert_eq!((error.exit_code(), error.downcast_ref::<Own>().is_some()), (code, code.is_none()));
        }
    }
}
