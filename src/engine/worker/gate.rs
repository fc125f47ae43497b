//! One gate of one host: health that lasts, within a deadline.

use std::time::Duration;

use tokio::time::Instant;

use super::controls::{self, Wish};
use super::host::HostRun;
use super::patience::Patience;
use crate::domain::plan::GateSpec;
use crate::domain::run::event::{EventKind, same_but_for_time};
use crate::domain::run::outcome::Outcome;
use crate::engine::ports::{GateBaseline, GateObservation, StoreError};

/// The most that the time between two healthy looks counts: what was not looked at is not health.
const COUNTED: Duration = Duration::from_secs(5);
/// Between two journalled looks that say the same.
const QUIET: Duration = Duration::from_secs(5);

impl HostRun {
    /// Looks until the gate passes, fails or its deadline is over, and journals how it ended.
    pub(super) async fn gate(&mut self, gate: &GateSpec) -> Result<(), StoreError> {
        let (host, step) = (self.journal.state.id.clone(), gate.id.clone());
        let began = Instant::now();
        let host_time = self.journal.shared.ports.clock.now();
        self.journal
            .add(vec![EventKind::StepStarted { host: host.clone(), step: step.clone(), host_time }])
            .await?;
        let (outcome, last) = tokio::select! {
            ended = self.watch_gate(gate, began) => ended?,
            _ = controls::wanted(self.journal.shared.wish.clone(), Wish::Kill) => (Outcome::Cancelled, None),
            never = self.renewing(gate.title.as_str()) => match never {},
        };
        let took_s = Some(began.elapsed().as_secs_f64());
        self.journal.note(last.into_iter().collect());
        self.journal.note(vec![EventKind::StepFinished { host, step, outcome, took_s }]);
        Ok(())
    }

    /// How the gate ends, and the look that decided it where that is not journalled yet.
    async fn watch_gate(
        &self,
        gate: &GateSpec,
        began: Instant,
    ) -> Result<(Outcome, Option<EventKind>), StoreError> {
        let ports = &self.journal.shared.ports;
        let needed = Duration::from_secs(gate.min_healthy_s);
        let mut patience = Patience::with_health(began, Duration::from_secs(gate.deadline_s));
        let mut baseline: Option<GateBaseline> = None;
        let mut health = Health::default();
        let mut told: Option<(Instant, GateObservation)> = None;
        loop {
            let looked_at = Instant::now();
            let seen = ports.gates.observe(&self.plan, gate, baseline.as_ref()).await;
            let now = Instant::now();
            baseline.get_or_insert_with(|| seen.baseline.clone());
            let healthy_for = health.after(&seen, now);
            let passed = health.is_on() && healthy_for >= needed;
            let over = seen.hopeless || patience.is_over(now);
            let news = told.as_ref().is_none_or(|(at, last)| {
                !same_but_for_time(last.detail.as_str(), seen.detail.as_str())
                    || now.duration_since(*at) >= QUIET
            });
            let look = self.look(gate, healthy_for, &seen);
            if passed {
                self.journal.shared.watch.passed(&self.journal.state.id, health, baseline);
                return Ok((Outcome::Ok, Some(look)));
            }
            if over {
                self.journal.shared.add(vec![look]).await?;
                let failure = ports.gates.explain(&self.plan, gate, &seen).await;
                let known = seen.known || seen.hopeless;
                let outcome =
                    if known { Outcome::Failed(failure) } else { Outcome::Unknown(failure) };
                return Ok((outcome, None));
            }
            if news {
                self.journal.shared.add(vec![look]).await?;
                told = Some((now, seen));
            }
            let took = now.duration_since(looked_at);
            let left = health.is_on().then(|| needed.saturating_sub(healthy_for));
            tokio::time::sleep(rest(ports.timing.gate_look, took, needed, left)).await;
        }
    }

    fn look(&self, gate: &GateSpec, healthy_for: Duration, seen: &GateObservation) -> EventKind {
        EventKind::GateObserved {
            host: self.journal.state.id.clone(),
            step: gate.id.clone(),
            healthy_s: healthy_for.as_secs_f64(),
            detail: seen.detail.clone(),
        }
    }
}

/// Until the next look, after one that took so long; `left` is how long of `needed` health, where there is any, still has to
/// last. What is not healthy yet may be at any moment, so that is asked soon; health that has to last long is asked for less
/// often, thrice as seldom at most. And nobody is asked for more than half of the time: each look costs the host two dozen
/// processes.
fn rest(look: Duration, took: Duration, needed: Duration, left: Option<Duration>) -> Duration {
    match left {
        None => look.max(took.min(COUNTED)),
        Some(left) => {
            let seldom = (needed / 10).min(look * 3).max(took).min(left);
            seldom.min(COUNTED.saturating_sub(took)).max(look)
        }
    }
}

/// How long health has lasted, as far as it was looked at. What was seen to be ill begins it anew; a look that saw
/// nothing (a connection that dropped) only leaves a gap that does not count: a container that was replaced or restarted
/// in it is ill by its count of restarts.
#[derive(Debug, Clone, Default)]
pub(super) struct Health {
    last_healthy: Option<Instant>,
    lasted: Duration,
}

impl Health {
    pub(super) fn after(&mut self, seen: &GateObservation, now: Instant) -> Duration {
        if !seen.known {
            self.last_healthy = None;
            return self.lasted;
        }
        if !seen.healthy {
            *self = Self::default();
            return Duration::ZERO;
        }
        if let Some(last) = self.last_healthy {
            self.lasted += now.duration_since(last).min(COUNTED);
        }
        self.last_healthy = Some(now);
        self.lasted
    }

    fn is_on(&self) -> bool {
        self.last_healthy.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_follows_soon_on_illness_and_less_often_on_health_which_counts_all_the_same() {
        let s = Duration::from_secs;
        let ms = Duration::from_millis;
        for (took, needed, left, want) in [
            (ms(100), 30, None, s(1)),
            (s(3), 30, None, s(3)),
            (s(60), 30, None, COUNTED),
            (ms(100), 30, Some(s(30)), s(3)),
            (ms(100), 600, Some(s(600)), s(3)),
            (ms(100), 20, Some(s(20)), s(2)),
            (ms(100), 2, Some(s(2)), s(1)),
            (s(3), 30, Some(s(30)), s(2)),
            (s(60), 30, Some(s(30)), s(1)),
            (ms(100), 30, Some(s(2)), s(2)),
            (ms(100), 30, Some(ms(1)), s(1)),
        ] {
            assert_eq!(rest(s(1), took, s(needed), left), want, "{took:?} {needed} {left:?}");
        }
    }
}
