//! Columns to values and back.

use std::net::SocketAddr;

use bytes::Bytes;
use tokio_postgres::Row;

use crate::model::{
    Bin, BinId, BodyState, Capture, CaptureLine, CaptureNumber, Envelope, Event, Fault, Head,
    Headers, Marks, Reason, Recognised, Refusal, Reply, Scheme, Settings, Timestamp, Version,
};
use crate::store::encode;
pub(super) use crate::store::encode::int;
use crate::store::{Error, Result};

/// A column that holds what this program never wrote.
pub(super) fn odd(what: &str) -> Error {
    Error::Server {
        code: "hookwell".to_owned(),
        message: format!("a row holds {what}"),
    }
}

/// A count as it was kept.
pub(super) fn count(row: &Row, column: usize) -> Result<u64> {
    Ok(row.try_get::<_, i64>(column)?.max(0).cast_unsigned())
}

/// A count that may be missing.
pub(super) fn some_count(row: &Row, column: usize) -> Result<Option<u64>> {
    let found: Option<i64> = row.try_get(column)?;
    Ok(found.map(|count| count.max(0).cast_unsigned()))
}

/// A small number as it was kept, one that does not fit as the largest.
pub(super) fn code(row: &Row, column: usize) -> Result<u8> {
    Ok(u8::try_from(row.try_get::<_, i16>(column)?).unwrap_or(u8::MAX))
}

/// A status.
pub(super) fn status(row: &Row, column: usize) -> Result<Option<u16>> {
    let status: Option<i16> = row.try_get(column)?;
    Ok(status.and_then(|status| u16::try_from(status).ok()))
}

/// A status as it is kept; HTTP has none that does not fit.
pub(super) fn status_code(status: u16) -> i16 {
    i16::try_from(status).unwrap_or(i16::MAX)
}

/// A time.
pub(super) fn time(row: &Row, column: usize) -> Result<Timestamp> {
    Ok(Timestamp::from_micros(row.try_get(column)?))
}

/// A time that may be missing.
pub(super) fn some_time(row: &Row, column: usize) -> Result<Option<Timestamp>> {
    let micros: Option<i64> = row.try_get(column)?;
    Ok(micros.map(Timestamp::from_micros))
}

/// Bytes; none where they are missing.
pub(super) fn bytes(row: &Row, column: usize) -> Result<Bytes> {
    let bytes: Option<&[u8]> = row.try_get(column)?;
    Ok(Bytes::copy_from_slice(bytes.unwrap_or_default()))
}

/// Words that are kept as bytes.
pub(super) fn words(row: &Row, column: usize) -> Result<String> {
    Ok(some_words(row, column)?.unwrap_or_default())
}

/// Words that may be missing.
pub(super) fn some_words(row: &Row, column: usize) -> Result<Option<String>> {
    let bytes: Option<&[u8]> = row.try_get(column)?;
    Ok(bytes.map(|bytes| String::from_utf8_lossy(bytes).into_owned()))
}

/// The id of a bin.
pub(super) fn bin_id(row: &Row, column: usize) -> Result<BinId> {
    let bytes: &[u8] = row.try_get(column)?;
    let bytes = bytes.try_into().map_err(|_| odd("an id of other length"))?;
    Ok(BinId::from_bytes(bytes))
}

fn peer(row: &Row, column: usize) -> Result<SocketAddr> {
    encode::peer(row.try_get(column)?).ok_or_else(|| odd("no address with a port"))
}

/// The columns of a bin, for [`bin`].
pub(super) const BIN: &str = "serial, id, created_at, settings, gone_at";

/// A bin, and when it went away if it did. Settings that cannot be read are an error; those of a gone bin do not matter.
pub(super) fn bin(row: &Row) -> Result<(Bin, Option<Timestamp>)> {
    let gone_at = some_time(row, 4)?;
    let settings = match serde_json::from_str(row.try_get(3)?) {
        Ok(settings) => settings,
        Err(_) if gone_at.is_some() => Settings::default(),
        Err(cause) => return Err(odd(&format!("settings that cannot be read: {cause}"))),
    };
    let bin = Bin {
        id: bin_id(row, 1)?,
        serial: count(row, 0)?,
        created_at: time(row, 2)?,
        settings,
    };
    Ok((bin, gone_at))
}

/// The columns of a capture without its body, for [`line()`], in a statement that reads [`FROM`].
pub(super) const LINE: &str = "c.n, c.received_at, c.took_us, c.method, c.target, c.path_at, c.version, c.https, c.host, c.client, c.peer, \
     c.status, c.rule, c.delay_ms, c.state, c.size, c.sent, c.as_sent, c.trailers, c.headers, \
     m.pinned, m.imported, m.note, \
     e.provider, e.event_id, e.type, e.at, e.number, e.first, e.previous, e.flags, e.is_delivery";

/// Captures with their marks and senders. Each row looks for its own by key (`LIMIT` keeps it so), whatever the planner thinks of
/// the size of the tables.
pub(super) const FROM: &str = "captures c \
     LEFT JOIN LATERAL (SELECT pinned, imported, note FROM marks WHERE serial = c.serial AND n = c.n LIMIT 1) m ON true \
     LEFT JOIN LATERAL (SELECT provider, event_id, type, at, number, first, previous, flags, thread IS NOT NULL AS is_delivery \
      FROM events WHERE serial = c.serial AND n = c.n LIMIT 1) e ON true";

/// A capture without its body.
pub(super) fn line(row: &Row) -> Result<CaptureLine> {
    let peer = peer(row, 10)?;
    let client: Option<&[u8]> = row.try_get(9)?;
    let client = match client {
        None => peer.ip(),
        Some(bytes) => encode::ip(bytes).ok_or_else(|| odd("no address"))?,
    };
    let envelope = Envelope {
        received_at: time(row, 1)?,
        took_us: count(row, 2)?,
        head: Head {
            method: words(row, 3)?,
            target: words(row, 4)?,
            path_at: usize::try_from(row.try_get::<_, i32>(5)?).unwrap_or(0),
            version: Version::from_code(code(row, 6)?),
            headers: Headers::from_stored(bytes(row, 19)?, row.try_get(17)?),
        },
        scheme: if row.try_get(7)? {
            Scheme::Https
        } else {
            Scheme::Http
        },
        host: words(row, 8)?,
        client,
        peer,
        trailers: Headers::from_stored(bytes(row, 18)?, false),
        reply: Reply {
            status: status(row, 11)?,
            rule: some_words(row, 12)?,
            delay_ms: u32::try_from(count(row, 13)?).unwrap_or(u32::MAX),
            ..Reply::none()
        },
    };
    Ok(CaptureLine {
        n: CaptureNumber(count(row, 0)?),
        envelope,
        size: count(row, 15)?,
        state: BodyState::from_code(code(row, 14)?),
        sent: some_count(row, 16)?,
        marks: marks(row, 20)?,
        recognised: recognised(row, 23)?,
        verdict: None,
    })
}

/// Marks out of the columns from that one on; those of most captures are missing.
pub(super) fn marks(row: &Row, first: usize) -> Result<Marks> {
    let flag = |column| Ok::<_, Error>(row.try_get::<_, Option<bool>>(column)?.unwrap_or(false));
    Ok(Marks {
        pinned: flag(first)?,
        imported: flag(first + 1)?,
        note: words(row, first + 2)?,
    })
}

/// What is known of a sender out of the columns from that one on.
fn recognised(row: &Row, first: usize) -> Result<Option<Recognised>> {
    let Some(provider) = row.try_get::<_, Option<String>>(first)? else {
        return Ok(None);
    };
    let is_delivery: bool = row.try_get(first + 8)?;
    let delivery = encode::delivery(
        count(row, first + 4)?,
        count(row, first + 5)?,
        some_count(row, first + 6)?,
        row.try_get(first + 7)?,
    );
    Ok(Some(Recognised {
        provider,
        event: Event {
            id: some_words(row, first + 1)?,
            kind: some_words(row, first + 2)?,
            at: some_time(row, first + 3)?,
        },
        delivery: is_delivery.then_some(delivery),
    }))
}

/// The columns that [`whole`] reads behind those of [`LINE`], in a statement that reads [`REPLY`] too.
pub(super) const WHOLE: &str = "c.body, r.headers, r.body, r.fault, r.error";

/// What was answered, beside [`FROM`].
pub(super) const REPLY: &str = "LEFT JOIN replies r ON r.serial = c.serial AND r.n = c.n";

/// A capture, from the columns of [`LINE`] and `body`; without what was answered beyond the status.
pub(super) fn capture(row: &Row) -> Result<Capture> {
    Ok(Capture {
        line: line(row)?,
        body: bytes(row, 32)?,
    })
}

/// A capture with all of its reply, from the columns of [`LINE`] and [`WHOLE`].
pub(super) fn whole(row: &Row) -> Result<Capture> {
    let mut capture = capture(row)?;
    let reply = &mut capture.line.envelope.reply;
    reply.headers = Headers::from_stored(bytes(row, 33)?, false);
    reply.body = bytes(row, 34)?;
    let fault: Option<&str> = row.try_get(35)?;
    reply.fault = fault.and_then(Fault::find);
    reply.error = some_words(row, 36)?;
    Ok(capture)
}

/// The columns of a refusal, for [`refusal`].
pub(super) const REFUSAL: &str = "at, reason, peer, head";

/// A refusal; a reason of a newer version reads as the most general one.
pub(super) fn refusal(row: &Row) -> Result<Refusal> {
    Ok(Refusal {
        at: time(row, 0)?,
        reason: Reason::from_code(code(row, 1)?).unwrap_or(Reason::Malformed),
        peer: peer(row, 2)?,
        head: bytes(row, 3)?,
    })
}
