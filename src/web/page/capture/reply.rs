//! What was answered, and what there is to say of it.

use axum::http::StatusCode;

use super::fact::Fact;
use super::fields::plain;
use super::text;
use crate::model::{CaptureLine, Fault, Reply, Version};
use crate::reply::{INSTEAD, RELAYED};
use crate::verdict::{HANDSHAKE, UNANSWERED};
use crate::viewer::Spelled;

/// How many bytes of the body of a reply are shown.
const REPLY: usize = 8192;

/// What was answered.
#[derive(Debug)]
pub(super) struct ReplyPart {
    /// `200`; `None` when nothing could be answered.
    pub(super) status: Option<u16>,
    /// `OK`.
    pub(super) reason: &'static str,
    pub(super) class: &'static str,
    /// As in the status line.
    pub(super) version: &'static str,
    /// The fields that a rule gave it.
    pub(super) fields: Vec<(String, String)>,
    /// The beginning of the body that a rule gave it.
    pub(super) body: Spelled,
    /// Which rule gave it and how long it was held back: `by the rule “x”, after 300 ms`; empty for the bin's own at once.
    pub(super) how: String,
    /// What went wrong with it on purpose.
    pub(super) fault: Option<Fault>,
}

impl ReplyPart {
    pub(super) fn new(line: &CaptureLine) -> Self {
        let reply = &line.envelope.reply;
        let status = reply.status;
        let known = status.and_then(|status| StatusCode::from_u16(status).ok());
        Self {
            status,
            reason: known
                .and_then(|status| status.canonical_reason())
                .unwrap_or_default(),
            class: match status {
                Some(..400) => "ok",
                Some(400..500) => "warn",
                Some(_) | None => "bad",
            },
            // A sender of HTTP/1.0 is answered by 1.1, as RFC 9110 section 6.2 has it.
            version: match line.envelope.head.version {
                Version::Http2 => "HTTP/2",
                Version::Http10 | Version::Http11 => "HTTP/1.1",
            },
            fields: plain(&reply.headers),
            body: Spelled::beginning(&reply.body, REPLY),
            how: how(reply),
            fault: reply.fault,
        }
    }
}

/// Which rule gave it, and how long it was held back.
fn how(reply: &Reply) -> String {
    let rule = reply
        .rule
        .as_deref()
        .filter(|rule| !rule.starts_with(HANDSHAKE) && !rule.starts_with(UNANSWERED));
    let rule = rule.map(|rule| match rule {
        RELAYED => "from your machine, by hookwell listen".to_owned(),
        rule => format!("by the rule “{}”", text::one_line(rule, 100)),
    });
    let delay = (reply.delay_ms > 0).then(|| match reply.fault {
        Some(Fault::Drip) => format!("over {} ms", text::count(reply.delay_ms.into())),
        _ => format!("after {} ms", text::count(reply.delay_ms.into())),
    });
    let said: Vec<String> = rule.into_iter().chain(delay).collect();
    said.join(", ")
}

/// What is out of the ordinary about it.
pub(super) fn fact(line: &CaptureLine) -> Option<Fact> {
    let reply = &line.envelope.reply;
    if let Some(why) = reply.error.as_deref().and_then(|e| e.strip_prefix(INSTEAD)) {
        return Some(Fact::caution(
            "The sender was given the bin's own reply, not that of your machine.",
            format!("hookwell listen: {why}."),
        ));
    }
    if let Some(error) = &reply.error {
        return Some(Fact {
            setting: Some(("#reply".to_owned(), "Change reply")),
            ..Fact::caution(
                "The planned reply could not be made.",
                format!("In {error}. The sender was given 200 with an empty body."),
            )
        });
    }
    let fault = reply.fault?;
    Some(Fact {
        icon: "info",
        icon_class: "idle",
        class: "",
        ..Fact::caution(
            "The answer went wrong on purpose:",
            format!("{}.", fault.title()),
        )
    })
}
