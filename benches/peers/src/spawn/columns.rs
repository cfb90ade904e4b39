//! One function called on many instances that stay.

use anyhow::{Context, Result};

use super::lives::timed;
use super::{Figures, Guest, MANY, Maker, ROUNDS, What, crowds};

/// Who takes part.
const MAKERS: [Maker; 7] = [
    Maker::Skep,
    Maker::SkepForEach,
    Maker::SkepSingly,
    Maker::OneStore,
    Maker::OnDemand,
    Maker::Wasmer,
    Maker::Wasmi,
];
/// Calls of all in a round.
const PASSES: usize = 10;

pub fn measure(figures: &mut Figures) -> Result<()> {
    let mut crowds = crowds(&MAKERS, Guest::Nothing, Maker::crowd, figures);
    for (maker, crowd) in &mut crowds {
        crowd.spawn(MANY).with_context(|| maker.name())?;
    }
    let mut all = vec![Vec::new(); crowds.len()];
    for round in 0..=ROUNDS {
        for ((maker, crowd), rounds) in crowds.iter_mut().zip(&mut all) {
            let time = timed(|| (0..PASSES).try_for_each(|_| crowd.run())).with_context(|| maker.name())?;
            // The first round warms up.
            if round > 0 {
                rounds.push(time);
            }
        }
    }
    for ((maker, crowd), rounds) in crowds.iter_mut().zip(all) {
        figures.add(What::Column, *maker, rounds, PASSES * MANY);
        crowd.free().with_context(|| maker.name())?;
    }
    Ok(())
}
