//! How large a view may become on the page.
//!
//! What a line, a cell or a character takes there has little to do with its bytes in the body: `[],` becomes a line with its number,
//! path and folds, `<` an entity, and what hides a mark of its own. So each viewer asks for room for what it adds, by what it
//! weighs on the page, and leaves out from there on what finds none; its [`Rest`](super::Rest) says so, and raw bytes and
//! download have all of it.
//!
//! The weights are those of the templates in `templates/view/`, about: tests hold whole pages to a bound.

use super::{Spelled, View, Window};

/// How many bytes a view may have on the page at first, and where all of it is asked for.
const FIRST: usize = 2 << 20;
const AT_MOST: usize = 8 << 20;

/// What stands around a stretch that is spelled out, around a line of a tree, a field, a row and a cell of a grid, a row of bytes and
/// a part.
pub(super) const MARK: usize = 24;
pub(super) const LINE: usize = 240;
pub(super) const FIELD: usize = 450;
pub(super) const ROW: usize = 60;
pub(super) const CELL: usize = 9;
const BYTES: usize = 160;
const PART: usize = 1500;

/// The room that is left.
#[derive(Debug)]
pub struct Room(usize);

impl Room {
    /// All of it: that of a page at first, or where everything is asked for.
    pub fn new(all: bool) -> Self {
        Self(if all { AT_MOST } else { FIRST })
    }

    /// All of it for a view.
    pub(super) fn of(window: Window) -> Self {
        Self::new(window.all)
    }

    /// How much is left.
    pub(super) fn left(&self) -> usize {
        self.0
    }

    /// Takes room for something that weighs so much; `false` when there is none.
    pub fn take(&mut self, weight: usize) -> bool {
        let left = self.0.checked_sub(weight);
        self.0 = left.unwrap_or(self.0);
        left.is_some()
    }
}

/// How many bytes a text has on the page: what HTML means something by is written as `&#60;`.
pub(super) fn escaped(text: &str) -> usize {
    text.bytes().map(escaped_byte).sum()
}

/// The same of one byte.
pub(super) fn escaped_byte(byte: u8) -> usize {
    if matches!(byte, b'<' | b'>' | b'&' | b'"' | b'\'') {
        5
    } else {
        1
    }
}

impl View {
    /// How many bytes it has on the page, about.
    pub(super) fn weight(&self) -> usize {
        match self {
            Self::Tree(tree) => tree.lines.iter().map(super::json::Line::weight).sum(),
            Self::Table(table) => table.weight(),
            Self::Grid(grid) => {
                let rows = grid.rows.iter().map(|row| super::csv::weight(&row.cells));
                super::csv::weight(&grid.head) + rows.sum::<usize>()
            }
            Self::Text(text) => text.text.weight(),
            Self::Hex(hex) => hex.rows.len() * BYTES,
            Self::Media(_) => PART,
            Self::Parts(parts) => parts.parts.iter().map(super::Part::weight).sum(),
        }
    }
}

impl super::Part {
    /// How many bytes it has on the page, about.
    pub(super) fn weight(&self) -> usize {
        let about: usize = self.about.iter().map(Spelled::weight).sum();
        PART + self.title.weight() + about + self.fields.weight() + self.shown.view.weight()
    }
}
