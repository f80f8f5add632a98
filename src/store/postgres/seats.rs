//! Seats of listeners: who answers for a bin, kept by the server's clock, and what was answered.

use std::time::Duration;

use async_trait::async_trait;

use super::change::Changing;
use super::row::{self, int};
use super::{Postgres, attempts, captures, sql};
use crate::model::{Attempt, Bin, BinId, CaptureNumber, Try};
use crate::store::seats::{Seated, Seats, Turn};
use crate::store::{Change, Error, Result};

/// Takes the seat of a bin that is free, or over, or the listener's own. Rows of seats that are long over go along.
const TAKE: &str = "WITH over AS (DELETE FROM seats WHERE until < clock_timestamp() - interval '1 hour' AND serial <> $1)
     INSERT INTO seats (serial, name, turn, patience, until)
     VALUES ($1, $2, $3, $4, clock_timestamp() + $5 * interval '1 second')
     ON CONFLICT (serial) DO UPDATE
     SET name = excluded.name, turn = excluded.turn, patience = excluded.patience, until = excluded.until
     WHERE seats.name = excluded.name OR seats.until < clock_timestamp()";

const KEEP: &str = "UPDATE seats SET until = clock_timestamp() + $2 * interval '1 second' WHERE turn = ANY($1) RETURNING turn";

/// The turn becomes one that nobody has: its node may be about to keep it.
const LEAVE: &str = "UPDATE seats SET until = clock_timestamp(), turn = substr(sha256(turn), 1, 16) WHERE turn = $1";

const SEATS: &str =
    "SELECT bins.id, name, turn, patience, extract(epoch FROM until - clock_timestamp())::float8
     FROM seats JOIN bins USING (serial) WHERE until > clock_timestamp() AND gone_at IS NULL";

#[async_trait]
impl Seats for Postgres {
    async fn take_seat(&self, bin: &Bin, seated: &Seated, time: Duration) -> Result<bool> {
        let (serial, id, seated) = (int(bin.serial), bin.id, seated.clone());
        self.work(move |shared| async move {
            let changing = Changing::begin_new(&shared.pool).await?;
            let patience = i64::try_from(seated.patience.as_millis()).unwrap_or(i64::MAX);
            let values: sql::Values<'_> = &[
                &serial,
                &seated.name,
                &seated.turn.as_slice(),
                &patience,
                &time.as_secs_f64(),
            ];
            if sql::run(changing.client()?, TAKE, values).await? == 0 {
                return Ok(false);
            }
            changing.commit(&[Change::Seated(id)]).await?;
            Ok(true)
        })
        .await
    }

    async fn keep_seats(&self, turns: Vec<Turn>, time: Duration) -> Result<Vec<Turn>> {
        self.work(move |shared| async move {
            let client = shared.pool.get().await?;
            let turns: Vec<&[u8]> = turns.iter().map(Turn::as_slice).collect();
            let kept = sql::all(&client, KEEP, &[&turns, &time.as_secs_f64()]).await?;
            kept.iter().map(|kept| turn(kept, 0)).collect()
        })
        .await
    }

    async fn leave_seat(&self, bin: &Bin, turn: Turn) -> Result<()> {
        let id = bin.id;
        self.work(move |shared| async move {
            let changing = Changing::begin_new(&shared.pool).await?;
            match sql::run(changing.client()?, LEAVE, &[&turn.as_slice()]).await? {
                0 => Ok(()),
                _ => changing.commit(&[Change::Seated(id)]).await,
            }
        })
        .await
    }

    async fn seats(&self) -> Result<Vec<(BinId, Seated, Duration)>> {
        self.read(|client| async move {
            let found = sql::all(&client, SEATS, &[]).await?;
            found.iter().map(seat).collect()
        })
        .await
    }

    async fn pass(&self, passed: Vec<(BinId, CaptureNumber)>) -> Result<()> {
        self.work(move |shared| async move {
            let changing = Changing::begin_new(&shared.pool).await?;
            let changes: Vec<_> = passed
                .into_iter()
                .map(|(bin, n)| Change::Answered(bin, n))
                .collect();
            changing.commit(&changes).await
        })
        .await
    }

    async fn add_answer(
        &self,
        bin: &Bin,
        n: CaptureNumber,
        tried: Try,
        name: &str,
    ) -> Result<Attempt> {
        let (serial, id, name) = (bin.serial, bin.id, name.to_owned());
        self.work(move |shared| async move {
            let changing = shared.change(serial).await?;
            let weight = captures::weight_of(&changing, serial, n).await?;
            weight.ok_or(Error::UnknownCapture)?;
            let client = changing.client()?;
            let sql = "SELECT FROM seats WHERE serial = $1 AND name = $2";
            let seat = sql::one(client, sql, &[&int(serial), &name]).await?;
            let attempt = attempts::insert(client, serial, n, tried, seat.is_some()).await?;
            let mut changes = vec![Change::Attempted(id, n)];
            changes.extend(seat.map(|_| Change::Answered(id, n)));
            changing.commit(&changes).await?;
            Ok(attempt)
        })
        .await
    }

    async fn answer(&self, bin: &Bin, n: CaptureNumber) -> Result<Option<Try>> {
        let serial = bin.serial;
        let found = self
            .read(|client| async move { attempts::seated(&client, serial, n).await })
            .await?;
        Ok(found.map(|attempt| attempt.tried))
    }
}

/// Whose the seat of a bin is, and for how long.
fn seat(found: &tokio_postgres::Row) -> Result<(BinId, Seated, Duration)> {
    let seated = Seated {
        name: found.try_get(1)?,
        turn: turn(found, 2)?,
        patience: Duration::from_millis(row::count(found, 3)?),
    };
    let left: f64 = found.try_get(4)?;
    let left = Duration::try_from_secs_f64(left).unwrap_or_default();
    Ok((row::bin_id(found, 0)?, seated, left))
}

fn turn(row: &tokio_postgres::Row, at: usize) -> Result<Turn> {
    let bytes: &[u8] = row.try_get(at)?;
    bytes
        .try_into()
        .map_err(|_| row::odd("a turn of other length"))
}
