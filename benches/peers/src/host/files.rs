//! Descriptors: standard streams kept in memory, one preopened folder, open files.

use std::fs::File;
use std::io::{Cursor, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::errno::Errno;
use super::{Host, Memory};

const TYPE_DIRECTORY: u8 = 3;
const TYPE_REGULAR: u8 = 4;
/// What the preopened folder is called inside.
const GUEST_NAME: &[u8] = b".";

/// What a descriptor stands for.
pub(super) enum Entry {
    Stdin(Cursor<Vec<u8>>),
    Stdout,
    Stderr,
    Folder(PathBuf),
    File(File),
    Closed,
}

/// The guest's descriptors, and what it wrote.
pub(super) struct Descriptors {
    entries: Vec<Entry>,
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: Vec<u8>,
}

impl Descriptors {
    pub(super) fn new(stdin: Vec<u8>, folder: Option<&Path>) -> Self {
        let mut entries = vec![Entry::Stdin(Cursor::new(stdin)), Entry::Stdout, Entry::Stderr];
        entries.extend(folder.map(|folder| Entry::Folder(folder.to_owned())));
        Self { entries, stdout: Vec::new(), stderr: Vec::new() }
    }

    pub(super) fn entry(&mut self, fd: u64) -> Result<&mut Entry, Errno> {
        match self.entries.get_mut(fd as usize) {
            None | Some(Entry::Closed) => Err(Errno::BADF),
            Some(entry) => Ok(entry),
        }
    }

    pub(super) fn file(&mut self, fd: u64) -> Result<&mut File, Errno> {
        match self.entry(fd)? {
            Entry::File(file) => Ok(file),
            Entry::Folder(_) => Err(Errno::ISDIR),
            _ => Err(Errno::SPIPE),
        }
    }

    pub(super) fn folder(&mut self, fd: u64) -> Result<&Path, Errno> {
        match self.entry(fd)? {
            Entry::Folder(path) => Ok(path),
            _ => Err(Errno::NOTDIR),
        }
    }

    pub(super) fn add(&mut self, entry: Entry) -> usize {
        let free = (3..self.entries.len()).find(|&at| matches!(self.entries[at], Entry::Closed));
        match free {
            Some(at) => {
                self.entries[at] = entry;
                at
            }
            None => {
                self.entries.push(entry);
                self.entries.len() - 1
            }
        }
    }
}

pub(super) fn fd_close(host: &mut Host, _: &mut Memory<'_>, args: &[u64]) -> Result<(), Errno> {
    *host.descriptors.entry(args[0])? = Entry::Closed;
    Ok(())
}

/// The streams say that they are files, as they are when a shell redirects them: a guest then buffers whole blocks.
pub(super) fn fd_fdstat_get(host: &mut Host, memory: &mut Memory<'_>, args: &[u64]) -> Result<(), Errno> {
    let folder = matches!(host.descriptors.entry(args[0])?, Entry::Folder(_));
    let mut stat = [0; 24];
    stat[0] = if folder { TYPE_DIRECTORY } else { TYPE_REGULAR };
    stat[8..].fill(0xff);
    memory.put(args[1], &stat)
}

pub(super) fn fd_fdstat_set_flags(host: &mut Host, _: &mut Memory<'_>, args: &[u64]) -> Result<(), Errno> {
    host.descriptors.entry(args[0]).map(|_| ())
}

pub(super) fn fd_prestat_get(host: &mut Host, memory: &mut Memory<'_>, args: &[u64]) -> Result<(), Errno> {
    host.descriptors.folder(args[0]).map_err(|_| Errno::BADF)?;
    memory.put_u32(args[1], 0)?;
    memory.put_u32(args[1] + 4, GUEST_NAME.len())
}

pub(super) fn fd_prestat_dir_name(
    host: &mut Host,
    memory: &mut Memory<'_>,
    args: &[u64],
) -> Result<(), Errno> {
    host.descriptors.folder(args[0]).map_err(|_| Errno::BADF)?;
    memory.put(args[1], &GUEST_NAME[..GUEST_NAME.len().min(args[2] as usize)])
}

pub(super) fn fd_read(host: &mut Host, memory: &mut Memory<'_>, args: &[u64]) -> Result<(), Errno> {
    let entry = host.descriptors.entry(args[0])?;
    let mut total = 0;
    for (at, len) in memory.vectors(args[1], args[2])? {
        let into = memory.slice(at, len)?;
        let read = match entry {
            Entry::Stdin(bytes) => bytes.read(into)?,
            Entry::File(file) => file.read(into)?,
            _ => return Err(Errno::BADF),
        };
        total += read;
        if read < len as usize {
            break;
        }
    }
    memory.put_u32(args[3], total)
}

pub(super) fn fd_write(host: &mut Host, memory: &mut Memory<'_>, args: &[u64]) -> Result<(), Errno> {
    let mut total = 0;
    for (at, len) in memory.vectors(args[1], args[2])? {
        let from = memory.slice(at, len)?;
        match host.descriptors.entry(args[0])? {
            Entry::File(file) => file.write_all(from)?,
            Entry::Stdout => host.descriptors.stdout.extend_from_slice(from),
            Entry::Stderr => host.descriptors.stderr.extend_from_slice(from),
            _ => return Err(Errno::BADF),
        }
        total += len as usize;
    }
    memory.put_u32(args[3], total)
}

/// Whence counts start, current, end.
pub(super) fn fd_seek(host: &mut Host, memory: &mut Memory<'_>, args: &[u64]) -> Result<(), Errno> {
    seek(host, memory, args, ["start", "current", "end"])
}

/// Whence counts current, end, start.
pub(super) fn fd_seek_old(host: &mut Host, memory: &mut Memory<'_>, args: &[u64]) -> Result<(), Errno> {
    seek(host, memory, args, ["current", "end", "start"])
}

fn seek(host: &mut Host, memory: &mut Memory<'_>, args: &[u64], order: [&str; 3]) -> Result<(), Errno> {
    let offset = args[1] as i64;
    let to = match *order.get(args[2] as usize).ok_or(Errno::INVAL)? {
        "start" => SeekFrom::Start(args[1]),
        "current" => SeekFrom::Current(offset),
        _ => SeekFrom::End(offset),
    };
    let at = host.descriptors.file(args[0])?.seek(to)?;
    memory.put_u64(args[3], at)
}

pub(super) fn fd_tell(host: &mut Host, memory: &mut Memory<'_>, args: &[u64]) -> Result<(), Errno> {
    let at = host.descriptors.file(args[0])?.stream_position()?;
    memory.put_u64(args[1], at)
}

pub(super) fn fd_sync(host: &mut Host, _: &mut Memory<'_>, args: &[u64]) -> Result<(), Errno> {
    host.descriptors.file(args[0])?.sync_all().map_err(Errno::from)
}
