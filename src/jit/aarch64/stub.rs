//! Trampolines between Rust and machine code.
//!
//! Owns: the code that is reached by a call from the other side and has to keep both sides' promises: Rust's (AAPCS64) and ours
//! (pins and context kept, scratch and temporaries not).
//! Does not know: who calls, what a builtin does, where a stub is published (`jit::stubs` collects them).
//!
//! # Rules
//! - sp is a multiple of 16 always.
//! - A stub that traps for its caller takes its own frame down first, x30 included: the trap stub then finds the caller's
//!   return address there, behind a site that lies in no function.
//! - An i32 that Rust hands over in a register is loaded by 32 bits. Wide signatures keep every value on the stack, where
//!   whoever loads an i32 loads 32 bits.
//! - Of a cell a stub writes and reads the lower half alone. The upper half of an i32's or f32's word is whatever the register
//!   held, so readers take its lower 32 bits.
//!
//! # Registers
//! | | Rust keeps | Rust destroys |
//! | --- | --- | --- |
//! | pins | x19–x26 d8–d15 | **x14 x15: saved by stubs that call Rust** |
//! | fixed | x27 x28 x29 sp | **x30: saved by stubs that call Rust** |
//! | temporaries, scratch | | x0–x13 x16 x17 v0–v7 v16–v31 |

use dynasmrt::DynasmApi;

use super::A64;
use super::encode::{Cc, FORM_26, INSTRUCTION_BYTES, asm, base_of, link_here};
use super::flow::FUNC_ENTRY_SHIFT;
use super::regs::{LINK, SCRATCH, SP};
use crate::jit::abi::{
    Builtin, CELL_BYTES, CallPlan, DirectoryEntry, ENTRY_WORDS, FUNC_INDEX_BITS, HOST_FUNC_INDEX,
    LANE_REFUSED, LANES_AHEAD, Place, SLOT_BITS, at,
};
use crate::jit::buffers::{Jump, Mark};
use crate::jit::masm::{Base, FlowOps, Gpr, Home, Masm, RegisterPlan, StubOps, Vreg};
use crate::spec::ops::{FloatSize, IntSize};
use crate::spec::trap::Trap;
use crate::spec::types::ValType;

/// Room for any stub.
const STUB_BYTES_MAX: usize = 2048;

/// Number of the register that controls floating-point arithmetic. 0 is what the standard's arithmetic needs: round to nearest,
/// no flushing, no default NaN, all exceptions masked. Its flags are elsewhere.
const FPCR: u32 = 0x5A20;

/// Bytes of x14 and x15, the pins that Rust destroys. A v128 pin is never live across a call.
const VOLATILE_BYTES: u32 = 2 * 8;

/// A temporary that holds no argument, and the register of the cells across calls.
const WORD: Gpr = Gpr(9);
const CELLS: Gpr = Gpr(19);

/// Where Rust passes the first parameters.
const ENTRY_WORD_REGS: [Gpr; ENTRY_WORDS] = [Gpr(4), Gpr(5)];
const _: () = assert!(ENTRY_WORDS == 2 && CELL_BYTES == 16, "the wide entry stub says so in figures");

/// Registers of a lane stub: the lane's parameters and results.
const LANE_PARAMS: Gpr = Gpr(23);
const LANE_RESULTS: Gpr = Gpr(25);
/// Bytes to the context of the lane that is fetched; to a context's second line.
const AHEAD_BYTES: u32 = 64;
const CACHE_LINE_BYTES: u32 = 64;
const _: () = assert!(AHEAD_BYTES as usize == LANES_AHEAD * 8);
/// `prfm pldl1keep, [base, #offset]`, to be read soon; the assembler has no such form.
const FETCH: u32 = 0xF980_0000;
/// What a lane stub returns for an instance that must not run.
const REFUSED: u32 = 4;
const _: () = assert!(REFUSED as u64 == LANE_REFUSED);

/// `stp`, `ldp` of two registers at an offset; of two whole vector registers.
const STP: u32 = 0xA900_0000;
const LDP: u32 = 0xA940_0000;
const STP_Q: u32 = 0xAD00_0000;
const LDP_Q: u32 = 0xAD40_0000;
/// The bit by which they differ.
const VECTOR: u32 = 1 << 26;

impl StubOps for A64 {
    /// In: x15 kind, x16 site, x17 datum, x30 the return address where the function has no frame, sp of the frame that
    /// trapped; x28 the context that ran. Out: through the end of the entry stub whose stack pointer `Builtins::trap` returns;
    /// all entry stubs keep the same frame.
    ///
    /// | register | argument |
    /// | --- | --- |
    /// | x0, x1, x2 | context, kind, site |
    /// | x3, x4, x5 | stack pointer of the frame, datum, x30 |
    fn trap_stub(&mut self) {
        self.begin();
        asm!(self
            ; mov x0, x28
            ; mov x1, x15
            ; mov x2, x16
            ; mov x3, sp
            ; mov x4, x17
            ; mov x5, x30
            ; ldr x9, [x28, at::BUILTINS]
            ; ldr x9, [x9, at::BUILTINS_TRAP]
            ; blr x9
            ; mov sp, x0
            ; mov w0, 1);
        self.leave_entry();
    }

    /// Looks a foreign instance up in the directory without calling Rust; a host function, or a word whose instance is gone,
    /// goes to `Builtins::resolve`.
    ///
    /// | slot, from sp up | holds, on the way to Rust |
    /// | --- | --- |
    /// | 0 | the out word: target |
    /// | 8 | x30 |
    /// | 16–127 | x2–x15 |
    /// | 128–511 | v0–v7 v16–v31, whole |
    /// | 512, 520 | x0, x1 (on the fast path too) |
    fn resolve_stub(&mut self) {
        self.begin();
        let null = self.jump_zero(IntSize::W64, false, SCRATCH);
        asm!(self
            ; stp x0, x1, [sp, -16]!
            ; mvn w0, w17
            ; lsl w0, w0, 32 - FUNC_INDEX_BITS);
        let host = self.jump_zero(IntSize::W32, false, Gpr(0));
        asm!(self
            ; lsr x0, x17, SLOT_SHIFT
            ; ldr x1, [x28, at::DIRECTORY]
            ; add x1, x1, x0, LSL DIRECTORY_ENTRY_SHIFT
            ; ldr x0, [x1, at::DIRECTORY_TAG]
            // Of a function of the instance that has the slot only the index is left.
            ; eor x0, x0, x17
            ; cmp xzr, x0, LSR FUNC_INDEX_BITS);
        let stale = self.jcc(Cc::NE);
        asm!(self
            // Behind a jump that was guessed, more than the index would be left.
            ; lsl w0, w17, 32 - FUNC_INDEX_BITS
            ; lsr w0, w0, 32 - FUNC_INDEX_BITS
            ; ldr x17, [x1, at::DIRECTORY_CONTEXT]
            ; ldr x1, [x17, at::ENTRIES]
            ; add x0, x1, x0, LSL FUNC_ENTRY_SHIFT
            ; ldr w1, [x28, at::CALL_CODE]
            ; ldr w16, [x0, at::ENTRY_TYPE]
            ; cmp w1, w16);
        let mismatch = self.jcc(Cc::NE);
        asm!(self
            ; ldr x0, [x0, at::ENTRY_CODE]
            ; str x0, [x28, at::CALL_CODE]
            ; ldp x0, x1, [sp], 16
            ; ret);
        link_here(&mut self.buf, mismatch);
        asm!(self
            ; mov x17, x0
            ; ldp x0, x1, [sp], 16);
        self.raise(Trap::IndirectCallTypeMismatch);
        link_here(&mut self.buf, null);
        self.raise(Trap::UninitializedElement);
        link_here(&mut self.buf, host);
        link_here(&mut self.buf, stale);
        self.resolve_slowly();
    }

    /// In: `[sp]` words, x17 immediate. Out: x0 word 0.
    ///
    /// | slot, from sp up | holds |
    /// | --- | --- |
    /// | 0–15 | x14 x15 |
    /// | 16 | padding |
    /// | 24 | return address |
    /// | 32 | words |
    fn builtin_stub(&mut self, builtin: Builtin) {
        const FRAME_BYTES: u32 = VOLATILE_BYTES + 8;
        self.begin();
        self.prologue(FRAME_BYTES);
        self.save_volatile(SP, 0);
        let function = builtin as u32 * 8 + at::BUILTINS_FIRST;
        asm!(self
            ; mov x0, x28
            ; add x1, sp, FRAME_BYTES + 8
            ; mov x2, x17
            ; ldr x9, [x28, at::BUILTINS]
            ; ldr x9, [x9, function]
            ; blr x9);
        self.restore_volatile(SP, 0);
        let failed = self.jump_zero(IntSize::W64, true, Self::INT_RESULTS[0]);
        asm!(self ; ldr x0, [sp, FRAME_BYTES + 8]);
        self.epilogue(FRAME_BYTES, 0);
        link_here(&mut self.buf, failed);
        self.take_frame_down(FRAME_BYTES);
        self.raise_status();
    }

    /// In (AAPCS64): x0 context, x1 code, x2 cells, x3 activation, x4 and x5 the first two parameters. Out: x0 0 and x1 the first
    /// result, or x0 1 from the trap stub.
    ///
    /// | register | until the call | behind it |
    /// | --- | --- | --- |
    /// | x19 | cells | cells: the callee keeps it |
    /// | x30 | code | |
    /// | x17, x28 | context | |
    /// | x9 | a stack parameter's word | |
    /// | x4, x5 | the first two parameters, until they are moved | |
    ///
    /// | slot, from sp up | holds |
    /// | --- | --- |
    /// | below 0 | stack parameters |
    /// | 0, 8 | padding |
    /// | 16–111 | x19–x30 |
    /// | 112–175 | d8–d15 |
    fn entry_stub(&mut self, plan: &CallPlan, params: &[ValType], results: &[ValType]) {
        debug_assert!(!plan.wide && plan.result_bytes == 0, "results of a narrow signature are in registers");
        debug_assert!(plan.params.len() == params.len() && plan.results.len() == results.len());
        self.begin();
        let arithmetic = self.enter_entry();
        self.sub_imm(SP, SP, plan.param_bytes.into());
        let words = ENTRY_WORD_REGS.map(Some).into_iter().chain(std::iter::repeat(None));
        let sources = words.zip(cells());
        for ((&(place, _), &ty), (word, offset)) in plan.params.iter().zip(params).zip(sources) {
            let cell = Home { base: Base::Reg(CELLS), offset };
            match (place, word) {
                (Place::Int(n), Some(word)) => {
                    self.mov_always(int_size(ty), Self::INT_ARGS[usize::from(n)], word);
                }
                (Place::Int(n), None) => self.load_word(int_size(ty), Self::INT_ARGS[usize::from(n)], cell),
                (Place::Float(n), Some(word)) => {
                    let arg = Self::FLOAT_ARGS[usize::from(n)];
                    asm!(self ; fmov D(arg), X(word));
                }
                (Place::Float(n), None) => {
                    self.load_vector(FloatSize::F64, Self::FLOAT_ARGS[usize::from(n)], cell);
                }
                (Place::Stack(_), Some(_)) => unreachable!("the first parameters are in registers"),
                (Place::Stack(offset), None) => {
                    self.load_word(int_size(ty), WORD, cell);
                    self.store_word(IntSize::W64, WORD, Home::frame(offset));
                }
            }
        }
        asm!(self ; blr x30);
        // The second one first: x1 may hold it.
        for (&(place, _), offset) in plan.results.iter().zip(cells()).skip(1) {
            let cell = Home { base: Base::Reg(CELLS), offset };
            match place {
                Place::Int(n) => self.store_word(IntSize::W64, Self::INT_RESULTS[usize::from(n)], cell),
                Place::Float(n) => self.cell_from_float(cell, Self::FLOAT_RESULTS[usize::from(n)]),
                Place::Stack(_) => unreachable!("results of a narrow signature are in registers"),
            }
        }
        match plan.results.first() {
            Some((Place::Int(_), _)) => asm!(self ; mov x1, x0),
            Some((Place::Float(_), _)) => asm!(self ; fmov x1, d0),
            Some((Place::Stack(_), _)) => unreachable!("results of a narrow signature are in registers"),
            None => {}
        }
        asm!(self ; mov w0, wzr);
        self.leave_entry();
        self.set_arithmetic(arithmetic);
    }

    /// As [`Self::entry_stub`], with counts from the activation, every value a word on the stack.
    ///
    /// | register | until the call | behind it |
    /// | --- | --- | --- |
    /// | x19 | cells | the next result's cell |
    /// | x20 | sp of the frame | the same |
    /// | x21 | number of results | counted down |
    /// | x9, x10, x11, x12 | number of parameters, a word, its place, its cell | x1: the first result; x10, x11: likewise |
    fn entry_stub_wide(&mut self) {
        self.begin();
        let arithmetic = self.enter_entry();
        asm!(self
            ; mov x20, sp
            ; ldr w9, [x3, at::ACTIVATION_PARAMS]
            ; ldr w21, [x3, at::ACTIVATION_RESULTS]
            ; add w10, w9, 1
            ; and w10, w10, 0xFFFF_FFFE
            ; add w11, w21, 1
            ; and w11, w11, 0xFFFF_FFFE
            ; add w10, w10, w11
            ; sub sp, sp, w10, UXTW 3
            ; mov x11, sp
            ; mov x12, x19);
        let none = self.jump_zero(IntSize::W32, false, Gpr(9));
        asm!(self
            ; str x4, [x11], 8
            ; subs w9, w9, 1);
        let one = self.jcc(Cc::EQ);
        asm!(self
            ; str x5, [x11], 8
            ; subs w9, w9, 1);
        let two = self.jcc(Cc::EQ);
        asm!(self
            ; add x12, x12, 32
            ; ldr x10, [x12], 16
            ; str x10, [x11], 8
            ; subs w9, w9, 1
            ; b.ne -12);
        [none, one, two].into_iter().for_each(|jump| link_here(&mut self.buf, jump));
        asm!(self ; blr x30);
        let none = self.jump_zero(IntSize::W32, false, Gpr(21));
        asm!(self
            ; mov x11, sp
            ; ldr x1, [x11], 8
            ; subs w21, w21, 1);
        let one = self.jcc(Cc::EQ);
        asm!(self
            ; ldr x10, [x11], 8
            ; str x10, [x19, 16]!
            ; subs w21, w21, 1
            ; b.ne -12);
        [none, one].into_iter().for_each(|jump| link_here(&mut self.buf, jump));
        asm!(self
            ; mov sp, x20
            ; mov w0, wzr);
        self.leave_entry();
        self.set_arithmetic(arithmetic);
    }

    /// In: as for an entry stub, but x2 lanes; x4 and x5 nothing. Out: as an entry stub, without a result; or x0 `LANE_REFUSED`.
    ///
    /// | register | holds, kept by callees |
    /// | --- | --- |
    /// | x19, x26, x22 | lanes, code, the functions of the module |
    /// | x20, x21 | where the context of the next lane stands, and the end |
    /// | x23, x24 | the lane's parameters and how far to the next ones |
    /// | x25 | the lane's results |
    /// | x17, x9 | the lane's context; a stack parameter's word |
    fn lane_stub(&mut self, plan: &CallPlan, params: &[ValType], results: &[ValType]) {
        debug_assert!(!plan.wide && plan.result_bytes == 0, "results of a narrow signature are in registers");
        debug_assert!(plan.params.len() == params.len() && plan.results.len() == results.len());
        self.begin();
        let arithmetic = self.enter_entry();
        asm!(self
            ; mov x26, x30
            ; ldr x20, [x19, at::LANES_NEXT]
            ; ldr x21, [x19, at::LANES_END]
            ; ldr x22, [x19, at::LANES_ENTRIES]
            ; ldr x23, [x19, at::LANES_PARAMS]
            ; ldr x24, [x19, at::LANES_PARAMS_STEP]
            ; ldr x25, [x19, at::LANES_RESULTS]);
        let again = self.buf.here();
        asm!(self
            ; ldr x9, [x20, AHEAD_BYTES]
            ; ldr x17, [x20]);
        self.word(FETCH | u32::from(WORD.0) << 5);
        self.word(FETCH | (CACHE_LINE_BYTES / 8) << 10 | u32::from(WORD.0) << 5);
        asm!(self
            ; str x20, [x19, at::LANES_NEXT]
            ; ldr x9, [x17, at::ENTRIES]
            ; cmp x9, x22);
        let other = self.jcc(Cc::NE);
        asm!(self ; ldr w9, [x17, at::STATE]);
        let ended = self.jump_zero(IntSize::W32, true, WORD);
        self.sub_imm(SP, SP, plan.param_bytes.into());
        for ((&(place, _), &ty), offset) in plan.params.iter().zip(params).zip(cells()) {
            let cell = Home { base: Base::Reg(LANE_PARAMS), offset };
            match place {
                Place::Int(n) => self.load_word(int_size(ty), Self::INT_ARGS[usize::from(n)], cell),
                Place::Float(n) => {
                    self.load_vector(FloatSize::F64, Self::FLOAT_ARGS[usize::from(n)], cell);
                }
                Place::Stack(offset) => {
                    self.load_word(int_size(ty), WORD, cell);
                    self.store_word(IntSize::W64, WORD, Home::frame(offset));
                }
            }
        }
        asm!(self ; blr x26);
        for (&(place, _), offset) in plan.results.iter().zip(cells()) {
            let cell = Home { base: Base::Reg(LANE_RESULTS), offset };
            match place {
                Place::Int(n) => self.store_word(IntSize::W64, Self::INT_RESULTS[usize::from(n)], cell),
                Place::Float(n) => self.cell_from_float(cell, Self::FLOAT_RESULTS[usize::from(n)]),
                Place::Stack(_) => unreachable!("results of a narrow signature are in registers"),
            }
        }
        if !params.is_empty() {
            asm!(self ; add x23, x23, x24);
        }
        self.add_imm(LANE_RESULTS, LANE_RESULTS, (CELL_BYTES * narrow_count(results.len())).into());
        asm!(self
            ; add x20, x20, 8
            ; cmp x20, x21);
        let back = self.jcc(Cc::NE);
        self.link(back, again);
        asm!(self ; mov w0, wzr);
        self.leave_entry();
        [other, ended].into_iter().for_each(|jump| link_here(&mut self.buf, jump));
        asm!(self ; mov w0, REFUSED);
        self.leave_entry();
        self.set_arithmetic(arithmetic);
    }

    /// In: arguments as for a function, x17 record, x28 the calling context. Out: as a function.
    ///
    /// | slot, from sp up | holds |
    /// | --- | --- |
    /// | 0 – 16n | cells: parameters, then results; n = max(parameters, results) |
    /// | 16n, 16n + 8 | x14 x15 |
    /// | 16n + 16 | padding |
    /// | 16n + 24 | return address |
    /// | 16n + 32 | stack parameters |
    fn host_stub(&mut self, plan: &CallPlan, params: &[ValType], results: &[ValType]) {
        debug_assert!(!plan.wide && plan.result_bytes == 0, "results of a narrow signature are in registers");
        debug_assert!(plan.params.len() == params.len() && plan.results.len() == results.len());
        let cells_bytes = CELL_BYTES * narrow_count(params.len().max(results.len()));
        let frame_bytes = cells_bytes + VOLATILE_BYTES + 8;
        self.begin();
        self.prologue(frame_bytes);
        self.save_volatile(SP, cells_bytes);
        for (&(place, _), offset) in plan.params.iter().zip(cells()) {
            let cell = Home::frame(offset);
            match place {
                Place::Int(n) => self.store_word(IntSize::W64, Self::INT_ARGS[usize::from(n)], cell),
                Place::Float(n) => self.cell_from_float(cell, Self::FLOAT_ARGS[usize::from(n)]),
                Place::Stack(offset) => {
                    let word = self.incoming(frame_bytes, offset);
                    self.load_word(IntSize::W64, WORD, word);
                    self.store_word(IntSize::W64, WORD, cell);
                }
            }
        }
        self.call_host();
        self.restore_volatile(SP, cells_bytes);
        let failed = self.jump_zero(IntSize::W64, true, Self::INT_RESULTS[0]);
        for ((&(place, _), &ty), offset) in plan.results.iter().zip(results).zip(cells()) {
            let cell = Home::frame(offset);
            match place {
                Place::Int(n) => self.load_word(int_size(ty), Self::INT_RESULTS[usize::from(n)], cell),
                Place::Float(n) => {
                    self.load_vector(FloatSize::F64, Self::FLOAT_RESULTS[usize::from(n)], cell);
                }
                Place::Stack(_) => unreachable!("results of a narrow signature are in registers"),
            }
        }
        self.epilogue(frame_bytes, plan.param_bytes);
        link_here(&mut self.buf, failed);
        self.take_frame_down(frame_bytes);
        self.raise_status();
    }

    /// As [`Self::host_stub`], with counts from the record, every value a word in the caller's outgoing area. At most 1000
    /// cells: they fit the reserve below the stack limit.
    ///
    /// | register | holds |
    /// | --- | --- |
    /// | x19 | its own frame |
    /// | x20 | record, across the call |
    /// | x9 | number of parameters or results, counted down |
    /// | x10, x11, x12 | a word, the next word's place, the next cell |
    /// | x13 | behind the call: the stack pointer of the caller |
    ///
    /// | slot, from x19 | holds |
    /// | --- | --- |
    /// | below 0 | cells |
    /// | 0–15 | x14 x15 |
    /// | 16–31 | x19 x20 |
    /// | 32, 40 | padding, return address |
    /// | 48 | stack parameters, then results |
    fn host_stub_wide(&mut self) {
        const FRAME_BYTES: u32 = VOLATILE_BYTES + 16 + 8;
        self.begin();
        self.prologue(FRAME_BYTES);
        self.save_volatile(SP, 0);
        asm!(self
            ; stp x19, x20, [sp, 16]
            ; mov x19, sp
            ; mov x20, x17
            ; ldr w9, [x17, at::HOST_PARAMS]
            ; ldr w10, [x17, at::HOST_RESULTS]
            ; cmp w9, w10
            ; csel w10, w9, w10, hs
            ; sub sp, sp, w10, UXTW 4
            ; add x11, x19, FRAME_BYTES + 8
            ; mov x12, sp);
        let no_params = self.jump_zero(IntSize::W32, false, Gpr(9));
        asm!(self
            ; ldr x10, [x11], 8
            ; str x10, [x12], 16
            ; subs w9, w9, 1
            ; b.ne -12);
        link_here(&mut self.buf, no_params);
        self.call_host();
        self.restore_volatile(CELLS, 0);
        let failed = self.jump_zero(IntSize::W64, true, Self::INT_RESULTS[0]);
        asm!(self
            ; ldr w9, [x20, at::HOST_PARAMS]
            ; add w9, w9, 1
            ; and w9, w9, 0xFFFF_FFFE
            ; add x13, x19, w9, UXTW 3
            ; add x13, x13, FRAME_BYTES + 8
            ; ldr w9, [x20, at::HOST_RESULTS]
            ; mov x11, x13
            ; mov x12, sp);
        let no_results = self.jump_zero(IntSize::W32, false, Gpr(9));
        asm!(self
            ; ldr x10, [x12], 16
            ; str x10, [x11], 8
            ; subs w9, w9, 1
            ; b.ne -12);
        link_here(&mut self.buf, no_results);
        // The stack pointer moves up over the parameters, which pops them, when nothing below is read any more.
        asm!(self
            ; ldr x30, [x19, FRAME_BYTES]
            ; ldp x19, x20, [x19, 16]
            ; mov sp, x13
            ; ret);
        link_here(&mut self.buf, failed);
        asm!(self ; mov sp, x19);
        self.take_frame_down(FRAME_BYTES);
        self.raise_status();
    }

    /// In: anything. Out: never.
    fn freed_stub(&mut self) {
        self.begin();
        asm!(self ; mov x17, xzr);
        self.raise(Trap::FunctionOfFreedInstance);
    }
}

const _: () =
    assert!(HOST_FUNC_INDEX == (1 << FUNC_INDEX_BITS) - 1, "all bits of the index name a host function");

/// Where the slot starts in a packed reference: it is the uppermost part.
pub(super) const SLOT_SHIFT: u32 = SLOT_BITS + FUNC_INDEX_BITS;
const _: () = assert!(SLOT_SHIFT < 64);

/// Binary logarithm of the bytes of a [`DirectoryEntry`].
pub(super) const DIRECTORY_ENTRY_SHIFT: u32 = 4;
const _: () = assert!(size_of::<DirectoryEntry>() == 1 << DIRECTORY_ENTRY_SHIFT);

/// What an entry stub knows of the host's arithmetic.
#[derive(Clone, Copy, Debug)]
#[must_use]
struct Arithmetic {
    /// Taken where it is not ours.
    differs: Jump,
    /// Where the stub goes on when it is.
    inner: Mark,
}

impl A64 {
    fn begin(&mut self) {
        debug_assert!(!self.buf.is_cold(), "stubs lie in the hot part");
        self.buf.current.ensure(STUB_BYTES_MAX);
    }

    /// The start of every entry stub. Keeps x3, x4 and x5; x19 = cells, x30 = code, x17 = x28 = context; x9 is destroyed.
    fn enter_entry(&mut self) -> Arithmetic {
        let start = self.buf.offset();
        asm!(self ; mrs x9, FPCR);
        let differs = self.jump_zero(IntSize::W64, true, WORD);
        let inner = self.buf.here();
        debug_assert_eq!(inner.offset - start, Self::ENTRY_CHECK_BYTES);
        asm!(self
            ; sub sp, sp, 176
            ; stp x19, x20, [sp, 16]
            ; stp x21, x22, [sp, 32]
            ; stp x23, x24, [sp, 48]
            ; stp x25, x26, [sp, 64]
            ; stp x27, x28, [sp, 80]
            ; stp x29, x30, [sp, 96]
            ; stp d8, d9, [sp, 112]
            ; stp d10, d11, [sp, 128]
            ; stp d12, d13, [sp, 144]
            ; stp d14, d15, [sp, 160]
            ; mov x9, sp
            ; str x9, [x3, at::ACTIVATION_SAVED_SP]
            ; mov x19, x2
            ; mov x30, x1
            ; mov x17, x0
            ; mov x28, x0);
        Arithmetic { differs, inner }
    }

    /// The end of every entry stub: status in x0, first result in x1, sp as behind its start.
    fn leave_entry(&mut self) {
        asm!(self
            ; ldp x19, x20, [sp, 16]
            ; ldp x21, x22, [sp, 32]
            ; ldp x23, x24, [sp, 48]
            ; ldp x25, x26, [sp, 64]
            ; ldp x27, x28, [sp, 80]
            ; ldp x29, x30, [sp, 96]
            ; ldp d8, d9, [sp, 112]
            ; ldp d10, d11, [sp, 128]
            ; ldp d12, d13, [sp, 144]
            ; ldp d14, d15, [sp, 160]
            ; add sp, sp, 176
            ; ret);
    }

    /// Behind the end of an entry stub: the way in where the host's arithmetic is not ours. Ours is set around the stub, whichever way
    /// that is left.
    fn set_arithmetic(&mut self, Arithmetic { differs, inner }: Arithmetic) {
        link_here(&mut self.buf, differs);
        asm!(self
            ; sub sp, sp, 16
            ; stp x9, x30, [sp]
            ; msr FPCR, xzr
            ; bl 0);
        let call = self.buf.jump_before(INSTRUCTION_BYTES, FORM_26);
        self.link(call, inner);
        asm!(self
            ; ldp x9, x30, [sp]
            ; msr FPCR, x9
            ; add sp, sp, 16
            ; ret);
    }

    /// The second half of the resolve stub; x0 and x1 are on the stack. The lower halves of v8–v15 are kept by Rust.
    fn resolve_slowly(&mut self) {
        const FRAME_BYTES: u32 = 512;
        asm!(self
            ; sub sp, sp, FRAME_BYTES
            ; stp xzr, x30, [sp]);
        self.saved_pairs(STP, STP_Q);
        asm!(self
            ; mov x0, x28
            ; mov x1, x17
            ; ldr w2, [x28, at::CALL_CODE]
            ; mov x3, sp
            ; ldr x9, [x28, at::BUILTINS]
            ; ldr x9, [x9, at::BUILTINS_RESOLVE]
            ; blr x9
            ; ldp x17, x30, [sp]);
        let failed = self.jump_zero(IntSize::W64, true, Self::INT_RESULTS[0]);
        self.saved_pairs(LDP, LDP_Q);
        asm!(self
            ; add sp, sp, FRAME_BYTES
            ; ldp x0, x1, [sp], 16
            ; ret);
        link_here(&mut self.buf, failed);
        asm!(self
            ; add sp, sp, FRAME_BYTES + 16
            ; mov x15, x0);
        self.leave_for_trap();
    }

    /// Calls a host function: record in x17, cells at sp. The status is in x0.
    fn call_host(&mut self) {
        asm!(self
            ; mov x0, x17
            ; mov x1, x28
            ; mov x2, sp
            ; ldr x9, [x17, at::HOST_CALL]
            ; blr x9);
    }

    /// Traps with the status in x0; the stub's frame is gone.
    fn raise_status(&mut self) {
        asm!(self
            ; mov x17, xzr
            ; mov x15, x0);
        self.leave_for_trap();
    }

    /// Stores or loads what the slow half of the resolve stub keeps.
    fn saved_pairs(&mut self, ints: u32, vectors: u32) {
        for (first, at) in [2, 4, 6, 8, 10, 12, 14].into_iter().zip((16..).step_by(16)) {
            self.pair(ints, [first, first + 1], Home::frame(at));
        }
        for (first, at) in [0, 2, 4, 6, 16, 18, 20, 22, 24, 26, 28, 30].into_iter().zip((128..).step_by(32)) {
            self.pair(vectors, [first, first + 1], Home::frame(at));
        }
    }

    /// Stores or loads two registers: an instruction by its bits.
    fn pair(&mut self, op: u32, [first, second]: [u8; 2], at: Home) {
        let unit = if op & VECTOR == 0 { 8 } else { 16 };
        debug_assert!(at.offset.is_multiple_of(unit) && at.offset / unit < 64, "frames of stubs are small");
        let registers = u32::from(second) << 10 | u32::from(base_of(at.base).0) << 5 | u32::from(first);
        self.word(op | (at.offset / unit) << 15 | registers);
    }

    /// Undoes a prologue.
    fn take_frame_down(&mut self, frame_bytes: u32) {
        self.load_word(IntSize::W64, LINK, Home::frame(frame_bytes));
        self.add_imm(SP, SP, u64::from(frame_bytes) + 8);
    }

    fn save_volatile(&mut self, base: Gpr, from: u32) {
        self.pair(STP, [14, 15], Home { base: Base::Reg(base), offset: from });
    }

    fn restore_volatile(&mut self, base: Gpr, from: u32) {
        self.pair(LDP, [14, 15], Home { base: Base::Reg(base), offset: from });
    }

    /// Writes a cell from the lower half of a vector register.
    fn cell_from_float(&mut self, cell: Home, src: Vreg) {
        self.store_vector(FloatSize::F64, src, cell);
    }
}

/// Offsets of the cells of an array.
fn cells() -> impl Iterator<Item = u32> {
    (0..).step_by(CELL_BYTES as usize)
}

/// How much of a cell is loaded into a general register: an i32's upper half is made zero here.
const fn int_size(ty: ValType) -> IntSize {
    if matches!(ty, ValType::I32) { IntSize::W32 } else { IntSize::W64 }
}

fn narrow_count(count: usize) -> u32 {
    u32::try_from(count).expect("a narrow signature has few parameters")
}
