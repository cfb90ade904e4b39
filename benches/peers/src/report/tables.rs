//! The tables of a run: compile times, sizes of machine code, memory while compiling, run times.

use super::text::{Rows, figure, milliseconds, named};
use super::{LONG_SECONDS, Report, geometric_mean, ratio};
use crate::measure::{Cell, Line};

/// Programs that are listed as an engine's worst.
const WORST: usize = 5;

/// Whose machine code sizes are compared to, if it takes part; else the engine that times are compared to.
const SIZES_REFERENCE: &str = "winch";

impl Report<'_> {
    /// Compile times per byte of the code section.
    pub(super) fn compile_table(&self) -> Rows {
        let mut rows = vec![self.header(&["program", "code KB"])];
        rows.extend(self.per_byte_rows(|cell| cell.compile().map(|time| time * 1e9), 1));
        rows.push(self.per_byte_mean(
            "geometric mean, ns/B",
            |cell| cell.compile().map(|time| time * 1e9),
            1,
        ));
        rows.push(self.summary("all together, MB/s", |at| {
            let done = |line: &Line| Some((line.code_bytes, line.cells[at].compile()?));
            let done: Vec<_> = self.lines.iter().filter_map(done).collect();
            let bytes: usize = done.iter().map(|(bytes, _)| bytes).sum();
            let time: f64 = done.iter().map(|(_, time)| time).sum();
            figure((time > 0.0).then(|| bytes as f64 / time / 1e6), 1)
        }));
        rows.push(
            self.means("speed, a multiple of {}'s", self.reference(), |cell| cell.compile().map(f64::recip)),
        );
        rows
    }

    /// Sizes of machine code per byte of the code section; `None` if no engine tells.
    pub(super) fn size_table(&self) -> Option<Rows> {
        let size = |cell: &Cell| cell.machine_code.map(|bytes| bytes as f64);
        let mut rows = vec![self.header(&["program", "code KB"])];
        rows.extend(self.per_byte_rows(size, 2));
        rows.push(self.per_byte_mean("geometric mean, B/B", size, 2));
        let reference = self.engine(SIZES_REFERENCE).unwrap_or(self.reference());
        rows.push(self.means("a multiple of {}'s", reference, size));
        self.any(|cell| cell.machine_code.is_some()).then_some(rows)
    }

    /// Memory at its highest per byte of the code section; `None` if it was not measured.
    pub(super) fn memory_table(&self) -> Option<Rows> {
        let peak = |cell: &Cell| cell.peak.map(|bytes| bytes as f64);
        let mut rows = vec![self.header(&["program", "code KB"])];
        rows.extend(self.per_byte_rows(peak, 1));
        rows.push(self.per_byte_mean("geometric mean, B/B", peak, 1));
        rows.push(self.means("a multiple of {}'s", self.reference(), peak));
        self.any(|cell| cell.peak.is_some()).then_some(rows)
    }

    /// Run times; `None` if nothing ran.
    pub(super) fn run_table(&self) -> Option<Rows> {
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
        rows.push(self.means("geometric mean of least times", self.reference(), Cell::run));
        for (seconds, title) in
            [(1e-3, "where {} takes 1 ms or more"), (LONG_SECONDS, "where {} takes 5 ms or more")]
        {
            rows.push(self.summary(title, |at| {
                let lines = self.lines.iter().filter(|line| self.takes(line, seconds));
                figure(
                    geometric_mean(lines.filter_map(|line| ratio(line, at, self.reference(), Cell::run))),
                    2,
                )
            }));
        }
        rows.push(self.means("geometric mean of medians", self.reference(), Cell::run_median));
        for (other, name) in self.names.iter().enumerate() {
            rows.push(self.summary(&format!("faster than {name}, % of those with 5 ms"), |at| {
                let share = self.faster(at, other, Cell::run).share();
                figure(share.filter(|_| at != other).map(|share| share * 100.0), 0)
            }));
        }
        for place in 0..WORST {
            rows.push(self.summary(&format!("worst {}", place + 1), |at| {
                let worst = self.ratios(at, self.reference(), Cell::run);
                worst
                    .get(place)
                    .filter(|_| at != self.reference())
                    .map_or_else(String::new, |&one| named(one))
            }));
        }
        self.any(|cell| !cell.runs.is_empty()).then_some(rows)
    }

    fn per_byte_rows(
        &self,
        of: impl Fn(&Cell) -> Option<f64>,
        digits: usize,
    ) -> impl Iterator<Item = Vec<String>> {
        self.lines.iter().filter(|line| line.code_bytes > 0).map(move |line| {
            let bytes = line.code_bytes as f64;
            let fields = line.cells.iter().map(|cell| figure(of(cell).map(|figure| figure / bytes), digits));
            [line.name.clone(), format!("{:.1}", bytes / 1e3)].into_iter().chain(fields).collect()
        })
    }

    fn per_byte_mean(&self, title: &str, of: impl Fn(&Cell) -> Option<f64>, digits: usize) -> Vec<String> {
        self.summary(title, |at| {
            let lines = self.lines.iter().filter(|line| line.code_bytes > 0);
            let figures = lines.filter_map(|line| Some(of(&line.cells[at])? / line.code_bytes as f64));
            figure(geometric_mean(figures), digits)
        })
    }

    /// Over the programs that both the engine and the reference got right.
    fn means(&self, title: &str, reference: usize, of: impl Fn(&Cell) -> Option<f64>) -> Vec<String> {
        let title = title.replace("{}", &self.names[reference]);
        self.summary(&title, |at| {
            figure(geometric_mean(self.lines.iter().filter_map(|line| ratio(line, at, reference, &of))), 2)
        })
    }

    fn header(&self, first: &[&str]) -> Vec<String> {
        first.iter().map(|&name| name.to_owned()).chain(self.names.iter().cloned()).collect()
    }

    fn summary(&self, title: &str, cell: impl Fn(usize) -> String) -> Vec<String> {
        let title = title.replace("{}", &self.names[self.reference()]);
        [title, String::new()].into_iter().chain((0..self.names.len()).map(cell)).collect()
    }

    fn any(&self, is: impl Fn(&Cell) -> bool) -> bool {
        self.lines.iter().any(|line| line.cells.iter().any(&is))
    }
}
