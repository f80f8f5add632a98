//! The page of a bin: its requests on the left, one of them open on the right; or, while there are none, how to send the first.

use std::net::IpAddr;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};

use super::capture::{Detail, Wanted};
use super::filter::Filtered;
use super::listing::{Count, FilterError, List, ListPart, Listing};
use super::recent::Recent;
use super::{Error, Page, query, smee, text};
use crate::config::listen::host_of;
use crate::model::{CaptureNumber, Settings};
use crate::web::App;
use crate::web::extract::{AnyVisit, BinByKey, Site};
use crate::web::layers;

/// Which half a narrow screen shows; a wide one shows both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// The list.
    List,
    /// The open request.
    Detail,
}

/// What the page of a bin shows.
#[derive(Debug)]
pub struct Shown {
    /// The list on the left.
    pub list: List,
    /// What it is filtered by.
    pub filtered: Filtered,
    /// The open request.
    pub open: CaptureNumber,
    /// The open request, rendered: `<article class="scroll detail" id="request" data-n="42">`.
    pub detail_html: String,
    /// Which half a narrow screen shows.
    pub view: View,
}

/// What the top bar of a bin's pages needs.
#[derive(Debug)]
pub(super) struct BinHead {
    /// Its name, or what stands for it.
    pub(super) title: String,
    /// The address of its page, without a slash at the end.
    pub(super) path: String,
    /// Where senders send.
    pub(super) capture_url: String,
    /// Whether the bar shows the capture URL; the waiting page shows it large instead.
    pub(super) has_url: bool,
    /// Whether the reader may change the bin.
    pub(super) can_write: bool,
}

impl BinHead {
    pub(super) fn new(bin: &BinByKey, site: &Site) -> Self {
        Self {
            title: text::one_line(&bin.bin.title(), 100).into_owned(),
            path: format!("/b/{}", bin.key),
            capture_url: site.capture_url(&bin.bin),
            has_url: bin.only().is_none(),
            can_write: bin.can_write(),
        }
    }
}

/// The page of a bin with requests.
#[derive(Debug, Template)]
#[template(path = "bin.html")]
pub struct BinPage {
    bin: BinHead,
    now: i64,
    count: Count,
    list: ListPart,
    is_newest: bool,
    /// Whether the oldest come first.
    is_up: bool,
    filtered: Filtered,
    filter_error: FilterError,
    /// The addresses of its stream, and of the list from either end.
    stream: String,
    newest: String,
    oldest: String,
    open: CaptureNumber,
    detail_html: String,
    view: View,
}

/// The page of one request that is all that is shared.
#[derive(Debug, Template)]
#[template(path = "shared.html")]
struct SharedPage {
    bin: BinHead,
    now: i64,
    open: CaptureNumber,
    detail_html: String,
}

/// The page of a bin without requests.
#[derive(Debug, Template)]
#[template(path = "waiting.html")]
struct WaitingPage {
    bin: BinHead,
    /// Whether there never was a request.
    is_first: bool,
    settings: Settings,
    /// Whether the capture URL leads to this very machine, so that no sender elsewhere can reach it.
    is_local: bool,
}

/// The page where a request is not there.
#[derive(Debug, Template)]
#[template(path = "request_gone.html")]
struct GonePage {
    bin: BinHead,
    n: u64,
}

/// Says that the bin has no request of that number, and leads back to those that it has.
pub(super) fn no_request(bin: &BinByKey, site: &Site, n: u64) -> Response {
    let bin = BinHead::new(bin, site);
    (StatusCode::NOT_FOUND, Page(GonePage { bin, n })).into_response()
}

/// A page with an open request may have a frame, in which the body is drawn; the script may put one into it at any time.
pub(super) const POLICY: [(HeaderName, &str); 1] = [(
    header::CONTENT_SECURITY_POLICY,
    layers::headers::CSP_WITH_FRAMES,
)];

/// The page of a bin around an open request.
///
/// # Errors
/// What the store says when it cannot be read.
pub async fn shell(
    app: &App,
    bin: &BinByKey,
    site: &Site,
    shown: Shown,
) -> Result<Response, Error> {
    if bin.only().is_some() {
        return Ok(Page(SharedPage {
            bin: BinHead::new(bin, site),
            now: app.clock.now().as_micros() / 1000,
            open: shown.open,
            detail_html: shown.detail_html,
        })
        .into_response());
    }
    let listing = Listing::read(app, bin, shown.filtered.clone(), shown.list).await?;
    Ok(draw(app, bin, site, listing, shown).await?.into_response())
}

async fn draw(
    app: &App,
    bin: &BinByKey,
    site: &Site,
    listing: Listing,
    shown: Shown,
) -> Result<Page<BinPage>, Error> {
    let filtered = shown.filtered;
    let count = Count::beside(bin, &*app.store, &listing).await?;
    let now = app.clock.now();
    let path = format!("/b/{}", bin.key);
    Ok(Page(BinPage {
        bin: BinHead::new(bin, site),
        now: now.as_micros() / 1000,
        count,
        is_newest: listing.is_newest,
        is_up: listing.is_up(),
        list: listing.part(bin, now, Some(shown.open)),
        filter_error: FilterError::of(&filtered),
        stream: filtered.on(&format!("{path}/stream")),
        newest: filtered.on(&path),
        oldest: filtered.on(&format!("{path}?after=0")),
        filtered,
        open: shown.open,
        detail_html: shown.detail_html,
        view: shown.view,
    }))
}

/// The page of a bin: its newest requests with the first of them open, or, with `before`, older ones, or, with `after`, the oldest first; `q` filters them. For the page's script,
/// `?part=list` is the list alone.
pub(super) async fn show(
    State(app): State<Arc<App>>,
    AnyVisit(bin): AnyVisit,
    site: Site,
    recent: Recent,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Error> {
    if smee::is_asked(&headers) {
        return smee::show(app, bin, &headers).await;
    }
    if let Some(n) = bin.only() {
        return Ok(Redirect::to(&format!("/b/{}/requests/{n}", bin.key)).into_response());
    }
    let mut filtered = Filtered::from_uri(&uri, app.clock.now());
    let is_part = query::value(&uri, "part") == Some("list");
    if is_part && filtered.error.is_some() {
        let refused = Page(FilterError::of(&filtered));
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, refused).into_response());
    }
    let number = |name| query::number(&uri, name).map(CaptureNumber);
    let list = match (number("before"), number("after")) {
        (Some(before), _) => List::Before(before),
        (None, Some(after)) => List::After(after),
        (None, None) => List::Newest,
    };
    filtered.is_up = matches!(list, List::After(_));
    let listing = Listing::read(&app, &bin, filtered.clone(), list).await?;
    if is_part {
        let part = listing.part(&bin, app.clock.now(), number("open"));
        return Ok(Page(part).into_response());
    }
    // A link that ends is not one of the reader's own bins.
    let cookie = bin.can_write().then(|| recent.with(bin.key)).flatten();
    let open = match listing.first() {
        // The filter leaves all of them out, but one is open.
        None if filtered.is_on() => {
            let all = Filtered::default();
            Listing::read(&app, &bin, all, List::Newest).await?.first()
        }
        first => first,
    };
    let Some(open) = open else {
        return match list {
            List::Newest => Ok((cookie, waiting(&app, &bin, &site).await?).into_response()),
            _ => Ok(Redirect::to(&format!("/b/{}", bin.key)).into_response()),
        };
    };
    let wanted = Wanted::of(filtered.clone());
    let detail = match Detail::load(&app, &bin, &site, open, &wanted).await {
        // Cleared between the two looks at the store: the next look is at what there is then.
        Err(Error(crate::web::Error::UnknownCapture(_))) => {
            return Ok(Redirect::to(&format!("/b/{}", bin.key)).into_response());
        }
        other => other?,
    };
    let shown = Shown {
        list,
        filtered,
        open,
        detail_html: detail.render().map_err(crate::web::Error::Template)?,
        view: View::List,
    };
    let page = draw(&app, &bin, &site, listing, shown).await?;
    Ok((cookie, POLICY, page).into_response())
}

async fn waiting(app: &App, bin: &BinByKey, site: &Site) -> Result<Page<WaitingPage>, Error> {
    let usage = bin.usage(&*app.store).await?;
    let mut head = BinHead::new(bin, site);
    head.has_url = false;
    let host = site.base.split_once("://").map_or("", |(_, rest)| rest);
    let host = host_of(host).trim_matches(['[', ']']);
    Ok(Page(WaitingPage {
        is_first: usage.last_capture_at.is_none(),
        is_local: host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback()),
        settings: bin.bin.settings.clone(),
        bin: head,
    }))
}
