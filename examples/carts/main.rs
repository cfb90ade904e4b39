//! An arcade: every WASM-4 cart of a folder in one store, each with a page of memory of its own, all playing at once.
//!
//! `cargo run --release --example carts -- FOLDER --out PICTURES`, and `-- --help` for options. The consoles have no screen and no
//! sound, but what they show after the last frame is written as pictures.
//!
//! Owns: the order of things, and files. Start at [`arcade::Arcade::frame`] to see how a host works on many guests in parallel,
//! and at `arcade/console.rs` for what it offers to them.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this is a program for a terminal")]

mod answers;
mod arcade;
mod options;

use std::fs::{self, File};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser as _;
use indicatif::HumanCount;

use self::answers::Answers;
use self::arcade::{Arcade, Cart};
use self::options::Options;

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("carts: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Plays on as many threads as are wanted. Says whether all is well.
fn run(options: &Options) -> Result<bool, String> {
    let threads = options.threads.unwrap_or(0) as usize;
    let pool =
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().map_err(|error| error.to_string())?;
    pool.install(|| play(options, pool.current_num_threads()))
}

fn play(options: &Options, threads: usize) -> Result<bool, String> {
    let carts = read_carts(&options.folder)?;
    let begun = Instant::now();
    let mut arcade = Arcade::open(options.mode, options.check.is_some(), &carts)?;
    arcade.start();
    println!("{} carts compiled and started in {:.1} ms", carts.len(), ms(begun.elapsed()));
    let mut times: Vec<Duration> = (0..options.frames)
        .map(|_| {
            let begun = Instant::now();
            arcade.frame();
            begun.elapsed()
        })
        .collect();
    times.sort_unstable();
    let calls = (0..carts.len()).map(|seat| arcade.state(seat).map_or(0, |state| state.calls)).sum();
    println!(
        "a frame of all took {:.2} ms in the median, {:.2} ms at most; {} calls of consoles; memories are {:?}",
        ms(times[times.len() / 2]),
        times.last().map_or(0.0, |&time| ms(time)),
        HumanCount(calls),
        options.mode,
    );
    if let Some(out) = &options.out {
        write_pictures(&mut arcade, out)?;
        println!("{} pictures in {}", carts.len(), out.display());
    }
    let what = format!("{} carts, {} frames each, {threads} threads", carts.len(), options.frames);
    match &options.check {
        Some(index) => check(&arcade, index, options.frames, &what),
        None => {
            let ended = || arcade.seats().iter().filter_map(|seat| Some((&seat.name, seat.ended.as_ref()?)));
            println!("{what}: {} play on, {} ended", carts.len() - ended().count(), ended().count());
            ended().for_each(|(name, error)| println!("\n{name}: {error:#}"));
            Ok(true)
        }
    }
}

/// Compares with the right answers, and says whether all are right.
fn check(arcade: &Arcade, index: &Path, frames: u32, what: &str) -> Result<bool, String> {
    let json = fs::read(index).map_err(|error| format!("{}: {error}", index.display()))?;
    let answers = Answers::read(&json).map_err(|error| format!("{}: {error}", index.display()))?;
    let verdict = answers.compare(arcade, frames).map_err(|error| format!("{error:#}"))?;
    verdict.wrong.iter().for_each(|wrong| println!("{wrong}"));
    println!("{what}: {} right by hash, {} by its trap", verdict.by_hash, verdict.by_trap);
    Ok(verdict.wrong.is_empty())
}

/// All carts of a folder, by name.
fn read_carts(folder: &Path) -> Result<Vec<Cart>, String> {
    let wrong = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut carts = Vec::new();
    for entry in fs::read_dir(folder).map_err(wrong)? {
        let path = entry.map_err(wrong)?.path();
        if path.extension().is_some_and(|kind| kind == "wasm") {
            let bytes = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            carts.push(Cart {
                name: path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
                bytes,
            });
        }
    }
    carts.sort_unstable_by(|one, two| one.name.cmp(&two.name));
    if carts.is_empty() { Err(format!("{}: no file ends with .wasm", folder.display())) } else { Ok(carts) }
}

fn write_pictures(arcade: &mut Arcade, out: &Path) -> Result<(), String> {
    fs::create_dir_all(out).map_err(|error| format!("{}: {error}", out.display()))?;
    for seat in 0..arcade.seats().len() {
        let path = out.join(format!("{}.png", arcade.seats()[seat].name));
        let picture = arcade.picture(seat).map_err(|error| format!("{error:#}"))?;
        let written = File::create(&path).and_then(|file| picture.write(file));
        written.map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(())
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
