//! Programs that nobody here wrote: benchmarks, recordings of web applications, game carts and large modules, run or
//! compiled in each memory mode and compared with what other engines answered.
//!
//! Owns: what is tried, and in which order. Does not know: what an answer is (`answer`), how a kind of module is tried
//! (`wasi_programs`, `carts`, `compile`).
//!
//! The modules are other people's and not in this repository. The variable `SKEP_CORPORA` names the folder that has them
//! and the `index.json` that describes them (see `index`). Without it nothing is run, and the last line says so.
//! `cargo test --release --test corpora -- polybench` tries what has `polybench` in its name.

mod answer;
mod carts;
mod compile;
mod index;
mod report;
mod wasi_programs;

use std::path::Path;
use std::process::ExitCode;
use std::{env, thread};

use index::{Index, Row};
use report::{Case, Report, Verdict, say};
use skep::{Config, Engine, MemoryMode};

/// The variable that names the folder.
const FOLDER: &str = "SKEP_CORPORA";

/// How a kind of module is tried.
type Check = fn(&Index, &Row, &Engine) -> Verdict;

fn main() -> ExitCode {
    let Some(filters) = filters(env::args().skip(1)) else { return ExitCode::SUCCESS };
    let Some(folder) = env::var_os(FOLDER) else {
        say(format_args!("corpora: nothing was tried: {FOLDER} names no folder with modules and index.json"));
        say(format_args!("corpora: 0 passed, 0 failed, 0 skipped (no folder)"));
        return ExitCode::SUCCESS;
    };
    let report = try_all(Path::new(&folder), &filters).unwrap_or_else(|error| {
        say(format_args!("corpora: {error}"));
        Report::failure()
    });
    report.close()
}

/// The words one of which a name must contain, from arguments as the standard harness takes them; `None` when a list is
/// asked for.
fn filters(args: impl Iterator<Item = String>) -> Option<Vec<String>> {
    const WITH_VALUE: &[&str] = &["--skip", "--test-threads", "--color", "--format", "--logfile", "-Z"];
    let mut filters = Vec::new();
    let mut is_value = false;
    for arg in args {
        if arg == "--list" {
            return None;
        }
        if !is_value && !arg.starts_with('-') {
            filters.push(arg.clone());
        }
        is_value = WITH_VALUE.contains(&&*arg);
    }
    Some(filters)
}

fn try_all(folder: &Path, filters: &[String]) -> Result<Report, String> {
    let index = &Index::read(folder)?;
    let engines = [("guarded", MemoryMode::Guarded), ("checked", MemoryMode::Checked)]
        .map(|(name, mode)| Engine::new(&Config::new().memory_mode(mode)).map(|engine| (name, engine)));
    let engines = engines.into_iter().collect::<Result<Vec<_>, _>>().map_err(|error| error.to_string())?;
    let cases = |belongs: fn(&Row) -> bool, verb: &str, check: Check| {
        let mut cases = Vec::new();
        for row in index.rows.iter().filter(|row| belongs(row)) {
            for (mode, engine) in &engines {
                let name = format!("{verb} {mode} {}", row.file);
                cases.push(Case { name, check: Box::new(move || check(index, row, engine)) });
            }
        }
        cases.retain(|case| filters.is_empty() || filters.iter().any(|word| case.name.contains(word)));
        cases
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let mut report = Report::default();
    report.run(&cases(Row::is_cart, "run", carts::check), threads);
    report.run(&cases(Row::is_program, "run", wasi_programs::check), threads);
    // One at a time, because what counts is the time.
    report.run(&cases(Row::is_real, "compile", compile::check), 1);
    Ok(report)
}
