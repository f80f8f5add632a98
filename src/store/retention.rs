//! The sweeper: housekeeping on a timer, over the trait.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::Store;
use crate::model::Clock;

/// How often is swept.
const PERIOD: Duration = Duration::from_mins(1);

/// How far the clock may differ from the time that went by before it is taken to have jumped, in microseconds.
const JUMP_US: i64 = 3_600_000_000;

/// Sweeps until `stop` turns true. A round is left out when the clock has jumped since the last one: a wrong date must not end
/// bins.
pub async fn sweep(store: Arc<dyn Store>, clock: Clock, mut stop: watch::Receiver<bool>) {
    let mut last = (clock.now(), Instant::now());
    loop {
        tokio::select! {
            () = tokio::time::sleep(PERIOD) => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
        let now = (clock.now(), Instant::now());
        let went_by = i64::try_from(now.1.duration_since(last.1).as_micros()).unwrap_or(i64::MAX);
        let jumped = (now.0.as_micros() - last.0.as_micros() - went_by).abs() > JUMP_US;
        last = now;
        if jumped {
            tracing::warn!("the clock has jumped: this round of housekeeping is left out");
            continue;
        }
        loop {
            match store.sweep(now.0).await {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "housekeeping failed; it is tried again"
                    );
                    break;
                }
            }
        }
    }
}
