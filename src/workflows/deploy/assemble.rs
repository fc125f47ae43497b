//! From candidates to a plan.

use jiff::Timestamp;

use super::{env::Env, phases, readiness};
use crate::domain::facts::Facts;
use crate::domain::fleet::Host;
use crate::domain::plan::{Excluded, HostPlan, Plan, TagChoice, Target, Workflow};
use crate::domain::remote::RemoteError;
use crate::domain::run::operator::Operator;
use crate::domain::secret::Secrets;
use crate::domain::settings::InstanceSettings;
use crate::domain::untrusted::Safe;

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
    pub env: Result<Env, Safe>,
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
        let mut host = HostPlan::judged(candidate.host, candidate.settings, None, findings);
        if host.will_run() {
            phases::fill(&mut host, steps);
        }
        hosts.push(host);
    }
    let records = hosts.iter().any(phases::records);
    let sealed = hosts.iter().any(phases::has_holes);
    Plan {
        vault: sealed.then(|| source.inventory.clone()),
        target: records.then(|| wish.target.clone()),
        ..Plan::draft(Workflow::Deploy, source.fleet.clone(), hosts, excluded, wish.at)
    }
}
