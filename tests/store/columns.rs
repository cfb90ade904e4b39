//! One export called on many instances, and many instances visited: the same on one thread and on several.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use skep::{
    Caller, Column, Config, Engine, Error, Free, Func, Instance, Linker, MemoryMode, Store, Template, Trap,
    WasmParams, WasmResults,
};

use crate::common::{World, both, text};

/// Runs in a pool of so many threads.
fn on_threads<R: Send>(threads: usize, work: impl FnOnce() -> R + Send) -> R {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(work)
}

/// Runs a check in each memory mode on one and on several threads. Columns are expected to be slow, so that several are used.
#[track_caller]
fn everywhere(check: impl Fn(World) + Sync) {
    for threads in [1, 2, 8] {
        for mode in MemoryMode::ALL {
            on_threads(threads, || check(World::with(&Config::new().memory_mode(mode))));
        }
    }
}

/// An export whose calls are expected to take long.
#[track_caller]
fn slow<P: WasmParams, R: WasmResults>(template: &Template<u32>, name: &str) -> Column<P, R> {
    let column = template.export(name).unwrap();
    column.expect_cost(Duration::from_millis(1));
    column
}

fn column<P: WasmParams, R: WasmResults>(
    store: &mut Store<u32>,
    column: &Column<P, R>,
    instances: &[Instance],
    args: P,
) -> Vec<Result<R, Error>> {
    let mut answers = Vec::new();
    store.call_column(column, instances, args, &mut answers);
    answers
}

/// Answers in words.
fn words<R: std::fmt::Debug>(answers: Vec<Result<R, Error>>) -> Vec<String> {
    answers
        .into_iter()
        .map(|answer| answer.map_or_else(|error| error.to_string(), |value| format!("{value:?}")))
        .collect()
}

/// Counts its calls in memory and adds what it is given.
const COUNTER: &str = r#"(module $counter
    (memory (export "m") 1)
    (func (export "add") (param i32) (result i32)
        (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (local.get 0)))
        (i32.load (i32.const 0)))
    (func (export "pair") (param i64 f64) (result f64 i64) (local.get 1) (local.get 0))
    (func (export "wide") (param i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32 i32 i32)
        (local.get 8) (local.get 0) (local.get 4))
    (func (export "div") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
    (func (export "nop")))"#;

#[test]
fn answers_are_in_order() {
    everywhere(|mut world| {
        let template = world.template(COUNTER).unwrap();
        let many = world.store.spawn_batch(&template, 0..300).unwrap();
        let add = slow::<i32, i32>(&template, "add");
        let mut answers = Vec::new();
        let lanes: Vec<_> = many.iter().copied().zip(0..).collect();
        for round in 1..4 {
            world.store.call_lanes(&add, &lanes, &mut answers);
            for (n, answer) in (0..).zip(&answers) {
                assert_eq!(*answer.as_ref().unwrap(), n * round);
            }
        }
        assert_eq!(answers.len(), 300);
        let reversed: Vec<_> = many.iter().rev().copied().collect();
        world.store.call_column(&add, &reversed, 0, &mut answers);
        for (n, answer) in (0..300).rev().zip(&answers) {
            assert_eq!(*answer.as_ref().unwrap(), n * 3);
        }
        world.store.call_column(&add, &[], 0, &mut answers);
        assert!(answers.is_empty());
    });
}

type Nine = (i32, i32, i32, i32, i32, i32, i32, i32, i32);

#[test]
fn every_shape_of_a_signature_is_served() {
    everywhere(|mut world| {
        let template = world.template(COUNTER).unwrap();
        let many = world.store.spawn_batch(&template, 0..50).unwrap();
        let store = &mut world.store;
        assert!(column(store, &slow::<(), ()>(&template, "nop"), &many, ()).iter().all(Result::is_ok));
        let pair = slow::<(i64, f64), (f64, i64)>(&template, "pair");
        assert!(column(store, &pair, &many, (-3, 0.5)).iter().all(|answer| matches!(answer, Ok((0.5, -3)))));
        let wide = slow::<Nine, (i32, i32, i32)>(&template, "wide");
        let answers = column(store, &wide, &many, (1, 2, 3, 4, 5, 6, 7, 8, 9));
        assert!(answers.iter().all(|answer| matches!(answer, Ok((9, 1, 5)))));
        assert!(template.export::<i32, ()>("nop").is_err() && template.export::<(), ()>("none").is_err());
        assert!(text(template.export::<(), ()>("m")).contains("is a memory, not a func"));
    });
}

#[test]
fn traps_are_of_their_lane() {
    everywhere(|mut world| {
        let template = world.template(COUNTER).unwrap();
        let many = world.store.spawn_batch(&template, 0..100).unwrap();
        let div = slow::<(i32, i32), i32>(&template, "div");
        let lanes: Vec<_> = many.iter().zip(0..).map(|(&instance, n)| (instance, (n, n % 3))).collect();
        let mut answers = Vec::new();
        world.store.call_lanes(&div, &lanes, &mut answers);
        for (n, answer) in (0..).zip(answers) {
            match n % 3 {
                0 => assert_eq!(answer.unwrap_err().trap(), Some(Trap::IntegerDivideByZero)),
                by => assert_eq!(answer.unwrap(), n / by),
            }
        }
    });
}

#[test]
fn lanes_that_cannot_be_served_say_why() {
    everywhere(|mut world| {
        let template = world.template(COUNTER).unwrap();
        let other = world.one("", "(module $other (func (export \"nop\")))");
        let foreign = World::of(&world.engine).one("", COUNTER);
        let many = world.store.spawn_batch(&template, 0..5).unwrap();
        world.store.free(many[1], Free::Now).unwrap();
        world.store.exit(many[2], 7).unwrap();
        // Bits that were made up: a generation that is too large, and the slot that is never given out.
        let live = many[3].to_bits();
        let large = Instance::from_bits(live + (1 << 22)).unwrap();
        let nobody = Instance::from_bits(live & !(u128::from(u64::MAX)) | 1).unwrap();
        let lanes = [many[0], many[1], many[2], other, foreign, many[3], large, nobody, many[4]];
        let nop = slow::<(), ()>(&template, "nop");
        let answers = column(&mut world.store, &nop, &lanes, ());
        let kinds = answers.iter().map(|answer| match answer {
            Ok(()) => "ok",
            Err(Error::Stale(_)) => "stale",
            Err(Error::Exit(7)) => "exit",
            Err(Error::OtherModule(_)) => "module",
            Err(Error::WrongStore(_)) => "store",
            Err(_) => "?",
        });
        assert_eq!(
            kinds.collect::<Vec<_>>(),
            ["ok", "stale", "exit", "module", "store", "ok", "stale", "stale", "ok"]
        );
        let mut seen = Vec::new();
        world.store.visit(&lanes, |lane, _| Ok::<_, Error>(lane), &mut seen);
        let served = seen.into_iter().filter_map(Result::ok).collect::<Vec<_>>();
        assert_eq!(served, [0, 3, 5, 8], "visits do not ask for a module");
        world.store.close(3).unwrap();
        let answers = column(&mut world.store, &nop, &many, ());
        assert!(answers.iter().all(|answer| matches!(answer, Err(Error::StoreClosed(3)))));
        assert_eq!(answers.len(), 5);
    });
}

#[test]
fn same_instance_in_many_lanes() {
    everywhere(|mut world| {
        let template = world.template(COUNTER).unwrap();
        let many = world.store.spawn_batch(&template, 0..4).unwrap();
        let add = slow::<i32, i32>(&template, "add");
        let lanes: Vec<_> = (0..400).map(|n| (many[(n * n) % 4], 1)).collect();
        let mut answers = Vec::new();
        world.store.call_lanes(&add, &lanes, &mut answers);
        let mut counts = [0; 4];
        for ((instance, _), answer) in lanes.iter().zip(&answers) {
            let at = many.iter().position(|one| one == instance).unwrap();
            counts[at] += 1;
            assert_eq!(*answer.as_ref().unwrap(), counts[at]);
        }
    });
}

/// Appends its number to a list in a memory that all import.
const APPENDER: &str = r#"(module
    (import "list" "m" (memory 1))
    (func (export "append") (param i32) (result i32)
        (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 4)))
        (i32.store (i32.load (i32.const 0)) (local.get 0))
        (i32.load (i32.const 0))))"#;

#[test]
fn lanes_of_one_island_are_served_in_order() {
    everywhere(|mut world| {
        world.one("list", r#"(module (memory (export "m") 1))"#);
        let template = world.template(APPENDER).unwrap();
        let mut many = world.store.spawn_batch(&template, 0..50).unwrap();
        // An island of another kind in between.
        world.store.unregister("list").unwrap();
        world.one("list", r#"(module (memory (export "m") 1))"#);
        let second = world.template(APPENDER).unwrap();
        assert!(!template.module().same(second.module()));
        let append = slow::<i32, i32>(&template, "append");
        many.reverse();
        let lanes: Vec<_> = many.iter().copied().zip(1..).collect();
        let mut answers = Vec::new();
        world.store.call_lanes(&append, &lanes, &mut answers);
        for (n, answer) in (1..).zip(&answers) {
            assert_eq!(*answer.as_ref().unwrap(), n * 4);
        }
    });
}

/// Calls a host function.
const CALLER: &str = r#"(module
    (import "env" "host" (func $host (param i32) (result i32)))
    (func (export "go") (param i32) (result i32) (call $host (local.get 0)))
    (func (export "own") (result i32) (i32.const 9)))"#;

#[test]
fn captured_handle_of_other_island() {
    everywhere(|mut world| {
        let other = world.one("", COUNTER);
        let (memory, add) = (
            other.memory(&world.store, "m").unwrap(),
            other.typed_func::<i32, i32>(&world.store, "add").unwrap(),
        );
        world
            .linker
            .func("env", "host", move |mut caller: Caller<'_, u32>, what: i32| -> Result<i32, Error> {
                match what {
                    0 => memory.read(&caller, 0, &mut [0]).map(|()| 0),
                    1 => memory.write(&mut caller, 0, &[1]).map(|()| 0),
                    2 => add.call(&mut caller, 1),
                    3 => caller.data_of(other).map(|data| *data as i32),
                    4 => other.func(&caller, "add").map(|_| 0),
                    _ => caller.func("own")?.typed::<(), i32>(&caller)?.call(&mut caller, ()),
                }
            })
            .unwrap();
        let template = world.template(CALLER).unwrap();
        let many = world.store.spawn_batch(&template, 0..30).unwrap();
        let go = slow::<i32, i32>(&template, "go");
        for what in 0..5 {
            for answer in column(&mut world.store, &go, &many, what) {
                assert!(matches!(answer, Err(Error::WrongIsland(_))), "{what}: {answer:?}");
            }
        }
        assert!(column(&mut world.store, &go, &many, 5).iter().all(|answer| matches!(answer, Ok(9))));
        assert_eq!(world.byte(other, "m", 0), 0);
    });
}

/// Takes a function, and calls it.
const TAKER: &str = r#"(module
    (type $f (func (result i32)))
    (table 1 funcref)
    (func $own (export "own") (result i32) (i32.const 3))
    (func (export "take") (param funcref) (result i32)
        (table.set (i32.const 0) (local.get 0))
        (call_indirect (type $f) (i32.const 0))))"#;

#[test]
fn functions_as_arguments_are_of_the_host_or_of_the_island() {
    everywhere(|mut world| {
        let template = world.template(TAKER).unwrap();
        let many = world.store.spawn_batch(&template, 0..10).unwrap();
        let take = slow::<Option<Func>, i32>(&template, "take");
        let host = Func::host(&mut world.store, || 8_i32).unwrap();
        let answers = column(&mut world.store, &take, &many, Some(host));
        assert!(answers.iter().all(|answer| matches!(answer, Ok(8))), "{answers:?}");
        let own = many[4].func(&world.store, "own").unwrap();
        for (lane, answer) in column(&mut world.store, &take, &many, Some(own)).into_iter().enumerate() {
            match answer {
                Ok(3) if lane == 4 => {}
                Err(Error::WrongIsland(_)) if lane != 4 => {}
                answer => panic!("{lane}: {answer:?}"),
            }
        }
        world.store.join(many[4], many[7]).unwrap();
        let served = column(&mut world.store, &take, &many, Some(own));
        assert_eq!(served.iter().filter(|answer| matches!(answer, Ok(3))).count(), 2);
        let null = column(&mut world.store, &take, &many, None);
        assert!(
            null.iter().all(|answer| answer.as_ref().unwrap_err().trap() == Some(Trap::UninitializedElement))
        );
    });
}

#[test]
fn lane_exits_later_lane() {
    everywhere(|mut world| {
        world
            .linker
            .func("env", "host", |caller: Caller<'_, u32>, what: i32| -> Result<i32, Error> {
                if what < 0 { Err(caller.exit(5)) } else { Ok(what) }
            })
            .unwrap();
        let template = world.template(CALLER).unwrap();
        let many = world.store.spawn_batch(&template, 0..40).unwrap();
        let go = slow::<i32, i32>(&template, "go");
        let lanes: Vec<_> =
            [1, -1, 2].into_iter().flat_map(|n| many.iter().map(move |&instance| (instance, n))).collect();
        let mut answers = Vec::new();
        world.store.call_lanes(&go, &lanes, &mut answers);
        for (lane, answer) in answers.into_iter().enumerate() {
            match answer {
                Ok(1) if lane < 40 => {}
                Err(Error::Exit(5)) if lane >= 40 => {}
                answer => panic!("{lane}: {answer:?}"),
            }
        }
    });
}

/// The message of a panic.
fn panic_of(work: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(work)).unwrap_err();
    panic
        .downcast_ref::<String>()
        .cloned()
        .unwrap_or_else(|| (*panic.downcast_ref::<&str>().unwrap()).to_owned())
}

#[test]
fn panic_in_one_lane() {
    everywhere(|mut world| {
        let served = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&served);
        world
            .linker
            .func("env", "host", move |what: i32| {
                assert!(what % 10 != 7, "lane {what}");
                count.fetch_add(1, Ordering::Relaxed);
                what
            })
            .unwrap();
        let template = world.template(CALLER).unwrap();
        let many = world.store.spawn_batch(&template, 0..100).unwrap();
        // Lane 9 is of the island that panics in lane 7, lane 5 too: it comes before.
        for other in [5, 9, 77] {
            world.store.join(many[7], many[other]).unwrap();
        }
        let go = slow::<i32, i32>(&template, "go");
        let lanes: Vec<_> = many.iter().copied().zip(0..).collect();
        let mut answers = vec![Ok(1)];
        let store = &mut world.store;
        let message = panic_of(|| store.call_lanes(&go, &lanes, &mut answers));
        assert_eq!(message, "lane 7");
        assert!(answers.is_empty());
        assert_eq!(served.load(Ordering::Relaxed), 100 - 10 - 1);
        let answers = column(store, &go, &many, 1);
        assert!(answers.iter().all(Result::is_ok), "the store is whole");
    });
}

#[test]
fn panic_of_the_closure() {
    everywhere(|mut world| {
        let template = world.template(COUNTER).unwrap();
        let many = world.store.spawn_batch(&template, 0..60).unwrap();
        world.store.join(many[20], many[30]).unwrap();
        let add = slow::<i32, i32>(&template, "add");
        let told = Mutex::new(Vec::new());
        let store = &mut world.store;
        let message = panic_of(|| {
            store.for_each(&add, &many, 1, |lane, instance, answer| {
                assert_eq!(instance, many[lane]);
                assert!(lane % 20 != 0 || lane == 0, "lane {lane}");
                assert!(answer.is_ok());
                told.lock().unwrap().push(lane);
            });
        });
        assert_eq!(message, "lane 20");
        let mut told = told.into_inner().unwrap();
        told.sort_unstable();
        assert_eq!(told, (0..60).filter(|lane| ![20, 30, 40].contains(lane)).collect::<Vec<_>>());
        assert_eq!(world.byte(many[20], "m", 0), 1);
        assert_eq!(world.byte(many[30], "m", 0), 0, "the lane was not served");
        let mut answers = Vec::new();
        let store = &mut world.store;
        let message = panic_of(|| {
            store.visit(&many, |lane, _| -> Result<(), Error> { panic!("visit {lane}") }, &mut answers);
        });
        assert_eq!(message, "visit 0");
    });
}

#[test]
fn re_exported_imports_are_found_for_each_lane() {
    everywhere(|mut world| {
        world.linker.func("host", "data", |caller: Caller<'_, u32>| *caller.data() as i32).unwrap();
        let counter = world.template(COUNTER).unwrap();
        let module = world.module(
            r#"(module (import "of" "add" (func $add (param i32) (result i32)))
                (import "host" "data" (func $data (result i32)))
                (export "add" (func $add)) (export "data" (func $data)))"#,
        );
        let (mut templates, mut many) = (Vec::new(), Vec::new());
        for n in 0..20 {
            let origin = world.store.spawn_named("of", &counter, 0).unwrap();
            let template = world.linker.template_in(&world.store, &module).unwrap();
            let instance = world.store.spawn(&template, n).unwrap();
            world.store.unregister("of").unwrap();
            many.push((origin, instance));
            templates.push(template);
        }
        let lanes: Vec<_> = many.iter().map(|(_, instance)| *instance).collect();
        let add = slow::<i32, i32>(&templates[3], "add");
        let each: Vec<_> = lanes.iter().copied().zip(0..).collect();
        let mut answers = Vec::new();
        world.store.call_lanes(&add, &each, &mut answers);
        assert!((0..).zip(&answers).all(|(n, answer)| *answer.as_ref().unwrap() == n));
        assert_eq!(world.byte(many[9].0, "m", 0), 9);
        let data = slow::<(), i32>(&templates[0], "data");
        let answers = column(&mut world.store, &data, &lanes, ());
        assert!(
            (0..).zip(&answers).all(|(n, answer)| *answer.as_ref().unwrap() == n),
            "for the lane's instance"
        );
        world.store.free(many[5].0, Free::WhenUnreachable).unwrap();
        world.store.free(many[6].0, Free::Now).unwrap();
        let answers = column(&mut world.store, &add, &lanes, 0);
        for (lane, answer) in answers.iter().enumerate() {
            assert_eq!(answer.is_ok(), lane != 6, "{lane}: {answer:?}");
        }
        assert!(matches!(answers[6], Err(Error::Stale(_))));
    });
}

#[test]
fn freed_instances_that_are_kept_are_stale() {
    everywhere(|mut world| {
        let template = world.template(COUNTER).unwrap();
        let kept = world.store.spawn_named("kept", &template, 0).unwrap();
        world.one("", r#"(module (import "kept" "nop" (func)))"#);
        let live = world.store.spawn(&template, 1).unwrap();
        world.store.free(kept, Free::WhenUnreachable).unwrap();
        let nop = slow::<(), ()>(&template, "nop");
        let answers = words(column(&mut world.store, &nop, &[kept, live, kept, live], ()));
        assert_eq!(answers[1], "()");
        assert!(answers[0].contains("freed, kept only by references"), "{answers:?}");
        assert_eq!(answers[0], answers[2]);
    });
}

#[test]
fn visits_stand_for_their_instance() {
    everywhere(|mut world| {
        // Modules that differ, a few instances of each.
        let mut many = Vec::new();
        for n in 0..40 {
            let source = format!(
                r#"(module (memory (export "m") 1) (func (export "tick") (result i32)
                    (i32.store8 (i32.const 1) (i32.add (i32.const {n}) (i32.load8_u (i32.const 1)))) (i32.const {n})))"#
            );
            let template = world.template(&source).unwrap();
            many.extend(world.store.spawn_batch(&template, [n, n]).unwrap());
        }
        let mut answers = Vec::new();
        for _ in 0..3 {
            world.store.visit(
                &many,
                |lane, caller| {
                    let instance = caller.instance();
                    assert_eq!(instance, many[lane]);
                    let tick = instance.typed_func::<(), i32>(&*caller, "tick")?;
                    let sum = tick.call(&mut *caller, ())? + tick.call(&mut *caller, ())?;
                    let memory = caller.memory("m")?;
                    let (bytes, data) = caller.memory_and_data(memory)?;
                    *data += 1;
                    bytes[0] += 1;
                    std::thread::sleep(Duration::from_micros(20));
                    Ok::<_, Error>((sum, bytes[1]))
                },
                &mut answers,
            );
        }
        for (lane, answer) in answers.into_iter().enumerate() {
            let n = u8::try_from(lane / 2).unwrap();
            assert_eq!(answer.unwrap(), (2 * i32::from(n), n.wrapping_mul(6)));
            assert_eq!(*world.store.data(many[lane]).unwrap(), u32::from(n) + 3);
            assert_eq!(world.byte(many[lane], "m", 0), 3);
        }
        world.store.visit(
            &many,
            |lane, caller| if lane < 5 { Err(caller.exit(9)) } else { Ok(()) },
            &mut Vec::new(),
        );
        let mut answers = Vec::new();
        world.store.visit(&many, |_, _| Ok::<_, Error>(()), &mut answers);
        for (lane, answer) in answers.into_iter().enumerate() {
            assert_eq!(answer.err().and_then(|error| error.exit_code()), (lane < 5).then_some(9));
        }
    });
}

#[test]
fn runs_nest_in_workers() {
    let engine = Engine::new(&Config::new().memory_mode(MemoryMode::Checked)).unwrap();
    on_threads(3, || {
        let outer: Vec<usize> = (0..6).collect();
        let served = AtomicUsize::new(0);
        rayon::scope(|scope| {
            for _ in &outer {
                scope.spawn(|_| {
                    let mut world = World::of(&engine);
                    let inner = engine.clone();
                    // A host function that runs a store of its own.
                    world
                        .linker
                        .func("env", "host", move |n: i32| {
                            let mut world = World::of(&inner);
                            let template = world.template(COUNTER).unwrap();
                            let many = world.store.spawn_batch(&template, 0..10).unwrap();
                            let add = slow::<i32, i32>(&template, "add");
                            column(&mut world.store, &add, &many, n)
                                .into_iter()
                                .map(Result::unwrap)
                                .sum::<i32>()
                        })
                        .unwrap();
                    let template = world.template(CALLER).unwrap();
                    let many = world.store.spawn_batch(&template, 0..10).unwrap();
                    let go = slow::<i32, i32>(&template, "go");
                    for answer in column(&mut world.store, &go, &many, 2) {
                        assert_eq!(answer.unwrap(), 20);
                        served.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
        });
        assert_eq!(served.into_inner(), 60);
    });
}

#[test]
fn several_threads_serve_a_run() {
    on_threads(2, || {
        let (lock, come) = (Arc::new(Mutex::new(0)), Arc::new(std::sync::Condvar::new()));
        let mut linker = Linker::<u32>::new(&Engine::new(&Config::new()).unwrap());
        linker
            .func("env", "host", move |_: i32| -> i32 {
                let mut count = lock.lock().unwrap();
                *count += 1;
                come.notify_all();
                let wait = come.wait_timeout_while(count, Duration::from_secs(20), |count| *count < 2);
                i32::from(!wait.unwrap().1.timed_out())
            })
            .unwrap();
        let engine = linker.engine().clone();
        let module = skep::Module::new(&engine, CALLER).unwrap();
        let template = linker.template(&module).unwrap();
        let mut store = Store::new(&engine);
        let two = store.spawn_batch(&template, [0, 1]).unwrap();
        let go = slow::<i32, i32>(&template, "go");
        // The first of two lanes waits for the second.
        assert!(column(&mut store, &go, &two, 0).iter().all(|answer| matches!(answer, Ok(1))));
    });
}

#[test]
fn both_memory_modes_have_the_same_words() {
    both(|mut world| {
        let template = world.template(COUNTER).unwrap();
        let one = world.store.spawn(&template, 0).unwrap();
        let div = template.export::<(i32, i32), i32>("div").unwrap();
        assert_eq!(
            words(column(&mut world.store, &div, &[one, one], (i32::MIN, -1))),
            ["integer overflow"; 2]
        );
        assert_eq!(format!("{div:?}"), r#""counter":3: (i32, i32) -> i32"#);
    });
}

/// Calls itself so often, or for ever, with a frame of some size.
const DEEP: &str = r#"(module
    (func $deep (export "deep") (param i32) (result i32)
        (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 0))
            (else (i32.add (i32.const 1) (call $deep (i32.sub (local.get 0) (i32.const 1))))))))"#;

#[test]
fn the_stack_is_limited_in_each_lane() {
    everywhere(|mut world| {
        let template = world.template(DEEP).unwrap();
        let many = world.store.spawn_batch(&template, 0..200).unwrap();
        let deep = slow::<i32, i32>(&template, "deep");
        let lanes: Vec<_> =
            many.iter().zip(0..).map(|(&one, n)| (one, if n % 3 == 2 { -1 } else { n * 10 })).collect();
        for _ in 0..3 {
            let mut answers = Vec::new();
            world.store.call_lanes(&deep, &lanes, &mut answers);
            for (answer, (_, depth)) in answers.iter().zip(&lanes) {
                match answer {
                    Ok(found) => assert_eq!(found, depth),
                    Err(error) => assert_eq!((error.trap(), *depth), (Some(Trap::CallStackExhausted), -1)),
                }
            }
            world.store.call_column(&deep, &many, -1, &mut answers);
            let is_exhausted = |error: &Error| error.trap() == Some(Trap::CallStackExhausted);
            assert!(answers.iter().all(|answer| is_exhausted(answer.as_ref().unwrap_err())));
        }
    });
}
