//! Guard-page hits on systems without signals: nothing catches them, so no engine may need that.
//!
//! Owns: what `fault` owns elsewhere. Does not know: how such a system tells of faults.

use std::io::{self, Write};

/// Installs nothing.
///
/// # Errors
/// Always.
pub(crate) fn install() -> io::Result<()> {
    let text = "guarded memories need signals, which this system lacks: `MemoryMode::Checked` needs none";
    Err(io::Error::new(io::ErrorKind::Unsupported, text))
}

/// Ends the process with a message.
pub(super) fn die(message: &str) -> ! {
    let _ = io::stderr().write_all(message.as_bytes());
    std::process::abort()
}
