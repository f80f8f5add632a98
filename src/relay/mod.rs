//! Senders that are answered by a program on somebody's own machine, through `hookwell listen --respond`.
//!
//! One listener of a bin has the [`Seat`] from which it answers. While it is taken, whoever sends to the bin waits: [`ingest`](crate::ingest) takes a
//! [`Ticket`] before it stores the capture, waits behind that, and gives the bin's own reply when no answer comes in time. The answer
//! comes with the attempt that the listener tells of; [`web`](crate::web) hands it to [`Relay::answer`]. The listener itself hears of the capture as every
//! reader does, from the store's announcement, so that it was durable before.
//!
//! Who waits holds a place here and its connection: no thread, no body, nothing of the store.
//!
//! The listener may be connected to one node, its answer be told to another, and the sender wait at a third. So the store knows
//! [who has a seat](crate::store::seats), for a few seconds, which [`Relay::run`] makes longer as long as the listener is there; every node has
//! them all in mind, so that a sender to a bin without one costs nothing, and hears of a new one by the change feed: who sends through another
//! node before it did is given the bin's own reply. An answer that is told where nobody waits for it is announced
//! by the store when it is kept, and read where somebody does. A node that dies takes its seats along; its listeners come back through
//! another one, under their names, and have them at once.

mod desk;
mod seat;
#[cfg(test)]
mod tests;
mod ticket;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::MissedTickBehavior;

use self::desk::{By, Desk, Settled, Taking};
pub use self::seat::Seat;
pub use self::ticket::Ticket;
use crate::model::{Bin, BinId, CaptureNumber, Try};
use crate::store::seats::Seated;
use crate::store::{self, Change, Store};

/// How many senders may wait at once, of all bins together.
pub const MOST: usize = 10_000;

/// How many of one bin.
pub const MOST_OF_BIN: usize = 2_000;

/// How long a sender waits at most.
pub const LONGEST: Duration = Duration::from_mins(2);

/// How long a seat is taken for, how often that is made longer, and how often a node reads who has one while anybody does.
const TIME: Duration = Duration::from_secs(4);
const RENEWAL: Duration = Duration::from_secs(1);

/// How long passed captures are gathered before other nodes are told, and how many; more are not told of.
const GATHER: Duration = Duration::from_millis(10);
const PASSED: usize = 10_000;

/// The listeners that answer, and who waits for them.
#[derive(Debug)]
pub struct Relay {
    store: Arc<dyn Store>,
    desks: Mutex<HashMap<BinId, Desk>>,
    /// How many seats are taken: nothing else is looked at where there is none.
    taken: AtomicUsize,
    /// How many senders have a ticket.
    waiting: AtomicUsize,
    /// Whether nobody is to wait any more.
    is_closed: AtomicBool,
    /// Captures that listeners here do not ask for. Somebody may wait for that elsewhere.
    passed: Mutex<Vec<(BinId, CaptureNumber)>>,
    has_passed: Notify,
}

/// Why a listener cannot have the seat.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another one has it.
    #[error("another listener answers for this bin")]
    Taken,
    /// The store cannot say whose it is.
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl Relay {
    /// For the bins of that store.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self {
            store,
            desks: Mutex::default(),
            taken: AtomicUsize::new(0),
            waiting: AtomicUsize::new(0),
            is_closed: AtomicBool::new(false),
            passed: Mutex::default(),
            has_passed: Notify::new(),
        }
    }

    fn desks(&self) -> MutexGuard<'_, HashMap<BinId, Desk>> {
        self.desks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the seat of a bin, for as long as what this gives is kept: from now on its senders wait for so long at most. A listener of
    /// the same name takes its own seat over.
    ///
    /// # Errors
    /// [`Error::Taken`] when another has it.
    pub async fn attend(
        self: &Arc<Self>,
        bin: &Arc<Bin>,
        name: &str,
        patience: Duration,
    ) -> Result<Seat, Error> {
        let is_of_another = self.desks().get(&bin.id).is_some_and(
            |desk| matches!(&desk.seat, Some(seat) if seat.is_here() && desk.name != name),
        );
        if is_of_another {
            return Err(Error::Taken);
        }
        let seated = Seated {
            name: name.to_owned(),
            turn: *uuid::Uuid::new_v4().as_bytes(),
            patience: patience.min(LONGEST),
        };
        if !self.store.take_seat(bin, &seated, TIME).await? {
            return Err(Error::Taken);
        }
        self.sit(bin, seated)
    }

    /// Has a listener on the seat that the store gave it.
    fn sit(self: &Arc<Self>, bin: &Arc<Bin>, seated: Seated) -> Result<Seat, Error> {
        let mut desks = self.desks();
        let desk = desks.entry(bin.id).or_default();
        // Two may have come at once, to a store that leaves it to this process.
        if matches!(&desk.seat, Some(seat) if seat.is_here() && desk.name != seated.name) {
            return Err(Error::Taken);
        }
        let lost = Arc::<Notify>::default();
        desk.name = seated.name;
        desk.seat = Some(Taking {
            patience: seated.patience,
            by: By::Here {
                turn: seated.turn,
                lost: Arc::clone(&lost),
            },
        });
        self.count(&desks);
        Ok(Seat {
            relay: Arc::clone(self),
            bin: Arc::clone(bin),
            turn: seated.turn,
            lost,
        })
    }

    /// Whether a sender to the bin is to wait; the reason why it cannot, where too many do.
    ///
    /// # Errors
    /// The reason.
    pub fn expect(self: &Arc<Self>, bin: &Arc<Bin>) -> Result<Option<Ticket>, &'static str> {
        if self.taken.load(Ordering::Relaxed) == 0 {
            return Ok(None);
        }
        let mut desks = self.desks();
        let Some(desk) = desks.get_mut(&bin.id) else {
            return Ok(None);
        };
        let Some(seat) = desk.seat.as_ref().filter(|seat| seat.is_taken()) else {
            return Ok(None);
        };
        // Both numbers change under the same lock.
        if desk.tickets >= MOST_OF_BIN || self.waiting.load(Ordering::Relaxed) >= MOST {
            return Err("too many senders wait for it already");
        }
        let patience = seat.patience;
        desk.tickets += 1;
        self.waiting.fetch_add(1, Ordering::Relaxed);
        Ok(Some(Ticket::new(
            Arc::clone(self),
            Arc::clone(bin),
            patience,
        )))
    }

    /// Hands the answer of the listener of that name to whoever waits for it here. Others may listen beside it, and tell of theirs too.
    pub fn answer(&self, bin: BinId, n: CaptureNumber, name: &str, tried: &Try) {
        let mut desks = self.desks();
        if let Some(desk) = desks.get_mut(&bin).filter(|desk| desk.name == name) {
            desk.settle(n, Settled::of(tried));
        }
    }

    /// Lets everybody go who waits, or is about to: the server stops.
    pub fn close(&self) {
        // Before the lock: whoever waits behind it knows.
        self.is_closed.store(true, Ordering::Relaxed);
        for desk in self.desks().values_mut() {
            desk.settle_all(|| Settled::Nothing(desk::STOPPED));
        }
    }

    /// Keeps the seats of listeners that are connected here, and knows those of the others, until it is dropped.
    pub async fn run(self: Arc<Self>) {
        tokio::join!(self.hear(), self.keep(), self.tell_what_passed());
    }

    /// Hears who takes seats elsewhere, and what was answered there.
    async fn hear(&self) {
        let mut changes = self.store.changes();
        self.read_seats().await;
        let mut rounds = tokio::time::interval(RENEWAL);
        rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let is_to_be_read = tokio::select! {
                _ = rounds.tick() => self.taken.load(Ordering::Relaxed) > 0,
                batch = changes.recv() => match batch {
                    Ok(batch) if !batch.is_empty() => self.hear_of(&batch),
                    Ok(_) | Err(RecvError::Lagged(_)) => {
                        self.look_again();
                        true
                    }
                    Err(RecvError::Closed) => return,
                },
            };
            if is_to_be_read {
                self.read_seats().await;
            }
        }
    }

    /// Wakes whoever waits for an answer that was told elsewhere; says whether seats have changed.
    fn hear_of(&self, changes: &[Change]) -> bool {
        let mut is_to_be_read = false;
        for change in changes {
            match *change {
                Change::Seated(_) => is_to_be_read = true,
                Change::Answered(bin, n) => {
                    if let Some(desk) = self.desks().get_mut(&bin) {
                        desk.settle(n, Settled::Look { is_told: true });
                    }
                }
                _ => {}
            }
        }
        is_to_be_read
    }

    /// Something may have been missed: whoever waits looks for itself.
    fn look_again(&self) {
        for desk in self.desks().values_mut() {
            desk.settle_all(|| Settled::Look { is_told: false });
        }
    }

    async fn read_seats(&self) {
        // Where it does not answer, what is known ends by itself.
        if let Ok(seats) = self.store.seats().await {
            self.learn(seats);
        }
    }

    /// Knows the seats of other nodes. Of its own, this one knows more than the store did a moment ago.
    fn learn(&self, seats: Vec<(BinId, Seated, Duration)>) {
        let now = Instant::now();
        let mut desks = self.desks();
        for desk in desks.values_mut() {
            desk.seat.take_if(|seat| !seat.is_here());
        }
        for (bin, seated, left) in seats {
            let desk = desks.entry(bin).or_default();
            if desk.seat.is_some() {
                continue;
            }
            desk.name = seated.name;
            desk.seat = Some(Taking {
                patience: seated.patience.min(LONGEST),
                by: By::Elsewhere { until: now + left },
            });
        }
        desks.retain(|_, desk| !desk.is_idle());
        self.count(&desks);
    }

    /// Makes the time of seats longer, and ends those that another has by now.
    async fn keep(&self) {
        let mut rounds = tokio::time::interval(RENEWAL);
        rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            rounds.tick().await;
            let turns: Vec<_> = {
                let desks = self.desks();
                let seats = desks.values().filter_map(|desk| desk.seat.as_ref());
                seats.filter_map(Taking::turn).collect()
            };
            if turns.is_empty() {
                continue;
            }
            if let Ok(kept) = self.store.keep_seats(turns.clone(), TIME).await {
                let lost = |turn| turns.contains(&turn) && !kept.contains(&turn);
                let mut desks = self.desks();
                for desk in desks.values_mut() {
                    desk.lose_if(lost);
                }
                self.count(&desks);
            }
        }
    }

    /// Tells other nodes of captures that listeners here do not ask for.
    async fn tell_what_passed(&self) {
        loop {
            self.has_passed.notified().await;
            tokio::time::sleep(GATHER).await;
            let passed = {
                let mut passed = self.passed.lock().unwrap_or_else(PoisonError::into_inner);
                std::mem::take(&mut *passed)
            };
            // Where it fails, whoever waits elsewhere does so to the end of its patience.
            self.store.pass(passed).await.ok();
        }
    }

    /// That a listener does not ask for a capture.
    fn pass(&self, bin: BinId, n: CaptureNumber) {
        if let Some(desk) = self.desks().get_mut(&bin) {
            desk.settle(n, Settled::Nothing(desk::PASSED));
        }
        let mut passed = self.passed.lock().unwrap_or_else(PoisonError::into_inner);
        if passed.len() < PASSED {
            passed.push((bin, n));
            self.has_passed.notify_one();
        }
    }

    fn count(&self, desks: &HashMap<BinId, Desk>) {
        let taken = desks.values().filter(|desk| desk.seat.is_some()).count();
        self.taken.store(taken, Ordering::Relaxed);
    }

    /// Forgets a bin for which there is nothing more.
    fn tidy(desks: &mut HashMap<BinId, Desk>, bin: BinId) {
        if desks.get(&bin).is_some_and(Desk::is_idle) {
            desks.remove(&bin);
        }
    }
}
