//! The body of a request, as a viewer shows it.

use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::drawn::{Drawn, Place};
use super::note::{self, Note};
use super::{Error, Wanted, text};
use crate::model::{CaptureLine, hex};
use crate::viewer::multipart::{self, Found, Transfer};
use crate::viewer::{self, Rest, Shown, Subject, Tab};
use crate::web;
use crate::web::content::{self, Coding, Content, LOOKED_AT};

/// The body, and what is said of it.
#[derive(Debug)]
pub(super) struct BodyPart {
    pub(super) is_empty: bool,
    /// How many bytes of it are here.
    pub(super) size: String,
    /// `application/json, utf-8, 1,271 bytes`.
    pub(super) label: String,
    /// Its digest as it was sent, in lower-case hexadecimal.
    pub(super) sha256: String,
    /// The digest of what is in it, where content codings were undone.
    pub(super) decoded_sha256: Option<String>,
    /// Whether it can be copied as text as it was sent.
    pub(super) is_text: bool,
    /// What is behind the address that the bytes that are shown are copied from; `None` when they are no text.
    pub(super) copy: Option<String>,
    /// The content codings, with the way to the other form of the body.
    pub(super) coding: Option<CodingPart>,
    /// What the part is written in, with the way to its other form.
    pub(super) transfer: Option<CodingPart>,
    /// What is wrong with it, or odd about it, in sentences.
    pub(super) notice: Option<String>,
    /// The name of the viewer.
    pub(super) viewer: &'static str,
    /// The switch to others.
    pub(super) tabs: [Tab; 4],
    /// What is left out.
    pub(super) rest: Option<Rest>,
    /// Where it is.
    pub(super) place: Place,
    /// Its view.
    pub(super) drawn: Drawn,
    /// What can be read beside it.
    pub(super) notes: Vec<Note>,
}

/// What is said of content codings.
#[derive(Debug)]
pub(super) struct CodingPart {
    /// As a sentence.
    pub(super) sentence: String,
    /// Whether the bytes that are shown are the decoded ones.
    pub(super) is_undone: bool,
}

impl BodyPart {
    /// Looks at a body: what takes long, in a place where it holds up nobody.
    pub(super) async fn load(
        line: &CaptureLine,
        bytes: Bytes,
        here: String,
        wanted: Wanted,
    ) -> Result<Self, Error> {
        let (for_work, sent) = (line.clone(), bytes.clone());
        let work = move || Self::new(&for_work, &sent, here, &wanted);
        Ok(content::look(line, &bytes, work).await??)
    }

    fn new(
        line: &CaptureLine,
        sent: &Bytes,
        here: String,
        wanted: &Wanted,
    ) -> Result<Self, web::Error> {
        // Of a part, it is the part that is wanted as it was sent.
        let is_as_sent = wanted.is_as_sent && wanted.part.is_none();
        let content = Content::new(line, sent.clone(), is_as_sent, LOOKED_AT);
        let whole = content.subject();
        let place = Place {
            here,
            part: wanted.part.clone(),
            is_as_sent: wanted.is_as_sent,
            query: wanted.filtered.kept(),
        };
        let part = wanted.part.as_deref();
        let part = part.map(|address| multipart::part(&whole, address).ok_or(web::Error::NotFound));
        let part = part.transpose()?;
        let undone = part.as_ref().filter(|_| !wanted.is_as_sent);
        let undone = undone.and_then(Found::decoded);
        let subject = undone.as_ref().or(part.as_ref().map(|part| &part.sent));
        let subject = subject.unwrap_or(&whole);
        let (transfer, transferred_badly) = match &part {
            Some(part) => transfer(part, wanted.is_as_sent),
            None => (None, None),
        };
        let choice = viewer::choose(subject, wanted.view.as_deref(), wanted.window);
        let Shown {
            view,
            facts,
            problem,
            caution,
            rest,
        } = choice.shown;
        let (coding, undone_badly) = coding(&content.coding, sent.len(), content.bytes.len());
        let is_undone = coding.as_ref().is_some_and(|coding| coding.is_undone);
        let problem = problem.map(|problem| how_shown(problem, choice.name));
        let sentences: Vec<String> = undone_badly
            .into_iter()
            .chain(transferred_badly)
            .chain(problem)
            .chain(caution)
            .collect();
        let ask = match (&place.part, is_undone) {
            (Some(_), _) if undone.is_some() => format!("{}&decoded=1", place.ask()),
            (Some(_), _) => place.ask(),
            (None, true) => "?decoded=1".to_owned(),
            (None, false) => String::new(),
        };
        Ok(Self {
            is_empty: sent.is_empty(),
            size: text::size(sent.len() as u64),
            label: label(subject, &facts),
            sha256: hex::encode(&Sha256::digest(sent)),
            decoded_sha256: is_undone.then(|| hex::encode(&Sha256::digest(&content.bytes))),
            is_text: is_text(sent),
            copy: is_text(subject.bytes).then_some(ask),
            coding,
            transfer,
            notice: (!sentences.is_empty()).then(|| sentences.join(" ")),
            viewer: choice.name,
            tabs: choice.tabs,
            rest,
            drawn: Drawn::new(view, place.clone(), ""),
            place,
            notes: note::of(&line.envelope.head.headers, &whole),
        })
    }
}

fn is_text(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok() && !bytes.contains(&0)
}

/// What is wrong, and what is shown in spite of it.
fn how_shown(problem: String, viewer: &str) -> String {
    let how = match viewer {
        "text" => " Shown as text; the first view shows what can be read.",
        "hex" => " Shown as bytes.",
        "lines" => " Shown line by line.",
        "json" => " Shown as far as it goes.",
        _ => "",
    };
    problem + how
}

/// What is said of the codings, and what went wrong with them.
fn coding(coding: &Coding, sent: usize, shown: usize) -> (Option<CodingPart>, Option<String>) {
    let sent = text::counted(sent as u64, "byte");
    let part = |is_undone, sentence| {
        Some(CodingPart {
            sentence,
            is_undone,
        })
    };
    let name = |names: &str| text::one_line(names, 60).into_owned();
    match coding {
        Coding::Plain => (None, None),
        Coding::Undone { names, problem } => {
            let shown = text::counted(shown as u64, "byte");
            let sentence = format!(
                "Decoded from {}: {sent} were sent, {shown} are shown.",
                name(names)
            );
            (part(true, sentence), problem.clone())
        }
        Coding::Kept { names, reason } => {
            let why = reason
                .as_ref()
                .map(|reason| format!(" {}.", text::one_line(reason, 100)));
            let sentence = format!(
                "As sent, in {}: {sent}.{}",
                name(names),
                why.unwrap_or_default()
            );
            (part(false, sentence), None)
        }
        Coding::Untrue { names } => (
            None,
            Some(format!(
                "Content-Encoding says {}, but the bytes are not: shown as sent.",
                name(names)
            )),
        ),
    }
}

/// What is said of what a part is written in, and what is odd about it.
fn transfer(part: &Found<'_>, is_as_sent: bool) -> (Option<CodingPart>, Option<String>) {
    let Some(Transfer {
        name,
        bytes,
        problem,
    }) = &part.transfer
    else {
        return (None, None);
    };
    let name = text::one_line(name, 60);
    let sent = text::counted(part.sent.bytes.len() as u64, "byte");
    let sentence = match bytes {
        Some(bytes) if !is_as_sent => {
            let shown = text::counted(bytes.len() as u64, "byte");
            format!("Decoded from {name}: {sent} were sent, {shown} are shown.")
        }
        _ => format!("As sent, in {name}: {sent}."),
    };
    let said = CodingPart {
        sentence,
        is_undone: bytes.is_some() && !is_as_sent,
    };
    (Some(said), problem.clone().filter(|_| !is_as_sent))
}

/// What the body is called, how it was read, and how large it is.
fn label(subject: &Subject<'_>, facts: &[String]) -> String {
    let mut words = Vec::new();
    if let Some(media_type) = &subject.media_type {
        words.push(text::one_line(&media_type.essence, 80).into_owned());
    }
    words.extend(
        facts
            .iter()
            .map(|fact| text::one_line(fact, 120).into_owned()),
    );
    words.push(text::counted(subject.bytes.len() as u64, "byte"));
    words.join(", ")
}
