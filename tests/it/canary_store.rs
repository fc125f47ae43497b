//! Stores in memory, one a run, behind one front: a canary's way back is a run of its own.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bunker_ops::domain::ids::{HostId, RunId};
use bunker_ops::domain::marker::StepMark;
use bunker_ops::domain::plan::Plan;
use bunker_ops::domain::policy::{Approval, Verdicted};
use bunker_ops::domain::release::Release;
use bunker_ops::domain::run::control::{Control, ControlRequest};
use bunker_ops::domain::run::event::{EventKind, RunEvent};
use bunker_ops::domain::run::operator::Operator;
use bunker_ops::domain::run::state::RunSummary;
use bunker_ops::engine::ports::{Clock, RunReader, RunWriter, StoreError};

use crate::run_fake_store::{Death, FakeStore};

type All = Arc<Mutex<BTreeMap<RunId, FakeStore>>>;

/// Many runs; clones see the same. A death counts the writes of the run that it is meant for.
#[derive(Clone)]
pub(crate) struct Stores {
    all: All,
    clock: Arc<dyn Clock>,
    /// Which run's writes fail, and when.
    pub(crate) death: Option<(RunId, Death)>,
    /// As in [`FakeStore`].
    pub(crate) dead: Arc<AtomicBool>,
}

impl Stores {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { all: All::default(), clock, death: None, dead: Arc::default() }
    }

    pub(crate) fn ids(&self) -> Vec<RunId> {
        self.all.lock().unwrap().keys().cloned().collect()
    }

    /// The store of one run, as it fails now.
    pub(crate) fn of(&self, run: &RunId) -> FakeStore {
        let mut all = self.all.lock().unwrap();
        let store = all.entry(run.clone()).or_default();
        store.clock = Some(Arc::clone(&self.clock));
        let mut store = store.clone();
        store.dead = Arc::clone(&self.dead);
        store.death = self.death.as_ref().filter(|(of, _)| of == run).map(|(_, death)| *death);
        store
    }
}

#[async_trait]
impl RunReader for Stores {
    async fn runs(&self, _: usize) -> Result<Vec<RunSummary>, StoreError> {
        Ok(Vec::new())
    }
    async fn find(&self, text: &str) -> Result<RunId, StoreError> {
        text.parse().map_err(|_| StoreError::NoSuchRun(text.into()))
    }
    async fn plan(&self, run: &RunId) -> Result<Arc<Plan>, StoreError> {
        self.of(run).plan(run).await
    }
    async fn events(
        &self,
        run: &RunId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<RunEvent>, StoreError> {
        self.of(run).events(run, after, limit).await
    }
    async fn worker_alive(&self, run: &RunId) -> Result<bool, StoreError> {
        self.of(run).worker_alive(run).await
    }
    async fn version(&self) -> Result<u64, StoreError> {
        Ok(0)
    }
    async fn log(
        &self,
        run: &RunId,
        host: &HostId,
        offset: u64,
        limit: usize,
    ) -> Result<(Vec<u8>, u64), StoreError> {
        self.of(run).log(run, host, offset, limit).await
    }
    async fn log_marks(&self, run: &RunId, host: &HostId) -> Result<Vec<StepMark>, StoreError> {
        self.of(run).log_marks(run, host).await
    }
    async fn approval(&self, run: &RunId) -> Result<Option<Approval>, StoreError> {
        self.of(run).approval(run).await
    }
    async fn releases(&self, _: &HostId, _: usize) -> Result<Vec<Release>, StoreError> {
        Ok(Vec::new())
    }
}

#[async_trait]
impl RunWriter for Stores {
    async fn create(&self, run: &RunId, plan: &Plan, first: EventKind) -> Result<(), StoreError> {
        self.of(run).create(run, plan, first).await
    }
    async fn create_waiting(
        &self,
        run: &RunId,
        plan: &Plan,
        first: EventKind,
        approval: &Approval,
    ) -> Result<(), StoreError> {
        self.of(run).create_waiting(run, plan, first, approval).await
    }
    async fn decide(&self, run: &RunId, what: &Verdicted) -> Result<(), StoreError> {
        self.of(run).decide(run, what).await
    }
    async fn claim(&self, run: &RunId, pid: u32) -> Result<u32, StoreError> {
        self.of(run).claim(run, pid).await
    }
    async fn heartbeat(&self, run: &RunId) -> Result<(), StoreError> {
        self.of(run).heartbeat(run).await
    }
    async fn append(
        &self,
        run: &RunId,
        kinds: Vec<EventKind>,
    ) -> Result<Vec<RunEvent>, StoreError> {
        self.of(run).append(run, kinds).await
    }
    async fn ask(&self, run: &RunId, control: Control, by: &Operator) -> Result<(), StoreError> {
        self.of(run).ask(run, control, by).await
    }
    async fn asked(&self, run: &RunId, after: u64) -> Result<Vec<ControlRequest>, StoreError> {
        self.of(run).asked(run, after).await
    }
    async fn keep_log(
        &self,
        run: &RunId,
        host: &HostId,
        seq: u32,
        bytes: &[u8],
    ) -> Result<u64, StoreError> {
        self.of(run).keep_log(run, host, seq, bytes).await
    }
    async fn log_length(&self, run: &RunId, host: &HostId, seq: u32) -> Result<u64, StoreError> {
        self.of(run).log_length(run, host, seq).await
    }
    async fn raw_log(
        &self,
        run: &RunId,
        host: &HostId,
        seq: u32,
        offset: u64,
        limit: usize,
    ) -> Result<Vec<u8>, StoreError> {
        self.of(run).raw_log(run, host, seq, offset, limit).await
    }
    async fn keep_hook_log(
        &self,
        run: &RunId,
        hook: &'static str,
        bytes: &[u8],
    ) -> Result<(), StoreError> {
        self.of(run).keep_hook_log(run, hook, bytes).await
    }
    async fn append_released(
        &self,
        run: &RunId,
        kinds: Vec<EventKind>,
        release: &Release,
    ) -> Result<Vec<RunEvent>, StoreError> {
        self.of(run).append_released(run, kinds, release).await
    }
}
