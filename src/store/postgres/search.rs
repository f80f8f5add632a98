//! Looking through the captures of a bin in bounded steps.
//!
//! What a column can answer is asked of it, in stretches of numbers, so that no statement is long; of what fits a few rows are
//! fetched at a time, and chosen from on a thread that may be busy.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use tokio_postgres::types::ToSql;
use tokio_postgres::{IsolationLevel, Row, Transaction};

use super::row::{self, int};
use super::sql::{self, Client};
use crate::filter::Simple;
use crate::model::{BodyState, Capture, CaptureLine, CaptureNumber};
use crate::store::{Found, Result, STEP, Search, Window};

/// How many numbers a statement looks at.
const STRETCH: u64 = 4096;

/// How many rows are fetched at a time, with their bodies and without.
const BODIES: i32 = 16;
const LINES: i32 = 256;

/// Looks through a window until it is done, or its time is over.
pub(super) async fn run(
    client: &mut Client,
    serial: u64,
    window: Window,
    search: Search,
) -> Result<Found> {
    let began = Instant::now();
    let snapshot = (**client).build_transaction();
    let snapshot = snapshot
        .isolation_level(IsolationLevel::RepeatableRead)
        .read_only(true)
        .start()
        .await?;
    let found = look(&snapshot, began, serial, window, &Arc::new(search)).await?;
    snapshot.commit().await?;
    Ok(found)
}

async fn look(
    snapshot: &Transaction<'_>,
    began: Instant,
    serial: u64,
    window: Window,
    search: &Arc<Search>,
) -> Result<Found> {
    let (conditions, numbers) = Conditions::of(&search.conditions);
    let (is_up, limit, above, below) = match window {
        Window::Newest { before, limit } => (false, limit, 0, before.map_or(u64::MAX, |n| n.0)),
        Window::After { after, limit } => (true, limit, after.0, u64::MAX),
    };
    let first = above.saturating_add(1).max(*numbers.start());
    let last = below.saturating_sub(1).min(*numbers.end());
    if conditions.is_never || first > last {
        return Ok(Found::default());
    }
    let mut left = ends(snapshot, serial, first, last).await?;
    let sql = conditions.statement(search.needs_body, is_up);
    // Not kept: there are as many of them as there are searches.
    let sql = snapshot.prepare(&sql).await?;
    let mut lines = Vec::new();
    while let Some((start, end)) = left {
        let (from, to) = if is_up {
            (start, end.min(start.saturating_add(STRETCH - 1)))
        } else {
            (start.max(end.saturating_sub(STRETCH - 1)), end)
        };
        let ids = [int(serial), int(from), int(to)];
        let values: Vec<&(dyn ToSql + Sync)> = ids
            .iter()
            .map(|id| id as _)
            .chain(conditions.values.iter().map(|value| &**value as _))
            .collect();
        let portal = snapshot.bind(&sql, &values).await?;
        let size = if search.needs_body { BODIES } else { LINES };
        loop {
            let rows = snapshot.query_portal(&portal, size).await?;
            let is_last = i32::try_from(rows.len()).is_ok_and(|count| count < size);
            let chosen = choose(rows, Arc::clone(search), limit - lines.len(), began).await?;
            lines.extend(chosen.lines);
            if let Some(rest) = chosen.rest {
                return Ok(Found {
                    lines,
                    rest: Some(rest),
                });
            }
            if is_last {
                break;
            }
        }
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

/// Chooses among rows; `rest` is the number at which it stopped, because of the limit or of the time.
async fn choose(
    rows: Vec<Row>,
    search: Arc<Search>,
    limit: usize,
    began: Instant,
) -> Result<Found> {
    let work = move || {
        let mut lines: Vec<CaptureLine> = Vec::new();
        for found in &rows {
            let capture = if search.needs_body {
                row::capture(found)?
            } else {
                Capture {
                    line: row::line(found)?,
                    body: Bytes::new(),
                }
            };
            let n = capture.line.n;
            lines.extend((search.pick)(capture));
            if lines.len() >= limit || began.elapsed() >= STEP {
                return Ok(Found {
                    lines,
                    rest: Some(n),
                });
            }
        }
        Ok(Found { lines, rest: None })
    };
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| sql::slow())?
}

/// The first and the last number of a range that can be read; numbers may be far apart after deletions.
async fn ends(
    snapshot: &Transaction<'_>,
    serial: u64,
    first: u64,
    last: u64,
) -> Result<Option<(u64, u64)>> {
    let sql = "SELECT min(n), max(n) FROM captures WHERE serial = $1 AND n BETWEEN $2 AND $3
         AND n > (SELECT floor FROM bins WHERE serial = $1)";
    let found = snapshot
        .query_one(sql, &[&int(serial), &int(first), &int(last)])
        .await?;
    Ok(row::some_count(&found, 0)?.zip(row::some_count(&found, 1)?))
}

/// Conditions as SQL, from the fourth parameter on.
#[derive(Default)]
struct Conditions {
    sql: String,
    values: Vec<Box<dyn ToSql + Sync + Send>>,
    /// Whether only captures meet them that are in the index of those that are out of the ordinary.
    are_odd: bool,
    is_never: bool,
}

/// What the index of the odd ones is of, in its very words: it is not used for others.
const ODD: &str =
    " AND (c.method <> 'POST'::bytea OR c.status IS DISTINCT FROM 200 OR c.state <> 0)";

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
        for condition in simple {
            match condition {
                // Any bytes as text, whatever they are.
                Simple::Method(name) => made.add(
                    "lower(encode(c.method, 'escape')) = lower(encode(?, 'escape'))",
                    name.clone().into_bytes(),
                ),
                Simple::Status(range) => made.range("c.status", range),
                Simple::Size(range) => made.range("c.size", range),
                Simple::Number(range) => {
                    least = least.max(*range.start());
                    most = most.min(*range.end());
                }
                Simple::ReceivedAt(range) => {
                    made.add("c.received_at >= ?::bigint", *range.start());
                    made.add("c.received_at <= ?::bigint", *range.end());
                }
                Simple::State(state) => made.add("c.state = ?::smallint", i16::from(state.code())),
                Simple::Pinned => made.sql.push_str(" AND m.pinned"),
                Simple::Provider(name) => {
                    made.add("lower(e.provider) = lower(?::text)", name.replace('\0', ""));
                }
                Simple::Never => made.is_never = true,
            }
        }
        (made, least..=most)
    }

    /// Adds a condition; its `?` is the value.
    fn add<T: ToSql + Sync + Send + 'static>(&mut self, sql: &str, value: T) {
        self.values.push(Box::new(value));
        let place = format!("${}", self.values.len() + 3);
        self.sql.push_str(" AND ");
        self.sql.push_str(&sql.replace('?', &place));
    }

    fn range(&mut self, column: &str, range: &RangeInclusive<u64>) {
        self.add(&format!("{column} >= ?::bigint"), int(*range.start()));
        self.add(&format!("{column} <= ?::bigint"), int(*range.end()));
    }

    /// The statement for a stretch of numbers.
    fn statement(&self, needs_body: bool, is_up: bool) -> String {
        format!(
            "SELECT {}{} FROM {} WHERE c.serial = $1 AND c.n BETWEEN $2 AND $3 AND c.n > (SELECT floor FROM bins WHERE serial = $1){}{} ORDER BY c.n {}",
            row::LINE,
            if needs_body { ", c.body" } else { "" },
            row::FROM,
            if self.are_odd { ODD } else { "" },
            self.sql,
            if is_up { "ASC" } else { "DESC" },
        )
    }
}
