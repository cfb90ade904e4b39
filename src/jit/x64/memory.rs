//! Linear memory and tables.
//!
//! Owns: how an [`Address`] becomes an operand, loads, stores, bounds checks, table entries.
//! Does not know: when a check is needed (`compile::memory`).
//!
//! An access is `[r14 + index + displacement]`, one instruction that reads or writes exactly the access's width. The index is
//! an i32 with a zero upper half, so the sum cannot leave the reservation. Offsets from 2³¹ upwards, which a displacement
//! cannot hold, go through r11, all in 64 bits.

use dynasmrt::DynasmApi;

use super::X64;
use super::encode::{
    Alu, Cc, LEA, MOV, MOV_IMM, MOV_TO, MOVSX_8, MOVSX_16, MOVSXD, MOVZX_8, MOVZX_16, Op, Rm, Shift, low_half,
};
use super::regs::{MEMORY, SCRATCH};
use crate::jit::abi::{MARK_SHIFT, MARKS, at};
use crate::jit::buffers::Jump;
use crate::jit::masm::{Address, Gpr, Home, MemoryOps, Reg, ScalarOps};
use crate::spec::ops::{Access, FloatSize, IntSize, Sign};

/// `movs reg, m`, with the prefix of its size: exactly that many bytes are read.
pub(super) const MOVS: Op = Op::m0f(0x10);
/// `movs m, reg`, with the prefix of its size.
pub(super) const MOVS_TO: Op = Op::m0f(0x11);
/// `mov rm8, reg8`.
const MOV_TO_8: Op = Op::one(0x88).byte_reg();
/// `mov rm16, reg16`.
const MOV_TO_16: Op = MOV_TO.prefix(0x66);
/// `mov rm8, imm8`, digit 0.
const MOV_IMM_8: Op = Op::one(0xC6);
/// `mov rm16, imm16`, digit 0.
const MOV_IMM_16: Op = MOV_IMM.prefix(0x66);

/// Binary logarithm of the bytes of a page.
const PAGE_SHIFT: u8 = 16;
/// [`MARK_SHIFT`] as shifts have it.
const MARK_SHIFT_BITS: u8 = 12;
const _: () = assert!(MARK_SHIFT_BITS as u32 == MARK_SHIFT);
/// Binary logarithm of the bytes of a table's entry.
const TABLE_ENTRY_SHIFT: u8 = 3;

impl MemoryOps for X64 {
    fn load(&mut self, access: Access, dst: Reg, address: Address) {
        let place = self.place(address);
        match (access, dst) {
            (Access::I32 { bytes, sign }, Reg::Int(dst)) => {
                self.load_int_from(IntSize::W32, bytes, sign, dst, place);
            }
            (Access::I64 { bytes, sign }, Reg::Int(dst)) => {
                self.load_int_from(IntSize::W64, bytes, sign, dst, place);
            }
            (Access::F32, Reg::Float(dst)) => self.sse(MOVS.scalar(FloatSize::F32), dst, place),
            (Access::F64, Reg::Float(dst)) => self.sse(MOVS.scalar(FloatSize::F64), dst, place),
            (access, dst) => unreachable!("{access:?} does not load into {dst:?}"),
        }
    }

    fn store(&mut self, access: Access, src: Reg, address: Address) {
        let place = self.place(address);
        match (access.bytes(), src) {
            (1, Reg::Int(src)) => self.ins(MOV_TO_8, IntSize::W32, src, place),
            (2, Reg::Int(src)) => self.ins(MOV_TO_16, IntSize::W32, src, place),
            (4, Reg::Int(src)) => self.ins(MOV_TO, IntSize::W32, src, place),
            (_, Reg::Int(src)) => self.ins(MOV_TO, IntSize::W64, src, place),
            (4, Reg::Float(src)) => self.sse(MOVS_TO.scalar(FloatSize::F32), src, place),
            (_, Reg::Float(src)) => self.sse(MOVS_TO.scalar(FloatSize::F64), src, place),
        }
    }

    fn store_imm(&mut self, access: Access, bits: u64, address: Address) {
        let place = self.place(address);
        let [low, second, ..] = bits.to_le_bytes();
        match access.bytes() {
            1 => {
                self.ins(MOV_IMM_8, IntSize::W32, 0, place);
                self.imm8(low);
            }
            2 => {
                self.ins(MOV_IMM_16, IntSize::W32, 0, place);
                self.buf.current.push_u16(u16::from_le_bytes([low, second]));
            }
            4 => {
                self.ins(MOV_IMM, IntSize::W32, 0, place);
                self.buf.current.push_u32(low_half(bits));
            }
            _ => {
                let imm = i32::try_from(bits.cast_signed()).expect("the constant has 32 significant bits");
                self.ins(MOV_IMM, IntSize::W64, 0, place);
                self.buf.current.push_i32(imm);
            }
        }
    }

    fn bounds_check(&mut self, index: Option<Gpr>, end: u64) -> Jump {
        match (index, i32::try_from(end)) {
            (Some(index), Ok(disp)) => self.lea(IntSize::W64, SCRATCH, Rm::Mem { base: index, disp }),
            (Some(index), Err(_)) => {
                self.const_int(SCRATCH, end);
                self.alu(Alu::Add, IntSize::W64, SCRATCH, index);
            }
            (None, _) => self.const_int(SCRATCH, end),
        }
        self.alu(Alu::Cmp, IntSize::W64, SCRATCH, Home::context(at::MEMORY_LENGTH));
        self.jcc(Cc::A)
    }

    fn mark_store(&mut self) {
        self.shift_imm(Shift::Shr, IntSize::W32, SCRATCH, MARK_SHIFT_BITS);
        let Rm::Mem { base, disp } = Home::context(MARKS).into() else {
            unreachable!("a place in the context")
        };
        self.ins(MOV_IMM_8, IntSize::W32, 0, Rm::Indexed { base, index: SCRATCH, scale: 0, disp });
        self.imm8(1);
    }

    fn verify_i32(&mut self, reg: Gpr) {
        self.mov_from(IntSize::W32, SCRATCH, reg);
        self.alu(Alu::Cmp, IntSize::W64, SCRATCH, reg);
        let fine = self.jcc_short(Cc::E);
        // A broken invariant is our bug and a way out of the sandbox: the breakpoint ends the process.
        self.breakpoint();
        self.land(fine);
    }

    fn memory_pages(&mut self, dst: Gpr) {
        self.mov_from(IntSize::W64, dst, Home::context(at::MEMORY_LENGTH));
        self.shift_imm(Shift::Shr, IntSize::W64, dst, PAGE_SHIFT);
    }

    fn table_entry(&mut self, dst: Gpr, index: Gpr, view: u32) -> Jump {
        let outside = self.table_index(index, dst, view);
        self.mov_from(IntSize::W64, dst, Home::context(view + at::TABLE_BASE));
        self.ins(LEA, IntSize::W64, dst, table_word(dst));
        outside
    }
}

/// The entry of the table at `base` whose index is in r11.
pub(super) fn table_word(base: Gpr) -> Rm {
    Rm::Indexed { base, index: SCRATCH, scale: TABLE_ENTRY_SHIFT, disp: 0 }
}

impl X64 {
    /// Puts a table index into r11 and jumps if it is not below the table's length, with the index in r11 as the datum. Behind
    /// the jump the index is 0 under speculation past the length. `zero` is left as 0.
    pub(super) fn table_index(&mut self, index: Gpr, zero: Gpr, view: u32) -> Jump {
        debug_assert_ne!(zero, index, "the index is read after the zero is written");
        self.alu(Alu::Xor, IntSize::W32, zero, zero);
        self.mov_from(IntSize::W32, SCRATCH, index);
        self.alu(Alu::Cmp, IntSize::W64, SCRATCH, Home::context(view + at::TABLE_LENGTH));
        let outside = self.jcc(Cc::AE);
        self.cmov(Cc::AE, SCRATCH, zero);
        outside
    }

    /// The operand for an address, and its site if it has one: the access is the next instruction.
    fn place(&mut self, address: Address) -> Rm {
        let place = match (address.index, i32::try_from(address.offset)) {
            (Some(index), Ok(disp)) => Rm::Indexed { base: MEMORY, index, scale: 0, disp },
            (None, Ok(disp)) => Rm::Mem { base: MEMORY, disp },
            (index, Err(_)) => {
                self.const_int(SCRATCH, address.offset);
                if let Some(index) = index {
                    self.alu(Alu::Add, IntSize::W64, SCRATCH, index);
                }
                Rm::Indexed { base: MEMORY, index: SCRATCH, scale: 0, disp: 0 }
            }
        };
        if let Some(wasm) = address.site {
            self.buf.record_access(wasm);
        }
        place
    }

    /// An integer of `bytes` bytes, extended to `size`; a zero extension writes the 32-bit register, which clears the rest.
    fn load_int_from(&mut self, size: IntSize, bytes: u8, sign: Sign, dst: Gpr, place: Rm) {
        let (op, size) = match (bytes, sign) {
            (1, Sign::Unsigned) => (MOVZX_8, IntSize::W32),
            (2, Sign::Unsigned) => (MOVZX_16, IntSize::W32),
            (1, Sign::Signed) => (MOVSX_8, size),
            (2, Sign::Signed) => (MOVSX_16, size),
            (4, Sign::Signed) if size == IntSize::W64 => (MOVSXD, size),
            (4, _) => (MOV, IntSize::W32),
            _ => (MOV, size),
        };
        self.ins(op, size, dst, place);
    }
}
