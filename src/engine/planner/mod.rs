//! From a wish (these hosts, that workflow) to a plan, by reading only.

mod ansible;
mod around;
mod backup;
mod canary;
mod configure;
mod deploy;
mod env;
mod import;
mod past;
mod retry;
mod rollback;
mod rotate;
mod rules;
mod select;
mod strategy;
mod upgrade;

pub(crate) use past::own_past;
pub use retry::{RetryError, retry};
pub use rules::ruled;

use std::path::PathBuf;
use std::sync::Arc;

use crate::domain::fleet::Fleet;
use crate::domain::git::GitUrl;
use crate::domain::hook::HookProblem;
use crate::domain::ids::{GroupName, HostId};
use crate::domain::plan::{Plan, What, Wish, Workflow};
use crate::domain::release::Recorded;
use crate::domain::run::operator::Operator;
use crate::domain::secret::SecretName;
use crate::domain::untrusted::Safe;
use crate::engine::ports::{
    Clock, HookFolder, MetricsSource, PlaybookSource, RemoteRead, RepositoryError, RepositoryView,
    RunReader, SecretSource, TemplateSource, VaultError,
};

/// What planning looks through. None of it can change a host.
#[derive(Clone)]
pub struct PlanPorts {
    /// Reads hosts.
    pub remote: Arc<dyn RemoteRead>,
    /// Reads the repository.
    pub repository: Arc<dyn RepositoryView>,
    /// Reads secrets, to compare them and to hash what is sealed; no value gets into a plan.
    pub secrets: Arc<dyn SecretSource>,
    /// Reads the fleet's template of `.env`.
    pub templates: Arc<dyn TemplateSource>,
    /// Looks at playbooks of Ansible.
    pub playbooks: Arc<dyn PlaybookSource>,
    /// Reads past runs, to tell how long this one takes.
    pub past: Arc<dyn RunReader>,
    /// Finds the operators' hooks.
    pub hooks: Arc<dyn HookFolder>,
    /// The folder with `hosts.yml`, absolute.
    pub inventory: PathBuf,
    /// Asked where the order goes by figures.
    pub metrics: Arc<dyn MetricsSource>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
}

/// Why there is no plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// No host was named.
    #[error("no host was named: give hosts or --limit (`bunker inventory list` shows them)")]
    NoHosts,
    /// Only hosts that are no instances were named; the first of them.
    #[error("{0} is no instance: it has no cml_domain in the inventory")]
    NoInstance(HostId),
    /// A host that the inventory does not have.
    #[error("there is no host {0} in the inventory (`bunker inventory list` shows them)")]
    UnknownHost(HostId),
    /// All that were named are in maintenance; which, and why.
    #[error(
        "in maintenance: {0}; nothing was planned (bunker_maintenance in the inventory says so)"
    )]
    InMaintenance(Safe),
    /// The instances follow different refs and none was named.
    #[error("the instances follow different refs ({0}): name one with --to, or take them apart")]
    DifferentRefs(Safe),
    /// The instances come from different repositories.
    #[error("the instances come from different repositories ({0} and {1}): take them apart")]
    DifferentRepositories(GitUrl, GitUrl),
    /// The tags leave no step of any host.
    #[error("these tags leave nothing to do on any host (`--check` without them shows all steps)")]
    NothingLeft,
    /// No host said which releases it recorded; the first of them, and why.
    #[error("the recorded releases could not be read: {0}")]
    Silent(Safe),
    /// No host of the canary group goes along.
    #[error(
        "no host of the canary group {} goes along: none is among the hosts that can be upgraded now (bunker_canary_group names the group; `bunker upgrade` goes without one)",
        .0.as_ref().map_or("canary", GroupName::as_str)
    )]
    NoCanary(Option<GroupName>),
    /// The canaries are to be treated differently.
    #[error("{one} and {other} have different {variable}: set it for their group")]
    CanariesDiffer {
        /// The variable.
        variable: &'static str,
        /// One of them.
        one: HostId,
        /// Another.
        other: HostId,
    },
    /// The repository could not be asked.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    /// A secret is not changed by this workflow.
    #[error("{name} is not changed by rotate-secrets: {instead}")]
    NotRotated {
        /// Which.
        name: SecretName,
        /// What to do instead.
        instead: Safe,
    },
    /// The playbook cannot be run.
    #[error("{0}")]
    Playbook(Safe),
    /// The secrets could not be read.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// A hook stands there that may not be run.
    #[error(transparent)]
    Hook(#[from] HookProblem),
}

/// Plans what is wished: reads all hosts at once and renders what would be done. It changes nothing anywhere.
///
/// A host that needs nothing, or is no instance, is excluded with the reason; one that is blocked or did not
/// answer stands in the plan with its findings and
/// [will not be run](crate::domain::plan::HostPlan::will_run). A plan without a target that will run is not an error.
/// `by` is written into the lease on each host.
pub async fn plan(
    ports: &PlanPorts,
    fleet: &Fleet,
    wish: &Wish,
    by: &Operator,
) -> Result<Plan, PlanError> {
    let plan = unruled(ports, fleet, wish, by).await?;
    let plan = ruled(&*ports.past, fleet, plan).await;
    around::surrounded(ports, fleet, plan)
}

async fn unruled(
    ports: &PlanPorts,
    fleet: &Fleet,
    wish: &Wish,
    by: &Operator,
) -> Result<Plan, PlanError> {
    let selected = select::instances(fleet, &wish.hosts)?;
    let mut plan = match &wish.what {
        What::Deploy { reference, tags } => {
            deploy::plan(ports, fleet, selected, (reference.as_ref(), tags), by).await?
        }
        What::Backup => backup::plan(ports, fleet, selected, by).await,
        What::VerifyBackup { all } => backup::drill(ports, fleet, selected, *all, by).await,
        What::Rollback { to } => rollback::plan(ports, fleet, selected, to.as_ref(), by).await?,
        What::Upgrade { reference } => {
            upgrade::plan(ports, fleet, selected, reference.as_ref(), by).await?
        }
        What::CanaryUpgrade { reference } => {
            canary::plan(ports, fleet, selected, reference.as_ref(), by).await?
        }
        What::Configure { overwrite_drift } => {
            configure::plan(ports, fleet, selected, *overwrite_drift, by).await
        }
        What::RotateSecrets { names } => rotate::plan(ports, fleet, selected, names, by).await?,
        What::Import => import::plan(ports, fleet, selected, by).await,
        What::Ansible(wish) => ansible::plan(ports, fleet, selected, wish).await?,
    };
    // A playbook goes through its hosts by its own `serial`.
    if plan.workflow != Workflow::Ansible {
        strategy::decide(ports, fleet, &wish.asked, &mut plan).await;
    }
    Ok(plan)
}

/// The releases that these hosts recorded, the newest first, as they can be named to [`What::Rollback`]. Reads only.
pub async fn releases(
    ports: &PlanPorts,
    fleet: &Fleet,
    hosts: &[HostId],
) -> Result<Vec<Recorded>, PlanError> {
    rollback::releases(ports, select::instances(fleet, hosts)?).await
}
