//! Who sent a capture, and which arrival of its event it is.

use sha2::{Digest, Sha256};

use super::{CaptureNumber, Event};

/// What a request says of its sender, as recognised when it arrived.
///
/// Bodies are hashed when it is made: the writer of the store, which all senders wait for, only compares.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sender {
    /// The provider's name in the catalogue.
    pub provider: String,
    /// What happened.
    pub event: Event,
    /// What all deliveries of one event have in common: the event's id, or, where the sender names none, body and signature.
    /// `None` when there is neither: such requests are not told apart.
    pub thread: Option<Fingerprint>,
    /// What a signed request has in common with its copy alone: the signature, where a time is part of it. A sender that tries
    /// again signs the time of that try.
    pub signed_once: Option<Fingerprint>,
    /// The fingerprint of the body, to tell whether a later delivery has the same.
    pub body: Fingerprint,
}

/// The first bytes of a SHA-256.
pub type Fingerprint = [u8; 16];

/// The fingerprint of parts, each with its length, so that no two lists of parts are alike.
pub(crate) fn fingerprint<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Fingerprint {
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
    /// The sender of a request with this body: its `signature` as it was sent, whatever its form, and whether a time is part of what
    /// was signed.
    pub fn new(
        provider: String,
        event: Event,
        signature: Option<&[u8]>,
        is_timed: bool,
        body: &[u8],
    ) -> Self {
        let name = provider.as_bytes();
        let thread = match (&event.id, signature) {
            (Some(id), _) => Some(fingerprint([name, b"id", id.as_bytes()])),
            (None, Some(signature)) => Some(fingerprint([name, b"body", signature, body])),
            (None, None) => None,
        };
        let signed_once = signature
            .filter(|_| is_timed)
            .map(|signature| fingerprint([name, signature]));
        Self {
            thread,
            signed_once,
            body: fingerprint([body]),
            provider,
            event,
        }
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

    fn sender(id: Option<&str>, signature: Option<&str>, is_timed: bool, body: &[u8]) -> Sender {
        let event = Event {
            id: id.map(Into::into),
            ..Event::default()
        };
        Sender::new(
            "stripe".into(),
            event,
            signature.map(str::as_bytes),
            is_timed,
            body,
        )
    }

    #[test]
    fn deliveries_of_one_event_have_its_id_or_body_and_signature_in_common() {
        let thread = |id, signature, body| sender(id, signature, false, body).thread;
        let by_id = thread(Some("evt_1"), Some("a"), b"x");
        assert_eq!(by_id, thread(Some("evt_1"), None, b"y"));
        assert_ne!(by_id, thread(Some("evt_2"), Some("a"), b"x"));
        let by_body = thread(None, Some("a"), b"x");
        assert_eq!(by_body, thread(None, Some("a"), b"x"));
        assert_ne!(by_body, thread(None, Some("a"), b"y"));
        assert_eq!(thread(None, None, b"x"), None);
    }

    #[test]
    fn only_a_signature_with_a_time_marks_a_copy() {
        let once = |id, signature, is_timed| sender(id, Some(signature), is_timed, b"").signed_once;
        assert_eq!(once(None, "a", false), None);
        let signed = once(Some("evt_1"), "a", true);
        assert!(signed.is_some());
        assert_ne!(signed, once(Some("evt_1"), "b", true));
    }
}
