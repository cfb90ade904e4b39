//! Operands and right answers that the tests of every backend share.
//!
//! Owns: the tables of kinds and values, and what counts as a right answer where there may be several.
//! Does not know: registers, nor how code is run (each backend's `exec_test` and `test_world`).

use crate::jit::masm::Cond;
use crate::jit::world_test::RawTrap;
use crate::spec::numeric;
use crate::spec::ops::{
    Access, Convert, Division, FloatBinary, FloatCompare, FloatSize, FloatUnary, IntBinary, IntCompare,
    IntSize, IntUnary, Op, Shape, Sign,
};
use crate::spec::trap::Trap;
use crate::spec::types::FuncType;
use crate::spec::types::ValType::{self, ExternRef, F32, F64, FuncRef, I32, I64};
use crate::spec::value::Bits;

pub(crate) const SIGNS: [Sign; 2] = [Sign::Signed, Sign::Unsigned];
pub(crate) const INT_SIZES: [IntSize; 2] = [IntSize::W32, IntSize::W64];
pub(crate) const INT_BINARIES: [IntBinary; 11] = [
    IntBinary::Add,
    IntBinary::Sub,
    IntBinary::Mul,
    IntBinary::And,
    IntBinary::Or,
    IntBinary::Xor,
    IntBinary::Shl,
    IntBinary::ShrS,
    IntBinary::ShrU,
    IntBinary::Rotl,
    IntBinary::Rotr,
];
pub(crate) const DIVISIONS: [Division; 4] = [Division::DivS, Division::DivU, Division::RemS, Division::RemU];
pub(crate) const INT_COMPARES: [IntCompare; 10] = [
    IntCompare::Eq,
    IntCompare::Ne,
    IntCompare::LtS,
    IntCompare::LtU,
    IntCompare::GtS,
    IntCompare::GtU,
    IntCompare::LeS,
    IntCompare::LeU,
    IntCompare::GeS,
    IntCompare::GeU,
];
pub(crate) const INT_VALUES: [u64; 20] = [
    0,
    1,
    2,
    31,
    33,
    64,
    0x7F,
    0x80,
    0xFF,
    0xFFFF,
    0x7FFF_FFFF,
    0x8000_0000,
    0xFFFF_FF80,
    0xFFFF_FFFF,
    0x1_0000_0000,
    0x0123_4567_89AB_CDEF,
    0x7FFF_FFFF_FFFF_FFFF,
    0x8000_0000_0000_0000,
    0xFFFF_FFFF_8000_0000,
    0xFFFF_FFFF_FFFF_FFFF,
];

/// The bits that belong to a value of a size.
pub(crate) fn narrow(size: IntSize, bits: u64) -> u64 {
    if size == IntSize::W32 { bits & 0xFFFF_FFFF } else { bits }
}

/// Those that a size can hold.
pub(crate) fn int_values(size: IntSize) -> impl Iterator<Item = u64> + Clone {
    INT_VALUES.into_iter().filter(move |&bits| narrow(size, bits) == bits)
}

/// The unary operators that a size has.
pub(crate) fn int_unaries(size: IntSize) -> impl Iterator<Item = IntUnary> {
    use IntUnary::{Clz, Ctz, Extend8S, Extend16S, Extend32S, Popcnt};
    let all = [Clz, Ctz, Popcnt, Extend8S, Extend16S, Extend32S];
    all.into_iter().filter(move |&kind| (size, kind) != (IntSize::W32, Extend32S))
}

/// Whether the second operand is a count.
pub(crate) fn shifts(kind: IntBinary) -> bool {
    matches!(kind, IntBinary::Shl | IntBinary::ShrS | IntBinary::ShrU | IntBinary::Rotl | IntBinary::Rotr)
}

/// Integers that a float rounds in each direction, and those beside them.
pub(crate) const ROUNDED_INTS: [u64; 17] = [
    0,
    1,
    0x7FFF_FFFF,
    0x8000_0000,
    0xFFFF_FFFF,
    0x0100_0001,
    0x0100_0003,
    0x1FFF_FFFF_FFFF_FFFF,
    0x7FFF_FFFF_FFFF_FFFF,
    0x8000_0000_0000_0000,
    0x8000_0000_0000_0401,
    0x8000_0080_0000_0001,
    0x8000_0040_0000_0001,
    0x7FFF_FFBF_FFFF_FFFF,
    0xFFFF_FFFF_FFFF_FBFF,
    0xFFFF_FFFF_FFFF_FC00,
    0xFFFF_FFFF_FFFF_FFFF,
];

pub(crate) const FLOAT_SIZES: [FloatSize; 2] = [FloatSize::F32, FloatSize::F64];
pub(crate) const FLOAT_BINARIES: [FloatBinary; 7] = [
    FloatBinary::Add,
    FloatBinary::Sub,
    FloatBinary::Mul,
    FloatBinary::Div,
    FloatBinary::Min,
    FloatBinary::Max,
    FloatBinary::Copysign,
];
pub(crate) const FLOAT_COMPARES: [FloatCompare; 6] = [
    FloatCompare::Eq,
    FloatCompare::Ne,
    FloatCompare::Lt,
    FloatCompare::Gt,
    FloatCompare::Le,
    FloatCompare::Ge,
];

/// Operators from float to float: the shape, the size of the operand, the size of the result.
pub(crate) fn float_unaries() -> Vec<(Shape, FloatSize, FloatSize)> {
    use FloatUnary::{Abs, Ceil, Floor, Nearest, Neg, Sqrt, Trunc};
    let unaries = FLOAT_SIZES.into_iter().flat_map(|size| {
        [Abs, Neg, Sqrt, Ceil, Floor, Trunc, Nearest].map(|kind| (Shape::FloatUnary(size, kind), size, size))
    });
    let demote = (Shape::Convert(Convert::Demote), FloatSize::F64, FloatSize::F32);
    let promote = (Shape::Convert(Convert::Promote), FloatSize::F32, FloatSize::F64);
    unaries.chain([demote, promote]).collect()
}

/// Bits of floats at which something changes, each with its neighbours and both signs.
pub(crate) fn float_values(size: FloatSize) -> Vec<u64> {
    let numbers = [
        0.0,
        0.5,
        1.0,
        1.5,
        2.5,
        std::f64::consts::PI,
        8_388_607.5,
        2_147_483_648.0,
        2_147_483_649.0,
        4_294_967_296.0,
        9_223_372_036_854_775_808.0,
        18_446_744_073_709_551_616.0,
        1e300,
        f64::INFINITY,
    ];
    let of_size = |x: f64| match size {
        FloatSize::F32 => numeric::convert(Convert::Demote, x.to_bits()).unwrap(),
        FloatSize::F64 => x.to_bits(),
    };
    let (nans, sign, all): (&[u64], u64, u64) = match size {
        FloatSize::F32 => {
            (&[0x7F80_0001, 0x7FA0_0000, 0x7FC0_0000, 0x7FC0_1234], 1 << 31, u64::from(u32::MAX))
        }
        FloatSize::F64 => {
            (&[0x7FF0_0000_0000_0001, 0x7FF4 << 48, 0x7FF8 << 48, (0x7FF8 << 48) + 7], 1 << 63, u64::MAX)
        }
    };
    numbers
        .into_iter()
        .map(of_size)
        .flat_map(|bits| [bits.wrapping_sub(1) & all, bits, bits + 1])
        .chain(nans.iter().copied())
        .flat_map(|bits| [bits & !sign, bits | sign])
        .collect()
}

/// Fewer of them, for pairs: both zeros, and the rest with either sign.
pub(crate) fn few_floats(size: FloatSize) -> Vec<u64> {
    let zeros = [0, 1 << (8 * size.bytes() - 1)];
    float_values(size).into_iter().step_by(5).chain(zeros).collect()
}

/// Pairs of few.
pub(crate) fn float_pairs(size: FloatSize) -> Vec<(u64, u64)> {
    let few = few_floats(size);
    few.iter().flat_map(|&a| few.iter().map(move |&b| (a, b))).collect()
}

/// Bits above an f32 in a register: nothing may depend on them.
pub(crate) fn dirty(size: FloatSize, bits: u64) -> u64 {
    match size {
        FloatSize::F32 => bits | 0x7FF1_2345 << 32,
        FloatSize::F64 => bits,
    }
}

/// The bits that belong to a float of a size.
pub(crate) fn clean(size: FloatSize, bits: u64) -> u64 {
    match size {
        FloatSize::F32 => bits & 0xFFFF_FFFF,
        FloatSize::F64 => bits,
    }
}

/// Whether the machine's answer is right: the same bits, or a NaN that the standard allows where arithmetic made one.
pub(crate) fn agrees(
    shape: Shape,
    result: FloatSize,
    operands: &[(FloatSize, u64)],
    expected: u64,
    actual: u64,
) -> bool {
    if numeric::folds(shape, expected) {
        return actual == expected;
    }
    let (quiet, sign) = match result {
        FloatSize::F32 => (0x7FC0_0000, 1 << 31),
        FloatSize::F64 => (0x7FF8_0000_0000_0000, 1 << 63),
    };
    let canonical = |size: FloatSize, bits: u64| match size {
        FloatSize::F32 => bits & 0x7FFF_FFFF == 0x7FC0_0000,
        FloatSize::F64 => bits & !(1 << 63) == 0x7FF8_0000_0000_0000,
    };
    let all_canonical =
        operands.iter().all(|&(size, bits)| !numeric::is_nan(size, bits) || canonical(size, bits));
    if all_canonical { actual & !sign == quiet } else { actual & quiet == quiet }
}

/// Left and right operands of comparisons of a size, all zero above it.
pub(crate) fn compared(size: IntSize) -> Vec<(u64, u64)> {
    let top = match size {
        IntSize::W32 => 1 << 31,
        IntSize::W64 => 1 << 63,
    };
    let values = [0, 1, 2, 5, top - 1, top, top + 1, narrow(size, u64::MAX)];
    values.iter().flat_map(|&a| values.map(|b| (a, b))).collect()
}

/// Whether a condition on floats holds.
pub(crate) fn holds(cond: Cond, a: f64, b: f64) -> bool {
    let compare = |compare| match compare {
        FloatCompare::Eq => a == b,
        FloatCompare::Ne => a != b,
        FloatCompare::Lt => a < b,
        FloatCompare::Gt => a > b,
        FloatCompare::Le => a <= b,
        FloatCompare::Ge => a >= b,
    };
    match cond {
        Cond::Float(kind) => compare(kind),
        Cond::NotFloat(kind) => !compare(kind),
        Cond::Int(_) => unreachable!("only float conditions here"),
    }
}

/// The loads of the standard, or its stores: what each accesses.
pub(crate) fn accesses(loads: bool) -> Vec<Access> {
    let wanted = |op: &Op| match op.shape() {
        Shape::Load(access) if loads => Some(access),
        Shape::Store(access) if !loads => Some(access),
        _ => None,
    };
    let all: Vec<_> = Op::ALL.iter().filter_map(wanted).collect();
    assert_eq!(all.len(), if loads { 14 } else { 9 });
    all
}

/// What a load gives for these bytes.
pub(crate) fn extended(access: Access, bytes: &[u8]) -> u64 {
    let (Access::I32 { sign, .. } | Access::I64 { sign, .. }) = access else { return word(0, bytes) };
    let negative = sign == Sign::Signed && bytes.last().is_some_and(|&top| top >= 0x80);
    let value = word(if negative { 0xFF } else { 0 }, bytes);
    if access.ty() == I32 { value & 0xFFFF_FFFF } else { value }
}

/// The little-endian word of these bytes and as many of `above` as are missing.
pub(crate) fn word(above: u8, bytes: &[u8]) -> u64 {
    let mut word = [above; 8];
    word[..bytes.len()].copy_from_slice(bytes);
    u64::from_le_bytes(word)
}

/// Length of a memory, index, end of the access behind the index.
pub(crate) const BOUNDS: [(u64, Option<u32>, u64); 16] = [
    (65536, Some(65532), 4),
    (65536, Some(65533), 4),
    (65536, Some(u32::MAX), 1),
    (65536, Some(0), 65536),
    (65536, Some(0), 65537),
    (65536, None, 65536),
    (65536, None, 65537),
    (0, Some(0), 1),
    (0, None, 1),
    (1 << 32, Some(u32::MAX), 1),
    (1 << 32, Some(u32::MAX), 2),
    (1 << 32, Some(1 << 31), 1 << 31),
    (1 << 32, Some(1 << 31), (1 << 31) + 1),
    (1 << 32, Some(u32::MAX), (1 << 32) + 7),
    (1 << 32, Some(0), 1 << 32),
    (1 << 32, None, (1 << 32) + 1),
];

/// A value with all bits of its type in use, different by position. NaNs among the floats are signalling ones.
pub(crate) fn value(ty: ValType, n: usize) -> u64 {
    let n = n as u64;
    match ty {
        I32 => 0x8000_0001 + n,
        F32 => 0x7FA0_0001 + n,
        F64 => 0x7FF4_0000_8000_0001 + n,
        _ => 0x9123_4567_89AB_CD00 + n,
    }
}

/// Whether a cell holds the value of [`value`]; its upper half does not count.
pub(crate) fn check_value(ty: ValType, seen: Bits, n: usize, what: &str) {
    let low = if ty == F32 { u64::from(seen.as_u32()) } else { seen.low };
    assert_eq!(low, value(ty, n), "{what}: {ty} number {n}");
}

/// Signatures with every mix of classes among the parameters and many results.
pub(crate) fn narrow_signatures() -> Vec<FuncType> {
    const INTS: [ValType; 4] = [I32, I64, FuncRef, ExternRef];
    const FLOATS: [ValType; 2] = [F32, F64];
    let all = [I32, I64, FuncRef, F32, F64];
    let mut results = vec![vec![]];
    results.extend(all.map(|ty| vec![ty]));
    results.extend(all.iter().flat_map(|&a| all.map(|b| vec![a, b])));
    let mut signatures = Vec::new();
    for len in 0..=8 {
        for mix in 0..1_usize << len {
            let turn = signatures.len() + 1;
            let class =
                |n: usize| if mix >> n & 1 == 0 { INTS[(turn + n) % 4] } else { FLOATS[(turn + n) % 2] };
            let results = results[turn % results.len()].iter().copied();
            signatures.push(FuncType::new((0..len).map(class), results));
        }
    }
    signatures
}

/// Signatures all of whose values are on the stack.
pub(crate) fn wide_signatures() -> Vec<FuncType> {
    let counts = [(9, 0), (9, 1), (10, 2), (0, 3), (1, 4), (3, 3), (20, 20), (13, 7), (1000, 1000)];
    let types = |count| [I32, F32, I64, F64, ExternRef].into_iter().cycle().take(count);
    counts.into_iter().map(|(params, results)| FuncType::new(types(params), types(results))).collect()
}

/// The trap is this one, with a backtrace of these sites; its datum.
pub(crate) fn check_trap(result: Result<Vec<Bits>, Box<RawTrap>>, trap: Trap, sites: &[u32]) -> u64 {
    let raw = result.expect_err("it traps");
    assert_eq!(Trap::from_code(raw.code), Some(trap));
    let seen: Vec<_> = raw.backtrace.frames().map(|frame| frame.module_offset()).collect();
    assert_eq!(seen, sites.iter().map(|&site| Some(site)).collect::<Vec<_>>());
    raw.datum
}
