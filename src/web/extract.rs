//! What handlers take: the address that the visitor uses, which part of a page is wanted; and, out of [`access`](super::access), the
//! bin behind a key.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::IntoResponse;

pub use super::access::{
    AnyVisit, BinByKey, BinByToken, Glimpse, GlimpseByToken, OwnerByToken, Visit, VisitByKey,
    VisitByToken,
};
use super::{App, Error};
use crate::export::{self, Format};
use crate::model::{Bin, BinKey, CaptureNumber, Head, Scheme};

/// The text of a path parameter; `Error::NotFound` when the route has none of that name.
pub(super) async fn path_text<S: Send + Sync>(
    parts: &mut Parts,
    state: &S,
    name: &str,
) -> Result<String, Error> {
    let params = RawPathParams::from_request_parts(parts, state)
        .await
        .map_err(|_| Error::NotFound)?;
    params
        .iter()
        .find(|(have, _)| *have == name)
        .map(|(_, value)| value.to_owned())
        .ok_or(Error::NotFound)
}

/// The key that `Authorization: Bearer` carries (RFC 6750 section 2.1).
pub(super) fn bearer(headers: &HeaderMap) -> Option<BinKey> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, key) = value.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        key.trim().parse().ok()
    } else {
        None
    }
}

/// The number of a capture in the path (`{n}`). A text that is no number is a failure `E`: a page's or an API call's.
#[derive(Debug)]
pub struct Number<E>(pub CaptureNumber, std::marker::PhantomData<E>);

impl<S: Send + Sync, E: From<Error> + IntoResponse> FromRequestParts<S> for Number<E> {
    type Rejection = E;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, E> {
        let n = path_text(parts, state, "n")
            .await?
            .parse()
            .map_err(|_| Error::NotFound)?;
        Ok(Self(CaptureNumber(n), std::marker::PhantomData))
    }
}

/// The id of a share link in the path (`{share}`). A text that is no number is a failure `E`: a page's or an API call's.
#[derive(Debug)]
pub struct ShareId<E>(pub u64, std::marker::PhantomData<E>);

impl<S: Send + Sync, E: From<Error> + IntoResponse> FromRequestParts<S> for ShareId<E> {
    type Rejection = E;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, E> {
        let share = path_text(parts, state, "share").await?;
        let share = share.parse().map_err(|_| Error::NotFound)?;
        Ok(Self(share, std::marker::PhantomData))
    }
}

/// The id of an attempt in the path (`{attempt}`). A text that is no number is a failure `E`: a page's or an API call's.
#[derive(Debug)]
pub struct AttemptId<E>(pub u64, std::marker::PhantomData<E>);

impl<S: Send + Sync, E: From<Error> + IntoResponse> FromRequestParts<S> for AttemptId<E> {
    type Rejection = E;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, E> {
        let attempt = path_text(parts, state, "attempt").await?;
        let attempt = attempt.parse().map_err(|_| Error::NotFound)?;
        Ok(Self(attempt, std::marker::PhantomData))
    }
}

/// The format in the path (`{format}`). A name that no format has is a failure `E`: a page's or an API call's.
#[derive(Debug)]
pub struct FormatByName<E>(pub &'static Format, std::marker::PhantomData<E>);

impl<S: Send + Sync, E: From<Error> + IntoResponse> FromRequestParts<S> for FormatByName<E> {
    type Rejection = E;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, E> {
        let name = path_text(parts, state, "format").await?;
        let format = export::find(&name).ok_or(Error::UnknownFormat)?;
        Ok(Self(format, std::marker::PhantomData))
    }
}

/// The address that the visitor uses for this server, to write absolute URLs with.
#[derive(Debug, Clone)]
pub struct Site {
    /// Scheme, host and port, without a slash at the end: `https://hooks.example.com`.
    pub base: String,
    capture_domain: Option<String>,
}

impl Site {
    /// The bin's capture URL, without a slash at the end.
    pub fn capture_url(&self, bin: &Bin) -> String {
        match (&self.capture_domain, self.base.split_once("://")) {
            (Some(domain), Some((scheme, authority))) => {
                let port = authority
                    .strip_prefix(crate::config::listen::host_of(authority))
                    .unwrap_or_default();
                format!("{scheme}://{}.{domain}{port}", bin.address())
            }
            _ => format!("{}/{}", self.base, bin.address()),
        }
    }

    /// What stands before the target of a request in the URL that it can be sent to again.
    pub fn target_base(&self, bin: &Bin, head: &Head) -> String {
        // The bin is named by the path, and so in the target already, or else by the host.
        if head.path_at > 0 {
            self.base.clone()
        } else {
            self.capture_url(bin)
        }
    }

    /// The address that the body of a capture is downloaded from, without any other right than the key in it.
    pub fn body_url(&self, key: &BinKey, n: CaptureNumber) -> String {
        format!("{}/requests/{n}/body", self.inspect_url(key))
    }

    /// The address of the bin's page.
    pub fn inspect_url(&self, key: &BinKey) -> String {
        format!("{}/b/{key}", self.base)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Site
where
    Arc<App>: FromRef<S>,
{
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let app = Arc::<App>::from_ref(state);
        let listen = &app.config.listen;
        let base = match &listen.public_url {
            Some(url) => format!(
                "{}://{}",
                if url.https { "https" } else { "http" },
                url.authority
            ),
            // The host layer let only known hosts through, so that this one can be written into a page.
            None => match parts
                .uri
                .authority()
                .map(axum::http::uri::Authority::as_str)
                .or_else(|| parts.headers.get(header::HOST)?.to_str().ok())
            {
                // The scheme is the host layer's word too; it knows which proxies are believed.
                Some(host) => {
                    let scheme = parts.extensions.get::<Scheme>();
                    format!(
                        "{}://{host}",
                        scheme.map_or("http", |scheme| scheme.as_str())
                    )
                }
                None => format!("http://{}", listen.listen),
            },
        };
        Ok(Self {
            base,
            capture_domain: listen.capture_domain.clone(),
        })
    }
}

/// Whether the page's script asks for a part of the page (`?part=detail`) instead of all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The whole page.
    Page,
    /// Only the open request.
    Detail,
}

impl<S: Send + Sync> FromRequestParts<S> for Part {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let query = parts.uri.query().unwrap_or_default();
        Ok(if query.split('&').any(|pair| pair == "part=detail") {
            Self::Detail
        } else {
            Self::Page
        })
    }
}
