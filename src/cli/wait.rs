//! `hookwell wait`: until captures have come, for tests; says what came instead when they have not.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::client::{Client, Door, Error, PATIENCE, escaped};
use crate::config;
use crate::filter::Filter;
use crate::model::Clock;

/// How long the server is asked to wait at once, in seconds.
const ONCE: u64 = 60;

/// How many captures that came and do not match are explained.
const NEAR: usize = 10;

/// Flags of `hookwell wait`.
#[derive(Debug, clap::Args)]
pub struct Wait {
    #[command(flatten)]
    door: Door,
    /// What they must be like
    #[arg(
        short,
        value_name = "FILTER",
        default_value = "",
        allow_hyphen_values = true
    )]
    q: String,
    /// How many
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=200))]
    count: u64,
    /// For how long
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = config::duration)]
    timeout: Duration,
    /// Only those above this number; those that came before count too
    #[arg(long, value_name = "N", default_value_t = 0)]
    after: u64,
    // No comment for documentation, which wants marks around the name: help is read as it stands.
    #[arg(
        long,
        value_name = "FILE",
        help = "Write the outcome into a report for test tools (the XML of JUnit), too"
    )]
    junit: Option<PathBuf>,
}

/// What the API answers. Captures are printed as it wrote them.
#[derive(Deserialize)]
struct Waited {
    captures: Vec<Box<RawValue>>,
    after: u64,
}

#[derive(Deserialize)]
struct Listed {
    captures: Vec<Told>,
}

/// What is told of a capture.
#[derive(Deserialize)]
struct Told {
    n: u64,
    method: String,
    path: String,
}

/// How it ended.
struct Outcome {
    found: Vec<Box<RawValue>>,
    /// Why it was not enough; a line for each capture that came and was another.
    near: Vec<String>,
    took: Duration,
}

impl Wait {
    pub(super) fn run(self) -> ExitCode {
        super::run_async(async {
            match self.wait().await {
                Ok(outcome) => self.tell(&outcome),
                Err(error) => {
                    super::complain(&error);
                    ExitCode::from(2)
                }
            }
        })
    }

    fn is_enough(&self, found: &[Box<RawValue>]) -> bool {
        found.len() as u64 >= self.count
    }

    async fn wait(&self) -> Result<Outcome, Error> {
        let began = Instant::now();
        let (mut found, mut after, mut pauses) = (Vec::new(), self.after, 0);
        let mut entered = None;
        loop {
            let left = self.timeout.saturating_sub(began.elapsed());
            let client = match &entered {
                Some(client) => client,
                None => match self.door.open().await {
                    Ok(client) => &*entered.insert(client),
                    // The server may be about to start.
                    Err(error) if error.is_passing() && !left.is_zero() => {
                        pauses += 1;
                        tokio::time::sleep(pause(pauses).min(left)).await;
                        continue;
                    }
                    Err(error) => return Err(error),
                },
            };
            match self.ask(client, found.len() as u64, after, left).await {
                Ok(waited) => {
                    after = waited.after;
                    found.extend(waited.captures);
                    pauses = 0;
                }
                Err(error) if error.is_passing() && !left.is_zero() => {
                    pauses += 1;
                    tokio::time::sleep(pause(pauses).min(left)).await;
                }
                Err(error) => return Err(error),
            }
            if self.is_enough(&found) || began.elapsed() >= self.timeout {
                break;
            }
        }
        let near = match &entered {
            Some(client) if !self.is_enough(&found) => self.near(client, &found).await?,
            _ => Vec::new(),
        };
        Ok(Outcome {
            found,
            near,
            took: began.elapsed(),
        })
    }

    /// Asks the server to wait, for a part of the time at most.
    async fn ask(
        &self,
        client: &Client,
        have: u64,
        after: u64,
        left: Duration,
    ) -> Result<Waited, Error> {
        let seconds = left.as_secs() + u64::from(left.subsec_nanos() > 0);
        let seconds = seconds.min(ONCE);
        let query = format!(
            "q={}&count={}&after={after}&timeout={seconds}",
            escaped(&self.q),
            self.count - have
        );
        let patience = PATIENCE + Duration::from_secs(seconds);
        client.wait("/captures/wait", &query, patience).await
    }

    /// Which captures came that are not among those that were found, and what of the filter does not fit them.
    async fn near(&self, client: &Client, found: &[Box<RawValue>]) -> Result<Vec<String>, Error> {
        let found: Vec<u64> = found
            .iter()
            .filter_map(|one| serde_json::from_str::<Told>(one.get()).ok())
            .map(|one| one.n)
            .collect();
        let query = format!("limit={}", NEAR + found.len().min(100));
        let listed: Listed = client.get_json("/captures", &query).await?;
        let mut others = listed.captures;
        others.retain(|one| one.n > self.after && !found.contains(&one.n));
        others.truncate(NEAR);
        let Some(first) = others.iter().map(|one| one.n).min() else {
            return Ok(Vec::new());
        };
        // The server has read it already, so that it can be read here.
        let parts = Filter::parse(&self.q, Clock::System.now()).map(|filter| filter.parts());
        let mut fitting = Vec::new();
        for part in parts.unwrap_or_default() {
            let query = format!(
                "limit=200&after={}&q={}",
                first.saturating_sub(1),
                escaped(&part.to_string())
            );
            let listed: Listed = client.get_json("/captures", &query).await?;
            let numbers = listed.captures.iter().map(|one| one.n).collect();
            fitting.push((part.to_string(), numbers));
        }
        Ok(others
            .iter()
            .rev()
            .map(|one| explained(one, &fitting))
            .collect())
    }

    fn tell(&self, outcome: &Outcome) -> ExitCode {
        for capture in &outcome.found {
            super::say(&super::printable(capture.get()));
        }
        let is_enough = self.is_enough(&outcome.found);
        let why = format!(
            "{} of {} came in {} s: {}",
            outcome.found.len(),
            self.count,
            outcome.took.as_secs(),
            if self.q.is_empty() {
                "any request"
            } else {
                &self.q
            }
        );
        if !is_enough {
            super::remark(&super::printable(&why));
            for line in &outcome.near {
                super::remark(&super::printable(line));
            }
            if outcome.near.is_empty() {
                super::remark("no other request came");
            }
        }
        if let Some(file) = &self.junit
            && let Err(error) = self.report(file, outcome, (!is_enough).then_some(&*why))
        {
            super::complain(&error);
            return ExitCode::from(2);
        }
        if is_enough {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }

    /// Writes the report: a suite of one case.
    fn report(
        &self,
        file: &std::path::Path,
        outcome: &Outcome,
        failure: Option<&str>,
    ) -> io::Result<()> {
        let name = format!("{} request(s) {}", self.count, self.q);
        let seconds = outcome.took.as_secs_f32();
        let failures = u8::from(failure.is_some());
        let failure = match failure {
            None => String::new(),
            Some(why) => format!(
                "<failure message=\"{}\">{}</failure>",
                xml(why),
                xml(&outcome.near.join("\n"))
            ),
        };
        std::fs::write(
            file,
            format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
                 <testsuites><testsuite name=\"hookwell wait\" tests=\"1\" failures=\"{failures}\" errors=\"0\" skipped=\"0\" time=\"{seconds:.3}\">\
                 <testcase classname=\"hookwell.wait\" name=\"{}\" time=\"{seconds:.3}\">{failure}</testcase></testsuite></testsuites>\n",
                xml(&name)
            ),
        )
    }
}

/// The pause before a try, longer each time.
fn pause(failures: u32) -> Duration {
    Duration::from_millis(200) * failures.min(20)
}

/// A capture that came, and what of the filter does not fit it.
fn explained(capture: &Told, fitting: &[(String, Vec<u64>)]) -> String {
    let Told { n, method, path } = capture;
    let wrong: Vec<_> = fitting
        .iter()
        .filter(|(_, numbers)| !numbers.contains(n))
        .map(|(part, _)| &**part)
        .collect();
    let why = if wrong.is_empty() {
        "came too late".to_owned()
    } else {
        format!("does not match {}", wrong.join(", "))
    };
    format!("#{n} {method} {path}: {why}")
}

/// Text inside of XML; what XML cannot hold is left out.
fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => out.push(c),
        }
    }
    out
}
