//! Work in threads beside what a test does.

use std::sync::atomic::{AtomicBool, Ordering};

/// Ends the threads of a test when it is dropped, so also when the test fails: else they would be waited for without end.
struct Ending<'a>(&'a AtomicBool);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Runs `client` in so many threads, each with its number, until `meanwhile` is done; each looks now and then whether it is over.
/// Gives what `meanwhile` gave, and what each client did.
pub(crate) fn beside<T: Send, R>(
    clients: usize,
    client: impl Fn(usize, &AtomicBool) -> T + Sync,
    meanwhile: impl FnOnce() -> R,
) -> (R, Vec<T>) {
    let is_over = &AtomicBool::new(false);
    std::thread::scope(|scope| {
        let ending = Ending(is_over);
        let client = &client;
        let threads: Vec<_> = (0..clients)
            .map(|number| scope.spawn(move || client(number, is_over)))
            .collect();
        let done = meanwhile();
        drop(ending);
        let join = |thread: std::thread::ScopedJoinHandle<'_, T>| thread.join().unwrap();
        (done, threads.into_iter().map(join).collect())
    })
}
