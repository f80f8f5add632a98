//! What a bin answers: its reply, and the rules that answer otherwise.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A reply as it is planned. Header values and body are [templates](crate::template).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PlannedReply {
    /// The status, 200 to 599.
    pub status: u16,
    /// Fields beside those that every reply has.
    pub headers: Vec<PlannedHeader>,
    /// The body: a template.
    pub body: String,
    /// How long it is held back, in milliseconds, at most a minute.
    pub delay_ms: u32,
    /// What goes wrong with it; null for nothing.
    pub fault: Option<Fault>,
    /// In a rule: how many times it is given before the next one has its turn; left out for always.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub times: Option<u32>,
}

impl PlannedReply {
    /// The longest delay, in milliseconds.
    pub const MOST_DELAY_MS: u32 = 60_000;

    /// How many fields it may have.
    pub const MOST_HEADERS: usize = 50;
}

impl Default for PlannedReply {
    fn default() -> Self {
        Self {
            status: 200,
            headers: Vec::new(),
            body: String::new(),
            delay_ms: 0,
            fault: None,
            times: None,
        }
    }
}

/// A field of a planned reply.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlannedHeader {
    /// Its name.
    #[schema(example = "Content-Type")]
    pub name: String,
    /// Its value: a template.
    #[schema(example = "application/json")]
    pub value: String,
}

/// What can go wrong with a reply on purpose. The capture is kept as always.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// The connection is closed without an answer.
    Close,
    /// The connection is reset (a TCP RST) without an answer.
    Reset,
    /// Nothing is answered until the sender gives up, for an hour at most.
    Hang,
    /// Status and headers come, then the body in small pieces, over the time of the delay, or ten seconds.
    Drip,
    /// Half of the body comes, then the connection is closed.
    Half,
}

impl Fault {
    /// Every one, with its word in the API and what it is called on pages.
    pub const ALL: [(Self, &'static str, &'static str); 5] = [
        (Self::Close, "close", "close without an answer"),
        (Self::Reset, "reset", "reset the connection"),
        (Self::Hang, "hang", "never answer"),
        (Self::Drip, "drip", "answer very slowly"),
        (Self::Half, "half", "break off half-way"),
    ];

    /// Its word.
    pub fn as_str(self) -> &'static str {
        let found = Self::ALL.iter().find(|(fault, ..)| *fault == self);
        found.map_or("", |(_, word, _)| word)
    }

    /// What it is called on pages.
    pub fn title(self) -> &'static str {
        let found = Self::ALL.iter().find(|(fault, ..)| *fault == self);
        found.map_or("", |(.., title)| title)
    }

    /// The one of that word.
    pub fn find(word: &str) -> Option<Self> {
        let found = Self::ALL.iter().find(|(_, have, _)| *have == word);
        found.map(|(fault, ..)| *fault)
    }

    /// Whether the sender hears a status.
    pub fn has_status(self) -> bool {
        matches!(self, Self::Drip | Self::Half)
    }
}

/// Other replies to some requests. The first rule that matches decides.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Rule {
    /// Its name, by which captures tell which rule answered: 1 to 100 characters, no other rule of the bin has it.
    #[schema(example = "fail twice")]
    pub name: String,
    /// A filter; empty for every request.
    #[schema(example = "method:POST path:/orders/*")]
    pub when: String,
    /// Of what each has a count of its own in the sequence of replies.
    pub per: Per,
    /// Of how many in a hundred requests that match, by chance; 100 for all.
    #[schema(minimum = 1, maximum = 100)]
    pub percent: u8,
    /// One reply, or a sequence of them; when all have had their times, the rule matches no more.
    pub replies: Vec<PlannedReply>,
}

impl Rule {
    /// How many rules a bin may have.
    pub const MOST: usize = 50;

    /// How many replies a rule may have.
    pub const MOST_REPLIES: usize = 20;

    /// How many characters a name may have.
    pub const NAME_CHARACTERS: usize = 100;

    /// Whether its reply depends on how many came before.
    pub fn is_sequence(&self) -> bool {
        self.replies.iter().any(|reply| reply.times.is_some())
    }
}

impl Default for Rule {
    fn default() -> Self {
        Self {
            name: String::new(),
            when: String::new(),
            per: Per::Bin,
            percent: 100,
            replies: vec![PlannedReply::default()],
        }
    }
}

/// What a sequence is counted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Per {
    /// All requests of the bin together.
    #[default]
    Bin,
    /// Each method and path by itself.
    Path,
    /// Each event by itself: its id, or where the sender names none, its body.
    Delivery,
}
