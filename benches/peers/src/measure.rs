//! Compiles and runs one program on all engines, in turns, so that a slow spell of the machine meets all of them.

use anyhow::Result;

use crate::clock;
use crate::corpus::Program;
use crate::engines::{Compiled, Peer};
use crate::sections;

/// How often.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Compiles of each module by each engine.
    pub compiles: usize,
    /// Runs of each program on each engine; 0 compiles only.
    pub runs: usize,
    /// CPU seconds after which an engine gets no further compile or run of the same program; it gets one of each always.
    pub limit: f64,
}

/// What one engine did with one program.
#[derive(Debug, Default)]
pub struct Cell {
    /// CPU seconds of each compile.
    pub compiles: Vec<f64>,
    /// Seconds of each run, as the program's timing defines them.
    pub runs: Vec<f64>,
    /// CPU seconds of all runs' calls: more than `runs` tell where a program's time is a score.
    pub spent: f64,
    /// What went wrong, if anything; then no time counts.
    pub fault: Option<String>,
    /// Why the engine does not take the module, where that is no fault.
    pub refusal: Option<String>,
}

impl Cell {
    fn counts(&self) -> bool {
        self.fault.is_none() && self.refusal.is_none()
    }

    /// The least compile time.
    pub fn compile(&self) -> Option<f64> {
        least(&self.compiles).filter(|_| self.counts())
    }

    /// The least run time.
    pub fn run(&self) -> Option<f64> {
        least(&self.runs).filter(|_| self.counts())
    }

    /// The median run time, the lower one of two.
    pub fn median(&self) -> Option<f64> {
        let mut sorted = self.runs.clone();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len().checked_sub(1)? / 2).copied().filter(|_| self.counts())
    }
}

/// One program on all engines.
#[derive(Debug)]
pub struct Line {
    /// The program.
    pub name: String,
    /// Size of its code section.
    pub code_bytes: usize,
    /// A cell for each engine, in the order given.
    pub cells: Vec<Cell>,
}

/// Measures one program.
pub fn measure(program: &Program, peers: &[Box<dyn Peer>], plan: Plan) -> Result<Line> {
    let wasm = program.bytes()?;
    let code_bytes = sections::code_bytes(&wasm)?;
    let mut cells: Vec<Cell> = peers.iter().map(|_| Cell::default()).collect();
    let modules = compile(&wasm, peers, &mut cells, plan);
    if program.expect.is_some() {
        run(program, &modules, &mut cells, plan);
    }
    Ok(Line { name: program.name.clone(), code_bytes, cells })
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
            let began = clock::process_seconds();
            let compiled = peer.compile(wasm);
            cell.compiles.push(clock::process_seconds() - began);
            match compiled {
                Ok(compiled) => *module = Some(compiled),
                Err(error) if peer.must_compile() => {
                    cell.fault = Some(format!("does not compile: {error:#}"))
                }
                Err(error) => cell.refusal = Some(format!("{error:#}")),
            }
        }
    }
    modules
}

fn run(program: &Program, modules: &[Option<Box<dyn Compiled>>], cells: &mut [Cell], plan: Plan) {
    for _ in 0..plan.runs {
        for (module, cell) in modules.iter().zip(&mut *cells) {
            let Some(module) = module else { continue };
            if !cell.counts() || cell.spent > plan.limit {
                continue;
            }
            match once(program, module.as_ref()) {
                Ok((seconds, called)) => {
                    cell.runs.push(seconds);
                    cell.spent += called;
                }
                Err(fault) => cell.fault = Some(fault),
            }
        }
    }
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

fn least(times: &[f64]) -> Option<f64> {
    times.iter().copied().min_by(f64::total_cmp)
}

#[cfg(test)]
mod tests {
    use super::Cell;

    #[test]
    fn least_and_median() {
        let cell = Cell { runs: vec![3.0, 1.0, 2.0, 4.0], ..Cell::default() };
        assert_eq!((cell.run(), cell.median(), cell.compile()), (Some(1.0), Some(2.0), None));
        let wrong = Cell { runs: vec![1.0], fault: Some("trap".into()), ..Cell::default() };
        assert_eq!((wrong.run(), wrong.median()), (None, None));
    }
}
