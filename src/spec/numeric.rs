//! What each scalar operator means, as pure functions over bits.
//!
//! Owns: the results of every row of `ops` that turns one or two scalars into one. They serve constant folding, builtins that do an
//! operator the slow way, and the tests of machine code.
//! Does not know: memory, control, vectors.
//!
//! A value stands in the low bits of a `u64`; an i32 or f32 has a zero upper half, in results always, in operands it is ignored.
//! Where the standard leaves the bits of a NaN open, the result is the positive canonical one. Machine code may answer another,
//! so such a result is never folded: [`fold_unary`], [`fold_binary`].

use super::ops::{
    Convert, Division, FloatBinary, FloatCompare, FloatSize, FloatUnary, IntBinary, IntCompare, IntSize,
    IntUnary, Shape, Sign,
};
use super::trap::Trap;

/// The canonical NaN of f32: what arithmetic answers here.
pub(crate) const F32_NAN: u32 = 0x7FC0_0000;
/// The canonical NaN of f64: what arithmetic answers here.
pub(crate) const F64_NAN: u64 = 0x7FF8_0000_0000_0000;

/// The result of an operator that takes one scalar; `None` for any other shape.
pub(crate) fn unary(shape: Shape, a: u64) -> Option<Result<u64, Trap>> {
    Some(match shape {
        Shape::IntUnary(size, kind) => Ok(int_unary(size, kind, a)),
        Shape::Eqz(size) => Ok(eqz(size, a)),
        Shape::FloatUnary(size, kind) => Ok(float_unary(size, kind, a)),
        Shape::Convert(kind) => convert(kind, a),
        _ => return None,
    })
}

/// The result of an operator that takes two scalars; `None` for any other shape.
pub(crate) fn binary(shape: Shape, a: u64, b: u64) -> Option<Result<u64, Trap>> {
    Some(match shape {
        Shape::Int(size, kind) => Ok(int_binary(size, kind, a, b)),
        Shape::Divide(size, kind) => divide(size, kind, a, b),
        Shape::IntCompare(size, kind) => Ok(int_compare(size, kind, a, b)),
        Shape::Float(size, kind) => Ok(float_binary(size, kind, a, b)),
        Shape::FloatCompare(size, kind) => Ok(float_compare(size, kind, a, b)),
        _ => return None,
    })
}

/// The result of an operator on a constant, if it may stand in the code instead of the operator.
pub(crate) fn fold_unary(shape: Shape, a: u64) -> Option<u64> {
    unary(shape, a)?.ok().filter(|&result| folds(shape, result))
}

/// The result of an operator on two constants, if it may stand in the code instead of the operator.
pub(crate) fn fold_binary(shape: Shape, a: u64, b: u64) -> Option<u64> {
    binary(shape, a, b)?.ok().filter(|&result| folds(shape, result))
}

/// Whether the compiler may replace an operator by its `result`: not when arithmetic made a NaN, whose bits are the machine's choice.
pub(crate) fn folds(shape: Shape, result: u64) -> bool {
    match shape {
        Shape::Float(_, FloatBinary::Copysign) | Shape::FloatUnary(_, FloatUnary::Abs | FloatUnary::Neg) => {
            true
        }
        Shape::Float(size, _) | Shape::FloatUnary(size, _) => !is_nan(size, result),
        Shape::Convert(Convert::Demote) => !is_nan(FloatSize::F32, result),
        Shape::Convert(Convert::Promote) => !is_nan(FloatSize::F64, result),
        _ => true,
    }
}

/// Whether the bits are those of a NaN.
pub(crate) fn is_nan(size: FloatSize, a: u64) -> bool {
    match size {
        FloatSize::F32 => f32_of(a).is_nan(),
        FloatSize::F64 => f64_of(a).is_nan(),
    }
}

/// `iN.add` and its like: two integers to one.
pub(crate) fn int_binary(size: IntSize, kind: IntBinary, a: u64, b: u64) -> u64 {
    match size {
        IntSize::W32 => u64::from(int_binary_32(kind, low_half(a), low_half(b))),
        IntSize::W64 => int_binary_64(kind, a, b),
    }
}

fn int_binary_32(kind: IntBinary, a: u32, b: u32) -> u32 {
    match kind {
        IntBinary::Add => a.wrapping_add(b),
        IntBinary::Sub => a.wrapping_sub(b),
        IntBinary::Mul => a.wrapping_mul(b),
        IntBinary::And => a & b,
        IntBinary::Or => a | b,
        IntBinary::Xor => a ^ b,
        IntBinary::Shl => a << (b % 32),
        IntBinary::ShrS => (a.cast_signed() >> (b % 32)).cast_unsigned(),
        IntBinary::ShrU => a >> (b % 32),
        IntBinary::Rotl => a.rotate_left(b % 32),
        IntBinary::Rotr => a.rotate_right(b % 32),
    }
}

fn int_binary_64(kind: IntBinary, a: u64, b: u64) -> u64 {
    let count = low_half(b % 64);
    match kind {
        IntBinary::Add => a.wrapping_add(b),
        IntBinary::Sub => a.wrapping_sub(b),
        IntBinary::Mul => a.wrapping_mul(b),
        IntBinary::And => a & b,
        IntBinary::Or => a | b,
        IntBinary::Xor => a ^ b,
        IntBinary::Shl => a << count,
        IntBinary::ShrS => (a.cast_signed() >> count).cast_unsigned(),
        IntBinary::ShrU => a >> count,
        IntBinary::Rotl => a.rotate_left(count),
        IntBinary::Rotr => a.rotate_right(count),
    }
}

/// `iN.div_s` and its like.
///
/// # Errors
/// On a divisor of zero, and on the one signed quotient that does not fit.
pub(crate) fn divide(size: IntSize, kind: Division, a: u64, b: u64) -> Result<u64, Trap> {
    let (a, b) = (extend(size, a), extend(size, b));
    if b == 0 {
        return Err(Trap::IntegerDivideByZero);
    }
    let min = match size {
        IntSize::W32 => i64::from(i32::MIN),
        IntSize::W64 => i64::MIN,
    };
    let result = match kind {
        Division::DivS if a == min && b == -1 => return Err(Trap::IntegerOverflow),
        Division::DivS => (a / b).cast_unsigned(),
        Division::RemS => a.wrapping_rem(b).cast_unsigned(),
        Division::DivU => narrow(size, a.cast_unsigned()) / narrow(size, b.cast_unsigned()),
        Division::RemU => narrow(size, a.cast_unsigned()) % narrow(size, b.cast_unsigned()),
    };
    Ok(narrow(size, result))
}

/// `iN.clz` and its like: one integer to one.
pub(crate) fn int_unary(size: IntSize, kind: IntUnary, a: u64) -> u64 {
    let a = narrow(size, a);
    let sign_extended = |bits: u32| narrow(size, sign_extend(a, bits));
    match kind {
        IntUnary::Clz => u64::from(a.leading_zeros() - (64 - bits(size))),
        IntUnary::Ctz => u64::from(a.trailing_zeros().min(bits(size))),
        IntUnary::Popcnt => u64::from(a.count_ones()),
        IntUnary::Extend8S => sign_extended(8),
        IntUnary::Extend16S => sign_extended(16),
        IntUnary::Extend32S => sign_extended(32),
    }
}

/// `iN.eqz`.
pub(crate) fn eqz(size: IntSize, a: u64) -> u64 {
    u64::from(narrow(size, a) == 0)
}

/// `iN.eq` and its like: 0 or 1.
pub(crate) fn int_compare(size: IntSize, kind: IntCompare, a: u64, b: u64) -> u64 {
    let (signed_a, signed_b) = (extend(size, a), extend(size, b));
    let (a, b) = (narrow(size, a), narrow(size, b));
    u64::from(match kind {
        IntCompare::Eq => a == b,
        IntCompare::Ne => a != b,
        IntCompare::LtS => signed_a < signed_b,
        IntCompare::LtU => a < b,
        IntCompare::GtS => signed_a > signed_b,
        IntCompare::GtU => a > b,
        IntCompare::LeS => signed_a <= signed_b,
        IntCompare::LeU => a <= b,
        IntCompare::GeS => signed_a >= signed_b,
        IntCompare::GeU => a >= b,
    })
}

/// `fN.add` and its like: two floats to one.
pub(crate) fn float_binary(size: FloatSize, kind: FloatBinary, a: u64, b: u64) -> u64 {
    if kind == FloatBinary::Copysign {
        let sign = sign_bit(size);
        return a & (sign - 1) | b & sign;
    }
    match size {
        FloatSize::F32 => f32_bits(float_binary_32(kind, f32_of(a), f32_of(b))),
        FloatSize::F64 => f64_bits(float_binary_64(kind, f64_of(a), f64_of(b))),
    }
}

macro_rules! float_binary {
    ($name:ident, $float:ty) => {
        fn $name(kind: FloatBinary, a: $float, b: $float) -> $float {
            match kind {
                FloatBinary::Add => a + b,
                FloatBinary::Sub => a - b,
                FloatBinary::Mul => a * b,
                FloatBinary::Div => a / b,
                FloatBinary::Min | FloatBinary::Max if a.is_nan() || b.is_nan() => <$float>::NAN,
                // Of two equal numbers only zeros differ: the negative one is the less.
                FloatBinary::Min if a == b => <$float>::from_bits(a.to_bits() | b.to_bits()),
                FloatBinary::Max if a == b => <$float>::from_bits(a.to_bits() & b.to_bits()),
                FloatBinary::Min => {
                    if a < b {
                        a
                    } else {
                        b
                    }
                }
                FloatBinary::Max => {
                    if a > b {
                        a
                    } else {
                        b
                    }
                }
                FloatBinary::Copysign => a.copysign(b),
            }
        }
    };
}
float_binary!(float_binary_32, f32);
float_binary!(float_binary_64, f64);

/// `fN.abs` and its like: one float to one.
pub(crate) fn float_unary(size: FloatSize, kind: FloatUnary, a: u64) -> u64 {
    let sign = sign_bit(size);
    match (kind, size) {
        (FloatUnary::Abs, _) => narrow_float(size, a) & (sign - 1),
        (FloatUnary::Neg, _) => narrow_float(size, a) ^ sign,
        (_, FloatSize::F32) => f32_bits(float_unary_32(kind, f32_of(a))),
        (_, FloatSize::F64) => f64_bits(float_unary_64(kind, f64_of(a))),
    }
}

macro_rules! float_unary {
    ($name:ident, $float:ty) => {
        fn $name(kind: FloatUnary, a: $float) -> $float {
            match kind {
                FloatUnary::Abs => a.abs(),
                FloatUnary::Neg => -a,
                FloatUnary::Sqrt => a.sqrt(),
                FloatUnary::Ceil => a.ceil(),
                FloatUnary::Floor => a.floor(),
                FloatUnary::Trunc => a.trunc(),
                FloatUnary::Nearest => a.round_ties_even(),
            }
        }
    };
}
float_unary!(float_unary_32, f32);
float_unary!(float_unary_64, f64);

/// `fN.eq` and its like: 0 or 1. Nothing but `ne` holds of a NaN.
pub(crate) fn float_compare(size: FloatSize, kind: FloatCompare, a: u64, b: u64) -> u64 {
    // Widening is exact, so it keeps every order.
    let (a, b) = (widen(size, a), widen(size, b));
    u64::from(match kind {
        FloatCompare::Eq => a == b,
        FloatCompare::Ne => a != b,
        FloatCompare::Lt => a < b,
        FloatCompare::Gt => a > b,
        FloatCompare::Le => a <= b,
        FloatCompare::Ge => a >= b,
    })
}

/// `i32.wrap_i64` and its like: one value to one of another type.
///
/// # Errors
/// When truncating a NaN or a number whose integral part does not fit.
pub(crate) fn convert(kind: Convert, a: u64) -> Result<u64, Trap> {
    Ok(match kind {
        Convert::Wrap | Convert::Extend(Sign::Unsigned) => u64::from(low_half(a)),
        Convert::Extend(Sign::Signed) => sign_extend(a, 32),
        Convert::Trunc(to, from, sign) => truncate(to, sign, widen(from, a))?,
        Convert::TruncSat(to, from, sign) => truncate_saturating(to, sign, widen(from, a)),
        Convert::FromInt(to, from, sign) => from_int(to, from, sign, a),
        Convert::Demote => f32_bits(demote(f64_of(a))),
        Convert::Promote => f64_bits(f64::from(f32_of(a))),
        Convert::BitsOf(size) | Convert::FromBits(size) => narrow_float(size, a),
    })
}

fn truncate(to: IntSize, sign: Sign, x: f64) -> Result<u64, Trap> {
    if x.is_nan() {
        return Err(Trap::InvalidConversionToInteger);
    }
    let (min, max) = range(to, sign);
    let integral = integral_part(x);
    if integral < min || integral > max {
        return Err(Trap::IntegerOverflow);
    }
    Ok(narrow(to, low_word(integral)))
}

fn truncate_saturating(to: IntSize, sign: Sign, x: f64) -> u64 {
    if x.is_nan() {
        return 0;
    }
    let (min, max) = range(to, sign);
    narrow(to, low_word(integral_part(x).clamp(min, max)))
}

/// Least and greatest integer of a size.
fn range(size: IntSize, sign: Sign) -> (i128, i128) {
    match (size, sign) {
        (IntSize::W32, Sign::Signed) => (i32::MIN.into(), i32::MAX.into()),
        (IntSize::W32, Sign::Unsigned) => (0, u32::MAX.into()),
        (IntSize::W64, Sign::Signed) => (i64::MIN.into(), i64::MAX.into()),
        (IntSize::W64, Sign::Unsigned) => (0, u64::MAX.into()),
    }
}

/// `x` without its fraction; `x` is no NaN. From 2¹¹⁶ on the result is only known to be that great.
fn integral_part(x: f64) -> i128 {
    const FRACTION_BITS: u64 = 52;
    const EXPONENT_BIAS: u64 = 1023;
    let bits = x.to_bits();
    let exponent = bits >> FRACTION_BITS & 0x7FF;
    if exponent < EXPONENT_BIAS {
        return 0;
    }
    let significand = i128::from(bits & ((1 << FRACTION_BITS) - 1) | 1 << FRACTION_BITS);
    let power = (exponent - EXPONENT_BIAS).min(116);
    let magnitude = match power.checked_sub(FRACTION_BITS) {
        Some(left) => significand << left,
        None => significand >> (FRACTION_BITS - power),
    };
    if x.is_sign_negative() { -magnitude } else { magnitude }
}

fn from_int(to: FloatSize, from: IntSize, sign: Sign, a: u64) -> u64 {
    match (to, sign) {
        (FloatSize::F32, Sign::Signed) => f32_bits(extend(from, a) as f32),
        (FloatSize::F32, Sign::Unsigned) => f32_bits(narrow(from, a) as f32),
        (FloatSize::F64, Sign::Signed) => f64_bits(extend(from, a) as f64),
        (FloatSize::F64, Sign::Unsigned) => f64_bits(narrow(from, a) as f64),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "rounding to the nearest is what demoting means")]
fn demote(a: f64) -> f32 {
    a as f32
}

const fn bits(size: IntSize) -> u32 {
    match size {
        IntSize::W32 => 32,
        IntSize::W64 => 64,
    }
}

const fn low_half(a: u64) -> u32 {
    (a & 0xFFFF_FFFF) as u32
}

const fn low_word(a: i128) -> u64 {
    (a.cast_unsigned() & 0xFFFF_FFFF_FFFF_FFFF) as u64
}

/// The low bits that belong to a value of the size.
const fn narrow(size: IntSize, a: u64) -> u64 {
    match size {
        IntSize::W32 => a & 0xFFFF_FFFF,
        IntSize::W64 => a,
    }
}

const fn narrow_float(size: FloatSize, a: u64) -> u64 {
    match size {
        FloatSize::F32 => a & 0xFFFF_FFFF,
        FloatSize::F64 => a,
    }
}

/// The low `bits` bits as a signed number, extended to 64.
const fn sign_extend(a: u64, bits: u32) -> u64 {
    ((a << (64 - bits)).cast_signed() >> (64 - bits)).cast_unsigned()
}

/// An integer of the size as a signed number.
const fn extend(size: IntSize, a: u64) -> i64 {
    sign_extend(a, bits(size)).cast_signed()
}

const fn sign_bit(size: FloatSize) -> u64 {
    match size {
        FloatSize::F32 => 1 << 31,
        FloatSize::F64 => 1 << 63,
    }
}

const fn f32_of(a: u64) -> f32 {
    f32::from_bits(low_half(a))
}

const fn f64_of(a: u64) -> f64 {
    f64::from_bits(a)
}

/// The same number as an f64, or a NaN.
const fn widen(size: FloatSize, a: u64) -> f64 {
    match size {
        FloatSize::F32 => f32_of(a) as f64,
        FloatSize::F64 => f64_of(a),
    }
}

/// Bits of the result of arithmetic.
const fn f32_bits(x: f32) -> u64 {
    (if x.is_nan() { F32_NAN } else { x.to_bits() }) as u64
}

/// Bits of the result of arithmetic.
const fn f64_bits(x: f64) -> u64 {
    if x.is_nan() { F64_NAN } else { x.to_bits() }
}

#[cfg(test)]
mod tests {
    use super::super::ops::Op;
    use super::super::types::ValType;
    use super::*;

    const fn int_type(size: IntSize) -> ValType {
        match size {
            IntSize::W32 => ValType::I32,
            IntSize::W64 => ValType::I64,
        }
    }

    const fn float_type(size: FloatSize) -> ValType {
        match size {
            FloatSize::F32 => ValType::F32,
            FloatSize::F64 => ValType::F64,
        }
    }

    /// Operand count, operand type and result type of a scalar row.
    fn signature(shape: Shape) -> Option<(usize, ValType, ValType)> {
        Some(match shape {
            Shape::Int(size, _) | Shape::Divide(size, _) => (2, int_type(size), int_type(size)),
            Shape::IntUnary(size, _) => (1, int_type(size), int_type(size)),
            Shape::Eqz(size) => (1, int_type(size), ValType::I32),
            Shape::IntCompare(size, _) => (2, int_type(size), ValType::I32),
            Shape::Float(size, _) => (2, float_type(size), float_type(size)),
            Shape::FloatUnary(size, _) => (1, float_type(size), float_type(size)),
            Shape::FloatCompare(size, _) => (2, float_type(size), ValType::I32),
            Shape::Convert(kind) => {
                let (from, to) = convert_types(kind);
                (1, from, to)
            }
            Shape::Const(_) | Shape::Load(_) | Shape::Store(_) | Shape::Special(_) => return None,
        })
    }

    fn convert_types(kind: Convert) -> (ValType, ValType) {
        let int_of_size = |size| match size {
            FloatSize::F32 => ValType::I32,
            FloatSize::F64 => ValType::I64,
        };
        match kind {
            Convert::Wrap => (ValType::I64, ValType::I32),
            Convert::Extend(_) => (ValType::I32, ValType::I64),
            Convert::Trunc(to, from, _) | Convert::TruncSat(to, from, _) => (float_type(from), int_type(to)),
            Convert::FromInt(to, from, _) => (int_type(from), float_type(to)),
            Convert::Demote => (ValType::F64, ValType::F32),
            Convert::Promote => (ValType::F32, ValType::F64),
            Convert::BitsOf(size) => (float_type(size), int_of_size(size)),
            Convert::FromBits(size) => (int_of_size(size), float_type(size)),
        }
    }

    /// The values at which implementations go wrong.
    fn nasty(ty: ValType) -> Vec<u64> {
        let neighbours = |bits: u64| [bits.wrapping_sub(1), bits, bits.wrapping_add(1)];
        match ty {
            ValType::I32 => {
                [0, 7, 31, 32, 63, 0x80, 0x8000, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0x1234_5678]
                    .into_iter()
                    .flat_map(|bits| neighbours(bits).map(|bits| bits & 0xFFFF_FFFF))
                    .collect()
            }
            ValType::I64 => nasty(ValType::I32)
                .into_iter()
                .chain(
                    [1 << 24, 1 << 53, i64::MAX as u64, 1 << 63, u64::MAX].into_iter().flat_map(neighbours),
                )
                .chain([0x0123_4567_89AB_CDEF, 0x8000_0080_0000_0001, 0x7FFF_FFBF_FFFF_FFFF])
                .collect(),
            ValType::F32 => nasty_floats()
                .flat_map(|x| neighbours(u64::from(demote(x).to_bits())))
                .chain([0x7F80_0001, 0x7FA0_0000, 0x7FC0_0000, 0xFFC0_1234, 0xFF80_0001, 1, 0x007F_FFFF])
                .map(|bits| bits & 0xFFFF_FFFF)
                .collect(),
            ValType::F64 => nasty_floats()
                .flat_map(|x| neighbours(x.to_bits()))
                .chain([
                    0x7FF0_0000_0000_0001,
                    0x7FF4 << 48,
                    0x7FF8 << 48,
                    0xFFF8_0000_0000_1234,
                    1,
                    (1 << 52) - 1,
                ])
                .chain([0x3690_0000_0000_0000, 0x47EF_FFFF_F000_0000, 0x3800_0000_0000_0000])
                .collect(),
            ValType::V128 | ValType::FuncRef | ValType::ExternRef => unreachable!("no scalar"),
        }
    }

    fn nasty_floats() -> impl Iterator<Item = f64> {
        let positive = [
            0.0,
            0.5,
            1.0,
            1.5,
            2.5,
            std::f64::consts::PI,
            255.5,
            8_388_607.5,
            16_777_217.0,
            4_503_599_627_370_495.5,
            9_007_199_254_740_993.0,
            2_147_483_647.0,
            2_147_483_648.0,
            4_294_967_295.0,
            4_294_967_296.0,
            9_223_372_036_854_775_808.0,
            18_446_744_073_709_551_616.0,
            1e38,
            3.5e38,
            1e300,
            1e-40,
            1e-310,
            f64::INFINITY,
            f64::MIN_POSITIVE,
        ];
        positive.into_iter().flat_map(|x| [x, -x])
    }

    fn to_wasmi(ty: ValType, bits: u64) -> wasmi::Val {
        match ty {
            ValType::I32 => wasmi::Val::I32(low_half(bits).cast_signed()),
            ValType::I64 => wasmi::Val::I64(bits.cast_signed()),
            ValType::F32 => wasmi::Val::F32(wasmi::F32::from_bits(low_half(bits))),
            ValType::F64 => wasmi::Val::F64(wasmi::F64::from_bits(bits)),
            ValType::V128 | ValType::FuncRef | ValType::ExternRef => unreachable!("no scalar"),
        }
    }

    fn from_wasmi(val: &wasmi::Val) -> u64 {
        match val {
            wasmi::Val::I32(value) => value.cast_unsigned().into(),
            wasmi::Val::I64(value) => value.cast_unsigned(),
            wasmi::Val::F32(value) => value.to_bits().into(),
            wasmi::Val::F64(value) => value.to_bits(),
            _ => unreachable!("no scalar"),
        }
    }

    /// The operator alone in a function, run by another engine.
    struct Peer {
        store: wasmi::Store<()>,
        func: wasmi::Func,
        result: ValType,
    }

    impl Peer {
        fn new(op: Op, arity: usize, operand: ValType, result: ValType) -> Self {
            let params = format!("{operand} ").repeat(arity);
            let gets = (0..arity).map(|i| format!("local.get {i} ")).collect::<String>();
            let text = format!(
                "(module (func (export \"f\") (param {params}) (result {result}) {gets} {}))",
                op.text()
            );
            let engine = wasmi::Engine::default();
            let module = wasmi::Module::new(&engine, wat::parse_str(&text).unwrap()).unwrap();
            let mut store = wasmi::Store::new(&engine, ());
            let instance = wasmi::Linker::new(&engine).instantiate_and_start(&mut store, &module).unwrap();
            let func = instance.get_func(&store, "f").unwrap();
            Self { store, func, result }
        }

        fn call(&mut self, operand: ValType, args: &[u64]) -> Result<u64, String> {
            let args: Vec<_> = args.iter().map(|&bits| to_wasmi(operand, bits)).collect();
            let mut results = [to_wasmi(self.result, 0)];
            match self.func.call(&mut self.store, &args, &mut results) {
                Ok(()) => Ok(from_wasmi(&results[0])),
                Err(error) => Err(error.as_trap_code().unwrap().trap_message().to_owned()),
            }
        }
    }

    fn check(op: Op, peer: &mut Peer, operand: ValType, args: &[u64]) {
        let shape = op.shape();
        let ours = match *args {
            [a] => unary(shape, a),
            [a, b] => binary(shape, a, b),
            _ => None,
        };
        let ours = ours.expect("a scalar row has one or two operands");
        let theirs = peer.call(operand, args);
        let show = || format!("{} {args:x?}: {ours:x?}, peer {theirs:x?}", op.text());
        let folded = match *args {
            [a] => fold_unary(shape, a),
            [a, b] => fold_binary(shape, a, b),
            _ => None,
        };
        match (&ours, &theirs) {
            (Ok(ours), Ok(theirs)) if folds(shape, *ours) => {
                assert_eq!(ours, theirs, "{}", show());
                assert_eq!(folded, Some(*ours), "{}", show());
            }
            (&Ok(ours), &Ok(theirs)) => {
                let (canonical, quiet) = match peer.result {
                    ValType::F32 => (u64::from(F32_NAN), 0x7FC0_0000),
                    _ => (F64_NAN, 0x7FF8_0000_0000_0000),
                };
                assert_eq!(ours, canonical, "{}", show());
                assert_eq!(theirs & quiet, quiet, "{}", show());
                assert_eq!(folded, None, "{}", show());
            }
            (Err(ours), Err(theirs)) => {
                assert_eq!(ours.text(), theirs, "{}", show());
                assert_eq!(folded, None, "{}", show());
            }
            _ => panic!("{}", show()),
        }
    }

    #[test]
    fn every_scalar_row_means_what_another_engine_says() {
        let mut rows = 0;
        for &op in Op::ALL {
            let Some((arity, operand, result)) = signature(op.shape()) else { continue };
            rows += 1;
            let mut peer = Peer::new(op, arity, operand, result);
            let values = nasty(operand);
            for &a in &values {
                if arity == 1 {
                    check(op, &mut peer, operand, &[a]);
                    continue;
                }
                for &b in &values {
                    check(op, &mut peer, operand, &[a, b]);
                }
            }
        }
        assert_eq!(rows, 136, "123 rows of 1.0, 5 of sign-extension, 8 of saturating-float-to-int");
    }

    #[test]
    fn the_upper_half_of_a_32_bit_operand_is_ignored() {
        const DIRT: u64 = 0xDEAD_BEEF_0000_0000;
        for &op in Op::ALL {
            let Some((arity, operand @ (ValType::I32 | ValType::F32), _)) = signature(op.shape()) else {
                continue;
            };
            for a in nasty(operand) {
                let shape = op.shape();
                if arity == 1 {
                    assert_eq!(unary(shape, a), unary(shape, a | DIRT), "{} {a:x}", op.text());
                } else {
                    let b = a.rotate_left(1) & 0xFFFF_FFFF;
                    assert_eq!(binary(shape, a, b), binary(shape, a | DIRT, b | DIRT), "{} {a:x}", op.text());
                }
            }
        }
    }

    #[test]
    fn signs_and_payloads_pass_through_what_is_no_arithmetic() {
        let check = |shape, a, b: Option<u64>, expected| {
            let result = b.map_or_else(|| fold_unary(shape, a), |b| fold_binary(shape, a, b));
            assert_eq!(result, Some(expected), "{shape:?}");
        };
        check(Shape::FloatUnary(FloatSize::F32, FloatUnary::Neg), 0x7FA0_0001, None, 0xFFA0_0001);
        check(Shape::FloatUnary(FloatSize::F64, FloatUnary::Abs), 0xFFF4 << 48 | 1, None, 0x7FF4 << 48 | 1);
        let copysign = Shape::Float(FloatSize::F32, FloatBinary::Copysign);
        check(copysign, 0x7FA0_0001, Some(0x8000_0000), 0xFFA0_0001);
        check(copysign, 0xBF80_0000, Some(0x7FC0_0000), 0x3F80_0000);
        let min = Shape::Float(FloatSize::F32, FloatBinary::Min);
        check(min, 0, Some(0x8000_0000), 0x8000_0000);
        let max = Shape::Float(FloatSize::F32, FloatBinary::Max);
        check(max, 0x8000_0000, Some(0), 0);
        assert_eq!(fold_binary(max, 0x7FC0_0000, 0), None, "a NaN from arithmetic stays an operator");
    }
}
