//! The store's heap block, and the only references into it.
//!
//! Machine code, host functions and the host's own calls nest: a call holds the store, runs machine code, which calls a host
//! function, which wants the store too. So nobody keeps a reference across an entry into machine code. What is kept is a
//! [`StorePtr`], a plain pointer to a block that never moves; each use derives a new reference through a [`View`] or
//! [`ViewMut`], which the borrow checker ties to a `&Store` or `&mut Store` of the host, or to the `Caller` of a host function.
//!
//! Owns: the block's life, `Send` and `Sync` of stores. (Later: views that reach one island only.)
//! Does not know: what a row is.
//!
//! # Invariants
//! - I1: a `StoreBox` is the only owner of a block made by `StoreBox::new`; the block moves never and dies with its `StoreBox`.
//! - I2: a `View` or `ViewMut` is made from a borrow of the `StoreBox`, or by whoever machine code calls, from the pointer in
//!   the running context, for the time of that call. Machine code runs only below a `ViewMut` of the same store that is not
//!   used meanwhile; so at any time at most one `ViewMut` per store is in use, and no `View` beside it.
//! - I3: references derived from views end before machine code is entered.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

use super::StoreInner;
use super::addr::Instance;

/// Owner of a store's block. Invariant in `T`.
pub(crate) struct StoreBox<T> {
    ptr: StorePtr<T>,
}

// SAFETY: I1: the block belongs to this value; everything in it but `T` may change threads.
unsafe impl<T: Send> Send for StoreBox<T> {}
// SAFETY: I2: through `&StoreBox` the block is only read, and what it holds but `T` may be read from several threads.
unsafe impl<T: Sync> Sync for StoreBox<T> {}

impl<T> StoreBox<T> {
    /// Moves a store to its block.
    pub(crate) fn new(inner: StoreInner<T>) -> Self {
        let block = NonNull::from(Box::leak(Box::new(inner)));
        Self { ptr: StorePtr { block, invariant: PhantomData } }
    }

    /// To be read.
    #[inline]
    pub(crate) fn view(&self) -> View<'_, T> {
        View { ptr: self.ptr, life: PhantomData }
    }

    /// To be changed.
    #[inline]
    pub(crate) fn view_mut(&mut self) -> ViewMut<'_, T> {
        ViewMut { ptr: self.ptr, life: PhantomData }
    }
}

impl<T> Drop for StoreBox<T> {
    fn drop(&mut self) {
        // SAFETY: I1: made by `Box::leak` in `new`, and given back once.
        drop(unsafe { Box::from_raw(self.ptr.block.as_ptr()) });
    }
}

/// Address of a store's block. Copying it copies no right to use it: see [`StorePtr::view_mut`].
pub(crate) struct StorePtr<T> {
    block: NonNull<StoreInner<T>>,
    invariant: PhantomData<*mut T>,
}

impl<T> Clone for StorePtr<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for StorePtr<T> {}

impl<T> fmt::Debug for StorePtr<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.block.fmt(f)
    }
}

impl<T> StorePtr<T> {
    /// The pointer as a context holds it.
    #[inline]
    pub(crate) const fn to_raw(self) -> *mut () {
        self.block.as_ptr().cast()
    }

    /// The pointer that a context holds.
    ///
    /// # Panics
    /// If it is null: contexts are linked before they run.
    #[inline]
    pub(crate) fn from_raw(raw: *mut ()) -> Self {
        let block = NonNull::new(raw.cast()).expect("a context is linked before it runs");
        Self { block, invariant: PhantomData }
    }

    /// The store, to be changed by what machine code calls.
    ///
    /// # Safety
    /// I2: the caller is called by machine code of an instance of this store, whose data is of type `T`, and gives the view up
    /// before it returns.
    #[inline]
    pub(crate) unsafe fn view_mut<'a>(self) -> ViewMut<'a, T> {
        ViewMut { ptr: self, life: PhantomData }
    }
}

/// A store, to be read.
pub struct View<'a, T> {
    ptr: StorePtr<T>,
    life: PhantomData<&'a StoreInner<T>>,
}

impl<T> Clone for View<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for View<'_, T> {}

impl<'a, T> View<'a, T> {
    /// A reference for all the time of the view.
    #[inline]
    pub(crate) fn get(self) -> &'a StoreInner<T> {
        // SAFETY: I1, I2: the block lives, and for the view's time it is not changed.
        unsafe { self.ptr.block.as_ref() }
    }
}

impl<T> Deref for View<'_, T> {
    type Target = StoreInner<T>;

    #[inline]
    fn deref(&self) -> &StoreInner<T> {
        self.get()
    }
}

/// A store, to be changed.
pub(crate) struct ViewMut<'a, T> {
    ptr: StorePtr<T>,
    life: PhantomData<&'a mut StoreInner<T>>,
}

impl<'a, T> ViewMut<'a, T> {
    /// The pointer behind the view, for contexts and activations.
    #[inline]
    pub(crate) const fn ptr(&self) -> StorePtr<T> {
        self.ptr
    }

    /// A reference for all the time of the view.
    #[inline]
    pub(crate) fn into_mut(mut self) -> &'a mut StoreInner<T> {
        // SAFETY: I1, I2: the block lives, and for the view's time nobody else uses it.
        unsafe { self.ptr.block.as_mut() }
    }

    /// The same view for a shorter time.
    #[inline]
    pub(crate) fn reborrow(&mut self) -> ViewMut<'_, T> {
        ViewMut { ptr: self.ptr, life: PhantomData }
    }

    /// The store, to be read for a shorter time.
    #[inline]
    pub(crate) fn as_view(&self) -> View<'_, T> {
        View { ptr: self.ptr, life: PhantomData }
    }
}

impl<T> Deref for ViewMut<'_, T> {
    type Target = StoreInner<T>;

    #[inline]
    fn deref(&self) -> &StoreInner<T> {
        // SAFETY: I1, I2: the block lives, and while the view is borrowed it is not changed.
        unsafe { self.ptr.block.as_ref() }
    }
}

impl<T> DerefMut for ViewMut<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut StoreInner<T> {
        // SAFETY: I1, I2: the block lives, and for the view's time nobody else uses it.
        unsafe { self.ptr.block.as_mut() }
    }
}

impl<T> fmt::Debug for View<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("View").field(&self.ptr).finish()
    }
}

impl<T> fmt::Debug for ViewMut<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ViewMut").field(&self.ptr).finish()
    }
}

/// Only this crate says what is a store.
pub(crate) mod sealed {
    /// See the module.
    pub trait Sealed {}
}

/// What reads a store: `Store<T>`, `Caller<'_, T>`, and references to them.
pub trait AsStore: sealed::Sealed {
    /// What each instance carries.
    type Data;
    #[doc(hidden)]
    fn view(&self) -> View<'_, Self::Data>;
    /// The instance that host functions called from here are called for.
    #[doc(hidden)]
    fn calling_instance(&self) -> Option<Instance> {
        None
    }
}

/// What changes a store: `Store<T>`, `Caller<'_, T>`, and references to them.
///
/// What is behind them stays where it is: a store cannot be taken out from under its running code.
/// ```compile_fail,E0614
/// fn exchange<S: skep::AsStoreMut>(a: &mut S, b: &mut S) {
///     std::mem::swap(&mut *a.access(), &mut *b.access());
/// }
/// ```
pub trait AsStoreMut: AsStore {
    #[doc(hidden)]
    fn access(&mut self) -> Access<'_, Self::Data>;
}

/// A [`ViewMut`] that only this crate can use: `&mut StoreInner` in the host's hands could be swapped with another (I1).
#[doc(hidden)]
#[derive(Debug)]
pub struct Access<'a, T>(pub(super) ViewMut<'a, T>);

/// How this crate uses what changes a store.
pub(crate) trait OpenMut: AsStoreMut {
    /// To be changed.
    #[inline]
    fn view_mut(&mut self) -> ViewMut<'_, Self::Data> {
        self.access().0
    }
}

impl<S: AsStoreMut> OpenMut for S {}

impl<S: sealed::Sealed> sealed::Sealed for &S {}
impl<S: sealed::Sealed> sealed::Sealed for &mut S {}

impl<S: AsStore> AsStore for &S {
    type Data = S::Data;
    #[inline]
    fn view(&self) -> View<'_, Self::Data> {
        (**self).view()
    }

    fn calling_instance(&self) -> Option<Instance> {
        (**self).calling_instance()
    }
}

impl<S: AsStore> AsStore for &mut S {
    type Data = S::Data;
    #[inline]
    fn view(&self) -> View<'_, Self::Data> {
        (**self).view()
    }

    fn calling_instance(&self) -> Option<Instance> {
        (**self).calling_instance()
    }
}

impl<S: AsStoreMut> AsStoreMut for &mut S {
    #[inline]
    fn access(&mut self) -> Access<'_, Self::Data> {
        (**self).access()
    }
}
