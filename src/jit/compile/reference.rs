//! References and tables, but for what builtins do.
//!
//! Owns: `ref.*`, `table.get`, `table.set`, `table.size`. Does not know: what a reference's word is made of, beyond `abi`.

use super::Emit;
use super::stack::Tag;
use crate::jit::abi::at;
use crate::jit::masm::{Base, Home, Masm, Operand};
use crate::spec::module::{FuncIdx, TableIdx};
use crate::spec::ops::{IntBinary, IntSize};
use crate::spec::trap::Trap;
use crate::spec::types::{RefType, ValType};

impl<M: Masm> Emit<'_, M> {
    /// `ref.null`; the immediate says whether of functions.
    pub(super) fn ref_null(&mut self, func: u32) {
        self.push_constant(if func == 0 { ValType::ExternRef } else { ValType::FuncRef }, 0);
    }

    /// `ref.func`: this instance's identity with the index, or the origin's word of an import.
    pub(super) fn ref_func(&mut self, func: FuncIdx) {
        let result = self.int_result(None);
        if self.cx.decoded.decl.defined(func).is_some() {
            self.m.load_int(IntSize::W64, result.reg, Home::context(at::OWN_TAG));
            let index = Operand::Imm(func.as_u32().into());
            self.m.int_binary(IntSize::W64, IntBinary::Or, result.reg, result.reg, index);
        } else {
            let view = self.cx.layout.import(func.as_u32());
            self.m.load_int(IntSize::W64, result.reg, Home::context(view + at::IMPORT_WORD));
        }
        self.finish_int(ValType::FuncRef, result, &[]);
    }

    fn element_type(&self, table: TableIdx) -> ValType {
        match self.cx.decoded.decl.tables[table].element {
            RefType::Func => ValType::FuncRef,
            RefType::Extern => ValType::ExternRef,
        }
    }

    /// The address of an entry, in a held register; the index is taken off the stack.
    fn table_entry(&mut self, table: TableIdx) -> crate::jit::masm::Gpr {
        let index = self.pop_int();
        let entry = self.take_int();
        let view = self.cx.layout.table(table);
        let outside = self.m.table_entry(entry, index, view);
        self.trap_if([outside], Trap::OutOfBoundsTableAccess);
        self.release_int(index);
        entry
    }

    /// `table.get`.
    pub(super) fn table_get(&mut self, imm: u32) {
        let table = TableIdx::new(imm);
        let entry = self.table_entry(table);
        let result = self.int_result(Some(entry));
        self.m.load_int(IntSize::W64, result.reg, Home { base: Base::Reg(entry), offset: 0 });
        self.finish_int(self.element_type(table), result, &[Operand::Reg(entry)]);
    }

    /// `table.set`.
    pub(super) fn table_set(&mut self, imm: u32) {
        let top = *self.s.stack.top();
        if top.tag == Tag::Const {
            self.drop_top();
            let entry = self.table_entry(TableIdx::new(imm));
            self.m.store_const(Home { base: Base::Reg(entry), offset: 0 }, top.bits());
            return self.release_int(entry);
        }
        let value = self.pop_int();
        let entry = self.table_entry(TableIdx::new(imm));
        self.m.store_int(Home { base: Base::Reg(entry), offset: 0 }, value);
        self.release_int(entry);
        self.release_int(value);
    }

    /// `table.size`.
    pub(super) fn table_size(&mut self, imm: u32) {
        let view = self.cx.layout.table(TableIdx::new(imm));
        let result = self.int_result(None);
        self.m.load_int(IntSize::W32, result.reg, Home::context(view + at::TABLE_LENGTH));
        self.finish_int(ValType::I32, result, &[]);
    }
}
