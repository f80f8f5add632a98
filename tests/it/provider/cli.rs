//! `hookwell verify`, as a person meets it.

use crate::support::Ends;
use std::io::Write;
use std::process::{Command, Output, Stdio};

use super::vectors::{self, Vector};

pub(crate) fn hookwell(words: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_hookwell"))
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that refuses its flags does not read what it is given.
    child.stdin.take().unwrap().write_all(input).ok();
    child.to_end()
}

fn verify(vector: &Vector, more: &[&str]) -> (i32, serde_json::Value) {
    let at = vector.now.to_string();
    let mut words = vec!["verify", &vector.name, "--url", &vector.url, "--at", &at];
    for secret in &vector.secrets {
        words.extend(["--secret", secret]);
    }
    words.extend(["--format", "json"]);
    words.extend(more);
    words.push("-");
    let output = hookwell(&words, &vector.raw());
    let said = serde_json::from_slice(&output.stdout).unwrap_or_default();
    (output.status.code().unwrap(), said)
}

#[test]
fn one_right_and_one_wrong_request_of_every_provider_get_their_exit_codes() {
    let mut count = 0;
    for (slug, vectors) in vectors::all() {
        let counted = || vectors.iter().filter(|vector| vector.left_out.is_none());
        let valid = counted().find(|vector| vector.expect == "valid").unwrap();
        let (code, said) = verify(valid, &[]);
        assert_eq!(
            (code, said["state"].as_str()),
            (0, Some("valid")),
            "{slug}: {said}"
        );
        let invalid = counted().find(|vector| vector.expect != "valid").unwrap();
        let (code, said) = verify(invalid, &[]);
        let want = Some(invalid.expect.as_str());
        assert_eq!((code, said["reason"].as_str()), (1, want), "{slug}: {said}");
        count += 1;
    }
    assert!(count > 70, "only {count}");
}

#[test]
fn what_to_fix_is_said() {
    let stripe = &vectors::all()["stripe"];
    let case = |name: &str| stripe.iter().find(|vector| vector.case == name).unwrap();
    let (code, said) = verify(case("trailing_crlf_stripped"), &[]);
    assert_eq!(
        (code, said["cause"].as_str()),
        (1, Some("line_end_stripped"))
    );
    let twilio = &vectors::all()["twilio"];
    let http = twilio
        .iter()
        .find(|vector| vector.case == "url_http_instead_of_https");
    let (code, said) = verify(http.unwrap(), &[]);
    assert_eq!((code, said["cause"].as_str()), (1, Some("url_scheme")));
    let (code, said) = verify(case("stale_timestamp_1_day"), &["--tolerance", "100000"]);
    assert_eq!((code, said["state"].as_str()), (0, Some("valid")));
}

#[test]
fn what_cannot_be_checked_ends_with_2_and_says_what_is_expected() {
    for (words, expected) in [
        (
            &["verify", "nobody", "--secret", "s", "-"][..],
            "nobody is not a provider",
        ),
        (&["verify", "stripe", "-"], "--secret"),
        (&["verify", "strava", "--secret", "s", "-"], "does not sign"),
        (
            &["verify", "discord", "--secret", "hush", "-"],
            "64 hex digits",
        ),
        (
            &["verify", "stripe", "--secret", "s", "/nowhere"],
            "cannot be read",
        ),
        (
            &["verify", "stripe", "--secret", "s", "-"],
            "does not begin with",
        ),
    ] {
        let output = hookwell(words, b"{}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(expected), "{said}");
        assert!(!said.contains("hush"), "{said}");
    }
}

#[test]
fn a_request_is_read_from_a_file_and_the_verdict_said_in_words() {
    let stripe = &vectors::all()["stripe"];
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("request.http");
    let said = |case: &str| {
        let vector = stripe.iter().find(|vector| vector.case == case).unwrap();
        std::fs::write(&file, vector.raw()).unwrap();
        let (at, secret) = (vector.now.to_string(), &vector.secrets[0]);
        let words = ["verify", "stripe", "--at", &at, "--secret", secret];
        let output = hookwell(&[&words[..], &[file.to_str().unwrap()]].concat(), b"");
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(!text.contains(secret), "{text}");
        (output.status.code().unwrap(), text)
    };
    assert_eq!(
        said("valid"),
        (0, "valid: The signature fits.\n".to_owned())
    );
    let (code, text) = said("trailing_crlf_stripped");
    assert_eq!(code, 1);
    assert!(text.starts_with("invalid (signature_mismatch): "), "{text}");
    assert!(
        text.contains("\nhint: The signature fits the body with"),
        "{text}"
    );
}
