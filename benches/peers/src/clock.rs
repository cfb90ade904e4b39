//! CPU time. Nothing here reads a wall clock: other work on the machine must not change a figure, nor what a guest counts.

use rustix::time::{ClockId, clock_gettime};

/// CPU time of this thread, in seconds: what a run is measured by.
pub fn thread_seconds() -> f64 {
    seconds(ClockId::ThreadCPUTime)
}

/// CPU time of the whole process, in seconds: what compiling is measured by, since an engine may compile on a thread of
/// its own. Nothing else runs here meanwhile.
pub fn process_seconds() -> f64 {
    seconds(ClockId::ProcessCPUTime)
}

fn seconds(id: ClockId) -> f64 {
    let time = clock_gettime(id);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}
