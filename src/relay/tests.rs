use bytes::Bytes;
use futures_util::FutureExt as _;
use tempfile::TempDir;

use super::*;
use crate::config::StoreConfig;
use crate::model::{
    Answer, AttemptKind, BinKey, Body, Clock, Failure, FailureCause, Headers, Sent, Settings,
    Timestamp,
};

const SHORT: Duration = Duration::from_millis(5);

/// A relay over a store of its own, with a bin.
struct Office {
    _folder: TempDir,
    relay: Arc<Relay>,
    bin: Arc<Bin>,
}

impl Office {
    async fn open() -> Self {
        let folder = TempDir::new().unwrap();
        let config = StoreConfig::sqlite(folder.path().join("data"));
        let store = store::open(&config, Clock::System).await.unwrap();
        let hash = BinKey::random().hash();
        let bin = store.create_bin(BinId::random(), hash, Settings::default());
        Self {
            bin: bin.await.unwrap(),
            relay: Arc::new(Relay::new(store)),
            _folder: folder,
        }
    }

    async fn attend(&self, name: &str, patience: Duration) -> Result<Seat, Error> {
        self.relay.attend(&self.bin, name, patience).await
    }

    fn expect(&self) -> Result<Option<Ticket>, &'static str> {
        self.relay.expect(&self.bin)
    }

    fn ticket(&self) -> Ticket {
        self.expect().unwrap().unwrap()
    }

    fn answer(&self, n: u64, name: &str, tried: &Try) {
        self.relay
            .answer(self.bin.id, CaptureNumber(n), name, tried);
    }

    /// What the store of another node would say.
    fn learn(&self, name: &str, left: Duration) {
        let seated = Seated {
            name: name.to_owned(),
            turn: [7; 16],
            patience: LONGEST,
        };
        self.relay.learn(vec![(self.bin.id, seated, left)]);
    }

    fn is_taken(&self) -> bool {
        self.expect().unwrap().is_some()
    }
}

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
    let office = Office::open().await;
    assert!(!office.is_taken());
    let seat = office.attend("a", LONGEST).await.unwrap();
    let other = office.attend("b", LONGEST).await;
    assert!(matches!(other, Err(Error::Taken)), "{other:?}");
    // The same listener comes back before its old connection is known to be broken.
    let again = office.attend("a", LONGEST).await.unwrap();
    drop(seat);
    let ticket = office.ticket();
    drop(again);
    assert!(!office.is_taken());
    office.answer(1, "b", &tried(500, b"another"));
    office.answer(1, "a", &tried(201, b"ok"));
    let given = ticket.answer(CaptureNumber(1)).await.unwrap();
    assert_eq!((given.status, &*given.body.bytes), (201, &b"ok"[..]));
    assert!(office.relay.desks().is_empty());
    assert_eq!(office.relay.taken.load(Ordering::Relaxed), 0);
    assert_eq!(office.relay.waiting.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn who_waits_is_answered_or_told_why_not() {
    let office = Office::open().await;
    let _seat = office.attend("a", SHORT).await.unwrap();
    let late = office.ticket().answer(CaptureNumber(1)).await;
    assert_eq!(late.unwrap_err(), "no answer within 0.005 s");
    let long = office.attend("a", LONGEST).await.unwrap();
    let asked = |n| tokio::spawn(office.ticket().answer(CaptureNumber(n)));
    let (first, second, third, fourth) = (asked(2), asked(3), asked(4), asked(5));
    while office.relay.desks().get(&office.bin.id).unwrap().waiting() < 4 {
        tokio::task::yield_now().await;
    }
    let mut failed = tried(200, b"");
    failed.failure = Some(Failure::new(FailureCause::Closed, "It broke."));
    office.answer(2, "a", &failed);
    long.pass(CaptureNumber(3));
    // What another node tells of is looked for in the store, where nothing is.
    let told = Change::Answered(office.bin.id, CaptureNumber(5));
    assert!(!office.relay.hear_of(&[told]));
    assert_eq!(fourth.await.unwrap().unwrap_err(), desk::PASSED);
    office.relay.close();
    for (asked, why) in [
        (first, "the local program gave no whole answer"),
        (second, desk::PASSED),
        (third, "the server stopped before it answered"),
    ] {
        assert_eq!(asked.await.unwrap().unwrap_err(), why);
    }
}

#[tokio::test]
async fn only_so_many_wait() {
    let office = Office::open().await;
    let _seat = office.attend("a", LONGEST).await.unwrap();
    let tickets: Vec<_> = (0..MOST_OF_BIN).map(|_| office.expect()).collect();
    assert!(tickets.iter().all(|ticket| matches!(ticket, Ok(Some(_)))));
    assert!(office.expect().is_err());
    drop(tickets);
    assert!(office.expect().is_ok());
}

#[tokio::test]
async fn an_old_connection_that_ends_late_takes_no_seat_away() {
    let office = Office::open().await;
    let ghost = office.attend("a", LONGEST).await.unwrap();
    drop(office.attend("a", LONGEST).await.unwrap());
    let _next = office.attend("b", LONGEST).await.unwrap();
    drop(ghost);
    assert!(office.is_taken());
    assert_eq!(office.relay.taken.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_seat_of_another_node_counts_until_its_time_is_over() {
    let office = Office::open().await;
    office.learn("a", LONGEST);
    assert!(office.is_taken());
    // What is answered is told here, though the listener is elsewhere.
    let ticket = office.ticket();
    office.answer(1, "a", &tried(201, b"ok"));
    assert_eq!(ticket.answer(CaptureNumber(1)).await.unwrap().status, 201);
    office.learn("a", Duration::ZERO);
    assert!(!office.is_taken());
    office.learn("a", LONGEST);
    office.relay.learn(Vec::new());
    assert!(!office.is_taken());
    assert!(office.relay.desks().is_empty());
    // Of its own it knows more than the store says.
    let _seat = office.attend("b", LONGEST).await.unwrap();
    office.learn("a", Duration::ZERO);
    assert!(office.is_taken());
}

#[tokio::test]
async fn what_came_early_makes_room_for_what_is_newer() {
    let office = Office::open().await;
    let _seat = office.attend("a", LONGEST).await.unwrap();
    let ticket = office.ticket();
    for n in 1..=50 {
        office.answer(n, "a", &tried(500, b"nobody waits for it"));
    }
    office.answer(51, "a", &tried(201, b"ok"));
    assert_eq!(ticket.answer(CaptureNumber(51)).await.unwrap().status, 201);
}

#[tokio::test]
async fn what_is_answered_elsewhere_pushes_nothing_out_that_is_waited_for() {
    let office = Office::open().await;
    let _seat = office.attend("a", SHORT).await.unwrap();
    let ticket = office.ticket();
    office.answer(10, "a", &tried(201, b"ok"));
    // The next requests were sent to another node.
    let told = [11, 12].map(|n| Change::Answered(office.bin.id, CaptureNumber(n)));
    office.relay.hear_of(&told);
    let given = ticket.answer(CaptureNumber(10)).await;
    assert_eq!(given.map(|answer| answer.status), Ok(201));
}

#[tokio::test]
async fn what_is_told_of_numbers_that_nobody_asks_for_is_not_kept() {
    let office = Office::open().await;
    let _seat = office.attend("a", LONGEST).await.unwrap();
    let kept = || {
        let desks = office.relay.desks();
        let desk = desks.get(&office.bin.id).unwrap();
        (desk.waiting(), desk.early())
    };
    let (first, second) = (office.ticket(), office.ticket());
    let mut waits = (
        std::pin::pin!(first.answer(CaptureNumber(1))),
        std::pin::pin!(second.answer(CaptureNumber(2))),
    );
    assert!(waits.0.as_mut().now_or_never().is_none());
    for n in 100..200 {
        office.answer(n, "a", &tried(200, b"made up"));
    }
    assert!(kept().1 < 50, "{:?}", kept());
    assert!(waits.1.as_mut().now_or_never().is_none());
    for n in 100..200 {
        office.answer(n, "a", &tried(200, b"made up"));
    }
    assert_eq!(kept(), (2, 0));
    office.answer(2, "a", &tried(201, b"ok"));
    assert_eq!(waits.1.await.unwrap().status, 201);
}

#[tokio::test]
async fn nobody_begins_to_wait_when_the_server_stops() {
    let office = Office::open().await;
    let _seat = office.attend("a", SHORT).await.unwrap();
    let ticket = office.ticket();
    office.relay.close();
    let late = ticket.answer(CaptureNumber(1)).await;
    assert_eq!(late.unwrap_err(), desk::STOPPED);
}
