//! When the next frame is painted: at once for a person, at most one in 33 ms for data.

use std::time::Duration;

use tokio::time::Instant;

/// The shortest time between two frames that data asked for.
const DATA: Duration = Duration::from_millis(33);
/// How long keys that are there already go before the frame that answers them.
const TYPED_AHEAD: Duration = Duration::from_millis(8);

/// For whom a frame is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum For {
    /// Somebody pressed a key, or waits for the first screen.
    Person,
    /// Something else is known now.
    Data,
}

/// The time of the last frame and of the next.
#[derive(Debug)]
pub(super) struct Pace {
    last: Option<Instant>,
    due: Option<Instant>,
}

impl Pace {
    /// Nothing was painted yet and nothing is wanted.
    pub(super) fn new() -> Self {
        Self { last: None, due: None }
    }

    /// A frame is wanted.
    pub(super) fn want(&mut self, whom: For) {
        let due = match (whom, self.last) {
            (For::Data, Some(last)) => last + DATA,
            (For::Data, None) | (For::Person, _) => Instant::now(),
        };
        self.due = Some(self.due.map_or(due, |sooner| sooner.min(due)));
    }

    /// What was wanted, to be put back by [`Self::restore`].
    pub(super) fn wanted(&self) -> Option<Instant> {
        self.due
    }

    /// Takes back what was wanted since [`Self::wanted`] was asked.
    pub(super) fn restore(&mut self, due: Option<Instant>) {
        self.due = due;
    }

    /// A frame was painted.
    pub(super) fn painted(&mut self) {
        self.last = Some(Instant::now());
        self.due = None;
    }

    /// Returns when a frame is due that keys must not hold up any longer.
    pub(super) async fn overdue(&self) {
        match self.due {
            Some(due) => tokio::time::sleep_until(due + TYPED_AHEAD).await,
            None => std::future::pending().await,
        }
    }

    /// Returns when a frame is due; never where none is wanted.
    pub(super) async fn due(&self) {
        match self.due {
            // A timer counts whole milliseconds, and would make a key wait for the next.
            Some(due) if due <= Instant::now() => {}
            Some(due) => tokio::time::sleep_until(due).await,
            None => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn waits(pace: &Pace) -> Duration {
        let begun = Instant::now();
        pace.due().await;
        begun.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn a_key_is_answered_at_once_and_a_flood_of_data_waits_its_turn() {
        let mut pace = Pace::new();
        pace.want(For::Data);
        assert_eq!(waits(&pace).await, Duration::ZERO, "the first frame waits for nothing");
        pace.painted();
        pace.want(For::Data);
        pace.want(For::Data);
        assert_eq!(waits(&pace).await, DATA);
        pace.painted();
        pace.want(For::Data);
        pace.want(For::Person);
        pace.want(For::Data);
        assert_eq!(waits(&pace).await, Duration::ZERO);
        let begun = Instant::now();
        pace.overdue().await;
        assert_eq!(begun.elapsed(), TYPED_AHEAD, "keys that were typed ahead are taken first");
        pace.painted();
        tokio::time::advance(DATA).await;
        pace.want(For::Data);
        assert_eq!(waits(&pace).await, Duration::ZERO, "after a rest data is shown at once");
    }
}
