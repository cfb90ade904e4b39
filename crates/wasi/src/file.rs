//! Reading, writing and placing of open descriptors.
//!
//! Owns: `fd_read, fd_write, fd_pread, fd_pwrite, fd_seek, fd_tell, fd_close, fd_sync…`. Does not know: paths.

use std::io::{Read, Seek, SeekFrom, Write};

use cap_std::fs::FileExt;
use rustix::fs::FallocateFlags;

use crate::WasiCtx;
use crate::descriptor::Target;
use crate::errno::Errno;
use crate::guest::{Abi, Guest, Iov};
use crate::rights;

/// Runs `step` over the buffers until one is not filled; an error after some bytes is kept for the next call.
fn each_iov(iovs: Vec<Iov>, mut step: impl FnMut(Iov, u64) -> Result<usize, Errno>) -> Result<u32, Errno> {
    let mut done = 0u32;
    for iov in iovs {
        let wanted = iov.len();
        if wanted == 0 {
            continue;
        }
        match step(iov, done.into()) {
            Ok(count) => {
                done += u32::try_from(count).map_err(|_| Errno::Overflow)?;
                if count < wanted {
                    break;
                }
            }
            Err(error) if done == 0 => return Err(error),
            Err(_) => break,
        }
    }
    Ok(done)
}

impl WasiCtx {
    pub(crate) fn fd_read(
        &mut self,
        guest: &mut Guest<'_>,
        (fd, iovs, count, out): (u32, u32, u32, u32),
    ) -> Result<(), Errno> {
        let descriptor = self.fds.get_mut(fd)?;
        if matches!(descriptor.target, Target::Dir(_)) {
            return Err(Errno::Isdir);
        }
        descriptor.require(rights::FD_READ)?;
        let iovs = guest.iovs(iovs, count)?;
        guest.range(out, 4)?;
        let read = each_iov(iovs, |iov, _| {
            let into = guest.slice_mut(iov);
            match &mut descriptor.target {
                Target::Input(source) => Ok(source.read(into)?),
                Target::File(open) => Ok(open.file.read(into)?),
                Target::Dir(_) | Target::Output(_) => Err(Errno::Badf),
            }
        })?;
        guest.put_u32(out, read)
    }

    pub(crate) fn fd_write(
        &mut self,
        guest: &mut Guest<'_>,
        (fd, iovs, count, out): (u32, u32, u32, u32),
    ) -> Result<(), Errno> {
        let descriptor = self.fds.get_mut(fd)?;
        descriptor.require(rights::FD_WRITE)?;
        let iovs = guest.iovs(iovs, count)?;
        guest.range(out, 4)?;
        let written = each_iov(iovs, |iov, _| {
            let from = guest.slice(iov);
            match &mut descriptor.target {
                Target::Output(sink) => Ok(sink.write_all(from).map(|()| from.len())?),
                Target::File(open) => Ok(open.file.write(from)?),
                Target::Dir(_) | Target::Input(_) => Err(Errno::Badf),
            }
        })?;
        if let Target::Output(sink) = &mut descriptor.target {
            sink.flush()?;
        }
        guest.put_u32(out, written)
    }

    pub(crate) fn fd_pread(
        &mut self,
        guest: &mut Guest<'_>,
        (fd, iovs, count, offset, out): (u32, u32, u32, u64, u32),
    ) -> Result<(), Errno> {
        self.fds.get(fd)?.require(rights::FD_READ)?;
        let open = self.fds.file(fd)?;
        let iovs = guest.iovs(iovs, count)?;
        guest.range(out, 4)?;
        let read = each_iov(iovs, |iov, done| {
            let at = offset.checked_add(done).ok_or(Errno::Inval)?;
            Ok(open.file.read_at(guest.slice_mut(iov), at)?)
        })?;
        guest.put_u32(out, read)
    }

    pub(crate) fn fd_pwrite(
        &mut self,
        guest: &mut Guest<'_>,
        (fd, iovs, count, offset, out): (u32, u32, u32, u64, u32),
    ) -> Result<(), Errno> {
        self.fds.get(fd)?.require(rights::FD_WRITE)?;
        let open = self.fds.file(fd)?;
        let iovs = guest.iovs(iovs, count)?;
        guest.range(out, 4)?;
        let written = each_iov(iovs, |iov, done| {
            let at = offset.checked_add(done).ok_or(Errno::Inval)?;
            Ok(open.file.write_at(guest.slice(iov), at)?)
        })?;
        guest.put_u32(out, written)
    }

    pub(crate) fn fd_seek(
        &mut self,
        guest: &mut Guest<'_>,
        (fd, offset, whence, out): (u32, i64, u32, u32),
    ) -> Result<(), Errno> {
        let mut file = &self.fds.file(fd)?.file;
        let to = seek_from(guest.abi, offset, whence)?;
        guest.range(out, 8)?;
        let position = file.seek(to)?;
        guest.put_u64(out, position)
    }

    pub(crate) fn fd_tell(&mut self, guest: &mut Guest<'_>, (fd, out): (u32, u32)) -> Result<(), Errno> {
        let mut file = &self.fds.file(fd)?.file;
        let position = file.stream_position()?;
        guest.put_u64(out, position)
    }

    pub(crate) fn fd_close(&mut self, _guest: &mut Guest<'_>, (fd,): (u32,)) -> Result<(), Errno> {
        self.fds.close(fd)
    }

    pub(crate) fn fd_renumber(
        &mut self,
        _guest: &mut Guest<'_>,
        (from, to): (u32, u32),
    ) -> Result<(), Errno> {
        self.fds.renumber(from, to)
    }

    pub(crate) fn fd_sync(&mut self, _guest: &mut Guest<'_>, (fd,): (u32,)) -> Result<(), Errno> {
        match &self.fds.get(fd)?.target {
            Target::File(open) => Ok(open.file.sync_all()?),
            Target::Dir(open) => sync_dir(&open.dir),
            Target::Input(_) | Target::Output(_) => Err(Errno::Inval),
        }
    }

    pub(crate) fn fd_datasync(&mut self, _guest: &mut Guest<'_>, (fd,): (u32,)) -> Result<(), Errno> {
        match &self.fds.get(fd)?.target {
            Target::File(open) => Ok(open.file.sync_data()?),
            Target::Dir(open) => sync_dir(&open.dir),
            Target::Input(_) | Target::Output(_) => Err(Errno::Inval),
        }
    }

    /// Advice is checked and not taken: the host's page cache is not the guest's to tune.
    pub(crate) fn fd_advise(
        &mut self,
        _guest: &mut Guest<'_>,
        (fd, offset, len, advice): (u32, u64, u64, u32),
    ) -> Result<(), Errno> {
        /// `normal, sequential, random, willneed, dontneed, noreuse`.
        const ADVICE_MAX: u32 = 5;
        self.fds.file(fd)?;
        let fits = offset.checked_add(len).is_some_and(|end| i64::try_from(end).is_ok());
        if advice > ADVICE_MAX || !fits { Err(Errno::Inval) } else { Ok(()) }
    }

    pub(crate) fn fd_allocate(
        &mut self,
        _guest: &mut Guest<'_>,
        (fd, offset, len): (u32, u64, u64),
    ) -> Result<(), Errno> {
        self.fds.get(fd)?.require(rights::FD_WRITE)?;
        Ok(rustix::fs::fallocate(&self.fds.file(fd)?.file, FallocateFlags::empty(), offset, len)?)
    }
}

/// cap-std holds directories by descriptors that cannot be synchronised; one opened for reading can.
fn sync_dir(dir: &cap_std::fs::Dir) -> Result<(), Errno> {
    Ok(dir.open(".")?.sync_all()?)
}

fn seek_from(abi: Abi, offset: i64, whence: u32) -> Result<SeekFrom, Errno> {
    let start = || u64::try_from(offset).map(SeekFrom::Start).map_err(|_| Errno::Inval);
    match (abi, whence) {
        (Abi::Preview1, 0) | (Abi::Unstable, 2) => start(),
        (Abi::Preview1, 1) | (Abi::Unstable, 0) => Ok(SeekFrom::Current(offset)),
        (Abi::Preview1, 2) | (Abi::Unstable, 1) => Ok(SeekFrom::End(offset)),
        _ => Err(Errno::Inval),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whence_is_numbered_by_the_interface() {
        let cases = [
            (Abi::Preview1, 0, SeekFrom::Start(5)),
            (Abi::Preview1, 1, SeekFrom::Current(5)),
            (Abi::Preview1, 2, SeekFrom::End(5)),
            (Abi::Unstable, 0, SeekFrom::Current(5)),
            (Abi::Unstable, 1, SeekFrom::End(5)),
            (Abi::Unstable, 2, SeekFrom::Start(5)),
        ];
        for (abi, whence, from) in cases {
            assert_eq!(seek_from(abi, 5, whence), Ok(from), "{abi:?} {whence}");
        }
        assert_eq!(seek_from(Abi::Preview1, 5, 3), Err(Errno::Inval));
        assert_eq!(seek_from(Abi::Preview1, -5, 0), Err(Errno::Inval));
    }
}
