//! Captures out of a file: HAR, or hookwell's own lines of JSON.
//!
//! Pure functions from text to [`Draft`]s, the way back of [`export`](../export/index.html) and of the API's JSON. A file is a
//! stranger's as much as a request is: whatever could not have come over a socket, such as a line end in a header field, is refused
//! with the place where it stands. It knows neither where the text comes from nor the store.
//!
//! [`split`] cuts a file into its captures as it comes, and each of them is read by itself; [`upload`] finds the file in a form.
//!
//! To add a form: a file here that makes [`Shape`]s of it, and its arms in [`split`] and [`draft`].
#![warn(clippy::indexing_slicing, clippy::string_slice)]

mod har;
mod ndjson;
mod shape;
pub mod split;
pub mod upload;

pub use shape::Shape;

use crate::model::{Draft, Timestamp};

/// What is wrong in a file, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct Error {
    /// The names and indices that lead there: `log.entries[3].request.url`.
    pub place: String,
    /// What is wrong, and what would be right.
    pub problem: String,
}

impl Error {
    fn new(place: impl Into<String>, problem: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            problem: problem.into(),
        }
    }

    /// The same, with what leads to its place.
    fn below(self, above: &str) -> Self {
        let place = match self.place.as_str() {
            "" | "." => above.to_owned(),
            place if place.starts_with('[') => format!("{above}{place}"),
            place => format!("{above}.{place}"),
        };
        Self { place, ..self }
    }
}

/// What bounds a capture that is imported.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// How many bytes a body may have.
    pub body: u64,
    /// How many bytes target and header lines may have.
    pub head: u64,
    /// The time now: nothing was received after it.
    pub now: Timestamp,
}

/// The draft of a piece of a file.
///
/// # Errors
/// Where in it something is missing or wrong.
pub fn draft(form: split::Form, text: &[u8], bounds: Bounds) -> Result<Draft, Error> {
    let text = std::str::from_utf8(text).map_err(|_| Error::new("", "is not UTF-8"))?;
    let text = text.trim_start_matches('\u{feff}');
    match form {
        split::Form::Har => har::entry(text, bounds),
        split::Form::Ndjson => ndjson::line(text, bounds),
    }
}

/// Reads one JSON value of a file into a shape, and says where it does not fit.
fn read<'de, T: serde::Deserialize<'de>>(text: &'de str) -> Result<T, Error> {
    let mut json = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        let problem = error.into_inner().to_string();
        // serde names a missing field in words, behind the path of the object that lacks it.
        match problem
            .strip_prefix("missing field `")
            .and_then(|rest| rest.split_once('`'))
        {
            Some((field, _)) => Error::new(field, "is missing")
                .below(path.trim_matches('.'))
                .trimmed(),
            None => Error::new(path, problem),
        }
    })?;
    json.end()
        .map_err(|error| Error::new("", error.to_string()))?;
    Ok(value)
}

impl Error {
    fn trimmed(self) -> Self {
        Self {
            place: self.place.trim_start_matches('.').to_owned(),
            ..self
        }
    }
}

/// Marks a draft as one that did not come over a socket.
fn imported(mut draft: Draft) -> Draft {
    draft.imported = true;
    draft
}

#[cfg(test)]
mod tests;
