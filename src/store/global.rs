//! Globals: their value and type.
//!
//! Owns: what a [`Global`] handle does.
//! Does not know: where a cell lies (`context`).

use super::Store;
use super::addr::{Global, GlobalAddr};
use super::context::CellBlock;
use super::island::{AsStore, AsStoreMut, Row, Rows};
use super::memory::reserve;
use super::row::{GlobalOwner, GlobalRow};
use super::unions::Label;
use super::val::Val;
use crate::error::{AccessError, Error};
use crate::spec::types::GlobalType;

impl Global {
    /// A global that the host makes, and owns until it frees it.
    ///
    /// # Errors
    /// If the value is of another type, limits or the system do not allow it, or the store is closed.
    pub fn new<T>(store: &mut Store<T>, ty: GlobalType, value: Val) -> Result<Self, Error> {
        let mut view = store.view_mut();
        view.check_open()?;
        let bits = view.bits_for(ty.content, value, None)?;
        let store = store.whole();
        reserve(&mut store.globals, 1, "globals")?;
        let block = CellBlock::alloc(&mut store.pinned)?;
        let cell = block.cell();
        cell.set(bits);
        let row = GlobalRow { ty, cell, owner: GlobalOwner::Host(block, true), users: 1 };
        let addr = store.globals.insert(Row::new(Label::NONE, row));
        store.join_global_value(addr, bits);
        Ok(Self::new_handle(&store.globals, addr))
    }

    /// Gives up the host's share of a global that the host made: it goes when no instance uses it. Does nothing to one that an
    /// instance made, or a second time.
    ///
    /// # Errors
    /// If the handle is stale or of another store.
    pub fn free<T>(self, store: &mut Store<T>) -> Result<(), Error> {
        let store = store.whole();
        let addr = store.find_global(self)?;
        let row = store.global_at_mut(addr);
        if let GlobalOwner::Host(_, share) = &mut row.owner
            && std::mem::take(share)
        {
            store.release_global(addr);
        }
        Ok(())
    }

    /// Its type.
    ///
    /// # Errors
    /// If the handle is stale or of another store.
    pub fn ty(self, store: &impl AsStore) -> Result<GlobalType, Error> {
        Ok(store.view().global_row(self)?.ty)
    }

    /// Its value.
    ///
    /// # Errors
    /// If the handle is stale or of another store.
    pub fn get(self, store: &impl AsStore) -> Result<Val, Error> {
        let store = store.view();
        let row = store.global_row(self)?;
        Ok(Val::from_bits(row.ty.content, row.cell.get(), store.low_id()))
    }

    /// Changes its value.
    ///
    /// # Errors
    /// If it is not mutable, the value is of another type, or a handle is stale or of another store.
    pub fn set(self, store: &mut impl AsStoreMut, value: Val) -> Result<(), Error> {
        let mut store = store.view_mut();
        let addr = store.resolve_global(self)?;
        let ty = store.global_at(addr).ty;
        if !ty.mutable {
            return Err(AccessError::Immutable { global: self.name() }.into());
        }
        let bits = store.bits_for(ty.content, value, None)?;
        store.global_at(addr).cell.set(bits);
        if let Some(store) = store.whole() {
            store.join_global_value(addr, bits);
        }
        Ok(())
    }

    pub(crate) fn new_handle(globals: &Rows<GlobalRow, GlobalAddr>, addr: GlobalAddr) -> Self {
        Self::from_raw(globals.handle(addr))
    }
}
