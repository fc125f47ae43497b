//! What the engine needs of the world. `adapters` implement these; tests bring their own.

mod alerts;
mod audit;
mod campaigns;
mod gates;
mod hooks;
mod leases;
mod outbox;
mod playbook;
mod repository;
mod secrets;
mod silences;
mod templates;
mod timeline;

pub use alerts::{AlertSource, Told};
pub use audit::{Audit, AuditReader, Intent, OpenAudit, audited, audited_there};
pub use campaigns::{CampaignHeld, Campaigns};
pub use gates::{GateBaseline, GateCheck, GateObservation};
pub use hooks::{HookFolder, HookRunner};
pub use leases::LeaseDesk;
pub use outbox::{Courier, Outbox, Posted, SendFault, Sent};
pub use playbook::{
    PlaybookCall, PlaybookEnd, PlaybookEvent, PlaybookRunner, PlaybookSource, RunningPlaybook,
    Tally, TaskEnd,
};
pub use repository::{RepositoryError, RepositoryLayout, RepositoryView};
pub use secrets::{SecretSource, SecretWriter, VaultChange, VaultError};
pub use silences::Silences;
pub use templates::TemplateSource;
pub use timeline::{Timeline, TimelineReader};

use std::sync::Arc;

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::domain::answer::{InstantAnswer, RangeAnswer, Stretch};
use crate::domain::connection::Connection;
use crate::domain::figure::Trouble;
use crate::domain::fleet::MetricsSettings;
use crate::domain::ids::{HostId, RunId};
use crate::domain::job::{AbortOutcome, JobEnd, JobInputs, JobRef, JobSpec, JobStart, JobTruth};
use crate::domain::marker::StepMark;
use crate::domain::plan::Plan;
use crate::domain::policy::{Approval, Verdicted};
use crate::domain::release::Release;
use crate::domain::remote::RemoteError;
use crate::domain::run::control::{Control, ControlRequest};
use crate::domain::run::event::{EventKind, RunEvent};
use crate::domain::run::operator::Operator;
use crate::domain::run::state::RunSummary;
use crate::domain::settings::HttpUrl;
use crate::domain::snapshot::HttpHealth;
use crate::domain::untrusted::Safe;

/// What a read-only command printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadOutput {
    /// Standard output, whole.
    pub stdout: Vec<u8>,
    /// Standard error, whole.
    pub stderr: Vec<u8>,
    /// Its exit code, by a marker in the stream: never that of the ssh channel.
    pub exit: i32,
    /// From the first byte sent to the last received.
    pub took: Duration,
}

/// Read-only work on hosts.
#[async_trait]
pub trait RemoteRead: Send + Sync + 'static {
    /// Runs a POSIX sh script that changes nothing, sent by standard input, and gives its output.
    async fn read(
        &self,
        to: &Connection,
        script: &str,
        deadline: Duration,
    ) -> Result<ReadOutput, RemoteError>;
}

/// Takes the bytes of a job's log as they arrive, in order, each exactly once.
#[async_trait]
pub trait LogSink: Send {
    /// Keeps `bytes`, which begin at the offset where the last call ended. An error ends the following.
    async fn keep(&mut self, bytes: &[u8]) -> Result<(), StoreError>;
}

/// Work that changes hosts. Implementations are built with a `domain::capability::Operate`.
#[async_trait]
pub trait RemoteJobs: RemoteRead {
    /// Sends and starts a job, at most once, with what its steps get.
    async fn start_job(
        &self,
        to: &Connection,
        spec: &JobSpec,
        inputs: &JobInputs,
    ) -> Result<JobStart, RemoteError>;

    /// Streams a job's log from byte `offset` on until the job has ended and its log is drained.
    /// An error means that contact was lost: what `sink` kept stays good, and following may start
    /// again at the new offset.
    async fn follow_job(
        &self,
        to: &Connection,
        job: &JobRef,
        offset: u64,
        sink: &mut dyn LogSink,
    ) -> Result<JobEnd, RemoteError>;

    /// Reads the truth about a job.
    async fn look_at_job(&self, to: &Connection, job: &JobRef) -> Result<JobTruth, RemoteError>;

    /// Leaves a word for the runner to start no further step of this job.
    async fn hold_job(&self, to: &Connection, job: &JobRef) -> Result<(), RemoteError>;

    /// Ends a job: TERM to all its processes, wait up to `grace`, KILL, then look that none is left.
    async fn abort_job(
        &self,
        to: &Connection,
        job: &JobRef,
        grace: Duration,
    ) -> Result<AbortOutcome, RemoteError>;
}

/// The health address of an instance.
#[async_trait]
pub trait HealthSource: Send + Sync + 'static {
    /// Asks once. `previous` carries since when it fails.
    async fn health(&self, url: &HttpUrl, previous: &HttpHealth) -> HttpHealth;
}

/// The central metrics server.
#[async_trait]
pub trait MetricsSource: Send + Sync + 'static {
    /// Asks one expression for one moment: one sample a series.
    async fn instant(
        &self,
        server: &MetricsSettings,
        expression: &str,
    ) -> Result<InstantAnswer, Trouble>;

    /// Asks one expression for a stretch of time that ends at `end`.
    async fn range(
        &self,
        server: &MetricsSettings,
        expression: &str,
        stretch: Stretch,
    ) -> Result<RangeAnswer, Trouble>;
}

/// The wall clock and chance.
pub trait Clock: Send + Sync + 'static {
    /// Now.
    fn now(&self) -> Timestamp;
    /// 32 hexadecimal digits that nobody can guess.
    fn nonce(&self) -> String;
}

/// The store cannot do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// There is no such run.
    #[error("there is no run {0}")]
    NoSuchRun(String),
    /// Several runs end like this.
    #[error("{text} is the end of several runs ({runs}): give more of it")]
    Ambiguous {
        /// What was asked for.
        text: String,
        /// Some of the runs.
        runs: String,
    },
    /// Another worker has the run.
    #[error("run {run} belongs to worker {pid}, which is alive")]
    Owned {
        /// The run.
        run: String,
        /// The living worker.
        pid: u32,
    },
    /// A policy asks why, and nobody said it.
    #[error(
        "bunker_require_why asks for a reason before this is changed: say it with --why \"...\" (in the cockpit: Y); nothing was done"
    )]
    NoReason,
    /// The run has ended, so nothing can be added to it.
    #[error("run {0} has ended")]
    Ended(String),
    /// No second person agreed to the run, or not to this plan.
    #[error("run {0} waits for the approval of a second person: `bunker approve {0}`")]
    Unapproved(String),
    /// The database was written by a newer program.
    #[error(
        "the store at {path} was written by a newer bunker (schema {found}, this one knows {known}): use the newer program"
    )]
    Newer {
        /// Where.
        path: String,
        /// Its schema version.
        found: u32,
        /// The newest that this program knows.
        known: u32,
    },
    /// The database or a file beside it failed.
    #[error("the store at {path} failed: {what}")]
    Broken {
        /// Where.
        path: String,
        /// What happened, and what to do.
        what: String,
    },
}

/// A part of a host's log, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// The part.
    pub bytes: Vec<u8>,
    /// The whole length of the log, in bytes.
    pub length: u64,
    /// Where steps begin and end in it: all marks within that length.
    pub marks: Vec<StepMark>,
}

/// Looking at runs.
#[async_trait]
pub trait RunReader: Send + Sync + 'static {
    /// Runs, newest first.
    async fn runs(&self, limit: usize) -> Result<Vec<RunSummary>, StoreError>;
    /// The run that a person means by an id, the end of an id, or `last`.
    async fn find(&self, text: &str) -> Result<RunId, StoreError>;
    /// The plan of a run.
    async fn plan(&self, run: &RunId) -> Result<Arc<Plan>, StoreError>;
    /// Events after `seq`, in order, at most `limit`.
    async fn events(
        &self,
        run: &RunId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<RunEvent>, StoreError>;
    /// Whether the run's worker is alive, by its process and heartbeat.
    async fn worker_alive(&self, run: &RunId) -> Result<bool, StoreError>;
    /// A number that changes whenever anybody wrote to the store; cheap.
    async fn version(&self) -> Result<u64, StoreError>;
    /// Bytes of a host's log from `offset` on, at most `limit`, and the log's whole length. The log of a
    /// host is that of all its jobs in this run, one after the other, without the runner's marks.
    async fn log(
        &self,
        run: &RunId,
        host: &HostId,
        offset: u64,
        limit: usize,
    ) -> Result<(Vec<u8>, u64), StoreError>;
    /// What is new of several hosts' logs: of each, in their order, what [`Self::log`] gives from its offset on, and what
    /// [`Self::log_marks`] gives after that. Asked at once, since each question to a store costs more than its answer.
    async fn outputs(
        &self,
        run: &RunId,
        from: &[(HostId, u64)],
        limit: usize,
    ) -> Result<Vec<Output>, StoreError> {
        let mut outputs = Vec::with_capacity(from.len());
        for (host, offset) in from {
            let (bytes, length) = self.log(run, host, *offset, limit).await?;
            outputs.push(Output { bytes, length, marks: self.log_marks(run, host).await? });
        }
        Ok(outputs)
    }
    /// Where the steps of a host begin and end in the text that [`Self::log`] gives, in order. Asked after
    /// a look at the text it has all marks within that text.
    async fn log_marks(&self, run: &RunId, host: &HostId) -> Result<Vec<StepMark>, StoreError>;
    /// What was asked of a second person about a run, and what came of it.
    async fn approval(&self, run: &RunId) -> Result<Option<Approval>, StoreError>;
    /// Releases of an instance, newest first.
    async fn releases(&self, instance: &HostId, limit: usize) -> Result<Vec<Release>, StoreError>;
}

/// Changing runs. Implementations are built with a `domain::capability::Operate`.
#[async_trait]
pub trait RunWriter: RunReader {
    /// Stores a plan as a new run, durably, with its `Planned` event.
    async fn create(&self, run: &RunId, plan: &Plan, first: EventKind) -> Result<(), StoreError>;
    /// Stores a plan as a new run that waits for a second person, durably. No worker can take it until then.
    async fn create_waiting(
        &self,
        run: &RunId,
        plan: &Plan,
        first: EventKind,
        approval: &Approval,
    ) -> Result<(), StoreError>;
    /// Keeps what was decided about a run that waits for a second person; refused where it was decided before. A run
    /// that was not approved ends with this.
    async fn decide(&self, run: &RunId, what: &Verdicted) -> Result<(), StoreError>;
    /// Makes this process the worker of the run; gives its generation. Refused while another lives.
    async fn claim(&self, run: &RunId, pid: u32) -> Result<u32, StoreError>;
    /// Says that the worker lives.
    async fn heartbeat(&self, run: &RunId) -> Result<(), StoreError>;
    /// Journals events, durably and in order, before it returns them with their numbers.
    async fn append(&self, run: &RunId, kinds: Vec<EventKind>)
    -> Result<Vec<RunEvent>, StoreError>;
    /// Asks something of a run.
    async fn ask(&self, run: &RunId, control: Control, by: &Operator) -> Result<(), StoreError>;
    /// Requests after `seq`.
    async fn asked(&self, run: &RunId, after: u64) -> Result<Vec<ControlRequest>, StoreError>;
    /// Adds bytes to the raw log of a job: its length is the offset to follow from.
    async fn keep_log(
        &self,
        run: &RunId,
        host: &HostId,
        seq: u32,
        bytes: &[u8],
    ) -> Result<u64, StoreError>;
    /// Adds bytes to the raw log of a job, as [`Self::keep_log`], and then journals what they say. Asked at once, since each
    /// question to a store costs more than its answer.
    async fn keep_and_append(
        &self,
        run: &RunId,
        (host, seq, bytes): (&HostId, u32, &[u8]),
        kinds: Vec<EventKind>,
    ) -> Result<Vec<RunEvent>, StoreError> {
        self.keep_log(run, host, seq, bytes).await?;
        self.append(run, kinds).await
    }
    /// Length of the raw log of a job.
    async fn log_length(&self, run: &RunId, host: &HostId, seq: u32) -> Result<u64, StoreError>;
    /// Bytes of the raw log of a job from `offset` on, at most `limit`.
    async fn raw_log(
        &self,
        run: &RunId,
        host: &HostId,
        seq: u32,
        offset: u64,
        limit: usize,
    ) -> Result<Vec<u8>, StoreError>;
    /// Adds what a hook printed to the log of the run's hooks. It decides nothing.
    async fn keep_hook_log(
        &self,
        run: &RunId,
        hook: &'static str,
        output: &[u8],
    ) -> Result<(), StoreError>;
    /// Journals events, and keeps the release that they left on an instance: both or neither.
    async fn append_released(
        &self,
        run: &RunId,
        kinds: Vec<EventKind>,
        release: &Release,
    ) -> Result<Vec<RunEvent>, StoreError>;
}

/// Starts workers. Implementations are built with a `domain::capability::Operate`.
pub trait StartWorker: Send + Sync + 'static {
    /// Starts a process that takes this run and outlives us; gives what happened where it cannot.
    fn start(&self, run: &RunId) -> Result<Box<dyn StartedWorker>, Safe>;
}

/// A worker that was started. Dropping this leaves it alone.
pub trait StartedWorker: Send {
    /// How it ended, once it has; it is not waited for.
    fn ended(&mut self) -> Option<Safe>;
}
