//! How much memory compiling takes: the growth of a process of its own, from right before the one compile that it makes to its
//! highest resident set, so that what an allocator keeps from other modules does not count. Linux only.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::engines::Peer;

/// The bench starts itself with this option, an engine and a file.
pub const OPTION: &str = "child-compile";

/// Starts the process and reads its answer.
pub fn in_child(engine: &str, file: &Path) -> Result<u64> {
    let bench = std::env::current_exe().context("the bench does not find itself")?;
    let output = Command::new(bench).arg(format!("--{OPTION}={engine}")).arg(file).output()?;
    if !output.status.success() {
        bail!("the process that compiles: {}", output.status);
    }
    let text = String::from_utf8_lossy(&output.stdout);
    text.trim().parse().with_context(|| format!("\"{text}\" is no number of bytes"))
}

/// What that process does.
pub fn compile(peer: &dyn Peer, file: &Path) -> Result<u64> {
    let wasm = std::fs::read(file).with_context(|| file.display().to_string())?;
    // The highest value of the resident set starts anew from here.
    std::fs::write("/proc/self/clear_refs", "5").context("the process cannot be watched")?;
    let before = status("VmRSS")?;
    let _compiled = peer.compile(&wasm)?;
    Ok(status("VmHWM")?.saturating_sub(before))
}

fn status(name: &str) -> Result<u64> {
    field(&std::fs::read_to_string("/proc/self/status")?, name).with_context(|| format!("no {name}"))
}

/// `NAME:   N kB`, in bytes.
fn field(text: &str, name: &str) -> Option<u64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    Some(rest.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}

#[cfg(test)]
mod tests {
    use super::field;

    #[test]
    fn a_field_of_the_status_is_found_by_its_whole_name() {
        let text = "Name:\tx\nVmHWM:\t    1234 kB\nVmRSS:\t 7 kB\n";
        assert_eq!((field(text, "VmHWM"), field(text, "VmRSS")), (Some(1234 * 1024), Some(7 * 1024)));
        assert_eq!((field(text, "Vm"), field(text, "Name")), (None, None));
    }
}
