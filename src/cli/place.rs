//! How far a listener came with the captures of a bin: a number in a file, so that one that was ended goes on behind it.
//!
//! What is being sent on is noted before it is sent, and that it was answered behind it. Whoever finds only the first cannot know
//! whether the program had it: it is sent again, and that is said.
//!
//! The file is replaced as a whole, and not forced onto the disk: it outlives the end of the program, however sudden. After a power cut
//! it may be an older one, of which more is sent again.

use std::fs;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::memory;

/// How far a listener came.
#[derive(Debug)]
pub(super) struct Place {
    /// `None` where it is not kept.
    file: Option<PathBuf>,
    kept: Option<Kept>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    /// The last capture that was done with.
    last: u64,
    /// The one behind it that was being sent on.
    #[serde(default)]
    trying: Option<u64>,
}

impl Place {
    /// The place in that file, and the number that it says. A file that is not as it was written is as good as none.
    pub(super) fn open(file: Option<PathBuf>) -> (Self, Option<u64>) {
        let bytes = file.as_ref().and_then(|file| fs::read(file).ok());
        let kept: Option<Kept> = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        (Self { file, kept }, kept.map(|kept| kept.last))
    }

    /// Whether that capture was being sent on when the listener before this one ended.
    pub(super) fn is_repeated(&self, n: u64) -> bool {
        self.trying() == Some(n)
    }

    fn trying(&self) -> Option<u64> {
        self.kept.and_then(|kept| kept.trying)
    }

    /// That it begins behind a number.
    pub(super) fn set(&mut self, last: u64) {
        let trying = self.trying().filter(|&n| n > last);
        self.keep(Kept { last, trying });
    }

    /// That a capture is being sent on.
    pub(super) fn begin(&mut self, n: u64) {
        let last = self.kept.map_or(0, |kept| kept.last);
        let trying = Some(n);
        self.keep(Kept { last, trying });
    }

    /// That everything up to a number is done with.
    pub(super) fn end(&mut self, last: u64) {
        let trying = None;
        self.keep(Kept { last, trying });
    }

    fn keep(&mut self, kept: Kept) {
        if self.kept == Some(kept) {
            return;
        }
        self.kept = Some(kept);
        let Some(file) = &self.file else {
            return;
        };
        let written = serde_json::to_vec(&kept).map_err(Into::into);
        if let Err(error) = written.and_then(|bytes| memory::write(file, bytes)) {
            let (file, why) = (file.display(), super::told(&error));
            super::remark(&format!(
                "how far this came cannot be kept in {file}: {why}"
            ));
            self.file = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_begun_and_not_ended_is_known_to_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let file = Some(folder.path().join("places/1.json"));
        let (mut place, last) = Place::open(file.clone());
        assert_eq!(last, None);
        place.set(0);
        place.begin(1);
        place.end(1);
        place.begin(4);
        let (mut next, last) = Place::open(file.clone());
        assert_eq!(last, Some(1));
        assert!(next.is_repeated(4) && !next.is_repeated(1));
        next.set(1);
        assert!(next.is_repeated(4));
        next.end(4);
        assert_eq!(Place::open(file.clone()).1, Some(4));
        fs::write(file.as_ref().unwrap(), b"{").unwrap();
        assert_eq!(Place::open(file).1, None);
    }
}
