//! The signature of a request: the verdict in a sentence, and behind it what was checked, what was signed, and why it does not fit.

use super::text;
use crate::model::{Bin, CaptureLine, Flaw, Verdict, VerdictState};
use crate::verdict::{self, Evidence};
use crate::viewer::Spelled;

/// How many bytes of the signed text are shown at its beginning, and at its end.
const BEGINNING: usize = 400;
const END: usize = 80;

/// How many characters of a signature are shown, and how many signatures.
const SIGNATURE: usize = 200;
const SIGNATURES: usize = 5;

/// What is said of the signature.
#[derive(Debug)]
pub(super) struct Signed {
    pub(super) class: &'static str,
    pub(super) icon: &'static str,
    pub(super) icon_class: &'static str,
    pub(super) headline: String,
    pub(super) rest: String,
    /// Whether the evidence is open from the start.
    pub(super) is_open: bool,
    /// The provider that a secret can be added for.
    pub(super) wants_secret: Option<&'static str>,
    pub(super) proof: Option<Proof>,
}

/// The evidence, as it is drawn.
#[derive(Debug)]
pub(super) struct Proof {
    pub(super) steps: Vec<Step>,
    pub(super) secrets: String,
    pub(super) scheme: &'static str,
    /// The signed bytes with what cannot be seen in them spelled out; `None` when the check has no one text.
    pub(super) text: Option<Spelled>,
    pub(super) size: String,
    pub(super) expected: Option<Vec<Letters>>,
    pub(super) received: Vec<Received>,
    pub(super) hint: Option<String>,
    pub(super) cause: Option<&'static str>,
}

/// Something that was checked.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) icon: &'static str,
    pub(super) class: &'static str,
    pub(super) text: String,
}

/// A signature that came.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Received {
    pub(super) letters: Vec<Letters>,
    pub(super) word: &'static str,
    pub(super) class: &'static str,
}

/// Letters of a signature, and whether they are where it differs.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Letters {
    pub(super) text: String,
    pub(super) is_other: bool,
}

/// The icon of a verdict and its colour: four shapes, so that they are told apart without colour.
pub(in crate::web::page) fn mark(state: VerdictState) -> (&'static str, &'static str) {
    match state {
        VerdictState::Valid => ("valid", "ok"),
        VerdictState::Invalid => ("stop", "bad"),
        VerdictState::Unchecked => ("unchecked", "warn"),
        VerdictState::Unsigned => ("unsigned", "idle"),
    }
}

impl Signed {
    /// What there is to say of a request; `None` when nobody knows whether it is signed.
    pub(super) fn of(bin: &Bin, line: &CaptureLine, evidence: Option<Evidence>) -> Option<Self> {
        let verdict = line.verdict.as_ref()?;
        let known = verdict::recognised(line);
        let judge = evidence.as_ref().map_or(known, |found| found.provider);
        let title = judge.map(|provider| format!("{} ", provider.title));
        let title = title.unwrap_or_default();
        let (icon, icon_class) = mark(verdict.state);
        let headline = match (verdict.state, verdict.reason) {
            (VerdictState::Valid, _) => capital(&format!("{title}signature valid.")),
            (VerdictState::Invalid, Some(Flaw::MissingHeader)) => {
                format!("Invalid: the {title}signature is missing.")
            }
            (VerdictState::Invalid, Some(Flaw::MalformedHeader)) => {
                format!("Invalid: the {title}signature cannot be read.")
            }
            (VerdictState::Invalid, Some(Flaw::TimestampTooOld)) => {
                "Invalid: it was signed too long before it arrived.".to_owned()
            }
            (VerdictState::Invalid, Some(Flaw::TimestampInFuture)) => {
                "Invalid: it claims to be signed after it arrived.".to_owned()
            }
            (VerdictState::Invalid, Some(Flaw::Unsupported)) => {
                format!("Invalid: the {title}signature is of a kind that is not accepted.")
            }
            (VerdictState::Invalid, _) => format!("Invalid: the {title}signature does not fit."),
            (VerdictState::Unchecked, _) => capital(&format!("{title}signature not checked.")),
            (VerdictState::Unsigned, _) => "Not signed.".to_owned(),
        };
        let has_secret = |slug| !bin.settings.secrets.of(slug).is_empty();
        Some(Self {
            class: if verdict.state == VerdictState::Invalid {
                "alarm"
            } else {
                ""
            },
            icon,
            icon_class,
            headline,
            rest: shown_rest(verdict),
            is_open: verdict.state == VerdictState::Invalid,
            wants_secret: known
                .map(|provider| provider.slug)
                .filter(|slug| verdict.state == VerdictState::Unchecked && !has_secret(slug)),
            proof: evidence.map(|evidence| Proof::new(line, evidence)),
        })
    }
}

/// The verdict's sentence, where it says more than the headline.
fn shown_rest(verdict: &Verdict) -> String {
    let rest = verdict.detail.strip_prefix("The signature fits.");
    let rest = rest.unwrap_or(&verdict.detail).trim_start();
    let plain = verdict.reason.map(Flaw::sentence);
    if plain == Some(rest) {
        String::new()
    } else {
        text::one_line(rest, 400).into_owned()
    }
}

fn capital(text: &str) -> String {
    text::sentence(text)
}

impl Proof {
    fn new(line: &CaptureLine, evidence: Evidence) -> Self {
        let found = evidence.explanation;
        let steps = steps(
            line,
            evidence.provider.map(|provider| provider.title),
            &found,
        );
        let expected = found.expected.as_deref();
        let received = if expected.is_some() {
            let signatures = found.received.iter().take(SIGNATURES);
            signatures
                .map(|signature| Received::new(expected.unwrap_or_default(), signature))
                .collect()
        } else {
            // A token is the secret itself; it stands among the headers and need not stand here.
            Vec::new()
        };
        Self {
            steps,
            secrets: text::counted(evidence.secrets as u64, "secret"),
            scheme: found.scheme,
            text: (found.signed_size > 0).then(|| signed_text(&found.signed, found.signed_size)),
            size: text::counted(found.signed_size as u64, "byte"),
            expected: expected.map(|text| vec![letters(text, false)]),
            received,
            hint: found.verdict.hint,
            cause: found.verdict.cause,
        }
    }
}

/// What was checked, in order; what could not be checked any more is left out.
fn steps(
    line: &CaptureLine,
    title: Option<&'static str>,
    found: &crate::provider::Explanation,
) -> Vec<Step> {
    let step = |icon, class, text: String| Step { icon, class, text };
    let good = |text: String| step("valid", "ok", text);
    let bad = |text: String| step("stop", "bad", text);
    let verdict = &found.verdict;
    let place = &found.place;
    let mut steps = Vec::new();
    match verdict.reason {
        Some(Flaw::MissingHeader | Flaw::MalformedHeader | Flaw::Unsupported) => {
            return vec![bad(verdict.detail.clone())];
        }
        _ if found.received.is_empty() => {}
        _ => steps.push(good(format!("{place} is there and can be read"))),
    }
    if verdict.reason == Some(Flaw::SignatureMismatch) {
        steps.push(bad("It does not fit the bytes that arrived".to_owned()));
    } else {
        steps.push(good("It fits the bytes that arrived".to_owned()));
    }
    let arrived = line.envelope.received_at;
    match (found.signed_at, verdict.reason) {
        (_, Some(Flaw::TimestampTooOld | Flaw::TimestampInFuture)) => {
            steps.push(bad(verdict.detail.clone()));
        }
        (Some(at), _) => {
            let text = format!(
                "Signed {}, arrived {}",
                text::moment(at),
                text::moment(arrived)
            );
            steps.push(match verdict.reason {
                None => good(text),
                Some(_) => step("unsigned", "idle", text),
            });
        }
        (None, _) => {
            let who = title.unwrap_or("the scheme");
            let text = format!("No signed time to check: {who} signs none here");
            steps.push(step("unsigned", "idle", text));
        }
    }
    steps
}

/// The beginning and the end of what was signed. What cannot be seen is spelled out, line ends and tabs too: they are what gets lost.
fn signed_text(bytes: &[u8], size: usize) -> Spelled {
    let mut shown = Spelled::default();
    if bytes.len() <= BEGINNING + END && size == bytes.len() {
        push_visible(&mut shown, bytes);
        return shown;
    }
    push_visible(&mut shown, bytes.get(..BEGINNING).unwrap_or(bytes));
    let has_end = size == bytes.len();
    let end = if has_end { END } else { 0 };
    let left_out = size.saturating_sub(BEGINNING + end);
    shown.push_mark(&format!("… {} …", text::counted(left_out as u64, "byte")));
    push_visible(
        &mut shown,
        bytes
            .len()
            .checked_sub(end)
            .and_then(|at| bytes.get(at..))
            .unwrap_or_default(),
    );
    shown
}

/// Adds bytes with everything in them visible.
fn push_visible(shown: &mut Spelled, bytes: &[u8]) {
    for chunk in bytes.utf8_chunks() {
        for piece in chunk.valid().split_inclusive(['\n', '\r', '\t']) {
            let line = piece.trim_end_matches(['\n', '\r', '\t']);
            let plain = line.trim_end_matches(' ');
            shown.push_text(plain);
            // Blanks in front of nothing are not seen either.
            shown.push_mark(&"·".repeat(line.len() - plain.len()));
            match piece.get(line.len()..) {
                Some("\n") => shown.push_mark("⏎"),
                Some("\r") => shown.push_mark("⟨CR⟩"),
                Some("\t") => shown.push_mark("⟨TAB⟩"),
                _ => {}
            }
        }
        for byte in chunk.invalid() {
            shown.push_mark(&format!("\\x{byte:02X}"));
        }
    }
}

fn letters(text: &str, is_other: bool) -> Letters {
    Letters {
        text: text::one_line(text, SIGNATURE).into_owned(),
        is_other,
    }
}

impl Received {
    fn new(expected: &str, signature: &str) -> Self {
        if expected == signature {
            return Self {
                letters: vec![letters(signature, false)],
                word: "the same",
                class: "ok",
            };
        }
        Self {
            letters: compared(expected, signature)
                .unwrap_or_else(|| vec![letters(signature, false)]),
            word: "differs",
            class: "bad",
        }
    }
}

/// The letters of a signature with those marked that differ; `None` where so many do that marks would say nothing.
fn compared(expected: &str, signature: &str) -> Option<Vec<Letters>> {
    let (want, have): (Vec<char>, Vec<char>) =
        (expected.chars().collect(), signature.chars().collect());
    if want.len() != have.len() || have.len() > SIGNATURE {
        return None;
    }
    let differing = want.iter().zip(&have).filter(|(want, have)| want != have);
    if differing.count() * 3 >= have.len() {
        return None;
    }
    let mut runs: Vec<Letters> = Vec::new();
    for (want, have) in want.iter().zip(&have) {
        let is_other = want != have;
        match runs.last_mut() {
            Some(run) if run.is_other == is_other => run.text.push(*have),
            _ => runs.push(Letters {
                text: have.to_string(),
                is_other,
            }),
        }
    }
    for run in &mut runs {
        run.text = text::one_line(&run.text, SIGNATURE).into_owned();
    }
    Some(runs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_in_signed_bytes_is_spelled_out() {
        let shown = |bytes: &[u8]| signed_text(bytes, bytes.len()).plain();
        assert_eq!(
            shown(b"1.{\r\n\t\"a\": 1 \n}\n\n\xe9\0"),
            "1.{⟨CR⟩⏎⟨TAB⟩\"a\": 1·⏎}⏎⏎\\xE9⟨NUL⟩"
        );
        let long = [&[b'a'; 1000][..], b"z\n"].concat();
        let plain = shown(&long);
        assert!(
            plain.contains("… 522 bytes …") && plain.ends_with("az⏎"),
            "{plain}"
        );
        // Where only the beginning is known, there is no end to show.
        assert!(
            signed_text(&long, 70_000)
                .plain()
                .ends_with("… 69,600 bytes …")
        );
        assert_eq!(shown(b"a b  "), "a b··");
    }

    #[test]
    fn letters_that_differ_are_marked_where_they_are_few() {
        let marked = |expected: &str, signature: &str| {
            let received = Received::new(expected, signature);
            let letters = received.letters.iter();
            letters
                .map(|run| {
                    if run.is_other {
                        format!("[{}]", run.text)
                    } else {
                        run.text.clone()
                    }
                })
                .collect::<String>()
        };
        assert_eq!(marked("abcdefgh", "abcdefgh"), "abcdefgh");
        assert_eq!(marked("abcdefgh", "abcdeFGh"), "abcde[FG]h");
        assert_eq!(marked("abcdefgh", "ABCDEFGH"), "ABCDEFGH");
        assert_eq!(marked("abcdefgh", "short"), "short");
    }
}
