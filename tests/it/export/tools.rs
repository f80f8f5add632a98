//! Captures sent to their server again by the tools that they were exported for: one table of requests, each tool by each of them.
//!
//! What a tool cannot do is said in comments of its export, and is all that may differ. A tool that is not there is left out with a
//! line that says so; `scripts/setup-tests.sh` installs all of them where that is possible.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::again::{USUAL, bash, capture, essence, export, request};
use crate::support::{Bin, Ends, Server};

/// Method, what stands below the bin, header lines, body.
type Request<'a> = (&'a str, &'a str, &'a [u8], &'a [u8]);

const TEXT: &[u8] = b"User-Agent: x/1\r\nAccept: */*\r\nAccept-Encoding: gzip\r\nAccept-Language: *\r\nsec-fetch-mode: cors\r\n\
    Content-Type: text/plain\r\n";

const BODIES: [&[u8]; 15] = [
    b"",
    b"plain",
    b"it's \"quoted\" 'twice' `id` $HOME $(id) ${HOME} %PATH% !! \\ \\n \\\\ \\",
    b"\nline\r\nline\rline\n\n",
    "gr\u{fc}n \u{65e5}\u{672c} \u{1f600} \u{202e}rtl\u{200b} \u{2028}\u{feff}".as_bytes(),
    b"\xef\xbb\xbf{\"a\": 1e400, \"b\": \"\\u0000\"}",
    b"nul\0nul",
    b"\0",
    b"caf\xe9 \xed\xa0\x80 \xff",
    b"\x1b[31m\x07\x7f\t\x01",
    b"@/etc/hostname",
    b"a=b&c=%41+d;e",
    b"*/ // # ''' \"\"\" -- </script>",
    b" ",
    b"-",
];

const FIELDS: [&[u8]; 15] = [
    b"",
    USUAL,
    b"user-agent: a\r\nX-Twice: 1\r\nx-between: 2\r\nx-TWICE: 3\r\nX-Twice: 1\r\nACCEPT: a/b\r\n",
    b"X-Empty:\r\nUser-Agent:\r\nAccept: \r\nContent-Type:\r\nX-Last: 1\r\n",
    b"X-Semi: a;b; c=\"d\";\r\nX-Only: ;\r\nX-Equals: =a\r\nX-Colon: :a: b: \r\nX-At: @file\r\nX-Raw: a:=1\r\n",
    b"X-Latin: caf\xe9\xff\r\nX-End: 1\r\n",
    "X-Utf: gr\u{fc}n \u{65e5}\u{672c} \u{202e}\r\n".as_bytes(),
    b"X-Quote: it's \"$HOME\" `id` $(id) \\ !!\r\nX-Escape: a\\:b\\\\\\=c \\u0041\\x41\r\nX-Backslash: \\\r\n",
    b"X-Tab: a\tb\r\nX-Blanks:  a   b  \r\nX-Comma: a, b,, c\r\n",
    b"Cookie: a=1\r\nCookie: b=2\r\nAuthorization: Bearer x\r\nAuthorization: Basic eDp5\r\nReferer: http://x/\r\n",
    b"Accept-Encoding: br\r\nRange: bytes=0-1\r\nDate: now\r\nContent-Encoding: gzip\r\nOrigin: null\r\nDNT: 1\r\nSec-Fetch-Mode: navigate\r\n",
    b"Forwarded: for=1.2.3.4\r\nX-Forwarded-For: 1.2.3.4\r\nVia: 1.1 x\r\nContent-Type: multipart/form-data; boundary=\"x y\"\r\n",
    b"Authorization: Basic eDp5\r\nProxy-Authorization: Basic eDp5\r\nCookie: a=1; b=\"2\"; a=3\r\n",
    b"Keep-Alive: timeout=5\r\nTE: trailers\r\nX-Hop: 1\r\nX-End: 1\r\n",
    b"X!#$%&'*+-.^_`|~1: odd\r\n__proto__: 1\r\nconstructor: 1\r\n1: 2\r\n",
];

const TARGETS: [&str; 15] = [
    "",
    "/",
    "?",
    "/?a[]=1&a[]=2&b={x,y}&c=[1-3]",
    "/a/../b",
    "/./a/.",
    "/a/%2e%2E/b%2Fc/100%",
    "/%41%7e?%41=%7E",
    "//a//b",
    "?x=1?y&&z;w=&=v&q=it's+a%20b",
    "/it's/$HOME/$(id)/!!/*",
    "/a:b@c;d=e,f?next=http://x/?y",
    "/gr%C3%BCn%00?q=%c3%bc",
    "/gr\u{fc}n/\u{65e5}\u{672c}?\u{e9}",
    "/a\"quoted\"|?|^`\\",
];

const METHODS: [&str; 12] = [
    "GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE", "PROPFIND", "M-SEARCH",
    "brew", "patch",
];

/// Sends every request, has a tool send each of them again, and compares. `run` gets the export.
fn all_are_sent_again(format: &str, comment: &str, run: impl Fn(&Server, &[u8])) {
    let server = Server::start();
    let bin = server.bin();
    let binary: Vec<u8> = (0..=255).rev().cycle().take(100 * 1024).collect();
    let quotes = vec![b'\''; 32 * 1024];
    let long = [b"X-Long: ", &*vec![b'y'; 8000], b"\r\n"].concat();
    let mut requests: Vec<Request<'_>> = Vec::new();
    // Each body and each target meets other fields.
    for (at, body) in BODIES.into_iter().enumerate() {
        let fields = FIELDS[at % FIELDS.len()];
        let method = ["POST", "PUT", "PATCH", "PROPFIND"][at % 4];
        requests.push((method, TARGETS[at % TARGETS.len()], fields, body));
    }
    requests.push(("PUT", "/a", USUAL, &binary));
    requests.push(("POST", "/a", &long, &quotes));
    requests.extend(METHODS.map(|method| (method, "/a", TEXT, &b""[..])));
    requests.extend(METHODS.map(|method| (method, "/a", USUAL, &b"a=b"[..])));
    let mut wrong = Vec::new();
    for (method, below, fields, body) in requests {
        let bytes = request(&bin, method, below, fields, body);
        let n = capture(&server, &bytes);
        let text = export(&server, &bin, n, format);
        run(&server, &text);
        let difference = difference(&server, &bin, n, &notes(&text, comment));
        if let Some(difference) = difference {
            let text = String::from_utf8_lossy(&text)
                .chars()
                .take(2000)
                .collect::<String>();
            wrong.push(format!("{difference}\n{text}"));
        }
    }
    assert!(wrong.is_empty(), "{}: {}", wrong.len(), wrong.join("\n"));
}

/// The comments before a command: what is said that it cannot do.
fn notes<'a>(text: &'a [u8], comment: &str) -> Vec<&'a str> {
    let lines = text.split(|&byte| byte == b'\n').map_while(|line| {
        let line = std::str::from_utf8(line).ok()?;
        line.strip_prefix(comment).filter(|_| !comment.is_empty())
    });
    lines.map(str::trim).collect()
}

/// In what the newest capture differs from the one that it should be, but for what was said.
fn difference(server: &Server, bin: &Bin, n: u64, notes: &[&str]) -> Option<String> {
    let newest = server.captures(bin).last().unwrap()["n"].as_u64().unwrap();
    if notes
        .iter()
        .any(|note| note.starts_with("Nothing is sent: "))
    {
        return (newest != n).then(|| "something was sent".to_owned());
    }
    if newest != n + 1 {
        return Some(format!("sent {} times", newest - n));
    }
    let (mut sent, mut again) = (essence(server, bin, n), essence(server, bin, newest));
    for note in notes {
        allow(note, &mut sent, &mut again);
    }
    let differing = sent.as_object().unwrap().iter();
    let differing = differing.filter(|(name, was)| again[*name] != **was);
    let told: Vec<String> = differing
        .map(|(name, was)| format!("{name}: {was:.2000}\n  now: {:.2000}", again[name]))
        .collect();
    (!told.is_empty()).then(|| told.join("\n"))
}

/// Takes away what a note says.
fn allow(note: &str, sent: &mut Value, again: &mut Value) {
    let starts = |start: &str| note.starts_with(start);
    if starts("The address may arrive in another spelling: ") {
        sent["target"].take();
        again["target"].take();
    } else if starts("The method arrives in capital letters: ") {
        sent["method"] = json!(sent["method"].as_str().unwrap().to_ascii_uppercase());
    } else if starts("Fields of one name are joined: ") {
        let fields = fields(sent);
        *fields = grouped(fields)
            .into_iter()
            .map(|group| {
                let joint = if group[0]["name"] == "Cookie" {
                    "; "
                } else {
                    ", "
                };
                let values: Vec<&str> = group
                    .iter()
                    .map(|one| one["value"].as_str().unwrap())
                    .collect();
                json!({ "name": group[0]["name"], "value": values.join(joint) })
            })
            .collect();
    } else if starts("Fields of one name stand together, as the first is spelt: ") {
        let fields = fields(sent);
        let together = grouped(fields).into_iter().flat_map(|group| {
            let name = group[0]["name"].clone();
            group.into_iter().map(move |mut field| {
                field["name"] = name.clone();
                field
            })
        });
        *fields = together.collect();
    } else if starts("Fields may arrive in another order: ") {
        for one in [sent, again] {
            fields(one).sort_by_key(name);
        }
    } else if starts("It is sec-fetch-mode: cors that arrives: ") {
        let mode = fields(sent)
            .iter_mut()
            .find(|field| name(field) == "sec-fetch-mode");
        *mode.unwrap() = json!({ "name": "sec-fetch-mode", "value": "cors" });
    } else if starts("fetch adds identity to Accept-Encoding, ") {
        let coding = fields(sent)
            .iter_mut()
            .find(|field| name(field) == "accept-encoding");
        let value = &mut coding.unwrap()["value"];
        *value = json!([value.as_str().unwrap(), "identity"].join(", "));
    } else if starts("A field named __proto__ or by a number is left out or comes first: ") {
        let is_usual = |field: &Value| !matches!(&*name(field), "__proto__" | "1");
        for one in [sent, again] {
            fields(one).retain(is_usual);
        }
    } else if starts("A field is left out: ") {
        let came = fields(again).clone();
        fields(sent).retain(|field| came.contains(field));
    } else if let Some(added) = note.strip_prefix("fetch adds ") {
        let added = added.split(',').next().unwrap().to_ascii_lowercase();
        fields(again).retain(|field| name(field) != added);
    } else if !starts("The address of the body has the bin's key in it") {
        panic!("nobody knows what this means: {note}");
    }
}

fn fields(essence: &mut Value) -> &mut Vec<Value> {
    essence["headers"].as_array_mut().unwrap()
}

/// The name of a field, in small letters.
fn name(field: &Value) -> String {
    field["name"].as_str().unwrap().to_ascii_lowercase()
}

/// Fields of one name together, in the order of their first.
fn grouped(fields: &[Value]) -> Vec<Vec<Value>> {
    let mut groups: Vec<Vec<Value>> = Vec::new();
    for field in fields {
        match groups
            .iter_mut()
            .find(|group| name(&group[0]) == name(field))
        {
            Some(group) => group.push(field.clone()),
            None => groups.push(vec![field.clone()]),
        }
    }
    groups
}

/// The first of these programs that is there, with a word that it has to take. `None` when none is there at all.
fn find(programs: &[&'static str], test: &[&str]) -> Option<&'static str> {
    let mut is_there = false;
    for program in programs {
        if let Ok(ran) = Command::new(program).args(test).output() {
            is_there = true;
            if ran.status.success() {
                return Some(program);
            }
        }
    }
    assert!(
        !is_there,
        "{programs:?} cannot {test:?}: scripts/setup-tests.sh installs what is needed"
    );
    eprintln!("left out, as {programs:?} is not here: try scripts/setup-tests.sh");
    None
}

/// Sends every request again by a program that runs the exports as scripts of that name.
fn a_program_sends_all_again(program: &str, format: &str, comment: &str, name: &str) {
    all_are_sent_again(format, comment, |_, text| {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join(name), text).unwrap();
        bash(&format!("{program} {name}"), folder.path());
    });
}

#[test]
fn python_requests_sends_every_request_again() {
    if let Some(python) = find(&["python3", "/usr/bin/python3"], &["-c", "import requests"]) {
        a_program_sends_all_again(python, "python", "#", "request.py");
    }
}

#[test]
fn fetch_of_node_sends_every_request_again() {
    if let Some(node) = find(&["node"], &["-e", "fetch.name"]) {
        a_program_sends_all_again(node, "fetch", "//", "request.mjs");
    }
}

#[test]
fn httpie_sends_every_request_again() {
    if find(&["http"], &["--version"]).is_none() {
        return;
    }
    let version = Command::new("http").arg("--version").to_end();
    let version = String::from_utf8_lossy(&version.stdout).trim().to_owned();
    let parts: Vec<u32> = version.split('.').flat_map(str::parse).collect();
    // Older ones stand on a library for HTTP (urllib3 1) that puts fields of its own in for those that are taken away.
    if parts < vec![3, 2, 2] {
        eprintln!("HTTPie {version} sends fields of its own, and is left out: 3.2.2 does not");
    } else {
        a_program_sends_all_again("bash --norc", "httpie", "#", "request.sh");
    }
}

#[test]
fn curl_sends_every_request_again() {
    a_program_sends_all_again("bash --norc", "curl", "#", "request.sh");
}

#[test]
fn raw_http_over_a_socket_sends_every_request_again() {
    // It can do all, and has no room to say otherwise.
    all_are_sent_again("http", "", |server, text| {
        capture(server, text);
    });
}
