//! The lease of a whole fleet, among the runs of one store.

use std::fmt;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::domain::ids::RunId;
use crate::domain::lease::FleetKey;
use crate::domain::run::state::RunSummary;
use crate::engine::ports::StoreError;

/// Who has a fleet.
#[derive(Debug, Clone, PartialEq)]
pub struct CampaignHeld {
    /// The run.
    pub run: RunId,
    /// Since when.
    pub since: Timestamp,
    /// How far it is.
    pub summary: RunSummary,
    /// Whether its worker lives.
    pub alive: bool,
}

impl fmt::Display for CampaignHeld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { run, since, summary, alive } = self;
        let by = summary.by.as_ref();
        let by = by.map(|by| format!(" by {} on {}", by.user, by.machine)).unwrap_or_default();
        let (name, n) = (summary.workflow.name(), summary.hosts.len());
        write!(
            f,
            "run {run} ({name}){by} goes through the fleet since {since:.0}, {} of {n} done",
            summary.n_ok + summary.n_failed
        )?;
        if !alive {
            write!(f, "; its worker is gone (`bunker resume {run}`, or `bunker abort {run}`)")?;
        }
        Ok(())
    }
}

/// Which run goes through which fleet. A run that has ended has none, and one whose worker has been gone for a
/// quarter of an hour loses it to the next that asks.
#[async_trait]
pub trait Campaigns: Send + Sync + 'static {
    /// Gives the fleet to a run: `None` when it has it now, else who has it.
    async fn take_campaign(
        &self,
        fleet: &FleetKey,
        run: &RunId,
    ) -> Result<Option<CampaignHeld>, StoreError>;
    /// Takes it back from that run.
    async fn end_campaign(&self, fleet: &FleetKey, run: &RunId) -> Result<(), StoreError>;
    /// Who has the fleet now.
    async fn campaign(&self, fleet: &FleetKey) -> Result<Option<CampaignHeld>, StoreError>;
}
