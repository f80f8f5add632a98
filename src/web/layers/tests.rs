//! The layers around small routes of their own, each with the one thing that it is about.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http_body_util::BodyExt;
use tower::ServiceExt;

use super::*;
use crate::store;

fn asked(path: &str, fields: &[(&str, &str)]) -> Request {
    let mut request = Request::builder().uri(path);
    for (name, value) in fields {
        request = request.header(*name, *value);
    }
    request.body(Body::empty()).unwrap()
}

async fn text(response: Response) -> String {
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// What was logged while a future ran.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

async fn logged(future: impl Future<Output = Response>) -> (Response, String) {
    use tracing::instrument::WithSubscriber;
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::DEBUG)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let response = future.with_subscriber(subscriber).await;
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    (response, text)
}

async fn panics() -> Response {
    panic!("a bug, said {}", "someone")
}

async fn fails() -> super::super::api::Error {
    let cause = io::Error::other("disk on fire");
    let path = "/data".into();
    store::Error::Folder {
        path,
        source: cause,
    }
    .into()
}

fn covered() -> Router {
    cover(
        Router::new()
            .route("/api/panic", get(panics))
            .route("/b/{key}/panic", get(panics))
            .route("/api/fail", get(fails))
            .route("/healthz", get(async || "ok"))
            .route("/b/{key}", get(async || "page")),
    )
}

#[tokio::test]
async fn a_panic_is_answered_500_in_the_form_of_its_address() {
    let (response, log) =
        logged(async { covered().oneshot(asked("/api/panic", &[])).await.unwrap() }).await;
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(
        response.headers()[header::CONTENT_TYPE],
        "application/problem+json"
    );
    assert_eq!(
        response.headers()[header::X_CONTENT_TYPE_OPTIONS],
        "nosniff"
    );
    let id = response.headers()["x-request-id"]
        .to_str()
        .unwrap()
        .to_owned();
    let body = text(response).await;
    assert!(body.contains(&id) && !body.contains("a bug"), "{body}");
    assert!(log.contains("panic: a bug, said someone"), "{log}");

    let page = covered().oneshot(asked("/b/k/panic", &[])).await.unwrap();
    assert_eq!(page.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_ne!(
        page.headers()[header::CONTENT_TYPE],
        "application/problem+json"
    );
}

#[tokio::test]
async fn a_failure_is_logged_once_with_its_cause_and_told_to_nobody() {
    let (response, log) = logged(async {
        covered()
            .oneshot(asked(
                "/api/fail?secret=1",
                &[("authorization", "Bearer s3cret")],
            ))
            .await
            .unwrap()
    })
    .await;
    let id = response.headers()["x-request-id"]
        .to_str()
        .unwrap()
        .to_owned();
    let body = text(response).await;
    assert!(!body.contains("fire") && body.contains(&id), "{body}");
    assert_eq!(log.matches("disk on fire").count(), 1, "{log}");
    assert!(log.contains(&format!("request{{id={id}}}")), "{log}");
    assert!(log.contains("route=\"/api/fail\" status=500"), "{log}");
    assert!(!log.contains("secret") && !log.contains("s3cret"), "{log}");
}

#[tokio::test]
async fn the_log_has_the_route_and_never_the_address() {
    let key = "9b1deb4d3b7d4bad9bdd2b0d7b3dcb6d";
    let (_, log) = logged(async {
        covered()
            .oneshot(asked(&format!("/b/{key}?q=1"), &[("referer", key)]))
            .await
            .unwrap()
    })
    .await;
    assert!(
        log.contains("INFO") && log.contains("route=\"/b/{key}\""),
        "{log}"
    );
    assert!(!log.contains(key), "{log}");

    let (_, log) = logged(async {
        covered()
            .oneshot(asked(&format!("/nowhere/{key}"), &[]))
            .await
            .unwrap()
    })
    .await;
    assert!(
        log.contains("route=\"(none)\"") && !log.contains(key),
        "{log}"
    );
}

#[tokio::test]
async fn health_checks_are_logged_at_debug() {
    let (_, log) = logged(async { covered().oneshot(asked("/healthz", &[])).await.unwrap() }).await;
    assert!(log.contains("DEBUG") && !log.contains("INFO"), "{log}");
}

#[tokio::test]
async fn every_answer_has_the_headers_and_a_handlers_own_stay() {
    let strict = async || {
        [
            (header::CONTENT_SECURITY_POLICY, "sandbox"),
            (header::CACHE_CONTROL, "public, immutable"),
        ]
        .into_response()
    };
    let routes = cover(Router::<()>::new().route("/own", get(strict)));
    let own = routes.clone().oneshot(asked("/own", &[])).await.unwrap();
    assert_eq!(own.headers()[header::CONTENT_SECURITY_POLICY], "sandbox");
    assert_eq!(own.headers()[header::CACHE_CONTROL], "public, immutable");
    assert_eq!(own.headers()[header::REFERRER_POLICY], "no-referrer");

    let missing = routes.oneshot(asked("/missing", &[])).await.unwrap();
    assert_eq!(
        missing.headers()[header::CONTENT_SECURITY_POLICY],
        headers::CSP
    );
    assert_eq!(
        missing.headers()[header::CACHE_CONTROL],
        "private, no-store"
    );
}

#[tokio::test]
async fn a_service_worker_script_is_refused_everywhere() {
    let request = asked("/healthz", &[("service-worker", "script")]);
    let response = covered().oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn what_takes_too_long_is_answered_503() {
    let routes = Router::new()
        .route("/api/slow", get(std::future::pending::<Response>))
        .layer(from_fn_with_state(
            deadline::Deadline {
                usual: Duration::from_millis(20),
                replay: Duration::MAX,
            },
            deadline::hold,
        ));
    let response = routes.oneshot(asked("/api/slow", &[])).await.unwrap();
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(response.headers()[header::RETRY_AFTER], "2");
}

#[tokio::test]
async fn text_is_compressed_and_streams_and_downloads_are_not() {
    let long = || "0123456789abcdef".repeat(1000);
    let page = async move || long();
    let download = async move || {
        (
            [(header::CONTENT_DISPOSITION, "attachment; filename=x")],
            long(),
        )
    };
    let stream = async move || ([(header::CONTENT_TYPE, "text/event-stream")], long());
    let routes: Router = Router::new()
        .route("/page", get(page))
        .route("/short", get(async || "short"))
        .route("/download", get(download))
        .route("/stream", get(stream))
        .layer(compress::layer());
    for (path, compressed) in [
        ("/page", true),
        ("/short", false),
        ("/download", false),
        ("/stream", false),
    ] {
        let request = asked(path, &[("accept-encoding", "gzip, br")]);
        let response = routes.clone().oneshot(request).await.unwrap();
        let encoding = response.headers().get(header::CONTENT_ENCODING);
        assert_eq!(
            encoding.is_some_and(|it| it == "gzip"),
            compressed,
            "{path}"
        );
    }
}
