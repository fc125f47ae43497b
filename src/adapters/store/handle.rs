//! The store as the engine knows it.

use std::sync::Arc;

use async_trait::async_trait;

use super::db::Db;
use super::thread::Thread;
use crate::adapters::caller::this_process;
use crate::adapters::paths::StateDir;
use crate::domain::audit::{Anchor, Caller, Entry, Row, Wanted};
use crate::domain::capability::Operate;
use crate::domain::ids::{HostId, RunId};
use crate::domain::marker::StepMark;
use crate::domain::plan::Plan;
use crate::domain::policy::{Approval, Verdicted};
use crate::domain::release::Release;
use crate::domain::run::control::{Control, ControlRequest};
use crate::domain::run::event::{EventKind, RunEvent};
use crate::domain::run::operator::Operator;
use crate::domain::run::state::RunSummary;
use crate::engine::ports::{AuditReader, Clock, Output, RunReader, RunWriter, StoreError};

/// Looks at runs. Works, and sees nothing, where there is no store yet; makes nothing.
#[derive(Debug)]
pub struct StoreReader(pub(super) Thread);

/// Changes runs.
#[derive(Debug)]
pub struct StoreWriter(pub(super) Thread);

impl StoreReader {
    /// Opens the store below `dir`.
    pub fn open(dir: &StateDir, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let own = dir.clone();
        Thread::start(dir.database(), move || Db::reader(own, clock)).map(Self)
    }
}

impl StoreWriter {
    /// Opens the store below `dir`, making it where it is missing.
    pub fn open(
        dir: &StateDir,
        clock: Arc<dyn Clock>,
        right: &Operate,
    ) -> Result<Self, StoreError> {
        Self::open_for(dir, clock, this_process(), right)
    }

    /// Opens it for this caller, whom the audit log names.
    pub fn open_for(
        dir: &StateDir,
        clock: Arc<dyn Clock>,
        caller: Caller,
        _right: &Operate,
    ) -> Result<Self, StoreError> {
        let own = dir.clone();
        Thread::start(dir.database(), move || Db::writer(own, clock, caller)).map(Self)
    }
}

macro_rules! reader {
    ($name:ident) => {
        #[async_trait]
        impl AuditReader for $name {
            async fn audit_rows(&self, after: u64, limit: usize) -> Result<Vec<Row>, StoreError> {
                self.0.look(move |db| db.audit_rows(after, limit)).await
            }

            async fn audit_latest(
                &self,
                wanted: &Wanted,
                limit: usize,
            ) -> Result<Vec<Entry>, StoreError> {
                let wanted = wanted.clone();
                self.0.look(move |db| db.audit_latest(&wanted, limit)).await
            }

            async fn audit_head(&self) -> Result<Option<Anchor>, StoreError> {
                self.0.look(Db::audit_head).await
            }
        }

        #[async_trait]
        impl RunReader for $name {
            async fn runs(&self, limit: usize) -> Result<Vec<RunSummary>, StoreError> {
                self.0.look(move |db| db.runs(limit)).await
            }

            async fn find(&self, text: &str) -> Result<RunId, StoreError> {
                let text = text.to_owned();
                self.0.look(move |db| db.find(&text)).await
            }

            async fn plan(&self, run: &RunId) -> Result<Arc<Plan>, StoreError> {
                let run = run.clone();
                self.0.look(move |db| db.plan(&run)).await
            }

            async fn events(
                &self,
                run: &RunId,
                after: u64,
                limit: usize,
            ) -> Result<Vec<RunEvent>, StoreError> {
                let run = run.clone();
                self.0.look(move |db| db.events(&run, after, limit)).await
            }

            async fn worker_alive(&self, run: &RunId) -> Result<bool, StoreError> {
                let run = run.clone();
                self.0.look(move |db| db.worker_alive(&run)).await
            }

            async fn version(&self) -> Result<u64, StoreError> {
                self.0.look(Db::version).await
            }

            async fn log(
                &self,
                run: &RunId,
                host: &HostId,
                offset: u64,
                limit: usize,
            ) -> Result<(Vec<u8>, u64), StoreError> {
                let (run, host) = (run.clone(), host.clone());
                self.0.look(move |db| db.log(&run, &host, offset, limit)).await
            }

            async fn outputs(
                &self,
                run: &RunId,
                from: &[(HostId, u64)],
                limit: usize,
            ) -> Result<Vec<Output>, StoreError> {
                let (run, from) = (run.clone(), from.to_vec());
                self.0.look(move |db| db.outputs(&run, &from, limit)).await
            }

            async fn log_marks(
                &self,
                run: &RunId,
                host: &HostId,
            ) -> Result<Vec<StepMark>, StoreError> {
                let (run, host) = (run.clone(), host.clone());
                self.0.look(move |db| db.log_marks(&run, &host)).await
            }

            async fn approval(&self, run: &RunId) -> Result<Option<Approval>, StoreError> {
                let run = run.clone();
                self.0.look(move |db| db.approval(&run)).await
            }

            async fn releases(
                &self,
                instance: &HostId,
                limit: usize,
            ) -> Result<Vec<Release>, StoreError> {
                let instance = instance.clone();
                self.0.look(move |db| db.releases(&instance, limit)).await
            }
        }
    };
}
reader!(StoreReader);
reader!(StoreWriter);

#[async_trait]
impl RunWriter for StoreWriter {
    async fn create(&self, run: &RunId, plan: &Plan, first: EventKind) -> Result<(), StoreError> {
        let (run, plan) = (run.clone(), plan.clone());
        self.0.change(move |db| db.create(&run, plan, first)).await
    }

    async fn create_waiting(
        &self,
        run: &RunId,
        plan: &Plan,
        first: EventKind,
        approval: &Approval,
    ) -> Result<(), StoreError> {
        let (run, plan, approval) = (run.clone(), plan.clone(), approval.clone());
        self.0.change(move |db| db.create_waiting(&run, plan, first, &approval)).await
    }

    async fn decide(&self, run: &RunId, what: &Verdicted) -> Result<(), StoreError> {
        let (run, what) = (run.clone(), what.clone());
        self.0.change(move |db| db.decide(&run, &what)).await
    }

    async fn claim(&self, run: &RunId, pid: u32) -> Result<u32, StoreError> {
        let run = run.clone();
        self.0.change(move |db| db.claim(&run, pid)).await
    }

    async fn heartbeat(&self, run: &RunId) -> Result<(), StoreError> {
        let run = run.clone();
        self.0.change(move |db| db.heartbeat(&run)).await
    }

    async fn append(
        &self,
        run: &RunId,
        kinds: Vec<EventKind>,
    ) -> Result<Vec<RunEvent>, StoreError> {
        let run = run.clone();
        self.0.change(move |db| db.append(&run, kinds)).await
    }

    async fn ask(&self, run: &RunId, control: Control, by: &Operator) -> Result<(), StoreError> {
        let (run, by) = (run.clone(), by.clone());
        self.0.change(move |db| db.ask(&run, control, by)).await
    }

    async fn asked(&self, run: &RunId, after: u64) -> Result<Vec<ControlRequest>, StoreError> {
        let run = run.clone();
        self.0.look(move |db| db.asked(&run, after)).await
    }

    async fn keep_log(
        &self,
        run: &RunId,
        host: &HostId,
        seq: u32,
        bytes: &[u8],
    ) -> Result<u64, StoreError> {
        let (key, bytes) = ((run.clone(), host.clone(), seq), bytes.to_vec());
        self.0.file(move |db| db.logs.keep(&key, &bytes)).await
    }

    async fn keep_and_append(
        &self,
        run: &RunId,
        (host, seq, bytes): (&HostId, u32, &[u8]),
        kinds: Vec<EventKind>,
    ) -> Result<Vec<RunEvent>, StoreError> {
        let (run, key, bytes) = (run.clone(), (run.clone(), host.clone(), seq), bytes.to_vec());
        let change = move |db: &mut Db| {
            db.logs.keep(&key, &bytes)?;
            db.append(&run, kinds)
        };
        self.0.change(change).await
    }

    async fn log_length(&self, run: &RunId, host: &HostId, seq: u32) -> Result<u64, StoreError> {
        let key = (run.clone(), host.clone(), seq);
        self.0.file(move |db| db.logs.length(&key)).await
    }

    async fn raw_log(
        &self,
        run: &RunId,
        host: &HostId,
        seq: u32,
        offset: u64,
        limit: usize,
    ) -> Result<Vec<u8>, StoreError> {
        let key = (run.clone(), host.clone(), seq);
        self.0.file(move |db| db.logs.read(&key, offset, limit)).await
    }

    async fn keep_hook_log(
        &self,
        run: &RunId,
        hook: &'static str,
        output: &[u8],
    ) -> Result<(), StoreError> {
        let (run, output) = (run.clone(), output.to_vec());
        self.0.file(move |db| db.keep_hook_log(&run, hook, &output)).await
    }

    async fn append_released(
        &self,
        run: &RunId,
        kinds: Vec<EventKind>,
        release: &Release,
    ) -> Result<Vec<RunEvent>, StoreError> {
        let (run, release) = (run.clone(), release.clone());
        let change = move |db: &mut Db| {
            let events = db.append(&run, kinds)?;
            db.record_release(&release).map(|()| events)
        };
        self.0.change(change).await
    }
}
