//! Jumps, calls, jump tables, function entries and exits, out-of-line traps.
//!
//! Owns: how jumps are patched, the call sequences, the look-up of an indirect call.
//! Does not know: where labels are, what a frame holds, which values are live (`compile`); what stubs do (`stub`).
//!
//! # An indirect call of an own function, as emitted
//! ```text
//! ldr x16, [x28+T.length] · mov w17, index · cmp x17, x16 · b.hs undefined · csel x17, x17, xzr, lo · csdb
//! ldr word, [x28+T.base] · ldr word, [word, x17, lsl 3] · ldr other, [x28+T.own_tag] · eor word, word, other
//! cmp word, FUNCTIONS · b.hs foreign · csel word, word, xzr, lo · csdb                                   x17 is the index still
//! ldr other, [x28+ENTRIES] · add x17, other, word, lsl 4 · ldr w_other, [x17+8]                          x17 is the record
//! movz w16, TYPE · movk w16, TYPE, lsl 16 · cmp w_other, w16 · b.ne mismatch
//! ldr x17, [x17] · add x17, x17, 16 · … argument moves … · blr x17                                       entries name foreign entries
//! ```

use dynasmrt::DynasmApi;

use super::A64;
use super::encode::{
    Cc, FORM_26, FORM_ADR, FORM_ADR_FAR, INSTRUCTION_BYTES, asm, cond_code, patch, with_distance,
};
use super::regs::{CONTEXT, LINK, MEMORY, SCRATCH, SP, TEMP, TRAP_KIND, TRAP_STUB};
use super::stub::{DIRECTORY_ENTRY_SHIFT, SLOT_SHIFT};
use crate::arena::code_buf::{CodeBuf, HEADROOM};
use crate::jit::abi::{Builtin, FUNC_INDEX_BITS, FuncEntry, SMALL_FRAME_BYTES_MAX, at};
use crate::jit::buffers::{Jump, Mark, Reloc};
use crate::jit::image::TypePatch;
use crate::jit::masm::{
    Base, Cond, FlowOps, Gpr, Home, IndirectExits, Jumps, Masm, Operand, Reach, RegisterPlan, ScalarOps,
};
use crate::spec::module::{FuncIdx, TypeIdx};
use crate::spec::ops::{IntCompare, IntSize};
use crate::spec::trap::Trap;

/// Bytes between the foreign entry of a function and its local one.
const FOREIGN_ENTRY_BYTES: u32 = 16;

/// Binary logarithm of the bytes of a [`FuncEntry`].
pub(super) const FUNC_ENTRY_SHIFT: u32 = 4;
const _: () = assert!(size_of::<FuncEntry>() == 1 << FUNC_ENTRY_SHIFT);

impl FlowOps for A64 {
    fn jump(&mut self) -> Jump {
        self.jmp()
    }

    fn jump_if(&mut self, cond: Cond) -> Jumps {
        Jumps::from_iter([self.jcc(cond_code(cond))])
    }

    fn jump_back(&mut self, target: Mark) {
        let jump = self.jmp();
        self.link(jump, target);
    }

    fn jump_back_if(&mut self, cond: Cond, target: Mark) {
        let jump = self.jcc(cond_code(cond));
        self.link(jump, target);
    }

    fn jump_if_int(&mut self, compare: IntCompare, size: IntSize, lhs: Gpr, rhs: Operand) -> Jumps {
        let jump = match (compare, rhs) {
            // Below 1 and not above 0, unsigned, is 0.
            (IntCompare::Eq | IntCompare::LeU, Operand::Imm(0)) => self.jump_zero(size, false, lhs),
            (IntCompare::Ne | IntCompare::GtU, Operand::Imm(0)) => self.jump_zero(size, true, lhs),
            (IntCompare::LtS, Operand::Imm(0)) if self.reach == Reach::Short => {
                self.jump_sign(size, true, lhs)
            }
            (IntCompare::GeS, Operand::Imm(0)) if self.reach == Reach::Short => {
                self.jump_sign(size, false, lhs)
            }
            _ => {
                self.compare_int(size, lhs, rhs);
                self.jcc(cond_code(Cond::Int(compare)))
            }
        };
        Jumps::from_iter([jump])
    }

    fn jump_back_if_int(&mut self, compare: IntCompare, size: IntSize, lhs: Gpr, rhs: Operand, target: Mark) {
        for jump in self.jump_if_int(compare, size, lhs, rhs) {
            self.link(jump, target);
        }
    }

    fn patch(code: &mut CodeBuf, at: u32, form: u8, target: u32) -> bool {
        patch(code, at, form, target)
    }

    fn begin_function(&mut self, reach: Reach) {
        self.reach = reach;
        self.tails.clear();
    }

    fn call_field(old: u32, at: u32, form: u8, target: u32) -> Option<u32> {
        with_distance(old, at, form, target)
    }

    fn jump_table(&mut self, index: Gpr, temp: Gpr, count: u32) -> (Jump, Jump) {
        self.cmp_imm(IntSize::W32, index, count.into());
        let outside = self.jcc(Cc::HS);
        self.mask_index(IntSize::W32, index);
        let table = self.address_of_table(temp);
        asm!(self
            ; ldrsw X(index), [X(temp), W(index), UXTW 2]
            ; add X(index), X(index), X(temp)
            ; br X(index));
        (outside, table)
    }

    fn table_word(&mut self, word: u32) {
        self.buf.current.ensure(HEADROOM + 8);
        self.word(word);
    }

    fn align(&mut self, to: u32) {
        while !self.buf.offset().is_multiple_of(to) {
            self.buf.current.ensure(HEADROOM);
            asm!(self ; nop);
        }
    }

    fn foreign_entry(&mut self) {
        let start = self.buf.offset();
        self.load_word(IntSize::W64, MEMORY, Home::context(at::STACK_LIMIT));
        self.store_word(IntSize::W64, MEMORY, Home { base: Base::Reg(SCRATCH), offset: at::STACK_LIMIT });
        self.mov(IntSize::W64, CONTEXT, SCRATCH);
        self.load_word(IntSize::W64, MEMORY, Home::context(at::MEMORY_BASE));
        debug_assert_eq!(self.buf.offset() - start, FOREIGN_ENTRY_BYTES);
    }

    fn stack_check(&mut self, frame_bytes: u32) -> Jump {
        // Before the prologue every register but the two scratches may hold a parameter.
        if frame_bytes > SMALL_FRAME_BYTES_MAX {
            self.sub_imm(SCRATCH, SP, frame_bytes.into());
            self.load_word(IntSize::W64, TEMP, Home::context(at::STACK_LIMIT));
            self.cmp(IntSize::W64, SCRATCH, TEMP);
        } else {
            self.load_word(IntSize::W64, TEMP, Home::context(at::STACK_LIMIT));
            asm!(self ; cmp sp, X(TEMP));
        }
        self.jcc(Cc::LO)
    }

    fn prologue(&mut self, frame_bytes: u32) {
        if frame_bytes != 0 {
            self.sub_imm(SP, SP, whole_frame(frame_bytes));
            self.store_word(IntSize::W64, LINK, Home::frame(frame_bytes));
        }
    }

    fn epilogue(&mut self, frame_bytes: u32, param_bytes: u32) {
        if frame_bytes != 0 {
            self.load_word(IntSize::W64, LINK, Home::frame(frame_bytes));
        }
        self.add_imm(SP, SP, whole_frame(frame_bytes) + u64::from(param_bytes));
        asm!(self ; ret);
    }

    fn call_direct(&mut self, func: FuncIdx, param_bytes: u32, wasm: u32) {
        self.word(0x9400_0000);
        self.buf.record_reloc(INSTRUCTION_BYTES, Reloc::Call { func, form: FORM_26 });
        self.after_call(param_bytes, wasm);
    }

    fn call_through(&mut self, offset: u32, param_bytes: u32, wasm: u32) {
        self.load_word(IntSize::W64, TEMP, Home::context(offset));
        asm!(self ; blr X(TEMP));
        self.after_call(param_bytes, wasm);
    }

    fn indirect_lookup(
        &mut self,
        index: Gpr,
        view: u32,
        functions: u32,
        ty: TypeIdx,
        [word, other]: [Gpr; 2],
    ) -> IndirectExits {
        let undefined = self.table_index(index, view);
        self.load_word(IntSize::W64, word, Home::context(view + at::TABLE_BASE));
        asm!(self ; ldr X(word), [X(word), X(SCRATCH), LSL 3]);
        self.load_word(IntSize::W64, other, Home::context(view + at::TABLE_OWN_TAG));
        asm!(self ; eor X(word), X(word), X(other));
        self.cmp_imm(IntSize::W64, word, functions.into());
        let foreign = self.jcc(Cc::HS);
        self.mask_index(IntSize::W64, word);
        self.load_word(IntSize::W64, other, Home::context(at::ENTRIES));
        asm!(self
            ; add X(SCRATCH), X(other), X(word), LSL FUNC_ENTRY_SHIFT
            ; ldr W(other), [X(SCRATCH), at::ENTRY_TYPE]);
        self.type_id(TEMP, ty);
        self.cmp(IntSize::W32, other, TEMP);
        let mismatch = self.jcc(Cc::NE);
        asm!(self ; ldr X(SCRATCH), [X(SCRATCH), at::ENTRY_CODE]);
        self.add_imm(SCRATCH, SCRATCH, FOREIGN_ENTRY_BYTES.into());
        IndirectExits { undefined, mismatch, foreign }
    }

    fn call_register(&mut self, code: Gpr, param_bytes: u32, wasm: u32) {
        asm!(self ; blr X(code));
        self.after_call(param_bytes, wasm);
    }

    fn find_foreign(&mut self, view: u32, ty: TypeIdx, [word, place]: [Gpr; 2]) -> [Jump; 2] {
        // The word again, and by its slot who lives there: of a function of that instance only the index is left. The entry of
        // slot 0, which null names, has the tag of nobody.
        self.load_word(IntSize::W64, place, Home::context(view + at::TABLE_OWN_TAG));
        asm!(self
            ; eor X(word), X(word), X(place)
            ; lsr X(place), X(word), SLOT_SHIFT);
        self.load_word(IntSize::W64, TEMP, Home::context(at::DIRECTORY));
        asm!(self
            ; add X(place), X(TEMP), X(place), LSL DIRECTORY_ENTRY_SHIFT
            ; ldr X(TEMP), [X(place), at::DIRECTORY_TAG]
            ; eor X(word), X(word), X(TEMP));
        // One comparison for another tag and for the index of host functions, which has all bits set.
        self.add_imm(TEMP, word, 1);
        asm!(self ; cmp xzr, X(TEMP), LSR FUNC_INDEX_BITS);
        let elsewhere = self.jcc(Cc::NE);
        asm!(self
            // Behind a jump that was guessed, more than the index would be left.
            ; lsl W(word), W(word), 32 - FUNC_INDEX_BITS
            ; lsr W(word), W(word), 32 - FUNC_INDEX_BITS
            ; ldr X(place), [X(place), at::DIRECTORY_CONTEXT]
            ; ldr X(TEMP), [X(place), at::ENTRIES]
            ; add X(word), X(TEMP), X(word), LSL FUNC_ENTRY_SHIFT
            // Whoever calls has saved the link register.
            ; ldr W(LINK), [X(word), at::ENTRY_TYPE]);
        self.type_id(TEMP, ty);
        self.cmp(IntSize::W32, LINK, TEMP);
        let mismatch = self.jcc(Cc::NE);
        asm!(self ; ldr X(MEMORY), [X(word), at::ENTRY_CODE]);
        self.mov_always(IntSize::W64, SCRATCH, place);
        [elsewhere, mismatch]
    }

    fn resolve_foreign(&mut self, view: u32, ty: TypeIdx, temp: Gpr, wasm: u32) {
        self.load_word(IntSize::W64, temp, Home::context(view + at::TABLE_BASE));
        asm!(self ; ldr X(SCRATCH), [X(temp), X(SCRATCH), LSL 3]);
        self.type_id(TEMP, ty);
        self.store_word(IntSize::W32, TEMP, Home::context(at::CALL_CODE));
        self.load_word(IntSize::W64, TEMP, Home::context(at::RESOLVE_STUB));
        asm!(self ; blr X(TEMP));
        self.buf.record_return(wasm);
        self.load_word(IntSize::W64, MEMORY, Home::context(at::CALL_CODE));
    }

    fn call_builtin(&mut self, builtin: Builtin, immediate: u64, wasm: u32) {
        self.mov_imm(SCRATCH, immediate);
        self.load_word(IntSize::W64, TEMP, Home::context(at::BUILTIN_STUBS));
        self.load_word(IntSize::W64, TEMP, Home { base: Base::Reg(TEMP), offset: builtin as u32 * 8 });
        asm!(self ; blr X(TEMP));
        self.buf.record_return(wasm);
    }

    /// The first exit of a kind falls into the function's tail for it.
    fn trap_exit(&mut self, trap: Trap, wasm: u32) {
        let known = self.tails.iter().find(|(kind, _)| *kind == trap).map(|&(_, tail)| tail);
        if let Some(tail) = known {
            asm!(self ; adr X(TEMP), 8);
            self.jump_back(tail);
        } else {
            asm!(self ; adr X(TEMP), 16);
            let tail = self.buf.here();
            self.tails.push((trap, tail));
            self.mov_imm(TRAP_KIND, trap.code().into());
            self.load_word(IntSize::W64, TRAP_STUB, Home::context(at::TRAP_STUB));
            asm!(self ; br X(TRAP_STUB));
            debug_assert_eq!(self.buf.offset() - tail.offset, 12, "the site lies behind the tail");
        }
        self.buf.record_return(wasm);
    }

    fn copy_words(&mut self, to: u32, from: u32, words: u32, [word, counter]: [Gpr; 2]) {
        if words == 0 {
            return;
        }
        self.mov_imm(counter, 0);
        let again = self.buf.here();
        self.add_imm(TEMP, SP, from.into());
        asm!(self ; ldr X(word), [X(TEMP), X(counter), LSL 3]);
        self.add_imm(TEMP, SP, to.into());
        asm!(self ; str X(word), [X(TEMP), X(counter), LSL 3]);
        self.count_to(words, counter, again);
    }

    fn zero_words(&mut self, from: u32, words: u32, temp: Gpr) {
        if words == 0 {
            return;
        }
        self.mov_imm(SCRATCH, 0);
        let again = self.buf.here();
        self.add_imm(temp, SP, from.into());
        asm!(self ; str xzr, [X(temp), X(SCRATCH), LSL 3]);
        self.count_to(words, SCRATCH, again);
    }
}

impl A64 {
    /// Goes to the trap stub for a stub's caller, with the kind and a site that lies in no function.
    pub(super) fn raise(&mut self, trap: Trap) {
        self.mov_imm(TRAP_KIND, trap.code().into());
        self.leave_for_trap();
    }

    /// As [`A64::raise`]; the kind is in its register.
    pub(super) fn leave_for_trap(&mut self) {
        self.load_word(IntSize::W64, TRAP_STUB, Home::context(at::TRAP_STUB));
        asm!(self ; adr X(TEMP), 8 ; br X(TRAP_STUB));
    }

    /// `brk`: never executed unless something of ours is broken, and then it ends the process.
    pub(super) fn breakpoint(&mut self) {
        asm!(self ; brk 0);
    }

    /// The address of a jump table, to be linked.
    fn address_of_table(&mut self, dst: Gpr) -> Jump {
        asm!(self ; adr X(dst), 0);
        if self.reach != Reach::Far {
            return self.buf.jump_before(INSTRUCTION_BYTES, FORM_ADR);
        }
        asm!(self ; movz W(TEMP), 0 ; movk W(TEMP), 0, LSL 16);
        let table = self.buf.jump_before(3 * INSTRUCTION_BYTES, FORM_ADR_FAR);
        asm!(self ; add X(dst), X(dst), X(TEMP));
        table
    }

    /// The engine-wide id of a type, once it is known.
    fn type_id(&mut self, dst: Gpr, ty: TypeIdx) {
        asm!(self ; movz W(dst), 0 ; movk W(dst), 0, LSL 16);
        self.buf.record_reloc(8, Reloc::Type { ty, patch: TypePatch::MoveWide });
    }

    /// Behind a call: its site, then room again for the stack parameters that the callee has popped.
    fn after_call(&mut self, param_bytes: u32, wasm: u32) {
        self.buf.record_return(wasm);
        self.sub_imm(SP, SP, param_bytes.into());
    }

    /// Ends a loop.
    fn count_to(&mut self, words: u32, counter: Gpr, again: Mark) {
        asm!(self ; add XSP(counter), XSP(counter), 1);
        self.cmp_imm(IntSize::W32, counter, words.into());
        let jump = self.jcc(Cc::NE);
        self.link(jump, again);
    }
}

/// Bytes of a frame with its return address.
const fn whole_frame(frame_bytes: u32) -> u64 {
    match frame_bytes {
        0 => 0,
        _ => frame_bytes as u64 + A64::RETURN_ADDRESS_BYTES as u64,
    }
}
