//! Query parameters of pages. One that is not understood is passed over: a link that was cut still leads to its page.

use axum::http::Uri;

/// The value of a parameter, as it stands in the address.
pub(super) fn value<'a>(uri: &'a Uri, name: &str) -> Option<&'a str> {
    uri.query()?
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find(|(have, _)| *have == name)
        .map(|(_, value)| value)
}

/// The value of a parameter that is a number.
pub(in crate::web) fn number(uri: &Uri, name: &str) -> Option<u64> {
    value(uri, name)?.parse().ok()
}
