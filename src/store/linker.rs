//! Names to resolve imports by.
//!
//! Owns: [`Linker`]: host functions and handles by module and name, and finding each import of a module: a resolver closure
//! first, then the definitions, then the names of a store.
//! Does not know: what matches (`imports`).

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::Store;
use super::addr::Instance;
use super::host::{Caller, HostFunc, IntoHostFunc};
use super::imports::check;
use super::instance::Extern;
use super::island::{AsStore, View};
use super::template::{ImportedFunc, Template, TemplateInner};
use super::val::Val;
use crate::engine::{Engine, StubRole};
use crate::error::{Error, LinkCause, LinkError, LinkErrors};
use crate::module::Module;
use crate::spec::module::ImportDecl;
use crate::spec::types::{ExternType, FuncType};

type Resolver = Box<dyn Fn(&str, &str, &ExternType) -> Option<Extern> + Send + Sync>;

/// Definitions by module and name.
/// ```
/// use skep::{Config, Engine, Error, Linker, Module, Store};
///
/// let engine = Engine::new(&Config::default())?;
/// let mut linker = Linker::<()>::new(&engine);
/// linker.func("math", "double", |n: i32| n * 2)?;
/// let text = r#"(module
///     (import "math" "double" (func $double (param i32) (result i32)))
///     (func (export "quadruple") (param i32) (result i32) (call $double (call $double (local.get 0)))))"#;
/// let template = linker.template(&Module::new(&engine, text)?)?;
/// let mut store = Store::new(&engine);
/// let instance = store.spawn(&template, ())?;
/// let quadruple = instance.typed_func::<i32, i32>(&store, "quadruple")?;
/// assert_eq!(quadruple.call(&mut store, 10)?, 40);
///
/// // An import that is not there is an error that names it, and what may be meant.
/// let typo = Module::new(&engine, r#"(module (import "math" "dubble" (func (param i32) (result i32))))"#)?;
/// let error = linker.template(&typo).unwrap_err();
/// assert_eq!(error.to_string(), r#""dubble" is not exported in module "math""#);
/// assert!(matches!(&error, Error::Link(found) if found.errors[0].nearest.as_deref() == Some("double")));
/// # Ok::<(), skep::Error>(())
/// ```
pub struct Linker<T> {
    engine: Engine,
    modules: BTreeMap<Box<str>, BTreeMap<Box<str>, Definition<T>>>,
    resolver: Option<Resolver>,
}

/// A definition and its type; or why there is none, and the type of what was found instead.
pub(super) type Resolved<T> = Result<(Definition<T>, ExternType), (LinkCause, Option<ExternType>)>;

/// A module's imports, by position, as far as the linker itself knows them.
pub(super) struct Defined<T> {
    pub(super) module: Module,
    pub(super) found: Vec<Option<Resolved<T>>>,
}

impl<T> Defined<T> {
    /// Asks for the types of handles anew: what they name may have grown meanwhile.
    pub(super) fn look_again(&mut self, store: View<'_, T>) {
        for found in self.found.iter_mut().flatten() {
            if let Ok((Definition::Extern(item), _)) = found {
                *found = typed(*item, Some(store));
            }
        }
    }
}

pub(super) enum Definition<T> {
    Host(Arc<HostFunc<T>>),
    Extern(Extern),
}

impl<T> Clone for Definition<T> {
    fn clone(&self) -> Self {
        match self {
            Self::Host(func) => Self::Host(Arc::clone(func)),
            Self::Extern(item) => Self::Extern(*item),
        }
    }
}

impl<T> Linker<T> {
    /// Without definitions.
    #[must_use]
    pub fn new(engine: &Engine) -> Self {
        Self { engine: engine.clone(), modules: BTreeMap::new(), resolver: None }
    }

    /// The engine.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Defines a host function: a closure over wasm value types, with or without a [`Caller`] in front. Replaces an earlier
    /// definition.
    ///
    /// ```
    /// use skep::{Caller, Config, Engine, Error, Linker};
    ///
    /// let engine = Engine::new(&Config::default())?;
    /// let mut linker = Linker::<Vec<String>>::new(&engine);
    /// linker.func("env", "random", || 4_u32)?;
    /// linker.func("env", "sin_cos", f64::sin_cos)?; // two results
    /// linker.func("env", "open", |door: u32| if door < 9 { Ok(door) } else { Err("no such door") })?;
    /// linker.func("env", "log", |mut caller: Caller<'_, Vec<String>>, at: u32, len: u32| -> Result<(), Error> {
    ///     let mut text = vec![0; len.min(1000) as usize];
    ///     caller.memory("memory")?.read(&caller, at.into(), &mut text)?;
    ///     caller.data_mut().push(String::from_utf8_lossy(&text).into_owned());
    ///     Ok(())
    /// })?;
    /// # Ok::<(), skep::Error>(())
    /// ```
    /// # Errors
    /// If the engine has too many function types.
    pub fn func<P, R>(
        &mut self,
        module: &str,
        name: &str,
        func: impl IntoHostFunc<T, P, R>,
    ) -> Result<&mut Self, Error> {
        self.define_host(module, name, func.into_host_func().0)
    }

    /// Defines a host function of a type that is known at run time only. The results are zero or null at first, and checked
    /// against the type afterwards.
    ///
    /// # Errors
    /// If the engine has too many function types.
    pub fn func_new(
        &mut self,
        module: &str,
        name: &str,
        ty: FuncType,
        func: impl Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<(), Error> + Send + Sync + 'static,
    ) -> Result<&mut Self, Error> {
        self.define_host(module, name, HostFunc::untyped(ty, func))
    }

    fn define_host(&mut self, module: &str, name: &str, func: Arc<HostFunc<T>>) -> Result<&mut Self, Error> {
        self.engine.type_id(func.ty())?;
        self.insert(module, name, Definition::Host(func));
        Ok(self)
    }

    /// Defines an item of a store. Templates made with it need that store.
    pub fn define(&mut self, module: &str, name: &str, item: impl Into<Extern>) -> &mut Self {
        self.insert(module, name, Definition::Extern(item.into()));
        self
    }

    /// Defines all exports of an instance as those of `module`, and forgets what was defined there.
    ///
    /// # Errors
    /// If the handle is stale or of another store.
    pub fn instance(
        &mut self,
        store: &impl AsStore<Data = T>,
        module: &str,
        instance: Instance,
    ) -> Result<&mut Self, Error> {
        let exports = instance.exports(store)?;
        let items = exports.into_iter().map(|(name, item)| (name.into(), Definition::Extern(item))).collect();
        self.modules.insert(module.into(), items);
        Ok(self)
    }

    /// Asks `resolver` first for every import: module, name and the type it must have.
    pub fn resolver(
        &mut self,
        resolver: impl Fn(&str, &str, &ExternType) -> Option<Extern> + Send + Sync + 'static,
    ) -> &mut Self {
        self.resolver = Some(Box::new(resolver));
        self
    }

    fn insert(&mut self, module: &str, name: &str, definition: Definition<T>) {
        self.modules.entry(module.into()).or_default().insert(name.into(), definition);
    }

    /// Resolves a module's imports by this linker's host functions.
    ///
    /// # Errors
    /// `Link` with all imports that are missing, do not match, or are defined by handles.
    pub fn template(&self, module: &Module) -> Result<Template<T>, Error> {
        self.resolve(module, None)
    }

    /// Resolves a module's imports by this linker's definitions, and by the names of a store.
    ///
    /// # Errors
    /// `Link` with all imports that are missing or do not match.
    pub fn template_in(&self, store: &impl AsStore<Data = T>, module: &Module) -> Result<Template<T>, Error> {
        let store = store.view();
        store.check_open()?;
        self.resolve(module, Some(store))
    }

    /// Resolves a module's imports and spawns one instance.
    ///
    /// # Errors
    /// As [`Linker::template_in`] and [`Store::spawn`].
    pub fn spawn(&self, store: &mut Store<T>, module: &Module, data: T) -> Result<Instance, Error> {
        let template = self.template_in(store, module)?;
        store.spawn(&template, data)
    }

    fn resolve(&self, module: &Module, store: Option<View<'_, T>>) -> Result<Template<T>, Error> {
        self.resolve_rest(self.resolve_defined(module, store)?, store)
    }

    /// Asks the resolver and the definitions for every import of a module.
    pub(super) fn resolve_defined(
        &self,
        module: &Module,
        store: Option<View<'_, T>>,
    ) -> Result<Defined<T>, Error> {
        if !module.engine().same(&self.engine) {
            return Err(Error::WrongEngine);
        }
        let imports = module.decl().imports.iter();
        let found =
            imports.map(|import| self.find_defined(import, &module.decl().import_type(import.ty), store));
        Ok(Defined { found: found.collect(), module: module.clone() })
    }

    /// Asks the names of the store for what is left.
    pub(super) fn resolve_rest(
        &self,
        defined: Defined<T>,
        store: Option<View<'_, T>>,
    ) -> Result<Template<T>, Error> {
        let module = defined.module;
        let mut found = Found::default();
        let mut errors = Vec::new();
        for ((index, import), defined) in module.decl().imports.iter().enumerate().zip(defined.found) {
            let expected = module.decl().import_type(import.ty);
            let resolved = defined.unwrap_or_else(|| self.find_named(import, store));
            let resolved = resolved.and_then(|(definition, ty)| {
                check(&expected, &ty).map_err(|cause| (cause, Some(ty)))?;
                Ok(definition)
            });
            match resolved {
                Ok(definition) => found.push(&self.engine, definition)?,
                Err((cause, found)) => {
                    let hint = errors.len() < HINTS_MAX;
                    errors.push(self.error((store, hint), (index, import), expected, found, cause));
                }
            }
        }
        if !errors.is_empty() {
            return Err(Error::Link(Box::new(LinkErrors { errors })));
        }
        let store = store.filter(|_| found.has_handles).map(|store| store.id);
        Ok(Template { inner: Arc::new(found.into_template(module, store)) })
    }

    /// What the resolver or a definition has for an import, if either has something.
    fn find_defined(
        &self,
        import: &ImportDecl,
        expected: &ExternType,
        store: Option<View<'_, T>>,
    ) -> Option<Resolved<T>> {
        let resolver = self.resolver.as_ref();
        if let Some(item) = resolver.and_then(|ask| ask(&import.module, &import.name, expected)) {
            return Some(typed(item, store));
        }
        Some(match self.modules.get(&import.module)?.get(&import.name)? {
            Definition::Host(func) => {
                Ok((Definition::Host(Arc::clone(func)), ExternType::Func(func.ty().clone())))
            }
            Definition::Extern(item) => typed(*item, store),
        })
    }

    /// What an instance of the import's module name in the store has for it.
    pub(super) fn find_named(&self, import: &ImportDecl, store: Option<View<'_, T>>) -> Resolved<T> {
        let defined = self.modules.get(&import.module);
        let named = store.and_then(|store| Some((store, store.names.get(&import.module)?)));
        let Some((in_store, instance)) = named else {
            let cause = if defined.is_some() { LinkCause::UnknownName } else { LinkCause::UnknownModule };
            return Err((cause, None));
        };
        let handle = in_store.instance_handle(instance);
        if let Err(error) = in_store.resolve_instance(handle) {
            return Err((LinkCause::Handle(error.to_string().into()), None));
        }
        match in_store.module_of(instance).decl().exports.get(&import.name) {
            Some(item) => typed(in_store.extern_of(instance, item), store),
            None => Err((LinkCause::UnknownName, None)),
        }
    }

    pub(super) fn error(
        &self,
        (store, hint): (Option<View<'_, T>>, bool),
        (index, import): (usize, &ImportDecl),
        expected: ExternType,
        found: Option<ExternType>,
        cause: LinkCause,
    ) -> LinkError {
        let known = |module: &str| self.modules.get(module).into_iter().flat_map(BTreeMap::keys);
        let nearest = match cause {
            _ if !hint => None,
            LinkCause::UnknownModule => {
                let named = store.into_iter().flat_map(|store| store.get().names.all());
                nearest(&import.module, self.modules.keys().map(|name| &**name).chain(named))
            }
            LinkCause::UnknownName => {
                // The name was found and so is in the scope of the view.
                let exported =
                    store.and_then(|store| Some(store.get().module_of(store.names.get(&import.module)?)));
                let exported = exported.into_iter().flat_map(|module| module.decl().exports.iter());
                let exported = exported.map(|export| &*export.name);
                nearest(&import.name, known(&import.module).map(|name| &**name).chain(exported))
            }
            _ => None,
        };
        LinkError {
            index,
            module: import.module.clone(),
            name: import.name.clone(),
            kind: import.ty.kind(),
            expected,
            found,
            cause,
            nearest,
        }
    }
}

impl<T> fmt::Debug for Linker<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Linker").field("modules", &self.modules.keys()).finish_non_exhaustive()
    }
}

/// The type of an item, which its store knows.
fn typed<T>(item: Extern, store: Option<View<'_, T>>) -> Resolved<T> {
    let store = store.ok_or((LinkCause::NeedsStore, None))?;
    let ty = store.extern_type(item).map_err(|error| (LinkCause::Handle(error.to_string().into()), None))?;
    Ok((Definition::Extern(item), ty))
}

/// What was found, by kind.
struct Found<T> {
    funcs: Vec<ImportedFunc<T>>,
    tables: Vec<super::addr::Table>,
    memories: Vec<super::addr::Memory>,
    globals: Vec<super::addr::Global>,
    has_handles: bool,
}

impl<T> Default for Found<T> {
    fn default() -> Self {
        Self {
            funcs: Vec::new(),
            tables: Vec::new(),
            memories: Vec::new(),
            globals: Vec::new(),
            has_handles: false,
        }
    }
}

impl<T> Found<T> {
    fn push(&mut self, engine: &Engine, definition: Definition<T>) -> Result<(), Error> {
        let item = match definition {
            Definition::Host(func) => {
                let stub = engine.stub(StubRole::Host, &engine.type_row(engine.type_id(func.ty())?))?;
                self.funcs.push(ImportedFunc::Host(func, stub));
                return Ok(());
            }
            Definition::Extern(item) => item,
        };
        self.has_handles = true;
        match item {
            Extern::Func(func) => self.funcs.push(ImportedFunc::Func(func)),
            Extern::Table(table) => self.tables.push(table),
            Extern::Memory(memory) => self.memories.push(memory),
            Extern::Global(global) => self.globals.push(global),
        }
        Ok(())
    }

    fn into_template(self, module: Module, store: Option<u64>) -> TemplateInner<T> {
        TemplateInner {
            module,
            store,
            funcs: self.funcs.into(),
            tables: self.tables.into(),
            memories: self.memories.into(),
            globals: self.globals.into(),
        }
    }
}

/// So many failing imports get the nearest existing name, and only names up to this length: guests choose the names, and looking
/// for near ones takes long.
pub(super) const HINTS_MAX: usize = 32;
const HINT_NAME_BYTES_MAX: usize = 100;

/// The existing name that differs least from `name`, if it differs in at most a third of it.
fn nearest<'a>(name: &str, existing: impl Iterator<Item = &'a str>) -> Option<Box<str>> {
    if name.len() > HINT_NAME_BYTES_MAX {
        return None;
    }
    let allowed = (name.chars().count() / 3).max(1);
    let distance = |other: &&str| edit_distance(name, other);
    // The name itself may be there and yet not be found: an instance cannot import itself.
    let others = existing.filter(|other| *other != name && other.len() <= 2 * name.len() + 2);
    let best = others.min_by_key(distance)?;
    (edit_distance(name, best) <= allowed).then(|| best.into())
}

/// Insertions, removals and replacements that lead from one name to the other.
fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, &y) in b.iter().enumerate() {
            let above = row[j + 1];
            row[j + 1] = (diagonal + usize::from(x != y)).min(above + 1).min(row[j] + 1);
            diagonal = above;
        }
    }
    row[b.len()]
}
