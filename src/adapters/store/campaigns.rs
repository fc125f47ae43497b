//! Which run goes through which fleet, and the record of leases that were broken from here.

use jiff::Timestamp;
use rusqlite::params;

use super::db::Db;
use super::look::rows;
use crate::domain::ids::RunId;
use crate::domain::lease::FleetKey;
use crate::domain::run::state::RunSummary;
use crate::domain::untrusted::Safe;
use crate::engine::ports::{CampaignHeld, StoreError};

/// A run whose worker has been gone for this long, in seconds, loses the fleet to the next that asks.
const LEFT_BEHIND_S: i64 = 15 * 60;

impl Db {
    pub(super) fn take_campaign(
        &mut self,
        fleet: &FleetKey,
        run: &RunId,
    ) -> Result<Option<CampaignHeld>, StoreError> {
        let held = self.campaign(fleet)?.filter(|held| &held.run != run);
        if let Some(held) = held
            && !self.is_left_behind(&held)?
        {
            return Ok(Some(held));
        }
        let now_s = self.clock.now().as_second();
        let sql = "INSERT INTO campaigns (fleet, run, since_s) VALUES (?1, ?2, ?3)
                   ON CONFLICT (fleet) DO UPDATE SET run = excluded.run,
                   since_s = CASE WHEN run = excluded.run THEN since_s ELSE excluded.since_s END";
        self.changed(sql, params![fleet.as_str(), run.as_str(), now_s])?;
        Ok(None)
    }

    pub(super) fn end_campaign(&mut self, fleet: &FleetKey, run: &RunId) -> Result<(), StoreError> {
        let sql = "DELETE FROM campaigns WHERE fleet = ?1 AND run = ?2";
        self.changed(sql, params![fleet.as_str(), run.as_str()]).map(drop)
    }

    /// Whose the fleet is; nobody's where that run has ended.
    pub(super) fn campaign(
        &mut self,
        fleet: &FleetKey,
    ) -> Result<Option<CampaignHeld>, StoreError> {
        let sql = "SELECT runs.id, since_s, summary FROM campaigns JOIN runs ON runs.id = run
                   WHERE fleet = ?1";
        let found: Vec<(String, i64, String)> =
            self.query(sql, params![fleet.as_str()], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })?;
        let Some((id, since_s, summary)) = found.into_iter().next() else { return Ok(None) };
        let run: RunId = id.parse().map_err(|_| self.broken("it holds a run without a name"))?;
        let summary: RunSummary = self.parsed(&summary)?;
        if summary.finished.is_some() {
            return Ok(None);
        }
        let since = Timestamp::from_second(since_s).unwrap_or_default();
        let alive = self.worker_alive(&run)?;
        Ok(Some(CampaignHeld { run, since, summary, alive }))
    }

    fn is_left_behind(&mut self, held: &CampaignHeld) -> Result<bool, StoreError> {
        if held.alive {
            return Ok(false);
        }
        let sql = "SELECT coalesce(heartbeat_s, 0) FROM runs WHERE id = ?1";
        let last: Option<i64> = self.one(sql, params![held.run.as_str()])?;
        Ok(self.clock.now().as_second() - last.unwrap_or(0) > LEFT_BEHIND_S)
    }

    /// Keeps that a lease was broken.
    pub(super) fn record_break(&mut self, of: &Safe, record: &Safe) -> Result<(), StoreError> {
        let now_s = self.clock.now().as_second();
        let sql = "INSERT INTO lease_breaks (at_s, lease, record) VALUES (?1, ?2, ?3)";
        self.changed(sql, params![now_s, of.as_str(), record.as_str()]).map(drop)
    }

    /// The breaks that were recorded, newest first: when, of what, the record.
    pub(super) fn breaks(
        &mut self,
        limit: usize,
    ) -> Result<Vec<(Timestamp, Safe, Safe)>, StoreError> {
        let sql = "SELECT at_s, lease, record FROM lease_breaks ORDER BY number DESC LIMIT ?1";
        let found: Vec<(i64, String, String)> = self
            .query(sql, params![rows(limit)], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let at = |s: i64| Timestamp::from_second(s).unwrap_or_default();
        Ok(found.into_iter().map(|(s, of, r)| (at(s), Safe::line(&of), Safe::line(&r))).collect())
    }
}
