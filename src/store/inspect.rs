//! Looking around in a store: what there is, and who uses what of whom.
//!
//! Owns: iterators over handles, [`Store::importers`]. Everything here walks columns and changes nothing.
//! Does not know: whether the columns agree with each other (`invariants`).

use super::addr::{Global, GlobalAddr, Instance, InstanceAddr, MemAddr, Memory, Table, TableAddr};
use super::island::AsStore;
use super::{Store, StoreInner};
use crate::error::Error;

impl<T> Store<T> {
    /// All memories, in the order of their slots: as many as [`Stats::memories`](super::Stats::memories) says.
    ///
    /// ```
    /// use skep::{Config, Engine, Memory, MemoryType, Store};
    ///
    /// let engine = Engine::new(&Config::default())?;
    /// let mut store = Store::<()>::new(&engine);
    /// let made = Memory::new(&mut store, MemoryType::new(2, Some(3)))?;
    /// assert_eq!(store.memories().collect::<Vec<_>>(), [made]);
    /// let pages: u64 = store.memories().filter_map(|memory| memory.size(&store).ok()).sum();
    /// assert_eq!(pages, 2);
    /// # Ok::<(), skep::Error>(())
    /// ```
    pub fn memories(&self) -> impl Iterator<Item = Memory> + '_ {
        let store = self.view().get();
        store.memories.iter().map(|(addr, _)| Memory::new_handle(&store.memories, addr))
    }

    /// All tables, in the order of their slots: as many as [`Stats::tables`](super::Stats::tables) says. Those that nothing can look
    /// into or change once their segments are in them (not exported, and no instruction but `call_indirect` names them) are parts
    /// of their template, which all its instances share, and not among these.
    pub fn tables(&self) -> impl Iterator<Item = Table> + '_ {
        let store = self.view().get();
        store.tables.iter().map(|(addr, _)| Table::new_handle(&store.tables, addr))
    }

    /// All globals, in the order of their slots: as many as [`Stats::globals`](super::Stats::globals) says.
    pub fn globals(&self) -> impl Iterator<Item = Global> + '_ {
        let store = self.view().get();
        store.globals.iter().map(|(addr, _)| Global::new_handle(&store.globals, addr))
    }

    /// Who imports a function, memory, table or mutable global that this instance defines, in the order of their slots. Freed
    /// instances that are still kept count too, on both sides: the handle of one is taken, and those of others are among the
    /// answer. All instances are looked at.
    ///
    /// ```
    /// use skep::{Config, Engine, Free, Linker, Module, Store};
    ///
    /// let engine = Engine::new(&Config::default())?;
    /// let mut store = Store::<()>::new(&engine);
    /// let linker = Linker::new(&engine);
    /// let text = r#"(module (func (export "f")) (memory (export "unused") 1))"#;
    /// let library = linker.template(&Module::new(&engine, text)?)?;
    /// let library = store.spawn_named("library", &library, ())?;
    /// let user = Module::new(&engine, r#"(module (import "library" "f" (func)))"#)?;
    /// let user = linker.spawn(&mut store, &user, ())?;
    /// assert_eq!(store.importers(library)?, [user]);
    /// store.free(user, Free::Now)?;
    /// assert_eq!(store.importers(library)?, []);
    /// # Ok::<(), skep::Error>(())
    /// ```
    /// # Errors
    /// If the handle is stale or of another store.
    pub fn importers(&self, instance: Instance) -> Result<Vec<Instance>, Error> {
        let store = self.view().get();
        let of = store.find_any_instance(instance)?;
        let others = store.instances.iter().filter(|(addr, _)| *addr != of);
        let importers = others.filter(|(addr, _)| store.imports_from(*addr, of));
        Ok(importers.map(|(addr, _)| store.instance_handle(addr)).collect())
    }
}

impl Instance {
    /// Its names in the store: the one it was spawned under first, then those that were registered.
    ///
    /// # Errors
    /// If the handle is stale or of another store.
    pub fn names(self, store: &impl AsStore) -> Result<Vec<&str>, Error> {
        let store = store.view();
        let addr = store.resolve_instance(self)?;
        Ok(store.get().instance(addr).body.names.iter().map(|name| &**name).collect())
    }

    /// The handle with what messages call the instance, for messages of the host: its first name in the store, else its
    /// module's name, as in `instance#3v7@1 "mod"`. Without one it is the handle alone. One that is freed and still kept by
    /// others can be described too.
    ///
    /// # Errors
    /// If the handle is stale or of another store.
    pub fn describe(self, store: &impl AsStore) -> Result<String, Error> {
        let view = store.view();
        let addr = view.get().find_any_instance(self)?;
        view.check_scope(view.get().label_of(addr), || self.name())?;
        let name = view.get().display_name(addr);
        Ok(if name.is_empty() { self.to_string() } else { format!("{self} {name:?}") })
    }
}

/// What an instance imports, and what it defines.
type Parts<'a, A> = (&'a [A], &'a [A]);

impl<T> StoreInner<T> {
    fn imports_from(&self, user: InstanceAddr, of: InstanceAddr) -> bool {
        let shared = |imported: &[GlobalAddr], own: &[GlobalAddr]| {
            let mut mutable = imported.iter().filter(|&&global| self.global_at(global).ty.mutable);
            mutable.any(|global| own.contains(global))
        };
        self.origins_of(user).contains(&of)
            || common(self.memories_of(user).0, self.memories_of(of).1)
            || common(self.tables_of(user).0, self.tables_of(of).1)
            || shared(self.globals_of(user).0, self.globals_of(of).1)
    }

    /// The memories of an instance.
    pub(super) fn memories_of(&self, instance: InstanceAddr) -> Parts<'_, MemAddr> {
        let imported = self.module_of(instance).decl().imported.memories;
        self.instance(instance).body.memories.split_at(imported as usize)
    }

    /// The tables of an instance.
    pub(super) fn tables_of(&self, instance: InstanceAddr) -> Parts<'_, TableAddr> {
        let imported = self.module_of(instance).decl().imported.tables;
        self.instance(instance).body.tables.split_at(imported as usize)
    }

    /// The globals of an instance.
    pub(super) fn globals_of(&self, instance: InstanceAddr) -> Parts<'_, GlobalAddr> {
        let imported = self.module_of(instance).decl().imported.globals;
        self.instance(instance).body.globals.split_at(imported as usize)
    }
}

fn common<A: PartialEq>(some: &[A], others: &[A]) -> bool {
    some.iter().any(|one| others.contains(one))
}
