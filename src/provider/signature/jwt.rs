//! JSON Web Tokens (RFC 7519) as signatures: the parts, the algorithm that must be the provider's, the claims.

use ring::signature as public;

use super::{Hash, hmac, same, verify};
use crate::provider::secret::{self, Key};

/// The parts of a token.
#[derive(Debug)]
pub(crate) struct Token<'a> {
    signed: &'a str,
    /// The algorithm that it names. Never a reason to use it.
    pub(crate) algorithm: String,
    /// What it claims.
    pub(crate) claims: serde_json::Value,
    signature: Vec<u8>,
}

impl<'a> Token<'a> {
    /// Takes a token apart; `None` when it is none.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let json = |part: &str| -> Option<serde_json::Value> {
            serde_json::from_slice(&secret::base64_url(part)?).ok()
        };
        Some(Self {
            signed,
            algorithm: json(header)?.get("alg")?.as_str()?.to_owned(),
            claims: json(claims)?,
            signature: secret::base64_url(signature)?,
        })
    }

    /// Whether it is signed with HMAC-SHA256 and this key.
    pub(crate) fn is_hs256(&self, key: &[u8]) -> bool {
        same(&hmac(Hash::Sha256, key, &[self.signed]), &self.signature)
    }

    /// How many bytes the signature has.
    pub(crate) fn signature_size(&self) -> usize {
        self.signature.len()
    }

    /// Whether it is signed with ECDSA on P-256 by the owner of this key.
    pub(crate) fn is_es256(&self, key: &Key) -> bool {
        verify::is_signed(
            &public::ECDSA_P256_SHA256_FIXED,
            key,
            self.signed.as_bytes(),
            &self.signature,
        )
    }

    /// A claim that is a text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.claims.get(name)?.as_str()
    }

    /// A claim that is a number of seconds.
    pub(crate) fn seconds(&self, name: &str) -> Option<i64> {
        self.claims.get(name)?.as_i64()
    }
}

/// Makes a token with HMAC-SHA256.
pub(crate) fn make_hs256(claims: &serde_json::Value, key: &[u8]) -> String {
    let encode = |bytes: &[u8]| super::Encoding::Base64Url.write(bytes);
    let header = encode(br#"{"alg":"HS256","typ":"JWT"}"#);
    let signed = format!("{header}.{}", encode(claims.to_string().as_bytes()));
    let signature = hmac(Hash::Sha256, key, &[&signed]);
    format!("{signed}.{}", encode(&signature))
}
