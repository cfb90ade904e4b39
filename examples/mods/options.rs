//! What the command line says.
//!
//! Owns: [`Options`]. Does not know: the game.

use clap::Parser;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use skep::MemoryMode;

/// A small game host: mods in WebAssembly, thousands of instances, a turn for each in every frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Parser)]
#[command(name = "mods")]
pub(crate) struct Options {
    /// How memories are kept in bounds: compared at each access, or by pages that nobody may touch
    #[arg(long, default_value = "checked", value_parser = modes())]
    pub(crate) mode: MemoryMode,
    /// Seconds of game time, 60 ticks each
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub(crate) seconds: u32,
    /// Instances at first
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(20..=100_000))]
    pub(crate) instances: u32,
    /// Threads that run mods [default: all cores]
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=256))]
    pub(crate) threads: Option<u32>,
    /// Run ticks back to back instead of 60 a second
    #[arg(long)]
    pub(crate) fast: bool,
    /// Fail if the 99th percentile of the times of ticks is above 16.6 ms
    #[arg(long)]
    pub(crate) check: bool,
}

fn modes() -> impl TypedValueParser<Value = MemoryMode> {
    PossibleValuesParser::new(["checked", "compact", "guarded"]).map(|mode| match &*mode {
        "compact" => MemoryMode::Compact,
        "guarded" => MemoryMode::Guarded,
        _ => MemoryMode::Checked,
    })
}
