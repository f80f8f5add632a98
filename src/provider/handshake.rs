//! Handshakes: what a provider asks before it sends, and the answer that it wants.
//!
//! Pure functions of the request and the bin's secrets. An answer is data: ingest sends it in the place of the bin's reply
//! when the bin's switch is on, and a [`visit`](Answer::visit) is for whoever may call other hosts. What is echoed is short,
//! printable and never HTML, so that a capture URL cannot be made to speak for its host.
//!
//! To add one: a [`Handshake`] in its provider's file; and a word in [`ORDER`] when another provider asks the same way.

use super::request::Request;
use super::secret::Secret;
use super::signature::{Certificate, Options, same};
use super::{PROVIDERS, Provider, find, form, json};
use crate::model::VerdictState;

/// The longest text that is echoed.
const ECHO: usize = 4096;

/// How much of a body is looked at, and the longest body that can be the question of a sender that is not known.
const BODY: usize = 64 * 1024;
const QUESTION: usize = 8 * 1024;

/// Those that are asked first, as others ask in a like way: Strava's question is Meta's, Nylas' is that of several.
const ORDER: [&str; 7] = [
    "cloudevents",
    "strava",
    "websub",
    "meta",
    "dropbox",
    "slack",
    "monday",
];

/// One thing that a provider asks.
#[derive(Debug)]
pub struct Handshake {
    /// What it is called, for people.
    pub name: &'static str,
    /// The answer; `None` when the request asks something else.
    pub(crate) answer: fn(&Ask<'_>) -> Option<Result<Answer, Missing>>,
}

/// The secret that an answer needs, in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Missing(pub &'static str);

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The header fields.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: String,
    /// An address on the provider's own host to visit, by which it is told that the URL is wanted. For whoever may call other
    /// hosts, once the request's signature was found valid.
    pub visit: Option<String>,
    /// What is left to do, in a sentence for people; may be empty.
    pub note: &'static str,
}

impl Answer {
    /// A status and nothing more.
    pub(crate) fn empty(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: String::new(),
            visit: None,
            note: "",
        }
    }

    /// Plain text, which no browser takes for anything else.
    pub(crate) fn text(text: String) -> Self {
        let mut answer = Self::empty(200);
        answer.headers = vec![
            ("Content-Type", "text/plain".to_owned()),
            ("X-Content-Type-Options", "nosniff".to_owned()),
        ];
        answer.body = text;
        answer
    }

    /// A text that is JSON.
    pub(crate) fn raw_json(text: &str) -> Self {
        let mut answer = Self::empty(200);
        answer.headers = vec![("Content-Type", "application/json".to_owned())];
        text.clone_into(&mut answer.body);
        answer
    }

    /// An object with these fields, in this order.
    pub(crate) fn json(fields: &[(&str, &str)]) -> Self {
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        let fields: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("{}:{}", quoted(name), quoted(value)))
            .collect();
        Self::raw_json(&format!("{{{}}}", fields.join(",")))
    }

    /// Whether it holds nothing but short printable text.
    fn is_harmless(&self) -> bool {
        let is_plain =
            |text: &str| text.len() <= ECHO && text.bytes().all(|b| (0x20..0x7f).contains(&b));
        is_plain(&self.body) && self.headers.iter().all(|(_, value)| is_plain(value))
    }
}

/// A request that may be a question, and the bin's secrets for the provider that is asked about it.
#[derive(Debug)]
pub struct Ask<'a> {
    pub(crate) request: &'a Request<'a>,
    pub(crate) secrets: &'a [Secret],
}

impl<'a> Ask<'a> {
    pub(crate) fn header(&self, name: &str) -> Option<&'a str> {
        self.request.header_text(name)
    }

    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        self.request.parameter(name)
    }

    /// The beginning of the body.
    pub(crate) fn start(&self) -> &'a [u8] {
        self.request.body.get(..BODY).unwrap_or(self.request.body)
    }

    pub(crate) fn json(&self, pointer: &str) -> Option<String> {
        json::find_plain(self.start(), pointer)
    }

    pub(crate) fn is_get(&self) -> bool {
        self.request.head.method == "GET"
    }

    pub(crate) fn agent_begins(&self, with: &str) -> bool {
        self.header("user-agent")
            .is_some_and(|agent| agent.starts_with(with))
    }

    /// Whether the text is one of the secrets.
    pub(crate) fn knows(&self, text: &str) -> bool {
        self.secrets
            .iter()
            .any(|secret| same(secret.expose().as_bytes(), text.as_bytes()))
    }

    /// The answer when the text is one of the secrets, else 403.
    pub(crate) fn if_known(
        &self,
        text: &str,
        needed: &'static str,
        answer: impl FnOnce() -> Answer,
    ) -> Result<Answer, Missing> {
        if self.secrets.is_empty() {
            Err(Missing(needed))
        } else if self.knows(text) {
            Ok(answer())
        } else {
            let mut refusal = Answer::empty(403);
            refusal.note = "The verify token is not among the secrets of this bin.";
            Ok(refusal)
        }
    }

    /// Whether the signature fits, whatever its time.
    pub(crate) fn is_signed(&self, provider: &Provider) -> bool {
        let anytime = Options {
            tolerance_s: Some(u32::MAX),
            certificate: Certificate::Unasked,
        };
        provider.verify(self.secrets, self.request, anytime).state == VerdictState::Valid
    }

    /// One answer when the signature fits, else the other.
    pub(crate) fn if_signed(
        &self,
        provider: &Provider,
        needed: &'static str,
        fits: impl FnOnce() -> Answer,
        other: impl FnOnce() -> Answer,
    ) -> Result<Answer, Missing> {
        if self.secrets.is_empty() {
            Err(Missing(needed))
        } else if self.is_signed(provider) {
            Ok(fits())
        } else {
            Ok(other())
        }
    }
}

/// A question that was recognised.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Who asks.
    pub provider: &'static Provider,
    /// What, in words.
    pub name: &'static str,
    /// The answer, or the secret that it needs.
    pub answer: Result<Answer, Missing>,
}

/// Answers a handshake; `None` when the request is none. `known` is whom [`recognise`](super::recognise()) took the sender for; `secrets` gives the
/// bin's secrets by a provider's slug.
pub fn answer<'a>(
    known: Option<&'static Provider>,
    request: &'a Request<'a>,
    secrets: impl Fn(&str) -> &'a [Secret],
) -> Option<Asked> {
    if !could_be(known, request) {
        return None;
    }
    let ordered = ORDER.iter().filter_map(|slug| find(slug));
    let rest = PROVIDERS
        .iter()
        .copied()
        .filter(|provider| !ORDER.contains(&provider.slug));
    let asked = |provider: &'static Provider| {
        let ask = Ask {
            request,
            secrets: secrets(provider.slug),
        };
        provider.handshakes.iter().find_map(|handshake| {
            let answer = (handshake.answer)(&ask)?;
            let is_harmless = answer.as_ref().map_or(true, Answer::is_harmless);
            is_harmless.then_some(Asked {
                provider,
                name: handshake.name,
                answer,
            })
        })
    };
    let certain = known.filter(|provider| !ORDER.contains(&provider.slug));
    certain
        .into_iter()
        .chain(ordered)
        .chain(rest)
        .find_map(asked)
}

/// Whether a request could be a question at all, which for nearly all of them it could not. Its URL is not looked at.
pub fn could_be(known: Option<&'static Provider>, request: &Request<'_>) -> bool {
    known.is_some_and(|provider| !provider.handshakes.is_empty()) || could_ask(request)
}

/// Whether a request of a sender that is not known could be a question: it has no body to speak of, or one with a challenge.
fn could_ask(request: &Request<'_>) -> bool {
    let is_bare = ["GET", "HEAD", "OPTIONS"].contains(&request.head.method.as_str());
    let has_token = request.query().len() <= ECHO
        && form::pairs(request.query().as_bytes())
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case(b"validationtoken"));
    is_bare
        || has_token
        || (request.body.len() <= QUESTION
            && (json::holds(request.body, "\"challenge\"")
                || json::holds(request.body, "\"plainToken\"")
                || json::holds(request.body, "\"event_hash\"")
                || json::holds(request.body, "\"verification_token\"")
                || request.body.starts_with(b"webhook_id=")))
}
