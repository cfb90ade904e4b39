//! The way in: from a handle to machine code, and from a trap to an error.
//!
//! Owns: the calls that a host makes, liveness before they begin, what they end with.
//! Does not know: typed values (`typed`), what machine code calls meanwhile (`builtin`), how the machine is entered
//! (`jit::entry`).
//!
//! # Invariants
//! - I1: `Callee::Wasm` was made by `StoreInner::callee` of the same store for a function of an instance of that generation:
//!   as long as the instance is not gone, its module's code is published and its context lives, and no generation comes twice.
//!   The entry stub is one of the function's signature; stubs live as long as their engine, which the store holds.
//! - I2: while machine code runs no row of an instance goes, since everything that frees takes `&mut Store`, which the call has
//!   borrowed; so contexts and cells outlive the entry.
//! - I3: the datum of a type mismatch is 0, an odd number that holds a type id, or the address of an entry of a module's table
//!   of functions, whose instance lives at least until the call has ended.
//! - I4: where the directory has a tag, the context beside it is that of the instance with this tag, and lives: `context` writes
//!   both as an instance comes and clears both before its block is given back.
//! - I5: `LaneEntry` was made for a function of the module that it is used with: whoever uses it holds that module, whose code
//!   and engine live as long. The lane stub calls the function in instances of that module only, as it compares what their contexts
//!   say of it.

use std::any::Any;
use std::cell::Cell;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

use super::StoreInner;
use super::addr::{Func, FuncAddr, Instance, InstanceAddr, instance_of_tag, tag};
use super::builtin::{self, Pending};
use super::detail::{self, Site};
use super::island::{AsStoreMut, StorePtr, ViewMut};
use super::row::State;
use super::unions::Label;
use super::val::Val;
use crate::arena::handle::{Addr, HandleError};
use crate::engine::{StubRole, TypeId};
use crate::error::{Error, TrapError, TypeError};
use crate::jit::abi::{Context, ENTRY_WORDS, FuncEntry, LANES_AHEAD, LaneRun, ValueCell};
use crate::jit::backtrace::Recorded;
use crate::jit::entry::{self, Entry, Unusual, Values};
use crate::module::Module;
use crate::spec::module::FuncIdx;
use crate::spec::trap::{Trap, TrapCode};
use crate::spec::types::FuncType;
use crate::spec::value::Bits;
use smallvec::SmallVec;

/// A function with what calling it takes, looked up once.
#[derive(Clone, Copy)]
pub(crate) enum Callee {
    /// Defined by an instance.
    Wasm(WasmCallee),
    /// Defined by the host.
    Host(Func),
}

/// A function that an instance defines.
#[derive(Clone, Copy)]
pub(crate) struct WasmCallee {
    /// The instance.
    pub(crate) instance: InstanceAddr,
    /// The instance as the directory names it.
    tag: u64,
    /// How it is entered.
    entry: Entry,
    /// The number of its parameters or results, whichever is greater.
    cells: usize,
    /// Whether it has so few of both that it is entered and left without cells.
    in_words: bool,
}

impl Callee {
    /// The instance whose code it is.
    pub(crate) const fn instance(&self) -> Option<InstanceAddr> {
        match self {
            Self::Wasm(callee) => Some(callee.instance),
            Self::Host(_) => None,
        }
    }
}

impl fmt::Debug for Callee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wasm(callee) => write!(f, "code at {:p} of {:?}", callee.entry.code, callee.instance),
            Self::Host(func) => fmt::Debug::fmt(func, f),
        }
    }
}

impl Func {
    /// Calls the function and returns its results. A function of the host has no instance to stand for here: see
    /// [`Func::call_as`]; called through a `Caller`, it stands for the caller's.
    ///
    /// # Errors
    /// `Type` if the parameters are not those of its type; `Trap`, a host function's error or `Exit` if the call ends so;
    /// `Stale`, `WrongStore` for handles; `NoCaller` for a function of the host.
    pub fn call(self, store: &mut impl AsStoreMut, params: &[Val]) -> Result<Vec<Val>, Error> {
        let caller = store.calling_instance().map(Instance::addr);
        call_untyped(store.view_mut(), self, caller, params)
    }

    /// As [`Func::call`], for an instance: the one that a function of the host is called for.
    ///
    /// # Errors
    /// As [`Func::call`].
    pub fn call_as(
        self,
        store: &mut impl AsStoreMut,
        instance: Instance,
        params: &[Val],
    ) -> Result<Vec<Val>, Error> {
        let store = store.view_mut();
        let caller = store.resolve_instance(instance)?;
        call_untyped(store, self, Some(caller), params)
    }
}

fn call_untyped<T>(
    mut store: ViewMut<'_, T>,
    func: Func,
    caller: Option<InstanceAddr>,
    params: &[Val],
) -> Result<Vec<Val>, Error> {
    let addr = store.check_callable(func)?;
    let ty = store.func_type(addr).clone();
    check_params(&ty, params)?;
    let callee = store.callee(addr)?;
    let mut cells: SmallVec<[Bits; 8]> =
        SmallVec::from_elem(Bits::ZERO, ty.params.len().max(ty.results.len()));
    for (cell, &param) in cells.iter_mut().zip(params) {
        *cell = store.bits_of(param, callee.instance())?;
    }
    call(store.reborrow(), &callee, caller, &mut cells)?;
    let low_id = store.low_id();
    Ok(ty.results.iter().zip(cells).map(|(&ty, bits)| Val::from_bits(ty, bits, low_id)).collect())
}

fn check_params(ty: &FuncType, params: &[Val]) -> Result<(), Error> {
    let (expected, passed) = (ty.params.len(), params.len());
    if expected != passed {
        return Err(TypeError::ParamCount { expected, passed }.into());
    }
    let wrong = ty.params.iter().zip(params).position(|(&wanted, param)| param.ty() != wanted);
    wrong.map_or(Ok(()), |index| {
        let (found, wanted) = (params[index].ty(), ty.params[index]);
        Err(TypeError::Param { expected, passed, index, found, wanted }.into())
    })
}

/// Calls a function that is not gone. `cells` hold the parameters and receive the results: as many as there are of the more
/// numerous. `caller` is the instance that a host function is called for.
///
/// # Errors
/// What the call ends with.
pub(crate) fn call_func<T>(
    store: ViewMut<'_, T>,
    func: FuncAddr,
    caller: Option<InstanceAddr>,
    cells: &mut [ValueCell],
) -> Result<(), Error> {
    let callee = store.callee(func)?;
    call(store, &callee, caller, cells)
}

/// As [`call_func`], of a function of this store whose origin is not gone.
#[inline]
pub(crate) fn call<T>(
    mut store: ViewMut<'_, T>,
    callee: &Callee,
    caller: Option<InstanceAddr>,
    cells: &mut [ValueCell],
) -> Result<(), Error> {
    match callee {
        Callee::Wasm(callee) => {
            let context = store.instance(callee.instance).context.as_ptr();
            enter(&mut store, callee, context, cells, false)
        }
        Callee::Host(func) => call_host(store, *func, caller, cells),
    }
}

fn call_host<T>(
    store: ViewMut<'_, T>,
    func: Func,
    caller: Option<InstanceAddr>,
    cells: &mut [ValueCell],
) -> Result<(), Error> {
    let instance = caller.ok_or_else(|| Error::NoCaller(Box::new(func.name())))?;
    let host = Arc::clone(&store.host_func(func.raw.addr().into()).func);
    host.call(store, instance, cells)
}

/// Whether a function of so many parameters and results is entered and left without cells.
pub(crate) const fn in_words(params: usize, results: usize) -> bool {
    params <= ENTRY_WORDS && results <= 1
}

/// Calls a function whose instance has this context.
#[inline(always)]
pub(crate) fn enter<T>(
    store: &mut ViewMut<'_, T>,
    callee: &WasmCallee,
    context: *const Context,
    cells: &mut [ValueCell],
    in_words: bool,
) -> Result<(), Error> {
    assert!(if in_words { callee.in_words } else { cells.len() >= callee.cells }, "too few cells");
    let word = |at: usize| cells.get(at).map_or(0, |cell| cell.as_u64());
    let words = [word(0), word(1)];
    // Cells whose address is not taken need not be in memory.
    let in_memory = if in_words { std::ptr::null_mut() } else { cells.as_mut_ptr() };
    let values = Values { words, cells: in_memory };
    // SAFETY: I1, I2. Nothing derived from the view is kept across the entry.
    let word =
        unsafe { entry::enter(&callee.entry, context, values, |unusual| after_unusual(store, &unusual)) }?;
    if let Some(first) = cells.first_mut() {
        *first = Bits::from_u64(word);
    }
    Ok(())
}

/// How one function is called in many instances of its module.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LaneEntry {
    entry: Entry,
}

impl LaneEntry {
    /// For a function of a module; `None` if the module does not define it, its signature is a wide one, or its code does not run
    /// here.
    pub(crate) fn new(module: &Module, func: FuncIdx) -> Result<Option<Self>, Error> {
        let (engine, row) = (module.engine(), module.func_type_row(func));
        let code = module.entries()[func.index()].code;
        if code == 0 || !engine.runs_here() {
            return Ok(None);
        }
        let stub = engine.stub(StubRole::Lanes, row)?;
        if stub == 0 {
            return Ok(None);
        }
        let stub = stub + engine.entry_offset(module.is_plain(func));
        let count = |n: usize| u32::try_from(n).expect("signatures are limited to 1000 values");
        let entry = Entry {
            stub: std::ptr::with_exposed_provenance(stub),
            code: std::ptr::with_exposed_provenance(code),
            params: count(row.ty.params.len()),
            results: count(row.ty.results.len()),
            stack_bytes_max: engine.config().max_stack_bytes,
        };
        Ok(Some(Self { entry }))
    }
}

/// Lanes that are served by one entry into machine code.
pub(crate) struct LaneCells<'a> {
    /// The contexts of their instances, and [`LANES_AHEAD`] more addresses.
    pub(crate) contexts: &'a [*const Context],
    /// How many lanes there are.
    pub(crate) count: usize,
    /// Their parameters.
    pub(crate) params: &'a [ValueCell],
    /// How many cells it is from a lane's parameters to the next one's: 0 if all have the same.
    pub(crate) step: usize,
    /// Where results go.
    pub(crate) results: &'a mut [ValueCell],
}

/// Why lanes behind some are not served.
pub(crate) enum LanesEnd {
    /// All are.
    Done,
    /// The instance of the next one must not run.
    Refused,
    /// The call of the next one has ended so.
    Failed(Error),
    /// The host has panicked in the call of the next one.
    Panicked(Box<dyn Any + Send>),
}

/// Calls a function of a module in one instance after the other, up to one in which it does not simply return. How many have been
/// served.
///
/// # Safety
/// I1, I2 for the contexts; nobody else has a view of the islands of their instances, nor of the whole store.
pub(crate) unsafe fn enter_lanes<T>(
    store: &StoreInner<T>,
    (LaneEntry { entry }, module): (&LaneEntry, &Module),
    lanes: LaneCells<'_>,
) -> (usize, LanesEnd) {
    let LaneCells { contexts, count, params, step, results } = lanes;
    let (param_count, result_count) = (entry.params as usize, entry.results as usize);
    assert!(count > 0 && contexts.len() >= count + LANES_AHEAD, "too few contexts");
    assert!(
        params.len() >= param_count + (count - 1) * step && results.len() >= count * result_count,
        "too few cells"
    );
    let first = contexts.as_ptr();
    let run = LaneRun {
        next: Cell::new(first),
        end: first.wrapping_add(count),
        entries: module.entries().as_ptr(),
        params: params.as_ptr(),
        params_step: step * size_of::<ValueCell>(),
        results: results.as_mut_ptr(),
    };
    let values = Values { words: [0; ENTRY_WORDS], cells: (&raw const run).cast_mut().cast() };
    let mut refused = false;
    let otherwise = |unusual: Unusual<'_>| {
        refused = unusual.is_refused();
        // Contexts of other stacks need no new limit: what runs below is of other islands, or of another store.
        if refused { Ok(0) } else { unusual.end().map_err(|trap| ended_by(store, &trap)) }
    };
    let ended = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: I1, I2, I5; the stub is one for lanes, and `run` describes them. Nothing derived from a view is kept across.
        unsafe { entry::enter(entry, contexts[0], values, otherwise) }
    }));
    let served = (run.next.get().addr() - first.addr()) / size_of::<*const Context>();
    match ended {
        Ok(Ok(_)) if !refused => (count, LanesEnd::Done),
        Ok(Ok(_)) => (served, LanesEnd::Refused),
        Ok(Err(error)) => (served, LanesEnd::Failed(error)),
        Err(panic) => (served, LanesEnd::Panicked(panic)),
    }
}

/// The word of the first result, or the error that the call ends with.
#[cold]
fn after_unusual<T>(store: &mut ViewMut<'_, T>, unusual: &Unusual<'_>) -> Result<u64, Error> {
    if let Some(limit) = unusual.limit_to_reset() {
        reset_limits(store.ptr(), store.scope(), limit);
    }
    unusual.end().map_err(|trap| ended_by(store, &trap))
}

/// Gives all contexts of a scope the limit of the stack that goes on: an entry on another one has changed some of them.
#[cold]
fn reset_limits<T>(store: StorePtr<T>, scope: Label, limit: usize) {
    // SAFETY: machine code has been left, and the view that `enter` holds is not used meanwhile.
    let store = unsafe { store.view_again(scope) };
    let view = store.as_view();
    let inside = view.instances.iter().filter(|(_, row)| view.reaches(row.label()));
    inside.for_each(|(_, row)| row.context.head().stack_limit.set(limit));
}

/// The error that a call ends with. A panic of the host goes on here, where no machine code is left to be unwound.
fn ended_by<T>(store: &StoreInner<T>, raw: &Recorded<'_>) -> Error {
    let code = TrapCode::from_u8(raw.code).expect("machine code leaves with a trap code");
    if let Some(trap) = code.trap() {
        return Error::Trap(Box::new(place(store, raw, trap)));
    }
    match builtin::take_pending() {
        Pending::Panic(payload) => resume_unwind(payload),
        // A trap that the host made happened where it was called; the operator there has done its part.
        Pending::Error(Error::Trap(trap)) if trap.backtrace.is_empty() && trap.instance.is_none() => {
            let instance = Some(store.instance_handle(running(raw)).name());
            Error::Trap(Box::new(TrapError { instance, backtrace: raw.resolve(), ..*trap }))
        }
        Pending::Error(error) => error,
    }
}

/// Says where a trap happened and what was about to be done.
fn place<T>(store: &StoreInner<T>, raw: &Recorded<'_>, code: Trap) -> TrapError {
    let instance = running(raw);
    let backtrace = raw.resolve();
    let site = || Site {
        offset: backtrace.frames().next().and_then(|frame| frame.module_offset()),
        datum: raw.datum,
        is_guard_hit: backtrace.is_guard_hit(),
        found: (code == Trap::IndirectCallTypeMismatch).then(|| found_type(store, raw.datum)).flatten(),
    };
    let detail = detail::detail(store, instance, code, site);
    let instance = Some(store.instance_handle(instance).name());
    TrapError { code, instance, detail, backtrace }
}

/// The instance whose code ran when a trap happened.
fn running(raw: &Recorded<'_>) -> InstanceAddr {
    // SAFETY: I2: the context that ran still lives.
    let tag = unsafe { &*raw.context }.own_tag.get();
    instance_of_tag(tag).expect("a linked context has its tag")
}

/// The type of the function that an indirect call found.
fn found_type<T>(store: &StoreInner<T>, datum: u64) -> Option<FuncType> {
    let id = if let Some(id) = builtin::type_of_datum(datum) {
        id
    } else {
        let entry = std::ptr::with_exposed_provenance::<FuncEntry>(usize::try_from(datum).ok()?);
        // SAFETY: I3.
        TypeId::new(unsafe { entry.as_ref() }?.ty)
    };
    Some(FuncType::clone(&store.engine.type_row(id).ty))
}

impl<T> ViewMut<'_, T> {
    /// Whether the host may call a function now: its origin is not gone and has not exited.
    pub(crate) fn check_callable(&self, func: Func) -> Result<FuncAddr, Error> {
        let addr = self.resolve_func(func)?;
        match addr {
            FuncAddr::Wasm(instance, _) => match self.instance(instance).state {
                State::Exited(code) => Err(Error::Exit(code)),
                _ => Ok(addr),
            },
            FuncAddr::Host(_) => Ok(addr),
        }
    }
}

impl<T> ViewMut<'_, T> {
    /// The context of a function's instance if nothing speaks against a call: the store is open and all in reach, the instance
    /// is not gone and may be entered. The function was looked up in the store with the id `store`.
    #[inline]
    pub(crate) fn ready(&self, store: u64, callee: &WasmCallee) -> Option<*const Context> {
        if self.id != store || self.closed.is_some() || !self.is_whole() {
            return None;
        }
        let entry = self.directory.as_ref()?.entry(Addr::from(callee.instance).slot());
        if entry.tag.get() != callee.tag {
            return None;
        }
        let context = entry.context.get();
        // SAFETY: I4: the tag is that of an instance that is not gone.
        let state = unsafe { &*context }.state.get();
        (state == 0).then_some(context)
    }
}

impl<T> StoreInner<T> {
    /// What calling a function takes. Its origin is not gone.
    pub(crate) fn callee(&self, func: FuncAddr) -> Result<Callee, Error> {
        let FuncAddr::Wasm(instance, index) = func else { return Ok(Callee::Host(self.func_handle(func))) };
        let module = self.module_of(instance);
        let row = module.func_type_row(index);
        let stub = self.engine.stub(StubRole::Entry, row)? + self.engine.entry_offset(module.is_plain(index));
        let count = |n: usize| u32::try_from(n).expect("signatures are limited to 1000 values");
        Ok(Callee::Wasm(WasmCallee {
            instance,
            tag: tag(instance.into()),
            entry: Entry {
                stub: std::ptr::with_exposed_provenance(stub),
                code: std::ptr::with_exposed_provenance(self.foreign_entry(instance, index)),
                params: count(row.ty.params.len()),
                results: count(row.ty.results.len()),
                stack_bytes_max: self.engine.config().max_stack_bytes,
            },
            cells: row.ty.params.len().max(row.ty.results.len()),
            in_words: in_words(row.ty.params.len(), row.ty.results.len()),
        }))
    }

    fn foreign_entry(&self, instance: InstanceAddr, func: FuncIdx) -> usize {
        let code = self.module_of(instance).entries()[func.index()].code;
        assert!(code != 0, "{func} of {instance:?} has a handle, so it escapes");
        code
    }

    /// The type of a function whose origin is not gone.
    pub(crate) fn func_type(&self, func: FuncAddr) -> &FuncType {
        match func {
            FuncAddr::Wasm(instance, index) => self.module_of(instance).decl().func_type(index),
            FuncAddr::Host(host) => self.host_func(host).func.ty(),
        }
    }

    /// Why an instance cannot be used.
    ///
    /// # Panics
    /// If it can.
    #[cold]
    pub(crate) fn refuse_instance(&self, instance: Instance) -> Error {
        self.find_instance(instance).expect_err("the caller has seen that it cannot be used")
    }
}

/// A function of another store.
#[cold]
pub(crate) fn other_store(func: Func, store: u32) -> Error {
    Error::named_handle(func.name(), HandleError::WrongStore { handle: func.raw, store })
}
