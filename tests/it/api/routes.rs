//! Every route there is, so that a test of all of them covers those that are added later.

use std::fs;
use std::path::{Path, PathBuf};

use super::call::{Ask, Expect};
use crate::support::{Bin, Server};

/// A route with one of its methods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) method: String,
    pub(crate) template: String,
    /// Whether the bin's key is needed.
    pub(crate) keyed: bool,
}

impl Route {
    /// An address of this route, for the first capture of the bin.
    pub(crate) fn path(&self, bin: &Bin) -> String {
        self.template
            .replace("{id}", &bin.id)
            .replace("{key}", &bin.key)
            .replace("{n}", "1")
            .replace("{share}", "1")
            .replace("{attempt}", "1")
            .replace("{format}", "curl")
            .replace("{hash}", "x")
            .replace("{name}", "app.css")
            .replace("{*rest}", "x")
    }

    pub(crate) fn is_safe(&self) -> bool {
        self.method == "GET"
    }
}

/// The calls of the API, as the OpenAPI document lists them.
pub(crate) fn of_the_api(server: &Server) -> Vec<Route> {
    let answer = server.ask("GET", "/api/v1/openapi.json", &[], b"");
    let document = answer.is(200).json();
    let mut routes = Vec::new();
    for (template, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            routes.push(Route {
                method: method.to_uppercase(),
                template: template.clone(),
                keyed: operation.get("security").is_none(),
            });
        }
    }
    assert!(routes.len() > 9, "{routes:?}");
    routes
}

/// The routes of pages, as their sources register them.
pub(crate) fn of_the_pages() -> Vec<Route> {
    let mut files = Vec::new();
    let mut folders = vec![sources().join("page")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path);
            }
        }
    }
    let routes: Vec<_> = files.iter().flat_map(|file| registered_in(file)).collect();
    assert!(routes.len() > 9, "{routes:?}");
    routes
}

/// The routes of assets and operations, which answer to any host.
pub(crate) fn for_everyone() -> Vec<Route> {
    let files = ["assets.rs", "ops.rs"].map(|name| sources().join(name));
    let routes: Vec<_> = files.iter().flat_map(|file| registered_in(file)).collect();
    assert!(routes.len() > 3, "{routes:?}");
    routes
}

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/web")
}

/// The routes that a source registers with axum's `route("…", get(…))`.
fn registered_in(file: &Path) -> Vec<Route> {
    let source = fs::read_to_string(file).unwrap();
    let mut routes = Vec::new();
    for call in source.split(".route(").skip(1) {
        let call = &call[..end_of_call(call)];
        let Some(template) = call.split('"').nth(1) else {
            continue;
        };
        for method in ["get", "post", "patch", "put", "delete"] {
            if call.contains(&format!("{method}(")) {
                routes.push(Route {
                    method: method.to_uppercase(),
                    template: template.to_owned(),
                    keyed: false,
                });
            }
        }
    }
    routes
}

/// Where the parenthesis closes that stands before the text.
fn end_of_call(text: &str) -> usize {
    let mut depth = 1;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at;
        }
    }
    text.len()
}
