//! A connection's socket: feeds what is read to the [`Link`], is patient for so long and no longer, and closes so that the
//! other end hears the last answer.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep};

use crate::config::LimitsConfig;
use crate::ingest::{Link, Waiting};

/// After the last answer, how much of what still arrives is read and thrown away, and for how long. Closing at once would make
/// the kernel cut the connection, and the answer could be lost on its way.
const LINGER_BYTES: usize = 64 << 20;
const LINGER: Duration = Duration::from_secs(2);

/// How long is waited for what; zero is for ever.
#[derive(Debug, Clone, Copy)]
struct Patience {
    head: Duration,
    request: Duration,
    write: Duration,
}

/// A TCP connection as hyper reads and writes it.
#[derive(Debug)]
pub(super) struct Socket {
    stream: Option<TcpStream>,
    link: Arc<Link>,
    patience: Patience,
    read_timer: Timer,
    write_timer: Timer,
    /// Since when the other end has taken nothing.
    stuck_since: Option<Instant>,
    ended: bool,
}

impl Socket {
    pub(super) fn new(stream: TcpStream, link: Arc<Link>, limits: &LimitsConfig) -> Self {
        let patience = Patience {
            head: limits.head_timeout,
            request: limits.keep_alive_timeout,
            write: limits.write_timeout,
        };
        let timer = Timer::default;
        Self {
            stream: Some(stream),
            link,
            patience,
            read_timer: timer(),
            write_timer: timer(),
            stuck_since: None,
            ended: false,
        }
    }

    fn stream(&mut self) -> io::Result<Pin<&mut TcpStream>> {
        self.stream
            .as_mut()
            .map(Pin::new)
            .ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    /// Nothing was there to read: is it too late for what is waited for?
    fn poll_patience(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let (waiting, since) = self.link.waiting();
        let patience = match waiting {
            Waiting::Head => self.patience.head,
            Waiting::Request => self.patience.request,
            Waiting::Otherwise => Duration::ZERO,
        };
        if patience.is_zero() {
            return Poll::Pending;
        }
        ready!(
            self.read_timer
                .poll(Instant::from_std(since) + patience, context)
        );
        match waiting {
            // To hyper this is the other end closing between two requests.
            Waiting::Request => Poll::Ready(Ok(())),
            _ => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
        }
    }

    /// Watches that a write makes progress.
    fn watch_write<T>(
        &mut self,
        poll: Poll<io::Result<T>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        if poll.is_ready() {
            self.stuck_since = None;
            return poll;
        }
        let since = *self.stuck_since.get_or_insert_with(Instant::now);
        if self.patience.write.is_zero() {
            return Poll::Pending;
        }
        ready!(self.write_timer.poll(since + self.patience.write, context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        let Poll::Ready(read) = this.stream()?.poll_read(context, buffer) else {
            return this.poll_patience(context);
        };
        let read_now = buffer.filled().get(before..).unwrap_or_default();
        this.ended |= read_now.is_empty();
        this.link.feed(read_now);
        Poll::Ready(read)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let poll = this.stream()?.poll_write(context, bytes);
        this.watch_write(poll, context)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let poll = this.stream()?.poll_write_vectored(context, pieces);
        this.watch_write(poll, context)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        // While an answer goes on hyper reads nothing, since a sender may have closed its half and wait. Who follows a stream
        // does not do that: when its end is closed nobody is left, and its place is free.
        if this.link.is_streaming() {
            let mut first = [0; 1];
            // A reset is such an end too.
            if let Poll::Ready(Ok(0) | Err(_)) = this
                .stream()?
                .poll_peek(context, &mut ReadBuf::new(&mut first))
            {
                this.ended = true;
                return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
            }
        }
        this.stream()?.poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().stream()?.poll_shutdown(context)
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if self.link.is_reset() {
            // The kernel sends a reset when a socket is closed that may not linger.
            if let Some(stream) = &self.stream {
                let socket = socket2::SockRef::from(stream);
                socket.set_linger(Some(Duration::ZERO)).ok(); // Else it is only closed.
            }
            return;
        }
        if self.ended || self.link.waiting().0 == Waiting::Request {
            return;
        }
        if let (Some(stream), Ok(runtime)) =
            (self.stream.take(), tokio::runtime::Handle::try_current())
        {
            runtime.spawn(tokio::time::timeout(LINGER, linger(stream)));
        }
    }
}

/// Says that nothing more will be sent, and reads what still comes until the other end has closed too.
async fn linger(mut stream: TcpStream) {
    if tokio::io::AsyncWriteExt::shutdown(&mut stream)
        .await
        .is_err()
    {
        return;
    }
    let mut buffer = vec![0; 64 * 1024];
    let mut thrown_away = 0;
    while thrown_away < LINGER_BYTES {
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(read) => thrown_away += read,
        }
    }
}

/// A deadline that moves often and is seldom reached: moving it costs nothing until it would ring.
#[derive(Debug, Default)]
struct Timer {
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Timer {
    /// Ready when the deadline has passed.
    fn poll(&mut self, deadline: Instant, context: &mut Context<'_>) -> Poll<()> {
        let sleep = self
            .sleep
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
        if deadline < sleep.deadline() {
            sleep.as_mut().reset(deadline);
        }
        loop {
            ready!(sleep.as_mut().poll(context));
            if deadline <= Instant::now() {
                return Poll::Ready(());
            }
            sleep.as_mut().reset(deadline);
        }
    }
}
