//! Share links: found by their key until they end, and then told from keys that never were.

use hookwell::model::{BinKey, CaptureNumber, Share};
use hookwell::store::{Change, Error};

use super::{Place, START, assert_fails, hear};

pub(super) async fn a_link_opens_its_bin_until_it_ends(mut place: Place) {
    let bin = place.bin().await;
    place.fill(&bin, 2).await;
    let (ever, short, one) = (BinKey::random(), BinKey::random(), BinKey::random());
    let end = START.minus_micros(-1_000_000);
    let store = &place.store;
    let made = store
        .create_share(&bin, ever.hash(), None, None)
        .await
        .unwrap();
    let brief = store
        .create_share(&bin, short.hash(), None, Some(end))
        .await;
    assert_eq!(brief.unwrap().expires_at, Some(end));
    let n = Some(CaptureNumber(2));
    let single = store.create_share(&bin, one.hash(), n, None).await.unwrap();
    let none = Some(CaptureNumber(3));
    let refused = store.create_share(&bin, BinKey::random().hash(), none, None);
    assert_fails!(refused.await, Error::UnknownCapture);
    place.reopen().await;
    let store = &place.store;
    let (found, share, mask_key) = store.share(ever.hash()).await.unwrap();
    assert_eq!((&found, share), (&bin, made));
    let (_, share, same) = store.share(one.hash()).await.unwrap();
    assert_eq!((share, same), (single, mask_key));
    assert_eq!(store.shares(&bin).await.unwrap().len(), 3);
    // A read key is no key of the bin, and the bin's key no read key.
    assert_fails!(store.bin_by_key(ever.hash()).await, Error::UnknownBin);
    assert_fails!(
        store.share(BinKey::random().hash()).await,
        Error::UnknownBin
    );

    store.share(short.hash()).await.unwrap();
    place.pass(1_000_000);
    let store = &place.store;
    let ended = store.share(short.hash()).await.unwrap_err();
    assert!(
        matches!(ended, Error::ShareOver { at } if at == end),
        "{ended}"
    );
    let mut feed = store.changes();
    assert_eq!(store.revoke_shares(&bin, Some(made.id)).await.unwrap(), 1);
    assert_eq!(store.revoke_shares(&bin, Some(made.id)).await.unwrap(), 0);
    hear(&mut feed, &Change::Shared(bin.id)).await;
    assert_fails!(store.share(ever.hash()).await, Error::ShareOver { .. });
    assert_eq!(store.shares(&bin).await.unwrap(), [single]);
    store.delete_bin(&bin).await.unwrap();
    assert_fails!(store.share(one.hash()).await, Error::Gone { .. });
}

pub(super) async fn links_are_of_one_bin_and_limited(place: Place) {
    let (bin, other) = (place.bin().await, place.bin().await);
    let store = &place.store;
    let key = BinKey::random();
    let share = store
        .create_share(&other, key.hash(), None, None)
        .await
        .unwrap();
    assert_eq!(store.revoke_shares(&bin, Some(share.id)).await.unwrap(), 0);
    for _ in 0..Share::MOST {
        let key = BinKey::random().hash();
        store.create_share(&bin, key, None, None).await.unwrap();
    }
    let more = store.create_share(&bin, BinKey::random().hash(), None, None);
    assert_fails!(more.await, Error::TooManyShares);
    assert_eq!(
        store.revoke_shares(&bin, None).await.unwrap(),
        Share::MOST as u64
    );
    let again = store.create_share(&bin, BinKey::random().hash(), None, None);
    again.await.unwrap();
    store.share(key.hash()).await.unwrap();
}
