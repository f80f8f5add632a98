//! Looking through the captures of a bin in bounded steps.
//!
//! What a column can answer is asked of it, in stretches of numbers: SQLite does not look up while it runs through rows that do not
//! fit, so the clock is looked at between two stretches, and at each row that fits. The read transaction ends with the call,
//! so that the log can be emptied.

use std::ops::RangeInclusive;
use std::time::Instant;

use bytes::Bytes;
use rusqlite::{Connection, Row, ToSql, params_from_iter};

use super::captures::{MOST, floor};
use super::row::{self, int, row_id};
use crate::filter::Simple;
use crate::model::{BodyState, Capture, CaptureNumber};
use crate::store::{Found, STEP, Search, Window};

/// How many numbers a statement looks at.
const STRETCH: u64 = 2048;

/// Looks through a window until it is done, or its time is over.
pub(super) fn run(
    connection: &Connection,
    serial: u64,
    window: Window,
    search: &Search,
) -> rusqlite::Result<Found> {
    let began = Instant::now();
    let snapshot = connection.unchecked_transaction()?;
    let floor = floor(&snapshot, serial)?;
    let (conditions, numbers) = Conditions::of(&search.conditions);
    let (is_up, limit, above, below) = match window {
        Window::Newest { before, limit } => (false, limit, floor, before.map_or(MOST, |n| n.0)),
        Window::After { after, limit } => (true, limit, floor.max(after.0), MOST),
    };
    let first = above.saturating_add(1).max(*numbers.start());
    let last = below.saturating_sub(1).min(*numbers.end()).min(MOST);
    let mut left = conditions.ends(&snapshot, serial, first..=last)?;
    let body = if search.needs_body { ", body" } else { "" };
    let sql = format!(
        "SELECT {}{body} FROM captures {} WHERE id BETWEEN ?1 AND ?2{} ORDER BY id {}",
        row::LINE,
        if conditions.are_odd {
            "INDEXED BY captures_odd"
        } else {
            ""
        },
        conditions.sql,
        if is_up { "ASC" } else { "DESC" },
    );
    let mut sql = snapshot.prepare_cached(&sql)?;
    let mut lines = Vec::new();
    while let Some((start, end)) = left {
        let stretch = if is_up {
            (start, end.min(start.saturating_add(STRETCH - 1)))
        } else {
            (start.max(end.saturating_sub(STRETCH - 1)), end)
        };
        let values = conditions.values(serial, stretch);
        let mut rows = sql.query(params_from_iter(values))?;
        while let Some(found) = rows.next()? {
            let capture = read(found, search.needs_body)?;
            let n = capture.line.n;
            lines.extend((search.pick)(capture));
            if lines.len() >= limit || began.elapsed() >= STEP {
                return Ok(Found {
                    lines,
                    rest: Some(n),
                });
            }
        }
        let (from, to) = stretch;
        left = if is_up {
            (to < end).then(|| (to + 1, end))
        } else {
            (from > start).then(|| (start, from - 1))
        };
        if left.is_some() && began.elapsed() >= STEP {
            let rest = Some(CaptureNumber(if is_up { to } else { from }));
            return Ok(Found { lines, rest });
        }
    }
    Ok(Found { lines, rest: None })
}

fn read(found: &Row<'_>, has_body: bool) -> rusqlite::Result<Capture> {
    if has_body {
        return row::capture(found);
    }
    Ok(Capture {
        line: row::line(found)?,
        body: Bytes::new(),
    })
}

/// Conditions as SQL, from the third parameter on.
#[derive(Default)]
struct Conditions {
    sql: String,
    values: Vec<Box<dyn ToSql>>,
    /// Whether only captures meet them that are in the index of those that are out of the ordinary.
    are_odd: bool,
    is_never: bool,
}

/// What the index of the odd ones is of, in its very words: it is not used for others.
const ODD: &str = " AND (method <> 'POST' OR status IS NOT 200 OR state <> 0)";

impl Conditions {
    /// The SQL of them all, and which numbers are in question.
    fn of(simple: &[Simple]) -> (Self, RangeInclusive<u64>) {
        let mut made = Self::default();
        let (mut least, mut most) = (0, u64::MAX);
        made.are_odd = simple.iter().any(|condition| match condition {
            Simple::Method(name) => !name.eq_ignore_ascii_case("POST"),
            Simple::Status(range) => !range.contains(&200),
            Simple::State(state) => *state != BodyState::Complete,
            _ => false,
        });
        if made.are_odd {
            made.sql.push_str(ODD);
        }
        for condition in simple {
            match condition {
                Simple::Method(name) => made.add("method = ? COLLATE NOCASE", [name.clone()]),
                Simple::Status(range) => made.range("status", range),
                Simple::Size(range) => made.range("size", range),
                Simple::Number(range) => {
                    least = least.max(*range.start());
                    most = most.min(*range.end());
                }
                Simple::ReceivedAt(range) => {
                    made.add("received_at BETWEEN ? AND ?", [*range.start(), *range.end()]);
                }
                Simple::State(state) => made.add("state = ?", [state.code()]),
                Simple::Pinned => made.add::<u8>(
                    "id IN (SELECT id FROM marks WHERE id BETWEEN ?1 AND ?2 AND pinned)",
                    [],
                ),
                Simple::Provider(name) => made.add(
                    "id IN (SELECT id FROM events WHERE id BETWEEN ?1 AND ?2 AND provider = ? COLLATE NOCASE)",
                    [name.clone()],
                ),
                Simple::Never => made.is_never = true,
            }
        }
        (made, least..=most)
    }

    fn add<T: ToSql + 'static>(&mut self, sql: &str, values: impl IntoIterator<Item = T>) {
        self.sql.push_str(" AND ");
        self.sql.push_str(sql);
        for value in values {
            self.values.push(Box::new(value));
        }
    }

    fn range(&mut self, column: &str, range: &RangeInclusive<u64>) {
        let ends = [int(*range.start()), int(*range.end())];
        self.add(&format!("{column} BETWEEN ? AND ?"), ends);
    }

    /// The first and the last number of a range that are there; numbers may be far apart after deletions.
    fn ends(
        &self,
        connection: &Connection,
        serial: u64,
        range: RangeInclusive<u64>,
    ) -> rusqlite::Result<Option<(u64, u64)>> {
        if self.is_never || range.is_empty() {
            return Ok(None);
        }
        let ids = [row_id(serial, *range.start()), row_id(serial, *range.end())];
        let end = |sql: &str| -> rusqlite::Result<Option<u64>> {
            let found: Option<i64> = connection
                .prepare_cached(sql)?
                .query_row(ids, |found| found.get(0))?;
            Ok(found.map(row::number))
        };
        let first = end("SELECT min(id) FROM captures WHERE id BETWEEN ?1 AND ?2")?;
        let last = end("SELECT max(id) FROM captures WHERE id BETWEEN ?1 AND ?2")?;
        Ok(first.zip(last))
    }

    /// The parameters of the statement for a stretch of numbers.
    fn values(&self, serial: u64, (from, to): (u64, u64)) -> Vec<Box<dyn ToSql + '_>> {
        let ids = [row_id(serial, from), row_id(serial, to)];
        let ids = ids
            .into_iter()
            .map(|id| -> Box<dyn ToSql + '_> { Box::new(id) });
        let others = self
            .values
            .iter()
            .map(|value| -> Box<dyn ToSql + '_> { Box::new(&**value) });
        ids.chain(others).collect()
    }
}
