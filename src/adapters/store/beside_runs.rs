//! What the store keeps beside runs: campaigns, broken leases, and messages on their way out.

use async_trait::async_trait;
use jiff::Timestamp;

use super::db::Db;
use super::handle::{StoreReader, StoreWriter};
use crate::domain::ids::RunId;
use crate::domain::lease::FleetKey;
use crate::domain::notify::{Channel, Message};
use crate::domain::untrusted::Safe;
use crate::engine::ports::{CampaignHeld, Campaigns, Outbox, Posted, Sent, StoreError};

impl StoreReader {
    /// Who goes through the fleet now.
    pub async fn campaign(&self, fleet: &FleetKey) -> Result<Option<CampaignHeld>, StoreError> {
        let fleet = fleet.clone();
        self.0.look(move |db| db.campaign(&fleet)).await
    }

    /// Leases that were broken from here, newest first: when, of what, the record.
    pub async fn breaks(&self, limit: usize) -> Result<Vec<(Timestamp, Safe, Safe)>, StoreError> {
        self.0.look(move |db| db.breaks(limit)).await
    }

    /// What is in the outbox, newest first.
    pub async fn posted(&self, limit: usize) -> Result<Vec<Posted>, StoreError> {
        self.0.look(move |db| db.posted(limit)).await
    }
}

impl StoreWriter {
    /// Keeps that a lease was broken from here.
    pub async fn record_break(&self, of: &Safe, record: &Safe) -> Result<(), StoreError> {
        let (of, record) = (of.clone(), record.clone());
        self.0.change(move |db| db.record_break(&of, &record)).await
    }
}

#[async_trait]
impl Campaigns for StoreWriter {
    async fn take_campaign(
        &self,
        fleet: &FleetKey,
        run: &RunId,
    ) -> Result<Option<CampaignHeld>, StoreError> {
        let (fleet, run) = (fleet.clone(), run.clone());
        self.0.change(move |db| db.take_campaign(&fleet, &run)).await
    }

    async fn end_campaign(&self, fleet: &FleetKey, run: &RunId) -> Result<(), StoreError> {
        let (fleet, run) = (fleet.clone(), run.clone());
        self.0.change(move |db| db.end_campaign(&fleet, &run)).await
    }

    async fn campaign(&self, fleet: &FleetKey) -> Result<Option<CampaignHeld>, StoreError> {
        let fleet = fleet.clone();
        self.0.look(move |db| db.campaign(&fleet)).await
    }
}

#[async_trait]
impl Outbox for StoreWriter {
    async fn due(&self, limit: usize) -> Result<Vec<Posted>, StoreError> {
        // Asked often: a look writes nothing.
        if !self.0.look(Db::is_any_due).await? {
            return Ok(Vec::new());
        }
        self.0.change(move |db| db.due(limit)).await
    }

    async fn settle(&self, number: u64, sent: Sent) -> Result<(), StoreError> {
        self.0.change(move |db| db.settle_post(number, &sent)).await
    }

    async fn post(&self, message: &Message, channels: &[Channel]) -> Result<usize, StoreError> {
        let (message, channels) = (message.clone(), channels.to_vec());
        self.0.change(move |db| db.post(&message, &channels)).await
    }

    async fn posted(&self, limit: usize) -> Result<Vec<Posted>, StoreError> {
        self.0.look(move |db| db.posted(limit)).await
    }

    async fn retry(&self, number: Option<u64>) -> Result<usize, StoreError> {
        self.0.change(move |db| db.retry_posts(number)).await
    }
}
