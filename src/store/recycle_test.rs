//! Slots that come back: what system calls that takes, and that nothing of a guest stays in them.

use super::Store;
use super::addr::Instance;
use super::free::Free;
use super::linker::Linker;
use super::template::Template;
use crate::arena::pages::inject;
use crate::engine::{Config, Engine};
use crate::jit::target::MemoryMode;
use crate::module::Module;

/// Small enough for a slot among many; writes two pages of the system's when it begins.
const SMALL: &str = r#"(module (memory (export "m") 1 2) (data (i32.const 100) "first") (data (i32.const 40000) "second")
    (func (export "grow") (result i32) (memory.grow (i32.const 1))))"#;

fn world(config: &Config, text: &str) -> (Template<u32>, Store<u32>) {
    let engine = Engine::new(config).unwrap();
    let template = Linker::new(&engine).template(&Module::new(&engine, text).unwrap()).unwrap();
    (template, Store::new(&engine))
}

fn modes() -> [Config; 3] {
    MemoryMode::ALL.map(|mode| Config::new().memory_mode(mode))
}

/// Writes into every page of a guest's memory, and leaves some alone.
fn scribble(store: &mut Store<u32>, instance: Instance, seed: usize) {
    let memory = instance.memory(store, "m").unwrap();
    for (at, byte) in memory.data_mut(store).unwrap().iter_mut().enumerate().skip(seed % 977).step_by(977) {
        *byte = u8::try_from(at % 255).unwrap() + 1;
    }
}

/// The memory is as its module says, and zero beyond.
fn check_fresh(store: &Store<u32>, instance: Instance) {
    let bytes = instance.memory(store, "m").unwrap().data(store).unwrap();
    assert_eq!((&bytes[100..105], &bytes[40000..40006]), (&b"first"[..], &b"second"[..]));
    let written = bytes.iter().filter(|byte| **byte != 0).count();
    assert_eq!((bytes.len(), written), (1 << 16, 11), "{instance}");
}

#[test]
fn a_steady_state_spawns_without_system_calls_and_frees_a_run_of_neighbours_with_one() {
    const COUNT: u32 = 1000;
    if !inject::scans_work() {
        return;
    }
    let (template, mut store) = world(&Config::new().memory_mode(MemoryMode::Checked), SMALL);
    for round in 0..4 {
        let before = inject::calls();
        let many = store.spawn_batch(&template, 0..COUNT).unwrap();
        let between = inject::calls();
        assert_eq!(store.free_batch(&many, Free::WhenUnreachable).unwrap(), 0);
        let after = inject::calls();
        assert!(after - between <= 1, "round {round}: {} calls for one run", after - between);
        assert!(round == 0 || between == before, "round {round}: {} calls", between - before);
    }
    let before = inject::calls();
    for n in 0..COUNT {
        let instance = store.spawn(&template, n).unwrap();
        store.free(instance, Free::WhenUnreachable).unwrap();
    }
    let calls = inject::calls() - before;
    assert!(calls <= u64::from(COUNT) / 4, "{calls} calls: one at a time they are cleared together too");
    store.check_invariants().unwrap();
}

#[test]
fn a_guarded_slot_is_spawned_without_system_calls_and_freed_with_one() {
    let (template, mut store) = world(&Config::new(), SMALL);
    for round in 0..10 {
        let before = inject::calls();
        let instance = store.spawn(&template, 0).unwrap();
        assert!(round == 0 || inject::calls() == before);
        scribble(&mut store, instance, round);
        let before = inject::calls();
        store.free(instance, Free::WhenUnreachable).unwrap();
        assert!(inject::calls() - before <= 1);
    }
}

#[test]
fn a_memory_that_grew_begins_small_again() {
    for config in modes() {
        let (template, mut store) = world(&config, SMALL);
        for _ in 0..70 {
            let instance = store.spawn(&template, 0).unwrap();
            check_fresh(&store, instance);
            let grow = instance.typed_func::<(), i32>(&store, "grow").unwrap();
            assert_eq!(grow.call(&mut store, ()).unwrap(), 1);
            scribble(&mut store, instance, 0);
            store.free(instance, Free::WhenUnreachable).unwrap();
        }
    }
}

#[test]
fn nothing_of_a_guest_is_left_for_the_next_of_any_template() {
    let run = || {
        for config in modes() {
            for idle_bytes in [0, 100_000, usize::MAX] {
                let (template, mut store) = world(&config.clone().idle_memory_bytes(idle_bytes), SMALL);
                let module = Module::new(store.engine(), SMALL).unwrap();
                let other = Linker::new(store.engine()).template(&module).unwrap();
                for round in 0..6 {
                    let mut many = store.spawn_batch(&template, 0..40).unwrap();
                    many.extend(store.spawn_batch(&other, 0..3).unwrap());
                    many.push(store.spawn(&template, 0).unwrap());
                    for (n, &instance) in many.iter().enumerate() {
                        check_fresh(&store, instance);
                        scribble(&mut store, instance, n * round);
                    }
                    let (some, rest) = many.split_at(many.len() / (round + 1));
                    for &instance in some {
                        store.free(instance, Free::Now).unwrap();
                    }
                    assert_eq!(store.free_batch(rest, Free::WhenUnreachable).unwrap(), 0);
                    // What waits to be cleared counts as if all of it were in memory.
                    let (counted, _) = store.whole().idle_bytes();
                    assert!(counted <= idle_bytes, "{counted}");
                }
                store.check_invariants().unwrap();
                drop(store);
            }
        }
    };
    run();
    inject::without_scans(run);
}

#[test]
fn a_failing_system_call_while_freeing_leaves_nothing_behind() {
    for config in modes() {
        for k in 1..=4 {
            let (template, mut store) = world(&config, SMALL);
            for _ in 0..3 {
                let many = store.spawn_batch(&template, 0..10).unwrap();
                for &instance in &many {
                    check_fresh(&store, instance);
                    let memory = instance.memory(&store, "m").unwrap();
                    memory.grow(&mut store, 1).unwrap();
                    scribble(&mut store, instance, 1);
                }
                let freed = inject::with_failing_call(k, || store.free_batch(&many, Free::WhenUnreachable));
                assert_eq!(freed.unwrap(), 0);
            }
            store.check_invariants().unwrap();
        }
    }
}

#[test]
fn a_failing_system_call_anywhere_in_a_life_of_many_leaves_nothing_behind() {
    const TABLES: &str = r#"(module (memory (export "m") 1 3) (table (export "t") 600 funcref) (global (mut i32) (i32.const 1))
        (table 3 funcref) (elem (i32.const 0) $f) (func $f)
        (data (i32.const 100) "first") (data (i32.const 40000) "second"))"#;
    for config in modes() {
        for idle_bytes in [0, usize::MAX] {
            let mut k = 0;
            loop {
                k += 1;
                let (template, mut store) = world(&config.clone().idle_memory_bytes(idle_bytes), TABLES);
                let other = Linker::new(store.engine()).template(template.module()).unwrap();
                let calls = inject::calls();
                inject::with_failing_call(k, || {
                    let mut live = Vec::new();
                    for round in 0..4_usize {
                        for (template, count) in [(&template, 3), (&other, 40), (&template, 1)] {
                            let stats = store.stats();
                            match store.spawn_batch(template, 0..count) {
                                Ok(many) => live.extend(many),
                                Err(_) => assert_eq!(store.stats(), stats),
                            }
                            store.check_invariants().unwrap();
                        }
                        for (n, &instance) in live.iter().enumerate() {
                            check_fresh(&store, instance);
                            if n % 3 == round % 3 {
                                let memory = instance.memory(&store, "m").unwrap();
                                let _ = memory.grow(&mut store, 2);
                            }
                            scribble(&mut store, instance, n);
                        }
                        let gone = live.drain(..).rev().collect::<Vec<_>>();
                        let (one_by_one, at_once) = gone.split_at(gone.len() / (1 + round));
                        for &instance in one_by_one {
                            store.free(instance, Free::WhenUnreachable).unwrap();
                        }
                        store.check_invariants().unwrap();
                        assert_eq!(store.free_batch(at_once, Free::WhenUnreachable).unwrap(), 0);
                        store.check_invariants().unwrap();
                    }
                });
                let stats = store.stats();
                assert_eq!((stats.instances, stats.memories, stats.tables, stats.globals), (0, 0, 0, 0));
                if inject::calls() - calls < k {
                    break;
                }
                // Most are alike.
                k += k / 4;
            }
        }
    }
}

#[test]
fn many_scribblers_in_one_store_stay_apart() {
    let (template, mut store) = world(&Config::new().memory_mode(MemoryMode::Checked), SMALL);
    let mut live: Vec<Instance> = Vec::new();
    for n in 0..600_usize {
        if n % 3 == 2 {
            let instance = live.swap_remove(n * 7 % live.len());
            store.free(instance, Free::WhenUnreachable).unwrap();
        } else {
            let instance = store.spawn(&template, 0).unwrap();
            check_fresh(&store, instance);
            scribble(&mut store, instance, n);
            live.push(instance);
        }
    }
    store.check_invariants().unwrap();
}

/// Stores of every width, at an address, with an offset and at addresses known beforehand, and the operators that write ranges.
const WRITER: &str = r#"(module (memory (export "m") 1 3) (data (i32.const 4090) "across an edge") (data $seg "0123456789")
    (func (export "w0") (param i32) (i32.store8 (local.get 0) (i32.const 1)))
    (func (export "w1") (param i32) (i32.store16 (local.get 0) (i32.const -1)))
    (func (export "w2") (param i32) (i32.store (local.get 0) (local.get 0)) (i32.store8 (local.get 0) (i32.const 3)))
    (func (export "w3") (param i32) (i64.store (local.get 0) (i64.const -1)))
    (func (export "w4") (param i32) (f32.store (local.get 0) (f32.const 1.5)))
    (func (export "w5") (param i32) (f64.store offset=9 (local.get 0) (f64.const -1.5)))
    (func (export "w6") (param i32) (i64.store32 offset=4093 (local.get 0) (i64.const -1)))
    (func (export "w7") (param i32) (i64.store (i32.const 12283) (i64.extend_i32_u (local.get 0))) (i32.store8 (i32.const 8191) (i32.const 9)))
    (func (export "w8") (param i32) (memory.fill (local.get 0) (i32.const 5) (i32.const 5000)))
    (func (export "w9") (param i32) (memory.copy (local.get 0) (i32.const 4090) (i32.const 14)))
    (func (export "w10") (param i32) (memory.init $seg (local.get 0) (i32.const 1) (i32.const 9)))
    (func (export "w11") (param i32) (drop (memory.grow (i32.const 1))) (i64.store (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 8)) (i64.const -1))))"#;

/// Something that an instance, or the host, writes somewhere.
fn write_somewhere(store: &mut Store<u32>, instance: Instance, dice: u64) {
    let memory = instance.memory(store, "m").unwrap();
    // Near an edge of two pages, or anywhere.
    let at =
        if dice & 1 == 0 { (dice >> 8) % 16 * 4096 + 4096 - (dice >> 4) % 16 } else { (dice >> 8) % 65536 };
    match (dice >> 40) % 15 {
        12 => drop(memory.write(store, at, b"from the host")),
        13 => drop(memory.fill(store, at, 3, 7)),
        14 => drop(memory.copy(store, at, (memory, 4090), 14)),
        n => {
            let write = instance.typed_func::<u32, ()>(store, &format!("w{n}")).unwrap();
            // Some lie beyond the end: what was written before stays.
            let _ = write.call(store, u32::try_from(at).unwrap());
        }
    }
}

#[test]
fn whatever_is_written_is_gone_when_the_next_guest_comes() {
    for config in modes() {
        let (template, mut store) = world(&config, WRITER);
        let fresh = store.spawn(&template, 0).unwrap();
        let expected = fresh.memory(&store, "m").unwrap().data(&store).unwrap().to_vec();
        assert_eq!(&expected[4090..4104], b"across an edge");
        let mut dice = 0x9E37_79B9_7F4A_7C15_u64;
        for life in 0..400 {
            let many = store.spawn_batch(&template, 0..3).unwrap();
            for &instance in &many {
                let bytes = instance.memory(&store, "m").unwrap().data(&store).unwrap();
                assert!(*bytes == *expected, "life {life}, {:?}", template.module().memory_mode());
                for _ in 0..life % 7 {
                    dice = dice.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(0x1405_7B7E_F767_814F);
                    write_somewhere(&mut store, instance, dice.rotate_left(17));
                }
            }
            if life % 2 == 0 {
                store.free_batch(&many, Free::WhenUnreachable).unwrap();
            } else {
                many.into_iter().for_each(|one| _ = store.free(one, Free::WhenUnreachable).unwrap());
            }
        }
        store.check_invariants().unwrap();
    }
}

#[test]
fn a_marked_memory_that_others_write_to_is_cleared_all_the_same() {
    let engine = Engine::new(&Config::new()).unwrap();
    let linker = Linker::new(&engine);
    let mut store = Store::new(&engine);
    let owner = Module::new(&engine, WRITER).unwrap();
    assert_eq!(owner.memory_mode(), MemoryMode::Compact);
    let importer = r#"(module (import "owner" "m" (memory 1)) (func (export "w") (param i32) (i64.store (local.get 0) (i64.const -1))))"#;
    let importer = Module::new(&engine, importer).unwrap();
    assert_eq!(importer.memory_mode(), MemoryMode::Checked);
    let template = linker.template(&owner).unwrap();
    let mut first = None;
    for at in (0..64_u32).map(|n| n * 1021) {
        let one = store.spawn_named("owner", &template, 0).unwrap();
        let bytes = one.memory(&store, "m").unwrap().data(&store).unwrap().to_vec();
        assert!(*first.get_or_insert(bytes.clone()) == bytes, "before {at}");
        let user = linker.spawn(&mut store, &importer, 1).unwrap();
        user.typed_func::<u32, ()>(&store, "w").unwrap().call(&mut store, at).unwrap();
        store.free(user, Free::Now).unwrap();
        store.free(one, Free::Now).unwrap();
    }
    store.check_invariants().unwrap();
}

#[test]
fn a_marked_memory_is_spawned_and_freed_without_system_calls() {
    let (template, mut store) = world(&Config::new(), WRITER);
    let touch = template.export::<u32, ()>("w8").unwrap();
    let mut answers = Vec::new();
    for round in 0..4 {
        let before = inject::calls();
        let many = store.spawn_batch(&template, 0..500).unwrap();
        store.call_column(&touch, &many, 7, &mut answers);
        answers.drain(..).for_each(Result::unwrap);
        store.free_batch(&many, Free::WhenUnreachable).unwrap();
        assert!(round == 0 || inject::calls() == before, "round {round}: {}", inject::calls() - before);
    }
}
