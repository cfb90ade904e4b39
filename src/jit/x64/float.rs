//! Floating-point operators and moves.
//!
//! Owns: the instructions of each kind, and the paths that the machine's own conversions and minima leave to us. Does not
//! know: how instructions are encoded (`encode`).
//! Start at [`FloatOps::float_binary`].
//!
//! Memory operands are read at exactly the type's width; the bitwise instructions, which would read 16 bytes, take registers
//! only. Constants are read from behind the function, or made in registers.

use super::X64;
use super::encode::{Alu, Cc, CondCodes, Exits, FORM_REL32, Op, REL32_BYTES, Rm, Shift, Short, cond_codes};
use super::regs::{SCRATCH, VSCRATCH};
use crate::jit::buffers::Jump;
use crate::jit::masm::{Cond, FloatOperand, FloatOps, Gpr, Home, Jumps, ScalarOps, Vreg};
use crate::jit::target::{Cpu, Tuning};
use crate::spec::ops::{FloatBinary, FloatCompare, FloatSize, FloatUnary, IntSize, Sign};

/// `movaps reg, rm`.
const MOVAPS: Op = Op::m0f(0x28);
/// `movss reg, rm` and `movsd reg, rm`.
const MOVS: Op = Op::m0f(0x10);
/// `movlps [m], reg`: a 64-bit store, a byte shorter than `movsd`.
const MOVLPS_TO: Op = Op::m0f(0x13);
/// `movd reg, rm` and `movq reg, rm`, general to vector.
const MOVD: Op = Op::m0f(0x6E).prefix(0x66);
/// `movd rm, reg` and `movq rm, reg`, vector to general.
const MOVD_TO: Op = Op::m0f(0x7E).prefix(0x66);
const UCOMIS: Op = Op::m0f(0x2E);
const SQRTS: Op = Op::m0f(0x51);
const ANDPS: Op = Op::m0f(0x54);
const ORPS: Op = Op::m0f(0x56);
const XORPS: Op = Op::m0f(0x57);
const ADDS: Op = Op::m0f(0x58);
const MULS: Op = Op::m0f(0x59);
const SUBS: Op = Op::m0f(0x5C);
const MINS: Op = Op::m0f(0x5D);
const DIVS: Op = Op::m0f(0x5E);
const MAXS: Op = Op::m0f(0x5F);
/// Conversion to the other float size; the prefix is the source's.
const CVT_FLOAT: Op = Op::m0f(0x5A);
/// Integer to float.
const CVTSI2S: Op = Op::m0f(0x2A);
/// Float to integer, towards zero.
const CVTTS2SI: Op = Op::m0f(0x2C);
/// All bits one, when compared with itself.
const PCMPEQD: Op = Op::m0f(0x76).prefix(0x66);
/// Shifts of each lane by an immediate; the digit says which.
const PACKED_SHIFT: Op = Op::m0f(0x72).prefix(0x66);
const DIGIT_SHIFT_RIGHT: u8 = 2;
const DIGIT_SHIFT_LEFT: u8 = 6;
/// `roundss`, `roundsd` with a mode.
const ROUNDSS: Op = Op::m0f3a(0x0A).prefix(0x66);
const ROUNDSD: Op = Op::m0f3a(0x0B).prefix(0x66);
/// In a mode: do not report that the result is inexact.
const ROUND_QUIET: u8 = 8;

impl FloatOps for X64 {
    #[inline]
    fn move_float(&mut self, dst: Vreg, src: Vreg) {
        if dst != src {
            self.sse(MOVAPS, dst, src);
        }
    }

    /// `xorps` changes no flags.
    fn const_float(&mut self, size: FloatSize, dst: Vreg, bits: u64) {
        if bits == 0 {
            self.sse(XORPS, dst, dst);
        } else if self.tuning.has(Tuning::CONSTANT_POOL) {
            self.sse(MOVS.scalar(size), dst, Rm::Later);
            self.constant_behind(bits);
        } else {
            self.const_int(SCRATCH, bits);
            self.float_of_bits(size, dst, SCRATCH);
        }
    }

    #[inline]
    fn load_float(&mut self, size: FloatSize, dst: Vreg, from: Home) {
        self.sse(MOVS.scalar(size), dst, from);
    }

    #[inline]
    fn store_float(&mut self, to: Home, src: Vreg) {
        self.sse(MOVLPS_TO, src, to);
    }

    fn overwrites_float(&self) -> bool {
        !self.cpu.has(Cpu::AVX)
    }

    fn float_binary(&mut self, size: FloatSize, kind: FloatBinary, dst: Vreg, lhs: Vreg, rhs: FloatOperand) {
        match kind {
            FloatBinary::Add => self.arithmetic(ADDS.scalar(size), true, dst, lhs, rhs),
            FloatBinary::Mul => self.arithmetic(MULS.scalar(size), true, dst, lhs, rhs),
            FloatBinary::Sub => self.arithmetic(SUBS.scalar(size), false, dst, lhs, rhs),
            FloatBinary::Div => self.arithmetic(DIVS.scalar(size), false, dst, lhs, rhs),
            FloatBinary::Min | FloatBinary::Max => {
                let rhs = self.in_register(size, rhs);
                self.least_or_greatest(size, kind, dst, lhs, rhs);
            }
            FloatBinary::Copysign => self.copysign(size, dst, lhs, rhs),
        }
    }

    fn float_unary(&mut self, size: FloatSize, kind: FloatUnary, dst: Vreg, src: Vreg) {
        match kind {
            FloatUnary::Abs => self.abs(size, dst, src),
            FloatUnary::Neg => self.neg(size, dst, src),
            FloatUnary::Sqrt => self.unary(SQRTS.scalar(size), dst, src),
            FloatUnary::Nearest => self.round(size, 0, dst, src),
            FloatUnary::Floor => self.round(size, 1, dst, src),
            FloatUnary::Ceil => self.round(size, 2, dst, src),
            FloatUnary::Trunc => self.round(size, 3, dst, src),
        }
    }

    /// The operands of `Lt` and `Le` are exchanged: see [`cond_codes`].
    fn compare_float(&mut self, size: FloatSize, compare: FloatCompare, lhs: Vreg, rhs: FloatOperand) {
        match compare {
            FloatCompare::Lt | FloatCompare::Le => {
                let rhs = self.in_register(size, rhs);
                self.ucomis(size, rhs, lhs);
            }
            FloatCompare::Eq | FloatCompare::Ne | FloatCompare::Gt | FloatCompare::Ge => {
                self.ucomis(size, lhs, rhs);
                self.operand_behind(rhs);
            }
        }
    }

    fn select_float(&mut self, cond: Cond, dst: Vreg, then: Vreg, otherwise: Vreg) {
        if dst == otherwise {
            let over = self.short_unless(cond);
            self.move_float(dst, then);
            self.land_all(over);
        } else {
            self.move_float(dst, then);
            let over = self.short_unless(cond.inverse());
            self.move_float(dst, otherwise);
            self.land_all(over);
        }
    }

    fn truncate(
        &mut self,
        int: IntSize,
        float: FloatSize,
        sign: Sign,
        dst: Gpr,
        src: Vreg,
    ) -> (Jumps, Jumps) {
        let failing = self.truncate_checked(int, float, sign, dst, src);
        self.out_of_line(failing, |masm, exits| match (sign, int) {
            (Sign::Signed, _) => masm.classify_signed(int, float, src, exits),
            (Sign::Unsigned, IntSize::W32) => masm.classify_unsigned_32(float, src),
            (Sign::Unsigned, IntSize::W64) => masm.truncate_upper(float, dst, src, exits),
        })
    }

    fn truncate_saturating(&mut self, int: IntSize, float: FloatSize, sign: Sign, dst: Gpr, src: Vreg) {
        let failing = self.truncate_checked(int, float, sign, dst, src);
        self.out_of_line(failing, |masm, exits| match (sign, int) {
            (Sign::Signed, _) => masm.saturate_signed(int, float, dst, src, exits),
            (Sign::Unsigned, IntSize::W32) => masm.saturate_unsigned_32(float, dst, src, exits),
            (Sign::Unsigned, IntSize::W64) => masm.saturate_unsigned_64(float, dst, src, exits),
        });
    }

    fn convert_int(&mut self, float: FloatSize, int: IntSize, sign: Sign, dst: Vreg, src: Gpr) {
        match (int, sign) {
            (_, Sign::Signed) => self.int_to_float(float, int, dst, src),
            // With a zero upper half it is a positive i64.
            (IntSize::W32, Sign::Unsigned) => self.int_to_float(float, IntSize::W64, dst, src),
            (IntSize::W64, Sign::Unsigned) => self.unsigned_to_float(float, dst, src),
        }
    }

    fn demote(&mut self, dst: Vreg, src: Vreg) {
        self.unary(CVT_FLOAT.scalar(FloatSize::F64), dst, src);
    }

    fn promote(&mut self, dst: Vreg, src: Vreg) {
        self.unary(CVT_FLOAT.scalar(FloatSize::F32), dst, src);
    }

    #[inline]
    fn bits_of(&mut self, size: FloatSize, dst: Gpr, src: Vreg) {
        self.ins(MOVD_TO, int_size(size), src, dst);
    }

    #[inline]
    fn float_of_bits(&mut self, size: FloatSize, dst: Vreg, src: Gpr) {
        self.ins(MOVD, int_size(size), dst, src);
    }
}

/// Arithmetic.
impl X64 {
    /// `op` is a scalar form: it reads no more than its type's width.
    fn arithmetic(&mut self, op: Op, commutes: bool, dst: Vreg, lhs: Vreg, rhs: FloatOperand) {
        if self.cpu.has(Cpu::AVX) {
            let (lhs, rhs) = match rhs {
                // The two-byte prefix reaches the upper registers with its first operand only.
                FloatOperand::Reg(rhs) if commutes && rhs.0 > 7 => (rhs, FloatOperand::Reg(lhs)),
                _ => (lhs, rhs),
            };
            self.vex(op, IntSize::W32, dst, lhs, rhs);
            return self.operand_behind(rhs);
        }
        let rhs = match rhs {
            FloatOperand::Reg(rhs) if dst == rhs && dst != lhs => {
                if commutes {
                    return self.sse(op, dst, lhs);
                }
                self.move_float(VSCRATCH, rhs);
                FloatOperand::Reg(VSCRATCH)
            }
            _ => rhs,
        };
        self.move_float(dst, lhs);
        self.sse(op, dst, rhs);
        self.operand_behind(rhs);
    }

    /// The field before the position being written names the place of a constant.
    fn constant_behind(&mut self, bits: u64) {
        let field = self.buf.jump_before(REL32_BYTES, FORM_REL32);
        self.buf.want_constant(bits, field);
    }

    /// As [`Self::constant_behind`], if the operand of the instruction just written is one.
    fn operand_behind(&mut self, operand: FloatOperand) {
        if let FloatOperand::Const(bits) = operand {
            self.constant_behind(bits);
        }
    }

    /// The machine's `min` and `max` answer their second operand for equal zeros and for NaNs. So: equal numbers are joined
    /// bit by bit, which differs for zeros only, and a NaN is made by adding.
    fn least_or_greatest(&mut self, size: FloatSize, kind: FloatBinary, dst: Vreg, lhs: Vreg, rhs: Vreg) {
        let (op, join) = if kind == FloatBinary::Min { (MINS, ORPS) } else { (MAXS, ANDPS) };
        let other = if dst == rhs { lhs } else { rhs };
        if dst != rhs {
            self.move_float(dst, lhs);
        }
        self.ucomis(size, dst, other);
        let differ = self.jcc_short(Cc::NE);
        let unordered = self.jcc_short(Cc::P);
        self.sse(join, dst, other);
        let done_joined = self.jmp_short();
        self.land(unordered);
        self.sse(ADDS.scalar(size), dst, other);
        let done_nan = self.jmp_short();
        self.land(differ);
        self.sse(op.scalar(size), dst, other);
        self.land(done_joined);
        self.land(done_nan);
    }

    fn copysign(&mut self, size: FloatSize, dst: Vreg, lhs: Vreg, rhs: FloatOperand) {
        let sign_shift = width(size) - 1;
        match rhs {
            FloatOperand::Reg(rhs) => self.move_float(VSCRATCH, rhs),
            FloatOperand::Home(home) => self.load_float(size, VSCRATCH, home),
            FloatOperand::Const(bits) => self.const_float(size, VSCRATCH, bits),
        }
        self.shift_lanes(size, DIGIT_SHIFT_RIGHT, VSCRATCH, sign_shift);
        self.shift_lanes(size, DIGIT_SHIFT_LEFT, VSCRATCH, sign_shift);
        self.move_float(dst, lhs);
        self.shift_lanes(size, DIGIT_SHIFT_LEFT, dst, 1);
        self.shift_lanes(size, DIGIT_SHIFT_RIGHT, dst, 1);
        self.sse(ORPS, dst, VSCRATCH);
    }

    fn abs(&mut self, size: FloatSize, dst: Vreg, src: Vreg) {
        self.sse(PCMPEQD, VSCRATCH, VSCRATCH);
        self.shift_lanes(size, DIGIT_SHIFT_RIGHT, VSCRATCH, 1);
        self.bitwise(ANDPS, dst, src);
    }

    fn neg(&mut self, size: FloatSize, dst: Vreg, src: Vreg) {
        self.sse(PCMPEQD, VSCRATCH, VSCRATCH);
        self.shift_lanes(size, DIGIT_SHIFT_LEFT, VSCRATCH, width(size) - 1);
        self.bitwise(XORPS, dst, src);
    }

    /// `dst = vector scratch op src`.
    fn bitwise(&mut self, op: Op, dst: Vreg, src: Vreg) {
        if dst != src && self.cpu.has(Cpu::AVX) {
            self.vex(op, IntSize::W32, dst, VSCRATCH, src);
        } else {
            self.move_float(dst, src);
            self.sse(op, dst, VSCRATCH);
        }
    }

    fn shift_lanes(&mut self, size: FloatSize, digit: u8, dst: Vreg, count: u8) {
        let op = match size {
            FloatSize::F32 => PACKED_SHIFT,
            FloatSize::F64 => PACKED_SHIFT.with_code(0x73),
        };
        self.ins(op, IntSize::W32, digit, dst);
        self.imm8(count);
    }

    /// A scalar instruction with one source. Its AVX form takes the upper lanes from the source too, so that it does not wait
    /// for what the destination held.
    fn unary(&mut self, op: Op, dst: Vreg, src: Vreg) {
        if self.cpu.has(Cpu::AVX) {
            self.vex(op, IntSize::W32, dst, src, src);
        } else {
            self.sse(op, dst, src);
        }
    }

    fn round(&mut self, size: FloatSize, mode: u8, dst: Vreg, src: Vreg) {
        let op = match size {
            FloatSize::F32 => ROUNDSS,
            FloatSize::F64 => ROUNDSD,
        };
        self.unary(op, dst, src);
        self.imm8(mode | ROUND_QUIET);
    }

    /// The operand, in the vector scratch if it was in memory.
    fn in_register(&mut self, size: FloatSize, operand: FloatOperand) -> Vreg {
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

    fn ucomis(&mut self, size: FloatSize, lhs: Vreg, rhs: impl Into<Rm>) {
        self.sse(UCOMIS.packed(size), lhs, rhs);
    }

    /// Short jumps taken when the condition does not hold.
    fn short_unless(&mut self, cond: Cond) -> [Option<Short>; 2] {
        match cond_codes(cond.inverse()) {
            CondCodes::One(cc) => [Some(self.jcc_short(cc)), None],
            CondCodes::Either(a, b) => [Some(self.jcc_short(a)), Some(self.jcc_short(b))],
            CondCodes::Both(a, b) => {
                let stay = self.jcc_short(a.inverse());
                let over = self.jcc_short(b);
                self.land(stay);
                [Some(over), None]
            }
        }
    }

    fn land_all(&mut self, shorts: [Option<Short>; 2]) {
        for short in shorts.into_iter().flatten() {
            self.land(short);
        }
    }
}

/// Float to integer.
///
/// The machine answers the most negative integer for whatever does not fit and for NaNs. So the common case tests for that,
/// and what really happened is found out of line. Unsigned 32-bit numbers are converted as signed 64-bit ones.
impl X64 {
    /// Converts, and returns the condition under which the result is not, or not certainly, right.
    fn truncate_checked(&mut self, int: IntSize, float: FloatSize, sign: Sign, dst: Gpr, src: Vreg) -> Cc {
        match (sign, int) {
            (Sign::Signed, _) => {
                self.cvtt(int, float, dst, src);
                self.alu_imm(Alu::Cmp, int, dst, 1);
                Cc::O
            }
            (Sign::Unsigned, IntSize::W32) => {
                self.cvtt(IntSize::W64, float, dst, src);
                self.mov(IntSize::W32, SCRATCH, dst);
                self.alu(Alu::Cmp, IntSize::W64, SCRATCH, dst);
                Cc::NE
            }
            (Sign::Unsigned, IntSize::W64) => {
                self.cvtt(IntSize::W64, float, dst, src);
                self.test(IntSize::W64, dst);
                Cc::S
            }
        }
    }

    fn cvtt(&mut self, int: IntSize, float: FloatSize, dst: Gpr, src: Vreg) {
        self.ins(CVTTS2SI.scalar(float), int, dst, src);
    }

    /// The least integer was answered: goes on if it is right.
    fn classify_signed(
        &mut self,
        int: IntSize,
        float: FloatSize,
        src: Vreg,
        exits: &mut Exits,
    ) -> (Jumps, Jumps) {
        self.ucomis(float, src, src);
        let nan = self.jcc(Cc::P);
        let (bound, below) = lower_bound(int, float);
        self.const_float(float, VSCRATCH, bound);
        self.ucomis(float, src, VSCRATCH);
        let too_low = self.jcc(below);
        self.const_float(float, VSCRATCH, 0);
        self.ucomis(float, src, VSCRATCH);
        let too_high = self.jcc(Cc::A);
        self.resume(exits);
        (one(nan), Jumps::from_slice(&[too_low, too_high]))
    }

    fn classify_unsigned_32(&mut self, float: FloatSize, src: Vreg) -> (Jumps, Jumps) {
        self.ucomis(float, src, src);
        let nan = self.jcc(Cc::P);
        let range = self.jmp();
        (one(nan), one(range))
    }

    /// From 2⁶³ upwards: converts what is above 2⁶³ and sets the highest bit.
    fn truncate_upper(&mut self, float: FloatSize, dst: Gpr, src: Vreg, exits: &mut Exits) -> (Jumps, Jumps) {
        self.const_float(float, VSCRATCH, power_of_two_63(float));
        self.ucomis(float, src, VSCRATCH);
        let nan = self.jcc(Cc::P);
        let negative = self.jcc(Cc::B);
        self.cvtt_above_63(float, dst, src);
        let too_high = self.jcc(Cc::S);
        self.set_highest_bit(dst);
        self.resume(exits);
        (one(nan), Jumps::from_slice(&[negative, too_high]))
    }

    fn saturate_signed(&mut self, int: IntSize, float: FloatSize, dst: Gpr, src: Vreg, exits: &mut Exits) {
        const MAX_32: u64 = 0x7FFF_FFFF;
        const MAX_64: u64 = 0x7FFF_FFFF_FFFF_FFFF;
        self.const_float(float, VSCRATCH, 0);
        self.ucomis(float, src, VSCRATCH);
        let number = self.jcc_short(Cc::NP);
        self.const_int(dst, 0);
        self.resume(exits);
        self.land(number);
        self.resume_if(Cc::BE, exits);
        self.const_int(dst, if int == IntSize::W32 { MAX_32 } else { MAX_64 });
        self.resume(exits);
    }

    fn saturate_unsigned_32(&mut self, float: FloatSize, dst: Gpr, src: Vreg, exits: &mut Exits) {
        self.zero_unless_positive(float, dst, src, exits);
        self.const_int(dst, u64::from(u32::MAX));
        self.resume(exits);
    }

    fn saturate_unsigned_64(&mut self, float: FloatSize, dst: Gpr, src: Vreg, exits: &mut Exits) {
        self.zero_unless_positive(float, dst, src, exits);
        self.const_float(float, VSCRATCH, power_of_two_63(float));
        self.cvtt_above_63(float, dst, src);
        let too_high = self.jcc_short(Cc::S);
        self.set_highest_bit(dst);
        self.resume(exits);
        self.land(too_high);
        self.const_int(dst, u64::MAX);
        self.resume(exits);
    }

    /// Goes on with 0 if `src` is not above 0 or a NaN.
    fn zero_unless_positive(&mut self, float: FloatSize, dst: Gpr, src: Vreg, exits: &mut Exits) {
        self.const_int(dst, 0);
        self.const_float(float, VSCRATCH, 0);
        self.ucomis(float, src, VSCRATCH);
        self.resume_if(Cc::BE, exits);
    }

    /// Converts `src` − 2⁶³, where the vector scratch holds 2⁶³. The sign flag is set if that does not fit.
    fn cvtt_above_63(&mut self, float: FloatSize, dst: Gpr, src: Vreg) {
        // src may not be written: the scratch becomes src − 2⁶³ as src + (−2⁶³).
        self.const_float(float, VSCRATCH, power_of_two_63(float) | sign_bit(float));
        self.sse(ADDS.scalar(float), VSCRATCH, src);
        self.cvtt(IntSize::W64, float, dst, VSCRATCH);
        self.test(IntSize::W64, dst);
    }

    fn set_highest_bit(&mut self, dst: Gpr) {
        const HIGHEST: u8 = 63;
        /// `bts rm, imm8`, digit 5.
        const BTS: Op = Op::m0f(0xBA);
        self.ins(BTS, IntSize::W64, 5, dst);
        self.imm8(HIGHEST);
    }
}

/// Integer to float.
impl X64 {
    /// The instruction keeps the upper lanes, so zeroing spares it a wait for what the destination held.
    fn int_to_float(&mut self, float: FloatSize, int: IntSize, dst: Vreg, src: Gpr) {
        self.sse(XORPS, dst, dst);
        self.ins(CVTSI2S.scalar(float), int, dst, src);
    }

    /// From 2⁶³ upwards: converts half of it and doubles; the bit shifted out stays in the sum, as rounding asks for it.
    fn unsigned_to_float(&mut self, float: FloatSize, dst: Vreg, src: Gpr) {
        self.int_to_float(float, IntSize::W64, dst, src);
        self.test(IntSize::W64, src);
        self.out_of_line(Cc::S, |masm, exits| {
            masm.mov(IntSize::W64, SCRATCH, src);
            masm.shift_imm(Shift::Shr, IntSize::W64, SCRATCH, 1);
            let even = masm.jcc_short(Cc::AE);
            masm.alu_imm(Alu::Or, IntSize::W64, SCRATCH, 1);
            masm.land(even);
            masm.int_to_float(float, IntSize::W64, dst, SCRATCH);
            masm.sse(ADDS.scalar(float), dst, dst);
            masm.resume(exits);
        });
    }
}

fn one(jump: Jump) -> Jumps {
    Jumps::from_slice(&[jump])
}

/// Bits of a size.
const fn width(size: FloatSize) -> u8 {
    match size {
        FloatSize::F32 => 32,
        FloatSize::F64 => 64,
    }
}

const fn int_size(size: FloatSize) -> IntSize {
    match size {
        FloatSize::F32 => IntSize::W32,
        FloatSize::F64 => IntSize::W64,
    }
}

const fn sign_bit(size: FloatSize) -> u64 {
    match size {
        FloatSize::F32 => 1 << 31,
        FloatSize::F64 => 1 << 63,
    }
}

/// The bits of 2⁶³.
const fn power_of_two_63(size: FloatSize) -> u64 {
    match size {
        FloatSize::F32 => 9_223_372_036_854_775_808_f32.to_bits() as u64,
        FloatSize::F64 => 9_223_372_036_854_775_808_f64.to_bits(),
    }
}

/// What a signed integer's float may not be below, as bits, and the condition that says "too low": only an f64 has numbers
/// between the least i32 and the next integer below, and those truncate to the least i32.
const fn lower_bound(int: IntSize, float: FloatSize) -> (u64, Cc) {
    match (int, float) {
        (IntSize::W32, FloatSize::F32) => ((-2_147_483_648_f32).to_bits() as u64, Cc::B),
        (IntSize::W32, FloatSize::F64) => ((-2_147_483_649_f64).to_bits(), Cc::BE),
        (IntSize::W64, _) => (power_of_two_63(float) | sign_bit(float), Cc::B),
    }
}
