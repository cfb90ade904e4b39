//! Times. Runs and compiles on one thread are measured in CPU time: other work on the machine must not change a figure, nor
//! what a guest counts. Only where numbers of threads are compared does a wall clock count.

use rustix::time::{ClockId, clock_gettime};

/// What compiling is measured by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// CPU time of the whole process, since an engine may compile on a thread of its own. Nothing else runs here meanwhile.
    Cpu,
    /// Time as it passes.
    Wall,
}

impl Clock {
    /// The clock for this many compiling threads: the work that one does, the time that several take.
    pub fn of(threads: usize) -> Self {
        if threads == 1 { Self::Cpu } else { Self::Wall }
    }

    /// Seconds since some moment.
    pub fn seconds(self) -> f64 {
        match self {
            Self::Cpu => seconds(ClockId::ProcessCPUTime),
            Self::Wall => seconds(ClockId::Monotonic),
        }
    }
}

/// CPU time of this thread, in seconds: what a run is measured by.
pub fn thread_seconds() -> f64 {
    seconds(ClockId::ThreadCPUTime)
}

fn seconds(id: ClockId) -> f64 {
    let time = clock_gettime(id);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}
