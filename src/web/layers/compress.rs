//! gzip for pages and JSON.

use axum::http::{Extensions, HeaderMap, StatusCode, Version, header};
use tower_http::compression::predicate::{And, DefaultPredicate, SizeAbove};
use tower_http::compression::{CompressionLayer, Predicate};

/// Below this many bytes compressing costs more than it saves: the answer fits one packet anyway.
const WORTH_IT: u64 = 1024;

type Unfit = fn(StatusCode, Version, &HeaderMap, &Extensions) -> bool;

/// Compresses what is worth it; never images, downloads (they are bytes that someone sent, to be had as they are) or streams:
/// those of events, and whatever else says `no-transform` (RFC 9111 section 5.2.2.6), would be held back until a block is full.
pub(super) fn layer() -> CompressionLayer<And<And<DefaultPredicate, SizeAbove>, Unfit>> {
    let as_it_is: Unfit = |_, _, headers, _| {
        let is_download = headers
            .get(header::CONTENT_DISPOSITION)
            .is_some_and(|value| value.as_bytes().starts_with(b"attachment"));
        let is_stream = headers
            .get_all(header::CACHE_CONTROL)
            .iter()
            .any(|value| memchr::memmem::find(value.as_bytes(), b"no-transform").is_some());
        !is_download && !is_stream
    };
    CompressionLayer::new().compress_when(
        DefaultPredicate::new()
            .and(SizeAbove::new(WORTH_IT))
            .and(as_it_is),
    )
}
