//! Which reply a request is given: the bin's own, or that of the first rule that matches, made from its templates.
//!
//! [`ingest`](crate::ingest) asks for the reply of a request that was taken whole, before it is stored ([`Replies::choose`]): status,
//! rule and delay are part of the capture. What needs the number of the capture, the templates, is made behind that
//! ([`Chosen::make`]). It knows filters, templates and the counts that the store keeps; nothing of sockets, pages or time-outs: holding
//! an answer back, or breaking it, is done by who gives it.
//!
//! [`check`] says what of a plan cannot be taken, for whoever lets people write one. To add a preset: its line in [`preset::ALL`].

pub mod check;
mod plan;
pub mod preset;
mod relayed;
#[cfg(test)]
mod tests;

use std::cell::OnceCell;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

pub use self::relayed::{INSTEAD, RELAYED, instead, relayed};

use self::plan::Plan;
use crate::model::form::pairs;
use crate::model::{
    Bin, BinId, CaptureLine, CaptureNumber, Draft, Headers, Marks, Per, PlannedReply, Recognised,
    Reply, Rule, Timestamp, VerdictState,
};
use crate::provider::Certificate;
use crate::store::{self, Store};
use crate::template::{self, Asked};
use crate::{filter, verdict};

/// How many bins' rules are kept ready; of more, some are read anew.
const PLANS: usize = 1024;

/// The parameter by which a sender asks for a status.
const STATUS: &[u8] = b"hookwell-status";

/// What a reply's rule is called that a sender asked for.
const BY_QUERY: &str = "hookwell-status";

/// Chooses replies.
#[derive(Debug)]
pub struct Replies {
    store: Arc<dyn Store>,
    /// The server's public address, where it has one: verdicts may depend on it.
    base: Option<String>,
    plans: Mutex<HashMap<BinId, Arc<Plan>>>,
}

/// A reply that was chosen.
#[derive(Debug)]
pub struct Chosen {
    planned: PlannedReply,
    rule: Option<String>,
}

impl Replies {
    /// Replies of the bins of a store.
    pub fn new(store: Arc<dyn Store>, base: Option<String>) -> Self {
        Self {
            store,
            base,
            plans: Mutex::default(),
        }
    }

    /// Whether every request to the bin is answered 200 with an empty body.
    pub fn is_plain(bin: &Bin) -> bool {
        let settings = &bin.settings;
        settings.rules.is_empty()
            && !settings.status_by_query
            && settings.reply == PlannedReply::default()
    }

    /// The reply to a request. It counts in the sequence of its rule from now on.
    ///
    /// # Errors
    /// What the store says when it cannot count.
    pub async fn choose(&self, bin: &Arc<Bin>, draft: &Draft) -> store::Result<Chosen> {
        if bin.settings.status_by_query
            && let Some(status) = wished(draft)
        {
            return Ok(Chosen {
                planned: PlannedReply {
                    status,
                    ..PlannedReply::default()
                },
                rule: Some(BY_QUERY.to_owned()),
            });
        }
        let plan = self.plan(bin);
        let request = Request::new(bin, draft, self.base.as_deref());
        for (rule, filter) in plan.rules() {
            if !request.matches(filter) || !by_chance(rule.percent) {
                continue;
            }
            let turn = if rule.is_sequence() {
                let key = counted_by(rule, draft);
                self.store.count_use(bin, &rule.name, &key).await?
            } else {
                0
            };
            if let Some(planned) = nth(&rule.replies, turn) {
                return Ok(Chosen {
                    planned: planned.clone(),
                    rule: Some(rule.name.clone()),
                });
            }
        }
        Ok(Chosen {
            planned: bin.settings.reply.clone(),
            rule: None,
        })
    }

    /// The rules of the bin as its settings are now.
    fn plan(&self, bin: &Arc<Bin>) -> Arc<Plan> {
        let mut plans = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(plan) = plans.get(&bin.id).filter(|plan| plan.is_of(bin)) {
            return Arc::clone(plan);
        }
        if plans.len() >= PLANS {
            plans.clear();
        }
        let plan = Arc::new(Plan::new(bin));
        plans.insert(bin.id, Arc::clone(&plan));
        plan
    }
}

impl Chosen {
    /// What is known of it before the capture has its number: status, rule and delay.
    pub fn announced(&self) -> Reply {
        let Self { planned, rule } = self;
        let fault = planned.fault;
        let has_status = fault.is_none_or(crate::model::Fault::has_status);
        Reply {
            status: has_status.then_some(planned.status),
            rule: rule.clone(),
            delay_ms: planned.delay_ms,
            fault,
            ..Reply::none()
        }
    }

    /// Whether it says the same whatever was asked, so that [`make`](Self::make) needs no number.
    pub fn is_fixed(&self) -> bool {
        let values = self.planned.headers.iter().map(|header| &header.value);
        let mut texts = values.chain([&self.planned.body]);
        texts.all(|text| template::is_plain(text))
    }

    /// Makes it: its templates filled in. Where that fails it is the default reply, with the mistake beside it.
    pub fn make(
        &self,
        draft: &Draft,
        bin: &Bin,
        n: Option<CaptureNumber>,
        now: Timestamp,
    ) -> Reply {
        let reply = self.announced();
        if reply.status.is_none() {
            return reply;
        }
        let asked = Asked::new(draft.clone(), bin.id, n, now);
        match self.filled(&asked) {
            Ok((headers, body)) => Reply {
                headers,
                body,
                ..reply
            },
            Err(error) => Reply {
                status: Some(200),
                fault: None,
                error: Some(error),
                ..reply
            },
        }
    }

    fn filled(&self, asked: &Arc<Asked>) -> Result<(Headers, Bytes), String> {
        let mut fields = Vec::new();
        for header in &self.planned.headers {
            let value = template::render_field(&header.value, asked)
                .map_err(|error| format!("the header {}, {error}", header.name))?;
            fields.push((header.name.as_str(), value));
        }
        let body = template::render(&self.planned.body, asked)
            .map_err(|error| format!("the body, {error}"))?;
        let fields = fields
            .iter()
            .map(|(name, value)| (name.as_bytes(), value.as_bytes()));
        Ok((Headers::from_fields(fields), Bytes::from(body)))
    }
}

/// The reply whose turn it is when so many were given before.
fn nth(replies: &[PlannedReply], before: u64) -> Option<&PlannedReply> {
    let mut left = before;
    for reply in replies {
        match reply.times.map(u64::from) {
            Some(times) if times <= left => left -= times,
            _ => return Some(reply),
        }
    }
    None
}

/// What the rule counts this request by.
fn counted_by(rule: &Rule, draft: &Draft) -> Vec<u8> {
    let head = &draft.envelope.head;
    match rule.per {
        Per::Bin => Vec::new(),
        Per::Path => format!("{} {}", head.method, head.path()).into_bytes(),
        Per::Delivery => draft
            .sender
            .as_ref()
            .and_then(|sender| sender.thread)
            .map_or_else(
                || {
                    let digest = ring::digest::digest(&ring::digest::SHA256, &draft.body.bytes);
                    digest.as_ref().to_vec()
                },
                |thread| thread.to_vec(),
            ),
    }
}

/// Whether this is one of so many in a hundred.
fn by_chance(percent: u8) -> bool {
    percent >= 100 || uuid::Uuid::new_v4().as_u128() % 100 < u128::from(percent)
}

/// The status that the sender asks for.
fn wished(draft: &Draft) -> Option<u16> {
    let query = draft.envelope.head.query()?;
    let (_, value) = pairs(query.as_bytes()).find(|(name, _)| **name == *STATUS)?;
    let status = std::str::from_utf8(&value).ok()?.parse().ok()?;
    (200..600).contains(&status).then_some(status)
}

/// A request as rules look at it.
struct Request<'a> {
    bin: &'a Bin,
    draft: &'a Draft,
    base: Option<&'a str>,
    recognised: Option<Recognised>,
    /// Judged when the first rule asks for it.
    verdict: OnceCell<Option<VerdictState>>,
}

impl<'a> Request<'a> {
    fn new(bin: &'a Bin, draft: &'a Draft, base: Option<&'a str>) -> Self {
        let recognised = draft.sender.as_ref().map(|sender| Recognised {
            provider: sender.provider.clone(),
            event: sender.event.clone(),
            delivery: None,
        });
        Self {
            bin,
            draft,
            base,
            recognised,
            verdict: OnceCell::new(),
        }
    }

    fn matches(&self, filter: &filter::Filter) -> bool {
        let mut subject = filter::Subject::draft(self.draft, self.recognised.as_ref());
        if filter.needs_verdict() {
            subject.verdict = *self.verdict.get_or_init(|| self.judged());
        }
        filter.matches(&subject)
    }

    fn judged(&self) -> Option<VerdictState> {
        let Draft { envelope, body, .. } = self.draft;
        let line = CaptureLine {
            n: CaptureNumber(0),
            envelope: envelope.clone(),
            size: body.bytes.len() as u64,
            state: body.state,
            sent: body.sent,
            marks: Marks::default(),
            recognised: self.recognised.clone(),
            verdict: None,
        };
        // Nobody waits for a certificate here: the sender waits for its answer.
        verdict::of_line(
            self.bin,
            self.base,
            &line,
            &body.bytes,
            Certificate::Unasked,
        )
        .map(|verdict| verdict.state)
    }
}
