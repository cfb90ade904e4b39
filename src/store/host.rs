//! Host functions: closures of the host as machine code and other hosts call them, and what they may do meanwhile.
//!
//! Owns: [`HostFunc`], [`Caller`], [`IntoHostFunc`], what becomes of an error that leaves a closure.
//! Does not know: which imports a closure satisfies (`linker`), how machine code calls one (`builtin`).

use std::cell::Cell;
use std::error::Error as StdError;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use smallvec::SmallVec;

use super::Store;
use super::addr::{Func, FuncAddr, Global, Instance, InstanceAddr, Memory, Table};
use super::builtin;
use super::instance::Extern;
use super::island::{AsStore, AsStoreMut, View, ViewMut, sealed};
use super::typed::{WasmTy, WasmValues, for_tuples, max};
use super::val::Val;
use crate::engine::Engine;
use crate::error::{Error, TrapError};
use crate::jit::abi::{HostFn, HostRecord};
use crate::spec::module::MemIdx;
use crate::spec::trap::Trap;
use crate::spec::types::{ExternKind, FuncType};
use crate::spec::value::Bits;

/// A closure over cells: parameters in, results out, in the same place.
pub(crate) trait Closure<T>: Send + Sync {
    /// Calls it.
    fn call(&self, caller: Caller<'_, T>, cells: &mut [Bits]) -> Result<(), Error>;
}

/// A closure whose type is known at compile time.
pub(crate) trait TypedClosure<T>: Closure<T> + Sized {
    /// Number of parameters.
    const PARAMS: usize;
    /// How many cells a call needs: parameters, then results in the same place.
    const CELLS: usize;
    /// Whether it can be called alone: it takes no `Caller`, and all values are numbers.
    const IS_ALONE: bool;
    /// Calls it without a store, if it can be called alone.
    fn call_alone(&self, cells: &mut [Bits]) -> Result<(), Error>;
}

/// A host function. Its address is what imports and references to it lead to.
#[repr(C)]
pub(crate) struct HostFunc<T, C: ?Sized = dyn Closure<T>> {
    /// What the host stub reads.
    head: HostRecord,
    ty: FuncType,
    data: PhantomData<fn(T)>,
    closure: C,
}

impl<T, C: Closure<T>> HostFunc<T, C> {
    fn new(ty: FuncType, closure: C, call: HostFn) -> Arc<Self> {
        let count = |n: usize| u32::try_from(n).expect("signatures are limited to 1000 values");
        let head = HostRecord { call, params: count(ty.params.len()), results: count(ty.results.len()) };
        Arc::new(Self { head, ty, data: PhantomData, closure })
    }

    /// The closure.
    #[inline]
    pub(crate) fn closure(&self) -> &C {
        &self.closure
    }
}

impl<T> HostFunc<T> {
    /// A function of a type known at run time only.
    pub(crate) fn untyped(
        ty: FuncType,
        closure: impl Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<(), Error> + Send + Sync + 'static,
    ) -> Arc<Self> {
        Self::of_untyped(Untyped { ty: ty.clone(), closure }, ty)
    }

    fn of_untyped<C: Closure<T> + 'static>(closure: C, ty: FuncType) -> Arc<Self> {
        HostFunc::<T, C>::new(ty, closure, builtin::call_host::<T, C>)
    }
}

impl<T, C: Closure<T> + ?Sized> HostFunc<T, C> {
    /// Its type.
    pub(crate) fn ty(&self) -> &FuncType {
        &self.ty
    }

    /// What imports of it hold as their target.
    pub(crate) fn record(&self) -> *const HostRecord {
        std::ptr::from_ref(self).cast()
    }

    /// How many cells a call needs: parameters, then results in the same place.
    #[inline]
    pub(crate) fn cells(&self) -> usize {
        self.ty.params.len().max(self.ty.results.len())
    }

    /// Calls it for an instance. An exit that it asks for, and does not swallow, ends the instance.
    #[inline]
    pub(crate) fn call(
        &self,
        mut store: ViewMut<'_, T>,
        instance: InstanceAddr,
        cells: &mut [Bits],
    ) -> Result<(), Error> {
        Caller::stand_for(&mut store, instance, |caller| self.closure.call(caller.reborrow(), cells))
    }
}

/// Ends an instance with the code that its closure has asked for.
#[cold]
fn note_exit<T>(store: &mut ViewMut<'_, T>, instance: InstanceAddr, asked: Option<u32>) {
    if let Some(code) = asked {
        store.instance_mut(instance).exit(code);
    }
}

/// Values on the way to and from an untyped closure: few signatures have more.
type Vals = SmallVec<[Val; 8]>;

/// A closure over values of a type known at run time only.
struct Untyped<F> {
    ty: FuncType,
    closure: F,
}

impl<T, F> Closure<T> for Untyped<F>
where
    F: Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<(), Error> + Send + Sync,
{
    fn call(&self, caller: Caller<'_, T>, cells: &mut [Bits]) -> Result<(), Error> {
        call_untyped(&self.ty, &self.closure, caller, cells)
    }
}

fn call_untyped<T>(
    ty: &FuncType,
    closure: &impl Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<(), Error>,
    mut caller: Caller<'_, T>,
    cells: &mut [Bits],
) -> Result<(), Error> {
    let store = caller.view.low_id();
    let params: Vals =
        ty.params.iter().zip(&*cells).map(|(&ty, &bits)| Val::from_bits(ty, bits, store)).collect();
    let mut results: Vals = ty.results.iter().map(|&ty| Val::default_of(ty)).collect();
    closure(caller.reborrow(), &params, &mut results)?;
    for ((&ty, &val), cell) in ty.results.iter().zip(&results).zip(cells) {
        *cell = caller.view.bits_for(ty, val, Some(caller.instance))?;
    }
    Ok(())
}

impl Func {
    /// A host function as a value: to be put in tables and globals, or passed to guests.
    ///
    /// # Errors
    /// If limits or the system do not allow it, or the store is closed.
    pub fn host<T, P, R>(store: &mut Store<T>, func: impl IntoHostFunc<T, P, R>) -> Result<Self, Error> {
        Self::of_host_func(store, &func.into_host_func().0)
    }

    /// As [`Func::host`], of a type that is known at run time only. The results are zero or null at first.
    ///
    /// # Errors
    /// As [`Func::host`].
    pub fn host_new<T>(
        store: &mut Store<T>,
        ty: FuncType,
        func: impl Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<(), Error> + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        Self::of_host_func(store, &HostFunc::untyped(ty, func))
    }

    fn of_host_func<T>(store: &mut Store<T>, func: &Arc<HostFunc<T>>) -> Result<Self, Error> {
        let store = store.whole();
        store.check_open()?;
        let addr = store.share_host_func(func)?;
        store.note_host_share(addr);
        Ok(store.func_handle(FuncAddr::Host(addr)))
    }
}

/// A closure over wasm value types: `Fn(P…) -> R` or `Fn(Caller<'_, T>, P…) -> R`, with up to 16 parameters. `R` is nothing, one
/// value, a tuple, or a `Result` of these.
pub trait IntoHostFunc<T, Params, Results>: Send + Sync + 'static {
    /// The function.
    #[doc(hidden)]
    fn into_host_func(self) -> HostFuncArc<T>;
}

/// A host function, opaque.
#[doc(hidden)]
pub struct HostFuncArc<T>(pub(crate) Arc<HostFunc<T>>);

impl<T> fmt::Debug for HostFuncArc<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "host function {}", self.0.ty)
    }
}

/// Stands, among the parameters of [`IntoHostFunc`], for a [`Caller`].
#[doc(hidden)]
#[derive(Debug)]
pub enum WithCaller {}

/// What a host function may return.
pub trait HostResults: 'static {
    /// The results when it succeeds.
    #[doc(hidden)]
    type Values: WasmValues;
    /// The results, or the error.
    #[doc(hidden)]
    fn into_values(self) -> Result<Self::Values, Error>;
}

impl<V: WasmValues> HostResults for V {
    type Values = V;

    #[inline]
    fn into_values(self) -> Result<V, Error> {
        Ok(self)
    }
}

impl<V: WasmValues, E: Into<Box<dyn StdError + Send + Sync>> + 'static> HostResults for Result<V, E> {
    type Values = V;

    #[inline]
    fn into_values(self) -> Result<V, Error> {
        self.map_err(|error| error_of(error.into()))
    }
}

/// The error of a call whose host function returned `error`: one of ours keeps its kind, also when it is another's source.
#[cold]
fn error_of(error: Box<dyn StdError + Send + Sync>) -> Error {
    let error = match error.downcast::<Error>() {
        Ok(own) => return *own,
        Err(error) => error,
    };
    let mut source: Option<&(dyn StdError + 'static)> = Some(&*error);
    while let Some(error) = source {
        if let Some(trap) = error.downcast_ref::<Trap>() {
            return Error::from_trap(*trap);
        }
        match error.downcast_ref::<Error>() {
            Some(Error::Exit(code)) => return Error::Exit(*code),
            Some(Error::Trap(trap)) => return Error::Trap(Box::new(TrapError::clone(trap))),
            _ => source = error.source(),
        }
    }
    Error::host(error)
}

/// A closure that takes a `Caller`, or does not, with its types.
struct Typed<F, K, P, R> {
    closure: F,
    types: PhantomData<fn(K, P) -> R>,
}

/// Stands for closures that take no `Caller`.
enum NoCaller {}

macro_rules! closures {
    ($($name:ident $at:tt,)*) => {
        closures!(@ NoCaller, ($($name,)*), [], true, $($name $at,)*);
        closures!(@ WithCaller, (WithCaller, $($name,)*), [caller], false, $($name $at,)*);
    };
    (@ $kind:ident, $params:ty, [$($caller:ident)?], $alone:literal, $($name:ident $at:tt,)*) => {
        impl<T, F, R, $($name),*> IntoHostFunc<T, $params, R> for F
        where
            F: Fn($(closures!(# $caller T),)? $($name),*) -> R + Send + Sync + 'static,
            R: HostResults,
            $($name: WasmTy,)*
        {
            fn into_host_func(self) -> HostFuncArc<T> {
                typed_host_func::<T, ($($name,)*), R, _>(Typed::<F, $kind, ($($name,)*), R> {
                    closure: self,
                    types: PhantomData,
                })
            }
        }

        impl<T, F, R, $($name),*> Closure<T> for Typed<F, $kind, ($($name,)*), R>
        where
            F: Fn($(closures!(# $caller T),)? $($name),*) -> R + Send + Sync,
            R: HostResults,
            $($name: WasmTy,)*
        {
            #[inline]
            fn call(&self, mut caller: Caller<'_, T>, cells: &mut [Bits]) -> Result<(), Error> {
                #[allow(unused_variables, clippy::allow_attributes, reason = "there may be no parameter")]
                let store = caller.view.low_id();
                let values = (self.closure)($(closures!(& $caller caller),)? $( $name::from_bits(cells[$at], store) ),*);
                values.into_values()?.write(cells, &mut caller.view, Some(caller.instance))
            }
        }

        impl<T, F, R, $($name),*> TypedClosure<T> for Typed<F, $kind, ($($name,)*), R>
        where
            F: Fn($(closures!(# $caller T),)? $($name),*) -> R + Send + Sync,
            R: HostResults,
            $($name: WasmTy,)*
        {
            const PARAMS: usize = <($($name,)*)>::TYPES.len();
            const CELLS: usize = max(<Self as TypedClosure<T>>::PARAMS, <R::Values>::TYPES.len());
            const IS_ALONE: bool = $alone && <($($name,)*)>::ARE_NUMBERS && <R::Values>::ARE_NUMBERS;

            closures!(alone [$($caller)?] $($name $at,)*);
        }
    };
    (# caller $data:ident) => { Caller<'_, $data> };
    (& caller $caller:ident) => { $caller.reborrow() };
    (alone [] $($name:ident $at:tt,)*) => {
        #[inline]
        fn call_alone(&self, cells: &mut [Bits]) -> Result<(), Error> {
            // Numbers are of no store.
            let values = (self.closure)($( $name::from_bits(cells[$at], 0) ),*);
            values.into_values()?.write_numbers(cells);
            Ok(())
        }
    };
    (alone [caller] $($name:ident $at:tt,)*) => {
        fn call_alone(&self, _: &mut [Bits]) -> Result<(), Error> {
            unreachable!("it takes a caller")
        }
    };
}

for_tuples!(closures);

fn typed_host_func<T, P: WasmValues, R: HostResults, C: TypedClosure<T> + 'static>(
    closure: C,
) -> HostFuncArc<T> {
    let ty = super::typed::func_type::<P, R::Values>();
    HostFuncArc(HostFunc::<T, C>::new(ty, closure, builtin::call_typed_host::<T, C>))
}

/// The instance whose code executes a call of a host function, and its store.
///
/// It reads and changes the store like a `&mut Store`, as far as that makes sense in the middle of a call: see [`AsStoreMut`].
/// Nothing is spawned or freed here.
/// ```
/// use skep::{Caller, Config, Engine, Error, Linker, Module, Store};
///
/// let engine = Engine::new(&Config::default())?;
/// let mut linker = Linker::<u32>::new(&engine);
/// // Squares a number in the guest's memory, calls the guest back, and counts.
/// linker.func("env", "square", |mut caller: Caller<'_, u32>, at: u32| -> Result<i32, Error> {
///     let memory = caller.memory("memory")?;
///     let mut bytes = [0; 4];
///     memory.read(&caller, at.into(), &mut bytes)?;
///     let square = i32::from_le_bytes(bytes).wrapping_pow(2);
///     memory.write(&mut caller, at.into(), &square.to_le_bytes())?;
///     *caller.data_mut() += 1;
///     let inc = caller.func("inc")?.typed::<i32, i32>(&caller)?;
///     inc.call(&mut caller, square)
/// })?;
/// let text = r#"(module
///     (import "env" "square" (func $square (param i32) (result i32)))
///     (memory (export "memory") 1)
///     (data (i32.const 8) "\06")
///     (func (export "inc") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
///     (func (export "run") (result i32) (call $square (i32.const 8))))"#;
/// let mut store = Store::new(&engine);
/// let instance = linker.spawn(&mut store, &Module::new(&engine, text)?, 0)?;
/// assert_eq!(instance.typed_func::<(), i32>(&store, "run")?.call(&mut store, ())?, 37);
/// assert_eq!(*store.data(instance)?, 1);
/// # Ok::<(), skep::Error>(())
/// ```
pub struct Caller<'a, T> {
    view: ViewMut<'a, T>,
    instance: InstanceAddr,
    /// The exit that was asked for.
    exit: &'a Cell<Option<u32>>,
    here: PhantomData<*mut ()>,
}

impl<T> Caller<'_, T> {
    /// Runs code of the host that stands for an instance. An exit that it asks for, and does not swallow, ends the instance.
    #[inline]
    pub(crate) fn stand_for<R>(
        store: &mut ViewMut<'_, T>,
        instance: InstanceAddr,
        code: impl FnOnce(&mut Caller<'_, T>) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let exit = Cell::new(None);
        let mut caller = Caller { view: store.reborrow(), instance, exit: &exit, here: PhantomData };
        let ended = code(&mut caller);
        if let Err(error) = &ended {
            let asked = exit.get().filter(|asked| matches!(error, Error::Exit(code) if code == asked));
            note_exit(store, instance, asked);
        }
        ended
    }

    fn reborrow(&mut self) -> Caller<'_, T> {
        let Self { view, instance, exit, .. } = self;
        Caller { view: view.reborrow(), instance: *instance, exit, here: PhantomData }
    }

    /// The calling instance.
    #[must_use]
    pub fn instance(&self) -> Instance {
        self.view.instance_handle(self.instance)
    }

    /// The engine of the store.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.view.as_view().get().engine
    }

    /// What the host keeps with the calling instance.
    #[must_use]
    pub fn data(&self) -> &T {
        &self.view.as_view().get().instance(self.instance).body.data
    }

    /// What the host keeps with the calling instance, to be changed.
    pub fn data_mut(&mut self) -> &mut T {
        &mut self.view.instance_mut(self.instance).body.data
    }

    /// What the host keeps with an instance.
    ///
    /// # Errors
    /// If the handle is stale or of another store.
    pub fn data_of(&mut self, instance: Instance) -> Result<&mut T, Error> {
        let addr = self.view.resolve_instance(instance)?;
        Ok(&mut self.view.instance_mut(addr).body.data)
    }

    /// An export of the calling instance.
    #[must_use]
    pub fn export(&self, name: &str) -> Option<Extern> {
        let store = self.view.as_view().get();
        let item = store.module_of(self.instance).decl().exports.get(name)?;
        Some(store.extern_of(self.instance, item))
    }

    /// An exported function of the calling instance.
    ///
    /// # Errors
    /// If there is no export of this name, or it is of another kind.
    pub fn func(&self, name: &str) -> Result<Func, Error> {
        match self.wanted(name, ExternKind::Func)? {
            Extern::Func(func) => Ok(func),
            _ => unreachable!("the kind was compared"),
        }
    }

    /// An exported memory of the calling instance.
    ///
    /// # Errors
    /// If there is no export of this name, or it is of another kind.
    pub fn memory(&self, name: &str) -> Result<Memory, Error> {
        match self.wanted(name, ExternKind::Memory)? {
            Extern::Memory(memory) => Ok(memory),
            _ => unreachable!("the kind was compared"),
        }
    }

    /// An exported table of the calling instance.
    ///
    /// # Errors
    /// If there is no export of this name, or it is of another kind.
    pub fn table(&self, name: &str) -> Result<Table, Error> {
        match self.wanted(name, ExternKind::Table)? {
            Extern::Table(table) => Ok(table),
            _ => unreachable!("the kind was compared"),
        }
    }

    /// An exported global of the calling instance.
    ///
    /// # Errors
    /// If there is no export of this name, or it is of another kind.
    pub fn global(&self, name: &str) -> Result<Global, Error> {
        match self.wanted(name, ExternKind::Global)? {
            Extern::Global(global) => Ok(global),
            _ => unreachable!("the kind was compared"),
        }
    }

    /// Not by way of the handle: that is stale when a freed instance that others keep calls.
    fn wanted(&self, name: &str, kind: ExternKind) -> Result<Extern, Error> {
        self.view.as_view().get().export_of(self.instance, name, kind)
    }

    /// The calling instance's memory 0, own or imported, exported or not.
    #[must_use]
    pub fn default_memory(&self) -> Option<Memory> {
        let store = self.view.as_view().get();
        let addr = *store.instance(self.instance).body.memories.get(MemIdx::new(0).index())?;
        Some(Memory::new_handle(&store.memories, addr))
    }

    /// A memory's bytes beside what the host keeps with the calling instance.
    ///
    /// # Errors
    /// If the handle is stale or of another store.
    ///
    /// # Panics
    /// Never: no row goes while its code runs.
    pub fn memory_and_data(&mut self, memory: Memory) -> Result<(&mut [u8], &mut T), Error> {
        let memory = self.view.resolve_memory(memory)?;
        let (memory, row) = self.view.memory_and_instance_mut(memory, self.instance);
        Ok((memory.bytes_mut(), &mut row.body.data))
    }

    /// The live instance of this name in the store.
    #[must_use]
    pub fn lookup(&self, name: &str) -> Option<Instance> {
        let store = self.view.as_view().get();
        store.names.get(name).map(|addr| store.instance_handle(addr))
    }

    /// The error that ends the calling instance with `code` once it leaves the host function. The host's calls of the instance
    /// then answer with it; the first exit counts.
    #[must_use = "the instance exits when the host function returns this error"]
    pub fn exit(&self, code: u32) -> Error {
        self.exit.set(Some(code));
        Error::Exit(code)
    }
}

impl<T> fmt::Debug for Caller<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Caller").field(&self.instance).finish()
    }
}

impl<T> sealed::Sealed for Caller<'_, T> {}

impl<T> AsStore for Caller<'_, T> {
    type Data = T;
    fn view(&self) -> View<'_, T> {
        self.view.as_view()
    }

    fn calling_instance(&self) -> Option<Instance> {
        Some(self.instance())
    }
}

impl<T> AsStoreMut for Caller<'_, T> {
    fn view_mut(&mut self) -> ViewMut<'_, T> {
        self.view.reborrow()
    }
}
