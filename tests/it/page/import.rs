//! Requests out of a file that is chosen in a form: by curl, as a browser sends it, and in a browser.

use std::fs;
use std::process::Command;

use tempfile::TempDir;

use crate::support::{Bin, Browser, Ends, Server};

const ENTRY: &str = r#"{"startedDateTime":"2020-01-02T03:04:05Z","request":{"method":"GET","url":"http://h/a","headers":[]}}"#;

fn har(entries: &[&str]) -> String {
    format!(r#"{{"log":{{"entries":[{}]}}}}"#, entries.join(","))
}

/// Uploads a file by curl, and gives the status and the page.
fn upload(server: &Server, bin: &Bin, further: &[&str], file: &[u8]) -> (u16, String) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("captures.har");
    fs::write(&path, file).unwrap();
    let out = Command::new("curl")
        .args([
            "-sS",
            "-H",
            "Sec-Fetch-Site: same-origin",
            "-w",
            "\n%{http_code}",
        ])
        .args(further)
        .arg("-F")
        .arg(format!("file=@{}", path.display()))
        .arg(format!("{}{}", server.base(), bin.page("/import")))
        .to_end();
    assert!(
        out.status.success(),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    let (page, status) = text.rsplit_once('\n').unwrap();
    (status.parse().unwrap(), page.to_owned())
}

#[test]
fn a_file_that_is_uploaded_says_what_became_of_it() {
    let server = Server::start();
    let bin = server.bin();
    let (status, page) = upload(&server, &bin, &[], har(&[ENTRY, ENTRY]).as_bytes());
    assert_eq!(status, 200, "{page}");
    assert!(
        page.contains("2 requests were imported, as #1 to #2."),
        "{page}"
    );
    let no_url = r#"{"startedDateTime":"2020-01-02T03:04:05Z","request":{"method":"GET"}}"#;
    let some = har(&[ENTRY, no_url, "7"]);
    // Other fields of a form are passed over.
    let (status, page) = upload(&server, &bin, &["-F", "note=hello"], some.as_bytes());
    assert_eq!(status, 200, "{page}");
    assert!(page.contains("1 request was imported, as #3."), "{page}");
    assert!(
        page.contains("2 requests of the file could not be read."),
        "{page}"
    );
    assert!(
        page.contains("Entry 2") && page.contains("request.url: is missing"),
        "{page}"
    );
    assert!(page.contains("Entry 3"), "{page}");
    // What was exported comes back.
    let lines = server.get(&bin.page("/export?format=ndjson")).body;
    let (status, page) = upload(&server, &bin, &[], &lines);
    assert_eq!(status, 200, "{page}");
    assert!(
        page.contains("3 requests were imported, as #4 to #6."),
        "{page}"
    );
    let captures = server.captures(&bin);
    assert_eq!(captures.len(), 6);
    assert!(
        captures
            .iter()
            .all(|capture| capture["received_at"] == "2020-01-02T03:04:05.000000Z")
    );
}

#[test]
fn a_file_that_cannot_be_read_is_told_so_and_changes_nothing() {
    let server = Server::start();
    let bin = server.bin();
    let cut = format!(r#"{{"log":{{"entries":[{}"#, &ENTRY[..20]);
    for (file, want, said) in [
        (&b"hello"[..], 422, "is neither HAR"),
        (b"", 200, "there is no request in the file"),
        (
            b"{\"log\":{\"entries\":[]}}",
            200,
            "there is no request in the file",
        ),
        (cut.as_bytes(), 422, "Not accepted."),
        (b"{\"method\":1}", 200, "Line 1"),
    ] {
        let (status, page) = upload(&server, &bin, &[], file);
        assert_eq!(status, want, "{page}");
        assert!(page.contains(said), "{said}: {page}");
        assert!(page.contains("type=\"file\""), "{page}");
    }
    let declared = ["-H", "Content-Length: 300000000", "-H", "Expect:"];
    let (status, page) = upload(&server, &bin, &declared, b"x");
    assert_eq!(status, 413, "{page}");
    assert!(page.contains("may have 256 MiB"), "{page}");
    let form = "Content-Type: application/x-www-form-urlencoded";
    for (fields, said) in [
        (&[form][..], "Expected multipart/form-data."),
        (
            &["Content-Type: multipart/form-data; boundary=b"],
            "The form did not arrive whole.",
        ),
    ] {
        let answer = server.request("POST", &bin.page("/import"), fields, b"--x");
        assert_eq!(answer.status, 422);
        assert!(answer.text().contains(said), "{}", answer.text());
    }
    let none =
        b"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"\"\r\n\r\n\r\n--b--\r\n";
    let fields = ["Content-Type: multipart/form-data; boundary=b"];
    let answer = server.request("POST", &bin.page("/import"), &fields, none);
    assert_eq!(answer.status, 422);
    assert!(
        answer.text().contains("Choose a file first."),
        "{}",
        answer.text()
    );
    assert_eq!(server.captures(&bin).len(), 0);
    server.bin();
}

#[test]
fn a_person_imports_a_file_from_the_settings() {
    let server = Server::start();
    let bin = server.bin();
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("captures.har");
    fs::write(&path, har(&[ENTRY])).unwrap();
    let browser = Browser::open();
    browser.goto(&format!("{}{}", server.base(), bin.page("/settings")));
    browser.choose("#import-file", &path);
    browser.click("#import button");
    browser.until("document.querySelector('[role=status]')");
    assert_eq!(
        browser.text("[role=status] b"),
        "1 request was imported, as #1."
    );
    browser.click("[role=status] a");
    browser.until("location.pathname.endsWith('/requests/1')");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}
