//! What is seen while the game runs: a table that stays in place on a terminal, else a line per second.
//!
//! Owns: [`Live`]. Does not know: what comes after the game (`report`).

use std::io::{self, IsTerminal as _, Write as _};

use indicatif::{HumanCount, MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::game::{FRAMES_PER_SECOND, World};
use crate::pace::Pace;

/// Ticks from one picture to the next.
const TICKS_PER_PICTURE: usize = 6;

/// Shows a game while it runs.
pub(crate) enum Live {
    Table { clock: ProgressBar, rows: Vec<ProgressBar>, all: MultiProgress },
    Lines,
}

impl Live {
    /// For so many ticks of a game.
    pub(crate) fn new(world: &World, ticks: u32) -> Self {
        if !io::stdout().is_terminal() {
            return Self::Lines;
        }
        let all = MultiProgress::with_draw_target(ProgressDrawTarget::stdout());
        let style = |template| ProgressStyle::with_template(template).expect("a template of this file");
        let clock = all.add(ProgressBar::new(ticks.into()).with_style(style("{prefix:12} {wide_bar} {msg}")));
        let row = style("{prefix:12} {bar:24} {pos:>6} {msg}");
        let rows = world.kinds().iter().map(|kind| {
            let bar = ProgressBar::new(world.alive() as u64 / 4).with_style(row.clone());
            all.add(bar.with_prefix(kind.plan.name))
        });
        Self::Table { clock, rows: rows.collect(), all }
    }

    /// Shows the game as it is after a tick, if it is time for that.
    pub(crate) fn show(&self, world: &World, pace: &Pace) {
        let ticks = pace.ticks();
        match self {
            Self::Table { clock, rows, .. } if ticks.is_multiple_of(TICKS_PER_PICTURE) => {
                clock.set_prefix(format!("{:.1} s", ticks as f64 / f64::from(FRAMES_PER_SECOND)));
                clock.set_position(ticks as u64);
                clock.set_message(line(world, pace));
                for (bar, kind) in rows.iter().zip(world.kinds()) {
                    let tally = &kind.tally;
                    bar.set_position(kind.alive() as u64);
                    bar.set_message(format!(
                        "v{:<2} {:>5} ns/turn {:>11} turns {:>8} failed {:>7} respawned  {}",
                        kind.version(),
                        tally.busy.as_nanos() / u128::from(tally.ticks.max(1)),
                        HumanCount(tally.ticks).to_string(),
                        HumanCount(tally.traps + tally.refusals).to_string(),
                        HumanCount(tally.respawns).to_string(),
                        kind.plan.about,
                    ));
                }
            }
            Self::Lines if ticks.is_multiple_of(FRAMES_PER_SECOND as usize) => {
                // When nobody reads it any more, there is nobody to tell.
                let _ = writeln!(
                    io::stdout(),
                    "{:>4} s  {}",
                    ticks / FRAMES_PER_SECOND as usize,
                    line(world, pace)
                );
            }
            _ => {}
        }
    }

    /// Takes the table away.
    pub(crate) fn close(self) {
        if let Self::Table { clock, rows, all } = self {
            clock.finish();
            rows.iter().for_each(ProgressBar::finish);
            // The summary says all of it again.
            let _ = all.clear();
        }
    }
}

/// The last second in a line.
fn line(world: &World, pace: &Pace) -> String {
    let times = pace.times(FRAMES_PER_SECOND as usize);
    let diary = world.diary();
    format!(
        "{} mods, tick {:.1} ms, at most {:.1} ms, {} spawned, {} freed, {} failed",
        HumanCount(world.alive() as u64),
        times.median.as_secs_f64() * 1e3,
        times.max.as_secs_f64() * 1e3,
        HumanCount(diary.spawned.count as u64),
        HumanCount(diary.freed.count as u64),
        HumanCount(diary.failures.values().sum()),
    )
}
