//! What an [`Instance`] handle does: exports by name and kind.
//!
//! Owns: looking up exports, names of instances in messages.
//! Does not know: calling (`call`, `typed`), ending (`free`).

use super::StoreInner;
use super::addr::{Func, FuncAddr, Global, Instance, InstanceAddr, Memory, Table};
use super::island::{AsStore, View};
use super::row::{ImportOrigin, State};
use super::typed::{TypedFunc, WasmParams, WasmResults};
use crate::error::{Error, ExportError};
use crate::module::Module;
use crate::spec::module::{ExternIdx, FuncIdx};
use crate::spec::types::{ExternKind, ExternType};

/// Something that can be imported and exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the standard's own names")]
pub enum Extern {
    Func(Func),
    Table(Table),
    Memory(Memory),
    Global(Global),
}

impl Extern {
    /// Which kind of item it is.
    #[must_use]
    pub const fn kind(&self) -> ExternKind {
        match self {
            Self::Func(_) => ExternKind::Func,
            Self::Table(_) => ExternKind::Table,
            Self::Memory(_) => ExternKind::Memory,
            Self::Global(_) => ExternKind::Global,
        }
    }

    /// Its type, with the current size of memories and tables as their minimum.
    ///
    /// # Errors
    /// If the handle is stale or of another store.
    pub fn ty(self, store: &impl AsStore) -> Result<ExternType, Error> {
        store.view().extern_type(self)
    }
}

impl From<Func> for Extern {
    fn from(func: Func) -> Self {
        Self::Func(func)
    }
}

impl From<Table> for Extern {
    fn from(table: Table) -> Self {
        Self::Table(table)
    }
}

impl From<Memory> for Extern {
    fn from(memory: Memory) -> Self {
        Self::Memory(memory)
    }
}

impl From<Global> for Extern {
    fn from(global: Global) -> Self {
        Self::Global(global)
    }
}

impl Instance {
    /// An exported function.
    ///
    /// # Errors
    /// If there is no export of this name, it is of another kind, or the handle is stale or of another store.
    pub fn func(self, store: &impl AsStore, name: &str) -> Result<Func, Error> {
        match self.wanted(store, name, ExternKind::Func)? {
            Extern::Func(func) => Ok(func),
            _ => unreachable!("the kind was compared"),
        }
    }

    /// An exported function, its type checked once.
    ///
    /// # Errors
    /// As [`Instance::func`], and if the function has another type.
    pub fn typed_func<P: WasmParams, R: WasmResults>(
        self,
        store: &impl AsStore,
        name: &str,
    ) -> Result<TypedFunc<P, R>, Error> {
        let func = self.func(store, name)?;
        TypedFunc::of_instance(store, self, func)
    }

    /// An exported memory.
    ///
    /// # Errors
    /// As [`Instance::func`].
    pub fn memory(self, store: &impl AsStore, name: &str) -> Result<Memory, Error> {
        match self.wanted(store, name, ExternKind::Memory)? {
            Extern::Memory(memory) => Ok(memory),
            _ => unreachable!("the kind was compared"),
        }
    }

    /// An exported table.
    ///
    /// # Errors
    /// As [`Instance::func`].
    pub fn table(self, store: &impl AsStore, name: &str) -> Result<Table, Error> {
        match self.wanted(store, name, ExternKind::Table)? {
            Extern::Table(table) => Ok(table),
            _ => unreachable!("the kind was compared"),
        }
    }

    /// An exported global.
    ///
    /// # Errors
    /// As [`Instance::func`].
    pub fn global(self, store: &impl AsStore, name: &str) -> Result<Global, Error> {
        match self.wanted(store, name, ExternKind::Global)? {
            Extern::Global(global) => Ok(global),
            _ => unreachable!("the kind was compared"),
        }
    }

    /// An export of any kind; `None` if there is none of this name.
    ///
    /// # Errors
    /// If the handle is stale or of another store.
    pub fn export(self, store: &impl AsStore, name: &str) -> Result<Option<Extern>, Error> {
        let store = store.view();
        let addr = store.resolve_instance(self)?;
        Ok(store.module_of(addr).decl().exports.get(name).map(|item| store.extern_of(addr, item)))
    }

    /// All exports in order of declaration.
    ///
    /// # Errors
    /// If the handle is stale or of another store.
    pub fn exports(self, store: &impl AsStore) -> Result<Vec<(&str, Extern)>, Error> {
        let view = store.view();
        let (addr, store) = (view.resolve_instance(self)?, view.get());
        let exports = store.module_of(addr).decl().exports.iter();
        Ok(exports.map(|export| (&*export.name, store.extern_of(addr, export.item))).collect())
    }

    /// The module it was spawned from.
    ///
    /// # Errors
    /// If the handle is stale or of another store.
    pub fn module(self, store: &impl AsStore) -> Result<Module, Error> {
        let store = store.view();
        let addr = store.resolve_instance(self)?;
        Ok(store.module_of(addr).clone())
    }

    /// The code it has exited with, if it has.
    ///
    /// # Errors
    /// If the handle is stale or of another store.
    pub fn exit_code(self, store: &impl AsStore) -> Result<Option<u32>, Error> {
        let store = store.view();
        let addr = store.resolve_instance(self)?;
        Ok(match store.instance(addr).state {
            State::Exited(code) => Some(code),
            _ => None,
        })
    }

    fn wanted(self, store: &impl AsStore, name: &str, wanted: ExternKind) -> Result<Extern, Error> {
        let store = store.view();
        store.export_of(store.resolve_instance(self)?, name, wanted)
    }
}

impl<T> StoreInner<T> {
    /// What messages call an instance: its first name in the store, else its module's name.
    pub(crate) fn display_name(&self, instance: InstanceAddr) -> &str {
        match self.instance(instance).body.names.first() {
            Some(name) => name,
            None => self.module_of(instance).name().unwrap_or(""),
        }
    }

    /// An export of an instance that is not gone, if it is of this kind.
    pub(crate) fn export_of(
        &self,
        instance: InstanceAddr,
        name: &str,
        wanted: ExternKind,
    ) -> Result<Extern, Error> {
        let item = self.module_of(instance).decl().exports.get(name);
        let Some(item) = item.filter(|item| item.kind() == wanted) else {
            let kinds = item.map(|item| (item.kind(), wanted));
            let module = self.display_name(instance).into();
            return Err(Error::Export(Box::new(ExportError { module, name: name.into(), kinds })));
        };
        Ok(self.extern_of(instance, item))
    }

    /// The handle of an item of an instance.
    pub(crate) fn extern_of(&self, instance: InstanceAddr, item: ExternIdx) -> Extern {
        let body = &self.instance(instance).body;
        match item {
            ExternIdx::Func(func) => Extern::Func(self.func_handle(self.origin_of(instance, func))),
            ExternIdx::Table(table) => {
                Extern::Table(Table::new_handle(&self.tables, body.tables[table.index()]))
            }
            ExternIdx::Memory(memory) => {
                Extern::Memory(Memory::new_handle(&self.memories, body.memories[memory.index()]))
            }
            ExternIdx::Global(global) => {
                Extern::Global(Global::new_handle(&self.globals, body.globals[global.index()]))
            }
        }
    }

    /// Who defines a function of an instance.
    ///
    /// # Panics
    /// If it is an imported host function that cannot be a value: those are neither exported nor referred to.
    pub(crate) fn origin_of(&self, instance: InstanceAddr, func: FuncIdx) -> FuncAddr {
        match self.imports_of(instance).get(func.index()) {
            None => FuncAddr::Wasm(instance, func),
            Some(ImportOrigin::Func(origin)) => *origin,
            Some(ImportOrigin::Host) => unreachable!("{func} can be no value"),
        }
    }
}

impl<T> View<'_, T> {
    /// The type of what a handle names, with the current size of memories and tables as their minimum.
    pub(crate) fn extern_type(self, item: Extern) -> Result<ExternType, Error> {
        Ok(match item {
            Extern::Func(func) => ExternType::Func(self.func_type(self.resolve_func(func)?).clone()),
            Extern::Table(table) => {
                let row = self.table_row(table)?;
                let mut ty = row.ty;
                ty.limits.min = row.words.len() as u64;
                ExternType::Table(ty)
            }
            Extern::Memory(memory) => {
                let row = self.memory_row(memory)?;
                let mut ty = row.ty;
                ty.limits.min = row.pages;
                ExternType::Memory(ty)
            }
            Extern::Global(global) => ExternType::Global(self.global_row(global)?.ty),
        })
    }
}
