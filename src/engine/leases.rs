//! Who holds what: leases read from hosts, before something starts and for people who ask.

use std::time::Duration;

use futures_util::future::join_all;

use crate::domain::connection::Connection;
use crate::domain::ids::HostId;
use crate::domain::lease::{LeaseLook, LeaseOf};
use crate::domain::remote::{RemoteError, RemoteErrorKind};
use crate::domain::untrusted::Safe;
use crate::engine::ports::RemoteRead;
use crate::steps::lease_desk;
use crate::steps::runner::Unreadable;

/// How long a host may take to say who holds it.
const DEADLINE: Duration = Duration::from_secs(10);

/// A host, with what its lease is.
#[derive(Debug, Clone)]
pub struct LeaseSeen {
    /// Which.
    pub host: HostId,
    /// What it said.
    pub look: Result<LeaseLook, RemoteError>,
}

/// Looks at one lease. It changes nothing and takes no lock.
pub async fn look(
    remote: &dyn RemoteRead,
    to: &Connection,
    of: &LeaseOf,
) -> Result<LeaseLook, RemoteError> {
    let script = lease_desk::look(of, to.become_root);
    let answer = remote.read(to, &script, DEADLINE).await?;
    lease_desk::read_look(&answer.stdout).map_err(|problem| {
        let (Unreadable::Refused(said) | Unreadable::Garbled(said)) = problem;
        RemoteError {
            host: to.host.clone(),
            kind: RemoteErrorKind::Protocol,
            message: Safe::line(&format!("{} did not say who holds it: {said}", to.host)),
            hint: None,
        }
    })
}

/// Looks at the leases of these instances, all at once.
pub async fn look_at_all<'a>(
    remote: &dyn RemoteRead,
    hosts: impl IntoIterator<Item = (&'a HostId, &'a Connection)>,
) -> Vec<LeaseSeen> {
    join_all(hosts.into_iter().map(|(host, to)| async move {
        let look = look(remote, to, &LeaseOf::Instance(host.clone())).await;
        LeaseSeen { host: host.clone(), look }
    }))
    .await
}
