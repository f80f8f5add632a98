//! Share links: read keys for others, with an end.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::json::{self, JsonBody};
use super::{Error, Problem, wire};
use crate::model::{BinKey, CaptureNumber, Share, Timestamp};
use crate::web::extract::{BinByToken, ShareId, Site};
use crate::web::{self, App};

/// What is to be shared, and for how long.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewShare {
    /// In how many seconds the link ends by itself, at most a hundred years; null for never, as when it is left out.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 3_153_600_000_i64)]
    expires_in: Option<u64>,
    /// The one capture to show; null for the whole bin, as when it is left out.
    #[serde(default)]
    n: Option<u64>,
}

impl NewShare {
    /// Reads a body; none at all shares the whole bin for ever.
    pub(super) fn read(body: Option<Value>) -> Result<Self, web::Error> {
        body.map_or_else(|| Ok(Self::default()), |body| json::read(body, ""))
    }

    /// The one capture to show.
    pub(super) fn n(&self) -> Option<CaptureNumber> {
        self.n.map(CaptureNumber)
    }

    /// When the link ends.
    pub(super) fn expires_at(&self, now: Timestamp) -> Result<Option<Timestamp>, web::Error> {
        let Some(seconds) = self.expires_in else {
            return Ok(None);
        };
        let end = Share::end(now, seconds).ok_or_else(|| web::Error::Invalid {
            field: "expires_in",
            problem: format!("expected 1 to {} seconds, or null", Share::MOST_SECONDS),
        })?;
        Ok(Some(end))
    }
}

/// Make a share link
///
/// Of the whole bin, or of the one capture `n`. Whoever has the link may look, with what the setting `mask` names replaced, and change
/// nothing. The answer is the one time that its key is told.
#[utoipa::path(
    post,
    path = "/api/v1/bins/{id}/share",
    operation_id = "create_share",
    tag = "shares",
    params(("id" = String, Path, description = "The bin's id")),
    request_body(content = NewShare, content_type = "application/json"),
    responses(
        (status = 201, description = "The link", body = wire::CreatedShare),
        (status = 409, description = "The bin has as many links as it may", body = Problem,
            content_type = "application/problem+json"),
        (status = 422, description = "A field is unknown or has a value that cannot be", body = Problem,
            content_type = "application/problem+json"),
    )
)]
pub(super) async fn create(
    State(app): State<Arc<App>>,
    site: Site,
    BinByToken(bin): BinByToken,
    JsonBody(body): JsonBody,
) -> Result<Response, Error> {
    let wanted = NewShare::read(body)?;
    let expires_at = wanted.expires_at(app.clock.now())?;
    let key = BinKey::random();
    let made = app
        .store
        .create_share(&bin, key.hash(), wanted.n(), expires_at)
        .await;
    let n = wanted.n().unwrap_or(CaptureNumber(0));
    let share = made.map_err(web::Error::of_capture(n))?;
    let told = Json(wire::CreatedShare::new(&share, &key, &site));
    Ok((StatusCode::CREATED, told).into_response())
}

/// List share links
///
/// Those that have not ended, newest first. Their keys are not told again.
#[utoipa::path(
    get,
    path = "/api/v1/bins/{id}/share",
    operation_id = "list_shares",
    tag = "shares",
    params(("id" = String, Path, description = "The bin's id")),
    responses((status = 200, description = "The links", body = wire::Shares))
)]
pub(super) async fn index(
    State(app): State<Arc<App>>,
    BinByToken(bin): BinByToken,
) -> Result<Response, Error> {
    let shares = app.store.shares(&bin).await?;
    let shares = shares.iter().map(wire::Share::from).collect();
    Ok(Json(wire::Shares { shares }).into_response())
}

/// Revoke all share links
///
/// Their addresses answer 410 from then on, and streams that they opened end.
#[utoipa::path(
    delete,
    path = "/api/v1/bins/{id}/share",
    operation_id = "revoke_shares",
    tag = "shares",
    params(("id" = String, Path, description = "The bin's id")),
    responses((status = 204, description = "There are no links any more"))
)]
pub(super) async fn revoke_all(
    State(app): State<Arc<App>>,
    BinByToken(bin): BinByToken,
) -> Result<StatusCode, Error> {
    app.store.revoke_shares(&bin, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Revoke a share link
///
/// Its address answers 410 from then on, and streams that it opened end.
#[utoipa::path(
    delete,
    path = "/api/v1/bins/{id}/share/{share}",
    operation_id = "revoke_share",
    tag = "shares",
    params(
        ("id" = String, Path, description = "The bin's id"),
        ("share" = u64, Path, description = "The link's id"),
    ),
    responses((status = 204, description = "The link has ended"))
)]
pub(super) async fn revoke(
    State(app): State<Arc<App>>,
    BinByToken(bin): BinByToken,
    share: ShareId<Error>,
) -> Result<StatusCode, Error> {
    match app.store.revoke_shares(&bin, Some(share.0)).await? {
        0 => Err(web::Error::NotFound.into()),
        _ => Ok(StatusCode::NO_CONTENT),
    }
}
