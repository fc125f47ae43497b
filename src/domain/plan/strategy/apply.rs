//! From what is asked and what targets say to batches and a budget.

use std::collections::{BTreeMap, BTreeSet};

use super::{Amount, Asked, Limit, Order, RolloutSettings, Scope, Strategy};
use crate::domain::ids::HostId;
use crate::domain::plan::{FailureBudget, Plan, Workflow};

/// Gives a plan its batches, its order, how many go at once and when it stops.
///
/// What was asked for counts. Where nothing was, workflows that replace what serves (upgrade, configure,
/// rotate-secrets) go by the settings of their targets; a deployment, a backup, a restore drill and a rollback are one
/// batch, and but for the deployment nothing stops them, since one that fails says nothing about the others; an import
/// is one at a time. Where targets say different things, the strictest counts: the smallest batches (compared from the
/// first on), the fewest at once, the shortest deadline, and every limit. Targets that want different orders go in that
/// of the inventory.
///
/// `chance` makes a seed where a shuffle has none.
pub fn apply(
    plan: &mut Plan,
    settings: &BTreeMap<HostId, RolloutSettings>,
    asked: &Asked,
    ranks: &BTreeMap<HostId, f64>,
    chance: u64,
) {
    let going: Vec<HostId> = plan.targets().map(|h| h.id.clone()).collect();
    let usual = RolloutSettings::default();
    let each: Vec<&RolloutSettings> =
        going.iter().map(|id| settings.get(id).unwrap_or(&usual)).collect();
    let n = going.len();
    let serial = asked.serial.clone().unwrap_or_else(|| serial_of(plan.workflow, &each, n));
    let order = order_of(asked.order, &each);
    let by_rank = matches!(order, Order::UnhealthyFirst | Order::FewestSessionsFirst);
    let unranked =
        if by_rank { going.iter().filter(|id| !ranks.contains_key(id)).count() } else { 0 };
    let seed = (order == Order::Shuffle).then(|| asked.seed.unwrap_or(chance));
    let strategy = Strategy {
        order,
        seed,
        max_failed: limits(asked.max_failed, plan.workflow, &each, |r| r.max_failed),
        max_unreachable: limits(asked.max_unreachable, plan.workflow, &each, |r| r.max_unreachable),
        progress_deadline_s: each
            .iter()
            .map(|r| r.progress_deadline_s)
            .min()
            .unwrap_or(usual.progress_deadline_s),
        step: asked.step,
        unranked,
        serial,
    };
    let parallel = if plan.workflow == Workflow::Import {
        Some(1)
    } else {
        each.iter().map(|r| r.parallel).min()
    };
    plan.parallel = asked.parallel.or(parallel).unwrap_or(usual.parallel).max(1);
    // Canaries go first, all at once; sizes are of the others.
    let canaries: BTreeSet<HostId> =
        plan.canary.iter().flat_map(|c| c.canary.iter().map(|m| m.host.clone())).collect();
    let (first, rest): (Vec<HostId>, Vec<HostId>) =
        order.of(going, seed.unwrap_or(0), ranks).into_iter().partition(|id| canaries.contains(id));
    plan.batches = cut(rest, &strategy.serial);
    if !first.is_empty() {
        plan.batches.insert(0, first);
    }
    plan.stops = budget(&strategy, &plan.batches);
    plan.strategy = Some(strategy);
}

/// In which order the targets of a plan will go.
pub fn order(plan: &Plan, settings: &BTreeMap<HostId, RolloutSettings>, asked: &Asked) -> Order {
    let usual = RolloutSettings::default();
    let each: Vec<&RolloutSettings> =
        plan.targets().map(|h| settings.get(&h.id).unwrap_or(&usual)).collect();
    order_of(asked.order, &each)
}

/// Batches and a budget by the same strategy for fewer targets, which stay in their order and their batches.
pub fn batches_of(plan: &mut Plan, keep: impl Fn(&HostId) -> bool) {
    for batch in &mut plan.batches {
        batch.retain(&keep);
    }
    plan.batches.retain(|batch| !batch.is_empty());
    if let Some(strategy) = &plan.strategy {
        plan.stops = budget(strategy, &plan.batches);
    }
}

fn serial_of(workflow: Workflow, each: &[&RolloutSettings], n: usize) -> Vec<Amount> {
    let all = vec![Amount::Percent(100)];
    match workflow {
        Workflow::Upgrade
        | Workflow::CanaryUpgrade
        | Workflow::Configure
        | Workflow::RotateSecrets => each
            .iter()
            .map(|r| &r.serial)
            .min_by_key(|serial| sizes(serial, n))
            .cloned()
            .unwrap_or(all),
        Workflow::Import => vec![Amount::Count(1)],
        Workflow::Deploy
        | Workflow::Rollback
        | Workflow::Backup
        | Workflow::VerifyBackup
        | Workflow::Ansible => all,
    }
}

fn order_of(asked: Option<Order>, each: &[&RolloutSettings]) -> Order {
    let first = each.first().map(|r| r.order).filter(|o| each.iter().all(|r| r.order == *o));
    asked.or(first).unwrap_or_default()
}

fn limits(
    asked: Option<Limit>,
    workflow: Workflow,
    each: &[&RolloutSettings],
    of: fn(&RolloutSettings) -> Limit,
) -> Vec<Limit> {
    if let Some(asked) = asked {
        return vec![asked];
    }
    match workflow {
        Workflow::Upgrade
        | Workflow::CanaryUpgrade
        | Workflow::Configure
        | Workflow::RotateSecrets
        | Workflow::Deploy => {
            let mut limits: Vec<Limit> = Vec::new();
            for limit in each.iter().map(|r| of(r)) {
                if !limits.contains(&limit) {
                    limits.push(limit);
                }
            }
            limits
        }
        Workflow::Import => vec![Limit::of_run(Amount::Count(1))],
        Workflow::Rollback | Workflow::Backup | Workflow::VerifyBackup | Workflow::Ansible => {
            vec![Limit::of_run(Amount::Percent(100))]
        }
    }
}

/// How large the batches of `n` targets are. The last item of the list repeats.
pub(super) fn sizes(serial: &[Amount], n: usize) -> Vec<usize> {
    let mut sizes = Vec::new();
    let mut left = n;
    let mut items = serial.iter();
    let mut size = 1;
    while left > 0 {
        if let Some(item) = items.next() {
            size = item.of(n);
        }
        let here = size.min(left);
        sizes.push(here);
        left -= here;
    }
    sizes
}

fn cut(hosts: Vec<HostId>, serial: &[Amount]) -> Vec<Vec<HostId>> {
    let sizes = sizes(serial, hosts.len());
    let mut hosts = hosts.into_iter();
    sizes.into_iter().map(|size| hosts.by_ref().take(size).collect()).collect()
}

/// What the limits come to for these batches.
fn budget(strategy: &Strategy, batches: &[Vec<HostId>]) -> FailureBudget {
    let n: usize = batches.iter().map(Vec::len).sum();
    let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let of_run = |limits: &[Limit]| {
        let of_run = limits.iter().filter(|l| l.scope == Scope::Run);
        small(of_run.map(|l| l.amount.of(n)).min().unwrap_or(n).max(1))
    };
    let of_batches = |limits: &[Limit]| -> Vec<u32> {
        let of_batch: Vec<&Limit> = limits.iter().filter(|l| l.scope == Scope::Batch).collect();
        if of_batch.is_empty() {
            return Vec::new();
        }
        let least = |batch: &Vec<HostId>| of_batch.iter().map(|l| l.amount.of(batch.len())).min();
        batches.iter().map(|batch| small(least(batch).unwrap_or(1))).collect()
    };
    let failed = of_run(&strategy.max_failed);
    FailureBudget {
        max_failed: if strategy.progress_deadline_s == 0 { 1 } else { failed },
        max_unreachable: of_run(&strategy.max_unreachable),
        failed_of_batch: of_batches(&strategy.max_failed),
        unreachable_of_batch: of_batches(&strategy.max_unreachable),
    }
}
