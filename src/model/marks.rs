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

    /// Why a text cannot be a note; `None` when it can.
    pub fn problem(note: &str) -> Option<String> {
        let characters = note.chars().count();
        if characters > Self::NOTE_CHARACTERS {
            Some(format!(
                "at most {} characters, this has {characters}",
                Self::NOTE_CHARACTERS
            ))
        } else if note.contains('\0') {
            Some("a NUL character cannot be kept".to_owned())
        } else {
            None
        }
    }
}

/// Marks to change. What is `None` stays as it is.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct MarksChange {
    /// Whether it is to be pinned.
    pub pinned: Option<bool>,
    /// The note to keep; empty for none.
    pub note: Option<String>,
}
