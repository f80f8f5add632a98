//! Pages and API answer only to hosts they know.
//!
//! A page of an attacker can have its own name resolve to 127.0.0.1 and is then, for the browser, of the same origin as a
//! hookwell on the reader's machine (DNS rebinding). What it cannot do is send another `Host` than its own name. So names that
//! nobody vouched for are turned away; IP addresses are fine, since no name was resolved.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderValue, Uri, Version, header};
use axum::middleware::Next;
use axum::response::Response;

use super::failure;
use crate::config::ListenConfig;
use crate::config::listen::host_of;
use crate::ingest::origin;
use crate::model::Scheme;
use crate::web::{App, Error};

/// Refuses unknown hosts. Behind it `Host` is the name that the visitor used, also where a trusted proxy wrote another one,
/// and the [`Scheme`] that the visitor used is an extension of the request.
pub(super) async fn guard(
    State(app): State<Arc<App>>,
    mut request: Request,
    next: Next,
) -> Response {
    match admit(&app.config.listen, &mut request) {
        Ok(()) => next.run(request).await,
        Err(error) => failure(request.uri(), error),
    }
}

fn admit(listen: &ListenConfig, request: &mut Request) -> Result<(), Error> {
    let hosts = request.headers().get_all(header::HOST).iter().count();
    if hosts > 1 {
        return Err(Error::BadRequest("there is more than one Host".to_owned()));
    }
    if hosts == 0 && request.version() == Version::HTTP_11 && request.uri().authority().is_none() {
        return Err(Error::BadRequest(
            "there is no Host, which HTTP/1.1 requires".to_owned(),
        ));
    }
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let origin =
        peer.map(|ConnectInfo(peer)| origin::of(*peer, request.headers(), &listen.trusted_proxies));
    let scheme = origin.as_ref().map_or(Scheme::Http, |origin| origin.scheme);
    if let Some(host) = origin.and_then(|origin| origin.host) {
        visit_by(request, &host)?;
    }
    // An absolute request target outranks `Host` (RFC 9112 section 3.2.2), but neither may be a stranger's. A request that
    // names no host at all (HTTP/1.0) was not sent by a browser, which is whom this is about.
    let target = request.uri().authority().map(|host| host.as_str().into());
    let field = request.headers().get(header::HOST).map(text);
    for host in [target, field].into_iter().flatten() {
        if !is_known(listen, &host) {
            return Err(Error::UnknownHost(host_of(&host).to_owned()));
        }
    }
    request.extensions_mut().insert(scheme);
    Ok(())
}

/// Puts the host that the proxy was asked for in the place of the one that the proxy asked for.
fn visit_by(request: &mut Request, host: &str) -> Result<(), Error> {
    let host = HeaderValue::try_from(host)
        .map_err(|_| Error::BadRequest("the forwarded host is not one".to_owned()))?;
    request.headers_mut().insert(header::HOST, host);
    if request.uri().authority().is_some() {
        let path = request
            .uri()
            .path_and_query()
            .map_or("/", |path| path.as_str());
        *request.uri_mut() = path
            .parse::<Uri>()
            .map_err(|_| Error::BadRequest("the request target has no path".to_owned()))?;
    }
    Ok(())
}

fn text(value: &HeaderValue) -> String {
    crate::model::head::text(value.as_bytes()).into_owned()
}

/// Whether the host is localhost, an IP address, or one that the operator named; the port does not matter.
fn is_known(listen: &ListenConfig, authority: &str) -> bool {
    let host = host_of(authority);
    host.eq_ignore_ascii_case("localhost")
        || is_address(host)
        || listen
            .public_url
            .as_ref()
            .is_some_and(|url| url.host().eq_ignore_ascii_case(host))
        || listen
            .allow_hosts
            .iter()
            .any(|name| name.eq_ignore_ascii_case(host))
}

fn is_address(host: &str) -> bool {
    match host.strip_prefix('[') {
        Some(rest) => rest
            .strip_suffix(']')
            .is_some_and(|inner| inner.parse::<Ipv6Addr>().is_ok()),
        None => host.parse::<Ipv4Addr>().is_ok(),
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn listen() -> ListenConfig {
        let mut listen = crate::config::Config::with_defaults().listen;
        listen.public_url =
            crate::config::listen::PublicUrl::parse("https://Hooks.example:8443").ok();
        listen.allow_hosts = vec!["inspect.lan".to_owned()];
        listen.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
        listen
    }

    fn request(fields: &[(&str, &str)], peer: &str) -> Request {
        let mut request = Request::new(Body::empty());
        for (name, value) in fields {
            let name: axum::http::HeaderName = name.parse().unwrap();
            request.headers_mut().append(name, value.parse().unwrap());
        }
        let peer: SocketAddr = peer.parse().unwrap();
        request.extensions_mut().insert(ConnectInfo(peer));
        request
    }

    #[test]
    fn localhost_addresses_and_named_hosts_are_known_and_nothing_else() {
        let listen = listen();
        for host in [
            "localhost",
            "LOCALHOST:8080",
            "127.0.0.1:8080",
            "192.168.1.5",
            "[::1]:8080",
            "[2001:db8::1]",
            "hooks.example",
            "hooks.example:443",
            "Inspect.LAN:80",
        ] {
            assert!(is_known(&listen, host), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "localhost.evil.example",
            "evil.localhost",
            "localhost.",
            "127.0.0.1.evil.example",
            "127.0.0.1.nip.io",
            "2130706433",
            "0x7f.0.0.1",
            "::1",
            "[::1",
            "[::1]evil",
            "[127.0.0.1]",
            "user@localhost",
            "localhost:80@evil.example",
            "hooks.example.evil",
            "localhost:80x",
            "localhost evil.example",
        ] {
            assert!(!is_known(&listen, host), "{host}");
        }
    }

    #[test]
    fn a_refusal_names_the_flag_to_set() {
        let error = admit(
            &listen(),
            &mut request(&[("host", "evil.example:8080")], "127.0.0.1:1"),
        );
        let text = error.unwrap_err().to_string();
        assert!(text.contains("--allow-host evil.example,"), "{text}");
        assert!(text.contains("--public-url"), "{text}");
    }

    #[test]
    fn http_1_1_needs_exactly_one_host() {
        for fields in [&[][..], &[("host", "localhost"), ("host", "localhost")]] {
            let error = admit(&listen(), &mut request(fields, "127.0.0.1:1")).unwrap_err();
            assert!(matches!(error, Error::BadRequest(_)), "{fields:?}");
        }
        let mut old = request(&[], "127.0.0.1:1");
        *old.version_mut() = Version::HTTP_10;
        admit(&listen(), &mut old).unwrap();
    }

    #[test]
    fn an_absolute_target_does_not_hide_a_foreign_host() {
        let mut both = request(&[("host", "evil.example")], "127.0.0.1:1");
        *both.uri_mut() = "http://localhost/".parse().unwrap();
        assert!(matches!(
            admit(&listen(), &mut both),
            Err(Error::UnknownHost(_))
        ));
        let mut target = request(&[("host", "localhost")], "127.0.0.1:1");
        *target.uri_mut() = "http://evil.example/".parse().unwrap();
        assert!(matches!(
            admit(&listen(), &mut target),
            Err(Error::UnknownHost(_))
        ));
    }

    #[test]
    fn only_a_trusted_proxy_may_speak_for_the_visitor() {
        let fields = [
            ("host", "app:8080"),
            ("x-forwarded-host", "evil.example, hooks.example"),
            ("x-forwarded-proto", "https"),
        ];
        let mut from_proxy = request(&fields, "10.1.2.3:4000");
        *from_proxy.uri_mut() = "http://app:8080/b/k?x=1".parse().unwrap();
        admit(&listen(), &mut from_proxy).unwrap();
        assert_eq!(from_proxy.headers()[header::HOST], "hooks.example");
        assert_eq!(from_proxy.uri(), "/b/k?x=1");
        assert_eq!(from_proxy.extensions().get(), Some(&Scheme::Https));

        let mut mapped = request(&fields, "[::ffff:10.1.2.3]:4000");
        admit(&listen(), &mut mapped).unwrap();

        let refused = admit(&listen(), &mut request(&fields, "192.0.2.1:4000"));
        assert!(matches!(refused, Err(Error::UnknownHost(host)) if host == "app"));

        let fields = [("host", "localhost"), ("x-forwarded-host", "evil.example")];
        let refused = admit(&listen(), &mut request(&fields, "10.1.2.3:4000"));
        assert!(matches!(refused, Err(Error::UnknownHost(host)) if host == "evil.example"));
    }

    #[test]
    fn an_untrusted_peer_cannot_claim_https() {
        let fields = [("host", "localhost"), ("x-forwarded-proto", "https")];
        let mut claimed = request(&fields, "192.0.2.1:1");
        admit(&listen(), &mut claimed).unwrap();
        assert_eq!(claimed.extensions().get(), Some(&Scheme::Http));
    }
}
