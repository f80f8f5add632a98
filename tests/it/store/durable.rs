//! What is there after a close, and what a caller that goes away leaves.

use std::future::Future;
use std::sync::Arc;
use std::task::{Context, Waker};

use hookwell::model::{BinId, BinKey, CaptureNumber, Keep, Settings};
use hookwell::store::{Address, Error, Window};

use super::captures::odd_drafts;
use super::{Place, assert_fails, draft, in_list, with_alias};

pub(super) async fn everything_is_there_after_closing_and_opening(mut place: Place) {
    let settings = Settings {
        name: "kept".into(),
        cors: false,
        keep: Keep {
            captures: 0,
            bytes: 0,
            days: 30,
        },
        body_limit: 99,
        ..with_alias("kept")
    };
    let (bin, key) = place.bin_with(settings).await;
    let mut captures = Vec::new();
    for draft in odd_drafts() {
        let n = place.store.append(&bin, draft.clone()).await.unwrap();
        captures.push(draft.numbered(n));
    }
    place
        .store
        .refuse(Address::Id(bin.id), super::refusals::refusal(7));
    let deleted = captures.remove(0);
    place
        .store
        .delete_capture(&bin, deleted.line.n)
        .await
        .unwrap();
    let usage = place.store.usage(&bin).await.unwrap();

    place.reopen().await;
    assert_eq!(place.store.bin_by_key(key.hash()).await.unwrap(), bin);
    assert_eq!(place.store.bin(&Address::Id(bin.id)).await.unwrap(), bin);
    for capture in &captures {
        let read = place.store.capture(&bin, capture.line.n).await.unwrap();
        assert_eq!(read, *capture);
    }
    let window = Window::After {
        after: CaptureNumber(0),
        limit: 100,
    };
    let lines = place.store.lines(&bin, window).await.unwrap();
    let want: Vec<_> = captures.iter().map(in_list).collect();
    assert_eq!(lines, want);
    let mut again = place.store.usage(&bin).await.unwrap();
    assert_eq!(again.refused, 1, "closing writes the refusals that wait");
    again.refused = usage.refused;
    assert_eq!(again, usage);
    let refusals = place.store.refusals(&bin, 10).await.unwrap();
    assert_eq!(refusals, [super::refusals::refusal(7)]);
}

pub(super) async fn a_caller_that_stops_waiting_leaves_all_or_nothing(place: Place) {
    let bin = place.bin().await;
    let body = vec![b'x'; 4096];
    let mut answered = 0;
    for i in 0..200 {
        let mut append = Box::pin(place.store.append(&bin, draft(&body)));
        // Dropped after one poll, or a moment later, or when it was done.
        match i % 4 {
            0 => {
                let mut context = Context::from_waker(Waker::noop());
                assert!(append.as_mut().poll(&mut context).is_pending());
            }
            1 => {
                tokio::select! {
                    biased;
                    n = &mut append => answered += u64::from(n.is_ok()),
                    () = tokio::task::yield_now() => {}
                }
            }
            2 => drop(append),
            _ => {
                append.await.unwrap();
                answered += 1;
            }
        }
    }
    // This one comes behind all that were dropped: when it is there, they are decided.
    let last = place.append(&bin, &body).await;
    let numbers = place.numbers(&bin).await;
    assert_eq!(numbers, (1..=last.0).collect::<Vec<_>>());
    assert!(last.0 > answered && last.0 <= 151, "{last} of {answered}");
    for n in numbers {
        let capture = place.store.capture(&bin, CaptureNumber(n)).await.unwrap();
        assert_eq!(
            capture,
            draft(&body).numbered(CaptureNumber(n)),
            "as a whole"
        );
    }
    let usage = place.store.usage(&bin).await.unwrap();
    assert_eq!(usage.captures, last.0);
}

pub(super) async fn what_was_accepted_is_finished_before_closing(mut place: Place) {
    let bin = place.bin().await;
    let mut waiting = Vec::new();
    for _ in 0..300 {
        let (store, bin) = (Arc::clone(&place.store), Arc::clone(&bin));
        waiting.push(tokio::spawn(async move {
            store.append(&bin, draft("{}")).await
        }));
    }
    tokio::task::yield_now().await;
    place.store.close().await;
    let mut acknowledged = Vec::new();
    for append in waiting {
        match append.await.unwrap() {
            Ok(n) => acknowledged.push(n.0),
            Err(Error::Unavailable(_)) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    acknowledged.sort_unstable();
    place.reopen().await;
    assert_eq!(place.numbers(&bin).await, acknowledged);
}

pub(super) async fn a_closed_store_is_unavailable(place: Place) {
    let (bin, key) = place.bin_with(with_alias("closing")).await;
    let n = place.append(&bin, "{}").await;
    let store = &place.store;
    store.bin(&Address::Id(bin.id)).await.unwrap();
    store.close().await;
    store.close().await; // Twice is once.
    let made = store
        .create_bin(
            BinId::random(),
            BinKey::random().hash(),
            Settings::default(),
        )
        .await;
    let unknown = Address::Id(BinId::random());
    let window = Window::Newest {
        before: None,
        limit: 1,
    };
    assert_fails!(made, Error::Unavailable(_));
    assert_fails!(store.append(&bin, draft("")).await, Error::Unavailable(_));
    assert_fails!(store.bin(&unknown).await, Error::Unavailable(_));
    assert_fails!(store.bin(&Address::Id(bin.id)).await, Error::Unavailable(_));
    assert_fails!(store.bin_by_key(key.hash()).await, Error::Unavailable(_));
    assert_fails!(
        store.update_bin(&bin, Settings::default()).await,
        Error::Unavailable(_)
    );
    assert_fails!(store.delete_bin(&bin).await, Error::Unavailable(_));
    assert_fails!(store.usage(&bin).await, Error::Unavailable(_));
    assert_fails!(store.lines(&bin, window).await, Error::Unavailable(_));
    assert_fails!(store.capture(&bin, n).await, Error::Unavailable(_));
    assert_fails!(store.neighbours(&bin, n).await, Error::Unavailable(_));
    assert_fails!(store.delete_capture(&bin, n).await, Error::Unavailable(_));
    assert_fails!(store.clear(&bin).await, Error::Unavailable(_));
    assert_fails!(store.refusals(&bin, 1).await, Error::Unavailable(_));
    assert_fails!(store.sweep(place.clock.now()).await, Error::Unavailable(_));
    assert_fails!(store.check_ready().await, Error::Unavailable(_));
    store.refuse(Address::Id(bin.id), super::refusals::refusal(1));
}
