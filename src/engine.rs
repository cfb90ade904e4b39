//! What all modules and stores of a process part share: settings, function types, code pages, stubs.
//!
//! Owns: [`Config`] and [`Engine`]; the interner that gives structurally equal function types equal ids, engine-wide; the stubs
//! through which hosts enter machine code and machine code enters hosts.
//! Does not know: modules (`module`), stores.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::{fmt, io};

use crate::arena::exec::{CodeArena, CodeRange, REGION_BYTES_DEFAULT};
use crate::arena::index::{IndexVec, index_type};
use crate::arena::pool::MemoryPool;
use crate::error::{Error, LimitError};
use crate::jit::abi::{BUILTIN_COUNT, marks_of};
use crate::jit::backtrace::CodeRecord;
use crate::jit::stubs::{self, StubKey, StubSet};
use crate::jit::target::{Arch, Cpu, MemoryMode, Target, Tuning};
use crate::jit::{entry, fault};
use crate::spec::features::Features;
use crate::spec::limits::{ENGINE_TYPES_MAX, MEMORY_PAGES_MAX, ModuleLimits, TABLE_ELEMENTS_MAX};
use crate::spec::module::ModuleDecl;
use crate::spec::types::FuncType;

index_type!(
    /// Engine-wide id of a function type: equal ids mean equal types.
    pub(crate) struct TypeId,
    "engine-type"
);

/// Settings of an [`Engine`].
/// ```
/// use skep::{Config, Engine, Linker, MemoryMode, Module, Store, StoreLimits, Trap};
///
/// let config = Config::new()
///     .memory_mode(MemoryMode::Checked) // no guard pages and no signal handler
///     .max_stack_bytes(64 << 10)
///     .store_limits(StoreLimits { instances: 1, ..StoreLimits::default() });
/// let engine = Engine::new(&config)?;
/// let module = Module::new(&engine, r#"(module (func $deep (export "deep") (call $deep) (call $deep)))"#)?;
/// let template = Linker::<()>::new(&engine).template(&module)?;
///
/// let mut store = Store::new(&engine);
/// let guest = store.spawn(&template, ())?;
/// let error = guest.typed_func::<(), ()>(&store, "deep")?.call(&mut store, ()).unwrap_err();
/// assert_eq!(error.trap(), Some(Trap::CallStackExhausted));
/// assert_eq!(store.spawn(&template, ()).unwrap_err().to_string(), "instances 2 exceeds the limit 1");
/// # Ok::<(), skep::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Config {
    pub(crate) features: Features,
    pub(crate) module_limits: ModuleLimits,
    pub(crate) limits: StoreLimits,
    pub(crate) arch: Option<Arch>,
    /// None: each module's own.
    pub(crate) memory: Option<MemoryMode>,
    pub(crate) tuning: Tuning,
    pub(crate) cpu_mask: Cpu,
    pub(crate) verify: bool,
    pub(crate) max_stack_bytes: usize,
    pub(crate) code_bytes: usize,
    pub(crate) types_max: u32,
    pub(crate) idle_memory_bytes: usize,
}

/// What one store may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreLimits {
    /// Instances alive at once, freed ones that references keep included.
    pub instances: u32,
    /// Pages of one memory with standard pages.
    pub memory_pages: u64,
    /// Elements of one table.
    pub table_elements: u64,
    /// Host values behind references.
    pub externs: u32,
    /// How many lives a slot has: how many instances, memories, tables, globals, host functions or host values get the same place
    /// one after the other, before the place is never used again so that no old handle can name a newcomer. At least 1 and at
    /// most 2²² − 1, the default; any other number counts as the nearest of these. Fewer are useful in tests of hosts: a slot
    /// that is used up costs the store a place for ever, see `Stats::retired_slots`.
    pub generations: u32,
}

/// Instances in one store unless the host says otherwise: as many as references can name (22 bits, two numbers kept out).
const INSTANCES_MAX: u32 = (1 << 22) - 2;

/// Lives of one slot: as many as references can tell apart (22 bits, 0 kept out).
const GENERATIONS_MAX: u32 = (1 << 22) - 1;

impl Default for StoreLimits {
    fn default() -> Self {
        Self {
            instances: INSTANCES_MAX,
            memory_pages: MEMORY_PAGES_MAX.into(),
            table_elements: TABLE_ELEMENTS_MAX.into(),
            externs: 1 << 24,
            generations: GENERATIONS_MAX,
        }
    }
}

/// How much a store keeps in memory for memories to come.
const IDLE_MEMORY_BYTES_DEFAULT: usize = 256 << 20;

/// Bytes of the host's stack that one outermost call may use.
const MAX_STACK_BYTES_DEFAULT: usize = 1 << 20;

impl Default for Config {
    fn default() -> Self {
        Self {
            features: Features::default(),
            module_limits: ModuleLimits::default(),
            limits: StoreLimits::default(),
            arch: None,
            memory: None,
            tuning: Tuning::ALL,
            cpu_mask: Cpu::ALL,
            verify: false,
            max_stack_bytes: MAX_STACK_BYTES_DEFAULT,
            code_bytes: REGION_BYTES_DEFAULT,
            types_max: ENGINE_TYPES_MAX,
            idle_memory_bytes: IDLE_MEMORY_BYTES_DEFAULT,
        }
    }
}

impl Config {
    /// The default settings.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Which proposals modules may use.
    #[must_use]
    pub fn features(mut self, features: Features) -> Self {
        self.features = features;
        self
    }

    /// What one module may ask for.
    #[must_use]
    pub fn module_limits(mut self, limits: ModuleLimits) -> Self {
        self.module_limits = limits;
        self
    }

    /// What one store may hold.
    #[must_use]
    pub fn store_limits(mut self, limits: StoreLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Compiles for the baseline of this architecture instead of for this machine with all the CPU features it has. So every host
    /// gives the same code, but for the ids of function types (see [`FuncCode::bytes`](crate::FuncCode::bytes)). Where the machine
    /// has another architecture, modules can be compiled and looked at, and spawning them answers [`Error::WrongArch`]; many at
    /// once, as the cause in `Batch`. [`Engine::runs_here`] tells before.
    ///
    /// ```
    /// use skep::{Arch, Config, Engine, Error, Linker, Module, Store};
    ///
    /// for arch in Arch::ALL {
    ///     let engine = Engine::new(&Config::new().arch(arch))?;
    ///     let module = Module::new(&engine, "(module (func))")?;
    ///     assert!(module.machine_code_bytes() > 0);
    ///     let spawned = Linker::new(&engine).spawn(&mut Store::new(&engine), &module, ());
    ///     match engine.runs_here() {
    ///         true => assert!(spawned.is_ok()),
    ///         false => assert!(matches!(spawned, Err(Error::WrongArch(_)))),
    ///     }
    /// }
    /// # Ok::<(), skep::Error>(())
    /// ```
    #[must_use]
    pub fn arch(mut self, arch: Arch) -> Self {
        self.arch = Some(arch);
        self
    }

    /// How accesses to memories are kept in bounds, for all modules. Without this each module has the mode that fits what it declares:
    ///
    /// - one that imports its memory is `Checked`, which is right wherever the memory comes from;
    /// - one that says that its memory grows no further than 1 MiB is `Compact`;
    /// - any other is `Guarded`.
    ///
    /// [`Module::with_memory_mode`](crate::Module::with_memory_mode) asks for a mode for one module.
    ///
    /// `Guarded` reserves 6 GiB of addresses for each memory: room for more than
    /// 20,000 where a process has 47 bits of addresses, for about 80 where it has 39, as on many phones; when they are used up,
    /// spawning answers [`Error::System`]. `Checked` and `Compact` reserve what a memory may grow to (4 GiB if it declares no
    /// maximum and [`StoreLimits::memory_pages`] sets none), without a mapping of its own up to 1 MiB. Asked for here, `Guarded` promises that *all* memories of the engine have a guard, so that modules which import theirs
    /// need no comparisons either.
    #[must_use]
    pub fn memory_mode(mut self, mode: MemoryMode) -> Self {
        self.memory = Some(mode);
        self
    }

    /// Which techniques the compiler uses. None changes a result.
    #[must_use]
    pub fn tuning(mut self, tuning: Tuning) -> Self {
        self.tuning = tuning;
        self
    }

    /// CPU features that may be used if the host has them.
    #[must_use]
    pub fn cpu_mask(mut self, mask: Cpu) -> Self {
        self.cpu_mask = mask;
        self
    }

    /// Whether code verifies, at each access, what the compiler relies on. For tests.
    #[must_use]
    pub fn verify(mut self, verify: bool) -> Self {
        self.verify = verify;
        self
    }

    /// Bytes of the host's stack that one outermost call may use, calls nested in host functions included. Of the thread's own
    /// stack the last 128 KiB are left for what the host does meanwhile: threads whose stack is smaller than 256 KiB hardly
    /// get to call anything before they trap with `CallStackExhausted`.
    #[must_use]
    pub fn max_stack_bytes(mut self, bytes: usize) -> Self {
        self.max_stack_bytes = bytes;
        self
    }

    /// Address space for machine code: the most that the engine's modules may have at once.
    #[must_use]
    pub fn code_bytes(mut self, bytes: usize) -> Self {
        self.code_bytes = bytes;
        self
    }

    /// How many bytes one store keeps in memory for memories to come: those of freed instances are zeroed and used again, which
    /// is many times faster than to get new ones from the system. What goes beyond is given back to the system, the part that has
    /// waited longest first. The default is 256 MiB; with 0 nothing is kept.
    #[must_use]
    pub fn idle_memory_bytes(mut self, bytes: usize) -> Self {
        self.idle_memory_bytes = bytes;
        self
    }

    /// How many function types the engine distinguishes over its life.
    #[must_use]
    pub fn max_types(mut self, types: u32) -> Self {
        self.types_max = types.min(ENGINE_TYPES_MAX);
        self
    }
}

/// What modules and stores share. Cloning shares it.
/// One engine serves all threads; modules compile on each at the same time.
///
/// ```
/// use skep::{Config, Engine, Module};
///
/// let engine = Engine::new(&Config::default())?;
/// let modules = std::thread::scope(|scope| {
///     let engine = &engine;
///     let compile = move |n: u32| Module::new(&engine, format!(r#"(module (func (export "f{n}")))"#));
///     let threads: Vec<_> = (0..4).map(|n| scope.spawn(move || compile(n))).collect();
///     threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Result<Vec<_>, _>>()
/// })?;
/// assert!(modules[3].export("f3").is_some());
/// assert!(engine.code_bytes() > 0);
/// # Ok::<(), skep::Error>(())
/// ```
#[derive(Clone)]
pub struct Engine {
    inner: Arc<EngineInner>,
}

struct EngineInner {
    config: Config,
    target: Target,
    /// None: each module's own.
    memory: Option<MemoryMode>,
    /// Whether this machine runs code of the target.
    runs_here: bool,
    types: RwLock<Types>,
    code: CodeArena,
    memories: MemoryPool,
    fixed: FixedStubs,
    stubs: RwLock<StubCache>,
}

#[derive(Default)]
struct Types {
    ids: HashMap<Arc<FuncType>, TypeId>,
    rows: IndexVec<TypeId, Arc<TypeRow>>,
}

/// An interned type with what is found out about it once.
#[derive(Debug)]
pub(crate) struct TypeRow {
    /// The type.
    pub(crate) ty: Arc<FuncType>,
    entry: OnceLock<usize>,
    lanes: OnceLock<usize>,
    host: OnceLock<usize>,
}

/// Stubs that every instance uses.
struct FixedStubs {
    code: CodeRange<CodeRecord>,
    set: StubSet,
    builtins: Box<[usize; BUILTIN_COUNT]>,
}

/// Stubs of signatures. They stay as long as the engine; `jit::stubs` bounds their number.
#[derive(Default)]
struct StubCache {
    addresses: HashMap<(StubRole, StubKey), usize>,
    batches: Vec<CodeRange<CodeRecord>>,
}

/// What a stub of a signature is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum StubRole {
    /// The host enters machine code.
    Entry,
    /// The host enters machine code of many instances, one after the other.
    Lanes,
    /// Machine code enters the host.
    Host,
}

impl Engine {
    /// An engine with these settings, for this machine unless they name an architecture.
    ///
    /// # Errors
    /// If the system gives no pages for machine code, or code for this machine is wanted and cannot be made.
    pub fn new(config: &Config) -> Result<Self, Error> {
        let host = entry::host_target();
        let base = match config.arch {
            Some(arch) => Target::new(arch),
            None => host.map_err(|found| io::Error::new(io::ErrorKind::Unsupported, found))?,
        };
        let runs_here = host.is_ok_and(|host| host.arch == base.arch);
        // Where signals cannot be had, modules of their own choice do without.
        let mut memory = config.memory;
        if runs_here && matches!(memory, None | Some(MemoryMode::Guarded)) {
            match (fault::install(), memory) {
                (Err(_), None) => memory = Some(MemoryMode::Compact),
                (installed, _) => installed?,
            }
        }
        let target = Target {
            cpu: base.cpu.without(Cpu::ALL.without(config.cpu_mask)),
            memory: memory.unwrap_or(MemoryMode::Guarded),
            tuning: config.tuning,
            verify: config.verify,
            ..base
        };
        let code = CodeArena::new(config.code_bytes)?;
        let fixed = FixedStubs::publish(&code, &target)?;
        let inner = EngineInner {
            config: config.clone(),
            target,
            memory,
            runs_here,
            types: RwLock::default(),
            code,
            memories: MemoryPool::new(),
            fixed,
            stubs: RwLock::default(),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The settings.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.inner.config
    }

    /// Which proposals modules may use.
    #[must_use]
    pub fn features(&self) -> Features {
        self.inner.config.features
    }

    /// How accesses to memories are kept in bounds in all modules; `None` if that differs from module to module.
    #[must_use]
    pub fn memory_mode(&self) -> Option<MemoryMode> {
        self.inner.memory
    }

    /// What a module is compiled for, if it is to have this mode.
    pub(crate) fn target_for(&self, decl: &ModuleDecl, wanted: Option<MemoryMode>) -> Target {
        let all = self.inner.memory;
        let memory = match wanted.or(all) {
            // A memory from elsewhere may have no guard, and no place for marks.
            _ if decl.imported.memories > 0 && all != Some(MemoryMode::Guarded) => MemoryMode::Checked,
            Some(memory) => memory,
            None if marks_of(decl).is_some() => MemoryMode::Compact,
            None => MemoryMode::Guarded,
        };
        Target { memory, ..self.inner.target }
    }

    /// Sees to it that hits of guards are handled, if its code runs here.
    pub(crate) fn install_handlers(&self) -> Result<(), Error> {
        if self.runs_here() {
            fault::install()?;
        }
        Ok(())
    }

    /// What code is compiled for; `memory` is that of modules with a guard, if it differs from module to module.
    #[must_use]
    pub fn target(&self) -> Target {
        self.inner.target
    }

    /// Whether this machine runs its code: not if [`Config::arch`] named another architecture.
    #[must_use]
    pub fn runs_here(&self) -> bool {
        self.inner.runs_here
    }

    /// Says no if its code is for another machine.
    pub(crate) fn check_runs_here(&self) -> Result<(), Error> {
        if self.runs_here() { Ok(()) } else { Err(Error::WrongArch(self.inner.target.arch)) }
    }

    /// Bytes of pages that hold machine code now.
    #[must_use]
    pub fn code_bytes(&self) -> usize {
        self.inner.code.used_bytes()
    }

    /// Whether two handles are the same engine.
    #[must_use]
    pub fn same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }

    pub(crate) fn limits(&self) -> &StoreLimits {
        &self.inner.config.limits
    }

    /// Where memories get their storage.
    pub(crate) fn memories(&self) -> &MemoryPool {
        &self.inner.memories
    }

    /// Runs `run` while nobody else can look at or add a type.
    #[cfg(test)]
    pub(crate) fn with_types_locked<R>(&self, run: impl FnOnce() -> R) -> R {
        let _locked = self.inner.types.write().unwrap_or_else(PoisonError::into_inner);
        run()
    }

    /// Where machine code is published.
    pub(crate) fn code(&self) -> &CodeArena {
        &self.inner.code
    }

    /// Ids of types; equal types have equal ids. Known types are found even at the limit.
    pub(crate) fn intern<'a>(&self, types: impl Iterator<Item = &'a FuncType>) -> Result<Vec<TypeId>, Error> {
        let types: Vec<&FuncType> = types.collect();
        let known: Option<Vec<_>> = {
            let table = self.inner.types.read().unwrap_or_else(PoisonError::into_inner);
            types.iter().map(|ty| table.ids.get(*ty).copied()).collect()
        };
        if let Some(ids) = known {
            return Ok(ids);
        }
        let mut table = self.inner.types.write().unwrap_or_else(PoisonError::into_inner);
        types.into_iter().map(|ty| self.intern_one(&mut table, ty)).collect()
    }

    fn intern_one(&self, table: &mut Types, ty: &FuncType) -> Result<TypeId, Error> {
        if let Some(&id) = table.ids.get(ty) {
            return Ok(id);
        }
        let (count, allowed) = (table.rows.len() as u64, u64::from(self.inner.config.types_max));
        if count >= allowed {
            return Err(Error::limit(LimitError::TYPES, count + 1, allowed));
        }
        let ty = Arc::new(ty.clone());
        let row = TypeRow {
            ty: Arc::clone(&ty),
            entry: OnceLock::new(),
            lanes: OnceLock::new(),
            host: OnceLock::new(),
        };
        let id = table.rows.push(Arc::new(row));
        table.ids.insert(ty, id);
        Ok(id)
    }

    /// The id of one type.
    pub(crate) fn type_id(&self, ty: &FuncType) -> Result<TypeId, Error> {
        let ids = self.intern(std::iter::once(ty))?;
        Ok(ids[0])
    }

    /// What is known of an interned type.
    pub(crate) fn type_row(&self, id: TypeId) -> Arc<TypeRow> {
        let table = self.inner.types.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&table.rows[id])
    }

    /// The address of the stub of this role for functions of this type.
    pub(crate) fn stub(&self, role: StubRole, row: &TypeRow) -> Result<usize, Error> {
        let cell = match role {
            StubRole::Entry => &row.entry,
            StubRole::Lanes => &row.lanes,
            StubRole::Host => &row.host,
        };
        if let Some(&address) = cell.get() {
            return Ok(address);
        }
        let address = match self.stub_key(role, &row.ty) {
            // Wide signatures have no lane stub: 0 says so.
            None => self.inner.fixed.wide(role),
            Some(key) => {
                self.publish_stubs(&[(role, &row.ty)])?;
                let cache = self.inner.stubs.read().unwrap_or_else(PoisonError::into_inner);
                cache.addresses[&(role, key)]
            }
        };
        Ok(*cell.get_or_init(|| address))
    }

    /// How far into its entry stub a function is entered; a plain one behind the look at the host's arithmetic.
    pub(crate) fn entry_offset(&self, plain: bool) -> usize {
        if plain { stubs::entry_check_bytes(&self.inner.target) as usize } else { 0 }
    }

    fn stub_key(&self, role: StubRole, ty: &FuncType) -> Option<StubKey> {
        match role {
            StubRole::Entry | StubRole::Lanes => stubs::entry_key(&self.inner.target, ty),
            StubRole::Host => stubs::host_key(&self.inner.target, ty),
        }
    }

    /// Publishes, in one batch, those of these stubs that are missing.
    pub(crate) fn publish_stubs(&self, wanted: &[(StubRole, &FuncType)]) -> Result<(), Error> {
        let target = &self.inner.target;
        let keyed = |&(role, ty): &(StubRole, _)| Some(((role, self.stub_key(role, ty)?), ty));
        let mut keys: HashMap<_, &FuncType> = wanted.iter().filter_map(keyed).collect();
        {
            let cache = self.inner.stubs.read().unwrap_or_else(PoisonError::into_inner);
            keys.retain(|key, _| !cache.addresses.contains_key(key));
        }
        if keys.is_empty() {
            return Ok(());
        }
        let mut cache = self.inner.stubs.write().unwrap_or_else(PoisonError::into_inner);
        keys.retain(|key, _| !cache.addresses.contains_key(key));
        let pieces: Vec<_> = keys
            .into_iter()
            .map(|(key, ty)| match key.0 {
                StubRole::Entry => (key, stubs::entry(target, ty)),
                StubRole::Lanes => (key, stubs::lanes(target, ty)),
                StubRole::Host => (key, stubs::host(target, ty)),
            })
            .collect();
        if pieces.is_empty() {
            return Ok(());
        }
        let (code, addresses) = publish(&self.inner.code, pieces.iter().map(|(_, code)| &**code))?;
        cache.batches.push(code);
        cache.addresses.extend(pieces.into_iter().map(|(key, _)| key).zip(addresses));
        Ok(())
    }

    /// Address of the stub that traps end in.
    pub(crate) fn trap_stub(&self) -> usize {
        self.inner.fixed.at(self.inner.fixed.set.trap)
    }

    /// Address of the stub that resolves foreign references.
    pub(crate) fn resolve_stub(&self) -> usize {
        self.inner.fixed.at(self.inner.fixed.set.resolve)
    }

    /// Address of the code that an import of a freed function is rewritten to.
    pub(crate) fn freed_stub(&self) -> usize {
        self.inner.fixed.at(self.inner.fixed.set.freed)
    }

    /// Addresses of the builtin stubs, for as long as the engine lives.
    pub(crate) fn builtin_stubs(&self) -> &[usize; BUILTIN_COUNT] {
        &self.inner.fixed.builtins
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("target", &self.inner.target).finish_non_exhaustive()
    }
}

/// Publishes pieces of stub code as one batch; the address of each.
fn publish<'a>(
    arena: &CodeArena,
    pieces: impl Iterator<Item = &'a [u8]> + Clone,
) -> Result<(CodeRange<CodeRecord>, Vec<usize>), Error> {
    let mut size = 0;
    let offsets: Vec<usize> = pieces
        .clone()
        .map(|piece| {
            let at = size;
            size = (at + piece.len()).next_multiple_of(STUB_ALIGN_BYTES);
            at
        })
        .collect();
    let range = arena.publish(size, CodeRecord::Stubs, |code, _| {
        for (piece, &at) in pieces.zip(&offsets) {
            code[at..at + piece.len()].copy_from_slice(piece);
        }
    })?;
    let addresses = offsets.iter().map(|&at| range.address(at)).collect();
    Ok((range, addresses))
}

/// Where stubs may start: what an instruction fetch takes at once.
const STUB_ALIGN_BYTES: usize = 16;

impl FixedStubs {
    fn publish(arena: &CodeArena, target: &Target) -> Result<Self, Error> {
        let set = stubs::common(target);
        let (code, _) = publish(arena, std::iter::once(&*set.code))?;
        let builtins = Box::new(set.builtins.map(|at| code.address(at as usize)));
        Ok(Self { code, set, builtins })
    }

    fn at(&self, offset: u32) -> usize {
        self.code.address(offset as usize)
    }

    fn wide(&self, role: StubRole) -> usize {
        match role {
            StubRole::Entry => self.at(self.set.entry_wide),
            StubRole::Lanes => 0,
            StubRole::Host => self.at(self.set.host_wide),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::spec::types::ValType;

    /// Function types by number, all different.
    fn ty(n: usize) -> FuncType {
        let digits = (0..6).map(|k| ValType::ALL[n / 7_usize.pow(k) % 7]);
        FuncType::new(digits, [ValType::I32; 2].into_iter().take(n % 3))
    }

    #[test]
    fn s3_s5_equal_types_have_equal_ids_however_many_threads_ask() {
        const TYPES: usize = 10_000;
        let engine = Engine::new(&Config::default()).unwrap();
        let all: Vec<Vec<TypeId>> = std::thread::scope(|scope| {
            // Each thread begins elsewhere and goes through all types in an order of its own.
            let threads: Vec<_> = [1, 3, 7, 9, 11, 13, 17, 19]
                .map(|step| {
                    let engine = &engine;
                    scope.spawn(move || {
                        let mut ids = vec![TypeId::new(0); TYPES];
                        for k in 0..TYPES {
                            let n = (k + 61) * step % TYPES;
                            ids[n] = engine.type_id(&ty(n)).unwrap();
                        }
                        ids
                    })
                })
                .into();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(all.windows(2).all(|pair| pair[0] == pair[1]));
        assert_eq!(all[0].iter().collect::<HashSet<_>>().len(), TYPES);
        assert!(all[0].iter().enumerate().all(|(n, &id)| *engine.type_row(id).ty == ty(n)));
    }

    #[test]
    fn s4_the_limit_on_types_refuses_new_ones_only() {
        let engine = Engine::new(&Config::default().max_types(10)).unwrap();
        let ids: Vec<_> = (0..10).map(|n| engine.type_id(&ty(n)).unwrap()).collect();
        assert_eq!(engine.type_id(&ty(10)).unwrap_err().to_string(), "too many function types in a store");
        assert_eq!((0..10).map(|n| engine.type_id(&ty(n)).unwrap()).collect::<Vec<_>>(), ids);
    }

    #[test]
    fn signatures_of_one_class_share_a_stub() {
        let engine = Engine::new(&Config::default()).unwrap();
        let stub = |role, params: &[ValType]| {
            let ty = FuncType::new(params.iter().copied(), []);
            engine.stub(role, &engine.type_row(engine.type_id(&ty).unwrap())).unwrap()
        };
        let host = stub(StubRole::Host, &[ValType::I64]);
        assert_eq!(stub(StubRole::Host, &[ValType::FuncRef]), host);
        assert_ne!(stub(StubRole::Host, &[ValType::F64]), host);
        assert_ne!(stub(StubRole::Entry, &[ValType::I64]), host);
        let wide = [ValType::I32; 40];
        assert_eq!(stub(StubRole::Entry, &wide), stub(StubRole::Entry, &wide[..39]));
    }

    #[test]
    fn a_mask_takes_cpu_features_away() {
        let engine = Engine::new(&Config::default().cpu_mask(Cpu::NONE)).unwrap();
        assert_eq!(engine.target().cpu, Cpu::NONE);
        let engine = Engine::new(&Config::default()).unwrap();
        assert_eq!(engine.target().cpu, entry::host_target().unwrap().cpu);
    }
}
