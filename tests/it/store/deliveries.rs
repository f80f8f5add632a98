//! Deliveries: the same event again, a copy of a signed request, an event that is late.

use std::sync::Arc;

use hookwell::model::{
    Bin, CaptureNumber, Delivery, Draft, Event, Keep, Recognised, Sender, Settings, Timestamp,
};

use hookwell::store::Window;

use super::{Place, draft, in_list};

fn signed(body: &str, id: Option<&str>, signature: &str, signed_at: Option<i64>) -> Draft {
    let event = Event {
        id: id.map(str::to_owned),
        kind: Some("invoice.paid".to_owned()),
        at: None,
    };
    sent(body, event, Some(signature), signed_at.is_some())
}

fn sent(body: &str, event: Event, signature: Option<&str>, is_timed: bool) -> Draft {
    let signature = signature.map(str::as_bytes);
    let sender = Sender::new(
        "stripe".to_owned(),
        event,
        signature,
        is_timed,
        body.as_bytes(),
    );
    Draft {
        sender: Some(sender),
        ..draft(body)
    }
}

async fn append(place: &Place, bin: &Arc<Bin>, draft: Draft) -> Recognised {
    let n = place.store.append(bin, draft).await.unwrap();
    let capture = place.store.capture(bin, n).await.unwrap();
    capture.line.recognised.unwrap()
}

async fn delivery(place: &Place, bin: &Arc<Bin>, draft: Draft) -> Delivery {
    append(place, bin, draft).await.delivery.unwrap()
}

fn nth(number: u64, first: u64, previous: Option<u64>) -> Delivery {
    Delivery {
        number,
        first: CaptureNumber(first),
        previous: previous.map(CaptureNumber),
        same_body: true,
        same_type: true,
        replayed: false,
        out_of_order: false,
    }
}

pub(super) async fn deliveries_of_an_event_are_counted(place: Place) {
    let (bin, other) = (place.bin().await, place.bin().await);
    let event = |body| signed(body, Some("evt_1"), "s", None);
    let one = append(&place, &bin, event("a")).await;
    assert_eq!(one.provider, "stripe");
    assert_eq!(one.event.id.as_deref(), Some("evt_1"));
    assert_eq!(one.event.kind.as_deref(), Some("invoice.paid"));
    assert_eq!(one.delivery, Some(nth(1, 1, None)));
    place.append(&bin, "something else").await;
    assert_eq!(delivery(&place, &bin, event("a")).await, nth(2, 1, Some(1)));
    let changed = delivery(&place, &bin, event("b")).await;
    let want = Delivery {
        same_body: false,
        ..nth(3, 1, Some(3))
    };
    assert_eq!(changed, want);
    let mut renamed = event("b");
    renamed.sender.as_mut().unwrap().event.kind = Some("invoice.voided".to_owned());
    let want = Delivery {
        same_type: false,
        ..nth(4, 1, Some(4))
    };
    assert_eq!(delivery(&place, &bin, renamed).await, want);
    // Another event, and the same one in another bin.
    let another = signed("a", Some("evt_2"), "s", None);
    assert_eq!(delivery(&place, &bin, another).await, nth(1, 6, None));
    assert_eq!(delivery(&place, &other, event("a")).await, nth(1, 1, None));
    // Many at once.
    let appended: Vec<_> = (0..20)
        .map(|_| {
            let (store, bin) = (Arc::clone(&place.store), Arc::clone(&bin));
            tokio::spawn(async move {
                store
                    .append(&bin, signed("a", Some("evt_3"), "s", None))
                    .await
            })
        })
        .collect();
    let mut numbers = Vec::new();
    for appended in appended {
        let n = appended.await.unwrap().unwrap();
        let capture = place.store.capture(&bin, n).await.unwrap();
        numbers.push((n, capture.line.recognised.unwrap().delivery.unwrap().number));
    }
    numbers.sort_unstable();
    let counted: Vec<u64> = numbers.iter().map(|(_, number)| *number).collect();
    assert_eq!(counted, (1..=20).collect::<Vec<_>>());
    // What nobody sent that is known has no event.
    let plain = place.append(&bin, "{}").await;
    let capture = place.store.capture(&bin, plain).await.unwrap();
    assert_eq!(capture.line.recognised, None);
}

pub(super) async fn without_an_id_body_and_signature_tell_deliveries_apart(place: Place) {
    let bin = place.bin().await;
    let one = |body, signature| signed(body, None, signature, None);
    assert_eq!(delivery(&place, &bin, one("a", "s")).await, nth(1, 1, None));
    assert_eq!(delivery(&place, &bin, one("b", "s")).await, nth(1, 2, None));
    assert_eq!(delivery(&place, &bin, one("a", "t")).await, nth(1, 3, None));
    assert_eq!(
        delivery(&place, &bin, one("a", "s")).await,
        nth(2, 1, Some(1))
    );
    let unsigned = sent("a", Event::default(), None, false);
    assert_eq!(append(&place, &bin, unsigned).await.delivery, None);
}

pub(super) async fn copies_and_late_events_are_marked(place: Place) {
    let bin = place.bin().await;
    let at = |id, signature, signed_at, event_at: i64| {
        let mut draft = signed("a", Some(id), signature, Some(signed_at));
        draft.sender.as_mut().unwrap().event.at = Some(Timestamp::from_micros(event_at));
        draft
    };
    assert_eq!(
        delivery(&place, &bin, at("e1", "s1", 10, 100)).await,
        nth(1, 1, None)
    );
    // A retry is signed anew; a copy is not.
    assert_eq!(
        delivery(&place, &bin, at("e1", "s2", 20, 100)).await,
        nth(2, 1, Some(1))
    );
    let copy = Delivery {
        replayed: true,
        ..nth(3, 1, Some(2))
    };
    assert_eq!(delivery(&place, &bin, at("e1", "s1", 10, 100)).await, copy);
    assert_eq!(
        delivery(&place, &bin, at("e2", "s3", 30, 300)).await,
        nth(1, 4, None)
    );
    let late = Delivery {
        out_of_order: true,
        ..nth(1, 5, None)
    };
    assert_eq!(delivery(&place, &bin, at("e3", "s4", 40, 200)).await, late);
    assert_eq!(
        delivery(&place, &bin, at("e4", "s5", 50, 300)).await,
        nth(1, 6, None)
    );
}

pub(super) async fn what_is_gone_is_not_counted(place: Place) {
    let settings = Settings {
        keep: Keep {
            captures: 2,
            ..Keep::default()
        },
        ..Settings::default()
    };
    let (bin, _) = place.bin_with(settings).await;
    let event = || signed("a", Some("evt_1"), "s", Some(1));
    let copy = |number, first, previous| Delivery {
        replayed: true,
        ..nth(number, first, Some(previous))
    };
    assert_eq!(delivery(&place, &bin, event()).await, nth(1, 1, None));
    assert_eq!(delivery(&place, &bin, event()).await, copy(2, 1, 1));
    place.fill(&bin, 1).await;
    // The first was dropped; the count goes on from the second.
    assert_eq!(delivery(&place, &bin, event()).await, copy(3, 1, 2));
    place.fill(&bin, 3).await;
    assert_eq!(delivery(&place, &bin, event()).await, nth(1, 8, None));
    place
        .store
        .delete_capture(&bin, CaptureNumber(8))
        .await
        .unwrap();
    assert_eq!(delivery(&place, &bin, event()).await, nth(1, 9, None));
    place.store.clear(&bin).await.unwrap();
    assert_eq!(delivery(&place, &bin, event()).await, nth(1, 10, None));
}

/// The numbers of the deliveries of the event of capture `n` in a window.
async fn listed(place: &Place, bin: &Bin, n: u64, window: Window) -> Vec<u64> {
    let lines = place.store.deliveries(bin, CaptureNumber(n), window).await;
    lines.unwrap().iter().map(|line| line.n.0).collect()
}

const fn newest(before: Option<u64>, limit: usize) -> Window {
    let before = match before {
        Some(n) => Some(CaptureNumber(n)),
        None => None,
    };
    Window::Newest { before, limit }
}

const fn after(n: u64, limit: usize) -> Window {
    let after = CaptureNumber(n);
    Window::After { after, limit }
}

pub(super) async fn deliveries_are_listed_by_any_of_them(place: Place) {
    let (bin, other) = (place.bin().await, place.bin().await);
    let event = |id| signed("a", Some(id), "s", None);
    // 1, 3, 4, 6 and 8 are one event, 2 and 7 another; 5 is none, and 9 cannot be told apart.
    for id in ["e1", "e2", "e1", "e1"] {
        append(&place, &bin, event(id)).await;
    }
    place.append(&bin, "{}").await;
    for id in ["e1", "e2", "e1"] {
        append(&place, &bin, event(id)).await;
        append(&place, &other, event(id)).await;
    }
    append(&place, &bin, sent("a", Event::default(), None, false)).await;
    for n in [1, 4, 8] {
        let all = listed(&place, &bin, n, newest(None, 10)).await;
        assert_eq!(all, [8, 6, 4, 3, 1], "{n}");
    }
    assert_eq!(listed(&place, &bin, 2, after(0, 10)).await, [2, 7]);
    assert_eq!(listed(&place, &other, 1, after(0, 10)).await, [1, 3]);
    for n in [0, 5, 9, 10, u64::MAX] {
        let none: [u64; 0] = [];
        assert_eq!(listed(&place, &bin, n, newest(None, 10)).await, none, "{n}");
    }
    // A window of them.
    assert_eq!(listed(&place, &bin, 1, newest(Some(6), 2)).await, [4, 3]);
    assert_eq!(listed(&place, &bin, 8, after(1, 2)).await, [3, 4]);
    assert_eq!(listed(&place, &bin, 8, after(u64::MAX, 2)).await.len(), 0);
    // They are what lists hold of them.
    let lines = place.store.deliveries(&bin, CaptureNumber(8), after(6, 1));
    let capture = place.store.capture(&bin, CaptureNumber(8)).await.unwrap();
    assert_eq!(lines.await.unwrap(), [in_list(&capture)]);
    // What is gone is not listed, nor does it list others.
    place
        .store
        .delete_capture(&bin, CaptureNumber(4))
        .await
        .unwrap();
    assert_eq!(listed(&place, &bin, 1, after(0, 10)).await, [1, 3, 6, 8]);
    assert_eq!(listed(&place, &bin, 4, after(0, 10)).await.len(), 0);
    place.store.clear(&bin).await.unwrap();
    assert_eq!(listed(&place, &bin, 8, after(0, 10)).await.len(), 0);
}
