//! The table that is printed at the end, in Markdown, so that it can be pasted anywhere.

use std::fmt::Write as _;

use super::statistics::Spread;

/// What was hoped for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Aim {
    /// At least this.
    AtLeast(f64),
    /// At most this.
    AtMost(f64),
    /// Nothing: the figure is for information.
    None,
}

/// One figure.
#[derive(Debug)]
pub(crate) struct Row {
    what: String,
    figure: String,
    aim: String,
    detail: String,
}

impl Row {
    /// A single figure with its unit (which may be empty).
    pub(crate) fn new(what: impl Into<String>, value: f64, unit: &str, aim: Aim) -> Self {
        Self {
            what: what.into(),
            figure: with_unit(value, unit),
            aim: aim.verdict(value, unit),
            detail: String::new(),
        }
    }

    /// A figure from several rounds: its median, and from where to where it went.
    pub(crate) fn spread(what: impl Into<String>, spread: Spread, unit: &str, aim: Aim) -> Self {
        let ends = format!(
            " ({} to {})",
            with_unit(spread.min, ""),
            with_unit(spread.max, "")
        );
        Self {
            what: what.into(),
            figure: with_unit(spread.median, unit) + &ends,
            aim: aim.verdict(spread.median, unit),
            detail: String::new(),
        }
    }

    /// What the figure was made from.
    pub(crate) fn because(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }
}

impl Aim {
    fn verdict(self, value: f64, unit: &str) -> String {
        let (sign, bound, met) = match self {
            Self::AtLeast(bound) => ("≥", bound, value >= bound),
            Self::AtMost(bound) => ("≤", bound, value <= bound),
            Self::None => return "–".to_owned(),
        };
        let met = if met { "met" } else { "missed" };
        format!("{sign} {}: {met}", with_unit(bound, unit))
    }
}

/// Three digits of anything small, whole numbers of anything large.
fn with_unit(value: f64, unit: &str) -> String {
    let space = if unit.is_empty() { "" } else { " " };
    let decimals = match value.abs() {
        value if value < 10.0 => 2,
        value if value < 100.0 => 1,
        _ => 0,
    };
    format!("{value:.decimals$}{space}{unit}")
}

/// The rows as a table whose columns stand under each other.
pub(crate) fn table(rows: &[Row]) -> String {
    let head = ["what", "figure", "aim", "from"].map(str::to_owned);
    let mut lines = vec![head];
    for row in rows {
        lines.push([&row.what, &row.figure, &row.aim, &row.detail].map(String::clone));
    }
    let mut widths = [0; 4];
    for line in &lines {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = cell.chars().count().max(*width);
        }
    }
    lines.insert(1, widths.map(|width| "-".repeat(width)));
    let mut text = String::new();
    for line in &lines {
        for (cell, width) in line.iter().zip(widths) {
            write!(text, "| {cell:width$} ").expect("writing to a string does not fail");
        }
        text += "|\n";
    }
    text
}
