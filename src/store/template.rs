//! A module with its imports resolved, once, for any number of instances.
//!
//! Owns: [`Template`]. It is immutable and shared; one that holds handles is bound to their store and keeps nothing alive. The
//! rows of the templates that a store has met.
//! Does not know: how imports are found (`linker`), what an instance is made of (`spawn`).

use std::collections::hash_map::Entry;
use std::fmt;
use std::sync::Arc;

use super::StoreInner;
use super::addr::{Func, FuncAddr, Global, Memory, Table, TemplateAddr};
use super::free::GoneData;
use super::host::HostFunc;
use super::memory::reserve;
use super::row::{ImportOrigin, TemplateRow};
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
pub(crate) const TEMPLATES_SWEPT: usize = 2;

impl<T> StoreInner<T> {
    /// Whether all handles of a template are this store's and name rows.
    pub(crate) fn check_template(&self, template: &TemplateInner<T>) -> Result<(), Error> {
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
    pub(crate) fn template_row(&mut self, template: &Arc<TemplateInner<T>>) -> Result<TemplateAddr, Error> {
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

    pub(crate) fn import_origins(
        &self,
        row: TemplateAddr,
        template: &TemplateInner<T>,
    ) -> Box<[ImportOrigin]> {
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
