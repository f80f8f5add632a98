//! What readers of a share link do not see: captures with their secrets replaced.
//!
//! A [`Masker`] is a pure function from a capture to a capture. [`web`](crate::web) puts it between the store and everything that
//! shows a capture to the holder of a read key, so that no view, export or stream can forget it; it knows nothing of those, of keys
//! or of pages. A masked value reads `••• (32 bytes, #5f2a1b9c)`, in a
//! query `•••(32,5f2a1b9c)`: equal values of a bin have equal marks. The mark is a hash under a
//! key that readers do not have; a value of less than [`HASHED`] bytes has none, as whoever can send to the bin could find it by
//! sending guesses.
//!
//! What cannot be taken apart is not shown in part: where a body may hold what is to be masked and cannot be read (it is
//! compressed, in many parts, or not the JSON that it claims to be), the body is withheld.
//!
//! To mask in another kind of body: a file here, and its line in `body`.
#![warn(clippy::indexing_slicing, clippy::string_slice)]

mod form;
mod json;
mod path;

use bytes::Bytes;
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use sha2::{Digest, Sha256};

use self::path::Path;
use crate::model::{Capture, CaptureLine, Headers, Mask, MaskKey, MediaType, Verdict, hex};

/// From how many bytes on a masked value is told apart from others.
pub const HASHED: usize = 16;

/// Words that stand before credentials and say of which kind they are (RFC 9110 section 11.1).
const SCHEMES: [&str; 7] = [
    "basic",
    "bearer",
    "digest",
    "hawk",
    "negotiate",
    "token",
    "apikey",
];

/// Masks captures of one bin.
#[derive(Debug)]
pub struct Masker<'a> {
    mask: &'a Mask,
    paths: Vec<Path>,
    key: MaskKey,
}

impl<'a> Masker<'a> {
    /// Masks what `mask` names; equal values are told by hashes under `key`.
    pub fn new(mask: &'a Mask, key: MaskKey) -> Self {
        Self {
            mask,
            paths: mask.json.iter().map(|path| Path::parse(path)).collect(),
            key,
        }
    }

    /// A capture with its secrets replaced.
    pub fn capture(&self, capture: Capture) -> Capture {
        let Capture { line, body } = capture;
        // As it was sent: masking changes no name, but a type could be among the masked fields.
        let body = self.body(&line.envelope.head.headers, body);
        Capture {
            line: self.line(line),
            body,
        }
    }

    /// The same of all but the body. The note is its owner's and stays.
    pub fn line(&self, mut line: CaptureLine) -> CaptureLine {
        let envelope = &mut line.envelope;
        if let Some((path, query)) = envelope.head.target.split_once('?')
            && let Some(query) = self.pairs(query.as_bytes())
        {
            envelope.head.target = format!("{path}?{}", String::from_utf8_lossy(&query));
        }
        envelope.head.headers = self.headers(&envelope.head.headers);
        envelope.trailers = self.headers(&envelope.trailers);
        // A reply may repeat what was sent.
        envelope.reply.headers = self.headers(&envelope.reply.headers);
        envelope.reply.body = Bytes::new();
        envelope.reply.error = None;
        // What a verdict says may hold parts of the request, and so may an event's id, wherever in the request it stood. An event's
        // type is a word of the sender's own.
        line.verdict = line.verdict.as_ref().map(Verdict::without_detail);
        if let Some(known) = &mut line.recognised {
            known.event.id = None;
        }
        line
    }

    fn has(list: &[String], name: &[u8]) -> bool {
        list.iter()
            .any(|have| have.as_bytes().eq_ignore_ascii_case(name))
    }

    /// What stands in a value's place.
    fn veil(&self, value: &[u8]) -> String {
        let unit = if value.len() == 1 { "byte" } else { "bytes" };
        let hash = self
            .hash(value)
            .map_or_else(String::new, |hash| format!(", #{hash}"));
        format!("••• ({} {unit}{hash})", value.len())
    }

    /// The same where blanks cannot stand: in queries and forms.
    fn short_veil(&self, value: &[u8]) -> String {
        let hash = self
            .hash(value)
            .map_or_else(String::new, |hash| format!(",{hash}"));
        format!("•••({}{hash})", value.len())
    }

    /// What tells a value from others; `None` where it is too short for that.
    fn hash(&self, value: &[u8]) -> Option<String> {
        if value.len() < HASHED {
            return None;
        }
        // The key comes first and the digest is cut, so that nothing can be added to it or found from it.
        let digest = Sha256::new()
            .chain_update(self.key.0)
            .chain_update(value)
            .finalize();
        let (first, _) = digest.split_first_chunk::<4>()?;
        Some(hex::encode(first))
    }

    /// Header lines with their values replaced; everything else in them stays, to the byte.
    fn headers(&self, headers: &Headers) -> Headers {
        let mut block = Vec::with_capacity(headers.block().len());
        for line in headers.block().split_inclusive(|&byte| byte == b'\n') {
            let own = usize::from(line.starts_with(b":"));
            let colon = line.iter().skip(own).position(|&byte| byte == b':');
            let Some((name, rest)) = colon.and_then(|at| line.split_at_checked(at + own)) else {
                block.extend_from_slice(line);
                continue;
            };
            let rest = rest.get(1..).unwrap_or_default();
            let value = rest.trim_ascii();
            let Some(masked) = self.field(name, value) else {
                block.extend_from_slice(line);
                continue;
            };
            let before = rest.len() - rest.trim_ascii_start().len();
            let after = rest.trim_ascii_end().len();
            block.extend_from_slice(name);
            block.push(b':');
            block.extend_from_slice(rest.get(..before).unwrap_or_default());
            block.extend_from_slice(&masked);
            block.extend_from_slice(rest.get(after..).unwrap_or_default());
        }
        Headers::from_stored(block.into(), headers.is_as_sent())
    }

    /// The value of a field, where something in it is masked.
    fn field(&self, name: &[u8], value: &[u8]) -> Option<Vec<u8>> {
        if Self::has(&self.mask.headers, name) && !value.is_empty() {
            let space = value.iter().position(|&byte| byte == b' ');
            let (scheme, rest) = value.split_at(space.unwrap_or(0));
            let rest = rest.trim_ascii_start();
            return Some(if Self::is_scheme(scheme) && !rest.is_empty() {
                [scheme, b" ", self.veil(rest).as_bytes()].concat()
            } else {
                self.veil(value).into_bytes()
            });
        }
        // An address with a query: Referer, X-Original-URL and their like.
        let at = value.iter().position(|&byte| byte == b'?')?;
        let (before, query) = value.split_at_checked(at + 1)?;
        let query = self.pairs(query)?;
        Some([before, &query].concat())
    }

    fn is_scheme(word: &[u8]) -> bool {
        SCHEMES
            .iter()
            .any(|scheme| scheme.as_bytes().eq_ignore_ascii_case(word))
    }

    fn body(&self, headers: &Headers, body: Bytes) -> Bytes {
        if body.is_empty() {
            return body;
        }
        let content_type = headers.get_text("content-type");
        let media_type = content_type.as_deref().and_then(MediaType::parse);
        let is = |holds: fn(&MediaType) -> bool| media_type.as_ref().is_some_and(holds);
        let (is_form, is_multipart) = (is(MediaType::is_form), is(MediaType::is_multipart));
        // Forms are sent without their type, too; a text that is none has no name that is known.
        let is_unnamed =
            media_type.is_none() || is(|media_type| media_type.essence == "text/plain");
        // Any of several fields: together they are one list (RFC 9110 section 5.3).
        let is_coded = headers.iter().any(|(name, value)| {
            let value = value.trim_ascii();
            name.eq_ignore_ascii_case(b"content-encoding")
                && !value.is_empty()
                && !value.eq_ignore_ascii_case(b"identity")
        });
        if is_coded {
            let may_be_form = is_form || is_multipart || is_unnamed;
            let may_hold = !self.paths.is_empty() || (may_be_form && !self.mask.query.is_empty());
            return if may_hold {
                self.withheld(&body, "it is compressed")
            } else {
                body
            };
        }
        if is_multipart {
            return if !self.paths.is_empty() || form::names_one_of(&body, &self.mask.query) {
                self.withheld(&body, "it has many parts")
            } else {
                body
            };
        }
        if is_form {
            return self.pairs(&body).map_or(body, Bytes::from);
        }
        if is_unnamed && !json::looks_like(&body) {
            return self.pairs(&body).map_or(body, Bytes::from);
        }
        // Lines of JSON may begin with one that does not look like it, or with a mark of their own (RFC 7464 section 2.2).
        let is_called_json = is(MediaType::is_json) || is(MediaType::is_json_lines);
        if self.paths.is_empty() || !(is_called_json || json::looks_like(&body)) {
            return body;
        }
        match json::mask(&body, &self.paths, &|value| self.veil(value)) {
            Ok(None) => body,
            Ok(Some(masked)) => masked.into(),
            Err(json::Broken) => self.withheld(&body, "it is not valid JSON"),
        }
    }

    /// A sentence in the place of a body.
    fn withheld(&self, body: &[u8], why: &str) -> Bytes {
        let veil = self.veil(body);
        format!(
            "{veil} This body is withheld: {why}, and what is masked cannot be told apart in it.\n"
        )
        .into()
    }

    /// Names and values as queries and forms have them, where something in them is masked.
    fn pairs(&self, pairs: &[u8]) -> Option<Vec<u8>> {
        let is_named = |name: &[u8]| Self::has(&self.mask.query, name);
        form::mask(pairs, &is_named, &|is_named, value| {
            if is_named {
                return (!value.is_empty()).then(|| self.short_veil(value).into_bytes());
            }
            // A whole document in one field, as Slack and GitHub send it.
            if self.paths.is_empty() || !json::looks_like(value) {
                return None;
            }
            match json::mask(value, &self.paths, &|value| self.veil(value)) {
                Ok(masked) => {
                    masked.map(|text| percent_encode(&text, NON_ALPHANUMERIC).to_string().into())
                }
                Err(json::Broken) => Some(self.short_veil(value).into_bytes()),
            }
        })
    }
}

#[cfg(test)]
mod tests;
