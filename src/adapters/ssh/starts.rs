//! When new connections may start: a key exchange costs a core tens of milliseconds on both sides.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep_until};

/// Between the starts of two connections.
const STAGGER: Duration = Duration::from_millis(15);
/// New connections under way at once.
const MAX_FRESH: usize = 64;
/// Of these, to hosts that did not answer the last time: so the dead never stand in the way of the living.
const MAX_SLOW: usize = 16;
/// New connections through one jump host at once: sshd drops from the tenth on (MaxStartups).
pub(super) const MAX_THROUGH_BASTION: usize = 8;

#[derive(Debug)]
pub(super) struct Starts {
    fresh: Semaphore,
    slow: Semaphore,
    next: Mutex<Option<Instant>>,
}

/// Whether a host answered the last time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lane {
    Fresh,
    Slow,
}

impl Starts {
    pub(super) fn new() -> Self {
        Self {
            fresh: Semaphore::new(MAX_FRESH),
            slow: Semaphore::new(MAX_SLOW),
            next: Mutex::new(None),
        }
    }

    /// Waits for this connection's turn. It counts as under way while the permit lives; `None` never happens,
    /// because the semaphores are never closed.
    pub(super) async fn turn(&self, lane: Lane) -> Option<SemaphorePermit<'_>> {
        let permit = match lane {
            Lane::Fresh => self.fresh.acquire().await,
            Lane::Slow => self.slow.acquire().await,
        };
        let at = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            let at = next.map_or(now, |next| next.max(now));
            *next = Some(at + STAGGER);
            at
        };
        sleep_until(at).await;
        permit.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn starts_are_staggered_and_the_dead_do_not_block_the_living() {
        let starts = Starts::new();
        let begin = Instant::now();
        let mut held = Vec::new();
        for _ in 0..MAX_SLOW {
            held.push(starts.turn(Lane::Slow).await.unwrap());
        }
        assert!(begin.elapsed() >= STAGGER * (MAX_SLOW as u32 - 1));
        let full = tokio::time::timeout(Duration::from_millis(50), starts.turn(Lane::Slow)).await;
        assert!(full.is_err());
        assert!(starts.turn(Lane::Fresh).await.is_some());
    }
}
