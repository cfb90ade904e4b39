//! Segments and the bulk operators: one primitive each for the instruction, the active segment and the host.
//!
//! Owns: checks and order of `table.init`, `memory.init`, `fill`, `copy`, `drop`. All arithmetic is in 64 bits; a range is
//! checked whole before anything is written, also when it is empty.
//! Does not know: who asks.

use super::StoreInner;
use super::addr::{InstanceAddr, MemAddr, TableAddr};
use super::island::ViewMut;
use super::memory::checked_range;
use crate::spec::const_expr::{ConstEnv, ConstExpr};
use crate::spec::module::{DataIdx, ElemIdx, FuncIdx, GlobalIdx, MemIdx, TableIdx};
use crate::spec::trap::Trap;
use crate::spec::value::Bits;

const MEMORY: Trap = Trap::OutOfBoundsMemoryAccess;
const TABLE: Trap = Trap::OutOfBoundsTableAccess;

/// An instance, for constant expressions.
pub(crate) struct Env<'a, T> {
    store: &'a StoreInner<T>,
    instance: InstanceAddr,
}

impl<T> ConstEnv for Env<'_, T> {
    fn global(&self, global: GlobalIdx) -> Bits {
        let addr = self.store.instance(self.instance).body.globals[global.index()];
        self.store.global_at(addr).cell.get()
    }

    fn func_ref(&self, func: FuncIdx) -> Bits {
        Bits::from_u64(self.store.origin_of(self.instance, func).word())
    }
}

impl<T> StoreInner<T> {
    /// The value of a constant expression in an instance.
    pub(crate) fn eval(&self, instance: InstanceAddr, expr: &ConstExpr) -> Bits {
        expr.eval(&Env { store: self, instance })
    }

    /// The row of a memory of an instance.
    #[inline]
    pub(crate) fn memory_of(&self, instance: InstanceAddr, memory: MemIdx) -> MemAddr {
        self.instance(instance).body.memories[memory.index()]
    }

    /// The row of a table of an instance.
    #[inline]
    pub(crate) fn table_of(&self, instance: InstanceAddr, table: TableIdx) -> TableAddr {
        self.instance(instance).body.tables[table.index()]
    }
}

impl<T> ViewMut<'_, T> {
    /// `memory.init`: copies `n` bytes of a segment from `src` on.
    ///
    /// # Errors
    /// If they are not all in the segment, or do not all fit.
    pub(crate) fn memory_init(
        &mut self,
        instance: InstanceAddr,
        (memory, data): (MemIdx, DataIdx),
        (dst, src, n): (u64, u64, u64),
    ) -> Result<(), Trap> {
        let memory = self.memory_of(instance, memory);
        let (memory, row, module) = self.memory_and_module(memory, instance);
        let segment = if row.body.data_is_dropped(data) {
            &[]
        } else {
            &module.bytes()[module.decl().data[data].bytes.clone()]
        };
        let from = checked_range(src, n, segment.len()).ok_or(MEMORY)?;
        memory.range_mut(dst, n).ok_or(MEMORY)?.copy_from_slice(&segment[from]);
        Ok(())
    }

    /// `data.drop`.
    pub(crate) fn data_drop(&mut self, instance: InstanceAddr, data: DataIdx) {
        self.instance_mut(instance).body.dropped_data.set(data.index());
    }

    /// `memory.fill`.
    ///
    /// # Errors
    /// If the range goes past the end.
    pub(crate) fn memory_fill(
        &mut self,
        memory: MemAddr,
        (at, n): (u64, u64),
        value: u8,
    ) -> Result<(), Trap> {
        self.memory_mut(memory).range_mut(at, n).ok_or(MEMORY)?.fill(value);
        Ok(())
    }

    /// `memory.copy`; ranges may overlap.
    ///
    /// # Errors
    /// If a range goes past the end.
    pub(crate) fn memory_copy(
        &mut self,
        (to, from): (MemAddr, MemAddr),
        (dst, src, n): (u64, u64, u64),
    ) -> Result<(), Trap> {
        if to == from {
            return self.memory_mut(to).copy_within((dst, src, n)).ok_or(MEMORY);
        }
        let (to, from) = self.two_memories(to, from);
        let from = from.bytes();
        let source = checked_range(src, n, from.len()).ok_or(MEMORY)?;
        to.range_mut(dst, n).ok_or(MEMORY)?.copy_from_slice(&from[source]);
        Ok(())
    }

    /// `table.init`: writes the values of `n` items of a segment from `src` on.
    ///
    /// # Errors
    /// If they are not all in the segment, or do not all fit.
    pub(crate) fn table_init(
        &mut self,
        instance: InstanceAddr,
        (table, elem): (TableIdx, ElemIdx),
        (dst, src, n): (u64, u64, u64),
    ) -> Result<(), Trap> {
        let row = self.instance(instance);
        let items = &self.module(row.template).decl().elems[elem].items;
        let len = if row.body.elem_is_dropped(elem) { 0 } else { items.len() };
        let table = self.table_at(row.body.tables[table.index()]);
        let from = checked_range(src, n, len).ok_or(TABLE)?;
        let to = checked_range(dst, n, table.words.len()).ok_or(TABLE)?;
        for (word, item) in table.words[to].iter().zip(items.iter(from)) {
            word.set(self.eval(instance, &item).as_u64());
        }
        Ok(())
    }

    /// `elem.drop`.
    pub(crate) fn elem_drop(&mut self, instance: InstanceAddr, elem: ElemIdx) {
        self.instance_mut(instance).body.dropped_elems.set(elem.index());
    }

    /// `table.fill`.
    ///
    /// # Errors
    /// If the range goes past the end.
    pub(crate) fn table_fill(&self, table: TableAddr, (at, n): (u64, u64), word: u64) -> Result<(), Trap> {
        let row = self.table_at(table);
        let range = checked_range(at, n, row.words.len()).ok_or(TABLE)?;
        row.fill(range, word);
        Ok(())
    }

    /// `table.copy`; ranges may overlap.
    ///
    /// # Errors
    /// If a range goes past the end.
    pub(crate) fn table_copy(
        &self,
        (to, from): (TableAddr, TableAddr),
        (dst, src, n): (u64, u64, u64),
    ) -> Result<(), Trap> {
        let (target, source) = (&self.table_at(to).words, &self.table_at(from).words);
        let from_range = checked_range(src, n, source.len()).ok_or(TABLE)?;
        let to_range = checked_range(dst, n, target.len()).ok_or(TABLE)?;
        let pairs = target[to_range].iter().zip(&source[from_range]);
        if to == from && dst > src {
            pairs.rev().for_each(|(target, source)| target.set(source.get()));
        } else {
            pairs.for_each(|(target, source)| target.set(source.get()));
        }
        Ok(())
    }
}
