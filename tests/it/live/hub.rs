//! The hub over a real store, without HTTP: orders of events that a socket would show by luck only.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hookwell::config::StoreConfig;
use hookwell::live::{Error, Event, Hub, Subscription};
use hookwell::model::{
    Bin, BinId, BinKey, Body, CaptureNumber, Clock, Draft, Envelope, Head, Headers, Keep, Reply,
    Scheme, Settings, Timestamp, Version,
};
use hookwell::store::{self, Store, Window};
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::support::PATIENCE;

/// A hub over a store of its own, with one bin that keeps everything.
struct House {
    _folder: TempDir,
    store: Arc<dyn Store>,
    hub: Hub,
    stop: watch::Sender<bool>,
    bin: Arc<Bin>,
}

impl House {
    async fn build(max_watchers: usize) -> Self {
        let folder = TempDir::new().unwrap();
        let data = folder.path().join("data");
        let store = store::open(&StoreConfig::sqlite(data), Clock::System)
            .await
            .unwrap();
        let (stop, stopping) = watch::channel(false);
        let hub = Hub::new(Arc::clone(&store), max_watchers, stopping);
        let settings = Settings {
            keep: Keep {
                captures: 0,
                bytes: 0,
                days: 0,
            },
            ..Settings::default()
        };
        let made = store.create_bin(BinId::random(), BinKey::random().hash(), settings);
        let bin = made.await.unwrap();
        Self {
            _folder: folder,
            store,
            hub,
            stop,
            bin,
        }
    }

    async fn append(&self) -> u64 {
        append(&*self.store, &self.bin).await
    }

    async fn fill(&self, count: usize) {
        let mut appends = JoinSet::new();
        for _ in 0..count {
            let (store, bin) = (Arc::clone(&self.store), Arc::clone(&self.bin));
            appends.spawn(async move { append(&*store, &bin).await });
        }
        appends.join_all().await;
    }

    async fn watch(&self, after: Option<u64>) -> Subscription {
        let after = after.map(CaptureNumber);
        let subscribed = self.hub.subscribe(Arc::clone(&self.bin), after).await;
        subscribed.unwrap()
    }

    async fn delete(&self, n: u64) {
        let n = CaptureNumber(n);
        self.store.delete_capture(&self.bin, n).await.unwrap();
    }
}

async fn append(store: &dyn Store, bin: &Arc<Bin>) -> u64 {
    let peer = "127.0.0.1:50000".parse::<std::net::SocketAddr>().unwrap();
    let draft = Draft {
        envelope: Envelope {
            received_at: Timestamp::from_micros(1_795_599_012_123_456),
            took_us: 1,
            head: Head {
                method: "POST".into(),
                target: "/".into(),
                path_at: 0,
                version: Version::Http11,
                headers: Headers::default(),
            },
            scheme: Scheme::Http,
            host: String::new(),
            client: peer.ip(),
            peer,
            trailers: Headers::default(),
            reply: Reply::plain(200),
        },
        body: Body::complete(bytes::Bytes::new()),
        imported: false,
        sender: None,
    };
    store.append(bin, draft).await.unwrap().0
}

async fn numbers(store: &dyn Store, bin: &Bin) -> BTreeSet<u64> {
    let window = Window::After {
        after: CaptureNumber(0),
        limit: 100_000,
    };
    let lines = store.lines(bin, window).await.unwrap();
    lines.iter().map(|line| line.n.0).collect()
}

/// The next event, which must come in time.
async fn next(subscription: &mut Subscription) -> Option<Event> {
    tokio::time::timeout(PATIENCE, subscription.next())
        .await
        .expect("an event, or the end")
        .unwrap()
}

/// Asserts that the next events are these captures.
async fn expect_captures(subscription: &mut Subscription, numbers: impl IntoIterator<Item = u64>) {
    for n in numbers {
        match next(subscription).await {
            Some(Event::Captured(line)) => assert_eq!(line.n.0, n),
            other => panic!("{other:?} instead of {n}"),
        }
    }
}

/// Asserts that nothing waits to be told.
async fn expect_silence(subscription: &mut Subscription) {
    let waited = tokio::time::timeout(Duration::from_millis(30), subscription.next()).await;
    assert!(waited.is_err(), "{waited:?}");
}

/// What a page does with events: a list that must end up as the store's.
#[derive(Default)]
struct List {
    shown: BTreeSet<u64>,
    last: u64,
    resyncs: usize,
}

impl List {
    async fn apply(&mut self, event: Event, store: &dyn Store, bin: &Bin) {
        match event {
            Event::Captured(line) => {
                assert!(line.n.0 > self.last, "{} after {}", line.n, self.last);
                self.last = line.n.0;
                self.shown.insert(line.n.0);
            }
            Event::Deleted(n) => {
                self.shown.remove(&n.0);
            }
            Event::Cleared => self.shown.clear(),
            Event::Resync(n) => {
                self.resyncs += 1;
                self.last = n.0;
                self.shown = numbers(store, bin).await;
            }
            Event::Passed(n) => panic!("{n} was left out without a filter"),
            Event::Marked(_)
            | Event::Attempted(_)
            | Event::Shared
            | Event::Updated
            | Event::Refused
            | Event::Gone => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_that_follows_the_events_ends_up_as_the_stores() {
    let house = House::build(0).await;
    let over = Arc::<AtomicBool>::default();
    let mut readers = JoinSet::new();
    for i in 0..8_u64 {
        let mut subscription = house.watch(Some(0)).await;
        let (store, bin) = (Arc::clone(&house.store), Arc::clone(&house.bin));
        let over = Arc::clone(&over);
        readers.spawn(async move {
            let mut list = List::default();
            // Some are slow, and some stop waiting all the time.
            let patience = Duration::from_millis(if i % 2 == 0 { 1 } else { 200 });
            loop {
                let done = over.load(Ordering::SeqCst);
                match tokio::time::timeout(patience, subscription.next()).await {
                    Ok(event) => list.apply(event.unwrap().unwrap(), &*store, &bin).await,
                    // Nothing for a while after the last change was announced: that was all.
                    Err(_) if done && patience > Duration::from_millis(100) => return list,
                    Err(_) if done => {
                        while let Ok(event) =
                            tokio::time::timeout(Duration::from_millis(200), subscription.next())
                                .await
                        {
                            list.apply(event.unwrap().unwrap(), &*store, &bin).await;
                        }
                        return list;
                    }
                    Err(_) => {}
                }
                if i > 4 {
                    tokio::time::sleep(Duration::from_millis(i)).await;
                }
            }
        });
    }
    let mut writers = JoinSet::new();
    for i in 0..6 {
        let (store, bin) = (Arc::clone(&house.store), Arc::clone(&house.bin));
        writers.spawn(async move {
            for j in 0..120 {
                let n = append(&*store, &bin).await;
                if i == 0 && j % 7 == 0 {
                    store.clear(&bin).await.unwrap();
                } else if i == 1 && j % 3 == 0 {
                    // It may have been cleared meanwhile.
                    store.delete_capture(&bin, CaptureNumber(n)).await.ok();
                }
            }
        });
    }
    writers.join_all().await;
    over.store(true, Ordering::SeqCst);
    let kept = numbers(&*house.store, &house.bin).await;
    for list in readers.join_all().await {
        assert_eq!(list.shown, kept, "after {} resyncs", list.resyncs);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_after_subscribing_is_told() {
    let house = House::build(0).await;
    for _ in 0..100 {
        let mut subscription = house.watch(None).await;
        let n = house.append().await;
        expect_captures(&mut subscription, [n]).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_missed_comes_first_then_what_is_new_each_once() {
    let house = House::build(0).await;
    house.fill(250).await;
    let mut subscription = house.watch(Some(3)).await;
    expect_captures(&mut subscription, 4..=100).await;
    house.fill(250).await;
    expect_captures(&mut subscription, 101..=500).await;
    expect_silence(&mut subscription).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn up_to_a_thousand_are_given_one_by_one_and_more_are_not() {
    let house = House::build(0).await;
    let mut slow = house.watch(None).await;
    for _ in 0..10 {
        house.fill(100).await;
    }
    expect_captures(&mut slow, 1..=1000).await;
    for _ in 0..10 {
        house.fill(100).await;
    }
    let mut behind = house.watch(Some(999)).await;
    assert_eq!(
        next(&mut behind).await,
        Some(Event::Resync(CaptureNumber(2000)))
    );
    house.append().await;
    expect_captures(&mut behind, [2001]).await;
    // The one that was there all the time has missed one more than a thousand by now.
    assert_eq!(
        next(&mut slow).await,
        Some(Event::Resync(CaptureNumber(2001)))
    );
    expect_silence(&mut slow).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn numbers_that_are_gone_were_not_missed() {
    let house = House::build(0).await;
    for _ in 0..11 {
        house.fill(100).await;
    }
    house.store.clear(&house.bin).await.unwrap();
    let mut subscription = house.watch(Some(0)).await;
    let n = house.append().await;
    assert_eq!(n, 1101);
    // The clear may be announced to it as well, when it came soon enough.
    match next(&mut subscription).await {
        Some(Event::Cleared) => expect_captures(&mut subscription, [n]).await,
        Some(Event::Captured(line)) => assert_eq!(line.n.0, n),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_place_ahead_of_the_newest_is_a_reason_to_read_anew() {
    let house = House::build(0).await;
    house.fill(3).await;
    let mut subscription = house.watch(Some(1_000_000)).await;
    assert_eq!(
        next(&mut subscription).await,
        Some(Event::Resync(CaptureNumber(3)))
    );
    house.append().await;
    expect_captures(&mut subscription, [4]).await;
    let mut at_the_newest = house.watch(Some(4)).await;
    expect_silence(&mut at_the_newest).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clear_is_told_before_what_came_after_it() {
    let house = House::build(0).await;
    let mut subscription = house.watch(None).await;
    for round in 0..50 {
        // The reader is behind when the clear comes.
        house.fill(3).await;
        house.store.clear(&house.bin).await.unwrap();
        let n = house.append().await;
        let mut list = List::default();
        while list.last < n {
            let event = next(&mut subscription).await.unwrap();
            list.apply(event, &*house.store, &house.bin).await;
        }
        assert_eq!(list.shown, BTreeSet::from([n]), "round {round}");
        house.store.clear(&house.bin).await.unwrap();
        assert_eq!(next(&mut subscription).await, Some(Event::Cleared));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_missed_deletes_is_told_to_read_anew() {
    let house = House::build(0).await;
    house.fill(400).await;
    let mut subscription = house.watch(None).await;
    for n in 1..=400 {
        house.delete(n).await;
    }
    let last = house.append().await;
    let mut page = List {
        shown: (1..=400).collect(),
        last: 400,
        resyncs: 0,
    };
    while page.shown != BTreeSet::from([last]) {
        let event = next(&mut subscription).await.unwrap();
        page.apply(event, &*house.store, &house.bin).await;
    }
    assert_eq!(page.resyncs, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_topic_goes_with_its_last_reader() {
    let house = House::build(2).await;
    let (first, second) = (house.watch(None).await, house.watch(None).await);
    assert_eq!(house.hub.watchers(), 2);
    let refused = house.hub.subscribe(Arc::clone(&house.bin), None).await;
    assert!(matches!(refused, Err(Error::TooManyWatchers)));
    drop(first);
    let third = house.watch(None).await;
    drop((second, third));
    assert_eq!(house.hub.watchers(), 0);
    let shown = format!("{:?}", house.hub);
    let id = house.bin.id.to_string();
    assert!(!shown.contains(&id), "{shown}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_ends_with_its_bin_and_with_the_server() {
    let house = House::build(0).await;
    let mut subscription = house.watch(None).await;
    house.append().await;
    house.store.delete_bin(&house.bin).await.unwrap();
    assert_eq!(next(&mut subscription).await, Some(Event::Gone));
    assert_eq!(next(&mut subscription).await, None);
    let late = house.hub.subscribe(Arc::clone(&house.bin), None).await;
    assert!(matches!(late, Err(Error::Store(store::Error::Gone { .. }))));

    let house = House::build(0).await;
    let mut subscription = house.watch(None).await;
    let (ended, ()) = tokio::join!(next(&mut subscription), async {
        house.stop.send(true).unwrap();
    });
    assert_eq!(ended, None);
}
