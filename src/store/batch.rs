//! Many instances at once: of one template, all or none.
//!
//! Owns: [`Store::spawn_batch`] and its opposite, [`Store::free_batch`], and the phases of a batch: prepare all, make all rows in order, then segments and start
//! functions of different islands in parallel. A failure ends the whole batch.
//! Does not know: modules that import one another (`graph`), what one instance is made of (`spawn`).

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::addr::{Instance, InstanceAddr, TemplateAddr};
use super::begin::begin;
use super::free::{Free, Freed, GoneData, quietly};
use super::island::{AsStoreMut, StorePtr, ViewMut};
use super::row::State;
use super::spawn::Room;
use super::template::{Template, TemplateInner};
use super::{EndReason, Store, StoreInner};
use crate::error::{BatchError, Error};
use crate::module::Module;

impl<T: Send> Store<T> {
    /// Makes one instance of a template for each `T`, all or none, and runs their start functions: those of different islands in
    /// parallel, on the threads of the current rayon pool, those of one island in order. The handles are in the order of `data`.
    ///
    /// While they start, host functions reach the island of their instance only, also on one thread: everything else answers
    /// [`Error::WrongIsland`]. Apart from that the result is that of [`Store::spawn`] called once for each.
    ///
    /// ```
    /// use skep::{Config, Engine, Linker, Module, Store};
    ///
    /// let engine = Engine::new(&Config::default())?;
    /// let module = Module::new(&engine, r#"(module
    ///     (memory (export "memory") 1)
    ///     (func $start (i32.store (i32.const 0) (i32.const 7)))
    ///     (start $start))"#)?;
    /// let template = Linker::<usize>::new(&engine).template(&module)?;
    /// let mut store = Store::new(&engine);
    /// let many = store.spawn_batch(&template, 0..100)?;
    /// assert_eq!(many.len(), 100);
    /// assert_eq!(*store.data(many[42])?, 42);
    /// assert_eq!(many[42].memory(&store, "memory")?.data(&store)?[0], 7);
    /// # Ok::<(), skep::Error>(())
    /// ```
    ///
    /// Instantiation is [§4.5.4 of the specification](https://webassembly.github.io/spec/core/exec/modules.html#instantiation).
    ///
    /// # Errors
    /// `AlreadyClosed`; `Batch` with the lowest index that fails and its error, as of [`Store::spawn`]. Then there is none of
    /// the instances, but for functions of theirs that others hold (see [`Free::WhenUnreachable`]). If there is no room for one,
    /// none has begun. If a segment or start function fails, those of lower indices have run, of those above any; what they
    /// wrote to imported memories, tables and globals stays.
    ///
    /// # Panics
    /// If a start function calls a host function that panics: the batch is ended, and the panic goes on.
    pub fn spawn_batch(
        &mut self,
        template: &Template<T>,
        data: impl IntoIterator<Item = T>,
    ) -> Result<Vec<Instance>, Error> {
        let data: Vec<T> = data.into_iter().collect();
        self.whole().check_not_closed()?;
        self.whole().sweep_idle();
        let mut view = self.view_mut();
        if !template.inner.module.begins() {
            return make_live(&mut view, &template.inner, data).map_err(Failure::into_error);
        }
        let items = data.into_iter().map(|data| (&template.inner, data)).collect();
        let batch = make_rows(&mut view, items).map_err(Failure::into_error)?;
        if let Err(failure) = begin_all(&mut view, &batch) {
            let store = self.whole();
            let mut gone = GoneData::new();
            store.end_batch(&batch, failure.index, &mut gone);
            return Err(failure.into_error_after(gone));
        }
        let store = self.whole();
        for begun in &batch {
            store.go_live(begun.instance, "", 0);
        }
        Ok(batch.iter().map(|begun| store.instance_handle(begun.instance)).collect())
    }
}

impl<T> Store<T> {
    /// Frees many instances, with all that only they used, or none if a handle is not good. This is [`Store::free`] called once
    /// for each, in this order, but faster: the kernel is asked once for all memories that lie side by side what of them was
    /// written. Returns how many of them are not gone, since others keep them: see [`Free::WhenUnreachable`].
    ///
    /// ```
    /// use skep::{Config, Engine, Free, Linker, Module, Store};
    ///
    /// let engine = Engine::new(&Config::default())?;
    /// let module = Module::new(&engine, "(module (memory 1 1))")?;
    /// let template = Linker::<usize>::new(&engine).template(&module)?;
    /// let mut store = Store::new(&engine);
    /// let many = store.spawn_batch(&template, 0..100)?;
    /// assert_eq!(store.free_batch(&many, Free::WhenUnreachable)?, 0);
    /// assert_eq!(store.stats().instances, 0);
    /// assert!(store.free_batch(&many, Free::WhenUnreachable).is_err()); // now the handles are stale
    /// # Ok::<(), skep::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the store is closed; `Batch` with the lowest index whose handle is stale, of another store, or the same as one before it, and the error of
    /// [`Store::free`]. Then nothing is freed.
    ///
    /// # Panics
    /// If data of an instance panics when it is dropped, or a hook: all are freed, and the first panic goes on.
    pub fn free_batch(&mut self, instances: &[Instance], how: Free) -> Result<usize, Error> {
        let store = self.whole();
        store.check_open()?;
        let listed = store.list(instances, how)?;
        let mut gone = GoneData::new();
        let mut slots = Vec::new();
        let mut waiting = Vec::new();
        for addr in listed {
            // One before it may have taken it along.
            let Some(row) = store.instances.get_mut(addr) else { continue };
            row.listed = false;
            if store.is_lone(addr) {
                let (seq, data, template) = store.remove_lone(addr, |_, returning| slots.push(returning));
                gone.add(seq, data);
                gone.templates.extend(store.note_gone(template));
            } else {
                let (freed, ended) = store.end(addr, how, EndReason::Freed);
                gone.absorb(ended);
                waiting.extend((freed == Freed::Waiting).then_some(addr));
            }
        }
        store.recycle_all(slots);
        waiting.retain(|&addr| store.instances.contains(addr));
        let waiting = waiting.len();
        gone.finish();
        Ok(waiting)
    }
}

impl<T> StoreInner<T> {
    /// The rows of instances that are to be freed, each marked as listed.
    fn list(&mut self, instances: &[Instance], how: Free) -> Result<Vec<InstanceAddr>, Error> {
        let mut listed = Vec::with_capacity(instances.len());
        for (index, &instance) in instances.iter().enumerate() {
            let found = match how {
                Free::Now => self.find_any_instance(instance),
                Free::WhenUnreachable => self.find_instance(instance),
            };
            let found = found.and_then(|addr| match &mut self.instance_mut(addr).listed {
                true => Err(Error::handle(Instance::NOUN, self.instances.refuse_freed(instance.raw))),
                listed => {
                    *listed = true;
                    Ok(addr)
                }
            });
            match found {
                Ok(addr) => listed.push(addr),
                Err(cause) => {
                    listed.into_iter().for_each(|addr| self.instance_mut(addr).listed = false);
                    return Err(Failure::new(index, cause).into_error());
                }
            }
        }
        Ok(listed)
    }
}

/// An instance of a batch that has its rows.
#[derive(Clone, Debug)]
pub(super) struct Made {
    pub(super) instance: InstanceAddr,
    /// Its module, if that has segments or a start function.
    begins: Option<Module>,
}

/// The lowest item of a batch that failed.
pub(super) struct Failure {
    pub(super) index: usize,
    pub(super) cause: Cause,
}

/// How an item failed.
pub(super) enum Cause {
    Error(Error),
    Panic(Box<dyn Any + Send>),
}

impl Failure {
    pub(super) const fn new(index: usize, error: Error) -> Self {
        Self { index, cause: Cause::Error(error) }
    }

    /// The error of the batch.
    ///
    /// # Panics
    /// A panic of the host goes on here.
    pub(super) fn into_error(self) -> Error {
        match self.cause {
            Cause::Error(cause) => Error::Batch(Box::new(BatchError { index: self.index, cause })),
            Cause::Panic(payload) => resume_unwind(payload),
        }
    }

    /// As `into_error`, when what the batch has left is dropped.
    pub(super) fn into_error_after<T>(self, gone: GoneData<T>) -> Error {
        match self.cause {
            Cause::Panic(payload) => gone.finish_after(payload),
            Cause::Error(_) => gone.finish(),
        }
        self.into_error()
    }
}

/// Makes instances of a template that have nothing to begin with: they are live at once.
fn make_live<T>(
    view: &mut ViewMut<'_, T>,
    template: &Arc<TemplateInner<T>>,
    data: Vec<T>,
) -> Result<Vec<Instance>, Failure> {
    let ptr = view.ptr();
    let store = view.whole().expect("a store at rest is whole");
    let mut live = Vec::with_capacity(data.len());
    let mut data = data.into_iter();
    for (addr, count) in store.provide_all(std::iter::repeat_n(template, data.len()), ptr)? {
        live.extend(data.by_ref().take(count).map(|data| {
            let instance = store.commit(addr, data, State::Live);
            store.instance_handle(instance)
        }));
    }
    Ok(live)
}

/// Sees to it that there is room for all, then makes the rows of all and links them, in order. If something is missing nothing has
/// been made.
pub(super) fn make_rows<T>(
    view: &mut ViewMut<'_, T>,
    items: Vec<(&Arc<TemplateInner<T>>, T)>,
) -> Result<Vec<Made>, Failure> {
    let ptr = view.ptr();
    let store = view.whole().expect("a store at rest is whole");
    let runs = store.provide_all(items.iter().map(|(template, _)| *template), ptr)?;
    let mut made = Vec::with_capacity(items.len());
    let mut items = items.into_iter();
    for (addr, count) in runs {
        made.extend(items.by_ref().take(count).map(|(template, data)| {
            let instance = store.commit(addr, data, State::Starting);
            Made { instance, begins: template.module.begins().then(|| template.module.clone()) }
        }));
    }
    Ok(made)
}

/// Segments and start functions of all, islands in parallel.
pub(super) fn begin_all<T: Send>(view: &mut ViewMut<'_, T>, batch: &[Made]) -> Result<(), Failure> {
    let mut islands = BTreeMap::<_, Vec<usize>>::new();
    for (index, made) in batch.iter().enumerate().filter(|(_, made)| made.begins.is_some()) {
        islands.entry(view.label_of(made.instance)).or_default().push(index);
    }
    if islands.is_empty() {
        return Ok(());
    }
    // What lies above the lowest failure so far need not begin.
    let lowest = AtomicUsize::new(usize::MAX);
    let begin = |mut island: ViewMut<'_, T>, indices: Vec<usize>| {
        let mut here = indices.into_iter().take_while(|&index| index < lowest.load(Ordering::Relaxed));
        let failed = here.find_map(|index| begin_one(&mut island, &batch[index], index).err());
        if let Some(failure) = &failed {
            lowest.fetch_min(failure.index, Ordering::Relaxed);
        }
        failed
    };
    // It panics if there can be no threads. Then too the batch has to be ended.
    let begun = catch_unwind(AssertUnwindSafe(|| view.in_parallel(islands.into_iter().collect(), begin)));
    lowest_of(begun.unwrap_or_else(|payload| vec![Some(Failure { index: 0, cause: Cause::Panic(payload) })]))
}

/// The lowest of several failures. Errors and panics of the others are values of the host.
fn lowest_of(failures: Vec<Option<Failure>>) -> Result<(), Failure> {
    let mut failures: Vec<Failure> = failures.into_iter().flatten().collect();
    failures.sort_unstable_by_key(|failure| failure.index);
    let mut failures = failures.into_iter();
    let lowest = failures.next();
    failures.for_each(|other| quietly(|| drop(other)));
    lowest.map_or(Ok(()), Err)
}

fn begin_one<T>(island: &mut ViewMut<'_, T>, made: &Made, index: usize) -> Result<(), Failure> {
    let Some(module) = &made.begins else { return Ok(()) };
    match catch_unwind(AssertUnwindSafe(|| begin(island, made.instance, module))) {
        Ok(begun) => begun.map_err(|error| Failure::new(index, error)),
        Err(payload) => Err(Failure { index, cause: Cause::Panic(payload) }),
    }
}

impl<T> StoreInner<T> {
    /// Gets all that instances of these templates need; they are to be made next, in this order. How many in a row are of which
    /// template is returned.
    fn provide_all<'a>(
        &mut self,
        templates: impl Iterator<Item = &'a Arc<TemplateInner<T>>>,
        store: StorePtr<T>,
    ) -> Result<Vec<(TemplateAddr, usize)>, Failure>
    where
        T: 'a,
    {
        let mut templates = templates.enumerate().peekable();
        let (mut room, mut runs, mut failure) = (Room::default(), Vec::new(), None);
        while let (Some((first, template)), None) = (templates.next(), &failure) {
            let mut count = 1;
            while templates.next_if(|(_, next)| Arc::ptr_eq(next, template)).is_some() {
                count += 1;
            }
            match self.provide(template, count, &mut room, store) {
                Ok(addr) => runs.push((addr, count)),
                Err(_) => {
                    failure = self.provide_most((first, template, count), &mut room, (&mut runs, store));
                }
            }
        }
        for &(addr, count) in &runs {
            self.settle(addr, count);
        }
        let Some(failure) = failure else { return Ok(runs) };
        let mut gone = GoneData::new();
        gone.templates.extend(runs.into_iter().filter_map(|(addr, _)| self.drop_idle(addr)));
        gone.finish();
        Err(failure)
    }

    /// There is no room for all of `count` instances of a template: finds the first for which there is none.
    #[cold]
    fn provide_most(
        &mut self,
        (first, template, count): (usize, &Arc<TemplateInner<T>>, usize),
        room: &mut Room,
        (runs, store): (&mut Vec<(TemplateAddr, usize)>, StorePtr<T>),
    ) -> Option<Failure> {
        for index in first..first + count {
            match self.provide(template, 1, room, store) {
                Ok(addr) => runs.push((addr, 1)),
                Err(error) => return Some(Failure::new(index, error)),
            }
        }
        None
    }

    /// Ends the instances of a batch of which one failed, newest first. Those that only others of the batch can reach go at
    /// once, since these go too.
    pub(super) fn end_batch(&mut self, batch: &[Made], failed: usize, gone: &mut GoneData<T>) {
        let own: BTreeSet<InstanceAddr> = batch.iter().map(|made| made.instance).collect();
        let apart = |made: &Made| self.unions.is_within(self.label_of(made.instance), &own);
        let apart: Vec<bool> = batch.iter().map(apart).collect();
        for (index, (made, apart)) in batch.iter().zip(apart).enumerate().rev() {
            let why = if index == failed { EndReason::StartFailed } else { EndReason::BatchAborted };
            let how = if apart { Free::Now } else { Free::WhenUnreachable };
            gone.absorb(self.end(made.instance, how, why).1);
        }
    }
}
