//! The only writer of raw pointers: derives each instance's context block from the columns.
//!
//! Owns: context blocks, the cells of globals, the directory of instances. Columns are the truth; what is written here is a
//! cache of them, and whatever changes a column that contexts show calls a `refresh` of this file.
//! Does not know: why a column changed.
//!
//! # Invariants
//! - I1: a `ContextBlock` or `CellBlock` is a block of its store's pool, at least as long as was asked for, and is given back
//!   only when no row and no machine code points into it. Blocks begin zeroed, and zero is a valid value of all that lies in one.
//! - I2: parts of a block are `Cell`s, reached by shared references only, so machine code may write beside them.
//! - I3: a `CellPtr` is kept in a `GlobalRow` (and in contexts of its users) only; the block it points into is given back
//!   after that row is gone.
//! - I4: the directory's mapping has an entry for every slot that a reference word can name, all zero at first but for slot 0,
//!   which no instance has: its tag is `NOBODY_TAG` always, so that null, whose slot it is, finds nobody.
//! - I5: the pattern of a template is written when its row is made, and only copied afterwards; no machine code knows it.

use std::cell::Cell;
use std::io;
use std::mem::offset_of;
use std::ptr::NonNull;

use super::StoreInner;
use super::addr::{InstanceAddr, MemAddr, TableAddr, tag};
use super::builtin::builtins;
use super::island::StorePtr;
use super::row::{MemoryRow, TableRow};
use super::unions::StampIdx;
use crate::arena::handle::Addr;
use crate::arena::pages::Mapping;
use crate::arena::pinned::{PinnedBlock, PinnedPool};
use crate::arena::pool::{OVERLAP_BYTES, PIECE_SHIFT};
use crate::jit::abi::{
    CELL_BYTES, Context, ContextLayout, DirectoryEntry, ImportView, MARK_SHIFT, MARKS, NOBODY_TAG, SLOT_BITS,
    STORE_BYTES_MAX, TableView,
};
use crate::module::Module;
use crate::spec::module::{GlobalIdx, MemIdx, TableIdx};
use crate::spec::value::Bits;

// What stores mark is what a pool clears.
const _: () = assert!(MARK_SHIFT == PIECE_SHIFT && STORE_BYTES_MAX <= OVERLAP_BYTES);

/// The context block of one instance.
#[derive(Debug)]
pub(crate) struct ContextBlock {
    block: PinnedBlock,
}

impl ContextBlock {
    /// A zeroed block for an instance of a module.
    pub(crate) fn alloc(pool: &mut PinnedPool, layout: &ContextLayout) -> io::Result<Self> {
        Ok(Self { block: pool.alloc(layout.size as usize)? })
    }

    /// A block that begins as a copy of another one.
    ///
    /// # Panics
    /// If the caller has not seen that the pool has room for it.
    #[inline]
    pub(crate) fn copy_of(pattern: &Self, pool: &mut PinnedPool) -> Self {
        Self { block: pool.copy_of(&pattern.block) }
    }

    /// What it lies in.
    #[inline]
    pub(crate) fn block(&self) -> &PinnedBlock {
        &self.block
    }

    /// Gives the block back.
    #[inline]
    pub(crate) fn free(self, pool: &mut PinnedPool) {
        pool.free(self.block);
    }

    /// Its address, for machine code.
    #[inline]
    pub(crate) fn as_ptr(&self) -> *const Context {
        self.block.as_ptr().as_ptr().cast()
    }

    /// The head.
    #[inline]
    pub(crate) fn head(&self) -> &Context {
        self.part(0)
    }

    /// A table's view.
    pub(crate) fn table(&self, layout: &ContextLayout, table: TableIdx) -> &TableView {
        self.part(layout.table(table))
    }

    /// An imported function's view.
    pub(crate) fn import(&self, layout: &ContextLayout, func: u32) -> &ImportView {
        self.part(layout.import(func))
    }

    /// The cell of a global: its value, or for an imported mutable one the address of its owner's cell.
    pub(crate) fn cell(&self, layout: &ContextLayout, global: GlobalIdx) -> CellPtr {
        CellPtr(NonNull::from(self.part::<ValueParts>(layout.global(global))))
    }

    /// Shows base and length of a memory. Only memory 0 has a place; others are for builtins.
    #[inline]
    pub(crate) fn show_memory(&self, row: &MemoryRow, index: MemIdx) {
        if index.as_u32() == 0 {
            let view = &self.head().memory;
            view.base.set(row.slot.base().as_ptr());
            view.length_bytes.set(row.size_bytes());
        }
    }

    /// Shows where the marks of its own memory 0 lie; whether it has any.
    #[inline]
    pub(crate) fn show_marks(&self, layout: &ContextLayout) -> bool {
        if layout.marks > 0 {
            self.head().marks.set(self.marks(layout).as_ptr().cast::<u8>().cast_mut());
        }
        layout.marks > 0
    }

    /// The marks of its own memory 0.
    #[inline]
    pub(crate) fn marks(&self, layout: &ContextLayout) -> &[Cell<u8>] {
        assert!((MARKS + layout.marks) as usize <= self.block.len(), "marks beyond a context");
        // SAFETY: I1: inside the block.
        let first = unsafe { self.block.as_ptr().add(MARKS as usize) }.cast::<Cell<u8>>();
        // SAFETY: I1, I2: the block is as long, valid, and its parts are cells.
        unsafe { std::slice::from_raw_parts(first.as_ptr(), layout.marks as usize) }
    }

    /// Shows a table, in which functions of this instance have the `tag`.
    #[inline]
    pub(crate) fn show_table(&self, row: &TableRow, (layout, index): (&ContextLayout, TableIdx), tag: u64) {
        let view = self.table(layout, index);
        view.base.set(row.words.as_ptr().cast::<u64>().cast_mut());
        view.length.set(row.words.len() as u64);
        view.own_tag.set(tag);
    }

    #[inline]
    fn part<P>(&self, offset: u32) -> &P {
        let offset = offset as usize;
        assert!(
            offset + size_of::<P>() <= self.block.len(),
            "offset {offset} in a context of {}",
            self.block.len()
        );
        // SAFETY: I1: inside the block.
        let part = unsafe { self.block.as_ptr().add(offset) }.cast::<P>();
        debug_assert!(part.is_aligned(), "offset {offset} in a context");
        // SAFETY: I1, I2: the block is as long, valid, and its parts are cells.
        unsafe { part.as_ref() }
    }
}

/// The two halves of a cell.
#[repr(C, align(16))]
#[derive(Debug)]
struct ValueParts {
    low: Cell<u64>,
    high: Cell<u64>,
}

const _: () =
    assert!(size_of::<ValueParts>() == CELL_BYTES as usize && size_of::<Bits>() == CELL_BYTES as usize);
const _: () = assert!(offset_of!(ValueParts, low) == 0);

/// Where a global's value lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CellPtr(NonNull<ValueParts>);

impl CellPtr {
    /// The value.
    #[inline]
    pub(crate) fn get(self) -> Bits {
        let parts = self.parts();
        Bits { low: parts.low.get(), high: parts.high.get() }
    }

    /// Changes the value.
    #[inline]
    pub(crate) fn set(self, bits: Bits) {
        let parts = self.parts();
        parts.low.set(bits.low);
        parts.high.set(bits.high);
    }

    /// Its address, as cells of importers hold it.
    pub(crate) fn address(self) -> u64 {
        self.0.as_ptr().addr() as u64
    }

    /// Makes this cell of an importer's context lead to the owner's.
    fn point_to(self, owner: Self) {
        self.set(Bits::from_u64(owner.0.as_ptr().expose_provenance() as u64));
    }

    fn parts(&self) -> &ValueParts {
        // SAFETY: I2, I3: the cell lives as long as the row that this was copied from.
        unsafe { self.0.as_ref() }
    }
}

/// The cell of a global that the host made.
#[derive(Debug)]
pub(crate) struct CellBlock {
    block: PinnedBlock,
}

impl CellBlock {
    /// A cell that holds zero.
    pub(crate) fn alloc(pool: &mut PinnedPool) -> io::Result<Self> {
        Ok(Self { block: pool.alloc(CELL_BYTES as usize)? })
    }

    /// Gives the cell back.
    pub(crate) fn free(self, pool: &mut PinnedPool) {
        pool.free(self.block);
    }

    /// Where it lies.
    pub(crate) fn cell(&self) -> CellPtr {
        CellPtr(self.block.as_ptr().cast())
    }
}

/// By slot, the instance that lives there: machine code's only way to an instance that a reference word names.
#[derive(Debug)]
pub(crate) struct Directory {
    mapping: Mapping,
}

/// Slots that a word can name.
const SLOTS: usize = 1 << SLOT_BITS;

impl Directory {
    /// Address space for all slots; pages cost memory only where used.
    pub(crate) fn new() -> io::Result<Self> {
        let directory = Self { mapping: Mapping::zeroed(SLOTS * size_of::<DirectoryEntry>())? };
        directory.entry(0).tag.set(NOBODY_TAG);
        Ok(directory)
    }

    #[inline]
    fn base(&self) -> NonNull<DirectoryEntry> {
        self.mapping.base().cast()
    }

    /// The entry of a slot that may be none.
    #[inline]
    pub(crate) fn find(&self, slot: u32) -> Option<&DirectoryEntry> {
        (slot != 0 && (slot as usize) < SLOTS).then(|| self.entry(slot))
    }

    /// The entry of a slot.
    #[inline]
    pub(crate) fn entry(&self, slot: u32) -> &DirectoryEntry {
        let slot = slot as usize;
        assert!(slot < SLOTS, "a slot of the directory");
        // SAFETY: I4: inside the mapping.
        let entry = unsafe { self.base().add(slot) };
        // SAFETY: I2, I4: the mapping lives as long as `self`, and entries are cells.
        unsafe { entry.as_ref() }
    }
}

/// What an import's view holds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ImportTarget {
    /// The origin's context, or the record of a host function.
    pub(crate) target: *const (),
    /// Where the call goes.
    pub(crate) code: usize,
    /// The origin's reference word; 0 where no reference can be taken.
    pub(crate) word: u64,
}

impl ImportTarget {
    /// Writes the view of the `func`-th imported function.
    pub(crate) fn write(self, block: &ContextBlock, layout: &ContextLayout, func: u32) {
        let view = block.import(layout, func);
        view.target.set(self.target);
        view.code.set(std::ptr::with_exposed_provenance(self.code));
        view.word.set(self.word);
    }
}

/// Gives a context its identity and makes the directory name it.
#[inline]
pub(crate) fn link_head(directory: &Directory, instance: InstanceAddr, block: &ContextBlock) {
    let own_tag = tag(instance.into());
    block.head().own_tag.set(own_tag);
    let entry = directory.entry(Addr::from(instance).slot());
    entry.context.set(block.as_ptr());
    entry.tag.set(own_tag);
}

impl<T> StoreInner<T> {
    /// Fills the head of a template's pattern: what all its instances have in common.
    pub(crate) fn fill_pattern_head(&self, pattern: &ContextBlock, module: &Module, store: StorePtr<T>) {
        let directory = self.directory.as_ref().expect("made before the first row");
        let engine = module.engine();
        let head = pattern.head();
        head.trap_stub.set(engine.trap_stub());
        head.resolve_stub.set(engine.resolve_stub());
        head.builtin_stubs.set(engine.builtin_stubs().as_ptr());
        head.entries.set(module.entries().as_ptr());
        head.directory.set(directory.base().as_ptr());
        head.builtins.set(builtins::<T>());
        head.store.set(store.to_raw());
    }

    /// Shows where the stamp of an instance's group lies.
    pub(crate) fn show_stamp(&self, instance: InstanceAddr, stamp: StampIdx) {
        self.instance(instance).context.head().group.set(stamp.as_u32());
    }

    /// Makes the directory forget an instance: from now on references to it are stale.
    #[inline]
    pub(crate) fn unlink(&self, instance: InstanceAddr) {
        if let Some(directory) = &self.directory {
            let entry = directory.entry(Addr::from(instance).slot());
            entry.tag.set(0);
            entry.context.set(std::ptr::null());
        }
    }

    /// Shows an owner's cell, or a copy of an immutable value, in an importer's context.
    pub(crate) fn link_global(
        block: &ContextBlock,
        layout: &ContextLayout,
        global: GlobalIdx,
        from: (CellPtr, bool),
    ) {
        let (owner, mutable) = from;
        let cell = block.cell(layout, global);
        if mutable { cell.point_to(owner) } else { cell.set(owner.get()) }
    }

    /// Writes base and length of a memory into every context that shows it.
    pub(crate) fn refresh_memory(&self, memory: MemAddr) {
        let row = self.memory_at(memory);
        row.mirrors.iter().for_each(|&(instance, index)| self.show_memory(memory, instance, index));
    }

    /// Writes base and length of a memory into one context. Only memory 0 has a place there; others are for builtins.
    pub(crate) fn show_memory(&self, memory: MemAddr, instance: InstanceAddr, index: MemIdx) {
        self.instance(instance).context.show_memory(self.memory_at(memory), index);
    }

    /// Writes base and length of a table into every context that shows it.
    pub(crate) fn refresh_table(&self, table: TableAddr) {
        let row = self.table_at(table);
        for &(instance, index) in &row.mirrors {
            let layout = self.module_of(instance).layout();
            self.show_table(table, instance, (layout, index));
        }
    }

    /// Writes base and length of a table into one context.
    pub(crate) fn show_table(
        &self,
        table: TableAddr,
        instance: InstanceAddr,
        at: (&ContextLayout, TableIdx),
    ) {
        self.instance(instance).context.show_table(self.table_at(table), at, tag(instance.into()));
    }
}
