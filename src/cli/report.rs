//! What came of a forward, as the server is told of it: the shape of `POST …/captures/{n}/attempts`.

use std::time::Duration;

use serde::Serialize;

use super::http::{self, Url};
use super::local::Error;
use super::printable;
use crate::model::head::text;
use crate::model::{Timestamp, base64};

/// How many bytes of an answer are told.
const BODY: usize = 1 << 20;

/// How many bytes of header fields of one message.
const HEAD: usize = 60 * 1024;

/// How many bytes of a URL.
const URL: usize = 2048;

/// How many characters of a mistake.
const DETAIL: usize = 400;

/// Name and value of a field.
pub(super) type Pair = (Vec<u8>, Vec<u8>);

/// A try to send a capture on.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    url: String,
    started_at: Timestamp,
    took_us: u64,
    sent: Sent,
    answer: Option<Answer>,
    error: Option<Failure>,
}

#[derive(Debug, Serialize)]
struct Sent {
    method: String,
    headers: Vec<Field>,
    size: u64,
}

#[derive(Debug, Serialize)]
struct Field {
    name: String,
    value: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    base64: Option<String>,
}

#[derive(Debug, Serialize)]
struct Answer {
    status: u16,
    headers: Vec<Field>,
    body: Body,
}

#[derive(Debug, Serialize)]
struct Body {
    state: &'static str,
    sent: Option<u64>,
    encoding: &'static str,
    content: String,
}

#[derive(Debug, Serialize)]
struct Failure {
    cause: &'static str,
    detail: String,
}

/// An answer, as far as it came.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) status: u16,
    pub(super) headers: hyper::HeaderMap,
    pub(super) body: Vec<u8>,
    /// Whether there was more.
    pub(super) is_more: bool,
    /// Why its end did not come.
    pub(super) broken: Option<Error>,
}

impl Report {
    /// Of a request with these fields that was sent there.
    pub(super) fn new(
        url: &Url,
        (method, fields, size): (&str, &[Pair], usize),
        (started_at, took): (Timestamp, Duration),
        came: Result<&Answered, &Error>,
    ) -> Self {
        let fields = fields.iter().map(|(name, value)| (&**name, &**value));
        let failure = match came {
            Ok(answered) => answered.broken.as_ref(),
            Err(error) => Some(error),
        };
        let mut url = url.to_string();
        url.truncate(url.floor_char_boundary(URL));
        Self {
            url,
            started_at,
            took_us: u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
            sent: Sent {
                method: method.to_owned(),
                headers: told(fields),
                size: size as u64,
            },
            answer: came.ok().map(Answer::new),
            error: failure.map(Failure::new),
        }
    }
}

/// The first of these fields, as many as there is room for.
fn told<'a>(fields: impl Iterator<Item = (&'a [u8], &'a [u8])>) -> Vec<Field> {
    let mut size = 0;
    let fits = |(name, value): &(&[u8], &[u8])| {
        size += name.len() + value.len() + 4;
        size <= HEAD
    };
    let field = |(name, value)| Field {
        name: text(name).into_owned(),
        value: text(value).into_owned(),
        base64: base64::encode_unless_text(value),
    };
    fields.take_while(fits).map(field).collect()
}

impl Answer {
    fn new(answered: &Answered) -> Self {
        let whole = answered.body.len();
        let bytes = answered.body.get(..whole.min(BODY)).unwrap_or_default();
        let (encoding, content) = match std::str::from_utf8(bytes) {
            Ok(text) => ("utf-8", text.to_owned()),
            Err(_) => ("base64", base64::encode(bytes)),
        };
        let is_cut = answered.is_more || whole > BODY;
        let fields = answered.headers.iter();
        Self {
            status: answered.status,
            headers: told(fields.map(|(name, value)| (name.as_ref(), value.as_bytes()))),
            body: Body {
                state: match (&answered.broken, is_cut) {
                    (Some(_), _) => "aborted",
                    (None, true) => "truncated",
                    (None, false) => "complete",
                },
                sent: (whole > BODY && !answered.is_more).then_some(whole as u64),
                encoding,
                content,
            },
        }
    }
}

impl Failure {
    fn new(error: &Error) -> Self {
        let cause = match error {
            Error::Http(http::Error::NoHost(..)) => "dns",
            Error::Http(http::Error::Connect(..)) => "connect",
            Error::Http(http::Error::Tls(..)) => "tls",
            Error::Http(http::Error::Timeout(_)) => "timeout",
            Error::Http(http::Error::Http(_, error)) if error.is_parse_too_large() => "too_large",
            Error::Http(http::Error::Http(..) | http::Error::Unsendable) | Error::Answer(_) => {
                "closed"
            }
        };
        let detail = printable(&super::told(error));
        Self {
            cause,
            detail: detail.chars().take(DETAIL).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_long_an_answer_was_is_told_where_its_end_was_seen() {
        let answer = |is_more, length| {
            Answer::new(&Answered {
                status: 200,
                headers: hyper::HeaderMap::new(),
                body: vec![b'x'; length],
                is_more,
                broken: None,
            })
            .body
        };
        let whole = answer(false, BODY);
        assert_eq!((whole.state, whole.sent), ("complete", None));
        let cut = answer(false, BODY + 1);
        let sent = Some(BODY as u64 + 1);
        assert_eq!((cut.state, cut.sent), ("truncated", sent));
        let endless = answer(true, BODY + 1);
        assert_eq!((endless.state, endless.sent), ("truncated", None));
    }
}
