//! Comma-separated values as a table (RFC 4180), with tabs and semicolons too.
//!
//! Quotes may hold separators and line ends; rows may have more or fewer cells than the first, and say so.

use super::room::{self, Room};
use super::words::{counted, grouped};
use super::{Fit, Rest, Shown, Slot, Spelled, Subject, View, Viewer, Window, charset};

/// Suits what is called CSV.
pub static VIEWER: Viewer = Viewer {
    name: "csv",
    label: "Table",
    slot: Slot::Pretty,
    fit,
    view,
};

/// How many rows are shown at first, and at most.
const ROWS: usize = 500;
const ROWS_AT_MOST: usize = 10_000;

/// How many cells of a row are shown, how many bytes of a cell, and how many cells and bytes in all.
const CELLS: usize = 200;
const CELL: usize = 4096;
const CELLS_AT_MOST: usize = 50_000;
const BYTES: usize = 2 * 1024 * 1024;

/// Rows of cells.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Grid {
    /// The first row, which mostly names the columns.
    pub head: Vec<Spelled>,
    /// The others.
    pub rows: Vec<Row>,
}

/// A row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its number, the first row being 1.
    pub number: usize,
    /// Its cells.
    pub cells: Vec<Spelled>,
    /// How many cells it has, where that is not as many as the first row.
    pub odd: Option<usize>,
}

impl Grid {
    /// How many cells a row lacks.
    pub fn missing(&self, row: &Row) -> usize {
        self.head.len().saturating_sub(row.cells.len())
    }
}

/// How many bytes a row has on the page, about.
pub(super) fn weight(cells: &[Spelled]) -> usize {
    let cells = cells.iter().map(|cell| room::CELL + cell.weight());
    room::ROW + cells.sum::<usize>()
}

fn fit(subject: &Subject<'_>) -> Fit {
    if subject.coding.is_some() {
        return super::COMPRESSED;
    }
    let is_csv = |media_type: &super::MediaType| {
        matches!(
            &*media_type.essence,
            "text/csv" | "application/csv" | "text/x-csv" | "text/tab-separated-values"
        )
    };
    if subject.is_called(is_csv) && !subject.bytes.is_empty() {
        Fit::Yes
    } else {
        super::UNSTRUCTURED
    }
}

/// What separates cells: of those in use the one that the first line has most of.
fn separator(subject: &Subject<'_>, text: &[u8]) -> u8 {
    if subject.is_called(|media_type| media_type.essence == "text/tab-separated-values") {
        return b'\t';
    }
    let end = memchr::memchr(b'\n', text).unwrap_or(text.len());
    let line = text.get(..end).unwrap_or_default();
    let count = |separator: u8| memchr::memchr_iter(separator, line).count();
    [b',', b';', b'\t', b'|']
        .into_iter()
        .rev()
        .max_by_key(|&separator| count(separator))
        .filter(|&separator| count(separator) > 0)
        .unwrap_or(b',')
}

/// Takes rows off a text.
struct Rows<'a> {
    rest: &'a [u8],
    separator: u8,
    /// Whether the text ended inside of quotes.
    is_open: bool,
}

impl Rows<'_> {
    /// The next row, of which only the first cells and bytes are kept, and how many cells it has; `None` at the end.
    fn next(&mut self, keep: bool) -> Option<(Vec<Vec<u8>>, usize)> {
        if self.rest.is_empty() {
            return None;
        }
        let (mut cells, mut count) = (Vec::new(), 0);
        loop {
            let mut cell = Vec::new();
            let has_room = keep && count < CELLS;
            let is_last = self.cell(has_room.then_some(&mut cell));
            count += 1;
            if has_room {
                cells.push(cell);
            }
            if is_last {
                return Some((cells, count));
            }
        }
    }

    /// Takes a cell with what follows it; says whether it was the last of its row.
    fn cell(&mut self, mut into: Option<&mut Vec<u8>>) -> bool {
        if let Some(quoted) = self.rest.strip_prefix(b"\"") {
            self.rest = quoted;
            loop {
                let Some(end) = memchr::memchr(b'"', self.rest) else {
                    push(&mut into, self.rest);
                    self.rest = &[];
                    self.is_open = true;
                    return true;
                };
                let (text, after) = self.rest.split_at(end);
                push(&mut into, text);
                self.rest = after.get(1..).unwrap_or_default();
                match self.rest.strip_prefix(b"\"") {
                    Some(after) => {
                        push(&mut into, b"\"");
                        self.rest = after;
                    }
                    None => break,
                }
            }
        }
        // Without quotes, or behind them, where nothing should be, but is shown if it is.
        let end = memchr::memchr2(self.separator, b'\n', self.rest);
        let (text, after) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        let is_last = after.first() != Some(&self.separator);
        let text = match text {
            [text @ .., b'\r'] if is_last => text,
            text => text,
        };
        push(&mut into, text);
        self.rest = after.get(1..).unwrap_or_default();
        is_last
    }
}

fn push(into: &mut Option<&mut Vec<u8>>, text: &[u8]) {
    if let Some(cell) = into {
        // One byte more than is shown, so that the cut is said.
        let room = (CELL + 1).saturating_sub(cell.len());
        cell.extend_from_slice(text.get(..room).unwrap_or(text));
    }
}

fn view(subject: &Subject<'_>, window: Window) -> Shown {
    let read = charset::read(subject.bytes, subject.charset(), subject.is_cut);
    let mut rows = Rows {
        rest: &read.text,
        separator: separator(subject, &read.text),
        is_open: false,
    };
    let limit = if window.all { ROWS_AT_MOST } else { ROWS };
    let mut grid = Grid::default();
    let (mut total, mut columns, mut odd, mut first_odd) = (0, 0, 0, 0);
    let (mut cells_left, mut bytes_left) = (CELLS_AT_MOST, BYTES);
    let (mut room, mut is_full) = (Room::of(window), false);
    while let Some((cells, count)) = rows.next(!is_full) {
        total += 1;
        if total == 1 {
            columns = count;
        } else if count != columns {
            odd += 1;
            first_odd = if odd == 1 { total } else { first_odd };
        }
        let size: usize = cells.iter().map(Vec::len).sum();
        is_full |= total > limit || cells.len() > cells_left || size > bytes_left;
        if is_full {
            continue;
        }
        cells_left -= cells.len();
        bytes_left -= size;
        let cells: Vec<_> = cells
            .iter()
            .map(|cell| Spelled::beginning(cell, CELL))
            .collect();
        if !room.take(weight(&cells)) {
            is_full = true;
            continue;
        }
        if total == 1 {
            grid.head = cells;
        } else {
            grid.rows.push(Row {
                number: total,
                cells,
                odd: (count != columns).then_some(count),
            });
        }
    }
    let mut facts = vec![read.word];
    if read.has_mark {
        facts.push("byte order mark skipped".to_owned());
    }
    facts.push(counted(total as u64, "row"));
    facts.push(counted(columns as u64, "column"));
    facts.extend(match rows.separator {
        b';' => Some("separated by semicolons".to_owned()),
        b'\t' => Some("separated by tabs".to_owned()),
        b'|' => Some("separated by |".to_owned()),
        _ => None,
    });
    let caution = (odd > 0).then(|| {
        let first = grouped(first_odd as u64);
        let rows = match odd {
            1 => format!("Row {first} has"),
            odd => format!("Row {first} and {} have", counted(odd - 1, "other")),
        };
        format!("{rows} another number of cells than the first row.")
    });
    if columns > CELLS {
        facts.push(format!("{CELLS} columns shown"));
    }
    let shown = grid.rows.len() + usize::from(!grid.head.is_empty());
    Shown {
        facts,
        caution,
        problem: (rows.is_open && !subject.is_cut)
            .then(|| "Not valid CSV: the last quotes are not closed.".to_owned()),
        rest: (shown < total).then(|| Rest {
            sentence: format!(
                "{} of {} rows shown.",
                grouped(shown as u64),
                grouped(total as u64)
            ),
            more: !window.all,
        }),
        ..Shown::of(View::Grid(grid))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Shown {
        view(
            &Subject::new(text.as_bytes(), Some("text/csv")),
            Window::default(),
        )
    }

    fn rows(text: &str) -> Vec<Vec<String>> {
        let View::Grid(grid) = shown(text).view else {
            panic!()
        };
        let plain = |cells: &Vec<Spelled>| cells.iter().map(Spelled::plain).collect();
        std::iter::once(plain(&grid.head))
            .chain(grid.rows.iter().map(|row| plain(&row.cells)))
            .collect()
    }

    #[test]
    fn quotes_hold_separators_line_ends_and_quotes() {
        assert_eq!(
            rows("a,b\r\n\"x, y\",\"1\r\n2\"\r\n\"say \"\"hi\"\"\",\r\n"),
            [["a", "b"], ["x, y", "1\r\n2"], ["say \"hi\"", ""]]
        );
        assert_eq!(rows("a;b\n1,5;2"), [["a", "b"], ["1,5", "2"]]);
        assert_eq!(rows("a,\n,"), [["a", ""], ["", ""]]);
        assert_eq!(rows("a\n\nb"), [[["a"]], [[""]], [["b"]]].map(|row| row[0]));
    }

    #[test]
    fn ragged_rows_are_said() {
        let shown = shown("a,b\n1\n1,2\n1,2,3\n");
        assert_eq!(shown.facts, ["utf-8", "4 rows", "2 columns"]);
        assert_eq!(
            shown.caution.as_deref(),
            Some("Row 2 and 1 other have another number of cells than the first row.")
        );
        let View::Grid(grid) = shown.view else {
            panic!()
        };
        let odd: Vec<_> = grid.rows.iter().map(|row| row.odd).collect();
        assert_eq!(odd, [Some(1), None, Some(3)]);
    }

    #[test]
    fn rows_end_at_the_limit_and_quotes_at_the_end() {
        let many = shown(&"1,2\n".repeat(2000));
        assert_eq!(many.rest.unwrap().sentence, "500 of 2,000 rows shown.");
        let wide = shown(&",".repeat(1_000_000));
        assert!(
            wide.facts.contains(&"1,000,001 columns".to_owned()),
            "{:?}",
            wide.facts
        );
        let open = shown("a,b\n\"1,2\n3,4");
        assert_eq!(
            open.problem.as_deref(),
            Some("Not valid CSV: the last quotes are not closed.")
        );
    }
}
