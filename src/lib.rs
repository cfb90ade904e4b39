//! `skep`: an embeddable WebAssembly runtime for hosts that run many guests.

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
    LinkErrors, Name, SegmentError, SegmentKind, Stale, StartError, TrapDetail, TrapError, TypeError,
    WrongIsland, WrongStore,
};
pub use jit::backtrace::{Backtrace, Frame};
pub use jit::target::{Cpu, MemoryMode, Tuning};
pub use module::{ExportType, FuncCode, ImportType, Module};
pub use spec::features::{Feature, Features};
pub use spec::invalid::Invalid;
pub use spec::limits::ModuleLimits;
pub use spec::trap::Trap;
pub use spec::types::{
    ExternKind, ExternType, FuncType, GlobalType, Limits, MemoryType, RefType, TableType, ValType,
};
pub use store::addr::{ExternRef, Func, Global, Instance, Memory, Table};
pub use store::free::{Free, Freed};
pub use store::host::{Caller, HostResults, IntoHostFunc};
pub use store::instance::Extern;
pub use store::island::{AsStore, AsStoreMut};
pub use store::linker::Linker;
pub use store::template::Template;
pub use store::typed::{TypedFunc, WasmParams, WasmResults, WasmTy, WasmValues};
pub use store::val::Val;
pub use store::{EndError, EndReason, Stats, Store};
