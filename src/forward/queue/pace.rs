//! How fast one thing follows another at most.

use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};

/// Turns that come one after the other, with a pause between.
///
/// A try that fails at once costs no time, but a commit of the store all the same: a thousand targets that refuse would otherwise take
/// turns with the captures at the disk.
#[derive(Debug)]
pub(super) struct Pace {
    pause: Duration,
    /// Not before this.
    next: Mutex<Instant>,
}

impl Pace {
    /// Turns with this pause between them; the first comes at once.
    pub(super) fn new(pause: Duration) -> Self {
        Self {
            pause,
            next: Mutex::new(Instant::now()),
        }
    }

    /// Waits for a turn. Who came first has the first; who stops waiting takes none.
    pub(super) async fn turn(&self) {
        let mut next = self.next.lock().await;
        sleep_until(*next).await;
        *next = Instant::now() + self.pause;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn turns_come_in_order_with_a_pause_between_and_none_is_lost() {
        let pause = Duration::from_millis(20);
        let pace = Pace::new(pause);
        let came = std::sync::Mutex::new(Vec::new());
        let turn = async |name: u32| {
            pace.turn().await;
            came.lock().unwrap().push((name, Instant::now()));
        };
        let began = Instant::now();
        // The second leaves before its turn.
        let leaves = tokio::time::timeout(Duration::ZERO, turn(2));
        let ((), left, (), ()) = tokio::join!(turn(1), leaves, turn(3), turn(4));
        assert!(left.is_err());
        let came = came.into_inner().unwrap();
        let names: Vec<u32> = came.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, [1, 3, 4]);
        for (pauses, (_, at)) in (0..).zip(&came) {
            assert!(*at >= began + pauses * pause);
        }
    }
}
