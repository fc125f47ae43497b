//! The plan of an import: each host probed, its `.env` compared with what the inventory makes.

use futures_util::future::join_all;

use super::select::Selected;
use super::upgrade::look_at_all;
use super::{PlanPorts, env};
use crate::domain::fleet::{Fleet, Host};
use crate::domain::plan::Plan;
use crate::domain::run::operator::Operator;
use crate::domain::settings::InstanceSettings;
use crate::domain::untrusted::Safe;
use crate::steps::env_file::EnvRead;
use crate::workflows::env::Desired;
use crate::workflows::import::{Candidate, assemble};

/// Plans it.
pub(super) async fn plan(
    ports: &PlanPorts,
    fleet: &Fleet,
    selected: Selected<'_>,
    by: &Operator,
) -> Plan {
    let Selected { hosts, excluded } = selected;
    let at = ports.clock.now();
    let envs = join_all(hosts.iter().map(|(host, settings)| both(ports, host, settings)));
    let (looks, envs) = futures_util::join!(look_at_all(ports, &hosts), envs);
    let candidates: Vec<Candidate<'_>> = hosts
        .into_iter()
        .zip(looks)
        .zip(envs)
        .map(|(((host, settings), look), env)| Candidate { host, settings, look, env })
        .collect();
    assemble(by, at, fleet, &candidates, excluded)
}

/// Its `.env` as it is, and as it should be.
async fn both(
    ports: &PlanPorts,
    host: &Host,
    settings: &InstanceSettings,
) -> Result<(EnvRead, Desired), Safe> {
    let said = |why: &dyn std::fmt::Display| Safe::line(&why.to_string());
    let read = env::read(ports, host, settings).await.map_err(|e| said(&e))??;
    let template = env::template(ports, host).await?;
    let secrets = ports.secrets.secrets(&ports.inventory, &host.id).await.map_err(|e| said(&e))?;
    let desired = env::desired(&template, host, None, &secrets)?;
    Ok((read, desired))
}
