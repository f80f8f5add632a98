use bytes::Bytes;

use super::*;
use crate::model::{AttemptKind, Body, Failure, FailureCause, Headers, Sent, Timestamp};

const BIN: BinId = BinId::NIL;
const SHORT: Duration = Duration::from_millis(5);

fn tried(status: u16, body: &'static [u8]) -> Try {
    Try {
        kind: AttemptKind::Listen,
        url: "http://localhost/".to_owned(),
        started_at: Timestamp::from_micros(0),
        took_us: 1,
        sent: Sent {
            method: "POST".to_owned(),
            headers: Headers::default(),
            size: 0,
        },
        answer: Some(Answer {
            status,
            headers: Headers::default(),
            size: body.len() as u64,
            body: Body::complete(Bytes::from_static(body)),
        }),
        failure: None,
    }
}

#[tokio::test]
async fn nobody_waits_where_nobody_listens_and_one_listener_answers() {
    let relay = Arc::<Relay>::default();
    assert!(relay.expect(BIN).unwrap().is_none());
    let seat = relay.attend(BIN, "a", LONGEST).unwrap();
    assert_eq!(relay.attend(BIN, "b", LONGEST).unwrap_err(), Taken);
    // The same listener comes back before its old connection is known to be broken.
    let again = relay.attend(BIN, "a", LONGEST).unwrap();
    drop(seat);
    let ticket = relay.expect(BIN).unwrap().unwrap();
    drop(again);
    assert!(relay.expect(BIN).unwrap().is_none());
    relay.answer(BIN, CaptureNumber(1), "b", &tried(500, b"another"));
    relay.answer(BIN, CaptureNumber(1), "a", &tried(201, b"ok"));
    let given = ticket.answer(CaptureNumber(1)).await.unwrap();
    assert_eq!((given.status, &*given.body.bytes), (201, &b"ok"[..]));
    assert!(relay.desks().is_empty());
    assert_eq!(relay.taken.load(Ordering::Relaxed), 0);
    assert_eq!(relay.waiting.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn who_waits_is_answered_or_told_why_not() {
    let relay = Arc::<Relay>::default();
    let _seat = relay.attend(BIN, "a", SHORT).unwrap();
    let ticket = || relay.expect(BIN).unwrap().unwrap();
    let late = ticket().answer(CaptureNumber(1)).await;
    assert_eq!(late.unwrap_err(), "no answer within 0.005 s");
    let long = relay.attend(BIN, "a", LONGEST).unwrap();
    let asked = |n| tokio::spawn(ticket().answer(CaptureNumber(n)));
    let (first, second, third) = (asked(2), asked(3), asked(4));
    while relay.desks().get(&BIN).unwrap().waiting.len() < 3 {
        tokio::task::yield_now().await;
    }
    let mut failed = tried(200, b"");
    failed.failure = Some(Failure::new(FailureCause::Closed, "It broke."));
    relay.answer(BIN, CaptureNumber(2), "a", &failed);
    long.pass(CaptureNumber(3));
    relay.close();
    for (asked, why) in [
        (first, "the local program gave no whole answer"),
        (second, "its filter left this request out"),
        (third, "the server stopped before it answered"),
    ] {
        assert_eq!(asked.await.unwrap().unwrap_err(), why);
    }
}

#[test]
fn only_so_many_wait() {
    let relay = Arc::<Relay>::default();
    let _seat = relay.attend(BIN, "a", LONGEST).unwrap();
    let tickets: Vec<_> = (0..MOST_OF_BIN).map(|_| relay.expect(BIN)).collect();
    assert!(tickets.iter().all(|ticket| matches!(ticket, Ok(Some(_)))));
    assert!(relay.expect(BIN).is_err());
    drop(tickets);
    assert!(relay.expect(BIN).is_ok());
}

#[test]
fn an_old_connection_that_ends_late_takes_no_seat_away() {
    let relay = Arc::<Relay>::default();
    let ghost = relay.attend(BIN, "a", LONGEST).unwrap();
    drop(relay.attend(BIN, "a", LONGEST).unwrap());
    let _next = relay.attend(BIN, "b", LONGEST).unwrap();
    drop(ghost);
    assert!(relay.expect(BIN).unwrap().is_some());
    assert_eq!(relay.taken.load(Ordering::Relaxed), 1);
}
