//! How often the sequences of rules were used.

use std::sync::Arc;

use hookwell::model::{Rule, Settings};
use hookwell::store::Error;
use tokio::task::JoinSet;

use super::{DAY, Place, assert_fails};

fn with_rule(name: &str) -> Settings {
    Settings {
        rules: vec![Rule {
            name: name.to_owned(),
            ..Rule::default()
        }],
        ..Settings::default()
    }
}

pub(super) async fn uses_are_counted_by_rule_and_key(mut place: Place) {
    let for_ever = || {
        let mut settings = Settings::default();
        settings.keep.days = 0;
        settings
    };
    let (bin, _) = place.bin_with(for_ever()).await;
    let (other, _) = place.bin_with(for_ever()).await;
    let mut told = Vec::new();
    for (bin, rule, key) in [
        (&bin, "a", &b""[..]),
        (&bin, "a", b""),
        (&bin, "a", b"/x"),
        (&bin, "b", b""),
        (&other, "a", b""),
        (&bin, "a", b""),
    ] {
        told.push(place.store.count_use(bin, rule, key).await.unwrap());
    }
    assert_eq!(told, [0, 1, 0, 0, 0, 2]);
    place.reopen().await;
    assert_eq!(place.store.count_use(&bin, "a", b"").await.unwrap(), 3);
    // At once, each has a turn of its own.
    let mut tasks = JoinSet::new();
    for _ in 0..20 {
        let (store, bin) = (Arc::clone(&place.store), Arc::clone(&bin));
        tasks.spawn(async move { store.count_use(&bin, "c", b"").await.unwrap() });
    }
    let mut turns = tasks.join_all().await;
    turns.sort_unstable();
    assert_eq!(turns, (0..20).collect::<Vec<_>>());
    // What is not used for a month is forgotten.
    place.pass(31 * DAY);
    while place.store.sweep(place.clock.now()).await.unwrap() {}
    assert_eq!(place.store.count_use(&bin, "a", b"").await.unwrap(), 0);
}

pub(super) async fn other_rules_begin_anew(place: Place) {
    let (bin, _) = place.bin_with(with_rule("a")).await;
    place.store.count_use(&bin, "a", b"").await.unwrap();
    let named = Settings {
        name: "another".to_owned(),
        ..with_rule("a")
    };
    let bin = place.store.update_bin(&bin, named).await.unwrap();
    assert_eq!(place.store.count_use(&bin, "a", b"").await.unwrap(), 1);
    let bin = place.store.update_bin(&bin, with_rule("b")).await.unwrap();
    let bin = place.store.update_bin(&bin, with_rule("a")).await.unwrap();
    assert_eq!(place.store.count_use(&bin, "a", b"").await.unwrap(), 0);
    place.store.reset_uses(&bin).await.unwrap();
    assert_eq!(place.store.count_use(&bin, "a", b"").await.unwrap(), 0);
    place.store.delete_bin(&bin).await.unwrap();
    assert_fails!(
        place.store.count_use(&bin, "a", b"").await,
        Error::Gone { .. }
    );
}
