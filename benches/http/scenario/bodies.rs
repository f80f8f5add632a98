//! Peak memory while bodies arrive that are too large, or large and many.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::task::JoinSet;

use super::mib;
use crate::answer::Reader;
use crate::bin::{Bin, Keep};
use crate::child::Server;
use crate::options::Options;
use crate::report::{Aim, Row};
use crate::{Result, load, request};

/// A body that no server should hold in memory.
const HUGE: u64 = 1 << 30;

/// A body of the size that is just accepted.
const LARGE: u64 = 10 << 20;

/// How many send one of those at once.
const SENDERS: u32 = 100;

/// What is written at once.
const PIECE: usize = 64 << 10;

/// The longest that one sender may take.
const PATIENCE: Duration = Duration::from_mins(2);

/// Weighs a server while each kind of body arrives.
pub(crate) async fn run(options: &Options) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (name, chunked) in [("announced", false), ("in chunks", true)] {
        let server = Server::hookwell(options)?;
        let bin = Bin::create(server.address, Keep::Default).await?;
        load::once(server.address, &bin.webhook(), 200).await?;
        let before = server.memory()?;
        let sent = upload(bin, HUGE, chunked).await?;
        let peak = server.peak_memory()?;
        println!("bodies: 1 GiB {name}: {sent:?}");
        rows.push(
            Row::new(
                format!("peak memory above rest while 1 GiB {name} is refused"),
                mib(peak.saturating_sub(before)),
                "MiB",
                Aim::AtMost(32.0),
            )
            .because(format!(
                "{:.1} MiB to {:.1} MiB; answered {} after {:.1} MiB were taken",
                mib(before),
                mib(peak),
                sent.status,
                mib(sent.bytes)
            )),
        );
    }
    rows.push(crowd(options).await?);
    Ok(rows)
}

/// What came of one upload.
#[derive(Debug)]
struct Sent {
    /// How it was answered: a status, or what became of the connection.
    status: String,
    /// How many bytes of body the server's side took.
    bytes: u64,
}

/// Sends a body until it is whole, or answered before that.
async fn upload(bin: Bin, size: u64, chunked: bool) -> Result<Sent> {
    let length = (!chunked).then_some(size);
    let head = request::upload_head(bin.address, &format!("/{}", bin.id), length);
    let (mut from, mut to) = load::connect(bin.address).await?.into_split();
    to.write_all(&head).await?;
    let sender = tokio::spawn(async move {
        let (mut bytes, piece) = (0, vec![b'x'; PIECE]);
        while bytes < size && send_piece(&mut to, &piece, chunked).await.is_ok() {
            bytes += PIECE as u64;
        }
        if chunked && bytes >= size {
            // The server may have answered and gone by now; the answer tells.
            to.write_all(b"0\r\n\r\n").await.ok();
        }
        // The sending side stays open until the answer was read.
        (bytes, to)
    });
    let mut reader = Reader::default();
    let answer = tokio::time::timeout(PATIENCE, reader.read(&mut from)).await?;
    let status = match answer {
        Ok(answer) => answer.head.status.to_string(),
        Err(error) => format!("not ({error})"),
    };
    drop(from);
    let stop = tokio::time::timeout(Duration::from_secs(5), sender).await;
    let bytes = stop.map_or(Ok(0), |sender| sender.map(|(bytes, _)| bytes))?;
    Ok(Sent { status, bytes })
}

async fn send_piece(to: &mut OwnedWriteHalf, piece: &[u8], chunked: bool) -> std::io::Result<()> {
    if chunked {
        to.write_all(format!("{:x}\r\n", piece.len()).as_bytes())
            .await?;
    }
    to.write_all(piece).await?;
    if chunked {
        to.write_all(b"\r\n").await?;
    }
    Ok(())
}

/// Many senders of large bodies at once.
async fn crowd(options: &Options) -> Result<Row> {
    let server = Server::hookwell(options)?;
    let bin = Arc::new(Bin::create(server.address, Keep::All).await?);
    load::once(server.address, &bin.webhook(), 200).await?;
    let before = server.memory()?;
    let began = Instant::now();
    let mut senders = JoinSet::new();
    for _ in 0..SENDERS {
        let bin = Bin::clone(&bin);
        senders.spawn(upload(bin, LARGE, false));
    }
    let mut statuses = BTreeMap::<String, u32>::new();
    while let Some(sent) = senders.join_next().await {
        *statuses.entry(sent??.status).or_default() += 1;
    }
    let took = began.elapsed().as_secs_f64();
    let peak = server.peak_memory()?;
    let statuses: Vec<String> = statuses
        .iter()
        .map(|(status, count)| format!("{count} were answered {status}"))
        .collect();
    println!("bodies: crowd: {statuses:?} in {took:.1} s");
    Ok(Row::new(
        format!("peak memory while {SENDERS} senders post 10 MiB each"),
        mib(peak),
        "MiB",
        Aim::None,
    )
    .because(format!(
        "{:.1} MiB at rest; {} in {took:.1} s",
        mib(before),
        statuses.join(", ")
    )))
}
