//! Memory of watchers that wait, and that they all get what they wait for.

use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::mib;
use crate::answer::{Chunks, Reader};
use crate::bin::{Bin, Keep};
use crate::child::Server;
use crate::options::Options;
use crate::report::{Aim, Row};
use crate::request::Request;
use crate::{Result, load};

/// The longest that all watchers together may wait for one event.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long the server is left alone before it is weighed.
const SETTLE: Duration = Duration::from_secs(2);

/// A stream whose head was read.
struct Watcher {
    stream: TcpStream,
    reader: Reader,
    chunks: Chunks,
}

/// Weighs watchers of the API's stream and of the page's, each on a server of its own.
pub(crate) async fn run(options: &Options) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (name, request) in [
        ("page", Bin::page_stream as fn(&Bin) -> Request),
        ("API", Bin::events),
    ] {
        rows.extend(of(name, request, options).await?);
    }
    Ok(rows)
}

async fn of(name: &str, request: fn(&Bin) -> Request, options: &Options) -> Result<Vec<Row>> {
    let server = Server::hookwell(options)?;
    let bin = Bin::create(server.address, Keep::Default).await?;
    // What the first stream and the first capture make once is no watcher's.
    let mut first = open(&bin, &request(&bin)).await?;
    load::once(bin.address, &bin.webhook(), 200).await?;
    first.event().await?;
    tokio::time::sleep(SETTLE).await;
    let before = server.memory()?;
    let mut watchers = Vec::with_capacity(options.watchers);
    for _ in 0..options.watchers {
        // As a browser does that was just given the page with the first capture on it.
        watchers.push(open(&bin, &request(&bin)).await?);
    }
    tokio::time::sleep(SETTLE).await;
    let after = server.memory()?;
    println!(
        "watchers: {} of the {name}'s stream, {:.1} MiB before, {:.1} MiB after",
        watchers.len(),
        mib(before),
        mib(after)
    );
    let reached = reach(&bin, watchers).await?;
    let count = f64::from(u32::try_from(options.watchers.max(1))?);
    Ok(vec![
        Row::new(
            format!(
                "{} idle watchers of the {name}'s stream: memory each",
                options.watchers
            ),
            mib(after.saturating_sub(before)) * 1024.0 / count,
            "KiB",
            Aim::AtMost(20.0),
        )
        .because(format!("{:.1} MiB to {:.1} MiB", mib(before), mib(after))),
        Row::new(
            format!(
                "from one POST to the event of the last of {} watchers",
                options.watchers
            ),
            reached.as_secs_f64() * 1e3,
            "ms",
            Aim::None,
        ),
    ])
}

async fn open(bin: &Bin, request: &Request) -> Result<Watcher> {
    let mut stream = load::connect(bin.address).await?;
    stream.write_all(request).await?;
    let mut reader = Reader::default();
    let head = tokio::time::timeout(PATIENCE, reader.open(&mut stream)).await??;
    if head.status != 200 {
        return Err(format!("the stream answered {}", head.status).into());
    }
    Ok(Watcher {
        stream,
        reader,
        chunks: Chunks::default(),
    })
}

/// Sends one request and waits until every watcher has seen its event.
async fn reach(bin: &Bin, mut watchers: Vec<Watcher>) -> Result<Duration> {
    let began = Instant::now();
    load::once(bin.address, &bin.webhook(), 200).await?;
    for watcher in &mut watchers {
        watcher.event().await?;
    }
    Ok(began.elapsed())
}

impl Watcher {
    /// Waits for the next event.
    async fn event(&mut self) -> Result<()> {
        let mut data = Vec::new();
        let seen = async {
            while memchr::memmem::find(&data, b"id:").is_none() {
                self.reader
                    .more(&mut self.stream, &mut self.chunks, &mut data)
                    .await?;
            }
            Ok::<_, crate::Failure>(())
        };
        tokio::time::timeout(PATIENCE, seen).await?
    }
}
