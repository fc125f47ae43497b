//! The plan of a configure: each host's `.env` read, its template filled, both compared.

use std::time::Duration;

use futures_util::future::join_all;

use super::PlanPorts;
use super::select::Selected;
use super::strategy::leave_stopped_out;
use crate::domain::facts::Facts;
use crate::domain::fleet::{Fleet, Host};
use crate::domain::plan::Plan;
use crate::domain::remote::RemoteError;
use crate::domain::run::operator::Operator;
use crate::domain::settings::InstanceSettings;
use crate::domain::untrusted::Safe;
use crate::engine::poller::probe_host;
use crate::steps::env_file::{self, EnvRead};
use crate::workflows::configure::{Candidate, Wish, assemble};
use crate::workflows::env::{Desired, render};

/// How long a host may take to tell its `.env`.
const DEADLINE: Duration = Duration::from_secs(20);

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
        let (look, desired) =
            futures_util::join!(look(ports, host, settings), desired(ports, host));
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
    let facts = probe_host(&*ports.remote, host, settings, &*ports.clock).await?;
    let to = &host.connection;
    let script = env_file::read(&host.id, to.become_root, settings);
    let mut output = ports.remote.read(to, &script, DEADLINE).await?;
    let read = env_file::parse(&output.stdout);
    // It held the values of secrets.
    zeroize::Zeroize::zeroize(&mut output.stdout);
    Ok((facts, read))
}

async fn desired(ports: &PlanPorts, host: &Host) -> Result<Desired, Safe> {
    let named = host.vars.get("cml_env_template").and_then(serde_json::Value::as_str);
    let template = ports.templates.template(&ports.inventory, named).await?;
    let secrets = ports.secrets.secrets(&ports.inventory, &host.id).await;
    let secrets = secrets.map_err(|e| Safe::line(&e.to_string()))?;
    render(&template, host, &secrets).map_err(|e| Safe::line(&e.to_string()))
}
