//! Captures of a real server, sent to it again by the commands and bytes that it gives: the new capture is the old one.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Bin, Ends, Response, Server};

/// Fields that belong to one connection, or are written anew with every message.
const OF_THE_CONNECTION: [&str; 10] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// What most requests have.
pub(super) const USUAL: &[u8] = b"User-Agent: x/1\r\nAccept: */*\r\n";

/// Runs a command as it would be pasted, in a folder of its own, and gives what it printed.
pub(super) fn bash(command: &str, folder: &Path) -> String {
    let ran = Command::new("bash")
        .args(["--norc", "-c", command])
        .current_dir(folder)
        // No proxy, and no settings of whoever runs the tests.
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", folder)
        .to_end();
    assert!(
        ran.status.success(),
        "the tool is needed, and has to succeed: {ran:?}\n{command}"
    );
    String::from_utf8_lossy(&ran.stdout).into_owned()
}

/// A request to the bin, as bytes: a length is added where there is a body.
pub(super) fn request(bin: &Bin, method: &str, below: &str, fields: &[u8], body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("{method} /{}{below} HTTP/1.1\r\nHost: h\r\n", bin.id).into_bytes();
    if !body.is_empty() {
        bytes.extend(format!("Content-Length: {}\r\n", body.len()).bytes());
    }
    [&bytes, fields, b"Connection: close\r\n\r\n", body].concat()
}

fn number(response: &Response) -> u64 {
    let number = response.header("x-hookwell-request");
    number
        .unwrap_or_else(|| panic!("{response:?}"))
        .parse()
        .unwrap()
}

/// Sends the bytes of a request and gives the number of its capture.
pub(super) fn capture(server: &Server, bytes: &[u8]) -> u64 {
    let method = bytes.split(|&byte| byte == b' ').next().unwrap();
    let mut connection = server.connect();
    connection.send(bytes).unwrap();
    let method = String::from_utf8_lossy(method).into_owned();
    let answer = || connection.receive_to(&method);
    let last = std::iter::from_fn(answer).find(|answer| answer.status != 100);
    number(&last.unwrap_or_else(|| panic!("no answer to {}", bytes.escape_ascii())))
}

/// A capture in a format, as the API gives it.
pub(super) fn export(server: &Server, bin: &Bin, n: u64, format: &str) -> Vec<u8> {
    let key = format!("Authorization: Bearer {}", bin.key);
    let path = format!("/api/v1/bins/{}/captures/{n}/as/{format}", bin.id);
    let response = server.request("GET", &path, &[&key], b"");
    assert_eq!(response.status, 200, "{}", response.text());
    response.body
}

/// What has to be the same when a capture is sent again.
pub(super) fn essence(server: &Server, bin: &Bin, n: u64) -> Value {
    let mut capture = server.capture(bin, n);
    let mut headers = capture["headers"].take();
    headers.as_array_mut().unwrap().retain(|field| {
        let name = field["name"].as_str().unwrap().to_ascii_lowercase();
        !OF_THE_CONNECTION.contains(&name.as_str())
    });
    json!({
        "method": capture["method"],
        "target": capture["target"],
        "version": capture["http_version"],
        "headers": headers,
        "state": capture["body"]["state"],
        "body": server.body(bin, n),
    })
}

/// Sends a request, sends it again by the command of its capture, and compares.
#[track_caller]
fn is_sent_again_by_curl(server: &Server, bin: &Bin, bytes: &[u8]) -> String {
    let n = capture(server, bytes);
    let command = String::from_utf8(export(server, bin, n, "curl")).unwrap();
    let folder = TempDir::new().unwrap();
    bash(&command, folder.path());
    let last = n + 1;
    let (sent, again) = (essence(server, bin, n), essence(server, bin, last));
    assert!(
        sent == again,
        "{sent:#.2000}\n{again:#.2000}\n{command:.2000}"
    );
    command
}

#[test]
fn curl_sends_every_body_again() {
    let server = Server::start();
    let bin = server.bin();
    let binary: Vec<u8> = (0..=255).rev().cycle().take(100 * 1024).collect();
    let bodies: [(&[u8], bool); 14] = [
        (b"plain", true),
        (b"it's \"quoted\" `id` $HOME $(id) !! \\ \\n \\\\", true),
        (b"\nline\r\nline\n\n", true),
        ("grün 日本 😀".as_bytes(), true),
        (b"@/etc/hostname", true),
        (b"@", true),
        (b"nul\0nul", false),
        (b"caf\xe9", false),
        (b"\x1b[31m\x07\x7f\t", true),
        (&vec![b'x'; 32 * 1024], true),
        (&vec![b'\''; 32 * 1024], false),
        (&vec![b'\x01'; 32 * 1024], false),
        (&vec![b'x'; 32 * 1024 + 1], false),
        (&binary, false),
    ];
    for (body, is_inline) in bodies {
        let fields = [USUAL, b"Content-Type: text/plain\r\n"].concat();
        let bytes = request(&bin, "POST", "/a", &fields, body);
        let command = is_sent_again_by_curl(&server, &bin, &bytes);
        assert_eq!(!command.contains("--data-binary @"), is_inline, "{command}");
        // Only a command that needs the key has it.
        assert_eq!(!command.contains(&bin.key), is_inline, "{command}");
    }
}

#[test]
fn curl_sends_every_method_again_with_and_without_a_body() {
    let server = Server::start();
    let bin = server.bin();
    for method in [
        "GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE", "M-SEARCH", "brew",
    ] {
        let send = |fields: &[u8], body: &[u8]| {
            let bytes = request(&bin, method, "/a", fields, body);
            is_sent_again_by_curl(&server, &bin, &bytes);
        };
        send(USUAL, b"");
        send(b"", b"");
        send(b"Content-Length: 0\r\n", b"");
        send(USUAL, b"a=b&c");
        let chunked = b"Transfer-Encoding: chunked\r\n";
        let mut bytes = request(&bin, method, "/a", chunked, b"");
        bytes.extend(b"1\r\nx\r\n0\r\n\r\n");
        is_sent_again_by_curl(&server, &bin, &bytes);
    }
}

#[test]
fn curl_sends_every_target_again() {
    let server = Server::start();
    let bin = server.bin();
    for below in [
        "",
        "/",
        "?",
        "/?a[]=1&a[]=2&b={x,y}&c=[1-3]",
        "/a/../b",
        "/./a/.",
        "/a/%2e%2E/b%2Fc/100%",
        "//a//b",
        "?x=1?y&&z;w",
        "/it's/$HOME/(id)/!!/*",
        "/a:b@c;d=e,f",
        "/gr%C3%BCn?q=a+b%20c&next=http://x/?y",
        "/grün/日本?é",
        "/a\"quoted\"|?|^`",
    ] {
        let bytes = request(&bin, "POST", below, USUAL, b"x");
        is_sent_again_by_curl(&server, &bin, &bytes);
    }
}

#[test]
fn curl_sends_every_header_again() {
    let server = Server::start();
    let bin = server.bin();
    let fields: [&[u8]; 14] = [
        b"",
        b"user-agent: a\r\nX-Twice: 1\r\nx-between: 2\r\nx-TWICE: 3\r\nX-Twice: 1\r\nACCEPT: a/b\r\n",
        b"X-Empty:\r\nUser-Agent:\r\nAccept: \r\nContent-Type:\r\n",
        b"X-Semi: a;b; c=\"d\";\r\nX-Only: ;\r\n",
        b"X-Latin: caf\xe9\xff\r\n",
        "X-Utf: grün 日本\r\n".as_bytes(),
        b"X-Quote: it's \"$HOME\" `id` \\ !!\r\n",
        b"X-Tab: a\tb\r\nX-At: @file\r\nX-Colon: a: b: \r\n",
        b"Content-Type: application/x-www-form-urlencoded\r\n",
        b"Cookie: a=1\r\nCookie: b=2\r\nAuthorization: Bearer x\r\nReferer: http://x/\r\n",
        b"Accept-Encoding: gzip\r\nRange: bytes=0-1\r\nDate: now\r\n",
        b"Forwarded: for=1.2.3.4\r\nX-Forwarded-For: 1.2.3.4\r\nVia: 1.1 x\r\n",
        b"Keep-Alive: timeout=5\r\nProxy-Authorization: Basic x\r\nX-End: 1\r\n",
        b"Expect: 100-continue\r\nX-End: 1\r\n",
    ];
    for fields in fields {
        for body in [&b""[..], b"x"] {
            let bytes = request(&bin, "POST", "/a", fields, body);
            is_sent_again_by_curl(&server, &bin, &bytes);
        }
    }
}

#[test]
fn a_command_leads_to_the_server_whatever_host_the_sender_named() {
    let server = Server::start();
    let bin = server.bin();
    let target = format!("/{}/a", bin.id);
    for bytes in [
        format!("GET {target} HTTP/1.1\r\nHost: evil.example\r\n\r\n"),
        format!("GET {target} HTTP/1.1\r\nHost: evil.example/'$(id)\r\n\r\n"),
        format!("GET http://evil.example{target} HTTP/1.1\r\nHost: evil.example\r\n\r\n"),
        format!("GET {target} HTTP/1.0\r\n\r\n"),
    ] {
        let response = server.send(&bytes);
        if response.status == 400 {
            continue;
        }
        let command = String::from_utf8(export(&server, &bin, number(&response), "curl")).unwrap();
        let start = format!("curl 'http://{}/", server.address);
        assert!(command.starts_with(&start), "{command}");
    }
    assert!(server.captures(&bin).len() >= 3);
}

#[test]
fn under_a_capture_domain_the_command_leads_to_the_host_of_the_bin() {
    let server = Server::with(&["--capture-domain", "hooks.localhost"]);
    let bin = server.bin();
    let bytes = format!(
        "GET /a?b HTTP/1.1\r\nHost: {}.hooks.localhost\r\n\r\n",
        bin.id
    );
    let n = number(&server.send(&bytes));
    let command = String::from_utf8(export(&server, &bin, n, "curl")).unwrap();
    let port = server.address.port();
    let url = format!("'http://{}.hooks.localhost:{port}/a?b'", bin.id);
    assert!(command.contains(&url), "{command}");
}

#[test]
fn a_capture_of_http_2_is_sent_again_in_both_versions() {
    let server = Server::start();
    let bin = server.bin();
    let folder = TempDir::new().unwrap();
    let url = format!("{}/{}/a?b", server.base(), bin.id);
    let send = format!("curl --http2-prior-knowledge {url} -H 'X-Odd: \u{e9}' -d hello");
    bash(&send, folder.path());
    let command = String::from_utf8(export(&server, &bin, 1, "curl")).unwrap();
    bash(&command, folder.path());
    // HTTP/2's own name for the host is not a field to send.
    let without_host = |n| {
        let mut capture = essence(&server, &bin, n);
        let headers = capture["headers"].as_array_mut().unwrap();
        headers.retain(|field| {
            !field["value"]
                .as_str()
                .unwrap()
                .contains(&server.base()[7..])
        });
        capture
    };
    assert_eq!(without_host(1), without_host(2), "{command}");
    let raw = export(&server, &bin, 1, "http");
    let n = capture(&server, &raw);
    let again = essence(&server, &bin, n);
    assert_eq!(again["version"], "HTTP/1.1");
    assert_eq!(again["headers"], without_host(1)["headers"]);
    assert_eq!(again["body"], json!(b"hello"));
}

#[test]
fn raw_http_sent_again_makes_the_same_capture() {
    let server = Server::start();
    let bin = server.bin();
    let chunked = b"Transfer-Encoding: chunked\r\n";
    for bytes in [
        request(
            &bin,
            "POST",
            "/a/../b?x[]=1",
            b"X-A:1\r\nx-b:  2 \r\nX-Odd: caf\xe9\r\nX-Empty:\r\n",
            b"\0\xff\r\n",
        ),
        request(&bin, "GET", "", b"", b""),
        request(&bin, "HEAD", "/a", USUAL, b""),
        request(&bin, "brew", "/\"a\"", USUAL, &vec![b'x'; 100 * 1024]),
        [
            request(&bin, "PUT", "/a", chunked, b""),
            b"3\r\nabc\r\n2;x\r\nde\r\n0\r\nX-Sum: 1\r\n\r\n".to_vec(),
        ]
        .concat(),
        [
            request(&bin, "PUT", "/a", chunked, b""),
            b"0\r\n\r\n".to_vec(),
        ]
        .concat(),
    ] {
        let n = capture(&server, &bytes);
        let raw = export(&server, &bin, n, "http");
        let again = capture(&server, &raw);
        assert_eq!(again, n + 1);
        let whole = |n| {
            let mut capture = server.capture(&bin, n);
            for name in ["n", "received_at", "took_us", "peer"] {
                capture[name] = Value::Null;
            }
            capture
        };
        assert_eq!(whole(n), whole(again), "{}", String::from_utf8_lossy(&raw));
        assert_eq!(server.body(&bin, n), server.body(&bin, again));
    }
}
