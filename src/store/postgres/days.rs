//! Captures by the day they came, so that a day that is over is dropped as a whole.
//!
//! Most bins are used for a day or two and then left. They end a week later, and by then nearly all that came on those days can be
//! read by nobody. To delete that row by row would cost a fifth of what it cost to add it; to drop a table costs nothing, and the disk
//! has its room back at once. So `captures` is partitioned by range of `day`:
//!
//! - `captures_20783` has what came on that day, counted from 1970, to bins that may end within [`STAYS`] of it;
//! - `captures_kept` (day 0) has what stays longer: of bins that live long after their last capture, and what was imported;
//! - `captures_late` has what came for a day without a table. That happens when tables could not be made in time, or a clock is wrong.
//!
//! Days to come are made ahead. When one is over, what can still be read of it, as its bin was sent to again since, moves to
//! `captures_kept`, and its table is dropped. Captures that their bin's `keep` drops, or that somebody deletes, do not wait for that:
//! they are deleted row by row ([`purge`](super::purge)), so that a bin that is sent to all day takes no more room than it may.
//!
//! Whatever fails here costs no capture: a day that was not made is late, one that was not dropped takes room.

use std::time::{Duration, Instant};

use deadpool_postgres::Pool;
use tokio_postgres::error::SqlState;

use super::bins::DAY;
use super::change::Changing;
use super::queue::Append;
use super::row::{self, int};
use super::sql::{self, Client};
use crate::model::Timestamp;
use crate::store::{Error, Result};

/// The most days of `keep` with which a bin's captures go to the table of their day: those of a bin unless it is set otherwise.
pub(super) const SHORT: u32 = 7;

/// How many days a table stays after its own: until then all bins that were left on that day have ended.
const STAYS: i32 = 8;

/// How many days to come have their tables.
const AHEAD: i32 = 2;

/// How many captures are moved with one commit, and about how many bytes of bodies.
const ROWS: usize = 256;
const BYTES: u64 = 16 * 1024 * 1024;

/// How long is moved before other housekeeping has its turn.
const TURN: Duration = Duration::from_secs(2);

/// How long a statement waits for tables, which others wait behind, and how long the last look at a day may take. The first is less
/// than the server's `deadlock_timeout`, so that this gives way before anybody else is told to.
const WAIT: &str = "SET LOCAL lock_timeout = '500ms'; SET LOCAL statement_timeout = '4s'";

/// Nodes take turns in making days by this advisory lock: "days" in ASCII.
const LOCK: i64 = 0x6461_7973;

/// Where captures are kept that have no day: the value of their column.
pub(super) const KEPT: i32 = 0;

/// The table of what is late.
const LATE: &str = "captures_late";

/// The day of a capture.
pub(super) fn of(append: &Append) -> i32 {
    let keep = append.bin.settings.keep;
    if append.draft.imported || keep.days == 0 || keep.days > SHORT {
        return KEPT;
    }
    day(append.draft.envelope.received_at)
}

/// Whether a capture was on its way to what is late when its day was made: it is to be written again. The message is in the server's
/// language, the table's name is not.
pub(super) fn was_made_meanwhile(error: &Error) -> bool {
    matches!(error, Error::Server { code, message }
        if code == SqlState::CHECK_VIOLATION.code() && message.contains(LATE))
}

fn day(at: Timestamp) -> i32 {
    i32::try_from(at.as_micros().div_euclid(DAY)).map_or(KEPT, |day| day.max(KEPT))
}

fn table(day: i32) -> String {
    format!("captures_{day}")
}

/// The days that have a table. It is an error when what is kept has none any more.
async fn there(client: &Client) -> Result<Vec<i32>> {
    let sql = "SELECT substr(relname, length('captures_') + 1) FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
         WHERE inhparent = 'captures'::regclass";
    let parts = sql::all(client, sql, &[]).await?;
    let parts = parts.iter().map(|found| found.try_get(0));
    let parts = parts.collect::<std::result::Result<Vec<&str>, _>>()?;
    if !parts.contains(&"kept") {
        let fault = sql::changed("captures_kept is not part of captures");
        return Err(Error::Unavailable(fault));
    }
    let mut days: Vec<i32> = parts.iter().flat_map(|part| part.parse()).collect();
    days.sort_unstable();
    Ok(days)
}

/// Makes the tables of today and of the days to come, where they are missing. One that cannot be made holds up no other: when much is
/// late for today, tomorrow still has its table in time.
pub(super) async fn make(pool: &Pool, now: Timestamp) -> Result<()> {
    let there = there(&pool.get().await?).await?;
    let today = day(now);
    let mut done = Ok(());
    for day in today..=today.saturating_add(AHEAD) {
        if day > KEPT && !there.contains(&day) {
            done = make_one(pool, day).await.and(done);
        }
    }
    done
}

async fn make_one(pool: &Pool, day: i32) -> Result<()> {
    let changing = Changing::begin_new(pool).await?;
    let client = changing.client()?;
    let alone = format!("{WAIT}; SELECT pg_advisory_xact_lock({LOCK})");
    client.batch_execute(&alone).await?;
    let table = table(day);
    let sql = "SELECT to_regclass($1::text) IS NULL";
    if client.query_one(sql, &[&table]).await?.try_get(0)? {
        let next = day.saturating_add(1);
        // What is late for that day must not be in its way. Whoever may not make tables fails before anybody waits.
        let sql = format!(
            "CREATE TABLE {table} (LIKE captures INCLUDING DEFAULTS INCLUDING STORAGE, PRIMARY KEY (serial, n))
              WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.1);
             LOCK TABLE {LATE}; {LEFT}; UPDATE captures SET day = {KEPT} WHERE day = {day};
             ALTER TABLE captures ATTACH PARTITION {table} FOR VALUES FROM ({day}) TO ({next})"
        );
        client.batch_execute(&sql).await?;
    }
    changing.commit(&[]).await
}

/// Deletes what is late of bins that have ended, which was left to a day to drop.
const LEFT: &str =
    "DELETE FROM captures_late c USING bins b WHERE c.serial = b.serial AND c.n <= b.purged";

/// Moves what is late to the captures that are kept, or a piece of that; gives whether there is more to do.
pub(super) async fn end_late(pool: &Pool) -> Result<bool> {
    let is_in_it = format!("tableoid = '{LATE}'::regclass");
    keep(pool, &alive_late(), &is_in_it).await
}

/// Ends the oldest day that is over, or a piece of that; gives whether there is more to do.
pub(super) async fn end(pool: &Pool, now: Timestamp) -> Result<bool> {
    let client = pool.get().await?;
    sql::run(&client, LEFT, &[]).await?;
    let last = day(now).saturating_sub(STAYS);
    let over = there(&client).await?.into_iter().find(|&day| day < last);
    drop(client);
    let Some(day) = over else {
        return Ok(false);
    };
    let (table, is_in_it) = (table(day), format!("day = {day}"));
    if !keep(pool, &alive(&table), &is_in_it).await? {
        drop_one(pool, &table).await?;
    }
    Ok(true)
}

/// Drops a table of which nothing can be read any more.
async fn drop_one(pool: &Pool, table: &str) -> Result<()> {
    let changing = Changing::begin_new(pool).await?;
    let client = changing.client()?;
    let sql = format!("{WAIT}; LOCK TABLE bins IN ACCESS SHARE MODE; LOCK TABLE ONLY captures");
    client.batch_execute(&sql).await?;
    // Nobody adds to it now. A node whose clock is wrong may have, a moment ago: the next round moves that.
    if client.query(&alive(table), &[&0_i64]).await?.is_empty() {
        client.batch_execute(&format!("DROP TABLE {table}")).await?;
        tracing::info!(table, "a day of captures is over");
    }
    changing.commit(&[]).await
}

/// What can be read of a table: serial, number and size of captures, from a bin on. It costs a look for every bin that is there,
/// whatever the table holds of others.
fn alive(table: &str) -> String {
    format!(
        "SELECT c.serial, c.n, c.size FROM bins b CROSS JOIN LATERAL
          (SELECT serial, n, size FROM {table} WHERE serial = b.serial AND n > b.floor ORDER BY n LIMIT {ROWS}) c
         WHERE b.serial >= $1 AND b.gone_at IS NULL ORDER BY b.serial LIMIT {ROWS}"
    )
}

/// The same of what is late, which is little, whatever number of bins there is: this is asked every minute.
fn alive_late() -> String {
    format!(
        "SELECT c.serial, c.n, c.size FROM {LATE} c JOIN bins b ON b.serial = c.serial
         WHERE c.serial >= $1 AND c.n > b.floor AND b.gone_at IS NULL ORDER BY c.serial, c.n LIMIT {ROWS}"
    )
}

/// Moves what can be read of a table to the captures that are kept; gives whether there may be more.
async fn keep(pool: &Pool, alive: &str, is_in_it: &str) -> Result<bool> {
    let began = Instant::now();
    let mut from = 0_i64;
    while began.elapsed() < TURN {
        let changing = Changing::begin_new(pool).await?;
        let client = changing.client()?;
        // Not kept prepared, as little as what moves it: every day has other ones.
        let found = client.query(alive, &[&from]).await?;
        let (mut serials, mut numbers, mut bytes) = (Vec::new(), Vec::new(), 0);
        for found in &found {
            if bytes < BYTES {
                serials.push(int(row::count(found, 0)?));
                numbers.push(int(row::count(found, 1)?));
                bytes += row::count(found, 2)?;
            }
        }
        let Some(&last) = serials.last() else {
            return Ok(false);
        };
        // Whoever deletes what can be read of a bin holds it too, and does not miss what is on its way.
        let lock = "SELECT FROM bins WHERE serial = ANY($1) ORDER BY serial FOR UPDATE";
        sql::all(client, lock, &[&serials]).await?;
        // Which they are is known before their tables are looked into, so that each is found by its key.
        let sql = format!(
            "WITH w AS MATERIALIZED (SELECT w.serial, w.n FROM unnest($1::bigint[], $2::bigint[]) AS w (serial, n)
              JOIN bins b ON b.serial = w.serial WHERE w.n > b.floor)
             UPDATE captures c SET day = {KEPT} FROM w WHERE c.{is_in_it} AND c.serial = w.serial AND c.n = w.n"
        );
        client.execute(&sql, &[&serials, &numbers]).await?;
        changing.commit(&[]).await?;
        if found.len() < ROWS && serials.len() == found.len() {
            return Ok(false);
        }
        from = last;
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_that_was_made_meanwhile_is_known_in_any_language() {
        let failed = |code: &SqlState, message: &str| {
            was_made_meanwhile(&Error::Server {
                code: code.code().to_owned(),
                message: message.to_owned(),
            })
        };
        for message in [
            "new row for relation \"captures_late\" violates partition constraint",
            "neue Zeile für Relation »captures_late« verletzt Partitions-Constraint",
            "la nouvelle ligne de la relation « captures_late » viole la contrainte de partitionnement",
        ] {
            assert!(failed(&SqlState::CHECK_VIOLATION, message), "{message}");
            assert!(!failed(&SqlState::UNIQUE_VIOLATION, message), "{message}");
        }
        let message = "no partition of relation \"captures\" found for row";
        assert!(!failed(&SqlState::CHECK_VIOLATION, message));
    }
}
