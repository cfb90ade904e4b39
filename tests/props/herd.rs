//! Many at once is what one after the other is: a store that is given batches and columns, beside one that is given single calls.
//!
//! The second store has a hook, so that nothing of it takes the short way either. Whatever both are asked, they answer the same.
//!
//! `SKEP_HERD_CASES` sets the number of sequences, `SKEP_HERD_OPS` their length.

use std::mem::{Discriminant, discriminant};
use std::time::Duration;

use skep::{
    Caller, Column, Config, Engine, Error, Extern, Free, Freed, Instance, Linker, MemoryMode, Module, Stats,
    Store, StoreLimits, Template, Trap,
};

use crate::random::{Random, cases};

/// What all guests have: `go` changes something and tells what it was.
const GUESTS: [&str; 9] = [
    r#"(module (func (export "go") (param i32) (result i32) (i32.div_u (i32.const 100) (local.get 0))))"#,
    r#"(module (global $g (mut i32) (i32.const 3)) (func (export "go") (param i32) (result i32)
        (global.set $g (i32.add (global.get $g) (local.get 0))) (global.get $g)))"#,
    // A fixed table, of own functions and one of the host.
    r#"(module (import "h" "num" (func $num (result i32))) (type $t (func (result i32)))
        (table 7 9 funcref) (elem (i32.const 1) $one $num $other) (elem declare func $one)
        (func $one (result i32) (i32.const 11)) (func $other (param i64))
        (func (export "go") (param i32) (result i32) (call_indirect (type $t) (i32.and (local.get 0) (i32.const 7)))))"#,
    // Memory and data, which grows now and then, and is written far out.
    r#"(module (memory (export "m") 1 4) (data (i32.const 5) "abc") (func (export "go") (param i32) (result i32)
        (drop (memory.grow (i32.eq (local.get 0) (i32.const 6))))
        (i32.store (i32.sub (i32.shl (memory.size) (i32.const 16)) (i32.const 4)) (local.get 0))
        (i32.store (i32.const 40) (i32.add (i32.load (i32.const 40)) (i32.const 1)))
        (i32.add (i32.load (i32.const 40)) (i32.load (i32.const 5)))))"#,
    // A table that grows and is written.
    r#"(module (type $t (func (result i32))) (table $a 2 6 funcref) (table $b 1 1 externref)
        (elem $a (i32.const 0) func $one $one)
        (func $one (result i32) (table.size $a))
        (func (export "go") (param i32) (result i32)
            (drop (table.grow $a (ref.func $one) (i32.eq (local.get 0) (i32.const 5))))
            (table.set $a (i32.and (local.get 0) (i32.const 1)) (ref.null func))
            (call_indirect $a (type $t) (i32.and (local.get 0) (i32.const 3)))))"#,
    // A start that fails for some data, after it has written.
    r#"(module (import "h" "num" (func $num (result i32))) (import "h" "end" (func $end (param i32)))
        (memory 1) (global $g (mut funcref) (ref.func $start))
        (func $start (i32.store (i32.const 1000) (i32.const -1))
            (if (i32.eq (call $num) (i32.const 7)) (then (unreachable)))
            (if (i32.eq (call $num) (i32.const 6)) (then (call $end (i32.const 66)))))
        (start $start)
        (func (export "go") (param i32) (result i32)
            (if (i32.eq (local.get 0) (i32.const 3)) (then (call $end (i32.const 5))))
            (i32.load (i32.const 1000))))"#,
    // Imports another's memory and mutable global: an island with it.
    r#"(module (import "s" "m" (memory 1)) (import "s" "g" (global $g (mut i32))) (import "s" "k" (global $k i32))
        (func (export "go") (param i32) (result i32)
            (i32.store (i32.const 8) (i32.add (i32.load (i32.const 8)) (local.get 0)))
            (global.set $g (i32.mul (global.get $g) (i32.const 3)))
            (i32.add (i32.add (i32.load (i32.const 8)) (global.get $g)) (global.get $k))))"#,
    // A fixed table of another's functions.
    r#"(module (import "s" "f" (func $f (result i32))) (type $t (func (result i32)))
        (table 4 4 funcref) (elem (i32.const 0) $f $f $own) (func $own (result i32) (i32.const 4))
        (func (export "go") (param i32) (result i32) (call_indirect (type $t) (i32.and (local.get 0) (i32.const 3)))))"#,
    // Who is imported from.
    r#"(module (memory (export "m") 1 2) (global (export "g") (mut i32) (i32.const 1)) (global (export "k") i32 (i32.const 9))
        (global $n (mut i32) (i32.const 0))
        (func $f (export "f") (result i32) (global.set $n (i32.add (global.get $n) (i32.const 1))) (global.get $n))
        (func (export "go") (param i32) (result i32) (i32.add (call $f) (i32.load (i32.const 8)))))"#,
];
/// How many there may be at once, of all.
const INSTANCES_MAX: usize = 300;
/// The one whose start may fail.
const STARTER: usize = 5;
/// The one that is imported from, and those that import.
const SOURCE: usize = 8;
const IMPORTERS: std::ops::Range<usize> = 6..8;

/// What became of something.
#[derive(Clone, Debug, PartialEq)]
enum Answer<R> {
    Is(R),
    Trapped(Trap),
    Failed(Discriminant<Error>),
    AtItem(usize, Box<Self>),
}

fn answer<R>(result: Result<R, Error>) -> Answer<R> {
    match result {
        Ok(is) => Answer::Is(is),
        Err(Error::Batch(error)) => Answer::AtItem(error.index, Box::new(answer(Err(error.cause)))),
        Err(error) => failed(&error),
    }
}

fn failed<R>(error: &Error) -> Answer<R> {
    error.trap().map_or_else(|| Answer::Failed(discriminant(error)), Answer::Trapped)
}

/// One store, its templates, and its instances by number.
struct Side {
    store: Store<i32>,
    linker: Linker<i32>,
    modules: Vec<Module>,
    templates: Vec<Option<Template<i32>>>,
    columns: Vec<Option<Column<i32, i32>>>,
    all: Vec<Option<(usize, Instance)>>,
}

impl Side {
    fn new(engine: &Engine) -> Self {
        let mut linker = Linker::new(engine);
        linker.func("h", "num", |caller: Caller<'_, i32>| *caller.data()).unwrap();
        let end = |caller: Caller<'_, i32>, code: u32| -> Result<(), Error> { Err(caller.exit(code)) };
        linker.func("h", "end", end).unwrap();
        let modules = GUESTS.map(|text| Module::new(engine, text).unwrap()).to_vec();
        let mut side = Self {
            store: Store::new(engine),
            linker,
            modules,
            templates: vec![None; GUESTS.len()],
            columns: vec![None; GUESTS.len()],
            all: Vec::new(),
        };
        for guest in (0..GUESTS.len()).filter(|guest| !IMPORTERS.contains(guest)) {
            side.make_template(guest);
        }
        side
    }

    fn make_template(&mut self, guest: usize) {
        let template = self.linker.template_in(&self.store, &self.modules[guest]).unwrap();
        let column = template.export("go").unwrap();
        column.expect_cost(Duration::from_millis(1));
        (self.templates[guest], self.columns[guest]) = (Some(template), Some(column));
    }

    /// From now on importers import from this instance, if it is one to import from.
    fn import_from(&mut self, number: usize) {
        if let Some((SOURCE, instance)) = self.all[number]
            && self.linker.instance(&self.store, "s", instance).is_ok()
        {
            IMPORTERS.for_each(|guest| self.make_template(guest));
        }
    }

    fn rows(&self) -> Stats {
        Stats { code_bytes: 0, islands: 0, retired_slots: 0, ..self.store.stats() }
    }

    fn handle(&self, number: usize) -> Option<Instance> {
        self.all.get(number).copied().flatten().map(|(_, instance)| instance)
    }

    /// All that can be seen of an instance.
    fn state(&self, number: usize) -> Option<String> {
        let instance = self.handle(number)?;
        let Ok(data) = self.store.data(instance) else { return Some("stale".into()) };
        let exports = instance.exports(&self.store).unwrap().into_iter().map(|(name, item)| match item {
            Extern::Memory(memory) => {
                let bytes = memory.data(&self.store).unwrap();
                let set: Vec<_> = bytes.iter().enumerate().filter(|(_, byte)| **byte != 0).collect();
                format!("{name} {} {set:?}", bytes.len())
            }
            Extern::Global(global) => format!("{name} {:?}", global.get(&self.store).unwrap()),
            _ => String::new(),
        });
        Some(format!(
            "{data} {:?} {:?}",
            instance.exit_code(&self.store).unwrap(),
            exports.collect::<Vec<_>>()
        ))
    }
}

/// Makes many of one template, at once or one by one.
fn spawn(side: &mut Side, guest: usize, data: &[i32], at_once: bool) -> Answer<()> {
    let Some(template) = &side.templates[guest] else { return Answer::Is(()) };
    let mut made = Vec::new();
    let ended = if at_once {
        answer(side.store.spawn_batch(template, data.iter().copied()).map(|all| made = all))
    } else {
        let mut one = |data: &i32| answer(side.store.spawn(template, *data).map(|one| made.push(one)));
        let mut failed = data.iter().enumerate().map(|(index, data)| (index, one(data)));
        let failed = failed.find(|(_, ended)| *ended != Answer::Is(()));
        if failed.is_some() {
            made.drain(..).rev().for_each(|one| drop(side.store.free(one, Free::WhenUnreachable)));
        }
        failed.map_or(Answer::Is(()), |(index, failed)| Answer::AtItem(index, Box::new(failed)))
    };
    let first = side.all.len();
    side.all.resize(first + data.len(), None);
    for (place, instance) in side.all[first..].iter_mut().zip(made) {
        *place = Some((guest, instance));
    }
    ended
}

/// Frees many, at once or one by one; how many of them wait.
fn free(side: &mut Side, numbers: &[usize], how: Free, at_once: bool) -> Answer<usize> {
    let handles: Vec<Instance> = numbers.iter().filter_map(|&number| side.handle(number)).collect();
    if at_once {
        return answer(side.store.free_batch(&handles, how));
    }
    // None is freed if one is stale or there twice.
    for (index, handle) in handles.iter().enumerate() {
        let refused = if handles[..index].contains(handle) { Some(None) } else { None };
        let found = side.store.importers(*handle).map(|_| ()).and_then(|()| match how {
            Free::Now => Ok(()),
            Free::WhenUnreachable => side.store.data(*handle).map(|_| ()),
        });
        let refused = refused.or_else(|| found.err().map(Some));
        if let Some(error) = refused {
            let stale = || side.store.data(handles[index]).err();
            let kind =
                error.or_else(stale).map_or_else(|| Answer::Failed(stale_kind()), |error| failed(&error));
            return Answer::AtItem(index, Box::new(kind));
        }
    }
    let mut waiting = Vec::new();
    for handle in handles {
        // One before may have taken it along.
        if matches!(side.store.free(handle, how), Ok(Freed::Waiting)) {
            waiting.push(handle);
        }
    }
    Answer::Is(waiting.into_iter().filter(|&handle| side.store.importers(handle).is_ok()).count())
}

/// The kind of an error about a stale handle.
fn stale_kind() -> Discriminant<Error> {
    let engine = Engine::new(&Config::new()).unwrap();
    let module = Module::new(&engine, "(module)").unwrap();
    let mut store = Store::new(&engine);
    let one = Linker::new(&engine).spawn(&mut store, &module, 0).unwrap();
    store.free(one, Free::Now).unwrap();
    discriminant(&store.data(one).unwrap_err())
}

/// Calls `go` of many, at once or one by one. `way` chooses among the ways to do it at once.
fn go(
    side: &mut Side,
    guest: usize,
    numbers: &[usize],
    arg: i32,
    (at_once, way): (bool, usize),
) -> Vec<Answer<i32>> {
    let Some(column) = side.columns[guest].clone() else { return Vec::new() };
    let handles: Vec<Instance> = numbers.iter().filter_map(|&number| side.handle(number)).collect();
    let mut answers = Vec::new();
    match (at_once, way) {
        (true, 0) => side.store.call_column(&column, &handles, arg, &mut answers),
        (true, 1) => {
            let lanes: Vec<_> = handles.iter().map(|&handle| (handle, arg)).collect();
            side.store.call_lanes(&column, &lanes, &mut answers);
        }
        (true, 2) => {
            let told = std::sync::Mutex::new(Vec::new());
            side.store.for_each(&column, &handles, arg, |lane, _, answer| {
                told.lock().unwrap().push((lane, answer));
            });
            let mut told = told.into_inner().unwrap();
            told.sort_by_key(|(lane, _)| *lane);
            answers = told.into_iter().map(|(_, answer)| answer).collect();
        }
        (true, _) => {
            let visit = |_, caller: &mut Caller<'_, i32>| {
                let go = caller.func("go")?.typed::<i32, i32>(&*caller)?;
                go.call(&mut *caller, arg)
            };
            side.store.visit(&handles, visit, &mut answers);
        }
        (false, way) => {
            for handle in handles {
                let module = handle.module(&side.store).ok();
                let is_other = way < 3 && module.is_some_and(|module| !module.same(column.module()));
                answers.push(match side.store.data(handle).map(|_| ()) {
                    Err(error) => Err(error),
                    Ok(()) if is_other => Err(Error::WrongEngine),
                    Ok(()) => handle
                        .typed_func::<i32, i32>(&side.store, "go")
                        .and_then(|go| go.call(&mut side.store, arg)),
                });
            }
        }
    }
    let wrong = discriminant(&Error::WrongEngine);
    let known = |answer| match answer {
        // One by one there is no column to be of another module than.
        Answer::Failed(kind) if kind == wrong => Answer::Trapped(Trap::Unreachable),
        other => other,
    };
    answers
        .into_iter()
        .map(|one| match one {
            Err(Error::OtherModule(_)) => Answer::Trapped(Trap::Unreachable),
            one => known(answer(one)),
        })
        .collect()
}

/// Both sides, and what is done to them.
struct Herd {
    random: Random,
    seed: u64,
    steps: u64,
    sides: [Side; 2],
}

impl Herd {
    fn new(seed: u64, mode: MemoryMode) -> Self {
        let mut random = Random::new(seed);
        let generations = random.pick(&[2, 5, 1000]);
        let limits = StoreLimits {
            instances: u32::try_from(INSTANCES_MAX).unwrap(),
            generations,
            ..StoreLimits::default()
        };
        let idle_bytes = random.pick(&[0, 200_000, usize::MAX]);
        let engine = |bytes| {
            Engine::new(&Config::new().memory_mode(mode).store_limits(limits).idle_memory_bytes(bytes))
                .unwrap()
        };
        let mut sides = [Side::new(&engine(idle_bytes)), Side::new(&engine(usize::MAX))];
        sides[1].store.on_end(|_, _, _| Ok(()));
        Self { random, seed, steps: 0, sides }
    }

    /// Numbers of instances, some more than once, few of them gone.
    fn some(&mut self, most: usize) -> Vec<usize> {
        let there: Vec<usize> = (0..self.sides[0].all.len())
            .filter(|&number| {
                self.sides[0].handle(number).is_some_and(|one| self.sides[0].store.data(one).is_ok())
            })
            .collect();
        let all = self.sides[0].all.len();
        let count = self.random.below(most + 1);
        let mut some = Vec::new();
        while some.len() < count && all > 0 {
            let is_any = there.is_empty() || self.random.below(40) == 0;
            some.push(if is_any { self.random.below(all) } else { self.random.pick(&there) });
        }
        some
    }

    fn both<R: PartialEq + std::fmt::Debug>(&mut self, mut ask: impl FnMut(&mut Side, bool) -> R) -> R {
        let [one, other] = &mut self.sides;
        let (at_once, one_by_one) = (ask(one, true), ask(other, false));
        assert_eq!(at_once, one_by_one, "seed {}, step {}", self.seed, self.steps);
        at_once
    }

    fn step(&mut self) {
        self.steps += 1;
        match self.random.below(16) {
            0..4 => self.spawn_some(),
            4..8 => self.free_some(),
            8..13 => self.call_some(),
            13 => {
                for number in self.some(2) {
                    self.both(|side, _| side.handle(number).map(|one| answer(side.store.exit(one, 3))));
                }
            }
            14 => {
                self.both(|side, _| side.store.collect());
            }
            _ => {
                if let [a, b] = self.some(2)[..] {
                    self.both(|side, _| Some(answer(side.store.join(side.handle(a)?, side.handle(b)?))));
                }
            }
        }
    }

    fn spawn_some(&mut self) {
        let are_kin = self.random.below(3) == 0;
        let guest = if are_kin { 6 + self.random.below(3) } else { self.random.below(GUESTS.len()) };
        let count = self.random.pick(&[1, 1, 2, 5, 40, 150]);
        let mut data: Vec<i32> = (0..count).map(|_| i32::try_from(self.random.below(5)).unwrap()).collect();
        if guest == STARTER {
            if self.random.below(2) == 0 {
                data.extend([7, 6, 3]);
            }
            // Where there is no room for all, nobody starts, and so none fails before.
            let stats = self.sides[0].store.stats();
            data.truncate(INSTANCES_MAX.saturating_sub(stats.instances + stats.zombies));
        }
        let single = data.len() == 1 && self.random.below(2) == 0;
        self.both(|side, at_once| spawn(side, guest, &data, at_once && !single));
        if guest == SOURCE && self.random.below(2) == 0 && !data.is_empty() {
            let number = self.sides[0].all.len() - 1;
            self.sides.iter_mut().for_each(|side| side.import_from(number));
        }
    }

    fn free_some(&mut self) {
        let mut numbers = self.some(60);
        if self.random.below(4) > 0 {
            numbers.sort_unstable();
            numbers.dedup();
        }
        let how = self.random.pick(&[Free::Now, Free::WhenUnreachable, Free::WhenUnreachable]);
        if self.random.below(3) > 0 {
            self.both(|side, at_once| free(side, &numbers, how, at_once));
            return;
        }
        for number in numbers {
            self.both(|side, _| side.handle(number).map(|one| answer(side.store.free(one, how))));
        }
    }

    /// Of one guest, most often.
    fn call_some(&mut self) {
        let (way, mut numbers) = (self.random.below(4), self.some(80));
        let (is_mixed, arg) = (self.random.below(5) == 0, i32::try_from(self.random.below(9)).unwrap());
        let all = &self.sides[0].all;
        let Some((guest, _)) = numbers.first().and_then(|&first| all[first]) else { return };
        let fits = |number: &usize| all[*number].is_some_and(|(of, _)| of == guest);
        numbers.retain(|number| is_mixed || fits(number));
        // Some are there twice now.
        numbers.extend((0..all.len()).filter(fits));
        self.both(|side, at_once| go(side, guest, &numbers, arg, (at_once, way)));
    }

    fn check(&mut self) {
        for side in &self.sides {
            let checked = side.store.check_invariants();
            assert_eq!(checked, Ok(()), "seed {}, step {}", self.seed, self.steps);
        }
        self.both(|side, _| side.rows());
    }

    fn check_states(&mut self) {
        for number in 0..self.sides[0].all.len() {
            self.both(|side, _| side.state(number));
        }
    }
}

#[test]
fn many_at_once_are_what_one_by_one_is() {
    let (count, steps) = (cases("SKEP_HERD_CASES", 60), cases("SKEP_HERD_OPS", 40));
    let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
    for (seed, mode) in (0..count).zip(MemoryMode::ALL.into_iter().cycle()) {
        let run = || {
            let mut herd = Herd::new(seed + 1, mode);
            for _ in 0..steps {
                herd.step();
                herd.check();
            }
            herd.check_states();
            herd.sides[0].store.close(1).unwrap();
        };
        pool.install(run);
    }
}
