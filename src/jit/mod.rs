//! From operators to machine code; never sees a store.

pub(crate) mod aarch64;
pub(crate) mod abi;
#[expect(unsafe_code, reason = "reads machine frames and finds the record of running code")]
pub(crate) mod backtrace;
pub(crate) mod buffers;
#[cfg(test)]
mod cases_test;
pub(crate) mod compile;
#[expect(unsafe_code, reason = "jumps into machine code")]
pub(crate) mod entry;
#[cfg(unix)]
#[expect(unsafe_code, reason = "handles signals and rewrites the machine state of a guard hit")]
pub(crate) mod fault;
#[cfg(not(unix))]
#[path = "fault_none.rs"]
pub(crate) mod fault;
pub(crate) mod image;
pub(crate) mod masm;
mod parallel;
pub(crate) mod stubs;
pub(crate) mod target;
#[cfg(test)]
#[expect(unsafe_code, reason = "enters hand-assembled functions and is called by stubs")]
mod world_test;
pub(crate) mod x64;

use self::aarch64::A64;
use self::image::Image;
use self::parallel::WorkerCell;
use self::target::{Arch, Target};
use self::x64::X64;
use crate::spec::decode::Decoded;
use crate::spec::invalid::ModuleError;

thread_local! {
    static X64_WORKER: WorkerCell<X64> = const { WorkerCell::new(None) };
    static A64_WORKER: WorkerCell<A64> = const { WorkerCell::new(None) };
}

/// Validates the bodies of a decoded module and compiles them, on the threads of the current rayon pool.
///
/// # Errors
/// `Invalid` if a body is not valid, `Limit` if the module asks for more than a limit allows.
pub(crate) fn compile(bytes: &[u8], decoded: &Decoded, target: &Target) -> Result<Image, ModuleError> {
    match target.arch {
        Arch::X64 => parallel::compile::<X64>(bytes, decoded, target, &X64_WORKER),
        Arch::Aarch64 => parallel::compile::<A64>(bytes, decoded, target, &A64_WORKER),
    }
}
