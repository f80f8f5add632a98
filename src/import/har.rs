//! HAR 1.2 (<http://www.softwareishard.com/blog/har-12-spec/>), of hookwell, a browser or a proxy: the requests in it.

use std::borrow::Cow;

use serde::Deserialize;

use super::shape::{BodyShape, Field};
use super::{Bounds, Error, Shape, read};
use crate::model::Draft;

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

/// The draft of an entry.
///
/// # Errors
/// Where in the entry something is missing or wrong.
pub(super) fn entry(text: &str, bounds: Bounds) -> Result<Draft, Error> {
    read::<Entry<'_>>(text)?.draft(bounds)
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
    if host.bytes().any(|byte| byte <= b' ' || byte == 0x7f) {
        return None;
    }
    let rest = rest.split('#').next().unwrap_or_default();
    let slash = if rest.starts_with('/') { "" } else { "/" };
    Some((host, scheme, format!("{slash}{rest}")))
}
