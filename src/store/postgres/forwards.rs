//! SQL about captures that are to be sent on, and the targets that they go to. They are queued by [`writer`](super::writer).

use std::collections::BTreeMap;

use tokio_postgres::Row;

use super::row::{self, int};
use super::sql::{self, Client};
use crate::model::{Bin, BinId, CaptureNumber, Forward, Settled, TargetState, Timestamp};
use crate::store::Result;

/// Bins and targets for which something waits.
pub(super) async fn lanes(client: &Client) -> Result<Vec<(BinId, String)>> {
    let sql = "SELECT DISTINCT bins.id, forwards.target FROM forwards JOIN bins ON bins.serial = forwards.serial
         WHERE NOT forwards.dead AND bins.gone_at IS NULL";
    let found = sql::all(client, sql, &[]).await?;
    found
        .iter()
        .map(|found| Ok((row::bin_id(found, 0)?, row::words(found, 1)?)))
        .collect()
}

/// What is read of one that is queued.
macro_rules! queued {
    ($rest:literal) => {
        concat!(
            "SELECT id, n, target, tries, due_at,
             COALESCE((SELECT size FROM captures WHERE captures.serial = forwards.serial AND captures.n = forwards.n), 0),
             EXISTS (SELECT 1 FROM failing WHERE failing.serial = forwards.serial AND failing.target = forwards.target)
             FROM forwards ",
            $rest
        )
    };
}

fn forward(row: &Row) -> Result<Forward> {
    Ok(Forward {
        id: row::count(row, 0)?,
        n: CaptureNumber(row::count(row, 1)?),
        target: row::words(row, 2)?,
        tries: u32::try_from(row::count(row, 3)?).unwrap_or(u32::MAX),
        due_at: row::time(row, 4)?,
        size: row::count(row, 5)?,
        is_failing: row.try_get(6)?,
    })
}

/// What waits for a target, the first come first; nothing when it is paused.
pub(super) async fn waiting(
    client: &Client,
    serial: u64,
    target: &str,
    limit: usize,
) -> Result<Vec<Forward>> {
    let sql = queued!(
        "WHERE serial = $1 AND target = $2 AND NOT dead
         AND NOT EXISTS (SELECT 1 FROM failing WHERE serial = $1 AND target = $2 AND paused_at IS NOT NULL)
         ORDER BY id LIMIT $3"
    );
    let values: sql::Values<'_> = &[&int(serial), &target.as_bytes(), &int(limit as u64)];
    sql::all(client, sql, values)
        .await?
        .iter()
        .map(forward)
        .collect()
}

/// What was given up, the latest first.
pub(super) async fn dead(client: &Client, serial: u64, limit: usize) -> Result<Vec<Forward>> {
    let sql = queued!("WHERE serial = $1 AND dead ORDER BY id DESC LIMIT $2");
    let found = sql::all(client, sql, &[&int(serial), &int(limit as u64)]).await?;
    found.iter().map(forward).collect()
}

/// Notes what became of a try. Gives since when the target fails.
pub(super) async fn settle(
    client: &Client,
    serial: u64,
    forward: &Forward,
    settled: Settled,
    now: Timestamp,
) -> Result<Option<Timestamp>> {
    let (id, serial, target) = (int(forward.id), int(serial), forward.target.as_bytes());
    match settled {
        Settled::Done => sql::run(client, "DELETE FROM forwards WHERE id = $1", &[&id]).await?,
        Settled::Again(due_at) => {
            let sql = "UPDATE forwards SET tries = tries + 1, due_at = $2 WHERE id = $1";
            sql::run(client, sql, &[&id, &due_at.as_micros()]).await?
        }
        Settled::Dead => {
            let sql = "UPDATE forwards SET tries = tries + 1, dead = true WHERE id = $1";
            sql::run(client, sql, &[&id]).await?
        }
    };
    if settled == Settled::Done {
        let sql = "DELETE FROM failing WHERE serial = $1 AND target = $2 AND paused_at IS NULL";
        sql::run(client, sql, &[&serial, &target]).await?;
        return Ok(None);
    }
    let sql = "INSERT INTO failing (serial, target, since) VALUES ($1, $2, $3)
         ON CONFLICT (serial, target) DO UPDATE SET since = failing.since RETURNING since";
    let since = sql::one(client, sql, &[&serial, &target, &now.as_micros()]).await?;
    since.map(|since| row::time(&since, 0)).transpose()
}

/// Tries nothing more for a target.
pub(super) async fn pause(
    client: &Client,
    serial: u64,
    target: &str,
    now: Timestamp,
) -> Result<()> {
    let sql =
        "UPDATE failing SET paused_at = $3 WHERE serial = $1 AND target = $2 AND paused_at IS NULL";
    let values: sql::Values<'_> = &[&int(serial), &target.as_bytes(), &now.as_micros()];
    sql::run(client, sql, values).await.map(|_| ())
}

/// Puts what was given up back into the queue, and goes on with paused targets: one, or all of the bin's.
pub(super) async fn retry(
    client: &Client,
    serial: u64,
    target: Option<&str>,
    now: Timestamp,
) -> Result<u64> {
    let (serial, target) = (int(serial), target.map(str::as_bytes));
    let sql = "DELETE FROM failing WHERE serial = $1 AND ($2::bytea IS NULL OR target = $2)";
    sql::run(client, sql, &[&serial, &target]).await?;
    let sql = "UPDATE forwards SET dead = false, tries = 0, due_at = $3
         WHERE serial = $1 AND dead AND ($2::bytea IS NULL OR target = $2)";
    sql::run(client, sql, &[&serial, &target, &now.as_micros()]).await
}

/// Forgets what waits for a target that is none any more.
pub(super) async fn forget(client: &Client, serial: u64, target: &str) -> Result<()> {
    for sql in [
        "DELETE FROM forwards WHERE serial = $1 AND target = $2",
        "DELETE FROM failing WHERE serial = $1 AND target = $2",
    ] {
        sql::run(client, sql, &[&int(serial), &target.as_bytes()]).await?;
    }
    Ok(())
}

/// Forgets what waits for all but the targets that the bin has.
pub(super) async fn keep_only(client: &Client, bin: &Bin) -> Result<()> {
    let targets = &bin.settings.targets;
    let kept: Vec<_> = targets.iter().map(|target| target.url.as_bytes()).collect();
    for sql in [
        "DELETE FROM forwards WHERE serial = $1 AND target <> ALL($2)",
        "DELETE FROM failing WHERE serial = $1 AND target <> ALL($2)",
    ] {
        sql::run(client, sql, &[&int(bin.serial), &kept]).await?;
    }
    Ok(())
}

/// How it goes with each target of the bin, in their order.
pub(super) async fn states(client: &Client, bin: &Bin) -> Result<Vec<TargetState>> {
    let serial = int(bin.serial);
    let mut states = BTreeMap::<String, TargetState>::new();
    let sql = "SELECT target, dead, count(*) FROM forwards WHERE serial = $1 GROUP BY target, dead";
    for found in sql::all(client, sql, &[&serial]).await? {
        let state = states.entry(row::words(&found, 0)?).or_default();
        let count = row::count(&found, 2)?;
        if found.try_get(1)? {
            state.dead = count;
        } else {
            state.waiting = count;
        }
    }
    let sql = "SELECT target, since, paused_at FROM failing WHERE serial = $1";
    for found in sql::all(client, sql, &[&serial]).await? {
        let state = states.entry(row::words(&found, 0)?).or_default();
        state.failing_since = row::some_time(&found, 1)?;
        state.paused_at = row::some_time(&found, 2)?;
    }
    let of = |target: &crate::model::Target| TargetState {
        target: target.url.clone(),
        ..states.get(&target.url).cloned().unwrap_or_default()
    };
    Ok(bin.settings.targets.iter().map(of).collect())
}
