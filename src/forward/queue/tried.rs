//! What a try of a capture is, and what becomes of the capture after it.

use super::super::{Edit, Order, loops, request};
use super::Forwarder;
use crate::filter::{Filter, Subject};
use crate::model::{
    AttemptKind, Bin, BodyState, FailureCause, Forward, Settled, Target, Timestamp, Try,
};
use crate::outbound;
use crate::provider::Certificate;
use crate::store;
use crate::verdict;

/// How often a capture is tried before it is given up.
pub const TRIES: u32 = 10;

/// How long is waited after the first try, in microseconds; after each further one twice as long, up to the most.
const FIRST_PAUSE: i64 = 1_000_000;
const MOST_PAUSE: i64 = 300_000_000;

/// How long a target may fail before nothing is sent to it any more, in microseconds: half an hour.
pub const PATIENCE: i64 = 1_800_000_000;

impl Forwarder {
    /// Tries one capture.
    pub(super) async fn forward(
        &self,
        bin: &Bin,
        target: &Target,
        forward: Forward,
    ) -> store::Result<()> {
        let (settled, tried) = self.attempt(bin, target, &forward).await?;
        // The time of the try, not of what its noting took.
        let now = self.clock.now().as_micros();
        let since = self.store.settle(bin, forward, settled, tried).await?;
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
        let _place = if forward.is_failing {
            let place = self.failing.take(bin.serial, forward.size).await;
            self.failing_pace.turn().await;
            place
        } else {
            self.healthy.take(bin.serial, forward.size).await
        };
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
        let tried = self.client.send_now(&request, AttemptKind::Target).await;
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
        let (url, now) = (target.url.clone(), self.clock.now());
        Try::unsent(AttemptKind::Target, method, url, now, why)
    }
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
