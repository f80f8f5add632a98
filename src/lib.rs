//! hookwell, a self-hosted request inspector: every webhook kept byte for byte, seen live.
//!
//! # The flow
//!
//! `socket → serve → ingest (receive · reply chosen) → store (commit) → answer leaves`, and
//! `store → change feed → live hub → page or API stream`. Nothing calls back up: the store does not know that there are pages,
//! the hub does not know HTML, a page does not know SQL.
//!
//! # The floors
//!
//! A module may use those on floors below its own, never a neighbour or one above; `tests/it/floors.rs` holds this table.
//!
//! | floor | modules | must not know |
//! |---|---|---|
//! | 0 | [`model`] | async, HTTP servers, SQL |
//! | 1 | [`compare`], [`config`], [`filter`], [`mask`], [`metrics`], [`viewer`], [`export`], [`import`], [`provider`], [`template`], [`tls`] | each other, async, I/O, clocks |
//! | 2 | [`store`], [`verdict`], [`outbound`] | HTTP, HTML, live |
//! | 3 | [`live`], [`reply`], [`relay`], [`forward`] | web |
//! | 4 | [`ingest`] | web, HTML |
//! | 5 | [`web`] | sockets, the command line |
//! | 6 | [`serve`] | the command line |
//! | 7 | [`cli`] | – |
//!
//! # The words
//!
//! A *bin* is an address that accepts any HTTP request; its *id* lets others send, its *key* lets its owner read. A *capture* is
//! one recorded request, numbered inside its bin; the *reply* is what its sender was answered.

pub mod cli;
pub mod compare;
pub mod config;
pub mod export;
pub mod filter;
pub mod forward;
pub mod import;
pub mod ingest;
pub mod live;
pub mod mask;
pub mod metrics;
pub mod model;
pub mod outbound;
pub mod provider;
pub mod relay;
pub mod reply;
pub mod serve;
pub mod store;
pub mod template;
pub mod tls;
pub mod verdict;
pub mod viewer;
pub mod web;
