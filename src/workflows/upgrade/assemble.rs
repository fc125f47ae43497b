//! From candidates to a plan: who is left out, who goes when.

use jiff::Timestamp;

use super::phases;
use super::readiness::{self, Verdict};
use crate::domain::facts::Facts;
use crate::domain::fleet::Host;
use crate::domain::git::CommitSha;
use crate::domain::plan::{Change, Excluded, HostPlan, Plan, Target, Workflow};
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
    fleet: &Safe,
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
            Verdict::Judged(findings) => {
                let mut host = HostPlan::judged(
                    candidate.host,
                    candidate.settings,
                    candidate.commit().cloned(),
                    findings,
                );
                if host.will_run() {
                    phases::fill(&mut host, wish, change);
                }
                hosts.push(host);
            }
        }
    }
    Plan {
        target: Some(wish.target.clone()),
        changes: changes.into_iter().filter(|c| c.from != wish.target.sha).collect(),
        ..Plan::draft(Workflow::Upgrade, fleet.clone(), hosts, excluded, wish.at)
    }
}
