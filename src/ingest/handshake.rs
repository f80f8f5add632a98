//! Handshakes: what a provider asks before it sends is answered in the place of the bin's own reply.
//!
//! The answer is the catalogue's, a pure function of the request and the bin's secrets. A capture that was none of it costs a few
//! looks at its head and at the first bytes of its body.

use bytes::Bytes;

use crate::model::{Bin, Envelope, Headers, Reply, Sender};
use crate::provider::{self, Request, handshake};
use crate::verdict::{self, HANDSHAKE, UNANSWERED};

/// The reply to a provider's question; `None` when the request is none, or the bin's switch is off. Where a secret is missing that the
/// answer needs, the reply is the plain one and its rule says so. `base` is the server's public address, where it has one.
pub(super) fn reply(
    bin: &Bin,
    base: Option<&str>,
    envelope: &Envelope,
    body: &[u8],
    sender: Option<&Sender>,
) -> Option<Reply> {
    if !bin.settings.handshakes {
        return None;
    }
    let known = sender.and_then(|sender| provider::find(&sender.provider));
    let mut request = Request {
        head: &envelope.head,
        body,
        url: "",
        arrived: envelope.received_at,
    };
    if !handshake::could_be(known, &request) {
        return None;
    }
    let url = verdict::url(envelope, base);
    request.url = &url;
    let secrets = &bin.settings.secrets;
    let asked = handshake::answer(known, &request, |slug| secrets.of(slug))?;
    let slug = asked.provider.slug;
    let Ok(answer) = asked.answer else {
        return Some(Reply {
            rule: Some(format!("{UNANSWERED}{slug}")),
            ..Reply::plain(200)
        });
    };
    let fields = answer.headers.iter();
    Some(Reply {
        rule: Some(format!("{HANDSHAKE}{slug}")),
        headers: Headers::from_fields(
            fields.map(|(name, value)| (name.as_bytes(), value.as_bytes())),
        ),
        body: Bytes::from(answer.body),
        ..Reply::plain(answer.status)
    })
}
