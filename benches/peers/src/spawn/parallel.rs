//! Many instances that work, on one thread and on two: as start functions, then called.

use std::time::Instant;

use anyhow::{Context, Result};
use rayon::ThreadPool;

use super::{Crowd, Figures, Guest, MANY, Maker, ROUNDS, What, crowds};

/// Who takes part.
const MAKERS: [Maker; 3] = [Maker::SkepForEach, Maker::OnDemand, Maker::Pooling];

pub fn measure(pools: [&ThreadPool; 2], figures: &mut Figures) -> Result<()> {
    let mut crowds = crowds(&MAKERS, Guest::Work, Maker::crowd_for_threads, figures);
    let mut all = vec![[const { [Vec::new(), Vec::new()] }; 2]; crowds.len()];
    for round in 0..=ROUNDS {
        for ((maker, crowd), by_pool) in crowds.iter_mut().zip(&mut all) {
            for (pool, rounds) in pools.iter().zip(by_pool) {
                let times = work(&mut **crowd, pool).with_context(|| maker.name())?;
                // The first round warms up.
                if round > 0 {
                    times.into_iter().zip(rounds).for_each(|(time, times)| times.push(time));
                }
            }
        }
    }
    for ((maker, _), by_pool) in crowds.iter().zip(all) {
        for (pool, [starts, works]) in pools.iter().zip(by_pool) {
            let threads = pool.current_num_threads();
            figures.add(What::Starts(threads), *maker, starts, MANY);
            figures.add(What::Works(threads), *maker, works, MANY);
        }
    }
    Ok(())
}

/// Seconds in which all start, and in which all are called.
fn work(crowd: &mut (dyn Crowd + Send), pool: &ThreadPool) -> Result<[f64; 2]> {
    let begin = Instant::now();
    pool.install(|| crowd.spawn(MANY))?;
    let started = Instant::now();
    pool.install(|| crowd.run())?;
    let ended = Instant::now();
    pool.install(|| crowd.free())?;
    Ok([started - begin, ended - started].map(|time| time.as_secs_f64()))
}
