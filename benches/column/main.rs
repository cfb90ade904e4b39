//! What calling an export of ten thousand instances costs, and what a second thread gains. Each figure stands beside its floor, timed
//! in the same run; read the ratios.
//!
//! `cargo bench --bench column`, and `-- --help` for options. Owns: the cases and the report. `floor` knows what must be touched.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this is a program for a terminal")]
#![expect(clippy::cast_precision_loss, reason = "times have fewer digits")]

mod floor;

use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use rayon::{ThreadPool, ThreadPoolBuilder};
use rustix::time::{ClockId, clock_gettime};
use skep::{Caller, Column, Config, Engine, Error, Instance, Linker, MemoryMode, Module, Store, Template};

use floor::Floor;

const HELP: &str = "What calling an export of many instances costs, and what a second thread gains.

cargo bench --bench column -- [OPTIONS]
  --goals        fail if a goal is missed
  --checked      memories in checked mode (default: guarded)
  --rounds N     rounds, of which medians are taken, or the best of two threads (default 15)
  --lanes N      instances (default 10000)";

/// What a column is to cost per lane, at most, and a second thread is to gain, at least.
const LANE_NANOS_MAX: f64 = 8.0;
const SPEEDUP_MIN: f64 = 1.7;

/// Status for a mistake in the arguments.
const USAGE: u8 = 2;

/// Does nothing, adds, and works: as often as it is told.
const MODULE: &str = r#"(module
    (memory (export "memory") 1 1)
    (func (export "nop"))
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    (func (export "work") (param i32) (result i32) (local i32)
        (loop $again
            (local.set 1 (i32.add (i32.mul (local.get 1) (i32.const 31)) (i32.load (i32.and (local.get 0) (i32.const 1020)))))
            (i32.store (i32.and (local.get 1) (i32.const 1020)) (local.get 1))
            (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        (local.get 1)))"#;

/// The same work in a start function.
const STARTS: &str = r#"(module
    (import "env" "times" (func $times (result i32)))
    (memory 1 1)
    (func $work (local i32 i32)
        (local.set 0 (call $times))
        (loop $again
            (local.set 1 (i32.add (i32.mul (local.get 1) (i32.const 31)) (i32.load (i32.and (local.get 0) (i32.const 1020)))))
            (i32.store (i32.and (local.get 1) (i32.const 1020)) (local.get 1))
            (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
    (start $work))"#;

struct Options {
    goals: bool,
    mode: MemoryMode,
    rounds: usize,
    lanes: usize,
}

impl Options {
    /// Reads arguments; `None` asks for help.
    fn parse(mut args: impl Iterator<Item = String>) -> Result<Option<Self>, String> {
        let mut options = Self { goals: false, mode: MemoryMode::Guarded, rounds: 15, lanes: 10_000 };
        while let Some(arg) = args.next() {
            let mut number = || {
                let number = args.next().and_then(|text| text.parse().ok()).filter(|number| *number > 0);
                number.ok_or_else(|| format!("{arg}: a number above 0 is needed"))
            };
            match &*arg {
                "--goals" => options.goals = true,
                "--checked" => options.mode = MemoryMode::Checked,
                "--rounds" => options.rounds = number()?,
                "--lanes" => options.lanes = number()?,
                "--help" | "-h" => return Ok(None),
                // What cargo adds.
                "--bench" => {}
                _ => return Err(format!("{arg}: no such option; --help lists them")),
            }
        }
        Ok(Some(options))
    }
}

fn main() -> ExitCode {
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(Some(options)) => options,
        Ok(None) => {
            println!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(mistake) => {
            eprintln!("column: {mistake}");
            return ExitCode::from(USAGE);
        }
    };
    let met = pool(1).install(|| one_thread(&options)).and_then(|met| Ok(met & two_threads(&options)?));
    match met {
        Ok(false) if options.goals => ExitCode::FAILURE,
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("column: {error}");
            ExitCode::FAILURE
        }
    }
}

fn pool(threads: usize) -> ThreadPool {
    ThreadPoolBuilder::new().num_threads(threads).build().expect("threads for a pool")
}

/// A store with many instances of a template.
struct World {
    store: Store<()>,
    template: Template<()>,
    many: Vec<Instance>,
}

impl World {
    fn new(options: &Options, lanes: usize) -> Result<Self, Error> {
        let engine = Engine::new(&Config::new().memory_mode(options.mode))?;
        let template = Linker::new(&engine).template(&Module::new(&engine, MODULE)?)?;
        let mut store = Store::new(&engine);
        let many = store.spawn_batch(&template, vec![(); lanes])?;
        Ok(Self { store, template, many })
    }
}

/// CPU time per lane of each way to call, beside the floor. Whether the goal is met.
fn one_thread(options: &Options) -> Result<bool, Error> {
    let lanes = options.lanes;
    let mut world = World::new(options, lanes)?;
    let mut floor = Floor::new(lanes);
    let nop: Column<(), ()> = world.template.export("nop")?;
    let add: Column<(i32, i32), i32> = world.template.export("add")?;
    let pairs: Vec<_> = world.many.iter().copied().zip(0..).map(|(one, n)| (one, (n, 1))).collect();
    let typed = |name| world.many.iter().map(|one| one.typed_func::<(), ()>(&world.store, name)).collect();
    let singly: Vec<_> = Result::from_iter::<Vec<Result<_, Error>>>(typed("nop"))?;
    let (mut nothings, mut sums) = (Vec::new(), Vec::new());
    let mut figures: [Vec<f64>; 6] = Default::default();
    for round in 0..=options.rounds {
        let World { store, many, .. } = &mut world;
        let times = [
            timed(|| floor.walk()),
            timed(|| store.call_column(&nop, many, (), &mut nothings)),
            timed(|| store.call_column(&add, many, (1, 2), &mut sums)),
            timed(|| store.call_lanes(&add, &pairs, &mut sums)),
            timed(|| store.for_each(&nop, many, (), |lane, _, answer| drop(black_box((lane, answer))))),
            timed(|| singly.iter().for_each(|one| drop(black_box(one.call(store, ()))))),
        ];
        // The first round warms up.
        if round > 0 {
            figures.iter_mut().zip(times).for_each(|(figures, time)| figures.push(time / lanes as f64));
        }
    }
    assert!(
        nothings.iter().all(Result::is_ok)
            && sums.iter().zip(1..).all(|(sum, n)| matches!(sum, Ok(sum) if *sum == n))
    );
    let names = [
        "floor: the same lines touched, a function called",
        "call_column of an empty function",
        "call_column of two parameters and a result",
        "call_lanes of the same, arguments for each",
        "for_each of an empty function",
        "TypedFunc::call of each, one by one",
    ];
    println!("CPU time of one thread, {lanes} instances{:>29}    ratio", "ns each");
    let medians = figures.map(|mut figures| median(&mut figures));
    for (name, time) in names.iter().zip(medians) {
        println!("{name:<55} {time:>10.2} {:>8.2}", time / medians[0]);
    }
    let verdict = if medians[1] <= LANE_NANOS_MAX { "met" } else { "MISSED" };
    println!("goal: an empty function at most {LANE_NANOS_MAX} ns each: {verdict}\n");
    Ok(medians[1] <= LANE_NANOS_MAX)
}

/// Wall time on one and on two threads, where each instance works for so many microseconds. The best of several: others may use the
/// machine. Whether the goals are met.
fn two_threads(options: &Options) -> Result<bool, Error> {
    let mut met = true;
    println!("wall time of one and two threads, 4096 instances{:>14}", "1: us each");
    let pools = [pool(1), pool(2)];
    let mut world = World::new(options, 4096)?;
    let work: Column<i32, i32> = world.template.export("work")?;
    let mut answers = Vec::new();
    let turns = turns_per_microsecond(&mut world, &work)?;
    for micros in [1, 5, 20] {
        let World { store, many, .. } = &mut world;
        let times = pools.each_ref().map(|_| f64::INFINITY);
        let each = best(options, times, |at| {
            let start = Instant::now();
            let each = |_, _, answer| drop(black_box(answer));
            pools[at].install(|| store.for_each(&work, many, turns * micros, each));
            start.elapsed()
        });
        met &= report("for_each", micros, each);
        let column = best(options, times, |at| {
            let start = Instant::now();
            pools[at].install(|| store.call_column(&work, many, turns * micros, &mut answers));
            start.elapsed()
        });
        met &= report("call_column", micros, column);
        let engine = store.engine().clone();
        let mut linker = Linker::<()>::new(&engine);
        linker.func("env", "times", move |_: Caller<'_, ()>| turns * micros)?;
        let starts = linker.template(&Module::new(&engine, STARTS)?)?;
        let mut spawned = Vec::new();
        let times = best(options, times, |at| {
            store.free_batch(&spawned, skep::Free::Now).expect("they are there");
            let start = Instant::now();
            spawned =
                pools[at].install(|| store.spawn_batch(&starts, vec![(); 4096])).expect("room for as many");
            start.elapsed()
        });
        met &= report("spawn_batch", micros, times);
        store.free_batch(&spawned, skep::Free::Now).expect("they are there");
    }
    Ok(met)
}

/// How often the loop turns in a microsecond.
fn turns_per_microsecond(world: &mut World, work: &Column<i32, i32>) -> Result<i32, Error> {
    const TURNS: i32 = 1 << 20;
    let one = &world.many[..1];
    let mut answers = Vec::new();
    let mut least = i64::MAX;
    for _ in 0..5 {
        let start = thread_nanoseconds();
        world.store.call_column(work, one, TURNS, &mut answers);
        least = least.min(thread_nanoseconds() - start);
    }
    answers.pop().expect("one lane")?;
    Ok(i32::try_from(i64::from(TURNS) * 1000 / least + 1).expect("a few hundred"))
}

/// The best wall time of each way, in seconds.
fn best(options: &Options, mut times: [f64; 2], mut way: impl FnMut(usize) -> Duration) -> [f64; 2] {
    for _ in 0..=options.rounds {
        for (at, time) in times.iter_mut().enumerate() {
            *time = time.min(way(at).as_secs_f64());
        }
    }
    times
}

/// Prints a line; whether its goal is met, if it has one.
fn report(what: &str, micros: i32, [one, two]: [f64; 2]) -> bool {
    let (each, gain) = (one * 1e6 / 4096.0, one / two);
    let verdict = match micros {
        5.. if gain >= SPEEDUP_MIN => "met",
        5.. => "MISSED",
        _ => "no goal",
    };
    println!(
        "{what:<40} {micros:>3} us of work {each:>8.2} us, two threads {gain:.2} times as fast: {verdict}"
    );
    verdict != "MISSED"
}

/// Nanoseconds of CPU time that this thread needs.
fn timed(work: impl FnOnce()) -> f64 {
    let start = thread_nanoseconds();
    work();
    (thread_nanoseconds() - start) as f64
}

fn thread_nanoseconds() -> i64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    now.tv_sec * 1_000_000_000 + now.tv_nsec
}

fn median(figures: &mut [f64]) -> f64 {
    figures.sort_unstable_by(f64::total_cmp);
    figures[figures.len() / 2]
}
