//! The queue of captures that are to be sent on: filled with the capture, emptied with it.

use std::sync::Arc;

use hookwell::model::{
    AttemptKind, Bin, CaptureNumber, Forward, Settings, Settled, Target, TargetState, Try,
};
use hookwell::store::Change;

use super::{Place, draft, hear};

const URL: &str = "https://example.com/";

fn target(url: &str) -> Target {
    serde_json::from_value(serde_json::json!({ "url": url })).unwrap()
}

async fn bin(place: &Place) -> Arc<Bin> {
    let targets = vec![target(URL), target("https://example.org/")];
    let settings = Settings {
        targets,
        ..Settings::default()
    };
    place.bin_with(settings).await.0
}

async fn waiting(place: &Place, bin: &Bin) -> Vec<Forward> {
    place.store.forwards(bin, URL, 100).await.unwrap()
}

async fn numbers(place: &Place, bin: &Bin) -> Vec<u64> {
    waiting(place, bin)
        .await
        .iter()
        .map(|one| one.n.0)
        .collect()
}

async fn state(place: &Place, bin: &Bin) -> TargetState {
    place.store.target_states(bin).await.unwrap().remove(0)
}

pub(super) async fn captures_are_queued_for_targets_and_leave_with_their_rows(mut place: Place) {
    let bin = bin(&place).await;
    let plain = place.bin().await;
    place.fill(&bin, 4).await;
    place.fill(&plain, 1).await;
    let mut imported = draft("{}");
    imported.imported = true;
    place.store.append(&bin, imported).await.unwrap();
    place.reopen().await;
    assert_eq!(numbers(&place, &bin).await, [1, 2, 3, 4]);
    let mut lanes = place.store.lanes().await.unwrap();
    lanes.sort_by(|one, other| one.1.cmp(&other.1));
    assert_eq!(
        lanes,
        [
            (bin.id, URL.to_owned()),
            (bin.id, "https://example.org/".to_owned())
        ]
    );
    place
        .store
        .delete_capture(&bin, CaptureNumber(2))
        .await
        .unwrap();
    assert_eq!(numbers(&place, &bin).await, [1, 3, 4]);
    let mut settings = bin.settings.clone();
    settings.targets.remove(0);
    let changed = place.store.update_bin(&bin, settings).await.unwrap();
    assert_eq!(numbers(&place, &changed).await.len(), 0);
    assert_eq!(place.store.lanes().await.unwrap().len(), 1);
    place.store.delete_bin(&changed).await.unwrap();
    assert_eq!(place.store.lanes().await.unwrap().len(), 0);
}

pub(super) async fn what_becomes_of_a_capture_is_noted(place: Place) {
    let bin = bin(&place).await;
    place.fill(&bin, 3).await;
    let queue = waiting(&place, &bin).await;
    let settle = async |at: usize, settled| {
        place
            .store
            .settle(&bin, queue[at].clone(), settled, None)
            .await
            .unwrap()
    };
    let began = place.clock.now();
    let later = began.minus_micros(-5_000_000);
    assert_eq!(settle(0, Settled::Again(later)).await, Some(began));
    place.pass(1_000_000);
    assert_eq!(settle(1, Settled::Dead).await, Some(began));
    assert!(queue.iter().all(|one| !one.is_failing));
    let first = waiting(&place, &bin).await.remove(0);
    assert_eq!((first.n.0, first.tries, first.due_at), (1, 1, later));
    assert!(first.is_failing);
    let body = place.store.capture(&bin, first.n).await.unwrap().body;
    assert_eq!((first.size, first.size > 0), (body.len() as u64, true));
    let dead = place.store.dead_forwards(&bin, 9).await.unwrap();
    assert_eq!((dead.len(), dead[0].n.0, dead[0].tries), (1, 2, 1));
    let want = TargetState {
        target: URL.to_owned(),
        waiting: 2,
        dead: 1,
        failing_since: Some(began),
        paused_at: None,
    };
    assert_eq!(state(&place, &bin).await, want);
    place.store.pause_target(&bin, URL).await.unwrap();
    assert_eq!(numbers(&place, &bin).await.len(), 0);
    assert_eq!(state(&place, &bin).await.paused_at, Some(place.clock.now()));
    assert_eq!(
        place
            .store
            .retry_forwards(&bin, Some(URL.to_owned()))
            .await
            .unwrap(),
        1
    );
    assert_eq!(numbers(&place, &bin).await, [1, 2, 3]);
    assert_eq!(state(&place, &bin).await.failing_since, None);
    let mut changes = place.store.changes();
    let tried = Try::unsent(AttemptKind::Target, "POST", URL.to_owned(), began, "No.");
    let (forward, again) = (queue[2].clone(), Settled::Again(later));
    let since = place.store.settle(&bin, forward, again, Some(tried)).await;
    assert_eq!(since.unwrap(), Some(place.clock.now()));
    let told = Change::Attempted(bin.id, CaptureNumber(3));
    hear(&mut changes, &told).await;
    assert_eq!(settle(0, Settled::Dead).await, Some(place.clock.now()));
    assert_eq!(settle(1, Settled::Done).await, None);
    assert_eq!(state(&place, &bin).await.failing_since, None);
    let left = waiting(&place, &bin).await;
    assert_eq!(left.len(), 1);
    assert_eq!((left[0].n.0, left[0].is_failing), (3, false));
}
