//! A search in a bin that holds very many captures, and captures that arrive meanwhile.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::median;
use crate::bin::{Bin, Keep};
use crate::child::Server;
use crate::load::{self, Until};
use crate::options::Options;
use crate::report::{Aim, Row};
use crate::statistics::Spread;
use crate::{Result, request};

/// How many captures are searched.
const CAPTURES: u64 = 100_000;

/// The longest that filling the bin may take.
const FILL: Duration = Duration::from_mins(2);

/// What is searched for, so that nothing is found and everything has to be looked at, and the aim in milliseconds.
const SEARCHES: [(&str, &str, f64); 3] = [
    ("a simple term", "method:DELETE", 20.0),
    ("a JSON term", "json.data.amount>1000000", 1500.0),
    ("text anywhere", "\"not there\"", 1500.0),
];

/// Searches a bin for what is not there.
pub(crate) async fn run(options: &Options) -> Result<Vec<Row>> {
    let server = Server::hookwell(options)?;
    let bin = Bin::create(server.address, Keep::All).await?;
    let until = Until {
        time: FILL,
        answers: CAPTURES,
    };
    load::closed(server.address, &bin.webhook(), 64, until).await?;
    let held = bin.captures().await?;
    println!("search: filled with {held} captures");
    let mut rows = Vec::new();
    for (name, filter, aim) in SEARCHES {
        let (mut times, mut calls) = (Vec::new(), 0);
        for _ in 0..options.rounds {
            let began = Instant::now();
            calls = all(&bin, filter).await?;
            times.push(began.elapsed().as_secs_f64() * 1e3);
        }
        rows.push(
            Row::spread(
                format!("search of {held} captures: {name}"),
                Spread::of(times),
                "ms",
                Aim::AtMost(aim),
            )
            .because(format!("`{filter}`, in {calls} calls")),
        );
    }
    rows.push(beside(&server, &bin, options).await?);
    Ok(rows)
}

/// Asks until everything was looked at, and says in how many calls.
async fn all(bin: &Bin, filter: &str) -> Result<u32> {
    let (mut before, mut calls) = (None::<u64>, 0);
    loop {
        let mut path = format!(
            "/api/v1/bins/{}/captures?limit=50&q={}",
            bin.id,
            percent(filter)
        );
        if let Some(before) = before {
            path += &format!("&before={before}");
        }
        let asked = request::get(bin.address, &path, Some(&bin.key));
        let answer = load::once(bin.address, &asked, 200).await?;
        let found: Value = serde_json::from_slice(&answer.body)?;
        calls += 1;
        match found["next"].as_u64() {
            Some(next) => before = Some(next),
            None => return Ok(calls),
        }
    }
}

fn percent(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b':' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

/// The speed of captures while another client searches without a pause, beside that without.
async fn beside(server: &Server, bin: &Bin, options: &Options) -> Result<Row> {
    let alone = super::drive(server, &bin.webhook(), options.connections, options).await?;
    let searching = {
        let bin = bin.clone();
        let (_, filter, _) = SEARCHES[1];
        tokio::spawn(async move { while all(&bin, filter).await.is_ok() {} })
    };
    let busy = super::drive(server, &bin.webhook(), options.connections, options).await?;
    searching.abort();
    Ok(Row::new(
        "requests/s while another client searches, to those without",
        median(&[busy], |of| of.per_second) / median(&[alone], |of| of.per_second),
        "",
        Aim::None,
    )
    .because(format!(
        "{:.0}/s and {:.0}/s; p99 {:.2} ms and {:.2} ms",
        busy.per_second, alone.per_second, busy.p99, alone.p99
    )))
}
