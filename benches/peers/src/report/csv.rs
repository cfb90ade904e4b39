//! All figures, a line for each program and engine.

use std::fmt::Write as _;

use super::{Report, ratio};
use crate::measure::{Cell, Line};

const HEAD: &str = "program,engine,code_bytes,module_bytes,compiles,compile_s,compile_median_s,compile_ns_per_byte,\
                    compile_mb_per_s,machine_code_bytes,peak_bytes,runs,run_least_s,run_median_s,run_ratio,fault\n";

/// The whole text.
pub fn render(report: &Report<'_>) -> String {
    let mut text = HEAD.to_owned();
    for line in report.lines {
        for (at, name) in report.names.iter().enumerate() {
            let ratio = ratio(line, at, report.reference(), Cell::run);
            let _ = writeln!(text, "{},{name},{}", line.name, fields(line, &line.cells[at], ratio));
        }
    }
    text
}

fn fields(line: &Line, cell: &Cell, ratio: Option<f64>) -> String {
    let bytes = line.code_bytes as f64;
    let compile = cell.compile();
    let remark = cell.fault.as_deref().or(cell.refusal.as_deref()).or(cell.unrun.as_deref());
    [
        line.code_bytes.to_string(),
        line.module_bytes.to_string(),
        cell.compiles.len().to_string(),
        text(compile),
        text(cell.compile_median()),
        text(compile.map(|time| time * 1e9 / bytes)),
        text(compile.map(|time| bytes / time / 1e6)),
        text(cell.machine_code),
        text(cell.peak),
        cell.runs.len().to_string(),
        text(cell.run()),
        text(cell.run_median()),
        text(ratio),
        format!("\"{}\"", remark.unwrap_or_default().replace(['"', '\n'], " ")),
    ]
    .join(",")
}

fn text(value: Option<impl ToString>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}
