//! Which jobs the journal of a run names, kept so that each event is looked at once.

use std::collections::HashMap;

use rusqlite::params;

use super::db::Db;
use super::look::number;
use super::presented::JobLog;
use crate::domain::ids::{HostId, RunId};
use crate::domain::run::event::{EventKind, RunEvent};
use crate::engine::ports::StoreError;

/// The jobs of a run, as far as its journal was read.
#[derive(Default)]
pub(super) struct RunJobs {
    /// The last event that was looked at.
    seq: u64,
    of: HashMap<HostId, Vec<JobLog>>,
}

impl RunJobs {
    /// Those of a host, in order.
    pub(super) fn of(&self, host: &HostId) -> &[JobLog] {
        self.of.get(host).map_or(&[], Vec::as_slice)
    }
}

impl Db {
    /// Reads on in the journal of a run, to the jobs that it names by now.
    ///
    /// **Invariant:** a journal is only ever added to, so what was read of it stays true.
    pub(super) fn know_jobs(&mut self, run: &RunId) -> Result<(), StoreError> {
        let sql = "SELECT max(seq) FROM events WHERE run = ?1";
        let last: Vec<Option<i64>> = self.query(sql, params![run.as_str()], |row| row.get(0))?;
        let last = last.into_iter().next().flatten().unwrap_or(0);
        let known = self.jobs.get(run).map_or(0, |known| known.seq);
        if last.cast_unsigned() <= known {
            return Ok(());
        }
        let sql = "SELECT event FROM events WHERE run = ?1 AND seq > ?2 AND seq <= ?3
                   AND event ->> '$.event' = 'job-intended' ORDER BY seq";
        let wanted = params![run.as_str(), number(known), last];
        let found: Vec<String> = self.query(sql, wanted, |row| row.get(0))?;
        let events = found.iter().map(|text| self.parsed::<RunEvent>(text));
        let events: Vec<RunEvent> = events.collect::<Result<_, _>>()?;
        let jobs = self.jobs.entry(run.clone()).or_default();
        for event in events {
            if let EventKind::JobIntended { host, seq, nonce, .. } = event.kind {
                jobs.of.entry(host).or_default().push(JobLog { seq, nonce });
            }
        }
        jobs.seq = last.cast_unsigned();
        Ok(())
    }
}
