//! The embedder's view: what the public interface promises, one module per topic.

mod calls;
mod common;
mod host;
mod traps;
