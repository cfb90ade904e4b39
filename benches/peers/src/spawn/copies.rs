//! The least that memories cost: what instances write is copied to a place of their own, and cleared when they end. One after the other
//! use the same place; many walk over places that are in no cache.
//!
//! Does not know: what else an engine has to do; that is what the ratio says.

use std::hint::black_box;

use anyhow::Result;

use super::guest::WRITTEN;

/// What is copied.
static SOURCE: [u8; WRITTEN[0].1] = [7; WRITTEN[0].1];

/// Bytes of a page of memory.
const MEMORY_BYTES: usize = 64 << 10;

pub struct Bytes {
    places: Vec<u8>,
    /// From one instance's place to the next.
    stride: usize,
    /// Where its parts begin.
    parts: [usize; 2],
    live: usize,
}

impl Bytes {
    /// As far apart as memories of a page.
    pub fn in_memories() -> Self {
        Self { places: Vec::new(), stride: MEMORY_BYTES, parts: WRITTEN.map(|(at, _)| at), live: 0 }
    }

    /// As close together as they can be.
    pub fn side_by_side() -> Self {
        Self { places: Vec::new(), stride: 2 * SOURCE.len(), parts: [0, SOURCE.len()], live: 0 }
    }

    /// Places are got from the system once.
    fn take(&mut self, count: usize) {
        let bytes = count * self.stride;
        if self.places.len() < bytes {
            self.places = vec![0; bytes];
        }
        self.live = count;
    }

    fn each(&mut self, write: impl Fn(&mut [u8])) {
        for place in self.places.chunks_exact_mut(self.stride).take(self.live) {
            for at in self.parts {
                write(black_box(&mut place[at..at + SOURCE.len()]));
            }
        }
    }

    fn copy(&mut self) {
        self.each(|part| part.copy_from_slice(black_box(&SOURCE)));
    }

    fn clear(&mut self) {
        self.each(|part| part.fill(0));
    }
}

impl super::Crowd for Bytes {
    fn lives(&mut self, count: usize) -> Result<()> {
        for _ in 0..count {
            self.take(1);
            self.copy();
            self.clear();
        }
        Ok(())
    }

    fn spawn(&mut self, count: usize) -> Result<()> {
        self.take(count);
        Ok(())
    }

    fn run(&mut self) -> Result<()> {
        self.copy();
        Ok(())
    }

    fn free(&mut self) -> Result<()> {
        self.clear();
        Ok(())
    }
}
