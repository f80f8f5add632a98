//! What is out of the ordinary about a request.

use std::borrow::Cow;

use super::text;
use crate::model::{BodyState, CaptureLine, CaptureNumber, Delivery};

/// A sentence above the parts of a request.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fact {
    pub(super) class: &'static str,
    pub(super) icon: &'static str,
    pub(super) icon_class: &'static str,
    pub(super) headline: Cow<'static, str>,
    pub(super) rest: String,
    /// What of the settings to look at: behind their address, and what the link is called.
    pub(super) setting: Option<(String, &'static str)>,
    /// The delivery before, to compare with.
    pub(super) before: Option<CaptureNumber>,
}

impl Fact {
    /// Something to look at.
    pub(super) fn caution(headline: impl Into<Cow<'static, str>>, rest: String) -> Self {
        Self {
            class: "caution",
            icon: "warn",
            icon_class: "warn",
            headline: headline.into(),
            rest,
            setting: None,
            before: None,
        }
    }

    /// Something that went wrong.
    fn alarm(headline: impl Into<Cow<'static, str>>, rest: String) -> Self {
        Self {
            class: "alarm",
            icon: "stop",
            icon_class: "bad",
            headline: headline.into(),
            rest,
            setting: None,
            before: None,
        }
    }
}

/// What there is to say; for nearly all requests nothing.
pub(super) fn of(line: &CaptureLine) -> Vec<Fact> {
    let body = match line.state {
        BodyState::Complete => None,
        BodyState::Truncated => Some(truncated(line)),
        BodyState::Aborted => Some(aborted(line)),
    };
    body.into_iter().chain(delivery(line)).collect()
}

/// What is odd about a delivery, by the kinds of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Odd {
    Copy,
    OtherType,
    OtherBody,
    Late,
}

/// The sentence on a delivery whose signed time is out of its tolerance.
pub(super) const OUT_OF_TIME: &str =
    "Its signed time is outside the tolerance: it may be sent by somebody who recorded it.";

impl Odd {
    fn of(delivery: Delivery) -> impl Iterator<Item = Self> {
        [
            (delivery.replayed, Self::Copy),
            (!delivery.same_type, Self::OtherType),
            (!delivery.same_body, Self::OtherBody),
            (delivery.out_of_order, Self::Late),
        ]
        .into_iter()
        .filter_map(|(is_it, odd)| is_it.then_some(odd))
    }

    fn sentence(self) -> &'static str {
        match self {
            Self::Copy => "This very request came before.",
            Self::OtherType => "The event’s id was used before, for another type.",
            Self::OtherBody => "The same event came before with another body.",
            Self::Late => "A later event came before this one.",
        }
    }
}

/// What is odd about a delivery, a sentence each.
pub(super) fn marks(delivery: Delivery) -> Vec<&'static str> {
    Odd::of(delivery).map(Odd::sentence).collect()
}

/// The same with what follows from it.
fn delivery(line: &CaptureLine) -> Vec<Fact> {
    let known = line.recognised.as_ref();
    let Some(delivery) = known.and_then(|known| known.delivery) else {
        return Vec::new();
    };
    let fact = |odd: Odd| {
        let before = delivery.previous.filter(|_| odd != Odd::Late);
        let fact = match odd {
            Odd::Copy => Fact {
                icon: "warn",
                ..Fact::alarm(
                    odd.sentence(),
                    "Signature and signed time are those of an earlier one: a sender that tries again signs anew. A handler should refuse it.".to_owned(),
                )
            },
            Odd::Late => Fact::caution(
                odd.sentence(),
                "By the sender’s own clock they are out of order.".to_owned(),
            ),
            Odd::OtherType | Odd::OtherBody => {
                let rest = before.map_or_else(String::new, |n| format!("That was #{n}."));
                Fact::caution(odd.sentence(), rest)
            }
        };
        Fact { before, ..fact }
    };
    Odd::of(delivery).map(fact).collect()
}

fn truncated(line: &CaptureLine) -> Fact {
    let kept = text::count(line.size);
    let rest = match line.sent {
        // It waited to be told to go on (RFC 9110 section 10.1.1), and was not.
        Some(sent) if line.size == 0 => format!(
            "{} were announced, and the sender was told to keep them.",
            text::counted(sent, "byte")
        ),
        Some(sent) => format!(
            "Of {} the first {kept} are kept.",
            text::counted(sent, "byte")
        ),
        None => format!("The first {} are kept.", text::counted(line.size, "byte")),
    };
    Fact {
        setting: Some(("#limits".to_owned(), "Change limit")),
        ..Fact::caution("The body is larger than this bin takes.", rest)
    }
}

fn aborted(line: &CaptureLine) -> Fact {
    let so_far = match line.sent {
        Some(sent) => format!(
            "after {} of {}",
            text::count(line.size),
            text::counted(sent, "byte")
        ),
        None => format!("after {}", text::counted(line.size, "byte")),
    };
    let (headline, rest) = match line.envelope.reply.status {
        None => (
            "The sender went away",
            format!("{so_far}. Nothing could be answered."),
        ),
        Some(408) => (
            "The sender fell silent",
            format!("{so_far}, and was answered 408."),
        ),
        Some(400) => (
            "The body is not framed as HTTP",
            format!("{so_far}: its chunks cannot be told apart."),
        ),
        Some(_) => (
            "The body was not read to its end:",
            format!("too many large ones came at once. Reading stopped {so_far}."),
        ),
    };
    Fact::alarm(headline, rest)
}

/// What stands where the kept bytes of a body end.
pub(super) fn missing(line: &CaptureLine) -> Option<String> {
    let rest = line
        .sent
        .map(|sent| sent.saturating_sub(line.size))
        .filter(|&rest| rest > 0)
        .map(|rest| text::counted(rest, "more byte"));
    match (line.state, rest) {
        (BodyState::Complete, _) => None,
        (BodyState::Truncated, Some(rest)) => {
            Some(format!("The kept bytes end here: {rest} were sent."))
        }
        (BodyState::Truncated, None) => Some("The kept bytes end here.".to_owned()),
        (BodyState::Aborted, Some(rest)) => {
            Some(format!("Nothing came after this: {rest} never arrived."))
        }
        (BodyState::Aborted, None) => Some("Nothing came after this.".to_owned()),
    }
}
