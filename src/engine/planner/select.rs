//! The wished hosts: which are instances, which are left out and why, what they have in common.

use std::collections::BTreeSet;

use super::PlanError;
use crate::domain::fleet::{Fleet, Host};
use crate::domain::git::{GitRef, GitUrl};
use crate::domain::ids::HostId;
use crate::domain::plan::Excluded;
use crate::domain::settings::InstanceSettings;
use crate::domain::untrusted::Safe;

/// What a wish comes to before anything is read. `hosts` is never empty.
pub(super) struct Selected<'a> {
    pub(super) hosts: Vec<(&'a Host, &'a InstanceSettings)>,
    pub(super) excluded: Vec<Excluded>,
}

/// The wished hosts that are instances, in inventory order, each once.
pub(super) fn instances<'a>(
    fleet: &'a Fleet,
    wished: &[HostId],
) -> Result<Selected<'a>, PlanError> {
    let mut excluded: Vec<Excluded> = Vec::new();
    for id in wished.iter().filter(|id| fleet.host(id).is_none()) {
        if !fleet.left_out.iter().any(|left| &left.id == id) {
            return Err(PlanError::UnknownHost(id.clone()));
        }
        let reason = "its inventory has a problem (`bunker inventory check` shows it)";
        excluded.push(Excluded { host: id.clone(), reason: Safe::line(reason) });
    }
    let mut hosts = Vec::new();
    let mut resting = Vec::new();
    for host in fleet.hosts.iter().filter(|h| wished.contains(&h.id)) {
        if let Some(why) = host.rollout.maintenance.as_ref().filter(|_| host.instance.is_some()) {
            resting.push(format!("{} ({why})", host.id));
            let reason = Safe::line(&format!("it is in maintenance: {why}"));
            excluded.push(Excluded { host: host.id.clone(), reason });
            continue;
        }
        match &host.instance {
            Some(settings) => hosts.push((host.as_ref(), settings.as_ref())),
            None => excluded.push(Excluded {
                host: host.id.clone(),
                reason: Safe::line("it is no instance: it has no cml_domain"),
            }),
        }
    }
    if hosts.is_empty() && !resting.is_empty() {
        return Err(PlanError::InMaintenance(Safe::line(&resting.join(", "))));
    }
    if hosts.is_empty() {
        return Err(excluded
            .first()
            .map_or(PlanError::NoHosts, |e| PlanError::NoInstance(e.host.clone())));
    }
    Ok(Selected { hosts, excluded })
}

impl Selected<'_> {
    /// The repository that all of them come from.
    pub(super) fn one_repository(&self) -> Result<GitUrl, PlanError> {
        let mut repos = self.hosts.iter().map(|(_, s)| &s.repo);
        let first = repos.next().ok_or(PlanError::NoHosts)?;
        match repos.find(|repo| *repo != first) {
            Some(other) => Err(PlanError::DifferentRepositories(first.clone(), other.clone())),
            None => Ok(first.clone()),
        }
    }

    /// The ref that was asked for, else the one that all of them follow.
    pub(super) fn one_reference(&self, asked: Option<&GitRef>) -> Result<GitRef, PlanError> {
        if let Some(asked) = asked {
            return Ok(asked.clone());
        }
        let followed: BTreeSet<&GitRef> = self.hosts.iter().map(|(_, s)| &s.reference).collect();
        let mut followed = followed.into_iter();
        match (followed.next(), followed.next()) {
            (Some(one), None) => Ok(one.clone()),
            (None, _) => Err(PlanError::NoHosts),
            (Some(one), Some(two)) => {
                let names: Vec<&str> =
                    [one, two].into_iter().chain(followed).map(GitRef::as_str).collect();
                Err(PlanError::DifferentRefs(Safe::line(&names.join(", "))))
            }
        }
    }
}
