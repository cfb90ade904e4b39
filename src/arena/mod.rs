//! Memory and ids; knows nothing of WebAssembly.

#[expect(unsafe_code, reason = "appends to its buffer without a check: one check per operator suffices")]
pub(crate) mod code_buf;
pub(crate) mod handle;
pub(crate) mod index;
#[expect(unsafe_code, reason = "maps, protects and frees address ranges")]
pub(crate) mod pages;
pub(crate) mod scratch;
pub(crate) mod slots;
