//! A module with its imports resolved, once, for any number of instances.
//!
//! Owns: [`Template`]. It is immutable and shared; one that holds handles is bound to their store and keeps nothing alive. The
//! rows of the templates that a store has met.
//! Does not know: how imports are found (`linker`), what an instance is made of (`spawn`).

use std::collections::hash_map::Entry;
use std::fmt;
use std::sync::Arc;

use super::StoreInner;
use super::addr::{Func, FuncAddr, Global, HostFuncAddr, InstanceAddr, Memory, Table, TemplateAddr};
use super::context::ContextBlock;
use super::free::GoneData;
use super::host::HostFunc;
use super::island::StorePtr;
use super::link::fill_fixed_tables;
use super::memory::reserve;
use super::recycle::{spares, tables};
use super::row::{BitSet, ImportOrigin, TemplateRow};
use crate::error::{Error, HandleName, LinkCause, LinkError, LinkErrors, WrongStore};
use crate::module::Module;
use crate::spec::module::{FuncIdx, ImportTy};

/// A module whose imports are resolved. Cloning shares it.
pub struct Template<T> {
    pub(crate) inner: Arc<TemplateInner<T>>,
}

/// What a template holds.
pub(crate) struct TemplateInner<T> {
    pub(crate) module: Module,
    /// The store whose handles it holds, if it holds any.
    pub(crate) store: Option<u64>,
    pub(crate) funcs: Box<[ImportedFunc<T>]>,
    pub(crate) tables: Box<[Table]>,
    pub(crate) memories: Box<[Memory]>,
    pub(crate) globals: Box<[Global]>,
}

impl<T> TemplateInner<T> {
    /// Whether its instances share nothing with another from the start: all that they import is functions of the host.
    #[inline]
    pub(crate) fn stands_alone(&self) -> bool {
        self.store.is_none()
    }

    /// One of the handles that it holds, for messages.
    pub(crate) fn some_handle(&self) -> Option<HandleName> {
        let func = |func: &ImportedFunc<T>| match func {
            ImportedFunc::Func(func) => Some(func.name()),
            ImportedFunc::Host(..) => None,
        };
        let table = || self.tables.first().map(|table| table.name());
        let memory = || self.memories.first().map(|memory| memory.name());
        let global = || self.globals.first().map(|global| global.name());
        self.funcs.iter().find_map(func).or_else(table).or_else(memory).or_else(global)
    }
}

/// A function that satisfies an import.
pub(crate) enum ImportedFunc<T> {
    /// A closure and the address of the host stub of its type.
    Host(Arc<HostFunc<T>>, usize),
    /// A function of an instance, or a host function that is a value already.
    Func(Func),
}

/// How many templates without instances each spawn looks at: more than one, so that the list cannot grow for ever, and few,
/// since a host may hold many.
const TEMPLATES_SWEPT: usize = 2;

impl<T> StoreInner<T> {
    /// Whether all handles of a template are this store's and name rows.
    #[inline]
    pub(crate) fn check_template(&self, template: &TemplateInner<T>) -> Result<(), Error> {
        match template.store {
            None => Ok(()),
            Some(id) => self.check_handles(template, id),
        }
    }

    fn check_handles(&self, template: &TemplateInner<T>, id: u64) -> Result<(), Error> {
        // The whole id, since what the handles name is not matched with the imports again: a handle carries half of it.
        if id != self.id {
            let handle = template.some_handle().expect("a template of a store holds one of its handles");
            return Err(Error::WrongStore(Box::new(WrongStore { handle, store: self.low_id() })));
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
                    ImportedFunc::Func(func) => self.find_func(*func).map(|_| ()),
                    ImportedFunc::Host(..) => Ok(()),
                },
                ImportTy::Table(_) => self.find_table(template.tables[next(&mut tables)]).map(|_| ()),
                ImportTy::Memory(_) => self.find_memory(template.memories[next(&mut memories)]).map(|_| ()),
                ImportTy::Global(_) => self.find_global(template.globals[next(&mut globals)]).map(|_| ()),
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
    #[inline]
    pub(crate) fn template_row(
        &mut self,
        template: &Arc<TemplateInner<T>>,
        store: StorePtr<T>,
    ) -> Result<TemplateAddr, Error> {
        // Most spawns are of the same template as the one before.
        if let Some(addr) = self.recent_template
            && self.templates.get(addr).is_some_and(|row| Arc::ptr_eq(&row.template, template))
        {
            return Ok(addr);
        }
        let key = Arc::as_ptr(template).addr();
        let addr = match self.template_rows.get(&key) {
            Some(&addr) => addr,
            None => self.new_template_row(template, store)?,
        };
        self.recent_template = Some(addr);
        Ok(addr)
    }

    fn new_template_row(
        &mut self,
        template: &Arc<TemplateInner<T>>,
        store: StorePtr<T>,
    ) -> Result<TemplateAddr, Error> {
        reserve(&mut self.templates, 1, "templates")?;
        let spares = spares(&self.engine, template)?;
        let (spare_tables, fixed_tables) = tables(&self.engine, template)?;
        let pattern = ContextBlock::alloc(&mut self.pinned, template.module.layout())?;
        let hosts = match self.share_host_funcs(template) {
            Ok(hosts) => hosts,
            Err(error) => {
                pattern.free(&mut self.pinned);
                return Err(error);
            }
        };
        let imports = import_origins(template, &hosts);
        let origins = distinct_origins(&imports);
        self.fill_pattern_head(&pattern, &template.module, store);
        self.fill_pattern_imports(&pattern, template, &imports);
        let late_globals = self.fill_pattern_globals(&pattern, template, &imports);
        fill_fixed_tables(&pattern, &template.module, &fixed_tables, &imports);
        let decl = template.module.decl();
        let mut dropped_elems = BitSet::default();
        dropped_elems.resize(decl.elems.len());
        template.module.elems_dropped().for_each(|elem| dropped_elems.set(elem.index()));
        let has_segments = !decl.elems.is_empty() || !decl.data.is_empty();
        let has_parts = has_segments
            || !decl.memories.is_empty()
            || !decl.globals.is_empty()
            || decl.tables.len() > fixed_tables.len();
        let mut dropped_data = BitSet::default();
        dropped_data.resize(decl.data.len());
        template.module.data_dropped().for_each(|data| dropped_data.set(data.index()));
        let row = TemplateRow {
            template: Arc::clone(template),
            imports,
            origins,
            pattern: Some(pattern),
            late_globals,
            stands_alone: template.stands_alone(),
            layout: *template.module.layout(),
            spares,
            spare_tables,
            fixed_tables,
            dropped_elems,
            dropped_data,
            has_parts,
            own_globals: decl.globals.len() - decl.imported.globals as usize,
            claimed: 0,
            instances: 0,
            idle: false,
            hosts,
        };
        let addr = self.templates.insert(row);
        self.template_rows.insert(Arc::as_ptr(template).addr(), addr);
        Ok(addr)
    }

    /// The rows of those imported host functions that can be values.
    fn share_host_funcs(&mut self, template: &TemplateInner<T>) -> Result<Box<[HostRow]>, Error> {
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
        Ok(hosts.into())
    }

    /// Forgets a few templates that nobody uses any more.
    #[inline]
    pub(crate) fn sweep_idle(&mut self) {
        for _ in 0..TEMPLATES_SWEPT.min(self.idle_templates.len()) {
            let addr = self.idle_templates[0];
            match self.templates.get_mut(addr) {
                // Nothing has changed: its turn comes again.
                Some(row) if row.instances == 0 && Arc::strong_count(&row.template) > 1 => {
                    self.idle_templates.rotate_left(1);
                }
                Some(row) if row.instances > 0 => {
                    row.idle = false;
                    self.idle_templates.pop_front();
                }
                _ => {
                    let mut gone = GoneData::new();
                    self.sweep_templates(1, &mut gone);
                    gone.finish();
                }
            }
        }
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
        if row.instances > 0 || row.claimed > 0 {
            return None;
        }
        if Arc::strong_count(&row.template) > 1 {
            if !std::mem::replace(&mut row.idle, true) {
                self.idle_templates.push_back(addr);
            }
            return None;
        }
        Some(self.remove_template(addr))
    }

    /// Forgets a template of which no instance could be prepared, if its row was made for that one.
    pub(crate) fn drop_unused(&mut self, addr: TemplateAddr) {
        let row = self.templates.get(addr).expect("just looked up");
        // One without instances that was known before is on the list of those.
        if row.instances == 0 && row.claimed == 0 && !row.idle {
            drop(self.remove_template(addr));
        }
    }

    fn remove_template(&mut self, addr: TemplateAddr) -> TemplateRow<T> {
        let mut row = self.templates.remove(addr).expect("looked at by the caller");
        if let Some(pattern) = row.pattern.take() {
            pattern.free(&mut self.pinned);
        }
        row.spares.iter().for_each(|spares| spares.forget(&mut self.idle));
        if let Entry::Occupied(entry) = self.template_rows.entry(Arc::as_ptr(&row.template).addr()) {
            entry.remove();
        }
        row.hosts.iter().for_each(|&(_, host)| self.unshare_host_func(host));
        row
    }
}

/// A host function that can be a value, by position among the imported functions.
type HostRow = (FuncIdx, HostFuncAddr);

/// Where the imported functions of a template come from.
fn import_origins<T>(template: &TemplateInner<T>, hosts: &[HostRow]) -> Box<[ImportOrigin]> {
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

/// The instances among origins, each once.
fn distinct_origins(imports: &[ImportOrigin]) -> Box<[InstanceAddr]> {
    let instance = |origin: &ImportOrigin| match origin {
        ImportOrigin::Func(FuncAddr::Wasm(instance, _)) => Some(*instance),
        _ => None,
    };
    let mut origins: Vec<InstanceAddr> = imports.iter().filter_map(instance).collect();
    origins.sort_unstable();
    origins.dedup();
    origins.into()
}

impl<T> Template<T> {
    /// The module.
    #[must_use]
    pub fn module(&self) -> &Module {
        &self.inner.module
    }
}

impl<T> Clone for Template<T> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner) }
    }
}

impl<T> fmt::Debug for Template<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Template").field("module", &self.inner.module).finish_non_exhaustive()
    }
}

const fn is_shared<S: Send + Sync>() {}
const _: () = is_shared::<Template<std::cell::Cell<*const u8>>>();
