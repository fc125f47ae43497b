//! Work that changes hosts.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use super::classify;
use super::exec::nonce;
use super::follow::{BEGIN, JobStream};
use super::follow_pace::Followed;
use super::pool::SshPool;
use crate::domain::capability::Operate;
use crate::domain::connection::Connection;
use crate::domain::job::{AbortOutcome, JobEnd, JobInputs, JobRef, JobSpec, JobStart, JobTruth};
use crate::domain::remote::{RemoteError, RemoteErrorKind as Kind};
use crate::engine::ports::{AuditReader, LogSink, ReadOutput, RemoteJobs, RemoteRead};
use crate::steps::anchor;
use crate::steps::runner::{self, Stream, Unreadable};

/// How long a host may take to start a job, or to tell about one.
const DEADLINE: Duration = Duration::from_secs(40);

/// Jobs on hosts, over the connections of a pool.
#[derive(Clone)]
pub struct SshJobs {
    pool: Arc<SshPool>,
    /// The log whose head the hosts keep.
    log: Option<Arc<dyn AuditReader>>,
    /// The sessions by which jobs were started, until somebody follows them: a job's log comes in the same session, which
    /// spares the host another.
    begun: Arc<Mutex<HashMap<JobRef, JobStream>>>,
}

impl SshJobs {
    /// Needs the right to change something.
    pub fn new(pool: Arc<SshPool>, _right: &Operate) -> Self {
        Self { pool, log: None, begun: Arc::default() }
    }

    /// Leaves the head of this log on every host where a job is started.
    #[must_use]
    pub fn anchoring(self, log: Arc<dyn AuditReader>) -> Self {
        Self { log: Some(log), ..self }
    }

    /// What goes before a job. A head that cannot be read is no reason to leave the host alone: it is in the log.
    async fn anchor(&self, to: &Connection) -> String {
        let Some(log) = &self.log else { return String::new() };
        let head = log.audit_head().await.ok().flatten();
        head.map(|head| anchor::keep(&head, to.become_root)).unwrap_or_default()
    }

    fn begun(&self) -> MutexGuard<'_, HashMap<JobRef, JobStream>> {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn ask<T>(
        &self,
        to: &Connection,
        script: &str,
        deadline: Duration,
        what: &str,
        read: fn(&[u8]) -> Result<T, Unreadable>,
    ) -> Result<T, RemoteError> {
        let answer = self.pool.inner.run(to, script, deadline).await?;
        read(&answer.stdout).map_err(|problem| unreadable(to, what, &problem, &complaint(&answer)))
    }
}

pub(super) fn unreadable(
    to: &Connection,
    what: &str,
    problem: &Unreadable,
    complaint: &str,
) -> RemoteError {
    let at = classify::target(to);
    match problem {
        Unreadable::Refused(why) => {
            let text = format!("{at} could not {what}: {why}");
            classify::error(to, Kind::Exit(1), &text, Some("nothing was started".into()))
        }
        Unreadable::Garbled(answer) => {
            let text = format!("{at} gave no sense when asked to {what}: {answer} {complaint}");
            classify::error(to, Kind::Protocol, &text, None)
        }
    }
}

/// What a host said beside its answer.
pub(super) fn complaint(answer: &ReadOutput) -> String {
    let stderr = String::from_utf8_lossy(&answer.stderr);
    format!("{} (exit {})", stderr.lines().last().unwrap_or_default(), answer.exit)
}

#[async_trait]
impl RemoteRead for SshJobs {
    async fn read(
        &self,
        to: &Connection,
        script: &str,
        deadline: Duration,
    ) -> Result<ReadOutput, RemoteError> {
        self.pool.read(to, script, deadline).await
    }
}

#[async_trait]
impl RemoteJobs for SshJobs {
    async fn start_job(
        &self,
        to: &Connection,
        spec: &JobSpec,
        inputs: &JobInputs,
    ) -> Result<JobStart, RemoteError> {
        if spec.steps.first().is_some_and(|step| step.new_login) {
            self.pool.inner.log_in_anew(to);
        }
        let nonce = nonce(to)?;
        let followed = Followed::new(&self.pool.inner.n_followed);
        let stream = Stream { nonce: &nonce, every: followed.host_looks_every() };
        let mut script = runner::start(spec, inputs, to.become_root, stream, BEGIN.as_secs());
        script.insert_str(0, &self.anchor(to).await);
        let stream = JobStream::open(&self.pool.inner, to, (&nonce, &script), 0, followed).await?;
        let (stream, words) = stream.started().await?;
        match runner::read_start(&words) {
            Ok(start) => {
                self.begun().insert(spec.job.clone(), stream);
                Ok(start)
            }
            Err(problem) => {
                let error = unreadable(to, "start the job", &problem, &stream.complaint());
                stream.end().await;
                Err(error)
            }
        }
    }

    async fn follow_job(
        &self,
        to: &Connection,
        job: &JobRef,
        offset: u64,
        sink: &mut dyn LogSink,
    ) -> Result<JobEnd, RemoteError> {
        let begun = self.begun().remove(job).filter(|stream| stream.goes_on_at(to, offset));
        let stream = if let Some(stream) = begun {
            stream
        } else {
            let nonce = nonce(to)?;
            let followed = Followed::new(&self.pool.inner.n_followed);
            let stream = Stream { nonce: &nonce, every: followed.host_looks_every() };
            let script = runner::follow(job, to.become_root, stream, offset);
            JobStream::open(&self.pool.inner, to, (&nonce, &script), offset, followed).await?
        };
        stream.follow(sink).await
    }

    async fn look_at_job(&self, to: &Connection, job: &JobRef) -> Result<JobTruth, RemoteError> {
        let script = runner::look(job, to.become_root);
        self.ask(to, &script, DEADLINE, "look at the job", runner::read_look).await
    }

    async fn hold_job(&self, to: &Connection, job: &JobRef) -> Result<(), RemoteError> {
        let script = runner::hold(job, to.become_root);
        self.ask(to, &script, DEADLINE, "hold the job", runner::read_hold).await.map(drop)
    }

    async fn abort_job(
        &self,
        to: &Connection,
        job: &JobRef,
        grace: Duration,
    ) -> Result<AbortOutcome, RemoteError> {
        let tenths = u64::try_from(grace.as_millis() / 100).unwrap_or(u64::MAX);
        let script = runner::abort(job, to.become_root, tenths);
        self.ask(to, &script, DEADLINE + grace, "end the job", runner::read_abort).await
    }
}
