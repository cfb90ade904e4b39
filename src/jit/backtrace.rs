//! From machine frames to places in modules.
//!
//! Owns: what stays known of published code ([`CodeRecord`]), the record of a trap in the activation, the walk over machine
//! frames, and [`Backtrace`], which names functions and wasm offsets when it is asked.
//! Does not know: how a guard hit becomes a trap (`fault`), what a trap means to the store.
//!
//! A frame is recorded as the address behind its call or trap exit. A guard hit is recorded as the address of the access plus
//! one: no return address lies one byte into an instruction, so the two never meet.
//!
//! # Invariants
//! - I1: every batch of code is published with a [`CodeRecord`]. A record that is found by a running program counter, or by a
//!   return address on the stack, is alive: its code is, by the instance that runs it.
//! - I2: the stack pointer handed to `trap` is that of the frame that trapped, and frames lie as `FuncImage::frame_bytes` says,
//!   down to the entry stub, whose code is no module's. So every word read lies in the used part of this thread's stack. Where
//!   a call leaves the return address in a register, a function saves it as it makes its frame, and whoever calls has one: it
//!   is in the register yet only for what runs without a frame, the innermost function or a stub that traps for its caller.
//! - I3: `trap` is called by machine code only, so an activation is current and stays so until `trap` has returned.

use std::cell::Cell;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use smallvec::SmallVec;

use super::abi::{Activation, BACKTRACE_FRAMES_MAX, Context};
use super::entry;
use super::image::{FuncImage, Image};
use crate::arena::exec;
use crate::spec::module::{ExportDecl, ExternIdx, FuncIdx, ModuleDecl};
use crate::spec::trap::Trap;

/// Set in a trap code by the fault handler: the program counter is that of an access, not a return address.
pub(super) const GUARD_HIT: u64 = 0x100;

/// What `arena::exec` keeps beside every batch of code that is published, whoever publishes it.
#[derive(Debug)]
pub(crate) enum CodeRecord {
    /// The code of one module.
    Module(Arc<ModuleCode>),
    /// Code that belongs to an engine.
    Stubs,
}

/// What stays known of a module's code, also after it is gone.
pub(crate) struct ModuleCode {
    image: Image,
    decl: Arc<ModuleDecl>,
}

impl fmt::Debug for ModuleCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "code of {} functions", self.image.funcs.len())
    }
}

impl ModuleCode {
    /// What is to be known of an image. Its own copy of the code is not kept.
    pub(crate) fn new(mut image: Image, decl: Arc<ModuleDecl>) -> Self {
        image.code = Vec::new();
        Self { image, decl }
    }

    /// The image's tables; its code is empty.
    pub(crate) fn image(&self) -> &Image {
        &self.image
    }

    /// The function to which the instruction before `offset` belongs.
    fn func_before(&self, offset: u32) -> Option<&FuncImage> {
        let before = offset.checked_sub(1)?;
        self.image.func_at(before).map(|func| &self.image.funcs[func]).filter(|func| before < func.end)
    }
}

/// A position in published module code.
#[derive(Clone, Copy)]
pub(super) struct CodePlace<'r> {
    code: &'r Arc<ModuleCode>,
    offset: u32,
}

impl CodePlace<'_> {
    /// Where `pc` lies, if in module code.
    pub(super) fn of(pc: usize) -> Option<Self> {
        let (record, base) = exec::find(pc)?;
        // SAFETY: I1. The lifetime stands for "while the code runs": no caller keeps the place beyond.
        match unsafe { &*record.cast::<CodeRecord>() } {
            CodeRecord::Module(code) => Some(Self { code, offset: u32::try_from(pc - base).ok()? }),
            CodeRecord::Stubs => None,
        }
    }

    /// Whether a listed memory access starts here.
    pub(super) fn is_access(&self) -> bool {
        self.code.image.access_site(self.offset).is_some()
    }
}

/// Finds the functions of addresses; the one that was found last is tried first: a recursion is searched once.
#[derive(Default)]
struct Finder {
    /// The addresses of the function found last, and the bytes of its frame.
    last: (Range<usize>, u32),
}

impl Finder {
    /// Bytes of the frame of the function that a return address belongs to; `None` outside of module code.
    #[inline]
    fn frame_bytes_at(&mut self, pc: usize) -> Option<u32> {
        // The address may be one past the end of the code: what counts is the instruction before.
        if !self.last.0.contains(&(pc - 1)) {
            let before = CodePlace::of(pc - 1)?;
            let func = before.code.func_before(before.offset + 1)?;
            let base = pc - 1 - before.offset as usize;
            self.last = (base + func.start as usize..base + func.end as usize, func.frame_bytes);
        }
        Some(self.last.1)
    }
}

/// `abi::Builtins::trap`: records a trap on the current activation and returns where to go back to.
pub(crate) extern "C" fn trap(
    context: *const Context,
    code: u64,
    pc: usize,
    sp: usize,
    datum: u64,
    caller: usize,
) -> usize {
    let live = entry::current();
    // SAFETY: I3. Of the frames only the address is formed.
    let frames = unsafe { &raw const (*live).frames }.cast::<Cell<usize>>();
    // SAFETY: I3.
    let activation = unsafe { Recorder::of(live) };
    let guard_hit = code & !0xFF == GUARD_HIT;
    let code = (code & 0xFF) as u8;
    let start = Start {
        pc: if guard_hit { pc + 1 } else { pc },
        sp,
        frameless: code == Trap::CallStackExhausted.code(),
        caller,
    };
    let mut finder = Finder::default();
    // SAFETY: I2.
    let frames = unsafe { walk(start, frames, |pc| finder.frame_bytes_at(pc)) };
    activation.put(code, datum, context, frames);
    activation.saved_sp.get()
}

/// The fields of an activation that a trap writes, without the frames, of which most are never initialised.
pub(super) struct Recorder<'a> {
    saved_sp: &'a Cell<usize>,
    trap: &'a Cell<u8>,
    frames_len: &'a Cell<u32>,
    datum: &'a Cell<u64>,
    context: &'a Cell<*const Context>,
}

impl Recorder<'_> {
    /// # Safety
    /// `live` points to an activation.
    pub(super) unsafe fn of(live: *const Activation) -> Self {
        macro_rules! field {
            ($name:ident) => {{
                // SAFETY: the caller's.
                unsafe { &(*live).$name }
            }};
        }
        Self {
            saved_sp: field!(saved_sp),
            trap: field!(trap),
            frames_len: field!(frames_len),
            datum: field!(datum),
            context: field!(trap_context),
        }
    }

    /// Records a trap.
    pub(super) fn put(&self, code: u8, datum: u64, context: *const Context, frames: u32) {
        self.trap.set(code);
        self.datum.set(datum);
        self.context.set(context);
        self.frames_len.set(frames);
    }
}

/// Where a walk starts.
#[derive(Clone, Copy)]
struct Start {
    pc: usize,
    sp: usize,
    /// The prologue has not run.
    frameless: bool,
    /// The register that holds the return address of what runs without a frame; 0 where a call puts it on the stack.
    caller: usize,
}

/// Bytes that a return address takes on the stack.
const WORD_BYTES: usize = size_of::<usize>();

/// Writes frames from the innermost outwards and returns how many there are. `frame_bytes_at` knows the functions.
///
/// # Safety
/// I2 for `start`; `frames` has room for `BACKTRACE_FRAMES_MAX`.
unsafe fn walk(
    start: Start,
    frames: *const Cell<usize>,
    mut frame_bytes_at: impl FnMut(usize) -> Option<u32>,
) -> u32 {
    let put = |len: usize, pc: usize| {
        // SAFETY: the caller's: `len` is below the maximum.
        let frame = unsafe { frames.add(len) }.cast_mut();
        // SAFETY: likewise.
        unsafe { frame.write(Cell::new(pc)) };
        len + 1
    };
    let (mut pc, mut sp, mut caller, mut len) = (start.pc, start.sp, start.caller, 0);
    if let Some(frame_bytes) = frame_bytes_at(pc) {
        len = put(len, pc);
        if !start.frameless && frame_bytes != 0 {
            sp += frame_bytes as usize;
            caller = 0;
        }
    } // Else a stub traps for its caller: it is no frame, and the return address is on top or in the register.
    while len < BACKTRACE_FRAMES_MAX {
        if caller == 0 {
            // SAFETY: I2: the return address of a frame lies behind the frame.
            pc = unsafe { std::ptr::with_exposed_provenance::<usize>(sp).read() };
            sp += WORD_BYTES;
        } else {
            pc = std::mem::take(&mut caller);
        }
        let Some(frame_bytes) = frame_bytes_at(pc) else { break };
        len = put(len, pc);
        sp += frame_bytes as usize;
    }
    u32::try_from(len).unwrap_or(0)
}

/// What `trap` left in an activation.
#[derive(Debug)]
pub(crate) struct Recorded<'a> {
    /// The trap's code, or a status of a host function that the store knows.
    pub(crate) code: u8,
    /// Address, index or type record: see the trap's site.
    pub(crate) datum: u64,
    /// The context that ran.
    pub(crate) context: *const Context,
    frames: &'a [usize],
}

impl Recorded<'_> {
    /// Reads an activation of which only the recorded frames are initialised.
    ///
    /// # Safety
    /// `activation` points to such an activation, which stays, and a trap was recorded in it.
    pub(super) unsafe fn of(activation: *const Activation) -> Self {
        // SAFETY: the caller's.
        let recorder = unsafe { Recorder::of(activation) };
        // SAFETY: the caller's: only the address is formed.
        let frames = unsafe { &raw const (*activation).frames }.cast::<usize>();
        // SAFETY: the caller's: this many are initialised, and `Cell<usize>` lies as `usize` does.
        let frames = unsafe { std::slice::from_raw_parts(frames, recorder.frames_len.get() as usize) };
        Self {
            code: recorder.trap.get(),
            datum: recorder.datum.get(),
            context: recorder.context.get(),
            frames,
        }
    }

    /// The frames as places in modules, each module kept alive.
    ///
    /// The code that the frames name must still be published: an activation is left before its store can free anything.
    pub(crate) fn resolve(&self) -> Backtrace {
        let mut backtrace = Backtrace::default();
        backtrace.frames.reserve_exact(self.frames.len());
        for &pc in self.frames {
            if let Some(before) = CodePlace::of(pc - 1) {
                backtrace.push(before.code, before.offset + 1);
            }
        }
        backtrace
    }
}

/// The wasm frames of a trap, innermost first. It keeps the tables of its modules alive, not their code.
#[derive(Clone, Default)]
pub struct Backtrace {
    modules: SmallVec<[Arc<ModuleCode>; 1]>,
    frames: SmallVec<[Place; 4]>,
}

/// A position in the code of `modules[module]`.
#[derive(Clone, Copy)]
struct Place {
    module: u8,
    /// Bytes from the start of the code to the recorded address.
    offset: u32,
}

impl Backtrace {
    fn push(&mut self, code: &Arc<ModuleCode>, offset: u32) {
        let known = self.modules.iter().rposition(|module| Arc::ptr_eq(module, code));
        let module = known.unwrap_or_else(|| {
            self.modules.push(Arc::clone(code));
            self.modules.len() - 1
        });
        let module = u8::try_from(module).expect("at most 64 frames, so at most 64 modules");
        self.frames.push(Place { module, offset });
    }

    /// Number of frames.
    #[must_use]
    pub fn len(&self) -> usize {
        self.frames.len()
    }

    /// Whether there is no wasm frame.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// The frames, innermost first.
    #[must_use]
    pub fn frames(&self) -> impl ExactSizeIterator<Item = Frame<'_>> {
        self.frames.iter().map(|&place| self.frame(place))
    }

    /// Whether the trap was an access that hit a guard.
    pub(crate) fn is_guard_hit(&self) -> bool {
        self.frames.first().is_some_and(|&place| self.access(place).is_some())
    }

    fn frame(&self, place: Place) -> Frame<'_> {
        let record = &self.modules[usize::from(place.module)];
        let image = &record.image;
        let defined = image.func_at(place.offset - 1).expect("only addresses in functions are recorded");
        let func = record.decl.func_idx(defined);
        let wasm = image.return_site(place.offset).or_else(|| self.access(place));
        Frame { decl: &record.decl, func, offset: wasm }
    }

    fn access(&self, place: Place) -> Option<u32> {
        let image = &self.modules[usize::from(place.module)].image;
        image.access_site(place.offset - 1)
    }
}

impl fmt::Debug for Backtrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.frames()).finish()
    }
}

/// Prints a line per frame: its number, the function, and where in the module.
impl fmt::Display for Backtrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.frames().enumerate().try_for_each(|(n, frame)| {
            let line = if n == 0 { "" } else { "\n" };
            write!(f, "{line}{n:>5}: {frame}")
        })
    }
}

/// One wasm frame of a [`Backtrace`].
#[derive(Clone, Copy)]
pub struct Frame<'a> {
    decl: &'a ModuleDecl,
    func: FuncIdx,
    offset: Option<u32>,
}

impl<'a> Frame<'a> {
    /// Index of the function in its module, imports counted.
    #[must_use]
    pub fn func_index(&self) -> u32 {
        self.func.as_u32()
    }

    /// Name of the function: from the module's name section, else a name it is exported under.
    #[must_use]
    pub fn func_name(&self) -> Option<&'a str> {
        let exported = |export: &&'a ExportDecl| export.item == ExternIdx::Func(self.func);
        let by_export = || self.decl.exports.iter().find(exported).map(|export| &*export.name);
        self.decl.names.func(self.func).or_else(by_export)
    }

    /// Name of the module, from its name section.
    #[must_use]
    pub fn module_name(&self) -> Option<&'a str> {
        self.decl.names.module.as_deref()
    }

    /// Byte offset in the module of the operator that trapped or called.
    #[must_use]
    pub fn module_offset(&self) -> Option<u32> {
        self.offset
    }
}

impl fmt::Display for Frame<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(module) = self.module_name() {
            write!(f, "{module}!")?;
        }
        match self.func_name() {
            Some(name) => write!(f, "{name}")?,
            None => write!(f, "func{}", self.func_index())?,
        }
        self.offset.map_or(Ok(()), |offset| write!(f, " at {offset:#x}"))
    }
}

impl fmt::Debug for Frame<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arena::index::IndexVec;
    use crate::jit::abi::ContextLayout;
    use crate::jit::image::Site;
    use crate::jit::target::{Arch, Target};
    use crate::spec::module::{ExportDecl, Exports, ImportedCounts};

    /// Frame sizes by return address; everything else is no module's code.
    const FUNCS: [(usize, u32); 3] = [(0x1000, 32), (0x2000, 0), (0x3000, 16)];

    fn check(stack: &[usize], start: (usize, bool, usize), expected: &[usize]) {
        let (pc, frameless, caller) = start;
        let frames = [const { Cell::new(0) }; BACKTRACE_FRAMES_MAX];
        let start = Start { pc, sp: stack.as_ptr().expose_provenance(), frameless, caller };
        let known = |pc| FUNCS.iter().find(|func| func.0 == pc).map(|func| func.1);
        // SAFETY: the stack of every row ends with a word that is no module's code.
        let len = unsafe { walk(start, frames.as_ptr(), known) };
        let found: Vec<usize> = frames[..len as usize].iter().map(Cell::get).collect();
        assert_eq!(found, expected, "{pc:#x} on {stack:x?}");
    }

    #[test]
    fn a_walk_follows_frame_sizes_to_the_entry_stub() {
        // A frame of 32 bytes, one of 0, one of 16, the entry stub.
        check(&[7, 7, 7, 7, 0x2000, 0x3000, 7, 7, 0x9000], (0x1000, false, 0), &[0x1000, 0x2000, 0x3000]);
        check(&[0x9000], (0x2000, false, 0), &[0x2000]);
    }

    #[test]
    fn a_trap_before_the_prologue_has_no_frame_yet() {
        check(&[0x3000, 7, 7, 0x9000], (0x1000, true, 0), &[0x1000, 0x3000]);
    }

    #[test]
    fn a_stub_that_traps_is_no_frame() {
        check(&[0x3000, 7, 7, 0x9000], (0x8888, false, 0), &[0x3000]);
        check(&[0x9000], (0x8888, true, 0), &[]);
    }

    #[test]
    fn a_return_address_in_a_register_counts_where_there_is_no_frame() {
        check(&[7, 7, 0x9000], (0x2000, false, 0x3000), &[0x2000, 0x3000]);
        check(&[7, 7, 0x9000], (0x1000, true, 0x3000), &[0x1000, 0x3000]);
        check(&[7, 7, 0x9000], (0x8888, false, 0x3000), &[0x3000]);
        check(&[7, 7, 7, 7, 0x9000], (0x1000, false, 0x3000), &[0x1000]);
    }

    #[test]
    fn a_walk_stops_when_the_record_is_full() {
        check(&[0x2000; 100], (0x2000, false, 0), &[0x2000; BACKTRACE_FRAMES_MAX]);
    }

    fn module() -> Arc<ModuleCode> {
        let func =
            |start, end| FuncImage { start, local: start, foreign: None, end, frame_bytes: 0, plain: false };
        let export = ExportDecl { name: "run".into(), item: ExternIdx::Func(FuncIdx::new(2)) };
        let mut decl = ModuleDecl {
            imported: ImportedCounts { funcs: 1, ..Default::default() },
            exports: Exports::new(vec![export]),
            ..Default::default()
        };
        decl.names.module = Some("m".into());
        decl.names.push_func(FuncIdx::new(1), "inner");
        let image = Image {
            target: Target::new(Arch::X64),
            code: vec![0xCC; 4],
            funcs: IndexVec::from(vec![func(0, 16), func(16, 32)]),
            returns: vec![Site { code: 16, wasm: 0x40 }, Site { code: 30, wasm: 0x50 }],
            accesses: vec![Site { code: 16, wasm: 0x60 }],
            types: Vec::new(),
            layout: ContextLayout::new(&decl, 0),
            touches_tables: false,
        };
        Arc::new(ModuleCode::new(image, Arc::new(decl)))
    }

    #[test]
    fn frames_name_function_and_offset() {
        let module = module();
        let mut backtrace = Backtrace::default();
        // Behind the last instruction of one function, which is where the next one starts; then a return address in that.
        backtrace.push(&module, 16);
        backtrace.push(&module, 30);
        assert_eq!(backtrace.to_string(), "    0: m!inner at 0x40\n    1: m!run at 0x50");
        assert!(!backtrace.is_guard_hit());
        assert_eq!((backtrace.len(), backtrace.modules.len()), (2, 1));
    }

    #[test]
    fn a_guard_hit_names_the_access() {
        let module = module();
        let mut backtrace = Backtrace::default();
        backtrace.push(&module, 17);
        assert!(backtrace.is_guard_hit());
        let frame = backtrace.frames().next().unwrap();
        assert_eq!((frame.func_index(), frame.module_offset()), (2, Some(0x60)));
    }

    #[test]
    fn a_backtrace_keeps_its_module() {
        let module = module();
        let mut backtrace = Backtrace::default();
        backtrace.push(&module, 30);
        let weak = Arc::downgrade(&module);
        drop(module);
        assert!(weak.upgrade().is_some());
        drop(backtrace);
        assert!(weak.upgrade().is_none());
    }
}
