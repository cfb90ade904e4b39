//! Arguments and environment.
//!
//! Owns: `args_*`, `environ_*`. Does not know: where the strings came from.

use crate::WasiCtx;
use crate::errno::Errno;
use crate::guest::Guest;

impl WasiCtx {
    pub(crate) fn args_get(&mut self, guest: &mut Guest<'_>, at: (u32, u32)) -> Result<(), Errno> {
        put_strings(guest, &self.args, at)
    }

    pub(crate) fn args_sizes_get(&mut self, guest: &mut Guest<'_>, at: (u32, u32)) -> Result<(), Errno> {
        put_sizes(guest, &self.args, at)
    }

    pub(crate) fn environ_get(&mut self, guest: &mut Guest<'_>, at: (u32, u32)) -> Result<(), Errno> {
        put_strings(guest, &self.env, at)
    }

    pub(crate) fn environ_sizes_get(&mut self, guest: &mut Guest<'_>, at: (u32, u32)) -> Result<(), Errno> {
        put_sizes(guest, &self.env, at)
    }
}

/// Writes the strings, each with a NUL, to `buffer` and their addresses to `pointers`.
fn put_strings(
    guest: &mut Guest<'_>,
    strings: &[Box<[u8]>],
    (pointers, buffer): (u32, u32),
) -> Result<(), Errno> {
    let mut pointer = u64::from(pointers);
    let mut byte = u64::from(buffer);
    for string in strings {
        let at = u32::try_from(byte).map_err(|_| Errno::Fault)?;
        guest.put_u32(u32::try_from(pointer).map_err(|_| Errno::Fault)?, at)?;
        guest.put(at, string)?;
        byte += string.len() as u64;
        guest.put(u32::try_from(byte).map_err(|_| Errno::Fault)?, &[0])?;
        byte += 1;
        pointer += 4;
    }
    Ok(())
}

fn put_sizes(guest: &mut Guest<'_>, strings: &[Box<[u8]>], (count, bytes): (u32, u32)) -> Result<(), Errno> {
    let total: usize = strings.iter().map(|string| string.len() + 1).sum();
    guest.put_u32(count, u32::try_from(strings.len()).map_err(|_| Errno::Overflow)?)?;
    guest.put_u32(bytes, u32::try_from(total).map_err(|_| Errno::Overflow)?)
}
