//! Bins: their names, their settings, their end.

use std::sync::Arc;

use hookwell::model::{Bin, BinId, BinKey, Keep, Settings, Timestamp};
use hookwell::store::{Address, Change, Error, Store};

use super::{DAY, Place, START, assert_fails, draft, hear, with_alias};

fn alias(bin: &Bin) -> Address {
    Address::Alias(bin.settings.alias.clone().unwrap())
}

pub(super) async fn aliases_are_unique_and_free_again_when_their_bin_is_gone(place: Place) {
    let (first, _) = place.bin_with(with_alias("stripe")).await;
    let again = place
        .store
        .create_bin(
            BinId::random(),
            BinKey::random().hash(),
            with_alias("stripe"),
        )
        .await;
    assert_fails!(again, Error::AliasTaken);
    let other = place.bin().await;
    let renamed = place.store.update_bin(&other, with_alias("stripe")).await;
    assert_fails!(renamed, Error::AliasTaken);
    // A bin may keep its own.
    place
        .store
        .update_bin(&first, with_alias("stripe"))
        .await
        .unwrap();

    place.store.delete_bin(&first).await.unwrap();
    assert_fails!(place.store.bin(&alias(&first)).await, Error::Gone { .. });
    let other = place
        .store
        .update_bin(&other, with_alias("stripe"))
        .await
        .unwrap();
    let found = place.store.bin(&alias(&first)).await.unwrap();
    assert_eq!(found, other);

    // Given up while its bin lives, it is free, too, and names nobody.
    place
        .store
        .update_bin(&other, Settings::default())
        .await
        .unwrap();
    assert_fails!(place.store.bin(&alias(&other)).await, Error::Gone { .. });
    let (third, _) = place.bin_with(with_alias("stripe")).await;
    assert_eq!(place.store.bin(&alias(&third)).await.unwrap().id, third.id);
}

pub(super) async fn a_bin_is_found_by_id_alias_and_key(place: Place) {
    let settings = Settings {
        name: "Größe ✓".into(),
        cors: false,
        body_limit: 7,
        ..with_alias("by-name")
    };
    let (bin, key) = place.bin_with(settings.clone()).await;
    assert_eq!((bin.created_at, &bin.settings), (START, &settings));
    for found in [
        place.store.bin(&Address::Id(bin.id)).await,
        place.store.bin(&alias(&bin)).await,
        place.store.bin_by_key(key.hash()).await,
        place.store.bin(&Address::Id(bin.id)).await, // Again: engines may remember.
    ] {
        assert_eq!(found.unwrap(), bin);
    }
}

pub(super) async fn only_the_right_key_opens_a_bin(place: Place) {
    let (bin, key) = place.bin_with(Settings::default()).await;
    let (other, other_key) = place.bin_with(Settings::default()).await;
    let id_as_key: BinKey = bin.id.to_string().parse().unwrap();
    for wrong in [BinKey::random(), id_as_key] {
        assert_fails!(
            place.store.bin_by_key(wrong.hash()).await,
            Error::UnknownBin
        );
    }
    let opened = |key: BinKey| place.store.bin_by_key(key.hash());
    assert_eq!(opened(key).await.unwrap().id, bin.id);
    assert_eq!(opened(other_key).await.unwrap().id, other.id);
}

pub(super) async fn gone_bins_say_when_and_unknown_ones_are_unknown(mut place: Place) {
    let (bin, key) = place.bin_with(with_alias("shortlived")).await;
    place.store.bin(&alias(&bin)).await.unwrap();
    place.pass(3 * DAY);
    let when = place.clock.now();
    place.store.delete_bin(&bin).await.unwrap();
    for _ in 0..2 {
        for answer in [
            place.store.bin(&Address::Id(bin.id)).await,
            place.store.bin(&alias(&bin)).await,
            place.store.bin_by_key(key.hash()).await,
        ] {
            match answer {
                Err(Error::Gone { at }) => assert_eq!(at, when),
                other => panic!("{other:?}"),
            }
        }
        place.reopen().await; // It stays so.
    }
    let unknown = BinId::random();
    assert_fails!(
        place.store.bin(&Address::Id(unknown)).await,
        Error::UnknownBin
    );
    // Asking for it does not keep it from being made.
    let key = BinKey::random();
    assert_fails!(place.store.bin_by_key(key.hash()).await, Error::UnknownBin);
    place
        .store
        .create_bin(unknown, key.hash(), Settings::default())
        .await
        .unwrap();
    place.store.bin(&Address::Id(unknown)).await.unwrap();
    place.store.bin_by_key(key.hash()).await.unwrap();
}

pub(super) async fn settings_are_replaced_as_a_whole(mut place: Place) {
    let (bin, key) = place.bin_with(with_alias("before")).await;
    place.append(&bin, "{}").await;
    let settings = Settings {
        name: "after".into(),
        keep: Keep {
            captures: 5,
            bytes: 6,
            days: 7,
        },
        ..with_alias("afterwards")
    };
    let updated = place
        .store
        .update_bin(&bin, settings.clone())
        .await
        .unwrap();
    assert_eq!(
        *updated,
        Bin {
            settings,
            ..(*bin).clone()
        }
    );
    assert_fails!(place.store.bin(&alias(&bin)).await, Error::UnknownBin);
    for _ in 0..2 {
        assert_eq!(place.store.bin(&alias(&updated)).await.unwrap(), updated);
        assert_eq!(place.store.bin_by_key(key.hash()).await.unwrap(), updated);
        assert_eq!(
            place.store.bin(&Address::Id(bin.id)).await.unwrap(),
            updated
        );
        assert_eq!(place.numbers(&bin).await, [1]);
        place.reopen().await;
    }
}

pub(super) async fn a_gone_bin_takes_no_more_changes(place: Place) {
    let bin = place.bin().await;
    let n = place.append(&bin, "{}").await;
    place.store.delete_bin(&bin).await.unwrap();
    let store: &dyn Store = &*place.store;
    assert_fails!(store.append(&bin, draft("")).await, Error::Gone { .. });
    assert_fails!(
        store.update_bin(&bin, with_alias("late")).await,
        Error::Gone { .. }
    );
    assert_fails!(store.delete_capture(&bin, n).await, Error::Gone { .. });
    assert_fails!(store.clear(&bin).await, Error::Gone { .. });
    assert_fails!(store.delete_bin(&bin).await, Error::Gone { .. });
    assert_fails!(
        store.capture(&bin, n).await,
        Error::UnknownCapture | Error::Gone { .. }
    );
    // In one batch with captures of a bin that lives, it costs that one nothing.
    let other = place.bin().await;
    let (late, fine) = tokio::join!(
        store.append(&bin, draft("")),
        store.append(&other, draft(""))
    );
    assert_fails!(late, Error::Gone { .. });
    assert_eq!(fine.unwrap().0, 1);
}

fn days(days: u32) -> Settings {
    Settings {
        keep: Keep {
            days,
            ..Keep::default()
        },
        ..Settings::default()
    }
}

pub(super) async fn a_bin_ends_when_its_days_are_over(place: Place) {
    let (silent, _) = place.bin_with(days(2)).await;
    let (busy, _) = place.bin_with(days(2)).await;
    let (for_ever, _) = place.bin_with(days(0)).await;
    let gone = async |bin: &Bin| {
        while place.store.sweep(place.clock.now()).await.unwrap() {}
        let found = place.store.bin(&Address::Id(bin.id)).await;
        matches!(found, Err(Error::Gone { at }) if at == place.clock.now())
    };
    place.pass(2 * DAY - 1);
    assert!(!gone(&silent).await);
    let mut late = draft("{}");
    late.envelope.received_at = place.clock.now();
    place.store.append(&busy, late).await.unwrap();
    place.pass(2);
    assert!(gone(&silent).await);
    assert_fails!(
        place.store.append(&silent, draft("")).await,
        Error::Gone { .. }
    );
    assert!(!gone(&busy).await);
    place.pass(2 * DAY);
    assert!(gone(&busy).await);
    place.pass(10_000 * DAY);
    assert!(!gone(&for_ever).await);
}

pub(super) async fn an_old_capture_that_is_imported_does_not_end_its_bin(place: Place) {
    let (empty, _) = place.bin_with(days(2)).await;
    let (busy, _) = place.bin_with(days(2)).await;
    let is_gone = async |bin: &Bin| {
        while place.store.sweep(place.clock.now()).await.unwrap() {}
        let found = place.store.bin(&Address::Id(bin.id)).await;
        matches!(found, Err(Error::Gone { .. }))
    };
    let old = || {
        let mut old = draft("{}");
        old.envelope.received_at = Timestamp::from_micros(0);
        old.imported = true;
        old
    };
    place.store.append(&empty, old()).await.unwrap();
    place.pass(2 * DAY - 1);
    let mut late = draft("{}");
    late.envelope.received_at = place.clock.now();
    place.store.append(&busy, late).await.unwrap();
    place.store.append(&busy, old()).await.unwrap();
    assert!(!is_gone(&empty).await, "it was made two days ago at most");
    place.pass(2);
    assert!(is_gone(&empty).await, "an import makes no bin younger");
    assert!(!is_gone(&busy).await, "something arrived since");
    let usage = place.store.usage(&busy).await.unwrap();
    let late = place.clock.now().minus_micros(2);
    assert_eq!(usage.last_capture_at, Some(late));
}

pub(super) async fn every_bin_whose_days_are_over_ends_in_the_end(place: Place) {
    let mut bins = Vec::new();
    for _ in 0..230 {
        bins.push(place.bin_with(days(1)).await.0);
    }
    place.pass(DAY + 1);
    let mut rounds = 1;
    while place.store.sweep(place.clock.now()).await.unwrap() {
        rounds += 1;
        assert!(rounds < 300, "a round makes no progress");
    }
    for bin in &bins {
        assert_fails!(
            place.store.bin(&Address::Id(bin.id)).await,
            Error::Gone { .. }
        );
    }
}

pub(super) async fn whoever_hears_of_a_change_of_a_bin_reads_it_as_it_is_now(place: Place) {
    let (bin, key) = place.bin_with(Settings::default()).await;
    for round in 0..50 {
        let name = format!("round {round}");
        let settings = Settings {
            name: name.clone(),
            ..Settings::default()
        };
        // Known as it was, at every name.
        place.store.bin(&Address::Id(bin.id)).await.unwrap();
        place.store.bin_by_key(key.hash()).await.unwrap();
        let mut feed = place.store.changes();
        let (store, changed) = (Arc::clone(&place.store), Arc::clone(&bin));
        let changing = tokio::spawn(async move { store.update_bin(&changed, settings).await });
        hear(&mut feed, &Change::Updated(bin.id)).await;
        let found = place.store.bin_by_key(key.hash()).await.unwrap();
        assert_eq!(found.settings.name, name);
        let found = place.store.bin(&Address::Id(bin.id)).await.unwrap();
        assert_eq!(found.settings.name, name);
        changing.await.unwrap().unwrap();
    }
    let mut feed = place.store.changes();
    let (store, deleted) = (Arc::clone(&place.store), Arc::clone(&bin));
    let deleting = tokio::spawn(async move { store.delete_bin(&deleted).await });
    hear(&mut feed, &Change::Gone(bin.id)).await;
    assert_fails!(place.store.bin_by_key(key.hash()).await, Error::Gone { .. });
    deleting.await.unwrap().unwrap();
}
