//! What the command line says.
//!
//! Owns: [`Options`]. Does not know: carts.

use std::path::PathBuf;

use clap::Parser;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use skep::MemoryMode;

/// Plays WASM-4 carts without a screen, all of a folder at once.
#[derive(Clone, Debug, PartialEq, Eq, Parser)]
#[command(name = "carts")]
pub(crate) struct Options {
    /// The folder with the carts, files that end with .wasm
    pub(crate) folder: PathBuf,
    /// Frames that each cart plays
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) frames: u32,
    /// A folder for the last picture of each cart, as PNG
    #[arg(long)]
    pub(crate) out: Option<PathBuf>,
    /// Compare with the answers of this index.json, and fail if one differs; the console then draws beside the carts' memories
    #[arg(long, value_name = "INDEX")]
    pub(crate) check: Option<PathBuf>,
    /// How memories are kept in bounds: compared at each access, or by pages that nobody may touch
    #[arg(long, default_value = "checked", value_parser = modes())]
    pub(crate) mode: MemoryMode,
    /// Threads that play [default: all cores]
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=256))]
    pub(crate) threads: Option<u32>,
}

fn modes() -> impl TypedValueParser<Value = MemoryMode> {
    PossibleValuesParser::new(["checked", "compact", "guarded"]).map(|mode| match &*mode {
        "compact" => MemoryMode::Compact,
        "guarded" => MemoryMode::Guarded,
        _ => MemoryMode::Checked,
    })
}
