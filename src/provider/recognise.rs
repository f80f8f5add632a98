//! Who sent this? Answered once for each capture, so it must cost next to nothing when the answer is nobody.
//!
//! A [`Rule`] is a list of marks that must all be there. It is filed under its first mark, so that a request is asked only
//! about the marks that it has: each header is one look into a table. The body is looked at when no header was sure, and then
//! only its first keys. Recognition says who it seems to be; it never makes a request trusted.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::fmt;
use std::sync::LazyLock;

use super::catalogue::PROVIDERS;
use super::request::Request;
use super::signature::Place;
use super::{Provider, json};
use crate::model::{Head, Sender, Timestamp};

/// How much of a body is looked at, and how many of its keys.
const LOOKED_AT: usize = 1536;
const KEYS: usize = 16;

/// The longest name of a header that is looked up.
const NAME: usize = 48;

/// A sign of a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// This header is there; its name in lower case.
    Header(&'static str),
    /// This header begins with this text, in any case.
    Begins(&'static str, &'static str),
    /// The user agent begins with this text.
    Agent(&'static str),
    /// The JSON object in the body (or the first one of its list), or its form, has this key near its beginning.
    Key(&'static str),
    /// The body holds this text near its beginning.
    Text(&'static str),
}

/// In a few words: `header stripe-signature`.
impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header(name) => write!(f, "header {name}"),
            Self::Begins(name, text) => write!(f, "header {name} that begins with {text}"),
            Self::Agent(text) => write!(f, "user agent that begins with {text}"),
            Self::Key(name) => write!(f, "body with {name}"),
            Self::Text(text) => write!(f, "body with {text}"),
        }
    }
}

/// Marks that together say who it is.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Which of several rules that hold is believed: the greater number.
    pub rank: u8,
    /// The marks; all must be there.
    pub all: &'static [Mark],
}

/// The marks, with `and` between.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, mark) in self.all.iter().enumerate() {
            let and = if at == 0 { "" } else { " and " };
            write!(f, "{and}{mark}")?;
        }
        Ok(())
    }
}

impl Rule {
    /// More telling than a header of the provider's own, which others send too.
    pub(crate) const fn above(all: &'static [Mark]) -> Self {
        Self { rank: 5, all }
    }

    /// Something that only this provider sends.
    pub(crate) const fn sure(all: &'static [Mark]) -> Self {
        Self { rank: 4, all }
    }

    /// A shape of body that only this provider sends.
    pub(crate) const fn shape(all: &'static [Mark]) -> Self {
        Self { rank: 3, all }
    }

    /// Headers of a family that several providers share.
    pub(crate) const fn family(all: &'static [Mark]) -> Self {
        Self { rank: 2, all }
    }

    /// Something that others could send.
    pub(crate) const fn weak(all: &'static [Mark]) -> Self {
        Self { rank: 1, all }
    }
}

type Filed = Vec<(&'static Rule, &'static Provider)>;

/// The rules by their first mark.
#[derive(Debug, Default)]
struct Index {
    headers: HashMap<&'static [u8], Filed>,
    keys: HashMap<&'static [u8], Filed>,
    agents: Filed,
}

static INDEX: LazyLock<Index> = LazyLock::new(|| {
    let mut index = Index::default();
    for &provider in PROVIDERS {
        for rule in provider.rules {
            let filed = match rule.all.first() {
                Some(Mark::Header(name) | Mark::Begins(name, _)) => {
                    index.headers.entry(name.as_bytes()).or_default()
                }
                Some(Mark::Key(name)) => index.keys.entry(name.as_bytes()).or_default(),
                Some(Mark::Agent(_)) => &mut index.agents,
                // A text alone would have to be sought in every body.
                Some(Mark::Text(_)) | None => continue,
            };
            filed.push((rule, provider));
        }
    }
    index
});

/// The body as recognition sees it: its keys are read when they are first asked for.
struct Look<'a> {
    head: &'a Head,
    body: &'a [u8],
    keys: OnceCell<Vec<&'a [u8]>>,
}

impl<'a> Look<'a> {
    fn keys(&self) -> &[&'a [u8]] {
        self.keys
            .get_or_init(|| match self.body.trim_ascii_start().first() {
                Some(b'{' | b'[') => json::keys(self.body, KEYS),
                Some(b'<') | None => Vec::new(),
                Some(_) => self
                    .body
                    .split(|&byte| byte == b'&')
                    .take(KEYS)
                    .filter_map(|pair| pair.split(|&byte| byte == b'=').next())
                    .filter(|name| name.len() <= NAME)
                    .collect(),
            })
    }

    fn has(&self, mark: &Mark) -> bool {
        let begins = |name, want| {
            let value = self.head.headers.get(name);
            value.is_some_and(|value| begins(value, want))
        };
        match *mark {
            Mark::Header(name) => self.head.headers.get(name).is_some(),
            Mark::Begins(name, want) => begins(name, want),
            Mark::Agent(want) => begins("user-agent", want),
            Mark::Key(key) => self.keys().contains(&key.as_bytes()),
            Mark::Text(text) => json::holds(self.body, text),
        }
    }

    /// The better of what is known and what these rules say, which are filed under a header that has this value, or under a key.
    fn best(
        &self,
        best: &mut Option<(&'static Rule, &'static Provider)>,
        filed: &Filed,
        value: &[u8],
    ) {
        for &(rule, provider) in filed {
            let Some((first, others)) = rule.all.split_first() else {
                continue;
            };
            // Nearly every request has a user agent, and nearly all of these rules end here.
            let is_first = match *first {
                Mark::Begins(_, want) | Mark::Agent(want) => begins(value, want),
                Mark::Header(_) | Mark::Key(_) | Mark::Text(_) => true,
            };
            let is_better = best
                .is_none_or(|(have, _)| (rule.rank, rule.all.len()) > (have.rank, have.all.len()));
            if is_first && is_better && others.iter().all(|mark| self.has(mark)) {
                *best = Some((rule, provider));
            }
        }
    }
}

/// Whether the value begins with this text, in any case.
fn begins(value: &[u8], want: &str) -> bool {
    value
        .get(..want.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(want.as_bytes()))
}

/// Recognises the provider of a request, without its event.
pub fn provider_of(head: &Head, body: &[u8]) -> Option<&'static Provider> {
    let index = &*INDEX;
    let look = Look {
        head,
        body: body.get(..LOOKED_AT).unwrap_or(body),
        keys: OnceCell::new(),
    };
    let mut best = None;
    for (name, value) in head.headers.iter() {
        let mut lower = [0_u8; NAME];
        let Some(lower) = lower.get_mut(..name.len()) else {
            continue;
        };
        lower.copy_from_slice(name);
        lower.make_ascii_lowercase();
        if let Some(filed) = index.headers.get(&*lower) {
            look.best(&mut best, filed, value);
        }
        if lower == b"user-agent" && !value.is_empty() {
            look.best(&mut best, &index.agents, value);
        }
    }
    if best.is_none_or(|(rule, _)| rule.rank < 3) {
        for key in look.keys() {
            if let Some(filed) = index.keys.get(key) {
                look.best(&mut best, filed, b"");
            }
        }
    }
    best.map(|(_, provider)| provider)
}

/// By whose rules a request is judged.
///
/// Those of the sender that was recognised, when the bin has a secret for it; else those of a provider that it has a secret for
/// and whose signature the request carries. So a bin with one secret judges what comes under the headers of a family, or under
/// a header that several share. `None` when nobody was recognised and no secret suits.
pub fn judge(
    recognised: Option<&'static Provider>,
    request: &Request<'_>,
    has_secret: impl Fn(&str) -> bool,
) -> Option<&'static Provider> {
    if recognised.is_some_and(|provider| has_secret(provider.slug)) {
        return recognised;
    }
    let carries = |provider: &&'static Provider| {
        has_secret(provider.slug)
            && provider
                .schemes
                .iter()
                .any(|scheme| scheme.suits(request) && scheme.is_carried_by(request))
    };
    PROVIDERS.iter().copied().find(carries).or(recognised)
}

/// Recognises the provider of a request, reads its event, and takes the signature as it was sent. `None` for a sender that is not
/// known.
pub fn recognise(head: &Head, body: &[u8]) -> Option<Sender> {
    let provider = provider_of(head, body)?;
    let request = Request {
        head,
        body,
        url: "",
        arrived: Timestamp::from_micros(0),
    };
    let scheme = provider
        .schemes
        .iter()
        .find(|scheme| scheme.is_carried_by(&request));
    let signature = scheme.and_then(|scheme| match scheme.place {
        Place::Header(name) => request.header(name),
        _ => None,
    });
    Some(Sender::new(
        provider.slug.to_owned(),
        provider.event.read(&request),
        signature,
        scheme.is_some_and(|scheme| scheme.time.is_some()),
        body,
    ))
}
