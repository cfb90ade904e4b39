//! Everything under a preopened directory that is named by a path. cap-std resolves each below its directory.
//!
//! Owns: `path_open, path_create_directory, path_link, path_rename…`, `fd_readdir`. Does not know: open files.

use std::path::Path;

use cap_fs_ext::{FollowSymlinks, OpenOptionsFollowExt, OpenOptionsMaybeDirExt};
use cap_std::fs::{Dir, File, MetadataExt, OpenOptions, OpenOptionsExt};
use rustix::fs::OFlags;

use crate::WasiCtx;
use crate::descriptor::{Descriptor, Listed, OpenDir, OpenFile, Target};
use crate::errno::Errno;
use crate::guest::Guest;
use crate::rights;
use crate::stat::{
    FLAG_APPEND, FLAG_DSYNC, FLAG_NONBLOCK, FLAG_RSYNC, FLAG_SYNC, LOOKUP_FOLLOW, TYPE_DIRECTORY,
    TYPE_UNKNOWN, filetype,
};

const OPEN_CREATE: u32 = 1 << 0;
const OPEN_DIRECTORY: u32 = 1 << 1;
const OPEN_EXCLUSIVE: u32 = 1 << 2;
const OPEN_TRUNCATE: u32 = 1 << 3;

/// Bytes of a `dirent` without its name; the same in both interfaces.
const DIRENT_BYTES: usize = 24;

/// What `path_open` was asked for.
struct Request {
    follow: bool,
    open: u32,
    flags: u16,
    rights: u64,
}

impl Request {
    fn changes(&self) -> bool {
        self.open & (OPEN_CREATE | OPEN_TRUNCATE) != 0 || self.rights & rights::FD_WRITE != 0
    }

    /// Creating and truncating need a host descriptor that writes, whatever the guest may do with it.
    fn options(&self) -> OpenOptions {
        let writes = self.rights & (rights::FD_WRITE | rights::FD_ALLOCATE | rights::FD_FILESTAT_SET_SIZE)
            != 0
            || self.open & (OPEN_CREATE | OPEN_TRUNCATE) != 0;
        let mut options = OpenOptions::new();
        options
            .read(self.rights & rights::FD_READ != 0 || !writes)
            .write(writes)
            .create(self.open & OPEN_CREATE != 0)
            .create_new(self.open & OPEN_CREATE != 0 && self.open & OPEN_EXCLUSIVE != 0)
            .truncate(self.open & OPEN_TRUNCATE != 0)
            .follow(if self.follow { FollowSymlinks::Yes } else { FollowSymlinks::No })
            .maybe_dir(true)
            .custom_flags(self.host_flags());
        options
    }

    fn host_flags(&self) -> i32 {
        let pairs = [
            (FLAG_APPEND, OFlags::APPEND),
            (FLAG_DSYNC, OFlags::DSYNC),
            (FLAG_NONBLOCK, OFlags::NONBLOCK),
            (FLAG_RSYNC, OFlags::RSYNC),
            (FLAG_SYNC, OFlags::SYNC),
        ];
        let mut host = OFlags::empty();
        for (flag, host_flag) in pairs {
            host.set(host_flag, self.flags & flag != 0);
        }
        // A file opened for a moment must not become the host's terminal, nor block on a pipe nobody feeds.
        host |= OFlags::NOCTTY;
        host.bits().cast_signed()
    }
}

impl WasiCtx {
    pub(crate) fn path_open(
        &mut self,
        guest: &mut Guest<'_>,
        (fd, lookup, path, path_len, open, base, inheriting, flags, out): (
            u32,
            u32,
            u32,
            u32,
            u32,
            u64,
            u64,
            u32,
            u32,
        ),
    ) -> Result<(), Errno> {
        self.fds.room()?;
        let (parent_rights, inherited) = {
            let parent = self.fds.get(fd)?;
            (parent.rights_base, parent.rights_inheriting)
        };
        let parent = self.fds.dir(fd)?;
        let request = Request {
            follow: lookup & LOOKUP_FOLLOW != 0,
            open,
            flags: u16::try_from(flags).map_err(|_| Errno::Inval)?,
            rights: base,
        };
        let read_only = parent.read_only;
        if read_only && request.changes() {
            return Err(Errno::Perm);
        }
        if open & OPEN_TRUNCATE != 0 && parent_rights & rights::PATH_FILESTAT_SET_SIZE == 0 {
            return Err(Errno::NotCapable);
        }
        let path = guest.path(path, path_len)?.to_owned();
        guest.range(out, 4)?;
        let (target, allowed) = open_target(parent, &path, &request)?;
        let new = self.fds.insert(Descriptor {
            target,
            rights_base: base & inherited & allowed,
            rights_inheriting: inheriting & inherited,
            flags: request.flags,
        })?;
        guest.put_u32(out, new)
    }

    pub(crate) fn path_create_directory(
        &mut self,
        guest: &mut Guest<'_>,
        (fd, path, path_len): (u32, u32, u32),
    ) -> Result<(), Errno> {
        let open = self.fds.dir_to_change(fd)?;
        Ok(open.dir.create_dir(without_slashes(guest.path(path, path_len)?))?)
    }

    pub(crate) fn path_remove_directory(
        &mut self,
        guest: &mut Guest<'_>,
        (fd, path, path_len): (u32, u32, u32),
    ) -> Result<(), Errno> {
        let open = self.fds.dir_to_change(fd)?;
        Ok(open.dir.remove_dir(without_slashes(guest.path(path, path_len)?))?)
    }

    pub(crate) fn path_unlink_file(
        &mut self,
        guest: &mut Guest<'_>,
        (fd, path, path_len): (u32, u32, u32),
    ) -> Result<(), Errno> {
        let open = self.fds.dir_to_change(fd)?;
        let path = guest.path(path, path_len)?;
        if path.ends_with('/') {
            let meta = open.dir.symlink_metadata(path)?;
            return Err(if meta.is_dir() { Errno::Isdir } else { Errno::Notdir });
        }
        Ok(open.dir.remove_file(path)?)
    }

    pub(crate) fn path_rename(
        &mut self,
        guest: &mut Guest<'_>,
        (from_fd, from, from_len, to_fd, to, to_len): (u32, u32, u32, u32, u32, u32),
    ) -> Result<(), Errno> {
        let source = self.fds.dir_to_change(from_fd)?;
        let target = self.fds.dir_to_change(to_fd)?;
        Ok(source.dir.rename(guest.path(from, from_len)?, &target.dir, guest.path(to, to_len)?)?)
    }

    /// Both sides must be writable: a link made from a read-only directory would open its file for writing.
    pub(crate) fn path_link(
        &mut self,
        guest: &mut Guest<'_>,
        (from_fd, lookup, from, from_len, to_fd, to, to_len): (u32, u32, u32, u32, u32, u32, u32),
    ) -> Result<(), Errno> {
        if lookup & LOOKUP_FOLLOW != 0 {
            return Err(Errno::Inval);
        }
        let source = self.fds.dir_to_change(from_fd)?;
        let target = self.fds.dir_to_change(to_fd)?;
        let to = guest.path(to, to_len)?;
        if to.ends_with('/') {
            return Err(Errno::Noent);
        }
        Ok(source.dir.hard_link(guest.path(from, from_len)?, &target.dir, to)?)
    }

    pub(crate) fn path_symlink(
        &mut self,
        guest: &mut Guest<'_>,
        (from, from_len, fd, to, to_len): (u32, u32, u32, u32, u32),
    ) -> Result<(), Errno> {
        let open = self.fds.dir_to_change(fd)?;
        let contents = guest.path(from, from_len)?;
        if contents.starts_with('/') {
            return Err(Errno::Perm);
        }
        Ok(open.dir.symlink(contents, guest.path(to, to_len)?)?)
    }

    pub(crate) fn path_readlink(
        &mut self,
        guest: &mut Guest<'_>,
        (fd, path, path_len, at, len, out): (u32, u32, u32, u32, u32, u32),
    ) -> Result<(), Errno> {
        let open = self.fds.dir(fd)?;
        let contents = open.dir.read_link(guest.path(path, path_len)?)?;
        let bytes = contents.as_os_str().as_encoded_bytes();
        let count = bytes.len().min(len as usize);
        guest.put(at, &bytes[..count])?;
        guest.put_u32(out, u32::try_from(count).map_err(|_| Errno::Overflow)?)
    }

    /// Fills the buffer with entries from `cookie` on; the last may be cut off, which the guest sees by a full buffer.
    pub(crate) fn fd_readdir(
        &mut self,
        guest: &mut Guest<'_>,
        (fd, at, len, cookie, out): (u32, u32, u32, u64, u32),
    ) -> Result<(), Errno> {
        let range = guest.range(at, len.into())?;
        guest.range(out, 4)?;
        let Target::Dir(open) = &mut self.fds.get_mut(fd)?.target else { return Err(Errno::Notdir) };
        let listing = match &mut open.listing {
            Some(listing) if cookie != 0 => listing,
            stale => stale.insert(list(&open.dir)?),
        };
        let first = usize::try_from(cookie).unwrap_or(usize::MAX).min(listing.len());
        let buffer = guest.slice_mut(range);
        let mut used = 0;
        for (k, entry) in listing.iter().enumerate().skip(first) {
            let header = dirent(entry, k as u64 + 1)?;
            for part in [&header[..], &entry.name] {
                let count = part.len().min(buffer.len() - used);
                buffer[used..used + count].copy_from_slice(&part[..count]);
                used += count;
            }
            if used == buffer.len() {
                break;
            }
        }
        guest.put_u32(out, u32::try_from(used).map_err(|_| Errno::Overflow)?)
    }
}

/// POSIX lets a directory that comes or goes be named with trailing slashes.
fn without_slashes(path: &str) -> &str {
    let trimmed = path.trim_end_matches('/');
    if trimmed.is_empty() { path } else { trimmed }
}

/// Opens what `path` names, and says which rights it can have.
fn open_target(parent: &OpenDir, path: &str, request: &Request) -> Result<(Target, u64), Errno> {
    let wants_dir = request.open & OPEN_DIRECTORY != 0;
    if wants_dir && request.open & (OPEN_CREATE | OPEN_EXCLUSIVE | OPEN_TRUNCATE) != 0 {
        return Err(Errno::Inval);
    }
    if wants_dir && request.rights & rights::FD_WRITE != 0 {
        return Err(Errno::Isdir);
    }
    let denied = if parent.read_only { rights::CHANGING } else { 0 };
    let file = if wants_dir { open_dir(parent, path, request)? } else { open_file(parent, path, request)? };
    if file.metadata()?.is_dir() {
        let dir = Dir::from_std_file(file.into_std());
        let open = OpenDir { dir, read_only: parent.read_only, preopened: None, listing: None };
        return Ok((Target::Dir(open), rights::DIRECTORY & !denied));
    }
    if wants_dir {
        return Err(Errno::Notdir);
    }
    Ok((Target::File(OpenFile { file, read_only: parent.read_only }), rights::FILE & !denied))
}

fn open_file(parent: &OpenDir, path: &str, request: &Request) -> Result<File, Errno> {
    if path.ends_with('/') && request.open & OPEN_CREATE != 0 {
        return Err(Errno::Isdir);
    }
    Ok(parent.dir.open_with(path, &request.options())?)
}

/// A directory is opened for reading, whatever the guest wants to write under it.
fn open_dir(parent: &OpenDir, path: &str, request: &Request) -> Result<File, Errno> {
    let mut options = OpenOptions::new();
    options
        .read(true)
        .maybe_dir(true)
        .follow(if request.follow { FollowSymlinks::Yes } else { FollowSymlinks::No })
        .custom_flags((OFlags::DIRECTORY | OFlags::NOCTTY).bits().cast_signed());
    Ok(parent.dir.open_with(path, &options)?)
}

/// The entries of a directory by name, after `.` and `..`.
fn list(dir: &Dir) -> Result<Vec<Listed>, Errno> {
    let own = dir.dir_metadata()?.ino();
    let mut entries = Vec::new();
    for entry in dir.entries()? {
        let entry = entry?;
        let meta = entry.metadata();
        entries.push(Listed {
            name: entry.file_name().as_encoded_bytes().into(),
            inode: meta.as_ref().map_or(0, MetadataExt::ino),
            filetype: entry.file_type().map_or(TYPE_UNKNOWN, filetype),
        });
    }
    entries.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    // The parent's inode is not the guest's business: it may lie outside.
    let dots = [(".", own), ("..", 0)];
    let dots = dots.map(|(name, inode)| Listed {
        name: Path::new(name).as_os_str().as_encoded_bytes().into(),
        inode,
        filetype: TYPE_DIRECTORY,
    });
    entries.splice(0..0, dots);
    Ok(entries)
}

fn dirent(entry: &Listed, next_cookie: u64) -> Result<[u8; DIRENT_BYTES], Errno> {
    let mut bytes = [0u8; DIRENT_BYTES];
    bytes[0..8].copy_from_slice(&next_cookie.to_le_bytes());
    bytes[8..16].copy_from_slice(&entry.inode.to_le_bytes());
    let len = u32::try_from(entry.name.len()).map_err(|_| Errno::Overflow)?;
    bytes[16..20].copy_from_slice(&len.to_le_bytes());
    bytes[20] = entry.filetype;
    Ok(bytes)
}
