//! What people make of a secret.

use crate::provider::secret::{self, KeyForm, Secret};

/// A secret in another spelling.
pub(super) struct Spelling {
    pub(super) cause: &'static str,
    pub(super) hint: &'static str,
    pub(super) text: String,
}

/// The word for a token that is sent with another word before it, or saved with one.
pub(super) const TOKEN_SCHEME: &str = "token_scheme";

const BLANKS: &str =
    "The signature fits the secret without the blanks around it: save it without them.";
const QUOTES: &str =
    "The signature fits the secret without the quotes around it: save it without them.";

/// What stands between quotes, when quotes are what stands around it.
fn unquoted(text: &str) -> Option<&str> {
    let inside = |mark| text.strip_prefix(mark)?.strip_suffix(mark);
    inside('"').or_else(|| inside('\''))
}

/// What the owner of a secret may have meant to save.
pub(super) fn other_copies(text: &str) -> Vec<Spelling> {
    let trimmed = text.trim();
    let mut copies = Vec::new();
    let mut add = |cause, hint, text: &str| {
        copies.push(Spelling {
            cause,
            hint,
            text: text.to_owned(),
        });
    };
    if trimmed != text {
        add("secret_blanks", BLANKS, trimmed);
    }
    if let Some(inside) = unquoted(trimmed) {
        add("secret_quotes", QUOTES, inside);
    }
    let scheme = "The header holds the secret and another word before it, such as Bearer: save the secret with or without that word, as it is sent.";
    for word in ["Bearer ", "Basic ", "Token "] {
        add(TOKEN_SCHEME, scheme, &format!("{word}{trimmed}"));
        if let Some(bare) = trimmed.strip_prefix(word) {
            add(TOKEN_SCHEME, scheme, bare);
        }
    }
    copies
}

/// Other keys that a secret may have been made into.
pub(super) fn other_readings(
    form: KeyForm,
    text: &str,
) -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let trimmed = text.trim();
    let bare = trimmed.split_once('_').map_or(trimmed, |(_, rest)| rest);
    let mut readings = vec![(
        "secret_used_as_text",
        "The signature was made with the secret's text as the key: this provider decodes the secret first.",
        trimmed.as_bytes().to_vec(),
    )];
    if trimmed != text {
        readings.push(("secret_blanks", BLANKS, trimmed.as_bytes().to_vec()));
        if let Ok(key) = form.read(&Secret::new(trimmed)) {
            readings.push(("secret_blanks", BLANKS, key.0));
        }
        readings.reverse();
    }
    if let Some(inside) = unquoted(trimmed) {
        readings.push(("secret_quotes", QUOTES, inside.as_bytes().to_vec()));
        if let Ok(key) = form.read(&Secret::new(inside)) {
            readings.push(("secret_quotes", QUOTES, key.0));
        }
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
