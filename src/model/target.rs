//! Where the captures of a bin are sent on to, and how that goes.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{CaptureNumber, Timestamp};

/// A URL that captures are sent on to as they come.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// Where to: http or https. Every target of a bin has another one.
    #[schema(max_length = 2048, example = "https://staging.example.com/webhooks")]
    pub url: String,
    /// A filter: which captures are sent on. Empty for all.
    #[serde(default)]
    #[schema(example = "event:invoice.*")]
    pub when: String,
    /// Whether path and query of a capture go behind those of the URL.
    #[serde(default = "yes")]
    pub keep_path: bool,
    /// Fields to set, in the place of those of the same names.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub headers: Vec<TargetHeader>,
    /// Whether what is not answered with 2xx is tried again, for some minutes, before it is given up.
    #[serde(default = "yes")]
    pub retry: bool,
    /// The provider by whose scheme each capture is signed anew, or `own` for the bin's own `signature`; null keeps the signature that it has.
    #[serde(default)]
    pub sign: Option<String>,
    /// How many are under way at once. 1 keeps the order: each waits until the one before was taken, or given up.
    #[serde(default = "one")]
    #[schema(minimum = 1, maximum = 10)]
    pub concurrency: u32,
}

impl Target {
    /// How many targets a bin may have.
    pub const MOST: usize = 10;

    /// How many fields one may set.
    pub const MOST_HEADERS: usize = 50;

    /// How many captures may be under way to one.
    pub const MOST_CONCURRENCY: u32 = 10;
}

/// A header field that a target sets.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TargetHeader {
    /// The name.
    pub name: String,
    /// The value.
    pub value: String,
}

fn yes() -> bool {
    true
}

fn one() -> u32 {
    1
}

/// A capture that is to be sent on to a target.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Forward {
    /// Its place in the queue.
    pub id: u64,
    /// The capture.
    pub n: CaptureNumber,
    /// The target's URL.
    pub target: String,
    /// How often it was tried.
    pub tries: u32,
    /// When it is to be tried next.
    pub due_at: Timestamp,
    /// Bytes of the capture's body.
    pub size: u64,
    /// Whether what its target was sent last was not taken.
    pub is_failing: bool,
}

/// What becomes of a capture that was tried.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Settled {
    /// It was taken, or is not for this target.
    Done,
    /// It is tried again.
    Again(Timestamp),
    /// It is given up, until somebody says otherwise.
    Dead,
}

/// How it goes with a target.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TargetState {
    /// The target's URL.
    pub target: String,
    /// How many captures wait.
    pub waiting: u64,
    /// How many were given up.
    pub dead: u64,
    /// Since when nothing was taken; `None` when the last try was, or there was none.
    pub failing_since: Option<Timestamp>,
    /// Since when nothing is tried any more.
    pub paused_at: Option<Timestamp>,
}
