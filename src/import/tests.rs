use std::collections::VecDeque;

use super::split::{Form, Splitter};
use super::upload::Upload;
use super::*;
use crate::model::base64;

fn bounds() -> Bounds {
    Bounds {
        body: 100,
        head: 1000,
        now: Timestamp::from_micros(2_000_000_000_000_000),
    }
}

fn of_har(text: &str) -> Result<Vec<Draft>, Error> {
    let mut pieces = VecDeque::new();
    let mut splitter = Splitter::new(Form::Har, 10_000);
    // In parts, as it comes over a socket.
    for part in text.as_bytes().chunks(3) {
        splitter.push(part, &mut pieces);
    }
    pieces.extend(splitter.finish()?);
    pieces
        .into_iter()
        .map(|piece| {
            draft(Form::Har, &piece.text.unwrap(), bounds())
                .map_err(|error| error.below(&piece.place))
        })
        .collect()
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
        ("", "log.entries"),
        ("{}", "log.entries"),
        (r#"{"log":{"entries":[{"#, "the file"),
        (r#"{"log":{}}"#, "log.entries"),
        (r#"{"log":{"entries":[{}]}}"#, "entry 1.startedDateTime"),
        (&entry("{}"), "entry 1.request.method"),
        (
            &entry(r#"{"method":"GET","headers":[]}"#),
            "entry 1.request.url",
        ),
        (
            &entry(r#"{"method":"GET","url":"/a","headers":[]}"#),
            "entry 1.request.url",
        ),
        (
            &entry(r#"{"method":"GET","url":"http://h/a"}"#),
            "entry 1.request.headers",
        ),
        (
            &entry(r#"{"method":"G T","url":"http://h/a","headers":[]}"#),
            "entry 1.request.method",
        ),
        (
            &entry(
                r#"{"method":"GET","url":"http://h/a","headers":[{"name":"a","value":"x\ny"}]}"#,
            ),
            "entry 1.request.headers[0].value",
        ),
        (
            &entry(
                r#"{"method":"GET","url":"http://h/a","headers":[],"postData":{"params":[{}]}}"#,
            ),
            "entry 1.request.postData.text",
        ),
    ] {
        assert_eq!(of_har(text).unwrap_err().place, place, "{text}");
    }
}

#[test]
fn what_is_wrong_in_a_line_is_named_with_its_number() {
    let wrong = |text: &[u8]| draft(Form::Ndjson, text, bounds()).unwrap_err().place;
    assert_eq!(wrong(b"\xff"), "");
    assert_eq!(wrong(b"{}"), "body.content");
    assert_eq!(wrong(br#"{"body":{"content":""}}"#), "received_at");
    let large = format!(
        r#"{{"received_at":"2026-01-02T03:04:05Z","method":"GET","target":"/","headers":[],"body":{{"content":"{}"}}}}"#,
        "x".repeat(101)
    );
    assert_eq!(wrong(large.as_bytes()), "body.content");
}

#[test]
fn what_a_file_is_is_told_before_much_of_it_is_held() {
    let blanks = " ".repeat(64 * 1024);
    for (begin, form) in [
        ("  ", None),
        ("{ ", None),
        ("{\"lo", None),
        (" {\"log\"", Some(Form::Har)),
        ("{\"a\"", Some(Form::Ndjson)),
        (&blanks, Some(Form::Ndjson)),
        (&format!("{{{blanks}"), Some(Form::Ndjson)),
    ] {
        assert_eq!(
            Form::of(begin.as_bytes(), false),
            Ok(form),
            "{}",
            begin.len()
        );
    }
}

/// A line of NDJSON with these members behind those that have to be there.
fn line(members: &str) -> String {
    format!(
        r#"{{"received_at":"2026-01-02T03:04:05Z","method":"GET","target":"/","body":{{"content":""}},{members}}}"#
    )
}

#[test]
fn what_no_socket_could_bring_is_refused_outside_of_fields_too() {
    let wrong = |members: &str| {
        draft(Form::Ndjson, line(members).as_bytes(), bounds())
            .unwrap_err()
            .place
    };
    assert_eq!(wrong(r#""headers":[],"host":"h\r\nX: 1""#), "host");
    assert_eq!(
        wrong(&format!(r#""headers":[],"host":"{}""#, "h".repeat(1001))),
        "headers"
    );
    assert_eq!(
        wrong(r#""headers":[],"reply":{"rule":"a\nb"}"#),
        "reply.rule"
    );
    let long = "r".repeat(1_000_000);
    assert_eq!(
        wrong(&format!(r#""headers":[],"reply":{{"rule":"{long}"}}"#)),
        "reply.rule"
    );
    assert_eq!(
        of_har(&entry(
            r#"{"method":"GET","url":"http://h\r\nX: 1/a","headers":[]}"#
        ))
        .unwrap_err()
        .place,
        "entry 1.request.url"
    );
}

#[test]
fn lines_as_sent_are_kept_where_each_of_them_is_a_field() {
    for (raw, is_kept) in [
        (&b"A:1\r\nB:  2\r\n"[..], true),
        (b"A:1\nB:2\n", true),
        (b"A:1\r\n\r\nGET /other HTTP/1.1\r\nB:2\r\n", false),
        (b"A:1\r\nB:2\r\nGET /other HTTP/1.1\r\n", false),
        (b"A:1\r\nB:2", false),
        (b"A:\r1\r\nB:2\r\n", false),
        (b"A:1\r\n", false),
    ] {
        let text = line(&format!(
            r#""headers":[{{"name":"A","value":"1"}},{{"name":"B","value":"2"}}],"raw_headers":"{}""#,
            base64::encode(raw)
        ));
        let draft = draft(Form::Ndjson, text.as_bytes(), bounds()).unwrap();
        let want = if is_kept { raw } else { b"A: 1\r\nB: 2\r\n" };
        assert_eq!(&draft.envelope.head.headers.block()[..], want);
    }
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_or_refused(text: String) {
        of_har(&text).ok();
        draft(Form::Ndjson, text.as_bytes(), bounds()).ok();
    }
}

/// The file in a form, of which so many bytes come at a time.
fn of_form(form: &[u8], at_once: usize) -> Result<Vec<u8>, String> {
    let mut upload = Upload::new("multipart/form-data; boundary=\"a b\"").unwrap();
    let mut file = Vec::new();
    for chunk in form.chunks(at_once) {
        file.extend(upload.push(chunk).map_err(|error| error.problem)?);
    }
    upload.finish().map_err(|error| error.problem)?;
    Ok(file)
}

#[test]
fn the_file_is_found_in_a_form_however_it_comes() {
    let part = |fields: &str, body: &str| {
        format!("--a b\r\nContent-Disposition: form-data; {fields}\r\n\r\n{body}\r\n")
    };
    let other = part("name=\"x\"", "--a b is no boundary here\r\n--a");
    let body = "\r\n--a\r\n\r\nline\n\0--a b\r";
    let file = part(
        "name=\"file\"; filename=\"a.har\"\r\nContent-Type: x/y",
        body,
    );
    let second = part("name=\"file\"; filename=\"b.har\"", "second");
    let form = format!("{other}{file}{second}--a b--\r\n");
    for at_once in [1, 2, 3, 7, 1000] {
        assert_eq!(
            of_form(form.as_bytes(), at_once).unwrap(),
            body.as_bytes(),
            "{at_once}"
        );
    }
    let none = part("name=\"file\"; filename=\"\"", "");
    for (form, said) in [
        (format!("{none}--a b--"), "choose a file first"),
        ("--a b--".to_owned(), "choose a file first"),
        (String::new(), "the form did not arrive whole"),
        (file.clone(), "the form did not arrive whole"),
        (
            format!("--a b{}", "x".repeat(20_000)),
            "the fields of a part have no end",
        ),
        (
            part("name=x", &"x".repeat(70_000)),
            "there is more in it than a file",
        ),
        (
            format!("{file}--a b--{}", "x".repeat(70_000)),
            "there is more in it than a file",
        ),
    ] {
        assert_eq!(of_form(form.as_bytes(), 5000).unwrap_err(), said);
    }
    for content_type in [
        "",
        "multipart/form-data",
        "multipart/mixed; boundary=x",
        "text/plain",
    ] {
        Upload::new(content_type).unwrap_err();
    }
}
