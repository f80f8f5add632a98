//! What a page or an API call can answer instead of what was asked, in one place.

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;

use crate::model::CaptureNumber;
use crate::{export, filter, live, store};

/// A failure, by what it means to the one who asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No such page.
    #[error("there is nothing at this address")]
    NotFound,
    /// No bin of this id or key, or a key of another bin.
    #[error("no bin has this address: check that it was copied whole")]
    UnknownBin,
    /// No capture of this number.
    #[error(
        "the bin has no request #{0}: it has not come yet, or was deleted, or dropped to make room"
    )]
    UnknownCapture(u64),
    /// No format of this name, that a capture could be had in.
    #[error("there is no format of this name; known are: {}", formats())]
    UnknownFormat,
    /// The bin was deleted or expired.
    #[error("the bin was deleted, or expired, on {at}")]
    Gone {
        /// When.
        at: crate::model::Timestamp,
    },
    /// The share link was revoked, or its time is over.
    #[error("the share link ended on {at}")]
    ShareOver {
        /// When.
        at: crate::model::Timestamp,
    },
    /// The key may only read.
    #[error("this is the key of a share link: it may only read")]
    ReadOnly,
    /// The key shows one request, and nothing around it.
    #[error("this is the key of a share link to request #{0}: it shows nothing else")]
    OneRequest(u64),
    /// The bin has as many share links as it may.
    #[error(
        "a bin has at most {} share links at a time: revoke some",
        crate::model::Share::MOST
    )]
    TooManyShares,
    /// The method is not for this address.
    #[error("this address does not take that method")]
    MethodNotAllowed,
    /// A key is needed.
    #[error("send the bin's key: Authorization: Bearer <key>")]
    Unauthorized,
    /// Another bin has the alias.
    #[error("another bin has this alias: choose another")]
    AliasTaken,
    /// As much is pinned as may be.
    #[error(
        "half of what the bin keeps is pinned, which is the most: unpin another request, or raise the limits"
    )]
    PinsFull,
    /// The request body is not what is expected.
    #[error("{0}")]
    BadRequest(String),
    /// An import ended before its file did; what was imported stays.
    #[error("{imported} captures were imported, then: {cause}")]
    ImportStopped {
        /// How many captures were imported.
        imported: u64,
        /// Why it ended.
        #[source]
        cause: Box<Self>,
    },
    /// A value cannot be accepted.
    #[error("{field}: {problem}")]
    Invalid {
        /// The field, as the API names it.
        field: &'static str,
        /// What is wrong, and what would be right.
        problem: String,
    },
    /// The request body is not of the form that is expected, for example has an unknown field.
    #[error("{0}")]
    Unprocessable(String),
    /// A field of the JSON body is unknown, or has a value of another type.
    #[error("{field}: {problem}")]
    Field {
        /// The field, with the names of the objects around it: `keep.days`.
        field: String,
        /// What is wrong, and what would be right.
        problem: String,
    },
    /// The filter cannot be read.
    #[error("q: {0}")]
    Filter(#[from] filter::Error),
    /// The request body is not JSON.
    #[error("the body is not JSON: {0}")]
    NotJson(#[source] serde_json::Error),
    /// The media type is not the expected one.
    #[error("send the body as application/json")]
    UnsupportedMediaType,
    /// The request body is too large.
    #[error("the request body is too large")]
    TooLarge,
    /// A file of captures is too large.
    #[error("a file to import may have 256 MiB: cut it in several")]
    FileTooLarge,
    /// The request says that it comes from a page of another site.
    #[error(
        "a page of another site cannot ask this (if it was hookwell's own: a proxy before it must pass Host on, or --public-url be set)"
    )]
    CrossSite,
    /// A browser wants to install the answer as a service worker, which nothing here is.
    #[error("there are no service workers here")]
    ServiceWorker,
    /// The host in the request is none that pages and API answer to.
    #[error(
        "pages and API do not answer to the host {0:?}: if it is hookwell's, start it with --allow-host {0}, or with --public-url"
    )]
    UnknownHost(String),
    /// Another listener answers for the bin.
    #[error("another listener answers for this bin: end it first, or listen without --respond")]
    Taken,
    /// The bin has as many watchers as it may.
    #[error("too many watchers on this bin: close some pages, or try again later")]
    TooManyWatchers,
    /// Too much to do; try again.
    #[error("too much is waiting to be written: try again in a moment")]
    Overloaded,
    /// No room on the disk.
    #[error("the disk is full: delete captures, or make room")]
    StorageFull,
    /// The store failed; the cause is for the log only.
    #[error("the store failed: the log says why")]
    Store(#[source] store::Error),
    /// The answer took too long.
    #[error("no answer was ready after {} seconds: try again in a moment", .0.as_secs())]
    TimedOut(Duration),
    /// What was waited for cannot come to be known: the server stops, or lost count.
    #[error("the wait was interrupted: ask again")]
    Interrupted,
    /// A handler panicked; what it said is for the log only.
    #[error("something failed here: the log says why")]
    Panicked(String),
    /// A template failed; the cause is for the log only.
    #[error("the page could not be made: the log says why")]
    Template(#[source] askama::Error),
}

/// The names of all formats.
fn formats() -> String {
    export::FORMATS.map(|format| format.name).join(", ")
}

impl Error {
    /// What the store says, with the number of the capture that it was asked for.
    pub fn of_capture(CaptureNumber(n): CaptureNumber) -> impl FnOnce(store::Error) -> Self {
        move |error| match error {
            store::Error::UnknownCapture => Self::UnknownCapture(n),
            other => other.into(),
        }
    }

    /// The status that it is answered with.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NotFound | Self::UnknownBin | Self::UnknownCapture(_) | Self::UnknownFormat => {
                StatusCode::NOT_FOUND
            }
            Self::Gone { .. } | Self::ShareOver { .. } => StatusCode::GONE,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::AliasTaken | Self::PinsFull | Self::TooManyShares | Self::Taken => {
                StatusCode::CONFLICT
            }
            Self::BadRequest(_) | Self::NotJson(_) => StatusCode::BAD_REQUEST,
            Self::Invalid { .. }
            | Self::Field { .. }
            | Self::Filter(_)
            | Self::Unprocessable(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::CrossSite | Self::ServiceWorker | Self::ReadOnly | Self::OneRequest(_) => {
                StatusCode::FORBIDDEN
            }
            Self::ImportStopped { cause, .. } => cause.status(),
            Self::UnknownHost(_) => StatusCode::MISDIRECTED_REQUEST,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge | Self::FileTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooManyWatchers
            | Self::Overloaded
            | Self::TimedOut(_)
            | Self::Interrupted
            | Self::Store(store::Error::Unavailable(_)) => StatusCode::SERVICE_UNAVAILABLE,
            Self::StorageFull => StatusCode::INSUFFICIENT_STORAGE,
            Self::Store(_) | Self::Template(_) | Self::Panicked(_) => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
        }
    }

    /// The headline.
    pub fn title(&self) -> &'static str {
        match self {
            Self::NotFound => "Nothing here",
            Self::UnknownBin => "No such bin",
            Self::UnknownCapture(_) => "No such request",
            Self::UnknownFormat => "No such format",
            Self::Gone { .. } => "This bin is gone",
            Self::MethodNotAllowed => "Method not allowed",
            Self::Unauthorized => "A key is needed",
            Self::ShareOver { .. } => "This link has ended",
            Self::ReadOnly => "Read only",
            Self::OneRequest(_) => "One request is shared",
            Self::TooManyShares => "Too many share links",
            Self::PinsFull => "Too much is pinned",
            Self::AliasTaken => "Alias taken",
            Self::BadRequest(_) | Self::NotJson(_) => "Not understood",
            Self::Invalid { .. } | Self::Field { .. } | Self::Unprocessable(_) => "Not accepted",
            Self::Filter(_) => "Filter not understood",
            Self::CrossSite => "Asked by another site",
            Self::ServiceWorker => "Not a service worker",
            Self::ImportStopped { .. } => "Not all was imported",
            Self::UnknownHost(_) => "Unknown host",
            Self::UnsupportedMediaType => "Not JSON",
            Self::TooLarge | Self::FileTooLarge => "Too large",
            Self::Taken => "Somebody else answers",
            Self::TooManyWatchers => "Too many watchers",
            Self::Overloaded => "Busy",
            Self::StorageFull => "The disk is full",
            Self::TimedOut(_) => "Took too long",
            Self::Interrupted => "Interrupted",
            Self::Store(_) | Self::Template(_) | Self::Panicked(_) => "Something failed here",
        }
    }

    /// Seconds after which to try again; `None` where that would not help.
    pub fn retry_after(&self) -> Option<u32> {
        match self.status() {
            StatusCode::SERVICE_UNAVAILABLE => Some(2),
            StatusCode::INSUFFICIENT_STORAGE => Some(30),
            _ => None,
        }
    }
}

/// The failure behind an answer of the 5xx kind, in the answer's extensions: the client is told nothing of it, the log layer
/// writes it once.
#[derive(Debug, Clone)]
pub struct Cause(pub Arc<Error>);

impl From<live::Error> for Error {
    fn from(error: live::Error) -> Self {
        match error {
            live::Error::TooManyWatchers => Self::TooManyWatchers,
            live::Error::Store(error) => error.into(),
        }
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::UnknownBin => Self::UnknownBin,
            store::Error::Gone { at } => Self::Gone { at },
            store::Error::AliasTaken => Self::AliasTaken,
            store::Error::ShareOver { at } => Self::ShareOver { at },
            store::Error::TooManyShares => Self::TooManyShares,
            store::Error::PinsFull => Self::PinsFull,
            store::Error::Overloaded => Self::Overloaded,
            store::Error::Full => Self::StorageFull,
            other => Self::Store(other),
        }
    }
}
