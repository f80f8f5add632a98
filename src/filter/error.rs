//! What is wrong with a filter, and where.

/// A filter that cannot be read.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("at character {}: {expected}", position + 1)]
pub struct Error {
    /// The character where it goes wrong, counted from 0.
    pub position: usize,
    /// What was expected there, as a sentence without a full stop.
    pub expected: String,
}

impl Error {
    pub(super) fn new(position: usize, expected: impl Into<String>) -> Self {
        Self {
            position,
            expected: expected.into(),
        }
    }
}
