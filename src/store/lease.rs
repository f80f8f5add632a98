//! Work that one node at a time does for all nodes over a store.
//!
//! A node takes a [`Job`] for a while and takes it anew long before that is over; when it dies, another one has it after
//! [`LEASE`]. A node that was held up for longer than that gives the job up by itself, but may have done a last piece of it
//! while another began: jobs are made so that this only repeats work.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Store;

/// How long a job is taken for.
pub const LEASE: Duration = Duration::from_secs(6);

/// How often it is taken anew, and how often the others look whether it is free.
const RENEWAL: Duration = Duration::from_secs(2);

/// A job that is never done by two nodes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Job {
    /// Sending captures on to targets.
    Forward,
    /// Ending bins that went quiet, and other housekeeping.
    Sweep,
}

impl Job {
    /// The name that an engine keeps it by.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Forward => "forward",
            Self::Sweep => "sweep",
        }
    }
}

/// Does the work whenever this node has the job, until the work ends by itself. It is dropped when the job is lost, and made anew
/// when this node has it again.
pub async fn alone<W: Future<Output = ()>>(
    store: Arc<dyn Store>,
    job: Job,
    mut work: impl FnMut() -> W,
) {
    loop {
        let asked = Instant::now();
        if let Ok(true) = store.lease(job, LEASE).await {
            tokio::select! {
                () = work() => return,
                () = keep(&*store, job, asked) => {
                    tracing::warn!(job = job.as_str(), "another node may do this now");
                }
            }
        }
        // A store that does not answer is asked again, like a job that another node has.
        tokio::time::sleep(RENEWAL).await;
    }
}

/// Takes a job anew, time and again; comes back when it is lost.
async fn keep(store: &dyn Store, job: Job, mut taken: Instant) {
    loop {
        tokio::time::sleep(RENEWAL).await;
        let asked = Instant::now();
        let left = LEASE.saturating_sub(taken.elapsed());
        match tokio::time::timeout(left, store.lease(job, LEASE)).await {
            Ok(Ok(true)) => taken = asked,
            Ok(Err(_)) if taken.elapsed() < LEASE => {}
            _ => return,
        }
    }
}
