//! Requests that could not be kept: what the bin's owner is told of them.

use serde_json::Value;

use crate::support::{Bin, Server, eventually};

/// The newest trace of a refused request.
fn newest(server: &Server, bin: &Bin, count: u64) -> Value {
    eventually("a trace of the refused request", || {
        let shown = server.show(bin);
        (shown["refused"] == count).then(|| shown["refusals"][0].clone())
    })
}

#[test]
fn what_is_wrong_with_a_head_is_said_with_its_line() {
    let server = Server::start();
    let bin = server.bin();
    let target = format!("/{}", bin.id);
    let cases: &[(&[u8], &str)] = &[
        // The first line.
        (
            b"G@T TARGET HTTP/1.1\r\nHost: x\r\n\r\n",
            "the method has a character that none may have",
        ),
        (
            b"GET TARGET\r\nHost: x\r\n\r\n",
            "the first line is not METHOD TARGET HTTP/1.1",
        ),
        (
            b"GET TARGET HTTP/1.2\r\nHost: x\r\n\r\n",
            "the first line does not end with HTTP/1.0 or HTTP/1.1",
        ),
        (
            b"GET TARGET  HTTP/1.1\r\nHost: x\r\n\r\n",
            "the first line has two spaces where one stands",
        ),
        (
            b"GET TARGET/a b HTTP/1.1\r\nHost: x\r\n\r\n",
            "the target has a space in it, which is written as %20",
        ),
        (
            b"GET TARGET/caf\xe9 HTTP/1.1\r\nHost: x\r\n\r\n",
            "the target has the byte 0xE9, which is written as %E9",
        ),
        (
            b"GET TARGET?q=\"a\" HTTP/1.1\r\nHost: x\r\n\r\n",
            "the target has the byte 0x22 (\"), which is written as %22",
        ),
        // The fields.
        (
            b"GET TARGET HTTP/1.1\r\nHost: x\r\nX-A: 1\r\n 2\r\n\r\n",
            "line 4 begins with a space: a value goes on over no second line",
        ),
        (
            b"GET TARGET HTTP/1.1\r\nHost: x\r\nX-A\r\n\r\n",
            "line 3 has no colon",
        ),
        (
            b"GET TARGET HTTP/1.1\r\nHost: x\r\n: a\r\n\r\n",
            "line 3 has no name before its colon",
        ),
        (
            b"GET TARGET HTTP/1.1\r\nHost: x\r\nX-A : 1\r\n\r\n",
            "line 3 has a space before its colon",
        ),
        (
            b"GET TARGET HTTP/1.1\r\nHost: x\r\nX(A): 1\r\n\r\n",
            "line 3 has the byte 0x28 (() in its name",
        ),
        (
            b"GET TARGET HTTP/1.1\r\nHost: x\r\nX-A: a\x00b\r\n\r\n",
            "line 3 has the byte 0x00 in its value",
        ),
        // Where it ends, and whom it is for.
        (
            b"GET TARGET HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
            "Content-Length is not one number",
        ),
        (
            b"GET TARGET HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            "Content-Length is there more than once, and not the same",
        ),
        (
            b"GET TARGET HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n",
            "Transfer-Encoding does not end with chunked: nobody knows where the body ends",
        ),
        (
            b"GET TARGET HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
            "HTTP/1.0 has no Transfer-Encoding",
        ),
        (
            b"GET TARGET HTTP/1.1\r\nX-A: 1\r\n\r\n",
            "there is no Host, and HTTP/1.1 wants one",
        ),
        (
            b"GET TARGET HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
            "Host is there more than once",
        ),
    ];
    for (count, (head, said)) in (1..).zip(cases) {
        let at = memchr::memmem::find(head, b"TARGET").unwrap();
        let head = [&head[..at], target.as_bytes(), &head[at + 6..]].concat();
        assert_eq!(server.send(&head).status, 400, "{said}");
        let trace = newest(&server, &bin, count);
        assert_eq!(trace["detail"], format!("not readable as HTTP: {said}"));
    }
    assert_eq!(server.captures(&bin).len(), 0);
    let page = server.get(&bin.page("/refused")).text();
    assert!(page.contains("Not readable as HTTP: Host is there more than once."));
    // The head is there too, with what cannot be seen in it.
    assert!(page.contains("X-A: a<span class=\"z\">⟨NUL⟩</span>b"));
}

#[test]
fn a_head_that_was_cut_is_judged_as_far_as_it_goes() {
    let server = Server::with(&["--max-head", "8k"]);
    let bin = server.bin();
    let long = "a".repeat(9000);
    let head = format!(
        "GET /{} HTTP/1.1\r\nHost: x\r\nX-Long: {long}\r\n\r\n",
        bin.id
    );
    assert_eq!(server.send(head).status, 431);
    let trace = newest(&server, &bin, 1);
    assert_eq!(trace["detail"], "headers or address too large");
    let page = server.get(&bin.page("/refused")).text();
    assert!(page.contains("Limit set by <code>--max-head</code> and <code>--max-headers</code>"));
}
