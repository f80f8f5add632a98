//! What providers ask before they send, and what they must be answered.

use std::fs;
use std::path::Path;

use hookwell::model::{Head, Headers, Timestamp, Version};
use hookwell::provider::{Request, Secret, handshake, recognise};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub(super) struct Case {
    #[serde(rename = "case")]
    pub(super) name: String,
    pub(super) slug: String,
    pub(super) request: Sent,
    pub(super) expect: Expected,
    pub(super) secret: Option<String>,
    pub(super) left_out: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Sent {
    pub(super) method: String,
    pub(super) path_and_query: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Expected {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
    action: Option<Action>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Action {
    fetch: String,
}

pub(super) fn cases() -> Vec<Case> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/handshakes.json");
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

impl Case {
    fn asked(&self, secrets: &[Secret]) -> Option<handshake::Asked> {
        let sent = &self.request;
        let head = Head {
            method: sent.method.clone(),
            target: sent.path_and_query.clone(),
            path_at: 0,
            version: Version::Http11,
            headers: Headers::from_fields(
                sent.headers
                    .iter()
                    .map(|(name, value)| (name.as_bytes(), value.as_bytes())),
            ),
        };
        let request = Request {
            head: &head,
            body: sent.body.as_bytes(),
            url: "https://hooks.example.com/hook",
            arrived: Timestamp::from_micros(1_795_599_012_000_000),
        };
        let known = recognise::provider_of(&head, request.body);
        handshake::answer(known, &request, |slug| {
            if slug == self.slug { secrets } else { &[] }
        })
    }
}

#[test]
fn every_question_gets_its_answer() {
    let mut passed = 0;
    for case in cases().iter().filter(|case| case.left_out.is_none()) {
        let secrets: Vec<Secret> = case.secret.iter().map(Secret::new).collect();
        let asked = case
            .asked(&secrets)
            .unwrap_or_else(|| panic!("{}: nothing", case.name));
        assert_eq!(asked.provider.slug, case.slug, "{}", case.name);
        let answer = asked
            .answer
            .unwrap_or_else(|missing| panic!("{}: {missing:?}", case.name));
        assert_eq!(answer.status, case.expect.status, "{}", case.name);
        assert_eq!(answer.body, case.expect.body, "{}", case.name);
        for (name, value) in &case.expect.headers {
            let have = answer
                .headers
                .iter()
                .find(|(have, _)| have.eq_ignore_ascii_case(name))
                .map(|(_, value)| value);
            assert_eq!(have, Some(value), "{}: {name}", case.name);
        }
        let visit = case.expect.action.as_ref().map(|action| &action.fetch);
        assert_eq!(answer.visit.as_ref(), visit, "{}", case.name);
        passed += 1;
    }
    assert!(passed >= 30, "only {passed}");
}

#[test]
fn without_its_secret_an_answer_says_what_is_missing() {
    let needy = [
        "zoom",
        "x-twitter-crc",
        "meta",
        "xero-intent-to-receive-valid",
        "discord-interactions-ping",
        "twitch-eventsub",
        "braintree-bt_challenge",
    ];
    for case in cases() {
        let asked = case.asked(&[]);
        let is_missing = asked.is_some_and(|asked| asked.answer.is_err());
        let is_needy = needy.contains(&case.name.as_str())
            || [
                "meta-wrong-token",
                "strava",
                "xero-intent-to-receive-invalid",
            ]
            .contains(&case.name.as_str())
            || case.name.starts_with("discord-");
        assert_eq!(is_missing, is_needy, "{}", case.name);
    }
}

#[test]
fn an_address_that_is_not_the_providers_is_not_visited() {
    let mut case = cases()
        .into_iter()
        .find(|case| case.slug == "aws-sns")
        .unwrap();
    case.request.body = case
        .request
        .body
        .replace("amazonaws.com/?", "amazonaws.com.evil.example/?");
    let answer = case.asked(&[]).unwrap().answer.unwrap();
    assert_eq!(answer.visit, None);
    assert!(!answer.note.is_empty());
}

#[test]
fn what_a_browser_could_take_for_a_page_is_not_echoed() {
    let mut case = cases()
        .into_iter()
        .find(|case| case.slug == "nylas")
        .unwrap();
    for challenge in ["%00", "caf%C3%A9", &"a".repeat(5000), "a%0d%0ab"] {
        case.request.path_and_query = format!("/hook?challenge={challenge}");
        assert!(case.asked(&[]).is_none(), "{challenge}");
    }
    case.request.path_and_query = "/hook?challenge=%3Cscript%3E".to_owned();
    let answer = case.asked(&[]).unwrap().answer.unwrap();
    let kind = &answer.headers[0];
    assert_eq!((kind.0, kind.1.as_str()), ("Content-Type", "text/plain"));
}
