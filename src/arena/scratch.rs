//! One bump allocator per worker: what a function needs while it is compiled, and forgets after.
//!
//! The only user of `bumpalo`. It does not know what is allocated; whatever lives here has no destructor to run.

use bumpalo::Bump;
use std::cell::Cell;

/// Storage above this is given back on reset, so that one huge function does not keep its peak for ever.
const KEPT_BYTES_MAX: usize = 1 << 20;

/// A bump allocator that is reset after each use.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    bump: Bump,
}

thread_local! {
    static WORKER: Cell<Option<Box<Scratch>>> = const { Cell::new(None) };
}

impl Scratch {
    /// An empty scratch; nothing is allocated yet.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Runs `work` with this thread's scratch and resets it afterwards. A nested call, as when a worker steals
    /// another job inside `work`, gets a fresh scratch.
    pub(crate) fn with_worker<R>(work: impl FnOnce(&mut Self) -> R) -> R {
        let mut scratch = WORKER.take().unwrap_or_default();
        let result = work(&mut scratch);
        scratch.reset();
        WORKER.set(Some(scratch));
        result
    }

    /// Places `value`; its destructor never runs.
    #[inline]
    pub(crate) fn alloc<V: Copy>(&self, value: V) -> &mut V {
        self.bump.alloc(value)
    }

    /// Places `len` copies of `value`.
    #[inline]
    pub(crate) fn alloc_filled<V: Copy>(&self, len: usize, value: V) -> &mut [V] {
        self.bump.alloc_slice_fill_copy(len, value)
    }

    /// Places a copy of `items`.
    #[inline]
    pub(crate) fn alloc_copy<V: Copy>(&self, items: &[V]) -> &mut [V] {
        self.bump.alloc_slice_copy(items)
    }

    /// How many bytes are held, used or not.
    pub(crate) fn held_bytes(&self) -> usize {
        self.bump.allocated_bytes()
    }

    /// Forgets everything placed; keeps the largest piece of storage if it is not beyond the high-water mark.
    pub(crate) fn reset(&mut self) {
        self.bump.reset();
        if self.held_bytes() > KEPT_BYTES_MAX {
            self.bump = Bump::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{KEPT_BYTES_MAX, Scratch};

    #[test]
    fn allocations_do_not_overlap() {
        let scratch = Scratch::new();
        let numbers = scratch.alloc_copy(&[1_u32, 2, 3]);
        let zeros = scratch.alloc_filled(100, 0_u64);
        let one = scratch.alloc(9_u8);
        numbers[0] = 7;
        zeros[99] = 8;
        assert_eq!((&*numbers, zeros[98], zeros[99], *one), (&[7, 2, 3][..], 0, 8, 9));
    }

    #[test]
    fn reset_reuses_small_storage_and_gives_back_large() {
        let mut scratch = Scratch::new();
        let small = scratch.alloc_filled(100, 0_u8).as_ptr();
        let held = scratch.held_bytes();
        scratch.reset();
        assert_eq!(scratch.held_bytes(), held);
        assert_eq!(scratch.alloc_filled(100, 0_u8).as_ptr(), small);
        scratch.alloc_filled(KEPT_BYTES_MAX + 1, 0_u8);
        scratch.reset();
        assert!(scratch.held_bytes() <= KEPT_BYTES_MAX);
    }

    #[test]
    fn a_worker_keeps_its_scratch_and_a_nested_use_gets_another() {
        Scratch::with_worker(|outer| {
            let place = std::ptr::from_ref(outer.alloc(1_u64));
            let nested = Scratch::with_worker(|inner| std::ptr::from_ref(inner.alloc(2_u64)));
            assert_ne!(place, nested);
        });
        let held = Scratch::with_worker(|scratch| scratch.held_bytes());
        assert!(held > 0, "the storage of the last use is kept");
    }
}
