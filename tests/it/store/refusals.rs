//! Requests that were refused: counted, and the newest traced.

use bytes::Bytes;
use hookwell::model::{Bin, BinId, Reason, Refusal};
use hookwell::store::{Address, Error};

use super::{Place, START, assert_fails, with_alias};

/// A refusal that can be told from others.
pub(super) fn refusal(i: u16) -> Refusal {
    let all = Reason::ALL;
    Refusal {
        at: START.minus_micros(-i64::from(i)),
        reason: all[usize::from(i) % all.len()],
        peer: format!("[2001:db8::{i:x}]:{i}").parse().unwrap(),
        head: Bytes::from(format!("GET /{i} HTTP/1.1\r\nX: \u{0}\r\n")),
    }
}

/// Refusals are written behind other work: waits until so many are counted.
async fn counted(place: &Place, bin: &Bin, count: u64) {
    let deadline = tokio::time::Instant::now() + crate::support::PATIENCE;
    while place.store.usage(bin).await.unwrap().refused < count {
        assert!(tokio::time::Instant::now() < deadline, "refusals are lost");
        tokio::task::yield_now().await;
    }
    assert_eq!(place.store.usage(bin).await.unwrap().refused, count);
}

pub(super) async fn refusals_are_counted_and_the_newest_are_kept(mut place: Place) {
    let bin = place.bin().await;
    assert_eq!(place.store.refusals(&bin, 10).await.unwrap(), []);
    for i in 1..=130 {
        place.store.refuse(Address::Id(bin.id), refusal(i));
        counted(&place, &bin, u64::from(i)).await;
    }
    for _ in 0..2 {
        let kept = place.store.refusals(&bin, 1000).await.unwrap();
        let want: Vec<_> = (31..=130).rev().map(refusal).collect();
        assert_eq!(kept, want);
        assert_eq!(place.store.refusals(&bin, 3).await.unwrap(), want[..3]);
        place.reopen().await;
    }
    // A flood loses traces, not its count.
    for _ in 0..10_000 {
        place.store.refuse(Address::Id(bin.id), refusal(1000));
    }
    counted(&place, &bin, 10_130).await;
    assert!(place.store.refusals(&bin, 1000).await.unwrap().len() <= 100);
    // A trace holds so much of the head, not more.
    let mut long = refusal(2000);
    long.head = Bytes::from(vec![b'h'; 100_000]);
    place.store.refuse(Address::Id(bin.id), long);
    counted(&place, &bin, 10_131).await;
    let kept = place.store.refusals(&bin, 1).await.unwrap();
    assert_eq!(kept[0].head, vec![b'h'; Refusal::HEAD_KEPT]);
}

pub(super) async fn refusals_go_to_the_bin_that_was_addressed(place: Place) {
    let (bin, _) = place.bin_with(with_alias("refusing")).await;
    let other = place.bin().await;
    let alias = Address::Alias("refusing".parse().unwrap());
    place.store.refuse(alias.clone(), refusal(1));
    place.store.refuse(Address::Id(BinId::random()), refusal(2));
    place.store.refuse(Address::Id(other.id), refusal(3));
    counted(&place, &bin, 1).await;
    counted(&place, &other, 1).await;
    assert_eq!(place.store.refusals(&bin, 10).await.unwrap(), [refusal(1)]);
    place.store.delete_bin(&bin).await.unwrap();
    place.store.refuse(alias, refusal(4));
    place.store.refuse(Address::Id(other.id), refusal(5));
    counted(&place, &other, 2).await;
    assert_fails!(
        place.store.bin(&Address::Id(bin.id)).await,
        Error::Gone { .. }
    );
}
