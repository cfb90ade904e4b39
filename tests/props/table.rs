//! The scalar operators as the tests need them: text, types, nasty operands.

/// A number type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ty {
    I32,
    I64,
    F32,
    F64,
}

use Ty::{F32, F64, I32, I64};

impl Ty {
    /// All of them.
    pub(crate) const ALL: [Self; 4] = [I32, I64, F32, F64];

    /// Its name in the text format.
    pub(crate) fn text(self) -> &'static str {
        match self {
            I32 => "i32",
            I64 => "i64",
            F32 => "f32",
            F64 => "f64",
        }
    }

    /// Its width in bits.
    pub(crate) fn bits(self) -> u32 {
        match self {
            I32 | F32 => 32,
            I64 | F64 => 64,
        }
    }

    /// Whether it is a floating-point type.
    pub(crate) fn is_float(self) -> bool {
        matches!(self, F32 | F64)
    }

    /// Operators that turn an i64 into a value of this type, bit by bit.
    pub(crate) fn bits_from_i64(self) -> &'static str {
        match self {
            I32 => "i32.wrap_i64",
            I64 => "",
            F32 => "i32.wrap_i64 f32.reinterpret_i32",
            F64 => "f64.reinterpret_i64",
        }
    }

    /// Operators that turn a value of this type into an i64, bit by bit.
    pub(crate) fn to_i64(self) -> &'static str {
        match self {
            I32 => "i64.extend_i32_u",
            I64 => "",
            F32 => "i32.reinterpret_f32 i64.extend_i32_u",
            F64 => "i64.reinterpret_f64",
        }
    }

    /// The constant with these bits.
    #[expect(clippy::cast_possible_truncation, reason = "bits of narrow types are their low half")]
    pub(crate) fn constant(self, bits: u64) -> String {
        match self {
            I32 => format!("i32.const {}", bits as u32),
            I64 => format!("i64.const {bits}"),
            F32 => format!("f32.const {}", float(f32::from_bits(bits as u32).into(), bits << 32, 23)),
            F64 => format!("f64.const {}", float(f64::from_bits(bits), bits, 52)),
        }
    }

    /// Operands that are known for breaking things.
    pub(crate) fn values(self) -> Vec<u64> {
        match self {
            I32 => INTS.iter().map(|&value| u64::from(u32::try_from(value & 0xFFFF_FFFF).unwrap())).collect(),
            I64 => INTS.iter().chain(&WIDE_INTS).copied().collect(),
            F32 => FLOATS
                .iter()
                .chain(&NARROW_FLOATS)
                .map(|value| u64::from(value.to_bits()))
                .chain(NANS_32)
                .collect(),
            F64 => FLOATS
                .iter()
                .map(|&value| f64::from(value).to_bits())
                .chain(WIDE_FLOATS.map(f64::to_bits))
                .chain(NANS_64)
                .collect(),
        }
    }
}

/// A float in the text format. `bits` are at the top of the word.
fn float(value: f64, bits: u64, mantissa: u32) -> String {
    let sign = if bits >> 63 == 1 { "-" } else { "" };
    if value.is_nan() {
        let (width, low) = if mantissa == 23 { (32, bits >> 32) } else { (64, bits) };
        let _ = width;
        return format!("{sign}nan:{:#x}", low & ((1 << mantissa) - 1));
    }
    if value.is_infinite() {
        return format!("{sign}inf");
    }
    format!("{value:?}")
}

const INTS: [u64; 17] = [
    0,
    1,
    2,
    3,
    7,
    31,
    32,
    33,
    64,
    0x7F,
    0x80,
    0xFFFF_FFFF_FFFF_8000,
    0x7FFF_FFFF,
    0xFFFF_FFFF_8000_0000,
    0xFFFF_FFFF_8000_0001,
    0xFFFF_FFFF_FFFF_FFFF,
    0xFFFF_FFFF_DEAD_BEEF,
];
const WIDE_INTS: [u64; 6] =
    [63, 0x8000_0000, 0x1_0000_0000, 0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000, 0x8000_0000_0000_0001];
const FLOATS: [f32; 18] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    -0.5,
    1.5,
    2.5,
    -0.9,
    std::f32::consts::PI,
    f32::INFINITY,
    f32::NEG_INFINITY,
    f32::MAX,
    f32::MIN_POSITIVE,
    2_147_483_648.0,
    -2_147_483_648.0,
    4_294_967_296.0,
    9_223_372_036_854_775_808.0,
];
const NARROW_FLOATS: [f32; 6] = [
    2_147_483_520.0,
    -2_147_483_904.0,
    18_446_744_073_709_551_616.0,
    -9_223_372_036_854_775_808.0,
    1e-45,
    -1e-40,
];
const WIDE_FLOATS: [f64; 9] = [
    2_147_483_647.9,
    -2_147_483_648.9,
    4_294_967_295.5,
    18_446_744_073_709_551_616.0,
    -9_223_372_036_854_775_808.0,
    9_007_199_254_740_993.0,
    5e-324,
    -1e-310,
    f64::MAX,
];
const NANS_32: [u64; 4] = [0x7FC0_0000, 0xFFC0_0000, 0x7FA0_0001, 0xFFC1_2345];
const NANS_64: [u64; 4] =
    [0x7FF8_0000_0000_0000, 0xFFF8_0000_0000_0000, 0x7FF4_0000_0000_0001, 0xFFF8_1234_5678_9ABC];

/// An operator of numbers.
#[derive(Clone, Debug)]
pub(crate) struct Operator {
    /// Its name.
    pub(crate) name: String,
    /// The type of its operands.
    pub(crate) from: Ty,
    /// How many operands it has.
    pub(crate) arity: usize,
    /// The type of its result.
    pub(crate) to: Ty,
}

impl Operator {
    /// Whether its NaNs come out of arithmetic, so that their bits are not fixed.
    pub(crate) fn makes_nans(&self) -> bool {
        let moves = ["abs", "neg", "copysign", "reinterpret"];
        self.to.is_float() && self.from.is_float() && !moves.iter().any(|name| self.name.contains(name))
    }
}

const INT_BINARY: &str = "add sub mul and or xor shl shr_s shr_u rotl rotr div_s div_u rem_s rem_u";
const INT_COMPARE: &str = "eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u";
const INT_UNARY: &str = "clz ctz popcnt extend8_s extend16_s";
const FLOAT_BINARY: &str = "add sub mul div min max copysign";
const FLOAT_COMPARE: &str = "eq ne lt gt le ge";
const FLOAT_UNARY: &str = "abs neg ceil floor trunc nearest sqrt";
const CONVERSIONS: &str = "i32.wrap_i64 i64.extend_i32_s i64.extend_i32_u f32.demote_f64 f64.promote_f32 \
    i32.reinterpret_f32 i64.reinterpret_f64 f32.reinterpret_i32 f64.reinterpret_i64";

/// All operators whose operands are of this type.
pub(crate) fn operators(from: Ty) -> Vec<Operator> {
    let (binary, compare, unary) = if from.is_float() {
        (FLOAT_BINARY, FLOAT_COMPARE, FLOAT_UNARY)
    } else {
        (INT_BINARY, INT_COMPARE, INT_UNARY)
    };
    let named = |names: &'static str, arity, to| {
        names.split(' ').map(move |name| Operator {
            name: format!("{}.{name}", from.text()),
            from,
            arity,
            to,
        })
    };
    let mut all: Vec<_> =
        named(binary, 2, from).chain(named(compare, 2, I32)).chain(named(unary, 1, from)).collect();
    match from {
        I32 => all.extend(named("eqz", 1, I32)),
        I64 => all.extend(named("eqz", 1, I32).chain(named("extend32_s", 1, I64))),
        F32 | F64 => {}
    }
    let suffix = format!("_{}", from.text());
    all.extend(conversions().filter(|op| op.from == from && op.name.contains(&suffix)));
    all
}

fn conversions() -> impl Iterator<Item = Operator> {
    let plain = CONVERSIONS.split_whitespace().map(str::to_owned);
    let signed = [I32, I64].into_iter().flat_map(|int| {
        [F32, F64].into_iter().flat_map(move |float| {
            ["s", "u"].into_iter().flat_map(move |sign| {
                let (int, float) = (int.text(), float.text());
                [
                    format!("{int}.trunc_{float}_{sign}"),
                    format!("{int}.trunc_sat_{float}_{sign}"),
                    format!("{float}.convert_{int}_{sign}"),
                ]
            })
        })
    });
    plain.chain(signed).map(|name| {
        let ty = |text: &str| *Ty::ALL.iter().find(|ty| text.contains(ty.text())).unwrap();
        let (to, rest) = name.split_once('.').unwrap();
        Operator { from: ty(rest), arity: 1, to: ty(to), name }
    })
}

#[test]
fn the_operators_are_all_scalar_ones() {
    let count: usize = Ty::ALL.iter().map(|&ty| operators(ty).len()).sum();
    // 15 + 10 + 5 for both integer types, two eqz, extend32_s; 7 + 6 + 7 for both float types; 9 + 24 conversions.
    assert_eq!(count, 2 * 30 + 3 + 2 * 20 + 33);
}
