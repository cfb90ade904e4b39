//! What is told about files and descriptors: types, sizes, times, flags, and how they are laid out.
//!
//! Owns: `fd_filestat_get`, `path_filestat_get`, `fd_fdstat_*`, `fd_prestat_*`, setting of times and sizes.
//! Does not know: reading and writing.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cap_fs_ext::{DirExt, SystemTimeSpec};
use cap_std::fs::{FileType, FileTypeExt, Metadata, MetadataExt};
use rustix::fs::{OFlags, Timestamps};

use crate::WasiCtx;
use crate::descriptor::{Descriptor, Target};
use crate::errno::Errno;
use crate::guest::{Abi, Guest};
use crate::rights;

pub(crate) const TYPE_UNKNOWN: u8 = 0;
const TYPE_BLOCK_DEVICE: u8 = 1;
const TYPE_CHARACTER_DEVICE: u8 = 2;
pub(crate) const TYPE_DIRECTORY: u8 = 3;
const TYPE_REGULAR: u8 = 4;
const TYPE_SOCKET_STREAM: u8 = 6;
const TYPE_SYMLINK: u8 = 7;

pub(crate) const FLAG_APPEND: u16 = 1 << 0;
pub(crate) const FLAG_DSYNC: u16 = 1 << 1;
pub(crate) const FLAG_NONBLOCK: u16 = 1 << 2;
pub(crate) const FLAG_RSYNC: u16 = 1 << 3;
pub(crate) const FLAG_SYNC: u16 = 1 << 4;

/// `lookupflags`: follow a symbolic link at the end of a path.
pub(crate) const LOOKUP_FOLLOW: u32 = 1;

const TIME_ATIM: u32 = 1 << 0;
const TIME_ATIM_NOW: u32 = 1 << 1;
const TIME_MTIM: u32 = 1 << 2;
const TIME_MTIM_NOW: u32 = 1 << 3;

/// The standard's number for a type of file.
pub(crate) fn filetype(ty: FileType) -> u8 {
    if ty.is_dir() {
        TYPE_DIRECTORY
    } else if ty.is_file() {
        TYPE_REGULAR
    } else if ty.is_symlink() {
        TYPE_SYMLINK
    } else if ty.is_char_device() {
        TYPE_CHARACTER_DEVICE
    } else if ty.is_block_device() {
        TYPE_BLOCK_DEVICE
    } else if ty.is_socket() {
        TYPE_SOCKET_STREAM
    } else {
        TYPE_UNKNOWN
    }
}

/// A `filestat`, before it is laid out.
#[derive(Default)]
struct Filestat {
    device: u64,
    inode: u64,
    filetype: u8,
    links: u64,
    size: u64,
    /// Access, modification, change: nanoseconds since 1970.
    times: [u64; 3],
}

impl Filestat {
    fn of(meta: &Metadata) -> Self {
        Self {
            device: meta.dev(),
            inode: meta.ino(),
            filetype: filetype(meta.file_type()),
            links: meta.nlink(),
            size: meta.size(),
            times: [
                timestamp(meta.atime(), meta.atime_nsec()),
                timestamp(meta.mtime(), meta.mtime_nsec()),
                timestamp(meta.ctime(), meta.ctime_nsec()),
            ],
        }
    }

    /// | field  | preview 1 | unstable |
    /// | ------ | --------- | -------- |
    /// | links  | u64 at 24 | u32 at 20 |
    /// | size   | 32        | 24 |
    /// | times  | 40, 48, 56 | 32, 40, 48 |
    fn put(&self, guest: &mut Guest<'_>, at: u32) -> Result<(), Errno> {
        let mut bytes = [0u8; 64];
        bytes[0..8].copy_from_slice(&self.device.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.inode.to_le_bytes());
        bytes[16] = self.filetype;
        let (rest, len) = match guest.abi {
            Abi::Preview1 => {
                bytes[24..32].copy_from_slice(&self.links.to_le_bytes());
                (32, 64)
            }
            Abi::Unstable => {
                let links = u32::try_from(self.links).unwrap_or(u32::MAX);
                bytes[20..24].copy_from_slice(&links.to_le_bytes());
                (24, 56)
            }
        };
        let words = [self.size, self.times[0], self.times[1], self.times[2]];
        for (k, word) in words.into_iter().enumerate() {
            bytes[rest + 8 * k..rest + 8 * k + 8].copy_from_slice(&word.to_le_bytes());
        }
        guest.put(at, &bytes[..len])
    }
}

fn timestamp(seconds: i64, nanoseconds: i64) -> u64 {
    let seconds = u64::try_from(seconds).unwrap_or(0);
    seconds.saturating_mul(1_000_000_000).saturating_add(u64::try_from(nanoseconds).unwrap_or(0))
}

/// Which times to set to what; `None` leaves one alone.
struct NewTimes {
    access: Option<SystemTime>,
    modification: Option<SystemTime>,
}

impl NewTimes {
    fn parse(access_ns: u64, modification_ns: u64, flags: u32) -> Result<Self, Errno> {
        let one = |ns: u64, set: u32, now: u32| match (flags & set != 0, flags & now != 0) {
            (true, true) => Err(Errno::Inval),
            (true, false) => {
                UNIX_EPOCH.checked_add(Duration::from_nanos(ns)).map(Some).ok_or(Errno::Overflow)
            }
            (false, true) => Ok(Some(SystemTime::now())),
            (false, false) => Ok(None),
        };
        Ok(Self {
            access: one(access_ns, TIME_ATIM, TIME_ATIM_NOW)?,
            modification: one(modification_ns, TIME_MTIM, TIME_MTIM_NOW)?,
        })
    }

    fn timestamps(&self) -> Result<Timestamps, Errno> {
        Ok(Timestamps {
            last_access: timespec(self.access)?,
            last_modification: timespec(self.modification)?,
        })
    }

    fn specs(&self) -> [Option<SystemTimeSpec>; 2] {
        let spec = |time: Option<SystemTime>| {
            time.map(|time| SystemTimeSpec::Absolute(cap_std::time::SystemTime::from_std(time)))
        };
        [spec(self.access), spec(self.modification)]
    }
}

fn timespec(time: Option<SystemTime>) -> Result<rustix::fs::Timespec, Errno> {
    let Some(time) = time else {
        return Ok(rustix::fs::Timespec { tv_sec: 0, tv_nsec: rustix::fs::UTIME_OMIT });
    };
    let since = time.duration_since(UNIX_EPOCH).map_err(|_| Errno::Inval)?;
    let tv_sec = i64::try_from(since.as_secs()).map_err(|_| Errno::Overflow)?;
    Ok(rustix::fs::Timespec { tv_sec, tv_nsec: since.subsec_nanos().into() })
}

impl WasiCtx {
    pub(crate) fn fd_filestat_get(
        &mut self,
        guest: &mut Guest<'_>,
        (fd, out): (u32, u32),
    ) -> Result<(), Errno> {
        let stat = match &self.fds.get(fd)?.target {
            Target::File(open) => Filestat::of(&open.file.metadata()?),
            Target::Dir(open) => Filestat::of(&open.dir.dir_metadata()?),
            stream @ (Target::Input(_) | Target::Output(_)) => {
                Filestat { filetype: stream_type(stream), ..Filestat::default() }
            }
        };
        stat.put(guest, out)
    }

    pub(crate) fn path_filestat_get(
        &mut self,
        guest: &mut Guest<'_>,
        (fd, lookup, path, path_len, out): (u32, u32, u32, u32, u32),
    ) -> Result<(), Errno> {
        let open = self.fds.dir(fd)?;
        let path = guest.path(path, path_len)?;
        let meta = if lookup & LOOKUP_FOLLOW != 0 {
            open.dir.metadata(path)?
        } else {
            open.dir.symlink_metadata(path)?
        };
        Filestat::of(&meta).put(guest, out)
    }

    pub(crate) fn fd_filestat_set_size(
        &mut self,
        _guest: &mut Guest<'_>,
        (fd, size): (u32, u64),
    ) -> Result<(), Errno> {
        self.fds.get(fd)?.require(rights::FD_WRITE)?;
        Ok(self.fds.file(fd)?.file.set_len(size)?)
    }

    pub(crate) fn fd_filestat_set_times(
        &mut self,
        _guest: &mut Guest<'_>,
        (fd, access_ns, modification_ns, flags): (u32, u64, u64, u32),
    ) -> Result<(), Errno> {
        let times = NewTimes::parse(access_ns, modification_ns, flags)?.timestamps()?;
        match &self.fds.get(fd)?.target {
            Target::File(open) if open.read_only => Err(Errno::Perm),
            Target::Dir(open) if open.read_only => Err(Errno::Perm),
            Target::File(open) => Ok(rustix::fs::futimens(&open.file, &times)?),
            Target::Dir(open) => Ok(rustix::fs::futimens(&open.dir, &times)?),
            Target::Input(_) | Target::Output(_) => Err(Errno::Inval),
        }
    }

    pub(crate) fn path_filestat_set_times(
        &mut self,
        guest: &mut Guest<'_>,
        (fd, lookup, path, path_len, access_ns, modification_ns, flags): (u32, u32, u32, u32, u64, u64, u32),
    ) -> Result<(), Errno> {
        let open = self.fds.dir_to_change(fd)?;
        let [access, modification] = NewTimes::parse(access_ns, modification_ns, flags)?.specs();
        let path = guest.path(path, path_len)?;
        if lookup & LOOKUP_FOLLOW != 0 {
            open.dir.set_times(path, access, modification)?;
        } else {
            open.dir.set_symlink_times(path, access, modification)?;
        }
        Ok(())
    }

    pub(crate) fn fd_fdstat_get(
        &mut self,
        guest: &mut Guest<'_>,
        (fd, out): (u32, u32),
    ) -> Result<(), Errno> {
        let descriptor = self.fds.get(fd)?;
        let mut bytes = [0u8; 24];
        bytes[0] = descriptor_type(descriptor)?;
        bytes[2..4].copy_from_slice(&descriptor.flags.to_le_bytes());
        bytes[8..16].copy_from_slice(&descriptor.rights_base.to_le_bytes());
        bytes[16..24].copy_from_slice(&descriptor.rights_inheriting.to_le_bytes());
        guest.put(out, &bytes)
    }

    pub(crate) fn fd_fdstat_set_flags(
        &mut self,
        _guest: &mut Guest<'_>,
        (fd, flags): (u32, u32),
    ) -> Result<(), Errno> {
        let flags = u16::try_from(flags).map_err(|_| Errno::Inval)?;
        let descriptor = self.fds.get_mut(fd)?;
        if let Target::File(open) = &descriptor.target {
            // The host cannot change how an open file synchronises.
            let fixed = FLAG_DSYNC | FLAG_RSYNC | FLAG_SYNC;
            if flags & fixed != descriptor.flags & fixed {
                return Err(Errno::Inval);
            }
            let mut host = rustix::fs::fcntl_getfl(&open.file)?;
            host.set(OFlags::APPEND, flags & FLAG_APPEND != 0);
            host.set(OFlags::NONBLOCK, flags & FLAG_NONBLOCK != 0);
            rustix::fs::fcntl_setfl(&open.file, host)?;
        }
        descriptor.flags = flags;
        Ok(())
    }

    /// Rights can be given up, never won.
    pub(crate) fn fd_fdstat_set_rights(
        &mut self,
        _guest: &mut Guest<'_>,
        (fd, base, inheriting): (u32, u64, u64),
    ) -> Result<(), Errno> {
        let descriptor = self.fds.get_mut(fd)?;
        if base & !descriptor.rights_base != 0 || inheriting & !descriptor.rights_inheriting != 0 {
            return Err(Errno::NotCapable);
        }
        descriptor.rights_base = base;
        descriptor.rights_inheriting = inheriting;
        Ok(())
    }

    pub(crate) fn fd_prestat_get(
        &mut self,
        guest: &mut Guest<'_>,
        (fd, out): (u32, u32),
    ) -> Result<(), Errno> {
        let len = u32::try_from(self.preopened_name(fd)?.len()).map_err(|_| Errno::Overflow)?;
        guest.put_u32(out, 0)?;
        guest.put_u32(out.checked_add(4).ok_or(Errno::Fault)?, len)
    }

    pub(crate) fn fd_prestat_dir_name(
        &mut self,
        guest: &mut Guest<'_>,
        (fd, at, len): (u32, u32, u32),
    ) -> Result<(), Errno> {
        let name = self.preopened_name(fd)?;
        if name.len() > len as usize {
            return Err(Errno::NameTooLong);
        }
        guest.put(at, name.as_bytes())
    }

    fn preopened_name(&self, fd: u32) -> Result<&str, Errno> {
        match &self.fds.get(fd)?.target {
            Target::Dir(open) => open.preopened.as_deref().ok_or(Errno::Badf),
            Target::File(_) | Target::Input(_) | Target::Output(_) => Err(Errno::Badf),
        }
    }
}

fn descriptor_type(descriptor: &Descriptor) -> Result<u8, Errno> {
    Ok(match &descriptor.target {
        Target::File(open) => filetype(open.file.metadata()?.file_type()),
        Target::Dir(_) => TYPE_DIRECTORY,
        stream @ (Target::Input(_) | Target::Output(_)) => stream_type(stream),
    })
}

/// A terminal is a character device: a guest's C library buffers by it. Other streams keep what they are to themselves.
fn stream_type(target: &Target) -> u8 {
    let terminal = match target {
        Target::Input(source) => source.is_terminal(),
        Target::Output(sink) => sink.is_terminal(),
        Target::File(_) | Target::Dir(_) => false,
    };
    if terminal { TYPE_CHARACTER_DEVICE } else { TYPE_UNKNOWN }
}
