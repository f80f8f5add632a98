use super::*;
use crate::viewer::Line;

fn tree(text: &str) -> Tree {
    let subject = Subject {
        bytes: text.as_bytes(),
        media_type: None,
        coding: None,
    };
    match view(&subject, Window::default()).view {
        View::Tree(tree) => tree,
        other => panic!("not a tree: {other:?}"),
    }
}

#[test]
fn containers_say_what_they_hold_and_deep_ones_start_closed() {
    let tree = tree(r#"{"a":{"b":[1,2]},"deep":[[[[[[[[1]]]]]]]]}"#);
    let folds: Vec<(String, bool)> = tree
        .lines
        .iter()
        .filter_map(|line| match &line.kind {
            LineKind::Open { fold, is_open } => Some((fold.clone(), *is_open)),
            _ => None,
        })
        .collect();
    assert_eq!(folds[0], ("2 keys".to_owned(), true));
    assert_eq!(folds[1], ("1 key".to_owned(), true));
    assert_eq!(folds[2], ("2 items".to_owned(), true));
    assert!(folds.iter().any(|(_, is_open)| !is_open));
    assert_eq!(tree.unclosed, 0);
}

#[test]
fn a_time_is_told_where_its_key_makes_it_certain() {
    let tree = tree(r#"{"created":1795604941,"amount":1795604941}"#);
    let hint = |path: &str| {
        let line: &Line = tree.lines.iter().find(|line| line.path == path).unwrap();
        line.hint.clone()
    };
    assert!(hint("created").unwrap().contains("2026"));
    assert_eq!(hint("amount"), None);
}
