//! A playbook of Ansible as a workflow: exact targets, exact files. Which tasks it has only Ansible knows, when it runs.

use std::path::PathBuf;

use jiff::Timestamp;

use super::planned::finding;
use crate::domain::facts::{Facts, Part};
use crate::domain::fleet::Host;
use crate::domain::plan::{
    Excluded, FailureBudget, Finding, HostPlan, Plan, Playbook, PlaybookFiles, PlaybookWish,
    Readiness, Workflow,
};
use crate::domain::remote::RemoteError;
use crate::domain::settings::InstanceSettings;
use crate::domain::untrusted::Safe;

/// A host that was asked for, with what is known of it.
#[derive(Debug)]
pub struct Candidate<'a, E> {
    /// The host.
    pub host: &'a Host,
    /// Its instance.
    pub settings: &'a InstanceSettings,
    /// What the probe found, or why it found nothing.
    pub look: Result<Facts, RemoteError>,
    /// Whether it has secrets, and Ansible's password among them; or why its vault could not be opened.
    pub vault: Result<(bool, bool), E>,
}

/// What is wanted of all of them.
#[derive(Debug)]
pub struct Wish {
    /// The playbook, its path absolute.
    pub playbook: PlaybookWish,
    /// How it stands.
    pub files: PlaybookFiles,
    /// The inventory folder.
    pub inventory: PathBuf,
    /// Name of the fleet.
    pub fleet: Safe,
    /// When it was asked for.
    pub at: Timestamp,
}

/// Makes the plan: one batch, since Ansible goes through the hosts by the playbook's own `serial`.
pub fn assemble<E: std::fmt::Display>(
    wish: &Wish,
    candidates: &[Candidate<'_, E>],
    excluded: Vec<Excluded>,
) -> Plan {
    let has =
        |of: fn(&(bool, bool)) -> bool| candidates.iter().any(|c| c.vault.as_ref().is_ok_and(of));
    let (has_vault, vault_password) = (has(|(any, _)| *any), has(|(_, password)| *password));
    let hosts: Vec<HostPlan> = candidates.iter().map(|c| host_plan(wish, c)).collect();
    let n = u32::try_from(hosts.iter().filter(|h| h.will_run()).count()).unwrap_or(u32::MAX).max(1);
    let playbook = Playbook {
        wish: wish.playbook.clone(),
        files: wish.files.clone(),
        inventory: wish.inventory.clone(),
        vault_password,
    };
    Plan {
        vault: has_vault.then(|| wish.inventory.clone()),
        playbook: Some(playbook),
        parallel: n,
        stops: FailureBudget::of_run(n, n),
        ..Plan::draft(Workflow::Ansible, wish.fleet.clone(), hosts, excluded, wish.at)
    }
}

fn host_plan<E: std::fmt::Display>(wish: &Wish, candidate: &Candidate<'_, E>) -> HostPlan {
    let findings = judge(wish, candidate);
    let from = candidate.look.as_ref().ok().and_then(|f| f.checkout.known());
    HostPlan::judged(candidate.host, candidate.settings, from.map(|c| c.commit.clone()), findings)
}

fn judge<E: std::fmt::Display>(wish: &Wish, candidate: &Candidate<'_, E>) -> Vec<Finding> {
    let facts = match &candidate.look {
        Ok(facts) => facts,
        Err(error) => {
            let text = format!("not read: {}", error.message);
            return vec![finding(Readiness::Unknown, "ssh", &text)];
        }
    };
    let mut findings = Vec::new();
    if let (Part::Known(Some(holder)), false) = (&facts.lease, wish.playbook.check) {
        findings.push(finding(Readiness::Blocked, "lease", &format!("held by {holder}")));
    }
    if let Err(error) = &candidate.vault {
        // Without its secrets nothing could keep them out of the logs.
        findings.push(finding(Readiness::Blocked, "vault", &error.to_string()));
    }
    findings
}
