//! What a URL becomes on its way through proxies and dashboards.

use crate::provider::signature::parts::port;

/// Other addresses that may have been signed: a word, what is other, the address.
pub(super) fn other_urls(url: &str) -> Vec<(&'static str, &'static str, String)> {
    let mut urls = Vec::new();
    if let Some(rest) = url.strip_prefix("https://") {
        urls.push(("url_scheme", "with http", format!("http://{rest}")));
    } else if let Some(rest) = url.strip_prefix("http://") {
        urls.push(("url_scheme", "with https", format!("https://{rest}")));
    }
    let (at, end) = port(url);
    let piece = |from: usize, to: usize| url.get(from..to).unwrap_or_default();
    let tail = url.get(end..).unwrap_or_default();
    match at {
        Some((start, _)) => urls.push((
            "url_port",
            "without its port",
            format!("{}{tail}", piece(0, start - 1)),
        )),
        None => {
            for port in [443, 80, 8080, 3000] {
                urls.push((
                    "url_port",
                    "with a port",
                    format!("{}:{port}{tail}", piece(0, end)),
                ));
            }
        }
    }
    let (path, query) = url
        .split_once('?')
        .map_or((url, None), |(path, query)| (path, Some(query)));
    let with = |path: &str, query: Option<&str>| match query {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    match path.strip_suffix('/') {
        Some(bare) => urls.push((
            "url_trailing_slash",
            "without the slash at the end",
            with(bare, query),
        )),
        None => urls.push((
            "url_trailing_slash",
            "with a slash at the end",
            with(&format!("{path}/"), query),
        )),
    }
    if let Some(query) = query {
        urls.push(("url_query", "without its query", path.to_owned()));
        let mut pairs: Vec<&str> = query.split('&').take(64).collect();
        pairs.reverse();
        urls.push((
            "url_query_order",
            "with its query in another order",
            with(path, Some(&pairs.join("&"))),
        ));
        pairs.sort_unstable();
        urls.push((
            "url_query_order",
            "with its query in another order",
            with(path, Some(&pairs.join("&"))),
        ));
    }
    let below = url.find("://").map_or(0, |at| at + 3) + tail_start(url);
    urls.push((
        "url_path_only",
        "without scheme and host",
        url.get(below..).unwrap_or_default().to_owned(),
    ));
    urls.retain(|(_, _, other)| other != url);
    urls
}

/// Where the path begins behind the scheme.
fn tail_start(url: &str) -> usize {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.find('/').unwrap_or(rest.len())
}
