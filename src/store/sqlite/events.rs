//! SQL about events: who sent a capture, and which delivery it is. Like marks, they are read with the captures, by the columns of
//! [`LINE`](super::row::LINE).

use rusqlite::{CachedStatement, Connection, OptionalExtension, params};

use super::row::{self, int, row_id};
use crate::model::{Event, Recognised, Sender, Timestamp};
use crate::store::encode::{self, OTHER_BODY, OTHER_TYPE, OUT_OF_ORDER, REPLAYED};

/// The newest delivery of a thread between two row ids.
const BEFORE: &str = "SELECT id, number, first, body, type FROM events
    WHERE thread = ?1 AND id > ?2 AND id < ?3 ORDER BY id DESC LIMIT 1";

/// Whether a signed request is there between two row ids.
const COPY: &str = "SELECT 1 FROM events WHERE signed_once = ?1 AND id > ?2 AND id < ?3 LIMIT 1";

/// The latest time that a sender named in a bin.
const LATEST: &str = "SELECT latest_at FROM senders WHERE serial = ?1 AND provider = ?2";

/// The delivery before this one.
struct Before {
    id: i64,
    number: u64,
    first: u64,
    body: Vec<u8>,
    kind: Option<String>,
}

/// Writes what is known of senders: prepared once for a whole batch, as its captures are.
pub(super) struct Insert<'c> {
    before: CachedStatement<'c>,
    copy: CachedStatement<'c>,
    latest: CachedStatement<'c>,
    note: CachedStatement<'c>,
    write: CachedStatement<'c>,
}

impl<'c> Insert<'c> {
    pub(super) fn prepare(connection: &'c Connection) -> rusqlite::Result<Self> {
        Ok(Self {
            before: connection.prepare_cached(BEFORE)?,
            copy: connection.prepare_cached(COPY)?,
            latest: connection.prepare_cached(LATEST)?,
            note: connection.prepare_cached(
                "REPLACE INTO senders (serial, provider, latest_at) VALUES (?1, ?2, ?3)",
            )?,
            write: connection.prepare_cached(
                "INSERT INTO events (id, provider, event_id, type, at, thread, body, signed_once, number, first, previous, flags)
                 VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12)",
            )?,
        })
    }

    /// Writes what is known of the sender of capture `n`, which is being added above `floor`. One look-up by index finds the
    /// delivery before, one the copy, one the latest time.
    pub(super) fn run(
        &mut self,
        serial: u64,
        n: u64,
        floor: u64,
        sender: &Sender,
    ) -> rusqlite::Result<()> {
        let (id, above) = (row_id(serial, n), row_id(serial, floor));
        let before = match &sender.thread {
            Some(thread) => self.before(thread, above, id)?,
            None => None,
        };
        let mut flags = 0;
        if let Some(before) = &before {
            if before.body != sender.body {
                flags |= OTHER_BODY;
            }
            if before.kind != sender.event.kind {
                flags |= OTHER_TYPE;
            }
        }
        // Whether the very same signed request is there.
        if let Some(signed_once) = &sender.signed_once
            && self.copy.exists(params![&signed_once[..], above, id])?
        {
            flags |= REPLAYED;
        }
        if let Some(at) = sender.event.at
            && before.is_none()
            && self.is_late(serial, &sender.provider, at)?
        {
            flags |= OUT_OF_ORDER;
        }
        let values = params![
            id,
            sender.provider,
            sender.event.id,
            sender.event.kind,
            sender.event.at.map(Timestamp::as_micros),
            sender.thread.as_ref().map(|thread| &thread[..]),
            &sender.body[..],
            sender
                .signed_once
                .as_ref()
                .map(|signed_once| &signed_once[..]),
            int(before.as_ref().map_or(1, |before| before.number + 1)),
            int(before.as_ref().map_or(n, |before| before.first)),
            before.as_ref().map(|before| int(row::number(before.id))),
            flags
        ];
        self.write.execute(values).map(|_| ())
    }

    /// The newest delivery of the thread between two row ids, themselves left out.
    fn before(
        &mut self,
        thread: &[u8],
        above: i64,
        below: i64,
    ) -> rusqlite::Result<Option<Before>> {
        let found = self
            .before
            .query_row(params![thread, above, below], |found| {
                Ok(Before {
                    id: found.get(0)?,
                    number: row::count(found, 1)?,
                    first: row::count(found, 2)?,
                    body: found.get(3)?,
                    kind: found.get(4)?,
                })
            });
        found.optional()
    }

    /// Whether the sender named a later time before; if not, this is the latest from now on.
    fn is_late(&mut self, serial: u64, provider: &str, at: Timestamp) -> rusqlite::Result<bool> {
        let latest: Option<i64> = self
            .latest
            .query_row(params![int(serial), provider], |found| found.get(0))
            .optional()?;
        let at = at.as_micros();
        if latest.is_some_and(|latest| latest > at) {
            return Ok(true);
        }
        if latest != Some(at) {
            self.note.execute(params![int(serial), provider, at])?;
        }
        Ok(false)
    }
}

/// Takes the events of captures away whose rows are: those above the first id, up to the last.
pub(super) fn purge(connection: &Connection, above: i64, upto: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM events WHERE id > ?1 AND id <= ?2")?
        .execute([above, upto])
        .map(|_| ())
}

/// Forgets the times that senders named in a bin.
pub(super) fn forget_times(connection: &Connection, serial: u64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM senders WHERE serial = ?1")?
        .execute([int(serial)])
        .map(|_| ())
}

/// What [`LINE`](super::row::LINE) holds of an event: provider, event id, type, time, then number, first, previous and flags of
/// the delivery, and whether it is one.
type Columns = (
    String,
    Option<String>,
    Option<String>,
    Option<i64>,
    u64,
    u64,
    Option<u64>,
    i64,
    u8,
);

/// What is known of a sender out of the text of its columns; what cannot be read is as if it were not there.
pub(super) fn read(text: Option<&str>) -> Option<Recognised> {
    let (provider, id, kind, at, number, first, previous, flags, is_delivery): Columns =
        serde_json::from_str(text?).ok()?;
    let delivery = encode::delivery(number, first, previous, flags);
    Some(Recognised {
        provider,
        event: Event {
            id,
            kind,
            at: at.map(Timestamp::from_micros),
        },
        delivery: (is_delivery != 0).then_some(delivery),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_looked_up_at_each_capture_is_found_by_an_index() {
        let connection = Connection::open_in_memory().unwrap();
        let tables = include_str!("migrations/0004_events.sql");
        connection.execute_batch(tables).unwrap();
        for (sql, index) in [
            (BEFORE, "events_by_thread (thread=? AND id>? AND id<?)"),
            (
                COPY,
                "events_by_signature (signed_once=? AND id>? AND id<?)",
            ),
            (LATEST, "PRIMARY KEY (serial=? AND provider=?)"),
        ] {
            let mut plan = connection
                .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
                .unwrap();
            let steps = plan
                .raw_query()
                .mapped(|row| row.get::<_, String>("detail"))
                .collect::<rusqlite::Result<Vec<_>>>()
                .unwrap();
            let [step] = &steps[..] else {
                panic!("{sql}: {steps:?}");
            };
            assert!(step.starts_with("SEARCH") && step.contains(index), "{step}");
        }
    }
}
