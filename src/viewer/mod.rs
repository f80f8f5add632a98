//! Bytes made readable: a [`View`] of a body, chosen by its media type and by looking at it.
//!
//! A viewer is a pure function from bytes to one of a few kinds of [`View`]; the page draws kinds, not media types, so that a
//! new viewer needs no template. It knows nothing of pages, HTTP or where the bytes come from, and it reads hostile bytes: no
//! indexing, no recursion on their depth, every output bounded, whatever the size of the body.
//!
//! Nothing is changed in silence. Characters that cannot be seen, or that would make the reader see something else, are
//! [spelled out](spelled); what a viewer skipped, assumed or cut off it says in its [`Shown`].
//!
//! To add a viewer: a file here with a `VIEWER`, and its line in [`VIEWERS`].
#![warn(clippy::indexing_slicing, clippy::string_slice)]

mod charset;
pub mod decode;
pub mod form;
pub mod hex;
pub mod json;
mod media_type;
pub mod spelled;
pub mod text;
pub mod words;

pub use form::Table;
pub use hex::Hex;
pub use json::{LineKind, Tree};
pub use media_type::MediaType;
pub use spelled::Spelled;
pub use text::Text;

/// All viewers; of those that suit a body, the first that can make sense of it is shown.
pub static VIEWERS: [&Viewer; 4] = [&json::VIEWER, &form::VIEWER, &text::VIEWER, &hex::VIEWER];

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
    /// Text as it is.
    Text(Text),
    /// Bytes in rows.
    Hex(Hex),
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
    /// What is not shown; `None` when everything is.
    pub rest: Option<Rest>,
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
    pub tabs: [Tab; 3],
    /// What it made of the bytes.
    pub shown: Shown,
}

/// Looks at a body with the viewer of that name, where it suits; else with the first one that suits and makes sense of it.
pub fn choose(subject: &Subject<'_>, wanted: Option<&str>, window: Window) -> Choice {
    let suited: Vec<&Viewer> = VIEWERS
        .into_iter()
        .filter(|viewer| (viewer.fit)(subject) == Fit::Yes)
        .collect();
    let tabs = [Slot::Pretty, Slot::Raw, Slot::Hex].map(|slot| tab(slot, &suited, subject));
    if let Some(viewer) = suited.iter().find(|viewer| Some(viewer.name) == wanted) {
        let shown = (viewer.view)(subject, window);
        return Choice {
            name: viewer.name,
            tabs,
            shown,
        };
    }
    let mut problem = None;
    for viewer in suited {
        let mut shown = (viewer.view)(subject, window);
        if viewer.slot == Slot::Pretty && shown.problem.is_some() {
            problem = problem.or(shown.problem);
            continue;
        }
        shown.problem = problem.or(shown.problem);
        return Choice {
            name: viewer.name,
            tabs,
            shown,
        };
    }
    // Hex suits everything, so the loop has returned; this is the same answer, spelled out for the compiler.
    Choice {
        name: hex::VIEWER.name,
        tabs,
        shown: (hex::VIEWER.view)(subject, window),
    }
}

fn tab(slot: Slot, suited: &[&'static Viewer], subject: &Subject<'_>) -> Tab {
    if let Some(viewer) = suited.iter().find(|viewer| viewer.slot == slot) {
        return Tab {
            label: viewer.label,
            viewer: Ok(viewer.name),
        };
    }
    let (label, reason) = VIEWERS
        .iter()
        .filter(|viewer| viewer.slot == slot)
        .find_map(|viewer| match (viewer.fit)(subject) {
            Fit::No(reason) => Some((viewer.label, reason)),
            Fit::Yes => None,
        })
        .unwrap_or(("", ""));
    Tab {
        label,
        viewer: Err(reason),
    }
}

#[cfg(test)]
mod tests;
