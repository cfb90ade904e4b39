//! File descriptors: what each stands for, and the table that numbers them.
//!
//! Owns: [`Descriptors`], [`Descriptor`], [`Target`]. Does not know: what the calls do with them.

use cap_std::fs::{Dir, File};

use crate::errno::Errno;
use crate::rights;
use crate::stdio::{Sink, Source};

/// A guest cannot hold more descriptors than this, so that it cannot exhaust the host's.
const DESCRIPTORS_MAX: usize = 4096;

/// What a descriptor stands for.
#[derive(Debug)]
pub(crate) enum Target {
    /// Standard input.
    Input(Source),
    /// Standard output or error.
    Output(Sink),
    /// An open file.
    File(OpenFile),
    /// An open directory.
    Dir(OpenDir),
}

/// An open file of the host.
#[derive(Debug)]
pub(crate) struct OpenFile {
    pub(crate) file: File,
    /// It came from a read-only directory.
    pub(crate) read_only: bool,
}

/// An open directory of the host: the only way to paths.
#[derive(Debug)]
pub(crate) struct OpenDir {
    pub(crate) dir: Dir,
    /// Nothing under it can be changed.
    pub(crate) read_only: bool,
    /// The guest's name for it, if it was opened by the host.
    pub(crate) preopened: Option<Box<str>>,
    /// The entries as of the last listing from the start, so that cookies stay true.
    pub(crate) listing: Option<Vec<Listed>>,
}

/// One entry of a directory.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    pub(crate) name: Box<[u8]>,
    pub(crate) inode: u64,
    pub(crate) filetype: u8,
}

/// A descriptor.
#[derive(Debug)]
pub(crate) struct Descriptor {
    pub(crate) target: Target,
    pub(crate) rights_base: u64,
    pub(crate) rights_inheriting: u64,
    /// `fdflags` as last set.
    pub(crate) flags: u16,
}

impl Descriptor {
    pub(crate) fn input(source: Source) -> Self {
        Self { target: Target::Input(source), rights_base: rights::INPUT, rights_inheriting: 0, flags: 0 }
    }

    pub(crate) fn output(sink: Sink) -> Self {
        Self { target: Target::Output(sink), rights_base: rights::OUTPUT, rights_inheriting: 0, flags: 0 }
    }

    pub(crate) fn preopened(dir: Dir, name: Box<str>, read_only: bool) -> Self {
        let denied = if read_only { rights::CHANGING } else { 0 };
        Self {
            target: Target::Dir(OpenDir { dir, read_only, preopened: Some(name), listing: None }),
            rights_base: rights::DIRECTORY & !denied,
            rights_inheriting: (rights::DIRECTORY | rights::FILE) & !denied,
            flags: 0,
        }
    }

    pub(crate) fn require(&self, right: u64) -> Result<(), Errno> {
        if self.rights_base & right == right { Ok(()) } else { Err(Errno::Badf) }
    }
}

/// The descriptors of one guest.
#[derive(Debug, Default)]
pub(crate) struct Descriptors {
    slots: Vec<Option<Descriptor>>,
}

impl Descriptors {
    /// Gives `descriptor` the lowest free number.
    pub(crate) fn insert(&mut self, descriptor: Descriptor) -> Result<u32, Errno> {
        self.room()?;
        let free = self.slots.iter().position(Option::is_none).unwrap_or(self.slots.len());
        if free == self.slots.len() {
            self.slots.push(None);
        }
        self.slots[free] = Some(descriptor);
        u32::try_from(free).map_err(|_| Errno::Mfile)
    }

    /// Whether one more fits: asked before something is opened for it.
    pub(crate) fn room(&self) -> Result<(), Errno> {
        if self.slots.len() >= DESCRIPTORS_MAX && self.slots.iter().all(Option::is_some) {
            return Err(Errno::Mfile);
        }
        Ok(())
    }

    pub(crate) fn get(&self, fd: u32) -> Result<&Descriptor, Errno> {
        self.slots.get(fd as usize).and_then(Option::as_ref).ok_or(Errno::Badf)
    }

    pub(crate) fn get_mut(&mut self, fd: u32) -> Result<&mut Descriptor, Errno> {
        self.slots.get_mut(fd as usize).and_then(Option::as_mut).ok_or(Errno::Badf)
    }

    pub(crate) fn file(&self, fd: u32) -> Result<&OpenFile, Errno> {
        match &self.get(fd)?.target {
            Target::File(file) => Ok(file),
            Target::Dir(_) => Err(Errno::Isdir),
            Target::Input(_) | Target::Output(_) => Err(Errno::Spipe),
        }
    }

    pub(crate) fn dir(&self, fd: u32) -> Result<&OpenDir, Errno> {
        match &self.get(fd)?.target {
            Target::Dir(dir) => Ok(dir),
            Target::File(_) | Target::Input(_) | Target::Output(_) => Err(Errno::Notdir),
        }
    }

    /// A directory whose contents may be changed.
    pub(crate) fn dir_to_change(&self, fd: u32) -> Result<&OpenDir, Errno> {
        let dir = self.dir(fd)?;
        if dir.read_only { Err(Errno::Perm) } else { Ok(dir) }
    }

    pub(crate) fn close(&mut self, fd: u32) -> Result<(), Errno> {
        self.get(fd)?;
        self.slots[fd as usize] = None;
        Ok(())
    }

    /// Closes `to` and moves `from` there. Both must be open: a guest cannot make numbers up.
    pub(crate) fn renumber(&mut self, from: u32, to: u32) -> Result<(), Errno> {
        self.get(from)?;
        self.get(to)?;
        if from != to {
            self.slots[to as usize] = self.slots[from as usize].take();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn three() -> Descriptors {
        let mut fds = Descriptors::default();
        for _ in 0..3 {
            fds.insert(Descriptor::output(Sink::Discard)).unwrap();
        }
        fds
    }

    #[test]
    fn the_lowest_free_number_is_used_again() {
        let mut fds = three();
        fds.close(1).unwrap();
        assert_eq!(fds.close(1), Err(Errno::Badf));
        assert_eq!(fds.insert(Descriptor::input(Source::Empty)), Ok(1));
        assert_eq!(fds.insert(Descriptor::input(Source::Empty)), Ok(3));
    }

    #[test]
    fn renumber_takes_open_descriptors_only() {
        let mut fds = three();
        let cases = [
            (0, 0, Ok(())),
            (0, 7, Err(Errno::Badf)),
            (7, 0, Err(Errno::Badf)),
            (0, 1 << 31, Err(Errno::Badf)),
        ];
        for (from, to, answer) in cases {
            assert_eq!(fds.renumber(from, to), answer, "{from} to {to}");
        }
        assert_eq!(fds.renumber(0, 2), Ok(()));
        assert!(fds.get(0).is_err() && fds.get(2).is_ok());
    }

    #[test]
    fn a_guest_cannot_hold_endlessly_many() {
        let mut fds = Descriptors::default();
        while fds.insert(Descriptor::output(Sink::Discard)).is_ok() {}
        assert_eq!(fds.slots.len(), DESCRIPTORS_MAX);
        assert_eq!(fds.room(), Err(Errno::Mfile));
    }
}
