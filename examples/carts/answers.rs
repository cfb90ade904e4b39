//! What carts should have done: `index.json`, a list of objects with the members `file` and `ans`.
//!
//! Owns: reading it, and comparing. Does not know: how carts are played.

use std::collections::BTreeMap;
use std::path::Path;

use sha2::{Digest as _, Sha256};
use skep::Trap;

use crate::arcade::{Arcade, State};

/// How the answer of a cart begins that must trap.
const TRAPS: &str = "traps: out of bounds";

/// The right answers, by the file's name without its folder and its ending.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    by_name: BTreeMap<String, String>,
}

/// What came of a comparison.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) by_hash: usize,
    pub(crate) by_trap: usize,
    /// What was wrong, a line each.
    pub(crate) wrong: Vec<String>,
}

impl Answers {
    /// Reads the index.
    pub(crate) fn read(json: &[u8]) -> Result<Self, String> {
        let rows: Vec<serde_json::Value> = serde_json::from_slice(json).map_err(|error| error.to_string())?;
        let member = |row: &serde_json::Value, name| row.get(name)?.as_str().map(str::to_owned);
        let by_name = rows.iter().filter_map(|row| {
            let (file, answer) = (member(row, "file")?, member(row, "ans")?);
            // The index has other modules too, some of the same name.
            let is_cart = answer.contains(" fr: log ") || answer.starts_with(TRAPS);
            is_cart.then_some((Path::new(&file).file_stem()?.to_str()?.to_owned(), answer))
        });
        Ok(Self { by_name: by_name.collect() })
    }

    /// Compares all consoles after so many frames.
    pub(crate) fn compare(&self, arcade: &Arcade, frames: u32) -> Result<Verdict, skep::Error> {
        let mut verdict = Verdict::default();
        for (at, seat) in arcade.seats().iter().enumerate() {
            let expected = self.by_name.get(&seat.name).map_or("an answer", String::as_str);
            let found = match &seat.ended {
                Some(error) => format!("{error:#}"),
                None => format!("{frames} fr: {}", in_words(&arcade.state(at)?)),
            };
            let trap = seat.ended.as_ref().and_then(skep::Error::trap);
            if expected.starts_with(TRAPS) && trap == Some(Trap::OutOfBoundsMemoryAccess) {
                verdict.by_trap += 1;
            } else if expected.split("; ").any(|part| format!("{part} ").starts_with(&format!("{found} "))) {
                verdict.by_hash += 1;
            } else {
                verdict.wrong.push(format!("{}: expected {expected:?}, found {found:?}", seat.name));
            }
        }
        Ok(verdict)
    }
}

/// A state in the index's words.
fn in_words(state: &State<'_>) -> String {
    let digest = Sha256::digest(state.memory);
    let digits: String = digest[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("log {:08x} mem {digits}", state.log)
}
