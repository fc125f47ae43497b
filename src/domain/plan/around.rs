//! What stands around a run: who is told of it, which hooks it calls, and the lease of the whole fleet.

use serde::{Deserialize, Serialize};

use crate::domain::connection::Connection;
use crate::domain::hook::PlannedHook;
use crate::domain::lease::FleetKey;
use crate::domain::notify::NotifySettings;

/// It is part of the plan, since a worker reads nothing else, and of its hash: what was approved is what runs.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Around {
    /// The hooks, each as it stood when the plan was made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hooks: Vec<PlannedHook>,
    /// The campaign; `None` for a run that may go on beside others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign: Option<CampaignSpec>,
    /// Who is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notify: Option<NotifySettings>,
}

impl Around {
    /// Whether nothing stands around it.
    pub fn is_empty(&self) -> bool {
        self == &Self::default()
    }
}

/// The lease of the whole fleet, for a run that goes through several instances.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CampaignSpec {
    /// The fleet.
    pub fleet: FleetKey,
    /// The central server that keeps the lease for all control machines, where the inventory names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub central: Option<Connection>,
}
