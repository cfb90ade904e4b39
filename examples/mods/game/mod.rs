//! The game itself: guests by kind, a turn for each in every frame, and what happens to those that trap or leave.
//!
//! Owns: [`World`]. Does not know: options and reports, so that a test can run it too.
//! Start at [`World::frame`].

mod catalog;
mod host;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use skep::{Config, Engine, Error, Free, Instance, Memory, MemoryMode, Module, Store, Template, TypedFunc};

use self::catalog::SPARK;
pub(crate) use self::catalog::{MODS, Mod};
pub(crate) use self::host::FRAMES_PER_SECOND;
use self::host::{Guest, Sky, Wishes};

/// Seconds in a frame.
const FRAME_SECONDS: f32 = 1.0 / 60.0;

/// After so many failed turns an instance is freed, and another takes its place.
const STRIKES_MAX: u32 = 3;

/// All guests and what happened to them.
pub(crate) struct World {
    store: Store<Guest>,
    sky: Arc<Sky>,
    kinds: Vec<Kind>,
    /// How many instances were ever spawned: the next one's seed.
    born: u64,
    /// The most sparks at a time.
    sparks_max: usize,
    diary: Diary,
}

/// All instances of one mod.
struct Kind {
    plan: &'static Mod,
    template: Template<Guest>,
    members: Vec<Member>,
    tally: Tally,
}

/// One instance, with what the host looked up when it was spawned.
struct Member {
    instance: Instance,
    tick: TypedFunc<(f32,), ()>,
    memory: Memory,
    strikes: u32,
}

/// What is counted for each mod.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    /// Turns taken.
    pub(crate) ticks: u64,
    /// Calls of host functions.
    pub(crate) host_calls: u64,
    /// Turns that ended in a trap.
    pub(crate) traps: u64,
    /// Turns that ended because a host function said no.
    pub(crate) refusals: u64,
    /// Instances that were spawned while the game ran.
    pub(crate) respawns: u64,
    /// Of the memories of all its instances: the freed ones first, then those alive, each in order.
    pub(crate) checksum: u64,
    /// Time that its turns took.
    pub(crate) busy: Duration,
}

/// What the report says beside numbers.
#[derive(Debug, Default)]
pub(crate) struct Diary {
    /// Failed turns by what happened.
    pub(crate) failures: BTreeMap<String, u64>,
    /// The first trap, in full.
    pub(crate) first_trap: Option<String>,
    /// What a call of a freed instance answered.
    pub(crate) stale: Option<String>,
}

/// One mod's line in the report.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) plan: &'static Mod,
    /// Instances alive.
    pub(crate) alive: usize,
    pub(crate) tally: Tally,
    /// What one of those alive said last.
    pub(crate) said: Option<String>,
}

impl World {
    /// Compiles all mods and spawns about so many instances.
    pub(crate) fn new(mode: MemoryMode, instances: usize) -> Result<Self, Error> {
        let engine = Engine::new(&Config::new().memory_mode(mode))?;
        let sky = Arc::new(Sky::default());
        let linker = host::linker(&engine, &sky)?;
        let mut world = Self {
            store: Store::new(&engine),
            sky,
            kinds: Vec::with_capacity(MODS.len()),
            born: 0,
            sparks_max: instances,
            diary: Diary::default(),
        };
        let counts = shares(instances);
        for (plan, count) in MODS.iter().zip(counts) {
            let module = Module::new(&engine, plan.wat)?;
            let template = linker.template(&module)?;
            world.kinds.push(Kind { plan, template, members: Vec::new(), tally: Tally::default() });
            let kind = world.kinds.len() - 1;
            for _ in 0..count {
                let member = world.spawn(kind)?;
                world.kinds[kind].members.push(member);
            }
        }
        Ok(world)
    }

    /// Gives every guest its turn, and then fulfils wishes.
    ///
    /// A guest's failure is counted and its game goes on; an error is a mistake of the game.
    pub(crate) fn frame(&mut self) -> Result<(), Error> {
        for kind in &mut self.kinds {
            kind.run(&mut self.store, &mut self.diary)?;
        }
        self.settle()?;
        self.sky.next_frame();
        Ok(())
    }

    /// The number of the current frame.
    pub(crate) fn frames(&self) -> u32 {
        self.sky.frame()
    }

    /// What happened beside numbers.
    pub(crate) const fn diary(&self) -> &Diary {
        &self.diary
    }

    /// One line per mod, in the order of the catalog.
    pub(crate) fn rows(&self) -> Result<Vec<Row>, Error> {
        self.kinds.iter().map(|kind| kind.row(&self.store)).collect()
    }

    /// Spawns an instance of a kind and looks up what each turn needs.
    fn spawn(&mut self, kind: usize) -> Result<Member, Error> {
        let guest = Guest::new(self.born);
        self.born += 1;
        let instance = self.store.spawn(&self.kinds[kind].template, guest)?;
        Ok(Member {
            instance,
            tick: instance.typed_func(&self.store, "tick")?,
            memory: instance.memory(&self.store, "memory")?,
            strikes: 0,
        })
    }

    /// Does what guests asked for, and frees those that asked for it or failed too often.
    fn settle(&mut self) -> Result<(), Error> {
        let (mut wind, mut sparks) = ((0.0, 0.0), 0);
        for kind in 0..self.kinds.len() {
            let mut at = 0;
            while let Some(member) = self.kinds[kind].members.get(at) {
                let wishes: Wishes = std::mem::take(&mut self.store.data_mut(member.instance)?.wishes);
                wind = wishes.wind.map_or(wind, |(x, y)| (wind.0 + x, wind.1 + y));
                sparks += usize::from(wishes.spark);
                let ends = wishes.leave || member.strikes >= STRIKES_MAX;
                at += usize::from(!ends || self.end(kind, at)?);
            }
        }
        self.sky.set_wind(wind);
        self.spawn_sparks(sparks)
    }

    /// Frees an instance while all others go on. Says whether another one has its place now.
    fn end(&mut self, kind: usize, at: usize) -> Result<bool, Error> {
        let replacement = if self.kinds[kind].plan.is_replaced { Some(self.spawn(kind)?) } else { None };
        let is_replaced = replacement.is_some();
        let Kind { members, tally, .. } = &mut self.kinds[kind];
        let old = match replacement {
            Some(new) => std::mem::replace(&mut members[at], new),
            None => members.remove(at),
        };
        tally.respawns += u64::from(is_replaced);
        tally.host_calls += self.store.data(old.instance)?.calls;
        tally.checksum = fold(tally.checksum, old.memory.data(&self.store)?);
        self.store.free(old.instance, Free::Now)?;
        self.call_freed(&old)?;
        Ok(is_replaced)
    }

    /// Calls an instance that is gone: that is an error, whoever has its slot now.
    fn call_freed(&mut self, old: &Member) -> Result<(), Error> {
        match old.tick.call(&mut self.store, (FRAME_SECONDS,)) {
            Err(error @ Error::Stale(_)) => {
                self.diary.stale.get_or_insert_with(|| error.to_string());
                Ok(())
            }
            Err(error) => Err(error),
            Ok(()) => Err(Error::host("a freed instance was called")),
        }
    }

    fn spawn_sparks(&mut self, wanted: usize) -> Result<(), Error> {
        let Some(kind) = self.kinds.iter().position(|kind| kind.plan.name == SPARK) else { return Ok(()) };
        for _ in 0..wanted.min(self.sparks_max.saturating_sub(self.kinds[kind].members.len())) {
            let spark = self.spawn(kind)?;
            self.kinds[kind].members.push(spark);
            self.kinds[kind].tally.respawns += 1;
        }
        Ok(())
    }
}

impl Kind {
    /// A turn for each of its instances.
    fn run(&mut self, store: &mut Store<Guest>, diary: &mut Diary) -> Result<(), Error> {
        let begun = Instant::now();
        for member in &mut self.members {
            if let Err(error) = member.tick.call(store, (FRAME_SECONDS,)) {
                member.strikes += 1;
                self.tally.note(error, diary)?;
            }
        }
        self.tally.ticks += self.members.len() as u64;
        self.tally.busy += begun.elapsed();
        Ok(())
    }

    fn row(&self, store: &Store<Guest>) -> Result<Row, Error> {
        let mut tally = self.tally.clone();
        let mut said = None;
        for member in &self.members {
            let guest = store.data(member.instance)?;
            tally.host_calls += guest.calls;
            tally.checksum = fold(tally.checksum, member.memory.data(store)?);
            said = said.or_else(|| guest.said.clone());
        }
        Ok(Row { plan: self.plan, alive: self.members.len(), tally, said })
    }
}

impl Tally {
    /// Counts a failed turn. What is neither a trap nor a host function's refusal is handed back.
    fn note(&mut self, error: Error, diary: &mut Diary) -> Result<(), Error> {
        let what = match (&error, error.trap()) {
            (_, Some(trap)) => {
                self.traps += 1;
                diary.first_trap.get_or_insert_with(|| format!("{error:#}"));
                trap.to_string()
            }
            (Error::Host(_) | Error::Access(_), None) => {
                self.refusals += 1;
                "refused by a host function".to_owned()
            }
            _ => return Err(error),
        };
        *diary.failures.entry(what).or_default() += 1;
        Ok(())
    }
}

/// How many instances of each mod there are at first. What rounding leaves over goes to the first mod.
fn shares(instances: usize) -> Vec<usize> {
    let share = |plan: &Mod| (instances * plan.percent / 100).max(usize::from(plan.percent > 0));
    let mut counts: Vec<usize> = MODS.iter().map(share).collect();
    counts[0] += instances.saturating_sub(counts.iter().sum());
    counts
}

/// Adds bytes to a checksum, eight at a time.
fn fold(sum: u64, bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<8>();
    let sum = words.iter().fold(sum, |sum, &word| mix(sum, u64::from_le_bytes(word)));
    rest.iter().fold(sum, |sum, &byte| mix(sum, byte.into()))
}

const fn mix(sum: u64, word: u64) -> u64 {
    (sum.rotate_left(5) ^ word).wrapping_mul(0x517C_C1B7_2722_0A95).wrapping_add(1)
}
