//! Start functions, exits, closing, hooks: what runs, what does not any more, in which order things go. S61 to S72.

use crate::common::{World, both, probe, text};
use skep::{Caller, EndReason, Error, Free, Freed, Instance, Linker, Stats, Store, Trap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

/// What happened, in order.
type Log = Arc<Mutex<Vec<String>>>;

fn log() -> (Log, impl Fn(String) + Clone + Send + Sync) {
    let log = Log::default();
    let shared = Arc::clone(&log);
    (log, move |line| shared.lock().unwrap().push(line))
}

fn taken(log: &Log) -> Vec<String> {
    std::mem::take(&mut *log.lock().unwrap())
}

/// A linker function that ends its caller with the code it is given.
fn define_exit(world: &mut World) {
    let exit = |caller: Caller<'_, u32>, code: u32| -> Result<(), Error> { Err(caller.exit(code)) };
    world.linker.func("env", "exit", exit).unwrap();
}

#[test]
fn s61_start_runs_last_and_its_error_says_which_function() {
    both(|mut world| {
        let a = world.one("a", r#"(module (memory (export "m") 1) (func (export "f") (unreachable)))"#);
        // It sees the segments written, globals evaluated.
        let last = r#"(module (import "a" "m" (memory 1)) (table 1 funcref) (global $g i32 (i32.const 3)) (data (i32.const 0) "\05")
            (func $s (if (ref.is_null (table.get 0 (i32.const 0))) (then (unreachable)))
                (i32.store8 (i32.const 1) (i32.add (i32.load8_u (i32.const 0)) (global.get $g)))) (start $s) (elem (i32.const 0) $s))"#;
        world.one("", last);
        assert_eq!(world.byte(a, "m", 1), 8);
        let failing = r#"(module (import "a" "m" (memory 1)) (func) (func $s (export "b") (export "a") (i32.store8 (i32.const 2) (i32.const 7)) (drop (i32.div_u (i32.const 1) (i32.const 0)))) (start $s))"#;
        let error = world.spawn("x", failing).unwrap_err();
        assert_eq!(error.to_string(), r#"start function[1] export["a","b"] failed: integer divide by zero"#);
        assert_eq!(error.trap(), Some(Trap::IntegerDivideByZero));
        assert_eq!(world.byte(a, "m", 2), 7, "what it wrote stays");
        let plain = failing.replace(r#"(export "b") (export "a")"#, "");
        assert_eq!(text(world.spawn("", &plain)), "start function[1] failed: integer divide by zero");
        // An import of another instance.
        let imported = r#"(module (import "a" "f" (func $f)) (start $f))"#;
        assert_eq!(text(world.spawn("", imported)), "start function[0] failed: unreachable");
        assert_eq!((world.store.stats().instances, world.store.stats().names), (2, 1));
    });
}

#[test]
fn s61_an_imported_host_function_may_be_the_start() {
    both(|mut world| {
        let add = |mut caller: Caller<'_, u32>| *caller.data_mut() += 5;
        world.linker.func("env", "add", add).unwrap();
        world.linker.func("env", "fail", || -> Result<(), &str> { Err("no") }).unwrap();
        let started = world.one("", r#"(module (import "env" "add" (func $f)) (start $f))"#);
        assert_eq!(*world.store.data(started).unwrap(), 5, "the caller is the new instance");
        let failing = r#"(module (import "env" "fail" (func $f)) (export "f" (func $f)) (start $f))"#;
        assert_eq!(text(world.spawn("", failing)), r#"start function[0] export["f"] failed: no"#);
    });
}

#[test]
fn s61_an_exit_in_a_start_is_not_wrapped() {
    for code in [0, 2] {
        both(|mut world| {
            define_exit(&mut world);
            let module = format!(
                r#"(module (import "env" "exit" (func $e (param i32))) (func $s (call $e (i32.const {code})) (unreachable)) (start $s))"#
            );
            let error = world.spawn("x", &module).unwrap_err();
            assert!(matches!(error, Error::Exit(found) if found == code), "{error}");
            assert_eq!(error.to_string(), format!("module closed with exit_code({code})"));
            assert_eq!((world.store.stats().instances, world.store.stats().names), (0, 0));
        });
    }
}

#[test]
fn s62_s63_the_first_exit_wins_and_exiting_again_is_fine() {
    let module = r#"(module (import "env" "exit" (func $e (param i32))) (memory (export "m") 1)
        (func (export "leave") (param i32) (call $e (local.get 0)) (i32.store8 (i32.const 0) (i32.const 1)))
        (func (export "f")))"#;
    both(|mut world| {
        define_exit(&mut world);
        for (first, by_host) in [(0, false), (0, true), (3, false), (3, true)] {
            let a = world.one("", module);
            assert_eq!(a.exit_code(&world.store).unwrap(), None, "never exited is not exit 0");
            if by_host {
                world.store.exit(a, first).unwrap();
            } else {
                let error = world.call::<u32, ()>(a, "leave", first).unwrap_err();
                assert_eq!(error.exit_code(), Some(first));
            }
            world.store.exit(a, 9).unwrap();
            assert_eq!(world.call::<u32, ()>(a, "leave", 8).unwrap_err().exit_code(), Some(first));
            assert_eq!(a.exit_code(&world.store).unwrap(), Some(first));
            assert_eq!(
                text(world.call::<(), ()>(a, "f", ())),
                format!("module closed with exit_code({first})")
            );
            assert_eq!(world.byte(a, "m", 0), 0, "nothing ran after the exit");
            assert_eq!(world.store.free(a, Free::WhenUnreachable).unwrap(), Freed::Done);
        }
    });
}

/// Counts its drops.
struct Counted(Arc<Mutex<u32>>);

impl Drop for Counted {
    fn drop(&mut self) {
        *self.0.lock().unwrap() += 1;
    }
}

/// However an instance ends, and however often the host ends it, hook and data go once.
#[test]
fn s63_s64_resources_go_exactly_once_on_every_path() {
    type End = (&'static str, fn(&mut Store<Counted>, Instance));
    let ends: &[End] = &[
        ("free", |store, one| assert_eq!(store.free(one, Free::WhenUnreachable).unwrap(), Freed::Done)),
        ("free now", |store, one| assert_eq!(store.free(one, Free::Now).unwrap(), Freed::Done)),
        ("free twice", |store, one| {
            store.free(one, Free::WhenUnreachable).unwrap();
            assert!(store.free(one, Free::Now).is_err());
        }),
        ("exit", |store, one| {
            store.exit(one, 0).unwrap();
            store.exit(one, 1).unwrap();
        }),
        ("exit and free", |store, one| {
            store.exit(one, 0).unwrap();
            store.free(one, Free::Now).unwrap();
        }),
        ("close", |store, _| store.close(1).unwrap()),
        ("close twice", |store, _| {
            store.close(1).unwrap();
            store.close(2).unwrap();
        }),
        ("free and close", |store, one| {
            store.free(one, Free::WhenUnreachable).unwrap();
            store.close(1).unwrap();
        }),
        ("drop of the store", |_, _| ()),
    ];
    for (what, end) in ends {
        let world = World::new();
        let (drops, hooks) = (Arc::new(Mutex::new(0)), Arc::new(Mutex::new(0)));
        let template = Linker::new(&world.engine).template(&world.module("(module (memory 1))")).unwrap();
        let mut store = Store::new(&world.engine);
        let counting = Arc::clone(&hooks);
        store.on_end(move |_, _, _| {
            *counting.lock().unwrap() += 1;
            Ok(())
        });
        let one = store.spawn(&template, Counted(Arc::clone(&drops))).unwrap();
        end(&mut store, one);
        drop(store);
        assert_eq!((*drops.lock().unwrap(), *hooks.lock().unwrap()), (1, 1), "{what}");
    }
}

#[test]
fn s64_a_failed_start_drops_its_data_once() {
    let world = World::new();
    let drops = Arc::new(Mutex::new(0));
    let linker = Linker::new(&world.engine);
    let mut store = Store::new(&world.engine);
    let failing = [
        r#"(module (func $s (unreachable)) (start $s))"#,
        r#"(module (memory 1) (data (i32.const 65536) "x"))"#,
        r#"(module (table 1 funcref) (func $f) (elem (i32.const 1) $f))"#,
    ];
    for (n, text) in (1..).zip(failing) {
        let counted = Counted(Arc::clone(&drops));
        linker.spawn(&mut store, &world.module(text), counted).unwrap_err();
        assert_eq!(*drops.lock().unwrap(), n);
    }
    assert_eq!(Stats { code_bytes: 0, ..store.stats() }, Stats::default());
}

#[test]
fn s65_s71_d10_a_freed_or_exited_instance_executes_nothing() {
    both(|mut world| {
        let a = world.one("a", probe("memexp"));
        let ends = [
            (None, "module closed with exit_code(4)"),
            (Some(Free::WhenUnreachable), "stale handle "),
            (Some(Free::Now), "stale handle "),
        ];
        for (end, expected) in ends {
            let b = world.one("", probe("memwriter"));
            let (typed, bare) = (world.func::<(), ()>(b, "w"), b.func(&world.store, "w").unwrap());
            match end {
                None => world.store.exit(b, 4).unwrap(),
                Some(how) => assert_eq!(world.store.free(b, how).unwrap(), Freed::Done),
            }
            let answers = [
                text(typed.call(&mut world.store, ())),
                text(bare.call(&mut world.store, &[])),
                text(bare.call_as(&mut world.store, a, &[])),
                text(b.typed_func::<(), ()>(&world.store, "w").and_then(|w| w.call(&mut world.store, ()))),
                text(bare.typed::<(), ()>(&world.store).and_then(|w| w.call(&mut world.store, ()))),
            ];
            for answer in answers {
                assert!(answer.starts_with(expected), "{answer}");
            }
            assert_eq!(world.byte(a, "m", 0), 0x2a, "{expected}: it ran");
        }
    });
}

/// Exit is a rule for the host's entry: guests that hold a function of an instance that exited still call it.
#[test]
fn s71_guests_still_call_what_has_exited() {
    both(|mut world| {
        let b = world.one("b", probe("expfn"));
        let c = world.one("c", probe("impfn"));
        world.store.exit(b, 1).unwrap();
        assert_eq!(world.call::<(), i32>(c, "g", ()).unwrap(), 5);
        assert_eq!(text(world.call::<(), i32>(b, "f", ())), "module closed with exit_code(1)");
    });
}

/// Says when it is dropped.
struct Said(u32, Box<dyn Fn(String) + Send + Sync>);

impl Drop for Said {
    fn drop(&mut self) {
        self.1(format!("drop {}", self.0));
    }
}

/// Hook, names, rows, then the host's data, with the store whole again; a store ends newest first, and neither errors nor panics of
/// hooks stop it.
#[test]
fn s66_s69_ends_are_in_order_and_nothing_stops_them() {
    for panics in [false, true] {
        let world = World::new();
        let (log, say) = log();
        let template = Linker::new(&world.engine)
            .template(&world.module(r#"(module (memory 1) (table 1 funcref) (global i32 (i32.const 0)))"#))
            .unwrap();
        let mut store = Store::<Said>::new(&world.engine);
        let said = |n| Said(n, Box::new(say.clone()));
        let instances: Vec<_> =
            (0..4).map(|n| store.spawn_named(&format!("n{n}"), &template, said(n)).unwrap()).collect();
        let saying = say.clone();
        store.on_end(move |_, data, why| {
            saying(format!("hook {} {why:?}", data.0));
            assert!(!(panics && data.0 == 2), "the hook");
            if data.0 == 2 { Err(Error::host("the hook")) } else { Ok(()) }
        });
        store.free(instances[0], Free::WhenUnreachable).unwrap();
        assert_eq!(taken(&log), ["hook 0 Freed", "drop 0"]);
        assert_eq!(store.instance("n0").unwrap(), None);
        // The slot of the first, used again, does not make the newcomer the oldest.
        store.spawn_named("n4", &template, said(4)).unwrap();
        let closed = catch_unwind(AssertUnwindSafe(|| store.close(7)));
        let hooks = [
            "hook 4 StoreClosed(7)",
            "hook 3 StoreClosed(7)",
            "hook 2 StoreClosed(7)",
            "hook 1 StoreClosed(7)",
        ];
        let drops = ["drop 4", "drop 3", "drop 2", "drop 1"];
        assert_eq!(taken(&log), [hooks, drops].concat());
        match closed {
            Ok(closed) => {
                let errors = closed.unwrap_err();
                assert!(!panics && errors.len() == 1);
                assert_eq!((errors[0].instance, &*errors[0].error.to_string()), (instances[2], "the hook"));
            }
            Err(panic) => assert!(panics && panic.downcast_ref::<&str>() == Some(&"the hook")),
        }
        assert_eq!(store.stats(), Stats::default());
        assert!(matches!(store.spawn(&template, said(9)), Err(Error::AlreadyClosed)));
    }
}

#[test]
fn s67_the_hook_is_told_of_failed_starts() {
    both(|mut world| {
        define_exit(&mut world);
        world.linker.func("env", "panic", || -> () { panic!("in a start") }).unwrap();
        let ends = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&ends);
        world.store.on_end(move |_, data, why| {
            seen.lock().unwrap().push((*data, why));
            Err(Error::host("has nowhere to go"))
        });
        let failing = [
            r#"(module (func $s (unreachable)) (start $s))"#,
            r#"(module (memory 0) (data (i32.const 1) ""))"#,
            r#"(module (table 0 funcref) (elem (i32.const 1)))"#,
            r#"(module (import "env" "exit" (func $e (param i32))) (func $s (call $e (i32.const 0))) (start $s))"#,
            r#"(module (import "env" "panic" (func $p)) (start $p))"#,
        ];
        for (n, failing) in (0..).zip(failing) {
            let template = world.template(failing).unwrap();
            let spawned = catch_unwind(AssertUnwindSafe(|| world.store.spawn(&template, n)));
            assert!(!matches!(spawned, Ok(Ok(_))), "{failing}");
            assert_eq!(*ends.lock().unwrap(), [(n, EndReason::StartFailed)], "{failing}");
            ends.lock().unwrap().clear();
        }
        // Nothing has begun where linking failed or the name was taken.
        world.one("x", "(module)");
        world.spawn("x", "(module)").unwrap_err();
        world.spawn("y", probe("missing")).unwrap_err();
        assert!(ends.lock().unwrap().is_empty());
    });
}

#[test]
fn s68_code_lives_as_long_as_an_instance_or_zombie_needs_it() {
    both(|mut world| {
        let holder = world.one("a", probe("stale/a"));
        let only_holder = world.store.stats().code_bytes;
        let b = world.one("b", probe("stale/b"));
        // `one` has dropped module and template.
        assert!(world.store.stats().code_bytes > only_holder);
        world.call::<(), ()>(b, "put", ()).unwrap();
        assert_eq!(world.store.free(b, Free::WhenUnreachable).unwrap(), Freed::Waiting);
        assert_eq!(world.call::<(), i32>(holder, "call", ()).unwrap(), 42);
        world.store.free(b, Free::Now).unwrap();
        world.store.collect();
        assert_eq!(world.store.stats().code_bytes, only_holder);
        world.store.free(holder, Free::Now).unwrap();
        world.store.collect();
        assert_eq!(world.store.stats().code_bytes, 0);
    });
}

#[test]
fn s72_d11_importers_of_a_freed_instance_see_what_the_host_chose() {
    for (how, freed, expected) in [
        (Free::WhenUnreachable, Freed::Waiting, "ok"),
        (Free::Now, Freed::Done, "function of a freed instance"),
    ] {
        both(|mut world| {
            let b = world.one("b", probe("expfn"));
            let c = world.one("c", probe("impfn"));
            assert_eq!(world.store.free(b, how).unwrap(), freed);
            let result = world.call::<(), i32>(c, "g", ());
            assert!(result.as_ref().ok().is_none_or(|result| *result == 5));
            assert_eq!(text(result), expected);
            // Nobody links with what was freed.
            assert_eq!(text(world.template(probe("impfn"))), "module[b] not instantiated");
        });
    }
}

/// The hook gets the data and not the store: it cannot ask the store for anything, so neither deadlock nor half a store is possible.
/// It may run in the middle of a start that fails inside another's call.
#[test]
fn d9_a_hook_runs_without_the_store() {
    let mut world = World::new();
    let (log, say) = log();
    world.store.on_end(move |instance, data, why| {
        say(format!("{} {data} {why:?}", instance.to_string().split('@').next().unwrap()));
        *data += 1;
        Ok(())
    });
    let a = world.one("a", "(module)");
    *world.store.data_mut(a).unwrap() = 70;
    world.store.free(a, Free::Now).unwrap();
    assert_eq!(taken(&log), ["instance#1v1 70 Freed"]);
}
