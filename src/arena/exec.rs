//! Publishes machine code: writable while it is filled, then executable, never both. The only `PROT_EXEC`.
//!
//! A [`CodeArena`] (one per engine) owns one region of address space and cuts it into runs of whole pages, one
//! run per published batch. [`find`] answers, from any signal handler, which batch a program counter lies in. This
//! file does not know what the code or the record of a batch is. Start at [`CodeArena::publish`].
//!
//! Regions are made once and never unmapped: a dropped arena leaves its region, emptied, to the next one. So what
//! `find` reads never goes away under it, and it needs no lock.
//!
//! # Invariants
//! - I1: a run's pages belong to one `CodeRange`; only the call that publishes it ever writes to them, before they
//!   become executable.
//! - I2: a region entered in `REGIONS` lives and keeps its range for the rest of the process.
//! - I3: the two words of a page are stored before it becomes executable and cleared after it ceased to be.
//! - I4: a region's table is a mapping of its own, readable and writable, as long as the region has pages.

use super::pages::{self, Mapping, Protection, page_bytes, whole_pages};
use dynasmrt::cache_control;
use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Address space of an engine's code unless it says otherwise: direct calls reach ±2 GiB on x64, ±128 MiB within
/// one module on aarch64, and the pages cost nothing until used.
pub(crate) const REGION_BYTES_DEFAULT: usize = 1 << 30;

/// How many arenas can be alive at once in one process.
const REGIONS_MAX: usize = 4096;

#[cfg(target_os = "linux")]
const READ_EXECUTE: Protection = Protection(libc::PROT_READ | libc::PROT_EXEC);
#[cfg(not(target_os = "linux"))]
const READ_EXECUTE: Protection = Protection::NONE;

/// All regions ever made; entries below `REGION_COUNT` are set.
static REGIONS: [AtomicPtr<Region>; REGIONS_MAX] = [const { AtomicPtr::new(null_mut()) }; REGIONS_MAX];
static REGION_COUNT: AtomicUsize = AtomicUsize::new(0);
/// Regions that no arena uses, and the right to add one.
static IDLE_REGIONS: Mutex<Vec<&'static Region>> = Mutex::new(Vec::new());

/// Set once the kernel would not synchronise the instruction fetch of all cores: then whoever enters code does it for his
/// own. Who knows of code that was published since also knows this, so no order is asked for.
static CORES_LEFT: AtomicBool = AtomicBool::new(false);

/// Makes this core fetch anew, where publishing does not reach it. To be called before each jump to published code on machines
/// whose cores may run what they fetched before it was published; that is enough, because new code is reached by such a jump only.
#[inline]
pub(crate) fn fetch_anew() {
    if CORES_LEFT.load(Ordering::Relaxed) {
        cache_control::prepare_for_execution(&[]);
    }
}

/// What is known of a page of code, for `find`.
#[derive(Debug, Default)]
struct PageEntry {
    record: AtomicPtr<()>,
    batch_base: AtomicUsize,
}

/// One reserved range and its page table.
#[derive(Debug)]
struct Region {
    mapping: Mapping,
    page_shift: u32,
    /// One `PageEntry` per page; zeros, which cost memory only where code was published.
    table: Mapping,
}

impl Region {
    fn base(&self) -> usize {
        self.mapping.base().as_ptr().addr()
    }

    fn entries(&self) -> &[PageEntry] {
        let count = self.mapping.len() >> self.page_shift;
        // SAFETY: I4: the table has room for one entry per page; zeros are valid ones, and all access is atomic.
        unsafe { std::slice::from_raw_parts(self.table.base().as_ptr().cast(), count) }
    }

    fn entry(&self, pc: usize) -> Option<&PageEntry> {
        let offset = pc.checked_sub(self.base())?;
        self.entries().get(offset >> self.page_shift)
    }
}

/// The record of the batch that `pc` lies in, as it was given to `publish`, and the batch's first address.
///
/// Takes no lock, allocates nothing: callable in a signal handler. The answer is current as long as the code at
/// `pc` is alive, which the caller knows when it runs or is on a stack.
pub(crate) fn find(pc: usize) -> Option<(*const (), usize)> {
    let count = REGION_COUNT.load(Ordering::Acquire);
    for region in &REGIONS[..count] {
        let region = region.load(Ordering::Acquire);
        // SAFETY: I2: entries below the count are set, and their regions live for ever.
        let region = unsafe { &*region };
        if let Some(entry) = region.entry(pc) {
            let record = entry.record.load(Ordering::Acquire);
            let batch_base = entry.batch_base.load(Ordering::Acquire);
            return (!record.is_null()).then_some((record.cast_const(), batch_base));
        }
    }
    None
}

/// Where an engine's code lives. Cloning shares it.
#[derive(Clone, Debug)]
pub(crate) struct CodeArena {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    region: &'static Region,
    runs: Mutex<FreeRuns>,
}

impl CodeArena {
    /// An arena with `bytes` of address space, rounded up to pages.
    ///
    /// # Errors
    /// If the address space cannot be had, or too many arenas are alive.
    pub(crate) fn new(bytes: usize) -> io::Result<Self> {
        // What is too much is for the kernel to say.
        let region = take_region(whole_pages(bytes.clamp(1, usize::MAX / 2)))?;
        let runs = Mutex::new(FreeRuns::new(region.mapping.len()));
        if !pages::register_core_synchronization() {
            CORES_LEFT.store(true, Ordering::Relaxed);
        }
        Ok(Self { inner: Arc::new(Inner { region, runs }) })
    }

    /// How many bytes of pages hold code now.
    pub(crate) fn used_bytes(&self) -> usize {
        self.inner.region.mapping.len() - self.inner.lock_runs().free_bytes()
    }

    /// Publishes `size` bytes of code as one batch on pages of its own. `fill` writes them; it is told the final
    /// address. The bytes it leaves are zero. `record` is what [`find`] answers for the batch.
    ///
    /// # Errors
    /// If the region is full or the kernel refuses; nothing is left behind.
    pub(crate) fn publish<R: Send + Sync + 'static>(
        &self,
        size: usize,
        record: R,
        fill: impl FnOnce(&mut [u8], usize),
    ) -> io::Result<CodeRange<R>> {
        let run = self.inner.take_run(whole_pages(size.max(1)))?;
        let range = CodeRange { record: Arc::new(record), size, run, arena: Arc::clone(&self.inner) };
        // From here on, an error or a panic drops the range, which takes the pages back.
        range.write(fill)?;
        range.enter();
        range.make_executable()?;
        Ok(range)
    }
}

/// Published code: one batch. Dropping it takes its pages back, so nothing of it may run any more.
#[derive(Debug)]
pub(crate) struct CodeRange<R> {
    record: Arc<R>,
    size: usize,
    /// Offsets in the region.
    run: Range<usize>,
    arena: Arc<Inner>,
}

impl<R> CodeRange<R> {
    /// The first address.
    #[inline]
    pub(crate) fn base(&self) -> usize {
        self.arena.region.base() + self.run.start
    }

    /// How many bytes of code.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.size
    }

    /// The address of the code at `offset`.
    #[inline]
    pub(crate) fn address(&self, offset: usize) -> usize {
        assert!(offset < self.size, "offset {offset} in {} bytes of code", self.size);
        self.base() + offset
    }

    /// The code, to be read.
    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: I1: the run is this range's; executable pages are readable and nobody writes to them.
        unsafe { std::slice::from_raw_parts(self.first_byte(), self.size) }
    }

    fn first_byte(&self) -> *mut u8 {
        // SAFETY: I1: the run lies inside the region.
        let first = unsafe { self.arena.region.mapping.base().add(self.run.start) };
        first.as_ptr()
    }

    fn write(&self, fill: impl FnOnce(&mut [u8], usize)) -> io::Result<()> {
        self.arena.region.mapping.protect(self.run.clone(), Protection::READ_WRITE)?;
        // SAFETY: I1: the run is this range's and writable now; the kernel's zeros initialise it; nobody else knows
        // the range yet.
        let code = unsafe { std::slice::from_raw_parts_mut(self.first_byte(), self.size) };
        fill(code, self.base());
        Ok(())
    }

    /// Makes `find` know the pages (I3: before they are executable).
    fn enter(&self) {
        let record = Arc::as_ptr(&self.record).cast::<()>().cast_mut();
        for entry in self.arena.entries(&self.run) {
            entry.batch_base.store(self.base(), Ordering::Release);
            entry.record.store(record, Ordering::Release);
        }
    }

    fn make_executable(&self) -> io::Result<()> {
        // Through the caches, while the pages can still be read by address; every core shares these.
        cache_control::synchronize_icache(self.written());
        self.arena.region.mapping.protect(self.run.clone(), READ_EXECUTE)?;
        // What each core has fetched ahead, maybe of code that lay here before, is its own.
        if !CORES_LEFT.load(Ordering::Relaxed) && !pages::synchronize_cores() {
            CORES_LEFT.store(true, Ordering::Relaxed);
        }
        Ok(())
    }

    /// The whole run, before it is executable.
    fn written(&self) -> &[u8] {
        // SAFETY: I1: the run is this range's and readable; `fill` has returned.
        unsafe { std::slice::from_raw_parts(self.first_byte(), self.run.len()) }
    }
}

impl<R> Drop for CodeRange<R> {
    fn drop(&mut self) {
        let mapping = &self.arena.region.mapping;
        let taken_back = mapping.protect(self.run.clone(), Protection::NONE);
        for entry in self.arena.entries(&self.run) {
            entry.record.store(null_mut(), Ordering::Release);
            entry.batch_base.store(0, Ordering::Release);
        }
        // A run that the kernel would not take back is not used again: it may hold old code.
        if taken_back.and_then(|()| mapping.discard(self.run.clone())).is_ok() {
            self.arena.lock_runs().give(self.run.clone());
        }
    }
}

impl Inner {
    fn lock_runs(&self) -> MutexGuard<'_, FreeRuns> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take_run(&self, bytes: usize) -> io::Result<Range<usize>> {
        let mut runs = self.lock_runs();
        runs.take(bytes).ok_or_else(|| {
            let (all, free) = (self.region.mapping.len(), runs.free_bytes());
            let text = format!("{bytes} bytes of code do not fit: {free} of {all} bytes are free");
            io::Error::new(io::ErrorKind::OutOfMemory, text)
        })
    }

    fn entries(&self, run: &Range<usize>) -> &[PageEntry] {
        let shift = self.region.page_shift;
        &self.region.entries()[run.start >> shift..run.end >> shift]
    }
}

impl Drop for Inner {
    /// All ranges are gone, since each holds the arena. The region is used again only if it is whole: a run that
    /// was not taken back may hold code.
    fn drop(&mut self) {
        let region = self.region;
        if self.lock_runs().free_bytes() == region.mapping.len() {
            lock_idle().push(region);
        }
    }
}

fn lock_idle() -> MutexGuard<'static, Vec<&'static Region>> {
    IDLE_REGIONS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An idle region of `bytes`, or a new one.
fn take_region(bytes: usize) -> io::Result<&'static Region> {
    let mut idle = lock_idle();
    if let Some(at) = idle.iter().rposition(|region| region.mapping.len() == bytes) {
        return Ok(idle.swap_remove(at));
    }
    // The lock is also the right to add one.
    let count = REGION_COUNT.load(Ordering::Acquire);
    let Some(place) = REGIONS.get(count) else {
        return Err(io::Error::other(format!("{REGIONS_MAX} code regions are in use")));
    };
    let region = Box::leak(Box::new(new_region(bytes)?));
    place.store(region, Ordering::Release);
    REGION_COUNT.store(count + 1, Ordering::Release);
    Ok(region)
}

fn new_region(bytes: usize) -> io::Result<Region> {
    let mapping = Mapping::reserve(bytes)?;
    let page_shift = page_bytes().trailing_zeros();
    let table = Mapping::zeroed((bytes >> page_shift) * size_of::<PageEntry>())?;
    Ok(Region { mapping, page_shift, table })
}

/// The free page runs of a region: offset → bytes, neighbours merged.
#[derive(Debug)]
struct FreeRuns {
    runs: BTreeMap<usize, usize>,
}

impl FreeRuns {
    fn new(bytes: usize) -> Self {
        Self { runs: BTreeMap::from([(0, bytes)]) }
    }

    fn free_bytes(&self) -> usize {
        self.runs.values().sum()
    }

    /// The lowest run that fits, so that code stays close together.
    fn take(&mut self, bytes: usize) -> Option<Range<usize>> {
        let (&start, &free) = self.runs.iter().find(|&(_, &free)| free >= bytes)?;
        self.runs.remove(&start);
        if free > bytes {
            self.runs.insert(start + bytes, free - bytes);
        }
        Some(start..start + bytes)
    }

    fn give(&mut self, run: Range<usize>) {
        let (mut start, mut end) = (run.start, run.end);
        if let Some(bytes) = self.runs.remove(&end) {
            end += bytes;
        }
        if let Some((&before, &bytes)) = self.runs.range(..start).next_back() {
            assert!(before + bytes <= start, "a run of code pages given back twice at {start:#x}");
            if before + bytes == start {
                start = before;
            }
        }
        self.runs.insert(start, end - start);
    }
}

#[cfg(test)]
mod tests {
    use super::super::alone::alone;
    use super::super::pages::inject;
    use super::{CORES_LEFT, CodeArena, CodeRange, FreeRuns, fetch_anew, find};
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Arc, Barrier};

    const PAGE: usize = 4096;
    const REGION: usize = 64 * PAGE;

    fn publish(arena: &CodeArena, size: usize, record: u64) -> CodeRange<u64> {
        arena.publish(size, record, |code, _| code.fill(0xc3)).unwrap()
    }

    /// The record and base that `find` answers, read back.
    fn found(pc: usize, range: &CodeRange<u64>) -> Option<(u64, usize)> {
        find(pc).map(|(record, base)| {
            assert_eq!(record, Arc::as_ptr(&range.record).cast());
            (*range.record, base)
        })
    }

    fn access_of(address: usize) -> String {
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        let hex = |digits: &str| usize::from_str_radix(digits, 16).unwrap();
        let holds = |line: &&str| {
            let (start, end) = line.split_once(' ').unwrap().0.split_once('-').unwrap();
            (hex(start)..hex(end)).contains(&address)
        };
        maps.lines().find(holds).map_or_else(String::new, |line| line.split(' ').nth(1).unwrap().to_owned())
    }

    #[test]
    fn a_kernel_that_leaves_other_cores_out_is_left_to_the_entries() {
        // In a process of its own: what is known of the kernel is never forgotten.
        if !alone("arena::exec::tests::a_kernel_that_leaves_other_cores_out_is_left_to_the_entries") {
            return;
        }
        let arena = CodeArena::new(REGION).unwrap();
        inject::without_barriers(|| {
            let late = publish(&arena, PAGE, 1);
            let early = publish(&CodeArena::new(REGION).unwrap(), PAGE, 2);
            assert_eq!((access_of(late.base()), access_of(early.base())), ("r-xp".into(), "r-xp".into()));
        });
        assert!(CORES_LEFT.load(Ordering::Relaxed));
        fetch_anew();
        publish(&arena, PAGE, 3);
    }

    #[test]
    fn published_code_is_executable_and_not_writable_and_freed_code_neither() {
        let arena = CodeArena::new(REGION).unwrap();
        let mut during = String::new();
        let range = arena
            .publish(5000, 1_u64, |code, base| {
                assert!(code.iter().all(|byte| *byte == 0));
                assert_eq!((code.len(), code.as_ptr().addr()), (5000, base));
                code.fill(0xc3);
                during = access_of(base);
            })
            .unwrap();
        assert_eq!(during, "rw-p");
        assert_eq!(access_of(range.base()), "r-xp");
        assert_eq!(access_of(range.address(4999)), "r-xp");
        assert!(range.bytes().iter().all(|byte| *byte == 0xc3));
        let base = range.base();
        drop(range);
        assert_eq!(access_of(base), "---p");
    }

    #[test]
    fn find_answers_for_every_byte_of_live_code_and_for_nothing_else() {
        let arena = CodeArena::new(REGION).unwrap();
        let first = publish(&arena, PAGE + 1, 11);
        let second = publish(&arena, 10, 22);
        assert_eq!(found(first.base(), &first), Some((11, first.base())));
        assert_eq!(found(first.base() + PAGE, &first), Some((11, first.base())));
        assert_eq!(found(second.base() + 9, &second), Some((22, second.base())));
        assert_eq!(second.base(), first.base() + 2 * PAGE);
        assert_eq!(find(second.base() + PAGE), None);
        assert_eq!((find(0), find(usize::MAX)), (None, None));
        let gone = first.base();
        drop(first);
        assert_eq!(find(gone), None);
        assert_eq!(found(second.base(), &second), Some((22, second.base())));
    }

    #[test]
    fn freed_pages_are_used_again_and_hold_zeros() {
        let arena = CodeArena::new(REGION).unwrap();
        let ranges: Vec<_> = (0..64).map(|n| publish(&arena, PAGE, n)).collect();
        assert_eq!(arena.used_bytes(), REGION);
        let error = arena.publish(1, 0_u64, |_, _| ()).unwrap_err();
        assert_eq!(error.to_string(), "4096 bytes of code do not fit: 0 of 262144 bytes are free");
        let base = ranges[0].base();
        drop(ranges);
        assert_eq!(arena.used_bytes(), 0);
        let whole =
            arena.publish(REGION, 1_u64, |code, _| assert!(code.iter().all(|byte| *byte == 0))).unwrap();
        assert_eq!(whole.base(), base);
    }

    #[test]
    fn any_failing_call_leaves_the_arena_empty() {
        let arena = CodeArena::new(REGION).unwrap();
        let mut failures = 0;
        for k in 1.. {
            let before = inject::calls();
            let result =
                inject::with_failing_call(k, || arena.publish(3 * PAGE, 1_u64, |code, _| code.fill(0xc3)));
            if result.is_ok() {
                break;
            }
            failures += 1;
            assert!(inject::calls() > before);
            assert_eq!(arena.used_bytes(), 0, "call {k} failed");
        }
        assert_eq!(failures, 2, "one call makes the pages writable, one executable");
    }

    #[test]
    fn a_panic_while_filling_leaves_the_arena_empty() {
        let arena = CodeArena::new(REGION).unwrap();
        let fill = || drop(arena.publish(PAGE, 1_u64, |_, _| panic!("fill")));
        assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(fill)).is_err());
        assert_eq!(arena.used_bytes(), 0);
    }

    #[test]
    fn a_range_keeps_its_arena_and_a_dropped_arena_leaves_its_region() {
        let bytes = 61 * PAGE; // no other test has a region of this size
        let arena = CodeArena::new(bytes).unwrap();
        let range = publish(&arena, 1, 7);
        let base = range.base();
        drop(arena);
        assert_eq!(found(base, &range), Some((7, base)));
        assert_ne!(publish(&CodeArena::new(bytes).unwrap(), 1, 8).base(), base, "still in use");
        drop(range);
        let (first, second) = (CodeArena::new(bytes).unwrap(), CodeArena::new(bytes).unwrap());
        let bases = [publish(&first, 1, 9).base(), publish(&second, 1, 9).base()];
        assert!(bases.contains(&base), "the region is used again");
    }

    #[test]
    fn concurrent_publishing_and_finding_agree() {
        let arena = CodeArena::new(REGION).unwrap();
        let barrier = Arc::new(Barrier::new(4));
        let checked = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for thread in 0..4_u64 {
                let (arena, barrier, checked) = (arena.clone(), Arc::clone(&barrier), &checked);
                scope.spawn(move || {
                    barrier.wait();
                    for n in 0..200 {
                        let range = publish(&arena, PAGE * (1 + n % 4), thread);
                        assert_eq!(
                            found(range.address(range.len() - 1), &range),
                            Some((thread, range.base()))
                        );
                        checked.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
        });
        assert_eq!((checked.into_inner(), arena.used_bytes()), (800, 0));
    }

    #[test]
    fn neighbouring_free_runs_merge() {
        let mut runs = FreeRuns::new(10 * PAGE);
        let taken: Vec<_> = (0..5).map(|_| runs.take(2 * PAGE).unwrap()).collect();
        assert_eq!((runs.take(1), runs.free_bytes()), (None, 0));
        for at in [1, 3, 2, 0, 4] {
            runs.give(taken[at].clone());
        }
        assert_eq!((runs.runs.len(), runs.take(10 * PAGE)), (1, Some(0..10 * PAGE)));
    }
}
