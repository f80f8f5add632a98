//! What the tests share: a server of their own, a PostgreSQL of their own, bytes on a socket, a stream of events.

pub(crate) mod browser;
pub(crate) mod disk;
mod driver;
pub(crate) mod http;
pub(crate) mod ledger;
pub(crate) mod postgres;
pub(crate) mod proxy;
pub(crate) mod server;
pub(crate) mod sse;
pub(crate) mod target;

pub(crate) use browser::{Browser, Wants};
pub(crate) use http::{Connection, Response};
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
pub(crate) fn eventually<T>(what: &str, mut done: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(value) = done() {
            return value;
        }
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        std::thread::park_timeout(Duration::from_millis(10));
    }
}
