//! Sends captures on: what goes out again of what came in.
//!
//! A capture becomes a request to another URL ([`request`]): the same bytes, or some of it changed, or signed again as its provider
//! signs. [`queue`] sends on what the targets of a bin are to have, [`Visitor`] confirms what a handshake wants confirmed. The [`outbound`] client sends it, the [`store`](crate::store) keeps what came of it as an attempt. It stands below
//! [`web`](crate::web), where people and programs ask for it, and knows nothing of pages or who may ask.
//!
//! What is sent on carries [`MARK`], with bin and number of the capture; a request that comes back with it adds to that list, so that
//! a bin whose target leads back to it is noticed ([`loops`]).

mod check;
pub mod queue;
mod sign;
mod visit;

pub use check::{Wrong, check};
pub use queue::Forwarder;
pub use sign::{OWN, Unsigned};
pub use visit::{Visitor, Visits};

use std::fmt::Write as _;

use bytes::Bytes;

use crate::model::head::text;
use crate::model::{Bin, BinId, Capture, Headers, Timestamp};
use crate::outbound::{self, Url, WrongUrl};

/// The field that says which captures a request comes from: `<bin>/<number>`, one behind the other where it was sent on repeatedly.
pub const MARK: &str = "Hookwell-Capture";

/// How often a request is sent on by targets, one bin to the next.
pub const HOPS: usize = 5;

/// How a capture is to be sent on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Order {
    /// Where to.
    pub url: Url,
    /// Whether path and query of the capture go behind those of the URL.
    pub keep_path: bool,
    /// The provider by whose scheme it is signed anew, or [`OWN`]; `None` for the signature that it has.
    pub sign: Option<String>,
    /// What is changed.
    pub edit: Edit,
}

/// What is changed of a capture before it is sent on. Where nothing is said, it stays as it was.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Edit {
    /// The method.
    pub method: Option<String>,
    /// All header fields.
    pub headers: Option<Headers>,
    /// Fields that take the place of those of the same names.
    pub set: Vec<(String, String)>,
    /// The body.
    pub body: Option<Bytes>,
}

/// Why a capture cannot be sent on like that.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The URL with the path of the capture is none.
    #[error("the path of the request cannot be kept: {0}")]
    Path(#[from] WrongUrl),
    /// It cannot be signed.
    #[error(transparent)]
    Unsigned(#[from] Unsigned),
}

impl Error {
    /// Whether it lies in the capture: another one may well be sent on in the same way.
    pub fn is_of_capture(&self) -> bool {
        match self {
            Self::Path(_) => true,
            Self::Unsigned(why) => matches!(why, Unsigned::Own(_) | Unsigned::Cannot { .. }),
        }
    }
}

/// The request that a capture becomes.
///
/// # Errors
/// See [`Error`].
pub fn request(
    bin: &Bin,
    capture: &Capture,
    order: &Order,
    now: Timestamp,
) -> Result<outbound::Request, Error> {
    let head = &capture.line.envelope.head;
    let url = if order.keep_path {
        order.url.below(head.path(), head.query())?
    } else {
        order.url.clone()
    };
    let headers = order.edit.headers.as_ref().unwrap_or(&head.headers);
    let mut request = outbound::Request {
        method: order
            .edit
            .method
            .clone()
            .unwrap_or_else(|| head.method.clone()),
        url,
        headers: with(headers, &order.edit.set),
        body: order
            .edit
            .body
            .clone()
            .unwrap_or_else(|| capture.body.clone()),
    };
    if let Some(provider) = &order.sign {
        sign::again(bin, provider, &mut request, now)?;
    }
    let mark = mark(&head.headers, bin.id, capture.line.n.0);
    request.headers = with(&request.headers, &[(MARK.to_owned(), mark)]);
    Ok(request)
}

/// Fields with some set: in the place of the first of their name, or else at the end.
fn with(headers: &Headers, set: &[(String, String)]) -> Headers {
    if set.is_empty() {
        return headers.clone();
    }
    let is =
        |(name, _): &&(String, String), have: &[u8]| name.as_bytes().eq_ignore_ascii_case(have);
    let mut fields: Vec<(&[u8], &[u8])> = Vec::new();
    let mut done = Vec::new();
    for (have, value) in headers.iter() {
        match set.iter().find(|field| is(field, have)) {
            None => fields.push((have, value)),
            Some(field) if !done.contains(&&field.0) => {
                fields.push((have, field.1.as_bytes()));
                done.push(&field.0);
            }
            Some(_) => {}
        }
    }
    for (name, value) in set.iter().filter(|(name, _)| !done.contains(&name)) {
        fields.push((name.as_bytes(), value.as_bytes()));
    }
    Headers::from_fields(fields)
}

/// The list of captures that a request of this one carries.
fn mark(headers: &Headers, bin: BinId, n: u64) -> String {
    let mut list = passed(headers).collect::<Vec<_>>().join(", ");
    if !list.is_empty() {
        list.push_str(", ");
    }
    write!(list, "{bin}/{n}").ok(); // A String takes everything.
    list
}

/// The captures that a request says it comes from; the latest, where somebody made a long list up.
fn passed(headers: &Headers) -> impl Iterator<Item = String> {
    let mut list: Vec<String> = headers
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case(MARK.as_bytes()))
        .flat_map(|(_, value)| {
            let value = text(value);
            let marks = value.split(',').map(|mark| mark.trim().to_owned());
            marks.filter(|mark| mark.len() <= 64).collect::<Vec<_>>()
        })
        .collect();
    let over = list.len().saturating_sub(HOPS);
    list.drain(..over);
    list.into_iter()
}

/// Why a request that came must not be sent on by a target of the bin; `None` when it may.
pub fn loops(headers: &Headers, bin: BinId) -> Option<&'static str> {
    let own = format!("{bin}/");
    let (mut hops, mut is_own) = (0, false);
    for mark in passed(headers) {
        hops += 1;
        is_own |= mark.starts_with(&own);
    }
    if is_own {
        Some("It was sent on by this bin before: sending it on again would never end.")
    } else if hops >= HOPS {
        Some("It was sent on from bin to bin too often.")
    } else {
        None
    }
}

#[cfg(test)]
mod tests;
