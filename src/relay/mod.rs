//! Senders that are answered by a program on somebody's own machine, through `hookwell listen --respond`.
//!
//! One listener of a bin has the [`Seat`] from which it answers. While it is taken, whoever sends to the bin waits: [`ingest`](crate::ingest) takes a
//! [`Ticket`] before it stores the capture, waits behind that, and gives the bin's own reply when no answer comes in time. The answer
//! comes with the attempt that the listener tells of; [`web`](crate::web) hands it to [`Relay::answer`]. The listener itself hears of the capture as every
//! reader does, from the store's announcement, so that it was durable before.
//!
//! Who waits holds a place here and its connection: no thread, no body, nothing of the store.
//!
//! All of it is of one process. Several nodes over one database would need two things to travel over the store's change feed: that a seat
//! was taken ([`Relay::attend`]) and what was answered ([`Relay::answer`]); nobody else knows where an answer comes from.

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::model::{Answer, BinId, BodyState, CaptureNumber, Try};

/// How many senders may wait at once, of all bins together.
pub const MOST: usize = 10_000;

/// How many of one bin.
pub const MOST_OF_BIN: usize = 2_000;

/// How long a sender waits at most.
pub const LONGEST: Duration = Duration::from_mins(2);

/// The listeners that answer, and who waits for them.
#[derive(Debug, Default)]
pub struct Relay {
    desks: Mutex<HashMap<BinId, Desk>>,
    /// How many seats are taken: nothing else is looked at where there is none.
    taken: AtomicUsize,
    /// How many senders have a ticket.
    waiting: AtomicUsize,
    /// How often a seat was taken.
    turns: AtomicU64,
}

/// What there is of one bin.
#[derive(Debug, Default)]
struct Desk {
    /// The name of the listener that has the seat, or had it last: only its answers count.
    name: String,
    seat: Option<Taking>,
    /// Senders that have a ticket, those with a number too.
    tickets: usize,
    /// Those whose capture has a number.
    waiting: HashMap<CaptureNumber, oneshot::Sender<Settled>>,
    /// What came for a number before the sender knew that it was its own.
    early: HashMap<CaptureNumber, Settled>,
}

#[derive(Debug)]
struct Taking {
    /// Which of its connections has the seat: it may come back before the old one is known to be broken.
    turn: u64,
    patience: Duration,
}

/// That another listener answers for the bin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("another listener answers for this bin")]
pub struct Taken;

/// What a sender is given.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Settled {
    /// This answer.
    Answer(Box<Answer>),
    /// None, for this reason.
    Nothing(&'static str),
}

impl Relay {
    fn desks(&self) -> MutexGuard<'_, HashMap<BinId, Desk>> {
        self.desks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the seat of a bin, for as long as what this gives is kept: from now on its senders wait for so long at most. A listener of
    /// the same name takes its own seat over.
    ///
    /// # Errors
    /// [`Taken`] when another has it.
    pub fn attend(
        self: &Arc<Self>,
        bin: BinId,
        name: &str,
        patience: Duration,
    ) -> Result<Seat, Taken> {
        let mut desks = self.desks();
        let desk = desks.entry(bin).or_default();
        match &desk.seat {
            Some(_) if desk.name != name => return Err(Taken),
            Some(_) => {}
            None => {
                self.taken.fetch_add(1, Ordering::Relaxed);
            }
        }
        let turn = self.turns.fetch_add(1, Ordering::Relaxed);
        name.clone_into(&mut desk.name);
        desk.seat = Some(Taking {
            turn,
            patience: patience.min(LONGEST),
        });
        Ok(Seat {
            relay: Arc::clone(self),
            bin,
            turn,
        })
    }

    /// Whether a sender to the bin is to wait; the reason why it cannot, where too many do.
    ///
    /// # Errors
    /// The reason.
    pub fn expect(self: &Arc<Self>, bin: BinId) -> Result<Option<Ticket>, &'static str> {
        if self.taken.load(Ordering::Relaxed) == 0 {
            return Ok(None);
        }
        let mut desks = self.desks();
        let Some(desk) = desks.get_mut(&bin) else {
            return Ok(None);
        };
        let Some(seat) = &desk.seat else {
            return Ok(None);
        };
        // Both numbers change under the same lock.
        if desk.tickets >= MOST_OF_BIN || self.waiting.load(Ordering::Relaxed) >= MOST {
            return Err("too many senders wait for it already");
        }
        let patience = seat.patience;
        desk.tickets += 1;
        self.waiting.fetch_add(1, Ordering::Relaxed);
        Ok(Some(Ticket {
            relay: Arc::clone(self),
            bin,
            n: None,
            patience,
        }))
    }

    /// Hands the answer of the listener of that name to whoever waits for it. Others may listen beside it, and tell of theirs too.
    pub fn answer(&self, bin: BinId, n: CaptureNumber, name: &str, tried: &Try) {
        let mut desks = self.desks();
        let desk = desks.get_mut(&bin).filter(|desk| desk.name == name);
        if let Some(desk) = desk.filter(|desk| desk.tickets > 0) {
            desk.settle(n, Settled::of(tried));
        }
    }

    /// Lets everybody go who waits: the server stops.
    pub fn close(&self) {
        for desk in self.desks().values_mut() {
            for (_, waiting) in desk.waiting.drain() {
                let why = "the server stopped before it answered";
                waiting.send(Settled::Nothing(why)).ok();
            }
        }
    }

    /// Forgets a bin for which there is nothing more.
    fn tidy(desks: &mut HashMap<BinId, Desk>, bin: BinId) {
        if let Some(desk) = desks.get_mut(&bin) {
            if desk.tickets == 0 {
                desk.early.clear();
            }
            if desk.tickets == 0 && desk.seat.is_none() {
                desks.remove(&bin);
            }
        }
    }
}

impl Desk {
    fn settle(&mut self, n: CaptureNumber, settled: Settled) {
        if let Some(waiting) = self.waiting.remove(&n) {
            waiting.send(settled).ok(); // It may have left in this moment.
        } else if self.early.len() < self.tickets {
            self.early.insert(n, settled);
        }
    }
}

/// The right to answer for a bin; given up when it is dropped.
#[derive(Debug)]
pub struct Seat {
    relay: Arc<Relay>,
    bin: BinId,
    turn: u64,
}

impl Seat {
    /// That the listener does not ask for that capture.
    pub fn pass(&self, n: CaptureNumber) {
        let mut desks = self.relay.desks();
        let desk = desks.get_mut(&self.bin).filter(|desk| desk.tickets > 0);
        if let Some(desk) = desk {
            desk.settle(n, Settled::Nothing("its filter left this request out"));
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut desks = self.relay.desks();
        if let Some(desk) = desks.get_mut(&self.bin)
            && desk.seat.take_if(|seat| seat.turn == self.turn).is_some()
        {
            self.relay.taken.fetch_sub(1, Ordering::Relaxed);
        }
        Relay::tidy(&mut desks, self.bin);
    }
}

/// The place of a sender that waits; given up when it is dropped.
#[derive(Debug)]
pub struct Ticket {
    relay: Arc<Relay>,
    bin: BinId,
    n: Option<CaptureNumber>,
    patience: Duration,
}

impl Ticket {
    /// The listener's answer to a capture, once it is there.
    ///
    /// # Errors
    /// Why there is none, as a part of a sentence.
    pub async fn answer(mut self, n: CaptureNumber) -> Result<Answer, String> {
        let (sender, answered) = oneshot::channel();
        {
            let mut desks = self.relay.desks();
            let desk = desks.entry(self.bin).or_default();
            match desk.early.remove(&n) {
                Some(settled) => return settled.into(),
                None => desk.waiting.insert(n, sender),
            };
            self.n = Some(n);
        }
        match tokio::time::timeout(self.patience, answered).await {
            Ok(Ok(settled)) => settled.into(),
            Ok(Err(_)) => Err("it left".to_owned()),
            Err(_) => {
                let seconds = self.patience.as_secs_f32();
                Err(format!("no answer within {seconds} s"))
            }
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut desks = self.relay.desks();
        if let Some(desk) = desks.get_mut(&self.bin) {
            desk.tickets = desk.tickets.saturating_sub(1);
            if let Some(n) = self.n {
                desk.waiting.remove(&n);
            }
        }
        self.relay.waiting.fetch_sub(1, Ordering::Relaxed);
        Relay::tidy(&mut desks, self.bin);
    }
}

impl From<Settled> for Result<Answer, String> {
    fn from(settled: Settled) -> Self {
        match settled {
            Settled::Answer(answer) => Ok(*answer),
            Settled::Nothing(why) => Err(why.to_owned()),
        }
    }
}

impl Settled {
    /// What a try is for who waits.
    fn of(tried: &Try) -> Self {
        let whole = tried
            .answer
            .as_ref()
            .filter(|answer| answer.body.state == BodyState::Complete);
        match (whole, &tried.failure) {
            (Some(answer), None) => Self::Answer(Box::new(answer.clone())),
            (_, None) => Self::Nothing("its answer is larger than can be passed on"),
            (_, Some(_)) => Self::Nothing("the local program gave no whole answer"),
        }
    }
}
