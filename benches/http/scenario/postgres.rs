//! Nodes over PostgreSQL, beside the database alone: pgbench writes rows of the same size, as many in a transaction as hookwell does,
//! over one connection, as a node does.
//!
//! Everything is on this machine: the database, the nodes and the load share its cores. What is left of the database's own speed is
//! the figure; absolute numbers are those of this machine.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::{Measured, delay, drive, median, ratio};
use crate::bin::{Bin, Keep};
use crate::child::Server;
use crate::options::Options;
use crate::postgres::Cluster;
use crate::report::{Aim, Row};
use crate::statistics::Spread;
use crate::{Result, request};

/// How many bytes of header fields a webhook has beside its body, as the store keeps them.
const HEADERS: usize = 560;

/// What one node gave, and how it wrote.
struct Node {
    measured: Measured,
    /// Captures in a transaction, in the mean.
    group: f64,
}

/// Measures one node and two, the database alone, and the embedded store.
pub(crate) async fn run(options: &Options) -> Result<Vec<Row>> {
    let cluster = Cluster::start();
    let (mut alone, mut bare, mut two, mut embedded) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut detail = String::new();
    for round in 1..=options.rounds {
        let node = one_node(&cluster, options).await?;
        let group = node.group.round().max(1.0);
        bare.push(pgbench(&cluster, group, options)?);
        two.push(two_nodes(&cluster, options).await?);
        embedded.push(sqlite(options).await?);
        println!(
            "postgres, round {round}: one node {:.0}/s in groups of {group}, pgbench {:.0} rows/s, two nodes {:.0}/s, SQLite {:.0}/s",
            node.measured.per_second,
            bare.last().copied().unwrap_or_default(),
            two.last().copied().unwrap_or_default(),
            embedded.last().map_or(0.0, |last| last.per_second),
        );
        detail = format!("{group} in a transaction");
        alone.push(node.measured);
    }
    let across = across(&cluster, options).await?;
    let rate = |of: &Measured| of.per_second;
    let one = median(&alone, rate);
    let middle = |of: &[f64]| Spread::of(of.iter().copied()).median;
    let to = |of: &[f64], to: &[f64]| Spread::of(of.iter().zip(to).map(|(of, to)| of / to));
    let rates: Vec<f64> = alone.iter().map(rate).collect();
    Ok(vec![
        Row::spread(
            "PostgreSQL: captures/s of one node / rows/s of pgbench",
            to(&rates, &bare),
            "",
            Aim::AtLeast(0.5),
        )
        .because(format!("{one:.0}/s and {:.0}/s; {detail}", middle(&bare))),
        Row::spread(
            "PostgreSQL: captures/s of two nodes / one",
            to(&two, &rates),
            "",
            Aim::AtLeast(0.9),
        )
        .because(format!("{:.0}/s and {one:.0}/s", middle(&two))),
        Row::spread(
            "PostgreSQL: captures/s of one node / over SQLite",
            ratio(&alone, &embedded, rate),
            "",
            Aim::None,
        )
        .because(format!(
            "{one:.0}/s and {:.0}/s; p99 {:.2} ms and {:.2} ms",
            median(&embedded, rate),
            median(&alone, |of| of.p99),
            median(&embedded, |of| of.p99),
        )),
        across,
    ])
}

/// From a POST to one node to its event at another, on a machine that does nothing else.
async fn across(cluster: &Cluster, options: &Options) -> Result<Row> {
    let url = cluster.database();
    let (first, second) = (Server::over(options, &url)?, Server::over(options, &url)?);
    let bin = Bin::create(first.address, Keep::Default).await?;
    let delays = delay::between(&bin, second.address, Bin::events, options).await?;
    let what = format!(
        "PostgreSQL: POST on one node to event on another at {}/s: p99",
        options.rate
    );
    Ok(delays.row(what, Aim::AtMost(50.0)))
}

async fn one_node(cluster: &Cluster, options: &Options) -> Result<Node> {
    let url = cluster.database();
    let database = name(&url);
    let server = Server::over(options, &url)?;
    let bin = Bin::create(server.address, Keep::All).await?;
    let before = written(cluster, database)?;
    let measured = drive(&server, &bin.webhook(), options.connections, options).await?;
    let after = written(cluster, database)?;
    Ok(Node {
        measured,
        group: (after.0 - before.0) / (after.1 - before.1).max(1.0),
    })
}

/// Two nodes over one database, each with half of the connections.
async fn two_nodes(cluster: &Cluster, options: &Options) -> Result<f64> {
    let url = cluster.database();
    let (first, second) = (Server::over(options, &url)?, Server::over(options, &url)?);
    let bin = Bin::create(first.address, Keep::All).await?;
    let other = Bin::create(second.address, Keep::All).await?;
    let half = options.connections.div_ceil(2);
    let (webhook, other) = (bin.webhook(), other.webhook());
    let (one, two) = tokio::join!(
        drive(&first, &webhook, half, options),
        drive(&second, &other, half, options),
    );
    Ok(one?.per_second + two?.per_second)
}

async fn sqlite(options: &Options) -> Result<Measured> {
    let server = Server::hookwell(options)?;
    let bin = Bin::create(server.address, Keep::All).await?;
    drive(&server, &bin.webhook(), options.connections, options).await
}

/// Rows that were written to a database and transactions that wrote some, so far.
fn written(cluster: &Cluster, database: &str) -> Result<(f64, f64)> {
    let row = cluster.sql(
        database,
        "SELECT (SELECT count(*) FROM captures), (SELECT count(DISTINCT xmin::text) FROM captures)",
    );
    let mut numbers = row.split('|').map(str::parse);
    match (numbers.next(), numbers.next()) {
        (Some(rows), Some(transactions)) => Ok((rows?, transactions?)),
        _ => Err(format!("not two numbers: {row}").into()),
    }
}

/// Rows a second that the database takes when nothing else is done.
fn pgbench(cluster: &Cluster, group: f64, options: &Options) -> Result<f64> {
    let url = cluster.database();
    cluster.sql(
        name(&url),
        "CREATE TABLE bare (serial bigint, n bigint, at timestamptz, headers bytea, body bytea, PRIMARY KEY (serial, n));
         CREATE SEQUENCE numbers",
    );
    let script = tempfile::Builder::new()
        .permissions(fs::Permissions::from_mode(0o644))
        .tempfile()?;
    // Bytes that cannot be compressed much, as a webhook's are not.
    fs::write(
        script.path(),
        format!(
            "INSERT INTO bare SELECT 1, nextval('numbers'), now(), decode(rpad(md5(g::text), {HEADERS}, md5(g::text)), 'escape'), decode(rpad(md5(g::text), {}, md5(g::text)), 'escape') FROM generate_series(1, {group}) g;\n",
            request::BODY
        ),
    )?;
    let output = cluster
        .program("pgbench")
        .args(["-n", "-M", "prepared", "-c", "1", "-j", "1", "-T"])
        .arg(options.seconds.to_string())
        .arg("-f")
        .arg(script.path())
        .arg(&url)
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let tps: f64 = text
        .lines()
        .find_map(|line| line.strip_prefix("tps = "))
        .and_then(|rest| rest.split(' ').next())
        .ok_or_else(|| format!("pgbench: {text}{}", String::from_utf8_lossy(&output.stderr)))?
        .parse()?;
    Ok(tps * group)
}

fn name(url: &str) -> &str {
    url.rsplit('/').next().unwrap_or_default()
}
