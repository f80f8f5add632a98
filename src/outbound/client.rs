//! Sends one request and reads what comes back, each step within its time.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout_at;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::RootCertStore;
use tokio_rustls::rustls::pki_types::ServerName;
use tracing::Instrument;
use tracing::field::Empty;

use super::guard::Guard;
use super::places::{Places, Whose};
use super::url::Host;
use super::{Request, Url, head, in_words, unconnected};
use crate::config::OutboundConfig;
use crate::config::log::SPANS;
use crate::metrics::metrics;
use crate::model::{
    Answer, AttemptKind, Body, BodyState, Clock, Failure, FailureCause, Headers, Sent, Timestamp,
    Try,
};
use crate::tls;

/// How many bytes of an answer's body are kept.
pub const ANSWER: usize = 1 << 20;

/// The largest head of an answer, and the most fields in it.
const ANSWER_HEAD: usize = 64 * 1024;
const ANSWER_FIELDS: usize = 500;

/// How many calls there may be at once that somebody asks for, of all bins together, and how large their bodies may be; more wait.
const AT_ONCE: u64 = 128;
const BYTES: u64 = 128 << 20;

/// How many addresses of one name are tried.
const ADDRESSES: usize = 8;

/// How names become addresses.
#[derive(Clone)]
pub(super) enum Names {
    System,
    #[cfg(test)]
    Fixed(Arc<dyn Fn() -> Vec<std::net::IpAddr> + Send + Sync>),
    /// All of them lead to one place, whatever the port.
    #[cfg(test)]
    To(SocketAddr),
}

/// Calls others.
#[derive(Clone)]
pub struct Client {
    guard: Guard,
    tls: TlsConnector,
    pub(super) names: Names,
    /// Whether nobody is called.
    offline: bool,
    connect_timeout: Duration,
    timeout: Duration,
    places: Arc<Places>,
    clock: Clock,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("guard", &self.guard)
            .finish_non_exhaustive()
    }
}

/// How far a call came, and until when it may go on.
struct Call {
    until: tokio::time::Instant,
    timeout: Duration,
}

impl Call {
    async fn within<T>(&self, doing: &str, work: impl Future<Output = T>) -> Result<T, Failure> {
        timeout_at(self.until, work)
            .await
            .map_err(|_| self.over(doing))
    }

    fn over(&self, doing: &str) -> Failure {
        let seconds = self.timeout.as_secs_f32();
        Failure::new(
            FailureCause::Timeout,
            format!("After {seconds} s it was still {doing}."),
        )
    }
}

impl Client {
    /// A client with the operator's settings.
    pub fn new(config: &OutboundConfig, clock: Clock) -> Self {
        let roots = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
        Self::trusting(config, clock, roots)
    }

    /// A client that trusts these authorities.
    pub(super) fn trusting(config: &OutboundConfig, clock: Clock, roots: RootCertStore) -> Self {
        Self {
            guard: Guard::allowing(&config.allow),
            tls: TlsConnector::from(Arc::new(tls::trusting(roots))),
            names: Names::System,
            offline: config.offline,
            connect_timeout: config.connect_timeout,
            timeout: config.timeout,
            places: Places::new(AT_ONCE, BYTES),
            clock,
        }
    }

    /// A client for whom every name leads to one address on this machine, and one certificate is trusted: what a provider's own
    /// hosts are in tests. There is no flag for that: who may choose where names lead chooses what is believed.
    ///
    /// # Panics
    /// Where the certificate is none.
    #[cfg(test)]
    pub(crate) fn leading_to(address: SocketAddr, certificate: &[u8], allow: &str) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(certificate.to_vec().into()).unwrap();
        let mut config = crate::config::Config::with_defaults().outbound;
        config.allow = vec![allow.parse().unwrap()];
        let mut client = Self::trusting(&config, Clock::System, roots);
        client.names = Names::To(address);
        client
    }

    /// Waits until it is somebody's turn, sends a request and reads the answer; whatever happens is in what it gives.
    pub async fn send(&self, whose: Whose, request: &Request, kind: AttemptKind) -> Try {
        let _place = self.places.take(whose, request.body.len() as u64).await;
        self.send_now(request, kind).await
    }

    /// The same at once, for those who say themselves how many there are.
    pub async fn send_now(&self, request: &Request, kind: AttemptKind) -> Try {
        let fields = head::fields(request);
        let started_at: Timestamp = self.clock.now();
        let began = Instant::now();
        let call = Call {
            until: tokio::time::Instant::now() + self.timeout,
            timeout: self.timeout,
        };
        let span = tracing::info_span!(
            target: SPANS,
            "send",
            otel.kind = "client",
            hookwell.attempt = kind.as_str(),
            http.response.status_code = Empty,
            error.type = Empty,
        );
        let exchange = self.exchange(&call, request, &fields);
        let (answer, failure) = match exchange.instrument(span.clone()).await {
            Ok((answer, failure)) => (Some(answer), failure),
            Err(failure) => (None, Some(failure)),
        };
        let tried = Try {
            kind,
            url: request.url.to_string(),
            started_at,
            took_us: u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX),
            sent: Sent {
                method: request.method.clone(),
                headers: fields,
                size: request.body.len() as u64,
            },
            answer,
            failure,
        };
        if let Some(answer) = &tried.answer {
            span.record("http.response.status_code", answer.status);
        }
        if let Some(failure) = &tried.failure {
            span.record("error.type", failure.cause.as_str());
        }
        metrics().tried(&tried);
        tried
    }

    /// Whether the guard would let a URL through, so far as can be said without asking for its addresses.
    ///
    /// # Errors
    /// The refusal.
    pub fn check_literal(&self, url: &Url) -> Result<(), Failure> {
        match &url.host {
            Host::Ip(ip) => self.judge(&[SocketAddr::new(*ip, url.port)], url),
            Host::Name(_) => Ok(()),
        }
    }

    async fn exchange(
        &self,
        call: &Call,
        request: &Request,
        fields: &Headers,
    ) -> Result<(Answer, Option<Failure>), Failure> {
        let unsendable = || {
            Failure::new(
                FailureCause::RefusedByGuard,
                "It holds what no HTTP request can.",
            )
        };
        let message = head::read(request, fields).await.ok_or_else(unsendable)?;
        let addresses = self.addresses(call, &request.url).await?;
        let stream = self.connect(call, &request.url, &addresses).await?;
        if request.url.https {
            let stream = self.encrypt(call, &request.url, stream).await?;
            speak(call, TokioIo::new(stream), message).await
        } else {
            speak(call, TokioIo::new(stream), message).await
        }
    }

    /// The addresses of a URL, every one of them judged. A single one that may not be called refuses them all.
    async fn addresses(&self, call: &Call, url: &Url) -> Result<Vec<SocketAddr>, Failure> {
        if self.offline {
            return Err(Failure::new(
                FailureCause::RefusedByGuard,
                "This server calls nobody (see --offline).",
            ));
        }
        let found: Vec<SocketAddr> = match &url.host {
            Host::Ip(ip) => vec![SocketAddr::new(*ip, url.port)],
            Host::Name(name) => {
                call.within("looking the name up", self.look_up(name, url.port))
                    .await??
            }
        };
        if found.is_empty() {
            return Err(Failure::new(FailureCause::Dns, "The name has no address."));
        }
        self.judge(&found, url)?;
        Ok(found)
    }

    async fn look_up(&self, name: &str, port: u16) -> Result<Vec<SocketAddr>, Failure> {
        match &self.names {
            Names::System => {
                let found = tokio::net::lookup_host((name, port)).await;
                let found = found.map_err(|error| {
                    Failure::new(
                        FailureCause::Dns,
                        format!("The name was not found: {}.", in_words(&error)),
                    )
                })?;
                Ok(found.collect())
            }
            #[cfg(test)]
            Names::Fixed(names) => Ok(names()
                .into_iter()
                .map(|ip| SocketAddr::new(ip, port))
                .collect()),
            #[cfg(test)]
            Names::To(address) => Ok(vec![*address]),
        }
    }

    fn judge(&self, addresses: &[SocketAddr], url: &Url) -> Result<(), Failure> {
        for address in addresses {
            if let Err(what) = self.guard.judge(address.ip()) {
                let whose = match url.host {
                    Host::Ip(_) => "The address is",
                    Host::Name(_) => "The name leads to an address that is",
                };
                return Err(Failure::new(
                    FailureCause::RefusedByGuard,
                    format!(
                        "{whose} {what}, and not one that this server may call (see --allow-outbound)."
                    ),
                ));
            }
        }
        Ok(())
    }

    async fn connect(
        &self,
        call: &Call,
        url: &Url,
        addresses: &[SocketAddr],
    ) -> Result<TcpStream, Failure> {
        // The first says most: addresses to which there is no way stand behind the others.
        let mut first = None;
        for address in addresses.iter().take(ADDRESSES) {
            let address = SocketAddr::new(address.ip().to_canonical(), address.port());
            let connecting =
                tokio::time::timeout(self.connect_timeout, TcpStream::connect(address));
            let failure = match call.within("connecting", connecting).await? {
                Ok(Ok(stream)) => {
                    stream.set_nodelay(true).ok(); // Slower at worst.
                    return Ok(stream);
                }
                Ok(Err(error)) => {
                    let why = unconnected(&error, url.authority(), url.port);
                    Failure::new(FailureCause::Connect, sentence(&why))
                }
                Err(_) => {
                    let seconds = self.connect_timeout.as_secs_f32();
                    let why = format!("There was no connection after {seconds} s.");
                    Failure::new(FailureCause::Timeout, why)
                }
            };
            first.get_or_insert(failure);
        }
        Err(first.unwrap_or_else(|| Failure::new(FailureCause::Dns, "The name has no address.")))
    }

    async fn encrypt(
        &self,
        call: &Call,
        url: &Url,
        stream: TcpStream,
    ) -> Result<impl AsyncRead + AsyncWrite + Send + Unpin + 'static + use<>, Failure> {
        let wrong = |error: &dyn std::fmt::Display| {
            Failure::new(
                FailureCause::Tls,
                format!("No encrypted connection: {}.", in_words(error)),
            )
        };
        let name = match &url.host {
            Host::Ip(ip) => ServerName::from(*ip),
            Host::Name(name) => {
                ServerName::try_from(name.clone()).map_err(|error| wrong(&error))?
            }
        };
        let encrypting = tokio::time::timeout(self.connect_timeout, self.tls.connect(name, stream));
        match call.within("agreeing on encryption", encrypting).await? {
            Ok(Ok(stream)) => Ok(stream),
            Ok(Err(error)) => Err(wrong(&error)),
            Err(_) => {
                let seconds = self.connect_timeout.as_secs_f32();
                Err(Failure::new(
                    FailureCause::Timeout,
                    format!("The encrypted connection was not there after {seconds} s."),
                ))
            }
        }
    }
}

/// Speaks HTTP/1.1 over a connection that is there. The second of what it gives is why the answer has no end.
async fn speak<S: AsyncRead + AsyncWrite + Send + Unpin + 'static>(
    call: &Call,
    stream: TokioIo<S>,
    message: hyper::Request<http_body_util::Full<Bytes>>,
) -> Result<(Answer, Option<Failure>), Failure> {
    let (mut sender, connection) = http1::Builder::new()
        .max_headers(ANSWER_FIELDS)
        .max_buf_size(ANSWER_HEAD)
        .preserve_header_case(true)
        .handshake(stream)
        .await
        .map_err(|error| failure(&error))?;
    // Dropped when this returns, and the socket with it: an answer that is not read any more is not received either.
    let mut running = std::pin::pin!(async move {
        connection.await.ok(); // The same error comes out of the request.
        std::future::pending::<Infallible>().await
    });
    let asking = async {
        let asked = call
            .within("waiting for an answer", sender.send_request(message))
            .await?;
        let (parts, body) = asked.map_err(|error| failure(&error))?.into_parts();
        let declared = parts
            .headers
            .get(hyper::header::CONTENT_LENGTH)
            .and_then(|length| length.to_str().ok()?.parse().ok());
        let (body, failure) = read(call, body, declared).await;
        let fields = parts.headers.iter();
        let answer = Answer {
            status: parts.status.as_u16(),
            headers: Headers::from_fields(
                fields.map(|(name, value)| (name.as_ref(), value.as_bytes())),
            ),
            size: body.bytes.len() as u64,
            body,
        };
        Ok((answer, failure))
    };
    tokio::select! {
        biased;
        done = asking => done,
        never = &mut running => match never {},
    }
}

/// Reads a body, as far as it is kept.
async fn read(call: &Call, mut body: Incoming, declared: Option<u64>) -> (Body, Option<Failure>) {
    let mut kept = BytesMut::new();
    let (state, failure) = loop {
        let Ok(frame) = timeout_at(call.until, body.frame()).await else {
            break (BodyState::Aborted, Some(call.over("sending its answer")));
        };
        let data = match frame {
            None => break (BodyState::Complete, None),
            Some(Err(error)) => break (BodyState::Aborted, Some(failure(&error))),
            Some(Ok(frame)) => frame.into_data().unwrap_or_default(),
        };
        let room = ANSWER - kept.len();
        kept.extend_from_slice(data.get(..room.min(data.len())).unwrap_or_default());
        if data.len() > room {
            break (BodyState::Truncated, None);
        }
    };
    let body = Body {
        // An answer that has no body by its nature may declare a length all the same (RFC 9110 section 8.6).
        sent: declared.filter(|sent| state != BodyState::Complete && *sent > kept.len() as u64),
        bytes: kept.freeze(),
        state,
    };
    (body, failure)
}

/// A part of a sentence as one of its own.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).chain(['.']).collect()
}

/// What hyper says, by its cause.
fn failure(error: &hyper::Error) -> Failure {
    if error.is_parse_too_large() {
        Failure::new(
            FailureCause::TooLarge,
            "The head of the answer is too large.",
        )
    } else if error.is_parse() {
        Failure::new(FailureCause::Closed, "What came back is not HTTP/1.1.")
    } else {
        Failure::new(
            FailureCause::Closed,
            "The connection ended before the answer did.",
        )
    }
}
