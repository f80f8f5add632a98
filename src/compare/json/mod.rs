//! JSON by path: keys are matched with keys of that name, items of lists by what they are.
//!
//! Members of objects are pairs by their key, the second of a repeated key with the second. Items of lists are matched where they are
//! equal and in order, then where they are equal at all (moved), then where they have the same id, and what is left between by place.

mod read;
mod value;

use std::collections::HashMap;

use super::align::{Budget, align, by_place, merge};
use super::{Change, KEY_ORDER, Piece, Row, Side, Token, fingerprint, inline};
use crate::model::json::units;
use read::{Kind, Node};

pub(super) use read::{Tree, read};

/// The longest path that is named.
const PATH: usize = 300;

/// What is to be done next.
#[derive(Debug, Clone, Copy)]
enum Task {
    Pair { a: usize, b: usize, moved: bool },
    Removed(usize),
    Added(usize),
    Close(Option<usize>, Option<usize>),
}

struct Rows<'a, 'b> {
    a: &'b Tree<'a>,
    b: &'b Tree<'a>,
    done: Vec<Row>,
    tasks: Vec<Task>,
}

/// The rows of two texts.
pub(super) fn compare(a: &Tree<'_>, b: &Tree<'_>, budget: &mut Budget) -> Vec<Row> {
    let mut rows = Rows {
        a,
        b,
        done: Vec::new(),
        tasks: vec![Task::Pair {
            a: 0,
            b: 0,
            moved: false,
        }],
    };
    while let Some(task) = rows.tasks.pop() {
        rows.take(task, budget);
    }
    rows.done
}

impl Rows<'_, '_> {
    fn take(&mut self, task: Task, budget: &mut Budget) -> Option<()> {
        match task {
            Task::Pair { a, b, moved } => self.pair(a, b, moved, budget),
            Task::Removed(at) => {
                let node = self.a.nodes.get(at)?;
                self.done.push(Row {
                    name: path(self.a, at),
                    change: Change::Removed,
                    why: None,
                    a: Some(side(self.a, node, inline::whole(node.text.as_bytes()))),
                    b: None,
                });
                self.members(node, Task::Removed, Task::Close(Some(at), None));
                Some(())
            }
            Task::Added(at) => {
                let node = self.b.nodes.get(at)?;
                self.done.push(Row {
                    name: path(self.b, at),
                    change: Change::Added,
                    why: None,
                    a: None,
                    b: Some(side(self.b, node, inline::whole(node.text.as_bytes()))),
                });
                self.members(node, Task::Added, Task::Close(None, Some(at)));
                Some(())
            }
            Task::Close(a, b) => {
                self.done.push(Row {
                    name: Vec::new(),
                    change: match (a, b) {
                        (Some(_), Some(_)) => Change::Same,
                        (Some(_), None) => Change::Removed,
                        _ => Change::Added,
                    },
                    why: None,
                    a: a.and_then(|at| close(self.a, at)),
                    b: b.and_then(|at| close(self.b, at)),
                });
                Some(())
            }
        }
    }

    /// What only one side has comes next, member by member.
    fn members(&mut self, node: &Node<'_>, task: fn(usize) -> Task, close: Task) {
        if !node.children.is_empty() {
            self.tasks.push(close);
            self.tasks
                .extend(node.children.iter().rev().map(|&at| task(at)));
        }
    }

    fn pair(&mut self, a: usize, b: usize, moved: bool, budget: &mut Budget) -> Option<()> {
        let (one, other) = (self.a.nodes.get(a)?, self.b.nodes.get(b)?);
        let is_container = |node: &Node<'_>| matches!(node.kind, Kind::Object | Kind::Array);
        let same_kind = one.kind == other.kind;
        let (mut change, mut why) = (Change::Same, None);
        if !same_kind {
            (change, why) = (Change::Changed, Some("type"));
        } else if is_container(one) {
            if one.children.is_empty() != other.children.is_empty() {
                change = Change::Changed;
            }
        } else if !value::is_same(one.kind, one.text, other.text) {
            change = Change::Changed;
        } else if one.text != other.text {
            change = Change::Rewritten;
            why = Some(if one.kind == Kind::Number {
                "form of the number"
            } else {
                "escapes"
            });
        }
        if change == Change::Same && moved {
            change = Change::Moved;
            why = one.key.is_some().then_some(KEY_ORDER);
        } else if change == Change::Same && one.key != other.key {
            (change, why) = (Change::Rewritten, Some("escapes in the key"));
        } else if moved && why.is_none() {
            why = Some("moved, too");
        }
        let (left, right) = if one.text == other.text {
            (
                inline::whole(one.text.as_bytes()),
                inline::whole(other.text.as_bytes()),
            )
        } else if same_kind {
            inline::differ(one.text.as_bytes(), other.text.as_bytes(), budget)
        } else {
            (differs(one.text), differs(other.text))
        };
        let name = if change == Change::Same {
            Vec::new()
        } else {
            path(self.b, b)
        };
        self.done.push(Row {
            name,
            change,
            why,
            a: Some(side(self.a, one, left)),
            b: Some(side(self.b, other, right)),
        });
        if same_kind && !one.children.is_empty() && !other.children.is_empty() {
            self.tasks.push(Task::Close(Some(a), Some(b)));
            let pairs = if one.kind == Kind::Object {
                members(self.a, self.b, one, other)
            } else {
                items(self.a, self.b, one, other, budget)
            };
            let steps = merge((one.children.len(), other.children.len()), pairs);
            for step in steps.into_iter().rev() {
                let a = step.a.and_then(|at| one.children.get(at));
                let b = step.b.and_then(|at| other.children.get(at));
                self.tasks.extend(match (a, b) {
                    (Some(&a), Some(&b)) => Some(Task::Pair {
                        a,
                        b,
                        moved: step.moved,
                    }),
                    (Some(&a), None) => Some(Task::Removed(a)),
                    (None, Some(&b)) => Some(Task::Added(b)),
                    (None, None) => None,
                });
            }
        } else {
            self.members(other, Task::Added, Task::Close(None, Some(b)));
            self.members(one, Task::Removed, Task::Close(Some(a), None));
        }
        Some(())
    }
}

fn differs(text: &str) -> Vec<Piece> {
    let pieces = inline::whole(text.as_bytes())
        .into_iter()
        .map(|piece| match piece {
            Piece::Same(text) => Piece::Differs(text),
            other => other,
        });
    pieces.collect()
}

/// Members with the same key, the nth of a repeated one with the nth.
fn members(a: &Tree<'_>, b: &Tree<'_>, one: &Node<'_>, other: &Node<'_>) -> Vec<(usize, usize)> {
    let key = |tree: &Tree<'_>, at: usize| {
        let key = tree.nodes.get(at).and_then(|node| node.key);
        units(key.unwrap_or_default())
    };
    let mut places: HashMap<Vec<u16>, Vec<usize>> = HashMap::new();
    for (j, &at) in other.children.iter().enumerate().rev() {
        places.entry(key(b, at)).or_default().push(j);
    }
    let found = one.children.iter().enumerate().filter_map(|(i, &at)| {
        let j = places.get_mut(&key(a, at))?.pop()?;
        Some((i, j))
    });
    found.collect()
}

fn items(
    a: &Tree<'_>,
    b: &Tree<'_>,
    one: &Node<'_>,
    other: &Node<'_>,
    budget: &mut Budget,
) -> Vec<(usize, usize)> {
    let hash = |tree: &Tree<'_>, at: &usize| tree.nodes.get(*at).map_or(0, |node| node.hash);
    let hashes: (Vec<u64>, Vec<u64>) = (
        one.children.iter().map(|at| hash(a, at)).collect(),
        other.children.iter().map(|at| hash(b, at)).collect(),
    );
    let mut free = (vec![true; hashes.0.len()], vec![true; hashes.1.len()]);
    let take = |free: &mut (Vec<bool>, Vec<bool>), pairs: &[(usize, usize)]| {
        for &(i, j) in pairs {
            free.0.get_mut(i).into_iter().for_each(|free| *free = false);
            free.1.get_mut(j).into_iter().for_each(|free| *free = false);
        }
    };
    let stays = align(&hashes.0, &hashes.1, budget);
    take(&mut free, &stays);
    let moved = equal(&hashes.0, &hashes.1, &free);
    take(&mut free, &moved);
    let ids: (Vec<u64>, Vec<u64>) = (
        one.children.iter().map(|&at| identity(a, at)).collect(),
        other.children.iter().map(|&at| identity(b, at)).collect(),
    );
    let known = equal(&ids.0, &ids.1, &free);
    take(&mut free, &known);
    let rest = by_place(&stays, (&free.0, &free.1));
    [stays, moved, known, rest].concat()
}

/// Free places with equal values, the first with the first; 0 is no value.
fn equal(a: &[u64], b: &[u64], free: &(Vec<bool>, Vec<bool>)) -> Vec<(usize, usize)> {
    let mut places: HashMap<u64, Vec<usize>> = HashMap::new();
    for (j, (&value, is_free)) in b.iter().zip(&free.1).enumerate().rev() {
        if *is_free && value != 0 {
            places.entry(value).or_default().push(j);
        }
    }
    let found = a
        .iter()
        .zip(&free.0)
        .enumerate()
        .filter(|(_, (_, is_free))| **is_free);
    found
        .filter_map(|(i, (value, _))| Some((i, places.get_mut(value)?.pop()?)))
        .collect()
}

/// What tells an object from others of its list: its id, or its key, or its name. 0 when there is none.
fn identity(tree: &Tree<'_>, at: usize) -> u64 {
    let Some(node) = tree.nodes.get(at).filter(|node| node.kind == Kind::Object) else {
        return 0;
    };
    let names = ["\"id\"", "\"key\"", "\"name\""];
    let members = || {
        node.children
            .iter()
            .take(100)
            .filter_map(|&at| tree.nodes.get(at))
    };
    let found = names.iter().find_map(|name| {
        members().find(|member| member.key == Some(name) && member.children.is_empty())
    });
    found.map_or(0, |member| fingerprint((member.key, member.hash)))
}

fn side(tree: &Tree<'_>, node: &Node<'_>, mut pieces: Vec<Piece>) -> Side {
    let is_empty = matches!(node.kind, Kind::Object | Kind::Array) && node.children.is_empty();
    if is_empty {
        pieces.push(Piece::Same(closing(node).to_vec()));
    }
    let is_open = !node.children.is_empty();
    Side {
        place: node.lines.0,
        depth: node.depth,
        key: node.key.map(|key| key.as_bytes().to_vec()),
        token: Some(match node.kind {
            Kind::String => Token::String,
            Kind::Number => Token::Number,
            Kind::Literal => Token::Literal,
            Kind::Object | Kind::Array => Token::Bracket,
        }),
        pieces,
        end: if is_open { "" } else { comma(tree, node) },
    }
}

fn closing(node: &Node<'_>) -> &'static [u8] {
    if node.kind == Kind::Object {
        b"}"
    } else {
        b"]"
    }
}

fn close(tree: &Tree<'_>, at: usize) -> Option<Side> {
    let node = tree.nodes.get(at)?;
    Some(Side {
        place: node.lines.1,
        depth: node.depth,
        key: None,
        token: Some(Token::Bracket),
        pieces: vec![Piece::Same(closing(node).to_vec())],
        end: comma(tree, node),
    })
}

/// A comma, when the value has one behind it.
fn comma(tree: &Tree<'_>, node: &Node<'_>) -> &'static str {
    let parent = node.parent.and_then(|at| tree.nodes.get(at));
    match parent {
        Some(parent) if node.index + 1 < parent.children.len() => ",",
        _ => "",
    }
}

/// Where a value is, as a filter names it; empty where that would be too long.
fn path(tree: &Tree<'_>, at: usize) -> Vec<u8> {
    let mut steps = Vec::new();
    let mut length = 0;
    let mut next = tree.nodes.get(at);
    while let Some(node) = next.filter(|node| node.parent.is_some()) {
        let step = match node.key {
            None => format!("[{}]", node.index),
            Some(key) if key.len() > PATH => return Vec::new(),
            Some(key) => step(key),
        };
        length += step.len();
        if length > PATH {
            return Vec::new();
        }
        steps.push(step);
        next = node.parent.and_then(|at| tree.nodes.get(at));
    }
    steps.push("json".to_owned());
    steps.reverse();
    steps.concat().into_bytes()
}

fn step(key: &str) -> String {
    let name = key.get(1..key.len().saturating_sub(1)).unwrap_or_default();
    let is_plain = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == '$')
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'-'));
    if is_plain {
        format!(".{name}")
    } else {
        format!("[{key}]")
    }
}
