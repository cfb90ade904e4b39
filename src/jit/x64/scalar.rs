//! Integer operators and moves.
//!
//! Owns: the instructions of each kind, and which register holds what while a destination is also a source. Does not know:
//! how instructions are encoded (`encode`), nor why a register was chosen (`compile`).
//! Start at [`ScalarOps::int_binary`].

use dynasmrt::DynasmApi;

use super::X64;
use super::encode::{
    Alu, Cc, CondCodes, MOV, MOV_IMM, MOV_TO, MOVSX_8, MOVSX_16, MOVSXD, MOVZX_8, MOVZX_16, Op, Rm, Shift,
    TEST, XCHG, asm, cond_codes, high_half, imm32, low_half,
};
use super::regs::{RAX, RCX, RDX, SCRATCH, VSCRATCH};
use crate::jit::masm::{Base, Cond, FloatOps, Gpr, Home, Operand, ScalarOps};
use crate::jit::target::{Cpu, Tuning};
use crate::spec::ops::{Division, FloatSize, IntBinary, IntSize, IntUnary, Sign};

/// `imul reg, rm`.
const IMUL: Op = Op::m0f(0xAF);
/// `imul reg, rm, imm8`.
const IMUL_IMM8: Op = Op::one(0x6B);
/// `imul reg, rm, imm32`.
const IMUL_IMM32: Op = Op::one(0x69);
/// The one-operand group of `not`, `neg`, `mul`, `div`; the digit says which.
const UNARY: Op = Op::one(0xF7);
const DIGIT_NEG: u8 = 3;
const DIGIT_DIV: u8 = 6;
const DIGIT_IDIV: u8 = 7;
const BSF: Op = Op::m0f(0xBC);
const BSR: Op = Op::m0f(0xBD);
const TZCNT: Op = BSF.prefix(0xF3);
const LZCNT: Op = BSR.prefix(0xF3);
const POPCNT: Op = Op::m0f(0xB8).prefix(0xF3);
/// `rorx reg, rm, imm8`.
const RORX: Op = Op::m0f3a(0xF0).prefix(0xF2);
/// `shlx reg, rm, count`; the prefix tells the three from each other.
const SHLX: Op = Op::m0f38(0xF7).prefix(0x66);
const SARX: Op = SHLX.prefix(0xF3);
const SHRX: Op = SHLX.prefix(0xF2);

impl ScalarOps for X64 {
    #[inline]
    fn move_int(&mut self, size: IntSize, dst: Gpr, src: Gpr) {
        self.mov(size, dst, src);
    }

    fn exchange_int(&mut self, a: Gpr, b: Gpr) {
        if a != b {
            self.ins(XCHG, IntSize::W64, a, b);
        }
    }

    /// Never by `xor`: flags are kept.
    fn const_int(&mut self, dst: Gpr, bits: u64) {
        const MOV_IMM_FULL: u8 = 0xB8;
        let low = dst.0 & 7;
        let high = dst.0 >> 3;
        if let Ok(imm) = u32::try_from(bits) {
            if high != 0 {
                self.imm8(0x41);
            }
            self.imm8(MOV_IMM_FULL | low);
            self.buf.current.push_u32(imm);
        } else if let Some(imm) = imm32(IntSize::W64, bits) {
            self.ins(MOV_IMM, IntSize::W64, 0, dst);
            self.buf.current.push_i32(imm);
        } else {
            self.imm8(0x48 | high);
            self.imm8(MOV_IMM_FULL | low);
            self.buf.current.push_u64(bits);
        }
    }

    #[inline]
    fn load_int(&mut self, size: IntSize, dst: Gpr, from: Home) {
        self.mov_from(size, dst, from);
    }

    #[inline]
    fn store_int(&mut self, to: Home, src: Gpr) {
        self.ins(MOV_TO, IntSize::W64, src, to);
    }

    fn store_const(&mut self, to: Home, bits: u64) {
        if let Some(imm) = imm32(IntSize::W64, bits) {
            self.ins(MOV_IMM, IntSize::W64, 0, to);
            self.buf.current.push_i32(imm);
            return;
        }
        let upper = Home { offset: to.offset + 4, ..to };
        for (half, home) in [(low_half(bits), to), (high_half(bits), upper)] {
            self.ins(MOV_IMM, IntSize::W32, 0, home);
            self.buf.current.push_u32(half);
        }
    }

    fn overwrites(&self, kind: IntBinary, rhs: Operand) -> bool {
        match (kind, rhs) {
            (IntBinary::Add, Operand::Reg(_) | Operand::Imm(_))
            | (IntBinary::Sub | IntBinary::Mul, Operand::Imm(_)) => false,
            (IntBinary::Rotl | IntBinary::Rotr, Operand::Imm(_))
            | (IntBinary::Shl | IntBinary::ShrS | IntBinary::ShrU, Operand::Reg(_)) => {
                !self.cpu.has(Cpu::BMI2)
            }
            _ => true,
        }
    }

    fn int_binary(&mut self, size: IntSize, kind: IntBinary, dst: Gpr, lhs: Gpr, rhs: Operand) {
        match kind {
            IntBinary::Add => self.add(size, dst, lhs, rhs),
            IntBinary::Sub => self.sub(size, dst, lhs, rhs),
            IntBinary::Mul => self.mul(size, dst, lhs, rhs),
            IntBinary::And => self.and(size, dst, lhs, rhs),
            IntBinary::Or => self.commutative(Alu::Or, size, dst, lhs, rhs),
            IntBinary::Xor => self.commutative(Alu::Xor, size, dst, lhs, rhs),
            IntBinary::Shl => self.shift(Shift::Shl, size, dst, lhs, rhs),
            IntBinary::ShrS => self.shift(Shift::Sar, size, dst, lhs, rhs),
            IntBinary::ShrU => self.shift(Shift::Shr, size, dst, lhs, rhs),
            IntBinary::Rotl => self.shift(Shift::Rol, size, dst, lhs, rhs),
            IntBinary::Rotr => self.shift(Shift::Ror, size, dst, lhs, rhs),
        }
    }

    fn divide(&mut self, size: IntSize, kind: Division, dst: Gpr, lhs: Gpr, rhs: Gpr) {
        let divisor = if rhs == RAX || rhs == RDX { SCRATCH } else { rhs };
        self.mov(size, divisor, rhs);
        self.mov(size, RAX, lhs);
        match kind {
            Division::DivS => self.divide_signed(size, divisor),
            Division::RemS => self.remainder_signed(size, divisor),
            Division::DivU | Division::RemU => {
                self.alu(Alu::Xor, IntSize::W32, RDX, RDX);
                self.ins(UNARY, size, DIGIT_DIV, divisor);
            }
        }
        let result = match kind {
            Division::DivS | Division::DivU => RAX,
            Division::RemS | Division::RemU => RDX,
        };
        self.mov(size, dst, result);
    }

    fn int_unary(&mut self, size: IntSize, kind: IntUnary, dst: Gpr, src: Gpr) {
        match kind {
            IntUnary::Clz => self.count_leading(size, dst, src),
            IntUnary::Ctz => self.count_trailing(size, dst, src),
            IntUnary::Popcnt => self.count_ones(size, dst, src),
            IntUnary::Extend8S => self.ins(MOVSX_8, size, dst, src),
            IntUnary::Extend16S => self.ins(MOVSX_16, size, dst, src),
            IntUnary::Extend32S => self.ins(MOVSXD, size, dst, src),
        }
    }

    #[inline]
    fn wrap(&mut self, dst: Gpr, src: Gpr) {
        self.ins(MOV, IntSize::W32, dst, src);
    }

    /// Unsigned extension is the i32 invariant itself: only a move.
    fn extend(&mut self, sign: Sign, dst: Gpr, src: Gpr) {
        match sign {
            Sign::Signed => self.ins(MOVSXD, IntSize::W64, dst, src),
            Sign::Unsigned => self.mov(IntSize::W32, dst, src),
        }
    }

    fn compare_int(&mut self, size: IntSize, lhs: Gpr, rhs: Operand) {
        if rhs == Operand::Imm(0) {
            self.test(size, lhs);
        } else {
            self.alu_operand(Alu::Cmp, size, lhs, rhs);
        }
    }

    fn test_bits(&mut self, size: IntSize, lhs: Gpr, rhs: Operand) {
        match rhs {
            Operand::Reg(rhs) => self.ins(TEST, size, rhs, lhs),
            Operand::Home(home) => self.ins(TEST, size, lhs, home),
            Operand::Imm(bits) => {
                if self.test_imm(size, lhs, bits).is_none() {
                    self.const_int(SCRATCH, bits);
                    self.ins(TEST, size, SCRATCH, lhs);
                }
            }
        }
    }

    fn set_if(&mut self, cond: Cond, dst: Gpr) {
        match cond_codes(cond) {
            CondCodes::One(cc) => self.setcc(cc, dst),
            CondCodes::Either(a, b) => self.set_joined(Alu::Or, a, b, dst),
            CondCodes::Both(a, b) => self.set_joined(Alu::And, a, b, dst),
        }
        self.ins(MOVZX_8, IntSize::W32, dst, dst);
    }

    fn select_int(&mut self, cond: Cond, dst: Gpr, then: Gpr, otherwise: Gpr) {
        match cond_codes(cond) {
            CondCodes::One(cc) if dst == then => self.cmov(cc.inverse(), dst, otherwise),
            CondCodes::One(cc) => {
                self.mov(IntSize::W64, dst, otherwise);
                self.cmov(cc, dst, then);
            }
            CondCodes::Either(a, b) => self.select_by_two(a, b, dst, then, otherwise),
            CondCodes::Both(a, b) => self.select_by_two(a.inverse(), b.inverse(), dst, otherwise, then),
        }
    }
}

/// Addition, subtraction, multiplication, logic.
impl X64 {
    fn add(&mut self, size: IntSize, dst: Gpr, lhs: Gpr, rhs: Operand) {
        match rhs {
            Operand::Reg(rhs) if dst != lhs && dst != rhs => self.lea_sum(size, dst, lhs, rhs),
            Operand::Imm(bits) => match imm32(size, bits) {
                Some(imm) => self.add_imm(size, dst, lhs, imm),
                None => self.commutative(Alu::Add, size, dst, lhs, rhs),
            },
            _ => self.commutative(Alu::Add, size, dst, lhs, rhs),
        }
    }

    /// `dst = lhs + rhs`, neither of them `dst`.
    fn lea_sum(&mut self, size: IntSize, dst: Gpr, lhs: Gpr, rhs: Gpr) {
        // rbp and r13 as a base cost a displacement.
        let (base, index) = if lhs.0 & 7 == 5 { (rhs, lhs) } else { (lhs, rhs) };
        self.lea(size, dst, Rm::Indexed { base, index, scale: 0, disp: 0 });
    }

    fn add_imm(&mut self, size: IntSize, dst: Gpr, lhs: Gpr, imm: i32) {
        /// The one number whose opposite has the shorter form.
        const SHORT_NEGATED: i32 = 128;
        if dst != lhs {
            self.lea(size, dst, Rm::Mem { base: lhs, disp: imm });
        } else if imm == SHORT_NEGATED {
            self.alu_imm(Alu::Sub, size, dst, -imm);
        } else {
            self.alu_imm(Alu::Add, size, dst, imm);
        }
    }

    fn sub(&mut self, size: IntSize, dst: Gpr, lhs: Gpr, rhs: Operand) {
        match rhs {
            Operand::Imm(bits) => {
                if let Some(negated) = imm32(size, bits).and_then(i32::checked_neg) {
                    return self.add_imm(size, dst, lhs, negated);
                }
            }
            Operand::Reg(rhs) if dst == rhs && dst != lhs => return self.sub_from(size, dst, lhs),
            Operand::Home(home) if home.base == Base::Reg(dst) && dst != lhs => {
                self.mov_from(size, dst, home);
                return self.sub_from(size, dst, lhs);
            }
            Operand::Reg(_) | Operand::Home(_) => {}
        }
        self.mov(size, dst, lhs);
        self.alu_operand(Alu::Sub, size, dst, rhs);
    }

    /// `dst = lhs - dst`.
    fn sub_from(&mut self, size: IntSize, dst: Gpr, lhs: Gpr) {
        self.ins(UNARY, size, DIGIT_NEG, dst);
        self.alu(Alu::Add, size, dst, lhs);
    }

    /// Puts one operand of a commutative operation into `dst` and returns the other one.
    fn place_one(&mut self, size: IntSize, dst: Gpr, lhs: Gpr, rhs: Operand) -> Operand {
        match rhs {
            _ if dst == lhs => return rhs,
            Operand::Reg(rhs) if dst == rhs => {}
            Operand::Home(home) => self.mov_from(size, dst, home),
            Operand::Reg(_) | Operand::Imm(_) => {
                self.mov(size, dst, lhs);
                return rhs;
            }
        }
        Operand::Reg(lhs)
    }

    fn commutative(&mut self, alu: Alu, size: IntSize, dst: Gpr, lhs: Gpr, rhs: Operand) {
        let other = self.place_one(size, dst, lhs, rhs);
        self.alu_operand(alu, size, dst, other);
    }

    fn mul(&mut self, size: IntSize, dst: Gpr, lhs: Gpr, rhs: Operand) {
        if let Operand::Imm(bits) = rhs {
            return match imm32(size, bits) {
                Some(imm) => self.mul_imm(size, dst, lhs, imm),
                None => {
                    self.const_int(SCRATCH, bits);
                    self.mul(size, dst, lhs, Operand::Reg(SCRATCH));
                }
            };
        }
        match self.place_one(size, dst, lhs, rhs) {
            Operand::Reg(other) => self.ins(IMUL, size, dst, other),
            Operand::Home(home) => self.ins(IMUL, size, dst, home),
            Operand::Imm(_) => unreachable!("handled above"),
        }
    }

    fn mul_imm(&mut self, size: IntSize, dst: Gpr, lhs: Gpr, imm: i32) {
        let scale = match imm {
            3 => 1,
            5 => 2,
            9 => 3,
            _ => return self.imul_imm(size, dst, lhs, imm),
        };
        if self.tuning.has(Tuning::STRENGTH) {
            self.lea(size, dst, Rm::Indexed { base: lhs, index: lhs, scale, disp: 0 });
        } else {
            self.imul_imm(size, dst, lhs, imm);
        }
    }

    fn imul_imm(&mut self, size: IntSize, dst: Gpr, lhs: Gpr, imm: i32) {
        if let Ok(imm) = i8::try_from(imm) {
            self.ins(IMUL_IMM8, size, dst, lhs);
            self.buf.current.push_i8(imm);
        } else {
            self.ins(IMUL_IMM32, size, dst, lhs);
            self.buf.current.push_i32(imm);
        }
    }

    fn and(&mut self, size: IntSize, dst: Gpr, lhs: Gpr, rhs: Operand) {
        match rhs {
            Operand::Imm(0xFF) => self.ins(MOVZX_8, IntSize::W32, dst, lhs),
            Operand::Imm(0xFFFF) => self.ins(MOVZX_16, IntSize::W32, dst, lhs),
            Operand::Imm(0xFFFF_FFFF) => self.ins(MOV, IntSize::W32, dst, lhs),
            // The upper half of the result is zero: the 32-bit form is shorter and takes all of these bits.
            Operand::Imm(bits) if high_half(bits) == 0 => {
                self.commutative(Alu::And, IntSize::W32, dst, lhs, rhs);
            }
            _ => self.commutative(Alu::And, size, dst, lhs, rhs),
        }
    }
}

/// Shifts and rotations.
impl X64 {
    fn shift(&mut self, shift: Shift, size: IntSize, dst: Gpr, lhs: Gpr, count: Operand) {
        match count {
            Operand::Imm(bits) => self.shift_const(shift, size, dst, lhs, shift_count(size, bits)),
            Operand::Reg(_) | Operand::Home(_) => match self.shift_by_register(shift) {
                Some(op) => self.shift_x(op, size, dst, lhs, count),
                None => self.shift_by_cl(shift, size, dst, lhs, count),
            },
        }
    }

    fn shift_const(&mut self, shift: Shift, size: IntSize, dst: Gpr, lhs: Gpr, count: u8) {
        if count == 0 || dst == lhs {
            self.mov(size, dst, lhs);
            if count != 0 {
                self.shift_imm(shift, size, dst, count);
            }
            return;
        }
        match shift {
            Shift::Shl if count == 1 => self.lea_sum(size, dst, lhs, lhs),
            Shift::Ror if self.cpu.has(Cpu::BMI2) => self.rorx(size, dst, lhs, count),
            Shift::Rol if self.cpu.has(Cpu::BMI2) => self.rorx(size, dst, lhs, width(size) - count),
            _ => {
                self.mov(size, dst, lhs);
                self.shift_imm(shift, size, dst, count);
            }
        }
    }

    fn rorx(&mut self, size: IntSize, dst: Gpr, lhs: Gpr, count: u8) {
        const NO_REGISTER: u8 = 0;
        self.vex(RORX, size, dst, NO_REGISTER, lhs);
        self.imm8(count);
    }

    /// The instruction that takes its count from any register, if there is one.
    fn shift_by_register(&self, shift: Shift) -> Option<Op> {
        let op = match shift {
            Shift::Shl => SHLX,
            Shift::Shr => SHRX,
            Shift::Sar => SARX,
            Shift::Rol | Shift::Ror => return None,
        };
        self.cpu.has(Cpu::BMI2).then_some(op)
    }

    fn shift_x(&mut self, op: Op, size: IntSize, dst: Gpr, lhs: Gpr, count: Operand) {
        let count = match count {
            Operand::Reg(count) => count,
            other => {
                self.load_operand(IntSize::W32, SCRATCH, other);
                SCRATCH
            }
        };
        self.vex(op, size, dst, count, lhs);
    }

    /// rcx is free or holds the count; if it is the destination, the scratch is shifted.
    fn shift_by_cl(&mut self, shift: Shift, size: IntSize, dst: Gpr, lhs: Gpr, count: Operand) {
        let shifted = if dst == RCX { SCRATCH } else { dst };
        if shifted == SCRATCH {
            self.mov(size, SCRATCH, lhs);
            self.load_operand(IntSize::W32, RCX, count);
        } else {
            self.load_operand(IntSize::W32, RCX, count);
            self.mov(size, shifted, lhs);
        }
        self.shift_cl(shift, size, shifted);
        self.mov(size, dst, shifted);
    }

    fn load_operand(&mut self, size: IntSize, dst: Gpr, operand: Operand) {
        match operand {
            Operand::Reg(reg) => self.mov(size, dst, reg),
            Operand::Imm(bits) => self.const_int(dst, bits),
            Operand::Home(home) => self.mov_from(size, dst, home),
        }
    }
}

/// Division: rax by `divisor`, which is neither rax nor rdx.
impl X64 {
    fn divide_signed(&mut self, size: IntSize, divisor: Gpr) {
        match size {
            IntSize::W32 => asm!(self ; cdq),
            IntSize::W64 => asm!(self ; cqo),
        }
        self.ins(UNARY, size, DIGIT_IDIV, divisor);
    }

    /// The machine faults on MIN % −1, so −1 is answered without dividing.
    fn remainder_signed(&mut self, size: IntSize, divisor: Gpr) {
        self.alu(Alu::Xor, IntSize::W32, RDX, RDX);
        self.alu_imm(Alu::Cmp, size, divisor, -1);
        let done = self.jcc_short(Cc::E);
        self.divide_signed(size, divisor);
        self.land(done);
    }
}

/// Counting bits.
impl X64 {
    fn count_leading(&mut self, size: IntSize, dst: Gpr, src: Gpr) {
        if self.cpu.has(Cpu::LZCNT) {
            return self.ins(LZCNT, size, dst, src);
        }
        // The position of the highest one, exclusive-or width − 1, is the count; 2 × width − 1 stands for "none".
        let last = width(size) - 1;
        self.const_int(SCRATCH, u64::from(2 * last + 1));
        self.ins(BSR, size, dst, src);
        self.cmov(Cc::E, dst, SCRATCH);
        self.alu_imm(Alu::Xor, IntSize::W32, dst, last.into());
    }

    fn count_trailing(&mut self, size: IntSize, dst: Gpr, src: Gpr) {
        if self.cpu.has(Cpu::BMI1) {
            return self.ins(TZCNT, size, dst, src);
        }
        self.const_int(SCRATCH, u64::from(width(size)));
        self.ins(BSF, size, dst, src);
        self.cmov(Cc::E, dst, SCRATCH);
    }

    fn count_ones(&mut self, size: IntSize, dst: Gpr, src: Gpr) {
        if self.cpu.has(Cpu::POPCNT) {
            return self.ins(POPCNT, size, dst, src);
        }
        // The constants need a second register: one that is kept in the vector scratch meanwhile.
        let constant = if dst == RAX { RCX } else { RAX };
        self.mov(size, dst, src);
        self.float_of_bits(FloatSize::F64, VSCRATCH, constant);
        self.sum_bits(size, dst, constant);
        self.bits_of(FloatSize::F64, constant, VSCRATCH);
    }

    /// Sums of 2, then 4, then 8 neighbouring bits; then a product gathers all bytes in the highest.
    fn sum_bits(&mut self, size: IntSize, dst: Gpr, constant: Gpr) {
        let pattern = |byte: u8| match size {
            IntSize::W32 => u64::from(u32::from_ne_bytes([byte; 4])),
            IntSize::W64 => u64::from_ne_bytes([byte; 8]),
        };
        self.const_int(constant, pattern(0x55));
        self.mov(size, SCRATCH, dst);
        self.shift_imm(Shift::Shr, size, SCRATCH, 1);
        self.alu(Alu::And, size, SCRATCH, constant);
        self.alu(Alu::Sub, size, dst, SCRATCH);

        self.const_int(constant, pattern(0x33));
        self.mov(size, SCRATCH, dst);
        self.shift_imm(Shift::Shr, size, SCRATCH, 2);
        self.alu(Alu::And, size, SCRATCH, constant);
        self.alu(Alu::And, size, dst, constant);
        self.alu(Alu::Add, size, dst, SCRATCH);

        self.const_int(constant, pattern(0x0F));
        self.mov(size, SCRATCH, dst);
        self.shift_imm(Shift::Shr, size, SCRATCH, 4);
        self.alu(Alu::Add, size, dst, SCRATCH);
        self.alu(Alu::And, size, dst, constant);

        self.const_int(constant, pattern(0x01));
        self.ins(IMUL, size, dst, constant);
        self.shift_imm(Shift::Shr, size, dst, width(size) - 8);
    }
}

/// Consumers of flags.
impl X64 {
    /// The lowest byte of `dst` by two codes. One code needs the scratch, since `setcc` writes only a byte.
    fn set_joined(&mut self, join: Alu, a: Cc, b: Cc, dst: Gpr) {
        self.setcc(b, SCRATCH);
        self.setcc(a, dst);
        self.alu(join, IntSize::W32, dst, SCRATCH);
    }

    /// `dst = a or b ? then : otherwise`. *Keeps flags.*
    fn select_by_two(&mut self, a: Cc, b: Cc, dst: Gpr, then: Gpr, otherwise: Gpr) {
        let target = if dst == then && dst != otherwise { SCRATCH } else { dst };
        self.mov(IntSize::W64, target, otherwise);
        self.cmov(a, target, then);
        self.cmov(b, target, then);
        self.mov(IntSize::W64, dst, target);
    }
}

/// Bits of a size.
const fn width(size: IntSize) -> u8 {
    match size {
        IntSize::W32 => 32,
        IntSize::W64 => 64,
    }
}

/// A constant shift count as the machine and the standard take it.
const fn shift_count(size: IntSize, bits: u64) -> u8 {
    (bits & 0x3F) as u8 & (width(size) - 1)
}
