use bytes::Bytes;

use super::*;
use crate::model::{
    Body, CaptureNumber, Draft, Envelope, Head, Reply, Scheme, Secret, Settings, Version,
};

const NOW: Timestamp = Timestamp::from_micros(1_795_599_012_000_000);

fn bin() -> Bin {
    let mut settings = Settings::default();
    settings
        .secrets
        .set("stripe", vec![Secret::new("whsec_test")]);
    Bin {
        id: BinId::from_bytes([7; 16]),
        serial: 1,
        created_at: NOW,
        settings,
    }
}

fn capture(block: &'static [u8], body: &'static [u8]) -> Capture {
    let peer = "127.0.0.1:50000".parse::<std::net::SocketAddr>().unwrap();
    let draft = Draft {
        envelope: Envelope {
            received_at: NOW,
            took_us: 1,
            head: Head {
                method: "POST".into(),
                target: "/bin/orders?x=1".into(),
                path_at: 4,
                version: Version::Http11,
                headers: Headers::from_wire(Bytes::from_static(block)),
            },
            scheme: Scheme::Http,
            host: "hooks.example.com".into(),
            client: peer.ip(),
            peer,
            trailers: Headers::default(),
            reply: Reply::plain(200),
        },
        body: Body::complete(Bytes::from_static(body)),
        imported: false,
        sender: None,
    };
    draft.numbered(CaptureNumber(12))
}

fn order(url: &str) -> Order {
    Order {
        url: url.parse().unwrap(),
        keep_path: false,
        sign: None,
        edit: Edit::default(),
    }
}

fn made(order: &Order, capture: &Capture) -> outbound::Request {
    request(&bin(), capture, order, NOW).unwrap()
}

fn block(request: &outbound::Request) -> String {
    String::from_utf8_lossy(request.headers.block()).into_owned()
}

#[test]
fn a_capture_is_sent_on_with_its_mark() {
    let capture = capture(b"X-B: 1\r\nx-a: 2\r\n", b"{}");
    let mut order = order("https://example.com/hooks?k=1");
    let request = made(&order, &capture);
    let id = bin().id;
    assert_eq!(
        block(&request),
        format!("X-B: 1\r\nx-a: 2\r\nHookwell-Capture: {id}/12\r\n")
    );
    assert_eq!(
        (request.method.as_str(), &request.body[..]),
        ("POST", &b"{}"[..])
    );
    assert_eq!(request.url.to_string(), "https://example.com/hooks?k=1");
    order.keep_path = true;
    order.edit = Edit {
        method: Some("PUT".into()),
        headers: None,
        set: vec![("X-A".into(), "3".into()), ("New".into(), "4".into())],
        body: Some(Bytes::from_static(b"other")),
    };
    let request = made(&order, &capture);
    assert_eq!(
        request.url.to_string(),
        "https://example.com/hooks/orders?k=1&x=1"
    );
    assert!(
        block(&request).starts_with("X-B: 1\r\nx-a: 3\r\nNew: 4\r\n"),
        "{}",
        block(&request)
    );
    assert_eq!(
        (request.method.as_str(), &request.body[..]),
        ("PUT", &b"other"[..])
    );
}

#[test]
fn a_request_is_signed_anew_with_the_time_of_sending() {
    let capture = capture(
        b"X-Odd: caf\xe9\r\nStripe-Signature: t=1,v1=00\r\n",
        br#"{"id":"evt_1"}"#,
    );
    let mut order = order("https://example.com/");
    order.sign = Some("stripe".into());
    let request = made(&order, &capture);
    let fields: Vec<_> = request.headers.iter().collect();
    assert_eq!(fields[0], (&b"X-Odd"[..], &b"caf\xe9"[..]));
    let signed = String::from_utf8_lossy(fields[1].1).into_owned();
    assert!(signed.starts_with("t=1795599012,v1="), "{signed}");
    assert_eq!(&request.body[..], &capture.body[..]);
    let head = Head {
        headers: request.headers.clone(),
        ..capture.line.envelope.head.clone()
    };
    let arrived = crate::provider::Request {
        head: &head,
        body: &request.body,
        url: "",
        arrived: NOW,
    };
    let stripe = crate::provider::find("stripe").unwrap();
    let options = crate::provider::Options {
        tolerance_s: None,
        certificate: crate::provider::Certificate::Unasked,
    };
    let verdict = stripe.verify(bin().settings.secrets.of("stripe"), &arrived, options);
    assert_eq!(verdict.state, crate::model::VerdictState::Valid);
    for (slug, why) in [("github", "no secret"), ("nobody", "no provider")] {
        order.sign = Some(slug.into());
        let error = super::request(&bin(), &capture, &order, NOW).unwrap_err();
        assert!(error.to_string().contains(why), "{error}");
    }
}

#[test]
fn what_comes_back_is_noticed() {
    let own = bin().id;
    let other = BinId::from_bytes([9; 16]);
    let headers = |text: String| Headers::from_fields([(MARK.as_bytes(), text.as_bytes())]);
    assert_eq!(loops(&Headers::default(), own), None);
    assert_eq!(loops(&headers(format!("{other}/1, {other}/2")), own), None);
    assert!(loops(&headers(format!("{own}/1, {other}/2")), own).is_some());
    let long = vec![format!("{other}/1"); 1000].join(",");
    assert!(loops(&headers(long.clone()), own).is_some());
    assert!(mark(&headers(long), own, 3).len() < 300);
    assert_eq!(loops(&headers("x".repeat(100_000)), own), None);
}
