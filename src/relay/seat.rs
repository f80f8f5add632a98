//! The right to answer for a bin.

use std::sync::Arc;

use tokio::sync::Notify;

use super::Relay;
use crate::model::{Bin, CaptureNumber};
use crate::store::seats::Turn;

/// The right to answer for a bin; given up when it is dropped.
#[derive(Debug)]
pub struct Seat {
    pub(super) relay: Arc<Relay>,
    pub(super) bin: Arc<Bin>,
    pub(super) turn: Turn,
    pub(super) lost: Arc<Notify>,
}

impl Seat {
    /// That the listener does not ask for that capture.
    pub fn pass(&self, n: CaptureNumber) {
        self.relay.pass(self.bin.id, n);
    }

    /// Waits until another has the seat: one that came while the store could not be told that this one is still there, or the same
    /// listener through another node.
    pub async fn lost(&self) {
        self.lost.notified().await;
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut desks = self.relay.desks();
        if let Some(desk) = desks.get_mut(&self.bin.id) {
            desk.seat.take_if(|seat| seat.turn() == Some(self.turn));
        }
        Relay::tidy(&mut desks, self.bin.id);
        self.relay.count(&desks);
        drop(desks);
        // Without a runtime the server has ended; the seat is free in a moment.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let (store, bin) = (Arc::clone(&self.relay.store), Arc::clone(&self.bin));
            let turn = self.turn;
            runtime.spawn(async move { store.leave_seat(&bin, turn).await });
        }
    }
}
