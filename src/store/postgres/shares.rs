//! SQL about share links.

use tokio_postgres::Row;

use super::row::{self, int};
use super::sql::{self, Client};
use crate::model::{CaptureNumber, KeyHash, Share, Timestamp};
use crate::store::bounds::ENDED_SHARES;
use crate::store::link::{Found, mask_key};
use crate::store::{Error, Result};

const SHARE: &str = "shares.id, n, shares.created_at, expires_at";

fn share(row: &Row) -> Result<Share> {
    Ok(Share {
        id: row::count(row, 0)?,
        n: row::some_count(row, 1)?.map(CaptureNumber),
        created_at: row::time(row, 2)?,
        expires_at: row::some_time(row, 3)?,
    })
}

/// The link of a read key; `None` when there never was one, or it ended long ago.
pub(super) async fn find(client: &Client, key: KeyHash) -> Result<Option<Found>> {
    let sql = format!(
        "SELECT {SHARE}, revoked_at, bins.key_hash, shares.serial FROM shares JOIN bins ON bins.serial = shares.serial
         WHERE shares.key_hash = $1"
    );
    let Some(found) = sql::one(client, &sql, &[&key.as_bytes().as_slice()]).await? else {
        return Ok(None);
    };
    let sql = format!("SELECT {} FROM bins WHERE serial = $1", row::BIN);
    let serial: i64 = found.try_get(6)?;
    let Some(bin) = sql::one(client, &sql, &[&serial]).await? else {
        return Ok(None);
    };
    let (bin, gone_at) = row::bin(&bin)?;
    Ok(Some(Found {
        bin,
        gone_at,
        share: share(&found)?,
        revoked_at: row::some_time(&found, 4)?,
        mask_key: mask_key(found.try_get(5)?),
    }))
}

/// The links of a bin that have not ended, newest first.
pub(super) async fn live(client: &Client, serial: u64, now: Timestamp) -> Result<Vec<Share>> {
    let sql = format!(
        "SELECT {SHARE} FROM shares WHERE serial = $1 AND revoked_at IS NULL
         AND coalesce(expires_at > $2, true) ORDER BY id DESC"
    );
    let found = sql::all(client, &sql, &[&int(serial), &now.as_micros()]).await?;
    found.iter().map(share).collect()
}

/// Makes a link, under the lock of its bin. Errors: [`Error::TooManyShares`].
pub(super) async fn insert(
    client: &Client,
    serial: u64,
    key: KeyHash,
    n: Option<CaptureNumber>,
    expires_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<Share> {
    if live(client, serial, now).await?.len() >= Share::MOST {
        return Err(Error::TooManyShares);
    }
    let (serial, now_us) = (int(serial), now.as_micros());
    let sql = "DELETE FROM shares WHERE id IN (SELECT id FROM shares WHERE serial = $1
         AND (revoked_at IS NOT NULL OR expires_at <= $2) ORDER BY id DESC OFFSET $3)";
    sql::run(client, sql, &[&serial, &now_us, &int(ENDED_SHARES)]).await?;
    let sql = "INSERT INTO shares (key_hash, serial, n, created_at, expires_at) VALUES ($1, $2, $3, $4, $5) RETURNING id";
    let (number, ends) = (n.map(|n| int(n.0)), expires_at.map(Timestamp::as_micros));
    let key = key.as_bytes().as_slice();
    let made = sql::one(client, sql, &[&key, &serial, &number, &now_us, &ends]).await?;
    let id = made.map(|made| row::count(&made, 0)).transpose()?;
    Ok(Share {
        id: id.unwrap_or_default(),
        n,
        created_at: now,
        expires_at,
    })
}

/// Revokes one link of a bin, or all, and says how many they were.
pub(super) async fn revoke(
    client: &Client,
    serial: u64,
    id: Option<u64>,
    now: Timestamp,
) -> Result<u64> {
    let sql = "UPDATE shares SET revoked_at = $2 WHERE serial = $1 AND revoked_at IS NULL
         AND coalesce(expires_at > $2, true) AND ($3::bigint IS NULL OR id = $3)";
    sql::run(client, sql, &[&int(serial), &now.as_micros(), &id.map(int)]).await
}
