use super::*;

const TYPE: &str = "multipart/form-data; boundary=\"a b\"";

fn shown(body: &[u8]) -> Shown {
    view(&Subject::new(body, Some(TYPE)), Window::default())
}

fn parts(shown: &Shown) -> Vec<Part> {
    match &shown.view {
        View::Parts(parts) => parts.parts.clone(),
        other => panic!("{other:?}"),
    }
}

fn about(part: &Part) -> String {
    let about: Vec<_> = part.about.iter().map(Spelled::plain).collect();
    format!(
        "{}: {}, {} bytes",
        part.title.plain(),
        about.join(", "),
        part.size
    )
}

const BODY: &[u8] = b"--a b\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhello\r\n\
--a b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"C:\\dir\\a.json\"\r\nContent-Type: application/json\r\n\r\n{\"a\":1}\r\n\
--a b\r\nContent-Disposition: form-data; name=file;\r\n filename*=UTF-8''na%C3%AFve.png\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n\x1a\n\r\n\
--a b\r\n\r\n--a bc\r\n--a b--\r\n";

#[test]
fn every_part_has_its_name_type_size_and_view() {
    let shown = shown(BODY);
    assert_eq!(
        (shown.problem.as_deref(), &*shown.facts),
        (None, &["4 parts".to_owned()][..])
    );
    let parts = parts(&shown);
    let abouts: Vec<_> = parts.iter().map(about).collect();
    assert_eq!(
        abouts,
        [
            "note: no file name, no type, 5 bytes",
            "file: C:\\dir\\a.json, application/json, same name, 1 of 2, 7 bytes",
            "file: naïve.png, image/png, same name, 2 of 2, 8 bytes",
            "part 4: no file name, no type, 6 bytes",
        ]
    );
    assert!(matches!(parts[0].shown.view, View::Text(_)));
    assert!(matches!(parts[1].shown.view, View::Tree(_)));
    assert!(matches!(parts[2].shown.view, View::Media(_)));
    assert_eq!(parts[1].fields.fields.len(), 2);
}

#[test]
fn a_part_is_had_alone_by_its_address() {
    let subject = Subject::new(BODY, Some(TYPE));
    let second = part(&subject, "2").unwrap();
    assert_eq!(second.sent.bytes, b"{\"a\":1}");
    assert_eq!(second.sent.media_type.unwrap().essence, "application/json");
    for address in ["0", "5", "", "x", "2.1", "-1", "1.", "99999999999999999999"] {
        assert!(part(&subject, address).is_none(), "{address}");
    }
    let inner = String::from_utf8_lossy(BODY).replace("--a b", "--in");
    let outer = format!("--a b\nContent-Type: multipart/mixed; boundary=in\n\n{inner}\n--a b--");
    let subject = Subject::new(outer.as_bytes(), Some(TYPE));
    assert_eq!(part(&subject, "1.1").unwrap().sent.bytes, b"hello");
}

#[test]
fn what_is_not_whole_is_said() {
    for (body, count, want) in [
        (
            &b""[..],
            0,
            Some("Not the multipart that it is called: its boundary does not occur."),
        ),
        (
            b"--a bc\r\n\r\nx",
            0,
            Some("Not the multipart that it is called: its boundary does not occur."),
        ),
        (
            b"--a b--",
            0,
            Some("Not the multipart that it is called: its boundary does not occur."),
        ),
        (b"--a b\r\n\r\nx\r\n--a b--", 1, None),
        (b"\r\n--a b  \r\n\r\nx\r\n--a b--  \r\n", 1, None),
        (b"--a b\n\nx\n--a b--\n", 1, None),
        (
            b"--a b\r\n\r\nx",
            1,
            Some("The closing boundary is missing: the last part may not be whole."),
        ),
        (
            b"--a b\r\n\r\nx--a b--",
            1,
            Some("The closing boundary is missing: the last part may not be whole."),
        ),
        (b"--a b\r\n--a b--", 1, None),
        (
            b"hi\r\n--a b\r\n\r\nx\r\n--a b--\r\nyou",
            1,
            Some(
                "Before the first boundary are 2 bytes that belong to no part. Behind the closing boundary are 3 bytes that belong to no part.",
            ),
        ),
    ] {
        let shown = shown(body);
        assert_eq!(
            (
                parts(&shown).len(),
                shown.problem.or(shown.caution).as_deref()
            ),
            (count, want),
            "{}",
            String::from_utf8_lossy(body)
        );
    }
    let cut = Subject {
        is_cut: true,
        ..Subject::new(b"--a b\r\n\r\nx", Some(TYPE))
    };
    assert_eq!(view(&cut, Window::default()).caution, None);
}

#[test]
fn large_parts_show_their_beginning() {
    for (content_type, byte, sentence) in [
        ("text/plain", b'x', "4,096 of 1,000,000 bytes shown."),
        ("application/json", b'[', "4,096 of 1,000,000 bytes shown."),
        (
            "application/octet-stream",
            0,
            "256 of 1,000,000 bytes shown.",
        ),
    ] {
        let head = format!("--a b\r\nContent-Type: {content_type}\r\n\r\n");
        let body = [head.as_bytes(), &vec![byte; 1_000_000], b"\r\n--a b--"].concat();
        let parts = parts(&shown(&body));
        assert_eq!(parts[0].shown.rest.as_ref().unwrap().sentence, sentence);
    }
}

#[test]
fn many_and_nested_parts_stay_bounded() {
    let many = "--a b\r\n\r\n[[[[[]]]]]\r\n".repeat(100_000);
    let first = shown(many.as_bytes());
    assert_eq!(parts(&first).len(), PARTS);
    assert_eq!(first.rest.unwrap().sentence, "50 of 100,000 parts shown.");
    let nested = "--a b\r\nContent-Type: multipart/mixed; boundary=\"a b\"\r\n\r\n".repeat(10_000);
    assert_eq!(parts(&shown(nested.as_bytes())).len(), PARTS);
}

#[test]
fn a_part_that_was_written_for_mail_is_decoded_for_its_view() {
    let part_of = |coding: &str, kind: &str, body: &str| {
        format!(
            "--a b\r\nContent-Type: {kind}\r\nContent-Transfer-Encoding: {coding}\r\n\r\n{body}\r\n"
        )
    };
    let body = [
        part_of("base64", "application/json", "eyJh\r\nIjoxfQ=="),
        part_of("Quoted-Printable", "text/plain", "caf=C3=A9"),
        part_of("base64", "text/plain", "no base64!"),
        part_of("x-odd", "text/plain", "odd"),
        "--a b--".to_owned(),
    ]
    .concat();
    let parts = parts(&shown(body.as_bytes()));
    assert!(matches!(parts[0].shown.view, View::Tree(_)));
    assert_eq!(
        about(&parts[0]),
        "part 1: no file name, application/json, base64, decoded, 14 bytes"
    );
    let decoded: Vec<_> = parts.iter().map(|part| part.decoded.as_deref()).collect();
    assert_eq!(
        decoded,
        [Some("base64"), Some("quoted-printable"), None, None]
    );
    assert!(
        parts[2]
            .shown
            .problem
            .as_ref()
            .unwrap()
            .ends_with("shown as sent.")
    );
    assert_eq!(
        about(&parts[3]),
        "part 4: no file name, text/plain, x-odd, as sent, 3 bytes"
    );
    let subject = Subject::new(body.as_bytes(), Some(TYPE));
    let second = part(&subject, "2").unwrap();
    assert_eq!(second.sent.bytes, b"caf=C3=A9");
    assert_eq!(second.decoded().unwrap().bytes, "caf\u{e9}".as_bytes());
    assert!(part(&subject, "3").unwrap().decoded().is_none());
}
