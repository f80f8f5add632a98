//! From start to the first answer, and memory at rest.

use std::time::{Duration, Instant};

use super::mib;
use crate::bin::{Bin, Keep};
use crate::child::Server;
use crate::options::Options;
use crate::report::{Aim, Row};
use crate::statistics::Spread;
use crate::{Result, load, request};

/// How often it is started.
const STARTS: usize = 10;

/// Starts a new server several times, one with data again, and weighs one that has shown its pages.
pub(crate) async fn run(options: &Options) -> Result<Vec<Row>> {
    let mut first = Vec::new();
    for _ in 0..STARTS {
        first.push(timed(|| Server::hookwell(options)).await?.1);
    }
    let (mut server, mut again) = (Server::hookwell(options)?, Vec::new());
    for _ in 0..STARTS {
        // The stop counts here too, as in a restart by an operator.
        let (next, took) = timed(|| server.restart(options)).await?;
        server = next;
        again.push(took);
    }
    drop(server);
    let (bare, used) = at_rest(options).await?;
    println!("start: done");
    Ok(vec![
        Row::spread(
            "start to the first answer, empty data folder",
            Spread::of(first),
            "ms",
            Aim::AtMost(100.0),
        ),
        Row::spread(
            "stop, start and first answer, same data folder",
            Spread::of(again),
            "ms",
            Aim::None,
        ),
        Row::new(
            "memory after the first answer",
            mib(bare),
            "MiB",
            Aim::AtMost(25.0),
        ),
        Row::new(
            "memory at rest, after pages, a bin and a capture",
            mib(used),
            "MiB",
            Aim::AtMost(25.0),
        ),
    ])
}

/// Starts a server by `start` and waits for its first answer; gives milliseconds.
async fn timed(start: impl FnOnce() -> Result<Server>) -> Result<(Server, f64)> {
    let began = Instant::now();
    let server = start()?;
    load::once(
        server.address,
        &request::get(server.address, "/healthz", None),
        200,
    )
    .await?;
    Ok((server, began.elapsed().as_secs_f64() * 1e3))
}

async fn at_rest(options: &Options) -> Result<(u64, u64)> {
    let server = Server::hookwell(options)?;
    load::once(
        server.address,
        &request::get(server.address, "/healthz", None),
        200,
    )
    .await?;
    let bare = server.memory()?;
    load::once(
        server.address,
        &request::get(server.address, "/", None),
        200,
    )
    .await?;
    let bin = Bin::create(server.address, Keep::Default).await?;
    load::once(server.address, &bin.webhook(), 200).await?;
    load::once(server.address, &bin.page(), 200).await?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    Ok((bare, server.memory()?))
}
