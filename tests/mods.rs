//! The example `mods` as a test: the same game in both memory modes, twice, must leave the same memories behind.
//!
//! Owns: what the example promises. Does not know: the game; it includes the example's own files.

#![expect(clippy::unwrap_used, reason = "what is unwrapped is what the test expects")]

#[path = "../examples/mods/game/mod.rs"]
mod game;
#[path = "../examples/mods/options.rs"]
mod options;
#[path = "../examples/mods/report.rs"]
mod report;

use std::time::Duration;

use skep::MemoryMode;

use self::game::{FRAMES_PER_SECOND, MODS, World};
use self::options::{HELP, Options};

/// Seven seconds of a game: long enough for villagers to grow old and for gremlins to be sent away.
fn play(mode: MemoryMode) -> World {
    let mut world = World::new(mode, 120).unwrap();
    for _ in 0..7 * FRAMES_PER_SECOND {
        world.frame().unwrap();
    }
    world
}

/// What must not depend on the mode, nor on the run.
fn outcome(world: &World) -> Vec<(&'static str, usize, u64, u64, u64, u64, u64)> {
    let rows = world.rows().unwrap();
    let line = |row: game::Row| {
        let tally = row.tally;
        (
            row.plan.name,
            row.alive,
            tally.ticks,
            tally.host_calls,
            tally.traps + tally.refusals,
            tally.respawns,
            tally.checksum,
        )
    };
    rows.into_iter().map(line).collect()
}

#[test]
fn equal_checksums_in_both_modes_and_again() {
    let first = outcome(&play(MemoryMode::Guarded));
    assert_eq!(first, outcome(&play(MemoryMode::Checked)), "the other memory mode");
    assert_eq!(first, outcome(&play(MemoryMode::Guarded)), "another run");
    let mut sums: Vec<u64> = first.iter().map(|row| row.6).collect();
    sums.sort_unstable();
    sums.dedup();
    assert_eq!(sums.len(), MODS.len(), "mods have memories of their own: {first:?}");
}

#[test]
fn guests_trap_leave_and_are_replaced_while_the_others_run() {
    let world = play(MemoryMode::Guarded);
    let rows = world.rows().unwrap();
    for row in &rows {
        let (name, tally) = (row.plan.name, &row.tally);
        assert!(row.alive > 0 && tally.ticks > 0, "{name}: {tally:?}");
        assert!(
            tally.host_calls >= 2 * tally.ticks,
            "{name} calls two host functions in each turn: {tally:?}"
        );
        let is_hostile = name == "gremlin";
        assert_eq!(tally.traps > 0, is_hostile, "{name}: {tally:?}");
        assert_eq!(tally.refusals > 0, is_hostile, "{name}: {tally:?}");
        let is_freed = matches!(name, "gremlin" | "villager" | "spark");
        assert_eq!(tally.respawns > 0, is_freed, "{name}: {tally:?}");
    }
    let alive: usize = rows.iter().filter(|row| row.plan.is_replaced).map(|row| row.alive).sum();
    assert_eq!(alive, 120, "who is replaced is replaced by one");
    let stale = world.diary().stale.as_ref().unwrap();
    assert!(stale.contains("stale"), "{stale}");
    assert!(world.diary().failures.len() >= 6, "tricks of many kinds: {:?}", world.diary().failures);
}

#[test]
fn the_report_has_a_line_per_mod() {
    let text = report::report(&play(MemoryMode::Checked), Duration::from_secs(1)).unwrap();
    for row in MODS {
        assert!(text.lines().any(|line| line.starts_with(row.name) && line.ends_with(row.about)), "{text}");
    }
    assert!(text.contains("420 frames, 7.0 s of game time, took 1.00 s"), "{text}");
}

/// What these arguments, separated by spaces, are read as.
fn check(args: &str, expected: Result<Option<Options>, &str>) {
    let found = Options::parse(args.split_whitespace().map(str::to_owned));
    assert_eq!(found, expected.map_err(str::to_owned), "{args}");
}

#[test]
fn arguments_and_mistakes_in_them() {
    let default = Options::default();
    check("", Ok(Some(default)));
    let all = Options { mode: MemoryMode::Checked, seconds: 3, instances: 50 };
    check("--mode checked --seconds 3 --instances 50", Ok(Some(all)));
    check("--instances=50 --mode=checked --seconds=3", Ok(Some(all)));
    check("--seconds 3 --help", Ok(None));
    check("--fast", Err("unknown argument \"--fast\"; --help lists what there is"));
    check("--mode", Err("--mode: expected guarded or checked, found nothing"));
    check("--mode=odd", Err("--mode: expected guarded or checked, found \"odd\""));
    check("--seconds 0", Err("--seconds: expected a whole number from 1 to 3600, found \"0\""));
    check("--instances many", Err("--instances: expected a whole number from 10 to 10000, found \"many\""));
    for name in ["--mode", "--seconds", "--instances"] {
        assert!(HELP.contains(name), "{name}");
    }
}
