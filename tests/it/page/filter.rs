//! The filter and the order of the bin's page, as they work without script.

use super::rows;
use crate::support::{Bin, Server};

/// A bin with five requests: 1, 2, 3 to `/a`, `/b`, `/a`, and two refused to `/c`.
fn filled(server: &Server) -> Bin {
    let bin = server.bin();
    for path in ["/a", "/b?x=1", "/a", "/c", "/c"] {
        server.post(&bin, path, br#"{"kind": "<b>&"}"#);
    }
    bin
}

#[test]
fn a_filter_in_the_address_shows_what_it_lets_through() {
    let server = Server::start();
    let bin = filled(&server);
    let html = server.get(&bin.page("?q=path:/a")).text();
    assert_eq!(rows(&html), [3, 1]);
    assert!(html.contains("<b>2</b> of 5 requests"), "{html}");
    assert!(html.contains("value=\"path:/a\""));
    // Every way onwards keeps it.
    let request = bin.page("/requests/3?q=path:/a");
    assert!(html.contains(&format!("href=\"{request}\"")));
    let open = server.get(&request).text();
    assert_eq!(rows(&open), [3, 1]);
    let older = bin.page("/requests/1?q=path:/a");
    let near = format!("<a class=\"btn quiet icon\" href=\"{older}\" title=\"Older request\"");
    assert!(open.contains(&near), "{open}");
    let raw = format!(
        "href=\"{}?view=text&amp;q=path:/a#body\"",
        bin.page("/requests/3")
    );
    assert!(open.contains(&raw), "{open}");
    // A request that it leaves out can still be open beside it.
    let other = server.get(&bin.page("/requests/2?q=path:/a")).text();
    assert_eq!(rows(&other), [3, 1]);
    assert!(other.contains("data-n=\"2\""));
    let text = server.get(&bin.page("?q=%22%3Cb%3E%26%22+-path:/c")).text();
    assert_eq!(rows(&text), [3, 2, 1]);
    assert!(
        text.contains("value=\"&#34;&#60;b&#62;&#38;&#34; -path:/c\""),
        "{text}"
    );
}

#[test]
fn every_view_of_a_body_keeps_the_filter() {
    let server = Server::start();
    let bin = server.bin();
    let parts = b"--b\r\nContent-Disposition: form-data; name=\"f\"\r\n\r\none\r\n--b--\r\n";
    let fields = ["Content-Type: multipart/form-data; boundary=b"];
    server.request("POST", &format!("/{}", bin.id), &fields, parts);
    let hello = include_bytes!("../../files/hello.br");
    let fields = ["Content-Type: text/plain", "Content-Encoding: br"];
    server.request("POST", &format!("/{}", bin.id), &fields, hello);
    server.request("POST", &format!("/{}", bin.id), &[], &[0; 10_000]);
    for below in [
        "/requests/1?",
        "/requests/1?in=1&",
        "/requests/2?",
        "/requests/2?view=hex&as=sent&",
        "/requests/3?view=hex&offset=4096&",
    ] {
        let html = server
            .get(&bin.page(&format!("{below}q=method:POST")))
            .text();
        let links = html
            .split("href=\"")
            .filter_map(|rest| rest.split('"').next());
        let views: Vec<&str> = links
            .filter(|link| link.ends_with("#body") && *link != "#body")
            .collect();
        assert!(views.len() >= 2, "{below}: {html}");
        for link in views {
            assert!(link.contains("q=method:POST#body"), "{below}: {link}");
        }
    }
}

/// The addresses of forms of one request, and of its comparisons.
fn doors(html: &str) -> Vec<String> {
    let actions = html
        .split("action=\"")
        .skip(1)
        .chain(html.split("href=\"").skip(1));
    let links = actions.filter_map(|rest| rest.split('"').next());
    let is_door = |link: &&str| {
        ["/mark", "/delete", "/replay", "/compare?"]
            .iter()
            .any(|door| link.contains(door))
            && link.contains("/b/")
    };
    let found = links
        .filter(is_door)
        .filter(|link| !link.ends_with("/delete") || link.contains("/requests/"));
    found
        .map(|link| link.replace("&#38;", "&").replace("&amp;", "&"))
        .collect()
}

#[test]
fn forms_and_links_of_a_request_keep_filter_and_order() {
    let server = Server::start();
    let bin = filled(&server);
    let all = bin.page("?after=0&q=path:/a");
    let html = server.get(&all).text();
    assert_eq!(rows(&html), [1, 3], "{html}");
    let kept = "q=path:/a&order=oldest";
    let row = format!(
        "href=\"{}?{}\"",
        bin.page("/requests/3"),
        kept.replace('&', "&#38;")
    );
    assert!(html.contains(&row), "{html}");
    // On its own page the list is the same.
    let address = bin.page(&format!("/requests/3?{kept}"));
    let html = server.get(&address).text();
    assert_eq!(rows(&html), [1, 3]);
    assert!(
        html.contains(&format!("href=\"{}\"", all.replace('&', "&#38;"))),
        "{html}"
    );
    let doors = doors(&html);
    assert!(doors.len() >= 6, "{doors:?}");
    for door in &doors {
        assert!(door.contains(kept), "{door}");
    }
    let form =
        "name=\"q\" value=\"path:/a\"><input type=\"hidden\" name=\"order\" value=\"oldest\">";
    assert!(html.contains(form), "{html}");
    // They lead back to it.
    let pinned = server.form(
        &bin.page(&format!("/requests/3/mark?{kept}")),
        "",
        "pinned=yes",
    );
    assert_eq!(pinned.header("location"), Some(address.as_str()));
    let compared = server
        .get(&bin.page(&format!("/compare?a=1&b=3&{kept}")))
        .text();
    for n in [1, 3] {
        let back = format!(
            "href=\"{}?{}\"",
            bin.page(&format!("/requests/{n}")),
            kept.replace('&', "&#38;")
        );
        assert!(compared.contains(&back), "{compared}");
    }
    // The next one is the next in this list.
    for (n, next) in [
        (1, format!("/requests/3?{kept}")),
        (3, "?after=0&q=path:/a".to_owned()),
    ] {
        let deleted = server.form(&bin.page(&format!("/requests/{n}/delete?{kept}")), "", "");
        assert_eq!(deleted.header("location"), Some(bin.page(&next).as_str()));
    }
    assert_eq!(server.captures(&bin).len(), 3);
}

#[test]
fn those_that_match_are_counted_beside_and_behind_the_list() {
    let server = Server::start();
    let bin = server.bin();
    for n in 0..250 {
        server.post(&bin, if n % 2 == 0 { "/even" } else { "/odd" }, b"{}");
    }
    for (query, said, shown) in [
        ("q=path:/even", "<b>125</b> of 250", 50),
        ("q=path:/even&after=0", "<b>125</b> of 250", 50),
        ("q=path:/even&before=100", "<b>125</b> of 250", 50),
        ("q=n<21+path:/odd", "<b>10</b> of 250", 10),
        ("q=n<21+path:/odd&after=0", "<b>10</b> of 250", 10),
        ("q=n>240&before=245", "<b>10</b> of 250", 4),
    ] {
        let html = server
            .get(&bin.page(&format!(
                "?{}",
                query.replace('<', "%3C").replace('>', "%3E")
            )))
            .text();
        assert!(html.contains(said), "{query}: {html}");
        assert_eq!(rows(&html).len(), shown, "{query}");
    }
}

#[test]
fn a_request_far_from_both_ends_is_shown_among_its_neighbours_in_either_order() {
    let server = Server::start();
    let bin = server.bin();
    for _ in 0..120 {
        server.post(&bin, "/many", b"{}");
    }
    let html = server.get(&bin.page("/requests/90?order=oldest")).text();
    let shown = rows(&html);
    assert_eq!((shown[0], shown.contains(&90)), (66, true), "{shown:?}");
    let html = server.get(&bin.page("/requests/20?order=oldest")).text();
    assert_eq!(rows(&html)[0], 1);
    let html = server.get(&bin.page("/requests/20")).text();
    assert_eq!(rows(&html)[0], 44);
}

#[test]
fn a_filter_that_lets_nothing_through_says_so_beside_the_open_request() {
    let server = Server::start();
    let bin = filled(&server);
    let html = server.get(&bin.page("?q=method:PUT")).text();
    assert_eq!(rows(&html), [0; 0]);
    assert!(html.contains("No request matches") && html.contains("<b>0</b> of 5 requests"));
    assert!(html.contains("data-n=\"5\""), "{html}");
    // Of a bin without requests there is nothing to filter.
    let empty = server.bin();
    let html = server.get(&empty.page("?q=method:PUT")).text();
    assert!(!html.contains("No request matches"));
}

#[test]
fn a_filter_that_cannot_be_read_is_named_and_nothing_is_left_out() {
    let server = Server::start();
    let bin = filled(&server);
    let answer = server.get(&bin.page("?q=size:%3Cb%3E"));
    let html = answer.text();
    assert_eq!((answer.status, rows(&html)), (200, vec![5, 4, 3, 2, 1]));
    assert!(html.contains("Not applied: at character 6: "), "{html}");
    assert!(html.contains("aria-invalid=\"true\"") && html.contains("value=\"size:&#60;b&#62;\""));
    // For the script it is a refusal: what it shows stays.
    let part = server.get(&bin.page("?part=list&q=size:x"));
    assert_eq!(part.status, 422);
    assert!(part.text().contains("at character 6: "));
    // It deletes nothing.
    for method in ["GET", "POST"] {
        let target = bin.page("/clear?q=size:x");
        let fields = ["Sec-Fetch-Site: same-origin"];
        assert_eq!(server.request(method, &target, &fields, b"").status, 422);
    }
    assert_eq!(server.captures(&bin).len(), 5);
}

#[test]
fn what_a_filter_lets_through_is_deleted_after_its_count_was_told() {
    let server = Server::start();
    let bin = filled(&server);
    let list = server.get(&bin.page("?q=path:/a")).text();
    let address = bin.page("/clear?q=path:/a");
    assert!(list.contains(&format!("href=\"{address}\"")), "{list}");
    let asked = server.get(&address).text();
    assert!(asked.contains("Delete 2 requests"), "{asked}");
    assert!(asked.contains(&format!("action=\"{address}\"")));
    let done = server.form(&address, "", "");
    assert_eq!(done.status, 303);
    assert_eq!(rows(&server.get(&bin.page("")).text()), [5, 4, 2]);
    let none = server.get(&address).text();
    assert!(none.contains("No request matches"), "{none}");
}

#[test]
fn the_oldest_come_first_by_a_link() {
    let server = Server::start();
    let bin = server.bin();
    for n in 0..60 {
        server.post(&bin, if n % 2 == 0 { "/a" } else { "/b" }, b"");
    }
    let newest = server.get(&bin.page("")).text();
    assert!(newest.contains(&format!("href=\"{}\"", bin.page("?after=0"))));
    let html = server.get(&bin.page("?after=0")).text();
    assert_eq!(rows(&html), (1..=50).collect::<Vec<_>>());
    let next = bin.page("?after=50");
    assert!(html.contains(&format!("href=\"{next}\"")) && html.contains("Newer requests"));
    assert_eq!(
        rows(&server.get(&next).text()),
        (51..=60).collect::<Vec<_>>()
    );
    let odd = server.get(&bin.page("?after=10&q=path:/a")).text();
    assert_eq!(rows(&odd), (11..=59).step_by(2).collect::<Vec<_>>());
}

#[test]
fn the_stream_of_the_page_is_filtered_and_counts() {
    let server = Server::start();
    let bin = filled(&server);
    let target = bin.page("/stream?q=path:/a&after=1");
    let mut stream = crate::support::Events::open(&server, &target, &[]);
    let mut told = Vec::new();
    while told.len() < 2 {
        let event = stream.next().unwrap();
        told.push((event.event, rows(&event.data), event.data));
    }
    assert!(
        told.iter()
            .any(|(name, rows, _)| name == "row" && rows[..] == [3])
    );
    assert!(
        told.iter()
            .any(|(name, _, data)| name == "count" && data.contains("<b>2</b> of 5"))
    );
    server.post(&bin, "/b", b"");
    let count = stream.next().unwrap();
    assert!(count.data.contains("<b>2</b> of 6"), "{count:?}");
    server.post(&bin, "/a", b"");
    let row = stream.next().unwrap();
    assert_eq!((row.event.as_str(), rows(&row.data)), ("row", vec![7]));
    let link = format!("{}?q=path:/a", bin.page("/requests/7"));
    assert!(row.data.contains(&link), "{row:?}");
}
