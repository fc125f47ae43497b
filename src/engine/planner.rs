//! From a wish (these hosts, that ref) to a plan, by reading only.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::future::join_all;

use crate::domain::facts::Facts;
use crate::domain::fleet::{Fleet, Host};
use crate::domain::git::{CommitSha, GitRef, GitUrl};
use crate::domain::ids::HostId;
use crate::domain::plan::{Change, Excluded, Plan, Target};
use crate::domain::remote::RemoteError;
use crate::domain::run::operator::Operator;
use crate::domain::settings::InstanceSettings;
use crate::domain::untrusted::Safe;
use crate::engine::poller::probe_host;
use crate::engine::ports::{Clock, RemoteRead, RepositoryError, RepositoryLayout, RepositoryView};
use crate::workflows::upgrade::{Candidate, Strategy, Wish, assemble};

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
    /// Only hosts that are no instances were named; the first of them.
    #[error("{0} is no instance: it has no cml_domain in the inventory")]
    NoInstance(HostId),
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
pub async fn plan_upgrade(
    ports: &PlanPorts,
    fleet: &Fleet,
    wish: &UpgradeWish,
) -> Result<Plan, PlanError> {
    let Selected { hosts, excluded, repo, reference } = select(fleet, wish)?;
    let at = ports.clock.now();
    let (sha, looks) = futures_util::join!(
        ports.repository.resolve(&repo, &reference),
        look_at_all(ports, &hosts)
    );
    let target = Target { reference, sha: sha? };
    let candidates: Vec<Candidate<'_>> = hosts
        .into_iter()
        .zip(looks)
        .map(|((host, settings), look)| Candidate { host, settings, look })
        .collect();
    let changes = changes(ports, &repo, &target, &candidates).await?;
    let wish = Wish { target, operator: wish.by.clone(), at };
    let strategy = Strategy { fleet: fleet.name.clone(), rollout: fleet.rollout.clone() };
    Ok(assemble(&wish, &strategy, &candidates, changes, excluded))
}

/// What a wish comes to before anything is read.
struct Selected<'a> {
    hosts: Vec<(&'a Host, &'a InstanceSettings)>,
    excluded: Vec<Excluded>,
    repo: GitUrl,
    reference: GitRef,
}

/// The wished hosts in inventory order, each once.
fn select<'a>(fleet: &'a Fleet, wish: &UpgradeWish) -> Result<Selected<'a>, PlanError> {
    let mut excluded: Vec<Excluded> = Vec::new();
    for id in wish.hosts.iter().filter(|id| fleet.host(id).is_none()) {
        if !fleet.left_out.iter().any(|left| &left.id == id) {
            return Err(PlanError::UnknownHost(id.clone()));
        }
        let reason = "its inventory has a problem (`bunker inventory check` shows it)";
        excluded.push(Excluded { host: id.clone(), reason: Safe::line(reason) });
    }
    let mut hosts = Vec::new();
    for host in fleet.hosts.iter().filter(|h| wish.hosts.contains(&h.id)) {
        match &host.instance {
            Some(settings) => hosts.push((host, settings)),
            None => excluded.push(Excluded {
                host: host.id.clone(),
                reason: Safe::line("it is no instance: it has no cml_domain"),
            }),
        }
    }
    let Some((_, first)) = hosts.first() else {
        return Err(excluded
            .first()
            .map_or(PlanError::NoHosts, |e| PlanError::NoInstance(e.host.clone())));
    };
    if let Some((_, other)) = hosts.iter().find(|(_, s)| s.repo != first.repo) {
        return Err(PlanError::DifferentRepositories(first.repo.clone(), other.repo.clone()));
    }
    let reference = if let Some(reference) = &wish.reference {
        reference.clone()
    } else {
        let all: BTreeSet<&str> = hosts.iter().map(|(_, s)| s.reference.as_str()).collect();
        if all.len() > 1 {
            let names: Vec<&str> = all.into_iter().collect();
            return Err(PlanError::DifferentRefs(Safe::line(&names.join(", "))));
        }
        first.reference.clone()
    };
    let repo = first.repo.clone();
    Ok(Selected { hosts, excluded, repo, reference })
}

/// All hosts at once, so that a dead one costs the others nothing.
async fn look_at_all(
    ports: &PlanPorts,
    hosts: &[(&Host, &InstanceSettings)],
) -> Vec<Result<Facts, RemoteError>> {
    join_all(hosts.iter().map(|(host, settings)| async {
        probe_host(&*ports.remote, host, settings, &*ports.clock).await
    }))
    .await
}

/// One change per commit that runs now and per layout; a commit that the repository does not hold has none.
async fn changes(
    ports: &PlanPorts,
    repo: &GitUrl,
    target: &Target,
    candidates: &[Candidate<'_>],
) -> Result<Vec<Change>, PlanError> {
    let mut wanted: BTreeMap<&CommitSha, RepositoryLayout> = BTreeMap::new();
    for candidate in candidates {
        if let Some(from) = candidate.commit() {
            wanted.entry(from).or_insert_with(|| RepositoryLayout {
                migrations_dir: candidate.settings.migrations_dir.clone(),
                compose_files: candidate.settings.compose_files.clone(),
            });
        }
    }
    let mut found = Vec::new();
    for (from, layout) in wanted {
        match ports.repository.change(repo, from, &target.sha, &layout).await {
            Ok(change) => found.push(change),
            Err(RepositoryError::NoSuchCommit { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(found)
}
