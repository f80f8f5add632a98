//! HAR 1.2 (<http://www.softwareishard.com/blog/har-12-spec/>), of hookwell, a browser or a proxy: the requests in it.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::shape::{BodyShape, Field};
use super::{Bounds, Error, Shape, read};
use crate::model::Draft;

#[derive(Debug, Deserialize)]
struct File<'a> {
    #[serde(borrow)]
    log: Log<'a>,
}

#[derive(Debug, Deserialize)]
struct Log<'a> {
    #[serde(borrow)]
    entries: Vec<&'a RawValue>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'a> {
    started_date_time: String,
    #[serde(default)]
    time: Option<f64>,
    #[serde(borrow)]
    request: Request<'a>,
    #[serde(rename = "_hookwell", borrow)]
    own: Option<Shape<'a>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request<'a> {
    method: String,
    url: String,
    http_version: Option<String>,
    headers: Vec<Field>,
    #[serde(borrow)]
    post_data: Option<PostData<'a>>,
}

#[derive(Debug, Deserialize)]
struct PostData<'a> {
    #[serde(borrow)]
    text: Option<Cow<'a, str>>,
    #[serde(default)]
    params: Vec<serde::de::IgnoredAny>,
    encoding: Option<String>,
}

/// The requests of a log that was read as a whole; each is made a draft of by itself, so that not all are held at once.
#[derive(Debug)]
pub struct Requests<'a>(Vec<&'a RawValue>);

impl<'a> Requests<'a> {
    /// Finds the entries in a file.
    ///
    /// # Errors
    /// Where it is not JSON or has no log with entries.
    pub fn find(text: &'a [u8]) -> Result<Self, Error> {
        let text = std::str::from_utf8(text).map_err(|_| Error::new("the file", "is not UTF-8"))?;
        let text = text.trim_start_matches('\u{feff}');
        let file: File<'_> = read(text).map_err(|error| match error.place.as_str() {
            "" | "." => error.below("the file"),
            _ => error,
        })?;
        Ok(Self(file.log.entries))
    }

    /// The draft of each entry, in order.
    ///
    /// # Errors
    /// Where in which entry something is missing or wrong.
    pub fn drafts(&self, bounds: Bounds) -> impl Iterator<Item = Result<Draft, Error>> {
        self.0.iter().enumerate().map(move |(at, entry)| {
            read::<Entry<'_>>(entry.get())
                .and_then(|entry| entry.draft(bounds))
                .map_err(|error| error.below(&format!("log.entries[{at}]")))
        })
    }
}

/// What a shape says, as HAR says it.
const NAMES: [(&str, &str); 6] = [
    ("received_at", "startedDateTime"),
    ("method", "request.method"),
    ("target", "request.url"),
    ("headers", "request.headers"),
    ("http_version", "request.httpVersion"),
    ("body", "request.postData"),
];

impl Entry<'_> {
    fn draft(self, bounds: Bounds) -> Result<Draft, Error> {
        let (is_own, mut shape) = match self.own {
            Some(own) => (true, own),
            None => (false, read("{}")?),
        };
        let (host, scheme, target) = parts(&self.request.url)
            .ok_or_else(|| Error::new("request.url", "is no http or https URL"))?;
        shape.received_at = Some(self.started_date_time);
        shape.method = Some(self.request.method);
        if !is_own {
            // A time is a number of milliseconds, and -1 where it is not known.
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a cast from f64 saturates"
            )]
            let took_us = (self.time.unwrap_or(0.0) * 1000.0) as u64;
            shape.took_us = took_us.min(1 << 53);
            host.clone_into(&mut shape.host);
            shape.scheme = Some(scheme);
            shape.target = Some(target);
            shape.http_version = self.request.http_version;
        }
        if shape.headers.is_none() {
            shape.headers = Some(self.request.headers);
        }
        if let Some(data) = self.request.post_data {
            let body = shape.body.get_or_insert_with(BodyShape::default);
            if body.content.is_none() {
                if data.text.is_none() && !data.params.is_empty() {
                    return Err(Error::new(
                        "request.postData.text",
                        "is missing: params alone do not say the bytes",
                    ));
                }
                body.content = data.text;
                body.encoding = data.encoding;
            }
        }
        shape.draft(bounds).map_err(|error| {
            let renamed = NAMES.iter().find_map(|(ours, name)| {
                let rest = error.place.strip_prefix(ours)?;
                Some(format!("{name}{rest}"))
            });
            Error {
                place: renamed.unwrap_or_else(|| format!("_hookwell.{}", error.place)),
                ..error
            }
        })
    }
}

/// Host, scheme and target of a URL.
fn parts(url: &str) -> Option<(&str, String, String)> {
    let (scheme, rest) = url.split_once("://")?;
    let scheme = scheme.to_ascii_lowercase();
    if scheme != "http" && scheme != "https" {
        return None;
    }
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at_checked(end)?;
    let host = authority.rsplit('@').next().unwrap_or_default();
    let rest = rest.split('#').next().unwrap_or_default();
    let slash = if rest.starts_with('/') { "" } else { "/" };
    Some((host, scheme, format!("{slash}{rest}")))
}
