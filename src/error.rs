//! What can go wrong, as one small enum, and the plain-data payloads of every layer's failures.
//!
//! Owns: [`Error`] and the exact texts. Each payload says where, what, expected and found.
//! Does not know: live rows. A handle in a message is a [`HandleName`]: printable, usable for nothing else.
//! Mistakes of our own are assertions and never an `Error`.

use std::error::Error as StdError;
use std::{fmt, io};

use crate::arena::handle::{HandleError, RawHandle};
use crate::jit::backtrace::Backtrace;
use crate::spec::invalid::{Invalid, LimitExceeded, ModuleError};
use crate::spec::module::FuncIdx;
use crate::spec::trap::Trap;
use crate::spec::types::{ExternKind, ExternType, FuncType, ValType};

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
    /// The handle is not in the island of the caller.
    WrongIsland(Box<WrongIsland>),
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

    /// The exit code, if an exit ended the call.
    #[must_use]
    pub fn exit_code(&self) -> Option<u32> {
        match self {
            Self::Exit(code) => Some(*code),
            _ => None,
        }
    }

    /// The host's own error, if it is of this type.
    #[must_use]
    pub fn downcast_ref<E: StdError + 'static>(&self) -> Option<&E> {
        match self {
            Self::Host(host) => host.0.downcast_ref(),
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
            Self::WrongIsland(error) => error.fmt(f),
            Self::NoCaller(name) => {
                write!(f, "{name} is a host function: name the instance it is called for")
            }
            Self::Type(error) => error.fmt(f),
            Self::Access(error) => error.fmt(f),
            Self::Batch(error) => write!(f, "batch item {}: {}", error.index, error.cause),
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
            Self::WrongIsland(_) => "WrongIsland",
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

/// A handle as it is printed: `instance#3v7@1`, `func#5v3@1:17`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct HandleName {
    noun: &'static str,
    handle: RawHandle,
    func: Option<FuncIdx>,
}

impl HandleName {
    pub(crate) const fn new(noun: &'static str, handle: RawHandle) -> Self {
        Self { noun, handle, func: None }
    }

    pub(crate) const fn func(handle: RawHandle, func: Option<FuncIdx>) -> Self {
        Self { noun: "func", handle, func }
    }
}

impl fmt::Display for HandleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.handle.write(self.noun, f)?;
        self.func.map_or(Ok(()), |func| write!(f, ":{}", func.as_u32()))
    }
}

impl fmt::Debug for HandleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A handle whose row is gone, or whose instance is kept only by references.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stale {
    /// The handle that was used.
    pub handle: HandleName,
    /// The generation its slot is at now.
    pub generation_now: u32,
    /// Whether the instance is freed but still kept by references to its functions.
    pub zombie: bool,
}

impl fmt::Display for Stale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "stale handle {}: ", self.handle)?;
        if self.zombie {
            return f.write_str("freed, kept only by references");
        }
        write!(f, "the slot is at generation {}", self.generation_now)
    }
}

/// A handle of another store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrongStore {
    /// The handle that was used.
    pub handle: HandleName,
    /// Low half of the id of the store it was used with.
    pub store: u32,
}

impl fmt::Display for WrongStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "handle {} belongs to store {}, used with store {}",
            self.handle,
            self.handle.handle.store(),
            self.store
        )
    }
}

/// A handle outside the island of the call that used it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrongIsland {
    /// The handle that was used.
    pub handle: HandleName,
    /// The instance whose island it is not in.
    pub instance: HandleName,
}

impl fmt::Display for WrongIsland {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is not in the island of {}", self.handle, self.instance)
    }
}

/// A trap: the code, and where and why as far as known. Prints the code's text; `{:#}` adds the rest.
#[derive(Clone)]
pub struct TrapError {
    /// What happened.
    pub code: Trap,
    /// The instance whose code trapped; `None` when the host made the trap.
    pub instance: Option<HandleName>,
    /// What was accessed.
    pub detail: TrapDetail,
    /// Where, innermost frame first.
    pub backtrace: Backtrace,
}

impl TrapError {
    /// A trap that no machine code made.
    #[must_use]
    pub fn bare(code: Trap) -> Self {
        Self { code, instance: None, detail: TrapDetail::None, backtrace: Backtrace::default() }
    }
}

/// What a trap's code was about to do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TrapDetail {
    /// Nothing more is known.
    None,
    /// An access to memory.
    Memory {
        /// First byte of the access.
        address: u64,
        /// Bytes that the memory had.
        size: u64,
    },
    /// An access to a table.
    Table {
        /// The index.
        index: u64,
        /// Elements that the table had.
        size: u64,
    },
    /// An indirect call.
    Signature {
        /// What the call site expects.
        expected: FuncType,
        /// What the table holds.
        found: FuncType,
    },
}

impl fmt::Display for TrapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.code, f)?;
        if !f.alternate() {
            return Ok(());
        }
        match &self.detail {
            TrapDetail::None => {}
            TrapDetail::Memory { address, size } => write!(f, ": address {address:#x} of {size:#x} bytes")?,
            TrapDetail::Table { index, size } => write!(f, ": index {index} of {size}")?,
            TrapDetail::Signature { expected, found } => write!(f, ": {expected} != {found}")?,
        }
        if let Some(instance) = self.instance {
            write!(f, " in {instance}")?;
        }
        if self.backtrace.is_empty() { Ok(()) } else { write!(f, "\n{}", self.backtrace) }
    }
}

impl fmt::Debug for TrapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:#}")
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

/// All imports that fail, in order of declaration. Prints a line each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkErrors {
    /// At least one.
    pub errors: Vec<LinkError>,
}

impl fmt::Display for LinkErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.errors.iter().enumerate().try_for_each(|(n, error)| {
            if n > 0 {
                f.write_str("\n")?;
            }
            fmt::Display::fmt(error, f)
        })
    }
}

/// An import that is missing or does not match. `{:#}` adds the types and the nearest name that exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkError {
    /// Position among the module's imports.
    pub index: usize,
    /// The module it is imported from.
    pub module: Box<str>,
    /// Its name there.
    pub name: Box<str>,
    /// Its kind.
    pub kind: ExternKind,
    /// What it must be.
    pub expected: ExternType,
    /// What was found under its name.
    pub found: Option<ExternType>,
    /// Why it fails.
    pub cause: LinkCause,
    /// An existing name that looks like it.
    pub nearest: Option<Box<str>>,
}

/// Why an import fails.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LinkCause {
    /// Nothing has the module's name.
    UnknownModule,
    /// The module does not export the name.
    UnknownName,
    /// The name stands for something of another kind.
    Kind(ExternKind),
    /// Function types differ: expected, found.
    Signature(FuncType, FuncType),
    /// Element types differ: expected, found.
    TableType(ValType, ValType),
    /// Smaller than the import's minimum: minimum, current size.
    Minimum(u64, u64),
    /// The import has a maximum and the export none.
    NoMaximum(u64),
    /// The export's maximum is greater than the import's: expected, found.
    Maximum(u64, u64),
    /// One global can be set and the other not: expected, found.
    Mutability(bool, bool),
    /// Types of the globals' values differ: expected, found.
    ValueType(ValType, ValType),
    /// One memory is shared and the other not: expected, found.
    Shared(bool, bool),
    /// Types of indices differ: expected, found.
    IndexType(ValType, ValType),
    /// Bytes in a page differ: expected, found.
    PageSize(u64, u64),
    /// The definition is a handle, and the store it belongs to was not given.
    NeedsStore,
    /// The definition is a handle whose row is gone, or of another store.
    Handle(Box<str>),
}

impl LinkCause {
    /// Whether the name is unknown, as opposed to standing for something that does not match.
    #[must_use]
    pub const fn is_unknown(&self) -> bool {
        matches!(self, Self::UnknownModule | Self::UnknownName)
    }
}

impl fmt::Display for LinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            LinkCause::UnknownModule => write!(f, "module[{}] not instantiated", self.module)?,
            LinkCause::UnknownName => write_export(f, &self.module, &self.name, None)?,
            LinkCause::Kind(found) => write_export(f, &self.module, &self.name, Some((*found, self.kind)))?,
            cause => write!(f, "import {}[{}.{}]: {cause}", self.kind, self.module, self.name)?,
        }
        if !f.alternate() {
            return Ok(());
        }
        write!(f, " (expected {}", self.expected)?;
        if let Some(found) = &self.found {
            write!(f, ", found {found}")?;
        }
        if let Some(nearest) = &self.nearest {
            write!(f, ", did you mean {nearest:?}?")?;
        }
        f.write_str(")")
    }
}

impl fmt::Display for LinkCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownModule => f.write_str("unknown module"),
            Self::UnknownName => f.write_str("unknown name"),
            Self::Kind(found) => write!(f, "is a {found}"),
            Self::Signature(expected, found) => write!(f, "signature mismatch: {expected} != {found}"),
            Self::TableType(expected, found) => write!(f, "table type mismatch: {expected} != {found}"),
            Self::Minimum(min, current) => write!(f, "minimum size mismatch: {min} > {current}"),
            Self::NoMaximum(max) => write!(f, "maximum size mismatch: {max}, but actual has no max"),
            Self::Maximum(expected, found) => write!(f, "maximum size mismatch: {expected} < {found}"),
            Self::Mutability(expected, found) => write!(f, "mutability mismatch: {expected} != {found}"),
            Self::ValueType(expected, found) => write!(f, "value type mismatch: {expected} != {found}"),
            Self::Shared(expected, found) => write!(f, "shared mismatch: {expected} != {found}"),
            Self::IndexType(expected, found) => write!(f, "index type mismatch: {expected} != {found}"),
            Self::PageSize(expected, found) => write!(f, "page size mismatch: {expected} != {found}"),
            Self::NeedsStore => f.write_str("defined by a handle: make the template with its store"),
            Self::Handle(text) => f.write_str(text),
        }
    }
}
