//! What spawning and freeing an instance costs, each case beside its floor: copying the bytes that it has to write, timed in the same
//! run. Medians over rounds, CPU time of one thread; read the ratios.
//!
//! `cargo bench --bench instantiate`, and `-- --help` for options. Owns: the order of rounds and the report. `case` knows the modules,
//! `floor` what must be copied.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this is a program for a terminal")]
#![expect(clippy::cast_precision_loss, reason = "times have fewer digits")]

mod case;
mod floor;
mod options;

use std::process::ExitCode;

use rustix::time::{ClockId, clock_gettime};
use skep::{Engine, Error};

use case::{Case, Way};
use options::{HELP, Options};

/// Status for a mistake in the arguments.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(Some(options)) => options,
        Ok(None) => {
            println!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(mistake) => {
            eprintln!("instantiate: {mistake}");
            return ExitCode::from(USAGE);
        }
    };
    match run(&options) {
        Ok(missed) if options.goals && missed => ExitCode::FAILURE,
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("instantiate: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Measures all cases in turns, so that what the machine does besides falls on all of them, and prints a line each. Whether a goal is
/// missed.
fn run(options: &Options) -> Result<bool, Error> {
    let engine = Engine::new(&options.config())?;
    let mut cases = case::all(&engine)?;
    cases.retain(|case| format!("{} {}", case.name, case.way.name()).contains(&options.only));
    let mut figures = vec![Figures::default(); cases.len()];
    for round in 0..=options.rounds {
        for (case, figures) in cases.iter_mut().zip(&mut figures) {
            let measured = measure(case, options.cycles)?;
            // The first round warms up: slots, columns, caches.
            if round > 0 {
                figures.take(measured);
            }
        }
    }
    println!("{}", if options.csv { "case,way,ns,floor ns,ratio" } else { HEAD });
    let medians: Vec<(f64, f64)> = figures.iter_mut().map(Figures::medians).collect();
    for (case, &(spawned, floor)) in cases.iter().zip(&medians) {
        let (name, way, ratio) = (case.name, case.way.name(), spawned / floor);
        if options.csv {
            println!("{name},{way},{spawned:.1},{floor:.1},{ratio:.2}");
        } else {
            println!("{name:<40} {way:>18} {spawned:>10.1} {floor:>10.1} {ratio:>7.2}");
        }
    }
    Ok(options.goals && report(&cases, &medians))
}

/// Compares what was measured with what is wanted, a line each; whether anything is missed. Cases that took no part miss theirs.
fn report(cases: &[Case], medians: &[(f64, f64)]) -> bool {
    let found = |name: &str, way: Way| {
        let at = cases.iter().position(|case| (case.name, case.way) == (name, way));
        at.map_or((f64::NAN, f64::NAN), |at| medians[at])
    };
    let spawned = |name, way| found(name, way).0;
    let of_floor = |name, way| spawned(name, way) / found(name, way).1;
    let goals = [
        ("an empty module in a loop, ns", spawned(case::EMPTY, Way::Loop), 80.0),
        ("8 KiB written in a loop, of copying them hot", of_floor(case::TOUCHED, Way::Loop), 1.5),
        ("8 KiB written in a batch, of copying them cold", of_floor(case::TOUCHED, Way::Batch), 1.3),
        (
            "1000 functions and 500 elements, of 3 functions",
            spawned(case::LARGE, Way::Loop) / spawned(case::SMALL, Way::Loop),
            1.3,
        ),
    ];
    let mut missed = false;
    println!();
    for (what, value, limit) in goals {
        let is_met = value <= limit;
        missed |= !is_met;
        println!("{what:<50} {value:>8.2}, at most {limit:>5.2}: {}", if is_met { "met" } else { "MISSED" });
    }
    missed
}

const HEAD: &str =
    "spawn + free of                                                          ns      floor   ratio";

/// Nanoseconds of each round.
#[derive(Clone, Default)]
struct Figures {
    spawned: Vec<f64>,
    floors: Vec<f64>,
}

impl Figures {
    fn take(&mut self, (spawned, floor): (f64, f64)) {
        self.spawned.push(spawned);
        self.floors.push(floor);
    }

    fn medians(&mut self) -> (f64, f64) {
        (median(&mut self.spawned), median(&mut self.floors))
    }
}

fn median(figures: &mut [f64]) -> f64 {
    figures.sort_unstable_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// One round: nanoseconds per life of an instance, and per copy of what it writes.
fn measure(case: &mut Case, cycles: usize) -> Result<(f64, f64), Error> {
    let turns = (cycles / case.live / case.weight).max(1);
    let start = thread_nanoseconds();
    for _ in 0..turns {
        case.live_and_die()?;
    }
    let between = thread_nanoseconds();
    for _ in 0..turns {
        case.floor.copy();
    }
    let end = thread_nanoseconds();
    let lives = (turns * case.live) as f64;
    Ok(((between - start) / lives, (end - between) / lives))
}

/// CPU time of this thread.
fn thread_nanoseconds() -> f64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    now.tv_sec as f64 * 1e9 + now.tv_nsec as f64
}
