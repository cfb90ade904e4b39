//! What came out of one run, whichever engine ran it.

use sha2::{Digest, Sha256};

use crate::corpus::{Timing, hex};

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// The entry returned.
    Returned,
    /// The guest called `proc_exit`.
    Exited(i32),
    /// Machine code or a host function trapped.
    Trap(String),
}

/// One run's outcome.
#[derive(Debug)]
pub struct Answer {
    /// How it ended.
    pub end: End,
    /// What it wrote.
    pub stdout: Vec<u8>,
    /// What it wrote to the other stream.
    pub stderr: Vec<u8>,
    /// The first 16 hex digits of the SHA-256 of the exported memory afterwards.
    pub memory: Option<String>,
    /// What the entry returned, where it returns an `f32`.
    pub score: Option<f32>,
    /// CPU seconds of the entry's call.
    pub called: f64,
    /// CPU seconds from `bench.start` to `bench.end`, or to the end of the call if the guest never calls that.
    pub benched: Option<f64>,
}

impl Answer {
    /// The exit status as a shell would see it: 0 for an entry that returned.
    pub fn exit_code(&self) -> i32 {
        match self.end {
            End::Exited(code) => code,
            End::Returned | End::Trap(_) => 0,
        }
    }

    /// The program's time in seconds; `None` if the guest never told it.
    pub fn seconds(&self, timing: Timing) -> Option<f64> {
        match timing {
            Timing::Call => Some(self.called),
            Timing::Bench => self.benched,
            Timing::Score => self.score.map(|score| 1.0 / f64::from(score)),
            Timing::PrintedScore => printed_score(&self.stdout).map(|score| 1.0 / score),
        }
    }
}

/// The hash that the index names memories by.
pub fn memory_hash(memory: &[u8]) -> String {
    hex(&Sha256::digest(memory)[..8])
}

/// CoreMark prints this line only after it found its own results right.
fn printed_score(stdout: &[u8]) -> Option<f64> {
    let text = String::from_utf8_lossy(stdout);
    let line = text.lines().find_map(|line| line.strip_prefix("CoreMark 1.0 : "))?;
    line.split_whitespace().next()?.parse().ok()
}
