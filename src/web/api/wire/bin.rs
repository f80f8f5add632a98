//! A bin, and the requests that it refused.

use std::borrow::Cow;

use serde::Serialize;
use utoipa::ToSchema;

use crate::model::head::text;
use crate::model::{self, BinKey, Timestamp, Usage};
use crate::web::extract::Site;

/// A bin that was just made: the one time that its key is told.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web::api) struct CreatedBin<'a> {
    /// The bin's id, 32 hex digits.
    #[schema(example = "4f3c0a1b2c3d4e5f8a9b0c1d2e3f4a5b")]
    id: String,
    /// The bin's key, 32 hex digits: whoever has it may read and change the bin. It is not told again.
    #[schema(example = "9b1deb4d3b7d4bad9bdd2b0d7b3dcb6d")]
    key: String,
    /// The name for people; may be empty.
    name: &'a str,
    /// Where senders send to, any path and query below it.
    #[schema(example = "https://hooks.example.com/4f3c0a1b2c3d4e5f8a9b0c1d2e3f4a5b")]
    capture_url: String,
    /// The bin's page, with the key in its address.
    #[schema(example = "https://hooks.example.com/b/9b1deb4d3b7d4bad9bdd2b0d7b3dcb6d")]
    inspect_url: String,
    /// When it was made.
    #[schema(value_type = String, format = DateTime, example = "2026-11-25T09:30:12.123456Z")]
    created_at: Timestamp,
    /// Its settings; of secrets only the last characters.
    settings: model::Settings,
}

/// A bin, and how full it is.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web::api) struct Bin<'a> {
    /// The bin's id, 32 hex digits.
    #[schema(example = "4f3c0a1b2c3d4e5f8a9b0c1d2e3f4a5b")]
    id: String,
    /// The name for people; may be empty.
    name: &'a str,
    /// Where senders send to, any path and query below it.
    #[schema(example = "https://hooks.example.com/4f3c0a1b2c3d4e5f8a9b0c1d2e3f4a5b")]
    capture_url: String,
    /// When it was made.
    #[schema(value_type = String, format = DateTime, example = "2026-11-25T09:30:12.123456Z")]
    created_at: Timestamp,
    /// Its settings, of secrets only the last characters; left out for a read key.
    #[serde(skip_serializing_if = "Option::is_none")]
    settings: Option<model::Settings>,
    /// How many captures can be read.
    captures: u64,
    /// How many of them are pinned.
    pinned: u64,
    /// Their bodies and headers, in bytes.
    bytes: u64,
    /// How many captures were dropped to make room.
    dropped: u64,
    /// How many requests were refused and left no capture.
    refused: u64,
    /// When the newest capture arrived; null before the first.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_capture_at: Option<Timestamp>,
    /// The newest requests that were refused, newest first.
    refusals: Vec<Refusal<'a>>,
}

/// A request that named the bin and could not be kept.
#[derive(Debug, Serialize, ToSchema)]
struct Refusal<'a> {
    /// When it was refused.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Why, as a word: `malformed`, `head_too_large`, `head_timeout`, `overloaded`, `storage_full`, `storage_failed` or
    /// `no_memory`.
    reason: &'static str,
    /// Why, as a phrase for people.
    detail: String,
    /// The other end of the connection.
    #[schema(example = "10.0.0.2:51234")]
    peer: String,
    /// The request's head as far as it was kept; bytes that are not UTF-8 are read as Latin-1.
    head: Cow<'a, str>,
}

impl<'a> CreatedBin<'a> {
    pub(in crate::web::api) fn new(bin: &'a model::Bin, key: &BinKey, site: &Site) -> Self {
        Self {
            id: bin.id.to_string(),
            key: key.to_string(),
            name: &bin.settings.name,
            capture_url: site.capture_url(bin),
            inspect_url: site.inspect_url(key),
            created_at: bin.created_at,
            settings: bin.settings.masked(),
        }
    }
}

impl<'a> Bin<'a> {
    pub(in crate::web::api) fn new(
        bin: &'a model::Bin,
        usage: &Usage,
        refusals: &'a [model::Refusal],
        site: &Site,
    ) -> Self {
        Self {
            id: bin.id.to_string(),
            name: &bin.settings.name,
            capture_url: site.capture_url(bin),
            created_at: bin.created_at,
            settings: Some(bin.settings.masked()),
            captures: usage.captures,
            pinned: usage.pinned,
            bytes: usage.bytes,
            dropped: usage.dropped,
            refused: usage.refused,
            last_capture_at: usage.last_capture_at,
            refusals: refusals.iter().map(Refusal::new).collect(),
        }
    }

    /// The same for those who may only read.
    pub(in crate::web::api) fn without_settings(mut self) -> Self {
        self.settings = None;
        self
    }
}

impl<'a> Refusal<'a> {
    fn new(refusal: &'a model::Refusal) -> Self {
        Self {
            at: refusal.at,
            reason: refusal.reason.as_str(),
            detail: refusal.sentence(),
            peer: refusal.peer.to_string(),
            head: text(&refusal.head),
        }
    }
}
