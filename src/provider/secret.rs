//! The forms that secrets come in, and the keys that they become.

use std::fmt;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::signature::der;
pub use crate::model::Secret;
pub(crate) use crate::model::hex::encode as hex;

/// Decodes base64 as people paste it: padded or not.
const ANY_PADDING: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const LENIENT: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, ANY_PADDING);
const LENIENT_URL: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, ANY_PADDING);

/// The bytes of a key. They never show themselves.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Key(pub(crate) Vec<u8>);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Why a text cannot be a provider's secret. The message says what is expected and never what was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WrongForm {
    /// Nothing, or only blanks.
    #[error("a secret must not be empty")]
    Empty,
    /// It is not in the form that this provider's secrets have.
    #[error("expected {0}")]
    Expected(&'static str),
}

/// How a provider's secret becomes a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyForm {
    /// The bytes of the text as shown, prefix included.
    Text,
    /// Base64 behind an optional `whsec_` (Standard Webhooks).
    Whsec,
    /// Base64.
    Base64,
    /// Hex digits.
    Hex,
    /// The SHA-1 of the private key, which may stand behind the public one: `public|private` (Braintree).
    Braintree,
    /// An Ed25519 public key: 64 hex digits.
    Ed25519,
    /// A P-256 public key: base64 of its DER form, with or without PEM lines.
    P256,
    /// A JSON Web Key on P-256, as JSON.
    P256Jwk,
    /// An RSA public key or a certificate, as PEM.
    Rsa,
    /// `user:password`.
    Basic,
    /// A certificate as PEM, or a webhook's id (PayPal).
    CertificateOrId,
}

impl KeyForm {
    /// What a secret of this form looks like, for those who paste one.
    pub fn expected(self) -> &'static str {
        match self {
            Self::Text => "the secret as the provider shows it",
            Self::Whsec => "whsec_ and base64, as the provider shows it",
            Self::Base64 => "a key in base64",
            Self::Hex => "a key in hex digits",
            Self::Braintree => "the private key, or public key|private key",
            Self::Ed25519 => "the application's public key: 64 hex digits",
            Self::P256 => "the verification key: base64 that begins with MFkw, or PEM",
            Self::P256Jwk => "the verification key as a JSON Web Key on P-256: {\"kty\":\"EC\",…}",
            Self::Rsa => "an RSA public key or a certificate as PEM",
            Self::Basic => "user:password",
            Self::CertificateOrId => "the webhook's id, or a certificate as PEM",
        }
    }

    /// Reads a secret.
    ///
    /// # Errors
    /// [`WrongForm`] when it is empty or in another form.
    pub(crate) fn read(self, secret: &Secret) -> Result<Key, WrongForm> {
        let text = secret.expose();
        if text.trim().is_empty() {
            return Err(WrongForm::Empty);
        }
        let bytes = match self {
            Self::Text | Self::CertificateOrId => Some(text.as_bytes().to_vec()),
            Self::Whsec => base64(text.strip_prefix("whsec_").unwrap_or(text)),
            Self::Base64 => base64(text),
            Self::Hex => unhex(text),
            Self::Braintree => {
                let private = text.rsplit_once('|').map_or(text, |(_, private)| private);
                let hash = ring::digest::digest(
                    &ring::digest::SHA1_FOR_LEGACY_USE_ONLY,
                    private.as_bytes(),
                );
                Some(hash.as_ref().to_vec())
            }
            Self::Ed25519 => unhex(text.trim()).filter(|key| key.len() == 32),
            Self::P256 => der::armoured(text).and_then(|spki| der::p256_point(&spki)),
            Self::P256Jwk => jwk_point(text),
            Self::Rsa => der::armoured(text).and_then(|der| der::rsa_key(&der)),
            Self::Basic => text.contains(':').then(|| text.as_bytes().to_vec()),
        };
        bytes
            .filter(|bytes| !bytes.is_empty())
            .map(Key)
            .ok_or(WrongForm::Expected(self.expected()))
    }
}

/// Decodes base64 in the usual alphabet or that of URLs, padded or not.
pub(crate) fn base64(text: &str) -> Option<Vec<u8>> {
    let text = text.trim();
    LENIENT
        .decode(text)
        .or_else(|_| LENIENT_URL.decode(text))
        .ok()
}

/// Decodes base64url without padding, as JSON Web Tokens have it.
pub(crate) fn base64_url(text: &str) -> Option<Vec<u8>> {
    LENIENT_URL.decode(text).ok()
}

/// Decodes hex digits of either case.
pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    if !text.len().is_multiple_of(2) {
        return None;
    }
    text.as_bytes()
        .chunks(2)
        .map(|pair| {
            let value = digit(pair.first()?)? * 16 + digit(pair.get(1)?)?;
            u8::try_from(value).ok()
        })
        .collect()
}

/// The point of a JSON Web Key on P-256, uncompressed (RFC 7518 section 6.2.1).
fn jwk_point(text: &str) -> Option<Vec<u8>> {
    let key: serde_json::Value = serde_json::from_str(text).ok()?;
    let is = |name: &str, want: &str| key.get(name).and_then(|v| v.as_str()) == Some(want);
    let part = |name: &str| base64_url(key.get(name)?.as_str()?).filter(|part| part.len() == 32);
    if !is("kty", "EC") || !is("crv", "P-256") {
        return None;
    }
    Some([&[4][..], &part("x")?, &part("y")?].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_in_the_wrong_form_says_what_is_expected_and_nothing_of_itself() {
        for (form, text) in [
            (KeyForm::Whsec, "whsec_***"),
            (KeyForm::Hex, "xyz"),
            (KeyForm::Ed25519, "abcd"),
            (KeyForm::P256, "AAAA"),
            (KeyForm::P256Jwk, "{}"),
            (
                KeyForm::Rsa,
                "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
            ),
            (KeyForm::Basic, "user"),
        ] {
            let error = form.read(&Secret::new(text)).unwrap_err();
            assert_eq!(error, WrongForm::Expected(form.expected()));
        }
        assert_eq!(KeyForm::Text.read(&Secret::new(" ")), Err(WrongForm::Empty));
    }

    #[test]
    fn keys_are_read_as_their_providers_write_them() {
        let key = |form: KeyForm, text: &str| form.read(&Secret::new(text)).unwrap().0;
        assert_eq!(key(KeyForm::Whsec, "whsec_aGk="), b"hi");
        assert_eq!(key(KeyForm::Whsec, "aGk"), b"hi");
        assert_eq!(key(KeyForm::Text, "whsec_aGk="), b"whsec_aGk=");
        assert_eq!(key(KeyForm::Hex, "00fF"), [0, 255]);
        assert_eq!(key(KeyForm::Braintree, "a|b"), key(KeyForm::Braintree, "b"));
    }
}
