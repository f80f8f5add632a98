//! The lines of two requests' tables, ready to be drawn.

use super::text;
use crate::compare::{self, Change, Piece, Row, Token};
use crate::viewer::Spelled;

/// A line of a table.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) name: Spelled,
    pub(super) change: Change,
    /// What is read out, and stands beside the line where its sign does not say it.
    pub(super) word: &'static str,
    pub(super) why: Option<&'static str>,
    /// Where "next difference" comes to.
    pub(super) stop: Option<usize>,
    pub(super) a: Option<Cell>,
    pub(super) b: Option<Cell>,
    /// Lines that are folded in its place.
    pub(super) folded: u64,
}

/// A side of a line.
#[derive(Debug)]
pub(super) struct Cell {
    pub(super) place: String,
    pub(super) indent: String,
    pub(super) key: Option<Spelled>,
    pub(super) class: &'static str,
    pub(super) parts: Vec<Part>,
    pub(super) end: &'static str,
}

/// A stretch of a value.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) text: Spelled,
    pub(super) differs: bool,
}

impl Line {
    pub(super) fn new(row: &Row, is_hex: bool, stops: &mut usize, may_stop: bool) -> Self {
        let is_stop = may_stop && row.change != Change::Same;
        *stops += usize::from(is_stop);
        Self {
            name: Spelled::beginning(&row.name, 400),
            change: row.change,
            word: match row.change {
                Change::Same => "",
                Change::Rewritten => "same value, written otherwise",
                Change::Moved => "moved",
                Change::Changed => "changed",
                Change::Added => "added",
                Change::Removed => "removed",
            },
            why: row.why,
            stop: is_stop.then_some(*stops),
            a: row.a.as_ref().map(|side| Cell::new(side, is_hex)),
            b: row.b.as_ref().map(|side| Cell::new(side, is_hex)),
            folded: 0,
        }
    }

    /// How many bytes it has on the page, about: what stands around its sides, with the ways to other differences, and they.
    pub(super) fn weight(&self) -> usize {
        let side = |cell: &Option<Cell>| cell.as_ref().map_or(0, Cell::weight);
        1000 + 2 * self.name.weight() + side(&self.a) + side(&self.b)
    }

    pub(super) fn fold(lines: usize) -> Self {
        Self {
            name: Spelled::default(),
            change: Change::Same,
            word: "",
            why: None,
            stop: None,
            a: None,
            b: None,
            folded: lines as u64,
        }
    }

    /// The sign of a side.
    pub(super) fn sign(&self, is_first: bool) -> &'static str {
        self.mark(is_first).0
    }

    /// The class of a side.
    pub(super) fn class(&self, is_first: bool) -> &'static str {
        self.mark(is_first).1
    }

    /// The sign and the class of a side: what only one side has, or has otherwise.
    pub(super) fn mark(&self, is_first: bool) -> (&'static str, &'static str) {
        match (self.change, is_first) {
            (Change::Same, _) => ("", ""),
            (Change::Rewritten, _) => ("≈", "alike"),
            (Change::Moved, _) => ("↕", "alike"),
            (_, true) => ("−", "del"),
            (_, false) => ("+", "add"),
        }
    }
}

impl Cell {
    fn weight(&self) -> usize {
        let parts = self.parts.iter().map(|part| 12 + part.text.weight());
        let key = self.key.as_ref().map_or(0, Spelled::weight);
        self.indent.len() + key + parts.sum::<usize>()
    }

    pub(super) fn new(side: &compare::Side, is_hex: bool) -> Self {
        let part = |piece: &Piece| match piece {
            Piece::Same(text) => Part {
                text: Spelled::from_bytes(text),
                differs: false,
            },
            Piece::Differs(text) => Part {
                text: Spelled::from_bytes(text),
                differs: true,
            },
            Piece::Skipped(bytes) => {
                let mut mark = Spelled::default();
                mark.push_mark(&format!("… {} …", text::counted(*bytes as u64, "byte")));
                Part {
                    text: mark,
                    differs: false,
                }
            }
        };
        Self {
            place: if is_hex {
                format!("{:06x}", side.place)
            } else {
                side.place.to_string()
            },
            // Indented less far down, where there is no room for more.
            indent: "  ".repeat(side.depth.min(24)),
            key: side.key.as_ref().map(|key| Spelled::beginning(key, 400)),
            class: match side.token {
                None => "",
                Some(Token::String) => "s",
                Some(Token::Number) => "n",
                Some(Token::Literal) => "l",
                Some(Token::Bracket) => "p",
            },
            parts: side.pieces.iter().map(part).collect(),
            end: side.end.trim_end(),
        }
    }
}
