//! Signs a request anew, as its provider would at this moment.

use bytes::Bytes;

use crate::model::head::text;
use crate::model::{Bin, Headers, Timestamp};
use crate::outbound::Request;
use crate::provider::signature::{own, sign};
use crate::provider::{self, Draft, Own};

/// What the bin's own scheme is called where a provider could be named.
pub const OWN: &str = "own";

/// Why a request was not signed anew.
#[derive(Debug, thiserror::Error)]
pub enum Unsigned {
    /// There is no such provider.
    #[error("there is no provider of this name")]
    Unknown,
    /// The bin has no secret of it.
    #[error("the bin has no secret of {0} to sign with")]
    NoSecret(&'static str),
    /// The bin has no scheme of its own.
    #[error("the bin has no signature of its own to sign with")]
    NoScheme,
    /// The bin's own scheme cannot be used.
    #[error("the bin's own signature: {0}")]
    Scheme(#[from] own::Error),
    /// Its own scheme does not fit the request.
    #[error("the bin's own signature does not fit: {0}")]
    Own(#[source] sign::Error),
    /// It cannot be signed.
    #[error("{title} requests are not signed here: {cause}")]
    Cannot {
        /// The provider's name.
        title: &'static str,
        /// Why.
        cause: sign::Error,
    },
}

/// Replaces the signature of a request by one of the bin's first secret of that provider, or by the bin's own scheme; and the signed
/// time by `now`.
pub(super) fn again(
    bin: &Bin,
    slug: &str,
    request: &mut Request,
    now: Timestamp,
) -> Result<(), Unsigned> {
    let mut draft = Draft {
        method: request.method.clone(),
        url: request.url.to_string(),
        headers: request
            .headers
            .iter()
            .map(|(name, value)| (text(name).into_owned(), text(value).into_owned()))
            .collect(),
        body: request.body.to_vec(),
        at: now,
    };
    if slug == OWN {
        let scheme = bin.settings.signature.as_ref().ok_or(Unsigned::NoScheme)?;
        Own::of(scheme)?.sign(&mut draft).map_err(Unsigned::Own)?;
    } else {
        as_provider(bin, slug, &mut draft)?;
    }
    take(request, draft);
    Ok(())
}

fn as_provider(bin: &Bin, slug: &str, draft: &mut Draft) -> Result<(), Unsigned> {
    let provider = provider::find(slug).ok_or(Unsigned::Unknown)?;
    let secret = bin.settings.secrets.of(provider.slug).first();
    let cannot = |cause| Unsigned::Cannot {
        title: provider.title,
        cause,
    };
    if provider.schemes.is_empty() {
        return Err(cannot(sign::Error::Unsigned));
    }
    let secret = secret.ok_or(Unsigned::NoSecret(provider.title))?;
    provider.sign(draft, secret).map_err(cannot)
}

/// Takes what was signed into the request.
fn take(request: &mut Request, draft: Draft) {
    // A value that was not changed keeps its bytes, which need not have been UTF-8.
    let kept: Vec<(&[u8], &[u8])> = request.headers.iter().collect();
    let fields = draft.headers.iter().map(|(name, value)| {
        let was = kept.iter().find(|(have, bytes)| {
            have.eq_ignore_ascii_case(name.as_bytes()) && text(bytes) == value.as_str()
        });
        (
            name.as_bytes(),
            was.map_or(value.as_bytes(), |(_, bytes)| *bytes),
        )
    });
    let headers = Headers::from_fields(fields);
    request.headers = headers;
    request.body = Bytes::from(draft.body);
}
