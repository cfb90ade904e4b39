//! What guests may import, written once over `&mut [u8]` so that every engine runs the same host code: WASI preview 1 as
//! far as the programs need it (and the older `wasi_unstable`), `bench.start/end` and `env.clock_ms`. Knows no engine.
//!
//! Start with [`FUNCTIONS`], the table; `files`, `paths` and `process` hold what the rows call.

mod errno;
mod files;
mod memory;
mod paths;
mod process;
mod table;

use std::mem::take;
use std::path::Path;

use anyhow::{Context, Result};
use tempfile::TempDir;

pub use memory::Memory;
pub use table::{HostFn, lookup};

use crate::answer::{Answer, End, memory_hash};
use crate::clock;
use crate::corpus::Program;
use files::Descriptors;

/// Arguments at most that any function in the table takes.
pub const ARGS_MAX: usize = 9;

/// Why a host function does not return to its caller: `proc_exit`.
#[derive(Clone, Copy, Debug)]
pub struct Exit(pub i32);

impl std::fmt::Display for Exit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "exit status {}", self.0)
    }
}

impl std::error::Error for Exit {}

/// The world of one run.
pub struct Host {
    args: Vec<Vec<u8>>,
    descriptors: Descriptors,
    /// Nanoseconds that the guest asked to sleep: added to its clocks instead.
    slept: u64,
    random: u64,
    called_at: f64,
    bench_began: Option<f64>,
    benched: Option<f64>,
    /// The guest's folder: a copy, removed after the run.
    _folder: Option<TempDir>,
}

impl Host {
    /// A fresh world: the program's arguments and input, no environment, and a copy of its folder.
    pub fn new(program: &Program) -> Result<Self> {
        let folder = if program.preopen { Some(copy_beside(&program.path)?) } else { None };
        let stdin = match &program.stdin {
            Some(file) => std::fs::read(file).with_context(|| file.display().to_string())?,
            None => Vec::new(),
        };
        Ok(Self {
            args: program.args.iter().map(|arg| arg.clone().into_bytes()).collect(),
            descriptors: Descriptors::new(stdin, folder.as_ref().map(TempDir::path)),
            slept: 0,
            random: 0x5EED,
            called_at: 0.0,
            bench_began: None,
            benched: None,
            _folder: folder,
        })
    }

    /// To be called right before the entry.
    pub fn begin(&mut self) {
        self.called_at = clock::thread_seconds();
    }

    /// To be called right after it, before anything else: its CPU seconds.
    pub fn elapsed(&mut self) -> f64 {
        let now = clock::thread_seconds();
        if self.benched.is_none() {
            self.benched = self.bench_began.map(|began| now - began);
        }
        now - self.called_at
    }

    /// The run's answer; to be called once.
    pub fn finish(&mut self, called: f64, end: End, score: Option<f32>, memory: Option<&[u8]>) -> Answer {
        Answer {
            end,
            stdout: take(&mut self.descriptors.stdout),
            stderr: take(&mut self.descriptors.stderr),
            memory: memory.map(memory_hash),
            score,
            called,
            benched: self.benched,
        }
    }
}

/// The small files beside a module, in a folder of their own that the guest may change.
pub fn copy_beside(module: &Path) -> Result<TempDir> {
    let copy = TempDir::new().context("no temporary folder")?;
    let folder = module.parent().unwrap_or(Path::new("."));
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_file() && path.extension().is_none_or(|extension| extension != "wasm") {
            let to = copy.path().join(path.file_name().unwrap_or_default());
            std::fs::copy(&path, to).with_context(|| path.display().to_string())?;
        }
    }
    Ok(copy)
}
