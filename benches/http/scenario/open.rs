//! Opening a capture that is as large as a bin takes: until the page is there, and until a browser has painted it.

use std::fmt::Write as _;
use std::time::Instant;

use serde_json::Value;

use super::browse;
use crate::bin::{Bin, Keep};
use crate::child::Server;
use crate::options::Options;
use crate::report::{Aim, Row};
use crate::statistics::Spread;
use crate::{Result, load, request};

/// The size of the body.
const BODY: usize = 10 << 20;

/// Opens a large JSON capture.
pub(crate) async fn run(options: &Options) -> Result<Vec<Row>> {
    let server = Server::hookwell(options)?;
    let bin = Bin::create(server.address, Keep::All).await?;
    let posted = request::post_json(server.address, &format!("/{}", bin.id), &large());
    load::once(server.address, &posted, 200).await?;
    let path = format!("/b/{}/requests/1", bin.key);
    let page = request::get(server.address, &path, None);
    let (mut times, mut size) = (Vec::new(), 0);
    for _ in 0..options.rounds {
        let began = Instant::now();
        size = load::once(server.address, &page, 200).await?.body.len();
        times.push(began.elapsed().as_secs_f64() * 1e3);
    }
    let mut rows = vec![
        Row::spread(
            "a capture of 10 MiB JSON: the whole page",
            Spread::of(times),
            "ms",
            Aim::AtMost(300.0),
        )
        .because(format!("{} KiB of HTML", size >> 10)),
    ];
    match paints(&format!("http://{}{path}", server.address), options.rounds).await {
        Ok(paints) => rows.push(Row::spread(
            "a capture of 10 MiB JSON: first paint in Chromium",
            Spread::of(paints),
            "ms",
            Aim::AtMost(300.0),
        )),
        Err(error) => println!("open: no browser to paint the page ({error})"),
    }
    Ok(rows)
}

/// A list of objects of that size.
fn large() -> String {
    let mut text = String::from("{\"rows\":[");
    let mut row = 0;
    while text.len() < BODY - 200 {
        write!(
            text,
            r#"{{"id":"row_{row:09}","amount":{},"paid":{},"tags":["one","two"],"note":"some text of a row"}},"#,
            row * 7,
            row % 2 == 0
        )
        .expect("writing to a string does not fail");
        row += 1;
    }
    text.push_str("null]}");
    text
}

/// Milliseconds from the start of a navigation to the first paint of content (<https://www.w3.org/TR/paint-timing/>), several
/// times.
async fn paints(url: &str, rounds: usize) -> Result<Vec<f64>> {
    let (driver, client) = browse().await?;
    let mut times = Vec::new();
    // The first visit starts the browser's own processes.
    for round in 0..=rounds {
        client.goto(url).await?;
        let script = "return performance.getEntriesByName('first-contentful-paint')[0]?.startTime";
        let paint = loop {
            if let Value::Number(paint) = client.execute(script, Vec::new()).await? {
                break paint.as_f64().unwrap_or_default();
            }
        };
        if round > 0 {
            times.push(paint);
        }
        client.goto("about:blank").await?;
    }
    client.close().await?;
    drop(driver);
    Ok(times)
}
