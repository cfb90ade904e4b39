//! The embedder's view: what the public interface promises, one module per topic.

#![expect(clippy::unwrap_used, reason = "what is unwrapped is what the test expects")]

#[path = "../common/alone.rs"]
mod alone;
mod calls;
mod collect;
mod common;
mod globals;
mod handles;
mod host;
mod hostile;
mod inspect;
#[path = "../common/itself.rs"]
mod itself;
mod linker;
mod memory;
mod module;
mod references;
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "sends signals and installs handlers, as hosts do")]
mod signals;
mod store;
mod tables;
mod traps;
mod world;
