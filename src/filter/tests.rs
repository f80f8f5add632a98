use bytes::Bytes;

use super::*;
use crate::model::{
    Body, BodyState, Capture, CaptureNumber, Delivery, Draft, Envelope, Event, Head, Headers,
    Recognised, Reply, Scheme, Version,
};

const NOW: Timestamp = Timestamp::from_micros(1_795_599_012_000_000); // 2026-11-25T09:30:12Z

fn capture(target: &str, headers: &'static [u8], body: &[u8]) -> Capture {
    let draft = Draft {
        envelope: Envelope {
            received_at: NOW.minus_micros(600_000_000),
            took_us: 1,
            head: Head {
                method: "POST".into(),
                target: format!("/bin{target}"),
                path_at: 4,
                version: Version::Http11,
                headers: Headers::from_wire(Bytes::from_static(headers)),
            },
            scheme: Scheme::Https,
            host: "hooks.example.com".into(),
            client: "203.0.113.7".parse().unwrap(),
            peer: "127.0.0.1:5000".parse().unwrap(),
            trailers: Headers::default(),
            reply: Reply::plain(503),
        },
        body: Body {
            bytes: Bytes::copy_from_slice(body),
            state: BodyState::Truncated,
            sent: None,
        },
        imported: false,
        sender: None,
    };
    let mut capture = draft.numbered(CaptureNumber(12));
    capture.line.marks.pinned = true;
    capture.line.recognised = Some(Recognised {
        provider: "stripe".into(),
        event: Event {
            id: Some("evt_1".into()),
            kind: Some("invoice.paid".into()),
            at: None,
        },
        delivery: Some(Delivery {
            number: 2,
            first: CaptureNumber(9),
            previous: Some(CaptureNumber(9)),
            same_body: true,
            same_type: true,
            replayed: true,
            out_of_order: false,
        }),
    });
    capture
}

fn order() -> Capture {
    capture(
        "/orders/7?page=2&q=a+b%21&page=3",
        b"Content-Type: application/json; charset=utf-8\r\nX-Shop: Acme Ltd\r\nx-shop: second\r\n",
        br#"{"data":{"amount":100.50,"big":12345678901234567890,"name":"Ada \"L\"","items":[{"id":"a"},{"id":"b"}],"ok":true},"note":"free Text"}"#,
    )
}

fn matches(filter: &str, capture: &Capture) -> bool {
    let read = Filter::parse(filter, NOW).unwrap_or_else(|error| panic!("{filter}: {error}"));
    let written = read.to_string();
    let again = Filter::parse(&written, NOW).unwrap_or_else(|error| panic!("{written}: {error}"));
    assert_eq!(again, read, "{filter} → {written}");
    let mut subject = Subject::capture(capture);
    subject.verdict = Some(crate::model::VerdictState::Invalid);
    let found = read.matches(&subject);
    assert_eq!(again.matches(&subject), found);
    found
}

#[test]
fn every_word_asks_what_it_says() {
    let order = order();
    for (filter, want) in [
        ("", true),
        ("method:post", true),
        ("method=post", false),
        ("METHOD:P*", true),
        ("path:/orders/*", true),
        ("path:/orders", false),
        ("path:/ORDERS/7", true),
        ("path=/orders/7", true),
        ("target:*page=3", true),
        ("host:*.example.com", true),
        ("header.X-SHOP:acme*", true),
        ("header.x-shop=second", true),
        ("header.x-shop:\"acme ltd\"", true),
        ("header.x-none:*", false),
        ("-header.x-none:*", true),
        ("query.page:2", true),
        ("query.page:3", true),
        ("query.page:4", false),
        ("query.q=\"a b!\"", true),
        ("json.data.amount>100", true),
        ("json.data.amount>=100.5", true),
        ("json.data.amount=1005e-1", true),
        ("json.data.amount<100.5", false),
        ("json.data.amount:100.50", true),
        ("json.data.amount:100.5", false),
        ("json.data.big=12345678901234567890", true),
        ("json.data.big=12345678901234567891", false),
        ("json.data.big>12345678901234567889", true),
        ("json.data.name:ada*", true),
        ("json.data.name=\"Ada \\\"L\\\"\"", true),
        ("json.data.items.1.id=b", true),
        ("json.data.items[0].id=b", false),
        ("json.data.items[*].id=b", true),
        ("json.*.ok:true", true),
        ("json.data.ok=true", true),
        ("json.data.items:*", true),
        ("json.data.none:*", false),
        ("json.\"note\":*text", true),
        ("json.note>\"free\"", true),
        ("body:\"FREE text\"", true),
        ("body:amount*items", true),
        ("body:items*amount", false),
        ("\"free text\"", true),
        ("acme", true),
        ("orders", true),
        ("nothing-like-that", false),
        ("type:application/json", true),
        ("type:text/*", false),
        ("size>100", true),
        ("size<1k", true),
        ("size>=2M", false),
        ("status:503", true),
        ("status:5xx", true),
        ("status<500", false),
        ("status:4xx", false),
        ("n:12", true),
        ("n>11 n<=12", true),
        ("n<0", false),
        ("client:203.0.113.7", true),
        ("client:203.0.113.0/24", true),
        ("client:10.0.0.0/8", false),
        ("client:203.0.*", true),
        ("since:1h", true),
        ("since:5m", false),
        ("until:5m", true),
        ("since:2026-11-25 until:2026-11-25", true),
        ("since:2026-11-26", false),
        ("since:09:20 until:09:21", true),
        ("since:09:21", false),
        ("since:2026-11-25T09:20:12Z", true),
        ("since:2026-11-25T10:20:13+01:00", false),
        ("provider:stripe", true),
        ("provider:github", false),
        ("event:invoice.*", true),
        ("event=evt_1", true),
        ("verdict:invalid", true),
        ("verdict:valid", false),
        ("delivery>1", true),
        ("delivery:1", false),
        ("is:truncated", true),
        ("is:aborted", false),
        ("is:pinned is:replayed", true),
        ("is:imported", false),
        ("method:GET or method:POST", true),
        ("method:GET or (path:/orders/* -is:pinned)", false),
        ("-(method:GET or path:/x)", true),
        ("--method:POST", true),
        ("method:POST path:/x or is:pinned", true),
        ("\"or\"", true),
        ("path:\"/orders/*\"", false),
    ] {
        assert_eq!(matches(filter, &order), want, "{filter}");
    }
}

#[test]
fn forms_are_read_by_their_type() {
    let form = capture(
        "/",
        b"content-type: application/x-www-form-urlencoded\r\n",
        b"user=Ada+Lovelace&token=a%3Db&user=second",
    );
    for (filter, want) in [
        ("form.user:\"ada lovelace\"", true),
        ("form.user:second", true),
        ("form.token=a=b", true),
        ("form.none:*", false),
        ("json.user:*", false),
    ] {
        assert_eq!(matches(filter, &form), want, "{filter}");
    }
    assert!(!matches("form.data:*", &order()));
}

#[test]
fn mistakes_are_said_with_their_place() {
    for (filter, position, expected) in [
        ("colour:red", 0, "one of method"),
        ("method:POST statsu:500", 12, "did you mean status?"),
        ("method:", 7, "a value stands behind method:"),
        ("json.a.b>=", 10, "a value stands behind json.a.b>="),
        ("status:", 7, "a value"),
        ("path:/x (method:GET", 8, "never closed"),
        ("a)", 1, "closes nothing"),
        ("()", 1, "in the parentheses"),
        ("or a", 0, "both sides"),
        ("a or", 4, "both sides"),
        ("a or or b", 5, "both sides"),
        ("-", 1, "behind -"),
        ("- or", 2, "behind -"),
        ("\"abc", 0, "never closed"),
        ("x \"a\\n\"", 5, "stands \" or \\"),
        ("status:abc", 7, "a status"),
        ("size>big", 5, "number of bytes"),
        ("n:1.5", 2, "whole number"),
        ("since:yesterday", 6, "a time stands here"),
        ("client:home", 7, "an address"),
        ("verdict:good", 8, "valid, invalid"),
        ("is:big", 3, "one of truncated"),
        ("header:x", 0, "a name stands behind header"),
        ("method.x:y", 0, "has no parts"),
        ("path>/x", 0, "compared with"),
        ("json.a>b", 7, "a number stands here"),
        ("json..a:1", 5, "before and behind a dot"),
        ("json.a[1:2", 7, "a ] is missing"),
        ("n=1*", 2, "no *"),
        ("héader.ü:1", 0, "one of"),
        ("é é status:x", 11, "a status"),
    ] {
        let error = Filter::parse(filter, NOW).unwrap_err();
        assert_eq!(error.position, position, "{filter}: {error}");
        assert!(error.expected.contains(expected), "{filter}: {error}");
    }
    let many = "a ".repeat(TERMS + 1);
    assert_eq!(Filter::parse(&many, NOW).unwrap_err().position, 2 * TERMS);
    let deep = format!("{}a{}", "(".repeat(DEPTH + 1), ")".repeat(DEPTH + 1));
    assert_eq!(Filter::parse(&deep, NOW).unwrap_err().position, DEPTH);
    assert!(Filter::parse(&"a".repeat(TEXT + 1), NOW).is_err());
    assert!(Filter::parse(&"-".repeat(TEXT), NOW).is_err());
}

#[test]
fn what_a_column_can_answer_is_told() {
    let filter = |text: &str| Filter::parse(text, NOW).unwrap();
    let mixed = filter("method:post status:5xx json.a>1 (n:1 or n:2) size>1k -is:aborted");
    assert_eq!(
        mixed.simple(),
        [
            Simple::Method("post".into()),
            Simple::Status(500..=599),
            Simple::Size(1025..=u64::MAX)
        ]
    );
    assert!(!mixed.is_simple() && mixed.needs_body());
    assert!(filter("method:post since:1h").is_simple());
    assert!(filter("is:truncated").is_simple());
    assert_eq!(filter("n<0").simple(), [Simple::Never]);
    assert!(filter("").is_empty() && filter("").is_simple());
    assert!(filter("verdict:valid").needs_verdict());
}

#[test]
fn times_are_utc() {
    for (text, want) in [
        ("90s", "2026-11-25T09:28:42.000000Z"),
        ("1w", "2026-11-18T09:30:12.000000Z"),
        ("2026-11-24", "2026-11-24T00:00:00.000000Z"),
        ("2026-11-24T10:00", "2026-11-24T10:00:00.000000Z"),
        ("08:15:30", "2026-11-25T08:15:30.000000Z"),
    ] {
        let found = field::first(text, NOW).map(|at| at.to_string());
        assert_eq!(found.as_deref(), Some(want), "{text}");
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(2000))]

    #[test]
    fn any_text_is_a_filter_or_has_a_mistake_within(text in "\\PC{0,60}|[-a-z:=<>()\"\\\\.*\\[\\] 0-9]{0,60}") {
        let order = order();
        match Filter::parse(&text, NOW) {
            Ok(filter) => {
                filter.matches(&Subject::capture(&order));
                let written = filter.to_string();
                let again = Filter::parse(&written, NOW);
                proptest::prop_assert_eq!(again.as_ref(), Ok(&filter), "{} → {}", text, written);
            }
            Err(error) => proptest::prop_assert!(error.position <= text.chars().count()),
        }
    }

    #[test]
    fn filters_of_real_words_read_back(
        words in proptest::collection::vec(("method|path|json.a.b|header.x|query.p|size|status|is|since|body|n|", "[:=><]|>=|<=", "[0-9]{1,3}|truncated|a\\*b|\"[ -~&&[^\"\\\\]]{0,8}\"|1h"), 1..6),
        glue in " | or | -| \\(",
    ) {
        let terms: Vec<String> = words.into_iter().map(|(field, operator, value)| {
            if field.is_empty() { value } else { format!("{field}{operator}{value}") }
        }).collect();
        let text = terms.join(&glue);
        if let Ok(filter) = Filter::parse(&text, NOW) {
            let written = filter.to_string();
            proptest::prop_assert_eq!(Filter::parse(&written, NOW), Ok(filter), "{} → {}", text, written);
        }
    }

    #[test]
    fn any_body_can_be_looked_into(body in proptest::collection::vec(proptest::num::u8::ANY, 0..200), json in "[\\[\\]{}:,\"a-c0-9\\\\ ]{0,100}") {
        let filter = Filter::parse("json.a.b>1 or json.*.*:x or form.a:b or \"free\" or body:a*b*c", NOW).unwrap();
        for body in [&body[..], json.as_bytes()] {
            filter.matches(&Subject::capture(&capture("/", b"content-type: application/x-www-form-urlencoded\r\n", body)));
        }
    }
}
