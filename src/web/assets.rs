//! Stylesheet, scripts and icons, compiled in.
//!
//! All of them are served under one hash of all their bytes, `/static/{hash}/{name}`, so that a script can import its neighbour
//! by `./name.js`, a browser may keep them for ever, and no old file meets a new one. Scripts are served [lean]: what is there
//! for their readers in the source costs nobody a download.
//!
//! To add a file: put it into `static/`, and its line into [`ASSETS`].

use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::body::Bytes;
use axum::extract::RawPathParams;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use sha2::{Digest, Sha256};

use super::App;

/// A file, as it stands in the source.
#[derive(Debug)]
struct Asset {
    name: &'static str,
    media_type: &'static str,
    text: &'static str,
}

const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

macro_rules! asset {
    ($name:literal, $media_type:expr, $path:literal) => {
        Asset {
            name: $name,
            media_type: $media_type,
            text: include_str!(concat!("../../static/", $path)),
        }
    };
}

static ASSETS: &[Asset] = &[
    asset!("app.css", CSS, "app.css"),
    asset!("favicon.svg", SVG, "favicon.svg"),
    asset!("copy.js", JS, "js/copy.js"),
    asset!("keys.js", JS, "js/keys.js"),
    asset!("list.js", JS, "js/list.js"),
    asset!("live.js", JS, "js/live.js"),
    asset!("page.js", JS, "js/page.js"),
    asset!("select.js", JS, "js/select.js"),
    asset!("stream.js", JS, "js/stream.js"),
    asset!("switches.js", JS, "js/switches.js"),
    asset!("time.js", JS, "js/time.js"),
    asset!("tree.js", JS, "js/tree.js"),
    asset!("waiting.js", JS, "js/waiting.js"),
];

/// The icons, written once into every page: a reference into another file is not treated alike by browsers under a strict
/// policy, and the page's own rules for `.cut` and `.solid` would not reach into it.
pub const ICONS: &str = include_str!("../../static/icons.svg");

/// What is served of each asset, in the order of the table.
static SERVED: LazyLock<Vec<Bytes>> = LazyLock::new(|| {
    let served = |asset: &Asset| match asset.media_type {
        JS => Bytes::from(lean(asset.text)),
        _ => Bytes::from_static(asset.text.as_bytes()),
    };
    ASSETS.iter().map(served).collect()
});

/// A script without indentation, empty lines, and lines that are only a comment. No script may have a line inside a template
/// literal; a test sees to it.
fn lean(script: &str) -> String {
    let lines = script.lines().map(str::trim);
    let mut lean = String::with_capacity(script.len());
    for line in lines.filter(|line| !line.is_empty() && !line.starts_with("//")) {
        lean.push_str(line);
        lean.push('\n');
    }
    lean
}

/// The first 16 hex digits of the SHA-256 of all assets, names included.
static HASH: LazyLock<String> = LazyLock::new(|| {
    let mut hasher = Sha256::new();
    for (asset, bytes) in ASSETS.iter().zip(&*SERVED) {
        hasher.update(asset.name);
        hasher.update([0]);
        hasher.update(bytes);
        hasher.update([0]);
    }
    let digest = hasher.finalize();
    let (first, _) = digest.split_first_chunk().unwrap_or((&[0; 8], &[]));
    format!("{:016x}", u64::from_be_bytes(*first))
});

/// The address of an asset, for templates.
pub fn url(name: &str) -> String {
    debug_assert!(
        ASSETS.iter().any(|asset| asset.name == name),
        "{name} is not in the table of assets"
    );
    format!("/static/{}/{name}", *HASH)
}

/// The routes that assets are served under; they answer to any host, since they are the same for everyone.
pub fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/static/{hash}/{name}", get(show))
        .route("/favicon.ico", get(favicon))
        .route("/robots.txt", get(robots))
}

/// One asset. Under another version's hash the present bytes are given, but not to keep: an old page goes on working, and
/// nothing wrong stays behind in a cache.
async fn show(params: RawPathParams) -> Response {
    let (mut hash, mut name) = ("", "");
    for (key, value) in &params {
        match key {
            "hash" => hash = value,
            _ => name = value,
        }
    }
    if hash == *HASH {
        answer(name, "public, max-age=31536000, immutable")
    } else {
        answer(name, "no-cache")
    }
}

/// For browsers that ask for it without having read a page.
async fn favicon() -> Response {
    answer("favicon.svg", "public, max-age=86400")
}

/// Nothing here is for search engines: pages carry keys in their addresses.
async fn robots() -> impl IntoResponse {
    (
        [(CONTENT_TYPE, "text/plain; charset=utf-8")],
        "User-agent: *\nDisallow: /\n",
    )
}

fn answer(name: &str, caching: &'static str) -> Response {
    let mut assets = ASSETS.iter().zip(&*SERVED);
    let Some((asset, bytes)) = assets.find(|(asset, _)| asset.name == name) else {
        return (StatusCode::NOT_FOUND, "no such file\n").into_response();
    };
    (
        [
            (CONTENT_TYPE, HeaderValue::from_static(asset.media_type)),
            (CACHE_CONTROL, HeaderValue::from_static(caching)),
            (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        ],
        bytes.clone(),
    )
        .into_response()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn files(folder: &Path, found: &mut Vec<(String, String)>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                files(&path, found);
            } else {
                let text = std::fs::read_to_string(&path).unwrap();
                found.push((path.display().to_string(), text));
            }
        }
    }

    fn sources(folder: &str) -> Vec<(String, String)> {
        let mut found = Vec::new();
        files(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join(folder),
            &mut found,
        );
        found
    }

    /// What stands between `before` and the next quote, wherever `before` is found.
    fn named<'a>(text: &'a str, before: &str) -> Vec<&'a str> {
        text.split(before)
            .skip(1)
            .map(|rest| rest.split(['"', '\'']).next().unwrap())
            .collect()
    }

    #[test]
    fn every_asset_that_a_template_or_script_names_is_there() {
        for (path, text) in sources("templates") {
            for name in named(&text, "assets::url(\"") {
                assert!(
                    ASSETS.iter().any(|asset| asset.name == name),
                    "{path}: {name}"
                );
            }
        }
        for (path, text) in sources("static/js") {
            for name in named(&text, "from './") {
                assert!(
                    ASSETS.iter().any(|asset| asset.name == name),
                    "{path}: {name}"
                );
            }
        }
    }

    #[test]
    fn every_icon_that_a_template_or_script_names_is_in_the_sprite() {
        for (path, text) in sources("templates").into_iter().chain(sources("static/js")) {
            for name in named(&text, "m::i(\"")
                .into_iter()
                .chain(named(&text, "#i-"))
            {
                if !name.starts_with(['{', '$']) {
                    assert!(
                        ICONS.contains(&format!("id=\"i-{name}\"")),
                        "{path}: {name}"
                    );
                }
            }
        }
    }

    #[test]
    fn pages_have_no_inline_style_or_script() {
        for (path, text) in sources("templates") {
            for bad in [" style=", "<style", " onclick=", " onload=", "javascript:"] {
                assert!(!text.contains(bad), "{path}: {bad}");
            }
            for script in text.split("<script").skip(1) {
                assert!(
                    script.trim_start().starts_with("type=\"module\" src="),
                    "{path}"
                );
            }
        }
    }

    #[test]
    fn scripts_stay_small() {
        let scripts = ASSETS
            .iter()
            .zip(&*SERVED)
            .filter(|(asset, _)| asset.media_type == JS);
        let size: usize = scripts.map(|(_, bytes)| bytes.len()).sum();
        assert!(size <= 30 * 1024, "{size} bytes");
    }

    #[test]
    fn a_lean_script_says_the_same() {
        assert_eq!(
            lean("// what\na();\n\n  // why\n  b('//'); // where\n"),
            "a();\nb('//'); // where\n"
        );
        for (path, text) in sources("static/js") {
            for (at, line) in text.lines().enumerate() {
                let ticks = line.matches('`').count();
                assert!(
                    ticks.is_multiple_of(2),
                    "{path}:{}: a template literal over several lines",
                    at + 1
                );
            }
            assert!(
                !text.contains("/*"),
                "{path}: a comment that may be over several lines"
            );
        }
    }
}
