//! Generational rows of one store: the only holder of a `SlotMap`.
//!
//! `slotmap` alone promises less than a store does: a key of another map is safe but unspecified there, and a
//! slot's version wraps. So this file compares the store's id, answers a stale name with data, and retires a slot
//! at its last generation. It does not know what a row is. Start at [`Slots`].

use super::handle::{Addr, HandleError, RawHandle};
use slotmap::{DefaultKey, Key, KeyData, SlotMap};
use std::fmt;
use std::marker::PhantomData;
use std::num::NonZeroU32;

/// How wide slots and generations may be. What fits a packed word decides, not what `slotmap` can count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SlotLimits {
    /// The highest slot ever given out.
    pub(crate) slot_max: u32,
    /// The generation at which a slot is retired.
    pub(crate) generation_max: u32,
}

impl SlotLimits {
    /// 22 bits each. The highest slot is kept out: packed words use it for "self".
    pub(crate) const PACKED: Self = Self::with_bits(22, 22);

    /// Limits from widths in bits; tests take narrow generations.
    pub(crate) const fn with_bits(slot_bits: u32, generation_bits: u32) -> Self {
        assert!(slot_bits > 0 && slot_bits <= 31 && generation_bits > 0 && generation_bits <= 31);
        Self { slot_max: (1 << slot_bits) - 2, generation_max: (1 << generation_bits) - 1 }
    }
}

impl Default for SlotLimits {
    fn default() -> Self {
        Self::PACKED
    }
}

/// Why rows cannot be reserved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoRoom {
    /// No slot is left below the limit.
    Slots {
        /// How many rows could be alive at once.
        allowed: usize,
    },
    /// The allocator refused.
    Memory,
}

/// Generational rows of type `R`, named by `A`.
pub(crate) struct Slots<R, A = Addr> {
    rows: SlotMap<DefaultKey, R>,
    /// The newest generation given out, by slot; 0 = never. Written on insert, read to word an error.
    generations: Vec<u32>,
    store: u32,
    retired: u32,
    limits: SlotLimits,
    /// So many rows, retired slots included, lie in storage that is there.
    room: usize,
    addr: PhantomData<fn(A) -> A>,
}

impl<R, A: Copy + From<Addr> + Into<Addr>> Slots<R, A> {
    /// No rows, of the store whose id's low half is `store`.
    pub(crate) fn new(store: u32, limits: SlotLimits) -> Self {
        let generations = vec![0]; // slot 0 is slotmap's sentinel, never given out
        Self { rows: SlotMap::new(), generations, store, retired: 0, limits, room: 0, addr: PhantomData }
    }

    /// How many rows are alive.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// How many slots have reached their last generation and are never used again.
    pub(crate) fn retired(&self) -> usize {
        self.retired as usize
    }

    /// A number above that of every slot ever used.
    pub(crate) fn slots_end(&self) -> u32 {
        u32::try_from(self.generations.len()).unwrap_or(u32::MAX)
    }

    /// Makes room, so that the next `additional` inserts neither fail nor allocate.
    pub(crate) fn reserve(&mut self, additional: usize) -> Result<(), NoRoom> {
        let retired = self.retired();
        let allowed = (self.limits.slot_max as usize).saturating_sub(retired);
        if additional > allowed.saturating_sub(self.len()) {
            return Err(NoRoom::Slots { allowed });
        }
        // slotmap counts a detached slot as room.
        self.rows.try_reserve(additional + retired).map_err(|_| NoRoom::Memory)?;
        let slots_after = self.len() + retired + additional + 1;
        let missing = slots_after.saturating_sub(self.generations.len());
        self.generations.try_reserve(missing).map_err(|_| NoRoom::Memory)?;
        let storage = self.rows.capacity().min(self.generations.capacity() - 1);
        self.room = storage.min(self.limits.slot_max as usize);
        Ok(())
    }

    /// Whether the next `additional` inserts neither fail nor allocate.
    #[inline]
    pub(crate) fn has_room(&self, additional: usize) -> bool {
        self.rows.len() + self.retired() + additional <= self.room
    }

    /// Adds a row.
    ///
    /// # Panics
    /// If no slot is left: `reserve` says so before.
    #[inline]
    pub(crate) fn insert(&mut self, row: R) -> A {
        self.insert_with_key(|_| row)
    }

    /// Adds the row that `make` returns for its own name.
    ///
    /// # Panics
    /// As `insert`.
    #[inline]
    pub(crate) fn insert_with_key(&mut self, make: impl FnOnce(A) -> R) -> A {
        let room = self.rows.len() + self.retired() < self.limits.slot_max as usize;
        assert!(room, "no slot is left: the caller reserves before it inserts");
        let key = self.rows.insert_with_key(|key| make(addr_of(key).into()));
        let addr = addr_of(key);
        self.note(addr);
        addr.into()
    }

    /// Remembers the newest generation of a slot.
    #[inline]
    fn note(&mut self, addr: Addr) {
        debug_assert!(addr.generation() <= self.limits.generation_max, "{addr:?} was to be retired");
        let slot = addr.slot() as usize;
        if slot >= self.generations.len() {
            self.generations.resize(slot + 1, 0);
        }
        self.generations[slot] = addr.generation();
    }

    /// Takes a row out; its slot gets its next generation, or is retired.
    #[inline]
    pub(crate) fn remove(&mut self, addr: A) -> Option<R> {
        let addr = addr.into();
        if addr.generation() < self.limits.generation_max {
            return self.rows.remove(key_of(addr)?);
        }
        let row = self.rows.detach(key_of(addr)?)?;
        self.retired += 1;
        Some(row)
    }

    /// The row at `addr`, if it is alive.
    #[inline]
    pub(crate) fn get(&self, addr: A) -> Option<&R> {
        self.rows.get(key_of(addr.into())?)
    }

    /// The row at `addr`, if it is alive.
    #[inline]
    pub(crate) fn get_mut(&mut self, addr: A) -> Option<&mut R> {
        self.rows.get_mut(key_of(addr.into())?)
    }

    /// Whether the row at `addr` is alive.
    #[inline]
    pub(crate) fn contains(&self, addr: A) -> bool {
        key_of(addr.into()).is_some_and(|key| self.rows.contains_key(key))
    }

    /// The public name of the row at `addr`.
    #[inline]
    pub(crate) fn handle(&self, addr: A) -> RawHandle {
        RawHandle::new(addr.into(), self.store)
    }

    /// The row's address, if `handle` is this store's and its row is alive.
    #[inline]
    pub(crate) fn resolve(&self, handle: RawHandle) -> Result<A, HandleError> {
        let addr = handle.addr().into();
        if handle.store() == self.store && self.contains(addr) { Ok(addr) } else { Err(self.refuse(handle)) }
    }

    /// Why `handle` names no row here.
    #[cold]
    pub(crate) fn refuse(&self, handle: RawHandle) -> HandleError {
        if handle.store() != self.store {
            return HandleError::WrongStore { handle, store: self.store };
        }
        HandleError::Stale { handle, generation_now: self.generation_now(handle.addr().slot()) }
    }

    /// Why `handle` will name no row once its own is gone.
    #[cold]
    pub(crate) fn refuse_freed(&self, handle: RawHandle) -> HandleError {
        HandleError::Stale { handle, generation_now: handle.addr().generation() + 1 }
    }

    /// The generation of the row now in `slot`, or else of the next one; 0 if the slot was never used. A retired
    /// slot is past the highest generation.
    pub(crate) fn generation_now(&self, slot: u32) -> u32 {
        let newest = self.generations.get(slot as usize).copied().unwrap_or(0);
        match Addr::from_parts(slot, newest) {
            Some(addr) if self.contains(addr.into()) => newest,
            Some(_) => newest + 1,
            None => 0,
        }
    }

    /// All rows in the order of their slots.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (A, &R)> {
        self.rows.iter().map(|(key, row)| (addr_of(key).into(), row))
    }

    /// All rows in the order of their slots, to be changed.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (A, &mut R)> {
        self.rows.iter_mut().map(|(key, row)| (addr_of(key).into(), row))
    }
}

impl<R, A> fmt::Debug for Slots<R, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slots")
            .field("store", &self.store)
            .field("rows", &self.rows.len())
            .field("retired", &self.retired)
            .finish_non_exhaustive()
    }
}

/// `slotmap`'s versions are odd while a slot is occupied: 1, 3, 5… are generations 1, 2, 3….
#[inline]
fn addr_of(key: DefaultKey) -> Addr {
    let [slot, version] = halves(key.data().as_ffi());
    let generation = NonZeroU32::MIN.saturating_add(version / 2);
    Addr::new(slot, generation)
}

/// The key of `addr`; none for generations that no version stands for.
#[inline]
fn key_of(addr: Addr) -> Option<DefaultKey> {
    let version = u64::from(addr.generation()) * 2 - 1;
    let slot = u64::from(addr.slot());
    (version <= u64::from(u32::MAX)).then(|| KeyData::from_ffi(version << 32 | slot).into())
}

/// Low and high half.
#[inline]
fn halves(word: u64) -> [u32; 2] {
    let [a, b, c, d, e, f, g, h] = word.to_le_bytes();
    [u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h])]
}

#[cfg(test)]
mod tests {
    use super::super::handle::addr_type;
    use super::{Addr, HandleError, NoRoom, RawHandle, SlotLimits, Slots};
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    addr_type!(
        /// Rows of the tests.
        struct RowAddr,
        "row"
    );

    const STORE: u32 = 2;
    const NARROW: SlotLimits = SlotLimits::with_bits(22, 3);

    fn slots(limits: SlotLimits) -> Slots<u64, RowAddr> {
        Slots::new(STORE, limits)
    }

    fn addr(slot: u32, generation: u32) -> RowAddr {
        Addr::from_parts(slot, generation).unwrap().into()
    }

    #[test]
    fn the_first_row_is_slot_1_generation_1() {
        let mut rows = slots(SlotLimits::PACKED);
        assert_eq!(rows.insert_with_key(|key| u64::from(key == addr(1, 1))), addr(1, 1));
        assert_eq!(rows.get(addr(1, 1)), Some(&1));
        assert_eq!(format!("{:?}", rows.handle(addr(1, 1))), "#1v1@2");
    }

    #[test]
    fn stale_and_foreign_handles_are_answered_with_data() {
        let mut rows = slots(SlotLimits::PACKED);
        let old = rows.insert(10);
        let handle = rows.handle(old);
        assert_eq!(rows.resolve(handle), Ok(old));
        let foreign = RawHandle::new(old.into(), 9);
        assert_eq!(rows.resolve(foreign), Err(HandleError::WrongStore { handle: foreign, store: STORE }));
        assert_eq!(rows.remove(old), Some(10));
        assert_eq!(rows.remove(old), None);
        let stale = Err(HandleError::Stale { handle, generation_now: 2 });
        assert_eq!(rows.resolve(handle), stale);
        assert_eq!(rows.insert(11), addr(1, 2));
        assert_eq!(rows.resolve(handle), stale);
    }

    #[test]
    fn forged_names_find_nothing() {
        let mut rows = slots(SlotLimits::PACKED);
        rows.insert(10);
        for (slot, generation) in [(0, 1), (1, 2), (1, u32::MAX), (1, 1 << 31 | 1), (2, 1), (u32::MAX, 1)] {
            let forged = addr(slot, generation);
            assert_eq!((rows.get(forged), rows.contains(forged)), (None, false), "{forged:?}");
            assert_eq!(rows.remove(forged), None, "{forged:?}");
            assert!(rows.resolve(rows.handle(forged)).is_err(), "{forged:?}");
        }
        assert_eq!(rows.len(), 1);
    }

    #[test]
    fn a_slot_is_retired_at_its_last_generation_and_never_used_again() {
        let mut rows = slots(NARROW);
        for generation in 1..=7 {
            assert_eq!(rows.insert(0), addr(1, generation));
            assert_eq!(rows.retired(), 0);
            assert_eq!(rows.remove(addr(1, generation)), Some(0));
        }
        assert_eq!((rows.retired(), rows.len(), rows.generation_now(1)), (1, 0, 8));
        assert_eq!(rows.insert(0), addr(2, 1));
        for generation in 1..=8 {
            assert!(!rows.contains(addr(1, generation)));
        }
    }

    #[test]
    fn reserved_rows_do_not_move_the_map_even_beside_retired_slots() {
        let mut rows = slots(NARROW);
        for _ in 0..7 * 5 {
            let row = rows.insert(0);
            rows.remove(row);
        }
        assert_eq!(rows.retired(), 5);
        rows.reserve(100).unwrap();
        let capacity = (rows.rows.capacity(), rows.generations.capacity());
        let first = rows.insert(0);
        let place = std::ptr::from_ref(rows.get(first).unwrap());
        for n in 1..100 {
            rows.insert(n);
        }
        assert_eq!((rows.rows.capacity(), rows.generations.capacity()), capacity);
        assert_eq!(std::ptr::from_ref(rows.get(first).unwrap()), place);
    }

    #[test]
    fn reserving_beyond_the_slots_fails_and_changes_nothing() {
        let mut rows = slots(SlotLimits::with_bits(3, 1));
        let gone = rows.insert(0);
        rows.remove(gone);
        assert_eq!(rows.retired(), 1);
        assert_eq!(rows.reserve(6), Err(NoRoom::Slots { allowed: 5 }));
        rows.reserve(5).unwrap();
        for n in 0..5 {
            assert_eq!(rows.insert(n).0.slot(), u32::try_from(n).unwrap() + 2);
        }
        assert_eq!(rows.reserve(1), Err(NoRoom::Slots { allowed: 5 }));
    }

    #[test]
    #[should_panic(expected = "no slot is left")]
    fn inserting_beyond_the_slots_is_a_bug() {
        let mut rows = slots(SlotLimits::with_bits(2, 22));
        for n in 0..3 {
            rows.insert(n);
        }
    }

    proptest! {
        #[test]
        fn any_sequence_agrees_with_a_plain_map(steps in prop::collection::vec((any::<bool>(), any::<u8>()), 0..300)) {
            let mut rows = slots(NARROW);
            let mut model = BTreeMap::<RowAddr, u64>::new();
            let mut ever = Vec::<RowAddr>::new();
            for (n, (insert, pick)) in steps.into_iter().enumerate() {
                if insert || ever.is_empty() {
                    let key = rows.insert(n as u64);
                    prop_assert!(!ever.contains(&key), "{key:?} given out twice");
                    ever.push(key);
                    model.insert(key, n as u64);
                } else {
                    let key = ever[usize::from(pick) % ever.len()];
                    prop_assert_eq!(rows.remove(key), model.remove(&key));
                }
                prop_assert_eq!(rows.len(), model.len());
            }
            let found: Vec<_> = rows.iter().map(|(key, row)| (key, *row)).collect();
            let expected: Vec<_> = model.iter().map(|(key, row)| (*key, *row)).collect();
            prop_assert_eq!(found, expected);
            for key in ever {
                prop_assert_eq!(rows.get(key), model.get(&key));
            }
        }
    }
}
