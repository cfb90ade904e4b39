//! Functions whose type was checked once.

use std::marker::PhantomData;

use super::addr::{Func, Instance};
use super::island::AsStore;
use crate::error::Error;

/// Parameters of a typed function: a tuple of wasm value types.
pub trait WasmParams {}
/// Results of a typed function: nothing, a wasm value type, or a tuple of them.
pub trait WasmResults {}

/// A function of an instance, its type checked.
#[derive(Debug)]
pub struct TypedFunc<P, R> {
    instance: Instance,
    func: Func,
    types: PhantomData<fn(P) -> R>,
}

impl<P: WasmParams, R: WasmResults> TypedFunc<P, R> {
    pub(crate) fn of_instance(store: &impl AsStore, instance: Instance, func: Func) -> Result<Self, Error> {
        store.view().get().resolve_func(func)?;
        Ok(Self { instance, func, types: PhantomData })
    }
}
