//! Why does a signature not fit? Shows what was checked, and tries what people get wrong until something fits.
//!
//! On demand only: a page asks when someone looks at one capture. The work is bounded: every mistake is tried alone, bodies
//! above [`BODY`] are not written anew, and those above 16 MiB not searched. What fits is a [`Finding`]: a word for machines and a sentence that says what to
//! fix. No text made here holds a secret.
//!
//! To add a mistake: a variant of a text, key, hash or address in `search`, with its word and its sentence.

mod bodies;
mod keys;
mod rewrite;
mod search;
mod urls;

pub use search::Finding;

use super::verify::{self, Examined};
use super::{Check, Options, Scheme, read};
use crate::model::{Flaw, Timestamp, Verdict};
use crate::provider::request::Request;
use crate::provider::secret::Secret;

/// Bodies above this many bytes are not written anew for the search.
pub const BODY: usize = 1024 * 1024;

/// Bodies above this many bytes are checked and not searched.
const SEARCHED: usize = 16 * 1024 * 1024;

/// How many bytes of the signed text are shown.
const SHOWN: usize = 64 * 1024;

/// What else the search may look at.
#[derive(Debug, Clone, Copy, Default)]
pub struct Others<'a> {
    /// The body without its content coding, when it has one.
    pub decoded: Option<&'a [u8]>,
    /// The URL as the sender used it, where the public one is another.
    pub url: Option<&'a str>,
    /// The bin's secrets for other providers, by slug.
    pub secrets: &'a [(&'a str, &'a [Secret])],
}

/// What was checked, and what the search found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The verdict, with `hint` and `cause` when something was found.
    pub verdict: Verdict,
    /// The scheme's name.
    pub scheme: &'static str,
    /// Where the signature stands.
    pub place: String,
    /// The signed bytes, or their beginning; empty when the check has no one text.
    pub signed: Vec<u8>,
    /// How many signed bytes there are.
    pub signed_size: usize,
    /// What the signature should be with the first secret; `None` where only the sender can make it.
    pub expected: Option<String>,
    /// The signatures that came.
    pub received: Vec<String>,
    /// The time that was signed; `None` when there is none, or it cannot be read.
    pub signed_at: Option<Timestamp>,
}

/// Checks a request, and explains the outcome.
pub fn explain(
    scheme: &'static Scheme,
    secrets: &[Secret],
    request: &Request<'_>,
    options: Options<'_>,
    others: &Others<'_>,
) -> Explanation {
    let mut verdict = verify::examine(scheme, secrets, request, options).verdict;
    let scheme = match scheme.check {
        Check::Custom(custom) => custom.like.unwrap_or(scheme),
        _ => scheme,
    };
    let Examined {
        texts,
        expected,
        received,
        at,
        ..
    } = verify::examine(scheme, secrets, request, options);
    let is_searched = matches!(
        verdict.reason,
        Some(Flaw::SignatureMismatch | Flaw::MalformedHeader)
    );
    if is_searched
        && request.body.len() <= SEARCHED
        && let Some(finding) = search::search(scheme, secrets, request, others)
    {
        verdict.cause = Some(finding.cause);
        verdict.hint = Some(finding.hint);
    }
    let (signed, signed_size) = beginning(texts.first().map(Vec::as_slice).unwrap_or_default());
    Explanation {
        verdict,
        scheme: scheme.name,
        place: read::place_name(scheme.place),
        signed,
        signed_size,
        expected: expected
            .filter(|_| matches!(scheme.check, Check::Hmac(_) | Check::HashAfterSecret(_))),
        received,
        signed_at: at,
    }
}

/// The beginning of a text in pieces, and how long all of it is.
pub(super) fn beginning<T: AsRef<[u8]>>(pieces: &[T]) -> (Vec<u8>, usize) {
    let size = pieces.iter().map(|piece| piece.as_ref().len()).sum();
    let bytes = pieces
        .iter()
        .flat_map(|piece| piece.as_ref().iter().copied());
    (bytes.take(SHOWN).collect(), size)
}

#[cfg(test)]
mod tests;
