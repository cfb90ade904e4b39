//! What skep has to reach beside other engines, as checks that can fail. Medians count.
//!
//! Owns: the goals and the modules they name. Does not know: how times are taken (`measure`) or tables made (`report`).
//! A goal is checked if programs were measured that it is about; engines that it needs and that took no part make it fail.

use crate::corpus::Origin;
use crate::measure::{Cell, Line};
use crate::report::{Columns, Report, geometric_mean, ratio};
use crate::spawn::{Figures, Guest, Maker, What};

/// Modules that must compile so many times faster than with other baseline compilers, small ones among them: beginnings of
/// names.
const NAMED: [&str; 9] = [
    "real/npm/esbuild-wasm/",
    "real/npm/swc_wasm/",
    "real/npm/dimforge_rapier3d/",
    "real/npm/sqlite.org_sqlite-wasm/",
    "real/npm/sql.js/",
    "real/npm/jitl_quickjs",
    "real/pypi/python",
    "real/pypi/quickjs",
    "real/tree-sitter/",
];
const ESBUILD: &str = "real/npm/esbuild-wasm/";

/// Modules with less code, and none of those names, are not timed against a goal.
const CODE_BYTES_MIN: usize = 64 << 10;

const RUN_MEAN_MOST: f64 = 1.40;
const RUN_WORST_MOST: f64 = 2.5;
/// Share of programs that may be worse.
const RUN_EXCEPTIONS_MOST: f64 = 0.05;
const FASTER_SHARE_LEAST: f64 = 0.90;
const CHECKED_MOST: f64 = 1.25;
const SPEED_OF_WINCH_LEAST: f64 = 3.0;
const SPEED_OF_SINGLEPASS_LEAST: f64 = 1.5;
const ESBUILD_MB_PER_SECOND_LEAST: f64 = 35.0;
const NS_PER_BYTE_MOST: f64 = 100.0;
const SIZE_OF_WINCH_MOST: f64 = 0.6;
const SCALING_LEAST: f64 = 1.7;
/// Any module whatever: so many seconds and so many for each of its bytes.
const ODD_SECONDS: f64 = 50e-3;
const ODD_SECONDS_PER_BYTE: f64 = 150e-9;

// Lives of instances.
const EMPTY_NS_MOST: f64 = 80.0;
const OF_HECS_MOST: f64 = 2.0;
const OF_HOT_COPYING_MOST: f64 = 1.5;
const OF_COLD_COPYING_MOST: f64 = 1.3;
const LIFE_OF_POOLING_LEAST: f64 = 20.0;
const MANY_OF_POOLING_LEAST: f64 = 4.0;
const MANY_OF_ON_DEMAND_LEAST: f64 = 8.0;
const COLUMN_NS_MOST: f64 = 8.0;
const TWO_THREADS_LEAST: f64 = 1.7;

/// How one goal was met, or not.
#[derive(Debug)]
pub struct Outcome {
    /// What it is about.
    pub what: String,
    /// What was measured; `None` if engines or programs were missing.
    pub value: Option<f64>,
    /// What it may be at most, or must be at least.
    pub limit: f64,
    /// Whether it is a least value.
    pub least: bool,
    /// Programs that it names, each with its figure.
    pub list: Vec<String>,
}

impl Outcome {
    fn most(what: impl Into<String>, value: Option<f64>, limit: f64) -> Self {
        Self { what: what.into(), value, limit, least: false, list: Vec::new() }
    }

    fn least(what: impl Into<String>, value: Option<f64>, limit: f64) -> Self {
        Self { least: true, ..Self::most(what, value, limit) }
    }

    fn listing(self, list: impl IntoIterator<Item = String>) -> Self {
        Self { list: list.into_iter().collect(), ..self }
    }

    /// Whether the goal is met.
    pub fn met(&self) -> bool {
        self.value.is_some_and(|value| if self.least { value >= self.limit } else { value <= self.limit })
    }

    /// Goal, value, limit, verdict.
    pub fn row(&self) -> Vec<String> {
        let value = self.value.map_or_else(|| "not measured".to_owned(), |value| format!("{value:.2}"));
        let limit = format!("{} {:.2}", if self.least { "≥" } else { "≤" }, self.limit);
        vec![self.what.clone(), value, limit, if self.met() { "met" } else { "missed" }.to_owned()]
    }
}

/// All goals that are about what was measured.
pub fn check(report: &Report<'_>) -> Vec<Outcome> {
    if matches!(report.columns, Columns::Scaling(_)) {
        return vec![scaling(report)];
    }
    let any = |is: &dyn Fn(&Line) -> bool| report.lines.iter().any(is);
    let mut outcomes = Vec::new();
    if any(&|line| line.cells.iter().any(|cell| !cell.runs.is_empty())) {
        outcomes.extend(runs(report));
    }
    if any(&is_large) {
        outcomes.extend(compiles(report));
    }
    if any(&|line| line.origin == Origin::Odd) {
        outcomes.push(odd(report));
    }
    outcomes
}

/// What instances' lives may cost.
pub fn spawn(figures: &Figures) -> Vec<Outcome> {
    use Guest::{Empty, Page};
    use Maker::{Copies, Hecs, OnDemand, Pooling, Skep, SkepForEach};
    let of = |what, other| figures.ratio(what, Skep, other);
    let faster = |what, other| figures.ratio(what, other, Skep);
    let threads = |what: fn(usize) -> What| {
        Some(figures.get(what(1), SkepForEach)? / figures.get(what(2), SkepForEach)?)
    };
    let (one, many) = (What::Lives(Page), What::All(Page));
    vec![
        Outcome::most(
            "an empty module, one after the other, ns",
            figures.get(What::Lives(Empty), Skep),
            EMPTY_NS_MOST,
        ),
        Outcome::most(
            "empty modules in a batch, of hecs's entities",
            of(What::All(Empty), Hecs),
            OF_HECS_MOST,
        ),
        Outcome::most(
            "a page one after the other, of copying its bytes hot",
            of(one, Copies),
            OF_HOT_COPYING_MOST,
        ),
        Outcome::least(
            "a page one after the other, speed of pooling's",
            faster(one, Pooling),
            LIFE_OF_POOLING_LEAST,
        ),
        Outcome::least("many with a page, speed of pooling's", faster(many, Pooling), MANY_OF_POOLING_LEAST),
        Outcome::least(
            "many with a page, speed of on demand's",
            faster(many, OnDemand),
            MANY_OF_ON_DEMAND_LEAST,
        ),
        Outcome::most(
            "many with a page, of copying their bytes cold",
            of(many, Copies),
            OF_COLD_COPYING_MOST,
        ),
        Outcome::most("an empty function in a column, ns", figures.get(What::Column, Skep), COLUMN_NS_MOST),
        Outcome::least("start functions, speed with 2 threads", threads(What::Starts), TWO_THREADS_LEAST),
        Outcome::least("calls, speed with 2 threads", threads(What::Works), TWO_THREADS_LEAST),
    ]
}

fn runs(report: &Report<'_>) -> Vec<Outcome> {
    let against = |engine: &str, other: &str| {
        let columns = report.engine(engine).zip(report.engine(other));
        columns.map(|(at, other)| report.long_ratios(at, other, Cell::run_median)).unwrap_or_default()
    };
    let pairs = against("skep", "cranelift");
    let count = pairs.len();
    let above: Vec<_> = pairs.iter().filter(|(ratio, _)| *ratio > RUN_WORST_MOST).collect();
    let share = (count > 0).then(|| above.len() as f64 / count as f64);
    let what = format!("run time of Cranelift's, {count} programs that take it 5 ms or more");
    let mean = Outcome::most(what, mean(&pairs), RUN_MEAN_MOST);
    let what = format!("share of them above {RUN_WORST_MOST}×");
    let worst =
        Outcome::most(what, share, RUN_EXCEPTIONS_MOST).listing(above.into_iter().map(|&one| listed(one)));
    let mut outcomes = vec![mean, worst];
    outcomes.extend(["winch", "singlepass"].map(|other| faster(report, other)));
    let pairs = against("skep-checked", "skep");
    outcomes.push(Outcome::most(
        "checked memories' run time of guarded ones'",
        self::mean(&pairs),
        CHECKED_MOST,
    ));
    outcomes
}

fn faster(report: &Report<'_>, other: &str) -> Outcome {
    let columns = report.engine("skep").zip(report.engine(other));
    let faster = columns.map(|(at, other)| report.faster(at, other, Cell::run_median));
    let what = format!("share of them faster than {other}");
    let share = faster.as_ref().and_then(|faster| faster.share());
    let not = faster.map_or_else(Vec::new, |faster| faster.not);
    Outcome::least(what, share, FASTER_SHARE_LEAST).listing(not.into_iter().map(listed))
}

fn compiles(report: &Report<'_>) -> Vec<Outcome> {
    let skep = report.engine("skep");
    let per_byte = |line: &Line| Some(line.cells[skep?].compile_median()? / line.code_bytes as f64);
    let large = || report.lines.iter().filter(|line| is_large(line));
    let esbuild = large().find(|line| line.name.starts_with(ESBUILD)).and_then(per_byte);
    let mut all: Vec<_> =
        large().filter_map(|line| Some((per_byte(line)? * 1e9, line.name.as_str()))).collect();
    all.sort_by(|a, b| b.0.total_cmp(&a.0));
    let above = all.iter().filter(|(time, _)| *time > NS_PER_BYTE_MOST).map(|&one| listed(one));
    let slowest = all.first().map(|(time, _)| *time);
    vec![
        speed(report, "winch", SPEED_OF_WINCH_LEAST),
        speed(report, "singlepass", SPEED_OF_SINGLEPASS_LEAST),
        Outcome::least(
            "compile speed on esbuild, MB/s",
            esbuild.map(|time| 1e-6 / time),
            ESBUILD_MB_PER_SECOND_LEAST,
        ),
        Outcome::most(
            format!("compile time of the slowest of {} with 64 KiB of code or more, ns/B", all.len()),
            slowest,
            NS_PER_BYTE_MOST,
        )
        .listing(above),
        size(report),
    ]
}

/// The least speed on a named module, as a multiple of another engine's.
fn speed(report: &Report<'_>, other: &str, limit: f64) -> Outcome {
    let columns = report.engine("skep").zip(report.engine(other));
    let is_named = |line: &&Line| NAMED.iter().any(|name| line.name.starts_with(name));
    let speed = |line| {
        let (at, other) = columns?;
        Some((ratio(line, other, at, Cell::compile_median)?, line.name.as_str()))
    };
    let mut speeds: Vec<_> = report.lines.iter().filter(is_named).filter_map(speed).collect();
    speeds.sort_by(|a, b| a.0.total_cmp(&b.0));
    let what = format!("compile speed of {other}'s, least of {} named modules", speeds.len());
    let below = speeds.iter().filter(|(speed, _)| *speed < limit).map(|&one| listed(one));
    Outcome::least(what, speeds.first().map(|(speed, _)| *speed), limit).listing(below)
}

fn size(report: &Report<'_>) -> Outcome {
    let columns = report.engine("skep").zip(report.engine("winch"));
    let bytes = |cell: &Cell| cell.machine_code.map(|bytes| bytes as f64);
    let lines = || report.lines.iter().filter(|line| is_large(line));
    let ratio =
        |line| columns.and_then(|(at, other)| Some((ratio(line, at, other, bytes)?, line.name.as_str())));
    let mut sizes: Vec<_> = lines().filter_map(ratio).collect();
    sizes.sort_by(|a, b| b.0.total_cmp(&a.0));
    let above = sizes.iter().filter(|(size, _)| *size > SIZE_OF_WINCH_MOST).map(|&one| listed(one));
    Outcome::most("machine code of winch's, mean of the same", mean(&sizes), SIZE_OF_WINCH_MOST)
        .listing(above)
}

fn scaling(report: &Report<'_>) -> Outcome {
    let pairs = report.engine("skep").map(|at| report.ratios(at, at + 1, Cell::compile_median));
    let pairs = pairs.unwrap_or_default();
    let below = pairs.iter().rev().filter(|(speed, _)| *speed < SCALING_LEAST).map(|&one| listed(one));
    let what = format!("compile speed with more threads, least of {} modules", pairs.len());
    Outcome::least(what, pairs.last().map(|(speed, _)| *speed), SCALING_LEAST).listing(below)
}

/// The greatest multiple of the time that a module of its size may take, in either memory mode.
fn odd(report: &Report<'_>) -> Outcome {
    let columns = ["skep", "skep-checked"].map(|name| report.engine(name)).into_iter().flatten();
    let lines = || report.lines.iter().filter(|line| line.origin == Origin::Odd);
    let allowed = |line: &Line| ODD_SECONDS + ODD_SECONDS_PER_BYTE * line.module_bytes as f64;
    let share = |line, at: usize| Some((line_time(line, at)? / allowed(line), line.name.as_str()));
    let mut shares: Vec<_> = columns.flat_map(|at| lines().filter_map(move |line| share(line, at))).collect();
    shares.sort_by(|a, b| b.0.total_cmp(&a.0));
    let above = shares.iter().filter(|(share, _)| *share > 1.0).map(|&one| listed(one));
    let what = "compile time of any module, of 50 ms + 150 ns per byte of it";
    Outcome::most(what, shares.first().map(|(share, _)| *share), 1.0).listing(above)
}

fn line_time(line: &Line, at: usize) -> Option<f64> {
    line.cells[at].compile_median()
}

/// With its folders: some modules under `real/` have names that many share.
fn listed((figure, name): (f64, &str)) -> String {
    format!("{figure:.2} {name}")
}

fn mean(pairs: &[(f64, &str)]) -> Option<f64> {
    geometric_mean(pairs.iter().map(|(ratio, _)| *ratio))
}

fn is_large(line: &Line) -> bool {
    line.origin == Origin::Real && line.code_bytes >= CODE_BYTES_MIN
}

#[cfg(test)]
mod tests {
    use super::{Outcome, check, spawn};
    use crate::corpus::Origin;
    use crate::measure::{Cell, Line};
    use crate::report::{Columns, Report};
    use crate::spawn::{Figures, Guest, Maker, What};

    fn outcomes(columns: Columns, names: &[&str], lines: &[Line]) -> Vec<Outcome> {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        check(&Report { columns, names: &names, lines })
    }

    fn verdicts(outcomes: &[Outcome]) -> Vec<(bool, Option<f64>)> {
        outcomes.iter().map(|outcome| (outcome.met(), outcome.value)).collect()
    }

    fn runs(cells: &[f64]) -> Line {
        let cell = |&run: &f64| Cell { runs: vec![run], ..Cell::default() };
        Line { cells: cells.iter().map(cell).collect(), ..Line::empty("bench", 1000) }
    }

    const ALL: [&str; 5] = ["skep", "skep-checked", "cranelift", "winch", "singlepass"];

    #[test]
    fn run_times_are_met_or_missed() {
        // The last one is too short to count.
        let lines = [runs(&[1.0, 1.0, 1.0, 2.0, 2.0]), runs(&[4.0, 8.0, 1.0, 2.0, 8.0]), runs(&[1e-3; 5])];
        let found = outcomes(Columns::Engines(1), &ALL, &lines);
        let expected = [(false, 2.0), (false, 0.5), (false, 0.5), (true, 1.0), (false, 2.0f64.sqrt())];
        for (found, (met, value)) in verdicts(&found).into_iter().zip(expected) {
            assert!(found.0 == met && (found.1.expect("measured") - value).abs() < 1e-9, "{found:?} {value}");
        }
        assert_eq!(found[1].list, ["4.00 bench"]);
        assert_eq!(found[2].list, ["2.00 bench"]);
        assert_eq!(found[0].row()[1..], ["2.00", "≤ 1.40", "missed"]);
    }

    #[test]
    fn goals_without_their_engines_fail() {
        let found = outcomes(Columns::Engines(1), &["skep", "cranelift"], &[runs(&[1.0, 1.0])]);
        let expected = [(true, Some(1.0)), (true, Some(0.0)), (false, None), (false, None), (false, None)];
        assert_eq!(verdicts(&found), expected);
        assert_eq!(found[2].row()[1], "not measured");
        assert!(outcomes(Columns::Engines(1), &ALL, &[Line::empty("small", 10)]).is_empty());
    }

    #[test]
    fn compile_times_and_sizes_are_those_of_large_real_modules() {
        let cell = |seconds: f64, bytes| Cell {
            compiles: vec![seconds],
            machine_code: Some(bytes),
            ..Cell::default()
        };
        let cells = || vec![cell(0.02, 60), cell(0.08, 100), cell(0.02, 0)];
        let real =
            |name, code_bytes| Line { origin: Origin::Real, cells: cells(), ..Line::empty(name, code_bytes) };
        let names = ["skep", "winch", "singlepass"];
        let lines = [real("real/npm/esbuild-wasm/esbuild", 1_000_000), real("real/tree-sitter/small", 1000)];
        let found = verdicts(&outcomes(Columns::Engines(1), &names, &lines));
        assert_eq!(found.iter().map(|(met, _)| *met).collect::<Vec<_>>(), [true, false, true, true, true]);
        assert!((found[2].1.expect("measured") - 50.0).abs() < 1e-6);
        let found = outcomes(Columns::Scaling(2), &["skep", "skep ×2"], &lines[..1]);
        assert_eq!(verdicts(&found), [(false, Some(0.25))]);
    }

    #[test]
    fn odd_modules_have_a_time_by_their_size() {
        let cells = vec![Cell { compiles: vec![0.1], ..Cell::default() }];
        let odd = |module_bytes| Line {
            origin: Origin::Odd,
            module_bytes,
            cells: cells.clone(),
            ..Line::empty("odd", 9)
        };
        let met = |module_bytes| outcomes(Columns::Engines(1), &["skep"], &[odd(module_bytes)])[0].met();
        assert!(met(1_000_000) && !met(100_000));
    }

    #[test]
    fn lives_are_compared_with_those_that_took_part() {
        let mut figures = Figures::default();
        assert!(spawn(&figures).iter().all(|outcome| !outcome.met() && outcome.value.is_none()));
        let many = What::All(Guest::Page);
        for (maker, seconds) in [(Maker::Skep, 2.0), (Maker::Pooling, 9.0), (Maker::OnDemand, 9.0)] {
            figures.add(many, maker, vec![seconds], 1);
        }
        figures.add(What::Works(1), Maker::SkepForEach, vec![1.8], 1);
        figures.add(What::Works(2), Maker::SkepForEach, vec![1.0], 1);
        let found = spawn(&figures);
        let measured = found.iter().filter_map(|outcome| Some((outcome.met(), outcome.value?)));
        assert_eq!(measured.collect::<Vec<_>>(), [(true, 4.5), (false, 4.5), (true, 1.8)]);
    }
}
