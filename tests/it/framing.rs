//! How requests stand on the wire: versions, chunks, pipelines, upgrades, and heads that cannot be read.

use std::net::Shutdown;

use serde_json::{Value, json};

use crate::support::{Bin, Server, eventually};

/// Waits for the traces of that many refused requests; newest first.
fn refusals(server: &Server, bin: &Bin, count: u64) -> Vec<Value> {
    eventually("a trace of the refused request", || {
        let shown = server.show(bin);
        let traces = shown["refusals"].as_array()?.clone();
        (shown["refused"].as_u64()? >= count).then_some(traces)
    })
}

#[test]
fn trailers_are_kept() {
    let server = Server::start();
    let bin = server.bin();
    let response = server.send(format!(
        "POST /{} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n\
         3;name=value\r\nabc\r\n0a\r\n0123456789\r\n0\r\nX-Sum: 13\r\n\r\n",
        bin.id
    ));
    assert_eq!(response.status, 200);
    let capture = server.capture(&bin, 1);
    assert_eq!(capture["body"]["content"], "abc0123456789");
    let trailers = capture["trailers"].as_array().unwrap();
    assert_eq!(trailers.len(), 1, "{trailers:?}");
    assert_eq!(trailers[0]["value"], "13");
    assert!(
        trailers[0]["name"]
            .as_str()
            .unwrap()
            .eq_ignore_ascii_case("x-sum")
    );
}

#[test]
fn http_1_0_is_answered_and_closed() {
    let server = Server::start();
    let bin = server.bin();
    let mut connection = server.connect();
    connection
        .send(format!(
            "POST /{} HTTP/1.0\r\nContent-Length: 2\r\n\r\nhi",
            bin.id
        ))
        .unwrap();
    assert_eq!(connection.receive().unwrap().status, 200);
    assert!(connection.is_closed());
    let capture = server.capture(&bin, 1);
    assert_eq!(capture["http_version"], "HTTP/1.0");
    assert_eq!(capture["host"], "");
}

#[test]
fn an_absolute_target_is_kept_as_sent() {
    let server = Server::start();
    let bin = server.bin();
    let target = format!("http://hooks.example:81/{}/a?b=c", bin.id);
    let response = server.send(format!(
        "GET {target} HTTP/1.1\r\nHost: other.example\r\n\r\n"
    ));
    assert_eq!(response.status, 200);
    let capture = server.capture(&bin, 1);
    assert_eq!(capture["target"], target);
    assert_eq!(
        (&capture["path"], &capture["query"]),
        (&json!("/a"), &json!("b=c"))
    );
}

#[test]
fn a_pipeline_is_answered_and_captured_in_order() {
    let server = Server::start();
    let bin = server.bin();
    let one = |i: usize| {
        let body = "b".repeat(i);
        format!(
            "POST /{}/{i} HTTP/1.1\r\nHost: x\r\nX-I: {i}\r\nContent-Length: {i}\r\n\r\n{body}",
            bin.id
        )
    };
    let mut connection = server.connect();
    connection
        .send((0..50).map(one).collect::<String>())
        .unwrap();
    for i in 1..=50 {
        let response = connection.receive().expect("an answer");
        assert_eq!(
            response.header("x-hookwell-request"),
            Some(&*i.to_string()),
            "answer {i}"
        );
    }
    for (i, capture) in server.captures(&bin).iter().enumerate() {
        assert_eq!(capture["path"], format!("/{i}"));
        assert_eq!(capture["body"]["size"], i);
        assert_eq!(capture["headers_as_sent"], true, "{i}");
        assert_eq!(capture["headers"][1]["value"], i.to_string());
    }
}

#[test]
fn a_sender_that_asks_is_told_to_go_on() {
    let server = Server::start();
    let bin = server.bin();
    let mut connection = server.connect();
    connection
        .send(format!(
            "PUT /{} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n",
            bin.id
        ))
        .unwrap();
    assert_eq!(connection.receive().unwrap().status, 100);
    connection.send("body").unwrap();
    assert_eq!(connection.receive().unwrap().status, 200);
    assert_eq!(server.body(&bin, 1), b"body");
}

#[test]
fn a_connection_stays_open_for_the_next_request() {
    let server = Server::start();
    let bin = server.bin();
    let mut connection = server.connect();
    for n in 1..=3 {
        connection
            .send(format!(
                "POST /{} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi",
                bin.id
            ))
            .unwrap();
        let response = connection.receive().expect("an answer");
        assert_eq!(response.header("x-hookwell-request"), Some(&*n.to_string()));
        assert_ne!(response.header("connection"), Some("close"));
    }
}

#[test]
fn an_answer_to_head_has_no_body_and_the_connection_goes_on() {
    let server = Server::start();
    let bin = server.bin();
    let mut connection = server.connect();
    for method in ["HEAD", "GET", "HEAD"] {
        connection
            .send(format!("{method} /{} HTTP/1.1\r\nHost: x\r\n\r\n", bin.id))
            .unwrap();
        assert_eq!(connection.receive_to(method).unwrap().status, 200);
    }
    let captures = server.captures(&bin);
    let methods: Vec<_> = captures.iter().map(|capture| &capture["method"]).collect();
    assert_eq!(methods, ["HEAD", "GET", "HEAD"]);
}

#[test]
fn a_sender_that_closed_its_half_still_hears_the_answer() {
    let server = Server::start();
    let bin = server.bin();
    let mut connection = server.connect();
    connection
        .send(format!(
            "POST /{} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi",
            bin.id
        ))
        .unwrap();
    connection.stream().shutdown(Shutdown::Write).unwrap();
    assert_eq!(connection.receive().expect("an answer").status, 200);
    assert_eq!(server.body(&bin, 1), b"hi");
    assert_eq!(server.capture(&bin, 1)["body"]["state"], "complete");
}

#[test]
fn an_offer_to_change_to_http_2_is_captured_over_http_1() {
    let server = Server::start();
    let bin = server.bin();
    let response = server.send(format!(
        "POST /{} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\nContent-Length: 2\r\n\r\nhi",
        bin.id
    ));
    assert_eq!(response.status, 200);
    let capture = server.capture(&bin, 1);
    assert_eq!(capture["http_version"], "HTTP/1.1");
    assert_eq!(capture["headers"][2]["value"], "h2c");
    assert_eq!(server.body(&bin, 1), b"hi");
}

/// What one HTTP/2 request over a connection of its own came to.
async fn over_http2(
    server: &Server,
    uri: &str,
    body: &'static [u8],
    trailer: Option<(&'static str, &'static str)>,
) -> (u16, Option<String>) {
    let stream = tokio::net::TcpStream::connect(server.address)
        .await
        .unwrap();
    let (client, connection) = h2::client::handshake(stream).await.unwrap();
    let driver = tokio::spawn(connection);
    let request = axum::http::Request::post(uri)
        .header("x-b", "1")
        .header("x-a", "2")
        .header("x-b", "3")
        .body(())
        .unwrap();
    let mut client = client.ready().await.unwrap();
    let (response, mut sending) = client.send_request(request, false).unwrap();
    sending
        .send_data(bytes::Bytes::from_static(body), trailer.is_none())
        .unwrap();
    if let Some((name, value)) = trailer {
        let mut trailers = axum::http::HeaderMap::new();
        trailers.insert(name, value.parse().unwrap());
        sending.send_trailers(trailers).unwrap();
    }
    let response = response.await.unwrap();
    let number = response
        .headers()
        .get("x-hookwell-request")
        .map(|number| number.to_str().unwrap().to_owned());
    drop((client, sending));
    driver.abort();
    (response.status().as_u16(), number)
}

#[test]
fn http_2_without_tls_is_captured() {
    let server = Server::with(&["--capture-domain", "hooks.test"]);
    let bin = server.bin();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let by_path = format!("http://any.example:99/{}/a%20b?c=%zz", bin.id);
    let by_host = format!("http://{}.hooks.test/x?y", bin.id);
    let unknown = "http://4f3c0a1b2c3d4e5f8a9b0c1d2e3f4a5b.hooks.test/";
    runtime.block_on(async {
        assert_eq!(
            over_http2(&server, &by_path, b"body", Some(("x-sum", "4"))).await,
            (200, Some("1".to_owned()))
        );
        assert_eq!(
            over_http2(&server, &by_host, b"", None).await,
            (200, Some("2".to_owned()))
        );
        assert_eq!(over_http2(&server, unknown, b"", None).await, (404, None));
    });
    let (path, host) = (server.capture(&bin, 1), server.capture(&bin, 2));
    for capture in [&path, &host] {
        assert_eq!(capture["http_version"], "HTTP/2");
        assert_eq!(capture["method"], "POST");
        let of = |wanted: &str| -> Vec<&str> {
            let fields = capture["headers"].as_array().unwrap();
            let named = fields.iter().filter(|field| field["name"] == wanted);
            named
                .map(|field| field["value"].as_str().unwrap())
                .collect()
        };
        assert_eq!((of("x-b"), of("x-a")), (vec!["1", "3"], vec!["2"]));
    }
    assert_eq!(path["target"], format!("/{}/a%20b?c=%zz", bin.id));
    assert_eq!(path["path"], "/a%20b");
    assert_eq!(path["host"], "any.example:99");
    assert_eq!(path["trailers"][0]["value"], "4");
    assert_eq!(path["body"]["content"], "body");
    assert_eq!((&host["path"], &host["query"]), (&json!("/x"), &json!("y")));
    assert_eq!(host["host"], format!("{}.hooks.test", bin.id));
}

/// A refused head for a bin of that id: the reason that is noted, the status that is answered, the bytes.
type Head<'a> = (&'a str, u16, Box<dyn Fn(&str) -> Vec<u8> + 'a>);

#[test]
fn a_head_that_cannot_be_read_leaves_a_trace_on_the_bin_it_names() {
    let server = Server::start();
    let many = "X-Many: 1\r\n".repeat(600);
    let long = "a".repeat(66_000);
    let heads: [Head<'_>; 6] = [
        (
            "malformed",
            400,
            Box::new(|id| {
                [
                    format!("GET /{id}/caf").as_bytes(),
                    b"\xe9 HTTP/1.1\r\nHost: x\r\n\r\n",
                ]
                .concat()
            }),
        ),
        (
            "malformed",
            400,
            Box::new(|id| format!("GET /{id}?q=\"a\" HTTP/1.1\r\nHost: x\r\n\r\n").into_bytes()),
        ),
        (
            "malformed",
            400,
            Box::new(|id| format!("GET /{id} HTTP/1.1\r\nHost: x\r\nX A: 1\r\n\r\n").into_bytes()),
        ),
        (
            "malformed",
            400,
            Box::new(|id| format!("GET /{id} HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n").into_bytes()),
        ),
        (
            "head_too_large",
            431,
            Box::new(|id| format!("GET /{id} HTTP/1.1\r\nHost: x\r\n{many}\r\n").into_bytes()),
        ),
        (
            "head_too_large",
            414,
            Box::new(|id| format!("GET /{id}/{long} HTTP/1.1\r\nHost: x\r\n\r\n").into_bytes()),
        ),
    ];
    for (reason, status, head) in &heads {
        let bin = server.bin();
        let head = head(&bin.id);
        let mut connection = server.connect();
        connection.send(&head).ok(); // It may be refused before its end.
        assert_eq!(connection.receive().expect("an answer").status, *status);
        assert!(connection.is_closed());
        let traces = refusals(&server, &bin, 1);
        let shown = String::from_utf8_lossy(&head[..60]).into_owned();
        assert_eq!(traces.len(), 1, "{shown}");
        assert_eq!(traces[0]["reason"], *reason, "{shown}");
        let kept = traces[0]["head"].as_str().unwrap();
        assert!(kept.starts_with(&format!("GET /{}", bin.id)), "{kept}");
        assert!(kept.len() <= 2 * 4096);
        assert_eq!(server.captures(&bin).len(), 0);
        // The bin goes on as before.
        assert_eq!(server.post(&bin, "", b""), 1);
        assert_eq!(server.show(&bin)["refused"], 1);
    }
}

#[test]
fn a_malformed_request_behind_a_good_one_is_refused_alone() {
    let server = Server::start();
    let bin = server.bin();
    let mut connection = server.connect();
    connection
        .send(format!(
            "POST /{0}/good HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhiGET /{0}?\"bad\" HTTP/1.1\r\nHost: x\r\n\r\n",
            bin.id
        ))
        .unwrap();
    assert_eq!(connection.receive().unwrap().status, 200);
    assert_eq!(connection.receive().unwrap().status, 400);
    assert!(connection.is_closed());
    let traces = refusals(&server, &bin, 1);
    assert!(traces[0]["head"].as_str().unwrap().contains("?\"bad\""));
    assert_eq!(server.captures(&bin).len(), 1);
}

#[test]
fn a_refused_head_that_names_no_bin_leaves_no_trace_anywhere() {
    let server = Server::start();
    let bin = server.bin();
    for head in [
        "GET /\"x\" HTTP/1.1\r\n\r\n",
        "\0\0\0\r\n\r\n",
        "GET\r\n\r\n",
    ] {
        let mut connection = server.connect();
        connection.send(head).unwrap();
        assert_eq!(connection.receive().expect("an answer").status, 400);
    }
    assert_eq!(server.post(&bin, "", b""), 1);
    assert_eq!(server.show(&bin)["refused"], 0);
}
