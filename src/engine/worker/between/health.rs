//! The gate between batches: every target that is done, of this batch and of all before, is healthy at the same time,
//! when a batch has ended and, where the run waited since, again before the next one begins.
//!
//! Each target had to be healthy for `min_healthy_s` before it was done; that time goes on here as long as no look saw
//! anything else. So a batch whose targets stayed healthy passes at once, and a target that did not stay so has its
//! `healthy_deadline_s` to come back, from the moment at which it was last seen to pass.
//! Pass, fail or unknown: what could not be looked at is neither good nor bad, and waits for a person.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use super::{Finding, Place, Side};
use crate::domain::ids::HostId;
use crate::domain::run::event::EventKind;
use crate::domain::run::pause::PauseReason;
use crate::domain::untrusted::Safe;
use crate::engine::ports::StoreError;
use crate::engine::worker::patience::Patience;
use crate::engine::worker::watch::{Looked, look};

/// How long a target that was seen to pass needs no other look while others are waited for. In a large fleet some
/// connection drops in every round: those are asked again, not all.
const FRESH: Duration = Duration::from_mins(1);

/// Where a look would decide about nothing that was not just decided, nobody is looked at again who was well so short a time
/// ago. Before a batch: right after the batch before that is everybody, and after a wait (for a person, a window, a hook)
/// nobody whom the watch has not seen since. After the last batch, on which nothing follows: its own targets, each of which
/// its gate has just seen well. Those of batches before are watched until the end.
const JUST: Duration = Duration::from_secs(15);

/// What one look at one target comes to.
enum Standing {
    Pass,
    Open,
    Fail,
    Unknown,
}

/// Looks until it is told.
pub(super) async fn check(place: &Place<'_>) -> Result<Finding, StoreError> {
    // What has begun goes on by itself.
    if place.side == Side::Again {
        return Ok(Finding::GoOn);
    }
    let shared = place.shared;
    let batches = &shared.plan.batches;
    let last = batches.last().filter(|_| place.batch as usize + 1 == batches.len());
    let just_will_do = |host: &HostId| match place.side {
        Side::Before => true,
        Side::Again => false,
        Side::After => last.is_some_and(|last| last.contains(host)),
    };
    // A person who passed this has seen that it could not be told; what is seen to be ill still fails.
    let waived = place.state.is_waived(PauseReason::GateUnknown);
    let began = Instant::now();
    let mut last_passed: BTreeMap<HostId, Instant> = BTreeMap::new();
    let mut patience: BTreeMap<HostId, Patience> = BTreeMap::new();
    loop {
        let is_fresh = |host: &HostId| {
            let passed = last_passed.get(host);
            let passed =
                passed.is_some_and(|at| at.elapsed() < FRESH) && shared.watch.is_well(host);
            passed || (just_will_do(host) && shared.watch.was_well_within(host, JUST))
        };
        let looks = look(shared, |host| !is_fresh(host)).await?;
        let (mut failed, mut unknown, mut n_open) = (Vec::new(), Vec::new(), 0);
        for looked in &looks {
            let host = &looked.plan.id;
            let now = Instant::now();
            let deadline = Duration::from_secs(looked.gate.deadline_s);
            let patience = patience
                .entry(host.clone())
                .or_insert_with(|| Patience::with_health(began, deadline));
            let is_over = patience.is_over(now);
            match standing(looked, is_over, waived) {
                Standing::Pass => {
                    last_passed.insert(host.clone(), now);
                    patience.renew(now);
                }
                Standing::Open => n_open += 1,
                Standing::Fail => failed.push(looked),
                Standing::Unknown => unknown.push(looked),
            }
        }
        if !failed.is_empty() {
            return relapsed(place, &failed).await;
        }
        if n_open == 0 {
            return Ok(match unknown.as_slice() {
                [] => Finding::GoOn,
                unknown => Finding::Pause(
                    PauseReason::GateUnknown,
                    said("it cannot be told whether these are healthy", unknown),
                ),
            });
        }
        tokio::time::sleep(shared.ports.timing.gate_look).await;
    }
}

fn standing(looked: &Looked<'_>, is_over: bool, waived: bool) -> Standing {
    let (gate, seen) = (looked.gate, &looked.seen);
    let healthy = seen.healthy && seen.known;
    if healthy && looked.healthy_for >= Duration::from_secs(gate.min_healthy_s) {
        return Standing::Pass;
    }
    if seen.hopeless {
        return Standing::Fail;
    }
    if waived && !seen.known {
        return Standing::Pass;
    }
    // It came back: it gets the time that health has to last. If it does not last, that is seen.
    if healthy {
        return Standing::Open;
    }
    if !is_over {
        return Standing::Open;
    }
    if seen.known { Standing::Fail } else { Standing::Unknown }
}

/// Targets that were done and are ill count as failed, and nothing further is started.
async fn relapsed(place: &Place<'_>, failed: &[&Looked<'_>]) -> Result<Finding, StoreError> {
    let mut kinds = Vec::new();
    for looked in failed {
        let gates = &place.shared.ports.gates;
        let failure = gates.explain(looked.plan, looked.gate, &looked.seen).await;
        kinds.push(EventKind::HostRelapsed { host: looked.plan.id.clone(), failure });
    }
    place.shared.add(kinds).await?;
    Ok(Finding::Stop(said("done, and no longer healthy", failed)))
}

fn said(what: &str, looks: &[&Looked<'_>]) -> Safe {
    let each: Vec<String> =
        looks.iter().map(|l| format!("{} ({})", l.plan.id, l.seen.detail)).collect();
    Safe::line(&format!("{what}: {}", each.join(", ")))
}
