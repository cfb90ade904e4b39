//! What a long life leaves behind in the process: resident memory, mappings, descriptors. Each test runs in a process of its own.

#![expect(clippy::unwrap_used, reason = "what is unwrapped is what the test expects")]
#![cfg(target_os = "linux")]

mod alone;
mod crowd;
#[path = "../common/itself.rs"]
mod itself;
mod kept;
mod soak;
