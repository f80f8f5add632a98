//! Sequences, checks and presets.

use serde_json::json;

use super::*;
use crate::model::{Fault, PlannedHeader};

fn rule(value: serde_json::Value) -> Rule {
    serde_json::from_value(value).unwrap()
}

#[test]
fn a_sequence_gives_each_reply_its_times_and_then_the_last() {
    let told = |replies: serde_json::Value| -> Vec<Option<u16>> {
        let rule = rule(json!({ "name": "x", "replies": replies }));
        (0..6)
            .map(|before| nth(&rule.replies, before).map(|reply| reply.status))
            .collect()
    };
    let then =
        told(json!([{"status": 503, "times": 2}, {"status": 429, "times": 1}, {"status": 200}]));
    assert_eq!(then, [503, 503, 429, 200, 200, 200].map(Some));
    let over = told(json!([{"status": 503, "times": 2}]));
    assert_eq!(over, [Some(503), Some(503), None, None, None, None]);
    let one = told(json!([{"status": 410}]));
    assert_eq!(one, [Some(410); 6]);
}

#[test]
fn what_cannot_be_followed_is_named_with_its_place() {
    for (value, field) in [
        (json!({}), "rules[0].name"),
        (json!({"name": "handshake:slack"}), "rules[0].name"),
        (json!({"name": "x", "when": "size:"}), "rules[0].when"),
        (
            json!({"name": "x", "when": "path:/a or n:3"}),
            "rules[0].when",
        ),
        (json!({"name": "x", "when": "delivery>1"}), "rules[0].when"),
        (json!({"name": "x", "when": "-is:pinned"}), "rules[0].when"),
        (json!({"name": "x", "percent": 0}), "rules[0].percent"),
        (json!({"name": "x", "percent": 101}), "rules[0].percent"),
        (json!({"name": "x", "replies": []}), "rules[0].replies"),
        (
            json!({"name": "x", "replies": [{"status": 100}]}),
            "rules[0].replies[0].status",
        ),
        (
            json!({"name": "x", "replies": [{}, {}]}),
            "rules[0].replies[0].times",
        ),
        (
            json!({"name": "x", "replies": [{"times": 0}]}),
            "rules[0].replies[0].times",
        ),
        (
            json!({"name": "x", "replies": [{"delay_ms": 60_001}]}),
            "rules[0].replies[0].delay_ms",
        ),
        (
            json!({"name": "x", "replies": [{"body": "{% if %}"}]}),
            "rules[0].replies[0].body",
        ),
        (
            json!({"name": "x", "replies": [{"headers": [{"name": "a b", "value": ""}]}]}),
            "rules[0].replies[0].headers[0].name",
        ),
        (
            json!({"name": "x", "replies": [{"headers": [{"name": "Set-Cookie", "value": "a=b"}]}]}),
            "rules[0].replies[0].headers[0].name",
        ),
        (
            json!({"name": "x", "replies": [{"headers": [{"name": "x", "value": "a\r\nb: c"}]}]}),
            "rules[0].replies[0].headers[0].value",
        ),
    ] {
        let found = check::rules(&[rule(value.clone())]).unwrap_err();
        assert_eq!(found.field, field, "{value}");
    }
    let twice = [rule(json!({"name": "x"})), rule(json!({"name": "x"}))];
    assert_eq!(check::rules(&twice).unwrap_err().field, "rules[1].name");
    let many = vec![rule(json!({"name": "x"})); Rule::MOST + 1];
    assert_eq!(check::rules(&many).unwrap_err().field, "rules");
    let counted = PlannedReply {
        times: Some(1),
        ..PlannedReply::default()
    };
    assert_eq!(check::own(&counted).unwrap_err().field, "times");
}

#[test]
fn a_reply_sets_nothing_for_the_whole_origin() {
    for name in ["Clear-Site-Data", "NEL", "Report-To", "Alt-Svc"] {
        let header = json!({"name": name, "value": "x"});
        let one = rule(json!({"name": "x", "replies": [{"headers": [header]}]}));
        let problem = check::rules(&[one]).unwrap_err().problem;
        assert_eq!(problem, format!("a reply cannot set {name}"));
    }
}

#[test]
fn every_preset_can_be_taken() {
    for preset in &preset::ALL {
        assert_eq!(check::rules(&[preset.rule()]), Ok(()), "{}", preset.title);
    }
}

#[test]
fn every_fault_has_its_word() {
    for (fault, word, title) in Fault::ALL {
        assert_eq!(Fault::find(word), Some(fault));
        assert_eq!((fault.as_str(), fault.title()), (word, title));
        assert_eq!(serde_json::to_value(fault).unwrap(), json!(word));
    }
}

#[test]
fn chance_is_never_and_always_at_its_ends() {
    assert!((0..1000).all(|_| by_chance(100)));
    let some = (0..1000).filter(|_| by_chance(50)).count();
    assert!((300..700).contains(&some), "{some}");
}

#[test]
fn only_what_has_no_template_is_fixed() {
    let chosen = |body: &str, value: &str| Chosen {
        planned: PlannedReply {
            body: body.to_owned(),
            headers: vec![PlannedHeader {
                name: "x".to_owned(),
                value: value.to_owned(),
            }],
            ..PlannedReply::default()
        },
        rule: None,
    };
    assert!(chosen("plain { text }", "v").is_fixed());
    assert!(!chosen("{{ uuid() }}", "v").is_fixed());
    assert!(!chosen("", "{# note #}").is_fixed());
}
