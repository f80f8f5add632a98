//! Two captures compared.

use std::borrow::Cow;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Error, Problem, query};
use crate::compare::{self, Piece, Row, Side};
use crate::model::CaptureNumber;
use crate::model::head::text;
use crate::web::extract::VisitByToken;
use crate::web::{App, comparison};

/// Two captures side by side. What is the same in both is counted and left out.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Comparison {
    /// The number of the first.
    a: CaptureNumber,
    /// The number of the second.
    b: CaptureNumber,
    /// Method, path, version, scheme and host.
    request: Part,
    /// The parameters of the query, decoded.
    query: Part,
    /// The header fields.
    headers: Part,
    /// The fields behind the body.
    trailers: Part,
    /// The body.
    body: ComparedBody,
}

/// Rows of one kind.
#[derive(Debug, Serialize, ToSchema)]
struct Part {
    /// How many rows are the same.
    same: u64,
    /// The others, in the order of the second capture.
    rows: Vec<ComparedRow>,
}

/// Two bodies.
#[derive(Debug, Serialize, ToSchema)]
struct ComparedBody {
    /// `same` (byte for byte), or how they were read: `json`, `form`, `text`, `binary`.
    kind: &'static str,
    /// How many bytes the first has.
    size_a: u64,
    /// How many bytes the second has.
    size_b: u64,
    /// The SHA-256 of the first.
    sha256_a: String,
    /// The SHA-256 of the second.
    sha256_b: String,
    /// The offset of the first byte that differs; null when none does.
    first_difference: Option<u64>,
    /// What was not compared, or assumed, in sentences.
    notes: Vec<String>,
    /// How many rows are the same.
    same: u64,
    /// The others, in the order of the second body.
    rows: Vec<ComparedRow>,
}

/// Something that is not the same in both.
#[derive(Debug, Serialize, ToSchema)]
struct ComparedRow {
    /// The name of a field, or the path of a JSON value; empty for lines of text and bytes.
    name: String,
    /// `changed`, `added`, `removed`, `moved`, or `rewritten` (the same value, written otherwise).
    change: &'static str,
    /// What is otherwise, in a few words; null where it is plain to see.
    why: Option<&'static str>,
    /// The first capture's side; null when it has none.
    a: Option<ComparedSide>,
    /// The second's.
    b: Option<ComparedSide>,
}

/// One side of a row.
#[derive(Debug, Serialize, ToSchema)]
struct ComparedSide {
    /// The line of a body as it is printed, or the place of a field, from 1; the offset of bytes.
    place: u64,
    /// The value; bytes that are not UTF-8 are read as Latin-1, and a long one is cut.
    value: String,
    /// How many bytes of the value are left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    left_out: Option<u64>,
}

/// Compare two captures
///
/// By name, by JSON path, by line, or by byte. Without `b` it is the newest capture; without `a` the one before `b`: the previous delivery
/// of its event, else the next older capture.
#[utoipa::path(
    get,
    path = "/api/v1/bins/{id}/compare",
    operation_id = "compare_captures",
    tag = "captures",
    params(
        ("id" = String, Path, description = "The bin's id"),
        ("a" = Option<u64>, Query, description = "The number of the first capture"),
        ("b" = Option<u64>, Query, description = "The number of the second capture"),
    ),
    responses(
        (status = 200, description = "What is not the same", body = Comparison),
        (status = 422, description = "A parameter is unknown or no number", body = Problem,
            content_type = "application/problem+json"),
    )
)]
pub(super) async fn show(
    State(app): State<Arc<App>>,
    VisitByToken(visit): VisitByToken,
    uri: Uri,
) -> Result<Response, Error> {
    // Whatever it does not understand it refuses.
    query::numbers(&uri, ["a", "b"])?;
    let compared = comparison::of_query(&app, &visit, &uri).await?;
    let compare::Comparison {
        request,
        query,
        headers,
        trailers,
        body,
    } = &compared.comparison;
    let (same, rows) = (count(&body.rows), rows(&body.rows));
    let [size_a, size_b] = body.sizes;
    let [sha256_a, sha256_b] = body.sha256.clone();
    Ok(Json(Comparison {
        a: compared.a.line.n,
        b: compared.b.line.n,
        request: Part::new(request),
        query: Part::new(query),
        headers: Part::new(headers),
        trailers: Part::new(trailers),
        body: ComparedBody {
            kind: body.kind.as_str(),
            size_a,
            size_b,
            sha256_a,
            sha256_b,
            first_difference: body.first_difference,
            notes: body.notes.clone(),
            same,
            rows,
        },
    })
    .into_response())
}

fn count(rows: &[Row]) -> u64 {
    compare::count(rows, compare::Change::Same) as u64
}

fn rows(rows: &[Row]) -> Vec<ComparedRow> {
    let others = rows
        .iter()
        .filter(|row| row.change != compare::Change::Same);
    others
        .map(|row| ComparedRow {
            name: text(&row.name).into_owned(),
            change: row.change.as_str(),
            why: row.why,
            a: row.a.as_ref().map(ComparedSide::new),
            b: row.b.as_ref().map(ComparedSide::new),
        })
        .collect()
}

impl Part {
    fn new(all: &[Row]) -> Self {
        Self {
            same: count(all),
            rows: rows(all),
        }
    }
}

impl ComparedSide {
    fn new(side: &Side) -> Self {
        let mut value = Vec::new();
        let mut left_out = 0;
        for piece in &side.pieces {
            match piece {
                Piece::Same(text) | Piece::Differs(text) => value.extend_from_slice(text),
                Piece::Skipped(bytes) => {
                    left_out += *bytes as u64;
                    value.extend_from_slice("…".as_bytes());
                }
            }
        }
        let value: Cow<'_, str> = text(&value);
        Self {
            place: side.place as u64,
            value: value.into_owned(),
            left_out: (left_out > 0).then_some(left_out),
        }
    }
}
