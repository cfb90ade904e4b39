//! What more threads bring to compiling: each engine's time on one thread, on several, and their ratio.

use super::text::{Rows, figure, milliseconds};
use super::{Ratios, Report, geometric_mean, ratio};
use crate::measure::Cell;

/// The table, under its title.
pub(super) fn table(report: &Report<'_>, threads: usize) -> (String, Rows) {
    let title =
        format!("Compile time, ms, best, on 1 thread → on {threads} (and the speed-up); time as it passes");
    let pairs: Vec<usize> = (0..report.names.len()).step_by(2).collect();
    let names = pairs.iter().map(|&at| report.names[at].clone());
    let mut rows: Rows = vec![["program", "code KB"].map(str::to_owned).into_iter().chain(names).collect()];
    for line in report.lines {
        let field = |&at: &usize| {
            let [one, several] = [at, at + 1].map(|at| milliseconds(line.cells[at].compile()));
            format!("{one} → {several} ({})", figure(ratio(line, at, at + 1, Cell::compile), 2))
        };
        let first = [line.name.clone(), format!("{:.1}", line.code_bytes as f64 / 1e3)];
        rows.push(first.into_iter().chain(pairs.iter().map(field)).collect());
    }
    let summary = |title: &str, of: fn(&Ratios<'_>) -> Option<f64>| {
        let field = |&at: &usize| figure(of(&report.ratios(at, at + 1, Cell::compile)), 2);
        [title.to_owned(), String::new()].into_iter().chain(pairs.iter().map(field)).collect()
    };
    rows.push(summary("geometric mean", |ratios| geometric_mean(ratios.iter().map(|(ratio, _)| *ratio))));
    rows.push(summary("least", |ratios| ratios.last().map(|(ratio, _)| *ratio)));
    (title, rows)
}
