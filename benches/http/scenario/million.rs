//! A bin that holds very many captures beside an empty one: new captures, and the first page.

use std::time::{Duration, Instant};

use super::{drive, median, mib, ratio};
use crate::bin::{Bin, Keep};
use crate::child::Server;
use crate::load::{self, Until};
use crate::options::Options;
use crate::report::{Aim, Row};
use crate::request::Request;
use crate::statistics::Spread;
use crate::{Result, answer::Reader};

/// How often each page is asked for in a round.
const PAGES: usize = 100;

/// As many captures as fill the first page.
const ONE_PAGE: u64 = 200;

/// Fills a bin, then measures it in turn with one that is new.
pub(crate) async fn run(options: &Options) -> Result<Vec<Row>> {
    let server = Server::hookwell(options)?;
    let full = Bin::create(server.address, Keep::All).await?;
    fill(&full, options.captures, options.fill_seconds).await?;
    // A new process: what the filling left in memory is not what a page finds a day later.
    let server = server.restart(options)?;
    let full = Bin {
        address: server.address,
        ..full
    };
    let held = full.captures().await?;
    println!(
        "million: {held} captures, {:.0} MiB on disk",
        mib(server.disk()?)
    );
    let mut rows = pages(&full, options, held).await?;
    rows.extend(captures(&server, &full, options, held).await?);
    Ok(rows)
}

/// Through the front door, like any other capture.
async fn fill(bin: &Bin, captures: u64, seconds: u64) -> Result<()> {
    let until = Until {
        time: Duration::from_secs(seconds),
        answers: captures,
    };
    let outcome = load::closed(bin.address, &bin.webhook(), 64, until).await?;
    println!(
        "million: filled with {} captures in {:.1} s",
        outcome.latencies.len(),
        outcome.took.as_secs_f64()
    );
    Ok(())
}

async fn captures(server: &Server, full: &Bin, options: &Options, held: u64) -> Result<Vec<Row>> {
    let (mut empty, mut filled) = (Vec::new(), Vec::new());
    for round in 1..=options.rounds {
        let fresh = Server::hookwell(options)?;
        let bin = Bin::create(fresh.address, Keep::All).await?;
        empty.push(drive(&fresh, &bin.webhook(), options.connections, options).await?);
        drop(fresh);
        filled.push(drive(server, &full.webhook(), options.connections, options).await?);
        println!("million: captures, round {round} of {}", options.rounds);
    }
    let row = Row::spread(
        format!("bin of {held} captures: requests/s, full / empty"),
        ratio(&filled, &empty, |of| of.per_second),
        "",
        Aim::AtLeast(0.9),
    );
    Ok(vec![row.because(format!(
        "{:.0}/s and {:.0}/s; p99 {:.2} ms and {:.2} ms",
        median(&filled, |of| of.per_second),
        median(&empty, |of| of.per_second),
        median(&filled, |of| of.p99),
        median(&empty, |of| of.p99),
    ))])
}

/// The page for people and the list for programs: of the full bin, of one that just fills the page, of an empty one.
async fn pages(full: &Bin, options: &Options, held: u64) -> Result<Vec<Row>> {
    let fresh = Server::hookwell(options)?;
    let empty = Bin::create(fresh.address, Keep::All).await?;
    let short = Bin::create(fresh.address, Keep::All).await?;
    fill(&short, ONE_PAGE, 10).await?;
    let mut rows = Vec::new();
    for (name, request) in [
        ("first page", Bin::page as fn(&Bin) -> Request),
        ("first list in the API", Bin::list),
    ] {
        let (mut of_full, mut of_short, mut of_empty) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..options.rounds {
            for (times, bin) in [
                (&mut of_empty, &empty),
                (&mut of_short, &short),
                (&mut of_full, full),
            ] {
                times.push(page_time(bin, &request(bin)).await?);
            }
        }
        let ratio = |to: &[f64]| Spread::of(of_full.iter().zip(to).map(|(full, to)| full / to));
        let middle = |of: &[f64]| Spread::of(of.iter().copied()).median;
        let detail = format!(
            "{:.2} ms full, {:.2} ms with {ONE_PAGE}, {:.2} ms empty",
            middle(&of_full),
            middle(&of_short),
            middle(&of_empty)
        );
        rows.push(
            Row::spread(
                format!("bin of {held} captures: {name}, to a bin of {ONE_PAGE}"),
                ratio(&of_short),
                "",
                Aim::AtMost(1.5),
            )
            .because(detail),
        );
        rows.push(
            Row::spread(
                format!("bin of {held} captures: {name}, to an empty bin"),
                ratio(&of_empty),
                "",
                Aim::None,
            )
            .because("an empty bin's page has no rows"),
        );
    }
    Ok(rows)
}

/// The median time of a page in milliseconds, over one connection.
async fn page_time(bin: &Bin, request: &Request) -> Result<f64> {
    use tokio::io::AsyncWriteExt as _;
    let mut stream = load::connect(bin.address).await?;
    let (mut reader, mut times) = (Reader::default(), Vec::new());
    for _ in 0..PAGES {
        let began = Instant::now();
        stream.write_all(request).await?;
        let head = reader.skim(&mut stream).await?;
        if head.status != 200 {
            return Err(format!("the page answered {}", head.status).into());
        }
        times.push(began.elapsed().as_secs_f64() * 1e3);
    }
    Ok(Spread::of(times).median)
}
