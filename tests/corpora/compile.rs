//! Modules of real software: they compile, and no large one takes long.
//!
//! Owns: the bound and how time is measured. Does not know: the compiler.

use std::sync::LazyLock;
use std::time::Duration;

use rayon::{ThreadPool, ThreadPoolBuilder};
use rustix::time::{ClockId, clock_gettime};
use skep::{Engine, Error, Module};

use crate::index::{Index, Row};
use crate::report::Verdict;

/// Most time per byte of a code section that counts. Holds for optimised builds of the compiler.
const NS_PER_BYTE_MAX: f64 = 150.0;
/// From this size on, fixed costs do not matter and the bound holds.
const CODE_BYTES_MIN: usize = 64 << 10;
/// Tries until the bound is met: what else the machine does makes single ones slow.
const TRIES: usize = 5;

/// Compiling is done here, so that the time of one thread is all of it.
static POOL: LazyLock<ThreadPool> =
    LazyLock::new(|| ThreadPoolBuilder::new().num_threads(1).build().expect("the system gives a thread"));

/// Compiles a module and looks at the time.
pub(crate) fn check(index: &Index, row: &Row, engine: &Engine) -> Verdict {
    let bytes = match index.module(row) {
        Ok(bytes) => bytes,
        Err(verdict) => return verdict,
    };
    let mut best = f64::INFINITY;
    for _ in 0..TRIES {
        match POOL.install(|| measure(engine, &bytes)) {
            Err(error) => return Verdict::Failed(error.to_string()),
            Ok((code_bytes, _)) if code_bytes < CODE_BYTES_MIN => return Verdict::Passed,
            Ok((code_bytes, time)) => best = best.min(ns_per_byte(time, code_bytes)),
        }
        if best <= NS_PER_BYTE_MAX || cfg!(debug_assertions) {
            return Verdict::Timed(best);
        }
    }
    Verdict::Failed(format!("{best:.1} ns per byte of code, more than {NS_PER_BYTE_MAX}"))
}

/// Bytes of the code section, and time that compiling took.
fn measure(engine: &Engine, bytes: &[u8]) -> Result<(usize, Duration), Error> {
    let start = thread_time();
    let module = Module::new(engine, bytes)?;
    let time = thread_time().saturating_sub(start);
    Ok((module.code_section_bytes(), time))
}

fn ns_per_byte(time: Duration, code_bytes: usize) -> f64 {
    time.as_nanos() as f64 / code_bytes as f64
}

/// Processor time of this thread.
fn thread_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).expect("a thread's time is not negative")
}
