//! S8 to S15: names, order, the ends that concern them. With defects D1 and D2: a name that two wanted.

use crate::common::{World, both, probe, text};
use skep::{EndReason, Error, Free, Freed, Instance, Stats, Val};
use std::sync::{Arc, Mutex};

type Log = Arc<Mutex<Vec<(u32, EndReason)>>>;

/// Notes each end from now on: the instance's number and why.
fn watch(world: &mut World) -> Log {
    let log = Log::default();
    let seen = Arc::clone(&log);
    world.store.on_end(move |_, data, why| {
        seen.lock().unwrap().push((*data, why));
        Ok(())
    });
    log
}

/// Instances of the empty module with the numbers from 1.
fn numbered<const N: usize>(world: &mut World) -> [Instance; N] {
    let template = world.template("(module)").unwrap();
    let mut number = 0;
    [(); N].map(|()| {
        number += 1;
        world.store.spawn(&template, number).unwrap()
    })
}

#[test]
fn s8_a_store_ends_newest_first() {
    let mut world = World::new();
    let [_, b, _] = numbered(&mut world);
    let log = watch(&mut world);
    world.store.free(b, Free::WhenUnreachable).unwrap();
    let template = world.template("(module)").unwrap();
    world.store.spawn(&template, 4).expect("takes the slot of the second, and not its place in the order");
    world.store.close(9).unwrap();
    let closed = EndReason::StoreClosed(9);
    assert_eq!(*log.lock().unwrap(), [(2, EndReason::Freed), (4, closed), (3, closed), (1, closed)]);
}

#[test]
fn s9_a_name_has_one_owner_until_it_is_released() {
    let mut world = World::new();
    let first = world.one("x", "(module)");
    let taken = "module[x] has already been instantiated";
    assert_eq!(text(world.spawn("x", "(module)")), taken);
    assert_eq!(text(world.store.register("x", first)), taken);
    let other = world.one("y", "(module)");
    assert_eq!(text(world.store.register("x", other)), taken);
    world.store.free(first, Free::WhenUnreachable).unwrap();
    assert_eq!(world.store.instance("x").unwrap(), None);
    let next = world.one("x", "(module)");
    assert_eq!(world.store.instance("x").unwrap(), Some(next));
}

#[test]
fn s13_aliases_resolve_and_unknown_names_do_not() {
    let mut world = World::new();
    let a = world.one("a", probe("memexp"));
    let importer = r#"(module (import "alias" "m" (memory 1 4)))"#;
    assert_eq!(text(world.spawn("", importer)), "module[alias] not instantiated");
    assert_eq!(world.store.instance("alias").unwrap(), None);
    world.store.register("alias", a).unwrap();
    world.one("", importer);
    assert_eq!(world.store.instance("alias").unwrap(), Some(a));
    assert!(world.store.unregister("a").unwrap());
    assert!(!world.store.unregister("a").unwrap());
    assert_eq!(world.store.instance("a").unwrap(), None);
    world.one("", importer);
    world.store.free(a, Free::WhenUnreachable).unwrap();
    assert_eq!(world.store.instance("alias").unwrap(), None, "all its names go with it");
}

#[test]
fn s9_s13_a_thousand_anonymous_instances_end_with_the_store() {
    let mut world = World::new();
    let log = watch(&mut world);
    let template = world.template("(module)").unwrap();
    for n in 0..1000 {
        let spawned = if n % 2 == 0 {
            world.store.spawn(&template, n)
        } else {
            world.store.spawn_named("", &template, n)
        };
        let instance = spawned.unwrap();
        world.store.register("", instance).unwrap();
    }
    assert_eq!(world.store.instance("").unwrap(), None);
    assert_eq!(world.store.stats(), Stats { instances: 1000, names: 0, ..world.store.stats() });
    world.store.close(0).unwrap();
    let ended: Vec<_> = log.lock().unwrap().iter().map(|(n, _)| *n).collect();
    assert_eq!(ended, (0..1000).rev().collect::<Vec<_>>());
}

#[test]
fn s10_dup_name_keeps_first() {
    both(|mut world| {
        let first = world.one("x", probe("expfn"));
        let before = world.store.stats();
        for _ in 0..3 {
            // The third is the one that would succeed, had the second taken the name away.
            assert_eq!(text(world.spawn("x", probe("expfn"))), "module[x] has already been instantiated");
            assert_eq!(world.store.instance("x").unwrap(), Some(first));
        }
        assert_eq!(world.store.stats(), before);
        assert_eq!(world.call::<(), i32>(first, "f", ()).unwrap(), 5);
    });
}

#[test]
fn s10_dup_name_runs_no_start() {
    both(|mut world| {
        let a = world.one("a", probe("memexp"));
        let log = watch(&mut world);
        world.one("x", probe("start_inc"));
        assert_eq!(text(world.spawn("x", probe("start_inc"))), "module[x] has already been instantiated");
        assert_eq!(world.byte(a, "m", 8), 1);
        assert!(log.lock().unwrap().is_empty(), "what never was does not end");
    });
}

#[test]
fn s10_d1_a_failed_owner_gives_back_its_own_name_only() {
    let mut world = World::new();
    let failing = r#"(module (func $s unreachable) (start $s))"#;
    assert_eq!(text(world.spawn("x", failing)), "start function[0] failed: unreachable");
    let first = world.one("x", "(module)");
    assert_eq!(text(world.spawn("x", failing)), "module[x] has already been instantiated");
    assert_eq!(world.store.instance("x").unwrap(), Some(first));
    // Freed and stale, it no longer has a say about the name.
    world.store.free(first, Free::WhenUnreachable).unwrap();
    let second = world.one("x", "(module)");
    assert!(matches!(world.store.free(first, Free::WhenUnreachable), Err(Error::Stale(_))));
    assert_eq!(world.store.instance("x").unwrap(), Some(second));
}

#[test]
fn s11_its_own_name_is_found_after_the_start() {
    both(|mut world| {
        let look = |caller: skep::Caller<'_, u32>| i32::from(caller.lookup("me").is_some());
        world.linker.func("env", "look", look).unwrap();
        let me = world.one(
            "me",
            r#"(module (import "env" "look" (func $look (result i32))) (global $g (export "g") (mut i32) (i32.const 9))
            (func $s (global.set $g (call $look))) (start $s) (func (export "call") (result i32) (call $look)))"#,
        );
        let during = me.global(&world.store, "g").unwrap().get(&world.store).unwrap();
        assert_eq!(during, Val::I32(0));
        assert_eq!(world.call::<(), i32>(me, "call", ()).unwrap(), 1);
    });
}

#[test]
fn s14_freeing_twice_is_an_error_and_nothing_else() {
    both(|mut world| {
        let [a, b] = ["", ""].map(|name| world.one(name, probe("memexp")));
        let log = watch(&mut world);
        assert_eq!(world.store.free(a, Free::WhenUnreachable).unwrap(), Freed::Done);
        let before = world.store.stats();
        for how in [Free::WhenUnreachable, Free::Now] {
            assert!(matches!(world.store.free(a, how), Err(Error::Stale(_))));
        }
        assert_eq!(world.store.stats(), before);
        assert_eq!(log.lock().unwrap().len(), 1);
        assert_eq!(world.byte(b, "m", 0), 0x2a);
        // One that takes its slot is not freed by the old handle.
        let c = world.one("", probe("memexp"));
        assert!(matches!(world.store.free(a, Free::Now), Err(Error::Stale(_))));
        assert_eq!(world.byte(c, "m", 0), 0x2a);
    });
}
