//! SQL about bins.

use tokio_postgres::error::SqlState;

use super::days;
use super::row::{self, int};
use super::sql::{self, Client};
use crate::model::{Alias, Bin, BinId, KeyHash, Settings, Timestamp, Usage};
use crate::store::cache::Name;
use crate::store::{Error, Result};

/// A day in microseconds.
pub(super) const DAY: i64 = 86_400_000_000;

/// The bin of that name, and when it went away if it did; `None` when there never was one.
pub(super) async fn find(client: &Client, name: &Name) -> Result<Option<(Bin, Option<Timestamp>)>> {
    let by = |column: &str| {
        format!(
            "SELECT {} FROM bins WHERE {column} = $1 ORDER BY gone_at IS NOT NULL, serial DESC LIMIT 1",
            row::BIN
        )
    };
    let found = match name {
        Name::Id(id) => sql::one(client, &by("id"), &[&id.as_bytes().as_slice()]).await?,
        Name::Alias(alias) => sql::one(client, &by("alias"), &[&alias.as_str()]).await?,
        Name::Key(key) => sql::one(client, &by("key_hash"), &[&key.as_bytes().as_slice()]).await?,
    };
    found.map(|found| row::bin(&found)).transpose()
}

/// A failure of a write that may be about the alias.
fn write_error(error: tokio_postgres::Error) -> Error {
    let is_taken = error.as_db_error().is_some_and(|failure| {
        *failure.code() == SqlState::UNIQUE_VIOLATION && failure.constraint() == Some("bins_alias")
    });
    if is_taken {
        Error::AliasTaken
    } else {
        error.into()
    }
}

fn json(settings: &Settings) -> Result<String> {
    serde_json::to_string(settings).map_err(|cause| Error::Server {
        code: "hookwell".to_owned(),
        message: format!("settings that cannot be written: {cause}"),
    })
}

/// Makes a bin, as part of a transaction. Errors: [`Error::AliasTaken`].
pub(super) async fn insert(
    client: &Client,
    id: BinId,
    key: KeyHash,
    settings: Settings,
    now: Timestamp,
) -> Result<Bin> {
    let alias = settings.alias.as_ref().map(Alias::as_str);
    let json = json(&settings)?;
    let sql = "INSERT INTO bins (id, key_hash, alias, settings, keep_days, created_at, active_day)
         VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING serial";
    let statement = client.prepare_cached(sql).await?;
    let made = client
        .query_one(
            &statement,
            &[
                &id.as_bytes().as_slice(),
                &key.as_bytes().as_slice(),
                &alias,
                &json,
                &i64::from(settings.keep.days),
                &now.as_micros(),
                &(now.as_micros() / DAY),
            ],
        )
        .await
        .map_err(write_error)?;
    Ok(Bin {
        id,
        serial: row::count(&made, 0)?,
        created_at: now,
        settings,
    })
}

/// Replaces the settings. Errors: [`Error::AliasTaken`].
pub(super) async fn update(client: &Client, serial: u64, settings: &Settings) -> Result<()> {
    let alias = settings.alias.as_ref().map(Alias::as_str);
    let json = json(settings)?;
    let sql = "UPDATE bins SET settings = $2, alias = $3, keep_days = $4 WHERE serial = $1 AND gone_at IS NULL";
    let statement = client.prepare_cached(sql).await?;
    let days = i64::from(settings.keep.days);
    client
        .execute(&statement, &[&int(serial), &json, &alias, &days])
        .await
        .map_err(write_error)
        .map(|_| ())
}

/// Turns a bin into a tombstone that keeps nothing but its names.
pub(super) async fn bury(client: &Client, serial: u64, now: Timestamp) -> Result<()> {
    let serial = int(serial);
    let sql = "UPDATE bins SET gone_at = $2, settings = '{}' WHERE serial = $1";
    sql::run(client, sql, &[&serial, &now.as_micros()]).await?;
    for sql in [
        "DELETE FROM refusals WHERE serial = $1",
        "DELETE FROM senders WHERE serial = $1",
    ] {
        sql::run(client, sql, &[&serial]).await?;
    }
    Ok(())
}

/// How full the bin is.
pub(super) async fn usage(client: &Client, serial: u64) -> Result<Usage> {
    let sql = "SELECT captures, bytes, dropped, refused, last_capture_at, pinned FROM bins WHERE serial = $1";
    let found = sql::one(client, sql, &[&int(serial)])
        .await?
        .ok_or(Error::UnknownBin)?;
    Ok(Usage {
        captures: row::count(&found, 0)?,
        bytes: row::count(&found, 1)?,
        dropped: row::count(&found, 2)?,
        refused: row::count(&found, 3)?,
        last_capture_at: row::some_time(&found, 4)?,
        pinned: row::count(&found, 5)?,
    })
}

/// Bins whose time is over: the days of their `keep` have gone by since the last capture. At most `limit` of them, among the
/// bins that were quiet for a day.
pub(super) async fn expired(client: &Client, now: Timestamp, limit: usize) -> Result<Vec<Bin>> {
    let sql = format!(
        "SELECT {} FROM bins WHERE gone_at IS NULL AND active_day <= $1 AND keep_days > 0
         AND coalesce(last_capture_at, created_at) < $2 - keep_days * $3 ORDER BY active_day LIMIT $4",
        row::BIN
    );
    let quiet = now.minus_micros(DAY).as_micros() / DAY;
    let values: [i64; 4] = [quiet, now.as_micros(), DAY, int(limit as u64)];
    let [a, b, c, d] = &values;
    let found = sql::all(client, &sql, &[a, b, c, d]).await?;
    found
        .iter()
        .map(|found| row::bin(found).map(|(bin, _)| bin))
        .collect()
}

/// Bins of which rows are still to be purged.
pub(super) async fn unpurged(client: &Client, limit: usize) -> Result<Vec<u64>> {
    let sql = "SELECT serial FROM bins WHERE purged < floor LIMIT $1";
    let found = sql::all(client, sql, &[&int(limit as u64)]).await?;
    found.iter().map(|found| row::count(found, 0)).collect()
}

/// The numbers above which and up to which captures of a bin are to be purged, and whether it has ended by itself, so soon that they
/// are left to their days; `None` when there is nothing to purge.
pub(super) async fn to_purge(client: &Client, serial: i64) -> Result<Option<(i64, i64, bool)>> {
    let sql = "SELECT purged, floor, gone_at IS NOT NULL AND keep_days BETWEEN 1 AND $2
          AND coalesce(last_capture_at, created_at) < gone_at - keep_days * $3
         FROM bins WHERE serial = $1 AND purged < floor";
    let values: sql::Values<'_> = &[&serial, &i64::from(days::SHORT), &DAY];
    let found = sql::one(client, sql, values).await?;
    found
        .map(|found| Ok((found.try_get(0)?, found.try_get(1)?, found.try_get(2)?)))
        .transpose()
}
