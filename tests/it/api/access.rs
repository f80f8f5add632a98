//! Who may read and change what.

use super::routes::{self, Route};
use super::server::{Answer, Server, TestBin};

async fn keyed(server: &Server) -> Vec<Route> {
    let mut routes = routes::of_the_api(server).await;
    routes.retain(|route| route.keyed);
    routes
}

async fn ask(server: &Server, route: &Route, bin: &TestBin, authorization: Option<&str>) -> Answer {
    let mut fields = vec![];
    fields.extend(authorization.map(|value| ("authorization", value)));
    let body: &[u8] = if route.method == "PATCH" {
        fields.push(("content-type", "application/json"));
        br#"{"name": "taken over"}"#
    } else {
        b""
    };
    server
        .ask(&route.method, &route.path(bin), &fields, body)
        .await
}

/// The bin as its owner sees it.
async fn state(server: &Server, bin: &TestBin) -> (String, String) {
    let shown = server.of(bin, "GET", "").await.expect(200).text();
    let list = server.of(bin, "GET", "/captures").await.expect(200).text();
    (shown, list)
}

#[tokio::test]
async fn without_a_key_nothing_of_a_bin_is_answered() {
    let server = Server::start().await;
    let bin = server.bin().await;
    server.send(&bin, "POST", "", &[], b"x").await;
    let before = state(&server, &bin).await;
    let basic = format!("Basic {}", bin.key);
    let hyphens = format!("Bearer {}-", bin.key);
    let id = format!("Bearer {}", bin.id);
    for route in keyed(&server).await {
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
            let answer = ask(&server, &route, &bin, authorization).await;
            assert_eq!(answer.header("www-authenticate"), "Bearer", "{route:?}");
            answer.expect_problem(401, None);
        }
        // The capture URL is public: its id is no key.
        ask(&server, &route, &bin, Some(&id))
            .await
            .expect_problem(404, None);
    }
    assert_eq!(state(&server, &bin).await, before);
}

#[tokio::test]
async fn the_scheme_of_a_key_is_read_in_any_case() {
    let server = Server::start().await;
    let bin = server.bin().await;
    for scheme in ["bearer", "BEARER"] {
        let authorization = format!("{scheme} {}", bin.key);
        let path = format!("/api/v1/bins/{}", bin.id);
        server
            .ask("GET", &path, &[("authorization", &authorization)], b"")
            .await
            .expect(200);
    }
}

#[tokio::test]
async fn a_key_opens_its_own_bin_and_no_other() {
    let server = Server::start().await;
    let (one, two) = (server.bin().await, server.bin().await);
    for bin in [&one, &two] {
        server.send(bin, "POST", "", &[], b"x").await;
    }
    let before = (state(&server, &one).await, state(&server, &two).await);
    let nobody = TestBin {
        id: "00000000000000000000000000000000".to_owned(),
        key: one.key.clone(),
    };
    for route in keyed(&server).await {
        let mut answers = vec![];
        for (bin, key) in [
            (&one, &two.key),
            (&two, &one.key),
            (&one, &nobody.id),
            (&nobody, &two.key),
        ] {
            let authorization = format!("Bearer {key}");
            let answer = ask(&server, &route, bin, Some(&authorization)).await;
            answers.push(answer.expect_problem(404, None));
        }
        // A bin that is there and one that is not read the same to whoever has no key to them.
        assert!(
            answers.iter().all(|answer| *answer == answers[0]),
            "{answers:?}"
        );
    }
    assert_eq!(
        (state(&server, &one).await, state(&server, &two).await),
        before
    );
}

#[tokio::test]
async fn a_key_is_not_taken_from_the_query_or_a_cookie() {
    let server = Server::start().await;
    let bin = server.bin().await;
    for route in keyed(&server).await.iter().filter(|route| route.is_safe()) {
        let path = format!("{}?key={1}&access_token={1}", route.path(&bin), bin.key);
        let cookie = format!("key={0}; authorization=Bearer {0}", bin.key);
        let answer = server.ask("GET", &path, &[("cookie", &cookie)], b"").await;
        answer.expect_problem(401, None);
    }
}
