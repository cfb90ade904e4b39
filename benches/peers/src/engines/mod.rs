//! The engines, one file each, behind one trait.

mod singlepass;
mod skep;
mod wasmi;
mod wasmtime;

pub use skep::{Skep, technique};

use ::skep::Tuning;
use anyhow::Result;

use crate::answer::{Answer, End};
use crate::corpus::Program;
use crate::host::Exit;

/// Stack for guests. Some programs recurse deeper than the engines' defaults allow.
const GUEST_STACK_BYTES: usize = 16 << 20;
/// Stack for the thread that calls the engines.
pub const THREAD_STACK_BYTES: usize = GUEST_STACK_BYTES + (64 << 20);

/// An engine in one configuration.
pub trait Peer {
    /// As on the command line.
    fn name(&self) -> &str;

    /// Whether a module that it does not compile is a fault of the run. Other engines lack a feature here and there.
    fn must_compile(&self) -> bool {
        false
    }

    /// Validates and compiles, on one thread, to code that is ready to be called.
    fn compile(&self, wasm: &[u8]) -> Result<Box<dyn Compiled>>;
}

/// A compiled module.
pub trait Compiled {
    /// Runs the program once in an instance of its own. A trap is an answer, an instance that cannot be had is an error.
    fn run(&self, program: &Program) -> Result<Answer>;
}

/// Which engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Which {
    /// this runtime, memories behind guard pages
    Skep,
    /// this runtime, every access to a memory compared
    SkepChecked,
    /// wasmtime with its optimising compiler: what times are compared to
    Cranelift,
    /// wasmtime with its baseline compiler
    Winch,
    /// wasmer with its baseline compiler
    Singlepass,
    /// an interpreter
    Wasmi,
}

impl Which {
    /// Sets the engine up; `without` switches techniques of this runtime's compiler off.
    pub fn peer(self, without: Tuning) -> Result<Box<dyn Peer>> {
        Ok(match self {
            Self::Skep => Box::new(skep::Skep::guarded(without)?),
            Self::SkepChecked => Box::new(skep::Skep::checked(without)?),
            Self::Cranelift => Box::new(wasmtime::Wasmtime::cranelift()?),
            Self::Winch => Box::new(wasmtime::Wasmtime::winch()?),
            Self::Singlepass => Box::new(singlepass::Singlepass::new()),
            Self::Wasmi => Box::new(wasmi::Wasmi::new()),
        })
    }
}

/// How a call ended, from the exit that a host function raised, if it did, or the engine's own message.
fn end_of(exit: Option<&Exit>, message: impl FnOnce() -> String) -> End {
    exit.map_or_else(|| End::Trap(message()), |exit| End::Exited(exit.0))
}
