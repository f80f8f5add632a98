//! The body: read under a limit, within a time, from a budget that all bodies share.

use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body as _, Incoming};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

use crate::config::LimitsConfig;
use crate::model::{Body, BodyState, Headers};

/// What every body may take without asking: reading a head may take as much.
const FREE: u64 = 16 * 1024;

/// The budget is counted in steps of this size.
const STEP: u64 = 4 * 1024;

/// How much a body of unknown length asks for at a time.
const GROWTH: u64 = 256 * 1024;

/// Memory that bodies in flight share.
#[derive(Debug, Clone)]
pub(crate) struct Budget {
    steps: Arc<Semaphore>,
    all: u64,
    wait: Duration,
}

/// The budget was used up, and stayed so.
#[derive(Debug)]
pub(crate) struct Exhausted;

impl Budget {
    pub(crate) fn new(limits: &LimitsConfig) -> Self {
        let most = Semaphore::MAX_PERMITS as u64;
        let all = if limits.body_memory == 0 {
            most
        } else {
            (limits.body_memory / STEP).clamp(1, most)
        };
        let permits = usize::try_from(all).unwrap_or(Semaphore::MAX_PERMITS);
        Self {
            steps: Arc::new(Semaphore::new(permits)),
            all,
            wait: limits.body_memory_wait,
        }
    }

    /// Waits for its turn to hold `bytes`. One body may take all there is, so that a limit above the budget blocks nobody.
    async fn take(&self, bytes: u64) -> Result<OwnedSemaphorePermit, Exhausted> {
        let steps = u32::try_from(bytes.div_ceil(STEP).min(self.all)).unwrap_or(u32::MAX);
        let permit = Arc::clone(&self.steps).acquire_many_owned(steps);
        match tokio::time::timeout(self.wait, permit).await {
            Ok(Ok(permit)) => Ok(permit),
            _ => Err(Exhausted),
        }
    }
}

/// How a body ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// Whole.
    Complete,
    /// Over the limit.
    TooLarge,
    /// The sender fell silent, or took too long.
    TimedOut,
    /// The sender went away.
    Gone,
    /// The framing is not valid.
    Malformed,
    /// There was no memory for it.
    NoMemory,
}

/// A body that is being received: what there is of it, at every moment.
#[derive(Debug)]
pub(crate) struct Receiving {
    first: Bytes,
    rest: BytesMut,
    pub(crate) trailers: Headers,
    declared: Option<u64>,
    seen: u64,
    limit: u64,
    /// Bytes that may be held with the permits taken so far.
    granted: u64,
    permits: Option<OwnedSemaphorePermit>,
}

impl Receiving {
    /// Nothing yet, of a body that may have `limit` bytes.
    pub(crate) fn new(body: &Incoming, limit: u64) -> Self {
        let declared = body.size_hint().exact();
        Self {
            first: Bytes::new(),
            rest: BytesMut::new(),
            trailers: Headers::default(),
            declared,
            seen: 0,
            limit,
            granted: FREE,
            permits: None,
        }
    }

    /// Whether the sender said from the start that it is over the limit.
    pub(crate) fn is_declared_too_large(&self) -> bool {
        self.declared.is_some_and(|declared| declared > self.limit)
    }

    /// Reads to the end, or to where it has to end.
    pub(crate) async fn read(
        &mut self,
        body: &mut Incoming,
        budget: &Budget,
        limits: &LimitsConfig,
    ) -> End {
        if self
            .reserve(self.declared.unwrap_or(0), budget)
            .await
            .is_err()
        {
            return End::NoMemory;
        }
        let began = Instant::now();
        let longest = (!limits.body_timeout.is_zero()).then(|| began + limits.body_timeout);
        loop {
            let frame = match std::future::poll_fn(|context| {
                Poll::Ready(Pin::new(&mut *body).poll_frame(context))
            })
            .await
            {
                // What is there already needs no timer.
                Poll::Ready(frame) => frame,
                Poll::Pending => {
                    let idle = (!limits.body_idle_timeout.is_zero())
                        .then(|| Instant::now() + limits.body_idle_timeout);
                    match idle.into_iter().chain(longest).min() {
                        None => body.frame().await,
                        Some(deadline) => match timeout_at(deadline, body.frame()).await {
                            Ok(frame) => frame,
                            Err(_) => return End::TimedOut,
                        },
                    }
                }
            };
            let frame = match frame {
                None => return End::Complete,
                Some(Ok(frame)) => frame,
                Some(Err(error))
                    if error.is_incomplete_message()
                        || error.is_closed()
                        || error.is_canceled() =>
                {
                    return End::Gone;
                }
                Some(Err(error)) => {
                    return if is_reset(&error) {
                        End::Gone
                    } else {
                        End::Malformed
                    };
                }
            };
            match frame.into_data() {
                Ok(data) => {
                    self.seen += data.len() as u64;
                    if self.reserve(self.seen, budget).await.is_err() {
                        return End::NoMemory;
                    }
                    if !self.keep(data) {
                        return End::TooLarge;
                    }
                }
                Err(other) => {
                    if let Ok(trailers) = other.into_trailers() {
                        self.trailers = Headers::from_fields(
                            trailers
                                .iter()
                                .map(|(name, value)| (name.as_ref(), value.as_bytes())),
                        );
                    }
                }
            }
        }
    }

    /// Makes sure that `bytes` may be held, up to the limit.
    async fn reserve(&mut self, bytes: u64, budget: &Budget) -> Result<(), Exhausted> {
        let bytes = bytes.min(self.limit);
        if bytes <= self.granted {
            return Ok(());
        }
        // A declared length is taken at once: were it taken bit by bit, many large bodies could each hold a part and wait for
        // the others for ever.
        let more = (bytes - self.granted).max(if self.declared.is_some() { 0 } else { GROWTH });
        let permit = budget.take(more).await?;
        self.granted += more;
        match &mut self.permits {
            Some(permits) => permits.merge(permit),
            None => self.permits = Some(permit),
        }
        Ok(())
    }

    /// Keeps what is within the limit; says whether that was all.
    fn keep(&mut self, data: Bytes) -> bool {
        let room = self.limit.saturating_sub(self.kept());
        let data = if (data.len() as u64) > room {
            data.slice(..usize::try_from(room).unwrap_or(0))
        } else {
            data
        };
        if self.first.is_empty() && self.rest.is_empty() {
            // The usual body is one piece of what was read from the socket, and stays that.
            self.first = data;
        } else {
            if self.rest.is_empty() {
                let expected = self.declared.unwrap_or(0).min(self.limit).min(self.granted);
                self.rest.reserve(
                    usize::try_from(expected)
                        .unwrap_or(0)
                        .max(self.first.len() + data.len()),
                );
                self.rest
                    .extend_from_slice(&std::mem::take(&mut self.first));
            }
            self.rest.extend_from_slice(&data);
        }
        self.seen <= self.limit
    }

    fn kept(&self) -> u64 {
        (self.first.len() + self.rest.len()) as u64
    }

    /// The body as far as it came. The permits go with it, to be held as long as it is.
    pub(crate) fn finish(&mut self, state: BodyState) -> (Body, Option<OwnedSemaphorePermit>) {
        let kept = self.kept();
        let bytes = if self.rest.is_empty() {
            std::mem::take(&mut self.first)
        } else {
            self.rest.split().freeze()
        };
        let sent = self.declared.unwrap_or(0).max(self.seen);
        (
            Body {
                bytes,
                state,
                sent: (sent > kept).then_some(sent),
            },
            self.permits.take(),
        )
    }
}

/// Whether the connection was cut, as opposed to what came over it being wrong.
fn is_reset(error: &hyper::Error) -> bool {
    use std::io::ErrorKind::{
        BrokenPipe, ConnectionAborted, ConnectionReset, TimedOut, UnexpectedEof,
    };
    let source = std::error::Error::source(error);
    let io = source.and_then(|source| source.downcast_ref::<std::io::Error>());
    io.is_some_and(|io| {
        matches!(
            io.kind(),
            BrokenPipe | ConnectionAborted | ConnectionReset | TimedOut | UnexpectedEof
        )
    })
}
