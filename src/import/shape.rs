//! A capture as the API writes it, read back.

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;
use serde::Deserialize;

use super::{Bounds, Error};
use crate::model::{
    Body, BodyState, Draft, Envelope, Head, Headers, Reply, Scheme, Timestamp, Version, base64,
};

/// A capture in JSON. What a reader of hookwell's own files can do without has a default.
#[derive(Debug, Deserialize)]
pub struct Shape<'a> {
    pub(super) received_at: Option<String>,
    #[serde(default)]
    pub(super) took_us: u64,
    pub(super) method: Option<String>,
    pub(super) target: Option<String>,
    pub(super) path: Option<String>,
    pub(super) query: Option<String>,
    pub(super) http_version: Option<String>,
    pub(super) scheme: Option<String>,
    #[serde(default)]
    pub(super) host: String,
    pub(super) client: Option<IpAddr>,
    pub(super) peer: Option<SocketAddr>,
    pub(super) headers: Option<Vec<Field>>,
    pub(super) raw_headers: Option<String>,
    #[serde(default)]
    pub(super) headers_as_sent: bool,
    #[serde(default)]
    pub(super) trailers: Vec<Field>,
    #[serde(borrow)]
    pub(super) body: Option<BodyShape<'a>>,
    pub(super) reply: Option<ReplyShape>,
}

/// A header field or trailer.
#[derive(Debug, Deserialize)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) base64: Option<String>,
}

#[derive(Debug, Deserialize, Default)]
pub(super) struct BodyShape<'a> {
    pub(super) state: Option<String>,
    pub(super) sent: Option<u64>,
    pub(super) encoding: Option<String>,
    #[serde(borrow)]
    pub(super) content: Option<Cow<'a, str>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ReplyShape {
    status: Option<u16>,
    rule: Option<String>,
    #[serde(default)]
    delay_ms: u32,
}

/// How many bytes the name of a rule may have: more than [`Rule::NAME_CHARACTERS`](crate::model::Rule::NAME_CHARACTERS) need.
const RULE: usize = 1000;

/// Whether the text is a token (RFC 9110 section 5.6.2), as names and methods are.
fn is_token(text: &str) -> bool {
    let is_char = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(is_char)
}

/// Whether bytes can be the value of a field (RFC 9110 section 5.5).
fn is_value(value: &[u8]) -> bool {
    !value.iter().any(|byte| matches!(byte, 0 | b'\r' | b'\n'))
}

fn missing(place: &str) -> Error {
    Error::new(place, "is missing")
}

impl Shape<'_> {
    /// The draft of it.
    ///
    /// # Errors
    /// What is missing, or could not have come over a socket, or is larger than may be.
    pub fn draft(self, bounds: Bounds) -> Result<Draft, Error> {
        let received_at = moment(self.received_at.as_deref(), bounds.now)?;
        let method = self.method.ok_or_else(|| missing("method"))?;
        if !is_token(&method) || method.len() > 1000 {
            return Err(Error::new("method", "is not a method (RFC 9110 section 9)"));
        }
        let target = self.target.ok_or_else(|| missing("target"))?;
        if target.is_empty() || target.bytes().any(|byte| byte <= b' ' || byte == 0x7f) {
            return Err(Error::new(
                "target",
                "is empty, or has blanks or controls in it",
            ));
        }
        let headers = self.headers.ok_or_else(|| missing("headers"))?;
        let fields = block(
            "headers",
            &headers,
            self.raw_headers.as_deref(),
            self.headers_as_sent,
        )?;
        let trailers = block("trailers", &self.trailers, None, false)?;
        if self.host.bytes().any(|byte| byte <= b' ' || byte == 0x7f) {
            return Err(Error::new("host", "has blanks or controls in it"));
        }
        let size = target.len() + self.host.len() + fields.block().len() + trailers.block().len();
        if size as u64 > bounds.head {
            return Err(Error::new(
                "headers",
                format!("are larger than {} bytes", bounds.head),
            ));
        }
        let version = match self
            .http_version
            .as_deref()
            .map(str::to_ascii_uppercase)
            .as_deref()
        {
            None | Some("" | "HTTP/1.1") => Version::Http11,
            Some("HTTP/1.0") => Version::Http10,
            // As browsers write them; a capture of HTTP/3 has fields as one of HTTP/2.
            Some("HTTP/2" | "HTTP/2.0" | "H2" | "HTTP/3" | "HTTP/3.0" | "H3") => Version::Http2,
            Some(_) => {
                return Err(Error::new(
                    "http_version",
                    "expected HTTP/1.0, HTTP/1.1 or HTTP/2",
                ));
            }
        };
        let scheme = match self.scheme.as_deref() {
            None | Some("http") => Scheme::Http,
            Some("https") => Scheme::Https,
            Some(_) => return Err(Error::new("scheme", "expected http or https")),
        };
        let peer = self
            .peer
            .unwrap_or_else(|| SocketAddr::from(([0, 0, 0, 0], 0)));
        let path_at = path_at(&target, self.path.as_deref(), self.query.as_deref());
        let reply = self.reply.map_or(Ok(Reply::none()), ReplyShape::read)?;
        let draft = Draft {
            envelope: Envelope {
                received_at,
                took_us: self.took_us,
                head: Head {
                    method,
                    target,
                    path_at,
                    version,
                    headers: fields,
                },
                scheme,
                host: self.host,
                client: self.client.unwrap_or_else(|| peer.ip()),
                peer,
                trailers,
                reply,
            },
            body: self.body.unwrap_or_default().read(bounds)?,
            imported: false,
            sender: None,
        };
        Ok(super::imported(draft))
    }
}

impl BodyShape<'_> {
    fn read(self, bounds: Bounds) -> Result<Body, Error> {
        let content = self.content.unwrap_or_default();
        let bytes: Bytes = match self.encoding.as_deref() {
            None | Some("" | "utf-8") => content.into_owned().into_bytes().into(),
            Some("base64") => base64::decode(&content)
                .ok_or_else(|| Error::new("body.content", "is not Base64 (RFC 4648 section 4)"))?
                .into(),
            Some(_) => return Err(Error::new("body.encoding", "expected utf-8 or base64")),
        };
        if bytes.len() as u64 > bounds.body {
            return Err(Error::new(
                "body.content",
                format!("is larger than the bin takes: {} bytes", bounds.body),
            ));
        }
        let state = match self.state.as_deref() {
            None | Some("complete") => BodyState::Complete,
            Some("truncated") => BodyState::Truncated,
            Some("aborted") => BodyState::Aborted,
            Some(_) => {
                return Err(Error::new(
                    "body.state",
                    "expected complete, truncated or aborted",
                ));
            }
        };
        let kept = bytes.len() as u64;
        Ok(Body {
            bytes,
            state,
            sent: self.sent.filter(|&sent| sent > kept),
        })
    }
}

impl ReplyShape {
    fn read(self) -> Result<Reply, Error> {
        let is_name = |rule: &String| rule.len() <= RULE && !rule.chars().any(char::is_control);
        if !self.rule.as_ref().is_none_or(is_name) {
            return Err(Error::new("reply.rule", "is not the name of a rule"));
        }
        Ok(Reply {
            status: self.status,
            rule: self.rule,
            delay_ms: self.delay_ms,
            ..Reply::none()
        })
    }
}

/// A time that has been.
fn moment(text: Option<&str>, now: Timestamp) -> Result<Timestamp, Error> {
    let text = text.ok_or_else(|| missing("received_at"))?;
    let at: jiff::Timestamp = text
        .parse()
        .map_err(|_| Error::new("received_at", "is no time (RFC 3339)"))?;
    let at = Timestamp::from_micros(at.as_microsecond());
    if at > now || at.as_micros() < 0 {
        return Err(Error::new(
            "received_at",
            "is in the future, or before 1970",
        ));
    }
    Ok(at)
}

/// The lines of fields: as they were sent, where that is said and fits them.
fn block(
    place: &str,
    fields: &[Field],
    raw: Option<&str>,
    as_sent: bool,
) -> Result<Headers, Error> {
    let mut read = Vec::with_capacity(fields.len());
    for (at, field) in fields.iter().enumerate() {
        let below =
            |name: &str, problem: &str| Error::new(format!("{place}[{at}].{name}"), problem);
        let own = field.name.strip_prefix(':').unwrap_or(&field.name);
        if !is_token(own) {
            return Err(below(
                "name",
                "is not the name of a field (RFC 9110 section 5.1)",
            ));
        }
        let value = match &field.base64 {
            None => field.value.clone().into_bytes(),
            Some(text) => base64::decode(text)
                .ok_or_else(|| below("base64", "is not Base64 (RFC 4648 section 4)"))?,
        };
        if !is_value(&value) {
            return Err(below("value", "has a line end or NUL in it"));
        }
        read.push((field.name.as_bytes(), value));
    }
    let pairs: Vec<(&[u8], &[u8])> = read
        .iter()
        .map(|(name, value)| (*name, value.trim_ascii()))
        .collect();
    let usual = Headers::from_fields(pairs.iter().copied());
    let raw = raw.and_then(base64::decode).map(Bytes::from);
    let raw = raw.map(|raw| Headers::from_stored(raw, as_sent));
    let fits = |raw: &Headers| {
        // A line that is no field would not be among the pairs, but in whatever the lines are written into.
        memchr::memchr_iter(b'\n', raw.block()).count() == pairs.len()
            && (raw.is_empty() || raw.block().ends_with(b"\n"))
            && !raw
                .block()
                .windows(2)
                .any(|two| two.starts_with(b"\r") && two != b"\r\n")
            && raw.iter().eq(pairs.iter().copied())
    };
    Ok(match raw.filter(fits) {
        Some(raw) => raw,
        None => Headers::from_stored(usual.block().clone(), as_sent),
    })
}

/// Where the bin's own path begins in the target: what `path` and `query` say is its end.
fn path_at(target: &str, path: Option<&str>, query: Option<&str>) -> usize {
    let Some(path) = path else { return 0 };
    let end = query.map_or_else(String::new, |query| format!("?{query}"));
    let whole = format!("{path}{end}");
    if let Some(before) = target.strip_suffix(whole.as_str()) {
        before.len()
    } else if path == "/" && target.ends_with(&end) {
        target.len() - end.len()
    } else {
        0
    }
}
