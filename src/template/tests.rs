use std::sync::Arc;

use bytes::Bytes;

use super::*;
use crate::model::{
    BinId, Body, BodyState, CaptureNumber, Draft, Envelope, Head, Headers, Reply, Scheme,
    Timestamp, Version,
};

fn asked(body: &'static str) -> Arc<Asked> {
    let peer = "203.0.113.7:5000".parse().unwrap();
    let draft = Draft {
        envelope: Envelope {
            received_at: Timestamp::from_micros(1_795_599_012_000_000),
            took_us: 0,
            head: Head {
                method: "POST".into(),
                target: "/bin/orders/7?page=2&q=a+b%21&page=3".into(),
                path_at: 4,
                version: Version::Http11,
                headers: Headers::from_wire(Bytes::from_static(
                    b"Content-Type: application/json\r\nX-Two: a\r\nx-two: b\r\n",
                )),
            },
            scheme: Scheme::Https,
            host: "hooks.example".into(),
            client: "203.0.113.7".parse().unwrap(),
            peer,
            trailers: Headers::default(),
            reply: Reply::none(),
        },
        body: Body {
            bytes: Bytes::from_static(body.as_bytes()),
            state: BodyState::Complete,
            sent: None,
        },
        imported: false,
        sender: None,
    };
    Asked::new(
        draft,
        BinId::random(),
        Some(CaptureNumber(12)),
        Timestamp::from_micros(1_795_599_012_500_000),
    )
}

#[test]
fn a_template_sees_the_request() {
    let asked = asked(r#"{"challenge":"abc","list":[1,2.5,{"x":null}],"big":12345678901}"#);
    for (source, want) in [
        ("plain {} text", "plain {} text"),
        ("{{ request.json.challenge }}", "abc"),
        ("{{ request.json.list[1] + 1 }}", "3.5"),
        ("{{ request.json.big }}", "12345678901"),
        ("{{ request.json.not.there.at.all }}.", "."),
        ("{{ request.method }} {{ request.path }}", "POST /orders/7"),
        ("{{ request.query.page }} {{ request.query.q }}", "2 a b!"),
        ("{{ request.headers['X-TWO'] }}", "a"),
        ("{{ request.headers['content-type'] }}", "application/json"),
        (
            "{{ request.n }} {{ request.host }} {{ request.client }}",
            "12 hooks.example 203.0.113.7",
        ),
        (
            "{% for name in request.headers %}{{ name }},{% endfor %}",
            "content-type,x-two,",
        ),
        (
            "{% if request.json.challenge %}yes{% else %}no{% endif %}\n",
            "yes\n",
        ),
        (
            "{{ now() }} {{ timestamp() }}",
            "2026-11-25T09:30:12.500000Z 1795599012",
        ),
        (
            "{{ {'a': request.json.challenge}|tojson }}",
            r#"{"a": "abc"}"#,
        ),
        // RFC 4231 section 4.3.
        (
            "{{ hmac('Jefe', 'what do ya want for nothing?') }}",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        ),
        (
            "{{ 'hi'|base64 }} {{ unbase64('aGk=') }} {{ hex('hi') }}",
            "aGk= hi 6869",
        ),
        (
            "{{ sha256('abc') }}",
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        ),
    ] {
        assert_eq!(render(source, &asked).as_deref(), Ok(want), "{source}");
    }
    let one = render("{{ uuid() }}", &asked).unwrap();
    assert_eq!(one.len(), 36);
    assert_ne!(render("{{ uuid() }}", &asked).unwrap(), one);
}

#[test]
fn a_form_is_seen_by_its_names_and_what_is_no_json_is_nothing() {
    let asked = asked("text=hello+world&user=U%2B1&text=again");
    assert_eq!(
        render("{{ request.form.text }} {{ request.form.user }}", &asked).unwrap(),
        "hello world U+1"
    );
    assert_eq!(
        render("{{ request.json.text }}|{{ request.body }}", &asked).unwrap(),
        "|text=hello+world&user=U%2B1&text=again"
    );
}

#[test]
fn mistakes_are_said_with_their_line() {
    let asked = asked("{}");
    for (source, line, word) in [
        ("a\n{{ request.", 2, "unexpected"),
        ("{% for x in %}", 1, "unexpected"),
        ("\n\n{{ nothing() }}", 3, "unknown function"),
        ("{{ 1|nosuch }}", 1, "nosuch"),
        ("{{ hmac('a', 'b', algorithm='md5') }}", 1, "sha512"),
        ("{% include 'x' %}", 1, ""),
    ] {
        let error = render(source, &asked).unwrap_err();
        assert_eq!(error.line, line, "{source}: {error}");
        assert!(error.reason.contains(word), "{source}: {error}");
    }
    assert!(check(&"x".repeat(SOURCE + 1)).is_err());
}

#[test]
fn no_template_runs_on_or_fills_the_memory() {
    let asked =
        asked(r#"{"x":"yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy"}"#);
    let doubled = format!(
        "{{% set a = request.json.x %}}{}{{{{ a|length }}}}",
        "{% set a = a ~ a %}".repeat(40)
    );
    for source in [
        "{% for a in range(100000) %}{% for b in range(100000) %}x{% endfor %}{% endfor %}",
        "{{ 'x' * 100000000 }}",
        "{{ range(100000)|join('xxxxxxxxxxxxxxxxxxxx')|length }}{{ range(100000)|join('xxxxxxxxxxxxxxxxxxxx')|length }}{{ range(100000)|join('xxxxxxxxxxxxxxxxxxxx')|length }}{{ range(100000)|join('xxxxxxxxxxxxxxxxxxxx')|length }}{{ range(100000)|join('xxxxxxxxxxxxxxxxxxxx')|length }}{{ range(100000)|join('xxxxxxxxxxxxxxxxxxxx')|length }}",
        &doubled,
        "{% for a in range(60000) %}{{ request.body }}{% endfor %}",
        &format!("{{{{ {}1{} }}}}", "(".repeat(5000), ")".repeat(5000)),
    ] {
        let error = render(source, &asked).unwrap_err();
        let shown: String = source.chars().take(60).collect();
        assert!(
            [
                "more steps",
                "more than",
                "too",
                "unexpected",
                "recursion",
                "nest"
            ]
            .iter()
            .any(|word| error.reason.contains(word)),
            "{shown}: {error}"
        );
    }
}

#[test]
fn a_header_value_is_one_line() {
    let asked = asked(r#"{"x":"a\r\nSet-Cookie: b=c"}"#);
    assert_eq!(render_field("{{ request.n }}\tx", &asked).unwrap(), "12\tx");
    let error = render_field("{{ request.json.x }}", &asked).unwrap_err();
    assert!(error.reason.contains("line break"));
}

proptest::proptest! {
    #[test]
    fn any_text_is_a_template_or_has_a_mistake(source in "\\PC{0,80}|[{}%# a-z.()|'\"0-9\n*~+]{0,60}") {
        let asked = asked(r#"{"a":[1,2,{"b":"c"}]}"#);
        render(&source, &asked).ok();
        render(&format!("{{{{ {source} }}}}"), &asked).ok();
    }
}
