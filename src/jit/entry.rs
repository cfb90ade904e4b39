//! The one jump into machine code, and which machine this host is.
//!
//! Owns: the chain of activations of this thread, the stack limit of an entry, the target that the host can run.
//! Does not know: a store, an instance, a typed value. `store::call` prepares contexts and cells and reads the outcome.
//!
//! # Invariants
//! - I1: `Entry::stub` is the address of a published entry stub made for the class of the function at `Entry::code`; the
//!   context, the code and the cells live until the entry is left. The caller of [`enter`] proves it.
//! - I2: activations nest strictly per thread. `CURRENT` is null or points to a `Live` in a frame of this thread that has
//!   not returned; whoever leaves one that is not on top ends the process, so the pointer never dangles.
//! - I3: machine code neither unwinds nor is unwound through; it comes back through the entry stub alone, so what follows the
//!   jump always runs.
//! - I4: of `Activation::frames` only the first `frames_len` entries are initialised.

use std::cell::Cell;
use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::ops::Range;

use super::abi::{Activation, Context, EntryFn, FRAME_BYTES_MAX, STACK_RESERVE_BYTES, ValueCell};
use super::backtrace::{self, Backtrace};
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

/// What one entry needs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    /// Address of the entry stub of the function's class.
    pub(crate) stub: *const u8,
    /// The context of the instance that defines the function.
    pub(crate) context: *const Context,
    /// The function's foreign entry.
    pub(crate) code: *const u8,
    /// Parameters in, results out.
    pub(crate) cells: *mut ValueCell,
    /// Number of parameters.
    pub(crate) params: u32,
    /// Number of results.
    pub(crate) results: u32,
    /// Bytes of stack that an outermost entry may use.
    pub(crate) stack_bytes_max: usize,
}

/// A trap as machine code left it.
#[derive(Debug)]
pub(crate) struct RawTrap {
    /// The trap's code, or a status of a host function that the store knows.
    pub(crate) code: u8,
    /// Address, index or type record: see the trap's site.
    pub(crate) datum: u64,
    /// The context that ran.
    pub(crate) context: *const Context,
    /// Where it happened, innermost first.
    pub(crate) backtrace: Backtrace,
}

/// An entry that has not been left.
#[repr(C)]
struct Live {
    activation: Activation,
    /// The activation below.
    outer: *const Live,
    /// Address of this record: about the stack pointer at the entry.
    sp: usize,
    limit: usize,
}

thread_local! {
    static CURRENT: Cell<*const Live> = const { Cell::new(std::ptr::null()) };
    static OWN_STACK: Cell<(usize, usize)> = const { Cell::new((0, 0)) };
}

/// Runs a function. `reset_limits` is called afterwards if the entry was made on another stack than the one below it: it
/// writes the limit of that one into the contexts that machine code below may be running on.
///
/// # Errors
/// If the function traps, or the stack is used up already.
///
/// # Safety
/// I1 for `entry`.
pub(crate) unsafe fn enter(entry: &Entry, reset_limits: impl FnOnce(usize)) -> Result<(), Box<RawTrap>> {
    let mut live = MaybeUninit::<Live>::uninit();
    let live = live.as_mut_ptr();
    let outer = CURRENT.get();
    // SAFETY: I2: whatever the chain holds lives.
    let limit = unsafe { limit_for(live.addr(), outer, entry.stack_bytes_max) };
    if live.addr() < limit {
        return Err(exhausted(entry.context));
    }
    // SAFETY: `live` is a local of this frame.
    unsafe { prepare(live, entry, outer, limit) };
    // SAFETY: I1: the context lives.
    unsafe { &*entry.context }.stack_limit.set(limit);
    CURRENT.set(live);
    // SAFETY: I1.
    let status = unsafe { jump(entry, live) };
    if CURRENT.get() != live.cast_const() {
        left_out_of_order();
    }
    CURRENT.set(outer);
    if !outer.is_null() {
        // SAFETY: I2.
        let outer_limit = unsafe { &*outer }.limit;
        if outer_limit != limit {
            reset_limits(outer_limit);
        }
    }
    if status == 0 {
        return Ok(());
    }
    // SAFETY: I2: the record was initialised above and nobody else has it any more.
    Err(unsafe { trapped(live) })
}

/// The stack limit of an entry at `sp`, with `outer` below.
///
/// # Safety
/// I2 for `outer`.
unsafe fn limit_for(sp: usize, outer: *const Live, stack_bytes_max: usize) -> usize {
    let own = own_stack();
    let mut below = outer;
    while !below.is_null() {
        // SAFETY: I2.
        let live = unsafe { &*below };
        if on_same_stack(sp, live.sp, live.limit, &own) {
            return live.limit;
        }
        below = live.outer;
    }
    fresh_limit(sp, &own, stack_bytes_max)
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
    let wanted = sp.saturating_sub(stack_bytes_max).max(LIMIT_MIN);
    if own.contains(&sp) { wanted.max(own.start + STACK_RESERVE_BYTES as usize) } else { wanted }
}

/// The thread's own stack; empty where the system does not tell.
fn own_stack() -> Range<usize> {
    let (mut bottom, mut top) = OWN_STACK.get();
    if top == 0 {
        // One past everything stands for "unknown": asked once, contains nothing.
        let known = pages::thread_stack_bounds().unwrap_or(usize::MAX..usize::MAX);
        (bottom, top) = (known.start, known.end);
        OWN_STACK.set((bottom, top));
    }
    bottom..top
}

/// Writes all of `live` but the frames.
///
/// # Safety
/// `live` may be written.
unsafe fn prepare(live: *mut Live, entry: &Entry, outer: *const Live, limit: usize) {
    macro_rules! set {
        ($($field:ident).+ = $value:expr) => {{
            // SAFETY: the caller's: `live` may be written.
            let field = unsafe { &raw mut (*live).$($field).+ };
            // SAFETY: likewise.
            unsafe { field.write($value) };
        }};
    }
    set!(activation.saved_sp = Cell::new(0));
    set!(activation.params = entry.params);
    set!(activation.results = entry.results);
    set!(activation.outer = outer.cast());
    set!(activation.context = entry.context);
    set!(activation.trap = Cell::new(0));
    set!(activation.frames_len = Cell::new(0));
    set!(activation.datum = Cell::new(0));
    set!(activation.trap_context = Cell::new(entry.context));
    set!(outer = outer);
    set!(sp = live.addr());
    set!(limit = limit);
}

/// The jump.
///
/// # Safety
/// I1; `live` is prepared.
unsafe fn jump(entry: &Entry, live: *const Live) -> u64 {
    // SAFETY: I1: the address is that of a stub of this signature.
    #[expect(clippy::disallowed_methods, reason = "the one place that turns an address into a function")]
    let stub = unsafe { std::mem::transmute::<*const u8, EntryFn>(entry.stub) };
    // Cores of x86_64 see to it themselves.
    if cfg!(target_arch = "aarch64") {
        exec::fetch_anew();
    }
    // SAFETY: I1; I3 says that it returns. `Activation` is the first field of `Live`.
    unsafe { stub(entry.context, entry.code, entry.cells, live.cast()) }
}

#[cold]
fn left_out_of_order() -> ! {
    fault::die("skep: an entry into machine code was left out of order (a library that switches stacks?)\n")
}

#[cold]
fn exhausted(context: *const Context) -> Box<RawTrap> {
    Box::new(RawTrap {
        code: Trap::CallStackExhausted.code(),
        datum: 0,
        context,
        backtrace: Backtrace::default(),
    })
}

/// # Safety
/// `live` is prepared, the entry stub has returned 1, and the code that ran is still published.
#[cold]
unsafe fn trapped(live: *const Live) -> Box<RawTrap> {
    // SAFETY: the caller's. Addresses of fields only.
    let activation = unsafe { &raw const (*live).activation };
    // SAFETY: the caller's.
    let recorded = unsafe { backtrace::Recorded::of(activation) };
    let backtrace = recorded.resolve();
    Box::new(RawTrap { code: recorded.code, datum: recorded.datum, context: recorded.context, backtrace })
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
    CURRENT.get().cast()
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
