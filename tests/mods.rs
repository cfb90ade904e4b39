//! The example `mods` as a test: the same game in each memory mode, on any number of threads, twice, with and without new
//! versions of its mods, must leave the same memories behind.
//!
//! Owns: what the example promises. Does not know: the game; it includes the example's own files.

#![expect(clippy::unwrap_used, reason = "what is unwrapped is what the test expects")]

#[path = "../examples/mods/game/mod.rs"]
mod game;
#[path = "../examples/mods/options.rs"]
mod options;
#[path = "../examples/mods/pace.rs"]
mod pace;
#[path = "../examples/mods/report.rs"]
mod report;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::Duration;

use clap::{CommandFactory as _, Parser as _};
use skep::MemoryMode;

use self::game::{FRAMES_PER_SECOND, Kind, MODS, World};
use self::options::Options;
use self::pace::{BUDGET, Pace, Times, Usage};
use self::report::Measured;

/// Instances at first: enough to keep several threads busy.
const INSTANCES: usize = 600;

/// Seven seconds of a game: long enough for villagers to grow old and for gremlins to be sent away.
fn play(mode: MemoryMode, threads: usize, reloads: bool) -> World {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| {
        let mut world = World::new(mode, reloads).unwrap();
        world.populate(INSTANCES).unwrap();
        for _ in 0..7 * FRAMES_PER_SECOND {
            world.frame().unwrap();
        }
        world
    })
}

/// What must not depend on the mode, threads, versions, or the run.
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
fn equal_checksums_in_both_modes_on_any_threads_and_again() {
    let first = outcome(&play(MemoryMode::Guarded, 2, true));
    for mode in MemoryMode::ALL {
        assert_eq!(first, outcome(&play(mode, 2, true)), "{mode:?}");
    }
    assert_eq!(first, outcome(&play(MemoryMode::Checked, 1, true)), "one thread");
    assert_eq!(first, outcome(&play(MemoryMode::Checked, 7, true)), "seven threads");
    assert_eq!(first, outcome(&play(MemoryMode::Checked, 2, false)), "no new versions");
    let mut sums: Vec<u64> = first.iter().map(|row| row.6).collect();
    sums.sort_unstable();
    sums.dedup();
    assert_eq!(sums.len(), MODS.len(), "mods have memories of their own: {first:?}");
}

#[test]
fn guests_fail_leave_and_are_replaced_while_the_others_run() {
    let world = play(MemoryMode::Checked, 2, true);
    let rows = world.rows().unwrap();
    for row in &rows {
        let (name, tally) = (row.plan.name, &row.tally);
        assert!(row.alive > 0 && tally.ticks > 0, "{name}: {tally:?}");
        let is_hostile = name == "gremlin";
        assert_eq!(tally.traps > 0, is_hostile, "{name}: {tally:?}");
        assert_eq!(tally.refusals > 0, is_hostile, "{name}: {tally:?}");
        if is_hostile {
            assert_eq!(tally.traps + tally.refusals, tally.ticks, "{name} fails in each turn: {tally:?}");
        } else {
            assert!(
                tally.host_calls >= 2 * tally.ticks,
                "{name} calls two host functions in each turn: {tally:?}"
            );
        }
        let is_freed = matches!(name, "gremlin" | "villager" | "spark");
        assert_eq!(tally.respawns > 0, is_freed, "{name}: {tally:?}");
    }
    let replaced = world.kinds().iter().filter(|kind| kind.plan.is_replaced);
    assert_eq!(replaced.map(Kind::alive).sum::<usize>(), INSTANCES, "who is replaced is replaced by one");
    let stale = world.diary().stale.as_ref().unwrap();
    assert!(stale.contains("stale"), "{stale}");
    assert_eq!(world.diary().failures.len(), 8, "all tricks: {:?}", world.diary().failures);
}

#[test]
fn every_second_a_mod_gets_a_new_version_and_its_instances_move() {
    let world = play(MemoryMode::Checked, 2, true);
    for (at, kind) in world.kinds().iter().enumerate() {
        let versions = if (1..=7).contains(&at) { 2 } else { 1 };
        assert_eq!(kind.version(), versions, "{}", kind.plan.name);
        assert_eq!(kind.tally.moved > 0, versions == 2, "{}: {:?}", kind.plan.name, kind.tally);
    }
    assert_eq!(world.diary().compiled.count, MODS.len() + 7);
}

#[test]
fn the_report_has_a_line_per_mod_and_says_whether_the_goal_was_met() {
    let world = play(MemoryMode::Checked, 1, true);
    let times = Times { p99: Duration::from_millis(9), ..Times::default() };
    let mut measured = Measured {
        ticks: 420,
        took: Duration::from_secs(7),
        times,
        threads: 1,
        instances: world.alive(),
        usage: [Usage::now(); 3],
        ..Measured::default()
    };
    let text = report::report(&world, &measured).unwrap();
    for row in MODS {
        assert!(text.lines().any(|line| line.contains(row.name) && line.contains(row.about)), "{text}");
    }
    assert!(
        text.contains("99th percentile 9.00 ms") && text.trim_end().ends_with("on 1 threads: met"),
        "{text}"
    );
    measured.times.p99 = BUDGET;
    let text = report::report(&world, &measured).unwrap();
    assert!(text.trim_end().ends_with("NOT met"), "{text}");
}

#[test]
fn times_of_ticks() {
    let mut pace = Pace::new(true);
    let naps = [0, 0, 0, 18].map(Duration::from_millis);
    naps.iter().for_each(|&nap| pace.tick(|| std::thread::sleep(nap)));
    let Times { median, p99, max, missed } = pace.times(4);
    assert!(
        max >= naps[3] && p99 == max && median < max && missed >= 1,
        "{median:?} {p99:?} {max:?} {missed}"
    );
    assert_eq!(pace.ticks(), 4);
    assert!(pace.elapsed() >= max);
    let mut pace = Pace::new(false);
    (0..7).for_each(|_| pace.tick(|| ()));
    assert!(pace.elapsed() >= Duration::from_millis(99), "six waits of a sixtieth of a second");
}

#[test]
fn every_source_is_a_mod_and_what_is_in_c_was_compiled() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/mods/game/guests");
    let mut names: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let (stem, kind) = name.split_once('.').unwrap();
        if matches!(kind, "c" | "wasm" | "wat") {
            names.entry(stem.to_owned()).or_default().push(kind.to_owned());
        }
    }
    for (name, kinds) in &mut names {
        kinds.sort_unstable();
        assert!(*kinds == ["c", "wasm"] || *kinds == ["wat"], "{name}: {kinds:?}; build.sh compiles .c");
    }
    let listed: BTreeSet<&str> = MODS.iter().map(|plan| plan.name).collect();
    assert_eq!(names.keys().map(String::as_str).collect::<BTreeSet<_>>(), listed);
    assert_eq!(MODS.iter().map(|plan| plan.percent).sum::<usize>(), 100);
}

/// What these arguments, separated by spaces, are read as; else a part of what is said.
fn check(args: &str, expected: Result<Options, &str>) {
    let found = Options::try_parse_from(["mods"].into_iter().chain(args.split_whitespace()));
    match (found, expected) {
        (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{args}"),
        (Err(found), Err(expected)) => assert!(found.to_string().contains(expected), "{args}: {found}"),
        (found, expected) => panic!("{args}: expected {expected:?}, found {found:?}"),
    }
}

#[test]
fn arguments_and_mistakes_in_them() {
    let default = Options {
        mode: MemoryMode::Checked,
        seconds: 10,
        instances: 10_000,
        threads: None,
        fast: false,
        check: false,
    };
    check("", Ok(default));
    let other = Options {
        mode: MemoryMode::Guarded,
        seconds: 3,
        instances: 50,
        threads: Some(2),
        fast: true,
        check: true,
    };
    check("--mode guarded --seconds 3 --instances 50 --threads 2 --fast --check", Ok(other));
    check("--instances=50 --check --threads=2 --mode=guarded --seconds=3 --fast", Ok(other));
    check("--slow", Err("unexpected argument '--slow'"));
    check("--mode", Err("a value is required"));
    check("--mode=odd", Err("possible values: checked, compact, guarded"));
    check("--seconds 0", Err("0 is not in 1..=3600"));
    check("--threads 0", Err("0 is not in 1..=256"));
    check("--instances many", Err("invalid digit"));
    Options::command().debug_assert();
}
