//! SQL about share links.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::row::{self, int};
use crate::model::{CaptureNumber, KeyHash, Share, Timestamp};
use crate::store::bounds::ENDED_SHARES;
use crate::store::link::{Found, mask_key};
use crate::store::{Error, Result};

const SHARE: &str = "shares.id, n, shares.created_at, expires_at";

fn share(row: &Row<'_>) -> rusqlite::Result<Share> {
    Ok(Share {
        id: row::count(row, 0)?,
        n: row
            .get::<_, Option<i64>>(1)?
            .map(|n| CaptureNumber(n.max(0).cast_unsigned())),
        created_at: Timestamp::from_micros(row.get(2)?),
        expires_at: row.get::<_, Option<i64>>(3)?.map(Timestamp::from_micros),
    })
}

/// The link of a read key; `None` when there never was one, or it ended long ago.
pub(super) fn find(connection: &Connection, key: KeyHash) -> rusqlite::Result<Option<Found>> {
    let sql = format!(
        "SELECT {SHARE}, revoked_at, bins.key_hash, shares.serial FROM shares JOIN bins USING (serial)
         WHERE shares.key_hash = ?1"
    );
    let found = connection
        .prepare_cached(&sql)?
        .query_row([key.as_bytes()], |found| {
            let revoked_at = found.get::<_, Option<i64>>(4)?.map(Timestamp::from_micros);
            Ok((
                share(found)?,
                revoked_at,
                mask_key(found.get_ref(5)?.as_blob()?),
                found.get::<_, i64>(6)?,
            ))
        })
        .optional()?;
    let Some((share, revoked_at, mask_key, serial)) = found else {
        return Ok(None);
    };
    let (bin, gone_at) = connection
        .prepare_cached(&format!("SELECT {} FROM bins WHERE serial = ?1", row::BIN))?
        .query_row([serial], row::bin)?;
    Ok(Some(Found {
        bin,
        gone_at,
        share,
        revoked_at,
        mask_key,
    }))
}

/// The links of a bin that have not ended, newest first.
pub(super) fn live(
    connection: &Connection,
    serial: u64,
    now: Timestamp,
) -> rusqlite::Result<Vec<Share>> {
    connection
        .prepare_cached(&format!(
            "SELECT {SHARE} FROM shares WHERE serial = ?1 AND revoked_at IS NULL
             AND ifnull(expires_at > ?2, 1) ORDER BY id DESC"
        ))?
        .query_map([int(serial), now.as_micros()], share)?
        .collect()
}

/// Makes a link. Errors: [`Error::TooManyShares`].
pub(super) fn insert(
    connection: &Connection,
    serial: u64,
    key: KeyHash,
    n: Option<CaptureNumber>,
    expires_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<Share> {
    if live(connection, serial, now)?.len() >= Share::MOST {
        return Err(Error::TooManyShares);
    }
    connection
        .prepare_cached(
            "DELETE FROM shares WHERE id IN (SELECT id FROM shares WHERE serial = ?1
             AND (revoked_at IS NOT NULL OR expires_at <= ?2) ORDER BY id DESC LIMIT -1 OFFSET ?3)",
        )?
        .execute([int(serial), now.as_micros(), int(ENDED_SHARES)])?;
    let id = connection
        .prepare_cached(
            "INSERT INTO shares (key_hash, serial, n, created_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .insert(params![
            key.as_bytes(),
            int(serial),
            n.map(|n| int(n.0)),
            now.as_micros(),
            expires_at.map(Timestamp::as_micros)
        ])?;
    Ok(Share {
        id: id.max(0).cast_unsigned(),
        n,
        created_at: now,
        expires_at,
    })
}

/// Revokes one link of a bin, or all, and says how many they were.
pub(super) fn revoke(
    connection: &Connection,
    serial: u64,
    id: Option<u64>,
    now: Timestamp,
) -> rusqlite::Result<u64> {
    let revoked = connection
        .prepare_cached(
            "UPDATE shares SET revoked_at = ?2 WHERE serial = ?1 AND revoked_at IS NULL
             AND ifnull(expires_at > ?2, 1) AND (?3 IS NULL OR id = ?3)",
        )?
        .execute(params![int(serial), now.as_micros(), id.map(int)])?;
    Ok(revoked as u64)
}
