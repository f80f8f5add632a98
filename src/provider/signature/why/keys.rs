//! What people make of a secret.

use crate::provider::secret::{self, KeyForm, Secret};

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
        let blanks =
            "The signature fits the secret without the blanks around it: save it without them.";
        readings.push(("secret_blanks", blanks, trimmed.as_bytes().to_vec()));
        if let Ok(key) = form.read(&Secret::new(trimmed)) {
            readings.push(("secret_blanks", blanks, key.0));
        }
        readings.reverse();
    }
    let quoted = |mark| trimmed.strip_prefix(mark)?.strip_suffix(mark);
    if let Some(inside) = quoted('"').or_else(|| quoted('\'')) {
        let hint =
            "The signature fits the secret without the quotes around it: save it without them.";
        readings.push(("secret_quotes", hint, inside.as_bytes().to_vec()));
        if let Ok(key) = form.read(&Secret::new(inside)) {
            readings.push(("secret_quotes", hint, key.0));
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
