//! What came before the body: request line and header fields, byte for byte.

use std::borrow::Cow;

use bytes::{BufMut, Bytes, BytesMut};

/// The HTTP version that a request spoke.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Version {
    /// HTTP/1.0.
    Http10,
    /// HTTP/1.1.
    Http11,
    /// HTTP/2.
    Http2,
}

impl Version {
    /// As written in a request line, and for HTTP/2 as people write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http10 => "HTTP/1.0",
            Self::Http11 => "HTTP/1.1",
            Self::Http2 => "HTTP/2",
        }
    }

    /// The number that the store keeps for it.
    pub fn code(self) -> u8 {
        match self {
            Self::Http10 => 10,
            Self::Http11 => 11,
            Self::Http2 => 20,
        }
    }

    /// The version with that number; one that this version of hookwell does not know reads as HTTP/1.1.
    pub fn from_code(code: u8) -> Self {
        match code {
            10 => Self::Http10,
            20 => Self::Http2,
            _ => Self::Http11,
        }
    }
}

/// Header fields in the order they came, repeated ones included, as bytes.
///
/// Kept as one block of lines (`Name: value`, each with its line end) that is cut out of what was read from the socket: no
/// copy and no allocation per field on the way to the store, and the very bytes on the way back.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Headers {
    block: Bytes,
    as_sent: bool,
}

impl Headers {
    /// The lines of an HTTP/1 head as they were on the wire, without the request line and the empty line at the end.
    pub fn from_wire(block: Bytes) -> Self {
        Self {
            block,
            as_sent: true,
        }
    }

    /// Fields of which only name and value are known: HTTP/2, trailers, or a head whose bytes could not be followed.
    pub fn from_fields<'a>(fields: impl IntoIterator<Item = (&'a [u8], &'a [u8])>) -> Self {
        let mut block = BytesMut::new();
        for (name, value) in fields {
            block.put_slice(name);
            block.put_slice(b": ");
            block.put_slice(value);
            block.put_slice(b"\r\n");
        }
        Self {
            block: block.freeze(),
            as_sent: false,
        }
    }

    /// What the store kept: the [`block`](Self::block) and whether it is [`as_sent`](Self::is_as_sent).
    pub fn from_stored(block: Bytes, as_sent: bool) -> Self {
        Self { block, as_sent }
    }

    /// All lines in one piece.
    pub fn block(&self) -> &Bytes {
        &self.block
    }

    /// Whether order, case and blanks are those of the wire. When not, repeated names stand together and names are in
    /// lower case, as in HTTP/2.
    pub fn is_as_sent(&self) -> bool {
        self.as_sent
    }

    /// Whether there is no field at all.
    pub fn is_empty(&self) -> bool {
        self.block.is_empty()
    }

    /// Name and value of each field, in order; blanks around a value are left out (RFC 9110 section 5.5).
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> + Clone {
        let mut rest = &self.block[..];
        std::iter::from_fn(move || {
            while !rest.is_empty() {
                let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
                let (line, after) = rest.split_at(end);
                rest = after;
                // The name of an HTTP/2 pseudo-header begins with a colon of its own (RFC 9113 section 8.3).
                let own = usize::from(line.starts_with(b":"));
                let after_own = line.get(own..).unwrap_or_default();
                if let Some(colon) = memchr::memchr(b':', after_own) {
                    let (name, value) = line.split_at(colon + own);
                    return Some((name, value.get(1..).unwrap_or_default().trim_ascii()));
                }
            }
            None
        })
    }

    /// The first value of that name, whatever the case of the name.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.iter()
            .find(|(have, _)| have.eq_ignore_ascii_case(name.as_bytes()))
            .map(|(_, value)| value)
    }

    /// The first value of that name as text; bytes that are not UTF-8 are read as Latin-1.
    pub fn get_text(&self, name: &str) -> Option<Cow<'_, str>> {
        self.get(name).map(text)
    }
}

/// Fields of one connection or one message framing (RFC 9110 section 7.6.1), and `Host`, which a new address has anew.
const HOP_BY_HOP: [&str; 12] = [
    "connection",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// The fields that go along when a request is sent again elsewhere, in order.
///
/// Left out are those of one connection or one message framing, those that `Connection` names, and what HTTP/2 says in
/// pseudo-headers. `Content-Length` stays, for its place: whoever sends knows its value.
pub fn end_to_end<'a>(
    fields: impl Iterator<Item = (&'a [u8], &'a [u8])> + Clone,
) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
    let named: Vec<String> = fields
        .clone()
        .filter(|(name, _)| name.eq_ignore_ascii_case(b"connection"))
        .flat_map(|(_, value)| {
            text(value)
                .split(',')
                .map(|name| name.trim().to_ascii_lowercase())
                .collect::<Vec<_>>()
        })
        .collect();
    fields.filter(move |(name, _)| {
        let lower = text(name).to_ascii_lowercase();
        lower == "content-length"
            || (!name.starts_with(b":")
                && !HOP_BY_HOP.contains(&&*lower)
                && !named.contains(&lower))
    })
}

/// Bytes as text: UTF-8 where they are, else Latin-1, in which every byte is a character.
pub fn text(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(bytes.iter().map(|&byte| char::from(byte)).collect()),
    }
}

/// Request line and header fields of a capture.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Head {
    /// The method as sent, known or not.
    pub method: String,
    /// The request target as sent: usually path and query, or a whole URL (RFC 9112 section 3.2).
    pub target: String,
    /// Where in the target the bin's own path begins, behind the bin's id or the host.
    pub path_at: usize,
    /// The HTTP version.
    pub version: Version,
    /// The header fields.
    pub headers: Headers,
}

impl Head {
    fn below(&self) -> &str {
        self.target.get(self.path_at..).unwrap_or_default()
    }

    /// The path below the bin, as sent; `/` when the address is the bin's own.
    pub fn path(&self) -> &str {
        match without_fragment(self.below()).split('?').next() {
            None | Some("") => "/",
            Some(path) => path,
        }
    }

    /// The query as sent, without its `?`; `None` when there is no `?`.
    pub fn query(&self) -> Option<&str> {
        without_fragment(self.below())
            .split_once('?')
            .map(|(_, query)| query)
    }
}

/// A target without its fragment, which no client should send (RFC 9110 section 7.1) and some do: it names nothing to a server.
pub fn without_fragment(target: &str) -> &str {
    target.split('#').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(headers: &Headers) -> Vec<(String, String)> {
        headers
            .iter()
            .map(|(name, value)| (text(name).into_owned(), text(value).into_owned()))
            .collect()
    }

    #[test]
    fn keeps_order_case_and_repeats() {
        let headers = Headers::from_wire(Bytes::from_static(
            b"X-A: 1\r\nX-B:2 \r\nx-a:\t3\r\nempty:\r\n",
        ));
        let have = fields(&headers);
        let want = [("X-A", "1"), ("X-B", "2"), ("x-a", "3"), ("empty", "")];
        assert_eq!(have, want.map(|(n, v)| (n.to_owned(), v.to_owned())));
        assert_eq!(headers.get("x-b"), Some(&b"2"[..]));
        assert!(headers.is_as_sent());
    }

    #[test]
    fn a_pseudo_header_keeps_the_colon_that_its_name_begins_with() {
        let headers = Headers::from_fields([(&b":authority"[..], &b"127.0.0.1:8080"[..])]);
        let want = (":authority".to_owned(), "127.0.0.1:8080".to_owned());
        assert_eq!(fields(&headers), [want]);
    }

    #[test]
    fn what_belongs_to_one_connection_does_not_go_along() {
        let headers = Headers::from_wire(Bytes::from_static(
            b"Host: a\r\nX-A: 1\r\nTE: gzip\r\nConnection: close, X-Own,content-length\r\nx-own: 2\r\nContent-Length: 3\r\nX-B: 4\r\n",
        ));
        let kept: Vec<_> = end_to_end(headers.iter()).map(|(name, _)| name).collect();
        assert_eq!(kept, [&b"X-A"[..], b"Content-Length", b"X-B"]);
        let pseudo = Headers::from_fields([(&b":authority"[..], &b"h"[..]), (b"x", b"y")]);
        assert_eq!(end_to_end(pseudo.iter()).count(), 1);
    }

    #[test]
    fn bytes_that_are_not_utf_8_read_as_latin_1() {
        let headers = Headers::from_fields([(&b"x-odd"[..], &b"caf\xe9"[..])]);
        assert_eq!(headers.get_text("X-Odd").unwrap(), "caf\u{e9}");
        assert_eq!(headers.get("x-odd"), Some(&b"caf\xe9"[..]));
    }

    #[test]
    fn path_and_query_are_those_below_the_bin() {
        let head = |target: &str, path_at| Head {
            method: "GET".into(),
            target: target.into(),
            path_at,
            version: Version::Http11,
            headers: Headers::default(),
        };
        assert_eq!(
            (
                head("/bin/a%2Fb/../c?x=1?y", 4).path(),
                head("/bin/a?x=1?y", 4).query()
            ),
            ("/a%2Fb/../c", Some("x=1?y"))
        );
        assert_eq!(
            (head("/bin", 4).path(), head("/bin", 4).query()),
            ("/", None)
        );
        assert_eq!(
            (head("/bin?", 4).path(), head("/bin?", 4).query()),
            ("/", Some(""))
        );
        assert_eq!(head("/x", 90).path(), "/");
    }
}
