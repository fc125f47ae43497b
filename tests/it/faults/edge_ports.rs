//! Every call of a worker to something on another machine, counted, and one of them struck.

use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bunker_ops::domain::answer::{InstantAnswer, RangeAnswer, Stretch};
use bunker_ops::domain::connection::Connection;
use bunker_ops::domain::figure::Trouble;
use bunker_ops::domain::fleet::MetricsSettings;
use bunker_ops::domain::job::{
    AbortOutcome, JobEnd, JobInputs, JobRef, JobSpec, JobStart, JobTruth,
};
use bunker_ops::domain::lease::{Broken, LeaseOf, Renewed, Taken};
use bunker_ops::domain::plan::{GateSpec, HostPlan};
use bunker_ops::domain::remote::{RemoteError, RemoteErrorKind};
use bunker_ops::domain::run::operator::Operator;
use bunker_ops::domain::run::outcome::Failure;
use bunker_ops::domain::untrusted::Safe;
use bunker_ops::engine::ports::{
    GateBaseline, GateCheck, GateObservation, LeaseDesk, LogSink, MetricsSource, ReadOutput,
    RemoteJobs, RemoteRead,
};
use bunker_ops::engine::worker::WorkerPorts;
use bunker_ops::steps::lease::Claim;
use bunker_ops::steps::lease_desk::Hold;
use tokio::sync::Notify;

/// What happens at an edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Blow {
    /// The request is lost.
    CutBefore,
    /// It was carried out, and the answer is lost.
    CutAfter,
    /// The worker is killed before it asks.
    KillBefore,
    /// The worker is killed before it hears the answer.
    KillAfter,
}

impl Blow {
    pub(super) const ALL: [Self; 4] =
        [Self::CutBefore, Self::CutAfter, Self::KillBefore, Self::KillAfter];

    pub(super) fn kills(self) -> bool {
        matches!(self, Self::KillBefore | Self::KillAfter)
    }

    fn is_before(self) -> bool {
        matches!(self, Self::CutBefore | Self::KillBefore)
    }
}

/// The edges that a worker came to, in order.
#[derive(Default)]
pub(super) struct Edges {
    came_to: Mutex<Vec<&'static str>>,
    /// Which one is struck, from 1.
    struck: Option<(usize, Blow)>,
    n_struck: AtomicUsize,
    killed: Notify,
    /// For the store of the worker: nothing of it reaches anything once it is dead.
    pub(super) dead: Arc<AtomicBool>,
}

impl Edges {
    pub(super) fn striking(n: usize, blow: Blow) -> Arc<Self> {
        Arc::new(Self { struck: Some((n, blow)), ..Self::default() })
    }

    pub(super) fn came_to(&self) -> Vec<&'static str> {
        self.came_to.lock().unwrap().clone()
    }

    /// The name of the edge that was struck.
    pub(super) fn struck(&self) -> Option<&'static str> {
        let (n, _) = self.struck.filter(|_| self.n_struck.load(Ordering::Relaxed) == 1)?;
        self.came_to.lock().unwrap().get(n - 1).copied()
    }

    /// Returns when the worker is to be dead.
    pub(super) async fn killed(&self) {
        self.killed.notified().await;
    }

    /// One call: `lost` is what the worker hears where it was cut.
    async fn pass<T>(
        &self,
        name: &'static str,
        lost: impl FnOnce() -> T,
        call: impl Future<Output = T>,
    ) -> T {
        if self.dead.load(Ordering::Relaxed) {
            return std::future::pending().await;
        }
        let n = {
            let mut came_to = self.came_to.lock().unwrap();
            came_to.push(name);
            came_to.len()
        };
        let blow = self.struck.filter(|(at, _)| *at == n).map(|(_, blow)| blow);
        let mut lost = Some(lost);
        if let Some(blow) = blow.filter(|blow| blow.is_before()) {
            self.strike(blow).await;
            return lost.take().unwrap()();
        }
        let answer = call.await;
        if let Some(blow) = blow {
            self.strike(blow).await;
            return lost.take().unwrap()();
        }
        answer
    }

    /// Goes on only where the worker lives.
    async fn strike(&self, blow: Blow) {
        self.n_struck.fetch_add(1, Ordering::Relaxed);
        if blow.kills() {
            self.dead.store(true, Ordering::Relaxed);
            self.killed.notify_one();
            std::future::pending::<()>().await;
        }
    }
}

/// The ports of a worker with these edges before everything that is on another machine.
pub(super) fn with_edges(mut ports: WorkerPorts, edges: &Arc<Edges>) -> WorkerPorts {
    let at = || Arc::clone(edges);
    ports.remote = Arc::new(Hosts { there: ports.remote, edges: at() });
    ports.gates = Arc::new(Gates { there: ports.gates, edges: at() });
    ports.metrics = Arc::new(Metrics { there: ports.metrics, edges: at() });
    ports.around.leases = Arc::new(Desk { there: ports.around.leases, edges: at() });
    ports
}

fn lost(to: &Connection) -> RemoteError {
    let (host, message) = (to.host.clone(), "cut at an edge".into());
    RemoteError { host, kind: RemoteErrorKind::Disconnected, message, hint: None }
}

struct Hosts {
    there: Arc<dyn RemoteJobs>,
    edges: Arc<Edges>,
}

#[async_trait]
impl RemoteRead for Hosts {
    async fn read(
        &self,
        to: &Connection,
        script: &str,
        deadline: Duration,
    ) -> Result<ReadOutput, RemoteError> {
        let call = self.there.read(to, script, deadline);
        self.edges.pass("RemoteRead::read", || Err(lost(to)), call).await
    }
}

#[async_trait]
impl RemoteJobs for Hosts {
    async fn start_job(
        &self,
        to: &Connection,
        spec: &JobSpec,
        inputs: &JobInputs,
    ) -> Result<JobStart, RemoteError> {
        let call = self.there.start_job(to, spec, inputs);
        self.edges.pass("RemoteJobs::start_job", || Err(lost(to)), call).await
    }

    async fn follow_job(
        &self,
        to: &Connection,
        job: &JobRef,
        offset: u64,
        sink: &mut dyn LogSink,
    ) -> Result<JobEnd, RemoteError> {
        let call = self.there.follow_job(to, job, offset, sink);
        self.edges.pass("RemoteJobs::follow_job", || Err(lost(to)), call).await
    }

    async fn look_at_job(&self, to: &Connection, job: &JobRef) -> Result<JobTruth, RemoteError> {
        let call = self.there.look_at_job(to, job);
        self.edges.pass("RemoteJobs::look_at_job", || Err(lost(to)), call).await
    }

    async fn hold_job(&self, to: &Connection, job: &JobRef) -> Result<(), RemoteError> {
        let call = self.there.hold_job(to, job);
        self.edges.pass("RemoteJobs::hold_job", || Err(lost(to)), call).await
    }

    async fn abort_job(
        &self,
        to: &Connection,
        job: &JobRef,
        grace: Duration,
    ) -> Result<AbortOutcome, RemoteError> {
        let call = self.there.abort_job(to, job, grace);
        self.edges.pass("RemoteJobs::abort_job", || Err(lost(to)), call).await
    }
}

struct Gates {
    there: Arc<dyn GateCheck>,
    edges: Arc<Edges>,
}

#[async_trait]
impl GateCheck for Gates {
    async fn observe(
        &self,
        host: &HostPlan,
        gate: &GateSpec,
        baseline: Option<&GateBaseline>,
    ) -> GateObservation {
        let unseen = || GateObservation {
            healthy: false,
            known: false,
            detail: "cut at an edge".into(),
            hopeless: false,
            baseline: GateBaseline::default(),
            skew_s: None,
        };
        let call = self.there.observe(host, gate, baseline);
        self.edges.pass("GateCheck::observe", unseen, call).await
    }

    async fn explain(&self, host: &HostPlan, gate: &GateSpec, last: &GateObservation) -> Failure {
        let unseen = || Failure {
            exit: None,
            message: last.detail.clone(),
            hint: None,
            last_lines: Vec::new(),
        };
        let call = self.there.explain(host, gate, last);
        self.edges.pass("GateCheck::explain", unseen, call).await
    }
}

struct Metrics {
    there: Arc<dyn MetricsSource>,
    edges: Arc<Edges>,
}

#[async_trait]
impl MetricsSource for Metrics {
    async fn instant(&self, at: &MetricsSettings, what: &str) -> Result<InstantAnswer, Trouble> {
        let call = self.there.instant(at, what);
        let lost = || Err(Trouble::Down("cut at an edge".into()));
        self.edges.pass("MetricsSource::instant", lost, call).await
    }

    async fn range(
        &self,
        at: &MetricsSettings,
        what: &str,
        stretch: Stretch,
    ) -> Result<RangeAnswer, Trouble> {
        let call = self.there.range(at, what, stretch);
        let lost = || Err(Trouble::Down("cut at an edge".into()));
        self.edges.pass("MetricsSource::range", lost, call).await
    }
}

struct Desk {
    there: Arc<dyn LeaseDesk>,
    edges: Arc<Edges>,
}

#[async_trait]
impl LeaseDesk for Desk {
    async fn take(
        &self,
        to: &Connection,
        of: &LeaseOf,
        claim: &Claim,
        hold: &Hold,
    ) -> Result<Taken, RemoteError> {
        let call = self.there.take(to, of, claim, hold);
        self.edges.pass("LeaseDesk::take", || Err(lost(to)), call).await
    }

    async fn renew(
        &self,
        to: &Connection,
        of: &LeaseOf,
        hold: &Hold,
    ) -> Result<Renewed, RemoteError> {
        let call = self.there.renew(to, of, hold);
        self.edges.pass("LeaseDesk::renew", || Err(lost(to)), call).await
    }

    async fn give_back(
        &self,
        to: &Connection,
        of: &LeaseOf,
        hold: &Hold,
    ) -> Result<Renewed, RemoteError> {
        let call = self.there.give_back(to, of, hold);
        self.edges.pass("LeaseDesk::give_back", || Err(lost(to)), call).await
    }

    async fn break_it(
        &self,
        to: &Connection,
        of: &LeaseOf,
        by: &Operator,
        reason: &Safe,
    ) -> Result<Broken, RemoteError> {
        let call = self.there.break_it(to, of, by, reason);
        self.edges.pass("LeaseDesk::break_it", || Err(lost(to)), call).await
    }
}
