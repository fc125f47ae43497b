//! The plan of an import: each host probed.

use super::PlanPorts;
use super::select::Selected;
use super::upgrade::look_at_all;
use crate::domain::fleet::Fleet;
use crate::domain::plan::Plan;
use crate::domain::run::operator::Operator;
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
    let looks = look_at_all(ports, &hosts).await;
    let candidates: Vec<Candidate<'_>> = hosts
        .into_iter()
        .zip(looks)
        .map(|((host, settings), look)| Candidate { host, settings, look })
        .collect();
    assemble(by, at, fleet, &candidates, excluded)
}
