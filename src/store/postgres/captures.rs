//! SQL about captures that are there. How they come in is [`writer`](super::writer)'s.

use bytes::Bytes;

use super::change::Changing;
use super::days;
use super::row::{self, int};
use super::sql::{self, Client};
use crate::model::{Capture, CaptureLine, CaptureNumber};
use crate::store::counters::Counters;
use crate::store::{Result, Window};

/// The SQL of the weight of a capture, for rows.
pub(super) const WEIGHT: &str = "size + length(headers)";

/// What readers see of a bin: its captures above the floor, which is looked at in the same statement.
const FLOOR: &str = "(SELECT floor FROM bins WHERE serial = $1)";

/// The numbers between which a window is, their order, and how many it holds.
fn bounds(window: Window) -> (i64, i64, &'static str, i64) {
    match window {
        Window::Newest { before, limit } => {
            let below = before.map_or(i64::MAX, |n| int(n.0));
            (0, below, "DESC", int(limit as u64))
        }
        Window::After { after, limit } => (int(after.0), i64::MAX, "ASC", int(limit as u64)),
    }
}

/// Those of a window that are deliveries of the same event as `n`.
pub(super) async fn deliveries(
    client: &Client,
    serial: u64,
    n: CaptureNumber,
    window: Window,
) -> Result<Vec<CaptureLine>> {
    let (above, below, order, limit) = bounds(window);
    let sql = format!(
        "SELECT {} FROM {} WHERE c.serial = $1 AND c.n IN (
           SELECT n FROM events WHERE serial = $1 AND n > $3 AND n < $4 AND n > {FLOOR}
            AND thread = (SELECT thread FROM events WHERE serial = $1 AND n = $2 AND n > {FLOOR})
           ORDER BY n {order} LIMIT $5
         ) ORDER BY c.n {order}",
        row::LINE,
        row::FROM
    );
    let values: sql::Values<'_> = &[&int(serial), &int(n.0), &above, &below, &limit];
    let found = sql::all(client, &sql, values).await?;
    found.iter().map(row::line).collect()
}

/// Captures of a window.
pub(super) async fn lines(
    client: &Client,
    serial: u64,
    window: Window,
) -> Result<Vec<CaptureLine>> {
    let (above, below, order, limit) = bounds(window);
    let sql = format!(
        "SELECT {} FROM {} WHERE c.serial = $1 AND c.n > $2 AND c.n < $3 AND c.n > {FLOOR} ORDER BY c.n {order} LIMIT $4",
        row::LINE,
        row::FROM
    );
    let found = sql::all(client, &sql, &[&int(serial), &above, &below, &limit]).await?;
    found.iter().map(row::line).collect()
}

/// One capture; `None` when it is not there.
pub(super) async fn capture(
    client: &Client,
    serial: u64,
    n: CaptureNumber,
) -> Result<Option<Capture>> {
    let sql = format!(
        "SELECT {}, {} FROM {} {} WHERE c.serial = $1 AND c.n = $2 AND c.n > {FLOOR}",
        row::LINE,
        row::WHOLE,
        row::FROM,
        row::REPLY
    );
    let found = sql::one(client, &sql, &[&int(serial), &int(n.0)]).await?;
    found.map(|found| row::whole(&found)).transpose()
}

/// The bodies of those captures that are there.
pub(super) async fn bodies(
    client: &Client,
    serial: u64,
    numbers: &[CaptureNumber],
) -> Result<Vec<(CaptureNumber, Bytes)>> {
    let numbers: Vec<_> = numbers.iter().map(|n| int(n.0)).collect();
    let sql =
        format!("SELECT n, body FROM captures WHERE serial = $1 AND n = ANY($2) AND n > {FLOOR}");
    let found = sql::all(client, &sql, &[&int(serial), &numbers]).await?;
    found
        .iter()
        .map(|found| Ok((CaptureNumber(row::count(found, 0)?), row::bytes(found, 1)?)))
        .collect()
}

/// The next newer and the next older number around `n`.
pub(super) async fn neighbours(
    client: &Client,
    serial: u64,
    n: CaptureNumber,
) -> Result<(Option<CaptureNumber>, Option<CaptureNumber>)> {
    let sql = format!(
        "SELECT (SELECT min(n) FROM captures WHERE serial = $1 AND n > $2 AND n > {FLOOR}),
         (SELECT max(n) FROM captures WHERE serial = $1 AND n < $2 AND n > {FLOOR})"
    );
    let Some(found) = sql::one(client, &sql, &[&int(serial), &int(n.0)]).await? else {
        return Ok((None, None));
    };
    let number =
        |column| Ok::<_, crate::store::Error>(row::some_count(&found, column)?.map(CaptureNumber));
    Ok((number(0)?, number(1)?))
}

/// The statement that deletes captures of a bin (`$1`) with what other tables hold of them, in one round trip. `numbers` says which,
/// `rows` which of their own rows beyond that. It gives what was there: the number, the weight, and whether it was pinned.
fn deleting(numbers: &str, rows: &str) -> String {
    format!(
        "WITH gone AS (DELETE FROM captures WHERE serial = $1 AND {numbers} {rows} RETURNING n, size + length(headers) AS weight),
  marked AS (DELETE FROM marks WHERE serial = $1 AND {numbers} RETURNING n, pinned),
  said AS (DELETE FROM events WHERE serial = $1 AND {numbers}),
  answered AS (DELETE FROM replies WHERE serial = $1 AND {numbers}),
  queued AS (DELETE FROM forwards WHERE serial = $1 AND {numbers}),
  tried AS (DELETE FROM attempts WHERE serial = $1 AND {numbers} RETURNING weight),
  freed AS (UPDATE attempt_room SET bytes = bytes - (SELECT sum(weight) FROM tried)
            WHERE serial = $1 AND EXISTS (SELECT 1 FROM tried))
  SELECT gone.n, gone.weight, coalesce(marked.pinned, false) FROM gone LEFT JOIN marked USING (n)"
    )
}

/// Deletes captures by their numbers (`$2`).
pub(super) fn deleting_some() -> String {
    deleting("n = ANY($2)", "")
}

/// Deletes the captures above a number (`$2`) and up to another (`$3`). The rows of an ended bin that lie in the table of a day are
/// left to [`days`].
pub(super) fn deleting_range(has_ended: bool) -> String {
    let kept = format!("AND day = {}", days::KEPT);
    deleting("n > $2 AND n <= $3", if has_ended { &kept } else { "" })
}

/// Deletes those of these captures that can be read, and takes them off the counters; gives those that were there, in order.
pub(super) async fn delete(
    changing: &mut Changing,
    serial: u64,
    numbers: &[CaptureNumber],
) -> Result<Vec<CaptureNumber>> {
    let floor = changing.counters.floor;
    let numbers: Vec<_> = numbers
        .iter()
        .filter(|n| n.0 > floor)
        .map(|n| int(n.0))
        .collect();
    let mut deleted = sql::all(
        changing.client()?,
        &deleting_some(),
        &[&int(serial), &numbers],
    )
    .await?
    .iter()
    .map(|found| {
        let is_pinned: bool = found.try_get(2)?;
        Ok((row::count(found, 0)?, row::count(found, 1)?, is_pinned))
    })
    .collect::<Result<Vec<_>>>()?;
    deleted.sort_unstable();
    for &(_, weight, is_pinned) in &deleted {
        take_off(&mut changing.counters, weight, is_pinned);
    }
    Ok(deleted
        .into_iter()
        .map(|(n, ..)| CaptureNumber(n))
        .collect())
}

/// Takes one capture off the counters.
fn take_off(counters: &mut Counters, weight: u64, is_pinned: bool) {
    counters.captures = counters.captures.saturating_sub(1);
    counters.bytes = counters.bytes.saturating_sub(weight);
    if is_pinned {
        counters.pinned = counters.pinned.saturating_sub(1);
        counters.pinned_bytes = counters.pinned_bytes.saturating_sub(weight);
    }
}

/// What a capture that can be read counts towards `keep.bytes`; `None` when there is none of that number.
pub(super) async fn weight_of(
    changing: &Changing,
    serial: u64,
    n: CaptureNumber,
) -> Result<Option<u64>> {
    if n.0 <= changing.counters.floor {
        return Ok(None);
    }
    let sql = format!("SELECT {WEIGHT} FROM captures WHERE serial = $1 AND n = $2");
    let found = sql::one(changing.client()?, &sql, &[&int(serial), &int(n.0)]).await?;
    found.map(|found| row::count(&found, 0)).transpose()
}
