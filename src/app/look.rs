//! What pages ask of the world beside what is watched all the time: each question reads only.

use std::collections::BTreeMap;

use super::panes::Outputs;
use crate::domain::alerts::Manager;
use crate::domain::backups::Made;
use crate::domain::charts::ChartsRead;
use crate::domain::finding::Finding;
use crate::domain::ids::{HostId, RunId};
use crate::domain::inventory::{InventoryTold, VariableTold};
use crate::domain::lease::{FleetHeld, LeaseLook};
use crate::domain::timeline::Kept;
use crate::domain::untrusted::Safe;

/// A question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look {
    /// Which backups these instances have.
    Backups(Vec<HostId>),
    /// What the Alertmanager says.
    Alerts,
    /// The groups and hosts of the inventory.
    Inventory,
    /// The variables of a host after precedence.
    Variables(HostId),
    /// What `bunker doctor` finds on this machine.
    DoctorHere,
    /// What it finds on the hosts.
    DoctorHosts,
    /// The charts of an instance.
    Charts(HostId),
    /// What was kept of an instance over time.
    Timeline(HostId),
    /// The ends of the outputs of these targets of a run.
    Outputs(RunId, Vec<HostId>),
    /// Who holds this instance.
    Lease(HostId),
    /// Who goes through the whole fleet.
    Campaign,
}

/// The answer to a question.
#[derive(Debug, Clone, PartialEq)]
pub enum Looked {
    /// The backups of each instance, oldest first, or why they cannot be read.
    Backups(BTreeMap<HostId, Result<Vec<Made>, Safe>>),
    /// What the Alertmanager says; `None` where the fleet has none.
    Alerts(Option<Box<Manager>>),
    /// The groups and hosts.
    Inventory(InventoryTold),
    /// The variables by name.
    Variables(Vec<VariableTold>),
    /// Findings, good ones too.
    Findings(Vec<Finding>),
    /// The charts.
    Charts(Box<ChartsRead>),
    /// What was kept, oldest first.
    Timeline(Vec<Kept>),
    /// The ends of the outputs.
    Outputs(Outputs),
    /// Who holds an instance, or why that cannot be read.
    Lease(HostId, Result<LeaseLook, Safe>),
    /// Who goes through the fleet, or why that cannot be told.
    Campaign(Result<Option<FleetHeld>, Safe>),
}
