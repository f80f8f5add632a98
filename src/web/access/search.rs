//! Captures of a bin by filter, as the reader sees them: what is masked cannot be searched for.

use std::sync::Arc;
use std::time::Instant;

use super::BinByKey;
use crate::filter::{Filter, Subject};
use crate::model::{Capture, CaptureLine, CaptureNumber};
use crate::store::{self, Found, Pick, STEP, Search, Store, Window};
use crate::web::Error;

/// How many captures are looked for at once where all of them are wanted.
const PAGE: usize = 200;

/// How many bytes of bodies one commit deletes at most, but for a body that is larger.
const DELETED: u64 = 8 * 1024 * 1024;

/// Captures of a window.
#[derive(Debug, Default)]
pub struct Listed {
    /// As many as were wanted, where there are so many.
    pub lines: Vec<CaptureLine>,
    /// The number behind which there may be more: a search ends after some time, with fewer captures than were wanted or none.
    pub next: Option<CaptureNumber>,
}

/// How many captures there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    /// That many.
    pub number: u64,
    /// Whether all were looked at; else there may be more.
    pub is_all: bool,
}

/// A filter over captures as a key shows them. What it gives is not masked yet, so that it can still be judged.
pub(super) fn pick(bin: &BinByKey, filter: &Filter) -> Pick {
    let (bin, filter) = (bin.clone(), filter.clone());
    Arc::new(move |mut capture| {
        if filter.needs_verdict() {
            capture.line.verdict = bin.court().verdict(&capture);
        }
        if bin.can_write() {
            let is_one = filter.matches(&Subject::capture(&capture));
            return is_one.then_some(capture.line);
        }
        let line = capture.line.clone();
        let shown = bin.shown(capture)?;
        filter.matches(&Subject::capture(&shown)).then_some(line)
    })
}

impl Window {
    /// The same with room for one more, and for how many it had room.
    fn wider(mut self) -> (Self, usize) {
        let (Self::Newest { limit, .. } | Self::After { limit, .. }) = &mut self;
        *limit += 1;
        let before = *limit - 1;
        (self, before)
    }
}

impl BinByKey {
    async fn find(
        &self,
        store: &dyn Store,
        filter: &Filter,
        window: Window,
    ) -> store::Result<Found> {
        let search = Search {
            conditions: filter.simple(),
            needs_body: filter.needs_body(),
            pick: pick(self, filter),
        };
        store.search(&self.bin, window, search).await
    }

    /// Captures of a window that the filter lets through, without their bodies.
    ///
    /// # Errors
    /// What the store says when it cannot be read.
    pub async fn list(
        &self,
        store: &dyn Store,
        filter: &Filter,
        window: Window,
    ) -> store::Result<Listed> {
        // One more than is wanted, to know whether there is one more.
        let (window, limit) = window.wider();
        let Found { lines, rest } = if filter.is_empty() {
            let lines = store.lines(&self.bin, window).await?;
            Found { lines, rest: None }
        } else {
            self.find(store, filter, window).await?
        };
        let mut lines = self.told(store, lines).await?;
        let next = if lines.len() > limit {
            lines.truncate(limit);
            lines.last().map(|line| line.n)
        } else {
            rest
        };
        Ok(Listed { lines, next })
    }

    /// Those of a window that are deliveries of the same event as `n`, itself among them; none where deliveries of it cannot be told
    /// apart. For keys that show the whole bin.
    ///
    /// # Errors
    /// [`Error::UnknownCapture`]; what the store says when it cannot be read.
    pub async fn deliveries(
        &self,
        store: &dyn Store,
        n: CaptureNumber,
        window: Window,
    ) -> Result<Listed, Error> {
        let (window, limit) = window.wider();
        let mut lines = store.deliveries(&self.bin, n, window).await?;
        if lines.is_empty() {
            let only = Window::Newest {
                before: Some(CaptureNumber(n.0.saturating_add(1))),
                limit: 1,
            };
            let found = store.lines(&self.bin, only).await?;
            found
                .first()
                .filter(|line| line.n == n)
                .ok_or(Error::UnknownCapture(n.0))?;
        }
        let has_more = lines.len() > limit;
        lines.truncate(limit);
        let lines = self.told(store, lines).await?;
        let next = lines.last().map(|line| line.n).filter(|_| has_more);
        Ok(Listed { lines, next })
    }

    /// Captures as the key shows them, with their verdicts: they are judged before anything in them is masked.
    pub(super) async fn told(
        &self,
        store: &dyn Store,
        lines: Vec<CaptureLine>,
    ) -> store::Result<Vec<CaptureLine>> {
        let lines = self.court().lines(store, lines).await?;
        Ok(self.masked_lines(lines))
    }

    /// The nearest captures around `n` that the filter lets through: the next newer and the next older one.
    ///
    /// # Errors
    /// What the store says when it cannot be read.
    pub async fn neighbours(
        &self,
        store: &dyn Store,
        filter: &Filter,
        n: CaptureNumber,
    ) -> store::Result<(Option<CaptureNumber>, Option<CaptureNumber>)> {
        if self.only().is_some() {
            return Ok((None, None));
        }
        if filter.is_empty() {
            return store.neighbours(&self.bin, n).await;
        }
        let newer = Window::After { after: n, limit: 1 };
        let older = Window::Newest {
            before: Some(n),
            limit: 1,
        };
        let newer = self.find(store, filter, newer).await?;
        let older = self.find(store, filter, older).await?;
        let first = |found: Found| found.lines.first().map(|line| line.n);
        Ok((first(newer), first(older)))
    }

    /// How many captures the filter lets through, as far as can be told in about [`STEP`].
    ///
    /// # Errors
    /// What the store says when it cannot be read.
    pub async fn count(&self, store: &dyn Store, filter: &Filter) -> store::Result<Counted> {
        self.count_behind(store, filter, (CaptureNumber(0), true), 0)
            .await
    }

    /// The same where those from one end of the bin on were listed already, `is_up` from the oldest: what was looked at then is not
    /// looked at again.
    ///
    /// # Errors
    /// What the store says when it cannot be read.
    pub async fn count_with(
        &self,
        store: &dyn Store,
        filter: &Filter,
        listed: &Listed,
        is_up: bool,
    ) -> store::Result<Counted> {
        let number = listed.lines.len() as u64;
        match listed.next {
            None => Ok(Counted {
                number,
                is_all: true,
            }),
            Some(next) => {
                self.count_behind(store, filter, (next, is_up), number)
                    .await
            }
        }
    }

    /// Counts on behind a capture, to the newest or else to the oldest.
    async fn count_behind(
        &self,
        store: &dyn Store,
        filter: &Filter,
        (mut at, is_up): (CaptureNumber, bool),
        mut number: u64,
    ) -> store::Result<Counted> {
        let began = Instant::now();
        loop {
            let window = if is_up {
                Window::After {
                    after: at,
                    limit: PAGE,
                }
            } else {
                Window::Newest {
                    before: Some(at),
                    limit: PAGE,
                }
            };
            let found = self.find(store, filter, window).await?;
            number += found.lines.len() as u64;
            let is_all = found.rest.is_none();
            match found.rest {
                Some(rest) if began.elapsed() < STEP => at = rest,
                _ => return Ok(Counted { number, is_all }),
            }
        }
    }

    /// Deletes the captures that the filter lets through, as far as there are any when it begins, and says how many they were.
    /// Captures that arrive meanwhile do not wait for all of it.
    ///
    /// # Errors
    /// What the store says when it cannot be written; what was deleted before stays deleted.
    pub async fn delete_matching(&self, store: &dyn Store, filter: &Filter) -> store::Result<u64> {
        let newest = Window::Newest {
            before: None,
            limit: 1,
        };
        let newest = store.lines(&self.bin, newest).await?;
        let Some(newest) = newest.first().map(|line| line.n) else {
            return Ok(0);
        };
        let (mut deleted, mut after) = (0, CaptureNumber(0));
        loop {
            let window = Window::After { after, limit: PAGE };
            let Found { mut lines, rest } = self.find(store, filter, window).await?;
            lines.retain(|line| line.n <= newest);
            for some in by_size(&lines) {
                let numbers = some.iter().map(|line| line.n).collect();
                deleted += store.delete_captures(&self.bin, numbers).await?;
            }
            match rest {
                Some(n) if n < newest => after = n,
                _ => return Ok(deleted),
            }
        }
    }

    /// The capture as the key shows it; `None` when it does not.
    pub(super) fn shown(&self, capture: Capture) -> Option<Capture> {
        let Some((share, mask_key)) = self.share() else {
            return Some(capture);
        };
        let is_shared = share.n.is_none_or(|n| n == capture.line.n);
        let masker = crate::mask::Masker::new(&self.bin.settings.mask, mask_key);
        is_shared.then(|| masker.capture(capture))
    }
}

/// Captures in groups whose bodies are not too much at once.
fn by_size(lines: &[CaptureLine]) -> Vec<&[CaptureLine]> {
    let mut total = lines.first().map_or(0, |line| line.size);
    lines
        .chunk_by(|_, next| {
            total += next.size;
            let fits = total <= DELETED;
            if !fits {
                total = next.size;
            }
            fits
        })
        .collect()
}
