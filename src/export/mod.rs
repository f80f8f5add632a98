//! A capture in the form of another tool: a command to run, a text to keep.
//!
//! A format is a pure function from a capture to bytes; pages and API offer what is in [`FORMATS`], under its name. What it
//! writes sends the same request again: method, target, header fields and body to the byte, without what belongs to the one
//! connection that the capture came by.
//!
//! What a tool cannot send is said in a comment before the command. [`sending`] is what all commands have in common, [`shell`] and
//! [`script`] are how their languages quote.
//!
//! To add a format: a file here with a `FORMAT`, and its line in [`FORMATS`].

pub mod curl;
pub mod fetch;
pub mod har;
pub mod http;
pub mod httpie;
pub mod powershell;
pub mod python;
pub mod rest;
mod script;
mod sending;
mod shell;

use crate::model::{Capture, CaptureNumber, Envelope};

/// All formats, in the order in which they are offered.
pub static FORMATS: [&Format; 7] = [
    &curl::FORMAT,
    &httpie::FORMAT,
    &fetch::FORMAT,
    &python::FORMAT,
    &powershell::FORMAT,
    &http::FORMAT,
    &har::FORMAT,
];

/// What a format is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// To be copied and run, or sent.
    Command,
    /// To be kept, and opened with another tool.
    File,
}

/// One form that a capture can be had in.
#[derive(Debug)]
pub struct Format {
    /// Its name in addresses.
    pub name: &'static str,
    /// Its name on pages.
    pub label: &'static str,
    /// How a file of it is called, behind the dot.
    pub extension: &'static str,
    /// What it is good for.
    pub kind: Kind,
    /// What it is, where all of it is UTF-8.
    pub media_type: &'static str,
    /// Writes a capture.
    pub write: fn(&Source<'_>) -> Vec<u8>,
}

/// What commands and texts are.
const TEXT: &str = "text/plain; charset=utf-8";

/// The format of that name.
pub fn find(name: &str) -> Option<&'static Format> {
    FORMATS.into_iter().find(|format| format.name == name)
}

/// What is written.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// The capture.
    pub capture: &'a Capture,
    /// What stands before the target in the URL to send to: `https://hooks.example.com`. It is the server's own address, not the
    /// host that the capture names: that is the sender's word, and would lead whoever runs the command to anywhere.
    pub base: &'a str,
    /// Where the body can be downloaded by whoever has this address.
    pub body_url: &'a str,
}

/// Under which name the body of a capture is downloaded.
pub fn body_file(n: CaptureNumber) -> String {
    format!("request-{n}.bin")
}

/// The URL that a request was sent to, in its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url<'a> {
    /// Scheme, host and port.
    pub origin: String,
    /// The part of the target that leads to the bin.
    pub prefix: &'a str,
    /// The part of the target below the bin, with its query.
    pub own: &'a str,
}

impl<'a> Url<'a> {
    /// The URL of a request; a host that could not stand in a URL is replaced by `base`.
    pub fn of(envelope: &'a Envelope, base: &str) -> Self {
        let head = &envelope.head;
        let at = head.path_at.min(head.target.len());
        let (before, own) = head
            .target
            .split_at_checked(at)
            .unwrap_or(("", &head.target));
        if let Some(rest) = before.find("://").map(|at| at + 3) {
            // A target in absolute form has its own scheme and host (RFC 9112 section 3.2.2).
            let end = before.get(rest..).and_then(|rest| rest.find('/'));
            let (origin, prefix) = before.split_at(end.map_or(before.len(), |end| rest + end));
            return Self {
                origin: origin.to_owned(),
                prefix,
                own,
            };
        }
        let origin = if is_authority(&envelope.host) {
            format!("{}://{}", envelope.scheme.as_str(), envelope.host)
        } else {
            base.to_owned()
        };
        Self {
            origin,
            prefix: before,
            own,
        }
    }
}

/// Whether the text is a host with or without a port, and nothing that a URL would read as more.
fn is_authority(host: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
    !host.is_empty() && host.bytes().all(is_plain)
}

#[cfg(test)]
pub(crate) mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::model::{BodyState, CaptureLine, Head, Headers, Reply, Scheme, Timestamp, Version};

    /// A capture of a request to the bin `/bin`, for the tests of formats.
    pub(crate) fn capture(
        method: &str,
        target: &str,
        headers: &'static [u8],
        body: &'static [u8],
    ) -> Capture {
        let peer = "127.0.0.1:1".parse().unwrap();
        let envelope = Envelope {
            received_at: Timestamp::from_micros(0),
            took_us: 0,
            head: Head {
                method: method.to_owned(),
                target: target.to_owned(),
                path_at: target.find("/bin").map_or(0, |at| at + 4),
                version: Version::Http11,
                headers: Headers::from_wire(Bytes::from_static(headers)),
            },
            scheme: Scheme::Http,
            host: "hooks.example.com".to_owned(),
            client: peer_ip(peer),
            peer,
            trailers: Headers::default(),
            reply: Reply::plain(200),
        };
        Capture {
            line: CaptureLine {
                n: CaptureNumber(12),
                envelope,
                size: body.len() as u64,
                state: BodyState::Complete,
                sent: None,
                marks: crate::model::Marks::default(),
                recognised: None,
                verdict: None,
            },
            body: Bytes::from_static(body),
        }
    }

    /// What a format writes of such a capture, as text.
    pub(crate) fn written(
        format: &Format,
        method: &str,
        target: &str,
        headers: &'static [u8],
        body: &'static [u8],
    ) -> String {
        let bytes = (format.write)(&Source {
            capture: &capture(method, target, headers, body),
            base: "http://hooks.example.com",
            body_url: "http://hooks.example.com/body",
        });
        String::from_utf8(bytes).unwrap()
    }

    fn peer_ip(peer: std::net::SocketAddr) -> std::net::IpAddr {
        peer.ip()
    }

    fn url(target: &str, host: &str) -> (String, String, String) {
        let mut capture = capture("GET", target, b"", b"");
        capture.line.envelope.host = host.to_owned();
        let url = Url::of(&capture.line.envelope, "http://base");
        (url.origin, url.prefix.to_owned(), url.own.to_owned())
    }

    #[test]
    fn a_url_has_an_origin_a_prefix_and_its_own_part() {
        let parts = |a: &str, b: &str, c: &str| (a.to_owned(), b.to_owned(), c.to_owned());
        assert_eq!(
            url("/bin/orders?x=1", "[::1]:80"),
            parts("http://[::1]:80", "/bin", "/orders?x=1")
        );
        assert_eq!(url("/orders", "h"), parts("http://h", "", "/orders"));
        assert_eq!(
            url("https://other/bin/orders", "h"),
            parts("https://other", "/bin", "/orders")
        );
    }

    #[test]
    fn a_host_that_is_none_does_not_get_into_a_url() {
        for host in ["", "a@evil.example", "a/b", "a b", "$(x)"] {
            assert_eq!(url("/bin", host).0, "http://base", "{host}");
        }
    }

    #[test]
    fn formats_have_names_of_their_own() {
        for format in FORMATS {
            assert_eq!(
                find(format.name).map(|found| found.label),
                Some(format.label)
            );
        }
        assert!(find("word").is_none());
    }
}
