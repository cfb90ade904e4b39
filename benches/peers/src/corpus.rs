//! The programs: `index.json` as data, and what each of its rows means for a run. The modules are other people's work and
//! lie outside the project, in the folder that `--corpora` names.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::expect::Expect;
use crate::odd;

/// Run these for a quick comparison: one program for each kind of work.
const HEADLINE: [&str; 16] = [
    "coremark/coremark-minimal",
    "polybench/gemm",
    "polybench/2mm",
    "sightglass/bz2",
    "sightglass/pulldown-cmark",
    "sightglass/blake3-scalar",
    "sightglass/rust-json",
    "sightglass/rust-compression",
    "sightglass/richards",
    "sightglass/quicksort",
    "sightglass/shootout/shootout-ed25519",
    "sightglass/shootout/shootout-keccak",
    "sightglass/shootout/shootout-fib2",
    "sightglass/shootout/shootout-base64",
    "sightglass/shootout/shootout-sieve",
    "wasm-r3/pathfinding",
];

/// Features that not every engine here has, as `index.json` names them.
const BEYOND: [&str; 6] = ["simd", "threads", "exceptions", "legacy-exceptions", "func-refs", "gc"];

/// Which programs of the index are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Set {
    /// 16 programs, one for each kind of work
    Headline,
    /// every program under bench/ that can run and needs no SIMD, threads, exceptions or GC
    Index,
    /// the modules under real/, compiled only
    Real,
    /// everything in the index that needs no more than `index` does
    All,
    /// modules made here, in shapes that take compilers time out of proportion; they are compiled only
    Odd,
}

/// One row of `index.json`; fields that nothing here reads are left out.
#[derive(Deserialize)]
struct Row {
    file: String,
    group: String,
    feats: String,
    imports: String,
    entry: String,
    how: String,
    ans: String,
    sha: String,
}

/// Where a module comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Benchmark programs.
    Bench,
    /// Modules that somebody uses.
    Real,
    /// Made by `odd`.
    Odd,
}

/// What of a run is the program's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timing {
    /// The whole call of the entry.
    Call,
    /// From the guest's call of `bench.start` to that of `bench.end`, or to its end.
    Bench,
    /// 1 / the score that the entry returns: it runs for as long as it likes.
    Score,
    /// 1 / the score that it prints, for the same reason.
    PrintedScore,
}

/// A module to compile and, where the index says what comes out, to run.
pub struct Program {
    /// Short name, unique in the index.
    pub name: String,
    /// Where it comes from.
    pub origin: Origin,
    /// Where the module lies.
    pub path: PathBuf,
    /// The export to call.
    pub entry: String,
    /// `argv`, the name first.
    pub args: Vec<String>,
    /// Bytes on standard input, taken from this file.
    pub stdin: Option<PathBuf>,
    /// Whether the module's folder is opened to it as ".".
    pub preopen: bool,
    /// What of a run is measured.
    pub timing: Timing,
    /// What a run must answer; `None` compiles only.
    pub expect: Option<Expect>,
    source: Source,
}

enum Source {
    /// A file with this SHA-256.
    File(String),
    Made(Vec<u8>),
}

impl Program {
    fn new(row: &Row, corpora: &Path) -> Result<Self> {
        let path = corpora.join(&row.file);
        let base = row.file.rsplit('/').next().unwrap_or(&row.file).to_owned();
        let (args, stdin) = arguments(&row.how);
        let stdin = stdin.map(|file| path.with_file_name(file));
        let runs = row.group.starts_with("bench/") && row.ans != "not run here";
        let expect = runs.then(|| Expect::new(&row.ans, &path)).transpose()?;
        Ok(Self {
            name: short_name(&row.file),
            args: std::iter::once(base).chain(args).collect(),
            stdin,
            preopen: !row.how.contains("no preopen"),
            timing: timing(row),
            entry: row.entry.clone(),
            expect,
            origin: if row.group.starts_with("real/") { Origin::Real } else { Origin::Bench },
            source: Source::File(row.sha.clone()),
            path,
        })
    }

    /// A module that was made here.
    fn made(name: &str, wasm: Vec<u8>) -> Self {
        Self {
            name: format!("odd/{name}"),
            origin: Origin::Odd,
            path: PathBuf::new(),
            entry: String::new(),
            args: Vec::new(),
            stdin: None,
            preopen: false,
            timing: Timing::Call,
            expect: None,
            source: Source::Made(wasm),
        }
    }

    /// The module's bytes, once they are known to be those that the index means.
    pub fn bytes(&self) -> Result<Vec<u8>> {
        let sha = match &self.source {
            Source::Made(wasm) => return Ok(wasm.clone()),
            Source::File(sha) => sha,
        };
        let bytes = std::fs::read(&self.path).with_context(|| format!("{}: missing", self.path.display()))?;
        let found = hex(&Sha256::digest(&bytes));
        if found != *sha {
            bail!("{}: sha256 is {found}, the index says {sha}", self.path.display());
        }
        Ok(bytes)
    }
}

/// The programs of `set` whose name contains one of `filters` (all without filters).
pub fn load(corpora: Option<&Path>, set: Set, filters: &[String]) -> Result<Vec<Program>> {
    let fits =
        |program: &Program| filters.is_empty() || filters.iter().any(|filter| program.name.contains(filter));
    let mut programs = match set {
        Set::Odd => odd::SHAPES.iter().map(|shape| Program::made(shape.name, (shape.make)())).collect(),
        _ => of_index(corpora.context("which folder holds the corpora? (--corpora)")?, set)?,
    };
    if set == Set::Headline && programs.len() != HEADLINE.len() {
        bail!("the index lacks programs of the headline set: {} of {}", programs.len(), HEADLINE.len());
    }
    programs.retain(fits);
    if programs.is_empty() {
        bail!("no program fits");
    }
    Ok(programs)
}

fn of_index(corpora: &Path, set: Set) -> Result<Vec<Program>> {
    let index = corpora.join("index.json");
    let text = std::fs::read_to_string(&index).with_context(|| format!("cannot read {}", index.display()))?;
    let rows: Vec<Row> = serde_json::from_str(&text).with_context(|| index.display().to_string())?;
    let mut programs = Vec::new();
    for row in rows.iter().filter(|row| !row.feats.split('+').any(|feature| BEYOND.contains(&feature))) {
        let program = Program::new(row, corpora).with_context(|| row.file.clone())?;
        let asked = match set {
            Set::Headline => HEADLINE.contains(&program.name.as_str()),
            Set::Index => program.expect.is_some(),
            Set::Real => row.group.starts_with("real/"),
            Set::All => true,
            Set::Odd => false,
        };
        if asked {
            programs.push(program);
        }
    }
    Ok(programs)
}

fn short_name(file: &str) -> String {
    let name = file.strip_prefix("bench/").unwrap_or(file);
    let name = name.strip_suffix(".wasm").unwrap_or(name);
    name.strip_suffix("/benchmark").unwrap_or(name).to_owned()
}

/// `… args: A B < FILE` in the index.
fn arguments(how: &str) -> (Vec<String>, Option<String>) {
    let Some((_, line)) = how.split_once("args:") else { return (Vec::new(), None) };
    let (args, stdin) = match line.split_once('<') {
        Some((args, file)) => (args, Some(file.trim().to_owned())),
        None => (line, None),
    };
    (args.split_whitespace().map(str::to_owned).collect(), stdin)
}

fn timing(row: &Row) -> Timing {
    if row.imports.contains("bench(") {
        Timing::Bench
    } else if row.ans.starts_with("score") {
        Timing::Score
    } else if row.group == "bench/classic" && row.file.contains("/coremark") {
        Timing::PrintedScore
    } else {
        Timing::Call
    }
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::{arguments, short_name};

    #[test]
    fn names_and_arguments() {
        assert_eq!(short_name("bench/sightglass/bz2/benchmark.wasm"), "sightglass/bz2");
        assert_eq!(short_name("real/npm/esbuild-wasm/esbuild.wasm"), "real/npm/esbuild-wasm/esbuild");
        let (args, stdin) = arguments("WASI (p1 or wasi_unstable), args: -s 128x128 < scene");
        assert_eq!((args, stdin), (vec!["-s".to_owned(), "128x128".to_owned()], Some("scene".to_owned())));
        assert_eq!(arguments("WASI p1, no preopen"), (Vec::new(), None));
    }
}
