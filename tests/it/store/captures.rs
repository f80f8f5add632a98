//! Reading captures, one or a window of them, and deleting them.

use bytes::Bytes;
use hookwell::model::{
    Body, BodyState, CaptureLine, CaptureNumber, Draft, Fault, Head, Headers, Reply, Scheme, Usage,
    Version,
};
use hookwell::store::{Change, Error, Window};

use super::{Place, START, assert_fails, draft, hear, in_list, weight};

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

pub(super) async fn bodies_are_those_that_are_there(place: Place) {
    let (bin, other) = (place.bin().await, place.bin().await);
    for body in ["one", "two", "", "four"] {
        place.append(&bin, body).await;
    }
    place.append(&other, "of another").await;
    let two = CaptureNumber(2);
    place.store.delete_capture(&bin, two).await.unwrap();
    let numbers = [4, 2, 3, 0, 5, 1, u64::MAX].map(CaptureNumber).to_vec();
    let mut bodies = place.store.bodies(&bin, numbers).await.unwrap();
    bodies.sort();
    let want = [(1, "one"), (3, ""), (4, "four")];
    assert_eq!(
        bodies,
        want.map(|(n, body)| (CaptureNumber(n), Bytes::from(body)))
    );
    place.store.clear(&bin).await.unwrap();
    let numbers = vec![CaptureNumber(1)];
    assert_eq!(place.store.bodies(&bin, numbers).await.unwrap(), []);
}

pub(super) async fn windows_hold_what_they_say(place: Place) {
    let bin = place.bin().await;
    let read = async |window| -> Vec<u64> {
        let lines = place.store.lines(&bin, window).await.unwrap();
        lines.iter().map(|line| line.n.0).collect()
    };
    for empty in [newest(None, 10), newest(Some(5), 10), after(0, 10)] {
        assert_eq!(read(empty).await, [0; 0], "{empty:?}");
    }
    place.fill(&bin, 10).await;
    for deleted in [4, 5, 10] {
        let n = CaptureNumber(deleted);
        place.store.delete_capture(&bin, n).await.unwrap();
    }
    for (window, want) in [
        (newest(None, 3), &[9, 8, 7][..]),
        (newest(None, 0), &[]),
        (newest(None, 100), &[9, 8, 7, 6, 3, 2, 1]),
        (newest(Some(6), 2), &[3, 2]),
        (newest(Some(5), 2), &[3, 2]),
        (newest(Some(1), 2), &[]),
        (newest(Some(0), 2), &[]),
        (newest(Some(1000), 1), &[9]),
        (after(0, 3), &[1, 2, 3]),
        (after(3, 2), &[6, 7]),
        (after(4, 2), &[6, 7]),
        (after(8, 100), &[9]),
        (after(9, 100), &[]),
        (after(1000, 100), &[]),
        (after(0, 0), &[]),
    ] {
        assert_eq!(read(window).await, want, "{window:?}");
    }
}

/// Requests that differ in everything a capture has.
pub(super) fn odd_drafts() -> Vec<Draft> {
    let plain = draft(r#"{"id":1}"#);
    let mut headers = plain.clone();
    headers.envelope.head = Head {
        method: "PROPFIND".into(),
        target: "http://h/%ff/../a b?x=1?y&&#f".into(),
        path_at: 8,
        version: Version::Http10,
        headers: Headers::from_wire(Bytes::from_static(
            b"X-Odd: caf\xe9 \xff\r\nx-odd:2\nNoColon\r\nX-Empty:\r\nX-Long: \t a  \r\n",
        )),
    };
    headers.envelope.trailers =
        Headers::from_fields([(&b"x-checksum"[..], &b"\x80abc"[..]), (b"x-b", b"")]);
    headers.envelope.reply = Reply {
        status: None,
        rule: Some("regel ä".into()),
        delay_ms: 1500,
        headers: Headers::from_fields([(&b"X-Odd"[..], &b"\xe9"[..])]),
        body: Bytes::from_static(b"\0answered"),
        fault: Some(Fault::Drip),
        error: Some("line 1: ä".into()),
    };
    headers.envelope.received_at = START.minus_micros(-1);
    headers.envelope.took_us = u64::from(u32::MAX) + 7;

    let mut addresses = plain.clone();
    addresses.envelope.client = "2001:db8::7".parse().unwrap();
    addresses.envelope.peer = "[::1]:65535".parse().unwrap();
    addresses.envelope.scheme = Scheme::Https;
    addresses.envelope.host = "bücher.example:8443".into();
    addresses.envelope.head.version = Version::Http2;
    addresses.envelope.head.headers = Headers::from_fields([(&b"accept"[..], &b"*/*"[..])]);

    let mut empty = plain.clone();
    empty.envelope.head.headers = Headers::default();
    empty.envelope.host = String::new();
    empty.envelope.reply = Reply::plain(413);
    empty.body = Body {
        bytes: Bytes::new(),
        state: BodyState::Aborted,
        sent: Some(12_000_000_000),
    };

    let mut mapped = plain.clone();
    mapped.envelope.client = "203.0.113.9".parse().unwrap();
    mapped.envelope.peer = "[::ffff:10.0.0.2]:1".parse().unwrap();
    mapped.body.bytes = Bytes::from((0..=255).collect::<Vec<u8>>());
    mapped.body.state = BodyState::Truncated;
    mapped.body.sent = Some(257);

    // A pattern without a short period, larger than any buffer on the way.
    let large: Vec<u8> = (0..3 * 1024 * 1024_u32)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    let mut large = draft(large);
    large.envelope.reply.status = Some(599);
    vec![plain, headers, addresses, empty, mapped, large]
}

pub(super) async fn a_capture_is_read_as_it_was_written(place: Place) {
    let bin = place.bin().await;
    let drafts = odd_drafts();
    let mut lines: Vec<CaptureLine> = Vec::new();
    for draft in &drafts {
        let n = place.store.append(&bin, draft.clone()).await.unwrap();
        let capture = place.store.capture(&bin, n).await.unwrap();
        assert_eq!(capture, draft.clone().numbered(n));
        lines.push(in_list(&capture));
    }
    assert_eq!(place.store.lines(&bin, after(0, 100)).await.unwrap(), lines);
    lines.reverse();
    assert_eq!(
        place.store.lines(&bin, newest(None, 100)).await.unwrap(),
        lines
    );
}

pub(super) async fn neighbours_are_the_nearest_that_are_left(place: Place) {
    let bin = place.bin().await;
    let around = async |n| {
        let found = place.store.neighbours(&bin, CaptureNumber(n)).await;
        let (newer, older) = found.unwrap();
        (newer.map(|n| n.0), older.map(|n| n.0))
    };
    assert_eq!(around(1).await, (None, None));
    place.fill(&bin, 6).await;
    for deleted in [3, 4] {
        let n = CaptureNumber(deleted);
        place.store.delete_capture(&bin, n).await.unwrap();
    }
    for (n, want) in [
        (1, (Some(2), None)),
        (2, (Some(5), Some(1))),
        (3, (Some(5), Some(2))), // Itself need not be there any more.
        (5, (Some(6), Some(2))),
        (6, (None, Some(5))),
        (7, (None, Some(6))),
        (0, (Some(1), None)),
    ] {
        assert_eq!(around(n).await, want, "{n}");
    }
    place.store.clear(&bin).await.unwrap();
    assert_eq!(around(5).await, (None, None));
    place.fill(&bin, 2).await;
    assert_eq!(around(5).await, (Some(7), None));
}

pub(super) async fn a_deleted_capture_is_gone_at_once_and_once(place: Place) {
    let bin = place.bin().await;
    place.fill(&bin, 3).await;
    let n = CaptureNumber(2);
    place.store.delete_capture(&bin, n).await.unwrap();
    assert_fails!(place.store.capture(&bin, n).await, Error::UnknownCapture);
    for unknown in [2, 4, 0] {
        let n = CaptureNumber(unknown);
        assert_fails!(
            place.store.delete_capture(&bin, n).await,
            Error::UnknownCapture
        );
    }
    assert_eq!(place.numbers(&bin).await, [1, 3]);
    let usage = place.store.usage(&bin).await.unwrap();
    assert_eq!(
        (usage.captures, usage.bytes, usage.dropped),
        (2, 2 * weight(&draft("{}")), 0)
    );
}

pub(super) async fn clearing_says_how_many_and_leaves_nothing(mut place: Place) {
    let bin = place.bin().await;
    assert_eq!(place.store.usage(&bin).await.unwrap(), Usage::default());
    assert_eq!(place.store.clear(&bin).await.unwrap(), 0);
    place.fill(&bin, 5).await;
    let usage = Usage {
        captures: 5,
        bytes: 5 * weight(&draft("{}")),
        pinned: 0,
        dropped: 0,
        refused: 0,
        last_capture_at: Some(START),
    };
    assert_eq!(place.store.usage(&bin).await.unwrap(), usage);
    place
        .store
        .delete_capture(&bin, CaptureNumber(5))
        .await
        .unwrap();
    assert_eq!(place.store.clear(&bin).await.unwrap(), 4);
    for _ in 0..2 {
        let usage = place.store.usage(&bin).await.unwrap();
        assert_eq!((usage.captures, usage.bytes, usage.dropped), (0, 0, 0));
        assert_eq!(place.numbers(&bin).await, [0; 0]);
        for n in (1..=5).map(CaptureNumber) {
            assert_fails!(place.store.capture(&bin, n).await, Error::UnknownCapture);
            let deleted = place.store.delete_capture(&bin, n).await;
            assert_fails!(deleted, Error::UnknownCapture);
        }
        place.reopen().await;
    }
    place.fill(&bin, 1).await;
    assert_eq!(place.store.usage(&bin).await.unwrap().captures, 1);
    assert_eq!(place.numbers(&bin).await, [6]);
}

pub(super) async fn a_bin_does_not_see_the_captures_of_another(place: Place) {
    let (first, second) = (place.bin().await, place.bin().await);
    place.fill(&first, 3).await;
    place.append(&second, "second").await;
    assert_eq!(place.numbers(&first).await, [1, 2, 3]);
    assert_eq!(place.numbers(&second).await, [1]);
    let one = CaptureNumber(1);
    let read = place.store.capture(&second, one).await.unwrap();
    assert_eq!(&read.body[..], b"second");
    assert_eq!(
        place.store.neighbours(&second, one).await.unwrap(),
        (None, None)
    );
    assert_eq!(place.store.clear(&first).await.unwrap(), 3);
    place.store.delete_bin(&first).await.unwrap();
    assert_eq!(place.numbers(&second).await, [1]);
    assert_eq!(place.store.usage(&second).await.unwrap().captures, 1);
}

pub(super) async fn absurd_numbers_are_answered(place: Place) {
    let (before, bin, behind) = (place.bin().await, place.bin().await, place.bin().await);
    for bin in [&before, &bin, &behind] {
        place.fill(bin, 2).await;
    }
    for n in [u64::MAX, u64::MAX >> 1, 1 << 36, (1 << 36) + 1, 1 << 35] {
        let number = CaptureNumber(n);
        assert_fails!(
            place.store.capture(&bin, number).await,
            Error::UnknownCapture
        );
        let deleted = place.store.delete_capture(&bin, number).await;
        assert_fails!(deleted, Error::UnknownCapture);
        let around = place.store.neighbours(&bin, number).await.unwrap();
        assert_eq!(around, (None, Some(CaptureNumber(2))));
        let lines = place.store.lines(&bin, newest(Some(n), 9)).await.unwrap();
        assert_eq!(lines.len(), 2);
        let lines = place.store.lines(&bin, after(n, 9)).await.unwrap();
        assert_eq!(lines.len(), 0);
    }
}

pub(super) async fn a_reply_is_gone_with_its_capture(place: Place) {
    let bin = place.bin().await;
    let mut answered = draft("x");
    answered.envelope.reply.body = Bytes::from_static(b"challenge");
    let n = place.store.append(&bin, answered.clone()).await.unwrap();
    place.store.delete_capture(&bin, n).await.unwrap();
    place.store.append(&bin, answered).await.unwrap();
    place.store.clear(&bin).await.unwrap();
    let after = place.append(&bin, "y").await;
    let capture = place.store.capture(&bin, after).await.unwrap();
    assert!(capture.line.envelope.reply.body.is_empty());
}

pub(super) async fn a_reply_that_was_made_later_takes_the_place(place: Place) {
    let bin = place.bin().await;
    let n = place.append(&bin, "{}").await;
    let made = Reply {
        status: Some(207),
        rule: Some("teapot".into()),
        body: Bytes::from_static(b"made"),
        error: Some("line 1: no".into()),
        ..Reply::none()
    };
    let mut changes = place.store.changes();
    place.store.answered(&bin, n, made.clone()).await.unwrap();
    let capture = place.store.capture(&bin, n).await.unwrap();
    assert_eq!(capture.line.envelope.reply, made);
    hear(&mut changes, &Change::Marked(bin.id, n)).await;
    // The status of rows is another one, too, and what is gone stays gone.
    let line = place
        .store
        .lines(&bin, newest(None, 1))
        .await
        .unwrap()
        .remove(0);
    assert_eq!(line.envelope.reply.status, Some(207));
    place.store.clear(&bin).await.unwrap();
    place.store.answered(&bin, n, made).await.unwrap();
    assert_fails!(place.store.capture(&bin, n).await, Error::UnknownCapture);
    // Only the first bytes of a long body are kept.
    let mut long = draft("{}");
    long.envelope.reply.body = vec![b'x'; 100_000].into();
    let n = place.store.append(&bin, long).await.unwrap();
    let kept = place.store.capture(&bin, n).await.unwrap();
    assert_eq!(kept.line.envelope.reply.body.len(), 64 * 1024);
}
