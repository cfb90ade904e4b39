//! Filling and copying ranges of memories and tables from the host.
//!
//! Owns: what the host may do in bulk: bounds first, then everything, as the operators of the same names. A function that is
//! copied to another table is one that the host hands on.
//! Does not know: how bytes and words are moved (`segment`).

use std::collections::BTreeSet;

use super::addr::{FuncAddr, Memory, Table, TableAddr};
use super::island::{AsStoreMut, ViewMut};
use super::memory::checked_range;
use super::row::TableRow;
use crate::error::{AccessError, Error};
use crate::spec::types::RefType;

impl Memory {
    /// Sets `len` bytes from `offset` on to `value`.
    ///
    /// # Errors
    /// If they do not lie inside the memory, or the handle is stale or of another store. Then nothing is written.
    pub fn fill(self, store: &mut impl AsStoreMut, offset: u64, len: u64, value: u8) -> Result<(), Error> {
        let mut store = store.view_mut();
        let addr = store.resolve_memory(self)?;
        self.check_range(store.memory_at(addr).size_bytes(), offset, len)?;
        store.memory_fill(addr, (offset, len), value).map_err(Error::from_trap)
    }

    /// Copies `len` bytes to `offset` on, from `source` on in the memory `from`, which may be the same; ranges may overlap.
    ///
    /// # Errors
    /// If one of the ranges does not lie inside its memory, or a handle is stale or of another store. Then nothing is written.
    pub fn copy(
        self,
        store: &mut impl AsStoreMut,
        offset: u64,
        (from, source): (Self, u64),
        len: u64,
    ) -> Result<(), Error> {
        let mut store = store.view_mut();
        let (to_addr, from_addr) = (store.resolve_memory(self)?, store.resolve_memory(from)?);
        from.check_range(store.memory_at(from_addr).size_bytes(), source, len)?;
        self.check_range(store.memory_at(to_addr).size_bytes(), offset, len)?;
        store.memory_copy((to_addr, from_addr), (offset, source, len)).map_err(Error::from_trap)
    }

    fn check_range(self, size: u64, offset: u64, len: u64) -> Result<(), Error> {
        match offset.checked_add(len) {
            Some(end) if end <= size => Ok(()),
            _ => Err(AccessError::Memory { offset, len, memory: self.name(), size }.into()),
        }
    }
}

impl Table {
    /// Sets `len` elements from `index` on to `value`.
    ///
    /// # Errors
    /// If there are not so many, the value is no reference of the table's type, or a handle is stale or of another store. Then
    /// nothing is written.
    pub fn fill(
        self,
        store: &mut impl AsStoreMut,
        index: u64,
        len: u64,
        value: super::val::Val,
    ) -> Result<(), Error> {
        let mut store = store.view_mut();
        let addr = store.resolve_table(self)?;
        let row = store.table_at(addr);
        self.check_range(row, index, len)?;
        let element = row.ty.element;
        let word = store.bits_for(element.into(), value, None)?.as_u64();
        store.table_fill(addr, (index, len), word).map_err(Error::from_trap)?;
        if len > 0 {
            store.note_table_word(addr, word);
        }
        Ok(())
    }

    /// Copies `len` elements to `index` on, from `source` on in the table `from`, which may be the same; ranges may overlap.
    ///
    /// # Errors
    /// If one of the ranges does not lie inside its table, the tables hold references of different types, or a handle is stale
    /// or of another store. Then nothing is written.
    pub fn copy(
        self,
        store: &mut impl AsStoreMut,
        index: u64,
        (from, source): (Self, u64),
        len: u64,
    ) -> Result<(), Error> {
        let mut store = store.view_mut();
        let (to_addr, from_addr) = (store.resolve_table(self)?, store.resolve_table(from)?);
        let (to_row, from_row) = (store.table_at(to_addr), store.table_at(from_addr));
        let (wanted, found) = (to_row.ty.element, from_row.ty.element);
        if wanted != found {
            return Err(AccessError::Value { found: found.into(), wanted: wanted.into() }.into());
        }
        from.check_range(from_row, source, len)?;
        self.check_range(to_row, index, len)?;
        store.table_copy((to_addr, from_addr), (index, source, len)).map_err(Error::from_trap)?;
        if to_addr != from_addr && wanted == RefType::Func {
            store.hand_on(to_addr, (index, len));
        }
        Ok(())
    }

    fn check_range(self, row: &TableRow, index: u64, len: u64) -> Result<(), Error> {
        let size = row.words.len();
        match checked_range(index, len, size) {
            Some(_) => Ok(()),
            None => {
                let last = index.saturating_add(len.saturating_sub(1));
                Err(AccessError::Table { index: last, table: self.name(), size: size as u64 }.into())
            }
        }
    }
}

impl<T> ViewMut<'_, T> {
    /// The host has put functions into a range of a table, from another.
    fn hand_on(&mut self, table: TableAddr, (index, len): (u64, u64)) {
        let words = &self.table_at(table).words;
        let range = checked_range(index, len, words.len()).unwrap_or_default();
        let words = words[range].iter().filter_map(|word| match FuncAddr::from_word(word.get())? {
            FuncAddr::Wasm(instance, _) => Some((instance, word.get())),
            FuncAddr::Host(_) => None,
        });
        // Tables are large and name few instances, mostly in runs.
        let mut seen = BTreeSet::new();
        let mut last = None;
        let mut named = Vec::new();
        for (instance, word) in words {
            if last.replace(instance) != Some(instance) && seen.insert(instance) {
                named.push((instance, word));
            }
        }
        for (instance, word) in named {
            if self.instances.contains(instance) {
                self.instance_mut(instance).escaped = true;
            }
            self.note_table_word(table, word);
        }
    }
}
