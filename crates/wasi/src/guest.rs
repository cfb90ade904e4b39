//! The guest's memory as WASI sees it: every access is checked, none can panic.
//!
//! Owns: [`Guest`] and the two binary layouts ([`Abi`]). Does not know: what the bytes mean.

use std::ops::Range;

use crate::errno::Errno;

/// Which of the two interfaces a call came through; their structures differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Abi {
    /// `wasi_snapshot_preview1`.
    Preview1,
    /// `wasi_unstable`, the snapshot before it.
    Unstable,
}

/// More buffers than this in one call are refused, as POSIX systems do (`IOV_MAX`).
const IOVS_MAX: u32 = 1024;

/// A buffer in guest memory; inside the memory by construction.
pub(crate) type Iov = Range<usize>;

/// A checked view of the memory of the instance that called.
#[derive(Debug)]
pub(crate) struct Guest<'a> {
    bytes: &'a mut [u8],
    /// The interface of the call.
    pub(crate) abi: Abi,
}

impl<'a> Guest<'a> {
    pub(crate) fn new(bytes: &'a mut [u8], abi: Abi) -> Self {
        Self { bytes, abi }
    }

    /// The range of `len` bytes from `at`. An empty one is fine anywhere: nothing is touched.
    pub(crate) fn range(&self, at: u32, len: u64) -> Result<Range<usize>, Errno> {
        if len == 0 {
            return Ok(0..0);
        }
        let end = u64::from(at).checked_add(len).ok_or(Errno::Fault)?;
        let end = usize::try_from(end).map_err(|_| Errno::Fault)?;
        if end > self.bytes.len() {
            return Err(Errno::Fault);
        }
        Ok(at as usize..end)
    }

    pub(crate) fn slice(&self, range: Range<usize>) -> &[u8] {
        self.bytes.get(range).unwrap_or_default()
    }

    pub(crate) fn slice_mut(&mut self, range: Range<usize>) -> &mut [u8] {
        self.bytes.get_mut(range).unwrap_or_default()
    }

    pub(crate) fn bytes(&self, at: u32, len: u32) -> Result<&[u8], Errno> {
        Ok(self.slice(self.range(at, len.into())?))
    }

    pub(crate) fn bytes_mut(&mut self, at: u32, len: u32) -> Result<&mut [u8], Errno> {
        let range = self.range(at, len.into())?;
        Ok(self.slice_mut(range))
    }

    /// A path: UTF-8 without NUL.
    pub(crate) fn path(&self, at: u32, len: u32) -> Result<&str, Errno> {
        let path = str::from_utf8(self.bytes(at, len)?).map_err(|_| Errno::Ilseq)?;
        if path.contains('\0') {
            return Err(Errno::Inval);
        }
        Ok(path)
    }

    fn array<const N: usize>(&self, at: u32) -> Result<[u8; N], Errno> {
        let range = self.range(at, N as u64)?;
        self.slice(range).try_into().map_err(|_| Errno::Fault)
    }

    pub(crate) fn u8(&self, at: u32) -> Result<u8, Errno> {
        Ok(u8::from_le_bytes(self.array(at)?))
    }

    pub(crate) fn u16(&self, at: u32) -> Result<u16, Errno> {
        Ok(u16::from_le_bytes(self.array(at)?))
    }

    pub(crate) fn u32(&self, at: u32) -> Result<u32, Errno> {
        Ok(u32::from_le_bytes(self.array(at)?))
    }

    pub(crate) fn u64(&self, at: u32) -> Result<u64, Errno> {
        Ok(u64::from_le_bytes(self.array(at)?))
    }

    pub(crate) fn put(&mut self, at: u32, bytes: &[u8]) -> Result<(), Errno> {
        let range = self.range(at, bytes.len() as u64)?;
        self.slice_mut(range).copy_from_slice(bytes);
        Ok(())
    }

    pub(crate) fn put_u32(&mut self, at: u32, value: u32) -> Result<(), Errno> {
        self.put(at, &value.to_le_bytes())
    }

    pub(crate) fn put_u64(&mut self, at: u32, value: u64) -> Result<(), Errno> {
        self.put(at, &value.to_le_bytes())
    }

    /// The `count` buffers listed at `at`; together shorter than 4 GiB, so that a count of bytes fits.
    pub(crate) fn iovs(&self, at: u32, count: u32) -> Result<Vec<Iov>, Errno> {
        if count > IOVS_MAX {
            return Err(Errno::Inval);
        }
        self.range(at, u64::from(count) * 8)?;
        let mut total = 0u32;
        let mut iovs = Vec::with_capacity(count as usize);
        for k in 0..count {
            let entry = at + 8 * k;
            let len = self.u32(entry + 4)?;
            total = total.checked_add(len).ok_or(Errno::Inval)?;
            iovs.push(self.range(self.u32(entry)?, len.into())?);
        }
        Ok(iovs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_checked_at_every_edge() {
        let mut bytes = [0u8; 16];
        let guest = Guest::new(&mut bytes, Abi::Preview1);
        let cases = [
            (0, 16, true),
            (15, 1, true),
            (16, 0, true),
            (u32::MAX, 0, true),
            (15, 2, false),
            (16, 1, false),
            (u32::MAX, 1, false),
            (1, u64::MAX, false),
        ];
        for (at, len, fits) in cases {
            assert_eq!(guest.range(at, len).is_ok(), fits, "{at}+{len}");
        }
    }

    #[test]
    fn iovs_outside_are_faults_and_too_many_are_invalid() {
        let mut bytes = [0u8; 32];
        bytes[0..8].copy_from_slice(&[8, 0, 0, 0, 4, 0, 0, 0]);
        bytes[8..16].copy_from_slice(&[0xFF; 8]);
        let guest = Guest::new(&mut bytes, Abi::Preview1);
        assert_eq!(guest.iovs(0, 1).map(|iovs| (iovs.len(), iovs[0].clone())), Ok((1, 8..12)));
        assert_eq!(guest.iovs(0, 2), Err(Errno::Inval), "lengths add up to more than 32 bits");
        assert_eq!(guest.iovs(8, 1), Err(Errno::Fault));
        assert_eq!(guest.iovs(28, 1), Err(Errno::Fault), "the list itself is outside");
        assert_eq!(guest.iovs(0, u32::MAX), Err(Errno::Inval));
    }
}
