//! What is done with bytes of strangers, as functions of them: none may panic, run for ever or take memory without end.
//!
//! Two drive them: libFuzzer, one binary each in `fuzz_targets/`, and `tests/it/fuzz.rs` in the normal test run, so that they keep
//! building and working. To add one: a function here, its line in [`ALL`], its file in `fuzz_targets/` and in `Cargo.toml`.

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use bytes::Bytes;
use hookwell::filter::{Filter, Subject};
use hookwell::import::split::{Form, Splitter};
use hookwell::import::{self, Bounds};
use hookwell::model::{
    Body, CaptureNumber, Draft, Envelope, Head, Headers, Reply, Scheme, Timestamp, Version,
};
use hookwell::provider::{self, Options, Others, PROVIDERS, Request, Secret, handshake};
use hookwell::viewer::{self, VIEWERS, Window, cloud_event, credentials, decode};

/// A function over bytes of a stranger.
pub(super) type Target = fn(&[u8]);

/// All of them, by the names of their binaries.
pub(super) const ALL: [(&str, Target); 6] = [
    ("recognition", recognition),
    ("headers", headers),
    ("verification", verification),
    ("filters", filters),
    ("viewers", viewers),
    ("archives", archives),
];

/// The time of arrival: 2026-11-25T09:30:12Z.
const NOW: Timestamp = Timestamp::from_micros(1_795_599_012_000_000);

/// The most bytes that a decoder may make of a few.
const CAP: usize = 1 << 20;

/// A request in HTTP/1.1 as it is read from a file: forgiving, as it is not the framing that is tried here.
fn request(data: &[u8]) -> (Head, &[u8]) {
    let end = data.windows(4).position(|four| four == b"\r\n\r\n");
    let (head, body) = end.map_or((data, &[][..]), |at| (&data[..at + 2], &data[at + 4..]));
    let line_end = head
        .iter()
        .position(|&b| b == b'\n')
        .map_or(head.len(), |at| at + 1);
    let (line, fields) = head.split_at(line_end);
    let line = String::from_utf8_lossy(line);
    let mut words = line.split_whitespace();
    let head = Head {
        method: words.next().unwrap_or("POST").to_owned(),
        target: words.next().unwrap_or("/").to_owned(),
        path_at: 0,
        version: Version::Http11,
        headers: Headers::from_wire(Bytes::copy_from_slice(fields)),
    };
    (head, body)
}

fn asked<'a>(head: &'a Head, body: &'a [u8]) -> Request<'a> {
    Request {
        head,
        body,
        url: "https://hooks.example/in",
        arrived: NOW,
    }
}

fn draft(head: Head, body: &[u8]) -> Draft {
    let sender = provider::recognise(&head, body);
    let ip = IpAddr::V4(Ipv4Addr::LOCALHOST);
    Draft {
        envelope: Envelope {
            received_at: NOW,
            took_us: 1,
            head,
            scheme: Scheme::Https,
            host: "hooks.example".to_owned(),
            client: ip,
            peer: SocketAddr::new(ip, 1),
            trailers: Headers::default(),
            reply: Reply::plain(200),
        },
        body: Body::complete(Bytes::copy_from_slice(body)),
        imported: false,
        sender,
    }
}

/// Who sent it, and what a provider asks before it sends.
pub(super) fn recognition(data: &[u8]) {
    let (head, body) = request(data);
    let known = provider::recognise(&head, body);
    let known = known.and_then(|sender| provider::find(&sender.provider));
    let request = asked(&head, body);
    let could_be = handshake::could_be(known, &request);
    let secrets = [Secret::new("a-secret")];
    let answered = handshake::answer(known, &request, |_| &secrets);
    assert!(
        could_be || answered.is_none(),
        "an answer to what could be none"
    );
}

/// Header lines as they came, and what is read out of them.
pub(super) fn headers(data: &[u8]) {
    let headers = Headers::from_wire(Bytes::copy_from_slice(data));
    for (name, value) in headers.iter() {
        let name = String::from_utf8_lossy(name);
        headers.get(&name);
        headers.get_text(&name);
        hookwell::model::head::text(value);
    }
    // Written by fields and read again they are the same fields.
    let again = Headers::from_fields(headers.iter());
    assert!(again.iter().eq(headers.iter()), "fields changed");
    credentials::of(&headers);
    cloud_event::of(&headers, &viewer::Subject::new(data, None));
}

/// The signature of every provider, right or wrong, and why it does not fit.
pub(super) fn verification(data: &[u8]) {
    let Some((&first, data)) = data.split_first() else {
        return;
    };
    let provider = PROVIDERS[usize::from(first) % PROVIDERS.len()];
    let (head, body) = request(data);
    let request = asked(&head, body);
    let made_up = provider.made_up_secret([first; 16]);
    let secrets = [made_up.unwrap_or_else(|| Secret::new("a-secret"))];
    provider.certificate_url(&request);
    provider.verify(&[], &request, Options::default());
    let verdict = provider.verify(&secrets, &request, Options::default());
    let why = provider.explain(&secrets, &request, Options::default(), &Others::default());
    if let Some(why) = why {
        assert_eq!(
            why.verdict.state, verdict.state,
            "the explanation judges otherwise"
        );
    }
}

/// The first line is a filter, the rest a request that it is held against.
pub(super) fn filters(data: &[u8]) {
    let end = data.iter().position(|&b| b == b'\n').unwrap_or(data.len());
    let (line, rest) = data.split_at(end);
    let Ok(line) = std::str::from_utf8(line) else {
        return;
    };
    let Ok(filter) = Filter::parse(line, NOW) else {
        return;
    };
    let printed = filter.to_string();
    let again = Filter::parse(&printed, NOW);
    let again = again.unwrap_or_else(|error| panic!("{printed}: {error:?}"));
    let (head, body) = request(rest.strip_prefix(b"\n").unwrap_or(rest));
    let capture = draft(head, body).numbered(CaptureNumber(1));
    let subject = Subject::capture(&capture);
    assert_eq!(
        filter.matches(&subject),
        again.matches(&subject),
        "{line} or {printed}"
    );
}

/// The first line is a content type, the rest a body, which is also taken for one in every coding.
pub(super) fn viewers(data: &[u8]) {
    let end = data.iter().position(|&b| b == b'\n').unwrap_or(data.len());
    let (line, rest) = data.split_at(end);
    let body = rest.strip_prefix(b"\n").unwrap_or(rest);
    let kind = std::str::from_utf8(line).ok();
    let subject = viewer::Subject::new(body, kind);
    for offset in [0, 3] {
        let window = Window { offset, all: false };
        viewer::choose(&subject, None, window);
        for viewer in VIEWERS {
            viewer::choose(&subject, Some(viewer.name), window);
        }
    }
    for coding in ["gzip", "deflate", "br", "zstd", "zstd, gzip"] {
        if let Ok(decoded) = decode::undo(body, &decode::codings(coding), CAP) {
            assert!(decoded.bytes.len() <= CAP, "{coding} is without bounds");
        }
    }
}

/// A file of captures, as it is imported: whole, and byte by byte.
pub(super) fn archives(data: &[u8]) {
    let bounds = Bounds {
        body: 1 << 20,
        head: 1 << 16,
        now: NOW,
    };
    let Ok(Some(form)) = Form::of(data, true) else {
        return;
    };
    let split = |step: usize| {
        let mut splitter = Splitter::new(form, 1 << 16);
        let mut pieces = VecDeque::new();
        for chunk in data.chunks(step) {
            splitter.push(chunk, &mut pieces);
        }
        let rest = splitter.finish();
        (pieces, rest.map_err(|error| error.to_string()))
    };
    let (pieces, rest) = split(data.len().max(1));
    assert_eq!(
        (&pieces, &rest),
        (&split(1).0, &split(1).1),
        "it matters how it comes"
    );
    for piece in pieces.into_iter().chain(rest.ok().flatten()) {
        if let Some(text) = piece.text {
            import::draft(form, &text, bounds).ok();
        }
    }
}
