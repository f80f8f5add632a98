//! The engine for many nodes: the contract, and what it promises beyond it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hookwell::config::{StoreConfig, StoreUrl};
use hookwell::model::{Bin, BinId, BinKey, CaptureNumber, Clock, Settings};
use hookwell::store::seats::Seated;
use hookwell::store::{self, Address, Change, Error, Job, Store};
use rustix::process::{Pid, Signal};
use tokio::task::JoinSet;

use super::{
    Opening, Place, START, assert_fails, draft, hear, in_time, numbers, run, store_contract,
    with_alias,
};
use crate::support::PATIENCE;
use crate::support::postgres::{self, Cluster, PASSWORD};

/// The database that goes with a folder.
pub(super) fn database(folder: &Path) -> String {
    static MADE: Mutex<Option<HashMap<PathBuf, String>>> = Mutex::new(None);
    let mut made = MADE.lock().unwrap();
    let made = made.get_or_insert_default();
    let url = made.entry(folder.to_owned());
    url.or_insert_with(|| postgres::shared().database()).clone()
}

/// The database's name, out of its address.
fn name(url: &str) -> &str {
    url.rsplit('/').next().unwrap()
}

pub(super) async fn connect(url: &str, clock: Clock) -> store::Result<Arc<dyn Store>> {
    let config = StoreConfig {
        store: StoreUrl::read(url).unwrap(),
        ..StoreConfig::sqlite("nowhere".into())
    };
    store::open(&config, clock).await
}

pub(super) fn open(folder: &Path, clock: Clock) -> Opening<'_> {
    Box::pin(async move { connect(&database(folder), clock).await })
}

store_contract! { postgres }

/// Runs SQL in the database of a place.
pub(super) fn sql(place: &Place, sql: &str) -> String {
    postgres::shared().sql(name(&database(place.folder.path())), sql)
}

/// The message of a start that must fail, which never holds the password.
async fn refused(url: &str) -> String {
    match connect(url, Clock::System).await {
        Err(error @ Error::Database { .. }) => {
            let message = error.to_string();
            assert!(!message.contains(PASSWORD) && !format!("{error:?}").contains(PASSWORD));
            message
        }
        other => panic!("{other:?}"),
    }
}

/// Asks again and again until the answer is the one that is wanted.
pub(super) async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let asked = async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let answer = tokio::time::timeout(PATIENCE, asked).await;
    answer.unwrap_or_else(|_| panic!("waited in vain: {what}"))
}

#[test]
fn a_node_hears_of_and_reads_what_another_did() {
    run(open, |place| async move {
        let other = place.try_open().await.unwrap();
        let mut feed = other.changes();
        let bin = place.bin().await;
        let n = place.append(&bin, "from the other node").await;
        hear(&mut feed, &Change::Captured(bin.id, n)).await;
        let read = other.capture(&bin, n).await.unwrap();
        assert_eq!(read.body, "from the other node");
        place.store.clear(&bin).await.unwrap();
        hear(&mut feed, &Change::Cleared(bin.id, n)).await;
        assert_fails!(other.capture(&bin, n).await, Error::UnknownCapture);
    });
}

#[test]
fn numbers_of_two_nodes_have_no_gaps_and_come_in_order() {
    const TASKS: u64 = 8;
    const EACH: u64 = 40;
    run(open, |place| async move {
        let other = place.try_open().await.unwrap();
        let bin = place.bin().await;
        let mut feed = other.changes();
        let watched = Arc::clone(&bin);
        let reader = Arc::clone(&other);
        let watching = tokio::spawn(async move {
            let mut last = 0;
            while last < TASKS * EACH {
                for change in feed.recv().await.unwrap().iter() {
                    let Change::Captured(_, n) = change else {
                        panic!("{change:?}");
                    };
                    assert!(n.0 > last, "{n} after {last}");
                    // All that is newer than what was read is there when it is announced, without a gap.
                    let new = numbers(&*reader, &watched, last).await;
                    assert_eq!(
                        new,
                        (last + 1..=last + new.len() as u64).collect::<Vec<_>>()
                    );
                    assert!(new.last() >= Some(&n.0));
                    last = n.0;
                }
            }
        });
        let mut tasks = JoinSet::new();
        for task in 0..TASKS {
            let store = if task % 2 == 0 { &place.store } else { &other };
            let (store, bin) = (Arc::clone(store), Arc::clone(&bin));
            tasks.spawn(async move {
                let mut given = Vec::new();
                for _ in 0..EACH {
                    given.push(store.append(&bin, draft("{}")).await.unwrap().0);
                }
                given
            });
        }
        let mut given: Vec<u64> = tasks.join_all().await.into_iter().flatten().collect();
        given.sort_unstable();
        assert_eq!(given, (1..=TASKS * EACH).collect::<Vec<_>>());
        tokio::time::timeout(PATIENCE, watching)
            .await
            .unwrap()
            .unwrap();
    });
}

#[test]
fn a_setting_of_one_node_holds_on_all() {
    run(open, |place| async move {
        let other = place.try_open().await.unwrap();
        let (bin, key) = place.bin_with(with_alias("first")).await;
        let (id, alias) = (
            Address::Id(bin.id),
            Address::Alias("first".parse().unwrap()),
        );
        for address in [&id, &alias] {
            assert_eq!(other.bin(address).await.unwrap(), bin);
        }
        assert_eq!(other.bin_by_key(key.hash()).await.unwrap(), bin);
        let renamed = Settings {
            name: "renamed".into(),
            ..with_alias("second")
        };
        place.store.update_bin(&bin, renamed).await.unwrap();
        until("the other node knows the setting", async || {
            let known = other.bin(&id).await.unwrap();
            (known.settings.name == "renamed").then_some(())
        })
        .await;
        // It may have read the one anew before it was told to forget the other.
        until("the other node knows the alias no more", async || {
            matches!(other.bin(&alias).await, Err(Error::UnknownBin)).then_some(())
        })
        .await;
        // An alias is known to be of a bin that is gone, then another bin has it.
        let second = Address::Alias("second".parse().unwrap());
        assert_eq!(other.bin(&second).await.unwrap().id, bin.id);
        place.store.delete_bin(&bin).await.unwrap();
        until("the other node knows that it is gone", async || {
            matches!(other.bin(&second).await, Err(Error::Gone { .. })).then_some(())
        })
        .await;
        let (new, _) = place.bin_with(with_alias("second")).await;
        until("the other node knows whose the alias is", async || {
            let found = other.bin(&second).await;
            found.is_ok_and(|found| found.id == new.id).then_some(())
        })
        .await;
    });
}

#[test]
fn a_job_is_of_one_node_until_it_ends() {
    run(open, |place| async move {
        let other = place.try_open().await.unwrap();
        let long = Duration::from_mins(10);
        assert!(place.store.lease(Job::Forward, long).await.unwrap());
        assert!(!other.lease(Job::Forward, long).await.unwrap());
        assert!(other.lease(Job::Sweep, long).await.unwrap());
        // One that does not take it anew has it no more.
        sql(
            &place,
            "UPDATE leases SET until = now() - interval '1 second' WHERE job = 'forward'",
        );
        assert!(other.lease(Job::Forward, long).await.unwrap());
        assert!(!place.store.lease(Job::Forward, long).await.unwrap());
        other.close().await;
        assert!(place.store.lease(Job::Forward, long).await.unwrap());
    });
}

/// A connection of a listener.
fn seated(name: &str, turn: u8) -> Seated {
    Seated {
        name: name.to_owned(),
        turn: [turn; 16],
        patience: Duration::from_secs(10),
    }
}

#[test]
fn a_seat_is_of_one_listener_on_all_nodes() {
    run(open, |place| async move {
        let other = place.try_open().await.unwrap();
        let long = Duration::from_mins(10);
        let (bin, n) = (place.bin().await, CaptureNumber(1));
        place.append(&bin, "{}").await;
        let mut feed = other.changes();
        let take = async |store: &Arc<dyn Store>, name, turn| {
            let seated = seated(name, turn);
            store.take_seat(&bin, &seated, long).await.unwrap()
        };
        assert!(take(&place.store, "a", 1).await);
        hear(&mut feed, &Change::Seated(bin.id)).await;
        let (id, found, left) = other.seats().await.unwrap().remove(0);
        assert_eq!((id, found), (bin.id, seated("a", 1)));
        assert!(left > Duration::from_mins(9) && left <= long);
        assert!(!take(&other, "b", 2).await);
        // The same listener came back through another node; the first has lost its seat.
        assert!(take(&other, "a", 3).await);
        let kept = place.store.keep_seats(vec![[1; 16], [3; 16]], long).await;
        assert_eq!(kept.unwrap(), [[3; 16]]);
        place.store.leave_seat(&bin, [1; 16]).await.unwrap();
        assert!(!take(&place.store, "b", 4).await);
        // Only what the listener with the seat tells of is an answer.
        let tell = async |name, status| {
            let tried = super::attempts::answered(status);
            let told = place.store.add_answer(&bin, n, tried, name).await;
            told.unwrap();
            let answer = other.answer(&bin, n).await.unwrap();
            answer.map(|tried| tried.answer.unwrap().status)
        };
        assert_eq!(tell("b", 500).await, None);
        assert_eq!(tell("a", 201).await, Some(201));
        hear(&mut feed, &Change::Answered(bin.id, n)).await;
        assert_eq!(tell("b", 500).await, Some(201));
        place
            .store
            .pass(vec![(bin.id, CaptureNumber(7))])
            .await
            .unwrap();
        hear(&mut feed, &Change::Answered(bin.id, CaptureNumber(7))).await;
        // A node that died keeps nothing; one that was held up has it again, unless another came.
        sql(
            &place,
            "UPDATE seats SET until = now() - interval '1 second'",
        );
        assert_eq!(other.seats().await.unwrap(), []);
        let kept = other.keep_seats(vec![[3; 16]], long).await;
        assert_eq!(kept.unwrap(), [[3; 16]]);
        other.leave_seat(&bin, [3; 16]).await.unwrap();
        // A node that asked for it a moment before does not bring it back.
        let kept = other.keep_seats(vec![[3; 16]], long).await;
        assert_eq!(kept.unwrap(), [[0; 16]; 0]);
        assert!(take(&place.store, "b", 5).await);
        let kept = other.keep_seats(vec![[3; 16]], long).await;
        assert_eq!(kept.unwrap(), [[0; 16]; 0]);
    });
}

#[test]
fn nodes_that_start_at_once_make_the_tables_once() {
    in_time(async {
        let url = postgres::shared().database();
        let opening = (0..4).map(|_| connect(&url, Clock::System));
        for opened in futures_util::future::join_all(opening).await {
            opened.unwrap().check_ready().await.unwrap();
        }
    });
}

#[test]
fn a_database_that_cannot_be_used_is_refused_with_the_reason() {
    in_time(async {
        let url = postgres::shared().database();
        let (host, _) = url.rsplit_once('/').unwrap();
        let place = host.rsplit_once('@').unwrap().1;
        let message = refused(&url.replace(PASSWORD, "wrong")).await;
        assert!(message.contains("password authentication failed") && message.contains(place));
        let message = refused(&format!("{host}/nowhere")).await;
        assert!(
            message.contains(r#"database "nowhere" does not exist"#),
            "{message}"
        );
        // Nobody listens on the port of "tcpmux".
        let message = refused(&format!("postgres://hookwell:{PASSWORD}@127.0.0.1:1/hooks")).await;
        assert!(
            message.contains("127.0.0.1:1/hooks: error connecting"),
            "{message}"
        );
        let message = refused(&format!(
            "postgres://hookwell:{PASSWORD}@127.0.0.1:no/hooks"
        ))
        .await;
        assert!(message.contains("not readable"), "{message}");
        let message = refused(&format!("mysql://hookwell:{PASSWORD}@127.0.0.1/hooks")).await;
        assert!(message.contains("neither `sqlite` nor"), "{message}");
        postgres::shared().sql(
            "postgres",
            "CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0",
        );
        let message = refused(&format!("{host}/latin")).await;
        assert!(message.contains("encoded in LATIN1"), "{message}");
    });
}

#[test]
fn every_column_is_missed_when_it_is_not_there() {
    run(open, |place| async move {
        let columns = sql(
            &place,
            "SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = 'public'
              AND NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = table_name::regclass) ORDER BY 1",
        );
        assert!(columns.lines().count() > 100, "{columns}");
        for column in columns.lines() {
            let (table, name) = column.split_once('.').unwrap();
            let rename = |from: &str, to: &str| {
                sql(
                    &place,
                    &format!("ALTER TABLE {table} RENAME COLUMN {from} TO {to}"),
                );
            };
            rename(name, "elsewhere");
            let is_ready = place.store.check_ready().await.unwrap_err().to_string();
            let said = format!("the column {column} is missing");
            assert!(is_ready.contains(&said), "{column}: {is_ready}");
            rename("elsewhere", name);
        }
        place.store.check_ready().await.unwrap();
    });
}

#[test]
fn a_database_of_a_newer_version_is_left_alone() {
    run(open, |place| async move {
        place.store.close().await;
        let found: i64 = sql(
            &place,
            "UPDATE hookwell_schema SET version = version + 1 RETURNING version",
        )
        .parse()
        .unwrap();
        let message = refused(&database(place.folder.path())).await;
        let want = format!(
            "schema version {found}, this hookwell knows versions up to {}",
            found - 1
        );
        assert!(message.contains(&want), "{message}");
        sql(&place, "UPDATE hookwell_schema SET version = version - 1");
        place.try_open().await.unwrap();
    });
}

#[test]
fn a_row_that_the_database_refuses_costs_only_its_sender() {
    run(open, |place| async move {
        let bin = place.bin().await;
        sql(
            &place,
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
             BEGIN RAISE EXCEPTION 'not this one' USING ERRCODE = '23514'; END $$;
             CREATE TRIGGER refuse BEFORE INSERT ON captures FOR EACH ROW WHEN (NEW.body = 'bad') EXECUTE FUNCTION refuse()",
        );
        let mut tasks = JoinSet::new();
        for i in 0..40 {
            let (store, bin) = (Arc::clone(&place.store), Arc::clone(&bin));
            let body = if i == 20 { "bad" } else { "good" };
            tasks.spawn(async move { (body, store.append(&bin, draft(body)).await) });
        }
        for (body, answered) in tasks.join_all().await {
            match body {
                "bad" => assert_fails!(answered, Error::Server { .. }),
                _ => assert!(answered.is_ok(), "{answered:?}"),
            }
        }
        assert_eq!(place.numbers(&bin).await, (1..=39).collect::<Vec<_>>());
    });
}

#[test]
fn a_full_disk_at_the_database_is_told_as_such() {
    run(open, |place| async move {
        let bin = place.bin().await;
        // As the server says it: nothing of a test can fill its disk without filling ours.
        sql(
            &place,
            "CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS $$
             BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$;
             CREATE TRIGGER fill BEFORE INSERT ON captures FOR EACH ROW EXECUTE FUNCTION fill()",
        );
        assert_fails!(place.store.append(&bin, draft("{}")).await, Error::Full);
        sql(&place, "DROP TRIGGER fill ON captures");
        assert_eq!(place.append(&bin, "{}").await, CaptureNumber(1));
    });
}

#[test]
fn what_is_dropped_is_deleted_from_all_tables() {
    run(open, |place| async move {
        let (bin, other) = (place.bin().await, place.bin().await);
        place.fill(&bin, 300).await;
        place.append(&other, "{}").await;
        place.store.clear(&bin).await.unwrap();
        until("the rows are gone", async || {
            (sql(&place, "SELECT count(*) FROM captures") == "1").then_some(())
        })
        .await;
        assert_eq!(place.append(&bin, "{}").await, CaptureNumber(301));
        assert_eq!(place.numbers(&bin).await, [301]);
    });
}

/// Appends without a pause, and keeps the numbers that were given. The longest that an answer may take is ten seconds.
async fn append_all(
    store: Arc<dyn Store>,
    bin: Arc<Bin>,
    stop: Arc<std::sync::atomic::AtomicBool>,
) -> (Vec<u64>, u64) {
    let (mut given, mut refused) = (Vec::new(), 0);
    while !stop.load(std::sync::atomic::Ordering::Relaxed) {
        let answer = tokio::time::timeout(Duration::from_secs(10), store.append(&bin, draft("{}")));
        match answer.await.expect("an answer within its time") {
            Ok(n) => given.push(n.0),
            Err(Error::Unavailable(_)) => {
                refused += 1;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Err(other) => panic!("{other:?}"),
        }
    }
    (given, refused)
}

#[test]
fn nothing_acknowledged_is_lost_when_the_database_crashes() {
    let cluster = Arc::new(Cluster::start());
    in_time(async {
        let url = cluster.database();
        let clock = Clock::manual(START);
        let nodes = [
            connect(&url, clock.clone()).await.unwrap(),
            connect(&url, clock.clone()).await.unwrap(),
        ];
        let key = BinKey::random();
        let settings = Settings {
            keep: hookwell::model::Keep {
                captures: 0,
                bytes: 0,
                days: 0,
            },
            ..Settings::default()
        };
        let bin = nodes[0]
            .create_bin(BinId::random(), key.hash(), settings)
            .await
            .unwrap();
        let stop = Arc::<std::sync::atomic::AtomicBool>::default();
        let mut senders = JoinSet::new();
        for task in 0..8 {
            let store = Arc::clone(&nodes[task % 2]);
            senders.spawn(append_all(store, Arc::clone(&bin), Arc::clone(&stop)));
        }
        let mut feed = nodes[1].changes();
        feed.recv().await.unwrap();
        // Heard as it comes: what waits is overtaken by what is told later.
        let was_told =
            tokio::spawn(
                async move { while !feed.recv().await.is_ok_and(|batch| batch.is_empty()) {} },
            );
        let server = Arc::clone(&cluster);
        tokio::task::spawn_blocking(move || server.stop())
            .await
            .unwrap();
        for node in &nodes {
            let is_ready = tokio::time::timeout(Duration::from_secs(10), node.check_ready()).await;
            assert_fails!(is_ready.unwrap(), Error::Unavailable(_));
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        let server = Arc::clone(&cluster);
        tokio::task::spawn_blocking(move || server.start_again())
            .await
            .unwrap();
        for node in &nodes {
            until("captures are taken again", async || {
                node.append(&bin, draft("after")).await.ok()
            })
            .await;
            node.check_ready().await.unwrap();
        }
        // Readers are told to look for themselves, and hear of what comes then.
        let mut heard = nodes[1].changes();
        until("the feed is back", async || {
            let n = nodes[0].append(&bin, draft("heard")).await.ok()?;
            let change = Change::Captured(bin.id, n);
            let hearing = async {
                while !heard
                    .recv()
                    .await
                    .is_ok_and(|batch| batch.contains(&change))
                {}
            };
            tokio::time::timeout(Duration::from_secs(1), hearing)
                .await
                .ok()
        })
        .await;
        tokio::time::timeout(PATIENCE, was_told)
            .await
            .expect("readers are told to look")
            .unwrap();
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        let sent = senders.join_all().await;
        assert!(
            sent.iter().any(|(_, refused)| *refused > 0),
            "nobody was refused"
        );
        let mut given: Vec<u64> = sent.into_iter().flat_map(|(given, _)| given).collect();
        given.sort_unstable();
        let there = numbers(&*nodes[1], &bin, 0).await;
        assert_eq!(
            there,
            (1..=there.len() as u64).collect::<Vec<_>>(),
            "no gaps"
        );
        assert!(
            given.windows(2).all(|pair| pair[0] < pair[1]),
            "none was given twice"
        );
        assert!(given.last() <= there.last());
    });
}

/// Halts the processes of a cluster that serve its first database, or lets them go on: nothing breaks, nothing answers.
fn freeze(processes: &[i32], signal: Signal) {
    for &process in processes {
        rustix::process::kill_process(Pid::from_raw(process).unwrap(), signal).unwrap();
    }
}

#[test]
fn a_database_that_hangs_holds_nobody_up() {
    let cluster = Cluster::start();
    in_time(async {
        let url = cluster.database();
        let store = connect(&url, Clock::manual(START)).await.unwrap();
        let made = store.create_bin(
            BinId::random(),
            BinKey::random().hash(),
            Settings::default(),
        );
        let bin = made.await.unwrap();
        store.append(&bin, draft("before")).await.unwrap();
        let sql = format!(
            "SELECT pid FROM pg_stat_activity WHERE datname = '{}'",
            name(&url)
        );
        let processes: Vec<i32> = cluster
            .sql("postgres", &sql)
            .lines()
            .map(|line| line.parse().unwrap())
            .collect();
        assert!(
            processes.len() >= 3,
            "writer, listener and pool: {processes:?}"
        );
        freeze(&processes, Signal::STOP);
        let long = Duration::from_secs(10);
        let append = tokio::time::timeout(long, store.append(&bin, draft("meanwhile"))).await;
        let usage = tokio::time::timeout(long, store.usage(&bin)).await;
        freeze(&processes, Signal::CONT);
        assert_fails!(
            append.expect("an answer within its time"),
            Error::Unavailable(_)
        );
        usage.expect("an answer within its time").ok(); // Another connection may have had it.
        let n = until("captures are taken again", async || {
            store.append(&bin, draft("after")).await.ok()
        })
        .await;
        assert_eq!(
            numbers(&*store, &bin, 0).await,
            (1..=n.0).collect::<Vec<_>>()
        );
    });
}
