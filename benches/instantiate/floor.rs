//! The least that an instance's life can cost: its bytes copied once, and those of its memory cleared once.
//!
//! Does not know: what else a store does; that is what the ratio says.

use std::hint::black_box;

/// Bytes of a context's block without globals, tables and imports.
const BLOCK_BYTES: usize = 128;
/// Bytes of an instance's row, the host's `u64` among them, and of its entry in the directory.
const INSTANCE_BYTES: usize = 80 + 16;
/// Bytes that list what an instance has.
const PARTS_BYTES: usize = 160;
/// Bytes of a memory's row, hot and cold, and of its marks in the block.
const MEMORY_BYTES: usize = 16 + 248 + 64;

/// What an instance has beside its block and row.
#[derive(Clone, Copy, Default)]
pub(crate) struct Written {
    /// Whether it has anything to list: a memory, a segment.
    pub(crate) parts: bool,
    pub(crate) memories: usize,
    /// Bytes of its memories that are written, and so must be cleared.
    pub(crate) touched_bytes: usize,
}

impl Written {
    fn bytes(&self) -> usize {
        BLOCK_BYTES + INSTANCE_BYTES + usize::from(self.parts) * PARTS_BYTES + self.memories * MEMORY_BYTES
    }
}

/// Source and destinations of the copies, as many as there are instances at once.
pub(crate) struct Floor {
    source: Vec<u8>,
    touched: Vec<u8>,
    rows: Vec<u8>,
    memories: Vec<u8>,
}

impl Floor {
    pub(crate) fn new(written: &Written, live: usize) -> Self {
        let (row, touched) = (written.bytes(), written.touched_bytes);
        Self {
            source: vec![1; row],
            touched: vec![2; touched],
            rows: vec![0; row * live],
            memories: vec![0; touched * live],
        }
    }

    /// Copies what as many instances as there are at once write, then clears their memories.
    pub(crate) fn copy(&mut self) {
        for row in self.rows.chunks_exact_mut(self.source.len()) {
            row.copy_from_slice(black_box(&self.source));
        }
        if !self.touched.is_empty() {
            for memory in self.memories.chunks_exact_mut(self.touched.len()) {
                memory.copy_from_slice(black_box(&self.touched));
            }
            black_box(&mut self.memories);
            for memory in self.memories.chunks_exact_mut(self.touched.len()) {
                memory.fill(0);
            }
        }
        black_box((&mut self.rows, &mut self.memories));
    }
}
