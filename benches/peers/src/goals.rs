//! What skep has to reach beside another baseline compiler, as a check that can fail.
//!
//! Owns: the goals. Does not know: how times are taken (`measure`) or shown (`report`).

use crate::measure::Cell;
use crate::report::Report;

/// A goal: skep's geometric mean as a multiple of Winch's may not be more.
struct Goal {
    what: &'static str,
    figure: fn(&Cell) -> Option<f64>,
    most: f64,
}

const GOALS: [Goal; 2] = [
    Goal { what: "run time", figure: Cell::run, most: 1.0 },
    Goal { what: "compile time", figure: Cell::compile, most: 0.5 },
];

/// The goals that are missed, or cannot be told because one of the two engines did not take part.
pub fn missed(report: &Report<'_>) -> Vec<String> {
    let check = |goal: &Goal| match report.mean_ratio("skep", "winch", goal.figure) {
        None => Some(format!("goal: no {} of both skep and winch", goal.what)),
        Some(ratio) if ratio <= goal.most => None,
        Some(ratio) => Some(format!("goal: {} is {ratio:.2} of Winch's, not {:.2}", goal.what, goal.most)),
    };
    GOALS.iter().filter_map(check).collect()
}

#[cfg(test)]
mod tests {
    use super::missed;
    use crate::measure::{Cell, Line};
    use crate::report::Report;

    fn check(names: [&str; 2], skep: (f64, f64), faults: &[&str]) {
        let cell = |(compile, run)| Cell { compiles: vec![compile], runs: vec![run], ..Cell::default() };
        let lines = [Line { name: "a".into(), code_bytes: 1, cells: vec![cell(skep), cell((1.0, 1.0))] }];
        assert_eq!(missed(&Report { names: &names.map(str::to_owned), lines: &lines }), faults);
    }

    #[test]
    fn goals_are_met_missed_or_unknown() {
        check(["skep", "winch"], (0.5, 1.0), &[]);
        check(["skep", "winch"], (0.25, 1.5), &["goal: run time is 1.50 of Winch's, not 1.00"]);
        check(["skep", "winch"], (0.75, 0.5), &["goal: compile time is 0.75 of Winch's, not 0.50"]);
        let unknown =
            ["goal: no run time of both skep and winch", "goal: no compile time of both skep and winch"];
        check(["skep", "wasmi"], (0.5, 1.0), &unknown);
    }
}
