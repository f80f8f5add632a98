//! Pages and API: what people and programs ask hookwell itself.
//!
//! Stands on top of the [`store`](crate::store) and the [`live`](crate::live) hub; knows HTTP and HTML, not SQL, sockets or
//! the command line. [`router`] holds every route; requests to a bin never get here, as [`serve`](crate::serve) hands them to
//! [`ingest`](crate::ingest) before, so that captures wear none of the layers. Pages are askama templates ([`page`]), the
//! API is JSON ([`api`]), errors of both are one [`Error`] in two forms.
//!
//! To add a page: `page/x.rs`, `templates/x.html`, one line in [`page::router`]. To add an API call: a handler in `api/` with
//! its description, one line in [`api::router`].

pub mod access;
pub mod api;
mod archive;
pub mod assets;
mod attachment;
mod comparison;
mod content;
mod error;
pub mod extract;
mod judged;
pub mod layers;
pub mod ops;
pub mod page;
mod replay;
mod signing;

use std::sync::Arc;

use axum::Router;

pub use error::{Cause, Error};

use crate::config::Config;
use crate::ingest::Ingest;
use crate::live::Hub;
use crate::model::Clock;
use crate::outbound;
use crate::relay::Relay;
use crate::store::Store;

/// What handlers work with; shared by all of them for as long as the server runs.
#[derive(Debug)]
pub struct App {
    /// Bins and captures.
    pub store: Arc<dyn Store>,
    /// What takes requests that hookwell itself makes.
    pub ingest: Arc<Ingest>,
    /// Live subscriptions.
    pub hub: Hub,
    /// Senders that wait for a listener.
    pub relay: Arc<Relay>,
    /// What calls others.
    pub outbound: outbound::Client,
    /// What senders sign with.
    pub certificates: outbound::Certificates,
    /// What the operator set.
    pub config: Arc<Config>,
    /// The time.
    pub clock: Clock,
}

/// Every route of pages, API and operations, with their layers.
pub fn router(app: &Arc<App>) -> Router {
    let routes = Router::new()
        .merge(page::router())
        .merge(api::router())
        .fallback(page::error::not_found);
    let all = layers::wrap(routes, app)
        .merge(ops::router())
        .merge(assets::router());
    layers::cover(all).with_state(Arc::clone(app))
}
