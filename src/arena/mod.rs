//! Memory and ids; knows nothing of WebAssembly.

pub(crate) mod index;
