//! What ingest knows of the connection that a request came over.

use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::wire::{Started, Tape, WireHead};
use crate::model::Clock;

/// A connection: who is on the other end, and the [tape](super::wire) of what was read from it.
///
/// Shared by the socket's reader,
/// which feeds the tape, and the handler of each request, which takes heads from it.
#[derive(Debug)]
pub struct Link {
    /// The other end.
    pub peer: SocketAddr,
    clock: Clock,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    tape: Tape,
    /// Requests that are being handled or answered.
    busy: usize,
    /// Since when there has been none.
    idle_since: Instant,
    /// Whether the answer that is being given goes on without an end in sight.
    is_streaming: bool,
    /// Whether it is to be closed with a reset.
    is_reset: bool,
}

/// What a connection waits for, by which its patience is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waiting {
    /// For the rest of a head.
    Head,
    /// For another request.
    Request,
    /// For a body or for an answer, which have time-outs of their own.
    Otherwise,
}

impl Link {
    /// A connection that was just opened; heads over `max_head` bytes are not followed.
    pub fn new(peer: SocketAddr, clock: Clock, max_head: usize) -> Self {
        Self {
            peer,
            clock,
            state: Mutex::new(State {
                tape: Tape::new(max_head),
                busy: 0,
                idle_since: Instant::now(),
                is_streaming: false,
                is_reset: false,
            }),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at bytes that were just read.
    pub fn feed(&self, bytes: &[u8]) {
        self.state().tape.feed(bytes, &self.clock);
    }

    /// It speaks HTTP/2: there are no lines to follow.
    pub fn lose(&self) {
        self.state().tape.lose();
    }

    /// What it waits for now, and since when.
    pub fn waiting(&self) -> (Waiting, Instant) {
        let state = self.state();
        if let Some(since) = state.tape.in_head_since() {
            (Waiting::Head, since)
        } else if state.tape.is_between() && state.busy == 0 && state.tape.last_waiting().is_none()
        {
            (Waiting::Request, state.idle_since)
        } else {
            (Waiting::Otherwise, state.idle_since)
        }
    }

    /// Begins to handle a request: the head that belongs to it, or the time now.
    pub(crate) fn begin(&self) -> Result<WireHead, Started> {
        let mut state = self.state();
        state.busy += 1;
        state.tape.take().ok_or_else(|| Started::now(&self.clock))
    }

    /// The answer to the request that was begun is a stream.
    pub fn begin_stream(&self) {
        self.state().is_streaming = true;
    }

    /// It is to be closed with a reset.
    pub fn reset(&self) {
        self.state().is_reset = true;
    }

    /// Whether it is to be closed with a reset.
    pub fn is_reset(&self) -> bool {
        self.state().is_reset
    }

    /// Whether a stream is being sent.
    pub fn is_streaming(&self) -> bool {
        self.state().is_streaming
    }

    /// Begins to handle a request whose head as sent is of no use.
    pub fn pass_over(&self) {
        self.begin().ok(); // Either way the request has begun.
    }

    /// A request that was begun is answered.
    pub fn end(&self) {
        let mut state = self.state();
        state.busy = state.busy.saturating_sub(1);
        state.idle_since = Instant::now();
        state.is_streaming = false;
    }

    /// The head that made the server give up on the connection, as far as it arrived.
    pub fn refused_head(&self) -> bytes::Bytes {
        let state = self.state();
        match state.tape.last_waiting() {
            Some(head) => head.clone(),
            None => bytes::Bytes::copy_from_slice(state.tape.unfinished()),
        }
    }
}
