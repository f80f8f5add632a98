//! Replies that a program on somebody's own machine gave, through `hookwell listen --respond`.

use bytes::Bytes;

use super::check;
use crate::model::head::end_to_end;
use crate::model::{Answer, Headers, Reply};

/// What the rule of such a reply is called.
pub const RELAYED: &str = "hookwell-listen";

/// How the mistake of a reply begins that the bin gave because there was none.
pub const INSTEAD: &str = "hookwell listen: ";

/// An answer as the reply to a sender: without the fields of its connection, and without those that no reply of a bin may have.
pub fn relayed(answer: &Answer, is_head: bool) -> Reply {
    let is_bare = matches!(answer.status, 204 | 205 | 304);
    // Where there is no body it may say how long one would be (RFC 9110 section 8.6).
    let says_length = is_head || answer.status == 304;
    let fields = end_to_end(answer.headers.iter()).filter(|(name, _)| {
        let name = String::from_utf8_lossy(name);
        check::is_allowed(&name) || says_length && name.eq_ignore_ascii_case("content-length")
    });
    Reply {
        rule: Some(RELAYED.to_owned()),
        headers: Headers::from_fields(fields),
        body: if is_bare || is_head {
            Bytes::new()
        } else {
            answer.body.bytes.clone()
        },
        ..Reply::plain(answer.status)
    }
}

/// That the bin's reply is given in the place of such an answer, and why: beside what else went wrong with it.
pub fn instead(mut reply: Reply, why: &str) -> Reply {
    let more = reply.error.map_or_else(String::new, |error| {
        format!("; the bin's reply could not be made: in {error}")
    });
    reply.error = Some(format!("{INSTEAD}{why}{more}"));
    reply
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Body;

    #[test]
    fn answers_lose_what_would_act_on_this_origin_or_is_of_another_connection() {
        let fields: [(&[u8], &[u8]); 9] = [
            (b"Set-Cookie", b"a=b"),
            (b"Connection", b"X-Hop"),
            (b"X-Hop", b"1"),
            (b"Content-Length", b"2"),
            (b"Content-Security-Policy", b"x"),
            (b"Service-Worker-Allowed", b"/"),
            (b"NEL", b"{}"),
            (b"Location", b"/next"),
            (b"X-App", b"1"),
        ];
        let answer = |status| Answer {
            status,
            headers: Headers::from_fields(fields),
            size: 2,
            body: Body::complete(Bytes::from_static(b"ok")),
        };
        let names = |reply: &Reply| {
            let names = reply.headers.iter().map(|(name, _)| name);
            names
                .map(|name| String::from_utf8_lossy(name).into_owned())
                .collect::<Vec<_>>()
        };
        let given = relayed(&answer(201), false);
        assert_eq!(names(&given), ["Location", "X-App"]);
        assert_eq!((&*given.body, given.status), (&b"ok"[..], Some(201)));
        for (status, is_head, length) in [(204, false, 0), (304, false, 1), (200, true, 1)] {
            let given = relayed(&answer(status), is_head);
            assert!(given.body.is_empty(), "{status}");
            assert_eq!(names(&given).len(), 2 + length, "{status}");
        }
    }

    #[test]
    fn both_mistakes_of_a_reply_are_told() {
        let plain = instead(Reply::plain(200), "it left");
        assert_eq!(plain.error.as_deref(), Some("hookwell listen: it left"));
        let both = instead(plain, "no answer");
        assert!(both.error.unwrap().ends_with("in hookwell listen: it left"));
    }
}
