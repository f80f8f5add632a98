//! One request: all that was recorded of it, with its body as a viewer shows it.
//!
//! [`Detail`] is the part of the page on the right; it is drawn alone for the page's script (`?part=detail`), and inside of
//! the bin's page otherwise. What it says is made here from the model: `signed` what its signature is worth, `fact` what is out of
//! the ordinary, `deliveries` which arrivals its event had, `note` what unfolds to be read, `fields` names and values, `body` the body with what was done to it, `drawn` its
//! view.

mod body;
mod deliveries;
mod drawn;
mod fact;
mod fields;
pub(super) mod forwards;
mod handshake;
mod note;
mod reply;
pub(super) mod signed;

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::Uri;
use axum::response::{IntoResponse, Response};

use self::body::BodyPart;
use self::deliveries::Timeline;
use self::fact::Fact;
use self::fields::{Origin, Rows};
use self::forwards::Forwards;
use self::reply::ReplyPart;
use self::signed::Signed;
use super::bin::{self, Shown};
use super::filter::Filtered;
use super::listing::List;
use super::row::colour;
use super::{Error, Page, download, query, text};
use crate::export::{FORMATS, Format, Kind, Url};
use crate::model::{BodyState, Capture, CaptureLine, CaptureNumber, Marks, Timestamp, Version};
use crate::viewer::{Spelled, Window};
use crate::web::extract::{BinByKey, Glimpse, Number, Part, Site};
use crate::web::{self, App};

/// How many bytes of an address are shown.
const URL: usize = 4096;

/// How the body is to be shown, as the address says.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    view: Option<String>,
    window: Window,
    /// Which part of the body, where not all of it.
    part: Option<String>,
    /// Whether content codings are to be left as they are.
    is_as_sent: bool,
    /// What its list is filtered by.
    filtered: Filtered,
}

impl Wanted {
    /// The way that suits the body best, beside a list that is filtered like that.
    pub(super) fn of(filtered: Filtered) -> Self {
        Self {
            filtered,
            ..Self::default()
        }
    }

    /// Reads `?view=`, `?offset=`, `?lines=all`, `?in=`, `?as=sent` and `?q=`; what is not understood is passed over.
    pub fn from_uri(uri: &Uri, now: Timestamp) -> Self {
        Self {
            view: query::value(uri, "view").map(str::to_owned),
            window: Window {
                offset: query::number(uri, "offset").unwrap_or(0),
                all: query::value(uri, "lines") == Some("all"),
            },
            part: download::part(uri),
            is_as_sent: query::value(uri, "as") == Some("sent"),
            filtered: Filtered::from_uri(uri, now),
        }
    }
}

/// The open request.
#[derive(Debug, Template)]
#[template(path = "part/capture_detail.html")]
pub struct Detail {
    n: CaptureNumber,
    /// What it may be compared with.
    partners: Vec<Partner>,
    /// The address of the bin's page.
    path: String,
    /// The address of this request's own page.
    here: String,
    /// The same, with scheme and host.
    permalink: String,
    /// The addresses of the list, and of the requests beside this one in it.
    list: String,
    /// What forms and links keep of the list.
    filtered: Filtered,
    newer: Option<String>,
    older: Option<String>,
    head: HeadPart,
    /// What is said of the signature.
    signed: Option<Signed>,
    facts: Vec<Fact>,
    /// The other deliveries of its event; `None` where they cannot be told apart.
    timeline: Option<Timeline>,
    body: BodyPart,
    state: BodyState,
    /// What a cut or unfinished body lacks, as a sentence.
    missing: Option<String>,
    headers: Rows,
    /// How far the header fields are as they were sent.
    headers_note: &'static str,
    trailers: Rows,
    query: Rows,
    cookies: Rows,
    reply: ReplyPart,
    /// When it was drawn, for the address that draws it anew.
    drawn_at: i64,
    /// Where it was sent on to; `None` for readers of a share link.
    forwards: Option<Forwards>,
    formats: &'static [&'static Format],
    marks: Marks,
    /// Whether the reader may change it.
    can_write: bool,
    /// Whether it is all that is shared.
    is_alone: bool,
}

/// What stands at the top.
#[derive(Debug)]
struct HeadPart {
    method: String,
    method_class: &'static str,
    /// The part of the address that every request to the bin has.
    url_base: Spelled,
    url_path: Spelled,
    url_query: Option<Spelled>,
    at: Timestamp,
    time: String,
    ago: String,
    client: String,
    /// The other end of the connection, where that is not the client.
    peer: Option<String>,
    version: Version,
    /// How many bytes of body came.
    arrived: String,
    /// How many of them are here, where that is not all.
    kept: Option<String>,
    took: String,
}

/// A request to compare with.
#[derive(Debug)]
struct Partner {
    label: &'static str,
    a: CaptureNumber,
    b: CaptureNumber,
    other: CaptureNumber,
}

impl Detail {
    /// Reads a capture and makes it ready to be drawn.
    ///
    /// # Errors
    /// When the bin has no such capture, or the store cannot be read.
    pub async fn load(
        app: &App,
        bin: &BinByKey,
        site: &Site,
        n: CaptureNumber,
        wanted: &Wanted,
    ) -> Result<Self, Error> {
        let capture = find(app, bin, n).await?;
        let evidence = bin.evidence(&capture).await?;
        let signed = Signed::of(&bin.bin, &capture.line, evidence);
        let asked = handshake::fact(bin, &capture);
        let filtered = &wanted.filtered;
        let (newer, older) = bin.neighbours(&*app.store, &filtered.filter, n).await?;
        let forwards = Forwards::load(app, bin, &capture.line).await?;
        let timeline = Timeline::load(app, bin, &capture.line).await?;
        let Capture { line, body } = capture;
        let path = format!("/b/{}", bin.key);
        let here = format!("{path}/requests/{n}");
        let body = BodyPart::load(&line, body, here.clone(), wanted.clone()).await?;
        let envelope = &line.envelope;
        let head = &envelope.head;
        let origin = Origin::of(envelope.peer, &app.config.listen.trusted_proxies);
        Ok(Self {
            n,
            here,
            permalink: format!("{}/requests/{n}", site.inspect_url(&bin.key)),
            list: filtered.list(&bin.key),
            filtered: filtered.clone(),
            partners: partners(&line, newer, older),
            newer: newer.map(|n| filtered.request(&bin.key, n)),
            older: older.map(|n| filtered.request(&bin.key, n)),
            path,
            head: HeadPart::new(&line, site, app.clock.now()),
            signed,
            facts: asked
                .into_iter()
                .chain(reply::fact(&line))
                .chain(fact::of(&line))
                .collect(),
            timeline,
            body,
            state: line.state,
            missing: fact::missing(&line),
            headers: Rows::of_headers(&head.headers, origin),
            headers_note: match (head.headers.is_as_sent(), head.version) {
                (true, _) => "in the order and case they came",
                (false, Version::Http2) => "as HTTP/2 carries them, in lower case",
                (false, _) => "in lower case, repeated names together: how they came is not known",
            },
            trailers: Rows::of_headers(&envelope.trailers, Origin::Sender),
            query: Rows::of_query(head.query()),
            cookies: Rows::of_cookies(&head.headers),
            reply: ReplyPart::new(&line),
            drawn_at: app.clock.now().as_micros(),
            forwards,
            formats: &FORMATS,
            can_write: bin.can_write(),
            is_alone: bin.only().is_some(),
            marks: line.marks,
        })
    }
}

impl HeadPart {
    fn new(line: &CaptureLine, site: &Site, now: Timestamp) -> Self {
        let envelope = &line.envelope;
        let url = Url::of(envelope, &site.base);
        let (path, query) = match url.own.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (url.own, None),
        };
        let shown = |text: &str| Spelled::beginning(text.as_bytes(), URL);
        let bytes = |number: u64| format!("{} B", text::count(number));
        let (arrived, kept) = match (line.state, line.sent) {
            (BodyState::Complete, _) | (_, None) => (bytes(line.size), None),
            (BodyState::Truncated, Some(sent)) => (
                bytes(sent),
                Some(format!("{} kept", text::count(line.size))),
            ),
            (BodyState::Aborted, Some(sent)) => {
                (bytes(line.size), Some(format!("of {}", text::count(sent))))
            }
        };
        Self {
            method: text::one_line(&envelope.head.method, 60).into_owned(),
            method_class: colour(&envelope.head.method),
            url_base: shown(&format!("{}{}", url.origin, url.prefix)),
            url_path: shown(path),
            url_query: query.map(shown),
            at: envelope.received_at,
            time: text::time(now, envelope.received_at),
            ago: text::ago(now, envelope.received_at),
            client: envelope.client.to_string(),
            peer: (envelope.client != envelope.peer.ip().to_canonical())
                .then(|| envelope.peer.to_string()),
            version: envelope.head.version,
            arrived,
            kept,
            took: took(envelope.took_us),
        }
    }
}

/// The page of a request: with its list beside it, or, for the page's script, the request alone.
pub(super) async fn show(
    State(app): State<Arc<App>>,
    Glimpse(bin): Glimpse,
    site: Site,
    number: Number<Error>,
    part: Part,
    uri: Uri,
) -> Result<Response, Error> {
    let n = number.0;
    let wanted = Wanted::from_uri(&uri, app.clock.now());
    let detail = match Detail::load(&app, &bin, &site, n, &wanted).await {
        Err(Error(web::Error::UnknownCapture(n))) => return Ok(bin::no_request(&bin, &site, n)),
        loaded => loaded?,
    };
    if part == Part::Detail {
        return Ok(Page(detail).into_response());
    }
    let shown = Shown {
        list: List::Around(n),
        filtered: wanted.filtered,
        open: n,
        detail_html: detail.render().map_err(web::Error::Template)?,
        view: bin::View::Detail,
    };
    let page = bin::shell(&app, &bin, &site, shown).await?;
    Ok((bin::POLICY, page).into_response())
}

/// What it may be compared with, the likely ones first: other deliveries of the event.
fn partners(
    line: &CaptureLine,
    newer: Option<CaptureNumber>,
    older: Option<CaptureNumber>,
) -> Vec<Partner> {
    let n = line.n;
    let delivery = line.recognised.as_ref().and_then(|known| known.delivery);
    let previous = delivery.and_then(|delivery| delivery.previous);
    let first = delivery
        .map(|delivery| delivery.first)
        .filter(|&first| first != n && Some(first) != previous);
    [
        ("Previous of this event", previous.map(|other| (other, n))),
        ("First of this event", first.map(|other| (other, n))),
        ("Request before", older.map(|other| (other, n))),
        ("Request after", newer.map(|other| (n, other))),
    ]
    .into_iter()
    .filter_map(|(label, pair)| {
        let (a, b) = pair?;
        let other = if a == n { b } else { a };
        Some(Partner { label, a, b, other })
    })
    .collect()
}

/// The capture of that number, as the key shows it.
pub(super) async fn find(app: &App, bin: &BinByKey, n: CaptureNumber) -> Result<Capture, Error> {
    Ok(bin.capture(&*app.store, n).await?)
}

/// A duration in the unit that fits it.
fn took(micros: u64) -> String {
    match micros {
        0..1000 => format!("{micros} µs"),
        1000..100_000 => format!("{}.{} ms", micros / 1000, micros / 100 % 10),
        100_000..1_000_000 => format!("{} ms", micros / 1000),
        1_000_000..60_000_000 => format!("{}.{} s", micros / 1_000_000, micros / 100_000 % 10),
        _ => format!("{} min {} s", micros / 60_000_000, micros / 1_000_000 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_in_the_unit_that_fits() {
        assert_eq!(
            [7, 4_120, 250_999, 30_049_000, 125_000_000].map(took),
            ["7 µs", "4.1 ms", "250 ms", "30.0 s", "2 min 5 s"]
        );
    }

    #[test]
    fn what_is_wanted_is_read_from_the_address() {
        let wanted =
            |text: &str| Wanted::from_uri(&text.parse().unwrap(), Timestamp::from_micros(0));
        let hex = wanted("/b/x/requests/1?view=hex&offset=4096");
        assert_eq!(
            (hex.view.as_deref(), hex.window.offset),
            (Some("hex"), 4096)
        );
        assert!(wanted("/?lines=all").window.all);
        let odd = wanted("/?offset=-1&lines=some");
        assert_eq!((odd.view, odd.window), (None, Window::default()));
    }
}
