//! The time from POST to the watcher's event, at a steady rate.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;
use tokio::sync::oneshot;

use crate::answer::{Chunks, Reader};
use crate::bin::{Bin, Keep};
use crate::child::Server;
use crate::options::Options;
use crate::report::{Aim, Row};
use crate::request::Request;
use crate::statistics::Latencies;
use crate::{Failure, Result, load};

/// The connections that requests are spread over.
const CONNECTIONS: u32 = 8;

/// How long a watcher waits for the events that are still missing when the last request was answered.
const PATIENCE: Duration = Duration::from_secs(10);

/// A number and when its event came.
type Arrival = (u64, Instant);

/// Measures the API's stream and the page's.
pub(crate) async fn run(options: &Options) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (name, request) in [
        ("page", Bin::page_stream as fn(&Bin) -> Request),
        ("API", Bin::events),
    ] {
        rows.push(of(name, request, options).await?);
    }
    Ok(rows)
}

async fn of(name: &str, request: fn(&Bin) -> Request, options: &Options) -> Result<Row> {
    let server = Server::hookwell(options)?;
    let bin = Bin::create(server.address, Keep::Default).await?;
    let delays = between(&bin, bin.address, request, options).await?;
    Ok(delays.row(
        format!(
            "POST to event of the {name}'s stream at {}/s: p99",
            options.rate
        ),
        Aim::AtMost(10.0),
    ))
}

/// What [`between`] measured.
pub(super) struct Delays {
    /// From POST to event.
    events: Latencies,
    /// From POST to answer.
    answers: Latencies,
}

impl Delays {
    /// The row of the report.
    pub(super) fn row(mut self, what: String, aim: Aim) -> Row {
        let Self { events, answers } = &mut self;
        let row = Row::new(what, events.percentile_ms(0.99), "ms", aim);
        row.because(format!(
            "p50 {:.2} ms, most {:.2} ms; the answer: p50 {:.2} ms, p99 {:.2} ms",
            events.percentile_ms(0.5),
            events.percentile_ms(1.0),
            answers.percentile_ms(0.5),
            answers.percentile_ms(0.99),
        ))
    }
}

/// Sends to a bin at a steady rate, and watches it at that address.
pub(super) async fn between(
    bin: &Bin,
    watched_at: SocketAddr,
    request: fn(&Bin) -> Request,
    options: &Options,
) -> Result<Delays> {
    let there = Bin {
        address: watched_at,
        ..bin.clone()
    };
    let (opened, is_open) = oneshot::channel();
    let (last, last_is) = oneshot::channel();
    let watcher = tokio::spawn(watch(there.clone(), request(&there), opened, last_is));
    is_open.await?;
    let time = Duration::from_secs((options.seconds * 3).max(5));
    let sent = load::paced(bin.address, &bin.webhook(), CONNECTIONS, options.rate, time).await?;
    let newest = sent.iter().filter_map(|sent| sent.number).max();
    // A watcher that failed says so itself, just below.
    last.send(newest.ok_or("no capture was given a number")?)
        .ok();
    let mut arrivals = watcher.await??;
    arrivals.sort_unstable_by_key(|(number, _)| *number);
    let (mut delays, mut answers) = (Latencies::default(), Latencies::default());
    for sent in &sent {
        let number = sent.number.ok_or("a capture was given no number")?;
        // An event may stand for several captures: the first at or above the number brought it.
        let at = arrivals.partition_point(|(have, _)| *have < number);
        let (_, arrived) = arrivals.get(at).ok_or("a capture had no event")?;
        delays.record(arrived.duration_since(sent.due));
        answers.record(sent.answered.duration_since(sent.due));
    }
    println!("delay: {} captures, {} events", sent.len(), arrivals.len());
    Ok(Delays {
        events: delays,
        answers,
    })
}

/// Notes when each event comes, until the last one has.
async fn watch(
    bin: Bin,
    request: Request,
    opened: oneshot::Sender<()>,
    last: oneshot::Receiver<u64>,
) -> Result<Vec<Arrival>> {
    let mut stream = load::connect(bin.address).await?;
    stream.write_all(&request).await?;
    let (mut reader, mut chunks) = (Reader::default(), Chunks::default());
    let status = reader.open(&mut stream).await?.status;
    if status != 200 {
        return Err(format!("the stream answered {status}").into());
    }
    // Nobody else holds the other end.
    opened.send(()).ok();
    let (mut data, mut arrivals) = (Vec::new(), Vec::new());
    let ended = async {
        let last = last.await?;
        Ok::<_, Failure>(last)
    };
    tokio::pin!(ended);
    let mut newest = None;
    let mut deadline = Instant::now() + Duration::from_hours(1);
    loop {
        let seen = arrivals.last().map_or(0, |(number, _): &Arrival| *number);
        if newest.is_some_and(|newest| seen >= newest) {
            return Ok(arrivals);
        }
        tokio::select! {
            biased;
            last = &mut ended, if newest.is_none() => {
                newest = Some(last?);
                deadline = Instant::now() + PATIENCE;
            }
            more = reader.more(&mut stream, &mut chunks, &mut data) => {
                more?;
                note(&mut data, Instant::now(), &mut arrivals);
            }
            () = tokio::time::sleep_until(deadline.into()) => {
                return Err(format!("the event of capture {newest:?} never came, the last was {seen}").into());
            }
        }
    }
}

/// Takes whole lines out of `data` and notes the ids among them.
fn note(data: &mut Vec<u8>, now: Instant, arrivals: &mut Vec<Arrival>) {
    let Some(end) = memchr::memrchr(b'\n', data) else {
        return;
    };
    for line in data.drain(..=end).as_slice().split(|&byte| byte == b'\n') {
        let id = line
            .strip_prefix(b"id:")
            .and_then(|id| std::str::from_utf8(id.trim_ascii()).ok()?.parse().ok());
        if let Some(id) = id {
            arrivals.push((id, now));
        }
    }
}
