//! All captures of a bin, one after the other: what downloads of a whole bin are made of.

use std::collections::VecDeque;
use std::sync::Arc;

use super::BinByKey;
use crate::filter::Filter;
use crate::model::{Capture, CaptureNumber};
use crate::store::Window;
use crate::web::{App, Error};

/// How many captures are looked for at once.
const STEP: usize = 100;

/// The captures that a filter lets through, oldest first, each with its body; only one of them is held at a time.
///
/// Those that are there when it begins: what arrives meanwhile is left out, and so is what is deleted.
#[derive(Debug)]
pub struct Every {
    app: Arc<App>,
    bin: BinByKey,
    filter: Filter,
    /// The newest that is looked at.
    newest: CaptureNumber,
    /// How far was looked; `None` at the end.
    after: Option<CaptureNumber>,
    /// What was found and is not read yet.
    found: VecDeque<CaptureNumber>,
}

impl BinByKey {
    /// All captures that the filter lets through.
    ///
    /// # Errors
    /// What the store says when it cannot be read.
    pub async fn every(self, app: Arc<App>, filter: Filter) -> Result<Every, Error> {
        let newest = Window::Newest {
            before: None,
            limit: 1,
        };
        let newest = app.store.lines(&self.bin, newest).await?;
        let newest = newest.first().map(|line| line.n);
        let mut every = Every {
            app,
            bin: self,
            filter,
            newest: newest.unwrap_or(CaptureNumber(0)),
            after: newest.map(|_| CaptureNumber(0)),
            found: VecDeque::new(),
        };
        // What fails at once is to fail before anything is answered.
        every.look().await?;
        Ok(every)
    }
}

impl Every {
    /// The bin.
    pub fn bin(&self) -> &BinByKey {
        &self.bin
    }

    /// The next capture as the key shows it; `None` after the last.
    ///
    /// # Errors
    /// What the store says when it cannot be read, and that bin or link are over.
    pub async fn next(&mut self) -> Result<Option<Capture>, Error> {
        loop {
            if self.found.is_empty() && self.after.is_none() {
                return Ok(None);
            }
            // A link may have been revoked since the one before was read, and what is masked have changed: a reader that is slow
            // takes hours for a hundred of them.
            self.bin = BinByKey::open(&self.app, self.bin.key).await?;
            let Some(n) = self.found.pop_front() else {
                self.look().await?;
                continue;
            };
            match self.bin.capture(&*self.app.store, n).await {
                Err(Error::UnknownCapture(_)) => {}
                other => return other.map(Some),
            }
        }
    }

    /// Looks for the next captures, for a moment at most.
    async fn look(&mut self) -> Result<(), Error> {
        let Some(after) = self.after else {
            return Ok(());
        };
        let window = Window::After { after, limit: STEP };
        let listed = self
            .bin
            .list(&*self.app.store, &self.filter, window)
            .await?;
        let numbers = listed.lines.iter().map(|line| line.n);
        self.found.extend(numbers.filter(|&n| n <= self.newest));
        self.after = listed.next.filter(|&n| n < self.newest);
        Ok(())
    }
}
