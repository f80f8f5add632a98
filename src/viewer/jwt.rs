//! JSON Web Tokens taken apart (RFC 7519): header and payload as JSON, nothing checked.

use super::words::counted;
use super::{Fit, Part, Parts, Shown, Slot, Spelled, Subject, Table, View, Viewer, Window, json};
use crate::model::base64;

/// Suits what is called a token, and what is one.
pub static VIEWER: Viewer = Viewer {
    name: "jwt",
    label: "Token",
    slot: Slot::Pretty,
    fit,
    view,
};

/// How long a token may be, in bytes.
const TOKEN: usize = 64 * 1024;

/// What is said of every token.
pub(super) const NOT_VERIFIED: &str = "decoded, not verified";

fn fit(subject: &Subject<'_>) -> Fit {
    if subject.coding.is_some() {
        return super::COMPRESSED;
    }
    match parts(subject.bytes.trim_ascii()) {
        Some(_) => Fit::Yes,
        None => super::UNSTRUCTURED,
    }
}

fn view(subject: &Subject<'_>, _: Window) -> Shown {
    let parts = parts(subject.bytes.trim_ascii());
    let problem = match parts {
        Some(_) => None,
        None => Some("Not a JSON Web Token.".to_owned()),
    };
    Shown {
        facts: vec!["JSON Web Token".to_owned(), NOT_VERIFIED.to_owned()],
        problem,
        ..Shown::of(View::Parts(parts.unwrap_or_default()))
    }
}

/// Header, payload and signature of a token in compact form (RFC 7515 section 7.1); `None` when it is none.
pub(super) fn parts(token: &[u8]) -> Option<Parts> {
    if token.len() > TOKEN {
        return None;
    }
    let mut pieces = token.split(|&byte| byte == b'.');
    let (header, payload, signature) = (pieces.next()?, pieces.next()?, pieces.next()?);
    if pieces.next().is_some() {
        return None;
    }
    let header = base64::decode_any(header)?;
    let is_object = serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(&header);
    is_object.ok().filter(|header| header.contains_key("alg"))?;
    let payload = base64::decode_any(payload)?;
    let signature = base64::decode_any(signature)?;
    let about = match signature.len() as u64 {
        0 => "none".to_owned(),
        length => counted(length, "byte"),
    };
    Some(Parts {
        parts: vec![
            part("Header", &header, None),
            part("Payload", &payload, None),
            Part {
                is_open: false,
                ..part("Signature", &signature, Some(&about))
            },
        ],
    })
}

fn part(title: &str, bytes: &[u8], about: Option<&str>) -> Part {
    let subject = Subject::new(bytes, None);
    let viewer = match (json::VIEWER.fit)(&subject) {
        Fit::Yes => &json::VIEWER,
        Fit::No(_) => &super::hex::VIEWER,
    };
    Part {
        title: Spelled::from_text(title),
        about: about.map(Spelled::from_text).into_iter().collect(),
        size: bytes.len() as u64,
        fields: Table::default(),
        number: None,
        is_open: true,
        decoded: None,
        shown: (viewer.view)(&subject, Window::default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 7519 section 3.1.
    const TOKEN: &[u8] = b"eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

    #[test]
    fn header_and_payload_are_json_with_readable_times() {
        let parts = parts(TOKEN).unwrap().parts;
        let lines = |part: &Part| match &part.shown.view {
            View::Tree(tree) => tree.lines.clone(),
            other => panic!("{other:?}"),
        };
        let hints: Vec<_> = lines(&parts[1])
            .into_iter()
            .filter_map(|line| line.hint)
            .collect();
        assert_eq!(hints, ["22 Mar 2011, 18:43:00 UTC"]);
        assert_eq!(lines(&parts[0]).len(), 4);
        assert_eq!(parts[2].about[0].plain(), "32 bytes");
    }

    #[test]
    fn what_is_no_token_is_not_taken_for_one() {
        for text in [
            &b""[..],
            b"a.b.c",
            b"..",
            b"e30.e30.",
            b"eyJhbGciOiJub25lIn0.e30",
            b"www.example.com",
        ] {
            assert_eq!(parts(text), None, "{}", String::from_utf8_lossy(text));
        }
        // RFC 7519 section 6.1: without a signature.
        assert!(parts(b"eyJhbGciOiJub25lIn0.e30.").is_some());
    }
}
