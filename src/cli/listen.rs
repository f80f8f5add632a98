//! `hookwell listen`: captures sent on to a program on one's own machine, as they come.
//!
//! One at a time, so that their order stays; each has the time of `--timeout`, so that one that is never answered does not hold up
//! those behind it for ever. How far it came it keeps ([`place`](super::place)), and what was answered it tells the server
//! ([`relay`](super::relay)).

use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::Duration;

use serde_json::json;

use super::client::{Client, Door, Error as ClientError};
use super::follow::{self, Begin, Follow, News};
use super::http::{TrustError, Url};
use super::local::{self, Capture, Forwarding, Outcome};
use super::place::Place;
use super::printable;
use super::relay::Relay;
use crate::config;

/// Flags of `hookwell listen`.
#[derive(Debug, clap::Args)]
pub struct Listen {
    /// Where to: a URL, host and port, or a port alone; without it, requests are only told of
    #[arg(value_name = "TARGET", value_parser = local::target)]
    target: Option<Url>,
    /// The same
    #[arg(short, long, value_name = "TARGET", conflicts_with = "target", value_parser = local::target)]
    forward_to: Option<Url>,
    #[command(flatten)]
    forwarding: Forwarding,
    /// Only those that this filter lets through
    #[arg(short, value_name = "FILTER", allow_hyphen_values = true)]
    q: Option<String>,
    /// Begin with those of this time (1h, a date, a time), or behind this number
    #[arg(long, value_name = "WHEN")]
    since: Option<String>,
    /// Give what the target answers to the sender, who waits for it so long at most (1s to 2m; 10s when no time is given). When nothing
    /// comes in time, the bin's own reply is given
    #[arg(long, value_name = "TIME", num_args = 0..=1, require_equals = true, default_missing_value = "10s", value_parser = respond)]
    respond: Option<Duration>,
    /// Begin with what comes from now on, also where an earlier run for this target ended before
    #[arg(long, conflicts_with = "since")]
    fresh: bool,
    /// How to tell of them; times are UTC
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Print the bin's key and the address of its page too
    #[arg(long)]
    print_secret: bool,
    /// How long the server may be silent before the connection counts as broken
    #[arg(long, value_name = "TIME", default_value = "40s", value_parser = config::duration, hide = true)]
    silence: Duration,
    #[command(flatten)]
    door: Door,
    #[command(flatten)]
    colour: Colour,
}

/// How long senders may wait.
fn respond(text: &str) -> Result<Duration, String> {
    let time = config::duration(text)?;
    if time.subsec_nanos() == 0 && (1..=120).contains(&time.as_secs()) {
        Ok(time)
    } else {
        Err("expected whole seconds, 1s to 2m".to_owned())
    }
}

/// Flags of `hookwell replay`.
#[derive(Debug, clap::Args)]
pub struct Replay {
    /// The number of the request
    number: u64,
    /// Where to: a URL, host and port, or a port alone
    #[arg(value_name = "TARGET", value_parser = local::target)]
    target: Url,
    #[command(flatten)]
    forwarding: Forwarding,
    /// How to tell of it; times are UTC
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    #[command(flatten)]
    door: Door,
    #[command(flatten)]
    colour: Colour,
}

/// How a request is told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// A line for the request, and one for its answer
    Text,
    /// A line of JSON
    Json,
}

/// Whether there are colours.
#[derive(Debug, Clone, clap::Args)]
struct Colour {
    /// Any value: no colours (<https://no-color.org>)
    #[arg(long, env = "NO_COLOR", hide = true)]
    no_color: Option<String>,
}

/// Why it ended.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("{0}")]
    Client(#[from] ClientError),
    #[error("--respond needs a TARGET, whose answers are given")]
    NoTarget,
    #[error("the target cannot be trusted")]
    Trust(#[from] TrustError),
}

/// Tells of requests and their answers.
#[derive(Debug)]
pub(super) struct Teller {
    format: Format,
    is_coloured: bool,
}

impl Listen {
    pub(super) fn run(self) -> ExitCode {
        super::run_async(async {
            match self.listen().await {
                Ok(()) => ExitCode::SUCCESS,
                Err(Error::Client(error)) => super::complain(&error),
                Err(error) => super::complain(&error),
            }
        })
    }

    async fn listen(&self) -> Result<(), Error> {
        let target = self.target.as_ref().or(self.forward_to.as_ref());
        if self.respond.is_some() && target.is_none() {
            return Err(Error::NoTarget);
        }
        let trust = self.forwarding.trust(self.door.cacert())?;
        let (client, is_new) = self.door.open_or_make().await?;
        // What is told of an answer goes over a connection of its own, which can go silent as well.
        let client = client.at_most(self.silence);
        let file = target.and_then(|target| self.door.place(&client, target));
        let (mut place, last) = Place::open(file);
        let begin = match (&self.since, last) {
            (Some(since), _) => Begin::Since(since),
            (None, Some(last)) if !self.fresh => Begin::Behind(last),
            (None, _) => Begin::Now,
        };
        let follow = Follow::new(client.clone(), self.q.clone(), begin).await?;
        let mut follow = follow.silence(self.silence);
        let mut name = None;
        if let Some(patience) = self.respond {
            let own = name.insert(uuid::Uuid::new_v4().to_string());
            follow = follow.responding(patience, own);
        }
        place.set(follow.place());
        self.greet(&client, target, is_new);
        if let Begin::Behind(last) = begin {
            let missed = follow.missed().await.ok().flatten();
            if let Some(remark) = went_on(last, missed) {
                super::remark(&remark);
            }
        }
        let teller = Teller::new(self.format, &self.colour);
        let mut relay = target.map(|target| Relay {
            client: &client,
            forwarding: &self.forwarding,
            target,
            trust,
            place,
            name,
            records: true,
        });
        loop {
            let news = follow.next().await?;
            if let Some(remark) = follow::remark(&news) {
                super::remark(&printable(&remark));
            }
            match (news, &mut relay) {
                (News::Captured(json), relay) => {
                    let capture: Capture = serde_json::from_str(&json).map_err(|_| client.odd())?;
                    match relay {
                        Some(relay) => relay.forward(&teller, &capture).await?,
                        None => teller.came(&capture, None),
                    }
                }
                (News::Rewound { last }, Some(relay)) => relay.place.end(last),
                _ => {}
            }
        }
    }

    /// Says where senders send to. What is for people goes to standard error where a program reads along.
    fn greet(&self, client: &Client, target: Option<&Url>, is_new: bool) {
        let made = if is_new { "made a bin; " } else { "" };
        super::remark(&format!("{made}capture URL: {}", client.bin.capture_url));
        if let Some(target) = target {
            super::remark(&format!("forwarding to {target}"));
        }

        if self.print_secret {
            super::remark(&format!("key: {}", client.key()));
            super::remark(&format!("page: {}", client.page()));
        }
    }
}

/// Says behind what a listener goes on that was here before; `None` where nothing came meanwhile.
fn went_on(last: u64, missed: Option<u64>) -> Option<String> {
    let came = match missed {
        Some(0) => return None,
        Some(1) => "1 request came meanwhile".to_owned(),
        Some(n) => format!("{n} requests came meanwhile"),
        None => "requests came meanwhile".to_owned(),
    };
    Some(format!("going on behind #{last}: {came}"))
}

impl Replay {
    pub(super) fn run(self) -> ExitCode {
        super::run_async(async {
            match self.replay().await {
                Ok(outcome) => match outcome.status {
                    Ok(200..=299) => ExitCode::SUCCESS,
                    _ => ExitCode::FAILURE,
                },
                Err(Error::Client(error)) => super::complain(&error),
                Err(error) => super::complain(&error),
            }
        })
    }

    async fn replay(&self) -> Result<Outcome, Error> {
        let trust = self.forwarding.trust(self.door.cacert())?;
        let client = self.door.open().await?;
        let below = format!("/captures/{}", self.number);
        let capture: Capture = client.get_json(&below, "").await?;
        let teller = Teller::new(self.format, &self.colour);
        teller.begun(&capture);
        let sent = self
            .forwarding
            .send(&client, &capture, &self.target, &trust);
        let outcome = sent.await?;
        teller.answered(&capture, &outcome);
        let below = format!("/captures/{}/attempts", self.number);
        if let Err(error) = client.tell(&below, &outcome.report, None).await {
            let why = super::told(&error);
            super::remark(&printable(&format!("its answer is not recorded: {why}")));
        }
        Ok(outcome)
    }
}

impl Teller {
    fn new(format: Format, colour: &Colour) -> Self {
        let unwanted = colour
            .no_color
            .as_deref()
            .is_some_and(|value| !value.is_empty());
        Self {
            format,
            is_coloured: !unwanted && std::io::stdout().is_terminal(),
        }
    }

    /// Text in a colour, by the number that terminals have for it.
    fn coloured(&self, code: u8, text: &str) -> String {
        if self.is_coloured {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }

    /// Says that a request is sent on. In JSON it is told of once, with its answer.
    pub(super) fn begun(&self, capture: &Capture) {
        if self.format == Format::Text {
            self.came(capture, None);
        }
    }

    /// Says to people what they could do.
    pub(super) fn hint(&self, text: &str) {
        if self.format == Format::Text {
            super::remark(text);
        }
    }

    /// Says that a request came.
    fn came(&self, capture: &Capture, outcome: Option<&Outcome>) {
        if self.format == Format::Json {
            super::say(&printable(&as_json(capture, outcome).to_string()));
            return;
        }
        let path = if capture.path.is_empty() {
            "/"
        } else {
            &capture.path
        };
        let mut what = format!("{} {path}", capture.method);
        let event = capture
            .event
            .as_ref()
            .and_then(|event| event.r#type.as_deref());
        for word in capture.provider.as_deref().into_iter().chain(event) {
            what.push_str(&format!(" {word}"));
        }
        if capture.body.state != "complete" {
            what.push_str(&format!(" ({})", capture.body.state));
        }
        let what = printable(&what);
        let time = time(&capture.received_at);
        let arrow = self.coloured(36, "-->");
        super::say(&format!("{time}  {arrow} {what} #{}", capture.n));
    }

    /// Says what was answered.
    pub(super) fn answered(&self, capture: &Capture, outcome: &Outcome) {
        if self.format == Format::Json {
            self.came(capture, Some(outcome));
            return;
        }
        let now = crate::model::Clock::System.now().to_string();
        let took = outcome.took.as_millis();
        let (colour, what) = match &outcome.status {
            Ok(status @ 200..=399) => (32, format!("[{status}] {took} ms")),
            Ok(status @ 400..=499) => (33, format!("[{status}] {took} ms")),
            Ok(status) => (31, format!("[{status}] {took} ms")),
            Err(error) => (31, format!("[no answer] {took} ms: {}", super::told(error))),
        };
        let what = self.coloured(colour, &printable(&what));
        super::say(&format!("{}  <-- {what} #{}", time(&now), capture.n));
    }
}

/// A time as people read it.
fn time(rfc_3339: &str) -> String {
    printable(
        &rfc_3339
            .chars()
            .take(19)
            .collect::<String>()
            .replace('T', " "),
    )
}

fn as_json(capture: &Capture, outcome: Option<&Outcome>) -> serde_json::Value {
    let status = outcome.and_then(|outcome| outcome.status.as_ref().ok());
    let error = outcome.and_then(|outcome| outcome.status.as_ref().err());
    let took = outcome.map(|outcome| u64::try_from(outcome.took.as_millis()).unwrap_or(u64::MAX));
    json!({
        "n": capture.n,
        "received_at": capture.received_at,
        "method": capture.method,
        "path": capture.path,
        "query": capture.query,
        "provider": capture.provider,
        "event": capture.event.as_ref().and_then(|event| event.r#type.clone()),
        "status": status,
        "took_ms": took,
        "error": error.map(|error| super::told(error)),
    })
}
