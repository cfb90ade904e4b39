//! `skep compile`: how long compiling takes and what comes out.
//!
//! Owns: measuring, the table and its JSON form. Does not know: the compiler.

use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use rayon::ThreadPoolBuilder;
use rustix::time::{ClockId, clock_gettime};
use skep::{Engine, Module};

use crate::options::CompileOptions;
use crate::outcome::{Failure, Outcome, load};

/// Runs the command.
pub(crate) fn compile(options: &CompileOptions) -> Outcome {
    let engine = options.mode.engine_for(options.target)?;
    let threads = usize::from(options.threads);
    let pool = ThreadPoolBuilder::new().num_threads(threads).build();
    let pool = pool.map_err(|error| Failure::at("threads", error))?;
    let clock = if threads == 1 { Clock::Thread } else { Clock::Wall };
    let rows: Vec<Row> = options
        .files
        .iter()
        .map(|file| pool.install(|| measure(&engine, file, options.repeat, clock)))
        .collect::<Result<_, _>>()?;
    let mut out = io::stdout().lock();
    if options.json {
        json(&mut out, &rows, options, (clock, engine.target().arch.name()))?;
    } else {
        table(&mut out, &rows, clock)?;
    }
    Ok(())
}

/// What time is measured by.
#[derive(Clone, Copy)]
enum Clock {
    /// CPU time of the one thread that compiles.
    Thread,
    /// Time on the wall, for several threads.
    Wall,
}

impl Clock {
    fn name(self) -> &'static str {
        match self {
            Self::Thread => "thread-cpu",
            Self::Wall => "wall",
        }
    }

    fn measure<R>(self, work: impl FnOnce() -> R) -> (R, Duration) {
        match self {
            Self::Thread => {
                let start = thread_cpu();
                let result = work();
                (result, thread_cpu().saturating_sub(start))
            }
            Self::Wall => {
                let start = Instant::now();
                let result = work();
                (result, start.elapsed())
            }
        }
    }
}

fn thread_cpu() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    let part = |number: i64| u64::try_from(number).unwrap_or(0);
    Duration::from_secs(part(now.tv_sec)) + Duration::from_nanos(part(now.tv_nsec))
}

/// What is said about a module.
struct Row {
    file: String,
    best: Duration,
    wasm_bytes: usize,
    machine_bytes: usize,
    funcs: usize,
}

impl Row {
    /// Zero for a module without code.
    #[expect(clippy::cast_precision_loss, reason = "a ratio for people")]
    fn ns_per_byte(&self) -> f64 {
        if self.wasm_bytes == 0 { 0.0 } else { self.best.as_nanos() as f64 / self.wasm_bytes as f64 }
    }
}

/// The first run reads the file and, of text, makes the binary; all that are timed start from that.
fn measure(engine: &Engine, file: &Path, repeat: u32, clock: Clock) -> Result<Row, Failure> {
    let module = load(engine, file)?;
    let mut best = Duration::MAX;
    for _ in 0..repeat {
        let (again, time) = clock.measure(|| Module::new(engine, module.bytes()));
        drop(again.map_err(|error| Failure::of(file.display(), &error))?);
        best = best.min(time);
    }
    Ok(Row {
        file: file.display().to_string(),
        best,
        wasm_bytes: module.code_section_bytes(),
        machine_bytes: module.machine_code_bytes(),
        funcs: module.func_codes().count(),
    })
}

fn table(out: &mut impl Write, rows: &[Row], clock: Clock) -> io::Result<()> {
    writeln!(
        out,
        "{:>12} {:>9} {:>12} {:>12} {:>9}  file ({} time)",
        "compile us",
        "ns/byte",
        "code bytes",
        "machine",
        "functions",
        clock.name()
    )?;
    for row in rows {
        writeln!(
            out,
            "{:>12.1} {:>9.2} {:>12} {:>12} {:>9}  {}",
            row.best.as_secs_f64() * 1e6,
            row.ns_per_byte(),
            row.wasm_bytes,
            row.machine_bytes,
            row.funcs,
            row.file
        )?;
    }
    Ok(())
}

fn json(
    out: &mut impl Write,
    rows: &[Row],
    options: &CompileOptions,
    (clock, target): (Clock, &str),
) -> io::Result<()> {
    writeln!(out, "[")?;
    for (at, row) in rows.iter().enumerate() {
        writeln!(
            out,
            "  {{\"file\": {}, \"compile_ns\": {}, \"ns_per_code_byte\": {:.3}, \"code_section_bytes\": {}, \
             \"machine_code_bytes\": {}, \"functions\": {}, \"threads\": {}, \"repeat\": {}, \"mode\": \"{}\", \
             \"target\": \"{target}\", \"clock\": \"{}\"}}{}",
            quoted(&row.file),
            row.best.as_nanos(),
            row.ns_per_byte(),
            row.wasm_bytes,
            row.machine_bytes,
            row.funcs,
            options.threads,
            options.repeat,
            options.mode.name(),
            clock.name(),
            if at + 1 == rows.len() { "" } else { "," }
        )?;
    }
    writeln!(out, "]")
}

/// A JSON string.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if u32::from(c) < 0x20 => quoted.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_for_json() {
        assert_eq!(quoted("a\"b\\c\nd/é"), "\"a\\\"b\\\\c\\u000ad/é\"");
    }
}
