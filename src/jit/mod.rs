//! From operators to machine code; never sees a store.

pub mod abi;
#[expect(unsafe_code, reason = "reads machine frames and finds the record of running code")]
pub mod backtrace;
pub mod buffers;
#[expect(unsafe_code, reason = "jumps into machine code")]
pub mod entry;
#[expect(unsafe_code, reason = "handles signals and rewrites the machine state of a guard hit")]
pub mod fault;
pub mod image;
pub mod masm;
pub mod stubs;
pub mod target;
pub mod x64;
