//! A process for one test, and what the system says of it.
//!
//! Owns: starting the process, reading `/proc/self`. Does not know: what is measured.

use crate::itself::itself;
use skep::{Config, Engine, MemoryMode};

/// Says, in the process of one test, that it is that process.
const ALONE: &str = "SKEP_TEST_ALONE";

/// How much more may be resident afterwards.
pub(crate) const ALLOWED_BYTES: usize = 1 << 20;

/// Runs the test of this name, as the harness prints it, in a process of its own, where no other test takes memory meanwhile.
/// What it prints is printed.
pub(crate) fn alone(name: &str, test: impl FnOnce()) {
    if std::env::var_os(ALONE).is_some() {
        return test();
    }
    let mut itself = itself();
    itself.args(["--exact", name, "--nocapture"]).env(ALONE, "1");
    // With few threads, each has soon taken what a thread takes once: a stack, an arena of the allocator's.
    let output = itself.env("RAYON_NUM_THREADS", "2").output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("1 passed"), "{text}{errors}");
    eprint(&errors);
}

/// To where the harness captures it: shown by `--nocapture`.
#[expect(clippy::print_stderr, reason = "a report for who runs it by hand")]
pub(crate) fn eprint(text: &str) {
    eprint!("{text}");
}

/// A number from the environment, or what serves when every test runs.
pub(crate) fn cycles(variable: &str, otherwise: u32) -> u32 {
    let text = std::env::var(variable).ok();
    text.map_or(otherwise, |text| {
        text.replace('_', "").parse().unwrap_or_else(|_| panic!("{variable}={text}"))
    })
}

/// An engine for each memory mode.
pub(crate) fn engines() -> impl Iterator<Item = Engine> {
    MemoryMode::ALL.into_iter().map(|mode| Engine::new(&Config::new().memory_mode(mode)).unwrap())
}

/// What this process has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Process {
    pub(crate) resident_bytes: usize,
    pub(crate) mappings: usize,
    pub(crate) descriptors: usize,
}

impl Process {
    pub(crate) fn now() -> Self {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        let kilobytes: usize = line.trim().trim_end_matches(" kB").parse().unwrap();
        Self {
            resident_bytes: kilobytes << 10,
            mappings: std::fs::read_to_string("/proc/self/maps").unwrap().lines().count(),
            descriptors: std::fs::read_dir("/proc/self/fd").unwrap().count(),
        }
    }

    /// Since then no more is resident than allowed, and there are at most `mappings` mappings more.
    pub(crate) fn assert_flat(&self, mappings: usize, what: &str) {
        self.assert_grown(ALLOWED_BYTES, mappings, what);
    }

    /// Since then at most so many bytes more are resident and there are at most so many mappings more.
    pub(crate) fn assert_grown(&self, bytes: usize, mappings: usize, what: &str) {
        let now = Self::now();
        eprint(&format!("{what}: {self:?} then {now:?}\n"));
        assert!(now.resident_bytes <= self.resident_bytes + bytes, "{what}: {self:?} then {now:?}");
        assert!(now.mappings <= self.mappings + mappings, "{what}: {self:?} then {now:?}");
        assert_eq!(now.descriptors, self.descriptors, "{what}");
    }
}
