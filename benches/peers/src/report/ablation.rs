//! What each technique of the compiler is worth: a row for each, with the technique off beside all of them on.

use super::text::{Rows, figure, named};
use super::{LONG_SECONDS, Report, geometric_mean};
use crate::measure::Cell;

/// The column with everything on.
const ALL_ON: usize = 0;

/// The table, under its title.
pub(super) fn table(report: &Report<'_>) -> (String, Rows) {
    let programs = report.lines.iter().filter(|line| report.takes(line, LONG_SECONDS)).count();
    let title = format!(
        "One technique off at a time, as multiples of the figures with all on: geometric means; run times over the {programs} \
         programs that take 5 ms or more"
    );
    let head = ["off", "run time", "loses most", "loses least", "compile time", "machine code"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    rows.extend((0..report.names.len()).filter(|&at| at != ALL_ON).map(|at| row(report, at)));
    (title, rows)
}

fn row(report: &Report<'_>, at: usize) -> Vec<String> {
    let runs = report.long_ratios(at, ALL_ON, Cell::run);
    let mean = |ratios: &[(f64, &str)]| figure(geometric_mean(ratios.iter().map(|(ratio, _)| *ratio)), 3);
    let shown = |one: Option<&(f64, &str)>| one.map_or_else(String::new, |&one| named(one));
    vec![
        report.names[at].clone(),
        mean(&runs),
        shown(runs.first()),
        shown(runs.last()),
        mean(&report.ratios(at, ALL_ON, Cell::compile)),
        mean(&report.ratios(at, ALL_ON, |cell| cell.machine_code.map(|bytes| bytes as f64))),
    ]
}
