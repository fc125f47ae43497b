//! Leases on hosts, over the connections of a pool.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::SshPool;
use super::jobs::{complaint, unreadable};
use crate::domain::capability::Operate;
use crate::domain::connection::Connection;
use crate::domain::lease::{Broken, LeaseOf, Renewed, Taken};
use crate::domain::remote::RemoteError;
use crate::domain::run::operator::Operator;
use crate::domain::untrusted::Safe;
use crate::engine::ports::LeaseDesk;
use crate::steps::lease::Claim;
use crate::steps::lease_desk::{self, Hold};
use crate::steps::runner::Unreadable;

/// How long a host may take to answer; it may be slow because it works.
const DEADLINE: Duration = Duration::from_secs(40);

/// Changes leases.
#[derive(Debug, Clone)]
pub struct SshLeases {
    pool: Arc<SshPool>,
}

impl SshLeases {
    /// Needs the right to change something.
    pub fn new(pool: Arc<SshPool>, _right: &Operate) -> Self {
        Self { pool }
    }

    async fn ask<T>(
        &self,
        to: &Connection,
        script: &str,
        what: &str,
        read: fn(&[u8]) -> Result<T, Unreadable>,
    ) -> Result<T, RemoteError> {
        let answer = self.pool.inner.run(to, script, DEADLINE).await?;
        read(&answer.stdout).map_err(|problem| unreadable(to, what, &problem, &complaint(&answer)))
    }
}

#[async_trait]
impl LeaseDesk for SshLeases {
    async fn take(
        &self,
        to: &Connection,
        of: &LeaseOf,
        claim: &Claim,
        hold: &Hold,
    ) -> Result<Taken, RemoteError> {
        let script = lease_desk::take(of, to.become_root, claim, hold);
        self.ask(to, &script, "take the lease", lease_desk::read_take).await
    }

    async fn renew(
        &self,
        to: &Connection,
        of: &LeaseOf,
        hold: &Hold,
    ) -> Result<Renewed, RemoteError> {
        let script = lease_desk::renew(of, to.become_root, hold);
        self.ask(to, &script, "prolong the lease", lease_desk::read_renew).await
    }

    async fn give_back(
        &self,
        to: &Connection,
        of: &LeaseOf,
        hold: &Hold,
    ) -> Result<Renewed, RemoteError> {
        let script = lease_desk::drop(of, to.become_root, hold);
        self.ask(to, &script, "give the lease back", lease_desk::read_renew).await
    }

    async fn break_it(
        &self,
        to: &Connection,
        of: &LeaseOf,
        by: &Operator,
        reason: &Safe,
    ) -> Result<Broken, RemoteError> {
        let script = lease_desk::break_it(of, to.become_root, by, reason);
        self.ask(to, &script, "break the lease", lease_desk::read_break).await
    }
}
