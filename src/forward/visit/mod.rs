//! Addresses that a handshake wants to be visited: AWS SNS confirms a subscription that way.
//!
//! The reply has left long before, and asked for it here with a word. An address is visited once, and only where it is on one of the
//! provider's own hosts (the catalogue says so), the request is signed by the provider, and the guard lets the call out. What
//! came of it is kept as an attempt on the capture, also why it was not made. What waits when the server ends is not visited; the
//! provider can be asked to confirm again.

use std::sync::Arc;

use tokio::sync::mpsc;

use crate::model::{AttemptKind, Bin, CaptureNumber, Clock, Headers, Try, Verdict};
use crate::outbound::{self, Certificates};
use crate::provider::{Certificate, Request, handshake};
use crate::store::{self, Store};
use crate::verdict;

/// How many can wait; more are left out, as it is strangers who ask.
const WAITING: usize = 256;

/// How often a certificate is waited for.
const TRIES: usize = 3;

/// Says that a capture was a handshake.
#[derive(Clone, Debug)]
pub struct Visits(mpsc::Sender<Asked>);

/// A capture that was a handshake.
#[derive(Debug)]
struct Asked {
    bin: Arc<Bin>,
    n: CaptureNumber,
}

/// Visits what handshakes want.
#[derive(Debug)]
pub struct Visitor {
    store: Arc<dyn Store>,
    client: outbound::Client,
    certificates: Certificates,
    clock: Clock,
    /// The server's public address, where it has one.
    base: Option<String>,
    asked: mpsc::Receiver<Asked>,
}

impl Visits {
    /// Has a look at a capture that a handshake was answered for; never waits.
    pub fn look_at(&self, bin: &Arc<Bin>, n: CaptureNumber) {
        let bin = Arc::clone(bin);
        if self.0.try_send(Asked { bin, n }).is_err() {
            tracing::warn!("a handshake is not looked at: too many wait");
        }
    }
}

impl Visitor {
    /// A visitor, and what it is told by; it does nothing before [`run`](Self::run).
    pub fn new(
        store: Arc<dyn Store>,
        client: outbound::Client,
        certificates: Certificates,
        clock: Clock,
        base: Option<String>,
    ) -> (Visits, Self) {
        let (sender, asked) = mpsc::channel(WAITING);
        let visitor = Self {
            store,
            client,
            certificates,
            clock,
            base,
            asked,
        };
        (Visits(sender), visitor)
    }

    /// Works until nobody is left to tell it anything, one after the other.
    pub async fn run(mut self) {
        while let Some(asked) = self.asked.recv().await {
            match self.visit(&asked).await {
                Ok(()) | Err(store::Error::UnknownCapture | store::Error::Gone { .. }) => {}
                Err(error) => tracing::warn!(%error, "a handshake could not be followed"),
            }
        }
    }

    async fn visit(&self, asked: &Asked) -> store::Result<()> {
        let bin = &asked.bin;
        let capture = self.store.capture(bin, asked.n).await?;
        let line = &capture.line;
        let request = Request {
            head: &line.envelope.head,
            body: &capture.body,
            url: "",
            arrived: line.envelope.received_at,
        };
        let secrets = &bin.settings.secrets;
        let known = verdict::recognised(line);
        let answered = handshake::answer(known, &request, |slug| secrets.of(slug));
        let Some(address) = answered.and_then(|asked| asked.answer.ok()?.visit) else {
            return Ok(());
        };
        let mut fetched = None;
        if let Some(certificate) = verdict::certificate_url(bin, line, &capture.body) {
            for _ in 0..TRIES {
                let came = self.certificates.fetch(&certificate).await;
                let is_there = came.is_ok();
                fetched = Some(came);
                if is_there {
                    break;
                }
            }
        }
        let given = Certificate::of(fetched.as_ref().map(|came| came.as_deref()));
        let verdict = verdict::of(bin, self.base.as_deref(), &capture, given);
        let tried = match (verdict, address.parse()) {
            (Some(verdict), Ok(url)) if verdict.is_valid() => {
                let request = outbound::Request {
                    method: "GET".to_owned(),
                    url,
                    headers: Headers::default(),
                    body: bytes::Bytes::new(),
                };
                let kind = AttemptKind::Handshake;
                self.client.send(bin.serial, &request, kind).await
            }
            (verdict, Ok(_)) => self.refused(&address, &unsigned(verdict)),
            (_, Err(_)) => self.refused(&address, "It was not visited: it is no URL."),
        };
        self.store.add_attempt(bin, asked.n, tried).await?;
        Ok(())
    }

    /// An attempt that never left.
    fn refused(&self, address: &str, why: &str) -> Try {
        let now = self.clock.now();
        Try::unsent(AttemptKind::Handshake, "GET", address.to_owned(), now, why)
    }
}

fn unsigned(verdict: Option<Verdict>) -> String {
    let why = verdict.map_or_else(String::new, |verdict| verdict.detail);
    format!("It was not visited, as only what is signed by the provider is. {why}")
}

#[cfg(test)]
mod tests;
