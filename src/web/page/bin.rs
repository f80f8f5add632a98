//! The page of a bin: its requests on the left, one of them open on the right; or, while there are none, how to send the first.

use std::net::IpAddr;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderName, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};

use super::capture::{Detail, Wanted};
use super::recent::Recent;
use super::row::{self, Day};
use super::{Error, Page, query, text};
use crate::config::listen::host_of;
use crate::filter::Filter;
use crate::model::{BinKey, CaptureLine, CaptureNumber, Settings, Timestamp, Usage};
use crate::store::Window;
use crate::web::App;
use crate::web::extract::{AnyVisit, BinByKey, Site};
use crate::web::layers::headers;

/// How many rows a page of the list has.
const ROWS: usize = 50;

/// Which requests the list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    /// The newest, live.
    Newest,
    /// Those below a number.
    Before(CaptureNumber),
    /// The newest when this one is among them, else those around it.
    Around(CaptureNumber),
}

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

/// The number of requests, and of those that were dropped or refused, as the list's status line says it.
#[derive(Debug, Template)]
#[template(path = "part/count.html")]
pub(super) struct Count {
    usage: Usage,
    path: String,
}

impl Count {
    pub(super) fn new(usage: Usage, key: &BinKey) -> Self {
        Self {
            usage,
            path: format!("/b/{key}"),
        }
    }
}

/// The list of requests.
#[derive(Debug, Template)]
#[template(path = "part/list.html")]
struct ListPart {
    days: Vec<Day>,
    /// The address of the rows below these; `None` when there are none.
    older: Option<String>,
    /// The address of the bin's page.
    path: String,
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

/// A page with an open request may have a frame, in which the body is drawn; the script may put one into it at any time.
pub(super) const POLICY: [(HeaderName, &str); 1] =
    [(header::CONTENT_SECURITY_POLICY, headers::CSP_WITH_FRAMES)];

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
    let listing = Listing::read(app, bin, shown.list).await?;
    Ok(draw(app, bin, site, listing, shown).await?.into_response())
}

async fn draw(
    app: &App,
    bin: &BinByKey,
    site: &Site,
    listing: Listing,
    shown: Shown,
) -> Result<Page<BinPage>, Error> {
    let usage = bin.usage(&*app.store).await?;
    let now = app.clock.now();
    Ok(Page(BinPage {
        bin: BinHead::new(bin, site),
        now: now.as_micros() / 1000,
        count: Count::new(usage, &bin.key),
        is_newest: listing.is_newest,
        list: listing.part(bin, now, Some(shown.open)),
        open: shown.open,
        detail_html: shown.detail_html,
        view: shown.view,
    }))
}

/// The page of a bin: its newest requests with the first of them open, or, with `before`, older ones. For the page's script,
/// `?part=list` is the list alone.
pub(super) async fn show(
    State(app): State<Arc<App>>,
    AnyVisit(bin): AnyVisit,
    site: Site,
    recent: Recent,
    uri: Uri,
) -> Result<Response, Error> {
    if let Some(n) = bin.only() {
        return Ok(Redirect::to(&format!("/b/{}/requests/{n}", bin.key)).into_response());
    }
    let list = query::number(&uri, "before")
        .map_or(List::Newest, |before| List::Before(CaptureNumber(before)));
    let listing = Listing::read(&app, &bin, list).await?;
    if query::value(&uri, "part") == Some("list") {
        let open = query::number(&uri, "open").map(CaptureNumber);
        return Ok(Page(listing.part(&bin, app.clock.now(), open)).into_response());
    }
    // A link that ends is not one of the reader's own bins.
    let cookie = bin.can_write().then(|| recent.with(bin.key)).flatten();
    let Some(open) = listing.lines.first().map(|line| line.n) else {
        return match list {
            List::Newest => Ok((cookie, waiting(&app, &bin, &site).await?).into_response()),
            _ => Ok(Redirect::to(&format!("/b/{}", bin.key)).into_response()),
        };
    };
    let detail = Detail::load(&app, &bin, &site, open, &Wanted::default()).await;
    let detail = match detail {
        // Cleared between the two looks at the store: the next look is at what there is then.
        Err(Error(crate::web::Error::UnknownCapture(_))) => {
            return Ok(Redirect::to(&format!("/b/{}", bin.key)).into_response());
        }
        other => other?,
    };
    let shown = Shown {
        list,
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

/// Rows of the list as they were read.
#[derive(Debug)]
struct Listing {
    lines: Vec<CaptureLine>,
    is_newest: bool,
    /// The number below which there are more.
    next: Option<CaptureNumber>,
}

impl Listing {
    async fn read(app: &App, bin: &BinByKey, list: List) -> Result<Self, Error> {
        let filter = Filter::default();
        let read = async |before: Option<CaptureNumber>| {
            let limit = ROWS;
            let window = Window::Newest { before, limit };
            bin.list(&*app.store, &filter, window).await
        };
        let (listed, is_newest) = match list {
            List::Newest => (read(None).await?, true),
            List::Before(n) => (read(Some(n)).await?, false),
            List::Around(n) => {
                let newest = read(None).await?;
                if newest.lines.iter().any(|line| line.n == n) {
                    (newest, true)
                } else {
                    // Half a page above it at most, since numbers may be missing: it is on the page in any case.
                    let above = CaptureNumber(n.0.saturating_add(ROWS as u64 / 2));
                    (read(Some(above)).await?, false)
                }
            }
        };
        Ok(Self {
            lines: listed.lines,
            is_newest,
            next: listed.next,
        })
    }

    fn part(&self, bin: &BinByKey, now: Timestamp, open: Option<CaptureNumber>) -> ListPart {
        ListPart {
            days: row::by_day(&self.lines, &bin.key, now, open),
            older: self
                .next
                .map(|next| format!("/b/{}?before={next}", bin.key)),
            path: format!("/b/{}", bin.key),
        }
    }
}
