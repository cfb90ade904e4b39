//! A small world in which tests of the backends run hand-assembled functions through the real stubs.
//!
//! Owns: published stubs and functions, contexts with one table and two imports, host functions and builtins that are closures
//! of the test. Does not know: a machine ([`Tested`], in each backend's `test_world`), a module, a store, the driver.
//! Start at [`world`], [`publish`] and [`World::call`].
//!
//! Whatever Rust function a stub calls is reached through a piece of machine code that checks the alignment of the stack and
//! destroys every register that Rust may destroy: [`Tested::trampoline`].
//!
//! # Invariants
//! - I1: everything that machine code can reach (code, contexts, records, tables) is leaked, so it outlives every entry.
//! - I2: the functions of a test keep the rules of `jit::masm`; the stubs are what the tests are about.
//! - I3: the C functions here are called by stubs only: the pointers that they get are the stub's.

use std::cell::{Cell, RefCell};
use std::sync::{Arc, OnceLock};

use crate::arena::exec::{CodeArena, CodeRange};
use crate::arena::index::IndexVec;
use crate::jit::abi::{
    BUILTIN_COUNT, CallPlan, Context, ContextLayout, DirectoryEntry, ENTRY_WORDS, FuncEntry, ImportView,
    MemoryView, NOBODY_TAG, TableView,
};
use crate::jit::backtrace::{self, Backtrace, CodeRecord, ModuleCode};
use crate::jit::buffers::Reloc;
use crate::jit::entry::{self, Entry, Values};
use crate::jit::image::{FuncImage, Image, TypeReloc, patch_type};
use crate::jit::masm::{Masm, Reach};
use crate::jit::stubs::{self, StubSet};
use crate::jit::target::{Arch, Target};
use crate::spec::module::{ModuleDecl, TypeIdx};
use crate::spec::types::FuncType;
use crate::spec::value::Bits;

/// What a trampoline answers when the stack is not aligned.
pub(crate) const MISALIGNED: u64 = 99;
/// What registers hold that a trampoline has destroyed.
pub(crate) const DESTROYED: u64 = 0xDEAD_BEEF_DEAD_BEEF;
/// Engine-wide ids of types: a module's type plus this.
const TYPE_ID_BASE: u32 = 0x0012_3400;
/// Bytes of stack that an entry may use.
const STACK_BYTES_MAX: usize = 256 * 1024;

/// The engine-wide id of a type.
pub(crate) const fn type_id(ty: TypeIdx) -> u32 {
    TYPE_ID_BASE + ty.as_u32()
}

/// A backend under test.
pub(crate) trait Tested: Masm {
    /// Its instruction set.
    const ARCH: Arch;

    /// Code that calls the C function at an address and behaves as badly as C may; see the file's description.
    fn trampoline(target: usize) -> Vec<u8>;
}

/// What all tests share.
pub(crate) struct World {
    target: Target,
    trampoline: fn(usize) -> usize,
    set: StubSet,
    base: usize,
    builtin_stubs: &'static [usize; BUILTIN_COUNT],
    /// Laid out as `abi::Builtins`.
    builtins: &'static [usize; BUILTIN_COUNT + 2],
    directory: &'static [DirectoryEntry; 8],
}

// SAFETY: I1: only addresses, and a directory that is written before machine code runs.
unsafe impl Send for World {}
// SAFETY: as above; each test uses slots of its own.
unsafe impl Sync for World {}

/// A context block with one table and two imports.
#[repr(C)]
pub(crate) struct Block {
    pub(crate) head: Context,
    pub(crate) table: TableView,
    pub(crate) imports: [ImportView; 2],
}

/// Offset of the table's view.
pub(crate) const TABLE: u32 = 128;
/// Offsets of the imports' views.
pub(crate) const IMPORTS: [u32; 2] = [TABLE + 24, TABLE + 48];
const _: () = assert!(std::mem::offset_of!(Block, table) == TABLE as usize);
const _: () = assert!(std::mem::offset_of!(Block, imports) == IMPORTS[0] as usize);

/// The record of a host function.
#[repr(C)]
pub(crate) struct Record {
    call: usize,
    params: u32,
    results: u32,
}

/// The shared world, or `None` on a host that does not run this code.
pub(crate) fn world<M: Tested>() -> Option<&'static World> {
    static WORLD: OnceLock<World> = OnceLock::new();
    target::<M>()
        .map(|target| WORLD.get_or_init(|| World::new(target, |to| publish_stub(&M::trampoline(to)))))
}

/// The host's target, if the code of this backend runs here.
pub(crate) fn target<M: Tested>() -> Option<Target> {
    entry::host_target().ok().filter(|target| target.arch == M::ARCH && cfg!(unix))
}

impl World {
    fn new(target: Target, trampoline: fn(usize) -> usize) -> Self {
        let set = stubs::common(&target);
        let base = publish_stub(&set.code);
        let builtin_stubs = Box::leak(Box::new(set.builtins.map(|at| base + at as usize)));
        let trap: extern "C" fn(*const Context, u64, usize, usize, u64, usize) -> usize = backtrace::trap;
        let resolve: extern "C" fn(*const Context, u64, u64, *mut u64) -> u64 = resolve;
        let builtin: extern "C" fn(*const Context, *mut u64, u64) -> u64 = builtin;
        let mut builtins = [trampoline(builtin as usize); BUILTIN_COUNT + 2];
        builtins[0] = trampoline(trap as usize);
        builtins[1] = trampoline(resolve as usize);
        let vacant = || DirectoryEntry { context: Cell::new(std::ptr::null()), tag: Cell::new(0) };
        let directory: &[DirectoryEntry; _] = Box::leak(Box::new(std::array::from_fn(|_| vacant())));
        directory[0].tag.set(NOBODY_TAG);
        Self {
            target,
            trampoline,
            set,
            base,
            builtin_stubs,
            builtins: Box::leak(Box::new(builtins)),
            directory,
        }
    }

    /// Address of the stub that traps for a freed function.
    pub(crate) fn freed(&self) -> usize {
        self.base + self.set.freed as usize
    }

    /// The directory entry of a slot.
    pub(crate) fn slot(&self, slot: usize) -> &'static DirectoryEntry {
        &self.directory[slot]
    }

    /// A context with nothing in it. `own_tag` is its identity, shifted.
    pub(crate) fn context(
        &self,
        own_tag: u64,
        entries: &'static [FuncEntry],
        table: &'static [u64],
    ) -> &'static Block {
        let import = || ImportView {
            target: Cell::new(std::ptr::null()),
            code: Cell::new(std::ptr::null()),
            word: Cell::new(0),
        };
        let head = Context {
            stack_limit: Cell::new(0),
            trap_stub: Cell::new(self.base + self.set.trap as usize),
            resolve_stub: Cell::new(self.base + self.set.resolve as usize),
            call_code: Cell::new(0),
            builtin_stubs: Cell::new(self.builtin_stubs.as_ptr()),
            entries: Cell::new(entries.as_ptr()),
            directory: Cell::new(self.directory.as_ptr()),
            own_tag: Cell::new(own_tag),
            memory: MemoryView { base: Cell::new(std::ptr::null_mut()), length_bytes: Cell::new(0) },
            state: Cell::new(0),
            interrupt: Cell::new(0),
            builtins: Cell::new(self.builtins.as_ptr().cast()),
            store: Cell::new(std::ptr::null_mut()),
            marks: Cell::new(std::ptr::null_mut()),
            stamp: Cell::new(0),
            group: Cell::new(0),
        };
        let table = TableView {
            base: Cell::new(table.as_ptr().cast_mut()),
            length: Cell::new(table.len() as u64),
            own_tag: Cell::new(own_tag),
        };
        Box::leak(Box::new(Block { head, table, imports: [import(), import()] }))
    }

    /// A host function of a signature: its record, and its stub unless one is given.
    pub(crate) fn host(&self, ty: &FuncType, stub: Option<usize>) -> (&'static Record, usize) {
        let stub = stub.unwrap_or_else(|| match stubs::host_key(&self.target, ty) {
            Some(_) => publish_stub(&stubs::host(&self.target, ty)),
            None => self.base + self.set.host_wide as usize,
        });
        let count = |n: usize| u32::try_from(n).expect("few");
        let call: extern "C" fn(*const Record, *const Context, *mut Bits) -> u64 = host;
        let record = Record {
            call: (self.trampoline)(call as usize),
            params: count(ty.params.len()),
            results: count(ty.results.len()),
        };
        (Box::leak(Box::new(record)), stub)
    }

    /// The entry stub of a signature.
    pub(crate) fn entry_stub(&self, ty: &FuncType) -> usize {
        match stubs::entry_key(&self.target, ty) {
            Some(_) => publish_stub(&stubs::entry(&self.target, ty)),
            None => self.base + self.set.entry_wide as usize,
        }
    }

    /// Calls a function by its foreign entry. Result cells start out with garbage.
    pub(crate) fn call(
        &self,
        block: &Block,
        code: usize,
        ty: &FuncType,
        args: &[Bits],
    ) -> Result<Vec<Bits>, Box<RawTrap>> {
        self.call_by(self.entry_stub(ty), block, code, ty, args)
    }

    /// As [`World::call`], through a given entry stub.
    pub(crate) fn call_by(
        &self,
        stub: usize,
        block: &Block,
        code: usize,
        ty: &FuncType,
        args: &[Bits],
    ) -> Result<Vec<Bits>, Box<RawTrap>> {
        assert_eq!(args.len(), ty.params.len());
        let garbage = Bits { low: u64::MAX, high: u64::MAX };
        let mut cells = vec![garbage; args.len().max(ty.results.len())];
        for (cell, &arg) in cells.iter_mut().zip(args).skip(ENTRY_WORDS) {
            *cell = arg;
        }
        let untouched: Vec<_> = cells.iter().copied().take(1).collect();
        let count = |n: usize| u32::try_from(n).expect("few");
        let entry = Entry {
            stub: std::ptr::with_exposed_provenance(stub),
            code: std::ptr::with_exposed_provenance(code),
            params: count(ty.params.len()),
            results: count(ty.results.len()),
            stack_bytes_max: STACK_BYTES_MAX,
        };
        let words = [0, 1].map(|n| args.get(n).map_or(u64::MAX, |arg| arg.low));
        let values = Values { words, cells: cells.as_mut_ptr() };
        // SAFETY: I1, I2; the cells live until the entry is left.
        let entered = unsafe {
            entry::enter(&entry, &raw const block.head, values, |unusual| {
                unusual.end().map_err(|trap| {
                    let backtrace = trap.resolve();
                    Box::new(RawTrap { code: trap.code, datum: trap.datum, backtrace })
                })
            })
        };
        let first = entered?;
        assert!(
            cells.iter().zip(&untouched).all(|(cell, before)| cell == before),
            "cells that stubs leave alone"
        );
        cells.truncate(ty.results.len());
        // What is above the lower half does not count.
        cells.iter_mut().for_each(|cell| cell.high = 0);
        if let Some(cell) = cells.first_mut() {
            cell.low = first;
        }
        Ok(cells)
    }
}

/// A trap as machine code left it.
#[derive(Debug)]
pub(crate) struct RawTrap {
    /// The trap's code, or a status of a host function.
    pub(crate) code: u8,
    /// Address, index or type record.
    pub(crate) datum: u64,
    /// Where it happened, innermost first.
    pub(crate) backtrace: Backtrace,
}

fn leak<R: Send + Sync + 'static>(code: &[u8], record: R) -> &'static CodeRange<R> {
    static ARENA: OnceLock<CodeArena> = OnceLock::new();
    let arena = ARENA.get_or_init(|| CodeArena::new(1 << 28).expect("address space for tests"));
    let fill = |into: &mut [u8], _| into.copy_from_slice(code);
    Box::leak(Box::new(arena.publish(code.len(), record, fill).expect("room for a test's code")))
}

/// Publishes code that belongs to no module and returns its address.
pub(crate) fn publish_stub(code: &[u8]) -> usize {
    leak(code, CodeRecord::Stubs).base()
}

/// Assembles code that belongs to no module.
pub(crate) fn assemble<M: Tested>(emit: impl FnOnce(&mut M)) -> Vec<u8> {
    let mut masm = M::new(&Target::new(M::ARCH));
    masm.buffers().current.ensure(4096);
    masm.begin_function(Reach::Near);
    emit(&mut masm);
    masm.buffers().code().to_vec()
}

/// A function of a test: what is emitted behind its foreign entry.
pub(crate) struct Func<'a, M> {
    pub(crate) frame_bytes: u32,
    pub(crate) emit: &'a dyn Fn(&mut M),
}

/// Functions as published.
pub(crate) struct Published {
    /// Addresses of the foreign entries.
    pub(crate) foreign: Vec<usize>,
    pub(crate) image: Image,
}

impl Published {
    /// The function table of a module whose functions have these types.
    pub(crate) fn entries(&self, types: &[TypeIdx]) -> &'static [FuncEntry] {
        let entry = |(&code, &ty): (&usize, &TypeIdx)| FuncEntry { code, ty: type_id(ty), pad: 0 };
        Vec::leak(self.foreign.iter().zip(types).map(entry).collect())
    }
}

/// Publishes functions as one module. Direct calls name them by position; the types are patched.
pub(crate) fn publish<M: Tested>(funcs: &[Func<'_, M>]) -> Published {
    let target = target::<M>().expect("the world exists");
    let mut masm = M::new(&target);
    let mut images = IndexVec::default();
    for func in funcs {
        masm.align(16);
        masm.buffers().current.ensure(4096);
        masm.begin_function(Reach::Near);
        let start = masm.buffers().offset();
        masm.foreign_entry();
        let local = masm.buffers().offset();
        (func.emit)(&mut masm);
        masm.finish_function().expect("all jumps fit");
        let end = masm.buffers().offset();
        let frame_bytes = func.frame_bytes;
        images.push(FuncImage { start, local, foreign: Some(start), end, frame_bytes, plain: false });
    }
    let mut code = masm.buffers().code().to_vec();
    let records = masm.buffers().take_records();
    let mut types = Vec::new();
    for (at, reloc) in records.relocs {
        match reloc {
            Reloc::Call { func, form } => {
                let callee: &FuncImage = &images.as_slice()[func.index()];
                let field = at as usize..at as usize + 4;
                let old = u32::from_le_bytes(code[field.clone()].try_into().unwrap());
                let new = M::call_field(old, at, form, callee.local).unwrap();
                code[field].copy_from_slice(&new.to_le_bytes());
            }
            Reloc::Type { ty, patch } => {
                let reloc = TypeReloc { at, ty, patch };
                patch_type(&mut code, reloc, type_id(ty));
                types.push(reloc);
            }
        }
    }
    let decl = ModuleDecl::default();
    let image = Image {
        target,
        code,
        funcs: images,
        returns: records.returns,
        accesses: records.accesses,
        types,
        layout: ContextLayout::new(&decl, 0),
        touches_tables: false,
    };
    let module = ModuleCode::new(image.clone(), Arc::new(decl));
    let base = leak(&image.code, CodeRecord::Module(Arc::new(module))).base();
    let foreign = image.funcs.as_slice().iter().map(|func| base + func.start as usize).collect();
    Published { foreign, image }
}

type Host = Box<dyn FnMut(*const Context, &mut [Bits]) -> u64>;
type Resolve = Box<dyn FnMut(&Context, u64, u64) -> Result<(u64, u64), u64>>;
type Builtin = Box<dyn FnMut(&mut [u64; 3], u64) -> u64>;

thread_local! {
    /// What the next calls of host functions do.
    pub(crate) static HOST: RefCell<Option<Host>> = const { RefCell::new(None) };
    /// What `Builtins::resolve` does: word and type to target and code, or a trap.
    pub(crate) static RESOLVE: RefCell<Option<Resolve>> = const { RefCell::new(None) };
    /// What all builtins do.
    pub(crate) static BUILTIN: RefCell<Option<Builtin>> = const { RefCell::new(None) };
}

extern "C" fn host(record: *const Record, context: *const Context, cells: *mut Bits) -> u64 {
    // SAFETY: I1, I3.
    let record = unsafe { &*record };
    let count = record.params.max(record.results) as usize;
    // SAFETY: I3: the stub made room for that many; parameters are written, results are plain bits.
    let cells = unsafe { std::slice::from_raw_parts_mut(cells, count) };
    HOST.with_borrow_mut(|host| host.as_mut().map_or(98, |host| host(context, cells)))
}

extern "C" fn resolve(context: *const Context, word: u64, ty: u64, out: *mut u64) -> u64 {
    // SAFETY: I1, I3.
    let context = unsafe { &*context };
    let found = RESOLVE
        .with_borrow_mut(|resolve| resolve.as_mut().map_or(Err(97), |resolve| resolve(context, word, ty)));
    match found {
        Ok((target, code)) => {
            context.call_code.set(code);
            // SAFETY: I3: the stub's own word.
            unsafe { out.write(target) };
            0
        }
        Err(trap) => trap,
    }
}

extern "C" fn builtin(_: *const Context, words: *mut u64, immediate: u64) -> u64 {
    // SAFETY: I3: the caller's outgoing area holds at least three words in every test.
    let words = unsafe { &mut *words.cast::<[u64; 3]>() };
    BUILTIN.with_borrow_mut(|builtin| builtin.as_mut().map_or(96, |builtin| builtin(words, immediate)))
}

/// The plan of a signature on the host's target.
pub(crate) fn plan(ty: &FuncType) -> CallPlan {
    CallPlan::new(ty, true)
}
