//! Questions to the database.

use std::sync::Arc;

use rusqlite::{OptionalExtension, params};

use super::db::Db;
use super::liveness::Process;
use super::presented::Presented;
use super::schema::{broken_file, plan_of};
use crate::domain::ids::{HostId, RunId};
use crate::domain::marker::StepMark;
use crate::domain::plan::Plan;
use crate::domain::release::{Release, ReleaseRecord};
use crate::domain::run::event::RunEvent;
use crate::domain::run::state::{Phase, RunSummary};
use crate::engine::ports::{Output, StoreError};

/// A number of rows as SQLite wants it.
pub(super) fn rows(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// A sequence number as SQLite wants it.
pub(super) fn number(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

impl Db {
    pub(super) fn runs(&mut self, limit: usize) -> Result<Vec<RunSummary>, StoreError> {
        let sql = "SELECT summary, id FROM runs ORDER BY number DESC LIMIT ?1";
        let found: Vec<(String, String)> =
            self.query(sql, params![rows(limit)], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let mut runs = Vec::with_capacity(found.len());
        for (summary, _) in found {
            let mut summary: RunSummary = self.parsed(&summary)?;
            let begun = !matches!(summary.phase, Phase::Planned | Phase::WaitingApproval);
            if begun && !summary.phase.is_over() && !self.worker_alive(&summary.run)? {
                summary.phase = Phase::Lost;
            }
            if summary.phase == Phase::WaitingApproval
                && let Some(approval) = self.approval(&summary.run)?
            {
                summary.summary = Some(approval.line(self.clock.now()));
            }
            runs.push(summary);
        }
        Ok(runs)
    }

    pub(super) fn find(&mut self, text: &str) -> Result<RunId, StoreError> {
        let none = || StoreError::NoSuchRun(text.chars().take(80).collect());
        let (sql, text) = match text {
            "last" => ("SELECT id FROM runs WHERE ?1 = 'last' ORDER BY number DESC LIMIT 1", text),
            "" => return Err(none()),
            _ => ("SELECT id FROM runs WHERE substr(id, -length(?1)) = ?1 LIMIT 5", text),
        };
        let found: Vec<String> = self.query(sql, params![text], |row| row.get(0))?;
        match found.as_slice() {
            [one] => one.parse().map_err(|_| none()),
            [] => Err(none()),
            several => Err(StoreError::Ambiguous { text: text.into(), runs: several.join(", ") }),
        }
    }

    /// The plan of a run. It never changes, so who has it from before need not read it again.
    pub(super) fn plan(&mut self, run: &RunId) -> Result<Arc<Plan>, StoreError> {
        if let Some(folded) = self.folded.get(run) {
            return Ok(Arc::clone(&folded.plan));
        }
        let (path, none) = (self.path(), || StoreError::NoSuchRun(run.to_string()));
        let sql = plan_of(self.existing()?.ok_or_else(none)?, &path)?;
        let found: Vec<String> = self.query(sql, params![run.as_str()], |row| row.get(0))?;
        self.parsed(found.first().ok_or_else(none)?).map(Arc::new)
    }

    pub(super) fn events(
        &mut self,
        run: &RunId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<RunEvent>, StoreError> {
        let sql = "SELECT event FROM events WHERE run = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3";
        let wanted = params![run.as_str(), number(after), rows(limit)];
        let found: Vec<String> = self.query(sql, wanted, |row| row.get(0))?;
        if found.is_empty() {
            self.must_exist(run)?;
        }
        found.iter().map(|text| self.parsed(text)).collect()
    }

    pub(super) fn must_exist(&mut self, run: &RunId) -> Result<(), StoreError> {
        let sql = "SELECT 1 FROM runs WHERE id = ?1";
        let found: Vec<i64> = self.query(sql, params![run.as_str()], |row| row.get(0))?;
        if found.is_empty() { Err(StoreError::NoSuchRun(run.to_string())) } else { Ok(()) }
    }

    /// The worker that last took the run and lives, if any.
    pub(super) fn living_worker(&mut self, run: &RunId) -> Result<Option<Process>, StoreError> {
        let now_s = self.clock.now().as_second();
        let sql = "SELECT worker_pid, worker_start, worker_machine, heartbeat_s FROM runs
                   WHERE id = ?1 AND worker_pid IS NOT NULL";
        let found: Vec<(Process, i64)> = self.query(sql, params![run.as_str()], |row| {
            let process = Process { pid: row.get(0)?, start: row.get(1)?, machine: row.get(2)? };
            Ok((process, row.get(3)?))
        })?;
        let living =
            |(process, beat): (Process, i64)| process.lives(beat, now_s).then_some(process);
        Ok(found.into_iter().find_map(living))
    }

    pub(super) fn worker_alive(&mut self, run: &RunId) -> Result<bool, StoreError> {
        Ok(self.living_worker(run)?.is_some())
    }

    /// SQLite's `data_version` leaves out this connection's own commits, so those are added.
    pub(super) fn version(&mut self) -> Result<u64, StoreError> {
        let Some(db) = self.existing()? else { return Ok(0) };
        let theirs = db
            .prepare_cached("PRAGMA data_version")
            .and_then(|mut asked| asked.query_row([], |row| row.get::<_, i64>(0)));
        let ours = db.total_changes();
        // One that is opened anew for each question counts from the beginning each time.
        Ok(1 + (self.n_still << 56) + (self.sql(theirs)?.cast_unsigned() << 32) + ours)
    }

    pub(super) fn log(
        &mut self,
        run: &RunId,
        host: &HostId,
        offset: u64,
        limit: usize,
    ) -> Result<(Vec<u8>, u64), StoreError> {
        self.know_jobs(run)?;
        self.known_log(run, host, offset, limit)
    }

    /// What is new of each of these logs.
    pub(super) fn outputs(
        &mut self,
        run: &RunId,
        from: &[(HostId, u64)],
        limit: usize,
    ) -> Result<Vec<Output>, StoreError> {
        self.know_jobs(run)?;
        let mut outputs = Vec::with_capacity(from.len());
        for (host, offset) in from {
            let (bytes, length) = self.known_log(run, host, *offset, limit)?;
            outputs.push(Output { bytes, length, marks: self.log_marks(run, host)? });
        }
        Ok(outputs)
    }

    /// Of the jobs that are known.
    fn known_log(
        &mut self,
        run: &RunId,
        host: &HostId,
        offset: u64,
        limit: usize,
    ) -> Result<(Vec<u8>, u64), StoreError> {
        let logs = self.logs.of(run, host);
        let key = (run.clone(), host.clone());
        let log = self.presented.entry(key).or_insert_with(|| Presented::new(logs.clone()));
        log.know(self.jobs.get(run).map_or(&[], |jobs| jobs.of(host)));
        log.read(offset, limit).map_err(|e| broken_file(logs.folder(), &e))
    }

    /// Where the steps begin and end in that text, as far as it was read, or can be where it never was.
    pub(super) fn log_marks(
        &mut self,
        run: &RunId,
        host: &HostId,
    ) -> Result<Vec<StepMark>, StoreError> {
        let key = (run.clone(), host.clone());
        if !self.presented.contains_key(&key) {
            self.log(run, host, u64::MAX, 0)?;
        }
        let log = self.presented.get(&key);
        Ok(log.map(|log| log.marks().to_vec()).unwrap_or_default())
    }

    pub(super) fn releases(
        &mut self,
        instance: &HostId,
        limit: usize,
    ) -> Result<Vec<Release>, StoreError> {
        let sql = "SELECT record FROM releases WHERE instance = ?1 ORDER BY number DESC LIMIT ?2";
        let wanted = params![instance.as_str(), rows(limit)];
        let found: Vec<String> = self.query(sql, wanted, |row| row.get(0))?;
        let release = |text: &String| {
            let record: ReleaseRecord = self.parsed(text)?;
            Ok(Release { instance: instance.clone(), record })
        };
        found.iter().map(release).collect()
    }

    /// All rows of a query; none where there is no database.
    pub(super) fn query<T>(
        &mut self,
        sql: &str,
        wanted: &[&dyn rusqlite::ToSql],
        row: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        let Some(db) = self.existing()? else { return Ok(Vec::new()) };
        let found = db
            .prepare_cached(sql)
            .and_then(|mut query| query.query_map(wanted, row)?.collect::<rusqlite::Result<_>>());
        self.sql(found)
    }

    /// One value, or none.
    pub(super) fn one<T: rusqlite::types::FromSql>(
        &self,
        sql: &str,
        wanted: &[&dyn rusqlite::ToSql],
    ) -> Result<Option<T>, StoreError> {
        let found = self
            .connection()?
            .prepare_cached(sql)
            .and_then(|mut query| query.query_row(wanted, |row| row.get(0)).optional());
        self.sql(found)
    }
}
