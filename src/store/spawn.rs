//! The beginning of an instance, as the standard orders it: match, allocate, evaluate globals, elements, data, start.
//!
//! Owns: the phases of one instance. Everything that can fail for want of room happens before a row exists (`prepare`); from
//! then on a failure is the guest's (a segment, the start function) and ends the instance as the standard says: what it wrote
//! stays.
//! Does not know: many at once (`batch`), how an instance goes (`free`).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use smallvec::SmallVec;

use super::addr::{FuncAddr, GlobalAddr, Instance, InstanceAddr, MemAddr, TableAddr, TemplateAddr};
use super::begin::begin;
use super::context::{ContextBlock, Directory};
use super::free::{Free, GoneData};
use super::island::{AsStoreMut, Row, ViewMut};
use super::memory::reserve;
use super::row::{
    BitSet, GlobalOwner, GlobalRow, ImportOrigin, InstanceBody, InstanceRow, MemoryRow, State, TableRow,
};
use super::template::{TEMPLATES_SWEPT, Template, TemplateInner};
use super::unions::Label;
use super::{EndReason, Store, StoreInner};
use crate::error::Error;
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
    funcs: Box<[ImportOrigin]>,
    memories: SmallVec<[MemAddr; 1]>,
    tables: SmallVec<[TableAddr; 1]>,
    globals: SmallVec<[GlobalAddr; 4]>,
    new_memories: SmallVec<[MemoryRow; 1]>,
    new_tables: SmallVec<[TableRow; 1]>,
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
    let store = view.whole().expect("a store at rest is whole");
    store.check_not_closed()?;
    store.sweep_idle();
    let token = store.take_seq();
    store.names.reserve(name, token)?;
    let prepared = match store.prepare(&template.inner, &mut Room::default()) {
        Ok(prepared) => prepared,
        Err(error) => {
            store.names.cancel(name, token);
            return Err(error);
        }
    };
    let ptr = view.ptr();
    let store = view.whole().expect("as before");
    let instance = store.commit(prepared, data);
    let module = &template.inner.module;
    store.link(instance, &template.inner, ptr);
    // A panic of a host function ends the instance and goes on.
    let begun = catch_unwind(AssertUnwindSafe(|| begin(&mut view, instance, module)));
    let store = view.whole().expect("as before");
    if !matches!(begun, Ok(Ok(()))) {
        store.names.cancel(name, token);
        let gone = store.end(instance, Free::WhenUnreachable, EndReason::StartFailed).1;
        match begun {
            Ok(_) => gone.finish(),
            Err(panic) => gone.finish_after(panic),
        }
    }
    begun.unwrap_or(Ok(()))?;
    store.go_live(instance, name, token);
    Ok(store.instance_handle(instance))
}

impl<T> StoreInner<T> {
    /// The next place in the order of spawning.
    pub(crate) const fn take_seq(&mut self) -> u64 {
        let seq = self.seq;
        self.seq += 1;
        seq
    }

    /// Forgets a few templates that nobody uses any more.
    pub(crate) fn sweep_idle(&mut self) {
        let mut gone = GoneData::new();
        self.sweep_templates(TEMPLATES_SWEPT, &mut gone);
        gone.finish();
    }

    /// The instance has begun: the host may use it, and find it by its name, which `token` reserved.
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
        let (engine, imported) = (self.engine.clone(), decl.imported);
        let new_memories = own(decl.memories.as_slice(), imported.memories)
            .map(|ty| MemoryRow::new(&engine, *ty))
            .collect::<Result<SmallVec<_>, _>>()?;
        let new_tables = own(decl.tables.as_slice(), imported.tables)
            .map(|ty| TableRow::new(&engine, *ty))
            .collect::<Result<SmallVec<_>, _>>()?;
        let new_globals = decl.globals.len() - imported.globals as usize;
        reserve(&mut self.instances, room.instances + 1, "instances")?;
        reserve(&mut self.memories, room.memories + new_memories.len(), "memories")?;
        reserve(&mut self.tables, room.tables + new_tables.len(), "tables")?;
        reserve(&mut self.globals, room.globals + new_globals, "globals")?;
        if self.directory.is_none() {
            self.directory = Some(Directory::new()?);
        }
        self.pinned.reserve(module.layout().size as usize, 1)?;
        let addr = self.template_row(template)?;
        let context = ContextBlock::alloc(&mut self.pinned, module.layout())
            .inspect_err(|_| drop(self.drop_idle(addr)))?;
        room.instances += 1;
        room.memories += new_memories.len();
        room.tables += new_tables.len();
        room.globals += new_globals;
        Ok(Prepared {
            template: addr,
            funcs: self.import_origins(addr, template),
            memories: template.memories.iter().map(|memory| memory.raw.addr().into()).collect(),
            tables: template.tables.iter().map(|table| table.raw.addr().into()).collect(),
            globals: template.globals.iter().map(|global| global.raw.addr().into()).collect(),
            new_memories,
            new_tables,
            context,
        })
    }

    /// Gives back what was prepared and is not needed.
    pub(crate) fn give_back(&mut self, prepared: Prepared, gone: &mut GoneData<T>) {
        prepared.context.free(&mut self.pinned);
        gone.templates.extend(self.drop_idle(prepared.template));
    }

    /// Makes the rows. Room was made before.
    pub(crate) fn commit(&mut self, prepared: Prepared, data: T) -> InstanceAddr {
        let Prepared {
            template,
            funcs,
            mut memories,
            mut tables,
            mut globals,
            new_memories,
            new_tables,
            context,
        } = prepared;
        let seq = self.take_seq();
        for &memory in &memories {
            self.memory_at_mut(memory).users += 1;
        }
        for &table in &tables {
            self.table_at_mut(table).users += 1;
        }
        for &global in &globals {
            self.global_at_mut(global).users += 1;
        }
        let module = self.module(template).clone();
        let (decl, layout) = (module.decl(), module.layout());
        let cells: SmallVec<[_; 4]> = own(decl.globals.as_slice(), decl.imported.globals)
            .zip(decl.imported.globals..)
            .map(|(global, index)| (global.ty, context.cell(layout, GlobalIdx::new(index))))
            .collect();
        let origins = distinct_origins(&funcs);
        for &origin in &origins {
            self.instance_mut(origin).importers += 1;
        }
        self.templates.get_mut(template).expect("just made").instances += 1;
        let body = InstanceBody {
            imports: funcs,
            origins,
            memories: SmallVec::new(),
            tables: SmallVec::new(),
            globals: SmallVec::new(),
            dropped_elems: BitSet::new(decl.elems.len()),
            dropped_data: BitSet::new(decl.data.len()),
            names: SmallVec::new(),
            data,
        };
        let label = Label::of(seq);
        let row = InstanceRow {
            seq,
            template,
            state: State::Starting,
            escaped: false,
            importers: 0,
            context,
            body: Box::new(body),
        };
        let instance = self.instances.insert(Row::new(label, row));
        let own_memory = |row| self.memories.insert(Row::new(label, MemoryRow { users: 1, ..row }));
        memories.extend(new_memories.into_iter().map(own_memory));
        let own_table = |row| self.tables.insert(Row::new(label, TableRow { users: 1, ..row }));
        tables.extend(new_tables.into_iter().map(own_table));
        globals.extend(cells.into_iter().map(|(ty, cell)| {
            let owner = GlobalOwner::Instance(instance);
            self.globals.insert(Row::new(label, GlobalRow { ty, cell, owner, users: 1 }))
        }));
        let body = &mut self.instance_mut(instance).body;
        (body.memories, body.tables, body.globals) = (memories, tables, globals);
        instance
    }
}

/// What a module defines itself, of one kind.
fn own<D>(all: &[D], imported: u32) -> std::slice::Iter<'_, D> {
    all[imported as usize..].iter()
}

/// The instances among origins, each once.
fn distinct_origins(imports: &[ImportOrigin]) -> SmallVec<[InstanceAddr; 2]> {
    let instance = |origin: &ImportOrigin| match origin {
        ImportOrigin::Func(FuncAddr::Wasm(instance, _)) => Some(*instance),
        _ => None,
    };
    let mut origins: SmallVec<[InstanceAddr; 2]> = imports.iter().filter_map(instance).collect();
    origins.sort_unstable();
    origins.dedup();
    origins
}
