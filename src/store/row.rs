//! The rows of a store's columns: which fields each kind has, and which are hot.
//!
//! Owns: the row types. What machine code reads lies in pinned blocks (`context`), never in a row: rows move when a column
//! grows.
//! Does not know: how rows come and go (`spawn`, `free`).

use std::cell::Cell;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use smallvec::SmallVec;

use super::addr::{FuncAddr, GlobalAddr, InstanceAddr, MemAddr, TableAddr, TemplateAddr};
use super::context::{CellBlock, CellPtr, ContextBlock};
use super::host::HostFunc;
use super::recycle::{SpareTables, Spares};
use super::template::TemplateInner;
use crate::arena::pool::{MemorySlot, PieceSet};
use crate::engine::TypeId;
use crate::jit::abi::ContextLayout;
use crate::spec::module::{DataIdx, ElemIdx, FuncIdx, GlobalIdx, MemIdx, TableIdx};
use crate::spec::types::{GlobalType, MemoryType, TableType};

/// What an instance's handle may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Its start function runs; only the `Caller` has its handle.
    Starting,
    /// It may be called.
    Live,
    /// It has ended itself with this code; the host may not call it any more.
    Exited(u32),
    /// Freed; it goes when nothing refers to it.
    Zombie,
}

/// An instance.
pub(crate) struct InstanceRow<T> {
    /// Its place in the order of spawning; also the name of its node in the islands.
    pub(crate) seq: u64,
    /// What it was spawned from.
    pub(crate) template: TemplateAddr,
    /// What its handle may do.
    pub(crate) state: State,
    /// Whether it was named in the batch that is being freed.
    pub(crate) listed: bool,
    /// Whether a reference to one of its functions may be held elsewhere.
    pub(crate) escaped: bool,
    /// How many instances import a function that it defines.
    pub(crate) importers: u32,
    /// What machine code sees.
    pub(crate) context: ContextBlock,
    /// The rest, which calls do not need.
    pub(crate) body: InstanceBody<T>,
}

/// What calls do not need of an instance, and what the host keeps with it.
pub(crate) struct InstanceBody<T> {
    /// Boxed, so that rows stay small; the store uses boxes again. None stands for what is empty.
    pub(crate) parts: Option<PartsBox>,
    /// What the host keeps with it.
    pub(crate) data: T,
}

impl<T> Deref for InstanceBody<T> {
    type Target = InstanceParts;

    #[inline]
    fn deref(&self) -> &InstanceParts {
        self.parts.as_deref().unwrap_or(&NO_PARTS)
    }
}

impl<T> DerefMut for InstanceBody<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut InstanceParts {
        self.parts.get_or_insert_default()
    }
}

/// What is used again, for another instance.
pub(crate) type PartsBox = Box<InstanceParts>;

/// The cold part of an instance.
#[derive(Debug, Default)]
pub(crate) struct InstanceParts {
    /// Its memories by position, imported ones first.
    pub(crate) memories: SmallVec<[MemAddr; 1]>,
    /// Its tables by position, imported ones first.
    pub(crate) tables: SmallVec<[TableAddr; 1]>,
    /// Its globals by position, imported ones first.
    pub(crate) globals: SmallVec<[GlobalAddr; 4]>,
    /// Element segments that are dropped.
    pub(crate) dropped_elems: BitSet,
    /// Data segments that are dropped.
    pub(crate) dropped_data: BitSet,
    /// Names in the store that stand for it.
    pub(crate) names: Vec<Box<str>>,
}

/// What an instance has that has nothing.
static NO_PARTS: InstanceParts = InstanceParts {
    memories: SmallVec::new_const(),
    tables: SmallVec::new_const(),
    globals: SmallVec::new_const(),
    dropped_elems: BitSet(SmallVec::new_const()),
    dropped_data: BitSet(SmallVec::new_const()),
    names: Vec::new(),
};

impl InstanceParts {
    /// Forgets everything but where lists lie.
    #[inline]
    pub(crate) fn clear(&mut self) {
        self.memories.clear();
        self.tables.clear();
        self.globals.clear();
        self.dropped_elems.clear();
        self.dropped_data.clear();
        self.names.clear();
    }
}

/// Where an imported function comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ImportOrigin {
    /// A function that can be a value.
    Func(FuncAddr),
    /// A host function that cannot: it has no row.
    Host,
}

/// Bits by position, as many as were asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct BitSet(SmallVec<[u64; 1]>);

impl BitSet {
    /// Makes it `len` bits, those that are new not set.
    #[inline]
    pub(crate) fn resize(&mut self, len: usize) {
        // Most modules have none.
        if len > 0 {
            self.0.resize(len.div_ceil(64), 0);
        }
    }

    /// Makes it as another one.
    #[inline]
    fn copy_from(&mut self, other: &Self) {
        if !other.0.is_empty() {
            self.0.clear();
            self.0.extend_from_slice(&other.0);
        }
    }

    /// No bits.
    #[inline]
    fn clear(&mut self) {
        self.0.clear();
    }

    /// Whether a bit is set.
    pub(crate) fn has(&self, index: usize) -> bool {
        self.0[index / 64] & 1 << (index % 64) != 0
    }

    /// Sets a bit.
    pub(crate) fn set(&mut self, index: usize) {
        self.0[index / 64] |= 1 << (index % 64);
    }
}

impl InstanceParts {
    /// Whether an element segment is dropped.
    pub(crate) fn elem_is_dropped(&self, elem: ElemIdx) -> bool {
        self.dropped_elems.has(elem.index())
    }

    /// Whether a data segment is dropped.
    pub(crate) fn data_is_dropped(&self, data: DataIdx) -> bool {
        self.dropped_data.has(data.index())
    }
}

/// A template that this store has met, with what all its instances have in common.
pub(crate) struct TemplateRow<T> {
    /// The template.
    pub(crate) template: Arc<TemplateInner<T>>,
    /// Origins of its imported functions, by position.
    pub(crate) imports: Box<[ImportOrigin]>,
    /// The instances among them, each once.
    pub(crate) origins: Box<[InstanceAddr]>,
    /// A context that is whole but for what differs between instances; none once the row is taken out.
    pub(crate) pattern: Option<ContextBlock>,
    /// Own globals whose first value names the instance itself, so that no pattern can hold it.
    pub(crate) late_globals: Box<[GlobalIdx]>,
    /// Whether its instances share nothing with another from the start.
    pub(crate) stands_alone: bool,
    /// Where the parts of its contexts lie.
    pub(crate) layout: ContextLayout,
    /// Slots for the memories that its instances define, by position among these.
    pub(crate) spares: Box<[Spares]>,
    /// Storage for the tables that its instances define, by position among these; none if these are fixed.
    pub(crate) spare_tables: Box<[SpareTables]>,
    /// The tables that all its instances have in common: those that they define, if these are fixed. The pattern shows them.
    pub(crate) fixed_tables: Box<[TableRow]>,
    /// Which element segments are dropped at first.
    pub(crate) dropped_elems: BitSet,
    /// Which data segments are dropped at first.
    pub(crate) dropped_data: BitSet,
    /// Whether an instance has any memory, table, global or segment.
    pub(crate) has_parts: bool,
    /// How many globals an instance defines.
    pub(crate) own_globals: usize,
    /// How many instances others have laid claim to, which are not made yet.
    pub(crate) claimed: usize,
    /// How many instances were spawned from it and are not gone.
    pub(crate) instances: u32,
    /// Whether it is on the list of templates without instances.
    pub(crate) idle: bool,
    /// The rows of those imported host functions that can be values, by position among the imported functions.
    pub(crate) hosts: Box<[(FuncIdx, super::addr::HostFuncAddr)]>,
}

impl<T> TemplateRow<T> {
    /// The pattern.
    #[inline]
    pub(crate) fn pattern(&self) -> &ContextBlock {
        self.pattern.as_ref().expect("there as long as the row")
    }

    /// Whether there is storage for what so many instances define, beside those that are claimed.
    #[inline]
    pub(crate) fn has_spares(&self, count: usize) -> bool {
        let wanted = self.claimed + count;
        self.spares.iter().all(|spares| spares.has(wanted))
            && self.spare_tables.iter().all(|spares| spares.has(wanted))
    }

    /// Says which segments a new instance has not.
    #[inline]
    pub(crate) fn begin_dropped(&self, parts: &mut InstanceParts) {
        parts.dropped_elems.copy_from(&self.dropped_elems);
        parts.dropped_data.copy_from(&self.dropped_data);
    }
}

/// A memory.
pub(crate) struct MemoryRow {
    /// Its declared type.
    pub(crate) ty: MemoryType,
    /// Size in pages.
    pub(crate) pages: u64,
    /// The most pages it may grow to: declared, or what limits allow.
    pub(crate) pages_max: u64,
    /// Its bytes.
    pub(crate) slot: MemorySlot,
    /// Whether first contents that its template has are still to be laid into the slot.
    pub(crate) is_bare: bool,
    /// Whether all that code wrote has left marks in its owner's context: nobody else's code could write.
    pub(crate) is_marked: bool,
    /// What anybody but code may have written, while it is marked.
    pub(crate) written: PieceSet,
    /// Instances that own or import it, plus one for the host if the host made it.
    pub(crate) users: u32,
    /// Whether the host made it and has not freed it.
    pub(crate) host_share: bool,
    /// Contexts that show it.
    pub(crate) mirrors: SmallVec<[(InstanceAddr, MemIdx); 1]>,
}

/// A table.
pub(crate) struct TableRow {
    /// Its declared type.
    pub(crate) ty: TableType,
    /// The most elements it may grow to: declared, or what limits allow.
    pub(crate) elements_max: u64,
    /// Reference words. Machine code reads and writes them, so only shared references are made to them.
    pub(crate) words: Vec<Cell<u64>>,
    /// Instances that own or import it, plus one for the host if the host made it.
    pub(crate) users: u32,
    /// Whether the host made it and has not freed it.
    pub(crate) host_share: bool,
    /// Contexts that show it.
    pub(crate) mirrors: SmallVec<[(InstanceAddr, TableIdx); 1]>,
}

/// A global.
pub(crate) struct GlobalRow {
    /// Its type.
    pub(crate) ty: GlobalType,
    /// Its value.
    pub(crate) cell: CellPtr,
    /// Whose block the cell lies in.
    pub(crate) owner: GlobalOwner,
    /// Instances that own or import it, plus one for the host if the host made it.
    pub(crate) users: u32,
}

/// Whose block a global's cell lies in.
pub(crate) enum GlobalOwner {
    /// The context of the instance that defines it.
    Instance(InstanceAddr),
    /// A block of its own: the host made it. The flag: the host has not freed it.
    Host(CellBlock, bool),
}

/// A host function that can be a value.
pub(crate) struct HostFuncRow<T> {
    /// The function.
    pub(crate) func: Arc<HostFunc<T>>,
    /// Its engine-wide type.
    pub(crate) ty: TypeId,
    /// Address of the host stub of its type.
    pub(crate) stub: usize,
    /// Templates that keep it, plus one for the host if the host made it.
    pub(crate) shares: u32,
    /// Whether the host made it as a value and has not freed it.
    pub(crate) host_share: bool,
}

impl<T> HostFuncRow<T> {
    /// What the row is found by.
    pub(crate) fn key(&self) -> usize {
        Arc::as_ptr(&self.func).addr()
    }
}
