//! Rollback: lease, readiness under the lease, hold the images that run, checkout, the held images by their names, up;
//! then the health gate; then the release is recorded.
//!
//! **Invariant:** nothing is fetched, built or pulled, so it works with the network gone. Data is not rolled back.

mod ahead;
mod phases;
mod recorded;

use jiff::Timestamp;

pub use ahead::ahead;
pub use recorded::recorded;

use super::planned::finding;
use crate::domain::facts::{Facts, Part};
use crate::domain::fleet::Host;
use crate::domain::git::GitRef;
use crate::domain::plan::{Excluded, Finding, HostPlan, Plan, Readiness, Target, Workflow};
use crate::domain::remote::RemoteError;
use crate::domain::run::operator::Operator;
use crate::domain::settings::InstanceSettings;
use crate::domain::untrusted::Safe;
use crate::steps::rollback::{History, Past};

/// A host that was asked for, with what is known of it.
#[derive(Debug)]
pub struct Candidate<'a> {
    host: &'a Host,
    settings: &'a InstanceSettings,
    look: Result<Facts, RemoteError>,
    history: Result<History, RemoteError>,
    to: Option<Past>,
}

impl<'a> Candidate<'a> {
    /// Finds the release that is meant in the host's own history.
    pub fn new(
        (host, settings): (&'a Host, &'a InstanceSettings),
        look: Result<Facts, RemoteError>,
        history: Result<History, RemoteError>,
        to: Option<&GitRef>,
    ) -> Self {
        let current = look.as_ref().ok().and_then(|f| f.checkout.known()).map(|c| &c.commit);
        let meant = history.as_ref().ok().and_then(|history| match to {
            Some(to) => history.named(to.as_str()),
            None => history.previous(current?),
        });
        let to = meant.cloned();
        Self { host, settings, look, history, to }
    }

    /// Why nothing is known of its releases, where that is so.
    pub fn silent(&self) -> Option<Safe> {
        let error = self.history.as_ref().err()?;
        Some(Safe::line(&format!("{}: {}", self.host.id, error.message)))
    }

    /// Where it goes back to. A branch goes on, so the commit stands for it where it is no tag.
    pub fn target(&self) -> Option<Target> {
        let past = self.to.as_ref()?;
        let others = self.history.as_ref().ok()?;
        let alone = |p: &&Past| p.reference == past.reference && p.sha != past.sha;
        let named = !others.releases.iter().any(|p| alone(&p)) && past.reference.as_str() != "-";
        let text = if named { past.reference.as_str() } else { past.sha.as_str() };
        let reference = text.parse().or_else(|_| past.sha.as_str().parse()).ok()?;
        Some(Target { reference, sha: past.sha.clone() })
    }
}

/// What is wanted of all of them.
#[derive(Debug)]
pub struct Wish {
    /// Name of the fleet.
    pub fleet: Safe,
    /// Where to; `None` where no host knows.
    pub target: Option<Target>,
    /// Who wants it.
    pub operator: Operator,
    /// When it was asked for.
    pub at: Timestamp,
}

/// Makes the plan: all in one batch, without a canary, since a rollback is urgent.
pub fn assemble(wish: &Wish, candidates: &[Candidate<'_>], mut excluded: Vec<Excluded>) -> Plan {
    let mut hosts = Vec::new();
    for candidate in candidates {
        let facts = candidate.look.as_ref().ok();
        let from = facts.and_then(|f| f.checkout.known()).map(|c| c.commit.clone());
        let there = wish.target.as_ref().is_some_and(|t| Some(&t.sha) == from.as_ref());
        let unfinished = facts
            .and_then(|f| f.release.known())
            .and_then(Option::as_ref)
            .is_some_and(|r| Some(&r.sha) != from.as_ref());
        if there && candidate.to.is_some() && !unfinished {
            let reason = Safe::line("runs that release already");
            excluded.push(Excluded { host: candidate.host.id.clone(), reason });
            continue;
        }
        let findings = judge(candidate);
        let mut host = HostPlan::judged(candidate.host, candidate.settings, from, findings);
        if let Some(target) = wish.target.as_ref().filter(|_| host.will_run()) {
            phases::fill(&mut host, target, &wish.operator);
        }
        hosts.push(host);
    }
    Plan {
        target: wish.target.clone(),
        ..Plan::draft(Workflow::Rollback, wish.fleet.clone(), hosts, excluded, wish.at)
    }
}

fn judge(candidate: &Candidate<'_>) -> Vec<Finding> {
    match (&candidate.look, &candidate.history) {
        (Ok(facts), Ok(history)) => {
            let mut findings = of_facts(facts);
            findings.extend(of_history(candidate, history));
            findings
        }
        (Err(error), _) | (_, Err(error)) => {
            vec![finding(Readiness::Unknown, "ssh", &format!("not read: {}", error.message))]
        }
    }
}

fn of_facts(facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Part::Known(Some(holder)) = &facts.lease {
        findings.push(finding(Readiness::Blocked, "lease", &format!("held by {holder}")));
    }
    match &facts.checkout {
        Part::Known(checkout) if !checkout.changed.is_empty() => {
            let text = "the checkout has local changes: undo them on the host first";
            findings.push(finding(Readiness::Blocked, "drift", text));
        }
        Part::Known(_) => {}
        Part::Unreadable(why) => {
            let text = format!("it cannot be told what runs: {why}");
            findings.push(finding(Readiness::Unknown, "checkout", &text));
        }
    }
    findings
}

fn of_history(candidate: &Candidate<'_>, history: &History) -> Vec<Finding> {
    let Some(to) = &candidate.to else {
        let text = "no such release was recorded on this host as healthy: go there with bunker upgrade --to";
        return vec![finding(Readiness::Blocked, "release", text)];
    };
    let mut findings = Vec::new();
    let of = |map: &std::collections::BTreeMap<String, Vec<Safe>>| {
        let items = map.get(to.sha.as_str()).map(Vec::as_slice).unwrap_or_default();
        items.iter().map(Safe::as_str).collect::<Vec<_>>().join(", ")
    };
    let (gone, lacks, crosses) = (of(&history.gone), of(&history.lacks), of(&history.crosses));
    if !gone.is_empty() {
        let (id, sha) = (&candidate.host.id, &to.sha);
        let text = format!(
            "no longer on the host: {gone}; go there with bunker upgrade {id} --to {sha}, which fetches and builds"
        );
        findings.push(finding(Readiness::Blocked, "images", &text));
    }
    if !lacks.is_empty() {
        let text = format!(".env lacks {lacks}, which {} needs", to.sha.short());
        findings.push(finding(Readiness::Blocked, "env", &text));
    }
    if !crosses.is_empty() {
        let text = format!("data is not rolled back; these migrations stay applied: {crosses}");
        findings.push(finding(Readiness::Review, "migrations", &text));
    }
    if !to.healthy {
        let text = "it ran before the first upgrade; no gate ever found it healthy";
        findings.push(finding(Readiness::Review, "release", text));
    }
    findings
}
