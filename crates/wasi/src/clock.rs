//! Time as the guest sees it: the host's clocks, or ones that depend on nothing but the number of readings.
//!
//! Owns: [`Clocks`], `clock_*`. Does not know: who waits (`poll`).

use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rustix::time::ClockId;

use crate::WasiCtx;
use crate::errno::Errno;
use crate::guest::Guest;

/// Where the deterministic wall clock starts: 2022-01-01T00:00:00Z.
const DETERMINISTIC_START_NS: u64 = 1_640_995_200_000_000_000;
/// How far each reading moves the deterministic clocks.
const DETERMINISTIC_STEP_NS: u64 = 1_000_000;

const REALTIME: u32 = 0;
const MONOTONIC: u32 = 1;
const PROCESS_CPU: u32 = 2;
const THREAD_CPU: u32 = 3;

/// The clocks of one guest.
#[derive(Debug)]
pub(crate) enum Clocks {
    /// The host's.
    System {
        /// What the guest's monotonic clock counts from.
        start: Instant,
    },
    /// Each reading moves time by a millisecond; sleeping moves it at once.
    Deterministic {
        /// Time passed so far.
        elapsed_ns: u64,
    },
}

impl Clocks {
    pub(crate) fn system() -> Self {
        Self::System { start: Instant::now() }
    }

    pub(crate) fn deterministic() -> Self {
        Self::Deterministic { elapsed_ns: 0 }
    }

    pub(crate) fn now_ns(&mut self, clock: u32) -> Result<u64, Errno> {
        match self {
            Self::System { start } => system_now_ns(clock, *start),
            Self::Deterministic { elapsed_ns } => {
                *elapsed_ns = elapsed_ns.saturating_add(DETERMINISTIC_STEP_NS);
                match clock {
                    REALTIME => Ok(DETERMINISTIC_START_NS.saturating_add(*elapsed_ns)),
                    MONOTONIC | PROCESS_CPU | THREAD_CPU => Ok(*elapsed_ns),
                    _ => Err(Errno::Inval),
                }
            }
        }
    }

    fn resolution_ns(&self, clock: u32) -> Result<u64, Errno> {
        let id = match clock {
            REALTIME => ClockId::Realtime,
            MONOTONIC => ClockId::Monotonic,
            PROCESS_CPU => ClockId::ProcessCPUTime,
            THREAD_CPU => ClockId::ThreadCPUTime,
            _ => return Err(Errno::Inval),
        };
        match self {
            Self::System { .. } => Ok(timespec_ns(rustix::time::clock_getres(id)).max(1)),
            Self::Deterministic { .. } => Ok(DETERMINISTIC_STEP_NS),
        }
    }

    pub(crate) fn sleep(&mut self, ns: u64) {
        match self {
            Self::System { .. } => thread::sleep(Duration::from_nanos(ns)),
            Self::Deterministic { elapsed_ns } => *elapsed_ns = elapsed_ns.saturating_add(ns),
        }
    }
}

fn system_now_ns(clock: u32, start: Instant) -> Result<u64, Errno> {
    match clock {
        REALTIME => {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).map_err(|_| Errno::Overflow)?;
            u64::try_from(since.as_nanos()).map_err(|_| Errno::Overflow)
        }
        MONOTONIC => u64::try_from(start.elapsed().as_nanos()).map_err(|_| Errno::Overflow),
        PROCESS_CPU => Ok(timespec_ns(rustix::time::clock_gettime(ClockId::ProcessCPUTime))),
        THREAD_CPU => Ok(timespec_ns(rustix::time::clock_gettime(ClockId::ThreadCPUTime))),
        _ => Err(Errno::Inval),
    }
}

fn timespec_ns(time: rustix::time::Timespec) -> u64 {
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let nanoseconds = u64::try_from(time.tv_nsec).unwrap_or(0);
    seconds.saturating_mul(1_000_000_000).saturating_add(nanoseconds)
}

impl WasiCtx {
    pub(crate) fn clock_res_get(
        &mut self,
        guest: &mut Guest<'_>,
        (clock, out): (u32, u32),
    ) -> Result<(), Errno> {
        guest.put_u64(out, self.clocks.resolution_ns(clock)?)
    }

    pub(crate) fn clock_time_get(
        &mut self,
        guest: &mut Guest<'_>,
        (clock, _precision, out): (u32, u64, u32),
    ) -> Result<(), Errno> {
        guest.put_u64(out, self.clocks.now_ns(clock)?)
    }
}
