//! The house's one direction: a module uses only those on floors below its own.

use std::fs;
use std::path::Path;

/// The table of `lib.rs`: a module, and its floor.
const FLOORS: [(&str, u8); 24] = [
    ("model", 0),
    ("compare", 1),
    ("config", 1),
    ("filter", 1),
    ("mask", 1),
    ("metrics", 1),
    ("viewer", 1),
    ("export", 1),
    ("template", 1),
    ("tls", 1),
    ("import", 1),
    ("provider", 1),
    ("store", 2),
    ("verdict", 2),
    ("outbound", 2),
    ("live", 3),
    ("forward", 3),
    ("reply", 3),
    ("relay", 3),
    ("ingest", 4),
    ("web", 5),
    ("serve", 6),
    ("cli", 7),
    ("main", 7),
];

/// Uses that stand on the same floor and are meant: none.
fn floor(module: &str) -> u8 {
    FLOORS
        .iter()
        .find(|(name, _)| *name == module)
        .unwrap_or_else(|| panic!("{module} is missing in the table of floors"))
        .1
}

fn files(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Every module that the text names behind `crate::`, also in a list of several.
fn used(text: &str) -> Vec<String> {
    let word = |text: &str| {
        text.chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect::<String>()
    };
    let mut names = Vec::new();
    for rest in text.split("crate::").skip(1) {
        match rest.strip_prefix('{') {
            None => names.push(word(rest)),
            Some(list) => names.extend(
                list.split('}')
                    .next()
                    .unwrap_or_default()
                    .split(',')
                    .map(|name| word(name.trim())),
            ),
        }
    }
    names.retain(|name| name.starts_with(|c: char| c.is_ascii_lowercase()));
    names
}

#[test]
fn no_module_uses_a_neighbour_or_a_floor_above() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    files(&source, &mut found);
    assert!(found.len() > 30, "only {} files were found", found.len());
    let mut wrong = Vec::new();
    for path in found {
        let inside = path.strip_prefix(&source).unwrap();
        let module = inside
            .iter()
            .next()
            .unwrap()
            .to_str()
            .unwrap()
            .trim_end_matches(".rs")
            .to_owned();
        if module == "lib" {
            continue;
        }
        for (number, line) in fs::read_to_string(&path).unwrap().lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            if code.contains("super::super::super") {
                wrong.push(format!(
                    "{}:{}: name it from crate::",
                    inside.display(),
                    number + 1
                ));
            }
            for name in used(code) {
                if name != module && floor(&name) >= floor(&module) {
                    wrong.push(format!(
                        "{}:{}: {module} must not use {name}",
                        inside.display(),
                        number + 1
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_is_the_one_in_the_documentation() {
    let lib = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    for (module, floor) in FLOORS.iter().filter(|(module, _)| *module != "main") {
        let row = lib
            .lines()
            .find(|line| line.starts_with(&format!("//! | {floor} |")))
            .unwrap();
        assert!(
            row.contains(&format!("[`{module}`]")),
            "{module} is not on floor {floor} in lib.rs"
        );
    }
}
