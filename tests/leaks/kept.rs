//! What importers, segments, references and failed starts keep in memory: nothing.

use crate::alone::{ALLOWED_BYTES, Process, alone, cycles, engines};
use skep::{Engine, Error, Free, Freed, Instance, Linker, Module, Store, Template};
use std::fs::File;

/// A store in which modules find an exporter of a table as `a`.
fn exporter(engine: &Engine) -> (Store<u32>, Linker<u32>, Instance) {
    let (mut store, linker) = (Store::new(engine), Linker::new(engine));
    let exporter = template(&store, &linker, r#"(module (table (export "t") 4 funcref))"#);
    let instance = store.spawn_named("a", &exporter, 0).unwrap();
    (store, linker, instance)
}

fn template<T>(store: &Store<T>, linker: &Linker<T>, text: &str) -> Template<T> {
    linker.template_in(store, &Module::new(store.engine(), text).unwrap()).unwrap()
}

/// What a guest does in a store and what is then written into its memory is gone after `end`.
const IMPORTERS: u32 = 100;

#[test]
fn importers_are_freed() {
    alone("kept::importers_are_freed", || {
        for engine in engines() {
            let (mut store, linker, _) = exporter(&engine);
            let importer = template(
                &store,
                &linker,
                r#"(module (import "a" "t" (table 4 funcref)) (memory (export "m") 16))"#,
            );
            let mut run = |count: u32| {
                for n in 0..count {
                    let instance = store.spawn(&importer, n).unwrap();
                    let memory = instance.memory(&store, "m").unwrap();
                    memory.data_mut(&mut store).unwrap().fill(7);
                    assert_eq!(store.free(instance, Free::WhenUnreachable).unwrap(), Freed::Done);
                }
            };
            run(2);
            let process = Process::now();
            run(IMPORTERS);
            process.assert_flat(0, "importers");
            assert_eq!(store.stats().memories, 0);
        }
    });
}

#[test]
fn failed_importers_are_freed() {
    alone("kept::failed_importers_are_freed", || {
        for engine in engines() {
            let (mut store, linker, _) = exporter(&engine);
            let text = r#"(module (import "a" "t" (table 4 funcref)) (memory 16)
                (func $s (memory.fill (i32.const 0) (i32.const 9) (i32.const 0x100000)) (unreachable)) (start $s))"#;
            let failing = [
                template(&store, &linker, text),
                template(
                    &store,
                    &linker,
                    &text.replace("(start $s)", r#"(data (i32.const 0x7fffffff) "x")"#),
                ),
            ];
            let mut run = |count: u32| {
                for n in 0..count {
                    assert!(matches!(store.spawn(&failing[0], n), Err(Error::Start(_))));
                    let error = store.spawn(&failing[1], n).unwrap_err();
                    assert_eq!(error.to_string(), "data[0]: out of bounds memory access");
                }
            };
            run(2);
            let process = Process::now();
            run(IMPORTERS);
            process.assert_flat(0, "failed importers");
            let stats = store.stats();
            assert_eq!((stats.instances, stats.zombies, stats.memories, stats.tables), (1, 0, 0, 1));
        }
    });
}

/// A thousand instances of a module with 10 MB of data hold the pages that they touch, not the data.
#[test]
fn s60_segments_are_not_copied_per_instance() {
    const INSTANCES: usize = 1_000;
    const TOUCHED_BYTES: usize = 3 * 4096;
    // Rows, contexts, page tables in the process's own books.
    const OTHER_BYTES: usize = 4096;
    alone("kept::s60_segments_are_not_copied_per_instance", || {
        for engine in engines() {
            let (mut store, linker) = (Store::<u32>::new(&engine), Linker::new(&engine));
            let data = "x".repeat(10_000_000);
            // The first bytes are copied by the instance's own code, the rest waits in a passive segment.
            let text = format!(
                r#"(module (memory 160) (data $d "{data}")
                    (func $s (memory.init $d (i32.const 0) (i32.const 5000000) (i32.const 5000))) (start $s))"#
            );
            let module = template(&store, &linker, &text);
            drop((text, data));
            store.spawn(&module, 0).unwrap();
            let process = Process::now();
            for n in 1..INSTANCES {
                store.spawn(&module, u32::try_from(n).unwrap()).unwrap();
            }
            let grown = Process::now().resident_bytes.saturating_sub(process.resident_bytes);
            let allowed = INSTANCES * (TOUCHED_BYTES + OTHER_BYTES) + ALLOWED_BYTES;
            assert!(grown <= allowed, "{grown} bytes for {INSTANCES} instances, {allowed} allowed");
        }
    });
}

/// `ref.func` is a word: it allocates nothing.
#[test]
fn s74_d12_ref_func_allocates_nothing() {
    alone("kept::s74_d12_ref_func_allocates_nothing", || {
        for engine in engines() {
            let (mut store, linker) = (Store::<u32>::new(&engine), Linker::new(&engine));
            let text = r#"(module (func $n) (elem declare func $n) (func (export "f") (param i32)
                (loop (drop (ref.func $n)) (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))"#;
            let instance = store.spawn(&template(&store, &linker, text), 0).unwrap();
            let f = instance.typed_func::<u32, ()>(&store, "f").unwrap();
            f.call(&mut store, 1_000).unwrap();
            let process = Process::now();
            f.call(&mut store, cycles("SKEP_REF_FUNCS", 100_000_000)).unwrap();
            process.assert_flat(0, "ref.func");
        }
    });
}

/// What an instance holds of the system lies in the host's data and goes with it, on every path.
#[test]
fn d16_resources_of_a_failed_start_go() {
    alone("kept::d16_resources_of_a_failed_start_go", || {
        for engine in engines() {
            let mut linker = Linker::<Vec<File>>::new(&engine);
            linker
                .func("env", "open", |mut caller: skep::Caller<'_, Vec<File>>| {
                    caller.data_mut().push(File::open("/proc/self/exe").unwrap());
                })
                .unwrap();
            let mut store = Store::new(&engine);
            let ends = [
                "(unreachable)",
                "(call $s)",
                "(i32.store (i32.const -4) (i32.const 0))",
                "(drop (i32.div_u (i32.const 1) (i32.const 0)))",
            ];
            let process = Process::now();
            for end in ends {
                let text = format!(
                    r#"(module (import "env" "open" (func $open)) (memory 1) (func $s (call $open) {end}) (start $s))"#
                );
                let module = template(
                    &store,
                    &linker,
                    &text
                        .replace("(call $s)", "(call $r)")
                        .replace("(start $s)", "(func $r (call $r)) (start $s)"),
                );
                for _ in 0..10 {
                    let held = vec![File::open("/proc/self/exe").unwrap()];
                    assert!(matches!(store.spawn(&module, held), Err(Error::Start(_))), "{end}");
                }
                assert_eq!(Process::now().descriptors, process.descriptors, "{end}");
            }
            drop(store);
            assert_eq!(Process::now().descriptors, process.descriptors);
        }
    });
}
