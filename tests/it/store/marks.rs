//! Pins and notes: what is pinned stays where limits drop the rest, and the counters stay right.

use std::sync::Arc;

use hookwell::model::{Bin, CaptureNumber, Keep, Marks, MarksChange, Settings, Usage};
use hookwell::store::{Change, Error, Result, Window};
use tokio::task::JoinSet;

use super::{Place, assert_fails, draft, hear, weight};

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

async fn pin(place: &Place, bin: &Bin, n: u64, pinned: bool) -> Result<Marks> {
    let change = MarksChange {
        pinned: Some(pinned),
        note: None,
    };
    place.store.mark(bin, CaptureNumber(n), change).await
}

async fn note(place: &Place, bin: &Bin, n: u64, note: &str) -> Result<Marks> {
    let change = MarksChange {
        pinned: None,
        note: Some(note.to_owned()),
    };
    place.store.mark(bin, CaptureNumber(n), change).await
}

/// Asserts that the counters are what the captures themselves come to.
async fn expect_counted(place: &Place, bin: &Bin) -> Usage {
    let window = Window::After {
        after: CaptureNumber(0),
        limit: 100_000,
    };
    let lines = place.store.lines(bin, window).await.unwrap();
    let usage = place.store.usage(bin).await.unwrap();
    let bytes: usize = lines
        .iter()
        .map(|line| line.envelope.head.headers.block().len())
        .sum();
    let bytes = bytes as u64 + lines.iter().map(|line| line.size).sum::<u64>();
    let pinned = lines.iter().filter(|line| line.marks.pinned).count() as u64;
    assert_eq!(
        (usage.captures, usage.bytes, usage.pinned),
        (lines.len() as u64, bytes, pinned)
    );
    usage
}

pub(super) async fn marks_are_read_with_the_capture(mut place: Place) {
    let bin = place.bin().await;
    place.fill(&bin, 3).await;
    let plain = place.store.capture(&bin, CaptureNumber(2)).await.unwrap();
    assert_eq!(plain.line.marks, Marks::default());
    let want = Marks {
        pinned: true,
        note: "1 Größe\n'; --".to_owned(),
        imported: false,
    };
    pin(&place, &bin, 2, true).await.unwrap();
    let marks = note(&place, &bin, 2, &want.note).await.unwrap();
    assert_eq!(marks, want);
    for _ in 0..2 {
        let capture = place.store.capture(&bin, CaptureNumber(2)).await.unwrap();
        assert_eq!(capture.line.marks, want);
        let window = Window::Newest {
            before: None,
            limit: 3,
        };
        let lines = place.store.lines(&bin, window).await.unwrap();
        let marks: Vec<_> = lines.into_iter().map(|line| line.marks).collect();
        assert_eq!(marks, [Marks::default(), want.clone(), Marks::default()]);
        assert_eq!(expect_counted(&place, &bin).await.pinned, 1);
        place.reopen().await;
    }
    // Saying the same again changes nothing, and what is taken away is gone.
    pin(&place, &bin, 2, true).await.unwrap();
    assert_eq!(expect_counted(&place, &bin).await.pinned, 1);
    note(&place, &bin, 2, "").await.unwrap();
    for _ in 0..2 {
        assert_eq!(pin(&place, &bin, 2, false).await.unwrap(), Marks::default());
    }
    assert_eq!(expect_counted(&place, &bin).await.pinned, 0);
    for n in [0, 4, u64::MAX] {
        assert_fails!(pin(&place, &bin, n, true).await, Error::UnknownCapture);
    }
    let mut feed = place.store.changes();
    note(&place, &bin, 3, "x").await.unwrap();
    hear(&mut feed, &Change::Marked(bin.id, CaptureNumber(3))).await;
}

pub(super) async fn pinned_captures_are_not_dropped(mut place: Place) {
    let (bin, _) = place.bin_with(keep(6, 0)).await;
    place.fill(&bin, 6).await;
    for n in [2, 3, 5] {
        pin(&place, &bin, n, true).await.unwrap();
    }
    for n in 7..=30_u64 {
        place.append(&bin, "{}").await;
        let newest: Vec<u64> = (1..=n)
            .filter(|n| ![2, 3, 5].contains(n))
            .rev()
            .take(3)
            .collect();
        let mut want: Vec<u64> = [2, 3, 5].into_iter().chain(newest).collect();
        want.sort_unstable();
        assert_eq!(place.numbers(&bin).await, want);
        assert_eq!(expect_counted(&place, &bin).await.dropped, n - 6);
        if n % 5 == 0 {
            place.reopen().await;
        }
    }
    for n in [2, 3, 5] {
        place.store.capture(&bin, CaptureNumber(n)).await.unwrap();
    }
    let around = place.store.neighbours(&bin, CaptureNumber(5)).await;
    assert_eq!(
        around.unwrap(),
        (Some(CaptureNumber(28)), Some(CaptureNumber(3)))
    );
    // What is unpinned is the oldest, and goes with the next capture.
    pin(&place, &bin, 2, false).await.unwrap();
    assert_eq!(place.numbers(&bin).await, [2, 3, 5, 28, 29, 30]);
    place.append(&bin, "{}").await;
    assert_eq!(place.numbers(&bin).await, [3, 5, 28, 29, 30, 31]);
    pin(&place, &bin, 5, false).await.unwrap();
    place.append(&bin, "{}").await;
    assert_eq!(place.numbers(&bin).await, [3, 28, 29, 30, 31, 32]);
    expect_counted(&place, &bin).await;
    // A pinned one is deleted by hand like any other.
    let n = CaptureNumber(3);
    place.store.delete_capture(&bin, n).await.unwrap();
    assert_eq!(expect_counted(&place, &bin).await.pinned, 0);
    place.fill(&bin, 6).await;
    assert_eq!(place.numbers(&bin).await, [33, 34, 35, 36, 37, 38]);
    expect_counted(&place, &bin).await;
}

pub(super) async fn clearing_and_deleting_take_the_pinned_too(mut place: Place) {
    let (bin, _) = place.bin_with(keep(6, 0)).await;
    place.fill(&bin, 10).await;
    for n in [6, 8] {
        pin(&place, &bin, n, true).await.unwrap();
        note(&place, &bin, n, "gone soon").await.unwrap();
    }
    assert_eq!(place.store.clear(&bin).await.unwrap(), 6);
    assert_eq!(place.numbers(&bin).await, [0; 0]);
    assert_eq!(expect_counted(&place, &bin).await.pinned, 0);
    assert_fails!(pin(&place, &bin, 6, false).await, Error::UnknownCapture);
    place.reopen().await;
    place.fill(&bin, 8).await;
    assert_eq!(place.numbers(&bin).await, [13, 14, 15, 16, 17, 18]);
    expect_counted(&place, &bin).await;
    place.store.delete_bin(&bin).await.unwrap();
    assert_fails!(pin(&place, &bin, 13, true).await, Error::Gone { .. });
}

pub(super) async fn half_of_a_bin_can_be_pinned(place: Place) {
    let (bin, _) = place.bin_with(keep(4, 0)).await;
    place.fill(&bin, 4).await;
    for n in [1, 2] {
        pin(&place, &bin, n, true).await.unwrap();
    }
    assert_fails!(pin(&place, &bin, 3, true).await, Error::PinsFull);
    assert_eq!(expect_counted(&place, &bin).await.pinned, 2);
    pin(&place, &bin, 1, false).await.unwrap();
    pin(&place, &bin, 3, true).await.unwrap();
    // A note needs no room.
    note(&place, &bin, 4, "noted").await.unwrap();

    let one = weight(&draft([b'x'; 100]));
    let (bin, _) = place.bin_with(keep(0, 5 * one)).await;
    for _ in 0..5 {
        place.append(&bin, [b'x'; 100]).await;
    }
    for n in [1, 2] {
        pin(&place, &bin, n, true).await.unwrap();
    }
    assert_fails!(pin(&place, &bin, 3, true).await, Error::PinsFull);
    place.append(&bin, [b'x'; 100]).await;
    assert_eq!(place.numbers(&bin).await, [1, 2, 4, 5, 6]);

    // One may always be, and what is kept for ever has no half.
    let (bin, _) = place.bin_with(keep(1, 1)).await;
    place.fill(&bin, 1).await;
    pin(&place, &bin, 1, true).await.unwrap();
    for newest in 2..5 {
        place.append(&bin, "{}").await;
        assert_eq!(place.numbers(&bin).await, [1, newest]);
        assert_fails!(pin(&place, &bin, newest, true).await, Error::PinsFull);
    }
    let (bin, _) = place.bin_with(keep(0, 0)).await;
    place.fill(&bin, 3).await;
    for n in 1..=3 {
        pin(&place, &bin, n, true).await.unwrap();
    }
}

pub(super) async fn a_smaller_keep_is_reached_around_pins(place: Place) {
    let (bin, _) = place.bin_with(keep(1000, 0)).await;
    place.fill(&bin, 400).await;
    for n in [100, 101, 300] {
        pin(&place, &bin, n, true).await.unwrap();
    }
    let bin = place.store.update_bin(&bin, keep(10, 0)).await.unwrap();
    // A part goes with each capture, so that none waits long.
    place.fill(&bin, 12).await;
    let want = [vec![100, 101, 300], (406..=412).collect()].concat();
    assert_eq!(place.numbers(&bin).await, want);
    let usage = expect_counted(&place, &bin).await;
    assert_eq!(usage.dropped, 402);
}

pub(super) async fn pins_and_captures_at_once_are_counted_right(mut place: Place) {
    let (bin, _) = place.bin_with(keep(40, 0)).await;
    place.fill(&bin, 40).await;
    let mut work = JoinSet::new();
    for part in 0..4_u64 {
        let (store, bin) = (Arc::clone(&place.store), Arc::clone(&bin));
        work.spawn(async move {
            for i in 0..60 {
                let n = store.append(&bin, draft("{}")).await.unwrap();
                let change = MarksChange {
                    pinned: Some((i + part) % 3 != 0),
                    note: (i % 2 == 0).then(|| "busy".to_owned()),
                };
                for n in [n.0, n.0.saturating_sub(7)] {
                    match store.mark(&bin, CaptureNumber(n), change.clone()).await {
                        Ok(_) | Err(Error::PinsFull | Error::UnknownCapture) => {}
                        Err(error) => panic!("{error}"),
                    }
                }
            }
        });
    }
    work.join_all().await;
    for _ in 0..2 {
        let usage = expect_counted(&place, &bin).await;
        assert_eq!((usage.captures, usage.dropped), (40, 240));
        assert!((1..=20).contains(&usage.pinned), "{usage:?}");
        place.reopen().await;
    }
}
