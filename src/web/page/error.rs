//! A failure as a page: what, why, what now.

use std::sync::Arc;

use askama::Template;
use axum::http::HeaderValue;
use axum::http::header::RETRY_AFTER;
use axum::response::{Html, IntoResponse, Response};

use super::text;
use crate::web::layers::request_id;
use crate::web::{self, Cause};

/// A failure of a page; an HTML page when sent.
#[derive(Debug)]
pub struct Error(pub web::Error);

#[derive(Debug, Template)]
#[template(path = "error.html")]
struct ErrorPage {
    status: String,
    title: String,
    /// What happened, and what follows from it.
    lines: Vec<String>,
    way_out: WayOut,
    /// What to look for in the log.
    reference: Option<String>,
}

/// What the reader can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WayOut {
    /// Make a bin, or find a recent one.
    Bins,
    /// Go home.
    Home,
    /// Nothing here would be answered either.
    None,
}

impl<E: Into<web::Error>> From<E> for Error {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let Self(error) = self;
        let status = error.status();
        // The page of an error has no part that could fail; should it, the plain words are enough.
        let html = ErrorPage::new(&error)
            .render()
            .unwrap_or_else(|_| error.title().to_owned());
        let mut response = (status, Html(html)).into_response();
        if let Some(seconds) = error.retry_after() {
            let value = HeaderValue::from(seconds);
            response.headers_mut().insert(RETRY_AFTER, value);
        }
        if status.is_server_error() {
            response.extensions_mut().insert(Cause(Arc::new(error)));
        }
        response
    }
}

impl ErrorPage {
    fn new(error: &web::Error) -> Self {
        let status = error.status();
        Self {
            status: status.to_string(),
            title: error.title().to_owned(),
            lines: lines(error),
            way_out: match error {
                web::Error::NotFound | web::Error::UnknownBin | web::Error::Gone { .. } => {
                    WayOut::Bins
                }
                web::Error::UnknownHost(_) => WayOut::None,
                _ => WayOut::Home,
            },
            reference: status
                .is_server_error()
                .then(|| request_id::current().map(|id| id.to_string()))
                .flatten(),
        }
    }
}

/// What a person is told.
fn lines(error: &web::Error) -> Vec<String> {
    let first = match error {
        web::Error::Gone { at } => format!(
            "It was deleted, or its time ran out, on {}. Its requests cannot be brought back.",
            text::date(*at)
        ),
        web::Error::ShareOver { at } => format!(
            "Whoever shared it took it back, or its time ran out, on {}. Ask them for a new one.",
            text::date(*at)
        ),
        web::Error::UnknownBin => {
            "Perhaps a character is missing: the address of a bin’s page ends in a key of 32 hex \
             digits. Opening an address never makes a bin."
                .to_owned()
        }
        other => text::sentence(&other.to_string()),
    };
    let then = match error {
        web::Error::Gone { .. } => Some(
            "Its capture URL answers 410, which tells most senders to stop. Replace it where you pasted it.",
        ),
        web::Error::Store(_) | web::Error::Template(_) | web::Error::Panicked(_) => {
            Some("Requests are captured by another part of the server, which may well go on.")
        }
        _ => None,
    };
    [Some(first), then.map(str::to_owned)]
        .into_iter()
        .flatten()
        .collect()
}

/// Any address that nothing else answers.
pub async fn not_found() -> Error {
    Error(web::Error::NotFound)
}

/// A page's address, asked with a method that it does not take.
pub(super) async fn method_not_allowed() -> Error {
    Error(web::Error::MethodNotAllowed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;

    #[test]
    fn a_failure_of_the_server_tells_nothing_but_what_the_log_is_searched_for() {
        let secret = web::Error::Panicked("secret".to_owned());
        let response = Error(secret).into_response();
        assert_eq!(response.status(), 500);
        assert!(response.extensions().get::<Cause>().is_some());
        let page = ErrorPage::new(&web::Error::Panicked("secret".to_owned()));
        assert!(!page.render().unwrap().contains("secret"));
    }

    #[test]
    fn a_bin_that_is_gone_is_dated() {
        let at = Timestamp::from_micros(1_795_605_662_000_000);
        let page = ErrorPage::new(&web::Error::Gone { at });
        assert_eq!(page.status, "410 Gone");
        assert!(
            page.lines[0].contains("on 25 November 2026."),
            "{:?}",
            page.lines
        );
    }

    #[test]
    fn a_hostile_host_is_text_on_the_page() {
        let page = ErrorPage::new(&web::Error::UnknownHost("<script>".to_owned()));
        assert!(!page.render().unwrap().contains("<script>alert"));
        assert_eq!(page.way_out, WayOut::None);
    }
}
