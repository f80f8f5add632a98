//! Waiting for captures, over the API and with `hookwell wait`.

use serde_json::{Value, json};

use super::home::{Home, told};
use crate::support::{Bin, Ends, Server};

fn wait(server: &Server, bin: &Bin, query: &str) -> (u16, Value) {
    let path = format!("/bins/{}/captures/wait?{query}", bin.id);
    server.api("GET", &path, Some(&bin.key), None)
}

fn numbers(waited: &Value) -> Vec<u64> {
    let captures = waited["captures"].as_array().unwrap().iter();
    captures.map(|one| one["n"].as_u64().unwrap()).collect()
}

#[test]
fn those_that_came_before_count_and_the_rest_is_waited_for() {
    let server = Server::start();
    let bin = server.bin();
    server.post(&bin, "/a", b"{\"n\": 1}");
    server.post(&bin, "/b", b"{\"n\": 2}");
    let (status, waited) = wait(&server, &bin, "q=path:/a");
    assert_eq!((status, numbers(&waited)), (200, vec![1]));
    assert_eq!(
        (&waited["after"], &waited["captures"][0]["path"]),
        (&json!(1), &json!("/a"))
    );
    assert_eq!(waited["captures"][0]["body"].get("content"), None);
    // Not enough yet.
    let (status, waited) = wait(&server, &bin, "count=3&timeout=0");
    assert_eq!((status, numbers(&waited)), (408, vec![1, 2]));
    std::thread::scope(|scope| {
        let asking = scope.spawn(|| wait(&server, &bin, "q=json.n%3E1&count=3&timeout=20"));
        for n in [1, 3, 0, 4, 5] {
            server.post(&bin, "/a", format!("{{\"n\": {n}}}").as_bytes());
        }
        let (status, waited) = asking.join().unwrap();
        assert_eq!((status, numbers(&waited)), (200, vec![2, 4, 6]));
        assert_eq!(waited["after"], 6);
    });
    let (_, waited) = wait(&server, &bin, "q=json.n%3E1&after=6");
    assert_eq!(numbers(&waited), [7]);
    assert_eq!(wait(&server, &bin, "after=99&timeout=0").0, 408);
}

#[test]
fn many_that_came_before_are_looked_through() {
    let server = Server::start();
    let bin = server.bin_with(&json!({ "keep": { "captures": 3000 } }));
    let line = r#"{"received_at":"2020-01-02T03:04:05Z","method":"GET","target":"/x","headers":[],"body":{"encoding":"utf-8","content":"y"}}"#;
    let last = line.replace("/x", "/last");
    let file = format!("{}{last}\n", format!("{line}\n").repeat(1500));
    let key = format!("Authorization: Bearer {}", bin.key);
    let path = format!("/api/v1/bins/{}/captures/import", bin.id);
    let answer = server.request("POST", &path, &[&key], file.as_bytes());
    assert_eq!(answer.json()["imported"], 1501);
    let (status, waited) = wait(&server, &bin, "q=target:*last&timeout=20");
    assert_eq!((status, numbers(&waited)), (200, vec![1501]));
    let (status, waited) = wait(
        &server,
        &bin,
        "q=body:y%20method:GET&after=1200&count=200&timeout=5",
    );
    assert_eq!((status, numbers(&waited).len()), (200, 200));
}

#[test]
fn a_wait_ends_with_its_bin_and_wrong_questions_are_refused() {
    let server = Server::start();
    let bin = server.bin();
    for query in [
        "count=0",
        "count=201",
        "timeout=301",
        "timeout=x",
        "q=since:",
        "page=1",
    ] {
        let (status, problem) = wait(&server, &bin, query);
        assert_eq!(status, 422, "{query}: {problem}");
    }
    std::thread::scope(|scope| {
        let asking = scope.spawn(|| wait(&server, &bin, "timeout=20"));
        let path = format!("/bins/{}", bin.id);
        assert_eq!(server.api("DELETE", &path, Some(&bin.key), None).0, 204);
        // Whichever of the two came first: a key that opens nothing any more, or a bin that ended.
        let (status, problem) = asking.join().unwrap();
        assert!([404, 410].contains(&status), "{status} {problem}");
    });
}

#[test]
fn the_exit_code_says_whether_they_came() {
    let server = Server::start();
    let home = Home::new(&server);
    let bin = server.bin();
    let words = [
        "wait",
        "-q",
        "method:POST path:/orders/*",
        "--count",
        "2",
        "--timeout",
        "20s",
    ];
    let mut child = home.start(Some(&bin), &words);
    for path in ["/orders/1", "/other", "/orders/2"] {
        server.post(&bin, path, b"{}");
    }
    let (code, said, error) = told(&child.to_end());
    assert_eq!((code, &*error), (0, ""));
    // As the API and `hookwell tail` write them.
    let begin = format!("{{\"n\":1,\"bin\":\"{}\",\"received_at\":", bin.id);
    assert!(said.starts_with(&begin), "{said}");
    let paths: Vec<Value> = said
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["path"].clone())
        .collect();
    assert_eq!(paths, ["/orders/1", "/orders/2"]);
    for words in [
        &["wait", "-q", "since:"][..],
        &["wait", "--timeout", "soon"],
        &["wait", "--count", "0"],
        &["wait", "--bin", "x"],
    ] {
        let (code, _, error) = told(&home.run(&bin, words));
        assert_eq!(code, 2, "{words:?}: {error}");
    }
}

#[test]
fn what_came_instead_is_explained() {
    let server = Server::start();
    let home = Home::new(&server);
    let bin = server.bin();
    server.post(&bin, "/orders/1", b"{\"amount\": 5}");
    server.post(&bin, "/other", b"{\"amount\": 500}");
    let filter = "method:POST path:/orders/* json.amount>100";
    let words = [
        "wait",
        "-q",
        filter,
        "--timeout",
        "0",
        "--junit",
        "report.xml",
    ];
    let (code, said, error) = told(&home.run(&bin, &words));
    assert_eq!((code, &*said), (1, ""));
    assert_eq!(
        error,
        format!(
            "0 of 1 came in 0 s: {filter}\n\
             #1 POST /orders/1: does not match json.amount>100\n\
             #2 POST /other: does not match path:/orders/*\n"
        )
    );
    let report = std::fs::read_to_string(home.path().join("report.xml")).unwrap();
    assert!(report.contains("failures=\"1\""), "{report}");
    assert!(
        report.contains("does not match json.amount&gt;100"),
        "{report}"
    );
    let words = ["wait", "-q", "path:/other", "--junit", "report.xml"];
    assert_eq!(told(&home.run(&bin, &words)).0, 0);
    let report = std::fs::read_to_string(home.path().join("report.xml")).unwrap();
    assert!(
        report.contains("failures=\"0\"") && !report.contains("<failure"),
        "{report}"
    );
    let empty = server.bin();
    let (_, _, error) = told(&home.run(&empty, &["wait", "--timeout", "0"]));
    assert!(error.ends_with("no other request came\n"), "{error}");
}

#[test]
fn a_wait_goes_on_after_the_server_was_started_again() {
    let mut server = Server::start();
    let home = Home::new(&server);
    let bin = server.bin();
    server.post(&bin, "/a", b"");
    let mut child = home.start(Some(&bin), &["wait", "--count", "2", "--timeout", "60s"]);
    server.kill();
    server.start_again();
    server.post(&bin, "/b", b"");
    let (code, said, error) = told(&child.to_end());
    assert_eq!((code, said.lines().count()), (0, 2), "{error}");
}
