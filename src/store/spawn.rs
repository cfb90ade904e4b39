//! The beginning of an instance, as the standard orders it: match, allocate, evaluate globals, elements, data, start.
//!
//! Owns: the phases of one instance. Everything that can fail for want of room happens before a row exists (`provide`); from
//! then on a failure is the guest's (a segment, the start function) and ends the instance as the standard says: what it wrote
//! stays.
//! Does not know: many at once (`batch`), how an instance goes (`free`).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use smallvec::smallvec;

use super::addr::{GlobalAddr, Instance, InstanceAddr, MemAddr, TableAddr, TemplateAddr, tag};
use super::begin::begin;
use super::context::{ContextBlock, Directory, link_head};
use super::free::Free;
use super::island::{AsStoreMut, Row, Rows, StorePtr, ViewMut};
use super::memory::reserve;
use super::recycle::Idle;
use super::row::{
    GlobalOwner, GlobalRow, InstanceBody, InstanceParts, InstanceRow, MemoryRow, State, TableRow, TemplateRow,
};
use super::template::{Template, TemplateInner};
use super::unions::Label;
use super::{EndReason, Store, StoreInner};
use crate::error::Error;
use crate::module::Module;
use crate::spec::module::{GlobalIdx, MemIdx, TableIdx};

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

/// Rows that templates of one batch have laid claim to.
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
    let addr = match store.at_hand(&template.inner) {
        Some(addr) => addr,
        None => match store.provide_one(&template.inner, ptr) {
            Ok(addr) => addr,
            Err(error) => {
                store.names.cancel(name, token);
                return Err(error);
            }
        },
    };
    let begins = template.inner.module.begins();
    if !begins && name.is_empty() {
        let instance = store.commit(addr, data, State::Live);
        return Ok(store.instance_handle(instance));
    }
    let instance = store.commit(addr, data, State::Starting);
    if begins {
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

    /// The row of a template, if all that one more instance of it needs is there and nobody else's: then `commit` may follow.
    /// `None` says that `provide` must look.
    #[inline]
    fn at_hand(&self, template: &Arc<TemplateInner<T>>) -> Option<TemplateAddr> {
        let addr = self.recent_template?;
        let row = self.templates.get(addr)?;
        let is_at_hand = Arc::ptr_eq(&row.template, template)
            && row.stands_alone
            && self.instances.len() < self.engine.limits().instances as usize
            && self.instances.has_room(1)
            && (row.spares.is_empty() || self.memories.has_room(row.spares.len()))
            && (row.spare_tables.is_empty() || self.tables.has_room(row.spare_tables.len()))
            && (row.own_globals == 0 || self.globals.has_room(row.own_globals))
            && row.has_spares(1)
            && self.pinned.has_room(row.pattern().block());
        is_at_hand.then_some(addr)
    }

    /// `provide` for one instance, which is made next.
    #[cold]
    fn provide_one(
        &mut self,
        template: &Arc<TemplateInner<T>>,
        store: StorePtr<T>,
    ) -> Result<TemplateAddr, Error> {
        let addr = self.provide(template, 1, &mut Room::default(), store)?;
        self.settle(addr, 1);
        Ok(addr)
    }

    /// Gets all that `count` instances of a template need, beside others of `room` that have theirs already, and lays claim to it.
    ///
    /// # Errors
    /// `WrongEngine`, `WrongArch`, `WrongStore`, `Link` if a handle of the template is stale, `Limit`, `System`. Nothing is claimed then.
    pub(crate) fn provide(
        &mut self,
        template: &Arc<TemplateInner<T>>,
        count: usize,
        room: &mut Room,
        store: StorePtr<T>,
    ) -> Result<TemplateAddr, Error> {
        let module = &template.module;
        if !module.engine().same(&self.engine) {
            return Err(Error::WrongEngine);
        }
        self.engine.check_runs_here()?;
        self.check_template(template)?;
        let allowed = self.engine.limits().instances;
        let wanted = (self.instances.len() + room.instances).saturating_add(count);
        if wanted > allowed as usize {
            return Err(self.limit_error("instances", wanted as u64, allowed.into()));
        }
        reserve(&mut self.instances, room.instances + count, "instances")?;
        if self.directory.is_none() {
            self.directory = Some(Directory::new()?);
        }
        let addr = self.template_row(template, store)?;
        if let Err(error) = self.provide_parts(addr, count, room) {
            self.drop_unused(addr);
            return Err(error);
        }
        self.templates.get_mut(addr).expect("just looked up").claimed += count;
        room.instances += count;
        Ok(addr)
    }

    /// Room for what instances of a template define, and for their contexts.
    fn provide_parts(&mut self, addr: TemplateAddr, count: usize, room: &mut Room) -> Result<(), Error> {
        let row = self.templates.get(addr).expect("just looked up");
        let (memories, tables) = (row.spares.len() * count, row.spare_tables.len() * count);
        let globals = row.own_globals * count;
        if memories > 0 {
            reserve(&mut self.memories, room.memories + memories, "memories")?;
        }
        if tables > 0 {
            reserve(&mut self.tables, room.tables + tables, "tables")?;
        }
        if globals > 0 {
            reserve(&mut self.globals, room.globals + globals, "globals")?;
        }
        self.provide_slots(addr, count)?;
        let row = self.templates.get_mut(addr).expect("just looked up");
        row.provide_tables(&self.engine, count)?;
        self.pinned.claim(row.pattern().block(), count)?;
        room.memories += memories;
        room.tables += tables;
        room.globals += globals;
        Ok(())
    }

    /// Gives up claims: what was claimed is used next, or not needed.
    pub(crate) fn settle(&mut self, addr: TemplateAddr, count: usize) {
        let row = self.templates.get_mut(addr).expect("claims keep it");
        row.claimed -= count;
        self.pinned.settle(row.pattern().block(), count);
    }

    /// Makes the rows of an instance and links it. All that it needs is there.
    pub(crate) fn commit(&mut self, addr: TemplateAddr, data: T, state: State) -> InstanceAddr {
        let seq = self.take_seq();
        let label = Label::of(seq);
        let stands_alone = self.templates.get(addr).expect("provided").stands_alone;
        if !stands_alone {
            self.count_imports(addr);
        }
        let Self { instances, templates, memories, tables, globals, idle, spare_parts, pinned, .. } = self;
        let directory = self.directory.as_ref().expect("made before the first row");
        let template = templates.get_mut(addr).expect("as before");
        template.instances += 1;
        let context = ContextBlock::copy_of(template.pattern(), pinned);
        let instance = instances.insert_with_key(|instance: InstanceAddr| {
            link_head(directory, instance, &context);
            let parts = template.has_parts.then(|| {
                let mut parts = spare_parts.pop().unwrap_or_default();
                let columns = (memories, tables, globals);
                template.make_parts((instance, label, &context), columns, &mut parts, idle);
                parts
            });
            let body = InstanceBody { parts, data };
            let (listed, escaped, importers) = (false, false, 0);
            Row::new(
                label,
                InstanceRow { seq, template: addr, state, listed, escaped, importers, context, body },
            )
        });
        if !stands_alone {
            self.link_imports(instance);
        }
        if !self.templates.get(addr).expect("as before").late_globals.is_empty() {
            self.link_late_globals(instance);
        }
        instance
    }
}

/// The columns that what an instance defines goes into.
type Columns<'a> = (
    &'a mut Rows<Box<MemoryRow>, MemAddr>,
    &'a mut Rows<TableRow, TableAddr>,
    &'a mut Rows<GlobalRow, GlobalAddr>,
);

impl<T> TemplateRow<T> {
    /// Makes the rows of what an instance defines, shows them in its context, and lists them behind what it imports.
    fn make_parts(
        &mut self,
        (instance, label, context): (InstanceAddr, Label, &ContextBlock),
        (memories, tables, globals): Columns<'_>,
        parts: &mut InstanceParts,
        idle: &mut Idle,
    ) {
        self.begin_dropped(parts);
        if !self.stands_alone {
            self.template.list_imports(parts);
        }
        for (spares, at) in self.spares.iter_mut().zip(parts.memories.len()..) {
            let index = MemIdx::from_usize(at);
            let mut memory = spares.take(idle);
            memory.users = 1;
            memory.mirrors.push((instance, index));
            context.show_memory(&memory, index);
            memory.is_marked = at == 0 && context.show_marks(&self.layout);
            parts.memories.push(memories.insert(Row::new(label, memory)));
        }
        for (spares, at) in self.spare_tables.iter_mut().zip(parts.tables.len()..) {
            let index = TableIdx::from_usize(at);
            let table = TableRow { users: 1, mirrors: smallvec![(instance, index)], ..spares.take() };
            context.show_table(&table, (&self.layout, index), tag(instance.into()));
            parts.tables.push(tables.insert(Row::new(label, table)));
        }
        if self.own_globals > 0 {
            let decl = self.template.module.decl();
            let imported = decl.imported.globals;
            for (global, index) in decl.globals.iter().skip(imported as usize).zip(imported..) {
                let cell = context.cell(&self.layout, GlobalIdx::new(index));
                let owner = GlobalOwner::Instance(instance);
                let global = GlobalRow { ty: global.ty, cell, owner, users: 1 };
                parts.globals.push(globals.insert(Row::new(label, global)));
            }
        }
    }
}
