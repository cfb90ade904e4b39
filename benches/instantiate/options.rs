//! Arguments of the program.

use skep::{Config, MemoryMode};

pub(crate) const HELP: &str = "What spawning and freeing an instance costs, beside copying the same bytes.

cargo bench --bench instantiate -- [OPTIONS]
  --csv          a line of comma-separated values per case
  --guarded, --checked, --compact
                 how memories are kept in bounds (default: as each module's declarations have it)
  --goals        fail if a case costs more than is wanted
  --only TEXT    cases whose module or way contains the text
  --rounds N     rounds, of which medians are taken (default 15)
  --cycles N     lives per round of the cheapest case (default 20000)";

/// What is asked for.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) csv: bool,
    pub(crate) goals: bool,
    pub(crate) rounds: usize,
    pub(crate) cycles: usize,
    pub(crate) only: String,
    mode: Option<MemoryMode>,
}

impl Options {
    /// Reads arguments; `None` asks for help.
    pub(crate) fn parse(mut args: impl Iterator<Item = String>) -> Result<Option<Self>, String> {
        let mut options =
            Self { csv: false, goals: false, rounds: 15, cycles: 20_000, only: String::new(), mode: None };
        while let Some(arg) = args.next() {
            match &*arg {
                "--csv" => options.csv = true,
                "--goals" => options.goals = true,
                "--guarded" => options.mode = Some(MemoryMode::Guarded),
                "--checked" => options.mode = Some(MemoryMode::Checked),
                "--compact" => options.mode = Some(MemoryMode::Compact),
                "--only" => options.only = args.next().unwrap_or_default(),
                "--rounds" => options.rounds = number(&arg, args.next().as_deref())?,
                "--cycles" => options.cycles = number(&arg, args.next().as_deref())?,
                "--help" | "-h" => return Ok(None),
                // What cargo adds.
                "--bench" => {}
                _ => return Err(format!("{arg}: no such option; --help lists them")),
            }
        }
        Ok(Some(options))
    }

    /// Settings of the engine.
    pub(crate) fn config(&self) -> Config {
        self.mode.into_iter().fold(Config::new(), Config::memory_mode)
    }
}

fn number(option: &str, text: Option<&str>) -> Result<usize, String> {
    let number = text.and_then(|text| text.parse().ok()).filter(|number| *number > 0);
    number.ok_or_else(|| format!("{option}: a number above 0 is needed"))
}
