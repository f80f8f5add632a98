//! Sends captures on to the targets of their bins.
//!
//! The queue is the store's: a capture is in it from the commit that keeps it until it was taken or given up, so that a restart, or the
//! end of this process in the middle of a call, loses nothing; it may repeat that call. For each target with something to do there is a
//! *lane*, a task of its own: a slow or dead target holds nobody else up, and while it is waited for, it costs a timer.
//!
//! In a lane of concurrency 1 captures go in their order, and one that is tried again holds back those behind it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinSet;

use super::{Edit, Order, loops, request};
use crate::filter::{Filter, Subject};
use crate::metrics::metrics;
use crate::model::{
    AttemptKind, Bin, BinId, BodyState, Clock, Failure, FailureCause, Forward, Headers, Sent,
    Settled, Target, Timestamp, Try,
};
use crate::outbound::{self, Certificates};
use crate::provider::Certificate;
use crate::store::{self, Address, Change, ChangeFeed, Store};
use crate::verdict;

/// How often a capture is tried before it is given up.
pub const TRIES: u32 = 10;

/// How long is waited after the first try, in microseconds; after each further one twice as long, up to the most.
const FIRST_PAUSE: i64 = 1_000_000;
const MOST_PAUSE: i64 = 300_000_000;

/// How long a target may fail before nothing is sent to it any more, in microseconds: half an hour.
pub const PATIENCE: i64 = 1_800_000_000;

/// How many captures may be on their way to targets at once, all together; the others are not even read. Replays need not wait for them.
const AT_ONCE: usize = 64;

/// How long is waited when the store does not answer, doubled that often at most, and before the clock is looked at again.
const MOST_NAPS: u32 = 6;
const NAP: Duration = Duration::from_secs(1);
const LONG_NAP: Duration = Duration::from_mins(1);

type Lane = (BinId, String);

/// Sends captures on.
#[derive(Debug)]
pub struct Forwarder {
    store: Arc<dyn Store>,
    client: outbound::Client,
    certificates: Certificates,
    clock: Clock,
    /// The server's public address, where it has one: verdicts may depend on it.
    base: Option<String>,
    lanes: Mutex<HashMap<Lane, Arc<Running>>>,
    places: Semaphore,
}

/// A lane that runs.
#[derive(Debug, Default)]
struct Running {
    /// Whether there may be more to do than when it last looked.
    has_more: AtomicBool,
    /// Wakes it, where something was changed. One word is kept for it.
    word: Notify,
}

/// A lane's place among those that run; left also when its task panics, so that it can begin again.
struct Entry {
    forwarder: Arc<Forwarder>,
    lane: Lane,
    is_left: bool,
}

impl Drop for Entry {
    fn drop(&mut self) {
        metrics().lane_over();
        if !self.is_left {
            self.forwarder.lanes().remove(&self.lane);
        }
    }
}

impl Entry {
    async fn work(mut self, running: Arc<Running>) {
        let mut failures = 0;
        loop {
            match self.forwarder.turn(&self.lane).await {
                Ok(Turn::Again) => failures = 0,
                Ok(Turn::Wait(pause)) => {
                    tokio::select! {
                        () = tokio::time::sleep(pause) => {}
                        () = running.word.notified() => {}
                    }
                }
                Ok(Turn::Nothing) => {
                    let mut lanes = self.forwarder.lanes();
                    // What came since the look is for another look.
                    if !running.has_more.swap(false, Ordering::AcqRel) {
                        lanes.remove(&self.lane);
                        self.is_left = true;
                        return;
                    }
                }
                Err(error) => {
                    // What was sent and could not be noted is sent again: not often, while a disk is full.
                    log(&error);
                    tokio::time::sleep(NAP * (1 << failures)).await;
                    failures = (failures + 1).min(MOST_NAPS);
                }
            }
        }
    }
}

impl Forwarder {
    /// A forwarder; it does nothing before [`run`](Self::run).
    pub fn new(
        store: Arc<dyn Store>,
        client: outbound::Client,
        certificates: Certificates,
        clock: Clock,
        base: Option<String>,
    ) -> Arc<Self> {
        Arc::new(Self {
            store,
            client,
            certificates,
            clock,
            base,
            lanes: Mutex::default(),
            places: Semaphore::new(AT_ONCE),
        })
    }

    /// Works until it is dropped. What is under way then is tried again by the next that runs over this store.
    pub async fn run(self: Arc<Self>) {
        let mut changes: ChangeFeed = self.store.changes();
        let mut tasks = JoinSet::new();
        self.look_for_all(&mut tasks).await;
        loop {
            let batch = tokio::select! {
                batch = changes.recv() => batch,
                Some(_) = tasks.join_next() => continue,
            };
            match batch {
                Ok(batch) => {
                    for change in batch.iter() {
                        match change {
                            Change::Captured(bin, _) => {
                                self.look_for(*bin, false, &mut tasks).await;
                            }
                            Change::Updated(bin) => {
                                self.look_for(*bin, true, &mut tasks).await;
                            }
                            _ => {}
                        }
                    }
                }
                Err(RecvError::Lagged(_)) => self.look_for_all(&mut tasks).await,
                Err(RecvError::Closed) => return,
            }
        }
    }

    fn lanes(&self) -> MutexGuard<'_, HashMap<Lane, Arc<Running>>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins every lane that has something to do.
    async fn look_for_all(self: &Arc<Self>, tasks: &mut JoinSet<()>) {
        let lanes = loop {
            match self.store.lanes().await {
                Ok(lanes) => break lanes,
                Err(error) => {
                    log(&error);
                    tokio::time::sleep(NAP).await;
                }
            }
        };
        for lane in lanes {
            self.begin(lane, true, tasks);
        }
    }

    /// Begins the lanes of a bin. Those that wait for their next try are woken only for a change: under a flood of captures a dead
    /// target would cost a look for each of them.
    async fn look_for(self: &Arc<Self>, id: BinId, is_change: bool, tasks: &mut JoinSet<()>) {
        // A bin that is gone, or cannot be read now, is left to the next look.
        if let Ok(bin) = self.store.bin(&Address::Id(id)).await {
            for target in &bin.settings.targets {
                self.begin((id, target.url.clone()), is_change, tasks);
            }
        }
    }

    fn begin(self: &Arc<Self>, lane: Lane, is_change: bool, tasks: &mut JoinSet<()>) {
        let mut lanes = self.lanes();
        if let Some(running) = lanes.get(&lane) {
            running.has_more.store(true, Ordering::Release);
            if is_change {
                running.word.notify_one();
            }
            return;
        }
        let running = Arc::<Running>::default();
        lanes.insert(lane.clone(), Arc::clone(&running));
        drop(lanes);
        metrics().lane_begun();
        let entry = Entry {
            forwarder: Arc::clone(self),
            lane,
            is_left: false,
        };
        tasks.spawn(entry.work(running));
    }

    /// Does what there is to do in a lane now.
    async fn turn(&self, (id, url): &Lane) -> store::Result<Turn> {
        let bin = match self.store.bin(&Address::Id(*id)).await {
            Ok(bin) => bin,
            Err(store::Error::Gone { .. } | store::Error::UnknownBin) => return Ok(Turn::Nothing),
            Err(error) => return Err(error),
        };
        let Some(target) = bin
            .settings
            .targets
            .iter()
            .find(|target| target.url == *url)
        else {
            self.store.forget_target(&bin, url).await?;
            return Ok(Turn::Nothing);
        };
        // Of more at once, those that wait for their next try stand in nobody's way.
        let at_once = usize::try_from(target.concurrency).unwrap_or(1);
        let look = if at_once == 1 { 1 } else { at_once * 16 };
        let waiting = self.store.forwards(&bin, url, look).await?;
        let now = self.clock.now();
        let first_due = waiting.iter().map(|forward| forward.due_at).min();
        let due = waiting.into_iter().filter(|forward| forward.due_at <= now);
        let work: Vec<_> = due
            .take(at_once)
            .map(|forward| self.forward(&bin, target, forward))
            .collect();
        if work.is_empty() {
            let Some(due_at) = first_due else {
                return Ok(Turn::Nothing);
            };
            let micros = due_at.as_micros() - now.as_micros();
            let pause = Duration::from_micros(micros.max(0).cast_unsigned());
            let most = if at_once == 1 { LONG_NAP } else { NAP };
            return Ok(Turn::Wait(pause.min(most)));
        }
        futures_util::future::try_join_all(work).await?;
        Ok(Turn::Again)
    }

    /// Tries one capture.
    async fn forward(&self, bin: &Bin, target: &Target, forward: Forward) -> store::Result<()> {
        let (settled, tried) = self.attempt(bin, target, &forward).await?;
        let since = self.store.settle(bin, forward, settled, tried).await?;
        let now = self.clock.now().as_micros();
        if since.is_some_and(|since| now - since.as_micros() >= PATIENCE) {
            tracing::info!("a target has failed for long and is paused");
            self.store.pause_target(bin, &target.url).await?;
        }
        Ok(())
    }

    async fn attempt(
        &self,
        bin: &Bin,
        target: &Target,
        forward: &Forward,
    ) -> store::Result<(Settled, Option<Try>)> {
        // Before the capture is read: each of those that wait would hold its body.
        let _place = self.places.acquire().await;
        let mut capture = match self.store.capture(bin, forward.n).await {
            Ok(capture) => capture,
            Err(store::Error::UnknownCapture) => return Ok((Settled::Done, None)),
            Err(error) => return Err(error),
        };
        // It was read when it was set; one of an older version that is not read any more lets nothing through.
        let now = self.clock.now();
        let Ok(filter) = Filter::parse(&target.when, now) else {
            return Ok((Settled::Done, None));
        };
        if filter.needs_verdict() {
            let address = verdict::certificate_url(bin, &capture.line, &capture.body);
            let fetched = match address {
                Some(address) => Some(self.certificates.fetch(&address).await),
                None => None,
            };
            let given = Certificate::of(fetched.as_ref().map(|came| came.as_deref()));
            capture.line.verdict = verdict::of(bin, self.base.as_deref(), &capture, given);
        }
        if !filter.matches(&Subject::capture(&capture)) {
            return Ok((Settled::Done, None));
        }
        let head = &capture.line.envelope.head;
        if let Some(why) = loops(&head.headers, bin.id) {
            let tried = self.refused(target, &head.method, why.to_owned());
            return Ok((Settled::Done, Some(tried)));
        }
        if capture.line.state != BodyState::Complete {
            let why = "Its body is not whole: it was not sent.".to_owned();
            let tried = self.refused(target, &head.method, why);
            return Ok((Settled::Done, Some(tried)));
        }
        let made = order(target).and_then(|order| {
            request(bin, &capture, &order, now).map_err(|error| error.to_string())
        });
        let request = match made {
            Ok(request) => request,
            Err(why) => {
                let why = format!("It was not sent: {why}.");
                return Ok((Settled::Dead, Some(self.refused(target, &head.method, why))));
            }
        };
        let tried = self.client.send(&request, AttemptKind::Target).await;
        Ok((self.judge(target, forward, &tried), Some(tried)))
    }

    /// What becomes of a capture that was tried.
    fn judge(&self, target: &Target, forward: &Forward, tried: &Try) -> Settled {
        let is_refused = tried
            .failure
            .as_ref()
            .is_some_and(|failure| failure.cause == FailureCause::RefusedByGuard);
        let is_gone = tried
            .answer
            .as_ref()
            .is_some_and(|answer| answer.status == 410);
        if tried.is_taken() {
            Settled::Done
        } else if is_refused || is_gone || !target.retry || forward.tries + 1 >= TRIES {
            Settled::Dead
        } else {
            Settled::Again(again_at(self.clock.now(), forward.tries))
        }
    }

    /// An attempt that never left.
    fn refused(&self, target: &Target, method: &str, why: String) -> Try {
        Try {
            kind: AttemptKind::Target,
            url: target.url.clone(),
            started_at: self.clock.now(),
            took_us: 0,
            sent: Sent {
                method: method.to_owned(),
                headers: Headers::default(),
                size: 0,
            },
            answer: None,
            failure: Some(Failure::new(FailureCause::RefusedByGuard, why)),
        }
    }
}

/// What a lane does next.
enum Turn {
    Again,
    Wait(Duration),
    Nothing,
}

fn order(target: &Target) -> Result<Order, String> {
    let headers = target.headers.iter();
    Ok(Order {
        url: target
            .url
            .parse()
            .map_err(|error: outbound::WrongUrl| error.to_string())?,
        keep_path: target.keep_path,
        sign: target.sign.clone(),
        edit: Edit {
            set: headers
                .map(|header| (header.name.clone(), header.value.clone()))
                .collect(),
            ..Edit::default()
        },
    })
}

/// When it is tried again that was tried so often before: later each time, and by chance up to a quarter later still, so that what
/// failed together does not come back together.
fn again_at(now: Timestamp, tries: u32) -> Timestamp {
    let doubled = FIRST_PAUSE.saturating_mul(1_i64.checked_shl(tries.min(20)).unwrap_or(i64::MAX));
    let pause = doubled.min(MOST_PAUSE);
    let chance = i64::from(uuid::Uuid::new_v4().as_fields().0) % (pause / 4);
    now.minus_micros(-(pause + chance))
}

fn log(error: &store::Error) {
    tracing::warn!(
        error = error as &dyn std::error::Error,
        "the queue of captures to send on cannot be read or written; it is tried again"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_pause_is_about_twice_the_one_before_up_to_a_bound() {
        let now = Timestamp::from_micros(0);
        for (tries, least) in [(0, 1), (1, 2), (2, 4), (8, 256), (9, 300), (1000, 300)] {
            let pause = again_at(now, tries).as_micros();
            let least = least * 1_000_000;
            assert!(
                (least..=least + least / 4).contains(&pause),
                "{tries}: {pause}"
            );
        }
    }
}
