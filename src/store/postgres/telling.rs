//! When a writer tells the other nodes what it committed.
//!
//! To tell costs a transaction, and wakes every node. So the first commit is told of at once, and what follows it soon is told of
//! together a moment later: a writer that has much to do tells a hundred times a second, however many its commits are.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// How long is gathered.
const GATHER: Duration = Duration::from_millis(10);

/// What a session has committed and not told of.
#[derive(Debug, Default)]
pub(super) struct Telling {
    /// The bins. There is a number taken for them that is still to be said.
    untold: BTreeSet<i64>,
    told_at: Option<Instant>,
}

/// What a commit does for it.
#[derive(Debug)]
pub(super) struct Plan {
    /// Whether a number is taken.
    pub(super) takes: bool,
    /// Whether all these bins are told of behind it.
    pub(super) tells: bool,
    pub(super) bins: Vec<i64>,
    at: Instant,
}

impl Telling {
    /// What a commit to these bins is to do.
    pub(super) fn plan(&self, bins: impl IntoIterator<Item = i64>, now: Instant) -> Plan {
        let mut all = self.untold.clone();
        all.extend(bins);
        Plan {
            takes: self.untold.is_empty() && !all.is_empty(),
            tells: self.told_at.is_none_or(|at| now >= at + GATHER),
            bins: all.into_iter().collect(),
            at: now,
        }
    }

    /// Notes that the commit did it.
    pub(super) fn done(&mut self, plan: Plan) {
        if plan.tells {
            self.untold.clear();
            self.told_at = Some(plan.at);
        } else {
            self.untold.extend(plan.bins);
        }
    }

    /// When what was committed is to be told of, if no commit comes that does it.
    pub(super) fn due(&self) -> Option<Instant> {
        let told_at = self.told_at.filter(|_| !self.untold.is_empty())?;
        Some(told_at + GATHER)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_is_told_at_once_and_what_follows_soon_together() {
        let (mut telling, now) = (Telling::default(), Instant::now());
        let mut commit = |bins: &[i64], now| {
            let plan = telling.plan(bins.iter().copied(), now);
            let did = (plan.takes, plan.tells, plan.bins.clone());
            telling.done(plan);
            (did, telling.due())
        };
        assert_eq!(commit(&[1], now), ((true, true, vec![1]), None));
        let due = Some(now + GATHER);
        let soon = now + GATHER / 2;
        assert_eq!(commit(&[3], soon), ((true, false, vec![3]), due));
        assert_eq!(commit(&[2, 3], soon), ((false, false, vec![2, 3]), due));
        let later = now + GATHER;
        assert_eq!(commit(&[1], later), ((false, true, vec![1, 2, 3]), None));
        assert_eq!(commit(&[], later), ((false, false, vec![]), None));
    }
}
