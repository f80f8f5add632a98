//! What became of a request that was sent on, and the form that sends it.

use axum::http::StatusCode;

use super::fields::plain;
use super::took;
use crate::forward::OWN;
use crate::model::{Answer, Attempt, AttemptKind, CaptureLine, Settings, Timestamp};
use crate::provider;
use crate::viewer::Spelled;
use crate::web::extract::BinByKey;
use crate::web::page::text;
use crate::web::{App, Error};

/// How many bytes of an answer are shown.
const ANSWER: usize = 8192;

/// The attempts on a request, newest first; for the bin's owner.
#[derive(Debug)]
pub(super) struct Forwards {
    pub(super) rows: Vec<Row>,
    /// What came back the last time.
    pub(super) latest: Option<Latest>,
    /// Where it was sent before, the latest first.
    pub(super) urls: Vec<String>,
    /// What it can be signed again by.
    pub(super) signers: Vec<Signer>,
}

/// A scheme that a request can be signed again by.
#[derive(Debug)]
pub(in crate::web::page) struct Signer {
    /// What the form calls it: a provider, or `own`.
    pub(in crate::web::page) name: &'static str,
    /// `as Stripe`.
    pub(in crate::web::page) how: String,
}

impl Signer {
    /// Those that the bin has secrets for, the sender's own first.
    pub(in crate::web::page) fn all(settings: &Settings, line: &CaptureLine) -> Vec<Self> {
        let sender = line.recognised.as_ref();
        let sender = sender.map(|sender| sender.provider.as_str());
        let kept = settings
            .secrets
            .iter()
            .filter_map(|(slug, _)| provider::find(slug));
        let mut kept: Vec<_> = kept
            .filter(|provider| !provider.schemes.is_empty())
            .collect();
        kept.sort_by_key(|provider| Some(provider.slug) != sender);
        let mut all: Vec<Self> = kept
            .into_iter()
            .map(|provider| Self {
                name: provider.slug,
                how: format!("as {}", provider.title),
            })
            .collect();
        if settings.signature.is_some() {
            all.push(Self {
                name: OWN,
                how: "by the bin’s own scheme".to_owned(),
            });
        }
        all
    }
}

/// Where a request was sent before, the latest first.
pub(in crate::web::page) fn urls(attempts: &[Attempt]) -> Vec<String> {
    let mut urls: Vec<String> = Vec::new();
    // Addresses of somebody's own machine are none that this server could call.
    let called = |attempt: &&Attempt| attempt.tried.kind != AttemptKind::Listen;
    for attempt in attempts.iter().filter(called) {
        if !urls.contains(&attempt.tried.url) {
            urls.push(attempt.tried.url.clone());
        }
    }
    urls
}

/// One attempt.
#[derive(Debug)]
pub(in crate::web::page) struct Row {
    pub(in crate::web::page) url: String,
    /// Why it was made, where nobody asked for it.
    pub(in crate::web::page) via: Option<&'static str>,
    /// `ok` or `bad`.
    pub(in crate::web::page) class: &'static str,
    pub(in crate::web::page) icon: &'static str,
    /// `200 OK`, or what went wrong.
    pub(in crate::web::page) result: String,
    pub(in crate::web::page) took: String,
    pub(in crate::web::page) at: Timestamp,
    pub(in crate::web::page) time: String,
}

/// An answer.
#[derive(Debug)]
pub(super) struct Latest {
    pub(super) status: u16,
    pub(super) reason: &'static str,
    pub(super) fields: Vec<(String, String)>,
    pub(super) body: Spelled,
    /// How much of the body is not shown.
    pub(super) more: Option<String>,
}

impl Forwards {
    /// Reads them; `None` for a reader of a share link: answers are not masked.
    pub(super) async fn load(
        app: &App,
        bin: &BinByKey,
        line: &CaptureLine,
    ) -> Result<Option<Self>, Error> {
        if !bin.can_write() {
            return Ok(None);
        }
        let attempts = app.store.attempts(&bin.bin, line.n).await?;
        let latest = match attempts.first() {
            Some(first) if first.tried.answer.is_some() => {
                app.store.attempt(&bin.bin, line.n, first.id).await?
            }
            _ => None,
        };
        let now = app.clock.now();
        Ok(Some(Self {
            rows: attempts
                .iter()
                .map(|attempt| Row::new(attempt, now))
                .collect(),
            latest: latest
                .and_then(|attempt| attempt.tried.answer)
                .as_ref()
                .map(Latest::new),
            urls: urls(&attempts),
            signers: Signer::all(&bin.bin.settings, line),
        }))
    }

    /// What the form begins with.
    pub(super) fn url(&self) -> &str {
        self.urls.first().map_or("", String::as_str)
    }
}

fn reason(status: u16) -> &'static str {
    let known = StatusCode::from_u16(status).ok();
    known
        .and_then(|status| status.canonical_reason())
        .unwrap_or_default()
}

impl Row {
    pub(in crate::web::page) fn new(attempt: &Attempt, now: Timestamp) -> Self {
        let tried = &attempt.tried;
        let status = tried.answer.as_ref().map(|answer| answer.status);
        let result = match (status, &tried.failure) {
            (Some(status), None) => format!("{status} {}", reason(status)),
            (Some(status), Some(failure)) => format!("{status}, then: {}", failure.detail),
            (None, Some(failure)) => failure.detail.clone(),
            (None, None) => "No answer".to_owned(),
        };
        let is_taken = tried.is_taken();
        Self {
            url: text::one_line(&tried.url, 200).into_owned(),
            via: match tried.kind {
                AttemptKind::Replay => None,
                AttemptKind::Target => Some("as a target"),
                AttemptKind::Listen => Some("from your machine, by hookwell listen"),
                AttemptKind::Handshake => Some("to confirm the subscription"),
            },
            class: if is_taken { "ok" } else { "bad" },
            icon: if is_taken { "check" } else { "x" },
            result: text::one_line(result.trim_end(), 300).into_owned(),
            took: took(tried.took_us),
            at: tried.started_at,
            time: text::time(now, tried.started_at),
        }
    }
}

impl Latest {
    fn new(answer: &Answer) -> Self {
        let shown = answer.body.bytes.len().min(ANSWER) as u64;
        let whole = answer.body.sent.unwrap_or(answer.size);
        Self {
            status: answer.status,
            reason: reason(answer.status),
            fields: plain(&answer.headers),
            body: Spelled::beginning(&answer.body.bytes, ANSWER),
            more: (whole > shown)
                .then(|| format!("{} of {} bytes", text::count(shown), text::count(whole))),
        }
    }
}
