//! What the files of the catalogue are written with.

pub(super) use crate::model::{Flaw, Timestamp};
pub(super) use crate::provider::handshake::{Answer, Handshake, Missing};
pub(super) use crate::provider::recognise::{Mark, Rule};
pub(super) use crate::provider::request::Request;
pub(super) use crate::provider::sample::Sample;
pub(super) use crate::provider::secret::{Key, KeyForm, base64, hex};
pub(super) use crate::provider::signature::jwt::{Token, make_hs256};
pub(super) use crate::provider::signature::verify::{RSA_SHA1, RSA_SHA256, is_signed};
pub(super) use crate::provider::signature::{
    Check, Custom, Encoding, Hash, Part, Place, Scheme, Shape, Time, TimeAt, Unit, When, bad,
    crc32, digest, hmac, is_trusted, open, recheck, required, same, sign,
};
pub(super) use crate::provider::{EventShape, From, Provider, form, json};

/// The signed text of Standard Webhooks.
pub(super) const STANDARD_PARTS: &[Part] = &[
    Part::Header("webhook-id"),
    Part::Text("."),
    Part::Time,
    Part::Text("."),
    Part::Body,
];

const SVIX_SCHEME: Scheme = Scheme::standard(
    "svix-signature",
    "svix-timestamp",
    &[
        Part::Header("svix-id"),
        Part::Text("."),
        Part::Time,
        Part::Text("."),
        Part::Body,
    ],
);

/// Standard Webhooks under its own names.
pub(super) const STANDARD: Scheme =
    Scheme::standard("webhook-signature", "webhook-timestamp", STANDARD_PARTS);

/// The schemes of Standard Webhooks: its own headers, or Svix's, which are older.
pub(super) const STANDARD_OR_SVIX: &[Scheme] = &[
    STANDARD.when(When::Header("webhook-id")),
    STANDARD.when(When::Header("webhook-signature")),
    SVIX_SCHEME.when(When::Header("svix-id")),
    STANDARD,
];

/// The schemes of those that send with Svix: its own headers, or those of Standard Webhooks.
pub(super) const SVIX: &[Scheme] = &[
    SVIX_SCHEME.when(When::Header("svix-id")),
    SVIX_SCHEME.when(When::Header("svix-signature")),
    STANDARD.when(When::Header("webhook-id")),
    SVIX_SCHEME,
];
