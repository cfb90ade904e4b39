//! From operators to machine code; never sees a store.

pub mod abi;
pub mod buffers;
pub mod image;
pub mod masm;
pub mod target;
