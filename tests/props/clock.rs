//! How long the compiler may take, and how long it took.
//!
//! Owns: the promise that compile time is bounded by the size of a module. What counts is processor time of one thread, so
//! that a busy machine does not matter.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use skep::{Engine, Error, Module};

/// What any module may take.
const BASE: Duration = Duration::from_millis(50);
/// What each byte adds.
const NANOS_PER_BYTE: u64 = 150;
/// Builds for tests are slower by about ten times on a quiet machine, and more on others: they show only that nothing grows faster
/// than its input. The promise itself is for optimised builds.
const FACTOR: u32 = if cfg!(debug_assertions) { 40 } else { 1 };

/// Time that this thread has run so far.
fn thread_time() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanos = text.split(' ').next()?.parse().ok()?;
    Some(Duration::from_nanos(nanos))
}

/// What a closure gives and how long this thread ran for it.
fn timed<R>(run: impl FnOnce() -> R) -> (R, Duration) {
    let (start, wall) = (thread_time(), Instant::now());
    let result = run();
    let took = match (start, thread_time()) {
        (Some(start), Some(end)) => end.checked_sub(start).unwrap(),
        _ => wall.elapsed(),
    };
    (result, took)
}

/// One thread that compiles.
pub(crate) struct Compiler {
    engine: Engine,
    thread: rayon::ThreadPool,
    /// The longest time beside what was allowed, in thousandths, with its module.
    worst: (u64, String),
}

impl Compiler {
    /// A compiler for an engine.
    pub(crate) fn new(engine: Engine) -> Self {
        let thread = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        Self { engine, thread, worst: (0, String::new()) }
    }

    /// Compiles a module in the time that it may take.
    pub(crate) fn compile(&mut self, what: &str, bytes: &[u8]) -> Result<Module, Error> {
        let nanos = NANOS_PER_BYTE * u64::try_from(bytes.len()).unwrap();
        let allowed = (BASE + Duration::from_nanos(nanos)) * FACTOR;
        let once = || self.thread.install(|| timed(|| Module::new(&self.engine, bytes)));
        let (mut result, mut took) = once();
        if took > allowed {
            // Once more: pages that were touched for the first time, or an interrupt, are not the module's fault.
            (result, took) = once();
        }
        let share = u64::try_from(1000 * took.as_nanos() / allowed.as_nanos()).unwrap();
        if share > self.worst.0 {
            self.worst = (share, format!("{what}: {} bytes in {took:?}", bytes.len()));
        }
        assert!(took <= allowed, "{what}: {} bytes take {took:?}, more than {allowed:?}", bytes.len());
        result
    }

    /// Says, if `SKEP_PROPS_REPORT` is set, what came nearest to the time allowed.
    pub(crate) fn report(&self) {
        if std::env::var_os("SKEP_PROPS_REPORT").is_some() {
            let (share, what) = &self.worst;
            let line = format!("{share} thousandths of the time allowed: {what}\n");
            io::stderr().write_all(line.as_bytes()).unwrap();
        }
    }
}
