//! Values that several threads may add and look at together, and that only their owner takes out.
//!
//! Owns: the lock, and references that outlive it. Does not know: what the values are.
//!
//! # Invariants
//! - I1: a value lies in an `Arc` of its own, which stays in the map until `remove` or the drop of the map; both take the map
//!   by `&mut` or by value, so a reference bound to `&self` ends before.

use super::handle::{Addr, RawHandle};
use super::slots::{NoRoom, SlotLimits, Slots};
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Generational values of type `V`, named by `A`.
pub(crate) struct SharedSlots<V: ?Sized, A> {
    slots: RwLock<Slots<Arc<V>, A>>,
}

impl<V: ?Sized, A: Copy + From<Addr> + Into<Addr>> SharedSlots<V, A> {
    /// No values, of the store whose id's low half is `store`.
    pub(crate) fn new(store: u32, limits: SlotLimits) -> Self {
        Self { slots: RwLock::new(Slots::new(store, limits)) }
    }

    /// A panic under the lock leaves the map whole: it happens before a change or not at all.
    fn read(&self) -> RwLockReadGuard<'_, Slots<Arc<V>, A>> {
        self.slots.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Slots<Arc<V>, A>> {
        self.slots.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn get_mut(&mut self) -> &mut Slots<Arc<V>, A> {
        self.slots.get_mut().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many values there are.
    pub(crate) fn len(&self) -> usize {
        self.read().len()
    }

    /// How many slots are never used again.
    pub(crate) fn retired(&self) -> usize {
        self.read().retired()
    }

    /// Adds a value, if there are fewer than `allowed`.
    ///
    /// # Errors
    /// If there is no room: then the number of values is told too.
    pub(crate) fn insert(&self, value: Arc<V>, allowed: usize) -> Result<RawHandle, (NoRoom, usize)> {
        let mut slots = self.write();
        let len = slots.len();
        if len >= allowed {
            return Err((NoRoom::Slots { allowed }, len));
        }
        slots.reserve(1).map_err(|room| (room, len))?;
        let addr = slots.insert(value);
        Ok(slots.handle(addr))
    }

    /// The value at `addr`, if it is there.
    pub(crate) fn get(&self, addr: A) -> Option<&V> {
        let value: *const V = Arc::as_ptr(self.read().get(addr)?);
        // SAFETY: I1: the value stays as long as `self` is borrowed.
        Some(unsafe { &*value })
    }

    /// The value's address, if `handle` is this store's and it is there.
    pub(crate) fn resolve(&self, handle: RawHandle) -> Result<A, super::handle::HandleError> {
        self.read().resolve(handle)
    }

    /// Takes a value out.
    pub(crate) fn remove(&mut self, addr: A) -> Option<Arc<V>> {
        self.get_mut().remove(addr)
    }

    /// The addresses of all values.
    pub(crate) fn addrs(&mut self) -> Vec<A> {
        self.get_mut().iter().map(|(addr, _)| addr).collect()
    }
}

impl<V: ?Sized, A> fmt::Debug for SharedSlots<V, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedSlots").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_outlive_the_lock_and_growth() {
        let slots = SharedSlots::<str, Addr>::new(1, SlotLimits::PACKED);
        let first = slots.insert("first".into(), 10_000).unwrap();
        let value = slots.get(first.addr()).unwrap();
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| (0..1000).for_each(|_| assert!(slots.insert("more".into(), 10_000).is_ok())));
            }
        });
        assert_eq!((value, slots.len()), ("first", 2001));
    }

    #[test]
    fn what_is_taken_out_is_gone_and_the_number_is_limited() {
        let mut slots = SharedSlots::<u64, Addr>::new(1, SlotLimits::PACKED);
        let (a, b) = (slots.insert(Arc::new(1), 2).unwrap(), slots.insert(Arc::new(2), 2).unwrap());
        assert_eq!(slots.insert(Arc::new(3), 2), Err((NoRoom::Slots { allowed: 2 }, 2)));
        assert_eq!(slots.remove(a.addr()), Some(Arc::new(1)));
        assert_eq!((slots.get(a.addr()), slots.get(b.addr())), (None, Some(&2)));
        assert!(slots.resolve(a).is_err() && slots.resolve(b).is_ok());
        assert_eq!(slots.addrs(), [b.addr()]);
    }
}
