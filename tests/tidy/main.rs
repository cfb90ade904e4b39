//! What a machine can check of how this project is written: layers, fences, twins, documents. Runs in under a second.
//!
//! Owns: the list of rules. Each is a function from files to findings, with advice for who meets one and a sample that it must
//! reject. Does not know: what the code does. Start at [`RULES`].

mod documents;
mod fences;
mod layers;
mod source;

use std::fmt::Write as _;
use std::io;
use std::io::Write as _;
use std::path::Path;

use self::source::{File, load};

struct Rule {
    name: &'static str,
    advice: &'static str,
    check: fn(&[File]) -> Vec<String>,
    /// A file that the rule rejects: path and text.
    sample: (&'static str, &'static str),
}

const RULES: &[Rule] = &[
    Rule {
        name: "layers",
        advice: "import downwards only: ARCHITECTURE.md, \"One picture\"",
        check: layers::layers,
        sample: ("src/spec/a.rs", "fn f(a: crate::jit::abi::Class) {}"),
    },
    Rule {
        name: "inside jit",
        advice: "the table `JIT` in tests/tidy/layers.rs says who may import whom",
        check: layers::inside_jit,
        sample: ("src/jit/compile/a.rs", "use super::super::x64::X64;"),
    },
    Rule {
        name: "crates",
        advice: "the table `CRATES` in tests/tidy/layers.rs says who uses which",
        check: layers::crates,
        sample: ("src/spec/a.rs", "use libc::mmap;"),
    },
    Rule {
        name: "twins",
        advice: "backends have equal files with equal methods in equal order",
        check: layers::twins,
        sample: ("src/jit/aarch64/flow.rs", "impl FlowOps for A {\n    fn odd() {}\n}"),
    },
    Rule {
        name: "sizes",
        advice: "count again for the table in ARCHITECTURE.md, \"How to add\": fewer is better",
        check: layers::sizes,
        sample: (
            "ARCHITECTURE.md",
            "| part | methods | lines |\n| --- | --: | --: |\n| `src/jit/x64/` | 7 | 3 |",
        ),
    },
    Rule {
        name: "words",
        advice: "the table `WORDS` in tests/tidy/fences.rs says where each belongs",
        check: fences::fenced_words,
        sample: ("src/jit/x64/a.rs", "asm!(self, ud2)"),
    },
    Rule {
        name: "predicates",
        advice: "both backends compile on every host",
        check: fences::predicates,
        sample: ("src/spec/a.rs", "#[cfg(target_arch = \"arm\")]"),
    },
    Rule {
        name: "fences",
        advice: "the table in ARCHITECTURE.md, \"Unsafe code\", lists every fence",
        check: fences::fences,
        sample: ("src/a/b.rs", "#[expect(unsafe_code)]\nfn f() {}"),
    },
    Rule {
        name: "invariants",
        advice: "a SAFETY comment cites invariants of its file's header",
        check: fences::invariants,
        sample: ("src/a.rs", "//! - I1: x\n// SAFETY: I2: y\nlet x = unsafe { y() };"),
    },
    Rule {
        name: "silenced lints",
        advice: "the table `SILENCED` in tests/tidy/fences.rs says which, and where",
        check: fences::silenced,
        sample: ("src/a.rs", "#[expect(clippy::too_many_lines, reason = \"long\")]"),
    },
    Rule {
        name: "headers",
        advice: "a file begins with `//!`: what it owns and what it does not know",
        check: documents::headers,
        sample: ("src/a.rs", "use std::fmt;"),
    },
    Rule {
        name: "paths",
        advice: "documents name files that exist",
        check: documents::paths,
        sample: ("ARCHITECTURE.md", "see `src/{lib,nowhere}.rs`"),
    },
    Rule {
        name: "changelog",
        advice: "what changed stands under \"Unreleased\" until it is released",
        check: documents::changelog,
        sample: ("CHANGELOG.md", "# Changelog\n\n## 0.1.0\n"),
    },
    Rule {
        name: "cases",
        advice: "a folder's tests run all of its cases, and a golden has its expectations",
        check: documents::cases,
        sample: ("tests/golden/a.wat", "(module)"),
    },
    Rule {
        name: "leftovers",
        advice: "do it, or open an issue and say nothing here",
        check: documents::leftovers,
        sample: ("src/a.rs", concat!("// TO", "DO: later")),
    },
    Rule {
        name: "spaces",
        advice: "rustfmt and most editors can do this",
        check: documents::spaces,
        sample: ("README.md", "a \n"),
    },
];

/// Lines of a file from which on a noun is probably missing. A hint, never a failure.
const LINES_HINT: usize = 1000;

#[test]
fn the_project_keeps_its_rules() {
    let files = load(Path::new(env!("CARGO_MANIFEST_DIR"))).expect("the project can be read");
    assert!(files.len() > 50, "found {} files only", files.len());
    let mut report = String::new();
    for rule in RULES {
        let findings = (rule.check)(&files);
        if !findings.is_empty() {
            write!(report, "\n{}: {}\n  {}\n", rule.name, rule.advice, findings.join("\n  ")).unwrap();
        }
    }
    hints(&files).unwrap();
    assert!(report.is_empty(), "{report}");
}

/// What is no failure goes to the terminal.
fn hints(files: &[File]) -> io::Result<()> {
    let mut out = io::stderr();
    for file in files.iter().filter(|file| file.is_rust()) {
        let lines = file.text.lines().count();
        if lines > LINES_HINT {
            writeln!(out, "hint: {} has {lines} lines: find the missing noun", file.path)?;
        }
    }
    if !files.iter().any(|file| file.path.starts_with(layers::AARCH64)) {
        writeln!(out, "skipped: the rule about twins, until there is {}", layers::AARCH64)?;
    }
    Ok(())
}

#[test]
fn every_rule_rejects_its_sample() {
    for rule in RULES {
        let (path, text) = rule.sample;
        let twin = File::new("src/jit/x64/flow.rs", "impl FlowOps for X {\n    fn even() {}\n}");
        let findings = (rule.check)(&[File::new(path, text), twin]);
        assert!(
            findings.iter().any(|finding| finding.contains(path)),
            "`{}` accepts {text:?}: {findings:?}",
            rule.name
        );
    }
}
