//! What a request carries beside its body that can be read: credentials in its header fields, the attributes of an event.

use super::drawn::{Drawn, Place};
use super::text;
use crate::model::Headers;
use crate::viewer::{Subject, View, cloud_event, credentials};

/// Something that unfolds above the parts of a request.
#[derive(Debug)]
pub(super) struct Note {
    pub(super) headline: String,
    pub(super) rest: String,
    pub(super) drawn: Drawn,
}

/// What there is to unfold.
pub(super) fn of(headers: &Headers, body: &Subject<'_>) -> Vec<Note> {
    let mut notes = Vec::new();
    if let Some(event) = cloud_event::of(headers, body) {
        notes.push(Note {
            headline: format!("CloudEvent {}", text::one_line(&event.kind, 120)),
            rest: format!(
                "from {}, {}",
                text::one_line(&event.source, 120),
                event.mode
            ),
            drawn: Drawn::new(View::Table(event.attributes), Place::default(), "event-"),
        });
    }
    for (at, credentials) in credentials::of(headers).into_iter().enumerate() {
        notes.push(Note {
            headline: credentials.title.to_owned(),
            rest: format!(
                "in {}, {}",
                text::one_line(&credentials.field, 60),
                credentials.shown.facts.join(", ")
            ),
            drawn: Drawn::new(
                credentials.shown.view,
                Place::default(),
                &format!("credentials{at}-"),
            ),
        });
    }
    notes
}
