//! A module with its imports resolved, once, for any number of instances.
//!
//! Owns: [`Template`]. It is immutable and shared; one that holds handles is bound to their store and keeps nothing alive.
//! Does not know: how imports are found (`linker`), what an instance is made of (`spawn`).

use std::fmt;
use std::sync::Arc;

use super::addr::{Func, Global, Memory, Table};
use super::host::HostFunc;
use crate::error::HandleName;
use crate::module::Module;

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
