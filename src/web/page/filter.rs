//! The filter of a bin's pages: the text in the box, what it means, and the addresses that carry it on.

use axum::http::Uri;

use crate::filter::{self, Filter};
use crate::model::form::pairs;
use crate::model::{BinKey, CaptureNumber, Timestamp};

/// What a page is filtered by.
#[derive(Debug, Clone, Default)]
pub struct Filtered {
    /// As it was typed.
    pub(super) text: String,
    /// What it means; everything, when it cannot be read.
    pub(super) filter: Filter,
    /// Why it cannot be read.
    pub(super) error: Option<filter::Error>,
    /// `q=…` for an address, safe in HTML; empty without a filter.
    query: String,
    /// Whether the list has the oldest first.
    pub(super) is_up: bool,
}

impl Filtered {
    /// Reads `?q=` and, on the page of a request, `?order=oldest`.
    pub(super) fn from_uri(uri: &Uri, now: Timestamp) -> Self {
        let query = uri.query().unwrap_or_default().as_bytes();
        let text = pairs(query)
            .find(|(name, _)| **name == *b"q")
            .map(|(_, value)| String::from_utf8_lossy(&value).trim().to_owned());
        Self {
            is_up: super::query::value(uri, "order") == Some("oldest"),
            ..Self::new(text.unwrap_or_default(), now)
        }
    }

    fn new(text: String, now: Timestamp) -> Self {
        let (filter, error) = match Filter::parse(&text, now) {
            Ok(filter) => (filter, None),
            Err(error) => (Filter::default(), Some(error)),
        };
        let query = if text.is_empty() || error.is_some() {
            String::new()
        } else {
            form_urlencoded(&text)
        };
        Self {
            text,
            filter,
            error,
            query,
            is_up: false,
        }
    }

    /// Whether anything is left out.
    pub(super) fn is_on(&self) -> bool {
        !self.filter.is_empty()
    }

    /// The address with the filter added.
    pub(super) fn on(&self, address: &str) -> String {
        if self.query.is_empty() {
            return address.to_owned();
        }
        let join = if address.contains('?') { '&' } else { '?' };
        format!("{address}{join}{}", self.query)
    }

    /// The address of the list, in its order.
    pub(super) fn list(&self, key: &BinKey) -> String {
        let end = if self.is_up { "?after=0" } else { "" };
        self.on(&format!("/b/{key}{end}"))
    }

    /// What a request's own page carries on of the list beside it: the filter and the order; empty for nothing.
    pub(super) fn kept(&self) -> String {
        let order = if self.is_up { "order=oldest" } else { "" };
        let join = if self.is_up && !self.query.is_empty() {
            "&"
        } else {
            ""
        };
        format!("{}{join}{order}", self.query)
    }

    /// The same behind an address without a query.
    pub(super) fn asked(&self) -> String {
        match self.kept() {
            kept if kept.is_empty() => kept,
            kept => format!("?{kept}"),
        }
    }

    /// An address that has a query, with the same behind it.
    pub(super) fn kept_on(&self, address: &str) -> String {
        match self.kept() {
            kept if kept.is_empty() => address.to_owned(),
            kept => format!("{address}&{kept}"),
        }
    }

    /// The address of a request's own page.
    pub(super) fn request(&self, key: &BinKey, n: CaptureNumber) -> String {
        format!("/b/{key}/requests/{n}{}", self.asked())
    }
}

/// `q=` and the text as a form sends it (<https://url.spec.whatwg.org/#urlencoded-serializing>).
fn form_urlencoded(text: &str) -> String {
    const SET: &percent_encoding::AsciiSet = &percent_encoding::NON_ALPHANUMERIC
        .remove(b'*')
        .remove(b'-')
        .remove(b'.')
        .remove(b'_')
        .remove(b':')
        .remove(b'/')
        .remove(b' ');
    let encoded = percent_encoding::utf8_percent_encode(text, SET).to_string();
    format!("q={}", encoded.replace(' ', "+"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(address: &str) -> Filtered {
        Filtered::from_uri(&address.parse().unwrap(), Timestamp::from_micros(0))
    }

    #[test]
    fn an_address_carries_the_filter_that_it_was_read_from() {
        let filtered = of("/b/x?before=3&q=path:/a%26b/*+%22%C3%BC+1%2B1%22");
        assert_eq!(filtered.text, "path:/a&b/* \"ü 1+1\"");
        assert!(filtered.is_on());
        let address = filtered.on("/b/x?view=hex");
        assert_eq!(address, "/b/x?view=hex&q=path:/a%26b/*+%22%C3%BC+1%2B1%22");
        assert_eq!(of(&address).filter, filtered.filter);
    }

    #[test]
    fn without_a_filter_an_address_stays_as_it_is() {
        for address in [
            "/b/x",
            "/b/x?q=",
            "/b/x?q=+&z=1",
            "/b/x?q=(",
            "/b/x?q=size:x",
        ] {
            let filtered = of(address);
            assert!(!filtered.is_on(), "{address}");
            assert_eq!(filtered.on("/b/x"), "/b/x");
        }
        let key: BinKey = "00000000000000000000000000000001".parse().unwrap();
        let up = of("/b/x/requests/1?order=oldest&q=a");
        let asked = format!("/b/{key}/requests/2?q=a&order=oldest");
        assert_eq!(up.request(&key, CaptureNumber(2)), asked);
        assert_eq!(up.list(&key), format!("/b/{key}?after=0&q=a"));
        assert_eq!(of("/b/x?order=oldest").asked(), "?order=oldest");
        assert_eq!(of("/b/x?q=size:x").error.unwrap().position, 5);
        assert_eq!(of("/b/x?q=%ff").text, "\u{fffd}");
    }
}
