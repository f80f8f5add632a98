//! Requests out of a file that is uploaded by a form: what was imported, and what could not be, with its place.
//!
//! The answer is drawn at once, not after a redirect: what is wrong with a file is a list that fits no address.

use std::sync::Arc;

use askama::Template;
use axum::body::BodyDataStream;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};

use super::bin::BinHead;
use super::{Error, Page, text};
use crate::import::upload::Upload;
use crate::web::archive::import::{Imported, broken_off, import};
use crate::web::extract::{BinByKey, Site};
use crate::web::{self, App};

#[derive(Debug, Template)]
#[template(path = "import.html")]
struct ImportPage {
    bin: BinHead,
    outcome: Option<Outcome>,
    /// Why nothing, or not all, was imported: in a word, and in a sentence.
    problem: Option<(&'static str, String)>,
}

/// What became of a file.
#[derive(Debug)]
struct Outcome {
    /// In a sentence.
    said: String,
    /// The address of those that were imported.
    shown: Option<String>,
    imported: Imported,
}

/// The page.
pub(super) async fn show(bin: BinByKey, site: Site) -> Page<impl Template> {
    Page(ImportPage {
        bin: BinHead::new(&bin, &site),
        outcome: None,
        problem: None,
    })
}

/// Takes the file, and says what became of it.
pub(super) async fn create(
    State(app): State<Arc<App>>,
    bin: BinByKey,
    site: Site,
    request: Request,
) -> Result<Response, Error> {
    let head = BinHead::new(&bin, &site);
    let (status, outcome, problem) = match take(&app, &bin, request).await {
        Ok(imported) => (StatusCode::OK, Some(Outcome::new(imported, &head)), None),
        Err(error) if error.status().is_client_error() => {
            let problem = (error.title(), text::sentence(&error.to_string()));
            (error.status(), None, Some(problem))
        }
        Err(error) => return Err(error.into()),
    };
    let page = ImportPage {
        bin: head,
        outcome,
        problem,
    };
    Ok((status, Page(page)).into_response())
}

async fn take(app: &App, bin: &BinByKey, request: Request) -> Result<Imported, web::Error> {
    let content_type = request.headers().get(header::CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok());
    let upload = Upload::new(content_type.unwrap_or_default()).map_err(unread)?;
    let file = file(upload, request.into_body().into_data_stream());
    import(app, &bin.bin, None, Box::pin(file)).await
}

/// The bytes of the file in a form.
fn file(
    upload: Upload,
    body: BodyDataStream,
) -> impl Stream<Item = Result<Bytes, web::Error>> + Send {
    stream::try_unfold((upload, body), |(mut upload, mut body)| async {
        while let Some(chunk) = body.next().await {
            let bytes = upload.push(&chunk.map_err(broken_off)?).map_err(unread)?;
            if !bytes.is_empty() {
                return Ok(Some((bytes.into(), (upload, body))));
            }
        }
        upload.finish().map_err(unread)?;
        Ok(None)
    })
}

/// A form that is none, or has no file in it.
fn unread(error: crate::import::Error) -> web::Error {
    web::Error::Unprocessable(error.problem)
}

impl Outcome {
    fn new(imported: Imported, bin: &BinHead) -> Self {
        let range = imported.first.zip(imported.last);
        let (said, shown) = match range {
            None if imported.skipped_count == 0 => (
                "Nothing was imported: there is no request in the file.".to_owned(),
                None,
            ),
            None => ("Nothing was imported.".to_owned(), None),
            Some((first, last)) if imported.imported == 1 => (
                format!("1 request was imported, as #{last}."),
                Some(format!("{}/requests/{first}", bin.path)),
            ),
            Some((first, last)) => (
                format!(
                    "{} requests were imported, as #{first} to #{last}.",
                    text::count(imported.imported)
                ),
                Some(format!("{}/requests/{last}", bin.path)),
            ),
        };
        Self {
            said,
            shown,
            imported,
        }
    }
}
