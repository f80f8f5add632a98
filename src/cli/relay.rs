//! Captures sent on one by one, each told back to the server and noted as done with before the next.

use std::time::Duration;

use super::client::{Client, Error};
use super::follow::LISTENER;
use super::http::{Trust, Url};
use super::listen::Teller;
use super::local::{Capture, Forwarding, Outcome};
use super::place::Place;
use super::report::Report;
use super::{printable, remark, told};

/// How long to wait before something is tried again: at first, and at most.
const PAUSE: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(10));

/// How often the server is told of an answer that it does not take.
const TELLINGS: u32 = 5;

/// Sends captures on.
#[derive(Debug)]
pub(super) struct Relay<'a> {
    pub(super) client: &'a Client,
    pub(super) forwarding: &'a Forwarding,
    pub(super) target: &'a Url,
    pub(super) trust: Trust,
    pub(super) place: Place,
    /// The name of this listener, where senders wait for its answers.
    pub(super) name: Option<String>,
    /// Whether the server wants to know what was answered.
    pub(super) records: bool,
}

impl Relay<'_> {
    /// Sends a capture on, and tells of it.
    pub(super) async fn forward(
        &mut self,
        teller: &Teller,
        capture: &Capture,
    ) -> Result<(), Error> {
        let n = capture.n;
        if self.place.is_repeated(n) {
            remark(&format!("again: #{n}, its answer was not recorded"));
        }
        teller.begun(capture);
        self.place.begin(n);
        if let Some(outcome) = self.send(capture).await? {
            teller.answered(capture, &outcome);
            self.record(n, &outcome.report).await?;
            if outcome.status.is_err() {
                teller.hint(&format!("again: hookwell replay {n} {}", self.target));
            }
        }
        self.place.end(n);
        Ok(())
    }

    /// What became of it; `None` where it is not there any more.
    async fn send(&self, capture: &Capture) -> Result<Option<Outcome>, Error> {
        let mut pause = PAUSE.0;
        loop {
            let sent = self
                .forwarding
                .send(self.client, capture, self.target, &self.trust);
            match sent.await {
                Ok(outcome) => return Ok(Some(outcome)),
                // Its bytes are not here yet, so nothing was sent.
                Err(error) if error.is_passing() => {
                    let why = told(&error);
                    remark(&printable(&format!(
                        "#{} waits for its body: {why}",
                        capture.n
                    )));
                    wait(&mut pause).await;
                }
                Err(error) if is_deleted(&error) => {
                    remark(&printable(&format!("#{}: {error}", capture.n)));
                    return Ok(None);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Tells the server what came of it, as soon as it can be reached.
    pub(super) async fn record(&mut self, n: u64, report: &Report) -> Result<(), Error> {
        let below = format!("/captures/{n}/attempts");
        let (mut pause, mut refused) = (PAUSE.0, 0);
        while self.records {
            let name = self.name.as_deref().map(|name| (LISTENER, name));
            let error = match self.client.tell(&below, report, name).await {
                Ok(()) => break,
                Err(error) => error,
            };
            let why = told(&error);
            match error {
                Error::Refused {
                    status: 403 | 405, ..
                } => {
                    remark(&printable(&format!("answers are not recorded: {why}")));
                    self.records = false;
                }
                Error::Refused { .. } if !error.is_passing() || refused >= TELLINGS => {
                    remark(&printable(&format!(
                        "#{n}: its answer is not recorded: {why}"
                    )));
                    break;
                }
                _ if error.is_passing() => {
                    refused += u32::from(matches!(error, Error::Refused { .. }));
                    remark(&printable(&format!(
                        "#{n}: its answer waits to be recorded: {why}"
                    )));
                    wait(&mut pause).await;
                }
                error => return Err(error),
            }
        }
        Ok(())
    }
}

async fn wait(pause: &mut Duration) {
    tokio::time::sleep(*pause).await;
    *pause = (*pause * 2).min(PAUSE.1);
}

/// Whether only the capture is not there any more. That the bin is gone the stream says.
fn is_deleted(error: &Error) -> bool {
    matches!(error, Error::Refused { status: 404, .. })
}
