//! The store's heap block, and the only references into it.
//!
//! Machine code, host functions and the host's own calls nest: a call holds the store, runs machine code, which calls a host
//! function, which wants the store too. So nobody keeps a reference across an entry into machine code. What is kept is a
//! [`StorePtr`], a plain pointer to a block that never moves; each use derives a new reference through a [`View`] or
//! [`ViewMut`], which the borrow checker ties to a `&Store` or `&mut Store` of the host, or to the `Caller` of a host function.
//!
//! Two kinds of views exist. That of an *exclusive* use, whose scope is the whole store, and those of a *parallel run*: each of
//! its jobs has one island as its scope, and reaches nothing else. What runs inside a call works in both: it reads the store
//! through `&StoreInner`, changes rows of its scope through a `ViewMut`, and asks for the whole store where it needs that.
//!
//! Owns: the block's life, `Send` and `Sync` of stores, rows that several threads share by islands, parallel runs.
//! Does not know: what a row is, which rows share an island (`unions`).
//!
//! # Invariants
//! - I1: a `StoreBox` is the only owner of a block made by `StoreBox::new`; the block moves never and dies with its `StoreBox`.
//! - I2: a view is made from a borrow of the `StoreBox`, or by a job of a parallel run, or by whoever machine code calls, from
//!   the pointer in the running context, for the time of that call. Machine code runs only below a `ViewMut` of the same scope
//!   that is not used meanwhile; so at any time at most one `ViewMut` per scope is in use, and no `View` beside it.
//! - I3: references derived from views end before machine code is entered.
//! - I4: in a parallel run no `&mut` is made to the store, a column, or a whole row: only to bodies of rows. Everything else is
//!   read, or has a lock of its own. Scopes of one run are different islands, and no label changes while it lasts.
//! - I5: whoever has an address has the right to the row behind it: handles of the host become addresses in `lookup` only, which
//!   compares the row's label with the scope; addresses that rows of an island hold name rows of the same island, as everything
//!   that puts one there joins them first.

use std::any::Any;
use std::cell::UnsafeCell;
use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;

use rayon::prelude::*;

use super::StoreInner;
use super::addr::{Instance, InstanceAddr, MemAddr, TableAddr};
use super::row::{InstanceRow, MemoryRow, TableRow};
use super::unions::Label;
use crate::arena::slots::Slots;
use crate::module::Module;

/// A column of rows that islands share.
pub(crate) type Rows<B, A> = Slots<Row<B>, A>;

/// A row: the label of its island, which every thread may read, and its body, which belongs to that island.
pub(crate) struct Row<B> {
    label: Label,
    body: UnsafeCell<B>,
}

// SAFETY: I4, I5: of a row that several threads see only the label is read, and the body is used by one of them.
unsafe impl<B: Send> Sync for Row<B> {}

impl<B> Row<B> {
    /// A row of an island.
    pub(crate) const fn new(label: Label, body: B) -> Self {
        Self { label, body: UnsafeCell::new(body) }
    }

    /// Its island.
    #[inline]
    pub(crate) const fn label(&self) -> Label {
        self.label
    }

    /// Puts it into another island.
    pub(crate) const fn set_label(&mut self, label: Label) {
        self.label = label;
    }

    /// The body.
    pub(crate) fn into_body(self) -> B {
        self.body.into_inner()
    }
}

impl<B> Deref for Row<B> {
    type Target = B;

    #[inline]
    fn deref(&self) -> &B {
        // SAFETY: I2, I5: whoever has got here has the row in its scope, and changes it through no other view.
        unsafe { &*self.body.get() }
    }
}

impl<B> DerefMut for Row<B> {
    #[inline]
    fn deref_mut(&mut self) -> &mut B {
        self.body.get_mut()
    }
}

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
        View { ptr: self.ptr, scope: ALL, life: PhantomData }
    }

    /// To be changed.
    #[inline]
    pub(crate) fn view_mut(&mut self) -> ViewMut<'_, T> {
        ViewMut { ptr: self.ptr, scope: ALL, life: PhantomData }
    }

    /// All of it, to be changed.
    #[inline]
    pub(crate) fn whole(&mut self) -> &mut StoreInner<T> {
        // SAFETY: I1, I2: the block lives, and for the time of the borrow nobody else uses it.
        unsafe { self.ptr.block.as_mut() }
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

    /// The store for what machine code of `instance` calls: all of it, or in a parallel run the instance's island.
    ///
    /// # Safety
    /// I2: the caller is called by machine code of that instance of this store, whose data is of type `T`, and gives the view
    /// up before it returns.
    #[inline]
    pub(crate) unsafe fn view_of<'a>(self, instance: InstanceAddr) -> ViewMut<'a, T> {
        // SAFETY: the caller's; I4: neither the flag nor a label changes while machine code runs.
        let store = unsafe { self.block.as_ref() };
        let scope = if store.in_parallel { store.label_of(instance) } else { ALL };
        ViewMut { ptr: self, scope, life: PhantomData }
    }

    /// The store again, after machine code has been left.
    ///
    /// # Safety
    /// I2: the caller holds a view of this scope that is not used meanwhile.
    #[inline]
    pub(crate) unsafe fn view_again<'a>(self, scope: Label) -> ViewMut<'a, T> {
        ViewMut { ptr: self, scope, life: PhantomData }
    }
}

/// The scope of an exclusive use.
const ALL: Label = Label::NONE;

/// A store, to be read.
pub struct View<'a, T> {
    ptr: StorePtr<T>,
    scope: Label,
    life: PhantomData<&'a StoreInner<T>>,
}

impl<T> Clone for View<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for View<'_, T> {}

impl<'a, T> View<'a, T> {
    /// A reference for all the time of the view. What is in its scope `lookup` says.
    #[inline]
    pub(crate) fn get(self) -> &'a StoreInner<T> {
        // SAFETY: I1, I2: the block lives, and for the view's time nobody changes what is in its scope.
        unsafe { self.ptr.block.as_ref() }
    }

    /// Whether rows of this label are in its scope.
    #[inline]
    pub(crate) fn reaches(self, label: Label) -> bool {
        self.scope == ALL || self.scope == label
    }
}

impl<T> Deref for View<'_, T> {
    type Target = StoreInner<T>;

    #[inline]
    fn deref(&self) -> &StoreInner<T> {
        self.get()
    }
}

/// A store, to be changed, as far as its scope goes.
pub struct ViewMut<'a, T> {
    ptr: StorePtr<T>,
    scope: Label,
    life: PhantomData<&'a mut StoreInner<T>>,
}

impl<'a, T> ViewMut<'a, T> {
    /// The pointer behind the view, for contexts and activations.
    #[inline]
    pub(crate) const fn ptr(&self) -> StorePtr<T> {
        self.ptr
    }

    /// Its scope, for [`StorePtr::view_again`].
    #[inline]
    pub(crate) const fn scope(&self) -> Label {
        self.scope
    }

    /// Whether all of the store is in its scope.
    #[inline]
    pub(crate) fn is_whole(&self) -> bool {
        self.scope == ALL
    }

    /// All of the store, unless this is a view of a parallel run.
    #[inline]
    pub(crate) fn whole(&mut self) -> Option<&mut StoreInner<T>> {
        if self.scope != ALL {
            return None;
        }
        // SAFETY: I1, I2: the block lives, and with this scope, for the time of the borrow, nobody else uses it.
        Some(unsafe { self.ptr.block.as_mut() })
    }

    /// The same view for a shorter time.
    #[inline]
    pub(crate) fn reborrow(&mut self) -> ViewMut<'_, T> {
        ViewMut { ptr: self.ptr, scope: self.scope, life: PhantomData }
    }

    /// The store, to be read for a shorter time.
    #[inline]
    pub(crate) fn as_view(&self) -> View<'_, T> {
        View { ptr: self.ptr, scope: self.scope, life: PhantomData }
    }

    /// An instance, to be changed.
    ///
    /// # Panics
    /// If it is gone: the caller has resolved it.
    #[inline]
    pub(crate) fn instance_mut(&mut self, addr: InstanceAddr) -> &mut InstanceRow<T> {
        let body = self.instances.get(addr).expect("resolved before").body.get();
        // SAFETY: I2, I5: the row is in this view's scope, and for the time of the borrow nobody else uses the view.
        unsafe { &mut *body }
    }

    /// A memory, to be changed.
    ///
    /// # Panics
    /// If it is gone: the caller has resolved it, or an instance keeps it.
    #[inline]
    pub(crate) fn memory_mut(&mut self, addr: MemAddr) -> &mut MemoryRow {
        self.reborrow().into_memory_mut(addr)
    }

    /// As `memory_mut`, for all the time of the view.
    ///
    /// # Panics
    /// As `memory_mut`.
    #[inline]
    pub(crate) fn into_memory_mut(self, addr: MemAddr) -> &'a mut MemoryRow {
        let body = self.memories.get(addr).expect("resolved, or kept by an instance").body.get();
        // SAFETY: I2, I5: as in `instance_mut`; the view is used up.
        unsafe { &mut *body }
    }

    /// A table, to be changed.
    ///
    /// # Panics
    /// As `memory_mut`.
    #[inline]
    pub(crate) fn table_mut(&mut self, addr: TableAddr) -> &mut TableRow {
        let body = self.tables.get(addr).expect("resolved, or kept by an instance").body.get();
        // SAFETY: I2, I5: as in `instance_mut`.
        unsafe { &mut *body }
    }

    /// A memory and an instance, both to be changed.
    ///
    /// # Panics
    /// As `memory_mut`.
    #[inline]
    pub(crate) fn memory_and_instance_mut(
        &mut self,
        memory: MemAddr,
        instance: InstanceAddr,
    ) -> (&mut MemoryRow, &mut InstanceRow<T>) {
        let memory = self.memories.get(memory).expect("resolved, or kept by an instance").body.get();
        let instance = self.instances.get(instance).expect("resolved before").body.get();
        // SAFETY: I2, I5: as in `instance_mut`.
        let memory = unsafe { &mut *memory };
        // SAFETY: I2, I5: likewise; it is a row of another column.
        let instance = unsafe { &mut *instance };
        (memory, instance)
    }

    /// A memory to be changed, an instance and its module to be read.
    ///
    /// # Panics
    /// As `memory_mut`.
    #[inline]
    pub(crate) fn memory_and_module(
        &mut self,
        memory: MemAddr,
        instance: InstanceAddr,
    ) -> (&mut MemoryRow, &InstanceRow<T>, &Module) {
        let memory = self.memories.get(memory).expect("resolved, or kept by an instance").body.get();
        let instance = self.instance(instance);
        // SAFETY: I2, I5: as in `instance_mut`; what is read beside it is no memory.
        (unsafe { &mut *memory }, instance, self.module(instance.template))
    }

    /// Two memories: one to be changed, one to be read.
    ///
    /// # Panics
    /// If they are the same, or as `memory_mut`.
    pub(crate) fn two_memories(&mut self, to: MemAddr, from: MemAddr) -> (&mut MemoryRow, &MemoryRow) {
        assert!(to != from, "{to:?} twice");
        let row = |addr| self.memories.get(addr).expect("resolved, or kept by an instance").body.get();
        let (to, from) = (row(to), row(from));
        // SAFETY: I2, I5: as in `instance_mut`.
        let to = unsafe { &mut *to };
        // SAFETY: I2, I5: likewise; it is another row.
        let from = unsafe { &*from };
        (to, from)
    }

    /// Does work for several islands at once, on the threads of the current rayon pool. Each job has one island, by its label,
    /// as its scope. The answers are in the order of the jobs.
    ///
    /// # Panics
    /// If two jobs have the same island, or one has none; and if a job panics, when all have ended.
    pub(crate) fn in_parallel<J: Send, R: Send>(
        &mut self,
        jobs: Vec<(Label, J)>,
        work: impl Fn(ViewMut<'_, T>, J) -> R + Sync,
    ) -> Vec<R>
    where
        T: Send,
    {
        let mut labels: Vec<Label> = jobs.iter().map(|(label, _)| *label).collect();
        labels.sort_unstable();
        assert!(labels.first() != Some(&ALL), "a job has an island");
        assert!(labels.windows(2).all(|pair| pair[0] != pair[1]), "each job has an island of its own");
        self.run(|run| {
            // SAFETY: the labels are different islands, and nobody else makes views in this run.
            let job = |(scope, job)| work(unsafe { run.scope(scope) }, job);
            jobs.into_par_iter().map(job).collect()
        })
    }

    /// Makes this use of the store a parallel run for as long as `work` lasts: whoever does its jobs, on whatever thread, makes
    /// the views for them.
    ///
    /// # Panics
    /// If `work` does.
    pub(crate) fn run<R>(&mut self, work: impl FnOnce(Run<'_, T>) -> R) -> R {
        self.whole().expect("parallel runs do not nest").in_parallel = true;
        let run = Run { ptr: self.ptr, life: PhantomData };
        let ended = catch_unwind(AssertUnwindSafe(|| work(run)));
        self.whole().expect("as before").in_parallel = false;
        ended.unwrap_or_else(|panic: Box<dyn Any + Send>| std::panic::resume_unwind(panic))
    }
}

/// A parallel run of a store, on any number of threads.
pub(crate) struct Run<'a, T> {
    ptr: StorePtr<T>,
    life: PhantomData<&'a mut StoreInner<T>>,
}

impl<T> Clone for Run<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Run<'_, T> {}

// SAFETY: I4: the jobs of a parallel run have different scopes, and values of type `T` go to one thread each.
unsafe impl<T: Send> Send for Run<'_, T> {}
// SAFETY: likewise.
unsafe impl<T: Send> Sync for Run<'_, T> {}

impl<'a, T> Run<'a, T> {
    /// The store, to be read where no island writes: all but bodies of rows of islands that run.
    #[inline]
    pub(crate) fn store(self) -> &'a StoreInner<T> {
        // SAFETY: I1, I4: the block lives, and no `&mut` to it is made while the run lasts.
        unsafe { self.ptr.block.as_ref() }
    }

    /// An island of the run.
    ///
    /// # Safety
    /// I2, I4: nobody else uses a view of this scope meanwhile.
    #[inline]
    pub(crate) unsafe fn scope(self, label: Label) -> ViewMut<'a, T> {
        assert!(label != ALL, "an island has a label");
        ViewMut { ptr: self.ptr, scope: label, life: PhantomData }
    }
}

impl<T> fmt::Debug for Run<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Run").field(&self.ptr).finish()
    }
}

impl<T> Deref for ViewMut<'_, T> {
    type Target = StoreInner<T>;

    #[inline]
    fn deref(&self) -> &StoreInner<T> {
        // SAFETY: I1, I2: the block lives, and while the view is borrowed nobody changes what is in its scope.
        unsafe { self.ptr.block.as_ref() }
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
/// ```compile_fail,E0594
/// fn exchange<S: skep::AsStoreMut>(a: &mut S, b: &mut S) {
///     std::mem::swap(&mut **a.view_mut(), &mut **b.view_mut());
/// }
/// ```
pub trait AsStoreMut: AsStore {
    #[doc(hidden)]
    fn view_mut(&mut self) -> ViewMut<'_, Self::Data>;
}

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
    fn view_mut(&mut self) -> ViewMut<'_, Self::Data> {
        (**self).view_mut()
    }
}
