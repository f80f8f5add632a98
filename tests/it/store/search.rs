//! Searching: what an engine answers by itself agrees with what the filter says of each capture.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use hookwell::filter::{Filter, Subject};
use hookwell::model::{
    Bin, Body, BodyState, CaptureNumber, Draft, Event, MarksChange, Reply, Sender, Usage,
};
use hookwell::store::{Change, Found, STEP, Search, Window};

use super::{Place, START, draft, hear};

/// Filters that columns answer, in part or as a whole, and some that they do not.
const FILTERS: [&str; 26] = [
    "method:POST",
    "method:delete",
    "-method:POST",
    "method:POST or method:DELETE",
    "status:200",
    "status:5xx",
    "status>=400 status<600",
    "size:0",
    "size>10",
    "size<2",
    "n:3",
    "n>4 n<9",
    "n>99",
    "since:2026-11-25",
    "since:1h",
    "until:2026-11-24",
    "is:truncated",
    "is:aborted",
    "is:pinned",
    "-is:pinned method:POST",
    "provider:stripe",
    "provider:STRIPE event:invoice.*",
    "provider:git*",
    "json.a>1 method:POST",
    "\"needle\"",
    "size>5 size<3",
];

fn search(filter: &Filter) -> Search {
    let wanted = filter.clone();
    Search {
        conditions: filter.simple(),
        needs_body: filter.needs_body(),
        pick: Arc::new(move |capture| {
            let fits = wanted.matches(&Subject::capture(&capture));
            fits.then_some(capture.line)
        }),
    }
}

fn newest(before: Option<u64>, limit: usize) -> Window {
    Window::Newest {
        before: before.map(CaptureNumber),
        limit,
    }
}

fn after(after: u64, limit: usize) -> Window {
    Window::After {
        after: CaptureNumber(after),
        limit,
    }
}

fn numbers(found: &Found) -> Vec<u64> {
    found.lines.iter().map(|line| line.n.0).collect()
}

/// A bin with captures of many kinds.
async fn mixed(place: &Place) -> Arc<Bin> {
    let bin = place.bin().await;
    let change = |change: &dyn Fn(&mut Draft)| {
        let mut draft = draft(r#"{"a":1}"#);
        change(&mut draft);
        draft
    };
    let sender = |provider: &str, kind: &str| {
        let event = Event {
            id: None,
            kind: Some(kind.to_owned()),
            at: None,
        };
        Some(Sender::new(provider.to_owned(), event, None, false, b""))
    };
    let drafts = [
        change(&|_| {}),
        change(&|draft| draft.envelope.head.method = "DELETE".into()),
        change(&|draft| draft.envelope.reply = Reply::plain(503)),
        change(&|draft| draft.body = Body::complete(Bytes::new())),
        change(&|draft| draft.body.state = BodyState::Aborted),
        change(&|draft| draft.body.state = BodyState::Truncated),
        change(&|draft| draft.envelope.received_at = START.minus_micros(super::DAY)),
        change(&|draft| draft.sender = sender("stripe", "invoice.paid")),
        change(&|draft| draft.sender = sender("github", "push")),
        change(&|draft| {
            draft.body = Body::complete(Bytes::from_static(b"{\"a\": 2, \"b\": \"Needle\"}"));
        }),
        change(&|draft| draft.envelope.head.method = "post".into()),
    ];
    for draft in drafts {
        place.store.append(&bin, draft).await.unwrap();
    }
    let pin = MarksChange {
        pinned: Some(true),
        note: None,
    };
    place.store.mark(&bin, CaptureNumber(2), pin).await.unwrap();
    bin
}

pub(super) async fn a_search_finds_what_matching_finds(place: Place) {
    let bin = mixed(&place).await;
    // The captures of another bin are not looked at.
    mixed(&place).await;
    place
        .store
        .delete_capture(&bin, CaptureNumber(6))
        .await
        .unwrap();
    let mut sizes = BTreeSet::new();
    for text in FILTERS {
        let filter = Filter::parse(text, START).unwrap();
        let mut want = Vec::new();
        for n in place.numbers(&bin).await {
            let capture = place.store.capture(&bin, CaptureNumber(n)).await.unwrap();
            if filter.matches(&Subject::capture(&capture)) {
                want.push(n);
            }
        }
        sizes.insert(want.len());
        let read = async |window| {
            let found = place.store.search(&bin, window, search(&filter)).await;
            found.unwrap()
        };
        let found = read(after(0, 100)).await;
        assert_eq!(numbers(&found), want, "{text}");
        assert_eq!(found.rest, None, "{text}");
        assert_eq!(
            numbers(&read(after(4, 100)).await),
            above(&want, 4),
            "{text}"
        );
        want.reverse();
        assert_eq!(numbers(&read(newest(None, 100)).await), want, "{text}");
        // One by one, each time behind the last.
        let (mut before, mut all) = (None, Vec::new());
        loop {
            let found = read(newest(before, 1)).await;
            all.extend(numbers(&found));
            match found.rest {
                Some(n) => before = Some(n.0),
                None => break,
            }
        }
        assert_eq!(all, want, "{text}");
    }
    assert!(sizes.len() > 4, "all alike: {sizes:?}");
}

fn above(numbers: &[u64], least: u64) -> Vec<u64> {
    let above = numbers.iter().copied().filter(|&n| n > least);
    above.collect()
}

pub(super) async fn a_search_stops_and_goes_on_where_it_stopped(place: Place) {
    let bin = place.bin().await;
    place.fill(&bin, 10).await;
    let slow = || Search {
        conditions: Vec::new(),
        needs_body: true,
        pick: Arc::new(|capture| {
            // As long as a step: nothing behind number 7 is looked at.
            let began = Instant::now();
            while capture.line.n.0 == 7 && began.elapsed() < STEP {
                std::hint::spin_loop();
            }
            (capture.line.n.0 % 2 == 0).then_some(capture.line)
        }),
    };
    let found = place.store.search(&bin, newest(None, 10), slow()).await;
    let found = found.unwrap();
    assert_eq!(numbers(&found), [10, 8]);
    assert_eq!(found.rest, Some(CaptureNumber(7)));
    let rest = place.store.search(&bin, newest(Some(7), 10), slow()).await;
    let rest = rest.unwrap();
    assert_eq!((numbers(&rest), rest.rest), (vec![6, 4, 2], None));
    let up = place
        .store
        .search(&bin, after(0, 10), slow())
        .await
        .unwrap();
    assert_eq!(numbers(&up), [2, 4, 6]);
    assert_eq!(up.rest, Some(CaptureNumber(7)));
    let up = place
        .store
        .search(&bin, after(7, 10), slow())
        .await
        .unwrap();
    assert_eq!((numbers(&up), up.rest), (vec![8, 10], None));
}

pub(super) async fn what_is_deleted_together_is_gone_together(place: Place) {
    let bin = mixed(&place).await;
    let before = place.store.usage(&bin).await.unwrap();
    let mut changes = place.store.changes();
    let list: Vec<CaptureNumber> = [2, 3, 5, 3, 99].map(CaptureNumber).to_vec();
    let deleted = place.store.delete_captures(&bin, list).await.unwrap();
    assert_eq!(deleted, 3);
    assert_eq!(place.numbers(&bin).await, [1, 4, 6, 7, 8, 9, 10, 11]);
    let want = [2, 3, 5].map(|n| Change::Deleted(bin.id, CaptureNumber(n)));
    let told = hear(&mut changes, &want[0]).await;
    // The last capture and the pin may have been announced only after they were answered.
    assert!(told.ends_with(&want), "{told:?}");
    let Usage {
        captures, pinned, ..
    } = place.store.usage(&bin).await.unwrap();
    assert_eq!((captures, pinned), (before.captures - 3, 0));
    let none = place.store.delete_captures(&bin, Vec::new()).await;
    assert_eq!(none.unwrap(), 0);
}
