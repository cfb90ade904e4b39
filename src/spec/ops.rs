//! The operator table: every operator that the compiler accepts, as a row.
//!
//! Owns: the rows ([`Op`]), the text names, and the shape of each ([`Shape`]) with the kinds that shapes are made of. A new
//! operator is one row here, one arm in `numeric` and one arm per backend.
//! Does not know: how operators are encoded (wasmparser decodes) nor what they compile to.
//! Start at [`Shape`].

use super::types::ValType;

/// Width of an integer operation in bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum IntSize {
    /// 32 bits.
    W32,
    /// 64 bits.
    W64,
}

impl IntSize {
    /// Bytes of a value.
    #[inline]
    pub(crate) const fn bytes(self) -> u32 {
        match self {
            Self::W32 => 4,
            Self::W64 => 8,
        }
    }
}

/// Width of a floating-point operation in bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum FloatSize {
    /// Single precision.
    F32,
    /// Double precision.
    F64,
}

impl FloatSize {
    /// Bytes of a value.
    #[inline]
    pub(crate) const fn bytes(self) -> u32 {
        match self {
            Self::F32 => 4,
            Self::F64 => 8,
        }
    }
}

/// Two integers to one, without a trap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum IntBinary {
    Add,
    Sub,
    Mul,
    And,
    Or,
    Xor,
    Shl,
    ShrS,
    ShrU,
    Rotl,
    Rotr,
}

/// Division and remainder: they trap on zero, and `DivS` on overflow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Division {
    DivS,
    DivU,
    RemS,
    RemU,
}

/// One integer to one of the same size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum IntUnary {
    Clz,
    Ctz,
    Popcnt,
    Extend8S,
    Extend16S,
    Extend32S,
}

/// Comparison of two integers; the result is an i32 of 0 or 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum IntCompare {
    Eq,
    Ne,
    LtS,
    LtU,
    GtS,
    GtU,
    LeS,
    LeU,
    GeS,
    GeU,
}

impl IntCompare {
    /// The comparison that is true exactly when this one is false.
    #[must_use]
    pub(crate) const fn inverse(self) -> Self {
        match self {
            Self::Eq => Self::Ne,
            Self::Ne => Self::Eq,
            Self::LtS => Self::GeS,
            Self::LtU => Self::GeU,
            Self::GtS => Self::LeS,
            Self::GtU => Self::LeU,
            Self::LeS => Self::GtS,
            Self::LeU => Self::GtU,
            Self::GeS => Self::LtS,
            Self::GeU => Self::LtU,
        }
    }

    /// The comparison that gives the same result with its operands exchanged.
    #[must_use]
    pub(crate) const fn swapped(self) -> Self {
        match self {
            Self::Eq => Self::Eq,
            Self::Ne => Self::Ne,
            Self::LtS => Self::GtS,
            Self::LtU => Self::GtU,
            Self::GtS => Self::LtS,
            Self::GtU => Self::LtU,
            Self::LeS => Self::GeS,
            Self::LeU => Self::GeU,
            Self::GeS => Self::LeS,
            Self::GeU => Self::LeU,
        }
    }
}

/// Two floats to one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum FloatBinary {
    Add,
    Sub,
    Mul,
    Div,
    Min,
    Max,
    Copysign,
}

/// One float to one of the same size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum FloatUnary {
    Abs,
    Neg,
    Sqrt,
    Ceil,
    Floor,
    Trunc,
    Nearest,
}

/// Comparison of two floats; the result is an i32 of 0 or 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum FloatCompare {
    Eq,
    Ne,
    Lt,
    Gt,
    Le,
    Ge,
}

/// Whether an integer is read as signed or unsigned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Sign {
    Signed,
    Unsigned,
}

/// One value to one of another type. The first type named is the result's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Convert {
    /// `i32.wrap_i64`.
    Wrap,
    /// `i64.extend_i32_s`, `i64.extend_i32_u`.
    Extend(Sign),
    /// `iN.trunc_fM_s`…: traps when the value does not fit.
    Trunc(IntSize, FloatSize, Sign),
    /// `iN.trunc_sat_fM_s`…: saturates.
    TruncSat(IntSize, FloatSize, Sign),
    /// `fN.convert_iM_s`….
    FromInt(FloatSize, IntSize, Sign),
    /// `f32.demote_f64`.
    Demote,
    /// `f64.promote_f32`.
    Promote,
    /// `iN.reinterpret_fN`.
    BitsOf(FloatSize),
    /// `fN.reinterpret_iN`.
    FromBits(FloatSize),
}

/// How a load or store touches memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Access {
    /// An i32, its lowest `bytes` bytes in memory; a load extends by `sign`.
    I32 {
        /// 1, 2 or 4.
        bytes: u8,
        /// How a load extends; `Unsigned` for stores and full width.
        sign: Sign,
    },
    /// An i64, its lowest `bytes` bytes in memory; a load extends by `sign`.
    I64 {
        /// 1, 2, 4 or 8.
        bytes: u8,
        /// How a load extends; `Unsigned` for stores and full width.
        sign: Sign,
    },
    /// An f32.
    F32,
    /// An f64.
    F64,
}

impl Access {
    /// Bytes touched in memory.
    #[must_use]
    pub(crate) const fn bytes(self) -> u8 {
        match self {
            Self::I32 { bytes, .. } | Self::I64 { bytes, .. } => bytes,
            Self::F32 => 4,
            Self::F64 => 8,
        }
    }

    /// Type of the value loaded or stored.
    #[must_use]
    pub(crate) const fn ty(self) -> ValType {
        match self {
            Self::I32 { .. } => ValType::I32,
            Self::I64 { .. } => ValType::I64,
            Self::F32 => ValType::F32,
            Self::F64 => ValType::F64,
        }
    }
}

/// Structured operators, each with a handler of its own in the compiler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Special {
    Unreachable,
    Nop,
    Block,
    Loop,
    If,
    Else,
    End,
    Br,
    BrIf,
    BrTable,
    Return,
    Call,
    CallIndirect,
    Drop,
    Select,
    LocalGet,
    LocalSet,
    LocalTee,
    GlobalGet,
    GlobalSet,
    TableGet,
    TableSet,
    TableSize,
    TableGrow,
    TableFill,
    TableCopy,
    TableInit,
    ElemDrop,
    MemorySize,
    MemoryGrow,
    MemoryFill,
    MemoryCopy,
    MemoryInit,
    DataDrop,
    RefNull,
    RefIsNull,
    RefFunc,
}

/// What an operator does to the operand stack, and with what: the compiler has one handler per shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// `[] -> [t]`: a constant; its bits are the immediate.
    Const(ValType),
    /// `[t t] -> [t]`.
    Int(IntSize, IntBinary),
    /// `[t t] -> [t]`, may trap.
    Divide(IntSize, Division),
    /// `[t] -> [t]`.
    IntUnary(IntSize, IntUnary),
    /// `[t] -> [i32]`: 1 if zero.
    Eqz(IntSize),
    /// `[t t] -> [i32]`.
    IntCompare(IntSize, IntCompare),
    /// `[t t] -> [t]`.
    Float(FloatSize, FloatBinary),
    /// `[t] -> [t]`.
    FloatUnary(FloatSize, FloatUnary),
    /// `[t t] -> [i32]`.
    FloatCompare(FloatSize, FloatCompare),
    /// `[t] -> [u]`.
    Convert(Convert),
    /// `[i32] -> [t]`.
    Load(Access),
    /// `[i32 t] -> []`.
    Store(Access),
    /// Everything else.
    Special(Special),
}

const fn i32_access(bytes: u8, sign: Sign) -> Access {
    Access::I32 { bytes, sign }
}

const fn i64_access(bytes: u8, sign: Sign) -> Access {
    Access::I64 { bytes, sign }
}

macro_rules! operators {
    ($( $op:ident $text:literal $shape:ident ( $($arg:expr),* ) ; )*) => {
        /// An operator. Names are wasmparser's, so that the decoder's visitor and this table cannot drift.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u16)]
        pub(crate) enum Op { $( $op, )* }

        impl Op {
            /// All rows in order.
            pub(crate) const ALL: &[Self] = &[ $( Self::$op, )* ];

            /// The name in the text format.
            #[must_use]
            pub(crate) const fn text(self) -> &'static str {
                match self { $( Self::$op => $text, )* }
            }

            /// What the operator does.
            #[must_use]
            #[inline]
            pub(crate) const fn shape(self) -> Shape {
                /// By row: one load, where a `match` may become a jump.
                static SHAPES: [Shape; Op::ALL.len()] = [ $( Shape::$shape( $($arg),* ), )* ];
                SHAPES[self as usize]
            }
        }
    };
}

use FloatSize::{F32, F64};
use IntSize::{W32, W64};
use Sign::{Signed, Unsigned};

operators! {
    Unreachable "unreachable" Special(Special::Unreachable);
    Nop "nop" Special(Special::Nop);
    Block "block" Special(Special::Block);
    Loop "loop" Special(Special::Loop);
    If "if" Special(Special::If);
    Else "else" Special(Special::Else);
    End "end" Special(Special::End);
    Br "br" Special(Special::Br);
    BrIf "br_if" Special(Special::BrIf);
    BrTable "br_table" Special(Special::BrTable);
    Return "return" Special(Special::Return);
    Call "call" Special(Special::Call);
    CallIndirect "call_indirect" Special(Special::CallIndirect);
    Drop "drop" Special(Special::Drop);
    Select "select" Special(Special::Select);
    TypedSelect "select (result t)" Special(Special::Select);
    LocalGet "local.get" Special(Special::LocalGet);
    LocalSet "local.set" Special(Special::LocalSet);
    LocalTee "local.tee" Special(Special::LocalTee);
    GlobalGet "global.get" Special(Special::GlobalGet);
    GlobalSet "global.set" Special(Special::GlobalSet);
    TableGet "table.get" Special(Special::TableGet);
    TableSet "table.set" Special(Special::TableSet);
    TableSize "table.size" Special(Special::TableSize);
    TableGrow "table.grow" Special(Special::TableGrow);
    TableFill "table.fill" Special(Special::TableFill);
    TableCopy "table.copy" Special(Special::TableCopy);
    TableInit "table.init" Special(Special::TableInit);
    ElemDrop "elem.drop" Special(Special::ElemDrop);
    MemorySize "memory.size" Special(Special::MemorySize);
    MemoryGrow "memory.grow" Special(Special::MemoryGrow);
    MemoryFill "memory.fill" Special(Special::MemoryFill);
    MemoryCopy "memory.copy" Special(Special::MemoryCopy);
    MemoryInit "memory.init" Special(Special::MemoryInit);
    DataDrop "data.drop" Special(Special::DataDrop);
    RefNull "ref.null" Special(Special::RefNull);
    RefIsNull "ref.is_null" Special(Special::RefIsNull);
    RefFunc "ref.func" Special(Special::RefFunc);
    I32Const "i32.const" Const(ValType::I32);
    I64Const "i64.const" Const(ValType::I64);
    F32Const "f32.const" Const(ValType::F32);
    F64Const "f64.const" Const(ValType::F64);
    I32Eqz "i32.eqz" Eqz(W32);
    I32Eq "i32.eq" IntCompare(W32, IntCompare::Eq);
    I32Ne "i32.ne" IntCompare(W32, IntCompare::Ne);
    I32LtS "i32.lt_s" IntCompare(W32, IntCompare::LtS);
    I32LtU "i32.lt_u" IntCompare(W32, IntCompare::LtU);
    I32GtS "i32.gt_s" IntCompare(W32, IntCompare::GtS);
    I32GtU "i32.gt_u" IntCompare(W32, IntCompare::GtU);
    I32LeS "i32.le_s" IntCompare(W32, IntCompare::LeS);
    I32LeU "i32.le_u" IntCompare(W32, IntCompare::LeU);
    I32GeS "i32.ge_s" IntCompare(W32, IntCompare::GeS);
    I32GeU "i32.ge_u" IntCompare(W32, IntCompare::GeU);
    I32Clz "i32.clz" IntUnary(W32, IntUnary::Clz);
    I32Ctz "i32.ctz" IntUnary(W32, IntUnary::Ctz);
    I32Popcnt "i32.popcnt" IntUnary(W32, IntUnary::Popcnt);
    I32Add "i32.add" Int(W32, IntBinary::Add);
    I32Sub "i32.sub" Int(W32, IntBinary::Sub);
    I32Mul "i32.mul" Int(W32, IntBinary::Mul);
    I32And "i32.and" Int(W32, IntBinary::And);
    I32Or "i32.or" Int(W32, IntBinary::Or);
    I32Xor "i32.xor" Int(W32, IntBinary::Xor);
    I32Shl "i32.shl" Int(W32, IntBinary::Shl);
    I32ShrS "i32.shr_s" Int(W32, IntBinary::ShrS);
    I32ShrU "i32.shr_u" Int(W32, IntBinary::ShrU);
    I32Rotl "i32.rotl" Int(W32, IntBinary::Rotl);
    I32Rotr "i32.rotr" Int(W32, IntBinary::Rotr);
    I32DivS "i32.div_s" Divide(W32, Division::DivS);
    I32DivU "i32.div_u" Divide(W32, Division::DivU);
    I32RemS "i32.rem_s" Divide(W32, Division::RemS);
    I32RemU "i32.rem_u" Divide(W32, Division::RemU);
    I32Extend8S "i32.extend8_s" IntUnary(W32, IntUnary::Extend8S);
    I32Extend16S "i32.extend16_s" IntUnary(W32, IntUnary::Extend16S);
    I64Eqz "i64.eqz" Eqz(W64);
    I64Eq "i64.eq" IntCompare(W64, IntCompare::Eq);
    I64Ne "i64.ne" IntCompare(W64, IntCompare::Ne);
    I64LtS "i64.lt_s" IntCompare(W64, IntCompare::LtS);
    I64LtU "i64.lt_u" IntCompare(W64, IntCompare::LtU);
    I64GtS "i64.gt_s" IntCompare(W64, IntCompare::GtS);
    I64GtU "i64.gt_u" IntCompare(W64, IntCompare::GtU);
    I64LeS "i64.le_s" IntCompare(W64, IntCompare::LeS);
    I64LeU "i64.le_u" IntCompare(W64, IntCompare::LeU);
    I64GeS "i64.ge_s" IntCompare(W64, IntCompare::GeS);
    I64GeU "i64.ge_u" IntCompare(W64, IntCompare::GeU);
    I64Clz "i64.clz" IntUnary(W64, IntUnary::Clz);
    I64Ctz "i64.ctz" IntUnary(W64, IntUnary::Ctz);
    I64Popcnt "i64.popcnt" IntUnary(W64, IntUnary::Popcnt);
    I64Add "i64.add" Int(W64, IntBinary::Add);
    I64Sub "i64.sub" Int(W64, IntBinary::Sub);
    I64Mul "i64.mul" Int(W64, IntBinary::Mul);
    I64And "i64.and" Int(W64, IntBinary::And);
    I64Or "i64.or" Int(W64, IntBinary::Or);
    I64Xor "i64.xor" Int(W64, IntBinary::Xor);
    I64Shl "i64.shl" Int(W64, IntBinary::Shl);
    I64ShrS "i64.shr_s" Int(W64, IntBinary::ShrS);
    I64ShrU "i64.shr_u" Int(W64, IntBinary::ShrU);
    I64Rotl "i64.rotl" Int(W64, IntBinary::Rotl);
    I64Rotr "i64.rotr" Int(W64, IntBinary::Rotr);
    I64DivS "i64.div_s" Divide(W64, Division::DivS);
    I64DivU "i64.div_u" Divide(W64, Division::DivU);
    I64RemS "i64.rem_s" Divide(W64, Division::RemS);
    I64RemU "i64.rem_u" Divide(W64, Division::RemU);
    I64Extend8S "i64.extend8_s" IntUnary(W64, IntUnary::Extend8S);
    I64Extend16S "i64.extend16_s" IntUnary(W64, IntUnary::Extend16S);
    I64Extend32S "i64.extend32_s" IntUnary(W64, IntUnary::Extend32S);
    F32Eq "f32.eq" FloatCompare(F32, FloatCompare::Eq);
    F32Ne "f32.ne" FloatCompare(F32, FloatCompare::Ne);
    F32Lt "f32.lt" FloatCompare(F32, FloatCompare::Lt);
    F32Gt "f32.gt" FloatCompare(F32, FloatCompare::Gt);
    F32Le "f32.le" FloatCompare(F32, FloatCompare::Le);
    F32Ge "f32.ge" FloatCompare(F32, FloatCompare::Ge);
    F32Abs "f32.abs" FloatUnary(F32, FloatUnary::Abs);
    F32Neg "f32.neg" FloatUnary(F32, FloatUnary::Neg);
    F32Ceil "f32.ceil" FloatUnary(F32, FloatUnary::Ceil);
    F32Floor "f32.floor" FloatUnary(F32, FloatUnary::Floor);
    F32Trunc "f32.trunc" FloatUnary(F32, FloatUnary::Trunc);
    F32Nearest "f32.nearest" FloatUnary(F32, FloatUnary::Nearest);
    F32Sqrt "f32.sqrt" FloatUnary(F32, FloatUnary::Sqrt);
    F32Add "f32.add" Float(F32, FloatBinary::Add);
    F32Sub "f32.sub" Float(F32, FloatBinary::Sub);
    F32Mul "f32.mul" Float(F32, FloatBinary::Mul);
    F32Div "f32.div" Float(F32, FloatBinary::Div);
    F32Min "f32.min" Float(F32, FloatBinary::Min);
    F32Max "f32.max" Float(F32, FloatBinary::Max);
    F32Copysign "f32.copysign" Float(F32, FloatBinary::Copysign);
    F64Eq "f64.eq" FloatCompare(F64, FloatCompare::Eq);
    F64Ne "f64.ne" FloatCompare(F64, FloatCompare::Ne);
    F64Lt "f64.lt" FloatCompare(F64, FloatCompare::Lt);
    F64Gt "f64.gt" FloatCompare(F64, FloatCompare::Gt);
    F64Le "f64.le" FloatCompare(F64, FloatCompare::Le);
    F64Ge "f64.ge" FloatCompare(F64, FloatCompare::Ge);
    F64Abs "f64.abs" FloatUnary(F64, FloatUnary::Abs);
    F64Neg "f64.neg" FloatUnary(F64, FloatUnary::Neg);
    F64Ceil "f64.ceil" FloatUnary(F64, FloatUnary::Ceil);
    F64Floor "f64.floor" FloatUnary(F64, FloatUnary::Floor);
    F64Trunc "f64.trunc" FloatUnary(F64, FloatUnary::Trunc);
    F64Nearest "f64.nearest" FloatUnary(F64, FloatUnary::Nearest);
    F64Sqrt "f64.sqrt" FloatUnary(F64, FloatUnary::Sqrt);
    F64Add "f64.add" Float(F64, FloatBinary::Add);
    F64Sub "f64.sub" Float(F64, FloatBinary::Sub);
    F64Mul "f64.mul" Float(F64, FloatBinary::Mul);
    F64Div "f64.div" Float(F64, FloatBinary::Div);
    F64Min "f64.min" Float(F64, FloatBinary::Min);
    F64Max "f64.max" Float(F64, FloatBinary::Max);
    F64Copysign "f64.copysign" Float(F64, FloatBinary::Copysign);
    I32WrapI64 "i32.wrap_i64" Convert(Convert::Wrap);
    I64ExtendI32S "i64.extend_i32_s" Convert(Convert::Extend(Signed));
    I64ExtendI32U "i64.extend_i32_u" Convert(Convert::Extend(Unsigned));
    I32TruncF32S "i32.trunc_f32_s" Convert(Convert::Trunc(W32, F32, Signed));
    I32TruncSatF32S "i32.trunc_sat_f32_s" Convert(Convert::TruncSat(W32, F32, Signed));
    F32ConvertI32S "f32.convert_i32_s" Convert(Convert::FromInt(F32, W32, Signed));
    I32TruncF32U "i32.trunc_f32_u" Convert(Convert::Trunc(W32, F32, Unsigned));
    I32TruncSatF32U "i32.trunc_sat_f32_u" Convert(Convert::TruncSat(W32, F32, Unsigned));
    F32ConvertI32U "f32.convert_i32_u" Convert(Convert::FromInt(F32, W32, Unsigned));
    I32TruncF64S "i32.trunc_f64_s" Convert(Convert::Trunc(W32, F64, Signed));
    I32TruncSatF64S "i32.trunc_sat_f64_s" Convert(Convert::TruncSat(W32, F64, Signed));
    F64ConvertI32S "f64.convert_i32_s" Convert(Convert::FromInt(F64, W32, Signed));
    I32TruncF64U "i32.trunc_f64_u" Convert(Convert::Trunc(W32, F64, Unsigned));
    I32TruncSatF64U "i32.trunc_sat_f64_u" Convert(Convert::TruncSat(W32, F64, Unsigned));
    F64ConvertI32U "f64.convert_i32_u" Convert(Convert::FromInt(F64, W32, Unsigned));
    I64TruncF32S "i64.trunc_f32_s" Convert(Convert::Trunc(W64, F32, Signed));
    I64TruncSatF32S "i64.trunc_sat_f32_s" Convert(Convert::TruncSat(W64, F32, Signed));
    F32ConvertI64S "f32.convert_i64_s" Convert(Convert::FromInt(F32, W64, Signed));
    I64TruncF32U "i64.trunc_f32_u" Convert(Convert::Trunc(W64, F32, Unsigned));
    I64TruncSatF32U "i64.trunc_sat_f32_u" Convert(Convert::TruncSat(W64, F32, Unsigned));
    F32ConvertI64U "f32.convert_i64_u" Convert(Convert::FromInt(F32, W64, Unsigned));
    I64TruncF64S "i64.trunc_f64_s" Convert(Convert::Trunc(W64, F64, Signed));
    I64TruncSatF64S "i64.trunc_sat_f64_s" Convert(Convert::TruncSat(W64, F64, Signed));
    F64ConvertI64S "f64.convert_i64_s" Convert(Convert::FromInt(F64, W64, Signed));
    I64TruncF64U "i64.trunc_f64_u" Convert(Convert::Trunc(W64, F64, Unsigned));
    I64TruncSatF64U "i64.trunc_sat_f64_u" Convert(Convert::TruncSat(W64, F64, Unsigned));
    F64ConvertI64U "f64.convert_i64_u" Convert(Convert::FromInt(F64, W64, Unsigned));
    F32DemoteF64 "f32.demote_f64" Convert(Convert::Demote);
    F64PromoteF32 "f64.promote_f32" Convert(Convert::Promote);
    I32ReinterpretF32 "i32.reinterpret_f32" Convert(Convert::BitsOf(F32));
    I64ReinterpretF64 "i64.reinterpret_f64" Convert(Convert::BitsOf(F64));
    F32ReinterpretI32 "f32.reinterpret_i32" Convert(Convert::FromBits(F32));
    F64ReinterpretI64 "f64.reinterpret_i64" Convert(Convert::FromBits(F64));
    I32Load "i32.load" Load(i32_access(4, Unsigned));
    I32Load8S "i32.load8_s" Load(i32_access(1, Signed));
    I32Load8U "i32.load8_u" Load(i32_access(1, Unsigned));
    I32Load16S "i32.load16_s" Load(i32_access(2, Signed));
    I32Load16U "i32.load16_u" Load(i32_access(2, Unsigned));
    I32Store "i32.store" Store(i32_access(4, Unsigned));
    I32Store8 "i32.store8" Store(i32_access(1, Unsigned));
    I32Store16 "i32.store16" Store(i32_access(2, Unsigned));
    I64Load "i64.load" Load(i64_access(8, Unsigned));
    I64Load8S "i64.load8_s" Load(i64_access(1, Signed));
    I64Load8U "i64.load8_u" Load(i64_access(1, Unsigned));
    I64Load16S "i64.load16_s" Load(i64_access(2, Signed));
    I64Load16U "i64.load16_u" Load(i64_access(2, Unsigned));
    I64Load32S "i64.load32_s" Load(i64_access(4, Signed));
    I64Load32U "i64.load32_u" Load(i64_access(4, Unsigned));
    I64Store "i64.store" Store(i64_access(8, Unsigned));
    I64Store8 "i64.store8" Store(i64_access(1, Unsigned));
    I64Store16 "i64.store16" Store(i64_access(2, Unsigned));
    I64Store32 "i64.store32" Store(i64_access(4, Unsigned));
    F32Load "f32.load" Load(Access::F32);
    F32Store "f32.store" Store(Access::F32);
    F64Load "f64.load" Load(Access::F64);
    F64Store "f64.store" Store(Access::F64);
}

#[cfg(test)]
mod tests {
    use super::super::features::Features;
    use super::*;
    use wasmparser::WasmFeatures;

    /// Name of each of wasmparser's operators, with the proposal it belongs to.
    macro_rules! wasmparser_operators {
        ($( @$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*) )*) => {
            &[ $( (stringify!($proposal), stringify!($op)), )* ]
        };
    }

    const WASMPARSER: &[(&str, &str)] = wasmparser::for_each_visit_operator!(wasmparser_operators);

    /// Operators that the validator never accepts, whatever is on.
    const NEVER_VALID: &[&str] = &["TypedSelectMulti"];

    #[test]
    fn the_rows_are_wasmparsers_operators_of_our_features() {
        let ours = Features::default().to_wasmparser();
        let enabled = |proposal: &str| match proposal {
            "mvp" => true,
            name => WasmFeatures::from_name(&name.to_uppercase()).is_some_and(|bits| ours.contains(bits)),
        };
        let mut expected: Vec<_> = WASMPARSER
            .iter()
            .filter(|(proposal, op)| enabled(proposal) && !NEVER_VALID.contains(op))
            .map(|&(_, op)| op.to_owned())
            .collect();
        let mut rows: Vec<_> = Op::ALL.iter().map(|op| format!("{op:?}")).collect();
        expected.sort();
        rows.sort();
        assert_eq!(rows, expected);
    }

    #[test]
    fn no_two_rows_share_a_text() {
        let mut texts: Vec<_> = Op::ALL.iter().map(|op| op.text()).collect();
        texts.sort_unstable();
        assert!(texts.windows(2).all(|pair| pair[0] != pair[1]));
    }

    #[test]
    fn a_comparison_swapped_or_inverted_twice_is_itself() {
        for &op in Op::ALL {
            if let Shape::IntCompare(_, compare) = op.shape() {
                assert_eq!(compare.inverse().inverse(), compare);
                assert_eq!(compare.swapped().swapped(), compare);
            }
        }
    }
}
