//! `keep`: what is above it is gone for readers together with the commit that went above it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hookwell::model::{CaptureNumber, Keep, Settings};
use hookwell::store::Error;
use tokio::task::JoinSet;

use super::{Place, assert_fails, draft, numbers, weight};

fn keep(captures: u64, bytes: u64) -> Settings {
    Settings {
        keep: Keep {
            captures,
            bytes,
            days: 0,
        },
        ..Settings::default()
    }
}

pub(super) async fn the_oldest_above_the_count_are_gone_at_once(mut place: Place) {
    let (bin, _) = place.bin_with(keep(3, 0)).await;
    for n in 1..=10_u64 {
        assert_eq!(place.append(&bin, "{}").await.0, n);
        let want: Vec<u64> = (n.saturating_sub(2).max(1)..=n).collect();
        assert_eq!(place.numbers(&bin).await, want);
        let usage = place.store.usage(&bin).await.unwrap();
        assert_eq!(
            (usage.captures, usage.dropped, usage.bytes),
            (
                n.min(3),
                n.saturating_sub(3),
                n.min(3) * weight(&draft("{}"))
            )
        );
    }
    for _ in 0..2 {
        let dropped = CaptureNumber(7);
        assert_fails!(
            place.store.capture(&bin, dropped).await,
            Error::UnknownCapture
        );
        assert_fails!(
            place.store.delete_capture(&bin, dropped).await,
            Error::UnknownCapture
        );
        let around = place.store.neighbours(&bin, CaptureNumber(8)).await;
        assert_eq!(around.unwrap(), (Some(CaptureNumber(9)), None));
        place.reopen().await;
    }
    // What was deleted by hand makes room.
    let n = CaptureNumber(9);
    place.store.delete_capture(&bin, n).await.unwrap();
    place.append(&bin, "{}").await;
    assert_eq!(place.numbers(&bin).await, [8, 10, 11]);
    assert_eq!(place.store.usage(&bin).await.unwrap().dropped, 7);
}

pub(super) async fn the_oldest_above_the_bytes_are_gone_at_once(place: Place) {
    let heads = weight(&draft(""));
    let (bin, _) = place.bin_with(keep(0, 3 * heads + 300)).await;
    for _ in 0..3 {
        place.append(&bin, [b'x'; 100]).await;
    }
    assert_eq!(place.numbers(&bin).await, [1, 2, 3]);
    place.append(&bin, "").await; // One head more than fits.
    assert_eq!(place.numbers(&bin).await, [2, 3, 4]);
    place.append(&bin, [b'x'; 100]).await;
    assert_eq!(place.numbers(&bin).await, [3, 4, 5]);
    place.append(&bin, [b'x'; 201]).await; // Four heads, 401 bytes: the two oldest must go.
    assert_eq!(place.numbers(&bin).await, [5, 6]);
    let usage = place.store.usage(&bin).await.unwrap();
    assert_eq!(
        (usage.captures, usage.bytes, usage.dropped),
        (2, 2 * heads + 301, 4)
    );
}

pub(super) async fn readers_never_see_more_than_is_kept(place: Place) {
    const KEPT: u64 = 20;
    let (bin, _) = place.bin_with(keep(KEPT, 0)).await;
    let over = Arc::<AtomicBool>::default();
    let reader = {
        let (store, bin, over) = (
            Arc::clone(&place.store),
            Arc::clone(&bin),
            Arc::clone(&over),
        );
        tokio::spawn(async move {
            while !over.load(Ordering::SeqCst) {
                let seen = numbers(&*store, &bin, 0).await;
                assert!(seen.len() as u64 <= KEPT, "{seen:?}");
                assert!(seen.windows(2).all(|pair| pair[0] + 1 == pair[1]));
                let full = seen.last().is_some_and(|&last| last >= KEPT);
                assert!(!full || seen.len() as u64 == KEPT, "{seen:?}");
                let usage = store.usage(&bin).await.unwrap();
                assert!(usage.captures <= KEPT);
            }
        })
    };
    let mut writers = JoinSet::new();
    for _ in 0..16 {
        let (store, bin) = (Arc::clone(&place.store), Arc::clone(&bin));
        writers.spawn(async move {
            for _ in 0..50 {
                store.append(&bin, draft("{}")).await.unwrap();
            }
        });
    }
    writers.join_all().await;
    over.store(true, Ordering::SeqCst);
    reader.await.unwrap();
    assert_eq!(
        place.numbers(&bin).await,
        (800 - KEPT + 1..=800).collect::<Vec<_>>()
    );
    assert_eq!(place.store.usage(&bin).await.unwrap().dropped, 800 - KEPT);
}

pub(super) async fn one_capture_larger_than_all_that_is_kept_stays(place: Place) {
    let (bin, _) = place.bin_with(keep(0, 1000)).await;
    place.append(&bin, "small").await;
    place.append(&bin, [b'x'; 5000]).await;
    assert_eq!(place.numbers(&bin).await, [2]);
    place.append(&bin, [b'x'; 6000]).await;
    assert_eq!(place.numbers(&bin).await, [3]);
    place.append(&bin, "small").await;
    assert_eq!(place.numbers(&bin).await, [4]);
    assert_eq!(place.store.usage(&bin).await.unwrap().dropped, 3);
}

pub(super) async fn what_is_kept_for_ever_is_never_dropped(place: Place) {
    let (bin, _) = place.bin_with(keep(0, 0)).await;
    let mut writers = JoinSet::new();
    for _ in 0..8 {
        let (store, bin) = (Arc::clone(&place.store), Arc::clone(&bin));
        writers.spawn(async move {
            for _ in 0..150 {
                store.append(&bin, draft("{}")).await.unwrap();
            }
        });
    }
    writers.join_all().await;
    let usage = place.store.usage(&bin).await.unwrap();
    assert_eq!((usage.captures, usage.dropped), (1200, 0));
    assert_eq!(place.numbers(&bin).await.len(), 1200);
}

pub(super) async fn a_smaller_keep_counts_from_the_next_capture_on(place: Place) {
    let (bin, _) = place.bin_with(keep(10, 0)).await;
    place.fill(&bin, 10).await;
    let bin = place.store.update_bin(&bin, keep(2, 0)).await.unwrap();
    place.append(&bin, "{}").await;
    assert_eq!(place.numbers(&bin).await, [10, 11]);
    assert_eq!(place.store.usage(&bin).await.unwrap().dropped, 9);
    let bin = place.store.update_bin(&bin, keep(4, 0)).await.unwrap();
    place.fill(&bin, 3).await;
    assert_eq!(place.numbers(&bin).await, [11, 12, 13, 14]);
}
