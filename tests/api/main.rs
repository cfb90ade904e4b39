//! The embedder's view: what the public interface promises, one module per topic.

mod calls;
mod common;
mod globals;
mod handles;
mod host;
mod linker;
mod memory;
mod module;
mod store;
mod tables;
mod traps;
mod world;
