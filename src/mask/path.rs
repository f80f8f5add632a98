//! Paths of values in JSON: `card.number`, `items.*.token`, `**.password`.

/// A step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    /// A key, or a position in decimal digits.
    Name(String),
    /// Any one of them.
    Any,
    /// Any number of them, none included.
    Deep,
}

/// A path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Path(Vec<Step>);

/// How far paths have come at a place in a document: which path, and its next step.
pub(super) type Places = Vec<(usize, usize)>;

impl Path {
    pub(super) fn parse(text: &str) -> Self {
        let step = |name: &str| match name {
            "*" => Step::Any,
            "**" => Step::Deep,
            name => Step::Name(name.to_owned()),
        };
        // As other tools write the whole document before it.
        let text = text.strip_prefix("$.").unwrap_or(text);
        Self(text.split('.').map(step).collect())
    }
}

/// Where all paths are at the top of a document.
pub(super) fn top(paths: &[Path]) -> Places {
    let mut places = Vec::new();
    (0..paths.len()).for_each(|path| add(paths, (path, 0), &mut places));
    places
}

/// Where they are at a key, or a position, below these places.
pub(super) fn below(paths: &[Path], places: &Places, name: &str) -> Places {
    let mut next = Vec::new();
    for &(path, at) in places {
        match step(paths, path, at) {
            Some(Step::Name(wanted)) if wanted == name => add(paths, (path, at + 1), &mut next),
            Some(Step::Any) => add(paths, (path, at + 1), &mut next),
            Some(Step::Deep) => add(paths, (path, at), &mut next),
            Some(Step::Name(_)) | None => {}
        }
    }
    next
}

/// Whether a path ends here.
pub(super) fn ends(paths: &[Path], places: &Places) -> bool {
    places
        .iter()
        .any(|&(path, at)| paths.get(path).is_some_and(|path| path.0.len() == at))
}

fn step(paths: &[Path], path: usize, at: usize) -> Option<&Step> {
    paths.get(path)?.0.get(at)
}

/// Adds a place, and that behind it where nothing at all may stand there.
fn add(paths: &[Path], (path, at): (usize, usize), places: &mut Places) {
    let mut at = at;
    loop {
        if places.contains(&(path, at)) {
            return;
        }
        places.push((path, at));
        if step(paths, path, at) != Some(&Step::Deep) {
            return;
        }
        at += 1;
    }
}
