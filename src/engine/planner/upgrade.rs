//! The plan of an upgrade: the ref resolved once, each host probed, what lies between.

use std::collections::BTreeMap;

use futures_util::future::join_all;

use super::select::Selected;
use super::strategy::leave_stopped_out;
use super::{PlanError, PlanPorts};
use crate::domain::facts::Facts;
use crate::domain::fleet::{Fleet, Host};
use crate::domain::git::{CommitSha, GitRef, GitUrl};
use crate::domain::plan::{Change, Plan, Target};
use crate::domain::remote::RemoteError;
use crate::domain::run::operator::Operator;
use crate::domain::settings::InstanceSettings;
use crate::engine::poller::probe_host;
use crate::engine::ports::{RepositoryError, RepositoryLayout};
use crate::steps::probe::PATIENCE;
use crate::workflows::upgrade::{Candidate, Wish, assemble};

/// Plans an upgrade to `reference`, or to the ref that all follow.
pub(super) async fn plan(
    ports: &PlanPorts,
    fleet: &Fleet,
    selected: Selected<'_>,
    reference: Option<&GitRef>,
    by: &Operator,
) -> Result<Plan, PlanError> {
    let repo = selected.one_repository()?;
    let reference = selected.one_reference(reference)?;
    let Selected { hosts, mut excluded } = selected;
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
    let candidates =
        leave_stopped_out(candidates, &mut excluded, |c| (&c.host.id, c.look.as_ref().ok()));
    let changes = changes(ports, &repo, &target, &candidates).await?;
    let wish = Wish { target, operator: by.clone(), at };
    Ok(assemble(&wish, &fleet.name, &candidates, changes, excluded))
}

/// All hosts at once, so that a dead one costs the others nothing.
pub(super) async fn look_at_all(
    ports: &PlanPorts,
    hosts: &[(&Host, &InstanceSettings)],
) -> Vec<Result<Facts, RemoteError>> {
    join_all(hosts.iter().map(|(host, settings)| async {
        probe_host(&*ports.remote, host, settings, &*ports.clock, PATIENCE).await
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
