//! Columns to values and back.

use std::net::SocketAddr;

use bytes::Bytes;
use rusqlite::Row;
use rusqlite::types::Type;

use super::events;
use crate::model::{
    Bin, BinId, BodyState, Capture, CaptureLine, CaptureNumber, Envelope, Fault, Head, Headers,
    Marks, Reason, Refusal, Reply, Scheme, Timestamp, Version,
};
use crate::store::encode::{self, ip};
pub(super) use crate::store::encode::{int, ip_bytes, peer_bytes};

/// How many bits of a capture's row id are its number.
const NUMBER_BITS: u32 = 36;

/// The row id of capture `n` of the bin with that serial.
pub(super) fn row_id(serial: u64, n: u64) -> i64 {
    // 2^27 bins of 2^36 captures each: neither is reached by counting one by one.
    (int(serial) << NUMBER_BITS) | int(n)
}

/// The number in a row id.
pub(super) fn number(row_id: i64) -> u64 {
    (row_id & ((1 << NUMBER_BITS) - 1)).cast_unsigned()
}

/// The serial of the bin in a row id.
pub(super) fn serial(row_id: i64) -> u64 {
    (row_id >> NUMBER_BITS).max(0).cast_unsigned()
}

/// A count as it was kept.
pub(super) fn count(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    Ok(row.get::<_, i64>(column)?.max(0).cast_unsigned())
}

/// A column that holds what this program never wrote.
fn odd(column: usize, what: &'static str) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Blob, what.into())
}

fn peer(row: &Row<'_>, column: usize) -> rusqlite::Result<SocketAddr> {
    let bytes = row.get_ref(column)?.as_blob()?;
    encode::peer(bytes).ok_or_else(|| odd(column, "not an address with a port"))
}

pub(super) fn bytes(row: &Row<'_>, column: usize) -> rusqlite::Result<Bytes> {
    Ok(Bytes::copy_from_slice(
        row.get_ref(column)?.as_blob_or_null()?.unwrap_or_default(),
    ))
}

/// The columns of a bin, for [`bin`].
pub(super) const BIN: &str = "serial, id, created_at, settings, gone_at";

/// A bin, and when it went away if it did. Settings that cannot be read are an error; those of a gone bin do not matter.
pub(super) fn bin(row: &Row<'_>) -> rusqlite::Result<(Bin, Option<Timestamp>)> {
    let id = row
        .get_ref(1)?
        .as_blob()?
        .try_into()
        .map_err(|_| odd(1, "not 16 bytes"))?;
    let gone_at = row.get::<_, Option<i64>>(4)?.map(Timestamp::from_micros);
    let settings = match serde_json::from_str(row.get_ref(3)?.as_str()?) {
        Ok(settings) => settings,
        Err(_) if gone_at.is_some() => crate::model::Settings::default(),
        Err(cause) => {
            return Err(rusqlite::Error::FromSqlConversionFailure(
                3,
                Type::Text,
                cause.into(),
            ));
        }
    };
    let bin = Bin {
        id: BinId::from_bytes(id),
        serial: count(row, 0)?,
        created_at: Timestamp::from_micros(row.get(2)?),
        settings,
    };
    Ok((bin, gone_at))
}

/// The columns of a capture without its body, for [`line()`]. The last ones are its marks and its
/// sender, NULL where it has none: this is the one place that reads them.
pub(super) const LINE: &str = "id, received_at, took_us, method, target, path_at, version, https, host, client, peer, \
     status, rule, delay_ms, state, size, sent, as_sent, trailers, headers, \
     (SELECT pinned || imported || note FROM marks WHERE marks.id = captures.id), \
     (SELECT json_array(provider, event_id, type, at, number, first, previous, flags, thread IS NOT NULL) \
      FROM events WHERE events.id = captures.id)";

/// A capture without its body.
pub(super) fn line(row: &Row<'_>) -> rusqlite::Result<CaptureLine> {
    let peer = peer(row, 10)?;
    let client = match row.get_ref(9)?.as_blob_or_null()? {
        None => peer.ip(),
        Some(bytes) => ip(bytes).ok_or_else(|| odd(9, "not an address"))?,
    };
    let head = Head {
        method: row.get(3)?,
        target: row.get(4)?,
        path_at: usize::try_from(row.get::<_, i64>(5)?).unwrap_or(0),
        version: Version::from_code(row.get(6)?),
        headers: Headers::from_stored(bytes(row, 19)?, row.get(17)?),
    };
    let envelope = Envelope {
        received_at: Timestamp::from_micros(row.get(1)?),
        took_us: count(row, 2)?,
        head,
        scheme: if row.get(7)? {
            Scheme::Https
        } else {
            Scheme::Http
        },
        host: row.get(8)?,
        client,
        peer,
        trailers: Headers::from_stored(bytes(row, 18)?, false),
        reply: Reply {
            status: row.get(11)?,
            rule: row.get(12)?,
            delay_ms: row.get(13)?,
            ..Reply::none()
        },
    };
    Ok(CaptureLine {
        n: CaptureNumber(number(row.get(0)?)),
        envelope,
        size: count(row, 15)?,
        state: BodyState::from_code(row.get(14)?),
        sent: row
            .get::<_, Option<i64>>(16)?
            .map(|sent| sent.max(0).cast_unsigned()),
        marks: marks(row.get_ref(20)?.as_str_or_null()?),
        recognised: events::read(row.get_ref(21)?.as_str_or_null()?),
        verdict: None,
    })
}

/// Marks out of the text of their columns: two digits and the note.
fn marks(text: Option<&str>) -> Marks {
    let text = text.unwrap_or("00");
    Marks {
        pinned: text.starts_with('1'),
        imported: text.get(1..2) == Some("1"),
        note: text.get(2..).unwrap_or_default().to_owned(),
    }
}

/// The columns that [`whole`] reads behind those of [`LINE`].
pub(super) const WHOLE: &str = "body, (SELECT headers FROM replies WHERE replies.id = captures.id), \
     (SELECT body FROM replies WHERE replies.id = captures.id), \
     (SELECT fault FROM replies WHERE replies.id = captures.id), \
     (SELECT error FROM replies WHERE replies.id = captures.id)";

/// A capture, from the columns of [`LINE`] and `body`; without what was answered beyond the status.
pub(super) fn capture(row: &Row<'_>) -> rusqlite::Result<Capture> {
    Ok(Capture {
        line: line(row)?,
        body: bytes(row, 22)?,
    })
}

/// A capture with all of its reply, from the columns of [`LINE`] and [`WHOLE`].
pub(super) fn whole(row: &Row<'_>) -> rusqlite::Result<Capture> {
    let mut capture = capture(row)?;
    let reply = &mut capture.line.envelope.reply;
    reply.headers = Headers::from_stored(bytes(row, 23)?, false);
    reply.body = bytes(row, 24)?;
    reply.fault = row.get_ref(25)?.as_str_or_null()?.and_then(Fault::find);
    reply.error = row.get(26)?;
    Ok(capture)
}

/// The columns of a refusal, for [`refusal`].
pub(super) const REFUSAL: &str = "at, reason, peer, head";

/// A refusal; a reason of a newer version reads as the most general one.
pub(super) fn refusal(row: &Row<'_>) -> rusqlite::Result<Refusal> {
    Ok(Refusal {
        at: Timestamp::from_micros(row.get(0)?),
        reason: Reason::from_code(row.get(1)?).unwrap_or(Reason::Malformed),
        peer: peer(row, 2)?,
        head: bytes(row, 3)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn row_ids_keep_bins_apart_and_numbers_in_order() {
        assert!(row_id(1, 2) < row_id(1, 3));
        assert!(row_id(1, (1 << NUMBER_BITS) - 1) < row_id(2, 0));
        assert_eq!((serial(row_id(7, 41)), number(row_id(7, 41))), (7, 41));
    }
}
