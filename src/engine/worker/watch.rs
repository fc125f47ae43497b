//! The targets that are done, watched until the run ends; and whether the run comes forward at all.
//!
//! **Invariant:** only what was looked at is health: a worker that takes a run over begins to count anew.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Mutex;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::Instant;

use super::controls::Wish;
use super::gate::Health;
use super::shared::Shared;
use crate::domain::ids::HostId;
use crate::domain::plan::{GateSpec, HostPlan, Phase};
use crate::domain::run::event::EventKind;
use crate::domain::run::outcome::Outcome;
use crate::domain::run::state::RunState;
use crate::domain::untrusted::Safe;
use crate::engine::ports::{GateBaseline, GateObservation, StoreError};

/// Between two looks at the targets that are done. Between batches they are looked at besides.
const LOOK: Duration = Duration::from_secs(10);
/// The same where a look takes long.
const LOOK_AT_MOST: Duration = Duration::from_secs(30);

/// What was seen of the targets that are done.
#[derive(Default)]
pub(super) struct Watch(Mutex<Seen>);

#[derive(Default)]
struct Seen {
    hosts: BTreeMap<HostId, Watched>,
    n_working: usize,
    n_done: usize,
}

#[derive(Default)]
struct Watched {
    done: bool,
    health: Health,
    baseline: Option<GateBaseline>,
    was_healthy: Option<bool>,
    /// The last look that could tell, and what it saw where that was no health.
    told: Option<(Instant, Option<Safe>)>,
}

/// One target that is done, as it was looked at now.
pub(super) struct Looked<'a> {
    pub(super) plan: &'a HostPlan,
    pub(super) gate: &'a GateSpec,
    pub(super) seen: GateObservation,
    /// How long its health has lasted without a break.
    pub(super) healthy_for: Duration,
}

/// The last gate of a host: what it must pass to be done, and goes on passing.
pub(super) fn gate_of(plan: &HostPlan) -> Option<&GateSpec> {
    plan.phases.iter().rev().find_map(|phase| match phase {
        Phase::Gate(gate) => Some(gate),
        Phase::Job { .. } | Phase::Vault(_) => None,
    })
}

impl Watch {
    /// What the journal says is done.
    pub(super) fn of(state: &RunState) -> Self {
        let watch = Self::default();
        for host in &state.hosts {
            if let Some(outcome) = &host.outcome {
                watch.ended(&host.id, outcome);
            }
        }
        watch
    }

    fn with<T>(&self, act: impl FnOnce(&mut Seen) -> T) -> T {
        let mut seen = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        act(&mut seen)
    }

    /// A target passed its own gate: its health goes on from there.
    pub(super) fn passed(&self, host: &HostId, health: Health, baseline: Option<GateBaseline>) {
        self.with(|seen| {
            let watched = seen.hosts.entry(host.clone()).or_default();
            let told = Some((Instant::now(), None));
            let was_healthy = Some(true);
            *watched = Watched { done: watched.done, health, baseline, was_healthy, told };
        });
    }

    /// Work on a target begins.
    pub(super) fn begins(&self) {
        self.with(|seen| seen.n_working += 1);
    }

    /// Work on a target, which had begun, is over for this worker.
    pub(super) fn rests(&self) {
        self.with(|seen| seen.n_working = seen.n_working.saturating_sub(1));
    }

    /// A target ended. One that ended well is watched from now on.
    pub(super) fn ended(&self, host: &HostId, outcome: &Outcome) {
        let done = matches!(outcome, Outcome::Ok | Outcome::Changed);
        self.with(|seen| {
            seen.hosts.entry(host.clone()).or_default().done = done;
            seen.n_done += usize::from(done);
        });
    }

    /// Whether the last look at it saw that it is well.
    pub(super) fn is_well(&self, host: &HostId) -> bool {
        self.with(|seen| seen.hosts.get(host).is_some_and(|w| w.was_healthy == Some(true)))
    }

    /// The same, and that look is no older than this.
    pub(super) fn was_well_within(&self, host: &HostId, age: Duration) -> bool {
        self.is_well(host)
            && self.with(|seen| {
                let told = seen.hosts.get(host).and_then(|w| w.told.as_ref());
                told.is_some_and(|(at, _)| at.elapsed() <= age)
            })
    }

    /// The targets that are done and were ill when they were last looked at, with what was seen.
    pub(super) fn ill(&self) -> Vec<(HostId, Safe)> {
        self.with(|seen| {
            let done = seen.hosts.iter().filter(|(_, w)| w.done);
            done.filter_map(|(id, w)| Some((id.clone(), w.told.as_ref()?.1.clone()?))).collect()
        })
    }

    fn counts(&self) -> (usize, usize) {
        self.with(|seen| (seen.n_working, seen.n_done))
    }
}

/// Looks once at every target that is done and wanted, all at the same time.
pub(super) async fn look(
    shared: &Shared,
    wanted: impl Fn(&HostId) -> bool,
) -> Result<Vec<Looked<'_>>, StoreError> {
    let done: Vec<HostId> = shared
        .watch
        .with(|seen| seen.hosts.iter().filter(|(_, w)| w.done).map(|(id, _)| id.clone()).collect());
    let targets = done.iter().filter(|id| wanted(id)).filter_map(|id| {
        let plan = shared.plan.host(id)?;
        Some((plan, gate_of(plan)?))
    });
    let looks = join_all(targets.map(|(plan, gate)| async move {
        let baseline = shared.watch.with(|seen| seen.hosts.get(&plan.id)?.baseline.clone());
        let seen = shared.ports.gates.observe(plan, gate, baseline.as_ref()).await;
        (plan, gate, seen)
    }));
    let mut looked = Vec::new();
    for (plan, gate, seen) in looks.await {
        let (healthy_for, news) = shared.watch.with(|all| {
            let watched = all.hosts.entry(plan.id.clone()).or_default();
            watched.baseline.get_or_insert_with(|| seen.baseline.clone());
            let news = watched.was_healthy.is_some_and(|was| was != seen.healthy);
            watched.was_healthy = Some(seen.healthy);
            if seen.known {
                let ill = (!seen.healthy).then(|| seen.detail.clone());
                watched.told = Some((Instant::now(), ill));
            }
            (watched.health.after(&seen, Instant::now()), news)
        });
        if news {
            let kind = EventKind::GateObserved {
                host: plan.id.clone(),
                step: gate.id.clone(),
                healthy_s: healthy_for.as_secs_f64(),
                detail: seen.detail.clone(),
            };
            shared.add(vec![kind]).await?;
        }
        looked.push(Looked { plan, gate, seen, healthy_for });
    }
    Ok(looked)
}

/// Goes on looking until the run ends, and stops a run that does not come forward.
pub(super) async fn watch(shared: &Shared) -> Result<Infallible, StoreError> {
    let deadline = shared.plan.strategy.as_ref().map_or(0, |s| s.progress_deadline_s);
    let deadline = Duration::from_secs(deadline);
    let (mut worked, mut last, mut n_before) = (Duration::ZERO, Instant::now(), 0);
    let mut look_took = Duration::ZERO;
    loop {
        // A look at many hosts that takes long is not followed by the next at once.
        let rest = LOOK.max(look_took * 3).min(LOOK_AT_MOST);
        tokio::time::sleep(rest).await;
        let began = Instant::now();
        look(shared, |_| true).await?;
        look_took = began.elapsed();
        let (n_working, n_done) = shared.watch.counts();
        let took = last.elapsed();
        last = Instant::now();
        if n_done != n_before || *shared.wish.borrow() != Wish::Go {
            // A target became healthy, or a person has the run in hand.
            worked = Duration::ZERO;
        } else if n_working > 0 {
            worked += took;
        }
        n_before = n_done;
        if !deadline.is_zero() && worked >= deadline {
            let why = format!("no instance became healthy in {} s of work", deadline.as_secs());
            shared.stop(Safe::line(&why)).await?;
        }
    }
}
