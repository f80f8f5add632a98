//! How captures over PostgreSQL lie by days, and how a day ends.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hookwell::model::{Bin, CaptureNumber, Draft, Keep, MarksChange, Settings, Timestamp};
use hookwell::store::Error;
use tokio_postgres::NoTls;

use super::postgres::{connect, database, open, sql, until};
use super::{DAY, Place, START, assert_fails, draft, run};
use crate::support::postgres;

/// The day on which places begin, since 1970.
pub(super) const FIRST: i64 = 20_782;

/// A small request that comes now.
pub(super) fn now(place: &Place, body: impl AsRef<[u8]>) -> Draft {
    at(place.clock.now(), body)
}

pub(super) fn at(time: Timestamp, body: impl AsRef<[u8]>) -> Draft {
    let mut draft = draft(body);
    draft.envelope.received_at = time;
    draft
}

/// Settings with which a bin lives so many days after its last capture, and keeps any number of them.
pub(super) fn living(days: u32) -> Settings {
    let keep = Keep {
        captures: 0,
        bytes: 0,
        days,
    };
    Settings {
        keep,
        ..Settings::default()
    }
}

impl Place {
    /// Sweeps until there is nothing more to do.
    async fn sweep(&self) {
        while self.store.sweep(self.clock.now()).await.unwrap() {}
    }

    /// How many rows a table holds; none when it is not there.
    pub(super) fn rows(&self, table: &str) -> Option<u64> {
        let is_there = sql(self, &format!("SELECT to_regclass('{table}') IS NOT NULL"));
        (is_there == "t").then(|| {
            let rows = sql(self, &format!("SELECT count(*) FROM {table}"));
            rows.parse().unwrap()
        })
    }

    pub(super) fn day(&self, day: i64) -> Option<u64> {
        self.rows(&format!("captures_{day}"))
    }

    /// Waits until what is gone is purged, but for what is left to its day.
    async fn purged(&self, bin: &Bin) {
        let query = format!(
            "SELECT purged = last_n FROM bins WHERE serial = {}",
            bin.serial
        );
        until("it is purged", async || {
            (sql(self, &query) == "t").then_some(())
        })
        .await;
    }
}

#[test]
fn a_day_that_is_over_is_dropped_and_what_can_be_read_of_it_stays() {
    run(open, |place| async move {
        let left = place.bin().await;
        let used = place.bin().await;
        let (long, _) = place.bin_with(living(0)).await;
        for bin in [&left, &used, &long] {
            for body in ["one", "two", "three"] {
                place.store.append(bin, now(&place, body)).await.unwrap();
            }
        }
        let change = MarksChange {
            pinned: Some(true),
            note: Some("look at this".into()),
        };
        let marked = CaptureNumber(1);
        place.store.mark(&used, marked, change).await.unwrap();
        let before = place.store.capture(&used, marked).await.unwrap();
        assert_eq!(place.day(FIRST), Some(6));
        assert_eq!(place.rows("captures_kept"), Some(3));

        place.pass(6 * DAY);
        place.sweep().await;
        place
            .store
            .append(&used, now(&place, "four"))
            .await
            .unwrap();
        assert_eq!(place.day(FIRST + 6), Some(1));

        // The bin that nobody sent to ends. What came to it is not deleted row by row.
        place.pass(2 * DAY);
        place.sweep().await;
        assert_fails!(
            place.store.append(&left, draft("{}")).await,
            Error::Gone { .. }
        );
        place.purged(&left).await;
        assert_eq!(place.day(FIRST), Some(6));

        // The day ends, with what came to that bin.
        place.pass(DAY);
        place.sweep().await;
        assert_eq!(place.day(FIRST), None);
        assert_eq!(place.rows("captures_kept"), Some(6));
        assert_eq!(place.rows("captures"), Some(7));
        assert_eq!(place.numbers(&used).await, [1, 2, 3, 4]);
        assert_eq!(place.store.capture(&used, marked).await.unwrap(), before);
        assert_eq!(place.numbers(&long).await, [1, 2, 3]);

        // What moved is deleted like any other, and numbering goes on.
        let n = place
            .store
            .append(&used, now(&place, "five"))
            .await
            .unwrap();
        assert_eq!(n, CaptureNumber(5));
        place
            .store
            .delete_capture(&used, CaptureNumber(2))
            .await
            .unwrap();
        assert_eq!(place.numbers(&used).await, [1, 3, 4, 5]);
        place.store.clear(&used).await.unwrap();
        place.purged(&used).await;
        assert_eq!(place.rows("captures"), Some(3));
        assert_eq!(place.rows("marks"), Some(0));
    });
}

#[test]
fn what_comes_for_a_day_without_a_table_is_kept_all_the_same() {
    run(open, |place| async move {
        sql(&place, &format!("DROP TABLE captures_{FIRST}"));
        let bin = place.bin().await;
        place
            .store
            .append(&bin, now(&place, "today"))
            .await
            .unwrap();
        let clock_is_wrong = START.minus_micros(20_000 * DAY);
        let wrong = at(clock_is_wrong, "long ago");
        place.store.append(&bin, wrong.clone()).await.unwrap();
        let (left, _) = place.bin_with(living(1)).await;
        place.store.append(&left, wrong).await.unwrap();
        assert_eq!(place.rows("captures_late"), Some(3));
        assert_eq!(place.numbers(&bin).await, [1, 2]);

        // The bin that ends leaves its row to a day that it is not of.
        place.pass(2 * DAY);
        place.store.sweep(place.clock.now()).await.unwrap();
        place.purged(&left).await;
        place.sweep().await;
        assert_eq!(place.rows("captures_late"), Some(0));
        assert_eq!(place.rows("captures_kept"), Some(2));
        assert_eq!(place.numbers(&bin).await, [1, 2]);
        assert_eq!(place.day(FIRST + 2), Some(0));

        // Where nothing can be kept, nothing is moved, and the operator is told.
        sql(
            &place,
            "ALTER TABLE captures DETACH PARTITION captures_kept",
        );
        let told = place.store.sweep(place.clock.now()).await.unwrap_err();
        assert!(
            told.to_string().contains("captures_kept is not part"),
            "{told}"
        );
    });
}

#[test]
fn a_day_is_made_although_captures_of_it_were_late() {
    run(open, |place| async move {
        let bin = place.bin().await;
        sql(&place, &format!("DROP TABLE captures_{FIRST}"));
        place.fill(&bin, 20).await;
        let node = place.try_open().await.unwrap();
        assert_eq!(place.day(FIRST), Some(0));
        let n = node.append(&bin, now(&place, "in time")).await.unwrap();
        assert_eq!(place.day(FIRST), Some(1));
        assert_eq!(place.numbers(&bin).await, (1..=n.0).collect::<Vec<_>>());
    });
}

#[test]
fn nothing_is_lost_while_a_day_ends() {
    const MANY: u64 = 700;
    run(open, |place| async move {
        let place = Arc::new(place);
        let (read, _) = place.bin_with(living(7)).await;
        let (deleted, _) = place.bin_with(living(7)).await;
        for bin in [&read, &deleted] {
            let appends = (0..MANY).map(|at| place.store.append(bin, draft(at.to_string())));
            let numbers = futures_util::future::join_all(appends).await;
            assert!(numbers.iter().all(Result::is_ok));
        }
        let large = vec![b'x'; 7 << 20];
        let (heavy, _) = place.bin_with(living(7)).await;
        for _ in 0..5 {
            place.append(&heavy, &large).await;
        }
        assert_eq!(place.day(FIRST), Some(2 * MANY + 5));
        place.pass(6 * DAY);
        for bin in [&read, &deleted, &heavy] {
            place.store.append(bin, now(&place, "again")).await.unwrap();
        }
        place.pass(3 * DAY);

        let is_over = Arc::new(AtomicBool::new(false));
        let mut beside = tokio::task::JoinSet::new();
        let (over, of, bin) = (Arc::clone(&is_over), Arc::clone(&place), Arc::clone(&read));
        beside.spawn(async move {
            while !over.load(Ordering::SeqCst) {
                let n = of.store.append(&bin, now(&of, "meanwhile")).await.unwrap();
                assert_eq!(of.numbers(&bin).await, (1..=n.0).collect::<Vec<_>>());
            }
        });
        let (of, bin) = (Arc::clone(&place), Arc::clone(&deleted));
        beside.spawn(async move {
            for n in (1..=MANY).rev().step_by(7) {
                of.store
                    .delete_capture(&bin, CaptureNumber(n))
                    .await
                    .unwrap();
            }
        });
        place.sweep().await;
        is_over.store(true, Ordering::SeqCst);
        beside.join_all().await;

        assert_eq!(place.day(FIRST), None);
        let gone: BTreeSet<_> = (1..=MANY).rev().step_by(7).collect();
        let left: Vec<_> = (1..=MANY + 1).filter(|n| !gone.contains(n)).collect();
        assert_eq!(place.numbers(&deleted).await, left);
        let read = place.numbers(&read).await.len();
        assert_eq!(place.rows("captures"), Some((read + left.len() + 6) as u64));
        let bodies = (1..=5).map(CaptureNumber).collect();
        let bodies = place.store.bodies(&heavy, bodies).await.unwrap();
        assert!(bodies.len() == 5 && bodies.iter().all(|(_, body)| **body == large));
    });
}

#[test]
fn a_database_without_days_is_brought_to_them() {
    run(open, |place| async move {
        let url = postgres::shared().database();
        let name = url.rsplit('/').next().unwrap();
        let steps = [
            "CREATE TABLE hookwell_schema (only_one BOOLEAN PRIMARY KEY CHECK (only_one), version BIGINT NOT NULL)",
            "INSERT INTO hookwell_schema VALUES (true, 3)",
            include_str!("../../../src/store/postgres/migrations/0001_init.sql"),
            include_str!("../../../src/store/postgres/migrations/0002_told.sql"),
            include_str!("../../../src/store/postgres/migrations/0003_seats.sql"),
        ];
        for step in steps {
            postgres::shared().sql(name, step);
        }
        // A node that knew nothing of days wrote this, and the same is written by one that goes on beside.
        let bin = place.bin().await;
        let insert = |n: u64| {
            let insert = format!(
                "INSERT INTO captures (serial, n, received_at, took_us, size, delay_ms, path_at, status, version, state, https, as_sent,
                   method, target, host, peer, headers, body)
                 VALUES (1, {n}, {}, 1, 2, 0, 0, 200, 1, 0, false, true, 'POST', '/x', 'h', '\\x7f0000010050', '', '{{}}')",
                START.as_micros()
            );
            postgres::shared().sql(name, &insert);
        };
        let make = format!(
            "INSERT INTO bins (id, key_hash, settings, keep_days, created_at, last_n, captures, active_day)
             VALUES ('\\x{}', '\\x{}', '{{}}', 7, {}, 2, 2, {FIRST})",
            bin.id.as_bytes().map(|byte| format!("{byte:02x}")).concat(),
            "00".repeat(32),
            START.as_micros()
        );
        postgres::shared().sql(name, &make);
        insert(1);
        let store = connect(&url, place.clock.clone()).await.unwrap();
        insert(2);
        let bin = store
            .bin(&hookwell::store::Address::Id(bin.id))
            .await
            .unwrap();
        assert_eq!(
            store.append(&bin, draft("{}")).await.unwrap(),
            CaptureNumber(3)
        );
        assert_eq!(super::numbers(&*store, &bin, 0).await, [1, 2, 3]);
        let lie = postgres::shared().sql(
            name,
            "SELECT string_agg((day - CASE n WHEN 2 THEN floor(extract(epoch FROM now()) / 86400) ELSE 0 END)::text, ' ' ORDER BY n)
             FROM captures",
        );
        assert_eq!(lie, format!("0 0 {FIRST}"));
        store.close().await;
    });
}

#[test]
fn whoever_reads_all_days_for_long_keeps_them_and_holds_up_nobody() {
    run(open, |place| async move {
        let bin = place.bin().await;
        place.append(&bin, "{}").await;
        place.store.clear(&bin).await.unwrap();
        place.pass(6 * DAY);
        place
            .store
            .append(&bin, now(&place, "again"))
            .await
            .unwrap();
        place.pass(3 * DAY);
        // As a dump of the database does.
        let url = database(place.folder.path());
        let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
        let connection = tokio::spawn(connection);
        let read = "BEGIN; LOCK TABLE captures IN ACCESS SHARE MODE";
        client.batch_execute(read).await.unwrap();
        let swept = place.store.sweep(place.clock.now());
        let appended = place.store.append(&bin, now(&place, "meanwhile"));
        let (swept, appended) = tokio::join!(swept, appended);
        assert_fails!(swept, Error::Unavailable(_));
        assert_eq!(appended.unwrap(), CaptureNumber(3));
        assert_eq!(place.numbers(&bin).await, [2, 3]);
        assert!(place.day(FIRST).is_some());
        client.batch_execute("COMMIT").await.unwrap();
        place.sweep().await;
        assert_eq!(
            (place.day(FIRST), place.rows("captures_late")),
            (None, Some(0))
        );
        assert_eq!(place.numbers(&bin).await, [2, 3]);
        drop(client);
        connection.await.unwrap().unwrap();
    });
}

#[test]
fn days_are_made_while_captures_of_them_come() {
    const SENDERS: usize = 8;
    run(open, |place| async move {
        let place = Arc::new(place);
        let (bin, _) = place.bin_with(living(7)).await;
        let is_over = Arc::new(AtomicBool::new(false));
        let mut senders = tokio::task::JoinSet::new();
        for _ in 0..SENDERS {
            let (over, of, bin) = (Arc::clone(&is_over), Arc::clone(&place), Arc::clone(&bin));
            senders.spawn(async move {
                let mut sent = 0;
                while !over.load(Ordering::SeqCst) {
                    of.store.append(&bin, now(&of, "{}")).await.unwrap();
                    sent += 1;
                }
                sent
            });
        }
        for _ in 0..12 {
            // A clock that jumps: what comes has no table until the next round.
            place.pass(3 * DAY);
            place.sweep().await;
        }
        is_over.store(true, Ordering::SeqCst);
        let sent: u64 = senders.join_all().await.into_iter().sum();
        assert_eq!(place.numbers(&bin).await, (1..=sent).collect::<Vec<_>>());
    });
}
