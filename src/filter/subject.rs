//! What a filter looks at.

use std::cell::OnceCell;

use crate::model::{
    BodyState, Capture, CaptureLine, CaptureNumber, Draft, Envelope, Marks, Recognised,
    VerdictState,
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
    /// Names and values of a form in the body, read once.
    form: OnceCell<Vec<(Vec<u8>, Vec<u8>)>>,
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
            verdict: None,
            body: &[],
            form: OnceCell::new(),
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
            form: OnceCell::new(),
        }
    }

    /// The names and values of a form in the body; none when it is not one by its type.
    pub(super) fn form(&self) -> &[(Vec<u8>, Vec<u8>)] {
        self.form.get_or_init(|| {
            let media_type = self.envelope.head.headers.get("content-type");
            let is_form = media_type.is_some_and(|value| {
                let essence = value.split(|&byte| byte == b';').next().unwrap_or_default();
                essence
                    .trim_ascii()
                    .eq_ignore_ascii_case(b"application/x-www-form-urlencoded")
            });
            if is_form {
                pairs(self.body)
            } else {
                Vec::new()
            }
        })
    }
}

/// Names and values of a query or a form (<https://url.spec.whatwg.org/#urlencoded-parsing>).
pub(super) fn pairs(bytes: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let decoded = |text: &[u8]| {
        let blanks: Vec<u8> = text
            .iter()
            .map(|&byte| if byte == b'+' { b' ' } else { byte })
            .collect();
        percent_encoding::percent_decode(&blanks).collect::<Vec<u8>>()
    };
    bytes
        .split(|&byte| byte == b'&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let mut parts = pair.splitn(2, |&byte| byte == b'=');
            let name = parts.next().unwrap_or_default();
            (decoded(name), decoded(parts.next().unwrap_or_default()))
        })
        .collect()
}
