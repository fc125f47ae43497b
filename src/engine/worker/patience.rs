//! How long something was tried in vain. Time in which nothing was tried does not count: when this machine stood still (a
//! virtual machine that was frozen, a process that was stopped), an answer that ran out of time says nothing of the host.

use std::time::Duration;

use tokio::time::Instant;

/// Time that was spent on one thing, from one look or attempt to the next.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    deadline: Duration,
    /// The most that one look, with the pause after it, counts.
    most: Duration,
    last: Instant,
    spent: Duration,
}

impl Patience {
    /// With looks at health. They end well within half a minute, be the host as slow as their own deadlines allow; and
    /// whatever one of them took, another follows before it is over.
    pub(super) fn with_health(now: Instant, deadline: Duration) -> Self {
        let most = (deadline / 2).min(Duration::from_secs(30));
        Self { deadline, most, last: now, spent: Duration::ZERO }
    }

    /// With attempts to reach a host. What lasts longer than an attempt and its pause can was contact with a job that
    /// says little.
    pub(super) fn with_silence(now: Instant, deadline: Duration) -> Self {
        let most = (deadline / 2).min(Duration::from_mins(5));
        Self { deadline, most, last: now, spent: Duration::ZERO }
    }

    /// Begins anew.
    pub(super) fn renew(&mut self, now: Instant) {
        (self.last, self.spent) = (now, Duration::ZERO);
    }

    /// Whether it is over, after a look or an attempt that has just ended.
    pub(super) fn is_over(&mut self, now: Instant) -> bool {
        self.spent += now.duration_since(self.last).min(self.most);
        self.last = now;
        self.spent >= self.deadline
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_count_in_full_and_a_standstill_counts_as_one_slow_look() {
        let zero = Instant::now();
        let at = |s: u64| zero + Duration::from_secs(s);
        let mut patience = Patience::with_health(zero, Duration::from_secs(52));
        // Ten hours of standstill at the end of one look; it counts half of the deadline, 26 s.
        let over = [1, 21, 36_021, 36_025, 36_026].map(|s| patience.is_over(at(s)));
        assert_eq!(over, [false, false, false, false, true]);
        patience.renew(at(36_026));
        let over = [36_051, 90_000].map(|s| patience.is_over(at(s)));
        assert_eq!(over, [false, false]);
    }

    #[test]
    fn a_standstill_of_any_length_leaves_another_look() {
        let zero = Instant::now();
        for deadline in [1, 20, 300, 7_200].map(Duration::from_secs) {
            for make in [Patience::with_health, Patience::with_silence] {
                let mut patience = make(zero, deadline);
                assert!(!patience.is_over(zero + Duration::from_hours(1_000)), "{deadline:?}");
            }
        }
    }
}
