//! One bump allocator per worker: what a function needs while it is compiled, and forgets after.
//!
//! The only user of `bumpalo`. It does not know what is allocated; whatever lives here has no destructor to run.

use bumpalo::Bump;

/// Storage above this is given back on reset, so that one huge function does not keep its peak for ever.
const KEPT_BYTES_MAX: usize = 1 << 20;

/// A bump allocator that is reset after each use.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    bump: Bump,
}

impl Scratch {
    /// Places what `item` gives for the positions below `len`.
    #[inline]
    pub(crate) fn alloc_with<V: Copy>(&self, len: usize, item: impl FnMut(usize) -> V) -> &mut [V] {
        self.bump.alloc_slice_fill_with(len, item)
    }

    /// Forgets everything placed; keeps the largest piece of storage if it is not beyond the high-water mark.
    pub(crate) fn reset(&mut self) {
        self.bump.reset();
        if self.bump.allocated_bytes() > KEPT_BYTES_MAX {
            self.bump = Bump::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{KEPT_BYTES_MAX, Scratch};

    #[test]
    fn allocations_do_not_overlap() {
        let scratch = Scratch::default();
        let numbers = scratch.alloc_with(3, |at| at + 1);
        let zeros = scratch.alloc_with(100, |_| 0_u64);
        numbers[0] = 7;
        zeros[99] = 8;
        assert_eq!((&*numbers, zeros[98], zeros[99]), (&[7, 2, 3][..], 0, 8));
    }

    #[test]
    fn reset_reuses_small_storage_and_gives_back_large() {
        let mut scratch = Scratch::default();
        let small = scratch.alloc_with(100, |_| 0_u8).as_ptr();
        let held = scratch.bump.allocated_bytes();
        scratch.reset();
        assert_eq!(scratch.bump.allocated_bytes(), held);
        assert_eq!(scratch.alloc_with(100, |_| 0_u8).as_ptr(), small);
        scratch.alloc_with(KEPT_BYTES_MAX + 1, |_| 0_u8);
        scratch.reset();
        assert!(scratch.bump.allocated_bytes() <= KEPT_BYTES_MAX);
    }
}
