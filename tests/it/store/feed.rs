//! What nodes over PostgreSQL tell each other, when some of it is lost on the way.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hookwell::model::{CaptureNumber, Settings};
use hookwell::store::{Address, Change, ChangeFeed, Store};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

use super::postgres::{connect, database, open, until};
use super::{Place, draft, hear, run};
use crate::support::{PATIENCE, postgres};

/// What a way to the database loses.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Loses {
    /// All that follows a commit, as when the node dies then. The answer of the commit still comes.
    AfterCommit,
    /// What the server notifies of, as behind a pooler that gives sessions away.
    Notifications,
}

/// A way to the database of a place. It loses nothing until it is told to.
struct Way {
    address: SocketAddr,
    lost: Arc<AtomicUsize>,
}

/// Loses nothing yet.
const NOTHING: usize = usize::MAX;

impl Way {
    async fn that(loses: Loses) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let way = Self {
            address: listener.local_addr().unwrap(),
            lost: Arc::new(AtomicUsize::new(NOTHING)),
        };
        let lost = Arc::clone(&way.lost);
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let far = TcpStream::connect(postgres::shared().address()).await;
                let ((from_near, to_near), (from_far, to_far)) =
                    (near.into_split(), far.unwrap().into_split());
                tokio::spawn(ask(from_near, to_far, loses, Arc::clone(&lost)));
                tokio::spawn(answer(from_far, to_near, loses, Arc::clone(&lost)));
            }
        });
        way
    }

    /// A node that goes this way.
    async fn node(&self, place: &Place) -> Arc<dyn Store> {
        let url = database(place.folder.path());
        let direct = postgres::shared().address().to_string();
        let url = url.replace(&direct, &self.address.to_string()) + "?sslmode=disable";
        connect(&url, place.clock.clone()).await.unwrap()
    }

    fn begin_to_lose(&self) {
        self.lost.store(0, Ordering::SeqCst);
    }

    /// How many messages were lost.
    fn lost(&self) -> usize {
        let lost = self.lost.load(Ordering::SeqCst);
        if lost == NOTHING { 0 } else { lost }
    }
}

/// Whether a message is lost now; it is counted then.
fn is_lost(lost: &AtomicUsize) -> bool {
    let count = |count: usize| (count != NOTHING).then(|| count + 1);
    lost.fetch_update(Ordering::SeqCst, Ordering::SeqCst, count)
        .is_ok()
}

/// The next message: a letter (the first of a node has none), the length of the rest, and the rest.
/// <https://www.postgresql.org/docs/current/protocol-message-formats.html>
async fn message(from: &mut OwnedReadHalf, has_letter: bool) -> io::Result<Vec<u8>> {
    let mut message = vec![0; usize::from(has_letter) + 4];
    from.read_exact(&mut message).await?;
    let length = u32::from_be_bytes(*message.last_chunk().unwrap()) as usize;
    let head = message.len();
    message.resize(head + length - 4, 0);
    from.read_exact(&mut message[head..]).await?;
    Ok(message)
}

/// Passes on what a node asks.
async fn ask(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    loses: Loses,
    lost: Arc<AtomicUsize>,
) -> io::Result<()> {
    let mut message_of = message(&mut from, false).await?;
    let mut has_committed = false;
    loop {
        if !(has_committed && loses == Loses::AfterCommit && is_lost(&lost)) {
            to.write_all(&message_of).await?;
        }
        let is_losing = lost.load(Ordering::SeqCst) != NOTHING;
        has_committed |= is_losing && message_of == b"Q\0\0\0\x0bCOMMIT\0";
        message_of = message(&mut from, true).await?;
    }
}

/// Passes on what the server says.
async fn answer(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    loses: Loses,
    lost: Arc<AtomicUsize>,
) -> io::Result<()> {
    loop {
        let message = message(&mut from, true).await?;
        let is_notification = message[0] == b'A';
        if !(is_notification && loses == Loses::Notifications && is_lost(&lost)) {
            to.write_all(&message).await?;
        }
    }
}

/// Waits until readers are told to look for themselves; until then they do not hear of what was lost.
async fn told_to_look(feed: &mut ChangeFeed, never: &Change) {
    let told = async {
        loop {
            let batch = feed.recv().await.unwrap();
            if batch.is_empty() {
                return;
            }
            assert!(!batch.contains(never), "{never:?} was lost");
        }
    };
    let told = tokio::time::timeout(PATIENCE, told).await;
    told.expect("readers are told to look");
}

#[test]
fn a_node_that_dies_between_commit_and_telling_leaves_nobody_waiting() {
    run(open, |place| async move {
        let way = Way::that(Loses::AfterCommit).await;
        let dying = way.node(&place).await;
        let bin = place.bin().await;
        let mut feed = place.store.changes();
        let n = dying.append(&bin, draft("told")).await.unwrap();
        hear(&mut feed, &Change::Captured(bin.id, n)).await;
        way.begin_to_lose();
        // It is committed, and acknowledged.
        let n = dying.append(&bin, draft("not told")).await.unwrap();
        told_to_look(&mut feed, &Change::Captured(bin.id, n)).await;
        assert_eq!(place.numbers(&bin).await, [1, 2]);
        assert!(way.lost() > 0);
        // It is over with that: what comes next is heard as ever.
        let n = place.append(&bin, "after").await;
        hear(&mut feed, &Change::Captured(bin.id, n)).await;
    });
}

#[test]
fn what_was_not_told_is_told_before_what_follows_it() {
    run(open, |place| async move {
        let way = Way::that(Loses::AfterCommit).await;
        let dying = way.node(&place).await;
        let bin = place.bin().await;
        dying.append(&bin, draft("told")).await.unwrap();
        let mut feed = place.store.changes();
        way.begin_to_lose();
        let n = dying.append(&bin, draft("not told")).await.unwrap();
        place.store.clear(&bin).await.unwrap();
        let cleared = Change::Cleared(bin.id, n);
        let heard = hear(&mut feed, &cleared).await;
        assert_eq!(
            *heard,
            [Change::Captured(bin.id, CaptureNumber(2)), cleared]
        );
    });
}

#[test]
fn a_setting_holds_on_a_node_that_hears_of_nothing() {
    run(open, |place| async move {
        let way = Way::that(Loses::Notifications).await;
        let deaf = way.node(&place).await;
        let bin = place.bin().await;
        let mut feed = deaf.changes();
        let n = place.append(&bin, "heard").await;
        hear(&mut feed, &Change::Captured(bin.id, n)).await;
        assert_eq!(deaf.bin(&Address::Id(bin.id)).await.unwrap(), bin);
        way.begin_to_lose();
        let renamed = Settings {
            name: "renamed".into(),
            ..Settings::default()
        };
        place.store.update_bin(&bin, renamed).await.unwrap();
        until("the node knows the setting", async || {
            let known = deaf.bin(&Address::Id(bin.id)).await.unwrap();
            (known.settings.name == "renamed").then_some(())
        })
        .await;
        told_to_look(&mut feed, &Change::Updated(bin.id)).await;
        assert!(way.lost() > 0);
    });
}
