//! What is counted while the game runs.
//!
//! Owns: counters per mod and of all, and which failures of a turn are a guest's. Does not know: how guests are run.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use skep::Error;

/// What is counted for each mod.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    /// Turns taken.
    pub(crate) ticks: u64,
    /// Calls of host functions.
    pub(crate) host_calls: u64,
    /// Turns that ended in a trap.
    pub(crate) traps: u64,
    /// Turns that ended because a host function said no.
    pub(crate) refusals: u64,
    /// Instances that were spawned while the game ran.
    pub(crate) respawns: u64,
    /// Instances whose state was moved to a new version of the mod.
    pub(crate) moved: u64,
    /// The sum of checksums of the states of all its instances, those alive and those that were freed.
    pub(crate) checksum: u64,
    /// Time that its turns took.
    pub(crate) busy: Duration,
}

/// What the report says of the game as a whole.
#[derive(Debug, Default)]
pub(crate) struct Diary {
    /// Failed turns by what happened.
    pub(crate) failures: BTreeMap<String, u64>,
    /// The first trap, in full.
    pub(crate) first_trap: Option<String>,
    /// What asking for a freed instance answered.
    pub(crate) stale: Option<String>,
    pub(crate) spawned: Churn,
    pub(crate) freed: Churn,
    pub(crate) compiled: Churn,
}

/// How often something was done, and how long that took.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Churn {
    pub(crate) count: usize,
    pub(crate) took: Duration,
}

impl Churn {
    /// Does so many at once.
    pub(crate) fn time<R>(&mut self, count: usize, what: impl FnOnce() -> R) -> R {
        let begun = Instant::now();
        let result = what();
        self.took += begun.elapsed();
        self.count += count;
        result
    }

    /// How many a second.
    pub(crate) fn per_second(self) -> u64 {
        let rate = self.count as u128 * 1_000_000_000 / self.took.as_nanos().max(1);
        u64::try_from(rate).unwrap_or(u64::MAX)
    }
}

impl Tally {
    /// Counts a failed turn. What is neither a trap nor a host function's refusal is handed back.
    pub(crate) fn note(&mut self, error: Error, diary: &mut Diary) -> Result<(), Error> {
        let what = match (&error, error.trap()) {
            (_, Some(trap)) => {
                self.traps += 1;
                diary.first_trap.get_or_insert_with(|| format!("{error:#}"));
                trap.to_string()
            }
            (Error::Host(_) | Error::Access(_), None) => {
                self.refusals += 1;
                "refused by a host function".to_owned()
            }
            _ => return Err(error),
        };
        *diary.failures.entry(what).or_default() += 1;
        Ok(())
    }

    /// Adds another mod's, for the line of all.
    pub(crate) fn add(&mut self, other: &Self) {
        self.ticks += other.ticks;
        self.host_calls += other.host_calls;
        self.traps += other.traps;
        self.refusals += other.refusals;
        self.respawns += other.respawns;
        self.moved += other.moved;
        self.checksum = self.checksum.rotate_left(1) ^ other.checksum;
        self.busy += other.busy;
    }
}

/// A checksum of bytes, eight at a time.
pub(crate) fn checksum(bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<8>();
    let sum = words.iter().fold(0, |sum, &word| mix(sum, u64::from_le_bytes(word)));
    rest.iter().fold(sum, |sum, &byte| mix(sum, byte.into()))
}

const fn mix(sum: u64, word: u64) -> u64 {
    (sum.rotate_left(5) ^ word).wrapping_mul(0x517C_C1B7_2722_0A95).wrapping_add(1)
}
