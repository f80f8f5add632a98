//! Who may call out now, where more want to than may.
//!
//! A call that nobody answers keeps its place until its time is over. In one queue for all, those of one bin would fill every place
//! and hold up the calls of everybody else for as long. So half of the places are for bins that have none yet. Of the other half a
//! bin has never more than what is left free of it: the more bins hold places, the less each may have. The next free place is for
//! the bin that has the fewest. (By the second rule alone, bins that come one after the other halve what is left each time, and
//! nothing is left for the tenth.)
//!
//! Two things are given out: places, each a socket, and bytes, as each call keeps its body in memory until it ends. Small bodies are
//! not counted, so that large ones are not waited for by those who send none.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

/// Which bin a call is for, by its serial; 0 for what the server calls for itself.
pub type Whose = u64;

/// Up to how many bytes a body is not counted.
const SMALL: u64 = 64 << 10;

/// Places for calls.
#[derive(Debug)]
pub struct Places {
    most: Amount,
    state: Mutex<State>,
}

/// A place that is held, until it is dropped.
#[derive(Debug)]
pub struct Place {
    places: Arc<Places>,
    whose: Whose,
    bytes: u64,
}

/// So many places, and bytes of bodies.
#[derive(Clone, Copy, Debug, Default)]
struct Amount {
    places: u64,
    bytes: u64,
}

#[derive(Debug, Default)]
struct State {
    taken: Amount,
    /// Bins that hold or wait for something.
    parties: HashMap<Whose, Party>,
    /// Bins that wait, with the places they have and when their first began to wait.
    order: BTreeSet<(u64, u64, Whose)>,
    /// How many have waited so far.
    tickets: u64,
}

#[derive(Debug, Default)]
struct Party {
    has: Amount,
    waiting: VecDeque<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    ticket: u64,
    bytes: u64,
    word: oneshot::Sender<Place>,
}

impl Amount {
    /// What of this, which is free, may be had by those who have something.
    fn spare(self, most: Self) -> Self {
        let kept = Self {
            places: most.places / 2,
            bytes: most.bytes / 2,
        };
        self.minus(kept)
    }

    fn minus(self, other: Self) -> Self {
        Self {
            places: self.places.saturating_sub(other.places),
            bytes: self.bytes.saturating_sub(other.bytes),
        }
    }

    fn plus(self, bytes: u64) -> Self {
        Self {
            places: self.places + 1,
            bytes: self.bytes + bytes,
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let gone = Amount {
            places: 1,
            bytes: self.bytes,
        };
        let mut state = self.places.state();
        state.taken = state.taken.minus(gone);
        state.change(self.whose, |party| party.has = party.has.minus(gone));
        self.places.give(state);
    }
}

impl Places {
    /// So many places, in which bodies of so many bytes may be at once.
    pub fn new(places: u64, bytes: u64) -> Arc<Self> {
        Arc::new(Self {
            most: Amount { places, bytes },
            state: Mutex::default(),
        })
    }

    /// Waits for a place for a call with a body of so many bytes. A small one is not counted, and one of more than a quarter of the
    /// bytes that there are counts as that quarter: else it might wait for ever.
    ///
    /// Those of one bin come in their order.
    ///
    /// # Panics
    /// Never: whoever waits holds the places.
    pub async fn take(self: &Arc<Self>, whose: Whose, bytes: u64) -> Place {
        let place = self.ask(whose, bytes).await;
        place.expect("who waits is kept, with its word, until it is given a place")
    }

    fn ask(self: &Arc<Self>, whose: Whose, bytes: u64) -> oneshot::Receiver<Place> {
        let counted = bytes.min(self.most.bytes / 4);
        let bytes = if bytes <= SMALL { 0 } else { counted };
        let (word, place) = oneshot::channel();
        let mut state = self.state();
        state.tickets += 1;
        let ticket = state.tickets;
        let waiting = Waiting {
            ticket,
            bytes,
            word,
        };
        state.change(whose, |party| party.waiting.push_back(waiting));
        self.give(state);
        place
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives places to all who may have one now.
    fn give(self: &Arc<Self>, mut state: MutexGuard<'_, State>) {
        let mut given = Vec::new();
        while let Some(whose) = state.next(self.most) {
            let mut first = None;
            state.change(whose, |party| {
                // Whoever does not wait any more is passed over: a place that comes back would be given from within this, and so on.
                let next = party.waiting.pop_front();
                first = next.filter(|waiting| !waiting.word.is_closed());
                if let Some(waiting) = &first {
                    party.has = party.has.plus(waiting.bytes);
                }
            });
            let Some(Waiting { bytes, word, .. }) = first else {
                continue;
            };
            state.taken = state.taken.plus(bytes);
            let place = Place {
                places: Arc::clone(self),
                whose,
                bytes,
            };
            given.push((word, place));
        }
        drop(state);
        for (word, place) in given {
            // Whoever waited may be gone since: the place comes back, and is locked for again, now that this holds no lock.
            word.send(place).ok();
        }
    }
}

impl State {
    /// Who is given the next place: of those that wait and may have one, who has the fewest.
    fn next(&self, most: Amount) -> Option<Whose> {
        let free = most.minus(self.taken);
        let spare = free.spare(most);
        let may_have = |places: u64| match places {
            0 => free.places > 0,
            places => places < spare.places,
        };
        let may_keep = |has: Amount, bytes: u64| match has.places {
            _ if bytes == 0 => true,
            0 => bytes <= free.bytes,
            _ => has.bytes.saturating_add(bytes) <= spare.bytes,
        };
        // What holds a bin back by its bytes need not hold back the next, what does so by its places must.
        let few = self
            .order
            .iter()
            .take_while(|(places, ..)| may_have(*places));
        few.map(|(.., whose)| *whose).find(|whose| {
            self.parties.get(whose).is_some_and(|party| {
                let first = party.waiting.front();
                first.is_some_and(|first| may_keep(party.has, first.bytes))
            })
        })
    }

    /// Changes what is known of a bin, and its place in the order with it.
    fn change(&mut self, whose: Whose, change: impl FnOnce(&mut Party)) {
        let party = self.parties.entry(whose).or_default();
        if let Some(at) = party.at(whose) {
            self.order.remove(&at);
        }
        change(party);
        if let Some(at) = party.at(whose) {
            self.order.insert(at);
        } else if party.has.places == 0 {
            self.parties.remove(&whose);
        }
    }
}

impl Party {
    /// Where it stands in the order; `None` when it does not wait.
    fn at(&self, whose: Whose) -> Option<(u64, u64, Whose)> {
        let first = self.waiting.front()?;
        Some((self.has.places, first.ticket, whose))
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use futures_util::future::BoxFuture;

    use super::*;

    /// Somebody who wants places, as many as are given.
    struct Greedy {
        places: Arc<Places>,
        whose: Whose,
        bytes: u64,
        has: Vec<Place>,
        waits: Option<BoxFuture<'static, Place>>,
    }

    impl Greedy {
        fn new(places: &Arc<Places>, whose: Whose, bytes: u64) -> Self {
            let places = Arc::clone(places);
            let (has, waits) = (Vec::new(), None);
            Self {
                places,
                whose,
                bytes,
                has,
                waits,
            }
        }

        /// Takes what it is given, up to so many in all; the next is waited for.
        fn take(&mut self, most: usize) -> usize {
            while self.has.len() < most {
                let places = Arc::clone(&self.places);
                let (whose, bytes) = (self.whose, self.bytes);
                let waits = self
                    .waits
                    .get_or_insert_with(|| async move { places.take(whose, bytes).await }.boxed());
                let Some(place) = waits.now_or_never() else {
                    break;
                };
                self.has.push(place);
                self.waits = None;
            }
            self.has.len()
        }
    }

    const MIB: u64 = 1 << 20;

    #[test]
    fn one_bin_leaves_half_and_as_much_of_the_other_as_it_has() {
        let places = Places::new(64, 64 * MIB);
        let mut dead = Greedy::new(&places, 1, 0);
        assert_eq!(dead.take(1000), 16);
        let mut other = Greedy::new(&places, 2, 0);
        assert_eq!(other.take(1000), 8);
        assert_eq!(Greedy::new(&places, 3, 0).take(4), 4);
        dead.has.clear();
        assert!(other.take(1000) > 8);
    }

    #[test]
    fn bins_that_come_one_after_the_other_leave_places_too() {
        let places = Places::new(64, 64 * MIB);
        let mut dead: Vec<_> = (1..=30)
            .map(|whose| Greedy::new(&places, whose, 0))
            .collect();
        for greedy in &mut dead {
            assert!(greedy.take(1000) > 0);
        }
        assert_eq!(Greedy::new(&places, 100, 0).take(1), 1);
    }

    #[test]
    fn many_bins_leave_a_place_for_the_next_and_the_poorest_is_first() {
        let places = Places::new(64, 64 * MIB);
        let mut dead: Vec<_> = (1..=63)
            .map(|whose| Greedy::new(&places, whose, 0))
            .collect();
        for greedy in &mut dead {
            greedy.take(1);
        }
        for greedy in &mut dead {
            assert_eq!(greedy.take(10), 1);
        }
        let mut healthy = Greedy::new(&places, 100, 0);
        for _ in 0..10 {
            assert_eq!(healthy.take(1), 1);
            healthy.has.clear();
        }
        let mut last = Greedy::new(&places, 101, 0);
        assert_eq!((last.take(1), healthy.take(1)), (1, 0));
        // Sixty others waited before, but they have one.
        last.has.clear();
        assert_eq!(healthy.take(1), 1);
    }

    #[test]
    fn bytes_have_a_bound_too_and_what_is_small_passes() {
        let places = Places::new(64, 64 * MIB);
        let mut large = Greedy::new(&places, 1, 500 * MIB);
        assert_eq!(large.take(10), 1);
        let mut also = Greedy::new(&places, 2, 10 * MIB);
        assert_eq!(also.take(10), 1);
        let mut more = [3, 4].map(|whose| Greedy::new(&places, whose, 16 * MIB));
        assert_eq!(more.each_mut().map(|one| one.take(1)), [1, 1]);
        let mut none_left = Greedy::new(&places, 5, 8 * MIB);
        assert_eq!(none_left.take(1), 0);
        assert_eq!(Greedy::new(&places, 6, SMALL).take(3), 3);
        more[0].has.clear();
        assert_eq!(none_left.take(1), 1);
    }

    #[test]
    fn who_does_not_wait_any_more_is_left_out_and_nothing_is_kept_of_it() {
        let places = Places::new(2, 64 * MIB);
        let mut one = Greedy::new(&places, 1, MIB);
        let mut two = Greedy::new(&places, 2, MIB);
        let mut gone = Greedy::new(&places, 3, MIB);
        assert_eq!((one.take(1), two.take(1), gone.take(1)), (1, 1, 0));
        let mut three = Greedy::new(&places, 4, MIB);
        assert_eq!(three.take(1), 0);
        drop(gone);
        one.has.clear();
        assert_eq!(three.take(1), 1);
        // As many as there are: each would else give its place back before the next is asked.
        let mut many: Vec<_> = (5..50_000)
            .map(|whose| Greedy::new(&places, whose, MIB))
            .collect();
        assert!(many.iter_mut().all(|one| one.take(1) == 0));
        drop(many);
        drop((one, two, three));
        let state = places.state();
        assert_eq!((state.taken.places, state.taken.bytes), (0, 0));
        assert!(state.parties.is_empty() && state.order.is_empty());
    }
}
