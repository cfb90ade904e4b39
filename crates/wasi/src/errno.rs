//! The error numbers of preview 1 and how failures of the host become one.
//!
//! Owns: [`Errno`]. Does not know: which call failed.

use std::io;

macro_rules! errnos {
    ($($name:ident = $code:literal,)*) => {
        /// What a call answers when it does not succeed. The names are the standard's.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u16)]
        pub(crate) enum Errno {
            $($name = $code,)*
        }

        /// Each number with the host's error of the same name.
        const FROM_HOST: &[(rustix::io::Errno, Errno)] = &[$((host::$name, Errno::$name),)*];
    };
}

errnos! {
    TooBig = 1, Acces = 2, Again = 6, Badf = 8, Busy = 10, Dquot = 19, Exist = 20, Fault = 21, Fbig = 22,
    Ilseq = 25, Intr = 27, Inval = 28, Io = 29, Isdir = 31, Loop = 32, Mfile = 33, Mlink = 34,
    NameTooLong = 37, Nfile = 41, Nodev = 43, Noent = 44, Nomem = 48, Nospc = 51, Nosys = 52,
    Notdir = 54, NotEmpty = 55, Notsock = 57, Notsup = 58, Notty = 59, Nxio = 60, Overflow = 61, Perm = 63, Pipe = 64,
    Rofs = 69, Spipe = 70, Stale = 72, Txtbsy = 74, Xdev = 75, NotCapable = 76,
}

/// The host's numbers under this file's names.
mod host {
    #![expect(non_upper_case_globals, reason = "named as the variants, so that one list serves both")]
    use rustix::io::Errno as E;

    pub(super) const TooBig: E = E::TOOBIG;
    pub(super) const Acces: E = E::ACCESS;
    pub(super) const Again: E = E::AGAIN;
    pub(super) const Badf: E = E::BADF;
    pub(super) const Busy: E = E::BUSY;
    pub(super) const Dquot: E = E::DQUOT;
    pub(super) const Exist: E = E::EXIST;
    pub(super) const Fault: E = E::FAULT;
    pub(super) const Fbig: E = E::FBIG;
    pub(super) const Ilseq: E = E::ILSEQ;
    pub(super) const Intr: E = E::INTR;
    pub(super) const Inval: E = E::INVAL;
    pub(super) const Io: E = E::IO;
    pub(super) const Isdir: E = E::ISDIR;
    pub(super) const Loop: E = E::LOOP;
    pub(super) const Mfile: E = E::MFILE;
    pub(super) const Mlink: E = E::MLINK;
    pub(super) const NameTooLong: E = E::NAMETOOLONG;
    pub(super) const Nfile: E = E::NFILE;
    pub(super) const Nodev: E = E::NODEV;
    pub(super) const Noent: E = E::NOENT;
    pub(super) const Nomem: E = E::NOMEM;
    pub(super) const Nospc: E = E::NOSPC;
    pub(super) const Nosys: E = E::NOSYS;
    pub(super) const Notdir: E = E::NOTDIR;
    pub(super) const NotEmpty: E = E::NOTEMPTY;
    pub(super) const Notsock: E = E::NOTSOCK;
    pub(super) const Notsup: E = E::NOTSUP;
    pub(super) const Notty: E = E::NOTTY;
    pub(super) const Nxio: E = E::NXIO;
    pub(super) const Overflow: E = E::OVERFLOW;
    pub(super) const Perm: E = E::PERM;
    pub(super) const Pipe: E = E::PIPE;
    pub(super) const Rofs: E = E::ROFS;
    pub(super) const Spipe: E = E::SPIPE;
    pub(super) const Stale: E = E::STALE;
    pub(super) const Txtbsy: E = E::TXTBSY;
    pub(super) const Xdev: E = E::XDEV;
    /// No host call answers this: it stands for "no such number" in the list.
    pub(super) const NotCapable: E = E::NOTRECOVERABLE;
}

impl From<rustix::io::Errno> for Errno {
    fn from(error: rustix::io::Errno) -> Self {
        FROM_HOST.iter().find(|(host, _)| *host == error).map_or(Self::Io, |&(_, errno)| errno)
    }
}

impl From<io::Error> for Errno {
    fn from(error: io::Error) -> Self {
        if let Some(host) = rustix::io::Errno::from_io_error(&error) {
            return host.into();
        }
        match error.kind() {
            // cap-std's answer to a path that leads out of its directory.
            io::ErrorKind::PermissionDenied => Self::Perm,
            io::ErrorKind::NotFound => Self::Noent,
            io::ErrorKind::AlreadyExists => Self::Exist,
            io::ErrorKind::InvalidInput => Self::Inval,
            io::ErrorKind::InvalidData => Self::Ilseq,
            io::ErrorKind::Interrupted => Self::Intr,
            io::ErrorKind::WouldBlock => Self::Again,
            io::ErrorKind::BrokenPipe => Self::Pipe,
            io::ErrorKind::Unsupported => Self::Notsup,
            io::ErrorKind::OutOfMemory => Self::Nomem,
            _ => Self::Io,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_errors_keep_their_meaning() {
        let cases = [
            (io::Error::from_raw_os_error(2), Errno::Noent),
            (io::Error::from_raw_os_error(21), Errno::Isdir),
            (io::Error::from_raw_os_error(40), Errno::Loop),
            (io::Error::new(io::ErrorKind::PermissionDenied, "a path led outside"), Errno::Perm),
            (io::Error::other("strange"), Errno::Io),
        ];
        for (error, errno) in cases {
            let text = error.to_string();
            assert_eq!(Errno::from(error), errno, "{text}");
        }
    }
}
