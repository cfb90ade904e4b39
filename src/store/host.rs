//! Host functions: closures of the host as machine code and other hosts call them, and what they may do meanwhile.
//!
//! Owns: [`HostFunc`], [`Caller`], [`IntoHostFunc`].
//! Does not know: which imports a closure satisfies (`linker`).

use std::marker::PhantomData;
use std::sync::Arc;

use super::addr::{Instance, InstanceAddr};
use super::island::{AsStore, AsStoreMut, View, ViewMut, sealed};
use super::val::Val;
use crate::error::Error;
use crate::jit::abi::HostRecord;
use crate::spec::types::FuncType;

/// A host function. Its address is what imports and references to it lead to.
#[repr(C)]
pub(crate) struct HostFunc<T> {
    /// What the host stub reads.
    head: HostRecord,
    ty: FuncType,
    closure: Box<dyn Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<(), Error> + Send + Sync>,
}

impl<T> HostFunc<T> {
    /// A function of a type known at run time only.
    pub(crate) fn untyped(
        ty: FuncType,
        closure: impl Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<(), Error> + Send + Sync + 'static,
    ) -> Arc<Self> {
        extern "C" fn refuse(_: *const HostRecord, _: *const crate::jit::abi::Context, _: *mut crate::jit::abi::ValueCell) -> u64 {
            1
        }
        let head = HostRecord { call: refuse, params: 0, results: 0 };
        Arc::new(Self { head, ty, closure: Box::new(closure) })
    }

    /// Its type.
    pub(crate) fn ty(&self) -> &FuncType {
        &self.ty
    }

    /// What imports of it hold as their target.
    pub(crate) fn record(&self) -> *const HostRecord {
        &raw const self.head
    }
}

/// A closure over wasm value types: `Fn(P…) -> R` or `Fn(Caller<'_, T>, P…) -> R`.
pub trait IntoHostFunc<T, Params, Results>: Send + Sync + 'static {
    /// The function.
    #[doc(hidden)]
    fn into_host_func(self) -> HostFuncArc<T>;
}

/// A host function, opaque.
#[doc(hidden)]
pub struct HostFuncArc<T>(pub(crate) Arc<HostFunc<T>>);

/// The instance whose code executes a call of a host function, and its store.
pub struct Caller<'a, T> {
    view: ViewMut<'a, T>,
    instance: InstanceAddr,
    here: PhantomData<*mut ()>,
}

impl<T> Caller<'_, T> {
    /// The calling instance.
    #[must_use]
    pub fn instance(&self) -> Instance {
        self.view.instance_handle(self.instance)
    }
}

impl<T> sealed::Sealed for Caller<'_, T> {}

impl<T> AsStore for Caller<'_, T> {
    type Data = T;
    fn view(&self) -> View<'_, T> {
        self.view.as_view()
    }
}

impl<T> AsStoreMut for Caller<'_, T> {
    fn view_mut(&mut self) -> ViewMut<'_, T> {
        self.view.reborrow()
    }
}
