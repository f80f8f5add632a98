//! SQL about marks: pins, notes and what was imported.

use super::captures;
use super::change::Changing;
use super::row::{self, int};
use super::sql;
use crate::model::{CaptureNumber, Keep, Marks, MarksChange};
use crate::store::{Error, Result};

/// Changes the marks of a capture, and says what they are now. Errors: [`Error::UnknownCapture`], [`Error::PinsFull`].
pub(super) async fn change(
    changing: &mut Changing,
    serial: u64,
    n: CaptureNumber,
    change: &MarksChange,
    keep: Keep,
) -> Result<Marks> {
    let weight = captures::weight_of(changing, serial, n).await?;
    let weight = weight.ok_or(Error::UnknownCapture)?;
    let ids = [int(serial), int(n.0)];
    let [serial, n] = &ids;
    let sql = "SELECT pinned, imported, note FROM marks WHERE serial = $1 AND n = $2";
    let found = sql::one(changing.client()?, sql, &[serial, n]).await?;
    let mut marks = found
        .map(|found| row::marks(&found, 0))
        .transpose()?
        .unwrap_or_default();
    changing.counters.mark(&mut marks, change, weight, keep)?;
    let client = changing.client()?;
    if marks == Marks::default() {
        let sql = "DELETE FROM marks WHERE serial = $1 AND n = $2";
        sql::run(client, sql, &[serial, n]).await?;
    } else {
        let sql = "INSERT INTO marks (serial, n, pinned, imported, note) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (serial, n) DO UPDATE SET pinned = excluded.pinned, imported = excluded.imported, note = excluded.note";
        let values: sql::Values<'_> = &[
            serial,
            n,
            &marks.pinned,
            &marks.imported,
            &marks.note.as_bytes(),
        ];
        sql::run(client, sql, values).await?;
    }
    Ok(marks)
}
