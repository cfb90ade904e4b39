//! Who may import whom.
//!
//! Owns: the layers of the crate, the order inside `jit`, which file may use which dependency, and that backends are twins.
//! Does not know: what is unsafe (`fences`).

use std::collections::BTreeSet;

use crate::source::{File, words};

/// Layers of the crate, lowest first. Each may import itself and those with a lower number.
const LAYERS: &[(&str, u32)] =
    &[("arena", 0), ("spec", 1), ("jit", 2), ("engine", 3), ("error", 3), ("module", 3), ("store", 4)];

/// The modules of `jit` with what each may import. `jit/mod.rs` and tests may import all.
const JIT: &[(&str, &[&str])] = &[
    ("abi", &[]),
    ("target", &[]),
    ("image", &["abi", "target"]),
    ("buffers", &["image"]),
    ("masm", &["abi", "buffers", "image", "target"]),
    ("compile", &["abi", "buffers", "image", "masm", "target"]),
    ("x64", &["abi", "buffers", "image", "masm", "target"]),
    ("aarch64", &["abi", "buffers", "image", "masm", "target"]),
    ("parallel", &["buffers", "compile", "image", "masm", "target"]),
    ("stubs", &["abi", "aarch64", "masm", "target", "x64"]),
    ("entry", &["abi", "backtrace", "fault", "target"]),
    ("backtrace", &["abi", "entry", "image", "target"]),
    ("fault", &["abi", "backtrace", "entry"]),
    ("fault_none", &[]),
];

/// Who may use which crate. Every dependency of the runtime has a row.
const CRATES: &[(&str, &[&str])] = &[
    ("bumpalo", &["src/arena/scratch.rs"]),
    ("dynasmrt", &["src/arena/code_buf.rs", "src/arena/exec.rs", "src/jit/aarch64/", "src/jit/x64/"]),
    ("libc", &["src/arena/exec.rs", "src/arena/pages.rs", "src/jit/fault.rs"]),
    ("rayon", &["src/jit/parallel.rs", "src/module.rs", "src/store/island.rs", "src/store/lanes.rs"]),
    ("slotmap", &["src/arena/slots.rs"]),
    ("smallvec", &["src/"]),
    ("wasmparser", &["src/jit/compile/scan.rs", "src/spec/"]),
    ("wat", &["src/module.rs"]),
];

/// Every `crate::` and `super::` path, not only `use` lines.
pub(crate) fn layers(files: &[File]) -> Vec<String> {
    let rank = |layer: &str| LAYERS.iter().find(|(name, _)| *name == layer).map(|(_, rank)| *rank);
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.is_source() && file.path != "src/lib.rs") {
        let module = file.module();
        let from = module[0];
        let Some(from_rank) = rank(from) else {
            findings.push(format!("{} belongs to no layer: give it one in tests/tidy/layers.rs", file.path));
            continue;
        };
        for (line, path) in file.names() {
            let to = path.first().map_or("", String::as_str);
            let finding = match rank(to) {
                None => format!("names `crate::{to}`: name the layer it comes from"),
                Some(to_rank) if to_rank > from_rank => format!("`{from}` must not import `{to}`"),
                Some(0) if from == "spec" && path.get(1).is_none_or(|part| part != "index") => {
                    "`spec` takes nothing of `arena` but `index`".to_owned()
                }
                Some(_) => continue,
            };
            findings.push(format!("{}: {finding}", file.at(line.number)));
        }
    }
    findings
}

/// Inside `jit`.
pub(crate) fn inside_jit(files: &[File]) -> Vec<String> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| file.is_source() && !file.is_test()) {
        let module = file.module();
        let (["jit", from, ..], Some(_)) = (&*module, module.get(1)) else { continue };
        let Some((_, allowed)) = JIT.iter().find(|(name, _)| name == from) else {
            findings.push(format!("{} has no row in tests/tidy/layers.rs", file.path));
            continue;
        };
        for (line, path) in file.names().into_iter().filter(|(line, _)| !line.inside.contains(&"tests")) {
            let [layer, to, ..] = &*path else { continue };
            if layer == "jit" && to != from && !allowed.contains(&to.as_str()) {
                findings.push(format!("{}: `jit::{from}` must not import `jit::{to}`", file.at(line.number)));
            }
        }
    }
    findings
}

/// Dependencies have few users, and none has no user. Tests may use what they like.
pub(crate) fn crates(files: &[File]) -> Vec<String> {
    let mut findings = Vec::new();
    let mut used = BTreeSet::new();
    for file in files.iter().filter(|file| file.is_source() && !file.is_test()) {
        for line in file.code_lines().filter(|line| !line.inside.contains(&"tests")) {
            for (at, word) in words(line.line) {
                let rest = &line.line[at + word.len()..];
                let Some((name, places)) = CRATES.iter().find(|(name, _)| *name == word) else { continue };
                if line.line[..at].ends_with("::") || !(rest.starts_with("::") || rest.starts_with('!')) {
                    continue;
                }
                used.insert(*name);
                if !file.is_in(places) {
                    findings.push(format!(
                        "{}: `{name}` is for {} only",
                        file.at(line.number),
                        places.join(", ")
                    ));
                }
            }
        }
    }
    let manifest = files.iter().find(|file| file.path == "Cargo.toml");
    for name in manifest.map(dependencies).unwrap_or_default() {
        if !CRATES.iter().any(|(known, _)| *known == name) {
            findings.push(format!("Cargo.toml: `{name}` has no row in tests/tidy/layers.rs"));
        } else if !used.contains(name) {
            findings.push(format!("Cargo.toml: `{name}` is used nowhere in src"));
        }
    }
    findings
}

/// Names in the section of dependencies.
fn dependencies(manifest: &File) -> Vec<&str> {
    let lines = manifest.text.lines().skip_while(|line| *line != "[dependencies]").skip(1);
    let section = lines.take_while(|line| !line.starts_with('['));
    section.filter_map(|line| line.split_once('=')).map(|(name, _)| name.trim()).collect()
}

const X64: &str = "src/jit/x64/";
/// The backend that makes the other one a twin.
pub(crate) const AARCH64: &str = "src/jit/aarch64/";
/// Files of a backend that differ: registers, encodings, the description.
const OWN_FILES: &[&str] = &["mod.rs", "regs.rs", "encode.rs"];

/// Backends have equal files, and equal methods of the machine's traits in equal order.
pub(crate) fn twins(files: &[File]) -> Vec<String> {
    let folder = |folder: &str| -> Vec<(String, &File)> {
        let parts = files.iter().filter(|file| file.is_rust() && !file.is_test());
        parts.filter_map(|file| Some((file.path.strip_prefix(folder)?.to_owned(), file))).collect()
    };
    let (x64, aarch64) = (folder(X64), folder(AARCH64));
    if aarch64.is_empty() {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for (name, file) in &x64 {
        let Some((_, twin)) = aarch64.iter().find(|(other, _)| other == name) else {
            findings.push(format!("{AARCH64}{name} is missing beside {}", file.path));
            continue;
        };
        let (ours, theirs) = (methods(file), methods(twin));
        if let Some(at) = (0..ours.len().max(theirs.len())).find(|&at| ours.get(at) != theirs.get(at))
            && !OWN_FILES.contains(&name.as_str())
        {
            let of = |list: &[String]| list.get(at).cloned().unwrap_or_else(|| "no more".to_owned());
            findings.push(format!("{}: {} where {} has {}", twin.path, of(&theirs), file.path, of(&ours)));
        }
    }
    let extra = aarch64.iter().filter(|(name, _)| !x64.iter().any(|(other, _)| other == name));
    findings.extend(extra.map(|(name, file)| format!("{} has no twin {X64}{name}", file.path)));
    findings
}

/// The table of what a backend consists of: methods exactly, lines to within a tenth.
pub(crate) fn sizes(files: &[File]) -> Vec<String> {
    let Some(document) = files.iter().find(|file| file.path == "ARCHITECTURE.md") else { return Vec::new() };
    let table = document.text.lines().skip_while(|line| *line != "| part | methods | lines |").skip(2);
    let mut findings = Vec::new();
    for row in table.take_while(|line| line.starts_with("| `")) {
        let cells: Vec<_> = row.split('|').map(|cell| cell.trim().trim_matches('`')).collect();
        let &[_, place, methods, lines, _] = &*cells else { continue };
        let parts = || files.iter().filter(|file| file.is_rust() && !file.is_test() && file.is_in(&[place]));
        let (method_count, line_count): (usize, usize) =
            (parts().map(trait_methods).sum(), parts().map(|file| file.text.lines().count()).sum());
        let said = lines.parse::<usize>().unwrap_or(0);
        if methods.parse() != Ok(method_count) || said.abs_diff(line_count) * 10 > line_count {
            findings.push(format!("ARCHITECTURE.md: {place} has {method_count} methods, {line_count} lines"));
        }
    }
    findings
}

/// How many methods its traits ask for, those with a body apart, or it implements of others.
fn trait_methods(file: &File) -> usize {
    let (mut inside, mut open) = (false, false);
    let mut count = 0;
    for line in file.code_lines() {
        match line.line {
            "}" => inside = false,
            text if text.starts_with("pub(crate) trait ") => inside = true,
            text => {
                open |= inside && text.starts_with("    fn ");
                count += usize::from(open && text.ends_with(';'));
                open &= !text.ends_with([';', '{']);
            }
        }
    }
    count + methods(file).len()
}

/// Methods in implementations of traits, in order.
fn methods(file: &File) -> Vec<String> {
    let mut inside = false;
    let mut methods = Vec::new();
    for line in file.code_lines() {
        match line.line {
            "}" => inside = false,
            text if text.starts_with("impl ") => inside = text.contains(" for "),
            text if inside && text.starts_with("    fn ") => {
                methods.extend(words(text).nth(1).map(|(_, name)| name.to_owned()));
            }
            _ => {}
        }
    }
    methods
}
