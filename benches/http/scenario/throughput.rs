//! Requests per second and latency: hookwell beside the null server.
//!
//! Every measurement has a new process with a new database, so that no round inherits the files or the sweeping of another.

use super::{Measured, drive, median, ratio};
use crate::Result;
use crate::bin::{Bin, Keep};
use crate::child::Server;
use crate::options::Options;
use crate::report::{Aim, Row};
use crate::request;

/// Measures many connections and one.
pub(crate) async fn run(options: &Options) -> Result<Vec<Row>> {
    let mut rows = at(options, options.connections, 0.70).await?;
    rows.extend(at(options, 1, 0.25).await?);
    Ok(rows)
}

async fn at(options: &Options, connections: usize, aim: f64) -> Result<Vec<Row>> {
    let (mut null, mut default, mut all) = (Vec::new(), Vec::new(), Vec::new());
    for round in 1..=options.rounds {
        null.push(null_server(options, connections).await?);
        default.push(hookwell(options, connections, Keep::Default).await?);
        all.push(hookwell(options, connections, Keep::All).await?);
        let last = |of: &[Measured]| of.last().map_or(0.0, |last| last.per_second);
        println!(
            "throughput, {connections} connections, round {round}: null {:.0}/s, hookwell {:.0}/s, keeping everything {:.0}/s",
            last(&null),
            last(&default),
            last(&all),
        );
    }
    Ok(rows(
        connections,
        aim,
        &null,
        &[("", &default), (", keeping everything", &all)],
    ))
}

fn rows(
    connections: usize,
    aim: f64,
    null: &[Measured],
    bins: &[(&str, &Vec<Measured>)],
) -> Vec<Row> {
    let mut rows = Vec::new();
    for (name, hookwell) in bins {
        let title = format!("{connections} connections{name}");
        let both = |figure: fn(&Measured) -> f64| (median(hookwell, figure), median(null, figure));
        let (ours, theirs) = both(|of| of.per_second);
        rows.push(
            Row::spread(
                format!("{title}: requests/s, hookwell / null"),
                ratio(hookwell, null, |of| of.per_second),
                "",
                Aim::AtLeast(aim),
            )
            .because(format!("{ours:.0}/s and {theirs:.0}/s")),
        );
        let (ours, theirs) = both(|of| of.p99);
        let halves = both(|of| of.p50);
        // The aim is for many connections; at one, the time of a request is the other side of its rate.
        let aim = if connections > 1 {
            Aim::AtMost(6.0)
        } else {
            Aim::None
        };
        rows.push(
            Row::spread(
                format!("{title}: p99, hookwell / null"),
                ratio(hookwell, null, |of| of.p99),
                "",
                aim,
            )
            .because(format!(
                "p99 {ours:.2} ms and {theirs:.2} ms, p50 {:.2} ms and {:.2} ms",
                halves.0, halves.1
            )),
        );
        let (ours, theirs) = both(|of| of.server_us);
        let client = both(|of| of.client_us);
        rows.push(
            Row::spread(
                format!("{title}: processor time, hookwell / null"),
                ratio(hookwell, null, |of| of.server_us),
                "",
                Aim::None,
            )
            .because(format!(
                "{ours:.1} µs and {theirs:.1} µs a request; the load itself {:.1} µs and {:.1} µs",
                client.0, client.1
            )),
        );
    }
    rows
}

async fn null_server(options: &Options, connections: usize) -> Result<Measured> {
    let server = Server::null()?;
    let request = request::webhook(server.address, "/4f3c2a1b0d9e8f7a6b5c4d3e2f1a0b9c");
    drive(&server, &request, connections, options).await
}

async fn hookwell(options: &Options, connections: usize, keep: Keep) -> Result<Measured> {
    let server = Server::hookwell(options)?;
    let bin = Bin::create(server.address, keep).await?;
    drive(&server, &bin.webhook(), connections, options).await
}
