//! What pages of other sites may not do.
//!
//! A browser sends a request with the reader's cookies and from inside the reader's network, whoever's page asked for it. It
//! says so, though: by `Sec-Fetch-Site`, and older ones by `Origin`. Unsafe methods from elsewhere are refused by
//! tower-http's CSRF layer; this file adds the safe ones, because captures are secrets and a live stream is a GET.
//! Programs send neither field and are let through: their right is the key.

use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::Response;
use tower_http::csrf::{CsrfLayer, ProtectionError};

use super::{failure, is_api};
use crate::config::ListenConfig;
use crate::config::listen::PublicUrl;
use crate::web::{App, Error};

/// Refuses unsafe methods from other origins. The public URL counts as our own even where a proxy hides the host.
pub(super) fn csrf(listen: &ListenConfig) -> CsrfLayer {
    let layer = CsrfLayer::new();
    match listen.public_url.as_ref().map(origin) {
        // An origin that the layer does not take could never be equal to a browser's.
        Some(origin) => layer.add_trusted_origin(origin).unwrap_or_default(),
        None => layer,
    }
}

/// The URL as browsers write it in `Origin`: without the scheme's own port.
fn origin(url: &PublicUrl) -> String {
    let (scheme, port) = if url.https {
        ("https", ":443")
    } else {
        ("http", ":80")
    };
    let authority = url.authority.strip_suffix(port).unwrap_or(&url.authority);
    format!("{scheme}://{authority}")
}

/// Refuses safe methods from other sites, but for a reader who follows a link to a page.
pub(super) async fn guard(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let uri = request.uri().clone();
    let safe = [Method::GET, Method::HEAD, Method::OPTIONS].contains(request.method());
    if safe && is_foreign(&app.config.listen, &request) && !is_link_to_a_page(&request) {
        return failure(&uri, Error::CrossSite);
    }
    let response = next.run(request).await;
    if response.extensions().get::<ProtectionError>().is_some() {
        return failure(&uri, Error::CrossSite);
    }
    response
}

/// Refuses scripts that would be installed as service workers: one would stand between the reader and every later page.
pub(super) async fn refuse_service_workers(request: Request, next: Next) -> Response {
    if field(request.headers(), "service-worker").is_some() {
        return failure(request.uri(), Error::ServiceWorker);
    }
    next.run(request).await
}

fn field<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a [u8]> {
    let value = headers.get(name)?.as_bytes();
    (!value.is_empty()).then_some(value)
}

/// Whether the browser says that another origin's page asks. `same-site` is another origin too: another port of localhost.
fn is_foreign(listen: &ListenConfig, request: &Request) -> bool {
    let headers = request.headers();
    match field(headers, "sec-fetch-site") {
        Some(b"same-origin" | b"none") => false,
        Some(_) => true,
        // Browsers leave the field out on plain HTTP to anything but localhost.
        None => field(headers, "origin").is_some_and(|origin| !is_ours(listen, request, origin)),
    }
}

fn is_ours(listen: &ListenConfig, request: &Request, have: &[u8]) -> bool {
    let public = listen.public_url.as_ref().map(origin);
    if public.is_some_and(|public| public.as_bytes() == have) {
        return true;
    }
    let host = request
        .uri()
        .authority()
        .map(|host| host.as_str().as_bytes())
        .or_else(|| field(request.headers(), header::HOST.as_str()));
    let authority = have
        .strip_prefix(b"http://")
        .or_else(|| have.strip_prefix(b"https://"));
    authority.is_some() && authority == host
}

/// Whether the reader goes to a page as a whole: nothing of it can be read by the page that the link is on. API and streams
/// are nobody's link.
fn is_link_to_a_page(request: &Request) -> bool {
    let headers = request.headers();
    let stream = request
        .extensions()
        .get::<MatchedPath>()
        .is_some_and(|route| route.as_str().ends_with("/stream"));
    field(headers, "sec-fetch-mode") == Some(b"navigate")
        && matches!(field(headers, "sec-fetch-dest"), None | Some(b"document"))
        && !stream
        && !is_api(request.uri())
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::http::StatusCode;
    use axum::routing::any;
    use tower::ServiceExt;

    use super::*;

    fn listen(public_url: &str) -> ListenConfig {
        let mut listen = crate::config::Config::with_defaults().listen;
        listen.public_url = PublicUrl::parse(public_url).ok();
        listen
    }

    fn request(method: &str, path: &str, fields: &[(&str, &str)]) -> Request {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        request.body(Body::empty()).unwrap()
    }

    #[test]
    fn the_origin_of_a_public_url_has_no_default_port() {
        for (url, expected) in [
            ("https://hooks.example:443", "https://hooks.example"),
            ("http://hooks.example:80", "http://hooks.example"),
            ("https://hooks.example:80", "https://hooks.example:80"),
            ("http://Hooks.example:8080/", "http://hooks.example:8080"),
        ] {
            assert_eq!(origin(&PublicUrl::parse(url).unwrap()), expected);
        }
    }

    #[test]
    fn a_browser_says_whose_page_asks() {
        let listen = listen("https://hooks.example");
        let host = ("host", "127.0.0.1:8080");
        for (fields, foreign) in [
            (&[][..], false),
            (&[("sec-fetch-site", "same-origin")], false),
            (&[("sec-fetch-site", "none")], false),
            (&[("sec-fetch-site", "cross-site")], true),
            (&[("sec-fetch-site", "same-site")], true),
            (&[("sec-fetch-site", "new-word")], true),
            (&[("origin", "http://127.0.0.1:8080")], false),
            (&[("origin", "https://hooks.example")], false),
            (&[("origin", "http://127.0.0.1:3000")], true),
            (&[("origin", "https://evil.example")], true),
            (&[("origin", "null")], true),
            (&[("origin", "")], false),
        ] {
            let fields: Vec<_> = [host].iter().chain(fields).copied().collect();
            let request = request("GET", "/api/v1/bins/x", &fields);
            assert_eq!(is_foreign(&listen, &request), foreign, "{fields:?}");
        }
    }

    #[test]
    fn a_link_to_a_page_may_come_from_anywhere_and_nothing_else() {
        let to = |path, fields: &[(&str, &str)]| is_link_to_a_page(&request("GET", path, fields));
        let navigation = [
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", "document"),
        ];
        assert!(to("/b/key", &navigation));
        assert!(!to("/api/v1/openapi.json", &navigation));
        assert!(!to("/api", &navigation));
        assert!(to("/apiary", &navigation));
        assert!(!to("/b/key", &[("sec-fetch-mode", "no-cors")]));
        assert!(!to("/b/key", &[]));
        let frame = [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe")];
        assert!(!to("/b/key", &frame));
    }

    #[tokio::test]
    async fn unsafe_methods_are_for_our_own_pages_and_for_programs() {
        let routes: Router = Router::new()
            .route("/{*any}", any(async || "done"))
            .layer(csrf(&listen("https://hooks.example")));
        let host = ("host", "app:8080");
        for (fields, status) in [
            (&[][..], StatusCode::OK),
            (&[("origin", "https://hooks.example")], StatusCode::OK),
            (&[("origin", "http://app:8080")], StatusCode::OK),
            (&[("sec-fetch-site", "same-origin")], StatusCode::OK),
            (&[("sec-fetch-site", "cross-site")], StatusCode::FORBIDDEN),
            (&[("sec-fetch-site", "same-site")], StatusCode::FORBIDDEN),
            (&[("origin", "https://evil.example")], StatusCode::FORBIDDEN),
            (&[("origin", "null")], StatusCode::FORBIDDEN),
        ] {
            let fields: Vec<_> = [host].iter().chain(fields).copied().collect();
            for method in ["POST", "PATCH", "DELETE", "PUT", "TRACE", "ODD"] {
                let request = request(method, "/b/key/clear", &fields);
                let response = routes.clone().oneshot(request).await.unwrap();
                assert_eq!(response.status(), status, "{method} {fields:?}");
            }
        }
    }
}
