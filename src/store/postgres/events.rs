//! Events: who sent a capture, and which delivery it is.
//!
//! What a batch has to know is looked up for all of its captures at once; what they are to each other is seen on the way.

use std::collections::{HashMap, HashSet};

use futures_util::future::join3;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::insert::Numbered;
use super::row::{self, int};
use super::writer::Session;
use crate::model::{Sender, Timestamp};
use crate::store::Result;
use crate::store::counters::Counters;
use crate::store::encode::{OTHER_BODY, OTHER_TYPE, OUT_OF_ORDER, REPLAYED};

/// The delivery before another one.
struct Before {
    n: u64,
    number: u64,
    first: u64,
    body: Vec<u8>,
    kind: Option<Vec<u8>>,
}

/// What is known before a batch, and grows with each of its captures. Keys are a bin's serial and 16 bytes, or the provider.
#[derive(Default)]
struct Known {
    threads: HashMap<(u64, Vec<u8>), Before>,
    signed: HashSet<(u64, Vec<u8>)>,
    latest: HashMap<(u64, String), i64>,
    /// Which of the latest times are new.
    later: HashSet<(u64, String)>,
}

/// The columns of `events`, and of `senders` where a later time was named.
#[derive(Default)]
pub(super) struct Columns<'a> {
    serial: Vec<i64>,
    n: Vec<i64>,
    provider: Vec<&'a str>,
    event_id: Vec<Option<&'a [u8]>>,
    kind: Vec<Option<&'a [u8]>>,
    at: Vec<Option<i64>>,
    thread: Vec<Option<&'a [u8]>>,
    body: Vec<&'a [u8]>,
    signed_once: Vec<Option<&'a [u8]>>,
    number: Vec<i64>,
    first: Vec<i64>,
    previous: Vec<Option<i64>>,
    flags: Vec<i64>,
    latest: (Vec<i64>, Vec<String>, Vec<i64>),
}

impl<'a> Columns<'a> {
    /// Of those captures whose senders were recognised.
    pub(super) async fn of(
        session: &Session,
        rows: &[Numbered<'a>],
        counters: &HashMap<u64, Counters>,
    ) -> Result<Self> {
        let sent: Vec<(u64, u64, &Sender)> = rows
            .iter()
            .filter_map(|&(n, append)| Some((append.bin.serial, n, append.draft.sender.as_ref()?)))
            .collect();
        let mut columns = Self::default();
        if sent.is_empty() {
            return Ok(columns);
        }
        let mut known = look_up(session, &sent, counters).await?;
        for (serial, n, sender) in sent {
            columns.push(serial, n, sender, &mut known);
        }
        for key in known.later {
            columns.latest.0.push(int(key.0));
            columns
                .latest
                .2
                .push(known.latest.get(&key).copied().unwrap_or_default());
            columns.latest.1.push(key.1);
        }
        Ok(columns)
    }

    fn push(&mut self, serial: u64, n: u64, sender: &'a Sender, known: &mut Known) {
        let kind = sender.event.kind.as_ref().map(String::as_bytes);
        let thread = sender
            .thread
            .as_ref()
            .map(|thread| (serial, thread.to_vec()));
        let before = thread.as_ref().and_then(|thread| known.threads.get(thread));
        let mut flags = 0;
        if let Some(before) = before {
            if before.body != sender.body {
                flags |= OTHER_BODY;
            }
            if before.kind.as_deref() != kind {
                flags |= OTHER_TYPE;
            }
        }
        if let Some(signed) = &sender.signed_once
            && !known.signed.insert((serial, signed.to_vec()))
        {
            flags |= REPLAYED;
        }
        if let Some(at) = sender.event.at.map(Timestamp::as_micros)
            && before.is_none()
        {
            let key = (serial, sender.provider.clone());
            match known.latest.get(&key) {
                Some(&latest) if latest > at => flags |= OUT_OF_ORDER,
                Some(&latest) if latest == at => {}
                _ => {
                    known.later.insert(key.clone());
                    known.latest.insert(key, at);
                }
            }
        }
        let number = before.map_or(1, |before| before.number + 1);
        let first = before.map_or(n, |before| before.first);
        self.serial.push(int(serial));
        self.n.push(int(n));
        self.provider.push(&sender.provider);
        self.event_id
            .push(sender.event.id.as_ref().map(String::as_bytes));
        self.kind.push(kind);
        self.at.push(sender.event.at.map(Timestamp::as_micros));
        self.thread
            .push(sender.thread.as_ref().map(|thread| &thread[..]));
        self.body.push(&sender.body[..]);
        self.signed_once
            .push(sender.signed_once.as_ref().map(|signed| &signed[..]));
        self.number.push(int(number));
        self.first.push(int(first));
        self.previous.push(before.map(|before| int(before.n)));
        self.flags.push(flags);
        if let Some(thread) = thread {
            let this = Before {
                n,
                number,
                first,
                body: sender.body.to_vec(),
                kind: kind.map(<[u8]>::to_vec),
            };
            known.threads.insert(thread, this);
        }
    }

    /// Whether there is nothing to write.
    pub(super) fn is_empty(&self) -> bool {
        self.n.is_empty()
    }

    /// Whether a sender named a later time.
    pub(super) fn has_latest(&self) -> bool {
        !self.latest.0.is_empty()
    }

    /// For `events`.
    pub(super) fn values(&self) -> Vec<&(dyn ToSql + Sync)> {
        vec![
            &self.serial,
            &self.n,
            &self.provider,
            &self.event_id,
            &self.kind,
            &self.at,
            &self.thread,
            &self.body,
            &self.signed_once,
            &self.number,
            &self.first,
            &self.previous,
            &self.flags,
        ]
    }

    /// For `senders`.
    pub(super) fn latest_values(&self) -> Vec<&(dyn ToSql + Sync)> {
        vec![&self.latest.0, &self.latest.1, &self.latest.2]
    }
}

/// Asks what is known of all senders of a batch: one round trip.
async fn look_up(
    session: &Session,
    sent: &[(u64, u64, &Sender)],
    counters: &HashMap<u64, Counters>,
) -> Result<Known> {
    let floor = |serial| int(counters.get(&serial).map_or(0, |counters| counters.floor));
    let (mut threads, mut signed) =
        <((Vec<_>, Vec<&[u8]>, Vec<_>), (Vec<_>, Vec<&[u8]>, Vec<_>))>::default();
    let mut providers: (Vec<i64>, Vec<&str>) = (Vec::new(), Vec::new());
    for &(serial, _, sender) in sent {
        if let Some(thread) = &sender.thread {
            threads.0.push(int(serial));
            threads.1.push(thread);
            threads.2.push(floor(serial));
        }
        if let Some(once) = &sender.signed_once {
            signed.0.push(int(serial));
            signed.1.push(once);
            signed.2.push(floor(serial));
        }
        providers.0.push(int(serial));
        providers.1.push(&sender.provider);
    }
    let (client, prepared) = (&session.client, &session.statements);
    let thread_values: [&(dyn ToSql + Sync); 3] = [&threads.0, &threads.1, &threads.2];
    let signed_values: [&(dyn ToSql + Sync); 3] = [&signed.0, &signed.1, &signed.2];
    let provider_values: [&(dyn ToSql + Sync); 2] = [&providers.0, &providers.1];
    let (threads, signed, latest) = join3(
        client.query(&prepared.threads, &thread_values),
        client.query(&prepared.copies, &signed_values),
        client.query(&prepared.latest, &provider_values),
    )
    .await;
    let mut known = Known::default();
    let bytes =
        |row: &Row, column: usize| -> Result<Vec<u8>> { Ok(row.try_get::<_, Vec<u8>>(column)?) };
    for row in &threads? {
        let before = Before {
            n: row::count(row, 2)?,
            number: row::count(row, 3)?,
            first: row::count(row, 4)?,
            body: bytes(row, 5)?,
            kind: row.try_get(6)?,
        };
        known
            .threads
            .insert((row::count(row, 0)?, bytes(row, 1)?), before);
    }
    for row in &signed? {
        known.signed.insert((row::count(row, 0)?, bytes(row, 1)?));
    }
    for row in &latest? {
        let key = (row::count(row, 0)?, row.try_get(1)?);
        known.latest.insert(key, row.try_get(2)?);
    }
    Ok(known)
}
