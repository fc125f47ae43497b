//! The strategy of a plan: what its order needs to know is looked up, then batches and budget are decided.

use std::collections::BTreeMap;

use super::PlanPorts;
use super::upgrade::look_at_all;
use crate::domain::catalogue::QUERIES;
use crate::domain::facts::{Facts, Stack};
use crate::domain::fleet::{Fleet, Host};
use crate::domain::ids::HostId;
use crate::domain::plan::strategy::{Asked, Order, RolloutSettings, apply, order};
use crate::domain::plan::{Excluded, Plan};
use crate::domain::settings::InstanceSettings;
use crate::domain::signal::Signal;
use crate::domain::untrusted::Safe;

/// Decides who goes when, and when the run stops.
pub(super) async fn decide(ports: &PlanPorts, fleet: &Fleet, asked: &Asked, plan: &mut Plan) {
    let settings: BTreeMap<HostId, RolloutSettings> =
        fleet.hosts.iter().map(|h| (h.id.clone(), h.rollout.clone())).collect();
    let targets: Vec<(&Host, &InstanceSettings)> =
        plan.targets().filter_map(|t| with_settings(fleet.host(&t.id)?)).collect();
    let ranks = match order(plan, &settings, asked) {
        Order::UnhealthyFirst => unhealthy(ports, &targets).await,
        Order::FewestSessionsFirst => sessions(ports, fleet, &targets).await,
        Order::Inventory | Order::Sorted | Order::Reverse | Order::Shuffle => BTreeMap::new(),
    };
    let chance = ports.clock.nonce();
    let chance = u64::from_str_radix(chance.get(..6).unwrap_or("0"), 16).unwrap_or(0);
    apply(plan, &settings, asked, &ranks, chance);
}

fn with_settings(host: &Host) -> Option<(&Host, &InstanceSettings)> {
    Some((host, host.instance.as_ref()?))
}

/// The more containers are not well, the lower; a host that did not answer has no rank.
async fn unhealthy(
    ports: &PlanPorts,
    targets: &[(&Host, &InstanceSettings)],
) -> BTreeMap<HostId, f64> {
    let looks = look_at_all(ports, targets).await;
    let rank = |((host, _), look): (&(&Host, &InstanceSettings), Result<Facts, _>)| {
        let facts: Facts = look.ok()?;
        let n = facts.stack.known()?.n_unwell();
        Some((host.id.clone(), -(f64::from(u32::try_from(n).unwrap_or(u32::MAX)))))
    };
    targets.iter().zip(looks).filter_map(rank).collect()
}

/// How many people work on each, by the metrics server.
async fn sessions(
    ports: &PlanPorts,
    fleet: &Fleet,
    targets: &[(&Host, &InstanceSettings)],
) -> BTreeMap<HostId, f64> {
    let query = QUERIES.iter().find(|q| q.signal == Signal::CanvassSessions);
    let (Some(server), Some(query)) = (&fleet.metrics, query) else { return BTreeMap::new() };
    let Ok(answer) = ports.metrics.instant(server, query.expression).await else {
        return BTreeMap::new();
    };
    let rank = |(host, settings): &(&Host, &InstanceSettings)| {
        let sample = answer.samples.get(settings.label.as_str())?;
        sample.value.is_finite().then(|| (host.id.clone(), sample.value))
    };
    targets.iter().filter_map(rank).collect()
}

/// Leaves out the candidates whose containers a person stopped: a workflow that starts containers would start them.
pub(super) fn leave_stopped_out<C>(
    candidates: Vec<C>,
    excluded: &mut Vec<Excluded>,
    of: fn(&C) -> (&HostId, Option<&Facts>),
) -> Vec<C> {
    let mut awake = Vec::new();
    for candidate in candidates {
        let (id, facts) = of(&candidate);
        if facts.and_then(|f| f.stack.known()).is_some_and(Stack::is_stopped_on_purpose) {
            let reason = "it was stopped on purpose (all its containers ended on request) and stays so: start it on \
                          the host first (docker compose start)";
            excluded.push(Excluded { host: id.clone(), reason: Safe::line(reason) });
        } else {
            awake.push(candidate);
        }
    }
    awake
}
