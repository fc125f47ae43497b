//! Which adapter stands behind which port: the one place that knows.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use color_eyre::eyre::WrapErr;

use super::exit::{Exit, Trouble};
use crate::adapters::ansible::playbook::{PlaybookLooks, Playbooks};
use crate::adapters::caller::actor;
use crate::adapters::clock::SystemClock;
use crate::adapters::env_template::TemplateFiles;
use crate::adapters::git::Mirrors;
use crate::adapters::hooks::{HookFiles, HookProcesses};
use crate::adapters::http::HttpHealthSource;
use crate::adapters::notify::Couriers;
use crate::adapters::paths::StateDir;
use crate::adapters::ssh::{SshJobs, SshLeases, SshPool, SshSettings};
use crate::adapters::store::{AuditLog, StoreReader, StoreWriter, TimelineKeeper};
use crate::adapters::vault::{AgeVault, Asking, Keyring, RememberedVault};
use crate::adapters::victoria::Victoria;
use crate::adapters::worker_process::WorkerProcess;
use crate::domain::audit::{Caller, Source};
use crate::domain::capability::Operate;
use crate::domain::untrusted::Safe;
use crate::engine::gate::GateLooks;
use crate::engine::launch::Launcher;
use crate::engine::notify::Post;
use crate::engine::planner::PlanPorts;
use crate::engine::poller::Sources;
use crate::engine::ports::{
    Audit, AuditReader, Campaigns, Clock, Courier, RemoteRead, RunWriter, SecretSource,
    StartWorker, StoreError, Timeline,
};
use crate::engine::supervisor::Supervisor;
use crate::engine::worker::{AroundPorts, Timing, WorkerPorts};

/// The runtime that a verb runs on.
pub(super) fn runtime() -> Result<tokio::runtime::Runtime, Trouble> {
    let built = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("bunker")
        .enable_all()
        .build();
    Ok(built.wrap_err("starting the runtime")?)
}

/// The runtime of a verb that is about runs: one thread. It waits for hosts nearly all of the time, and what wakes it is done
/// sooner than handed to another thread. The store has a thread of its own, and what takes long goes to others.
pub(super) fn runtime_of_runs() -> Result<tokio::runtime::Runtime, Trouble> {
    let built = tokio::runtime::Builder::new_current_thread().enable_all().build();
    Ok(built.wrap_err("starting the runtime")?)
}

/// The clock of this machine.
pub(super) fn clock() -> Arc<SystemClock> {
    Arc::new(SystemClock)
}

/// Where things are kept on this machine.
pub(super) fn state_dir() -> StateDir {
    StateDir::from_env()
}

/// To look at runs.
pub(super) fn store_reader() -> Result<Arc<StoreReader>, Trouble> {
    Ok(Arc::new(StoreReader::open(&state_dir(), clock())?))
}

/// To keep what a cockpit sees of its fleet.
pub(super) fn timeline_keeper() -> Result<Arc<dyn Timeline>, Trouble> {
    Ok(Arc::new(TimelineKeeper::open(&state_dir(), clock())?))
}

/// To change runs.
pub(super) fn store_writer(right: &Operate) -> Result<Arc<StoreWriter>, Trouble> {
    Ok(Arc::new(StoreWriter::open_for(&state_dir(), clock(), caller(), right)?))
}

/// To write down what no run changes.
pub(super) fn audit_log(right: &Operate) -> Result<Arc<dyn Audit>, StoreError> {
    Ok(Arc::new(AuditLog::open(&state_dir(), clock(), caller(), right)?))
}

/// Through which door this process was entered.
static SOURCE: OnceLock<Source> = OnceLock::new();
/// Why its operator does what it does.
static WHY: OnceLock<Safe> = OnceLock::new();

/// Says through which door this process was entered. Once.
pub(super) fn entered_by(source: Source) {
    let _said_before = SOURCE.set(source);
}

/// Says why its operator does what it does. Once.
pub(super) fn say_why(why: &Safe) {
    let _said_before = WHY.set(why.clone());
}

tokio::task_local! {
    /// Why this one deed is done: what holds for the whole process does not count for it.
    static REASON: Option<Safe>;
}

/// Does something for this reason, and for no other. What it hands to another task or thread is told it anew.
pub(super) async fn because<T>(why: Option<Safe>, deed: impl Future<Output = T>) -> T {
    REASON.scope(why, deed).await
}

/// The same for what is done at once.
pub(super) fn because_now<T>(why: Option<Safe>, deed: impl FnOnce() -> T) -> T {
    REASON.sync_scope(why, deed)
}

/// Why is done what is done here.
pub(super) fn reason() -> Option<Safe> {
    REASON.try_with(Clone::clone).unwrap_or_else(|_| WHY.get().cloned())
}

/// Who asks for what this process does.
pub(super) fn caller() -> Caller {
    let source = SOURCE.get().copied().unwrap_or(Source::Cli);
    Caller { who: actor(), source, why: reason() }
}

/// Starts workers, for runs of this inventory.
pub(super) fn workers(right: &Operate, inventory: &Path) -> WorkerProcess {
    WorkerProcess::new(state_dir(), keys(), inventory, right)
}

/// Starts and goes on with runs.
pub(super) fn launcher<'a>(
    store: &'a dyn RunWriter,
    workers: &'a dyn StartWorker,
    clock: &'a dyn Clock,
) -> Launcher<'a> {
    Launcher { store, workers, clock }
}

/// Connections to hosts. They are ended by `close`.
pub(super) fn hosts() -> Result<Arc<SshPool>, Trouble> {
    let settings = SshSettings::below(state_dir().path());
    Ok(SshPool::open(settings).wrap_err("preparing connections to hosts")?)
}

/// What the poller asks.
pub(super) fn sources(hosts: &Arc<SshPool>) -> Sources {
    Sources {
        remote: Arc::clone(hosts) as Arc<dyn RemoteRead>,
        health: Arc::new(HttpHealthSource::new(clock())),
        metrics: Arc::new(Victoria::new()),
        clock: clock(),
    }
}

/// What planning looks through.
pub(super) fn plan_ports(hosts: &Arc<SshPool>, inventory: &Path) -> Result<PlanPorts, Trouble> {
    Ok(PlanPorts {
        remote: Arc::clone(hosts) as Arc<dyn RemoteRead>,
        repository: Arc::new(Mirrors::of_this_user()),
        secrets: secrets(),
        templates: Arc::new(TemplateFiles),
        playbooks: Arc::new(PlaybookLooks),
        past: store_reader()?,
        hooks: Arc::new(HookFiles),
        inventory: inventory.to_owned(),
        metrics: Arc::new(Victoria::new()),
        clock: clock(),
    })
}

/// The operator's keys, the same for all that this process does, so that a passphrase is asked for once.
static KEYS: OnceLock<Arc<Keyring>> = OnceLock::new();

/// The operator's keys.
pub(super) fn keys() -> Arc<Keyring> {
    let ask = || Arc::new(Keyring::from_env(Asking::Person(Arc::new(super::prompt::hidden))));
    Arc::clone(KEYS.get_or_init(ask))
}

/// Says which keys this process has instead. Too late once keys were used.
pub(super) fn use_keys(keys: Keyring) {
    let _too_late = KEYS.set(Arc::new(keys));
}

/// The vaults of inventories.
pub(super) fn secrets() -> Arc<dyn SecretSource> {
    Arc::new(AgeVault::new(keys()))
}

/// What a worker works with.
pub(super) fn worker_ports(
    store: Arc<StoreWriter>,
    hosts: &Arc<SshPool>,
    right: &Operate,
) -> WorkerPorts {
    let gates = GateLooks {
        remote: Arc::clone(hosts) as Arc<dyn RemoteRead>,
        http: Arc::new(HttpHealthSource::new(clock())),
        clock: clock(),
    };
    let around = AroundPorts {
        leases: Arc::new(SshLeases::new(Arc::clone(hosts), right)),
        campaigns: Arc::clone(&store) as Arc<dyn Campaigns>,
        hooks: Arc::new(HookProcesses::new(right)),
    };
    let log = Arc::clone(&store) as Arc<dyn AuditReader>;
    WorkerPorts {
        store,
        around,
        remote: Arc::new(SshJobs::new(Arc::clone(hosts), right).anchoring(Arc::clone(&log))),
        gates: Arc::new(gates),
        secrets: secrets(),
        vault: Arc::new(RememberedVault::new(AgeVault::new(keys()), log)),
        playbooks: Arc::new(Playbooks::new(state_dir(), right)),
        metrics: Arc::new(Victoria::new()),
        clock: clock(),
        supervisor: Supervisor::new(),
        timing: Timing::default(),
    }
}

/// Brings messages to people.
pub(super) fn courier() -> Arc<dyn Courier> {
    Arc::new(Couriers::default())
}

/// Sends what waits in the outbox, as long as it is polled. It makes no store where there is none.
pub(super) async fn keep_sending(right: Operate) {
    while !state_dir().database().exists() {
        tokio::time::sleep(std::time::Duration::from_secs(30)).await;
    }
    let Ok(store) = store_writer(&right) else { return };
    let (courier, clock) = (courier(), clock());
    let post = Post { outbox: &*store, courier: &*courier, clock: &*clock };
    match post.keep_sending(&*store).await {}
}

/// How long a process stays to send its last messages.
const LAST_WORDS: std::time::Duration = std::time::Duration::from_secs(12);

/// Sends what is due before this process ends; what cannot go out in time is sent by whoever lives later.
pub(super) async fn last_words(store: &StoreWriter) {
    let (courier, clock) = (courier(), clock());
    let post = Post { outbox: store, courier: &*courier, clock: &*clock };
    if tokio::time::timeout(LAST_WORDS, post.flush()).await.is_err() {
        tracing::warn!("the last messages are not out yet");
    }
}

/// Changes leases on hosts.
pub(super) fn leases(hosts: &Arc<SshPool>, right: &Operate) -> SshLeases {
    SshLeases::new(Arc::clone(hosts), right)
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        let exit = match &error {
            StoreError::NoSuchRun(_) => Exit::NotFound,
            StoreError::Ambiguous { .. } => Exit::Usage,
            StoreError::Owned { .. } => Exit::Locked,
            StoreError::Ended(_)
            | StoreError::Newer { .. }
            | StoreError::NoReason
            | StoreError::Unapproved(_) => Exit::Refused,
            StoreError::Broken { .. } => Exit::Failed,
        };
        Self::new(exit, error)
    }
}
