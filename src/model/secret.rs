//! What a user pastes so that signatures can be checked.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A secret, key or certificate as text. `Debug` does not show it; it is serialized whole, for the store alone.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The text as it was pasted.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, for those that compute with it. Not for logs, errors, addresses or answers.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What may be shown of it: `…` and its last four characters; of one with fewer than twelve, nothing but `…`.
    pub fn masked(&self) -> String {
        let text = self.0.trim();
        let count = text.chars().count();
        let last: String = text.chars().skip(count.saturating_sub(4)).collect();
        if count < 12 {
            "…".to_owned()
        } else {
            format!("…{last}")
        }
    }

    /// A secret whose whole text is what may be shown of this one: for answers, and for nothing else.
    #[must_use]
    pub fn covered(&self) -> Self {
        Self(self.masked())
    }

    /// Whether the text is one that [`masked`](Self::masked) makes, and so no secret.
    pub fn is_masked(text: &str) -> bool {
        text.starts_with('…')
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_shows_its_last_four_characters_at_most() {
        let secret = Secret::new("whsec_abcdefgh");
        assert_eq!(
            (secret.masked().as_str(), format!("{secret:?}").as_str()),
            ("…efgh", "***")
        );
        assert_eq!(Secret::new("short").masked(), "…");
        assert_eq!(
            serde_json::to_string(&secret).unwrap(),
            "\"whsec_abcdefgh\""
        );
    }
}
