//! gzip for pages and JSON.

use axum::http::{Extensions, HeaderMap, StatusCode, Version, header};
use tower_http::compression::predicate::{And, DefaultPredicate, SizeAbove};
use tower_http::compression::{CompressionLayer, Predicate};

/// Below this many bytes compressing costs more than it saves: the answer fits one packet anyway.
const WORTH_IT: u64 = 1024;

type Unfit = fn(StatusCode, Version, &HeaderMap, &Extensions) -> bool;

/// Compresses what is worth it; never images, event streams (they would be held back until a block is full) or downloads
/// (they are bytes that someone sent, to be had as they are).
pub(super) fn layer() -> CompressionLayer<And<And<DefaultPredicate, SizeAbove>, Unfit>> {
    let not_a_download: Unfit = |_, _, headers, _| {
        headers
            .get(header::CONTENT_DISPOSITION)
            .is_none_or(|value| !value.as_bytes().starts_with(b"attachment"))
    };
    CompressionLayer::new().compress_when(
        DefaultPredicate::new()
            .and(SizeAbove::new(WORTH_IT))
            .and(not_a_download),
    )
}
