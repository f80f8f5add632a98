//! Names and values: header fields, query parameters, cookies, fields of a form.

use std::borrow::Cow;
use std::net::SocketAddr;

use ipnet::IpNet;

use super::text;
use crate::model::Headers;
use crate::viewer::form::Field;
use crate::viewer::{Spelled, Table};

/// How many rows of header fields, parameters or cookies are shown.
const ROWS: usize = 1000;

/// Header fields that a proxy adds, and that are believed of a trusted one.
const ADDED: [&str; 3] = ["x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"];

/// Names and values of an answer, as plain text.
pub(super) fn plain(headers: &Headers) -> Vec<(String, String)> {
    let text = |bytes| Spelled::from_bytes(bytes).plain();
    headers
        .iter()
        .map(|(name, value)| (text(name), text(value)))
        .collect()
}

/// Rows of names and values.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) shown: Vec<Row>,
    /// How many there are, shown or not.
    pub(super) total: usize,
    /// All of them as lines `Name: value`, to be copied.
    pub(super) lines: String,
}

/// A name and a value.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) name: Spelled,
    pub(super) value: Spelled,
    pub(super) tags: Vec<Tag>,
    /// The value to be copied, where that is not what is seen: with blanks around it.
    pub(super) exact: Option<String>,
}

/// A word of ours beside a value.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Tag {
    pub(super) class: &'static str,
    pub(super) text: Cow<'static, str>,
}

/// Whose words a request's header fields are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// The sender's alone.
    Sender,
    /// The sender's, and those of a proxy that is believed.
    Proxy,
}

impl Origin {
    /// Whether the other end of the connection is a trusted proxy.
    pub(super) fn of(peer: SocketAddr, trusted: &[IpNet]) -> Self {
        let ip = peer.ip().to_canonical();
        if trusted.iter().any(|network| network.contains(&ip)) {
            Self::Proxy
        } else {
            Self::Sender
        }
    }
}

impl Rows {
    /// Header fields, or the trailers.
    pub(super) fn of_headers(headers: &Headers, origin: Origin) -> Self {
        let pairs = headers
            .iter()
            .map(|(name, value)| (Cow::Borrowed(name), Cow::Borrowed(value)));
        let mut rows = Self::of_table(&Table::new(pairs, ROWS, true));
        for row in &mut rows.shown {
            let name = row.name.plain();
            let is_added = ADDED.iter().any(|added| name.eq_ignore_ascii_case(added));
            if origin == Origin::Proxy && is_added {
                row.tags.push(tag("", "added by proxy"));
            }
            rows.lines.push_str(&name);
            rows.lines.push_str(": ");
            rows.lines.push_str(&row.value.plain());
            rows.lines.push('\n');
        }
        rows
    }

    /// The parameters of a query.
    pub(super) fn of_query(query: Option<&str>) -> Self {
        let query = query.unwrap_or_default();
        Self::of_table(&Table::from_urlencoded(query.as_bytes(), ROWS))
    }

    /// The pairs of all `Cookie` fields (RFC 6265 section 4.2.1).
    pub(super) fn of_cookies(headers: &Headers) -> Self {
        let lines = headers
            .iter()
            .filter(|(name, _)| name.eq_ignore_ascii_case(b"cookie"));
        let pairs = lines
            .flat_map(|(_, value)| value.split(|&byte| byte == b';'))
            .map(<[u8]>::trim_ascii)
            .filter(|pair| !pair.is_empty());
        let pairs = pairs.map(|pair| {
            let at = memchr::memchr(b'=', pair).unwrap_or(pair.len());
            let (name, value) = pair.split_at(at);
            let value = value.get(1..).unwrap_or_default();
            (Cow::Borrowed(name), Cow::Borrowed(value))
        });
        Self::of_table(&Table::new(pairs, ROWS, false))
    }

    /// What a viewer made of a body.
    pub(super) fn of_table(table: &Table) -> Self {
        Self {
            shown: table.fields.iter().map(Row::new).collect(),
            total: table.fields.len() + table.left_out,
            lines: String::new(),
        }
    }

    /// How much is not shown, as a sentence.
    pub(super) fn rest(&self) -> Option<String> {
        (self.shown.len() < self.total).then(|| {
            format!(
                "{} of {} shown.",
                text::count(self.shown.len() as u64),
                text::count(self.total as u64)
            )
        })
    }
}

impl Row {
    fn new(field: &Field) -> Self {
        let mut tags = Vec::new();
        if let Some((nth, of)) = field.repeat {
            tags.push(tag("", format!("{nth} of {of}")));
        }
        if field.name.is_lossy() || field.value.is_lossy() {
            tags.push(tag("warn", "not UTF-8"));
        }
        let plain = field.value.plain();
        let is_exact = plain.trim() == plain;
        Self {
            name: field.name.clone(),
            value: field.value.clone(),
            tags,
            exact: (!is_exact).then_some(plain),
        }
    }
}

fn tag(class: &'static str, text: impl Into<Cow<'static, str>>) -> Tag {
    Tag {
        class,
        text: text.into(),
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn headers() -> Headers {
        Headers::from_wire(Bytes::from_static(
            b"Cookie: a=1; b; a=2;;\r\nX-Forwarded-For: 1.2.3.4\r\nX-Odd: caf\xe9\r\ncookie: c==\r\n",
        ))
    }

    fn seen(rows: &Rows) -> Vec<(String, String, Vec<String>)> {
        let tags = |row: &Row| row.tags.iter().map(|tag| tag.text.to_string()).collect();
        rows.shown
            .iter()
            .map(|row| (row.name.plain(), row.value.plain(), tags(row)))
            .collect()
    }

    fn row(name: &str, value: &str, tags: &[&str]) -> (String, String, Vec<String>) {
        let tags = tags.iter().map(|&tag| tag.to_owned()).collect();
        (name.to_owned(), value.to_owned(), tags)
    }

    #[test]
    fn headers_are_tagged_with_what_is_not_seen_in_them() {
        let trusted = ["10.0.0.0/8".parse().unwrap()];
        let origin = |peer: &str| Origin::of(peer.parse().unwrap(), &trusted);
        let rows = Rows::of_headers(&headers(), origin("[::ffff:10.1.2.3]:5"));
        assert_eq!(
            seen(&rows),
            [
                row("Cookie", "a=1; b; a=2;;", &["1 of 2"]),
                row("X-Forwarded-For", "1.2.3.4", &["added by proxy"]),
                row("X-Odd", "caf\\xE9", &["not UTF-8"]),
                row("cookie", "c==", &["2 of 2"]),
            ]
        );
        assert!(
            rows.lines
                .starts_with("Cookie: a=1; b; a=2;;\nX-Forwarded-For: 1.2.3.4\n")
        );
        let rows = Rows::of_headers(&headers(), origin("192.0.2.1:5"));
        assert_eq!(rows.shown[1].tags, []);
    }

    #[test]
    fn cookies_are_taken_apart_in_order() {
        assert_eq!(
            seen(&Rows::of_cookies(&headers())),
            [
                row("a", "1", &["1 of 2"]),
                row("b", "", &[]),
                row("a", "2", &["2 of 2"]),
                row("c", "=", &[]),
            ]
        );
    }

    #[test]
    fn blanks_around_a_value_are_copied_with_it() {
        let rows = Rows::of_query(Some("a=+x+&b=y"));
        assert_eq!(rows.shown[0].exact.as_deref(), Some(" x "));
        assert_eq!(rows.shown[1].exact, None);
        assert_eq!(Rows::of_query(None).total, 0);
    }
}
