//! Memory and ids; knows nothing of WebAssembly.
