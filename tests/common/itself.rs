//! This test program, to be started again.
//!
//! Owns: how that is done where cargo runs it by an emulator. Does not know: what the new process is for.

use std::env;
use std::process::Command;

/// Where cargo takes the runner of this target's programs from.
const RUNNER: &str = if cfg!(target_arch = "aarch64") {
    "CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER"
} else {
    "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER"
};

/// A command that starts this program.
pub(crate) fn itself() -> Command {
    let program = env::current_exe().expect("the system knows what runs");
    let runner = env::var(RUNNER).unwrap_or_default();
    let mut words = runner.split_whitespace();
    let Some(first) = words.next() else { return Command::new(program) };
    let mut command = Command::new(first);
    command.args(words).arg(program);
    command
}
