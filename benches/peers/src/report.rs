//! The figures as text, Markdown or CSV: a table of compile times, one of run times, geometric means and worst cases.

use std::fmt::Write as _;

use crate::measure::{Cell, Line};

/// What times are divided by, if it takes part; else the first engine.
const REFERENCE: &str = "cranelift";

/// Below this, entering the guest and the first touch of its pages outweigh its code.
const LONG_SECONDS: f64 = 1e-3;

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

/// All that was measured.
pub struct Report<'a> {
    /// Engines, in column order.
    pub names: &'a [String],
    /// Programs, in row order.
    pub lines: &'a [Line],
}

type Figure = fn(&Cell) -> Option<f64>;

impl Report<'_> {
    /// The whole text.
    pub fn render(&self, format: Format) -> String {
        if format == Format::Csv {
            return self.csv();
        }
        let mut text = String::new();
        heading(
            &mut text,
            format,
            "Compile time, ns per byte of the code section, best; CPU time of one thread",
        );
        text += &render(&self.compile_table(), format);
        if self.lines.iter().any(|line| line.cells.iter().any(|cell| !cell.runs.is_empty())) {
            let note = format!(
                "Run time, ms, least (and as a multiple of {}); CPU time",
                self.names[self.reference()]
            );
            heading(&mut text, format, &note);
            text += &render(&self.run_table(), format);
        }
        text
    }

    /// Faults, one line each.
    pub fn faults(&self) -> Vec<String> {
        self.remarks(|cell| cell.fault.as_ref())
    }

    /// Modules that an engine does not take, one line each.
    pub fn refusals(&self) -> Vec<String> {
        self.remarks(|cell| cell.refusal.as_ref())
    }

    /// Geometric mean, over the programs that both got right, of one engine's figure as a multiple of another's.
    pub fn mean_ratio(&self, name: &str, other: &str, of: Figure) -> Option<f64> {
        let at = |wanted: &str| self.names.iter().position(|name| name == wanted);
        let (at, reference) = (at(name)?, at(other)?);
        geometric_mean(self.lines.iter().filter_map(|line| ratio(line, at, reference, of)))
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

    fn reference(&self) -> usize {
        self.names.iter().position(|name| name == REFERENCE).unwrap_or(0)
    }

    fn compile_table(&self) -> Vec<Vec<String>> {
        let mut rows = vec![self.header(&["program", "code KB"])];
        for line in self.lines.iter().filter(|line| line.code_bytes > 0) {
            let mut row = vec![line.name.clone(), format!("{:.1}", line.code_bytes as f64 / 1e3)];
            let per_byte = |cell: &Cell| cell.compile().map(|time| time * 1e9 / line.code_bytes as f64);
            row.extend(line.cells.iter().map(|cell| figure(per_byte(cell), 1)));
            rows.push(row);
        }
        rows.push(self.summary("geometric mean, ns/B", |at| {
            let per_byte = self.lines.iter().filter(|line| line.code_bytes > 0);
            let per_byte =
                per_byte.filter_map(|line| Some(line.cells[at].compile()? * 1e9 / line.code_bytes as f64));
            figure(geometric_mean(per_byte), 1)
        }));
        rows.push(self.summary("all together, MB/s", |at| {
            let done: Vec<_> = self
                .lines
                .iter()
                .filter_map(|line| Some((line.code_bytes, line.cells[at].compile()?)))
                .collect();
            let bytes: usize = done.iter().map(|(bytes, _)| bytes).sum();
            let time: f64 = done.iter().map(|(_, time)| time).sum();
            figure((time > 0.0).then(|| bytes as f64 / time / 1e6), 1)
        }));
        rows.push(self.means("speed, a multiple of {}'s", |cell| cell.compile().map(f64::recip)));
        rows
    }

    fn run_table(&self) -> Vec<Vec<String>> {
        let mut rows = vec![self.header(&["program", ""])];
        for line in self.lines.iter().filter(|line| line.cells.iter().any(|cell| !cell.runs.is_empty())) {
            let mut row = vec![line.name.clone(), String::new()];
            for (at, cell) in line.cells.iter().enumerate() {
                let time = milliseconds(cell.run());
                let ratio = ratio(line, at, self.reference(), Cell::run);
                row.push(if at == self.reference() {
                    time
                } else {
                    format!("{time} ({})", figure(ratio, 2))
                });
            }
            rows.push(row);
        }
        rows.push(self.means("geometric mean of least times", Cell::run));
        let long = |line: &Line| line.cells[self.reference()].run().is_some_and(|time| time >= LONG_SECONDS);
        rows.push(self.means_where("the same, where {} takes 1 ms or more", Cell::run, long));
        rows.push(self.means("geometric mean of medians", Cell::median));
        rows.push(self.summary("worst", |at| {
            let ratios = self
                .lines
                .iter()
                .filter_map(|line| Some((ratio(line, at, self.reference(), Cell::run)?, &line.name)));
            let worst = ratios.max_by(|a, b| a.0.total_cmp(&b.0));
            worst.map_or_else(String::new, |(ratio, name)| {
                let short = name.rsplit('/').next().unwrap_or(name);
                format!("{ratio:.2} {short}")
            })
        }));
        rows
    }

    fn header(&self, first: &[&str]) -> Vec<String> {
        first.iter().map(|&name| name.to_owned()).chain(self.names.iter().cloned()).collect()
    }

    fn summary(&self, title: &str, cell: impl Fn(usize) -> String) -> Vec<String> {
        let title = title.replace("{}", &self.names[self.reference()]);
        [title, String::new()].into_iter().chain((0..self.names.len()).map(cell)).collect()
    }

    /// Over the programs that both the engine and the reference got right.
    fn means(&self, title: &str, of: Figure) -> Vec<String> {
        self.means_where(title, of, |_| true)
    }

    fn means_where(&self, title: &str, of: Figure, counts: impl Fn(&Line) -> bool) -> Vec<String> {
        self.summary(title, |at| {
            let lines = self.lines.iter().filter(|line| counts(line));
            let ratios = lines.filter_map(|line| ratio(line, at, self.reference(), of));
            figure(geometric_mean(ratios), 2)
        })
    }

    fn csv(&self) -> String {
        let mut text = String::from(
            "program,engine,code_bytes,compiles,compile_s,compile_ns_per_byte,compile_mb_per_s,runs,run_least_s,\
             run_median_s,run_ratio,fault\n",
        );
        for line in self.lines {
            for (at, (name, cell)) in self.names.iter().zip(&line.cells).enumerate() {
                let bytes = line.code_bytes as f64;
                let fields = [
                    cell.compile(),
                    cell.compile().map(|time| time * 1e9 / bytes),
                    cell.compile().map(|time| bytes / time / 1e6),
                ];
                let runs = [cell.run(), cell.median(), ratio(line, at, self.reference(), Cell::run)];
                let list = |fields: [Option<f64>; 3]| fields.map(number).join(",");
                let fault = cell
                    .fault
                    .as_deref()
                    .or(cell.refusal.as_deref())
                    .unwrap_or_default()
                    .replace(['"', '\n'], " ");
                let _ = writeln!(
                    text,
                    "{},{name},{},{},{},{},{},\"{fault}\"",
                    line.name,
                    line.code_bytes,
                    cell.compiles.len(),
                    list(fields),
                    cell.runs.len(),
                    list(runs)
                );
            }
        }
        text
    }
}

fn ratio(line: &Line, at: usize, reference: usize, of: Figure) -> Option<f64> {
    Some(of(&line.cells[at])? / of(&line.cells[reference])?)
}

fn geometric_mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let logarithms: Vec<f64> = values.map(f64::ln).collect();
    (!logarithms.is_empty()).then(|| (logarithms.iter().sum::<f64>() / logarithms.len() as f64).exp())
}

fn figure(value: Option<f64>, digits: usize) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.digits$}"))
}

/// Four digits, more where they stand before the point.
fn milliseconds(seconds: Option<f64>) -> String {
    let digits = match seconds {
        Some(1.0..) => 0,
        Some(0.1..) => 1,
        Some(0.01..) => 2,
        Some(0.001..) => 3,
        _ => 4,
    };
    figure(seconds.map(|seconds| seconds * 1e3), digits)
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

/// A title before a table.
pub fn heading(text: &mut String, format: Format, title: &str) {
    let _ = if format == Format::Markdown {
        writeln!(text, "\n**{title}**\n")
    } else {
        writeln!(text, "\n{title}")
    };
}

/// Rows as a table, the first one its head; a column that is empty throughout is left out.
pub fn render(rows: &[Vec<String>], format: Format) -> String {
    let widths: Vec<usize> = (0..rows[0].len())
        .map(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0))
        .collect();
    let mut text = String::new();
    for (number, row) in rows.iter().enumerate() {
        let shown = row.iter().zip(&widths).enumerate().filter(|(_, (_, width))| **width > 0);
        let fields: Vec<String> = shown
            .map(
                |(column, (field, &width))| {
                    if column == 0 { format!("{field:width$}") } else { format!("{field:>width$}") }
                },
            )
            .collect();
        if format == Format::Markdown {
            let _ = writeln!(text, "| {} |", fields.join(" | "));
            if number == 0 {
                let rules: Vec<String> =
                    (0..fields.len()).map(|at| if at == 0 { "---" } else { "--:" }.to_owned()).collect();
                let _ = writeln!(text, "| {} |", rules.join(" | "));
            }
        } else {
            let _ = writeln!(text, "{}", fields.join("  "));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Format, Report};
    use crate::measure::{Cell, Line};

    #[test]
    fn ratios_leave_out_what_went_wrong() {
        let cell = |run: f64| Cell { compiles: vec![1e-6], runs: vec![run], ..Cell::default() };
        let wrong = Cell { fault: Some("trap".into()), ..cell(9.0) };
        let lines = [
            Line { name: "a/one".into(), code_bytes: 1000, cells: vec![cell(1.0), cell(2.0)] },
            Line { name: "b/two".into(), code_bytes: 1000, cells: vec![cell(1.0), wrong] },
            Line { name: "c/three".into(), code_bytes: 1000, cells: vec![cell(1.0), cell(8.0)] },
        ];
        let report = Report { names: &["cranelift".to_owned(), "other".to_owned()], lines: &lines };
        let text = report.render(Format::Plain);
        let mean =
            text.lines().find(|line| line.starts_with("geometric mean of least")).expect("a line of means");
        assert!(mean.ends_with("4.00"), "{mean}");
        assert!(text.contains("8.00 three"), "{text}");
        assert_eq!(report.faults(), ["b/two on other: trap"]);
    }
}
