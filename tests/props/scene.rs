//! A store with everything in it that a handle may name or have named, and another store; handles drawn from these, or made up.
//!
//! Owns: [`Scene`], [`Draw`]: which handles are valid, and doing a [`Use`] at rest or inside a call.
//! Does not know: what is to be used (`uses`), what the answer should be (`handles`).

use std::collections::HashSet;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use proptest::prelude::*;
use skep::{
    Caller, Config, Engine, Error, ExternRef, Free, Freed, Func, FuncType, Global, GlobalType, Instance,
    Linker, Memory, MemoryMode, Module, RefType, Store, Table, TableType, Template, TypedFunc, Val, ValType,
};

use crate::uses::{Given, Good, Handles, Importing, Use, What};

const LIBRARY: &str = r#"(module
    (import "h" "go" (func $go)) (import "h" "give" (func $give (result funcref)))
    (import "h" "give_untyped" (func $give_untyped (result funcref)))
    (memory (export "m") 1 4) (table (export "t") 2 9 funcref) (global (export "g") (mut i32) (i32.const 0))
    (func $f (export "f") (result i32) (i32.const 6)) (func $hidden (result i32) (i32.const 7))
    (func (export "go") (call $go)) (func (export "take") (param funcref externref))
    (func (export "give") (result funcref) (call $give))
    (func (export "give_untyped") (result funcref) (call $give_untyped))
    (elem (i32.const 0) $f))"#;
const FUNCS: [&str; 5] = ["f", "go", "take", "give", "give_untyped"];
const USER: &str = r#"(module (import "x" "f" (func (result i32))) (import "x" "m" (memory 1))
    (import "x" "t" (table 2 funcref)) (import "x" "g" (global (mut i32))))"#;
const KEEPER: &str = r#"(module (import "x" "f" (func (result i32))))"#;

/// What all scenes of a memory mode share.
struct Kit {
    engine: Engine,
    library: Module,
    user: Module,
    keeper: Module,
    importing: Importing,
}

impl Kit {
    fn new(mode: MemoryMode) -> Self {
        let engine = Engine::new(&Config::new().memory_mode(mode)).unwrap();
        let module = |text: &str| Module::new(&engine, text).unwrap();
        let one = |ty: &str| module(&format!(r#"(module (import "x" "x" {ty}))"#));
        Self {
            library: module(LIBRARY),
            user: module(USER),
            keeper: module(KEEPER),
            importing: Importing {
                func: one("(func (result i32))"),
                memory: one("(memory 1)"),
                table: one("(table 1 funcref)"),
                global: one("(global (mut i32))"),
            },
            engine,
        }
    }

    fn of(mode: MemoryMode) -> &'static Self {
        static KITS: [OnceLock<Kit>; 2] = [const { OnceLock::new() }; 2];
        let kit = &KITS[usize::from(mode == MemoryMode::Checked)];
        kit.get_or_init(|| Self::new(mode))
    }
}

/// A use that waits for the next call of `go`, and how it ended.
type Job = Arc<Mutex<Option<(fn(&mut Caller<'_, u32>, &Handles) -> Result<(), Error>, Handles)>>>;
type Ended = Arc<Mutex<Option<Result<(), Error>>>>;

/// Where a drawn handle comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fate {
    Live,
    Stale,
    Foreign,
    /// Of an instance that is freed and kept by an importer.
    Kept,
    /// Made up.
    Forged {
        slot: u32,
        generation: u32,
        store: Whose,
        index: u32,
    },
    /// The bits of a live handle of the n-th kind.
    Other(usize),
}

/// Which store a handle that is made up says.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Whose {
    Own,
    Foreign,
    Any(u32),
}

/// Which handles a case uses, and in what surroundings.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Draw {
    pub(crate) mode: MemoryMode,
    /// Instance, memory, table, global, function, host value.
    pub(crate) fates: [Fate; 6],
    pub(crate) typed: Fate,
    pub(crate) template: Fate,
    /// Whether functions are the host's where there is a choice.
    pub(crate) host: bool,
    /// Whether newcomers have taken the slots of what is gone.
    pub(crate) reused: bool,
}

impl Draw {
    /// All handles of one origin.
    pub(crate) fn all(fate: Fate, mode: MemoryMode, reused: bool) -> Self {
        Self { mode, fates: [fate; 6], typed: fate, template: fate, host: false, reused }
    }
}

fn forged() -> impl Strategy<Value = Fate> {
    let small = |below: u32| prop_oneof![3 => 0..below, 1 => any::<u32>()];
    let store =
        prop_oneof![4 => Just(Whose::Own), 1 => Just(Whose::Foreign), 1 => any::<u32>().prop_map(Whose::Any)];
    let index = prop_oneof![4 => 0..12_u32, 1 => 0xF_FFFD..=0xF_FFFF_u32, 1 => 0..=0xF_FFFF_u32];
    (small(6), small(6), store, index).prop_map(|(slot, generation, store, index)| Fate::Forged {
        slot,
        generation: generation.max(1),
        store,
        index,
    })
}

/// Any case.
pub(crate) fn draw() -> impl Strategy<Value = Draw> {
    let whole = || prop_oneof![Just(Fate::Live), Just(Fate::Stale), Just(Fate::Foreign), Just(Fate::Kept)];
    let fate = || prop_oneof![4 => whole(), 3 => forged(), 2 => (0..6_usize).prop_map(Fate::Other)];
    let mode = prop_oneof![Just(MemoryMode::Guarded), Just(MemoryMode::Checked)];
    let fates = [fate(), fate(), fate(), fate(), fate(), fate()];
    (mode, fates, whole(), whole(), any::<bool>(), any::<bool>()).prop_map(
        |(mode, fates, typed, template, host, reused)| Draw { mode, fates, typed, template, host, reused },
    )
}

/// The bits of an instance, what it exports, and a host value; and what needs more than bits.
struct Family {
    bits: [u128; 6],
    host: Func,
    funcs: Vec<u128>,
    typed: TypedFunc<(), i32>,
    template: Template<u32>,
}

/// See the module.
pub(crate) struct Scene {
    pub(crate) store: Store<u32>,
    /// Keeps foreign handles from being stale too.
    _other: Store<u32>,
    live: Family,
    stale: Family,
    foreign: Family,
    kept: Family,
    /// Valid handles of all kinds.
    valid: HashSet<u128>,
    good: Arc<Good>,
    go: TypedFunc<(), ()>,
    job: Job,
    ended: Ended,
    /// So that none is forgotten by the store.
    _templates: Vec<Template<u32>>,
}

/// What makes the instances of a scene.
struct Maker {
    kit: &'static Kit,
    linker: Linker<u32>,
    given: Given,
    job: Job,
    ended: Ended,
}

impl Maker {
    fn new(mode: MemoryMode) -> Self {
        let kit = Kit::of(mode);
        let (given, job, ended) = (Given::default(), Job::default(), Ended::default());
        let mut linker = Linker::new(&kit.engine);
        let (jobs, ends) = (Arc::clone(&job), Arc::clone(&ended));
        linker
            .func("h", "go", move |mut caller: Caller<'_, u32>| {
                let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).take();
                if let Some((using, handles)) = job {
                    let result = using(&mut caller, &handles);
                    *ends.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
                }
            })
            .unwrap();
        linker.func("h", "give", typed_giver(&given)).unwrap();
        linker.func_new("h", "give_untyped", giver_type(), untyped_giver(&given)).unwrap();
        Self { kit, linker, given, job, ended }
    }

    fn family(&self, store: &mut Store<u32>, template: &Template<u32>) -> (Instance, Family) {
        let instance = store.spawn(template, 0).unwrap();
        let func = |name| instance.func(&*store, name).unwrap();
        let mut linker = Linker::new(&self.kit.engine);
        linker.instance(&*store, "x", instance).unwrap();
        let (func, funcs) = (func("f"), FUNCS.map(|name| func(name).to_bits()).into());
        let template = linker.template_in(&*store, &self.kit.user).unwrap();
        let typed = instance.typed_func(&*store, "f").unwrap();
        let memory = instance.memory(&*store, "m").unwrap().to_bits();
        let table = instance.table(&*store, "t").unwrap().to_bits();
        let global = instance.global(&*store, "g").unwrap().to_bits();
        let host = Func::host(store, || 8_i32).unwrap();
        let value = ExternRef::new(store, 9_u8).unwrap().to_bits();
        let bits = [instance.to_bits(), memory, table, global, func.to_bits(), value];
        (instance, Family { bits, host, funcs, typed, template })
    }

    /// A family that is gone, all of it.
    fn stale(&self, store: &mut Store<u32>, template: &Template<u32>) -> Family {
        let (instance, family) = self.family(store, template);
        assert_eq!(store.free(instance, Free::WhenUnreachable).unwrap(), Freed::Done);
        family.host.free(store).unwrap();
        let collected = store.collect();
        assert_eq!((collected.host_funcs, collected.externs), (1, 1));
        family
    }

    fn good(&self, store: &mut Store<u32>, family: &Family, template: &Template<u32>) -> Good {
        let [instance, memory, table, .., value] = family.bits;
        let instance = Instance::from_bits(instance).unwrap();
        let value = Val::from(ExternRef::from_bits(value).unwrap());
        let cell = |content| GlobalType { content, mutable: true };
        Good {
            instance,
            memory: Memory::from_bits(memory).unwrap(),
            table: Table::from_bits(table).unwrap(),
            // Holds the value, which would be collected otherwise.
            externs: Table::new(store, TableType::new(RefType::Extern, 1, None), value).unwrap(),
            func_cell: Global::new(store, cell(ValType::FuncRef), Val::FuncRef(None)).unwrap(),
            extern_cell: Global::new(store, cell(ValType::ExternRef), value).unwrap(),
            take: instance.typed_func(&*store, "take").unwrap(),
            f_column: template.export("f").unwrap(),
            take_column: template.export("take").unwrap(),
            give: instance.typed_func(&*store, "give").unwrap(),
            give_untyped: instance.typed_func(&*store, "give_untyped").unwrap(),
            host_give: Func::host(store, typed_giver(&self.given)).unwrap(),
            host_give_untyped: Func::host_new(store, giver_type(), untyped_giver(&self.given)).unwrap(),
            given: Arc::clone(&self.given),
            importing: self.kit.importing.clone(),
        }
    }
}

fn giver_type() -> FuncType {
    FuncType::new([], [ValType::FuncRef])
}

fn typed_giver(given: &Given) -> impl Fn() -> Option<Func> + Send + Sync + 'static {
    let given = Arc::clone(given);
    move || *given.lock().unwrap_or_else(PoisonError::into_inner)
}

fn untyped_giver(
    given: &Given,
) -> impl Fn(Caller<'_, u32>, &[Val], &mut [Val]) -> Result<(), Error> + Send + Sync + 'static {
    let give = typed_giver(given);
    move |_, _, results| {
        results[0] = Val::FuncRef(give());
        Ok(())
    }
}

impl Scene {
    pub(crate) fn new(mode: MemoryMode, reused: bool) -> Self {
        let maker = Maker::new(mode);
        let template = maker.linker.template(&maker.kit.library).unwrap();
        let (mut store, mut other) = (Store::new(&maker.kit.engine), Store::new(&maker.kit.engine));
        let early = reused.then(|| maker.stale(&mut store, &template));
        let (instance, live) = maker.family(&mut store, &template);
        let good = maker.good(&mut store, &live, &template);
        let stale = early.unwrap_or_else(|| maker.stale(&mut store, &template));
        let (zombie, kept) = maker.family(&mut store, &template);
        let mut linker = Linker::new(&maker.kit.engine);
        linker.instance(&store, "x", zombie).unwrap();
        let keeper = linker.template_in(&store, &maker.kit.keeper).unwrap();
        store.spawn(&keeper, 0).unwrap();
        assert_eq!(store.free(zombie, Free::WhenUnreachable).unwrap(), Freed::Waiting);
        let (_, foreign) = maker.family(&mut other, &template);
        let mut valid: HashSet<u128> = store.instances().map(|(one, _)| one.to_bits()).collect();
        valid.extend(store.memories().map(Memory::to_bits));
        valid.extend(store.tables().map(Table::to_bits));
        valid.extend(store.globals().map(Global::to_bits));
        valid.extend(live.funcs.iter().chain(&kept.funcs));
        let hosts = [live.host, kept.host, good.host_give, good.host_give_untyped];
        valid.extend(hosts.map(Func::to_bits));
        valid.extend([live.bits[5], kept.bits[5]]);
        let go = instance.typed_func(&store, "go").unwrap();
        let Maker { job, ended, .. } = maker;
        let (good, _templates) = (Arc::new(good), vec![template, keeper]);
        Self { store, _other: other, live, stale, foreign, kept, valid, good, go, job, ended, _templates }
    }

    fn family(&self, fate: Fate) -> &Family {
        match fate {
            Fate::Stale => &self.stale,
            Fate::Foreign => &self.foreign,
            Fate::Kept => &self.kept,
            Fate::Live | Fate::Forged { .. } | Fate::Other(_) => &self.live,
        }
    }

    fn bits(&self, kind: usize, fate: Fate, host: bool) -> u128 {
        let tag = self.live.bits[kind] >> 116;
        let index_of = |bits: u128| if kind == FUNC { bits } else { bits & !(0xF_FFFF << 96) };
        match fate {
            Fate::Forged { slot, generation, store, index } => {
                let store = match store {
                    Whose::Own => self.store_half(),
                    Whose::Foreign => low_half(self.foreign.bits[0] >> 64),
                    Whose::Any(store) => store,
                };
                let bits = u128::from(generation)
                    | u128::from(slot) << 32
                    | u128::from(store) << 64
                    | u128::from(index) << 96;
                index_of(bits) | tag << 116
            }
            Fate::Other(other) => index_of(self.live.bits[other] & !(0xFFF << 116)) | tag << 116,
            _ if kind == FUNC && host => self.family(fate).host.to_bits(),
            _ => self.family(fate).bits[kind],
        }
    }

    fn store_half(&self) -> u32 {
        low_half(self.live.bits[0] >> 64)
    }

    /// The handles of a case.
    pub(crate) fn handles(&self, draw: &Draw) -> Handles {
        let mut bits = [0; 6];
        for (kind, (bits, &fate)) in bits.iter_mut().zip(&draw.fates).enumerate() {
            *bits = self.bits(kind, fate, draw.host);
        }
        Handles {
            instance: Instance::from_bits(bits[0]).unwrap(),
            memory: Memory::from_bits(bits[1]).unwrap(),
            table: Table::from_bits(bits[2]).unwrap(),
            global: Global::from_bits(bits[3]).unwrap(),
            func: Func::from_bits(bits[FUNC]).unwrap(),
            extern_ref: ExternRef::from_bits(bits[5]).unwrap(),
            typed: self.family(draw.typed).typed,
            template: self.family(draw.template).template.clone(),
            good: Arc::clone(&self.good),
        }
    }

    /// For each handle that a use takes and that is not valid, whether it is of another store.
    pub(crate) fn invalid(&self, using: &Use, handles: &Handles, draw: &Draw) -> Vec<bool> {
        let by_bits = |bits: u128, ok: bool| (!ok).then(|| low_half(bits >> 64) != self.store_half());
        let plain = |bits: u128| by_bits(bits, self.valid.contains(&bits));
        // What a zombie's template names is all there still.
        let by_fate = |fate: Fate, kept: bool| match fate {
            Fate::Stale => Some(false),
            Fate::Kept => (!kept).then_some(false),
            Fate::Foreign => Some(true),
            _ => None,
        };
        let one = |what: &What| match what {
            What::Instance => plain(handles.instance.to_bits()),
            What::Kept => {
                let bits = handles.instance.to_bits();
                by_bits(bits, self.valid.contains(&bits) || bits == self.kept.bits[0])
            }
            What::Memory => plain(handles.memory.to_bits()),
            What::Table => plain(handles.table.to_bits()),
            What::Global => plain(handles.global.to_bits()),
            What::Func => plain(handles.func.to_bits()),
            What::Extern => plain(handles.extern_ref.to_bits()),
            What::Typed => by_fate(draw.typed, false),
            What::Template => by_fate(draw.template, true),
        };
        using.takes.iter().filter_map(one).collect()
    }

    /// Does a use inside a call of the host by the guest.
    pub(crate) fn in_call(
        &mut self,
        using: fn(&mut Caller<'_, u32>, &Handles) -> Result<(), Error>,
        handles: &Handles,
    ) -> Result<(), Error> {
        *self.job.lock().unwrap_or_else(PoisonError::into_inner) = Some((using, handles.clone()));
        self.go.call(&mut self.store, ())?;
        self.ended.lock().unwrap_or_else(PoisonError::into_inner).take().expect("the host was called")
    }
}

/// Position of functions among the kinds.
const FUNC: usize = 4;

/// The low 32 bits.
fn low_half(bits: u128) -> u32 {
    u32::try_from(bits & 0xFFFF_FFFF).unwrap()
}
