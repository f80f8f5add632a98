//! The shapes of answers, made from the model. They borrow from it, so that a body of ten megabytes is not copied to be sent.
//!
//! Stands between the handlers, which ask the store, and JSON; the description of the API is derived from the same shapes, so that it
//! cannot say anything else. A shape knows nothing of who asks: what a reader may not see was taken out before
//! ([`access`](crate::web::access)). [`bin`] has bins and their refusals, [`share`] share links, [`capture`] a capture, [`reply`]
//! what was answered to it, [`bytes`] bodies and fields, [`list`] several captures and counts of them.
//!
//! To add a field: here with its docstring, which is its description in `/api/v1/openapi.json`.

mod bin;
mod bytes;
mod capture;
mod list;
mod reply;
mod share;

pub(super) use bin::{Bin, CreatedBin};
pub(super) use bytes::{Body, Header, encoded, fields, media_type};
pub(in crate::web) use capture::Capture;
pub(super) use list::{Captures, Count, Deleted, Waited};
pub(super) use share::{CreatedShare, Share, Shares};
