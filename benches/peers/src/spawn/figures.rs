//! What was measured, by what it is and who did it, and its tables.

use std::fmt::Write as _;

use super::{Guest, MANY, Maker};
use crate::report::Format;
use crate::report::text::{heading, table};

/// One figure: nanoseconds for each instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Made, called and freed, one after the other.
    Lives(Guest),
    /// Made, many of them, which are kept.
    Spawn(Guest),
    /// Then called.
    Run(Guest),
    /// Then freed.
    Free(Guest),
    /// These three together.
    All(Guest),
    /// One function called on many.
    Column,
    /// Made on so many threads, their start functions working. Time as it passes.
    Starts(usize),
    /// A function that works called on many, on so many threads. Time as it passes.
    Works(usize),
}

impl What {
    fn title(self) -> String {
        match self {
            Self::Lives(_) => "one after the other".to_owned(),
            Self::Spawn(_) => format!("{MANY}: made"),
            Self::Run(_) => format!("{MANY}: called"),
            Self::Free(_) => format!("{MANY}: freed"),
            Self::All(_) => format!("{MANY}: all of it"),
            Self::Column => format!("called on {MANY}"),
            Self::Starts(threads) => format!("made and started, threads: {threads}"),
            Self::Works(threads) => format!("called, threads: {threads}"),
        }
    }

    /// Above the table that it stands in.
    fn heading(self) -> String {
        match self {
            Self::Lives(guest)
            | Self::Spawn(guest)
            | Self::Run(guest)
            | Self::Free(guest)
            | Self::All(guest) => {
                format!("Lives of instances: {}; CPU time", guest.title())
            }
            Self::Column => format!("Columns: {}; CPU time", Guest::Nothing.title()),
            Self::Starts(_) | Self::Works(_) => {
                format!("{MANY} instances in parallel: {}; time as it passes", Guest::Work.title())
            }
        }
    }
}

/// All figures, medians, and what went wrong.
#[derive(Default)]
pub struct Figures {
    medians: Vec<(What, Maker, f64)>,
    filters: Vec<String>,
    pub faults: Vec<String>,
}

impl Figures {
    /// None yet; of those alone whose names contain one of these, if there are any.
    pub fn of(filters: &[String]) -> Self {
        Self { filters: filters.to_vec(), ..Self::default() }
    }

    /// Whether one of this name is to take part.
    pub fn wants(&self, name: &str) -> bool {
        self.filters.is_empty() || self.filters.iter().any(|filter| name.contains(filter.as_str()))
    }

    /// Takes seconds of rounds, each of so many instances.
    pub fn add(&mut self, what: What, maker: Maker, mut rounds: Vec<f64>, instances: usize) {
        rounds.sort_unstable_by(f64::total_cmp);
        self.medians.push((what, maker, rounds[rounds.len() / 2] / instances as f64 * 1e9));
    }

    /// Nanoseconds for each instance, if that was measured.
    pub fn get(&self, what: What, maker: Maker) -> Option<f64> {
        let found = self.medians.iter().find(|(of, by, _)| (*of, *by) == (what, maker));
        found.map(|&(_, _, time)| time)
    }

    /// The time of one as a multiple of that of another.
    pub fn ratio(&self, what: What, maker: Maker, other: Maker) -> Option<f64> {
        Some(self.get(what, maker)? / self.get(what, other)?)
    }

    pub fn render(&self, format: Format) -> String {
        let mut text = String::new();
        if format == Format::Csv {
            text += "measurement,what,who,nanoseconds\n";
            for &(what, maker, time) in &self.medians {
                let (heading, title) = (what.heading(), what.title());
                let _ = writeln!(text, "\"{heading}\",\"{title}\",{},{time:.2}", maker.name());
            }
            return text;
        }
        let mut headings: Vec<String> = Vec::new();
        for (what, ..) in &self.medians {
            let title = what.heading();
            if !headings.contains(&title) {
                heading(&mut text, format, &format!("{title}, ns (and as a multiple of the first)"));
                text += &table(&self.rows(&title), format);
                headings.push(title);
            }
        }
        text
    }

    /// The table under this heading.
    fn rows(&self, heading: &str) -> Vec<Vec<String>> {
        let (mut whats, mut makers) = (Vec::new(), Vec::new());
        for &(what, maker, _) in self.medians.iter().filter(|(what, ..)| what.heading() == heading) {
            if !whats.contains(&what) {
                whats.push(what);
            }
            if !makers.contains(&maker) {
                makers.push(maker);
            }
        }
        let names = makers.iter().map(|maker| maker.name().to_owned());
        let mut rows = vec![std::iter::once(String::new()).chain(names).collect::<Vec<_>>()];
        for what in whats {
            let fields = makers.iter().map(|&maker| self.field(what, maker, makers[0]));
            rows.push(std::iter::once(what.title()).chain(fields).collect());
        }
        rows
    }

    fn field(&self, what: What, maker: Maker, first: Maker) -> String {
        let Some(time) = self.get(what, maker) else { return "–".to_owned() };
        let digits = if time < 10.0 { 2 } else { usize::from(time < 100.0) };
        match self.ratio(what, maker, first) {
            Some(ratio) if maker != first => {
                let ratio_digits = if ratio < 10.0 { 2 } else { usize::from(ratio < 100.0) };
                format!("{time:.digits$} ({ratio:.ratio_digits$})")
            }
            _ => format!("{time:.digits$}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_medians_for_each_instance_and_stand_in_tables_of_their_own() {
        let mut figures = Figures::default();
        let lives = What::Lives(Guest::Empty);
        figures.add(lives, Maker::Skep, vec![9.0, 1e-6, 2e-6], 10);
        figures.add(lives, Maker::Hecs, vec![3e-6], 10);
        figures.add(What::Column, Maker::Skep, vec![1e-6], 10);
        assert!((figures.get(lives, Maker::Skep).expect("measured") - 200.0).abs() < 1e-6);
        assert!((figures.ratio(lives, Maker::Hecs, Maker::Skep).expect("measured") - 1.5).abs() < 1e-6);
        assert_eq!(figures.ratio(What::Column, Maker::Skep, Maker::Hecs), None);
        let text = figures.render(Format::Plain);
        assert!(text.contains("200  300 (1.50)"), "{text}");
        assert_eq!(text.matches("as a multiple").count(), 2);
    }
}
