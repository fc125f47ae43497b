//! The plan of a configure: each host's `.env` read, its template filled, both compared.

use futures_util::future::join_all;

use super::select::Selected;
use super::strategy::leave_stopped_out;
use super::{PlanPorts, env};
use crate::domain::facts::Facts;
use crate::domain::fleet::{Fleet, Host};
use crate::domain::plan::Plan;
use crate::domain::remote::RemoteError;
use crate::domain::run::operator::Operator;
use crate::domain::settings::InstanceSettings;
use crate::domain::untrusted::Safe;
use crate::engine::poller::probe_host;
use crate::steps::env_file::EnvRead;
use crate::steps::probe::PATIENCE;
use crate::workflows::configure::{Candidate, Wish, assemble};
use crate::workflows::env::Desired;

/// Plans it. What is wrong with one host stands in its findings and costs the others nothing.
pub(super) async fn plan(
    ports: &PlanPorts,
    fleet: &Fleet,
    selected: Selected<'_>,
    overwrite_drift: bool,
    by: &Operator,
) -> Plan {
    let Selected { hosts, mut excluded } = selected;
    let at = ports.clock.now();
    let looks = join_all(hosts.into_iter().map(|(host, settings)| async move {
        let look = look(ports, host, settings).await;
        let read = look.as_ref().ok().and_then(|(_, read)| read.as_ref().ok());
        let desired = desired(ports, host, read).await;
        Candidate { host, settings, look, desired }
    }));
    let candidates = leave_stopped_out(looks.await, &mut excluded, |c| {
        (&c.host.id, c.look.as_ref().ok().map(|(facts, _)| facts))
    });
    let wish =
        Wish { operator: by.clone(), at, overwrite_drift, inventory: ports.inventory.clone() };
    assemble(&wish, fleet, &candidates, excluded)
}

async fn look(
    ports: &PlanPorts,
    host: &Host,
    settings: &InstanceSettings,
) -> Result<(Facts, Result<EnvRead, Safe>), RemoteError> {
    let facts = probe_host(&*ports.remote, host, settings, &*ports.clock, PATIENCE).await?;
    Ok((facts, env::read(ports, host, settings).await?))
}

async fn desired(ports: &PlanPorts, host: &Host, read: Option<&EnvRead>) -> Result<Desired, Safe> {
    let template = env::template(ports, host).await?;
    let secrets = ports.secrets.secrets(&ports.inventory, &host.id).await;
    let secrets = secrets.map_err(|e| Safe::line(&e.to_string()))?;
    env::desired(&template, host, read, &secrets)
}
