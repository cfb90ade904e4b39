//! What is known about a trap.
//!
//! Owns: [`TrapError`] and its text. Does not know: how a trap is found out about (`store::call`).

use std::fmt;

use super::HandleName;
use crate::jit::backtrace::Backtrace;
use crate::spec::trap::Trap;
use crate::spec::types::FuncType;

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
        /// The first byte outside that the access would have touched: its own first byte, or the memory's end if it begins
        /// before that. On aarch64 with guarded memories it is what the machine tells, which may be less by up to 7, never
        /// below the memory's end.
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
