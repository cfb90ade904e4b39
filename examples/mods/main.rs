//! A small game host: mods in WebAssembly, hundreds of instances, a turn for each in every frame.
//!
//! `cargo run --release --example mods`, and `-- --help` for options. A mod is a file of `game/guests/`; it keeps its state in its
//! own memory and reaches the game through a handful of host functions only. One kind of mod traps on purpose: its calls end
//! with an error, and the game goes on. Guests that trap too often, or are old, are freed and replaced while the others run.
//!
//! Owns: the order of things. Start at [`game::World::frame`] to see how a host runs guests, and at `game/host.rs` for what
//! it offers to them.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this is a program for a terminal")]

mod game;
mod options;
mod report;

use std::process::ExitCode;
use std::time::Instant;

use self::game::{FRAMES_PER_SECOND, MODS, World};
use self::options::{HELP, Options};

/// Status for a mistake in the arguments.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(Some(options)) => options,
        Ok(None) => {
            println!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(mistake) => {
            eprintln!("mods: {mistake}");
            return ExitCode::from(USAGE);
        }
    };
    match play(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("mods: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn play(options: &Options) -> Result<(), skep::Error> {
    let begun = Instant::now();
    let mut world = World::new(options.mode, options.instances as usize)?;
    println!(
        "{} mods compiled, {} instances spawned in {:.1} ms; memories are {:?}\n",
        MODS.len(),
        world.rows()?.iter().map(|row| row.alive).sum::<usize>(),
        begun.elapsed().as_secs_f64() * 1e3,
        options.mode,
    );
    let begun = Instant::now();
    for _ in 0..options.seconds * FRAMES_PER_SECOND {
        world.frame()?;
    }
    let took = begun.elapsed();
    print!("{}", report::report(&world, took)?);
    Ok(())
}
