//! Names of things: bins, their keys, captures.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The text was not a UUID in its simple form (32 hex digits).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not 32 hex digits")]
pub struct NotAnId;

/// Reads the simple form only (32 hex digits, either case), the one that addresses are written in.
fn simple(text: &str) -> Result<Uuid, NotAnId> {
    if text.len() == 32 {
        Uuid::try_parse(text).map_err(|_| NotAnId)
    } else {
        Err(NotAnId)
    }
}

/// Names a bin in its capture URL: a version 4 UUID, written as 32 lower-case hex digits.
///
/// Publishing it lets others send, never read.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BinId(Uuid);

impl BinId {
    /// An id that no bin has.
    pub const NIL: Self = Self(Uuid::nil());

    /// A new random id.
    pub fn random() -> Self {
        Self(Uuid::new_v4())
    }

    /// The 16 bytes of the id, as the store keeps them.
    pub fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    /// The id that [`as_bytes`](Self::as_bytes) gave.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }
}

impl FromStr for BinId {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        simple(text).map(Self)
    }
}

impl fmt::Display for BinId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_simple().fmt(f)
    }
}

impl fmt::Debug for BinId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for BinId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Opens a bin for reading and changing: a second version 4 UUID, unrelated to the bin's id.
///
/// `Debug` hides it; [`Display`](fmt::Display) writes the 32 hex digits, for the one page or answer that must show it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct BinKey(Uuid);

impl BinKey {
    /// A new random key.
    pub fn random() -> Self {
        Self(Uuid::new_v4())
    }

    /// What the store keeps in the key's place.
    pub fn hash(&self) -> KeyHash {
        let mut text = [0; 32];
        KeyHash(Sha256::digest(self.0.as_simple().encode_lower(&mut text)).into())
    }
}

impl FromStr for BinKey {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        simple(text).map(Self)
    }
}

impl fmt::Display for BinKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_simple().fmt(f)
    }
}

impl fmt::Debug for BinKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BinKey(***)")
    }
}

/// SHA-256 of a key's 32 lower-case hex digits: enough to recognise the key, useless to whoever reads the database.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct KeyHash([u8; 32]);

impl KeyHash {
    /// The 32 bytes of the digest.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Numbers a capture inside its bin: 1, 2, 3 … without gaps, never used again.
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Debug,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(transparent)]
pub struct CaptureNumber(pub u64);

impl fmt::Display for CaptureNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_in_either_case_and_written_in_lower_case() {
        let id: BinId = "4F3C0A1B2C3D4E5F8A9B0C1D2E3F4A5B".parse().unwrap();
        assert_eq!(id.to_string(), "4f3c0a1b2c3d4e5f8a9b0c1d2e3f4a5b");
        assert_eq!(BinId::from_bytes(*id.as_bytes()), id);
    }

    #[test]
    fn other_uuid_spellings_are_not_ids() {
        for text in [
            "",
            "api",
            "4f3c0a1b-2c3d-4e5f-8a9b-0c1d2e3f4a5b",
            "zf3c0a1b2c3d4e5f8a9b0c1d2e3f4a5b",
            "é3c0a1b2c3d4e5f8a9b0c1d2e3f4a5b",
        ] {
            assert_eq!(text.parse::<BinId>(), Err(NotAnId), "{text}");
        }
    }

    #[test]
    fn a_key_is_hashed_as_its_lower_case_digits_and_never_debugged() {
        let key: BinKey = "00000000000000000000000000000000".parse().unwrap();
        // printf '%032d' 0 | sha256sum
        assert_eq!(key.hash().as_bytes()[..4], [0x84, 0xe0, 0xc0, 0xea]);
        assert_eq!(format!("{key:?}"), "BinKey(***)");
    }
}
