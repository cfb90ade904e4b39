//! Standard input and output: the host's own, given, or captured.
//!
//! Owns: [`Captured`], [`Source`], [`Sink`]. Does not know: file descriptors.

use std::fmt;
use std::io::{self, IsTerminal, Read, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What a guest wrote to a standard stream, readable while it runs and after. Clones share the bytes.
#[derive(Clone, Debug, Default)]
pub struct Captured(Arc<Mutex<Vec<u8>>>);

impl Captured {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A copy of the bytes so far.
    #[must_use]
    pub fn contents(&self) -> Vec<u8> {
        lock(&self.0).clone()
    }

    /// The bytes so far, which are forgotten here.
    #[must_use]
    pub fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *lock(&self.0))
    }
}

/// A panic of another holder leaves plain bytes behind, so its mark is ignored.
fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where standard input comes from.
#[derive(Clone, Default)]
pub(crate) enum Source {
    /// End of file at once.
    #[default]
    Empty,
    /// The host's standard input.
    Inherited,
    /// Bytes and how many of them were read.
    Bytes(Arc<[u8]>, usize),
    /// Someone's reader.
    Given(Arc<Mutex<dyn Read + Send>>),
}

impl Source {
    pub(crate) fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Empty => Ok(0),
            Self::Inherited => io::stdin().lock().read(into),
            Self::Bytes(bytes, at) => {
                let count = (&bytes[*at..]).read(into)?;
                *at += count;
                Ok(count)
            }
            Self::Given(reader) => lock(reader).read(into),
        }
    }

    pub(crate) fn is_terminal(&self) -> bool {
        matches!(self, Self::Inherited) && io::stdin().is_terminal()
    }

    pub(crate) fn is_inherited(&self) -> bool {
        matches!(self, Self::Inherited)
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "empty",
            Self::Inherited => "inherited",
            Self::Bytes(..) => "bytes",
            Self::Given(_) => "given",
        })
    }
}

/// Where standard output or error goes.
#[derive(Clone, Default)]
pub(crate) enum Sink {
    /// Nowhere.
    #[default]
    Discard,
    /// The host's standard output.
    Stdout,
    /// The host's standard error.
    Stderr,
    /// A buffer the host reads.
    Captured(Captured),
    /// Someone's writer.
    Given(Arc<Mutex<dyn Write + Send>>),
}

impl Sink {
    pub(crate) fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Discard => Ok(()),
            Self::Stdout => io::stdout().lock().write_all(bytes),
            Self::Stderr => io::stderr().lock().write_all(bytes),
            Self::Captured(captured) => {
                lock(&captured.0).extend_from_slice(bytes);
                Ok(())
            }
            Self::Given(writer) => lock(writer).write_all(bytes),
        }
    }

    /// The guest buffers for itself; what it hands over is meant to be seen.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Stdout => io::stdout().lock().flush(),
            Self::Given(writer) => lock(writer).flush(),
            Self::Discard | Self::Stderr | Self::Captured(_) => Ok(()),
        }
    }

    pub(crate) fn is_terminal(&self) -> bool {
        match self {
            Self::Stdout => io::stdout().is_terminal(),
            Self::Stderr => io::stderr().is_terminal(),
            Self::Discard | Self::Captured(_) | Self::Given(_) => false,
        }
    }
}

impl fmt::Debug for Sink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Discard => "discard",
            Self::Stdout => "stdout",
            Self::Stderr => "stderr",
            Self::Captured(_) => "captured",
            Self::Given(_) => "given",
        })
    }
}
