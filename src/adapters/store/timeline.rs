//! How instances were over time: a row for each time in which one was seen to be alike.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use super::db::Db;
use super::handle::StoreReader;
use super::look::rows;
use super::schema::has_timeline;
use super::thread::Thread;
use crate::adapters::paths::StateDir;
use crate::domain::ids::HostId;
use crate::domain::lease::FleetKey;
use crate::domain::timeline::{Condition, GAP_S, KEEP_S, Kept, MOST, Observed};
use crate::engine::ports::{Clock, StoreError, Timeline, TimelineReader};

/// Keeps what a cockpit sees of its fleet. It can write nothing else, so that a read-only cockpit has one too.
#[derive(Debug)]
pub struct TimelineKeeper(Thread);

impl TimelineKeeper {
    /// Opens the store below `dir`, making it where it is missing. What is too old is forgotten.
    pub fn open(dir: &StateDir, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let own = dir.clone();
        Thread::start(dir.database(), move || {
            let db = Db::keeper(own, clock)?;
            db.forget_old()?;
            Ok(db)
        })
        .map(Self)
    }
}

#[async_trait]
impl Timeline for TimelineKeeper {
    async fn note(
        &self,
        fleet: &FleetKey,
        at: Timestamp,
        all: Vec<Observed>,
    ) -> Result<(), StoreError> {
        let fleet = fleet.clone();
        self.0.change(move |db| all.iter().try_for_each(|one| db.note(&fleet, at, one))).await
    }
}

#[async_trait]
impl TimelineReader for StoreReader {
    async fn kept(&self, fleet: &FleetKey, instance: &HostId) -> Result<Vec<Kept>, StoreError> {
        let (fleet, instance) = (fleet.clone(), instance.clone());
        self.0.look(move |db| db.kept(&fleet, &instance)).await
    }
}

impl Db {
    /// Keeps how an instance was. Of several cockpits that see the same, the first one tells.
    fn note(&self, fleet: &FleetKey, at: Timestamp, seen: &Observed) -> Result<(), StoreError> {
        let (fleet, id, at_s) = (fleet.as_str(), seen.instance.as_str(), at.as_second());
        let newest = "SELECT number, until_s, condition FROM timeline
                      WHERE fleet = ?1 AND instance = ?2 ORDER BY number DESC LIMIT 1";
        let last: Option<(i64, i64, String)> =
            self.sql(self.connection()?.prepare_cached(newest).and_then(|mut query| {
                let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
                query.query_row(params![fleet, id], row).optional()
            }))?;
        let mut now = seen.condition.clone();
        if let Some((number, until_s, text)) = last {
            // A state that a newer program named otherwise is another one.
            let before = self.parsed::<Condition>(&text).ok();
            let watched = at_s - until_s <= GAP_S;
            let prolong = "UPDATE timeline SET until_s = max(until_s, ?2) WHERE number = ?1";
            if watched {
                self.changed(prolong, params![number, at_s])?;
                if before.as_ref().is_some_and(|before| before.is_like(&now)) {
                    return Ok(());
                }
            }
            now.release = now.release.or(before.and_then(|before| before.release));
        }
        let add = "INSERT INTO timeline (fleet, instance, from_s, until_s, condition)
                   VALUES (?1, ?2, ?3, ?3, ?4)";
        self.changed(add, params![fleet, id, at_s, self.json(&now)?])?;
        let trim = "DELETE FROM timeline WHERE fleet = ?1 AND instance = ?2 AND (until_s < ?3
                    OR number <= (SELECT number FROM timeline WHERE fleet = ?1 AND instance = ?2
                                  ORDER BY number DESC LIMIT 1 OFFSET ?4))";
        self.changed(trim, params![fleet, id, at_s - KEEP_S, rows(MOST)]).map(drop)
    }

    /// Forgets what is too old, of instances too that nobody watches any more.
    fn forget_old(&self) -> Result<(), StoreError> {
        let oldest_s = self.clock.now().as_second() - KEEP_S;
        self.changed("DELETE FROM timeline WHERE until_s < ?1", params![oldest_s]).map(drop)
    }

    fn kept(&mut self, fleet: &FleetKey, instance: &HostId) -> Result<Vec<Kept>, StoreError> {
        let path = self.path();
        match self.existing()? {
            Some(db) if has_timeline(db, &path)? => {}
            Some(_) | None => return Ok(Vec::new()),
        }
        let sql = "SELECT condition, from_s, until_s FROM timeline
                   WHERE fleet = ?1 AND instance = ?2 ORDER BY number";
        let found: Vec<(String, i64, i64)> =
            self.query(sql, params![fleet.as_str(), instance.as_str()], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })?;
        let at = |s: i64| Timestamp::from_second(s).unwrap_or_default();
        let kept = |(text, from_s, until_s): (String, i64, i64)| {
            Ok(Kept { condition: self.parsed(&text)?, from: at(from_s), until: at(until_s) })
        };
        found.into_iter().map(kept).collect()
    }
}
