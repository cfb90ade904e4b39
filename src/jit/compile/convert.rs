//! Conversions by shape.
//!
//! Owns: which class a value moves to and what traps on the way. Does not know: instructions.

use super::Emit;
use super::scalar::float_type;
use super::test::int_type;
use crate::jit::masm::{Masm, Operand};
use crate::spec::ops::{Convert, FloatSize, IntSize, Sign};
use crate::spec::trap::Trap;
use crate::spec::types::ValType;

impl<M: Masm> Emit<'_, M> {
    /// `[t] -> [u]`.
    pub(super) fn convert(&mut self, kind: Convert) {
        let moves =
            matches!(kind, Convert::Wrap | Convert::Extend(_) | Convert::BitsOf(_) | Convert::FromBits(_));
        self.computes_floats |= !moves;
        match kind {
            Convert::Wrap => self.wrap(),
            Convert::Extend(sign) => self.extend(sign),
            Convert::Trunc(int, float, sign) => self.truncate(int, float, sign),
            Convert::TruncSat(int, float, sign) => {
                let src = self.pop_float();
                let result = self.int_result(None);
                self.m.truncate_saturating(int, float, sign, result.reg, src);
                self.release_float(src);
                self.finish_int(int_type(int), result, &[]);
            }
            Convert::FromInt(float, int, sign) => {
                let src = self.pop_int();
                let result = self.float_result(None);
                self.m.convert_int(float, int, sign, result.reg, src);
                self.release_int(src);
                self.finish_float(float_type(float), result, &[]);
            }
            Convert::Demote | Convert::Promote => self.resize(kind),
            Convert::BitsOf(size) => self.bits_of(size),
            Convert::FromBits(size) => self.float_of_bits(size),
        }
    }

    fn wrap(&mut self) {
        let src = self.pop_int();
        let result = self.int_result(Some(src));
        self.m.wrap(result.reg, src);
        self.finish_int(ValType::I32, result, &[Operand::Reg(src)]);
    }

    fn extend(&mut self, sign: Sign) {
        let src = self.pop_int();
        let result = self.int_result(Some(src));
        self.m.extend(sign, result.reg, src);
        self.finish_int(ValType::I64, result, &[Operand::Reg(src)]);
    }

    fn truncate(&mut self, int: IntSize, float: FloatSize, sign: Sign) {
        let src = self.pop_float();
        let result = self.int_result(None);
        let (nan, range) = self.m.truncate(int, float, sign, result.reg, src);
        self.trap_if(nan, Trap::InvalidConversionToInteger);
        self.trap_if(range, Trap::IntegerOverflow);
        self.release_float(src);
        self.finish_int(int_type(int), result, &[]);
    }

    fn resize(&mut self, kind: Convert) {
        let src = self.pop_float();
        let result = self.float_result(Some(src));
        let ty = if kind == Convert::Demote {
            self.m.demote(result.reg, src);
            ValType::F32
        } else {
            self.m.promote(result.reg, src);
            ValType::F64
        };
        self.finish_float(ty, result, &[src]);
    }

    fn bits_of(&mut self, size: FloatSize) {
        let ty = match size {
            FloatSize::F32 => ValType::I32,
            FloatSize::F64 => ValType::I64,
        };
        let src = self.pop_float();
        let result = self.int_result(None);
        self.m.bits_of(size, result.reg, src);
        self.release_float(src);
        self.finish_int(ty, result, &[]);
    }

    fn float_of_bits(&mut self, size: FloatSize) {
        let ty = float_type(size);
        let src = self.pop_int();
        let result = self.float_result(None);
        self.m.float_of_bits(size, result.reg, src);
        self.release_int(src);
        self.finish_float(ty, result, &[]);
    }
}
