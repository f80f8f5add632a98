//! What a form sent.

use axum::extract::{FromRequest, Request};
use serde::de::DeserializeOwned;

use super::Error;

/// The fields of a form (`application/x-www-form-urlencoded`); what cannot be read is refused with a page.
#[derive(Debug)]
pub(super) struct Form<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Form<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        match axum::Form::from_request(request, state).await {
            Ok(axum::Form(fields)) => Ok(Self(fields)),
            Err(rejection) => Err(crate::web::Error::BadRequest(format!(
                "the form cannot be read: {}",
                rejection.body_text()
            ))
            .into()),
        }
    }
}
