//! What a program must answer: its exit code, its memory at the end, and what it printed.
//!
//! Owns: reading the index's words and the files beside a module, and comparing. Does not know: how a program is run.
//!
//! Beside `NAME.wasm`, for `stdout` and `stderr`: `NAME.stdout.expected`, or `default.stdout.expected` for all of a folder,
//! is from the program's authors (compared without white space around it); `NAME.stdout.oracle` is what another engine
//! printed, `NAME.stdout.masked` the same with each number as one `#` where no two runs print the same numbers.

use std::path::Path;

use sha1::{Digest, Sha1};

use crate::index::{Index, Row, read, short_hash};
use crate::report::Verdict;

/// Answers beyond the index's: what no two runs print the same is told by these words.
///
/// `coremark-5000` repeats until a clock says that it is enough, so its last checksum and its times differ from run to run;
/// those of its three parts and its own verdict do not.
const WORDS: &[(&str, &[&str])] = &[(
    "bench/coremark/coremark-5000.wasm",
    &[
        "[0]crclist       : 0xe714",
        "[0]crcmatrix     : 0x1fd7",
        "[0]crcstate      : 0x8e3a",
        "Correct operation validated.",
        "CoreMark 1.0 : ",
    ],
)];

/// How a program ended.
pub(crate) struct Ended {
    pub(crate) exit: u32,
    pub(crate) score: Option<f32>,
    /// The first exported memory.
    pub(crate) memory: Option<Vec<u8>>,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
}

/// The right answer.
pub(crate) struct Answer {
    exit: u32,
    memory: Option<String>,
    has_score: bool,
    stdout: Vec<Text>,
    stderr: Vec<Text>,
}

/// What is known about a text.
enum Text {
    Contains(String),
    Sha1(String),
    ShortSha256(String),
    Trimmed(Vec<u8>),
    Exactly(Vec<u8>),
    Masked(Vec<u8>),
}

impl Answer {
    /// The answer of a program. An exit code alone is too little to be one.
    pub(crate) fn of(index: &Index, row: &Row) -> Result<Self, Verdict> {
        let mut answer =
            Self { exit: 0, memory: None, has_score: false, stdout: Vec::new(), stderr: Vec::new() };
        for clause in without_remarks(&row.answer).split(';') {
            answer.add_clause(clause.trim()).map_err(Verdict::Failed)?;
        }
        let words = WORDS.iter().filter(|(file, _)| *file == row.file).flat_map(|(_, words)| *words);
        answer.stdout.extend(words.map(|word| Text::Contains((*word).to_owned())));
        let (folder, stem) = (index.folder_of(row), row.base_name().trim_end_matches(".wasm"));
        answer.stdout.extend(beside(&folder, stem, "stdout")?);
        answer.stderr.extend(beside(&folder, stem, "stderr")?);
        if answer.memory.is_none() && !answer.has_score && answer.stdout.is_empty() {
            return Err(Verdict::Skipped("missing answer".to_owned()));
        }
        Ok(answer)
    }

    fn add_clause(&mut self, clause: &str) -> Result<(), String> {
        let words: Vec<&str> = clause.split_whitespace().collect();
        match *words {
            ["exit", code] => self.exit = code.parse().map_err(|error| format!("{clause}: {error}"))?,
            ["final-memory", "sha256/16", hash] => self.memory = Some(hash.to_owned()),
            ["stdout", "sha256/16", hash] => self.stdout.push(Text::ShortSha256(hash.to_owned())),
            ["stdout", "sha1", hash] => self.stdout.push(Text::Sha1(hash.to_owned())),
            ["stdout", "contains", ..] => {
                let word = clause.split('"').nth(1).ok_or_else(|| format!("{clause}: no quoted word"))?;
                self.stdout.push(Text::Contains(word.to_owned()));
            }
            ["score", ">0"] => self.has_score = true,
            // Nothing to compare with; how fast another engine was.
            ["stdout", "varies"]
            | ["memory", "hash", "differs", ..]
            | ["not", "run", "here"]
            | ["wasmtime", ..] => {}
            ["stdout", hash] if hash.len() == 16 => self.stdout.push(Text::ShortSha256(hash.to_owned())),
            _ => return Err(format!("index.json: an answer of an unknown kind: {clause:?}")),
        }
        Ok(())
    }

    /// What is wrong, if anything is.
    pub(crate) fn compare(&self, ended: &Ended) -> Verdict {
        let mut wrong = Vec::new();
        if ended.exit != self.exit {
            wrong.push(format!("exit code: expected {}, found {}", self.exit, ended.exit));
        }
        if self.has_score && !ended.score.is_some_and(|score| score > 0.0) {
            wrong.push(format!("score: expected more than 0, found {:?}", ended.score));
        }
        if let Some(expected) = &self.memory {
            let found = ended.memory.as_deref().map(short_hash);
            if found.as_ref() != Some(expected) {
                wrong.push(format!("memory: expected {expected}, found {found:?}"));
            }
        }
        for (name, texts, found) in
            [("stdout", &self.stdout, &ended.stdout), ("stderr", &self.stderr, &ended.stderr)]
        {
            let differences = texts.iter().filter_map(|text| text.difference(found));
            wrong.extend(differences.map(|difference| format!("{name}: {difference}")));
        }
        if wrong.is_empty() { Verdict::Passed } else { Verdict::Failed(wrong.join("; ")) }
    }
}

impl Text {
    fn difference(&self, found: &[u8]) -> Option<String> {
        let bytes = |expected: &[u8], found: &[u8]| {
            (expected != found).then(|| format!("expected {}, found {}", shown(expected), shown(found)))
        };
        match self {
            Self::Contains(word) => {
                let is_there = String::from_utf8_lossy(found).contains(word);
                (!is_there).then(|| format!("expected {word:?} in {}", shown(found)))
            }
            Self::Sha1(hash) => hashes(hash, &crate::index::hex(&Sha1::digest(found)), found),
            Self::ShortSha256(hash) => hashes(hash, &short_hash(found), found),
            Self::Trimmed(expected) => bytes(expected.trim_ascii(), found.trim_ascii()),
            Self::Exactly(expected) => bytes(expected, found),
            Self::Masked(expected) => bytes(expected, &masked(found)),
        }
    }
}

fn hashes(expected: &str, found: &str, of: &[u8]) -> Option<String> {
    (expected != found).then(|| format!("expected hash {expected}, found {found} of {}", shown(of)))
}

/// Bytes for a message: the beginning of them.
fn shown(bytes: &[u8]) -> String {
    const SHOWN_BYTES_MAX: usize = 200;
    let start = &bytes[..bytes.len().min(SHOWN_BYTES_MAX)];
    format!("{:?} ({} bytes)", String::from_utf8_lossy(start), bytes.len())
}

/// Each run of digits as one `#`.
fn masked(bytes: &[u8]) -> Vec<u8> {
    let mut masked = Vec::with_capacity(bytes.len());
    for &byte in bytes {
        match byte {
            b'0'..=b'9' if masked.last() == Some(&b'#') => {}
            b'0'..=b'9' => masked.push(b'#'),
            _ => masked.push(byte),
        }
    }
    masked
}

/// What lies beside a module about a stream.
fn beside(folder: &Path, stem: &str, stream: &str) -> Result<Option<Text>, Verdict> {
    let files = [
        (format!("{stem}.{stream}.expected"), Text::Trimmed as fn(Vec<u8>) -> Text),
        (format!("default.{stream}.expected"), Text::Trimmed),
        (format!("{stem}.{stream}.oracle"), Text::Exactly),
        (format!("{stem}.{stream}.masked"), Text::Masked),
    ];
    for (file, text) in files {
        if let Some(bytes) = read(&folder.join(file))? {
            return Ok(Some(text(bytes)));
        }
    }
    Ok(None)
}

/// A text without what stands in parentheses and brackets.
fn without_remarks(text: &str) -> String {
    let mut depth = 0_u32;
    let mut rest = String::new();
    for c in text.chars() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            _ if depth == 0 => rest.push(c),
            _ => {}
        }
    }
    rest
}
