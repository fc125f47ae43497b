//! How often logs that are followed are looked at, by how many they are: nobody reads many of them line by line.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use tokio::time::Instant;

/// How a log comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Pace {
    /// Between two looks of the host for more: each piece that it sends costs every process from there to the store more than
    /// the words in it.
    host: Duration,
    /// How far apart it is looked here whether more has come to what waits: the end of a job is not to wait as long as words
    /// do.
    look: Duration,
    /// How long output waits here for more of it at most, so that what a step tells, its end and the begin of the next are kept
    /// and journalled as one: each time that something is made durable costs more than all that is done with it.
    gather: Duration,
}

impl Pace {
    const fn ms(host: u64, look: u64, gather: u64) -> Self {
        let [host, look, gather] = [
            Duration::from_millis(host),
            Duration::from_millis(look),
            Duration::from_millis(gather),
        ];
        Self { host, look, gather }
    }

    /// That of so many logs.
    fn of(n_followed: &AtomicU32) -> Self {
        match n_followed.load(Ordering::Relaxed) {
            0..=5 => Self::ms(100, 50, 50),
            6..=10 => Self::ms(100, 100, 100),
            11..=25 => Self::ms(250, 100, 250),
            26.. => Self::ms(1_000, 250, 500),
        }
    }
}

/// One of the logs that are followed now, or about to be.
pub(super) struct Followed(Arc<AtomicU32>);

impl Followed {
    pub(super) fn new(all: &Arc<AtomicU32>) -> Self {
        all.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(all))
    }

    /// Between two looks of the host, where it is asked now.
    pub(super) fn host_looks_every(&self) -> Duration {
        Pace::of(&self.0).host
    }

    /// Until when what arrives now waits for more.
    pub(super) fn due(&self) -> Instant {
        moment(Pace::of(&self.0).gather)
    }

    /// When it is looked again whether more has come to what waits.
    pub(super) fn look(&self) -> Instant {
        moment(Pace::of(&self.0).look)
    }
}

impl Drop for Followed {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The next of the moments that are so far apart. They are the same for all logs that are followed: what is kept at the
/// same time shares a commit, and this program wakes once for all.
fn moment(apart: Duration) -> Instant {
    static BEGIN: LazyLock<Instant> = LazyLock::new(Instant::now);
    let (now, apart) = (Instant::now(), apart.as_micros());
    let rest = apart - now.duration_since(*BEGIN).as_micros() % apart;
    now + Duration::from_micros(u64::try_from(rest).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_more_logs_are_followed_the_less_often_they_are_looked_at() {
        let all = Arc::new(AtomicU32::new(0));
        let mut followed = Vec::new();
        let mut paces: Vec<(usize, Pace)> = Vec::new();
        for n in 1..=60 {
            followed.push(Followed::new(&all));
            let pace = Pace::of(&all);
            if paces.last().is_none_or(|(_, last)| *last != pace) {
                paces.push((n, pace));
            }
        }
        let changes: Vec<usize> = paces.iter().map(|(n, _)| *n).collect();
        assert_eq!(changes, [1, 6, 11, 26]);
        for pair in paces.windows(2) {
            let [(_, few), (_, more)] = pair else { panic!("two at a time") };
            assert!(more.host >= few.host && more.look >= few.look && more.gather > few.gather);
            // Whatever waits here is looked at before it is kept, and the end of a job never waits longer than words do.
            assert!(more.look <= more.gather && few.look <= few.gather);
        }
        let last = followed.pop().unwrap();
        assert!(last.due() <= Instant::now() + Duration::from_millis(500));
        followed.clear();
        assert!(last.due() <= Instant::now() + Duration::from_millis(50), "it is alone by now");
        assert_eq!(last.host_looks_every(), Duration::from_millis(100));
    }
}
