//! The beginning of an instance, as the standard orders it: match, allocate, evaluate globals, elements, data, start.
//!
//! Owns: the phases. Everything that can fail for want of room happens before a row exists; from then on a failure is the
//! guest's (a segment, the start function) and ends the instance as the standard says: what it wrote stays.
//! Does not know: how an instance goes (`free`).

use std::collections::hash_map::Entry;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

use smallvec::SmallVec;

use super::addr::{FuncAddr, GlobalAddr, Instance, InstanceAddr, MemAddr, TableAddr, TemplateAddr};
use super::context::{ContextBlock, Directory, ImportTarget};
use super::free::{Free, GoneData};
use super::island::{OpenMut, ViewMut};
use super::memory::reserve;
use super::row::{
    BitSet, GlobalOwner, GlobalRow, ImportOrigin, InstanceBody, InstanceRow, MemoryRow, State, TableRow,
    TemplateRow,
};
use super::template::{ImportedFunc, Template, TemplateInner};
use super::unions::Island;
use super::{EndReason, Store, StoreInner, call};
use crate::error::{
    Error, LinkCause, LinkError, LinkErrors, SegmentError, SegmentKind, StartError, TrapError, WrongStore,
};
use crate::module::Module;
use crate::spec::module::{DataMode, ElemMode, ExternIdx, FuncIdx, GlobalIdx, ImportTy, MemIdx, TableIdx};
use crate::spec::trap::Trap;
use crate::spec::types::ValType;

impl<T> Store<T> {
    /// Makes an instance and runs its start function.
    ///
    /// # Errors
    /// `AlreadyClosed`; `Limit`, `System` if there is no room; `Link` or `WrongStore` if the template's handles are not this
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

    /// Gives an instance a further name.
    ///
    /// # Errors
    /// `AlreadyClosed`, `NameTaken`, or the handle is stale or of another store.
    pub fn register(&mut self, name: &str, instance: Instance) -> Result<(), Error> {
        let mut store = self.view_mut();
        store.check_not_closed()?;
        let addr = store.resolve_instance(instance)?;
        store.names.register(name, addr)?;
        if !name.is_empty() {
            store.instance_mut(addr).body.names.push(name.into());
        }
        Ok(())
    }

    /// Takes a name from its instance; whether there was one.
    ///
    /// # Errors
    /// If the store is closed.
    pub fn unregister(&mut self, name: &str) -> Result<bool, Error> {
        let mut store = self.view_mut();
        store.check_open()?;
        let Some(addr) = store.names.get(name) else { return Ok(false) };
        store.names.unregister(name, addr);
        store.instance_mut(addr).body.names.retain(|own| &**own != name);
        Ok(true)
    }

    /// The instance of this name.
    ///
    /// # Errors
    /// If the store is closed.
    pub fn instance(&self, name: &str) -> Result<Option<Instance>, Error> {
        let store = self.inner.view().get();
        store.check_open()?;
        Ok(store.names.get(name).map(|addr| store.instance_handle(addr)))
    }
}

/// How many templates without instances each spawn looks at: more than one, so that the list cannot grow for ever, and few,
/// since a host may hold many.
const TEMPLATES_SWEPT: usize = 2;

/// All that an instance needs, had before its row exists.
struct Prepared {
    template: TemplateAddr,
    funcs: Box<[ImportOrigin]>,
    memories: SmallVec<[MemAddr; 1]>,
    tables: SmallVec<[TableAddr; 1]>,
    globals: SmallVec<[GlobalAddr; 4]>,
    new_memories: SmallVec<[MemoryRow; 1]>,
    new_tables: SmallVec<[TableRow; 1]>,
    context: ContextBlock,
}

fn spawn<T>(
    mut store: ViewMut<'_, T>,
    template: &Template<T>,
    name: &str,
    data: T,
) -> Result<Instance, Error> {
    store.check_not_closed()?;
    let mut gone = GoneData::new();
    store.sweep_templates(TEMPLATES_SWEPT, &mut gone);
    gone.finish();
    let seq = store.seq;
    store.names.reserve(name, seq)?;
    let prepared = match store.prepare(&template.inner) {
        Ok(prepared) => prepared,
        Err(error) => {
            store.names.cancel(name, seq);
            return Err(error);
        }
    };
    store.seq += 1;
    let instance = store.commit(prepared, data);
    let ptr = store.ptr();
    store.link(instance, &template.inner, ptr);
    let module = &template.inner.module;
    // A panic of a host function ends the instance and goes on.
    let begun = catch_unwind(AssertUnwindSafe(|| begin(&mut store, instance, module)));
    if !matches!(begun, Ok(Ok(()))) {
        store.names.cancel(name, seq);
        store.abort(instance).finish();
    }
    begun.unwrap_or_else(|panic| resume_unwind(panic))?;
    let row = store.instance_mut(instance);
    // It may have exited already: whoever held one of its functions could call it.
    if row.state == State::Starting {
        row.state = State::Live;
    }
    if !name.is_empty() {
        row.body.names.push(name.into());
        store.names.commit(name, seq, instance);
    }
    Ok(store.instance_handle(instance))
}

/// Segments and start.
fn begin<T>(store: &mut ViewMut<'_, T>, instance: InstanceAddr, module: &Module) -> Result<(), Error> {
    store.initialise(instance, module)?;
    let Some(start) = module.decl().start else { return Ok(()) };
    let func = store.origin_of(instance, start);
    call::call_func(store.reborrow(), func, Some(instance), &mut []).map_err(|cause| match cause {
        Error::Exit(code) => Error::Exit(code),
        cause => Error::Start(Box::new(start_error(module, start, cause))),
    })
}

fn start_error(module: &Module, start: FuncIdx, cause: Error) -> StartError {
    let exported = module.decl().exports.iter().filter(|export| export.item == ExternIdx::Func(start));
    let mut exports: Vec<Box<str>> = exported.map(|export| export.name.clone()).collect();
    exports.sort_unstable();
    StartError { func: start.as_u32(), exports: exports.into(), cause }
}

impl<T> StoreInner<T> {
    fn prepare(&mut self, template: &Arc<TemplateInner<T>>) -> Result<Prepared, Error> {
        let module = &template.module;
        if !module.engine().same(&self.engine) {
            return Err(Error::WrongEngine);
        }
        self.check_template(template)?;
        let allowed = self.engine.limits().instances;
        if self.instances.len() >= allowed as usize {
            return Err(self.limit_error("instances", self.instances.len() as u64 + 1, allowed.into()));
        }
        let decl = module.decl();
        let (engine, imported) = (self.engine.clone(), decl.imported);
        let new_memories = own(decl.memories.as_slice(), imported.memories)
            .map(|ty| MemoryRow::new(&engine, *ty))
            .collect::<Result<SmallVec<_>, _>>()?;
        let new_tables = own(decl.tables.as_slice(), imported.tables)
            .map(|ty| TableRow::new(&engine, *ty))
            .collect::<Result<SmallVec<_>, _>>()?;
        reserve(&mut self.instances, 1, "instances")?;
        reserve(&mut self.memories, new_memories.len(), "memories")?;
        reserve(&mut self.tables, new_tables.len(), "tables")?;
        reserve(&mut self.globals, decl.globals.len() - imported.globals as usize, "globals")?;
        if self.directory.is_none() {
            self.directory = Some(Directory::new()?);
        }
        self.pinned.reserve(module.layout().size as usize, 1)?;
        let addr = self.template_row(template)?;
        let context = ContextBlock::alloc(&mut self.pinned, module.layout())
            .inspect_err(|_| drop(self.drop_idle(addr)))?;
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

    /// Whether all handles of a template are this store's and name rows.
    fn check_template(&self, template: &TemplateInner<T>) -> Result<(), Error> {
        match template.store {
            None => return Ok(()),
            Some(id) if id == self.id => {}
            // The whole id, since what the handles name is not matched with the imports again: a handle carries half of it.
            Some(_) => {
                let handle = template.some_handle().expect("a template of a store holds one of its handles");
                return Err(Error::WrongStore(Box::new(WrongStore { handle, store: self.low_id() })));
            }
        }
        let mut errors = Vec::new();
        let (mut funcs, mut tables, mut memories, mut globals) = (0, 0, 0, 0);
        let next = |counter: &mut usize| {
            *counter += 1;
            *counter - 1
        };
        let decl = template.module.decl();
        for (index, import) in decl.imports.iter().enumerate() {
            let checked = match import.ty {
                ImportTy::Func(_) => match &template.funcs[next(&mut funcs)] {
                    ImportedFunc::Func(func) => self.resolve_func(*func).map(|_| ()),
                    ImportedFunc::Host(..) => Ok(()),
                },
                ImportTy::Table(_) => self.resolve_table(template.tables[next(&mut tables)]).map(|_| ()),
                ImportTy::Memory(_) => {
                    self.resolve_memory(template.memories[next(&mut memories)]).map(|_| ())
                }
                ImportTy::Global(_) => self.resolve_global(template.globals[next(&mut globals)]).map(|_| ()),
            };
            match checked {
                Ok(()) => {}
                Err(error @ Error::WrongStore(_)) => return Err(error),
                Err(error) => errors.push(LinkError {
                    index,
                    module: import.module.clone(),
                    name: import.name.clone(),
                    kind: import.ty.kind(),
                    expected: decl.import_type(import.ty),
                    found: None,
                    cause: LinkCause::Handle(error.to_string().into()),
                    nearest: None,
                }),
            }
        }
        if errors.is_empty() { Ok(()) } else { Err(Error::Link(Box::new(LinkErrors { errors }))) }
    }

    /// The row of a template, made if this store has not met it.
    fn template_row(&mut self, template: &Arc<TemplateInner<T>>) -> Result<TemplateAddr, Error> {
        let key = Arc::as_ptr(template).addr();
        if let Some(&addr) = self.template_rows.get(&key) {
            return Ok(addr);
        }
        reserve(&mut self.templates, 1, "templates")?;
        let mut hosts = Vec::new();
        for (index, func) in template.funcs.iter().enumerate() {
            let index = FuncIdx::from_usize(index);
            if let (ImportedFunc::Host(func, _), true) = (func, template.module.decl().funcs[index].escapes) {
                match self.share_host_func(func) {
                    Ok(addr) => hosts.push((index, addr)),
                    Err(error) => {
                        hosts.into_iter().for_each(|(_, addr)| self.unshare_host_func(addr));
                        return Err(error);
                    }
                }
            }
        }
        let row =
            TemplateRow { template: Arc::clone(template), instances: 0, idle: false, hosts: hosts.into() };
        let addr = self.templates.insert(row);
        self.template_rows.insert(key, addr);
        Ok(addr)
    }

    /// Looks at up to `count` templates without instances and forgets those that nobody else holds.
    pub(crate) fn sweep_templates(&mut self, count: usize, gone: &mut GoneData<T>) {
        for _ in 0..count.min(self.idle_templates.len()) {
            let addr = self.idle_templates.pop_front().expect("counted");
            if let Some(row) = self.templates.get_mut(addr) {
                row.idle = false;
                gone.templates.extend(self.drop_idle(addr));
            }
        }
    }

    /// Forgets a template if it has no instance and nobody else holds it; if somebody does, it is looked at again later. Its
    /// row is to be dropped with the store whole: closures of the host go with it.
    pub(crate) fn drop_idle(&mut self, addr: TemplateAddr) -> Option<TemplateRow<T>> {
        let row = self.templates.get_mut(addr)?;
        if row.instances > 0 {
            return None;
        }
        if Arc::strong_count(&row.template) > 1 {
            if !std::mem::replace(&mut row.idle, true) {
                self.idle_templates.push_back(addr);
            }
            return None;
        }
        let row = self.templates.remove(addr).expect("looked at above");
        if let Entry::Occupied(entry) = self.template_rows.entry(Arc::as_ptr(&row.template).addr()) {
            entry.remove();
        }
        row.hosts.iter().for_each(|&(_, host)| self.unshare_host_func(host));
        Some(row)
    }

    fn import_origins(&self, row: TemplateAddr, template: &TemplateInner<T>) -> Box<[ImportOrigin]> {
        let hosts = &self.templates.get(row).expect("just made").hosts;
        let mut hosts = hosts.iter().peekable();
        let origin = |(index, func): (usize, &ImportedFunc<T>)| match func {
            ImportedFunc::Func(func) => ImportOrigin::Func(func.addr()),
            ImportedFunc::Host(..) => match hosts.next_if(|(at, _)| at.index() == index) {
                Some(&(_, host)) => ImportOrigin::Func(FuncAddr::Host(host)),
                None => ImportOrigin::Host,
            },
        };
        template.funcs.iter().enumerate().map(origin).collect()
    }

    /// Makes the rows. Room was made before.
    fn commit(&mut self, prepared: Prepared, data: T) -> InstanceAddr {
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
        let seq = self.seq - 1;
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
        let instance = self.instances.insert(InstanceRow {
            seq,
            template,
            state: State::Starting,
            escaped: false,
            importers: 0,
            context,
            body: Box::new(body),
        });
        let island = Island::of(seq, instance);
        let own_memory = |row| self.memories.insert(MemoryRow { users: 1, island, ..row });
        memories.extend(new_memories.into_iter().map(own_memory));
        let own_table = |row| self.tables.insert(TableRow { users: 1, island, ..row });
        tables.extend(new_tables.into_iter().map(own_table));
        globals.extend(cells.into_iter().map(|(ty, cell)| {
            let owner = GlobalOwner::Instance(instance);
            self.globals.insert(GlobalRow { ty, cell, owner, users: 1, island })
        }));
        let body = &mut self.instance_mut(instance).body;
        (body.memories, body.tables, body.globals) = (memories, tables, globals);
        instance
    }

    /// Writes the context, evaluates globals, joins islands.
    fn link(
        &mut self,
        instance: InstanceAddr,
        template: &TemplateInner<T>,
        store: super::island::StorePtr<T>,
    ) {
        let module = &template.module;
        self.link_head(instance, module, store);
        self.link_imports(instance, template);
        self.link_memories_and_tables(instance, module);
        self.link_globals(instance, module);
        self.join_imports(instance, module);
    }

    fn link_imports(&self, instance: InstanceAddr, template: &TemplateInner<T>) {
        let row = self.instance(instance);
        for ((index, func), origin) in (0..).zip(&template.funcs).zip(&row.body.imports) {
            let target = match (func, origin) {
                (ImportedFunc::Host(func, stub), origin) => ImportTarget {
                    target: func.record().cast(),
                    code: *stub,
                    word: match origin {
                        ImportOrigin::Func(host) => host.word(),
                        ImportOrigin::Host => 0,
                    },
                },
                (ImportedFunc::Func(_), ImportOrigin::Func(origin)) => self.func_target(*origin),
                (ImportedFunc::Func(_), ImportOrigin::Host) => {
                    unreachable!("a handle names a function that can be a value")
                }
            };
            target.write(&row.context, template.module.layout(), index);
        }
    }

    /// What an import of this function leads to.
    ///
    /// # Panics
    /// If the function is gone: the caller has resolved it.
    pub(crate) fn func_target(&self, func: FuncAddr) -> ImportTarget {
        let word = func.word();
        match func {
            FuncAddr::Wasm(origin, index) => {
                let row = self.instance(origin);
                let code = self.module(row.template).entries()[index.index()].code;
                assert!(code != 0, "{index} has no foreign entry and so can be no value");
                ImportTarget { target: row.context.as_ptr().cast(), code, word }
            }
            FuncAddr::Host(host) => {
                let row = self.host_func(host);
                ImportTarget { target: row.func.record().cast(), code: row.stub, word }
            }
        }
    }

    fn link_memories_and_tables(&mut self, instance: InstanceAddr, module: &Module) {
        let body = &self.instance(instance).body;
        let (memories, tables) = (body.memories.clone(), body.tables.clone());
        for (index, &memory) in memories.iter().enumerate() {
            let row = self.memory_at_mut(memory);
            row.mirrors.push((instance, MemIdx::from_usize(index)));
            self.show_memory(memory, instance, MemIdx::from_usize(index));
        }
        for (index, &table) in tables.iter().enumerate() {
            let row = self.table_at_mut(table);
            row.mirrors.push((instance, TableIdx::from_usize(index)));
            self.show_table(table, instance, (module.layout(), TableIdx::from_usize(index)));
        }
    }

    fn link_globals(&self, instance: InstanceAddr, module: &Module) {
        let row = self.instance(instance);
        for (index, global) in module.decl().globals.iter_enumerated() {
            let addr = row.body.globals[index.index()];
            let global_row = self.global_at(addr);
            match &global.init {
                Some(init) => global_row.cell.set(self.eval(instance, init)),
                None => Self::link_global(
                    &row.context,
                    module.layout(),
                    index,
                    (global_row.cell, global_row.ty.mutable),
                ),
            }
        }
    }

    fn join_imports(&mut self, instance: InstanceAddr, module: &Module) {
        let imported = module.decl().imported;
        let body = &self.instance(instance).body;
        let origins = body.origins.clone();
        let memories: SmallVec<[_; 1]> = body.memories[..imported.memories as usize].into();
        let tables: SmallVec<[_; 1]> = body.tables[..imported.tables as usize].into();
        let globals: SmallVec<[_; 4]> = body.globals[..imported.globals as usize].into();
        origins.into_iter().for_each(|origin| self.join_instances(origin, instance));
        memories.into_iter().for_each(|memory| self.join_memory(memory, instance));
        tables.into_iter().for_each(|table| self.join_table(table, instance));
        for global in globals {
            let row = self.global_at(global);
            let (ty, word) = (row.ty, row.cell.get().as_u64());
            if ty.mutable {
                self.join_global(global, instance);
            } else if let (ValType::FuncRef, Some(FuncAddr::Wasm(named, _))) =
                (ty.content, FuncAddr::from_word(word))
                && self.instances.contains(named)
            {
                self.join_instances(named, instance);
            }
        }
    }

    /// Active elements in order, each checked whole, written and dropped; then data likewise.
    fn initialise(&mut self, instance: InstanceAddr, module: &Module) -> Result<(), Error> {
        let decl = module.decl();
        for (index, elem) in decl.elems.iter_enumerated() {
            match elem.mode {
                ElemMode::Active { table, offset } => {
                    let dst = u64::from(self.eval(instance, &offset).as_u32());
                    self.table_init(instance, (table, index), (dst, 0, elem.items.len() as u64))
                        .map_err(|trap| segment_error(SegmentKind::Element, index.as_u32(), trap))?;
                    self.elem_drop(instance, index);
                }
                ElemMode::Declared => self.elem_drop(instance, index),
                ElemMode::Passive => {}
            }
        }
        for (index, data) in decl.data.iter_enumerated() {
            if let DataMode::Active { memory, offset } = data.mode {
                let dst = u64::from(self.eval(instance, &offset).as_u32());
                self.memory_init(instance, (memory, index), (dst, 0, data.bytes.len() as u64))
                    .map_err(|trap| segment_error(SegmentKind::Data, index.as_u32(), trap))?;
                self.data_drop(instance, index);
            }
        }
        Ok(())
    }

    /// Ends an instance whose start failed.
    fn abort(&mut self, instance: InstanceAddr) -> GoneData<T> {
        self.end(instance, Free::WhenUnreachable, EndReason::StartFailed).1
    }
}

fn segment_error(kind: SegmentKind, index: u32, trap: Trap) -> Error {
    Error::Segment(Box::new(SegmentError { kind, index, trap: TrapError::bare(trap) }))
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
