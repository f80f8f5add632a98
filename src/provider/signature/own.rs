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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Head, Headers, Timestamp, Version};
    use crate::provider::secret::hex;

    fn own(signed: &str) -> Result<Own, Error> {
        Own::new(
            "X-Mine",
            "sha256=",
            "hmac-sha256",
            "hex",
            signed,
            Secret::new("s3cret"),
        )
    }

    fn reason(own: &Own, signature: &str) -> Option<&'static str> {
        let fields = [
            (&b"x-mine"[..], signature.as_bytes()),
            (b"x-time", b"1795599012"),
            (b"x-id", b"7"),
        ];
        let head = Head {
            method: "PUT".to_owned(),
            target: "/in?x=1".to_owned(),
            path_at: 0,
            version: Version::Http11,
            headers: Headers::from_fields(fields),
        };
        let request = Request {
            head: &head,
            body: b"body",
            url: "https://h/in?x=1",
            arrived: Timestamp::from_micros(0),
        };
        own.verify(&request).reason.map(Flaw::as_str)
    }

    #[test]
    fn a_template_says_what_is_signed() {
        for (signed, text) in [
            ("{body}", "body"),
            ("{timestamp}.{body}", "1795599012.body"),
            (
                "v0:{method}:{path}:{header.X-Id}:{body}",
                "v0:PUT:/in?x=1:7:body",
            ),
            ("{url}{body}", "https://h/in?x=1body"),
        ] {
            let own = own(signed).unwrap().timestamp_from("X-Time");
            let mac = hex(&hmac(Hash::Sha256, b"s3cret", &[text]));
            assert_eq!(reason(&own, &format!("sha256={mac}")), None, "{signed}");
            let upper = mac.to_ascii_uppercase();
            assert_eq!(reason(&own, &format!("sha256={upper}")), None, "{signed}");
            assert_eq!(reason(&own, &mac), Some("malformed_header"));
            assert_eq!(reason(&own, "sha256=00"), Some("signature_mismatch"));
        }
        let lost = own("{header.x-lost}{body}").unwrap();
        assert_eq!(reason(&lost, "sha256=00"), Some("missing_header"));
    }

    #[test]
    fn what_is_no_description_is_refused_with_what_is_expected() {
        for signed in [
            "",
            "{timestamp}",
            "{body",
            "{body}{nothing}",
            "{body}{header.}",
        ] {
            assert_eq!(own(signed), Err(Error::Signed), "{signed}");
        }
        let new = |header, algorithm, encoding, secret| {
            Own::new(
                header,
                "",
                algorithm,
                encoding,
                "{body}",
                Secret::new(secret),
            )
        };
        assert_eq!(new("a b", "hmac-sha1", "hex", "s"), Err(Error::Header));
        assert_eq!(new("a", "md5", "hex", "s"), Err(Error::Algorithm));
        assert_eq!(new("a", "hmac-sha1", "base32", "s"), Err(Error::Encoding));
        assert_eq!(
            new("a", "hmac-sha1", "hex", " "),
            Err(Error::Secret(WrongForm::Empty))
        );
    }
}
