//! What a trap's operator was about to do, read from the module at the trap's site.
//!
//! Owns: how much of an operator's encoding that takes. Does not know: where the datum comes from (`call`).

use super::StoreInner;
use super::addr::InstanceAddr;
use crate::error::TrapDetail;
use crate::spec::module::{MemIdx, TableIdx, TypeIdx};
use crate::spec::trap::Trap;
use crate::spec::types::FuncType;

/// What machine code left behind.
#[derive(Debug)]
pub(crate) struct Site {
    /// Where the operator begins in the module.
    pub(crate) offset: Option<u32>,
    /// Address or index, as the trap's kind has it.
    pub(crate) datum: u64,
    /// Whether the datum is the byte that hit a guard, instead of the end of a checked access.
    pub(crate) is_guard_hit: bool,
    /// The type of the function that an indirect call found.
    pub(crate) found: Option<FuncType>,
}

/// What the operator at a site was about to do; `None` where machine code does not say.
///
/// The site is looked up for traps that have a detail only.
pub(crate) fn detail<T>(
    store: &StoreInner<T>,
    instance: InstanceAddr,
    trap: Trap,
    site: impl FnOnce() -> Site,
) -> TrapDetail {
    let of = match trap {
        Trap::OutOfBoundsMemoryAccess => memory,
        Trap::OutOfBoundsTableAccess | Trap::UndefinedElement => table,
        Trap::IndirectCallTypeMismatch => signature,
        _ => return TrapDetail::None,
    };
    let site = site();
    let Some(offset) = site.offset else { return TrapDetail::None };
    let operator = store.module_of(instance).bytes().get(offset as usize..).unwrap_or(&[]);
    of(store, instance, operator, &site).unwrap_or(TrapDetail::None)
}

fn memory<T>(
    store: &StoreInner<T>,
    instance: InstanceAddr,
    operator: &[u8],
    site: &Site,
) -> Option<TrapDetail> {
    let width = access_bytes(*operator.first()?)?;
    let memory = store.instance(instance).body.memories.get(MemIdx::new(0).index())?;
    let size = store.memories.get(*memory)?.size_bytes();
    // Both modes name the first byte outside: all that a guard hit knows.
    let address = if site.is_guard_hit { site.datum } else { site.datum.saturating_sub(width).max(size) };
    Some(TrapDetail::Memory { address, size })
}

fn table<T>(
    store: &StoreInner<T>,
    instance: InstanceAddr,
    operator: &[u8],
    site: &Site,
) -> Option<TrapDetail> {
    let (&opcode, immediates) = operator.split_first()?;
    let table = match opcode {
        CALL_INDIRECT => leb(leb(immediates)?.1)?.0,
        TABLE_GET | TABLE_SET => leb(immediates)?.0,
        _ => return None,
    };
    let module = store.module_of(instance);
    module.decl().tables.get(TableIdx::new(table))?;
    let view = store.instance(instance).context.table(module.layout(), TableIdx::new(table));
    let size = view.length.get();
    Some(TrapDetail::Table { index: site.datum, size })
}

fn signature<T>(
    store: &StoreInner<T>,
    instance: InstanceAddr,
    operator: &[u8],
    site: &Site,
) -> Option<TrapDetail> {
    let (&opcode, immediates) = operator.split_first()?;
    if opcode != CALL_INDIRECT {
        return None;
    }
    let ty = TypeIdx::new(leb(immediates)?.0);
    let expected = store.module_of(instance).decl().types.get(ty)?.clone();
    Some(TrapDetail::Signature { expected, found: site.found.clone()? })
}

const CALL_INDIRECT: u8 = 0x11;
const TABLE_GET: u8 = 0x25;
const TABLE_SET: u8 = 0x26;

/// Bytes that a load or store touches, by its opcode.
fn access_bytes(opcode: u8) -> Option<u64> {
    Some(match opcode {
        0x2C | 0x2D | 0x30 | 0x31 | 0x3A | 0x3C => 1,
        0x2E | 0x2F | 0x32 | 0x33 | 0x3B | 0x3D => 2,
        0x28 | 0x2A | 0x34..=0x36 | 0x38 | 0x3E => 4,
        0x29 | 0x2B | 0x37 | 0x39 => 8,
        _ => return None,
    })
}

/// An unsigned number of up to 32 bits and what follows it. The module was validated, so only shape matters.
fn leb(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let last = bytes.iter().take(5).position(|byte| byte & 0x80 == 0)?;
    let value = bytes[..=last].iter().rev().fold(0, |value: u32, byte| value << 7 | u32::from(byte & 0x7F));
    Some((value, &bytes[last + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_modules_write_them() {
        let check =
            |bytes: &[u8], value| assert_eq!(leb(bytes).map(|(value, rest)| (value, rest.len())), value);
        check(&[5, 9], Some((5, 1)));
        check(&[0xE5, 0x8E, 0x26], Some((624_485, 0)));
        check(&[0x80, 0x80, 0x80, 0x80, 0x00, 7, 7], Some((0, 2)));
        check(&[0xFF, 0xFF, 0xFF, 0xFF, 0x0F], Some((u32::MAX, 0)));
        check(&[0x80], None);
        check(&[], None);
    }

    #[test]
    fn every_load_and_store_has_a_width() {
        let widths: Vec<u64> = (0x28..=0x3E).filter_map(access_bytes).collect();
        assert_eq!(widths, [4, 8, 4, 8, 1, 1, 2, 2, 1, 1, 2, 2, 4, 4, 4, 8, 4, 8, 1, 2, 1, 2, 4]);
        assert_eq!((access_bytes(0x27), access_bytes(0x3F)), (None, None));
    }
}
