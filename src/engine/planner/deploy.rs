//! The plan of a deployment: the ref resolved once, each host probed, its secrets sealed into its steps.

use futures_util::future::join_all;

use super::select::Selected;
use super::upgrade::look_at_all;
use super::{PlanError, PlanPorts};
use crate::domain::fleet::{Fleet, Host};
use crate::domain::git::GitRef;
use crate::domain::plan::{Plan, TagChoice, Target};
use crate::domain::run::operator::Operator;
use crate::domain::secret::Secrets;
use crate::domain::settings::InstanceSettings;
use crate::domain::untrusted::Safe;
use crate::workflows::deploy::{Candidate, Source, Wish, assemble};
use crate::workflows::env::{Desired, render};

/// Plans a deployment of `reference`, or of the ref that all follow.
pub(super) async fn plan(
    ports: &PlanPorts,
    fleet: &Fleet,
    selected: Selected<'_>,
    (reference, tags): (Option<&GitRef>, &TagChoice),
    by: &Operator,
) -> Result<Plan, PlanError> {
    let repo = selected.one_repository()?;
    let reference = selected.one_reference(reference)?;
    let Selected { hosts, excluded } = selected;
    let at = ports.clock.now();
    let (sha, looks, secrets) = futures_util::join!(
        ports.repository.resolve(&repo, &reference),
        look_at_all(ports, &hosts),
        all_secrets(ports, &hosts)
    );
    let target = Target { reference, sha: sha? };
    let mut candidates: Vec<Candidate<'_>> = Vec::new();
    for (((host, settings), look), secrets) in hosts.into_iter().zip(looks).zip(secrets) {
        let env = env_file(ports, host, &secrets).await;
        candidates.push(Candidate { host, settings, look, secrets, env });
    }
    let wish = Wish { target, tags: tags.clone(), operator: by.clone(), at };
    let source = Source { fleet: fleet.name.clone(), inventory: ports.inventory.clone() };
    let plan = assemble(&wish, &source, &candidates, excluded);
    if plan.hosts.is_empty() { Err(PlanError::NothingLeft) } else { Ok(plan) }
}

async fn env_file(
    ports: &PlanPorts,
    host: &Host,
    secrets: &Result<Secrets, Safe>,
) -> Result<Desired, Safe> {
    let secrets = secrets.as_ref().map_err(Clone::clone)?;
    let named = host.vars.get("cml_env_template").and_then(serde_json::Value::as_str);
    let template = ports.templates.template(&ports.inventory, named).await?;
    render(&template, host, secrets).map_err(|error| Safe::line(&error.to_string()))
}

async fn all_secrets(
    ports: &PlanPorts,
    hosts: &[(&Host, &InstanceSettings)],
) -> Vec<Result<Secrets, Safe>> {
    join_all(hosts.iter().map(|(host, _)| async {
        let read = ports.secrets.secrets(&ports.inventory, &host.id).await;
        read.map_err(|error| Safe::line(&error.to_string()))
    }))
    .await
}
