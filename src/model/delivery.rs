//! Who sent a capture, and which arrival of its event it is.

use sha2::{Digest, Sha256};

use super::{CaptureNumber, Event};

/// What a request says of its sender, as recognised when it arrived.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sender {
    /// The provider's name in the catalogue.
    pub provider: String,
    /// What happened.
    pub event: Event,
    /// The signature as it was sent, whatever its form.
    pub signature: Option<Vec<u8>>,
    /// Whether a time is part of what was signed.
    pub is_timed: bool,
}

/// The first bytes of a SHA-256.
pub type Fingerprint = [u8; 16];

/// The fingerprint of parts, each with its length, so that no two lists of parts are alike.
fn fingerprint<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Fingerprint {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    let digest = hasher.finalize();
    let mut first = [0; 16];
    first.copy_from_slice(&digest[..16]);
    first
}

impl Sender {
    /// What all deliveries of one event have in common: the event's id, or, where the sender names none, body and signature.
    /// `None` when there is neither: such requests are not told apart.
    pub fn thread(&self, body: &[u8]) -> Option<Fingerprint> {
        let provider = self.provider.as_bytes();
        match (&self.event.id, &self.signature) {
            (Some(id), _) => Some(fingerprint([provider, b"id", id.as_bytes()])),
            (None, Some(signature)) => Some(fingerprint([provider, b"body", signature, body])),
            (None, None) => None,
        }
    }

    /// What a signed request has in common with its copy alone: the signature, where a time is part of it. A sender that tries
    /// again signs the time of that try.
    pub fn signed_once(&self) -> Option<Fingerprint> {
        let signature = self.signature.as_deref()?;
        self.is_timed
            .then(|| fingerprint([self.provider.as_bytes(), signature]))
    }

    /// The fingerprint of a body, to tell whether a later delivery has the same.
    pub fn body(bytes: &[u8]) -> Fingerprint {
        fingerprint([bytes])
    }
}

/// What is known of the sender of a capture.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recognised {
    /// The provider's name in the catalogue.
    pub provider: String,
    /// What happened.
    pub event: Event,
    /// Which delivery it is; `None` where deliveries cannot be told apart.
    pub delivery: Option<Delivery>,
}

/// Which arrival of its event a capture is, within what the bin held when it came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a mark of its own, and any of them may go with any other"
)]
pub struct Delivery {
    /// 1 for the first, 2 for the next.
    pub number: u64,
    /// The first of them; it may be gone by now.
    pub first: CaptureNumber,
    /// The one before this; `None` for the first.
    pub previous: Option<CaptureNumber>,
    /// Whether the body is that of the one before.
    pub same_body: bool,
    /// Whether the event's type is that of the one before.
    pub same_type: bool,
    /// Whether the very same signed request came before, its signed time included.
    pub replayed: bool,
    /// Whether a later event of the same sender came before, by the sender's own clock.
    pub out_of_order: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sender(id: Option<&str>, signature: Option<&str>, is_timed: bool) -> Sender {
        Sender {
            provider: "stripe".into(),
            event: Event {
                id: id.map(Into::into),
                ..Event::default()
            },
            signature: signature.map(|text| text.as_bytes().to_vec()),
            is_timed,
        }
    }

    #[test]
    fn deliveries_of_one_event_have_its_id_or_body_and_signature_in_common() {
        let by_id = sender(Some("evt_1"), Some("a"), false);
        assert_eq!(
            by_id.thread(b"x"),
            sender(Some("evt_1"), None, false).thread(b"y")
        );
        assert_ne!(
            by_id.thread(b"x"),
            sender(Some("evt_2"), Some("a"), false).thread(b"x")
        );
        let by_body = sender(None, Some("a"), false);
        assert_eq!(by_body.thread(b"x"), by_body.thread(b"x"));
        assert_ne!(by_body.thread(b"x"), by_body.thread(b"y"));
        assert_eq!(sender(None, None, false).thread(b"x"), None);
    }

    #[test]
    fn only_a_signature_with_a_time_marks_a_copy() {
        assert_eq!(sender(None, Some("a"), false).signed_once(), None);
        let one = sender(Some("evt_1"), Some("a"), true);
        assert!(one.signed_once().is_some());
        assert_ne!(
            one.signed_once(),
            sender(Some("evt_1"), Some("b"), true).signed_once()
        );
    }
}
