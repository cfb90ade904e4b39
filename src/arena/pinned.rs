//! Blocks whose address never changes: contexts of instances and the cells machine code points at.
//!
//! Blocks are cut from chunks that live as long as the pool, in size classes, and reused last-in first-out. A block
//! is zero, or a copy of another, when it is handed out. This file does not know what a block holds; whoever gives an address to machine
//! code frees the block only when that code can no longer run.
//!
//! # Invariants
//! - I1: a chunk is a mapping of the pool's own, readable and writable, and stays until the pool drops.
//! - I2: a `PinnedBlock` is the only one for its bytes: cut once, and on a free list only while none exists. It
//!   cannot be copied.
//! - I3: a block is used with the pool it came from only: the pool's id is compared, and ids are never reused.

use super::pages::Mapping;
use std::io;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering};

/// The alignment of every block but the smallest: a cache line, so that two contexts never share one.
pub(crate) const BLOCK_ALIGN: usize = 64;
/// The smallest block, aligned to its own size: one 128-bit cell.
const CELL_BYTES: usize = 16;
/// Up to here classes are a cache line apart, beyond they are powers of two.
const LINEAR_BYTES_MAX: usize = 1024;
const LINEAR_CLASSES: usize = LINEAR_BYTES_MAX / BLOCK_ALIGN;
/// The largest block.
pub(crate) const BLOCK_BYTES_MAX: usize = 1 << 30;

/// Chunks of a class begin at this size and double up to the greatest: a small store stays small, and a million
/// blocks lie in few mappings.
const CHUNK_BYTES_MIN: usize = 64 * 1024;
const CHUNK_BYTES_MAX: usize = 4 << 20;

/// A pool of blocks.
#[derive(Debug)]
pub(crate) struct PinnedPool {
    id: u64,
    classes: Vec<Class>,
    chunks: Vec<Mapping>,
    live_blocks: usize,
}

/// The blocks of one size.
#[derive(Debug)]
struct Class {
    /// The most recently used last.
    free: Vec<NonNull<u8>>,
    /// Where the uncut rest of the newest chunk begins.
    rest: NonNull<u8>,
    rest_blocks: usize,
    chunk_bytes: usize,
    /// So many blocks are promised.
    claimed: usize,
}

// SAFETY: I1, I2: the pointers name memory that belongs to the pool, not to a thread.
unsafe impl Send for PinnedPool {}
// SAFETY: I2, I3: `&PinnedPool` lends bytes for reading only.
unsafe impl Sync for PinnedPool {}

/// What blocks are copied by.
#[repr(C, align(64))]
struct Line([u64; 8]);

const _: () = assert!(size_of::<Line>() == BLOCK_ALIGN && align_of::<Line>() == BLOCK_ALIGN);

/// One block. To be given back with [`PinnedPool::free`]; dropping it leaves its bytes unused until the pool drops.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a block that is not freed stays in use until its pool drops"]
pub(crate) struct PinnedBlock {
    first: NonNull<u8>,
    pool: u64,
    class: u32,
}

// SAFETY: I2, I3: the pointer is used with its pool only, whose borrow guards the bytes.
unsafe impl Send for PinnedBlock {}
// SAFETY: as above.
unsafe impl Sync for PinnedBlock {}

impl PinnedBlock {
    /// The address, which is the same until the block is freed.
    #[inline]
    pub(crate) fn as_ptr(&self) -> NonNull<u8> {
        self.first
    }

    /// Address and class; the block is no more.
    #[inline]
    fn into_parts(self) -> (NonNull<u8>, u32) {
        (self.first, self.class)
    }

    /// How many bytes it has: at least what was asked for.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        class_bytes(self.class as usize)
    }
}

impl PinnedPool {
    /// An empty pool.
    pub(crate) fn new() -> Self {
        static IDS: AtomicU64 = AtomicU64::new(1);
        let id = IDS.fetch_add(1, Ordering::Relaxed);
        Self { id, classes: Vec::new(), chunks: Vec::new(), live_blocks: 0 }
    }

    /// A zeroed block of at least `bytes`: 64-byte aligned, or 16-byte aligned up to 16 bytes.
    ///
    /// # Errors
    /// If the kernel refuses memory.
    ///
    /// # Panics
    /// If `bytes` exceed `BLOCK_BYTES_MAX`.
    #[inline]
    pub(crate) fn alloc(&mut self, bytes: usize) -> io::Result<PinnedBlock> {
        let mut block = self.take(class_of(bytes))?;
        self.bytes_mut(&mut block).fill(0);
        Ok(block)
    }

    /// Whether a block as large as another one, which no claim is laid to, is at hand.
    ///
    /// # Panics
    /// If the block is another pool's.
    #[inline]
    pub(crate) fn has_room(&self, of: &PinnedBlock) -> bool {
        self.check(of);
        self.classes[of.class as usize].has_room(1)
    }

    /// Lays claim to `count` blocks as large as another one: the next so many copies of it find room, whatever is allocated
    /// until then.
    ///
    /// # Errors
    /// If the kernel refuses memory: then nothing is claimed.
    ///
    /// # Panics
    /// If the block is another pool's.
    pub(crate) fn claim(&mut self, of: &PinnedBlock, count: usize) -> io::Result<()> {
        self.check(of);
        let class = of.class as usize;
        while !self.classes[class].has_room(count) {
            self.add_chunk(class)?;
        }
        self.classes[class].claimed += count;
        Ok(())
    }

    /// Gives claims up.
    ///
    /// # Panics
    /// If the block is another pool's, or so many are not claimed.
    pub(crate) fn settle(&mut self, of: &PinnedBlock, count: usize) {
        self.check(of);
        let claimed = &mut self.classes[of.class as usize].claimed;
        *claimed = claimed.checked_sub(count).expect("what is settled was claimed");
    }

    /// A block that begins as a copy of another one of this pool, and as large. No machine code may write to that one meanwhile.
    ///
    /// # Panics
    /// If the block is another pool's or a mere cell, or the caller has not seen that there is room.
    #[inline]
    pub(crate) fn copy_of(&mut self, of: &PinnedBlock) -> PinnedBlock {
        self.check(of);
        assert!(of.class > 0, "a cell is not copied");
        let place = &mut self.classes[of.class as usize];
        let first = place.free.pop().or_else(|| place.cut(of.class as usize));
        let first = first.expect("the caller has seen that there is room");
        self.live_blocks += 1;
        let (from, to) = (of.first.cast::<Line>(), first.cast::<Line>());
        for at in 0..of.len() / BLOCK_ALIGN {
            // SAFETY: I1: inside the block, which is lines long, and aligned as they are.
            let from = unsafe { from.add(at) };
            // SAFETY: I1: likewise.
            let to = unsafe { to.add(at) };
            // SAFETY: I1, I2, I3: two blocks of one class, each alone on its bytes. A copy of bytes keeps what pointers in them
            // may reach.
            unsafe { from.copy_to_nonoverlapping(to, 1) };
        }
        PinnedBlock { first, ..*of }
    }

    /// A block whose bytes are of no meaning.
    #[inline]
    fn take(&mut self, class: usize) -> io::Result<PinnedBlock> {
        let place = self.classes.get_mut(class).filter(|place| place.has_room(1));
        let first = match place.and_then(|place| place.free.pop()) {
            Some(first) => first,
            None => self.cut(class)?,
        };
        self.live_blocks += 1;
        let class = u32::try_from(class).expect("there are few classes");
        Ok(PinnedBlock { first, pool: self.id, class })
    }

    /// Takes a block back. What is in it is overwritten before it is handed out again.
    ///
    /// # Panics
    /// If the block is another pool's.
    #[inline]
    pub(crate) fn free(&mut self, block: PinnedBlock) {
        self.check(&block);
        let (first, class) = block.into_parts();
        self.live_blocks -= 1;
        self.classes[class as usize].free.push(first);
    }

    /// The block's bytes. No machine code may write to them meanwhile.
    #[cfg(test)]
    pub(crate) fn bytes<'a>(&'a self, block: &'a PinnedBlock) -> &'a [u8] {
        self.check(block);
        // SAFETY: I1, I2, I3: the bytes are the block's, and its pool is borrowed.
        unsafe { std::slice::from_raw_parts(block.first.as_ptr(), block.len()) }
    }

    /// The block's bytes, to be changed. No machine code may touch them meanwhile.
    #[inline]
    pub(crate) fn bytes_mut<'a>(&'a mut self, block: &'a mut PinnedBlock) -> &'a mut [u8] {
        self.check(block);
        // SAFETY: I1, I2, I3: the bytes are the block's, borrowed exclusively as its pool is.
        unsafe { std::slice::from_raw_parts_mut(block.first.as_ptr(), block.len()) }
    }

    /// How many blocks are in use.
    #[cfg(test)]
    pub(crate) fn live_blocks(&self) -> usize {
        self.live_blocks
    }

    /// How many blocks are promised.
    pub(crate) fn claimed_blocks(&self) -> usize {
        self.classes.iter().map(|class| class.claimed).sum()
    }

    /// How many bytes are held, in use or not.
    #[cfg(test)]
    pub(crate) fn held_bytes(&self) -> usize {
        self.chunks.iter().map(Mapping::len).sum()
    }

    #[inline]
    fn check(&self, block: &PinnedBlock) {
        assert_eq!(block.pool, self.id, "a block of another pool");
    }

    /// The next block of the newest chunk, or the first of a new one.
    fn cut(&mut self, class: usize) -> io::Result<NonNull<u8>> {
        let place = self.classes.get_mut(class).filter(|place| place.has_room(1));
        if let Some(first) = place.and_then(|place| place.cut(class)) {
            return Ok(first);
        }
        self.add_chunk(class)?;
        Ok(self.classes[class].cut(class).expect("a new chunk has room for a block"))
    }

    /// Adds a chunk; what was left of the one before goes to the free list.
    #[cold]
    fn add_chunk(&mut self, class: usize) -> io::Result<()> {
        let block_bytes = class_bytes(class);
        let grown = self.classes.get(class).map_or(0, |place| place.chunk_bytes * 2);
        let usual = grown.clamp(CHUNK_BYTES_MIN, CHUNK_BYTES_MAX);
        let chunk = Mapping::zeroed(block_bytes.max(usual))?;
        if self.classes.len() <= class {
            self.classes.resize_with(class + 1, Class::default);
        }
        let place = &mut self.classes[class];
        while let Some(left) = place.cut(class) {
            place.free.push(left);
        }
        place.rest = chunk.base();
        place.rest_blocks = chunk.len() / block_bytes;
        place.chunk_bytes = usual;
        self.chunks.push(chunk);
        Ok(())
    }
}

impl Class {
    /// Whether so many blocks are at hand beside those that are claimed.
    #[inline]
    fn has_room(&self, count: usize) -> bool {
        self.free.len() + self.rest_blocks >= self.claimed + count
    }

    /// The next block of the newest chunk, if one is left.
    fn cut(&mut self, class: usize) -> Option<NonNull<u8>> {
        self.rest_blocks = self.rest_blocks.checked_sub(1)?;
        let first = self.rest;
        // SAFETY: I1: the block lies inside its chunk, so its end is at most the chunk's.
        self.rest = unsafe { first.add(class_bytes(class)) };
        Some(first)
    }
}

impl Default for Class {
    fn default() -> Self {
        Self { free: Vec::new(), rest: NonNull::dangling(), rest_blocks: 0, chunk_bytes: 0, claimed: 0 }
    }
}

/// The class whose blocks are the smallest that hold `bytes`.
#[inline]
fn class_of(bytes: usize) -> usize {
    assert!(bytes <= BLOCK_BYTES_MAX, "a block of {bytes} bytes");
    if bytes <= CELL_BYTES {
        0
    } else if bytes <= LINEAR_BYTES_MAX {
        bytes.div_ceil(BLOCK_ALIGN)
    } else {
        let doublings = bytes.next_power_of_two().ilog2() - LINEAR_BYTES_MAX.ilog2();
        LINEAR_CLASSES + doublings as usize
    }
}

/// How large the blocks of `class` are.
#[inline]
fn class_bytes(class: usize) -> usize {
    match class {
        0 => CELL_BYTES,
        1..=LINEAR_CLASSES => class * BLOCK_ALIGN,
        _ => LINEAR_BYTES_MAX << (class - LINEAR_CLASSES),
    }
}

const _: () = assert!(CHUNK_BYTES_MIN.is_multiple_of(BLOCK_ALIGN) && BLOCK_ALIGN.is_multiple_of(CELL_BYTES));

#[cfg(test)]
mod tests {
    use super::super::pages::inject;
    use super::{BLOCK_ALIGN, BLOCK_BYTES_MAX, CELL_BYTES, PinnedPool, class_bytes, class_of};
    use proptest::prelude::*;

    #[test]
    fn every_size_fits_its_class_and_wastes_at_most_half() {
        let sizes = (0..5000).chain((12..30).flat_map(|bits| [(1 << bits) - 1, 1 << bits, (1 << bits) + 1]));
        for bytes in sizes.chain([BLOCK_BYTES_MAX]) {
            let block = class_bytes(class_of(bytes));
            assert!(block >= bytes && (block < 2 * bytes || block <= BLOCK_ALIGN), "{bytes} in {block}");
            assert!(block == CELL_BYTES || block.is_multiple_of(BLOCK_ALIGN));
        }
    }

    #[test]
    fn cells_lie_close_and_blocks_are_cache_line_aligned() {
        let mut pool = PinnedPool::new();
        let cells = [pool.alloc(16).unwrap(), pool.alloc(1).unwrap()];
        assert_eq!(cells[1].as_ptr().addr().get() - cells[0].as_ptr().addr().get(), CELL_BYTES);
        for bytes in [17, 64, 300, 1025, 70_000, 5 << 20] {
            let block = pool.alloc(bytes).unwrap();
            assert_eq!(block.as_ptr().addr().get() % BLOCK_ALIGN, 0);
            assert!(pool.bytes(&block).len() >= bytes && pool.bytes(&block).iter().all(|byte| *byte == 0));
        }
    }

    #[test]
    fn a_freed_block_is_the_next_one_and_zero() {
        let mut pool = PinnedPool::new();
        let mut block = pool.alloc(256).unwrap();
        let other = pool.alloc(256).unwrap();
        let address = block.as_ptr();
        pool.bytes_mut(&mut block).fill(0xa5);
        pool.free(block);
        let block = pool.alloc(250).unwrap();
        assert_eq!(block.as_ptr(), address);
        assert!(pool.bytes(&block).iter().all(|byte| *byte == 0));
        assert_eq!(pool.live_blocks(), 2);
        pool.free(other);
        pool.free(block);
        assert_eq!(pool.live_blocks(), 0);
    }

    #[test]
    fn a_million_cells_need_few_mappings() {
        let mut pool = PinnedPool::new();
        let calls = inject::calls();
        let cells: Vec<_> = (0..1_000_000).map(|_| pool.alloc(16).unwrap()).collect();
        assert!(inject::calls() - calls < 20, "{} kernel calls", inject::calls() - calls);
        assert!(pool.held_bytes() < 2 * 16_000_000);
        drop(cells);
    }

    #[test]
    fn a_failed_allocation_changes_nothing() {
        let mut pool = PinnedPool::new();
        assert!(inject::with_failing_call(1, || pool.alloc(64)).is_err());
        assert_eq!((pool.live_blocks(), pool.held_bytes()), (0, 0));
        let _ = pool.alloc(64).unwrap();
    }

    #[test]
    #[should_panic(expected = "a block of another pool")]
    fn a_block_is_used_with_its_own_pool_only() {
        let mut pool = PinnedPool::new();
        let block = pool.alloc(64).unwrap();
        PinnedPool::new().free(block);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn live_blocks_never_overlap_or_move(steps in prop::collection::vec((any::<bool>(), 0..3000_usize), 1..200)) {
            let mut pool = PinnedPool::new();
            let mut live = Vec::new();
            for (n, (free, bytes)) in (1_u8..=255).cycle().zip(steps) {
                if free && !live.is_empty() {
                    let (block, _, _) = live.swap_remove(bytes % live.len());
                    pool.free(block);
                } else {
                    let mut block = pool.alloc(bytes).unwrap();
                    prop_assert!(pool.bytes(&block).iter().all(|byte| *byte == 0));
                    pool.bytes_mut(&mut block).fill(n);
                    let address = block.as_ptr();
                    live.push((block, address, n));
                }
                for (block, address, n) in &live {
                    prop_assert_eq!(block.as_ptr(), *address);
                    prop_assert!(pool.bytes(block).iter().all(|byte| byte == n));
                }
            }
        }
    }
}
