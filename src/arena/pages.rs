//! Address ranges: reserve, make accessible, take back, give back. The only caller of the kernel's map calls.
//!
//! A [`Mapping`] owns one range. A [`Carver`] cuts it into [`Span`]s, each the sole owner of its bytes, so that
//! layers above can hand out slices without unsafe code. This file does not know what the bytes are for.
//! Every kernel call goes through `sys`, is counted, and can be made to fail by a test (`inject`).
//!
//! # Invariants
//! - I1: a `Mapping`'s range was returned by the kernel, belongs to it alone, and is unmapped only when it drops.
//! - I2: spans are cut from an owned mapping front to back, so no two share a byte; each keeps the mapping alive.
//! - I3: the first `accessible` bytes of a span can be read and written; the kernel filled them with zeros before
//!   anybody wrote, so they are initialised.

use std::io;
use std::ops::Range;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What a page may be used for. `arena::exec` adds the one that makes code run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Protection(pub(super) i32);

impl Protection {
    /// Any access faults.
    pub(crate) const NONE: Self = Self(sys::PROT_NONE);
    /// Reads and writes.
    pub(crate) const READ_WRITE: Self = Self(sys::PROT_READ_WRITE);
}

/// Zeroing at most this much is done by writing; a larger range costs less when the kernel takes its pages back.
const ZERO_BY_WRITING_BYTES_MAX: usize = 64 * 1024;

/// So much of one range stays in memory when it is zeroed; what goes beyond is given back.
const RESIDENT_BYTES_MAX: usize = 4 << 20;

/// How many runs of touched pages one question asks for, where their number is not known.
const REGIONS_AT_ONCE: usize = 32;

/// Some pages that were touched, as the kernel names them (`page_region` of its uapi `fs.h`).
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Region {
    start: u64,
    end: u64,
    categories: u64,
}

impl Region {
    /// Addresses, as offsets from `start` bytes behind `base`.
    fn offsets(&self, base: NonNull<u8>, start: usize) -> Range<usize> {
        let first = base.as_ptr().addr() + start;
        let offset = |address: u64| usize::try_from(address).map_or(usize::MAX, |address| address - first);
        offset(self.start)..offset(self.end)
    }
}

/// Opens what asking about touched pages needs, once per process: a descriptor.
pub(super) fn prepare_scans() {
    sys::prepare_scans();
}

/// Bytes in a page of this host.
pub(crate) fn page_bytes() -> usize {
    static CACHED: AtomicUsize = AtomicUsize::new(0);
    let cached = CACHED.load(Ordering::Relaxed);
    if cached != 0 {
        return cached;
    }
    let bytes = sys::page_bytes();
    assert!(bytes.is_power_of_two(), "a page of {bytes} bytes");
    CACHED.store(bytes, Ordering::Relaxed);
    bytes
}

/// `bytes` rounded up to whole pages.
pub(crate) fn whole_pages(bytes: usize) -> usize {
    bytes.next_multiple_of(page_bytes())
}

/// The lowest and the end address of this thread's stack. Asks the kernel on the main thread: cache it.
pub(crate) fn thread_stack_bounds() -> io::Result<Range<usize>> {
    sys::thread_stack_bounds()
}

/// Asks that later [`synchronize_cores`] calls reach every core of this process; false if the kernel refuses.
pub(super) fn register_core_synchronization() -> bool {
    sys::register_core_synchronization()
}

/// Makes every core of this process forget instructions it fetched earlier; false if the kernel refuses.
pub(super) fn synchronize_cores() -> bool {
    sys::synchronize_cores()
}

/// An owned address range.
#[derive(Debug)]
pub(crate) struct Mapping {
    base: NonNull<u8>,
    bytes: usize,
}

// SAFETY: I1: the range belongs to this value, not to a thread.
unsafe impl Send for Mapping {}
// SAFETY: I1: `&Mapping` changes only the kernel's view of the range, and the kernel serialises that.
unsafe impl Sync for Mapping {}

/// What all mappings take, and may take: less than 47 bits of addresses, since the last of them are the host's own. An allocator
/// that finds none left ends the process.
static RESERVED: AtomicUsize = AtomicUsize::new(0);
const RESERVED_BYTES_MAX: usize = 120 << 40;

impl Mapping {
    /// Takes `bytes` of address space, rounded up to pages; any access faults until it is protected otherwise.
    pub(crate) fn reserve(bytes: usize) -> io::Result<Self> {
        Self::map(bytes, Protection::NONE)
    }

    /// Takes `bytes` of zeros, rounded up to pages; they cost memory only where touched.
    pub(crate) fn zeroed(bytes: usize) -> io::Result<Self> {
        Self::map(bytes, Protection::READ_WRITE)
    }

    fn map(bytes: usize, protection: Protection) -> io::Result<Self> {
        let bytes = whole_pages(bytes.max(1));
        let before = RESERVED.fetch_add(bytes, Ordering::Relaxed);
        let mapped = if before.saturating_add(bytes) > RESERVED_BYTES_MAX {
            Err(io::ErrorKind::OutOfMemory.into())
        } else {
            sys::map(bytes, protection.0)
        };
        match mapped {
            Ok(base) => Ok(Self { base, bytes }),
            Err(error) => {
                RESERVED.fetch_sub(bytes, Ordering::Relaxed);
                Err(told(&error, "reserving", bytes))
            }
        }
    }

    /// The first address.
    #[inline]
    pub(crate) fn base(&self) -> NonNull<u8> {
        self.base
    }

    /// How many bytes.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.bytes
    }

    /// Changes what the pages of `range` (offsets, whole pages) may be used for. A failure changes nothing.
    pub(crate) fn protect(&self, range: Range<usize>, protection: Protection) -> io::Result<()> {
        if range.is_empty() {
            return Ok(());
        }
        let bytes = range.len();
        sys::protect(self.at(&range), bytes, protection.0).map_err(|error| told(&error, "protecting", bytes))
    }

    /// Gives the memory behind `range` (offsets, whole pages) back; it reads as zeros afterwards.
    pub(crate) fn discard(&self, range: Range<usize>) -> io::Result<()> {
        if range.is_empty() {
            return Ok(());
        }
        let bytes = range.len();
        sys::discard(self.at(&range), bytes).map_err(|error| told(&error, "discarding", bytes))
    }

    /// Which pages of `range` (offsets, whole pages) hold or held anything: in memory, or swapped out, but for those that are
    /// known to be zero still. Returns how many entries of `regions` were filled in, in order, and how far the answer goes: less
    /// than all of it if there was no room for more.
    ///
    /// # Errors
    /// If the kernel cannot tell.
    fn scan(&self, range: Range<usize>, regions: &mut [Region]) -> io::Result<(usize, usize)> {
        let first = self.at(&range);
        let (found, end) = sys::scan(first, range.len(), regions)?;
        // Whoever asks for the rest must get on.
        if end == 0 {
            return Err(io::ErrorKind::Unsupported.into());
        }
        Ok((found, range.start + end))
    }

    /// Asks for small pages: ranges touched here and there must not become resident by 2 MiB at a time.
    /// A wish, so a refusal is no error.
    pub(crate) fn prefer_small_pages(&self) {
        sys::prefer_small_pages(self.base, self.bytes);
    }

    /// The address of a range that was checked to lie inside.
    fn at(&self, range: &Range<usize>) -> NonNull<u8> {
        assert!(range.start <= range.end && range.end <= self.bytes, "{range:?} of {} bytes", self.bytes);
        assert!(
            range.start.is_multiple_of(page_bytes()) && range.end.is_multiple_of(page_bytes()),
            "{range:?} are not whole pages"
        );
        // SAFETY: I1 and the assertion: `start` is inside the range.
        unsafe { self.base.add(range.start) }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        sys::unmap(self.base, self.bytes);
        RESERVED.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// Says what was asked of the kernel, beside what it answered.
#[cold]
fn told(error: &io::Error, what: &str, bytes: usize) -> io::Error {
    io::Error::new(error.kind(), format!("{what} {bytes} bytes of address space: {error}"))
}

/// Cuts a mapping into spans, front to back.
#[derive(Debug)]
pub(crate) struct Carver {
    mapping: Arc<Mapping>,
    next: usize,
    /// Whether all bytes are accessible from the start.
    accessible: bool,
}

impl Carver {
    /// Cuts a fresh reservation: the spans begin inaccessible.
    pub(crate) fn reserved(bytes: usize) -> io::Result<Self> {
        Ok(Self { mapping: Arc::new(Mapping::reserve(bytes)?), next: 0, accessible: false })
    }

    /// Cuts fresh zeros: the spans begin accessible.
    pub(crate) fn zeroed(bytes: usize) -> io::Result<Self> {
        let mapping = Mapping::zeroed(bytes)?;
        mapping.prefer_small_pages();
        Ok(Self { mapping: Arc::new(mapping), next: 0, accessible: true })
    }

    /// Leaves `bytes` (whole pages) uncut, as a guard. Needs no room: the next cut finds none, then.
    pub(crate) fn skip(&mut self, bytes: usize) {
        assert!(bytes.is_multiple_of(page_bytes()), "{bytes} bytes are not whole pages");
        self.next = self.next.saturating_add(bytes);
    }

    /// The next `bytes` (whole pages), followed by `guard_bytes` left uncut; none when the mapping is used up.
    pub(crate) fn cut(&mut self, bytes: usize, guard_bytes: usize) -> Option<Span> {
        assert!(bytes.is_multiple_of(page_bytes()), "{bytes} bytes are not whole pages");
        let start = self.next;
        let end = start.checked_add(bytes)?.checked_add(guard_bytes)?;
        if end > self.mapping.len() {
            return None;
        }
        self.skip(bytes + guard_bytes);
        let accessible = if self.accessible { bytes } else { 0 };
        Some(Span { mapping: Arc::clone(&self.mapping), start, bytes, accessible })
    }
}

/// The sole owner of some bytes of a mapping.
#[derive(Debug)]
pub(crate) struct Span {
    mapping: Arc<Mapping>,
    start: usize,
    bytes: usize,
    accessible: usize,
}

impl Span {
    /// The first address. It never changes.
    #[inline]
    pub(crate) fn base(&self) -> NonNull<u8> {
        // SAFETY: I2: `start` is inside the mapping.
        unsafe { self.mapping.base().add(self.start) }
    }

    /// How many bytes it spans, accessible or not.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.bytes
    }

    /// How many bytes at its front can be read and written.
    #[inline]
    pub(crate) fn accessible(&self) -> usize {
        self.accessible
    }

    /// Makes exactly the first `bytes`, rounded up to pages, accessible. A failure changes nothing. Bytes taken
    /// away keep their content.
    pub(crate) fn set_accessible(&mut self, bytes: usize) -> io::Result<()> {
        let (old, new) = (self.accessible, whole_pages(bytes));
        assert!(new <= self.bytes, "{bytes} bytes of a span of {}", self.bytes);
        if new > old {
            self.mapping.protect(self.start + old..self.start + new, Protection::READ_WRITE)?;
        } else {
            self.mapping.protect(self.start + new..self.start + old, Protection::NONE)?;
        }
        self.accessible = new;
        Ok(())
    }

    /// Fills the first `bytes` with zeros, however they were written. They must be accessible. Of what follows, up to `ever`, some
    /// may be in memory, all zero. Returns how many bytes up to there stay in memory at most.
    ///
    /// Where the kernel can tell which pages were touched, only these are written, and what lies beyond the first
    /// `RESIDENT_BYTES_MAX` of them goes back to it. Elsewhere a few bytes are written and more go back.
    pub(crate) fn zero(&mut self, bytes: usize, ever: usize) -> usize {
        let (whole, end) = (whole_pages(bytes), whole_pages(bytes.max(ever)));
        assert!(whole <= self.accessible, "zeroing {bytes} of {} accessible bytes", self.accessible);
        let mut regions = [Region::default(); REGIONS_AT_ONCE];
        let (mut from, mut resident) = (0, 0);
        while from < end {
            let Ok((found, scanned)) = self.mapping.scan(self.start + from..self.start + end, &mut regions)
            else {
                return resident + self.zero_blindly(from, (whole, end));
            };
            for region in &regions[..found] {
                let region = region.offsets(self.mapping.base, self.start);
                if resident + region.len() > RESIDENT_BYTES_MAX {
                    return resident + self.zero_blindly(region.start, (whole, end));
                }
                resident += region.len();
                self.zero_part(region.start.min(whole)..region.end.min(whole));
            }
            from = scanned - self.start;
        }
        resident
    }

    /// Fills `from..whole` with zeros, not knowing what up to `end` was touched; how many bytes of it stay in memory at most.
    fn zero_blindly(&mut self, from: usize, (whole, end): (usize, usize)) -> usize {
        let taken_back = end - from > ZERO_BY_WRITING_BYTES_MAX && self.discard(from, end).is_ok();
        if taken_back {
            return 0;
        }
        self.bytes_mut(whole)[from.min(whole)..].fill(0);
        end - from
    }

    fn discard(&mut self, from: usize, to: usize) -> io::Result<()> {
        assert!(from <= to && to <= self.bytes, "{from}..{to} of {} bytes", self.bytes);
        self.mapping.discard(self.start + from..self.start + to)
    }

    /// Gives the memory behind spans that are all zero, accessible or not, back to the kernel. They follow one another.
    pub(crate) fn discard_zeros(first: &mut Self, last: Option<&mut Self>) -> io::Result<()> {
        let end = last.map_or(first.start + first.bytes, |last| last.start + last.bytes);
        first.mapping.discard(first.start..end)
    }

    /// Whether `next` begins where this one ends, with nothing between that cannot be accessed.
    pub(crate) fn is_followed_by(&self, next: &Self) -> bool {
        Arc::ptr_eq(&self.mapping, &next.mapping)
            && self.start + self.bytes == next.start
            && self.accessible == self.bytes
            && next.accessible == next.bytes
    }

    /// What of this span and those that follow it, up to `last`, was touched, from an offset on, and how far the answer goes. It
    /// ends early when `regions` is full.
    pub(crate) fn scan_to(
        &self,
        last: &Self,
        from: usize,
        regions: &mut [Region],
    ) -> io::Result<(usize, usize)> {
        let end = last.start + last.bytes;
        let (found, end) = self.mapping.scan(self.start + from..end, regions)?;
        Ok((found, end - self.start))
    }

    /// Where a region begins and ends that a scan from this span has named, as offsets from its start.
    pub(crate) fn offsets(&self, region: &Region) -> Range<usize> {
        region.offsets(self.mapping.base, self.start)
    }

    /// As `zero`, for part of the span that the kernel has named.
    pub(crate) fn zero_part(&mut self, part: Range<usize>) {
        self.bytes_mut(part.end)[part].fill(0);
    }

    /// The first `len` bytes, which must be accessible. Nothing else may write to them meanwhile: no machine code.
    #[inline]
    pub(crate) fn bytes(&self, len: usize) -> &[u8] {
        assert!(len <= self.accessible, "{len} of {} accessible bytes", self.accessible);
        // SAFETY: I2, I3: the bytes are this span's, readable and initialised.
        unsafe { std::slice::from_raw_parts(self.base().as_ptr(), len) }
    }

    /// As `bytes`, to be changed. Nothing else may touch them meanwhile.
    #[inline]
    pub(crate) fn bytes_mut(&mut self, len: usize) -> &mut [u8] {
        assert!(len <= self.accessible, "{len} of {} accessible bytes", self.accessible);
        // SAFETY: I2, I3: the bytes are this span's, writable and initialised, and `&mut self` is exclusive.
        unsafe { std::slice::from_raw_parts_mut(self.base().as_ptr(), len) }
    }
}

/// Counts kernel calls of this thread and makes one fail: how tests prove that a failure of any
/// call leaves the state whole.
#[cfg(test)]
pub(crate) mod inject {
    use std::cell::Cell;
    use std::io;

    thread_local! {
        static CALLS: Cell<u64> = const { Cell::new(0) };
        static FAILING: Cell<Option<u64>> = const { Cell::new(None) };
        static NO_BARRIERS: Cell<bool> = const { Cell::new(false) };
        static NO_SCANS: Cell<bool> = const { Cell::new(false) };
    }

    /// How many kernel calls this thread has made, failed ones included.
    pub(crate) fn calls() -> u64 {
        CALLS.get()
    }

    /// Runs `work` with its `k`-th kernel call (from 1) failing, if there is one.
    pub(crate) fn with_failing_call<R>(k: u64, work: impl FnOnce() -> R) -> R {
        FAILING.set(Some(CALLS.get() + k));
        let result = work();
        FAILING.set(None);
        result
    }

    /// Runs `work` as on a kernel that does not synchronise cores.
    pub(crate) fn without_barriers<R>(work: impl FnOnce() -> R) -> R {
        NO_BARRIERS.set(true);
        let result = work();
        NO_BARRIERS.set(false);
        result
    }

    /// Runs `work` as on a kernel that cannot tell which pages were touched.
    pub(crate) fn without_scans<R>(work: impl FnOnce() -> R) -> R {
        NO_SCANS.set(true);
        let result = work();
        NO_SCANS.set(false);
        result
    }

    /// Whether the kernel tells what was touched: an emulator of another machine may not ask it. What a test then leaves out, it says.
    pub(crate) fn scans_work() -> bool {
        use std::io::Write as _;
        let works = super::Mapping::zeroed(4096)
            .and_then(|mapping| mapping.scan(0..4096, &mut [super::Region::default()]))
            .is_ok();
        if !works {
            let _ = writeln!(io::stderr(), "skipped: the kernel does not tell which pages were touched");
        }
        works
    }

    pub(super) fn scans_are_refused() -> bool {
        NO_SCANS.get()
    }

    pub(super) fn barriers_are_refused() -> bool {
        NO_BARRIERS.get()
    }

    pub(super) fn admit() -> io::Result<()> {
        CALLS.set(CALLS.get() + 1);
        if FAILING.get() == Some(CALLS.get()) {
            return Err(io::ErrorKind::OutOfMemory.into());
        }
        Ok(())
    }
}

/// The kernel calls, as Linux has them.
#[cfg(target_os = "linux")]
mod sys {
    use std::io;
    use std::mem::MaybeUninit;
    use std::ops::Range;
    use std::ptr::{NonNull, null_mut};
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicI32, Ordering};

    pub(super) const PROT_NONE: i32 = libc::PROT_NONE;
    pub(super) const PROT_READ_WRITE: i32 = libc::PROT_READ | libc::PROT_WRITE;

    /// From the kernel's uapi `membarrier.h`.
    const MEMBARRIER_PRIVATE_EXPEDITED_SYNC_CORE: i64 = 1 << 5;
    const MEMBARRIER_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE: i64 = 1 << 6;

    fn admit() -> io::Result<()> {
        #[cfg(test)]
        super::inject::admit()?;
        Ok(())
    }

    fn checked(result: i32) -> io::Result<()> {
        if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
    }

    pub(super) fn page_bytes() -> usize {
        // SAFETY: the call reads a constant of the system.
        let bytes = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
        usize::try_from(bytes).expect("every system has a page size")
    }

    pub(super) fn map(bytes: usize, protection: i32) -> io::Result<NonNull<u8>> {
        admit()?;
        map_uncounted(bytes, protection)
    }

    fn map_uncounted(bytes: usize, protection: i32) -> io::Result<NonNull<u8>> {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        // SAFETY: without MAP_FIXED the kernel picks a range that nobody uses.
        let base = unsafe { libc::mmap(null_mut(), bytes, protection, flags, -1, 0) };
        if base == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        Ok(NonNull::new(base.cast()).expect("the kernel maps nothing at address 0 by itself"))
    }

    pub(super) fn unmap(base: NonNull<u8>, bytes: usize) {
        // A failure leaves address space behind, nothing worse.
        if admit().is_ok() {
            // SAFETY: I1: the range is the caller's, who gives it up.
            unsafe { libc::munmap(base.as_ptr().cast(), bytes) };
        }
    }

    pub(super) fn protect(at: NonNull<u8>, bytes: usize, protection: i32) -> io::Result<()> {
        admit()?;
        // SAFETY: I1: the range is the caller's.
        checked(unsafe { libc::mprotect(at.as_ptr().cast(), bytes, protection) })
    }

    pub(super) fn discard(at: NonNull<u8>, bytes: usize) -> io::Result<()> {
        admit()?;
        // SAFETY: I1: the range is the caller's, private and anonymous, so it reads as zeros afterwards.
        checked(unsafe { libc::madvise(at.as_ptr().cast(), bytes, libc::MADV_DONTNEED) })
    }

    /// Argument of the scan, from the kernel's uapi `fs.h` (`pm_scan_arg`).
    #[repr(C)]
    #[derive(Default)]
    struct ScanArgument {
        size: u64,
        flags: u64,
        start: u64,
        end: u64,
        walk_end: u64,
        regions: u64,
        regions_len: u64,
        max_pages: u64,
        category_inverted: u64,
        category_mask: u64,
        category_anyof_mask: u64,
        return_mask: u64,
    }

    /// `_IOWR('f', 16, struct pm_scan_arg)`.
    const PAGEMAP_SCAN: libc::Ioctl = 0xC060_6610_u32 as libc::Ioctl;
    const PAGE_IS_PRESENT: u64 = 1 << 3;
    const PAGE_IS_SWAPPED: u64 = 1 << 4;
    /// Maps the page of zeros: it was read only.
    const PAGE_IS_PFNZERO: u64 = 1 << 5;

    pub(super) fn scan(
        at: NonNull<u8>,
        bytes: usize,
        regions: &mut [super::Region],
    ) -> io::Result<(usize, usize)> {
        #[cfg(test)]
        if super::inject::scans_are_refused() {
            return Err(io::ErrorKind::Unsupported.into());
        }
        let file = scan_file().ok_or(io::ErrorKind::Unsupported)?;
        admit()?;
        let start = at.as_ptr().addr() as u64;
        let mut argument = ScanArgument {
            size: size_of::<ScanArgument>() as u64,
            start,
            end: start + bytes as u64,
            regions: regions.as_mut_ptr().expose_provenance() as u64,
            regions_len: regions.len() as u64,
            category_inverted: PAGE_IS_PFNZERO,
            category_mask: PAGE_IS_PFNZERO,
            category_anyof_mask: PAGE_IS_PRESENT | PAGE_IS_SWAPPED,
            ..ScanArgument::default()
        };
        // SAFETY: I1: the kernel reads the argument, writes its `walk_end`, and fills at most `regions_len` regions, which are
        // borrowed for the call and valid whatever is written; it changes nothing of the range.
        let found = unsafe { libc::ioctl(file, PAGEMAP_SCAN, &raw mut argument) };
        let found = usize::try_from(found).map_err(|_| io::Error::last_os_error())?;
        // The kernel stops early only when there is no room for more; else it leaves `walk_end` where it last emptied its buffer.
        let end = if found < regions.len() { bytes as u64 } else { argument.walk_end - start };
        Ok((found, usize::try_from(end).unwrap_or(bytes)))
    }

    pub(super) fn prepare_scans() {
        let _ = scan_file();
    }

    /// The file through which this process asks about its own pages; none where the kernel does not have the question. A file
    /// opened before a fork answers for the parent, so its number is kept in a page that a fork empties.
    fn scan_file() -> Option<i32> {
        static KEPT: OnceLock<Option<Kept>> = OnceLock::new();
        let kept = KEPT.get_or_init(Kept::new).as_ref()?;
        let number = kept.number();
        match number.load(Ordering::Relaxed) {
            0 => {
                // Two threads at once open two files: one number too many, nothing worse.
                let opened = open_scan_file().map_or(-1, |file| file.saturating_add(1));
                number.store(opened, Ordering::Relaxed);
                (opened > 0).then(|| opened - 1)
            }
            opened if opened > 0 => Some(opened - 1),
            _ => None,
        }
    }

    fn open_scan_file() -> Option<i32> {
        // SAFETY: the path is a string with its zero; no memory of ours is touched.
        let file = unsafe { libc::open(c"/proc/self/pagemap".as_ptr(), libc::O_RDONLY | libc::O_CLOEXEC) };
        (file >= 0).then_some(file)
    }

    /// A page that lasts as long as the process and is empty in a forked one.
    struct Kept(super::Mapping);

    impl Kept {
        fn new() -> Option<Self> {
            let bytes = super::page_bytes();
            // Once per process, so not among what tests count.
            let base = map_uncounted(bytes, PROT_READ_WRITE).ok()?;
            // What a mapping gives back when it goes was counted before.
            super::RESERVED.fetch_add(bytes, Ordering::Relaxed);
            let mapping = super::Mapping { base, bytes };
            // SAFETY: I1: the range is the mapping's own, private and anonymous.
            let advised = unsafe { libc::madvise(base.as_ptr().cast(), bytes, libc::MADV_WIPEONFORK) };
            (advised == 0).then_some(Self(mapping))
        }

        /// The number of the file, plus one; 0 before it is opened, negative if it cannot be.
        fn number(&self) -> &AtomicI32 {
            // SAFETY: I1: the mapping is readable, writable, aligned and zeroed, lives as long as `self`, and holds nothing else.
            unsafe { self.0.base().cast::<AtomicI32>().as_ref() }
        }
    }

    pub(super) fn prefer_small_pages(at: NonNull<u8>, bytes: usize) {
        if admit().is_ok() {
            // SAFETY: I1: the range is the caller's; the advice changes no content.
            unsafe { libc::madvise(at.as_ptr().cast(), bytes, libc::MADV_NOHUGEPAGE) };
        }
    }

    fn membarrier(command: i64) -> bool {
        #[cfg(test)]
        if super::inject::barriers_are_refused() {
            return false;
        }
        // SAFETY: the call touches no memory of ours.
        unsafe { libc::syscall(libc::SYS_membarrier, command, 0_i64, 0_i64) == 0 }
    }

    pub(super) fn register_core_synchronization() -> bool {
        membarrier(MEMBARRIER_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE)
    }

    pub(super) fn synchronize_cores() -> bool {
        // A forked child has to register anew.
        let synchronize = || membarrier(MEMBARRIER_PRIVATE_EXPEDITED_SYNC_CORE);
        synchronize() || (register_core_synchronization() && synchronize())
    }

    pub(super) fn thread_stack_bounds() -> io::Result<Range<usize>> {
        let mut attributes = MaybeUninit::<libc::pthread_attr_t>::uninit();
        // SAFETY: the call only names the thread.
        let this = unsafe { libc::pthread_self() };
        // SAFETY: `this` is alive, and the call initialises what the pointer names.
        let status = unsafe { libc::pthread_getattr_np(this, attributes.as_mut_ptr()) };
        if status != 0 {
            return Err(io::Error::from_raw_os_error(status));
        }
        let (mut lowest, mut bytes) = (null_mut(), 0);
        // SAFETY: the attributes were initialised above.
        let status =
            unsafe { libc::pthread_attr_getstack(attributes.as_ptr(), &raw mut lowest, &raw mut bytes) };
        // SAFETY: they are destroyed once, and not used afterwards.
        unsafe { libc::pthread_attr_destroy(attributes.as_mut_ptr()) };
        if status != 0 {
            return Err(io::Error::from_raw_os_error(status));
        }
        let lowest = lowest.addr();
        Ok(lowest..lowest + bytes)
    }
}

/// Other systems: a clear refusal.
#[cfg(not(target_os = "linux"))]
mod sys {
    use std::io;
    use std::ops::Range;
    use std::ptr::NonNull;

    pub(super) const PROT_NONE: i32 = 0;
    pub(super) const PROT_READ_WRITE: i32 = 3;

    fn refused<R>() -> io::Result<R> {
        Err(io::Error::new(io::ErrorKind::Unsupported, "address ranges are implemented for Linux only"))
    }

    pub(super) fn page_bytes() -> usize {
        64 * 1024
    }
    pub(super) fn map(_bytes: usize, _protection: i32) -> io::Result<NonNull<u8>> {
        refused()
    }
    pub(super) fn unmap(_base: NonNull<u8>, _bytes: usize) {}
    pub(super) fn protect(_at: NonNull<u8>, _bytes: usize, _protection: i32) -> io::Result<()> {
        refused()
    }
    pub(super) fn discard(_at: NonNull<u8>, _bytes: usize) -> io::Result<()> {
        refused()
    }
    pub(super) fn scan(
        _at: NonNull<u8>,
        _bytes: usize,
        _regions: &mut [super::Region],
    ) -> io::Result<(usize, usize)> {
        refused()
    }
    pub(super) fn prepare_scans() {}
    pub(super) fn prefer_small_pages(_at: NonNull<u8>, _bytes: usize) {}
    pub(super) fn register_core_synchronization() -> bool {
        false
    }
    pub(super) fn synchronize_cores() -> bool {
        false
    }
    pub(super) fn thread_stack_bounds() -> io::Result<Range<usize>> {
        refused()
    }
}

#[cfg(test)]
mod tests {
    use super::{Carver, Mapping, Protection, inject, page_bytes, thread_stack_bounds, whole_pages};

    /// Whether this process can read the byte at `address`, asked without touching it.
    pub(super) fn is_readable(address: usize) -> bool {
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        maps.lines().any(|line| {
            let (range, rest) = line.split_once(' ').unwrap();
            let (start, end) = range.split_once('-').unwrap();
            let hex = |digits: &str| usize::from_str_radix(digits, 16).unwrap();
            (hex(start)..hex(end)).contains(&address) && rest.starts_with('r')
        })
    }

    #[test]
    fn a_span_is_accessible_exactly_as_far_as_it_was_set() {
        let page = page_bytes();
        let mut carver = Carver::reserved(8 * page).unwrap();
        carver.skip(page);
        let mut span = carver.cut(4 * page, page).unwrap();
        let base = span.base().as_ptr().addr();
        for pages in [0, 1, 4, 2, 3, 0] {
            span.set_accessible(pages * page).unwrap();
            let readable: Vec<_> = (0..5).map(|n| is_readable(base + n * page)).collect();
            assert_eq!(readable, (0..5).map(|n| n < pages).collect::<Vec<_>>(), "{pages} pages");
        }
        assert!(!is_readable(base - 1));
    }

    #[test]
    fn spans_do_not_overlap_and_end_with_the_mapping() {
        let page = page_bytes();
        let mut carver = Carver::zeroed(4 * page).unwrap();
        let mut first = carver.cut(page, page).unwrap();
        let mut second = carver.cut(2 * page, 0).unwrap();
        assert!(carver.cut(page, 0).is_none());
        drop(carver);
        first.bytes_mut(page).fill(1);
        second.bytes_mut(2 * page).fill(2);
        assert!(first.bytes(page).iter().all(|byte| *byte == 1));
        assert_eq!(second.base().as_ptr().addr() - first.base().as_ptr().addr(), 2 * page);
    }

    #[test]
    fn zeroing_reaches_the_last_byte_by_every_way() {
        for bytes in [1, 100, 64 * 1024, 64 * 1024 + 1, 1 << 20, 6 << 20] {
            for fail in [0, 1, 2] {
                let zeroed = || {
                    let mut span =
                        Carver::zeroed(whole_pages(bytes)).unwrap().cut(whole_pages(bytes), 0).unwrap();
                    span.bytes_mut(bytes).fill(0xa5);
                    let resident = inject::with_failing_call(fail, || span.zero(bytes, 0));
                    assert!(
                        span.bytes(bytes).iter().all(|byte| *byte == 0),
                        "{bytes} bytes, call {fail} fails"
                    );
                    assert!(resident <= whole_pages(bytes), "{resident} of {bytes} bytes, call {fail} fails");
                };
                zeroed();
                inject::without_scans(zeroed);
            }
        }
    }

    #[test]
    fn only_what_was_touched_stays_in_memory() {
        let page = page_bytes();
        let mut span = Carver::zeroed(64 * page).unwrap().cut(64 * page, 0).unwrap();
        if !inject::scans_work() {
            return;
        }
        assert_eq!(span.zero(64 * page, 0), 0);
        let mut touched = 0;
        for at in [0, 1, 5, 30, 63] {
            span.bytes_mut(64 * page)[at * page + 7] = 1;
            touched += 1;
            assert_eq!(span.zero(64 * page, 0), touched * page);
        }
        // More runs than one question has room for.
        for at in (0..64).step_by(2).chain([1]) {
            span.bytes_mut(64 * page)[at * page] = 1;
        }
        assert_eq!(span.zero(64 * page, 0), 35 * page);
        assert!(span.bytes(64 * page).iter().all(|byte| *byte == 0));
    }

    #[test]
    fn a_failed_call_leaves_the_span_as_it_was() {
        let page = page_bytes();
        let mut span = Carver::reserved(4 * page).unwrap().cut(4 * page, 0).unwrap();
        span.set_accessible(2 * page).unwrap();
        span.bytes_mut(2 * page).fill(7);
        for wanted in [4 * page, page] {
            let error = inject::with_failing_call(1, || span.set_accessible(wanted)).unwrap_err();
            assert!(error.to_string().starts_with("protecting "), "{error}");
            assert_eq!(span.accessible(), 2 * page);
            assert!(span.bytes(2 * page).iter().all(|byte| *byte == 7));
        }
        span.set_accessible(4 * page).unwrap();
    }

    #[test]
    fn a_reservation_beyond_the_address_space_is_an_error_that_says_so() {
        let error = Mapping::reserve(1 << 60).unwrap_err();
        assert!(error.to_string().starts_with("reserving 1152921504606846976 bytes"), "{error}");
    }

    #[test]
    fn a_dropped_mapping_is_gone() {
        let mapping = Mapping::zeroed(1).unwrap();
        let base = mapping.base().as_ptr().addr();
        assert!(is_readable(base));
        mapping.protect(0..mapping.len(), Protection::NONE).unwrap();
        assert!(!is_readable(base));
        drop(mapping);
        let calls = inject::calls();
        assert!(inject::with_failing_call(1, || Mapping::reserve(1)).is_err());
        assert_eq!(inject::calls(), calls + 1);
    }

    #[test]
    #[should_panic(expected = "are not whole pages")]
    fn parts_of_a_page_cannot_be_protected() {
        let mapping = Mapping::reserve(1).unwrap();
        let _ = mapping.protect(0..1, Protection::NONE);
    }

    #[test]
    #[should_panic(expected = "accessible bytes")]
    fn inaccessible_bytes_are_not_lent() {
        let span = Carver::reserved(page_bytes()).unwrap().cut(page_bytes(), 0).unwrap();
        let _ = span.bytes(1);
    }

    #[test]
    fn the_stack_bounds_hold_this_frame_and_differ_by_thread() {
        let bounds = || {
            let local = 0_u8;
            let bounds = thread_stack_bounds().unwrap();
            assert!(bounds.contains(&std::ptr::from_ref(&local).addr()));
            bounds
        };
        let here = bounds();
        let there = std::thread::Builder::new().stack_size(1 << 20).spawn(bounds).unwrap().join().unwrap();
        assert!(here.end <= there.start || there.end <= here.start, "{here:x?} {there:x?}");
        assert!(there.len() >= 1 << 20);
    }
}
