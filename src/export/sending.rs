//! What every command has in common: the fields that are the request's own, how its body can be given, and what cannot be sent.

use std::borrow::Cow;

use super::Source;
use crate::model::head::end_to_end;
use crate::model::{BodyState, Version};

/// The longest body that is written into a command: a longer one is nothing to paste or to read.
pub(super) const INLINE: usize = 32 * 1024;

/// Name and value of the fields to send again, in order. Tools write the length themselves.
pub(super) fn fields<'a>(source: &Source<'a>) -> Vec<(&'a [u8], &'a [u8])> {
    let headers = &source.capture.line.envelope.head.headers;
    end_to_end(headers.iter())
        .filter(|(name, _)| !name.eq_ignore_ascii_case(b"content-length"))
        .collect()
}

/// A field whose value may be made of several.
pub(super) type Joined<'a> = (&'a [u8], Cow<'a, [u8]>);

/// Fields of one name in one line each, in the order of their first: for tools that have room for one of a name. The second value
/// says whether any had to be joined.
pub(super) fn joined<'a>(fields: &[(&'a [u8], &'a [u8])]) -> (Vec<Joined<'a>>, bool) {
    let mut joined: Vec<Joined<'_>> = Vec::new();
    let mut any = false;
    for &(name, value) in fields {
        match joined
            .iter_mut()
            .find(|(have, _)| have.eq_ignore_ascii_case(name))
        {
            None => joined.push((name, Cow::Borrowed(value))),
            Some((_, have)) => {
                // RFC 9110 section 5.3; cookies are the exception (RFC 9113 section 8.2.3).
                let is_cookie = name.eq_ignore_ascii_case(b"cookie");
                let comma: &[u8] = if is_cookie { b"; " } else { b", " };
                have.to_mut().extend_from_slice(comma);
                have.to_mut().extend_from_slice(value);
                any = true;
            }
        }
    }
    (joined, any)
}

/// Whether one of the fields has that name.
pub(super) fn has(fields: &[(&[u8], &[u8])], name: &str) -> bool {
    fields
        .iter()
        .any(|(have, _)| have.eq_ignore_ascii_case(name.as_bytes()))
}

/// The URL of the request on this server. A target in another form than a path has its path taken out of it.
pub(super) fn address(source: &Source<'_>) -> String {
    let target = source.capture.line.envelope.head.target.as_str();
    let path = match target.find("://").map(|at| at + 3) {
        _ if target.starts_with('/') => target,
        Some(host) => {
            let rest = target.get(host..).unwrap_or_default();
            rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/")
        }
        None => "/",
    };
    format!("{}{path}", source.base)
}

/// Whether the path has a segment `.` or `..`, also written with `%2e`, which URL libraries resolve.
pub(super) fn has_dot_segment(target: &str) -> bool {
    path(target).split('/').any(|segment| {
        let segment = segment.to_ascii_lowercase().replace("%2e", ".");
        segment == "." || segment == ".."
    })
}

/// The target up to its `?`.
pub(super) fn path(target: &str) -> &str {
    target.split('?').next().unwrap_or_default()
}

/// Whether the target is a path and query of the characters of RFC 3986 alone, with capital letters in its escapes: what URL
/// libraries leave as it is, but for segments of dots and for needless escapes.
pub(super) fn is_canonical(target: &str) -> bool {
    let is_plain =
        |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?".contains(&byte);
    let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'A'..=b'F');
    let mut bytes = target.bytes();
    while let Some(byte) = bytes.next() {
        let fits = match byte {
            b'%' => [bytes.next(), bytes.next()]
                .iter()
                .all(|digit| digit.as_ref().is_some_and(is_digit)),
            byte => is_plain(byte),
        };
        if !fits {
            return false;
        }
    }
    // An empty query is left out by some.
    target.starts_with('/')
        && !target.starts_with("//")
        && target
            .split_once('?')
            .is_none_or(|(_, query)| !query.is_empty())
}

/// Whether a character is escaped that need not be, such as `%41`: some URL libraries write it as it is then.
pub(super) fn has_needless_escape(text: &str) -> bool {
    text.split('%').skip(1).any(|after| {
        let byte = after
            .get(..2)
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
    })
}

/// What a command cannot send, or adds.
#[derive(Debug)]
pub(super) struct Notes {
    tool: &'static str,
    notes: Vec<String>,
}

impl Notes {
    /// What is so for every tool.
    pub(super) fn of(source: &Source<'_>, tool: &'static str) -> Self {
        let line = &source.capture.line;
        let mut notes = Self {
            tool,
            notes: Vec::new(),
        };
        if line.state != BodyState::Complete {
            notes.add("Only the beginning of the body was kept");
        }
        if !line.envelope.trailers.is_empty() {
            notes.cannot("The fields after the body are left out", "send any");
        }
        notes
    }

    /// The same for a tool that speaks HTTP/1.1 only.
    pub(super) fn of_http_1_1(source: &Source<'_>, tool: &'static str) -> Self {
        let mut notes = Self::of(source, tool);
        let version = source.capture.line.envelope.head.version;
        if version != Version::Http11 {
            notes.add(&format!(
                "It came as {}, and is sent as HTTP/1.1",
                version.as_str()
            ));
        }
        notes
    }

    /// A sentence.
    pub(super) fn add(&mut self, note: &str) {
        self.notes.push(note.to_owned());
    }

    /// What is left out or changed, since the tool cannot do something.
    pub(super) fn cannot(&mut self, what: &str, cannot: &str) {
        self.notes
            .push(format!("{what}: {} cannot {cannot}", self.tool));
    }

    /// The address of a body has the bin's key in it: so it is said, as whoever may see the command may read the bin.
    pub(super) fn add_key(&mut self) {
        self.add("The address of the body has the bin's key in it: keep it to yourself");
    }

    /// A line of comment each.
    pub(super) fn text(&self, comment: &str) -> String {
        let line = |note: &String| format!("{comment} {note}\n");
        self.notes.iter().map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_canonical_target_has_no_character_that_libraries_rewrite() {
        for target in ["/", "/bin/a%2Fb?x=1&y=%C3%BC", "/a;b=c@d:e?x?y"] {
            assert!(is_canonical(target), "{target}");
        }
        for target in [
            "",
            "*",
            "http://a/b",
            "//a",
            "/a?",
            "/a[]",
            "/%2f",
            "/%",
            "/%2",
            "/a#b",
            "/ü",
            "/a|b",
        ] {
            assert!(!is_canonical(target), "{target}");
        }
        assert!(has_needless_escape("/a%41") && has_needless_escape("/%7e"));
        assert!(!has_needless_escape("/a%2Fb%zz%"));
    }

    #[test]
    fn repeated_fields_are_joined_in_the_place_of_the_first() {
        let field = |name: &'static str, value: &'static str| (name.as_bytes(), value.as_bytes());
        let fields = [
            field("A", "1"),
            field("Cookie", "x"),
            field("a", "2"),
            field("cookie", "y"),
        ];
        let (joined, any) = joined(&fields);
        assert!(any);
        assert_eq!(&*joined[0].1, b"1, 2");
        assert_eq!(&*joined[1].1, b"x; y");
    }
}
