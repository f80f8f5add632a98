//! Seats of listeners: nothing is kept of them, as nobody but this process could have one.

use std::time::Duration;

use async_trait::async_trait;

use super::Sqlite;
use crate::model::{Attempt, Bin, BinId, CaptureNumber, Try};
use crate::store::seats::{Seated, Seats, Turn};
use crate::store::{Result, Store};

#[async_trait]
impl Seats for Sqlite {
    async fn take_seat(&self, _: &Bin, _: &Seated, _: Duration) -> Result<bool> {
        Ok(true)
    }

    async fn keep_seats(&self, turns: Vec<Turn>, _: Duration) -> Result<Vec<Turn>> {
        Ok(turns)
    }

    async fn leave_seat(&self, _: &Bin, _: Turn) -> Result<()> {
        Ok(())
    }

    async fn seats(&self) -> Result<Vec<(BinId, Seated, Duration)>> {
        Ok(Vec::new())
    }

    async fn pass(&self, _: Vec<(BinId, CaptureNumber)>) -> Result<()> {
        Ok(())
    }

    async fn add_answer(
        &self,
        bin: &Bin,
        n: CaptureNumber,
        tried: Try,
        _: &str,
    ) -> Result<Attempt> {
        self.add_attempt(bin, n, tried).await
    }

    async fn answer(&self, _: &Bin, _: CaptureNumber) -> Result<Option<Try>> {
        Ok(None)
    }
}
