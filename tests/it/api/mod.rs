//! The JSON API, asked over real sockets.

mod access;
mod bins;
mod call;
mod captures;
mod document;
mod events;
mod hosts;
pub(crate) mod routes;
mod safety;
mod search;
