//! Compiles and runs one program on all engines, in turns, so that a slow spell of the machine meets all of them.

use std::io::Write as _;

use anyhow::{Context, Result};
use tempfile::NamedTempFile;

use crate::clock::Clock;
use crate::corpus::{Origin, Program};
use crate::engines::{Compiled, Peer};
use crate::sections;

/// How often.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Compiles of each module by each engine.
    pub compiles: usize,
    /// Runs of each program on each engine; 0 compiles only.
    pub runs: usize,
    /// Seconds after which an engine gets no further compile or run of the same program; it gets one of each always.
    pub limit: f64,
    /// What compiling is measured by.
    pub clock: Clock,
    /// Whether the memory that compiling takes is measured too.
    pub memory: bool,
}

/// What one engine did with one program.
#[derive(Clone, Debug, Default)]
pub struct Cell {
    /// Seconds of each compile.
    pub compiles: Vec<f64>,
    /// Seconds of each run, as the program's timing defines them.
    pub runs: Vec<f64>,
    /// CPU seconds of all runs' calls: more than `runs` tell where a program's time is a score.
    pub spent: f64,
    /// Bytes of machine code, where the engine tells.
    pub machine_code: Option<usize>,
    /// Bytes of memory that a compile takes at most, where that was asked for.
    pub peak: Option<u64>,
    /// What went wrong, if anything; then no time counts.
    pub fault: Option<String>,
    /// Why the engine does not take the module, where that is no fault.
    pub refusal: Option<String>,
    /// Why its runs do not count, where that is no fault.
    pub unrun: Option<String>,
}

impl Cell {
    fn counts(&self) -> bool {
        self.fault.is_none() && self.refusal.is_none()
    }

    /// The least compile time.
    pub fn compile(&self) -> Option<f64> {
        least(&self.compiles).filter(|_| self.counts())
    }

    /// The median compile time.
    pub fn compile_median(&self) -> Option<f64> {
        median(&self.compiles).filter(|_| self.counts())
    }

    /// The least run time.
    pub fn run(&self) -> Option<f64> {
        least(&self.runs).filter(|_| self.counts() && self.unrun.is_none())
    }

    /// The median run time.
    pub fn run_median(&self) -> Option<f64> {
        median(&self.runs).filter(|_| self.counts() && self.unrun.is_none())
    }
}

/// One program on all engines.
#[derive(Debug)]
pub struct Line {
    /// The program.
    pub name: String,
    /// Where it comes from.
    pub origin: Origin,
    /// Size of the module.
    pub module_bytes: usize,
    /// Size of its code section.
    pub code_bytes: usize,
    /// A cell for each engine, in the order given.
    pub cells: Vec<Cell>,
}

#[cfg(test)]
impl Line {
    /// A line for tests, without cells.
    pub fn empty(name: &str, code_bytes: usize) -> Self {
        let (name, cells) = (name.to_owned(), Vec::new());
        Self { name, origin: Origin::Bench, module_bytes: code_bytes, code_bytes, cells }
    }
}

/// Measures one program.
pub fn measure(program: &Program, peers: &[Box<dyn Peer>], plan: Plan) -> Result<Line> {
    let wasm = program.bytes()?;
    let code_bytes = sections::code_bytes(&wasm)?;
    let mut cells: Vec<Cell> = peers.iter().map(|_| Cell::default()).collect();
    let modules = compile(&wasm, peers, &mut cells, plan);
    if program.expect.is_some() {
        run(program, peers, &modules, &mut cells, plan);
    }
    if plan.memory {
        drop(modules);
        measure_memory(&wasm, peers, &mut cells)?;
    }
    let (name, module_bytes) = (program.name.clone(), wasm.len());
    Ok(Line { name, origin: program.origin, module_bytes, code_bytes, cells })
}

fn compile(
    wasm: &[u8],
    peers: &[Box<dyn Peer>],
    cells: &mut [Cell],
    plan: Plan,
) -> Vec<Option<Box<dyn Compiled>>> {
    let mut modules: Vec<_> = peers.iter().map(|_| None).collect();
    for _ in 0..plan.compiles {
        for ((peer, cell), module) in peers.iter().zip(&mut *cells).zip(&mut modules) {
            if !cell.counts() || cell.compiles.iter().sum::<f64>() > plan.limit {
                continue;
            }
            *module = None;
            let began = plan.clock.seconds();
            let compiled = peer.compile(wasm);
            let took = plan.clock.seconds() - began;
            match compiled {
                Ok(compiled) => {
                    cell.compiles.push(compiled.took().unwrap_or(took));
                    cell.machine_code = compiled.machine_code_bytes();
                    *module = Some(compiled);
                }
                Err(error) if peer.must_compile() => {
                    cell.fault = Some(format!("does not compile: {error:#}"))
                }
                Err(error) => cell.refusal = Some(format!("{error:#}")),
            }
        }
    }
    modules
}

fn run(
    program: &Program,
    peers: &[Box<dyn Peer>],
    modules: &[Option<Box<dyn Compiled>>],
    cells: &mut [Cell],
    plan: Plan,
) {
    for _ in 0..plan.runs {
        for ((peer, module), cell) in peers.iter().zip(modules).zip(&mut *cells) {
            let Some(module) = module else { continue };
            if !cell.counts() || cell.unrun.is_some() || cell.spent > plan.limit {
                continue;
            }
            match once(program, module.as_ref()) {
                Ok((seconds, called)) => {
                    cell.runs.push(seconds);
                    cell.spent += called;
                }
                Err(fault) if peer.must_answer() => cell.fault = Some(fault),
                Err(why) => cell.unrun = Some(why),
            }
        }
    }
}

fn measure_memory(wasm: &[u8], peers: &[Box<dyn Peer>], cells: &mut [Cell]) -> Result<()> {
    let mut file = NamedTempFile::new().context("no temporary file")?;
    file.write_all(wasm)?;
    for (peer, cell) in peers.iter().zip(cells).filter(|(_, cell)| cell.counts()) {
        cell.peak = Some(peer.peak_bytes(file.path()).with_context(|| peer.name().to_owned())?);
    }
    Ok(())
}

/// One checked run: its time and the CPU seconds of its call, or what is wrong with it.
fn once(program: &Program, module: &dyn Compiled) -> Result<(f64, f64), String> {
    let answer = module.run(program).map_err(|error| format!("does not run: {error:#}"))?;
    let fault = program.expect.as_ref().and_then(|expect| expect.fault(&answer));
    match fault {
        Some(fault) => Err(fault),
        None => answer
            .seconds(program.timing)
            .map(|seconds| (seconds, answer.called))
            .ok_or_else(|| "never told its time or score".to_owned()),
    }
}

/// The lower one of two.
fn median(times: &[f64]) -> Option<f64> {
    let mut sorted = times.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len().checked_sub(1)? / 2).copied()
}

fn least(times: &[f64]) -> Option<f64> {
    times.iter().copied().min_by(f64::total_cmp)
}

#[cfg(test)]
mod tests {
    use super::Cell;

    #[test]
    fn least_and_median() {
        let cell = Cell { runs: vec![3.0, 1.0, 2.0, 4.0], ..Cell::default() };
        assert_eq!((cell.run(), cell.run_median(), cell.compile()), (Some(1.0), Some(2.0), None));
        let wrong = Cell { runs: vec![1.0], fault: Some("trap".into()), ..Cell::default() };
        assert_eq!((wrong.run(), wrong.run_median()), (None, None));
        let unrun =
            Cell { compiles: vec![1.0], runs: vec![1.0], unrun: Some("no host".into()), ..Cell::default() };
        assert_eq!((unrun.run(), unrun.compile_median()), (None, Some(1.0)));
    }
}
