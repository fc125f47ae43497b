//! From a wish (these hosts, that ref) to a plan, by reading only.

use std::sync::Arc;

use crate::domain::fleet::Fleet;
use crate::domain::git::{GitRef, GitUrl};
use crate::domain::ids::HostId;
use crate::domain::plan::Plan;
use crate::domain::run::operator::Operator;
use crate::domain::untrusted::Safe;
use crate::engine::ports::{Clock, RemoteRead, RepositoryError, RepositoryView};

/// What planning looks through. None of it can change a host.
#[derive(Clone)]
pub struct PlanPorts {
    /// Reads hosts.
    pub remote: Arc<dyn RemoteRead>,
    /// Reads the repository.
    pub repository: Arc<dyn RepositoryView>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
}

/// What an operator wants.
#[derive(Debug, Clone)]
pub struct UpgradeWish {
    /// Which hosts, as a selector or marks gave them; never empty by accident.
    pub hosts: Vec<HostId>,
    /// The branch, tag or commit to go to; `None` means the `cml_ref` that all of them follow.
    pub reference: Option<GitRef>,
    /// Who wants it: written into the lease on each host.
    pub by: Operator,
}

/// Why there is no plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// No host was named.
    #[error(
        "no host to upgrade was named: give hosts or --limit (`bunker inventory list` shows them)"
    )]
    NoHosts,
    /// A host that the inventory does not have.
    #[error("there is no host {0} in the inventory (`bunker inventory list` shows them)")]
    UnknownHost(HostId),
    /// The instances follow different refs and none was named.
    #[error("the instances follow different refs ({0}): name one with --to, or upgrade them apart")]
    DifferentRefs(Safe),
    /// The instances come from different repositories.
    #[error("the instances come from different repositories ({0} and {1}): upgrade them apart")]
    DifferentRepositories(GitUrl, GitUrl),
    /// The repository could not be asked.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
}

/// Plans an upgrade: reads all hosts at once, resolves the ref once, and renders what would be done.
///
/// It changes nothing anywhere. A host that needs no upgrade, or is no instance, is excluded with
/// the reason; one that is blocked or did not answer stands in the plan with its findings and
/// [will not be run](crate::domain::plan::HostPlan::will_run). A plan without a target that will run
/// is not an error.
#[expect(clippy::unused_async, reason = "the signature stands before its body")]
pub async fn plan_upgrade(
    ports: &PlanPorts,
    fleet: &Fleet,
    wish: &UpgradeWish,
) -> Result<Plan, PlanError> {
    let _ = (ports, fleet, wish);
    Err(PlanError::NoHosts)
}
