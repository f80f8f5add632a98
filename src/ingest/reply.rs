//! What the sender hears.

use std::time::Duration;

use bytes::Bytes;
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::{HeaderMap, Method, StatusCode};

use super::receive::End;
use crate::model::{Bin, CaptureNumber, Fault, Reason, Reply};
use crate::store::Error;

/// The number that the capture was given.
const NUMBER: HeaderName = HeaderName::from_static("x-hookwell-request");

/// Over which time a body drips when its delay says nothing else.
const DRIP: Duration = Duration::from_secs(10);

/// Room for the fields of most answers. A map of more than six has a larger table to clear for each.
const FIELDS: usize = 6;

/// An answer to a sender.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The fields.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// What is to go wrong with it.
    pub fault: Option<Fault>,
    /// Over which time the body goes out, when it is to drip.
    pub pace: Duration,
}

impl Answer {
    fn text(status: StatusCode, body: &'static str) -> Self {
        let mut headers = HeaderMap::with_capacity(FIELDS);
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/plain; charset=utf-8"),
        );
        keep_apart(&mut headers);
        Self {
            status,
            headers,
            body: Bytes::from_static(body.as_bytes()),
            fault: None,
            pace: Duration::ZERO,
        }
    }

    /// Whether it goes on for longer than it takes to write it; its connection is busy until then.
    pub fn is_slow(&self) -> bool {
        matches!(self.fault, Some(Fault::Drip | Fault::Half))
    }

    fn retry_after(mut self, seconds: u16) -> Self {
        self.headers.insert(header::RETRY_AFTER, seconds.into());
        self
    }

    fn closing(mut self) -> Self {
        self.headers
            .insert(header::CONNECTION, HeaderValue::from_static("close"));
        self
    }
}

/// A reply on our own origin must not be able to act there: it is sandboxed, whatever it holds.
fn keep_apart(headers: &mut HeaderMap) {
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("sandbox; default-src 'none'"),
    );
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
}

/// The status of a whole capture. A script that wants to be a service worker is not served: it would see the pages of this
/// origin.
pub(super) fn status_for(parts: &Parts) -> u16 {
    if parts.headers.contains_key("service-worker") {
        403
    } else {
        200
    }
}

/// The reply to a capture that is stored.
pub(super) fn captured(
    bin: &Bin,
    n: CaptureNumber,
    end: End,
    given: &Reply,
    parts: &Parts,
) -> Answer {
    let status = given
        .status
        .and_then(|status| StatusCode::from_u16(status).ok())
        .unwrap_or(StatusCode::OK);
    let mut headers = HeaderMap::with_capacity(FIELDS);
    for (name, value) in given.headers.iter() {
        // What the catalogue wrote, or a plan that was checked, is the name and the value of a field.
        if let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(name), HeaderValue::from_bytes(value))
        {
            headers.append(name, value);
        }
    }
    headers.insert(NUMBER, HeaderValue::from(n.0));
    keep_apart(&mut headers);
    if bin.settings.cors {
        allow_origins(&mut headers, parts);
    }
    let body = match end {
        End::Complete => given.body.clone(),
        End::Gone => Bytes::new(),
        End::TooLarge => {
            Bytes::from_static(b"the body is larger than this bin takes: its beginning was kept\n")
        }
        End::TimedOut => {
            Bytes::from_static(b"the body did not arrive in time: what came was kept\n")
        }
        End::Malformed => {
            Bytes::from_static(b"the body is not framed as HTTP: what came was kept\n")
        }
        End::NoMemory => {
            Bytes::from_static(b"too many large bodies are arriving: try again in a moment\n")
        }
    };
    let answer = Answer {
        status,
        headers,
        body,
        // Nothing is what was noted, so one that closed only its half hears nothing too.
        fault: if end == End::Gone {
            Some(Fault::Close)
        } else {
            given.fault
        },
        pace: match given.delay_ms {
            0 => DRIP,
            millis => Duration::from_millis(millis.into()),
        },
    };
    match end {
        End::Complete => answer,
        End::NoMemory => answer.retry_after(5).closing(),
        _ => answer.closing(),
    }
}

/// Lets a page of any origin send here (<https://fetch.spec.whatwg.org/#http-cors-protocol>).
fn allow_origins(headers: &mut HeaderMap, parts: &Parts) {
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_ORIGIN,
        HeaderValue::from_static("*"),
    );
    headers.insert(
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static("*"),
    );
    if parts.method == Method::OPTIONS {
        let asked = |name| {
            parts
                .headers
                .get(name)
                .cloned()
                .unwrap_or(HeaderValue::from_static("*"))
        };
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_METHODS,
            asked(header::ACCESS_CONTROL_REQUEST_METHOD),
        );
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            asked(header::ACCESS_CONTROL_REQUEST_HEADERS),
        );
        headers.insert(
            header::ACCESS_CONTROL_MAX_AGE,
            HeaderValue::from_static("600"),
        );
    }
}

/// There is no bin to capture into.
pub(super) fn no_bin(error: &Error) -> Answer {
    match error {
        Error::UnknownBin => {
            Answer::text(StatusCode::NOT_FOUND, "there is no bin at this address\n")
        }
        Error::Gone { .. } => Answer::text(
            StatusCode::GONE,
            "this bin was deleted, or has expired: stop sending here\n",
        ),
        other => return not_stored(other),
    }
    .closing()
}

/// The request is not one that HTTP allows.
pub(super) fn bad_request(why: &'static str) -> Answer {
    Answer::text(StatusCode::BAD_REQUEST, why).closing()
}

/// Nobody is there to hear it.
pub(super) fn gone_away() -> Answer {
    Answer::text(StatusCode::BAD_REQUEST, "").closing()
}

/// The capture could not be stored: the sender should try again.
pub(super) fn not_stored(error: &Error) -> Answer {
    match error {
        Error::Gone { .. } => no_bin(error),
        Error::Full => Answer::text(
            StatusCode::INSUFFICIENT_STORAGE,
            "the disk of this server is full\n",
        )
        .retry_after(30),
        Error::Overloaded => Answer::text(
            StatusCode::SERVICE_UNAVAILABLE,
            "too many requests are waiting: try again in a moment\n",
        )
        .retry_after(1),
        _ => Answer::text(
            StatusCode::SERVICE_UNAVAILABLE,
            "the request could not be stored: try again in a moment\n",
        )
        .retry_after(5),
    }
}

/// Why the bin shows the request as refused; `None` when there is no bin any more to show it on.
pub(super) fn reason(error: &Error) -> Option<Reason> {
    match error {
        Error::Gone { .. } | Error::UnknownBin => None,
        Error::Full => Some(Reason::StorageFull),
        Error::Overloaded => Some(Reason::Overloaded),
        _ => Some(Reason::StorageFailed),
    }
}
