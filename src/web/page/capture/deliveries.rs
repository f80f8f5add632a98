//! All deliveries of the event of a request, as a timeline: gaps, replies, bodies, verdicts, and what is odd about each.

use super::fact;
use super::signed;
use crate::model::{CaptureLine, CaptureNumber, Delivery, Flaw, Timestamp, VerdictState};
use crate::store::Window;
use crate::web::extract::BinByKey;
use crate::web::page::text;
use crate::web::{App, Error};

/// How many deliveries are shown before and after the open one.
const SHOWN: usize = 25;

/// How many characters of an event's id and of a rule's name are shown.
const NAME: usize = 100;

/// The deliveries of one event.
#[derive(Debug)]
pub(super) struct Timeline {
    /// `Delivery 3`.
    pub(super) headline: String,
    /// The event's id, for those who may see it.
    pub(super) event: Option<String>,
    /// `first seen 12 min ago, same body`.
    pub(super) rest: String,
    /// Those around the open one, oldest first; none where there are no others.
    pub(super) rows: Vec<Row>,
    /// Whether there are more before, and after them.
    pub(super) has_earlier: bool,
    pub(super) has_later: bool,
    /// What they have in common; `None` for those who are not told the event's id.
    pub(super) matched: Option<&'static str>,
    /// The first, to compare with.
    pub(super) first: Option<CaptureNumber>,
}

/// One delivery.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) n: CaptureNumber,
    /// Whether it is the open one.
    pub(super) is_open: bool,
    /// 1 for the first; `None` where it is not known.
    pub(super) number: Option<u64>,
    pub(super) at: Timestamp,
    pub(super) time: String,
    /// How long after the one above; `None` for the first row.
    pub(super) gap: Option<String>,
    /// The status that it was answered with; `none`.
    pub(super) reply: String,
    pub(super) reply_class: &'static str,
    /// What gave the reply, where that was a rule.
    pub(super) rule: Option<String>,
    pub(super) icon: &'static str,
    pub(super) icon_class: &'static str,
    /// The verdict in a word.
    pub(super) verdict: &'static str,
    /// `1.3 kB` of the first, of others whether they are the same bytes.
    pub(super) body: String,
    /// What is odd about it, a sentence each.
    pub(super) marks: Vec<&'static str>,
}

impl Timeline {
    /// Reads it; `None` where deliveries cannot be told apart. A key that shows one request alone is told no more than that it is one.
    pub(super) async fn load(
        app: &App,
        bin: &BinByKey,
        line: &CaptureLine,
    ) -> Result<Option<Self>, Error> {
        let known = line.recognised.as_ref();
        let Some((known, delivery)) = known.and_then(|known| Some((known, known.delivery?))) else {
            return Ok(None);
        };
        let mut timeline = Self {
            headline: format!("Delivery {}", delivery.number),
            event: known.event.id.as_deref().map(name),
            rest: String::new(),
            rows: Vec::new(),
            has_earlier: false,
            has_later: false,
            matched: bin.can_write().then_some(match known.event.id {
                Some(_) => "Matched by the event’s id.",
                None => "Matched by body and signature: the sender names no id.",
            }),
            first: None,
        };
        if bin.only().is_none() {
            let upto = Window::Newest {
                before: Some(CaptureNumber(line.n.0.saturating_add(1))),
                limit: SHOWN + 1,
            };
            let behind = Window::After {
                after: line.n,
                limit: SHOWN,
            };
            let earlier = bin.deliveries(&*app.store, line.n, upto).await?;
            let later = bin.deliveries(&*app.store, line.n, behind).await?;
            timeline.has_earlier = earlier.next.is_some();
            timeline.has_later = later.next.is_some();
            let lines: Vec<CaptureLine> =
                (earlier.lines.into_iter().rev().chain(later.lines)).collect();
            timeline.fill(line, &lines, app.clock.now());
        }
        if timeline.rows.is_empty() && delivery.number == 1 {
            "First delivery".clone_into(&mut timeline.headline);
        } else {
            timeline.rest = timeline.rest(delivery);
        }
        Ok(Some(timeline))
    }

    fn fill(&mut self, open: &CaptureLine, lines: &[CaptureLine], now: Timestamp) {
        if lines.len() < 2 {
            return;
        }
        let mut before: Option<Timestamp> = None;
        for line in lines {
            let at = line.envelope.received_at;
            let gap = before.map(|before| text::span(at.micros_since(before)));
            self.rows.push(Row::new(line, open.n, gap, now));
            before = Some(at);
        }
        self.first = lines
            .first()
            .map(|line| line.n)
            .filter(|&first| first != open.n && !self.has_earlier);
        if let Some(first) = lines.first().filter(|_| self.first.is_some()) {
            self.rest = format!("first seen {}", text::ago(now, first.envelope.received_at));
        }
    }

    /// Behind the headline: when it was first seen, and whether the body is the same.
    fn rest(&self, delivery: Delivery) -> String {
        let body = match delivery.previous {
            None => None,
            Some(_) if delivery.same_body => Some("same body"),
            Some(_) => Some("another body than the one before"),
        };
        let seen = (!self.rest.is_empty()).then_some(&*self.rest);
        let said: Vec<&str> = seen.into_iter().chain(body).collect();
        said.join(", ")
    }
}

impl Row {
    fn new(line: &CaptureLine, open: CaptureNumber, gap: Option<String>, now: Timestamp) -> Self {
        let known = line.recognised.as_ref();
        let delivery = known.and_then(|known| known.delivery);
        let reply = &line.envelope.reply;
        let state = line.verdict.as_ref().map(|verdict| verdict.state);
        let reason = line.verdict.as_ref().and_then(|verdict| verdict.reason);
        let (icon, icon_class) = state.map_or(("dot", "idle"), signed::mark);
        let size = text::size(line.size);
        let mut marks: Vec<&'static str> = delivery.map(fact::marks).unwrap_or_default();
        if matches!(
            reason,
            Some(Flaw::TimestampTooOld | Flaw::TimestampInFuture)
        ) {
            marks.push(fact::OUT_OF_TIME);
        }
        Self {
            n: line.n,
            is_open: line.n == open,
            number: delivery.map(|delivery| delivery.number),
            at: line.envelope.received_at,
            time: text::time(now, line.envelope.received_at),
            gap,
            reply: reply
                .status
                .map_or_else(|| "none".to_owned(), |status| status.to_string()),
            reply_class: match reply.status {
                Some(..400) => "ok",
                Some(400..500) => "warn",
                Some(_) | None => "bad",
            },
            rule: reply.rule.as_deref().map(name),
            icon,
            icon_class,
            verdict: state.map_or("not known", VerdictState::as_str),
            body: match delivery {
                Some(delivery) if delivery.previous.is_some() && delivery.same_body => {
                    "same bytes".to_owned()
                }
                Some(delivery) if delivery.previous.is_some() => format!("changed, {size}"),
                _ => size,
            },
            marks,
        }
    }
}

fn name(text: &str) -> String {
    text::one_line(text, NAME).into_owned()
}
