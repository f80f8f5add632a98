//! Jobs of which a node has each alone.

use std::time::Duration;

use hookwell::store::Job;

use super::Place;

const LONG: Duration = Duration::from_mins(10);

pub(super) async fn a_job_is_kept_by_its_node_and_free_when_that_is_closed(mut place: Place) {
    for _ in 0..2 {
        for job in [Job::Forward, Job::Sweep] {
            for _ in 0..2 {
                assert!(place.store.lease(job, LONG).await.unwrap(), "{job:?}");
            }
        }
        place.reopen().await;
    }
}
