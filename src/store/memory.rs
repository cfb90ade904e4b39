//! Memories: size, growth, and the host's access to their bytes.
//!
//! Owns: what a [`Memory`] handle does, and growth for machine code. Slices exist only under a borrow of the store.
//! Does not know: where the bytes come from (`arena::pool`), segments (`segment`).

use super::addr::{MemAddr, Memory};
use super::island::{AsStore, AsStoreMut, Row, Rows, ViewMut};
use super::row::MemoryRow;
use super::unions::Label;
use super::{Store, StoreInner};
use crate::arena::pool::{MemorySlot, PieceSet, SlotKind};
use crate::arena::slots::{NoRoom, Slots};
use crate::engine::Engine;
use crate::error::{AccessError, Error};
use crate::jit::target::MemoryMode;
use crate::spec::limits::MEMORY_PAGES_MAX;
use crate::spec::types::MemoryType;
use smallvec::SmallVec;
use std::cell::Cell;
use std::ops::Range;

impl Memory {
    /// A memory that the host makes, and owns until it frees it.
    ///
    /// # Errors
    /// If limits or the system do not allow it, or the store is closed.
    pub fn new<T>(store: &mut Store<T>, ty: MemoryType) -> Result<Self, Error> {
        let store = store.whole();
        store.check_open()?;
        let row = Box::new(MemoryRow { users: 1, host_share: true, ..MemoryRow::new(&store.engine, ty)? });
        reserve(&mut store.memories, 1, "memories")?;
        let addr = store.memories.insert(Row::new(Label::NONE, row));
        Ok(Self::new_handle(&store.memories, addr))
    }

    /// Gives up the host's share of a memory that the host made: it goes when no instance uses it. Does nothing to one that an
    /// instance made, or a second time.
    ///
    /// # Errors
    /// If the handle is stale or of another store.
    pub fn free<T>(self, store: &mut Store<T>) -> Result<(), Error> {
        let store = store.whole();
        let addr = store.find_memory(self)?;
        let row = store.memory_at_mut(addr);
        if std::mem::take(&mut row.host_share) {
            store.release_memory(addr);
        }
        Ok(())
    }

    /// Its type as declared.
    ///
    /// # Errors
    /// If the handle is stale or of another store.
    pub fn ty(self, store: &impl AsStore) -> Result<MemoryType, Error> {
        Ok(store.view().memory_row(self)?.ty)
    }

    /// Its size in pages.
    ///
    /// # Errors
    /// If the handle is stale or of another store.
    pub fn size(self, store: &impl AsStore) -> Result<u64, Error> {
        Ok(store.view().memory_row(self)?.pages)
    }

    /// Its size in bytes.
    ///
    /// # Errors
    /// If the handle is stale or of another store.
    pub fn size_bytes(self, store: &impl AsStore) -> Result<u64, Error> {
        Ok(store.view().memory_row(self)?.size_bytes())
    }

    /// Adds pages of zeros and returns the old size in pages.
    ///
    /// # Errors
    /// If its maximum, a limit or the system does not allow it, or the handle is stale or of another store.
    pub fn grow(self, store: &mut impl AsStoreMut, pages: u64) -> Result<u64, Error> {
        let mut store = store.view_mut();
        let addr = store.resolve_memory(self)?;
        let row = store.memory_at(addr);
        let (asked, allowed) = (row.pages.saturating_add(pages), row.pages_max);
        store.grow_memory(addr, pages).ok_or_else(|| store.limit_error("memory pages", asked, allowed))
    }

    /// Its bytes.
    ///
    /// # Errors
    /// If the handle is stale or of another store.
    pub fn data(self, store: &impl AsStore) -> Result<&[u8], Error> {
        Ok(store.view().memory_row(self)?.bytes())
    }

    /// Its bytes, to be changed.
    ///
    /// # Errors
    /// If the handle is stale or of another store.
    pub fn data_mut(self, store: &mut impl AsStoreMut) -> Result<&mut [u8], Error> {
        let store = store.view_mut();
        let addr = store.resolve_memory(self)?;
        Ok(store.into_memory_mut(addr).bytes_mut())
    }

    /// Copies bytes out of the memory.
    ///
    /// # Errors
    /// If they do not lie inside it, or the handle is stale or of another store.
    pub fn read(self, store: &impl AsStore, offset: u64, into: &mut [u8]) -> Result<(), Error> {
        let bytes = self.data(store)?;
        let range = self.range(offset, into.len(), bytes.len())?;
        into.copy_from_slice(&bytes[range]);
        Ok(())
    }

    /// Copies bytes into the memory.
    ///
    /// # Errors
    /// If they do not fit in it, or the handle is stale or of another store.
    pub fn write(self, store: &mut impl AsStoreMut, offset: u64, from: &[u8]) -> Result<(), Error> {
        let store = store.view_mut();
        let addr = store.resolve_memory(self)?;
        let row = store.into_memory_mut(addr);
        self.range(offset, from.len(), row.bytes().len())?;
        if let Some(bytes) = row.range_mut(offset, from.len() as u64) {
            bytes.copy_from_slice(from);
        }
        Ok(())
    }

    fn range(self, offset: u64, len: usize, size: usize) -> Result<Range<usize>, Error> {
        checked_range(offset, len as u64, size).ok_or_else(|| {
            AccessError::Memory { offset, len: len as u64, memory: self.name(), size: size as u64 }.into()
        })
    }

    pub(crate) fn new_handle(memories: &Rows<Box<MemoryRow>, MemAddr>, addr: MemAddr) -> Self {
        Self::from_raw(memories.handle(addr))
    }
}

/// `offset..offset + len`, if it lies inside `size`.
pub(crate) fn checked_range(offset: u64, len: u64, size: usize) -> Option<Range<usize>> {
    let end = offset.checked_add(len).filter(|&end| end <= size as u64)?;
    Some(usize::try_from(offset).ok()?..usize::try_from(end).ok()?)
}

/// Makes room for rows.
pub(crate) fn reserve<R, A>(slots: &mut Slots<R, A>, count: usize, noun: &'static str) -> Result<(), Error>
where
    A: Copy + From<crate::arena::handle::Addr> + Into<crate::arena::handle::Addr>,
{
    slots.reserve(count).map_err(|room| match room {
        NoRoom::Slots { allowed } => Error::limit(noun, (slots.len() + count) as u64, allowed as u64),
        NoRoom::Memory => Error::System(std::io::ErrorKind::OutOfMemory.into()),
    })
}

/// The type of a memory, and how large it begins and may grow in an engine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    ty: MemoryType,
    pages: u64,
    pages_max: u64,
}

impl Bounds {
    /// What a memory of this type may be.
    ///
    /// # Errors
    /// If it begins larger than limits allow, or has pages of a size that none can have.
    pub(crate) fn new(engine: &Engine, ty: MemoryType) -> Result<Self, Error> {
        let allowed = engine.limits().memory_pages.min(MEMORY_PAGES_MAX.into());
        let pages = ty.limits.min;
        let pages_max = ty.limits.max.unwrap_or(allowed).min(allowed);
        // A host may ask for types that no module can have.
        if pages > pages_max {
            return Err(Error::limit("memory pages", pages, pages_max));
        }
        if ty.page_size_log2 > MemoryType::PAGE_SIZE_LOG2 {
            let (asked, allowed) = (ty.page_size_log2.into(), MemoryType::PAGE_SIZE_LOG2.into());
            return Err(Error::limit("memory page size, as a power of two,", asked, allowed));
        }
        Ok(Self { ty, pages, pages_max })
    }

    /// How many bytes it has at first.
    #[inline]
    pub(crate) fn initial_bytes(&self) -> usize {
        usize::try_from(self.pages << self.ty.page_size_log2).unwrap_or(usize::MAX)
    }

    /// A slot for it, for code of this mode; none for what the host makes.
    ///
    /// # Errors
    /// If the system has none.
    pub(crate) fn take_slot(&self, engine: &Engine, mode: Option<MemoryMode>) -> Result<MemorySlot, Error> {
        // An engine that promises guards promises them to importers too.
        let kind = match engine.memory_mode().filter(|all| *all == MemoryMode::Guarded).or(mode) {
            Some(MemoryMode::Guarded) => SlotKind::Guarded,
            _ => SlotKind::Checked { bytes_max: self.pages_max << self.ty.page_size_log2 },
        };
        Ok(engine.memories().take(kind, self.initial_bytes())?)
    }
}

impl MemoryRow {
    /// A memory of this type with no users yet.
    pub(crate) fn new(engine: &Engine, ty: MemoryType) -> Result<Self, Error> {
        let bounds = Bounds::new(engine, ty)?;
        let mut row = Self::in_slot(bounds, bounds.take_slot(engine, None)?);
        row.slot.lend();
        Ok(row)
    }

    /// A memory with no users yet, in a slot that is as long as it begins.
    pub(crate) fn in_slot(bounds: Bounds, slot: MemorySlot) -> Self {
        let Bounds { ty, pages, pages_max } = bounds;
        let (mirrors, written) = (SmallVec::new(), PieceSet::default());
        Self {
            ty,
            pages,
            pages_max,
            slot,
            is_bare: true,
            is_marked: false,
            written,
            users: 0,
            host_share: false,
            mirrors,
        }
    }

    /// Makes it as it was in the beginning, all zero and without users.
    ///
    /// # Errors
    /// If the kernel refuses; then it is good for nothing but to be dropped.
    pub(crate) fn renew(&mut self, bounds: Bounds) -> std::io::Result<()> {
        self.pages = bounds.pages;
        self.users = 0;
        self.is_marked = false;
        self.written = PieceSet::default();
        self.mirrors.clear();
        self.slot.renew(bounds.initial_bytes())
    }

    /// Takes over what the code of its owner has marked.
    #[inline]
    pub(crate) fn note_marks(&mut self, marks: &[Cell<u8>]) {
        if self.is_marked {
            let marked = marks.iter().enumerate().filter(|(_, mark)| mark.get() != 0);
            marked.for_each(|(piece, _)| self.written.insert(piece));
        }
    }

    /// Its size in bytes.
    #[inline]
    pub(crate) fn size_bytes(&self) -> u64 {
        self.pages << self.ty.page_size_log2
    }

    /// Its bytes.
    #[inline]
    pub(crate) fn bytes(&self) -> &[u8] {
        self.slot.bytes()
    }

    /// Its bytes, to be changed.
    #[inline]
    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        // Who knows which.
        self.is_marked = false;
        self.slot.bytes_mut()
    }

    /// Some of its bytes, to be changed; `None` if they do not all lie inside.
    #[inline]
    pub(crate) fn range_mut(&mut self, offset: u64, len: u64) -> Option<&mut [u8]> {
        let range = checked_range(offset, len, self.slot.bytes().len())?;
        self.written.insert_bytes(range.clone());
        Some(&mut self.slot.bytes_mut()[range])
    }

    /// Copies bytes within it, or says that a range does not lie inside.
    pub(crate) fn copy_within(&mut self, (to, from, len): (u64, u64, u64)) -> Option<()> {
        let size = self.slot.bytes().len();
        let (from, to) = (checked_range(from, len, size)?, checked_range(to, len, size)?);
        self.written.insert_bytes(to.clone());
        self.slot.bytes_mut().copy_within(from, to.start);
        Some(())
    }

    /// Adds pages and returns the old size; `None` where that is not possible.
    fn grow(&mut self, delta: u64) -> Option<u64> {
        let old = self.pages;
        let new = old.checked_add(delta).filter(|&new| new <= self.pages_max)?;
        let bytes = |pages: u64| usize::try_from(pages << self.ty.page_size_log2).ok();
        let (old_bytes, new_bytes) = (bytes(old)?, bytes(new)?);
        self.slot.commit(old_bytes, new_bytes).ok()?;
        self.pages = new;
        Some(old)
    }
}

impl<T> ViewMut<'_, T> {
    /// `memory.grow`: adds pages, shows the new size in all contexts, and returns the old size; `None` if that is not possible.
    pub(crate) fn grow_memory(&mut self, memory: MemAddr, delta: u64) -> Option<u64> {
        let old = self.memory_mut(memory).grow(delta)?;
        if delta > 0 {
            self.refresh_memory(memory);
        }
        Some(old)
    }
}

impl<T> StoreInner<T> {
    /// A limit, with the zombies that may stand behind it.
    pub(crate) fn limit_error(&self, limit: &'static str, asked: u64, allowed: u64) -> Error {
        // While islands run in parallel nobody looks at the rows of all.
        let zombies = if self.in_parallel { 0 } else { self.zombies() };
        Error::Limit(Box::new(crate::error::LimitError { limit, asked, allowed, zombies: zombies as u64 }))
    }
}
