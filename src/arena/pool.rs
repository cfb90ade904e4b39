//! Address ranges of linear memories: handed out last-in first-out, zeroed when they come back.
//!
//! One [`MemoryPool`] per engine. A [`MemorySlot`] is owned storage whose base never moves; dropping it returns
//! it. Two kinds, see [`SlotKind`]. This file knows neither pages of WebAssembly nor who uses a slot, and has no
//! unsafe code: the bytes belong to `arena::pages::Span`.
//!
//! A slot is handed out with exactly the bytes accessible that were asked for, all zero, whoever used it before:
//! contents are zeroed when it comes back, and its protection is set when it goes out, so that a slot which goes
//! to a guest of the same size costs no kernel call.

use super::pages::{Carver, Region, Span, prepare_scans, whole_pages};
use std::collections::BTreeMap;
use std::io;
use std::ptr::NonNull;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What a 32-bit address can reach.
pub(crate) const REACH_BYTES: usize = 1 << 32;
/// Behind the reach of a guarded slot, so before the next one's front: the greatest offset that code adds to an
/// address without a check, and the widest access, lie below it.
pub(crate) const GUARD_BYTES: usize = 2 << 30;
/// A guarded slot with the guard behind it.
pub(crate) const GUARDED_STRIDE_BYTES: usize = REACH_BYTES + GUARD_BYTES;
/// Slots of 6 GiB are reserved this many at a time, or singly where address space is short.
const GUARDED_SLOTS_PER_RESERVATION: usize = 16;

/// The least stride of checked slots.
const CHECKED_STRIDE_BYTES_MIN: usize = 64 * 1024;
/// Checked slots up to this stride lie in reservations that are accessible as a whole: growing costs no call.
const COMPACT_STRIDE_BYTES_MAX: usize = 1 << 20;
/// One mapping holds this many bytes of checked slots, or one slot.
const CHECKED_RESERVATION_BYTES: usize = 256 << 20;

/// A slot that comes back to the pool with more than this in memory gives it back to the kernel.
const KEPT_RESIDENT_BYTES_MAX: usize = 64 * 1024;

/// How many runs of touched pages are expected in a slot, when the kernel is asked about many slots at once, and how many are asked
/// for at most.
const REGIONS_PER_SLOT: usize = 4;
const REGIONS_MAX: usize = 64 * 1024;

/// Debug builds look at no more of a slot than this.
const CHECKED_FOR_ZERO_BYTES_MAX: usize = 4 << 20;

/// Binary logarithm of the bytes of a piece of a slot.
pub(crate) const PIECE_SHIFT: u32 = 12;
const PIECE_BYTES: usize = 1 << PIECE_SHIFT;
/// Pieces that a set can hold: those of the largest compact slot, and its end.
const PIECES: usize = (COMPACT_STRIDE_BYTES_MAX >> PIECE_SHIFT) + 1;
/// Whoever lists a piece means so many bytes before it too: a write that is listed by where it ends may have begun there.
pub(crate) const OVERLAP_BYTES: usize = 16;

/// Pieces of a small slot, by position.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct PieceSet([u64; PIECES.div_ceil(64)]);

impl PieceSet {
    /// Adds one. Those that no small slot has are not asked for again.
    #[inline]
    pub(crate) fn insert(&mut self, piece: usize) {
        if let Some(word) = self.0.get_mut(piece / 64) {
            *word |= 1 << (piece % 64);
        }
    }

    /// Adds those in which these bytes lie.
    #[inline]
    pub(crate) fn insert_bytes(&mut self, bytes: std::ops::Range<usize>) {
        if !bytes.is_empty() {
            (bytes.start >> PIECE_SHIFT..=(bytes.end - 1) >> PIECE_SHIFT)
                .take(PIECES)
                .for_each(|piece| self.insert(piece));
        }
    }

    fn has(&self, piece: usize) -> bool {
        self.0.get(piece / 64).is_some_and(|word| word & 1 << (piece % 64) != 0)
    }

    /// All of either.
    #[inline]
    fn unite(&mut self, other: &Self) {
        self.0.iter_mut().zip(other.0).for_each(|(word, other)| *word |= other);
    }

    #[inline]
    fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.0.iter().enumerate().flat_map(|(at, &word)| {
            std::iter::successors((word != 0).then_some(word), |word| {
                Some(word & (word - 1)).filter(|word| *word != 0)
            })
            .map(move |word| at * 64 + word.trailing_zeros() as usize)
        })
    }

    fn bytes(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum::<usize>() << PIECE_SHIFT
    }
}

/// What a small slot holds when it is handed out, zeros behind it.
#[derive(Debug)]
pub(crate) struct Contents {
    bytes: Box<[u8]>,
    /// Those that are not all zero.
    pieces: PieceSet,
}

impl Contents {
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        let mut pieces = PieceSet::default();
        for (piece, bytes) in bytes.chunks(PIECE_BYTES).enumerate() {
            if bytes.iter().any(|byte| *byte != 0) {
                pieces.insert(piece);
            }
        }
        Self { bytes: bytes.into(), pieces }
    }

    /// Writes what belongs to bytes from `start` on.
    fn write(&self, start: usize, to: &mut [u8]) {
        let from = self.bytes.get(start..).unwrap_or_default();
        let len = from.len().min(to.len());
        to[..len].copy_from_slice(&from[..len]);
        to[len..].fill(0);
    }

    /// Whether these bytes, from `start` on, are as they are to be.
    fn agrees(&self, start: usize, bytes: &[u8]) -> bool {
        let mine = self.bytes.get(start..).unwrap_or_default();
        let (first, rest) = bytes.split_at(mine.len().min(bytes.len()));
        first == &mine[..first.len()] && rest.iter().all(|byte| *byte == 0)
    }
}

/// How a slot keeps its guest inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SlotKind {
    /// 4 GiB and a guard of 2 GiB on both sides: an access beyond the memory faults.
    Guarded,
    /// Room for `bytes_max`, rounded up to a power of two: code compares every address with the length.
    Checked {
        /// The most bytes the memory can grow to; at most 4 GiB are given.
        bytes_max: u64,
    },
}

/// Slots of one kind and stride.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum SizeClass {
    Guarded,
    Checked { stride: usize },
}

impl SizeClass {
    fn of(kind: SlotKind) -> Self {
        match kind {
            SlotKind::Guarded => Self::Guarded,
            SlotKind::Checked { bytes_max } => {
                let bytes = usize::try_from(bytes_max).unwrap_or(usize::MAX);
                let bytes = bytes.clamp(CHECKED_STRIDE_BYTES_MIN, REACH_BYTES);
                Self::Checked { stride: bytes.next_power_of_two() }
            }
        }
    }

    /// Whether all bytes of a slot can be accessed from the start.
    fn is_compact(self) -> bool {
        matches!(self, Self::Checked { stride } if stride <= COMPACT_STRIDE_BYTES_MAX)
    }

    /// A new reservation of slots, with fewer slots where address space is short.
    fn reserve(self) -> io::Result<Carver> {
        match self {
            Self::Guarded => reserve_guarded(GUARDED_SLOTS_PER_RESERVATION).or_else(|_| reserve_guarded(1)),
            Self::Checked { stride } if self.is_compact() => {
                Carver::zeroed(CHECKED_RESERVATION_BYTES).or_else(|_| Carver::zeroed(stride))
            }
            Self::Checked { stride } => {
                let bytes = stride.max(CHECKED_RESERVATION_BYTES);
                Carver::reserved(bytes).or_else(|_| Carver::reserved(stride))
            }
        }
    }

    fn cut(self, carver: &mut Carver) -> Option<Span> {
        match self {
            Self::Guarded => carver.cut(REACH_BYTES, GUARD_BYTES),
            Self::Checked { stride } => carver.cut(stride, 0),
        }
    }
}

fn reserve_guarded(slots: usize) -> io::Result<Carver> {
    let mut carver = Carver::reserved(GUARD_BYTES + slots * GUARDED_STRIDE_BYTES)?;
    carver.skip(GUARD_BYTES);
    Ok(carver)
}

/// Where memories get their storage. Cloning shares it.
#[derive(Clone, Debug, Default)]
pub(crate) struct MemoryPool {
    classes: Arc<Mutex<BTreeMap<SizeClass, Class>>>,
}

#[derive(Debug, Default)]
struct Class {
    /// Zeroed; the most recently used last.
    free: Vec<Span>,
    carver: Option<Carver>,
}

impl Class {
    fn next(&mut self, class: SizeClass) -> io::Result<Span> {
        if let Some(span) = self.free.pop() {
            return Ok(span);
        }
        if let Some(span) = self.carver.as_mut().and_then(|carver| class.cut(carver)) {
            return Ok(span);
        }
        let mut carver = class.reserve()?;
        let span = class.cut(&mut carver).expect("a fresh reservation has room for one slot");
        self.carver = Some(carver);
        Ok(span)
    }
}

impl MemoryPool {
    /// An empty pool; address space is reserved when it is needed.
    pub(crate) fn new() -> Self {
        prepare_scans();
        Self::default()
    }

    /// A slot of `kind` whose first `initial_bytes` are accessible and zero.
    ///
    /// # Errors
    /// If address space or memory runs out; nothing is left behind.
    ///
    /// # Panics
    /// If `initial_bytes` exceed the slot.
    pub(crate) fn take(&self, kind: SlotKind, initial_bytes: usize) -> io::Result<MemorySlot> {
        let class = SizeClass::of(kind);
        let span = self.lock().entry(class).or_default().next(class)?;
        // A failure below drops the slot, which puts the span back.
        let pool = self.clone();
        let mut slot = MemorySlot {
            span: Some(span),
            used_bytes: 0,
            resident_bytes: 0,
            ever_bytes: 0,
            written: false,
            listed: PieceSet::default(),
            class,
            pool,
        };
        slot.make_accessible(initial_bytes)?;
        slot.used_bytes = initial_bytes;
        Ok(slot)
    }

    /// How many slots lie ready for reuse.
    #[cfg(test)]
    pub(crate) fn free_slots(&self) -> usize {
        self.lock().values().map(|class| class.free.len()).sum()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<SizeClass, Class>> {
        // Nothing under the lock leaves a list half changed.
        self.classes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Storage of one memory. Its base never moves; dropping it zeroes it and returns it to its pool.
#[derive(Debug)]
pub(crate) struct MemorySlot {
    /// Always there until the slot drops.
    span: Option<Span>,
    /// How far it was ever committed: beyond that, nobody has written.
    used_bytes: usize,
    /// How much of it was in memory, at most, when it was cleared last.
    resident_bytes: usize,
    /// How far that reaches: a memory that grew may have left it behind one that begins smaller.
    ever_bytes: usize,
    /// Whether anybody may have written since.
    written: bool,
    /// Pieces that were ever zeroed because somebody listed them, since the kernel was last asked what is in memory. Another tenant is
    /// not given a slot on that word alone.
    listed: PieceSet,
    class: SizeClass,
    pool: MemoryPool,
}

impl MemorySlot {
    /// The first address.
    #[inline]
    pub(crate) fn base(&self) -> NonNull<u8> {
        self.span().base()
    }

    /// The most bytes it can be committed to.
    #[inline]
    pub(crate) fn capacity_bytes(&self) -> usize {
        self.span().len()
    }

    /// Whether accesses beyond the memory fault by themselves.
    #[inline]
    pub(crate) fn is_guarded(&self) -> bool {
        self.class == SizeClass::Guarded
    }

    /// Makes the memory `new_bytes` long: what is added is zero. A failure changes nothing.
    ///
    /// # Errors
    /// If the kernel refuses.
    ///
    /// # Panics
    /// If `old_bytes` is not the length now, or `new_bytes` is less or exceeds the capacity.
    pub(crate) fn commit(&mut self, old_bytes: usize, new_bytes: usize) -> io::Result<()> {
        assert_eq!(old_bytes, self.used_bytes, "committing from another length than the slot's");
        assert!(old_bytes <= new_bytes, "a memory never shrinks: {old_bytes} to {new_bytes} bytes");
        self.make_accessible(new_bytes)?;
        self.used_bytes = new_bytes;
        Ok(())
    }

    /// The memory's bytes. No machine code may write to it meanwhile.
    #[inline]
    pub(crate) fn bytes(&self) -> &[u8] {
        self.span().bytes(self.used_bytes)
    }

    /// The memory's bytes, to be changed. No machine code may touch it meanwhile.
    #[inline]
    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        self.written = true;
        let used_bytes = self.used_bytes;
        self.span_mut().bytes_mut(used_bytes)
    }

    /// Says that from now on its bytes may change.
    #[inline]
    pub(crate) fn lend(&mut self) {
        self.written = true;
    }

    /// How much of a cleared slot is in memory at most.
    #[inline]
    pub(crate) fn resident_bytes(&self) -> usize {
        self.resident_bytes
    }

    /// How far a guest could write.
    #[inline]
    pub(crate) fn used_bytes(&self) -> usize {
        self.used_bytes
    }

    /// Whether clearing it together with its neighbours costs less.
    #[inline]
    pub(crate) fn shares_calls(&self) -> bool {
        self.class.is_compact()
    }

    /// Makes it as if just taken: zero, and `initial_bytes` long.
    ///
    /// # Errors
    /// If the kernel refuses; then it is good for nothing but to be dropped.
    pub(crate) fn renew(&mut self, initial_bytes: usize) -> io::Result<()> {
        self.clear();
        self.make_accessible(initial_bytes)?;
        self.used_bytes = initial_bytes;
        Ok(())
    }

    /// Gives pieces of a small slot their first contents again: all that was written, as somebody knows, is in these, or in the
    /// last bytes before one.
    pub(crate) fn clear_listed(&mut self, written: &PieceSet, contents: Option<&Contents>) {
        let used_bytes = self.used_bytes;
        let bytes = self.span_mut().bytes_mut(used_bytes);
        for piece in written.iter() {
            let start = (piece << PIECE_SHIFT).min(used_bytes);
            let whole = &mut bytes[start..(start + PIECE_BYTES).min(used_bytes)];
            match contents.filter(|contents| contents.pieces.has(piece)) {
                Some(contents) => contents.write(start, whole),
                None => whole.fill(0),
            }
            if start > 0 && !written.has(piece - 1) {
                let from = start.saturating_sub(OVERLAP_BYTES);
                let before = &mut bytes[from..start];
                // A page that nobody has touched is only looked at.
                match contents {
                    Some(contents) if !contents.agrees(from, before) => contents.write(from, before),
                    None if before.iter().any(|byte| *byte != 0) => before.fill(0),
                    _ => {}
                }
            }
        }
        self.note_listed(written);
        self.ever_bytes = self.ever_bytes.max(used_bytes);
        self.written = false;
        self.check_contents(contents);
    }

    /// Lays first contents into a small slot that is zero.
    pub(crate) fn lay_in(&mut self, contents: &Contents) {
        let used_bytes = self.used_bytes;
        let bytes = self.span_mut().bytes_mut(used_bytes);
        for piece in contents.pieces.iter() {
            let start = piece << PIECE_SHIFT;
            contents.write(start, &mut bytes[start..(start + PIECE_BYTES).min(used_bytes)]);
        }
        self.note_listed(&contents.pieces);
        self.ever_bytes = self.ever_bytes.max(used_bytes);
        self.check_contents(Some(contents));
    }

    #[inline]
    fn note_listed(&mut self, pieces: &PieceSet) {
        let listed = self.listed;
        self.listed.unite(pieces);
        // Mostly the same ones as before.
        if self.listed != listed {
            self.resident_bytes = self.resident_bytes.max(self.listed.bytes().min(self.used_bytes));
        }
    }

    /// Zeroes what was written.
    fn clear(&mut self) {
        if std::mem::take(&mut self.written) {
            let (used_bytes, ever_bytes) = (self.used_bytes, self.ever_bytes);
            let resident_bytes = self.span_mut().zero(used_bytes, ever_bytes);
            self.note_cleared(resident_bytes);
        }
    }

    /// It was cleared.
    fn note_cleared(&mut self, resident_bytes: usize) {
        (self.written, self.resident_bytes) = (false, resident_bytes);
        self.ever_bytes = if resident_bytes == 0 { 0 } else { self.ever_bytes.max(self.used_bytes) };
        self.listed = PieceSet::default();
        self.check_zero();
    }

    /// In debug builds: all that a guest could ever see of a cleared slot is zero. Slots that can be large are looked at as far as
    /// the last guest could write.
    fn check_zero(&self) {
        self.check_contents(None);
    }

    /// Likewise, where there are first contents.
    fn check_contents(&self, contents: Option<&Contents>) {
        if cfg!(debug_assertions) {
            let visible =
                if self.class.is_compact() { self.capacity_bytes() } else { whole_pages(self.used_bytes) };
            let bytes =
                self.span().bytes(visible.min(self.span().accessible()).min(CHECKED_FOR_ZERO_BYTES_MAX));
            let (first, rest) =
                bytes.split_at(contents.map_or(0, |contents| contents.bytes.len().min(bytes.len())));
            let agrees = contents.is_none_or(|contents| contents.agrees(0, first));
            assert!(agrees, "first contents are not as they were");
            assert!(rest.iter().all(|byte| *byte == 0), "a cleared slot has bytes of its last guest");
        }
    }

    /// Gives the memory behind cleared slots back to the kernel, with one call for each run of neighbours.
    pub(crate) fn discard_all(slots: &mut [&mut Self]) {
        slots.sort_unstable_by_key(|slot| slot.base());
        for run in slots.chunk_by_mut(|one, next| one.span().is_followed_by(next.span())) {
            let discarded = match run {
                [] => continue,
                [only] => Span::discard_zeros(only.span_mut(), None),
                [first, .., last] => Span::discard_zeros(first.span_mut(), Some(last.span_mut())),
            };
            if discarded.is_ok() {
                for slot in run {
                    (slot.resident_bytes, slot.ever_bytes, slot.listed) = (0, 0, PieceSet::default());
                }
            }
        }
    }

    /// Zeroes what was written in slots. Those that are neighbours share a system call.
    pub(crate) fn clear_all(slots: &mut [&mut Self]) {
        let mut regions = Vec::new();
        slots.sort_unstable_by_key(|slot| slot.base());
        for run in slots.chunk_by_mut(|one, next| one.span().is_followed_by(next.span())) {
            clear_run(run, &mut regions);
        }
    }

    fn make_accessible(&mut self, bytes: usize) -> io::Result<()> {
        let capacity = self.capacity_bytes();
        assert!(bytes <= capacity, "{bytes} bytes in a slot of {capacity}");
        // Code checks addresses of a slot without guard, so what an earlier guest made accessible may stay so.
        let suffices = !self.is_guarded() && whole_pages(bytes) <= self.span().accessible();
        if suffices { Ok(()) } else { self.span_mut().set_accessible(bytes) }
    }

    fn span(&self) -> &Span {
        self.span.as_ref().expect("a slot has its span until it drops")
    }

    fn span_mut(&mut self) -> &mut Span {
        self.span.as_mut().expect("a slot has its span until it drops")
    }
}

/// Zeroes neighbours, asking for all at once what of them was touched.
fn clear_run(run: &mut [&mut MemorySlot], regions: &mut Vec<Region>) {
    let wanted = (run.len() * REGIONS_PER_SLOT).min(REGIONS_MAX);
    if run.len() == 1 || regions.len() < wanted && regions.try_reserve(wanted - regions.len()).is_err() {
        run.iter_mut().for_each(|slot| slot.clear());
        return;
    }
    regions.resize(regions.len().max(wanted), Region::default());
    let stride = run[0].capacity_bytes();
    let mut resident = vec![0; run.len()];
    let mut from = 0;
    while from < stride * run.len() {
        let Ok((found, end)) = run[0].span().scan_to(run[run.len() - 1].span(), from, regions) else {
            run.iter_mut().for_each(|slot| slot.clear());
            return;
        };
        for region in &regions[..found] {
            let mut at = run[0].span().offsets(region);
            // What was touched may go across neighbours.
            while !at.is_empty() {
                let slot = at.start / stride;
                let (start, end) = (at.start - slot * stride, (at.end - slot * stride).min(stride));
                run[slot].span_mut().zero_part(start..end);
                resident[slot] += end - start;
                at.start += end - start;
            }
        }
        from = end;
    }
    run.iter_mut().zip(resident).for_each(|(slot, resident)| slot.note_cleared(resident));
}

impl Drop for MemorySlot {
    fn drop(&mut self) {
        self.written |= self.listed != PieceSet::default();
        self.clear();
        if let Some(mut span) = self.span.take() {
            // Nobody counts what lies here.
            if self.resident_bytes > KEPT_RESIDENT_BYTES_MAX {
                // A refusal leaves it where it is.
                let _ = Span::discard_zeros(&mut span, None);
            }
            self.pool.lock().entry(self.class).or_default().free.push(span);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::pages::inject;
    use super::{GUARD_BYTES, MemoryPool, MemorySlot, SlotKind};
    use proptest::prelude::*;

    const PAGE: usize = 64 * 1024;
    const GUARDED: SlotKind = SlotKind::Guarded;

    const fn checked(bytes_max: u64) -> SlotKind {
        SlotKind::Checked { bytes_max }
    }

    /// The kinds that differ in how they are reserved and grown.
    const KINDS: [SlotKind; 3] = [GUARDED, checked(1 << 20), checked(4 << 20)];

    fn address(slot: &MemorySlot) -> usize {
        slot.base().as_ptr().addr()
    }

    /// Where the accessible bytes around `address` begin and end, as the kernel sees it.
    fn accessible_around(address: usize) -> Option<(usize, usize)> {
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        maps.lines().find_map(|line| {
            let mut words = line.split(' ');
            let (start, end) = words.next().unwrap().split_once('-').unwrap();
            let hex = |digits: &str| usize::from_str_radix(digits, 16).unwrap();
            let range = (hex(start), hex(end));
            let inside = (range.0..range.1).contains(&address) && words.next().unwrap().starts_with("rw");
            inside.then_some(range)
        })
    }

    /// How many bytes of a range the kernel has in memory for this process.
    fn resident_in(start: usize, bytes: usize) -> usize {
        use std::os::unix::fs::FileExt;
        let pagemap = std::fs::File::open("/proc/self/pagemap").unwrap();
        let page = super::whole_pages(1);
        let present = |at: usize| {
            let mut entry = [0; 8];
            pagemap.read_exact_at(&mut entry, (at / page * 8) as u64).unwrap();
            entry[7] & 0x80 != 0
        };
        (start..start + bytes).step_by(page).filter(|&at| present(at)).count() * page
    }

    #[test]
    fn what_a_memory_left_behind_that_had_grown_is_counted_and_given_back() {
        const GROWN: usize = 16 * PAGE;
        if !inject::scans_work() {
            return;
        }
        for kind in [GUARDED, checked(4 << 20)] {
            let pool = MemoryPool::new();
            let mut slot = pool.take(kind, PAGE).unwrap();
            slot.commit(PAGE, GROWN).unwrap();
            slot.bytes_mut().fill(1);
            // It begins small again, and a life passes in which it does not grow.
            for _ in 0..3 {
                slot.renew(PAGE).unwrap();
                slot.bytes_mut().fill(1);
            }
            slot.renew(PAGE).unwrap();
            let base = address(&slot);
            assert!(resident_in(base, GROWN) <= slot.resident_bytes(), "{kind:?}: {}", slot.resident_bytes());
            MemorySlot::discard_all(&mut [&mut slot]);
            assert_eq!((resident_in(base, GROWN), slot.resident_bytes()), (0, 0), "{kind:?}");
            slot.commit(PAGE, GROWN).unwrap();
            slot.bytes_mut().fill(1);
            slot.renew(PAGE).unwrap();
            drop(slot);
            assert!(resident_in(base, GROWN) <= super::KEPT_RESIDENT_BYTES_MAX, "{kind:?}");
        }
    }

    #[test]
    fn a_guarded_slot_is_accessible_to_its_length_and_has_2_gib_on_both_sides() {
        let pool = MemoryPool::new();
        let slots: Vec<_> = (0..20).map(|_| pool.take(GUARDED, 3 * PAGE).unwrap()).collect();
        for slot in &slots {
            let base = address(slot);
            assert_eq!(slot.capacity_bytes(), 1 << 32);
            assert_eq!(accessible_around(base), Some((base, base + 3 * PAGE)));
            for other in slots.iter().map(address).filter(|other| *other != base) {
                assert!(other.abs_diff(base) >= (1 << 32) + GUARD_BYTES);
            }
            assert_eq!(accessible_around(base - 1), None);
            assert_eq!(accessible_around(base - GUARD_BYTES), None);
            assert_eq!(accessible_around(base + (1 << 32) + GUARD_BYTES - 1), None);
        }
    }

    #[test]
    fn a_slot_that_grew_traps_its_next_guest_at_the_new_length() {
        let pool = MemoryPool::new();
        let mut slot = pool.take(GUARDED, 10 * PAGE).unwrap();
        slot.commit(10 * PAGE, 20 * PAGE).unwrap();
        let base = address(&slot);
        drop(slot);
        let slot = pool.take(GUARDED, 5 * PAGE).unwrap();
        assert_eq!(address(&slot), base, "last in, first out");
        assert_eq!(accessible_around(base), Some((base, base + 5 * PAGE)));
    }

    #[test]
    fn checked_slots_have_the_stride_of_their_maximum() {
        let pool = MemoryPool::new();
        let rows = [
            (0, PAGE),
            (1, PAGE),
            (65_536, PAGE),
            (65_537, 2 * PAGE),
            (5 << 20, 8 << 20),
            (u64::MAX, 1 << 32),
        ];
        for (bytes_max, capacity) in rows {
            let slot = pool.take(checked(bytes_max), 0).unwrap();
            assert_eq!(slot.capacity_bytes(), capacity, "maximum {bytes_max}");
        }
    }

    #[test]
    fn small_checked_slots_cost_no_call_each() {
        let pool = MemoryPool::new();
        let first = pool.take(checked(65_536), PAGE).unwrap();
        let calls = inject::calls();
        let mut slots: Vec<_> = (0..2000).map(|_| pool.take(checked(65_536), 0).unwrap()).collect();
        for slot in &mut slots {
            slot.commit(0, PAGE).unwrap();
            slot.bytes_mut()[PAGE - 1] = 1;
        }
        assert_eq!(address(&slots[0]) - address(&first), PAGE);
        assert_eq!(inject::calls(), calls);
        MemorySlot::clear_all(&mut slots.iter_mut().collect::<Vec<_>>());
        drop(slots);
        assert!(inject::calls() <= calls + 1 || !inject::scans_work(), "neighbours are cleared together");
        let slot = pool.take(checked(65_536), PAGE).unwrap();
        assert!(slot.bytes().iter().all(|byte| *byte == 0));
    }

    #[test]
    fn a_guarded_slot_of_the_same_size_costs_no_call_to_take() {
        let pool = MemoryPool::new();
        drop(pool.take(GUARDED, PAGE).unwrap());
        for _ in 0..10 {
            let calls = inject::calls();
            let mut slot = pool.take(GUARDED, PAGE).unwrap();
            assert_eq!(inject::calls(), calls);
            slot.bytes_mut().fill(1);
            drop(slot);
            assert!(inject::calls() <= calls + 1, "asks what was written");
        }
        assert_eq!(pool.free_slots(), 1);
    }

    #[test]
    fn any_failing_call_leaves_pool_and_slot_whole() {
        for kind in KINDS {
            for k in 1..=4 {
                let pool = MemoryPool::new();
                let taken = inject::with_failing_call(k, || pool.take(kind, PAGE));
                let mut slot = taken.unwrap_or_else(|error| {
                    assert!(error.to_string().contains("bytes of address space"), "{error}");
                    assert!(pool.free_slots() <= 1);
                    pool.take(kind, PAGE).unwrap()
                });
                slot.bytes_mut().fill(3);
                if inject::with_failing_call(k, || slot.commit(PAGE, 4 * PAGE)).is_err() {
                    assert_eq!(slot.bytes().len(), PAGE);
                    slot.commit(PAGE, 4 * PAGE).unwrap();
                }
                assert!(slot.bytes()[..PAGE].iter().all(|byte| *byte == 3), "{kind:?}");
                assert!(slot.bytes()[PAGE..].iter().all(|byte| *byte == 0), "{kind:?}");
                slot.bytes_mut().fill(4);
                inject::with_failing_call(k, || drop(slot));
                let slot = pool.take(kind, 4 * PAGE).unwrap();
                assert!(slot.bytes().iter().all(|byte| *byte == 0), "{kind:?}, call {k} fails");
            }
        }
    }

    /// In a process of its own: whoever maps at the same time would fail too.
    #[test]
    fn address_space_that_runs_out_is_an_error() {
        let name = "arena::pool::tests::exhaust_address_space";
        let mut child = crate::arena::itself::itself();
        let output = child.args(["--exact", name, "--ignored"]).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && text.contains("1 passed"), "{text}");
    }

    #[test]
    #[ignore = "run by address_space_that_runs_out_is_an_error"]
    fn exhaust_address_space() {
        // 47 bits hold fewer than 22,000 slots of 6 GiB.
        let pool = MemoryPool::new();
        let mut slots = Vec::new();
        let error = loop {
            match pool.take(GUARDED, 0) {
                Ok(slot) => slots.push(slot),
                Err(error) => break error,
            }
            assert!(slots.len() < 22_000, "address space never runs out here");
        };
        assert!(error.to_string().starts_with("reserving "), "{error}");
        let count = slots.len();
        slots.pop();
        assert!(pool.take(GUARDED, 0).is_ok());
        assert!(count > 1000, "{count} slots");
    }

    #[test]
    #[should_panic(expected = "committing from another length than the slot's")]
    fn committing_from_a_wrong_length_is_a_bug() {
        let _ = MemoryPool::new().take(GUARDED, PAGE).unwrap().commit(0, PAGE);
    }

    #[test]
    #[should_panic(expected = "131072 bytes in a slot of 65536")]
    fn committing_beyond_the_slot_is_a_bug() {
        let _ = MemoryPool::new().take(checked(1), PAGE).unwrap().commit(PAGE, 2 * PAGE);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        /// Take, write, grow, drop in any order: whatever is handed out is zero to its last byte, and a
        /// whole slot scanned at the end is.
        #[test]
        fn no_guest_ever_sees_another_guests_bytes(
            kind in prop::sample::select(KINDS.to_vec()),
            steps in prop::collection::vec((0..3_u8, 0..4_usize, 0..16_usize), 1..40),
        ) {
            let pool = MemoryPool::new();
            let mut live: Vec<Option<MemorySlot>> = (0..4).map(|_| None).collect();
            for (action, which, pages) in steps {
                let place = &mut live[which];
                match (action, place.as_mut()) {
                    (0, Some(slot)) => slot.bytes_mut().fill(0xa5),
                    (1, Some(slot)) => {
                        let (old, new) = (slot.bytes().len(), (slot.bytes().len() + pages * PAGE).min(16 * PAGE));
                        slot.commit(old, new).unwrap();
                        prop_assert!(slot.bytes()[old..].iter().all(|byte| *byte == 0));
                    }
                    (_, Some(_)) => *place = None,
                    (_, None) => {
                        let slot = pool.take(kind, pages * PAGE).unwrap();
                        prop_assert_eq!(slot.bytes().len(), pages * PAGE);
                        prop_assert!(slot.bytes().iter().all(|byte| *byte == 0));
                        *place = Some(slot);
                    }
                }
            }
            drop(live);
            for _ in 0..pool.free_slots() {
                let slot = pool.take(kind, 16 * PAGE).unwrap();
                prop_assert!(slot.bytes().iter().all(|byte| *byte == 0));
                std::mem::forget(slot);
            }
        }
    }
}
