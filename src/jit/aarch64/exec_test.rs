//! Runs what the emitters emit, register by register.
//!
//! Owns: the machine state around a piece of code ([`State`]), the wrapper that loads and saves it, the one call. Does not
//! know: what an operator means.
//! Start at [`assemble`].
//!
//! # Invariants
//! - I1: the published code is the wrapper of [`assemble`] around what one emitter emitted: it has the signature of an entry
//!   stub, keeps the host's registers, touches only its own frame and the state it is given, and returns 0.

use std::mem::offset_of;
use std::sync::OnceLock;

use dynasmrt::DynasmApi;

use super::A64;
use super::encode::{asm, patch};
use super::regs::{CONTEXT, SCRATCH, SP, TEMP, VSCRATCH};
use crate::arena::exec::{CodeArena, CodeRange};
use crate::jit::buffers::Mark;
use crate::jit::entry::{self, Entry, Values};
use crate::jit::masm::{FlowOps, Gpr, Home, Jumps, Masm, Reach, Vreg};
use crate::jit::target::{Arch, Target, Tuning};

/// Condition flags: negative, zero, carry, overflow.
pub(super) const STATUS_FLAGS: u64 = 0xF000_0000;
/// Number of the register that holds them.
const NZCV: u32 = 0x5A10;
const FRAME_WORDS: usize = 24;
/// First byte of the context that nobody else writes: the entry sets fields of the head.
pub(super) const CONTEXT_FREE: u32 = 128;
const CONTEXT_WORDS: usize = 64;
/// Of the platform: neither loaded nor reported.
const PLATFORM: Gpr = Gpr(18);

/// What code sees when it starts and leaves when it ends.
#[derive(Clone, Debug, PartialEq, Eq)]
#[repr(C, align(64))]
pub(super) struct State {
    /// The context block; the context register points at it.
    pub(super) context: [u64; CONTEXT_WORDS],
    /// By number. What x18, x28 and sp hold is not asked; they are not reported either.
    pub(super) gprs: [u64; 32],
    /// By number, low and high lane.
    pub(super) vregs: [[u64; 2]; 32],
    /// The frame from sp upwards.
    pub(super) frame: [u64; FRAME_WORDS],
    /// Condition flags.
    pub(super) flags: u64,
}

impl State {
    /// A state in which everything holds something different.
    pub(super) fn patterned() -> Box<Self> {
        let pattern = |kind: u64, n: usize| kind << 56 | 0x00AB_CDEF_0123_4500 | n as u64;
        Box::new(Self {
            context: std::array::from_fn(|n| pattern(1, n)),
            gprs: std::array::from_fn(|n| pattern(2, n)),
            vregs: std::array::from_fn(|n| [pattern(3, n), pattern(4, n)]),
            frame: std::array::from_fn(|n| pattern(5, n)),
            flags: 0,
        })
    }

    /// Sets a general register.
    pub(super) fn set(&mut self, reg: Gpr, bits: u64) {
        self.gprs[usize::from(reg.0)] = bits;
    }

    /// A general register.
    pub(super) fn get(&self, reg: Gpr) -> u64 {
        self.gprs[usize::from(reg.0)]
    }

    /// Sets the low lane of a vector register.
    pub(super) fn set_float(&mut self, reg: Vreg, bits: u64) {
        self.vregs[usize::from(reg.0)][0] = bits;
    }

    /// The low lane of a vector register.
    pub(super) fn get_float(&self, reg: Vreg) -> u64 {
        self.vregs[usize::from(reg.0)][0]
    }

    /// The word at a home of the frame or the context.
    pub(super) fn word(&mut self, home: Home) -> &mut u64 {
        let n = home.offset as usize / 8;
        if home == Home::frame(home.offset) { &mut self.frame[n] } else { &mut self.context[n] }
    }

    /// The address of the context, for registers that are to point into it.
    pub(super) fn address(&self) -> u64 {
        std::ptr::from_ref(self).addr() as u64
    }

    /// Copies over from `other` what the code was free to write, so that the rest can be compared.
    pub(super) fn forgive(&mut self, other: &Self, gprs: &[Gpr], vregs: &[Vreg]) {
        for reg in gprs.iter().chain(&[SCRATCH, TEMP, SP, CONTEXT, PLATFORM]) {
            self.set(*reg, other.get(*reg));
        }
        for reg in vregs.iter().chain(&[VSCRATCH]) {
            self.vregs[usize::from(reg.0)][0] = other.get_float(*reg);
        }
        for (mine, others) in self.vregs.iter_mut().zip(&other.vregs) {
            mine[1] = others[1];
        }
        self.context[..CONTEXT_FREE as usize / 8]
            .copy_from_slice(&other.context[..CONTEXT_FREE as usize / 8]);
        self.flags = other.flags;
    }
}

/// Code that was published for one test.
pub(super) struct Code {
    range: CodeRange<()>,
    /// Bytes that the emitter itself emitted, hot and cold.
    pub(super) bytes: Vec<u8>,
}

/// Whether aarch64 code can be run by the wrapper on this host.
pub(super) fn runs_here() -> bool {
    entry::host_target().is_ok_and(|target| target.arch == Arch::Aarch64 && cfg!(unix))
}

/// Wraps what `body` emits and publishes it.
pub(super) fn assemble(body: impl FnOnce(&mut A64)) -> Code {
    assemble_with(Tuning::ALL, Reach::Near, body)
}

/// As [`assemble`], with chosen techniques and jumps of a chosen reach.
pub(super) fn assemble_with(tuning: Tuning, reach: Reach, body: impl FnOnce(&mut A64)) -> Code {
    static ARENA: OnceLock<CodeArena> = OnceLock::new();
    const ROOM: usize = 8192;
    let mut masm = A64::new(&Target { tuning, ..Target::new(Arch::Aarch64) });
    masm.begin_function(reach);
    masm.buf.current.ensure(ROOM);
    load_state(&mut masm);
    let start = masm.buf.offset() as usize;
    body(&mut masm);
    let end = masm.buf.offset() as usize;
    save_state(&mut masm);
    masm.constants();
    let cold = masm.buf.finish_function(patch).expect("all jumps fit") as usize;
    let code = masm.buf.code();
    let bytes = [&code[start..end], &code[cold..]].concat();
    let arena = ARENA.get_or_init(|| CodeArena::new(1 << 26).expect("address space for tests"));
    let fill = |into: &mut [u8], _| into.copy_from_slice(code);
    Code { range: arena.publish(code.len(), (), fill).expect("room for a test's code"), bytes }
}

/// Lets jumps out of an operator store a number at a home and go on behind it.
pub(super) fn land_exits(masm: &mut A64, exits: &[(Jumps, u64)], outcome: Home) {
    use crate::jit::masm::ScalarOps;
    let mut ends = Vec::new();
    for (jumps, number) in exits {
        masm.buf.set_cold(true);
        masm.buf.current.ensure(256);
        let target = masm.buf.here();
        jumps.iter().for_each(|&jump| link(masm, jump, target));
        masm.store_const(outcome, *number);
        ends.push(masm.jmp());
    }
    masm.buf.set_cold(false);
    let here = masm.buf.here();
    ends.into_iter().for_each(|jump| link(masm, jump, here));
}

fn link(masm: &mut A64, jump: crate::jit::buffers::Jump, target: Mark) {
    masm.buf.link(jump, target, patch);
}

impl Code {
    /// Runs it.
    pub(super) fn run(&self, state: &mut State) {
        let context = std::ptr::from_mut(state);
        let entry = Entry {
            stub: std::ptr::with_exposed_provenance(self.range.base()),
            code: std::ptr::null(),
            params: 0,
            results: 0,
            stack_bytes_max: 1 << 18,
        };
        let values = Values { words: [0; 2], cells: std::ptr::null_mut() };
        // SAFETY: I1. The context is as large as `Context`, all of whose fields are plain words.
        let outcome = unsafe { entry::enter(&entry, context.cast(), values, |_| Err(())) };
        assert!(outcome.is_ok(), "the wrapper returns 0");
    }
}

fn disp(bytes: usize) -> u32 {
    u32::try_from(bytes).expect("the state is small")
}

fn gpr_at(reg: Gpr) -> u32 {
    disp(offset_of!(State, gprs) + 8 * usize::from(reg.0))
}

fn vreg_at(reg: Vreg) -> u32 {
    disp(offset_of!(State, vregs) + 16 * usize::from(reg.0))
}

fn frame_at(n: usize) -> u32 {
    disp(offset_of!(State, frame) + 8 * n)
}

fn flags_at() -> u32 {
    disp(offset_of!(State, flags))
}

fn frame_bytes() -> u32 {
    disp(8 * FRAME_WORDS)
}

/// What is loaded and reported: all but the platform's, the context and the stack pointer.
fn gprs() -> impl Iterator<Item = Gpr> {
    (0..31).map(Gpr).filter(|reg| ![PLATFORM, CONTEXT].contains(reg))
}

/// The state is x0, the first argument; it stays in x28, the context register.
fn load_state(masm: &mut A64) {
    asm!(masm
        ; stp x29, x30, [sp, -160]!
        ; stp x19, x20, [sp, 16]
        ; stp x21, x22, [sp, 32]
        ; stp x23, x24, [sp, 48]
        ; stp x25, x26, [sp, 64]
        ; stp x27, x28, [sp, 80]
        ; stp d8, d9, [sp, 96]
        ; stp d10, d11, [sp, 112]
        ; stp d12, d13, [sp, 128]
        ; stp d14, d15, [sp, 144]
        ; sub sp, sp, frame_bytes()
        ; mov x28, x0);
    for n in 0..FRAME_WORDS {
        asm!(masm ; ldr x9, [x28, frame_at(n)] ; str x9, [sp, disp(8 * n)]);
    }
    for reg in (0..32).map(Vreg) {
        asm!(masm ; ldr Q(reg), [x28, vreg_at(reg)]);
    }
    asm!(masm ; ldr x9, [x28, flags_at()] ; msr NZCV, x9);
    for reg in gprs() {
        asm!(masm ; ldr X(reg), [x28, gpr_at(reg)]);
    }
}

fn save_state(masm: &mut A64) {
    for reg in gprs() {
        asm!(masm ; str X(reg), [x28, gpr_at(reg)]);
    }
    asm!(masm ; mrs x9, NZCV ; str x9, [x28, flags_at()]);
    for reg in (0..32).map(Vreg) {
        asm!(masm ; str Q(reg), [x28, vreg_at(reg)]);
    }
    for n in 0..FRAME_WORDS {
        asm!(masm ; ldr x9, [sp, disp(8 * n)] ; str x9, [x28, frame_at(n)]);
    }
    asm!(masm
        ; add sp, sp, frame_bytes()
        ; ldp x19, x20, [sp, 16]
        ; ldp x21, x22, [sp, 32]
        ; ldp x23, x24, [sp, 48]
        ; ldp x25, x26, [sp, 64]
        ; ldp x27, x28, [sp, 80]
        ; ldp d8, d9, [sp, 96]
        ; ldp d10, d11, [sp, 112]
        ; ldp d12, d13, [sp, 128]
        ; ldp d14, d15, [sp, 144]
        ; ldp x29, x30, [sp], 160
        ; mov x0, 0
        ; ret);
}
