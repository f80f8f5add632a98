//! Sends one request over a connection of its own, and reads the status of the answer.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use crate::provider::Draft;

/// How long connecting and each wait for the answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// How much of an answer is read.
const ANSWER: u64 = 64 * 1024;

/// Why a request was not answered.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("expected http://host:port/path")]
    NotHttp,
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("the answer is not HTTP")]
    NotAnAnswer,
}

/// Where requests are sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    /// Host and port, to connect to.
    address: String,
    /// Host and port, as the URL has them.
    authority: String,
    /// Path and query.
    path: String,
}

impl Target {
    /// Reads a URL of plain HTTP.
    pub(super) fn parse(url: &str) -> Result<Self, Error> {
        let rest = url.strip_prefix("http://").ok_or(Error::NotHttp)?;
        let is_plain = rest.bytes().all(|byte| byte.is_ascii_graphic());
        let rest = rest.split('#').next().unwrap_or_default();
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(end).ok_or(Error::NotHttp)?;
        if !is_plain || authority.is_empty() || authority.contains('@') {
            return Err(Error::NotHttp);
        }
        let has_port = authority
            .rsplit_once(':')
            .is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        let slash = if path.starts_with('/') { "" } else { "/" };
        Ok(Self {
            address: if has_port {
                authority.to_owned()
            } else {
                format!("{authority}:80")
            },
            authority: authority.to_owned(),
            path: format!("{slash}{path}"),
        })
    }

    /// Sends a request and gives the status of its answer.
    pub(super) fn post(&self, draft: &Draft) -> Result<u16, Error> {
        let mut stream = self.connect()?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let mut head = format!(
            "{} {} HTTP/1.1\r\nHost: {}\r\n",
            draft.method, self.path, self.authority
        );
        for (name, value) in &draft.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!(
            "Content-Length: {}\r\nConnection: close\r\n\r\n",
            draft.body.len()
        ));
        stream.write_all(head.as_bytes())?;
        stream.write_all(&draft.body)?;
        let mut answer = Vec::new();
        let read = stream.take(ANSWER).read_to_end(&mut answer);
        status(&answer).ok_or_else(|| read.err().map_or(Error::NotAnAnswer, Error::Io))
    }

    fn connect(&self) -> Result<TcpStream, Error> {
        let mut failure = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
        for address in self.address.to_socket_addrs()? {
            match TcpStream::connect_timeout(&address, PATIENCE) {
                Ok(stream) => return Ok(stream),
                Err(error) => failure = error,
            }
        }
        Err(failure.into())
    }
}

/// The status of an answer, after one that only announces it (RFC 9110 section 15.2).
fn status(answer: &[u8]) -> Option<u16> {
    let first = status_line(answer)?;
    if !(100..200).contains(&first) {
        return Some(first);
    }
    let end = memchr::memmem::find(answer, b"\r\n\r\n")?;
    status_line(answer.get(end + 4..)?)
}

fn status_line(answer: &[u8]) -> Option<u16> {
    let line = answer.split(|&byte| byte == b'\n').next()?;
    let line = std::str::from_utf8(line).ok()?;
    line.strip_prefix("HTTP/1.")?.get(2..5)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_taken_apart_and_nothing_odd_gets_through() {
        let parts = |url: &str| {
            let target = Target::parse(url).unwrap();
            (target.address, target.path)
        };
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(parts("http://h/in?x=1#y"), pair("h:80", "/in?x=1"));
        assert_eq!(parts("http://[::1]:8080"), pair("[::1]:8080", "/"));
        assert_eq!(parts("http://h?x"), pair("h:80", "/?x"));
        for url in [
            "https://h",
            "h/in",
            "http://",
            "http://u@h",
            "http://h/a b",
            "http://h/\r\nX: y",
        ] {
            assert!(Target::parse(url).is_err(), "{url}");
        }
    }

    #[test]
    fn the_status_is_that_of_the_answer() {
        assert_eq!(status(b"HTTP/1.1 204 No Content\r\n\r\n"), Some(204));
        assert_eq!(
            status(b"HTTP/1.1 103 Early\r\n\r\nHTTP/1.0 500 x\r\n"),
            Some(500)
        );
        assert_eq!(status(b"SSH-2.0"), None);
        assert_eq!(status(b""), None);
    }
}
