//! How long an instance, what it owns and what it refers to are there: freeing, waiting, collecting, slots used again.
//!
//! Does not know: which texts errors have beyond those of stale handles and functions.

use crate::common::{World, both, probe, text};
use skep::{
    Collected, Config, Error, ExternRef, Free, Freed, Func, Instance, Linker, MemoryMode, RefType, Stats,
    Store, StoreLimits, Table, TableType, Val,
};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

/// Holds references in its table and calls the first.
const HOLDER: &str = r#"(module (table (export "t") 2 funcref) (type $t (func (result i32)))
    (func (export "set") (param i32 funcref) (table.set 0 (local.get 0) (local.get 1)))
    (func (export "call") (result i32) (call_indirect (type $t) (i32.const 0))))"#;
/// Puts its function into the table of `a`.
const PUTTER: &str = r#"(module (import "a" "t" (table 2 funcref)) (func $f (result i32) (i32.const 42)) (elem (i32.const 0) $f))"#;

/// What a call of the export `call` gives, as text.
fn called(world: &mut World, instance: Instance) -> String {
    world
        .call::<(), i32>(instance, "call", ())
        .map_or_else(|error| error.to_string(), |value| value.to_string())
}

fn clear(world: &mut World, holder: Instance) {
    let table = holder.table(&world.store, "t").unwrap();
    for index in 0..table.size(&world.store).unwrap() {
        table.set(&mut world.store, index, Val::FuncRef(None)).unwrap();
    }
}

/// The value of the export `g`.
fn global(world: &World, of: Instance) -> Val {
    of.global(&world.store, "g").unwrap().get(&world.store).unwrap()
}

fn collected(instances: usize) -> Collected {
    Collected { instances, ..Collected::default() }
}

#[track_caller]
fn waits(world: &mut World, instance: Instance) {
    assert_eq!(world.store.free(instance, Free::WhenUnreachable).unwrap(), Freed::Waiting);
}

#[track_caller]
fn is_done(world: &mut World, instance: Instance) {
    assert_eq!(world.store.free(instance, Free::WhenUnreachable).unwrap(), Freed::Done);
}

#[test]
fn zombie_runs_until_overwritten() {
    both(|mut world| {
        let a = world.one("a", HOLDER);
        let b = world.one("b", PUTTER);
        waits(&mut world, b);
        assert_eq!(world.store.stats().zombies, 1);
        assert_eq!(world.store.collect(), collected(0));
        assert_eq!(called(&mut world, a), "42");
        clear(&mut world, a);
        assert_eq!(world.store.collect(), collected(1));
        assert_eq!(world.store.collect(), collected(0), "twice is once");
        let stats = world.store.stats();
        assert_eq!((stats.instances, stats.zombies, stats.islands), (1, 0, 0));
    });
}

#[test]
fn collect_breaks_cycles() {
    let text = r#"(module (table (export "t") 2 funcref) (func $f (export "f")) (elem (i32.const 1) $f))"#;
    both(|mut world| {
        let [a, b] = [world.one("a", text), world.one("b", text)];
        for (holder, held) in [(a, b), (b, a)] {
            let f = held.func(&world.store, "f").unwrap();
            holder.table(&world.store, "t").unwrap().set(&mut world.store, 0, f.into()).unwrap();
        }
        waits(&mut world, a);
        assert_eq!(world.store.collect(), collected(0), "b is there and holds it");
        waits(&mut world, b);
        assert_eq!(world.store.collect(), collected(2));
        let stats = world.store.stats();
        assert_eq!((stats.zombies, stats.tables, stats.islands), (0, 0, 0));
    });
}

/// D puts a function that it imports from A into the table of E: it is A's, and stays when D is gone at once, before or after A is
/// freed.
#[test]
fn escape_by_importer() {
    for (origin_first, how) in
        [(false, Free::WhenUnreachable), (true, Free::WhenUnreachable), (false, Free::Now), (true, Free::Now)]
    {
        both(|mut world| {
            let a = world.one("a", r#"(module (func (export "f") (result i32) (i32.const 8)))"#);
            let e = world.one("e", HOLDER);
            let d = world.one(
                "d",
                r#"(module (import "a" "f" (func $f (result i32))) (import "e" "t" (table 2 funcref))
                    (elem (i32.const 0) $f))"#,
            );
            if origin_first {
                waits(&mut world, a);
            }
            world.store.free(d, how).unwrap();
            if !origin_first {
                waits(&mut world, a);
            }
            assert_eq!(called(&mut world, e), "8", "{how:?}");
            let putters = usize::from(how == Free::WhenUnreachable);
            assert_eq!(world.store.collect(), collected(putters), "who put it there goes, the origin stays");
            assert_eq!(called(&mut world, e), "8", "{how:?}");
            clear(&mut world, e);
            assert_eq!(world.store.collect(), collected(1));
        });
    }
}

/// A chain of importers goes from its newest end by a list of work, not by recursion.
#[test]
fn chain_of_100k() {
    const LENGTH: usize = 100_000;
    let mut world = World::new();
    let first = world.one("", r#"(module (func (export "f") (result i32) (i32.const 5)))"#);
    let module = world.module(
        r#"(module (import "last" "f" (func $f (result i32))) (func (export "f") (result i32) (call $f)))"#,
    );
    let mut chain = vec![first];
    for n in 1..LENGTH {
        let last = chain[n - 1].func(&world.store, "f").unwrap();
        world.linker.define("last", "f", last);
        chain.push(world.linker.spawn(&mut world.store, &module, 0).unwrap());
    }
    let last = chain.pop().unwrap();
    for instance in chain {
        waits(&mut world, instance);
    }
    assert_eq!(world.store.stats().zombies, LENGTH - 1);
    let run = || is_done(&mut world, last);
    // Recursion would need more: a frame per link.
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(256 << 10);
        thread.spawn_scoped(scope, run).unwrap().join().unwrap();
    });
    let stats = world.store.stats();
    assert_eq!((stats.instances, stats.zombies, stats.islands), (0, 0, 0));
}

#[test]
fn now_traps_importers() {
    let importer = r#"(module (import "b" "f" (func $f (result i32))) (table 1 funcref) (elem (i32.const 0) $f)
        (type $t (func (result i32))) (export "again" (func $f)) (func (export "call") (result i32) (call $f))
        (func (export "indirect") (result i32) (call_indirect (type $t) (i32.const 0))))"#;
    both(|mut world| {
        let b = world.one("b", probe("expfn"));
        let [c, d] = [world.one("c", importer), world.one("d", importer)];
        assert_eq!(world.store.free(b, Free::Now).unwrap(), Freed::Done);
        for instance in [c, d] {
            for name in ["call", "indirect"] {
                assert_eq!(text(world.call::<(), i32>(instance, name, ())), "function of a freed instance");
            }
            let again = instance.func(&world.store, "again").unwrap();
            assert!(matches!(again.call(&mut world.store, &[]), Err(Error::Stale(_))));
        }
        // Another in its slot is not called either.
        let newcomer = world.one("b", probe("expfn"));
        assert_eq!(called(&mut world, c), "function of a freed instance");
        assert_eq!(world.call::<(), i32>(newcomer, "f", ()).unwrap(), 5);
        for instance in [c, d, newcomer] {
            is_done(&mut world, instance);
        }
        assert_eq!((world.store.stats().instances, world.store.stats().zombies), (0, 0));
    });
}

#[test]
fn now_keeps_imported_memory() {
    let exporter = r#"(module (memory (export "m") 1 4) (table (export "t") 3 funcref)
        (global (export "g") (mut i32) (i32.const 4)) (data (i32.const 9) "x"))"#;
    let importer = r#"(module (import "a" "m" (memory 1)) (import "a" "t" (table 3 funcref))
        (import "a" "g" (global $g (mut i32))) (export "m" (memory 0))
        (func (export "sum") (result i32) (global.set $g (i32.add (global.get $g) (i32.const 1)))
            (i32.add (i32.add (i32.load8_u (i32.const 9)) (table.size 0)) (global.get $g)))
        (func (export "grow") (result i32) (memory.grow (i32.const 1))))"#;
    both(|mut world| {
        let a = world.one("a", exporter);
        let b = world.one("b", importer);
        assert_eq!(world.store.free(a, Free::Now).unwrap(), Freed::Done);
        // Its slots and its block are not given to others while b uses what was in them.
        let others: Vec<_> = (0..20).map(|_| world.one("", exporter)).collect();
        assert_eq!(world.call::<(), i32>(b, "sum", ()).unwrap(), i32::from(b'x') + 3 + 5);
        assert_eq!(world.call::<(), i32>(b, "grow", ()).unwrap(), 1);
        assert_eq!(b.memory(&world.store, "m").unwrap().size(&world.store).unwrap(), 2);
        others.into_iter().for_each(|other| is_done(&mut world, other));
        world.store.free(b, Free::Now).unwrap();
        let stats = world.store.stats();
        assert_eq!((stats.memories, stats.tables, stats.globals, stats.memory_bytes), (0, 0, 0, 0));
    });
}

#[test]
fn stale_template() {
    let importer =
        r#"(module (import "env" "h" (func)) (import "a" "f" (func)) (import "a" "m" (memory 1)))"#;
    both(|mut world| {
        world.linker.func("env", "h", || ()).unwrap();
        let exporter = r#"(module (func (export "f")) (memory (export "m") 1))"#;
        let a = world.one("a", exporter);
        let template = world.template(importer).unwrap();
        is_done(&mut world, a);
        for reused in [false, true] {
            if reused {
                world.one("a", exporter);
            }
            let before = world.store.stats();
            let error = world.store.spawn_named("x", &template, 0).unwrap_err();
            let Error::Link(found) = &error else { panic!("{error}") };
            assert_eq!(found.errors.iter().map(|error| error.index).collect::<Vec<_>>(), [1, 2]);
            assert!(found.errors.iter().all(|error| error.to_string().contains("stale handle")), "{error}");
            assert_eq!(world.store.stats(), before);
        }
        assert!(world.template(importer).is_ok(), "made anew it finds the newcomer");
    });
}

#[test]
fn lone_exporter_is_freed_at_once() {
    let lone = r#"(module (table (export "t") 2 funcref) (memory (export "m") 1) (global (export "g") (mut funcref) (ref.func 0))
        (func $f (export "f") (param funcref)) (elem (i32.const 0) $f $f))"#;
    both(|mut world| {
        let before = world.store.stats();
        let a = world.one("a", lone);
        is_done(&mut world, a);
        world.store.collect();
        assert_eq!(world.store.stats(), before);
    });
}

#[test]
fn cell_outlives_owner() {
    both(|mut world| {
        let owner = r#"(module (global (export "g") (mut i64) (i64.const 5)) (global (export "h") (mut i64) (i64.const 6)))"#;
        let a = world.one("a", owner);
        let d = world.one(
            "d",
            r#"(module (import "a" "g" (global $g (mut i64))) (export "g" (global 0))
                (func (export "add") (param i64) (global.set $g (i64.add (global.get $g) (local.get 0)))))"#,
        );
        let cell = a.global(&world.store, "g").unwrap();
        is_done(&mut world, a);
        assert_eq!(world.store.stats().globals, 1, "h is gone");
        // The block is not used again: not by an instance of the same size either.
        let others: Vec<_> = (0..10).map(|_| world.one("", owner)).collect();
        world.call::<i64, ()>(d, "add", 100).unwrap();
        assert_eq!(global(&world, d), Val::I64(105));
        cell.set(&mut world.store, Val::I64(-1)).unwrap();
        assert!(others.iter().all(|other| global(&world, *other) == Val::I64(5)));
        is_done(&mut world, d);
        assert!(text(cell.get(&world.store)).starts_with("stale handle global#"));
        others.into_iter().for_each(|other| is_done(&mut world, other));
        assert_eq!(world.store.stats().globals, 0);
    });
}

/// Notes its number when it is dropped, and panics if it is the one that does.
struct Noting {
    number: u32,
    log: Arc<Mutex<Vec<u32>>>,
    panics: bool,
}

impl Drop for Noting {
    fn drop(&mut self) {
        self.log.lock().unwrap().push(self.number);
        assert!(!self.panics || std::thread::panicking(), "dropping {}", self.number);
    }
}

/// An importer takes the three that wait for it along; the data of one of them panics.
#[test]
fn drop_of_t_panics() {
    let base = r#"(module (func (export "f")) (memory 1))"#;
    let link = r#"(module (import "last" "f" (func $f)) (func (export "f") (call $f)) (table 1 funcref))"#;
    for panicking in 0..4 {
        let world = World::new();
        let log = Arc::new(Mutex::new(Vec::new()));
        let noting = |number| Noting { number, log: Arc::clone(&log), panics: number == panicking };
        let mut linker = Linker::<Noting>::new(&world.engine);
        let mut store = Store::<Noting>::new(&world.engine);
        let mut instances = vec![linker.spawn(&mut store, &world.module(base), noting(0)).unwrap()];
        let link = world.module(link);
        for number in 1..4 {
            linker.define("last", "f", instances[number as usize - 1].func(&store, "f").unwrap());
            instances.push(linker.spawn(&mut store, &link, noting(number)).unwrap());
        }
        let other = linker.spawn(
            &mut store,
            &world.module("(module)"),
            Noting { number: 9, log: Arc::clone(&log), panics: false },
        );
        for instance in &instances[..3] {
            assert_eq!(store.free(*instance, Free::WhenUnreachable).unwrap(), Freed::Waiting);
        }
        let freed = catch_unwind(AssertUnwindSafe(|| store.free(instances[3], Free::WhenUnreachable)));
        assert!(freed.is_err(), "the panic goes on");
        assert_eq!(*log.lock().unwrap(), [3, 2, 1, 0], "newest first");
        let stats = store.stats();
        assert_eq!((stats.instances, stats.zombies, stats.memories, stats.tables), (1, 0, 0, 0));
        assert_eq!(store.data(other.unwrap()).unwrap().number, 9);
        drop(store);
        assert_eq!(log.lock().unwrap().len(), 5, "each once");
    }
}

/// The island keeps the name of its first member, who is gone; whoever gets that slot is in no island.
#[test]
fn freed_island_root() {
    both(|mut world| {
        let root = world.one("r", r#"(module (memory (export "m") 1) (func (export "f")))"#);
        let sharing = r#"(module (import "r" "m" (memory 1)))"#;
        let [a, b] = [world.one("a", sharing), world.one("b", sharing)];
        is_done(&mut world, root);
        let newcomer = world.one(
            "r",
            r#"(module (table (export "t") 1 funcref) (func $f (export "f")) (elem (i32.const 0) $f))"#,
        );
        assert_eq!(slot(newcomer), slot(root), "the slot is used again");
        assert_eq!(world.store.stats().islands, 1);
        assert_eq!(world.store.island(newcomer).unwrap(), [newcomer]);
        assert_eq!(world.store.island(a).unwrap().len(), 2);
        // Its module can leak references: in an island it would have to wait.
        is_done(&mut world, newcomer);
        assert_eq!(world.store.stats().islands, 1, "a and b still share");
        is_done(&mut world, a);
        is_done(&mut world, b);
        assert_eq!(world.store.stats().islands, 0);
    });
}

/// The slot in a handle's text: `instance#3v7@1`.
fn slot(instance: Instance) -> String {
    let text = instance.to_string();
    text["instance#".len()..].split('v').next().unwrap().to_owned()
}

#[test]
fn own_func_into_own_exported_table() {
    let exporter = r#"(module (table (export "t") 1 funcref) (func (export "f") (result i32) (i32.const 6))
        (func (export "store") (param funcref) (table.set 0 (i32.const 0) (local.get 0))))"#;
    let importer = r#"(module (import "a" "t" (table 1 funcref)) (type $t (func (result i32)))
        (func (export "call") (result i32) (call_indirect (type $t) (i32.const 0))))"#;
    both(|mut world| {
        let a = world.one("a", exporter);
        let b = world.one("b", importer);
        let f = a.func(&world.store, "f").unwrap();
        world.call::<Option<Func>, ()>(a, "store", Some(f)).unwrap();
        waits(&mut world, a);
        assert_eq!(called(&mut world, b), "6");
        world.store.collect();
        assert_eq!(called(&mut world, b), "6");
        assert_eq!(world.store.free(a, Free::Now).unwrap(), Freed::Done);
        assert_eq!(called(&mut world, b), "function of a freed instance");
    });
}

#[test]
fn template_dropped_before_and_after_last_free() {
    for before in [true, false] {
        both(|mut world| {
            let mut template = world.template(HOLDER).ok();
            let instance = world.store.spawn(template.as_ref().unwrap(), 0).unwrap();
            assert_ne!(world.store.stats().code_bytes, 0);
            if before {
                template = None;
                assert!(called(&mut world, instance).contains("uninitialized"), "code is there");
            }
            is_done(&mut world, instance);
            drop(template);
            world.store.collect();
            assert_eq!(world.store.stats(), Stats::default(), "dropped before: {before}");
        });
    }
}

/// A host function's row and an instance's row may have the same slot and generation: their words differ all the same.
#[test]
fn host_func_1v1_is_not_instance_1v1() {
    both(|mut world| {
        let a = world.one(
            "a",
            &HOLDER.replace(
                r#"(func (export "set")"#,
                r#"(func (export "f") (result i32) (i32.const 1)) (func (export "set")"#,
            ),
        );
        let host = Func::host(&mut world.store, || 2_i32).unwrap();
        let own = a.func(&world.store, "f").unwrap();
        assert!(host.to_string().starts_with("func#1v1@") && own.to_string().starts_with("func#1v1@"));
        assert_ne!(host, own);
        let table = a.table(&world.store, "t").unwrap();
        for (func, expected) in [(host, "2"), (own, "1"), (host, "2")] {
            table.set(&mut world.store, 0, func.into()).unwrap();
            assert_eq!(table.get(&world.store, 0).unwrap(), Val::from(func));
            assert_eq!(called(&mut world, a), expected);
        }
        // The instance's end is not the host function's.
        let e = world.one("e", HOLDER);
        world.call::<(i32, Option<Func>), ()>(e, "set", (0, Some(host))).unwrap();
        world.store.free(a, Free::Now).unwrap();
        assert_eq!(called(&mut world, e), "2");
    });
}

#[test]
fn host_func_survives_collect() {
    both(|mut world| {
        world.linker.func("env", "f", || 7_i32).unwrap();
        let a = world.one("a", HOLDER);
        let b = world.one(
            "b",
            r#"(module (import "env" "f" (func $f (result i32))) (import "a" "t" (table 2 funcref))
                (elem (i32.const 0) $f))"#,
        );
        let made = Func::host(&mut world.store, || 9_i32).unwrap();
        assert_eq!(world.store.collect(), collected(0));
        assert_eq!(called(&mut world, a), "7");
        world.store.free(b, Free::Now).unwrap();
        assert_eq!(world.store.collect(), collected(0));
        assert_eq!(called(&mut world, a), "7", "a word names it");
        clear(&mut world, a);
        assert_eq!(world.store.collect(), Collected { host_funcs: 1, ..collected(0) });
        a.table(&world.store, "t").unwrap().set(&mut world.store, 0, made.into()).unwrap();
        assert_eq!(called(&mut world, a), "9", "the host's own share");
    });
}

#[test]
fn reexport_of_zombie() {
    both(|mut world| {
        let a = world.one("a", probe("expfn"));
        let d = world.one("d", r#"(module (import "a" "f" (func $f (result i32))) (export "g" (func $f)))"#);
        let direct = world.func::<(), i32>(a, "f");
        waits(&mut world, a);
        assert!(matches!(direct.call(&mut world.store, ()), Err(Error::Stale(_))), "bound to what was freed");
        assert_eq!(world.call::<(), i32>(d, "g", ()).unwrap(), 5);
        let bare = d.func(&world.store, "g").unwrap();
        assert_eq!(bare.call(&mut world.store, &[]).unwrap(), [Val::I32(5)]);
        assert_eq!(world.store.collect(), collected(0));
        assert_eq!(world.call::<(), i32>(d, "g", ()).unwrap(), 5);
        world.store.free(a, Free::Now).unwrap();
        assert!(matches!(d.typed_func::<(), i32>(&world.store, "g"), Err(Error::Stale(_))));
        assert!(matches!(bare.call(&mut world.store, &[]), Err(Error::Stale(_))));
    });
}

/// A host-made table is in no island until something is in it or uses it; then what is in it and who uses it share one.
#[test]
fn ownerless_table_joins() {
    both(|mut world| {
        let a = world.one("a", probe("expfn"));
        let table =
            Table::new(&mut world.store, TableType::new(RefType::Func, 1, None), Val::FuncRef(None)).unwrap();
        let f = a.func(&world.store, "f").unwrap();
        table.set(&mut world.store, 0, f.into()).unwrap();
        assert_eq!(world.store.stats().islands, 0);
        world.linker.define("host", "t", table);
        let b = world.one(
            "b",
            r#"(module (import "host" "t" (table 1 funcref)) (type $t (func (result i32)))
                (func (export "call") (result i32) (call_indirect (type $t) (i32.const 0))))"#,
        );
        assert_eq!(world.store.island(b).unwrap(), [a, b]);
        waits(&mut world, a);
        assert_eq!(called(&mut world, b), "5");
    });
}

#[test]
fn collect_keeps_words_together() {
    both(|mut world| {
        let a = world.one("a", probe("expfn"));
        let holder = world.one("h", HOLDER);
        let f = a.func(&world.store, "f").unwrap();
        let table = holder.table(&world.store, "t").unwrap();
        table.set(&mut world.store, 0, f.into()).unwrap();
        assert_eq!(world.store.stats().islands, 1);
        world.store.collect();
        assert_eq!(world.store.stats().islands, 1, "the word in the table leads to a");
        assert_eq!(called(&mut world, holder), "5");
        table.set(&mut world.store, 0, Val::FuncRef(None)).unwrap();
        assert_eq!(world.store.stats().islands, 1, "nothing but collect splits");
        world.store.collect();
        assert_eq!(world.store.stats().islands, 0);
        is_done(&mut world, a);
    });
}

/// With seven lives per slot: what was retired never answers again, neither to handles nor to words.
#[test]
fn retired_slot() {
    const GENERATIONS: u32 = 7;
    const LIVES: u32 = 50;
    let limits = StoreLimits { generations: GENERATIONS, ..StoreLimits::default() };
    let module = r#"(module (memory (export "m") 1) (table (export "t") 3 funcref) (global (export "g") (mut i32) (i32.const 0))
        (func $f (export "f") (result i32) (i32.const 6)) (elem (i32.const 0) $f))"#;
    for mode in MemoryMode::ALL {
        let mut world = World::with(&Config::new().memory_mode(mode).store_limits(limits));
        let holder = world.one(
            "holder",
            r#"(module (table (export "t") 50 funcref) (type $t (func (result i32)))
            (func (export "call") (param i32) (result i32) (call_indirect (type $t) (local.get 0))))"#,
        );
        let words = holder.table(&world.store, "t").unwrap();
        let template = world.template(module).unwrap();
        let mut old: Vec<Instance> = Vec::new();
        for n in 0..LIVES {
            let instance = world.store.spawn(&template, n).unwrap();
            assert!(!old.contains(&instance), "a handle is never given twice");
            assert_eq!(*world.store.data(instance).unwrap(), n);
            let f = instance.func(&world.store, "f").unwrap();
            words.set(&mut world.store, n.into(), f.into()).unwrap();
            for (index, stale) in (0..).zip(&old) {
                assert!(matches!(world.store.data(*stale), Err(Error::Stale(_))), "{stale} with {instance}");
                assert_eq!(
                    text(world.call::<i32, i32>(holder, "call", index)),
                    "function of a freed instance",
                    "{stale} with {instance}"
                );
            }
            assert_eq!(world.call::<u32, i32>(holder, "call", n).unwrap(), 6);
            world.store.free(instance, Free::Now).unwrap();
            old.push(instance);
        }
        // Instances, memories, tables and globals have used up as many slots each.
        assert_eq!(world.store.stats().retired_slots, 4 * (LIVES / GENERATIONS) as usize);
    }
}

/// Exports what can hold references, and a function of its own.
const OWNER: &str = r#"(module (memory (export "m") 1) (table (export "t") 4 funcref) (table (export "x") 4 externref) (func $f (export "f"))
    (func (export "set") (param funcref) (table.set 0 (i32.const 0) (local.get 0))))"#;

/// Ordinary output of compilers keeps its table to itself: it is freed at once in any company.
#[test]
fn a_private_table_never_makes_an_instance_wait() {
    let ordinary = r#"(module (import "a" "m" (memory 1)) (import "a" "f" (func $f)) (table 3 funcref) (func $g (export "g"))
        (global (mut i32) (i32.const 0)) (elem (i32.const 0) $g $f) (func (export "run") (call_indirect (i32.const 0))))"#;
    both(|mut world| {
        let a = world.one("a", OWNER);
        let [b, c] = [world.one("b", ordinary), world.one("c", ordinary)];
        assert_eq!(world.store.island(b).unwrap(), [a, b, c]);
        world.call::<(), ()>(b, "run", ()).unwrap();
        is_done(&mut world, b);
        is_done(&mut world, c);
        assert_eq!(world.store.island(a).unwrap(), [a]);
    });
}

/// What the host may do with two instances without their sharing an island afterwards.
#[test]
fn what_never_joins_two_instances() {
    type Event = fn(&mut World, Instance, Instance);
    let events: &[(&str, Event)] = &[
        ("a null", |world, _, b| world.call::<Option<Func>, ()>(b, "set", None).unwrap()),
        ("its own function", |world, _, b| {
            let f = b.func(&world.store, "f").unwrap();
            world.call::<Option<Func>, ()>(b, "set", Some(f)).unwrap();
        }),
        ("a function of the host in both", |world, a, b| {
            let f = Func::host(&mut world.store, || ()).unwrap();
            for one in [a, b] {
                world.call::<Option<Func>, ()>(one, "set", Some(f)).unwrap();
            }
        }),
        ("a value of the host in both", |world, a, b| {
            let value = ExternRef::new(&mut world.store, 1_u8).unwrap();
            for one in [a, b] {
                one.table(&world.store, "x").unwrap().set(&mut world.store, 0, value.into()).unwrap();
            }
        }),
        ("a name", |world, a, _| world.store.register("b2", a).unwrap()),
        ("bytes", |world, a, b| {
            let [from, to] = [a, b].map(|one| one.memory(&world.store, "m").unwrap());
            to.copy(&mut world.store, 0, (from, 0), 100).unwrap();
        }),
        ("a call of each", |world, a, b| {
            for one in [a, b] {
                world.call::<(), ()>(one, "f", ()).unwrap();
            }
        }),
    ];
    for (what, event) in events {
        both(|mut world| {
            let [a, b] = [world.one("a", OWNER), world.one("b", OWNER)];
            event(&mut world, a, b);
            let islands = [a, b].map(|one| world.store.island(one).unwrap());
            assert_eq!(islands, [vec![a], vec![b]], "{what}");
        });
    }
}
