//! What happens to a bin, for whoever may see it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::search::pick;
use super::{BinByKey, LARGE};
use crate::filter::Filter;
use crate::live::{self, Event, Subscription};
use crate::model::{Capture, CaptureLine, CaptureNumber, Clock};
use crate::store::{self, Address, Pick, Store};
use crate::web::App;

/// How long a stream sleeps at most before it looks at the clock again.
const NAP: Duration = Duration::from_hours(1);

impl BinByKey {
    /// Watches the bin, as long as the key may, for captures that the filter lets through.
    ///
    /// # Errors
    /// As [`live::Hub::subscribe`].
    pub async fn watch(
        &self,
        app: &App,
        filter: Filter,
        after: Option<CaptureNumber>,
    ) -> Result<Watch, live::Error> {
        let subscription = app.hub.subscribe(Arc::clone(&self.bin), after).await?;
        Ok(Watch {
            pick: pick(self, &filter),
            bin: self.clone(),
            filter,
            subscription,
            held: None,
            store: Arc::clone(&app.store),
            clock: app.clock.clone(),
            // A link could have been revoked before anybody listened.
            is_doubted: !self.can_write(),
            is_over: false,
        })
    }
}

/// A capture that was told of and is still to be looked at.
#[derive(Clone)]
struct Held {
    line: Box<CaptureLine>,
    /// Whether it is new; else its marks were changed.
    is_new: bool,
}

/// What a key's holder is told of a bin as it happens; ends with the key.
pub struct Watch {
    bin: BinByKey,
    filter: Filter,
    /// The filter over captures as the key shows them.
    pick: Pick,
    subscription: Subscription,
    /// The capture that is to be told of next.
    held: Option<Held>,
    store: Arc<dyn Store>,
    clock: Clock,
    /// Whether the link may have been revoked.
    is_doubted: bool,
    is_over: bool,
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch")
            .field("bin", &self.bin)
            .field("filter", &self.filter)
            .field("subscription", &self.subscription)
            .finish_non_exhaustive()
    }
}

impl Watch {
    /// The bin, with the settings by which the last event was told.
    pub fn bin(&self) -> &BinByKey {
        &self.bin
    }

    /// The next event, as [`Subscription::next`]; the last one of a link that ends is [`Event::Gone`]. A caller that stops
    /// waiting for it loses nothing.
    ///
    /// # Errors
    /// What the store says when it cannot be read; the reader should come back later.
    pub async fn next(&mut self) -> store::Result<Option<Event>> {
        loop {
            if self.is_over {
                return Ok(None);
            }
            if self.has_ended().await? {
                self.is_over = true;
                return Ok(Some(Event::Gone));
            }
            if self.held.is_some() {
                // On the heap while it lasts: most of the time a watcher waits, and there may be many.
                match Box::pin(self.look()).await? {
                    Some(event) => return Ok(Some(event)),
                    None => continue,
                }
            }
            let event = match self.left() {
                None => self.subscription.next().await?,
                Some(left) => match tokio::time::timeout(left, self.subscription.next()).await {
                    Ok(event) => event?,
                    Err(_) => continue,
                },
            };
            match event {
                Some(Event::Captured(line)) => {
                    self.held = Some(Held { line, is_new: true });
                }
                Some(Event::Marked(line)) => {
                    self.held = Some(Held {
                        line,
                        is_new: false,
                    });
                }
                // Links and settings are their owner's.
                Some(Event::Shared | Event::Updated) if !self.bin.can_write() => {
                    self.is_doubted = true;
                }
                other => return Ok(other),
            }
        }
    }

    /// The event of the capture that is held; `None` when there is nothing to tell.
    async fn look(&mut self) -> store::Result<Option<Event>> {
        // Word of a change of settings may come after a capture that is to be judged and masked by them.
        self.refresh().await?;
        let mut found = None;
        let needs_body = self.filter.needs_body();
        if needs_body && let Some(Held { line, .. }) = &self.held {
            match self.store.capture(&self.bin.bin, line.n).await {
                Ok(capture) => found = Some(capture),
                // Deleted meanwhile: nothing fits it.
                Err(store::Error::UnknownCapture) => {}
                Err(error) => return Err(error),
            }
        }
        // It is held until it was told, so that a caller who stops waiting is told of it the next time.
        let Some(Held { line, is_new }) = self.held.clone() else {
            return Ok(None);
        };
        let passed = is_new.then_some(Event::Passed(line.n));
        let capture = found.or((!needs_body).then(|| Capture {
            line: *line,
            body: Bytes::new(),
        }));
        let Some(capture) = capture else {
            self.held = None;
            return Ok(passed);
        };
        let shown = if capture.body.len() >= LARGE {
            let pick = Arc::clone(&self.pick);
            // A filter that panics is a fault of ours; the reader is not told of that capture.
            let picked = tokio::task::spawn_blocking(move || pick(capture)).await;
            picked.unwrap_or_default()
        } else {
            (self.pick)(capture)
        };
        let lines = self
            .bin
            .told(&*self.store, shown.into_iter().collect())
            .await?;
        self.held = None;
        let told = lines.into_iter().next().map(|line| {
            let line = Box::new(line);
            if is_new {
                Event::Captured(line)
            } else {
                Event::Marked(line)
            }
        });
        Ok(told.or(passed))
    }

    /// Takes the settings as they are; the store has them in memory.
    async fn refresh(&mut self) -> store::Result<()> {
        match self.store.bin(&Address::Id(self.bin.bin.id)).await {
            Ok(bin) if Arc::ptr_eq(&bin, &self.bin.bin) => {}
            Ok(bin) => {
                self.bin.bin = bin;
                self.pick = pick(&self.bin, &self.filter);
            }
            // The stream ends by itself.
            Err(store::Error::Gone { .. } | store::Error::UnknownBin) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// How long the link lasts, or a nap of it; `None` without end.
    fn left(&self) -> Option<Duration> {
        let (share, _) = self.bin.share()?;
        let micros = share
            .expires_at
            .map_or(i64::MAX, |at| at.as_micros() - self.clock.now().as_micros());
        // A little more, so that the clock is past it.
        let left = Duration::from_micros(u64::try_from(micros).unwrap_or(0).saturating_add(1000));
        Some(left.min(NAP))
    }

    /// Whether the link has ended.
    async fn has_ended(&mut self) -> store::Result<bool> {
        let share = self.bin.share();
        if share.is_some_and(|(share, _)| share.is_over(self.clock.now())) {
            return Ok(true);
        }
        if !self.is_doubted {
            return Ok(false);
        }
        match self.store.share(self.bin.key.hash()).await {
            Ok(_) => {
                self.is_doubted = false;
                Ok(false)
            }
            Err(
                store::Error::ShareOver { .. }
                | store::Error::Gone { .. }
                | store::Error::UnknownBin,
            ) => Ok(true),
            Err(error) => Err(error),
        }
    }
}
