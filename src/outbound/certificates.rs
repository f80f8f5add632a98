//! Certificates that senders sign with, fetched from the sender's own host when somebody looks at a request that needs one.
//!
//! Never while a request is captured: strangers would make this server call out, and replies wait for it. Whoever asks has made
//! sure that the address is one of the provider's (`Provider::certificate_url`). What came is kept for a day, that nothing came for
//! a minute; nobody waits longer than [`PATIENCE`], while the fetching goes on for the next one who asks.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::watch;
use tokio::time::Instant;

use super::{Client, Request, Url};
use crate::model::{AttemptKind, BodyState, Headers, Try};

/// How long somebody who asks waits.
const PATIENCE: Duration = Duration::from_secs(3);

/// How long a certificate is good for, and how long it is not asked for again when it did not come.
const KEPT: Duration = Duration::from_hours(24);
const MISSED: Duration = Duration::from_mins(1);

/// How many answers are remembered, and how large one is.
const ENTRIES: usize = 128;
const LARGEST: usize = 32 * 1024;

/// How many are fetched at once.
const AT_ONCE: usize = 8;

/// A certificate as PEM, or in a sentence why it is not there.
pub type Fetched = Result<Arc<str>, Arc<str>>;

/// Fetches certificates and remembers them.
#[derive(Clone, Debug)]
pub struct Certificates {
    client: Client,
    known: Arc<Mutex<HashMap<String, Entry>>>,
}

/// What is known of one address.
#[derive(Debug)]
struct Entry {
    /// What came; `None` while it is fetched.
    answer: watch::Receiver<Option<Fetched>>,
    /// Until when that is to be believed.
    until: Instant,
}

impl Certificates {
    /// None yet, and the client that they will come through.
    pub fn new(client: Client) -> Self {
        Self {
            client,
            known: Arc::default(),
        }
    }

    /// The certificate at an address of a provider's; who does not have it yet waits for a few seconds at most.
    ///
    /// # Errors
    /// Why it is not there, as the end of a sentence.
    pub async fn fetch(&self, address: &str) -> Fetched {
        let mut answer = self.ask(address)?;
        let waiting = tokio::time::timeout(PATIENCE, answer.wait_for(Option::is_some)).await;
        match waiting {
            Ok(Ok(fetched)) => fetched.clone().unwrap_or_else(|| Err(cut())),
            Ok(Err(_)) => Err(cut()),
            Err(_) => Err("it did not come in time; open the request again.".into()),
        }
    }

    /// The same where nobody can wait: what is not there is fetched for the next time.
    ///
    /// # Errors
    /// Why it is not there, as the end of a sentence.
    pub fn at_hand(&self, address: &str) -> Fetched {
        let answer = self.ask(address)?;
        let now = answer.borrow().clone();
        now.unwrap_or_else(|| Err("it is being fetched; look again in a moment.".into()))
    }

    /// What comes from an address. It is fetched where that was not done of late.
    fn ask(&self, address: &str) -> Result<watch::Receiver<Option<Fetched>>, Arc<str>> {
        let now = Instant::now();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = known.get(address).filter(|entry| entry.until > now) {
            return Ok(entry.answer.clone());
        }
        let is_under_way = |entry: &&Entry| entry.answer.borrow().is_none() && entry.until > now;
        let runtime = tokio::runtime::Handle::try_current();
        let (Ok(runtime), true) = (
            runtime,
            known.values().filter(is_under_way).count() < AT_ONCE,
        ) else {
            return Err("too many certificates are being fetched; look again in a moment.".into());
        };
        if known.len() >= ENTRIES {
            known.retain(|_, entry| entry.until > now);
        }
        if known.len() >= ENTRIES {
            let soonest = known.iter().min_by_key(|(_, entry)| entry.until);
            let soonest = soonest.map(|(address, _)| address.clone());
            soonest.and_then(|address| known.remove(&address));
        }
        let (sender, answer) = watch::channel(None);
        let entry = Entry {
            answer: answer.clone(),
            until: now + KEPT,
        };
        known.insert(address.to_owned(), entry);
        drop(known);
        let (this, address) = (self.clone(), address.to_owned());
        runtime.spawn(async move {
            let fetched = this.get(&address).await;
            if fetched.is_err() {
                let mut known = this.known.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(entry) = known.get_mut(&address) {
                    entry.until = Instant::now() + MISSED;
                }
            }
            sender.send_replace(Some(fetched));
        });
        Ok(answer)
    }

    async fn get(&self, address: &str) -> Fetched {
        let url: Url = address
            .parse()
            .map_err(|_| Arc::from("its address is no URL."))?;
        if !url.https {
            return Err("its address is not https.".into());
        }
        let request = Request {
            method: "GET".to_owned(),
            url,
            headers: Headers::default(),
            body: Bytes::new(),
        };
        pem(self.client.send(0, &request, AttemptKind::Replay).await)
    }
}

fn cut() -> Arc<str> {
    "fetching it was cut short.".into()
}

/// The PEM text in an answer.
fn pem(tried: Try) -> Fetched {
    if let Some(failure) = tried.failure {
        return Err(failure.detail.into());
    }
    let Some(answer) = tried.answer else {
        return Err("no answer came.".into());
    };
    if answer.status != 200 {
        return Err(format!("the answer was {}.", answer.status).into());
    }
    let bytes = answer.body.bytes;
    let text = std::str::from_utf8(&bytes).ok();
    let is_whole = answer.body.state == BodyState::Complete && bytes.len() <= LARGEST;
    text.filter(|text| is_whole && text.contains("-----BEGIN CERTIFICATE-----"))
        .map(Arc::from)
        .ok_or_else(|| "what came is no certificate.".into())
}
