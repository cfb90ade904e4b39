//! Whole modules that nobody wrote: results, traps, globals, memories and tables as in wasmi.
//!
//! `SKEP_SMITH_CASES` sets how many modules are tried, `SKEP_SMITH_FIRST` the first seed.

use skep::{Engine, Extern, Instance, Linker, Module, Store, Trap, Val};

use crate::oracle::{engines, is_oracle_trap, oracle_trap};
use crate::random::{Random, cases, smith};
use crate::table::Ty;

/// A value as both sides express it: its type and its bits, or whether a reference is null.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Seen {
    I32(i32),
    I64(i64),
    F32(u32),
    F64(u64),
    Null(bool),
}

impl From<&Val> for Seen {
    fn from(val: &Val) -> Self {
        match *val {
            Val::I32(value) => Self::I32(value),
            Val::I64(value) => Self::I64(value),
            Val::F32(value) => Self::F32(value.to_bits()),
            Val::F64(value) => Self::F64(value.to_bits()),
            Val::FuncRef(func) => Self::Null(func.is_none()),
            Val::ExternRef(value) => Self::Null(value.is_none()),
            Val::V128(_) => unreachable!("vectors are off"),
        }
    }
}

impl From<&wasmi::Val> for Seen {
    fn from(val: &wasmi::Val) -> Self {
        match val {
            wasmi::Val::I32(value) => Self::I32(*value),
            wasmi::Val::I64(value) => Self::I64(*value),
            wasmi::Val::F32(value) => Self::F32(value.to_bits()),
            wasmi::Val::F64(value) => Self::F64(value.to_bits()),
            wasmi::Val::FuncRef(func) => Self::Null(func.is_null()),
            wasmi::Val::ExternRef(value) => Self::Null(value.is_null()),
            wasmi::Val::V128(_) => unreachable!("vectors are off"),
        }
    }
}

fn oracle_value(val: Val) -> wasmi::Val {
    match val {
        Val::I32(value) => wasmi::Val::I32(value),
        Val::I64(value) => wasmi::Val::I64(value),
        Val::F32(value) => wasmi::Val::F32(value.into()),
        Val::F64(value) => wasmi::Val::F64(value.into()),
        Val::FuncRef(_) => wasmi::Val::default(wasmi::ValType::FuncRef),
        Val::ExternRef(_) => wasmi::Val::default(wasmi::ValType::ExternRef),
        Val::V128(_) => unreachable!("vectors are off"),
    }
}

/// How a call ended.
type Outcome = Result<Vec<Seen>, Trap>;

/// What a module makes visible.
#[derive(Debug, PartialEq)]
enum State {
    Global(Seen),
    Memory(u64, u64),
    Table(Vec<Seen>),
}

/// One side.
trait Side {
    fn call(&mut self, name: &str, params: &[Val]) -> Outcome;
    fn state(&mut self, name: &str) -> State;
}

struct Ours {
    store: Store<()>,
    instance: Instance,
}

impl Ours {
    fn new(engine: &Engine, wasm: &[u8]) -> Result<Self, Trap> {
        let module = Module::new(engine, wasm).unwrap();
        let mut store = Store::new(engine);
        let template = Linker::new(engine).template(&module).unwrap();
        let instance = store.spawn(&template, ()).map_err(|error| our_trap(&error))?;
        Ok(Self { store, instance })
    }
}

/// As [`crate::oracle::our_trap`], with one code for every access past the end of a table, as wasmi has it.
fn our_trap(error: &skep::Error) -> Trap {
    match crate::oracle::our_trap(error) {
        Trap::UndefinedElement => Trap::OutOfBoundsTableAccess,
        other => other,
    }
}

impl Side for Ours {
    fn call(&mut self, name: &str, params: &[Val]) -> Outcome {
        let func = self.instance.func(&self.store, name).unwrap();
        let found = func.call(&mut self.store, params).map_err(|error| our_trap(&error))?;
        Ok(found.iter().map(Seen::from).collect())
    }

    fn state(&mut self, name: &str) -> State {
        let store = &self.store;
        match self.instance.export(store, name).unwrap().unwrap() {
            Extern::Global(global) => State::Global(Seen::from(&global.get(store).unwrap())),
            Extern::Memory(memory) => {
                State::Memory(memory.size(store).unwrap(), hash(memory.data(store).unwrap()))
            }
            Extern::Table(table) => {
                let get = |index| Seen::from(&table.get(store, index).unwrap());
                State::Table((0..table.size(store).unwrap()).map(get).collect())
            }
            Extern::Func(_) => unreachable!("functions have no state"),
        }
    }
}

/// More calls than the fuel of a generated module pays for.
const RECURSION_MAX: usize = 10_000;

struct Oracle {
    store: wasmi::Store<()>,
    instance: wasmi::Instance,
}

impl Oracle {
    fn new(wasm: &[u8]) -> Result<Self, Option<Trap>> {
        let mut config = wasmi::Config::default();
        config.set_max_recursion_depth(RECURSION_MAX).set_max_stack_height(1 << 22);
        let engine = wasmi::Engine::new(&config);
        let module = wasmi::Module::new(&engine, wasm).unwrap();
        let mut store = wasmi::Store::new(&engine, ());
        let instance = wasmi::Linker::new(&engine)
            .instantiate_and_start(&mut store, &module)
            .map_err(|error| is_oracle_trap(&error).then(|| oracle_trap(&error)))?;
        Ok(Self { store, instance })
    }
}

impl Side for Oracle {
    fn call(&mut self, name: &str, params: &[Val]) -> Outcome {
        let func = self.instance.get_func(&self.store, name).unwrap();
        let params: Vec<_> = params.iter().copied().map(oracle_value).collect();
        let mut results: Vec<_> =
            func.ty(&self.store).results().iter().map(|&ty| wasmi::Val::default(ty)).collect();
        func.call(&mut self.store, &params, &mut results).map_err(|error| oracle_trap(&error))?;
        Ok(results.iter().map(Seen::from).collect())
    }

    fn state(&mut self, name: &str) -> State {
        let store = &self.store;
        match self.instance.get_export(store, name).unwrap() {
            wasmi::Extern::Global(global) => State::Global(Seen::from(&global.get(store))),
            wasmi::Extern::Memory(memory) => State::Memory(memory.size(store), hash(memory.data(store))),
            wasmi::Extern::Table(table) => {
                let get = |index| Seen::from(&table.get(store, index).unwrap());
                State::Table((0..table.size(store)).map(get).collect())
            }
            wasmi::Extern::Func(_) => unreachable!("functions have no state"),
        }
    }
}

fn hash(bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<8>();
    let start = rest.iter().fold(1, |hash: u64, &byte| hash.rotate_left(9) ^ u64::from(byte));
    words.iter().fold(start, |hash, &word| {
        (hash.rotate_left(5) ^ u64::from_le_bytes(word)).wrapping_mul(0x9E37_79B9_7F4A_7C15)
    })
}

/// What is exported: functions with their parameters, and names of everything else.
struct Exports {
    funcs: Vec<(String, Vec<skep::ValType>)>,
    others: Vec<String>,
}

fn exports(module: &Module) -> Exports {
    let mut found = Exports { funcs: Vec::new(), others: Vec::new() };
    for export in module.exports() {
        match export.ty {
            skep::ExternType::Func(ty) => found.funcs.push((export.name.to_owned(), ty.params.to_vec())),
            _ => found.others.push(export.name.to_owned()),
        }
    }
    found
}

fn nasty(random: &mut Random, ty: skep::ValType) -> Val {
    #[expect(clippy::cast_possible_truncation, reason = "bits of narrow types are their low half")]
    let of = |bits: u64| match ty {
        skep::ValType::I32 => Val::I32(bits as i32),
        skep::ValType::I64 => Val::I64(bits.cast_signed()),
        skep::ValType::F32 => Val::F32(f32::from_bits(bits as u32)),
        skep::ValType::F64 => Val::F64(f64::from_bits(bits)),
        other => Val::default_of(other),
    };
    let values = match ty {
        skep::ValType::F32 => Ty::F32.values(),
        skep::ValType::F64 => Ty::F64.values(),
        skep::ValType::I32 => Ty::I32.values(),
        _ => Ty::I64.values(),
    };
    of(random.pick(&values))
}

/// How far one module got.
#[derive(Default)]
struct Tally {
    modules: u64,
    calls: u64,
    traps: u64,
}

/// Both sides of a module.
struct Pair {
    ours: Ours,
    oracle: Oracle,
}

impl Pair {
    /// Instances, unless spawning one ends as it should, by a trap on both sides, or by a stack that is too small on one.
    fn spawn(engine: &Engine, wasm: &[u8]) -> Result<Option<Self>, String> {
        match (Ours::new(engine, wasm), Oracle::new(wasm)) {
            (Ok(ours), Ok(oracle)) => Ok(Some(Self { ours, oracle })),
            (Err(ours), Err(oracle)) if oracle.is_none_or(|oracle| oracle == ours) => Ok(None),
            (Err(Trap::CallStackExhausted), _) | (_, Err(Some(Trap::CallStackExhausted))) => Ok(None),
            (ours, oracle) => Err(format!("spawn: {:?}, not {:?}", ours.err(), oracle.err())),
        }
    }

    /// Calls a function and compares everything that can be seen. False when the comparison has to end.
    fn call(
        &mut self,
        name: &str,
        params: &[Val],
        others: &[String],
        tally: &mut Tally,
    ) -> Result<bool, String> {
        let found = self.ours.call(name, params);
        let expected = self.oracle.call(name, params);
        tally.calls += 1;
        tally.traps += u64::from(expected.is_err());
        if [&found, &expected].contains(&&Err(Trap::CallStackExhausted)) {
            return Ok(false);
        }
        if found != expected {
            return Err(format!("{name}{params:?} gives {found:x?}, not {expected:x?}"));
        }
        for other in others {
            let (found, expected) = (self.ours.state(other), self.oracle.state(other));
            if found != expected {
                return Err(format!("after {name}{params:?} {other} is {found:x?}, not {expected:x?}"));
            }
        }
        Ok(true)
    }
}

/// Compares one module under one engine: every function on one instance, then each on its own; the first difference.
fn compare(engine: &Engine, wasm: &[u8], seed: u64, tally: &mut Tally) -> Result<(), String> {
    let Some(mut shared) = Pair::spawn(engine, wasm)? else { return Ok(()) };
    tally.modules += 1;
    let exports = exports(&shared.ours.instance.module(&shared.ours.store).unwrap());
    let mut random = Random::new(!seed);
    let mut params =
        |types: &[skep::ValType]| -> Vec<Val> { types.iter().map(|&ty| nasty(&mut random, ty)).collect() };
    for (name, types) in &exports.funcs {
        if !shared.call(name, &params(types), &exports.others, tally)? {
            break;
        }
    }
    for (name, types) in &exports.funcs {
        let Some(mut own) = Pair::spawn(engine, wasm)? else { return Ok(()) };
        for _ in 0..3 {
            if !own.call(name, &params(types), &exports.others, tally)? {
                break;
            }
        }
    }
    Ok(())
}

#[test]
fn whole_modules_behave_as_in_the_oracle() {
    let engines = engines();
    let first = cases("SKEP_SMITH_FIRST", 0);
    let count = cases("SKEP_SMITH_CASES", 300);
    let mut tally = Tally::default();
    let mut wrong = Vec::new();
    for seed in first..first + count {
        let mut random = Random::new(seed);
        let Some(wasm) = smith(&mut random) else { continue };
        for (name, engine) in &engines {
            if let Err(difference) = compare(engine, &wasm, seed, &mut tally) {
                if let Ok(folder) = std::env::var("SKEP_SMITH_KEEP") {
                    std::fs::write(format!("{folder}/smith-{seed}.wasm"), &wasm).unwrap();
                }
                wrong.push(format!("seed {seed}, {name}: {difference}"));
            }
        }
    }
    let Tally { modules, calls, traps } = tally;
    let summary = format!("{modules} instances, {calls} calls, {traps} traps");
    assert!(modules >= count && calls > count, "too few modules did anything: {summary}");
    let shown: Vec<String> = wrong.iter().take(20).map(|line| line.chars().take(600).collect()).collect();
    assert!(wrong.is_empty(), "{} differences ({summary}):\n{}", wrong.len(), shown.join("\n"));
}
