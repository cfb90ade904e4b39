//! Operators on constants.
//!
//! Owns: when an operator's result takes its place. Does not know: what operators compute (`spec::numeric`, which also says
//! when a result may not stand in the code: the bits of a NaN are the machine's choice).

use super::Emit;
use super::scalar::float_type;
use super::test::int_type;
use crate::jit::masm::Masm;
use crate::spec::numeric::{fold_binary, fold_unary};
use crate::spec::ops::{Convert, FloatSize, Shape};
use crate::spec::types::ValType;

impl<M: Masm> Emit<'_, M> {
    /// Replaces an operator of two constants by its result; whether that was possible.
    #[inline]
    pub(super) fn folds_two(&mut self, shape: Shape) -> bool {
        let Some((lhs, rhs)) = self.top_constants() else { return false };
        self.folded(shape, fold_binary(shape, lhs, rhs), 2)
    }

    /// Replaces an operator of one constant by its result; whether that was possible.
    #[inline]
    pub(super) fn folds_one(&mut self, shape: Shape) -> bool {
        let Some(bits) = self.top_constant() else { return false };
        self.folded(shape, fold_unary(shape, bits), 1)
    }

    fn folded(&mut self, shape: Shape, result: Option<u64>, operands: u32) -> bool {
        let Some(bits) = result else { return false };
        self.drop_to(self.s.stack.len() - operands);
        self.push_constant(result_type(shape), bits);
        true
    }
}

/// The type of what an operator that can be folded gives.
fn result_type(shape: Shape) -> ValType {
    match shape {
        Shape::Int(size, _) | Shape::Divide(size, _) | Shape::IntUnary(size, _) => int_type(size),
        Shape::Eqz(_) | Shape::IntCompare(..) | Shape::FloatCompare(..) => ValType::I32,
        Shape::Float(size, _) | Shape::FloatUnary(size, _) => float_type(size),
        Shape::Convert(kind) => converted_type(kind),
        Shape::Const(_) | Shape::Load(_) | Shape::Store(_) | Shape::Special(_) => {
            unreachable!("{shape:?} has no operands that could be constants")
        }
    }
}

fn converted_type(kind: Convert) -> ValType {
    match kind {
        Convert::Wrap | Convert::BitsOf(FloatSize::F32) => ValType::I32,
        Convert::Extend(_) | Convert::BitsOf(FloatSize::F64) => ValType::I64,
        Convert::Trunc(size, ..) | Convert::TruncSat(size, ..) => int_type(size),
        Convert::FromInt(size, ..) | Convert::FromBits(size) => float_type(size),
        Convert::Demote => ValType::F32,
        Convert::Promote => ValType::F64,
    }
}
