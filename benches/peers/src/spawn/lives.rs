//! Instances made and freed: one after the other, where each takes the place of the one before, and many at once.

use anyhow::{Context, Result};

use super::{Crowd, Figures, Guest, MANY, Maker, ROUNDS, What, crowds};
use crate::clock;

/// Lives of a round, one after the other.
const LIVES: usize = 2000;

/// Who takes part.
const ENGINES: [Maker; 6] =
    [Maker::Skep, Maker::SkepSingly, Maker::OnDemand, Maker::Pooling, Maker::Wasmer, Maker::Wasmi];

/// Seconds of each round of one crowd.
#[derive(Clone, Default)]
struct Rounds {
    lives: Vec<f64>,
    spawn: Vec<f64>,
    run: Vec<f64>,
    free: Vec<f64>,
    all: Vec<f64>,
}

/// All take turns, so that what the machine does besides falls on all.
pub fn measure(guest: Guest, figures: &mut Figures) -> Result<()> {
    let beside = if guest.runs() { &[Maker::Copies, Maker::CopiesDense][..] } else { &[Maker::Hecs] };
    let makers = [&ENGINES[..], beside].concat();
    let mut crowds = crowds(&makers, guest, Maker::crowd, figures);
    let mut all = vec![Rounds::default(); crowds.len()];
    for round in 0..=ROUNDS {
        for ((maker, crowd), rounds) in crowds.iter_mut().zip(&mut all) {
            let times = live(&mut **crowd, guest).with_context(|| maker.name())?;
            // The first round warms up: slots, columns, caches.
            if round > 0 {
                rounds.take(times);
            }
        }
    }
    for ((maker, _), rounds) in crowds.iter().zip(all) {
        rounds.into_figures(guest, *maker, figures);
    }
    Ok(())
}

/// Seconds of the lives of one round, and of making, calling and freeing many.
fn live(crowd: &mut dyn Crowd, guest: Guest) -> Result<[f64; 4]> {
    let lives = timed(|| crowd.lives(LIVES))?;
    let spawn = timed(|| crowd.spawn(MANY))?;
    let run = if guest.runs() { timed(|| crowd.run())? } else { 0.0 };
    let free = timed(|| crowd.free())?;
    Ok([lives, spawn, run, free])
}

/// Seconds of CPU time.
pub fn timed(work: impl FnOnce() -> Result<()>) -> Result<f64> {
    let start = clock::thread_seconds();
    work()?;
    Ok(clock::thread_seconds() - start)
}

impl Rounds {
    fn take(&mut self, [lives, spawn, run, free]: [f64; 4]) {
        self.lives.push(lives);
        self.spawn.push(spawn);
        self.run.push(run);
        self.free.push(free);
        self.all.push(spawn + run + free);
    }

    fn into_figures(self, guest: Guest, maker: Maker, figures: &mut Figures) {
        // Only one way to live one after the other.
        if maker != Maker::SkepSingly {
            figures.add(What::Lives(guest), maker, self.lives, LIVES);
        }
        if !maker.is_floor() {
            figures.add(What::Spawn(guest), maker, self.spawn, MANY);
        }
        if guest.runs() {
            figures.add(What::Run(guest), maker, self.run, MANY);
        }
        figures.add(What::Free(guest), maker, self.free, MANY);
        figures.add(What::All(guest), maker, self.all, MANY);
    }
}
