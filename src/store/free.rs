//! The end of instances and stores.
//!
//! Owns: `free`, `exit`, `close`, and what goes with an instance: rows that only it used, names, its context.
//! Does not know: what references in tables name (`collect` will).
//!
//! A freed instance whose functions may still be reached becomes a *zombie*: its handle is stale, its functions work. It goes
//! when the last importer goes, or by `Free::Now`. Values of the host are dropped last, with the store whole again.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

use super::addr::{FuncAddr, GlobalAddr, Instance, InstanceAddr, MemAddr, TableAddr, TemplateAddr};
use super::context::ImportTarget;
use super::recycle::Returning;
use super::row::{
    GlobalOwner, HostFuncRow, ImportOrigin, InstanceBody, InstanceRow, MemoryRow, State, TableRow,
    TemplateRow,
};
use super::unions::Member;
use super::{Columns, EndError, EndReason, ExternValue, Store, StoreInner};
use crate::error::Error;

/// So many emptied boxes of instances are kept for others: 11 MB.
const SPARE_PARTS_MAX: usize = 1 << 16;

/// When a freed instance goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Free {
    /// At once: references to its functions trap.
    Now,
    /// As soon as no other instance can reach its functions; until then these work. If others import them, that is when the
    /// last of these is gone. If references to them may be held elsewhere, nobody counts these: [`Store::collect`] finds out.
    WhenUnreachable,
}

/// What became of a freed instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freed {
    /// It is gone.
    Done,
    /// Its handle is stale; its functions, and with them its data, are kept by importers or until [`Store::collect`] finds no
    /// reference to them.
    Waiting,
}

/// Data of instances that are gone, still to be dropped; and a panic on the way.
#[must_use = "data is dropped by `finish`"]
pub(crate) struct GoneData<T> {
    /// With their place in the order of spawning.
    data: Vec<(u64, T)>,
    /// Templates that nobody uses any more, with the closures that they import.
    pub(crate) templates: Vec<TemplateRow<T>>,
    /// Host functions and host values that were collected.
    pub(crate) host_funcs: Vec<HostFuncRow<T>>,
    pub(crate) externs: Vec<Arc<ExternValue>>,
    columns: Option<Columns<T>>,
    panic: Option<Box<dyn Any + Send>>,
}

impl<T> GoneData<T> {
    pub(crate) const fn new() -> Self {
        Self {
            data: Vec::new(),
            templates: Vec::new(),
            host_funcs: Vec::new(),
            externs: Vec::new(),
            columns: None,
            panic: None,
        }
    }

    /// Drops the data, newest first. A panic in one goes on when all are dropped.
    pub(crate) fn finish(mut self) {
        self.data.sort_unstable_by_key(|(seq, _)| *seq);
        while let Some((_, data)) = self.data.pop() {
            self.guard(|| drop(data));
        }
        for template in std::mem::take(&mut self.templates) {
            self.guard(|| drop(template));
        }
        for host_func in std::mem::take(&mut self.host_funcs) {
            self.guard(|| drop(host_func));
        }
        for value in std::mem::take(&mut self.externs) {
            self.guard(|| drop(value));
        }
        let columns = self.columns.take();
        self.guard(|| drop(columns));
        if let Some(panic) = self.panic {
            resume_unwind(panic);
        }
    }
}

impl<T> GoneData<T> {
    /// Takes the data of an instance that is gone.
    #[inline]
    pub(crate) fn add(&mut self, seq: u64, data: T) {
        self.data.push((seq, data));
    }

    /// Takes what another holds.
    pub(crate) fn absorb(&mut self, mut other: Self) {
        self.data.append(&mut other.data);
        self.templates.append(&mut other.templates);
        self.host_funcs.append(&mut other.host_funcs);
        self.externs.append(&mut other.externs);
        if let Some(panic) = other.panic.take() {
            self.keep(panic);
        }
    }

    /// Runs code of the host and keeps its first panic.
    fn guard(&mut self, work: impl FnOnce()) {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(work)) {
            self.keep(panic);
        }
    }

    /// Keeps the first panic.
    fn keep(&mut self, panic: Box<dyn Any + Send>) {
        match &self.panic {
            None => self.panic = Some(panic),
            Some(_) => quietly(|| drop(panic)),
        }
    }

    /// Drops the data, newest first; then a panic that was there before goes on, whatever panics meanwhile.
    pub(crate) fn finish_after(self, panic: Box<dyn Any + Send>) -> ! {
        quietly(|| self.finish());
        resume_unwind(panic)
    }
}

/// Runs code of the host beside a panic or error that counts more. The payload of its own panic is dropped, which may panic in
/// its turn: that one is left alone.
pub(crate) fn quietly(work: impl FnOnce()) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(work))
        && let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(panic)))
    {
        std::mem::forget(again);
    }
}

impl<T> Store<T> {
    /// Frees an instance, with all that only it used.
    ///
    /// # Errors
    /// If the handle is stale (`Now` accepts that of an instance kept by references) or of another store.
    pub fn free(&mut self, instance: Instance, how: Free) -> Result<Freed, Error> {
        let store = self.whole();
        let addr = match how {
            Free::Now => store.find_any_instance(instance)?,
            Free::WhenUnreachable => store.find_instance(instance)?,
        };
        if store.is_lone(addr) {
            // What is dropped is the host's, and may panic: the store is whole again.
            let (seq, data, template) = store.remove_lone(addr, StoreInner::recycle);
            match store.note_gone(template) {
                None => drop(data),
                Some(template) => {
                    let mut gone = GoneData::new();
                    gone.add(seq, data);
                    gone.templates.push(template);
                    gone.finish();
                }
            }
            return Ok(Freed::Done);
        }
        let (freed, gone) = store.end(addr, how, EndReason::Freed);
        gone.finish();
        Ok(freed)
    }

    /// Ends an instance with an exit code: the host may not call it any more, but still read it. Other instances that import its
    /// functions may go on to call them: the standard knows no exit. The first exit counts.
    ///
    /// # Errors
    /// If the handle is stale or of another store.
    pub fn exit(&mut self, instance: Instance, code: u32) -> Result<(), Error> {
        let store = self.whole();
        let addr = store.find_instance(instance)?;
        store.instance_mut(addr).exit(code);
        Ok(())
    }

    /// Ends all instances, newest first. Everything else then fails; closing again does nothing.
    ///
    /// # Errors
    /// What the hook returned.
    pub fn close(&mut self, code: u32) -> Result<(), Vec<EndError>> {
        let store = self.whole();
        if store.closed.is_some() {
            return Ok(());
        }
        let (errors, gone) = store.end_all(code);
        gone.finish();
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }
}

impl<T> InstanceRow<T> {
    /// The host may not enter the instance any more. The first exit counts.
    pub(crate) fn exit(&mut self, code: u32) {
        if matches!(self.state, State::Live | State::Starting) {
            self.state = State::Exited(code);
            self.context.head().state.set(1);
        }
    }
}

impl<T> StoreInner<T> {
    /// Frees an instance that is not gone.
    pub(crate) fn end(&mut self, instance: InstanceAddr, how: Free, why: EndReason) -> (Freed, GoneData<T>) {
        let mut gone = GoneData::new();
        if self.instance(instance).state != State::Zombie {
            // What a hook returns while one instance is freed has nowhere to go.
            let _ = self.call_hook(instance, why, &mut gone);
            self.make_zombie(instance);
        }
        if how == Free::WhenUnreachable && self.is_reachable(instance) {
            return (Freed::Waiting, gone);
        }
        if self.instance(instance).importers > 0 {
            self.trap_importers(instance);
        }
        let mut work = vec![instance];
        while let Some(instance) = work.pop() {
            self.remove(instance, &mut work, &mut gone);
        }
        (Freed::Done, gone)
    }

    fn is_reachable(&self, instance: InstanceAddr) -> bool {
        let row = self.instance(instance);
        row.importers > 0 || row.escaped
    }

    fn call_hook(
        &mut self,
        instance: InstanceAddr,
        why: EndReason,
        gone: &mut GoneData<T>,
    ) -> Result<(), Error> {
        let Some(mut hook) = self.hook.take() else { return Ok(()) };
        let handle = self.instance_handle(instance);
        let data = &mut self.instance_mut(instance).body.data;
        let called = catch_unwind(AssertUnwindSafe(|| hook(handle, data, why)));
        self.hook = Some(hook);
        called.unwrap_or_else(|panic| {
            gone.keep(panic);
            Ok(())
        })
    }

    /// From now on the handle is stale and the names are free.
    fn make_zombie(&mut self, instance: InstanceAddr) {
        let row = self.instance_mut(instance);
        row.state = State::Zombie;
        row.context.head().state.set(1);
        for name in std::mem::take(&mut row.body.names) {
            self.names.unregister(&name, instance);
        }
    }

    /// Makes the importers of an instance that goes at once trap when they call it.
    fn trap_importers(&self, instance: InstanceAddr) {
        let freed = self.engine.freed_stub();
        let members = self.unions.members(self.label_of(instance)).map(|member| self.instance(member));
        for importer in members.filter(|row| self.template_of(row).origins.contains(&instance)) {
            let template = self.template_of(importer);
            let layout = template.template.module.layout();
            for (index, origin) in (0..).zip(&template.imports) {
                if let ImportOrigin::Func(func @ FuncAddr::Wasm(origin, _)) = origin
                    && *origin == instance
                {
                    let target = ImportTarget { target: std::ptr::null(), code: freed, word: func.word() };
                    target.write(&importer.context, layout, index);
                }
            }
        }
    }

    /// Removes an instance and what only it used; zombies that now go too are put on the list.
    pub(crate) fn remove(
        &mut self,
        instance: InstanceAddr,
        work: &mut Vec<InstanceAddr>,
        gone: &mut GoneData<T>,
    ) {
        self.unlink(instance);
        let Some(row) = self.instances.remove(instance) else { return };
        self.unions.leave(row.label(), Member::Instance(instance));
        let InstanceRow { seq, template, context, body, .. } = row.into_body();
        let Self { templates, instances, .. } = &mut *self;
        for &origin in &templates.get(template).expect("outlives its instances").origins {
            if let Some(row) = instances.get_mut(origin) {
                row.importers -= 1;
                if row.state == State::Zombie && row.importers == 0 && !row.escaped {
                    work.push(origin);
                }
            }
        }
        let imported = self.module(template).decl().imported.memories as usize;
        for (index, &memory) in body.memories.iter().enumerate() {
            if let Some(row) = self.memories.get_mut(memory) {
                row.mirrors.retain(|(user, at)| *user != instance || at.index() != index);
                let gone = self.release_memory(memory);
                if let (Some(mut memory), Some(at)) = (gone, index.checked_sub(imported)) {
                    memory.note_marks(context.marks(self.module(template).layout()));
                    self.recycle(Returning { template, at, memory });
                }
            }
        }
        let imported = self.module(template).decl().imported.tables as usize;
        for (index, &table) in body.tables.iter().enumerate() {
            if let Some(row) = self.tables.get_mut(table) {
                row.mirrors.retain(|(user, at)| *user != instance || at.index() != index);
                let gone = self.release_table(table);
                let row = self.templates.get_mut(template).expect("outlives its instances");
                if let (Some(gone), Some(at)) = (gone, index.checked_sub(imported)) {
                    row.spare_tables[at].put(gone);
                }
            }
        }
        let mut kept = 0;
        for &global in &body.globals {
            self.release_global(global);
            let owner = self.globals.get(global).map(|row| &row.owner);
            kept += u32::from(matches!(owner, Some(GlobalOwner::Instance(owner)) if *owner == instance));
        }
        if kept == 0 {
            context.free(&mut self.pinned);
        } else {
            self.orphans.insert(instance, (context, kept));
        }
        let template_row = self.templates.get_mut(template).expect("outlives its instances");
        template_row.instances -= 1;
        if template_row.instances == 0 {
            gone.templates.extend(self.drop_idle(template));
        }
        gone.data.push((seq, body.data));
    }

    /// Whether nothing and nobody but itself knows an instance, nor what it defines: it can go without looking around.
    #[inline]
    pub(super) fn is_lone(&self, instance: InstanceAddr) -> bool {
        let row = self.instances.get(instance).expect("resolved before");
        self.hook.is_none()
            && row.state != State::Zombie
            && row.importers == 0
            && !row.escaped
            && row.body.names.is_empty()
            && self.template_of(row).stands_alone
            && !self.unions.is_group(row.label())
            && row.body.globals.iter().all(|&global| self.global_at(global).users == 1)
    }

    /// Removes a lone instance and what it defines. Its memories are handed to `slots`.
    #[inline]
    pub(super) fn remove_lone(
        &mut self,
        instance: InstanceAddr,
        mut slots: impl FnMut(&mut Self, Returning),
    ) -> (u64, T, TemplateAddr) {
        self.unlink(instance);
        let row = self.instances.remove(instance).expect("resolved before").into_body();
        let InstanceRow { seq, template, context, body, .. } = row;
        for (at, &memory) in body.memories.iter().enumerate() {
            let row = self.memories.remove(memory).expect("an instance keeps its memories");
            let mut memory = row.into_body();
            memory.note_marks(
                context.marks(&self.templates.get(template).expect("outlives its instances").layout),
            );
            slots(self, Returning { template, at, memory });
        }
        let spares =
            self.templates.get_mut(template).expect("outlives its instances").spare_tables.iter_mut();
        for (&table, spares) in body.tables.iter().zip(spares) {
            spares.put(self.tables.remove(table).expect("an instance keeps its tables").into_body());
        }
        for &global in &body.globals {
            self.globals.remove(global);
        }
        context.free(&mut self.pinned);
        self.templates.get_mut(template).expect("outlives its instances").instances -= 1;
        let InstanceBody { parts, data } = body;
        if let Some(mut parts) = parts
            && self.spare_parts.len() < SPARE_PARTS_MAX
        {
            parts.clear();
            self.spare_parts.push(parts);
        }
        (seq, data, template)
    }

    /// An instance of the template has gone. If it was the last one, and nobody else holds the template, that goes too.
    #[inline]
    pub(super) fn note_gone(&mut self, template: TemplateAddr) -> Option<TemplateRow<T>> {
        let row = self.templates.get(template)?;
        if row.instances > 0 || row.idle { None } else { self.drop_idle(template) }
    }

    /// One user less; the memory goes with the last, and is returned.
    pub(crate) fn release_memory(&mut self, memory: MemAddr) -> Option<Box<MemoryRow>> {
        let row = self.memories.get_mut(memory)?;
        row.users -= 1;
        if row.users > 0 {
            return None;
        }
        let label = row.label();
        self.unions.leave(label, Member::Memory(memory));
        Some(self.memories.remove(memory)?.into_body())
    }

    /// One user less; the table goes with the last, and is returned.
    pub(crate) fn release_table(&mut self, table: TableAddr) -> Option<TableRow> {
        let row = self.tables.get_mut(table)?;
        row.users -= 1;
        if row.users > 0 {
            return None;
        }
        let label = row.label();
        self.unions.leave(label, Member::Table(table));
        Some(self.tables.remove(table)?.into_body())
    }

    /// One user less; the global goes with the last, and so may the block of an instance that is gone.
    pub(crate) fn release_global(&mut self, global: GlobalAddr) {
        let Some(row) = self.globals.get_mut(global) else { return };
        row.users -= 1;
        if row.users > 0 {
            return;
        }
        let row = self.globals.remove(global).expect("looked at above");
        self.unions.leave(row.label(), Member::Global(global));
        match row.into_body().owner {
            GlobalOwner::Host(block, _) => block.free(&mut self.pinned),
            GlobalOwner::Instance(owner) => self.release_orphan(owner),
        }
    }

    fn release_orphan(&mut self, owner: InstanceAddr) {
        let Some((_, kept)) = self.orphans.get_mut(&owner) else { return };
        *kept -= 1;
        if *kept == 0 {
            let (context, _) = self.orphans.remove(&owner).expect("looked at above");
            context.free(&mut self.pinned);
        }
    }

    /// Ends every instance, newest first, and empties the columns.
    fn end_all(&mut self, code: u32) -> (Vec<EndError>, GoneData<T>) {
        let mut gone = GoneData::new();
        let mut errors = Vec::new();
        let mut all: Vec<(u64, InstanceAddr)> =
            self.instances.iter().map(|(addr, row)| (row.seq, addr)).collect();
        all.sort_unstable_by(|a, b| b.cmp(a));
        for &(_, addr) in &all {
            if self.instance(addr).state != State::Zombie {
                let instance = self.instance_handle(addr);
                if let Err(error) = self.call_hook(addr, EndReason::StoreClosed(code), &mut gone) {
                    errors.push(EndError { instance, error });
                }
                self.make_zombie(addr);
            }
        }
        for (_, addr) in all {
            self.remove(addr, &mut Vec::new(), &mut gone);
        }
        self.closed = Some(code);
        gone.columns = Some(self.take_columns());
        (errors, gone)
    }
}
