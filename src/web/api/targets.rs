//! How it goes with the targets of a bin, and what was given up.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::json::{self, JsonBody};
use super::{Error, Problem};
use crate::model::{Forward, TargetState, Timestamp};
use crate::web::App;
use crate::web::extract::BinByToken;

/// How many captures that were given up are listed.
const DEAD: usize = 100;

/// The targets of a bin.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Targets {
    /// They, in the order of the settings.
    targets: Vec<Going>,
    /// The latest captures that were given up, at most 100.
    dead: Vec<Dead>,
}

/// How it goes with a target.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TargetState)]
struct Going {
    /// The target's URL.
    url: String,
    /// How many captures wait.
    waiting: u64,
    /// How many were given up.
    dead: u64,
    /// Since when nothing was taken; null when the last try was, or there was none.
    #[schema(value_type = Option<String>, format = DateTime)]
    failing_since: Option<Timestamp>,
    /// Since when nothing is sent any more, as it failed for long; null when it is not paused.
    #[schema(value_type = Option<String>, format = DateTime)]
    paused_at: Option<Timestamp>,
}

/// A capture that was given up.
#[derive(Debug, Serialize, ToSchema)]
struct Dead {
    /// Its number.
    n: u64,
    /// The target's URL.
    url: String,
    /// How often it was tried.
    tries: u32,
}

impl From<TargetState> for Going {
    fn from(state: TargetState) -> Self {
        Self {
            url: state.target,
            waiting: state.waiting,
            dead: state.dead,
            failing_since: state.failing_since,
            paused_at: state.paused_at,
        }
    }
}

impl From<Forward> for Dead {
    fn from(forward: Forward) -> Self {
        Self {
            n: forward.n.0,
            url: forward.target,
            tries: forward.tries,
        }
    }
}

/// Show targets
///
/// How many captures wait for each target of the bin, which were given up, and whether it is paused because it failed for long.
#[utoipa::path(
    get,
    path = "/api/v1/bins/{id}/targets",
    operation_id = "show_targets",
    tag = "attempts",
    params(("id" = String, Path, description = "The bin's id")),
    responses((status = 200, description = "The targets", body = Targets))
)]
pub(super) async fn index(
    State(app): State<Arc<App>>,
    BinByToken(bin): BinByToken,
) -> Result<Response, Error> {
    let targets = app.store.target_states(&bin).await?;
    let dead = app.store.dead_forwards(&bin, DEAD).await?;
    Ok(Json(Targets {
        targets: targets.into_iter().map(Going::from).collect(),
        dead: dead.into_iter().map(Dead::from).collect(),
    })
    .into_response())
}

/// What to try again.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Retry {
    /// The target's URL; left out for all.
    #[serde(default)]
    url: Option<String>,
}

/// How many captures are tried again.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Retried {
    /// That many.
    retried: u64,
}

/// Retry what was given up
///
/// Queues it again, and goes on with targets that are paused.
#[utoipa::path(
    post,
    path = "/api/v1/bins/{id}/targets/retry",
    operation_id = "retry_targets",
    tag = "attempts",
    params(("id" = String, Path, description = "The bin's id")),
    request_body(content = Retry, content_type = "application/json"),
    responses(
        (status = 200, description = "How many captures are tried again", body = Retried),
        (status = 422, description = "A field is unknown", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn retry(
    State(app): State<Arc<App>>,
    BinByToken(bin): BinByToken,
    JsonBody(body): JsonBody,
) -> Result<Response, Error> {
    let retry: Retry = body.map_or_else(|| Ok(Retry::default()), |body| json::read(body, ""))?;
    let retried = app.store.retry_forwards(&bin, retry.url).await?;
    Ok(Json(Retried { retried }).into_response())
}
