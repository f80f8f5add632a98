//! What is exported as HAR is HAR 1.2, by a schema of its specification.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{export, odd, whole};
use crate::limits::capture;
use crate::support::{Bin, Ends, Server};

/// What does not fit the schema, of each file.
fn errors(files: &[Vec<u8>]) -> Vec<Vec<String>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let folder = TempDir::new().unwrap();
    let mut command = Command::new("node");
    command.args([
        root.join("npm/check-schema.mjs"),
        root.join("files/har-schema.json"),
    ]);
    for (at, file) in files.iter().enumerate() {
        let path = folder.path().join(format!("{at}.har"));
        fs::write(&path, file).unwrap();
        command.arg(path);
    }
    let ran = command.to_end();
    assert!(
        ran.status.success(),
        "`make test` installs ajv by scripts/setup-tests.sh, which needs npm and a network: {}",
        String::from_utf8_lossy(&ran.stderr)
    );
    let lines = ran.stdout.split(|&byte| byte == b'\n');
    let lines = lines.filter(|line| !line.is_empty());
    lines
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect()
}

/// Sends the bytes of a request, and no more.
fn send(server: &Server, bytes: &[u8]) {
    let mut connection = server.connect();
    connection.send(bytes).unwrap();
    connection
        .stream()
        .shutdown(std::net::Shutdown::Write)
        .unwrap();
    let status = connection.receive().map(|answer| answer.status);
    assert!(
        matches!(status, None | Some(200 | 413)),
        "{status:?}: {}",
        bytes.escape_ascii()
    );
}

/// Bins with requests of every kind: odd ones, and those of which not all was kept.
fn bins(server: &Server) -> [Bin; 2] {
    let bin = server.bin_with(&json!({ "body_limit": 1000 }));
    let id = &bin.id;
    let text = |text: String| text.into_bytes();
    let requests = [
        text(format!(
            "POST /{id}/long HTTP/1.1\r\nHost: h\r\nContent-Length: 3000\r\n\r\n{}",
            "\u{e9}".repeat(1500)
        )),
        [
            text(format!(
                "POST /{id}/cut HTTP/1.1\r\nHost: h\r\nContent-Length: 1001\r\n\r\n"
            )),
            vec![0xff; 1001],
        ]
        .concat(),
        text(format!(
            "POST /{id}/gone HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nhalf"
        )),
        text(format!(
            "POST /{id}/gone HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nhalf"
        )),
        text(format!(
            "PUT /{id} HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n1\r\n\0\r\n0\r\nX-Sum: 1\r\n\r\n"
        )),
        text(format!("GET /{id}?a=1&&b=%ff&=c&d&%zz#e HTTP/1.0\r\n\r\n")),
        text(format!(
            "GET /{id}/\"a\"|^{{}}?^`\\ HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
        )),
        text(format!(
            "GET http://h/{id}/a?b HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
        )),
        text(format!(
            "brew /{id}/gr\u{fc}n HTTP/1.1\r\nHost: \r\nCookie: a=1; b; =c;; d=\"e f\"\r\ncookie: f\r\nConnection: close\r\n\r\n"
        )),
    ];
    for request in &requests {
        send(server, request);
    }
    capture(server, &bin, 9);
    [bin, odd(server)]
}

/// One capture as HAR.
fn one(server: &Server, bin: &Bin, n: &Value) -> Vec<u8> {
    let key = format!("Authorization: Bearer {}", bin.key);
    let path = format!("/api/v1/bins/{}/captures/{n}/as/har", bin.id);
    let response = server.request("GET", &path, &[&key], b"");
    assert_eq!(response.status, 200, "{}", response.text());
    response.body
}

#[test]
fn every_har_fits_the_schema() {
    let server = Server::start();
    let bins = bins(&server);
    let mut states: Vec<_> = server
        .captures(&bins[0])
        .iter()
        .map(|one| one["body"]["state"].clone())
        .collect();
    states.truncate(5);
    assert_eq!(
        states,
        ["truncated", "truncated", "aborted", "aborted", "complete"]
    );
    let mut files: Vec<Vec<u8>> = vec![whole(&server, &server.bin(), "har")];
    for bin in &bins {
        files.push(whole(&server, bin, "har"));
        files.push(export(&server, bin, "format=har&q=method:POST").body);
        let all = server.captures(bin);
        files.extend(all.iter().map(|capture| one(&server, bin, &capture["n"])));
    }
    for (file, errors) in files.iter().zip(errors(&files)) {
        assert_eq!(errors, [""; 0], "{}", String::from_utf8_lossy(file));
        let har: Value = serde_json::from_slice(file).unwrap();
        for entry in har["log"]["entries"].as_array().unwrap() {
            // The specification's own sum, and its size of a body that was kept.
            let timings = entry["timings"].as_object().unwrap();
            let sum: f64 = timings.values().map(|time| time.as_f64().unwrap()).sum();
            assert_eq!(
                entry["time"].as_f64().unwrap().to_bits(),
                sum.to_bits(),
                "{entry}"
            );
            assert_eq!(
                entry["request"]["bodySize"],
                entry["_hookwell"]["body"]["size"]
            );
        }
    }
}

/// Where in a value a field can be taken away, as JSON pointers.
fn pointers(value: &Value, above: &str, into: &mut Vec<String>) {
    if let Value::Object(fields) = value {
        for (name, value) in fields.iter().filter(|(name, _)| !name.starts_with('_')) {
            into.push(format!("{above}/{name}"));
            pointers(value, &format!("{above}/{name}"), into);
        }
    } else if let Some(first) = value.get(0) {
        pointers(first, &format!("{above}/0"), into);
    }
}

#[test]
fn the_schema_misses_each_field_that_a_har_must_have() {
    let server = Server::start();
    let bin = server.bin();
    let head = format!(
        "POST /{}?a=1 HTTP/1.1\r\nHost: h\r\nCookie: a=1\r\nContent-Length: 1\r\n\r\nx",
        bin.id
    );
    server.send(head);
    let har: Value = serde_json::from_slice(&one(&server, &bin, &json!(1))).unwrap();
    let mut taken = Vec::new();
    pointers(&har, "", &mut taken);
    assert!(taken.len() > 40, "{taken:?}");
    let without = |pointer: &String| {
        let mut har = har.clone();
        let (above, name) = pointer.rsplit_once('/').unwrap();
        let fields = har.pointer_mut(above).unwrap().as_object_mut().unwrap();
        fields.remove(name).unwrap();
        fields.insert("other".to_owned(), json!(1));
        serde_json::to_vec(&har).unwrap()
    };
    let files: Vec<Vec<u8>> = taken.iter().map(without).collect();
    for (pointer, errors) in taken.iter().zip(errors(&files)) {
        let name = pointer.rsplit('/').next().unwrap();
        let missed = format!("must have required property '{name}'");
        let optional = ["postData", "text"].contains(&name);
        assert!(
            errors.iter().any(|error| error.ends_with(&missed)) || optional,
            "{pointer}: {errors:?}"
        );
        assert!(
            errors
                .iter()
                .any(|error| error.ends_with("must NOT have additional properties")),
            "{pointer}: {errors:?}"
        );
    }
}
