//! The body of a request, as a viewer shows it.

use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::fields::Rows;
use super::{Error, Wanted, text};
use crate::model::{BodyState, CaptureLine, Headers, hex};
use crate::viewer::{self, Choice, MediaType, Subject, View};
use crate::web;

/// From this size on a body is looked at on a thread that may take its time.
const LARGE: usize = 64 * 1024;

/// The body, and what is said of it.
#[derive(Debug)]
pub(super) struct BodyPart {
    pub(super) is_empty: bool,
    /// How many bytes of it are here.
    pub(super) size: String,
    /// `application/json, utf-8, 1,271 bytes`.
    pub(super) label: String,
    /// Its digest, in lower-case hexadecimal.
    pub(super) sha256: String,
    /// Whether it can be copied as text.
    pub(super) is_text: bool,
    /// Its view, and the switch to others.
    pub(super) choice: Choice,
    /// The rows of a view of names and values.
    pub(super) rows: Rows,
}

impl BodyPart {
    /// Looks at a body, with a large one on a thread of its own: reading and hashing ten megabytes would hold up others.
    pub(super) async fn load(
        line: &CaptureLine,
        bytes: Bytes,
        wanted: Wanted,
    ) -> Result<Self, Error> {
        let headers = &line.envelope.head.headers;
        let is_cut = line.state != BodyState::Complete;
        let content_type = headers.get_text("content-type");
        let media_type = content_type.as_deref().and_then(MediaType::parse);
        let coding = coding(headers);
        let is_large = bytes.len() >= LARGE;
        let look = move || {
            let subject = Subject {
                bytes: &bytes,
                media_type,
                coding,
                is_cut,
            };
            Self::new(&subject, &wanted)
        };
        if is_large {
            let looked = tokio::task::spawn_blocking(look).await;
            looked.map_err(|error| web::Error::Panicked(error.to_string()).into())
        } else {
            Ok(look())
        }
    }

    fn new(subject: &Subject<'_>, wanted: &Wanted) -> Self {
        let bytes = subject.bytes;
        let choice = viewer::choose(subject, wanted.view.as_deref(), wanted.window);
        Self {
            is_empty: bytes.is_empty(),
            size: text::size(bytes.len() as u64),
            label: label(subject, &choice),
            sha256: hex::encode(&Sha256::digest(bytes)),
            is_text: std::str::from_utf8(bytes).is_ok() && !bytes.contains(&0),
            rows: match &choice.shown.view {
                View::Table(table) => Rows::of_table(table),
                _ => Rows::default(),
            },
            choice,
        }
    }
}

/// The content coding that the bytes are in.
fn coding(headers: &Headers) -> Option<String> {
    let coding = headers.get_text("content-encoding")?;
    let coding = coding.trim().to_ascii_lowercase();
    (!coding.is_empty() && coding != "identity").then_some(coding)
}

/// What the body is called, how it was read, and how large it is.
fn label(subject: &Subject<'_>, choice: &Choice) -> String {
    let mut words = Vec::new();
    if let Some(media_type) = &subject.media_type {
        words.push(text::one_line(&media_type.essence, 80).into_owned());
    }
    if let Some(coding) = &subject.coding {
        words.push(format!("{} as sent", text::one_line(coding, 40)));
    }
    words.extend(
        choice
            .shown
            .facts
            .iter()
            .map(|fact| text::one_line(fact, 120).into_owned()),
    );
    words.push(text::counted(subject.bytes.len() as u64, "byte"));
    words.join(", ")
}
