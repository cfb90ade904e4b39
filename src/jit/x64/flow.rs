//! Jumps, calls, jump tables, function entries and exits, out-of-line traps.
//!
//! Owns: how jumps are encoded and patched, the call sequences, the look-up of an indirect call.
//! Does not know: where labels are, what a frame holds, which values are live (`compile`); what stubs do (`stub`).
//!
//! Jumps forward have a 32-bit displacement; jumps back are as short as they can be. A displacement is always the last field
//! of its instruction, so one form serves jumps, calls and `lea` alike.
//!
//! # An indirect call of an own function, as emitted
//! ```text
//! xor zero, zero · mov r11d, index · cmp r11, [r15+T.length] · jae undefined · cmovae r11, zero      masked under speculation
//! mov word, [r15+T.base] · mov word, [word+r11*8] · xor word, [r15+T.own_tag]
//! cmp word, FUNCTIONS · jae foreign · cmovae word, zero                                              r11 is the index still
//! mov r11, [r15+ENTRIES] · shl word, 4 · add r11, word · cmp dword [r11+8], TYPE · jne mismatch      r11 is the record
//! mov r11, [r11] · add r11, 19 · … argument moves … · call r11                                       entries name foreign entries
//! ```

use dynasmrt::DynasmApi;

use super::X64;
use super::encode::{
    Alu, Cc, CondCodes, FORM_REL32, MOV_IMM, MOV_TO, MOVSXD, Op, Rm, Shift, asm, cond_codes, patch_rel32,
    rel32,
};
use super::memory::table_word;
use super::regs::{CONTEXT_BIAS, MEMORY, RAX, RSP, SCRATCH};
use super::stub::{DIRECTORY_ENTRY_SHIFT, SLOT_SHIFT};
use crate::arena::code_buf::{CodeBuf, HEADROOM};
use crate::jit::abi::{Builtin, FuncEntry, HOST_FUNC_INDEX, SMALL_FRAME_BYTES_MAX, at};
use crate::jit::buffers::{Jump, Mark, Reloc};
use crate::jit::image::TypePatch;
use crate::jit::masm::{Base, Cond, FlowOps, Gpr, Home, IndirectExits, Jumps, Operand, Reach, ScalarOps};
use crate::spec::module::{FuncIdx, TypeIdx};
use crate::spec::ops::{IntCompare, IntSize};
use crate::spec::trap::Trap;

/// Bytes between the foreign entry of a function and its local one.
const FOREIGN_ENTRY_BYTES: u32 = 19;

/// Binary logarithm of the bytes of a [`FuncEntry`].
const FUNC_ENTRY_SHIFT: u8 = 4;
const _: () = assert!(size_of::<FuncEntry>() == 1 << FUNC_ENTRY_SHIFT);

/// `cmp rm32, imm32`, digit 7.
const CMP_IMM: Op = Op::one(0x81);
const CMP_DIGIT: u8 = 7;

/// `call rm`, digit 2.
const CALL: Op = Op::one(0xFF);
const CALL_DIGIT: u8 = 2;

impl FlowOps for X64 {
    fn jump(&mut self) -> Jump {
        self.jmp()
    }

    fn jump_if(&mut self, cond: Cond) -> Jumps {
        let mut jumps = Jumps::new();
        match cond_codes(cond) {
            CondCodes::One(code) => jumps.push(self.jcc(code)),
            CondCodes::Either(first, second) => {
                jumps.push(self.jcc(first));
                jumps.push(self.jcc(second));
            }
            CondCodes::Both(first, second) => {
                let skip = self.jcc_short(second.inverse());
                jumps.push(self.jcc(first));
                self.land(skip);
            }
        }
        jumps
    }

    fn jump_back(&mut self, target: Mark) {
        match i8::try_from(self.distance(target, 2)) {
            Ok(distance) => asm!(self ; jmp BYTE distance),
            Err(_) => {
                let distance = self.distance(target, 5);
                asm!(self ; jmp DWORD distance);
            }
        }
    }

    fn jump_back_if(&mut self, cond: Cond, target: Mark) {
        match cond_codes(cond) {
            CondCodes::One(code) => self.jcc_back(code, target),
            CondCodes::Either(first, second) => {
                self.jcc_back(first, target);
                self.jcc_back(second, target);
            }
            CondCodes::Both(first, second) => {
                let skip = self.jcc_short(second.inverse());
                self.jcc_back(first, target);
                self.land(skip);
            }
        }
    }

    fn jump_if_int(&mut self, compare: IntCompare, size: IntSize, lhs: Gpr, rhs: Operand) -> Jumps {
        self.compare_int(size, lhs, rhs);
        self.jump_if(Cond::Int(compare))
    }

    fn jump_back_if_int(&mut self, compare: IntCompare, size: IntSize, lhs: Gpr, rhs: Operand, target: Mark) {
        self.compare_int(size, lhs, rhs);
        self.jump_back_if(Cond::Int(compare), target);
    }

    fn patch(code: &mut CodeBuf, at: u32, form: u8, target: u32) -> bool {
        patch_rel32(code, at, form, target)
    }

    /// Displacements of 32 bits go anywhere.
    fn begin_function(&mut self, _reach: Reach) {}

    fn call_field(_: u32, at: u32, form: u8, target: u32) -> Option<u32> {
        debug_assert_eq!(form, FORM_REL32, "calls have 32-bit fields");
        rel32(at, target)
    }

    fn jump_table(&mut self, index: Gpr, temp: Gpr, count: u32) -> (Jump, Jump) {
        debug_assert_ne!(index, temp, "the temporary is written before the index is read");
        self.alu(Alu::Xor, IntSize::W32, temp, temp);
        self.alu_operand(Alu::Cmp, IntSize::W32, index, Operand::Imm(count.into()));
        let outside = self.jcc(Cc::AE);
        self.cmov(Cc::AE, index, temp);
        asm!(self ; lea Rq(temp), [rip + 0]);
        let table = self.buf.jump_before(4, FORM_REL32);
        self.ins(MOVSXD, IntSize::W64, index, Rm::Indexed { base: temp, index, scale: 2, disp: 0 });
        self.alu(Alu::Add, IntSize::W64, index, temp);
        asm!(self ; jmp Rq(index));
        (outside, table)
    }

    fn table_word(&mut self, word: u32) {
        // A table may be far longer than the room that an operator is given: each word makes its own and leaves as much.
        self.buf.current.ensure(HEADROOM + 8);
        while !self.buf.offset().is_multiple_of(4) {
            self.breakpoint();
        }
        self.buf.current.push_u32(word);
    }

    fn align(&mut self, to: u32) {
        debug_assert!(to.is_power_of_two() && to <= 64, "code is published at multiples of 64 bytes");
        let mut missing = (self.buf.offset().next_multiple_of(to) - self.buf.offset()) as usize;
        while missing > 0 {
            let nop = NOPS[missing.min(NOPS.len()) - 1];
            self.buf.current.append(nop);
            missing -= nop.len();
        }
    }

    fn foreign_entry(&mut self) {
        let start = self.buf.offset();
        // Every temporary may hold an argument, so the limit passes through the memory base, which is loaded anew anyway.
        // Displacements of one byte even where none is needed: the length is part of the contract with `indirect_lookup`.
        self.mov_from(IntSize::W64, MEMORY, Home::context(at::STACK_LIMIT));
        asm!(self
            ; mov [BYTE r11 + field(at::STACK_LIMIT)], r14
            ; lea r15, [r11 + CONTEXT_BIAS]);
        self.mov_from(IntSize::W64, MEMORY, Home::context(at::MEMORY_BASE));
        debug_assert_eq!(
            self.buf.offset() - start,
            FOREIGN_ENTRY_BYTES,
            "indirect calls skip the foreign entry"
        );
    }

    fn stack_check(&mut self, frame_bytes: u32) -> Jump {
        let mut lowest = RSP;
        if frame_bytes > SMALL_FRAME_BYTES_MAX {
            lowest = SCRATCH;
            self.lea(IntSize::W64, SCRATCH, Rm::Mem { base: RSP, disp: -signed(frame_bytes) });
        }
        self.alu(Alu::Cmp, IntSize::W64, lowest, Home::context(at::STACK_LIMIT));
        self.jcc(Cc::B)
    }

    fn prologue(&mut self, frame_bytes: u32) {
        self.lower_stack(frame_bytes);
    }

    fn epilogue(&mut self, frame_bytes: u32, param_bytes: u32) {
        self.raise_stack(frame_bytes);
        if param_bytes == 0 {
            asm!(self ; ret);
        } else {
            let popped = i16::try_from(param_bytes).expect("at most 1000 parameters of 8 bytes");
            asm!(self ; ret popped);
        }
    }

    fn call_direct(&mut self, func: FuncIdx, param_bytes: u32, wasm: u32) {
        asm!(self ; call DWORD 0);
        self.buf.record_reloc(4, Reloc::Call { func, form: FORM_REL32 });
        self.after_call(param_bytes, wasm);
    }

    fn call_through(&mut self, offset: u32, param_bytes: u32, wasm: u32) {
        self.call_context(offset);
        self.after_call(param_bytes, wasm);
    }

    fn indirect_lookup(
        &mut self,
        index: Gpr,
        view: u32,
        functions: u32,
        ty: TypeIdx,
        [word, zero]: [Gpr; 2],
    ) -> IndirectExits {
        let undefined = self.table_index(index, zero, view);
        self.mov_from(IntSize::W64, word, Home::context(view + at::TABLE_BASE));
        self.mov_from(IntSize::W64, word, table_word(word));
        // Of an own function only the index is left: one comparison checks the identity and bounds the index.
        self.alu(Alu::Xor, IntSize::W64, word, Home::context(view + at::TABLE_OWN_TAG));
        self.alu_operand(Alu::Cmp, IntSize::W64, word, Operand::Imm(functions.into()));
        let foreign = self.jcc(Cc::AE);
        self.cmov(Cc::AE, word, zero);
        self.mov_from(IntSize::W64, SCRATCH, Home::context(at::ENTRIES));
        self.shift_imm(Shift::Shl, IntSize::W64, word, FUNC_ENTRY_SHIFT);
        self.alu(Alu::Add, IntSize::W64, SCRATCH, word);
        asm!(self ; cmp DWORD [BYTE r11 + field(at::ENTRY_TYPE)], DWORD 0);
        self.buf.record_reloc(4, Reloc::Type { ty, patch: TypePatch::Imm32 });
        let mismatch = self.jcc(Cc::NE);
        self.mov_from(IntSize::W64, SCRATCH, Home { base: Base::Reg(SCRATCH), offset: at::ENTRY_CODE });
        self.alu_imm(Alu::Add, IntSize::W64, SCRATCH, signed(FOREIGN_ENTRY_BYTES));
        IndirectExits { undefined, mismatch, foreign }
    }

    fn call_register(&mut self, code: Gpr, param_bytes: u32, wasm: u32) {
        self.ins(CALL, IntSize::W32, CALL_DIGIT, code);
        self.after_call(param_bytes, wasm);
    }

    fn find_foreign(&mut self, view: u32, ty: TypeIdx, [word, place]: [Gpr; 2]) -> [Jump; 2] {
        // The word again, and by its slot who lives there: of a function of that instance only the index is left. The entry of
        // slot 0, which null names, has the tag of nobody.
        self.alu(Alu::Xor, IntSize::W64, word, Home::context(view + at::TABLE_OWN_TAG));
        self.move_int(IntSize::W64, place, word);
        self.shift_imm(Shift::Shr, IntSize::W64, place, SLOT_SHIFT);
        self.shift_imm(Shift::Shl, IntSize::W64, place, DIRECTORY_ENTRY_SHIFT);
        self.alu(Alu::Add, IntSize::W64, place, Home::context(at::DIRECTORY));
        let of_place = |offset| Home { base: Base::Reg(place), offset };
        self.alu(Alu::Xor, IntSize::W64, word, of_place(at::DIRECTORY_TAG));
        // One comparison for another tag and for the index of host functions.
        self.alu_operand(Alu::Cmp, IntSize::W64, word, Operand::Imm(HOST_FUNC_INDEX.into()));
        let elsewhere = self.jcc(Cc::AE);
        // Behind a jump that was guessed, more than the index would be left.
        self.alu_operand(Alu::And, IntSize::W32, word, Operand::Imm(HOST_FUNC_INDEX.into()));
        self.mov_from(IntSize::W64, place, of_place(at::DIRECTORY_CONTEXT));
        self.shift_imm(Shift::Shl, IntSize::W32, word, FUNC_ENTRY_SHIFT);
        self.alu(Alu::Add, IntSize::W64, word, of_place(at::ENTRIES));
        let entry_type = Rm::Mem { base: word, disp: field(at::ENTRY_TYPE).into() };
        self.ins(CMP_IMM, IntSize::W32, CMP_DIGIT, entry_type);
        self.buf.current.push_u32(0);
        self.buf.record_reloc(4, Reloc::Type { ty, patch: TypePatch::Imm32 });
        let mismatch = self.jcc(Cc::NE);
        self.mov_from(IntSize::W64, MEMORY, Home { base: Base::Reg(word), offset: at::ENTRY_CODE });
        self.move_int(IntSize::W64, SCRATCH, place);
        [elsewhere, mismatch]
    }

    fn resolve_foreign(&mut self, view: u32, ty: TypeIdx, temp: Gpr, wasm: u32) {
        self.mov_from(IntSize::W64, temp, Home::context(view + at::TABLE_BASE));
        self.mov_from(IntSize::W64, SCRATCH, table_word(temp));
        self.ins(MOV_IMM, IntSize::W32, 0, Home::context(at::CALL_CODE));
        self.buf.current.push_u32(0);
        self.buf.record_reloc(4, Reloc::Type { ty, patch: TypePatch::Imm32 });
        self.call_context(at::RESOLVE_STUB);
        self.buf.record_return(wasm);
        self.mov_from(IntSize::W64, MEMORY, Home::context(at::CALL_CODE));
    }

    fn call_builtin(&mut self, builtin: Builtin, immediate: u64, wasm: u32) {
        self.mov_from(IntSize::W64, RAX, Home::context(at::BUILTIN_STUBS));
        self.const_int(SCRATCH, immediate);
        let stub = Rm::Mem { base: RAX, disp: i32::from(builtin as u8) * 8 };
        self.ins(CALL, IntSize::W32, CALL_DIGIT, stub);
        self.buf.record_return(wasm);
    }

    fn trap_exit(&mut self, trap: Trap, wasm: u32) {
        self.raise(trap);
        self.buf.record_return(wasm);
    }

    fn copy_words(&mut self, to: u32, from: u32, words: u32, [word, counter]: [Gpr; 2]) {
        if words == 0 {
            return;
        }
        self.alu(Alu::Xor, IntSize::W32, counter, counter);
        let again = self.buf.here();
        self.mov_from(IntSize::W64, word, counted_word(from, counter));
        self.ins(MOV_TO, IntSize::W64, word, counted_word(to, counter));
        self.count_to(words, counter, again);
    }

    fn zero_words(&mut self, from: u32, words: u32, temp: Gpr) {
        if words == 0 {
            return;
        }
        self.alu(Alu::Xor, IntSize::W32, temp, temp);
        self.alu(Alu::Xor, IntSize::W32, SCRATCH, SCRATCH);
        let again = self.buf.here();
        self.ins(MOV_TO, IntSize::W64, temp, counted_word(from, SCRATCH));
        self.count_to(words, SCRATCH, again);
    }
}

/// Instructions that do nothing, by length.
const NOPS: [&[u8]; 9] = [
    &[0x90],
    &[0x66, 0x90],
    &[0x0F, 0x1F, 0x00],
    &[0x0F, 0x1F, 0x40, 0x00],
    &[0x0F, 0x1F, 0x44, 0x00, 0x00],
    &[0x66, 0x0F, 0x1F, 0x44, 0x00, 0x00],
    &[0x0F, 0x1F, 0x80, 0x00, 0x00, 0x00, 0x00],
    &[0x0F, 0x1F, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00],
    &[0x66, 0x0F, 0x1F, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00],
];

impl X64 {
    /// Goes to the trap stub: the kind on the stack, then the address of the site.
    pub(super) fn raise(&mut self, trap: Trap) {
        asm!(self ; push BYTE trap.code().cast_signed());
        self.call_context(at::TRAP_STUB);
    }

    /// Calls through a word of the context.
    pub(super) fn call_context(&mut self, offset: u32) {
        self.ins(CALL, IntSize::W32, CALL_DIGIT, Home::context(offset));
    }

    /// `int3`: never executed unless something of ours is broken, and then it ends the process.
    pub(super) fn breakpoint(&mut self) {
        self.imm8(0xCC);
    }

    /// A jump back on a condition.
    pub(super) fn jcc_back(&mut self, code: Cc, target: Mark) {
        match i8::try_from(self.distance(target, 2)) {
            Ok(distance) => {
                self.imm8(0x70 | code.number());
                self.imm8(distance.cast_unsigned());
            }
            Err(_) => {
                let distance = self.distance(target, 6);
                self.imm8(0x0F);
                self.imm8(0x80 | code.number());
                self.buf.current.push_i32(distance);
            }
        }
    }

    /// The distance from behind a jump of so many bytes to a position before it.
    pub(super) fn distance(&self, target: Mark, jump_bytes: u32) -> i32 {
        debug_assert_eq!(target.cold, self.buf.is_cold(), "jumps back stay in one buffer");
        let end = self.buf.offset() + jump_bytes;
        i32::try_from(i64::from(target.offset) - i64::from(end))
            .expect("code of a function is far below 2 GiB")
    }

    fn lower_stack(&mut self, bytes: u32) {
        if bytes != 0 {
            self.alu_imm(Alu::Sub, IntSize::W64, RSP, signed(bytes));
        }
    }

    fn raise_stack(&mut self, bytes: u32) {
        if bytes != 0 {
            self.alu_imm(Alu::Add, IntSize::W64, RSP, signed(bytes));
        }
    }

    /// Behind a call: its site, then room again for the stack parameters that the callee has popped.
    fn after_call(&mut self, param_bytes: u32, wasm: u32) {
        self.buf.record_return(wasm);
        self.lower_stack(param_bytes);
    }

    /// Ends a loop.
    fn count_to(&mut self, words: u32, counter: Gpr, again: Mark) {
        self.alu_imm(Alu::Add, IntSize::W32, counter, 1);
        self.alu_imm(Alu::Cmp, IntSize::W32, counter, signed(words));
        self.jcc_back(Cc::NE, again);
    }
}

/// The word of the frame that a loop is at.
fn counted_word(from: u32, counter: Gpr) -> Rm {
    Rm::Indexed { base: RSP, index: counter, scale: 3, disp: signed(from) }
}

/// A size or offset in a frame or context as a displacement.
fn signed(bytes: u32) -> i32 {
    i32::try_from(bytes).expect("frames and contexts are limited far below 2 GiB")
}

/// The offset of a field of the context as a displacement from r15 of one byte.
pub(super) const fn head(offset: u32) -> i8 {
    assert!(offset < 256, "the head of a context is in reach");
    #[expect(clippy::cast_possible_truncation, reason = "asserted above")]
    {
        (offset as i32 - CONTEXT_BIAS) as i8
    }
}

/// The offset of a field of any structure as a displacement of one byte.
pub(super) const fn field(offset: u32) -> i8 {
    assert!(offset < 128, "the field lies near the start");
    #[expect(clippy::cast_possible_truncation, reason = "asserted above")]
    {
        offset as i8
    }
}
