//! The engines, one file each, behind one trait.

mod node;
mod singlepass;
mod skep;
mod wasmi;
mod wasmtime;

use std::path::Path;

pub use node::in_path as node_in_path;
pub use skep::{Skep, technique};

use ::skep::Tuning;
use anyhow::{Context, Result};
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::answer::{Answer, End};
use crate::clock::Clock;
use crate::corpus::Program;
use crate::host::Exit;
use crate::peak;

/// Stack for guests. Some programs recurse deeper than the engines' defaults allow.
const GUEST_STACK_BYTES: usize = 16 << 20;
/// Stack for the threads that call the engines.
pub const THREAD_STACK_BYTES: usize = GUEST_STACK_BYTES + (64 << 20);

/// An engine in one configuration.
pub trait Peer {
    /// As on the command line.
    fn name(&self) -> &str;

    /// Whether a module that it does not compile is a fault of the run. Other engines lack a feature here and there.
    fn must_compile(&self) -> bool {
        false
    }

    /// Whether a wrong answer is a fault of the run. Not of an engine that brings its own host functions.
    fn must_answer(&self) -> bool {
        true
    }

    /// Validates and compiles to code that is ready to be called.
    fn compile(&self, wasm: &[u8]) -> Result<Box<dyn Compiled>>;

    /// Bytes by which the memory of a fresh process grows at most while it compiles this file.
    fn peak_bytes(&self, file: &Path) -> Result<u64> {
        peak::in_child(self.name(), file)
    }
}

/// A compiled module.
pub trait Compiled {
    /// Runs the program once in an instance of its own. A trap is an answer, an instance that cannot be had is an error.
    fn run(&self, program: &Program) -> Result<Answer>;

    /// Bytes of its machine code, where the engine tells.
    fn machine_code_bytes(&self) -> Option<usize> {
        None
    }

    /// Seconds that compiling it took, where it was not compiled in this process.
    fn took(&self) -> Option<f64> {
        None
    }
}

/// How engines are set up.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    /// Techniques of this runtime's compiler that are off.
    pub without: Tuning,
    /// Compiling threads.
    pub threads: usize,
    /// What compiling is measured by.
    pub clock: Clock,
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
    /// V8 with its baseline compiler, through `node`
    Liftoff,
    /// V8 with its optimising compiler, through `node`
    Turbofan,
    /// an interpreter, which compiles on one thread always
    Wasmi,
}

impl Which {
    /// Sets the engine up.
    pub fn peer(self, setup: Setup) -> Result<Box<dyn Peer>> {
        Ok(match self {
            Self::Skep => Box::new(skep::Skep::guarded(setup)?),
            Self::SkepChecked => Box::new(skep::Skep::checked(setup)?),
            Self::Cranelift => Box::new(wasmtime::Wasmtime::cranelift(setup)?),
            Self::Winch => Box::new(wasmtime::Wasmtime::winch(setup)?),
            Self::Singlepass => Box::new(singlepass::Singlepass::new(setup)?),
            Self::Liftoff => Box::new(node::Node::liftoff(setup)?),
            Self::Turbofan => Box::new(node::Node::turbofan(setup)?),
            Self::Wasmi => Box::new(wasmi::Wasmi::new()),
        })
    }
}

/// Threads to work on.
pub fn pool(threads: usize) -> Result<ThreadPool> {
    let pool = ThreadPoolBuilder::new().num_threads(threads).stack_size(THREAD_STACK_BYTES);
    pool.build().context("no threads to work on")
}

/// How a call ended, from the exit that a host function raised, if it did, or the engine's own message.
fn end_of(exit: Option<&Exit>, message: impl FnOnce() -> String) -> End {
    exit.map_or_else(|| End::Trap(message()), |exit| End::Exited(exit.0))
}
