//! When to look again.

use std::time::Duration;

use tokio::time::Instant;

use crate::domain::ids::HostId;
use crate::domain::remote::RemoteErrorKind;

/// The longest wait between two attempts at a host that does not answer.
const LONGEST: Duration = Duration::from_mins(1);

/// A look that took long is followed by a pause of so many times as long: a host that is busy is asked for at most a tenth of
/// its time, so that looking at it does not keep it from its work.
const REST: u32 = 9;
/// That pause is at most so many intervals: what is known does not grow old for it, see `Board::facts_stale_s`.
const LONGEST_REST: u32 = 2;

/// A host on which a run is at work is looked at so many times as seldom: its run tells how it is there, and a look takes the
/// processor from the step.
const AT_WORK: u32 = 3;
/// But after so long at the latest, or after [`LONGEST_REST`] intervals, for what is known not to grow old.
const AT_WORK_AT_MOST: Duration = Duration::from_secs(30);

/// Between two looks at a host on which a run is at work.
fn at_work(interval: Duration) -> Duration {
    interval.saturating_mul(AT_WORK).min(AT_WORK_AT_MOST).max(interval.saturating_mul(LONGEST_REST))
}

/// When a run has begun to work on a host whose next look is due then.
pub(super) fn begun(due: Instant, interval: Duration) -> Instant {
    due + at_work(interval).saturating_sub(interval)
}

/// How the last look ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// It was answered, after this time.
    Well(Duration),
    /// The same of a host on which a run is at work.
    WellAtWork,
    /// It was not, for the nth time in a row, counted from 1.
    Badly(u32, RemoteErrorKind),
}

/// How long to wait before the next look; `None` where only a person can change the answer: a
/// refused key is not tried again by itself, since hosts lock out addresses that do (`sshd` 9.8+).
pub(super) fn wait(
    ended: Ended,
    interval: Duration,
    host: &HostId,
    round: u64,
) -> Option<Duration> {
    let wait = match ended {
        Ended::Well(took) => {
            interval.max(took.saturating_mul(REST)).min(interval.saturating_mul(LONGEST_REST))
        }
        Ended::WellAtWork => at_work(interval),
        Ended::Badly(_, RemoteErrorKind::Auth | RemoteErrorKind::HostKey) => return None,
        Ended::Badly(n, _) => interval.saturating_mul(1 << n.min(6)).min(LONGEST.max(interval)),
    };
    // Up to a tenth more or less, different for each host and round, so that they do not march in step.
    let spread = chance(host.as_str(), round) * 0.2 - 0.1;
    Some(wait.mul_f64(1.0 + spread))
}

/// A number from 0 to 1 that looks like chance and is the same each time (FNV-1a).
fn chance(text: &str, round: u64) -> f64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in text.bytes().chain(round.to_le_bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    f64::from((hash >> 33) as u32) / f64::from(u32::MAX >> 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dead_and_busy_hosts_are_asked_less_and_a_refused_key_is_not_tried_again() {
        let host: HostId = "red-deer".parse().unwrap();
        let ten = Duration::from_secs(10);
        let after = |ended, round| wait(ended, ten, &host, round).map(|d| d.as_secs_f64());
        for round in 0..50 {
            for (ended, want) in [
                (Ended::Well(Duration::ZERO), 10.0),
                (Ended::Well(Duration::from_secs(1)), 10.0),
                (Ended::Well(Duration::from_secs(2)), 18.0),
                (Ended::Well(Duration::from_secs(5)), 20.0),
                (Ended::Well(Duration::from_secs(19)), 20.0),
                (Ended::WellAtWork, 30.0),
                (Ended::Badly(1, RemoteErrorKind::Timeout), 20.0),
                (Ended::Badly(2, RemoteErrorKind::Connect), 40.0),
                (Ended::Badly(60, RemoteErrorKind::Connect), 60.0),
            ] {
                let got = after(ended, round).unwrap();
                assert!((got - want).abs() <= want * 0.1001, "{ended:?}: {got}");
            }
            assert_eq!(after(Ended::Badly(1, RemoteErrorKind::Auth), round), None);
            assert_eq!(after(Ended::Badly(1, RemoteErrorKind::HostKey), round), None);
        }
        for (interval, want) in [(1, 3), (5, 15), (10, 30), (15, 30), (20, 40), (60, 120)] {
            let (interval, want) = (Duration::from_secs(interval), Duration::from_secs(want));
            assert_eq!(at_work(interval), want);
        }
        let well = Ended::Well(Duration::ZERO);
        assert_ne!(after(well, 1), after(well, 2));
    }
}
