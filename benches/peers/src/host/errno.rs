//! WASI's error numbers: those that occur here.

use std::io::{Error, ErrorKind};

/// A WASI error number, never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Errno(pub u16);

impl Errno {
    pub const BADF: Self = Self(8);
    pub const EXIST: Self = Self(20);
    pub const FAULT: Self = Self(21);
    pub const INVAL: Self = Self(28);
    pub const IO: Self = Self(29);
    pub const ISDIR: Self = Self(31);
    pub const NOENT: Self = Self(44);
    pub const NOTDIR: Self = Self(54);
    pub const SPIPE: Self = Self(70);
    pub const NOTCAPABLE: Self = Self(76);
}

impl From<Error> for Errno {
    fn from(error: Error) -> Self {
        match error.kind() {
            ErrorKind::NotFound => Self::NOENT,
            ErrorKind::AlreadyExists => Self::EXIST,
            ErrorKind::NotADirectory => Self::NOTDIR,
            ErrorKind::IsADirectory => Self::ISDIR,
            ErrorKind::InvalidInput => Self::INVAL,
            _ => Self::IO,
        }
    }
}
