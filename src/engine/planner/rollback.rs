//! The plan of a rollback: what each host recorded, and whether it can go there. The repository is not asked.

use futures_util::future::join_all;

use super::select::Selected;
use super::upgrade::look_at_all;
use super::{PlanError, PlanPorts};
use crate::domain::fleet::{Fleet, Host};
use crate::domain::git::GitRef;
use crate::domain::plan::{Plan, Target};
use crate::domain::release::Recorded;
use crate::domain::run::operator::Operator;
use crate::domain::settings::InstanceSettings;
use crate::domain::untrusted::Safe;
use crate::steps::{probe, rollback};
use crate::workflows::rollback::{Candidate, Wish, assemble, recorded};

/// Plans to go back to `to`, or to the release before the one that runs.
pub(super) async fn plan(
    ports: &PlanPorts,
    fleet: &Fleet,
    selected: Selected<'_>,
    to: Option<&GitRef>,
    by: &Operator,
) -> Result<Plan, PlanError> {
    let Selected { hosts, excluded } = selected;
    let at = ports.clock.now();
    let candidates = candidates(ports, hosts, to).await;
    let target = one_target(&candidates)?;
    let wish = Wish { fleet: fleet.name.clone(), target, operator: by.clone(), at };
    Ok(assemble(&wish, &candidates, excluded))
}

/// The releases that hosts recorded, the newest first. Why a host did not say is told where none did.
pub(super) async fn releases(
    ports: &PlanPorts,
    selected: Selected<'_>,
) -> Result<Vec<Recorded>, PlanError> {
    let candidates = candidates(ports, selected.hosts, None).await;
    let found = recorded(&candidates);
    match candidates.iter().find_map(Candidate::silent) {
        Some(why) if found.is_empty() => Err(PlanError::Silent(why)),
        _ => Ok(found),
    }
}

async fn candidates<'a>(
    ports: &PlanPorts,
    hosts: Vec<(&'a Host, &'a InstanceSettings)>,
    to: Option<&GitRef>,
) -> Vec<Candidate<'a>> {
    let histories = join_all(hosts.iter().map(|(host, settings)| async {
        let script = rollback::look(&host.id, host.connection.become_root, settings);
        let output = ports.remote.read(&host.connection, &script, probe::PATIENCE).await?;
        Ok(rollback::parse(&String::from_utf8_lossy(&output.stdout)))
    }));
    let (looks, histories) = futures_util::join!(look_at_all(ports, &hosts), histories);
    hosts
        .into_iter()
        .zip(looks.into_iter().zip(histories))
        .map(|((host, settings), (look, history))| {
            Candidate::new((host, settings), look, history, to)
        })
        .collect()
}

/// A plan goes to one commit.
fn one_target(candidates: &[Candidate<'_>]) -> Result<Option<Target>, PlanError> {
    let mut found: Vec<Target> = Vec::new();
    for target in candidates.iter().filter_map(Candidate::target) {
        if !found.iter().any(|t| t.sha == target.sha) {
            found.push(target);
        }
    }
    if found.len() > 1 {
        let names: Vec<&str> = found.iter().map(|t| t.reference.as_str()).collect();
        return Err(PlanError::DifferentRefs(Safe::line(&names.join(", "))));
    }
    Ok(found.pop())
}
