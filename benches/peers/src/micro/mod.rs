//! What one call costs, of each kind, on each engine: between host and guest, between guests, through tables, into a trap,
//! and growing a memory.
//!
//! Owns: the cases, how they are timed (medians of many short batches, engines in turns), their table, and the goals that
//! skep has to reach. Does not know: an engine's API (one file each); how whole programs are measured (`measure`).
//!
//! Calls inside the guest are made by a loop, whose own cost is not subtracted: the first of these rows is that loop.

mod singlepass;
mod skep;
mod wasmi;
mod wasmtime;

use std::fmt::Write as _;

use ::skep::Tuning;
use anyhow::{Context, Result, bail, ensure};

use crate::clock;
use crate::engines::Which;
use crate::report::Format;
use crate::report::text::{heading, table};

/// The guest that is called, as text.
const GUEST: &str = include_str!("guest.wat");
/// The instance beside it.
const OTHER: &str = include_str!("other.wat");

/// Batches of a case on an engine: enough that disturbances fall out of the median.
const BATCHES: usize = 101;
/// CPU seconds that one batch should take: far more than reading the clock does.
const BATCH_SECONDS: f64 = 150e-6;
/// Calls in a batch at most. A memory that grows by a page at each of them stays below what all engines allow.
const CALLS_MAX: u32 = 20_000;

/// A guest on one engine, entered through the engine's own typed functions.
trait Guest {
    /// A function `() -> ()`.
    type Nullary;
    /// A function `(i32) -> i32`.
    type Unary;

    /// Both modules compiled, the other instance made, host functions defined.
    fn nullary(&mut self, name: &str) -> Result<Self::Nullary>;
    /// An export of the current instance.
    fn unary(&mut self, name: &str) -> Result<Self::Unary>;
    /// Replaces the instance by a new one.
    fn renew(&mut self) -> Result<()>;
    /// Whether the call returned.
    fn call_nullary(&mut self, func: &Self::Nullary) -> bool;
    /// What the call returned; an error is made and dropped.
    fn call_unary(&mut self, func: &Self::Unary, param: i32) -> Option<i32>;
}

/// How a case makes its calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// The host calls an export that takes and returns nothing.
    Nothing,
    /// The host calls an export `(i32) -> i32`.
    Value,
    /// The guest calls, in a loop.
    Inside,
    /// The same, in an instance that is new for each batch.
    InsideNew,
    /// The host calls; so many frames above the first one lies the trap.
    Trap(i32),
}

/// One kind of call.
struct Case {
    title: &'static str,
    export: &'static str,
    way: Way,
    /// What skep may need at most.
    goal: Option<Goal>,
}

/// What skep may need at most.
#[derive(Clone, Copy, Debug)]
enum Goal {
    /// As a multiple of Cranelift's (wasmtime's) time.
    Times(f64),
    /// In nanoseconds.
    Nanoseconds(f64),
}

const fn case(title: &'static str, export: &'static str, way: Way, goal: Option<Goal>) -> Case {
    Case { title, export, way, goal }
}

const CASES: [Case; 20] = [
    case("host to guest, () -> ()", "nothing", Way::Nothing, Some(Goal::Times(0.6))),
    case("host to guest, (i32) -> i32", "inc", Way::Value, Some(Goal::Times(0.6))),
    case("host to guest, and on to another", "inc-by-call", Way::Value, None),
    case("in the guest: the loop alone", "loop", Way::Inside, None),
    case("direct call", "direct", Way::Inside, None),
    case("call of an imported guest function", "import", Way::Inside, None),
    case("guest to host, |x| x + 1", "host", Way::Inside, Some(Goal::Times(1.2))),
    case("guest to host, with the caller's data", "host-data", Way::Inside, None),
    case("call_indirect, own function", "own-1", Way::Inside, Some(Goal::Times(1.1))),
    case("call_indirect, 8 own functions", "own-8", Way::Inside, Some(Goal::Times(1.1))),
    case("call_indirect, another instance's", "foreign-1", Way::Inside, Some(Goal::Times(1.9))),
    case("call_indirect, 8 of another's", "foreign-8", Way::Inside, Some(Goal::Times(1.9))),
    case("trap: unreachable, 1 frame", "unreachable", Way::Trap(0), Some(Goal::Nanoseconds(100.0))),
    case("trap: unreachable, 64 frames", "unreachable", Way::Trap(63), Some(Goal::Nanoseconds(2000.0))),
    case("trap: division by zero, 1 frame", "divide", Way::Trap(0), Some(Goal::Nanoseconds(100.0))),
    case("trap: division by zero, 64 frames", "divide", Way::Trap(63), Some(Goal::Nanoseconds(2000.0))),
    case("trap: out of bounds, 1 frame", "outside", Way::Trap(0), None),
    case("trap: out of bounds, 64 frames", "outside", Way::Trap(63), None),
    case("memory.grow by 0", "grow-0", Way::InsideNew, None),
    case("memory.grow by 1", "grow-1", Way::InsideNew, None),
];

/// A guest that can be timed.
trait Timed {
    /// CPU seconds of so many calls.
    fn batch(&mut self, case: &Case, calls: u32) -> Result<f64>;
}

impl<G: Guest> Timed for G {
    fn batch(&mut self, case: &Case, calls: u32) -> Result<f64> {
        let name = case.export;
        match case.way {
            Way::Nothing => {
                let func = self.nullary(name)?;
                let begin = clock::thread_seconds();
                let all = (0..calls).all(|_| self.call_nullary(&func));
                let time = clock::thread_seconds() - begin;
                ensure!(all, "{name} failed");
                Ok(time)
            }
            Way::Value => {
                let func = self.unary(name)?;
                let begin = clock::thread_seconds();
                let last = (0..calls).try_fold(0, |value, _| self.call_unary(&func, value));
                let time = clock::thread_seconds() - begin;
                ensure!(last == i32::try_from(calls).ok(), "{name} answered {last:?}");
                Ok(time)
            }
            Way::Trap(above) => {
                let func = self.unary(name)?;
                let begin = clock::thread_seconds();
                let all = (0..calls).all(|_| self.call_unary(&func, above).is_none());
                let time = clock::thread_seconds() - begin;
                ensure!(all, "{name} did not trap");
                Ok(time)
            }
            Way::Inside | Way::InsideNew => {
                if case.way == Way::InsideNew {
                    self.renew()?;
                }
                let func = self.unary(name)?;
                let rounds = i32::try_from(calls)?;
                let begin = clock::thread_seconds();
                let answer = self.call_unary(&func, rounds);
                let time = clock::thread_seconds() - begin;
                let Some(answer) = answer else { bail!("{name} failed") };
                ensure!(answer == expected(name, rounds), "{name} answered {answer} after {rounds} rounds");
                Ok(time)
            }
        }
    }
}

/// What the loop of this name returns.
fn expected(name: &str, rounds: i32) -> i32 {
    match name {
        "own-8" | "foreign-8" => (1..=rounds).map(|round| (round & 7) + 1).sum(),
        "grow-0" => 1,
        _ => rounds,
    }
}

/// Nanoseconds per call, by case and engine; `None` where the engine fails.
struct Times {
    names: Vec<&'static str>,
    rows: Vec<Vec<Option<f64>>>,
    faults: Vec<String>,
}

/// Measures all cases on these engines, prints them, and says whether all went right: with `goals`, whether skep reaches them.
pub fn bench(peers: &[Which], without: Tuning, format: Format, goals: bool) -> Result<bool> {
    let mut guests = peers.iter().map(|&peer| guest(peer, without)).collect::<Result<Vec<_>>>()?;
    let times = measure(&mut guests)?;
    print!("{}", times.render(format));
    let mut faults = times.faults.clone();
    if goals {
        faults.extend(times.missed());
    }
    faults.iter().for_each(|fault| eprintln!("wrong: {fault}"));
    Ok(faults.is_empty())
}

type Named = (&'static str, Box<dyn Timed>);

fn guest(which: Which, without: Tuning) -> Result<Named> {
    let guest = wat::parse_str(GUEST).context("guest.wat")?;
    let other = wat::parse_str(OTHER).context("other.wat")?;
    let modules = [&*guest, &*other];
    Ok(match which {
        Which::Skep => ("skep", Box::new(skep::Guest::new(modules, false, without)?)),
        Which::SkepChecked => ("skep-checked", Box::new(skep::Guest::new(modules, true, without)?)),
        Which::Cranelift => ("cranelift", Box::new(wasmtime::Guest::new(modules, false)?)),
        Which::Winch => ("winch", Box::new(wasmtime::Guest::new(modules, true)?)),
        Which::Singlepass => ("singlepass", Box::new(singlepass::Guest::new(modules)?)),
        Which::Wasmi => ("wasmi", Box::new(wasmi::Guest::new(modules)?)),
        Which::Liftoff | Which::Turbofan => bail!("calls are not measured through node"),
    })
}

fn measure(guests: &mut [Named]) -> Result<Times> {
    let mut times =
        Times { names: guests.iter().map(|guest| guest.0).collect(), rows: Vec::new(), faults: Vec::new() };
    for case in &CASES {
        let mut row: Vec<Option<(u32, Vec<f64>)>> = Vec::new();
        for (name, guest) in &mut *guests {
            let calls = calls_per_batch(&mut **guest, case);
            if let Err(error) = &calls {
                times.faults.push(format!("{} on {name}: {error:#}", case.title));
            }
            row.push(calls.ok().map(|calls| (calls, Vec::new())));
        }
        for _ in 0..BATCHES {
            for ((_, guest), cell) in guests.iter_mut().zip(&mut row) {
                if let Some((calls, batches)) = cell {
                    batches.push(guest.batch(case, *calls)? / f64::from(*calls) * 1e9);
                }
            }
        }
        times.rows.push(row.into_iter().map(|cell| Some(median(cell?.1))).collect());
    }
    Ok(times)
}

/// How many calls fill a batch.
fn calls_per_batch(guest: &mut dyn Timed, case: &Case) -> Result<u32> {
    const FIRST: u32 = 16;
    let most = if case.export == "grow-1" { 1000 } else { CALLS_MAX };
    guest.batch(case, FIRST)?;
    let once = guest.batch(case, FIRST)? / f64::from(FIRST);
    Ok(((BATCH_SECONDS / once) as u32).clamp(FIRST, most))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}

impl Times {
    fn render(&self, format: Format) -> String {
        let mut text = String::new();
        if format == Format::Csv {
            text += "call,engine,nanoseconds\n";
            for (case, row) in CASES.iter().zip(&self.rows) {
                for (name, time) in self.names.iter().zip(row) {
                    let time = time.map_or_else(String::new, |time| format!("{time:.2}"));
                    let _ = writeln!(text, "\"{}\",{name},{time}", case.title);
                }
            }
            return text;
        }
        let note = format!(
            "Calls, ns (and as a multiple of {}), median of {BATCHES} batches; CPU time",
            self.names[self.reference()]
        );
        heading(&mut text, format, &note);
        text += &table(&self.table(), format);
        text
    }

    fn table(&self) -> Vec<Vec<String>> {
        let names = self.names.iter().map(|&name| name.to_owned());
        let mut table: Vec<Vec<String>> = vec![["call".to_owned()].into_iter().chain(names).collect()];
        for (case, row) in CASES.iter().zip(&self.rows) {
            let field = |(at, time): (usize, &Option<f64>)| match (time, row[self.reference()]) {
                (None, _) => "–".to_owned(),
                (Some(time), Some(reference)) if at != self.reference() => {
                    format!("{} ({:.2})", nanoseconds(*time), time / reference)
                }
                (Some(time), _) => nanoseconds(*time),
            };
            let fields = row.iter().enumerate().map(field);
            table.push([case.title.to_owned()].into_iter().chain(fields).collect());
        }
        table
    }

    /// What times are divided by, if it takes part; else the first engine.
    fn reference(&self) -> usize {
        self.names.iter().position(|&name| name == "cranelift").unwrap_or(0)
    }

    /// The goals that skep misses, or that cannot be told because an engine did not take part.
    fn missed(&self) -> Vec<String> {
        let at = |wanted: &str| self.names.iter().position(|&name| name == wanted);
        let mut missed = Vec::new();
        for (case, row) in CASES.iter().zip(&self.rows) {
            let time = |name| at(name).and_then(|at| row[at]);
            let Some(goal) = case.goal else { continue };
            let (most, unit, figure) = match goal {
                Goal::Nanoseconds(most) => (most, "ns", time("skep")),
                Goal::Times(most) => {
                    let ratio = time("skep").zip(time("cranelift")).map(|(time, other)| time / other);
                    (most, "of Cranelift's", ratio)
                }
            };
            match figure {
                None => missed.push(format!("goal: {}: not measured", case.title)),
                Some(figure) if figure <= most => {}
                Some(figure) => {
                    missed.push(format!("goal: {}: {figure:.2} {unit}, not {most:.2}", case.title));
                }
            }
        }
        missed
    }
}

/// Three digits or so.
fn nanoseconds(time: f64) -> String {
    let digits = if time < 10.0 { 2 } else { usize::from(time < 100.0) };
    format!("{time:.digits$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_answers_right_on_every_engine() {
        let peers = [Which::Skep, Which::Cranelift, Which::Winch, Which::Singlepass, Which::Wasmi];
        for peer in peers {
            let (name, mut guest) = guest(peer, Tuning::NONE).expect("an engine");
            for case in &CASES {
                if let Err(error) = guest.batch(case, 20) {
                    panic!("{} on {name}: {error:#}", case.title);
                }
            }
        }
    }

    #[test]
    fn goals_are_met_missed_or_unknown() {
        let rows = |skep: f64| CASES.iter().map(|_| vec![Some(skep), Some(1.0)]).collect();
        let times = |names, skep| Times { names, rows: rows(skep), faults: Vec::new() }.missed();
        assert_eq!(times(vec!["skep", "cranelift"], 0.5), [""; 0]);
        let missed = times(vec!["skep", "cranelift"], 1.15);
        assert_eq!(missed.len(), 4, "{missed:?}");
        assert_eq!(missed[0], "goal: host to guest, () -> (): 1.15 of Cranelift's, not 0.60");
        assert_eq!(times(vec!["skep", "winch"], 0.5).len(), 7);
    }
}
