//! Preview 1 of WASI over the public API of `skep`.
