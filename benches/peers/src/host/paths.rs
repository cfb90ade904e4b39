//! Paths below the preopened folder, which is a copy that only this run sees: names with `..` or a root are refused.

use std::fs::{File, Metadata, OpenOptions};
use std::path::{Component, Path, PathBuf};
use std::time::UNIX_EPOCH;

use super::errno::Errno;
use super::files::Entry;
use super::{Host, Memory};

const CREATE: u64 = 1;
const DIRECTORY: u64 = 2;
const EXCLUSIVE: u64 = 4;
const TRUNCATE: u64 = 8;
const RIGHT_READ: u64 = 1 << 1;
const RIGHT_WRITE: u64 = 1 << 6;
const APPEND: u64 = 1;

fn resolve(host: &mut Host, memory: &mut Memory<'_>, fd: u64, at: u64, len: u64) -> Result<PathBuf, Errno> {
    let name = memory.text(at, len)?;
    let inside =
        Path::new(&name).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    let folder = host.descriptors.folder(fd)?;
    if inside { Ok(folder.join(name)) } else { Err(Errno::NOTCAPABLE) }
}

pub(super) fn path_open(host: &mut Host, memory: &mut Memory<'_>, args: &[u64]) -> Result<(), Errno> {
    let path = resolve(host, memory, args[0], args[2], args[3])?;
    let [open, rights, flags] = [args[4], args[5], args[7]];
    let entry = if path.is_dir() {
        Entry::Folder(path)
    } else if open & DIRECTORY != 0 {
        return Err(if path.exists() { Errno::NOTDIR } else { Errno::NOENT });
    } else {
        Entry::File(open_file(&path, open, rights, flags)?)
    };
    let fd = host.descriptors.add(entry);
    memory.put_u32(args[8], fd)
}

fn open_file(path: &Path, open: u64, rights: u64, flags: u64) -> Result<File, Errno> {
    let append = flags & APPEND != 0;
    let write = rights & RIGHT_WRITE != 0 || open & (CREATE | TRUNCATE) != 0;
    let file = OpenOptions::new()
        .read(rights & RIGHT_READ != 0 || !write)
        .write(write && !append)
        .append(append)
        .create(open & CREATE != 0)
        .create_new(open & EXCLUSIVE != 0)
        .truncate(open & TRUNCATE != 0)
        .open(path)?;
    Ok(file)
}

pub(super) fn path_unlink_file(host: &mut Host, memory: &mut Memory<'_>, args: &[u64]) -> Result<(), Errno> {
    let path = resolve(host, memory, args[0], args[1], args[2])?;
    std::fs::remove_file(path).map_err(Errno::from)
}

pub(super) fn path_create_directory(
    host: &mut Host,
    memory: &mut Memory<'_>,
    args: &[u64],
) -> Result<(), Errno> {
    let path = resolve(host, memory, args[0], args[1], args[2])?;
    std::fs::create_dir(path).map_err(Errno::from)
}

pub(super) fn path_remove_directory(
    host: &mut Host,
    memory: &mut Memory<'_>,
    args: &[u64],
) -> Result<(), Errno> {
    let path = resolve(host, memory, args[0], args[1], args[2])?;
    std::fs::remove_dir(path).map_err(Errno::from)
}

pub(super) fn path_filestat_get(host: &mut Host, memory: &mut Memory<'_>, args: &[u64]) -> Result<(), Errno> {
    let path = resolve(host, memory, args[0], args[2], args[3])?;
    memory.put(args[4], &Stat::of(&std::fs::metadata(path)?).bytes())
}

pub(super) fn path_filestat_get_old(
    host: &mut Host,
    memory: &mut Memory<'_>,
    args: &[u64],
) -> Result<(), Errno> {
    let path = resolve(host, memory, args[0], args[2], args[3])?;
    memory.put(args[4], &Stat::of(&std::fs::metadata(path)?).bytes_old())
}

pub(super) fn fd_filestat_get(host: &mut Host, memory: &mut Memory<'_>, args: &[u64]) -> Result<(), Errno> {
    let stat = stat(host, args[0])?;
    memory.put(args[1], &stat.bytes())
}

pub(super) fn fd_filestat_get_old(
    host: &mut Host,
    memory: &mut Memory<'_>,
    args: &[u64],
) -> Result<(), Errno> {
    let stat = stat(host, args[0])?;
    memory.put(args[1], &stat.bytes_old())
}

fn stat(host: &mut Host, fd: u64) -> Result<Stat, Errno> {
    Ok(match host.descriptors.entry(fd)? {
        Entry::File(file) => Stat::of(&file.metadata()?),
        Entry::Folder(path) => Stat::of(&std::fs::metadata(path)?),
        _ => Stat { kind: 4, size: 0, modified: 0 },
    })
}

/// What is told of a file. The two interfaces lay it out differently: the older link count has 32 bits.
struct Stat {
    kind: u8,
    size: u64,
    modified: u64,
}

impl Stat {
    fn of(metadata: &Metadata) -> Self {
        let modified = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        Self {
            kind: if metadata.is_dir() { 3 } else { 4 },
            size: metadata.len(),
            modified: modified.map_or(0, |time| time.as_nanos() as u64),
        }
    }

    fn bytes(&self) -> [u8; 64] {
        let mut bytes = [0; 64];
        bytes[16] = self.kind;
        bytes[24] = 1;
        bytes[32..40].copy_from_slice(&self.size.to_le_bytes());
        for at in [40, 48, 56] {
            bytes[at..at + 8].copy_from_slice(&self.modified.to_le_bytes());
        }
        bytes
    }

    fn bytes_old(&self) -> [u8; 56] {
        let mut bytes = [0; 56];
        bytes[16] = self.kind;
        bytes[20] = 1;
        bytes[24..32].copy_from_slice(&self.size.to_le_bytes());
        for at in [32, 40, 48] {
            bytes[at..at + 8].copy_from_slice(&self.modified.to_le_bytes());
        }
        bytes
    }
}
