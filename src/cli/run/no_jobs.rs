//! Under construction: stands in until the ssh jobs are here.
use crate::adapters::ssh::SshPool;
use crate::domain::capability::Operate;
use crate::domain::connection::Connection;
use crate::domain::job::{AbortOutcome, JobEnd, JobRef, JobSpec, JobStart, JobTruth};
use crate::domain::remote::{RemoteError, RemoteErrorKind};
use crate::engine::ports::{LogSink, ReadOutput, RemoteJobs, RemoteRead};
use async_trait::async_trait;
use std::sync::Arc;
use std::time::Duration;
pub(in crate::cli) struct NoJobs(pub(in crate::cli) Arc<SshPool>, pub(in crate::cli) Operate);
fn none(to: &Connection) -> RemoteError {
    RemoteError {
        host: to.host.clone(),
        kind: RemoteErrorKind::Local,
        message: "not built yet".into(),
        hint: None,
    }
}
#[async_trait]
impl RemoteRead for NoJobs {
    async fn read(
        &self,
        to: &Connection,
        script: &str,
        deadline: Duration,
    ) -> Result<ReadOutput, RemoteError> {
        self.0.read(to, script, deadline).await
    }
}
#[async_trait]
impl RemoteJobs for NoJobs {
    async fn start_job(&self, to: &Connection, _: &JobSpec) -> Result<JobStart, RemoteError> {
        Err(none(to))
    }
    async fn follow_job(
        &self,
        to: &Connection,
        _: &JobRef,
        _: u64,
        _: &mut dyn LogSink,
    ) -> Result<JobEnd, RemoteError> {
        Err(none(to))
    }
    async fn look_at_job(&self, to: &Connection, _: &JobRef) -> Result<JobTruth, RemoteError> {
        Err(none(to))
    }
    async fn hold_job(&self, to: &Connection, _: &JobRef) -> Result<(), RemoteError> {
        Err(none(to))
    }
    async fn abort_job(
        &self,
        to: &Connection,
        _: &JobRef,
        _: Duration,
    ) -> Result<AbortOutcome, RemoteError> {
        Err(none(to))
    }
}
