//! Share links, and marks on captures: who may do what with which key, and what they see.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::api::routes::{self, Route};
use crate::support::{Bin, Events, Response, Server, eventually};

const FORM: &str = "Content-Type: application/x-www-form-urlencoded";

/// What must never be seen through a share link.
const SECRETS: [&str; 6] = [
    "Bearer-s3cr3t-of-the-sender",
    "cookie-s3cr3t",
    "query-s3cr3t",
    "card-s3cr3t",
    "form-s3cr3t",
    "part-s3cr3t",
];

fn share(server: &Server, bin: &Bin, body: &Value) -> Value {
    let path = format!("/bins/{}/share", bin.id);
    let (status, made) = server.api("POST", &path, Some(&bin.key), Some(body));
    assert_eq!(status, 201, "{made}");
    made
}

/// The bin as somebody has it who was given the link.
fn shared(server: &Server, bin: &Bin, body: &Value) -> Bin {
    Bin {
        id: bin.id.clone(),
        key: share(server, bin, body)["key"].as_str().unwrap().to_owned(),
    }
}

fn mark(server: &Server, bin: &Bin, n: u64, body: &Value) -> (u16, Value) {
    let path = format!("/bins/{}/captures/{n}", bin.id);
    server.api("PATCH", &path, Some(&bin.key), Some(body))
}

/// A bin with a request of each kind that holds something secret; the first is JSON.
fn full_of_secrets(server: &Server) -> Bin {
    let mask = json!({ "mask": { "json": ["card.number", "items.*.token"] } });
    let bin = server.bin_with(&mask);
    let auth = format!("Authorization: Bearer {}", SECRETS[0]);
    let cookie = format!("Cookie: session={}", SECRETS[1]);
    let target = format!("/{}/orders?page=2&token={}", bin.id, SECRETS[2]);
    let card = format!(r#"{{"card":{{"number":"{}"}},"total": 12.50}}"#, SECRETS[3]);
    let form = format!("a=1&password={}", SECRETS[4]);
    let parts = format!(
        "--x\r\nContent-Disposition: form-data; name=\"secret\"\r\n\r\n{}\r\n--x--\r\n",
        SECRETS[5]
    );
    let zipped = [b"\x1f\x8b", SECRETS[3].as_bytes()].concat();
    for (kind, coding, body) in [
        ("application/json", "identity", card.as_bytes()),
        (
            "application/x-www-form-urlencoded",
            "identity",
            form.as_bytes(),
        ),
        (
            "multipart/form-data; boundary=x",
            "identity",
            parts.as_bytes(),
        ),
        ("application/json", "gzip", &zipped),
    ] {
        let kind = format!("Content-Type: {kind}");
        let coding = format!("Content-Encoding: {coding}");
        let fields = [&*auth, &*cookie, &*kind, &*coding];
        assert_eq!(server.request("POST", &target, &fields, body).status, 200);
    }
    bin
}

fn ask(server: &Server, route: &Route, bin: &Bin, body: &[u8]) -> Response {
    let path = route.path(bin);
    let bearer = format!("Authorization: Bearer {}", bin.key);
    if path.starts_with("/api") {
        let fields = [&*bearer, "Content-Type: application/json"];
        server.request(
            &route.method,
            &path,
            &fields[..=usize::from(!body.is_empty())],
            body,
        )
    } else {
        server.request(&route.method, &path, &[FORM, "Accept: text/html"], body)
    }
}

/// All routes that are about a bin, of API and pages, without the streams.
fn of_bins(server: &Server) -> Vec<Route> {
    let mut routes = routes::of_the_api(server);
    routes.extend(routes::of_the_pages());
    routes.retain(|route| {
        let template = &route.template;
        (template.contains("{id}") || template.contains("{key}") || template == "/api/v1/bin")
            && !template.ends_with("/stream")
            && !template.ends_with("/events")
    });
    assert!(routes.len() > 25, "{routes:?}");
    routes
}

/// Routes that answer to a read key of the whole bin, and whether they do to one of a single request.
const OPEN: [(&str, bool); 20] = [
    ("/api/v1/bin", false),
    ("/api/v1/bins/{id}", false),
    ("/api/v1/bins/{id}/captures", false),
    ("/api/v1/bins/{id}/captures/count", false),
    ("/api/v1/bins/{id}/captures/wait", false),
    ("/api/v1/bins/{id}/captures/{n}", true),
    ("/api/v1/bins/{id}/captures/{n}/body", true),
    ("/api/v1/bins/{id}/captures/{n}/as/{format}", true),
    ("/api/v1/bins/{id}/captures/{n}/deliveries", false),
    ("/api/v1/bins/{id}/compare", false),
    ("/b/{key}/compare", false),
    ("/api/v1/bins/{id}/captures/export", false),
    ("/b/{key}/export", false),
    ("/b/{key}", true),
    ("/b/{key}/requests/{n}", true),
    ("/b/{key}/requests/{n}/body", true),
    ("/b/{key}/requests/{n}/preview", true),
    ("/b/{key}/requests/{n}/as/{format}", true),
    ("/api/v1/bins/{id}/events", false),
    ("/b/{key}/stream", false),
];

#[test]
fn a_read_key_may_read_and_nothing_else_on_every_route() {
    let server = Server::start();
    let bin = full_of_secrets(&server);
    let (whole, one) = (
        shared(&server, &bin, &json!({})),
        shared(&server, &bin, &json!({ "n": 1 })),
    );
    let before = (server.show(&bin), server.captures(&bin));
    let mut opened = 0;
    for route in of_bins(&server) {
        let open = OPEN
            .iter()
            .find(|(template, _)| *template == route.template);
        let open = open.filter(|_| route.is_safe());
        for (key, is_open) in [
            (&whole, open.is_some()),
            (&one, open.is_some_and(|open| open.1)),
        ] {
            for body in [&b""[..], b"{}", b"name=x"] {
                let answer = ask(&server, &route, key, body);
                if is_open {
                    // What is no image and no page has no preview.
                    let has_none = route.template.ends_with("/preview") && answer.status == 404;
                    assert!(has_none || [200, 303].contains(&answer.status), "{route:?}");
                    opened += 1;
                } else {
                    assert_eq!(answer.status, 403, "{route:?}: {}", answer.text());
                    assert_eq!(answer.header("set-cookie"), None, "{route:?}");
                }
                let text = answer.text();
                assert!(!text.contains(&bin.key), "{route:?} tells the key");
                for secret in SECRETS {
                    assert!(!text.contains(secret), "{route:?}: {text}");
                }
            }
        }
    }
    let routes = OPEN
        .iter()
        .filter(|(route, _)| !route.ends_with("/stream") && !route.ends_with("/events"));
    let doors: usize = routes.map(|(_, is_open)| 1 + usize::from(*is_open)).sum();
    assert_eq!(opened, doors * 3);
    assert_eq!((server.show(&bin), server.captures(&bin)), before);
}

#[test]
fn every_form_of_every_request_is_masked_for_a_read_key() {
    let server = Server::start();
    let bin = full_of_secrets(&server);
    let link = shared(&server, &bin, &json!({}));
    let mut addresses = vec![
        link.page("/export?format=har"),
        link.page("/export?format=ndjson"),
        link.page("/export?format=http"),
        link.page("/export?q=s3cr3t"),
        link.page(""),
        link.page("?part=list"),
    ];
    for n in 1..=4 {
        for below in [
            "",
            "?part=detail",
            "?view=text",
            "?view=hex",
            "?view=json",
            "/body",
            "/body?decoded=1",
            "/as/curl",
            "/as/http",
            "/as/har",
        ] {
            addresses.push(link.page(&format!("/requests/{n}{below}")));
        }
    }
    for address in addresses {
        let answer = server.get(&address);
        let text = answer.text();
        for secret in SECRETS {
            assert!(!text.contains(secret), "{address}: {text}");
        }
        // Nor in the columns of a hex view, or as Base64.
        assert!(!text.contains("s3cr3t"), "{address}");
    }
    let capture = server.capture(&link, 1);
    let content = capture["body"]["content"].as_str().unwrap();
    assert!(
        content.starts_with(r#"{"card":{"number":"••• (11 bytes)"},"total": 12.50}"#),
        "{content}"
    );
    assert!(
        capture["query"]
            .as_str()
            .unwrap()
            .starts_with("page=2&token=•••(12)")
    );
    let field = |capture: &Value, name: &str| {
        let fields = capture["headers"].as_array().unwrap();
        let found = fields.iter().find(|field| field["name"] == name);
        found.unwrap()["value"].as_str().unwrap().to_owned()
    };
    let hidden = field(&capture, "Authorization");
    assert!(hidden.starts_with("Bearer ••• (27 bytes, #"), "{hidden}");
    assert_eq!(hidden, field(&server.capture(&link, 2), "Authorization"));
    let withheld = server.capture(&link, 4);
    assert!(
        withheld["body"]["content"]
            .as_str()
            .unwrap()
            .contains("withheld")
    );

    // Its owner sees everything, and what is masked is what the settings say.
    assert!(
        server
            .get(&bin.page("/requests/1"))
            .text()
            .contains(SECRETS[3])
    );
    let path = format!("/bins/{}", bin.id);
    let change = json!({ "mask": { "headers": [], "json": [], "query": [] } });
    assert_eq!(
        server.api("PATCH", &path, Some(&bin.key), Some(&change)).0,
        200
    );
    assert_eq!(server.body(&link, 1), server.body(&bin, 1));
    assert!(
        server
            .get(&link.page("/requests/1"))
            .text()
            .contains(SECRETS[0])
    );
}

#[test]
fn streams_are_masked_for_a_read_key() {
    let server = Server::start();
    let bin = server.bin();
    let link = shared(&server, &bin, &json!({}));
    let bearer = format!("authorization: Bearer {}", link.key);
    let path = format!("/api/v1/bins/{}/events", link.id);
    let mut streams = [
        Events::open(&server, &link.page("/stream"), &[]),
        Events::open(&server, &path, &[&bearer]),
    ];
    let send = || {
        let target = format!("/{}/x?token={}", bin.id, SECRETS[2]);
        let auth = format!("Authorization: {}", SECRETS[0]);
        server.request("POST", &target, &[&auth], b"{}")
    };
    assert_eq!(send().status, 200);
    assert_eq!(mark(&server, &bin, 1, &json!({ "note": "seen" })).0, 200);
    for (stream, came) in streams.iter_mut().zip(["row", "capture"]) {
        for name in [came, "marked"] {
            let event = std::iter::from_fn(|| stream.next()).find(|event| event.event == name);
            let data = event.unwrap().data;
            assert!(
                data.contains("•••(12)") && !data.contains("s3cr3t"),
                "{data}"
            );
        }
    }
    // What is masked is as the settings are when it is told.
    let path = format!("/bins/{}", bin.id);
    let change = json!({ "mask": { "query": [] } });
    assert_eq!(
        server.api("PATCH", &path, Some(&bin.key), Some(&change)).0,
        200
    );
    assert_eq!(send().status, 200);
    for (stream, came) in streams.iter_mut().zip(["row", "capture"]) {
        let event = std::iter::from_fn(|| stream.next()).find(|event| event.event == came);
        let data = event.unwrap().data;
        assert!(
            data.contains(SECRETS[2]) && !data.contains(SECRETS[0]),
            "{data}"
        );
    }
}

#[test]
fn a_share_of_one_request_shows_no_other() {
    let server = Server::start();
    let bin = server.bin();
    for n in 1..=3 {
        server.post(&bin, &format!("/number/{n}"), b"{}");
    }
    let link = shared(&server, &bin, &json!({ "n": 2 }));
    let page = server.get(&link.page("/requests/2")).text();
    assert!(page.contains("/number/2"));
    assert!(!page.contains("/number/1") && !page.contains("/number/3"));
    assert!(!page.contains("/requests/1") && !page.contains("/requests/3"));
    let home = server.get(&link.page(""));
    assert_eq!(home.status, 303);
    assert_eq!(home.header("location"), Some(&*link.page("/requests/2")));
    for n in [1, 3, 4] {
        for below in ["", "/body", "/as/curl"] {
            let answer = server.get(&link.page(&format!("/requests/{n}{below}")));
            assert_eq!(answer.status, 404, "{n}{below}");
            let path = format!("/bins/{}/captures/{n}{below}", bin.id);
            assert_eq!(server.api("GET", &path, Some(&link.key), None).0, 404);
        }
    }
    assert_eq!(server.get(&link.page("/stream")).status, 403);
    // What is not there cannot be shared.
    let path = format!("/bins/{}/share", bin.id);
    let (status, _) = server.api("POST", &path, Some(&bin.key), Some(&json!({ "n": 9 })));
    assert_eq!(status, 404);
}

#[test]
fn a_link_that_ends_says_so_and_ends_its_streams() {
    let server = Server::start();
    let bin = server.bin();
    server.post(&bin, "/a", b"{}");
    let made = share(&server, &bin, &json!({ "expires_in": 1 }));
    let revoked = shared(&server, &bin, &json!({ "expires_in": null }));
    let stays = shared(&server, &bin, &json!({}));
    let short = Bin {
        id: bin.id.clone(),
        key: made["key"].as_str().unwrap().to_owned(),
    };
    assert!(
        made["url"]
            .as_str()
            .unwrap()
            .ends_with(&format!("/b/{}", short.key))
    );
    let open = |key: &Bin| {
        let page = Events::open(&server, &key.page("/stream?after=1"), &[]);
        let bearer = format!("authorization: Bearer {}", key.key);
        let path = format!("/api/v1/bins/{}/events?after=1", key.id);
        [page, Events::open(&server, &path, &[&bearer])]
    };
    let (mut still, mut over) = (open(&stays), open(&revoked));
    let (status, list) = server.api(
        "GET",
        &format!("/bins/{}/share", bin.id),
        Some(&bin.key),
        None,
    );
    assert_eq!(status, 200);
    assert!(
        !list.to_string().contains(&revoked.key),
        "a key is told once"
    );
    let id =
        list["shares"].as_array().unwrap().iter().find(|share| {
            share["expires_at"].is_null() && share["id"].as_u64() > made["id"].as_u64()
        });
    // Newest first: the second of those without an end is the one to revoke.
    let ids: Vec<_> = list["shares"]
        .as_array()
        .unwrap()
        .iter()
        .map(|share| share["id"].clone())
        .collect();
    assert!(id.is_some() && ids.len() >= 2, "{list}");
    let path = format!("/bins/{}/share/{}", bin.id, ids[1]);
    assert_eq!(server.api("DELETE", &path, Some(&bin.key), None).0, 204);
    assert_eq!(server.api("DELETE", &path, Some(&bin.key), None).0, 404);

    let end = |stream: &mut Events| loop {
        match stream.next() {
            Some(event) if event.event == "gone" => break,
            Some(event) => assert_eq!(event.event, "count", "{event:?}"),
            None => panic!("it ended without a word"),
        }
    };
    for stream in &mut over {
        end(stream);
        assert_eq!(stream.next(), None);
    }
    eventually("the short link to end", || {
        (server.get(&short.page("")).status == 410).then_some(())
    });
    for key in [&short, &revoked] {
        let page = server.get(&key.page("/requests/1"));
        assert_eq!(page.status, 410);
        assert!(page.text().contains("This link has ended"));
        assert_eq!(server.get(&key.page("/stream")).status, 204);
        let path = format!("/bins/{}/captures", bin.id);
        assert_eq!(server.api("GET", &path, Some(&key.key), None).0, 410);
    }
    // The third goes on, until all are revoked.
    server.post(&bin, "/b", b"{}");
    for (stream, name) in still.iter_mut().zip(["row", "capture"]) {
        let came = std::iter::from_fn(|| stream.next()).find(|event| event.event == name);
        assert_eq!(came.unwrap().id.as_deref(), Some("2"));
    }
    let path = format!("/bins/{}/share", bin.id);
    assert_eq!(server.api("DELETE", &path, Some(&bin.key), None).0, 204);
    still.iter_mut().for_each(end);
    assert_eq!(server.get(&bin.page("")).status, 200);
}

#[test]
fn an_open_stream_ends_when_the_time_of_its_link_is_over() {
    let server = Server::start();
    let bin = server.bin();
    let link = shared(&server, &bin, &json!({ "expires_in": 2 }));
    let mut stream = Events::open(&server, &link.page("/stream"), &[]);
    assert_eq!(stream.status, 200);
    let last = std::iter::from_fn(|| stream.next()).last();
    assert_eq!(last.unwrap().event, "gone");
    assert_eq!(server.get(&link.page("")).status, 410);
}

#[test]
fn what_cannot_be_shared_or_noted_is_refused_by_name() {
    let server = Server::start();
    let bin = server.bin();
    server.post(&bin, "", b"{}");
    let path = format!("/bins/{}/share", bin.id);
    for (body, field) in [
        (json!({ "expires_in": 0 }), "expires_in"),
        (json!({ "expires_in": "1" }), "expires_in"),
        (json!({ "n": -1 }), "n"),
        (json!({ "x": 1 }), "x"),
    ] {
        let (status, problem) = server.api("POST", &path, Some(&bin.key), Some(&body));
        assert_eq!(
            (status, &problem["field"]),
            (422, &json!(field)),
            "{problem}"
        );
    }
    for (body, field) in [
        (json!({ "pinned": "yes" }), "pinned"),
        (json!({ "note": null }), "note"),
        (json!({ "note": "é".repeat(2001) }), "note"),
        (json!({ "imported": true }), "imported"),
    ] {
        let (status, problem) = mark(&server, &bin, 1, &body);
        assert_eq!(
            (status, &problem["field"]),
            (422, &json!(field)),
            "{problem}"
        );
    }
    let path = format!("/bins/{}", bin.id);
    for list in [json!(["a b"]), json!([""]), json!(vec!["x"; 51])] {
        let body = json!({ "mask": { "json": list } });
        let (status, problem) = server.api("PATCH", &path, Some(&bin.key), Some(&body));
        assert_eq!(
            (status, &problem["field"]),
            (422, &json!("mask.json")),
            "{problem}"
        );
    }
    assert_eq!(mark(&server, &bin, 2, &json!({ "pinned": true })).0, 404);
}

#[test]
fn marks_are_kept_told_and_survive_the_limits() {
    let mut server = Server::start();
    let bin = server.bin_with(&json!({ "keep": { "captures": 4 } }));
    for _ in 1..=3 {
        server.post(&bin, "/x", b"{}");
    }
    let bearer = format!("authorization: Bearer {}", bin.key);
    let path = format!("/api/v1/bins/{}/events", bin.id);
    let mut stream = Events::open(&server, &path, &[&bearer]);
    let note = "é".repeat(2000);
    let (status, marked) = mark(&server, &bin, 1, &json!({ "pinned": true, "note": note }));
    assert_eq!(status, 200, "{marked}");
    assert_eq!(
        (&marked["pinned"], &marked["note"]),
        (&json!(true), &json!(note))
    );
    let event = stream.next().unwrap();
    assert_eq!((event.event.as_str(), event.id), ("marked", None));
    let told: Value = serde_json::from_str(&event.data).unwrap();
    assert_eq!((&told["n"], &told["pinned"]), (&json!(1), &json!(true)));
    assert_eq!(mark(&server, &bin, 2, &json!({ "pinned": true })).0, 200);
    let (status, problem) = mark(&server, &bin, 3, &json!({ "pinned": true }));
    assert_eq!(
        (status, &problem["title"]),
        (409, &json!("Too much is pinned"))
    );
    for _ in 0..6 {
        server.post(&bin, "/x", b"{}");
    }
    server.kill();
    server.start_again();
    let left: Vec<_> = server
        .captures(&bin)
        .iter()
        .map(|one| one["n"].clone())
        .collect();
    assert_eq!(left, [1, 2, 8, 9]);
    assert_eq!(server.show(&bin)["pinned"], 2);
    let page = server.get(&bin.page("/clear")).text();
    assert!(page.contains("2 of them are pinned"));
}

#[test]
fn pages_mark_by_forms() {
    let server = Server::start();
    let bin = server.bin();
    server.post(&bin, "/x", b"{}");
    let send = |fields: &str| {
        let address = bin.page("/requests/1/mark");
        let answer = server.request("POST", &address, &[FORM], fields.as_bytes());
        assert_eq!(answer.status, 303, "{}", answer.text());
        server.capture(&bin, 1)
    };
    assert_eq!(send("pinned=yes")["pinned"], true);
    let noted = send("note=%3Cb%3Eone%0D%0Atwo");
    assert_eq!(
        (&noted["note"], &noted["pinned"]),
        (&json!("<b>one\ntwo"), &json!(true))
    );
    let page = server.get(&bin.page("/requests/1")).text();
    assert!(
        page.contains("&#60;b&#62;one\ntwo") && !page.contains("<b>one"),
        "{page}"
    );
    assert_eq!(send("pinned=no")["note"], "<b>one\ntwo");
}

#[test]
fn links_are_made_and_revoked_by_forms() {
    let server = Server::start();
    let bin = server.bin();
    server.post(&bin, "/x", b"{}");
    let send = |below: &str, fields: &str| {
        server.request("POST", &bin.page(below), &[FORM], fields.as_bytes())
    };
    let made = send("/share", "expires_in=3600&n=1").text();
    let base = format!("{}/b/", server.base());
    // Shown once, and never the bin's own key.
    let key = made.split(&base).nth(1).unwrap()[..32].to_owned();
    assert_ne!(key, bin.key);
    let link = Bin {
        id: bin.id.clone(),
        key,
    };
    assert_eq!(server.get(&link.page("/requests/1")).status, 200);
    let list = server.get(&bin.page("/share")).text();
    assert!(list.contains("Request #1") && !list.contains(&link.key));
    let revoke = list
        .split(&format!("{}/", bin.page("/share")))
        .nth(1)
        .unwrap();
    let id = revoke.split('/').next().unwrap();
    assert_eq!(send(&format!("/share/{id}/revoke"), "").status, 303);
    assert_eq!(server.get(&link.page("/requests/1")).status, 410);
    for (fields, status) in [("expires_in=0", 422), ("expires_in=x", 422), ("n=7", 404)] {
        assert_eq!(send("/share", fields).status, status, "{fields}");
    }
}

/// A search that saw more than its reader would tell what is masked, one guess after another.
#[test]
fn a_read_key_finds_nothing_by_what_is_masked() {
    let server = Server::start();
    let bin = full_of_secrets(&server);
    let link = shared(&server, &bin, &json!({}));
    let count = |bin: &Bin, filter: &str| {
        let path = format!("/bins/{}/captures/count?q={filter}", bin.id);
        let (status, counted) = server.api("GET", &path, Some(&bin.key), None);
        assert_eq!(status, 200, "{counted}");
        let path = format!("/bins/{}/captures?q={filter}", bin.id);
        let (_, list) = server.api("GET", &path, Some(&bin.key), None);
        let listed = list["captures"].as_array().unwrap().len() as u64;
        assert_eq!(counted["captures"], listed);
        listed
    };
    for (filter, whole, masked) in [
        (format!("header.authorization:*{}", SECRETS[0]), 4, 0),
        (format!("query.token:{}", SECRETS[2]), 4, 0),
        (format!("target:*{}*", SECRETS[2]), 4, 0),
        (format!("json.card.number:{}", SECRETS[3]), 1, 0),
        (format!("form.password:{}", SECRETS[4]), 1, 0),
        (format!("body:*{}*", SECRETS[5]), 1, 0),
        (SECRETS[1].to_owned(), 4, 0),
        ("method:POST+query.page:2".to_owned(), 4, 4),
        ("json.total:12.50".to_owned(), 1, 1),
    ] {
        assert_eq!(count(&bin, &filter), whole, "{filter}");
        assert_eq!(count(&link, &filter), masked, "{filter}");
    }
}

/// The rule that keeps masking whole: pages and API read captures through `web/access` alone.
#[test]
fn nothing_but_the_access_module_reads_captures_for_readers() {
    let mut files = Vec::new();
    let mut folders: Vec<PathBuf> = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src/web")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if !path.is_dir() {
                files.push(path);
            } else if !path.ends_with("web/access") {
                folders.push(path);
            }
        }
    }
    let mut open = 0;
    for file in files {
        let source = fs::read_to_string(&file).unwrap();
        // A handler that is open to read keys, up to the next one.
        for handler in source.split("async fn ").skip(1) {
            let taken = handler.split(") ->").next().unwrap();
            if !["Visit", "Glimpse"].iter().any(|word| taken.contains(word)) {
                continue;
            }
            open += 1;
            for call in [
                "store.capture(",
                "store.lines(",
                "store.bodies(",
                "store.search(",
                "hub.subscribe(",
                "store.refusals(",
            ] {
                assert!(!handler.contains(call), "{}: {call}", file.display());
            }
        }
    }
    assert!(open >= 9, "{open}");
}
