//! Pieces into a tree.

use super::error::Error;
use super::field::{self, Field, Operator, Value, Written};
use super::json::Step;
use super::lex::{Char, Token, tokens};
use super::pattern::Pattern;
use super::tree::{Node, Term};
use super::{DEPTH, TERMS, TEXT};
use crate::model::Timestamp;

pub(super) fn parse(text: &str, now: Timestamp) -> Result<Node, Error> {
    if text.chars().nth(TEXT).is_some() {
        return Err(Error::new(
            TEXT,
            format!("a filter has at most {TEXT} characters"),
        ));
    }
    let tokens = tokens(text)?;
    let mut parser = Parser {
        tokens: &tokens,
        end: text.chars().count(),
        terms: 0,
        now,
    };
    let tree = parser.either(0)?;
    match parser.tokens.first() {
        None => Ok(tree),
        Some(&(at, _)) => Err(Error::new(at, "this parenthesis closes nothing")),
    }
}

struct Parser<'t> {
    /// What is still to be read.
    tokens: &'t [(usize, Token)],
    /// Where the text ends.
    end: usize,
    terms: usize,
    now: Timestamp,
}

impl<'t> Parser<'t> {
    fn next(&mut self) -> Option<&'t (usize, Token)> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(first)
    }

    fn peek(&self) -> Option<&'t Token> {
        self.tokens.first().map(|(_, token)| token)
    }

    fn either(&mut self, depth: usize) -> Result<Node, Error> {
        let mut nodes = Vec::new();
        loop {
            let begin = self.tokens.first().map_or(self.end, |(at, _)| *at);
            let all = self.all(depth)?;
            let is_last = self.peek() != Some(&Token::Or);
            if all.is_empty() && !(is_last && nodes.is_empty()) {
                return Err(Error::new(begin, "a term stands on both sides of `or`"));
            }
            nodes.push(all);
            if is_last {
                break;
            }
            self.next();
        }
        match nodes.pop() {
            Some(one) if nodes.is_empty() => Ok(one),
            last => {
                nodes.extend(last);
                Ok(Node::Any(nodes))
            }
        }
    }

    fn all(&mut self, depth: usize) -> Result<Node, Error> {
        let mut nodes = Vec::new();
        while matches!(
            self.peek(),
            Some(Token::Open | Token::Not | Token::Word { .. })
        ) {
            nodes.push(self.one(depth)?);
        }
        match nodes.pop() {
            Some(one) if nodes.is_empty() => Ok(one),
            last => {
                nodes.extend(last);
                Ok(Node::All(nodes))
            }
        }
    }

    fn one(&mut self, depth: usize) -> Result<Node, Error> {
        let Some((begin, token)) = self.next() else {
            return Err(Error::new(self.end, "a term stands here"));
        };
        match token {
            Token::Not => {
                // A chain of dashes is walked, not called: it may be as long as the text.
                let mut is_denied = true;
                while self.peek() == Some(&Token::Not) {
                    self.next();
                    is_denied = !is_denied;
                }
                if !matches!(self.peek(), Some(Token::Open | Token::Word { .. })) {
                    let at = self.tokens.first().map_or(self.end, |(at, _)| *at);
                    return Err(Error::new(
                        at,
                        "behind - stands what is not wanted; a text that begins with - is put in quotes",
                    ));
                }
                let node = self.one(depth)?;
                Ok(if is_denied {
                    Node::Not(Box::new(node))
                } else {
                    node
                })
            }
            Token::Open => {
                if depth == DEPTH {
                    return Err(Error::new(
                        *begin,
                        format!("parentheses are at most {DEPTH} deep"),
                    ));
                }
                let node = self.either(depth + 1)?;
                let at = self.tokens.first().map_or(self.end, |(at, _)| *at);
                if node.is_empty() {
                    return Err(Error::new(at, "a term stands in the parentheses"));
                }
                match self.next() {
                    Some((_, Token::Close)) => Ok(node),
                    _ => Err(Error::new(
                        *begin,
                        "this parenthesis is never closed: a ) is missing",
                    )),
                }
            }
            Token::Word { chars, has_quotes } => {
                self.terms += 1;
                if self.terms > TERMS {
                    return Err(Error::new(
                        *begin,
                        format!("a filter has at most {TERMS} terms"),
                    ));
                }
                self.term(*begin, chars, *has_quotes)
            }
            Token::Close | Token::Or => Err(Error::new(*begin, "a term stands here")),
        }
    }

    fn term(&mut self, begin: usize, chars: &[Char], has_quotes: bool) -> Result<Node, Error> {
        let operator = |char: &Char| !char.is_quoted && matches!(char.c, ':' | '=' | '<' | '>');
        let Some(at) = chars.iter().position(operator) else {
            let value = value(chars, has_quotes);
            return self.made(
                begin,
                begin,
                field::anywhere(),
                Vec::new(),
                Operator::Is,
                value,
            );
        };
        let (name, rest) = chars.split_at(at);
        let steps = steps(begin, name)?;
        let (operator, length) = match (rest.first().map(|char| char.c), rest.get(1)) {
            (Some('>'), Some(next)) if next.is('=') => (Operator::AtLeast, 2),
            (Some('<'), Some(next)) if next.is('=') => (Operator::AtMost, 2),
            (Some('>'), _) => (Operator::Above, 1),
            (Some('<'), _) => (Operator::Below, 1),
            (Some('='), _) => (Operator::Exactly, 1),
            _ => (Operator::Is, 1),
        };
        let value_at = rest.get(length).map_or_else(
            || rest.last().map_or(begin, |char| char.at + 1),
            |char| char.at,
        );
        let given = rest.get(length..).unwrap_or_default();
        let Some((Step::Name(word), path)) = steps.split_first() else {
            return Err(Error::new(begin, field::unknown("")));
        };
        let field = field::find(word).ok_or_else(|| Error::new(begin, field::unknown(word)))?;
        if given.is_empty() && !has_quotes {
            let name: String = name.iter().map(|char| char.c).collect();
            return Err(Error::new(
                value_at,
                format!("a value stands behind {name}{}", operator.as_str()),
            ));
        }
        // Quotes of the name do not count.
        let is_quoted = given.is_empty() || given.iter().any(|char| char.is_quoted);
        self.made(
            begin,
            value_at,
            field,
            path.to_vec(),
            operator,
            value(given, is_quoted),
        )
    }

    fn made(
        &self,
        begin: usize,
        value_at: usize,
        field: &'static Field,
        path: Vec<Step>,
        operator: Operator,
        mut value: Value,
    ) -> Result<Node, Error> {
        value.is_quoted = field.minds_quotes(operator) && (value.is_quoted || !value.is_plain());
        if let Err(expected) = field.check(&path, operator) {
            return Err(Error::new(begin, expected));
        }
        let written = Written {
            path: &path,
            operator,
            value: &value,
            now: self.now,
        };
        let test = (field.read)(&written).map_err(|expected| Error::new(value_at, expected))?;
        Ok(Node::Term(Term::new(field, path, operator, value, test)))
    }
}

/// The value out of its characters.
fn value(chars: &[Char], is_quoted: bool) -> Value {
    let mut pieces = vec![String::new()];
    for char in chars {
        if char.is('*') {
            pieces.push(String::new());
        } else if let Some(piece) = pieces.last_mut() {
            piece.push(char.c);
        }
    }
    Value {
        pattern: Pattern::new(pieces),
        is_quoted,
    }
}

/// The steps of a name: between dots, and in brackets.
fn steps(begin: usize, name: &[Char]) -> Result<Vec<Step>, Error> {
    let mut steps = Vec::new();
    let mut step: Vec<Char> = Vec::new();
    let mut is_open = false;
    let mut is_done = false; // behind a bracket a dot may follow, or another bracket
    let mut last = begin;
    let mut close = |step: &mut Vec<Char>, at: usize| {
        if step.is_empty() {
            return Err(Error::new(at, "a name stands before and behind a dot"));
        }
        let is_any = matches!(&step[..], [one] if one.is('*'));
        steps.push(if is_any {
            Step::Any
        } else {
            Step::Name(step.iter().map(|char| char.c).collect())
        });
        step.clear();
        Ok(())
    };
    for &char in name {
        last = char.at;
        if char.is('.') && !is_open {
            if !is_done {
                close(&mut step, char.at)?;
            }
            is_done = false;
        } else if char.is('[') && !is_open {
            if !is_done {
                close(&mut step, char.at)?;
            }
            is_open = true;
        } else if char.is(']') && is_open {
            close(&mut step, char.at)?;
            (is_open, is_done) = (false, true);
        } else {
            step.push(char);
            is_done = false;
        }
    }
    if is_open {
        return Err(Error::new(last, "a ] is missing"));
    }
    if !is_done {
        close(&mut step, last)?;
    }
    Ok(steps)
}
