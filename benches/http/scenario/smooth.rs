//! A page that is read while requests pour in: how long a browser is busy at a stretch, and so deaf to the reader.

use std::time::Duration;

use fantoccini::Client;
use serde_json::Value;

use super::browse;
use crate::bin::{Bin, Keep};
use crate::child::Server;
use crate::load::{self, Until};
use crate::options::Options;
use crate::report::{Aim, Row};
use crate::{Failure, Result};

/// Captures in the bin, all of them rows of the list when requests begin to arrive.
const ROWS: u64 = 1000;

/// Requests in a second: one every 20 ms.
const RATE: u32 = 50;

/// For how long they arrive.
const TIME: Duration = Duration::from_secs(10);

/// The longest that the page may take to show something.
const PATIENCE: Duration = Duration::from_secs(30);

/// Keeps how long each task took that took long (<https://www.w3.org/TR/longtasks-1/>: over 50 ms).
const WATCH: &str = "
    window.tasks = [];
    new PerformanceObserver(list => window.tasks.push(...list.getEntries().map(entry => entry.duration))).observe({ type: 'longtask' });";

/// Watches the page of a bin in a browser, at the top of its list, where rows enter, and further down, where they wait.
pub(crate) async fn run(options: &Options) -> Result<Vec<Row>> {
    let server = Server::hookwell(options)?;
    let (driver, client) = match browse().await {
        Ok(browser) => browser,
        Err(error) => {
            println!("smooth: no browser to show the page ({error})");
            return Ok(Vec::new());
        }
    };
    let mut rows = Vec::new();
    for (what, top) in [("the list at its top", 0), ("the list scrolled", 2000)] {
        let bin = Bin::create(server.address, Keep::All).await?;
        let fill = Until {
            answers: ROWS,
            time: PATIENCE,
        };
        load::closed(bin.address, &bin.webhook(), 1, fill).await?;
        let url = format!("http://{}/b/{}", bin.address, bin.key);
        rows.extend(watch(&client, &url, what, top, &bin).await?);
    }
    client.close().await?;
    drop(driver);
    Ok(rows)
}

async fn watch(client: &Client, url: &str, what: &str, top: u32, bin: &Bin) -> Result<Vec<Row>> {
    client.goto(url).await?;
    // Older rows come when the end of those that are there comes near.
    let all = format!(
        "const list = document.getElementById('list');
         list.scrollTop = list.scrollHeight;
         return document.querySelectorAll('a.row').length === {ROWS} && document.getElementById('state').textContent === 'Live'"
    );
    until(client, &all).await?;
    let start = format!("document.getElementById('list').scrollTop = {top}; {WATCH}");
    client.execute(&start, Vec::new()).await?;
    let sent = load::paced(bin.address, &bin.webhook(), 1, RATE, TIME).await?;
    let came = format!(
        "const n = {} + {ROWS};
         return document.getElementById('count').textContent.replace(/\\D/g, '').startsWith(n)",
        sent.len()
    );
    until(client, &came).await?;
    let script = "return [window.tasks, document.querySelectorAll('a.row').length]";
    let told = client.execute(script, Vec::new()).await?;
    let tasks: Vec<f64> = serde_json::from_value(told[0].clone())?;
    let over = |least: f64| tasks.iter().filter(|&&task| task > least).count();
    let detail = format!(
        "{} tasks over 50 ms, {} over 100 ms; {} rows at the end",
        over(50.0),
        over(100.0),
        told[1]
    );
    let longest = tasks.iter().copied().fold(0.0, f64::max);
    let what = format!("{ROWS} rows, one more every 20 ms, {what}: longest task in Chromium");
    Ok(vec![
        Row::new(what, longest, "ms", Aim::AtMost(100.0)).because(detail),
    ])
}

/// Waits until a script returns true.
async fn until(client: &Client, script: &str) -> Result<()> {
    let asking = async {
        while client.execute(script, Vec::new()).await? != Value::Bool(true) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok::<_, Failure>(())
    };
    tokio::time::timeout(PATIENCE, asking).await?
}
