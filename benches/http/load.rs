//! The load: the same bytes over kept connections, every answer checked.
//!
//! [`closed`] has each connection send its next request when the last was answered, which finds the most a server can do;
//! [`paced`] sends at a fixed rate and counts the time from when a request *should* have been sent, so that a server that
//! stalls cannot hide it by slowing the load down.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::Result;
use crate::answer::{Answer, Reader};
use crate::request::Request;
use crate::statistics::Latencies;

/// The longest that one answer is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// When a load ends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Until {
    /// At the latest after this time.
    pub(crate) time: Duration,
    /// At the latest after that many answers, shared evenly by the connections.
    pub(crate) answers: u64,
}

impl Until {
    /// After this time, however many answers come.
    pub(crate) fn time(time: Duration) -> Self {
        Self {
            time,
            answers: u64::MAX,
        }
    }
}

/// What came of a load.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The time of every request.
    pub(crate) latencies: Latencies,
    /// How long it all took.
    pub(crate) took: Duration,
}

impl Outcome {
    /// Answers in a second.
    pub(crate) fn per_second(&self) -> f64 {
        let answers = u32::try_from(self.latencies.len()).unwrap_or(u32::MAX);
        f64::from(answers) / self.took.as_secs_f64()
    }
}

/// A connection that the kernel does not hold small writes back on.
///
/// # Errors
/// When the server does not accept it.
pub(crate) async fn connect(address: SocketAddr) -> Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Sends one request on a connection of its own and reads the answer.
///
/// # Errors
/// When there is no answer, or not with this status.
pub(crate) async fn once(address: SocketAddr, request: &Request, status: u16) -> Result<Answer> {
    let mut stream = connect(address).await?;
    stream.write_all(request).await?;
    let answer = tokio::time::timeout(PATIENCE, Reader::default().read(&mut stream)).await??;
    expect(answer.head.status, status)?;
    Ok(answer)
}

/// Sends requests over that many connections, each as soon as the one before it was answered 200.
///
/// # Errors
/// When a connection fails, or an answer has another status.
pub(crate) async fn closed(
    address: SocketAddr,
    request: &Request,
    connections: usize,
    until: Until,
) -> Result<Outcome> {
    let mut streams = Vec::with_capacity(connections);
    for _ in 0..connections {
        streams.push(connect(address).await?);
    }
    let began = Instant::now();
    let end = began + until.time;
    let share = until.answers / connections as u64;
    let mut tasks = JoinSet::new();
    for stream in streams {
        tasks.spawn(one_connection(stream, Request::clone(request), end, share));
    }
    let mut latencies = Latencies::default();
    // The time-out only matters when a server falls silent.
    let all = async {
        while let Some(one) = tasks.join_next().await {
            latencies.merge(one??);
        }
        Ok::<_, crate::Failure>(())
    };
    tokio::time::timeout(until.time + PATIENCE, all).await??;
    Ok(Outcome {
        latencies,
        took: began.elapsed(),
    })
}

async fn one_connection(
    mut stream: TcpStream,
    request: Request,
    end: Instant,
    share: u64,
) -> Result<Latencies> {
    let mut reader = Reader::default();
    let mut latencies = Latencies::with_capacity(1 << 14);
    let mut now = Instant::now();
    for _ in 0..share {
        if now >= end {
            break;
        }
        stream.write_all(&request).await?;
        let head = reader.skim(&mut stream).await?;
        expect(head.status, 200)?;
        let after = Instant::now();
        latencies.record(after - now);
        now = after;
    }
    Ok(latencies)
}

/// A request of a [`paced`] load.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sent {
    /// When it should have been sent.
    pub(crate) due: Instant,
    /// When it was answered.
    pub(crate) answered: Instant,
    /// The number that its capture was given.
    pub(crate) number: Option<u64>,
}

/// Sends `rate` requests a second for this long, over as many connections as given.
///
/// # Errors
/// When a connection fails, or an answer is not 200.
pub(crate) async fn paced(
    address: SocketAddr,
    request: &Request,
    connections: u32,
    rate: u32,
    time: Duration,
) -> Result<Vec<Sent>> {
    let mut streams = Vec::new();
    for _ in 0..connections {
        streams.push(connect(address).await?);
    }
    let began = Instant::now() + Duration::from_millis(20);
    let mut tasks = JoinSet::new();
    for (mut stream, first) in streams.into_iter().zip(0..) {
        let request = Request::clone(request);
        tasks.spawn(async move {
            let (mut reader, mut sent) = (Reader::default(), Vec::new());
            // Connection i sends requests i, i + connections, i + 2 connections, …
            for turn in (first..).step_by(connections as usize) {
                let due = began + Duration::from_secs(1) * turn / rate;
                if due >= began + time {
                    break;
                }
                wait_until(due).await;
                stream.write_all(&request).await?;
                let head = reader.skim(&mut stream).await?;
                expect(head.status, 200)?;
                sent.push(Sent {
                    due,
                    answered: Instant::now(),
                    number: head.number,
                });
            }
            Ok::<_, crate::Failure>(sent)
        });
    }
    let mut sent = Vec::new();
    let all = async {
        while let Some(one) = tasks.join_next().await {
            sent.extend(one??);
        }
        Ok::<_, crate::Failure>(())
    };
    tokio::time::timeout(time + PATIENCE, all).await??;
    Ok(sent)
}

/// Waits for a moment more exactly than tokio's timer does, whose ticks are a millisecond.
async fn wait_until(due: Instant) {
    if let Some(long) = due
        .checked_duration_since(Instant::now())
        .and_then(|left| left.checked_sub(Duration::from_millis(2)))
    {
        tokio::time::sleep(long).await;
    }
    while Instant::now() < due {
        tokio::task::yield_now().await;
    }
}

fn expect(have: u16, want: u16) -> Result<()> {
    if have == want {
        Ok(())
    } else {
        Err(format!("the server answered {have} instead of {want}").into())
    }
}
