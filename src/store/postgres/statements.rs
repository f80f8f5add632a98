//! The statements that add captures, prepared once a connection. Each takes a whole batch, a column at a time.

use tokio_postgres::{Client, Statement};

use super::{captures, feed, writer};
use crate::store::Result;

/// Prepared statements.
pub(super) struct Statements {
    pub(super) lock: Statement,
    /// The oldest captures of a bin: number, weight, whether it is pinned.
    pub(super) oldest: Statement,
    /// The newest deliveries of threads.
    pub(super) threads: Statement,
    /// Which signed requests are there already.
    pub(super) copies: Statement,
    /// The latest times that senders named.
    pub(super) latest: Statement,
    pub(super) captures: Statement,
    pub(super) marks: Statement,
    pub(super) replies: Statement,
    pub(super) forwards: Statement,
    pub(super) events: Statement,
    pub(super) senders: Statement,
    pub(super) delete: Statement,
    pub(super) bins: Statement,
    /// Takes a number to tell by.
    pub(super) take: Statement,
    /// Tells what the newest captures are.
    pub(super) tell: Statement,
}

impl Statements {
    /// Prepares them all.
    pub(super) async fn prepare(client: &Client) -> Result<Self> {
        let oldest = format!(
            "SELECT n, {}, EXISTS (SELECT 1 FROM marks m WHERE m.serial = c.serial AND m.n = c.n AND m.pinned)
             FROM captures c WHERE serial = $1 AND n > $2 AND n <= $3 ORDER BY n LIMIT $4",
            captures::WEIGHT
        );
        Ok(Self {
            lock: client.prepare(&writer::lock()).await?,
            oldest: client.prepare(&oldest).await?,
            threads: client.prepare(THREADS).await?,
            copies: client.prepare(COPIES).await?,
            latest: client.prepare(LATEST).await?,
            captures: client.prepare(CAPTURES).await?,
            marks: client.prepare(MARKS).await?,
            replies: client.prepare(REPLIES).await?,
            forwards: client.prepare(FORWARDS).await?,
            events: client.prepare(EVENTS).await?,
            senders: client.prepare(SENDERS).await?,
            delete: client.prepare(&captures::deleting_some()).await?,
            bins: client.prepare(BINS).await?,
            take: client.prepare(feed::TAKE).await?,
            tell: client.prepare(feed::TELL_NEWEST).await?,
        })
    }
}

const THREADS: &str = "SELECT w.serial, w.thread, e.n, e.number, e.first, e.body, e.type
  FROM unnest($1::bigint[], $2::bytea[], $3::bigint[]) AS w (serial, thread, floor)
  CROSS JOIN LATERAL (SELECT n, number, first, body, type FROM events
   WHERE serial = w.serial AND thread = w.thread AND n > w.floor ORDER BY n DESC LIMIT 1) e";

const COPIES: &str = "SELECT w.serial, w.signed FROM unnest($1::bigint[], $2::bytea[], $3::bigint[]) AS w (serial, signed, floor)
  WHERE EXISTS (SELECT 1 FROM events WHERE serial = w.serial AND signed_once = w.signed AND n > w.floor)";

const LATEST: &str = "SELECT s.serial, s.provider, s.latest_at FROM senders s
  JOIN (SELECT DISTINCT * FROM unnest($1::bigint[], $2::text[]) AS u (serial, provider)) w
   ON s.serial = w.serial AND s.provider = w.provider";

const CAPTURES: &str = "INSERT INTO captures (serial, n, received_at, took_us, size, sent, delay_ms, path_at, status, version, state,
   https, as_sent, method, target, host, client, peer, rule, trailers, headers, body, day)
  SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::int[],
   $9::smallint[], $10::smallint[], $11::smallint[], $12::bool[], $13::bool[], $14::bytea[], $15::bytea[], $16::bytea[],
   $17::bytea[], $18::bytea[], $19::bytea[], $20::bytea[], $21::bytea[], $22::bytea[], $23::int[])";

const MARKS: &str = "INSERT INTO marks (serial, n, imported) SELECT serial, n, true FROM unnest($1::bigint[], $2::bigint[]) AS u (serial, n)";

const REPLIES: &str = "INSERT INTO replies (serial, n, headers, body, fault, error)
  SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::bytea[], $5::text[], $6::bytea[])";

// Their ids are their order.
const FORWARDS: &str = "INSERT INTO forwards (serial, n, target, due_at) SELECT serial, n, target, due_at
  FROM unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::bigint[]) WITH ORDINALITY AS u (serial, n, target, due_at, place)
  ORDER BY place";

const EVENTS: &str = "INSERT INTO events (serial, n, provider, event_id, type, at, thread, body, signed_once, number, first, previous, flags)
  SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::bytea[], $5::bytea[], $6::bigint[], $7::bytea[], $8::bytea[],
   $9::bytea[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[])";

const SENDERS: &str = "INSERT INTO senders (serial, provider, latest_at)
  SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[])
  ON CONFLICT (serial, provider) DO UPDATE SET latest_at = greatest(senders.latest_at, excluded.latest_at)";

// The day, which has an index, is another but once a day: until then the new version of the row stays on its page.
const BINS: &str = "UPDATE bins SET last_n = u.last_n, floor = u.floor, captures = u.captures, bytes = u.bytes, dropped = u.dropped,
   last_capture_at = u.at, active_day = u.at / 86400000000
  FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[])
   AS u (serial, last_n, floor, captures, bytes, dropped, at)
  WHERE bins.serial = u.serial";
