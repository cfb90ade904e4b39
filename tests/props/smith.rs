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
    fn new(module: &Module) -> Result<Self, Option<Trap>> {
        let engine = module.engine();
        let mut store = Store::new(engine);
        let template = Linker::new(engine).template(module).unwrap();
        let instance = store.spawn(&template, ()).map_err(|error| Some(our_trap(&error)))?;
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
    /// The module in wasmi.
    fn module(wasm: &[u8]) -> wasmi::Module {
        let mut config = wasmi::Config::default();
        config.set_max_recursion_depth(RECURSION_MAX).set_max_stack_height(1 << 22);
        wasmi::Module::new(&wasmi::Engine::new(&config), wasm).unwrap()
    }

    /// An instance, or the trap or another error that there is instead.
    fn new(module: &wasmi::Module) -> Result<Self, Option<Trap>> {
        let mut store = wasmi::Store::new(module.engine(), ());
        let instance = wasmi::Linker::new(module.engine())
            .instantiate_and_start(&mut store, module)
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

/// A call.
struct Step {
    name: String,
    params: Vec<Val>,
}

/// What is done with a module: calls by instance, and what is looked at after each of them.
struct Script {
    instances: Vec<Vec<Step>>,
    others: Vec<String>,
}

impl Script {
    /// Every function on one instance, then each on its own.
    fn new(module: &Module, seed: u64) -> Self {
        let mut random = Random::new(!seed);
        let (mut funcs, mut others) = (Vec::new(), Vec::new());
        for export in module.exports() {
            match export.ty {
                skep::ExternType::Func(ty) => funcs.push((export.name, ty.params.to_vec())),
                _ => others.push(export.name.to_owned()),
            }
        }
        let mut step = |(name, types): &(&str, Vec<skep::ValType>)| Step {
            name: (*name).to_owned(),
            params: types.iter().map(|&ty| nasty(&mut random, ty)).collect(),
        };
        let mut instances = vec![funcs.iter().map(&mut step).collect()];
        instances.extend(funcs.iter().map(|func| (0..3).map(|_| step(func)).collect::<Vec<_>>()));
        Self { instances, others }
    }

    /// What it gives on one side. A stack that is too small ends an instance, and one that cannot be made ends the script.
    fn run<S: Side>(&self, spawn: impl Fn() -> Result<S, Option<Trap>>) -> Vec<Vec<Answer>> {
        let mut all = Vec::new();
        for steps in &self.instances {
            let mut side = match spawn() {
                Ok(side) => side,
                Err(trap) => {
                    all.push(vec![Answer::Failed(trap)]);
                    break;
                }
            };
            let mut answers = Vec::new();
            for Step { name, params } in steps {
                let outcome = side.call(name, params);
                let exhausted = outcome == Err(Trap::CallStackExhausted);
                answers.push(Answer::Called(outcome));
                if exhausted {
                    break;
                }
                answers.extend(self.others.iter().map(|other| Answer::State(side.state(other))));
            }
            all.push(answers);
        }
        all
    }

    /// What led to an answer of an instance.
    fn place(&self, instance: usize, answer: usize) -> String {
        let per_step = 1 + self.others.len();
        let Step { name, params } = &self.instances[instance][answer / per_step];
        match answer % per_step {
            0 => format!("{name}{params:?}"),
            other => format!("after {name}{params:?} {}", self.others[other - 1]),
        }
    }
}

/// What one side shows.
#[derive(Debug, PartialEq, Hash)]
enum Answer {
    /// There is no instance: a trap, or an error that the oracle has for some of them.
    Failed(Option<Trap>),
    Called(Outcome),
    State(State),
}

impl Answer {
    fn is_exhausted(&self) -> bool {
        let trap = Trap::CallStackExhausted;
        *self == Self::Called(Err(trap)) || *self == Self::Failed(Some(trap))
    }

    /// Whether it is as the oracle's.
    fn is_as(&self, oracle: &Self) -> bool {
        self == oracle || matches!((self, oracle), (Self::Failed(Some(_)), Self::Failed(None)))
    }
}

/// How far the modules got.
#[derive(Default)]
struct Tally {
    instances: usize,
    calls: usize,
    traps: usize,
    /// Comparisons that ended since a stack was too small on one side.
    exhausted: usize,
}

impl Tally {
    fn count(&mut self, found: &[Vec<Answer>]) {
        self.instances += found.len();
        for answer in found.iter().flatten() {
            self.calls += usize::from(matches!(answer, Answer::Called(_)));
            self.traps += usize::from(matches!(answer, Answer::Called(Err(_))));
        }
    }
}

/// The number of what was found, or the first difference. Whatever an instance answers after a stack that is too small does not
/// count; without one, both sides have as many answers.
fn compare(
    script: &Script,
    found: &[Vec<Answer>],
    expected: &[Vec<Answer>],
    tally: &mut Tally,
) -> Result<u64, String> {
    let mut same = Vec::new();
    for (instance, (found, expected)) in found.iter().zip(expected).enumerate() {
        let exhausted =
            |(found, expected): &(&Answer, &Answer)| found.is_exhausted() || expected.is_exhausted();
        let len = found.iter().zip(expected).position(|pair| exhausted(&pair));
        tally.exhausted += usize::from(len.is_some());
        let len = len.unwrap_or(found.len().max(expected.len()));
        for answer in 0..len {
            match (found.get(answer), expected.get(answer)) {
                (Some(found), Some(expected)) if found.is_as(expected) => {}
                (found, expected) => {
                    let place = script.place(instance, answer);
                    return Err(format!("{place} gives {found:x?}, not {expected:x?}"));
                }
            }
        }
        same.push(&found[..len]);
    }
    Ok(Sum::of(same))
}

/// Compares one module under every engine: the number of the module and its answers, or the first difference.
fn check(engines: &[(String, Engine)], wasm: &[u8], seed: u64, tally: &mut Tally) -> Result<u64, String> {
    let script = Script::new(&Module::new(&engines[0].1, wasm).unwrap(), seed);
    let oracle = Oracle::module(wasm);
    let expected = script.run(|| Oracle::new(&oracle));
    let mut sums = Vec::new();
    for (name, engine) in engines {
        let module = Module::new(engine, wasm).unwrap();
        let found = script.run(|| Ours::new(&module));
        tally.count(&found);
        let sum = compare(&script, &found, &expected, tally);
        sums.push(sum.map_err(|difference| format!("seed {seed}, {name}: {difference}"))?);
    }
    if sums.iter().any(|sum| *sum != sums[0]) {
        return Err(format!("seed {seed}: answers by engine {sums:x?}"));
    }
    Ok(Sum::of((wasm, sums[0])))
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
        match check(&engines, &wasm, seed, &mut tally) {
            Ok(sum) => sums.push(sum),
            Err(difference) => {
                if let Ok(folder) = std::env::var("SKEP_SMITH_KEEP") {
                    std::fs::write(format!("{folder}/smith-{seed}.wasm"), &wasm).unwrap();
                }
                wrong.push(difference);
            }
        }
    }
    let Tally { instances, calls, traps, exhausted } = tally;
    let summary = format!("{instances} instances, {calls} calls, {traps} traps, {exhausted} exhausted");
    if std::env::var_os("SKEP_PROPS_REPORT").is_some() {
        writeln!(io::stderr(), "{count} modules from {first}: {summary}").unwrap();
    }
    assert!(sums.len() <= instances && sums.len() < calls, "too few modules did anything: {summary}");
    let shown: Vec<String> = wrong.iter().take(20).map(|line| line.chars().take(600).collect()).collect();
    assert!(wrong.is_empty(), "{} differences ({summary}):\n{}", wrong.len(), shown.join("\n"));
    check_answers(&answers::text(first, &sums), (first, count) == (0, CASES));
}
