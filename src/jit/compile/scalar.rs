//! Integer and floating-point operators by shape.
//!
//! Owns: operand order, strength reduction, the tests that keep a division from trapping in hardware.
//! Does not know: instructions.

use super::Emit;
use super::reciprocal::Reciprocal;
use super::test::int_type;
use crate::jit::masm::{FloatOperand, Gpr, Masm, Operand, Vreg};
use crate::jit::target::Tuning;
use crate::spec::ops::{
    Division, FloatBinary, FloatSize, FloatUnary, IntBinary, IntCompare, IntSize, IntUnary, Sign,
};
use crate::spec::trap::Trap;
use crate::spec::types::ValType;

/// The type of a float of a size.
pub(super) fn float_type(size: FloatSize) -> ValType {
    match size {
        FloatSize::F32 => ValType::F32,
        FloatSize::F64 => ValType::F64,
    }
}

fn bits(size: IntSize) -> u32 {
    match size {
        IntSize::W32 => 32,
        IntSize::W64 => 64,
    }
}

fn minus_one(size: IntSize) -> u64 {
    u64::MAX >> (64 - bits(size))
}

fn commutes(kind: IntBinary) -> bool {
    matches!(kind, IntBinary::Add | IntBinary::Mul | IntBinary::And | IntBinary::Or | IntBinary::Xor)
}

impl<M: Masm> Emit<'_, M> {
    /// `[t t] -> [t]`.
    pub(super) fn int_binary(&mut self, size: IntSize, kind: IntBinary) {
        let ty = int_type(size);
        let rhs = self.pop_operand();
        let lhs = self.pop_operand();
        let (lhs, rhs) = match (lhs, rhs) {
            (Operand::Reg(_), _) => (lhs, rhs),
            (_, Operand::Reg(_)) | (Operand::Imm(_), _) if commutes(kind) => (rhs, lhs),
            _ => (lhs, rhs),
        };
        let lhs = self.operand_reg(lhs, ty);
        if kind == IntBinary::And && self.fuses_bits(size) {
            return self.test_bits(size, lhs, rhs);
        }
        let (kind, rhs) = self.reduce(size, kind, rhs);
        let (lhs, rhs) = self.place_count(size, kind, lhs, rhs);
        let reuse = self.binary_reuse(kind, lhs, rhs);
        if let Some(reuse) = reuse.filter(|_| self.m.overwrites(kind, rhs)) {
            self.s.ints.forget(reuse.0);
        }
        let result = self.int_result(reuse);
        self.m.int_binary(size, kind, result.reg, lhs, rhs);
        self.finish_int(ty, result, &[Operand::Reg(lhs), rhs]);
    }

    /// An operand's temporary that the result may take: the right one only where that costs no move.
    fn binary_reuse(&self, kind: IntBinary, lhs: Gpr, rhs: Operand) -> Option<Gpr> {
        let lhs_is_temp = self.s.ints.is_temp(lhs.0);
        if lhs_is_temp && !self.s.ints.is_copy(lhs.0) {
            return Some(lhs);
        }
        match rhs {
            Operand::Reg(rhs)
                if commutes(kind) && self.s.ints.is_temp(rhs.0) && !self.s.ints.is_copy(rhs.0) =>
            {
                Some(rhs)
            }
            _ if lhs_is_temp => Some(lhs),
            Operand::Reg(rhs) if commutes(kind) || self.s.ints.free_len() == 0 => Some(rhs),
            _ => None,
        }
    }

    /// A multiplication by a power of two is a shift.
    fn reduce(&self, size: IntSize, kind: IntBinary, rhs: Operand) -> (IntBinary, Operand) {
        match (kind, rhs) {
            (IntBinary::Mul, Operand::Imm(by)) if by.is_power_of_two() && self.tuned(Tuning::STRENGTH) => {
                debug_assert!(by <= minus_one(size), "an i32 constant has a zero upper half");
                (IntBinary::Shl, Operand::Imm(by.trailing_zeros().into()))
            }
            _ => (kind, rhs),
        }
    }

    /// Moves a variable shift count to the register where the machine wants it.
    fn place_count(&mut self, size: IntSize, kind: IntBinary, lhs: Gpr, rhs: Operand) -> (Gpr, Operand) {
        let shifts = matches!(
            kind,
            IntBinary::Shl | IntBinary::ShrS | IntBinary::ShrU | IntBinary::Rotl | IntBinary::Rotr
        );
        let wanted = if shifts { self.m.shift_count(kind) } else { None };
        let Some(count) = wanted.filter(|_| !matches!(rhs, Operand::Imm(_))) else { return (lhs, rhs) };
        if rhs == Operand::Reg(count) {
            return (lhs, rhs);
        }
        let mut lhs = lhs;
        if lhs == count {
            lhs = self.take_int();
            self.m.move_int(size, lhs, count);
            self.s.ints.forget(count.0);
        } else {
            self.vacate_int(count, &[count]);
            self.s.ints.take_this(count.0);
        }
        match rhs {
            Operand::Reg(reg) => self.m.move_int(size, count, reg),
            Operand::Home(home) => self.m.load_int(size, count, home),
            Operand::Imm(_) => unreachable!("filtered above"),
        }
        self.release_operand(rhs);
        (lhs, Operand::Reg(count))
    }

    /// `[t t] -> [t]`, may trap.
    pub(super) fn divide(&mut self, size: IntSize, kind: Division) {
        let ty = int_type(size);
        let by = self.pop_operand();
        if let Operand::Imm(by) = by
            && by.is_power_of_two()
            && self.tuned(Tuning::STRENGTH)
            && let Some((kind, by)) = unsigned_power(kind, by)
        {
            let lhs = self.pop_int();
            let result = self.int_result(Some(lhs));
            self.m.int_binary(size, kind, result.reg, lhs, Operand::Imm(by));
            return self.finish_int(ty, result, &[Operand::Reg(lhs)]);
        }
        if let Operand::Imm(by) = by
            && size == IntSize::W32
            && self.tuned(Tuning::STRENGTH)
            && let Some(reciprocal) = Reciprocal::new(kind, by)
        {
            return self.divide_by_constant(kind, by, reciprocal);
        }
        let rhs = self.operand_reg(by, ty);
        let lhs = self.pop_int();
        self.division_traps(size, kind, (lhs, rhs), by);
        // The result first: making its place may move an alias of the local it goes to into any free temporary.
        let result = self.int_result(Some(lhs));
        for &reg in M::DIVIDE_CLOBBERS {
            self.vacate_int(reg, M::DIVIDE_CLOBBERS);
            self.s.ints.forget(reg.0);
        }
        self.m.divide(size, kind, result.reg, lhs, rhs);
        self.finish_int(ty, result, &[Operand::Reg(lhs), Operand::Reg(rhs)]);
    }

    /// Multiplies by what stands for an i32's constant divisor.
    fn divide_by_constant(&mut self, kind: Division, by: u64, Reciprocal { factor, shift }: Reciprocal) {
        let lhs = self.pop_int();
        let (quotient, temp) = (self.take_int(), self.take_int());
        let m = &mut *self.m;
        m.const_int(quotient, factor);
        if matches!(kind, Division::DivS | Division::RemS) {
            m.extend(Sign::Signed, temp, lhs);
            m.int_binary(IntSize::W64, IntBinary::Mul, quotient, quotient, Operand::Reg(temp));
            m.int_binary(IntSize::W64, IntBinary::ShrS, quotient, quotient, Operand::Imm(shift.into()));
            m.int_binary(IntSize::W32, IntBinary::ShrU, temp, lhs, Operand::Imm(31));
            m.int_binary(IntSize::W32, IntBinary::Add, quotient, quotient, Operand::Reg(temp));
        } else {
            m.int_binary(IntSize::W64, IntBinary::Mul, quotient, quotient, Operand::Reg(lhs));
            m.int_binary(IntSize::W64, IntBinary::ShrU, quotient, quotient, Operand::Imm(shift.into()));
        }
        self.release_int(temp);
        if matches!(kind, Division::DivU | Division::DivS) {
            self.release_int(lhs);
            let result = self.int_result(Some(quotient));
            self.m.move_int(IntSize::W32, result.reg, quotient);
            return self.finish_int(ValType::I32, result, &[Operand::Reg(quotient)]);
        }
        self.m.int_binary(IntSize::W32, IntBinary::Mul, quotient, quotient, Operand::Imm(by));
        let result = self.int_result(Some(lhs));
        self.m.int_binary(IntSize::W32, IntBinary::Sub, result.reg, lhs, Operand::Reg(quotient));
        self.finish_int(ValType::I32, result, &[Operand::Reg(lhs), Operand::Reg(quotient)]);
    }

    fn division_traps(&mut self, size: IntSize, kind: Division, (lhs, rhs): (Gpr, Gpr), by: Operand) {
        if !matches!(by, Operand::Imm(by) if by != 0) {
            let zero = self.m.jump_if_int(IntCompare::Eq, size, rhs, Operand::Imm(0));
            self.trap_if(zero, Trap::IntegerDivideByZero);
        }
        if kind == Division::DivS && !matches!(by, Operand::Imm(by) if by != minus_one(size)) {
            let fine = self.m.jump_if_int(IntCompare::Ne, size, rhs, Operand::Imm(minus_one(size)));
            let least = Operand::Imm(1 << (bits(size) - 1));
            let overflow = self.m.jump_if_int(IntCompare::Eq, size, lhs, least);
            self.trap_if(overflow, Trap::IntegerOverflow);
            self.land(fine);
        }
    }

    /// `[t] -> [t]`.
    pub(super) fn int_unary(&mut self, size: IntSize, kind: IntUnary) {
        let ty = int_type(size);
        let src = self.pop_int();
        let result = self.int_result(Some(src));
        self.m.int_unary(size, kind, result.reg, src);
        self.finish_int(ty, result, &[Operand::Reg(src)]);
    }

    /// `[t t] -> [t]`.
    pub(super) fn float_binary(&mut self, size: FloatSize, kind: FloatBinary) {
        self.computes_floats = true;
        let rhs = self.pop_float_operand();
        let lhs = self.pop_float();
        let reuse = self.float_reuse(lhs, rhs);
        if let Some(reuse) = reuse.filter(|_| self.m.overwrites_float()) {
            self.s.floats.forget(reuse.0);
        }
        let result = self.float_result(reuse);
        self.m.float_binary(size, kind, result.reg, lhs, rhs);
        match rhs {
            FloatOperand::Reg(rhs) => self.finish_float(float_type(size), result, &[lhs, rhs]),
            FloatOperand::Home(_) | FloatOperand::Const(_) => {
                self.finish_float(float_type(size), result, &[lhs]);
            }
        }
    }

    fn float_reuse(&self, lhs: Vreg, rhs: FloatOperand) -> Option<Vreg> {
        let blank = |reg: Vreg| self.s.floats.is_temp(reg.0) && !self.s.floats.is_copy(reg.0);
        match rhs {
            _ if blank(lhs) => Some(lhs),
            FloatOperand::Reg(rhs) if blank(rhs) || !self.s.floats.is_temp(lhs.0) => Some(rhs),
            _ => Some(lhs),
        }
    }

    /// `[t] -> [t]`.
    pub(super) fn float_unary(&mut self, size: FloatSize, kind: FloatUnary) {
        self.computes_floats = true;
        let src = self.pop_float();
        let result = self.float_result(Some(src));
        self.m.float_unary(size, kind, result.reg, src);
        self.finish_float(float_type(size), result, &[src]);
    }
}

/// An unsigned division or remainder by a power of two as a shift or a mask.
fn unsigned_power(kind: Division, by: u64) -> Option<(IntBinary, u64)> {
    match kind {
        Division::DivU => Some((IntBinary::ShrU, by.trailing_zeros().into())),
        Division::RemU => Some((IntBinary::And, by - 1)),
        Division::DivS | Division::RemS => None,
    }
}
