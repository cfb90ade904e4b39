//! What can go wrong, as one small enum, and the plain-data payloads of every layer's failures.
//!
//! Owns: [`Error`] and the exact texts. Each payload says where, what, expected and found.
//! Does not know: live rows. A handle in a message is a [`HandleName`]: printable, usable for nothing else.
//! Mistakes of our own are assertions and never an `Error`.

mod handle;
mod link;
mod trap;

pub use handle::{HandleName, OtherModule, Stale, WrongIsland, WrongStore};
pub use link::{LinkCause, LinkError, LinkErrors};
pub use trap::{TrapDetail, TrapError};

use std::error::Error as StdError;
use std::{fmt, io};

use crate::arena::handle::HandleError;
use crate::jit::target::Arch;
use crate::spec::invalid::{Invalid, LimitExceeded, ModuleError};
use crate::spec::trap::Trap;
use crate::spec::types::{ExternKind, FuncType, ValType};

/// Everything that this crate's functions can fail with. At most 16 bytes; payloads are boxed.
#[non_exhaustive]
pub enum Error {
    /// The module is not valid, or needs a feature that is off.
    Invalid(Box<Invalid>),
    /// Imports are missing or do not match: all that fail, in order of declaration.
    Link(Box<LinkErrors>),
    /// A handle whose row is gone.
    Stale(Box<Stale>),
    /// A handle of another store.
    WrongStore(Box<WrongStore>),
    /// Machine code trapped.
    Trap(Box<TrapError>),
    /// More of something than a limit allows.
    Limit(Box<LimitError>),
    /// A host function's own error.
    Host(HostError),
    /// The instance has exited with this code.
    Exit(u32),
    /// Spawning in, or registering with, a store that is closed.
    AlreadyClosed,
    /// Any other use of a store that was closed with this code.
    StoreClosed(u32),
    /// The name has an owner already.
    NameTaken(Box<Name>),
    /// No export of that name, or of another kind.
    Export(Box<ExportError>),
    /// The start function failed.
    Start(Box<StartError>),
    /// An active segment does not fit.
    Segment(Box<SegmentError>),
    /// A module or template of another engine than the store's or linker's.
    WrongEngine,
    /// A module that was compiled for another architecture than this machine's: see [`Config::arch`](crate::Config::arch).
    WrongArch(Arch),
    /// The handle is not in the island of the caller.
    WrongIsland(Box<WrongIsland>),
    /// The instance is of another module than the [`Column`](crate::Column).
    OtherModule(Box<OtherModule>),
    /// A host function was called by the host without an instance to stand for.
    NoCaller(Box<HandleName>),
    /// Parameters, results or a signature do not match.
    Type(Box<TypeError>),
    /// Bounds, mutability or type of a host's access.
    Access(Box<AccessError>),
    /// One item of a batch failed, so all of it did.
    Batch(Box<BatchError>),
    /// The system refused.
    System(io::Error),
}

const _: () = assert!(size_of::<Error>() <= 16);

/// The name that is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name(pub Box<str>);

impl Error {
    /// An error of the host, to be returned from a host function. An `Error` inside keeps its kind.
    #[must_use]
    pub fn host(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        match error.into().downcast::<Self>() {
            Ok(own) => *own,
            Err(error) => Self::Host(HostError(Box::new(error))),
        }
    }

    /// The trap code, if this is a trap, also one in a segment, a start function or a batch.
    #[must_use]
    pub fn trap(&self) -> Option<Trap> {
        self.trap_error().map(|trap| trap.code)
    }

    /// What is known about the trap, if this is one, also in a segment, a start function or a batch.
    #[must_use]
    pub fn trap_error(&self) -> Option<&TrapError> {
        match self {
            Self::Trap(trap) => Some(trap),
            Self::Start(start) => start.cause.trap_error(),
            Self::Segment(segment) => Some(&segment.trap),
            Self::Batch(batch) => batch.cause.trap_error(),
            _ => None,
        }
    }

    /// The exit code, if an exit ended the call, also one of an item of a batch.
    #[must_use]
    pub fn exit_code(&self) -> Option<u32> {
        match self {
            Self::Exit(code) => Some(*code),
            Self::Batch(batch) => batch.cause.exit_code(),
            _ => None,
        }
    }

    /// The host's own error, if it is of this type, also one of a start function or of an item of a batch.
    #[must_use]
    pub fn downcast_ref<E: StdError + 'static>(&self) -> Option<&E> {
        match self {
            Self::Host(host) => host.0.downcast_ref(),
            Self::Start(start) => start.cause.downcast_ref(),
            Self::Batch(batch) => batch.cause.downcast_ref(),
            _ => None,
        }
    }

    /// A trap without a place: made by the host or by an access that machine code did not make.
    #[must_use]
    pub fn from_trap(code: Trap) -> Self {
        Self::Trap(Box::new(TrapError::bare(code)))
    }

    /// A handle that names nothing, of rows called `noun`.
    #[cold]
    pub(crate) fn handle(noun: &'static str, error: HandleError) -> Self {
        let (HandleError::Stale { handle, .. } | HandleError::WrongStore { handle, .. }) = error;
        Self::named_handle(HandleName::new(noun, handle), error)
    }

    /// A handle that names nothing, printed as `handle`.
    #[cold]
    pub(crate) fn named_handle(handle: HandleName, error: HandleError) -> Self {
        match error {
            HandleError::Stale { generation_now, .. } => {
                Self::Stale(Box::new(Stale { handle, generation_now, zombie: false }))
            }
            HandleError::WrongStore { store, .. } => Self::WrongStore(Box::new(WrongStore { handle, store })),
        }
    }

    /// A limit.
    #[cold]
    pub(crate) fn limit(limit: &'static str, asked: u64, allowed: u64) -> Self {
        Self::Limit(Box::new(LimitError { limit, asked, allowed, zombies: 0 }))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(error) => error.fmt(f),
            Self::Link(error) => error.fmt(f),
            Self::Stale(error) => error.fmt(f),
            Self::WrongStore(error) => error.fmt(f),
            Self::Trap(error) => error.fmt(f),
            Self::Limit(error) => error.fmt(f),
            Self::Host(error) => error.fmt(f),
            Self::Exit(code) => write!(f, "module closed with exit_code({code})"),
            Self::AlreadyClosed => f.write_str("already closed"),
            Self::StoreClosed(code) => write!(f, "runtime closed with exit_code({code})"),
            Self::NameTaken(name) => write!(f, "module[{}] has already been instantiated", name.0),
            Self::Export(error) => error.fmt(f),
            Self::Start(error) => error.fmt(f),
            Self::Segment(error) => error.fmt(f),
            Self::WrongEngine => f.write_str("the module was compiled for another engine"),
            Self::WrongArch(arch) => {
                write!(f, "the module was compiled for {}; this is {}", arch.name(), std::env::consts::ARCH)
            }
            Self::WrongIsland(error) => error.fmt(f),
            Self::OtherModule(error) => error.fmt(f),
            Self::NoCaller(name) => {
                write!(f, "{name} is a host function: name the instance it is called for")
            }
            Self::Type(error) => error.fmt(f),
            Self::Access(error) => error.fmt(f),
            Self::Batch(error) => {
                write!(f, "batch item {}: ", error.index)?;
                fmt::Display::fmt(&error.cause, f)
            }
            Self::System(error) => error.fmt(f),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self {
            Self::Invalid(_) => "Invalid",
            Self::Link(_) => "Link",
            Self::Stale(_) => "Stale",
            Self::WrongStore(_) => "WrongStore",
            Self::Trap(_) => "Trap",
            Self::Limit(_) => "Limit",
            Self::Host(_) => "Host",
            Self::Exit(_) => "Exit",
            Self::AlreadyClosed => "AlreadyClosed",
            Self::StoreClosed(_) => "StoreClosed",
            Self::NameTaken(_) => "NameTaken",
            Self::Export(_) => "Export",
            Self::Start(_) => "Start",
            Self::Segment(_) => "Segment",
            Self::WrongEngine => "WrongEngine",
            Self::WrongArch(_) => "WrongArch",
            Self::WrongIsland(_) => "WrongIsland",
            Self::OtherModule(_) => "OtherModule",
            Self::NoCaller(_) => "NoCaller",
            Self::Type(_) => "Type",
            Self::Access(_) => "Access",
            Self::Batch(_) => "Batch",
            Self::System(_) => "System",
        };
        write!(f, "{kind}({self:#})")
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Invalid(error) => Some(&**error),
            Self::Host(error) => Some(&**error.0),
            Self::Start(error) => Some(&error.cause),
            Self::Batch(error) => Some(&error.cause),
            Self::System(error) => Some(error),
            _ => None,
        }
    }
}

impl From<Trap> for Error {
    fn from(code: Trap) -> Self {
        Self::from_trap(code)
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}

impl From<Invalid> for Error {
    fn from(error: Invalid) -> Self {
        Self::Invalid(Box::new(error))
    }
}

impl From<LimitExceeded> for Error {
    fn from(error: LimitExceeded) -> Self {
        Self::limit(error.limit, error.asked, error.allowed)
    }
}

impl From<ModuleError> for Error {
    fn from(error: ModuleError) -> Self {
        match error {
            ModuleError::Invalid(error) => error.into(),
            ModuleError::Limit(error) => error.into(),
        }
    }
}

impl From<AccessError> for Error {
    fn from(error: AccessError) -> Self {
        Self::Access(Box::new(error))
    }
}

impl From<TypeError> for Error {
    fn from(error: TypeError) -> Self {
        Self::Type(Box::new(error))
    }
}

/// More of something than a limit allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitError {
    /// What is limited.
    pub limit: &'static str,
    /// How many were asked for.
    pub asked: u64,
    /// How many are allowed.
    pub allowed: u64,
    /// Freed instances that references keep, and that `collect()` may free.
    pub zombies: u64,
}

impl LimitError {
    /// The limit on function types of an engine, which has a text of its own.
    pub(crate) const TYPES: &'static str = "function types";
}

impl fmt::Display for LimitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.limit == Self::TYPES {
            return f.write_str("too many function types in a store");
        }
        write!(f, "{} {} exceeds the limit {}", self.limit, self.asked, self.allowed)?;
        if self.zombies > 0 {
            write!(f, ", {} zombies await collect()", self.zombies)?;
        }
        Ok(())
    }
}

/// A host function's own error.
#[derive(Debug)]
pub struct HostError(Box<Box<dyn StdError + Send + Sync>>);

impl HostError {
    /// The error itself.
    #[must_use]
    pub fn get_ref(&self) -> &(dyn StdError + Send + Sync + 'static) {
        &**self.0
    }

    /// The error itself.
    #[must_use]
    pub fn into_inner(self) -> Box<dyn StdError + Send + Sync> {
        *self.0
    }
}

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// No export of that name, or one of another kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportError {
    /// The module or instance that was asked.
    pub module: Box<str>,
    /// The name that was asked for.
    pub name: Box<str>,
    /// What the name stands for, if for anything, and what was wanted.
    pub kinds: Option<(ExternKind, ExternKind)>,
}

impl fmt::Display for ExportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_export(f, &self.module, &self.name, self.kinds)
    }
}

fn write_export(
    f: &mut fmt::Formatter<'_>,
    module: &str,
    name: &str,
    kinds: Option<(ExternKind, ExternKind)>,
) -> fmt::Result {
    match kinds {
        None => write!(f, "{name:?} is not exported in module {module:?}"),
        Some((found, wanted)) => {
            write!(f, "export {name:?} in module {module:?} is a {found}, not a {wanted}")
        }
    }
}

/// The start function failed.
#[derive(Debug)]
pub struct StartError {
    /// Its position in the module, imports included.
    pub func: u32,
    /// The names it is exported under, sorted.
    pub exports: Box<[Box<str>]>,
    /// Why.
    pub cause: Error,
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "start function[{}]", self.func)?;
        if !self.exports.is_empty() {
            let names: Vec<_> = self.exports.iter().map(|name| format!("{name:?}")).collect();
            write!(f, " export[{}]", names.join(","))?;
        }
        f.write_str(" failed: ")?;
        fmt::Display::fmt(&self.cause, f)
    }
}

/// Which kind of segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SegmentKind {
    /// Of a table.
    Element,
    /// Of a memory.
    Data,
}

/// An active segment does not fit its table or memory.
#[derive(Clone, Debug)]
pub struct SegmentError {
    /// Which kind.
    pub kind: SegmentKind,
    /// Its position in the module.
    pub index: u32,
    /// The trap.
    pub trap: TrapError,
}

impl fmt::Display for SegmentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            SegmentKind::Element => "element",
            SegmentKind::Data => "data",
        };
        write!(f, "{kind}[{}]: {}", self.index, self.trap)
    }
}

/// Parameters, results or a signature do not match.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TypeError {
    /// Another number of parameters than the function has.
    ParamCount {
        /// How many it has.
        expected: usize,
        /// How many were passed.
        passed: usize,
    },
    /// A parameter of another type.
    Param {
        /// How many parameters the function has.
        expected: usize,
        /// How many were passed.
        passed: usize,
        /// Which one is wrong.
        index: usize,
        /// What was passed.
        found: ValType,
        /// What the function has.
        wanted: ValType,
    },
    /// A function of another type.
    Signature {
        /// The type that was asked for.
        expected: FuncType,
        /// The type that it has.
        found: FuncType,
    },
}

impl fmt::Display for TypeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ParamCount { expected, passed } => {
                write!(f, "expected {expected} params, but passed {passed}")
            }
            Self::Param { expected, passed, index, found, wanted } => write!(
                f,
                "expected {expected} params, but passed {passed}: param {index} is {found}, not {wanted}"
            ),
            Self::Signature { expected, found } => write!(f, "signature mismatch: {expected} != {found}"),
        }
    }
}

/// A host's access that bounds, mutability or type do not allow.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccessError {
    /// Bytes past the end of a memory.
    Memory {
        /// First byte.
        offset: u64,
        /// How many.
        len: u64,
        /// The memory.
        memory: HandleName,
        /// Its size.
        size: u64,
    },
    /// An element past the end of a table.
    Table {
        /// Which element.
        index: u64,
        /// The table.
        table: HandleName,
        /// Its size.
        size: u64,
    },
    /// Setting a global that is not mutable.
    Immutable {
        /// The global.
        global: HandleName,
    },
    /// A value of another type.
    Value {
        /// What was given.
        found: ValType,
        /// What belongs there.
        wanted: ValType,
    },
}

impl fmt::Display for AccessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory { offset, len, memory, size } => {
                write!(f, "{offset}+{len} exceeds {memory} of {size} bytes")
            }
            Self::Table { index, table, size } => write!(f, "{index} exceeds {table} of {size}"),
            Self::Immutable { global } => write!(f, "{global} is immutable"),
            Self::Value { found, wanted } => write!(f, "value is {found}, not {wanted}"),
        }
    }
}

/// The item of a batch that failed.
#[derive(Debug)]
pub struct BatchError {
    /// Its position: the lowest that failed.
    pub index: usize,
    /// Why.
    pub cause: Error,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arena::handle::{Addr, RawHandle};
    use crate::spec::module::FuncIdx;

    fn name(noun: &'static str, generation: u32) -> HandleName {
        HandleName::new(noun, RawHandle::new(Addr::from_parts(3, generation).unwrap(), 1))
    }

    fn check(error: impl Into<Error>, expected: &str) {
        assert_eq!(error.into().to_string(), expected);
    }

    #[test]
    fn every_text_is_as_agreed() {
        check(Error::NameTaken(Box::new(Name("m".into()))), "module[m] has already been instantiated");
        check(Error::AlreadyClosed, "already closed");
        check(Error::Exit(7), "module closed with exit_code(7)");
        check(Error::StoreClosed(8), "runtime closed with exit_code(8)");
        check(Error::limit(LimitError::TYPES, 11, 10), "too many function types in a store");
        check(Error::limit("memory pages", 5, 4), "memory pages 5 exceeds the limit 4");
        let zombies = LimitError { limit: "instances", asked: 3, allowed: 2, zombies: 1 };
        check(Error::Limit(Box::new(zombies)), "instances 3 exceeds the limit 2, 1 zombies await collect()");
        let export =
            |kinds| Error::Export(Box::new(ExportError { module: "m".into(), name: "x".into(), kinds }));
        check(export(None), r#""x" is not exported in module "m""#);
        let kinds = Some((ExternKind::Memory, ExternKind::Func));
        check(export(kinds), r#"export "x" in module "m" is a memory, not a func"#);
        check(TypeError::ParamCount { expected: 2, passed: 1 }, "expected 2 params, but passed 1");
        let param =
            TypeError::Param { expected: 2, passed: 2, index: 1, found: ValType::F32, wanted: ValType::I32 };
        check(param, "expected 2 params, but passed 2: param 1 is f32, not i32");
        let (expected, found) = (FuncType::new([], [ValType::F32]), FuncType::new([], []));
        check(TypeError::Signature { expected, found }, "signature mismatch: v_f32 != v_v");
        check(Error::from_trap(Trap::Unreachable), "unreachable");
        let batch = BatchError { index: 4, cause: Error::Exit(1) };
        check(Error::Batch(Box::new(batch)), "batch item 4: module closed with exit_code(1)");
    }

    #[test]
    fn handles_are_named_in_full() {
        let stale = Stale { handle: name("instance", 7), generation_now: 8, zombie: false };
        check(Error::Stale(Box::new(stale)), "stale handle instance#3v7@1: the slot is at generation 8");
        let zombie = Stale { zombie: true, ..stale };
        check(Error::Stale(Box::new(zombie)), "stale handle instance#3v7@1: freed, kept only by references");
        let foreign = WrongStore { handle: name("memory", 1), store: 2 };
        check(
            Error::WrongStore(Box::new(foreign)),
            "handle memory#3v1@1 belongs to store 1, used with store 2",
        );
        let apart = WrongIsland { handle: name("memory", 1), instance: name("instance", 7) };
        check(Error::WrongIsland(Box::new(apart)), "memory#3v1@1 is not in the island of instance#3v7@1");
        let other = OtherModule { handle: name("instance", 7), found: "a".into(), wanted: "b".into() };
        check(
            Error::OtherModule(Box::new(other)),
            r#"instance#3v7@1 is of module "a", not of the one whose export this is, "b""#,
        );
        let raw = RawHandle::new(Addr::from_parts(5, 3).unwrap(), 1);
        check(
            Error::NoCaller(Box::new(HandleName::func(raw, None))),
            "func#5v3@1 is a host function: name the instance it is called for",
        );
        assert_eq!(HandleName::func(raw, Some(FuncIdx::new(17))).to_string(), "func#5v3@1:17");
        let (memory, table, global) = (name("memory", 1), name("table", 1), name("global", 1));
        check(
            AccessError::Memory { offset: 65_535, len: 2, memory, size: 65_536 },
            "65535+2 exceeds memory#3v1@1 of 65536 bytes",
        );
        check(AccessError::Table { index: 9, table, size: 3 }, "9 exceeds table#3v1@1 of 3");
        check(AccessError::Immutable { global }, "global#3v1@1 is immutable");
        let value = AccessError::Value { found: ValType::I32, wanted: ValType::FuncRef };
        check(value, "value is i32, not funcref");
    }

    #[test]
    fn what_wraps_a_trap_still_says_which() {
        let start = |exports: &[&str]| {
            let exports = exports.iter().map(|&name| name.into()).collect();
            let cause = Error::from_trap(Trap::IntegerOverflow);
            Error::Start(Box::new(StartError { func: 2, exports, cause }))
        };
        assert_eq!(start(&[]).trap(), Some(Trap::IntegerOverflow));
        check(start(&[]), "start function[2] failed: integer overflow");
        check(start(&["a", "b"]), r#"start function[2] export["a","b"] failed: integer overflow"#);
        let trap = TrapError::bare(Trap::OutOfBoundsMemoryAccess);
        let segment = SegmentError { kind: SegmentKind::Data, index: 1, trap };
        let segment = Error::Segment(Box::new(segment));
        assert_eq!(segment.trap(), Some(Trap::OutOfBoundsMemoryAccess));
        check(segment, "data[1]: out of bounds memory access");
    }

    #[test]
    fn an_error_of_the_host_keeps_its_type_and_one_of_ours_its_kind() {
        let io = Error::host(io::Error::other("disk"));
        assert_eq!(io.to_string(), "disk");
        assert!(io.downcast_ref::<io::Error>().is_some() && io.downcast_ref::<fmt::Error>().is_none());
        assert!(matches!(Error::host(Error::Exit(3)), Error::Exit(3)));
        assert_eq!(Error::host("plain").to_string(), "plain");
    }
}
