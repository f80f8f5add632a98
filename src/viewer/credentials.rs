//! Credentials that header fields carry, decoded for reading: nothing is checked.
//!
//! Some senders put a token into a field of their own, so a token is looked for in every field.

use std::borrow::Cow;

use super::{Shown, Table, View, jwt};
use crate::model::{Headers, base64};

/// The fields that carry credentials behind the name of a scheme (RFC 9110 section 11).
const FIELDS: [&str; 2] = ["authorization", "proxy-authorization"];

/// How many credentials are shown.
const SHOWN: usize = 8;

/// How long the value of a field may be, in bytes.
const VALUE: usize = 64 * 1024;

/// Credentials, decoded.
#[derive(Debug, Clone, PartialEq)]
pub struct Credentials {
    /// What they are, in a few words: `Basic credentials`.
    pub title: &'static str,
    /// The field that they came in, as sent.
    pub field: String,
    /// What is in them.
    pub shown: Shown,
}

/// The credentials in a request's header fields that can be read.
pub fn of(headers: &Headers) -> Vec<Credentials> {
    headers
        .iter()
        .filter_map(|(name, value)| one(name, value))
        .take(SHOWN)
        .collect()
}

fn one(name: &[u8], value: &[u8]) -> Option<Credentials> {
    let value = value.trim_ascii();
    if value.len() > VALUE {
        return None;
    }
    let has_scheme = FIELDS
        .iter()
        .any(|field| name.eq_ignore_ascii_case(field.as_bytes()));
    let (scheme, rest) = match memchr::memchr(b' ', value) {
        Some(at) if has_scheme => value.split_at(at),
        _ => (&b""[..], value),
    };
    let rest = rest.trim_ascii();
    let (title, shown) = if scheme.eq_ignore_ascii_case(b"basic") {
        ("Basic credentials", basic(rest)?)
    } else {
        let view = View::Parts(jwt::parts(rest)?);
        ("JSON Web Token", plain(view))
    };
    Some(Credentials {
        title,
        field: String::from_utf8_lossy(name).into_owned(),
        shown,
    })
}

/// User and password (RFC 7617 section 2): the first colon ends the user.
fn basic(text: &[u8]) -> Option<Shown> {
    let bytes = base64::decode_any(text)?;
    let at = memchr::memchr(b':', &bytes)?;
    let (user, password) = bytes.split_at(at);
    let pairs = [
        (&b"User"[..], user),
        (b"Password", password.get(1..).unwrap_or_default()),
    ];
    let pairs = pairs.map(|(name, value)| (Cow::Borrowed(name), Cow::Borrowed(value)));
    Some(plain(View::Table(Table::new(pairs, 2, false))))
}

fn plain(view: View) -> Shown {
    Shown {
        facts: vec![jwt::NOT_VERIFIED.to_owned()],
        ..Shown::of(view)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn seen(lines: &'static str) -> Vec<(&'static str, Vec<String>)> {
        let headers = Headers::from_wire(Bytes::from_static(lines.as_bytes()));
        let texts = |shown: &Shown| match &shown.view {
            View::Table(table) => table
                .fields
                .iter()
                .map(|field| field.value.plain())
                .collect(),
            View::Parts(parts) => parts.parts.iter().map(|part| part.title.plain()).collect(),
            other => panic!("{other:?}"),
        };
        of(&headers)
            .iter()
            .map(|credentials| (credentials.title, texts(&credentials.shown)))
            .collect()
    }

    #[test]
    fn basic_and_bearer_are_read() {
        assert_eq!(
            seen("Authorization: Basic QWxhZGRpbjpvcGVuOnNlc2FtZQ==\r\nX-A: Basic YTpi\r\n"),
            [(
                "Basic credentials",
                vec!["Aladdin".to_owned(), "open:sesame".to_owned()]
            )]
        );
        assert_eq!(
            seen("proxy-authorization:  bearer eyJhbGciOiJub25lIn0.e30.\r\n"),
            [(
                "JSON Web Token",
                ["Header", "Payload", "Signature"]
                    .map(str::to_owned)
                    .to_vec()
            )]
        );
        assert_eq!(
            seen("Cf-Access-Jwt-Assertion: eyJhbGciOiJub25lIn0.e30.\r\nX-B: a.b.c\r\n"),
            [(
                "JSON Web Token",
                ["Header", "Payload", "Signature"]
                    .map(str::to_owned)
                    .to_vec()
            )]
        );
        for lines in [
            "Authorization: Basic QWxhZGRpbg==\r\n",
            "Authorization: Basic ???\r\n",
            "Authorization: Bearer sk_test_123\r\n",
            "Authorization:\r\n",
        ] {
            assert_eq!(seen(lines), [], "{lines}");
        }
    }
}
