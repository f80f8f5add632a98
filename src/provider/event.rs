//! Where a provider's requests have the id, type and time of their event.

use super::request::Request;
use super::signature::Unit;
use super::{form, json};
use crate::model::{Event, Timestamp};

/// How much of a body is looked at for its event.
const LOOKED_AT: usize = 64 * 1024;

/// A place in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    /// A header.
    Header(&'static str),
    /// The value behind a JSON pointer in the body.
    Json(&'static str),
    /// A field of the form in the body.
    Form(&'static str),
    /// Always this.
    Fixed(&'static str),
}

/// Where an event has its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventShape {
    /// The id: the first of these that is there. Only what is the same in every delivery of an event, and in no other event: the
    /// id of the thing that it is about is neither.
    pub id: &'static [From],
    /// The type: those of these that are there, with dots between.
    pub kind: &'static [From],
    /// The time: the first of these that is there and can be read.
    pub at: &'static [From],
}

impl EventShape {
    /// Of a provider whose events have no names.
    pub(crate) const NONE: Self = Self {
        id: &[],
        kind: &[],
        at: &[],
    };

    /// Id, type and time behind JSON pointers.
    pub(crate) const fn new(
        id: &'static [From],
        kind: &'static [From],
        at: &'static [From],
    ) -> Self {
        Self { id, kind, at }
    }

    /// Reads the event of a request.
    pub(crate) fn read(&self, request: &Request<'_>) -> Event {
        let one = |places: &[From]| places.iter().find_map(|place| place.read(request));
        let kinds: Vec<String> = self
            .kind
            .iter()
            .filter_map(|place| place.read(request))
            .collect();
        Event {
            id: one(self.id).and_then(bounded),
            kind: bounded(kinds.join(".")),
            at: self
                .at
                .iter()
                .filter_map(|place| place.read(request))
                .find_map(|text| moment(&text)),
        }
    }
}

impl From {
    fn read(self, request: &Request<'_>) -> Option<String> {
        let body = request.body.get(..LOOKED_AT).unwrap_or(request.body);
        let text = match self {
            Self::Header(name) => request.header_text(name).map(str::to_owned),
            Self::Json(pointer) => json::find_plain(body, pointer),
            Self::Form(name) => form::find_text(body, name),
            Self::Fixed(text) => Some(text.to_owned()),
        };
        text.filter(|text| !text.is_empty())
    }
}

/// The text, when it is short enough to be a name.
fn bounded(text: String) -> Option<String> {
    let is_name =
        !text.is_empty() && text.len() <= Event::BYTES && !text.contains(char::is_control);
    is_name.then_some(text)
}

/// Reads a moment in any of the ways that senders write one: RFC 3339, or a count of seconds, milliseconds, microseconds or
/// nanoseconds since 1970, told apart by their size.
fn moment(text: &str) -> Option<Timestamp> {
    if let Ok(number) = text.parse::<i64>() {
        let micros = match number {
            ..100_000_000_000 => number.checked_mul(1_000_000)?,
            100_000_000_000..100_000_000_000_000 => number.checked_mul(1_000)?,
            100_000_000_000_000..100_000_000_000_000_000 => number,
            _ => number / 1_000,
        };
        return Some(Timestamp::from_micros(micros));
    }
    if let Some((whole, _)) = text.split_once('.')
        && whole.bytes().all(|byte| byte.is_ascii_digit())
    {
        return moment(whole);
    }
    super::signature::moment(text, Unit::Rfc3339)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::{PROVIDERS, Seed};

    #[test]
    fn the_samples_of_every_provider_have_an_event() {
        let at = Timestamp::from_micros(1_795_599_012_000_000);
        let nameless = ["braintree", "telegram"];
        let timeless = [
            "bitbucket",
            "braintree",
            "discord",
            "gitea",
            "github",
            "gitlab",
            "twilio",
        ];
        for provider in PROVIDERS {
            for sample in provider.samples {
                let seed = Seed { at, bytes: [7; 16] };
                let draft = provider.draft(sample, "https://h/in", seed);
                let head = draft.head();
                let request = Request {
                    head: &head,
                    body: &draft.body,
                    url: "",
                    arrived: at,
                };
                let event = provider.event.read(&request);
                let named = (provider.slug, event.kind.is_none());
                assert!(
                    !named.1 || nameless.contains(&named.0) || provider.slug == "twilio",
                    "{named:?}"
                );
                if !timeless.contains(&provider.slug) && sample.event != "command" {
                    let seconds = event.at.map(|at| at.as_micros() / 1_000_000);
                    assert_eq!(seconds, Some(1_795_599_012), "{}", provider.slug);
                }
            }
        }
    }

    #[test]
    fn a_moment_is_read_in_whatever_unit() {
        let want = Some(Timestamp::from_micros(1_795_599_012_000_000));
        for text in [
            "1795599012",
            "1795599012.75",
            "1795599012000",
            "1795599012000000",
            "1795599012000000000",
            "2026-11-25T09:30:12Z",
            "2026-11-25T10:30:12+01:00",
        ] {
            assert_eq!(moment(text), want, "{text}");
        }
        for text in ["", "soon", "9223372036854775808", "-", "1e9", "."] {
            assert_eq!(moment(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_no_name_is_left_out() {
        assert_eq!(bounded("a\nb".to_owned()), None);
        assert_eq!(bounded("a".repeat(Event::BYTES + 1)), None);
        assert_eq!(bounded("a.b".to_owned()).as_deref(), Some("a.b"));
    }
}
