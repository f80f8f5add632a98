//! What a node knows of one bin: who answers for it, and who waits for that.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Notify, oneshot};

use crate::model::{Answer, BodyState, CaptureNumber, Try};
use crate::store::seats::Turn;

/// Why nothing comes for a capture that the listener did not ask for.
pub(super) const PASSED: &str = "its filter left this request out";

/// The same where the server stops.
pub(super) const STOPPED: &str = "the server stopped before it answered";

/// How much of what came early is kept beyond one for each sender that may ask for it: what is told of the captures of other nodes.
const SPARE: usize = 32;

/// What there is of one bin.
#[derive(Debug, Default)]
pub(super) struct Desk {
    /// The name of the listener that has the seat, or had it last: only its answers count.
    pub(super) name: String,
    pub(super) seat: Option<Taking>,
    /// Senders that have a ticket, those with a number too.
    pub(super) tickets: usize,
    /// Those whose capture has a number.
    waiting: HashMap<CaptureNumber, oneshot::Sender<Settled>>,
    /// What came for a number before its sender waited for it.
    early: BTreeMap<CaptureNumber, Settled>,
}

/// That a seat is taken.
#[derive(Debug)]
pub(super) struct Taking {
    pub(super) patience: Duration,
    pub(super) by: By,
}

/// Through which node.
#[derive(Debug)]
pub(super) enum By {
    /// This one.
    Here {
        /// Which of the listener's connections has it: it may come back before the old one is known to be broken.
        turn: Turn,
        /// Ends that connection when the seat is another's.
        lost: Arc<Notify>,
    },
    /// Another one, as far as it is known.
    Elsewhere {
        /// When that ends, unless it is heard that it goes on.
        until: Instant,
    },
}

/// What a sender is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Settled {
    /// This answer.
    Answer(Box<Answer>),
    /// None, for this reason.
    Nothing(&'static str),
    /// It is to look into the store.
    Look {
        /// Whether it is known that the answer is there, or that there will be none; it may be worth a look only.
        is_told: bool,
    },
}

impl Taking {
    pub(super) fn is_here(&self) -> bool {
        matches!(self.by, By::Here { .. })
    }

    pub(super) fn turn(&self) -> Option<Turn> {
        match self.by {
            By::Here { turn, .. } => Some(turn),
            By::Elsewhere { .. } => None,
        }
    }

    pub(super) fn is_taken(&self) -> bool {
        match self.by {
            By::Here { .. } => true,
            By::Elsewhere { until } => Instant::now() < until,
        }
    }
}

impl Desk {
    /// Gives a sender what came for it, or keeps it where one may still ask.
    pub(super) fn settle(&mut self, n: CaptureNumber, settled: Settled) {
        if let Some(waiting) = self.waiting.remove(&n) {
            waiting.send(settled).ok(); // It may have left in this moment.
            return;
        }
        let away = self.away();
        if away > 0 {
            // What only repeats what was given stays here too, but numbers that are still to be asked for are higher.
            self.early.entry(n).or_insert(settled);
            while self.early.len() > away + SPARE {
                self.early.pop_first();
            }
        }
    }

    /// How many senders do not wait at this moment, and may ask.
    fn away(&self) -> usize {
        self.tickets.saturating_sub(self.waiting.len())
    }

    /// Keeps nothing that nobody can ask for: whoever tells of answers may make numbers up.
    fn tidy(&mut self) {
        if self.away() == 0 {
            self.early.clear();
        }
    }

    /// Gives it to all who have a number.
    pub(super) fn settle_all(&mut self, settled: impl Fn() -> Settled) {
        for (_, waiting) in self.waiting.drain() {
            waiting.send(settled()).ok(); // As above.
        }
    }

    /// What came for that number already, or what will be given what comes.
    pub(super) fn wait(&mut self, n: CaptureNumber) -> Result<Settled, oneshot::Receiver<Settled>> {
        if let Some(settled) = self.early.remove(&n) {
            return Ok(settled);
        }
        let (sender, answered) = oneshot::channel();
        self.waiting.insert(n, sender);
        self.tidy();
        Err(answered)
    }

    /// That a sender left.
    pub(super) fn leave(&mut self, n: Option<CaptureNumber>) {
        self.tickets = self.tickets.saturating_sub(1);
        if let Some(n) = n {
            self.waiting.remove(&n);
        }
        self.tidy();
    }

    /// Takes the seat from a connection that lost it.
    pub(super) fn lose_if(&mut self, lost: impl Fn(Turn) -> bool) {
        let taking = self.seat.take_if(|seat| seat.turn().is_some_and(&lost));
        if let Some(By::Here { lost, .. }) = taking.map(|taking| taking.by) {
            lost.notify_one();
        }
    }

    /// Whether there is nothing to know of it.
    pub(super) fn is_idle(&self) -> bool {
        self.tickets == 0 && self.seat.is_none()
    }

    #[cfg(test)]
    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    #[cfg(test)]
    pub(super) fn early(&self) -> usize {
        self.early.len()
    }
}

impl Settled {
    /// What a try is for who waits.
    pub(super) fn of(tried: &Try) -> Self {
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
