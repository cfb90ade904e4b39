//! Tables: size, elements, growth.
//!
//! Owns: what a [`Table`] handle does, and growth for machine code. Elements are reference words.
//! Does not know: segments (`segment`), what a call of an element does (`jit`).

use std::cell::Cell;

use smallvec::SmallVec;

use super::Store;
use super::addr::{Table, TableAddr};
use super::island::{AsStore, AsStoreMut, Row, Rows, ViewMut};
use super::memory::reserve;
use super::row::TableRow;
use super::unions::Label;
use super::val::Val;
use crate::engine::Engine;
use crate::error::{AccessError, Error};
use crate::spec::limits::TABLE_ELEMENTS_MAX;
use crate::spec::types::TableType;
use crate::spec::value::Bits;

impl Table {
    /// A table that the host makes, filled with `init`, and owns until it frees it.
    ///
    /// # Errors
    /// If limits or the system do not allow it, `init` is no reference of its type, or the store is closed.
    pub fn new<T>(store: &mut Store<T>, ty: TableType, init: Val) -> Result<Self, Error> {
        let mut view = store.view_mut();
        view.check_open()?;
        let word = view.bits_for(ty.element.into(), init, None)?.as_u64();
        let store = store.whole();
        let row = TableRow { users: 1, host_share: true, ..TableRow::new(&store.engine, ty)? };
        row.fill(0..row.words.len(), word);
        reserve(&mut store.tables, 1, "tables")?;
        let addr = store.tables.insert(Row::new(Label::NONE, row));
        store.join_table_word(addr, word);
        Ok(Self::new_handle(&store.tables, addr))
    }

    /// Gives up the host's share of a table that the host made: it goes when no instance uses it. Does nothing to one that an
    /// instance made, or a second time.
    ///
    /// # Errors
    /// If the handle is stale or of another store.
    pub fn free<T>(self, store: &mut Store<T>) -> Result<(), Error> {
        let store = store.whole();
        let addr = store.find_table(self)?;
        let row = store.table_at_mut(addr);
        if std::mem::take(&mut row.host_share) {
            store.release_table(addr);
        }
        Ok(())
    }

    /// Its type as declared.
    ///
    /// # Errors
    /// If the handle is stale or of another store.
    pub fn ty(self, store: &impl AsStore) -> Result<TableType, Error> {
        Ok(store.view().table_row(self)?.ty)
    }

    /// Its number of elements.
    ///
    /// # Errors
    /// If the handle is stale or of another store.
    pub fn size(self, store: &impl AsStore) -> Result<u64, Error> {
        Ok(store.view().table_row(self)?.words.len() as u64)
    }

    /// An element. A function in it may be gone: then it can be looked at, but not called.
    ///
    /// # Errors
    /// If there is no such element, or the handle is stale or of another store.
    pub fn get(self, store: &impl AsStore, index: u64) -> Result<Val, Error> {
        let store = store.view();
        let row = store.table_row(self)?;
        let word = row.word(index).ok_or_else(|| self.beyond(index, row))?;
        Ok(Val::from_bits(row.ty.element.into(), Bits::from_u64(word.get()), store.low_id()))
    }

    /// Changes an element.
    ///
    /// # Errors
    /// If there is no such element, the value is no reference of the table's type, or a handle is stale or of another store.
    pub fn set(self, store: &mut impl AsStoreMut, index: u64, value: Val) -> Result<(), Error> {
        let mut store = store.view_mut();
        let addr = store.resolve_table(self)?;
        let element = store.table_at(addr).ty.element;
        let word = store.bits_for(element.into(), value, None)?.as_u64();
        let row = store.table_at(addr);
        row.word(index).ok_or_else(|| self.beyond(index, row))?.set(word);
        store.note_table_word(addr, word);
        Ok(())
    }

    /// Adds elements that hold `init` and returns the old size.
    ///
    /// # Errors
    /// If its maximum, a limit or the system does not allow it, the value is no reference of the table's type, or a handle is
    /// stale or of another store.
    pub fn grow(self, store: &mut impl AsStoreMut, delta: u64, init: Val) -> Result<u64, Error> {
        let mut store = store.view_mut();
        let addr = store.resolve_table(self)?;
        let row = store.table_at(addr);
        let (asked, allowed) = ((row.words.len() as u64).saturating_add(delta), row.elements_max);
        let element = row.ty.element;
        let word = store.bits_for(element.into(), init, None)?.as_u64();
        let Some(old) = store.grow_table(addr, delta, word) else {
            return Err(store.limit_error("table elements", asked, allowed));
        };
        store.note_table_word(addr, word);
        Ok(old)
    }

    fn beyond(self, index: u64, row: &TableRow) -> Error {
        AccessError::Table { index, table: self.name(), size: row.words.len() as u64 }.into()
    }

    pub(crate) fn new_handle(tables: &Rows<TableRow, TableAddr>, addr: TableAddr) -> Self {
        Self::from_raw(tables.handle(addr))
    }
}

impl TableRow {
    /// A table of this type, all null, with no users yet.
    pub(crate) fn new(engine: &Engine, ty: TableType) -> Result<Self, Error> {
        let allowed = engine.limits().table_elements.min(TABLE_ELEMENTS_MAX.into());
        let (min, elements_max) = (ty.limits.min, ty.limits.max.unwrap_or(allowed).min(allowed));
        // A host may ask for types that no module can have.
        if min > elements_max {
            return Err(Error::limit("table elements", min, elements_max));
        }
        let mut row = Self {
            ty,
            elements_max,
            words: Vec::new(),
            users: 0,
            host_share: false,
            mirrors: SmallVec::new(),
        };
        row.grow(min, 0).ok_or_else(|| Error::System(std::io::ErrorKind::OutOfMemory.into()))?;
        Ok(row)
    }

    /// The element at `index`.
    #[inline]
    pub(crate) fn word(&self, index: u64) -> Option<&Cell<u64>> {
        self.words.get(usize::try_from(index).ok()?)
    }

    /// Sets the elements of a range that lies inside.
    pub(crate) fn fill(&self, range: std::ops::Range<usize>, word: u64) {
        self.words[range].iter().for_each(|cell| cell.set(word));
    }

    /// Adds elements and returns the old size; `None` where that is not possible.
    fn grow(&mut self, delta: u64, word: u64) -> Option<u64> {
        let old = self.words.len() as u64;
        let new = old.checked_add(delta).filter(|&new| new <= self.elements_max)?;
        let new = usize::try_from(new).ok()?;
        self.words.try_reserve(new - self.words.len()).ok()?;
        self.words.resize_with(new, || Cell::new(word));
        Some(old)
    }
}

impl<T> ViewMut<'_, T> {
    /// `table.grow`: adds elements, shows the table anew in all contexts, and returns the old size; `None` if that is not
    /// possible.
    pub(crate) fn grow_table(&mut self, table: TableAddr, delta: u64, word: u64) -> Option<u64> {
        let old = self.table_mut(table).grow(delta, word)?;
        if delta > 0 {
            self.refresh_table(table);
        }
        Some(old)
    }

    /// The host has put a word into a table: what it names shares the table's island. In a parallel run it does already, since
    /// handles of others are refused.
    pub(crate) fn note_table_word(&mut self, table: TableAddr, word: u64) {
        if let Some(store) = self.whole() {
            store.join_table_word(table, word);
        }
    }
}
