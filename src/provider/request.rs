//! What a provider is shown of a request.

use super::form;
use crate::model::{Head, Timestamp, media_type};

/// A request as it arrived, and where it was sent.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Request line and header fields.
    pub head: &'a Head,
    /// The body's bytes, before any decoding.
    pub body: &'a [u8],
    /// The URL that the sender was given, with path and query: some sign it. Scheme, host and port as they are in public.
    pub url: &'a str,
    /// When it arrived: the time that signed times are held against.
    pub arrived: Timestamp,
}

impl<'a> Request<'a> {
    /// The first value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&'a [u8]> {
        self.head.headers.get(name)
    }

    /// The first value of a header, when it is UTF-8.
    pub(crate) fn header_text(&self, name: &str) -> Option<&'a str> {
        self.header(name)
            .and_then(|value| std::str::from_utf8(value).ok())
    }

    /// The query of the request, or nothing.
    pub(crate) fn query(&self) -> &'a str {
        self.head.query().unwrap_or_default()
    }

    /// The first value of that name in the query, decoded.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        form::find_text(self.query().as_bytes(), name)
    }

    /// Whether the body is an HTML form's.
    pub(crate) fn is_form(&self) -> bool {
        self.header("content-type").is_some_and(media_type::is_form)
    }

    /// The pairs of the form in the body; none when it is no form.
    pub(crate) fn fields(&self) -> Vec<form::Pair<'a>> {
        if self.is_form() {
            form::pairs(self.body)
        } else {
            Vec::new()
        }
    }

    /// The path and query of the public URL.
    pub(crate) fn url_below_host(&self) -> &'a str {
        let after = self.url.find("://").map_or(0, |at| at + 3);
        let rest = self.url.get(after..).unwrap_or_default();
        match rest.find(['/', '?']) {
            Some(at) => rest.get(at..).unwrap_or("/"),
            None => "/",
        }
    }
}
