//! What was committed, by this node or another one.
//!
//! A transaction says what it changed by `NOTIFY`, which the server delivers when it is committed, in the order of commits, and to
//! every node; a node hears of its own changes the same way. As long as that connection is lost nothing is known of what the others
//! do: cached bins are forgotten every second then, and readers are told to look again.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use tokio::sync::{broadcast, mpsc};
use tokio_postgres::AsyncMessage;

use super::connect::Address;
use crate::model::{BinId, CaptureNumber};
use crate::store::cache::Cache;
use crate::store::{Change, Result};

/// The channel's name; channels are the database's own.
const LISTEN: &str = "LISTEN hookwell";

/// Announces payloads, as part of a transaction.
pub(super) const TELL: &str = "SELECT pg_notify('hookwell', p) FROM unnest($1::text[]) p";

/// The most bytes of one payload: the server takes fewer than 8000
/// (<https://www.postgresql.org/docs/current/sql-notify.html>).
const PAYLOAD: usize = 7900;

/// How often a lost connection is tried again, and a good one is asked whether it is.
const AGAIN: Duration = Duration::from_millis(500);
const PING: Duration = Duration::from_secs(5);

/// How long the answer to that may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// One announcement between nodes: a letter, the bin's id, and a number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Note {
    kind: u8,
    bin: BinId,
    /// The number of a capture; where there is none, the bin's serial.
    number: u64,
}

impl Note {
    /// Says of a bin that it is new.
    pub(super) fn made(bin: BinId, serial: u64) -> Self {
        Self {
            kind: b'+',
            bin,
            number: serial,
        }
    }

    /// The same as a change.
    pub(super) fn of(change: &Change, serial: u64) -> Self {
        let (kind, number) = match *change {
            Change::Captured(_, n) => (b'c', n.0),
            Change::Deleted(_, n) => (b'd', n.0),
            Change::Marked(_, n) => (b'm', n.0),
            Change::Cleared(_, n) => (b'x', n.0),
            Change::Updated(_) => (b'u', serial),
            Change::Shared(_) => (b's', serial),
            Change::Refused(_) => (b'r', serial),
            Change::Seated(_) => (b'l', serial),
            Change::Answered(_, n) => (b'a', n.0),
            Change::Gone(_) => (b'g', serial),
        };
        Self {
            kind,
            bin: change.bin(),
            number,
        }
    }

    /// What it tells readers.
    fn change(&self) -> Option<Change> {
        let n = CaptureNumber(self.number);
        Some(match self.kind {
            b'c' => Change::Captured(self.bin, n),
            b'd' => Change::Deleted(self.bin, n),
            b'm' => Change::Marked(self.bin, n),
            b'x' => Change::Cleared(self.bin, n),
            b'u' => Change::Updated(self.bin),
            b's' => Change::Shared(self.bin),
            b'r' => Change::Refused(self.bin),
            b'l' => Change::Seated(self.bin),
            b'a' => Change::Answered(self.bin, n),
            b'g' => Change::Gone(self.bin),
            _ => return None,
        })
    }

    /// The serial, where what is known of the bin is not true any more.
    fn forgets(&self) -> Option<u64> {
        matches!(self.kind, b'+' | b'u' | b'g').then_some(self.number)
    }

    fn write(&self, payload: &mut String) {
        payload.push(char::from(self.kind));
        for byte in self.bin.as_bytes() {
            payload.push_str(&format!("{byte:02x}"));
        }
        payload.push_str(&self.number.to_string());
    }

    fn read(text: &str) -> Option<Self> {
        let (kind, rest) = text.split_at_checked(1)?;
        let (bin, number) = rest.split_at_checked(32)?;
        let bin = u128::from_str_radix(bin, 16).ok()?;
        Some(Self {
            kind: *kind.as_bytes().first()?,
            bin: BinId::from_bytes(bin.to_be_bytes()),
            number: number.parse().ok()?,
        })
    }
}

/// Notes as payloads, as few as they fit into.
pub(super) fn payloads(notes: &[Note]) -> Vec<String> {
    let mut payloads: Vec<String> = Vec::new();
    for note in notes {
        let mut text = String::with_capacity(48);
        note.write(&mut text);
        match payloads.last_mut() {
            Some(last) if last.len() + 1 + text.len() <= PAYLOAD => {
                last.push(' ');
                last.push_str(&text);
            }
            _ => payloads.push(text),
        }
    }
    payloads
}

/// The ear of a node.
pub(super) struct Feed {
    pub(super) address: Arc<Address>,
    pub(super) cache: Arc<Cache>,
    pub(super) changes: broadcast::Sender<Arc<[Change]>>,
}

/// A connection that listens.
pub(super) struct Ear {
    client: tokio_postgres::Client,
    messages: mpsc::UnboundedReceiver<String>,
    /// Ends the connection when it is dropped.
    _task: tokio::task::JoinSet<()>,
}

impl Feed {
    /// Begins to listen.
    pub(super) async fn listen(&self) -> Result<Ear> {
        let (client, mut connection) = self.address.open().await?;
        let (sender, messages) = mpsc::unbounded_channel();
        let mut task = tokio::task::JoinSet::new();
        task.spawn(async move {
            let mut stream = futures_util::stream::poll_fn(move |cx| connection.poll_message(cx));
            while let Some(Ok(message)) = stream.next().await {
                if let AsyncMessage::Notification(said) = message
                    && sender.send(said.payload().to_owned()).is_err()
                {
                    return;
                }
            }
        });
        self.address.prepare(&client).await?;
        client.batch_execute(LISTEN).await?;
        Ok(Ear {
            client,
            messages,
            _task: task,
        })
    }

    /// Passes on what is heard, for ever.
    pub(super) async fn run(self, mut ear: Ear) {
        loop {
            self.hear(&mut ear).await;
            tracing::warn!("the change feed of the database is lost: readers look for themselves");
            ear = loop {
                self.look_again();
                match tokio::time::timeout(PATIENCE, self.listen()).await {
                    Ok(Ok(ear)) => break ear,
                    Ok(Err(_)) | Err(_) => tokio::time::sleep(AGAIN).await,
                }
            };
            self.look_again();
            tracing::info!("the change feed of the database is back");
        }
    }

    /// Tells readers to look for themselves: something may have been missed.
    fn look_again(&self) {
        self.cache.forget_all();
        self.changes.send(Arc::new([])).ok(); // There may be no reader.
    }

    /// Passes on what is heard until the connection is lost.
    async fn hear(&self, ear: &mut Ear) {
        let mut pings = tokio::time::interval(PING);
        pings.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                said = ear.messages.recv() => match said {
                    Some(said) => self.pass_on(&said),
                    None => return,
                },
                _ = pings.tick() => {
                    let ping = ear.client.batch_execute("");
                    if !matches!(tokio::time::timeout(PATIENCE, ping).await, Ok(Ok(()))) {
                        return;
                    }
                }
            }
        }
    }

    fn pass_on(&self, said: &str) {
        let notes: Vec<_> = said.split(' ').filter_map(Note::read).collect();
        for serial in notes.iter().filter_map(Note::forgets) {
            self.cache.forget_serial(serial);
        }
        let changes: Arc<[Change]> = notes.iter().filter_map(Note::change).collect();
        if !changes.is_empty() {
            self.changes.send(changes).ok(); // As above.
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_survive_their_payloads() {
        let bins: Vec<_> = (0..500).map(|_| BinId::random()).collect();
        let notes: Vec<_> = bins
            .iter()
            .flat_map(|&bin| {
                let changes = [
                    Change::Captured(bin, CaptureNumber(u64::MAX)),
                    Change::Deleted(bin, CaptureNumber(1)),
                    Change::Updated(bin),
                    Change::Seated(bin),
                    Change::Answered(bin, CaptureNumber(2)),
                    Change::Gone(bin),
                ];
                let notes = changes.map(|change| {
                    let note = Note::of(&change, 7);
                    assert_eq!(note.change(), Some(change));
                    note
                });
                notes.into_iter().chain([Note::made(bin, 7)])
            })
            .collect();
        let payloads = payloads(&notes);
        assert!(payloads.len() > 1 && payloads.iter().all(|payload| payload.len() < 8000));
        let read: Vec<_> = payloads
            .iter()
            .flat_map(|payload| payload.split(' '))
            .map(|text| Note::read(text).unwrap())
            .collect();
        assert_eq!(read, notes);
        for text in ["", "c", "c12", "é", "cé0123456789012345678901234567890"] {
            assert_eq!(Note::read(text), None);
        }
    }
}
