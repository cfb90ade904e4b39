//! What can be wrong with handles.
//!
//! Owns: handles as messages print them, and the errors of those that name nothing. Does not know: live rows.

use std::fmt;

use crate::arena::handle::RawHandle;
use crate::spec::module::FuncIdx;

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

/// An instance of another module than the one whose export was to be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherModule {
    /// The handle that was used.
    pub handle: HandleName,
    /// The name of its module; empty if that has none.
    pub found: Box<str>,
    /// The name of the module that was wanted; empty if that has none.
    pub wanted: Box<str>,
}

impl fmt::Display for OtherModule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} is of module {:?}, not of the one whose export this is, {:?}",
            self.handle, self.found, self.wanted
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
