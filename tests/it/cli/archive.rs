//! `hookwell export`, `import` and `open`.

use std::fs;

use serde_json::{Value, json};

use super::home::{Home, told};
use crate::support::{Bin, Ends, Server};

#[test]
fn what_is_exported_is_imported_again() {
    let server = Server::start();
    let home = Home::new(&server);
    let (bin, other) = (server.bin(), server.bin());
    for n in 0..3 {
        server.post(&bin, &format!("/orders/{n}?x=1"), b"{\"a\": 1}");
    }
    let large: Vec<u8> = (0..=255).cycle().take(3 << 20).collect();
    server.post(&bin, "/large", &large);
    for format in ["ndjson", "har"] {
        let file = format!("all.{format}");
        let output = home.run(&bin, &["export", "--format", format, "-o", &file]);
        assert_eq!(told(&output), (0, String::new(), String::new()));
        assert!(!home.path().join(format!("{file}.part")).exists());
        let output = home.run(&other, &["import", &file]);
        assert_eq!(told(&output).0, 0, "{output:?}");
        assert!(told(&output).1.starts_with("4 imported: #"), "{output:?}");
    }
    let captures = server.captures(&other);
    assert_eq!(captures.len(), 8);
    assert_eq!(server.body(&other, 4), large);
    assert_eq!(server.body(&other, 8), large);
    // Standard output, a filter, and standard input.
    let output = home.run(&bin, &["export", "-q", "path:/orders/*"]);
    assert_eq!(told(&output).1.lines().count(), 3);
    let output = home.feed(&other, &["import", "-"], &output.stdout);
    assert_eq!(told(&output).1, "3 imported: #9 to #11\n");
    let http = home.run(
        &bin,
        &["export", "--format", "http", "-q", "path:/orders/2"],
    );
    assert!(String::from_utf8_lossy(&http.stdout).contains("/orders/2?x=1"));
}

#[test]
fn what_cannot_be_imported_is_said() {
    let server = Server::start();
    let home = Home::new(&server);
    let bin = server.bin();
    fs::write(home.path().join("half.har"), r#"{"log": {"version": "1.2", "entries": [
        {"startedDateTime": "2020-01-02T03:04:05Z", "request": {"method": "GET", "url": "http://h/a", "headers": []}},
        {"startedDateTime": "2020-01-02T03:04:05Z", "request": {"method": "GET", "headers": []}}]}}"#).unwrap();
    let output = home.run(&bin, &["import", "half.har"]);
    assert_eq!(
        told(&output),
        (
            1,
            "1 imported: #1\n".to_owned(),
            "left out: entry 2: request.url: is missing\n".to_owned()
        )
    );
    fs::write(home.path().join("none.har"), "hello").unwrap();
    for (words, said) in [
        (&["import", "none.har"][..], "neither"),
        (&["import", "nowhere.har"], "nowhere.har cannot be read"),
        (&["import", "."], ". cannot be read"),
        (&["export", "-q", "since:"], "q: "),
        (&["export", "-o", "no/such/folder"], "cannot be written"),
    ] {
        let (code, _, error) = told(&home.run(&bin, words));
        assert_eq!(code, 1, "{words:?}: {error}");
        assert!(error.starts_with("hookwell: "), "{words:?}: {error}");
        assert!(error.contains(said), "{words:?}: {error}");
    }
}

#[test]
fn a_bin_is_named_by_its_key_or_its_page_and_its_page_is_opened() {
    let server = Server::start();
    let home = Home::new(&server);
    let bin = server.bin();
    let page = format!("{}/b/{}", server.base(), bin.key);
    let output = home.run(&bin, &["open", "--print"]);
    assert_eq!(told(&output), (0, format!("{page}\n"), String::new()));
    let named = home
        .command(None, &["open", "7", "--print", "--bin", &page])
        .env("HOOKWELL_SERVER", "")
        .env_remove("HOOKWELL_SERVER")
        .to_end();
    assert_eq!(told(&named).1, format!("{page}/requests/7\n"));
    let (code, _, error) = told(&home.command(None, &["open"]).to_end());
    assert_eq!(code, 1);
    assert!(error.contains("no bin is named"), "{error}");
    let wrong = Bin {
        id: bin.id.clone(),
        key: bin.id.clone(),
    };
    let (code, _, error) = told(&home.run(&wrong, &["open"]));
    assert_eq!(code, 1);
    assert!(error.contains("no bin has this address"), "{error}");
    let (code, _, error) = told(&home.command(None, &["open", "--bin", "x"]).to_end());
    assert_eq!(code, 2, "{error}");
}

#[test]
fn the_api_shows_the_bin_of_a_key() {
    let server = Server::start();
    let bin = server.bin_with(&json!({ "name": "orders" }));
    let (status, shown) = server.api("GET", "/bin", Some(&bin.key), None);
    assert_eq!((status, &shown), (200, &server.show(&bin)));
    let (status, problem) = server.api("GET", "/bin", Some(&bin.id), None);
    assert_eq!((status, &problem["status"]), (404, &json!(404)));
    assert_eq!(server.api("GET", "/bin", None, None).0, 401);
    let read = format!("/bins/{}/share", bin.id);
    let (_, share) = server.api("POST", &read, Some(&bin.key), Some(&json!({})));
    let (status, shown) = server.api("GET", "/bin", share["key"].as_str(), None);
    assert_eq!((status, &shown["settings"]), (200, &Value::Null));
}

#[test]
fn a_server_that_is_not_there_is_said_with_its_cause() {
    let mut server = Server::start();
    let home = Home::new(&server);
    let bin = server.bin();
    server.stop();
    let (code, _, error) = told(&home.run(&bin, &["export"]));
    assert_eq!(code, 1);
    let said = format!(
        "hookwell: the server cannot be reached: connection refused: nothing listens on {}\n",
        server.address
    );
    assert_eq!(error, said);
}
