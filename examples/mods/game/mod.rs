//! The game itself: a turn for each guest in every frame, what happens to those that fail or leave, and mods that are compiled anew.
//!
//! Owns: [`World`]. Does not know: options, reports and the clock, so that a test can run it too.
//! Start at [`World::frame`].

mod catalog;
mod host;
mod kind;
mod tally;

use std::sync::Arc;

use skep::{Config, Engine, Error, Linker, MemoryMode, Store};

use self::catalog::SPARK;
pub(crate) use self::catalog::{MODS, Mod};
pub(crate) use self::host::FRAMES_PER_SECOND;
use self::host::{Guest, Sky};
pub(crate) use self::kind::{Kind, Row};
pub(crate) use self::tally::{Churn, Diary, Tally};

/// Bytes of stack that a guest's turn may use.
const STACK_BYTES: usize = 64 << 10;

/// Frames from one mod's new version to the next mod's.
const RELOAD_FRAMES: u32 = 60;

/// How many instances of a mod move to its new version in a frame, so that no frame takes long.
const MOVED_PER_FRAME: usize = 100;

/// All guests and what happened to them.
pub(crate) struct World {
    engine: Engine,
    linker: Linker<Guest>,
    store: Store<Guest>,
    sky: Arc<Sky>,
    kinds: Vec<Kind>,
    /// How many instances were ever spawned: the next one's seed.
    born: u64,
    /// The most sparks at a time.
    sparks_max: usize,
    reloads: bool,
    diary: Diary,
}

impl World {
    /// Compiles all mods. With `reloads` a mod is compiled anew every second, and its instances move over.
    pub(crate) fn new(mode: MemoryMode, reloads: bool) -> Result<Self, Error> {
        let engine = Engine::new(&Config::new().memory_mode(mode).max_stack_bytes(STACK_BYTES))?;
        let sky = Arc::new(Sky::default());
        let linker = host::linker(&engine, &sky)?;
        let store = Store::new(&engine);
        let mut diary = Diary::default();
        let kinds = MODS.iter().map(|plan| Kind::new(plan, &engine, &linker, &mut diary));
        let kinds = kinds.collect::<Result<_, _>>()?;
        Ok(Self { engine, linker, store, sky, kinds, born: 0, sparks_max: 0, reloads, diary })
    }

    /// Spawns about so many instances.
    pub(crate) fn populate(&mut self, instances: usize) -> Result<(), Error> {
        self.sparks_max = instances;
        shares(instances).into_iter().enumerate().try_for_each(|(kind, count)| self.spawn(kind, count))
    }

    /// Gives every guest its turn, and then fulfils wishes.
    ///
    /// A guest's failure is counted and its game goes on; an error is a mistake of the game.
    pub(crate) fn frame(&mut self) -> Result<(), Error> {
        for kind in &mut self.kinds {
            kind.run(&mut self.store, &mut self.diary)?;
        }
        self.settle()?;
        if self.reloads {
            self.reload()?;
        }
        self.sky.next_frame();
        Ok(())
    }

    /// How many instances there are.
    pub(crate) fn alive(&self) -> usize {
        self.kinds.iter().map(Kind::alive).sum()
    }

    /// All mods, in the order of the catalog.
    pub(crate) fn kinds(&self) -> &[Kind] {
        &self.kinds
    }

    /// What happened beside the mods' own numbers.
    pub(crate) const fn diary(&self) -> &Diary {
        &self.diary
    }

    /// One line per mod, in the order of the catalog. Sums up all memories, which takes a while.
    pub(crate) fn rows(&self) -> Result<Vec<Row>, Error> {
        self.kinds.iter().map(|kind| kind.row(&self.store)).collect()
    }

    fn spawn(&mut self, kind: usize, count: usize) -> Result<(), Error> {
        let first = self.born;
        self.born += count as u64;
        let guests = (0..count).map(|at| Guest::new(first + at as u64));
        self.kinds[kind].spawn(&mut self.store, guests, &mut self.diary)
    }

    /// Does what guests asked for, and replaces those that are gone.
    fn settle(&mut self) -> Result<(), Error> {
        let (mut winds, mut sparks) = (Vec::new(), 0);
        for kind in 0..self.kinds.len() {
            let ended = self.kinds[kind].settle(&mut self.store, &mut self.diary, |wishes| {
                winds.extend(wishes.wind);
                sparks += usize::from(wishes.spark);
            })?;
            if self.kinds[kind].plan.is_replaced {
                self.respawn(kind, ended)?;
            }
        }
        self.sky.set_wind(sum(winds));
        let Some(spark) = self.kinds.iter().position(|kind| kind.plan.name == SPARK) else { return Ok(()) };
        self.respawn(spark, sparks.min(self.sparks_max.saturating_sub(self.kinds[spark].alive())))
    }

    fn respawn(&mut self, kind: usize, count: usize) -> Result<(), Error> {
        self.kinds[kind].tally.respawns += count as u64;
        self.spawn(kind, count)
    }

    /// Every second the next mod gets a new version; what is to move to one goes on.
    fn reload(&mut self) -> Result<(), Error> {
        let frame = self.sky.frame() + 1;
        if frame.is_multiple_of(RELOAD_FRAMES) {
            let next = (frame / RELOAD_FRAMES) as usize % self.kinds.len();
            self.kinds[next].reload(&self.engine, &self.linker, &mut self.diary)?;
        }
        let Self { store, kinds, diary, .. } = self;
        kinds.iter_mut().try_for_each(|kind| kind.move_some(store, MOVED_PER_FRAME, diary))
    }
}

/// The sum of winds, which does not depend on their order.
fn sum(mut winds: Vec<(f32, f32)>) -> (f32, f32) {
    winds.sort_unstable_by(|one, two| one.0.total_cmp(&two.0).then(one.1.total_cmp(&two.1)));
    winds.iter().fold((0.0, 0.0), |sum, wind| (sum.0 + wind.0, sum.1 + wind.1))
}

/// How many instances of each mod there are at first. What rounding leaves over goes to the first mod.
fn shares(instances: usize) -> Vec<usize> {
    let share = |plan: &Mod| (instances * plan.percent / 100).max(usize::from(plan.percent > 0));
    let mut counts: Vec<usize> = MODS.iter().map(share).collect();
    counts[0] += instances.saturating_sub(counts.iter().sum());
    counts
}
