//! A guest's memory as host functions see it: checked reads and writes, little endian.

use super::errno::Errno;

/// The bytes of the memory that the module exports, empty if it has none.
pub struct Memory<'a>(pub &'a mut [u8]);

impl Memory<'_> {
    /// `len` bytes at `at`.
    pub(super) fn slice(&mut self, at: u64, len: u64) -> Result<&mut [u8], Errno> {
        let end = at.checked_add(len).ok_or(Errno::FAULT)?;
        let range =
            usize::try_from(at).map_err(|_| Errno::FAULT)?..usize::try_from(end).map_err(|_| Errno::FAULT)?;
        self.0.get_mut(range).ok_or(Errno::FAULT)
    }

    pub(super) fn array<const N: usize>(&mut self, at: u64) -> Result<[u8; N], Errno> {
        let bytes = self.slice(at, N as u64)?;
        let mut array = [0; N];
        array.copy_from_slice(bytes);
        Ok(array)
    }

    pub(super) fn u32(&mut self, at: u64) -> Result<u64, Errno> {
        Ok(u32::from_le_bytes(self.array(at)?).into())
    }

    pub(super) fn u64(&mut self, at: u64) -> Result<u64, Errno> {
        Ok(u64::from_le_bytes(self.array(at)?))
    }

    pub(super) fn put(&mut self, at: u64, bytes: &[u8]) -> Result<(), Errno> {
        self.slice(at, bytes.len() as u64)?.copy_from_slice(bytes);
        Ok(())
    }

    /// A size or count; the guests' memories are 32-bit.
    pub(super) fn put_u32(&mut self, at: u64, value: usize) -> Result<(), Errno> {
        let value = u32::try_from(value).map_err(|_| Errno::INVAL)?;
        self.put(at, &value.to_le_bytes())
    }

    pub(super) fn put_u64(&mut self, at: u64, value: u64) -> Result<(), Errno> {
        self.put(at, &value.to_le_bytes())
    }

    /// The `(pointer, length)` pairs of an iovec array.
    pub(super) fn vectors(&mut self, at: u64, count: u64) -> Result<Vec<(u64, u64)>, Errno> {
        (0..count).map(|i| Ok((self.u32(at + 8 * i)?, self.u32(at + 8 * i + 4)?))).collect()
    }

    pub(super) fn text(&mut self, at: u64, len: u64) -> Result<String, Errno> {
        String::from_utf8(self.slice(at, len)?.to_vec()).map_err(|_| Errno::INVAL)
    }
}
