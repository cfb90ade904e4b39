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

use super::X64;
use super::encode::{asm, patch_rel32};
use super::regs::CONTEXT_BIAS;
use crate::arena::exec::{CodeArena, CodeRange};
use crate::jit::buffers::{Buffers, Mark};
use crate::jit::entry::{self, Entry, Values};
use crate::jit::masm::{Gpr, Home, Jumps, Masm, Vreg};
use crate::jit::target::{Arch, Cpu, Tuning};

/// Status flags that operators set: carry, parity, adjust, zero, sign, overflow.
pub(super) const STATUS_FLAGS: u64 = 0x8D5;
const FRAME_WORDS: usize = 24;
/// First byte of the context that nobody else writes: the entry sets fields of the head.
pub(super) const CONTEXT_FREE: u32 = 128;
const CONTEXT_WORDS: usize = 64;

/// What code sees when it starts and leaves when it ends.
#[derive(Clone, Debug, PartialEq, Eq)]
#[repr(C, align(64))]
pub(super) struct State {
    /// The context block; the context register points at it.
    pub(super) context: [u64; CONTEXT_WORDS],
    /// By number. What rsp and r15 hold is not asked; they are not reported either.
    pub(super) gprs: [u64; 16],
    /// By number, low and high lane.
    pub(super) xmms: [[u64; 2]; 16],
    /// The frame from rsp upwards.
    pub(super) frame: [u64; FRAME_WORDS],
    /// Status flags.
    pub(super) flags: u64,
}

impl State {
    /// A state in which everything holds something different.
    pub(super) fn patterned() -> Box<Self> {
        let pattern = |kind: u64, n: usize| kind << 56 | 0x00AB_CDEF_0123_4500 | n as u64;
        Box::new(Self {
            context: std::array::from_fn(|n| pattern(1, n)),
            gprs: std::array::from_fn(|n| pattern(2, n)),
            xmms: std::array::from_fn(|n| [pattern(3, n), pattern(4, n)]),
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
        self.xmms[usize::from(reg.0)][0] = bits;
    }

    /// The low lane of a vector register.
    pub(super) fn get_float(&self, reg: Vreg) -> u64 {
        self.xmms[usize::from(reg.0)][0]
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
        for reg in gprs.iter().chain(&[super::regs::SCRATCH, super::regs::RSP, super::regs::CONTEXT]) {
            self.set(*reg, other.get(*reg));
        }
        for reg in vregs.iter().chain(&[super::regs::VSCRATCH]) {
            self.xmms[usize::from(reg.0)][0] = other.get_float(*reg);
        }
        for (mine, others) in self.xmms.iter_mut().zip(&other.xmms) {
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

/// Features of this host, or `None` where `x86_64` code cannot be run by the wrapper.
pub(super) fn host_cpu() -> Option<Cpu> {
    let target = entry::host_target().ok()?;
    (target.arch == Arch::X64 && cfg!(unix)).then_some(target.cpu)
}

/// Wraps what `body` emits and publishes it.
pub(super) fn assemble(cpu: Cpu, body: impl FnOnce(&mut X64)) -> Code {
    assemble_tuned(cpu, Tuning::ALL, body)
}

/// As [`assemble`], with chosen techniques.
pub(super) fn assemble_tuned(cpu: Cpu, tuning: Tuning, body: impl FnOnce(&mut X64)) -> Code {
    static ARENA: OnceLock<CodeArena> = OnceLock::new();
    const ROOM: usize = 4096;
    let mut masm = X64 { buf: Buffers::default(), cpu, tuning };
    masm.buf.current.ensure(ROOM);
    load_state(&mut masm);
    let start = masm.buf.offset() as usize;
    body(&mut masm);
    let end = masm.buf.offset() as usize;
    save_state(&mut masm);
    masm.constants();
    let cold = masm.buf.finish_function(patch_rel32).expect("all jumps fit") as usize;
    let code = masm.buf.code();
    let bytes = [&code[start..end], &code[cold..]].concat();
    let arena = ARENA.get_or_init(|| CodeArena::new(1 << 26).expect("address space for tests"));
    let fill = |into: &mut [u8], _| into.copy_from_slice(code);
    Code { range: arena.publish(code.len(), (), fill).expect("room for a test's code"), bytes }
}

/// Lets jumps out of an operator store a number at a home and go on behind it.
pub(super) fn land_exits(masm: &mut X64, exits: &[(Jumps, u64)], outcome: Home) {
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

fn link(masm: &mut X64, jump: crate::jit::buffers::Jump, target: Mark) {
    masm.buf.link(jump, target, patch_rel32);
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

fn disp(bytes: usize) -> i32 {
    i32::try_from(bytes).expect("the state is small")
}

fn gpr_at(n: u8) -> i32 {
    disp(offset_of!(State, gprs) + 8 * usize::from(n))
}

fn xmm_at(n: u8) -> i32 {
    disp(offset_of!(State, xmms) + 16 * usize::from(n))
}

fn frame_at(n: usize) -> i32 {
    disp(offset_of!(State, frame) + 8 * n)
}

fn flags_at() -> i32 {
    disp(offset_of!(State, flags))
}

fn frame_bytes() -> i32 {
    disp(8 * FRAME_WORDS)
}

/// The state is rdi, the first argument; it waits above the frame.
fn load_state(masm: &mut X64) {
    asm!(masm ; push rbx ; push rbp ; push r12 ; push r13 ; push r14 ; push r15 ; push rdi ; sub rsp, frame_bytes());
    for n in 0..FRAME_WORDS {
        asm!(masm ; mov rax, [rdi + frame_at(n)] ; mov [rsp + disp(8 * n)], rax);
    }
    for n in 0..16 {
        asm!(masm ; movups Rx(Vreg(n)), [rdi + xmm_at(n)]);
    }
    asm!(masm ; push QWORD [rdi + flags_at()] ; popfq ; lea r15, [rdi + CONTEXT_BIAS]);
    for n in (0..15).filter(|n| ![4, 7].contains(n)) {
        asm!(masm ; mov Rq(Gpr(n)), [rdi + gpr_at(n)]);
    }
    asm!(masm ; mov rdi, [rdi + gpr_at(7)]);
}

fn save_state(masm: &mut X64) {
    asm!(masm ; pushfq ; mov r15, [rsp + frame_bytes() + 8] ; pop QWORD [r15 + flags_at()]);
    for n in (0..15).filter(|n| *n != 4) {
        asm!(masm ; mov [r15 + gpr_at(n)], Rq(Gpr(n)));
    }
    for n in 0..16 {
        asm!(masm ; movups [r15 + xmm_at(n)], Rx(Vreg(n)));
    }
    for n in 0..FRAME_WORDS {
        asm!(masm ; mov rax, [rsp + disp(8 * n)] ; mov [r15 + frame_at(n)], rax);
    }
    asm!(masm ; add rsp, frame_bytes() + 8 ; pop r15 ; pop r14 ; pop r13 ; pop r12 ; pop rbp ; pop rbx);
    asm!(masm ; xor eax, eax ; ret);
}
