//! Handles as 128 bits, for hosts that keep them in structures of other languages.
//!
//! Owns: where the parts of a handle lie in the bits, and which bits are a handle of a kind.
//! Does not know: which rows are alive: bits that were made up are a handle like any other, checked when it is used.
//!
//! | bits | |
//! |---|---|
//! | 0–31 | generation, never 0 |
//! | 32–63 | slot |
//! | 64–95 | low half of the store's id |
//! | 96–115 | a function's index, else 0 |
//! | 116–127 | kind, never 0 |

use super::addr::{ExternRef, Func, Global, Instance, Memory, Table};
use crate::arena::handle::{Addr, RawHandle};
use crate::jit::abi::FUNC_INDEX_BITS;
use crate::spec::module::FuncIdx;

/// Where the index begins.
const INDEX_AT: u32 = 96;
/// Where the kind begins.
const KIND_AT: u32 = INDEX_AT + FUNC_INDEX_BITS;

/// What the kind's bits hold.
#[derive(Clone, Copy)]
enum Kind {
    Instance = 1,
    Memory = 2,
    Table = 3,
    Global = 4,
    Func = 5,
    Extern = 6,
}

fn pack(kind: Kind, raw: RawHandle, index: u32) -> u128 {
    let addr = raw.addr();
    u128::from(addr.generation())
        | u128::from(addr.slot()) << 32
        | u128::from(raw.store()) << 64
        | u128::from(index) << INDEX_AT
        | (kind as u128) << KIND_AT
}

/// The handle and the index, if the bits are of this kind.
fn unpack(kind: Kind, bits: u128) -> Option<(RawHandle, u32)> {
    if bits >> KIND_AT != kind as u128 {
        return None;
    }
    let bytes = bits.to_le_bytes();
    let word = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    let [generation, slot, store, top] = [0, 4, 8, 12].map(word);
    let raw = RawHandle::new(Addr::from_parts(slot, generation)?, store);
    Some((raw, top & ((1 << FUNC_INDEX_BITS) - 1)))
}

macro_rules! handle_bits {
    ($($name:ident is $kind:ident),* $(,)?) => { $(
        impl $name {
            /// The handle as a number that is never 0, for hosts that keep it where no Rust type can be. It means the same
            /// handle as long as the store lives, to this version of the crate.
            #[must_use]
            pub fn to_bits(self) -> u128 {
                pack(Kind::$kind, self.raw, 0)
            }

            /// The handle of which these are the bits; `None` if they are no handle's, or one's of another kind. Bits from
            /// anywhere are safe: a handle that names nothing is an error where it is used, and one that names something is as
            /// good as any other.
            #[must_use]
            pub fn from_bits(bits: u128) -> Option<Self> {
                match unpack(Kind::$kind, bits)? {
                    (raw, 0) => Some(Self::from_raw(raw)),
                    _ => None,
                }
            }
        }
    )* };
}

handle_bits!(
    Instance is Instance,
    Memory is Memory,
    Table is Table,
    Global is Global,
    ExternRef is Extern,
);

impl Func {
    /// The handle as a number that is never 0, for hosts that keep it where no Rust type can be. It means the same function as
    /// long as the store lives, to this version of the crate.
    #[must_use]
    pub fn to_bits(self) -> u128 {
        pack(Kind::Func, self.raw, self.index.as_u32())
    }

    /// The handle of which these are the bits; `None` if they are no function's. Bits from anywhere are safe: see
    /// [`Instance::from_bits`]. Of a living instance they name a function only if
    /// a handle of it could be had otherwise, or it is the start function.
    #[must_use]
    pub fn from_bits(bits: u128) -> Option<Self> {
        let (raw, index) = unpack(Kind::Func, bits)?;
        Some(Self { raw, index: FuncIdx::new(index) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jit::abi::HOST_FUNC_INDEX;
    use crate::store::addr::FuncAddr;

    fn raw(slot: u32, generation: u32, store: u32) -> RawHandle {
        RawHandle::new(Addr::from_parts(slot, generation).unwrap(), store)
    }

    #[test]
    fn bits_lead_back_to_the_handle_of_their_kind_and_to_no_other() {
        for raw in [raw(1, 1, 1), raw(u32::MAX, u32::MAX, u32::MAX), raw(5, 3, 0)] {
            let memory = Memory::from_raw(raw);
            assert_eq!(Memory::from_bits(memory.to_bits()), Some(memory));
            assert_eq!(Instance::from_bits(memory.to_bits()), None);
            assert_eq!(Table::from_bits(memory.to_bits()), None);
            assert_eq!(Global::from_bits(memory.to_bits()), None);
            assert_eq!(ExternRef::from_bits(memory.to_bits()), None);
            assert_eq!(Func::from_bits(memory.to_bits()), None);
            for index in [0, 17, HOST_FUNC_INDEX - 1] {
                let func = Func::new(FuncAddr::Wasm(raw.addr().into(), FuncIdx::new(index)), raw.store());
                assert_eq!(Func::from_bits(func.to_bits()), Some(func));
                assert_eq!(Memory::from_bits(func.to_bits()), None);
            }
            let host = Func::new(FuncAddr::Host(raw.addr().into()), raw.store());
            assert!(Func::from_bits(host.to_bits()).unwrap().is_host());
        }
    }

    #[test]
    fn generation_zero_and_an_index_without_function_are_no_handle() {
        let bits = Table::from_raw(raw(5, 3, 2)).to_bits();
        assert_eq!(Table::from_bits(0), None);
        assert_eq!(Table::from_bits(bits & !0xFFFF_FFFF), None);
        assert_eq!(Table::from_bits(bits | 1 << INDEX_AT), None);
        assert_eq!(Func::from_bits((Kind::Func as u128) << KIND_AT), None);
    }
}
