//! From handles and addresses to rows.
//!
//! Owns: the checks that every handle passes before anything happens (the store is open, the handle is its own, the row is
//! not gone and in the scope of the view), and the access to rows that are known not to be gone.
//! Does not know: what is done with a row.

use super::addr::{
    ExternAddr, ExternRef, Func, FuncAddr, Global, GlobalAddr, Instance, InstanceAddr, MemAddr, Memory,
    Table, TableAddr, TemplateAddr,
};
use super::island::{View, ViewMut};
use super::row::{GlobalRow, ImportOrigin, InstanceRow, MemoryRow, State, TableRow, TemplateRow};
use super::unions::Label;
use super::{ExternValue, StoreInner};
use crate::arena::handle::Addr;
use crate::error::{Error, HandleName, Stale, WrongIsland};
use crate::module::Module;
use crate::spec::module::FuncIdx;

impl<'a, T> View<'a, T> {
    /// The row of an instance whose handle may be used: live, exited, or known to the caller while it starts.
    #[inline]
    pub(crate) fn resolve_instance(self, instance: Instance) -> Result<InstanceAddr, Error> {
        let addr = self.get().find_any_instance(instance)?;
        self.check_scope(self.get().label_of(addr), || instance.name())?;
        self.get().check_usable(instance, addr)
    }

    /// The row of a memory.
    #[inline]
    pub(crate) fn resolve_memory(self, memory: Memory) -> Result<MemAddr, Error> {
        let addr = self.get().find_memory(memory)?;
        self.check_scope(self.memories.get(addr).expect("just found").label(), || memory.name())?;
        Ok(addr)
    }

    /// The row of a table.
    #[inline]
    pub(crate) fn resolve_table(self, table: Table) -> Result<TableAddr, Error> {
        let addr = self.get().find_table(table)?;
        self.check_scope(self.tables.get(addr).expect("just found").label(), || table.name())?;
        Ok(addr)
    }

    /// The row of a global. One that is immutable may be read from everywhere.
    #[inline]
    pub(crate) fn resolve_global(self, global: Global) -> Result<GlobalAddr, Error> {
        let addr = self.get().find_global(global)?;
        let row = self.globals.get(addr).expect("just found");
        if row.ty.mutable {
            self.check_scope(row.label(), || global.name())?;
        }
        Ok(addr)
    }

    /// What a function handle names: it works until its origin is gone, zombies included. Host functions are of no island.
    #[inline]
    pub(crate) fn resolve_func(self, func: Func) -> Result<FuncAddr, Error> {
        let addr = self.get().find_origin(func)?;
        if let FuncAddr::Wasm(instance, _) = addr {
            self.check_scope(self.get().label_of(instance), || func.name())?;
        }
        self.get().check_index(func, addr)
    }

    /// The row behind a handle.
    #[inline]
    pub(crate) fn memory_row(self, memory: Memory) -> Result<&'a MemoryRow, Error> {
        Ok(self.get().memory_at(self.resolve_memory(memory)?))
    }

    /// The row behind a handle.
    #[inline]
    pub(crate) fn table_row(self, table: Table) -> Result<&'a TableRow, Error> {
        Ok(self.get().table_at(self.resolve_table(table)?))
    }

    /// The row behind a handle.
    #[inline]
    pub(crate) fn global_row(self, global: Global) -> Result<&'a GlobalRow, Error> {
        Ok(self.get().global_at(self.resolve_global(global)?))
    }

    /// Refuses what is in another island than the view's, or in none.
    #[inline]
    pub(crate) fn check_scope(self, label: Label, handle: impl FnOnce() -> HandleName) -> Result<(), Error> {
        if self.reaches(label) { Ok(()) } else { Err(self.out_of_reach(handle())) }
    }

    #[cold]
    fn out_of_reach(self, handle: HandleName) -> Error {
        let mut all = self.instances.iter();
        let (inside, _) =
            all.find(|(_, row)| self.reaches(row.label())).expect("an island that runs has instances");
        let instance = self.instance_handle(inside).name();
        Error::WrongIsland(Box::new(WrongIsland { handle, instance }))
    }
}

impl<T> ViewMut<'_, T> {
    /// As [`View::resolve_instance`].
    #[inline]
    pub(crate) fn resolve_instance(&self, instance: Instance) -> Result<InstanceAddr, Error> {
        self.as_view().resolve_instance(instance)
    }

    /// As [`View::resolve_memory`].
    #[inline]
    pub(crate) fn resolve_memory(&self, memory: Memory) -> Result<MemAddr, Error> {
        self.as_view().resolve_memory(memory)
    }

    /// As [`View::resolve_table`].
    #[inline]
    pub(crate) fn resolve_table(&self, table: Table) -> Result<TableAddr, Error> {
        self.as_view().resolve_table(table)
    }

    /// As [`View::resolve_global`].
    #[inline]
    pub(crate) fn resolve_global(&self, global: Global) -> Result<GlobalAddr, Error> {
        self.as_view().resolve_global(global)
    }

    /// As [`View::resolve_func`].
    #[inline]
    pub(crate) fn resolve_func(&self, func: Func) -> Result<FuncAddr, Error> {
        self.as_view().resolve_func(func)
    }
}

/// What `find_…` returns is in some island: for whoever has the whole store.
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
    pub(crate) fn find_instance(&self, instance: Instance) -> Result<InstanceAddr, Error> {
        let addr = self.find_any_instance(instance)?;
        self.check_usable(instance, addr)
    }

    /// Refuses an instance that was freed and is kept by references.
    #[inline]
    fn check_usable(&self, instance: Instance, addr: InstanceAddr) -> Result<InstanceAddr, Error> {
        if self.instance(addr).state == State::Zombie {
            return Err(Error::Stale(Box::new(Stale {
                handle: instance.name(),
                generation_now: Addr::from(addr).generation(),
                zombie: true,
            })));
        }
        Ok(addr)
    }

    /// As `find_instance`, zombies included.
    #[inline]
    pub(crate) fn find_any_instance(&self, instance: Instance) -> Result<InstanceAddr, Error> {
        self.check_open()?;
        self.instances.resolve(instance.raw).map_err(|error| Error::handle(Instance::NOUN, error))
    }

    /// The row of a memory.
    #[inline]
    pub(crate) fn find_memory(&self, memory: Memory) -> Result<MemAddr, Error> {
        self.check_open()?;
        self.memories.resolve(memory.raw).map_err(|error| Error::handle(Memory::NOUN, error))
    }

    /// The row of a table.
    #[inline]
    pub(crate) fn find_table(&self, table: Table) -> Result<TableAddr, Error> {
        self.check_open()?;
        self.tables.resolve(table.raw).map_err(|error| Error::handle(Table::NOUN, error))
    }

    /// The row of a global.
    #[inline]
    pub(crate) fn find_global(&self, global: Global) -> Result<GlobalAddr, Error> {
        self.check_open()?;
        self.globals.resolve(global.raw).map_err(|error| Error::handle(Global::NOUN, error))
    }

    /// The row of a host value.
    pub(crate) fn resolve_extern(&self, value: ExternRef) -> Result<ExternAddr, Error> {
        self.check_open()?;
        self.externs.resolve(value.raw).map_err(|error| Error::handle(ExternRef::NOUN, error))
    }

    /// What a function handle names: it works until its origin is gone, zombies included.
    pub(crate) fn find_func(&self, func: Func) -> Result<FuncAddr, Error> {
        let addr = self.find_origin(func)?;
        self.check_index(func, addr)
    }

    /// As `find_func`; whether the origin has such a function is still to be checked.
    #[inline]
    fn find_origin(&self, func: Func) -> Result<FuncAddr, Error> {
        self.check_open()?;
        let addr = func.addr();
        let known = match addr {
            FuncAddr::Wasm(..) => self.instances.resolve(func.raw).map(|_| ()),
            FuncAddr::Host(_) => self.host_funcs.resolve(func.raw).map(|_| ()),
        };
        known.map_err(|error| Error::named_handle(func.name(), error))?;
        Ok(addr)
    }

    #[inline]
    fn check_index(&self, func: Func, addr: FuncAddr) -> Result<FuncAddr, Error> {
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

    /// The island of an instance.
    ///
    /// # Panics
    /// If it is gone.
    #[inline]
    pub(crate) fn label_of(&self, instance: InstanceAddr) -> Label {
        self.instances.get(instance).expect("resolved before").label()
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

    /// The row of an instance's template.
    #[inline]
    pub(crate) fn template_of(&self, row: &InstanceRow<T>) -> &TemplateRow<T> {
        self.templates.get(row.template).expect("a template's row outlives its instances")
    }

    /// Where an instance's imported functions come from, by position.
    #[inline]
    pub(crate) fn imports_of(&self, instance: InstanceAddr) -> &[ImportOrigin] {
        &self.template_of(self.instance(instance)).imports
    }

    /// The instances that an instance imports functions from, each once.
    #[inline]
    pub(crate) fn origins_of(&self, instance: InstanceAddr) -> &[InstanceAddr] {
        &self.template_of(self.instance(instance)).origins
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
    /// If it is gone: the caller has resolved it, and only `collect` takes values out.
    pub(crate) fn extern_at(&self, addr: ExternAddr) -> &ExternValue {
        self.externs.get(addr).expect("resolved")
    }
}
