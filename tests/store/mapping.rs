//! Which tests prove which obligation of the store: `cargo test --test store mapping -- --nocapture` prints the table.
//!
//! Owns: that every obligation from S1 to S80 has tests, and that each test exists. The rows are in `rows_1_43` and
//! `rows_44_80`. Does not know: what the tests do.

use crate::{rows_1_43, rows_44_80};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

/// An obligation and its proofs.
pub(crate) struct Row {
    /// Its number: 1 for S1.
    pub(crate) number: usize,
    /// What must be true, in a line.
    pub(crate) meaning: &'static str,
    pub(crate) proof: Proof,
}

pub(crate) enum Proof {
    /// Test functions, anywhere in `src` or `tests`; `suite:x.wast` is a file that `tests/spec` runs, `doc:x` an item whose
    /// example must not compile.
    Tests(&'static [&'static str]),
    /// Nothing to prove yet, and why.
    Later(&'static str),
}

/// A row that is proven by tests.
pub(crate) const fn row(number: usize, meaning: &'static str, tests: &'static [&'static str]) -> Row {
    Row { number, meaning, proof: Proof::Tests(tests) }
}

/// A row that is not built yet on purpose.
pub(crate) const fn later(number: usize, meaning: &'static str, why: &'static str) -> Row {
    Row { number, meaning, proof: Proof::Later(why) }
}

/// The names that a proof may have, each with the files that define it.
type Known = BTreeMap<String, Vec<String>>;

/// Reads the names out of a source file.
fn scan(path: &str, source: &str, known: &mut Known) {
    let mut pending = None;
    for line in source.lines().map(str::trim) {
        if line == "#[test]" {
            pending = Some("");
        } else if line.starts_with("/// ```compile_fail,E0") {
            pending = Some("doc:");
        } else if let Some(name) = pending.and(item_name(line)) {
            let key = format!("{}{name}", pending.take().unwrap_or_default());
            known.entry(key).or_default().push(path.to_owned());
        } else if path == "tests/spec/files.rs" {
            for name in line.split('"').filter(|part| part.ends_with(".wast")) {
                known.entry(format!("suite:{name}")).or_default().push(path.to_owned());
            }
        }
    }
}

/// The name of the item that the line begins to define.
fn item_name(line: &str) -> Option<&str> {
    let line = line.trim_start_matches("pub(crate) ").trim_start_matches("pub(super) ");
    let line = line.trim_start_matches("pub ").trim_start_matches("const ").trim_start_matches("unsafe ");
    let rest = ["fn ", "struct ", "trait ", "enum "].iter().find_map(|word| line.strip_prefix(word))?;
    rest.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().filter(|name| !name.is_empty())
}

/// Reads the names out of all source files in a folder.
fn scan_folder(root: &Path, folder: &str, known: &mut Known) {
    for entry in std::fs::read_dir(root.join(folder)).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
        if entry.file_type().unwrap().is_dir() {
            scan_folder(root, &path, known);
        } else if path.ends_with(".rs") {
            scan(&path, &std::fs::read_to_string(entry.path()).unwrap(), known);
        }
    }
}

/// The names of all tests of this project.
fn known() -> Known {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut known = Known::new();
    for folder in ["src", "tests", "crates"] {
        scan_folder(root, folder, &mut known);
    }
    known
}

/// The table, and what is wrong with it.
fn judge<'a>(rows: impl Iterator<Item = &'a Row>, last: usize, known: &Known) -> (String, Vec<String>) {
    let (mut table, mut wrong) = (String::new(), Vec::new());
    let mut seen = Vec::new();
    for Row { number, meaning, proof } in rows {
        let _ = writeln!(table, "S{number}  {meaning}");
        seen.push(*number);
        let Proof::Tests(names) = proof else {
            let Proof::Later(why) = proof else { continue };
            let _ = writeln!(table, "      later: {why}");
            continue;
        };
        if names.is_empty() {
            wrong.push(format!("S{number} has no test"));
        }
        for &name in *names {
            match known.get(name) {
                Some(files) => {
                    let _ = writeln!(table, "      {name}  ({})", files[0]);
                }
                None => wrong.push(format!("S{number}: no test is called {name}")),
            }
        }
    }
    if seen != (1..=last).collect::<Vec<_>>() {
        wrong.push(format!("rows are missing, repeated or out of order: {seen:?}"));
    }
    (table, wrong)
}

#[test]
fn every_obligation_has_tests_that_exist() {
    let (table, wrong) = judge(rows_1_43::ROWS.iter().chain(rows_44_80::ROWS), 80, &known());
    if std::env::args().any(|argument| argument == "--nocapture") {
        std::io::stdout().write_all(table.as_bytes()).unwrap();
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Rows whose number a test's name bears must name that test: nothing is proven that the table does not tell.
#[test]
fn every_test_with_a_rows_number_is_in_that_row() {
    let mut wrong = Vec::new();
    for name in known().keys() {
        let numbers: Vec<usize> = numbers_of(name);
        for number in numbers {
            let mut rows = rows_1_43::ROWS.iter().chain(rows_44_80::ROWS);
            let row = rows.find(|row| row.number == number);
            let listed = row.is_some_and(|row| match row.proof {
                Proof::Tests(names) => names.contains(&name.as_str()),
                Proof::Later(_) => false,
            });
            if !listed {
                wrong.push(format!("S{number} does not name {name}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The rows that a test says it proves: 27 and 28 for `s27_s28_texts`.
fn numbers_of(name: &str) -> Vec<usize> {
    name.split('_').map_while(|part| part.strip_prefix('s')?.parse().ok()).collect()
}

#[test]
fn what_is_missing_is_found() {
    let mut known = Known::new();
    let source = "#[test]\nfn a() {}\nfn b() {}\n#[test]\n#[cfg(unix)]\nfn c() {}\n/// ```compile_fail,E0277\nstruct D;";
    scan("src/x.rs", source, &mut known);
    assert_eq!(known.keys().collect::<Vec<_>>(), ["a", "c", "doc:D"]);
    let rows = [row(1, "", &["a"]), row(2, "", &["doc:D"]), later(3, "", "why")];
    assert!(judge(rows.iter(), 3, &known).1.is_empty());
    assert_eq!(judge(rows.iter(), 4, &known).1.len(), 1, "a row is missing");
    assert_eq!(judge([row(1, "", &["b"])].iter(), 1, &known).1, ["S1: no test is called b"]);
    assert_eq!(judge([row(1, "", &[])].iter(), 1, &known).1, ["S1 has no test"]);
    assert_eq!(judge([&rows[0], &rows[0]].into_iter(), 1, &known).1.len(), 1, "a row is repeated");
    assert_eq!(numbers_of("s27_s28_texts_2"), [27, 28]);
    assert_eq!(numbers_of("stats"), [0; 0]);
}
