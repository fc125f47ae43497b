//! Keeps what the poller finds, so that what changed is still known when the cockpit is closed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use crate::domain::git::CommitSha;
use crate::domain::health::Health;
use crate::domain::ids::HostId;
use crate::domain::lease::FleetKey;
use crate::domain::snapshot::{Contact, FleetSnapshot, HttpHealth, InstanceView, MetricsState};
use crate::domain::timeline::{Condition, Observed};
use crate::domain::untrusted::Safe;
use crate::engine::ports::{Clock, Timeline};

/// How often it is kept that everything is as it was: often enough that no gap is seen where there is none.
const BEAT: Duration = Duration::from_mins(1);

/// What was kept of each instance last.
type Last = BTreeMap<HostId, (Health, Option<CommitSha>)>;

/// Keeps each change of an instance's state or release when it is seen, until the poller ends.
pub async fn keep(
    mut snapshots: watch::Receiver<Arc<FleetSnapshot>>,
    store: Arc<dyn Timeline>,
    clock: Arc<dyn Clock>,
) {
    let (mut last, mut beat) = (Last::new(), Instant::now());
    loop {
        let snapshot = Arc::clone(&snapshots.borrow_and_update());
        let all = beat <= Instant::now();
        let new = told(&snapshot, &last, all);
        if !new.is_empty() {
            let noted =
                new.iter().map(|o| (o.instance.clone(), of(&o.condition))).collect::<Last>();
            // What is as it was is so now, however long ago a snapshot was made of it.
            let at = if all { clock.now() } else { snapshot.at };
            match store.note(&FleetKey::of(&snapshot.fleet), at, new).await {
                Ok(()) => last.extend(noted),
                // It is tried again with the next change, or at the next beat.
                Err(error) => {
                    let error = Safe::line(&error.to_string());
                    tracing::warn!(%error, "the timeline was not kept");
                }
            }
        }
        if all {
            let there: BTreeSet<&HostId> = snapshot.instances.iter().map(|i| &i.id).collect();
            last.retain(|id, _| there.contains(id));
            beat = Instant::now() + BEAT;
        }
        tokio::select! {
            changed = snapshots.changed() => if changed.is_err() { return },
            () = sleep_until(beat) => {}
        }
    }
}

fn of(condition: &Condition) -> (Health, Option<CommitSha>) {
    (condition.health, condition.release.as_ref().map(|r| r.sha.clone()))
}

/// The instances that are otherwise than they were kept, or all: of those only that were heard of.
fn told(snapshot: &FleetSnapshot, last: &Last, all: bool) -> Vec<Observed> {
    // Before the first answers an instance looks better than it is, or worse.
    if snapshot.metrics == MetricsState::NotYet {
        return Vec::new();
    }
    let is_new = |i: &&Arc<InstanceView>| {
        let asked = i.contact != Contact::NotYet && i.http != HttpHealth::NotYet;
        asked && (all || last.get(&i.id).is_none_or(|was| differs(was, i)))
    };
    let observed = |i: &Arc<InstanceView>| Observed {
        instance: i.id.clone(),
        condition: Condition {
            health: i.verdict.health,
            reason: i
                .verdict
                .reasons
                .first()
                .map(|r| Safe::line(&format!("{} {}", r.subject, r.text))),
            release: i.release.clone(),
        },
    };
    snapshot.instances.iter().filter(is_new).map(observed).collect()
}

fn differs((health, sha): &(Health, Option<CommitSha>), now: &InstanceView) -> bool {
    let other = now.release.as_ref().is_some_and(|r| Some(&r.sha) != sha.as_ref());
    *health != now.verdict.health || other
}
