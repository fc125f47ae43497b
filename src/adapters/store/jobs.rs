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
    /// The store's version when the journal was last read; 0 before.
    known_at: u64,
    /// The last event that was looked at.
    seq: u64,
    of: HashMap<HostId, Vec<JobLog>>,
}

impl Db {
    /// The jobs of a host that the journal names by now, in order. The journal is read on only where somebody wrote to
    /// the store since.
    ///
    /// **Invariant:** a journal is only ever added to, so what was read of it stays true.
    pub(super) fn jobs(&mut self, run: &RunId, host: &HostId) -> Result<&[JobLog], StoreError> {
        let version = self.version()?;
        if self.jobs.get(run).is_none_or(|known| known.known_at != version) {
            let mut known = self.jobs.remove(run).unwrap_or_default();
            self.further_jobs(run, &mut known)?;
            known.known_at = version;
            self.jobs.insert(run.clone(), known);
        }
        let known = self.jobs.get(run).and_then(|known| known.of.get(host));
        Ok(known.map_or(&[], Vec::as_slice))
    }

    fn further_jobs(&mut self, run: &RunId, known: &mut RunJobs) -> Result<(), StoreError> {
        let sql = "SELECT max(seq) FROM events WHERE run = ?1";
        let last: Vec<Option<i64>> = self.query(sql, params![run.as_str()], |row| row.get(0))?;
        let Some(last) = last.into_iter().next().flatten() else { return Ok(()) };
        let sql = "SELECT event FROM events WHERE run = ?1 AND seq > ?2 AND seq <= ?3
                   AND event ->> '$.event' = 'job-intended' ORDER BY seq";
        let wanted = params![run.as_str(), number(known.seq), last];
        let found: Vec<String> = self.query(sql, wanted, |row| row.get(0))?;
        for text in &found {
            let event = self.parsed::<RunEvent>(text)?;
            if let EventKind::JobIntended { host, seq, nonce, .. } = event.kind {
                known.of.entry(host).or_default().push(JobLog { seq, nonce });
            }
        }
        known.seq = last.cast_unsigned();
        Ok(())
    }
}
