//! The test request that the page of an empty bin can send: it comes from hookwell itself, and says so.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Extension;
use axum::extract::{ConnectInfo, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use bytes::Bytes;
use serde_json::json;

use super::Error;
use crate::ingest::origin;
use crate::model::{Body, Draft, Envelope, Head, Headers, Reply, Scheme, Version};
use crate::web::App;
use crate::web::extract::{BinByKey, Site};

/// Keeps a test request and goes back to the bin's page.
pub(super) async fn send(
    State(app): State<Arc<App>>,
    bin: BinByKey,
    site: Site,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let peer = peer.map_or_else(
        || app.config.listen.listen,
        |Extension(ConnectInfo(peer))| peer,
    );
    let draft = draft(&app, &bin, &site, peer, &headers);
    app.store.append(&bin.bin, draft).await?;
    Ok(Redirect::to(&format!("/b/{}", bin.key)).into_response())
}

fn draft(app: &App, bin: &BinByKey, site: &Site, peer: SocketAddr, headers: &HeaderMap) -> Draft {
    let now = app.clock.now();
    let url = site.capture_url(&bin.bin);
    let (scheme, rest) = url.split_once("://").unwrap_or(("http", &url));
    let (host, base) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let body = json!({ "hello": "well", "from": "hookwell", "sent_at": now }).to_string();
    let length = body.len().to_string();
    let agent = concat!("hookwell/", env!("CARGO_PKG_VERSION"));
    let fields: [(&str, &str); 4] = [
        ("host", host),
        ("user-agent", agent),
        ("content-type", "application/json"),
        ("content-length", &length),
    ];
    let visitor = origin::of(peer, headers, &app.config.listen.trusted_proxies);
    Draft {
        envelope: Envelope {
            received_at: now,
            took_us: 0,
            head: Head {
                method: "POST".to_owned(),
                target: format!("{base}/hello"),
                path_at: base.len(),
                version: Version::Http11,
                headers: Headers::from_fields(
                    fields.map(|(name, value)| (name.as_bytes(), value.as_bytes())),
                ),
            },
            scheme: if scheme == "https" {
                Scheme::Https
            } else {
                Scheme::Http
            },
            host: host.to_owned(),
            client: visitor.client,
            peer,
            trailers: Headers::default(),
            reply: Reply::plain(200),
        },
        body: Body::complete(Bytes::from(body)),
        imported: false,
        sender: None,
    }
}
