//! From candidates to a plan: who is left out, who goes when.

use jiff::Timestamp;

use super::phases;
use super::readiness::{self, Verdict};
use crate::domain::facts::Facts;
use crate::domain::fleet::{Host, RolloutSettings};
use crate::domain::git::CommitSha;
use crate::domain::ids::HostId;
use crate::domain::plan::{Change, Excluded, FailureBudget, HostPlan, Plan, Target, Workflow};
use crate::domain::remote::RemoteError;
use crate::domain::run::operator::Operator;
use crate::domain::settings::InstanceSettings;
use crate::domain::untrusted::Safe;

/// What is wanted of all targets.
#[derive(Debug, Clone)]
pub struct Wish {
    /// Where to.
    pub target: Target,
    /// Who wants it.
    pub operator: Operator,
    /// When it was asked for.
    pub at: Timestamp,
}

/// How many targets go when.
#[derive(Debug, Clone)]
pub struct Strategy {
    /// Name of the fleet.
    pub fleet: Safe,
    /// Batches, parallelism and when to stop.
    pub rollout: RolloutSettings,
}

/// A host that was asked for, with what is known of it.
#[derive(Debug, Clone)]
pub struct Candidate<'a> {
    /// The host.
    pub host: &'a Host,
    /// Its instance.
    pub settings: &'a InstanceSettings,
    /// What the probe found, or why it found nothing.
    pub look: Result<Facts, RemoteError>,
}

impl Candidate<'_> {
    /// The commit that is checked out, where that was read.
    pub fn commit(&self) -> Option<&CommitSha> {
        let facts = self.look.as_ref().ok()?;
        facts.checkout.known().map(|checkout| &checkout.commit)
    }
}

/// Makes the plan. `candidates` are in inventory order; `changes` holds one entry per commit that the
/// repository could compare with the target.
pub fn assemble(
    wish: &Wish,
    strategy: &Strategy,
    candidates: &[Candidate<'_>],
    changes: Vec<Change>,
    mut excluded: Vec<Excluded>,
) -> Plan {
    let alone = candidates.len() == 1;
    let mut hosts = Vec::new();
    for candidate in candidates {
        let change = candidate.commit().and_then(|sha| changes.iter().find(|c| &c.from == sha));
        match readiness::judge(wish, candidate, change, alone) {
            Verdict::Excluded(reason) => {
                excluded.push(Excluded { host: candidate.host.id.clone(), reason });
            }
            Verdict::Judged { readiness, findings } => {
                let mut host = HostPlan {
                    id: candidate.host.id.clone(),
                    connection: candidate.host.connection.clone(),
                    settings: candidate.settings.clone(),
                    from: candidate.commit().cloned(),
                    readiness,
                    findings,
                    diff: Vec::new(),
                    phases: Vec::new(),
                    left_out: Vec::new(),
                    on_failure: Vec::new(),
                };
                if host.will_run() {
                    phases::fill(&mut host, wish, change);
                }
                hosts.push(host);
            }
        }
    }
    let going: Vec<HostId> = hosts.iter().filter(|h| h.will_run()).map(|h| h.id.clone()).collect();
    Plan {
        schema: 1,
        workflow: Workflow::Upgrade,
        fleet: strategy.fleet.clone(),
        vault: None,
        playbook: None,
        target: Some(wish.target.clone()),
        changes: changes.into_iter().filter(|c| c.from != wish.target.sha).collect(),
        batches: batches(&going, strategy.rollout.serial_percent),
        hosts,
        excluded,
        parallel: strategy.rollout.parallel.max(1),
        stops: FailureBudget {
            max_failed: strategy.rollout.max_failed.max(1),
            max_unreachable: strategy.rollout.max_unreachable.max(1),
        },
        canary: None,
        made_at: wish.at,
    }
}

/// Consecutive batches of `percent` of all, rounded up, at least one each.
pub(in crate::workflows) fn batches(hosts: &[HostId], percent: u32) -> Vec<Vec<HostId>> {
    let percent = percent.clamp(1, 100) as usize;
    let size = (hosts.len() * percent).div_ceil(100).max(1);
    hosts.chunks(size).map(<[HostId]>::to_vec).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_rounded_up_goes_at_once() {
        let hosts: Vec<HostId> = (0..11).map(|i| format!("h{i}").parse().unwrap()).collect();
        let sizes = |n: usize, percent| {
            batches(&hosts[..n], percent).iter().map(Vec::len).collect::<Vec<_>>()
        };
        assert_eq!(sizes(11, 25), [3, 3, 3, 2]);
        assert_eq!(sizes(1, 25), [1]);
        assert_eq!(sizes(3, 25), [1, 1, 1]);
        assert_eq!(sizes(5, 25), [2, 2, 1]);
        assert_eq!(sizes(4, 100), [4]);
        assert_eq!(sizes(4, 0), [1, 1, 1, 1]);
        assert_eq!(sizes(0, 25), [0_usize; 0]);
        assert_eq!(batches(&hosts, 25).concat(), hosts, "in order, each once");
    }
}
