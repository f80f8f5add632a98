//! Captures sent on to a program on one's own machine: which address, which bytes, and what came back.

use std::path::Path;
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::client::{Client, Error as ClientError};
use super::http::{self, Trust, Url};
use super::report::{Answered, Pair, Report};
use crate::config;
use crate::model::head::{end_to_end, text};
use crate::model::{Clock, base64};

/// How much of an answer is read: its end is waited for, so that the program is not cut off.
const ANSWER: usize = 64 << 20;

/// How captures are sent on.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct Forwarding {
    /// Send everything to this path of the target, instead of its own path with what stands behind the capture URL
    #[arg(long, value_name = "PATH")]
    path: Option<String>,
    /// Set a header field, instead of those of that name; `-H 'Host: shop.test'` too. An empty value takes it away
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE", value_parser = field)]
    headers: Vec<(String, String)>,
    /// Take any certificate of the target
    #[arg(long)]
    skip_verify: bool,
    /// How long each answer may take
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = config::duration)]
    timeout: Duration,
}

fn field(text: &str) -> Result<(String, String), &'static str> {
    let (name, value) = text.split_once(':').ok_or("expected NAME: VALUE")?;
    let (name, value) = (name.trim(), value.trim());
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic());
    if is_name && !value.chars().any(char::is_control) {
        Ok((name.to_owned(), value.to_owned()))
    } else {
        Err("expected NAME: VALUE, without control characters")
    }
}

/// Reads a target as people write it: a URL, `localhost:3000/in`, or a port alone.
pub(super) fn target(text: &str) -> Result<Url, http::WrongUrl> {
    if text.parse::<u16>().is_ok() {
        return Url::parse(&format!("http://localhost:{text}"));
    }
    if let Some(rest) = text.strip_prefix(':') {
        return Url::parse(&format!("http://localhost:{rest}"));
    }
    if text.contains("://") {
        return Url::parse(text);
    }
    Url::parse(&format!("http://{text}"))
}

/// A capture, as far as it is sent on and told of.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Capture {
    pub(super) n: u64,
    pub(super) received_at: String,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) query: Option<String>,
    headers: Vec<Header>,
    pub(super) body: Body,
    pub(super) provider: Option<String>,
    pub(super) event: Option<Event>,
}

#[derive(Debug, Clone, Deserialize)]
struct Header {
    name: String,
    value: String,
    base64: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Body {
    size: u64,
    pub(super) state: String,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Event {
    pub(super) r#type: Option<String>,
}

/// Why a capture was not answered.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error(transparent)]
    Http(#[from] http::Error),
    #[error("the answer broke off")]
    Answer(#[source] std::io::Error),
}

/// What became of a capture.
#[derive(Debug)]
pub(super) struct Outcome {
    /// The status of the answer.
    pub(super) status: Result<u16, Error>,
    pub(super) took: Duration,
    /// The same, for the server.
    pub(super) report: Report,
}

impl Forwarding {
    /// Whom the target is trusted to be: the public authorities, those of the file, or anyone.
    pub(super) fn trust(&self, file: Option<&Path>) -> Result<Trust, http::TrustError> {
        if self.skip_verify {
            Ok(Trust::anyone())
        } else {
            Trust::authorities(file)
        }
    }

    /// Sends a capture to the target and waits for the answer.
    pub(super) async fn send(
        &self,
        client: &Client,
        capture: &Capture,
        target: &Url,
        trust: &Trust,
    ) -> Result<Outcome, ClientError> {
        let body = if capture.body.size == 0 {
            Vec::new()
        } else {
            let below = format!("/captures/{}/body", capture.n);
            client.bytes(client.get(&below, "").await?).await?
        };
        let url = self.url(target, &capture.path, capture.query.as_deref());
        let fields = self.fields(capture, &url, body.len());
        let sent = (&*capture.method, &*fields, body.len());
        let (started_at, began) = (Clock::System.now(), Instant::now());
        let came = self
            .exchange(&url, &capture.method, &fields, body, trust)
            .await;
        let took = began.elapsed();
        let report = Report::new(&url, sent, (started_at, took), came.as_ref());
        let status = came.and_then(|answered| match answered.broken {
            None => Ok(answered.status),
            Some(error) => Err(error),
        });
        Ok(Outcome {
            status,
            took,
            report,
        })
    }

    /// Sends a request and reads the answer, all within its time.
    async fn exchange(
        &self,
        url: &Url,
        method: &str,
        fields: &[Pair],
        body: Vec<u8>,
        trust: &Trust,
    ) -> Result<Answered, Error> {
        let fields = fields.iter().map(|(name, value)| (&**name, &**value));
        let head = http::head(method, &url.target(), fields).await?;
        let request = http::Request::from_parts(head, http::full(body));
        let patience = if self.timeout.is_zero() {
            Duration::from_hours(24)
        } else {
            self.timeout
        };
        let until = Instant::now() + patience;
        let answer = http::send(url, trust, request, patience).await?;
        let (head, body) = answer.into_parts();
        let left = until.saturating_duration_since(Instant::now());
        let mut bytes = Vec::new();
        let reading = http::read_into(&mut bytes, body, ANSWER, patience);
        let (is_more, broken) = match tokio::time::timeout(left, reading).await {
            Ok(Ok(is_whole)) => (!is_whole, None),
            Ok(Err(error)) => (false, Some(Error::Answer(error))),
            Err(_) => (false, Some(http::Error::Timeout(patience).into())),
        };
        Ok(Answered {
            status: head.status.as_u16(),
            headers: head.headers,
            body: bytes,
            is_more,
            broken,
        })
    }

    /// Where it goes: the target's path with the capture's behind it, the target's query with the capture's behind it.
    fn url(&self, target: &Url, path: &str, query: Option<&str>) -> Url {
        let path = match &self.path {
            Some(own) if own.starts_with('/') => own.clone(),
            Some(own) => format!("/{own}"),
            None if path.is_empty() || path == "/" => target.path.clone(),
            None => format!("{}{path}", target.path.trim_end_matches('/')),
        };
        let query = match (&target.query, query) {
            (Some(own), Some(query)) => Some(format!("{own}&{query}")),
            (own, query) => own.clone().or_else(|| query.map(str::to_owned)),
        };
        target.at(&path, query)
    }

    /// The fields that are sent, in order: those that were captured, in order and case.
    fn fields(&self, capture: &Capture, url: &Url, length: usize) -> Vec<Pair> {
        let is_set = |name: &str| {
            self.headers
                .iter()
                .any(|(set, _)| set.eq_ignore_ascii_case(name))
        };
        let mut fields = Vec::new();
        if !is_set("host") {
            fields.push((b"Host".to_vec(), url.authority.clone().into_bytes()));
        }
        let set = self.headers.iter().filter(|(_, value)| !value.is_empty());
        fields.extend(set.map(|(name, value)| (name.clone().into(), value.clone().into())));
        let captured: Vec<(&str, Vec<u8>)> = capture
            .headers
            .iter()
            .map(|header| {
                let bytes = header.base64.as_deref().and_then(base64::decode);
                let value = bytes.unwrap_or_else(|| header.value.clone().into_bytes());
                (&*header.name, value)
            })
            .collect();
        let captured = captured
            .iter()
            .map(|(name, value)| (name.as_bytes(), &**value));
        let own = end_to_end(captured).filter(|(name, _)| {
            !name.eq_ignore_ascii_case(b"content-length") && !is_set(&text(name))
        });
        fields.extend(own.map(|(name, value)| (name.to_vec(), value.to_vec())));
        let declares = capture
            .headers
            .iter()
            .any(|header| header.name.eq_ignore_ascii_case("content-length"));
        if length > 0 || declares || matches!(&*capture.method, "POST" | "PUT" | "PATCH") {
            fields.push((b"Content-Length".to_vec(), length.to_string().into_bytes()));
        }
        fields.push((b"Connection".to_vec(), b"close".to_vec()));
        fields
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_read_as_people_write_it() {
        for (text, expected) in [
            ("3000", "http://localhost:3000/"),
            (":3000/in", "http://localhost:3000/in"),
            ("localhost:3000/in?x", "http://localhost:3000/in?x"),
            ("shop.test", "http://shop.test/"),
            ("https://[::1]:3/", "https://[::1]:3/"),
        ] {
            assert_eq!(target(text).unwrap().to_string(), expected);
        }
        for text in ["", "ftp://h", "a b", "http://"] {
            assert!(target(text).is_err(), "{text}");
        }
    }

    #[test]
    fn paths_and_queries_are_put_behind_those_of_the_target() {
        let url = |own: Option<&str>, to: &str, path, query| {
            let forwarding = Forwarding {
                path: own.map(str::to_owned),
                headers: Vec::new(),
                skip_verify: false,
                timeout: Duration::ZERO,
            };
            let to = target(to).unwrap();
            forwarding.url(&to, path, query).target()
        };
        assert_eq!(url(None, "3000", "/a//b/", Some("x&&")), "/a//b/?x&&");
        assert_eq!(
            url(None, "h/shop/?k=1", "/a", Some("y=2")),
            "/shop/a?k=1&y=2"
        );
        assert_eq!(url(None, "h/hook.php", "", None), "/hook.php");
        assert_eq!(url(None, "h/hook/", "/", Some("")), "/hook/?");
        assert_eq!(url(Some("in"), "h/hook", "/a", Some("b")), "/in?b");
    }
}
