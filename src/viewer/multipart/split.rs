//! Where parts begin and end (RFC 2046 section 5.1.1).

use std::borrow::Cow;

use super::Table;
use crate::model::head::text;

/// How many bytes the header fields of a part may have.
const HEAD: usize = 16 * 1024;

/// A multipart, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Split<'a> {
    /// The first parts.
    pub(super) pieces: Vec<Piece<'a>>,
    /// How many there are.
    pub(super) total: usize,
    /// Whether the closing boundary is there.
    pub(super) is_closed: bool,
    /// How many bytes stand before the first boundary, and behind the last; line ends do not count.
    pub(super) before: usize,
    pub(super) after: usize,
}

/// A part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece<'a> {
    /// Its header fields as they are.
    head: &'a [u8],
    /// Its body.
    pub(super) bytes: &'a [u8],
}

impl<'a> Piece<'a> {
    fn new(all: &'a [u8]) -> Self {
        // An empty line ends the fields; it may be the first, and senders there are that leave out the CR.
        let reach = all.get(..HEAD).unwrap_or(all);
        let first = [&b"\r\n"[..], b"\n"]
            .into_iter()
            .find_map(|gap| all.strip_prefix(gap));
        if let Some(bytes) = first {
            return Self { head: &[], bytes };
        }
        let gap = [&b"\n\r\n"[..], b"\n\n"]
            .into_iter()
            .filter_map(|gap| Some((memchr::memmem::find(reach, gap)?, gap.len())))
            .min();
        match gap {
            Some((at, length)) => Self {
                head: all.get(..at).unwrap_or_default(),
                bytes: all.get(at + length..).unwrap_or_default(),
            },
            None => Self {
                head: &[],
                bytes: all,
            },
        }
    }

    /// Its fields in order, those of several lines as one.
    fn fields(&self) -> impl Iterator<Item = (&'a [u8], Cow<'a, [u8]>)> + use<'a> {
        let mut fields: Vec<(&'a [u8], Cow<'a, [u8]>)> = Vec::new();
        for line in self.head.split(|&byte| byte == b'\n') {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            match (line, fields.last_mut()) {
                ([], _) => {}
                ([b' ' | b'\t', ..], Some((_, value))) => {
                    let value = value.to_mut();
                    value.push(b' ');
                    value.extend_from_slice(line.trim_ascii());
                }
                _ => {
                    let at = memchr::memchr(b':', line).unwrap_or(line.len());
                    let (name, value) = line.split_at(at);
                    let value = value.get(1..).unwrap_or_default().trim_ascii();
                    fields.push((name.trim_ascii(), Cow::Borrowed(value)));
                }
            }
        }
        fields.into_iter()
    }

    /// The value of its first field of that name.
    pub(super) fn field(&self, name: &str) -> Option<String> {
        self.fields()
            .find(|(have, _)| have.eq_ignore_ascii_case(name.as_bytes()))
            .map(|(_, value)| text(&value).into_owned())
    }

    /// At most `limit` of its fields.
    pub(super) fn table(&self, limit: usize) -> Table {
        let pairs = self
            .fields()
            .map(|(name, value)| (Cow::Borrowed(name), value));
        Table::new(pairs, limit, true)
    }
}

/// Takes a multipart apart, and keeps at most `limit` parts.
pub(super) fn split<'a>(bytes: &'a [u8], boundary: &[u8], limit: usize) -> Split<'a> {
    let mut split = Split {
        pieces: Vec::new(),
        total: 0,
        is_closed: false,
        before: 0,
        after: 0,
    };
    let delimiter = [b"--", boundary].concat();
    let mut at = 0;
    let mut begin = None;
    for found in memchr::memmem::find_iter(bytes, &delimiter) {
        if found < at {
            continue;
        }
        let Some(line) = Line::read(bytes, found, found + delimiter.len()) else {
            continue;
        };
        match begin {
            None => split.before = seen(bytes.get(..line.start)),
            Some(begin) => split.push(bytes.get(begin..line.start.max(begin)), limit),
        }
        begin = Some(line.end);
        at = line.end;
        if line.is_closing {
            split.is_closed = true;
            split.after = seen(bytes.get(line.end..));
            return split;
        }
    }
    if let Some(begin) = begin {
        split.push(bytes.get(begin..), limit);
    }
    split
}

/// How many bytes there are but for the blanks around them.
fn seen(bytes: Option<&[u8]>) -> usize {
    bytes.unwrap_or_default().trim_ascii().len()
}

impl<'a> Split<'a> {
    fn push(&mut self, bytes: Option<&'a [u8]>, limit: usize) {
        if self.pieces.len() < limit {
            self.pieces.push(Piece::new(bytes.unwrap_or_default()));
        }
        self.total += 1;
    }
}

/// A line that is a boundary.
struct Line {
    /// Where the part before it ends: before the line end that belongs to the boundary.
    start: usize,
    /// Where the part behind it begins.
    end: usize,
    is_closing: bool,
}

impl Line {
    /// The line around a boundary; `None` when it is part of a longer word, or does not begin its line.
    fn read(bytes: &[u8], found: usize, behind: usize) -> Option<Self> {
        let before = bytes.get(..found).unwrap_or_default();
        let start = match before {
            [] => 0,
            [.., b'\r', b'\n'] => found - 2,
            [.., b'\n'] => found - 1,
            _ => return None,
        };
        let rest = bytes.get(behind..).unwrap_or_default();
        let (rest, is_closing) = match rest.strip_prefix(b"--") {
            Some(rest) => (rest, true),
            None => (rest, false),
        };
        let line_end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let filling = rest.get(..line_end).unwrap_or_default();
        if !filling.trim_ascii().is_empty() {
            return None;
        }
        let end = (bytes.len() - rest.len()) + (line_end + 1).min(rest.len());
        Some(Self {
            start,
            end,
            is_closing,
        })
    }
}
