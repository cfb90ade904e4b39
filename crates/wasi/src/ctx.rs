//! What one guest may see of its host, and how the host says so.
//!
//! Owns: [`WasiCtx`], [`WasiCtxBuilder`]. Does not know: the calls.

use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use cap_std::ambient_authority;
use cap_std::fs::Dir;

use crate::clock::Clocks;
use crate::descriptor::{Descriptor, Descriptors};
use crate::errno::Errno;
use crate::random::Random;
use crate::stdio::{Captured, Sink, Source};

/// The WASI state of one guest. It lies in the guest's data; see [`add_to_linker`](crate::add_to_linker).
#[derive(Debug)]
pub struct WasiCtx {
    pub(crate) args: Vec<Box<[u8]>>,
    pub(crate) env: Vec<Box<[u8]>>,
    pub(crate) fds: Descriptors,
    pub(crate) clocks: Clocks,
    pub(crate) random: Random,
}

impl WasiCtx {
    /// A builder that gives its guests nothing: see [`WasiCtxBuilder`].
    #[must_use]
    pub fn builder() -> WasiCtxBuilder {
        WasiCtxBuilder::default()
    }
}

/// Says what guests get. One builder makes any number of contexts.
///
/// Nothing is given by default: no arguments, no environment, no files, empty input, discarded output, and clocks and
/// random bytes that are the same in every run. A host that wants reproducible guests changes nothing; one that runs
/// programs for a user asks for [`inherit_stdio`](Self::inherit_stdio), [`system_clocks`](Self::system_clocks) and
/// [`system_random`](Self::system_random).
#[derive(Clone, Debug, Default)]
pub struct WasiCtxBuilder {
    args: Vec<Box<[u8]>>,
    env: Vec<(Box<str>, Box<str>)>,
    stdin: Source,
    stdout: Sink,
    stderr: Sink,
    dirs: Vec<Preopen>,
    system_clocks: bool,
    system_random: bool,
    seed: u64,
}

#[derive(Clone, Debug)]
struct Preopen {
    host: PathBuf,
    guest: Box<str>,
    read_only: bool,
}

impl WasiCtxBuilder {
    /// Adds an argument; the first is the program's name.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<Vec<u8>>) -> Self {
        self.args.push(arg.into().into());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<A: Into<Vec<u8>>>(self, args: impl IntoIterator<Item = A>) -> Self {
        args.into_iter().fold(self, Self::arg)
    }

    /// Sets an environment variable; a name set twice has the later value.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.retain(|(known, _)| **known != *name);
        self.env.push((name.into(), value.into()));
        self
    }

    /// Standard input, output and error are the host's own.
    #[must_use]
    pub fn inherit_stdio(mut self) -> Self {
        self.stdin = Source::Inherited;
        self.stdout = Sink::Stdout;
        self.stderr = Sink::Stderr;
        self
    }

    /// Standard input is these bytes.
    #[must_use]
    pub fn stdin_bytes(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = Source::Bytes(bytes.into().into(), 0);
        self
    }

    /// Standard input is read from here, by all guests of this builder.
    #[must_use]
    pub fn stdin_reader(mut self, reader: impl Read + Send + 'static) -> Self {
        self.stdin = Source::Given(Arc::new(Mutex::new(reader)));
        self
    }

    /// Standard output is kept in `buffer`.
    #[must_use]
    pub fn stdout_captured(mut self, buffer: &Captured) -> Self {
        self.stdout = Sink::Captured(buffer.clone());
        self
    }

    /// Standard error is kept in `buffer`.
    #[must_use]
    pub fn stderr_captured(mut self, buffer: &Captured) -> Self {
        self.stderr = Sink::Captured(buffer.clone());
        self
    }

    /// Standard output goes to this writer, from all guests of this builder.
    #[must_use]
    pub fn stdout_writer(mut self, writer: impl Write + Send + 'static) -> Self {
        self.stdout = Sink::Given(Arc::new(Mutex::new(writer)));
        self
    }

    /// Standard error goes to this writer, from all guests of this builder.
    #[must_use]
    pub fn stderr_writer(mut self, writer: impl Write + Send + 'static) -> Self {
        self.stderr = Sink::Given(Arc::new(Mutex::new(writer)));
        self
    }

    /// The guest finds the host's directory `host` under the name `guest`, and can change what is in it.
    #[must_use]
    pub fn preopened_dir(self, host: impl Into<PathBuf>, guest: &str) -> Self {
        self.preopen(host.into(), guest, false)
    }

    /// As [`preopened_dir`](Self::preopened_dir), but nothing in it can be changed.
    #[must_use]
    pub fn preopened_dir_read_only(self, host: impl Into<PathBuf>, guest: &str) -> Self {
        self.preopen(host.into(), guest, true)
    }

    fn preopen(mut self, host: PathBuf, guest: &str, read_only: bool) -> Self {
        self.dirs.push(Preopen { host, guest: guest.into(), read_only });
        self
    }

    /// Clocks are the host's. Without this, time starts at 2022-01-01 and each reading moves it by a millisecond.
    #[must_use]
    pub fn system_clocks(mut self) -> Self {
        self.system_clocks = true;
        self
    }

    /// Random bytes are the host's. Without this, they follow from the seed.
    #[must_use]
    pub fn system_random(mut self) -> Self {
        self.system_random = true;
        self
    }

    /// Clocks and random bytes depend on nothing but `seed`; this is the default, with seed 0.
    #[must_use]
    pub fn deterministic(mut self, seed: u64) -> Self {
        self.system_clocks = false;
        self.system_random = false;
        self.seed = seed;
        self
    }

    /// Makes a context for one guest.
    ///
    /// # Errors
    /// A directory cannot be opened, or an argument or variable cannot be represented (NUL; `=` in a name).
    pub fn build(&self) -> io::Result<WasiCtx> {
        let mut fds = Descriptors::default();
        let mut open = |descriptor| fds.insert(descriptor).map_err(too_many);
        open(Descriptor::input(self.stdin.clone()))?;
        open(Descriptor::output(self.stdout.clone()))?;
        open(Descriptor::output(self.stderr.clone()))?;
        for Preopen { host, guest, read_only } in &self.dirs {
            let dir = Dir::open_ambient_dir(host, ambient_authority()).map_err(|error| {
                io::Error::new(error.kind(), format!("directory {}: {error}", host.display()))
            })?;
            open(Descriptor::preopened(dir, guest.clone(), *read_only))?;
        }
        Ok(WasiCtx {
            args: self.args.iter().map(|arg| representable(arg)).collect::<io::Result<_>>()?,
            env: self.env.iter().map(|(name, value)| variable(name, value)).collect::<io::Result<_>>()?,
            fds,
            clocks: if self.system_clocks { Clocks::system() } else { Clocks::deterministic() },
            random: if self.system_random { Random::System } else { Random::Seeded { state: self.seed } },
        })
    }
}

fn too_many(_: Errno) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "more preopened directories than descriptors")
}

fn representable(string: &[u8]) -> io::Result<Box<[u8]>> {
    if string.contains(&0) {
        let text = String::from_utf8_lossy(string);
        return Err(io::Error::new(io::ErrorKind::InvalidInput, format!("{text:?} contains a NUL")));
    }
    Ok(string.into())
}

fn variable(name: &str, value: &str) -> io::Result<Box<[u8]>> {
    if name.is_empty() || name.contains('=') {
        let text = format!("environment variable {name:?}: a name is not empty and has no `=`");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
    }
    representable(format!("{name}={value}").as_bytes())
}
