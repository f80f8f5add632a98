//! SQL about requests that were refused.

use super::queue::Refused;
use super::row::{self, int};
use super::sql::{self, Client};
use crate::model::Refusal;
use crate::store::bounds::REFUSALS;
use crate::store::{Result, encode};

/// Counts refusals and keeps their traces, under the lock of their bin.
pub(super) async fn insert(client: &Client, serial: u64, refused: &Refused) -> Result<()> {
    let serial = int(serial);
    let sql = "UPDATE bins SET refused = refused + $2 WHERE serial = $1";
    sql::run(client, sql, &[&serial, &int(refused.count)]).await?;
    let sql = "INSERT INTO refusals (serial, at, reason, peer, head) VALUES ($1, $2, $3, $4, $5)";
    for trace in &refused.traces {
        let mut peer = [0; 18];
        let length = encode::peer_bytes(trace.peer, &mut peer);
        let peer = peer.get(..length).unwrap_or_default();
        let head = trace.head.get(..Refusal::HEAD_KEPT).unwrap_or(&trace.head);
        let reason = i16::from(trace.reason.code());
        sql::run(
            client,
            sql,
            &[&serial, &trace.at.as_micros(), &reason, &peer, &head],
        )
        .await?;
    }
    let sql = "DELETE FROM refusals WHERE id IN
         (SELECT id FROM refusals WHERE serial = $1 ORDER BY at DESC, id DESC OFFSET $2)";
    sql::run(client, sql, &[&serial, &int(REFUSALS)]).await?;
    Ok(())
}

/// The newest traces, newest first.
pub(super) async fn newest(client: &Client, serial: u64, limit: usize) -> Result<Vec<Refusal>> {
    let sql = format!(
        "SELECT {} FROM refusals WHERE serial = $1 ORDER BY at DESC, id DESC LIMIT $2",
        row::REFUSAL
    );
    let found = sql::all(client, &sql, &[&int(serial), &int(limit as u64)]).await?;
    found.iter().map(row::refusal).collect()
}
