//! The request as HTTP/1.1 text: what to keep in a file, or to write to a socket.

use super::{Format, Kind, Source, TEXT};
use crate::model::{BodyState, Version};

/// Raw HTTP/1.1 (RFC 9112).
pub static FORMAT: Format = Format {
    name: "http",
    label: "Raw HTTP request",
    extension: "http",
    kind: Kind::Command,
    media_type: TEXT,
    write,
};

/// The lines as they were sent, but for the length of a body that is not the one that was sent. A chunked body comes in one chunk, its trailers behind it; a request that came by HTTP/2 is
/// written as HTTP/1.1, with the host and length that it needs there.
fn write(source: &Source<'_>) -> Vec<u8> {
    let capture = source.capture;
    let envelope = &capture.line.envelope;
    let head = &envelope.head;
    let version = match head.version {
        Version::Http10 => "HTTP/1.0",
        Version::Http11 | Version::Http2 => "HTTP/1.1",
    };
    let mut text = format!("{} {} {version}\r\n", head.method, head.target).into_bytes();
    if head.version == Version::Http2 {
        add_http_2_fields(source, &mut text);
    }
    add_fields(source, &mut text);
    if !text.ends_with(b"\n") {
        text.extend_from_slice(b"\r\n");
    }
    text.extend_from_slice(b"\r\n");
    let is_chunked = head.headers.iter().any(|(name, value)| {
        name.eq_ignore_ascii_case(b"transfer-encoding")
            && value.to_ascii_lowercase().ends_with(b"chunked")
    });
    if !is_chunked {
        text.extend_from_slice(&capture.body);
        return text;
    }
    if !capture.body.is_empty() {
        text.extend_from_slice(format!("{:x}\r\n", capture.body.len()).as_bytes());
        text.extend_from_slice(&capture.body);
        text.extend_from_slice(b"\r\n");
    }
    // A body that did not end is not given an end.
    if capture.line.state == BodyState::Complete {
        text.extend_from_slice(b"0\r\n");
        text.extend_from_slice(envelope.trailers.block());
        text.extend_from_slice(b"\r\n");
    }
    text
}

/// The fields, without what only HTTP/2 has. What was cut, or is masked, has another length than its sender said: whoever reads the
/// request would wait for the rest, or take it for the next one.
fn add_fields(source: &Source<'_>, text: &mut Vec<u8>) {
    let length = source.capture.body.len();
    let is_length = |name: &[u8]| name.eq_ignore_ascii_case(b"content-length");
    let block = source.capture.line.envelope.head.headers.block();
    for line in block.split_inclusive(|&byte| byte == b'\n') {
        let (name, value) = match line.iter().skip(1).position(|&byte| byte == b':') {
            Some(colon) => line.split_at(colon + 1),
            None => (line, &b""[..]),
        };
        let said = value.get(1..).map(<[u8]>::trim_ascii);
        if line.starts_with(b":") {
            continue;
        }
        if is_length(name) && said != Some(length.to_string().as_bytes()) {
            text.extend_from_slice(name);
            text.extend_from_slice(format!(": {length}\r\n").as_bytes());
        } else {
            text.extend_from_slice(line);
        }
    }
}

/// `Host` and `Content-Length`, which HTTP/2 says in other ways.
fn add_http_2_fields(source: &Source<'_>, text: &mut Vec<u8>) {
    let line = &source.capture.line;
    let headers = &line.envelope.head.headers;
    if headers.get("host").is_none() {
        let host = &line.envelope.host;
        text.extend_from_slice(format!("host: {host}\r\n").as_bytes());
    }
    if headers.get("content-length").is_none() && !source.capture.body.is_empty() {
        let length = source.capture.body.len();
        text.extend_from_slice(format!("content-length: {length}\r\n").as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::super::tests::capture;
    use super::*;
    use crate::model::{Capture, Headers};

    fn text(capture: &Capture) -> String {
        let source = Source {
            capture,
            base: "http://base",
            body_url: "",
        };
        String::from_utf8(write(&source)).unwrap()
    }

    #[test]
    fn lines_are_those_of_the_wire() {
        let capture = capture(
            "POST",
            "/bin?x",
            b"HOST:h\r\nContent-Length:  2\r\nx-A: 1 \r\n",
            b"hi",
        );
        assert_eq!(
            text(&capture),
            "POST /bin?x HTTP/1.1\r\nHOST:h\r\nContent-Length:  2\r\nx-A: 1 \r\n\r\nhi"
        );
    }

    #[test]
    fn the_length_is_that_of_what_is_there() {
        let fields = b"content-LENGTH: 20\r\nX-Content-Length: 20\r\nContent-Length:20\r\n";
        let mut cut = capture("POST", "/bin", fields, b"hi");
        cut.line.state = BodyState::Truncated;
        let lines = "content-LENGTH: 2\r\nX-Content-Length: 20\r\nContent-Length: 2\r\n";
        assert_eq!(text(&cut), format!("POST /bin HTTP/1.1\r\n{lines}\r\nhi"));
        cut.line.envelope.head.version = Version::Http2;
        assert!(text(&cut).contains("content-LENGTH: 2\r\n"));
        let none = capture("POST", "/bin", b"Content-Length: 0\r\n", b"");
        assert_eq!(
            text(&none),
            "POST /bin HTTP/1.1\r\nContent-Length: 0\r\n\r\n"
        );
    }

    #[test]
    fn a_chunked_body_is_one_chunk_with_its_trailers() {
        let mut capture = capture(
            "POST",
            "/bin",
            b"Host: h\r\nTransfer-Encoding: chunked\r\n",
            b"hello, hello, hello",
        );
        capture.line.envelope.trailers = Headers::from_wire(Bytes::from_static(b"X-Sum: abc\r\n"));
        let head = "POST /bin HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
        assert_eq!(
            text(&capture),
            format!("{head}13\r\nhello, hello, hello\r\n0\r\nX-Sum: abc\r\n\r\n")
        );
        capture.line.state = BodyState::Aborted;
        assert_eq!(
            text(&capture),
            format!("{head}13\r\nhello, hello, hello\r\n")
        );
    }

    #[test]
    fn http_2_gets_the_host_and_length_that_http_1_needs() {
        let mut capture = capture("POST", "/bin", b":authority: h\r\nx-a: 1\r\n", b"hi");
        capture.line.envelope.head.version = Version::Http2;
        assert_eq!(
            text(&capture),
            "POST /bin HTTP/1.1\r\nhost: hooks.example.com\r\ncontent-length: 2\r\nx-a: 1\r\n\r\nhi"
        );
    }
}
