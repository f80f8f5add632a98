//! What people, or an import, noted on a capture.

/// Marks on a capture; most captures have none.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Marks {
    /// Whether limits leave it alone.
    pub pinned: bool,
    /// What somebody wrote to it, at most [`NOTE_CHARACTERS`](Self::NOTE_CHARACTERS); may be empty.
    pub note: String,
    /// Whether it was not received here, but taken from a file.
    pub imported: bool,
}

impl Marks {
    /// How many characters a note may have.
    pub const NOTE_CHARACTERS: usize = 2000;
}

/// Marks to change. What is `None` stays as it is.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct MarksChange {
    /// Whether it is to be pinned.
    pub pinned: Option<bool>,
    /// The note to keep; empty for none.
    pub note: Option<String>,
}
