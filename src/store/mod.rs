//! The specification's store: columns of rows, named by handles.
//!
//! Owns: [`Store`] and [`StoreInner`], the columns and what ties them; statistics; closing.
//! Does not know: how code is compiled; how bytes are decoded.
//!
//! | file | about |
//! |---|---|
//! | `addr`, `val`, `bits` | handles and values; the words that references are; handles as numbers |
//! | `lookup` | from handles to rows, with every check |
//! | `row`, `context` | what a column's rows hold; what machine code sees of them |
//! | `imports`, `linker`, `template` | matching imports, names to match them by, a module with its imports resolved |
//! | `spawn`, `link`, `begin` | the beginning of an instance, by its phases |
//! | `batch`, `graph` | many at once: of one template, or modules that import one another |
//! | `free`, `collect`, `recycle` | the end of instances; slots of their memories, for the next ones |
//! | `names`, `unions`, `island` | their names, who shares with whom, who may reach whom |
//! | `instance`, `memory`, `table`, `global`, `externs` | what handles do |
//! | `call`, `typed`, `host`, `builtin` | the ways into machine code and out of it |
//! | `column`, `lanes` | one thing done for many instances, islands in parallel |
//! | `bulk` | ranges of memories and tables, filled and copied by the host |
//! | `inspect`, `invariants` | what there is and who uses whom; whether the columns agree |
//! | `contract` | what must not compile |
//! | `detail` | what a trap's operator was about to do |

pub(crate) mod addr;
pub(crate) mod batch;
pub(crate) mod begin;
pub(crate) mod bits;
#[expect(unsafe_code, reason = "is called by machine code: reads its words and cells")]
pub(crate) mod builtin;
pub(crate) mod bulk;
#[expect(unsafe_code, reason = "enters machine code")]
pub(crate) mod call;
pub(crate) mod collect;
pub(crate) mod column;
#[expect(unsafe_code, reason = "writes the pointers that machine code follows")]
pub(crate) mod context;
#[cfg(doctest)]
mod contract;
pub(crate) mod detail;
pub(crate) mod externs;
pub(crate) mod free;
#[cfg(test)]
mod free_test;
pub(crate) mod global;
pub(crate) mod graph;
pub(crate) mod host;
pub(crate) mod imports;
pub(crate) mod inspect;
pub(crate) mod instance;
#[cfg(test)]
mod intern_test;
pub(crate) mod invariants;
#[expect(unsafe_code, reason = "owns the store's heap block and makes the references into it")]
pub(crate) mod island;
#[expect(unsafe_code, reason = "gives each lane the scope of its island and writes its answer")]
pub(crate) mod lanes;
#[cfg(test)]
mod lanes_test;
pub(crate) mod link;
pub(crate) mod linker;
pub(crate) mod lookup;
pub(crate) mod memory;
pub(crate) mod names;
pub(crate) mod recycle;
#[cfg(test)]
mod recycle_test;
pub(crate) mod row;
pub(crate) mod segment;
pub(crate) mod spawn;
pub(crate) mod table;
pub(crate) mod template;
pub(crate) mod typed;
pub(crate) mod unions;
pub(crate) mod val;

use std::any::Any;
use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use crate::arena::handle::RawHandle;
use crate::arena::pinned::PinnedPool;
use crate::arena::shared::SharedSlots;
use crate::arena::slots::{SlotLimits, Slots};
use crate::engine::Engine;
use crate::error::Error;
use addr::{
    ExternAddr, Func, FuncAddr, GlobalAddr, HostFuncAddr, Instance, InstanceAddr, MemAddr, TableAddr,
    TemplateAddr,
};
use context::{ContextBlock, Directory};
use island::{AsStore, AsStoreMut, Rows, StoreBox, View, ViewMut, sealed};
use lanes::{Cost, Dealing};
use names::Names;
use recycle::Idle;
use row::{GlobalRow, HostFuncRow, InstanceRow, MemoryRow, PartsBox, State, TableRow, TemplateRow};
use unions::Unions;

/// Why an instance ends, for the hook of [`Store::on_end`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EndReason {
    /// It was freed.
    Freed,
    /// A segment or the start function failed.
    StartFailed,
    /// Another item of its batch failed.
    BatchAborted,
    /// The store was closed with this code.
    StoreClosed(u32),
}

/// A value of the host behind a reference.
pub(crate) type ExternValue = dyn Any + Send + Sync;

pub(crate) type EndHook<T> = Box<dyn FnMut(Instance, &mut T, EndReason) -> Result<(), Error> + Send>;

/// A hook's error, or what a store could not end in order.
#[derive(Debug)]
pub struct EndError {
    /// The instance that was ended.
    pub instance: Instance,
    /// What the hook returned.
    pub error: Error,
}

/// Many instances, each with a `T` of the host.
/// ```
/// use skep::{Config, Engine, Error, Free, Linker, Module, Store};
///
/// let engine = Engine::new(&Config::default())?;
/// let module = Module::new(&engine, r#"(module (func (export "f") (result i32) (i32.const 7)))"#)?;
/// let template = Linker::<&str>::new(&engine).template(&module)?;
///
/// let mut store = Store::new(&engine);
/// let (first, second) = (store.spawn(&template, "first")?, store.spawn(&template, "second")?);
/// assert_eq!(*store.data(second)?, "second");
///
/// store.free(first, Free::Now)?;
/// assert!(matches!(store.data(first), Err(Error::Stale(_))));
/// let third = store.spawn(&template, "third")?; // may take the place of the first, but is not it
/// assert!(matches!(store.data(first), Err(Error::Stale(_))));
/// assert_eq!(store.instances().count(), 2);
/// assert_eq!(third.typed_func::<(), i32>(&store, "f")?.call(&mut store, ())?, 7);
/// # Ok::<(), skep::Error>(())
/// ```
pub struct Store<T> {
    inner: StoreBox<T>,
}

/// What a store holds.
pub struct StoreInner<T> {
    /// Process-wide and never reused; handles carry its low half.
    pub(crate) id: u64,
    pub(crate) engine: Engine,
    /// The exit code it was closed with.
    pub(crate) closed: Option<u32>,
    /// The next place in the order of spawning.
    pub(crate) seq: u64,
    pub(crate) instances: Rows<InstanceRow<T>, InstanceAddr>,
    pub(crate) templates: Slots<TemplateRow<T>, TemplateAddr>,
    /// The row of each template, by its address.
    pub(crate) template_rows: HashMap<usize, TemplateAddr>,
    /// The row that was looked up last; it may be gone.
    pub(crate) recent_template: Option<TemplateAddr>,
    pub(crate) memories: Rows<Box<MemoryRow>, MemAddr>,
    pub(crate) tables: Rows<TableRow, TableAddr>,
    pub(crate) globals: Rows<GlobalRow, GlobalAddr>,
    pub(crate) host_funcs: Slots<HostFuncRow<T>, HostFuncAddr>,
    /// The row of each host function, by its address.
    pub(crate) host_func_rows: HashMap<usize, HostFuncAddr>,
    pub(crate) externs: SharedSlots<ExternValue, ExternAddr>,
    /// Templates without instances that somebody may still hold.
    pub(crate) idle_templates: VecDeque<TemplateAddr>,
    pub(crate) names: Names,
    pub(crate) unions: Unions,
    /// What dealing lanes needs.
    pub(crate) dealing: Dealing,
    /// Counts blocks of lanes in which no island may come twice.
    pub(crate) blocks: AtomicU32,
    /// What a visit of an instance cost lately.
    pub(crate) visit_cost: Cost,
    /// Whether islands run on several threads.
    pub(crate) in_parallel: bool,
    /// Made at the first spawn.
    pub(crate) directory: Option<Directory>,
    pub(crate) pinned: PinnedPool,
    /// Boxes of instances that are gone, emptied.
    pub(crate) spare_parts: Vec<PartsBox>,
    /// What the lists of slots in `templates` hold in all.
    pub(crate) idle: Idle,
    /// Context blocks of instances that are gone, in which globals of others still lie, with their number.
    pub(crate) orphans: HashMap<InstanceAddr, (ContextBlock, u32)>,
    pub(crate) hook: Option<EndHook<T>>,
}

/// What of a store runs code of the host when it is dropped.
#[expect(dead_code, reason = "held only to be dropped")]
pub(crate) struct Columns<T> {
    templates: Slots<TemplateRow<T>, TemplateAddr>,
    host_funcs: Slots<HostFuncRow<T>, HostFuncAddr>,
    externs: SharedSlots<ExternValue, ExternAddr>,
    hook: Option<EndHook<T>>,
}

/// What a store holds, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Instances with a usable handle.
    pub instances: usize,
    /// Freed instances that references or importers keep.
    pub zombies: usize,
    /// Memories.
    pub memories: usize,
    /// Tables, but for those that nothing can change: see [`Store::tables`].
    pub tables: usize,
    /// Globals.
    pub globals: usize,
    /// Host functions that can be values.
    pub host_funcs: usize,
    /// Host values behind references.
    pub externs: usize,
    /// Names, reserved ones included.
    pub names: usize,
    /// Islands that have held several instances, perhaps one after the other: they are made anew by `collect` only.
    pub islands: usize,
    /// Slots that have reached their last generation.
    pub retired_slots: usize,
    /// Bytes of machine code of the modules that this store's instances need.
    pub code_bytes: usize,
    /// Bytes of all memories.
    pub memory_bytes: u64,
}

fn next_id() -> u64 {
    static IDS: AtomicU64 = AtomicU64::new(1);
    IDS.fetch_add(1, Ordering::Relaxed)
}

/// The low half of a store's id, which handles carry.
#[expect(clippy::cast_possible_truncation, reason = "takes the low half")]
const fn low_half(id: u64) -> u32 {
    id as u32
}

/// References to host values have 32 bits each for slot and generation, of which versions use 31.
const EXTERN_SLOTS: SlotLimits = SlotLimits::with_bits(31, 31);

/// How often a slot is used, as the engine's limits say.
fn slot_limits(engine: &Engine) -> SlotLimits {
    let most = SlotLimits::PACKED.generation_max;
    SlotLimits { generation_max: engine.limits().generations.clamp(1, most), ..SlotLimits::PACKED }
}

impl<T> Store<T> {
    /// An empty store.
    #[must_use]
    pub fn new(engine: &Engine) -> Self {
        Self { inner: StoreBox::new(StoreInner::new(engine.clone(), slot_limits(engine))) }
    }

    /// An empty store with narrow handles.
    #[cfg(test)]
    fn with_slots(engine: &Engine, slots: SlotLimits) -> Self {
        Self { inner: StoreBox::new(StoreInner::new(engine.clone(), slots)) }
    }

    /// All of it, to be changed.
    #[inline]
    pub(crate) fn whole(&mut self) -> &mut StoreInner<T> {
        self.inner.whole()
    }

    /// The engine.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.inner.view().get().engine
    }

    /// Its process-wide number. Handles print the low half.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.inner.view().id
    }

    /// What it holds, in numbers.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.inner.view().stats()
    }

    /// The data of an instance.
    ///
    /// # Errors
    /// If the handle is stale or of another store.
    pub fn data(&self, instance: Instance) -> Result<&T, Error> {
        let inner = self.inner.view().get();
        let addr = inner.find_instance(instance)?;
        Ok(&inner.instance(addr).body.data)
    }

    /// The data of an instance, to be changed.
    ///
    /// # Errors
    /// If the handle is stale or of another store.
    pub fn data_mut(&mut self, instance: Instance) -> Result<&mut T, Error> {
        let inner = self.whole();
        let addr = inner.find_instance(instance)?;
        Ok(&mut inner.instance_mut(addr).body.data)
    }

    /// All instances with a usable handle, in the order of their slots.
    pub fn instances(&self) -> impl Iterator<Item = (Instance, &T)> {
        let inner = self.inner.view().get();
        let usable = inner.instances.iter().filter(|(_, row)| row.state != State::Zombie);
        usable.map(|(addr, row)| (inner.instance_handle(addr), &row.body.data))
    }

    /// All instances with a usable handle, in the order of their slots, their data to be changed.
    pub fn instances_mut(&mut self) -> impl Iterator<Item = (Instance, &mut T)> {
        let inner = self.whole();
        let store = low_half(inner.id);
        let usable = inner.instances.iter_mut().filter(|(_, row)| row.state != State::Zombie);
        usable.map(move |(addr, row)| {
            (Instance::from_raw(RawHandle::new(addr.into(), store)), &mut row.body.data)
        })
    }

    /// Calls `hook` once for each instance that ends: when it is freed, when its start fails, when the store closes. The hook
    /// sees the instance's data and not the store. What it returns is told by [`Store::close`] and otherwise dropped; if it
    /// panics, the instance ends all the same, and the panic goes on with the store whole.
    pub fn on_end(
        &mut self,
        hook: impl FnMut(Instance, &mut T, EndReason) -> Result<(), Error> + Send + 'static,
    ) {
        self.whole().hook = Some(Box::new(hook));
    }
}

impl<T> Drop for Store<T> {
    fn drop(&mut self) {
        // What hooks return has nowhere to go.
        let _ = self.close(0);
    }
}

impl<T> fmt::Debug for Store<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("id", &self.id()).field("stats", &self.stats()).finish_non_exhaustive()
    }
}

impl<T> sealed::Sealed for Store<T> {}

impl<T> AsStore for Store<T> {
    type Data = T;
    #[inline]
    fn view(&self) -> View<'_, T> {
        self.inner.view()
    }
}

impl<T> AsStoreMut for Store<T> {
    #[inline]
    fn view_mut(&mut self) -> ViewMut<'_, T> {
        self.inner.view_mut()
    }
}

impl<T> StoreInner<T> {
    fn new(engine: Engine, slots: SlotLimits) -> Self {
        let id = next_id();
        let low = low_half(id);
        Self {
            id,
            engine,
            closed: None,
            seq: 1,
            instances: Slots::new(low, slots),
            templates: Slots::new(low, slots),
            template_rows: HashMap::new(),
            recent_template: None,
            memories: Slots::new(low, slots),
            tables: Slots::new(low, slots),
            globals: Slots::new(low, slots),
            host_funcs: Slots::new(low, slots),
            host_func_rows: HashMap::new(),
            externs: SharedSlots::new(
                low,
                SlotLimits { generation_max: slots.generation_max, ..EXTERN_SLOTS },
            ),
            idle_templates: VecDeque::new(),
            names: Names::default(),
            unions: Unions::default(),
            dealing: Dealing::default(),
            blocks: AtomicU32::new(1),
            visit_cost: Cost::default(),
            in_parallel: false,
            directory: None,
            pinned: PinnedPool::new(),
            spare_parts: Vec::new(),
            idle: Idle::default(),
            orphans: HashMap::new(),
            hook: None,
        }
    }

    /// The low half of its id.
    #[inline]
    pub(crate) fn low_id(&self) -> u32 {
        low_half(self.id)
    }

    /// The public handle of a row.
    #[inline]
    pub(crate) fn instance_handle(&self, addr: InstanceAddr) -> Instance {
        Instance::from_raw(self.instances.handle(addr))
    }

    /// The public handle of a function.
    #[inline]
    pub(crate) fn func_handle(&self, addr: FuncAddr) -> Func {
        Func::new(addr, self.low_id())
    }

    /// Takes everything out of a store without instances.
    fn take_columns(&mut self) -> Columns<T> {
        let (low, limits) = (self.low_id(), SlotLimits::PACKED);
        self.memories = Slots::new(low, limits);
        self.tables = Slots::new(low, limits);
        self.globals = Slots::new(low, limits);
        self.template_rows.clear();
        self.host_func_rows.clear();
        self.idle_templates.clear();
        self.names = Names::default();
        self.unions = Unions::default();
        self.directory = None;
        self.orphans.clear();
        self.pinned = PinnedPool::new();
        self.idle = Idle::default();
        self.spare_parts = Vec::new();
        Columns {
            templates: std::mem::replace(&mut self.templates, Slots::new(low, limits)),
            host_funcs: std::mem::replace(&mut self.host_funcs, Slots::new(low, limits)),
            externs: std::mem::replace(&mut self.externs, SharedSlots::new(low, EXTERN_SLOTS)),
            hook: self.hook.take(),
        }
    }

    /// How many freed instances references or importers keep.
    pub(crate) fn zombies(&self) -> usize {
        self.instances.iter().filter(|(_, row)| row.state == State::Zombie).count()
    }

    fn stats(&self) -> Stats {
        let zombies = self.zombies();
        let retired = [
            self.instances.retired(),
            self.memories.retired(),
            self.tables.retired(),
            self.globals.retired(),
            self.host_funcs.retired(),
            self.externs.retired(),
        ];
        Stats {
            instances: self.instances.len() - zombies,
            zombies,
            memories: self.memories.len(),
            tables: self.tables.len(),
            globals: self.globals.len(),
            host_funcs: self.host_funcs.len(),
            externs: self.externs.len(),
            names: self.names.len(),
            islands: self.unions.len(),
            retired_slots: retired.iter().sum(),
            code_bytes: self.templates.iter().map(|(_, row)| row.template.module.machine_code_bytes()).sum(),
            memory_bytes: self.memories.iter().map(|(_, row)| row.size_bytes()).sum(),
        }
    }
}

impl<T> fmt::Debug for StoreInner<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreInner").field("id", &self.id).finish_non_exhaustive()
    }
}

const fn is_send<S: Send>() {}
const fn is_sync<S: Sync>() {}
const _: () = is_send::<Store<std::cell::Cell<u8>>>();
const _: () = is_sync::<Store<u8>>();
