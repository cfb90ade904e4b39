//! The beginning of an instance, as the standard orders it: match, allocate, evaluate globals, elements, data, start.
//!
//! Owns: the phases of one instance. Everything that can fail for want of room happens before a row exists (`prepare`); from
//! then on a failure is the guest's (a segment, the start function) and ends the instance as the standard says: what it wrote
//! stays.
//! Does not know: many at once (`batch`), how an instance goes (`free`).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::addr::{Instance, InstanceAddr, TemplateAddr};
use super::begin::begin;
use super::context::{ContextBlock, Directory};
use super::free::{Free, GoneData};
use super::island::{AsStoreMut, Row, StorePtr, ViewMut};
use super::memory::reserve;
use super::row::{GlobalOwner, GlobalRow, InstanceBody, InstanceRow, MemoryRow, State, TableRow};
use super::template::{Template, TemplateInner};
use super::unions::Label;
use super::{EndReason, Store, StoreInner};
use crate::error::Error;
use crate::module::Module;
use crate::spec::module::GlobalIdx;

impl<T> Store<T> {
    /// Makes an instance and runs its start function.
    ///
    /// # Errors
    /// `AlreadyClosed`; `WrongEngine`, `WrongArch`; `Limit`, `System` if there is no room; `Link` or `WrongStore` if the template's handles are not this
    /// store's and current; `Segment` or `Start` if one of them traps. Then there is no instance, but what was written to
    /// imported memories, tables and globals stays.
    pub fn spawn(&mut self, template: &Template<T>, data: T) -> Result<Instance, Error> {
        spawn(self.view_mut(), template, "", data)
    }

    /// As [`Store::spawn`], under a name by which later modules import from it. The empty name is none.
    ///
    /// # Errors
    /// As [`Store::spawn`], and `NameTaken`, before anything else happens.
    pub fn spawn_named(&mut self, name: &str, template: &Template<T>, data: T) -> Result<Instance, Error> {
        spawn(self.view_mut(), template, name, data)
    }
}

/// All that an instance needs, had before its row exists.
pub(crate) struct Prepared {
    template: TemplateAddr,
    tables: Vec<TableRow>,
    context: ContextBlock,
}

/// Rows that others of the same batch are prepared for.
#[derive(Default)]
pub(crate) struct Room {
    instances: usize,
    memories: usize,
    tables: usize,
    globals: usize,
}

fn spawn<T>(
    mut view: ViewMut<'_, T>,
    template: &Template<T>,
    name: &str,
    data: T,
) -> Result<Instance, Error> {
    let ptr = view.ptr();
    let store = view.whole().expect("a store at rest is whole");
    store.check_not_closed()?;
    store.sweep_idle();
    let token = store.take_seq();
    if !name.is_empty() {
        store.names.reserve(name, token)?;
    }
    let prepared = match store.prepare(&template.inner, &mut Room::default(), ptr) {
        Ok(prepared) => prepared,
        Err(error) => {
            store.names.cancel(name, token);
            return Err(error);
        }
    };
    let instance = store.commit(prepared, data);
    store.link(instance);
    if template.inner.begins() {
        begin_alone(view.reborrow(), instance, (name, token), &template.inner.module)?;
    }
    let store = view.whole().expect("as before");
    store.go_live(instance, name, token);
    Ok(store.instance_handle(instance))
}

/// Segments and start of an instance that is no part of a batch. If they fail it is ended.
fn begin_alone<T>(
    mut view: ViewMut<'_, T>,
    instance: InstanceAddr,
    (name, token): (&str, u64),
    module: &Module,
) -> Result<(), Error> {
    // A panic of a host function ends the instance and goes on.
    let begun = catch_unwind(AssertUnwindSafe(|| begin(&mut view, instance, module)));
    if !matches!(begun, Ok(Ok(()))) {
        let store = view.whole().expect("a store at rest is whole");
        store.names.cancel(name, token);
        let gone = store.end(instance, Free::WhenUnreachable, EndReason::StartFailed).1;
        match begun {
            Ok(_) => gone.finish(),
            Err(panic) => gone.finish_after(panic),
        }
    }
    begun.unwrap_or(Ok(()))
}

impl<T> StoreInner<T> {
    /// The next place in the order of spawning.
    #[inline]
    pub(crate) const fn take_seq(&mut self) -> u64 {
        let seq = self.seq;
        self.seq += 1;
        seq
    }

    /// The instance has begun: the host may use it, and find it by its name, which `token` reserved.
    #[inline]
    pub(crate) fn go_live(&mut self, instance: InstanceAddr, name: &str, token: u64) {
        let row = self.instance_mut(instance);
        // It may have exited already: whoever held one of its functions could call it.
        if row.state == State::Starting {
            row.state = State::Live;
        }
        if !name.is_empty() {
            row.body.names.push(name.into());
            self.names.commit(name, token, instance);
        }
    }

    /// Gets all that an instance of a template needs, beside others of `room` that have their own already.
    ///
    /// # Errors
    /// `WrongEngine`, `WrongArch`, `WrongStore`, `Link` if a handle of the template is stale, `Limit`, `System`. Nothing is kept then.
    pub(crate) fn prepare(
        &mut self,
        template: &Arc<TemplateInner<T>>,
        room: &mut Room,
        store: StorePtr<T>,
    ) -> Result<Prepared, Error> {
        let module = &template.module;
        if !module.engine().same(&self.engine) {
            return Err(Error::WrongEngine);
        }
        self.engine.check_runs_here()?;
        self.check_template(template)?;
        let allowed = self.engine.limits().instances;
        let count = self.instances.len() + room.instances;
        if count >= allowed as usize {
            return Err(self.limit_error("instances", count as u64 + 1, allowed.into()));
        }
        let decl = module.decl();
        let imported = decl.imported;
        let mut tables = Vec::new();
        for &ty in own(decl.tables.as_slice(), imported.tables) {
            tables.push(TableRow::new(&self.engine, ty)?);
        }
        let memories = decl.memories.len() - imported.memories as usize;
        let globals = decl.globals.len() - imported.globals as usize;
        reserve(&mut self.instances, room.instances + 1, "instances")?;
        if memories > 0 {
            reserve(&mut self.memories, room.memories + memories, "memories")?;
        }
        if !tables.is_empty() {
            reserve(&mut self.tables, room.tables + tables.len(), "tables")?;
        }
        if globals > 0 {
            reserve(&mut self.globals, room.globals + globals, "globals")?;
        }
        if self.directory.is_none() {
            self.directory = Some(Directory::new()?);
        }
        let addr = self.template_row(template, store)?;
        let context = match self.provide_slots(addr).and_then(|()| self.copy_pattern(addr)) {
            Ok(context) => context,
            Err(error) => {
                self.drop_unused(addr);
                return Err(error);
            }
        };
        self.templates.get_mut(addr).expect("just looked up").prepared += 1;
        room.instances += 1;
        room.memories += memories;
        room.tables += tables.len();
        room.globals += globals;
        Ok(Prepared { template: addr, tables, context })
    }

    #[inline]
    fn copy_pattern(&mut self, template: TemplateAddr) -> Result<ContextBlock, Error> {
        let row = self.templates.get(template).expect("just looked up");
        let pattern = row.pattern.as_ref().expect("there as long as the row");
        Ok(ContextBlock::copy_of(pattern, &mut self.pinned)?)
    }

    /// Gives back what was prepared and is not needed.
    pub(crate) fn give_back(&mut self, prepared: Prepared, gone: &mut GoneData<T>) {
        prepared.context.free(&mut self.pinned);
        self.templates.get_mut(prepared.template).expect("prepared").prepared -= 1;
        gone.templates.extend(self.drop_idle(prepared.template));
    }

    /// Makes the rows. Room was made before.
    pub(crate) fn commit(&mut self, prepared: Prepared, data: T) -> InstanceAddr {
        let Prepared { template: addr, tables: new_tables, context } = prepared;
        let seq = self.take_seq();
        let label = Label::of(seq);
        let Self { instances, templates, memories, tables, globals, idle, spare_parts, .. } = self;
        let row = templates.get_mut(addr).expect("prepared");
        row.prepared -= 1;
        row.instances += 1;
        for &origin in &row.origins {
            instances.get_mut(origin).expect("checked while preparing").importers += 1;
        }
        let (template, spares) = (&*row.template, &mut row.spares);
        let (decl, layout) = (template.module.decl(), template.module.layout());
        let mut parts = spare_parts.pop().unwrap_or_default();
        parts.dropped_elems.resize(decl.elems.len());
        parts.dropped_data.resize(decl.data.len());
        let row = InstanceRow {
            seq,
            template: addr,
            state: State::Starting,
            listed: false,
            escaped: false,
            importers: 0,
            context,
            body: InstanceBody { parts, data },
        };
        let instance = instances.insert(Row::new(label, row));
        let row = &mut **instances.get_mut(instance).expect("just made");
        let body = &mut *row.body.parts;
        for memory in &template.memories {
            let memory = memory.raw.addr().into();
            memories.get_mut(memory).expect("checked while preparing").users += 1;
            body.memories.push(memory);
        }
        for spares in spares.iter_mut() {
            let memory = MemoryRow { users: 1, ..spares.take(idle) };
            body.memories.push(memories.insert(Row::new(label, memory)));
        }
        for table in &template.tables {
            let table = table.raw.addr().into();
            tables.get_mut(table).expect("checked while preparing").users += 1;
            body.tables.push(table);
        }
        for mut table in new_tables {
            table.users = 1;
            body.tables.push(tables.insert(Row::new(label, table)));
        }
        for global in &template.globals {
            let global = global.raw.addr().into();
            globals.get_mut(global).expect("checked while preparing").users += 1;
            body.globals.push(global);
        }
        let imported = decl.imported.globals;
        for (global, index) in own(decl.globals.as_slice(), imported).zip(imported..) {
            let (ty, cell) = (global.ty, row.context.cell(layout, GlobalIdx::new(index)));
            let owner = GlobalOwner::Instance(instance);
            let global = GlobalRow { ty, cell, owner, users: 1 };
            body.globals.push(globals.insert(Row::new(label, global)));
        }
        instance
    }
}

/// What a module defines itself, of one kind.
#[inline]
fn own<D>(all: &[D], imported: u32) -> std::slice::Iter<'_, D> {
    all[imported as usize..].iter()
}
