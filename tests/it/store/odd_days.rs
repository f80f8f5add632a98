//! How captures over PostgreSQL go on where days cannot be made or ended as they should be.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hookwell::model::Clock;
use tokio_postgres::NoTls;

use super::days::{FIRST, at, living, now};
use super::postgres::{connect, database, open, sql};
use super::{DAY, START, numbers, run};
use crate::support::postgres::{self, PASSWORD};

#[test]
fn bins_end_although_days_cannot() {
    const MANY: usize = 120;
    run(open, |place| async move {
        for _ in 0..MANY {
            place.bin().await;
        }
        sql(
            &place,
            "ALTER TABLE captures DETACH PARTITION captures_kept",
        );
        place.pass(8 * DAY);
        let now = place.clock.now();
        let told = loop {
            if let Err(told) = place.store.sweep(now).await {
                break told;
            }
        };
        assert!(told.to_string().contains("captures_kept"), "{told}");
        let alive = "SELECT count(*) FROM bins WHERE gone_at IS NULL";
        assert_eq!(sql(&place, alive), "0");
    });
}

#[test]
fn a_day_that_cannot_be_made_holds_up_no_other() {
    run(open, |place| async move {
        let next = FIRST + 1;
        let sql = |query: &str| sql(&place, query);
        sql(&format!("DROP TABLE captures_{FIRST}, captures_{next}"));
        sql(&format!("CREATE TYPE captures_{FIRST} AS ENUM ()"));
        let told = place.store.sweep(place.clock.now()).await.unwrap_err();
        assert!(told.to_string().contains("already exists"), "{told}");
        assert_eq!((place.day(FIRST), place.day(next)), (None, Some(0)));
    });
}

#[test]
fn whoever_may_not_make_tables_keeps_captures_and_holds_up_nobody() {
    run(open, |place| async move {
        let url = database(place.folder.path());
        let name = url.rsplit('/').next().unwrap();
        let roles = format!(
            "DROP TABLE captures_{FIRST}; CREATE ROLE of_days LOGIN PASSWORD '{PASSWORD}';
             GRANT ALL ON ALL TABLES IN SCHEMA public TO of_days; GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO of_days"
        );
        sql(&place, &roles);
        let node = postgres::shared().url("of_days", PASSWORD, name);
        let node = connect(&node, place.clock.clone()).await.unwrap();
        let bin = place.bin().await;
        node.append(&bin, now(&place, "{}")).await.unwrap();
        assert_eq!(place.rows("captures_late"), Some(1));

        // Whoever reads what is late is not in its way, and so nobody waits behind it.
        let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
        let connection = tokio::spawn(connection);
        let read = "BEGIN; LOCK TABLE captures_late IN ACCESS SHARE MODE";
        client.batch_execute(read).await.unwrap();
        let told = node.sweep(place.clock.now()).await.unwrap_err();
        assert!(told.to_string().contains("permission denied"), "{told}");
        assert_eq!(place.rows("captures_late"), Some(0));
        assert_eq!(numbers(&*node, &bin, 0).await, [1]);
        node.close().await;
        drop(client);
        connection.await.unwrap().unwrap();
    });
}

#[test]
fn clocks_that_differ_cost_no_capture() {
    run(open, |place| async move {
        let place = Arc::new(place);
        let url = database(place.folder.path());
        let mut nodes = vec![Arc::clone(&place.store)];
        let mut clocks = vec![place.clock.clone()];
        for days in [-40, 11] {
            let clock = Clock::manual(START.minus_micros(-days * DAY));
            nodes.push(connect(&url, clock.clone()).await.unwrap());
            clocks.push(clock);
        }
        let (bin, _) = place.bin_with(living(7)).await;
        let is_over = Arc::new(AtomicBool::new(false));
        let mut senders = tokio::task::JoinSet::new();
        for (node, clock) in nodes.iter().zip(&clocks) {
            let (over, node, bin, clock) = (
                Arc::clone(&is_over),
                Arc::clone(node),
                Arc::clone(&bin),
                clock.clone(),
            );
            senders.spawn(async move {
                let mut sent = 0;
                while !over.load(Ordering::SeqCst) {
                    let draft = at(clock.now(), "{}");
                    node.append(&bin, draft).await.unwrap();
                    sent += 1;
                }
                sent
            });
        }
        for (node, clock) in nodes.iter().zip(&clocks).cycle().take(9) {
            while node.sweep(clock.now()).await.unwrap() {}
        }
        is_over.store(true, Ordering::SeqCst);
        let sent: u64 = senders.join_all().await.into_iter().sum();
        assert_eq!(place.numbers(&bin).await, (1..=sent).collect::<Vec<_>>());
    });
}
