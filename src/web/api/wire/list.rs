//! Several captures, and how many they are.

use serde::Serialize;
use utoipa::ToSchema;

use super::capture::Capture;

/// Captures, and where the next ones are.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web::api) struct Captures<'a> {
    /// The captures; their bodies are left out.
    pub(in crate::web::api) captures: Vec<Capture<'a>>,
    /// What to give as `before` (or `after`, if that was given) to go on; null at the end.
    pub(in crate::web::api) next: Option<u64>,
}

/// Captures that were waited for.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web::api) struct Waited<'a> {
    /// Those that came, oldest first; their bodies are left out.
    pub(in crate::web::api) captures: Vec<Capture<'a>>,
    /// How far was looked; what to give as `after` to go on.
    pub(in crate::web::api) after: u64,
}

/// How many captures there are.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web::api) struct Count {
    /// That many.
    pub(in crate::web::api) captures: u64,
    /// Whether all were looked at; else there may be more.
    pub(in crate::web::api) is_all: bool,
}

/// How many captures were deleted.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web::api) struct Deleted {
    /// That many.
    pub(in crate::web::api) deleted: u64,
}
