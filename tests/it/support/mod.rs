//! What the tests share: a server of their own, a PostgreSQL of their own, bytes on a socket, a stream of events.

mod beside;
pub(crate) mod browser;
pub(crate) mod disk;
mod driver;
pub(crate) mod http;
pub(crate) mod ledger;
pub(crate) mod postgres;
mod process;
pub(crate) mod proxy;
pub(crate) mod server;
pub(crate) mod sse;
pub(crate) mod target;

pub(crate) use beside::beside;
pub(crate) use browser::{Browser, Wants};
pub(crate) use http::{Connection, Response};
pub(crate) use process::{Ends, ended};
pub(crate) use server::{Bin, Server};
pub(crate) use sse::Events;
pub(crate) use target::Target;

use std::time::{Duration, Instant};

/// How long a test waits for something that should happen.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Waits until `done` gives something.
///
/// # Panics
/// When it does not happen in time; `what` says what was waited for.
pub(crate) fn eventually<T>(what: &str, done: impl FnMut() -> Option<T>) -> T {
    eventually_within(PATIENCE, done).unwrap_or_else(|| panic!("waited in vain: {what}"))
}

/// The longest that a part of a test may take that waits for several such things: without an end it would hold up all other tests,
/// and nobody would learn which it was.
pub(crate) const LONGEST: Duration = PATIENCE.saturating_mul(6);

pub(crate) fn eventually_within<T>(
    time: Duration,
    mut done: impl FnMut() -> Option<T>,
) -> Option<T> {
    let deadline = Instant::now() + time;
    loop {
        match done() {
            None if Instant::now() < deadline => {
                std::thread::park_timeout(Duration::from_millis(10));
            }
            end => return end,
        }
    }
}
