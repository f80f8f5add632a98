//! The mistakes, one after the other.

use std::borrow::Cow;

use super::rewrite::{Blanks, Escapes, rewrite};
use super::{BODY, Others};
use crate::provider::request::Request;
use crate::provider::secret::{self, Key, Secret};
use crate::provider::signature::parts::{self, Pieces, port};
use crate::provider::signature::read::{self, Found};
use crate::provider::signature::verify::hash_of;
use crate::provider::signature::{
    Check, Encoding, Hash, Options, Part, Scheme, digest, hmac, same, verdict,
};
use crate::provider::{KeyForm, PROVIDERS};

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
fn finding(cause: &'static str, hint: impl Into<String>) -> Option<Finding> {
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
            .or_else(|| search.other_url())
            .or_else(|| search.other_hash())
            .or_else(|| search.other_text())
    })
    .or_else(|| other_secret(scheme, request, others))
    .or_else(|| other_scheme(scheme, secrets, request))
}

struct Search<'a> {
    scheme: &'static Scheme,
    secrets: &'a [Secret],
    request: &'a Request<'a>,
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
    fn fits_body(&self, body: &[u8]) -> bool {
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

    fn other_line_ends(&self) -> Option<Finding> {
        let body = self.request.body;
        let stripped = body
            .strip_suffix(b"\n")
            .map(|body| body.strip_suffix(b"\r").unwrap_or(body));
        let with = |end: &[u8]| [body, end].concat();
        let text = String::from_utf8_lossy(body);
        let unix = text.replace("\r\n", "\n");
        let windows = unix.replace('\n', "\r\n");
        let variants: [(&str, &str, Cow<'_, [u8]>); 6] = [
            (
                "line_end_added",
                "The signature fits the body without its last line end: it was added after signing.",
                stripped.unwrap_or(body).into(),
            ),
            (
                "line_end_stripped",
                "The signature fits the body with a line end behind it: it was taken off after signing.",
                with(b"\n").into(),
            ),
            (
                "line_end_stripped",
                "The signature fits the body with CR LF behind it: it was taken off after signing.",
                with(b"\r\n").into(),
            ),
            (
                "line_ends_converted",
                "The signature fits the body with LF for CR LF: line ends were converted after signing.",
                unix.into_bytes().into(),
            ),
            (
                "line_ends_converted",
                "The signature fits the body with CR LF for LF: line ends were converted after signing.",
                windows.into_bytes().into(),
            ),
            (
                "body_trimmed",
                "The signature fits the body without the blanks around it.",
                body.trim_ascii().into(),
            ),
        ];
        let fits = |variant: &&(&str, &str, Cow<'_, [u8]>)| {
            variant.2.as_ref() != body && self.fits_body(&variant.2)
        };
        let (cause, hint, _) = variants.iter().find(fits)?;
        finding(cause, *hint)
    }

    fn decoded(&self, others: &Others<'_>) -> Option<Finding> {
        let decoded = others.decoded.filter(|body| self.fits_body(body))?;
        finding(
            "body_decompressed",
            format!(
                "The signature fits the {} bytes of the body without its compression: sign, and check, the bytes as they are sent.",
                decoded.len()
            ),
        )
    }

    fn other_json(&self) -> Option<Finding> {
        if self.request.body.len() > BODY {
            return None;
        }
        let all_blanks = [
            (Blanks::Compact, "compact JSON"),
            (
                Blanks::Spaced,
                "JSON with a blank behind each comma and colon, as Python writes it",
            ),
            (Blanks::Lines(2), "JSON in lines indented by two"),
            (Blanks::Lines(4), "JSON in lines indented by four"),
        ];
        let all_escapes = [
            (Escapes::Kept, ""),
            (Escapes::Ascii, ", with \\u escapes for what is not ASCII"),
            (
                Escapes::AsciiAndSlashes,
                ", with \\u and \\/ escapes, as PHP writes it",
            ),
            (Escapes::Undone, ", with its \\u escapes undone"),
        ];
        for sorted in [false, true] {
            for (blanks, how) in all_blanks {
                for (escapes, and) in all_escapes {
                    let body = rewrite(self.request.body, blanks, escapes, sorted)?;
                    if body != self.request.body && self.fits_body(&body) {
                        let order = if sorted { ", keys sorted" } else { "" };
                        return finding(
                            "body_reserialised",
                            format!(
                                "The signature fits the same data as {how}{and}{order}: the body was parsed and written again between signing and here. Sign, and check, the very bytes that are sent."
                            ),
                        );
                    }
                }
            }
        }
        None
    }

    fn other_url(&self) -> Option<Finding> {
        let is_signed = |part: &Part| matches!(part, Part::Url | Part::UrlAnyPort | Part::UrlPlain);
        if !self.scheme.signed.iter().any(is_signed) {
            return None;
        }
        other_urls(self.request.url).into_iter().find_map(|(cause, what, url)| {
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
                        let hmac = hmac(self.hash(), &key.0, text);
                        self.fit(&digest(self.hash(), &pieces)).is_some() || self.fit(&hmac).is_some()
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

/// Other keys that a secret may have been made into.
fn other_readings(form: KeyForm, text: &str) -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let trimmed = text.trim();
    let bare = trimmed.split_once('_').map_or(trimmed, |(_, rest)| rest);
    let mut readings = vec![(
        "secret_used_as_text",
        "The signature was made with the secret's text as the key: this provider decodes the secret first.",
        trimmed.as_bytes().to_vec(),
    )];
    if trimmed != text {
        let blanks =
            "The signature fits the secret without the blanks around it: save it without them.";
        readings.push(("secret_blanks", blanks, trimmed.as_bytes().to_vec()));
        if let Ok(key) = form.read(&Secret::new(trimmed)) {
            readings.push(("secret_blanks", blanks, key.0));
        }
        readings.reverse();
    }
    readings.push((
        "secret_line_end",
        "The signature was made with the secret and a line end behind it: the sender read it from a file or a pipe.",
        [trimmed.as_bytes(), b"\n"].concat(),
    ));
    readings.push((
        "secret_blanks",
        "The signature was made with a blank behind the secret: the sender's copy has one.",
        [trimmed.as_bytes(), b" "].concat(),
    ));
    if bare != trimmed {
        readings.push((
            "secret_without_prefix",
            "The signature was made with the secret without its prefix: this provider uses all of it.",
            bare.as_bytes().to_vec(),
        ));
    }
    for (text, hint) in [
        (
            bare,
            "The signature was made with the base64-decoded secret: this provider uses the text as it is.",
        ),
        (
            trimmed,
            "The signature was made with the base64-decoded secret: this provider uses the text as it is.",
        ),
    ] {
        if let Some(key) = secret::base64(text) {
            readings.push(("secret_decoded", hint, key));
        }
    }
    if let Some(key) = secret::unhex(trimmed) {
        let hint = "The signature was made with the secret's hex digits decoded: this provider uses the text as it is.";
        readings.push(("secret_decoded", hint, key));
    }
    let own = form.read(&Secret::new(text)).map(|key| key.0).ok();
    readings.retain(|(_, _, key)| Some(key) != own.as_ref() && !key.is_empty());
    if form == KeyForm::Whsec || form == KeyForm::Base64 {
        for reading in &mut readings {
            if reading.0 == "secret_without_prefix" {
                *reading = (
                    "secret_used_as_text",
                    "The signature was made with the secret's text without its prefix as the key: decode the base64 behind the prefix.",
                    std::mem::take(&mut reading.2),
                );
            }
        }
    }
    readings
}

/// Other addresses that may have been signed: a word, what is other, the address.
fn other_urls(url: &str) -> Vec<(&'static str, &'static str, String)> {
    let mut urls = Vec::new();
    if let Some(rest) = url.strip_prefix("https://") {
        urls.push(("url_scheme", "with http", format!("http://{rest}")));
    } else if let Some(rest) = url.strip_prefix("http://") {
        urls.push(("url_scheme", "with https", format!("https://{rest}")));
    }
    let (at, end) = port(url);
    let piece = |from: usize, to: usize| url.get(from..to).unwrap_or_default();
    let tail = url.get(end..).unwrap_or_default();
    match at {
        Some((start, _)) => urls.push((
            "url_port",
            "without its port",
            format!("{}{tail}", piece(0, start - 1)),
        )),
        None => {
            for port in [443, 80, 8080, 3000] {
                urls.push((
                    "url_port",
                    "with a port",
                    format!("{}:{port}{tail}", piece(0, end)),
                ));
            }
        }
    }
    let (path, query) = url
        .split_once('?')
        .map_or((url, None), |(path, query)| (path, Some(query)));
    let with = |path: &str, query: Option<&str>| match query {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    match path.strip_suffix('/') {
        Some(bare) => urls.push((
            "url_trailing_slash",
            "without the slash at the end",
            with(bare, query),
        )),
        None => urls.push((
            "url_trailing_slash",
            "with a slash at the end",
            with(&format!("{path}/"), query),
        )),
    }
    if let Some(query) = query {
        urls.push(("url_query", "without its query", path.to_owned()));
        let mut pairs: Vec<&str> = query.split('&').take(64).collect();
        pairs.reverse();
        urls.push((
            "url_query_order",
            "with its query in another order",
            with(path, Some(&pairs.join("&"))),
        ));
        pairs.sort_unstable();
        urls.push((
            "url_query_order",
            "with its query in another order",
            with(path, Some(&pairs.join("&"))),
        ));
    }
    let below = url.find("://").map_or(0, |at| at + 3) + tail_start(url);
    urls.push((
        "url_path_only",
        "without scheme and host",
        url.get(below..).unwrap_or_default().to_owned(),
    ));
    urls.retain(|(_, _, other)| other != url);
    urls
}

/// Where the path begins behind the scheme.
fn tail_start(url: &str) -> usize {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.find('/').unwrap_or(rest.len())
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
    certificate: None,
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
