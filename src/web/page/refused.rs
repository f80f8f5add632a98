//! Requests that named the bin and could not be kept: when, why, from where, and how they began.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::bin::BinHead;
use super::{Error, Page, text};
use crate::model::head::text as readable;
use crate::model::{Refusal, Timestamp};
use crate::viewer::Spelled;
use crate::web::App;
use crate::web::extract::{BinByKey, Site};

/// How many traces are shown.
const SHOWN: usize = 100;

#[derive(Debug, Template)]
#[template(path = "refused.html")]
struct RefusedPage {
    bin: BinHead,
    now: i64,
    refused: u64,
    traces: Vec<Trace>,
    /// Whether there were more than are shown.
    is_cut: bool,
}

/// A refused request.
#[derive(Debug)]
struct Trace {
    at: Timestamp,
    ago: String,
    why: String,
    /// What sets the limit that it was over.
    flags: &'static [&'static str],
    peer: String,
    /// The first line of what it sent; empty when nothing came.
    line: String,
    /// All that was kept of it.
    head: Spelled,
}

/// The page.
pub(super) async fn show(
    State(app): State<Arc<App>>,
    bin: BinByKey,
    site: Site,
) -> Result<Response, Error> {
    let now = app.clock.now();
    let refusals = app.store.refusals(&bin.bin, SHOWN).await?;
    let refused = app.store.usage(&bin.bin).await?.refused;
    let page = RefusedPage {
        bin: BinHead::new(&bin, &site),
        now: now.as_micros() / 1000,
        refused,
        is_cut: refusals.len() as u64 != refused,
        traces: refusals
            .iter()
            .map(|refusal| Trace::new(refusal, now))
            .collect(),
    };
    Ok(Page(page).into_response())
}

impl Trace {
    fn new(refusal: &Refusal, now: Timestamp) -> Self {
        let line = refusal.head.split(|&byte| byte == b'\n').next();
        let line = readable(line.unwrap_or_default().trim_ascii_end());
        Self {
            at: refusal.at,
            ago: text::ago(now, refusal.at),
            why: refusal.sentence(),
            flags: refusal.reason.flags(),
            peer: refusal.peer.to_string(),
            line: text::one_line(&line, 200).into_owned(),
            head: Spelled::from_bytes(refusal.head.trim_ascii_end()),
        }
    }
}
