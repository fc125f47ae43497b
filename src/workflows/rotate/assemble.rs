//! From candidates to a plan.

use std::path::PathBuf;

use jiff::Timestamp;

use super::phases;
use crate::domain::facts::{Facts, Part};
use crate::domain::fleet::Host;
use crate::domain::plan::{Excluded, Finding, HostPlan, Plan, Readiness, Workflow};
use crate::domain::remote::RemoteError;
use crate::domain::run::operator::Operator;
use crate::domain::secret::SecretName;
use crate::domain::secret::catalogue::{KNOWN, Known, Method};
use crate::domain::settings::InstanceSettings;
use crate::domain::untrusted::Safe;
use crate::workflows::planned::finding;

/// What is wanted of all targets.
#[derive(Debug, Clone)]
pub struct Wish {
    /// Which secrets; empty means all that can be changed by this workflow and that an instance has.
    pub names: Vec<SecretName>,
    /// Who wants it.
    pub operator: Operator,
    /// When it was asked for.
    pub at: Timestamp,
    /// The folder with the vaults.
    pub inventory: PathBuf,
    /// Name of the fleet.
    pub fleet: Safe,
}

/// A host that was asked for, with what is known of it.
#[derive(Debug)]
pub struct Candidate<'a> {
    /// The host.
    pub host: &'a Host,
    /// Its instance.
    pub settings: &'a InstanceSettings,
    /// What the probe found, or why it found nothing.
    pub look: Result<Facts, RemoteError>,
    /// Names in its vault, those of next values too.
    pub names: Vec<SecretName>,
}

/// Makes the plan. Every name of the wish is known and can be changed by this workflow.
pub fn assemble(wish: &Wish, candidates: &[Candidate<'_>], excluded: Vec<Excluded>) -> Plan {
    let hosts: Vec<HostPlan> = candidates.iter().map(|c| host_plan(wish, c)).collect();
    Plan {
        vault: Some(wish.inventory.clone()),
        ..Plan::draft(Workflow::RotateSecrets, wish.fleet.clone(), hosts, excluded, wish.at)
    }
}

fn host_plan(wish: &Wish, candidate: &Candidate<'_>) -> HostPlan {
    let secrets = chosen(wish, candidate);
    let findings = findings(wish, candidate, &secrets);
    let commit = candidate.look.as_ref().ok().and_then(|f| f.checkout.known());
    let mut host = HostPlan::judged(
        candidate.host,
        candidate.settings,
        commit.map(|c| c.commit.clone()),
        findings,
    );
    if host.will_run() {
        phases::fill(&mut host, &secrets, &wish.operator);
    }
    host
}

/// The rows of the secrets that are changed on a host, in the order of the catalogue.
fn chosen(wish: &Wish, candidate: &Candidate<'_>) -> Vec<(SecretName, &'static Known)> {
    let rows = KNOWN.iter().filter_map(|row| Some((row.name.parse::<SecretName>().ok()?, row)));
    let wanted = |(name, row): &(SecretName, &Known)| {
        let has = candidate.names.contains(name);
        let by_itself = !matches!(row.method, Method::ByHand(_));
        by_itself && has && (wish.names.is_empty() || wish.names.contains(name))
    };
    rows.filter(wanted).collect()
}

fn findings(
    wish: &Wish,
    candidate: &Candidate<'_>,
    secrets: &[(SecretName, &'static Known)],
) -> Vec<Finding> {
    let facts = match &candidate.look {
        Ok(facts) => facts,
        Err(error) => {
            let text = format!("not read: {}", error.message);
            return vec![finding(Readiness::Unknown, "ssh", &text)];
        }
    };
    let mut found = Vec::new();
    for name in wish.names.iter().filter(|n| !candidate.names.contains(n)) {
        let text = format!("its vault has no {name}: `bunker vault set` gives it one");
        found.push(finding(Readiness::Blocked, "vault", &text));
    }
    if secrets.is_empty() && found.is_empty() {
        let text = "its vault has no secret that can be changed by itself";
        found.push(finding(Readiness::Blocked, "vault", text));
    }
    for (name, _) in secrets {
        if candidate.names.iter().any(|n| n.as_str() == format!("{name}__pending")) {
            let text = format!("a change of {name} was begun: it goes on with the same new value");
            found.push(finding(Readiness::Warning, "vault", &text));
        }
    }
    if let Part::Known(Some(holder)) = &facts.lease {
        found.push(finding(Readiness::Blocked, "lease", &format!("held by {holder}")));
    }
    if let Part::Unreadable(why) = &facts.env_file {
        found.push(finding(Readiness::Blocked, "env", &format!(".env was not read: {why}")));
    }
    found
}
