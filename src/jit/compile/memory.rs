//! Loads, stores, and the strategy that keeps them in bounds.
//!
//! Owns: which accesses are compared with the length and which rely on guard pages. Does not know: addressing modes.

use super::Emit;
use super::stack::Tag;
use super::values::Result;
use crate::arena::pool::{GUARD_BYTES, REACH_BYTES};
use crate::jit::abi::Class;
use crate::jit::masm::{Address, Gpr, Masm, Operand, Reg};
use crate::jit::target::{MemoryMode, Tuning};
use crate::spec::ops::Access;
use crate::spec::trap::Trap;
use crate::spec::types::ValType;

/// Accesses whose offset and width end here or below may rely on the guard; it is 2 GiB wide behind 4 GiB of addresses.
const GUARDED_END_MAX: u64 = GUARD_BYTES as u64;
/// The same for an address that is constant as a whole.
const GUARDED_CONSTANT_END_MAX: u64 = (REACH_BYTES + GUARD_BYTES) as u64;

impl<M: Masm> Emit<'_, M> {
    /// Takes the index off the stack and makes sure that the access is in bounds or hits a guard.
    fn address(&mut self, offset: u32, bytes: u8) -> Address {
        let top = *self.s.stack.top();
        let (index, offset) = if top.tag == Tag::Const && self.tuned(Tuning::FUSE_OPERAND) {
            self.drop_top();
            (None, top.bits() + u64::from(offset))
        } else {
            (Some(self.pop_int()), offset.into())
        };
        if let Some(index) = index
            && self.cx.target.verify
        {
            self.m.verify_i32(index);
        }
        let end = offset + u64::from(bytes);
        let end_max = if index.is_some() { GUARDED_END_MAX } else { GUARDED_CONSTANT_END_MAX };
        let guarded = self.cx.target.memory == MemoryMode::Guarded && end <= end_max;
        if !guarded {
            let outside = self.m.bounds_check(index, end);
            self.trap_if([outside], Trap::OutOfBoundsMemoryAccess);
        }
        Address { index, offset, site: guarded.then_some(self.wasm) }
    }

    /// Leaves a mark of the store that comes next, whose address was checked.
    fn mark(&mut self) {
        if self.cx.layout.marks > 0 {
            self.m.mark_store();
        }
    }

    fn release_address(&mut self, address: Address) {
        if let Some(index) = address.index {
            self.release_int(index);
        }
    }

    /// `[i32] -> [t]`.
    pub(super) fn load(&mut self, access: Access, offset: u32) {
        let address = self.address(offset, access.bytes());
        let ty = access.ty();
        match Class::of(ty) {
            Class::Int => {
                let result: Result<Gpr> = self.int_result(address.index);
                self.m.load(access, Reg::Int(result.reg), address);
                let held = address.index.map(Operand::Reg);
                self.finish_int(ty, result, held.as_slice());
            }
            Class::Float => {
                let result = self.float_result(None);
                self.m.load(access, Reg::Float(result.reg), address);
                self.release_address(address);
                self.finish_float(ty, result, &[]);
            }
        }
    }

    /// `[i32 t] -> []`.
    pub(super) fn store(&mut self, access: Access, offset: u32) {
        let top = *self.s.stack.top();
        match (top.tag, Class::of(top.ty)) {
            (Tag::Const, Class::Int) if fits_immediate(access, top.bits()) => {
                self.drop_top();
                let address = self.address(offset, access.bytes());
                self.mark();
                self.m.store_imm(access, top.bits(), address);
                self.release_address(address);
            }
            (_, Class::Int) => {
                let value = self.pop_int();
                let address = self.address(offset, access.bytes());
                self.mark();
                self.m.store(access, Reg::Int(value), address);
                self.release_address(address);
                self.release_int(value);
            }
            (_, Class::Float) => {
                let value = self.pop_float();
                let address = self.address(offset, access.bytes());
                self.mark();
                self.m.store(access, Reg::Float(value), address);
                self.release_address(address);
                self.release_float(value);
            }
        }
    }

    /// `memory.size`.
    pub(super) fn memory_size(&mut self) {
        let result = self.int_result(None);
        self.m.memory_pages(result.reg);
        self.finish_int(ValType::I32, result, &[]);
    }
}

/// Whether an integer constant can be stored by one instruction with a 32-bit immediate.
fn fits_immediate(access: Access, bits: u64) -> bool {
    access.bytes() < 8 || i32::try_from(bits.cast_signed()).is_ok()
}
