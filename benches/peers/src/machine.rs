//! What the figures were measured on: a line for the head of a report. Linux only; elsewhere the line says less.

use std::fs::read_to_string;

/// Processor, cores and the load right now.
pub fn line() -> String {
    let cpus = std::thread::available_parallelism().map_or(0, usize::from);
    let model = read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("model name"))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    });
    let load = read_to_string("/proc/loadavg").ok();
    let load = load.as_deref().and_then(|text| text.split(' ').next()).unwrap_or("unknown");
    format!(
        "{}, {}, {cpus} cores, load {load}",
        std::env::consts::ARCH,
        model.as_deref().unwrap_or("processor unknown")
    )
}
