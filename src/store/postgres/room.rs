//! Whether there is room again for captures, after there was none.
//!
//! The readiness check rewrites a row that is there, which also works on a full disk. Who is not ready is sent no captures, so that
//! nothing else would find out either.

use deadpool_postgres::Pool;

use super::change::Changing;
use super::sql;
use crate::store::Result;

/// How much is written to see that, in bytes: more than the gaps that pages have.
const ENOUGH: usize = 128 * 1024;

/// Writes a body that is taken back at once. It belongs to no bin: serials begin with 1.
const TRY: &str = "INSERT INTO marks (serial, n, note) VALUES (0, (random() * 1e15)::bigint, $1)";

/// Looks for room.
///
/// # Errors
/// [`Error::Full`](crate::store::Error::Full) when there is none.
pub(super) async fn look(pool: &Pool) -> Result<()> {
    // Bytes that cannot be made fewer: what is kept beside the row is compressed.
    let mut body = Vec::with_capacity(ENOUGH);
    while body.len() < ENOUGH {
        body.extend_from_slice(uuid::Uuid::new_v4().as_bytes());
    }
    let changing = Changing::begin_new(pool).await?;
    let written = sql::run(changing.client()?, TRY, &[&body]).await;
    drop(changing); // It is undone.
    written.map(|_| ())
}
