//! canary-upgrade: the plan of an upgrade whose first batch are the hosts of the canary group; between them and the
//! rest the worker soaks and judges.
//!
//! **Invariant:** all that decides stands in the plan: who is a canary, who is compared with whom, by which rules, how
//! long, what follows, and how the canary goes back. A host's steps are those of `upgrade`.

mod held;

use std::collections::BTreeSet;

use super::rollback;
use crate::domain::canary::{CanaryPlan, CanaryPolicy, Member, OnFail};
use crate::domain::catalogue;
use crate::domain::facts::Facts;
use crate::domain::fleet::MetricsSettings;
use crate::domain::ids::{GroupName, HostId};
use crate::domain::plan::{HostPlan, Plan, Readiness, Target, Workflow};
use crate::domain::run::operator::Operator;
use crate::domain::settings::{InstanceSettings, Tier};
use crate::domain::signal::Signal;
use crate::domain::untrusted::Safe;

/// What beside the upgrade decides.
#[derive(Debug)]
pub struct Setting<'a> {
    /// The hosts whose groups have the one that their `bunker_canary_group` names.
    pub canaries: &'a BTreeSet<HostId>,
    /// The metrics server.
    pub server: Option<&'a MetricsSettings>,
    /// Who wants it: stands in the leases of a rollback.
    pub operator: &'a Operator,
    /// What runs on instances of the fleet that the plan leaves alone, as far as it was read.
    pub beyond: &'a [Beyond<'a>],
}

/// An instance of the fleet that is no part of the plan: it can only be compared with.
#[derive(Debug)]
pub struct Beyond<'a> {
    /// Which.
    pub id: &'a HostId,
    /// From the inventory.
    pub settings: &'a InstanceSettings,
    /// What a look at it found.
    pub facts: &'a Facts,
}

impl Beyond<'_> {
    /// Whether it runs another release than this one, reports, and measures in our time.
    fn is_comparable(&self, target: &Target) -> bool {
        let stays = self.facts.checkout.known().is_some_and(|now| now.commit != target.sha);
        let right = self
            .facts
            .clock_skew_s
            .known()
            .is_some_and(|s| s.abs() < self.settings.policy.skew_critical_s);
        stays && right && self.settings.tier == Tier::Reporting
    }
}

/// Why there is no canary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoCanary {
    /// No host of the group goes along.
    Nobody(Option<GroupName>),
    /// Two canaries are treated differently by this variable.
    Differ(&'static str, HostId, HostId),
}

/// Makes the plan of a canary upgrade of that of an upgrade: the canaries, then the rest, which the strategy parts. While
/// all canaries that could go are held by somebody, no host goes.
pub fn assemble(mut plan: Plan, setting: &Setting<'_>) -> Result<Plan, NoCanary> {
    plan.workflow = Workflow::CanaryUpgrade;
    if plan.targets().next().is_none() {
        return Ok(plan);
    }
    let (first, rest): (Vec<HostId>, Vec<HostId>) =
        plan.batches.concat().into_iter().partition(|id| setting.canaries.contains(id));
    if first.is_empty() && held::until_free(&mut plan, |id| setting.canaries.contains(id)) {
        return Ok(plan);
    }
    let policy = policy(&plan, &first)?.clone();
    let group = policy.group.clone().ok_or(NoCanary::Nobody(None))?;
    plan.batches = [first.clone(), rest].into_iter().filter(|batch| !batch.is_empty()).collect();
    let old = |host: &&HostPlan| {
        let stays =
            plan.target.as_ref().is_some_and(|t| host.from.as_ref().is_some_and(|f| *f != t.sha));
        // Samples of a host with a wrong clock are of another time.
        let wrong = host
            .findings
            .iter()
            .any(|f| f.readiness == Readiness::Blocked && f.subject.as_str() == "clock");
        stays && !wrong && !first.contains(&host.id) && host.settings.tier == Tier::Reporting
    };
    let of_the_plan = |host: &HostPlan| member(&host.id, &host.settings);
    let mut others: Vec<Member> = plan.hosts.iter().filter(old).map(of_the_plan).collect();
    let n_own = others.len();
    if let Some(target) = &plan.target {
        let comparable = setting.beyond.iter().filter(|other| other.is_comparable(target));
        others.extend(comparable.map(|other| member(other.id, other.settings)));
    }
    let canary: Vec<Member> =
        first.iter().filter_map(|id| plan.host(id)).map(of_the_plan).collect();
    let mut metrics = policy.metrics.clone();
    if others.is_empty() {
        for rule in &mut metrics {
            let limited = rule.fail_beyond.is_some()
                || rule.pass_within.is_some()
                || canary.iter().all(|m| m.limits.contains_key(&rule.signal));
            rule.compare = !limited;
        }
    }
    let rollback = match policy.on_fail {
        OnFail::Stop => Vec::new(),
        OnFail::Rollback => rollback::ahead(&plan, &first, setting.operator),
    };
    let canary = CanaryPlan {
        group,
        n_batches: 1,
        remarks: remarks(&plan, &first, (n_own, others.len()), &policy, setting),
        canary,
        rest: others,
        soak_s: policy.soak_s,
        look_s: CanaryPlan::look_for(policy.soak_s),
        metrics,
        server: setting.server.cloned(),
        on_pass: policy.on_pass,
        on_fail: policy.on_fail,
        rollback,
    };
    plan.canary = Some(Box::new(canary));
    Ok(plan)
}

/// The policy that all canaries share.
fn policy<'p>(plan: &'p Plan, first: &[HostId]) -> Result<&'p CanaryPolicy, NoCanary> {
    let mut canaries = first.iter().filter_map(|id| plan.host(id));
    let Some(one) = canaries.next() else {
        let group = plan.targets().next().and_then(|h| h.settings.canary.group.clone());
        return Err(NoCanary::Nobody(group));
    };
    let policy = &one.settings.canary;
    for other in canaries {
        if let Some(variable) = policy.differs_in(&other.settings.canary) {
            return Err(NoCanary::Differ(variable, one.id.clone(), other.id.clone()));
        }
    }
    Ok(policy)
}

fn member(host: &HostId, settings: &InstanceSettings) -> Member {
    let limit = |signal: &Signal| Some((*signal, catalogue::warn_at(*signal, &settings.policy)?));
    let judged = catalogue::JUDGED.iter().map(|judged| &judged.signal);
    Member {
        host: host.clone(),
        label: settings.label.clone(),
        limits: judged.filter_map(limit).collect(),
    }
}

/// What a person should know before the soak.
fn remarks(
    plan: &Plan,
    first: &[HostId],
    (n_own, n_others): (usize, usize),
    policy: &CanaryPolicy,
    setting: &Setting<'_>,
) -> Vec<Safe> {
    let mut remarks = Vec::new();
    let mut say = |text: &str| remarks.push(Safe::line(text));
    let judged = policy.metrics.iter().any(|rule| !rule.muted);
    if judged && setting.server.is_none() {
        say(
            "no metrics server is configured (bunker_metrics_url): after the soak it asks a person",
        );
    } else if judged {
        let silent: Vec<&str> = first
            .iter()
            .filter_map(|id| plan.host(id))
            .filter(|host| host.settings.tier != Tier::Reporting)
            .map(|host| host.id.as_str())
            .collect();
        if !silent.is_empty() {
            let text = format!(
                "{} reports no metrics: after the soak it asks a person",
                silent.join(", ")
            );
            say(&text);
        }
        match n_others - n_own {
            0 if n_own == 0 => {
                say("no instance stays on the old release and reports: limits alone decide");
            }
            0 => {}
            n => say(&format!("it is compared with {n} that this plan leaves alone, too")),
        }
    }
    let stay: usize = plan.changes.iter().map(|change| change.migrations.len()).sum();
    if policy.on_fail == OnFail::Rollback && stay > 0 {
        say(&format!("a rollback does not undo the {stay} migrations of this release"));
    }
    remarks
}
