use super::har::Requests;
use super::*;

fn bounds() -> Bounds {
    Bounds {
        body: 100,
        head: 1000,
        now: Timestamp::from_micros(2_000_000_000_000_000),
    }
}

fn of_har(text: &str) -> Result<Vec<Draft>, Error> {
    Requests::find(text.as_bytes())?.drafts(bounds()).collect()
}

fn entry(fields: &str) -> String {
    format!(
        r#"{{"log":{{"entries":[{{"startedDateTime":"2026-01-02T03:04:05.678Z","request":{fields}}}]}}}}"#
    )
}

#[test]
fn a_har_of_a_browser_is_read() {
    let request = r#"{"method":"POST","url":"https://h:8/a?x#f","httpVersion":"h2","headers":[{"name":"A","value":"1"}],
        "postData":{"mimeType":"text/plain","text":"hello"}}"#;
    let drafts = of_har(&entry(request)).unwrap();
    let draft = &drafts[0];
    let head = &draft.envelope.head;
    assert!(draft.imported);
    assert_eq!(
        (head.method.as_str(), head.target.as_str()),
        ("POST", "/a?x")
    );
    assert_eq!(draft.envelope.host, "h:8");
    assert_eq!(head.headers.get("a"), Some(&b"1"[..]));
    assert_eq!(&draft.body.bytes[..], b"hello");
    assert_eq!(
        draft.envelope.received_at.to_string(),
        "2026-01-02T03:04:05.678000Z"
    );
}

#[test]
fn what_is_wrong_in_a_har_is_named_with_its_place() {
    for (text, place) in [
        ("", "the file"),
        ("{}", "log"),
        (r#"{"log":{}}"#, "log.entries"),
        (
            r#"{"log":{"entries":[{}]}}"#,
            "log.entries[0].startedDateTime",
        ),
        (&entry("{}"), "log.entries[0].request.method"),
        (
            &entry(r#"{"method":"GET","headers":[]}"#),
            "log.entries[0].request.url",
        ),
        (
            &entry(r#"{"method":"GET","url":"/a","headers":[]}"#),
            "log.entries[0].request.url",
        ),
        (
            &entry(r#"{"method":"GET","url":"http://h/a"}"#),
            "log.entries[0].request.headers",
        ),
        (
            &entry(r#"{"method":"G T","url":"http://h/a","headers":[]}"#),
            "log.entries[0].request.method",
        ),
        (
            &entry(
                r#"{"method":"GET","url":"http://h/a","headers":[{"name":"a","value":"x\ny"}]}"#,
            ),
            "log.entries[0].request.headers[0].value",
        ),
        (
            &entry(
                r#"{"method":"GET","url":"http://h/a","headers":[],"postData":{"params":[{}]}}"#,
            ),
            "log.entries[0].request.postData.text",
        ),
    ] {
        assert_eq!(of_har(text).unwrap_err().place, place, "{text}");
    }
}

#[test]
fn what_is_wrong_in_a_line_is_named_with_its_number() {
    let wrong = |text: &[u8]| ndjson::line(text, 3, bounds()).unwrap_err().place;
    assert_eq!(wrong(b"\xff"), "line 3");
    assert_eq!(wrong(b"{}"), "line 3.body.content");
    assert_eq!(wrong(br#"{"body":{"content":""}}"#), "line 3.received_at");
    let large = format!(
        r#"{{"received_at":"2026-01-02T03:04:05Z","method":"GET","target":"/","headers":[],"body":{{"content":"{}"}}}}"#,
        "x".repeat(101)
    );
    assert_eq!(wrong(large.as_bytes()), "line 3.body.content");
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_or_refused(text: String) {
        of_har(&text).ok();
        ndjson::line(text.as_bytes(), 1, bounds()).ok();
    }
}
