//! Linear memory and tables.
//!
//! Owns: how an [`Address`] becomes an operand, loads, stores, bounds checks, table entries.
//! Does not know: when a check is needed (`compile::memory`).
//!
//! An access is one instruction that reads or writes exactly the access's width; a store that a guard page keeps in bounds has a
//! load of the same bytes before it, which faults before anything is written (see [`probe`]). The index is extended from 32 bits again
//! wherever it is added, so the sum cannot leave the reservation whatever the upper half of its register holds:
//! `[x27, w, uxtw]` without an offset, else `add x16, x27, w, uxtw` and `[x16, #offset]`. Offsets that instructions cannot
//! hold go through x16 as a number, all in 64 bits: `[x27, x16]`.

use dynasmrt::DynasmApi;

use super::A64;
use super::encode::{Cc, asm};
use super::regs::{CONTEXT, MEMORY, SCRATCH, TEMP, ZERO};
use crate::jit::abi::{MARK_SHIFT, MARKS, at};
use crate::jit::buffers::Jump;
use crate::jit::masm::{Address, Gpr, Home, MemoryOps, Reg};
use crate::spec::ops::{Access, IntSize, Sign};

/// Binary logarithm of the bytes of a page.
const PAGE_SHIFT: u32 = 16;
/// Binary logarithm of the bytes of a table's entry.
const TABLE_ENTRY_SHIFT: u32 = 3;

impl MemoryOps for A64 {
    fn load(&mut self, access: Access, dst: Reg, address: Address) {
        let (transfer, reg) = match (access, dst) {
            (Access::I32 { bytes, sign }, Reg::Int(dst)) => {
                (Transfer::load_int(IntSize::W32, bytes, sign), dst.0)
            }
            (Access::I64 { bytes, sign }, Reg::Int(dst)) => {
                (Transfer::load_int(IntSize::W64, bytes, sign), dst.0)
            }
            (Access::F32 | Access::F64, Reg::Float(dst)) => (Transfer::load_float(access.bytes()), dst.0),
            (access, dst) => unreachable!("{access:?} does not load into {dst:?}"),
        };
        self.transfer(transfer, reg, address);
    }

    fn store(&mut self, access: Access, src: Reg, address: Address) {
        let (transfer, reg) = match src {
            Reg::Int(src) => (Transfer::store_int(access.bytes()), src.0),
            Reg::Float(src) => (Transfer::store_float(access.bytes()), src.0),
        };
        self.transfer(transfer, reg, address);
    }

    fn store_imm(&mut self, access: Access, bits: u64, address: Address) {
        let src = if bits == 0 { ZERO } else { SCRATCH };
        if bits != 0 {
            self.mov_imm(SCRATCH, bits);
        }
        self.store(access, Reg::Int(src), address);
    }

    fn bounds_check(&mut self, index: Option<Gpr>, end: u64) -> Jump {
        self.mov_imm(SCRATCH, end);
        if let Some(index) = index {
            asm!(self ; add XSP(SCRATCH), XSP(SCRATCH), W(index), uxtw);
        }
        self.load_word(IntSize::W64, TEMP, Home::context(at::MEMORY_LENGTH));
        self.cmp(IntSize::W64, SCRATCH, TEMP);
        self.jcc(Cc::HI)
    }

    fn mark_store(&mut self) {
        asm!(self
            ; lsr X(SCRATCH), X(SCRATCH), MARK_SHIFT
            ; add X(SCRATCH), X(CONTEXT), X(SCRATCH));
        self.mov_imm(TEMP, 1);
        asm!(self ; strb W(TEMP), [XSP(SCRATCH), MARKS]);
    }

    fn verify_i32(&mut self, reg: Gpr) {
        asm!(self
            ; lsr X(TEMP), X(reg), 32
            ; cbz X(TEMP), 8);
        // A broken invariant is our bug and a way out of the sandbox: the breakpoint ends the process.
        self.breakpoint();
    }

    fn memory_pages(&mut self, dst: Gpr) {
        self.load_word(IntSize::W64, dst, Home::context(at::MEMORY_LENGTH));
        asm!(self ; lsr X(dst), X(dst), PAGE_SHIFT);
    }

    fn table_entry(&mut self, dst: Gpr, index: Gpr, view: u32) -> Jump {
        let outside = self.table_index(index, view);
        self.load_word(IntSize::W64, dst, Home::context(view + at::TABLE_BASE));
        asm!(self ; add X(dst), X(dst), X(SCRATCH), lsl TABLE_ENTRY_SHIFT);
        outside
    }
}

/// A load or store without its address: one instruction in three forms of address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Transfer {
    /// Binary logarithm of the bytes.
    scale: u32,
    /// The register is a vector register.
    vector: bool,
    /// What is done: the field of the instruction.
    what: u32,
}

/// Fields of the instructions: store, load with zeros above, load with the sign above, to 64 or to 32 bits.
const STORE: u32 = 0;
const LOAD: u32 = 1;
const LOAD_SIGNED_64: u32 = 2;
const LOAD_SIGNED_32: u32 = 3;

/// What unsigned offsets in units of the width hold, and signed ones in bytes, of which only the positive half is used.
const SCALED_MAX: u64 = 0xFFF;
const UNSCALED_MAX: u64 = 0xFF;

impl Transfer {
    fn new(bytes: u8, vector: bool, what: u32) -> Self {
        debug_assert!(bytes.is_power_of_two() && bytes <= 8, "widths of accesses");
        Self { scale: bytes.trailing_zeros(), vector, what }
    }

    /// An integer of `bytes` bytes, extended to `size`; a zero extension writes the 32-bit register, which clears the rest.
    fn load_int(size: IntSize, bytes: u8, sign: Sign) -> Self {
        let whole = bytes == if size == IntSize::W64 { 8 } else { 4 };
        let what = match (sign, size) {
            (Sign::Signed, IntSize::W64) if !whole => LOAD_SIGNED_64,
            (Sign::Signed, IntSize::W32) if !whole => LOAD_SIGNED_32,
            _ => LOAD,
        };
        Self::new(bytes, false, what)
    }

    fn load_float(bytes: u8) -> Self {
        Self::new(bytes, true, LOAD)
    }

    fn store_int(bytes: u8) -> Self {
        Self::new(bytes, false, STORE)
    }

    fn store_float(bytes: u8) -> Self {
        Self::new(bytes, true, STORE)
    }

    /// The fields that all forms share.
    const fn word(self, reg: u8, base: Gpr) -> u32 {
        self.scale << 30
            | 0b111 << 27
            | (self.vector as u32) << 26
            | self.what << 22
            | (base.0 as u32) << 5
            | reg as u32
    }

    /// `[base, #offset]`, if the offset fits.
    fn at_offset(self, reg: u8, base: Gpr, offset: u64) -> Option<u32> {
        let scaled = offset >> self.scale;
        if scaled << self.scale == offset && scaled <= SCALED_MAX {
            Some(self.word(reg, base) | 0b01 << 24 | field(scaled) << 10)
        } else if offset <= UNSCALED_MAX {
            Some(self.word(reg, base) | field(offset) << 12)
        } else {
            None
        }
    }

    /// `[base, index]`: 64 bits, or 32 bits with zeros above.
    const fn at_index(self, reg: u8, base: Gpr, size: IntSize, index: Gpr) -> u32 {
        const UXTW: u32 = 0b010;
        const LSL: u32 = 0b011;
        let option = if matches!(size, IntSize::W32) { UXTW } else { LSL };
        self.word(reg, base) | 1 << 21 | (index.0 as u32) << 16 | option << 13 | 0b10 << 10
    }
}

/// Whether a store may hit a guard with a part of its bytes only.
const fn may_straddle(scale: u32, address: Address) -> bool {
    let aligned = address.index.is_none() && address.offset.trailing_zeros() >= scale;
    address.site.is_some() && scale > 0 && !aligned
}

/// The load of a store's bytes to nowhere. Machines may write the accessible part of a store before they fault; a load
/// faults first.
const fn probe(store: u32) -> u32 {
    const VECTOR: u32 = 1 << 26;
    store & !VECTOR | LOAD << 22 | ZERO.0 as u32
}

fn field(bits: u64) -> u32 {
    u32::try_from(bits).expect("compared with what the field holds")
}

impl A64 {
    /// Puts a table index into the scratch and jumps if it is not below the table's length, with the index as the datum.
    /// Behind the jump the index is 0 under speculation past the length.
    pub(super) fn table_index(&mut self, index: Gpr, view: u32) -> Jump {
        self.load_word(IntSize::W64, TEMP, Home::context(view + at::TABLE_LENGTH));
        self.mov(IntSize::W32, SCRATCH, index);
        self.cmp(IntSize::W64, SCRATCH, TEMP);
        let outside = self.jcc(Cc::HS);
        self.mask_index(IntSize::W64, SCRATCH);
        outside
    }

    /// The access, and its site if it has one.
    fn transfer(&mut self, transfer: Transfer, reg: u8, address: Address) {
        let word = self.place(transfer, reg, address);
        if transfer.what == STORE && may_straddle(transfer.scale, address) {
            self.access(probe(word), address);
        }
        self.access(word, address);
    }

    fn access(&mut self, word: u32, address: Address) {
        if let Some(wasm) = address.site {
            self.buf.record_access(wasm);
        }
        self.word(word);
    }

    /// The instruction of an access, once the instructions before it have been emitted.
    fn place(&mut self, transfer: Transfer, reg: u8, address: Address) -> u32 {
        const UPPER_MAX: u64 = 0xFFF;
        let Address { index, offset, .. } = address;
        let Some(index) = index else {
            return transfer.at_offset(reg, MEMORY, offset).unwrap_or_else(|| {
                self.mov_imm(TEMP, offset);
                transfer.at_index(reg, MEMORY, IntSize::W64, TEMP)
            });
        };
        if offset == 0 {
            return transfer.at_index(reg, MEMORY, IntSize::W32, index);
        }
        if let Some(word) = transfer.at_offset(reg, TEMP, offset) {
            asm!(self ; add XSP(TEMP), XSP(MEMORY), W(index), uxtw);
            return word;
        }
        let (upper, lower) = (offset >> 12, offset & 0xFFF);
        if let (0..=UPPER_MAX, Some(word)) = (upper, transfer.at_offset(reg, TEMP, lower)) {
            asm!(self
                ; add XSP(TEMP), XSP(MEMORY), W(index), uxtw
                ; add XSP(TEMP), XSP(TEMP), field(upper), lsl 12);
            return word;
        }
        self.mov_imm(TEMP, offset);
        asm!(self ; add XSP(TEMP), XSP(TEMP), W(index), uxtw);
        transfer.at_index(reg, MEMORY, IntSize::W64, TEMP)
    }
}
