//! SQL about replies that are more than a status.

use super::row::{int, status_code};
use super::sql::{self, Client};
use crate::model::{Fault, Reply};
use crate::store::Result;
use crate::store::bounds::REPLY_BODY;

/// Whether there is more to keep of a reply than what stands with the capture.
pub(super) fn is_more(reply: &Reply) -> bool {
    !reply.headers.is_empty()
        || !reply.body.is_empty()
        || reply.fault.is_some()
        || reply.error.is_some()
}

/// What is kept of a reply's body.
pub(super) fn body(reply: &Reply) -> &[u8] {
    reply.body.get(..REPLY_BODY).unwrap_or(&reply.body)
}

/// Writes another reply of capture `n`; says whether the capture is there.
pub(super) async fn replace(client: &Client, serial: u64, n: u64, reply: &Reply) -> Result<bool> {
    let ids = [int(serial), int(n)];
    let [serial, n] = &ids;
    let sql =
        "UPDATE captures SET status = $3, rule = $4, delay_ms = $5 WHERE serial = $1 AND n = $2";
    let status = reply.status.map(status_code);
    let rule = reply.rule.as_ref().map(String::as_bytes);
    let values: sql::Values<'_> = &[serial, n, &status, &rule, &i64::from(reply.delay_ms)];
    if sql::run(client, sql, values).await? == 0 {
        return Ok(false);
    }
    sql::run(
        client,
        "DELETE FROM replies WHERE serial = $1 AND n = $2",
        &[serial, n],
    )
    .await?;
    if is_more(reply) {
        let sql = "INSERT INTO replies (serial, n, headers, body, fault, error) VALUES ($1, $2, $3, $4, $5, $6)";
        let headers = reply.headers.block();
        let error = reply.error.as_ref().map(String::as_bytes);
        let fault = reply.fault.map(Fault::as_str);
        let values: sql::Values<'_> = &[serial, n, &headers.as_ref(), &body(reply), &fault, &error];
        sql::run(client, sql, values).await?;
    }
    Ok(true)
}
