//! Waiting for captures, so that tests need no sleeping.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use tokio::time::{Instant, timeout_at};

use super::{Error, Problem, query, wire};
use crate::filter::Filter;
use crate::live::Event;
use crate::model::{Bin, CaptureLine, CaptureNumber};
use crate::store::Window;
use crate::web::access::BinByKey;
use crate::web::extract::VisitByToken;
use crate::web::{self, App};

/// The most captures that are waited for at once.
const COUNT: u64 = 200;

/// How long is waited when the question does not say, and at most, in seconds.
const TIMEOUT: (u64, u64) = (30, 300);

/// How many captures are looked for at once among those that came before.
const PAGE: usize = 200;

/// Wait for captures
///
/// Until so many are there that the filter lets through, also among those that came before, above `after`. The answer comes as soon
/// as they are there, or with 408 when the time is over. To go on, give `after` of the answer as `after`.
#[utoipa::path(
    get,
    path = "/api/v1/bins/{id}/captures/wait",
    operation_id = "wait_for_captures",
    tag = "captures",
    params(
        ("id" = String, Path, description = "The bin's id"),
        ("q" = Option<String>, Query, description = "A filter", example = "method:POST path:/orders/*"),
        ("after" = Option<u64>, Query, description = "Only numbers above this one; 0 when it is left out"),
        ("count" = Option<u64>, Query, description = "How many, 1 to 200; 1 when it is left out", minimum = 1, maximum = 200),
        ("timeout" = Option<u64>, Query, description = "How many seconds to wait, 0 to 300; 30 when it is left out", minimum = 0, maximum = 300),
    ),
    responses(
        (status = 200, description = "They came", body = wire::Waited<'_>),
        (status = 408, description = "The time is over; those that came", body = wire::Waited<'_>),
        (status = 422, description = "A parameter is unknown or has a value that cannot be; of a filter, `position` says where", body = Problem,
            content_type = "application/problem+json"),
        (status = 503, description = "The bin has as many watchers as it may, or the server stops", body = Problem,
            content_type = "application/problem+json"),
    )
)]
pub(super) async fn wait(
    State(app): State<Arc<App>>,
    VisitByToken(visit): VisitByToken,
    uri: Uri,
) -> Result<Response, Error> {
    let names = ["after", "count", "timeout"];
    let (filter, [after, count, timeout]) = query::filtered(&uri, names, app.clock.now())?;
    let (count, seconds) = (count.unwrap_or(1), timeout.unwrap_or(TIMEOUT.0));
    within("count", count, 1, COUNT)?;
    within("timeout", seconds, 0, TIMEOUT.1)?;
    let bin = Arc::clone(&visit.bin);
    let mut waiting = Waiting {
        filter: filter.unwrap_or_default(),
        count: usize::try_from(count).unwrap_or(usize::MAX),
        place: CaptureNumber(after.unwrap_or(0)),
        found: Vec::new(),
        visit,
        app,
    };
    let until = Instant::now() + Duration::from_secs(seconds);
    let is_there = waiting.run(until).await?;
    Ok(waiting.answer(&bin, is_there))
}

fn within(field: &'static str, value: u64, least: u64, most: u64) -> Result<(), web::Error> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    let problem = format!("expected {least} to {most}");
    Err(web::Error::Invalid { field, problem })
}

/// Who waits, for what, and what came.
struct Waiting {
    app: Arc<App>,
    visit: BinByKey,
    filter: Filter,
    count: usize,
    /// Up to which number was looked.
    place: CaptureNumber,
    found: Vec<CaptureLine>,
}

impl Waiting {
    /// Waits; whether all came in time.
    async fn run(&mut self, until: Instant) -> Result<bool, web::Error> {
        let newest = Window::Newest {
            before: None,
            limit: 1,
        };
        let lines = self.app.store.lines(&self.visit.bin, newest).await?;
        let newest = lines.first().map_or(CaptureNumber(0), |line| line.n);
        let filter = self.filter.clone();
        let mut watch = self.visit.watch(&self.app, filter, Some(newest)).await?;
        // What is there already counts even when there is no time at all.
        self.look(newest, until).await?;
        while self.found.len() < self.count {
            // `Watch::next` keeps its place when it is dropped; here nothing is left to be lost.
            match timeout_at(until, watch.next()).await {
                Ok(event) => self.take(event?, until).await?,
                Err(_) => return Ok(false),
            }
        }
        Ok(true)
    }

    async fn take(&mut self, event: Option<Event>, until: Instant) -> Result<(), web::Error> {
        match event {
            Some(Event::Captured(line)) if line.n > self.place => {
                self.place = line.n;
                self.found.push(*line);
            }
            Some(Event::Passed(n)) => self.place = self.place.max(n),
            // Too much came to be told of one by one.
            Some(Event::Resync(n)) => self.look(n, until).await?,
            Some(Event::Gone) => {
                self.visit.again(&self.app).await?;
            }
            Some(_) => {}
            None => return Err(web::Error::Interrupted),
        }
        Ok(())
    }

    /// Looks at what came before, up to a number.
    async fn look(&mut self, newest: CaptureNumber, until: Instant) -> Result<(), web::Error> {
        let mut first = true;
        while self.place < newest
            && self.found.len() < self.count
            && (first || Instant::now() < until)
        {
            first = false;
            let window = Window::After {
                after: self.place,
                limit: PAGE.min(self.count - self.found.len()),
            };
            let listed = self.visit.list(&*self.app.store, &self.filter, window);
            let listed = listed.await?;
            let lines = listed.lines.into_iter().filter(|line| line.n <= newest);
            self.found.extend(lines);
            self.place = listed.next.filter(|&n| n < newest).unwrap_or(newest);
        }
        if let (true, Some(last)) = (self.found.len() >= self.count, self.found.last()) {
            self.place = last.n;
        }
        Ok(())
    }

    fn answer(&self, bin: &Bin, is_there: bool) -> Response {
        let lines = self.found.iter();
        let shape = wire::Waited {
            captures: lines.map(|line| wire::Capture::line(bin, line)).collect(),
            after: self.place.0,
        };
        let status = if is_there {
            StatusCode::OK
        } else {
            StatusCode::REQUEST_TIMEOUT
        };
        (status, Json(shape)).into_response()
    }
}
