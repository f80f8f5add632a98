//! Several bodies in one: forms with files, mixed and related parts (RFC 2046 section 5.1, RFC 7578).
//!
//! `split` finds the parts, `transfer` undoes what they were written in for mail, here each gets a view by its own type. Only so many bytes are looked at for all of them together;
//! what is larger shows its beginning. Each part has an address (`2`, or `2.1` inside of another multipart) by which [`part`]
//! gives it as a body of its own, with all views and as a download.

mod split;
mod transfer;

use std::collections::HashMap;

use super::room::Room;
use super::words::{counted, grouped};
use super::{Fit, Rest, Shown, Slot, Spelled, Subject, View, Viewer, Window};
use super::{Table, choose, hex, media, text};
use crate::model::MediaType;
use crate::model::media_type::parameter;
use split::{Piece, Split, split};
pub use transfer::Transfer;

/// Suits what is called multipart, and says what separates its parts.
pub static VIEWER: Viewer = Viewer {
    name: "parts",
    label: "Parts",
    slot: Slot::Pretty,
    fit,
    view,
};

/// How many parts are shown at first, and at most.
const PARTS: usize = 50;
const PARTS_AT_MOST: usize = 1000;

/// How many bytes of parts are looked at with the viewers that suit them.
const LOOKED_AT: usize = 256 * 1024;

/// How much a part shows that is too large for that: of text, and of other bytes.
const TEXT: usize = 4096;
const BYTES: usize = 256;

/// How many parts start unfolded.
const OPEN: usize = 4;

/// How deep parts in parts are shown in one view; those below are opened by their address.
const DEPTH: u8 = 2;

/// How many header fields of a part are shown.
const FIELDS: usize = 100;

/// How many bytes of a name are shown.
const NAME: usize = 200;

/// Parts in order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Parts {
    /// The parts.
    pub parts: Vec<Part>,
}

/// A part.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// What it is called.
    pub title: Spelled,
    /// Its file's name, its type, and what is said of it.
    pub about: Vec<Spelled>,
    /// How many bytes it has.
    pub size: u64,
    /// Its header fields.
    pub fields: Table,
    /// Its number, from 1, where its bytes can be had alone.
    pub number: Option<usize>,
    /// Whether it starts unfolded.
    pub is_open: bool,
    /// What it was written in, where that was undone for the view.
    pub decoded: Option<String>,
    /// Its view.
    pub shown: Shown,
}

/// A part as a body of its own.
#[derive(Debug, Clone)]
pub struct Found<'a> {
    /// As it was sent.
    pub sent: Subject<'a>,
    /// What it is written in, undone.
    pub transfer: Option<Transfer>,
}

impl Found<'_> {
    /// The bytes without what they are written in, where there is something to undo.
    pub fn decoded(&self) -> Option<Subject<'_>> {
        Some(Subject {
            bytes: self.transfer.as_ref()?.bytes.as_ref()?,
            ..self.sent.clone()
        })
    }
}

fn boundary<'a>(subject: &'a Subject<'_>) -> Option<&'a str> {
    let media_type = subject.media_type.as_ref()?;
    media_type
        .boundary
        .as_deref()
        .filter(|_| media_type.is_multipart())
}

fn fit(subject: &Subject<'_>) -> Fit {
    if subject.coding.is_some() {
        return super::COMPRESSED;
    }
    match boundary(subject) {
        _ if subject.depth >= DEPTH => Fit::No("Parts in parts are opened one by one"),
        Some(_) if !subject.bytes.is_empty() => Fit::Yes,
        None if subject.is_called(MediaType::is_multipart) => {
            Fit::No("The type does not say what separates the parts")
        }
        _ => super::UNSTRUCTURED,
    }
}

/// The part with that address, as a body of its own; `None` when there is none.
pub fn part<'a>(subject: &Subject<'a>, address: &str) -> Option<Found<'a>> {
    let mut inside = subject.clone();
    let mut transfer = None;
    // As many steps as an address may have, whatever it says.
    for step in address.splitn(8, '.') {
        let at = step.parse::<usize>().ok()?.checked_sub(1)?;
        let boundary = boundary(&inside).filter(|_| inside.coding.is_none())?;
        let split = split(inside.bytes, boundary.as_bytes(), at.saturating_add(1));
        let piece = split.pieces.get(at)?;
        let is_last = split.pieces.len() == split.total && at + 1 == split.total;
        inside = subject_of(piece, inside.is_cut && is_last, 0);
        transfer = piece.field("content-transfer-encoding");
    }
    let transfer = transfer.and_then(|name| Transfer::undo(&name, inside.bytes));
    Some(Found {
        sent: inside,
        transfer,
    })
}

fn subject_of<'a>(piece: &Piece<'a>, is_cut: bool, depth: u8) -> Subject<'a> {
    let content_type = piece.field("content-type");
    Subject {
        bytes: piece.bytes,
        // RFC 2046 section 5.1: a part without a type is text.
        media_type: MediaType::parse(content_type.as_deref().unwrap_or("text/plain")),
        coding: None,
        is_cut,
        depth,
    }
}

fn view(subject: &Subject<'_>, window: Window) -> Shown {
    let limit = if window.all { PARTS_AT_MOST } else { PARTS };
    let boundary = boundary(subject).unwrap_or_default();
    let split = split(subject.bytes, boundary.as_bytes(), limit);
    let names: Vec<Option<String>> = split.pieces.iter().map(name).collect();
    let mut count: HashMap<&str, usize> = HashMap::new();
    for name in names.iter().flatten() {
        *count.entry(name).or_default() += 1;
    }
    let mut seen: HashMap<&str, usize> = HashMap::new();
    let (mut bytes_left, mut room) = (LOOKED_AT, Room::of(window));
    let mut parts = Vec::new();
    for (at, (piece, name)) in split.pieces.iter().zip(&names).enumerate() {
        let mut part = whole(piece, name.as_deref(), at);
        if let Some(name) = name.as_deref()
            && let Some(&of) = count.get(name).filter(|&&of| of > 1)
        {
            let nth = seen.entry(name).or_default();
            *nth += 1;
            part.about
                .push(Spelled::from_text(&format!("same name, {nth} of {of}")));
        }
        let is_last = at + 1 == split.total;
        let mut inside = subject_of(piece, is_last && !split.is_closed, subject.depth + 1);
        let coding = piece.field("content-transfer-encoding");
        let transfer = coding.and_then(|name| Transfer::undo(&name, piece.bytes));
        if let Some(transfer) = &transfer {
            let bytes = transfer.bytes.as_deref();
            part.decoded = bytes.map(|_| transfer.name.clone());
            inside.bytes = bytes.unwrap_or(piece.bytes);
            let how = if bytes.is_some() {
                "decoded"
            } else {
                "as sent"
            };
            part.about
                .push(spelled(&format!("{}, {how}", transfer.name)));
        }
        part.shown = look(&inside, &mut bytes_left);
        if !room.take(part.weight()) {
            part.shown = look(&inside, &mut 0);
            if !room.take(part.weight()) {
                break;
            }
        }
        if let Some(problem) = transfer.and_then(|transfer| transfer.problem) {
            part.shown.problem.get_or_insert(problem);
        }
        parts.push(part);
    }
    let shown = parts.len();
    let facts = vec![counted(split.total as u64, "part")];
    Shown {
        facts,
        problem: (split.total == 0).then(|| {
            "Not the multipart that it is called: its boundary does not occur.".to_owned()
        }),
        caution: caution(subject, &split),
        rest: (shown < split.total).then(|| Rest {
            sentence: format!(
                "{} of {} parts shown.",
                grouped(shown as u64),
                grouped(split.total as u64)
            ),
            more: !window.all,
        }),
        ..Shown::of(View::Parts(Parts { parts }))
    }
}

/// What is odd about the whole. A body that was cut is not called so for it.
fn caution(subject: &Subject<'_>, split: &Split<'_>) -> Option<String> {
    if split.total == 0 {
        return None;
    }
    let mut sentences = Vec::new();
    if !split.is_closed && !subject.is_cut {
        sentences
            .push("The closing boundary is missing: the last part may not be whole.".to_owned());
    }
    if split.before > 0 {
        let bytes = counted(split.before as u64, "byte");
        sentences.push(format!(
            "Before the first boundary are {bytes} that belong to no part."
        ));
    }
    if split.after > 0 {
        let bytes = counted(split.after as u64, "byte");
        sentences.push(format!(
            "Behind the closing boundary are {bytes} that belong to no part."
        ));
    }
    (!sentences.is_empty()).then(|| sentences.join(" "))
}

fn name(piece: &Piece<'_>) -> Option<String> {
    let disposition = piece.field("content-disposition")?;
    parameter(disposition.split_once(';')?.1, "name")
}

/// A stranger's name, or the beginning of it.
fn spelled(text: &str) -> Spelled {
    Spelled::beginning(text.as_bytes(), NAME)
}

fn whole(piece: &Piece<'_>, name: Option<&str>, at: usize) -> Part {
    let disposition = piece.field("content-disposition").unwrap_or_default();
    let rest = disposition
        .split_once(';')
        .map(|(_, rest)| rest)
        .unwrap_or_default();
    let file = parameter(rest, "filename*").map(|coded| extended(&coded));
    let file = file.or_else(|| parameter(rest, "filename"));
    let mut about = Vec::new();
    about.push(match &file {
        Some(file) => spelled(file),
        None => Spelled::from_text("no file name"),
    });
    match piece.field("content-type") {
        Some(content_type) => about.push(spelled(&content_type)),
        None => about.push(Spelled::from_text("no type")),
    }
    Part {
        title: match name {
            Some(name) => spelled(name),
            None => Spelled::from_text(&format!("part {}", at + 1)),
        },
        about,
        size: piece.bytes.len() as u64,
        fields: piece.table(FIELDS),
        number: Some(at + 1),
        is_open: at < OPEN,
        decoded: None,
        shown: Shown::of(View::Table(Table::default())),
    }
}

/// `UTF-8''na%C3%AFve.txt` (RFC 8187 section 3.2), of which the bytes are taken for UTF-8.
fn extended(coded: &str) -> String {
    let value = coded.splitn(3, '\'').nth(2).unwrap_or(coded);
    percent_encoding::percent_decode_str(value)
        .decode_utf8_lossy()
        .into_owned()
}

/// A view by the part's own type, as long as there are bytes left to look at.
fn look(inside: &Subject<'_>, bytes_left: &mut usize) -> Shown {
    let size = inside.bytes.len();
    let is_drawn = media::IMAGE_VIEWER.fit_of(inside);
    if !is_drawn && size <= *bytes_left && (size <= BYTES || text::VIEWER.fit_of(inside)) {
        *bytes_left -= size;
        return choose(inside, None, Window::default()).shown;
    }
    let (viewer, limit) = match () {
        () if is_drawn => (&media::IMAGE_VIEWER, size),
        () if text::VIEWER.fit_of(inside) => (&text::VIEWER, TEXT),
        () => (&hex::VIEWER, BYTES),
    };
    let beginning = Subject {
        bytes: inside.bytes.get(..limit).unwrap_or(inside.bytes),
        is_cut: size > limit,
        ..inside.clone()
    };
    Shown {
        rest: (size > limit).then(|| Rest {
            sentence: format!(
                "{} of {} bytes shown.",
                grouped(limit as u64),
                grouped(size as u64)
            ),
            more: false,
        }),
        ..(viewer.view)(&beginning, Window::default())
    }
}

impl Viewer {
    fn fit_of(&self, subject: &Subject<'_>) -> bool {
        (self.fit)(subject) == Fit::Yes
    }
}

#[cfg(test)]
mod tests;
