//! Lanes: one thing to do for each of many instances, islands in parallel.
//!
//! A run takes lanes in order on the calling thread for as long as the rest is not worth a second one. If it is, the rest is
//! dealt to jobs, one per island, and the list of jobs is halved again and again by `rayon::join`, so that idle threads take
//! halves. Which of it happens shows nowhere but in time: in either case the run is a parallel one (`island`), the lanes of
//! one island are taken in order, and a panic ends those of its island.
//!
//! Owns: dealing, splitting, the guess what a lane costs, panics of lanes.
//! Does not know: what is done for a lane ([`Work`], in `column`), where answers go beyond [`Sink`].
//!
//! # Invariants
//! - I1: of the lanes of one island at most one is served at a time: in order on the calling thread, or by the one job of that
//!   island. So whoever serves a lane may have a view of its island's scope.
//! - I2: each lane is answered or skipped before its run ends, once unless putting the answer panics, and its number is below
//!   that of all lanes.
//! - I3: where the directory has a tag, the context beside it is that of the instance with this tag, and lives: nothing is freed
//!   while a run lasts.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::mem::take;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::StoreInner;
use super::addr::{Instance, InstanceAddr};
use super::call::{self, LaneCells, LaneEntry, LanesEnd};
use super::free::quietly;
use super::island::{Run, ViewMut};
use super::row::State;
use super::typed::max;
use super::unions::{Label, StampIdx};
use crate::error::{Error, OtherModule};
use crate::jit::abi::{Context, FUNC_INDEX_BITS, LANES_AHEAD, REGISTER_PARAMS_MAX, SLOT_BITS, ValueCell};
use crate::module::Module;

/// What is done for each lane.
pub(super) trait Work<T>: Sync {
    /// What comes of it.
    type Answer: Send;

    /// The instance of a lane.
    fn instance(&self, lane: usize) -> Instance;

    /// The module that instances must be of, if it matters.
    fn module(&self) -> Option<&Module>;

    /// How many cells a lane's parameters take, where lanes are served many at a time.
    const PARAMS: usize;

    /// The same of results.
    const RESULTS: usize;

    /// Whether all lanes have the same parameters.
    const ARE_SAME: bool;

    /// How lanes are served many at a time, where they can be.
    fn bulk(&self) -> Option<(&LaneEntry, &Module)>;

    /// Writes a lane's parameters. For lanes that are served many at a time.
    fn params(&self, lane: usize, cells: &mut [ValueCell]);

    /// Reads a lane's results. Likewise.
    fn answer(&self, cells: &[ValueCell], store: u32) -> Self::Answer;

    /// Does it, for an instance that may be entered, in the scope of its island.
    fn serve(
        &self,
        island: ViewMut<'_, T>,
        lane: usize,
        instance: InstanceAddr,
    ) -> Result<Self::Answer, Error>;
}

/// Where answers go.
pub(super) trait Sink<A>: Sync {
    /// Whether lanes may be served many at a time: taking an answer cannot panic, and so cannot end an island.
    const TAKES_ALL: bool;

    /// Takes the answer of a lane.
    ///
    /// # Safety
    /// I2.
    unsafe fn put(&self, lane: usize, answer: Result<A, Error>);

    /// There is no answer: a panic has ended the island before.
    ///
    /// # Safety
    /// I2.
    unsafe fn skip(&self, lane: usize);
}

/// A place for each lane's answer.
struct Places<A> {
    first: *mut Result<A, Error>,
}

// SAFETY: I2: each place is written by one thread, and read when all have ended.
unsafe impl<A: Send> Sync for Places<A> {}

impl<A: Send> Sink<A> for Places<A> {
    const TAKES_ALL: bool = true;

    #[inline]
    unsafe fn put(&self, lane: usize, answer: Result<A, Error>) {
        // SAFETY: I2: there is a place for each lane.
        let place = unsafe { self.first.add(lane) };
        // SAFETY: I2: nobody has written it before.
        unsafe { place.write(answer) };
    }

    unsafe fn skip(&self, lane: usize) {
        // Nobody sees it: the run ends with the panic.
        // SAFETY: the caller's.
        unsafe { self.put(lane, Err(Error::Exit(0))) };
    }
}

/// A closure of the host that is told each answer.
struct Told<'a, W, F> {
    instance: &'a W,
    tell: F,
}

impl<A, W: Fn(usize) -> Instance + Sync, F: Fn(usize, Instance, Result<A, Error>) + Sync> Sink<A>
    for Told<'_, W, F>
{
    const TAKES_ALL: bool = false;

    unsafe fn put(&self, lane: usize, answer: Result<A, Error>) {
        (self.tell)(lane, (self.instance)(lane), answer);
    }

    unsafe fn skip(&self, _: usize) {}
}

/// Serves lanes 0 to `count` and puts their answers, in order, into `out`.
///
/// # Panics
/// If a lane does: that of the lowest goes on when all others have ended; `out` is empty then.
pub(super) fn collect<T: Send, W: Work<T>>(
    view: &mut ViewMut<'_, T>,
    work: &W,
    (count, cost): (usize, &Cost),
    out: &mut Vec<Result<W::Answer, Error>>,
) {
    out.clear();
    out.reserve(count);
    let panic = serve(view, work, &Places { first: out.as_mut_ptr() }, (count, cost));
    // SAFETY: I2: each of the places, for which there is room, was written.
    unsafe { out.set_len(count) };
    if let Some(panic) = panic {
        quietly(|| out.clear());
        resume_unwind(panic);
    }
}

/// Serves lanes 0 to `count` and tells their answers as they come.
///
/// # Panics
/// As `collect`, also if `tell` does.
pub(super) fn tell_each<T: Send, W: Work<T>>(
    view: &mut ViewMut<'_, T>,
    work: &W,
    (count, cost): (usize, &Cost),
    tell: impl Fn(usize, Instance, Result<W::Answer, Error>) + Sync,
) {
    let instance = |lane| work.instance(lane);
    if let Some(panic) = serve(view, work, &Told { instance: &instance, tell }, (count, cost)) {
        resume_unwind(panic);
    }
}

fn serve<T: Send, W: Work<T>, S: Sink<W::Answer>>(
    view: &mut ViewMut<'_, T>,
    work: &W,
    sink: &S,
    (count, cost): (usize, &Cost),
) -> Option<Panic> {
    let mut dealing = take(&mut view.whole().expect("a store at rest is whole").dealing);
    let lowest = view.run(|run| {
        let lanes = Lanes { run, work, sink, cost, lowest: Mutex::new(None) };
        lanes.serve_all(count, &mut dealing);
        lanes.lowest.into_inner().unwrap_or_else(PoisonError::into_inner)
    });
    dealing.clear();
    view.whole().expect("as before").dealing = dealing;
    lowest.map(|(_, panic)| panic)
}

type Panic = Box<dyn Any + Send>;

/// Islands that a panic has ended.
type Ended = BTreeSet<Label>;

/// What a lane cost lately, in nanoseconds. It decides where lanes are served, never what comes of them.
#[derive(Debug, Default)]
pub(crate) struct Cost(AtomicU32);

/// How many threads must have something to do, and for how long, before a thread is woken: `rayon` takes about 5 µs to begin
/// and as long to end.
const START_NANOS: u64 = 10_000;
/// What dealing and splitting add to each lane, halved islands apart.
const DEAL_NANOS: u64 = 12;
/// A job that is served in one go takes about as long: short against a frame, long against `rayon::join`, which is 15 ns.
const LEAF_NANOS: u64 = 8_000;
/// What the first lane of a run may cost for being the first: caches, pages, predictions.
const COLD_NANOS: u64 = 5_000;

impl Clone for Cost {
    fn clone(&self) -> Self {
        Self(AtomicU32::new(self.0.load(Ordering::Relaxed)))
    }
}

impl Cost {
    /// What it is expected to be.
    pub(super) fn expect(&self, cost: Duration) {
        self.set(u64::try_from(cost.as_nanos()).unwrap_or(u64::MAX));
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed).into()
    }

    fn set(&self, nanos: u64) {
        self.0.store(u32::try_from(nanos).unwrap_or(u32::MAX), Ordering::Relaxed);
    }
}

/// Whether so many lanes of this cost are better served by several threads.
fn pays(lanes: usize, nanos: u64) -> bool {
    let alone = lanes as u64 * nanos;
    let more = START_NANOS + lanes as u64 * DEAL_NANOS;
    // The pool is asked, and perhaps made, only when two threads could do.
    lanes > 1 && alone / 2 > more && {
        let threads = rayon::current_num_threads() as u64;
        threads > 1 && alone - alone / threads > more
    }
}

/// Lists that dealing needs, kept by the store so that runs allocate nothing.
#[derive(Debug, Default)]
pub(crate) struct Dealing {
    islands: Vec<Dealt>,
    lanes: Vec<Lane>,
    sorted: Vec<Lane>,
    starts: Vec<u32>,
}

/// An island to which lanes were dealt: where its stamp lies.
#[derive(Clone, Copy, Debug)]
struct Dealt {
    stamp: *const Cell<u32>,
    count: u32,
}

/// A lane that was dealt.
#[derive(Clone, Copy, Debug)]
struct Lane {
    lane: usize,
    /// Its job, by the first lane of each.
    job: u32,
}

// SAFETY: I3: addresses that are followed in the run only in which they were found.
unsafe impl Send for Dealing {}
// SAFETY: likewise.
unsafe impl Sync for Dealing {}

impl Dealing {
    fn clear(&mut self) {
        self.islands.clear();
        self.lanes.clear();
        self.sorted.clear();
        self.starts.clear();
    }

    /// The job of the island whose stamp this is: a number that stands in the list of islands beside this very stamp, so that
    /// what an earlier run has left there is not taken for one.
    #[inline]
    fn deal(&mut self, lane: usize, stamp: &Cell<u32>) {
        let mut job = stamp.get();
        match self.islands.get_mut(job as usize) {
            Some(island) if std::ptr::eq(island.stamp, stamp) => island.count += 1,
            _ => {
                job = u32::try_from(self.islands.len()).expect("an island for each instance at most");
                stamp.set(job);
                self.islands.push(Dealt { stamp, count: 1 });
            }
        }
        self.lanes.push(Lane { lane, job });
    }

    /// All lanes, each job's together and in order.
    fn in_order(&mut self) -> &[Lane] {
        if self.islands.len() == self.lanes.len() {
            return &self.lanes;
        }
        let mut start = 0;
        for island in &self.islands {
            self.starts.push(start);
            start += island.count;
        }
        self.sorted.resize(self.lanes.len(), Lane { lane: 0, job: 0 });
        for lane in &self.lanes {
            let at = &mut self.starts[lane.job as usize];
            self.sorted[*at as usize] = *lane;
            *at += 1;
        }
        &self.sorted
    }
}

/// As many lanes are served by one entry into machine code, if they return: many enough that the entry does not count, few
/// enough that contexts and results stay in the nearest cache.
const BLOCK_LANES: usize = 64;

/// What such an entry works on, with room for `N` parameters and results of each lane.
struct Block<const N: usize> {
    contexts: [*const Context; BLOCK_LANES + LANES_AHEAD],
    params: [[ValueCell; N]; BLOCK_LANES],
    results: [[ValueCell; N]; BLOCK_LANES],
}

impl<const N: usize> Block<N> {
    const fn new() -> Self {
        Self {
            contexts: [std::ptr::null(); BLOCK_LANES + LANES_AHEAD],
            params: [[ValueCell::ZERO; N]; BLOCK_LANES],
            results: [[ValueCell::ZERO; N]; BLOCK_LANES],
        }
    }
}

/// A run.
struct Lanes<'r, T, W, S> {
    run: Run<'r, T>,
    work: &'r W,
    sink: &'r S,
    cost: &'r Cost,
    /// The lowest lane that has panicked.
    lowest: Mutex<Option<(usize, Panic)>>,
}

impl<T: Send, W: Work<T>, S: Sink<W::Answer>> Lanes<'_, T, W, S> {
    fn serve_all(&self, count: usize, dealing: &mut Dealing) {
        let mut nanos = self.cost.get();
        let ended = RefCell::default();
        let mut done = 0;
        let mut step = first_step(nanos);
        while done < count {
            if pays(count - done, nanos) {
                self.deal(done..count, &ended, dealing);
                self.split(dealing.in_order(), leaf(nanos), true);
                return;
            }
            let next = (done + step).min(count);
            if count == 1 {
                return self.serve_in_order(0..1, &|at| at, &ended);
            }
            let start = Instant::now();
            self.serve_in_order(done..next, &|at| at, &ended);
            nanos = per_lane(start, next - done, if done == 0 { COLD_NANOS } else { 0 });
            (done, step) = (next, step * 2);
        }
        self.cost.set(nanos);
    }

    /// Serves what lies from `lanes.start` to `lanes.end`, in order. Islands that have ended are in `ended`, and those join them in
    /// which a lane panics.
    fn serve_in_order(&self, lanes: Range<usize>, lane_at: &impl Fn(usize) -> usize, ended: &RefCell<Ended>) {
        let at = Cell::new(lanes.start);
        while at.get() < lanes.end {
            let served = catch_unwind(AssertUnwindSafe(|| {
                if ended.borrow().is_empty() {
                    self.serve_any(&at, lanes.end, lane_at, ended);
                } else {
                    self.serve_unless_ended(lane_at(at.get()), ended);
                    at.set(at.get() + 1);
                }
            }));
            if let Err(panic) = served {
                self.end(lane_at(at.get()), panic, ended);
                at.set(at.get() + 1);
            }
        }
    }

    fn serve_unless_ended(&self, lane: usize, ended: &RefCell<Ended>) {
        if self.has_ended(lane, &ended.borrow()) {
            // SAFETY: I2: as the only one.
            return unsafe { self.sink.skip(lane) };
        }
        self.answer(lane);
    }

    fn has_ended(&self, lane: usize, ended: &Ended) -> bool {
        !ended.is_empty() && self.label_of(lane).is_some_and(|label| ended.contains(&label))
    }

    /// Serves what lies from `at`, which is moved on, to `end`.
    fn serve_any(
        &self,
        at: &Cell<usize>,
        end: usize,
        lane_at: &impl Fn(usize) -> usize,
        ended: &RefCell<Ended>,
    ) {
        match self.work.bulk() {
            Some(bulk) => match const { max(W::PARAMS, W::RESULTS) } {
                0 => self.serve_many::<0>(bulk, (at, end), lane_at, ended),
                1 => self.serve_many::<1>(bulk, (at, end), lane_at, ended),
                2 => self.serve_many::<2>(bulk, (at, end), lane_at, ended),
                _ => self.serve_many::<REGISTER_PARAMS_MAX>(bulk, (at, end), lane_at, ended),
            },
            None => {
                while at.get() < end {
                    self.answer(lane_at(at.get()));
                    at.set(at.get() + 1);
                }
            }
        }
    }

    /// The same, by entries into machine code that serve as many lanes as a block has.
    fn serve_many<const N: usize>(
        &self,
        bulk: (&LaneEntry, &Module),
        (at, end): (&Cell<usize>, usize),
        lane_at: &impl Fn(usize) -> usize,
        ended: &RefCell<Ended>,
    ) {
        let store = self.run.store();
        let low_id = store.low_id();
        let mut block = Block::<N>::new();
        if W::ARE_SAME && at.get() < end {
            self.work.params(lane_at(at.get()), &mut block.params.as_flattened_mut()[..W::PARAMS]);
        }
        while at.get() < end && ended.borrow().is_empty() {
            let start = at.get();
            let count = self.gather(&mut block, start..end.min(start + BLOCK_LANES), lane_at);
            if count == 0 {
                self.answer(lane_at(start));
                at.set(start + 1);
                continue;
            }
            let lanes = LaneCells {
                contexts: &block.contexts,
                count,
                params: block.params.as_flattened(),
                step: if W::ARE_SAME { 0 } else { W::PARAMS },
                results: block.results.as_flattened_mut(),
            };
            // SAFETY: I1, I3.
            let (served, why) = unsafe { call::enter_lanes(store, bulk, lanes) };
            let cells = block.results.as_flattened();
            for n in 0..served {
                let answer = self.work.answer(&cells[n * W::RESULTS..], low_id);
                self.put(lane_at(start + n), Ok(answer), ended);
            }
            at.set(start + served);
            match why {
                LanesEnd::Done => continue,
                LanesEnd::Refused => self.answer(lane_at(at.get())),
                LanesEnd::Failed(error) => self.put(lane_at(at.get()), Err(error), ended),
                LanesEnd::Panicked(panic) => resume_unwind(panic),
            }
            at.set(at.get() + 1);
        }
    }

    /// Puts an answer whose lane others in the same block have followed: those go on if that panics.
    #[inline]
    fn put(&self, lane: usize, answer: Result<W::Answer, Error>, ended: &RefCell<Ended>) {
        if S::TAKES_ALL {
            // SAFETY: I2: as the only one.
            return unsafe { self.sink.put(lane, answer) };
        }
        // SAFETY: I2: likewise.
        let put = catch_unwind(AssertUnwindSafe(|| unsafe { self.sink.put(lane, answer) }));
        if let Err(panic) = put {
            self.end(lane, panic, ended);
        }
    }

    /// Contexts and parameters of some lanes, up to one whose instance is not there; or, where taking an answer may end an island,
    /// to one whose island has a lane before it.
    #[inline]
    fn gather<const N: usize>(
        &self,
        block: &mut Block<N>,
        range: Range<usize>,
        lane_at: &impl Fn(usize) -> usize,
    ) -> usize {
        let store = self.run.store();
        let mark = if S::TAKES_ALL { 0 } else { store.blocks.fetch_add(1, Ordering::Relaxed) };
        let mut count = 0;
        for (at, place) in range.zip(&mut block.contexts) {
            let lane = lane_at(at);
            let Some(context) = store.context_of(self.work.instance(lane)) else { break };
            let mut last = false;
            if !S::TAKES_ALL {
                // SAFETY: I3.
                let context = unsafe { &*context };
                // Members of groups are served alone. A mark that was left 2³² blocks ago cuts a block short.
                last = context.group.get() != 0;
                if last && count > 0 || context.stamp.replace(mark) == mark {
                    break;
                }
            }
            *place = context;
            if !W::ARE_SAME {
                let cells = block.params.as_flattened_mut();
                self.work.params(lane, &mut cells[count * W::PARAMS..(count + 1) * W::PARAMS]);
            }
            count += 1;
            if last {
                break;
            }
        }
        count
    }

    /// The island of a lane, if its instance is there.
    fn label_of(&self, lane: usize) -> Option<Label> {
        let store = self.run.store();
        let addr = store.instances.resolve(self.work.instance(lane).raw).ok()?;
        Some(store.label_of(addr))
    }

    fn answer(&self, lane: usize) {
        let answer = self.try_serve(lane);
        // SAFETY: I2: as the only one.
        unsafe { self.sink.put(lane, answer) };
    }

    fn try_serve(&self, lane: usize) -> Result<W::Answer, Error> {
        let store = self.run.store();
        let addr = self.check(self.work.instance(lane))?;
        let row = store.instances.get(addr).expect("just found");
        if let State::Exited(code) = row.state {
            return Err(Error::Exit(code));
        }
        // SAFETY: I1.
        let island = unsafe { self.run.scope(row.label()) };
        self.work.serve(island, lane, addr)
    }

    /// What is the same all through a run: whether the store is open, and the instance its own, not freed, of the right module.
    fn check(&self, instance: Instance) -> Result<InstanceAddr, Error> {
        let store = self.run.store();
        let addr = store.find_instance(instance)?;
        match self.work.module() {
            Some(wanted) if !store.module_of(addr).same(wanted) => {
                Err(other_module(store, (instance, addr), wanted))
            }
            _ => Ok(addr),
        }
    }

    /// Deals lanes to the jobs of their islands. What is in no island is answered at once.
    fn deal(&self, lanes: Range<usize>, ended: &RefCell<Ended>, dealing: &mut Dealing) {
        let store = self.run.store();
        for lane in lanes {
            let Some(context) = self.find(lane) else {
                let error = self.check(self.work.instance(lane)).expect_err("it was not found");
                self.put(lane, Err(error), ended);
                continue;
            };
            if self.has_ended(lane, &ended.borrow()) {
                // SAFETY: I2: as the only one.
                unsafe { self.sink.skip(lane) };
            } else {
                dealing.deal(lane, stamp_of(store, context));
            }
        }
    }

    /// The context of a lane's instance, unless it cannot be served whatever happens in the run.
    #[inline]
    fn find(&self, lane: usize) -> Option<&Context> {
        let store = self.run.store();
        let instance = self.work.instance(lane);
        let context = store.context_of(instance)?;
        // SAFETY: I3.
        let context = unsafe { &*context };
        let fits = self.work.module().is_none_or(|module| context.entries.get() == module.entries().as_ptr());
        // It may be a zombie then: no instance becomes one in a run.
        let may_run = context.state.get() == 0 || store.find_instance(instance).is_ok();
        (fits && may_run).then_some(context)
    }

    /// Serves the jobs of these lanes, with whoever has nothing else to do. `first`: it measures what a lane costs.
    fn split(&self, lanes: &[Lane], leaf: usize, first: bool) {
        if lanes.len() > leaf
            && let Some((left, right)) = halves(lanes)
        {
            rayon::join(|| self.split(left, leaf, first), || self.split(right, leaf, false));
            return;
        }
        let start = first.then(Instant::now);
        // What ends here has no lanes elsewhere.
        self.serve_in_order(0..lanes.len(), &|at| lanes[at].lane, &RefCell::default());
        if let (Some(start), false) = (start, lanes.is_empty()) {
            self.cost.set(per_lane(start, lanes.len(), 0));
        }
    }

    /// A lane has panicked, and with it ends its island, if it is of one.
    #[cold]
    fn end(&self, lane: usize, panic: Panic, ended: &RefCell<Ended>) {
        self.note(lane, panic);
        ended.borrow_mut().extend(self.label_of(lane));
    }

    /// A lane has panicked: there is no answer. The panic of the lowest one is kept.
    fn note(&self, lane: usize, panic: Panic) {
        // SAFETY: I2: answers that are placed do not panic as they are put, so there is none yet.
        unsafe { self.sink.skip(lane) };
        let mut other = Some((lane, panic));
        {
            let mut lowest = self.lowest.lock().unwrap_or_else(PoisonError::into_inner);
            if lowest.as_ref().is_none_or(|(lowest, _)| lane < *lowest) {
                std::mem::swap(&mut *lowest, &mut other);
            }
        }
        quietly(|| drop(other));
    }
}

/// Two parts of about the same length that share no job; `None` if all are one job's.
fn halves(lanes: &[Lane]) -> Option<(&[Lane], &[Lane])> {
    let job = lanes.get(lanes.len() / 2)?.job;
    let start = lanes.partition_point(|lane| lane.job < job);
    let at = if start > 0 { start } else { lanes.partition_point(|lane| lane.job <= job) };
    (at < lanes.len()).then(|| lanes.split_at(at))
}

/// How many lanes to serve before time is looked at.
fn first_step(nanos: u64) -> usize {
    if nanos == 0 { 1 } else { leaf(nanos) }
}

/// How many lanes are served in one go.
fn leaf(nanos: u64) -> usize {
    usize::try_from(LEAF_NANOS / nanos.max(1)).unwrap_or(1).max(1)
}

fn per_lane(start: Instant, lanes: usize, apart: u64) -> u64 {
    let nanos = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
    (nanos.saturating_sub(apart) / lanes as u64).max(1)
}

/// The stamp of an instance's island: its group's or its own.
#[inline]
fn stamp_of<'a, T>(store: &'a StoreInner<T>, context: &'a Context) -> &'a Cell<u32> {
    match context.group.get() {
        0 => &context.stamp,
        group => store.unions.stamp(StampIdx::new(group)),
    }
}

#[cold]
pub(super) fn other_module<T>(
    store: &StoreInner<T>,
    (instance, addr): (Instance, InstanceAddr),
    wanted: &Module,
) -> Error {
    let name = |module: &Module| module.name().unwrap_or("").into();
    let (handle, found) = (instance.name(), name(store.module_of(addr)));
    Error::OtherModule(Box::new(OtherModule { handle, found, wanted: name(wanted) }))
}

impl<T> StoreInner<T> {
    /// The context of an instance that is not gone, zombies included. `None` too if the store is closed or the handle another's.
    #[inline]
    fn context_of(&self, instance: Instance) -> Option<*const Context> {
        let (raw, directory) = (instance.raw, self.directory.as_ref()?);
        let (slot, generation) = (raw.addr().slot(), raw.addr().generation());
        let entry = directory.find(slot)?;
        // A sum: a generation that is too large for a tag makes that of no slot that it is compared with.
        let tag = ((u64::from(slot) << SLOT_BITS) + u64::from(generation)) << FUNC_INDEX_BITS;
        let is_it = raw.store() == self.low_id() && entry.tag.get() == tag;
        is_it.then(|| entry.context.get())
    }
}
