//! What can be wrong with imports.
//!
//! Owns: the errors of linking and their texts. Does not know: how imports are matched (`store::imports`).

use std::fmt;

use super::write_export;
use crate::spec::types::{ExternKind, ExternType, FuncType, ValType};

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
    /// Modules that were to be spawned together import one another: their names, the first one again at the end.
    Cycle(Box<str>),
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
            Self::Cycle(path) => write!(f, "import cycle: {path}"),
        }
    }
}
