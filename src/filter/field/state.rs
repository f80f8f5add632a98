//! The word `is`.

use std::sync::Arc;

use super::{Simple, Test, Written};
use crate::filter::subject::Subject;
use crate::model::BodyState;

/// What a capture can be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flag {
    /// Its body was over the limit.
    Truncated,
    /// Its sender went away.
    Aborted,
    /// Limits leave it alone.
    Pinned,
    /// The very same signed request came before.
    Replayed,
    /// It was taken from a file.
    Imported,
}

impl Flag {
    /// Every one with its word.
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::Truncated, "truncated"),
        (Self::Aborted, "aborted"),
        (Self::Pinned, "pinned"),
        (Self::Replayed, "replayed"),
        (Self::Imported, "imported"),
    ];
}

impl Test for Flag {
    fn matches(&self, subject: &Subject<'_>) -> bool {
        match self {
            Self::Truncated => subject.state == BodyState::Truncated,
            Self::Aborted => subject.state == BodyState::Aborted,
            Self::Pinned => subject.marks.is_some_and(|marks| marks.pinned),
            Self::Imported => subject.marks.is_some_and(|marks| marks.imported),
            Self::Replayed => subject
                .recognised
                .and_then(|known| known.delivery)
                .is_some_and(|delivery| delivery.replayed),
        }
    }

    fn simple(&self) -> Option<Simple> {
        match self {
            Self::Truncated => Some(Simple::State(BodyState::Truncated)),
            Self::Aborted => Some(Simple::State(BodyState::Aborted)),
            Self::Pinned => Some(Simple::Pinned),
            Self::Replayed | Self::Imported => None,
        }
    }
}

pub(super) fn is(written: &Written<'_>) -> Result<Arc<dyn Test>, String> {
    let text = written.value.text()?;
    let found = Flag::ALL
        .iter()
        .find(|(_, word)| word.eq_ignore_ascii_case(text));
    let Some((flag, _)) = found else {
        let words: Vec<&str> = Flag::ALL.iter().map(|(_, word)| *word).collect();
        return Err(format!("one of {} stands here", words.join(", ")));
    };
    Ok(Arc::new(*flag))
}
