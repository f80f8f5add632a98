//! `hookwell verify`: checks the signature of a raw HTTP request.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use bytes::Bytes;

use super::printable;
use crate::model::{Clock, Head, Headers, Timestamp, Verdict, VerdictState, Version};
use crate::provider::{self, Certificate, Options, Others, Request, Secret};

/// The longest request that is read.
const BYTES: u64 = 128 * 1024 * 1024;

/// Flags of `hookwell verify`.
#[derive(Debug, clap::Args)]
pub struct Verify {
    /// Who sent it: stripe, github, …
    provider: String,
    /// The secret, key or certificate to check with; may be given several times
    #[arg(
        long,
        value_name = "SECRET",
        required = true,
        allow_hyphen_values = true
    )]
    secret: Vec<String>,
    /// The URL that the sender was given, where it differs from the request's: some sign it
    #[arg(long, value_name = "PUBLIC_URL")]
    url: Option<String>,
    /// When the request arrived, in Unix seconds; now, if not given
    #[arg(long, value_name = "UNIX_SECONDS", allow_negative_numbers = true)]
    at: Option<i64>,
    /// How many seconds a signed time may be off, instead of the provider's own number
    #[arg(long, value_name = "SECONDS")]
    tolerance: Option<u32>,
    /// How to say it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// The request, head and body, as it was sent; `-` for standard input
    file: PathBuf,
}

/// How a verdict is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// A line, and another with what to fix
    Text,
    /// The verdict as the API has it
    Json,
}

/// Why nothing was checked.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("{0} is not a provider; known are {1}")]
    Provider(String, String),
    #[error("{0} does not sign its requests")]
    Unsigned(&'static str),
    #[error("the secret is not right")]
    Secret(#[source] provider::WrongForm),
    #[error("the request cannot be read")]
    Read(#[source] io::Error),
    #[error("the file does not begin with an HTTP/1 request")]
    NotARequest,
}

impl Verify {
    pub(super) fn run(self) -> ExitCode {
        match self.verdict() {
            Ok(verdict) => {
                self.say(&verdict);
                match verdict.state {
                    VerdictState::Valid => ExitCode::SUCCESS,
                    VerdictState::Invalid => ExitCode::FAILURE,
                    VerdictState::Unchecked | VerdictState::Unsigned => ExitCode::from(2),
                }
            }
            Err(error) => {
                super::complain(&error);
                ExitCode::from(2)
            }
        }
    }

    fn verdict(&self) -> Result<Verdict, Error> {
        let provider = find(&self.provider)?;
        if provider.schemes.is_empty() {
            return Err(Error::Unsigned(provider.title));
        }
        let secrets: Vec<Secret> = self.secret.iter().map(Secret::new).collect();
        for secret in &secrets {
            provider.check_secret(secret).map_err(Error::Secret)?;
        }
        let raw = read(&self.file).map_err(Error::Read)?;
        let (head, body) = parse(&raw).ok_or(Error::NotARequest)?;
        let url = self.url.clone().unwrap_or_else(|| url_of(&head));
        let arrived = self.at.map_or_else(
            || Clock::System.now(),
            |seconds| Timestamp::from_micros(seconds.saturating_mul(1_000_000)),
        );
        let request = Request {
            head: &head,
            body: &body,
            url: &url,
            arrived,
        };
        let options = Options {
            tolerance_s: self.tolerance,
            certificate: Certificate::Unasked,
        };
        let explanation = provider.explain(&secrets, &request, options, &Others::default());
        Ok(explanation.map_or_else(
            || provider.verify(&secrets, &request, options),
            |explanation| explanation.verdict,
        ))
    }

    fn say(&self, verdict: &Verdict) {
        if self.format == Format::Json {
            // A verdict holds nothing that JSON could not.
            super::say(&printable(
                &serde_json::to_string(verdict).unwrap_or_default(),
            ));
            return;
        }
        let reason = verdict
            .reason
            .map_or(String::new(), |reason| format!(" ({})", reason.as_str()));
        super::say(&printable(&format!(
            "{}{reason}: {}",
            verdict.state.as_str(),
            verdict.detail
        )));
        if let Some(hint) = &verdict.hint {
            super::say(&printable(&format!("hint: {hint}")));
        }
    }
}

/// The provider of that name.
fn find(name: &str) -> Result<&'static provider::Provider, Error> {
    provider::find(name).ok_or_else(|| {
        let slugs: Vec<_> = provider::PROVIDERS.iter().map(|known| known.slug).collect();
        Error::Provider(name.to_owned(), slugs.join(", "))
    })
}

fn read(file: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if file == Path::new("-") {
        io::stdin().lock().take(BYTES).read_to_end(&mut bytes)?;
    } else {
        File::open(file)?.take(BYTES).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

/// Takes a raw request apart (RFC 9112): head, and body without its framing. Lines may end in LF alone.
fn parse(raw: &[u8]) -> Option<(Head, Vec<u8>)> {
    let line_end = memchr::memchr(b'\n', raw)?;
    let line = std::str::from_utf8(raw.get(..line_end)?).ok()?.trim_end();
    let mut words = line.split(' ');
    let (method, target, version) = (words.next()?, words.next()?, words.next()?);
    if words.next().is_some() || method.is_empty() || !version.starts_with("HTTP/") {
        return None;
    }
    let rest = raw.get(line_end + 1..)?;
    let (block, body) = split_head(rest);
    let headers = Headers::from_wire(Bytes::copy_from_slice(block));
    let is_chunked = headers
        .get("transfer-encoding")
        .is_some_and(|value| value.to_ascii_lowercase().ends_with(b"chunked"));
    let length = headers
        .get_text("content-length")
        .and_then(|value| value.parse::<usize>().ok());
    let body = match length {
        _ if is_chunked => unchunked(body).unwrap_or_else(|| body.to_vec()),
        // What an editor put behind the body is not part of it.
        Some(length) => body.get(..length).unwrap_or(body).to_vec(),
        None => body.to_vec(),
    };
    let head = Head {
        method: method.to_owned(),
        target: target.to_owned(),
        path_at: 0,
        version: if version == "HTTP/1.0" {
            Version::Http10
        } else {
            Version::Http11
        },
        headers,
    };
    Some((head, body))
}

/// The lines of the head, and what follows the empty line.
fn split_head(rest: &[u8]) -> (&[u8], &[u8]) {
    let mut at = 0;
    while let Some(line) = rest.get(at..).filter(|line| !line.is_empty()) {
        let size = memchr::memchr(b'\n', line).map_or(line.len(), |end| end + 1);
        if line
            .get(..size)
            .is_some_and(|line| line.trim_ascii().is_empty())
        {
            return (
                rest.get(..at).unwrap_or_default(),
                rest.get(at + size..).unwrap_or_default(),
            );
        }
        at += size;
    }
    (rest, &[])
}

/// A body out of its chunks (RFC 9112 section 7.1); `None` when they cannot be followed.
fn unchunked(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = memchr::memchr(b'\n', rest)?;
        let line = std::str::from_utf8(rest.get(..end)?).ok()?;
        let digits = line.split(';').next()?.trim();
        let size = usize::from_str_radix(digits, 16).ok()?;
        rest = rest.get(end + 1..)?;
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(rest.get(..size)?);
        rest = rest.get(size..)?;
        rest = rest
            .strip_prefix(b"\r\n")
            .or_else(|| rest.strip_prefix(b"\n"))?;
    }
}

/// The URL that a request names itself, as a provider would have been given it.
fn url_of(head: &Head) -> String {
    if head.target.contains("://") {
        return head.target.clone();
    }
    let host = head.headers.get_text("host").unwrap_or_default();
    format!("https://{host}{}", head.target)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(raw: &[u8]) -> Vec<u8> {
        parse(raw).unwrap().1
    }

    #[test]
    fn a_request_is_read_with_either_line_end_and_any_framing() {
        assert_eq!(body(b"POST / HTTP/1.1\r\nHost: h\r\n\r\nab\n"), b"ab\n");
        assert_eq!(body(b"POST / HTTP/1.1\nContent-Length: 2\n\nab\n"), b"ab");
        let chunked = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2;x=1\r\nab\r\n1\r\nc\r\n0\r\n\r\n";
        assert_eq!(body(chunked), b"abc");
        assert_eq!(body(b"GET /x HTTP/1.1\r\n\r\n"), b"");
        for nothing in [&b""[..], b"{}", b"GET /\n", b"\xff\xff / HTTP/1.1\n"] {
            assert!(
                parse(nothing).is_none() || nothing.starts_with(b"GET"),
                "{nothing:?}"
            );
        }
    }

    #[test]
    fn the_url_is_the_host_and_the_target() {
        let head = parse(b"POST /in?x=1 HTTP/1.1\r\nHost: h.example\r\n\r\n")
            .unwrap()
            .0;
        assert_eq!(url_of(&head), "https://h.example/in?x=1");
    }
}
