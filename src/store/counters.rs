//! What is counted of a bin, so that nobody has to look through its captures: the same in every engine.

use super::{Error, Result};
use crate::model::{Keep, Marks, MarksChange, Timestamp};

/// What is counted of a bin, for its `keep`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Counters {
    pub(super) last_n: u64,
    pub(super) floor: u64,
    pub(super) captures: u64,
    pub(super) bytes: u64,
    pub(super) dropped: u64,
    pub(super) last_capture_at: Option<i64>,
    pub(super) gone_at: Option<Timestamp>,
    /// How many captures are pinned, and their bytes.
    pub(super) pinned: u64,
    pub(super) pinned_bytes: u64,
    /// Between the floor and this number nothing but pinned captures is left. Only kept in mind: at first it is the floor.
    pub(super) passed: u64,
}

impl Counters {
    /// Takes all captures away from readers and says how many they were; numbering goes on.
    pub(super) fn clear(&mut self) -> u64 {
        self.floor = self.last_n;
        self.bytes = 0;
        self.pinned = 0;
        self.pinned_bytes = 0;
        std::mem::take(&mut self.captures)
    }

    /// Whether more is there than is to be kept.
    pub(super) fn are_over(&self, keep: Keep) -> bool {
        (keep.captures != 0 && self.captures > keep.captures)
            || (keep.bytes != 0 && self.bytes > keep.bytes && self.captures > 1)
    }

    /// Whether more is pinned than may be: half of what is to be kept, so that there is always room for what is new. One capture
    /// may be, however large it is.
    pub(super) fn are_pinned_full(&self, keep: Keep) -> bool {
        self.pinned > 1
            && ((keep.captures != 0 && self.pinned > keep.captures / 2)
                || (keep.bytes != 0 && self.pinned_bytes > keep.bytes / 2))
    }

    /// Changes the marks of a capture of that weight, and counts its pin. Errors: [`Error::PinsFull`].
    pub(super) fn mark(
        &mut self,
        marks: &mut Marks,
        change: &MarksChange,
        weight: u64,
        keep: Keep,
    ) -> Result<()> {
        match (marks.pinned, change.pinned) {
            (false, Some(true)) => {
                self.pinned += 1;
                self.pinned_bytes += weight;
                if self.are_pinned_full(keep) {
                    return Err(Error::PinsFull);
                }
            }
            (true, Some(false)) => {
                self.pinned = self.pinned.saturating_sub(1);
                self.pinned_bytes = self.pinned_bytes.saturating_sub(weight);
            }
            _ => {}
        }
        marks.pinned = change.pinned.unwrap_or(marks.pinned);
        if let Some(note) = &change.note {
            marks.note.clone_from(note);
        }
        Ok(())
    }
}
