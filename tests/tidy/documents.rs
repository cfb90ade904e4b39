//! Documents, cases of tests, and how text looks.
//!
//! Owns: headers, paths in documents, the changelog, goldens and regressions, leftovers, spaces. Does not know: code.

use std::path::Path;

use crate::source::{File, words};

/// Every file of Rust begins with its description.
pub(crate) fn headers(files: &[File]) -> Vec<String> {
    let bare = files.iter().filter(|file| file.is_rust() && !file.text.starts_with("//! "));
    bare.map(|file| format!("{}: does not begin with `//!`", file.at(1))).collect()
}

/// Folders and files at the root that a path in a document may begin with.
const BEGINNINGS: &[&str] =
    &["src/", "crates/", "tests/", "benches/", "examples/", "fuzz/", ".ci/", ".cargo/"];

/// Paths that documents at the root name exist: in backticks, groups `{a,b}` included, and as targets of links.
pub(crate) fn paths(files: &[File]) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let documents = files.iter().filter(|file| file.path.ends_with(".md") && !file.path.contains('/'));
    let mut findings = Vec::new();
    for file in documents {
        for (at, line) in file.text.lines().enumerate() {
            let quoted = line.split('`').skip(1).step_by(2).filter(|name| {
                BEGINNINGS.iter().any(|beginning| name.starts_with(beginning))
                    && !name.contains([' ', '*', '…', 'N'])
            });
            let linked =
                line.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
            let linked = linked.filter(|target| !target.contains("://") && !target.starts_with('#'));
            for name in quoted.chain(linked).flat_map(ungroup) {
                let name = name.split('#').next().unwrap_or_default();
                if !root.join(name).exists() {
                    findings.push(format!("{}: {name} does not exist", file.at(at + 1)));
                }
            }
        }
    }
    findings
}

/// `a/{b,c}.rs` as `a/b.rs` and `a/c.rs`.
fn ungroup(path: &str) -> Vec<String> {
    let Some((before, rest)) = path.split_once('{') else { return vec![path.to_owned()] };
    let Some((group, after)) = rest.split_once('}') else { return vec![path.to_owned()] };
    group.split(',').flat_map(|item| ungroup(&format!("{before}{}{after}", item.trim()))).collect()
}

/// The changelog has a place for what comes next, on top.
pub(crate) fn changelog(files: &[File]) -> Vec<String> {
    let text = files.iter().find(|file| file.path == "CHANGELOG.md").map_or("", |file| &file.text);
    let first = text.lines().find(|line| line.starts_with("## "));
    if first == Some("## Unreleased") {
        Vec::new()
    } else {
        vec!["CHANGELOG.md: the first section is not \"## Unreleased\"".to_owned()]
    }
}

/// Folders of cases, one file each.
const CASES: &[&str] = &["tests/golden/", "tests/regress/"];

/// What each golden is expected to become, one file each.
const GOLDEN_KINDS: [&str; 2] = ["x64", "aarch64"];

/// Every case is run: its folder's code reads the folder or names the case. A golden has its expectations, an expectation its golden.
pub(crate) fn cases(files: &[File]) -> Vec<String> {
    let has = |path: &str| files.iter().any(|file| file.path == path);
    let mut findings = Vec::new();
    for folder in CASES {
        let code: Vec<&File> =
            files.iter().filter(|file| file.is_rust() && file.path.starts_with(folder)).collect();
        let reads = code.iter().any(|file| words(&file.code).any(|(_, word)| word == "read_dir"));
        for file in files.iter().filter(|file| file.path.starts_with(folder)) {
            let Some((stem, kind)) = file.path.rsplit_once('.') else { continue };
            let name = &stem[folder.len()..];
            if matches!(kind, "wat" | "wast")
                && !reads
                && !code.iter().any(|file| file.text.contains(&format!("\"{name}\"")))
            {
                findings.push(format!("{}: nothing runs it", file.path));
            }
            if kind == "asm" && !has(&format!("{}.wat", stem.rsplit_once('.').map_or(stem, |(stem, _)| stem)))
            {
                findings.push(format!("{}: its input is missing", file.path));
            }
            if kind == "wat" && *folder == "tests/golden/" {
                let missing =
                    GOLDEN_KINDS.iter().map(|kind| format!("{stem}.{kind}.asm")).filter(|path| !has(path));
                findings.extend(missing.map(|path| format!("{path} is missing: BLESS=1 writes it")));
            }
        }
    }
    findings
}

/// Words for what was left undone, written so that this file does not say them.
const LEFTOVERS: &[&str] =
    &[concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X"), concat!("HA", "CK")];

/// Nothing is left undone in a comment.
pub(crate) fn leftovers(files: &[File]) -> Vec<String> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| !is_foreign(file)) {
        for (at, line) in file.text.lines().enumerate() {
            let left = words(line).find(|(_, word)| LEFTOVERS.contains(word));
            findings.extend(left.map(|(_, word)| format!("{}: {word}", file.at(at + 1))));
        }
    }
    findings
}

/// No tabs, no spaces at the end of a line, one newline at the end of a file.
pub(crate) fn spaces(files: &[File]) -> Vec<String> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| !is_foreign(file)) {
        for (at, line) in file.text.lines().enumerate() {
            if line.contains('\t') || line.ends_with([' ', '\r']) {
                findings.push(format!("{}: a tab, or a space at the end", file.at(at + 1)));
            }
        }
        if !file.text.ends_with('\n') || file.text.ends_with("\n\n") {
            findings.push(format!("{}: does not end with one newline", file.path));
        }
    }
    findings
}

/// Texts that a program writes or that others wrote.
fn is_foreign(file: &File) -> bool {
    file.path.ends_with(".asm") || file.path.ends_with(".txt") || file.text.is_empty()
}
