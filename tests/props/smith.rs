//! Whole modules that nobody wrote: results, traps, globals, memories and tables as in wasmi, and the same on every machine.
//!
//! Each module's answers are compared with the oracle's in this process, and summed up in one number per block of seeds. The
//! numbers are in `smith-answers.txt`, which every architecture must reproduce: modules, and what is seen of them, bit by bit.
//! A wrong number with right comparisons means that the modules are others, or that the oracle is wrong along with us.
//!
//! `SKEP_PROPS_REPORT` asks for how much was done. `SKEP_SMITH_CASES` sets how many modules are tried, `SKEP_SMITH_FIRST` the first seed, `SKEP_SMITH_KEEP` a folder for modules
//! that differ. `SKEP_SMITH_ANSWERS` names a file for the numbers of all blocks: it is written if there is none, else compared.
//! By hand, on one machine and then on another, with the file carried over:
//! `SKEP_SMITH_CASES=20000 SKEP_SMITH_ANSWERS=answers.txt cargo test --release --test props smith::`.
//! After a change of what modules there are, `BLESS=1 cargo test --test props smith::` writes `smith-answers.txt` anew.

use std::hash::Hash;
use std::io::{self, Write};

use skep::{Engine, Extern, Instance, Linker, Module, Store, Trap, Val};

use crate::answers::{self, Sum};
use crate::oracle::{engines, is_oracle_trap, oracle_trap};
use crate::random::{Random, cases, smith};
use crate::table::Ty;

/// A value as both sides express it: its type and its bits, or whether a reference is null.
#[derive(Clone, Copy, Debug, PartialEq, Hash)]
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
#[derive(Debug, PartialEq, Hash)]
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

/// How far the modules got.
#[derive(Default)]
struct Tally {
    instances: u64,
    calls: u64,
    traps: u64,
    /// Comparisons that ended since a stack was too small, here alone and at all.
    exhausted_here: u64,
    exhausted: u64,
}

/// What one module answered.
type Answers = Vec<Answer>;

/// An outcome and what it left behind.
#[derive(Hash)]
enum Answer {
    Spawned(Result<(), Trap>),
    Called(Outcome),
    State(State),
}

/// Both sides of a module.
struct Pair {
    ours: Ours,
    oracle: Oracle,
}

/// The comparison of one module under one engine.
struct Comparison<'a> {
    engine: &'a Engine,
    wasm: &'a [u8],
    tally: &'a mut Tally,
    answers: Answers,
}

impl Comparison<'_> {
    /// Every function on one instance, then each on its own; the first difference.
    fn run(&mut self, seed: u64) -> Result<(), String> {
        let Some(mut shared) = self.spawn()? else { return Ok(()) };
        let exports = exports(&shared.ours.instance.module(&shared.ours.store).unwrap());
        let mut random = Random::new(!seed);
        let mut params = |types: &[skep::ValType]| -> Vec<Val> {
            types.iter().map(|&ty| nasty(&mut random, ty)).collect()
        };
        for (name, types) in &exports.funcs {
            if !self.call(&mut shared, name, &params(types), &exports.others)? {
                break;
            }
        }
        for (name, types) in &exports.funcs {
            let Some(mut own) = self.spawn()? else { return Ok(()) };
            for _ in 0..3 {
                if !self.call(&mut own, name, &params(types), &exports.others)? {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Instances, unless spawning one ends as it should, by a trap on both sides, or by a stack that is too small on one.
    fn spawn(&mut self) -> Result<Option<Pair>, String> {
        let pair = match (Ours::new(self.engine, self.wasm), Oracle::new(self.wasm)) {
            (Ok(ours), Ok(oracle)) => Some(Pair { ours, oracle }),
            (ours, oracle) => {
                let (ours, oracle) = (ours.err(), oracle.err());
                if self.is_exhausted(ours, oracle.flatten()) {
                    return Ok(None);
                }
                match (ours, oracle) {
                    (Some(trap), Some(oracle)) if oracle.is_none_or(|oracle| oracle == trap) => {
                        self.answers.push(Answer::Spawned(Err(trap)));
                    }
                    _ => return Err(format!("spawn: {ours:?}, not {oracle:?}")),
                }
                return Ok(None);
            }
        };
        self.tally.instances += 1;
        self.answers.push(Answer::Spawned(Ok(())));
        Ok(pair)
    }

    /// Whether the comparison has to end, since a stack was too small.
    fn is_exhausted(&mut self, ours: Option<Trap>, oracle: Option<Trap>) -> bool {
        let [here, there] = [ours, oracle].map(|trap| trap == Some(Trap::CallStackExhausted));
        self.tally.exhausted_here += u64::from(here && !there);
        self.tally.exhausted += u64::from(here || there);
        here || there
    }

    /// Calls a function and compares everything that can be seen. False when the comparison has to end.
    fn call(
        &mut self,
        pair: &mut Pair,
        name: &str,
        params: &[Val],
        others: &[String],
    ) -> Result<bool, String> {
        let found = pair.ours.call(name, params);
        let expected = pair.oracle.call(name, params);
        self.tally.calls += 1;
        self.tally.traps += u64::from(expected.is_err());
        if self.is_exhausted(found.as_ref().err().copied(), expected.as_ref().err().copied()) {
            return Ok(false);
        }
        if found != expected {
            return Err(format!("{name}{params:?} gives {found:x?}, not {expected:x?}"));
        }
        self.answers.push(Answer::Called(found));
        for other in others {
            let (found, expected) = (pair.ours.state(other), pair.oracle.state(other));
            if found != expected {
                return Err(format!("after {name}{params:?} {other} is {found:x?}, not {expected:x?}"));
            }
            self.answers.push(Answer::State(found));
        }
        Ok(true)
    }
}

/// Compares one module under every engine: the number of its answers, or the first difference.
fn compare(engines: &[(String, Engine)], wasm: &[u8], seed: u64, tally: &mut Tally) -> Result<u64, String> {
    let mut sums = Vec::new();
    for (name, engine) in engines {
        let mut comparison = Comparison { engine, wasm, tally, answers: Answers::new() };
        comparison.run(seed).map_err(|difference| format!("seed {seed}, {name}: {difference}"))?;
        sums.push(Sum::of((wasm, &comparison.answers)));
    }
    if sums.iter().any(|sum| *sum != sums[0]) {
        return Err(format!("seed {seed}: answers by engine {sums:x?}"));
    }
    Ok(sums[0])
}

/// Numbers of blocks as they must be on every machine.
const ANSWERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/props/smith-answers.txt");

/// How many modules are tried if nobody says how many.
const CASES: u64 = 500;

/// Compares with the files that keep numbers, or writes them.
fn check_answers(found: &str, is_default: bool) {
    if is_default && std::env::var_os("BLESS").is_some() {
        std::fs::write(ANSWERS, found).unwrap();
    }
    let kept = std::fs::read_to_string(ANSWERS).unwrap();
    let (wrong, same) = answers::differences(found, &kept);
    assert!(wrong.is_empty(), "other answers than kept: {wrong:#?}");
    assert!(!is_default || same == kept.lines().count(), "{same} blocks of {ANSWERS} were compared");
    let Some(path) = std::env::var_os("SKEP_SMITH_ANSWERS") else { return };
    let Ok(kept) = std::fs::read_to_string(&path) else { return std::fs::write(&path, found).unwrap() };
    let (wrong, same) = answers::differences(found, &kept);
    assert!(wrong.is_empty(), "other answers than on another machine: {wrong:#?}");
    assert!(same > 0, "{} has no block of those tried", path.display());
}

#[test]
fn whole_modules_behave_as_in_the_oracle() {
    let engines = engines();
    let (first, count) = (cases("SKEP_SMITH_FIRST", 0), cases("SKEP_SMITH_CASES", CASES));
    let mut tally = Tally::default();
    let mut wrong = Vec::new();
    let mut sums = Vec::new();
    for seed in first..first + count {
        let Some(wasm) = smith(&mut Random::new(seed)) else {
            sums.push(0);
            continue;
        };
        match compare(&engines, &wasm, seed, &mut tally) {
            Ok(sum) => sums.push(sum),
            Err(difference) => {
                if let Ok(folder) = std::env::var("SKEP_SMITH_KEEP") {
                    std::fs::write(format!("{folder}/smith-{seed}.wasm"), &wasm).unwrap();
                }
                wrong.push(difference);
            }
        }
    }
    let Tally { instances, calls, traps, exhausted_here, exhausted } = tally;
    let summary = format!(
        "{instances} instances, {calls} calls, {traps} traps, {exhausted} exhausted, {exhausted_here} here alone"
    );
    if std::env::var_os("SKEP_PROPS_REPORT").is_some() {
        writeln!(io::stderr(), "{count} modules from {first}: {summary}").unwrap();
    }
    assert!(instances >= count && calls > count, "too few modules did anything: {summary}");
    let shown: Vec<String> = wrong.iter().take(20).map(|line| line.chars().take(600).collect()).collect();
    assert!(wrong.is_empty(), "{} differences ({summary}):\n{}", wrong.len(), shown.join("\n"));
    check_answers(&answers::text(first, &sums), (first, count) == (0, CASES));
}
