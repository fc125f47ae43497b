//! The plan of a backup, and of a restore drill.

use futures_util::future::join_all;

use super::PlanPorts;
use super::select::Selected;
use super::upgrade::look_at_all;
use crate::domain::fleet::{Fleet, Host};
use crate::domain::plan::Plan;
use crate::domain::run::operator::Operator;
use crate::domain::settings::InstanceSettings;
use crate::domain::untrusted::Safe;
use crate::steps::{backup, probe};
use crate::workflows::backup::{Candidate, Wish, assemble};

/// Plans a backup of the selected instances.
pub(super) async fn plan(
    ports: &PlanPorts,
    fleet: &Fleet,
    selected: Selected<'_>,
    by: &Operator,
) -> Plan {
    made(ports, fleet, selected, None, by).await
}

/// Plans the restore drill of the newest backup, or of all.
pub(super) async fn drill(
    ports: &PlanPorts,
    fleet: &Fleet,
    selected: Selected<'_>,
    all: bool,
    by: &Operator,
) -> Plan {
    made(ports, fleet, selected, Some(all), by).await
}

async fn made(
    ports: &PlanPorts,
    fleet: &Fleet,
    selected: Selected<'_>,
    drill: Option<bool>,
    by: &Operator,
) -> Plan {
    let Selected { hosts, excluded } = selected;
    let at = ports.clock.now();
    let (looks, old) = futures_util::join!(
        look_at_all(ports, &hosts),
        join_all(hosts.iter().map(|(host, settings)| old(ports, host, settings)))
    );
    let candidates: Vec<Candidate<'_>> = hosts
        .into_iter()
        .zip(looks)
        .zip(old)
        .map(|(((host, settings), look), old)| Candidate { host, settings, look, old })
        .collect();
    let wish = Wish { fleet: fleet.name.clone(), drill, operator: by.clone(), at };
    assemble(&wish, &candidates, excluded)
}

/// What retention would delete. It is for showing only: the step decides again under the lease.
async fn old(ports: &PlanPorts, host: &Host, settings: &InstanceSettings) -> Vec<Safe> {
    let read = ports.remote.read(&host.connection, &backup::list(settings), probe::PATIENCE).await;
    let Ok(output) = read else { return Vec::new() };
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().filter_map(|line| line.strip_prefix("old ")).map(Safe::line).collect()
}
