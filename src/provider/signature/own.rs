//! A scheme of one's own: what a bin's `signature` setting describes.

use super::read::{self, Trouble};
use super::{Encoding, Hash, hmac, same};
use crate::model::{Flaw, Verdict};
use crate::provider::request::Request;
use crate::provider::secret::{Secret, WrongForm};

/// A signature as a user describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Own {
    /// The header that holds it.
    pub header: String,
    /// What stands before the signature there: `sha256=`; may be empty.
    pub prefix: String,
    /// The hash of the HMAC.
    pub hash: Hash,
    /// How the signature is written.
    pub encoding: Encoding,
    /// What is signed, with `{body}`, `{method}`, `{url}`, `{path}`, `{timestamp}` and `{header.NAME}` to be filled in.
    pub signed: String,
    /// The header that `{timestamp}` is taken from; empty when there is none.
    pub timestamp_header: String,
    /// The secret.
    pub secret: Secret,
}

/// Why a description is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The header's name is empty or could not be one.
    #[error("the header is not the name of a header")]
    Header,
    /// The algorithm is not known.
    #[error("expected hmac-sha1, hmac-sha256, hmac-sha384 or hmac-sha512")]
    Algorithm,
    /// The encoding is not known.
    #[error("expected hex, base64 or base64url")]
    Encoding,
    /// The signed text names something that is not known, or does not hold the body.
    #[error(
        "expected {{body}}, and any of {{method}}, {{url}}, {{path}}, {{timestamp}}, {{header.NAME}}"
    )]
    Signed,
    /// There is no secret.
    #[error("the secret is not right")]
    Secret(#[from] WrongForm),
}

impl Own {
    /// Reads a description in the words of the API.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn new(
        header: &str,
        prefix: &str,
        algorithm: &str,
        encoding: &str,
        signed: &str,
        secret: Secret,
    ) -> Result<Self, Error> {
        let is_name = |name: &str| {
            let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
            !name.is_empty() && name.bytes().all(token)
        };
        let encoding = match encoding {
            "hex" => Encoding::HexAnyCase,
            "base64" => Encoding::Base64,
            "base64url" => Encoding::Base64Url,
            _ => return Err(Error::Encoding),
        };
        let hash = algorithm.strip_prefix("hmac-").and_then(Hash::named);
        if !is_name(header) {
            return Err(Error::Header);
        }
        super::KeyForm::Text.read(&secret)?;
        let own = Self {
            header: header.to_owned(),
            prefix: prefix.to_owned(),
            hash: hash.ok_or(Error::Algorithm)?,
            encoding,
            signed: signed.to_owned(),
            timestamp_header: String::new(),
            secret,
        };
        let pieces = pieces(signed).ok_or(Error::Signed)?;
        let has_body = pieces.contains(&Piece::Name("body"));
        let is_known = |piece: &Piece<'_>| match piece {
            Piece::Text(_) => true,
            Piece::Name(name) => {
                ["body", "method", "url", "path", "timestamp"].contains(name)
                    || name.strip_prefix("header.").is_some_and(is_name)
            }
        };
        if !has_body || !pieces.iter().all(is_known) {
            return Err(Error::Signed);
        }
        Ok(own)
    }

    /// Takes `{timestamp}` from this header.
    #[must_use]
    pub fn timestamp_from(mut self, header: &str) -> Self {
        header.clone_into(&mut self.timestamp_header);
        self
    }

    /// Checks a request.
    pub fn verify(&self, request: &Request<'_>) -> Verdict {
        match self.checked(request) {
            Ok(true) => Verdict::valid("The signature fits."),
            Ok(false) => Verdict::invalid(
                Flaw::SignatureMismatch,
                format!(
                    "The signature is not the HMAC of {} with this secret.",
                    self.signed
                ),
            ),
            Err(trouble) => Verdict::invalid(trouble.flaw, trouble.detail),
        }
    }

    fn checked(&self, request: &Request<'_>) -> Result<bool, Trouble> {
        let missing = |name: &str| {
            Trouble::new(
                Flaw::MissingHeader,
                format!("The header {name} is missing."),
            )
        };
        let value = request
            .header_text(&self.header)
            .ok_or_else(|| missing(&self.header))?;
        let signature = value
            .strip_prefix(self.prefix.as_str())
            .filter(|signature| !signature.is_empty())
            .ok_or_else(|| {
                let (header, prefix) = (&self.header, &self.prefix);
                Trouble::malformed(format!(
                    "The header {header} has no signature behind {prefix:?}."
                ))
            })?;
        let mut text: Vec<&[u8]> = Vec::new();
        for piece in pieces(&self.signed).unwrap_or_default() {
            text.push(match piece {
                Piece::Text(text) => text.as_bytes(),
                Piece::Name("body") => request.body,
                Piece::Name("method") => request.head.method.as_bytes(),
                Piece::Name("url") => request.url.as_bytes(),
                Piece::Name("path") => request.url_below_host().as_bytes(),
                Piece::Name(name) => {
                    let own = self.timestamp_header.as_str();
                    let header = name.strip_prefix("header.").unwrap_or(own);
                    request.header(header).ok_or_else(|| missing(header))?
                }
            });
        }
        let expected =
            self.encoding
                .write(&hmac(self.hash, self.secret.expose().as_bytes(), &text));
        let received = if self.encoding == Encoding::HexAnyCase {
            signature.to_ascii_lowercase()
        } else {
            signature.to_owned()
        };
        Ok(same(expected.as_bytes(), received.as_bytes()))
    }

    /// The signed time is not judged here: a template says where it stands, not how it is written.
    pub fn signed_time(&self, request: &Request<'_>) -> Option<crate::model::Timestamp> {
        let text = request.header_text(&self.timestamp_header)?;
        [super::Unit::Seconds, super::Unit::Rfc3339]
            .into_iter()
            .find_map(|unit| read::moment(text, unit))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece<'a> {
    Text(&'a str),
    Name(&'a str),
}

/// Takes a template apart; `None` when a brace is not closed.
fn pieces(template: &str) -> Option<Vec<Piece<'_>>> {
    let mut pieces = Vec::new();
    let mut rest = template;
    while let Some((text, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}')?;
        pieces.push(Piece::Text(text));
        pieces.push(Piece::Name(name));
        rest = after;
    }
    pieces.push(Piece::Text(rest));
    Some(pieces)
}
