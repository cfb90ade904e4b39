//! Division by a constant as a multiplication.
//!
//! Owns: for which divisors of 32 bits there is a factor of 32 bits whose product of 64 bits, shifted, is the quotient. Does not
//! know: code. The method is the well-known one of Granlund and Montgomery, in the form that finds the least shift.

use crate::spec::ops::Division;

/// Bits of the numbers that are divided.
const BITS: u32 = 32;

/// `n / by == n × factor >> shift`, computed in 64 bits, for all `n` of 32; for a negative `n` of a signed division one less.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reciprocal {
    /// Below 2³².
    pub(super) factor: u64,
    /// From 32 to 63.
    pub(super) shift: u32,
}

impl Reciprocal {
    /// For a divisor: at least 2, and below 2³¹ if the division is signed. `None` if the factor would have more bits.
    pub(super) fn new(kind: Division, by: u64) -> Option<Self> {
        let signed = matches!(kind, Division::DivS | Division::RemS);
        // The greatest number of either sign whose remainder is the greatest there is: if it comes out right, all do.
        let numbers = 1_u64 << if signed { BITS - 1 } else { BITS };
        if by < 2 || by >= numbers {
            return None;
        }
        let worst = u128::from(numbers - numbers % by - 1);
        let by = u128::from(by);
        let found = (BITS..2 * BITS).find_map(|shift| {
            let power = 1_u128 << shift;
            let excess = by - power % by;
            (power > worst * excess).then_some(((power + excess) / by, shift))
        });
        let (factor, shift) = found?;
        u32::try_from(factor).ok().map(|factor| Self { factor: factor.into(), shift })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn divisors() -> impl Iterator<Item = u64> {
        let powers = (1..32).map(|n| 1_u64 << n);
        (2..2000)
            .chain(powers.flat_map(|power| [power - 1, power, power + 1]))
            .chain([139_968, 1_000_000_007])
    }

    /// Multiples of the divisor and their neighbours are where a quotient may be wrong.
    fn numbers(by: u64) -> impl Iterator<Item = u32> {
        let near = |n: u64| [n.wrapping_sub(1), n, n + 1];
        let least = [0, 1, 2, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF];
        let multiples = [1, 2, 3, 1000, 0x7FFF_FFFF / by, 0x8000_0000 / by, 0xFFFF_FFFF / by].map(|k| k * by);
        least.into_iter().chain(multiples).flat_map(near).map(|n| (n & 0xFFFF_FFFF) as u32)
    }

    #[test]
    fn quotients_are_those_of_a_division() {
        let mut found = 0;
        for by in divisors() {
            if let Some(Reciprocal { factor, shift }) = Reciprocal::new(Division::DivU, by) {
                found += 1;
                for n in numbers(by) {
                    assert_eq!((u64::from(n) * factor) >> shift, u64::from(n) / by, "{n} by {by}");
                }
            }
            if let Some(Reciprocal { factor, shift }) = Reciprocal::new(Division::DivS, by) {
                found += 1;
                for n in numbers(by) {
                    let n = i64::from(n.cast_signed());
                    let quotient = ((n * i64::try_from(factor).unwrap()) >> shift) + i64::from(n < 0);
                    assert_eq!(quotient, n / i64::try_from(by).unwrap(), "{n} by {by}");
                }
            }
        }
        assert!(found > 3000, "{found}");
    }

    #[test]
    fn what_cannot_be_divided_by_is_refused() {
        for kind in [Division::DivU, Division::DivS] {
            assert_eq!(Reciprocal::new(kind, 0), None);
            assert_eq!(Reciprocal::new(kind, 1), None);
        }
        assert_eq!(Reciprocal::new(Division::DivS, 1 << 31), None);
        assert_eq!(Reciprocal::new(Division::DivU, 1 << 32), None);
        assert_eq!(Reciprocal::new(Division::DivU, 7), None);
    }
}
