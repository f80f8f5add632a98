//! The server: sockets, connections, and the order in which things start and stop.
//!
//! [`run`] puts the house together: store, hub, ingest, pages and API. [`accept`] is the accept loop, which knows only a
//! [`Handler`]: the benchmark's null server runs on the very same one. [`connection`] speaks HTTP over a [`socket`] that watches
//! the time; [`fault`] answers badly where a bin wants that. axum's own `serve` is not used, since the head as sent and the time-outs both need the socket.

mod connection;
mod fault;
mod socket;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::Request;
use hyper::body::Incoming;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc, watch};
use tower::ServiceExt;

pub use connection::{Answering, Cut, HandlerResponse};

use crate::config::{Config, LimitsConfig};
use crate::forward::{Forwarder, Visitor};
use crate::ingest::{Ingest, Link};
use crate::live::Hub;
use crate::metrics::metrics;
use crate::model::{Clock, Reason};
use crate::outbound;
use crate::relay::Relay;
use crate::store::{self, Job, lease, retention};
use crate::web::{self, App};

/// How many connections may wait to be accepted.
const BACKLOG: i32 = 4096;

/// Bytes that the kernel may hold for a reader that takes nothing. Without a bound thousands of them could pin gigabytes.
const SEND_BUFFER: usize = 256 * 1024;

/// Why the server could not start, or had to end.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address cannot be served on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The store cannot be opened.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// What answers requests.
pub trait Handler: Send + Sync + 'static {
    /// Answers a request that came over `link`.
    fn handle(
        self: Arc<Self>,
        request: Request<Incoming>,
        link: Arc<Link>,
    ) -> impl Future<Output = HandlerResponse> + Send;

    /// A request could not even be read.
    fn refused(&self, link: &Link, reason: Reason);
}

/// hookwell itself: captures first, and whatever is not addressed to a bin is a page or the API.
#[derive(Debug)]
struct Hookwell {
    ingest: Arc<Ingest>,
    router: axum::Router,
}

impl Handler for Hookwell {
    async fn handle(
        self: Arc<Self>,
        request: Request<Incoming>,
        link: Arc<Link>,
    ) -> HandlerResponse {
        let (parts, body) = request.into_parts();
        if let Some(addressed) = self.ingest.addressed(&parts) {
            let answer = self
                .ingest
                .capture(addressed, Request::from_parts(parts, body), &link)
                .await;
            return fault::answer(answer, link);
        }
        ask(&self.router, Request::from_parts(parts, body), link).await
    }

    fn refused(&self, link: &Link, reason: Reason) {
        metrics().refused(reason);
        self.ingest.refused(link, reason);
    }
}

/// What answers at `--metrics-listen`.
#[derive(Debug)]
struct Operations(axum::Router);

impl Handler for Operations {
    async fn handle(
        self: Arc<Self>,
        request: Request<Incoming>,
        link: Arc<Link>,
    ) -> HandlerResponse {
        ask(&self.0, request, link).await
    }

    fn refused(&self, _: &Link, _: Reason) {}
}

/// Asks pages, API or operations.
async fn ask(
    router: &axum::Router,
    request: Request<Incoming>,
    link: Arc<Link>,
) -> HandlerResponse {
    link.pass_over();
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(ConnectInfo(link.peer));
    let response = router
        .clone()
        .oneshot(request)
        .await
        .unwrap_or_else(|never| match never {});
    Ok(response.map(|body| Answering::busy(body, link)))
}

/// Serves until `stop` is done. `ready` is told the address when requests are answered.
///
/// # Errors
/// When it cannot start; what happens later is answered and logged.
pub async fn run(
    config: Config,
    clock: Clock,
    ready: impl FnOnce(SocketAddr),
    stop: impl Future<Output = ()>,
) -> Result<(), Error> {
    let config = Arc::new(config);
    let listener = listen(config.listen.listen)?;
    let address = listener.local_addr().unwrap_or(config.listen.listen);
    let counted = config.listen.metrics_listen.map(listen).transpose()?;
    metrics().started(clock.now());
    let store = store::open(&config.store, clock.clone()).await?;
    let (stopping, stopped) = watch::channel(false);
    let hub = Hub::new(
        Arc::clone(&store),
        config.limits.max_watchers,
        stopped.clone(),
    );
    let sweeper = tokio::spawn(lease::alone(Arc::clone(&store), Job::Sweep, {
        let (store, clock, stopped) = (Arc::clone(&store), clock.clone(), stopped.clone());
        move || retention::sweep(Arc::clone(&store), clock.clone(), stopped.clone())
    }));
    let outbound = outbound::Client::new(&config.outbound, clock.clone());
    let certificates = outbound::Certificates::new(outbound.clone());
    let (visits, visitor) = Visitor::new(
        Arc::clone(&store),
        outbound.clone(),
        certificates.clone(),
        clock.clone(),
        config.listen.public_base(),
    );
    let visiting = tokio::spawn(visitor.run());
    let relay = Arc::new(Relay::new(Arc::clone(&store)));
    let relaying = tokio::spawn(Arc::clone(&relay).run());
    let ingest = Ingest::new(
        Arc::clone(&store),
        Arc::clone(&config),
        clock.clone(),
        Arc::clone(&relay),
    );
    let ingest = Arc::new(ingest.telling(visits));
    let app = Arc::new(App {
        store: Arc::clone(&store),
        ingest: Arc::clone(&ingest),
        hub,
        relay: Arc::clone(&relay),
        outbound: outbound.clone(),
        certificates: certificates.clone(),
        config: Arc::clone(&config),
        clock: clock.clone(),
    });
    let base = config.listen.public_base();
    let forwarding = tokio::spawn(lease::alone(Arc::clone(&store), Job::Forward, {
        let (store, clock) = (Arc::clone(&store), clock.clone());
        move || {
            let (store, outbound) = (Arc::clone(&store), outbound.clone());
            let certificates = certificates.clone();
            Forwarder::new(store, outbound, certificates, clock.clone(), base.clone()).run()
        }
    }));
    let handler = Arc::new(Hookwell {
        ingest,
        router: web::router(&app),
    });
    let serving = Arc::clone(&handler);
    let counting = counted.map(|listener| {
        let operations = Arc::new(Operations(web::ops::metrics_router(&app)));
        serve_metrics(
            listener,
            operations,
            &config.limits,
            clock.clone(),
            stopped.clone(),
        )
    });
    drop(app);
    ready(address);
    let server = tokio::spawn({
        let limits = config.limits.clone();
        async move { accept(listener, serving, &limits, clock, stopped).await }
    });
    stop.await;
    tracing::info!("stopping: requests under way are finished");
    stopping.send_replace(true);
    relay.close();
    if server.await.is_err() {
        tracing::error!("the accept loop had failed");
    }
    if let Some(counting) = counting {
        counting.abort();
    }
    handler.ingest.settle().await;
    sweeper.abort();
    // What is under way is tried again by the next server.
    forwarding.abort();
    visiting.abort();
    relaying.abort();
    store.close().await;
    tracing::info!("stopped");
    Ok(())
}

/// Serves what is counted, on an address of its own and until it is aborted.
fn serve_metrics(
    listener: TcpListener,
    operations: Arc<Operations>,
    limits: &LimitsConfig,
    clock: Clock,
    stopped: watch::Receiver<bool>,
) -> tokio::task::JoinHandle<()> {
    if let Ok(address) = listener.local_addr() {
        tracing::info!(%address, "metrics are served");
    }
    let limits = limits.clone();
    tokio::spawn(async move { accept(listener, operations, &limits, clock, stopped).await })
}

/// Binds the address.
fn listen(address: SocketAddr) -> Result<TcpListener, Error> {
    let bind = || {
        let socket = socket2::Socket::new(
            socket2::Domain::for_address(address),
            socket2::Type::STREAM,
            None,
        )?;
        socket.set_reuse_address(true)?;
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        socket.listen(BACKLOG)?;
        TcpListener::from_std(socket.into())
    };
    bind().map_err(|source| Error::Listen { address, source })
}

/// Accepts connections until `stop` turns true, then waits for those that are open, for as long as the limits allow.
pub async fn accept<H: Handler>(
    listener: TcpListener,
    handler: Arc<H>,
    limits: &LimitsConfig,
    clock: Clock,
    mut stop: watch::Receiver<bool>,
) {
    let places = Arc::new(Semaphore::new(if limits.max_connections == 0 {
        Semaphore::MAX_PERMITS
    } else {
        limits.max_connections
    }));
    let shared = Arc::new(limits.clone());
    // Every connection holds a sender: when the last is gone, so are they.
    let (open, mut all_closed) = mpsc::channel::<()>(1);
    let (cut, cutting) = watch::channel(false);
    loop {
        let (stream, peer, place) = tokio::select! {
            next = next_connection(&listener, &places) => match next {
                Some(next) => next,
                None => continue,
            },
            () = told(&mut stop) => break,
        };
        let link = Arc::new(Link::new(
            peer,
            clock.clone(),
            usize::try_from(limits.max_head).unwrap_or(usize::MAX),
        ));
        let (handler, limits, stop, open) = (
            Arc::clone(&handler),
            Arc::clone(&shared),
            stop.clone(),
            open.clone(),
        );
        let mut cutting = cutting.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = connection::run(stream, link, handler, &limits, stop) => {}
                () = told(&mut cutting) => {}
            }
            drop((place, open));
        });
    }
    drop((listener, open));
    if tokio::time::timeout(limits.drain_timeout, all_closed.recv())
        .await
        .is_err()
    {
        tracing::warn!("some connections did not end in time and are cut");
        cut.send_replace(true);
        all_closed.recv().await;
    }
}

/// Waits until the flag turns true, or nobody is left to turn it.
async fn told(stop: &mut watch::Receiver<bool>) {
    stop.wait_for(|stop| *stop).await.ok(); // Its sender goes away only when the server does.
}

type Accepted = (TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit);

/// The next connection, once there is a place for it; `None` when accepting failed and a moment was waited.
async fn next_connection(listener: &TcpListener, places: &Arc<Semaphore>) -> Option<Accepted> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => {
            if let Err(error) = set_options(&stream) {
                tracing::debug!(%error, %peer, "socket options were not taken");
            }
            Some((stream, peer, place))
        }
        Err(error) => {
            // Out of descriptors, most likely: trying again at once would only spin. One line a second at most.
            tracing::warn!(%error, "a connection could not be accepted");
            tokio::time::sleep(Duration::from_secs(1)).await;
            None
        }
    }
}

fn set_options(stream: &TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let socket = socket2::SockRef::from(stream);
    socket.set_send_buffer_size(SEND_BUFFER)?;
    // A peer that vanished without a word is noticed within a minute.
    let keepalive = socket2::TcpKeepalive::new()
        .with_time(Duration::from_secs(30))
        .with_interval(Duration::from_secs(10))
        .with_retries(3);
    socket.set_tcp_keepalive(&keepalive)?;
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(Duration::from_mins(1)))?;
    Ok(())
}
