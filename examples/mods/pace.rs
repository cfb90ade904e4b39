//! The clock: when ticks begin, how long they took, and what the process uses.
//!
//! Owns: [`Pace`], [`Usage`]. Does not know: the game.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

use crate::game::FRAMES_PER_SECOND;

/// From one tick to the next.
const INTERVAL: Duration = Duration::from_nanos(1_000_000_000 / FRAMES_PER_SECOND as u64);

/// The time that a tick may take.
pub(crate) const BUDGET: Duration = Duration::from_micros(16_600);

/// Begins ticks when they are due, and keeps how long they took.
pub(crate) struct Pace {
    begun: Instant,
    is_fast: bool,
    times: Vec<Duration>,
}

/// Times of some ticks.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Times {
    pub(crate) median: Duration,
    pub(crate) p99: Duration,
    pub(crate) max: Duration,
    /// Ticks that took longer than they may.
    pub(crate) missed: usize,
}

impl Pace {
    /// A clock that starts now. A fast one waits for nothing.
    pub(crate) fn new(is_fast: bool) -> Self {
        Self { begun: Instant::now(), is_fast, times: Vec::new() }
    }

    /// Runs the next tick when it is due.
    pub(crate) fn tick<R>(&mut self, tick: impl FnOnce() -> R) -> R {
        if !self.is_fast {
            let due = self.begun + INTERVAL * u32::try_from(self.times.len()).unwrap_or(u32::MAX);
            thread::sleep(due.saturating_duration_since(Instant::now()));
        }
        let begun = Instant::now();
        let result = tick();
        self.times.push(begun.elapsed());
        result
    }

    /// Ticks so far.
    pub(crate) fn ticks(&self) -> usize {
        self.times.len()
    }

    /// Real time since the first tick was due.
    pub(crate) fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    /// Of the last so many ticks.
    pub(crate) fn times(&self, last: usize) -> Times {
        let mut times = self.times[self.times.len().saturating_sub(last)..].to_vec();
        times.sort_unstable();
        let at = |percent: usize| times.get((times.len() * percent / 100).min(times.len().saturating_sub(1)));
        let at = |percent| at(percent).copied().unwrap_or_default();
        let missed = times.iter().filter(|&&time| time > BUDGET).count();
        Times { median: at(50), p99: at(99), max: at(100), missed }
    }
}

/// What the process uses now; zeros where the system does not tell.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Usage {
    /// Bytes of it that lie in memory.
    pub(crate) resident: u64,
    /// Its mappings.
    pub(crate) mappings: usize,
    /// Time of processors that it has used.
    pub(crate) busy: Duration,
}

impl Usage {
    /// Asks the system.
    pub(crate) fn now() -> Self {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let kib = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?.parse().ok());
        let maps = fs::read_to_string("/proc/self/maps").unwrap_or_default();
        let busy = clock_gettime(ClockId::ProcessCPUTime).try_into().unwrap_or_default();
        Self { resident: kib.unwrap_or(0) << 10, mappings: maps.lines().count(), busy }
    }
}
