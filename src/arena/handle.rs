//! Names of live rows: slot and generation (`Addr`), and with the store's id (`RawHandle`).
//!
//! Both are plain data and own nothing. Neither knows what kind of row it names: the newtypes over them do, and
//! give its noun when they print. Which rows are alive is known to `arena::slots` only.

use std::fmt;
use std::num::NonZeroU32;

/// Slot and generation of a row, inside one store. Generations start at 1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Addr {
    slot: u32,
    generation: NonZeroU32,
}

const _: () = assert!(size_of::<Addr>() == 8 && size_of::<Option<Addr>>() == 8);

impl Addr {
    /// The row of `generation` in `slot`.
    #[inline]
    pub(crate) const fn new(slot: u32, generation: NonZeroU32) -> Self {
        Self { slot, generation }
    }

    /// The same from parts of a packed word; none for generation 0, which no row has.
    #[inline]
    pub(crate) const fn from_parts(slot: u32, generation: u32) -> Option<Self> {
        match NonZeroU32::new(generation) {
            Some(generation) => Some(Self { slot, generation }),
            None => None,
        }
    }

    /// Which slot: at least 1 for a row.
    #[inline]
    pub(crate) const fn slot(self) -> u32 {
        self.slot
    }

    /// The how-manieth row of its slot: at least 1.
    #[inline]
    pub(crate) const fn generation(self) -> u32 {
        self.generation.get()
    }
}

impl fmt::Debug for Addr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}v{}", self.slot, self.generation)
    }
}

/// Declares an [`Addr`] newtype for one kind of row:
/// `addr_type!(/** … */ pub(crate) struct MemAddr, "memory");`. It prints as `memory#5v3`.
macro_rules! addr_type {
    ($(#[$meta:meta])* $vis:vis struct $name:ident, $noun:literal $(;)?) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(transparent)]
        $vis struct $name($crate::arena::handle::Addr);

        impl From<$crate::arena::handle::Addr> for $name {
            #[inline]
            fn from(addr: $crate::arena::handle::Addr) -> Self {
                Self(addr)
            }
        }

        impl From<$name> for $crate::arena::handle::Addr {
            #[inline]
            fn from(addr: $name) -> Self {
                addr.0
            }
        }

        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                write!(f, concat!($noun, "#{:?}"), self.0)
            }
        }
    };
}
pub(crate) use addr_type;

/// What a public handle holds: a row's address and the low half of its store's id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct RawHandle {
    addr: Addr,
    store: u32,
}

const _: () = assert!(size_of::<RawHandle>() == 12 && size_of::<Option<RawHandle>>() == 12);

impl RawHandle {
    /// The handle of the row at `addr` of `store`.
    #[inline]
    pub(crate) const fn new(addr: Addr, store: u32) -> Self {
        Self { addr, store }
    }

    /// The row inside its store.
    #[inline]
    pub(crate) const fn addr(self) -> Addr {
        self.addr
    }

    /// The low half of the store's id.
    #[inline]
    pub(crate) const fn store(self) -> u32 {
        self.store
    }

    /// Writes the handle as `memory#5v3@2`, the noun given: for the `Debug` and `Display` of public handles.
    pub(crate) fn write(self, noun: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{noun}#{:?}@{}", self.addr, self.store)
    }
}

impl fmt::Debug for RawHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write("", f)
    }
}

/// Why a handle names no row. Plain data: the layer above words it and knows the noun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HandleError {
    /// The row is gone, or never was.
    Stale {
        /// The handle that was used.
        handle: RawHandle,
        /// The generation its slot is at: of the row now there, or of the next one; 0 if the slot was never used.
        generation_now: u32,
    },
    /// The handle is another store's.
    WrongStore {
        /// The handle that was used.
        handle: RawHandle,
        /// The store it was used with.
        store: u32,
    },
}

#[cfg(test)]
mod tests {
    use super::{Addr, RawHandle};
    use std::fmt;

    addr_type!(
        /// Rows of memories.
        struct MemAddr,
        "memory"
    );

    struct Memory(RawHandle);
    impl fmt::Debug for Memory {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.0.write("memory", f)
        }
    }

    #[test]
    fn handles_print_noun_slot_generation_and_store() {
        let addr = Addr::from_parts(5, 3).unwrap();
        assert_eq!(format!("{:?}", MemAddr::from(addr)), "memory#5v3");
        assert_eq!(format!("{:?}", Memory(RawHandle::new(addr, 2))), "memory#5v3@2");
    }

    #[test]
    fn parts_come_back_and_generation_zero_is_no_address() {
        let addr = Addr::from(MemAddr::from(Addr::from_parts(7, 9).unwrap()));
        assert_eq!((addr.slot(), addr.generation()), (7, 9));
        assert_eq!(Addr::from_parts(7, 0), None);
        assert_eq!(RawHandle::new(addr, 4).store(), 4);
        assert_eq!(RawHandle::new(addr, 4).addr(), addr);
    }

    #[test]
    fn options_of_newtypes_have_the_niche() {
        assert_eq!(size_of::<Option<MemAddr>>(), 8);
        assert_eq!(size_of::<Option<Memory>>(), 12);
        assert_eq!(size_of::<Option<(Memory, u32)>>(), 16);
    }
}
