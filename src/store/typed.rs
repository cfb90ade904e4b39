//! Functions whose type was checked once, and the Rust types that stand for wasm values.
//!
//! Owns: [`WasmTy`], [`WasmValues`], [`TypedFunc`]. Does not know: how machine code is entered (`call`).

use std::any::type_name;
use std::fmt;
use std::marker::PhantomData;

use super::addr::{ExternRef, Func, FuncAddr, Instance, InstanceAddr};
use super::call::{self, Callee};
use super::island::{AsStore, AsStoreMut, View, ViewMut};
use super::row::State;
use super::val::{extern_ref_of_word, func_of_word};
use crate::error::{Error, TypeError};
use crate::spec::types::{FuncType, ValType};
use crate::spec::value::Bits;

/// The most parameters or results of a typed function or closure.
pub(crate) const TYPED_VALUES_MAX: usize = 16;

mod private {
    /// Only this crate says what stands for a wasm value.
    pub trait Sealed {}
}

/// A Rust type that stands for a wasm value: `i32`, `u32`, `i64`, `u64`, `f32`, `f64`, `Option<Func>`, `Option<ExternRef>`.
pub trait WasmTy: Copy + Send + Sync + 'static + private::Sealed {
    /// The wasm type.
    const TYPE: ValType;
    /// Whether it is a number, which means the same everywhere.
    #[doc(hidden)]
    const IS_NUMBER: bool;
    /// The cell for the value, for code of instance `to`; references are checked.
    #[doc(hidden)]
    fn into_bits<T>(self, store: &mut ViewMut<'_, T>, to: Option<InstanceAddr>) -> Result<Bits, Error>;
    /// The cell for a number.
    ///
    /// # Panics
    /// If it is none.
    #[doc(hidden)]
    fn into_number(self) -> Bits {
        unreachable!("references are not numbers")
    }
    /// The value of a cell, in the store whose id's low half is `store`.
    #[doc(hidden)]
    fn from_bits(bits: Bits, store: u32) -> Self;
}

macro_rules! number {
    ($($ty:ident is $wasm:ident: |$value:ident| $into:expr, |$bits:ident| $from:expr;)*) => { $(
        impl private::Sealed for $ty {}

        impl WasmTy for $ty {
            const TYPE: ValType = ValType::$wasm;
            const IS_NUMBER: bool = true;

            #[inline]
            fn into_bits<T>(self, _: &mut ViewMut<'_, T>, _: Option<InstanceAddr>) -> Result<Bits, Error> {
                Ok(self.into_number())
            }

            #[inline]
            fn into_number(self) -> Bits {
                let $value = self;
                $into
            }

            #[inline]
            fn from_bits($bits: Bits, _: u32) -> Self {
                $from
            }
        }
    )* };
}

number! {
    i32 is I32: |value| Bits::from_i32(value), |bits| bits.as_i32();
    u32 is I32: |value| Bits::from_u32(value), |bits| bits.as_u32();
    i64 is I64: |value| Bits::from_i64(value), |bits| bits.as_i64();
    u64 is I64: |value| Bits::from_u64(value), |bits| bits.as_u64();
    f32 is F32: |value| Bits::from_u32(value.to_bits()), |bits| f32::from_bits(bits.as_u32());
    f64 is F64: |value| Bits::from_u64(value.to_bits()), |bits| f64::from_bits(bits.as_u64());
}

impl private::Sealed for Option<Func> {}

impl WasmTy for Option<Func> {
    const TYPE: ValType = ValType::FuncRef;
    const IS_NUMBER: bool = false;

    fn into_bits<T>(self, store: &mut ViewMut<'_, T>, to: Option<InstanceAddr>) -> Result<Bits, Error> {
        store.func_word(self, to).map(Bits::from_u64)
    }

    fn from_bits(bits: Bits, store: u32) -> Self {
        func_of_word(bits.as_u64(), store)
    }
}

impl private::Sealed for Option<ExternRef> {}

impl WasmTy for Option<ExternRef> {
    const TYPE: ValType = ValType::ExternRef;
    const IS_NUMBER: bool = false;

    fn into_bits<T>(self, store: &mut ViewMut<'_, T>, _: Option<InstanceAddr>) -> Result<Bits, Error> {
        store.extern_ref_word(self).map(Bits::from_u64)
    }

    fn from_bits(bits: Bits, store: u32) -> Self {
        extern_ref_of_word(bits.as_u64(), store)
    }
}

/// Parameters or results: nothing, one [`WasmTy`], or a tuple of up to 16.
pub trait WasmValues: Copy + Send + Sync + 'static + private::Sealed {
    /// The wasm types.
    const TYPES: &'static [ValType];
    /// Whether all are numbers.
    #[doc(hidden)]
    const ARE_NUMBERS: bool;
    /// Writes the first cells, for code of instance `to`.
    #[doc(hidden)]
    fn write<T>(
        self,
        cells: &mut [Bits],
        store: &mut ViewMut<'_, T>,
        to: Option<InstanceAddr>,
    ) -> Result<(), Error>;
    /// Writes the first cells, with numbers.
    ///
    /// # Panics
    /// If there is something else among them.
    #[doc(hidden)]
    fn write_numbers(self, cells: &mut [Bits]);
    /// Reads the first cells.
    #[doc(hidden)]
    fn read(cells: &[Bits], store: u32) -> Self;
}

impl<A: WasmTy> WasmValues for A {
    const TYPES: &'static [ValType] = &[A::TYPE];
    const ARE_NUMBERS: bool = A::IS_NUMBER;

    #[inline]
    fn write<T>(
        self,
        cells: &mut [Bits],
        store: &mut ViewMut<'_, T>,
        to: Option<InstanceAddr>,
    ) -> Result<(), Error> {
        cells[0] = self.into_bits(store, to)?;
        Ok(())
    }

    #[inline]
    fn write_numbers(self, cells: &mut [Bits]) {
        cells[0] = self.into_number();
    }

    #[inline]
    fn read(cells: &[Bits], store: u32) -> Self {
        A::from_bits(cells[0], store)
    }
}

/// Calls a macro with the names of 0 to 16 types and their positions.
macro_rules! for_tuples {
    ($macro:ident) => {
        for_tuples!(@ $macro [] A0 0, A1 1, A2 2, A3 3, A4 4, A5 5, A6 6, A7 7, A8 8, A9 9, A10 10, A11 11, A12 12, A13 13,
            A14 14, A15 15,);
    };
    (@ $macro:ident [$($done:tt)*]) => { $macro!($($done)*); };
    (@ $macro:ident [$($done:tt)*] $name:ident $at:tt, $($rest:tt)*) => {
        $macro!($($done)*);
        for_tuples!(@ $macro [$($done)* $name $at,] $($rest)*);
    };
}
pub(super) use for_tuples;

macro_rules! tuple_values {
    ($($name:ident $at:tt,)*) => {
        impl<$($name: WasmTy),*> private::Sealed for ($($name,)*) {}

        impl<$($name: WasmTy),*> WasmValues for ($($name,)*) {
            const TYPES: &'static [ValType] = &[$($name::TYPE),*];
            const ARE_NUMBERS: bool = true $( && $name::IS_NUMBER )*;

            #[inline]
            #[allow(unused_variables, clippy::allow_attributes, reason = "the empty tuple writes nothing")]
            fn write<T>(self, cells: &mut [Bits], store: &mut ViewMut<'_, T>, to: Option<InstanceAddr>) -> Result<(), Error> {
                $( cells[$at] = self.$at.into_bits(store, to)?; )*
                Ok(())
            }

            #[inline]
            #[allow(unused_variables, clippy::allow_attributes, reason = "the empty tuple writes nothing")]
            fn write_numbers(self, cells: &mut [Bits]) {
                $( cells[$at] = self.$at.into_number(); )*
            }

            #[inline]
            #[allow(unused_variables, clippy::unused_unit, clippy::allow_attributes, reason = "the empty tuple reads nothing")]
            fn read(cells: &[Bits], store: u32) -> Self {
                ($( $name::from_bits(cells[$at], store), )*)
            }
        }
    };
}

for_tuples!(tuple_values);

/// Parameters of a typed function. See [`WasmValues`].
pub trait WasmParams: WasmValues {}
impl<V: WasmValues> WasmParams for V {}

/// Results of a typed function. See [`WasmValues`].
pub trait WasmResults: WasmValues {}
impl<V: WasmValues> WasmResults for V {}

/// The function type of these parameters and results.
pub(crate) fn func_type<P: WasmValues, R: WasmValues>() -> FuncType {
    FuncType::new(P::TYPES.iter().copied(), R::TYPES.iter().copied())
}

/// A function, its type checked once. Bound to the instance it was looked up on: that one must be live to call it.
/// ```
/// use skep::{Config, Engine, Linker, Module, Store, Trap, TypedFunc};
///
/// let engine = Engine::new(&Config::default())?;
/// let text = r#"(module (func (export "div") (param i64 i64) (result i64 i64)
///     (i64.div_s (local.get 0) (local.get 1))
///     (i64.rem_s (local.get 0) (local.get 1))))"#;
/// let template = Linker::<()>::new(&engine).template(&Module::new(&engine, text)?)?;
/// let mut store = Store::new(&engine);
/// let instance = store.spawn(&template, ())?;
///
/// let div: TypedFunc<(i64, i64), (i64, i64)> = instance.typed_func(&store, "div")?;
/// assert_eq!(div.call(&mut store, (17, 5))?, (3, 2));
/// assert_eq!(div.call(&mut store, (1, 0)).unwrap_err().trap(), Some(Trap::IntegerDivideByZero));
/// assert!(instance.typed_func::<(f32,), ()>(&store, "div").is_err()); // not its type
/// # Ok::<(), skep::Error>(())
/// ```
pub struct TypedFunc<P, R> {
    store: u64,
    instance: Option<Instance>,
    func: Func,
    callee: Callee,
    /// The store once more if the instance that has to be live is the one that defines it; else 0, which no store is.
    own_store: u64,
    types: PhantomData<fn(P) -> R>,
}

impl<P, R> Clone for TypedFunc<P, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P, R> Copy for TypedFunc<P, R> {}

impl<P, R> fmt::Debug for TypedFunc<P, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} -> {}", self.func, type_name::<P>(), type_name::<R>())
    }
}

impl Func {
    /// The function with its type checked once. A function of the host is then called for the instance of the `Caller` that it
    /// is called through: with a `Store`, look it up by [`Instance::typed_func`].
    ///
    /// # Errors
    /// If its type is another one, or the handle is stale or of another store.
    pub fn typed<P: WasmParams, R: WasmResults>(
        self,
        store: &impl AsStore,
    ) -> Result<TypedFunc<P, R>, Error> {
        TypedFunc::new(store, None, self)
    }
}

impl<P: WasmParams, R: WasmResults> TypedFunc<P, R> {
    /// A function that was looked up on an instance.
    pub(crate) fn of_instance(store: &impl AsStore, instance: Instance, func: Func) -> Result<Self, Error> {
        Self::new(store, Some(instance), func)
    }

    fn new(store: &impl AsStore, instance: Option<Instance>, func: Func) -> Result<Self, Error> {
        const { assert!(P::TYPES.len() <= TYPED_VALUES_MAX && R::TYPES.len() <= TYPED_VALUES_MAX) };
        let found = func.ty(store)?;
        let expected = func_type::<P, R>();
        if found != expected {
            return Err(TypeError::Signature { expected, found }.into());
        }
        let store = store.view();
        let callee = store.callee(store.resolve_func(func)?)?;
        let is_own = instance.is_none_or(|instance| instance.raw == func.raw) && !func.is_host();
        let own_store = if is_own { store.id } else { 0 };
        Ok(Self { store: store.id, instance, func, callee, own_store, types: PhantomData })
    }

    /// A function of an instance whose type was compared before.
    pub(crate) fn of_type<T>(store: View<'_, T>, instance: Instance, func: FuncAddr) -> Result<Self, Error> {
        let (callee, func) = (store.callee(func)?, store.func_handle(func));
        let own_store = if instance.raw == func.raw && !func.is_host() { store.id } else { 0 };
        Ok(Self { store: store.id, instance: Some(instance), func, callee, own_store, types: PhantomData })
    }

    /// The function.
    #[must_use]
    pub const fn func(&self) -> Func {
        self.func
    }

    /// Calls it. Nothing is allocated and no lock is taken on the way in or out, unless it fails.
    ///
    /// # Errors
    /// `Trap`, a host function's error, `Exit` if the instance has exited or does so now; before anything runs, if the instance
    /// is gone, the function is of another store, or a parameter is a reference that is.
    #[inline]
    pub fn call(&self, store: &mut impl AsStoreMut, params: P) -> Result<R, Error> {
        if let Callee::Wasm(callee) = &self.callee {
            let in_words = const { call::in_words(P::TYPES.len(), R::TYPES.len()) };
            let mut store = store.view_mut();
            if let Some(context) = store.ready(self.own_store, callee) {
                return with_cells::<P, R, _>(&mut store, params, Some(callee.instance), |store, cells| {
                    call::enter(store, callee, context, cells, in_words)
                });
            }
        }
        self.call_after_checks(store, params)
    }

    /// Calls it when something has to be looked at: why it must not run, a function of the host or of another instance, an
    /// island that reaches no other.
    #[inline(never)]
    fn call_after_checks(&self, store: &mut impl AsStoreMut, params: P) -> Result<R, Error> {
        let caller = store.calling_instance();
        let mut store = store.view_mut();
        let caller = self.check(&store)?.or(caller.map(Instance::addr));
        with_cells::<P, R, _>(&mut store, params, self.callee.instance(), |store, cells| {
            call::call(store.reborrow(), &self.callee, caller, cells)
        })
    }

    /// Whether it may be called now; the instance that a host function is called for.
    fn check<T>(&self, store: &ViewMut<'_, T>) -> Result<Option<InstanceAddr>, Error> {
        store.check_open()?;
        if self.store != store.id {
            return Err(call::other_store(self.func, store.low_id()));
        }
        let Some(instance) = self.instance else {
            store.check_callable(self.func)?;
            return Ok(None);
        };
        let addr = instance.addr();
        let Some(row) = store.instances.get(addr) else { return Err(store.refuse_instance(instance)) };
        store.as_view().check_scope(row.label(), || instance.name())?;
        match row.state {
            State::Live | State::Starting => {}
            State::Exited(code) => return Err(Error::Exit(code)),
            State::Zombie => return Err(store.refuse_instance(instance)),
        }
        if instance.raw != self.func.raw || self.func.is_host() {
            store.resolve_func(self.func)?;
        }
        Ok(Some(addr))
    }
}

/// Makes cells, as few as will do, and goes from the parameters to the results.
#[inline]
pub(super) fn with_cells<P: WasmParams, R: WasmResults, T>(
    store: &mut ViewMut<'_, T>,
    params: P,
    to: Option<InstanceAddr>,
    call: impl FnOnce(&mut ViewMut<'_, T>, &mut [Bits]) -> Result<(), Error>,
) -> Result<R, Error> {
    match const { max(P::TYPES.len(), R::TYPES.len()) } {
        0 => with_some_cells::<P, R, T, 0>(store, params, to, call),
        1 => with_some_cells::<P, R, T, 1>(store, params, to, call),
        2 => with_some_cells::<P, R, T, 2>(store, params, to, call),
        3..=6 => with_some_cells::<P, R, T, 6>(store, params, to, call),
        _ => with_some_cells::<P, R, T, TYPED_VALUES_MAX>(store, params, to, call),
    }
}

#[inline]
fn with_some_cells<P: WasmParams, R: WasmResults, T, const N: usize>(
    store: &mut ViewMut<'_, T>,
    params: P,
    to: Option<InstanceAddr>,
    call: impl FnOnce(&mut ViewMut<'_, T>, &mut [Bits]) -> Result<(), Error>,
) -> Result<R, Error> {
    let mut cells = [Bits::ZERO; N];
    params.write(&mut cells, store, to)?;
    call(store, &mut cells)?;
    Ok(R::read(&cells, store.low_id()))
}

pub(super) const fn max(a: usize, b: usize) -> usize {
    if a > b { a } else { b }
}
