//! One way of signing, as data, and the words to write one down with.

use super::{Check, Encoding, Hash, Part, Place, Shape, Time, TimeAt, Unit, When};
use crate::provider::json;
use crate::provider::request::Request;
use crate::provider::secret::KeyForm;

/// One way in which a provider signs.
#[derive(Debug, Clone, Copy)]
pub struct Scheme {
    /// What it is called, for people: `HMAC-SHA256 of time.body`.
    pub name: &'static str,
    /// Which requests it is for.
    pub when: When,
    /// Where the signature stands.
    pub place: Place,
    /// How it is held there.
    pub shape: Shape,
    /// How its bytes are written.
    pub encoding: Encoding,
    /// What makes it.
    pub check: Check,
    /// What is signed.
    pub signed: &'static [Part],
    /// How the secret becomes the key.
    pub key: KeyForm,
    /// The signed time, where there is one.
    pub time: Option<Time>,
    /// Headers without which the request is refused, though they are not signed.
    pub requires: &'static [&'static str],
    /// Headers that must have this value, if they are there.
    pub expects: &'static [(&'static str, &'static str)],
    /// Whether a body without bytes is refused, as the provider's own code does.
    pub needs_body: bool,
    /// Whether a signature without characters counts as none, as with the provider's own code.
    pub empty_is_missing: bool,
    /// What a valid signature does not cover, in a sentence for people; empty when it covers the body.
    pub gap: &'static str,
}

impl Scheme {
    /// HMAC of the body, whole and alone in a header.
    pub const fn hmac(name: &'static str, hash: Hash, header: &'static str) -> Self {
        Self {
            name,
            when: When::Always,
            place: Place::Header(header),
            shape: Shape::Plain,
            encoding: Encoding::Hex,
            check: Check::Hmac(hash),
            signed: &[Part::Body],
            key: KeyForm::Text,
            time: None,
            requires: &[],
            expects: &[],
            needs_body: false,
            empty_is_missing: false,
            gap: "",
        }
    }

    /// HMAC-SHA256 of the body in a header.
    pub const fn sha256(header: &'static str) -> Self {
        Self::hmac("HMAC-SHA256 of the body", Hash::Sha256, header)
    }

    /// The secret itself in a header.
    pub const fn token(header: &'static str) -> Self {
        let mut scheme = Self::hmac("the secret itself in a header", Hash::Sha256, header);
        scheme.check = Check::Token;
        scheme.signed = &[];
        scheme.gap = "The token says who sends; it does not cover the body.";
        scheme
    }

    /// A check of the provider's own.
    pub const fn custom(name: &'static str, place: Place, custom: &'static super::Custom) -> Self {
        let mut scheme = Self::hmac(name, Hash::Sha256, "");
        scheme.place = place;
        scheme.check = Check::Custom(custom);
        scheme
    }

    /// Standard Webhooks, with the names of its three headers.
    pub const fn standard(
        signature: &'static str,
        time: &'static str,
        signed: &'static [Part],
    ) -> Self {
        let mut scheme = Self::hmac("HMAC-SHA256 of id.time.body", Hash::Sha256, signature);
        scheme.shape = Shape::Versions("v1");
        scheme.encoding = Encoding::Base64;
        scheme.signed = signed;
        scheme.key = KeyForm::Whsec;
        scheme.time = Some(Time::new(TimeAt::Header(time), Unit::Seconds).around(300));
        scheme
    }

    /// With another name.
    #[must_use]
    pub const fn named(mut self, name: &'static str) -> Self {
        self.name = name;
        self
    }

    /// Only for some requests.
    #[must_use]
    pub const fn when(mut self, when: When) -> Self {
        self.when = when;
        self
    }

    /// With the signature elsewhere.
    #[must_use]
    pub const fn at(mut self, place: Place) -> Self {
        self.place = place;
        self
    }

    /// With another shape.
    #[must_use]
    pub const fn shaped(mut self, shape: Shape) -> Self {
        self.shape = shape;
        self
    }

    /// With another encoding.
    #[must_use]
    pub const fn encoded(mut self, encoding: Encoding) -> Self {
        self.encoding = encoding;
        self
    }

    /// With another check.
    #[must_use]
    pub const fn checked(mut self, check: Check) -> Self {
        self.check = check;
        self
    }

    /// Of another text.
    #[must_use]
    pub const fn signing(mut self, signed: &'static [Part]) -> Self {
        self.signed = signed;
        self
    }

    /// With secrets of another form.
    #[must_use]
    pub const fn keyed(mut self, key: KeyForm) -> Self {
        self.key = key;
        self
    }

    /// With a signed time.
    #[must_use]
    pub const fn timed(mut self, time: Time) -> Self {
        self.time = Some(time);
        self
    }

    /// Refused without these headers.
    #[must_use]
    pub const fn requiring(mut self, headers: &'static [&'static str]) -> Self {
        self.requires = headers;
        self
    }

    /// Refused when these headers have another value.
    #[must_use]
    pub const fn expecting(mut self, headers: &'static [(&'static str, &'static str)]) -> Self {
        self.expects = headers;
        self
    }

    /// Refusing a body without bytes.
    #[must_use]
    pub const fn with_body(mut self) -> Self {
        self.needs_body = true;
        self
    }

    /// Taking a signature without characters for none.
    #[must_use]
    pub const fn missing_when_empty(mut self) -> Self {
        self.empty_is_missing = true;
        self
    }

    /// With a note on what it does not cover.
    #[must_use]
    pub const fn leaving(mut self, gap: &'static str) -> Self {
        self.gap = gap;
        self
    }

    /// Where the signature stands, in a few words.
    pub fn place_in_words(&self) -> String {
        super::read::place_name(self.place)
    }

    /// Whether a signature stands where this scheme has it, whatever it is.
    pub fn is_carried_by(&self, request: &Request<'_>) -> bool {
        match self.place {
            Place::Header(name) => request.header(name).is_some(),
            Place::Either(one, other) => {
                request.header(one).is_some() || request.header(other).is_some()
            }
            Place::Numbered(name) => request.header(&format!("{name}1")).is_some(),
            Place::Json(pointer) => json::find(request.body, pointer).is_some(),
            Place::Form(name) => request
                .fields()
                .iter()
                .any(|(have, _)| have.as_ref() == name.as_bytes()),
        }
    }

    /// Whether what it says of a request without a secret depends on the body.
    pub fn reads_body(&self) -> bool {
        let is_in_body = matches!(self.place, Place::Json(_) | Place::Form(_));
        let is_timed_in_body = self
            .time
            .is_some_and(|time| matches!(time.at, TimeAt::Json(_) | TimeAt::Form(_)));
        is_in_body
            || is_timed_in_body
            || matches!(self.check, Check::Custom(_))
            || matches!(self.when, When::Form(_))
    }

    /// Whether a signature could stand where this scheme has it, as far as the head says.
    pub fn may_be_carried_by(&self, request: &Request<'_>) -> bool {
        matches!(self.place, Place::Json(_) | Place::Form(_)) || self.is_carried_by(request)
    }

    /// Whether the scheme is for this request.
    pub(crate) fn suits(&self, request: &Request<'_>) -> bool {
        match self.when {
            When::Always => true,
            When::Header(name) => request.header(name).is_some(),
            When::Value(name, want) => request
                .header(name)
                .is_some_and(|value| value.eq_ignore_ascii_case(want.as_bytes())),
            When::Query(name) => request.parameter(name).is_some(),
            When::Form(name) => request
                .fields()
                .iter()
                .any(|(have, _)| have.as_ref() == name.as_bytes()),
        }
    }
}
