//! HTTP from the command line: one request over a connection of its own, and its answer.
//!
//! To hookwell's API and to whatever runs on somebody's own machine alike. It calls what its user told it to, so nothing is guarded
//! here; what a *server* calls goes another way. Every address of a name is tried, since `localhost` may be either family. The head
//! is sent as it is given: in order and case.
//!
//! It knows nothing of bins; [`client`](super::client) does.

mod head;
mod tls;
mod url;

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;

pub(super) use self::head::head;
pub(super) use self::tls::{Trust, TrustError};
pub(super) use self::url::{Url, WrongUrl};
use crate::outbound::unconnected;

/// How long it may take until one address of a host has answered.
const CONNECT: Duration = Duration::from_secs(10);

/// How many addresses of a host are tried.
const ADDRESSES: usize = 8;

/// The largest head of an answer, in bytes, and the most fields in it.
const HEAD: usize = 1 << 20;
const FIELDS: usize = 2000;

/// The body of a request.
pub(super) type Body = BoxBody<Bytes, io::Error>;

/// A request that is to be sent.
pub(super) type Request = hyper::Request<Body>;

/// The answer; its body is read from the connection.
pub(super) type Response = hyper::Response<Incoming>;

/// Why a request was not answered.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("there is no host {0}")]
    NoHost(String, #[source] io::Error),
    #[error("{}", unconnected(.1, &.0.authority, .0.port))]
    Connect(Url, io::Error),
    #[error("no encrypted connection to {0}")]
    Tls(String, #[source] io::Error),
    #[error("{0} did not answer as HTTP does")]
    Http(String, #[source] hyper::Error),
    #[error("the request cannot be written as HTTP/1.1")]
    Unsendable,
    #[error("no answer within {} s", .0.as_secs_f32())]
    Timeout(Duration),
}

/// A body that is there.
pub(super) fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into())
        .map_err(|never| match never {})
        .boxed()
}

/// Sends a request, and gives the answer once its head is there.
///
/// # Errors
/// All of them; [`Error::Timeout`] when there is no head after `patience`.
pub(super) async fn send(
    url: &Url,
    trust: &Trust,
    request: Request,
    patience: Duration,
) -> Result<Response, Error> {
    let exchange = async {
        let stream = connect(url).await?;
        if url.is_https {
            let stream = timeout(CONNECT, trust.encrypt(&url.host, stream)).await;
            let stream = stream.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
            let wrong = |error| Error::Tls(url.authority.clone(), error);
            speak(url, stream.map_err(wrong)?, request).await
        } else {
            speak(url, stream, request).await
        }
    };
    let answer = timeout(patience, exchange).await;
    answer.map_err(|_| Error::Timeout(patience))?
}

async fn connect(url: &Url) -> Result<TcpStream, Error> {
    let found = tokio::net::lookup_host((&*url.host, url.port)).await;
    let found = found.map_err(|error| Error::NoHost(url.host.clone(), error))?;
    let mut addresses: Vec<SocketAddr> = found.take(ADDRESSES).collect();
    if url.host.eq_ignore_ascii_case("localhost") {
        // Many systems know it by one family only, and programs listen on either (RFC 6761 section 6.3).
        let both = [
            IpAddr::from(Ipv4Addr::LOCALHOST),
            Ipv6Addr::LOCALHOST.into(),
        ];
        let both = both.map(|ip| SocketAddr::new(ip, url.port));
        addresses.extend(
            both.into_iter()
                .filter(|one| !addresses.contains(one))
                .collect::<Vec<_>>(),
        );
    }
    // The first says most: addresses to which there is no way stand behind the others.
    let mut first = None;
    for address in addresses {
        match try_one(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => first = first.or(Some(error)),
        }
    }
    let failure = first.unwrap_or_else(|| io::ErrorKind::NotFound.into());
    Err(Error::Connect(url.clone(), failure))
}

async fn try_one(address: SocketAddr) -> io::Result<TcpStream> {
    let connecting = timeout(CONNECT, TcpStream::connect(address)).await;
    let stream = connecting.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

async fn speak<S: AsyncRead + AsyncWrite + Send + Unpin + 'static>(
    url: &Url,
    stream: S,
    request: Request,
) -> Result<Response, Error> {
    let wrong = |error| Error::Http(url.authority.clone(), error);
    let (mut sender, connection) = http1::Builder::new()
        .max_headers(FIELDS)
        .max_buf_size(HEAD)
        .preserve_header_case(true)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(wrong)?;
    // It ends with the answer's body; what goes wrong with it is told there.
    tokio::spawn(async move { connection.await.ok() });
    sender.send_request(request).await.map_err(wrong)
}

/// At most `limit` bytes of a body, and whether that was all of it.
///
/// # Errors
/// When the connection breaks, or nothing more comes for `patience`.
pub(super) async fn read(
    body: Incoming,
    limit: usize,
    patience: Duration,
) -> Result<(Vec<u8>, bool), io::Error> {
    let mut bytes = Vec::new();
    let is_all = read_into(&mut bytes, body, limit, patience).await?;
    Ok((bytes, is_all))
}

/// The same, of which what came before a failure stays.
///
/// # Errors
/// As above.
pub(super) async fn read_into(
    bytes: &mut Vec<u8>,
    mut body: Incoming,
    limit: usize,
    patience: Duration,
) -> Result<bool, io::Error> {
    loop {
        let frame = timeout(patience, body.frame()).await;
        let frame = frame.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?;
        let Some(frame) = frame else {
            return Ok(true);
        };
        let data = frame.map_err(io::Error::other)?.into_data();
        let data = data.unwrap_or_default();
        let room = limit - bytes.len();
        bytes.extend_from_slice(data.get(..room.min(data.len())).unwrap_or_default());
        if data.len() > room {
            return Ok(false);
        }
    }
}
