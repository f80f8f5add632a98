//! Light, dark, or as the system has it.
//!
//! The choice is a cookie, and `/theme.css` is the only thing that reads it: so no page and no error has to know it, there is
//! no flash of the wrong colours and no script.

use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::form::Form;
use super::recent::value;

const COOKIE: &str = "hookwell_theme";

/// What the footer's form sends.
#[derive(Debug, Deserialize)]
pub(super) struct Choice {
    theme: String,
    /// The page to go back to.
    #[serde(default)]
    back: String,
}

/// Keeps a choice and goes back.
pub(super) async fn choose(Form(choice): Form<Choice>) -> Response {
    let cookie = match choice.theme.as_str() {
        theme @ ("light" | "dark") => {
            format!("{COOKIE}={theme}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax")
        }
        _ => format!("{COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"),
    };
    let back = Redirect::to(own_path(&choice.back));
    ([(header::SET_COOKIE, cookie)], back).into_response()
}

/// A path on this site, or the home page: what a form sends may be anything, and a browser reads `//` and `/\` as another
/// site's address.
fn own_path(path: &str) -> &str {
    let plain = path.bytes().all(
        |byte| matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'?' | b'=' | b'&'),
    );
    if plain && path.starts_with('/') && !path.starts_with("//") {
        path
    } else {
        "/"
    }
}

/// The stylesheet that makes the choice true. `--theme` tells it to the page's script, and with it to screen readers.
pub(super) async fn css(headers: HeaderMap) -> impl IntoResponse {
    let css = match value(&headers, COOKIE) {
        Some("light") => {
            ":root{color-scheme:light;--theme:light}.foot [value=light]{background:var(--bg);box-shadow:var(--lift);color:var(--text)}"
        }
        Some("dark") => {
            ":root{color-scheme:dark;--theme:dark}.foot [value=dark]{background:var(--bg);box-shadow:var(--lift);color:var(--text)}"
        }
        _ => {
            ":root{--theme:system}.foot [value=system]{background:var(--bg);box-shadow:var(--lift);color:var(--text)}"
        }
    };
    let headers = [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        (header::CACHE_CONTROL, "private, no-cache"),
        (header::VARY, "Cookie"),
    ];
    (headers, css)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_this_site_are_gone_back_to() {
        for path in [
            "/",
            "/b/00000000000000000000000000000001/settings",
            "/b/1?before=4",
        ] {
            assert_eq!(own_path(path), path);
        }
        for path in [
            "",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/x\r\nset-cookie: a=b",
            "/%0d",
        ] {
            assert_eq!(own_path(path), "/", "{path}");
        }
    }
}
