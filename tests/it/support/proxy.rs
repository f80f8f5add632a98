//! A small proxy: it joins connections to one of several addresses in turn, and can be cut.

use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// A running proxy; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    state: Arc<State>,
}

#[derive(Debug)]
struct State {
    behind: Vec<SocketAddr>,
    next: AtomicUsize,
    is_cut: AtomicBool,
    has_ended: AtomicBool,
    open: Mutex<Vec<TcpStream>>,
}

impl Proxy {
    /// A proxy before these; one that does not accept is passed over.
    pub(crate) fn before(behind: impl IntoIterator<Item = SocketAddr>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State {
            behind: behind.into_iter().collect(),
            next: AtomicUsize::new(0),
            is_cut: AtomicBool::new(false),
            has_ended: AtomicBool::new(false),
            open: Mutex::default(),
        });
        let kept = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if kept.has_ended.load(Ordering::Acquire) {
                    return;
                }
                // Whoever came in vain sees the connection close.
                kept.join(stream).ok();
            }
        });
        Self { address, state }
    }

    /// Breaks all connections, and lets none through any more.
    pub(crate) fn cut(&self) {
        self.state.is_cut.store(true, Ordering::Release);
        self.state.break_all();
    }

    /// Lets connections through again.
    pub(crate) fn mend(&self) {
        self.state.is_cut.store(false, Ordering::Release);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.state.has_ended.store(true, Ordering::Release);
        TcpStream::connect(self.address).ok(); // Wakes the thread that accepts.
        self.state.break_all();
    }
}

impl State {
    fn join(&self, near: TcpStream) -> io::Result<()> {
        let far = self.connect()?;
        near.set_nodelay(true)?;
        far.set_nodelay(true)?;
        let mut open = self.open.lock().unwrap();
        if self.is_cut.load(Ordering::Acquire) {
            return Ok(());
        }
        open.extend([near.try_clone()?, far.try_clone()?]);
        drop(open);
        for (mut from, mut to) in [(near.try_clone()?, far.try_clone()?), (far, near)] {
            std::thread::spawn(move || {
                io::copy(&mut from, &mut to).ok();
                to.shutdown(Shutdown::Write).ok();
            });
        }
        Ok(())
    }

    fn connect(&self) -> io::Result<TcpStream> {
        let mut last = io::ErrorKind::ConnectionRefused.into();
        for _ in &self.behind {
            let at = self.next.fetch_add(1, Ordering::Relaxed) % self.behind.len();
            match TcpStream::connect(self.behind[at]) {
                Ok(stream) => return Ok(stream),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    fn break_all(&self) {
        for stream in self.open.lock().unwrap().drain(..) {
            stream.shutdown(Shutdown::Both).ok(); // It may be over already.
        }
    }
}
