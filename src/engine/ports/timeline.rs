//! Keeping how instances were over time.

use async_trait::async_trait;
use jiff::Timestamp;

use super::StoreError;
use crate::domain::ids::HostId;
use crate::domain::lease::FleetKey;
use crate::domain::timeline::{Kept, Observed};

/// Keeps what was seen. It changes nothing but its own record, so that whoever only looks keeps it too.
#[async_trait]
pub trait Timeline: Send + Sync + 'static {
    /// Keeps how these instances of a fleet were at a moment; what is as it was, and was watched since, is only prolonged.
    async fn note(
        &self,
        fleet: &FleetKey,
        at: Timestamp,
        all: Vec<Observed>,
    ) -> Result<(), StoreError>;
}

/// Reading what was kept.
#[async_trait]
pub trait TimelineReader: Send + Sync + 'static {
    /// What is kept of an instance, oldest first.
    async fn kept(&self, fleet: &FleetKey, instance: &HostId) -> Result<Vec<Kept>, StoreError>;
}
