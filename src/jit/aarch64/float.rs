//! Floating-point operators and moves.
//!
//! Owns: the instructions of each kind, and the tests that a trapping conversion needs. Does not know: how instructions are
//! encoded (`encode`).
//! Start at [`FloatOps::float_binary`].
//!
//! The machine's arithmetic is the standard's as long as nothing changes its control register: minima order zeros and pass
//! NaNs on, conversions to integers saturate and make 0 of a NaN. Memory operands are read at exactly the type's width.
//! Constants that no instruction holds are read from behind the function, or made in registers.

use dynasmrt::DynasmApi;

use super::A64;
use super::encode::{Cc, FORM_19, INSTRUCTION_BYTES, asm, cond_code, ftype, low_half, sf};
use super::regs::{TEMP, VSCRATCH};
use crate::jit::buffers::Jump;
use crate::jit::masm::{Cond, FloatOperand, FloatOps, Gpr, Home, Jumps, Reach, Vreg};
use crate::jit::target::Tuning;
use crate::spec::ops::{FloatBinary, FloatCompare, FloatSize, FloatUnary, IntSize, Sign};

const FMUL: u32 = 0x1E20_0800;
const FDIV: u32 = 0x1E20_1800;
const FADD: u32 = 0x1E20_2800;
const FSUB: u32 = 0x1E20_3800;
const FMAX: u32 = 0x1E20_4800;
const FMIN: u32 = 0x1E20_5800;
const FABS: u32 = 0x1E20_C000;
const FNEG: u32 = 0x1E21_4000;
const FSQRT: u32 = 0x1E21_C000;
/// Rounding to an integer that stays a float: to the nearest, ties to even; down; up; towards zero.
const FRINTN: u32 = 0x1E24_4000;
const FRINTP: u32 = 0x1E24_C000;
const FRINTM: u32 = 0x1E25_4000;
const FRINTZ: u32 = 0x1E25_C000;
const FCMP: u32 = 0x1E20_2000;
/// Between the sizes: `fcvt s, d` and `fcvt d, s`.
const FCVT_S_D: u32 = 0x1E62_4000;
const FCVT_D_S: u32 = 0x1E22_C000;
/// To integers, towards zero.
const FCVTZS: u32 = 0x1E38_0000;
const FCVTZU: u32 = 0x1E39_0000;
/// From integers, rounded to nearest.
const SCVTF: u32 = 0x1E22_0000;
const UCVTF: u32 = 0x1E23_0000;
/// Bits between the register files.
const FMOV_TO_INT: u32 = 0x1E26_0000;
const FMOV_FROM_INT: u32 = 0x1E27_0000;
/// `fmov dst, #imm`: eight bits of sign, exponent and fraction.
const FMOV_IMM: u32 = 0x1E20_1000;
/// `movi d, #0`.
const MOVI_ZERO: u32 = 0x2F00_E400;
/// `orr v.16b, v.16b, v.16b`.
const ORR_16B: u32 = 0x4EA0_1C00;
/// `ushr` and `sli` of one 64-bit lane, and of two 32-bit lanes; where their shift stands.
const USHR_D: u32 = 0x7F00_0400;
const USHR_2S: u32 = 0x2F00_0400;
const SLI_D: u32 = 0x7F00_5400;
const SLI_2S: u32 = 0x2F00_5400;
const LANE_SHIFT: u32 = 16;

/// `ldr s, label`.
const LDR_LITERAL: u32 = 0x1C00_0000;

impl FloatOps for A64 {
    #[inline]
    fn move_float(&mut self, dst: Vreg, src: Vreg) {
        if dst != src {
            self.vector_three(ORR_16B, dst, src, src);
        }
    }

    fn const_float(&mut self, size: FloatSize, dst: Vreg, bits: u64) {
        if bits == 0 {
            self.word(MOVI_ZERO | u32::from(dst.0));
        } else if let Some(imm) = float_imm(size, bits) {
            self.word(FMOV_IMM | ftype(size) | imm << 13 | u32::from(dst.0));
        } else if self.tuning.has(Tuning::CONSTANT_POOL) && self.reach != Reach::Far {
            self.word(LDR_LITERAL | u32::from(size == FloatSize::F64) << 30 | u32::from(dst.0));
            let field = self.buf.jump_before(INSTRUCTION_BYTES, FORM_19);
            self.buf.want_constant(bits, field);
        } else {
            self.mov_imm(TEMP, bits);
            self.float_of_bits(size, dst, TEMP);
        }
    }

    #[inline]
    fn load_float(&mut self, size: FloatSize, dst: Vreg, from: Home) {
        self.load_vector(size, dst, from);
    }

    #[inline]
    fn store_float(&mut self, to: Home, src: Vreg) {
        self.store_vector(FloatSize::F64, src, to);
    }

    fn overwrites_float(&self) -> bool {
        false
    }

    fn float_binary(&mut self, size: FloatSize, kind: FloatBinary, dst: Vreg, lhs: Vreg, rhs: FloatOperand) {
        let rhs = self.float_in_register(size, rhs);
        match kind {
            FloatBinary::Add => self.arithmetic(FADD, size, dst, lhs, rhs),
            FloatBinary::Mul => self.arithmetic(FMUL, size, dst, lhs, rhs),
            FloatBinary::Sub => self.arithmetic(FSUB, size, dst, lhs, rhs),
            FloatBinary::Div => self.arithmetic(FDIV, size, dst, lhs, rhs),
            FloatBinary::Min => self.arithmetic(FMIN, size, dst, lhs, rhs),
            FloatBinary::Max => self.arithmetic(FMAX, size, dst, lhs, rhs),
            FloatBinary::Copysign => self.copysign(size, dst, lhs, rhs),
        }
    }

    fn float_unary(&mut self, size: FloatSize, kind: FloatUnary, dst: Vreg, src: Vreg) {
        let op = match kind {
            FloatUnary::Abs => FABS,
            FloatUnary::Neg => FNEG,
            FloatUnary::Sqrt => FSQRT,
            FloatUnary::Nearest => FRINTN,
            FloatUnary::Floor => FRINTM,
            FloatUnary::Ceil => FRINTP,
            FloatUnary::Trunc => FRINTZ,
        };
        self.vector_two(op | ftype(size), dst, src);
    }

    fn compare_float(&mut self, size: FloatSize, _compare: FloatCompare, lhs: Vreg, rhs: FloatOperand) {
        let rhs = self.float_in_register(size, rhs);
        self.fcmp(size, lhs, rhs);
    }

    fn select_float(&mut self, cond: Cond, dst: Vreg, then: Vreg, otherwise: Vreg) {
        self.fcsel(FloatSize::F64, cond_code(cond), dst, then, otherwise);
    }

    /// What is not a 64-bit integer saturates, so only the bounds are tested, by what tests them with the fewest instructions.
    fn truncate(
        &mut self,
        int: IntSize,
        float: FloatSize,
        sign: Sign,
        dst: Gpr,
        src: Vreg,
    ) -> (Jumps, Jumps) {
        match (int, sign) {
            (IntSize::W32, _) => self.truncate_32(float, sign, dst, src),
            (IntSize::W64, Sign::Signed) => self.truncate_signed_64(float, dst, src),
            (IntSize::W64, Sign::Unsigned) => self.truncate_unsigned_64(float, dst, src),
        }
    }

    fn truncate_saturating(&mut self, int: IntSize, float: FloatSize, sign: Sign, dst: Gpr, src: Vreg) {
        self.fcvtz(int, float, sign, dst, src);
    }

    fn convert_int(&mut self, float: FloatSize, int: IntSize, sign: Sign, dst: Vreg, src: Gpr) {
        let op = match sign {
            Sign::Signed => SCVTF,
            Sign::Unsigned => UCVTF,
        };
        self.word(op | sf(int) | ftype(float) | u32::from(src.0) << 5 | u32::from(dst.0));
    }

    fn demote(&mut self, dst: Vreg, src: Vreg) {
        self.vector_two(FCVT_S_D, dst, src);
    }

    fn promote(&mut self, dst: Vreg, src: Vreg) {
        self.vector_two(FCVT_D_S, dst, src);
    }

    #[inline]
    fn bits_of(&mut self, size: FloatSize, dst: Gpr, src: Vreg) {
        self.word(FMOV_TO_INT | both_sizes(size) | u32::from(src.0) << 5 | u32::from(dst.0));
    }

    #[inline]
    fn float_of_bits(&mut self, size: FloatSize, dst: Vreg, src: Gpr) {
        self.word(FMOV_FROM_INT | both_sizes(size) | u32::from(src.0) << 5 | u32::from(dst.0));
    }
}

/// Arithmetic.
impl A64 {
    fn arithmetic(&mut self, op: u32, size: FloatSize, dst: Vreg, lhs: Vreg, rhs: Vreg) {
        self.vector_three(op | ftype(size), dst, lhs, rhs);
    }

    /// The sign of `rhs` waits alone in the vector scratch until `lhs` is in place; the upper lane of an f32 does not matter.
    fn copysign(&mut self, size: FloatSize, dst: Vreg, lhs: Vreg, rhs: Vreg) {
        let (ushr, sli) = match size {
            // The amount to the right is stored as 2 × width − amount, the amount to the left as width + amount.
            FloatSize::F32 => (USHR_2S | (64 - 31) << LANE_SHIFT, SLI_2S | (32 + 31) << LANE_SHIFT),
            FloatSize::F64 => (USHR_D | (128 - 63) << LANE_SHIFT, SLI_D | (64 + 63) << LANE_SHIFT),
        };
        self.vector_two(ushr, VSCRATCH, rhs);
        self.move_float(dst, lhs);
        self.vector_two(sli, dst, VSCRATCH);
    }

    /// The operand, in the vector scratch if it was in memory.
    fn float_in_register(&mut self, size: FloatSize, operand: FloatOperand) -> Vreg {
        match operand {
            FloatOperand::Reg(reg) => reg,
            FloatOperand::Home(home) => {
                self.load_float(size, VSCRATCH, home);
                VSCRATCH
            }
            FloatOperand::Const(bits) => {
                self.const_float(size, VSCRATCH, bits);
                VSCRATCH
            }
        }
    }

    fn fcmp(&mut self, size: FloatSize, lhs: Vreg, rhs: Vreg) {
        self.word(FCMP | ftype(size) | u32::from(rhs.0) << 16 | u32::from(lhs.0) << 5);
    }
}

/// Float to integer.
impl A64 {
    fn fcvtz(&mut self, int: IntSize, float: FloatSize, sign: Sign, dst: Gpr, src: Vreg) {
        let op = match sign {
            Sign::Signed => FCVTZS,
            Sign::Unsigned => FCVTZU,
        };
        self.word(op | sf(int) | ftype(float) | u32::from(src.0) << 5 | u32::from(dst.0));
    }

    /// As a 64-bit integer, which must be the extension of its own lower half.
    fn truncate_32(&mut self, float: FloatSize, sign: Sign, dst: Gpr, src: Vreg) -> (Jumps, Jumps) {
        self.fcmp(float, src, src);
        let nan = self.jcc(Cc::VS);
        self.fcvtz(IntSize::W64, float, Sign::Signed, dst, src);
        match sign {
            Sign::Signed => asm!(self ; cmp XSP(dst), W(dst), SXTW),
            Sign::Unsigned => asm!(self ; cmp XSP(dst), W(dst), UXTW),
        }
        let range = self.jcc(Cc::NE);
        // An i32's upper half is zero.
        self.mov_always(IntSize::W32, dst, dst);
        (one(nan), one(range))
    }

    /// The greatest integer is no float, so it stands for what is above it; the least one is a float.
    fn truncate_signed_64(&mut self, float: FloatSize, dst: Gpr, src: Vreg) -> (Jumps, Jumps) {
        self.const_float(float, VSCRATCH, least_i64(float));
        self.fcmp(float, src, VSCRATCH);
        let nan = self.jcc(Cc::VS);
        let too_low = self.jcc(Cc::MI);
        self.fcvtz(IntSize::W64, float, Sign::Signed, dst, src);
        // Adding 1 overflows for the greatest integer only.
        asm!(self ; cmn XSP(dst), 1);
        let too_high = self.jcc(Cc::VS);
        (one(nan), Jumps::from_slice(&[too_low, too_high]))
    }

    fn truncate_unsigned_64(&mut self, float: FloatSize, dst: Gpr, src: Vreg) -> (Jumps, Jumps) {
        self.const_float(float, VSCRATCH, minus_one(float));
        self.fcmp(float, src, VSCRATCH);
        let nan = self.jcc(Cc::VS);
        let too_low = self.jcc(Cc::LS);
        self.fcvtz(IntSize::W64, float, Sign::Unsigned, dst, src);
        asm!(self ; cmn XSP(dst), 1);
        let too_high = self.jcc(Cc::EQ);
        (one(nan), Jumps::from_slice(&[too_low, too_high]))
    }
}

fn one(jump: Jump) -> Jumps {
    Jumps::from_slice(&[jump])
}

/// The bits that make the 64-bit form of a move between the register files.
const fn both_sizes(size: FloatSize) -> u32 {
    match size {
        FloatSize::F32 => 0,
        FloatSize::F64 => sf(IntSize::W64) | ftype(FloatSize::F64),
    }
}

/// The field of [`FMOV_IMM`] for a constant, if it has one: a sign, an exponent near 0, four bits of fraction.
fn float_imm(size: FloatSize, bits: u64) -> Option<u32> {
    // Below the sign: one bit, its opposite so many times, and six bits that are taken as they are, behind which all is zero.
    let (last, repeated) = match size {
        FloatSize::F32 => (31, 5),
        FloatSize::F64 => (63, 8),
    };
    let low_bits = last - 1 - repeated - 6;
    let (head, rest) = (bits >> low_bits, bits & ((1 << low_bits) - 1));
    let (sign, opposite, run) =
        (head >> (repeated + 7), head >> (repeated + 6) & 1, head >> 6 & ((1 << repeated) - 1));
    let wanted = if opposite == 0 { (1 << repeated) - 1 } else { 0 };
    (rest == 0 && run == wanted).then(|| low_half(sign << 7 | (opposite ^ 1) << 6 | head & 0x3F))
}

/// The bits of −2⁶³.
const fn least_i64(size: FloatSize) -> u64 {
    match size {
        FloatSize::F32 => (-9_223_372_036_854_775_808_f32).to_bits() as u64,
        FloatSize::F64 => (-9_223_372_036_854_775_808_f64).to_bits(),
    }
}

/// The bits of −1.
const fn minus_one(size: FloatSize) -> u64 {
    match size {
        FloatSize::F32 => (-1_f32).to_bits() as u64,
        FloatSize::F64 => (-1_f64).to_bits(),
    }
}

#[cfg(test)]
mod tests {
    use super::float_imm;
    use crate::spec::ops::FloatSize;
    use dynasmrt::aarch64::encode_floating_point_immediate;

    #[test]
    fn the_assembler_knows_the_same_float_constants() {
        let mut count = 0;
        // All that can have the form: nothing below the sixteenth bit of an f32.
        for high in 0..=u16::MAX {
            let value = f32::from_bits(u32::from(high) << 16);
            let expected = encode_floating_point_immediate(value).map(u32::from);
            assert_eq!(float_imm(FloatSize::F32, value.to_bits().into()), expected, "{value}");
            if !value.is_nan() {
                assert_eq!(float_imm(FloatSize::F64, f64::from(value).to_bits()), expected, "{value}");
            }
            count += usize::from(expected.is_some());
        }
        assert_eq!(count, 256);
        for other in [1, 0x3F80_0001, u64::from(u32::MAX)] {
            assert_eq!(float_imm(FloatSize::F32, other), None);
        }
        for other in [1, 1_f64.to_bits() | 1, 0.1_f64.to_bits(), u64::MAX] {
            assert_eq!(float_imm(FloatSize::F64, other), None);
        }
    }
}
