//! A store that lives in memory and fails when it is told to.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use bunker_ops::domain::ids::{HostId, RunId};
use bunker_ops::domain::marker::StepMark;
use bunker_ops::domain::plan::Plan;
use bunker_ops::domain::policy::{Approval, Verdicted};
use bunker_ops::domain::release::Release;
use bunker_ops::domain::run::control::{Control, ControlRequest};
use bunker_ops::domain::run::event::{EventKind, RunEvent};
use bunker_ops::domain::run::operator::Operator;
use bunker_ops::domain::run::state::{RunState, RunSummary};
use bunker_ops::engine::ports::{Clock, RunReader, RunWriter, StoreError};
use jiff::Timestamp;

#[derive(Default)]
struct Memory {
    plan: Option<Plan>,
    events: Vec<RunEvent>,
    controls: Vec<ControlRequest>,
    generation: u32,
    logs: BTreeMap<(HostId, u32), Vec<u8>>,
    releases: Vec<Release>,
    writes: usize,
    /// What the writes were at which a process died.
    struck: Vec<String>,
    approval: Option<Approval>,
}

/// When and how a store fails, as a process that is killed would leave it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Death {
    /// The n-th write does not happen.
    Before(usize),
    /// The n-th write happens, nobody hears of it.
    After(usize),
    /// The n-th write happens in half (output only).
    Half(usize),
}

impl Death {
    /// The same so many writes later.
    pub(crate) fn later(self, writes: usize) -> Self {
        match self {
            Self::Before(n) => Self::Before(n + writes),
            Self::After(n) => Self::After(n + writes),
            Self::Half(n) => Self::Half(n + writes),
        }
    }
}

/// A store in memory; clones see the same.
#[derive(Clone, Default)]
pub(crate) struct FakeStore {
    memory: Arc<Mutex<Memory>>,
    pub(crate) death: Option<Death>,
    /// Set where the process that has this clone was killed: it writes nothing any more.
    pub(crate) dead: Arc<AtomicBool>,
    /// What events are stamped by; by their numbers where there is none.
    pub(crate) clock: Option<Arc<dyn Clock>>,
}

impl FakeStore {
    fn lock(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap()
    }

    pub(crate) fn state(&self, run: &RunId) -> RunState {
        let memory = self.lock();
        let mut state = RunState::new(run.clone(), memory.plan.as_ref().unwrap());
        state.apply_all(&memory.events);
        state
    }

    pub(crate) fn kinds(&self) -> Vec<EventKind> {
        self.lock().events.iter().map(|e| e.kind.clone()).collect()
    }

    pub(crate) fn raw(&self, host: &str, seq: u32) -> Vec<u8> {
        self.lock().logs.get(&(host.parse().unwrap(), seq)).cloned().unwrap_or_default()
    }

    /// What was asked last.
    pub(crate) fn last_control(&self) -> Option<Control> {
        self.lock().controls.last().map(|request| request.control.clone())
    }

    /// What the writes were at which a process died.
    pub(crate) fn struck(&self) -> Vec<String> {
        self.lock().struck.clone()
    }

    pub(crate) fn n_writes(&self) -> usize {
        self.lock().writes
    }

    pub(crate) fn released(&self) -> Vec<Release> {
        self.lock().releases.clone()
    }

    /// One write, unless the process is dead by now. Gives how much of it happens: none, half, all.
    fn write(
        &self,
        memory: &mut Memory,
        what: &[String],
        act: impl FnOnce(&mut Memory, bool),
    ) -> Result<(), StoreError> {
        let broken = || StoreError::Broken { path: "memory".into(), what: "dead".into() };
        if self.dead.load(Ordering::Relaxed) {
            return Err(broken());
        }
        memory.writes += 1;
        if let Some(Death::Before(n) | Death::After(n) | Death::Half(n)) = self.death
            && memory.writes == n
        {
            memory.struck.extend_from_slice(what);
        }
        match self.death {
            Some(Death::Before(n) | Death::After(n) | Death::Half(n)) if memory.writes > n => {
                Err(broken())
            }
            Some(Death::Before(n)) if memory.writes == n => Err(broken()),
            Some(Death::After(n)) if memory.writes == n => {
                act(memory, true);
                Err(broken())
            }
            Some(Death::Half(n)) if memory.writes == n => {
                act(memory, false);
                Err(broken())
            }
            _ => {
                act(memory, true);
                Ok(())
            }
        }
    }
}

/// The name of a kind of event in the journal.
fn name_of(kind: &EventKind) -> String {
    let json = serde_json::to_value(kind).unwrap();
    json["event"].as_str().unwrap().to_owned()
}

#[async_trait]
impl RunReader for FakeStore {
    async fn runs(&self, _: usize) -> Result<Vec<RunSummary>, StoreError> {
        Ok(Vec::new())
    }
    async fn find(&self, text: &str) -> Result<RunId, StoreError> {
        text.parse().map_err(|_| StoreError::NoSuchRun(text.into()))
    }
    async fn plan(&self, run: &RunId) -> Result<Arc<Plan>, StoreError> {
        let plan = self.lock().plan.clone();
        plan.map(Arc::new).ok_or_else(|| StoreError::NoSuchRun(run.to_string()))
    }
    async fn events(
        &self,
        _: &RunId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<RunEvent>, StoreError> {
        Ok(self.lock().events.iter().filter(|e| e.seq > after).take(limit).cloned().collect())
    }
    async fn worker_alive(&self, _: &RunId) -> Result<bool, StoreError> {
        Ok(true)
    }
    async fn version(&self) -> Result<u64, StoreError> {
        Ok(self.lock().events.len() as u64)
    }
    async fn log(
        &self,
        _: &RunId,
        _: &HostId,
        _: u64,
        _: usize,
    ) -> Result<(Vec<u8>, u64), StoreError> {
        Ok((Vec::new(), 0))
    }
    async fn log_marks(&self, _: &RunId, _: &HostId) -> Result<Vec<StepMark>, StoreError> {
        Ok(Vec::new())
    }
    async fn approval(&self, _: &RunId) -> Result<Option<Approval>, StoreError> {
        Ok(self.lock().approval.clone())
    }
    async fn releases(&self, _: &HostId, _: usize) -> Result<Vec<Release>, StoreError> {
        Ok(self.released())
    }
}

impl FakeStore {
    /// Adds events, and a release with them.
    async fn journal(
        &self,
        run: &RunId,
        kinds: Vec<EventKind>,
        release: Option<&Release>,
    ) -> Result<Vec<RunEvent>, StoreError> {
        tokio::time::sleep(Duration::from_millis(1)).await;
        let mut memory = self.lock();
        let mut made = Vec::new();
        for kind in kinds {
            let seq = memory.events.len() as u64 + 1 + made.len() as u64;
            let numbered = || Timestamp::from_second(1_790_000_000 + seq.cast_signed()).unwrap();
            let at = self.clock.as_ref().map_or_else(numbered, |clock| clock.now());
            made.push(RunEvent { run: run.clone(), seq, at, kind });
        }
        // All events of one append or none.
        let what: Vec<String> = made.iter().map(|event| name_of(&event.kind)).collect();
        self.write(&mut memory, &what, |m, whole| {
            if whole {
                m.events.extend(made.clone());
                if let Some(release) = release {
                    let run = &release.record.run;
                    let same = |r: &Release| r.instance == release.instance && r.record.run == *run;
                    m.releases.retain(|r| !same(r));
                    m.releases.push(release.clone());
                }
            }
        })?;
        Ok(made)
    }
}

#[async_trait]
impl RunWriter for FakeStore {
    async fn create(&self, run: &RunId, plan: &Plan, first: EventKind) -> Result<(), StoreError> {
        let mut memory = self.lock();
        memory.plan = Some(plan.clone());
        let at = Timestamp::from_second(1_790_000_000).unwrap();
        memory.events.push(RunEvent { run: run.clone(), seq: 1, at, kind: first });
        Ok(())
    }
    async fn create_waiting(
        &self,
        run: &RunId,
        plan: &Plan,
        first: EventKind,
        approval: &Approval,
    ) -> Result<(), StoreError> {
        self.lock().approval = Some(approval.clone());
        self.create(run, plan, first).await
    }
    async fn decide(&self, _: &RunId, what: &Verdicted) -> Result<(), StoreError> {
        if let Some(approval) = &mut self.lock().approval {
            approval.decision = Some(what.clone());
        }
        Ok(())
    }
    async fn claim(&self, _: &RunId, _: u32) -> Result<u32, StoreError> {
        let mut memory = self.lock();
        memory.generation += 1;
        Ok(memory.generation)
    }
    async fn heartbeat(&self, _: &RunId) -> Result<(), StoreError> {
        Ok(())
    }
    async fn append(
        &self,
        run: &RunId,
        kinds: Vec<EventKind>,
    ) -> Result<Vec<RunEvent>, StoreError> {
        self.journal(run, kinds, None).await
    }
    async fn ask(&self, _: &RunId, control: Control, by: &Operator) -> Result<(), StoreError> {
        let mut memory = self.lock();
        let (seq, at) = (memory.controls.len() as u64 + 1, Timestamp::UNIX_EPOCH);
        memory.controls.push(ControlRequest { seq, control, by: by.clone(), at });
        Ok(())
    }
    async fn asked(&self, _: &RunId, after: u64) -> Result<Vec<ControlRequest>, StoreError> {
        Ok(self.lock().controls.iter().filter(|c| c.seq > after).cloned().collect())
    }
    async fn keep_log(
        &self,
        _: &RunId,
        host: &HostId,
        seq: u32,
        bytes: &[u8],
    ) -> Result<u64, StoreError> {
        let mut memory = self.lock();
        self.write(&mut memory, &["output".to_owned()], |m, whole| {
            let bytes = if whole { bytes } else { &bytes[..bytes.len() / 2] };
            m.logs.entry((host.clone(), seq)).or_default().extend_from_slice(bytes);
        })?;
        Ok(memory.logs[&(host.clone(), seq)].len() as u64)
    }
    async fn log_length(&self, _: &RunId, host: &HostId, seq: u32) -> Result<u64, StoreError> {
        Ok(self.lock().logs.get(&(host.clone(), seq)).map_or(0, |log| log.len() as u64))
    }
    async fn raw_log(
        &self,
        _: &RunId,
        host: &HostId,
        seq: u32,
        offset: u64,
        limit: usize,
    ) -> Result<Vec<u8>, StoreError> {
        let memory = self.lock();
        let log = memory.logs.get(&(host.clone(), seq)).map(Vec::as_slice).unwrap_or_default();
        Ok(log.iter().skip(offset as usize).take(limit).copied().collect())
    }
    async fn keep_hook_log(&self, _: &RunId, _: &'static str, _: &[u8]) -> Result<(), StoreError> {
        Ok(())
    }
    async fn append_released(
        &self,
        run: &RunId,
        kinds: Vec<EventKind>,
        release: &Release,
    ) -> Result<Vec<RunEvent>, StoreError> {
        self.journal(run, kinds, Some(release)).await
    }
}
