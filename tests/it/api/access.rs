//! Who may read and change what.

use super::call::{Ask, Expect};
use super::routes::{self, Route};
use crate::support::{Bin, Response, Server};

fn keyed(server: &Server) -> Vec<Route> {
    let mut routes = routes::of_the_api(server);
    routes.retain(|route| route.keyed);
    routes
}

fn ask(server: &Server, route: &Route, bin: &Bin, authorization: Option<&str>) -> Response {
    let mut fields = vec![];
    fields.extend(authorization.map(|value| ("authorization", value)));
    let body: &[u8] = if route.method == "PATCH" {
        fields.push(("content-type", "application/json"));
        br#"{"name": "taken over"}"#
    } else {
        b""
    };
    server.ask(&route.method, &route.path(bin), &fields, body)
}

/// The bin as its owner sees it.
fn state(server: &Server, bin: &Bin) -> (String, String) {
    let shown = server.of(bin, "GET", "").is(200).text();
    let list = server.of(bin, "GET", "/captures").is(200).text();
    (shown, list)
}

#[test]
fn without_a_key_nothing_of_a_bin_is_answered() {
    let server = Server::start();
    let bin = server.bin();
    server.deliver_any(&bin);
    let before = state(&server, &bin);
    let basic = format!("Basic {}", bin.key);
    let hyphens = format!("Bearer {}-", bin.key);
    let id = format!("Bearer {}", bin.id);
    for route in keyed(&server) {
        for authorization in [
            None,
            Some(""),
            Some("Bearer"),
            Some("Bearer "),
            Some("Bearer x"),
            Some(basic.as_str()),
            Some(hyphens.as_str()),
            Some(bin.key.as_str()),
        ] {
            let answer = ask(&server, &route, &bin, authorization);
            assert_eq!(answer.field("www-authenticate"), "Bearer", "{route:?}");
            answer.problem(401, None);
        }
        // The capture URL is public: its id is no key.
        ask(&server, &route, &bin, Some(&id)).problem(404, None);
    }
    assert_eq!(state(&server, &bin), before);
}

#[test]
fn the_scheme_of_a_key_is_read_in_any_case() {
    let server = Server::start();
    let bin = server.bin();
    for scheme in ["bearer", "BEARER"] {
        let authorization = format!("{scheme} {}", bin.key);
        let path = format!("/api/v1/bins/{}", bin.id);
        server
            .ask("GET", &path, &[("authorization", &authorization)], b"")
            .is(200);
    }
}

#[test]
fn a_key_opens_its_own_bin_and_no_other() {
    let server = Server::start();
    let (one, two) = (server.bin(), server.bin());
    for bin in [&one, &two] {
        server.deliver_any(bin);
    }
    let before = (state(&server, &one), state(&server, &two));
    let nobody = Bin {
        id: "00000000000000000000000000000000".to_owned(),
        key: one.key.clone(),
    };
    // A call that names no bin is about that of its key.
    let routes = keyed(&server).into_iter();
    for route in routes.filter(|route| route.template.contains("{id}")) {
        let mut answers = vec![];
        for (bin, key) in [
            (&one, &two.key),
            (&two, &one.key),
            (&one, &nobody.id),
            (&nobody, &two.key),
        ] {
            let authorization = format!("Bearer {key}");
            let answer = ask(&server, &route, bin, Some(&authorization));
            answers.push(answer.problem(404, None));
        }
        // A bin that is there and one that is not read the same to whoever has no key to them.
        assert!(
            answers.iter().all(|answer| *answer == answers[0]),
            "{answers:?}"
        );
    }
    assert_eq!((state(&server, &one), state(&server, &two)), before);
}

#[test]
fn a_key_is_not_taken_from_the_query_or_a_cookie() {
    let server = Server::start();
    let bin = server.bin();
    for route in keyed(&server).iter().filter(|route| route.is_safe()) {
        let path = format!("{}?key={1}&access_token={1}", route.path(&bin), bin.key);
        let cookie = format!("key={0}; authorization=Bearer {0}", bin.key);
        let answer = server.ask("GET", &path, &[("cookie", &cookie)], b"");
        answer.problem(401, None);
    }
}
