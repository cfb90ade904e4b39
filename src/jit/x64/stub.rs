//! Trampolines between Rust and machine code.
//!
//! Owns: the code that is reached by a call from the other side and has to keep both sides' promises: Rust's (System V) and
//! ours (pins and context kept, scratch and temporaries not).
//! Does not know: who calls, what a builtin does, where a stub is published (`jit::stubs` collects them).
//!
//! # Rules
//! - rsp is a multiple of 16 at every call of Rust.
//! - A stub that traps for its caller takes its own frame down first: the trap stub then finds the caller's return address on
//!   top, behind a site that lies in no function.
//! - An i32 that Rust hands over in a register is loaded by 32 bits. Wide signatures keep every value on the stack, where
//!   whoever loads an i32 loads 32 bits.
//! - Of a cell a stub writes and reads the lower half alone. The upper half of an i32's or f32's word is whatever the register
//!   held, so readers take its lower 32 bits.
//!
//! # Registers
//! | | Rust keeps | Rust destroys |
//! | --- | --- | --- |
//! | pins | rbx rbp r12 r13 | **r8 r9 r10 rsi xmm6–13: saved by stubs that call Rust** |
//! | fixed | r14 r15 rsp | |
//! | temporaries, scratch | | rax rcx rdx rdi r11 xmm0–5 xmm14 xmm15 |

use dynasmrt::DynasmApi;

use super::X64;
use super::encode::{Alu, Cc, MOV_TO, Op, Rm, asm};
use super::flow::{field, head};
use super::memory::{MOVS, MOVS_TO};
use super::regs::{CONTEXT_BIAS, MEMORY, R8, R9, R10, R12, RBP, RBX, RSI, RSP, VSCRATCH};
use crate::jit::abi::{
    Builtin, CELL_BYTES, CallPlan, DirectoryEntry, ENTRY_WORDS, FUNC_INDEX_BITS, HOST_FUNC_INDEX,
    LANE_REFUSED, LANES_AHEAD, Place, SLOT_BITS, at,
};
use crate::jit::buffers::{Jump, Mark};
use crate::jit::masm::{FlowOps, Gpr, Masm, RegisterPlan, StubOps, Vreg};
use crate::spec::ops::{FloatSize, IntSize};
use crate::spec::trap::Trap;
use crate::spec::types::ValType;

/// Room for any stub.
const STUB_BYTES_MAX: usize = 2048;

/// MXCSR bits that control arithmetic: denormals are zero, exception masks, rounding, flush to zero. The rest are flags.
const MXCSR_CONTROL: i32 = 0xFFC0;
/// Round to nearest, no flushing, all exceptions masked: what the standard's arithmetic needs.
const MXCSR_DEFAULT: i32 = 0x1F80;

/// Pins that Rust destroys, in the order in which they are saved: 8 bytes each. A v128 pin is never live across a call.
const VOLATILE_INTS: [Gpr; 4] = [R8, R9, R10, RSI];
const VOLATILE_FLOATS: std::ops::RangeInclusive<u8> = 6..=13;
const VOLATILE_BYTES: i32 = 12 * 8;

/// `movq xmm, rm64`.
const MOVQ_FROM_INT: Op = Op::m0f(0x6E).prefix(0x66);
/// `unpcklpd xmm, xmm/m128`: the lower half of the second becomes the upper half of the first.
const UNPCKLPD: Op = Op::m0f(0x14).prefix(0x66);
/// `movups m, xmm`.
const MOVUPS_TO: Op = Op::m0f(0x11);
/// `movups xmm, m`.
const MOVUPS: Op = Op::m0f(0x10);

impl StubOps for X64 {
    /// In: `[rsp]` site, `[rsp+8]` kind, above them the frame that trapped; r11 datum; r15 the context that ran. Out: through the
    /// end of the entry stub whose stack pointer `Builtins::trap` returns; all entry stubs keep the same frame.
    ///
    /// | register | argument |
    /// | --- | --- |
    /// | rdi, rsi, rdx | context, kind, site |
    /// | rcx, r8, r9 | stack pointer of the frame, datum, 0 |
    fn trap_stub(&mut self) {
        self.begin();
        asm!(self
            ; pop rdx
            ; pop rsi
            ; mov rcx, rsp
            ; mov r8, r11
            ; xor r9d, r9d
            ; lea rdi, [r15 - CONTEXT_BIAS]
            ; and rsp, -16
            ; mov rax, [BYTE r15 + head(at::BUILTINS)]
            ; call QWORD [BYTE rax + field(at::BUILTINS_TRAP)]
            ; mov rsp, rax
            ; mov eax, 1);
        self.leave_entry();
    }

    /// Looks a foreign instance up in the directory without calling Rust; a host function, or a word whose instance is gone,
    /// goes to `Builtins::resolve`.
    ///
    /// | slot, from rsp up | holds, on the way to Rust |
    /// | --- | --- |
    /// | 0–255 | xmm0–xmm15, whole |
    /// | 256 | the out word: target |
    /// | 264–311 | r10 r9 r8 rsi rdi rdx |
    /// | 312, 320 | rcx, rax (on the fast path too) |
    /// | 328 | return address |
    fn resolve_stub(&mut self) {
        self.begin();
        asm!(self ; test r11, r11);
        let null = self.jcc(Cc::E);
        asm!(self
            ; push rax
            ; push rcx
            ; mov eax, r11d
            ; and eax, DWORD FUNC_INDEX_MASK
            ; cmp eax, DWORD FUNC_INDEX_MASK);
        let host = self.jcc(Cc::E);
        asm!(self
            ; mov rcx, r11
            ; shr rcx, SLOT_SHIFT.cast_signed()
            ; shl rcx, DIRECTORY_ENTRY_SHIFT.cast_signed()
            ; add rcx, [BYTE r15 + head(at::DIRECTORY)]
            ; mov rax, r11
            ; and rax, DWORD !FUNC_INDEX_MASK
            ; cmp rax, [BYTE rcx + field(at::DIRECTORY_TAG)]);
        let stale = self.jcc(Cc::NE);
        asm!(self
            ; mov rcx, [BYTE rcx + field(at::DIRECTORY_CONTEXT)]
            ; mov eax, r11d
            ; and eax, DWORD FUNC_INDEX_MASK
            ; shl eax, 4
            ; add rax, [BYTE rcx + field(at::ENTRIES)]
            ; mov r11, rcx
            ; mov ecx, [BYTE r15 + head(at::CALL_CODE)]
            ; cmp ecx, [BYTE rax + field(at::ENTRY_TYPE)]);
        let mismatch = self.jcc(Cc::NE);
        asm!(self
            ; mov rax, [BYTE rax + field(at::ENTRY_CODE)]
            ; mov [BYTE r15 + head(at::CALL_CODE)], rax
            ; pop rcx
            ; pop rax
            ; ret);
        self.land_here(mismatch);
        asm!(self
            ; mov r11, rax
            ; pop rcx
            ; pop rax);
        self.raise(Trap::IndirectCallTypeMismatch);
        self.land_here(null);
        self.raise(Trap::UninitializedElement);
        self.land_here(host);
        self.land_here(stale);
        self.resolve_slowly();
    }

    /// In: `[rsp+8]` words, r11 immediate. Out: rax word 0.
    ///
    /// | slot, from rsp up | holds |
    /// | --- | --- |
    /// | 0–95 | r8 r9 r10 rsi xmm6–13 |
    /// | 96 | padding |
    /// | 104 | return address |
    /// | 112 | words |
    fn builtin_stub(&mut self, builtin: Builtin) {
        const FRAME_BYTES: i32 = VOLATILE_BYTES + 8;
        self.begin();
        asm!(self ; sub rsp, BYTE narrow(FRAME_BYTES));
        self.save_volatile(RSP, 0);
        let function = i32::from(builtin as u8) * 8 + i32::from(field(at::BUILTINS_FIRST));
        asm!(self
            ; lea rdi, [r15 - CONTEXT_BIAS]
            ; lea rsi, [BYTE rsp + narrow(FRAME_BYTES + 8)]
            ; mov rdx, r11
            ; mov rax, [BYTE r15 + head(at::BUILTINS)]
            ; call QWORD [BYTE rax + narrow(function)]
            ; test rax, rax);
        let failed = self.jcc(Cc::NE);
        self.restore_volatile(RSP, 0);
        asm!(self
            ; mov rax, [BYTE rsp + narrow(FRAME_BYTES + 8)]
            ; add rsp, BYTE narrow(FRAME_BYTES)
            ; ret);
        self.land_here(failed);
        asm!(self ; add rsp, BYTE narrow(FRAME_BYTES));
        self.raise_status();
    }

    /// In (System V): rdi context, rsi code, rdx cells, rcx activation, r8 and r9 the first two parameters. Out: rax 0 and rdx the
    /// first result, or rax 1 from the trap stub.
    ///
    /// | register | until the call | behind it |
    /// | --- | --- | --- |
    /// | rbx | cells | cells: the callee keeps it |
    /// | rsi | code | |
    /// | r11, r15 | context, context + 128 | |
    /// | r10 | a stack parameter's word | |
    ///
    /// | slot, from rsp up | holds |
    /// | --- | --- |
    /// | below 0 | stack parameters |
    /// | 0 | padding |
    /// | 8–55 | r15 r14 r13 r12 rbx rbp |
    /// | 56 | return address |
    fn entry_stub(&mut self, plan: &CallPlan, params: &[ValType], results: &[ValType]) {
        debug_assert!(!plan.wide && plan.result_bytes == 0, "results of a narrow signature are in registers");
        debug_assert!(plan.params.len() == params.len() && plan.results.len() == results.len());
        self.begin();
        let arithmetic = self.enter_entry();
        if plan.param_bytes != 0 {
            self.alu_imm(Alu::Sub, IntSize::W64, RSP, signed(plan.param_bytes));
        }
        let words = ENTRY_WORD_REGS.map(Rm::from).into_iter();
        let sources = words.chain(cells().skip(ENTRY_WORDS).map(|disp| Rm::Mem { base: RBX, disp }));
        for ((&(place, _), &ty), source) in plan.params.iter().zip(params).zip(sources) {
            match (place, source) {
                (Place::Int(n), _) => self.mov_from(int_size(ty), Self::INT_ARGS[usize::from(n)], source),
                (Place::Float(n), Rm::Mem { .. }) => {
                    self.sse(MOVS.scalar(FloatSize::F64), Self::FLOAT_ARGS[usize::from(n)], source);
                }
                (Place::Float(n), _) => {
                    self.ins(MOVQ_FROM_INT, IntSize::W64, Self::FLOAT_ARGS[usize::from(n)], source);
                }
                (Place::Stack(offset), _) => {
                    self.mov_from(int_size(ty), R10, source);
                    self.ins(MOV_TO, IntSize::W64, R10, Rm::Mem { base: RSP, disp: signed(offset) });
                }
            }
        }
        asm!(self ; call rsi);
        // The second one first: rdx may hold it.
        for (&(place, _), at) in plan.results.iter().zip(cells()).skip(1) {
            let cell = Rm::Mem { base: RBX, disp: at };
            match place {
                Place::Int(n) => self.ins(MOV_TO, IntSize::W64, Self::INT_RESULTS[usize::from(n)], cell),
                Place::Float(n) => self.cell_from_float(cell, Self::FLOAT_RESULTS[usize::from(n)]),
                Place::Stack(_) => unreachable!("results of a narrow signature are in registers"),
            }
        }
        match plan.results.first() {
            Some((Place::Int(_), _)) => asm!(self ; mov rdx, rax),
            Some((Place::Float(_), _)) => asm!(self ; movq rdx, xmm0),
            Some((Place::Stack(_), _)) => unreachable!("results of a narrow signature are in registers"),
            None => {}
        }
        asm!(self ; xor eax, eax);
        self.leave_entry();
        self.set_arithmetic(arithmetic);
    }

    /// As [`Self::entry_stub`], with counts from the activation, every value a word on the stack.
    ///
    /// | register | until the call | behind it |
    /// | --- | --- | --- |
    /// | rbx | cells | the next result's cell |
    /// | rbp | rsp of the frame | the same |
    /// | r12 | number of results | the same |
    /// | rdx, r10, rcx | next cell, number of parameters, counter | rdx: the first result; rcx: counter |
    fn entry_stub_wide(&mut self) {
        self.begin();
        let arithmetic = self.enter_entry();
        asm!(self
            ; mov rbp, rsp
            ; mov r10d, [BYTE rcx + field(at::ACTIVATION_PARAMS)]
            ; mov r12d, [BYTE rcx + field(at::ACTIVATION_RESULTS)]
            ; lea eax, [r10 * 8 + 15]
            ; and eax, -16
            ; sub rsp, rax
            ; lea eax, [r12 * 8 + 15]
            ; and eax, -16
            ; sub rsp, rax
            ; mov ecx, WIDE_WORDS
            ; cmp r10d, 1);
        let none = self.jcc_short(Cc::B);
        asm!(self ; mov [rsp], r8);
        let one = self.jcc_short(Cc::E);
        asm!(self
            ; mov [rsp + 8], r9
            ; cmp r10d, ecx);
        let two = self.jcc_short(Cc::E);
        asm!(self ; add rdx, WIDE_WORDS * CELL_SIZE);
        let again = self.buf.here();
        asm!(self
            ; mov rax, [rdx]
            ; mov [rsp + rcx * 8], rax
            ; add rdx, CELL_SIZE
            ; add ecx, 1
            ; cmp ecx, r10d);
        self.jcc_back(Cc::NE, again);
        [none, one, two].into_iter().for_each(|jump| self.land(jump));
        asm!(self
            ; call rsi
            ; cmp r12d, 1);
        let none = self.jcc_short(Cc::B);
        asm!(self ; mov rdx, [rsp]);
        let one = self.jcc_short(Cc::E);
        asm!(self ; mov ecx, 1);
        let again = self.buf.here();
        asm!(self
            ; mov rax, [rsp + rcx * 8]
            ; add rbx, CELL_SIZE
            ; mov [rbx], rax
            ; add ecx, 1
            ; cmp ecx, r12d);
        self.jcc_back(Cc::NE, again);
        [none, one].into_iter().for_each(|jump| self.land(jump));
        asm!(self
            ; mov rsp, rbp
            ; xor eax, eax);
        self.leave_entry();
        self.set_arithmetic(arithmetic);
    }

    /// In: as for an entry stub, but rdx lanes; r8 and r9 nothing. Out: as an entry stub, without a result; or rax `LANE_REFUSED`.
    ///
    /// | register | holds, kept by callees |
    /// | --- | --- |
    /// | rbx, rsi, r10 | lanes, code, the functions of the module |
    /// | rbp, r8 | where the context of the next lane stands, and the end |
    /// | r12, r13 | the lane's parameters and how far to the next ones |
    /// | r9 | the lane's results |
    /// | r11, r14 | the lane's context; a stack parameter's word |
    fn lane_stub(&mut self, plan: &CallPlan, params: &[ValType], results: &[ValType]) {
        debug_assert!(!plan.wide && plan.result_bytes == 0, "results of a narrow signature are in registers");
        debug_assert!(plan.params.len() == params.len() && plan.results.len() == results.len());
        self.begin();
        let arithmetic = self.enter_entry();
        asm!(self
            ; mov rbp, [BYTE rbx + field(at::LANES_NEXT)]
            ; mov r8, [BYTE rbx + field(at::LANES_END)]
            ; mov r10, [BYTE rbx + field(at::LANES_ENTRIES)]
            ; mov r12, [BYTE rbx + field(at::LANES_PARAMS)]
            ; mov r13, [BYTE rbx + field(at::LANES_PARAMS_STEP)]
            ; mov r9, [BYTE rbx + field(at::LANES_RESULTS)]);
        self.align(LOOP_ALIGN_BYTES);
        let again = self.buf.here();
        asm!(self
            ; mov rax, [BYTE rbp + AHEAD_BYTES]
            ; mov r11, [rbp]
            ; prefetcht0 [rax]
            ; prefetcht0 [BYTE rax + CACHE_LINE_BYTES]
            ; mov [BYTE rbx + field(at::LANES_NEXT)], rbp
            ; cmp r10, [BYTE r11 + field(at::ENTRIES)]);
        let other = self.jcc(Cc::NE);
        asm!(self ; cmp DWORD [BYTE r11 + field(at::STATE)], 0);
        let ended = self.jcc(Cc::NE);
        if plan.param_bytes != 0 {
            self.alu_imm(Alu::Sub, IntSize::W64, RSP, signed(plan.param_bytes));
        }
        for ((&(place, _), &ty), disp) in plan.params.iter().zip(params).zip(cells()) {
            let cell = Rm::Mem { base: R12, disp };
            match place {
                Place::Int(n) => self.mov_from(int_size(ty), Self::INT_ARGS[usize::from(n)], cell),
                Place::Float(n) => {
                    self.sse(MOVS.scalar(FloatSize::F64), Self::FLOAT_ARGS[usize::from(n)], cell);
                }
                Place::Stack(offset) => {
                    self.mov_from(int_size(ty), MEMORY, cell);
                    self.ins(MOV_TO, IntSize::W64, MEMORY, Rm::Mem { base: RSP, disp: signed(offset) });
                }
            }
        }
        asm!(self ; call rsi);
        for (&(place, _), disp) in plan.results.iter().zip(cells()) {
            let cell = Rm::Mem { base: R9, disp };
            match place {
                Place::Int(n) => self.ins(MOV_TO, IntSize::W64, Self::INT_RESULTS[usize::from(n)], cell),
                Place::Float(n) => self.cell_from_float(cell, Self::FLOAT_RESULTS[usize::from(n)]),
                Place::Stack(_) => unreachable!("results of a narrow signature are in registers"),
            }
        }
        if !params.is_empty() {
            asm!(self ; add r12, r13);
        }
        if !results.is_empty() {
            self.alu_imm(Alu::Add, IntSize::W64, R9, CELL_SIZE * narrow_count(results.len()));
        }
        asm!(self
            ; add rbp, 8
            ; cmp rbp, r8);
        self.jcc_back(Cc::NE, again);
        asm!(self ; xor eax, eax);
        self.leave_entry();
        [other, ended].into_iter().for_each(|jump| self.land_here(jump));
        asm!(self ; mov eax, REFUSED);
        self.leave_entry();
        self.set_arithmetic(arithmetic);
    }

    /// In: arguments as for a function, r11 record, r15 the calling context. Out: as a function.
    ///
    /// | slot, from rsp up | holds |
    /// | --- | --- |
    /// | 0 – 16n | cells: parameters, then results; n = max(parameters, results) |
    /// | 16n – 16n + 95 | r8 r9 r10 rsi xmm6–13 |
    /// | 16n + 96 | padding |
    /// | 16n + 104 | return address |
    /// | 16n + 112 | stack parameters |
    fn host_stub(&mut self, plan: &CallPlan, params: &[ValType], results: &[ValType]) {
        debug_assert!(!plan.wide && plan.result_bytes == 0, "results of a narrow signature are in registers");
        debug_assert!(plan.params.len() == params.len() && plan.results.len() == results.len());
        let cells_bytes = signed(CELL_BYTES) * narrow_count(params.len().max(results.len()));
        let frame_bytes = cells_bytes + VOLATILE_BYTES + 8;
        self.begin();
        self.alu_imm(Alu::Sub, IntSize::W64, RSP, frame_bytes);
        self.save_volatile(RSP, cells_bytes);
        for (&(place, _), at) in plan.params.iter().zip(cells()) {
            let cell = Rm::Mem { base: RSP, disp: at };
            match place {
                Place::Int(n) => self.ins(MOV_TO, IntSize::W64, Self::INT_ARGS[usize::from(n)], cell),
                Place::Float(n) => self.cell_from_float(cell, Self::FLOAT_ARGS[usize::from(n)]),
                Place::Stack(offset) => {
                    let word = Rm::Mem { base: RSP, disp: frame_bytes + 8 + signed(offset) };
                    self.sse(MOVS.scalar(FloatSize::F64), VSCRATCH, word);
                    self.cell_from_float(cell, VSCRATCH);
                }
            }
        }
        self.call_host();
        let failed = self.jcc(Cc::NE);
        self.restore_volatile(RSP, cells_bytes);
        for ((&(place, _), &ty), at) in plan.results.iter().zip(results).zip(cells()) {
            let cell = Rm::Mem { base: RSP, disp: at };
            match place {
                Place::Int(n) => self.mov_from(int_size(ty), Self::INT_RESULTS[usize::from(n)], cell),
                Place::Float(n) => {
                    self.sse(MOVS.scalar(FloatSize::F64), Self::FLOAT_RESULTS[usize::from(n)], cell);
                }
                Place::Stack(_) => unreachable!("results of a narrow signature are in registers"),
            }
        }
        let frame = frame_bytes.cast_unsigned();
        self.epilogue(frame, plan.param_bytes);
        self.land_here(failed);
        self.alu_imm(Alu::Add, IntSize::W64, RSP, frame_bytes);
        self.raise_status();
    }

    /// As [`Self::host_stub`], with counts from the record, every value a word in the caller's outgoing area. At most 1000
    /// cells: they fit the reserve below the stack limit.
    ///
    /// | register | holds |
    /// | --- | --- |
    /// | rbp | its own frame |
    /// | r12 | record, across the call |
    /// | rcx, rax | number of parameters, counter; behind the call bytes of stack parameters, counter |
    /// | rdx, rdi, r8 | where cells or words go, where cells come from, number of results |
    ///
    /// | slot, from rbp | holds |
    /// | --- | --- |
    /// | below −112 | cells |
    /// | −112 – −17 | r8 r9 r10 rsi xmm6–13 |
    /// | −16, −8 | padding, r12 |
    /// | 0, 8 | rbp, return address |
    /// | 16 | stack parameters, then results |
    fn host_stub_wide(&mut self) {
        const SAVED: i32 = -112;
        self.begin();
        asm!(self
            ; push rbp
            ; mov rbp, rsp
            ; sub rsp, BYTE narrow(-SAVED)
            ; mov [BYTE rbp - 8], r12);
        self.save_volatile(RBP, SAVED);
        asm!(self
            ; mov r12, r11
            ; mov ecx, [BYTE r11 + field(at::HOST_PARAMS)]
            ; mov eax, [BYTE r11 + field(at::HOST_RESULTS)]
            ; cmp eax, ecx
            ; cmovb eax, ecx
            ; shl eax, 4
            ; sub rsp, rax
            ; mov rdx, rsp
            ; xor eax, eax
            ; test ecx, ecx);
        let no_params = self.jcc_short(Cc::E);
        let again = self.buf.here();
        asm!(self
            ; mov rdi, [rbp + rax * 8 + 16]
            ; mov [rdx], rdi
            ; add rdx, 16
            ; add eax, 1
            ; cmp eax, ecx);
        self.jcc_back(Cc::NE, again);
        self.land(no_params);
        self.call_host();
        let failed = self.jcc(Cc::NE);
        asm!(self
            ; mov ecx, [BYTE r12 + field(at::HOST_PARAMS)]
            ; lea ecx, [rcx * 8 + 15]
            ; and ecx, -16
            ; mov r8d, [BYTE r12 + field(at::HOST_RESULTS)]
            ; lea rdx, [rbp + rcx + 16]
            ; mov rdi, rsp
            ; test r8d, r8d);
        let no_results = self.jcc_short(Cc::E);
        let again = self.buf.here();
        asm!(self
            ; mov rsi, [rdi + rax]
            ; mov [rdx], rsi
            ; add rdx, 8
            ; add rax, 16
            ; sub r8d, 1);
        self.jcc_back(Cc::NE, again);
        self.land(no_results);
        // The return address moves up over the parameters, which pops them without a jump that is no return.
        asm!(self
            ; mov rdx, [rbp + 8]
            ; mov [rbp + rcx + 8], rdx
            ; lea rdx, [rbp + rcx + 8]);
        self.restore_volatile(RBP, SAVED);
        asm!(self
            ; mov r12, [BYTE rbp - 8]
            ; mov rbp, [rbp]
            ; mov rsp, rdx
            ; ret);
        self.land_here(failed);
        asm!(self ; lea rsp, [rbp + 8]);
        self.raise_status();
    }

    /// In: anything. Out: never.
    fn freed_stub(&mut self) {
        self.begin();
        asm!(self ; xor r11d, r11d);
        self.raise(Trap::FunctionOfFreedInstance);
        self.breakpoint();
    }
}

/// What an entry stub knows of the host's arithmetic.
#[derive(Clone, Copy, Debug)]
#[must_use]
struct Arithmetic {
    /// Taken where it is not ours.
    differs: Jump,
    /// Where the stub goes on when it is.
    inner: Mark,
}

/// Bits of a packed reference that hold the function index; all set in one that names a host function.
const FUNC_INDEX_MASK: i32 = HOST_FUNC_INDEX.cast_signed();
const _: () = assert!(FUNC_INDEX_MASK == (1 << FUNC_INDEX_BITS) - 1);

/// Where Rust passes the first parameters.
const ENTRY_WORD_REGS: [Gpr; ENTRY_WORDS] = [R8, R9];
/// The same number as an immediate; bytes of a cell as one.
const WIDE_WORDS: i32 = 2;
const CELL_SIZE: i32 = 16;
const _: () = assert!(WIDE_WORDS as usize == ENTRY_WORDS && CELL_SIZE as u32 == CELL_BYTES);

/// Loops start where a fetch of instructions does.
const LOOP_ALIGN_BYTES: u32 = 16;
/// Bytes to the context of the lane that is fetched; to a context's second line.
const AHEAD_BYTES: i8 = 64;
const CACHE_LINE_BYTES: i8 = 64;
const _: () = assert!(AHEAD_BYTES as usize == LANES_AHEAD * 8);
/// What a lane stub returns for an instance that must not run.
const REFUSED: i32 = 4;
const _: () = assert!(REFUSED as u64 == LANE_REFUSED);

/// Where the slot starts in a packed reference: it is the uppermost part.
pub(super) const SLOT_SHIFT: u8 = {
    assert!(SLOT_BITS + FUNC_INDEX_BITS < 64);
    #[expect(clippy::cast_possible_truncation, reason = "asserted above")]
    {
        (SLOT_BITS + FUNC_INDEX_BITS) as u8
    }
};

/// Binary logarithm of the bytes of a [`DirectoryEntry`].
pub(super) const DIRECTORY_ENTRY_SHIFT: u8 = 4;
const _: () = assert!(size_of::<DirectoryEntry>() == 1 << DIRECTORY_ENTRY_SHIFT);

impl X64 {
    fn begin(&mut self) {
        debug_assert!(!self.buf.is_cold(), "stubs lie in the hot part");
        self.buf.current.ensure(STUB_BYTES_MAX);
    }

    /// The start of every entry stub. Keeps rsi, rcx, r8 and r9; rbx = rdx = cells, r11 = context; rax is destroyed.
    fn enter_entry(&mut self) -> Arithmetic {
        let start = self.buf.offset();
        asm!(self
            ; stmxcsr [rsp - 8]
            ; mov eax, [rsp - 8]
            ; and eax, MXCSR_CONTROL
            ; cmp eax, MXCSR_DEFAULT);
        let differs = self.jcc(Cc::NE);
        let inner = self.buf.here();
        debug_assert_eq!(inner.offset - start, Self::ENTRY_CHECK_BYTES);
        asm!(self
            ; push rbp
            ; push rbx
            ; push r12
            ; push r13
            ; push r14
            ; push r15
            ; sub rsp, 8
            ; mov [BYTE rcx + field(at::ACTIVATION_SAVED_SP)], rsp
            ; mov rbx, rdx
            ; mov r11, rdi
            ; lea r15, [rdi + CONTEXT_BIAS]);
        Arithmetic { differs, inner }
    }

    /// The end of every entry stub: status in eax, first result in rdx, rsp as behind its start.
    fn leave_entry(&mut self) {
        asm!(self
            ; add rsp, 8
            ; pop r15
            ; pop r14
            ; pop r13
            ; pop r12
            ; pop rbx
            ; pop rbp
            ; ret);
    }

    /// Behind the end of an entry stub: the way in where the host's arithmetic is not ours. Ours is set around the stub, whichever way
    /// that is left.
    fn set_arithmetic(&mut self, Arithmetic { differs, inner }: Arithmetic) {
        const CALL_BYTES: u32 = 5;
        self.land_here(differs);
        asm!(self
            ; sub rsp, 24
            ; stmxcsr [rsp]
            ; mov DWORD [rsp + 4], MXCSR_DEFAULT
            ; ldmxcsr [rsp + 4]);
        let distance = self.distance(inner, CALL_BYTES);
        asm!(self
            ; call DWORD distance
            ; ldmxcsr [rsp]
            ; add rsp, 24
            ; ret);
    }

    /// The second half of the resolve stub; rcx and rax are on the stack.
    fn resolve_slowly(&mut self) {
        const OUT_WORD: i32 = 256;
        const FRAME_BYTES: i32 = OUT_WORD + 8;
        // r10 to rdx, then rcx and rax.
        const PUSHED_BYTES: i32 = 8 * 8;
        asm!(self
            ; push rdx
            ; push rdi
            ; push rsi
            ; push r8
            ; push r9
            ; push r10
            ; sub rsp, FRAME_BYTES);
        for n in 0..16 {
            self.sse(MOVUPS_TO, Vreg(n), Rm::Mem { base: RSP, disp: 16 * i32::from(n) });
        }
        asm!(self
            ; mov QWORD [rsp + OUT_WORD], 0
            ; lea rdi, [r15 - CONTEXT_BIAS]
            ; mov rsi, r11
            ; mov edx, [BYTE r15 + head(at::CALL_CODE)]
            ; lea rcx, [rsp + OUT_WORD]
            ; mov rax, [BYTE r15 + head(at::BUILTINS)]
            ; call QWORD [BYTE rax + field(at::BUILTINS_RESOLVE)]
            ; mov r11, [rsp + OUT_WORD]
            ; test rax, rax);
        let failed = self.jcc(Cc::NE);
        for n in 0..16 {
            self.sse(MOVUPS, Vreg(n), Rm::Mem { base: RSP, disp: 16 * i32::from(n) });
        }
        asm!(self
            ; add rsp, FRAME_BYTES
            ; pop r10
            ; pop r9
            ; pop r8
            ; pop rsi
            ; pop rdi
            ; pop rdx
            ; pop rcx
            ; pop rax
            ; ret);
        self.land_here(failed);
        asm!(self
            ; add rsp, FRAME_BYTES + PUSHED_BYTES
            ; push rax);
        self.call_context(at::TRAP_STUB);
        self.breakpoint();
    }

    /// Calls a host function: record in r11, cells at rsp. The flags say whether the status in rax is 0.
    fn call_host(&mut self) {
        asm!(self
            ; mov rdi, r11
            ; lea rsi, [r15 - CONTEXT_BIAS]
            ; mov rdx, rsp
            ; call QWORD [BYTE r11 + field(at::HOST_CALL)]
            ; test rax, rax);
    }

    /// Traps with the status in rax; the stub's frame is gone.
    fn raise_status(&mut self) {
        asm!(self
            ; xor r11d, r11d
            ; push rax);
        self.call_context(at::TRAP_STUB);
        self.breakpoint();
    }

    fn save_volatile(&mut self, base: Gpr, from: i32) {
        for (reg, disp) in VOLATILE_INTS.into_iter().zip(words(from)) {
            self.ins(MOV_TO, IntSize::W64, reg, Rm::Mem { base, disp });
        }
        // In pairs, which halves the stores: those are what the saves cost.
        for (first, disp) in VOLATILE_FLOATS.zip(words(from).skip(VOLATILE_INTS.len())).step_by(2) {
            self.sse(UNPCKLPD, Vreg(first), Vreg(first + 1));
            self.sse(MOVUPS_TO, Vreg(first), Rm::Mem { base, disp });
        }
    }

    fn restore_volatile(&mut self, base: Gpr, from: i32) {
        for (reg, disp) in VOLATILE_INTS.into_iter().zip(words(from)) {
            self.mov_from(IntSize::W64, reg, Rm::Mem { base, disp });
        }
        for (reg, disp) in VOLATILE_FLOATS.zip(words(from).skip(VOLATILE_INTS.len())) {
            self.sse(MOVS.scalar(FloatSize::F64), Vreg(reg), Rm::Mem { base, disp });
        }
    }

    /// Writes a cell from the lower half of a vector register.
    fn cell_from_float(&mut self, cell: Rm, src: Vreg) {
        self.sse(MOVS_TO.scalar(FloatSize::F64), src, cell);
    }

    /// Lets a jump within a stub go to here.
    fn land_here(&mut self, jump: Jump) {
        let here = self.buf.here();
        self.link(jump, here);
    }
}

/// Displacements of the cells of an array.
fn cells() -> impl Iterator<Item = i32> {
    (0..).step_by(CELL_BYTES as usize)
}

/// Displacements of the words from one on.
fn words(from: i32) -> impl Iterator<Item = i32> {
    (from..).step_by(8)
}

/// How much of a cell is loaded into a general register: an i32's upper half is made zero here.
const fn int_size(ty: ValType) -> IntSize {
    if matches!(ty, ValType::I32) { IntSize::W32 } else { IntSize::W64 }
}

fn signed(bytes: u32) -> i32 {
    i32::try_from(bytes).expect("frames of stubs are small")
}

fn narrow_count(count: usize) -> i32 {
    i32::try_from(count).expect("a narrow signature has few parameters")
}

fn narrow(bytes: i32) -> i8 {
    i8::try_from(bytes).expect("frames of stubs with fixed parts are below 128 bytes")
}
