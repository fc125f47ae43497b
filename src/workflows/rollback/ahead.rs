//! The way back of an upgrade, rendered before it begins: what is approved with it is what would run.

use jiff::Timestamp;

use super::phases;
use crate::domain::git::CommitSha;
use crate::domain::ids::HostId;
use crate::domain::plan::{FailureBudget, Finding, HostPlan, Plan, Readiness, Target, Workflow};
use crate::domain::run::operator::Operator;

/// The rollbacks of these hosts from where `upgrade` brings them to what they ran before: one plan a release, since a
/// plan goes to one. Whether all that it needs is still there is looked at on the host, under its lease.
pub fn ahead(upgrade: &Plan, hosts: &[HostId], operator: &Operator) -> Vec<Plan> {
    let Some(reached) = &upgrade.target else { return Vec::new() };
    let mut releases: Vec<&CommitSha> = Vec::new();
    let of_host = |id: &HostId| upgrade.host(id);
    for from in hosts.iter().filter_map(of_host).filter_map(|h| h.from.as_ref()) {
        if !releases.contains(&from) {
            releases.push(from);
        }
    }
    let one = |from: &CommitSha| {
        let target = target(upgrade, from)?;
        let of_it = hosts.iter().filter_map(of_host).filter(|h| h.from.as_ref() == Some(from));
        let hosts: Vec<HostPlan> = of_it
            .map(|host| {
                let mut back = HostPlan {
                    from: Some(reached.sha.clone()),
                    readiness: Readiness::Ready,
                    findings: Vec::<Finding>::new(),
                    diff: Vec::new(),
                    phases: Vec::new(),
                    left_out: Vec::new(),
                    on_failure: Vec::new(),
                    ..host.clone()
                };
                phases::fill(&mut back, &target, operator);
                back
            })
            .collect();
        let n = u32::try_from(hosts.len()).unwrap_or(u32::MAX).max(1);
        Some(Plan {
            workflow: Workflow::Rollback,
            target: Some(target),
            changes: Vec::new(),
            batches: vec![hosts.iter().map(|h| h.id.clone()).collect()],
            hosts,
            excluded: Vec::new(),
            stops: FailureBudget::of_run(n, n),
            // When it is made is when it runs; nor would the hash of the plan around it stay the same.
            made_at: Timestamp::UNIX_EPOCH,
            canary: None,
            ..upgrade.clone()
        })
    };
    releases.into_iter().filter_map(one).collect()
}

/// The release by its tag where it has one.
fn target(upgrade: &Plan, from: &CommitSha) -> Option<Target> {
    let change = upgrade.changes.iter().find(|change| &change.from == from);
    let tag = change.and_then(|change| change.from_tag.clone());
    let reference = tag.or_else(|| from.as_str().parse().ok())?;
    Some(Target { reference, sha: from.clone() })
}
