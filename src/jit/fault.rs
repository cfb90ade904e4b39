//! Guard-page hits: from the signal to the trap stub.
//!
//! Owns: the handlers of SIGSEGV and SIGBUS, which faults are ours, what happens to all others, the last words of a process
//! that broke an invariant.
//! Does not know: what a trap records (`backtrace`), where memories lie (the context says it).
//!
//! A fault is a trap if the program counter is a listed access of published module code *and* the address lies in the
//! inaccessible part of the slot of the running instance's memory. With the counter in our code and any other address the
//! process ends: that is an escape or a bug of the compiler, and no handler of the host may swallow it. Everything else goes to
//! the handler that stood before, with the same information.
//!
//! # Invariants
//! - I1: the handlers call async-signal-safe functions only, take no lock and allocate nothing.
//! - I2: while the program counter stands in published module code, the context register holds the address of a live context.
//! - I3: the kernel hands a handler installed with `SA_SIGINFO` a valid `siginfo_t` and `ucontext_t`.
//! - I4: a `PREVIOUS` entry is null or a leaked `sigaction` that the kernel filled; it is never freed.
//! - I5: at a listed access nothing of value lies below the stack pointer (no red zone), and `STACK_RESERVE_BYTES` are free
//!   there, so two words can be put on the stack as the trap exit would have done.

use std::io;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::Once;
use std::sync::atomic::{AtomicI32, AtomicPtr, Ordering};

use libc::{c_int, c_void, sigaction, siginfo_t, ucontext_t};

use super::abi::Context;
use super::backtrace::{CodePlace, GUARD_HIT};
use super::entry;
use crate::arena::{exec, pool};
use crate::spec::trap::Trap;

/// Bytes from a guarded memory's first byte to the end of what is inaccessible behind it: 32 bits of index and 31 of offset.
const GUARDED_SLOT_BYTES: usize = pool::GUARDED_STRIDE_BYTES;

const SIGNALS: [c_int; 2] = [libc::SIGSEGV, libc::SIGBUS];

/// What handled each of `SIGNALS` before.
static PREVIOUS: [AtomicPtr<sigaction>; 2] = [const { AtomicPtr::new(ptr::null_mut()) }; 2];

/// Installs the handlers, once per process. Needed before code with guarded memories runs.
///
/// # Errors
/// If the kernel refuses.
pub(crate) fn install() -> io::Result<()> {
    static ONCE: Once = Once::new();
    static ERROR: AtomicI32 = AtomicI32::new(0);
    ONCE.call_once(|| {
        for (signal, previous) in SIGNALS.into_iter().zip(&PREVIOUS) {
            if let Err(error) = install_one(signal, previous) {
                ERROR.store(error.raw_os_error().unwrap_or(libc::EINVAL), Ordering::Relaxed);
            }
        }
    });
    match ERROR.load(Ordering::Relaxed) {
        0 => Ok(()),
        code => Err(io::Error::from_raw_os_error(code)),
    }
}

fn install_one(signal: c_int, previous: &AtomicPtr<sigaction>) -> io::Result<()> {
    // Known before ours is in place: another thread may fault in between.
    let before = Box::leak(Box::new(exchange_action(signal, None)?));
    previous.store(before, Ordering::Release);
    let ours = our_action();
    let replaced = exchange_action(signal, Some(&ours))?;
    if replaced.sa_sigaction != before.sa_sigaction {
        previous.store(Box::leak(Box::new(replaced)), Ordering::Release);
    }
    Ok(())
}

fn our_action() -> sigaction {
    let mut action = empty_action();
    let handler: extern "C" fn(c_int, *mut siginfo_t, *mut c_void) = on_fault;
    action.sa_sigaction = handler as usize;
    action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
    action
}

fn empty_action() -> sigaction {
    // SAFETY: zeros are a valid `sigaction`: the default action, an empty mask, no flag.
    unsafe { MaybeUninit::zeroed().assume_init() }
}

/// Returns the action of a signal after setting `new`, if any.
fn exchange_action(signal: c_int, new: Option<&sigaction>) -> io::Result<sigaction> {
    let mut old = empty_action();
    // SAFETY: both pointers are null or valid for the call.
    let failed = unsafe { sigaction(signal, new.map_or(ptr::null(), ptr::from_ref), &raw mut old) } != 0;
    if failed { Err(io::Error::last_os_error()) } else { Ok(old) }
}

/// The handler.
extern "C" fn on_fault(signal: c_int, info: *mut siginfo_t, machine: *mut c_void) {
    // SAFETY: I3.
    let kernel = unsafe { &*info };
    // A positive code is a fault of this thread; others are sent by somebody and say nothing about the program counter.
    if kernel.si_code > 0 {
        // SAFETY: I3.
        let address = unsafe { kernel.si_addr() }.addr();
        // SAFETY: I3.
        let machine = unsafe { &mut *machine.cast::<ucontext_t>() };
        match judge(address, machine) {
            Verdict::Trap(context) => return to_trap_stub(machine, context, address),
            Verdict::Bug { pc } => die_at(pc, address),
            Verdict::NotOurs => {}
        }
    }
    chain(signal, info, machine);
}

enum Verdict<'a> {
    Trap(&'a Context),
    Bug { pc: usize },
    NotOurs,
}

fn judge<'a>(address: usize, machine: &ucontext_t) -> Verdict<'a> {
    let Some(pc) = registers::pc(machine).map(address_of) else { return Verdict::NotOurs };
    if exec::find(pc).is_none() {
        return Verdict::NotOurs;
    }
    if !CodePlace::of(pc).is_some_and(|place| place.is_access()) {
        return Verdict::Bug { pc };
    }
    let context = ptr::with_exposed_provenance::<Context>(address_of(registers::context(machine)));
    // SAFETY: I2.
    let context = unsafe { &*context };
    if in_guard(context, address) { Verdict::Trap(context) } else { Verdict::Bug { pc } }
}

/// How far below the first byte that could not be touched the address of a fault may be: machines may round it down where
/// an access straddles the end of the accessible part.
const ROUNDED_BYTES: u64 = if cfg!(target_arch = "aarch64") { 15 } else { 0 };

/// A register's content as an address.
#[expect(
    clippy::cast_possible_truncation,
    reason = "registers and pointers have 64 bits wherever machine code runs"
)]
const fn address_of(register: u64) -> usize {
    register as usize
}

/// Whether an address lies behind the accessible part of the context's memory and inside its slot.
fn in_guard(context: &Context, address: usize) -> bool {
    let offset = address.checked_sub(context.memory.base.get().addr());
    offset.is_some_and(|offset| {
        offset as u64 + ROUNDED_BYTES >= context.memory.length_bytes.get() && offset < GUARDED_SLOT_BYTES
    })
}

/// Lets the thread go on at the trap stub as if the access had been an exit. The datum is where in the memory it hit.
fn to_trap_stub(machine: &mut ucontext_t, context: &Context, address: usize) {
    let length = usize::try_from(context.memory.length_bytes.get()).unwrap_or(0);
    let datum = (address - context.memory.base.get().addr()).max(length);
    let kind = u64::from(Trap::OutOfBoundsMemoryAccess.code()) | GUARD_HIT;
    registers::resume(machine, context.trap_stub.get() as u64, kind, datum as u64);
}

/// Hands a signal to whoever handled it before.
fn chain(signal: c_int, info: *mut siginfo_t, machine: *mut c_void) {
    let at = usize::from(signal == libc::SIGBUS);
    // SAFETY: I4.
    let previous = unsafe { PREVIOUS[at].load(Ordering::Acquire).as_ref() };
    // SAFETY: I3.
    let sent = unsafe { &*info }.si_code <= 0;
    match previous.map_or(libc::SIG_DFL, |previous| previous.sa_sigaction) {
        // The kernel ends a process that ignores a fault; it does ignore a signal that was sent.
        libc::SIG_IGN if sent => {}
        libc::SIG_DFL | libc::SIG_IGN => default_action(signal, sent),
        handler => call_previous(previous, handler, signal, info, machine),
    }
}

/// The default action, at the instruction that faulted: the core then shows the fault and not this handler.
fn default_action(signal: c_int, sent: bool) {
    let default = empty_action();
    // SAFETY: valid pointers; I1: async-signal-safe.
    unsafe { sigaction(signal, &raw const default, ptr::null_mut()) };
    if sent {
        // SAFETY: I1: async-signal-safe.
        unsafe { libc::raise(signal) };
    }
}

fn call_previous(
    previous: Option<&sigaction>,
    handler: libc::sighandler_t,
    signal: c_int,
    info: *mut siginfo_t,
    machine: *mut c_void,
) {
    let takes_info = previous.is_some_and(|previous| previous.sa_flags & libc::SA_SIGINFO != 0);
    // SAFETY: I4: the address and the flag come from one `sigaction`; the arguments are those of this call.
    unsafe { entry::call_handler(handler, takes_info, (signal, info.cast(), machine)) };
}

fn die_at(pc: usize, address: usize) -> ! {
    say("skep: compiler bug: machine code at ");
    say_hex(pc);
    say(" touched ");
    say_hex(address);
    die(", which is not in the guard of its memory\n")
}

/// Ends the process with a message, by means that a signal handler may use.
pub(super) fn die(message: &str) -> ! {
    say(message);
    // SAFETY: ends the process; I1: async-signal-safe.
    unsafe { libc::abort() }
}

fn say(text: &str) {
    // SAFETY: the bytes are valid for the call; I1: async-signal-safe.
    let _ = unsafe { libc::write(libc::STDERR_FILENO, text.as_ptr().cast(), text.len()) };
}

fn say_hex(value: usize) {
    say(std::str::from_utf8(&hex(value)).unwrap_or("?"));
}

fn hex(value: usize) -> [u8; 18] {
    let mut text = *b"0x0000000000000000";
    for (k, digit) in text[2..].iter_mut().enumerate() {
        *digit = b"0123456789abcdef"[value >> (60 - 4 * k) & 0xF];
    }
    text
}

/// What machine code keeps where, on `x86_64`.
#[cfg(target_arch = "x86_64")]
mod registers {
    use super::{address_of, machine, ptr, ucontext_t};

    /// The context register points this far into the context, so that more of it is in reach of a short displacement.
    const CONTEXT_BIAS: u64 = 128;

    pub(super) fn pc(state: &ucontext_t) -> Option<u64> {
        machine::get(state, machine::PC)
    }

    pub(super) fn context(state: &ucontext_t) -> u64 {
        machine::get(state, machine::R15).unwrap_or_default().wrapping_sub(CONTEXT_BIAS)
    }

    /// `push kind; call stub`, with the site as the return address; the datum in r11.
    pub(super) fn resume(state: &mut ucontext_t, stub: u64, kind: u64, datum: u64) {
        let registers = (machine::get(state, machine::PC), machine::get(state, machine::SP));
        let (Some(site), Some(top)) = registers else { return };
        let top = top - 16;
        let words = ptr::with_exposed_provenance_mut::<[u64; 2]>(address_of(top));
        // SAFETY: I5.
        unsafe { words.write([site, kind]) };
        machine::set(state, machine::SP, top);
        machine::set(state, machine::R11, datum);
        machine::set(state, machine::PC, stub);
    }
}

/// What machine code keeps where, on aarch64.
#[cfg(target_arch = "aarch64")]
mod registers {
    use super::{machine, ucontext_t};

    pub(super) fn pc(state: &ucontext_t) -> Option<u64> {
        machine::get(state, machine::PC)
    }

    pub(super) fn context(state: &ucontext_t) -> u64 {
        machine::get(state, 28).unwrap_or_default()
    }

    /// As a function's tail for this kind does: the kind in x15, the site in x16, the datum in x17, x30 untouched.
    pub(super) fn resume(state: &mut ucontext_t, stub: u64, kind: u64, datum: u64) {
        let Some(site) = machine::get(state, machine::PC) else { return };
        machine::set(state, 15, kind);
        machine::set(state, 16, site);
        machine::set(state, 17, datum);
        machine::set(state, machine::PC, stub);
    }
}

/// Where nothing is compiled, no fault is ours.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
mod registers {
    use super::ucontext_t;

    pub(super) fn pc(_: &ucontext_t) -> Option<u64> {
        None
    }

    pub(super) fn context(_: &ucontext_t) -> u64 {
        0
    }

    pub(super) fn resume(_: &mut ucontext_t, _: u64, _: u64, _: u64) {}
}

/// Where Linux keeps the registers.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod machine {
    use super::{c_int, ucontext_t};

    pub(super) const PC: usize = index(libc::REG_RIP);
    pub(super) const SP: usize = index(libc::REG_RSP);
    pub(super) const R11: usize = index(libc::REG_R11);
    pub(super) const R15: usize = index(libc::REG_R15);

    #[expect(clippy::cast_sign_loss, reason = "asserted not to be negative")]
    const fn index(register: c_int) -> usize {
        assert!(register >= 0);
        register as usize
    }

    pub(super) fn get(state: &ucontext_t, register: usize) -> Option<u64> {
        Some(state.uc_mcontext.gregs[register].cast_unsigned())
    }

    pub(super) fn set(state: &mut ucontext_t, register: usize, value: u64) {
        state.uc_mcontext.gregs[register] = value.cast_signed();
    }
}

/// Where Linux keeps the registers.
#[cfg(all(target_os = "linux", target_arch = "aarch64"))]
mod machine {
    use super::ucontext_t;

    /// Beside the numbers of the general registers.
    pub(super) const PC: usize = 32;

    pub(super) fn get(state: &ucontext_t, register: usize) -> Option<u64> {
        let machine = &state.uc_mcontext;
        Some(if register == PC { machine.pc } else { machine.regs[register] })
    }

    pub(super) fn set(state: &mut ucontext_t, register: usize, value: u64) {
        let machine = &mut state.uc_mcontext;
        *(if register == PC { &mut machine.pc } else { &mut machine.regs[register] }) = value;
    }
}

/// Where macOS keeps the registers: behind a pointer.
#[cfg(all(target_os = "macos", target_arch = "x86_64"))]
mod machine {
    use super::ucontext_t;

    pub(super) const PC: usize = 0;
    pub(super) const SP: usize = 1;
    pub(super) const R11: usize = 2;
    pub(super) const R15: usize = 3;

    pub(super) fn get(state: &ucontext_t, register: usize) -> Option<u64> {
        // SAFETY: I3: it is null or points to the machine state.
        let state = &unsafe { state.uc_mcontext.as_ref() }?.__ss;
        Some([state.__rip, state.__rsp, state.__r11, state.__r15][register])
    }

    pub(super) fn set(state: &mut ucontext_t, register: usize, value: u64) {
        // SAFETY: I3: as above, and the state is the handler's.
        let Some(machine) = (unsafe { state.uc_mcontext.as_mut() }) else { return };
        let state = &mut machine.__ss;
        *[&mut state.__rip, &mut state.__rsp, &mut state.__r11, &mut state.__r15][register] = value;
    }
}

/// Where macOS keeps the registers: behind a pointer.
#[cfg(all(target_os = "macos", target_arch = "aarch64"))]
mod machine {
    use super::ucontext_t;

    /// Beside the numbers of the general registers up to x28.
    pub(super) const PC: usize = 32;

    pub(super) fn get(state: &ucontext_t, register: usize) -> Option<u64> {
        // SAFETY: I3: it is null or points to the machine state.
        let state = &unsafe { state.uc_mcontext.as_ref() }?.__ss;
        Some(if register == PC { state.__pc } else { state.__x[register] })
    }

    pub(super) fn set(state: &mut ucontext_t, register: usize, value: u64) {
        // SAFETY: I3: as above, and the state is the handler's.
        let Some(machine) = (unsafe { state.uc_mcontext.as_mut() }) else { return };
        let state = &mut machine.__ss;
        *(if register == PC { &mut state.__pc } else { &mut state.__x[register] }) = value;
    }
}

/// Other systems: not known, so no fault is ours.
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
mod machine {
    use super::ucontext_t;

    pub(super) const PC: usize = 0;
    pub(super) const SP: usize = 0;
    pub(super) const R11: usize = 0;
    pub(super) const R15: usize = 0;

    pub(super) fn get(_: &ucontext_t, _: usize) -> Option<u64> {
        None
    }

    pub(super) fn set(_: &mut ucontext_t, _: usize, _: u64) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_print_without_a_formatter() {
        let check = |value: usize| assert_eq!(hex(value), *format!("{value:#018x}").as_bytes());
        [0, 1, 0xABCD, usize::MAX, 0x7FFF_1234_5678].into_iter().for_each(check);
    }

    #[test]
    fn only_the_guard_of_the_memory_is_ours() {
        // SAFETY: a context consists of cells of numbers and pointers: zeros are valid.
        let context = unsafe { MaybeUninit::<Context>::zeroed().assume_init() };
        let base = 0x10_0000_0000;
        context.memory.base.set(ptr::without_provenance_mut(base));
        context.memory.length_bytes.set(0x1_0000);
        let check = |address: usize, ours| assert_eq!(in_guard(&context, address), ours, "{address:#x}");
        check(base - 1, false);
        check(base, false);
        check(base + 0xFFFF - usize::try_from(ROUNDED_BYTES).unwrap(), false);
        check(base + 0x1_0000, true);
        check(base + GUARDED_SLOT_BYTES - 1, true);
        check(base + GUARDED_SLOT_BYTES, false);
        check(0, false);
    }
}
