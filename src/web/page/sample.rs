//! Requests that hookwell itself makes: the test request of an empty bin, and samples of what providers send. They come from
//! hookwell, and say so.

use std::net::SocketAddr;
use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::json;

use super::bin::BinHead;
use super::form::Form;
use super::{Error, Page, query};
use crate::ingest::origin;
use crate::model::{
    Body, CaptureNumber, Envelope, Head, Headers, Reply, Scheme, Secret, Timestamp, Version,
};
use crate::provider::{self, PROVIDERS, Provider, Seed};
use crate::web::extract::{BinByKey, Site};
use crate::web::{self, App};

/// How old a sample is that is sent as an old one, in microseconds: a day, which no sender's tolerance takes.
const OLD: i64 = 86_400_000_000;

/// Who asks for a request that hookwell makes: it counts as sent by them.
#[derive(Debug)]
pub(super) struct Visitor {
    peer: SocketAddr,
    headers: HeaderMap,
}

impl Visitor {
    fn new(
        app: &App,
        peer: Option<Extension<ConnectInfo<SocketAddr>>>,
        headers: HeaderMap,
    ) -> Self {
        let own = app.config.listen.listen;
        Self {
            peer: peer.map_or(own, |Extension(ConnectInfo(peer))| peer),
            headers,
        }
    }
}

/// Keeps a test request and goes back to the bin's page.
pub(super) async fn send(
    State(app): State<Arc<App>>,
    bin: BinByKey,
    site: Site,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let visitor = Visitor::new(&app, peer, headers);
    let body = json!({ "hello": "well", "from": "hookwell", "sent_at": app.clock.now() });
    let fields = [
        (
            "user-agent",
            concat!("hookwell/", env!("CARGO_PKG_VERSION")),
        ),
        ("content-type", "application/json"),
    ];
    let request = Made {
        path: "/hello".to_owned(),
        fields: fields
            .map(|(name, value)| (name.into(), value.into()))
            .into(),
        body: body.to_string().into(),
    };
    request.send(&app, &bin, &site, &visitor).await?;
    Ok(Redirect::to(&format!("/b/{}", bin.key)).into_response())
}

/// A request that hookwell makes.
struct Made {
    path: String,
    fields: Vec<(String, String)>,
    body: Bytes,
}

impl Made {
    fn request(
        self,
        app: &App,
        bin: &BinByKey,
        site: &Site,
        visitor: &Visitor,
    ) -> (Envelope, Body) {
        let url = site.capture_url(&bin.bin);
        let (scheme, rest) = url.split_once("://").unwrap_or(("http", &url));
        let (host, base) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let length = self.body.len().to_string();
        let own = [("host", host), ("content-length", &length)];
        let given = self.fields.iter();
        let given = given.map(|(name, value)| (name.as_str(), value.as_str()));
        let fields = own.into_iter().chain(given);
        let trusted = &app.config.listen.trusted_proxies;
        let envelope = Envelope {
            received_at: app.clock.now(),
            took_us: 0,
            head: Head {
                method: "POST".to_owned(),
                target: format!("{base}{}", self.path),
                path_at: base.len(),
                version: Version::Http11,
                headers: Headers::from_fields(
                    fields.map(|(name, value)| (name.as_bytes(), value.as_bytes())),
                ),
            },
            scheme: if scheme == "https" {
                Scheme::Https
            } else {
                Scheme::Http
            },
            host: host.to_owned(),
            client: origin::of(visitor.peer, &visitor.headers, trusted).client,
            peer: visitor.peer,
            trailers: Headers::default(),
            reply: Reply::plain(200),
        };
        (envelope, Body::complete(self.body))
    }

    /// Sends it, so to say.
    async fn send(
        self,
        app: &App,
        bin: &BinByKey,
        site: &Site,
        visitor: &Visitor,
    ) -> Result<CaptureNumber, Error> {
        let (envelope, body) = self.request(app, bin, site, visitor);
        Ok(app.ingest.take(&bin.bin, envelope, body).await?)
    }
}

/// The page to choose a sample on.
#[derive(Debug, Template)]
#[template(path = "sample.html")]
pub(super) struct SamplePage {
    bin: BinHead,
    providers: Vec<Offer>,
    chosen: String,
}

/// A provider whose samples are offered.
#[derive(Debug)]
struct Offer {
    provider: &'static Provider,
    /// What is said beside its name.
    note: &'static str,
}

/// Shows what can be sent.
pub(super) async fn ask(bin: BinByKey, site: Site, uri: Uri) -> Page<SamplePage> {
    let secrets = &bin.bin.settings.secrets;
    let offer = |provider: &&'static Provider| Offer {
        provider,
        note: if !provider.signs_with_a_secret() {
            ", not signed"
        } else if secrets.of(provider.slug).is_empty() {
            ", no secret yet"
        } else {
            ""
        },
    };
    let with_samples = PROVIDERS
        .iter()
        .filter(|provider| !provider.samples.is_empty());
    let mut providers: Vec<Offer> = with_samples.map(offer).collect();
    // Those that the bin has a secret for come first.
    providers.sort_by_key(|offer| !offer.note.is_empty());
    Page(SamplePage {
        chosen: query::value(&uri, "provider")
            .unwrap_or_default()
            .to_owned(),
        providers,
        bin: BinHead::new(&bin, &site),
    })
}

/// What the page's form sends.
#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    /// The provider's name, a slash, and the event's type.
    what: String,
    #[serde(default)]
    fault: Fault,
}

/// What is wrong with a sample, to see what becomes of it.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Fault {
    #[default]
    None,
    Signature,
    Secret,
    Age,
    Body,
}

/// Keeps a sample and goes to it.
pub(super) async fn create(
    State(app): State<Arc<App>>,
    bin: BinByKey,
    site: Site,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    headers: HeaderMap,
    Form(wanted): Form<Wanted>,
) -> Result<Response, Error> {
    let visitor = Visitor::new(&app, peer, headers);
    let made = wanted.make(&bin, &site, app.clock.now())?;
    let n = made.send(&app, &bin, &site, &visitor).await?;
    Ok(Redirect::to(&format!("/b/{}/requests/{n}", bin.key)).into_response())
}

impl Wanted {
    /// A sample, signed with the bin's secret where it has one that can sign, else with one that nobody knows.
    fn make(&self, bin: &BinByKey, site: &Site, now: Timestamp) -> Result<Made, web::Error> {
        let (slug, event) = self.what.split_once('/').unwrap_or((&self.what, ""));
        let provider = provider::find(slug);
        let found =
            provider.and_then(|provider| Some((provider, provider.find_sample(Some(event))?)));
        let Some((provider, sample)) = found else {
            return Err(web::Error::Invalid {
                field: "what",
                problem: "there is no such sample".to_owned(),
            });
        };
        let path = format!("/samples/{}", provider.slug);
        let url = format!("{}{path}", site.capture_url(&bin.bin));
        let at = match self.fault {
            Fault::Age => now.minus_micros(OLD),
            _ => now,
        };
        let bytes = *uuid::Uuid::new_v4().as_bytes();
        let mut draft = provider.draft(sample, &url, Seed { at, bytes });
        let kept = bin.bin.settings.secrets.of(provider.slug).first();
        let secret = match (kept, self.fault) {
            (Some(secret), Fault::None | Fault::Signature | Fault::Age | Fault::Body) => {
                Some(secret.clone())
            }
            _ => provider.made_up_secret(*uuid::Uuid::new_v4().as_bytes()),
        };
        if let Some(secret) = secret.filter(|_| provider.signs_with_a_secret()) {
            sign(provider, &mut draft, &secret);
        }
        match self.fault {
            Fault::Signature => provider.spoil(&mut draft),
            Fault::Body => draft.body.push(b' '),
            Fault::None | Fault::Secret | Fault::Age => {}
        }
        let mut fields = draft.headers;
        fields.push(("X-Hookwell-Sample".to_owned(), sample.event.to_owned()));
        Ok(Made {
            path,
            fields,
            body: draft.body.into(),
        })
    }
}

/// Signs where that can be done: a sample that cannot be signed is sent as it is, and its verdict says so.
fn sign(provider: &Provider, draft: &mut provider::Draft, secret: &Secret) {
    let plain = draft.clone();
    if provider.sign(draft, secret).is_err() {
        *draft = plain;
    }
}
