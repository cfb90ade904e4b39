//! What only some files may do.
//!
//! Owns: unsafe code and its invariants, words and predicates with a place of their own, lints that may be silenced.
//! Does not know: who imports whom (`layers`).

use std::collections::BTreeSet;

use crate::source::{File, declared_module, words};

/// Words that only some files may say, and why.
const WORDS: &[(&str, &[&str], &str)] = &[
    ("PROT_EXEC", &["src/arena/exec.rs"], "pages become executable in one file"),
    ("transmute", &["src/jit/entry.rs"], "an address becomes a function in one file"),
    ("ud2", &[], "a trap leaves through its stub: a signal costs a thousand times as much"),
];

/// Configuration predicates that only some files may ask.
const PREDICATES: &[(&[&str], &[&str])] = &[
    (&["target_arch"], &["src/jit/entry.rs", "src/jit/fault.rs"]),
    (
        &["unix", "windows", "target_os", "target_family"],
        &["src/arena/exec.rs", "src/arena/pages.rs", "src/jit/fault.rs", "src/jit/mod.rs"],
    ),
];

/// Files that are a flat `match` with a short arm per kind.
const FLAT: &[&str] = &[
    "src/jit/aarch64/float.rs",
    "src/jit/aarch64/scalar.rs",
    "src/jit/x64/float.rs",
    "src/jit/x64/scalar.rs",
    "src/spec/numeric.rs",
];

/// Clippy's lints that may be silenced, and where.
const SILENCED: &[(&str, &[&str])] = &[
    ("too_many_lines", FLAT),
    ("match_same_arms", FLAT),
    ("enum_variant_names", &["src/spec/ops.rs"]),
    ("disallowed_methods", &["src/jit/entry.rs"]),
    (
        "cast_possible_truncation",
        &[
            "src/jit/abi.rs",
            "src/jit/fault.rs",
            "src/jit/x64/flow.rs",
            "src/jit/x64/stub.rs",
            "src/spec/numeric.rs",
            "src/store/addr.rs",
            "src/store/builtin.rs",
            "src/store/mod.rs",
            "examples/",
            "tests/",
        ],
    ),
    ("cast_sign_loss", &["src/jit/fault.rs", "tests/"]),
    ("allow_attributes", &["src/store/host.rs", "src/store/typed.rs"]),
    ("unused_unit", &["src/store/typed.rs"]),
    ("unwrap_used", &["tests/"]),
    ("cast_precision_loss", &["benches/", "crates/cli/", "tests/"]),
    ("print_stdout", &["benches/", "crates/cli/", "examples/"]),
    ("print_stderr", &["benches/", "crates/cli/", "examples/", "tests/leaks/"]),
];

/// Words with a place of their own.
pub(crate) fn fenced_words(files: &[File]) -> Vec<String> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.is_source()) {
        for line in file.code_lines() {
            for (_, word) in words(line.line) {
                if let Some((_, places, why)) = WORDS.iter().find(|(fenced, ..)| *fenced == word)
                    && !file.is_in(places)
                {
                    findings.push(format!("{}: `{word}`: {why}", file.at(line.number)));
                }
            }
        }
    }
    findings
}

/// What `cfg` asks.
pub(crate) fn predicates(files: &[File]) -> Vec<String> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.is_source() && !file.is_test()) {
        for line in file.code_lines() {
            let asks = ["cfg(", "cfg!(", "cfg_attr("].iter().any(|form| line.line.contains(form));
            for (_, word) in words(line.line).filter(|_| asks) {
                if let Some((_, places)) = PREDICATES.iter().find(|(asked, _)| asked.contains(&word))
                    && !file.is_in(places)
                {
                    let places = places.join(", ");
                    findings.push(format!("{}: `{word}` is asked in {places} only", file.at(line.number)));
                }
            }
        }
    }
    findings
}

/// Fences of unsafe code are on `mod` lines, and are those of the table in ARCHITECTURE.md.
pub(crate) fn fences(files: &[File]) -> Vec<String> {
    let mut findings = Vec::new();
    let mut fenced = BTreeSet::new();
    for file in files.iter().filter(|file| file.is_source() || file.path.starts_with("crates/")) {
        let lines: Vec<_> = file.code_lines().collect();
        for (at, line) in lines.iter().enumerate() {
            if !words(line.line).any(|(_, word)| word == "unsafe_code") {
                continue;
            }
            let item = lines[at + 1..].iter().find(|line| !line.line.trim().starts_with("#["));
            let name = item.and_then(|line| declared_module(line.line)?.strip_suffix(';'));
            match name.filter(|_| line.line.trim().starts_with("#[expect(unsafe_code")) {
                Some(name) => {
                    let folder = file.path.trim_end_matches("mod.rs").trim_end_matches("lib.rs");
                    fenced.insert(format!("{folder}{name}.rs"));
                }
                None => findings.push(format!(
                    "{}: a fence is `#[expect(unsafe_code, …)]` on a `mod` line",
                    file.at(line.number)
                )),
            }
        }
    }
    let table = listed(files);
    findings
        .extend(fenced.difference(&table).map(|path| format!("{path} is fenced and not in ARCHITECTURE.md")));
    findings.extend(table.difference(&fenced).map(|path| format!("ARCHITECTURE.md: {path} is no fence")));
    findings
}

/// Files in the first column of the table of fences.
fn listed(files: &[File]) -> BTreeSet<String> {
    let text = files.iter().find(|file| file.path == "ARCHITECTURE.md").map_or("", |file| &file.text);
    let section = text.lines().skip_while(|line| *line != "## Unsafe code").skip(1);
    let rows =
        section.take_while(|line| !line.starts_with("## ")).filter_map(|line| line.strip_prefix("| `"));
    rows.filter_map(|row| row.split_once('`')).map(|(path, _)| path.to_owned()).collect()
}

/// A file with unsafe code has numbered invariants, and its SAFETY comments cite no others.
pub(crate) fn invariants(files: &[File]) -> Vec<String> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.is_source() || file.path.starts_with("crates/")) {
        let header = file.text.lines().take_while(|line| line.starts_with("//!"));
        let ids = header.filter_map(|line| line.strip_prefix("//! - ")?.split_once(':')).map(|(id, _)| id);
        let known: BTreeSet<&str> = ids.filter(|id| is_id(id)).collect();
        let lines: Vec<&str> = file.text.lines().map(str::trim).collect();
        let starts: Vec<usize> =
            (0..lines.len()).filter(|&at| lines[at].starts_with(concat!("// SAFE", "TY:"))).collect();
        if !starts.is_empty() && known.is_empty() && !file.is_test() {
            findings.push(format!("{}: unsafe code, and no `# Invariants` in the header", file.path));
        }
        for at in starts {
            let comment = lines[at..].iter().take_while(|line| line.starts_with("//"));
            let cited = comment.flat_map(|line| words(line)).map(|(_, word)| word).filter(|word| is_id(word));
            let unknown = cited.filter(|id| !known.contains(id));
            findings.extend(unknown.map(|id| format!("{}: the header has no {id}", file.at(at + 1))));
        }
    }
    findings
}

fn is_id(word: &str) -> bool {
    word.strip_prefix('I')
        .is_some_and(|number| !number.is_empty() && number.bytes().all(|c| c.is_ascii_digit()))
}

/// Lints of clippy are silenced where that is allowed.
pub(crate) fn silenced(files: &[File]) -> Vec<String> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.is_rust() && !file.path.starts_with("benches/peers/")) {
        for line in file.code_lines() {
            for (_, lint) in words(line.line).filter(|(at, _)| line.line[..*at].ends_with("clippy::")) {
                let places =
                    SILENCED.iter().find(|(name, _)| *name == lint).map_or(&[][..], |(_, places)| places);
                if !file.is_in(places) {
                    findings
                        .push(format!("{}: `clippy::{lint}` may not be silenced here", file.at(line.number)));
                }
            }
        }
    }
    findings
}
