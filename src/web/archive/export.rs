//! All captures of a bin as one file, written as it is read.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Uri, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;

use crate::export::{Source, har, rest};
use crate::filter::Filter;
use crate::model::Capture;
use crate::web::access::{BinByKey, Every};
use crate::web::api::{query, wire};
use crate::web::extract::Site;
use crate::web::{App, Error};

/// From this size on a capture is written on a thread that may take its time.
const LARGE: usize = 64 * 1024;

/// A form that a whole bin can be had in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Har,
    Ndjson,
    Http,
}

impl Form {
    fn find(name: &str) -> Result<Self, Error> {
        match name {
            "har" => Ok(Self::Har),
            "ndjson" => Ok(Self::Ndjson),
            "http" => Ok(Self::Http),
            _ => Err(Error::Invalid {
                field: "format",
                problem: "expected har, ndjson or http".to_owned(),
            }),
        }
    }

    fn extension(self) -> &'static str {
        match self {
            Self::Har => "har",
            Self::Ndjson => "ndjson",
            Self::Http => "http",
        }
    }

    fn media_type(self) -> &'static str {
        match self {
            // None is registered for HAR; it is JSON.
            Self::Har => "application/json",
            Self::Ndjson => "application/x-ndjson",
            Self::Http => "text/plain; charset=utf-8",
        }
    }

    /// What stands before the first capture.
    fn begin(self) -> Option<Bytes> {
        (self == Self::Har).then(|| har::begin().into())
    }

    /// What stands after the last.
    fn end(self) -> Option<Bytes> {
        (self == Self::Har).then(|| Bytes::from_static(har::END.as_bytes()))
    }

    fn write(self, bin: &BinByKey, site: &Site, capture: &Capture, is_first: bool) -> Vec<u8> {
        let source = Source {
            capture,
            base: &site.target_base(&bin.bin, &capture.line.envelope.head),
            body_url: &site.body_url(&bin.key, capture.line.n),
        };
        match self {
            Self::Har if is_first => har::entry(&source),
            Self::Har => [b",\n", &*har::entry(&source)].concat(),
            Self::Ndjson => {
                // It has text for keys and no number that JSON has not: it can always be written.
                let mut line = serde_json::to_vec(&wire::Capture::whole(&bin.bin, capture))
                    .unwrap_or_default();
                line.push(b'\n');
                line
            }
            Self::Http => rest::request(&source),
        }
    }
}

/// The file that the query asks for, by `format` and `q`.
///
/// A failure after it has begun ends the connection, so that half a file never looks like a whole one.
pub(in crate::web) async fn export(
    app: Arc<App>,
    bin: BinByKey,
    site: Site,
    uri: &Uri,
) -> Result<Response, Error> {
    let [format, q] = query::texts(uri, ["format", "q"])?;
    let form = Form::find(format.as_deref().unwrap_or("ndjson"))?;
    let filter = q.map(|q| Filter::parse(&q, app.clock.now())).transpose()?;
    let name = format!("hookwell-{}.{}", bin.bin.address(), form.extension());
    let every = bin.every(app, filter.unwrap_or_default()).await?;
    let writer = Writer {
        every,
        form,
        site,
        at: At::Begin,
    };
    let headers = [
        (header::CONTENT_TYPE, form.media_type().to_owned()),
        (
            header::CONTENT_SECURITY_POLICY,
            "sandbox; default-src 'none'".to_owned(),
        ),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
    ];
    Ok((headers, Body::from_stream(writer.chunks())).into_response())
}

/// Where in the file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Begin,
    First,
    Next,
    End,
}

/// A file that is being written.
#[derive(Debug)]
struct Writer {
    every: Every,
    form: Form,
    site: Site,
    at: At,
}

impl Writer {
    fn chunks(self) -> impl stream::Stream<Item = Result<Bytes, Error>> + Send {
        stream::try_unfold(self, |mut writer| async {
            match writer.next().await {
                Ok(chunk) => Ok(chunk.map(|chunk| (chunk, writer))),
                Err(error) => {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "a download was ended early"
                    );
                    Err(error)
                }
            }
        })
    }

    async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        if self.at == At::Begin {
            self.at = At::First;
            if let Some(begin) = self.form.begin() {
                return Ok(Some(begin));
            }
        }
        if self.at == At::End {
            return Ok(None);
        }
        let Some(capture) = self.every.next().await? else {
            self.at = At::End;
            return Ok(self.form.end());
        };
        let is_first = std::mem::replace(&mut self.at, At::Next) == At::First;
        let form = self.form;
        if capture.body.len() < LARGE {
            let written = form.write(self.every.bin(), &self.site, &capture, is_first);
            return Ok(Some(written.into()));
        }
        let (bin, site) = (self.every.bin().clone(), self.site.clone());
        let write = move || form.write(&bin, &site, &capture, is_first);
        let written = tokio::task::spawn_blocking(write).await;
        let written = written.map_err(|error| Error::Panicked(error.to_string()))?;
        Ok(Some(written.into()))
    }
}
