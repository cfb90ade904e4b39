//! The command line.
//!
//! Owns: options, their help and examples. Does not know: what the commands do.

use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};
use skep::{Arch, Config, Engine, MemoryMode};

use crate::outcome::Failure;

/// Runs, compiles, tests and inspects WebAssembly modules, binary or text.
#[derive(Debug, Parser)]
#[command(name = "skep", version, about, after_help = EXAMPLES)]
pub(crate) struct Options {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLES: &str = "\
Examples:
  skep run hello.wasm                          run a WASI program
  skep run --dir . --env LANG=C tool.wasm -v   with the current directory, a variable and an argument
  skep run --invoke add math.wat 2 3           call an export, print its results
  skep run --preload env=host.wat app.wasm     satisfy the imports from `env` by another module
  skep compile --repeat 5 *.wasm               time the compiler
  skep wast tests/                             run the scripts of a folder
  skep inspect --disasm fib math.wat           show machine code with wasm offsets

Exit status of `run`: the program's own; 134 for a trap; 1 for an invalid module or a failed link; 2 for usage.";

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Runs a program under WASI, or calls one of a module's exports
    #[command(after_help = RUN_EXAMPLES, override_usage = "skep run [OPTIONS] FILE [ARGS]...")]
    Run(RunOptions),
    /// Compiles modules and says how long it took
    #[command(after_help = COMPILE_EXAMPLES)]
    Compile(CompileOptions),
    /// Runs scripts of the WebAssembly test suite
    #[command(after_help = WAST_EXAMPLES)]
    Wast(WastOptions),
    /// Shows what is in a module, and its machine code
    #[command(after_help = INSPECT_EXAMPLES)]
    Inspect(InspectOptions),
}

const RUN_EXAMPLES: &str = "\
Examples:
  skep run hello.wasm
  skep run --dir data::/ --time sort.wasm /in.txt
  skep run --invoke fib fib.wat 30
  skep run --preload env=host.wat app.wasm

Exit status: the program's own; 134 and message and backtrace for a trap; 1 for an invalid module or a failed link;
2 for usage.";

const COMPILE_EXAMPLES: &str = "\
Examples:
  skep compile app.wasm
  skep compile --repeat 10 --json a.wasm b.wasm
  skep compile --threads 2 big.wasm
  skep compile --target aarch64 app.wasm

With one thread, time is that thread's CPU time; with more, time on the wall.";

const WAST_EXAMPLES: &str = "\
Examples:
  skep wast i32.wast
  skep wast --mode checked testsuite/

Prints a line per failure and, last, `N passed, N failed, N skipped`. Status 1 when any failed.";

const INSPECT_EXAMPLES: &str = "\
Examples:
  skep inspect app.wasm
  skep inspect --disasm main app.wasm
  skep inspect --disasm 17 --target aarch64 app.wasm";

#[derive(Args, Debug)]
pub(crate) struct RunOptions {
    /// Call this export instead of `_start`, with arguments parsed by its type; results are printed one per line
    #[arg(long, value_name = "NAME")]
    pub(crate) invoke: Option<String>,
    /// Let the program use the directory HOST under the name GUEST (default: the same name)
    #[arg(long = "dir", value_name = "HOST[::GUEST]")]
    pub(crate) dirs: Vec<String>,
    /// Set an environment variable; the host's own are not passed on
    #[arg(long = "env", value_name = "K=V", value_parser = parse_pair)]
    pub(crate) env: Vec<(String, String)>,
    /// Instantiate FILE first, under NAME, for the imports of what follows
    #[arg(long = "preload", value_name = "NAME=FILE", value_parser = parse_pair)]
    pub(crate) preloads: Vec<(String, String)>,
    /// How accesses to memory are kept in bounds
    #[arg(long, value_enum, default_value_t)]
    pub(crate) mode: Mode,
    /// Print compile, spawn and run times to standard error
    #[arg(long)]
    pub(crate) time: bool,
    /// The module, binary or text, and the arguments of the program or the export
    #[arg(required = true, trailing_var_arg = true, value_names = ["FILE", "ARGS"])]
    command: Vec<String>,
}

impl RunOptions {
    /// The module.
    pub(crate) fn file(&self) -> &Path {
        Path::new(self.command.first().map_or("", String::as_str))
    }

    /// The arguments: all that follows the file, options too.
    pub(crate) fn args(&self) -> &[String] {
        self.command.get(1..).unwrap_or_default()
    }
}

#[derive(Args, Debug)]
pub(crate) struct CompileOptions {
    /// Modules, binary or text
    #[arg(required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// Threads that compile
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) threads: u16,
    /// Compile each module N times and take the best
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) repeat: u32,
    /// How accesses to memory are kept in bounds
    #[arg(long, value_enum, default_value_t)]
    pub(crate) mode: Mode,
    /// Compile for the baseline of this architecture, with equal code on every host, and measure only, instead of for this machine
    #[arg(long, value_enum, value_name = "ARCH")]
    pub(crate) target: Option<Architecture>,
    /// Print one JSON array with an object per module
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct WastOptions {
    /// Scripts, or folders of them
    #[arg(required = true, value_name = "FILE|DIR")]
    pub(crate) paths: Vec<PathBuf>,
    /// How accesses to memory are kept in bounds
    #[arg(long, value_enum, default_value_t)]
    pub(crate) mode: Mode,
}

#[derive(Args, Debug)]
pub(crate) struct InspectOptions {
    /// Disassemble the function of this name, export or index
    #[arg(long, value_name = "FUNC")]
    pub(crate) disasm: Option<String>,
    /// How accesses to memory are kept in bounds
    #[arg(long, value_enum, default_value_t)]
    pub(crate) mode: Mode,
    /// Show code for the baseline of this architecture instead of for this machine
    #[arg(long, value_enum, value_name = "ARCH")]
    pub(crate) target: Option<Architecture>,
    /// The module, binary or text
    pub(crate) file: PathBuf,
}

/// A memory mode by its name on the command line.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum Mode {
    /// Guard pages behind each memory
    #[default]
    Guarded,
    /// An explicit check at each access
    Checked,
    /// The same, and a mark at each store where a memory says that it stays small
    Compact,
}

impl Mode {
    /// Settings with this mode.
    pub(crate) fn config(self) -> Config {
        Config::new().memory_mode(match self {
            Self::Guarded => MemoryMode::Guarded,
            Self::Checked => MemoryMode::Checked,
            Self::Compact => MemoryMode::Compact,
        })
    }

    /// An engine with this mode, for this machine.
    pub(crate) fn engine(self) -> Result<Engine, Failure> {
        self.engine_for(None)
    }

    /// An engine with this mode, for an architecture if one is named.
    pub(crate) fn engine_for(self, target: Option<Architecture>) -> Result<Engine, Failure> {
        let config = self.config();
        let config = match target {
            None => config,
            Some(target) => config.arch(target.arch()),
        };
        Engine::new(&config).map_err(|error| Failure::of("engine", &error))
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Guarded => "guarded",
            Self::Checked => "checked",
            Self::Compact => "compact",
        }
    }
}

/// What code can be compiled for.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Architecture {
    #[value(name = "x86_64")]
    X86_64,
    #[value(name = "aarch64")]
    Aarch64,
}

impl Architecture {
    fn arch(self) -> Arch {
        match self {
            Self::X86_64 => Arch::X64,
            Self::Aarch64 => Arch::Aarch64,
        }
    }
}

fn parse_pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Options::command().debug_assert();
    }

    #[test]
    fn what_follows_the_file_is_the_programs() {
        let line = ["skep", "run", "--time", "a.wasm", "--time", "-x", "--", "y"];
        let Command::Run(run) = Options::try_parse_from(line).unwrap().command else { panic!("not `run`") };
        assert!(run.time);
        assert_eq!(run.file(), "a.wasm");
        assert_eq!(run.args(), ["--time", "-x", "--", "y"]);
    }
}
