//! The figures as text, Markdown or CSV. Here: what can be asked of them. `tables`, `ablation` and `scaling` choose what is
//! shown, `text` and `csv` how.

mod ablation;
mod csv;
mod scaling;
mod tables;
pub mod text;

use crate::measure::{Cell, Line};
use text::{heading, table};

/// What times are divided by, if it takes part; else the first engine.
const REFERENCE: &str = "cranelift";

/// Below this, entering the guest and the first touch of its pages outweigh its code.
const LONG_SECONDS: f64 = 5e-3;

/// How to print.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Columns padded with spaces.
    Plain,
    /// Tables for a page.
    Markdown,
    /// One line for each program and engine.
    Csv,
}

/// What the columns are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Columns {
    /// Engines, all with so many compiling threads.
    Engines(usize),
    /// One engine, then the same without each technique.
    Ablation,
    /// Each engine with one compiling thread, then with so many.
    Scaling(usize),
}

/// All that was measured.
pub struct Report<'a> {
    /// What the columns are.
    pub columns: Columns,
    /// Their names.
    pub names: &'a [String],
    /// Programs, in row order.
    pub lines: &'a [Line],
}

/// Programs, each with the ratio of two figures.
pub type Ratios<'a> = Vec<(f64, &'a str)>;

/// How one engine compares to another, program by program.
pub struct Faster<'a> {
    /// Programs that both got right.
    pub count: usize,
    /// Those on which it is not faster, with the ratio of times, worst first.
    pub not: Ratios<'a>,
}

impl Faster<'_> {
    /// The share of programs on which it is faster.
    pub fn share(&self) -> Option<f64> {
        (self.count > 0).then(|| 1.0 - self.not.len() as f64 / self.count as f64)
    }
}

impl<'a> Report<'a> {
    /// The whole text.
    pub fn render(&self, format: Format) -> String {
        if format == Format::Csv {
            return csv::render(self);
        }
        let tables = match self.columns {
            Columns::Engines(threads) => self.tables(threads),
            Columns::Ablation => vec![ablation::table(self)],
            Columns::Scaling(threads) => vec![scaling::table(self, threads)],
        };
        let mut text = String::new();
        for (title, rows) in tables {
            heading(&mut text, format, &title);
            text += &table(&rows, format);
        }
        text
    }

    fn tables(&self, threads: usize) -> Vec<(String, text::Rows)> {
        let time = match threads {
            1 => "CPU time of one thread".to_owned(),
            several => format!("time on {several} threads"),
        };
        let title = format!("Compile time, ns per byte of the code section, best; {time}");
        let mut tables = vec![(title, self.compile_table())];
        let title = "Machine code, bytes per byte of the code section".to_owned();
        tables.extend(self.size_table().map(|rows| (title, rows)));
        let title = "Memory while compiling at its highest, bytes per byte of the code section".to_owned();
        tables.extend(self.memory_table().map(|rows| (title, rows)));
        let reference = &self.names[self.reference()];
        let title = format!("Run time, ms, least (and as a multiple of {reference}); CPU time");
        tables.extend(self.run_table().map(|rows| (title, rows)));
        tables
    }

    /// Faults, one line each.
    pub fn faults(&self) -> Vec<String> {
        self.remarks(|cell| cell.fault.as_ref())
    }

    /// What an engine does not compile, or does not run, one line each.
    pub fn refusals(&self) -> Vec<String> {
        self.remarks(|cell| cell.refusal.as_ref().or(cell.unrun.as_ref()))
    }

    /// The column of an engine.
    pub fn engine(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|known| known == name)
    }

    /// The column that times are compared to.
    pub fn reference(&self) -> usize {
        self.engine(REFERENCE).unwrap_or(0)
    }

    /// Whether a program takes the reference so long.
    pub fn takes(&self, line: &Line, seconds: f64) -> bool {
        line.cells[self.reference()].run().is_some_and(|time| time >= seconds)
    }

    /// One column's figures as multiples of another's, over the programs that both got right, greatest first.
    pub fn ratios(&self, at: usize, other: usize, of: impl Fn(&Cell) -> Option<f64>) -> Ratios<'a> {
        self.ratios_where(at, other, of, |_| true)
    }

    /// The same over those that take the reference long.
    pub fn long_ratios(&self, at: usize, other: usize, of: impl Fn(&Cell) -> Option<f64>) -> Ratios<'a> {
        self.ratios_where(at, other, of, |line| self.takes(line, LONG_SECONDS))
    }

    fn ratios_where(
        &self,
        at: usize,
        other: usize,
        of: impl Fn(&Cell) -> Option<f64>,
        counts: impl Fn(&Line) -> bool,
    ) -> Ratios<'a> {
        let lines = self.lines.iter().filter(|line| counts(line));
        let pairs = lines.filter_map(|line| Some((ratio(line, at, other, &of)?, line.name.as_str())));
        let mut pairs: Vec<_> = pairs.collect();
        pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
        pairs
    }

    /// On how many of the programs that take the reference long one column's figure is less than another's.
    pub fn faster(&self, at: usize, other: usize, of: impl Fn(&Cell) -> Option<f64>) -> Faster<'a> {
        let mut not = self.long_ratios(at, other, of);
        let count = not.len();
        not.retain(|(ratio, _)| *ratio >= 1.0);
        Faster { count, not }
    }

    fn remarks(&self, of: impl Fn(&Cell) -> Option<&String>) -> Vec<String> {
        let mut remarks = Vec::new();
        for line in self.lines {
            for (name, cell) in self.names.iter().zip(&line.cells) {
                remarks.extend(of(cell).map(|remark| format!("{} on {name}: {remark}", line.name)));
            }
        }
        remarks
    }
}

/// One column's figure as a multiple of another's.
pub fn ratio(line: &Line, at: usize, reference: usize, of: impl Fn(&Cell) -> Option<f64>) -> Option<f64> {
    Some(of(&line.cells[at])? / of(&line.cells[reference])?)
}

/// `None` of nothing.
pub fn geometric_mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let logarithms: Vec<f64> = values.map(f64::ln).collect();
    (!logarithms.is_empty()).then(|| (logarithms.iter().sum::<f64>() / logarithms.len() as f64).exp())
}

#[cfg(test)]
mod tests {
    use super::{Columns, Format, Report};
    use crate::measure::{Cell, Line};

    fn cell(run: f64) -> Cell {
        Cell { compiles: vec![run * 1e-6], runs: vec![run], machine_code: Some(2000), ..Cell::default() }
    }

    fn line(name: &str, cells: Vec<Cell>) -> Line {
        Line { cells, ..Line::empty(name, 1000) }
    }

    #[test]
    fn ratios_leave_out_what_went_wrong() {
        let wrong = Cell { fault: Some("trap".into()), ..cell(9.0) };
        let lines = [
            line("a/one", vec![cell(1.0), cell(2.0)]),
            line("b/two", vec![cell(1.0), wrong]),
            line("c/three", vec![cell(1.0), cell(8.0)]),
            line("d/four", vec![cell(1e-3), cell(0.5e-3)]),
        ];
        let names = ["cranelift".to_owned(), "other".to_owned()];
        let report = Report { columns: Columns::Engines(1), names: &names, lines: &lines };
        let text = report.render(Format::Plain);
        let row = |start: &str| text.lines().find(|line| line.starts_with(start)).expect(start);
        assert!(row("geometric mean of least").ends_with(" 2.00"), "{text}");
        assert!(row("where cranelift takes 1 ms").ends_with(" 2.00"), "{text}");
        assert!(row("where cranelift takes 5 ms").ends_with(" 4.00"), "{text}");
        assert!(row("faster than other").contains(" 100 "), "{text}");
        assert!(row("worst 1").ends_with("8.00 three"), "{text}");
        assert!(row("geometric mean, B/B").ends_with(" 2.00"), "{text}");
        assert_eq!(report.faults(), ["b/two on other: trap"]);
    }

    #[test]
    fn ablation_compares_to_the_first_column() {
        let lines = [line("a/one", vec![cell(1.0), cell(2.0)]), line("b/two", vec![cell(1.0), cell(0.5)])];
        let names = ["skep".to_owned(), "-pins".to_owned()];
        let report = Report { columns: Columns::Ablation, names: &names, lines: &lines };
        let text = report.render(Format::Markdown);
        let fields: Vec<&str> = text.lines().last().expect("a row").split('|').map(str::trim).collect();
        assert_eq!(fields, ["", "-pins", "1.000", "2.00 one", "0.50 two", "1.000", "1.000", ""]);
    }

    #[test]
    fn scaling_shows_pairs_of_columns() {
        let lines = [line("a/one", vec![cell(3.0), cell(2.0)])];
        let names = ["skep".to_owned(), "skep ×2".to_owned()];
        let report = Report { columns: Columns::Scaling(2), names: &names, lines: &lines };
        assert!(report.render(Format::Plain).contains("(1.50)"));
    }
}
