//! How the process ends: a status for each kind of failure, and the message on standard error.
//!
//! Owns: [`Failure`], the statuses, reading of files. Does not know: the commands.

use std::fmt;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use skep::{Engine, Error, Module};

/// A module is not valid or cannot be linked; a file cannot be read.
const STATUS_FAILED: u8 = 1;
/// The command line makes no sense. (clap exits with the same.)
const STATUS_USAGE: u8 = 2;
/// A trap: 128 + SIGABRT, as a shell shows a native program that aborts.
const STATUS_TRAP: u8 = 134;

/// Why a command did not do what it was asked.
pub(crate) enum Failure {
    /// The command line makes no sense for this module.
    Usage(String),
    /// Something is wrong with a file or a module.
    Failed(String),
    /// The guest trapped.
    Trap(String),
    /// The command said everything itself and only the status is left.
    Status(u8),
}

/// What commands return.
pub(crate) type Outcome = Result<(), Failure>;

impl Failure {
    /// Something went wrong with what `place` names.
    pub(crate) fn at(place: impl fmt::Display, error: impl fmt::Display) -> Self {
        Self::Failed(format!("{place}: {error}"))
    }

    /// An error of the runtime, about what `place` names: a trap, an exit, or a failure.
    pub(crate) fn of(place: impl fmt::Display, error: &Error) -> Self {
        Self::after(format_args!("{place}: "), error)
    }

    /// What a call of an export ended with.
    pub(crate) fn of_call(file: &str, func: &str, error: &Error) -> Self {
        Self::after(format_args!("module[{file}] function[{func}] failed: "), error)
    }

    fn after(words: fmt::Arguments<'_>, error: &Error) -> Self {
        if error.trap().is_some() {
            return Self::Trap(format!("{words}{error:#}"));
        }
        match error.exit_code() {
            Some(code) => Self::Status(status_of_exit(code)),
            None => Self::Failed(format!("{words}{}", text(error))),
        }
    }
}

/// The error with all it knows; of missing imports, also which they are.
fn text(error: &Error) -> String {
    let Error::Link(link) = error else { return format!("{error:#}") };
    let lines = link.errors.iter().map(|error| match error.cause.is_unknown() {
        true => format!("import {} {:?} of {:?}: {error:#}", error.kind, error.name, error.module),
        false => format!("{error:#}"),
    });
    lines.collect::<Vec<_>>().join("\n  ")
}

/// Writing to a standard output that is closed ends the command without a word, as it ends other tools.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::Status(STATUS_FAILED);
        }
        Self::Failed(format!("standard output: {error}"))
    }
}

/// A process has eight bits for what a program says; the rest is lost, as with native programs.
fn status_of_exit(code: u32) -> u8 {
    code.to_le_bytes()[0]
}

/// Ends the process's main function with the right status.
pub(crate) fn exit(outcome: Outcome) -> ExitCode {
    let (status, message) = match outcome {
        Ok(()) => return ExitCode::SUCCESS,
        Err(Failure::Usage(message)) => (STATUS_USAGE, message),
        Err(Failure::Failed(message)) => (STATUS_FAILED, message),
        Err(Failure::Trap(message)) => (STATUS_TRAP, message),
        Err(Failure::Status(status)) => return ExitCode::from(status),
    };
    // Nothing can be said when standard error is closed.
    let _ = writeln!(io::stderr(), "error: {message}");
    ExitCode::from(status)
}

/// Reads and compiles a module, binary or text.
pub(crate) fn load(engine: &Engine, file: &Path) -> Result<Module, Failure> {
    let bytes = read(file)?;
    Module::new(engine, bytes).map_err(|error| Failure::of(file.display(), &error))
}

/// Reads a file.
pub(crate) fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(file).map_err(|error| Failure::at(file.display(), error))
}
