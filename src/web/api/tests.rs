//! Failures as they are sent.

use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use http_body_util::BodyExt;

use super::Error;
use crate::web;
use crate::{model::Timestamp, store};

#[test]
fn a_failure_that_passes_says_when_to_try_again() {
    for (error, status, seconds) in [
        (store::Error::Overloaded, 503, Some("2")),
        (store::Error::Full, 507, Some("30")),
        (store::Error::Unavailable("closing".into()), 503, Some("2")),
        (store::Error::UnknownBin, 404, None),
        (
            store::Error::Gone {
                at: Timestamp::from_micros(0),
            },
            410,
            None,
        ),
        (store::Error::AliasTaken, 409, None),
        (
            store::Error::Engine(rusqlite::Error::InvalidQuery),
            500,
            None,
        ),
    ] {
        let response = Error::from(error).into_response();
        assert_eq!(response.status().as_u16(), status);
        let have = response.headers().get(header::RETRY_AFTER);
        assert_eq!(
            have.map(|value| value.to_str().unwrap()),
            seconds,
            "{status}"
        );
    }
}

#[tokio::test]
async fn what_failed_inside_is_for_the_log_alone() {
    let inner = store::Error::Unavailable("/secret/path".into());
    let response = Error::from(inner).into_response();
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    let cause = response.extensions().get::<web::Cause>().unwrap();
    assert!(format!("{:?}", cause.0).contains("/secret/path"));
    let body = response.into_body().collect().await.unwrap().to_bytes();
    let body = String::from_utf8(body.to_vec()).unwrap();
    assert!(!body.contains("secret"), "{body}");
}

#[test]
fn a_refusal_that_is_nobodys_fault_is_not_logged() {
    let response = Error(web::Error::Unauthorized).into_response();
    assert_eq!(response.headers()[header::WWW_AUTHENTICATE], "Bearer");
    assert!(response.extensions().get::<web::Cause>().is_none());
}
