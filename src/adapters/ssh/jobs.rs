//! Work that changes hosts.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::classify;
use super::follow;
use super::pool::SshPool;
use crate::domain::capability::Operate;
use crate::domain::connection::Connection;
use crate::domain::job::{AbortOutcome, JobEnd, JobInputs, JobRef, JobSpec, JobStart, JobTruth};
use crate::domain::remote::{RemoteError, RemoteErrorKind as Kind};
use crate::engine::ports::{AuditReader, LogSink, ReadOutput, RemoteJobs, RemoteRead};
use crate::steps::anchor;
use crate::steps::runner::{self, Unreadable};

/// How long a host may take to start a job, or to tell about one.
const DEADLINE: Duration = Duration::from_secs(40);

/// Jobs on hosts, over the connections of a pool.
#[derive(Clone)]
pub struct SshJobs {
    pool: Arc<SshPool>,
    /// The log whose head the hosts keep.
    log: Option<Arc<dyn AuditReader>>,
}

impl SshJobs {
    /// Needs the right to change something.
    pub fn new(pool: Arc<SshPool>, _right: &Operate) -> Self {
        Self { pool, log: None }
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

    async fn ask<T>(
        &self,
        to: &Connection,
        script: &str,
        deadline: Duration,
        what: &str,
        read: fn(&[u8]) -> Result<T, Unreadable>,
    ) -> Result<T, RemoteError> {
        let answer = self.pool.inner.run(to, script, deadline).await?;
        read(&answer.stdout).map_err(|problem| unreadable(to, what, &problem, &answer))
    }
}

pub(super) fn unreadable(
    to: &Connection,
    what: &str,
    problem: &Unreadable,
    got: &ReadOutput,
) -> RemoteError {
    let at = classify::target(to);
    match problem {
        Unreadable::Refused(why) => {
            let text = format!("{at} could not {what}: {why}");
            classify::error(to, Kind::Exit(1), &text, Some("nothing was started".into()))
        }
        Unreadable::Garbled(answer) => {
            let stderr = String::from_utf8_lossy(&got.stderr);
            let said = stderr.lines().last().unwrap_or_default();
            let text = format!(
                "{at} gave no sense when asked to {what}: {answer} {said} (exit {})",
                got.exit
            );
            classify::error(to, Kind::Protocol, &text, None)
        }
    }
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
        let job = runner::start(spec, inputs, to.become_root);
        let script = format!("{}{job}", self.anchor(to).await);
        self.ask(to, &script, DEADLINE, "start the job", runner::read_start).await
    }

    async fn follow_job(
        &self,
        to: &Connection,
        job: &JobRef,
        offset: u64,
        sink: &mut dyn LogSink,
    ) -> Result<JobEnd, RemoteError> {
        follow::follow(&self.pool.inner, to, job, offset, sink).await
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
