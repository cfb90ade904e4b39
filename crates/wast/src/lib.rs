//! Runs the scripts of the WebAssembly test suite over the public API of `skep`.
