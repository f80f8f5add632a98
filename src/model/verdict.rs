//! The outcome of a signature check. A bad signature is an answer, not an error.

use serde::Serialize;

/// What is known of the signature of a capture.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub struct Verdict {
    /// The outcome.
    pub state: VerdictState,
    /// Why it is invalid, or could not be checked; `None` when it is valid or unsigned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Flaw>,
    /// The same in a sentence, with the numbers and names; holds no secret and no signature.
    pub detail: String,
    /// What to fix, in a sentence; only after a search for the mistake.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// The mistake that was found, as a word. Of the body: `body_reserialised`, `body_trimmed`, `body_decompressed`, `line_end_added`,
    /// `line_end_stripped`, `line_ends_converted`. Of the secret: `secret_blanks`, `secret_quotes`, `secret_line_end`,
    /// `secret_without_prefix`, `secret_used_as_text`, `secret_decoded`, `token_scheme`, `other_secret`. Of the URL: `url_scheme`,
    /// `url_host`, `url_port`, `url_trailing_slash`, `url_query`, `url_query_order`, `url_path_only`. Of the signature:
    /// `wrong_encoding`, `wrong_hash`, `hash_for_hmac`, `wrong_shape`, `wrong_signed_text`, `other_provider`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<&'static str>,
}

/// The four outcomes of a signature check.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum VerdictState {
    /// The signature fits, and its time too.
    Valid,
    /// It does not fit, or is not there though there is a secret for it.
    Invalid,
    /// There is no secret to check it with, or the check needs what is not at hand.
    Unchecked,
    /// The sender does not sign.
    Unsigned,
}

impl VerdictState {
    /// The word that API, pages and filter use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Invalid => "invalid",
            Self::Unchecked => "unchecked",
            Self::Unsigned => "unsigned",
        }
    }
}

/// What is wrong with a signature: the `reason` of the API.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Flaw {
    /// A header (or field) that carries the signature, or is part of it, is not there.
    MissingHeader,
    /// It is there and cannot be read.
    MalformedHeader,
    /// It was not made of these bytes with this secret.
    SignatureMismatch,
    /// It fits, and was made too long before the request arrived.
    TimestampTooOld,
    /// It fits, and claims a time after the request arrived.
    TimestampInFuture,
    /// It asks for an algorithm, version or key that is not trusted or not known.
    Unsupported,
}

impl Flaw {
    /// The word that API, pages and filter use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MissingHeader => "missing_header",
            Self::MalformedHeader => "malformed_header",
            Self::SignatureMismatch => "signature_mismatch",
            Self::TimestampTooOld => "timestamp_too_old",
            Self::TimestampInFuture => "timestamp_in_future",
            Self::Unsupported => "unsupported",
        }
    }

    /// What it means, for people.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::MissingHeader => "The signature, or a part of it, is missing.",
            Self::MalformedHeader => "The signature cannot be read.",
            Self::SignatureMismatch => "The signature does not fit.",
            Self::TimestampTooOld => "It was signed too long before it arrived.",
            Self::TimestampInFuture => "It claims to be signed after it arrived.",
            Self::Unsupported => "It is signed in a way that is not accepted.",
        }
    }
}

impl Verdict {
    fn new(state: VerdictState, reason: Option<Flaw>, detail: impl Into<String>) -> Self {
        Self {
            state,
            reason,
            detail: detail.into(),
            hint: None,
            cause: None,
        }
    }

    /// The signature fits.
    pub fn valid(detail: impl Into<String>) -> Self {
        Self::new(VerdictState::Valid, None, detail)
    }

    /// It does not, and why.
    pub fn invalid(reason: Flaw, detail: impl Into<String>) -> Self {
        Self::new(VerdictState::Invalid, Some(reason), detail)
    }

    /// It cannot be checked, and why.
    pub fn unchecked(detail: impl Into<String>) -> Self {
        Self::new(VerdictState::Unchecked, None, detail)
    }

    /// There is no signature to check.
    pub fn unsigned(detail: impl Into<String>) -> Self {
        Self::new(VerdictState::Unsigned, None, detail)
    }

    /// The same for those who may not see what was signed: a sentence of the reason alone.
    #[must_use]
    pub fn without_detail(&self) -> Self {
        let detail = match (self.state, self.reason) {
            (_, Some(reason)) => reason.sentence(),
            (VerdictState::Valid, None) => "The signature fits.",
            (VerdictState::Invalid, None) => "The signature does not fit.",
            (VerdictState::Unchecked, None) => "The signature was not checked.",
            (VerdictState::Unsigned, None) => "There is no signature to check.",
        };
        Self::new(self.state, self.reason, detail)
    }

    /// Whether the signature fits.
    pub fn is_valid(&self) -> bool {
        self.state == VerdictState::Valid
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_is_written_with_the_names_of_the_api() {
        let verdict = Verdict::invalid(Flaw::TimestampTooOld, "signed 14 min before arrival");
        assert_eq!(
            serde_json::to_string(&verdict).unwrap(),
            r#"{"state":"invalid","reason":"timestamp_too_old","detail":"signed 14 min before arrival"}"#
        );
        assert_eq!(
            serde_json::to_string(&Verdict::unsigned("")).unwrap(),
            r#"{"state":"unsigned","detail":""}"#
        );
    }
}
