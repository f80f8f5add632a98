//! Making, showing, changing and deleting a bin.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::change::{Change, NewBin};
use super::json::JsonBody;
use super::{Error, Problem, wire};
use crate::model::{Bin, BinId, BinKey};
use crate::web::App;
use crate::web::extract::{BinByKey, BinByToken, Site, VisitByKey, VisitByToken};

/// How many traces of refused requests are shown.
const REFUSALS: usize = 20;

/// Make a bin
///
/// Every setting is optional, and so is the body. The answer is the one time that the key is told.
#[utoipa::path(
    post,
    path = "/api/v1/bins",
    operation_id = "create_bin",
    tag = "bins",
    security(()),
    request_body(content = NewBin, content_type = "application/json"),
    responses(
        (status = 201, description = "The bin", body = wire::CreatedBin<'_>,
            headers(("Location" = String, description = "The bin's address in this API"))),
        (status = 409, description = "Another bin has the alias", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A field is unknown or has a value that cannot be", body = Problem,
            content_type = "application/problem+json"),
    )
)]
pub(super) async fn create(
    State(app): State<Arc<App>>,
    site: Site,
    JsonBody(body): JsonBody,
) -> Result<Response, Error> {
    let settings = NewBin::read(body)?.settings(app.config.limits.max_body)?;
    let key = BinKey::random();
    let bin = app
        .store
        .create_bin(BinId::random(), key.hash(), settings)
        .await?;
    let location = format!("/api/v1/bins/{}", bin.id);
    let shape = Json(wire::CreatedBin::new(&bin, &key, &site));
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], shape).into_response())
}

/// Show a bin
///
/// With how much it holds, and what was refused lately. A read key is told neither the settings nor what was refused.
#[utoipa::path(
    get,
    path = "/api/v1/bins/{id}",
    operation_id = "show_bin",
    tag = "bins",
    params(("id" = String, Path, description = "The bin's id")),
    responses((status = 200, description = "The bin", body = wire::Bin<'_>))
)]
pub(super) async fn show(
    State(app): State<Arc<App>>,
    site: Site,
    VisitByToken(visit): VisitByToken,
) -> Result<Response, Error> {
    seen(&app, &site, &visit).await
}

/// Show the bin of the key
///
/// For who has a bin's key and not its id.
#[utoipa::path(
    get,
    path = "/api/v1/bin",
    operation_id = "show_own_bin",
    tag = "bins",
    responses((status = 200, description = "The bin", body = wire::Bin<'_>))
)]
pub(super) async fn show_own(
    State(app): State<Arc<App>>,
    site: Site,
    VisitByKey(visit): VisitByKey,
) -> Result<Response, Error> {
    seen(&app, &site, &visit).await
}

/// Change a bin's settings
///
/// What is left out stays as it is; `keep` is merged field by field; `"alias": null` takes the alias away.
#[utoipa::path(
    patch,
    path = "/api/v1/bins/{id}",
    operation_id = "update_bin",
    tag = "bins",
    params(("id" = String, Path, description = "The bin's id")),
    request_body(content = Change, content_type = "application/json"),
    responses(
        (status = 200, description = "The bin with its changed settings", body = wire::Bin<'_>),
        (status = 409, description = "Another bin has the alias", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A field is unknown or has a value that cannot be", body = Problem,
            content_type = "application/problem+json"),
    )
)]
pub(super) async fn update(
    State(app): State<Arc<App>>,
    site: Site,
    BinByToken(bin): BinByToken,
    JsonBody(body): JsonBody,
) -> Result<Response, Error> {
    let mut settings = bin.settings.clone();
    Change::read(body)?.apply(&mut settings, app.config.limits.max_body)?;
    let bin = app.store.update_bin(&bin, settings).await?;
    full(&app, &site, &bin).await
}

/// Delete a bin
///
/// With all its captures. Its capture URL answers 410 from then on, which tells a well-made sender to stop.
#[utoipa::path(
    delete,
    path = "/api/v1/bins/{id}",
    operation_id = "delete_bin",
    tag = "bins",
    params(("id" = String, Path, description = "The bin's id")),
    responses((status = 204, description = "The bin is gone"))
)]
pub(super) async fn delete(
    State(app): State<Arc<App>>,
    BinByToken(bin): BinByToken,
) -> Result<StatusCode, Error> {
    app.store.delete_bin(&bin).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The bin as the key shows it.
async fn seen(app: &App, site: &Site, visit: &BinByKey) -> Result<Response, Error> {
    if visit.can_write() {
        full(app, site, &visit.bin).await
    } else {
        shared(app, site, visit).await
    }
}

/// The bin as a read key shows it.
async fn shared(app: &App, site: &Site, visit: &BinByKey) -> Result<Response, Error> {
    let usage = visit.usage(&*app.store).await?;
    let shape = wire::Bin::new(&visit.bin, &usage, &[], site);
    Ok(Json(shape.without_settings()).into_response())
}

async fn full(app: &App, site: &Site, bin: &Bin) -> Result<Response, Error> {
    let usage = app.store.usage(bin).await?;
    let refusals = app.store.refusals(bin, REFUSALS).await?;
    Ok(Json(wire::Bin::new(bin, &usage, &refusals, site)).into_response())
}
