//! Running cases and saying what came of them.
//!
//! Owns: verdicts, threads, the lines and the closing line. Does not know: what a case does.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

/// What came of one case.
pub(crate) enum Verdict {
    /// The answer was right.
    Passed,
    /// It was, in so many nanoseconds per byte of code.
    Timed(f64),
    /// It was not: what is wrong.
    Failed(String),
    /// Nothing was compared: the reason, by which skips are counted.
    Skipped(String),
}

/// One thing to try.
pub(crate) struct Case<'a> {
    pub(crate) name: String,
    pub(crate) check: Box<dyn Fn() -> Verdict + Sync + 'a>,
}

/// What came of all cases.
#[derive(Default)]
pub(crate) struct Report {
    passed: usize,
    failed: usize,
    skipped: BTreeMap<String, usize>,
}

impl Report {
    /// The report of a run that could not start.
    pub(crate) fn failure() -> Self {
        Self { failed: 1, ..Self::default() }
    }

    /// Tries cases on so many threads, in order.
    pub(crate) fn run(&mut self, cases: &[Case<'_>], threads: usize) {
        let next = AtomicUsize::new(0);
        let report = Mutex::new(self);
        let work = || {
            while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                let start = Instant::now();
                let verdict = catch_unwind(AssertUnwindSafe(&case.check))
                    .unwrap_or_else(|_| Verdict::Failed("panicked".to_owned()));
                let seconds = start.elapsed().as_secs_f64();
                report.lock().expect("adding to a report does not panic").add(&case.name, seconds, verdict);
            }
        };
        thread::scope(|scope| {
            for _ in 0..threads.min(cases.len()) {
                scope.spawn(work);
            }
        });
    }

    fn add(&mut self, name: &str, seconds: f64, verdict: Verdict) {
        match verdict {
            Verdict::Passed => {
                say(format_args!("ok {seconds:8.2} s  {name}"));
                self.passed += 1;
            }
            Verdict::Timed(ns_per_byte) => {
                say(format_args!("ok {seconds:8.2} s  {name}: {ns_per_byte:.1} ns per byte of code"));
                self.passed += 1;
            }
            Verdict::Failed(why) => {
                say(format_args!("FAILED       {name}: {why}"));
                self.failed += 1;
            }
            Verdict::Skipped(reason) => {
                say(format_args!("skipped      {name}: {reason}"));
                *self.skipped.entry(reason).or_default() += 1;
            }
        }
    }

    /// Prints the closing line.
    pub(crate) fn close(self) -> ExitCode {
        let Self { passed, failed, skipped } = self;
        let count: usize = skipped.values().sum();
        let reasons: Vec<_> = skipped.iter().map(|(reason, count)| format!("{reason}: {count}")).collect();
        let reasons = if reasons.is_empty() { String::new() } else { format!(" ({})", reasons.join(", ")) };
        say(format_args!("corpora: {passed} passed, {failed} failed, {count} skipped{reasons}"));
        if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

/// Prints a line. When nobody reads it any more, there is nobody to tell.
pub(crate) fn say(line: fmt::Arguments<'_>) {
    let _ = writeln!(io::stdout(), "{line}");
}
