//! The `skep` command: runs, compiles, tests and inspects WebAssembly modules.
//!
//! Owns: the choice of the subcommand and the exit status. Does not know: anything of `skep` that is not public.

mod compile;
mod inspect;
mod options;
mod outcome;
mod run;
mod values;
mod wast;

use std::process::ExitCode;

use clap::Parser;
use options::{Command, Options};

fn main() -> ExitCode {
    let result = match Options::parse().command {
        Command::Run(options) => run::run(&options),
        Command::Compile(options) => compile::compile(&options),
        Command::Wast(options) => wast::wast(&options),
        Command::Inspect(options) => inspect::inspect(&options),
    };
    outcome::exit(result)
}
