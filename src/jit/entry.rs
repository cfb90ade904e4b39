//! The one jump into machine code, and which machine this host is.
//!
//! Owns: the chain of activations of this thread, the stack limit of an entry, the target that the host can run.
//! Does not know: a store, an instance, a typed value. `store::call` prepares contexts and cells and reads the outcome.
//!
//! # Invariants
//! - I1: `Entry::stub` is the address of a published entry stub made for the class of the function at `Entry::code`, and the
//!   context is that of its instance; context, code and cells live until the entry is left. The caller of [`enter`] proves it.
//! - I2: activations nest strictly per thread. `CURRENT` is null or points to an activation in a frame of this thread
//!   that has not returned; whoever leaves one that is not on top ends the process, so the pointer never dangles.
//! - I3: machine code neither unwinds nor is unwound through; it comes back through the entry stub alone, so what follows the
//!   jump always runs.
//! - I4: of an activation in use `outer`, `limit`, `params` and `results` are initialised; `saved_sp` by the entry stub; the rest
//!   when a trap is recorded, of `frames` the first `frames_len` entries.

use std::cell::Cell;
use std::ffi::c_void;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::ops::Range;

use super::abi::{
    Activation, Context, ENTRY_WORDS, EntryEnd, EntryFn, FRAME_BYTES_MAX, LANE_REFUSED, STACK_RESERVE_BYTES,
    ValueCell,
};
use super::backtrace::{Recorded, Recorder};
use super::fault;
use super::target::{Arch, Target};
use crate::arena::{exec, pages};
use crate::spec::trap::Trap;

/// The target of this host, guarded, with every technique on; or why there is none.
///
/// # Errors
/// If no backend exists for the machine, or it lacks what the backend takes for granted.
pub(crate) fn host_target() -> Result<Target, &'static str> {
    host::target()
}

#[cfg(target_arch = "x86_64")]
mod host {
    use super::{Arch, Target};
    use crate::jit::target::Cpu;
    use std::arch::is_x86_feature_detected as has;

    pub(super) fn target() -> Result<Target, &'static str> {
        if !(has!("ssse3") && has!("sse4.1")) {
            return Err("x86_64 without SSSE3 and SSE4.1");
        }
        let detected = [
            (has!("avx"), Cpu::AVX),
            (has!("bmi1"), Cpu::BMI1),
            (has!("bmi2"), Cpu::BMI2),
            (has!("lzcnt"), Cpu::LZCNT),
            (has!("popcnt"), Cpu::POPCNT),
            (has!("fma"), Cpu::FMA),
        ];
        let present = detected.into_iter().filter(|&(present, _)| present);
        let cpu = present.fold(Cpu::NONE, |set, (_, feature)| set.with(feature));
        Ok(Target { cpu, ..Target::new(Arch::X64) })
    }
}

#[cfg(target_arch = "aarch64")]
mod host {
    use super::{Arch, Target};

    pub(super) fn target() -> Result<Target, &'static str> {
        Ok(Target::new(Arch::Aarch64))
    }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
mod host {
    use super::Target;

    pub(super) fn target() -> Result<Target, &'static str> {
        Err("an architecture other than x86_64 and aarch64")
    }
}

/// What entries into one function have in common.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    /// Address of the entry stub of the function's class.
    pub(crate) stub: *const u8,
    /// The function's foreign entry.
    pub(crate) code: *const u8,
    /// Number of parameters.
    pub(crate) params: u32,
    /// Number of results.
    pub(crate) results: u32,
    /// Bytes of stack that an outermost entry may use.
    pub(crate) stack_bytes_max: usize,
}

// SAFETY: plain addresses; who follows them proves I1.
unsafe impl Send for Entry {}
// SAFETY: likewise.
unsafe impl Sync for Entry {}

/// The values of one entry.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Values {
    /// The words of the first two parameters.
    pub(crate) words: [u64; ENTRY_WORDS],
    /// The other parameters in, all results but the first out, each in its place: none of them, and this may be dangling. For a
    /// lane stub an `abi::LaneRun`.
    pub(crate) cells: *mut ValueCell,
}

thread_local! {
    /// The innermost activation.
    static CURRENT: Cell<*const Activation> = const { Cell::new(std::ptr::null()) };
    /// The thread's own stack: its lowest address, 0 before it was asked for, and its bytes, 0 where the system does not tell.
    static OWN_STACK: Cell<(usize, usize)> = const { Cell::new((0, 0)) };
}

/// Runs a function of the instance with this context and returns the word of its first result. `otherwise` is asked when
/// something else is to be done.
///
/// # Errors
/// Those of `otherwise`.
///
/// # Safety
/// I1 for the first three.
#[inline]
pub(crate) unsafe fn enter<E>(
    entry: &Entry,
    context: *const Context,
    values: Values,
    otherwise: impl FnOnce(Unusual<'_>) -> Result<u64, E>,
) -> Result<u64, E> {
    let mut live = MaybeUninit::<Activation>::uninit();
    let live = live.as_mut_ptr();
    let [first, second] = values.words;
    // SAFETY: the caller's; `live` is a local of this frame.
    let end = unsafe { enter_with_words(live, entry, context, values.cells, first, second) };
    if end.status == 0 {
        return Ok(end.word);
    }
    otherwise(Unusual { live, end, life: PhantomData })
}

/// Bits of the status of an entry that has been left.
const TRAPPED: u64 = 1;
const LIMIT_CHANGED: u64 = 2;
const _: () = assert!(LANE_REFUSED & (TRAPPED | LIMIT_CHANGED) == 0);

/// An entry that was left and did not simply return to the same stack.
pub(crate) struct Unusual<'a> {
    live: *const Activation,
    end: EntryEnd,
    life: PhantomData<&'a Activation>,
}

impl<'a> Unusual<'a> {
    /// If the entry was made on another stack than the one below it: the limit of that one, for the contexts that machine code
    /// below may be running on.
    pub(crate) fn limit_to_reset(&self) -> Option<usize> {
        // SAFETY: I4: the activation was made, and its frame stands.
        (self.end.status & LIMIT_CHANGED != 0).then(|| limit_of(unsafe { (*self.live).outer }))
    }

    /// Whether a lane stub has come to an instance that must not run.
    pub(crate) fn is_refused(&self) -> bool {
        self.end.status & LANE_REFUSED != 0
    }

    /// The word of the first result, or the trap. The code that ran must still be published when that is looked at.
    ///
    /// # Errors
    /// If the function has trapped, or the stack was used up already.
    pub(crate) fn end(&self) -> Result<u64, Recorded<'a>> {
        if self.end.status & TRAPPED == 0 {
            return Ok(self.end.word);
        }
        // SAFETY: I4: a trap was recorded, and the frame stands.
        Err(unsafe { Recorded::of(self.live) })
    }
}

/// Not generic and not inlined, so that this thread's variables are reached directly.
///
/// # Safety
/// As [`enter`]; `live` is a local of the caller's.
#[inline(never)]
unsafe fn enter_with_words(
    live: *mut Activation,
    entry: &Entry,
    context: *const Context,
    cells: *mut ValueCell,
    first: u64,
    second: u64,
) -> EntryEnd {
    let outer = CURRENT.get();
    let (start, bytes) = OWN_STACK.get();
    let sp = live.addr();
    if !outer.is_null() || sp.wrapping_sub(start) >= bytes {
        // SAFETY: the caller's.
        return unsafe { enter_elsewhere(live, entry, context, cells, first, second) };
    }
    let limit = fresh_own_limit(sp, start, entry.stack_bytes_max);
    let none = std::ptr::null();
    // SAFETY: the caller's.
    unsafe { enter_on(live, (none, limit), entry, context, (cells, [first, second])) }
}

/// The same where the entry is not an outermost one on the thread's own stack, or it is the first of its thread.
///
/// # Safety
/// As [`enter_with_words`].
#[cold]
#[inline(never)]
unsafe fn enter_elsewhere(
    live: *mut Activation,
    entry: &Entry,
    context: *const Context,
    cells: *mut ValueCell,
    first: u64,
    second: u64,
) -> EntryEnd {
    let outer = CURRENT.get();
    let limit = limit_for(live.addr(), outer, entry.stack_bytes_max);
    // SAFETY: the caller's.
    unsafe { enter_on(live, (outer, limit), entry, context, (cells, [first, second])) }
}

/// Makes an activation, runs, and takes it off.
///
/// # Safety
/// As [`enter_with_words`]; `outer` is the innermost activation.
#[inline(always)]
unsafe fn enter_on(
    live: *mut Activation,
    (outer, limit): (*const Activation, usize),
    entry: &Entry,
    context: *const Context,
    (cells, [first, second]): (*mut ValueCell, [u64; ENTRY_WORDS]),
) -> EntryEnd {
    // SAFETY: the caller's.
    unsafe { prepare(live, entry, outer, limit) };
    if live.addr() < limit {
        // SAFETY: the caller's.
        return unsafe { exhausted(live, context) };
    }
    // SAFETY: I1: the context lives.
    unsafe { &*context }.stack_limit.set(limit);
    CURRENT.set(live);
    // SAFETY: I1: the address is that of a stub of this signature.
    #[expect(clippy::disallowed_methods, reason = "the one place that turns an address into a function")]
    let stub = unsafe { std::mem::transmute::<*const u8, EntryFn>(entry.stub) };
    // Cores of x86_64 see to it themselves.
    if cfg!(target_arch = "aarch64") {
        exec::fetch_anew();
    }
    // SAFETY: I1; I3 says that it returns.
    let end = unsafe { stub(context, entry.code, cells, live, first, second) };
    if CURRENT.get() != live.cast_const() {
        left_out_of_order();
    }
    CURRENT.set(outer);
    if outer.is_null() || limit_of(outer) == limit_of(live) {
        return end;
    }
    EntryEnd { status: end.status | LIMIT_CHANGED, word: end.word }
}

/// The limit of an activation of the chain.
#[inline]
fn limit_of(activation: *const Activation) -> usize {
    // SAFETY: I2, I4: whatever the chain holds lives.
    unsafe { (*activation).limit }
}

/// The stack limit of an entry at `sp`, with `outer` of the chain below.
fn limit_for(sp: usize, outer: *const Activation, stack_bytes_max: usize) -> usize {
    let own = own_stack();
    let mut below = outer;
    while !below.is_null() {
        let limit = limit_of(below);
        if on_same_stack(sp, below.addr(), limit, &own) {
            return limit;
        }
        // SAFETY: I2, I4: whatever the chain holds lives.
        below = unsafe { (*below).outer };
    }
    fresh_limit(sp, &own, stack_bytes_max)
}

/// The thread's own stack; empty where the system does not tell.
fn own_stack() -> Range<usize> {
    let (mut start, mut bytes) = OWN_STACK.get();
    if start == 0 {
        let known = pages::thread_stack_bounds().unwrap_or(usize::MAX..usize::MAX);
        (start, bytes) = (known.start, known.len());
        OWN_STACK.set((start, bytes));
    }
    start..start + bytes
}

/// Whether an entry at `sp` stands on the stack on which one at `outer_sp` was made. The bounds of a stack that is not the
/// thread's own are not known: what lies between the outer entry and its limit's reserve is taken for it.
fn on_same_stack(sp: usize, outer_sp: usize, outer_limit: usize, own: &Range<usize>) -> bool {
    match (own.contains(&sp), own.contains(&outer_sp)) {
        (true, true) => true,
        (false, false) => sp <= outer_sp && sp >= outer_limit.saturating_sub(STACK_RESERVE_BYTES as usize),
        _ => false,
    }
}

/// No stack pointer of machine code is lower, so that the size of any frame can be subtracted from it.
const LIMIT_MIN: usize = FRAME_BYTES_MAX as usize + STACK_RESERVE_BYTES as usize;

/// The limit of an entry that has none below it on its stack.
fn fresh_limit(sp: usize, own: &Range<usize>, stack_bytes_max: usize) -> usize {
    if own.contains(&sp) {
        fresh_own_limit(sp, own.start, stack_bytes_max)
    } else {
        sp.saturating_sub(stack_bytes_max).max(LIMIT_MIN)
    }
}

/// The same on the thread's own stack, whose lowest address is `start`.
#[inline]
fn fresh_own_limit(sp: usize, start: usize, stack_bytes_max: usize) -> usize {
    sp.saturating_sub(stack_bytes_max).max(start + STACK_RESERVE_BYTES as usize).max(LIMIT_MIN)
}

/// Writes what an entry needs of its activation.
///
/// # Safety
/// `live` may be written.
#[inline]
unsafe fn prepare(live: *mut Activation, entry: &Entry, outer: *const Activation, limit: usize) {
    macro_rules! set {
        ($field:ident = $value:expr) => {{
            // SAFETY: the caller's: `live` may be written.
            let field = unsafe { &raw mut (*live).$field };
            // SAFETY: likewise.
            unsafe { field.write($value) };
        }};
    }
    set!(params = entry.params);
    set!(results = entry.results);
    set!(outer = outer);
    set!(limit = limit);
}

#[cold]
fn left_out_of_order() -> ! {
    fault::die("skep: an entry into machine code was left out of order (a library that switches stacks?)\n")
}

/// # Safety
/// `live` may be written.
#[cold]
#[inline(never)]
unsafe fn exhausted(live: *mut Activation, context: *const Context) -> EntryEnd {
    // SAFETY: the caller's.
    let recorder = unsafe { Recorder::of(live) };
    recorder.put(Trap::CallStackExhausted.code(), 0, context, 0);
    EntryEnd { status: TRAPPED, word: 0 }
}

/// Calls a signal handler that stands at `handler`: with all three arguments, or with the signal only.
///
/// # Safety
/// A handler of that form stands there, and the arguments are what the kernel gave.
pub(super) unsafe fn call_handler(
    handler: usize,
    takes_info: bool,
    (signal, info, machine): (i32, *mut c_void, *mut c_void),
) {
    type Long = unsafe extern "C" fn(i32, *mut c_void, *mut c_void);
    type Short = unsafe extern "C" fn(i32);
    let handler = std::ptr::with_exposed_provenance::<()>(handler);
    if takes_info {
        // SAFETY: the caller's.
        #[expect(clippy::disallowed_methods, reason = "turns an address into a function, as `jump` does")]
        let handler = unsafe { std::mem::transmute::<*const (), Long>(handler) };
        // SAFETY: the caller's.
        unsafe { handler(signal, info, machine) };
    } else {
        // SAFETY: the caller's.
        #[expect(clippy::disallowed_methods, reason = "turns an address into a function, as `jump` does")]
        let handler = unsafe { std::mem::transmute::<*const (), Short>(handler) };
        // SAFETY: the caller's.
        unsafe { handler(signal) };
    }
}

/// The innermost activation of this thread; null outside of machine code.
pub(super) fn current() -> *const Activation {
    CURRENT.get()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIB: usize = 1024;
    const RESERVE: usize = STACK_RESERVE_BYTES as usize;
    const OWN: Range<usize> = 0x1010_0000..0x1090_0000;

    #[test]
    fn a_fresh_limit_keeps_the_reserve_of_the_own_stack() {
        let check =
            |sp, stack_bytes_max, expected| assert_eq!(fresh_limit(sp, &OWN, stack_bytes_max), expected);
        check(0x1080_0000, 512 * KIB, 0x1080_0000 - 512 * KIB);
        check(0x1080_0000, 64 * 1024 * KIB, OWN.start + RESERVE);
        check(OWN.start + 10, 512 * KIB, OWN.start + RESERVE);
        check(0x1100_0000, 512 * KIB, 0x1100_0000 - 512 * KIB);
        check(100, 512 * KIB, LIMIT_MIN);
    }

    #[test]
    fn entries_on_one_stack_share_a_limit() {
        let check = |sp, outer_sp, outer_limit, same| {
            assert_eq!(on_same_stack(sp, outer_sp, outer_limit, &OWN), same, "{sp:#x} under {outer_sp:#x}");
        };
        let fibre = 0x1200_0000;
        check(0x1070_0000, 0x1080_0000, 0x1060_0000, true);
        check(0x1050_0000, 0x1080_0000, 0x1060_0000, true);
        check(0x1088_0000, 0x1080_0000, 0x1060_0000, true);
        check(fibre, 0x1080_0000, 0x1060_0000, false);
        check(0x1070_0000, fibre, fibre - 512 * KIB, false);
        check(fibre - KIB, fibre, fibre - 512 * KIB, true);
        check(fibre - 512 * KIB - RESERVE, fibre, fibre - 512 * KIB, true);
        check(fibre - 1024 * KIB, fibre, fibre - 512 * KIB, false);
        check(fibre + 1, fibre, fibre - 512 * KIB, false);
    }

    #[test]
    fn the_own_stack_holds_a_local() {
        let check = || {
            let local = 0u8;
            assert!(own_stack().contains(&(&raw const local).addr()));
        };
        check();
        std::thread::spawn(check).join().unwrap();
    }

    #[test]
    fn this_host_has_a_target() {
        let target = host_target().unwrap();
        assert!(target.tuning == super::super::target::Tuning::ALL && !target.verify);
    }
}
