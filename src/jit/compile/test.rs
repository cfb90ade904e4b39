//! Conditions: comparisons fused into what uses them, and comparisons as values.
//!
//! Owns: [`Test`], a comparison whose operands are held and which is not emitted yet; comparison operators, `eqz`, `select`.
//! Does not know: labels (`control`).

use super::Emit;
use crate::jit::abi::Class;
use crate::jit::masm::{Cond, FloatOperand, Gpr, Jumps, Masm, Operand, Vreg};
use crate::jit::target::Tuning;
use crate::spec::ops::{FloatCompare, FloatSize, IntCompare, IntSize, Op};
use crate::spec::types::ValType;

/// A comparison that is not emitted yet. Its operands are held.
#[derive(Clone, Copy, Debug)]
pub(super) enum Test {
    /// Of integers.
    Int { compare: IntCompare, size: IntSize, lhs: Gpr, rhs: Operand },
    /// Of the bits set in both integers: whether there is any, or whether there is `none`.
    Bits { size: IntSize, lhs: Gpr, rhs: Operand, none: bool },
    /// Of floats; `inverse` asks for the opposite of the outcome.
    Float { compare: FloatCompare, size: FloatSize, lhs: Vreg, rhs: FloatOperand, inverse: bool },
}

impl Test {
    /// True exactly when this is false.
    pub(super) fn inverted(self) -> Self {
        match self {
            Self::Int { compare, size, lhs, rhs } => Self::Int { compare: compare.inverse(), size, lhs, rhs },
            Self::Bits { size, lhs, rhs, none } => Self::Bits { size, lhs, rhs, none: !none },
            Self::Float { compare, size, lhs, rhs, inverse } => {
                Self::Float { compare, size, lhs, rhs, inverse: !inverse }
            }
        }
    }

    /// The condition after [`Emit::emit_test`].
    fn cond(self) -> Cond {
        match self {
            Self::Int { compare, .. } => Cond::Int(compare),
            Self::Bits { none, .. } => Cond::Int(if none { IntCompare::Eq } else { IntCompare::Ne }),
            Self::Float { compare, inverse: false, .. } => Cond::Float(compare),
            Self::Float { compare, inverse: true, .. } => Cond::NotFloat(compare),
        }
    }
}

impl<M: Masm> Emit<'_, M> {
    /// `[t t] -> [i32]`.
    pub(super) fn int_compare(&mut self, size: IntSize, compare: IntCompare) {
        let ty = int_type(size);
        let rhs = self.pop_operand();
        let lhs = self.pop_operand();
        let (compare, lhs, rhs) = match (lhs, rhs) {
            (Operand::Reg(lhs), rhs) => (compare, lhs, rhs),
            (lhs, Operand::Reg(rhs)) => (compare.swapped(), rhs, lhs),
            (Operand::Imm(_), Operand::Home(_)) => (compare.swapped(), self.operand_reg(rhs, ty), lhs),
            (lhs, rhs) => (compare, self.operand_reg(lhs, ty), rhs),
        };
        self.test(Test::Int { compare, size, lhs, rhs });
    }

    /// `[t] -> [i32]`; also `ref.is_null`.
    pub(super) fn eqz(&mut self, size: IntSize) {
        let lhs = self.pop_int();
        self.test(Test::Int { compare: IntCompare::Eq, size, lhs, rhs: Operand::Imm(0) });
    }

    /// `[t t] -> [i32]`.
    pub(super) fn float_compare(&mut self, size: FloatSize, compare: FloatCompare) {
        self.computes_floats = true;
        let rhs = self.pop_float_operand();
        let lhs = self.pop_float();
        self.test(Test::Float { compare, size, lhs, rhs, inverse: false });
    }

    /// Whether an `and` of this size is only asked for zero by the operator behind it.
    pub(super) fn fuses_bits(&self, size: IntSize) -> bool {
        if !(self.tuned(Tuning::FUSE_COMPARE) && self.tuned(Tuning::FUSE_BITS)) {
            return false;
        }
        let asks = |op| match size {
            IntSize::W32 => matches!(op, Op::I32Eqz | Op::BrIf | Op::If | Op::Select | Op::TypedSelect),
            IntSize::W64 => op == Op::I64Eqz,
        };
        self.reader.peek().is_some_and(|next| asks(next.op()))
    }

    /// `and` of which only that is asked.
    pub(super) fn test_bits(&mut self, size: IntSize, lhs: Gpr, rhs: Operand) {
        let none = size == IntSize::W64;
        if none {
            self.reader.next();
        }
        self.test(Test::Bits { size, lhs, rhs, none });
    }

    /// Hands a comparison to the operator behind it, or makes it a value.
    fn test(&mut self, mut test: Test) {
        if !self.tuned(Tuning::FUSE_COMPARE) {
            return self.test_value(test);
        }
        loop {
            let Some(next) = self.reader.peek() else { return self.test_value(test) };
            match next.op() {
                Op::I32Eqz => test = test.inverted(),
                Op::BrIf | Op::If | Op::Select | Op::TypedSelect => {
                    self.reader.next();
                    self.wasm = self.body_start + next.offset();
                    return match next.op() {
                        Op::BrIf => self.br_if_test(next, test),
                        Op::If => self.if_test(next, test),
                        _ => self.select_test(test),
                    };
                }
                _ => return self.test_value(test),
            }
            self.reader.next();
        }
    }

    /// The outcome as an i32.
    fn test_value(&mut self, test: Test) {
        match test {
            Test::Int { lhs, rhs, .. } | Test::Bits { lhs, rhs, .. } => {
                let result = self.int_result(Some(lhs));
                self.emit_test(test);
                self.m.set_if(test.cond(), result.reg);
                self.finish_int(ValType::I32, result, &[Operand::Reg(lhs), rhs]);
            }
            Test::Float { .. } => {
                let result = self.int_result(None);
                self.emit_test(test);
                self.m.set_if(test.cond(), result.reg);
                self.release_test(test);
                self.finish_int(ValType::I32, result, &[]);
            }
        }
    }

    /// The i32 on top, as a test for "not zero".
    pub(super) fn pop_test(&mut self) -> Test {
        let lhs = self.pop_int();
        Test::Int { compare: IntCompare::Ne, size: IntSize::W32, lhs, rhs: Operand::Imm(0) }
    }

    /// Sets the flags. The operands stay held.
    pub(super) fn emit_test(&mut self, test: Test) {
        match test {
            Test::Int { size, lhs, rhs, .. } => self.m.compare_int(size, lhs, rhs),
            Test::Bits { size, lhs, rhs, .. } => self.m.test_bits(size, lhs, rhs),
            Test::Float { compare, size, lhs, rhs, .. } => self.m.compare_float(size, compare, lhs, rhs),
        }
    }

    /// Gives the operands back.
    pub(super) fn release_test(&mut self, test: Test) {
        match test {
            Test::Int { lhs, rhs, .. } | Test::Bits { lhs, rhs, .. } => {
                self.release_int(lhs);
                self.release_operand(rhs);
            }
            Test::Float { lhs, rhs, .. } => {
                self.release_float(lhs);
                if let FloatOperand::Reg(rhs) = rhs {
                    self.release_float(rhs);
                }
            }
        }
    }

    /// Jumps forward if the test holds, and gives its operands back.
    pub(super) fn test_jump(&mut self, test: Test) -> Jumps {
        let jumps = match test {
            Test::Int { compare, size, lhs, rhs } => self.m.jump_if_int(compare, size, lhs, rhs),
            Test::Bits { .. } | Test::Float { .. } => {
                self.emit_test(test);
                self.m.jump_if(test.cond())
            }
        };
        self.release_test(test);
        jumps
    }

    /// Jumps back if the test holds, and gives its operands back.
    pub(super) fn test_jump_back(&mut self, test: Test, to: crate::jit::buffers::Mark) {
        match test {
            Test::Int { compare, size, lhs, rhs } => self.m.jump_back_if_int(compare, size, lhs, rhs, to),
            Test::Bits { .. } | Test::Float { .. } => {
                self.emit_test(test);
                self.m.jump_back_if(test.cond(), to);
            }
        }
        self.release_test(test);
    }

    /// `[t t i32] -> [t]`.
    pub(super) fn select(&mut self) {
        let test = self.pop_test();
        self.select_test(test);
    }

    fn select_test(&mut self, test: Test) {
        let ty = self.s.stack.top().ty;
        match Class::of(ty) {
            Class::Int => {
                let otherwise = self.pop_int();
                let then = self.pop_int();
                let result =
                    self.int_result([then, otherwise].into_iter().find(|reg| self.s.ints.is_temp(reg.0)));
                self.emit_test(test);
                self.m.select_int(test.cond(), result.reg, then, otherwise);
                self.release_test(test);
                self.finish_int(ty, result, &[Operand::Reg(then), Operand::Reg(otherwise)]);
            }
            Class::Float => {
                let otherwise = self.pop_float();
                let then = self.pop_float();
                let reuse = self.s.floats.is_temp(then.0).then_some(then).or(Some(otherwise));
                let result = self.float_result(reuse);
                self.emit_test(test);
                self.m.select_float(test.cond(), result.reg, then, otherwise);
                self.release_test(test);
                self.finish_float(ty, result, &[then, otherwise]);
            }
        }
    }
}

/// The type of an integer of a size.
pub(super) fn int_type(size: IntSize) -> ValType {
    match size {
        IntSize::W32 => ValType::I32,
        IntSize::W64 => ValType::I64,
    }
}
