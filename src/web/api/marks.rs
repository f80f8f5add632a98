//! Pinning captures and noting on them.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::change::given;
use super::json::{self, JsonBody};
use super::{Error, Problem, wire};
use crate::model::{self, CaptureNumber, Marks};
use crate::store::Window;
use crate::web::extract::{BinByToken, Number};
use crate::web::{self, App};

/// What to note on a capture. What is left out stays as it is.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MarksChange {
    /// Whether it is to stay when others are dropped to make room.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    pinned: Option<bool>,
    /// A note, at most 2,000 characters; empty for none.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false, max_length = 2000)]
    note: Option<String>,
}

impl MarksChange {
    /// Reads the body of a change.
    pub(super) fn read(body: Option<Value>) -> Result<model::MarksChange, web::Error> {
        let body = body.ok_or_else(|| {
            web::Error::BadRequest("send what to change as a JSON object".to_owned())
        })?;
        let Self { pinned, note } = json::read(body, "")?;
        if let Some(problem) = note.as_deref().and_then(Marks::problem) {
            return Err(web::Error::Invalid {
                field: "note",
                problem,
            });
        }
        Ok(model::MarksChange { pinned, note })
    }
}

/// Pin a capture, or note on it
///
/// A pinned capture is not dropped to make room; at most half of what the bin keeps can be pinned. What is left out stays as it is.
#[utoipa::path(
    patch,
    path = "/api/v1/bins/{id}/captures/{n}",
    operation_id = "mark_capture",
    tag = "captures",
    params(
        ("id" = String, Path, description = "The bin's id"),
        ("n" = u64, Path, description = "The capture's number"),
    ),
    request_body(content = MarksChange, content_type = "application/json"),
    responses(
        (status = 200, description = "The capture, without the content of its body", body = wire::Capture<'_>),
        (status = 409, description = "As much is pinned as may be", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A field is unknown or has a value that cannot be", body = Problem,
            content_type = "application/problem+json"),
    )
)]
pub(super) async fn update(
    State(app): State<Arc<App>>,
    BinByToken(bin): BinByToken,
    number: Number<Error>,
    JsonBody(body): JsonBody,
) -> Result<Response, Error> {
    let n = number.0;
    let change = MarksChange::read(body)?;
    app.store
        .mark(&bin, n, change)
        .await
        .map_err(web::Error::of_capture(n))?;
    let window = Window::After {
        after: CaptureNumber(n.0.saturating_sub(1)),
        limit: 1,
    };
    let lines = app.store.lines(&bin, window).await?;
    let line = lines.iter().find(|line| line.n == n);
    let line = line.ok_or(web::Error::UnknownCapture(n.0))?;
    Ok(Json(wire::Capture::line(&bin, line)).into_response())
}
