//! The one query language: text becomes a tree, and a tree says yes or no to a capture.
//!
//! The search box, live streams, the API's lists, exports, rules, forwarding and the command line all use it. It is pure: it reads
//! no clock (`now` is an argument) and knows no store; the [`store`](crate::store) turns what is [simple](Filter::simple) into its
//! own language and asks [`Filter::matches`] for the rest.
//!
//! # Grammar
//!
//! ```text
//! filter = either
//! either = all { "or" all }
//! all    = { one }                           side by side: every one of them
//! one    = "-" one | "(" either ")" | term
//! term   = field operator value | value      a value alone is looked for anywhere
//! field  = NAME { "." PART }                 header.x-shop, query.page, form.user, json.items.0.id, json.items[*].id
//! operator = ":" | "=" | ">" | "<" | ">=" | "<="
//! value  = characters without blanks and parentheses, or "in quotes" with \" and \\; both may stand side by side
//! ```
//!
//! `:` does not mind upper and lower case, and `*` stands for any characters; `=` is exact. In quotes `*` is only a `*`. The words
//! are in [`field`]. A text has at most [`TEXT`] characters, [`TERMS`] terms, and parentheses [`DEPTH`] deep.
//!
//! To add a term: a function in a file of [`field`], and its line in `FIELDS`.
#![warn(clippy::indexing_slicing, clippy::string_slice)]

mod decimal;
mod error;
pub mod field;
mod json;
mod lex;
mod parse;
mod pattern;
mod subject;
#[cfg(test)]
mod tests;
mod tree;

use std::fmt;

pub use error::Error;
pub use field::{Flag, Simple};
pub use pattern::Pattern;
pub use subject::Subject;

use self::tree::Node;
use crate::model::Timestamp;

/// The most characters of a filter.
pub const TEXT: usize = 4000;

/// The most terms of a filter.
pub const TERMS: usize = 100;

/// How deep parentheses may be.
pub const DEPTH: usize = 20;

/// A filter that was read.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Filter {
    tree: Node,
}

impl Filter {
    /// Reads a filter; `now` is what `since:1h` counts from. A text without a term matches everything.
    ///
    /// # Errors
    /// Where it goes wrong, and what was expected.
    pub fn parse(text: &str, now: Timestamp) -> Result<Self, Error> {
        parse::parse(text, now).map(|tree| Self { tree })
    }

    /// Whether the capture is one of those that are looked for.
    pub fn matches(&self, subject: &Subject<'_>) -> bool {
        self.tree.matches(subject)
    }

    /// Whether it matches everything.
    pub fn is_empty(&self) -> bool {
        self.tree.is_empty()
    }

    /// Whether it looks into bodies.
    pub fn needs_body(&self) -> bool {
        self.tree.any(&|term| term.test().needs_body())
    }

    /// Whether it asks for the outcome of signature checks.
    pub fn needs_verdict(&self) -> bool {
        self.uses("verdict")
    }

    /// Whether this [word](field::FIELDS) stands in it.
    pub fn uses(&self, word: &str) -> bool {
        self.tree.any(&|term| term.field().name == word)
    }

    /// The parts that must all match, each as a filter of its own.
    pub fn parts(&self) -> Vec<Self> {
        let nodes = match &self.tree {
            Node::All(nodes) => &nodes[..],
            one => std::slice::from_ref(one),
        };
        let parts = nodes.iter().cloned();
        parts.map(|tree| Self { tree }).collect()
    }

    /// What a capture must be that matches: conditions that an index or a column can answer. A filter may ask for more than
    /// these; see [`is_simple`](Self::is_simple).
    pub fn simple(&self) -> Vec<Simple> {
        let terms = self.tree.required();
        terms.filter_map(|term| term.test().simple()).collect()
    }

    /// Whether [`simple`](Self::simple) says all that it asks for.
    pub fn is_simple(&self) -> bool {
        match &self.tree {
            Node::All(nodes) => nodes
                .iter()
                .all(|node| matches!(node, Node::Term(term) if term.test().simple().is_some())),
            Node::Term(term) => term.test().simple().is_some(),
            Node::Any(_) | Node::Not(_) => false,
        }
    }
}

/// In the language itself; reads back as the same filter.
impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.tree.fmt(f)
    }
}
