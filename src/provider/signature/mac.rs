//! Hashes, MACs, and their comparison.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::{digest as ring_digest, hmac as ring_hmac};
use subtle::ConstantTimeEq;

use super::{Encoding, Hash};
use crate::provider::secret::hex;

impl Hash {
    fn digest(self) -> &'static ring_digest::Algorithm {
        match self {
            Self::Sha1 => &ring_digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => &ring_digest::SHA256,
            Self::Sha384 => &ring_digest::SHA384,
            Self::Sha512 => &ring_digest::SHA512,
        }
    }

    fn mac(self) -> ring_hmac::Algorithm {
        match self {
            Self::Sha1 => ring_hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => ring_hmac::HMAC_SHA256,
            Self::Sha384 => ring_hmac::HMAC_SHA384,
            Self::Sha512 => ring_hmac::HMAC_SHA512,
        }
    }

    /// Its name as senders write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        }
    }

    /// The one of that name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        [Self::Sha1, Self::Sha256, Self::Sha384, Self::Sha512]
            .into_iter()
            .find(|hash| hash.name() == name)
    }
}

impl Encoding {
    /// Writes the bytes of a signature.
    pub(crate) fn write(self, bytes: &[u8]) -> String {
        match self {
            Self::Hex | Self::HexAnyCase => hex(bytes),
            Self::Base64 => STANDARD.encode(bytes),
            Self::Base64Url => URL_SAFE_NO_PAD.encode(bytes),
        }
    }
}

/// The HMAC of pieces of text (RFC 2104).
pub(crate) fn hmac<T: AsRef<[u8]>>(hash: Hash, key: &[u8], pieces: &[T]) -> Vec<u8> {
    let mut context = ring_hmac::Context::with_key(&ring_hmac::Key::new(hash.mac(), key));
    for piece in pieces {
        context.update(piece.as_ref());
    }
    context.sign().as_ref().to_vec()
}

/// The hash of pieces of text.
pub(crate) fn digest<T: AsRef<[u8]>>(hash: Hash, pieces: &[T]) -> Vec<u8> {
    let mut context = ring_digest::Context::new(hash.digest());
    for piece in pieces {
        context.update(piece.as_ref());
    }
    context.finish().as_ref().to_vec()
}

/// Whether two texts are the same, in a time that does not tell where they differ. Their lengths are no secret.
pub(crate) fn same(one: &[u8], other: &[u8]) -> bool {
    bool::from(one.ct_eq(other))
}
