//! Making bins, and finding them again.

use super::rows;
use crate::support::Server;

#[test]
fn one_click_makes_a_bin_and_opens_it() {
    let server = Server::start();
    let made = server.form("/", "", "name=Checkout+staging");
    assert_eq!(made.status, 303);
    let page = made.header("location").unwrap();
    let key = page.strip_prefix("/b/").unwrap();
    assert_eq!(made.cookie(), format!("hookwell_bins={key}"));
    let attributes = made.header("set-cookie").unwrap();
    for attribute in ["Path=/", "HttpOnly", "SameSite=Lax"] {
        assert!(attributes.contains(attribute), "{attributes}");
    }
    let html = server.get(page).text();
    assert!(html.contains("Checkout staging") && html.contains("Waiting for the first request."));
    assert!(rows(&html).is_empty());
}

#[test]
fn the_address_of_the_page_never_shows_in_the_capture_url() {
    let server = Server::start();
    let made = server.form("/", "", "name=");
    let page = made.header("location").unwrap().to_owned();
    let key = page.strip_prefix("/b/").unwrap();
    let html = server.get(&page).text();
    let url = html.split("<code>").nth(1).unwrap();
    let url = url.split('<').next().unwrap();
    assert!(
        url.starts_with(&server.base()) && !url.contains(key),
        "{url}"
    );
}

#[test]
fn recent_bins_are_listed_until_they_are_forgotten_or_gone() {
    let server = Server::start();
    let (one, two) = (server.bin(), server.bin());
    server.post(&two, "/orders", b"{}");
    let cookie = server.get_with(&one.page(""), "").cookie().to_owned();
    let cookie = server.get_with(&two.page(""), &cookie).cookie().to_owned();
    assert_eq!(cookie, format!("hookwell_bins={}.{}", two.key, one.key));
    let again = server.get_with(&two.page(""), &cookie);
    assert_eq!(again.header("set-cookie"), None);

    let html = server.get_with("/", &cookie).text();
    assert!(html.contains(&one.id) && html.contains(&two.id) && html.contains("POST /orders"));

    let forgotten = server.form(&one.page("/forget"), &cookie, "");
    assert_eq!(forgotten.cookie(), format!("hookwell_bins={}", two.key));
    assert_eq!(server.get(&one.page("")).status, 200);

    let deleted = server.form(&two.page("/delete"), &cookie, "");
    assert_eq!(deleted.status, 303);
    assert_eq!(deleted.cookie(), format!("hookwell_bins={}", one.key));
    let home = server.get_with("/", &cookie);
    assert_eq!(home.cookie(), format!("hookwell_bins={}", one.key));
    assert!(!home.text().contains(&two.id));
}

#[test]
fn a_name_that_cannot_be_is_said_and_not_lost() {
    let server = Server::start();
    let long = "x".repeat(101);
    let answer = server.form("/", "", &format!("name={long}"));
    assert_eq!(answer.status, 422);
    let html = answer.text();
    assert!(html.contains(&long) && html.contains("aria-invalid=\"true\""));
    assert!(html.contains("101 characters"));
}

#[test]
fn a_theme_is_a_cookie_that_only_the_stylesheet_reads() {
    let server = Server::start();
    let plain = server.get("/theme.css").text();
    let chosen = server.form("/theme", "", "theme=dark&back=%2Fb%2Fx%2Fsettings");
    assert_eq!(chosen.header("location"), Some("/b/x/settings"));
    let css = server.get_with("/theme.css", chosen.cookie());
    assert_eq!(css.header("cache-control"), Some("private, no-cache"));
    assert_eq!(
        css.header("vary").map(|vary| vary.contains("Cookie")),
        Some(true)
    );
    assert!(css.text().contains("color-scheme:dark") && !plain.contains("color-scheme"));
    let away = server.form("/theme", "", "theme=light&back=%2F%2Fevil.example");
    assert_eq!(away.header("location"), Some("/"));
}

#[test]
fn assets_are_kept_for_ever_under_their_hash() {
    let server = Server::start();
    let html = server.get("/").text();
    let css = html
        .split("href=\"")
        .find(|rest| rest.contains("app.css\""))
        .unwrap();
    let css = css.split('"').next().unwrap();
    let answer = server.get(css);
    assert_eq!(
        answer.header("content-type"),
        Some("text/css; charset=utf-8")
    );
    assert_eq!(
        answer.header("cache-control"),
        Some("public, max-age=31536000, immutable")
    );
    let old = server.get("/static/0000000000000000/app.css");
    assert_eq!(
        (old.status, old.header("cache-control")),
        (200, Some("no-cache"))
    );
    assert_eq!(
        server.get("/static/0000000000000000/nothing.css").status,
        404
    );
    assert!(server.get("/robots.txt").text().contains("Disallow: /"));
    assert_eq!(
        server.get("/favicon.ico").header("content-type"),
        Some("image/svg+xml")
    );
}
