//! Host values and host functions that guests hold references to.
//!
//! Owns: what an [`ExternRef`] does; the rows of host functions that can be values.
//! Does not know: what a host function does (`host`).

use std::any::Any;
use std::sync::Arc;

use super::addr::{ExternRef, Func, FuncAddr, HostFuncAddr};
use super::host::HostFunc;
use super::island::{AsStore, AsStoreMut};
use super::memory::reserve;
use super::row::HostFuncRow;
use super::{Store, StoreInner};
use crate::arena::slots::NoRoom;
use crate::engine::StubRole;
use crate::error::Error;
use crate::spec::types::FuncType;

impl ExternRef {
    /// A reference to a value of the host. The store keeps the value until a [`Store::collect`] finds no table or global that
    /// holds the reference; this handle itself keeps nothing.
    ///
    /// # Errors
    /// If there are too many, or the store is closed.
    pub fn new(store: &mut impl AsStoreMut, value: impl Any + Send + Sync) -> Result<Self, Error> {
        let store = store.view_mut();
        store.check_open()?;
        let allowed = store.engine.limits().externs as usize;
        let made = store.externs.insert(Arc::new(value), allowed);
        made.map(Self::from_raw).map_err(|(room, count)| match room {
            NoRoom::Slots { allowed } => store.limit_error("externs", count as u64 + 1, allowed as u64),
            NoRoom::Memory => Error::System(std::io::ErrorKind::OutOfMemory.into()),
        })
    }

    /// The value.
    ///
    /// # Errors
    /// If the handle is stale or of another store.
    pub fn data(self, store: &impl AsStore) -> Result<&(dyn Any + Send + Sync), Error> {
        let store = store.view().get();
        let addr = store.resolve_extern(self)?;
        Ok(store.extern_at(addr))
    }

    /// The value, if it is of this type.
    ///
    /// # Errors
    /// If the handle is stale or of another store.
    pub fn downcast<U: Any>(self, store: &impl AsStore) -> Result<Option<&U>, Error> {
        Ok(self.data(store)?.downcast_ref())
    }
}

impl Func {
    /// Gives up the host's share of a function that the host made by [`Func::host`] or [`Func::host_new`]: it goes in the next
    /// [`Store::collect`] that finds no reference to it. Until then its handle works. Does nothing to any other function.
    ///
    /// # Errors
    /// If the handle is stale or of another store.
    pub fn free<T>(self, store: &mut Store<T>) -> Result<(), Error> {
        let store = store.whole();
        if let FuncAddr::Host(addr) = store.find_func(self)?
            && store.host_funcs.get_mut(addr).is_some_and(|row| std::mem::take(&mut row.host_share))
        {
            store.unshare_host_func(addr);
        }
        Ok(())
    }

    /// Its type.
    ///
    /// # Errors
    /// If the handle is stale or of another store.
    pub fn ty(self, store: &impl AsStore) -> Result<FuncType, Error> {
        let store = store.view();
        let addr = store.resolve_func(self)?;
        Ok(store.func_type(addr).clone())
    }
}

impl<T> StoreInner<T> {
    /// The row of a host function.
    ///
    /// # Panics
    /// If it is gone: the caller has resolved it.
    pub(crate) fn host_func(&self, addr: HostFuncAddr) -> &HostFuncRow<T> {
        self.host_funcs.get(addr).expect("resolved before")
    }

    /// The row of a host function, made if there is none, with one more share.
    pub(crate) fn share_host_func(&mut self, func: &Arc<HostFunc<T>>) -> Result<HostFuncAddr, Error> {
        let key = Arc::as_ptr(func).addr();
        if let Some(&addr) = self.host_func_rows.get(&key) {
            self.host_funcs.get_mut(addr).expect("the map holds rows only").shares += 1;
            return Ok(addr);
        }
        let ty = self.engine.type_id(func.ty())?;
        let stub = self.engine.stub(StubRole::Host, &self.engine.type_row(ty))?;
        reserve(&mut self.host_funcs, 1, "host functions")?;
        let addr = self.host_funcs.insert(HostFuncRow {
            func: Arc::clone(func),
            ty,
            stub,
            shares: 1,
            host_share: false,
        });
        self.host_func_rows.insert(key, addr);
        Ok(addr)
    }

    /// The share that a new row of a host function has is the host's.
    pub(crate) fn note_host_share(&mut self, addr: HostFuncAddr) {
        if let Some(row) = self.host_funcs.get_mut(addr) {
            row.host_share = true;
        }
    }

    /// Gives one share up. The row stays while references may name it: `collect` knows.
    pub(crate) fn unshare_host_func(&mut self, addr: HostFuncAddr) {
        if let Some(row) = self.host_funcs.get_mut(addr) {
            row.shares -= 1;
        }
    }
}
