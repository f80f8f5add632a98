//! What a bin checks signatures with: secrets by provider, and a scheme of its own.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Secret;

/// Secrets by the names of providers in the catalogue, several of one while it changes them.
///
/// Serialized whole, for the store alone: what is answered is [`masked`](Self::masked) before.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secrets(BTreeMap<String, Vec<Secret>>);

impl Secrets {
    /// How many secrets a provider can have at once.
    pub const MOST: usize = 10;

    /// How many bytes a secret can have: a certificate as PEM fits.
    pub const BYTES: usize = 8192;

    /// How many bytes all secrets of a bin can have.
    pub const ALL_BYTES: usize = 128 * 1024;

    /// How many bytes they have together.
    pub fn size(&self) -> usize {
        let all = self.0.values().flatten();
        all.map(|secret| secret.expose().len()).sum()
    }

    /// Those of a provider; none for one that has none.
    pub fn of(&self, provider: &str) -> &[Secret] {
        self.0.get(provider).map(Vec::as_slice).unwrap_or_default()
    }

    /// Replaces those of a provider; an empty list takes it away.
    pub fn set(&mut self, provider: &str, secrets: Vec<Secret>) {
        if secrets.is_empty() {
            self.0.remove(provider);
        } else {
            self.0.insert(provider.to_owned(), secrets);
        }
    }

    /// Providers and their secrets, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[Secret])> {
        let pairs = self.0.iter();
        pairs.map(|(provider, secrets)| (provider.as_str(), secrets.as_slice()))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same with nothing but the last characters of each.
    #[must_use]
    pub fn masked(&self) -> Self {
        let masked = |secrets: &Vec<Secret>| secrets.iter().map(Secret::covered).collect();
        let pairs = self.0.iter();
        Self(
            pairs
                .map(|(provider, secrets)| (provider.clone(), masked(secrets)))
                .collect(),
        )
    }
}

/// A signature as the owner of a bin describes it, for senders that are not in the catalogue.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnScheme {
    /// The header that holds it.
    #[schema(example = "X-Signature")]
    pub header: String,
    /// What stands before the signature there; may be empty.
    #[serde(default)]
    #[schema(example = "sha256=")]
    pub prefix: String,
    /// `hmac-sha1`, `hmac-sha256`, `hmac-sha384` or `hmac-sha512`.
    #[serde(default = "OwnScheme::algorithm")]
    #[schema(example = "hmac-sha256")]
    pub algorithm: String,
    /// `hex`, `base64` or `base64url`.
    #[serde(default = "OwnScheme::encoding")]
    #[schema(example = "hex")]
    pub encoding: String,
    /// What is signed, with `{body}`, `{method}`, `{url}`, `{path}`, `{timestamp}` and `{header.NAME}` to be filled in.
    #[serde(default = "OwnScheme::signed")]
    #[schema(example = "{body}")]
    pub signed: String,
    /// The header that `{timestamp}` is taken from; empty when there is none.
    #[serde(default)]
    pub timestamp_header: String,
    /// The secret.
    #[schema(value_type = String)]
    pub secret: Secret,
}

impl OwnScheme {
    fn algorithm() -> String {
        "hmac-sha256".to_owned()
    }

    fn encoding() -> String {
        "hex".to_owned()
    }

    fn signed() -> String {
        "{body}".to_owned()
    }

    /// The same with nothing but the last characters of its secret.
    #[must_use]
    pub fn masked(&self) -> Self {
        Self {
            secret: self.secret.covered(),
            ..self.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_masked_holds_no_secret() {
        let mut secrets = Secrets::default();
        secrets.set("stripe", vec![Secret::new("whsec_abcdefgh")]);
        secrets.set("github", Vec::new());
        let masked = serde_json::to_string(&secrets.masked()).unwrap();
        assert_eq!(masked, r#"{"stripe":["…efgh"]}"#);
        let own: OwnScheme =
            serde_json::from_str(r#"{"header":"X-S","secret":"0123456789abcdef"}"#).unwrap();
        assert_eq!(own.masked().secret.expose(), "…cdef");
        assert_eq!(own.masked().signed, "{body}");
    }
}
