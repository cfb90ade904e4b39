//! An embeddable WebAssembly runtime for hosts that run many guests.
//!
//! ```
//! use skep::{Caller, Config, Engine, Free, Linker, Module, Store};
//!
//! let engine = Engine::new(&Config::default())?;
//! let module = Module::new(
//!     &engine,
//!     r#"(module
//!         (import "env" "score" (func $score (param i32)))
//!         (func (export "hit") (param i32) (call $score (local.get 0))))"#,
//! )?;
//! let mut linker = Linker::<i32>::new(&engine); // each guest carries an `i32` of the host's
//! linker.func("env", "score", |mut caller: Caller<'_, i32>, points: i32| *caller.data_mut() += points)?;
//! let template = linker.template(&module)?; // imports are resolved once
//!
//! let mut store = Store::new(&engine);
//! let (one, two) = (store.spawn(&template, 0)?, store.spawn(&template, 100)?);
//! let hit = one.typed_func::<(i32,), ()>(&store, "hit")?;
//! hit.call(&mut store, (7,))?;
//! assert_eq!((*store.data(one)?, *store.data(two)?), (7, 100));
//!
//! store.free(one, Free::WhenUnreachable)?;
//! assert!(hit.call(&mut store, (7,)).is_err()); // what is gone answers with an error, never a panic
//! # Ok::<(), skep::Error>(())
//! ```
//!
//! An [`Engine`] holds what is shared: settings, function types, pages of machine code. A [`Module`] is validated and compiled
//! once; a [`Template`] has its imports resolved, by a [`Linker`], for any number of instances. A [`Store`] owns instances and
//! what they own; [`Instance`], [`Func`], [`Memory`], [`Table`] and [`Global`] are handles: small, `Copy`, checked at each use.
//!
//! Layers, each importing what stands to its right: this file → `store` → `engine`, `module`, `error` → `jit` → `spec` → `arena`.

mod arena;
mod engine;
mod error;
mod jit;
mod module;
mod spec;
mod store;

pub use engine::{Config, Engine, StoreLimits};
pub use error::{
    AccessError, BatchError, Error, ExportError, HandleName, HostError, LimitError, LinkCause, LinkError,
    LinkErrors, Name, OtherModule, SegmentError, SegmentKind, Stale, StartError, TrapDetail, TrapError,
    TypeError, WrongIsland, WrongStore,
};
pub use jit::backtrace::{Backtrace, Frame};
pub use jit::target::{Arch, Cpu, MemoryMode, Target, Tuning};
pub use module::{ExportType, FuncCode, ImportType, Module};
pub use spec::features::{Feature, Features};
pub use spec::invalid::Invalid;
pub use spec::limits::ModuleLimits;
pub use spec::trap::Trap;
pub use spec::types::{
    ExternKind, ExternType, FuncType, GlobalType, Limits, MemoryType, RefType, TableType, ValType,
};
pub use store::addr::{ExternRef, Func, Global, Instance, Memory, Table};
pub use store::collect::Collected;
pub use store::column::Column;
pub use store::free::{Free, Freed};
pub use store::host::{Caller, HostResults, IntoHostFunc};
pub use store::instance::Extern;
pub use store::island::{AsStore, AsStoreMut};
pub use store::linker::Linker;
pub use store::template::Template;
pub use store::typed::{TypedFunc, WasmParams, WasmResults, WasmTy, WasmValues};
pub use store::val::Val;
pub use store::{EndError, EndReason, Stats, Store};

/// The example of the README runs as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
