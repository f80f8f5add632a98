//! One binary for all tests that go through the real door: a server process, sockets, a browser.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking, and says why"
)]

mod api;
mod axe;
mod backup;
mod bench;
mod browser;
mod capture;
mod cases;
mod cli;
mod crash;
mod disk;
mod export;
mod floors;
mod forward;
mod framing;
mod fuzz;
mod keyboard;
mod limits;
mod list;
mod live;
mod metrics;
mod migrate;
mod nodes;
mod operations;
mod page;
mod plan;
mod provider;
mod refusal;
mod reply;
mod share;
mod shutdown;
mod slow;
mod store;
mod support;
mod takeaway;
mod traces;
