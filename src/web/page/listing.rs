//! The list of requests beside the open one: a window of them, filtered, newest or oldest first.

use askama::Template;

use super::filter::Filtered;
use super::row::{self, Day};
use super::{Error, text};
use crate::filter;
use crate::model::{CaptureNumber, Timestamp, Usage};
use crate::store::{self, Store, Window};
use crate::web::App;
use crate::web::access::{Counted, Listed};
use crate::web::extract::BinByKey;

/// How many rows a page of the list has.
const ROWS: usize = 50;

/// Which requests the list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    /// The newest, live.
    Newest,
    /// Those below a number.
    Before(CaptureNumber),
    /// Those above a number, oldest first.
    After(CaptureNumber),
    /// The newest when this one is among them, else those around it.
    Around(CaptureNumber),
}

/// The number of requests, and of those that were dropped or refused, as the list's status line says it.
#[derive(Debug, Template)]
#[template(path = "part/count.html")]
pub(super) struct Count {
    usage: Usage,
    /// How many of them a filter lets through.
    matching: Option<Counted>,
    path: String,
}

impl Count {
    /// Counts the requests of a bin.
    ///
    /// # Errors
    /// What the store says when it cannot be read.
    pub(super) async fn read(
        bin: &BinByKey,
        store: &dyn Store,
        filtered: &Filtered,
    ) -> store::Result<Self> {
        let matching = if filtered.is_on() {
            Some(bin.count(store, &filtered.filter).await?)
        } else {
            None
        };
        Self::new(bin, store, matching).await
    }

    /// The same beside a list of them: what the list looked at is not looked at again.
    ///
    /// # Errors
    /// What the store says when it cannot be read.
    pub(super) async fn beside(
        bin: &BinByKey,
        store: &dyn Store,
        listing: &Listing,
    ) -> store::Result<Self> {
        let filtered = &listing.filtered;
        let is_up = listing.is_up();
        if !filtered.is_on() || !listing.is_first() {
            return Self::read(bin, store, filtered).await;
        }
        let listed = &listing.listed;
        let matching = bin.count_with(store, &filtered.filter, listed, is_up);
        Self::new(bin, store, Some(matching.await?)).await
    }

    async fn new(
        bin: &BinByKey,
        store: &dyn Store,
        matching: Option<Counted>,
    ) -> store::Result<Self> {
        Ok(Self {
            usage: bin.usage(store).await?,
            matching,
            path: format!("/b/{}", bin.key),
        })
    }
}

/// Whether a request is in it.
fn has(listed: &Listed, n: CaptureNumber) -> bool {
    listed.lines.iter().any(|line| line.n == n)
}

/// The list as it is drawn.
#[derive(Debug, Template)]
#[template(path = "part/list.html")]
pub(super) struct ListPart {
    days: Vec<Day>,
    /// The address of the rows below these; `None` when there are none.
    more: Option<String>,
    /// How far was looked, when that was not to the end and too little was found.
    looked: Option<CaptureNumber>,
    /// Whether the oldest come first.
    is_up: bool,
    /// Whether it begins at an end of the bin.
    is_first: bool,
    filtered: Filtered,
    can_write: bool,
    /// The address of the bin's page.
    path: String,
}

/// Why a filter was not applied; nothing when it was.
#[derive(Debug, Template)]
#[template(path = "part/filter_error.html")]
pub(super) struct FilterError {
    error: Option<filter::Error>,
}

impl FilterError {
    /// What is wrong with the filter, if anything is.
    pub(super) fn of(filtered: &Filtered) -> Self {
        Self {
            error: filtered.error.clone(),
        }
    }
}

/// Rows of the list as they were read.
#[derive(Debug)]
pub(super) struct Listing {
    listed: Listed,
    list: List,
    filtered: Filtered,
    pub(super) is_newest: bool,
}

impl Listing {
    pub(super) async fn read(
        app: &App,
        bin: &BinByKey,
        filtered: Filtered,
        list: List,
    ) -> Result<Self, Error> {
        let limit = ROWS;
        let mut list = list;
        let read = async |window: Window| bin.list(&*app.store, &filtered.filter, window).await;
        let newest = |before| Window::Newest { before, limit };
        let (listed, is_newest) = match list {
            List::Newest => (read(newest(None)).await?, true),
            List::Before(n) => (read(newest(Some(n))).await?, false),
            List::After(after) => (read(Window::After { after, limit }).await?, false),
            List::Around(n) if filtered.is_up => {
                let after = |n| Window::After { after: n, limit };
                let mut from = CaptureNumber(0);
                let mut listed = read(after(from)).await?;
                if !has(&listed, n) {
                    let below = CaptureNumber(n.0.saturating_sub(ROWS as u64 / 2));
                    let around = read(after(below)).await?;
                    if has(&around, n) {
                        (listed, from) = (around, below);
                    }
                }
                list = List::After(from);
                (listed, false)
            }
            List::Around(n) => {
                let first = read(newest(None)).await?;
                if has(&first, n) {
                    (first, true)
                } else {
                    // Half a page above it at most, since numbers may be missing: it is on the page in any case, unless
                    // the filter leaves it out.
                    let above = CaptureNumber(n.0.saturating_add(ROWS as u64 / 2));
                    let around = read(newest(Some(above))).await?;
                    if has(&around, n) {
                        (around, false)
                    } else {
                        (first, true)
                    }
                }
            }
        };
        Ok(Self {
            listed,
            list,
            filtered,
            is_newest,
        })
    }

    /// The number of the first request in it.
    pub(super) fn first(&self) -> Option<CaptureNumber> {
        self.listed.lines.first().map(|line| line.n)
    }

    /// Whether it begins at an end of the bin.
    fn is_first(&self) -> bool {
        self.is_newest || self.list == List::After(CaptureNumber(0))
    }

    /// Whether the oldest come first.
    pub(super) fn is_up(&self) -> bool {
        matches!(self.list, List::After(_))
    }

    pub(super) fn part(
        &self,
        bin: &BinByKey,
        now: Timestamp,
        open: Option<CaptureNumber>,
    ) -> ListPart {
        let Self {
            listed, filtered, ..
        } = self;
        let path = format!("/b/{}", bin.key);
        let side = if self.is_up() { "after" } else { "before" };
        let more = |next| filtered.on(&format!("{path}?{side}={next}"));
        ListPart {
            days: row::by_day(&listed.lines, &bin.key, filtered, now, open),
            more: listed.next.map(more),
            looked: listed.next.filter(|_| listed.lines.len() < ROWS),
            is_up: self.is_up(),
            is_first: self.is_first(),
            filtered: filtered.clone(),
            can_write: bin.can_write(),
            path,
        }
    }
}
