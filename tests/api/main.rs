//! The embedder's view: what the public interface promises, one module per topic.

#![expect(clippy::unwrap_used, reason = "what is unwrapped is what the test expects")]

mod calls;
mod common;
mod globals;
mod handles;
mod host;
mod linker;
mod memory;
mod module;
mod references;
mod store;
mod tables;
mod traps;
mod world;
