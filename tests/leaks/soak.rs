//! Hundreds of thousands of lives in one store: memory, mappings and rows stay as they were.

use crate::alone::{ALLOWED_BYTES, Process, alone, cycles, engines};
use skep::{Engine, Error, Free, Freed, Instance, Linker, Module, Stats, Store, Template, Val};

/// One memory, table, global and function that the importers share.
const SHARED: &str = r#"(module (memory (export "m") 1 4) (table (export "t") 8 funcref)
    (global (export "g") (mut i64) (i64.const 0)) (func (export "f") (result i32) (i32.const 1)))"#;
const EMPTY: &str = "(module)";
const MEMORY: &str = r#"(module (memory (export "m") 1) (data (i32.const 70) "bytes"))"#;
const TABLE: &str = r#"(module (table (export "t") 16 funcref) (global (mut i32) (i32.const 1)) (func $f)
    (elem (i32.const 3) $f $f) (elem funcref (ref.func $f)))"#;
const IMPORTER: &str = r#"(module (import "shared" "m" (memory 1)) (import "shared" "f" (func $f (result i32)))
    (import "shared" "g" (global $g (mut i64))) (func $s (i32.store (i32.const 9) (call $f))) (start $s))"#;
const FAILING: &str = r#"(module (import "shared" "m" (memory 1)) (table 2 funcref)
    (func $s (i32.store (i32.const 5) (i32.const 6)) (unreachable)) (start $s))"#;
const OUTSIDE: &str = r#"(module (memory 1) (table 3 funcref) (func $f) (elem (i32.const 0) $f)
    (data (i32.const 65536) "x"))"#;

/// Puts a reference to its own function into the shared table: it waits for `collect` when it is freed.
const PUTTER: &str =
    r#"(module (import "shared" "t" (table 8 funcref)) (memory 1) (func $f) (elem (i32.const 2) $f))"#;

/// A store with the shared instance, and templates of the kinds of lives.
struct Lives {
    store: Store<u32>,
    shared: Instance,
    templates: Vec<Template<u32>>,
    putter: Template<u32>,
}

/// The kinds of which `turn` spawns one each.
const KINDS: [&str; 6] = [EMPTY, MEMORY, TABLE, IMPORTER, FAILING, OUTSIDE];

impl Lives {
    fn new(engine: &Engine) -> Self {
        let (mut store, linker) = (Store::new(engine), Linker::new(engine));
        let shared = store.spawn_named("shared", &template(&store, &linker, SHARED), 0).unwrap();
        let templates = KINDS.map(|kind| template(&store, &linker, kind)).into();
        let putter = template(&store, &linker, PUTTER);
        Self { store, shared, templates, putter }
    }

    /// One life of the `n`th kind, every second time under a name.
    fn live(&mut self, n: u32) {
        let kind = n as usize % KINDS.len();
        let name = if (n as usize / KINDS.len()).is_multiple_of(2) { "" } else { "named" };
        match self.store.spawn_named(name, &self.templates[kind], n) {
            Ok(instance) => {
                assert_eq!(self.store.instance("named").unwrap().is_some(), !name.is_empty());
                assert_eq!(self.store.free(instance, Free::WhenUnreachable).unwrap(), Freed::Done);
            }
            Err(Error::Start(_)) if KINDS[kind] == FAILING => {}
            Err(Error::Segment(_)) if KINDS[kind] == OUTSIDE => {}
            Err(error) => panic!("{error}"),
        }
        assert_eq!(self.store.instance("named").unwrap(), None);
    }

    /// A life that leaves a reference in the shared table.
    fn leave(&mut self, n: u32) {
        let instance = self.store.spawn(&self.putter, n).unwrap();
        assert_eq!(self.store.free(instance, Free::WhenUnreachable).unwrap(), Freed::Waiting);
    }
}

fn template(store: &Store<u32>, linker: &Linker<u32>, text: &str) -> Template<u32> {
    linker.template_in(store, &Module::new(store.engine(), text).unwrap()).unwrap()
}

/// What a short run may take more: pages of the allocator's, and less for each life than the least that anything takes.
const NOISE_BYTES: usize = 96 << 10;
const BYTES_PER_CYCLE: usize = 4;

/// Runs `cycles` lives; after the first tenth nothing may grow.
fn check(name: &str, cycles: u32, lives: &mut Lives, live: impl Fn(&mut Lives, u32)) {
    let warm = cycles / 10;
    let mut run = |from: u32, to: u32| -> Stats {
        (from..to).for_each(|n| live(lives, n));
        lives.store.stats()
    };
    let rows = run(0, warm);
    let process = Process::now();
    assert_eq!(run(warm, cycles), rows, "{name}: rows");
    let allowed = ALLOWED_BYTES.min(NOISE_BYTES + BYTES_PER_CYCLE * (cycles - warm) as usize);
    process.assert_grown(allowed, 0, &format!("{name}, {} cycles after {warm}", cycles - warm));
}

/// By hand: `SKEP_SOAK_CYCLES=1000000 cargo test --release --test leaks soak -- --nocapture`.
fn soak_cycles() -> u32 {
    cycles("SKEP_SOAK_CYCLES", 24_000)
}

#[test]
fn soak_of_all_kinds_of_lives() {
    alone("soak::soak_of_all_kinds_of_lives", || {
        for engine in engines() {
            let mut lives = Lives::new(&engine);
            check("soak", soak_cycles(), &mut lives, Lives::live);
            let stats = lives.store.stats();
            assert_eq!((stats.instances, stats.zombies, stats.memories, stats.tables), (1, 0, 1, 1));
            assert_eq!((stats.globals, stats.names, stats.islands, stats.retired_slots), (1, 1, 1, 0));
        }
    });
}

#[test]
fn soak_of_what_waits_for_collect() {
    const BETWEEN_COLLECTS: u32 = 100;
    alone("soak::soak_of_what_waits_for_collect", || {
        for engine in engines() {
            let mut lives = Lives::new(&engine);
            let cycles = soak_cycles().next_multiple_of(10 * BETWEEN_COLLECTS);
            check("collecting soak", cycles, &mut lives, |lives, n| {
                lives.leave(n);
                if n % BETWEEN_COLLECTS == BETWEEN_COLLECTS - 1 {
                    let table = lives.shared.table(&lives.store, "t").unwrap();
                    table.set(&mut lives.store, 2, Val::FuncRef(None)).unwrap();
                    assert_eq!(lives.store.collect().instances, BETWEEN_COLLECTS as usize);
                }
            });
            assert_eq!(lives.store.stats().memories, 1);
        }
    });
}

/// Instances of each batch.
const BATCH: u32 = 20;

#[test]
fn soak_of_batches_and_graphs() {
    let exporter = r#"(module (memory (export "m") 1) (func (export "f") (result i32) (i32.const 3)))"#;
    let importer = r#"(module (import "one" "m" (memory 1)) (import "one" "f" (func $f (result i32)))
        (func $s (i32.store (i32.const 0) (call $f))) (start $s))"#;
    alone("soak::soak_of_batches_and_graphs", || {
        for engine in engines() {
            let mut lives = Lives::new(&engine);
            let linker = Linker::new(&engine);
            let modules = [exporter, importer].map(|text| Module::new(&engine, text).unwrap());
            check("batches", (soak_cycles() / BATCH).max(10), &mut lives, |lives, n| {
                let kind = n as usize % KINDS.len();
                let mut instances = match lives.store.spawn_batch(&lives.templates[kind], 0..BATCH) {
                    Ok(instances) => instances,
                    Err(Error::Batch(_)) => Vec::new(),
                    Err(error) => panic!("{error}"),
                };
                assert_eq!(instances.is_empty(), [FAILING, OUTSIDE].contains(&KINDS[kind]));
                let graph = ["two", "one"].into_iter().zip(modules.iter().rev());
                let graph = graph.map(|(name, module)| (name, module, n));
                instances.extend(lives.store.spawn_all(&linker, graph).unwrap());
                for instance in instances {
                    lives.store.free(instance, Free::WhenUnreachable).unwrap();
                }
            });
            let stats = lives.store.stats();
            assert_eq!((stats.instances, stats.zombies, stats.names, stats.islands), (1, 0, 1, 1));
        }
    });
}

/// A slot is retired when it has had this many lives.
const GENERATIONS: u32 = (1 << 22) - 1;

/// By hand: `SKEP_FREE_FREES=10000000 cargo test --release --test leaks free_frees -- --nocapture`.
#[test]
fn free_frees() {
    alone("soak::free_frees", || {
        let engine = engines().next().unwrap();
        let mut lives = Lives::new(&engine);
        let cycles = cycles("SKEP_FREE_FREES", 20_000);
        let memory = KINDS.iter().position(|kind| *kind == MEMORY).unwrap();
        let live = |lives: &mut Lives, n: u32| {
            let instance = lives.store.spawn(&lives.templates[memory], n).unwrap();
            assert_eq!(lives.store.free(instance, Free::WhenUnreachable).unwrap(), Freed::Done);
        };
        (0..cycles / 10).for_each(|n| live(&mut lives, n));
        let process = Process::now();
        (cycles / 10..cycles).for_each(|n| live(&mut lives, n));
        process.assert_flat(2, "free_frees");
        // Of instances and of memories one slot each was used again and again.
        assert_eq!(lives.store.stats().retired_slots, 2 * (cycles / GENERATIONS) as usize);
    });
}
