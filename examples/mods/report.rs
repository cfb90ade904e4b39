//! What happened in a game, as text.
//!
//! Owns: the table and the paragraphs under it. Does not know: how a game is run.

use std::fmt::{self, Write as _};
use std::time::Duration;

use crate::game::{FRAMES_PER_SECOND, Row, Tally, World};

/// Tells what happened. `took` is how long the frames took, beginning and end of guests included.
pub(crate) fn report(world: &World, took: Duration) -> Result<String, skep::Error> {
    let rows = world.rows()?;
    let mut text = String::new();
    table(&mut text, &rows).and_then(|()| notes(&mut text, world, &rows, took)).map_err(skep::Error::host)?;
    Ok(text)
}

fn table(text: &mut String, rows: &[Row]) -> fmt::Result {
    let heads = ["mod", "instances", "ticks", "host calls", "traps", "respawns", "checksum", "µs/tick"];
    line(text, &heads.map(str::to_owned), "what it does")?;
    writeln!(text, "{}", "-".repeat(WIDTHS.iter().sum::<usize>() + 2 * WIDTHS.len() + 33))?;
    let mut all = Tally::default();
    for row in rows {
        line(text, &cells(row.plan.name, row.alive, &row.tally), row.plan.about)?;
        all.ticks += row.tally.ticks;
        all.host_calls += row.tally.host_calls;
        all.traps += row.tally.traps;
        all.respawns += row.tally.respawns;
        all.busy += row.tally.busy;
        all.checksum = all.checksum.rotate_left(1) ^ row.tally.checksum;
    }
    line(text, &cells("all", rows.iter().map(|row| row.alive).sum(), &all), "")
}

/// Columns of the table; the first is aligned to the left, the others to the right.
const WIDTHS: [usize; 8] = [10, 9, 9, 10, 6, 8, 16, 8];

fn line(text: &mut String, cells: &[String; 8], about: &str) -> fmt::Result {
    let mut full = String::new();
    for (at, (cell, width)) in cells.iter().zip(WIDTHS).enumerate() {
        if at == 0 {
            write!(full, "{cell:<width$}  ")?;
        } else {
            write!(full, "{cell:>width$}  ")?;
        }
    }
    full.push_str(about);
    writeln!(text, "{}", full.trim_end())
}

fn cells(name: &str, alive: usize, tally: &Tally) -> [String; 8] {
    let us_per_tick = tally.busy.as_secs_f64() * 1e6 / tally.ticks.max(1) as f64;
    [
        name.to_owned(),
        alive.to_string(),
        tally.ticks.to_string(),
        tally.host_calls.to_string(),
        tally.traps.to_string(),
        tally.respawns.to_string(),
        format!("{:016x}", tally.checksum),
        format!("{us_per_tick:.2}"),
    ]
}

fn notes(text: &mut String, world: &World, rows: &[Row], took: Duration) -> fmt::Result {
    let frames = world.frames();
    let per_frame_ms = took.as_secs_f64() * 1e3 / f64::from(frames.max(1));
    writeln!(
        text,
        "\n{frames} frames, {:.1} s of game time, took {:.2} s: {per_frame_ms:.2} ms per frame, of {:.2} ms that it may take",
        f64::from(frames) / f64::from(FRAMES_PER_SECOND),
        took.as_secs_f64(),
        1e3 / f64::from(FRAMES_PER_SECOND),
    )?;
    writeln!(
        text,
        "instances: alive at the end; respawns: spawned while the others ran; checksum: of all memories of the mod's instances"
    )?;
    writeln!(text, "\nWhat guests said last:")?;
    for row in rows {
        if let Some(said) = &row.said {
            writeln!(text, "  {:<10}  {said}", row.plan.name)?;
        }
    }
    let diary = world.diary();
    writeln!(text, "\nWhat went wrong, each time for one call of one guest; the game went on:")?;
    for (what, times) in &diary.failures {
        writeln!(text, "  {times:>6} times  {what}")?;
    }
    if let Some(trap) = &diary.first_trap {
        writeln!(text, "\nThe first trap in full:")?;
        indented(text, trap)?;
    }
    if let Some(stale) = &diary.stale {
        writeln!(text, "\nA call through the handle of a guest that was freed:")?;
        indented(text, stale)?;
    }
    Ok(())
}

fn indented(text: &mut String, what: &str) -> fmt::Result {
    what.lines().try_for_each(|line| writeln!(text, "  {line}"))
}
