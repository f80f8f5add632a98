//! What a filter looks at.

use crate::model::form::{Pair, pairs};
use crate::model::{
    BodyState, Capture, CaptureLine, CaptureNumber, Draft, Envelope, Marks, Recognised,
    VerdictState, media_type,
};

/// A capture, or a request on its way to become one.
#[derive(Debug)]
pub struct Subject<'a> {
    /// Its number; `None` before it has one.
    pub n: Option<CaptureNumber>,
    /// All but the body.
    pub envelope: &'a Envelope,
    /// How many bytes of body were kept.
    pub size: u64,
    /// Whether the body is whole.
    pub state: BodyState,
    /// What was noted on it; `None` before that can be.
    pub marks: Option<&'a Marks>,
    /// Who sent it.
    pub recognised: Option<&'a Recognised>,
    /// The outcome of the signature check; `None` where it was not asked for.
    pub verdict: Option<VerdictState>,
    /// The body, where the filter needs it.
    pub body: &'a [u8],
}

impl<'a> Subject<'a> {
    /// A capture without its body, for filters that do not need it.
    pub fn line(line: &'a CaptureLine) -> Self {
        Self {
            n: Some(line.n),
            envelope: &line.envelope,
            size: line.size,
            state: line.state,
            marks: Some(&line.marks),
            recognised: line.recognised.as_ref(),
            verdict: line.verdict.as_ref().map(|verdict| verdict.state),
            body: &[],
        }
    }

    /// A capture.
    pub fn capture(capture: &'a Capture) -> Self {
        Self {
            body: &capture.body,
            ..Self::line(&capture.line)
        }
    }

    /// A request that has no number yet.
    pub fn draft(draft: &'a Draft, recognised: Option<&'a Recognised>) -> Self {
        Self {
            n: None,
            envelope: &draft.envelope,
            size: draft.body.bytes.len() as u64,
            state: draft.body.state,
            marks: None,
            recognised,
            verdict: None,
            body: &draft.body.bytes,
        }
    }

    /// Type and subtype of the body as the sender calls it, without parameters.
    pub(super) fn media_type(&self) -> Option<&'a [u8]> {
        let value = self.envelope.head.headers.get("content-type")?;
        Some(media_type::essence(value))
    }

    /// The names and values of a form in the body; none when it is not one by its type. Read anew for each term that asks: kept, a large
    /// body would take twenty times its size.
    pub(super) fn form(&self) -> impl Iterator<Item = Pair<'a>> + use<'a> {
        let is_form = self.media_type().is_some_and(media_type::is_form);
        pairs(if is_form { self.body } else { &[] })
    }
}
