//! From handles and addresses to rows.
//!
//! Owns: the checks that every handle passes before anything happens (the store is open, the handle is its own, the row is
//! not gone), and the access to rows that are known not to be.
//! Does not know: what is done with a row.

use super::StoreInner;
use super::addr::{
    ExternAddr, ExternRef, Func, FuncAddr, Global, GlobalAddr, Instance, InstanceAddr, MemAddr, Memory,
    Table, TableAddr, TemplateAddr,
};
use super::row::{GlobalRow, InstanceRow, MemoryRow, State, TableRow};
use crate::arena::handle::Addr;
use crate::error::{Error, Stale};
use crate::module::Module;
use crate::spec::module::FuncIdx;

impl<T> StoreInner<T> {
    /// Refuses everything once the store is closed.
    #[inline]
    pub(crate) fn check_open(&self) -> Result<(), Error> {
        match self.closed {
            None => Ok(()),
            Some(code) => Err(Error::StoreClosed(code)),
        }
    }

    /// As `check_open`, for what begins something.
    pub(crate) fn check_not_closed(&self) -> Result<(), Error> {
        if self.closed.is_some() { Err(Error::AlreadyClosed) } else { Ok(()) }
    }

    /// The row of an instance whose handle may be used: live, exited, or known to the caller while it starts.
    #[inline]
    pub(crate) fn resolve_instance(&self, instance: Instance) -> Result<InstanceAddr, Error> {
        let addr = self.resolve_any_instance(instance)?;
        if self.instance(addr).state == State::Zombie {
            return Err(Error::Stale(Box::new(Stale {
                handle: instance.name(),
                generation_now: Addr::from(addr).generation(),
                zombie: true,
            })));
        }
        Ok(addr)
    }

    /// As `resolve_instance`, zombies included.
    #[inline]
    pub(crate) fn resolve_any_instance(&self, instance: Instance) -> Result<InstanceAddr, Error> {
        self.check_open()?;
        self.instances.resolve(instance.raw).map_err(|error| Error::handle(Instance::NOUN, error))
    }

    /// The row of a memory.
    #[inline]
    pub(crate) fn resolve_memory(&self, memory: Memory) -> Result<MemAddr, Error> {
        self.check_open()?;
        self.memories.resolve(memory.raw).map_err(|error| Error::handle(Memory::NOUN, error))
    }

    /// The row of a table.
    #[inline]
    pub(crate) fn resolve_table(&self, table: Table) -> Result<TableAddr, Error> {
        self.check_open()?;
        self.tables.resolve(table.raw).map_err(|error| Error::handle(Table::NOUN, error))
    }

    /// The row of a global.
    #[inline]
    pub(crate) fn resolve_global(&self, global: Global) -> Result<GlobalAddr, Error> {
        self.check_open()?;
        self.globals.resolve(global.raw).map_err(|error| Error::handle(Global::NOUN, error))
    }

    /// The row of a host value.
    pub(crate) fn resolve_extern(&self, value: ExternRef) -> Result<ExternAddr, Error> {
        self.check_open()?;
        self.externs.resolve(value.raw).map_err(|error| Error::handle(ExternRef::NOUN, error))
    }

    /// What a function handle names: it works until its origin is gone, zombies included.
    #[inline]
    pub(crate) fn resolve_func(&self, func: Func) -> Result<FuncAddr, Error> {
        self.check_open()?;
        let addr = func.addr();
        let known = match addr {
            FuncAddr::Wasm(..) => self.instances.resolve(func.raw).map(|_| ()),
            FuncAddr::Host(_) => self.host_funcs.resolve(func.raw).map(|_| ()),
        };
        known.map_err(|error| Error::named_handle(func.name(), error))?;
        match addr {
            FuncAddr::Wasm(instance, index) if !self.can_be_value(instance, index) => {
                let generation_now = func.raw.addr().generation();
                Err(Error::Stale(Box::new(Stale { handle: func.name(), generation_now, zombie: false })))
            }
            _ => Ok(addr),
        }
    }

    /// Whether an instance defines a function of this index that handles may name: others have no entry for foreign calls.
    #[inline]
    fn can_be_value(&self, instance: InstanceAddr, index: FuncIdx) -> bool {
        let decl = self.module_of(instance).decl();
        decl.defined(index).is_some() && decl.funcs.get(index).is_some_and(|func| func.escapes)
    }

    /// The row of an instance that is not gone.
    ///
    /// # Panics
    /// If it is gone: the caller has resolved it.
    #[inline]
    pub(crate) fn instance(&self, addr: InstanceAddr) -> &InstanceRow<T> {
        self.instances.get(addr).expect("resolved before")
    }

    /// The row of an instance that is not gone, to be changed.
    ///
    /// # Panics
    /// If it is gone: the caller has resolved it.
    #[inline]
    pub(crate) fn instance_mut(&mut self, addr: InstanceAddr) -> &mut InstanceRow<T> {
        self.instances.get_mut(addr).expect("resolved before")
    }

    /// The module behind a template's row.
    #[inline]
    pub(crate) fn module(&self, template: TemplateAddr) -> &Module {
        &self.templates.get(template).expect("a template's row outlives its instances").template.module
    }

    /// The module of an instance that is not gone.
    #[inline]
    pub(crate) fn module_of(&self, instance: InstanceAddr) -> &Module {
        self.module(self.instance(instance).template)
    }

    /// The row of a memory that is not gone.
    ///
    /// # Panics
    /// If it is gone: the caller has resolved it, or an instance keeps it.
    #[inline]
    pub(crate) fn memory_at(&self, addr: MemAddr) -> &MemoryRow {
        self.memories.get(addr).expect("resolved, or kept by an instance")
    }

    /// The row of a memory that is not gone, to be changed.
    ///
    /// # Panics
    /// As `memory_at`.
    #[inline]
    pub(crate) fn memory_at_mut(&mut self, addr: MemAddr) -> &mut MemoryRow {
        self.memories.get_mut(addr).expect("resolved, or kept by an instance")
    }

    /// The row of a table that is not gone.
    ///
    /// # Panics
    /// If it is gone: the caller has resolved it, or an instance keeps it.
    #[inline]
    pub(crate) fn table_at(&self, addr: TableAddr) -> &TableRow {
        self.tables.get(addr).expect("resolved, or kept by an instance")
    }

    /// The row of a table that is not gone, to be changed.
    ///
    /// # Panics
    /// As `table_at`.
    #[inline]
    pub(crate) fn table_at_mut(&mut self, addr: TableAddr) -> &mut TableRow {
        self.tables.get_mut(addr).expect("resolved, or kept by an instance")
    }

    /// The row of a global that is not gone.
    ///
    /// # Panics
    /// If it is gone: the caller has resolved it, or an instance keeps it.
    #[inline]
    pub(crate) fn global_at(&self, addr: GlobalAddr) -> &GlobalRow {
        self.globals.get(addr).expect("resolved, or kept by an instance")
    }

    /// The row of a global that is not gone, to be changed.
    ///
    /// # Panics
    /// As `global_at`.
    #[inline]
    pub(crate) fn global_at_mut(&mut self, addr: GlobalAddr) -> &mut GlobalRow {
        self.globals.get_mut(addr).expect("resolved, or kept by an instance")
    }

    /// The value behind a reference.
    ///
    /// # Panics
    /// If it is gone: the caller has resolved it.
    pub(crate) fn extern_at(&self, addr: ExternAddr) -> &(dyn std::any::Any + Send + Sync) {
        &**self.externs.get(addr).expect("resolved")
    }
}
