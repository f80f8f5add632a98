//! The page of a bin: its requests on the left, one of them open on the right; or, while there are none, how to send the first.

use askama::Template;

use super::row::{self, Day};
use super::{Error, Page, text};
use crate::model::{BinKey, CaptureLine, CaptureNumber, Usage};
use crate::store::Window;
use crate::web::App;
use crate::web::extract::{BinByKey, Site};

/// How many rows a page of the list has.
pub(super) const ROWS: usize = 50;

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
    /// The open request, rendered: its `<article class="detail">`.
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
}

impl BinHead {
    pub(super) fn new(bin: &BinByKey, site: &Site) -> Self {
        Self {
            title: text::one_line(&bin.bin.title(), 100).into_owned(),
            path: format!("/b/{}", bin.key),
            capture_url: site.capture_url(&bin.bin),
            has_url: true,
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

/// The page of a bin with requests.
#[derive(Debug, Template)]
#[template(path = "bin.html")]
pub struct BinPage {
    bin: BinHead,
    now: i64,
    count: Count,
    days: Vec<Day>,
    is_newest: bool,
    older: Option<CaptureNumber>,
    open: CaptureNumber,
    detail_html: String,
    view: View,
}

/// The page of a bin around an open request.
///
/// # Errors
/// What the store says when it cannot be read.
pub async fn shell(
    app: &App,
    bin: &BinByKey,
    site: &Site,
    shown: Shown,
) -> Result<Page<BinPage>, Error> {
    let usage = app.store.usage(&bin.bin).await?;
    let (lines, is_newest, older) = lines(app, bin, shown.list).await?;
    let now = app.clock.now();
    Ok(Page(BinPage {
        bin: BinHead::new(bin, site),
        now: now.as_micros() / 1000,
        count: Count::new(usage, &bin.key),
        days: row::by_day(&lines, &bin.key, now, Some(shown.open)),
        is_newest,
        older,
        open: shown.open,
        detail_html: shown.detail_html,
        view: shown.view,
    }))
}

type Lines = (Vec<CaptureLine>, bool, Option<CaptureNumber>);

/// The rows of the list, whether they are the newest, and the number below which there are more.
async fn lines(app: &App, bin: &BinByKey, list: List) -> Result<Lines, Error> {
    let read = async |before: Option<CaptureNumber>| {
        let window = Window::Newest {
            before,
            limit: ROWS + 1,
        };
        app.store.lines(&bin.bin, window).await
    };
    let (mut lines, is_newest) = match list {
        List::Newest => (read(None).await?, true),
        List::Before(n) => (read(Some(n)).await?, false),
        List::Around(n) => {
            let newest = read(None).await?;
            if newest.iter().take(ROWS).any(|line| line.n == n) {
                (newest, true)
            } else {
                // Half a page above it: numbers may be missing there, so that it is within the page in any case.
                (
                    read(Some(CaptureNumber(n.0.saturating_add(26)))).await?,
                    false,
                )
            }
        }
    };
    let is_more = lines.len() > ROWS;
    lines.truncate(ROWS);
    let older = if is_more {
        lines.last().map(|line| line.n)
    } else {
        None
    };
    Ok((lines, is_newest, older))
}
