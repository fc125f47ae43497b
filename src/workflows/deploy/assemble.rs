//! From candidates to a plan.

use jiff::Timestamp;

use super::{phases, readiness};
use crate::domain::facts::Facts;
use crate::domain::fleet::Host;
use crate::domain::plan::{
    Excluded, FailureBudget, HostPlan, Plan, Readiness, Rules, TagChoice, Target, Workflow,
};
use crate::domain::remote::RemoteError;
use crate::domain::run::operator::Operator;
use crate::domain::secret::Secrets;
use crate::domain::settings::InstanceSettings;
use crate::domain::untrusted::Safe;
use crate::workflows::env::Desired;
use crate::workflows::planned::at_once;

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

/// Where it comes from.
#[derive(Debug, Clone)]
pub struct Source {
    /// Name of the fleet.
    pub fleet: Safe,
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
    source: &Source,
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
    let records = hosts.iter().any(phases::records);
    let sealed = hosts.iter().any(phases::has_holes);
    Plan {
        schema: 1,
        workflow: Workflow::Deploy,
        playbook: None,
        fleet: source.fleet.clone(),
        vault: sealed.then(|| source.inventory.clone()),
        target: records.then(|| wish.target.clone()),
        changes: Vec::new(),
        batches: at_once(&hosts),
        hosts,
        excluded,
        parallel: 1,
        stops: FailureBudget::of_run(1, 1),
        strategy: None,
        after: None,
        rules: Rules::default(),
        around: crate::domain::plan::Around::default(),
        canary: None,
        made_at: wish.at,
    }
}
