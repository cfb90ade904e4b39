//! Many instances at once are what one by one would be: all or none, in order, and in parallel.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use proptest::prelude::*;
use skep::{
    Caller, Config, EndReason, Engine, Error, Free, Freed, Instance, Linker, Memory, MemoryMode, MemoryType,
    Module, Stats, Store, StoreLimits,
};

use crate::common::{World, both, text};

/// Runs in a pool of so many threads.
fn on_threads<R: Send>(threads: usize, work: impl FnOnce() -> R + Send) -> R {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(work)
}

/// Modules spawned under names.
fn all(world: &mut World, items: &[(&str, &str, u32)]) -> Result<Vec<Instance>, Error> {
    let modules: Vec<Module> = items.iter().map(|(_, text, _)| world.module(text)).collect();
    let items = items.iter().zip(&modules).map(|((name, _, data), module)| (*name, module, *data));
    world.store.spawn_all(&world.linker, items)
}

/// Everything of a store that a guest or host can see, in words.
fn state(store: &Store<u32>, instances: &[Instance]) -> Vec<String> {
    let one = |&instance: &Instance| {
        let exports = instance.exports(store).unwrap().into_iter().map(|(name, item)| {
            let value = match item {
                skep::Extern::Memory(memory) => {
                    let bytes = memory.data(store).unwrap();
                    format!("{} {:?}", bytes.len(), &bytes[..64])
                }
                skep::Extern::Global(global) => format!("{:?}", global.get(store).unwrap()),
                skep::Extern::Table(table) => {
                    let size = table.size(store).unwrap();
                    let set = (0..size).map(|at| table.get(store, at).unwrap() != skep::Val::FuncRef(None));
                    format!("{:?}", set.collect::<Vec<_>>())
                }
                skep::Extern::Func(_) => String::new(),
            };
            format!("{name}={value}")
        });
        format!("{:?} {}", store.data(instance).unwrap(), exports.collect::<Vec<_>>().join(" "))
    };
    instances.iter().map(one).collect()
}

/// What a store holds, apart from what a template that is still held keeps and islands that stay joined.
fn rows(store: &Store<u32>) -> Stats {
    Stats { code_bytes: 0, islands: 0, ..store.stats() }
}

/// Its start function writes the instance's number, which the host tells, and a running count into its memory and a global.
const OWN: &str = r#"(module
    (import "env" "number" (func $number (result i32)))
    (memory (export "m") 1 3) (data (i32.const 8) "segment")
    (table (export "t") 3 funcref) (elem (i32.const 1) $start)
    (global $g (export "g") (mut i64) (i64.const 7))
    (func $start
        (i32.store (i32.const 0) (call $number))
        (drop (memory.grow (i32.rem_u (call $number) (i32.const 3))))
        (global.set $g (i64.add (global.get $g) (i64.extend_i32_u (call $number)))))
    (start $start))"#;

/// Appends the instance's number to a list in a memory that all share.
const SHARED: &str = r#"(module
    (import "env" "number" (func $number (result i32)))
    (import "list" "m" (memory 1))
    (func $start
        (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 4)))
        (i32.store (i32.load (i32.const 0)) (call $number)))
    (start $start))"#;

fn number_world(engine: &Engine) -> World {
    let mut world = World::of(engine);
    world.linker.func("env", "number", |caller: Caller<'_, u32>| *caller.data()).unwrap();
    world.one("list", r#"(module (memory (export "m") 1))"#);
    world
}

#[test]
fn s25_a_batch_is_what_one_by_one_would_be() {
    for mode in MemoryMode::ALL {
        let engine = Engine::new(&Config::new().memory_mode(mode)).unwrap();
        for (text, threads) in [(OWN, 1), (OWN, 2), (OWN, 8), (SHARED, 2)] {
            for count in [0_u32, 1, 2, 17, 300] {
                let (mut a, mut b) = (number_world(&engine), number_world(&engine));
                let template = a.template(text).unwrap();
                let many = on_threads(threads, || a.store.spawn_batch(&template, 0..count)).unwrap();
                let template = b.template(text).unwrap();
                let one = (0..count).map(|n| b.store.spawn(&template, n).unwrap()).collect::<Vec<_>>();
                assert_eq!(state(&a.store, &many), state(&b.store, &one));
                assert_eq!(a.store.stats(), b.store.stats());
                a.store.check_invariants().unwrap();
                let lists = [&a, &b].map(|world| {
                    let list = world.store.instance("list").unwrap().unwrap();
                    list.memory(&world.store, "m").unwrap().data(&world.store).unwrap().to_vec()
                });
                assert!(lists[0] == lists[1], "{count} on {threads}");
            }
        }
    }
}

/// Waits until `count` have come, or the time is up: then false.
#[derive(Default)]
struct Meeting {
    come: Mutex<usize>,
    all: Condvar,
}

impl Meeting {
    fn wait(&self, count: usize) -> bool {
        let mut come = self.come.lock().unwrap();
        *come += 1;
        self.all.notify_all();
        let wait = self.all.wait_timeout_while(come, Duration::from_secs(20), |come| *come < count);
        !wait.unwrap().1.timed_out()
    }
}

const MEETS: &str = r#"(module (import "env" "meet" (func $meet)) (start $meet))"#;

#[test]
fn s25_starts_of_different_islands_overlap() {
    let meet_world = || {
        let mut world = World::new();
        let meeting = Arc::new(Meeting::default());
        let met = move || meeting.wait(2).then_some(()).ok_or("nobody else came");
        world.linker.func("env", "meet", met).unwrap();
        world
    };
    let mut world = meet_world();
    let template = world.template(MEETS).unwrap();
    on_threads(2, || world.store.spawn_batch(&template, [1, 2])).unwrap();
    let mut world = meet_world();
    on_threads(2, || all(&mut world, &[("a", MEETS, 1), ("b", MEETS, 2)])).unwrap();
}

#[test]
fn s25_starts_of_one_island_never_overlap() {
    let mut world = World::new();
    let (inside, begun) = (AtomicBool::new(false), Arc::new(AtomicUsize::new(0)));
    let count = Arc::clone(&begun);
    let meet = move || {
        assert!(!inside.swap(true, Ordering::SeqCst), "two at once");
        std::thread::sleep(Duration::from_millis(2));
        count.fetch_add(1, Ordering::SeqCst);
        inside.store(false, Ordering::SeqCst);
    };
    world.linker.func("env", "meet", meet).unwrap();
    world.one("list", r#"(module (memory (export "m") 1))"#);
    let text = r#"(module (import "env" "meet" (func $meet)) (import "list" "m" (memory 1)) (start $meet))"#;
    let template = world.template(text).unwrap();
    on_threads(4, || world.store.spawn_batch(&template, 0..20)).unwrap();
    assert_eq!(begun.load(Ordering::SeqCst), 20);
}

#[test]
fn s25_a_failure_ends_the_whole_batch() {
    both(|mut world| {
        world.one("list", r#"(module (memory (export "m") 1))"#);
        let number = |caller: Caller<'_, u32>| match *caller.data() {
            7 | 11 => Err("refused"),
            n => Ok(n),
        };
        world.linker.func("env", "number", number).unwrap();
        let ends = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&ends);
        world.store.on_end(move |_, data, why| {
            seen.lock().unwrap().push((*data, why));
            Ok(())
        });
        let template = world.template(SHARED).unwrap();
        let before = rows(&world.store);
        let error = on_threads(2, || world.store.spawn_batch(&template, 0..20)).unwrap_err();
        assert_eq!(error.to_string(), "batch item 7: start function[1] failed: refused");
        assert_eq!(rows(&world.store), before);
        let mut expected: Vec<_> = (0..20).map(|n| (n, EndReason::BatchAborted)).collect();
        expected[7].1 = EndReason::StartFailed;
        expected.reverse();
        assert_eq!(*ends.lock().unwrap(), expected, "newest first");
        // What those below have written stays.
        let list = world.store.instance("list").unwrap().unwrap();
        assert_eq!((world.byte(list, "m", 0), world.byte(list, "m", 4 * 7)), (4 * 8, 6));
        world.store.check_invariants().unwrap();
    });
}

#[test]
fn s25_a_panic_ends_the_batch_and_goes_on() {
    let mut world = World::new();
    let number = |caller: Caller<'_, u32>| if *caller.data() == 3 { panic!("three") } else { *caller.data() };
    world.linker.func("env", "number", number).unwrap();
    let template = world.template(OWN).unwrap();
    let before = rows(&world.store);
    let store = &mut world.store;
    let run = std::panic::AssertUnwindSafe(|| on_threads(2, || store.spawn_batch(&template, 0..9)));
    let panic = std::panic::catch_unwind(run).unwrap_err();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"three"));
    assert_eq!(rows(&world.store), before);
    world.store.check_invariants().unwrap();
    // It goes on as before.
    assert_eq!(world.store.spawn_batch(&template, 4..9).unwrap().len(), 5);
}

#[test]
fn s25_what_has_no_room_is_not_begun() {
    let limits = StoreLimits { instances: 5, ..StoreLimits::default() };
    let mut world = World::with(&Config::new().store_limits(limits));
    let ran = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&ran);
    world
        .linker
        .func("env", "meet", move || {
            count.fetch_add(1, Ordering::SeqCst);
        })
        .unwrap();
    world.store.on_end(|_, _, _| panic!("nothing has begun"));
    let template = world.template(MEETS).unwrap();
    let error = world.store.spawn_batch(&template, 0..6).unwrap_err();
    assert_eq!(error.to_string(), "batch item 5: instances 6 exceeds the limit 5");
    assert_eq!((ran.load(Ordering::SeqCst), world.store.stats().instances), (0, 0));
    assert_eq!(world.store.spawn_batch(&template, 0..5).unwrap().len(), 5);
    world.store.on_end(|_, _, _| Ok(()));
    world.store.close(0).unwrap();
    assert!(matches!(world.store.spawn_batch(&template, 0..1), Err(Error::AlreadyClosed)));
}

const EXPORTS: &str = r#"(module (func (export "f") (result i32) (i32.const 5)))"#;
const IMPORTS: &str =
    r#"(module (import "b" "f" (func $f (result i32))) (func (export "g") (result i32) (call $f)))"#;

#[test]
fn s25_modules_find_each_other_by_name_in_any_order() {
    both(|mut world| {
        let spawned = all(&mut world, &[("a", IMPORTS, 1), ("b", EXPORTS, 2), ("", EXPORTS, 3)]).unwrap();
        assert_eq!(world.call::<(), i32>(spawned[0], "g", ()).unwrap(), 5);
        assert_eq!(spawned.iter().map(|&i| *world.store.data(i).unwrap()).collect::<Vec<_>>(), [1, 2, 3]);
        let named = |name| world.store.instance(name).unwrap();
        assert_eq!((named("a"), named("b"), named("")), (Some(spawned[0]), Some(spawned[1]), None));
        assert_eq!(world.store.importers(spawned[1]).unwrap(), [spawned[0]]);
        world.store.check_invariants().unwrap();
        // Importers end before what they import from.
        let ends = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&ends);
        world.store.on_end(move |_, data, _| {
            seen.lock().unwrap().push(*data);
            Ok(())
        });
        world.store.close(0).unwrap();
        assert_eq!(*ends.lock().unwrap(), [1, 3, 2]);
    });
}

#[test]
fn s25_what_cannot_link_is_told_before_anything_runs() {
    let check = |items: &[(&str, &str, u32)], expected: &str| {
        let mut world = World::new();
        world.one("taken", EXPORTS);
        world.linker.func("env", "meet", || -> () { panic!("something ran") }).unwrap();
        let before = world.store.stats();
        assert_eq!(text(all(&mut world, items)), expected);
        assert_eq!(world.store.stats(), before);
        world.store.check_invariants().unwrap();
    };
    let from = |module: &str, name: &str, export: &str| {
        format!(
            r#"(module (import "env" "meet" (func $meet)) (import "{module}" "{name}" (func))
                (func (export "{export}")) (start $meet))"#
        )
    };
    let (a, b, own) = (from("b", "x", "y"), from("a", "y", "x"), from("me", "x", "x"));
    let chain = [("first", MEETS, 0), ("b", &*b, 1), ("a", &*a, 2)];
    check(&chain, "batch item 1: import func[a.y]: import cycle: b -> a -> b");
    check(&[("me", &own, 0)], "batch item 0: module[me] not instantiated");
    check(
        &[("first", MEETS, 0), ("a", &a, 1), ("b", EXPORTS, 2)],
        r#"batch item 1: "x" is not exported in module "b""#,
    );
    check(&[("m", MEETS, 0), ("a", IMPORTS, 1)], "batch item 1: module[b] not instantiated");
    let f = r#"(module (import "b" "f" (func (param f32))))"#;
    check(
        &[("m", MEETS, 0), ("a", f, 1), ("b", EXPORTS, 2)],
        "batch item 1: import func[b.f]: signature mismatch: f32_v != v_i32",
    );
    let memory = r#"(module (import "b" "f" (memory 1)))"#;
    check(
        &[("a", memory, 1), ("b", EXPORTS, 2), ("m", MEETS, 0)],
        r#"batch item 0: export "f" in module "b" is a func, not a memory"#,
    );
    let small = r#"(module (memory (export "m") 1 2))"#;
    let large = r#"(module (import "b" "m" (memory 3)))"#;
    check(
        &[("a", large, 1), ("b", small, 2), ("m", MEETS, 0)],
        "batch item 0: import memory[b.m]: minimum size mismatch: 3 > 2",
    );
    check(
        &[("m", MEETS, 0), ("x", EXPORTS, 1), ("m", EXPORTS, 2)],
        "batch item 2: module[m] has already been instantiated",
    );
    check(
        &[("x", MEETS, 0), ("taken", EXPORTS, 1)],
        "batch item 1: module[taken] has already been instantiated",
    );
}

#[test]
fn s25_a_cycle_that_the_linker_opens_is_none() {
    let mut world = World::new();
    let other = world.one("", EXPORTS);
    let f = other.func(&world.store, "f").unwrap();
    world.linker.resolver(move |module, name, _| ((module, name) == ("a", "g")).then_some(f.into()));
    let g = r#"(module (import "a" "g" (func $g (result i32))) (func (export "f") (result i32)
        (i32.add (call $g) (i32.const 10))))"#;
    let spawned = all(&mut world, &[("a", IMPORTS, 0), ("b", g, 0)]).unwrap();
    assert_eq!(world.call::<(), i32>(spawned[0], "g", ()).unwrap(), 15);
}

#[test]
fn s25_what_grows_while_it_starts_is_as_large_for_its_importers() {
    let grows = r#"(module (table (export "t") 1 4 funcref) (memory (export "m") 1 4)
        (func $start (drop (table.grow (ref.null func) (i32.const 2))) (drop (memory.grow (i32.const 1))))
        (start $start))"#;
    let lends = r#"(module (import "b" "t" (table 1 9 funcref)) (export "u" (table 0)))"#;
    let needs = r#"(module (import "b" "t" (table 3 funcref)) (import "b" "m" (memory 2)))"#;
    let needs_lent = r#"(module (import "c" "u" (table 3 4 funcref)))"#;
    let mut world = World::new();
    let items = [("d", needs_lent, 0), ("a", needs, 0), ("c", lends, 0), ("b", grows, 0)];
    assert_eq!(all(&mut world, &items).unwrap().len(), 4);
    let too_much = r#"(module (import "b" "t" (table 4 funcref)))"#;
    let error = "batch item 0: import table[b.t]: minimum size mismatch: 4 > 3";
    let mut world = World::new();
    assert_eq!(text(all(&mut world, &[("a", too_much, 0), ("b", grows, 0)])), error);
    assert_eq!(world.store.stats(), World::new().store.stats(), "the first level has ended too");
}

#[test]
fn s25_names_are_found_level_by_level() {
    let mut world = World::new();
    let found = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&found);
    let look = move |caller: Caller<'_, u32>| {
        let names = ["a", "b", "c"].map(|name| caller.lookup(name).is_some());
        seen.lock().unwrap().push((*caller.data(), names));
    };
    world.linker.func("env", "look", look).unwrap();
    let looks = |import: &str| {
        format!(
            r#"(module (import "env" "look" (func $look)) {import} (func (export "f") (result i32) (i32.const 1))
                (start $look))"#
        )
    };
    let (lone, user) = (looks(""), looks(r#"(import "a" "f" (func (result i32)))"#));
    all(&mut world, &[("c", &user, 3), ("a", &lone, 1), ("b", &lone, 2)]).unwrap();
    let mut found = found.lock().unwrap().clone();
    found.sort_unstable();
    assert_eq!(found, [(1, [false; 3]), (2, [false; 3]), (3, [true, true, false])]);
}

#[test]
fn s25_a_failure_in_a_later_level_ends_all_levels() {
    let mut world = World::new();
    let ends = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&ends);
    world.store.on_end(move |_, data, why| {
        seen.lock().unwrap().push((*data, why));
        Ok(())
    });
    let fails = r#"(module (import "b" "f" (func (result i32))) (func $s unreachable) (start $s))"#;
    let before = world.store.stats();
    let items = [("a", fails, 1), ("b", EXPORTS, 2), ("c", EXPORTS, 3), ("d", IMPORTS, 4)];
    let error = text(all(&mut world, &items));
    assert_eq!(error, "batch item 0: start function[1] failed: unreachable");
    assert_eq!(world.store.stats(), before);
    let aborted = EndReason::BatchAborted;
    let expected = [(4, aborted), (1, EndReason::StartFailed), (3, aborted), (2, aborted)];
    assert_eq!(*ends.lock().unwrap(), expected);
}

/// What a host function does with something that is not its instance's.
type Attempt = fn(&mut Caller<'_, u32>, &Outside) -> Result<(), Error>;

/// Things of another island, and of none.
#[derive(Clone, Copy)]
struct Outside {
    instance: Instance,
    memory: Memory,
    table: skep::Table,
    global: skep::Global,
    func: skep::Func,
    unowned: Memory,
    constant: skep::Global,
}

#[test]
fn s25_captured_handle_of_other_island() {
    let attempts: [(&str, Attempt, &str); 12] = [
        ("data", |c, o| c.data_of(o.instance).map(|_| ()), "instance"),
        ("export", |c, o| o.instance.export(c, "m").map(|_| ()), "instance"),
        ("read", |c, o| o.memory.read(c, 0, &mut [0]), "memory"),
        ("write", |c, o| o.memory.write(c, 0, &[1]), "memory"),
        ("grow", |c, o| o.memory.grow(c, 1).map(|_| ()), "memory"),
        ("both", |c, o| c.memory_and_data(o.memory).map(|_| ()), "memory"),
        ("of none", |c, o| o.unowned.data(c).map(|_| ()), "memory"),
        ("get", |c, o| o.table.get(c, 0).map(|_| ()), "table"),
        ("set", |c, o| o.table.set(c, 0, skep::Val::FuncRef(None)), "table"),
        ("global", |c, o| o.global.set(c, 1_i32.into()), "global"),
        ("call", |c, o| o.func.call(c, &[]).map(|_| ()), "func"),
        ("typed", |c, o| o.func.typed::<(), i32>(c).map(|_| ()), "func"),
    ];
    for threads in [1, 2] {
        for (name, attempt, noun) in attempts {
            let error = on_threads(threads, || {
                outside(move |mut caller, outside| attempt(&mut caller, &outside).map(|()| None))
            });
            let error = error.unwrap_err().to_string();
            let wanted = format!(
                r"batch item 0: start function\[1\] failed: {noun}#\S+ is not in the island of instance#\S+"
            );
            assert!(regex_lite(&wanted, &error), "{name}: {error}");
        }
    }
    // A function of another island as the result of a host function would join the two.
    let error = outside(|_, outside| Ok(Some(outside.func))).unwrap_err().to_string();
    assert!(error.contains("func#") && error.contains("is not in the island of"), "{error}");
    // A linker that looks names up on behalf of a guest finds those of its island only.
    let error = outside(|caller, _| {
        let engine = caller.engine().clone();
        let module = Module::new(&engine, r#"(module (import "other" "f" (func (result i32))))"#)?;
        Linker::<u32>::new(&engine).template_in(&caller, &module).map(|_| None)
    });
    assert!(error.unwrap_err().to_string().contains("is not in the island of"));
    // What never changes may be read.
    outside(|caller, outside| outside.constant.get(&caller).map(|_| None)).unwrap();
}

/// Whether `text` consists of the literal parts of `pattern`, with anything without spaces for `\S+`.
fn regex_lite(pattern: &str, text: &str) -> bool {
    let pattern = pattern.replace("\\[", "[").replace("\\]", "]");
    let (patterns, words) = (pattern.split(' '), text.split(' '));
    patterns.clone().count() == words.clone().count()
        && patterns.zip(words).all(|(pattern, word)| match pattern.split_once("\\S+") {
            Some((head, _)) => word.starts_with(head) && word.len() > head.len(),
            None => pattern == word,
        })
}

/// Spawns a batch of one whose start function calls the host, which knows things of another island.
fn outside(
    host: impl Fn(Caller<'_, u32>, Outside) -> Result<Option<skep::Func>, Error> + Send + Sync + 'static,
) -> Result<Vec<Instance>, Error> {
    let mut world = World::new();
    let other = world.one(
        "other",
        r#"(module (memory (export "m") 1) (table (export "t") 1 funcref) (global (export "g") (mut i32) (i32.const 0))
            (global (export "c") i32 (i32.const 4)) (func (export "f") (result i32) (i32.const 5)))"#,
    );
    let store = &world.store;
    let things = Outside {
        instance: other,
        memory: other.memory(store, "m").unwrap(),
        table: other.table(store, "t").unwrap(),
        global: other.global(store, "g").unwrap(),
        func: other.func(store, "f").unwrap(),
        constant: other.global(store, "c").unwrap(),
        unowned: Memory::new(&mut world.store, MemoryType::new(1, None)).unwrap(),
    };
    world.linker.func("env", "try", move |caller: Caller<'_, u32>| host(caller, things)).unwrap();
    let text = r#"(module (import "env" "try" (func $try (result funcref)))
        (func $start (drop (call $try))) (start $start))"#;
    let template = world.template(text).unwrap();
    world.store.spawn_batch(&template, [0])
}

#[test]
fn s25_stores_on_eight_threads_share_an_engine() {
    for mode in MemoryMode::ALL {
        let engine = Engine::new(&Config::new().memory_mode(mode)).unwrap();
        let module = Module::new(&engine, OWN).unwrap();
        let run = |thread: u32| {
            let mut linker = Linker::<u32>::new(&engine);
            linker.func("env", "number", |caller: Caller<'_, u32>| *caller.data()).unwrap();
            let template = linker.template(&module).unwrap();
            let mut store = Store::new(&engine);
            for n in 0..1000 {
                let instance = store.spawn(&template, thread * 1000 + n).unwrap();
                let memory = instance.memory(&store, "m").unwrap();
                let mut bytes = [0; 4];
                memory.read(&store, 0, &mut bytes).unwrap();
                assert_eq!(u32::from_le_bytes(bytes), thread * 1000 + n);
                if n % 10 != 0 {
                    store.free(instance, Free::Now).unwrap();
                }
            }
            assert_eq!(store.stats().instances, 100);
            store.check_invariants().unwrap();
        };
        std::thread::scope(|scope| (0..8).for_each(|thread| drop(scope.spawn(move || run(thread)))));
    }
}

/// A module of a random graph: calls what it imports and remembers the sum; may share the memory of another.
fn node(number: usize, calls: &[usize], memory: Option<usize>) -> String {
    let imports: String =
        calls.iter().map(|n| format!(r#"(import "m{n}" "f" (func $f{n} (result i32)))"#)).collect();
    let memory = match memory {
        Some(n) => format!(r#"(import "m{n}" "m" (memory 1)) (export "m" (memory 0))"#),
        None => r#"(memory (export "m") 1)"#.to_owned(),
    };
    let sum: String =
        calls.iter().map(|n| format!("(global.set $g (i32.add (global.get $g) (call $f{n})))")).collect();
    format!(
        r#"(module {imports} {memory} (global $g (export "g") (mut i32) (i32.const {number}))
            (func (export "f") (result i32) (i32.add (global.get $g) (i32.load8_u (i32.const {number}))))
            (func $start {sum} (i32.store8 (i32.const {number}) (global.get $g)))
            (start $start))"#
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn s25_any_graph_is_what_one_by_one_would_be(
        graph in prop::collection::vec((prop::collection::vec(any::<prop::sample::Index>(), 0..3), any::<Option<prop::sample::Index>>()), 1..24),
        order in any::<u64>(),
        threads in 1_usize..=8,
    ) {
        // Edges lead to lower numbers; the order of the items is another.
        let texts: Vec<String> = graph.iter().enumerate().map(|(n, (calls, memory))| {
            let lower = |index: &prop::sample::Index| index.index(n);
            let mut calls: Vec<usize> = if n == 0 { Vec::new() } else { calls.iter().map(lower).collect() };
            calls.sort_unstable();
            calls.dedup();
            node(n, &calls, memory.as_ref().filter(|_| n > 0).map(lower))
        }).collect();
        let mut items: Vec<usize> = (0..texts.len()).collect();
        items.sort_by_key(|&n| (n as u64 + 1).wrapping_mul(order | 1));
        let names: Vec<String> = (0..texts.len()).map(|n| format!("m{n}")).collect();

        let engine = Engine::new(&Config::new().memory_mode(MemoryMode::Checked)).unwrap();
        let (mut a, mut b) = (World::of(&engine), World::of(&engine));
        let list: Vec<_> = items.iter().map(|&n| (&*names[n], &*texts[n], u32::try_from(n).unwrap())).collect();
        let spawned = on_threads(threads, || all(&mut a, &list)).unwrap();
        for (n, text) in texts.iter().enumerate() {
            let template = b.template(text).unwrap();
            b.store.spawn_named(&names[n], &template, u32::try_from(n).unwrap()).unwrap();
        }
        let named = |world: &World| -> Vec<Instance> {
            names.iter().map(|name| world.store.instance(name).unwrap().unwrap()).collect()
        };
        let by_number: Vec<Instance> = items.iter().map(|&n| named(&a)[n]).collect();
        prop_assert_eq!(&spawned, &by_number, "in the order of the items");
        prop_assert_eq!(state(&a.store, &named(&a)), state(&b.store, &named(&b)));
        let islands = |world: &World| named(world).into_iter().map(|instance| {
            let mut island: Vec<u32> = world.store.island(instance).unwrap().into_iter()
                .map(|member| *world.store.data(member).unwrap()).collect();
            island.sort_unstable();
            island
        }).collect::<Vec<_>>();
        prop_assert_eq!(islands(&a), islands(&b));
        prop_assert_eq!(a.store.stats(), b.store.stats());
        prop_assert!(a.store.check_invariants().is_ok());
    }
}

#[test]
fn s25_freeing_many_is_all_or_none_and_what_freeing_one_by_one_would_be() {
    for mode in MemoryMode::ALL {
        let engine = Engine::new(&Config::new().memory_mode(mode)).unwrap();
        for text in [OWN, SHARED] {
            let (mut a, mut b) = (number_world(&engine), number_world(&engine));
            let template = a.template(text).unwrap();
            let many = a.store.spawn_batch(&template, 0..30).unwrap();
            let template = b.template(text).unwrap();
            let one: Vec<_> = (0..30).map(|n| b.store.spawn(&template, n).unwrap()).collect();
            // Twice the same, a stale one, and one of another store: nothing happens.
            let stale = a.store.spawn(&a.template(OWN).unwrap(), 0).unwrap();
            a.store.free(stale, Free::Now).unwrap();
            let before = a.store.stats();
            for (bad, at) in [(many[0], 30), (stale, 30), (one[3], 30)] {
                let mut listed = many.clone();
                listed.push(bad);
                let error = a.store.free_batch(&listed, Free::WhenUnreachable).unwrap_err();
                assert!(matches!(&error, Error::Batch(batch) if batch.index == at), "{error}");
                assert_eq!(a.store.stats(), before);
                a.store.check_invariants().unwrap();
            }
            let waiting = a.store.free_batch(&many, Free::WhenUnreachable).unwrap();
            let freed: Vec<_> =
                one.iter().map(|&n| b.store.free(n, Free::WhenUnreachable).unwrap()).collect();
            assert_eq!(waiting, freed.iter().filter(|freed| **freed == Freed::Waiting).count());
            assert_eq!(a.store.stats().memories, b.store.stats().memories);
            assert_eq!(a.store.stats().zombies, b.store.stats().zombies);
            a.store.check_invariants().unwrap();
            assert_eq!(a.store.free_batch(&[], Free::Now).unwrap(), 0);
        }
    }
}
