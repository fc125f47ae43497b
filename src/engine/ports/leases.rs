//! Leases on hosts, changed without a job.

use async_trait::async_trait;

use crate::domain::connection::Connection;
use crate::domain::lease::{Broken, LeaseOf, Renewed, Taken};
use crate::domain::remote::RemoteError;
use crate::domain::run::operator::Operator;
use crate::domain::untrusted::Safe;
use crate::steps::lease::Claim;
use crate::steps::lease_desk::Hold;

/// Takes, prolongs, gives back and breaks leases. Implementations are built with a `domain::capability::Operate`.
#[async_trait]
pub trait LeaseDesk: Send + Sync + 'static {
    /// Takes a lease, or says who has it. A run may take its own again.
    async fn take(
        &self,
        to: &Connection,
        of: &LeaseOf,
        claim: &Claim,
        hold: &Hold,
    ) -> Result<Taken, RemoteError>;

    /// Prolongs a lease that is still that of the run.
    async fn renew(
        &self,
        to: &Connection,
        of: &LeaseOf,
        hold: &Hold,
    ) -> Result<Renewed, RemoteError>;

    /// Gives a lease back that is still that of the run.
    async fn give_back(
        &self,
        to: &Connection,
        of: &LeaseOf,
        hold: &Hold,
    ) -> Result<Renewed, RemoteError>;

    /// Breaks a lease, whoever has it, and leaves a record on the host. Never while a job runs there.
    async fn break_it(
        &self,
        to: &Connection,
        of: &LeaseOf,
        by: &Operator,
        reason: &Safe,
    ) -> Result<Broken, RemoteError>;
}
