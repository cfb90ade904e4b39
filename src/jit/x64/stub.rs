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
//! - A cell that a stub writes is written whole; the upper half of an f32's word is whatever the register held, so readers take
//!   its lower 32 bits.
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
use super::regs::{CONTEXT_BIAS, R8, R9, R10, RBP, RBX, RSI, RSP, VSCRATCH};
use crate::jit::abi::{
    Builtin, CELL_BYTES, CallPlan, DirectoryEntry, FUNC_INDEX_BITS, HOST_FUNC_INDEX, Place, SLOT_BITS, at,
};
use crate::jit::buffers::Jump;
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
/// `movq xmm, xmm/m64`: the upper half becomes zero.
const MOVQ: Op = Op::m0f(0x7E).prefix(0xF3);
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
            ; shr rcx, SLOT_SHIFT
            ; shl rcx, DIRECTORY_ENTRY_SHIFT
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

    /// In (System V): rdi context, rsi code, rdx cells, rcx activation. Out: rax 0, or 1 from the trap stub.
    ///
    /// | register | until the call | behind it |
    /// | --- | --- | --- |
    /// | rbx | cells | cells: the callee keeps it |
    /// | rsi | code | |
    /// | r11, r15 | context, context + 128 | |
    /// | r8, xmm14 | a stack parameter's word | a result's cell |
    ///
    /// | slot, from rsp up | holds |
    /// | --- | --- |
    /// | below 0 | stack parameters |
    /// | 0 | the host's MXCSR; 4: the default, when it is set |
    /// | 8–55 | r15 r14 r13 r12 rbx rbp |
    /// | 56 | return address |
    fn entry_stub(&mut self, plan: &CallPlan, params: &[ValType], results: &[ValType]) {
        debug_assert!(!plan.wide && plan.result_bytes == 0, "results of a narrow signature are in registers");
        debug_assert!(plan.params.len() == params.len() && plan.results.len() == results.len());
        self.begin();
        self.enter_entry();
        if plan.param_bytes != 0 {
            self.alu_imm(Alu::Sub, IntSize::W64, RSP, signed(plan.param_bytes));
        }
        for ((&(place, _), &ty), at) in plan.params.iter().zip(params).zip(cells()) {
            let cell = Rm::Mem { base: RBX, disp: at };
            match place {
                Place::Int(n) => self.mov_from(int_size(ty), Self::INT_ARGS[usize::from(n)], cell),
                Place::Float(n) => {
                    self.sse(MOVS.scalar(FloatSize::F64), Self::FLOAT_ARGS[usize::from(n)], cell);
                }
                Place::Stack(offset) => {
                    self.mov_from(int_size(ty), R8, cell);
                    self.ins(MOV_TO, IntSize::W64, R8, Rm::Mem { base: RSP, disp: signed(offset) });
                }
            }
        }
        asm!(self ; call rsi);
        for (&(place, _), at) in plan.results.iter().zip(cells()) {
            let cell = Rm::Mem { base: RBX, disp: at };
            match place {
                Place::Int(n) => self.cell_from_int(cell, Self::INT_RESULTS[usize::from(n)]),
                Place::Float(n) => self.cell_from_word(cell, Self::FLOAT_RESULTS[usize::from(n)]),
                Place::Stack(_) => unreachable!("results of a narrow signature are in registers"),
            }
        }
        asm!(self ; xor eax, eax);
        self.leave_entry();
    }

    /// As [`Self::entry_stub`], with counts from the activation, every value a word on the stack.
    ///
    /// | register | until the call | behind it |
    /// | --- | --- | --- |
    /// | rbx | cells | the next result's cell |
    /// | rbp | rsp of the frame | the same |
    /// | r12 | number of results | the same |
    /// | rdx, r8, rcx | next cell, number of parameters, counter | rcx: counter |
    fn entry_stub_wide(&mut self) {
        self.begin();
        self.enter_entry();
        asm!(self
            ; mov rbp, rsp
            ; mov r8d, [BYTE rcx + field(at::ACTIVATION_PARAMS)]
            ; mov r12d, [BYTE rcx + field(at::ACTIVATION_RESULTS)]
            ; lea eax, [r8 * 8 + 15]
            ; and eax, -16
            ; sub rsp, rax
            ; lea eax, [r12 * 8 + 15]
            ; and eax, -16
            ; sub rsp, rax
            ; xor ecx, ecx
            ; test r8d, r8d);
        let no_params = self.jcc_short(Cc::E);
        let again = self.buf.here();
        asm!(self
            ; mov rax, [rdx]
            ; mov [rsp + rcx * 8], rax
            ; add rdx, 16
            ; add ecx, 1
            ; cmp ecx, r8d);
        self.jcc_back(Cc::NE, again);
        self.land(no_params);
        asm!(self
            ; call rsi
            ; xor ecx, ecx
            ; test r12d, r12d);
        let no_results = self.jcc_short(Cc::E);
        let again = self.buf.here();
        asm!(self
            ; movq xmm0, QWORD [rsp + rcx * 8]
            ; movups [rbx], xmm0
            ; add rbx, 16
            ; add ecx, 1
            ; cmp ecx, r12d);
        self.jcc_back(Cc::NE, again);
        self.land(no_results);
        asm!(self
            ; mov rsp, rbp
            ; xor eax, eax);
        self.leave_entry();
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
                Place::Int(n) => self.cell_from_int(cell, Self::INT_ARGS[usize::from(n)]),
                Place::Float(n) => self.cell_from_word(cell, Self::FLOAT_ARGS[usize::from(n)]),
                Place::Stack(offset) => {
                    let word = Rm::Mem { base: RSP, disp: frame_bytes + 8 + signed(offset) };
                    self.cell_from_word(cell, word);
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
            ; movq xmm0, QWORD [rbp + rax * 8 + 16]
            ; movups [rdx], xmm0
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

/// Bits of a packed reference that hold the function index; all set in one that names a host function.
const FUNC_INDEX_MASK: i32 = HOST_FUNC_INDEX.cast_signed();
const _: () = assert!(FUNC_INDEX_MASK == (1 << FUNC_INDEX_BITS) - 1);

/// Where the slot starts in a packed reference: it is the uppermost part.
const SLOT_SHIFT: i8 = {
    assert!(SLOT_BITS + FUNC_INDEX_BITS < 64);
    #[expect(clippy::cast_possible_truncation, reason = "asserted above")]
    {
        (SLOT_BITS + FUNC_INDEX_BITS) as i8
    }
};

/// Binary logarithm of the bytes of a [`DirectoryEntry`].
const DIRECTORY_ENTRY_SHIFT: i8 = 4;
const _: () = assert!(size_of::<DirectoryEntry>() == 1 << DIRECTORY_ENTRY_SHIFT);

impl X64 {
    fn begin(&mut self) {
        debug_assert!(!self.buf.is_cold(), "stubs lie in the hot part");
        self.buf.current.ensure(STUB_BYTES_MAX);
    }

    /// The start of every entry stub. Keeps rsi and rcx; rbx = rdx = cells, r11 = context; rax is destroyed.
    fn enter_entry(&mut self) {
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
            ; lea r15, [rdi + CONTEXT_BIAS]
            ; stmxcsr [rsp]
            ; mov eax, [rsp]
            ; and eax, MXCSR_CONTROL
            ; cmp eax, MXCSR_DEFAULT);
        let as_ours = self.jcc_short(Cc::E);
        asm!(self
            ; mov DWORD [rsp + 4], MXCSR_DEFAULT
            ; ldmxcsr [rsp + 4]);
        self.land(as_ours);
    }

    /// The end of every entry stub: status in eax, rsp as behind its start. Destroys rcx.
    fn leave_entry(&mut self) {
        asm!(self
            ; mov ecx, [rsp]
            ; and ecx, MXCSR_CONTROL
            ; cmp ecx, MXCSR_DEFAULT);
        let as_ours = self.jcc_short(Cc::E);
        asm!(self ; ldmxcsr [rsp]);
        self.land(as_ours);
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
        for (reg, disp) in VOLATILE_FLOATS.zip(words(from).skip(VOLATILE_INTS.len())) {
            self.sse(MOVS_TO.scalar(FloatSize::F64), Vreg(reg), Rm::Mem { base, disp });
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

    /// Writes a whole cell from a general register.
    fn cell_from_int(&mut self, cell: Rm, src: Gpr) {
        self.ins(MOVQ_FROM_INT, IntSize::W64, VSCRATCH, src);
        self.sse(MOVUPS_TO, VSCRATCH, cell);
    }

    /// Writes a whole cell from the lower half of a vector register, or from a word in memory.
    fn cell_from_word(&mut self, cell: Rm, src: impl Into<Rm>) {
        self.sse(MOVQ, VSCRATCH, src);
        self.sse(MOVUPS_TO, VSCRATCH, cell);
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
