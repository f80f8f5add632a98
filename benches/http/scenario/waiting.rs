//! Memory of senders whose answers are held back: by a delay, without an end, or until a listener answers.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::mib;
use crate::answer::Reader;
use crate::bin::{Bin, Keep};
use crate::child::Server;
use crate::options::Options;
use crate::report::{Aim, Row};
use crate::{Result, load, request};

/// How long the server is left alone before it is weighed.
const SETTLE: Duration = Duration::from_secs(2);

/// How long all that was sent may take to be kept.
const PATIENCE: Duration = Duration::from_mins(2);

/// How many senders of one bin may wait for its listener.
const OF_ONE_LISTENER: usize = 2000;

/// Weighs senders, each kind on a server of its own.
pub(crate) async fn run(options: &Options) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (name, reply, has_listener) in [
        ("a delayed answer", json!({"delay_ms": 60_000}), false),
        (
            "an answer that never comes",
            json!({"fault": "hang"}),
            false,
        ),
        ("a listener's answer", json!({}), true),
    ] {
        rows.push(of(name, &reply, has_listener, options).await?);
    }
    Ok(rows)
}

async fn of(name: &str, reply: &Value, has_listener: bool, options: &Options) -> Result<Row> {
    let server = Server::hookwell(options)?;
    let count = options.watchers;
    let (mut bins, mut listeners) = (Vec::new(), Vec::new());
    for _ in 0..count.div_ceil(OF_ONE_LISTENER) {
        let bin = Bin::replying(server.address, reply).await?;
        if has_listener {
            listeners.push(listen(&bin).await?);
        }
        bins.push(bin);
    }
    let quick = Bin::create(server.address, Keep::Default).await?;
    load::once(quick.address, &quick.webhook(), 200).await?;
    tokio::time::sleep(SETTLE).await;
    let before = server.memory()?;
    let mut senders = Vec::with_capacity(count);
    for bin in &bins {
        let webhook = bin.webhook();
        for _ in 0..OF_ONE_LISTENER.min(count - senders.len()) {
            let mut stream = load::connect(bin.address).await?;
            stream.write_all(&webhook).await?;
            senders.push(stream);
        }
    }
    let kept = async {
        loop {
            let mut kept = 0;
            for bin in &bins {
                kept += bin.captures().await?;
            }
            if kept >= count as u64 {
                return Ok::<_, crate::Failure>(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(PATIENCE, kept).await??;
    tokio::time::sleep(SETTLE).await;
    let after = server.memory()?;
    // None was answered, and others are.
    for stream in &senders {
        if stream.try_read(&mut [0; 1]).is_ok() {
            return Err(format!("{name}: one sender was answered").into());
        }
    }
    load::once(quick.address, &quick.webhook(), 200).await?;
    println!(
        "waiting: {count} for {name}, {:.1} MiB before, {:.1} MiB after",
        mib(before),
        mib(after)
    );
    let row = Row::new(
        format!("{count} senders that wait for {name}: memory each"),
        mib(after.saturating_sub(before)) * 1024.0 / f64::from(u32::try_from(count.max(1))?),
        "KiB",
        Aim::AtMost(40.0),
    );
    Ok(row.because(format!("{:.1} MiB to {:.1} MiB", mib(before), mib(after))))
}

/// A listener whose answers senders wait for, and that never answers.
async fn listen(bin: &Bin) -> Result<TcpStream> {
    let path = format!("/api/v1/bins/{}/events?respond=120", bin.id);
    let request = request::get(bin.address, &path, Some(&bin.key));
    let head = request.strip_suffix(b"\r\n").ok_or("a head has an end")?;
    let request = [head, b"Hookwell-Listener: bench\r\n\r\n"].concat();
    let mut stream = load::connect(bin.address).await?;
    stream.write_all(&request).await?;
    let head = Reader::default().open(&mut stream).await?;
    if head.status != 200 {
        return Err(format!("the stream answered {}", head.status).into());
    }
    Ok(stream)
}
