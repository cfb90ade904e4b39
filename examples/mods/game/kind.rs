//! All instances of one mod: turns, beginnings and ends, and moving to a new version.
//!
//! Owns: [`Kind`]. Does not know: other mods, and when what happens.

use std::time::Instant;

use skep::{Column, Engine, Error, Free, Instance, Linker, Module, Store, Template, Val};

use super::catalog::Mod;
use super::host::{Guest, Wishes};
use super::tally::{Diary, Tally, checksum};

/// Seconds in a frame.
const FRAME_SECONDS: f32 = 1.0 / 60.0;

/// After so many failed turns an instance is freed, and another takes its place.
const STRIKES_MAX: u32 = 3;

/// All instances of one mod.
pub(crate) struct Kind {
    pub(crate) plan: &'static Mod,
    current: Version,
    /// The version before, while some instances still run it.
    before: Option<Version>,
    /// What came of the last turns.
    answers: Vec<Result<(), Error>>,
    pub(crate) tally: Tally,
}

/// The mod's code, and who runs it.
struct Version {
    number: u32,
    template: Template<Guest>,
    tick: Column<(f32,), ()>,
    members: Vec<Instance>,
}

/// One mod's line in a report.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) plan: &'static Mod,
    /// Instances alive.
    pub(crate) alive: usize,
    /// How often the mod was compiled.
    pub(crate) version: u32,
    pub(crate) tally: Tally,
    /// What one of those alive said last.
    pub(crate) said: Option<String>,
}

impl Kind {
    /// Compiles a mod, of which there is no instance yet.
    pub(crate) fn new(
        plan: &'static Mod,
        engine: &Engine,
        linker: &Linker<Guest>,
        diary: &mut Diary,
    ) -> Result<Self, Error> {
        let current = Version::compile(plan, 1, engine, linker, diary)?;
        Ok(Self { plan, current, before: None, answers: Vec::new(), tally: Tally::default() })
    }

    /// How many instances there are.
    pub(crate) fn alive(&self) -> usize {
        self.versions().map(|version| version.members.len()).sum()
    }

    /// The version that new instances run.
    pub(crate) const fn version(&self) -> u32 {
        self.current.number
    }

    fn versions(&self) -> impl Iterator<Item = &Version> {
        [&self.current].into_iter().chain(&self.before)
    }

    /// A turn for each instance, on all threads. A failure is counted and strikes its instance; an error is a mistake of the game.
    pub(crate) fn run(&mut self, store: &mut Store<Guest>, diary: &mut Diary) -> Result<(), Error> {
        let begun = Instant::now();
        for version in [&self.current].into_iter().chain(&self.before) {
            store.call_column(&version.tick, &version.members, (FRAME_SECONDS,), &mut self.answers);
            for (&member, answer) in version.members.iter().zip(self.answers.drain(..)) {
                if let Err(error) = answer {
                    store.data_mut(member)?.strikes += 1;
                    self.tally.note(error, diary)?;
                }
            }
            self.tally.ticks += version.members.len() as u64;
        }
        self.tally.busy += begun.elapsed();
        Ok(())
    }

    /// Spawns an instance of the current version for each of these.
    pub(crate) fn spawn(
        &mut self,
        store: &mut Store<Guest>,
        guests: impl ExactSizeIterator<Item = Guest>,
        diary: &mut Diary,
    ) -> Result<(), Error> {
        if guests.len() > 0 {
            let spawned =
                diary.spawned.time(guests.len(), || store.spawn_batch(&self.current.template, guests))?;
            self.current.members.extend(spawned);
        }
        Ok(())
    }

    /// Frees those that asked for it or failed too often, while all others go on, and says how many. What guests wish for is told to `hear`.
    pub(crate) fn settle(
        &mut self,
        store: &mut Store<Guest>,
        diary: &mut Diary,
        mut hear: impl FnMut(Wishes),
    ) -> Result<usize, Error> {
        let mut ended = Vec::new();
        for version in [&mut self.current].into_iter().chain(&mut self.before) {
            let mut at = 0;
            while let Some(&member) = version.members.get(at) {
                let guest = store.data_mut(member)?;
                let wishes = std::mem::take(&mut guest.wishes);
                if wishes.leave || guest.strikes >= STRIKES_MAX {
                    ended.push(version.members.swap_remove(at));
                } else {
                    at += 1;
                }
                hear(wishes);
            }
        }
        for &member in &ended {
            self.tally.host_calls += store.data(member)?.calls;
            self.tally.checksum = self.tally.checksum.wrapping_add(checksum(state(store, member)?));
        }
        free(store, &ended, diary)?;
        Ok(ended.len())
    }

    /// Compiles the mod again. Its instances run the code they have until [`Kind::move_some`] has moved them.
    pub(crate) fn reload(
        &mut self,
        engine: &Engine,
        linker: &Linker<Guest>,
        diary: &mut Diary,
    ) -> Result<(), Error> {
        if self.before.is_none() {
            let next = Version::compile(self.plan, self.current.number + 1, engine, linker, diary)?;
            self.before = Some(std::mem::replace(&mut self.current, next));
        }
        Ok(())
    }

    /// Moves up to so many instances from the version before to the current one: an instance of that takes over the state and the data of each.
    pub(crate) fn move_some(
        &mut self,
        store: &mut Store<Guest>,
        count: usize,
        diary: &mut Diary,
    ) -> Result<(), Error> {
        let Some(before) = &mut self.before else { return Ok(()) };
        let old: Vec<Instance> = before.members.drain(..count.min(before.members.len())).collect();
        if before.members.is_empty() {
            self.before = None;
        }
        let first_new = self.current.members.len();
        self.spawn(store, old.iter().map(|_| Guest::new(0)), diary)?;
        for (&old, &new) in old.iter().zip(&self.current.members[first_new..]) {
            let bytes = state(store, old)?.to_vec();
            new.memory(store, "memory")?.write(store, 0, &bytes)?;
            *store.data_mut(new)? = std::mem::replace(store.data_mut(old)?, Guest::new(0));
        }
        self.tally.moved += old.len() as u64;
        free(store, &old, diary)
    }

    /// Its line in the report.
    pub(crate) fn row(&self, store: &Store<Guest>) -> Result<Row, Error> {
        let mut tally = self.tally.clone();
        let mut said = None;
        for &member in self.versions().flat_map(|version| &version.members) {
            let guest = store.data(member)?;
            tally.host_calls += guest.calls;
            tally.checksum = tally.checksum.wrapping_add(checksum(state(store, member)?));
            said = said.or_else(|| guest.said.clone());
        }
        Ok(Row { plan: self.plan, alive: self.alive(), version: self.version(), tally, said })
    }
}

impl Version {
    fn compile(
        plan: &Mod,
        number: u32,
        engine: &Engine,
        linker: &Linker<Guest>,
        diary: &mut Diary,
    ) -> Result<Self, Error> {
        let module = diary.compiled.time(1, || Module::new(engine, plan.source))?;
        let template = linker.template(&module)?;
        let tick = template.export("tick")?;
        Ok(Self { number, template, tick, members: Vec::new() })
    }
}

/// The part of an instance's memory that holds its state.
fn state(store: &Store<Guest>, instance: Instance) -> Result<&[u8], Error> {
    let memory = instance.memory(store, "memory")?.data(store)?;
    let Val::I32(end) = instance.global(store, "__heap_base")?.get(store)? else {
        return Err(Error::host("`__heap_base` is no address"));
    };
    memory.get(..end.cast_unsigned() as usize).ok_or_else(|| Error::host("`__heap_base` lies outside"))
}

/// Frees instances together. Asking for one of them after that is an error, whoever has its slot then.
fn free(store: &mut Store<Guest>, instances: &[Instance], diary: &mut Diary) -> Result<(), Error> {
    let Some(&first) = instances.first() else { return Ok(()) };
    diary.freed.time(instances.len(), || store.free_batch(instances, Free::Now))?;
    match store.data(first) {
        Err(error @ Error::Stale(_)) => {
            diary.stale.get_or_insert_with(|| error.to_string());
            Ok(())
        }
        Err(error) => Err(error),
        Ok(_) => Err(Error::host("a freed instance has data")),
    }
}
