//! What the command line says.
//!
//! Owns: [`Options`] and the texts of mistakes in it. Does not know: the game.

use skep::MemoryMode;

/// What `--help` prints.
pub(crate) const HELP: &str = "\
A small game host: mods in WebAssembly, hundreds of instances, a turn for each in every frame.

Usage: cargo run --release --example mods -- [OPTIONS]

Options:
  --mode guarded|checked  how memories are kept in bounds [guarded]
  --seconds N             seconds of game time, 60 frames each, 1 to 3600 [10]
  --instances N           instances at first, 10 to 10000 [400]
  --help                  this text";

/// Settings of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) mode: MemoryMode,
    pub(crate) seconds: u32,
    pub(crate) instances: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self { mode: MemoryMode::Guarded, seconds: 10, instances: 400 }
    }
}

impl Options {
    /// Reads arguments, the program's name left out. `None` when help is wanted; the error says which argument is wrong, and why.
    pub(crate) fn parse(args: impl IntoIterator<Item = String>) -> Result<Option<Self>, String> {
        let mut options = Self::default();
        let mut args = args.into_iter();
        while let Some(arg) = args.next() {
            let (name, value) = match arg.split_once('=') {
                Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                None => (arg, None),
            };
            let mut value = || value.clone().or_else(|| args.next());
            match &*name {
                "--help" | "-h" => return Ok(None),
                "--mode" => options.mode = mode(value().as_deref())?,
                "--seconds" => options.seconds = number(&name, value(), 1, 3600)?,
                "--instances" => options.instances = number(&name, value(), 10, 10_000)?,
                _ => return Err(format!("unknown argument {name:?}; --help lists what there is")),
            }
        }
        Ok(Some(options))
    }
}

fn mode(value: Option<&str>) -> Result<MemoryMode, String> {
    match value {
        Some("guarded") => Ok(MemoryMode::Guarded),
        Some("checked") => Ok(MemoryMode::Checked),
        Some(other) => Err(format!("--mode: expected guarded or checked, found {other:?}")),
        None => Err("--mode: expected guarded or checked, found nothing".to_owned()),
    }
}

fn number(name: &str, value: Option<String>, min: u32, max: u32) -> Result<u32, String> {
    let found = value.as_ref().map_or("nothing".to_owned(), |value| format!("{value:?}"));
    let number = value.and_then(|value| value.parse().ok()).filter(|number| (min..=max).contains(number));
    number.ok_or_else(|| format!("{name}: expected a whole number from {min} to {max}, found {found}"))
}
