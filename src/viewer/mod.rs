//! Bytes made readable: a [`View`] of a body, chosen by its media type and by looking at it.
//!
//! A viewer is a pure function from bytes to one of a few kinds of [`View`]; the page draws kinds, not media types, so that a
//! new viewer needs no template. It knows nothing of pages, HTTP or where the bytes come from, and it reads hostile bytes: no
//! indexing, no recursion on their depth, every output bounded, whatever the size of the body.
//!
//! Nothing is changed in silence. Characters that cannot be seen, or that would make the reader see something else, are
//! [spelled out](spelled); how much of a body is drawn depends on what that takes on the page ([`room`]); what a viewer skipped, assumed or cut off it says in its [`Shown`].
//!
//! To add a viewer: a file here with a `VIEWER`, and its line in [`VIEWERS`].
#![warn(clippy::indexing_slicing, clippy::string_slice)]

mod charset;
pub mod cloud_event;
pub mod credentials;
pub mod csv;
pub mod decode;
pub mod form;
pub mod hex;
pub mod json;
pub mod jwt;
pub mod media;
pub mod multipart;
pub mod room;
pub mod spelled;
pub mod text;
pub mod words;
pub mod xml;

pub use csv::Grid;
pub use form::Table;
pub use hex::Hex;
pub use json::{LineKind, Tree};
pub use media::{Media, MediaKind};
pub use multipart::{Part, Parts};
pub use room::Room;
pub use spelled::Spelled;
pub use text::Text;

use crate::model::MediaType;

/// All viewers; of those that suit a body, the first that can make sense of it is shown. What stands behind the one that suits
/// everything is shown only when it is asked for.
pub static VIEWERS: [&Viewer; 11] = [
    &json::VIEWER,
    &json::LINES_VIEWER,
    &form::VIEWER,
    &multipart::VIEWER,
    &jwt::VIEWER,
    &csv::VIEWER,
    &xml::VIEWER,
    &media::IMAGE_VIEWER,
    &text::VIEWER,
    &hex::VIEWER,
    &media::PAGE_VIEWER,
];

/// Why a body is not taken apart.
const UNSTRUCTURED: Fit = Fit::No("No structure that is known here");

/// Why no viewer but that of bytes is for a body.
const COMPRESSED: Fit = Fit::No("The bytes are compressed");

/// The bytes to look at, and what their sender said of them.
#[derive(Debug, Clone)]
pub struct Subject<'a> {
    /// The body, or what is kept of it.
    pub bytes: &'a [u8],
    /// What the sender called it.
    pub media_type: Option<MediaType>,
    /// The content coding (`gzip`, …) that the bytes are still in.
    pub coding: Option<String>,
    /// Whether more bytes were meant to follow these.
    pub is_cut: bool,
    /// How many parts of a larger body these are in.
    pub depth: u8,
}

impl<'a> Subject<'a> {
    /// A whole body that came under this name, in no coding.
    pub fn new(bytes: &'a [u8], content_type: Option<&str>) -> Self {
        Self {
            bytes,
            media_type: content_type.and_then(MediaType::parse),
            coding: None,
            is_cut: false,
            depth: 0,
        }
    }

    /// Whether the sender calls it something of which this holds.
    fn is_called(&self, holds: fn(&MediaType) -> bool) -> bool {
        self.media_type.as_ref().is_some_and(holds)
    }

    /// The charset that the sender names.
    fn charset(&self) -> Option<&str> {
        self.media_type.as_ref()?.charset.as_deref()
    }
}

/// Which part of the bytes is wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Window {
    /// Where to begin, for views that show a stretch at a time.
    pub offset: u64,
    /// As much as may be shown at all, instead of a first part that opens fast.
    pub all: bool,
}

/// What a page can draw.
#[derive(Debug, Clone, PartialEq)]
pub enum View {
    /// Nested lines that fold.
    Tree(Tree),
    /// Names and values.
    Table(Table),
    /// Rows of cells.
    Grid(Grid),
    /// Text as it is.
    Text(Text),
    /// Bytes in rows.
    Hex(Hex),
    /// What the reader's browser draws, in a place of its own.
    Media(Media),
    /// Several views, each of a part.
    Parts(Parts),
}

/// A view, and what was done to the bytes for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// What to draw.
    pub view: View,
    /// How the bytes were read, in a few words each: `utf-8`, `11 fields`, `byte order mark skipped`.
    pub facts: Vec<String>,
    /// Why the bytes are not what they claim to be, in a sentence.
    pub problem: Option<String>,
    /// What is odd about them, in a sentence, though they are shown.
    pub caution: Option<String>,
    /// What is not shown; `None` when everything is.
    pub rest: Option<Rest>,
}

impl Shown {
    /// A view of which there is nothing to say.
    pub fn of(view: View) -> Self {
        Self {
            view,
            facts: Vec::new(),
            problem: None,
            caution: None,
            rest: None,
        }
    }
}

/// The part of a body that a view left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rest {
    /// How much is shown of how much, as a sentence.
    pub sentence: String,
    /// Whether [`Window::all`] would show more.
    pub more: bool,
}

/// The place of a viewer in the switch above the body, so that keys and habits keep their meaning from body to body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// Taken apart by what the bytes mean.
    Pretty,
    /// As text.
    Raw,
    /// As bytes.
    Hex,
    /// As a browser draws it.
    Preview,
}

/// Whether a viewer is for a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// It is.
    Yes,
    /// It is not, and why, in a few words.
    No(&'static str),
}

/// One way to look at bytes.
#[derive(Debug)]
pub struct Viewer {
    /// Its name in addresses.
    pub name: &'static str,
    /// Its name on the page.
    pub label: &'static str,
    /// Its place in the switch.
    pub slot: Slot,
    /// Whether it is for these bytes. Looks at all of them at most once.
    pub fit: fn(&Subject<'_>) -> Fit,
    /// Looks at them.
    pub view: fn(&Subject<'_>, Window) -> Shown,
}

/// One place in the switch above a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tab {
    /// What it says.
    pub label: &'static str,
    /// The viewer behind it, or why there is none.
    pub viewer: Result<&'static str, &'static str>,
}

/// A body as it is to be drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// The name of the viewer that was used.
    pub name: &'static str,
    /// The switch: always the same places in the same order.
    pub tabs: [Tab; 4],
    /// What it made of the bytes.
    pub shown: Shown,
}

/// Looks at a body with the viewer of that name, where it suits; else with the first one that suits and makes sense of it.
pub fn choose(subject: &Subject<'_>, wanted: Option<&str>, window: Window) -> Choice {
    // Asked once: for some it takes reading all of the bytes.
    let fits = VIEWERS.map(|viewer| (viewer, (viewer.fit)(subject)));
    let choice = |viewer: &Viewer, shown| Choice {
        name: viewer.name,
        tabs: [Slot::Pretty, Slot::Raw, Slot::Hex, Slot::Preview].map(|slot| tab(slot, &fits)),
        shown,
    };
    let mut suited = fits
        .iter()
        .filter(|(_, fit)| *fit == Fit::Yes)
        .map(|(viewer, _)| *viewer);
    if let Some(viewer) = suited.clone().find(|viewer| Some(viewer.name) == wanted) {
        return choice(viewer, (viewer.view)(subject, window));
    }
    let mut problem = None;
    let chosen = suited.find_map(|viewer| {
        let mut shown = (viewer.view)(subject, window);
        if viewer.slot == Slot::Pretty && shown.problem.is_some() {
            problem = problem.take().or(shown.problem);
            return None;
        }
        shown.problem = problem.take().or(shown.problem);
        Some((viewer, shown))
    });
    match chosen {
        Some((viewer, shown)) => choice(viewer, shown),
        // Hex suits everything, so that this is never so; it is the same answer, spelled out for the compiler.
        None => choice(&hex::VIEWER, (hex::VIEWER.view)(subject, window)),
    }
}

fn tab(slot: Slot, fits: &[(&'static Viewer, Fit)]) -> Tab {
    let mut of_slot = fits.iter().filter(|(viewer, _)| viewer.slot == slot);
    let first = of_slot.clone().next();
    let suited = of_slot.find(|(_, fit)| *fit == Fit::Yes);
    match (suited, first) {
        (Some((viewer, _)), _) => Tab {
            label: viewer.label,
            viewer: Ok(viewer.name),
        },
        (None, Some((viewer, Fit::No(reason)))) => Tab {
            label: viewer.label,
            viewer: Err(reason),
        },
        (None, _) => Tab {
            label: "",
            viewer: Err(""),
        },
    }
}

#[cfg(test)]
mod tests;
