//! When the next frame is painted: at once for a person, at most one in 33 ms for data.

use std::time::Duration;

use tokio::time::Instant;

/// The shortest time between two frames that data asked for.
const DATA: Duration = Duration::from_millis(33);
/// The shortest time between a frame and one that answers a key.
const ANSWER: Duration = Duration::from_millis(1);

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
        let gap = match whom {
            For::Person => ANSWER,
            For::Data => DATA,
        };
        let due = self.last.map_or_else(Instant::now, |last| last + gap);
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

    /// Returns when a frame is due; never where none is wanted.
    pub(super) async fn due(&self) {
        match self.due {
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
        assert_eq!(waits(&pace).await, ANSWER);
        pace.painted();
        tokio::time::advance(DATA).await;
        pace.want(For::Data);
        assert_eq!(waits(&pace).await, Duration::ZERO, "after a rest data is shown at once");
    }
}
