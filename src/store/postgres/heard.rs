//! What a node heard: whether a word of another is missing, and what it need not pass on twice.

use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, Instant};

use crate::model::{BinId, CaptureNumber};
use crate::store::Change;

/// How long a number may be missing before what it stood for is taken to be lost. A commit may take that long.
const LATE: Duration = Duration::from_secs(3);

/// How many numbers may be ahead of a missing one, and how many bins are kept in mind.
const AHEAD: usize = 100_000;
const BINS: usize = 100_000;

/// What was heard since the ear is open.
#[derive(Debug)]
pub(super) struct Heard {
    /// All numbers up to this one were heard, or were taken before that, or are lost.
    upto: u64,
    /// Those above that were heard.
    ahead: BTreeSet<u64>,
    missing: Option<Missing>,
    /// The newest capture of each bin that was heard of.
    newest: HashMap<BinId, CaptureNumber>,
}

/// A number that was taken and is not heard yet.
#[derive(Debug, Clone, Copy)]
struct Missing {
    number: u64,
    since: Instant,
    /// The last that was taken when this was seen: all up to it are as old.
    taken: u64,
}

/// How complete is what was heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Complete {
    /// Nothing is missing but what is being told just now.
    Yes,
    /// Something is late.
    NotYet,
    /// Something is lost; the next answer does not speak of it any more.
    No,
}

impl Heard {
    /// Nothing yet; the last number that was taken is this.
    pub(super) fn new(taken: u64) -> Self {
        Self {
            upto: taken,
            ahead: BTreeSet::new(),
            missing: None,
            newest: HashMap::new(),
        }
    }

    /// Notes a number.
    pub(super) fn number(&mut self, number: u64) {
        if number > self.upto {
            self.ahead.insert(number);
            self.close_up();
        }
    }

    /// Whether a change is news. A capture's is not when a later one of its bin was told of: two nodes that wrote to a bin one
    /// after the other may speak of it the other way round, and who was told of a number has what is below it.
    pub(super) fn is_news(&mut self, change: &Change) -> bool {
        let Change::Captured(bin, n) = *change else {
            return true;
        };
        if self.newest.len() >= BINS {
            self.newest.clear();
        }
        let newest = self.newest.entry(bin).or_insert(CaptureNumber(0));
        let is_news = *newest < n;
        *newest = n.max(*newest);
        is_news
    }

    /// Compares with the last number that was taken. To be asked now and then.
    pub(super) fn look(&mut self, taken: u64, now: Instant) -> Complete {
        let next = self.upto.saturating_add(1);
        if taken < next {
            self.missing = None;
            return Complete::Yes;
        }
        let missing = match self.missing {
            Some(missing) if missing.number == next => missing,
            _ => {
                self.missing = Some(Missing {
                    number: next,
                    since: now,
                    taken,
                });
                return Complete::Yes;
            }
        };
        if now.duration_since(missing.since) < LATE && self.ahead.len() < AHEAD {
            return Complete::NotYet;
        }
        self.upto = missing.taken;
        self.ahead = self.ahead.split_off(&self.upto.saturating_add(1));
        self.close_up();
        self.missing = None;
        Complete::No
    }

    /// Counts what is ahead without a gap.
    fn close_up(&mut self) {
        while self.ahead.first() == Some(&self.upto.saturating_add(1)) {
            self.ahead.pop_first();
            self.upto += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What was heard after these numbers, and when it is.
    fn after(numbers: &[u64]) -> (Heard, Instant) {
        let mut heard = Heard::new(10);
        for &number in numbers {
            heard.number(number);
        }
        (heard, Instant::now())
    }

    #[test]
    fn numbers_may_come_in_any_order_and_twice() {
        let (mut heard, now) = after(&[12, 13, 7, 11, 12, 14, 14]);
        assert_eq!(heard.look(14, now), Complete::Yes);
        assert_eq!(heard.look(14, now + LATE), Complete::Yes);
        assert!(heard.ahead.is_empty());
    }

    #[test]
    fn what_is_being_told_is_not_missing() {
        let (mut heard, now) = after(&[]);
        let moments = (0..100).map(|i| now + LATE * i);
        for (number, now) in (11..).zip(moments) {
            assert_eq!(heard.look(number, now), Complete::Yes);
            heard.number(number);
        }
    }

    #[test]
    fn a_number_that_does_not_come_is_late_and_then_lost_once() {
        let (mut heard, now) = after(&[12, 13]);
        assert_eq!(heard.look(14, now), Complete::Yes);
        assert_eq!(heard.look(15, now + LATE / 2), Complete::NotYet);
        heard.number(16);
        assert_eq!(heard.look(17, now + LATE), Complete::No);
        // What was taken later has its own time.
        assert_eq!(heard.look(17, now + LATE), Complete::Yes);
        assert_eq!(heard.look(17, now + LATE * 2), Complete::No);
        assert_eq!(heard.look(17, now + LATE * 3), Complete::Yes);
    }

    #[test]
    fn a_number_that_comes_late_is_not_lost() {
        let (mut heard, now) = after(&[12]);
        assert_eq!(heard.look(12, now), Complete::Yes);
        assert_eq!(heard.look(12, now + LATE / 2), Complete::NotYet);
        heard.number(11);
        assert_eq!(heard.look(12, now + LATE), Complete::Yes);
    }

    #[test]
    fn captures_are_told_of_in_ascending_order() {
        let (mut heard, _) = after(&[]);
        let (bin, other) = (BinId::random(), BinId::random());
        let told: Vec<_> = [3, 2, 3, 5, 4, 6]
            .into_iter()
            .filter(|&n| heard.is_news(&Change::Captured(bin, CaptureNumber(n))))
            .collect();
        assert_eq!(told, [3, 5, 6]);
        assert!(heard.is_news(&Change::Captured(other, CaptureNumber(1))));
        assert!(heard.is_news(&Change::Deleted(bin, CaptureNumber(1))));
    }
}
