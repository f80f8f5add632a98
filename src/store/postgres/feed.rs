//! What was committed, by this node or another one.
//!
//! A node says what it changed by `NOTIFY`, which the server delivers to every node; a node hears of its own changes the same way.
//! What is said of captures and what of all else is said differently, since a transaction that notifies holds a lock of the whole
//! server from before its commit is written to disk until after it: two of them never share a sync of the disk
//! (`PreCommit_Notify` in <https://github.com/postgres/postgres/blob/master/src/backend/commands/async.c>).
//!
//! - Captures, which are nearly all that is ever written, are told of by a statement of its own right behind the commit, in the
//!   same round trip ([`TELL_NEWEST`]), or a moment later for several commits together ([`telling`](super::telling)). It writes
//!   nothing, so it waits for no disk. It does not repeat what its node meant to do but says what is there: if the commit failed, it
//!   tells nothing wrong.
//! - All else is told of inside its transaction ([`TELL`]), so that it is delivered if and when that is committed. It begins with the
//!   newest capture there was, which may not have been told of yet: changes of a bin are heard in their order.
//!
//! A word can be lost: a session that ends between commit and telling, a connection that is broken and does not know it yet, a
//! pooler that gives the session away. So whoever tells takes a number, of a sequence of the database's, before its commit, and says
//! it with the rest. Every node looks at that sequence a few times a second, one value, whatever the number of bins; numbers
//! that it does not hear of in time are something that it missed ([`heard`](super::heard)). Then it does what it does while its
//! connection is lost: cached bins are forgotten, so that a setting holds within a second, and readers are told to look again.

use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use tokio::sync::{broadcast, mpsc};
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_postgres::{AsyncMessage, Client, Statement};

use super::connect::Address;
use super::heard::{Complete, Heard};
use super::note::Note;
use super::row;
use crate::store::cache::Cache;
use crate::store::{Change, Result};

/// The channel's name; channels are the database's own.
const LISTEN: &str = "LISTEN hookwell";

/// Announces payloads, as part of a transaction. Each takes a number.
pub(super) const TELL: &str =
    "SELECT pg_notify('hookwell', nextval('told') || ' ' || p) FROM unnest($1::text[]) p";

/// Takes the number that [`TELL_NEWEST`] says.
pub(super) const TAKE: &str = "SELECT nextval('told')";

/// Announces the newest captures of bins; so many that a payload can hold them.
pub(super) const TELL_NEWEST: &str = "SELECT pg_notify('hookwell', currval('told') ||
   string_agg(' c' || encode(b.id, 'hex') || b.last_n, '' ORDER BY w.at))
  FROM unnest($1::bigint[]) WITH ORDINALITY AS w (serial, at) JOIN bins b ON b.serial = w.serial GROUP BY (w.at - 1) / 128";

/// The last number that was taken.
const TAKEN: &str = "SELECT last_value FROM told";

/// How often a lost connection is tried again, and a good one is asked for the last number.
const AGAIN: Duration = Duration::from_millis(500);
const LOOK: Duration = Duration::from_millis(400);

/// How long the answer to that may take before the connection is given up.
const PATIENCE: Duration = Duration::from_secs(3);

/// The ear of a node.
pub(super) struct Feed {
    pub(super) address: Arc<Address>,
    pub(super) cache: Arc<Cache>,
    pub(super) changes: broadcast::Sender<Arc<[Change]>>,
}

/// A connection that listens.
pub(super) struct Ear {
    client: Client,
    taken: Statement,
    messages: mpsc::UnboundedReceiver<String>,
    heard: Heard,
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
        let taken = client.prepare(TAKEN).await?;
        let heard = Heard::new(row::count(&client.query_one(&taken, &[]).await?, 0)?);
        Ok(Ear {
            client,
            taken,
            messages,
            heard,
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
                match timeout(PATIENCE, self.listen()).await {
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

    /// Passes on what is heard, and looks whether something is missing, until the connection is lost.
    async fn hear(&self, ear: &mut Ear) -> Option<()> {
        let Ear {
            client,
            taken,
            messages,
            heard,
            ..
        } = ear;
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            self.hear_until(messages, heard, looks.tick()).await?;
            let began = Instant::now();
            let mut asked = pin!(client.query_one(&*taken, &[]));
            let found = loop {
                let answer = timeout(LOOK, &mut asked);
                match self.hear_until(messages, heard, answer).await? {
                    Ok(found) => break found.ok()?,
                    // Until it answers nothing is known of the others.
                    Err(_) if began.elapsed() < PATIENCE => self.cache.forget_all(),
                    Err(_) => return None,
                }
            };
            match heard.look(row::count(&found, 0).ok()?, Instant::now()) {
                Complete::Yes => {}
                Complete::NotYet => self.cache.forget_all(),
                Complete::No => {
                    tracing::warn!("a change was not heard of: readers look for themselves");
                    self.look_again();
                }
            }
        }
    }

    /// Passes on what is heard until something is done; `None` when the connection is lost before.
    async fn hear_until<T>(
        &self,
        messages: &mut mpsc::UnboundedReceiver<String>,
        heard: &mut Heard,
        done: impl Future<Output = T>,
    ) -> Option<T> {
        let mut done = pin!(done);
        loop {
            tokio::select! {
                // What was said before the answer is heard before it.
                biased;
                said = messages.recv() => self.pass_on(heard, &said?),
                done = &mut done => return Some(done),
            }
        }
    }

    fn pass_on(&self, heard: &mut Heard, said: &str) {
        let mut words = said.split(' ').peekable();
        // One that a node of an older version said has no number.
        if let Some(number) = words.peek().and_then(|word| word.parse().ok()) {
            heard.number(number);
            words.next();
        }
        let notes: Vec<_> = words.filter_map(Note::read).collect();
        for serial in notes.iter().filter_map(Note::forgets) {
            self.cache.forget_serial(serial);
        }
        let changes = notes.iter().filter_map(Note::change);
        let changes: Arc<[Change]> = changes.filter(|change| heard.is_news(change)).collect();
        if !changes.is_empty() {
            self.changes.send(changes).ok(); // As above.
        }
    }
}
