//! Integer operators and moves.
//!
//! Owns: the instructions of each kind, and which of them need the scratch. Does not know: how immediates and addresses are
//! encoded (`encode`), nor why a register was chosen (`compile`).
//! Start at [`ScalarOps::int_binary`].
//!
//! An i32's upper half is zeroed by every 32-bit form, so nothing here does it by itself. No instruction writes a source, so
//! a destination may be any of them; what takes two instructions keeps the value between them in [`TEMP`] or the destination.

use super::A64;
use super::encode::{ORR_IMM, arithmetic_imm, cond_code, logical_imm, offset_fits};
use super::regs::{TEMP, VSCRATCH, ZERO};
use crate::jit::masm::{Cond, FloatOps, Gpr, Home, Operand, ScalarOps};
use crate::jit::target::Tuning;
use crate::spec::ops::{Division, FloatSize, IntBinary, IntSize, IntUnary, Sign};

const AND: u32 = 0x0A00_0000;
const ORR: u32 = 0x2A00_0000;
const ORN: u32 = 0x2A20_0000;
const EOR: u32 = 0x4A00_0000;
const ANDS: u32 = 0x6A00_0000;
const ADD: u32 = 0x0B00_0000;
const SUB: u32 = 0x4B00_0000;
/// What differs between an operation on bits and its form with a constant.
const TO_LOGIC_IMM: u32 = 0x1800_0000;
const _: () = assert!(ORR ^ TO_LOGIC_IMM == ORR_IMM);
const ADD_IMM: u32 = 0x1100_0000;
const SUB_IMM: u32 = 0x5100_0000;
/// `madd dst, lhs, rhs, more`: `more + lhs × rhs`.
const MADD: u32 = 0x1B00_0000;
/// `msub dst, lhs, rhs, more`: `more − lhs × rhs`.
const MSUB: u32 = 0x1B00_8000;
const UDIV: u32 = 0x1AC0_0800;
const SDIV: u32 = 0x1AC0_0C00;
const LSLV: u32 = 0x1AC0_2000;
const LSRV: u32 = 0x1AC0_2400;
const ASRV: u32 = 0x1AC0_2800;
const RORV: u32 = 0x1AC0_2C00;
/// Moves of bit fields: shifts by a constant and extensions.
const UBFM: u32 = 0x5300_0000;
const SBFM: u32 = 0x1300_0000;
/// `extr dst, high, low, count`; of one register twice, a rotation.
const EXTR: u32 = 0x1380_0000;
const RBIT: u32 = 0x5AC0_0000;
const CLZ: u32 = 0x5AC0_1000;
/// Where a shift amount stands.
const AMOUNT: u32 = 10;
/// `cnt v.8b`: the bits of each byte.
const CNT: u32 = 0x0E20_5800;
/// `addv b, v.8b`: the sum of the bytes.
const ADDV: u32 = 0x0E31_B800;

impl ScalarOps for A64 {
    #[inline]
    fn move_int(&mut self, size: IntSize, dst: Gpr, src: Gpr) {
        self.mov(size, dst, src);
    }

    fn exchange_int(&mut self, a: Gpr, b: Gpr) {
        if a != b {
            self.mov(IntSize::W64, TEMP, a);
            self.mov(IntSize::W64, a, b);
            self.mov(IntSize::W64, b, TEMP);
        }
    }

    #[inline]
    fn const_int(&mut self, dst: Gpr, bits: u64) {
        self.mov_imm(dst, bits);
    }

    #[inline]
    fn load_int(&mut self, size: IntSize, dst: Gpr, from: Home) {
        self.load_word(size, dst, from);
    }

    #[inline]
    fn store_int(&mut self, to: Home, src: Gpr) {
        self.store_word(IntSize::W64, src, to);
    }

    /// An offset that does not fit takes [`TEMP`], so the bits wait in the vector scratch.
    fn store_const(&mut self, to: Home, bits: u64) {
        if bits == 0 {
            return self.store_word(IntSize::W64, ZERO, to);
        }
        self.mov_imm(TEMP, bits);
        if offset_fits(IntSize::W64.bytes(), to.offset) {
            self.store_word(IntSize::W64, TEMP, to);
        } else {
            self.float_of_bits(FloatSize::F64, VSCRATCH, TEMP);
            self.store_float(to, VSCRATCH);
        }
    }

    fn overwrites(&self, _: IntBinary, _: Operand) -> bool {
        false
    }

    fn int_binary(&mut self, size: IntSize, kind: IntBinary, dst: Gpr, lhs: Gpr, rhs: Operand) {
        match kind {
            IntBinary::Add => self.add(size, dst, lhs, rhs),
            IntBinary::Sub => self.sub(size, dst, lhs, rhs),
            IntBinary::Mul => self.mul(size, dst, lhs, rhs),
            IntBinary::And => self.logic(AND, size, dst, lhs, rhs),
            IntBinary::Or => self.logic(ORR, size, dst, lhs, rhs),
            IntBinary::Xor => self.xor(size, dst, lhs, rhs),
            IntBinary::Shl | IntBinary::ShrS | IntBinary::ShrU | IntBinary::Rotl | IntBinary::Rotr => {
                self.shift(kind, size, dst, lhs, rhs);
            }
        }
    }

    /// The machine answers MIN for MIN ÷ −1, whose remainder is 0.
    fn divide(&mut self, size: IntSize, kind: Division, dst: Gpr, lhs: Gpr, rhs: Gpr) {
        match kind {
            Division::DivS => self.three(SDIV, size, dst, lhs, rhs),
            Division::DivU => self.three(UDIV, size, dst, lhs, rhs),
            Division::RemS => self.remainder(SDIV, size, dst, lhs, rhs),
            Division::RemU => self.remainder(UDIV, size, dst, lhs, rhs),
        }
    }

    fn int_unary(&mut self, size: IntSize, kind: IntUnary, dst: Gpr, src: Gpr) {
        match kind {
            IntUnary::Clz => self.two(CLZ, size, dst, src),
            IntUnary::Ctz => {
                self.two(RBIT, size, dst, src);
                self.two(CLZ, size, dst, dst);
            }
            IntUnary::Popcnt => self.count_ones(size, dst, src),
            IntUnary::Extend8S => self.bit_field(SBFM, size, dst, src, (0, 7)),
            IntUnary::Extend16S => self.bit_field(SBFM, size, dst, src, (0, 15)),
            IntUnary::Extend32S => self.bit_field(SBFM, size, dst, src, (0, 31)),
        }
    }

    #[inline]
    fn wrap(&mut self, dst: Gpr, src: Gpr) {
        self.three(ORR, IntSize::W32, dst, ZERO, src);
    }

    /// Unsigned extension is the i32 invariant itself: only a move.
    fn extend(&mut self, sign: Sign, dst: Gpr, src: Gpr) {
        match sign {
            Sign::Signed => self.bit_field(SBFM, IntSize::W64, dst, src, (0, 31)),
            Sign::Unsigned => self.mov(IntSize::W32, dst, src),
        }
    }

    fn compare_int(&mut self, size: IntSize, lhs: Gpr, rhs: Operand) {
        if let Operand::Imm(bits) = rhs {
            self.cmp_imm(size, lhs, bits);
        } else {
            let rhs = self.in_register(size, rhs);
            self.cmp(size, lhs, rhs);
        }
    }

    fn test_bits(&mut self, size: IntSize, lhs: Gpr, rhs: Operand) {
        self.logic(ANDS, size, ZERO, lhs, rhs);
    }

    fn set_if(&mut self, cond: Cond, dst: Gpr) {
        self.cset(cond_code(cond), dst);
    }

    fn select_int(&mut self, cond: Cond, dst: Gpr, then: Gpr, otherwise: Gpr) {
        self.csel(IntSize::W64, cond_code(cond), dst, then, otherwise);
    }
}

/// Addition, subtraction, multiplication, logic.
impl A64 {
    fn add(&mut self, size: IntSize, dst: Gpr, lhs: Gpr, rhs: Operand) {
        match sum_imm(size, rhs) {
            Some(Sum::Add(imm)) => self.two(ADD_IMM | imm, size, dst, lhs),
            Some(Sum::Sub(imm)) => self.two(SUB_IMM | imm, size, dst, lhs),
            None => self.by_register(ADD, size, dst, lhs, rhs),
        }
    }

    fn sub(&mut self, size: IntSize, dst: Gpr, lhs: Gpr, rhs: Operand) {
        match sum_imm(size, rhs) {
            Some(Sum::Add(imm)) => self.two(SUB_IMM | imm, size, dst, lhs),
            Some(Sum::Sub(imm)) => self.two(ADD_IMM | imm, size, dst, lhs),
            None => self.by_register(SUB, size, dst, lhs, rhs),
        }
    }

    fn logic(&mut self, op: u32, size: IntSize, dst: Gpr, lhs: Gpr, rhs: Operand) {
        match immediate(rhs).and_then(|bits| logical_imm(size, bits)) {
            Some(imm) => self.two(op ^ TO_LOGIC_IMM | imm, size, dst, lhs),
            None => self.by_register(op, size, dst, lhs, rhs),
        }
    }

    fn xor(&mut self, size: IntSize, dst: Gpr, lhs: Gpr, rhs: Operand) {
        if rhs == Operand::Imm(narrow(size, u64::MAX)) {
            self.three(ORN, size, dst, ZERO, lhs);
        } else {
            self.logic(EOR, size, dst, lhs, rhs);
        }
    }

    fn mul(&mut self, size: IntSize, dst: Gpr, lhs: Gpr, rhs: Operand) {
        if let Operand::Imm(by) = rhs
            && self.tuning.has(Tuning::STRENGTH)
            && self.mul_by_sum(size, dst, lhs, by)
        {
            return;
        }
        let rhs = self.in_register(size, rhs);
        self.three(MADD | accumulator(ZERO), size, dst, lhs, rhs);
    }

    /// Multiplies by adding or subtracting what is shifted, where one or two instructions do it.
    fn mul_by_sum(&mut self, size: IntSize, dst: Gpr, lhs: Gpr, by: u64) -> bool {
        let power = |bits: u64| {
            let bits = narrow(size, bits);
            bits.is_power_of_two().then(|| bits.trailing_zeros())
        };
        if let Some(count) = power(by.wrapping_sub(1)) {
            self.three(ADD | count << AMOUNT, size, dst, lhs, lhs);
        } else if let Some(count) = power(by.wrapping_neg()) {
            self.three(SUB | count << AMOUNT, size, dst, ZERO, lhs);
        } else if let Some(count) = power(1_u64.wrapping_sub(by)) {
            self.three(SUB | count << AMOUNT, size, dst, lhs, lhs);
        } else if let Some(count) = power(by.wrapping_add(1)) {
            self.shift_const(IntBinary::Shl, size, TEMP, lhs, count);
            self.three(SUB, size, dst, TEMP, lhs);
        } else {
            return false;
        }
        true
    }

    fn by_register(&mut self, op: u32, size: IntSize, dst: Gpr, lhs: Gpr, rhs: Operand) {
        let rhs = self.in_register(size, rhs);
        self.three(op, size, dst, lhs, rhs);
    }
}

/// Shifts and rotations.
impl A64 {
    /// The machine takes a variable count modulo the width, as the standard does.
    fn shift(&mut self, kind: IntBinary, size: IntSize, dst: Gpr, lhs: Gpr, count: Operand) {
        if let Operand::Imm(bits) = count {
            return self.shift_const(kind, size, dst, lhs, shift_count(size, bits));
        }
        let count = self.in_register(IntSize::W32, count);
        match kind {
            IntBinary::Shl => self.three(LSLV, size, dst, lhs, count),
            IntBinary::ShrU => self.three(LSRV, size, dst, lhs, count),
            IntBinary::ShrS => self.three(ASRV, size, dst, lhs, count),
            IntBinary::Rotr => self.three(RORV, size, dst, lhs, count),
            _ => {
                self.three(SUB, IntSize::W32, TEMP, ZERO, count);
                self.three(RORV, size, dst, lhs, TEMP);
            }
        }
    }

    /// `count` is below the width.
    fn shift_const(&mut self, kind: IntBinary, size: IntSize, dst: Gpr, lhs: Gpr, count: u32) {
        let last = width(size) - 1;
        match kind {
            _ if count == 0 => self.mov(size, dst, lhs),
            IntBinary::Shl => self.bit_field(UBFM, size, dst, lhs, (last - count + 1, last - count)),
            IntBinary::ShrU => self.bit_field(UBFM, size, dst, lhs, (count, last)),
            IntBinary::ShrS => self.bit_field(SBFM, size, dst, lhs, (count, last)),
            IntBinary::Rotr => self.rotate_right(size, dst, lhs, count),
            _ => self.rotate_right(size, dst, lhs, last + 1 - count),
        }
    }

    fn rotate_right(&mut self, size: IntSize, dst: Gpr, lhs: Gpr, count: u32) {
        self.three(EXTR | wide_field(size) | count << AMOUNT, size, dst, lhs, lhs);
    }

    /// `rotation` and `last` are the instruction's own two numbers.
    fn bit_field(&mut self, op: u32, size: IntSize, dst: Gpr, src: Gpr, (rotation, last): (u32, u32)) {
        self.two(op | wide_field(size) | rotation << 16 | last << AMOUNT, size, dst, src);
    }
}

/// Division.
impl A64 {
    fn remainder(&mut self, op: u32, size: IntSize, dst: Gpr, lhs: Gpr, rhs: Gpr) {
        self.three(op, size, TEMP, lhs, rhs);
        self.three(MSUB | accumulator(lhs), size, dst, TEMP, rhs);
    }
}

/// Counting bits.
impl A64 {
    /// Only the vector unit counts ones.
    fn count_ones(&mut self, size: IntSize, dst: Gpr, src: Gpr) {
        let float = match size {
            IntSize::W32 => FloatSize::F32,
            IntSize::W64 => FloatSize::F64,
        };
        self.float_of_bits(float, VSCRATCH, src);
        self.vector_two(CNT, VSCRATCH, VSCRATCH);
        self.vector_two(ADDV, VSCRATCH, VSCRATCH);
        self.bits_of(FloatSize::F32, dst, VSCRATCH);
    }
}

/// The immediate form of a constant in a sum.
enum Sum {
    /// It is added: field bits.
    Add(u32),
    /// Its opposite is subtracted: field bits.
    Sub(u32),
}

fn sum_imm(size: IntSize, operand: Operand) -> Option<Sum> {
    let bits = immediate(operand)?;
    let negated = narrow(size, bits.wrapping_neg());
    arithmetic_imm(bits).map(Sum::Add).or_else(|| arithmetic_imm(negated).map(Sum::Sub))
}

/// The third source of `madd` and `msub`.
const fn accumulator(reg: Gpr) -> u32 {
    (reg.0 as u32) << 10
}

/// The second size bit that bit fields and `extr` have.
const fn wide_field(size: IntSize) -> u32 {
    match size {
        IntSize::W32 => 0,
        IntSize::W64 => 1 << 22,
    }
}

const fn immediate(operand: Operand) -> Option<u64> {
    match operand {
        Operand::Imm(bits) => Some(bits),
        Operand::Reg(_) | Operand::Home(_) => None,
    }
}

/// The bits that belong to a value of the size.
const fn narrow(size: IntSize, bits: u64) -> u64 {
    match size {
        IntSize::W32 => bits & 0xFFFF_FFFF,
        IntSize::W64 => bits,
    }
}

/// Bits of a size.
const fn width(size: IntSize) -> u32 {
    size.bytes() * 8
}

/// A constant shift count as the machine and the standard take it.
const fn shift_count(size: IntSize, bits: u64) -> u32 {
    (bits & 0x3F) as u32 & (width(size) - 1)
}
