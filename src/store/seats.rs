//! Listeners that answer for a bin, as all nodes over a store know them.
//!
//! A listener is connected to one node, its answers may be told to another, and whoever waits for them may have been sent to a third.
//! What they have to know of each other goes through the store: who has the *seat* of a bin, which is kept like a
//! [lease](super::lease), that a capture was [answered or passed over](super::Change::Answered), and what was answered. An engine for one
//! server has nothing to keep: its process knows.

use std::time::Duration;

use async_trait::async_trait;

use super::Result;
use crate::model::{Attempt, Bin, BinId, CaptureNumber, Try};

/// What one connection of a listener is known by: made up when it takes the seat.
pub type Turn = [u8; 16];

/// A listener that answers for a bin.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Seated {
    /// Its name, the same from one connection to the next.
    pub name: String,
    /// Which of its connections it is.
    pub turn: Turn,
    /// How long senders wait for it at most.
    pub patience: Duration,
}

/// The part of a [`Store`](super::Store) that is about them.
#[async_trait]
pub trait Seats {
    /// Gives the seat of the bin to that listener for so long from now on; `false` when another one has it. A listener of the same name
    /// takes its own seat over. Announces [`Change::Seated`](super::Change::Seated).
    async fn take_seat(&self, bin: &Bin, seated: &Seated, time: Duration) -> Result<bool>;

    /// Keeps the seats of these connections for so long from now on, and says which of them still have theirs.
    async fn keep_seats(&self, turns: Vec<Turn>, time: Duration) -> Result<Vec<Turn>>;

    /// Gives a seat up. Announced like the taking.
    async fn leave_seat(&self, bin: &Bin, turn: Turn) -> Result<()>;

    /// The seats that are taken through any node, and for how long; none where all of them are this process's own.
    async fn seats(&self) -> Result<Vec<(BinId, Seated, Duration)>>;

    /// Announces of captures that the listener does not ask for them: [`Change::Answered`](super::Change::Answered), without an answer.
    async fn pass(&self, passed: Vec<(BinId, CaptureNumber)>) -> Result<()>;

    /// Keeps an attempt, as [`add_attempt`](super::Store::add_attempt) does, that the listener of that name told of. When that has the
    /// seat, or had it last, [`Change::Answered`](super::Change::Answered) is announced, and the attempt can be [read](Self::answer) as
    /// the answer. Errors: [`Error::UnknownCapture`](super::Error::UnknownCapture).
    async fn add_answer(
        &self,
        bin: &Bin,
        n: CaptureNumber,
        tried: Try,
        name: &str,
    ) -> Result<Attempt>;

    /// What the listener that has the seat, or had it, last told of the capture, with the body of the answer.
    async fn answer(&self, bin: &Bin, n: CaptureNumber) -> Result<Option<Try>>;
}
