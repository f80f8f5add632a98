use super::*;
use crate::model::Headers;
use proptest::prelude::*;

fn heads(tape: &mut Tape) -> Vec<String> {
    std::iter::from_fn(|| tape.take())
        .map(|head| String::from_utf8_lossy(&head.bytes).into_owned())
        .collect()
}

fn feed(pieces: &[&[u8]]) -> Tape {
    let mut tape = Tape::new(4096);
    for piece in pieces {
        tape.feed(piece, &Clock::System);
    }
    tape
}

const PIPELINE: &[u8] = b"POST /1 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi\
    POST /2 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;ext=1\r\nyoy\r\n0\r\nX-Sum: abc\r\n\r\n\
    \r\nGET /3 HTTP/1.1\nHost: y\n\n";

#[test]
fn follows_pipelined_requests_through_their_bodies() {
    let mut tape = feed(&[PIPELINE]);
    let heads = heads(&mut tape);
    assert_eq!(heads.len(), 3, "{heads:?}");
    assert!(heads[1].starts_with("POST /2 ") && heads[2] == "GET /3 HTTP/1.1\nHost: y\n\n");
    assert!(tape.is_between());
}

#[test]
fn reads_the_same_however_the_bytes_are_cut() {
    let whole = heads(&mut feed(&[PIPELINE]));
    for at in 0..PIPELINE.len() {
        let (a, b) = PIPELINE.split_at(at);
        assert_eq!(heads(&mut feed(&[a, b])), whole, "cut at {at}");
    }
    let single: Vec<&[u8]> = PIPELINE.chunks(1).collect();
    assert_eq!(heads(&mut feed(&single)), whole);
}

#[test]
fn gives_up_on_tunnels_oversize_heads_and_bad_chunks() {
    let tape = feed(&[b"CONNECT x:1 HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n"]);
    assert_eq!(tape.phase, Phase::Lost);
    assert_eq!(feed(&[b"GET /", &[b'a'; 5000]]).phase, Phase::Lost);
    assert_eq!(
        feed(&[b"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"]).phase,
        Phase::Lost
    );
}

#[test]
fn cuts_a_head_into_its_parts() {
    let head = feed(&[b"PO\xc3\xa9ST /a b?c HTTP/1.1\r\nX-A: 1\r\nx-a:2\r\n\r\n"])
        .take()
        .unwrap();
    let (method, target, fields) = head.parts().unwrap();
    assert_eq!((method, target), (&b"PO\xc3\xa9ST"[..], &b"/a b?c"[..]));
    assert_eq!(&fields[..], b"X-A: 1\r\nx-a:2\r\n");
}

#[test]
fn agrees_with_the_map_only_when_nothing_is_missing_or_added() {
    let lines = Headers::from_wire(Bytes::from_static(b"X-A: 1\r\nX-B: 2\r\nx-a: 3\r\n"));
    let mut map = HeaderMap::new();
    map.append("x-a", "1".parse().unwrap());
    map.append("x-a", "3".parse().unwrap());
    assert!(!agrees(lines.iter(), &map));
    map.append("x-b", "2".parse().unwrap());
    assert!(agrees(lines.iter(), &map));
    map.append("x-c", "4".parse().unwrap());
    assert!(!agrees(lines.iter(), &map));
}

proptest! {
    #[test]
    fn never_panics_and_never_depends_on_the_cuts(bytes in proptest::collection::vec(any::<u8>(), 0..600), cut in 0_usize..600) {
        let cut = cut.min(bytes.len());
        let whole = heads(&mut feed(&[&bytes]));
        prop_assert_eq!(heads(&mut feed(&[&bytes[..cut], &bytes[cut..]])), whole);
    }
}
