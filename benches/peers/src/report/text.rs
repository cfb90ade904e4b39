//! Tables and numbers as text.

use std::fmt::Write as _;

use super::Format;

/// A table: its head first, then rows of as many fields.
pub type Rows = Vec<Vec<String>>;

/// The title of a table.
pub fn heading(text: &mut String, format: Format, title: &str) {
    let _ = if format == Format::Markdown {
        writeln!(text, "\n**{title}**\n")
    } else {
        writeln!(text, "\n{title}")
    };
}

/// Rows as a table; a column that is empty throughout is left out.
pub fn table(rows: &[Vec<String>], format: Format) -> String {
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

/// A number with so many digits behind the point, or a dash.
pub fn figure(value: Option<f64>, digits: usize) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.digits$}"))
}

/// Four digits, more where they stand before the point.
pub fn milliseconds(seconds: Option<f64>) -> String {
    let digits = match seconds {
        Some(1.0..) => 0,
        Some(0.1..) => 1,
        Some(0.01..) => 2,
        Some(0.001..) => 3,
        _ => 4,
    };
    figure(seconds.map(|seconds| seconds * 1e3), digits)
}

/// `2.51 name`, without the name's folders.
pub fn named((ratio, name): (f64, &str)) -> String {
    format!("{ratio:.2} {}", short(name))
}

/// A program's name without its folders.
pub fn short(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}
