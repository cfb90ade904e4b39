//! Every public function that takes a handle, as a row that uses handles which may name nothing.
//!
//! Owns: the table [`USES`]; that no public function is missing in it is checked by `handles`. A row's other handles are good
//! ones, and it makes nothing that would stay: an invalid handle leaves the store as it was.
//! Does not know: where the handles come from (`scene`), what they must answer (`handles`).

use std::sync::{Arc, Mutex, PoisonError};

use skep::{
    Caller, Column, Error, Extern, ExternRef, Free, Func, Global, Instance, Linker, Memory, Module, RefType,
    Store, Table, TableType, Template, TypedFunc, Val, ValType,
};

/// What a row is given: drawn handles, and good ones to use them with.
#[derive(Clone)]
pub(crate) struct Handles {
    pub(crate) instance: Instance,
    pub(crate) memory: Memory,
    pub(crate) table: Table,
    pub(crate) global: Global,
    pub(crate) func: Func,
    pub(crate) extern_ref: ExternRef,
    /// A function of `()` with an i32, looked up on an instance.
    pub(crate) typed: TypedFunc<(), i32>,
    /// Holds a handle of each kind.
    pub(crate) template: Template<u32>,
    pub(crate) good: Arc<Good>,
}

/// Handles that name something as long as the store is open.
pub(crate) struct Good {
    pub(crate) instance: Instance,
    pub(crate) memory: Memory,
    pub(crate) table: Table,
    /// Holds references to host values.
    pub(crate) externs: Table,
    /// Mutable, for functions and for host values.
    pub(crate) func_cell: Global,
    pub(crate) extern_cell: Global,
    /// Takes a function and a host value.
    pub(crate) take: TypedFunc<(Option<Func>, Option<ExternRef>), ()>,
    /// The function that `typed` is of, and `take`, of all instances.
    pub(crate) f_column: Column<(), i32>,
    pub(crate) take_column: Column<(Option<Func>, Option<ExternRef>), ()>,
    /// Give what [`Given`] holds, by way of a typed and an untyped import.
    pub(crate) give: TypedFunc<(), Option<Func>>,
    pub(crate) give_untyped: TypedFunc<(), Option<Func>>,
    /// The same, functions of the host themselves.
    pub(crate) host_give: Func,
    pub(crate) host_give_untyped: Func,
    pub(crate) given: Given,
    /// Each imports one thing of a kind as "x" "x".
    pub(crate) importing: Importing,
}

/// What host functions give next.
pub(crate) type Given = Arc<Mutex<Option<Func>>>;

/// Modules with one import.
#[derive(Clone)]
pub(crate) struct Importing {
    pub(crate) func: Module,
    pub(crate) memory: Module,
    pub(crate) table: Module,
    pub(crate) global: Module,
}

/// Which drawn handles a row uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Instance,
    /// An instance that may be freed and still kept.
    Kept,
    Memory,
    Table,
    Global,
    Func,
    Extern,
    Typed,
    Template,
}

type AtRest = fn(&mut Store<u32>, &Handles) -> Result<(), Error>;
type InCall = fn(&mut Caller<'_, u32>, &Handles) -> Result<(), Error>;

/// A use of handles.
pub(crate) struct Use {
    /// The function's type and name, as the source has them.
    pub(crate) name: &'static str,
    pub(crate) takes: &'static [What],
    pub(crate) at_rest: Option<AtRest>,
    pub(crate) in_call: Option<InCall>,
}

/// A row: what may be done at rest and in a call, `both` for what may be done in the same words.
macro_rules! row {
    (both $name:literal [$($what:ident),*] |$s:ident, $h:ident| $body:expr) => {
        Use {
            name: $name,
            takes: &[$(What::$what),*],
            at_rest: Some(|$s: &mut Store<u32>, $h: &Handles| ($body).map(drop)),
            in_call: Some(|$s: &mut Caller<'_, u32>, $h: &Handles| ($body).map(drop)),
        }
    };
    (rest $name:literal [$($what:ident),*] |$s:ident, $h:ident| $body:expr) => {
        Use {
            name: $name,
            takes: &[$(What::$what),*],
            at_rest: Some(|$s: &mut Store<u32>, $h: &Handles| ($body).map(drop)),
            in_call: None,
        }
    };
    (call $name:literal [$($what:ident),*] |$s:ident, $h:ident| $body:expr) => {
        Use {
            name: $name,
            takes: &[$(What::$what),*],
            at_rest: None,
            in_call: Some(|$s: &mut Caller<'_, u32>, $h: &Handles| ($body).map(drop)),
        }
    };
}

/// A template from one definition.
fn define(
    store: &impl skep::AsStore<Data = u32>,
    module: &Module,
    item: impl Into<Extern>,
) -> Result<Template<u32>, Error> {
    let mut linker = Linker::new(module.engine());
    linker.define("x", "x", item);
    linker.template_in(store, module)
}

/// A template from what a resolver finds.
fn resolve(
    store: &impl skep::AsStore<Data = u32>,
    module: &Module,
    item: impl Into<Extern>,
) -> Result<Template<u32>, Error> {
    let item = item.into();
    let mut linker = Linker::new(module.engine());
    linker.resolver(move |_, _, _| Some(item));
    linker.template_in(store, module)
}

/// Spawns an instance with one definition.
fn spawn(store: &mut Store<u32>, module: &Module, item: impl Into<Extern>) -> Result<Instance, Error> {
    let mut linker = Linker::new(module.engine());
    linker.define("x", "x", item);
    linker.spawn(store, module, 0)
}

/// As `spawn`, twice, one under a name.
fn spawn_all(
    store: &mut Store<u32>,
    module: &Module,
    item: impl Into<Extern>,
) -> Result<Vec<Instance>, Error> {
    let mut linker = Linker::new(module.engine());
    linker.define("x", "x", item);
    store.spawn_all(&linker, [("", module, 0), ("second", module, 1)])
}

/// Lets host functions give a function from now on.
fn give(h: &Handles) {
    *h.good.given.lock().unwrap_or_else(PoisonError::into_inner) = Some(h.func);
}

/// The answer of the only lane.
fn only<R>(ask: impl FnOnce(&mut Vec<Result<R, Error>>)) -> Result<R, Error> {
    let mut answers = Vec::new();
    ask(&mut answers);
    assert_eq!(answers.len(), 1);
    answers.remove(0)
}

/// The same of `for_each`.
fn told(s: &mut Store<u32>, h: &Handles) -> Result<(), Error> {
    let told = Mutex::new(Vec::new());
    s.for_each(&h.good.f_column, &[h.instance], (), |_, _, answer| {
        told.lock().unwrap().push(answer.map(drop));
    });
    only(|answers| answers.append(&mut told.lock().unwrap()))
}

const NULL: Val = Val::FuncRef(None);
const FUNC_TABLE: TableType = TableType::new(RefType::Func, 1, None);
const EXTERN_TABLE: TableType = TableType::new(RefType::Extern, 1, None);

const fn global_type(content: ValType) -> skep::GlobalType {
    skep::GlobalType { content, mutable: true }
}

/// All of them.
pub(crate) const USES: &[Use] = &[
    row!(rest "Store::data" [Instance] |s, h| s.data(h.instance)),
    row!(rest "Store::data_mut" [Instance] |s, h| s.data_mut(h.instance)),
    row!(rest "Store::free" [Instance] |s, h| s.free(h.instance, Free::WhenUnreachable)),
    row!(rest "Store::free" [Kept] |s, h| s.free(h.instance, Free::Now)),
    row!(rest "Store::free_batch" [Instance] |s, h| s.free_batch(&[h.instance], Free::WhenUnreachable)),
    row!(rest "Store::free_batch" [Kept] |s, h| s.free_batch(&[h.instance], Free::Now)),
    row!(rest "Store::exit" [Instance] |s, h| s.exit(h.instance, 1)),
    row!(rest "Store::register" [Instance] |s, h| s.register("name", h.instance)),
    row!(rest "Store::importers" [Kept] |s, h| s.importers(h.instance)),
    row!(rest "Store::island" [Instance] |s, h| s.island(h.instance)),
    row!(rest "Store::join" [Instance] |s, h| s.join(h.instance, h.good.instance)),
    row!(rest "Store::join" [Instance] |s, h| s.join(h.good.instance, h.instance)),
    row!(rest "Store::call_column" [Instance] |s, h| {
        only(|answers| s.call_column(&h.good.f_column, &[h.instance], (), answers))
    }),
    row!(rest "Store::call_column" [Func, Extern] |s, h| {
        let args = (Some(h.func), Some(h.extern_ref));
        only(|answers| s.call_column(&h.good.take_column, &[h.good.instance], args, answers))
    }),
    row!(rest "Store::call_lanes" [Instance] |s, h| {
        only(|answers| s.call_lanes(&h.good.f_column, &[(h.instance, ())], answers))
    }),
    row!(rest "Store::for_each" [Instance] |s, h| told(s, h)),
    row!(rest "Store::visit" [Instance] |s, h| {
        only(|answers| s.visit(&[h.instance], |_, _| Ok(()), answers))
    }),
    row!(rest "Store::spawn" [Template] |s, h| s.spawn(&h.template, 0)),
    row!(rest "Store::spawn_named" [Template] |s, h| s.spawn_named("new", &h.template, 0)),
    row!(rest "Store::spawn_batch" [Template] |s, h| s.spawn_batch(&h.template, [0, 1])),
    row!(rest "Store::spawn_all" [Func] |s, h| spawn_all(s, &h.good.importing.func, h.func)),
    row!(rest "Store::spawn_all" [Memory] |s, h| spawn_all(s, &h.good.importing.memory, h.memory)),
    row!(rest "Store::spawn_all" [Table] |s, h| spawn_all(s, &h.good.importing.table, h.table)),
    row!(rest "Store::spawn_all" [Global] |s, h| spawn_all(s, &h.good.importing.global, h.global)),
    row!(both "Instance::func" [Instance] |s, h| h.instance.func(&*s, "f")),
    row!(both "Instance::typed_func" [Instance] |s, h| h.instance.typed_func::<(), i32>(&*s, "f")),
    row!(both "Column::of" [Instance] |s, h| h.good.f_column.of(&*s, h.instance)),
    row!(both "Instance::memory" [Instance] |s, h| h.instance.memory(&*s, "m")),
    row!(both "Instance::table" [Instance] |s, h| h.instance.table(&*s, "t")),
    row!(both "Instance::global" [Instance] |s, h| h.instance.global(&*s, "g")),
    row!(both "Instance::export" [Instance] |s, h| h.instance.export(&*s, "g")),
    row!(both "Instance::exports" [Instance] |s, h| h.instance.exports(&*s)),
    row!(both "Instance::module" [Instance] |s, h| h.instance.module(&*s)),
    row!(both "Instance::exit_code" [Instance] |s, h| h.instance.exit_code(&*s)),
    row!(both "Instance::names" [Instance] |s, h| h.instance.names(&*s)),
    row!(both "Instance::describe" [Kept] |s, h| h.instance.describe(&*s)),
    row!(both "Memory::ty" [Memory] |s, h| h.memory.ty(&*s)),
    row!(both "Memory::size" [Memory] |s, h| h.memory.size(&*s)),
    row!(both "Memory::size_bytes" [Memory] |s, h| h.memory.size_bytes(&*s)),
    row!(both "Memory::data" [Memory] |s, h| h.memory.data(&*s)),
    row!(both "Memory::data_mut" [Memory] |s, h| h.memory.data_mut(s)),
    row!(both "Memory::read" [Memory] |s, h| h.memory.read(&*s, 0, &mut [0])),
    row!(both "Memory::write" [Memory] |s, h| h.memory.write(s, 0, &[0])),
    row!(both "Memory::grow" [Memory] |s, h| h.memory.grow(s, 1)),
    row!(both "Memory::fill" [Memory] |s, h| h.memory.fill(s, 0, 9, 1)),
    row!(both "Memory::copy" [Memory] |s, h| h.memory.copy(s, 0, (h.good.memory, 0), 9)),
    row!(both "Memory::copy" [Memory] |s, h| h.good.memory.copy(s, 0, (h.memory, 0), 9)),
    row!(rest "Memory::free" [Memory] |s, h| h.memory.free(s)),
    row!(both "Table::ty" [Table] |s, h| h.table.ty(&*s)),
    row!(both "Table::size" [Table] |s, h| h.table.size(&*s)),
    row!(both "Table::get" [Table] |s, h| h.table.get(&*s, 0)),
    row!(both "Table::set" [Table, Func] |s, h| h.table.set(s, 0, h.func.into())),
    row!(both "Table::set" [Extern] |s, h| h.good.externs.set(s, 0, h.extern_ref.into())),
    row!(both "Table::set" [Table] |s, h| h.table.set(s, 0, NULL)),
    row!(both "Table::grow" [Table, Func] |s, h| h.table.grow(s, 1, h.func.into())),
    row!(both "Table::grow" [Extern] |s, h| h.good.externs.grow(s, 1, h.extern_ref.into())),
    row!(both "Table::fill" [Table, Func] |s, h| h.table.fill(s, 0, 2, h.func.into())),
    row!(both "Table::fill" [Extern] |s, h| h.good.externs.fill(s, 0, 1, h.extern_ref.into())),
    row!(both "Table::copy" [Table] |s, h| h.table.copy(s, 0, (h.good.table, 0), 1)),
    row!(both "Table::copy" [Table] |s, h| h.good.table.copy(s, 0, (h.table, 0), 1)),
    row!(rest "Table::free" [Table] |s, h| h.table.free(s)),
    row!(rest "Table::new" [Func] |s, h| Table::new(s, FUNC_TABLE, h.func.into())),
    row!(rest "Table::new" [Extern] |s, h| Table::new(s, EXTERN_TABLE, h.extern_ref.into())),
    row!(both "Global::ty" [Global] |s, h| h.global.ty(&*s)),
    row!(both "Global::get" [Global] |s, h| h.global.get(&*s)),
    row!(both "Global::set" [Global] |s, h| h.global.set(s, Val::I32(1))),
    row!(both "Global::set" [Func] |s, h| h.good.func_cell.set(s, h.func.into())),
    row!(both "Global::set" [Extern] |s, h| h.good.extern_cell.set(s, h.extern_ref.into())),
    row!(rest "Global::free" [Global] |s, h| h.global.free(s)),
    row!(rest "Global::new" [Func] |s, h| Global::new(s, global_type(ValType::FuncRef), h.func.into())),
    row!(rest "Global::new" [Extern] |s, h| {
        Global::new(s, global_type(ValType::ExternRef), h.extern_ref.into())
    }),
    row!(both "Func::ty" [Func] |s, h| h.func.ty(&*s)),
    row!(both "Func::typed" [Func] |s, h| h.func.typed::<(), i32>(&*s)),
    row!(both "Func::call" [Func] |s, h| h.func.call(s, &[])),
    row!(both "Func::call" [Func, Extern] |s, h| {
        h.good.take.func().call(s, &[h.func.into(), h.extern_ref.into()])
    }),
    row!(both "Func::call_as" [Func, Instance] |s, h| h.func.call_as(s, h.instance, &[])),
    row!(rest "Func::free" [Func] |s, h| h.func.free(s)),
    row!(both "Func::host" [Func] |s, h| {
        give(h);
        h.good.host_give.call_as(s, h.good.instance, &[])
    }),
    row!(both "Func::host_new" [Func] |s, h| {
        give(h);
        h.good.host_give_untyped.call_as(s, h.good.instance, &[])
    }),
    row!(both "TypedFunc::call" [Typed] |s, h| h.typed.call(s, ())),
    row!(both "TypedFunc::call" [Func, Extern] |s, h| {
        h.good.take.call(s, (Some(h.func), Some(h.extern_ref)))
    }),
    row!(both "ExternRef::data" [Extern] |s, h| h.extern_ref.data(&*s)),
    row!(both "ExternRef::downcast" [Extern] |s, h| h.extern_ref.downcast::<u8>(&*s)),
    row!(both "Extern::ty" [Func] |s, h| Extern::from(h.func).ty(&*s)),
    row!(both "Extern::ty" [Memory] |s, h| Extern::from(h.memory).ty(&*s)),
    row!(both "Extern::ty" [Table] |s, h| Extern::from(h.table).ty(&*s)),
    row!(both "Extern::ty" [Global] |s, h| Extern::from(h.global).ty(&*s)),
    row!(both "Linker::instance" [Instance] |s, h| {
        Linker::new(h.good.importing.func.engine()).instance(&*s, "x", h.instance).map(drop)
    }),
    row!(both "Linker::define" [Func] |s, h| define(&*s, &h.good.importing.func, h.func)),
    row!(both "Linker::define" [Memory] |s, h| define(&*s, &h.good.importing.memory, h.memory)),
    row!(both "Linker::define" [Table] |s, h| define(&*s, &h.good.importing.table, h.table)),
    row!(both "Linker::define" [Global] |s, h| define(&*s, &h.good.importing.global, h.global)),
    row!(both "Linker::resolver" [Func] |s, h| resolve(&*s, &h.good.importing.func, h.func)),
    row!(both "Linker::resolver" [Memory] |s, h| resolve(&*s, &h.good.importing.memory, h.memory)),
    row!(both "Linker::resolver" [Table] |s, h| resolve(&*s, &h.good.importing.table, h.table)),
    row!(both "Linker::resolver" [Global] |s, h| resolve(&*s, &h.good.importing.global, h.global)),
    row!(rest "Linker::spawn" [Func] |s, h| spawn(s, &h.good.importing.func, h.func)),
    row!(rest "Linker::spawn" [Global] |s, h| spawn(s, &h.good.importing.global, h.global)),
    row!(both "Linker::func" [Func] |s, h| {
        give(h);
        h.good.give.call(s, ())
    }),
    row!(both "Linker::func_new" [Func] |s, h| {
        give(h);
        h.good.give_untyped.call(s, ())
    }),
    row!(call "Caller::data_of" [Instance] |s, h| s.data_of(h.instance)),
    row!(call "Caller::memory_and_data" [Memory] |s, h| s.memory_and_data(h.memory)),
];

type Look = fn(&Handles);

/// Those that look at the handle only, and so cannot fail.
pub(crate) const LOOKS: &[(&str, Look)] = &[
    ("$name::name", |h| assert!(h.instance.name().to_string().starts_with("instance#"))),
    ("$name::to_bits", |h| assert_ne!(h.memory.to_bits(), 0)),
    ("Func::name", |h| assert!(h.func.name().to_string().starts_with("func#"))),
    ("Func::to_bits", |h| assert_ne!(h.func.to_bits(), 0)),
    ("Func::is_host", |h| assert_eq!(h.func.is_host(), !h.func.to_string().contains(':'))),
    ("Extern::kind", |h| assert_eq!(Extern::from(h.table).kind(), skep::ExternKind::Table)),
    ("TypedFunc::func", |h| drop(h.typed.func().to_string())),
    ("Template::export", |h| drop(h.template.export::<(), ()>("none").unwrap_err())),
    ("Template::module", |h| assert_eq!(h.template.module().name(), None)),
];
