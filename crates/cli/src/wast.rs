//! `skep wast`: scripts of the test suite, one line per failure.
//!
//! Owns: finding scripts, the summary. Does not know: how a script runs (`skep-wast`).

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::options::WastOptions;
use crate::outcome::{Failure, Outcome, read};

/// Runs the command.
pub(crate) fn wast(options: &WastOptions) -> Outcome {
    let config = options.mode.config();
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    let mut out = io::stdout().lock();
    for path in scripts(&options.paths)? {
        let source = String::from_utf8(read(&path)?).map_err(|error| Failure::at(path.display(), error))?;
        let report = skep_wast::run(&config, &source, &path.to_string_lossy());
        for failure in &report.failed {
            // One line each: what follows the first line is detail.
            let message = failure.message.lines().next().unwrap_or_default();
            writeln!(out, "{}:{}: {message}", path.display(), failure.line)?;
        }
        passed += report.passed;
        failed += report.failed.len();
        skipped += report.skipped;
    }
    writeln!(out, "{passed} passed, {failed} failed, {skipped} skipped")?;
    if failed == 0 { Ok(()) } else { Err(Failure::Status(1)) }
}

/// The files, and the scripts in the folders, in order of their names.
fn scripts(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            let before = found.len();
            find(path, &mut found)?;
            if found.len() == before {
                return Err(Failure::at(path.display(), "no .wast files in this folder"));
            }
        } else {
            found.push(path.clone());
        }
    }
    Ok(found)
}

fn find(dir: &Path, found: &mut Vec<PathBuf>) -> Outcome {
    let failed = |error: io::Error| Failure::at(dir.display(), error);
    let mut entries = Vec::new();
    for entry in dir.read_dir().map_err(failed)? {
        entries.push(entry.map_err(failed)?.path());
    }
    entries.sort();
    for path in entries {
        if path.is_dir() {
            find(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "wast") {
            found.push(path);
        }
    }
    Ok(())
}
