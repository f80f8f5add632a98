//! A scheme of one's own: what a bin's `signature` setting describes.

use super::read::{self, Trouble};
use super::sign::{self, Draft};
use super::verify::judge_time;
use super::why::{self, Explanation};
use super::{Encoding, Hash, Unit, hmac, same};
use crate::model::{Flaw, OwnScheme, Verdict};
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
    /// `{timestamp}` is signed and no header is named that it comes from, or that is no name of a header.
    #[error("expected the name of the header that {{timestamp}} is taken from")]
    Timestamp,
    /// There is no secret.
    #[error("the secret is not right")]
    Secret(#[from] WrongForm),
}

impl Error {
    /// The field of the description that is wrong, as the API calls it.
    pub fn field(&self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::Algorithm => "algorithm",
            Self::Encoding => "encoding",
            Self::Signed => "signed",
            Self::Timestamp => "timestamp_header",
            Self::Secret(_) => "secret",
        }
    }
}

/// Whether a text is the name of a header (RFC 9110 section 5.1).
fn is_name(name: &str) -> bool {
    let is_token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    !name.is_empty() && name.len() <= LENGTH && name.bytes().all(is_token)
}

/// The longest name, prefix or template.
const LENGTH: usize = 500;

impl Own {
    /// The scheme that a bin's settings describe.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn of(scheme: &OwnScheme) -> Result<Self, Error> {
        let own = Self::new(
            &scheme.header,
            &scheme.prefix,
            &scheme.algorithm,
            &scheme.encoding,
            &scheme.signed,
            scheme.secret.clone(),
        )?;
        let time = scheme.timestamp_header.as_str();
        let is_signed = scheme.signed.contains("{timestamp}");
        if (time.is_empty() && is_signed) || !(time.is_empty() || is_name(time)) {
            return Err(Error::Timestamp);
        }
        Ok(own.timestamp_from(time))
    }

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
        let encoding = match encoding {
            "hex" => Encoding::HexAnyCase,
            "base64" => Encoding::Base64,
            "base64url" => Encoding::Base64Url,
            _ => return Err(Error::Encoding),
        };
        let hash = algorithm.strip_prefix("hmac-").and_then(Hash::named);
        if !is_name(header) || prefix.len() > LENGTH {
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
        // Once, so that a short template cannot ask for a hundred bodies.
        let bodies = pieces.iter().filter(|&&piece| piece == Piece::Name("body"));
        let has_body = bodies.count() == 1 && signed.len() <= LENGTH;
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

    /// Whether the header of the signature is there, whatever it holds.
    pub fn is_carried_by(&self, request: &Request<'_>) -> bool {
        request.header(&self.header).is_some()
    }

    /// Checks a request. Its signed time is judged when there is a tolerance, in seconds.
    pub fn verify(&self, request: &Request<'_>, tolerance_s: Option<u32>) -> Verdict {
        match self.look(request) {
            Ok(look) if !look.fits() => Verdict::invalid(
                Flaw::SignatureMismatch,
                format!(
                    "The signature is not the HMAC of {} with this secret.",
                    self.signed
                ),
            ),
            Ok(_) => self.in_time(request, tolerance_s),
            Err(trouble) => Verdict::invalid(trouble.flaw, trouble.detail),
        }
    }

    /// The same, with what was signed and what was expected.
    pub fn explain(&self, request: &Request<'_>, tolerance_s: Option<u32>) -> Explanation {
        let look = self.look(request).ok();
        let pieces = look.as_ref().map(|look| look.text.as_slice());
        let (signed, signed_size) = why::beginning(pieces.unwrap_or_default());
        Explanation {
            verdict: self.verify(request, tolerance_s),
            scheme: "HMAC as this bin describes it",
            place: format!("The header {}", self.header),
            signed,
            signed_size,
            received: look.iter().map(|look| look.received.clone()).collect(),
            expected: look.map(|look| look.expected),
            signed_at: self.signed_time(request),
        }
    }

    /// Signs a request: sets the header of the time, where there is one, and that of the signature.
    ///
    /// # Errors
    /// [`sign::Error::Incomplete`] when a header is missing that is part of the signed text.
    pub(crate) fn sign(&self, draft: &mut Draft) -> Result<(), sign::Error> {
        if !self.timestamp_header.is_empty() {
            // In the form that its sender gave it.
            let old = draft.get(&self.timestamp_header);
            let is_date = old.is_some_and(|text| read::moment(text, Unit::Rfc3339).is_some());
            let text = if is_date {
                draft.at.to_string()
            } else {
                draft.at.as_micros().div_euclid(1_000_000).to_string()
            };
            draft.set(&self.timestamp_header, text);
        }
        let head = draft.head();
        let request = Request {
            head: &head,
            body: &draft.body,
            url: &draft.url,
            arrived: draft.at,
        };
        let text = self.text(&request);
        let text = text.map_err(|trouble| sign::Error::Incomplete(trouble.detail))?;
        let value = format!("{}{}", self.prefix, self.write(&text));
        draft.set(&self.header, value);
        Ok(())
    }

    fn in_time(&self, request: &Request<'_>, tolerance_s: Option<u32>) -> Verdict {
        let fits = || Verdict::valid("The signature fits.");
        if self.timestamp_header.is_empty() || tolerance_s.is_none() {
            return fits();
        }
        let Some(at) = self.signed_time(request) else {
            let detail = format!("The header {} is no time.", self.timestamp_header);
            return Verdict::invalid(Flaw::MalformedHeader, detail);
        };
        judge_time(at, request.arrived, tolerance_s, tolerance_s).unwrap_or_else(fits)
    }

    fn look<'a>(&'a self, request: &Request<'a>) -> Result<Look<'a>, Trouble> {
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
        let text = self.text(request)?;
        let received = if self.encoding == Encoding::HexAnyCase {
            signature.to_ascii_lowercase()
        } else {
            signature.to_owned()
        };
        Ok(Look {
            expected: self.write(&text),
            text,
            received,
        })
    }

    /// The HMAC of a text, as the header has it.
    fn write(&self, text: &[&[u8]]) -> String {
        let key = self.secret.expose().as_bytes();
        self.encoding.write(&hmac(self.hash, key, text))
    }

    /// The signed text of a request.
    fn text<'a>(&'a self, request: &Request<'a>) -> Result<Vec<&'a [u8]>, Trouble> {
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
        Ok(text)
    }

    /// The signed time, in seconds since 1970 or as RFC 3339 has it; `None` when there is none.
    fn signed_time(&self, request: &Request<'_>) -> Option<crate::model::Timestamp> {
        let text = request.header_text(&self.timestamp_header)?;
        [Unit::Seconds, Unit::Rfc3339]
            .into_iter()
            .find_map(|unit| read::moment(text, unit))
    }
}

/// What was signed, what the signature should be, and what it is.
struct Look<'a> {
    text: Vec<&'a [u8]>,
    expected: String,
    received: String,
}

impl Look<'_> {
    fn fits(&self) -> bool {
        same(self.expected.as_bytes(), self.received.as_bytes())
    }
}

fn missing(name: &str) -> Trouble {
    let detail = format!("The header {name} is missing.");
    Trouble::new(Flaw::MissingHeader, detail)
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

    #[test]
    fn what_is_signed_is_valid() {
        let own = own("{timestamp}.{method}.{header.x-id}.{body}").unwrap();
        let own = own.timestamp_from("X-Time");
        for time in ["1", "2020-01-02T03:04:05Z"] {
            let mut draft = Draft {
                method: "PUT".to_owned(),
                url: "https://h/in?x=1".to_owned(),
                headers: [("x-time", time), ("X-ID", "7")]
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .to_vec(),
                body: b"body".to_vec(),
                at: Timestamp::from_micros(1_795_599_012_000_000),
            };
            own.sign(&mut draft).unwrap();
            let head = draft.head();
            let request = Request {
                head: &head,
                body: &draft.body,
                url: &draft.url,
                arrived: draft.at,
            };
            let verdict = own.verify(&request, Some(1));
            assert_eq!(
                verdict.state,
                crate::model::VerdictState::Valid,
                "{draft:?}"
            );
            draft.headers.retain(|(name, _)| name != "X-ID");
            own.sign(&mut draft).unwrap_err();
        }
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
        own.verify(&request, None).reason.map(Flaw::as_str)
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
            "{body}{body}",
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
