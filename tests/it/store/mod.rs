//! The contract of `store`, for every engine: each behaviour becomes one test of each engine.
//!
//! An engine is a function that opens it over a folder with a clock: it gets one line at the end of this file, and its own
//! promises beyond the contract a test beside its name. Behaviours take a [`Place`] and know the trait alone.

mod attempts;
mod bins;
mod captures;
mod days;
mod deliveries;
mod durable;
mod feed;
mod forwards;
mod keep;
mod leases;
mod marks;
mod numbers;
mod odd_days;
mod postgres;
mod refusals;
mod rules;
mod search;
mod shares;
mod sqlite;

use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use hookwell::model::{
    Alias, Bin, BinId, BinKey, Body, Capture, CaptureLine, CaptureNumber, Clock, Draft, Envelope,
    Head, Headers, Reply, Scheme, Settings, Timestamp, Version,
};
use hookwell::store::{Change, ChangeFeed, Result, Store, Window};
use tempfile::TempDir;

use crate::support::{LONGEST, PATIENCE};

/// Opens an engine over a folder.
type Open = fn(&Path, Clock) -> Opening<'_>;

/// The store that is being opened.
type Opening<'a> = Pin<Box<dyn Future<Output = Result<Arc<dyn Store>>> + Send + 'a>>;

/// When the manual clock begins: 2026-11-25T09:30:12.123456Z.
const START: Timestamp = Timestamp::from_micros(1_795_599_012_123_456);

/// One day, in microseconds.
const DAY: i64 = 86_400_000_000;

/// A folder of its own, a clock that stands still, and the engine that is open over them.
struct Place {
    folder: TempDir,
    clock: Clock,
    open: Open,
    store: Arc<dyn Store>,
}

impl Place {
    /// Opens the engine a second time over the same folder.
    async fn try_open(&self) -> Result<Arc<dyn Store>> {
        (self.open)(self.folder.path(), self.clock.clone()).await
    }

    /// Closes the store and opens it again.
    async fn reopen(&mut self) {
        self.store.close().await;
        self.store = self.try_open().await.unwrap();
    }

    /// Lets so much time go by.
    fn pass(&self, micros: i64) {
        self.clock.set(self.clock.now().minus_micros(-micros));
    }

    /// A bin with default settings.
    async fn bin(&self) -> Arc<Bin> {
        self.bin_with(Settings::default()).await.0
    }

    /// A bin with these settings, and its key.
    async fn bin_with(&self, settings: Settings) -> (Arc<Bin>, BinKey) {
        let key = BinKey::random();
        let made = self
            .store
            .create_bin(BinId::random(), key.hash(), settings)
            .await;
        (made.unwrap(), key)
    }

    /// Appends a capture with this body.
    async fn append(&self, bin: &Arc<Bin>, body: impl AsRef<[u8]>) -> CaptureNumber {
        self.store.append(bin, draft(body)).await.unwrap()
    }

    /// Appends that many captures, one after the other.
    async fn fill(&self, bin: &Arc<Bin>, count: u64) {
        for _ in 0..count {
            self.append(bin, "{}").await;
        }
    }

    /// All numbers that can be read, oldest first.
    async fn numbers(&self, bin: &Bin) -> Vec<u64> {
        numbers(&*self.store, bin, 0).await
    }
}

/// The numbers above `after` that can be read, oldest first.
async fn numbers(store: &dyn Store, bin: &Bin, after: u64) -> Vec<u64> {
    let window = Window::After {
        after: CaptureNumber(after),
        limit: 1_000_000,
    };
    let lines = store.lines(bin, window).await.unwrap();
    lines.iter().map(|line| line.n.0).collect()
}

/// Waits for a change, and gives what was announced with it. Others may come before it: what was answered is announced a moment later.
async fn hear(feed: &mut ChangeFeed, wanted: &Change) -> Arc<[Change]> {
    let heard = async {
        loop {
            let batch = feed.recv().await.unwrap();
            if batch.contains(wanted) {
                return batch;
            }
        }
    };
    let heard = tokio::time::timeout(PATIENCE, heard).await;
    heard.unwrap_or_else(|_| panic!("{wanted:?} is not heard of"))
}

/// A small request with this body.
fn draft(body: impl AsRef<[u8]>) -> Draft {
    let peer: SocketAddr = "127.0.0.1:50000".parse().unwrap();
    let block: &[u8] = b"Host: hooks.example.com\r\nContent-Type: application/json\r\n";
    Draft {
        envelope: Envelope {
            received_at: START,
            took_us: 120,
            head: Head {
                method: "POST".into(),
                target: "/bin/orders?x=1".into(),
                path_at: 4,
                version: Version::Http11,
                headers: Headers::from_wire(Bytes::from_static(block)),
            },
            scheme: Scheme::Http,
            host: "hooks.example.com".into(),
            client: peer.ip(),
            peer,
            trailers: Headers::default(),
            reply: Reply::plain(200),
        },
        body: Body::complete(Bytes::copy_from_slice(body.as_ref())),
        imported: false,
        sender: None,
    }
}

/// A capture as lists have it: without its body, and without what was answered beyond the status.
fn in_list(capture: &Capture) -> CaptureLine {
    let mut line = capture.line.clone();
    let reply = &mut line.envelope.reply;
    *reply = Reply {
        status: reply.status,
        rule: reply.rule.take(),
        delay_ms: reply.delay_ms,
        ..Reply::none()
    };
    line
}

/// What a draft with this body counts towards `keep.bytes`.
fn weight(draft: &Draft) -> u64 {
    (draft.body.bytes.len() + draft.envelope.head.headers.block().len()) as u64
}

/// Settings with this alias.
fn with_alias(alias: &str) -> Settings {
    Settings {
        alias: Some(alias.parse::<Alias>().unwrap()),
        ..Settings::default()
    }
}

/// Asserts that a result is an error of this form.
macro_rules! assert_fails {
    ($result:expr, $error:pat) => {{
        let result = $result;
        assert!(
            matches!(result, Err($error)),
            "{} was expected: {result:?}",
            stringify!($error)
        );
    }};
}
use assert_fails;

/// Runs one behaviour against one engine.
fn run<F: Future<Output = ()>>(open: Open, behaviour: fn(Place) -> F) {
    in_time(async {
        let folder = TempDir::new().unwrap();
        let clock = Clock::manual(START);
        let store = open(folder.path(), clock.clone()).await.unwrap();
        behaviour(Place {
            folder,
            clock,
            open,
            store,
        })
        .await;
    });
}

/// Runs to its end, on several threads, what would hold up all other tests without one.
fn in_time(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let ended = runtime.block_on(async { tokio::time::timeout(LONGEST, test).await });
    ended.expect("it ends");
}

/// Makes the tests of an engine: a module named `$engine` with a function `open` gets one for each behaviour.
macro_rules! store_contract {
    ($engine:ident) => {
        mod contract {
            use super::super::store_contract;

            store_contract! { $engine:
                attempts::an_attempt_is_read_as_it_was_kept,
                attempts::attempts_go_with_their_capture,
                attempts::the_oldest_attempts_make_room,
                bins::aliases_are_unique_and_free_again_when_their_bin_is_gone,
                bins::a_bin_is_found_by_id_alias_and_key,
                bins::only_the_right_key_opens_a_bin,
                bins::gone_bins_say_when_and_unknown_ones_are_unknown,
                bins::settings_are_replaced_as_a_whole,
                bins::whoever_hears_of_a_change_of_a_bin_reads_it_as_it_is_now,
                bins::a_gone_bin_takes_no_more_changes,
                bins::a_bin_ends_when_its_days_are_over,
                bins::an_old_capture_that_is_imported_does_not_end_its_bin,
                bins::every_bin_whose_days_are_over_ends_in_the_end,
                captures::windows_hold_what_they_say,
                captures::a_capture_is_read_as_it_was_written,
                captures::neighbours_are_the_nearest_that_are_left,
                captures::bodies_are_those_that_are_there,
                captures::a_reply_is_gone_with_its_capture,
                captures::a_reply_that_was_made_later_takes_the_place,
                rules::uses_are_counted_by_rule_and_key,
                rules::other_rules_begin_anew,
                captures::a_deleted_capture_is_gone_at_once_and_once,
                captures::clearing_says_how_many_and_leaves_nothing,
                captures::a_bin_does_not_see_the_captures_of_another,
                captures::absurd_numbers_are_answered,
                durable::everything_is_there_after_closing_and_opening,
                durable::a_caller_that_stops_waiting_leaves_all_or_nothing,
                durable::what_was_accepted_is_finished_before_closing,
                durable::a_closed_store_is_unavailable,
                forwards::captures_are_queued_for_targets_and_leave_with_their_rows,
                forwards::what_becomes_of_a_capture_is_noted,
                keep::the_oldest_above_the_count_are_gone_at_once,
                keep::the_oldest_above_the_bytes_are_gone_at_once,
                keep::readers_never_see_more_than_is_kept,
                keep::one_capture_larger_than_all_that_is_kept_stays,
                keep::what_is_kept_for_ever_is_never_dropped,
                keep::a_smaller_keep_counts_from_the_next_capture_on,
                leases::a_job_is_kept_by_its_node_and_free_when_that_is_closed,
                marks::marks_are_read_with_the_capture,
                marks::pinned_captures_are_not_dropped,
                marks::clearing_and_deleting_take_the_pinned_too,
                marks::half_of_a_bin_can_be_pinned,
                marks::a_smaller_keep_is_reached_around_pins,
                marks::pins_and_captures_at_once_are_counted_right,
                deliveries::deliveries_of_an_event_are_counted,
                deliveries::without_an_id_body_and_signature_tell_deliveries_apart,
                deliveries::copies_and_late_events_are_marked,
                deliveries::what_is_gone_is_not_counted,
                deliveries::deliveries_are_listed_by_any_of_them,
                numbers::numbers_have_no_gaps_whoever_appends,
                numbers::numbers_are_not_given_again_after_deleting_and_clearing,
                numbers::numbers_become_visible_in_order,
                numbers::changes_are_announced_when_they_can_be_read,
                numbers::every_kind_of_change_is_announced_in_order,
                refusals::refusals_are_counted_and_the_newest_are_kept,
                refusals::refusals_go_to_the_bin_that_was_addressed,
                search::a_search_finds_what_matching_finds,
                search::a_search_stops_and_goes_on_where_it_stopped,
                search::what_is_deleted_together_is_gone_together,
                shares::a_link_opens_its_bin_until_it_ends,
                shares::links_are_of_one_bin_and_limited,
            }
        }
    };
    ($engine:ident: $($area:ident::$behaviour:ident,)+) => {
        $(
            #[test]
            fn $behaviour() {
                super::super::run(super::open, super::super::$area::$behaviour);
            }
        )+
    };
}
use store_contract;
