//! From candidates to a plan.

use jiff::Timestamp;

use super::{phases, readiness};
use crate::domain::facts::Facts;
use crate::domain::fleet::{Host, RolloutSettings};
use crate::domain::ids::HostId;
use crate::domain::plan::{
    Excluded, FailureBudget, HostPlan, Plan, Readiness, TagChoice, Target, Workflow,
};
use crate::domain::remote::RemoteError;
use crate::domain::run::operator::Operator;
use crate::domain::secret::Secrets;
use crate::domain::settings::InstanceSettings;
use crate::domain::untrusted::Safe;
use crate::workflows::env::Desired;

/// What is wanted of all targets.
#[derive(Debug, Clone)]
pub struct Wish {
    /// What is deployed.
    pub target: Target,
    /// Which parts.
    pub tags: TagChoice,
    /// Who wants it.
    pub operator: Operator,
    /// When it was asked for.
    pub at: Timestamp,
}

/// How many targets go when.
#[derive(Debug, Clone)]
pub struct Strategy {
    /// Name of the fleet.
    pub fleet: Safe,
    /// Parallelism and when to stop; a deployment is one batch, since nothing serves yet.
    pub rollout: RolloutSettings,
    /// The folder with `hosts.yml`, whose vaults fill the holes.
    pub inventory: std::path::PathBuf,
}

/// A host that was asked for, with what is known of it.
pub struct Candidate<'a> {
    /// The host.
    pub host: &'a Host,
    /// Its instance.
    pub settings: &'a InstanceSettings,
    /// What the probe found, or why it found nothing.
    pub look: Result<Facts, RemoteError>,
    /// Its secrets, or why they cannot be read.
    pub secrets: Result<Secrets, Safe>,
    /// Its `.env`, or why it cannot be made.
    pub env: Result<Desired, Safe>,
}

/// Makes the plan. `candidates` are in inventory order.
pub fn assemble(
    wish: &Wish,
    strategy: &Strategy,
    candidates: &[Candidate<'_>],
    mut excluded: Vec<Excluded>,
) -> Plan {
    let mut hosts = Vec::new();
    for candidate in candidates {
        let steps = phases::steps(wish, candidate);
        if steps.is_empty() {
            let reason = Safe::line("these tags leave nothing to do on it");
            excluded.push(Excluded { host: candidate.host.id.clone(), reason });
            continue;
        }
        let findings = readiness::findings(wish, candidate, &steps);
        let mut host = HostPlan {
            id: candidate.host.id.clone(),
            connection: candidate.host.connection.clone(),
            settings: candidate.settings.clone(),
            from: None,
            readiness: findings.first().map_or(Readiness::Ready, |f| f.readiness),
            findings,
            diff: Vec::new(),
            phases: Vec::new(),
            left_out: Vec::new(),
            on_failure: Vec::new(),
        };
        if host.will_run() {
            phases::fill(&mut host, steps);
        }
        hosts.push(host);
    }
    let going: Vec<HostId> = hosts.iter().filter(|h| h.will_run()).map(|h| h.id.clone()).collect();
    let records = hosts.iter().any(phases::records);
    let sealed = hosts.iter().any(phases::has_holes);
    Plan {
        schema: 1,
        workflow: Workflow::Deploy,
        fleet: strategy.fleet.clone(),
        vault: sealed.then(|| strategy.inventory.clone()),
        playbook: None,
        target: records.then(|| wish.target.clone()),
        changes: Vec::new(),
        batches: if going.is_empty() { Vec::new() } else { vec![going] },
        hosts,
        excluded,
        parallel: strategy.rollout.parallel.max(1),
        stops: FailureBudget {
            max_failed: strategy.rollout.max_failed.max(1),
            max_unreachable: strategy.rollout.max_unreachable.max(1),
        },
        canary: None,
        made_at: wish.at,
    }
}
