//! A filter as a tree.

use std::fmt;
use std::sync::Arc;

use super::field::{Field, Operator, Test, Value};
use super::json::Step;
use super::pattern::Quoted;
use super::subject::Subject;

/// A filter, or a part of one.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Node {
    /// Every one of them; none is everything.
    All(Vec<Self>),
    /// At least one of them.
    Any(Vec<Self>),
    /// Not this.
    Not(Box<Self>),
    /// One condition.
    Term(Term),
}

impl Default for Node {
    fn default() -> Self {
        Self::All(Vec::new())
    }
}

/// One condition, as written and as a test.
#[derive(Clone, Debug)]
pub(super) struct Term {
    field: &'static Field,
    path: Vec<Step>,
    operator: Operator,
    value: Value,
    test: Arc<dyn Test>,
}

/// Two terms are the same when they are written the same: the test follows from that.
impl PartialEq for Term {
    fn eq(&self, other: &Self) -> bool {
        self.field.name == other.field.name
            && self.path == other.path
            && self.operator == other.operator
            && self.value == other.value
    }
}

impl Term {
    pub(super) fn new(
        field: &'static Field,
        path: Vec<Step>,
        operator: Operator,
        value: Value,
        test: Arc<dyn Test>,
    ) -> Self {
        Self {
            field,
            path,
            operator,
            value,
            test,
        }
    }

    pub(super) fn field(&self) -> &'static Field {
        self.field
    }

    pub(super) fn test(&self) -> &dyn Test {
        &*self.test
    }
}

impl Node {
    pub(super) fn matches(&self, subject: &Subject<'_>) -> bool {
        match self {
            Self::All(nodes) => nodes.iter().all(|node| node.matches(subject)),
            Self::Any(nodes) => nodes.iter().any(|node| node.matches(subject)),
            Self::Not(node) => !node.matches(subject),
            Self::Term(term) => term.test.matches(subject),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Self::All(nodes) if nodes.is_empty())
    }

    /// Whether any term is like that.
    pub(super) fn any(&self, like: &dyn Fn(&Term) -> bool) -> bool {
        match self {
            Self::All(nodes) | Self::Any(nodes) => nodes.iter().any(|node| node.any(like)),
            Self::Not(node) => node.any(like),
            Self::Term(term) => like(term),
        }
    }

    /// The terms without which nothing matches.
    pub(super) fn required(&self) -> impl Iterator<Item = &Term> {
        let nodes = match self {
            Self::All(nodes) => &nodes[..],
            one => std::slice::from_ref(one),
        };
        nodes.iter().filter_map(|node| match node {
            Self::Term(term) => Some(term),
            _ => None,
        })
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All(nodes) => {
                for (at, node) in nodes.iter().enumerate() {
                    if at > 0 {
                        f.write_str(" ")?;
                    }
                    match node {
                        Self::Any(_) | Self::All(_) => write!(f, "({node})")?,
                        node => node.fmt(f)?,
                    }
                }
                Ok(())
            }
            Self::Any(nodes) => {
                for (at, node) in nodes.iter().enumerate() {
                    if at > 0 {
                        f.write_str(" or ")?;
                    }
                    match node {
                        Self::Any(_) => write!(f, "({node})")?,
                        node => node.fmt(f)?,
                    }
                }
                Ok(())
            }
            Self::Not(node) => match &**node {
                Self::Any(_) | Self::All(_) => write!(f, "-({node})"),
                node => write!(f, "-{node}"),
            },
            Self::Term(term) => term.fmt(f),
        }
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.field.name.is_empty() {
            return self.value.fmt_alone(f);
        }
        f.write_str(self.field.name)?;
        for step in &self.path {
            match step {
                Step::Any => f.write_str(".*")?,
                Step::Name(name)
                    if name
                        .chars()
                        .all(|c| c.is_alphanumeric() || c == '-' || c == '_')
                        && !name.is_empty() =>
                {
                    write!(f, ".{name}")?;
                }
                Step::Name(name) => write!(
                    f,
                    ".\"{}\"",
                    name.replace('\\', "\\\\").replace('"', "\\\"")
                )?,
            }
        }
        write!(f, "{}{}", self.operator.as_str(), self.value)
    }
}

impl Value {
    /// As it is written without a field: what could be taken for something else is in quotes.
    fn fmt_alone(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pattern.literal() {
            Some(text)
                if text.eq_ignore_ascii_case("or")
                    || text.starts_with('-')
                    || text.contains([':', '=', '<', '>'])
                    || text.is_empty() =>
            {
                write!(f, "\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
            }
            Some(text) => write!(f, "{}", Quoted(text)),
            None => {
                // A piece in front that begins with a dash would deny the rest.
                for (at, piece) in self.pattern.pieces().iter().enumerate() {
                    if at > 0 {
                        f.write_str("*")?;
                    }
                    if at == 0 && piece.starts_with('-') {
                        write!(
                            f,
                            "\"{}\"",
                            piece.replace('\\', "\\\\").replace('"', "\\\"")
                        )?;
                    } else if !piece.is_empty() {
                        write!(f, "{}", Quoted(piece))?;
                    }
                }
                Ok(())
            }
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_quoted
            && let Some(text) = self.pattern.literal()
        {
            return write!(f, "\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
        }
        self.pattern.fmt(f)
    }
}
