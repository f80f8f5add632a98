//! What a template sees of the request that it answers.

use std::sync::{Arc, OnceLock};

use minijinja::value::{Enumerator, Object, Value};

use crate::model::form;
use crate::model::head::text;
use crate::model::{BinId, CaptureNumber, Draft, Envelope, Timestamp};

/// The most bytes of a body that a template sees as text or JSON; of a larger one it sees none.
const BODY: usize = 1024 * 1024;

/// How deep a body's JSON may be for a template to see it.
const DEPTH: usize = 100;

/// A request that is being answered.
#[derive(Debug)]
pub struct Asked {
    /// What came.
    pub draft: Draft,
    /// The bin it came to.
    pub bin: BinId,
    /// Its number; `None` before it has one.
    pub n: Option<CaptureNumber>,
    /// The time of the answer.
    pub now: Timestamp,
    /// The query, by name.
    query: OnceLock<Value>,
    /// The body as JSON.
    json: OnceLock<Value>,
    /// The body as a form, by name.
    form: OnceLock<Value>,
}

impl Asked {
    /// A request to a bin, answered at `now`.
    pub fn new(draft: Draft, bin: BinId, n: Option<CaptureNumber>, now: Timestamp) -> Arc<Self> {
        Arc::new(Self {
            draft,
            bin,
            n,
            now,
            query: OnceLock::new(),
            json: OnceLock::new(),
            form: OnceLock::new(),
        })
    }

    fn envelope(&self) -> &Envelope {
        &self.draft.envelope
    }

    /// The body, when it is not too large.
    fn body(&self) -> &[u8] {
        let bytes = &self.draft.body.bytes;
        if bytes.len() > BODY { &[] } else { bytes }
    }
}

/// What stands at the top: `request`.
#[derive(Debug)]
pub(super) struct Context(Arc<Asked>);

impl Context {
    pub(super) fn new(asked: &Arc<Asked>) -> Self {
        Self(Arc::clone(asked))
    }
}

impl Object for Context {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str()? {
            "request" => Some(Value::from_object(Request(Arc::clone(&self.0)))),
            // What `now()` and `timestamp()` read.
            "_now" => Some(Value::from(self.0.now.as_micros())),
            _ => None,
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Str(&["request"])
    }
}

/// The request.
#[derive(Debug)]
struct Request(Arc<Asked>);

/// What a request has, in the order that it is listed in.
const NAMES: &[&str] = &[
    "n",
    "bin",
    "method",
    "scheme",
    "host",
    "path",
    "query",
    "query_string",
    "headers",
    "body",
    "json",
    "form",
    "client",
    "received_at",
];

impl Object for Request {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let asked = &self.0;
        let envelope = asked.envelope();
        let head = &envelope.head;
        Some(match key.as_str()? {
            "n" => Value::from(asked.n?.0),
            "bin" => Value::from(asked.bin.to_string()),
            "method" => Value::from(head.method.as_str()),
            "scheme" => Value::from(envelope.scheme.as_str()),
            "host" => Value::from(envelope.host.as_str()),
            "path" => Value::from(head.path()),
            "query_string" => Value::from(head.query()?),
            "query" => asked
                .query
                .get_or_init(|| pairs(head.query().unwrap_or_default().as_bytes()))
                .clone(),
            "headers" => Value::from_object(Headers(Arc::clone(asked))),
            "body" => Value::from(text(asked.body())),
            "json" => asked.json.get_or_init(|| json(asked.body())).clone(),
            "form" => asked.form.get_or_init(|| pairs(asked.body())).clone(),
            "client" => Value::from(envelope.client.to_string()),
            "received_at" => Value::from(envelope.received_at.to_string()),
            _ => return None,
        })
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Str(NAMES)
    }
}

/// Header fields by name, whatever its case; of a repeated one the first.
#[derive(Debug)]
struct Headers(Arc<Asked>);

impl Object for Headers {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let headers = &self.0.envelope().head.headers;
        headers.get_text(key.as_str()?).map(Value::from)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        let fields = self.0.envelope().head.headers.iter();
        let mut names: Vec<Value> = Vec::new();
        for (name, _) in fields.take(1000) {
            let name = Value::from(text(name).to_ascii_lowercase());
            if !names.contains(&name) {
                names.push(name);
            }
        }
        Enumerator::Values(names)
    }
}

/// Names and values as forms and queries have them; of a repeated name the first.
fn pairs(bytes: &[u8]) -> Value {
    let mut map: Vec<(Value, Value)> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for (name, value) in form::pairs(bytes).take(10_000) {
        let name = String::from_utf8_lossy(&name).into_owned();
        if seen.insert(name.clone()) {
            map.push((
                Value::from(name),
                Value::from(String::from_utf8_lossy(&value)),
            ));
        }
    }
    Value::from_pairs(map)
}

/// The body as JSON; undefined when it is none.
fn json(bytes: &[u8]) -> Value {
    match serde_json::from_slice::<serde_json::Value>(bytes) {
        Ok(value) if depth(&value) <= DEPTH => Value::from(minijinja::value::Serde(value)),
        _ => Value::UNDEFINED,
    }
}

/// How deep it is; bounded, since the reader stops at 128.
fn depth(value: &serde_json::Value) -> usize {
    match value {
        serde_json::Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        serde_json::Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}
