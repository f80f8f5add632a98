//! The embedded engine: the contract, and what it promises beyond it.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use hookwell::config::StoreConfig;
use hookwell::model::Clock;
use hookwell::store::{self, Error};

use super::{Opening, Place, assert_fails, draft, run, store_contract};
use crate::support::beside;

fn open(folder: &Path, clock: Clock) -> Opening<'_> {
    Box::pin(async move {
        let data = folder.join("data");
        store::open(&StoreConfig::sqlite(data), clock).await
    })
}

store_contract! { sqlite }

fn database(place: &Place) -> std::path::PathBuf {
    place.folder.path().join("data/hookwell.db")
}

#[test]
fn a_folder_serves_one_store_at_a_time() {
    run(open, |place| async move {
        assert_fails!(place.try_open().await, Error::InUse { .. });
        place.store.close().await;
        place.try_open().await.unwrap();
    });
}

#[test]
fn a_folder_is_free_again_while_processes_are_started() {
    // Each has all open files of this one until it is another program. Asking for a user, also for one's own, makes that take longer.
    let start = |_: usize, is_over: &AtomicBool| {
        while !is_over.load(Ordering::Relaxed) {
            let user = rustix::process::getuid().as_raw();
            Command::new("true").uid(user).status().unwrap();
        }
    };
    beside(8, start, || {
        run(open, |mut place| async move {
            for _ in 0..300 {
                place.reopen().await;
            }
        });
    });
}

#[test]
fn a_database_of_a_newer_version_is_left_alone() {
    run(open, |place| async move {
        place.store.close().await;
        let connection = rusqlite::Connection::open(database(&place)).unwrap();
        let version: i64 = connection
            .pragma_query_value(None, "user_version", |found| found.get(0))
            .unwrap();
        connection
            .pragma_update(None, "user_version", version + 1)
            .unwrap();
        drop(connection);
        match place.try_open().await {
            Err(Error::TooNew { found, known, .. }) => {
                assert_eq!((found, known), (version + 1, version));
            }
            other => panic!("{other:?}"),
        }
        let connection = rusqlite::Connection::open(database(&place)).unwrap();
        connection
            .pragma_update(None, "user_version", version)
            .unwrap();
        drop(connection);
        place.try_open().await.unwrap();
    });
}

#[test]
fn keys_are_nowhere_in_the_files() {
    run(open, |place| async move {
        let (bin, key) = place.bin_with(super::with_alias("audited")).await;
        place.append(&bin, "{}").await;
        let found = place.store.bin_by_key(key.hash()).await.unwrap();
        assert_eq!(found.id, bin.id);
        let digits = key.to_string();
        let uuid: uuid::Uuid = digits.parse().unwrap();
        let mut seen = false;
        for file in std::fs::read_dir(place.folder.path().join("data")).unwrap() {
            let bytes = std::fs::read(file.unwrap().path()).unwrap();
            let holds = |needle: &[u8]| memchr::memmem::find(&bytes, needle).is_some();
            seen |= holds(key.hash().as_bytes());
            assert!(!holds(digits.as_bytes()) && !holds(digits.to_uppercase().as_bytes()));
            assert!(!holds(uuid.as_bytes()));
        }
        assert!(seen, "the key's hash is in one of the files");
    });
}

#[test]
fn only_the_owner_of_the_folder_can_read_it() {
    run(open, |place| async move {
        let bin = place.bin().await;
        place.append(&bin, "{}").await;
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let folder = place.folder.path().join("data");
        assert_eq!(mode(&folder), 0o700);
        for file in std::fs::read_dir(&folder).unwrap() {
            let file = file.unwrap();
            // What is held in reserve holds nothing.
            if file.file_name() != "reserve" {
                assert_eq!(mode(&file.path()), 0o600, "{file:?}");
            }
        }
    });
}

#[test]
fn what_was_deleted_leaves_the_files() {
    run(open, |mut place| async move {
        let bin = place.bin().await;
        let marker = b"marker-of-what-was-deleted-7f1c";
        let mut body = marker.repeat(2000);
        body.extend([b'x'; 100]);
        place.append(&bin, &body).await;
        place.store.append(&bin, draft(marker)).await.unwrap();
        place.store.clear(&bin).await.unwrap();
        place.reopen().await;
        // Rows are deleted while nothing waits, then the log is emptied.
        let left = || {
            std::fs::read_dir(place.folder.path().join("data"))
                .unwrap()
                .any(|file| {
                    let bytes = std::fs::read(file.unwrap().path()).unwrap();
                    memchr::memmem::find(&bytes, marker).is_some()
                })
        };
        crate::support::eventually("the bytes leave the files", || (!left()).then_some(()));
    });
}
