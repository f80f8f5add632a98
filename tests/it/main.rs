//! One binary for all tests that go through the real door: a server process, sockets, a browser.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod floors;
mod support;
