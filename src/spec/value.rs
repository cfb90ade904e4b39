//! Values as untyped bits.
//!
//! Owns: [`Bits`], the 16 bytes in which a value of any type stands: global cells, argument buffers, results of constant
//! expressions. The type is known from elsewhere (a declaration), so none is kept.
//! Does not know: the typed value of the public interface. That one holds references as the host sees them, handles, which only
//! the store can make and check; it converts to and from `Bits` there.

/// A value of any type. The low 64 bits hold what is not a v128; an i32 or f32 has a zero upper half, a null reference is all zero.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(C, align(16))]
pub struct Bits {
    /// Lanes 0 and up of a v128, or the whole of any other value.
    pub(crate) low: u64,
    /// The upper half of a v128, else 0.
    pub(crate) high: u64,
}

const _: () = assert!(size_of::<Bits>() == 16 && align_of::<Bits>() == 16);

impl Bits {
    /// Zero of every numeric type, null of every reference type.
    pub(crate) const ZERO: Self = Self { low: 0, high: 0 };

    /// A value of at most 64 bits: an i64, the bits of an f64, a reference word, or an i32 or f32 already extended by zeros.
    #[inline]
    pub(crate) const fn from_u64(low: u64) -> Self {
        Self { low, high: 0 }
    }

    /// An i32 or the bits of an f32.
    #[inline]
    pub(crate) const fn from_u32(bits: u32) -> Self {
        Self::from_u64(bits as u64)
    }

    /// An i32.
    #[inline]
    pub(crate) const fn from_i32(value: i32) -> Self {
        Self::from_u32(value.cast_unsigned())
    }

    /// An i64.
    #[inline]
    pub(crate) const fn from_i64(value: i64) -> Self {
        Self::from_u64(value.cast_unsigned())
    }

    /// A v128.
    #[inline]
    pub(crate) const fn from_u128(value: u128) -> Self {
        const LOW: u128 = u64::MAX as u128;
        Self { low: (value & LOW) as u64, high: (value >> 64) as u64 }
    }

    /// The low 64 bits: an i64, the bits of an f64, or a reference word.
    #[inline]
    pub(crate) const fn as_u64(self) -> u64 {
        self.low
    }

    /// The low 32 bits: an i32 or the bits of an f32.
    #[inline]
    pub(crate) const fn as_u32(self) -> u32 {
        (self.low & 0xFFFF_FFFF) as u32
    }

    /// As an i32.
    #[inline]
    pub(crate) const fn as_i32(self) -> i32 {
        self.as_u32().cast_signed()
    }

    /// As an i64.
    #[inline]
    pub(crate) const fn as_i64(self) -> i64 {
        self.low.cast_signed()
    }

    /// As a v128.
    #[inline]
    pub(crate) const fn as_u128(self) -> u128 {
        (self.high as u128) << 64 | self.low as u128
    }
}

impl std::fmt::Debug for Bits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:#x}", self.as_u128())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn narrow_values_have_a_zero_upper_half() {
        assert_eq!(Bits::from_i32(-1).as_u64(), 0xFFFF_FFFF);
        assert_eq!(Bits::from_i32(i32::MIN).as_i32(), i32::MIN);
        assert_eq!(Bits::from_i64(-1), Bits { low: u64::MAX, high: 0 });
        assert_eq!(Bits::from_i64(i64::MIN).as_i64(), i64::MIN);
        assert_eq!(Bits::default(), Bits::ZERO);
    }

    #[test]
    fn a_v128_keeps_both_halves() {
        let value = 0x0011_2233_4455_6677_8899_AABB_CCDD_EEFF;
        assert_eq!(Bits::from_u128(value).as_u128(), value);
        assert_eq!(Bits::from_u128(value).as_u64(), 0x8899_AABB_CCDD_EEFF);
        assert_eq!(format!("{:?}", Bits::from_u128(value)), "0x112233445566778899aabbccddeeff");
    }
}
