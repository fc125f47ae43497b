//! Changes of the database. Each runs within a transaction that the thread begins and commits.

use std::sync::Arc;

use rusqlite::params;

use super::db::{Db, Folded};
use super::liveness::Process;
use super::look::{number, rows};
use crate::domain::ids::RunId;
use crate::domain::notify::news;
use crate::domain::plan::Plan;
use crate::domain::release::Release;
use crate::domain::run::control::{Control, ControlRequest};
use crate::domain::run::event::{EventKind, RunEvent};
use crate::domain::run::operator::Operator;
use crate::domain::run::state::RunState;
use crate::engine::ports::StoreError;

impl Db {
    pub(super) fn create(
        &mut self,
        run: &RunId,
        plan: Plan,
        first: EventKind,
    ) -> Result<(), StoreError> {
        let state = RunState::new(run.clone(), &plan);
        let (text, summary) = (self.json(&plan)?, self.json(&state.summarised(&plan))?);
        let sql = "INSERT INTO runs (id, summary) VALUES (?1, ?2)";
        self.execute_with(sql, params![run.as_str(), summary])?;
        let sql = "INSERT INTO plans (run, plan) VALUES (?1, ?2)";
        self.execute_with(sql, params![run.as_str(), text])?;
        self.audit_planned(run, &plan, &first)?;
        let folded = Folded { plan: Arc::new(plan), state, line: Some(summary), is_current: true };
        self.folded.insert(run.clone(), folded);
        self.journal(run, vec![first]).map(drop)
    }

    pub(super) fn claim(&mut self, run: &RunId, pid: u32) -> Result<u32, StoreError> {
        self.must_go_on(run)?;
        self.must_be_approved(run)?;
        let me = Process::here(pid);
        if let Some(other) = self.living_worker(run)?.filter(|other| *other != me) {
            return Err(StoreError::Owned { run: run.to_string(), pid: other.pid });
        }
        let sql = "UPDATE runs SET generation = generation + 1, worker_pid = ?2, worker_start = ?3,
                   worker_machine = ?4, heartbeat_s = ?5 WHERE id = ?1 RETURNING generation";
        let now_s = self.clock.now().as_second();
        let wanted = params![run.as_str(), me.pid, me.start, me.machine, now_s];
        let generation: Option<u32> = self.one(sql, wanted)?;
        let generation = generation.ok_or_else(|| StoreError::NoSuchRun(run.to_string()))?;
        self.audit_claimed(run, generation)?;
        self.mine.insert(run.clone(), generation);
        Ok(generation)
    }

    pub(super) fn heartbeat(&mut self, run: &RunId) -> Result<(), StoreError> {
        self.must_be_mine(run)?;
        let now_s = self.clock.now().as_second();
        let sql = "UPDATE runs SET heartbeat_s = ?2 WHERE id = ?1";
        self.execute_with(sql, params![run.as_str(), now_s])
    }

    pub(super) fn append(
        &mut self,
        run: &RunId,
        kinds: Vec<EventKind>,
    ) -> Result<Vec<RunEvent>, StoreError> {
        self.must_be_mine(run)?;
        self.must_go_on(run)?;
        self.journal(run, kinds)
    }

    pub(super) fn ask(
        &mut self,
        run: &RunId,
        control: Control,
        by: Operator,
    ) -> Result<(), StoreError> {
        self.must_go_on(run)?;
        self.audit_asked(run, &control)?;
        let sql = "SELECT coalesce(max(seq), 0) + 1 FROM controls WHERE run = ?1";
        let seq: i64 = self.one(sql, params![run.as_str()])?.unwrap_or(1);
        let at = self.clock.now();
        let request = self.json(&ControlRequest { seq: seq.cast_unsigned(), control, by, at })?;
        let sql = "INSERT INTO controls (run, seq, request) VALUES (?1, ?2, ?3)";
        self.execute_with(sql, params![run.as_str(), seq, request])
    }

    pub(super) fn asked(
        &mut self,
        run: &RunId,
        after: u64,
    ) -> Result<Vec<ControlRequest>, StoreError> {
        let sql = "SELECT request FROM controls WHERE run = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3";
        let wanted = params![run.as_str(), number(after), rows(1_000)];
        let found: Vec<String> = self.query(sql, wanted, |row| row.get(0))?;
        found.iter().map(|text| self.parsed(text)).collect()
    }

    pub(super) fn record_release(&mut self, release: &Release) -> Result<(), StoreError> {
        let record = self.json(&release.record)?;
        let run = release.record.run.as_ref().map(RunId::as_str);
        let sql = "INSERT INTO releases (instance, run, record) VALUES (?1, ?2, ?3)
                   ON CONFLICT (instance, run) DO UPDATE SET record = excluded.record";
        self.execute_with(sql, params![release.instance.as_str(), run, record])
    }

    /// Writes events behind the last one. The run's line in the list of runs follows before they are durable.
    pub(super) fn journal(
        &mut self,
        run: &RunId,
        kinds: Vec<EventKind>,
    ) -> Result<Vec<RunEvent>, StoreError> {
        let mut folded = self.folded(run)?;
        let mut events = Vec::with_capacity(kinds.len());
        for kind in kinds {
            let (seq, at) = (folded.state.seq + 1, self.clock.now());
            if let EventKind::JobEnded { host, seq, .. } = &kind {
                self.logs.job_ends(run, host, *seq);
            } else if let EventKind::HostFinished { host, .. } = &kind {
                self.logs.host_ends(run, host);
            }
            let event = RunEvent { run: run.clone(), seq, at, kind };
            let sql = "INSERT INTO events (run, seq, at, event) VALUES (?1, ?2, ?3, ?4)";
            let text = self.json(&event)?;
            self.execute_with(sql, params![run.as_str(), number(seq), at.to_string(), text])?;
            folded.state.apply(&event);
            self.audit_event(&folded.plan, &folded.state, &event.kind)?;
            if let Some(message) = news(&folded.plan, &folded.state, &event) {
                let channels = folded.plan.around.notify.iter().flat_map(|n| n.channels.clone());
                self.post(&message, &channels.collect::<Vec<_>>())?;
            }
            events.push(event);
        }
        self.added_to.insert(run.clone());
        self.folded.insert(run.clone(), folded);
        Ok(events)
    }

    /// Writes the lines in the list of runs that this transaction's events changed.
    pub(super) fn write_lines(&mut self) -> Result<(), StoreError> {
        for run in std::mem::take(&mut self.added_to) {
            let mut folded = self.folded(&run)?;
            // Most events change nothing of that line, and each change of it is as long as the list of hosts.
            let line = self.json(&folded.state.summarised(&folded.plan))?;
            if folded.line.as_ref() != Some(&line) {
                let sql = "UPDATE runs SET summary = ?2 WHERE id = ?1";
                self.execute_with(sql, params![run.as_str(), line])?;
                folded.line = Some(line);
            }
            self.folded.insert(run, folded);
        }
        Ok(())
    }

    /// The fold up to the last event in the database, whoever wrote it.
    fn folded(&mut self, run: &RunId) -> Result<Folded, StoreError> {
        let mut folded = match self.folded.remove(run) {
            Some(folded) if folded.is_current => return Ok(folded),
            Some(folded) => folded,
            None => {
                let plan = self.plan(run)?;
                let state = RunState::new(run.clone(), &plan);
                Folded { state, plan, line: None, is_current: false }
            }
        };
        let sql = "SELECT coalesce(max(seq), 0) FROM events WHERE run = ?1";
        let last: i64 = self.one(sql, params![run.as_str()])?.unwrap_or(0);
        while folded.state.seq < last.cast_unsigned() {
            let more = self.events(run, folded.state.seq, 1_000)?;
            let before = folded.state.seq;
            folded.state.apply_all(&more);
            folded.line = None;
            if folded.state.seq == before {
                return Err(self.broken(&format!("the journal of run {run} has a gap at {before}")));
            }
        }
        folded.is_current = true;
        Ok(folded)
    }

    pub(super) fn must_go_on(&mut self, run: &RunId) -> Result<(), StoreError> {
        let folded = self.folded(run)?;
        let ended = folded.state.finished.is_some();
        self.folded.insert(run.clone(), folded);
        if ended { Err(StoreError::Ended(run.to_string())) } else { Ok(()) }
    }

    /// Refuses a worker whose run was taken over meanwhile, for example while it slept.
    fn must_be_mine(&mut self, run: &RunId) -> Result<(), StoreError> {
        if self.surely_mine.contains(run) {
            return Ok(());
        }
        let sql = "SELECT generation FROM runs WHERE id = ?1";
        let now: Option<u32> = self.one(sql, params![run.as_str()])?;
        let now = now.ok_or_else(|| StoreError::NoSuchRun(run.to_string()))?;
        if self.mine.get(run) == Some(&now) {
            self.surely_mine.insert(run.clone());
            return Ok(());
        }
        let sql = "SELECT coalesce(worker_pid, 0) FROM runs WHERE id = ?1";
        let pid: Option<u32> = self.one(sql, params![run.as_str()])?;
        Err(StoreError::Owned { run: run.to_string(), pid: pid.unwrap_or(0) })
    }

    pub(super) fn execute_with(
        &self,
        sql: &str,
        values: &[&dyn rusqlite::ToSql],
    ) -> Result<(), StoreError> {
        let done = self.connection()?.prepare_cached(sql).and_then(|mut s| s.execute(values));
        self.sql(done).map(drop)
    }
}
