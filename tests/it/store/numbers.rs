//! Numbers, the order in which they become visible, and what is announced.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hookwell::model::{BinId, CaptureNumber, Settings};
use hookwell::store::{Address, Change, ChangeFeed, Window};
use tokio::task::JoinSet;

use super::{Place, draft, numbers};

pub(super) async fn numbers_have_no_gaps_whoever_appends(place: Place) {
    const TASKS: u64 = 24;
    const EACH: u64 = 40;
    let mut bins = Vec::new();
    for _ in 0..5 {
        bins.push(place.bin().await);
    }
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        let (store, bins) = (Arc::clone(&place.store), bins.clone());
        tasks.spawn(async move {
            let mut given = Vec::new();
            for i in 0..EACH {
                let bin = &bins[((task + i) % 5) as usize];
                given.push((bin.id, store.append(bin, draft("{}")).await.unwrap().0));
            }
            given
        });
    }
    let mut given: HashMap<BinId, Vec<u64>> = HashMap::new();
    while let Some(some) = tasks.join_next().await {
        for (bin, n) in some.unwrap() {
            given.entry(bin).or_default().push(n);
        }
    }
    for bin in &bins {
        let mut given = given.remove(&bin.id).unwrap();
        given.sort_unstable();
        let want: Vec<u64> = (1..=TASKS * EACH / 5).collect();
        assert_eq!(given, want);
        assert_eq!(place.numbers(bin).await, want);
    }
}

pub(super) async fn numbers_are_not_given_again_after_deleting_and_clearing(mut place: Place) {
    let bin = place.bin().await;
    place.fill(&bin, 3).await;
    place
        .store
        .delete_capture(&bin, CaptureNumber(3))
        .await
        .unwrap();
    assert_eq!(place.append(&bin, "").await.0, 4);
    place.store.clear(&bin).await.unwrap();
    assert_eq!(place.append(&bin, "").await.0, 5);
    place
        .store
        .delete_capture(&bin, CaptureNumber(5))
        .await
        .unwrap();
    place.reopen().await;
    assert_eq!(place.append(&bin, "").await.0, 6);
    place.store.clear(&bin).await.unwrap();
    place.reopen().await;
    assert_eq!(place.append(&bin, "").await.0, 7);
    assert_eq!(place.numbers(&bin).await, [7]);
}

pub(super) async fn numbers_become_visible_in_order(place: Place) {
    let bin = place.bin().await;
    let over = Arc::<AtomicBool>::default();
    let mut readers = JoinSet::new();
    for _ in 0..3 {
        let (store, bin, over) = (
            Arc::clone(&place.store),
            Arc::clone(&bin),
            Arc::clone(&over),
        );
        readers.spawn(async move {
            let mut last = 0;
            loop {
                // Asked before the look, so that the last look is after the last append.
                let done = over.load(Ordering::SeqCst);
                for n in numbers(&*store, &bin, last).await {
                    assert_eq!(n, last + 1, "it became visible after a higher one");
                    last = n;
                }
                if done {
                    return last;
                }
            }
        });
    }
    let mut writers = JoinSet::new();
    for _ in 0..32 {
        let (store, bin) = (Arc::clone(&place.store), Arc::clone(&bin));
        writers.spawn(async move {
            for _ in 0..30 {
                let n = store.append(&bin, draft("{}")).await.unwrap();
                // What was acknowledged can be read at once.
                store.capture(&bin, n).await.unwrap();
            }
        });
    }
    writers.join_all().await;
    over.store(true, Ordering::SeqCst);
    assert_eq!(readers.join_all().await, [960; 3]);
}

/// The next changes, until `done`.
async fn hear(feed: &mut ChangeFeed, mut done: impl FnMut(&Change) -> bool) {
    loop {
        let batch = tokio::time::timeout(crate::support::PATIENCE, feed.recv())
            .await
            .expect("a change is announced")
            .unwrap();
        for change in batch.iter() {
            if done(change) {
                return;
            }
        }
    }
}

pub(super) async fn changes_are_announced_when_they_can_be_read(place: Place) {
    const COUNT: u64 = 320;
    let bin = place.bin().await;
    let mut feed = place.store.changes();
    let mut writers = JoinSet::new();
    for _ in 0..16 {
        let (store, bin) = (Arc::clone(&place.store), Arc::clone(&bin));
        writers.spawn(async move {
            for _ in 0..COUNT / 16 {
                store.append(&bin, draft("{}")).await.unwrap();
            }
        });
    }
    let mut last = 0;
    while last < COUNT {
        let batch = tokio::time::timeout(crate::support::PATIENCE, feed.recv())
            .await
            .expect("a change is announced")
            .unwrap();
        for change in batch.iter() {
            let Change::Captured(of, n) = change else {
                panic!("{change:?}");
            };
            assert_eq!(*of, bin.id);
            assert!(n.0 > last, "{} is announced after {last}", n.0);
            last = n.0;
            place.store.capture(&bin, *n).await.unwrap();
            let newest = Window::Newest {
                before: None,
                limit: 1,
            };
            let lines = place.store.lines(&bin, newest).await.unwrap();
            assert!(lines[0].n >= *n);
        }
    }
    writers.join_all().await;
}

pub(super) async fn every_kind_of_change_is_announced_in_order(place: Place) {
    let bin = place.bin().await;
    let mut feed = place.store.changes();
    place.fill(&bin, 2).await;
    place
        .store
        .delete_capture(&bin, CaptureNumber(1))
        .await
        .unwrap();
    let settings = Settings {
        name: "renamed".into(),
        ..Settings::default()
    };
    place.store.update_bin(&bin, settings).await.unwrap();
    place.store.clear(&bin).await.unwrap();
    place
        .store
        .refuse(Address::Id(bin.id), super::refusals::refusal(1));
    // It is written behind everything else; the bin must be there until then.
    let mut heard = Vec::new();
    hear(&mut feed, |change| {
        heard.push(change.clone());
        matches!(change, Change::Refused(_))
    })
    .await;
    place.store.delete_bin(&bin).await.unwrap();
    hear(&mut feed, |change| {
        heard.push(change.clone());
        matches!(change, Change::Gone(_))
    })
    .await;
    assert_eq!(
        heard,
        [
            Change::Captured(bin.id, CaptureNumber(1)),
            Change::Captured(bin.id, CaptureNumber(2)),
            Change::Deleted(bin.id, CaptureNumber(1)),
            Change::Updated(bin.id),
            Change::Cleared(bin.id, CaptureNumber(2)),
            Change::Refused(bin.id),
            Change::Gone(bin.id),
        ]
    );
}
