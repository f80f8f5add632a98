//! The mistakes, one after the other.

use super::Others;
use super::keys::{TOKEN_SCHEME, other_copies, other_readings};
use super::urls::other_urls;
use crate::provider::PROVIDERS;
use crate::provider::request::Request;
use crate::provider::secret::{Key, Secret};
use crate::provider::signature::parts::{self, Pieces};
use crate::provider::signature::read::{self, Found};
use crate::provider::signature::verify::hash_of;
use crate::provider::signature::{
    Certificate, Check, Encoding, Hash, Options, Part, Scheme, digest, hmac, same, sign, verdict,
};

/// The mistake that makes the signature fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// A word for machines.
    pub cause: &'static str,
    /// What to fix, in a sentence.
    pub hint: String,
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "every search ends with it, and each is an option"
)]
pub(super) fn finding(cause: &'static str, hint: impl Into<String>) -> Option<Finding> {
    Some(Finding {
        cause,
        hint: hint.into(),
    })
}

/// Tries the mistakes until one fits.
pub(super) fn search(
    scheme: &'static Scheme,
    secrets: &[Secret],
    request: &Request<'_>,
    others: &Others<'_>,
) -> Option<Finding> {
    let found = read::read(scheme, request).ok();
    let search = found.map(|found| Search {
        scheme,
        secrets,
        request,
        found,
    });
    let own = search.as_ref().filter(|search| search.is_computed());
    own.and_then(|search| {
        search
            .other_key()
            .or_else(|| search.other_spelling())
            .or_else(|| search.other_line_ends())
            .or_else(|| search.decoded(others))
            .or_else(|| search.other_json())
            .or_else(|| search.other_url(others))
            .or_else(|| search.other_hash())
            .or_else(|| search.other_text())
    })
    .or_else(|| other_shape(scheme, secrets, request))
    .or_else(|| other_copy(scheme, secrets, request))
    .or_else(|| other_secret(scheme, request, others))
    .or_else(|| other_scheme(scheme, secrets, request))
}

pub(super) struct Search<'a> {
    scheme: &'static Scheme,
    secrets: &'a [Secret],
    pub(super) request: &'a Request<'a>,
    found: Found,
}

/// How a signature was written that fits otherwise.
enum Fit {
    Right,
    Otherwise(&'static str),
}

impl Search<'_> {
    fn is_computed(&self) -> bool {
        matches!(
            self.scheme.check,
            Check::Hmac(_) | Check::HashAfterSecret(_)
        )
    }

    fn hash(&self) -> Hash {
        self.found.hash.unwrap_or(hash_of(self.scheme))
    }

    fn keys(&self) -> Vec<Key> {
        self.secrets
            .iter()
            .filter_map(|secret| self.scheme.key.read(secret).ok())
            .collect()
    }

    fn made<T: AsRef<[u8]>>(&self, hash: Hash, key: &[u8], text: &[T]) -> Vec<u8> {
        if matches!(self.scheme.check, Check::HashAfterSecret(_)) {
            let mut pieces: Vec<&[u8]> = vec![key];
            pieces.extend(text.iter().map(AsRef::as_ref));
            digest(hash, &pieces)
        } else {
            hmac(hash, key, text)
        }
    }

    /// Whether one of the signatures is these bytes, in whatever spelling.
    fn fit(&self, bytes: &[u8]) -> Option<Fit> {
        let plain = self.scheme.encoding.write(bytes);
        let is = |text: &str| {
            let signatures = self.found.signatures.iter();
            signatures
                .map(|signature| signature.trim())
                .any(|signature| same(signature.as_bytes(), text.as_bytes()))
        };
        if is(&plain) {
            return Some(Fit::Right);
        }
        let hex = Encoding::Hex.write(bytes);
        let base64 = Encoding::Base64.write(bytes);
        [
            ("hex digits", hex.clone()),
            ("hex digits in upper case", hex.to_ascii_uppercase()),
            (
                "base64 without padding",
                base64.trim_end_matches('=').to_owned(),
            ),
            (
                "base64 of the hex digits",
                Encoding::Base64.write(hex.as_bytes()),
            ),
            ("base64", base64),
            ("base64url", Encoding::Base64Url.write(bytes)),
        ]
        .into_iter()
        .find(|(_, text)| is(text))
        .map(|(how, _)| Fit::Otherwise(how))
    }

    /// Whether a signature fits, in any spelling, with any of the keys and these texts.
    fn fits(&self, hash: Hash, keys: &[Key], texts: &[Pieces<'_>]) -> Option<Fit> {
        keys.iter()
            .flat_map(|key| texts.iter().map(move |text| (key, text)))
            .find_map(|(key, text)| self.fit(&self.made(hash, &key.0, text)))
    }

    fn texts<'t>(&self, request: &Request<'t>) -> Vec<Pieces<'t>> {
        parts::texts(self.scheme, request, &self.found).unwrap_or_default()
    }

    /// Whether the signature fits a request with another body.
    pub(super) fn fits_body(&self, body: &[u8]) -> bool {
        let request = Request {
            body,
            ..*self.request
        };
        self.fits(self.hash(), &self.keys(), &self.texts(&request))
            .is_some()
    }

    /// The right bytes, spelled otherwise.
    fn other_spelling(&self) -> Option<Finding> {
        let texts = self.texts(self.request);
        let Fit::Otherwise(how) = self.fits(self.hash(), &self.keys(), &texts)? else {
            return None;
        };
        let wanted = match self.scheme.encoding {
            Encoding::Hex | Encoding::HexAnyCase => "hex digits in lower case",
            Encoding::Base64 => "base64 with padding",
            Encoding::Base64Url => "base64url without padding",
        };
        finding(
            "wrong_encoding",
            format!("The signature is right and written as {how}; write it as {wanted}."),
        )
    }

    /// Another reading of the secrets.
    fn other_key(&self) -> Option<Finding> {
        let texts = self.texts(self.request);
        for secret in self.secrets {
            for (cause, hint, key) in other_readings(self.scheme.key, secret.expose()) {
                if self.fits(self.hash(), &[Key(key)], &texts).is_some() {
                    return finding(cause, hint);
                }
            }
        }
        None
    }

    fn other_url(&self, others: &Others<'_>) -> Option<Finding> {
        let is_signed = |part: &Part| matches!(part, Part::Url | Part::UrlAnyPort | Part::UrlPlain);
        if !self.scheme.signed.iter().any(is_signed) {
            return None;
        }
        let as_sent = others
            .url
            .map(|url| ("url_host", "as the sender addressed it", url.to_owned()));
        other_urls(self.request.url).into_iter().chain(as_sent).find_map(|(cause, what, url)| {
            let request = Request {
                url: &url,
                ..*self.request
            };
            self.fits(self.hash(), &self.keys(), &self.texts(&request))?;
            finding(
                cause,
                format!("The signature fits the URL {what}: {url}. Register the URL as it is, or set the bin's public URL to that."),
            )
        })
    }

    fn other_hash(&self) -> Option<Finding> {
        let texts = self.texts(self.request);
        [Hash::Sha1, Hash::Sha256, Hash::Sha384, Hash::Sha512]
            .into_iter()
            .filter(|&hash| hash != self.hash())
            .find(|&hash| self.fits(hash, &self.keys(), &texts).is_some())
            .and_then(|hash| {
                finding(
                    "wrong_hash",
                    format!(
                        "The signature was made with {}, where {} is expected.",
                        hash.name(),
                        self.hash().name()
                    ),
                )
            })
            .or_else(|| {
                let keys = self.keys();
                let plain = texts.iter().any(|text| {
                    keys.iter().any(|key| {
                        let mut pieces: Vec<&[u8]> = vec![&key.0];
                        pieces.extend(text.iter().map(AsRef::as_ref));
                        if matches!(self.scheme.check, Check::HashAfterSecret(_)) {
                            self.fit(&hmac(self.hash(), &key.0, text)).is_some()
                        } else {
                            self.fit(&digest(self.hash(), &pieces)).is_some()
                        }
                    })
                });
                plain
                    .then(|| {
                        finding(
                            "hash_for_hmac",
                            "The signature is a plain hash of secret and text where an HMAC is expected, or the other way round.",
                        )
                    })
                    .flatten()
            })
    }

    /// Another arrangement of what is signed.
    fn other_text(&self) -> Option<Finding> {
        let time = self.found.time.clone().unwrap_or_default().into_bytes();
        let id = self
            .scheme
            .signed
            .iter()
            .find_map(|part| match part {
                Part::Header(name) => self.request.header(name),
                _ => None,
            })
            .unwrap_or_default();
        let (body, url) = (self.request.body, self.request.url.as_bytes());
        let time = time.as_slice();
        let arrangements: [(&str, Vec<&[u8]>); 13] = [
            ("the body alone", vec![body]),
            ("time.body", vec![time, b".", body]),
            ("time:body", vec![time, b":", body]),
            ("time and body", vec![time, body]),
            ("body and time", vec![body, time]),
            ("v0:time:body", vec![b"v0:", time, b":", body]),
            ("id.time.body", vec![id, b".", time, b".", body]),
            ("id, time and body", vec![id, time, body]),
            ("id.body", vec![id, b".", body]),
            ("URL and body", vec![url, body]),
            ("body and URL", vec![body, url]),
            ("the URL alone", vec![url]),
            ("nothing", vec![b""]),
        ];
        let own: Vec<Vec<u8>> = self
            .texts(self.request)
            .iter()
            .map(|text| text.concat())
            .collect();
        for (what, pieces) in arrangements {
            if own.contains(&pieces.concat()) {
                continue;
            }
            let fits = self
                .keys()
                .iter()
                .any(|key| self.fit(&self.made(self.hash(), &key.0, &pieces)).is_some());
            if fits {
                return finding(
                    "wrong_signed_text",
                    format!(
                        "The signature was made of {what}, where {} is expected.",
                        self.scheme.name
                    ),
                );
            }
        }
        None
    }
}

/// The right signature in a header of another shape.
fn other_shape(
    scheme: &'static Scheme,
    secrets: &[Secret],
    request: &Request<'_>,
) -> Option<Finding> {
    let search = Search {
        scheme,
        secrets,
        request,
        found: read::bare(scheme, request)?,
    };
    let texts = search.texts(request);
    if read::read(scheme, request).is_ok() || !search.is_computed() {
        return None;
    }
    search.fits(search.hash(), &search.keys(), &texts)?;
    finding(
        "wrong_shape",
        format!(
            "The signature is right, but its header should read {}.",
            sign::shaped(scheme, "SIGNATURE", Some("TIME"))
        ),
    )
}

/// The secret as its owner may have meant to save it, for checks of any kind.
fn other_copy(
    scheme: &'static Scheme,
    secrets: &[Secret],
    request: &Request<'_>,
) -> Option<Finding> {
    let fits = |text: &str| {
        let secrets = [Secret::new(text)];
        verdict(std::slice::from_ref(scheme), &secrets, request, ANYTIME).is_valid()
    };
    let mut copies = secrets
        .iter()
        .flat_map(|secret| other_copies(secret.expose()));
    let is_token = matches!(scheme.check, Check::Token);
    let copy = copies.find(|copy| (is_token || copy.cause != TOKEN_SCHEME) && fits(&copy.text))?;
    finding(copy.cause, copy.hint)
}

fn other_secret(
    scheme: &'static Scheme,
    request: &Request<'_>,
    others: &Others<'_>,
) -> Option<Finding> {
    let (slug, _) = others.secrets.iter().take(64).find(|(_, secrets)| {
        !secrets.is_empty()
            && verdict(std::slice::from_ref(scheme), secrets, request, ANYTIME).is_valid()
    })?;
    finding(
        "other_secret",
        format!(
            "The signature fits a secret that this bin keeps for {slug}: save it for this provider."
        ),
    )
}

/// Whatever the signed time.
const ANYTIME: Options<'static> = Options {
    tolerance_s: Some(u32::MAX),
    certificate: Certificate::Unasked,
};

/// Another provider's scheme, with the secrets of this one.
fn other_scheme(
    own: &'static Scheme,
    secrets: &[Secret],
    request: &Request<'_>,
) -> Option<Finding> {
    PROVIDERS.iter().find_map(|provider| {
        let fits = provider
            .schemes
            .iter()
            .filter(|scheme| {
                !std::ptr::eq(*scheme, own) && !matches!(scheme.check, Check::Token | Check::Basic)
            })
            .any(|scheme| {
                verdict(std::slice::from_ref(scheme), secrets, request, ANYTIME).is_valid()
            });
        fits.then(|| {
            finding(
                "other_provider",
                format!(
                    "The request is signed as {} signs, with this secret.",
                    provider.title
                ),
            )
        })
        .flatten()
    })
}
