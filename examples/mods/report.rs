//! What happened in a game, as text.
//!
//! Owns: the table and the paragraphs under it. Does not know: how a game is run.

use std::fmt::{self, Write as _};
use std::time::Duration;

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use indicatif::HumanCount;

use crate::game::{Churn, Row, Tally, World};
use crate::pace::{BUDGET, Times, Usage};

/// What was measured of a game beside what the world knows.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Measured {
    pub(crate) ticks: usize,
    /// Real time, waiting included.
    pub(crate) took: Duration,
    pub(crate) times: Times,
    pub(crate) threads: usize,
    /// Instances at first, and how spawning them went.
    pub(crate) instances: usize,
    pub(crate) first: Churn,
    /// Before the first instance, after all were spawned, and at the end.
    pub(crate) usage: [Usage; 3],
}

impl Measured {
    /// Whether ticks were as fast as a game needs.
    pub(crate) fn is_good(&self) -> bool {
        self.times.p99 < BUDGET
    }
}

/// Tells what happened.
pub(crate) fn report(world: &World, measured: &Measured) -> Result<String, skep::Error> {
    let rows = world.rows()?;
    let mut text = format!("{}\n\n", table(&rows));
    notes(&mut text, world, &rows)
        .and_then(|()| numbers(&mut text, world, measured))
        .map_err(skep::Error::host)?;
    Ok(text)
}

fn table(rows: &[Row]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_BORDERS_ONLY).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header([
        "mod",
        "instances",
        "version",
        "turns",
        "host calls",
        "failed",
        "respawns",
        "moved",
        "checksum",
        "ns/turn",
        "what it does",
    ]);
    let mut all = Tally::default();
    for row in rows {
        table.add_row(cells(row.plan.name, row.alive, &row.version.to_string(), &row.tally, row.plan.about));
        all.add(&row.tally);
    }
    table.add_row(cells("all", rows.iter().map(|row| row.alive).sum(), "", &all, ""));
    for column in table.column_iter_mut().skip(1).take(9) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn cells(name: &str, alive: usize, version: &str, tally: &Tally, about: &str) -> [String; 11] {
    let count = |number: u64| HumanCount(number).to_string();
    [
        name.to_owned(),
        count(alive as u64),
        version.to_owned(),
        count(tally.ticks),
        count(tally.host_calls),
        count(tally.traps + tally.refusals),
        count(tally.respawns),
        count(tally.moved),
        format!("{:016x}", tally.checksum),
        count(u64::try_from(tally.busy.as_nanos()).unwrap_or(u64::MAX) / tally.ticks.max(1)),
        about.to_owned(),
    ]
}

fn notes(text: &mut String, world: &World, rows: &[Row]) -> fmt::Result {
    writeln!(text, "What guests said last:")?;
    for row in rows {
        if let Some(said) = &row.said {
            writeln!(text, "  {:<10}  {said}", row.plan.name)?;
        }
    }
    let diary = world.diary();
    writeln!(text, "\nWhat went wrong, each time for one call of one guest; the game went on:")?;
    for (what, &times) in &diary.failures {
        writeln!(text, "  {:>7} times  {what}", HumanCount(times).to_string())?;
    }
    if let Some(trap) = &diary.first_trap {
        writeln!(text, "\nThe first trap in full:")?;
        indented(text, trap)?;
    }
    if let Some(stale) = &diary.stale {
        writeln!(text, "\nAsking for a guest that was freed:")?;
        indented(text, stale)?;
    }
    Ok(())
}

fn indented(text: &mut String, what: &str) -> fmt::Result {
    what.lines().try_for_each(|line| writeln!(text, "  {line}"))
}

fn numbers(text: &mut String, world: &World, measured: &Measured) -> fmt::Result {
    let Measured { ticks, times, threads, instances, usage, .. } = *measured;
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    let rate = |churn: Churn| HumanCount(churn.per_second());
    let diary = world.diary();
    writeln!(
        text,
        "\ntime per tick:  median {:.2} ms, 99th percentile {:.2} ms, max {:.2} ms; {} of {ticks} ticks took more than {:.1} ms",
        ms(times.median),
        ms(times.p99),
        ms(times.max),
        times.missed,
        ms(BUDGET),
    )?;
    let busy = usage[2].busy.saturating_sub(usage[1].busy);
    writeln!(
        text,
        "real time:      {:.2} s, {:.1} ticks a second; {:.2} ms of processors per tick",
        measured.took.as_secs_f64(),
        ticks as f64 / measured.took.as_secs_f64(),
        ms(busy) / ticks.max(1) as f64,
    )?;
    let while_it_ran = |now: Churn, first: Churn| Churn {
        count: now.count - first.count,
        took: now.took.saturating_sub(first.took),
    };
    let later = while_it_ran(diary.spawned, measured.first);
    writeln!(
        text,
        "spawned:        {} at first, {} a second; {} while it ran, {} a second",
        HumanCount(measured.first.count as u64),
        rate(measured.first),
        HumanCount(later.count as u64),
        rate(later),
    )?;
    writeln!(
        text,
        "freed:          {} while it ran, {} a second",
        HumanCount(diary.freed.count as u64),
        rate(diary.freed)
    )?;
    writeln!(
        text,
        "compiled:       {} modules, {:.2} ms each",
        diary.compiled.count,
        ms(diary.compiled.took) / diary.compiled.count.max(1) as f64
    )?;
    let [before, spawned, last] = usage;
    let each = |usage: Usage, count: usize| {
        usage.resident.saturating_sub(before.resident) as f64 / 1024.0 / count.max(1) as f64
    };
    writeln!(
        text,
        "memory:         {:.2} KiB per instance when spawned, {:.2} KiB at the end; {} mappings for {} instances",
        each(spawned, instances),
        each(last, world.alive()),
        last.mappings,
        HumanCount(world.alive() as u64),
    )?;
    writeln!(
        text,
        "goal:           {} mods, 60 ticks a second, 99 of 100 ticks within {:.1} ms, on {threads} threads: {}",
        HumanCount(instances as u64),
        ms(BUDGET),
        if measured.is_good() { "met" } else { "NOT met" },
    )
}
