//! What becomes of a body between its signing and its arrival.

use std::borrow::Cow;

use super::rewrite::{Blanks, Escapes, rewrite};
use super::search::{Finding, Search, finding};
use super::{BODY, Others};

impl Search<'_> {
    pub(super) fn other_line_ends(&self) -> Option<Finding> {
        let body = self.request.body;
        let stripped = body
            .strip_suffix(b"\n")
            .map(|body| body.strip_suffix(b"\r").unwrap_or(body));
        let with = |end: &[u8]| [body, end].concat();
        let text = String::from_utf8_lossy(body);
        let unix = text.replace("\r\n", "\n");
        let windows = unix.replace('\n', "\r\n");
        let variants: [(&str, &str, Cow<'_, [u8]>); 6] = [
            (
                "line_end_added",
                "The signature fits the body without its last line end: it was added after signing.",
                stripped.unwrap_or(body).into(),
            ),
            (
                "line_end_stripped",
                "The signature fits the body with a line end behind it: it was taken off after signing.",
                with(b"\n").into(),
            ),
            (
                "line_end_stripped",
                "The signature fits the body with CR LF behind it: it was taken off after signing.",
                with(b"\r\n").into(),
            ),
            (
                "line_ends_converted",
                "The signature fits the body with LF for CR LF: line ends were converted after signing.",
                unix.into_bytes().into(),
            ),
            (
                "line_ends_converted",
                "The signature fits the body with CR LF for LF: line ends were converted after signing.",
                windows.into_bytes().into(),
            ),
            (
                "body_trimmed",
                "The signature fits the body without the blanks around it.",
                body.trim_ascii().into(),
            ),
        ];
        let fits = |variant: &&(&str, &str, Cow<'_, [u8]>)| {
            variant.2.as_ref() != body && self.fits_body(&variant.2)
        };
        let (cause, hint, _) = variants.iter().find(fits)?;
        finding(cause, *hint)
    }

    pub(super) fn decoded(&self, others: &Others<'_>) -> Option<Finding> {
        let decoded = others.decoded.filter(|body| self.fits_body(body))?;
        finding(
            "body_decompressed",
            format!(
                "The signature fits the {} bytes of the body without its compression: sign, and check, the bytes as they are sent.",
                decoded.len()
            ),
        )
    }

    pub(super) fn other_json(&self) -> Option<Finding> {
        if self.request.body.len() > BODY {
            return None;
        }
        let all_blanks = [
            (Blanks::Compact, "compact JSON"),
            (
                Blanks::Spaced,
                "JSON with a blank behind each comma and colon, as Python writes it",
            ),
            (Blanks::Lines(2), "JSON in lines indented by two"),
            (Blanks::Lines(4), "JSON in lines indented by four"),
        ];
        let all_escapes = [
            (Escapes::Kept, ""),
            (Escapes::Ascii, ", with \\u escapes for what is not ASCII"),
            (
                Escapes::AsciiAndSlashes,
                ", with \\u and \\/ escapes, as PHP writes it",
            ),
            (Escapes::Undone, ", with its \\u escapes undone"),
        ];
        let value: serde_json::Value = serde_json::from_slice(self.request.body).ok()?;
        let plain = std::str::from_utf8(self.request.body).ok()?;
        // A map of serde_json keeps its keys in the order of their letters.
        let by_key = value.to_string();
        for (sorted, text) in [(false, plain), (true, by_key.as_str())] {
            for (blanks, how) in all_blanks {
                for (escapes, and) in all_escapes {
                    let body = rewrite(text, blanks, escapes)?;
                    if body != self.request.body && self.fits_body(&body) {
                        let order = if sorted { ", keys sorted" } else { "" };
                        return finding(
                            "body_reserialised",
                            format!(
                                "The signature fits the same data as {how}{and}{order}: the body was parsed and written again between signing and here. Sign, and check, the very bytes that are sent."
                            ),
                        );
                    }
                }
            }
        }
        None
    }
}
