//! What captures lose while a thousand targets that do not answer have something waiting for them.
//!
//! Half of the targets refuse every connection, the other half take it and never say a word. Each has captures queued, which are tried
//! again and again, while another bin without targets is driven; beside it the same server without any target.

use std::net::TcpListener;
use std::time::Duration;

use serde_json::json;

use super::{Measured, drive, median, ratio};
use crate::bin::{Bin, Keep};
use crate::child::Server;
use crate::options::Options;
use crate::report::{Aim, Row};
use crate::{Result, load};

/// How many targets are dead.
const DEAD: usize = 1000;

/// How many of them a bin has.
const EACH: usize = 10;

/// How many captures wait for each.
const WAITING: u64 = 3;

/// Targets stand on this machine, which is not called unless that is allowed.
const FLAGS: [&str; 2] = ["--allow-outbound", "127.0.0.0/8"];

/// Measures a server with dead targets beside one without.
pub(crate) async fn run(options: &Options) -> Result<Vec<Row>> {
    // Nobody accepts: the kernel takes connections, and that is all that ever happens.
    let silent = TcpListener::bind("127.0.0.1:0")?;
    let refusing = {
        let taken = TcpListener::bind("127.0.0.1:0")?;
        taken.local_addr()?
    };
    let addresses = [refusing.to_string(), silent.local_addr()?.to_string()];
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for round in 1..=options.rounds {
        without.push(measure(options, &[]).await?);
        with.push(measure(options, &addresses).await?);
        let last = |of: &[Measured]| of.last().map_or(0.0, |last| last.per_second);
        println!(
            "dead targets, round {round}: without {:.0}/s, with {DEAD} {:.0}/s",
            last(&without),
            last(&with),
        );
    }
    drop(silent);
    let row = |what: &str, figure: fn(&Measured) -> f64, aim| {
        let (dead, none) = (median(&with, figure), median(&without, figure));
        let what = format!("captures with {DEAD} dead targets / without: {what}");
        Row::spread(what, ratio(&with, &without, figure), "", aim)
            .because(format!("{dead:.1} and {none:.1}"))
    };
    Ok(vec![
        row("requests/s", |of| of.per_second, Aim::AtLeast(0.9)),
        row("p99 in ms", |of| of.p99, Aim::None),
        row(
            "processor time a request in µs",
            |of| of.server_us,
            Aim::None,
        ),
    ])
}

async fn measure(options: &Options, addresses: &[String]) -> Result<Measured> {
    let server = Server::hookwell_with(options, &FLAGS)?;
    let bin = Bin::create(server.address, Keep::Default).await?;
    if !addresses.is_empty() {
        queue(&server, addresses).await?;
        // The first tries of a thousand targets at once are another question: here they have been dead for a moment.
        tokio::time::sleep(Duration::from_secs(3)).await;
    }
    drive(&server, &bin.webhook(), options.connections, options).await
}

/// Makes bins with dead targets, and sends something to each.
async fn queue(server: &Server, addresses: &[String]) -> Result<()> {
    for bin in 0..DEAD / EACH {
        let targets: Vec<_> = (0..EACH)
            .zip(addresses.iter().cycle())
            .map(|(at, address)| json!({"url": format!("http://{address}/{bin}/{at}")}))
            .collect();
        let settings = json!({"targets": targets});
        let bin = Bin::create_with(server.address, &settings).await?;
        let until = load::Until {
            time: Duration::from_secs(30),
            answers: WAITING,
        };
        load::closed(server.address, &bin.webhook(), 1, until).await?;
    }
    Ok(())
}
