//! Tests that look at the whole process.
//!
//! Owns: giving such a test a process in which no other test runs. Does not know: what is looked at.

use std::env;

use super::itself::itself;

/// Says, in the process of one test, that it is that process.
const ALONE: &str = "SKEP_TEST_ALONE";

/// Runs the rest of the calling test in a process of its own; `name` is its path (`links::s22_…`). Answers whether this process
/// is that one.
#[must_use]
pub(crate) fn alone(name: &str) -> bool {
    if env::var_os(ALONE).is_some() {
        return true;
    }
    let output = itself().args(["--exact", name]).env(ALONE, "1").output().expect("a program starts again");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
    false
}
