//! What a provider says happened.

use serde::Serialize;

use super::Timestamp;

/// An event as its sender names it; each part may be unknown.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, utoipa::ToSchema)]
pub struct Event {
    /// The sender's own id of the event, the same in every delivery of it.
    pub id: Option<String>,
    /// What happened, in the sender's words: `invoice.paid`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// When it happened, by the sender's clock.
    #[schema(value_type = Option<String>)]
    pub at: Option<Timestamp>,
}

impl Event {
    /// The most bytes of an id or a type that are kept.
    pub const BYTES: usize = 256;

    /// Whether nothing is known of it.
    pub fn is_unknown(&self) -> bool {
        self.id.is_none() && self.kind.is_none() && self.at.is_none()
    }
}
