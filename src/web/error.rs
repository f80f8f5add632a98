//! What a page or an API call can answer instead of what was asked, in one place.

use axum::http::StatusCode;

use crate::store;

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
    #[error("the bin has no request #{0}: it was deleted, or dropped to make room")]
    UnknownCapture(u64),
    /// The bin was deleted or expired.
    #[error("the bin was deleted, or expired, on {at}")]
    Gone {
        /// When.
        at: crate::model::Timestamp,
    },
    /// The method is not for this address.
    #[error("this address does not take that method")]
    MethodNotAllowed,
    /// A key is needed.
    #[error("send the bin's key: Authorization: Bearer <key>")]
    Unauthorized,
    /// Another bin has the alias.
    #[error("another bin has this alias: choose another")]
    AliasTaken,
    /// The request body is not what is expected.
    #[error("{0}")]
    BadRequest(String),
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
    /// The media type is not the expected one.
    #[error("send the body as application/json")]
    UnsupportedMediaType,
    /// The request body is too large.
    #[error("the request body is too large")]
    TooLarge,
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
    /// A template failed; the cause is for the log only.
    #[error("the page could not be made: the log says why")]
    Template(#[source] askama::Error),
}

impl Error {
    /// The status that it is answered with.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NotFound | Self::UnknownBin | Self::UnknownCapture(_) => StatusCode::NOT_FOUND,
            Self::Gone { .. } => StatusCode::GONE,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::AliasTaken => StatusCode::CONFLICT,
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::Invalid { .. } | Self::Unprocessable(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooManyWatchers | Self::Overloaded => StatusCode::SERVICE_UNAVAILABLE,
            Self::StorageFull => StatusCode::INSUFFICIENT_STORAGE,
            Self::Store(store::Error::Unavailable(_)) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Store(_) | Self::Template(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The headline.
    pub fn title(&self) -> &'static str {
        match self {
            Self::NotFound => "Nothing here",
            Self::UnknownBin => "No such bin",
            Self::UnknownCapture(_) => "No such request",
            Self::Gone { .. } => "This bin is gone",
            Self::MethodNotAllowed => "Method not allowed",
            Self::Unauthorized => "A key is needed",
            Self::AliasTaken => "Alias taken",
            Self::BadRequest(_) => "Not understood",
            Self::Invalid { .. } | Self::Unprocessable(_) => "Not accepted",
            Self::UnsupportedMediaType => "Not JSON",
            Self::TooLarge => "Too large",
            Self::TooManyWatchers => "Too many watchers",
            Self::Overloaded => "Busy",
            Self::StorageFull => "The disk is full",
            Self::Store(_) | Self::Template(_) => "Something failed here",
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

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::UnknownBin => Self::UnknownBin,
            store::Error::Gone { at } => Self::Gone { at },
            store::Error::AliasTaken => Self::AliasTaken,
            store::Error::Overloaded => Self::Overloaded,
            store::Error::Full => Self::StorageFull,
            other => Self::Store(other),
        }
    }
}
