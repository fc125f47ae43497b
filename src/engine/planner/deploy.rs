//! The plan of a deployment: the ref resolved once, each host probed, its secrets sealed into its steps.

use futures_util::future::join_all;

use super::select::Selected;
use super::upgrade::look_at_all;
use super::{PlanError, PlanPorts, env};
use crate::domain::fleet::{Fleet, Host};
use crate::domain::git::GitRef;
use crate::domain::plan::{Plan, TagChoice, Target};
use crate::domain::run::operator::Operator;
use crate::domain::secret::Secrets;
use crate::domain::settings::InstanceSettings;
use crate::domain::untrusted::Safe;
use crate::workflows::deploy::{Candidate, Env, Source, Wish, assemble};

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
    let mut candidates = Vec::new();
    for (((host, settings), look), secrets) in hosts.into_iter().zip(looks).zip(secrets) {
        candidates.push((host, settings, look, secrets));
    }
    let candidates: Vec<Candidate<'_>> =
        join_all(candidates.into_iter().map(|(host, settings, look, secrets)| async move {
            let env = env_file(ports, (host, settings), look.is_ok(), &secrets).await;
            Candidate { host, settings, look, secrets, env }
        }))
        .await;
    let wish = Wish { target, tags: tags.clone(), operator: by.clone(), at };
    let source = Source { fleet: fleet.name.clone(), inventory: ports.inventory.clone() };
    let plan = assemble(&wish, &source, &candidates, excluded);
    if plan.hosts.is_empty() { Err(PlanError::NothingLeft) } else { Ok(plan) }
}

/// What its `.env` is and should be. A host that cannot be reached, or has no checkout yet, has none.
async fn env_file(
    ports: &PlanPorts,
    (host, settings): (&Host, &InstanceSettings),
    reached: bool,
    secrets: &Result<Secrets, Safe>,
) -> Result<Env, Safe> {
    let secrets = secrets.as_ref().map_err(Clone::clone)?;
    let template = env::template(ports, host).await?;
    let read = if reached { env::read(ports, host, settings).await.ok() } else { None };
    let read = read.and_then(Result::ok);
    let desired = env::desired(&template, host, read.as_ref(), secrets)?;
    Ok(Env::new(desired, read.as_ref()))
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
