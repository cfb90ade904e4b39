//! A small game host: mods in WebAssembly, ten thousand instances, a turn for each in every one of 60 ticks a second.
//!
//! `cargo run --release --example mods`, and `-- --help` for options. A mod is a file of `game/guests/`, in the text format or
//! compiled from C; it keeps its state in its own memory and reaches the game through a handful of host functions only. One kind
//! of mod fails in each turn: its calls end with an error, and the game goes on. Guests that fail too often, or are old, are
//! freed and replaced while the others run, and every second a mod is compiled anew and its instances move to the new version.
//!
//! Owns: the order of things. Start at [`game::World::frame`] to see how a host runs guests, and at `game/host.rs` for what
//! it offers to them.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this is a program for a terminal")]

mod game;
mod live;
mod options;
mod pace;
mod report;

use std::error::Error;
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser as _;

use self::game::{FRAMES_PER_SECOND, MODS, World};
use self::live::Live;
use self::options::Options;
use self::pace::{Pace, Usage};
use self::report::Measured;

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("mods: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Plays on as many threads as are wanted. Says whether all is well.
fn run(options: &Options) -> Result<bool, Box<dyn Error + Send + Sync>> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(options.threads.unwrap_or(0) as usize).build()?;
    let measured = pool.install(|| play(options, pool.current_num_threads()))?;
    Ok(measured.is_good() || !options.check)
}

fn play(options: &Options, threads: usize) -> Result<Measured, skep::Error> {
    let begun = Instant::now();
    let mut world = World::new(options.mode, true)?;
    let compiled = begun.elapsed();
    let before = Usage::now();
    let begun = Instant::now();
    world.populate(options.instances as usize)?;
    println!(
        "{} mods compiled in {:.1} ms, {} instances spawned in {:.1} ms; memories are {:?}; {threads} threads\n",
        MODS.len(),
        compiled.as_secs_f64() * 1e3,
        world.alive(),
        begun.elapsed().as_secs_f64() * 1e3,
        options.mode,
    );
    let mut measured = Measured {
        threads,
        instances: world.alive(),
        first: world.diary().spawned,
        usage: [before, Usage::now(), Usage::default()],
        ..Measured::default()
    };
    let ticks = options.seconds * FRAMES_PER_SECOND;
    let live = Live::new(&world, ticks);
    let mut pace = Pace::new(options.fast);
    for _ in 0..ticks {
        pace.tick(|| world.frame())?;
        live.show(&world, &pace);
    }
    measured.took = pace.elapsed();
    live.close();
    measured.ticks = pace.ticks();
    measured.times = pace.times(pace.ticks());
    measured.usage[2] = Usage::now();
    print!("\n{}", report::report(&world, &measured)?);
    Ok(measured)
}
