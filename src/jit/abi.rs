//! Everything that Rust and machine code agree on.
//!
//! Owns: the context block ([`Context`] and what follows it, [`ContextLayout`]), the tables of C-ABI pointers that machine
//! code calls ([`Builtins`]), host function records, activations, the packed function reference, and where parameters and
//! results travel ([`CallPlan`]).
//! Does not know: registers by name (the backends' `regs`), nor what the pointers behind the tables do (`store::builtin`).
//!
//! A context is filled by `store::context` alone. Machine code holds its address in a register for as long as it runs.

use std::cell::Cell;
use std::mem::offset_of;

use smallvec::SmallVec;

use crate::spec::limits::{PARAMS_MAX, RESULTS_MAX};
use crate::spec::module::{GlobalIdx, MemIdx, ModuleDecl, TableIdx};
use crate::spec::types::{FuncType, ValType};

/// Bits of a packed function reference that hold the function index; the upper ones are the instance's identity.
pub(crate) const FUNC_INDEX_BITS: u32 = 20;
/// The function index that says "host function": the identity then names a row of host functions.
pub(crate) const HOST_FUNC_INDEX: u32 = (1 << FUNC_INDEX_BITS) - 1;
/// Bits of the slot and of the generation in a packed function reference.
pub(crate) const SLOT_BITS: u32 = 22;
const _: () = assert!(SLOT_BITS * 2 + FUNC_INDEX_BITS == 64);

/// Frames up to this size are left out of the stack check: the reserve below the limit holds them.
pub(crate) const SMALL_FRAME_BYTES_MAX: u32 = 4096;
const _: () = assert!(SMALL_FRAME_BYTES_MAX < STACK_RESERVE_BYTES);

/// A frame has at most this many bytes; the limits on locals and on the size of a body keep it far below.
pub(crate) const FRAME_BYTES_MAX: u32 = 1 << 27;

/// Bytes that stay free below the stack limit for stubs, builtins and host functions.
pub(crate) const STACK_RESERVE_BYTES: u32 = 128 * 1024;
/// Leaf frames up to this size skip the stack check, so the reserve must hold at least one of them.
pub(crate) const UNCHECKED_FRAME_BYTES_MAX: u32 = 256;
const _: () = assert!(UNCHECKED_FRAME_BYTES_MAX <= STACK_RESERVE_BYTES);
// A stub that calls the host puts the cells of parameters and results there.
const _: () =
    assert!((PARAMS_MAX + RESULTS_MAX) * size_of::<ValueCell>() <= STACK_RESERVE_BYTES as usize / 2);

/// Base and length of a memory as machine code sees them.
#[repr(C)]
#[derive(Debug)]
pub(crate) struct MemoryView {
    /// Address of byte 0; never changes while the memory lives.
    pub(crate) base: Cell<*mut u8>,
    /// Bytes that may be accessed.
    pub(crate) length_bytes: Cell<u64>,
}

/// A table as machine code sees it.
#[repr(C)]
#[derive(Debug)]
pub(crate) struct TableView {
    /// Address of entry 0; entries are 64-bit words.
    pub(crate) base: Cell<*mut u64>,
    /// Number of entries.
    pub(crate) length: Cell<u64>,
    /// The identity, shifted, that marks a function of the running instance in this table.
    pub(crate) own_tag: Cell<u64>,
}

/// An imported function as machine code calls it.
#[repr(C)]
#[derive(Debug)]
pub(crate) struct ImportView {
    /// The context of the instance that defines the function, or the [`HostRecord`] of a host function.
    pub(crate) target: Cell<*const ()>,
    /// The foreign entry of the function, or the host stub of its signature, or a stub that traps.
    pub(crate) code: Cell<*const u8>,
    /// The packed reference of the origin.
    pub(crate) word: Cell<u64>,
}

/// One function of a module, shared by its instances: what `call_indirect` needs.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct FuncEntry {
    /// Address of the foreign entry; 0 where the function has none.
    pub(crate) code: usize,
    /// Engine-wide type id; [`NO_TYPE`] for imported functions and for functions without a foreign entry.
    pub(crate) ty: u32,
    /// Padding, 0.
    pub(crate) pad: u32,
}

/// A type id that no function has.
pub(crate) const NO_TYPE: u32 = u32::MAX;

/// The tag that stands for "this instance" in tables that all instances of a template share: of the highest slot, which is never
/// given out.
pub(crate) const SELF_TAG: u64 =
    ((1 << SLOT_BITS) - 1) << (SLOT_BITS + FUNC_INDEX_BITS) | 1 << FUNC_INDEX_BITS;

/// The tag of slot 0 in a directory: no word of slot 0 differs from it by an index alone.
pub(crate) const NOBODY_TAG: u64 = 1 << FUNC_INDEX_BITS;

/// Where a foreign instance is found: indexed by slot.
#[repr(C)]
#[derive(Debug)]
pub(crate) struct DirectoryEntry {
    /// The context; null when the slot is vacant.
    pub(crate) context: Cell<*const Context>,
    /// The identity (slot, generation) `<< FUNC_INDEX_BITS` of the instance there; 0 when vacant.
    pub(crate) tag: Cell<u64>,
}

/// The fixed head of an instance's context block. What follows it is described by [`ContextLayout`].
#[repr(C, align(64))]
#[derive(Debug)]
pub(crate) struct Context {
    /// The stack pointer may not go below this.
    pub(crate) stack_limit: Cell<usize>,
    /// Address of the trap stub.
    pub(crate) trap_stub: Cell<usize>,
    /// Address of the stub that resolves references to other instances and to host functions.
    pub(crate) resolve_stub: Cell<usize>,
    /// In: engine type id (low half). Out: code address. Used between a call site and the resolve stub.
    pub(crate) call_code: Cell<u64>,
    /// Addresses of the builtin stubs, indexed by [`Builtin`].
    pub(crate) builtin_stubs: Cell<*const usize>,
    /// The module's functions, indexed by function index.
    pub(crate) entries: Cell<*const FuncEntry>,
    /// The store's directory of instances, indexed by slot.
    pub(crate) directory: Cell<*const DirectoryEntry>,
    /// This instance's identity `<< FUNC_INDEX_BITS`.
    pub(crate) own_tag: Cell<u64>,
    /// Memory 0, own or imported; zero length and null without one.
    pub(crate) memory: MemoryView,
    /// 0 while the instance may be entered by the host.
    pub(crate) state: Cell<u32>,
    /// Reserved for interruption: written by other threads only.
    pub(crate) interrupt: Cell<u32>,
    /// The pointers that stubs call.
    pub(crate) builtins: Cell<*const Builtins>,
    /// The store's heap block.
    pub(crate) store: Cell<*mut ()>,
    /// Where the marks of its memory lie, behind this head; null if its stores leave none.
    pub(crate) marks: Cell<*mut u8>,
    /// Not for machine code: what dealing lanes of a parallel run leaves behind in a lone instance.
    pub(crate) stamp: Cell<u32>,
    /// Not for machine code: where the stamp of the instance's group lies; 0 for a lone one.
    pub(crate) group: Cell<u32>,
}

/// Byte offsets in [`Context`] for the backends.
pub(crate) mod at {
    use super::{
        Activation, Builtins, Context, DirectoryEntry, FuncEntry, HostRecord, ImportView, LaneRun, TableView,
        offset_of,
    };

    macro_rules! offsets {
        ($( $(#[$doc:meta])* $name:ident = $ty:ty, $($field:ident).+ ; )*) => {
            $( $(#[$doc])* pub(crate) const $name: u32 = {
                let offset = offset_of!($ty, $($field).+);
                assert!(offset < 4096);
                #[expect(clippy::cast_possible_truncation, reason = "asserted above")]
                { offset as u32 }
            }; )*
        };
    }

    offsets! {
        /// [`Context::stack_limit`].
        STACK_LIMIT = Context, stack_limit;
        /// [`Context::trap_stub`].
        TRAP_STUB = Context, trap_stub;
        /// [`Context::resolve_stub`].
        RESOLVE_STUB = Context, resolve_stub;
        /// [`Context::call_code`].
        CALL_CODE = Context, call_code;
        /// [`Context::builtin_stubs`].
        BUILTIN_STUBS = Context, builtin_stubs;
        /// [`Context::entries`].
        ENTRIES = Context, entries;
        /// [`Context::directory`].
        DIRECTORY = Context, directory;
        /// [`Context::own_tag`].
        OWN_TAG = Context, own_tag;
        /// [`Context::memory`], its base.
        MEMORY_BASE = Context, memory.base;
        /// [`Context::memory`], its length.
        MEMORY_LENGTH = Context, memory.length_bytes;
        /// [`Context::state`].
        STATE = Context, state;
        /// [`Context::builtins`].
        BUILTINS = Context, builtins;
        /// [`TableView::base`] in a view.
        TABLE_BASE = TableView, base;
        /// [`TableView::length`] in a view.
        TABLE_LENGTH = TableView, length;
        /// [`TableView::own_tag`] in a view.
        TABLE_OWN_TAG = TableView, own_tag;
        /// [`ImportView::target`] in a view.
        IMPORT_TARGET = ImportView, target;
        /// [`ImportView::code`] in a view.
        IMPORT_CODE = ImportView, code;
        /// [`ImportView::word`] in a view.
        IMPORT_WORD = ImportView, word;
        /// [`FuncEntry::code`] in an entry.
        ENTRY_CODE = FuncEntry, code;
        /// [`FuncEntry::ty`] in an entry.
        ENTRY_TYPE = FuncEntry, ty;
        /// [`DirectoryEntry::context`] in an entry of the directory.
        DIRECTORY_CONTEXT = DirectoryEntry, context;
        /// [`DirectoryEntry::tag`] in an entry of the directory.
        DIRECTORY_TAG = DirectoryEntry, tag;
        /// [`Builtins::trap`] in the table.
        BUILTINS_TRAP = Builtins, trap;
        /// [`Builtins::resolve`] in the table.
        BUILTINS_RESOLVE = Builtins, resolve;
        /// The first of [`Builtins::builtins`] in the table.
        BUILTINS_FIRST = Builtins, builtins;
        /// [`Activation::saved_sp`] in an activation.
        ACTIVATION_SAVED_SP = Activation, saved_sp;
        /// [`Activation::params`] in an activation.
        ACTIVATION_PARAMS = Activation, params;
        /// [`Activation::results`] in an activation.
        ACTIVATION_RESULTS = Activation, results;
        /// [`HostRecord::call`] in a record.
        HOST_CALL = HostRecord, call;
        /// [`HostRecord::params`] in a record.
        HOST_PARAMS = HostRecord, params;
        /// [`HostRecord::results`] in a record.
        HOST_RESULTS = HostRecord, results;
        /// [`LaneRun::next`] in a run.
        LANES_NEXT = LaneRun, next;
        /// [`LaneRun::end`] in a run.
        LANES_END = LaneRun, end;
        /// [`LaneRun::entries`] in a run.
        LANES_ENTRIES = LaneRun, entries;
        /// [`LaneRun::params`] in a run.
        LANES_PARAMS = LaneRun, params;
        /// [`LaneRun::params_step`] in a run.
        LANES_PARAMS_STEP = LaneRun, params_step;
        /// [`LaneRun::results`] in a run.
        LANES_RESULTS = LaneRun, results;
    }
}

/// Where the parts of a module's context block lie, in bytes from its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ContextLayout {
    /// How many marks there are, of a byte each, from [`MARKS`] on: one per piece of memory 0, and one for its end. 0 if stores
    /// leave none.
    pub(crate) marks: u32,
    /// [`TableView`]s, one per table.
    pub(crate) tables: u32,
    /// 16-byte cells, one per global: the value itself, or for an imported mutable global the address of its owner's cell.
    pub(crate) globals: u32,
    /// [`ImportView`]s, one per imported function.
    pub(crate) imports: u32,
    /// Bytes of the whole block.
    pub(crate) size: u32,
}

/// Binary logarithm of the bytes of memory that share a mark. A store marks the piece in which the byte behind it lies, so what
/// it wrote lies there or in the last bytes of the piece before.
pub(crate) const MARK_SHIFT: u32 = 12;
/// Widest store.
pub(crate) const STORE_BYTES_MAX: usize = 16;
/// Where marks begin.
pub(crate) const MARKS: u32 = HEAD_BYTES;
/// A memory that may grow further has no marks.
pub(crate) const MARKED_BYTES_MAX: u64 = 1 << 20;

/// How many marks the memory of a module gets, if that can have any: the module must define it, and say that it stays small.
pub(crate) fn marks_of(decl: &ModuleDecl) -> Option<u32> {
    if decl.imported.memories > 0 {
        return None;
    }
    let memory = decl.memories.get(MemIdx::new(0))?;
    let bytes = memory.limits.max?.checked_shl(memory.page_size_log2.into())?;
    let marks = (bytes >> MARK_SHIFT) + 1;
    (bytes <= MARKED_BYTES_MAX && !memory.index64)
        .then(|| u32::try_from(marks).expect("few fit into so little"))
}

const HEAD_BYTES: u32 = 128;
const _: () = assert!(size_of::<Context>() <= HEAD_BYTES as usize);
/// Bytes of a [`TableView`], an [`ImportView`], a [`FuncEntry`] and a global cell.
pub(crate) const TABLE_VIEW_BYTES: u32 = 24;
/// Bytes of an [`ImportView`].
pub(crate) const IMPORT_VIEW_BYTES: u32 = 24;
/// Bytes of a global's cell.
pub(crate) const CELL_BYTES: u32 = 16;
const _: () = assert!(size_of::<TableView>() == TABLE_VIEW_BYTES as usize);
const _: () = assert!(size_of::<ImportView>() == IMPORT_VIEW_BYTES as usize);
const _: () = assert!(size_of::<FuncEntry>() == 16);

impl ContextLayout {
    /// The layout for a module with so many marks. Limits on tables, globals and functions keep every offset far below 2³¹.
    #[must_use]
    pub(crate) fn new(decl: &ModuleDecl, marks: u32) -> Self {
        let count = |n: usize| u32::try_from(n).expect("counts are limited by the decoder");
        let globals = MARKS + marks.next_multiple_of(CELL_BYTES);
        let tables = globals + CELL_BYTES * count(decl.globals.len());
        let imports = tables + TABLE_VIEW_BYTES * count(decl.tables.len());
        let size = imports + IMPORT_VIEW_BYTES * decl.imported.funcs;
        Self { marks, tables, globals, imports, size: size.next_multiple_of(64) }
    }

    /// Offset of a global's cell.
    #[must_use]
    pub(crate) const fn global(&self, global: GlobalIdx) -> u32 {
        self.globals + CELL_BYTES * global.as_u32()
    }

    /// Offset of a table's view.
    #[must_use]
    pub(crate) const fn table(&self, table: TableIdx) -> u32 {
        self.tables + TABLE_VIEW_BYTES * table.as_u32()
    }

    /// Offset of an imported function's view.
    #[must_use]
    pub(crate) const fn import(&self, func: u32) -> u32 {
        self.imports + IMPORT_VIEW_BYTES * func
    }
}

/// A 16-byte cell in which values cross between Rust and machine code.
pub(crate) type ValueCell = crate::spec::value::Bits;

/// What machine code asks of Rust, each reached through a stub that keeps every pin. Arguments are words in the caller's
/// outgoing area, in the operator's order; a result replaces word 0. The immediate carries the indices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub(crate) enum Builtin {
    /// `[delta] -> [old or -1]`, immediate: memory.
    MemoryGrow,
    /// `[at, value, n] -> []`, immediate: memory.
    MemoryFill,
    /// `[to, from, n] -> []`, immediate: to-memory, from-memory `<< 32`.
    MemoryCopy,
    /// `[to, from, n] -> []`, immediate: memory, segment `<< 32`.
    MemoryInit,
    /// `[] -> []`, immediate: segment.
    DataDrop,
    /// `[value, delta] -> [old or -1]`, immediate: table.
    TableGrow,
    /// `[at, value, n] -> []`, immediate: table.
    TableFill,
    /// `[to, from, n] -> []`, immediate: to-table, from-table `<< 32`.
    TableCopy,
    /// `[to, from, n] -> []`, immediate: table, segment `<< 32`.
    TableInit,
    /// `[] -> []`, immediate: segment.
    ElemDrop,
}

/// Number of builtins.
pub(crate) const BUILTIN_COUNT: usize = 10;

impl Builtin {
    /// All of them in the order of their numbers.
    pub(crate) const ALL: [Self; BUILTIN_COUNT] = [
        Self::MemoryGrow,
        Self::MemoryFill,
        Self::MemoryCopy,
        Self::MemoryInit,
        Self::DataDrop,
        Self::TableGrow,
        Self::TableFill,
        Self::TableCopy,
        Self::TableInit,
        Self::ElemDrop,
    ];
}

/// A builtin: context, words, immediate to status. Status 0 is success, else a trap code. No result is narrower than 64 bits.
pub(crate) type BuiltinFn = extern "C" fn(context: *const Context, words: *mut u64, immediate: u64) -> u64;

/// The C-ABI pointers that stubs call. `store::builtin` supplies them.
#[repr(C)]
#[derive(Debug)]
pub(crate) struct Builtins {
    /// Records a trap on the current activation and returns the stack pointer to go back to. Arguments: context, trap code,
    /// return address of the site, stack pointer of the frame that trapped, datum (see jit's trap sites), and the register
    /// in which a call leaves the return address (it counts where there is no frame yet; 0 where calls put it on the stack).
    pub(crate) trap: extern "C" fn(*const Context, u64, usize, usize, u64, usize) -> usize,
    /// Resolves a packed reference that is not the running instance's own: context, word, engine type id. Returns 0 and fills
    /// `call_code` and the out word with code and target, or returns a trap code.
    pub(crate) resolve: extern "C" fn(*const Context, u64, u64, *mut u64) -> u64,
    /// The builtins, indexed by [`Builtin`].
    pub(crate) builtins: [BuiltinFn; BUILTIN_COUNT],
}

/// A host function as machine code calls it: record, calling context, cells in which parameters lie and results are put.
/// Status 0 is success, else a trap code.
pub(crate) type HostFn =
    extern "C" fn(record: *const HostRecord, context: *const Context, cells: *mut ValueCell) -> u64;

/// The head of a host function's record. The store's own record begins with it.
#[repr(C)]
#[derive(Debug)]
pub(crate) struct HostRecord {
    /// What the host stub calls.
    pub(crate) call: HostFn,
    /// Number of parameters (wide stubs).
    pub(crate) params: u32,
    /// Number of results (wide stubs).
    pub(crate) results: u32,
}

/// The most frames that a trap records.
pub(crate) const BACKTRACE_FRAMES_MAX: usize = 64;

/// One entry of the host into machine code, on the host's stack. Activations nest strictly per thread.
#[repr(C)]
#[derive(Debug)]
pub(crate) struct Activation {
    /// Stack pointer of the entry stub after its saves: written by the entry stub, where a trap goes back to.
    pub(crate) saved_sp: Cell<usize>,
    /// Number of parameters (wide stubs).
    pub(crate) params: u32,
    /// Number of results (wide stubs).
    pub(crate) results: u32,
    /// The activation below on this thread, or null.
    pub(crate) outer: *const Activation,
    /// The stack limit that its machine code has.
    pub(crate) limit: usize,
    /// The trap code. This and what follows is written when a trap happens: meaningful when the entry stub returned 1.
    pub(crate) trap: Cell<u8>,
    /// Frames in `frames`.
    pub(crate) frames_len: Cell<u32>,
    /// The datum of the trap: address, index or type record.
    pub(crate) datum: Cell<u64>,
    /// The context that ran when the trap happened.
    pub(crate) trap_context: Cell<*const Context>,
    /// Program counters, innermost first: a trap site, then return addresses.
    pub(crate) frames: [Cell<usize>; BACKTRACE_FRAMES_MAX],
}

/// An entry stub: context, code (a foreign entry), cells for parameters and results, activation, and the words of the first two
/// parameters, if there are so many. The cells of these two and of the first result are not touched: simple signatures need none.
pub(crate) type EntryFn =
    unsafe extern "C" fn(*const Context, *const u8, *mut ValueCell, *const Activation, u64, u64) -> EntryEnd;

/// How many parameters an entry stub takes as words.
pub(crate) const ENTRY_WORDS: usize = 2;

/// What an entry stub returns.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct EntryEnd {
    /// 0, or 1 after a trap.
    pub(crate) status: u64,
    /// The word of the first result, if there is one.
    pub(crate) word: u64,
}

/// What a lane stub returns in `status` when it has come to an instance that must not run: it has exited, or is of another module.
pub(crate) const LANE_REFUSED: u64 = 4;

/// A lane stub reads the context of the lane so many lanes ahead and asks for it to be fetched.
pub(crate) const LANES_AHEAD: usize = 8;

/// Lanes as a lane stub takes them, in the place of an entry stub's cells: it calls one function in one instance after the other.
#[repr(C)]
#[derive(Debug)]
pub(crate) struct LaneRun {
    /// Where the context of the next lane stands; there is one. When the stub has been left before the end, the lane at which it
    /// was. Behind the last context [`LANES_AHEAD`] addresses stand that may be fetched.
    pub(crate) next: Cell<*const *const Context>,
    /// Behind the last lane.
    pub(crate) end: *const *const Context,
    /// The functions of the module that instances must be of.
    pub(crate) entries: *const FuncEntry,
    /// The parameters of the next lane, if it has any: a cell each.
    pub(crate) params: *const ValueCell,
    /// Bytes from there to those of the lane behind it; 0 if all have the same.
    pub(crate) params_step: usize,
    /// Where results go, if there are any: a cell each, lane after lane.
    pub(crate) results: *mut ValueCell,
}

/// The class of register that a value travels in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Class {
    /// A general register.
    Int,
    /// A vector register.
    Float,
}

impl Class {
    /// The class of a value type.
    #[must_use]
    pub(crate) const fn of(ty: ValType) -> Self {
        match ty {
            ValType::F32 | ValType::F64 | ValType::V128 => Self::Float,
            ValType::I32 | ValType::I64 | ValType::FuncRef | ValType::ExternRef => Self::Int,
        }
    }
}

/// Where a parameter or result travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Place {
    /// The n-th argument (or result) register of the integer class.
    Int(u8),
    /// The n-th argument (or result) register of the vector class.
    Float(u8),
    /// A word in the caller's outgoing area: parameters in bytes from its start, results too, which lie above the parameters.
    Stack(u32),
}

/// More parameters than this, and a signature is wide.
pub(crate) const REGISTER_PARAMS_MAX: usize = 8;
/// More results than this, and a signature is wide.
pub(crate) const REGISTER_RESULTS_MAX: usize = 2;
/// Argument registers of the integer class on every target.
pub(crate) const INT_ARGS: u8 = 4;
/// Argument registers of the vector class on every target.
pub(crate) const FLOAT_ARGS: u8 = 6;

/// Where the parameters and results of a signature travel between machine code and machine code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CallPlan {
    /// A place for each parameter, with its class.
    pub(crate) params: SmallVec<[(Place, Class); 8]>,
    /// A place for each result, with its class.
    pub(crate) results: SmallVec<[(Place, Class); 2]>,
    /// Bytes of parameters on the stack, a multiple of 16. The callee pops them.
    pub(crate) param_bytes: u32,
    /// Bytes of results on the stack, above the parameters, a multiple of 16.
    pub(crate) result_bytes: u32,
    /// Every parameter and every result is a word on the stack, in order: one generic stub serves all of these signatures,
    /// so the number of stubs is bounded whatever signatures a guest declares.
    pub(crate) wide: bool,
}

impl CallPlan {
    /// The plan of a signature; `registers` false (a tuning switch) makes every signature wide.
    #[must_use]
    pub(crate) fn new(ty: &FuncType, registers: bool) -> Self {
        let wide =
            !registers || ty.params.len() > REGISTER_PARAMS_MAX || ty.results.len() > REGISTER_RESULTS_MAX;
        let (param_registers, result_registers) =
            if wide { ((0, 0), (0, 0)) } else { ((INT_ARGS, FLOAT_ARGS), (2, 2)) };
        let (params, param_bytes) = place(&ty.params, param_registers, 0);
        let (results, end) = place(&ty.results, result_registers, param_bytes);
        Self {
            params: params.into_iter().collect(),
            results: results.into_iter().collect(),
            param_bytes,
            result_bytes: end - param_bytes,
            wide,
        }
    }
}

/// Gives each type a register of its class or the next word from `from` on; returns the end, rounded up to 16.
fn place(types: &[ValType], registers: (u8, u8), from: u32) -> (Vec<(Place, Class)>, u32) {
    let (mut ints, mut floats, mut word) = (0, 0, from);
    let places = types
        .iter()
        .map(|&ty| {
            let class = Class::of(ty);
            let (used, max) = match class {
                Class::Int => (&mut ints, registers.0),
                Class::Float => (&mut floats, registers.1),
            };
            if *used < max {
                *used += 1;
                let n = *used - 1;
                (if class == Class::Int { Place::Int(n) } else { Place::Float(n) }, class)
            } else {
                word += 8;
                (Place::Stack(word - 8), class)
            }
        })
        .collect();
    (places, word.next_multiple_of(16))
}
