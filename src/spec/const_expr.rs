//! Constant expressions as data, and their evaluation.
//!
//! Owns: [`ConstExpr`], what an initialiser of a global, an offset of a segment or an item of an element segment says.
//! Does not know: values of globals and references to functions; whoever evaluates supplies them through [`ConstEnv`].
//!
//! Without the extended-const proposal an expression is one operator, so it is a plain value here. With it, a variant with a
//! list of operators joins, evaluated through `numeric`.

use super::module::{FuncIdx, GlobalIdx};
use super::value::Bits;
use wasmparser::Operator;

/// A constant expression. Its type is that of what it initialises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ConstExpr {
    /// `i32.const`, `i64.const`, `f32.const`, `f64.const`: the bits, extended by zeros.
    Const(u64),
    /// `global.get`.
    GlobalGet(GlobalIdx),
    /// `ref.null`.
    RefNull,
    /// `ref.func`.
    RefFunc(FuncIdx),
}

/// What a constant expression may ask of the instance that evaluates it.
pub(crate) trait ConstEnv {
    /// The value of a global.
    fn global(&self, global: GlobalIdx) -> Bits;
    /// A reference to a function.
    fn func_ref(&self, func: FuncIdx) -> Bits;
}

impl ConstExpr {
    /// The value in the instance that `env` speaks for.
    pub(crate) fn eval(&self, env: &impl ConstEnv) -> Bits {
        match *self {
            Self::Const(bits) => Bits::from_u64(bits),
            Self::GlobalGet(global) => env.global(global),
            Self::RefNull => Bits::ZERO,
            Self::RefFunc(func) => env.func_ref(func),
        }
    }

    /// The function that the expression refers to.
    pub(crate) fn func(&self) -> Option<FuncIdx> {
        match *self {
            Self::RefFunc(func) => Some(func),
            _ => None,
        }
    }

    /// Reads an expression that wasmparser has validated.
    pub(crate) fn from_wasmparser(expr: &wasmparser::ConstExpr<'_>) -> wasmparser::Result<Self> {
        Ok(match expr.get_operators_reader().read()? {
            Operator::I32Const { value } => Self::Const(value.cast_unsigned().into()),
            Operator::I64Const { value } => Self::Const(value.cast_unsigned()),
            Operator::F32Const { value } => Self::Const(value.bits().into()),
            Operator::F64Const { value } => Self::Const(value.bits()),
            Operator::GlobalGet { global_index } => Self::GlobalGet(GlobalIdx::new(global_index)),
            Operator::RefNull { .. } => Self::RefNull,
            Operator::RefFunc { function_index } => Self::RefFunc(FuncIdx::new(function_index)),
            other => unreachable!("the validator lets only enabled constant operators pass, found {other:?}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Env;

    impl ConstEnv for Env {
        fn global(&self, global: GlobalIdx) -> Bits {
            Bits::from_u128(u128::from(global.as_u32()) << 100)
        }
        fn func_ref(&self, func: FuncIdx) -> Bits {
            Bits::from_u64(0xF00 + u64::from(func.as_u32()))
        }
    }

    fn check(bytes: &[u8], expected: Bits) {
        let expr = wasmparser::ConstExpr::new(wasmparser::BinaryReader::new(bytes, 0));
        assert_eq!(ConstExpr::from_wasmparser(&expr).unwrap().eval(&Env), expected, "{bytes:x?}");
    }

    #[test]
    fn constants_keep_their_bits() {
        check(&[0x41, 0x7F, 0x0B], Bits::from_u64(0xFFFF_FFFF));
        check(&[0x42, 0x7F, 0x0B], Bits::from_u64(u64::MAX));
        check(&[0x43, 1, 0, 0xA0, 0x7F, 0x0B], Bits::from_u64(0x7FA0_0001));
        check(&[0x44, 1, 0, 0, 0, 0, 0, 0xF4, 0xFF, 0x0B], Bits::from_u64(0xFFF4_0000_0000_0001));
    }

    #[test]
    fn globals_and_references_come_from_the_environment() {
        check(&[0x23, 0x05, 0x0B], Bits::from_u128(5 << 100));
        check(&[0xD0, 0x70, 0x0B], Bits::ZERO);
        check(&[0xD2, 0x07, 0x0B], Bits::from_u64(0xF07));
    }
}
