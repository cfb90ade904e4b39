//! Ends of instances that only the crate itself can bring about: narrow generations, failing system calls.

use super::Store;
use super::addr::Instance;
use super::free::{Free, Freed};
use super::linker::Linker;
use super::template::Template;
use super::val::Val;
use crate::arena::pages::inject;
use crate::arena::slots::SlotLimits;
use crate::engine::{Config, Engine};
use crate::error::Error;
use crate::jit::target::MemoryMode;
use crate::module::Module;

const ALL: &str = r#"(module (memory (export "m") 1 9) (table (export "t") 3 funcref)
    (global (export "g") (mut i32) (i32.const 0)) (func $f (export "f") (result i32) (i32.const 6))
    (elem (i32.const 0) $f) (data (i32.const 8) "x"))"#;

fn template(engine: &Engine, text: &str) -> Template<u32> {
    Linker::new(engine).template(&Module::new(engine, text).unwrap()).unwrap()
}

/// Three bits of generation: a slot is retired after seven uses.
const NARROW: SlotLimits = SlotLimits::with_bits(22, 3);

#[test]
fn a_retired_slot_never_answers_to_an_old_handle() {
    let engine = Engine::new(&Config::default()).unwrap();
    let template = template(&engine, ALL);
    let mut store = Store::with_slots(&engine, NARROW);
    let mut old: Vec<Instance> = Vec::new();
    for n in 0..50 {
        let instance = store.spawn(&template, n).unwrap();
        assert!(!old.contains(&instance));
        assert_eq!(*store.data(instance).unwrap(), n);
        for stale in &old {
            assert!(matches!(store.data(*stale), Err(Error::Stale(_))), "{stale} with {instance}");
        }
        assert_eq!(store.free(instance, Free::WhenUnreachable).unwrap(), Freed::Done);
        old.push(instance);
    }
    // Instances, memories and tables went through 50 generations each, globals likewise.
    assert_eq!(store.stats().retired_slots, 4 * (50 / 7));
}

#[test]
fn an_old_word_never_calls_a_newcomer() {
    let engine = Engine::new(&Config::default()).unwrap();
    let caller = template(
        &engine,
        r#"(module (table (export "t") 1 funcref) (type $t (func (result i32)))
            (func (export "call") (result i32) (call_indirect (type $t) (i32.const 0))))"#,
    );
    let template = template(&engine, ALL);
    let mut store = Store::with_slots(&engine, NARROW);
    let a = store.spawn(&caller, 0).unwrap();
    let call = a.typed_func::<(), i32>(&store, "call").unwrap();
    let table = a.table(&store, "t").unwrap();
    let b = store.spawn(&template, 0).unwrap();
    let f = b.func(&store, "f").unwrap();
    table.set(&mut store, 0, Val::from(f)).unwrap();
    assert_eq!(call.call(&mut store, ()).unwrap(), 6);
    store.free(b, Free::Now).unwrap();
    for _ in 0..40 {
        let newcomer = store.spawn(&template, 0).unwrap();
        let error = call.call(&mut store, ()).unwrap_err();
        assert_eq!(error.to_string(), "function of a freed instance");
        store.free(newcomer, Free::Now).unwrap();
    }
}

#[test]
fn any_failing_system_call_leaves_the_store_as_it_was() {
    for mode in MemoryMode::ALL {
        let mut failures = 0;
        for k in 1.. {
            let engine = Engine::new(&Config::default().memory_mode(mode)).unwrap();
            let template = template(&engine, ALL);
            let mut store = Store::new(&engine);
            let (before, calls) = (store.stats(), inject::calls());
            let spawned = inject::with_failing_call(k, || store.spawn_named("x", &template, 0));
            let reached = inject::calls() - calls >= k;
            if let Err(error) = &spawned {
                assert!(reached && matches!(error, Error::System(_)), "call {k}: {error}");
                assert_eq!(store.stats(), before, "call {k} failed");
                failures += 1;
            }
            // A call may fail without harm: a wish, or where less will do.
            let instance = spawned.or_else(|_| store.spawn_named("x", &template, 0)).unwrap();
            let memory = instance.memory(&store, "m").unwrap();
            assert_eq!(memory.data(&store).unwrap()[8], b'x');
            if !reached {
                break;
            }
        }
        assert!(failures >= 2, "the directory and the context need pages");
    }
}

#[test]
fn a_memory_that_cannot_grow_stays_as_it_is() {
    // The other modes grow small memories without a call.
    let engine = Engine::new(&Config::default().memory_mode(MemoryMode::Guarded)).unwrap();
    let template = template(&engine, ALL);
    let mut store = Store::new(&engine);
    let memory = store.spawn(&template, 0).unwrap().memory(&store, "m").unwrap();
    assert!(inject::with_failing_call(1, || memory.grow(&mut store, 1)).is_err());
    assert_eq!(memory.size(&store).unwrap(), 1);
    assert_eq!(memory.grow(&mut store, 1).unwrap(), 1);
}
