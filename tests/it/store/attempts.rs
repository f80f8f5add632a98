//! Attempts: kept as they were, and gone with their capture.

use bytes::Bytes;
use hookwell::model::{
    Answer, Attempt, AttemptKind, Bin, Body, BodyState, CaptureNumber, Failure, FailureCause,
    Headers, Keep, Sent, Settings, Try,
};
use hookwell::store::{Change, Error};

use super::{Place, START, assert_fails, hear};

fn tried(body: Vec<u8>) -> Try {
    Try {
        kind: AttemptKind::Replay,
        url: "https://example.com/hooks".to_owned(),
        started_at: START,
        took_us: 14_000,
        sent: Sent {
            method: "POST".to_owned(),
            headers: Headers::from_fields([(&b"X-Odd"[..], &b"caf\xe9"[..])]),
            size: 2,
        },
        answer: Some(Answer {
            status: 502,
            headers: Headers::from_fields([
                (&b"set-cookie"[..], &b"a"[..]),
                (&b"set-cookie"[..], &b"b"[..]),
            ]),
            size: body.len() as u64,
            body: Body {
                bytes: body.into(),
                state: BodyState::Aborted,
                sent: Some(9),
            },
        }),
        failure: Some(Failure::new(FailureCause::Closed, "It ended.")),
    }
}

/// A try that was answered with this status.
pub(super) fn answered(status: u16) -> Try {
    let mut tried = tried(b"ok".to_vec());
    if let Some(answer) = &mut tried.answer {
        answer.status = status;
    }
    tried
}

const NONE: [u64; 0] = [];

async fn add(place: &Place, bin: &Bin, n: u64, tried: Try) -> Attempt {
    let added = place.store.add_attempt(bin, CaptureNumber(n), tried).await;
    added.unwrap()
}

async fn ids(place: &Place, bin: &Bin, n: u64) -> Vec<u64> {
    let attempts = place.store.attempts(bin, CaptureNumber(n)).await.unwrap();
    attempts.iter().map(|attempt| attempt.id).collect()
}

pub(super) async fn an_attempt_is_read_as_it_was_kept(mut place: Place) {
    let bin = place.bin().await;
    place.fill(&bin, 2).await;
    let silent = Try {
        kind: AttemptKind::Target,
        answer: None,
        failure: Some(Failure::new(FailureCause::Dns, "No such name.")),
        ..tried(Vec::new())
    };
    let mut changes = place.store.changes();
    let first = add(&place, &bin, 2, tried(b"answer".to_vec())).await;
    let told = Change::Attempted(bin.id, CaptureNumber(2));
    hear(&mut changes, &told).await;
    let second = add(&place, &bin, 2, silent).await;
    assert!(second.id > first.id);
    for _ in 0..2 {
        let n = CaptureNumber(2);
        let found = place.store.attempt(&bin, n, first.id).await.unwrap();
        assert_eq!(found.as_ref(), Some(&first));
        let mut line = first.clone();
        line.tried.answer.as_mut().unwrap().body.bytes = Bytes::new();
        let listed = place.store.attempts(&bin, n).await.unwrap();
        assert_eq!(listed, [second.clone(), line]);
        assert_eq!(ids(&place, &bin, 1).await, NONE);
        let elsewhere = place.store.attempt(&bin, CaptureNumber(1), first.id).await;
        assert_eq!(elsewhere.unwrap(), None);
        place.reopen().await;
    }
}

pub(super) async fn attempts_go_with_their_capture(place: Place) {
    let keep = Keep {
        captures: 3,
        bytes: 0,
        days: 0,
    };
    let (bin, _) = place
        .bin_with(Settings {
            keep,
            ..Settings::default()
        })
        .await;
    let other = place.bin().await;
    place.fill(&other, 1).await;
    add(&place, &other, 1, tried(Vec::new())).await;
    place.fill(&bin, 3).await;
    for n in 1..=3 {
        add(&place, &bin, n, tried(Vec::new())).await;
    }
    place.fill(&bin, 1).await;
    assert_eq!(ids(&place, &bin, 1).await, NONE);
    place
        .store
        .delete_capture(&bin, CaptureNumber(2))
        .await
        .unwrap();
    for n in [1, 2, 9, u64::MAX] {
        assert_eq!(ids(&place, &bin, n).await, NONE);
        let added = place
            .store
            .add_attempt(&bin, CaptureNumber(n), tried(Vec::new()))
            .await;
        assert_fails!(added, Error::UnknownCapture);
    }
    assert_eq!(ids(&place, &bin, 3).await.len(), 1);
    place.store.clear(&bin).await.unwrap();
    assert_eq!(ids(&place, &bin, 3).await, NONE);
    assert_eq!(ids(&place, &other, 1).await.len(), 1);
    place.store.delete_bin(&bin).await.unwrap();
    let added = place
        .store
        .add_attempt(&bin, CaptureNumber(3), tried(Vec::new()))
        .await;
    assert_fails!(added, Error::Gone { .. });
}

pub(super) async fn the_oldest_attempts_make_room(place: Place) {
    let bin = place.bin().await;
    place.fill(&bin, 2).await;
    let first = add(&place, &bin, 1, tried(Vec::new())).await;
    for _ in 0..Attempt::KEPT {
        add(&place, &bin, 1, tried(Vec::new())).await;
    }
    let kept = ids(&place, &bin, 1).await;
    assert_eq!(kept.len(), Attempt::KEPT);
    assert!(!kept.contains(&first.id));
    // 64 MiB of answers of a bin, and more.
    let mut large = Vec::new();
    for _ in 0..70 {
        large.push(add(&place, &bin, 2, tried(vec![b'x'; 1 << 20])).await.id);
    }
    let kept = ids(&place, &bin, 2).await;
    assert!((60..=64).contains(&kept.len()), "{}", kept.len());
    assert_eq!(kept.first(), large.last());
}
