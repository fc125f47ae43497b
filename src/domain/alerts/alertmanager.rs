//! What an Alertmanager tells.

use jiff::Timestamp;

use super::rules::Severity;
use crate::domain::untrusted::Safe;

/// State of an alert in Alertmanager.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ManagerState {
    /// People are told of it.
    Active,
    /// It is silenced, inhibited or muted.
    Suppressed,
    /// It was not looked at yet.
    Unprocessed,
}

/// An alert as Alertmanager tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManagerAlert {
    /// Stable name of this alert.
    pub fingerprint: Safe,
    /// The label `alertname`.
    pub name: Safe,
    /// The label `instance`; empty where there is none.
    pub instance: Safe,
    /// By the label `severity`.
    pub severity: Severity,
    /// The annotation `summary`, else `description`; empty where there is none.
    pub summary: Safe,
    /// Since when.
    pub since: Timestamp,
    /// Its state.
    pub state: ManagerState,
    /// Ids of the silences that hold it.
    pub silenced_by: Vec<Safe>,
    /// How many other alerts hold it.
    pub n_inhibiting: usize,
}

/// A silence as Alertmanager tells it, whoever made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManagerSilence {
    /// Its id.
    pub id: Safe,
    /// Who made it.
    pub by: Safe,
    /// Why.
    pub comment: Safe,
    /// What it fits, in words: `instance=~"a|b"`.
    pub fits: Safe,
    /// From when.
    pub from: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// Whether it has begun.
    pub active: bool,
}

/// All that was read of an Alertmanager.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manager {
    /// Its address.
    pub url: Safe,
    /// When it was asked.
    pub at: Timestamp,
    /// Its alerts.
    pub alerts: Vec<ManagerAlert>,
    /// Its silences that have not ended.
    pub silences: Vec<ManagerSilence>,
    /// Alerts and silences that could not be read.
    pub n_odd: usize,
    /// The instances of the fleet by the label under which they report.
    pub labels: std::collections::BTreeMap<String, crate::domain::ids::HostId>,
}
