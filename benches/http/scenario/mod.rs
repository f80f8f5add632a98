//! What is measured: one file each, with a `run` that gives the rows of the report.
//!
//! To add one: a file, its name in [`options`](crate::options), its line in `measure`.

pub(crate) mod bodies;
pub(crate) mod dead_targets;
pub(crate) mod delay;
pub(crate) mod million;
pub(crate) mod open;
pub(crate) mod postgres;
pub(crate) mod search;
pub(crate) mod senders;
pub(crate) mod smooth;
pub(crate) mod start;
pub(crate) mod throughput;
pub(crate) mod waiting;
pub(crate) mod watchers;

use std::time::Duration;

use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;

use crate::child::{self, Server};
use crate::driver::{Driver, FLAGS};
use crate::load::{self, Until};
use crate::options::Options;
use crate::request::Request;
use crate::{Result, statistics::Spread};

/// How long a server is driven before it is measured: its caches are warm then, and its first transactions are over.
const WARM_UP: Duration = Duration::from_millis(500);

/// What one measurement of a server under full load gave.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measured {
    /// Requests answered in a second.
    per_second: f64,
    /// Milliseconds below which half of them were answered.
    p50: f64,
    /// Milliseconds below which 99 of 100 were.
    p99: f64,
    /// Microseconds of processor time that the server took for each.
    server_us: f64,
    /// Microseconds of processor time that the load generator took for each.
    client_us: f64,
}

/// Warms a server up and measures it.
async fn drive(
    server: &Server,
    request: &Request,
    connections: usize,
    options: &Options,
) -> Result<Measured> {
    load::closed(server.address, request, connections, Until::time(WARM_UP)).await?;
    let before = (server.processor_time()?, child::processor_time("self")?);
    let until = Until::time(Duration::from_secs(options.seconds));
    let mut outcome = load::closed(server.address, request, connections, until).await?;
    let after = (server.processor_time()?, child::processor_time("self")?);
    let per_second = outcome.per_second();
    let answers = per_second * outcome.took.as_secs_f64();
    let each = |time: Duration| time.as_secs_f64() * 1e6 / answers;
    Ok(Measured {
        per_second,
        p50: outcome.latencies.percentile_ms(0.5),
        p99: outcome.latencies.percentile_ms(0.99),
        server_us: each(after.0.saturating_sub(before.0)),
        client_us: each(after.1.saturating_sub(before.1)),
    })
}

/// A browser with one window, wide enough for all parts of a page; it goes when its driver is dropped.
async fn browse() -> Result<(Driver, Client)> {
    let driver = Driver::start()?;
    let flags: Vec<&str> = FLAGS
        .into_iter()
        .chain(["--window-size=1440,900"])
        .collect();
    let capabilities = json!({
        "browserName": "chrome",
        "goog:chromeOptions": { "args": flags },
    });
    let capabilities = capabilities.as_object().cloned().unwrap_or_default();
    let client = ClientBuilder::new(HttpConnector::new())
        .capabilities(capabilities)
        .connect(&format!("http://{}", driver.address))
        .await?;
    Ok((driver, client))
}

/// The median of one of the figures.
fn median(measured: &[Measured], figure: impl Fn(&Measured) -> f64) -> f64 {
    Spread::of(measured.iter().map(figure)).median
}

/// The ratio of one of the figures in each round's pair.
fn ratio(of: &[Measured], to: &[Measured], figure: impl Fn(&Measured) -> f64) -> Spread {
    Spread::of(of.iter().zip(to).map(|(of, to)| figure(of) / figure(to)))
}

/// A number of bytes in units of 1024², for people.
#[expect(clippy::cast_precision_loss, reason = "sizes are far below 2^52")]
fn mib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
