//! What the server counts about itself, in the words of Prometheus.
//!
//! Stands low, so that store, hub, forwarder and ingest can all count where things happen; knows none of them. A process is one
//! server, so there is one [`metrics`] for all of it: a handle in every constructor would say nothing more. Counting is a few relaxed
//! atomic additions, without a lock or an allocation: every label has its counter from the start, found by its place in a table.
//! What is known elsewhere, as the size of the store, is asked for when somebody looks, and put into [`Asked`].
//!
//! Names follow <https://prometheus.io/docs/practices/naming/>: base units, `_total` for what only grows. Labels come from closed
//! sets, never from what a sender wrote, and name no bin.
//!
//! To add one: a field of [`Metrics`], its line in [`Metrics::new`], and its panel in `examples/grafana-dashboard.json`.

use std::sync::LazyLock;
use std::time::Duration;

use prometheus::core::Collector;
use prometheus::{
    Encoder, Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, Opts, Registry,
    TextEncoder,
};

use crate::model::{AttemptKind, FailureCause, Reason, Timestamp, Try};

/// What [`Metrics::text`] is, for `Content-Type`
/// (<https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format>).
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The classes of statuses, and what was not answered at all.
const CLASSES: [&str; 6] = ["1xx", "2xx", "3xx", "4xx", "5xx", "none"];

/// What came of an attempt, before the causes of [`FailureCause::ALL`].
const OUTCOMES: [&str; 2] = ["taken", "rejected"];

/// Upper bounds of how long a commit takes, in seconds: from a fast disk's sync to a stalled one.
const COMMIT_SECONDS: [f64; 14] = [
    0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0,
];

/// Upper bounds of how many captures one commit holds.
const COMMIT_CAPTURES: [f64; 10] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 512.0, 2048.0];

/// What is counted, from the start of the process.
pub fn metrics() -> &'static Metrics {
    static METRICS: LazyLock<Metrics> = LazyLock::new(|| {
        Metrics::new().expect("names and labels are written below, and a unit test makes them all")
    });
    &METRICS
}

/// What is not counted but asked for when somebody looks; `None` where it is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Asked {
    /// What the store takes of its disk, in bytes.
    pub store_bytes: Option<u64>,
    /// How many captures wait to be committed.
    pub waiting: Option<u64>,
    /// How many streams are open.
    pub watchers: u64,
}

/// All that is counted.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    captures: IntCounter,
    capture_bytes: IntCounter,
    refusals: [IntCounter; Reason::ALL.len()],
    replies: [IntCounter; CLASSES.len()],
    responses: [IntCounter; CLASSES.len()],
    commit_seconds: Histogram,
    commit_captures: Histogram,
    commit_failures: IntCounter,
    waiting: IntGauge,
    store_bytes: IntGauge,
    watchers: IntGauge,
    resyncs: IntCounter,
    feed_lags: IntCounter,
    replays: Outcomes,
    sent_on: Outcomes,
    handshakes: Outcomes,
    forward_lanes: IntGauge,
    start_time: IntGauge,
}

impl Metrics {
    fn new() -> prometheus::Result<Self> {
        let made = Maker(Registry::new());
        let build = Opts::new("hookwell_build_info", "The version that runs; always 1.")
            .const_label("version", env!("CARGO_PKG_VERSION"));
        made.kept(IntGauge::with_opts(build)?)?.set(1);
        let attempts = Opts::new(
            "hookwell_forward_attempts_total",
            "Tries to send a capture on, by what asked for them and what came of them.",
        );
        let attempts = made.kept(IntCounterVec::new(attempts, &["kind", "outcome"])?)?;
        Ok(Self {
            captures: made.counter("hookwell_captures_total", "Captures that were committed.")?,
            capture_bytes: made.counter(
                "hookwell_capture_bytes_total",
                "Bytes of headers and bodies of captures that were committed.",
            )?,
            refusals: made.counters(
                "hookwell_refusals_total",
                "Requests that could not be captured, by why.",
                "reason",
                Reason::ALL.map(Reason::as_str),
            )?,
            replies: made.counters(
                "hookwell_replies_total",
                "Replies to senders, by the class of their status.",
                "class",
                CLASSES,
            )?,
            responses: made.counters(
                "hookwell_responses_total",
                "Answers of pages, API and operations, by the class of their status.",
                "class",
                CLASSES,
            )?,
            commit_seconds: made.histogram(
                "hookwell_commit_duration_seconds",
                "How long a commit of captures took, to the disk.",
                &COMMIT_SECONDS,
            )?,
            commit_captures: made.histogram(
                "hookwell_commit_captures",
                "How many captures one commit held.",
                &COMMIT_CAPTURES,
            )?,
            commit_failures: made.counter(
                "hookwell_commit_failures_total",
                "Commits of captures that failed as a whole.",
            )?,
            waiting: made.gauge(
                "hookwell_queue_captures",
                "Captures that wait to be committed.",
            )?,
            store_bytes: made.gauge(
                "hookwell_store_bytes",
                "What the store takes of its disk.",
            )?,
            watchers: made.gauge("hookwell_watchers", "Streams that are open.")?,
            resyncs: made.counter(
                "hookwell_stream_resyncs_total",
                "Readers of a stream that had missed too much and were told to read the list anew.",
            )?,
            feed_lags: made.counter(
                "hookwell_feed_lags_total",
                "Times that this process fell behind the store's changes and all its streams began anew.",
            )?,
            replays: Outcomes::of(&attempts, AttemptKind::Replay)?,
            sent_on: Outcomes::of(&attempts, AttemptKind::Target)?,
            handshakes: Outcomes::of(&attempts, AttemptKind::Handshake)?,
            forward_lanes: made.gauge(
                "hookwell_forward_lanes",
                "Targets for which something waits to be sent on.",
            )?,
            start_time: made.gauge(
                "process_start_time_seconds",
                "When the server started, in seconds since 1970.",
            )?,
            registry: made.0,
        })
    }
}

impl Metrics {
    /// A commit held these captures, of so many bytes, and took so long.
    pub fn committed(&self, captures: usize, bytes: u64, took: Duration) {
        self.captures.inc_by(captures as u64);
        self.capture_bytes.inc_by(bytes);
        self.commit_seconds.observe(took.as_secs_f64());
        #[expect(
            clippy::cast_precision_loss,
            reason = "there are never so many in one commit"
        )]
        self.commit_captures.observe(captures as f64);
    }

    /// A commit failed as a whole.
    pub fn commit_failed(&self) {
        self.commit_failures.inc();
    }

    /// A request could not be captured.
    pub fn refused(&self, reason: Reason) {
        count(&self.refusals, usize::from(reason.code()));
    }

    /// A sender was answered with that status.
    pub fn replied(&self, status: u16) {
        count(&self.replies, class(status));
    }

    /// A sender got no answer.
    pub fn left_without_reply(&self) {
        count(&self.replies, CLASSES.len() - 1);
    }

    /// A page, a call of the API, or a probe was answered with that status.
    pub fn responded(&self, status: u16) {
        count(&self.responses, class(status));
    }

    /// A reader has to read its list anew.
    pub fn resynced(&self) {
        self.resyncs.inc();
    }

    /// The changes of the store were not read fast enough.
    pub fn lagged(&self) {
        self.feed_lags.inc();
    }

    /// A capture was sent on, or could not be.
    pub fn tried(&self, tried: &Try) {
        match tried.kind {
            AttemptKind::Replay => self.replays.count(tried),
            AttemptKind::Target => self.sent_on.count(tried),
            AttemptKind::Handshake => self.handshakes.count(tried),
            AttemptKind::Listen => {} // Those are made elsewhere, and only told here.
        }
    }

    /// A target has something to be sent on to it.
    pub fn lane_begun(&self) {
        self.forward_lanes.inc();
    }

    /// Nothing waits for a target any more.
    pub fn lane_over(&self) {
        self.forward_lanes.dec();
    }

    /// The server started.
    pub fn started(&self, at: Timestamp) {
        self.start_time.set(at.as_micros() / 1_000_000);
    }

    /// All of it, in Prometheus's text form, with what was just asked for.
    ///
    /// # Errors
    /// What cannot be written as text; a unit test writes all of it.
    pub fn text(&self, asked: Asked) -> prometheus::Result<Vec<u8>> {
        let set =
            |gauge: &IntGauge, value: u64| gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        if let Some(bytes) = asked.store_bytes {
            set(&self.store_bytes, bytes);
        }
        if let Some(waiting) = asked.waiting {
            set(&self.waiting, waiting);
        }
        set(&self.watchers, asked.watchers);
        let mut text = Vec::with_capacity(16 * 1024);
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        Ok(text)
    }
}

/// A counter for each thing that can come of an attempt.
#[derive(Debug)]
struct Outcomes([IntCounter; OUTCOMES.len() + FailureCause::ALL.len()]);

impl Outcomes {
    fn of(family: &IntCounterVec, kind: AttemptKind) -> prometheus::Result<Self> {
        let [taken, rejected] = OUTCOMES;
        let [a, b, c, d, e, f, g] = FailureCause::ALL.map(FailureCause::as_str);
        let mut made = Vec::new();
        for outcome in [taken, rejected, a, b, c, d, e, f, g] {
            made.push(family.get_metric_with_label_values(&[kind.as_str(), outcome])?);
        }
        Ok(Self(whole(made)?))
    }

    fn count(&self, tried: &Try) {
        let place = match &tried.failure {
            Some(failure) => OUTCOMES.len() + usize::from(failure.cause.code()),
            None => usize::from(!tried.is_taken()),
        };
        count(&self.0, place);
    }
}

/// Makes metrics and registers them.
struct Maker(Registry);

impl Maker {
    fn kept<C: Collector + Clone + 'static>(&self, made: C) -> prometheus::Result<C> {
        self.0.register(Box::new(made.clone()))?;
        Ok(made)
    }

    fn counter(&self, name: &str, help: &str) -> prometheus::Result<IntCounter> {
        self.kept(IntCounter::new(name, help)?)
    }

    fn gauge(&self, name: &str, help: &str) -> prometheus::Result<IntGauge> {
        self.kept(IntGauge::new(name, help)?)
    }

    fn histogram(&self, name: &str, help: &str, bounds: &[f64]) -> prometheus::Result<Histogram> {
        let options = HistogramOpts::new(name, help).buckets(bounds.to_vec());
        self.kept(Histogram::with_opts(options)?)
    }

    /// A counter for each value of a label.
    fn counters<const N: usize>(
        &self,
        name: &str,
        help: &str,
        label: &str,
        values: [&str; N],
    ) -> prometheus::Result<[IntCounter; N]> {
        let family = self.kept(IntCounterVec::new(Opts::new(name, help), &[label])?)?;
        let made: prometheus::Result<Vec<_>> = values
            .iter()
            .map(|value| family.get_metric_with_label_values(&[value]))
            .collect();
        whole(made?)
    }
}

/// The counters as the table that their places are in.
fn whole<const N: usize>(made: Vec<IntCounter>) -> prometheus::Result<[IntCounter; N]> {
    let given = made.len();
    made.try_into()
        .map_err(|_| prometheus::Error::InconsistentCardinality {
            expect: N,
            got: given,
        })
}

/// The place of a status in [`CLASSES`].
fn class(status: u16) -> usize {
    match status / 100 {
        class @ 1..=5 => usize::from(class) - 1,
        _ => CLASSES.len() - 1,
    }
}

fn count(table: &[IntCounter], place: usize) {
    if let Some(counter) = table.get(place) {
        counter.inc();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Failure, Headers, Sent};

    fn text(metrics: &Metrics) -> String {
        String::from_utf8(metrics.text(Asked::default()).unwrap()).unwrap()
    }

    #[test]
    fn everything_is_there_before_anything_happened() {
        let text = text(&Metrics::new().unwrap());
        for line in [
            "hookwell_captures_total 0",
            "hookwell_refusals_total{reason=\"no_memory\"} 0",
            "hookwell_replies_total{class=\"5xx\"} 0",
            "hookwell_forward_attempts_total{kind=\"target\",outcome=\"refused_by_guard\"} 0",
            "hookwell_commit_duration_seconds_count 0",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }

    #[test]
    fn what_happens_is_counted_at_its_label() {
        let metrics = Metrics::new().unwrap();
        for reason in Reason::ALL {
            (0..=reason.code()).for_each(|_| metrics.refused(reason));
        }
        metrics.replied(207);
        metrics.replied(999);
        metrics.left_without_reply();
        for cause in FailureCause::ALL {
            let tried = Try {
                kind: AttemptKind::Target,
                url: "http://a.example".to_owned(),
                started_at: Timestamp::from_micros(0),
                took_us: 0,
                sent: Sent {
                    method: "POST".to_owned(),
                    headers: Headers::default(),
                    size: 0,
                },
                answer: None,
                failure: Some(Failure::new(cause, String::new())),
            };
            (0..=cause.code()).for_each(|_| metrics.tried(&tried));
        }
        metrics.committed(3, 100, Duration::from_micros(700));
        let text = text(&metrics);
        let has = |line: String| assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        for reason in Reason::ALL {
            let (word, times) = (reason.as_str(), reason.code() + 1);
            has(format!(
                "hookwell_refusals_total{{reason=\"{word}\"}} {times}"
            ));
        }
        for cause in FailureCause::ALL {
            let (word, times) = (cause.as_str(), cause.code() + 1);
            let name = "hookwell_forward_attempts_total";
            has(format!(
                "{name}{{kind=\"target\",outcome=\"{word}\"}} {times}"
            ));
        }
        has("hookwell_replies_total{class=\"2xx\"} 1".to_owned());
        has("hookwell_replies_total{class=\"none\"} 2".to_owned());
        has("hookwell_captures_total 3".to_owned());
        has("hookwell_commit_captures_bucket{le=\"2\"} 0".to_owned());
        has("hookwell_commit_captures_bucket{le=\"4\"} 1".to_owned());
        has("hookwell_commit_duration_seconds_bucket{le=\"0.001\"} 1".to_owned());
    }
}
